/* What the files of the ledger share and nobody else sees: the open database,
 * one transaction, statements by their SQL, and the small things that every act
 * needs (time, audit, journal, key, STAN, day, second person).
 *
 * An act is: ledger_begin, reads and writes, ledger_end with what came of it.
 *
 *     enum ledger_result r = ledger_begin(ledger, err);
 *     if (r == LEDGER_OK) r = …;
 *     return ledger_end(ledger, r, err);
 *
 * What begins is for the public functions; those declared here are called inside
 * a transaction and leave its end to the caller. */
#ifndef LEDGER_INSIDE_H
#define LEDGER_INSIDE_H

#include <sqlite3.h>

#include "ledger/approval.h"
#include "ledger/invoice.h"
#include "ledger/ledger.h"
#include "ledger/payment.h"
#include "ledger/till.h"

#define LEDGER_VERSION 2
#define LEDGER_STATEMENTS 512         /* slots of the cache, a power of two; far more than there are literals */

struct ledger {
    sqlite3 *db;
    int lock;                        /* descriptor of the one-instance lock; -1: none (read-only) */
    struct ledger_world world;
    struct ledger_rules rules;
    char bank[KEY_BANK_SIZE], branch[KEY_BRANCH_SIZE];
    char broken[400];                /* why nothing more can be done; "" while all is well */
    bool started;                    /* ledger_start was called */
    bool clock_wrong;
    bool group;                      /* several acts share one transaction; each is a savepoint in it */
    bool begun, keep, stamped;       /* a transaction is open; it is kept though refused; branch.latest_ms is written */
    int64_t now_ms, latest_ms;       /* time of the transaction; of the last one committed */
    int64_t audit_id;                /* the last record written */
    struct { const char *sql; sqlite3_stmt *statement; } statements[LEDGER_STATEMENTS];
};

/* --- a transaction ---------------------------------------------------------------- */

/* BEGIN IMMEDIATE; sets now_ms. BROKEN once anything has failed. */
enum ledger_result ledger_begin(struct ledger *ledger, struct error *err);
/* OK: commits; anything else: rolls back. Returns `result`, or BROKEN when the
 * commit failed, after which nothing more is taken. */
enum ledger_result ledger_end(struct ledger *ledger, enum ledger_result result, struct error *err);
/* A refusal that leaves a record: this transaction is committed whatever `result` says (but BROKEN). */
void ledger_keep(struct ledger *ledger);
/* The time of this transaction: the clock's, never before the last record. */
int64_t ledger_now(const struct ledger *ledger);

/* Says what was refused and why; returns `result`. The remedy may be NULL. */
enum ledger_result ledger_refuse(struct error *err, enum ledger_result result, const char *what, const char *remedy,
                                 const char *why_fmt, ...) __attribute__((format(printf, 5, 6)));
/* Something is wrong with the books themselves: fills err and broken, returns BROKEN. */
enum ledger_result ledger_fail(struct ledger *ledger, struct error *err, const char *where, const char *why);

/* --- statements -------------------------------------------------------------------- */

/* SQL is a string literal: prepared once, found again by its address. Every failure is LEDGER_BROKEN. */
struct sql_value { enum { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB } kind; int64_t number; const void *data; size_t size; };
static inline struct sql_value sql_int(int64_t number) { return (struct sql_value){SQL_INT, number, NULL, 0}; }
static inline struct sql_value sql_text(const char *text) { return (struct sql_value){text ? SQL_TEXT : SQL_NULL, 0, text, 0}; }
static inline struct sql_value sql_blob(const void *data, size_t size) { return (struct sql_value){SQL_BLOB, 0, data, size}; }
static inline struct sql_value sql_null(void) { return (struct sql_value){SQL_NULL, 0, NULL, 0}; }
#define BIND(...) (const struct sql_value[]){__VA_ARGS__}, (int)(sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value))
#define BIND_NOTHING NULL, 0

