#include "lib/overlap.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/secret.h"
#include "lib/postgres.h"
#include "utilityd/db.h"
#include "utilityd/store.h"

#define FRONTS 8
#define KEYS 600
#define BILLS (KEYS / 2) /* two keys for each */
#define ROUNDS (claiming ? 50 : 150)
#define GROUP 12
#define TODAY 20000

struct seen { char code[3], approval[7]; bool two; };

static bool claiming; /* the books are such */
static struct seen seen[KEYS];
static int64_t answers, failed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Key k always says the same: bill k/2, and every third has credit on top. */
static struct judge_request request_of(int k, const char *approval)
{
    struct judge_request r = {.kind = k % 5 == 4 ? JUDGE_ADVISE : JUDGE_PAY, .proc = 500000, .part_count = 1, .taken = TODAY, .business = TODAY};
    r.prepaid_fen = k % 3 ? 0 : 100 + k;
    r.amount_fen = 1000 + r.prepaid_fen;
    key_make(&r.key, "102", k % 2 ? "0311-0007" : "0311-0008", 1, k + 1);
    snprintf(r.customer, sizeof r.customer, "C%03d", k / 2 % 100); /* three bills a customer */
    snprintf(r.parts[0].bill, sizeof r.parts[0].bill, "B%03d", k / 2);
    snprintf(r.approval, sizeof r.approval, "%s", approval);
    r.parts[0].amount_fen = 1000;
    r.content[0] = (uint8_t)k;
    r.content[1] = (uint8_t)(k >> 8);
    return r;
}

static void note(const int *keys, const struct judge_answer *a, size_t count)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; i++, answers++) {
        struct seen *s = &seen[keys[i]];
        if (s->code[0] && (strcmp(s->code, a[i].code) != 0 || strcmp(s->approval, a[i].approval) != 0)) s->two = true;
        memcpy(s->code, a[i].code, sizeof s->code);
        memcpy(s->approval, a[i].approval, sizeof s->approval);
    }
    pthread_mutex_unlock(&lock);
}

static void *front(void *arg)
{
    const char **what = arg; /* address, number */
    struct error err;
    struct entropy_seeded state = {(uint64_t)(what[1][0]), 0};
    struct entropy chance = entropy_seeded(&state);
    struct judge_rules rules = {0};
    struct judge_request requests[GROUP];
    struct judge_answer got[GROUP];
    int keys[GROUP], approvals = 0;
    struct store *store = store_pg_open(what[0], &err);
    if (store == NULL) return NULL;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < GROUP; i++) {
            char approval[7];
            snprintf(approval, sizeof approval, "%s%05d", what[1], approvals++ % 100000);
            keys[i] = (int)(entropy_u64(&chance) % KEYS);
            requests[i] = request_of(keys[i], approval);
        }
        int status = group_post(store, &rules, requests, GROUP, 1, got, &err);
        if (status != 0 && store->again) status = group_post(store, &rules, requests, GROUP, 1, got, &err);
        if (status == 0) {
            note(keys, got, GROUP);
            continue;
        }
        pthread_mutex_lock(&lock);
        failed++;
        pthread_mutex_unlock(&lock);
    }
    store->ops->close(store);
    return NULL;
}

/* One who goes on behind what he has read, while the front ends post. */
struct reader { const char *where, *newest, *count; int64_t first, read; bool stop; };

static void *follow(void *arg)
{
    struct reader *r = arg;
    struct error err;
    struct db *db = utility_db_open(r->where, &err);
    bool last = false;
    for (int64_t from = r->first; db && !last;) {
        pthread_mutex_lock(&lock);
        last = r->stop;
        pthread_mutex_unlock(&lock);
        int64_t to = store_settled(db, r->newest), more = db_number(db, r->count, DB_ARGS(DB_INT(from), DB_INT(to)), 0);
        if (to < from || more < 0) break;
        r->read += more;
        from = to;
    }
    db_close(db);
    return NULL;
}

static int64_t missed(const char *where, const struct reader *r)
{
    struct error err;
    struct db *db = utility_db_open(where, &err);
    int64_t all = db_number(db, r->count, DB_ARGS(DB_INT(r->first), DB_INT(INT64_MAX)), -1);
    db_close(db);
    return all - r->read;
}

