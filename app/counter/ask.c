#include "counter/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "counter/rpc.h"

#define PROTOCOL 1
#define WAIT_MS 15000 /* for any answer, and for the connection */
#define PASSWORD_SIZE 128

struct ask {
    uv_loop_t loop;
    uv_timer_t limit;
    struct rpc rpc;
    json_t *result;
    struct rpc_error error;
    bool answered, refused, late, down;
};

static void came_up(void *ctx) {}
static void went_down(void *ctx) { ((struct ask *)ctx)->down = true; }
static void heard(void *ctx, const char *method, const json_t *params) {}
static void too_late(uv_timer_t *timer) { ((struct ask *)timer->data)->late = true; }

static void answered(void *ctx, const json_t *result, const struct rpc_error *error)
{
    struct ask *a = ctx;
    a->answered = true;
    a->refused = error != NULL;
    if (error) a->error = *error;
    a->result = error ? NULL : json_incref((json_t *)result);
}

json_t *ask_for(struct ask *a, const char *method, json_t *params, struct error *err)
{
    a->answered = a->refused = a->late = false;
    uv_timer_start(&a->limit, too_late, WAIT_MS, 0);
    while (!a->rpc.up && !a->late) uv_run(&a->loop, UV_RUN_ONCE);
    if (a->rpc.up) rpc_call(&a->rpc, method, params, answered, a);
    else json_decref(params);
    while (a->rpc.up && !a->answered && !a->late) uv_run(&a->loop, UV_RUN_ONCE);
    uv_timer_stop(&a->limit);
    if (a->answered && !a->refused) return a->result;
    if (a->answered) error_all(err, a->error.message, method, *a->error.why ? a->error.why : a->error.reason, a->error.remedy);
    else error_all(err, "branchd does not answer", a->rpc.path, "nobody listens, or not in time", "is it running? give --socket");
    return NULL;
}

static bool read_password(const char *path, char *password, struct error *err)
{
    FILE *file = path ? fopen(path, "re") : NULL;
    bool good = file && fgets(password, PASSWORD_SIZE, file);
    if (file) fclose(file);
    if (good) password[strcspn(password, "\r\n")] = 0;
    if (!good) error_all(err, "the password can't be read", path ? path : "--password-file", path ? "no such file, or empty" : "not given", "its first line is the password");
    return good;
}

static bool sign_on(struct ask *a, const struct ask_who *who, struct error *err)
{
    char password[PASSWORD_SIZE] = "";
    json_t *said = ask_for(a, "hello", json_pack("{s:s, s:s, s:i}", "terminal", who->terminal, "language", "en", "protocol", PROTOCOL), err);
    bool good = said != NULL;
    json_decref(said);
    if (!good || !who->operator_number) return good;
    good = read_password(who->password_file, password, err);
    said = good ? ask_for(a, "sign_on", json_pack("{s:s, s:s, s:b}", "operator", who->operator_number, "password", password, "no_till", 1), err) : NULL;
    secret_wipe(password, sizeof password);
    good = said != NULL;
    json_decref(said);
    return good;
}

struct ask *ask_open(const struct ask_who *who, struct error *err)
{
    struct ask *a = calloc(1, sizeof *a);
    if (!a) abort();
    const struct rpc_events events = {came_up, went_down, heard, a};
    uv_loop_init(&a->loop);
    uv_timer_init(&a->loop, &a->limit);
    a->limit.data = a;
    if (rpc_open(&a->rpc, &a->loop, who->socket, &events)) {
        error_all(err, "branchd can't be asked", who->socket, "the socket's name is too long", NULL);
    } else if (sign_on(a, who, err)) {
        return a;
    }
    ask_close(a);
    return NULL;
}

void ask_close(struct ask *a)
{
    if (!a) return;
    rpc_close(&a->rpc);
    uv_close((uv_handle_t *)&a->limit, NULL);
    uv_run(&a->loop, UV_RUN_DEFAULT);
    uv_loop_close(&a->loop);
    free(a);
}
