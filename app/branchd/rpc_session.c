/* Who sits there: greeting, sign-on with the till's opening, lock, passwords. */
#include <string.h>

#include "base/secret.h"
#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"

#define PROTOCOL 1

/* --- hello ------------------------------------------------------------------------- */

static json_t *till_json(struct service *s, const struct session *session)
{
    struct ledger_till t;
    bool known = till_at(s->ledger, session->terminal, &t, NULL) == LEDGER_OK ||
                 till_last(s->ledger, session->till, &t, NULL) == LEDGER_OK;
    if (!known) return json_pack("{s:s, s:s, s:n, s:n}", "number", session->till, "state", "none", "operator", "since");
    return json_pack("{s:s, s:s, s:o, s:o}", "number", t.number, "state", t.state, "operator", json_text(t.operator_number),
                     "since", json_time(s, t.opened_ms));
}

static json_t *startup_json(struct service *s)
{
    struct ledger_waiting row;
    int64_t counts[WAIT_KINDS] = {0}, parked = 0, queued = outbox_open(s->ledger, &parked);
    int count;
    waiting_list(s->ledger, NULL, &row, 1, &count, counts, NULL);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:b}", "doubt", (json_int_t)counts[WAIT_DOUBT] + counts[WAIT_HANDED_OVER],
                     "unanswered", (json_int_t)counts[WAIT_NO_ANSWER], "unacknowledged",
                     (json_int_t)counts[WAIT_UNACKNOWLEDGED], "queued", (json_int_t)(queued < 0 ? 0 : queued), "parked",
                     (json_int_t)parked, "clock_wrong", (int)s->startup.clock_wrong);
}

static json_t *hello_json(struct service *s, struct session *session)
{
    const struct branch_settings *set = &s->branch->settings;
    bool english = strcmp(session->language, "en") == 0;
    json_t *state = state_json(s, session), *printer = json_deep_copy(printers_for(s->printers, session->terminal, "invoice"));
    json_t *hello = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:O, s:o, s:O, s:O, s:o, s:O, s:o, s:o, s:{s:b, s:b, s:I, s:b}, s:o}", "bank",
                              set->bank, "bank_name", english ? set->bank_name_en : set->bank_name, "branch", set->branch,
                              "branch_name", english ? set->branch_name_en : set->branch_name, "utility_name",
                              english ? set->utility_name_en : set->utility_name, "business_date",
                              json_object_get(state, "business_date"), "now", json_object_get(state, "now"), "till",
                              till_json(s, session), "next_number", json_object_get(state, "next_number"), "series",
                              json_object_get(state, "series"), "startup", startup_json(s), "copy",
                              json_object_get(state, "copy"), "printer", printer ? printer : json_null(), "printers", printers_here(s, session->terminal), "rules",
                              "oldest_first", (int)s->copy_info.rules.oldest_first, "part_payment",
                              (int)s->copy_info.rules.part_payment, "tender_warn_fen", (json_int_t)set->tender_warn_fen,
                              "approval_code", (int)set->approval_code,
                              "state", state);
    return hello;
}

void rpc_hello(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *terminal, *language;
    int protocol;
    char till[LEDGER_TILL_SIZE];
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:i}", "terminal", &terminal, "language", &language, "protocol", &protocol))
        return;
    if (protocol != PROTOCOL || (strcmp(language, "zh_CN") != 0 && strcmp(language, "en") != 0)) {
        refuse(s, call, RPC_PARAMS, "params", "not understood", "protocol 1, language zh_CN or en", "bring counter and branchd to one version");
        return;
    }
    if (!branch_till(s->branch, terminal, till)) {
        refuse(s, call, RPC_PARAMS, "params", "no such terminal", terminal, "terminals and their tills stand in branchd's settings");
        return;
    }
    struct session *other = session_at(s, terminal);
    if ((other && other != session) || (session->signed_on && strcmp(session->terminal, terminal) != 0)) {
        refuse(s, call, RPC_WHO, "session-elsewhere", "this terminal is in use", "another counter has said hello as it", NULL);
        return;
    }
    text_copy(session->terminal, sizeof session->terminal, terminal);
    text_copy(session->till, sizeof session->till, till);
    text_copy(session->language, sizeof session->language, language);
    session->greeted = true;
    answer(s, call, hello_json(s, session));
}

void rpc_state(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    if (rpc_params(server_rpc(s->server), call, "{}")) answer(s, call, state_json(s, session_of(call)));
}

/* --- sign-on ------------------------------------------------------------------------ */

