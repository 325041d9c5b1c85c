/* Passwords cost a tenth of a second and 64 MiB each: hashed on the thread pool,
 * so that no other counter waits. */
#include <stdlib.h>
#include <string.h>

#include "branchd/service.h"

struct job {
    uv_work_t work;
    struct service *s;
    struct rpc_call *call;
    char *password; /* secret_alloc */
    char number[LEDGER_OPERATOR_SIZE], terminal[LEDGER_TERMINAL_SIZE];
    char stored[SECRET_PASSWORD_SIZE], code[8];
    bool vouches; /* for an act: his one-time code is judged with it */
    struct secret_cost cost;
    struct entropy entropy;
    bool good; /* matched; or a hash was made */
    password_done *checked;
    hash_done *hashed;
};

static void job_free(struct job *job)
{
    secret_free(job->password);
    secret_wipe(job->stored, sizeof job->stored);
    secret_wipe(job->code, sizeof job->code);
    free(job);
}

static void compare(uv_work_t *work)
{
    struct job *job = work->data;
    job->good = secret_password_matches(job->password, job->stored);
}

static void make(uv_work_t *work)
{
    struct job *job = work->data;
    job->good = secret_password_hash(job->password, job->cost, &job->entropy, job->stored, NULL) == 0;
}

static void compared(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct ledger_operator who = {0};
    struct error err = {0};
    enum ledger_result result = job->vouches ? operator_vouches(job->s->ledger, job->number, job->terminal, job->good, job->code, &who, &err)
                                             : operator_checked(job->s->ledger, job->number, job->terminal, job->good, &who, &err);
    job->checked(job->s, job->call, result, &who, &err);
    job_free(job);
}

static void made(uv_work_t *work, int status)
{
    struct job *job = work->data;
    job->hashed(job->s, job->call, job->good ? job->stored : NULL);
    job_free(job);
}

static struct job *job_new(struct service *s, struct rpc_call *call, const char *password)
{
    struct job *job = calloc(1, sizeof *job);
    const struct session *session = session_of(call);
    if (job == NULL) return NULL;
    job->work.data = job;
    job->s = s;
    job->call = call;
    job->password = secret_alloc(strlen(password) + 1);
    memcpy(job->password, password, strlen(password) + 1);
    if (session) memcpy(job->terminal, session->terminal, sizeof job->terminal);
    return job;
}

static void check(struct service *s, struct rpc_call *call, const char *number, const char *password, const char *code, password_done *done)
{
    struct error err = {0};
    struct ledger_operator nobody = {0};
    struct job *job = job_new(s, call, password);
    if (job == NULL) {
        error_all(&err, "the password cannot be checked", NULL, "no memory", NULL);
        done(s, call, LEDGER_BROKEN, &nobody, &err);
        return;
    }
    snprintf(job->number, sizeof job->number, "%s", strlen(number) < sizeof job->number ? number : "");
    job->checked = done;
    job->vouches = code != NULL;
    /* longer than any code: it is none */
    if (code) snprintf(job->code, sizeof job->code, "%s", strlen(code) < sizeof job->code ? code : "-");
    enum ledger_result result = operator_stored(s->ledger, job->number, job->stored, &err);
    if (result == LEDGER_OK && uv_queue_work(&s->loop, &job->work, compare, compared) == 0) return;
    done(s, call, result == LEDGER_OK ? LEDGER_BROKEN : result, &nobody, &err);
    job_free(job);
}

void password_check(struct service *s, struct rpc_call *call, const char *number, const char *password, password_done *done)
{
    check(s, call, number, password, NULL, done);
}

void password_vouch(struct service *s, struct rpc_call *call, const char *number, const char *password, const char *code, password_done *done)
{
    check(s, call, number, password, code, done);
}

void password_hash(struct service *s, struct rpc_call *call, const char *password, hash_done *done)
{
    struct job *job = job_new(s, call, password);
    if (job == NULL) {
        refuse(s, call, RPC_INTERNAL, "internal", "no memory", NULL, NULL);
        return;
    }
    job->hashed = done;
    job->cost = s->branch->world.cost;
    job->entropy = s->branch->world.entropy;
    if (uv_queue_work(&s->loop, &job->work, make, made) == 0) return;
    job_free(job);
    refuse(s, call, RPC_INTERNAL, "internal", "the password cannot be worked on", NULL, NULL);
}
