/* What concerns a branch as a whole: sign-on and epoch, totals of a day, invoice notices. */
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "utilityd/service.h"
#include "wire/session.h"
#include "wire/tags.h"

#define REFERENCES_AN_EPOCH "10000000000"
#define EPOCH_MAX 99

static sqlite3_stmt *prepare(struct service *s, const char *sql, int64_t first)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(s->db, sql, -1, &q, NULL) != SQLITE_OK) return NULL;
    sqlite3_bind_int64(q, 1, first);
    return q;
}

static int64_t one(sqlite3_stmt *q)
{
    int64_t value = -1;
    if (q && sqlite3_step(q) == SQLITE_ROW) value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return value;
}

static bool go(struct service *s, const char *sql) { return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK; }

/* Days that this branch must agree anew: closed once, changed since. */
static int reopened(struct service *s, int64_t station, day_t *days)
{
    int count = 0;
    sqlite3_stmt *q = prepare(s, "SELECT business FROM branch_day WHERE station=? AND closed=1 AND agreed=0 ORDER BY business", station);
    while (q && count < WIRE_REOPENED_MAX && sqlite3_step(q) == SQLITE_ROW)
        days[count++] = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return count;
}

/* --- sign-on ------------------------------------------------------------------- */

/* The epoch of this random number: the one it was given, or one above all that
 * were given to this branch or seen from it. 0: cannot be given. */
static int64_t epoch_of(struct service *s, int64_t station, const char *nonce)
{
    sqlite3_stmt *q = prepare(s, "SELECT epoch FROM epoch WHERE station=? AND random=?", station);
    if (q) sqlite3_bind_text(q, 2, nonce, -1, SQLITE_STATIC);
    int64_t epoch = one(q);
    if (epoch > 0) return epoch;
    q = prepare(s, "SELECT 1 + max((SELECT epoch FROM station WHERE id=?1),"
                   " coalesce((SELECT max(reference) / " REFERENCES_AN_EPOCH " FROM payment WHERE station=?1), 0))", station);
    epoch = one(q);
    if (epoch < 1 || epoch > EPOCH_MAX) return 0;
    q = prepare(s, "INSERT INTO epoch (station, random, epoch) VALUES (?,?,?) RETURNING epoch", station);
    if (q) {
        sqlite3_bind_text(q, 2, nonce, -1, SQLITE_STATIC);
        sqlite3_bind_int64(q, 3, epoch);
    }
    if (one(q) != epoch) return 0;
    q = prepare(s, "UPDATE station SET epoch=?2 WHERE id=?1 RETURNING epoch", station);
    if (q) sqlite3_bind_int64(q, 2, epoch);
    return one(q) == epoch ? epoch : 0;
}

static void sign_on(struct service *s, struct exchange *x, struct wire_net *n)
{
    bool good = go(s, "BEGIN IMMEDIATE");
    int64_t station = good ? service_station(s, n->bank, n->branch, true) : -1;
    if (station >= 0 && n->nonce[0]) n->epoch = (int)epoch_of(s, station, n->nonce);
    good = station >= 0 && (n->nonce[0] == '\0' || n->epoch > 0) && go(s, "COMMIT");
    if (!good) {
        go(s, "ROLLBACK");
        service_refuse(x, "96", "no epoch can be given");
        return;
    }
    text_copy(n->code, sizeof n->code, "00");
    n->reopened_count = reopened(s, station, n->reopened);
    x->answered = wire_net_answer(&x->request, n, &x->answer, NULL) == 0;
    log_info("%s/%s signs on through %s%s", n->bank, n->branch, x->peer, n->epoch ? ", new epoch" : "");
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
    } else {
        message_answer(&x->request, "00", &x->answer);
        x->answered = true;
    }
}

/* --- totals -------------------------------------------------------------------- */

static void count(struct service *s, int64_t station, const char *bank, day_t day, struct wire_totals *t)
{
    sqlite3_stmt *q = prepare(s, "SELECT count(*), coalesce(sum(amount_fen),0), count(*) FILTER (WHERE state=5),"
                                 " coalesce(sum(amount_fen) FILTER (WHERE state=5),0) FROM payment WHERE business=?2 AND state IN (2,5)"
                                 " AND (station=?1 OR (?1=0 AND station IN (SELECT id FROM station WHERE bank=?3)))", station);
    if (q == NULL) return;
    sqlite3_bind_int(q, 2, day);
    sqlite3_bind_text(q, 3, bank, -1, SQLITE_STATIC);
    if (sqlite3_step(q) == SQLITE_ROW) {
        t->credits = sqlite3_column_int64(q, 0);
        t->credits_fen = sqlite3_column_int64(q, 1);
        t->credit_undone = sqlite3_column_int64(q, 2);
        t->credit_undone_fen = sqlite3_column_int64(q, 3);
    }
    sqlite3_finalize(q);
}

