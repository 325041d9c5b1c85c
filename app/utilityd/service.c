#include "utilityd/service.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/secret.h"
#include "base/text.h"
#include "wire/payment.h"

#define APPROVAL_BLOCK 100000
#define APPROVAL_SIZE INT64_C(1073741824) /* 32^6 */

day_t service_today(const struct service *s) { return clock_today(&s->u->clock); }

void service_refuse(struct exchange *x, const char *code, const char *why)
{
    struct wire_answer a = {0};
    text_copy(a.code, sizeof a.code, code);
    snprintf(a.reason, sizeof a.reason, "%.150s", why);
    if (wire_answer_pack(&x->request, &a, &x->answer, NULL) != 0) message_answer(&x->request, code, &x->answer);
    x->answered = true;
}

int64_t service_station(struct service *s, const char *bank, const char *branch, bool make)
{
    sqlite3_stmt *q = NULL;
    int64_t id = -1;
    for (int attempt = 0; attempt < 2 && id < 0; attempt++) {
        const char *sql = attempt && make ? "INSERT INTO station (bank, branch) VALUES (?,?) RETURNING id"
                                          : "SELECT id FROM station WHERE bank=? AND branch=?";
        if (attempt && !make) break;
        if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) == SQLITE_OK) {
            sqlite3_bind_text(q, 1, bank, -1, SQLITE_STATIC);
            sqlite3_bind_text(q, 2, branch, -1, SQLITE_STATIC);
            if (sqlite3_step(q) == SQLITE_ROW) id = sqlite3_column_int64(q, 0);
            while (id >= 0 && sqlite3_step(q) == SQLITE_ROW) {}
        }
        sqlite3_finalize(q);
        q = NULL;
    }
    return id;
}

/* --- payments ------------------------------------------------------------------ */

/* Six letters and digits that can't be misread, never the same twice. */
static int next_approval(struct service *s, char approval[7])
{
    static const char signs[] = "0123456789ABCDEFGHJKLMNPQRSTVWXY";
    if (s->approval == s->approval_end) {
        int64_t from = utility_db_int(s->db, "INSERT INTO setting (name, value) VALUES ('approval', '100000') ON CONFLICT (name)"
                                             " DO UPDATE SET value = CAST(value AS INTEGER) + 100000 RETURNING CAST(value AS INTEGER)");
        if (from < 0) return -1;
        s->approval_end = from;
        s->approval = from - APPROVAL_BLOCK;
    }
    int64_t n = s->approval++ % APPROVAL_SIZE;
    for (int i = 5; i >= 0; i--, n /= 32)
        approval[i] = signs[n % 32];
    approval[6] = '\0';
    return 0;
}

static void digest(const struct iso *m, const int *fields, size_t count, uint8_t out[JUDGE_DIGEST_SIZE])
{
    struct secret_chain chain;
    unsigned char hash[SECRET_HASH_BYTES];
    secret_chain_init(&chain, NULL);
    for (size_t i = 0; i < count; i++) {
        struct iso_slice s = iso_get(m, fields[i]);
        secret_chain_int(&chain, s.text ? fields[i] : -fields[i]);
        if (s.text) secret_chain_field(&chain, s.text, s.len);
    }
    secret_chain_final(&chain, hash);
    memcpy(out, hash, JUDGE_DIGEST_SIZE);
}

static void digests(const struct iso *m, struct judge_request *r)
{
    static const int shared[] = {3, 4, 11, 12, 13, 32, 37, 41, 42};
    int all[ISO_FIELDS];
    size_t count = 0;
    for (int field = 2; field <= ISO_FIELDS; field++)
        if (field != 7) all[count++] = field;
    digest(m, all, count, r->content);
    digest(m, shared, sizeof shared / sizeof *shared, r->origin);
}

static day_t day_of(const struct civil *c)
{
    day_t day = 0;
    day_from_ymd(c->year, c->month, c->day, &day);
    return day;
}

static int from_payment(struct service *s, const struct iso *m, struct judge_request *r, struct error *err)
{
    struct wire_payment p;
    if (wire_payment_unpack(m, service_today(s), &p, err) != 0) return -1;
    r->key = p.head.key;
    r->amount_fen = p.head.amount_fen;
    r->prepaid_fen = p.prepaid_fen;
    r->part_count = (size_t)p.bill_count;
    text_copy(r->customer, sizeof r->customer, p.customer);
    for (int i = 0; i < p.bill_count; i++) {
        text_copy(r->parts[i].bill, sizeof r->parts[i].bill, p.bills[i].bill);
        r->parts[i].amount_fen = p.bills[i].amount_fen;
        r->parts[i].late_fen = p.bills[i].late_fee_fen;
    }
    r->taken = day_of(&p.head.local);
    r->business = p.head.business_day;
    r->too_late = r->kind == JUDGE_ADVISE && service_today(s) - r->taken > s->u->settings.advice_days;
    return 0;
}

static int from_reversal(struct service *s, const struct iso *m, struct judge_request *r, struct error *err)
{
    struct wire_reversal v;
    if (wire_reversal_unpack(m, service_today(s), &v, err) != 0) return -1;
    r->key = v.head.key;
    r->amount_fen = v.head.amount_fen;
    r->taken = day_of(&v.head.local);
    r->business = v.head.business_day;
    return 0;
}

static int to_judge(struct service *s, const struct iso *m, struct judge_request *r, struct error *err)
{
    memset(r, 0, sizeof *r);
    bool back = m->mti[1] == '4', advice = message_is_advice(m);
    r->kind = back ? (advice ? JUDGE_UNDO : JUDGE_REVERSE) : (advice ? JUDGE_ADVISE : JUDGE_PAY);
    if ((back ? from_reversal : from_payment)(s, m, r, err) != 0) return -1;
    digests(m, r);
    return next_approval(s, r->approval);
}

