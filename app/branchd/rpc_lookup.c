/* Look-up and search: on line, or from the copy when the link is down or silent. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/service.h"
#include "wire/inquiry.h"

/* --- look-up ------------------------------------------------------------------------ */

static void mark_in_hand(struct service *s, struct lookup *l)
{
    for (int i = 0; i < l->count; i++)
        if (l->bills[i].payable && payment_bill_in_hand(s->ledger, l->bills[i].bill.number)) {
            l->bills[i].payable = false;
            l->bills[i].reason = "in-hand";
        }
}

void lookup_today(struct service *s, struct lookup *l)
{
    if (l->on == service_today(s)) return;
    lookup_judge(l, service_today(s));
    mark_in_hand(s, l);
}

/* Who looked at whose bills stands in the audit before they are shown. The look-up
 * becomes the session's draft; its token is good for one payment. */
static void show(struct service *s, struct rpc_call *call, struct lookup *l)
{
    struct session *session = session_of(call);
    struct error err = {0};
    char as_of[CLOCK_TEXT_SIZE];
    if (session == NULL) {
        free(l);
        answer(s, call, NULL);
        return;
    }
    enum ledger_result noted = audit_note(s->ledger, "look-up", session->operator.number, session->terminal, l->customer,
                                          link_up(s->link) ? "at the utility" : "in the copy", &err);
    if (noted != LEDGER_OK) {
        free(l);
        refuse_result(s, call, noted, &err);
        return;
    }
    entropy_hex(&s->branch->world.entropy, (LEDGER_TOKEN_SIZE - 1) / 2, l->token, sizeof l->token);
    mark_in_hand(s, l);
    free(session->lookup);
    session->lookup = l;
    clock_format(&s->branch->clock, l->as_of_ms, as_of, sizeof as_of);
    answer(s, call, lookup_json(l, as_of, !link_up(s->link)));
}

/* Why the copy can't be paid from now: a word of RPC.md, or NULL. */
const char *copy_refused(struct service *s)
{
    if (s->copy_info.made_at_ms == 0) return "no-copy";
    return service_now(s) - s->copy_info.made_at_ms > s->branch->settings.copy_age_ms ? "copy-old" : NULL;
}

static void no_copy(struct service *s, struct rpc_call *call, const char *reason)
{
    struct link_status l;
    link_status(s->link, &l);
    refuse(s, call, RPC_BILL, reason, strcmp(reason, "no-copy") == 0 ? "the link is down and there is no copy of the bills yet"
                                                                     : "the link is down and the copy of the bills is too old", l.why,
           "wait for the link; the copy is fetched by itself");
}

static void show_copy(struct service *s, struct rpc_call *call, const char *customer)
{
    struct copy_customer c;
    struct error err = {0};
    const char *reason = copy_refused(s);
    if (reason) {
        no_copy(s, call, reason);
        return;
    }
    int found = copy_lookup(s->copy, customer, &c, &err);
    struct lookup *l = found == 1 ? calloc(1, sizeof *l) : NULL;
    if (found == 0) {
        refuse(s, call, RPC_BILL, "unknown-customer", "no such customer", "not in the copy of the bills", "look at the number; search by name, address or meter");
    } else if (l == NULL) {
        refuse(s, call, RPC_INTERNAL, "internal", found < 0 ? err.what : "no memory", err.why, err.remedy);
    } else {
        lookup_from_copy(l, customer, &c, &s->copy_info.rules, service_today(s));
        l->as_of_ms = s->copy_info.made_at_ms;
        show(s, call, l);
    }
}

static const char *customer_of(const struct rpc_call *call) { return json_string_value(json_object_get(call->params, "customer")); }

static void show_answer(struct service *s, struct rpc_call *call, const struct iso *m)
{
    static struct wire_bills w; /* 10 kB: too much for the stack */
    struct error err = {0};
    char code[3] = "";
    iso_text(m, 39, code, sizeof code);
    if (strcmp(code, "14") == 0) {
        error_all(&err, "no such customer", NULL, "the utility does not know this number", "look at the number; search by name, address or meter");
        rpc_refuse(server_rpc(s->server), call, RPC_BILL, "unknown-customer", &err, code);
        return;
    }
    if (strcmp(code, "91") == 0) link_away(s->link, "the utility is away");
    struct lookup *l = NULL;
    if (strcmp(code, "00") == 0 && wire_bills_unpack(m, &w, &err) == 0) l = calloc(1, sizeof *l);
    if (l == NULL) {
        show_copy(s, call, customer_of(call));
        return;
    }
    lookup_from_wire(l, &w, service_today(s));
    text_copy(l->customer, sizeof l->customer, customer_of(call));
    l->as_of_ms = service_now(s);
    show(s, call, l);
}

