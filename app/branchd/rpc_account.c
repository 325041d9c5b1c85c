/* What the bank says of a special account: asked by the counter, noted, and shown. */
#include "branchd/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "wire/message.h"

static const char not_asked[] = "the bank was not asked";

bool account_on_line(struct service *s, struct rpc_call *call, const char *what)
{
    struct link_status l;
    if (link_up(s->link)) return true;
    link_status(s->link, &l);
    refuse(s, call, RPC_LINK, "link", what, l.why[0] ? l.why : "the link is down",
           "bills and money in advance are taken as cash for the utility meanwhile (F3); accounts wait for the link");
    return false;
}

/* --- asking ------------------------------------------------------------------------------ */

struct asking { struct rpc_call *call; account_done *done; };

static void refused(struct service *s, struct rpc_call *call, const struct wire_account_answer *a)
{
    struct error err = {0};
    bool gone = strcmp(a->code, "14") == 0;
    error_all(&err, gone ? "no such account" : "the bank refuses it", NULL, a->reason[0] ? a->reason : gone ? "the bank knows none" : "",
              gone ? "look at the number; a customer without an agreement has no account here" : NULL);
    rpc_refuse(server_rpc(s->server), call, RPC_LINK, "refused", &err, a->code);
}

static void came(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    static struct wire_account_answer a; /* 10 kB: too much for the stack */
    struct asking asking = *(struct asking *)tag->ctx;
    struct error err = {0};
    free(tag->ctx);
    bool good = how == LINK_ANSWERED && wire_account_answer_unpack(m, &a, &err) == 0;
    bool unknown = good && strcmp(a.code, "00") != 0 && code_verdict(a.code) == VERDICT_UNKNOWN;
    if (!good || unknown)
        refuse(s, asking.call, RPC_LINK, "no-answer", "the bank does not answer", unknown ? a.code : err.why, "ask again");
    else if (strcmp(a.code, "00") != 0) refused(s, asking.call, &a);
    else asking.done(s, asking.call, &a);
}

void account_ask(struct service *s, struct rpc_call *call, int proc, const char *account, const char *customer, int64_t from, account_done *done)
{
    struct wire_account_ask a = {.from = from};
    struct session *session = session_of(call);
    struct iso m;
    struct error err = {0};
    if (!account_on_line(s, call, not_asked)) return;
    link_head(s->link, &a.head);
    a.head.proc = proc;
    text_copy(a.head.terminal, sizeof a.head.terminal, session->terminal);
    text_copy(a.maker, sizeof a.maker, session->operator.number);
    bool fits = text_copy(a.account, sizeof a.account, account) && text_copy(a.customer, sizeof a.customer, customer);
    struct asking *asking = fits ? malloc(sizeof *asking) : NULL;
    if (asking == NULL) {
        refuse(s, call, RPC_PARAMS, "params", not_asked, "an account has 18 digits, a customer number up to 28 digits or letters", NULL);
        return;
    }
    *asking = (struct asking){call, done};
    if (wire_account_pack(&a, "0100", &m, &err) == 0 &&
        link_ask(s->link, &m, s->branch->settings.inquiry_ms, false, came, &(struct link_tag){.ctx = asking}))
        return;
    free(asking);
    refuse(s, call, RPC_LINK, "link", not_asked, err.why[0] ? err.why : "the link is busy", "ask again");
}

/* --- showing ------------------------------------------------------------------------------- */

const char *account_kind(const char *what)
{
    static const struct { const char *what, *kind; } kinds[] = {
        {"deposit", "deposit"}, {"withdrawal", "withdrawal"}, {"withheld", "withholding"}, {"held", "payment"}, {"paid", "payment"},
        {"released", "reversal"}, {"given back", "reversal"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].what, what) == 0) return kinds[i].kind;
    return "payment";
}

json_t *account_lines(const struct wire_account_answer *a)
{
    json_t *lines = json_array();
    for (int i = 0; i < a->line_count; i++) {
        const struct wire_account_line *l = &a->lines[i];
        json_array_append_new(lines, json_pack("{s:I, s:o, s:s, s:I, s:I, s:I, s:s}", "line", (json_int_t)l->line, "date", json_day(l->day), "kind",
                                               account_kind(l->what), "amount_fen", (json_int_t)l->fen, "balance_fen", (json_int_t)l->balance_fen,
                                               "place", (json_int_t)l->place, "paper", l->paper));
    }
    return lines;
}

static json_t *customers_json(const struct wire_account_answer *a)
{
    json_t *list = json_array();
    char name[WIRE_NAME_SIZE];
    for (int i = 0; i < a->customer_count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s}", "customer", a->customers[i].customer, "name", text_clean(name, sizeof name, a->customers[i].name)));
    return list;
}

static json_t *amiss_json(const struct wire_account_answer *a)
{
    json_t *list = json_array();
    for (int i = 0; i < a->amiss_count; i++)
        json_array_append_new(list, json_integer((json_int_t)a->amiss[i]));
    return list;
}

