/* Payments and what takes them back: from the wire to the judge, and its answer
 * onto the wire. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/money.h"
#include "base/secret.h"
#include "base/text.h"
#include "utilityd/service.h"
#include "wire/payment.h"

#define APPROVAL_BLOCK 100000 /* reserved at once, also in the SQL below */
#define APPROVAL_COUNT INT64_C(1073741824) /* 32^6 */

/* Cash and special accounts are posted alike: the bank has judged the account. */
bool service_posts(const struct exchange *x)
{
    int proc = message_proc(&x->request);
    return x->refusal == NULL && (x->request.mti[1] == '2' || x->request.mti[1] == '4') &&
           (proc == PROC_CASH || proc == PROC_ACCOUNT || proc == PROC_REFUND || proc == PROC_TRANSFER);
}

/* Six letters and digits that can't be misread, never the same twice: a block of
 * them is reserved, durably, before the first is given. */
static int next_approval(struct service *s, char approval[7])
{
    static const char signs[] = "0123456789ABCDEFGHJKLMNPQRSTVWXY";
    if (s->approval == s->approval_end) {
        int64_t upto = db_number(s->db, "INSERT INTO setting (name, value) VALUES ('approval', '100000') ON CONFLICT (name) DO UPDATE"
                                        " SET value = CAST(CAST(setting.value AS BIGINT) + 100000 AS TEXT)"
                                        " RETURNING CAST(value AS BIGINT)", DB_NO_ARGS, -1);
        if (upto < 0) return -1;
        s->approval_end = upto;
        s->approval = upto - APPROVAL_BLOCK;
    }
    int64_t n = ++s->approval % APPROVAL_COUNT;
    for (int i = 5; i >= 0; i--, n /= 32)
        approval[i] = signs[n % 32];
    approval[6] = '\0';
    return 0;
}

/* --- from the wire ------------------------------------------------------------- */

