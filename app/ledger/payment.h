/* A payment's life: T1 to T6, and the ways back. States as in schema.sql's `move`.
 *
 *   recorded -> posted | declined | advised | undoing | excepted;  advised -> posted | excepted | undoing
 *   posted | excepted -> reversing -> reversed, or back as it stood;  undoing -> undone | short
 *   excepted | short -> settled;  advised | undoing | reversing -> settled, with its parked row */
#ifndef LEDGER_PAYMENT_H
#define LEDGER_PAYMENT_H

#include "ledger/approval.h"
#include "ledger/ledger.h"

struct ledger_bill {
    char bill[LEDGER_BILL_SIZE], period[7];
    int64_t amount_fen, late_fee_fen;
};

/* T1: what a teller confirmed. */
struct ledger_draft {
    char token[LEDGER_TOKEN_SIZE];   /* of the look-up; a second call with it gives the first one's payment */
    int proc;                        /* 500000; of a refund 200000, of a transfer 220000; those of payment_account */
    struct key key;                  /* of payment_account: kept for it by payment_key; ref "": the next one */
    char account[LEDGER_CUSTOMER_SIZE];
    char customer[LEDGER_CUSTOMER_SIZE], name[LEDGER_NAME_SIZE], address[LEDGER_NAME_SIZE];
    struct ledger_bill bills[LEDGER_BILLS_MAX];
    int bill_count;
    int64_t prepaid_fen, tendered_fen, change_fen;
    const char *detail;              /* JSON for templates and cards; stored as it is */
    char operator_number[LEDGER_OPERATOR_SIZE], terminal[LEDGER_TERMINAL_SIZE];
    bool offline;                    /* goes on as an advice from the start: limits apply */
};

struct ledger_disposition { char part[LEDGER_BILL_SIZE]; char place[3]; int64_t amount_fen; };

/* A payment as it stands; a copy. */
struct ledger_payment {
    int64_t id;
    struct key key;
    int proc;
    char state[12];
    char customer[LEDGER_CUSTOMER_SIZE], name[LEDGER_NAME_SIZE], address[LEDGER_NAME_SIZE];
    int64_t bills_fen, late_fee_fen, prepaid_fen, amount_fen, tendered_fen, change_fen;
    struct ledger_bill bills[LEDGER_BILLS_MAX];
    char bill_places[LEDGER_BILLS_MAX][3]; /* BL PP SU RV, "" unanswered */
    int bill_count;
    struct ledger_disposition parts[LEDGER_PARTS_MAX];
    int part_count;
    day_t day;
    int64_t taken_ms, answered_ms, shown_ms, handed_ms; /* 0: not yet */
    int stan;
    char terminal[LEDGER_TERMINAL_SIZE], operator_number[LEDGER_OPERATOR_SIZE], operator_name[64], till[LEDGER_TILL_SIZE];
    bool adopted;                   /* lost with a disk, taken up again by two people */
    bool offline, held, no_cash, posted, undone, reversed, foreign_undo, kept;
    bool asked;                     /* a row of it has been sent at least once */
    bool unanswered;                /* recorded, and its 0200 went out and got no final answer */
    bool parked;
    char code[3], approval[7], reason[LEDGER_REASON_SIZE];
    char account[LEDGER_CUSTOMER_SIZE]; /* special account, "" none */
    int64_t balance_fen;            /* of that account, as the bank answered; -1 unknown */
    int64_t rest_fen, owed_fen, handed_fen, moved_fen; /* moved: refunded, or transferred away */
    struct key source;              /* refund, transfer: whose money; ref "" none */
    char source_place[3];           /* "BL", "PP", "SU"; "" none */
    struct {                        /* the latest one, id 0: none */
        int64_t id;
        char kind[8], state[12], doubt[12], series[LEDGER_SERIES_SIZE], number[20]; /* number "" : none */
        int attempt, reprints;
    } invoice;
};

/* T1. Refused: TOKEN, DAY, TILL, STARTUP, STOPPED, IN_HAND, OFFLINE_LIMIT, LIMIT, CASH_SHORT, PREPAID, PARAMS,
 * APPROVAL (cash above the limit; two may be NULL). */
enum ledger_result payment_record(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_two *two,
                                  struct ledger_payment *out, struct error *err);
/* The counter's terminal took the bytes that say "recorded". */
enum ledger_result payment_shown(struct ledger *ledger, const struct key *key, struct error *err);

/* --- the queue ------------------------------------------------------------------ */

