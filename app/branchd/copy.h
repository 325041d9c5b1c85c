/* The branch's copy of the bills: fed by change number, read while the link is
 * down. A feed cut off anywhere goes on behind the last change that was applied. */
#ifndef BRANCHD_COPY_H
#define BRANCHD_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/bill.h"

#define COPY_BILLS_MAX 12    /* bills of a customer that are shown */
#define COPY_SEARCH_MAX 100  /* rows of one answer */
#define COPY_TEXT_MAX 60     /* characters of a search */

struct copy;
/* Opens or makes it. A file that is damaged or of another version is made anew:
 * it holds nothing that the utility can't send again. */
struct copy *copy_open(const char *path, struct error *err);
void copy_close(struct copy *copy);

struct copy_rules { struct fee_rules fee; bool oldest_first, part_payment; };
struct copy_info {
    int64_t made_at_ms; /* of the last whole feed; 0: no copy yet */
    int64_t change, target; /* change < target: a feed is under way */
    int64_t open_bills;
    struct copy_rules rules;
};
int copy_info(struct copy *copy, struct copy_info *info, struct error *err);

enum copy_state { COPY_OPEN, COPY_PAID, COPY_WITHHELD, COPY_WITHDRAWN };
bool copy_state_parse(const char *word, enum copy_state *out);
struct copy_change { int64_t change; enum copy_state state; struct bill bill; };

/* Begins a feed that ends with change `target`. */
int copy_begin(struct copy *copy, int64_t made_at_ms, int64_t target, const struct copy_rules *rules,
               struct error *err);
/* One durable step: all of them or none. Changes at or below the last one
 * applied are passed over; the numbers must not fall. */
int copy_apply(struct copy *copy, const struct copy_change *changes, int count, struct error *err);
/* The feed has come to its target (with nothing to send, at once). */
int copy_whole(struct copy *copy, struct error *err);

struct copy_bill { enum copy_state state; struct bill bill; };
struct copy_customer {
    int count, more; /* bills not paid or withdrawn, oldest first; how many aren't shown */
    struct copy_bill bills[COPY_BILLS_MAX];
    char name[4 * BILL_NAME_MAX + 1], address[4 * BILL_NAME_MAX + 1], meter[BILL_NUMBER_MAX + 1];
};
/* 1 found, 0 no such customer, -1. */
int copy_lookup(struct copy *copy, const char *customer, struct copy_customer *out, struct error *err);

struct copy_found {
    char customer[BILL_CUSTOMER_MAX + 1];
    char name[4 * BILL_NAME_MAX + 1], address[4 * BILL_NAME_MAX + 1], meter[BILL_NUMBER_MAX + 1];
    int64_t open_bills, open_fen;
};
/* By part of name or address, initials of the name, beginning of the customer
 * number or end of the meter number. Returns rows filled, *total all there are; -1. */
int copy_search(struct copy *copy, const char *text, int offset, struct copy_found *rows, int limit,
                int64_t *total, struct error *err);

#endif
