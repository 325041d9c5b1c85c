/* Where the utility's books are kept. A store only reads and writes; the judge
 * decides. A group of requests that arrived together is one transaction:
 * begin, keys, customers, bills, judge, write, commit; only then answer.
 *
 * Two programs over one database stay right because keys are locked (sorted)
 * before customers (sorted), and what is judged is read in statements that
 * start after the locks were had. SQLite has one writer and locks at begin. */
#ifndef UTILITYD_STORE_H
#define UTILITYD_STORE_H

#include "base/error.h"
#include "utilityd/judge.h"

#define GROUP_MAX 64            /* requests of one transaction */
#define GROUP_BILLS_MAX 8192    /* bills that one transaction may read */

/* The rows of one group, filled by the store. Keys and customers are sorted
 * and unique before the store sees them. */
struct group_bills {
    struct judge_bill *rows; /* GROUP_BILLS_MAX of them */
    size_t count;
};

struct store;
struct store_ops {
    int (*begin)(struct store *store, struct error *err);
    /* Lock and read: state, digests, places; KEY_UNKNOWN when there is no row. */
    int (*read_keys)(struct store *store, struct judge_key *keys, size_t count, struct error *err);
    /* Lock and read. found[i] false: no such customer. */
    int (*read_customers)(struct store *store, struct judge_customer *customers, bool *found,
                          size_t count, struct error *err);
    /* Appends the customer's open bills. */
    int (*read_open_bills)(struct store *store, const char *customer, struct group_bills *out,
                           struct error *err);
    /* Appends the bill when there is one. */
    int (*read_bill)(struct store *store, const char *number, struct group_bills *out,
                     struct error *err);
    int (*day_closed)(struct store *store, const struct key *key, day_t business, bool *closed,
                      struct error *err);
    /* Keys first: a bill names the key that paid it. Only rows marked changed. */
    int (*write_keys)(struct store *store, const struct judge_key *keys, size_t count,
                      int64_t now_ms, struct error *err);
    int (*write_customers)(struct store *store, const struct judge_customer *customers,
                           size_t count, struct error *err);
    int (*write_bills)(struct store *store, const struct group_bills *bills, struct error *err);
    int (*commit)(struct store *store, struct error *err);
    void (*rollback)(struct store *store);
    void (*close)(struct store *store);
};
struct store { const struct store_ops *ops; };

/* Opens, making the tables when the file is new. NULL with err filled. Refused
 * unless the database says that it works in WAL with synchronous=FULL. */
struct store *store_sqlite_open(const char *path, struct error *err);

/* Judges the requests in order and commits. On 0 every answer is durable; on -1
 * nothing was changed and no answer may leave. count 1..GROUP_MAX. */
int group_post(struct store *store, const struct judge_rules *rules,
               const struct judge_request *requests, size_t count, int64_t now_ms,
               struct judge_answer *answers, struct error *err);

#endif
