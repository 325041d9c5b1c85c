/* The bill record: one line of a bills file and of the bill feed.
 *
 *   bill|customer|name|address|station|class|meter|period|previous|current|
 *   multiplier|kWh|fen|kWh@price;...|due|window first|window last|per mille
 *
 * A struct bill that bill_parse or bill_check passed is whole: every text within
 * its limit and printable, every date real, the kWh those of the readings and of
 * the tiers. The tiers' prices need not give the amount: tariffs have surcharges. */
#ifndef WIRE_BILL_H
#define WIRE_BILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/error.h"

#define BILL_FIELDS 18
#define BILL_NUMBER_MAX 20   /* digits or letters; the meter's too */
#define BILL_CUSTOMER_MAX 28 /* digits or letters, DE 103 */
#define BILL_NAME_MAX 60     /* characters; the address's too */
#define BILL_STATION_MAX 10  /* characters */
#define BILL_TIERS_MAX 6
#define BILL_WIRE_MAX 999    /* of a record as written on the wire */
#define BILL_TEXT_SIZE 1200  /* room for any record, UTF-8, with its NUL */
#define BILL_CLASS_RESIDENT 'R'

struct bill_tier {
    int64_t kwh;
    int64_t price_e4; /* yuan a kWh, in 1/10000: 0.5200 is 5200 */
};

struct bill {
    char number[BILL_NUMBER_MAX + 1];
    char customer[BILL_CUSTOMER_MAX + 1];
    char name[4 * BILL_NAME_MAX + 1];       /* never empty */
    char address[4 * BILL_NAME_MAX + 1];    /* may be empty */
    char station[4 * BILL_STATION_MAX + 1]; /* may be empty */
    char tariff;                            /* class: one of A to Z, R is residents */
    char meter[BILL_NUMBER_MAX + 1];
    char period[7];                         /* YYYYMM */
    int64_t prev, curr, multiplier, kwh;    /* curr < prev: the meter turned over or was changed */
    int64_t amount_fen;
    int tier_count;
    struct bill_tier tiers[BILL_TIERS_MAX];
    day_t due;
    day_t window_first, window_last; /* both days are in it */
    int rate_permille;               /* late fee a day */
};

/* What is wrong with which field: 1 to BILL_FIELDS, 0 for the record as a whole. */
struct bill_fault {
    int field;
    char why[160];
};

/* "customer name" of 3; "record" of any other number. */
const char *bill_field_name(int field);

/* From a record's decoded fields. 0, or -1 with fault filled (out is then of no use). */
int bill_parse(const char *const *fields, size_t count, struct bill *out, struct bill_fault *fault);
/* The same limits, for a bill that was put together by a program. */
int bill_check(const struct bill *b, struct bill_fault *fault);
/* One record without line end, UTF-8, as in a file. size >= BILL_TEXT_SIZE; returns buf. */
const char *bill_format(const struct bill *b, char *buf, size_t size);
/* "180@0.5200;36@0.5700" alone, and back (-1: malformed; *count within BILL_TIERS_MAX). */
const char *bill_tiers_format(const struct bill_tier *tiers, int count, char *buf, size_t size);
int bill_tiers_parse(const char *text, struct bill_tier *tiers, int *count);

/* As on the wire: the texts written \uXXXX. Returns the length, or -1 when it
 * exceeds size or BILL_WIRE_MAX. */
int bill_wire_format(const struct bill *b, char *buf, size_t size);
/* Whether bill_wire_format would give at most `room` characters; most bills are
 * known to without being written. */
bool bill_wire_fits(const struct bill *b, size_t room);
/* From len characters of the wire. 0 or -1 as bill_parse. */
int bill_wire_parse(const char *text, size_t len, struct bill *out, struct bill_fault *fault);

/* --- late fee ---------------------------------------------------------------- */

/* The utility's rules beside each bill's own rate; minimum and cap 0: none. */
struct fee_rules {
    int next_year_permille; /* classes other than residents, days after the due date's year */
    int64_t minimum_fen, cap_fen; /* of one bill's fee */
};

struct fee_part {
    day_t first; /* first day counted */
    int days, rate_permille;
    int64_t base_fen, fee_fen; /* the parts' fees add up to the fee before minimum and cap */
};

#define FEE_PARTS_MAX 2

struct late_fee {
    int days; /* from the day after the due date to the day of payment, both counted */
    int64_t fee_fen;
    int part_count;
    struct fee_part parts[FEE_PARTS_MAX];
    enum { FEE_AS_COUNTED, FEE_RAISED_TO_MINIMUM, FEE_CUT_TO_CAP } adjusted;
};

/* The fee on what is unpaid of a bill, when paid on `on`; rounded half up to the
 * fen once. False when the fee is more than MONEY_MAX_FEN. unpaid_fen >= 0. */
bool bill_late_fee(const struct bill *b, int64_t unpaid_fen, day_t on,
                   const struct fee_rules *rules, struct late_fee *out);
/* The same from the facts that it rests on. */
struct fee_facts {
    bool resident;
    day_t due;
    int rate_permille;
    int64_t unpaid_fen;
};
bool late_fee(const struct fee_facts *facts, day_t on, const struct fee_rules *rules,
              struct late_fee *out);
/* "26 days x 1/1000 x 85.28 = 2.22", the parts joined with " + ". Returns buf. */
const char *late_fee_text(const struct late_fee *fee, char *buf, size_t size);

#endif