struct acts { struct service *s; json_t *list; };

static void add_act(void *ctx, int64_t at_ms, const char *act, const char *subject, const char *maker)
{
    struct acts *acts = ctx;
    if (json_array_size(acts->list) < 100)
        json_array_append_new(acts->list, json_pack("{s:o, s:s, s:s, s:s}", "at", json_time(acts->s, at_ms), "act", act, "subject", subject, "maker", maker));
}

/* A teller sits down at his till: it is open, or opened with the float he counted. */
static enum ledger_result sit_down(struct service *s, struct session *session, const json_t *params, const char *number,
                                   struct error *err)
{
    struct ledger_till t;
    const char *next = json_string_value(json_object_get(params, "next_number"));
    const json_t *float_fen = json_object_get(params, "float_fen");
    enum ledger_result result = next ? book_check(s->ledger, session->till, next, err) : LEDGER_OK;
    if (result != LEDGER_OK) return result;
    result = till_at(s->ledger, session->terminal, &t, err);
    if (result == LEDGER_OK && strcmp(t.operator_number, number) != 0) {
        error_all(err, "the till is somebody else's", t.number, "it was opened by another teller and is not closed",
                  "he closes it or hands it over, or two people close it for him");
        return LEDGER_TILL;
    }
    if (result != LEDGER_TILL) return result;
    if (float_fen == NULL) {
        error_all(err, "the till is not open", session->till, "its float has not been counted", "count the float and sign on with it");
        return LEDGER_TILL;
    }
    return till_open(s->ledger, session->till, session->terminal, number, json_integer_value(float_fen), &t, err);
}

static void signed_on(struct service *s, struct rpc_call *call, struct session *session, const struct ledger_operator *who)
{
    json_t *acts = json_array();
    session->operator = *who;
    session->signed_on = true;
    session->must_change = who->must_change;
    session->since_ms = service_now(s);
    approval_show(s->ledger, who->number, session->terminal, add_act, &(struct acts){s, acts}, NULL);
    audit_note(s->ledger, "sign-on", who->number, session->terminal, session->terminal, who->role, NULL);
    log_info("terminal %s: %s signs on as %s", session->terminal, who->number, who->role);
    json_t *state = state_json(s, session);
    answer(s, call, json_pack("{s:{s:s, s:s, s:s}, s:o, s:O, s:b, s:o, s:o}", "operator", "number", who->number, "name", who->name,
                              "role", who->role, "till", till_json(s, session), "next_number",
                              json_object_get(state, "next_number"), "must_change", (int)who->must_change, "acts_to_show", acts,
                              "state", state));
    service_changed(s);
}

static void sign_on_checked(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_operator *who,
                            const struct error *err)
{
    struct session *session = session_of(call);
    struct error why = {0};
    if (session) session->checking = false;
    if (session == NULL || result != LEDGER_OK) {
        refuse_result(s, call, result == LEDGER_OK ? LEDGER_STATE : result, err);
        return;
    }
    if (session_operator(s, who->number)) {
        refuse(s, call, RPC_WHO, "session-elsewhere", "this operator is signed on elsewhere", NULL, "sign off there first");
        return;
    }
    bool no_till = json_is_true(json_object_get(call->params, "no_till")); /* to take one over, or to look */
    if (strcmp(who->role, "teller") == 0 && !no_till) result = sit_down(s, session, call->params, who->number, &why);
    if (result != LEDGER_OK) refuse_result(s, call, result, &why);
    else signed_on(s, call, session, who);
}

static void wipe(const char *secret) { secret_wipe((char *)secret, strlen(secret)); }

#define CHECKS_OF_ONE 16 /* of one user's connections at once: guessing must not keep others waiting for theirs */

struct checks { uid_t uid; int count; };

static void count_check(void *ctx, struct session *session)
{
    struct checks *c = ctx;
    c->count += session->checking && server_uid(session->peer) == c->uid;
}

/* True when this connection may have a password checked now. */
static bool may_check(struct service *s, struct rpc_call *call, struct session *session)
{
    struct checks c = {.uid = server_uid(session->peer)};
    session_each(s, count_check, &c);
    if (session->greeted && !session->checking && c.count < CHECKS_OF_ONE) return session->checking = true;
    refuse(s, call, RPC_REQUEST, "request", "not now", session->greeted ? "a password is being checked" : "hello comes first", NULL);
    return false;
}