static void from_judge(const struct judge_answer *j, const struct judge_request *r, struct exchange *x)
{
    static const enum wire_place places[] = {[HOME_BILL] = PLACE_BILL, [HOME_CREDIT] = PLACE_PREPAID, [HOME_SUSPENSE] = PLACE_SUSPENSE};
    struct wire_answer a = {0};
    text_copy(a.code, sizeof a.code, j->code);
    text_copy(a.approval, sizeof a.approval, j->approval);
    if (j->undone) {
        text_copy(a.parts[0].part, sizeof a.parts[0].part, "PP");
        a.parts[a.part_count++].place = PLACE_REVERSED;
    }
    for (size_t i = 0; i < j->place_count && a.part_count < WIRE_PARTS_MAX; i++) {
        struct wire_disposition *d = &a.parts[a.part_count++];
        text_copy(d->part, sizeof d->part, j->places[i].part < 0 ? "PP" : j->places[i].bill);
        d->place = places[j->places[i].home];
        d->amount_fen = j->places[i].amount_fen;
    }
    const struct code_spec *spec = code_spec(j->code);
    if (strcmp(j->code, "00") != 0 && spec) text_copy(a.reason, sizeof a.reason, spec->meaning);
    struct error err;
    x->answered = wire_answer_pack(&x->request, &a, &x->answer, &err) == 0;
    if (!x->answered) log_error("an answer does not fit: %s", err.why);
}

static void audit(struct service *s, const struct exchange *x, const char *what)
{
    char line[400], text[200];
    snprintf(line, sizeof line, "%s: %s", what, message_describe(&x->request, text, sizeof text));
    log_warn("%s: %s", x->peer, line);
    if (utility_audit(s->db, clock_now_ms(&s->u->clock), x->peer, line) != 0) log_error("the audit cannot be written");
}

/* One durable transaction for all of them; when that fails, one by one, so that
 * a single bad one can't hold the others up. */
static void post(struct service *s, struct exchange **xs, size_t count)
{
    static _Thread_local struct judge_request requests[GROUP_MAX];
    static _Thread_local struct judge_answer answers[GROUP_MAX];
    struct exchange *posted[GROUP_MAX];
    size_t used = 0;
    struct error err;
    assert(count <= GROUP_MAX);
    for (size_t i = 0; i < count; i++) {
        if (to_judge(s, &xs[i]->request, &requests[used], &err) == 0) posted[used++] = xs[i];
        else service_refuse(xs[i], "30", err.why);
    }
    if (used == 0) return;
    if (group_post(s->store, &s->rules, requests, used, clock_now_ms(&s->u->clock), answers, &err) != 0) {
        log_error("%s: %s", err.what, err.why);
        if (count == 1) service_refuse(xs[0], "96", "nothing was posted");
        for (size_t i = 0; count > 1 && i < used; i++)
            post(s, &posted[i], 1);
        return;
    }
    for (size_t i = 0; i < used; i++) {
        from_judge(&answers[i], &requests[i], posted[i]);
        if (answers[i].audit) audit(s, posted[i], "a used key came with other content");
    }
}

/* --- by message ---------------------------------------------------------------- */

static bool is_posting(const struct exchange *x)
{
    int proc = message_proc(&x->request);
    return x->refusal == NULL && (x->request.mti[1] == '2' || x->request.mti[1] == '4') && proc == PROC_CASH;
}

static const struct { char group; int proc; void (*handle)(struct service *s, struct exchange *x); } handlers[] = {
    {'1', PROC_BILLS, service_inquiry}, {'1', PROC_BILL, service_inquiry}, {'1', PROC_SEARCH, service_search},
    {'1', PROC_STATE, service_state},   {'2', PROC_INVOICE, service_notice}, {'8', -1, service_net},
    {'5', -1, service_totals},          {'3', -1, service_feed},
};

static void handle(struct service *s, struct exchange *x)
{
    if (x->refusal) {
        audit(s, x, x->why);
        service_refuse(x, x->refusal, x->why);
        return;
    }
    int proc = message_proc(&x->request);
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (handlers[i].group == x->request.mti[1] && (handlers[i].proc < 0 || handlers[i].proc == proc)) {
            handlers[i].handle(s, x);
            return;
        }
    service_refuse(x, "57", "this is not done at the utility");
}

void service_work(struct service *s, struct exchange **xs, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t n = 0;
        while (i + n < count && n < GROUP_MAX && is_posting(xs[i + n]))
            n++;
        if (n) post(s, &xs[i], n);
        else handle(s, xs[i]);
        i += n ? n : 1;
    }
}

struct service *service_open(const struct utility *u, struct error *err)
{
    struct service *s = calloc(1, sizeof *s);
    if (s == NULL) return error_all(err, "cannot serve", NULL, "no memory", NULL), NULL;
    s->u = u;
    s->rules.oldest_first = u->settings.oldest_first;
    s->rules.fee = (struct fee_rules){(int)u->settings.next_year_permille, u->settings.minimum_fen, u->settings.cap_fen};
    s->db = utility_db(u, err);
    s->store = s->db ? store_sqlite_open(u->settings.store, err) : NULL;
    if (s->store) return s;
    service_close(s);
    return NULL;
}

void service_close(struct service *s)
{
    if (s == NULL) return;
    if (s->store) s->store->ops->close(s->store);
    sqlite3_close(s->db);
    free(s);
}
