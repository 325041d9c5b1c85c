/* Paper: books of numbers, invoices and receipts without a number, T3 and T4.
 *
 *   planned (no number yet) -> sent | dropped;  sent -> confirmed | spoiled | planned (no byte taken)
 *   confirmed -> cancelled | spoiled */
#ifndef LEDGER_INVOICE_H
#define LEDGER_INVOICE_H

#include "ledger/payment.h"

/* The oldest planned one of this terminal that may go now: its payment stands and
 * is not held, and for a numbered one no other of its book is sent. *id 0: none. */
enum ledger_result invoice_next(struct ledger *ledger, const char *terminal, int64_t *id, int64_t *payment, char kind[8],
                                struct error *err);
struct ledger_print {
    int64_t invoice, payment;
    int attempt;
    char kind[8], series[LEDGER_SERIES_SIZE], number[20]; /* digits as on the paper; "" for a receipt */
    char job[80];            /* branch, epoch, kind, invoice, attempt, number: a name never used twice */
};
/* T3. Refused: STATE, BOOK, DAY. */
enum ledger_result invoice_send(struct ledger *ledger, int64_t invoice, const char *terminal, struct ledger_print *out,
                                struct error *err);
enum ledger_outcome { OUTCOME_NOTHING_SENT, OUTCOME_HANDED_OVER, OUTCOME_CONFIRMED, OUTCOME_UNKNOWN };
/* T4, the printer's word. Another invoice, attempt or number than the present one is
 * audited and changes nothing (STATE). */
enum ledger_result invoice_result(struct ledger *ledger, int64_t invoice, int attempt, const char *number,
                                  enum ledger_outcome outcome, int64_t bytes, const char *words,
                                  struct ledger_payment *out, struct error *err);
/* False: there is no such invoice, or its payment was taken at another terminal. */
bool invoice_is_at(struct ledger *ledger, int64_t invoice, const char *terminal);
/* The counter of this terminal is gone: what it was printing and has said nothing of is in doubt from now on. */
enum ledger_result invoice_counter_gone(struct ledger *ledger, const char *terminal, struct error *err);
/* T4, a person's word about a sent one: whole -> confirmed; else spoiled, void, a new one planned with it.
 * cleared: the printer's buffer was emptied (needed for "spoiled"). More than the rule's spoilt ones a day: two people. */
enum ledger_result invoice_answer(struct ledger *ledger, int64_t invoice, int attempt, const char *number, bool whole,
                                  bool cleared, const struct ledger_two *two, struct ledger_payment *out, struct error *err);
/* A confirmed one that turned out unreadable; paper in hand, two people. */
enum ledger_result invoice_spoil(struct ledger *ledger, int64_t invoice, const char *number, const struct ledger_two *two,
                                 struct ledger_payment *out, struct error *err);
/* A copy on plain paper of a confirmed one: counts it, gives the job's name. Two people. */
enum ledger_result invoice_reprint(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                   struct ledger_print *out, int *count, struct error *err);

/* A book, or (till "", state "received") what of a range that was received is in no book; next: its lowest number
 * there, used, void_count and lost are of all its books. left: unused, at the till or in stock; returned: went back so. */
struct ledger_book { int64_t id; char series[LEDGER_SERIES_SIZE], first[20], last[20], next[20], till[LEDGER_TILL_SIZE], state[12];
                     int64_t used, void_count, lost, returned, left; };
/* Loads a book at a till (the one before it ends); two people, but before the installation is done and for the ledger's
 * first. Numbers before `next` are written off as lost; a book taken out before goes on. Refused: NUMBER, PARAMS, STATE (its last is
 * at the printer), APPROVAL. */
enum ledger_result book_load(struct ledger *ledger, const char *till, const char *series, const char *first, const char *last,
                             const char *next, const struct ledger_two *two, struct error *err);
/* The book loaded at a till; next "" when used up. BOOK: none. */
enum ledger_result book_at(struct ledger *ledger, const char *till, struct ledger_book *out, struct error *err);
/* The number in doubt that this till's book waits for; "" none. */
enum ledger_result book_waits(struct ledger *ledger, const char *till, char number[20], struct error *err);
/* What the paper says against the book's next: NUMBER when another. */
enum ledger_result book_check(struct ledger *ledger, const char *till, const char *next, struct error *err);
/* Numbers lost or damaged before use, from the next on; two people. */
enum ledger_result book_lost(struct ledger *ledger, const char *till, const char *upto, bool damaged,
                             const struct ledger_two *two, struct error *err);
/* Numbers that came to the branch, and unused ones that go back: the whole rest of a book, which ends with it (and can't
 * be loaded again), or numbers of a range that are in no book. Two people. A book that is loaded out of no range that was
 * received is received with it. Refused: NUMBER, PARAMS, STATE, APPROVAL. */
enum ledger_result numbers_receive(struct ledger *ledger, const char *series, const char *first, const char *last,
                                   const struct ledger_two *two, struct error *err);
enum ledger_result numbers_return(struct ledger *ledger, const char *series, const char *first, const char *last,
                                  const struct ledger_two *two, struct error *err);
/* Books that are loaded, then ranges that are not just one book, then the books of before. */
enum ledger_result book_list(struct ledger *ledger, struct ledger_book *rows, int max, int *count, struct error *err);
/* A void number's paper was handed in, or is missing. */
enum ledger_result number_seen(struct ledger *ledger, const char *series, const char *number, bool missing,
                               const char *operator_number, struct error *err);

#endif