/* Where a row's columns go, in their order. NULL becomes 0, false or "". */
struct sql_into { enum { INTO_INT64, INTO_INT, INTO_BOOL, INTO_TEXT, INTO_BLOB } kind; void *data; size_t size; };
static inline struct sql_into into_int64(int64_t *number) { return (struct sql_into){INTO_INT64, number, 0}; }
static inline struct sql_into into_int(int *number) { return (struct sql_into){INTO_INT, number, 0}; }
static inline struct sql_into into_bool(bool *flag) { return (struct sql_into){INTO_BOOL, flag, 0}; }
static inline struct sql_into into_text(char *text, size_t size) { return (struct sql_into){INTO_TEXT, text, size}; }
static inline struct sql_into into_blob(void *data, size_t size) { return (struct sql_into){INTO_BLOB, data, size}; } /* of exactly this size */
#define INTO(...) (const struct sql_into[]){__VA_ARGS__}, (int)(sizeof((const struct sql_into[]){__VA_ARGS__}) / sizeof(struct sql_into))

/* INSERT or UPDATE. */
enum ledger_result sql_run(struct ledger *ledger, struct error *err, const char *sql, const struct sql_value *values, int count);
int64_t sql_changes(const struct ledger *ledger); /* rows touched by the last sql_run */
int64_t sql_last_id(const struct ledger *ledger); /* rowid of its INSERT */
/* The first row. 1: found; 0: none, nothing stored; -1: broken. */
int sql_one(struct ledger *ledger, struct error *err, const char *sql, const struct sql_value *values, int count,
            const struct sql_into *into, int columns);
/* All rows: NULL is broken. sql_next: 1 a row stored, 0 no more, -1 broken; after
 * 0 and -1 the statement is free. sql_stop when leaving early. */
sqlite3_stmt *sql_start(struct ledger *ledger, struct error *err, const char *sql, const struct sql_value *values, int count);
int sql_next(struct ledger *ledger, struct error *err, sqlite3_stmt *statement, const struct sql_into *into, int columns);
void sql_stop(sqlite3_stmt *statement);

/* --- what every act needs ------------------------------------------------------------ */

/* One more record of the chain. Texts may be NULL ("": the program itself, nobody, nothing).
 * Its number stands in ledger->audit_id. */
enum ledger_result ledger_audit(struct ledger *ledger, struct error *err, const char *event, const char *operator_number,
                                const char *second, const char *terminal, const char *subject, const char *words_fmt, ...)
    __attribute__((format(printf, 8, 9)));
/* Walks the chain after record `from` (0: all of it; else the hash that record must
 * have is `anchor`). *bad: the first record that does not verify, 0: all do. head: as hex. */
enum ledger_result ledger_audit_chain(struct ledger *ledger, int64_t from, const unsigned char *anchor, int64_t *bad,
                                      char head[SECRET_HEX_SIZE], struct error *err);

/* What the first record's hash stands on: this bank and branch, so that a chain can't be another's. */
void ledger_audit_first(const unsigned char key[SECRET_KEY_BYTES], const char *bank, const char *branch,
                        unsigned char hash[SECRET_HASH_BYTES]);

/* One entry of the journal; a sum of 0 writes nothing. payment, till: 0 none. */
struct ledger_entry {
    const char *event;
    int64_t payment, till;
    const char *debit, *credit;
    int64_t fen;
    const char *operator_number;
    day_t day;                 /* business day */
    const char *commodity;     /* NULL: CNY */
};
enum ledger_result ledger_entry(struct ledger *ledger, const struct ledger_entry *entry, struct error *err);
/* "till:07" */
const char *ledger_till_account(const char *number, char account[8]);

