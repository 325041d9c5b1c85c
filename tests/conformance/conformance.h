/* The conformance suite: what PROTOCOL.md asks of a front end, asked of one that
 * runs. It knows no more of it than its address and certificates, and plays a
 * branch of its own. A case is a row of a table and a function; it ends with the
 * first thing that is not as the page says. */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "conformance/line.h"
#include "wire/inquiry.h"
#include "wire/message.h"
#include "wire/payment.h"
#include "wire/session.h"
#include "wire/tags.h"

#define CUSTOMERS_MAX 200  /* looked at for bills that suit a case */

struct options {
    struct line_options line;
    char bank[KEY_BANK_SIZE], branch[KEY_BRANCH_SIZE], terminal[9], state[300];
    const char *customers[CUSTOMERS_MAX];
    size_t customer_count;
    const char *only;        /* cases whose name begins so; NULL: all */
    int64_t wait_ms, shift_s;
    int32_t offset_s;
    bool slow, close_day, list;
};

enum kind { BILL_PAYABLE, BILL_LATE, BILL_TWO, BILL_BEFORE, BILL_AFTER, BILL_KINDS };
struct found { bool there; char customer[WIRE_NUMBER_SIZE]; }; /* one whose first bill is of that kind */

enum outcome { CASE_OK, CASE_FAILED, CASE_SKIPPED };

struct run {
    struct options opt;
    struct clock clock;
    struct line *line;        /* that the cases share; NULL: it broke, the next case makes it anew */
    char nonce[33];           /* EN, the same for all runs with one state file */
    int epoch;
    int64_t counter;          /* of the last key */
    int stan;
    struct found found[BILL_KINDS];
    bool looked;
    enum outcome outcome;
    char why[400];
};

struct test_case {
    const char *name, *clause, *what; /* clause: heading of PROTOCOL.md */
    void (*run)(struct run *r);
};
struct case_table { const struct test_case *rows; size_t count; };
extern const struct case_table line_cases, inquiry_cases, payment_cases, undo_cases, day_cases, close_cases;

/* --- verdicts: the first one stands; false, so that a case can return --------------- */
bool fails(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool skips(struct run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool check(struct run *r, bool good, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* --- talk --------------------------------------------------------------------------- */
/* Sends and waits. Every answer is looked at: its form, its fields, what it must
 * echo, a code of the table. */
bool ask(struct run *r, const struct iso *m, struct iso *answer);
bool send_only(struct run *r, const struct iso *m);
bool hear(struct run *r, const struct iso *m, struct iso *answer);
bool expect(struct run *r, const struct iso *answer, const char *code, const char *of_what);
/* All of it: a connection, if there is none, signed on. */
bool connected(struct run *r);
bool sign_on(struct run *r, struct wire_net *answer);

/* Head of a new key: the next reference and STAN, now. */
void new_head(struct run *r, int proc, struct wire_head *head);
/* A payment of prepaid credit for the first customer that can take it. */
bool new_prepaid(struct run *r, int64_t fen, struct wire_payment *p);
/* A payment of that bill, with its late fee. */
void new_bill_payment(struct run *r, const char *customer, const struct wire_listed_bill *bill, struct wire_payment *p);
/* Sends the payment as mti, the code must be `code` (NULL: any); answer may be NULL. */
bool pay(struct run *r, const struct wire_payment *p, const char *mti, const char *code, struct wire_answer *answer);
/* The 04xx of that payment. */
bool undo(struct run *r, const struct wire_payment *p, const char *mti, const char *code, struct wire_answer *answer);
void undo_message(struct run *r, const struct wire_payment *p, const char *mti, struct iso *m);
bool state_is(struct run *r, const struct wire_payment *p, enum wire_state state, const char *approval);
/* The same answer as the first time: code, approval, dispositions. */
bool same_answer(struct run *r, const struct wire_answer *first, const struct wire_answer *again);

bool bills_of(struct run *r, const char *customer, struct wire_bills *b);
/* A customer whose first open bill is of that kind, its bills fetched now; skips the case when there is none. */
bool find_bills(struct run *r, enum kind kind, struct wire_bills *b);
bool totals(struct run *r, const struct wire_totals *mine, bool closing, bool whole_bank, struct wire_totals *theirs);

#endif
