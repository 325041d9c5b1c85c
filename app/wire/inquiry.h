/* Inquiry of a customer's bills (0100 / 310000, 320000) and search (311000). */
#ifndef WIRE_INQUIRY_H
#define WIRE_INQUIRY_H

#include "wire/payment.h"

#define WIRE_NAME_SIZE 256   /* 60 characters of UTF-8 */
#define WIRE_LISTED_MAX 24   /* bills shown in one answer */
#define WIRE_FOUND_MAX 24

struct wire_fee_rules { /* tag FR: next-year permille|minimum|cap|oldest first|part payment */
    int next_year_permille;
    int64_t minimum_fen, cap_fen; /* 0: none */
    int oldest_first, part_payment;
};
#define WIRE_TIERS_SIZE 160
struct wire_listed_bill { /* DE 120..: bill|period|kwh|amount|unpaid|late fee|due|first|last|permille|class|code|previous|current|multiplier|tiers */
    char bill[WIRE_BILL_SIZE], period[7];
    int64_t kwh, amount_fen, unpaid_fen, late_fee_fen; /* late fee as of today */
    day_t due, first, last;                            /* window, both counted */
    int permille;
    char tariff[11];
    char code[3]; /* "00" payable, else why not (77, 79, 80 ...) */
    int64_t prev, curr, multiplier; /* of the meter */
    char tiers[WIRE_TIERS_SIZE];    /* kwh@price, separated by ; in here and by , on the wire */
};
struct wire_bills {
    char customer[WIRE_NUMBER_SIZE], name[WIRE_NAME_SIZE], address[WIRE_NAME_SIZE];
    char station[41], meter[21]; /* tags SS, MT */
    int64_t credit_fen; /* tag CR */
    char transfer_bank[12], transfer_end[5]; /* tag TR: whose bills a bank debits by list, "" none */
    day_t retry_until, result_by; /* of the list that a bill shown is out with, then so are bank and account; 0: none is out */
    struct wire_fee_rules rules;
    int not_shown;      /* tag NS: open bills that did not fit */
    int bill_count;
    struct wire_listed_bill bills[WIRE_LISTED_MAX];
};
struct wire_found { /* DE 120..: customer|name|address|meter|open count|open sum */
    char customer[WIRE_NUMBER_SIZE], name[WIRE_NAME_SIZE], address[WIRE_NAME_SIZE], meter[21];
    int open_count;
    int64_t open_fen;
};
/* head: proc PROC_BILLS, PROC_BILL (bill given) or PROC_SEARCH; no DE 4 in an inquiry. */
int wire_bills_ask(const struct wire_head *head, const char *customer, const char *bill,
                   struct iso *m, struct error *err);
int wire_search_ask(const struct wire_head *head, const char *utf8, struct iso *m, struct error *err);
/* Bills that do not fit are counted in NS. */
int wire_bills_pack(const struct iso *req, const struct wire_bills *b, struct iso *m, struct error *err);
int wire_bills_unpack(const struct iso *m, struct wire_bills *b, struct error *err);
int wire_search_pack(const struct iso *req, const struct wire_found *rows, int count, int more,
                     struct iso *m, struct error *err);
int wire_search_unpack(const struct iso *m, struct wire_found *rows, int *count, int *more,
                       struct error *err);

#endif
