/* What concerns a branch as a whole: sign-on and epoch, totals of a day, invoice notices. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "utilityd/service.h"
#include "wire/session.h"
#include "wire/tags.h"

#define REFERENCES_AN_EPOCH INT64_C(10000000000)
#define EPOCH_MAX 99

/* Days that this branch must agree anew: closed once, changed since. */
static int reopened(struct service *s, int64_t station, day_t *days)
{
    int count = 0;
    db_ask(s->db, "SELECT business FROM branch_day WHERE station=$1 AND closed=1 AND agreed=0 ORDER BY business", DB_ARGS(DB_INT(station)));
    while (count < WIRE_REOPENED_MAX && db_row(s->db))
        days[count++] = (day_t)db_int(s->db, 0);
    db_end(s->db);
    return count;
}

/* --- sign-on ------------------------------------------------------------------- */

/* The epoch of this random number: the one it was given, or one above all that
 * were given to this branch or seen from it. 0: cannot be given. */
static int64_t epoch_of(struct service *s, int64_t station, const char *nonce)
{
    struct db_arg args[] = {DB_INT(station), DB_TEXT(nonce), DB_INT(0)};
    int64_t epoch = db_number(s->db, "SELECT epoch FROM epoch WHERE station=$1 AND random=$2", args, 2, 0);
    if (epoch != 0) return epoch > 0 ? epoch : 0;
    int64_t given = db_number(s->db, "SELECT epoch FROM station WHERE id=$1", args, 1, -1);
    int64_t seen = db_number(s->db, "SELECT coalesce(max(reference), 0) FROM payment WHERE station=$1", args, 1, -1);
    if (given < 0 || seen < 0) return 0;
    seen /= REFERENCES_AN_EPOCH;
    epoch = 1 + (given > seen ? given : seen);
    args[2].number = epoch;
    if (epoch > EPOCH_MAX || db_run(s->db, "INSERT INTO epoch (station, random, epoch) VALUES ($1,$2,$3)", args, 3) < 0) return 0;
    struct db_arg set[] = {DB_INT(station), DB_INT(epoch)};
    return db_run(s->db, "UPDATE station SET epoch=$2 WHERE id=$1", set, 2) == 1 ? epoch : 0;
}

static void sign_on(struct service *s, struct exchange *x, struct wire_net *n)
{
    static const char lock[] = "UPDATE station SET epoch=epoch WHERE id=$1"; /* one at a time, whichever process asks */
    int64_t station = db_begin(s->db) == 0 ? service_station(s, n->bank, n->branch, true) : -1;
    bool good = station >= 0 && db_run(s->db, lock, DB_ARGS(DB_INT(station))) == 1;
    if (good && n->nonce[0]) n->epoch = (int)epoch_of(s, station, n->nonce);
    good = good && (n->nonce[0] == '\0' || n->epoch > 0) && db_commit(s->db) == 0;
    if (!good) {
        log_error("no epoch can be given to %s/%s: %s", n->bank, n->branch, db_why(s->db));
        db_rollback(s->db);
        service_refuse(x, "96", "no epoch can be given");
        return;
    }
    text_copy(n->code, sizeof n->code, "00");
    n->reopened_count = reopened(s, station, n->reopened);
    x->answered = wire_net_answer(&x->request, n, &x->answer, NULL) == 0;
    log_info("%s/%s signs on through %s%s", n->bank, n->branch, x->peer, n->epoch ? " and has its epoch" : "");
}

void service_net(struct service *s, struct exchange *x)
{
    struct wire_net n;
    struct error err;
    if (wire_net_unpack(&x->request, &n, &err) != 0) {
        service_refuse(x, "30", err.why);
    } else if (n.net == NET_SIGN_ON && n.branch[0]) {
        n.epoch = 0;
        sign_on(s, x, &n);
    } else if (n.net == NET_SIGN_ON) { /* a bank's own line: it may have missed a cut-over */
        struct wire_net said = {.code = "00"};
        day_t business = atomic_load(&s->u->business);
        if (business != DAY_NONE) said.begins = business;
        x->answered = wire_net_answer(&x->request, &said, &x->answer, NULL) == 0;
    } else {
        message_answer(&x->request, "00", &x->answer);
        x->answered = true;
    }
}

/* --- totals -------------------------------------------------------------------- */

