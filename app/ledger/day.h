/* The business day, its totals, its agreement with the utility, reports.
 *
 *   day        open -> closing -> cut off -> closed
 *   agreement  not asked -> asked -> agreed | differences | no answer;  agreed | differences -> re-opened -> asked */
#ifndef LEDGER_DAY_H
#define LEDGER_DAY_H

#include "ledger/approval.h"
#include "ledger/ledger.h"

struct ledger_day { day_t date; char state[8], agreement[12]; int64_t opened_ms, cut_ms, closed_ms; };
/* The day at work, or the last one. DAY: there is none yet. */
enum ledger_result day_now(struct ledger *ledger, struct ledger_day *out, struct error *err);
enum ledger_result day_get(struct ledger *ledger, day_t date, struct ledger_day *out, struct error *err);
/* Once the last is closed; never back. */
enum ledger_result day_open(struct ledger *ledger, day_t date, const char *operator_number, struct error *err);

/* open -> closing: no money is taken on this day any more; tills are counted and closed, doubts settled. */
enum ledger_result day_closing(struct ledger *ledger, const char *operator_number, struct ledger_day *out, struct error *err);

struct ledger_close_step { char name[24]; bool done; int64_t left; char words[160]; };
#define LEDGER_CLOSE_STEPS 6
/* What stands in the way: tills, unanswered, doubts, void paper, vault, queue (carried over: never in the way). */
enum ledger_result day_steps(struct ledger *ledger, struct ledger_close_step steps[LEDGER_CLOSE_STEPS], struct error *err);
/* closing -> cut off: freezes which payments belong to the day. STATE while a step is
 * open. A day still open goes through closing with it when no step is. */
enum ledger_result day_cut_off(struct ledger *ledger, const struct ledger_two *two, struct ledger_day *out, struct error *err);
/* cut off -> closed: what the vault's count was over or short is booked, what is owed
 * to the utility goes to the bank, the audit head is anchored. */
enum ledger_result day_close(struct ledger *ledger, const struct ledger_two *two, struct ledger_day *out, struct error *err);

/* Sums of a day. By key and whole amount, whatever the disposition; a key undone by 0420 is in neither
 * payments nor reversals. recorded + posted + queued + undoing + reversing + declined + undone + reversed
 * + excepted + shorts + settled = all. */
struct ledger_totals {
    int64_t all;                     /* every key of the day, whatever became of it */
    int64_t payments, payments_fen, bills_fen, late_fee_fen, prepaid_fen; /* what stands or stood: answered, still to be, kept */
    int64_t reversed, reversed_fen;  /* of these, turned back by 0400 */
    int64_t answered, answered_fen, answered_reversed, answered_reversed_fen; /* what a 0500 says */
    int64_t recorded;                /* no final answer, nothing chosen yet */
    int64_t posted;                  /* as it stands now */
    int64_t queued, queued_fen;      /* advised, not answered */
    int64_t undoing, reversing, declined, undone, excepted, shorts, settled;
    int64_t refunds, refunds_fen;    /* credit given back in cash: debits of a 0500 */
    int64_t deposits, deposits_fen, withdrawals, withdrawals_fen; /* special accounts, cash; opening and closing are in them */
    int64_t from_accounts, from_accounts_fen; /* of payments: not in cash */
    int64_t abandoned;               /* of undoing, undone, shorts: never sent on as an advice */
    int64_t given_back_fen, to_give_back_fen; /* of this day's payments, whenever it was handed over */
    int64_t over_fen, short_fen;     /* a teller's: his tills; all: the vault too */
    int64_t invoices_used, invoices_void, invoices_reprinted; /* paper that went through a printer on this day */
};
enum ledger_result day_totals(struct ledger *ledger, day_t date, const char *operator_number /* NULL: all */,
                              struct ledger_totals *out, struct error *err);
/* Payments and sums by hour and operator, for the supervisor's bars. */
typedef void day_hour(void *ctx, int hour, const char *operator_number, int64_t payments, int64_t sum_fen);
enum ledger_result day_by_hour(struct ledger *ledger, day_t date, day_hour *each, void *ctx, struct error *err);

/* What a day's report explains: paper spoiled or cancelled, payments declined, abandoned, turned back, reversed,
 * refunds, transfers, cash handed back, recounts, over and short, counterfeit notes. In the order of time. */
