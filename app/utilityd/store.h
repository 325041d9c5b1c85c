/* Where payments are posted. A store only reads and writes; the judge decides. A
 * group of requests that arrived together is one transaction: lock and read,
 * judge, write and commit; only then answer.
 *
 * Two programs over one database stay right because keys are locked (sorted)
 * before customers (sorted), and what is judged is read in statements that
 * start after the locks were had. SQLite has one writer and locks at begin. */
#ifndef UTILITYD_STORE_H
#define UTILITYD_STORE_H

#include "base/error.h"
#include "utilityd/judge.h"

#define GROUP_MAX 64                        /* requests of one transaction */
#define GROUP_BILLS_MAX 8192                /* bills that one transaction may read */
#define GROUP_KEYS_MAX (2 * GROUP_MAX)      /* each its own, and one whose money it moves */
#define GROUP_CUSTOMERS_MAX (3 * GROUP_MAX) /* named now, and stored with a known key */

/* One transaction's rows. group_post() fills requests and keys, the store the
 * rest in read(); the judge changes rows, and write() writes those. */
struct group {
    const struct judge_request *requests;
    struct judge_answer *answers;
    size_t count;
    int64_t now_ms;

    struct judge_key keys[GROUP_KEYS_MAX]; /* sorted, each once */
    size_t key_count;
    int key_of[GROUP_MAX]; /* by request: the place of its key */
    int64_t station[GROUP_KEYS_MAX], row[GROUP_KEYS_MAX]; /* the store's names for them; row 0: not there yet */
    bool reopened[GROUP_KEYS_MAX]; /* the key changed the totals of a closed day: it is to be agreed anew */
    bool closed[GROUP_MAX];   /* by request: the branch's business day (group_business) is closed */

    struct judge_customer customers[GROUP_CUSTOMERS_MAX]; /* those that there are */
    size_t customer_count;
    struct judge_bill bills[GROUP_BILLS_MAX]; /* the customers' open ones, the named, the keys' own */
    int64_t bill_row[GROUP_BILLS_MAX]; /* the store's names for them */
    size_t bill_count;
    uint32_t bill_hash[GROUP_BILLS_MAX], customer_hash[GROUP_BILLS_MAX]; /* of each bill's numbers, for group.c */
};
/* For stores: looks before it adds. NULL: no room. */
struct judge_customer *group_customer(struct group *group, const char *number);
bool group_has_bill(const struct group *group, const char *number);
/* The day that a request is judged by: its key's own when that is known. */
day_t group_business(const struct group *group, size_t index);
/* 0: a bill of the customer's names the key as its payer, and so leads to it; 1: its own index must. */
int group_aside(const struct judge_key *key);
/* The place of a key, -1: none. */
int group_key(const struct group *group, const struct key *key);

/* Of PostgreSQL, whose posts commit side by side: posts share both locks from
 * their first write to the commit. Imports and lists hold the first alone, and
 * number their changes behind all others. */
#define STORE_LOCK_IMPORT "-1"
#define STORE_LOCK_POSTS "-2"
/* The one number that sql asks for (the highest id of a table of what was posted), at a
 * moment when no post is under way: no lower id appears after it. -1: it failed. */
struct db;
int64_t store_settled(struct db *db, const char *sql);

struct store;
struct store_ops {
    /* Begins, locks, reads. After -1 everything is rolled back. */
    int (*read)(struct store *store, struct group *group, struct error *err);
    /* Writes every row marked changed, the reversals and the days; commits. After
     * -1 nothing of it stands, or (store->broken) nobody knows. */
    int (*write)(struct store *store, struct group *group, struct error *err);
    /* A part of the upkeep that must not lie in a commit; called between them. */
    void (*rest)(struct store *store);
    void (*close)(struct store *store);
};
struct store {
    const struct store_ops *ops;
    struct group *group; /* the last one's room, kept for the next */
    bool broken; /* the disk or the file fails: answer nothing more, end, recover */
    bool again;  /* the last failure was a meeting of two transactions: the same group may go through now */
    bool lost;   /* the last failure left it open whether the group stands: no answer may say */
};

/* Opens; the tables must stand (utility_db_make). NULL with err filled. SQLite is refused
 * unless it says that it works in WAL with synchronous=FULL. */
struct store *store_open(const char *where, struct error *err);
struct store *store_sqlite_open(const char *path, struct error *err);
struct store *store_pg_open(const char *where, struct error *err);

/* Judges the requests in order and commits. On 0 every answer is durable; on -1
 * nothing was changed and no answer may leave. count 1..GROUP_MAX. */
int group_post(struct store *store, const struct judge_rules *rules,
               const struct judge_request *requests, size_t count, int64_t now_ms,
               struct judge_answer *answers, struct error *err);

#endif
