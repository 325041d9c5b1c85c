/* Network management (0800), totals (0500) and file actions (0300), typed. */
#ifndef WIRE_SESSION_H
#define WIRE_SESSION_H

#include "wire/payment.h"

#define WIRE_REOPENED_MAX 40
#define WIRE_RECORDS_MAX 64

struct wire_net {
    int net; /* DE 70 */
    char stan[7], bank[KEY_BANK_SIZE], branch[KEY_BRANCH_SIZE], terminal[9];
    int64_t sent_ms;
    char nonce[33]; /* EN, 32 hex digits; sign-on of a branch only, else "" */
    char code[3];   /* answers */
    int epoch;      /* EP, 1..99; 0: none */
    int reopened_count;
    day_t reopened[WIRE_REOPENED_MAX]; /* RO, YYYYMMDD each */
    day_t begins; /* BD, of a cut-over: the business day that begins; of the answer to a bank's sign-on: the one that is; 0: not said */
};
int wire_net_ask(const struct wire_net *n, struct iso *m, struct error *err);
int wire_net_answer(const struct iso *req, const struct wire_net *n, struct iso *m, struct error *err);
int wire_net_unpack(const struct iso *m, struct wire_net *n, struct error *err);

struct wire_totals {
    struct wire_head head;                    /* key.ref is the request's own */
    int64_t credits, credits_fen;             /* DE 74, 86: payments */
    int64_t credit_undone, credit_undone_fen; /* DE 75, 87: reversals of payments */
    int64_t debits, debits_fen;               /* DE 76, 88: refunds */
    int64_t debit_undone, debit_undone_fen;   /* DE 77, 89 */
    bool closing;                             /* tag CO: after cut-off */
    char audit_head[65];                      /* tag AH, hex; "" none */
    char code[3];
    int settlement;                           /* DE 66: 1 in balance, 2 out */
    int reopened_count;
    day_t reopened[WIRE_REOPENED_MAX];
};
/* DE 97 is worked out: credits - credits undone - debits + debits undone. */
int wire_totals_ask(const struct wire_totals *t, struct iso *m, struct error *err);
int wire_totals_answer(const struct iso *req, const struct wire_totals *t, struct iso *m, struct error *err);
int wire_totals_unpack(const struct iso *m, day_t near, struct wire_totals *t, struct error *err);

struct wire_part { /* one part of a file */
    struct wire_head head;
    char action; /* DE 91: '1' send me, '2' here is */
    char file[18]; /* DE 101 */
    int64_t part, last; /* PT, LP: 1..; last 0 in a request */
    char code[3];
    int record_count;
    struct iso_slice records[WIRE_RECORDS_MAX]; /* escaped lines, inside the message */
};
int wire_part_ask(const struct wire_part *p, struct iso *m, struct error *err);
int wire_part_answer(const struct iso *req, const struct wire_part *p, struct iso *m, struct error *err);
int wire_part_unpack(const struct iso *m, day_t near, struct wire_part *p, struct error *err);

#endif
