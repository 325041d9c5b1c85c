/* The supervisor's and the technician's view: the branch now, operators, printers, the link. */
#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/log.h"
#include "base/text.h"
#include "branchd/report.h"
#include "branchd/service.h"
#include "wire/cert.h"

#define TILLS_MAX 100
#define OPERATORS_MAX 200

/* --- the branch now ----------------------------------------------------------------- */

/* What became of the last paper at this terminal, or null: none since branchd was started. */
static json_t *last_paper(struct service *s, const char *terminal)
{
    const struct print_job *job;
    for (int i = 0; (job = print_log_at(&s->print_log, i)) != NULL; i++)
        if (strcmp(job->terminal, terminal) == 0)
            return json_pack("{s:o, s:s, s:s}", "at", json_time(s, job->at_ms), "outcome", job->outcome, "words", job->words);
    return json_null();
}

static json_t *tills_json(struct service *s, day_t day)
{
    struct ledger_till rows[TILLS_MAX];
    int count = 0;
    json_t *list = json_array();
    if (till_list(s->ledger, day, rows, TILLS_MAX, &count, NULL) != LEDGER_OK) return list;
    for (int i = 0; i < count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:b, s:o, s:o}", "number", rows[i].number, "terminal", rows[i].terminal,
                                              "operator", rows[i].operator_number, "operator_name", rows[i].operator_name, "state",
                                              rows[i].state, "cash_fen", (json_int_t)rows[i].cash_fen, "over_limit",
                                              (int)(rows[i].cash_fen > s->branch->rules.till_limit_fen), "since",
                                              json_time(s, rows[i].opened_ms), "paper", last_paper(s, rows[i].terminal)));
    return list;
}

static void add_hour(void *ctx, int hour, const char *operator_number, int64_t payments, int64_t sum_fen)
{
    json_array_append_new(ctx, json_pack("{s:i, s:s, s:I, s:I}", "hour", hour, "operator", operator_number, "payments", (json_int_t)payments,
                                         "sum_fen", (json_int_t)sum_fen));
}

static void add_terminal(void *ctx, struct session *session)
{
    if (!session->greeted) return;
    json_array_append_new(ctx, json_pack("{s:s, s:o, s:b}", "terminal", session->terminal, "operator",
                                         json_text(session->operator.number), "locked", (int)session->locked));
}

