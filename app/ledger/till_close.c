/* The end of a till: closed by its teller, by two people in his absence, or handed over. */
#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "ledger/till_inside.h"

static const char not_closed[] = "the till was not closed";

/* --- what is in the way -------------------------------------------------------------------- */

/* What a person must settle first: cash or paper of this till that nobody is sure of. */
static enum ledger_result settled(struct ledger *ledger, const struct ledger_till *till, struct error *err)
{
    int64_t held, sent, sheets;
    if (sql_one(ledger, err, "SELECT count(*) FROM payment WHERE held = 1 AND till = ?1",
                BIND(sql_int(till->id)), INTO(into_int64(&held))) != 1 ||
        sql_one(ledger, err, "SELECT count(*) FROM invoice i WHERE i.state = 'sent' AND i.state IN ('planned', 'sent') AND (i.book IN (SELECT id FROM book WHERE till = ?2)"
                " OR (i.book IS NULL AND (SELECT till FROM payment WHERE id = i.payment) = ?1))",
                BIND(sql_int(till->id), sql_text(till->number)), INTO(into_int64(&sent))) != 1 ||
        sql_one(ledger, err, "SELECT count(*) FROM number WHERE state = 'void' AND paper IS NULL"
                " AND book IN (SELECT id FROM book WHERE till = ?1)", BIND(sql_text(till->number)), INTO(into_int64(&sheets))) != 1)
        return LEDGER_BROKEN;
    if (held)
        return ledger_refuse(err, LEDGER_STATE, not_closed, "F6: say whether the cash is in the till",
                             "of %lld payments it is not known whether the cash is in the till", (long long)held);
    if (sent)
        return ledger_refuse(err, LEDGER_STATE, not_closed, "F6: look at the paper and answer",
                             "%lld invoices are printing or in doubt", (long long)sent);
    if (sheets)
        return ledger_refuse(err, LEDGER_STATE, not_closed, "a supervisor marks each as seen or missing",
                             "%lld void sheets were not handed in", (long long)sheets);
    return LEDGER_OK;
}

static enum ledger_result was_counted(const struct ledger_till *till, struct error *err)
{
    if (strcmp(till->state, "counted") == 0)
        return LEDGER_OK;
    return ledger_refuse(err, LEDGER_STATE, not_closed, "count it first", "till %s was not counted", till->number);
}

/* --- emptied ----------------------------------------------------------------------------------- */

enum ledger_result till_empty(struct ledger *ledger, struct ledger_till *till, const char *event, const char *to,
                              const char *operator_number, struct error *err)
{
    char account[8];
    struct count_made count = {.place = ledger_till_account(till->number, account), .till = till->id, .day = till->day,
                               .operator_number = till->operator_number};
    if (sql_one(ledger, err, "SELECT counted_fen FROM count WHERE till = ?1 ORDER BY id DESC LIMIT 1", BIND(sql_int(till->id)),
                INTO(into_int64(&count.counted_fen))) != 1)
        return LEDGER_BROKEN;
    enum ledger_result r = balance_of(ledger, count.place, &count.expected_fen, err);
    if (r == LEDGER_OK)
        r = count_book(ledger, &count, err);
    if (r == LEDGER_OK)
        r = ledger_entry(ledger, &(struct ledger_entry){.event = event, .till = till->id, .debit = to, .credit = count.place,
                         .fen = count.counted_fen, .operator_number = operator_number, .day = till->day}, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE till SET state = 'closed', closed_at = ?2 WHERE id = ?1",
                    BIND(sql_int(till->id), sql_int(ledger_now(ledger))));
    return r == LEDGER_OK && till_read(ledger, till->id, till, err) != 1 ? LEDGER_BROKEN : r;
}

static enum ledger_result close_own(struct ledger *ledger, const struct ledger_two *two, struct ledger_till *out, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    enum ledger_result r = till_of(ledger, two->terminal, two->maker, out, err);
    if (r == LEDGER_OK)
        r = was_counted(out, err);
    if (r == LEDGER_OK)
        r = settled(ledger, out, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "till_close", out->number, false, checker, err);
    if (r == LEDGER_OK)
        r = till_empty(ledger, out, "till closed", "vault", two->maker, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "till closed", two->maker, checker, two->terminal, out->number, "%s into the vault",
                         money_format(out->cash_fen, text, sizeof text));
    return r;
}

