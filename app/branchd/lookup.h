/* What a look-up shows: a customer's bills with late fees, windows and what can
 * be paid of them, from the utility or from the copy. It is the draft that `pay`
 * must agree with. */
#ifndef BRANCHD_LOOKUP_H
#define BRANCHD_LOOKUP_H

#include <jansson.h>

#include "branchd/copy.h"
#include "ledger/ledger.h"
#include "wire/inquiry.h"

struct lookup_bill {
    struct bill bill;            /* name, address, station stand in the lookup */
    int64_t amount_fen;          /* unpaid */
    struct late_fee late;
    char code[3];                /* "00", or why it can't be paid: 77, 80 … */
    bool payable;
    const char *reason;          /* word of RPC.md's code 3; NULL when payable */
    day_t from;                  /* can be paid from then; DAY_NONE unknown */
};
struct lookup {
    char token[LEDGER_TOKEN_SIZE];
    char customer[BILL_CUSTOMER_MAX + 1];
    char name[4 * BILL_NAME_MAX + 1], address[4 * BILL_NAME_MAX + 1], station[4 * BILL_STATION_MAX + 1];
    char meter[BILL_NUMBER_MAX + 1], tariff;
    bool from_copy;
    int64_t as_of_ms;
    day_t on;                    /* late fees and windows as of that day */
    int64_t credit_fen;          /* -1: not known */
    char debited_at[12], debited_end[5]; /* a transfer customer: bank, and the end of the account; "" none, or not known */
    day_t deposit_until, result_by; /* of the list that his withheld bills are on; 0 not known */
    struct copy_rules rules;
    int count, more;
    struct lookup_bill bills[LEDGER_BILLS_MAX];
};

/* From the utility's answer, late fees as it says them; rules travel with it. */
void lookup_from_wire(struct lookup *l, const struct wire_bills *w, day_t today);
/* From the copy: fees and windows judged here by the feed's rules. */
void lookup_from_copy(struct lookup *l, const char *customer, const struct copy_customer *c,
                      const struct copy_rules *rules, day_t today);
/* The same bills judged for another day (midnight passed). */
void lookup_judge(struct lookup *l, day_t today);
/* in_hand: bills that a payment of this branch has under way. */
json_t *lookup_json(const struct lookup *l, const char *as_of, bool offline);

/* What a teller wants to pay. */
struct lookup_choice { char bill[BILL_NUMBER_MAX + 1]; int64_t amount_fen, late_fee_fen; };
/* Does it agree with what was shown? Returns the reason word of RPC.md, or NULL
 * when it does; why is for people. Oldest first where the rules say so; a bill
 * of nothing bars none. */
const char *lookup_disagrees(const struct lookup *l, const struct lookup_choice *chosen, int count, char *why,
                             size_t why_size);

#endif
