/* The special accounts (电费专用账户): opening, agreements, and every movement of
 * money in them by double entry. All of it inside a transaction of the caller's;
 * each returns 0, -1 with err when the books fail, or 1 when it is refused, with
 * the response code in `code`. */
#ifndef BANKD_ACCOUNT_H
#define BANKD_ACCOUNT_H

#include "bankd/bank.h"

#define ACCOUNT_TEXT_SIZE 20 /* 18 digits */
#define ACCOUNT_NAME_SIZE 241
#define ACCOUNT_CUSTOMER_SIZE 29

enum account_state { ACCOUNT_OPEN, ACCOUNT_FROZEN, ACCOUNT_CLOSED };
extern const char *const account_states[];

/* entry.what */
enum account_what {
    WHAT_DEPOSIT = 1, WHAT_WITHDRAW, WHAT_WITHHELD, WHAT_HOLD, WHAT_PAID, WHAT_RELEASED, WHAT_UNDONE, WHAT_SETTLED, WHAT_COUNT
};
extern const char *const account_whats[];

enum own_account { OWN_OWED = 1, OWN_CLEARING, OWN_HELD, OWN_CASH };

struct account {
    int64_t number, balance_fen, lines, last;
    enum account_state state;
};
struct account_holder { const char *name, *document, *phone, *by; };
/* Where and why money moves. */
struct account_move {
    enum account_what what;
    int64_t debit, credit, fen;
    const char *branch, *key; /* NULL: none */
    day_t business;
};

/* 18 digits and the last is their check digit. False: of no valid form. */
bool account_parse(const char *text, int64_t *number);
const char *account_format(int64_t number, char buf[ACCOUNT_TEXT_SIZE]);
int64_t account_number(const char *bank, int64_t serial);

/* 1: there is no such account (code 14). */
int account_read(struct db *db, int64_t number, struct account *a, char code[3], struct error *err);
/* A new account with its agreement's first customer. 94: the customer stands in
 * another's agreement, *number says in which. */
int account_open(struct db *db, const struct bank *b, const struct account_holder *holder, const char *customer,
                 const char *name, int64_t *number, char code[3], struct error *err);
/* One more customer. 14, 62, 94 as above (*stands: that account). */
int account_link(struct db *db, const struct bank *b, int64_t number, const char *customer, const char *name,
                 int64_t *stands, char code[3], struct error *err);
/* The account in whose agreement a customer stands; 0: none. */
int account_of_customer(struct db *db, const char *customer, int64_t *number, struct error *err);
int account_unlink(struct db *db, int64_t number, const char *customer, char code[3], struct error *err);
/* One movement between a special account and one of the bank's own, or between two
 * of its own. 14, 51, 62 (a frozen account takes deposits and gives nothing); 13:
 * no amount, or more than an account can hold. *balance_fen (may be NULL): after it. */
int account_move(struct db *db, const struct bank *b, const struct account_move *move, int64_t *balance_fen,
                 char code[3], struct error *err);
/* Closed is for ever, and wants a balance of 0 (else 51). */
int account_set_state(struct db *db, int64_t number, enum account_state state, char code[3], struct error *err);

#endif