struct ledger_send {
    int64_t outbox, payment;
    char class[8];
    int tries;               /* 1: the first time; more: send as a repeat (x1, new DE 7) */
    struct key key;          /* DE 37 of the message */
    size_t len;
    uint8_t bytes[LEDGER_MESSAGE_MAX];
};
/* T5: takes the next row that may go, 0200 and 0400 before advices, each key's
 * rows one after the other (a 0420 passes its key's parked row); in flight and
 * tries + 1 are durable before it returns. *some false: nothing may go now.
 * urgent_only: advices stay (their rate is limited by the caller).
 * many: takes up to max rows in one transaction; returns their number in *count. */
enum ledger_result outbox_take(struct ledger *ledger, bool urgent_only, struct ledger_send *rows, int max, int *count,
                               struct error *err);
/* Not answered (time-out, link lost, 68, 91): ready again, not before so many ms from now. */
enum ledger_result outbox_again(struct ledger *ledger, int64_t outbox, int64_t wait_ms, struct error *err);
/* All in flight back to ready: the link was lost. */
enum ledger_result outbox_all_again(struct ledger *ledger, struct error *err);

struct ledger_answer {
    char mti[5];             /* "0210", "0230", "0410", "0430" */
    char code[3], approval[7], reason[LEDGER_REASON_SIZE];
    struct ledger_disposition parts[LEDGER_PARTS_MAX];
    int part_count;
    char account[LEDGER_CUSTOMER_SIZE]; /* the bank's own: of the account that was opened */
    bool has_balance;
    int64_t balance_fen;
};
/* T2 and T6. *unknown: the code settles nothing (30 58 68 91 94 96 to a 0200): the
 * payment stays as it is. A late or foreign answer is audited and changes nothing
 * (LEDGER_STATE). key: DE 32, 42, 37 of the answer. PARAMS: it says what no answer can say. */
enum ledger_result outbox_answer(struct ledger *ledger, const struct key *key, const struct ledger_answer *answer,
                                 bool *unknown, struct ledger_payment *out, struct error *err);
int64_t outbox_open(struct ledger *ledger, int64_t *parked); /* rows not done; -1 broken */

struct ledger_queued { int64_t id; struct key key; char class[8], state[12], why[LEDGER_REASON_SIZE]; int tries; int64_t made_ms; };
enum ledger_result outbox_list(struct ledger *ledger, struct ledger_queued *rows, int max, int *count, struct error *err);
/* A supervisor sends a parked row again (id), or all of a refusal's code (id 0). */
enum ledger_result outbox_release(struct ledger *ledger, int64_t id, const char *code, const char *operator_number,
                                  int *released, struct error *err);

/* --- no answer, and the ways back -------------------------------------------------- */

enum ledger_result payment_ask_again(struct ledger *ledger, const struct key *key, struct error *err); /* its 0200 ready now */
/* T2': goes on as an advice with the same key. Within the off-line limits. */
enum ledger_result payment_finish(struct ledger *ledger, const struct key *key, const char *operator_number,
                                  struct ledger_payment *out, struct error *err);
/* T2'': 0420 queued, the sum to be given back. Two people. */
enum ledger_result payment_abandon(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err);

struct ledger_paper { char number[20]; bool missing; }; /* every number that the payment ever had on paper */
#define LEDGER_PAPERS_MAX 16
/* Papers that undo and reverse ask for. */
enum ledger_result payment_papers(struct ledger *ledger, const struct key *key, struct ledger_paper *papers, int max,
                                  int *count, struct error *err);
/* A queued payment turned back by a 0420 behind its 0220; a posted one by a 0400 (same business day). Two people. */
enum ledger_result payment_undo(struct ledger *ledger, const struct key *key, const struct ledger_paper *papers, int count,
                                const struct ledger_two *two, struct ledger_payment *out, struct error *err);
enum ledger_result payment_reverse(struct ledger *ledger, const struct key *key, const struct ledger_paper *papers, int count,
                                   const struct ledger_two *two, struct ledger_payment *out, struct error *err);
/* Cash goes out of the till of `two->maker` at two->terminal. A decline alone by the
 * teller (two->token NULL), all others with a second person. */
enum ledger_result payment_hand_back(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                     struct ledger_payment *out, struct error *err);
/* Held since the start, or by a restored backup: is the cash in the till? yes: goes on. No (two people, act
 * "unacknowledged_answer"): turned back by the act its state needs, and booked as handed back with it. */
enum ledger_result payment_cash_is(struct ledger *ledger, const struct key *key, bool in_till, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err);
/* --- money that moves later: on line only, two people ------------------------------- */

/* Whose money, and where the utility has it: key.ref "" (a refund of "PP" only): the customer's credit as a whole. */
struct ledger_source { struct key key; char place[3]; };
/* Credit, or what lies in suspense, goes back in cash: asked with a 0200, the sum to be given back once it is
 * approved. draft: proc 200000, no bills, prepaid_fen the sum, nothing tendered. */
