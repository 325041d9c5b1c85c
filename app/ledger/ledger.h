/* The branch's ledger: the one truth about money, queue and numbers of a branch.
 *
 * Pure: clock, chance and the bytes of messages come in from outside (struct
 * ledger_world); it knows no network, printer or screen. One thread, one writer.
 * Every function that changes something is one durable transaction: when it has
 * returned LEDGER_OK the change is on disk (WAL, synchronous=FULL), when it
 * returned anything else nothing has changed.
 *
 * After LEDGER_BROKEN (disk full, I/O error, a record that contradicts the
 * schema) the ledger takes nothing more: say why, end the program, start again
 * from what is on disk. A failed fsync is never tried again. */
#ifndef LEDGER_LEDGER_H
#define LEDGER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/key.h"
#include "base/secret.h"

#define LEDGER_BILLS_MAX 12
#define LEDGER_PARTS_MAX 26      /* dispositions of one answer: a bill may be divided, and the prepaid part */
#define LEDGER_BILL_SIZE 21
#define LEDGER_CUSTOMER_SIZE 29
#define LEDGER_NAME_SIZE 256     /* 60 characters of UTF-8 */
#define LEDGER_OPERATOR_SIZE 9
#define LEDGER_TERMINAL_SIZE 9
#define LEDGER_TILL_SIZE 3
#define LEDGER_TOKEN_SIZE 33     /* 32 hex digits */
#define LEDGER_REASON_SIZE 200
#define LEDGER_SERIES_SIZE 21
#define LEDGER_MESSAGE_MAX 8192

/* What came of an act. Each has the word of RPC.md (ledger_word). */
enum ledger_result {
    LEDGER_BROKEN = -1,    /* internal: stop taking money */
    LEDGER_OK = 0,
    LEDGER_TOKEN,          /* draft used or lapsed */
    LEDGER_STATE,          /* payment or invoice is not in a state for this */
    LEDGER_NUMBER,         /* not the book's next number */
    LEDGER_BOOK,           /* no numbers loaded, or its last is used up */
    LEDGER_DAY,            /* business day not open */
    LEDGER_TILL,           /* no open till of this operator at this terminal */
    LEDGER_STARTUP,        /* things to settle first, or no epoch yet */
    LEDGER_STOPPED,        /* alarm: somebody else speaks in this branch's name, or clock not confirmed */
    LEDGER_IN_HAND,        /* a payment of this bill is under way here */
    LEDGER_OFFLINE_LIMIT, LEDGER_LIMIT, LEDGER_CASH_SHORT, LEDGER_PREPAID,
    LEDGER_PARAMS,         /* sums don't add up, a text too long, no such thing */
    LEDGER_APPROVAL,       /* a second person is needed */
    LEDGER_APPROVAL_ROLE, LEDGER_APPROVAL_SAME, LEDGER_APPROVAL_EXPIRED, LEDGER_APPROVAL_USED,
    LEDGER_APPROVAL_ALTERED, LEDGER_APPROVAL_PASSWORD,
    LEDGER_APPROVAL_CODE,  /* a one-time code is wanted beside the password */
    LEDGER_PASSWORD, LEDGER_LOCKED_OUT, LEDGER_MUST_CHANGE, LEDGER_WEAK, LEDGER_ROLE,
};
/* "state", "token", … as in RPC.md. */
const char *ledger_word(enum ledger_result result);

struct ledger_account_ask; /* payment.h */

/* A message that the ledger wants as final bytes inside its transaction. */
struct ledger_message {
    const char *class;           /* "0200", "0220", "0400", "0420" or "notice" */
    struct key key;              /* of the payment; of a notice: its own */
    int proc;                    /* DE 3; a notice: 340000 */
    int64_t amount_fen;
    int64_t taken_ms;            /* DE 12, 13 */
    day_t business;              /* DE 15 */
    int stan;
    const char *terminal, *customer, *account, *operator_number;
    struct { const char *bill; int64_t amount_fen, late_fee_fen; } bills[LEDGER_BILLS_MAX];
    int bill_count;
    int64_t prepaid_fen;
    const char *original_class, *checker;            /* 04xx */
    struct key noticed;                              /* notice: the payment's key (PK) */
    struct key moved;                                /* refund, transfer: whose money (PK), ref "" none */
    const char *from;                                /* and where it lies: "BL", "PP", "SU"; NULL: no such thing */
    const char *series, *number, *paper;             /* notice: "printed", "spoiled", "cancelled" */
    const struct ledger_account_ask *ask;            /* special accounts: what else it says; NULL: nothing */
};

/* What comes in from outside; copied, pointers inside must outlive the ledger. */
struct ledger_world {
    struct clock clock;
    struct entropy entropy;
    unsigned char audit_key[SECRET_KEY_BYTES];
    struct secret_cost cost;     /* of a password */
    /* Writes the message's bytes; returns their count, or -1 with err. */
    int (*pack)(void *ctx, const struct ledger_message *message, uint8_t *bytes, size_t size, struct error *err);
    void *pack_ctx;
};