void rpc_branch_now(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct ledger_day day;
    struct ledger_totals t = {0};
    struct error err = {0};
    int64_t vault_fen = 0;
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    enum ledger_result result = day_now(s->ledger, &day, &err);
    if (result == LEDGER_OK) result = account_balance(s->ledger, "vault", &vault_fen, &err);
    if (result == LEDGER_OK) result = day_totals(s->ledger, day.date, NULL, &t, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *hours = json_array(), *terminals = json_array(), *state = state_json(s, NULL);
    day_by_hour(s->ledger, day.date, add_hour, hours, NULL);
    session_each(s, add_terminal, terminals);
    answer(s, call, json_pack("{s:o, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:O, s:O, s:O, s:O, s:O, s:o}", "business_date", json_day(day.date),
                              "day_state", day.state, "agreement", day.agreement, "tills", tills_json(s, day.date), "vault_fen",
                              (json_int_t)vault_fen, "printers", printers_list(s->printers), "terminals", terminals, "totals",
                              totals_json(&t), "queue", json_object_get(state, "queue"), "parked", json_object_get(state, "parked"),
                              "attention", json_object_get(state, "attention"), "link", json_object_get(state, "link"), "copy",
                              json_object_get(state, "copy"), "hours", hours));
    json_decref(state);
}

/* --- operators ----------------------------------------------------------------------------- */

static void answer_operators(struct service *s, struct rpc_call *call, enum ledger_result result, struct error *err)
{
    static struct ledger_operator rows[OPERATORS_MAX];
    int count = 0;
    size_t bytes = 0;
    if (result == LEDGER_OK) result = operator_list(s->ledger, rows, OPERATORS_MAX, &count, err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++) {
        bool locked = rows[i].locked_ms > service_now(s);
        json_t *row = json_pack("{s:s, s:s, s:s, s:b, s:b, s:b, s:o, s:b, s:b}", "number", rows[i].number, "name", rows[i].name, "role", rows[i].role,
                                "active", (int)rows[i].active, "must_change", (int)rows[i].must_change, "locked", (int)locked,
                                "locked_until", locked ? json_time(s, rows[i].locked_ms) : json_null(), "signed_on",
                                (int)(session_operator(s, rows[i].number) != NULL), "code", (int)rows[i].code);
        if (!json_add_bounded(list, row, &bytes)) break;
    }
    answer(s, call, list);
}

void rpc_operators(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct error err = {0};
    if (rpc_params(server_rpc(s->server), call, "{}")) answer_operators(s, call, LEDGER_OK, &err);
}

static const char *member(const struct rpc_call *call, const char *name) { return json_string_value(json_object_get(call->params, name)); }

/* Whose rights were changed works on with none: his connection ends, and he signs on again if he may. */
static void send_away(struct service *s, const char *number)
{
    struct session *session = session_operator(s, number);
    if (session == NULL) return;
    log_info("terminal %s: %s is signed off, his rights were changed", session->terminal, number);
    server_drop(session->peer);
}

/* The hash of a first password is made: the act itself. */
static void first_hashed(struct service *s, struct rpc_call *call, const char *stored)
{
    struct session *session = session_of(call);
    struct ledger_operator who = {.must_change = true, .active = true};
    struct ledger_two two;
    struct error err = {0};
    enum ledger_result result;
    if (session == NULL || stored == NULL) {
        refuse(s, call, RPC_INTERNAL, "internal", "nothing was changed", "no memory", NULL);
        return;
    }
    two_of(session, call, &two);
    secret_wipe((char *)member(call, "password"), strlen(member(call, "password")));
    if (strcmp(call->method->name, "operator_password") == 0) {
        result = operator_reset(s->ledger, member(call, "number"), stored, &two, &err);
        if (result == LEDGER_OK) send_away(s, member(call, "number"));
    } else {
        text_copy(who.number, sizeof who.number, member(call, "number"));
        text_copy(who.name, sizeof who.name, member(call, "name"));
        text_copy(who.role, sizeof who.role, member(call, "role"));
        result = operator_add(s->ledger, &who, stored, &two, &err);
    }
    answer_operators(s, call, result, &err);
}

static void begin_first(struct service *s, struct rpc_call *call, const char *number, const char *role, const char *password)
{
    struct error err = {0};
    char none[SECRET_PASSWORD_SIZE];
    if (role && strcmp(role, "outside") == 0) { /* he signs on nowhere here */
        secret_password_none(s->branch->world.cost, &s->branch->world.entropy, none);
        first_hashed(s, call, none);
        return;
    }
    enum ledger_result result = secret_password_rule(number, password, &err) == 0 ? LEDGER_OK : LEDGER_WEAK;
    if (result == LEDGER_OK) password_hash(s, call, password, first_hashed);
    else refuse_result(s, call, result, &err);
}

void rpc_operator_add(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *number, *name, *role, *password, *approval = NULL;
    if (rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s:s, s?s}", "number", &number, "name", &name, "role", &role, "password", &password,
                   "approval", &approval))
        begin_first(s, call, number, role, password);
}

/* The secret is said once, in this answer. */
void rpc_operator_code(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *number, *approval = NULL;
    char secret[OPERATOR_CODE_SIZE], uri[128];
    struct ledger_two two;
    struct error err = {0};
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "number", &number, "approval", &approval)) return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = operator_code(s->ledger, number, &two, secret, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    snprintf(uri, sizeof uri, "otpauth://totp/%s?secret=%s", number, secret);
    answer(s, call, json_pack("{s:s, s:s, s:s}", "number", number, "secret", secret, "uri", uri));
    secret_wipe(secret, sizeof secret);
    secret_wipe(uri, sizeof uri);
}

void rpc_operator_password(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *number, *password, *approval = NULL;
    if (rpc_params(server_rpc(s->server), call, "{s:s, s:s, s?s}", "number", &number, "password", &password, "approval", &approval))
        begin_first(s, call, number, NULL, password);
}

