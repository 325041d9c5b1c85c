/* Passbooks: lines are the bank's, *sent* before the first byte goes to a printer, and each
 * job is given out once. What is not whole has used up its place. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/account.h"
#include "wire/message.h"

#define NUMBER_MAX INT64_C(999999999999)

static const char not_done[] = "the passbook was not touched";

struct lines { json_int_t book, first, last; };

static bool lines_fit(struct service *s, struct rpc_call *call, const struct lines *l)
{
    if (l->book >= 1 && l->book <= NUMBER_MAX && l->first >= 1 && l->last >= l->first && l->last <= NUMBER_MAX && l->last - l->first < WIRE_ACCOUNT_LINES_MAX)
        return true;
    refuse(s, call, RPC_PARAMS, "params", not_done, "a book's number, its first and its last line, at most 24 of them", NULL);
    return false;
}

/* BK: book|first|last|word. The detail keeps what a job is made of. */
static void notice(struct service *s, struct rpc_call *call, const char *token, const char *account, const struct lines *l, const char *word)
{
    struct ledger_draft d;
    char book[WIRE_BOOK_SIZE];
    const struct ledger_account_ask ask = {.book = book};
    if (!account_draft(s, call, PROC_PASSBOOK, token, account, &d)) return;
    snprintf(book, sizeof book, "%" PRId64 "|%" PRId64 "|%" PRId64 "|%s", (int64_t)l->book, (int64_t)l->first, (int64_t)l->last, word);
    json_t *detail = account_detail(s, session_of(call), &d);
    json_t *own = json_pack("{s:I, s:I, s:I, s:s}", "book", l->book, "first", l->first, "last", l->last, "word", word);
    json_object_update(detail, own);
    json_decref(own);
    account_act(s, call, &d, &ask, detail);
}

void rpc_passbook_book(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    struct lines l = {0};
    char book[WIRE_BOOK_SIZE];
    struct ledger_account_ask ask = {.book = book, .sealed = ""};
    const char *token, *account, *act, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s?I, s?s, s?s}", "token", &token, "account", &account, "act", &act, "book", &l.book,
                    "sealed", &ask.sealed, "approval", &approval))
        return;
    bool lost = strcmp(act, "lost") == 0;
    if ((!lost && strcmp(act, "new") != 0) || (lost ? !*ask.sealed : l.book < 1 || l.book > NUMBER_MAX)) {
        refuse(s, call, RPC_PARAMS, "params", not_done, "act is new, with the book's number, or lost, with the password", NULL);
        return;
    }
    if (!account_draft(s, call, PROC_PASSBOOK, token, account, &d)) return;
    snprintf(book, sizeof book, "%" PRId64 "|0|0|%s", lost ? 0 : (int64_t)l.book, act);
    account_act(s, call, &d, &ask, account_detail(s, session_of(call), &d));
}

void rpc_passbook_send(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct lines l;
    const char *token, *account, *approval = NULL;
    int again = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:I, s:I, s:I, s?b, s?s}", "token", &token, "account", &account, "book", &l.book, "first", &l.first,
                    "last", &l.last, "again", &again, "approval", &approval) ||
        !lines_fit(s, call, &l))
        return;
    notice(s, call, token, account, &l, again ? "again" : "sent");
}

void rpc_passbook_result(void *ctx, struct rpc_call *call)
{
    static const struct { const char *outcome, *word; } outcomes[] = {
        {"printed", "printed"}, {"doubtful", "doubtful"}, {"spoiled", "spoiled"}, {"nothing-sent", "unsent"},
    };
    struct service *s = ctx;
    struct lines l;
    const char *token, *account, *outcome, *word = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:I, s:I, s:I, s:s}", "token", &token, "account", &account, "book", &l.book, "first", &l.first,
                    "last", &l.last, "outcome", &outcome) ||
        !lines_fit(s, call, &l))
        return;
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (strcmp(outcomes[i].outcome, outcome) == 0) word = outcomes[i].word;
    if (word == NULL) refuse(s, call, RPC_PARAMS, "params", "no such outcome", "printed, doubtful, spoiled or nothing-sent", NULL);
    else notice(s, call, token, account, &l, word);
}