enum ledger_result till_close(struct ledger *ledger, const struct ledger_two *two, struct ledger_till *out, struct error *err)
{
    assert(two);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = close_own(ledger, two, out, err);
    return ledger_end(ledger, r, err);
}

/* --- handed over ------------------------------------------------------------------------------- */

/* What the last opening of this number handed over and nobody took; 0 none, -1 broken. */
static int in_transit(struct ledger *ledger, const char *number, struct ledger_till *from, char to[LEDGER_OPERATOR_SIZE],
                      int64_t *handed_fen, struct error *err)
{
    int64_t id;
    int got = sql_one(ledger, err, "SELECT id, handed_to, handed_fen FROM till WHERE number = ?1 AND handed_to IS NOT NULL"
                      " AND taken_by IS NULL", BIND(sql_text(number)),
                      INTO(into_int64(&id), into_text(to, LEDGER_OPERATOR_SIZE), into_int64(handed_fen)));
    return got == 1 && till_read(ledger, id, from, err) != 1 ? -1 : got;
}

static enum ledger_result hand_over(struct ledger *ledger, const struct ledger_two *two, const char *to, struct ledger_till *out,
                                    struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    enum ledger_result r = till_of(ledger, two->terminal, two->maker, out, err);
    if (r == LEDGER_OK)
        r = was_counted(out, err);
    if (r == LEDGER_OK && strcmp(to, two->maker) == 0)
        return ledger_refuse(err, LEDGER_PARAMS, not_closed, NULL, "nobody hands over to himself");
    if (r == LEDGER_OK)
        r = role_check(ledger, to, ROLE_TELLER, not_closed, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "till_handover", out->number, false, checker, err);
    if (r == LEDGER_OK)
        r = till_empty(ledger, out, "handed over", "in-transit", two->maker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE till SET handed_to = ?2, handed_fen = ?3 WHERE id = ?1",
                    BIND(sql_int(out->id), sql_text(to), sql_int(out->cash_fen)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "till handed over", two->maker, checker, two->terminal, out->number, "%s to operator %s",
                         money_format(out->cash_fen, text, sizeof text), to);
    return r;
}

enum ledger_result till_hand_over(struct ledger *ledger, const struct ledger_two *two, const char *to, struct ledger_till *out,
                                  struct error *err)
{
    assert(two);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = hand_over(ledger, two, to, out, err);
    return ledger_end(ledger, r, err);
}

/* The difference between what A handed over and B counts is A's; B begins with what he counted. */
static enum ledger_result take(struct ledger *ledger, const struct ledger_till *from, int64_t handed_fen, const char *terminal,
                               const char *operator_number, const struct ledger_note *notes, int note_count, int64_t sum_fen,
                               struct ledger_count *out, struct error *err)
{
    char account[8];
    struct count_made count = {.place = ledger_till_account(from->number, account), .day = from->day,
                               .operator_number = operator_number, .expected_fen = handed_fen};
    enum ledger_result r = count_sum(notes, note_count, sum_fen, &count.counted_fen, err);
    if (r == LEDGER_OK)
        r = till_insert(ledger, from->number, terminal, operator_number, from->day, count.counted_fen, err);
    if (r != LEDGER_OK)
        return r;
    count.till = sql_last_id(ledger);
    r = count_keep(ledger, &count, notes, note_count, err);
    if (r == LEDGER_OK)
        r = ledger_entry(ledger, &(struct ledger_entry){.event = "taken over", .till = count.till, .debit = count.place,
                         .credit = "in-transit", .fen = handed_fen, .operator_number = operator_number, .day = from->day}, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE till SET taken_by = ?2 WHERE id = ?1", BIND(sql_int(from->id), sql_int(count.till)));
    count.till = from->id;
    count.operator_number = from->operator_number;
    if (r == LEDGER_OK)
        r = count_book(ledger, &count, err);
    *out = (struct ledger_count){count.counted_fen, handed_fen, count.counted_fen - handed_fen};
    return r;
}

static enum ledger_result accept(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                                 const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                                 struct error *err)
{
    static const char what[] = "the till was not taken over";
    struct ledger_till from = {.id = 0};
    char to[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    int64_t handed_fen;
    int got = in_transit(ledger, number, &from, to, &handed_fen, err);
    if (got < 0)
        return LEDGER_BROKEN;
    if (got == 0 || strcmp(to, operator_number) != 0)
        return ledger_refuse(err, LEDGER_TILL, what, NULL, "till %s was not handed over to operator %s", number, operator_number);
    enum ledger_result r = role_check(ledger, operator_number, ROLE_TELLER, what, err);
    if (r == LEDGER_OK)
        r = till_free(ledger, number, terminal, operator_number, err);
    if (r == LEDGER_OK)
        r = take(ledger, &from, handed_fen, terminal, operator_number, notes, note_count, sum_fen, out, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "till taken over", operator_number, NULL, terminal, number, "%s from operator %s",
                         money_format(out->counted_fen, text, sizeof text), from.operator_number);
    return r;
}

enum ledger_result till_accept(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                               const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                               struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = accept(ledger, number, terminal, operator_number, notes, note_count, sum_fen, out, err);
    r = ledger_end(ledger, r, err);
    if (r != LEDGER_OK)
        memset(out, 0, sizeof *out);
    return r;
}

/* --- by two people, its teller being away ------------------------------------------------------- */

/* In transit and nobody came: the cash goes to the vault, a difference is the giver's. */
static enum ledger_result close_in_transit(struct ledger *ledger, struct ledger_till *from, int64_t handed_fen,
                                           const struct ledger_two *two, const char *checker, const struct ledger_note *notes,
                                           int note_count, int64_t sum_fen, struct ledger_count *out, struct error *err)
{
    struct count_made count = {.place = "vault", .till = from->id, .day = from->day, .operator_number = two->maker,
                               .second = checker, .expected_fen = handed_fen};
    char account[8];
    enum ledger_result r = count_sum(notes, note_count, sum_fen, &count.counted_fen, err);
    count.place = ledger_till_account(from->number, account);
    if (r == LEDGER_OK)
        r = count_keep(ledger, &count, notes, note_count, err);
    if (r == LEDGER_OK)
        r = ledger_entry(ledger, &(struct ledger_entry){.event = "till closed", .till = from->id, .debit = "vault",
                         .credit = "in-transit", .fen = handed_fen, .operator_number = two->maker, .day = from->day}, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE till SET taken_by = id WHERE id = ?1", BIND(sql_int(from->id)));
    count.place = "vault";
    count.operator_number = from->operator_number;
    if (r == LEDGER_OK)
        r = count_book(ledger, &count, err);
    *out = (struct ledger_count){count.counted_fen, handed_fen, count.counted_fen - handed_fen};
    return r;
}

static enum ledger_result force_close(struct ledger *ledger, const char *number, const struct ledger_two *two,
                                      const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                                      struct error *err)
{
    struct ledger_till till = {.id = 0};
    char checker[LEDGER_OPERATOR_SIZE], to[LEDGER_OPERATOR_SIZE], text[MONEY_TEXT_SIZE];
    int64_t handed_fen;
    int transit = in_transit(ledger, number, &till, to, &handed_fen, err);
    int got = transit ? transit : till_of_number(ledger, number, &till, err);
    if (got < 0)
        return LEDGER_BROKEN;
    if (got == 0 || (!transit && strcmp(till.state, "closed") == 0))
        return ledger_refuse(err, LEDGER_TILL, not_closed, NULL, "till %s is not open", number);
    enum ledger_result r = approval_second(ledger, two, "till_force_close", number, true, checker, err);
    if (r != LEDGER_OK)
        return r;
    if (transit) {
        r = close_in_transit(ledger, &till, handed_fen, two, checker, notes, note_count, sum_fen, out, err);
    } else {
        r = till_counted(ledger, &till, two->maker, checker, notes, note_count, sum_fen, out, err);
        if (r == LEDGER_OK)
            r = till_empty(ledger, &till, "till closed", "vault", two->maker, err);
    }
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "till closed by two", two->maker, checker, two->terminal, number, "operator %s's, %s into the vault",
                         till.operator_number, money_format(out->counted_fen, text, sizeof text));
    return r;
}

enum ledger_result till_force_close(struct ledger *ledger, const char *number, const struct ledger_two *two,
                                    const struct ledger_note *notes, int note_count, int64_t sum_fen, struct ledger_count *out,
                                    struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = force_close(ledger, number, two, notes, note_count, sum_fen, out, err);
    r = ledger_end(ledger, r, err);
    if (r != LEDGER_OK)
        memset(out, 0, sizeof *out);
    return r;
}
