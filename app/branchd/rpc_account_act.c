/* Acts on a special account: each is a payment of the ledger (T1), asked of the bank on line only. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/account.h"
#include "wire/message.h"

static const char not_done[] = "the account was not touched";

/* --- begin: a token and a key -------------------------------------------------------------- */

void rpc_account_begin(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct error err = {0};
    char key[KEY_TEXT_SIZE];
    const char *bank_key = s->branch->settings.bank_key;
    if (!rpc_params(server_rpc(s->server), call, "{}") || !account_on_line(s, call, not_done)) return;
    enum ledger_result result = payment_key(s->ledger, &session->account.key, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    entropy_hex(&s->branch->world.entropy, (LEDGER_TOKEN_SIZE - 1) / 2, session->account.token, sizeof session->account.token);
    answer(s, call, json_pack("{s:s, s:s, s:o}", "token", session->account.token, "key", key_format(&session->account.key, key, sizeof key), "bank_key",
                              json_text(strlen(bank_key) == ACCOUNT_BANK_KEY_HEX ? bank_key : "")));
}

bool account_draft(struct service *s, struct rpc_call *call, int proc, const char *token, const char *account, struct ledger_draft *d)
{
    struct session *session = session_of(call);
    memset(d, 0, sizeof *d);
    if (!account_on_line(s, call, not_done)) return false;
    if (session->account.token[0] == '\0' || strcmp(token, session->account.token) != 0) {
        refuse(s, call, RPC_STATE, "token", not_done, "this token is not the last one of its terminal", "begin again");
        return false;
    }
    if (*account && strcmp(account, session->account.account) != 0) {
        refuse(s, call, RPC_STATE, "token", not_done, "this account was not looked at", "look it up first: its holder stands on the paper");
        return false;
    }
    d->proc = proc;
    d->key = session->account.key;
    text_copy(d->token, sizeof d->token, token);
    text_copy(d->account, sizeof d->account, account);
    if (*account) text_copy(d->name, sizeof d->name, session->account.holder);
    text_copy(d->operator_number, sizeof d->operator_number, session->operator.number);
    text_copy(d->terminal, sizeof d->terminal, session->terminal);
    return true;
}

/* --- T1 --------------------------------------------------------------------------------------- */

static const struct { int proc; const char *kind; } kinds[] = {
    {PROC_DEPOSIT, "deposit"}, {PROC_OPEN, "opening"}, {PROC_WITHDRAW, "withdrawal"}, {PROC_CLOSE, "withdrawal"},
};

json_t *account_detail(struct service *s, const struct session *session, const struct ledger_draft *d)
{
    const char *kind = "";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].proc == d->proc) kind = kinds[i].kind;
    json_t *detail = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s}", "kind", kind, "name", d->name[0] ? d->name : "-", "account", d->account,
                               "amount_fen", (json_int_t)d->prepaid_fen, "tendered_fen", (json_int_t)d->tendered_fen, "change_fen",
                               (json_int_t)d->change_fen, "teller", d->operator_number, "teller_name", session->operator.name, "terminal", d->terminal);
    json_t *names = paper_names(s);
    if (detail) json_object_update(detail, names);
    json_decref(names);
    return detail;
}

void account_act(struct service *s, struct rpc_call *call, struct ledger_draft *d, const struct ledger_account_ask *ask, json_t *detail)
{
    struct session *session = session_of(call);
    struct ledger_payment p;
    struct ledger_two two;
    struct error err = {0};
    char key[KEY_TEXT_SIZE], *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    json_decref(detail);
    if (text == NULL) {
        refuse(s, call, RPC_INTERNAL, "internal", not_done, "no memory", NULL);
        return;
    }
    d->detail = text;
    two_of(session, call, &two);
    enum ledger_result result = payment_account(s->ledger, d, ask, &two, &p, &err);
    free(text);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    log_line(LOG_LEVEL_INFO, key_format(&p.key, key, sizeof key), "%s recorded at terminal %s", call->method->name, p.terminal);
    answer_payment(s, call, &p);
    queue_kick(s);
}

/* --- cash in ------------------------------------------------------------------------------------ */

void rpc_account_open(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    struct ledger_account_ask ask = {.sealed = ""};
    const char *token, *customer, *approval = NULL;
    json_int_t sum, tendered, change;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s?s, s?s}", "token", &token, "customer", &customer, "name",
                    &ask.name, "document", &ask.document, "phone", &ask.phone, "sum_fen", &sum, "tendered_fen", &tendered, "change_fen", &change,
                    "sealed", &ask.sealed, "approval", &approval) ||
        !account_draft(s, call, PROC_OPEN, token, "", &d))
        return;
    if (!text_alnum(customer) || !text_copy(d.customer, sizeof d.customer, customer) || !*ask.name || !text_copy(d.name, sizeof d.name, ask.name) ||
        !*ask.document) {
        refuse(s, call, RPC_PARAMS, "params", not_done, "customer number, name and document of identity are needed", NULL);
        return;
    }
    d.prepaid_fen = sum;
    d.tendered_fen = tendered;
    d.change_fen = change;
    account_act(s, call, &d, &ask, account_detail(s, session_of(call), &d));
}

