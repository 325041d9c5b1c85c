/* Payments, reversals, dispositions and the state of a payment, typed. */
#ifndef WIRE_PAYMENT_H
#define WIRE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/date.h"
#include "base/error.h"
#include "base/key.h"
#include "wire/iso.h"

#define WIRE_BILLS_MAX 12  /* bills of one payment */
#define WIRE_BILL_SIZE 21  /* 20 digits or letters and NUL */
#define WIRE_NUMBER_SIZE 29 /* customer or account: ans28 and NUL */
#define WIRE_SEALED_SIZE 201 /* tag PW, hex */
#define WIRE_BOOK_SIZE 61    /* tag BK */
#define WIRE_PARTS_MAX (2 * WIRE_BILLS_MAX + 2)

/* What every message of a key has. */
struct wire_head {
    struct key key;
    char stan[7];             /* DE 11 */
    char terminal[9];         /* DE 41 */
    int proc;                 /* DE 3 */
    int64_t amount_fen;       /* DE 4 */
    struct civil local;       /* DE 12, 13; the year is found from `near` */
    day_t business_day;       /* DE 15 */
    int64_t sent_ms;          /* DE 7, UTC */
};
struct wire_bill_part { /* tag BL: bill|amount|late fee */
    char bill[WIRE_BILL_SIZE];
    int64_t amount_fen, late_fee_fen;
};
struct wire_payment {
    struct wire_head head;
    char customer[WIRE_NUMBER_SIZE]; /* DE 103 */
    char account[WIRE_NUMBER_SIZE];  /* DE 102; empty for cash */
    int bill_count;
    struct wire_bill_part bills[WIRE_BILLS_MAX];
    int64_t prepaid_fen;             /* tag PP */
    char operator_id[9];             /* tag OP */
    char sealed[WIRE_SEALED_SIZE], book[WIRE_BOOK_SIZE], checker[9]; /* from an account: the customer's proof, tags PW or BK and SP */
    char moved[KEY_REF_SIZE], from[3]; /* refund and transfer: tags PK (whose money) and MV (BL PP SU: where it lies); "" none */
};
struct wire_reversal { /* 0400 and 0420; the head's STAN, times and amount are the payment's */
    struct wire_head head;
    char original_mti[5], maker[9], checker[9]; /* DE 90; tags OP, SP */
    char moved[KEY_REF_SIZE]; /* of a transfer or refund: tag PK, "" none */
};
enum wire_place { PLACE_BILL, PLACE_PREPAID, PLACE_SUSPENSE, PLACE_REVERSED }; /* BL PP SU RV */
struct wire_disposition { /* tag DX: part|place|amount */
    char part[WIRE_BILL_SIZE]; /* bill, or "PP" for the prepaid part */
    enum wire_place place;
    int64_t amount_fen;
};
struct wire_answer { /* 0210, 0230, 0410, 0430 */
    char code[3], approval[7]; /* DE 39, 38 ("" when absent) */
    int part_count;
    struct wire_disposition parts[WIRE_PARTS_MAX];
    char reason[200];          /* tag TX, UTF-8 */
};
enum wire_state { STATE_UNKNOWN, STATE_POSTED, STATE_DECLINED, STATE_REVERSED, STATE_UNDONE,
                  STATE_TOMBSTONE }; /* tag ST: N P D R U T */

/* mti "0200", "0201", "0220", "0221". The parts must sum up to amount_fen. */
int wire_payment_pack(const struct wire_payment *p, const char mti[5], struct iso *m, struct error *err);
/* near: the receiver's local day, for the year. */
int wire_payment_unpack(const struct iso *m, day_t near, struct wire_payment *p, struct error *err);
/* mti "0400", "0401", "0420", "0421". */
int wire_reversal_pack(const struct wire_reversal *r, const char mti[5], struct iso *m, struct error *err);
int wire_reversal_unpack(const struct iso *m, day_t near, struct wire_reversal *r, struct error *err);
/* Answer to req; a reason longer than fits is left out, dispositions never are. */
int wire_answer_pack(const struct iso *req, const struct wire_answer *a, struct iso *m, struct error *err);
int wire_answer_unpack(const struct iso *m, struct wire_answer *a, struct error *err);
/* 0100 / 330000 asks for the key in `head`; its answer is a wire_answer with ST. */
int wire_state_ask(const struct wire_head *head, struct iso *m, struct error *err);
int wire_state_pack(const struct iso *req, enum wire_state state, const struct wire_answer *a,
                    struct iso *m, struct error *err);
int wire_state_unpack(const struct iso *m, enum wire_state *state, struct wire_answer *a,
                      struct error *err);

#endif
