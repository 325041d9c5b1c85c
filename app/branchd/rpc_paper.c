/* Paper: T3 before the first byte goes to a printer, T4 after the last; books of numbers. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/service.h"
#include "wire/account.h"

/* --- printing ---------------------------------------------------------------------- */

void put_form(struct service *s, const struct session *session, const char *kind, json_t *job)
{
    const struct branch_settings *set = &s->branch->settings;
    const struct { const char *kind, *preset; } forms[] = {
        {"invoice", set->invoice_template}, {"copy", set->copy_template}, {"receipt", set->prepay_template},
        {"account", set->account_template}, {"handback", set->handback_template}, {"counterfeit", set->counterfeit_template},
    };
    bool invoice = strcmp(kind, "invoice") == 0, copy = strcmp(kind, "copy") == 0;
    const json_t *printer = printers_for(s->printers, session->terminal, invoice ? "invoice" : "receipt");
    const char *bound = json_string_value(json_object_get(printer, "media")), *media = bound && *bound ? bound : set->media, *preset = set->copy_template;
    char form[80];
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strcmp(forms[i].kind, kind) == 0) preset = forms[i].preset;
    snprintf(form, sizeof form, "%s", preset);
    /* "prepay-80" on a roll of 58 mm is "prepay-58", on continuous paper "prepay-241" */
    const char *paper = strchr(media, '-');
    bool roll = strncmp(media, "roll-", 5) == 0, tractor = strncmp(media, "tractor-", 8) == 0;
    char *end = strrchr(form, '-');
    if ((roll || tractor) && end && text_digits(end + 1)) snprintf(end, sizeof form - (size_t)(end - form), "%s", paper);
    const char *template = json_string_value(json_object_get(printer, "template"));
    /* a copy on a sheet is the invoice itself, marked; pre-printed paper has half of it, so there it is a receipt */
    bool bound_form = template && *template && (invoice || (copy && !roll && !tractor));
    json_object_set_new(job, "template", json_string(bound_form ? template : form));
    json_object_set_new(job, "media", json_string(media));
    json_object_set_new(job, "kind", json_string(kind));
}

/* A receipt for a payment with its bills, for money in advance, or the bank's own. */
static void put_paper(struct service *s, const struct session *session, const struct ledger_payment *p, const char *kind, json_t *job)
{
    bool receipt = strcmp(kind, "receipt") == 0;
    put_form(s, session, receipt && wire_account_is_banks(p->proc) ? "account" : receipt && p->bill_count ? "copy" : kind, job);
    json_object_set_new(job, "kind", json_string(kind));
}

/* What would go next, so that the counter can place its page before a number is taken for it. */
void rpc_print_next(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct ledger_payment p;
    struct ledger_book book = {0};
    struct error err = {0};
    int64_t invoice = 0, payment = 0;
    char kind[8] = "", key[KEY_TEXT_SIZE];
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    enum ledger_result result = invoice_next(s->ledger, session->terminal, &invoice, &payment, kind, &err);
    if (result == LEDGER_OK && invoice == 0) {
        answer(s, call, json_null());
        return;
    }
    if (result == LEDGER_OK) result = payment_get_id(s->ledger, payment, &p, &err);
    if (result == LEDGER_OK && strcmp(kind, "invoice") == 0) result = book_at(s->ledger, session->till, &book, &err);
    json_t *data = result == LEDGER_OK ? paper_data(s->ledger, &s->branch->clock, &p, book.series, book.next, 0, &err) : NULL;
    if (data == NULL) {
        refuse_result(s, call, result == LEDGER_OK ? LEDGER_PARAMS : result, &err);
        return;
    }
    json_t *job = json_pack("{s:I, s:s, s:s, s:o}", "invoice", (json_int_t)invoice, "key", key_format(&p.key, key, sizeof key), "kind", kind,
                            "data", data);
    put_paper(s, session, &p, kind, job);
    answer(s, call, job);
}