/* Settings of the branch; 0 where "none" makes sense. */
struct ledger_rules {
    int64_t offline_single_fen, offline_day_fen, offline_day_count;
    int64_t till_limit_fen;          /* above it: a warning, never a refusal */
    int64_t second_person_fen;       /* cash in one payment above it needs a supervisor */
    int spoil_alone_a_day;           /* spoilt invoices of one teller a day without a second person */
    int64_t lock_out_ms;             /* after LEDGER_WRONG_MAX wrong passwords */
    int64_t approval_ms;             /* 120,000 */
    bool approval_code;              /* whoever approves gives a one-time code beside his password */
};
#define LEDGER_WRONG_MAX 5

struct ledger;
/* Makes a new ledger file (0600) for this bank and branch; refused when the file stands. */
int ledger_create(const char *path, const char *bank, const char *branch, const struct ledger_world *world,
                  struct error *err);
/* Opens with a lock (one instance), reads every PRAGMA back, quick_check, chains.
 * Does not change anything yet: ledger_start does. NULL with err. */
struct ledger *ledger_open(const char *path, const struct ledger_world *world, const struct ledger_rules *rules,
                           struct error *err);
void ledger_close(struct ledger *ledger);
/* Why nothing more can be done after LEDGER_BROKEN; "" while all is well. */
const char *ledger_broken(const struct ledger *ledger);

/* Several acts, one durable commit: what was done since begin is durable when end has
 * returned LEDGER_OK, and nothing of it may be said to anybody before. Each act stands or
 * is refused by itself. When end fails the ledger is broken and nothing of the group was done. */
enum ledger_result ledger_group_begin(struct ledger *ledger, struct error *err);
enum ledger_result ledger_group_end(struct ledger *ledger, struct error *err);

/* --- start-up ----------------------------------------------------------------- */

struct ledger_startup {
    int64_t doubt;           /* sent invoices: a person is asked */
    int64_t unanswered;      /* recorded and shown: asked again with the same key */
    int64_t unacknowledged;  /* T1 not shown: held until a person has said where the cash is */
    int64_t queued, parked;
    bool clock_wrong;        /* behind the last record by > 2 min or ahead by > 1 day: a supervisor confirms */
};
/* Once after open: holds what was not acknowledged, makes in-flight rows ready
 * as repeats, marks sent invoices as doubts. Nothing is sent or printed by it. */
enum ledger_result ledger_start(struct ledger *ledger, struct ledger_startup *out, struct error *err);
/* The machine's clock jumped while it ran: no money is taken until date and time are confirmed. by_ms: how far. */
#define LEDGER_CLOCK_BEHIND_MS 120000  /* more behind the last record, or … */
#define LEDGER_CLOCK_AHEAD_MS 86400000 /* … more ahead of it: a supervisor confirms the date */
enum ledger_result ledger_clock_moved(struct ledger *ledger, int64_t by_ms, struct error *err);
/* Date and time are right after all: a supervisor says so, and somebody with him. Act "clock_confirm". */
struct ledger_two;
enum ledger_result ledger_clock_confirm(struct ledger *ledger, const struct ledger_two *two, struct error *err);

/* --- who we are to the utility -------------------------------------------------- */

struct ledger_identity { char bank[KEY_BANK_SIZE], branch[KEY_BRANCH_SIZE]; char random[33]; int epoch; bool epoch_held; char alarm[LEDGER_REASON_SIZE]; };
enum ledger_result ledger_identity(struct ledger *ledger, struct ledger_identity *out, struct error *err);
/* The sign-on's answer gave this epoch for our random; money can be taken from now on. */
enum ledger_result ledger_epoch(struct ledger *ledger, const char *random, int epoch, struct error *err);
/* The public key (pin) of the station's certificate. *changed: it is another one than the ledger worked with before: a new
 * random, no money before its epoch has come, and an alarm is over. The first one is only kept. */
enum ledger_result ledger_certificate(struct ledger *ledger, const char *pin, bool *changed, struct error *err);

/* --- every invariant of the books, as queries ----------------------------------- */

/* Calls each broken one with its number, name and an example; returns how many
 * are broken, -1 with err when it could not look. deep: chains and digests of all rows too. */
typedef void ledger_broken_rule(void *ctx, int number, const char *name, const char *example);
int ledger_verify(struct ledger *ledger, bool deep, ledger_broken_rule *each, void *ctx, struct error *err);
/* The same on a file that another program may hold, read-only. */
int ledger_verify_file(const char *path, const unsigned char audit_key[SECRET_KEY_BYTES], bool deep,
                       ledger_broken_rule *each, void *ctx, struct error *err);
/* On-line copy (SQLite's backup API), synced before it returns. */
int ledger_backup(struct ledger *ledger, const char *path, struct error *err);
/* A restored file: new random, no epoch, everything in it held until people have spoken. */
int ledger_restored(const char *path, const struct ledger_world *world, const char *who, struct error *err);

#endif