/* The business day that is not closed; DAY when there is none. state may be NULL. */
enum ledger_result ledger_day_at_work(struct ledger *ledger, day_t *date, char state[8], struct error *err);
/* The same, when money may be taken on it: its state is open. */
enum ledger_result ledger_day_open(struct ledger *ledger, day_t *date, struct error *err);
/* The next key of this branch; STARTUP while no epoch is held. */
enum ledger_result ledger_next_key(struct ledger *ledger, struct key *key, struct error *err);
/* DE 11: the next of this day and terminal. LIMIT after 999,999. */
enum ledger_result ledger_next_stan(struct ledger *ledger, day_t day, const char *terminal, int *stan, struct error *err);
/* Money may be taken: started, clock confirmed, epoch held, no alarm. */
enum ledger_result ledger_may_take(struct ledger *ledger, struct error *err);

/* approval.c. Uses up the second person's word for this act: token, act, hash of the
 * parameters, time, role, and that he is another. Writes the `act` row (subject: key, number, till,
 * operator) and gives the checker's number. Inside the caller's transaction. */
enum ledger_result ledger_approval_use(struct ledger *ledger, const struct ledger_two *two, const char *act,
                                       const char *subject, char checker[LEDGER_OPERATOR_SIZE], struct error *err);
/* till.c. The open till of this operator at this terminal; TILL when there is none. */
enum ledger_result ledger_till_open_at(struct ledger *ledger, const char *terminal, const char *operator_number,
                                       int64_t *till, char number[LEDGER_TILL_SIZE], struct error *err);

/* --- a payment, its rows and its paper ---------------------------------------------------- */

/* record.c. T1's rows: payment, bills, detail, source. The audit record and STAN come with them. */
enum ledger_result ledger_payment_insert(struct ledger *ledger, const struct ledger_draft *draft, struct ledger_payment *payment,
                                         int64_t till, const char *checker, const struct ledger_source *source, struct error *err);
/* A second call with a token: the first one's payment; *id 0: the token is new. */
enum ledger_result ledger_payment_of_token(struct ledger *ledger, const struct ledger_draft *draft, int64_t *id, struct error *err);
/* Bills named once, nothing below zero, sums up to what a message can carry: fills the sums of `payment`. */
enum ledger_result ledger_draft_sums(const struct ledger_draft *draft, struct ledger_payment *payment, struct error *err);
/* What was tendered less the change is the sum. */
enum ledger_result ledger_cash_adds_up(const struct ledger_draft *draft, const struct ledger_payment *payment, struct error *err);
/* No bill of it is in hand or stands here. */
enum ledger_result ledger_bills_free(struct ledger *ledger, const struct ledger_draft *draft, struct error *err);

/* read.c. PARAMS: no such payment (or, by key, another branch's). */
enum ledger_result ledger_payment_load(struct ledger *ledger, int64_t id, struct ledger_payment *out, struct error *err);
/* Its row and its bills alone: what an answer needs. */
enum ledger_result ledger_payment_row(struct ledger *ledger, int64_t id, struct ledger_payment *out, struct error *err);
enum ledger_result ledger_payment_by_key(struct ledger *ledger, const struct key *key, struct ledger_payment *out,
                                         struct error *err);
/* Posted, advised, reversing, excepted (but undone by nobody of ours), or settled with the money kept. */
bool ledger_payment_stands(const struct ledger_payment *payment);
bool ledger_is(const struct ledger_payment *payment, const char *state);
/* STATE, saying what it is. */
enum ledger_result ledger_not_so(const struct ledger_payment *payment, const char *what, struct error *err);

/* state.c. Moves it, and says to the bills it holds whether they may be paid again. */
enum ledger_result ledger_payment_move(struct ledger *ledger, struct ledger_payment *payment, const char *state, struct error *err);
/* Its sum goes from one account to another, for its business day. */
enum ledger_result ledger_payment_book(struct ledger *ledger, const struct ledger_payment *payment, const char *event,
                                       const char *debit, const char *credit, int64_t fen, const char *operator_number,
                                       struct error *err);
/* So much more is to be given back to its customer. */
enum ledger_result ledger_payment_owe(struct ledger *ledger, struct ledger_payment *payment, int64_t fen, struct error *err);
/* What is to be given back goes out of this account, a till's. */
enum ledger_result ledger_payment_hand(struct ledger *ledger, struct ledger_payment *payment, int64_t till,
                                       const char *from, const char *operator_number, struct error *err);
