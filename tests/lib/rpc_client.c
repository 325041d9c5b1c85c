#include "lib/rpc_client.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"

#define ANSWER_MS 15000

void talk_open(struct talk *t, const char *socket_path, const char *terminal)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memset(t, 0, sizeof *t);
    assert_true(strlen(socket_path) < sizeof to.sun_path);
    memcpy(to.sun_path, socket_path, strlen(socket_path) + 1);
    t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(t->fd, (struct sockaddr *)&to, sizeof to) != 0) fail_msg("no branchd at %s", socket_path);
    t->notes = json_array();
    if (terminal) talk_ask(t, "hello", "{s:s, s:s, s:i}", "terminal", terminal, "language", "zh_CN", "protocol", 1);
}

void talk_close(struct talk *t)
{
    close(t->fd);
    json_decref(t->notes);
    json_decref(t->answer);
    memset(t, 0, sizeof *t);
    t->fd = -1;
}

bool talk_send(struct talk *t, const char *method, json_t *params)
{
    json_t *message = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", (json_int_t)++t->next_id, "method", method, "params",
                                params ? params : json_object());
    assert_non_null(message);
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = strlen(text);
    text[len++] = '\n';
    bool good = send(t->fd, text, len, MSG_NOSIGNAL) == (ssize_t)len;
    free(text);
    json_decref(message);
    return good;
}

/* One message; NULL when branchd has gone or the time is over. Owned by the caller. */
static json_t *read_message(struct talk *t, int64_t until_ms)
{
    for (;;) {
        char *end = memchr(t->line, '\n', t->used);
        if (end) {
            json_t *message = json_loadb(t->line, (size_t)(end - t->line), 0, NULL);
            if (message == NULL) fail_msg("branchd says what is no JSON: %.*s", (int)(end - t->line), t->line);
            t->used -= (size_t)(end + 1 - t->line);
            memmove(t->line, end + 1, t->used);
            return message;
        }
        int64_t left = until_ms - clock_monotonic_ms();
        struct pollfd p = {t->fd, POLLIN, 0};
        if (left <= 0 || poll(&p, 1, (int)left) <= 0) return NULL;
        ssize_t n = recv(t->fd, t->line + t->used, sizeof t->line - t->used, 0);
        if (n <= 0) return NULL;
        t->used += (size_t)n;
    }
}

json_t *talk_hear(struct talk *t, int ms)
{
    int64_t until = clock_monotonic_ms() + ms;
    json_t *message;
    json_decref(t->answer);
    t->answer = NULL;
    while ((message = read_message(t, until)) != NULL) {
        if (json_integer_value(json_object_get(message, "id")) == t->next_id) return t->answer = message;
        json_array_append_new(t->notes, message);
    }
    return NULL;
}

static json_t *exchange(struct talk *t, const char *method, const char *fmt, va_list args)
{
    json_error_t fault;
    json_t *params = fmt ? json_vpack_ex(&fault, 0, fmt, args) : NULL;
    if (fmt && params == NULL) fail_msg("%s: parameters: %s", method, fault.text);
    if (!talk_send(t, method, params) || talk_hear(t, ANSWER_MS) == NULL) fail_msg("%s: branchd does not answer", method);
    return t->answer;
}

json_t *talk_ask(struct talk *t, const char *method, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *message = exchange(t, method, fmt, args);
    va_end(args);
    json_t *error = json_object_get(message, "error");
    if (error) fail_msg("%s is refused: %s", method, json_dumps(error, JSON_COMPACT));
    return json_object_get(message, "result");
}

json_t *talk_refused(struct talk *t, const char *reason, const char *method, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    json_t *message = exchange(t, method, fmt, args);
    va_end(args);
    json_t *data = json_object_get(json_object_get(message, "error"), "data");
    if (data == NULL) fail_msg("%s should be refused with %s: %s", method, reason, json_dumps(message, JSON_COMPACT));
    if (strcmp(talk_text(data, "reason"), reason) != 0) fail_msg("%s: %s, not %s", method, json_dumps(message, JSON_COMPACT), reason);
    return data;
}

json_t *talk_note(struct talk *t, const char *method, int ms)
{
    int64_t until = clock_monotonic_ms() + ms;
    json_t *message;
    json_decref(t->answer);
    t->answer = NULL;
    while (json_array_size(t->notes) > 0) {
        message = json_incref(json_array_get(t->notes, 0));
        json_array_remove(t->notes, 0);
        if (strcmp(talk_text(message, "method"), method) == 0) return json_object_get(t->answer = message, "params");
        json_decref(message);
    }
    while ((message = read_message(t, until)) != NULL) {
        if (strcmp(talk_text(message, "method"), method) == 0) return json_object_get(t->answer = message, "params");
        json_decref(message);
    }
    return NULL;
}

void talk_state_reaches(struct talk *t, const char *key, const char *state, int ms)
{
    int64_t until = clock_monotonic_ms() + ms;
    char now[32] = "";
    json_t *card = talk_ask(t, "payment", "{s:s}", "key", key);
    for (;;) {
        if (card) snprintf(now, sizeof now, "%s", talk_text(card, "state"));
        if (card && strcmp(talk_text(card, "key"), key) == 0 && strcmp(now, state) == 0) return;
        int64_t left = until - clock_monotonic_ms();
        if (left <= 0) fail_msg("%s is %s, not %s", key, now, state);
        card = talk_note(t, "payment", (int)(left < 500 ? left : 500));
        if (card == NULL) card = talk_ask(t, "payment", "{s:s}", "key", key);
    }
}

void talk_sign_on(struct talk *t, const char *number, const char *password)
{
    talk_ask(t, "sign_on", "{s:s, s:s, s:i}", "operator", number, "password", password, "float_fen", 0);
}

void talk_approve(struct talk *t, const char *number, const char *password, const char *method, json_t *params)
{
    json_t *result = talk_ask(t, "approve", "{s:s, s:s, s:s, s:O}", "operator", number, "password", password, "act", method, "params", params);
    json_object_set(params, "approval", json_object_get(result, "approval"));
}

const char *talk_text(const json_t *object, const char *member)
{
    const char *text = json_string_value(json_object_get(object, member));
    return text ? text : "";
}

long long talk_number(const json_t *object, const char *member) { return json_integer_value(json_object_get(object, member)); }

json_t *talk_draft(const json_t *lookup, long long more_fen)
{
    json_t *bills = json_array(), *bill;
    size_t i;
    long long sum = more_fen;
    json_array_foreach(json_object_get(lookup, "bills"), i, bill) {
        if (!json_is_true(json_object_get(bill, "payable"))) continue;
        sum += talk_number(bill, "pay_fen");
        json_array_append_new(bills, json_pack("{s:O, s:O, s:O}", "bill", json_object_get(bill, "bill"), "amount_fen",
                                               json_object_get(bill, "amount_fen"), "late_fee_fen", json_object_get(bill, "late_fee_fen")));
    }
    return json_pack("{s:O, s:o, s:I, s:I, s:i}", "token", json_object_get(lookup, "token"), "bills", bills, "prepaid_fen",
                     (json_int_t)more_fen, "tendered_fen", (json_int_t)sum, "change_fen", 0);
}