static void make_books(const char *where)
{
    struct error err;
    if (utility_db_make(where, &err) != 0) fail_msg("%s", err.why);
    struct db *db = utility_db_open(where, &err);
    if (db == NULL) fail_msg("%s", err.why);
    assert_true(db_run(db, "INSERT INTO customer (number, name, address, supply, meter) SELECT 'C' || lpad(CAST(i AS TEXT), 3, '0'), 'name', '', '', 'M'"
                           " FROM generate_series(0, 99) i", DB_NO_ARGS) == 100);
    assert_true(db_run(db, "INSERT INTO bill (number, customer, meter, period, previous, current, multiplier, kwh, amount_fen, tiers, due, first_day,"
                           " last_day, rate_permille, class, change) SELECT 'B' || lpad(CAST(i AS TEXT), 3, '0'), 'C' || lpad(CAST(i % 100 AS TEXT), 3, '0'), 'M',"
                           " '202610', 0, 10, 1, 10, 1000, '', 20005 + i, 19990, 20010, 1, 'R', i + 1 FROM generate_series(0, 299) i", DB_NO_ARGS) == BILLS);
    if (claiming) assert_true(db_run(db, "INSERT INTO setting (name, value) VALUES ('key_lock', 'claim')", DB_NO_ARGS) == 1);
    db_close(db);
}

/* What the answers say, beside what the books say. */
static void compare(const char *where, struct overlap *out)
{
    struct error err;
    int64_t credit = 0;
    int payers[BILLS] = {0};
    struct db *db = utility_db_open(where, &err);
    for (int k = 0; k < KEYS; k++) {
        bool posted = strcmp(seen[k].code, "00") == 0;
        out->two_answers += seen[k].two;
        if (!posted) continue;
        payers[k / 2] += k % 5 != 4; /* an advice for a paid bill is credit */
        credit += request_of(k, "").prepaid_fen;
    }
    for (int b = 0; b < BILLS; b++)
        out->paid_twice += payers[b] > 1;
    /* credit: the prepaid parts, and the bills' money of advices that came too late */
    int64_t late = db_number(db, "SELECT coalesce(sum(t.amount_fen), 0) FROM part t JOIN payment p ON p.id=t.payment WHERE t.place=1 AND t.part >= 0 AND p.state=2", DB_NO_ARGS, 0);
    int64_t books = db_number(db, "SELECT sum(credit_fen) FROM customer", DB_NO_ARGS, 0);
    out->credit_off = books - credit - late;
    out->claimed = db_number(db, "SELECT count(*) FROM claim", DB_NO_ARGS, -1);
    out->paid_twice += db_number(db, "SELECT count(*) FROM (SELECT 1 FROM part t JOIN payment p ON p.id=t.payment WHERE t.place=0 AND p.state=2 GROUP BY t.bill HAVING count(*) > 1) x",
                                 DB_NO_ARGS, 0);
    db_close(db);
}

void overlap_run(struct overlap *out)
{
    struct postgres pg;
    pthread_t threads[FRONTS], reading[2];
    const char *names[] = {"A", "B", "C", "D", "E", "F", "G", "H"}, *what[FRONTS][2];
    memset(out, 0, sizeof *out);
    memset(seen, 0, sizeof seen);
    answers = failed = 0;
    postgres_open(&pg);
    make_books(pg.url);
    struct reader readers[] = {{.where = pg.url, .first = BILLS, .newest = "SELECT coalesce(max(id), 0) FROM change", .count = "SELECT count(*) FROM change WHERE id>$1 AND id<=$2"},
                               {.where = pg.url, .newest = "SELECT coalesce(max(id), 0) FROM payment", .count = "SELECT count(*) FROM payment WHERE id>$1 AND id<=$2"}};
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&reading[i], NULL, follow, &readers[i]), 0);
    for (int i = 0; i < FRONTS; i++) {
        what[i][0] = pg.url;
        what[i][1] = names[i];
        assert_int_equal(pthread_create(&threads[i], NULL, front, what[i]), 0);
    }
    for (int i = 0; i < FRONTS; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_lock(&lock);
    readers[0].stop = readers[1].stop = true;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < 2; i++)
        pthread_join(reading[i], NULL);
    out->feed_missed = missed(pg.url, &readers[0]);
    out->follow_missed = missed(pg.url, &readers[1]);
    out->answers = answers;
    out->failed = failed;
    compare(pg.url, out);
    postgres_close(&pg);
    assert_int_equal(answers + failed * GROUP, FRONTS * ROUNDS * GROUP);
}

void overlap_run_claiming(struct overlap *out)
{
    claiming = true;
    overlap_run(out);
    claiming = false;
}
