/* The posting place's judge: what the state of a payment's key answers to each
 * message, and what that changes. Pure: no SQL, no clock, no network. A store
 * reads the rows that a group of requests names into `struct judge_view`s that
 * share them, calls judge_payment() for each request in order of arrival, and
 * writes back every row marked `changed`, in one transaction.
 *
 *   key is      0200              0220                0400             0420
 *   unknown     judged            posted, DX          25               tombstone
 *   declined    same refusal      posted, DX          25               tombstone
 *   posted      as first time     as first time       reversed|98|51   undone, DX
 *   back (*)    12                00, DX = RV         00               00
 *   (*) tombstone, undone or reversed
 */
#ifndef UTILITYD_JUDGE_H
#define UTILITYD_JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/date.h"
#include "base/key.h"
#include "wire/bill.h"

#define JUDGE_PARTS_MAX 12    /* bills of one payment */
#define JUDGE_PLACES_MAX 26   /* each bill may be divided in two, and the prepaid part */
#define JUDGE_BILL_SIZE 21    /* bill number, 20 and NUL */
#define JUDGE_CUSTOMER_SIZE 29
#define JUDGE_DIGEST_SIZE 16
#define JUDGE_TRACE_SIZE 40
#define JUDGE_PART_SOURCE (-2)            /* a place that only names, as its bill, the key whose money came here */
#define JUDGE_PART_MOVED(part) (-100 - (part)) /* money that lay there went on to another key; the same back again */

enum judge_kind { JUDGE_PAY /* 0200, 0201 */, JUDGE_ADVISE /* 0220, 0221 */,
                  JUDGE_REVERSE /* 0400, 0401 */, JUDGE_UNDO /* 0420, 0421 */ };
enum key_state { KEY_UNKNOWN, KEY_DECLINED, KEY_POSTED, KEY_TOMBSTONE, KEY_UNDONE, KEY_REVERSED };
enum bill_state { BILL_OPEN, BILL_PAID, BILL_WITHHELD, BILL_WITHDRAWN };
enum judge_home { HOME_BILL /* BL */, HOME_CREDIT /* PP */, HOME_SUSPENSE /* SU */ };

/* Two letters as in tag DX. */
const char *judge_home_name(enum judge_home home);

struct judge_part {
    char bill[JUDGE_BILL_SIZE];
    int64_t amount_fen, late_fen;
};

/* One message, checked for form and authority before it comes here. */
struct judge_request {
    enum judge_kind kind;
    struct key key;
    uint8_t content[JUDGE_DIGEST_SIZE]; /* all fields but MTI and DE 7; 02xx only */
    uint8_t origin[JUDGE_DIGEST_SIZE];  /* DE 3, 4, 11, 12, 13, 32, 37, 41, 42 */
    char trace[JUDGE_TRACE_SIZE];       /* DE 11, 41, 12 and 13 in words: STAN|terminal|YYYY-MM-DDThh:mm:ss */
    char customer[JUDGE_CUSTOMER_SIZE]; /* 02xx only */
    int proc; /* DE 3 */
    int64_t amount_fen, prepaid_fen;    /* amount = parts with late fees + prepaid */
    struct judge_part parts[JUDGE_PARTS_MAX];
    size_t part_count;
    day_t taken;    /* DE 12, 13: window and late fee go by it */
    day_t business; /* DE 15: totals and closing go by it */
    bool too_late;  /* an advice older than the off-line limits allow */
    bool again;     /* came as a repeat, x1 */
    char maker[9], checker[9]; /* names on a 04xx: kept, never compared */
    char approval[7]; /* given to the key if this request posts it */
    struct key original;  /* refund or transfer: whose money (tag PK); ref "" none */
    enum judge_home from; /* where it lies (tag MV) */
};

/* Where money of a key lies. `part` is its place in the request's list of
 * bills, or -1 for the prepaid part; below that see JUDGE_PART_. */
struct judge_place {
    int part;
    char bill[JUDGE_BILL_SIZE]; /* empty for the prepaid part */
    enum judge_home home;
    int64_t amount_fen;
};

struct judge_key {
    struct key key;
    enum key_state state;
    bool has_content;                   /* false: known from a 0420 alone */
    uint8_t content[JUDGE_DIGEST_SIZE], origin[JUDGE_DIGEST_SIZE];
    char trace[JUDGE_TRACE_SIZE]; /* of the message that made the key; never read back */
    char code[3];      /* first answer to the 02xx: "00" or the refusal */
    char reversal[3];  /* remembered refusal of a 0400: "98", "51" or empty */
    char approval[7];
    char customer[JUDGE_CUSTOMER_SIZE];
    int proc; /* DE 3 of the payment; 0 while known from a 0420 alone */
    int64_t amount_fen;
    day_t taken, business;
    bool flagged;      /* came for a closed day, or too late: its day is re-opened */
    struct judge_place places[JUDGE_PLACES_MAX];
    size_t place_count;
    int64_t short_fen; /* what an undoing could not take back */
    bool changed;
};

struct judge_bill {
    char number[JUDGE_BILL_SIZE];
    char customer[JUDGE_CUSTOMER_SIZE];
    int64_t amount_fen;
    day_t due, first, last; /* window, both ends counted */
    int rate_permille;
    bool resident;
    enum bill_state state;
    struct key paid_by; /* PAID only */
    bool changed;
};

struct judge_customer {
    char number[JUDGE_CUSTOMER_SIZE];
    int64_t credit_fen;
    bool changed;
};

struct judge_rules {
    bool oldest_first;
    day_t open_from; /* business days before it are closed by the utility's own cut-over */
    struct fee_rules fee; /* the same that the branch uses off line, from the head of the feed */
};

/* The rows one request needs. The customer is the stored key's when the key is
 * known. The bills are that customer's open ones and the named ones; rows are
 * shared with the other requests of the group. */
struct judge_view {
    struct judge_key *key;           /* never NULL; state KEY_UNKNOWN when new */
    struct judge_customer *customer; /* NULL: no such customer */
    struct judge_key *original;      /* the request's original; NULL: none is named */
    struct judge_customer *source;   /* its customer; may be NULL */
    struct judge_bill **bills;
    size_t bill_count;
    bool day_closed; /* the branch's business day DE 15 is closed here */
};

struct judge_answer {
    char code[3];     /* DE 39 */
    char approval[7]; /* DE 38, empty when there is none */
    bool undone;      /* DX = RV: the cash is back, nothing was posted */
    bool repeat;      /* answered from memory, nothing changed */
    bool audit;       /* other content under a used key */
    struct judge_place places[JUDGE_PLACES_MAX]; /* DX */
    size_t place_count;
};

/* Answers one request and changes the rows of the view. The rows must be
 * written, and committed, before the answer leaves. */
void judge_payment(const struct judge_rules *rules, const struct judge_view *view,
                   const struct judge_request *request, struct judge_answer *answer);

/* Whether a 04xx goes to the list of reversals, with the names on it: each that
 * was asked, but for a repeat of one that was answered from memory. */
bool judge_is_reversal_to_keep(const struct judge_request *request, const struct judge_answer *answer);

#endif
