/* After a restore. A backup is the past: until a new epoch is held, utility's detail of every day since
 * was fetched, and two people have said of each payment that the backup holds unfinished, that the
 * utility shows otherwise or that the backup lacks, where its cash is and which number is on its paper,
 * nothing is sent, printed or taken.
 *
 *   ledger_restored -> FETCH -> restored_known -> WORK -> restored_answer, restored_adopt … -> restored_done -> NONE */
#ifndef LEDGER_RESTORED_H
#define LEDGER_RESTORED_H

#include "ledger/payment.h"

#define RESTORED_PARTS_SIZE 600 /* twelve bills with their sums */

enum restored_stage { RESTORED_NONE, RESTORED_FETCH, RESTORED_WORK };
struct restored_state {
    enum restored_stage stage;
    day_t first, last;           /* business days to be fetched, both counted */
    int64_t left, settled;       /* keys that people have still to speak for, and have spoken for */
};
enum ledger_result restored_state(struct ledger *ledger, struct restored_state *out, struct error *err);

/* A row of the utility's PAYMENTS. */
struct restored_theirs {
    char ref[KEY_REF_SIZE], state[12]; /* "posted", "declined", "reversed", "undone", "tombstone"; "": not known there */
    int proc;
    day_t day;
    char customer[LEDGER_CUSTOMER_SIZE], bills[RESTORED_PARTS_SIZE], places[RESTORED_PARTS_SIZE], approval[7];
    int64_t amount_fen, rest_fen, answered_ms;
    int64_t taken_ms;            /* DE 12, 13 of its payment; 0 with stan 0: the utility doesn't tell */
    int stan;
    char terminal[LEDGER_TERMINAL_SIZE];
};
/* A row of its NOTICES. */
struct restored_number { char ref[KEY_REF_SIZE], series[LEDGER_SERIES_SIZE], number[20], told[10]; };
/* All of both files, of every day. STARTUP: no epoch yet. STATE: not (or not any more) to be fetched. */
enum ledger_result restored_known(struct ledger *ledger, const struct restored_theirs *theirs, int their_count,
                                  const struct restored_number *numbers, int number_count, struct error *err);

struct restored_row {
    struct restored_theirs theirs;
    char kind[8];                /* "held", "differs", "lacking" */
    int64_t payment;             /* 0: lacking */
    bool settled;
    char numbers[200];           /* "1300 12345 printed, …": what the utility was told */
};
/* Those still open, after `after` (a reference, "" from the first). */
enum ledger_result restored_list(struct ledger *ledger, const char *after, struct restored_row *rows, int max, int *count,
                                 struct error *err);
/* Also one that is at rest in both books, when its paper is not what they say. PARAMS: nobody has to speak for it. */
enum ledger_result restored_get(struct ledger *ledger, const char *ref, struct restored_row *out, struct error *err);

/* What of it is a payment in cash that adds up; false: nothing. For the paper's detail; name and address stay empty. */
bool restored_draft_of(const struct restored_theirs *theirs, struct ledger_draft *draft);

/* What two people say of one key. */
enum restored_cash { RESTORED_IN_TILL, RESTORED_GONE /* given back, or never taken */, RESTORED_NOT_OURS /* alarm */ };
struct restored_word {
    struct key key;
    enum restored_cash cash;
    char till[LEDGER_TILL_SIZE];                          /* of one that is adopted: an open till */
    char series[LEDGER_SERIES_SIZE], number[20];          /* on its paper; "" : it has none */
    char name[LEDGER_NAME_SIZE], address[LEDGER_NAME_SIZE]; /* of the customer, when known; and the paper's detail */
    const char *detail;
};
/* Act "restore_answer". out->id 0: nothing of it had to be taken up. Refused: STATE, TILL (no such till open),
 * DAY (its business day is not open: adopt it then), BOOK (no book has the number), NUMBER (another payment's), PARAMS. */
enum ledger_result restored_answer(struct ledger *ledger, const struct restored_word *word, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err);
/* Known to nobody but the paper, or to the utility as declined or undone unseen: taken up under its key and sent on as
 * an advice, or turned back as it is there. draft: customer, bills,
 * sums, terminal and teller of the till that has the cash. Act "restore_adopt". */
enum ledger_result restored_adopt(struct ledger *ledger, const struct restored_word *word, const struct ledger_draft *draft,
                                  int64_t taken_ms, const struct ledger_two *two, struct ledger_payment *out, struct error *err);
/* All is said: money is taken again. Act "restore_done". STATE: something is left. */
enum ledger_result restored_done(struct ledger *ledger, const struct ledger_two *two, struct error *err);

#endif