void rpc_account_deposit(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    const struct ledger_account_ask ask = {.act = ""};
    const char *token, *account, *approval = NULL;
    json_int_t sum, tendered, change;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:I, s:I, s:I, s?s}", "token", &token, "account", &account, "sum_fen", &sum, "tendered_fen",
                    &tendered, "change_fen", &change, "approval", &approval) ||
        !account_draft(s, call, PROC_DEPOSIT, token, account, &d))
        return;
    d.prepaid_fen = sum;
    d.tendered_fen = tendered;
    d.change_fen = change;
    account_act(s, call, &d, &ask, account_detail(s, session_of(call), &d));
}

/* --- with the customer's proof --------------------------------------------------------------------- */

struct proof { const char *sealed, *book; json_int_t balance_fen; char text[WIRE_BOOK_SIZE]; };

/* The password, or the book's number and the balance behind its last line. */
static bool take_proof(struct service *s, struct rpc_call *call, struct proof *p, struct ledger_account_ask *ask)
{
    bool book = *p->book && text_digits(p->book) && strlen(p->book) <= 12 && p->balance_fen >= 0;
    if (*p->sealed ? *p->book != '\0' : !book) {
        refuse(s, call, RPC_PARAMS, "params", not_done, "the proof is sealed, or book and book_balance_fen", NULL);
        return false;
    }
    ask->sealed = p->sealed;
    if (book) snprintf(p->text, sizeof p->text, "%s|%lld", p->book, (long long)p->balance_fen);
    ask->book = p->text;
    return true;
}

static void cash_out(struct service *s, struct rpc_call *call, int proc)
{
    struct ledger_draft d;
    struct ledger_account_ask ask = {.act = ""};
    struct proof proof = {.sealed = "", .book = ""};
    const char *token, *account, *approval = NULL;
    json_int_t sum;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:I, s?s, s?s, s?I, s?s}", "token", &token, "account", &account, "sum_fen", &sum, "sealed",
                    &proof.sealed, "book", &proof.book, "book_balance_fen", &proof.balance_fen, "approval", &approval) ||
        !account_draft(s, call, proc, token, account, &d) || !take_proof(s, call, &proof, &ask))
        return;
    d.prepaid_fen = sum;
    account_act(s, call, &d, &ask, account_detail(s, session_of(call), &d));
}

void rpc_account_withdraw(void *ctx, struct rpc_call *call) { cash_out(ctx, call, PROC_WITHDRAW); }
void rpc_account_close(void *ctx, struct rpc_call *call) { cash_out(ctx, call, PROC_CLOSE); }

/* Bills of the last look-up, out of an account. */
void rpc_account_pay(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    struct ledger_draft d;
    struct ledger_account_ask ask = {.act = ""};
    struct proof proof = {.sealed = "", .book = ""};
    const char *token, *lookup, *account, *approval = NULL;
    json_t *bills;
    json_int_t prepaid;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:o, s:I, s?s, s?s, s?I, s?s}", "token", &token, "lookup", &lookup, "account", &account,
                    "bills", &bills, "prepaid_fen", &prepaid, "sealed", &proof.sealed, "book", &proof.book, "book_balance_fen", &proof.balance_fen,
                    "approval", &approval) ||
        !account_draft(s, call, PROC_ACCOUNT, token, account, &d) || !take_proof(s, call, &proof, &ask))
        return;
    if (session->lookup == NULL || strcmp(lookup, session->lookup->token) != 0) {
        refuse(s, call, RPC_STATE, "token", not_done, "this look-up is no longer the last one of its terminal", "look the customer up again");
        return;
    }
    lookup_today(s, session->lookup);
    text_copy(d.customer, sizeof d.customer, session->lookup->customer);
    text_copy(d.name, sizeof d.name, session->lookup->name);
    text_copy(d.address, sizeof d.address, session->lookup->address);
    d.prepaid_fen = prepaid;
    if (!take_chosen(s, call, bills, not_done, &d)) return;
    json_t *detail = paper_detail(s, session, session->lookup, &d);
    json_object_set_new(detail, "account", json_string(account));
    account_act(s, call, &d, &ask, detail);
}

/* --- no money --------------------------------------------------------------------------------------- */

void rpc_account_link(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    struct ledger_account_ask ask = {.name = ""};
    const char *token, *account, *customer, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:s, s?s, s?s}", "token", &token, "account", &account, "act", &ask.act, "customer",
                    &customer, "name", &ask.name, "approval", &approval) ||
        !account_draft(s, call, PROC_LINK, token, account, &d))
        return;
    bool link = strcmp(ask.act, "link") == 0;
    if ((!link && strcmp(ask.act, "unlink") != 0) || !text_alnum(customer) || !text_copy(d.customer, sizeof d.customer, customer) || (link && !*ask.name)) {
        refuse(s, call, RPC_PARAMS, "params", not_done, "act is link or unlink, with a customer number, and a name to link", NULL);
        return;
    }
    account_act(s, call, &d, &ask, account_detail(s, session_of(call), &d));
}

void rpc_account_freeze(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_draft d;
    struct ledger_account_ask ask = {.name = ""};
    const char *token, *account, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s?s}", "token", &token, "account", &account, "act", &ask.act, "approval", &approval) ||
        !account_draft(s, call, PROC_FREEZE, token, account, &d))
        return;
    if (strcmp(ask.act, "freeze") != 0 && strcmp(ask.act, "unfreeze") != 0) refuse(s, call, RPC_PARAMS, "params", not_done, "act is freeze or unfreeze", NULL);
    else account_act(s, call, &d, &ask, account_detail(s, session_of(call), &d));
}
