/* What approvals, operators, tills and day share inside the ledger: roles, the
 * second person's word, cash that may not go below nothing. All of it runs in
 * the caller's transaction. */
#ifndef LEDGER_BOOKS_H
#define LEDGER_BOOKS_H

#include "ledger/day.h"
#include "ledger/inside.h"
#include "ledger/operator.h"

enum { ROLE_TELLER = 1, ROLE_SUPERVISOR = 2, ROLE_TECHNICIAN = 4, ROLE_OUTSIDE = 8 };
/* 0: no such role. */
unsigned role_of(const char *word);
/* This operator is active and of one of these roles; ROLE otherwise. */
enum ledger_result role_check(struct ledger *ledger, const char *operator_number, unsigned roles, const char *what,
                              struct error *err);

/* The maker's role for this act, and the second person's word: used up when one is
 * given, APPROVAL when it is needed and none is. checker "": nobody was asked. */
enum ledger_result approval_second(struct ledger *ledger, const struct ledger_two *two, const char *act, const char *subject,
                                   bool needed, char checker[LEDGER_OPERATOR_SIZE], struct error *err);

/* one_time.c. Whether a second person's one-time code is asked for, and right: *matched comes as his password's verdict. A step
 * is used up with it. APPROVAL_CODE: none was given, or he has none. */
enum ledger_result ledger_code_check(struct ledger *ledger, const struct ledger_operator *who, const char *code, bool *matched, struct error *err);

/* Debits less credits of an account, whichever commodity it is in. */
enum ledger_result balance_of(struct ledger *ledger, const char *account, int64_t *fen, struct error *err);
/* CASH_SHORT when so much is not in it. */
enum ledger_result cash_check(struct ledger *ledger, const char *account, int64_t sum_fen, const char *what, struct error *err);
/* A sum of money that a person typed: 1 fen up to what the wire can carry (0 too when `none`). */
enum ledger_result sum_check(int64_t sum_fen, bool none, const char *what, struct error *err);

/* A count: its notes add up (notes), it is kept before anything expected is said, and what was over or short is booked. */
struct count_made {
    const char *place;                   /* "till:07" or "vault" */
    int64_t till;                        /* 0: the vault */
    day_t day;
    const char *operator_number, *second; /* second NULL: alone */
    int64_t counted_fen, expected_fen;
};
enum ledger_result count_sum(const struct ledger_note *notes, int note_count, int64_t sum_fen, int64_t *counted_fen,
                             struct error *err);
enum ledger_result count_keep(struct ledger *ledger, const struct count_made *count, const struct ledger_note *notes,
                              int note_count, struct error *err);
enum ledger_result count_book(struct ledger *ledger, const struct count_made *count, struct error *err);

/* The audit head of now stands on this day from now on. */
enum ledger_result day_anchor(struct ledger *ledger, day_t date, struct error *err);
/* What is owed to the utility of a closed day and not yet booked over to the bank. */
enum ledger_result day_clear(struct ledger *ledger, day_t date, const char *operator_number, struct error *err);

#endif