static void change_operator(struct service *s, struct rpc_call *call, const char *number, const char *name, const char *role, int active, bool unlock)
{
    struct ledger_operator who;
    struct ledger_two two;
    struct error err = {0};
    enum ledger_result result = operator_get(s->ledger, number, &who, &err);
    if (result == LEDGER_OK) {
        if (name) text_copy(who.name, sizeof who.name, name);
        if (role) text_copy(who.role, sizeof who.role, role);
        if (active >= 0) who.active = active != 0;
        if (unlock) who.locked_ms = 0;
        two_of(session_of(call), call, &two);
        result = operator_set(s->ledger, &who, &two, &err);
        if (result == LEDGER_OK && (role || active >= 0)) send_away(s, number);
    }
    answer_operators(s, call, result, &err);
}

void rpc_operator_set(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *number, *name = NULL, *role = NULL, *approval = NULL;
    int active = -1;
    if (rpc_params(server_rpc(s->server), call, "{s:s, s?s, s?s, s?b, s?s}", "number", &number, "name", &name, "role", &role, "active", &active,
                   "approval", &approval))
        change_operator(s, call, number, name, role, active, false);
}

void rpc_operator_unlock(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const char *number, *approval = NULL;
    if (rpc_params(server_rpc(s->server), call, "{s:s, s?s}", "number", &number, "approval", &approval))
        change_operator(s, call, number, NULL, NULL, -1, true);
}

/* --- the link --------------------------------------------------------------------- */

static json_t *certificate_json(struct service *s, const char *path)
{
    int64_t until_ms = 0;
    struct error err = {0};
    char pin[CERT_PIN_SIZE] = "";
    bool good = wire_cert_until(path, &until_ms, &err) == 0 && wire_cert_pin(path, pin, &err) == 0;
    return json_pack("{s:s, s:o, s:o, s:I, s:o}", "file", path, "pin", json_text(pin), "until", json_time(s, until_ms), "days_left",
                     (json_int_t)(good ? (until_ms - service_now(s)) / 86400000 : 0), "why", json_text(good ? "" : err.why));
}

void rpc_link_status(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    const struct branch_settings *set = &s->branch->settings;
    struct ledger_identity id = {0};
    struct link_status l;
    int64_t parked = 0, queue = outbox_open(s->ledger, &parked);
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    link_status(s->link, &l);
    ledger_identity(s->ledger, &id, NULL);
    json_t *peer = json_pack("{s:s, s:s, s:b, s:b, s:o, s:o, s:I, s:I, s:o}", "name", l.peer[0] ? l.peer : set->peer, "address", set->address,
                             "connected", (int)l.connected, "up", (int)l.up, "since", json_time(s, l.since_ms), "rtt_ms",
                             l.rtt_ms < 0 ? json_null() : json_integer(l.rtt_ms), "answered", (json_int_t)l.answered, "unanswered",
                             (json_int_t)l.unanswered, "why", json_text(l.why));
    answer(s, call, json_pack("{s:[o], s:[o, o], s:i, s:b, s:o, s:I, s:I, s:{s:b, s:I, s:I, s:o}}", "peers", peer, "certificates",
                              certificate_json(s, set->cert), certificate_json(s, set->ca), "epoch", id.epoch, "epoch_held",
                              (int)id.epoch_held, "alarm", json_text(id.alarm), "queue", (json_int_t)(queue < 0 ? 0 : queue), "parked",
                              (json_int_t)parked, "feed", "going", (int)s->feed_going, "change", (json_int_t)s->copy_info.change, "left",
                              (json_int_t)s->feed_left, "made_at", json_time(s, s->copy_info.made_at_ms)));
}

/* For the daemon's own user and root alone, whoever is signed on: the whole ledger leaves in it. */
void rpc_backup(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct error err = {0};
    const char *path;
    uid_t uid = server_uid(call->peer);
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "path", &path)) return;
    if (uid != geteuid() && uid != 0) {
        refuse(s, call, RPC_WHO, "role", "not allowed", "a backup is made by the daemon's own user", NULL);
        return;
    }
    if (ledger_backup(s->ledger, path, &err) == 0) answer(s, call, json_pack("{s:s}", "path", path));
    else refuse(s, call, RPC_INTERNAL, "internal", err.what, err.why, err.remedy);
}