void rpc_invoice_send(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct ledger_print print;
    struct ledger_payment p;
    struct error err = {0};
    json_int_t invoice;
    if (!rpc_params(server_rpc(s->server), call, "{s:I}", "invoice", &invoice)) return;
    enum ledger_result result = invoice_send(s->ledger, invoice, session->terminal, &print, &err);
    if (result == LEDGER_OK) result = payment_get_id(s->ledger, print.payment, &p, &err);
    json_t *data = result == LEDGER_OK ? paper_data(s->ledger, &s->branch->clock, &p, print.series, print.number, 0, &err) : NULL;
    if (result == LEDGER_OK && data == NULL) { /* no byte has gone anywhere: its number is free again */
        invoice_result(s->ledger, print.invoice, print.attempt, print.number, OUTCOME_NOTHING_SENT, 0, err.why, &p, NULL);
        refuse(s, call, RPC_INTERNAL, "internal", err.what, err.why, err.remedy);
        return;
    }
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *job = json_pack("{s:I, s:i, s:s, s:s, s:s, s:s, s:o}", "invoice", (json_int_t)print.invoice, "attempt", print.attempt, "kind",
                            print.kind, "series", print.series, "number", print.number, "job", print.job, "data", data);
    put_paper(s, session, &p, print.kind, job);
    print_log_begin(&s->print_log, service_now(s), session->terminal, print.invoice, print.attempt, print.job);
    answer(s, call, job);
    payment_changed(s, &p);
}

void rpc_invoice_result(void *ctx, struct rpc_call *call)
{
    static const char *const outcomes[] = {[OUTCOME_NOTHING_SENT] = "nothing-sent", [OUTCOME_HANDED_OVER] = "handed-over",
                                           [OUTCOME_CONFIRMED] = "confirmed", [OUTCOME_UNKNOWN] = "unknown"};
    struct service *s = ctx;
    struct ledger_payment p;
    struct error err = {0};
    json_int_t invoice, bytes;
    int attempt, outcome = 0;
    const char *number, *word, *words;
    if (!rpc_params(server_rpc(s->server), call, "{s:I, s:i, s:s, s:s, s:I, s:s}", "invoice", &invoice, "attempt", &attempt, "number",
                    &number, "outcome", &word, "bytes", &bytes, "words", &words))
        return;
    if (!session_of(call)->greeted) { /* reported also behind a locked screen, but by a terminal */
        refuse(s, call, RPC_REQUEST, "request", "not now", "hello comes first", NULL);
        return;
    }
    /* another terminal's word would free a number that is on paper; nor is its customer anybody's to see */
    if (!invoice_is_at(s->ledger, invoice, session_of(call)->terminal)) {
        refuse(s, call, RPC_STATE, "state", "not taken", "this terminal has no such invoice", NULL);
        return;
    }
    while (outcome < 4 && strcmp(outcomes[outcome], word) != 0)
        outcome++;
    if (outcome == 4) {
        refuse(s, call, RPC_PARAMS, "params", "no such outcome", "nothing-sent, handed-over, confirmed or unknown", NULL);
        return;
    }
    enum ledger_result result = invoice_result(s->ledger, invoice, attempt, number, (enum ledger_outcome)outcome, bytes, words, &p, &err);
    print_log_end(&s->print_log, invoice, attempt, word, bytes, words);
    if (result != LEDGER_OK) refuse_result(s, call, result, &err);
    else if (session_of(call)->signed_on) answer_payment(s, call, &p);
    else answer(s, call, NULL), payment_changed(s, &p); /* the card is not for an empty chair */
    queue_kick(s);
}

void rpc_print_log(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const struct print_job *j;
    int limit = 20;
    size_t bytes = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s?i}", "limit", &limit)) return;
    json_t *list = json_array();
    for (int i = 0; i < limit && (j = print_log_at(&s->print_log, i)) != NULL; i++) {
        json_t *row = json_pack("{s:o, s:s, s:s, s:s, s:I, s:I, s:s}", "at", json_time(s, j->at_ms), "terminal", j->terminal, "job", j->job,
                                "outcome", j->outcome, "bytes", (json_int_t)j->bytes, "ms", (json_int_t)j->ms, "words", j->words);
        if (!json_add_bounded(list, row, &bytes)) break;
    }
    answer(s, call, list);
}

