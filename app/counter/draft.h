/* What a teller is about to collect: the bills found, which are taken, the cash.
 * Nothing of it is stored anywhere until branchd has recorded the payment. */
#ifndef COUNTER_DRAFT_H
#define COUNTER_DRAFT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define DRAFT_BILLS_MAX 12
#define DRAFT_CUSTOMER_SIZE 32
#define DRAFT_CASH_DIGITS 7       /* before the point; more is a customer number */
#define DRAFT_AHEAD_FEN 10000     /* an Enter typed ahead records only with less change than this */

struct draft {
    json_t *found; /* lookup's answer, owned; NULL: nobody looked up */
    bool taken[DRAFT_BILLS_MAX];
    bool exact; /* looked up by the number that was typed */
    int64_t tendered_fen, change_fen, prepaid_fen;
};
struct draft_sums { int taken; int64_t kwh, amount_fen, late_fen, pay_fen; };

/* A scan of the utility's notice, a number or a QR's text. */
struct draft_scan { char customer[DRAFT_CUSTOMER_SIZE], period[8]; int64_t amount_fen; /* -1: not in it */ };

void draft_clear(struct draft *draft);
/* Takes a reference; every payable bill is taken. */
void draft_found(struct draft *draft, const json_t *found, bool exact);
/* The same again with new sums: what was taken stays taken, the cash stays. */
void draft_renew(struct draft *draft, const json_t *found);
int draft_count(const struct draft *draft);
const json_t *draft_bill(const struct draft *draft, int i);
bool draft_payable(const struct draft *draft, int i);
bool draft_all_payable(const struct draft *draft);
/* Stars or unstars; under oldest_first the older ones come along, the younger
 * ones go. False: this bill can't be paid. */
bool draft_star(struct draft *draft, int i, bool oldest_first);
struct draft_sums draft_sums(const struct draft *draft);
/* Of the bills shown that are out with a bank (withheld): what the bank is to debit; *any says which bill is one, -1 none. */
int64_t draft_withheld(const struct draft *draft, int *any);
/* Tendered as typed: "600", "." for exact cash. Sets cash and change, nothing kept. */
int draft_cash(struct draft *draft, const char *typed, struct error *err);
/* Confirm as typed: "" all change goes out, "+" all of it is kept as credit, "+40" so much. */
int draft_keep(struct draft *draft, const char *typed, struct error *err);
/* pay's parameters; a new reference. */
json_t *draft_pay(const struct draft *draft);
/* False: the text is a name, an address or the end of a meter number. */
bool draft_scan(const char *typed, struct draft_scan *scan);

#endif