enum ledger_result payment_refund(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_source *source,
                                  const struct ledger_two *two, struct ledger_payment *out, struct error *err);
/* A wrong customer number: all that a posted key has in that place goes to another customer's bills and credit.
 * draft: proc 220000. Nothing is booked; approved, the first invoice is cancelled and a new one planned. */
enum ledger_result payment_transfer(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_source *source,
                                    const struct ledger_two *two, struct ledger_payment *out, struct error *err);
/* --- special accounts: on line only -------------------------------------------------- */

/* T1 of 501000 (payment from an account: bills, prepaid_fen) and of the bank's own: 210000 deposit, 10000 withdrawal, 920000
 * opening, 930000 link, 940000 freeze, 950000 close, 350000 passbook; prepaid_fen is their sum, 0 where none moves. Cash comes
 * in with a deposit and an opening (tendered, change), and goes out of the till once a withdrawal or a closing is posted.
 * Two people: cash above the limit, unfreezing, a proof by the book, lines printed again, a lost book. Refused: as payment_record. */
struct ledger_account_ask {
    const char *act;                 /* link, unlink; freeze, unfreeze */
    const char *name, *document, *phone; /* of the holder, or of the customer who is linked */
    const char *sealed;              /* password, hex */
    const char *book;                /* of a passbook: book|first|last|word; as proof: book|balance */
};
enum ledger_result payment_account(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_account_ask *ask,
                                   const struct ledger_two *two, struct ledger_payment *out, struct error *err);
/* A key for one of these, before its password is sealed to it. Never given twice; one that isn't used is left out. */
enum ledger_result payment_key(struct ledger *ledger, struct key *key, struct error *err);
/* What of a payment lies in that place at the utility and may be moved. */
int64_t payment_lies(const struct ledger_payment *payment, const char *place);

/* Excepted, short, or with its last message parked. keep: the money stays here; else to be given back (short: who
 * bears it). A parked notice is set aside with SETTLE_KEEP. STATE: the utility has the money (an exception by PP or SU
 * is kept, reversed or refunded), or has nothing of it (one undone by somebody else is given back). */
enum ledger_settle { SETTLE_KEEP, SETTLE_GIVE_BACK, SETTLE_SHORT_TELLER, SETTLE_SHORT_UTILITY, SETTLE_SHORT_LOSS };
enum ledger_result payment_settle(struct ledger *ledger, const struct key *key, enum ledger_settle how,
                                  const struct ledger_two *two, struct ledger_payment *out, struct error *err);

/* --- reading ----------------------------------------------------------------------- */

/* PARAMS: no such payment. */
enum ledger_result payment_get(struct ledger *ledger, const struct key *key, struct ledger_payment *out, struct error *err);
enum ledger_result payment_get_id(struct ledger *ledger, int64_t id, struct ledger_payment *out, struct error *err);
/* The stored JSON; free() it. */
enum ledger_result payment_detail(struct ledger *ledger, int64_t payment, char **json, struct error *err);
/* Newest first. Filters NULL, DAY_NONE or "" : any. */
struct ledger_find { const char *customer, *terminal, *operator_number, *number; day_t day; };
enum ledger_result payment_find(struct ledger *ledger, const struct ledger_find *find, int64_t *ids, int max, int *count,
                                struct error *err);
/* What the branch has under way for a bill: may it be taken here? */
bool payment_bill_in_hand(struct ledger *ledger, const char *bill);
struct ledger_offline_left { int64_t count, sum_fen, single_fen; }; /* of this business day */
enum ledger_result payment_offline_left(struct ledger *ledger, struct ledger_offline_left *out, struct error *err);

/* --- what waits for a person ----------------------------------------------------------- */

enum ledger_wait { WAIT_RESTORED, WAIT_DECLINED, WAIT_NO_ANSWER, WAIT_UNACKNOWLEDGED, WAIT_DOUBT, WAIT_HANDED_OVER, WAIT_GIVE_BACK,
                   WAIT_EXCEPTION, WAIT_SHORT, WAIT_PARKED, WAIT_AGREEMENT, WAIT_KINDS };
/* "restored" (supervisors alone), "declined", "no-answer", "unacknowledged", "doubt", "handed-over", "give-back", "exception", "short", "parked", "agreement" */
const char *wait_word(enum ledger_wait kind);
struct ledger_waiting { enum ledger_wait kind; int64_t payment /* 0: a day */; day_t day; int64_t since_ms; };
/* Worst kind first, oldest first. terminal: those of this terminal and those of nobody present; NULL: all. */
enum ledger_result waiting_list(struct ledger *ledger, const char *terminal, struct ledger_waiting *rows, int max, int *count,
                                int64_t counts[WAIT_KINDS], struct error *err);

#endif
