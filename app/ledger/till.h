/* Tills, the vault, blind counts, counterfeit notes. */
#ifndef LEDGER_TILL_H
#define LEDGER_TILL_H

#include "ledger/approval.h"
#include "ledger/ledger.h"

/* cash_fen: what the books say is in it, which a teller may not see before he has counted; closed: what was counted last. */
struct ledger_till { int64_t id; char number[LEDGER_TILL_SIZE], terminal[LEDGER_TERMINAL_SIZE], operator_number[LEDGER_OPERATOR_SIZE],
                     operator_name[64], state[8]; day_t day; int64_t float_fen, cash_fen, opened_ms, closed_ms; };
/* Opens the terminal's till with a counted float out of the vault. One of this operator at this terminal
 * that is not closed is gone on with. Refused: DAY, TILL (another is open here, or his elsewhere, or it is in
 * transit), CASH_SHORT (the vault holds less), ROLE. */
enum ledger_result till_open(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                             int64_t float_fen, struct ledger_till *out, struct error *err);
/* The open till of this terminal; TILL when none is. */
enum ledger_result till_at(struct ledger *ledger, const char *terminal, struct ledger_till *out, struct error *err);
/* The latest opening of a till's number, closed or not. */
enum ledger_result till_last(struct ledger *ledger, const char *number, struct ledger_till *out, struct error *err);
enum ledger_result till_list(struct ledger *ledger, day_t day, struct ledger_till *rows, int max, int *count, struct error *err);

/* A count is by notes, or (note_count 0) by its sum; with both they must agree. */
struct ledger_note { int64_t fen, count; };
#define LEDGER_NOTES_MAX 11
struct ledger_count { int64_t counted_fen, expected_fen, difference_fen; };
/* Blind: committed before the expected sum is known. The first needs nobody, another a second person.
 * Over and short are booked with the till's closing. */
enum ledger_result till_count(struct ledger *ledger, const struct ledger_two *two, const struct ledger_note *notes, int note_count,
                              int64_t sum_fen, struct ledger_count *out, struct error *err);
/* Cash between vault and till: into the vault two people, out of it above second_person_fen. CASH_SHORT. */
enum ledger_result till_cash(struct ledger *ledger, const struct ledger_two *two, bool into_till, int64_t sum_fen,
                             struct ledger_till *out, struct error *err);
/* Counted, doubts settled, void paper seen: the cash goes to the vault, over/short is booked. STATE with why in err. */
enum ledger_result till_close(struct ledger *ledger, const struct ledger_two *two, struct ledger_till *out, struct error *err);
/* An absent teller's till, or one in transit that nobody took: counted and closed by two people, the cash
 * goes to the vault, a difference is his whose till it was. Act "till_force_close". */
enum ledger_result till_force_close(struct ledger *ledger, const char *number, const struct ledger_two *two,
                                    const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                                    struct error *err);
/* A counts and closes; cash and book stand in transit to B, who accepts with a blind count of his own. */
enum ledger_result till_hand_over(struct ledger *ledger, const struct ledger_two *two, const char *to, struct ledger_till *out,
                                  struct error *err);
enum ledger_result till_accept(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                               const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                               struct error *err);
/* The vault: two people count it (a difference is booked when the day closes); cash from and to the bank.
 * Act "vault". Refused: DAY, CASH_SHORT. */
enum ledger_result vault_count(struct ledger *ledger, const struct ledger_two *two, const struct ledger_note *notes, int note_count,
                               int64_t sum_fen, struct ledger_count *out, struct error *err);
enum ledger_result vault_cash(struct ledger *ledger, const struct ledger_two *two, bool in, int64_t sum_fen, struct error *err);
/* Debits less credits of an account ("vault", "till:07", …). */
enum ledger_result account_balance(struct ledger *ledger, const char *account, int64_t *fen, struct error *err);

struct ledger_counterfeit { int64_t id; int64_t fen; char serial[33], series[33], customer[LEDGER_NAME_SIZE], checker[LEDGER_OPERATOR_SIZE]; };
/* Two sign-ons; never tender. Fills id and checker. */
enum ledger_result counterfeit_take(struct ledger *ledger, const struct ledger_two *two, struct ledger_counterfeit *note,
                                    struct error *err);

#endif
