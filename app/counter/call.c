/* Calls to branchd, and those that a second person approves in between. */
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/log.h"
#include "base/text.h"
#include "counter/counter.h"

#define METHOD_SIZE 40

struct called {
    struct counter *c;
    counter_answer *answer;
    int64_t tag;
    int64_t round; /* of the wait it belongs to, 0: nothing waits for it */
    bool firm; /* it is what a wait that can't be left waits for */
    char method[METHOD_SIZE], key[KEY_TEXT_SIZE]; /* key: of the payment it names, or "" */
};

/* The act that waits for a second person. One at a time: its screen stands alone. */
struct asking {
    char method[METHOD_SIZE], words[SAY_SIZE];
    json_t *params;
    counter_answer *answer;
    int64_t tag;
};

static void asking_free(struct asking *asking)
{
    if (asking) json_decref(asking->params);
    free(asking);
}

static const struct rpc_error left = {.code = -2, .reason = "left", .message = "left by the teller"};

/* The line that a payment can be followed by, here as in the daemons. */
static void note(const struct called *called, const json_t *result, const struct rpc_error *error)
{
    const char *key = json_string_value(json_object_get(result, "key")), *state = json_string_value(json_object_get(result, "state"));
    struct key parsed;
    if (!key && *called->key) key = called->key;
    if (!key || !key_parse(key, &parsed)) return;
    log_line(error ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, key, "%s: %s", called->method, error ? error->reason : state ? state : "done");
}

static void answered(void *ctx, const json_t *result, const struct rpc_error *error)
{
    struct called *called = ctx;
    struct counter *c = called->c;
    note(called, result, error);
    bool was_left = called->round && called->round != c->busy_round + 1;
    c->answering = called->firm ? ANSWER_FIRM : ANSWER_OTHER;
    if (!was_left && called->answer) called->answer(c, called->tag, result, error);
    c->answering = ANSWER_NONE;
    free(called);
    counter_dirty(c);
}

/* What a firm wait waits for: the call that comes next behind its beginning, and what its answer leads to. */
static bool awaited(struct counter *c)
{
    bool firm = *c->busy && c->busy_firm && (c->firm_next || c->answering == ANSWER_FIRM);
    c->firm_next = false;
    return firm;
}

static void put(struct counter *c, const char *method, json_t *params, counter_answer *answer, int64_t tag, bool waited_for, bool firm)
{
    struct called *called = malloc(sizeof *called);
    if (!called) abort();
    *called = (struct called){.c = c, .answer = answer, .tag = tag, .round = waited_for ? c->busy_round + 1 : 0, .firm = firm};
    text_copy(called->method, sizeof called->method, method);
    const char *key = json_string_value(json_object_get(params, "key"));
    if (key) text_copy(called->key, sizeof called->key, key);
    rpc_call(&c->rpc, method, params, answered, called);
}

void call(struct counter *c, const char *method, json_t *params, counter_answer *answer, int64_t tag)
{
    put(c, method, params, answer, tag, *c->busy && !c->busy_firm, awaited(c));
}

void call_beside(struct counter *c, const char *method, json_t *params, counter_answer *answer, int64_t tag)
{
    put(c, method, params, answer, tag, false, false);
}

/* --- with a second person --- */

/* Acts that always want one; the others are tried first. */
static const char *const always[] = {
    "abandon", "spoil", "reprint_data", "undo", "reverse", "book_load", "till_cash", "settle", "counterfeit",
    "refund", "transfer", "vault", "till_force_close", "number_lost", "number_receive", "number_return", "operator_code", "repair", "clock_confirm",
};

static bool always_approved(const char *method)
{
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++)
        if (!strcmp(always[i], method)) return true;
    return false;
}

void asking_forget(struct counter *c)
{
    asking_free(c->asking);
    c->asking = NULL;
    asking_over(c);
}

void asking_over(struct counter *c)
{
    asking_free(c->unsigned_act);
    c->unsigned_act = NULL;
}

void asking_again(struct counter *c)
{
    if (!c->unsigned_act) {
        say(c, "%s", _("Nothing waits for a second person. An act that needs one asks for him by itself."));
        return;
    }
    c->asking = c->unsigned_act;
    c->unsigned_act = NULL;
    screen_open(c, &screen_approve, NULL);
}

static void tried(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct asking *asking = c->asking;
    if (error && !strcmp(error->reason, "approval")) {
        busy_end(c);
        screen_open(c, &screen_approve, NULL);
        return;
    }
    c->asking = NULL;
    asking->answer(c, asking->tag, result, error);
    asking_free(asking);
}

void call_approved(struct counter *c, const char *method, json_t *params, const char *words,
                   counter_answer *answer, int64_t tag)
{
    asking_forget(c);
    c->asking = calloc(1, sizeof *c->asking);
    if (!c->asking || !params) abort();
    text_copy(c->asking->method, sizeof c->asking->method, method);
    text_clip(c->asking->words, sizeof c->asking->words, words, SAY_SIZE, 0);
    c->asking->params = params;
    c->asking->answer = answer;
    c->asking->tag = tag;
    if (always_approved(method)) {
        busy_over(c);
        screen_open(c, &screen_approve, NULL);
    } else {
        call(c, method, json_deep_copy(params), tried, 0);
    }
}

const char *asking_words(const struct counter *c)
{
    return c->asking ? c->asking->words : "";
}

static void approved(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    if (!c->asking) return;
    if (error) {
        busy_end(c);
        refuse_error(c, error);
        return;
    }
    json_t *params = json_deep_copy(c->asking->params);
    json_object_set(params, "approval", js_at(result, "approval"));
    screen_close(c, &screen_approve);
    busy_firm(c, _("Under way"));
    call(c, c->asking->method, params, tried, 0);
}

void asking_send(struct counter *c, const char *number, const char *password, const char *code)
{
    if (!c->asking) return;
    busy_start(c, _("The branch host checks the second person"));
    json_t *params = json_pack("{s:s, s:s, s:s, s:O}", "operator", number, "password", password, "act", c->asking->method, "params", c->asking->params);
    if (*code) json_object_set_new(params, "code", json_string(code));
    call(c, "approve", params, approved, 0);
}

void asking_drop(struct counter *c)
{
    struct asking *asking = c->asking;
    c->asking = NULL;
    screen_close(c, &screen_approve);
    if (!asking) return;
    asking->answer(c, asking->tag, NULL, &left);
    asking_over(c);
    if (c->asking) asking_free(asking); /* its answer began another act */
    else c->unsigned_act = asking;
}