struct ledger_listed {
    int64_t at_ms, amount_fen;
    char what[16], ref[KEY_REF_SIZE], number[20], operator_number[LEDGER_OPERATOR_SIZE], approver[64], note[80];
};
typedef void day_listed_row(void *ctx, const struct ledger_listed *row);
enum ledger_result day_listed(struct ledger *ledger, day_t date, const char *operator_number /* NULL: all */, day_listed_row *each,
                              void *ctx, struct error *err);
/* What went through an operator's tills on a day: event of the journal, how often, into the till less out of it. */
struct ledger_cash { char event[24]; int64_t count, fen; };
enum ledger_result day_cash(struct ledger *ledger, day_t date, const char *operator_number, struct ledger_cash *rows, int max,
                            int *count, struct error *err);
/* Each book that had paper on this day, was loaded or returned on it, or is loaded: what of it was used and voided that day,
 * what was lost and returned ever, is left. And each range that is not just one book (till ""), with the sums of its books. */
struct ledger_book_day { char series[LEDGER_SERIES_SIZE], first[20], last[20], till[LEDGER_TILL_SIZE]; int64_t used, void_count, lost, returned, left; };
enum ledger_result day_books(struct ledger *ledger, day_t date, struct ledger_book_day *rows, int max, int *count, struct error *err);
/* Void numbers whose paper nobody has seen, or named as missing. */
struct ledger_void { char series[LEDGER_SERIES_SIZE], number[20], till[LEDGER_TILL_SIZE], ref[KEY_REF_SIZE]; int64_t at_ms; };
enum ledger_result day_void(struct ledger *ledger, struct ledger_void *rows, int max, int *count, struct error *err);

/* --- agreement ---------------------------------------------------------------------- */
/* A 0500 with CO is about to go for this day, cut off; its head is anchored. hex: the audit
 * head. Asked again while asked: totals counted anew. STATE: agreed already, or not cut off. */
enum ledger_result agreement_ask(struct ledger *ledger, day_t date, struct ledger_totals *totals, char hex[SECRET_HEX_SIZE],
                                 struct error *err);
enum ledger_result agreement_answer(struct ledger *ledger, day_t date, bool in_balance, struct error *err);
enum ledger_result agreement_no_answer(struct ledger *ledger, day_t date, struct error *err);
/* The utility's RO. A day that is not agreed stays as it is. */
enum ledger_result agreement_reopen(struct ledger *ledger, day_t date, struct error *err);
/* Days cut off and not agreed, oldest first. */
enum ledger_result agreement_open(struct ledger *ledger, day_t *dates, int max, int *count, struct error *err);

/* --- differences, payment by payment ------------------------------------------------- */

/* One payment of a day as the utility tells it (its PAYMENTS detail). */
struct ledger_theirs { char ref[KEY_REF_SIZE], state[12]; int proc; int64_t amount_fen; };
#define LEDGER_THEIRS_MAX 200000
/* Compares by key and keeps what differs, instead of what was kept before. theirs is sorted by it.
 * A posted key that this ledger never made raises the alarm. *count: how many differ. */
enum ledger_result differences_find(struct ledger *ledger, day_t date, struct ledger_theirs *theirs, int their_count, int *count,
                                    struct error *err);
enum ledger_repair { REPAIR_TELL, REPAIR_UNDO, REPAIR_EXPLAIN, REPAIR_KINDS };
struct ledger_difference {
    struct key key;
    char kind[12];                /* only here, only there, not ours, amount, state */
    int64_t ours_fen, theirs_fen; /* 0 where it isn't there */
    char words[LEDGER_REASON_SIZE], repair[16];
    bool may[REPAIR_KINDS];       /* its next acts */
};
enum ledger_result differences_list(struct ledger *ledger, day_t date, struct ledger_difference *rows, int max, int *count,
                                    struct error *err);
/* Two supervisors, act "repair". TELL: the utility lacks it, it goes again as an advice. UNDO: the utility still has what
 * was undone here, its undoing goes again. EXPLAIN: what was found out, in words. */
enum ledger_result difference_repair(struct ledger *ledger, day_t date, const struct key *key, enum ledger_repair how, const char *words,
                                     const struct ledger_two *two, struct error *err);

/* --- journal as plain-text double entry (ledger, hledger) ------------------------------- */
/* What was booked from `first` to `last`, each with its business day as second date; first the
 * accounts, and what they held before. A line comes without its newline. 0, or -1 with err. */
int journal_export(struct ledger *ledger, day_t first, day_t last, void (*line)(void *ctx, const char *text), void *ctx,
                   struct error *err);

#endif