/* One whose cash was never in the till: booked as handed back, with no customer. Nothing for all others. */
enum ledger_result ledger_payment_hand_no_cash(struct ledger *ledger, struct ledger_payment *payment,
                                               const char *operator_number, struct error *err);
/* A person has seen it: not held any more, and taken as shown. */
enum ledger_result ledger_payment_seen(struct ledger *ledger, struct ledger_payment *payment, struct error *err);

/* outbox_add.c. The final bytes of a message about it, kept with their digest, ready to go. An 02xx names a checker
 * only when his word goes with it (ask: special accounts). */
enum ledger_result ledger_outbox_add(struct ledger *ledger, const struct ledger_payment *payment, const char *class,
                                     const char *maker, const char *checker, struct error *err);
enum ledger_result ledger_outbox_ask(struct ledger *ledger, const struct ledger_payment *payment, const struct ledger_account_ask *ask,
                                     const char *checker, struct error *err);
/* A notice for the utility: what became of a number on paper. A key of its own. */
enum ledger_result ledger_notice(struct ledger *ledger, const struct ledger_payment *payment, const char *series,
                                 const char *number, const char *paper, const char *operator_number, struct error *err);
/* Every row of a class of this payment that is not done is done. */
enum ledger_result ledger_outbox_done(struct ledger *ledger, int64_t payment, const char *class, struct error *err);
void ledger_outbox_digest(const struct ledger *ledger, int64_t payment, const char *class, const char *ref,
                          const void *bytes, size_t size, unsigned char digest[SECRET_HASH_BYTES]);

/* invoice_plan.c. Plans one when the payment stands and none does. */
enum ledger_result ledger_invoice_plan(struct ledger *ledger, const struct ledger_payment *payment, struct error *err);
/* Its money goes back: a planned invoice is dropped, a confirmed one cancelled (the papers say whether it
 * came back; NULL: nobody has it yet), a sent one is STATE. Spoiled ones' papers are noted too. PARAMS: a paper is not named. */
enum ledger_result ledger_invoice_withdraw(struct ledger *ledger, const struct ledger_payment *payment,
                                           const struct ledger_paper *papers, int count, const char *operator_number,
                                           struct error *err);
/* Moves an invoice, and its number and the notice with it. to: "confirmed", "spoiled", "cancelled"; paper as in the schema or NULL. */
struct ledger_sheet { int64_t id, payment, book; int attempt; bool numbered; char kind[8], state[12], doubt[12], series[LEDGER_SERIES_SIZE], number[20]; };
enum ledger_result ledger_sheet_load(struct ledger *ledger, int64_t invoice, struct ledger_sheet *out, struct error *err);
/* The same without the notice, and the word that it has there. */
enum ledger_result ledger_sheet_set(struct ledger *ledger, const struct ledger_sheet *sheet, const char *to, const char *paper,
                                    struct error *err);
const char *ledger_sheet_notice(const char *state);
enum ledger_result ledger_sheet_move(struct ledger *ledger, const struct ledger_sheet *sheet, const struct ledger_payment *payment,
                                     const char *to, const char *paper, const char *operator_number, struct error *err);

/* ways_back.c. By a 0420 when it was not answered yet, else by a 0400. papers NULL: nobody was asked for them. */
enum ledger_result ledger_turn_back(struct ledger *ledger, struct ledger_payment *payment, const struct ledger_paper *papers,
                                    int count, const char *maker, const char *checker, struct error *err);

/* No cash was taken with it, so nobody need have seen it: after a restart it is simply asked again. */
enum ledger_result ledger_payment_unseen(struct ledger *ledger, const struct ledger_payment *payment, struct error *err);
/* move.c. A refund or a transfer: its cash does not come in, it goes out or nowhere. */
bool ledger_moves(const struct ledger_payment *payment);
/* It was approved: what is given back, and what that means for the payment whose money it was. */
enum ledger_result ledger_moved(struct ledger *ledger, struct ledger_payment *payment, struct error *err);