void rpc_sign_on(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *number, *password, *next = NULL;
    json_int_t float_fen = 0;
    int no_till = 0;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s?I, s?s, s?b}", "operator", &number, "password", &password, "float_fen",
                    &float_fen, "next_number", &next, "no_till", &no_till))
        return;
    if (!may_check(s, call, session)) return;
    password_check(s, call, number, password, sign_on_checked);
    wipe(password);
}

void rpc_sign_off(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    audit_note(s->ledger, "sign-off", session->operator.number, session->terminal, session->terminal, "", NULL);
    session->signed_on = session->locked = session->must_change = false;
    memset(&session->operator, 0, sizeof session->operator);
    answer(s, call, NULL);
    service_changed(s);
}

/* --- lock and passwords ------------------------------------------------------------------ */

void rpc_lock(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    audit_note(s->ledger, "lock", session->operator.number, session->terminal, session->terminal, "", NULL);
    session->locked = true;
    answer(s, call, NULL);
}

static void unlock_checked(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_operator *who,
                           const struct error *err)
{
    struct session *session = session_of(call);
    if (session) session->checking = false;
    if (session == NULL || result != LEDGER_OK) {
        refuse_result(s, call, result == LEDGER_OK ? LEDGER_STATE : result, err);
        return;
    }
    session->locked = false;
    answer(s, call, NULL);
}

void rpc_unlock(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *password;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "password", &password)) return;
    if (!may_check(s, call, session)) return;
    password_check(s, call, session->operator.number, password, unlock_checked);
    wipe(password);
}

static void new_hashed(struct service *s, struct rpc_call *call, const char *stored)
{
    struct session *session = session_of(call);
    struct error err = {0};
    if (session == NULL || stored == NULL) {
        refuse(s, call, RPC_INTERNAL, "internal", "the password was not changed", "no memory", NULL);
        return;
    }
    enum ledger_result result = operator_set_password(s->ledger, session->operator.number, stored, false, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    session->must_change = session->operator.must_change = false;
    answer(s, call, NULL);
}

static void old_checked(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_operator *who,
                        const struct error *err)
{
    struct session *session = session_of(call);
    const char *fresh = json_string_value(json_object_get(call->params, "new"));
    struct error why = *err;
    if (session) session->checking = false;
    if (result == LEDGER_OK) result = secret_password_rule(who->number, fresh, &why) == 0 ? LEDGER_OK : LEDGER_WEAK;
    if (session == NULL || result != LEDGER_OK) {
        refuse_result(s, call, result == LEDGER_OK ? LEDGER_STATE : result, &why);
        return;
    }
    password_hash(s, call, fresh, new_hashed);
    wipe(fresh);
}

void rpc_change_password(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *old, *fresh;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s}", "old", &old, "new", &fresh)) return;
    if (!may_check(s, call, session)) return;
    password_check(s, call, session->operator.number, old, old_checked);
    wipe(old);
}

/* --- a second person's word ------------------------------------------------------------------- */

static void approver_checked(struct service *s, struct rpc_call *call, enum ledger_result result, const struct ledger_operator *who,
                             const struct error *err)
{
    struct session *session = session_of(call);
    unsigned char hash[SECRET_HASH_BYTES];
    char token[LEDGER_TOKEN_SIZE];
    struct error why = *err;
    if (session) session->checking = false;
    if (result == LEDGER_PASSWORD) result = LEDGER_APPROVAL_PASSWORD;
    if (session && result == LEDGER_OK) {
        two_hash(json_object_get(call->params, "params"), hash);
        result = approval_make(s->ledger, who->number, session->operator.number, session->terminal,
                               json_string_value(json_object_get(call->params, "act")), hash, token, &why);
    }
    if (session == NULL || result != LEDGER_OK) {
        refuse_result(s, call, result == LEDGER_OK ? LEDGER_STATE : result, &why);
        return;
    }
    snprintf(session->approved, sizeof session->approved, "%s", json_string_value(json_object_get(call->params, "act")));
    snprintf(session->approver, sizeof session->approver, "%s %s", who->number, who->name);
    answer(s, call, json_pack("{s:s, s:I}", "approval", token, "expires_s", (json_int_t)(s->branch->rules.approval_ms / 1000)));
}

void rpc_approve(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *number, *password, *act, *code = "";
    json_t *params;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:o, s?s}", "operator", &number, "password", &password, "act", &act,
                    "params", &params, "code", &code))
        return;
    if (!may_check(s, call, session)) return;
    password_vouch(s, call, number, password, code, approver_checked);
    wipe(password);
    wipe(code);
}