static void looked_up(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    struct rpc_call *call = tag->ctx;
    if (how == LINK_ANSWERED) show_answer(s, call, m);
    else show_copy(s, call, customer_of(call));
}

void rpc_lookup(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct wire_head h;
    struct iso m;
    struct error err = {0};
    const char *customer;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "customer", &customer)) return;
    if (!text_alnum(customer) || strlen(customer) > BILL_CUSTOMER_MAX) {
        refuse(s, call, RPC_BILL, "unknown-customer", "no such customer", "a customer number has 1 to 28 digits or letters", NULL);
        return;
    }
    struct session *session = session_of(call);
    free(session->lookup);
    session->lookup = NULL;
    link_head(s->link, &h);
    if (session->terminal[0]) text_copy(h.terminal, sizeof h.terminal, session->terminal);
    bool asked = link_up(s->link) && wire_bills_ask(&h, customer, NULL, &m, &err) == 0 &&
                 link_ask(s->link, &m, s->branch->settings.inquiry_ms, false, looked_up, &(struct link_tag){.ctx = call});
    if (!asked) show_copy(s, call, customer);
}

/* --- search -------------------------------------------------------------------------- */

static json_t *found_json(const char *customer, const char *name, const char *address, const char *meter, int64_t bills, int64_t fen)
{
    char clean[2][WIRE_NAME_SIZE];
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "customer", customer, "name", text_clean(clean[0], sizeof clean[0], name),
                     "address", text_clean(clean[1], sizeof clean[1], address), "meter", meter, "open_bills", (json_int_t)bills,
                     "open_fen", (json_int_t)fen);
}

static json_t *search_json(struct service *s, const char *source, int64_t as_of_ms, int64_t total, json_t *rows)
{
    return json_pack("{s:s, s:o, s:I, s:o}", "source", source, "as_of", json_time(s, as_of_ms), "total", (json_int_t)total, "rows", rows);
}

static void search_copy(struct service *s, struct rpc_call *call, const char *text, int limit, int offset)
{
    static struct copy_found rows[COPY_SEARCH_MAX];
    struct error err = {0};
    int64_t total = 0;
    size_t bytes = 0;
    int count = copy_search(s->copy, text, offset, rows, limit, &total, &err);
    if (count < 0) {
        refuse(s, call, RPC_PARAMS, "params", err.what, err.why, err.remedy);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (!json_add_bounded(list, found_json(rows[i].customer, rows[i].name, rows[i].address, rows[i].meter, rows[i].open_bills,
                                               rows[i].open_fen), &bytes))
            break;
    answer(s, call, search_json(s, "copy", s->copy_info.made_at_ms, total, list));
}

static void searched(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    static struct wire_found rows[WIRE_FOUND_MAX];
    int count = 0, more = 0;
    size_t bytes = 0;
    struct error err = {0};
    if (how != LINK_ANSWERED || !iso_is(m, 39, "00") || wire_search_unpack(m, rows, &count, &more, &err) != 0) {
        refuse(s, tag->ctx, RPC_LINK, "no-answer", "the utility does not answer the search", err.why, "search again");
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (!json_add_bounded(list, found_json(rows[i].customer, rows[i].name, rows[i].address, rows[i].meter, rows[i].open_count,
                                               rows[i].open_fen), &bytes))
            break;
    answer(s, tag->ctx, search_json(s, "utility", service_now(s), (int64_t)count + more, list));
}

/* From the copy where there is one: it knows initials and pages, and costs the line nothing. */
void rpc_search(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct wire_head h;
    struct iso m;
    struct error err = {0};
    const char *text;
    int limit = 20, offset = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?i, s?i}", "text", &text, "limit", &limit, "offset", &offset)) return;
    if (limit < 1 || limit > COPY_SEARCH_MAX || offset < 0) {
        refuse(s, call, RPC_PARAMS, "params", "search refused", "limit is 1 to 100, offset not below 0", NULL);
        return;
    }
    if (s->copy_info.made_at_ms) {
        search_copy(s, call, text, limit, offset);
        return;
    }
    link_head(s->link, &h);
    if (!link_up(s->link)) no_copy(s, call, "no-copy");
    else if (wire_search_ask(&h, text, &m, &err) != 0) refuse(s, call, RPC_PARAMS, "params", err.what, err.why, NULL);
    else if (!link_ask(s->link, &m, s->branch->settings.inquiry_ms, false, searched, &(struct link_tag){.ctx = call}))
        refuse(s, call, RPC_LINK, "link", "the link is busy", NULL, "search again");
}