/* "book|last line printed|next free place" */
static void read_book(const struct wire_account_answer *a, int64_t numbers[3])
{
    char text[WIRE_BOOK_SIZE], *rest = text, *part;
    text_copy(text, sizeof text, a->book);
    for (int i = 0; i < 3; i++)
        numbers[i] = (part = strsep(&rest, "|")) ? strtoll(part, NULL, 10) : 0;
}

/* Who looked at whose account stands in the audit before it is shown. The session keeps its number and
 * its holder's name, for the paper of what is done next. False: the call was refused, or its counter has gone. */
static bool noted(struct service *s, struct rpc_call *call, const struct wire_account_answer *a)
{
    struct session *session = session_of(call);
    struct error err = {0};
    if (session == NULL) {
        answer(s, call, NULL);
        return false;
    }
    enum ledger_result result = audit_note(s->ledger, "account looked at", session->operator.number, session->terminal, a->account, "at the bank", &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return false;
    }
    text_copy(session->account.account, sizeof session->account.account, a->account);
    text_clean(session->account.holder, sizeof session->account.holder, a->holder);
    return true;
}

static void show(struct service *s, struct rpc_call *call, const struct wire_account_answer *a)
{
    int64_t book[3];
    char holder[WIRE_NAME_SIZE], document[WIRE_DOCUMENT_SIZE], phone[WIRE_DOCUMENT_SIZE];
    if (!noted(s, call, a)) return;
    read_book(a, book);
    json_t *result = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:o, s:o}", "account", a->account, "state", a->state,
                               "holder", text_clean(holder, sizeof holder, a->holder), "document", text_clean(document, sizeof document, a->document),
                               "phone", text_clean(phone, sizeof phone, a->phone), "password", (int)a->password, "balance_fen",
                               (json_int_t)a->balance_fen, "held_fen", (json_int_t)a->held_fen, "customers", customers_json(a), "book",
                               (json_int_t)book[0], "lines", (json_int_t)a->last_line, "printed", (json_int_t)book[1], "place", (json_int_t)book[2],
                               "amiss", amiss_json(a), "movements", account_lines(a));
    answer(s, call, result);
}

void rpc_account(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *account = "", *customer = "";
    if (!rpc_params(server_rpc(s->server), call, "{s?s, s?s}", "account", &account, "customer", &customer)) return;
    if (!*account == !*customer) refuse(s, call, RPC_PARAMS, "params", not_asked, "account or customer, one of both", NULL);
    else account_ask(s, call, PROC_STATEMENT, account, customer, 0, show);
}

static void show_lines(struct service *s, struct rpc_call *call, const struct wire_account_answer *a)
{
    if (!noted(s, call, a)) return;
    bool more = a->line_count > 0 && a->lines[a->line_count - 1].line < a->last_line;
    answer(s, call, json_pack("{s:s, s:I, s:o, s:b}", "account", a->account, "balance_fen", (json_int_t)a->balance_fen, "movements", account_lines(a),
                              "more", (int)more));
}

void rpc_account_lines(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *account;
    json_int_t from = 0;
    int unprinted = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?I, s?b}", "account", &account, "from", &from, "unprinted", &unprinted)) return;
    if (from < 0) refuse(s, call, RPC_PARAMS, "params", not_asked, "from is a line, 1 the first", NULL);
    else account_ask(s, call, unprinted && from == 0 ? PROC_BALANCE : PROC_STATEMENT, account, "", from, show_lines);
}

/* --- the agreement ---------------------------------------------------------------------------- */

static void agreement(struct service *s, struct rpc_call *call, const struct wire_account_answer *a)
{
    char name[96];
    if (!noted(s, call, a)) return;
    struct session *session = session_of(call);
    bool approved = strcmp(session->approved, "account_open") == 0;
    json_t *data = paper_head(s);
    json_t *own = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:s}", "agreement", a->account, "holder", session->account.holder, "id_number",
                            a->document[0] ? a->document : "-", "phone", a->phone, "account", a->account, "account_kind", "personal", "date",
                            json_day(service_today(s)), "customers", customers_json(a), "teller_name", session->operator.name, "approver_name",
                            approved ? session->approver : "");
    json_object_update(data, own);
    json_decref(own);
    snprintf(name, sizeof name, "%s agreement %s", s->branch->settings.branch, a->account);
    json_t *job = json_pack("{s:s, s:s, s:s, s:s, s:i, s:o}", "kind", "agreement", "job", name, "template", s->branch->settings.agreement_template, "media",
                            "a4", "copies", 2, "data", data);
    answer(s, call, job);
}

void rpc_account_agreement(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *account;
    if (rpc_params(server_rpc(s->server), call, "{s:s}", "account", &account)) account_ask(s, call, PROC_STATEMENT, account, "", 0, agreement);
}