/* --- what is printed -------------------------------------------------------------------------- */

/* The posted notice that a job is for, with its detail; NULL: refused. */
static json_t *notice_of(struct service *s, struct rpc_call *call, struct ledger_payment *p)
{
    struct key key;
    struct error err = {0};
    char *text = NULL;
    if (!take_key(s, call, json_string_value(json_object_get(call->params, "key")), &key)) return NULL;
    enum ledger_result result = payment_get(s->ledger, &key, p, &err);
    if (result == LEDGER_OK) result = payment_detail(s->ledger, p->id, &text, &err);
    json_t *detail = text ? json_loads(text, 0, NULL) : NULL;
    const char *word = json_string_value(json_object_get(detail, "word"));
    free(text);
    bool job = word && (strcmp(word, "sent") == 0 || strcmp(word, "again") == 0);
    if (result == LEDGER_OK && job && strcmp(p->state, "posted") == 0) return detail;
    json_decref(detail);
    if (result != LEDGER_OK) refuse_result(s, call, result, &err);
    else refuse(s, call, RPC_STATE, "state", "nothing is printed", "the bank has not said that these lines are ours to print", "wait for its answer");
    return NULL;
}

static json_t *data_lines(const struct wire_account_answer *a, int64_t first, int64_t last, bool again, int64_t *place)
{
    json_t *lines = json_array();
    *place = 0;
    for (int i = 0; i < a->line_count; i++) {
        const struct wire_account_line *l = &a->lines[i];
        if (l->line < first || l->line > last) continue;
        if (*place == 0) *place = l->place;
        if (l->place != *place + (int64_t)json_array_size(lines)) *place = -1; /* they stand apart: others were sent since */
        json_array_append_new(lines, json_pack("{s:o, s:s, s:I, s:I, s:s, s:i}", "date", json_day(l->day), "kind", account_kind(l->what), "amount_fen",
                                               (json_int_t)l->fen, "balance_fen", (json_int_t)l->balance_fen, "teller", "", "again", (int)again));
        if (*place < 0) break;
    }
    if ((int64_t)json_array_size(lines) != last - first + 1) *place = -1;
    return lines;
}

static void give_job(struct service *s, struct rpc_call *call, const struct wire_account_answer *a)
{
    struct ledger_payment p;
    struct error err = {0};
    char name[96];
    int64_t place;
    struct session *session = session_of(call);
    json_t *detail = session ? notice_of(s, call, &p) : NULL;
    if (session == NULL) answer(s, call, NULL);
    if (detail == NULL) return;
    int64_t first = json_integer_value(json_object_get(detail, "first")), last = json_integer_value(json_object_get(detail, "last"));
    bool again = strcmp(json_string_value(json_object_get(detail, "word")), "again") == 0;
    json_t *lines = data_lines(a, first, last, again, &place);
    json_decref(detail);
    enum ledger_result result = place < 1 ? LEDGER_STATE : audit_once(s->ledger, "passbook job", session->operator.number, session->terminal, p.key.ref, p.account, &err);
    if (result != LEDGER_OK) {
        json_decref(lines);
        if (place < 1) refuse(s, call, RPC_STATE, "state", "nothing is printed", "these lines are not where they were sent", "look at the book and at the account's lines");
        else refuse_result(s, call, result, &err);
        return;
    }
    snprintf(name, sizeof name, "%s passbook %s", s->branch->settings.branch, p.key.ref);
    json_t *data = json_pack("{s:s, s:s, s:s, s:I, s:o}", "account", p.account, "name", p.name, "language", s->branch->settings.language, "first_place",
                             (json_int_t)place, "lines", lines);
    answer(s, call, json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o}", "kind", "passbook", "job", name, "template", s->branch->settings.passbook_template,
                              "media", "passbook", "first", (json_int_t)first, "last", (json_int_t)last, "place", (json_int_t)place, "data", data));
}

void rpc_passbook_job(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_payment p;
    const char *key;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &key)) return;
    json_t *detail = notice_of(s, call, &p);
    if (detail == NULL) return;
    int64_t first = json_integer_value(json_object_get(detail, "first"));
    json_decref(detail);
    account_ask(s, call, PROC_STATEMENT, p.account, "", first, give_job);
}
