/* A branch for tests of its books: a ledger in a folder of its own, a clock that
 * stands where it is put, five people, and approvals as they are given at the counter. */
#ifndef TESTS_BOOKS_H
#define TESTS_BOOKS_H

#include "ledger/day.h"
#include "ledger/operator.h"
#include "ledger/payment.h"
#include "ledger/till.h"

#define BOOKS_DAY 20781        /* 2026-11-24, a Tuesday */
#define BOOKS_MORNING_MS (INT64_C(20781) * 86400000 + INT64_C(30) * 60000) /* 08:30 in China */

/* Their numbers. */
#define WANG "0712"  /* teller, terminal 03, till 07 */
#define LI "0713"    /* teller, terminal 04, till 08 */
#define ZHAO "0101"  /* supervisor */
#define SUN "0102"   /* supervisor */
#define TIAN "0900"  /* technician */

struct books {
    char folder[96], path[128]; /* in TEST_FOLDER of the environment, when it is set */
    int64_t now_ms;
    struct entropy_seeded seed;
    struct ledger_world world;
    struct ledger_rules rules;
    struct ledger *ledger;
    struct error err;
    bool odd;                 /* rows were put in behind the ledger's back: its invariants can't hold */
};

/* Makes folder and ledger, opens it, makes the five and (day) opens BOOKS_DAY with 10,000.00 in the vault. */
void books_start(struct books *books, bool day);
/* As after a kill: what is on disk. */
void books_again(struct books *books);
/* Every invariant of the books holds, at the end of every story. */
void books_end(struct books *books);

/* A second person's word, typed at the maker's terminal: his number NULL, none. */
struct books_two { struct ledger_two two; char token[LEDGER_TOKEN_SIZE]; };
const struct ledger_two *books_two(struct books *books, struct books_two *into, const char *maker, const char *terminal,
                                   const char *act, const char *checker);
/* The ledger is started and has an epoch: money may be taken. */
void books_begin(struct books *books);
/* One bill of this sum, paid in exact cash; never the same bill twice. Terminal 03 with till 07 is Wang's, 04 Li's. */
struct ledger_payment books_pay(struct books *books, const char *teller, int64_t fen, bool offline);
/* The same, T1 only: the counter never said that it was shown. */
struct ledger_payment books_record(struct books *books, const char *teller, int64_t fen, bool offline);
/* What the utility says of it: "0210", "0230", "0410" or "0430", and a code; with 00 the bill lies where it was meant. */
void books_answer(struct books *books, const struct ledger_payment *payment, const char *mti, const char *code);
int64_t books_balance(struct books *books, const char *account);
/* Straight into the file, by the schema's own checks; the ledger is closed meanwhile. */
void books_sql(struct books *books, const char *sql);
/* The same by a hand that knows how to switch the checks off. */
void books_tamper(struct books *books, const char *sql);
/* Rows by the hundred thousand, its checks of who and when off; opened again. */
void books_bulk(struct books *books, const char *sql);
/* First column of the first row; -1 none. */
int64_t books_number(struct books *books, const char *sql);

#endif