void rpc_invoice_answer(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    json_int_t invoice;
    int attempt, cleared;
    const char *number, *said, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:I, s:i, s:s, s:s, s:b, s?s}", "invoice", &invoice, "attempt", &attempt, "number",
                    &number, "answer", &said, "cleared", &cleared, "approval", &approval))
        return;
    bool whole = strcmp(said, "whole") == 0;
    if (!whole && strcmp(said, "spoiled") != 0) {
        refuse(s, call, RPC_PARAMS, "params", "no such answer", "whole or spoiled", NULL);
        return;
    }
    two_of(session_of(call), call, &two);
    enum ledger_result result = invoice_answer(s->ledger, invoice, attempt, number, whole, cleared != 0, &two, &p, &err);
    if (result == LEDGER_OK) answer_payment(s, call, &p);
    else refuse_result(s, call, result, &err);
    queue_kick(s);
}

void rpc_spoil(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    json_int_t invoice;
    const char *number, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:I, s:s, s?s}", "invoice", &invoice, "number", &number, "approval", &approval)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = invoice_spoil(s->ledger, invoice, number, &two, &p, &err);
    if (result == LEDGER_OK) answer_payment(s, call, &p);
    else refuse_result(s, call, result, &err);
    queue_kick(s);
}

void rpc_reprint_data(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_print print;
    struct ledger_payment p;
    struct ledger_two two;
    struct key key;
    struct error err = {0};
    const char *text, *approval = NULL;
    int count = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "key", &text, "approval", &approval) || !take_key(s, call, text, &key)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = invoice_reprint(s->ledger, &key, &two, &print, &count, &err);
    if (result == LEDGER_OK) result = payment_get(s->ledger, &key, &p, &err);
    json_t *data = result == LEDGER_OK ? paper_data(s->ledger, &s->branch->clock, &p, print.series, print.number, count, &err) : NULL;
    if (result != LEDGER_OK || data == NULL) {
        refuse_result(s, call, result == LEDGER_OK ? LEDGER_PARAMS : result, &err);
        return;
    }
    json_t *job = json_pack("{s:s, s:o}", "job", print.job, "data", data);
    put_form(s, session_of(call), wire_account_is_banks(p.proc) ? "account" : "copy", job);
    json_object_set_new(job, "kind", json_string("copy"));
    answer(s, call, job);
    payment_changed(s, &p);
}

/* --- books -------------------------------------------------------------------------------- */

static void answer_next(struct service *s, struct rpc_call *call, enum ledger_result result, const struct error *err)
{
    struct ledger_book book = {0};
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, err);
        return;
    }
    book_at(s->ledger, session_of(call)->till, &book, NULL);
    answer(s, call, json_pack("{s:o}", "next_number", json_text(book.next)));
    service_changed(s);
}

void rpc_book_load(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_two two;
    struct error err = {0};
    const char *series, *first, *last, *next, *till = session_of(call)->till, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:s, s?s, s?s}", "series", &series, "first", &first, "last", &last, "next",
                    &next, "till", &till, "approval", &approval))
        return;
    two_of(session_of(call), call, &two);
    answer_next(s, call, book_load(s->ledger, till, series, first, last, next, &two, &err), &err);
}

void rpc_number_check(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct error err = {0};
    const char *next;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "next", &next)) return;
    enum ledger_result result = book_check(s->ledger, session_of(call)->till, next, &err);
    if (result == LEDGER_OK) answer(s, call, NULL);
    else refuse_result(s, call, result, &err);
}

void rpc_number_lost(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_two two;
    struct error err = {0};
    const char *till, *upto, *state, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s?s}", "till", &till, "upto", &upto, "state", &state, "approval", &approval))
        return;
    if (strcmp(state, "lost") != 0 && strcmp(state, "damaged") != 0) {
        refuse(s, call, RPC_PARAMS, "params", "no such state", "lost or damaged", NULL);
        return;
    }
    two_of(session_of(call), call, &two);
    answer_next(s, call, book_lost(s->ledger, till, upto, strcmp(state, "damaged") == 0, &two, &err), &err);
}

void rpc_number_seen(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct error err = {0};
    const char *series, *number;
    int missing;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:b}", "series", &series, "number", &number, "missing", &missing)) return;
    enum ledger_result result = number_seen(s->ledger, series, number, missing != 0, session_of(call)->operator.number, &err);
    if (result == LEDGER_OK) answer(s, call, NULL);
    else refuse_result(s, call, result, &err);
}