/* limits.c. May so much more go on as an advice today? OFFLINE_LIMIT when not. */
enum ledger_result ledger_offline_check(struct ledger *ledger, day_t day, int64_t amount_fen, struct error *err);
/* agreement.c. An answer (T6) for a payment of this business day was booked: when the day is closed
 * already, what it owes the utility goes to the bank, and an agreed day is re-opened. Changes nothing else. */
enum ledger_result ledger_day_late(struct ledger *ledger, day_t day, struct error *err);

/* book.c. Numbers that never reached a printer here: each gets its row. state: "lost" or "damaged". */
enum ledger_result ledger_numbers_gone(struct ledger *ledger, int64_t book, const char *series, int64_t from, int64_t upto,
                                       const char *state, struct error *err);
/* Counts of what became of the numbers of `run`, a row with series, first, last. */
#define LEDGER_NUMBERS_OF(run, what) "(SELECT count(*) FROM number n WHERE n.series = " run ".series AND n.number BETWEEN " run ".first" \
    " AND " run ".last AND n.state " what ")"
#define LEDGER_BOOK_BACK "(SELECT 1 FROM returned r WHERE r.book = book.id)"
#define LEDGER_BOOK_COLUMNS \
    "SELECT id, series, printf('%0*d', digits, first), printf('%0*d', digits, last)," \
    " iif(next > last OR EXISTS " LEDGER_BOOK_BACK ", '', printf('%0*d', digits, next)), till, iif(EXISTS " LEDGER_BOOK_BACK ", 'returned', state)," \
    " " LEDGER_NUMBERS_OF("book", "= 'used'") ", " LEDGER_NUMBERS_OF("book", "= 'void'") ", " LEDGER_NUMBERS_OF("book", "IN ('lost', 'damaged')") "," \
    " iif(EXISTS " LEDGER_BOOK_BACK ", last + 1 - next, 0), iif(EXISTS " LEDGER_BOOK_BACK ", 0, last + 1 - next) FROM book"
#define LEDGER_INTO_BOOK(b) \
    INTO(into_int64(&(b)->id), into_text((b)->series, sizeof (b)->series), into_text((b)->first, sizeof (b)->first), \
         into_text((b)->last, sizeof (b)->last), into_text((b)->next, sizeof (b)->next), into_text((b)->till, sizeof (b)->till), \
         into_text((b)->state, sizeof (b)->state), into_int64(&(b)->used), into_int64(&(b)->void_count), into_int64(&(b)->lost), \
         into_int64(&(b)->returned), into_int64(&(b)->left))
/* A number as it stands on paper; digits 0: 1 to 18 of them. */
bool ledger_number_read(const char *text, int digits, int64_t *number);
/* A run of numbers of one series, and the range that was received which it is part of: received with it (checker "": by one
 * alone) when there is none. NUMBER: only some of it is, or some went back. */
struct ledger_run { const char *series; int64_t first, last; int digits; };
enum ledger_result ledger_range_of(struct ledger *ledger, const struct ledger_run *run, const char *maker, const char *checker,
                                   int64_t *received, struct error *err);

/* restored.c. STARTUP while people still work off a restore. */
enum ledger_result ledger_not_restoring(struct ledger *ledger, const char *what, struct error *err);

/* start.c. A new random for the sign-on: no epoch is held until it is answered. */
enum ledger_result ledger_new_random(struct ledger *ledger, const char *why, const char *who, struct error *err);

/* --- opening ---------------------------------------------------------------------------- */

/* db.c: reads every PRAGMA back that the promises rest on; refuses when one is another. */
int ledger_guards_check(struct ledger *ledger, struct error *err);
/* open.c: for looking only, beside the program that holds it. NULL with err. */
struct ledger *ledger_open_reader(const char *path, const unsigned char audit_key[SECRET_KEY_BYTES], struct error *err);

#endif