#define COUNTS "SELECT count(*) FILTER (WHERE proc<>200000), coalesce(sum(amount_fen) FILTER (WHERE proc<>200000),0)," \
               " count(*) FILTER (WHERE state=5), coalesce(sum(amount_fen) FILTER (WHERE state=5),0)," \
               " count(*) FILTER (WHERE proc=200000), coalesce(sum(amount_fen) FILTER (WHERE proc=200000),0)" \
               " FROM payment WHERE business=$1 AND state IN (2,5) AND proc<>220000 AND "

/* A key undone by 0420 is in neither column; one reversed is in both; refunds are debits, transfers are in none. */
static bool count(struct service *s, int64_t station, const char *bank, day_t day, struct wire_totals *t)
{
    if (station) db_ask(s->db, COUNTS "station=$2", DB_ARGS(DB_INT(day), DB_INT(station)));
    else db_ask(s->db, COUNTS "station IN (SELECT id FROM station WHERE bank=$2)", DB_ARGS(DB_INT(day), DB_TEXT(bank)));
    if (db_row(s->db)) {
        t->credits = db_int(s->db, 0);
        t->credits_fen = db_int(s->db, 1);
        t->credit_undone = db_int(s->db, 2);
        t->credit_undone_fen = db_int(s->db, 3);
        t->debits = db_int(s->db, 4);
        t->debits_fen = db_int(s->db, 5);
    }
    return db_end(s->db) >= 0;
}

static bool in_balance(const struct wire_totals *a, const struct wire_totals *b)
{
    return a->credits == b->credits && a->credits_fen == b->credits_fen && a->credit_undone == b->credit_undone &&
           a->credit_undone_fen == b->credit_undone_fen && a->debits == b->debits && a->debits_fen == b->debits_fen &&
           a->debit_undone == b->debit_undone && a->debit_undone_fen == b->debit_undone_fen;
}

static const char *figures(const struct wire_totals *t, char *buf, size_t size)
{
    snprintf(buf, size, "%" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64, t->credits, t->credits_fen, t->credit_undone, t->credit_undone_fen);
    return buf;
}

/* What was asked, with the branch's audit head, and what that does to the day. */
static bool keep(struct service *s, int64_t station, const struct wire_totals *asked, const struct wire_totals *ours)
{
    char theirs_text[96], ours_text[96];
    const struct key *key = &asked->head.key;
    day_t day = asked->head.business_day;
    if (db_run(s->db, "INSERT INTO agreement (bank, branch, business, closing, settlement, theirs, ours, audit_head, at_ms)"
                      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)",
               DB_ARGS(DB_TEXT(key->bank), DB_TEXT(key->branch), DB_INT(day), DB_INT(asked->closing), DB_INT(ours->settlement),
                       DB_TEXT(figures(asked, theirs_text, sizeof theirs_text)), DB_TEXT(figures(ours, ours_text, sizeof ours_text)),
                       DB_TEXT(asked->audit_head), DB_INT(clock_now_ms(&s->u->clock)))) < 0)
        return false;
    if (!asked->closing || ours->settlement != 1 || station == 0) return true;
    return db_run(s->db, "INSERT INTO branch_day (station, business, closed, agreed) VALUES ($1,$2,1,1)"
                         " ON CONFLICT (station, business) DO UPDATE SET closed=1, agreed=1", DB_ARGS(DB_INT(station), DB_INT(day))) >= 0;
}

/* A branch of its own, or (no branch named) the whole bank, station 0. */
void service_totals(struct service *s, struct exchange *x)
{
    struct wire_totals asked, ours;
    struct error err;
    if (wire_totals_unpack(&x->request, service_today(s), &asked, &err) != 0) {
        service_refuse(x, "30", err.why);
        return;
    }
    const struct key *key = &asked.head.key;
    bool whole = key->branch[0] == '\0', good = db_begin(s->db) == 0;
    int64_t station = whole || !good ? 0 : service_station(s, key->bank, key->branch, true);
    memset(&ours, 0, sizeof ours);
    /* payments of this branch hold it shared: none is between our count and our answer */
    if (station > 0 && db_kind(s->db) == DB_POSTGRES)
        good = good && db_run(s->db, "SELECT pg_advisory_xact_lock($1)", DB_ARGS(DB_INT(station))) >= 0;
    good = good && station >= 0 && count(s, station, key->bank, asked.head.business_day, &ours);
    ours.settlement = in_balance(&asked, &ours) ? 1 : 2;
    good = good && keep(s, station, &asked, &ours) && db_commit(s->db) == 0;
    if (!good) {
        log_error("the totals of %s/%s cannot be kept: %s", key->bank, key->branch, db_why(s->db));
        db_rollback(s->db);
        service_refuse(x, "96", "the totals cannot be kept");
        return;
    }
    text_copy(ours.code, sizeof ours.code, "00");
    ours.reopened_count = whole ? 0 : reopened(s, station, ours.reopened);
    x->answered = wire_totals_answer(&x->request, &ours, &x->answer, &err) == 0;
    if (!x->answered) service_refuse(x, "96", err.why);
    log_info("totals of %s/%s%s: %s", key->bank, key->branch, asked.closing ? " after cut-off" : "",
             ours.settlement == 1 ? "in balance" : "OUT OF BALANCE");
}

