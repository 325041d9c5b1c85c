/* Papers without a number that go with an act: the slip a customer signs for money handed
 * back, the receipt for a counterfeit note. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "branchd/service.h"
#include "wire/account.h"

#define VOID_MAX 200

json_t *paper_head(struct service *s)
{
    const struct branch_settings *set = &s->branch->settings;
    struct ledger_day day;
    bool english = strcmp(set->language, "en") == 0;
    bool open = day_now(s->ledger, &day, NULL) == LEDGER_OK;
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:s}", "utility_name", english ? set->utility_name_en : set->utility_name, "bank_name",
                     english ? set->bank_name_en : set->bank_name, "branch", set->branch, "branch_name",
                     english ? set->branch_name_en : set->branch_name, "business_date", json_day(open ? day.date : service_today(s)), "reprint", 0,
                     "language", set->language);
}

/* --- handed back ------------------------------------------------------------------------ */

static const char *reason_of(const struct ledger_payment *p)
{
    static const struct { const char *state, *reason; } reasons[] = {
        {"declined", "decline"}, {"undoing", "abandon"}, {"undone", "abandon"}, {"short", "abandon"}, {"reversed", "reversal"}, {"settled", "settled"},
    };
    if (p->proc == PROC_REFUND) return "refund";
    if (wire_account_is_banks(p->proc) && strcmp(p->state, "declined") == 0) return "bank-decline";
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].state, p->state) == 0) return p->offline && i > 0 && i < 4 ? "undo" : reasons[i].reason;
    return p->state;
}

static json_t *handback_data(struct service *s, const struct session *session, const struct ledger_payment *p)
{
    char key[KEY_TEXT_SIZE], brief[KEY_TEXT_SIZE];
    json_t *data = paper_head(s);
    json_t *own = json_pack("{s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "customer", p->customer, "name", p->name[0] ? p->name : "-", "amount_fen",
                            (json_int_t)p->owed_fen, "reason", reason_of(p), "teller", session->operator.number,
                            "teller_name", session->operator.name, "terminal", session->terminal, "recorded_at", json_time(s, service_now(s)), "key",
                            key_format(&p->key, key, sizeof key), "key_short", key_short(&p->key, brief, sizeof brief));
    json_object_update(data, own);
    json_decref(own);
    return data;
}

/* Before it is booked: the customer signs for what he is about to get. */
void rpc_slip(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct key key;
    struct ledger_payment p;
    struct error err = {0};
    char name[96];
    const char *text;
    if (!rpc_params(server_rpc(s->server), call, "{s:s}", "key", &text) || !take_key(s, call, text, &key)) return;
    enum ledger_result result = payment_get(s->ledger, &key, &p, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    if (p.owed_fen == 0) {
        refuse(s, call, RPC_STATE, "state", "there is no slip", "nothing of it is to be given back", NULL);
        return;
    }
    snprintf(name, sizeof name, "%s handback %s", s->branch->settings.branch, p.key.ref);
    json_t *job = json_pack("{s:s, s:s, s:o}", "kind", "handback", "job", name, "data", handback_data(s, session_of(call), &p));
    put_form(s, session_of(call), "handback", job);
    answer(s, call, job);
}

/* --- counterfeit -------------------------------------------------------------------------- */

json_t *counterfeit_job(struct service *s, const struct session *session, const struct ledger_counterfeit *n, const char *checker)
{
    struct ledger_operator second = {0};
    char name[96], number[64], face[24], signer[sizeof second.number + sizeof second.name];
    operator_get(s->ledger, checker, &second, NULL);
    snprintf(signer, sizeof signer, "%s %s", checker, second.name);
    snprintf(number, sizeof number, "JB-%s-%06" PRId64, s->branch->settings.branch, n->id);
    snprintf(name, sizeof name, "%s counterfeit %" PRId64, s->branch->settings.branch, n->id);
    snprintf(face, sizeof face, n->fen % 100 ? "%" PRId64 ".%02" PRId64 : "%" PRId64, n->fen / 100, n->fen % 100);
    json_t *data = paper_head(s);
    json_t *own = json_pack("{s:s, s:s, s:o, s:[{s:s, s:s, s:s, s:s, s:i}], s:i, s:I, s:s, s:s, s:s, s:s, s:s}", "receipt_number", number, "holder",
                            n->customer[0] ? n->customer : "-", "recorded_at", json_time(s, service_now(s)), "notes", "currency", "CNY", "face", face,
                            "version", n->series, "serial", n->serial, "count", 1, "total_count", 1, "total_fen", (json_int_t)n->fen, "serial",
                            n->serial, "teller", session->operator.number, "teller_name", session->operator.name, "terminal", session->terminal,
                            "approver_name", signer);
    json_object_update(data, own);
    json_decref(own);
    json_t *job = json_pack("{s:I, s:s, s:s, s:o}", "id", (json_int_t)n->id, "kind", "counterfeit", "job", name, "data", data);
    put_form(s, session, "counterfeit", job);
    return job;
}

/* --- void paper ----------------------------------------------------------------------------- */

void rpc_void_papers(void *ctx, struct rpc_call *call)
{
    static struct ledger_void rows[VOID_MAX];
    struct service *s = ctx;
    struct error err = {0};
    int count = 0;
    size_t bytes = 0;
    if (!rpc_params(server_rpc(s->server), call, "{}")) return;
    enum ledger_result result = day_void(s->ledger, rows, VOID_MAX, &count, &err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, &err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (!json_add_bounded(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "series", rows[i].series, "number", rows[i].number, "till", rows[i].till,
                                              "ref", rows[i].ref, "at", json_time(s, rows[i].at_ms)), &bytes))
            break;
    answer(s, call, list);
}