static void digest(const struct iso *m, const int *fields, size_t count, uint8_t out[JUDGE_DIGEST_SIZE])
{
    struct secret_chain chain;
    unsigned char hash[SECRET_HASH_BYTES];
    secret_chain_init(&chain, NULL);
    for (size_t i = 0; i < count; i++) {
        struct iso_slice s = iso_get(m, fields[i]);
        if (s.text == NULL) continue;
        secret_chain_int(&chain, fields[i]);
        secret_chain_field(&chain, s.text, s.len);
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
        if (field != 7 && iso_has(m, field)) all[count++] = field;
    digest(m, all, count, r->content);
    digest(m, shared, sizeof shared / sizeof *shared, r->origin);
}

static int take_head(const struct wire_head *h, struct judge_request *r, struct error *err)
{
    r->key = h->key;
    r->proc = h->proc;
    r->amount_fen = h->amount_fen;
    r->business = h->business_day;
    snprintf(r->trace, sizeof r->trace, "%s|%s|%04u-%02u-%02uT%02u:%02u:%02u", h->stan, h->terminal, (unsigned)h->local.year % 10000,
             (unsigned)h->local.month % 100, (unsigned)h->local.day % 100, (unsigned)h->local.hour % 100, (unsigned)h->local.minute % 100,
             (unsigned)h->local.second % 100);
    if (text_digits(h->key.ref) && strlen(h->key.ref) == KEY_REF_SIZE - 1 &&
        day_from_ymd(h->local.year, h->local.month, h->local.day, &r->taken))
        return 0;
    return error_all(err, "message is not valid", "fields 13, 37", "no such date, or the reference is not 12 digits", NULL);
}

/* Tags PK and MV of a refund or a transfer. The key is another of the same branch. */
static int take_source(const char *ref, const char *from, struct judge_request *r, struct error *err)
{
    static const struct { const char *word; enum judge_home home; } homes[] = {{"BL", HOME_BILL}, {"PP", HOME_CREDIT}, {"SU", HOME_SUSPENSE}};
    size_t at = 0;
    while (at < 3 && strcmp(homes[at].word, from) != 0)
        at++;
    if (at == 3) return error_all(err, "message is not valid", "tag MV", "it says where the money lies: BL, PP or SU", NULL);
    r->from = homes[at].home;
    if (ref[0] == '\0' && r->proc == PROC_REFUND && r->from == HOME_CREDIT) return 0;
    if (strlen(ref) != KEY_REF_SIZE - 1 || !text_digits(ref) || strcmp(ref, r->key.ref) == 0)
        return error_all(err, "message is not valid", "tag PK", "it names the payment whose money moves", NULL);
    r->original = r->key;
    text_copy(r->original.ref, sizeof r->original.ref, ref);
    return 0;
}

static int from_payment(const struct utility *u, const struct iso *m, struct judge_request *r, struct error *err)
{
    struct wire_payment p;
    if (wire_payment_unpack(m, clock_today(&u->clock), &p, err) != 0 || take_head(&p.head, r, err) != 0) return -1;
    r->prepaid_fen = p.prepaid_fen;
    r->part_count = (size_t)p.bill_count;
    text_copy(r->customer, sizeof r->customer, p.customer);
    for (int i = 0; i < p.bill_count; i++) {
        text_copy(r->parts[i].bill, sizeof r->parts[i].bill, p.bills[i].bill);
        r->parts[i].amount_fen = p.bills[i].amount_fen;
        r->parts[i].late_fen = p.bills[i].late_fee_fen;
    }
    if ((r->proc == PROC_REFUND || r->proc == PROC_TRANSFER) && take_source(p.moved, p.from, r, err) != 0) return -1;
    r->too_late = r->kind == JUDGE_ADVISE && clock_today(&u->clock) - r->taken > u->settings.advice_days;
    return 0;
}

static int from_reversal(const struct utility *u, const struct iso *m, struct judge_request *r, struct error *err)
{
    struct wire_reversal v;
    if (wire_reversal_unpack(m, clock_today(&u->clock), &v, err) != 0) return -1;
    text_copy(r->maker, sizeof r->maker, v.maker);
    text_copy(r->checker, sizeof r->checker, v.checker);
    if (take_head(&v.head, r, err) != 0) return -1;
    bool moves = (r->proc == PROC_REFUND || r->proc == PROC_TRANSFER) && strlen(v.moved) == KEY_REF_SIZE - 1 && text_digits(v.moved);
    if (!moves || strcmp(v.moved, r->key.ref) == 0) return 0;
    r->original = r->key;
    text_copy(r->original.ref, sizeof r->original.ref, v.moved);
    return 0;
}

static int to_judge(const struct utility *u, const struct iso *m, struct judge_request *r, struct error *err)
{
    memset(r, 0, sizeof *r);
    bool back = m->mti[1] == '4', advice = message_is_advice(m);
    r->kind = back ? (advice ? JUDGE_UNDO : JUDGE_REVERSE) : (advice ? JUDGE_ADVISE : JUDGE_PAY);
    r->again = message_is_repeat(m);
    if ((back ? from_reversal : from_payment)(u, m, r, err) != 0) return -1;
    digests(m, r);
    return 0;
}

void service_read(const struct utility *u, struct exchange *x)
{
    struct error err;
    if (x->state != EXCHANGE_FRESH || !service_posts(x)) return;
    x->state = EXCHANGE_READ;
    if (to_judge(u, &x->request, &x->asked, &err) == 0) return;
    x->state = EXCHANGE_UNREADABLE;
    text_clip(x->why, sizeof x->why, err.why, (int)sizeof x->why - 1, '\0');
}

/* --- onto the wire ------------------------------------------------------------- */

static void put_places(const struct judge_answer *j, const struct judge_request *r, struct wire_answer *a)
{
    static const enum wire_place places[] = {[HOME_BILL] = PLACE_BILL, [HOME_CREDIT] = PLACE_PREPAID, [HOME_SUSPENSE] = PLACE_SUSPENSE};
    a->part_count = 0;
    for (size_t i = 0; i < j->place_count && a->part_count < WIRE_PARTS_MAX; i++) {
        struct wire_disposition *d = &a->parts[a->part_count++];
        text_copy(d->part, sizeof d->part, j->places[i].part < 0 ? "PP" : j->places[i].bill);
        d->place = places[j->places[i].home];
        d->amount_fen = j->places[i].amount_fen;
    }
}

/* Twelve divided bills with numbers of 20 characters are more than DE 48 holds:
 * then the rests that became credit, or suspense, are told in one sum each. */
static void put_sums(struct wire_answer *a)
{
    int64_t sums[4] = {0};
    int kept = 0;
    for (int i = 0; i < a->part_count; i++) {
        if (a->parts[i].place == PLACE_BILL) a->parts[kept++] = a->parts[i];
        else sums[a->parts[i].place] += a->parts[i].amount_fen;
    }
    for (int place = PLACE_PREPAID; place <= PLACE_SUSPENSE; place++)
        if (sums[place]) {
            text_copy(a->parts[kept].part, sizeof a->parts[kept].part, "PP");
            a->parts[kept].place = (enum wire_place)place;
            a->parts[kept++].amount_fen = sums[place];
        }
    a->part_count = kept;
}

/* What the customer of a bill that is out can do: deposit, or wait. */
static void find_way(struct service *s, struct exchange *x)
{
    char until[DAY_TEXT_SIZE], from[DAY_TEXT_SIZE];
    db_ask(s->db, "SELECT w.account, h.bank, w.fen, h.retry_until, h.result_by FROM withheld w JOIN withholding h ON h.id=w.withholding WHERE w.customer=$1"
                  " AND h.state < 2 AND w.debited_fen=0 ORDER BY h.id DESC", DB_ARGS(DB_TEXT(x->asked.customer)));
    if (db_row(s->db)) {
        const char *account = db_text(s->db, 0);
        size_t len = strlen(account);
        snprintf(x->why, sizeof x->why, "out with bank %s: deposit %lld.%02lld there, account ...%s, until %s; or pay here from %s, or when the bank has said no",
                 db_text(s->db, 1), (long long)(db_int(s->db, 2) / 100), (long long)(db_int(s->db, 2) % 100), account + (len > 4 ? len - 4 : 0),
                 day_format((day_t)db_int(s->db, 3), until, sizeof until), day_format((day_t)db_int(s->db, 4) + 1, from, sizeof from));
    }
    db_end(s->db); /* without it the code's own words stand */
}

static void from_judge(struct exchange *x)
{
    const struct judge_answer *j = &x->judged;
    const struct judge_request *r = &x->asked;
    struct wire_answer a = {0};
    struct error err;
    text_copy(a.code, sizeof a.code, j->code);
    text_copy(a.approval, sizeof a.approval, j->approval);
    put_places(j, r, &a);
    if (j->undone) {
        text_copy(a.parts[0].part, sizeof a.parts[0].part, "PP");
        a.parts[0].place = PLACE_REVERSED;
        a.part_count = 1;
    }
    const struct code_spec *spec = code_spec(j->code);
    if (strcmp(j->code, "00") != 0 && spec) text_copy(a.reason, sizeof a.reason, spec->meaning);
    if (x->why[0]) text_copy(a.reason, sizeof a.reason, x->why);
    x->answered = wire_answer_pack(&x->request, &a, &x->answer, &err) == 0;
    if (x->answered) return;
    put_sums(&a);
    x->answered = wire_answer_pack(&x->request, &a, &x->answer, &err) == 0;
    if (!x->answered) log_error("an answer does not fit: %s", err.why);
}

/* The line that one payment can be followed by, here as in the other programs. */
static void tell(const struct exchange *x)
{
    const struct judge_answer *j = &x->judged;
    const struct judge_request *r = &x->asked;
    char key[KEY_TEXT_SIZE], amount[MONEY_TEXT_SIZE];
    log_line(LOG_LEVEL_INFO, key_format(&r->key, key, sizeof key), "%s %s of customer %s: %s%s%s%s", x->request.mti,
             money_format(r->amount_fen, amount, sizeof amount), r->customer[0] ? r->customer : "-", j->code,
             j->approval[0] ? " approval " : "", j->approval, j->repeat ? ", as the first time" : "");
}

void service_finish(struct exchange *x)
{
    if (x->state != EXCHANGE_POSTED || x->answered) return;
    from_judge(x);
    tell(x);
}

/* --- posting ------------------------------------------------------------------- */

/* One durable transaction for all of them. When two front ends met, the same once
 * more; when that fails, one by one, so that a single bad one can't hold the
 * others up. */
static void post(struct service *s, struct exchange **xs, const struct judge_request *requests, size_t count)
{
    static _Thread_local struct judge_answer answers[GROUP_MAX];
    struct error err;
    assert(count <= GROUP_MAX);
    int64_t now = clock_now_ms(&s->u->clock);
    int status = group_post(s->store, &s->rules, requests, count, now, answers, &err);
    if (status != 0 && s->store->again) status = group_post(s->store, &s->rules, requests, count, now, answers, &err);
    if (status != 0) {
        log_error("%s: %s: %s", err.what, err.where, err.why);
        if (s->store->broken) return; /* nobody knows what stands: no answer */
        if (count == 1 && !s->store->lost) service_refuse(xs[0], "96", "nothing was posted");
        for (size_t i = 0; count > 1 && i < count && !s->store->broken; i++)
            post(s, &xs[i], &requests[i], 1);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        xs[i]->judged = answers[i];
        xs[i]->state = EXCHANGE_POSTED;
        if (strcmp(answers[i].code, "80") == 0) find_way(s, xs[i]);
        if (answers[i].audit) service_audit(s, xs[i], "a used key came with other content");
    }
}

void service_post(struct service *s, struct exchange **xs, size_t count)
{
    static _Thread_local struct judge_request requests[GROUP_MAX];
    struct exchange *good[GROUP_MAX];
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        service_read(s->u, xs[i]);
        if (xs[i]->state == EXCHANGE_UNREADABLE) {
            service_audit(s, xs[i], xs[i]->why);
            service_refuse(xs[i], "30", xs[i]->why);
        } else if (next_approval(s, xs[i]->asked.approval) != 0) {
            log_error("no approval code can be given: %s", db_why(s->db));
            service_refuse(xs[i], "96", "nothing was posted");
        } else {
            requests[used] = xs[i]->asked;
            good[used++] = xs[i];
        }
    }
    if (used) post(s, good, requests, used);
}