static bool in_balance(const struct wire_totals *a, const struct wire_totals *b)
{
    return a->credits == b->credits && a->credits_fen == b->credits_fen && a->credit_undone == b->credit_undone &&
           a->credit_undone_fen == b->credit_undone_fen && a->debits == b->debits && a->debits_fen == b->debits_fen &&
           a->debit_undone == b->debit_undone && a->debit_undone_fen == b->debit_undone_fen;
}

static bool close_day(struct service *s, int64_t station, day_t day)
{
    sqlite3_stmt *q = prepare(s, "INSERT INTO branch_day (station, business, closed, agreed) VALUES (?,?,1,1)"
                                 " ON CONFLICT DO UPDATE SET closed=1, agreed=1 RETURNING closed", station);
    if (q) sqlite3_bind_int(q, 2, day);
    return one(q) == 1;
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
    bool whole = asked.head.key.branch[0] == '\0';
    bool good = go(s, "BEGIN IMMEDIATE");
    int64_t station = whole ? 0 : service_station(s, asked.head.key.bank, asked.head.key.branch, true);
    memset(&ours, 0, sizeof ours);
    count(s, station, asked.head.key.bank, asked.head.business_day, &ours);
    ours.settlement = in_balance(&asked, &ours) ? 1 : 2;
    if (asked.closing && ours.settlement == 1 && !whole) good = good && close_day(s, station, asked.head.business_day);
    if (!good || !go(s, "COMMIT")) {
        go(s, "ROLLBACK");
        service_refuse(x, "96", "the totals cannot be kept");
        return;
    }
    text_copy(ours.code, sizeof ours.code, "00");
    ours.reopened_count = whole ? 0 : reopened(s, station, ours.reopened);
    x->answered = wire_totals_answer(&x->request, &ours, &x->answer, &err) == 0;
    if (!x->answered) service_refuse(x, "96", err.why);
    log_info("totals of %s/%s: %s", asked.head.key.bank, asked.head.key.branch, ours.settlement == 1 ? "in balance" : "OUT OF BALANCE");
}

/* --- invoice notices ----------------------------------------------------------- */

/* Tags PK (payment's reference) and IV (series|number|printed, spoiled or cancelled). */
void service_notice(struct service *s, struct exchange *x)
{
    char payment[KEY_REF_SIZE], iv[64], *number = NULL, *what = NULL;
    struct key key;
    day_t day = service_today(s);
    message_key(&x->request, &key);
    if (tag_text(&x->request, "IV", iv, sizeof iv) && (number = strchr(iv, '|')) != NULL) {
        *number++ = '\0';
        if ((what = strchr(number, '|')) != NULL) *what++ = '\0';
    }
    if (what == NULL || !tag_text(&x->request, "PK", payment, sizeof payment)) {
        service_refuse(x, "30", "tags PK and IV belong in it");
        return;
    }
    int64_t station = service_station(s, key.bank, key.branch, true);
    sqlite3_stmt *q = prepare(s, "INSERT INTO notice (station, reference, payment, series, number, what, business, noted_ms)"
                                 " VALUES (?,CAST(?2 AS INTEGER),CAST(?3 AS INTEGER),?4,?5,?6,?7,?8) ON CONFLICT DO NOTHING", station);
    int status = SQLITE_ERROR;
    if (q) {
        const char *texts[] = {key.ref, payment, iv, number, what};
        for (int i = 0; i < 5; i++)
            sqlite3_bind_text(q, 2 + i, texts[i], -1, SQLITE_STATIC);
        sqlite3_bind_int(q, 7, day);
        sqlite3_bind_int64(q, 8, clock_now_ms(&s->u->clock));
        status = sqlite3_step(q);
    }
    sqlite3_finalize(q);
    service_refuse(x, status == SQLITE_DONE ? "00" : "96", "");
}