/* --- invoice notices ----------------------------------------------------------- */

/* Tags PK (payment's reference) and IV (series|number|printed, spoiled or cancelled). */
struct notice { struct key key; char payment[KEY_REF_SIZE], iv[64]; const char *series, *number, *what; };

static const char *read_notice(const struct iso *m, struct notice *n)
{
    char *bar;
    if (!message_key(m, &n->key) || !text_digits(n->key.ref)) return "field 37 is no reference";
    if (!tag_text(m, "PK", n->payment, sizeof n->payment) || !text_digits(n->payment)) return "tag PK names the payment";
    if (!tag_text(m, "IV", n->iv, sizeof n->iv)) return "tag IV names the invoice";
    n->series = n->iv;
    n->number = n->what = "";
    if ((bar = strchr(n->iv, '|')) != NULL) *bar = '\0', n->number = bar + 1;
    if (bar && (bar = strchr(bar + 1, '|')) != NULL) *bar = '\0', n->what = bar + 1;
    if (!n->series[0] || !n->number[0]) return "tag IV is series|number|what";
    return strcmp(n->what, "printed") && strcmp(n->what, "spoiled") && strcmp(n->what, "cancelled")
               ? "an invoice is printed, spoiled or cancelled" : NULL;
}

/* "00", "94" (the number was used for another notice) or NULL: failed. */
static const char *put_notice(struct service *s, const struct iso *m, const struct notice *n)
{
    int64_t station = service_station(s, n->key.bank, n->key.branch, true), day = service_today(s), same;
    day_t business;
    char mmdd[5];
    if (station < 0) return NULL;
    if (iso_text(m, 15, mmdd, sizeof mmdd) && day_from_mmdd(mmdd, (day_t)day, &business)) day = business;
    struct db_arg args[] = {DB_INT(station), DB_INT(strtoll(n->key.ref, NULL, 10)), DB_INT(strtoll(n->payment, NULL, 10)),
                            DB_TEXT(n->series), DB_TEXT(n->number), DB_TEXT(n->what), DB_INT(day), DB_INT(clock_now_ms(&s->u->clock))};
    if (db_run(s->db, "INSERT INTO notice (station, reference, payment, series, number, what, business, noted_ms)"
                      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8) ON CONFLICT DO NOTHING", args, 8) < 0)
        return NULL;
    same = db_number(s->db, "SELECT count(*) FROM notice WHERE station=$1 AND reference=$2 AND payment=$3 AND series=$4 AND number=$5 AND what=$6",
                     args, 6, 0);
    return same < 0 ? NULL : same ? "00" : "94";
}

void service_notices(struct service *s, struct exchange **xs, size_t count)
{
    const char *codes[GROUP_MAX];
    struct notice n;
    bool good = db_begin(s->db) == 0;
    for (size_t i = 0; i < count; i++) {
        const char *why = read_notice(&xs[i]->request, &n);
        codes[i] = why ? "30" : good ? put_notice(s, &xs[i]->request, &n) : NULL;
        if (why || (codes[i] && strcmp(codes[i], "94") == 0)) service_audit(s, xs[i], why ? why : "a used number came with another notice");
        good = good && codes[i];
    }
    good = good && db_commit(s->db) == 0;
    if (!good) {
        log_error("invoice notices cannot be kept: %s", db_why(s->db));
        db_rollback(s->db);
    }
    for (size_t i = 0; i < count; i++)
        service_refuse(xs[i], good ? codes[i] : "96", good && strcmp(codes[i], "00") == 0 ? "" : "the notice was not kept");
}
