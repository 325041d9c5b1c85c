/* Tills: opened with a float, looked at, fed and emptied while they are open. */
#include "ledger/till.h"

#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "ledger/till_inside.h"

enum ledger_result sum_check(int64_t sum_fen, bool none, const char *what, struct error *err)
{
    if (sum_fen >= (none ? 0 : 1) && sum_fen <= MONEY_MAX_FEN)
        return LEDGER_OK;
    return ledger_refuse(err, LEDGER_PARAMS, what, NULL, "this is no sum of money to move");
}

enum ledger_result balance_of(struct ledger *ledger, const char *account, int64_t *fen, struct error *err)
{
    return sql_one(ledger, err, "SELECT coalesce(sum(balance_fen), 0) FROM account WHERE name = ?1", BIND(sql_text(account)),
                   INTO(into_int64(fen))) == 1 ? LEDGER_OK : LEDGER_BROKEN;
}

enum ledger_result account_balance(struct ledger *ledger, const char *account, int64_t *fen, struct error *err)
{
    return balance_of(ledger, account, fen, err);
}

/* Cash of withdrawals that the bank has not answered yet: it goes out of this till when it says yes. */
static enum ledger_result cash_promised(struct ledger *ledger, const char *account, int64_t *fen, struct error *err)
{
    int got = sql_one(ledger, err, "SELECT coalesce(sum(p.amount_fen), 0) FROM payment p JOIN till t ON t.id = p.till WHERE p.state = 'recorded'"
                      " AND (p.state = 'recorded' OR p.state = 'advised' OR p.state = 'undoing' OR p.state = 'reversing' OR p.state = 'excepted' OR p.state = 'short')"
                      " AND (p.proc = 10000 OR p.proc = 950000) AND 'till:' || t.number = ?1", BIND(sql_text(account)), INTO(into_int64(fen)));
    return got == 1 ? LEDGER_OK : LEDGER_BROKEN;
}

enum ledger_result cash_check(struct ledger *ledger, const char *account, int64_t sum_fen, const char *what, struct error *err)
{
    int64_t held, promised = 0;
    char text[MONEY_TEXT_SIZE];
    enum ledger_result r = balance_of(ledger, account, &held, err);
    if (r == LEDGER_OK)
        r = cash_promised(ledger, account, &promised, err);
    held -= promised;
    if (r != LEDGER_OK || held >= sum_fen)
        return r;
    return ledger_refuse(err, LEDGER_CASH_SHORT, what, "take less, or have cash brought first", "%s holds %s",
                         strcmp(account, "vault") == 0 ? "the vault" : "the till", money_format_grouped(held, text, sizeof text));
}

/* --- reading ------------------------------------------------------------------------- */

#define TILL_COLUMNS "SELECT t.id, t.number, t.terminal, t.operator, o.name, t.state, t.day, t.float_fen," \
    " CASE t.state WHEN 'closed' THEN coalesce((SELECT counted_fen FROM count WHERE till = t.id ORDER BY id DESC LIMIT 1), 0)" \
    " ELSE coalesce((SELECT balance_fen FROM account WHERE name = 'till:' || t.number AND commodity = 'CNY'), 0) END," \
    " t.opened_at, t.closed_at FROM till t JOIN operator o ON o.number = t.operator WHERE "
#define INTO_TILL(t) INTO(into_int64(&(t)->id), into_text((t)->number, sizeof (t)->number), \
    into_text((t)->terminal, sizeof (t)->terminal), into_text((t)->operator_number, sizeof (t)->operator_number), \
    into_text((t)->operator_name, sizeof (t)->operator_name), into_text((t)->state, sizeof (t)->state), into_int(&(t)->day), \
    into_int64(&(t)->float_fen), into_int64(&(t)->cash_fen), into_int64(&(t)->opened_ms), into_int64(&(t)->closed_ms))

int till_read(struct ledger *ledger, int64_t id, struct ledger_till *out, struct error *err)
{
    return sql_one(ledger, err, TILL_COLUMNS "t.id = ?1", BIND(sql_int(id)), INTO_TILL(out));
}

int till_at_terminal(struct ledger *ledger, const char *terminal, struct ledger_till *out, struct error *err)
{
    return sql_one(ledger, err, TILL_COLUMNS "t.terminal = ?1 AND t.state <> 'closed'", BIND(sql_text(terminal)), INTO_TILL(out));
}

int till_of_number(struct ledger *ledger, const char *number, struct ledger_till *out, struct error *err)
{
    return sql_one(ledger, err, TILL_COLUMNS "t.number = ?1 ORDER BY t.id DESC LIMIT 1", BIND(sql_text(number)), INTO_TILL(out));
}

static enum ledger_result found(int got, const char *what, const char *which, struct error *err)
{
    if (got == 0)
        return ledger_refuse(err, LEDGER_TILL, "no open till", "open one", "there is none %s %.20s", what, which);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result till_at(struct ledger *ledger, const char *terminal, struct ledger_till *out, struct error *err)
{
    return found(till_at_terminal(ledger, terminal, out, err), "at terminal", terminal, err);
}

enum ledger_result till_last(struct ledger *ledger, const char *number, struct ledger_till *out, struct error *err)
{
    return found(till_of_number(ledger, number, out, err), "of number", number, err);
}

enum ledger_result till_list(struct ledger *ledger, day_t day, struct ledger_till *rows, int max, int *count, struct error *err)
{
    struct ledger_till one;
    int got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, TILL_COLUMNS "t.day = ?1 ORDER BY t.number, t.id LIMIT ?2",
                                   BIND(sql_int(day), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO_TILL(&one))) == 1)
        rows[(*count)++] = one;
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* --- whose till ------------------------------------------------------------------------ */

enum ledger_result till_of(struct ledger *ledger, const char *terminal, const char *operator_number, struct ledger_till *out,
                           struct error *err)
{
    enum ledger_result r = till_at(ledger, terminal, out, err);
    if (r == LEDGER_OK && strcmp(out->operator_number, operator_number) != 0)
        return ledger_refuse(err, LEDGER_TILL, "not this till", "he closes it, or two people do", "till %s is operator %s's",
                             out->number, out->operator_number);
    return r;
}

static enum ledger_result open_till_of(struct ledger *ledger, const char *terminal, const char *operator_number,
                                       struct ledger_till *out, struct error *err)
{
    enum ledger_result r = till_of(ledger, terminal, operator_number, out, err);
    if (r == LEDGER_OK && strcmp(out->state, "open") != 0)
        return ledger_refuse(err, LEDGER_TILL, "no open till", "close it, then open it again", "till %s was counted", out->number);
    return r;
}

enum ledger_result ledger_till_open_at(struct ledger *ledger, const char *terminal, const char *operator_number,
                                       int64_t *till, char number[LEDGER_TILL_SIZE], struct error *err)
{
    struct ledger_till row;
    enum ledger_result r = open_till_of(ledger, terminal, operator_number, &row, err);
    if (r != LEDGER_OK)
        return r;
    *till = row.id;
    text_copy(number, LEDGER_TILL_SIZE, row.number);
    return LEDGER_OK;
}

/* --- opening ----------------------------------------------------------------------------- */

static const char not_opened[] = "the till was not opened";

/* Another till in the way: this number's, this person's, this terminal's. */
enum ledger_result till_free(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                             struct error *err)
{
    char other[LEDGER_TILL_SIZE], where[LEDGER_TERMINAL_SIZE], who[LEDGER_OPERATOR_SIZE];
    int got = sql_one(ledger, err, "SELECT number, terminal, operator FROM till WHERE state <> 'closed'"
                      " AND (number = ?1 OR terminal = ?2 OR operator = ?3) LIMIT 1",
                      BIND(sql_text(number), sql_text(terminal), sql_text(operator_number)),
                      INTO(into_text(other, sizeof other), into_text(where, sizeof where), into_text(who, sizeof who)));
    if (got == 1)
        return ledger_refuse(err, LEDGER_TILL, not_opened, "close that one first", "till %s is open at terminal %s, operator %s",
                             other, where, who);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static enum ledger_result not_in_transit(struct ledger *ledger, const char *number, struct error *err)
{
    char to[LEDGER_OPERATOR_SIZE];
    int got = sql_one(ledger, err, "SELECT handed_to FROM till WHERE number = ?1 AND handed_to IS NOT NULL AND taken_by IS NULL",
                      BIND(sql_text(number)), INTO(into_text(to, sizeof to)));
    if (got == 1)
        return ledger_refuse(err, LEDGER_TILL, not_opened, "he takes it over, or two people close it",
                             "till %s was handed over to operator %s and is in transit", number, to);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

enum ledger_result till_insert(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                               day_t day, int64_t float_fen, struct error *err)
{
    return sql_run(ledger, err, "INSERT INTO till (number, terminal, operator, day, float_fen, opened_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                   BIND(sql_text(number), sql_text(terminal), sql_text(operator_number), sql_int(day), sql_int(float_fen),
                        sql_int(ledger_now(ledger))));
}

static enum ledger_result open_new(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                                   int64_t float_fen, struct ledger_till *out, struct error *err)
{
    day_t day;
    char account[8], text[MONEY_TEXT_SIZE];
    enum ledger_result r = role_check(ledger, operator_number, ROLE_TELLER, not_opened, err);
    if (r == LEDGER_OK && (strlen(number) != 2 || !text_digits(number)))
        return ledger_refuse(err, LEDGER_PARAMS, not_opened, NULL, "a till's number has two digits");
    if (r == LEDGER_OK)
        r = sum_check(float_fen, true, not_opened, err);
    if (r == LEDGER_OK)
        r = ledger_day_open(ledger, &day, err);
    if (r == LEDGER_OK)
        r = till_free(ledger, number, terminal, operator_number, err);
    if (r == LEDGER_OK)
        r = not_in_transit(ledger, number, err);
    if (r == LEDGER_OK)
        r = cash_check(ledger, "vault", float_fen, not_opened, err);
    if (r == LEDGER_OK)
        r = till_insert(ledger, number, terminal, operator_number, day, float_fen, err);
    if (r != LEDGER_OK)
        return r;
    int64_t id = sql_last_id(ledger);
    r = ledger_entry(ledger, &(struct ledger_entry){.event = "float", .till = id, .debit = ledger_till_account(number, account),
                     .credit = "vault", .fen = float_fen, .operator_number = operator_number, .day = day}, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "till opened", operator_number, NULL, terminal, number, "float %s",
                         money_format(float_fen, text, sizeof text));
    return r == LEDGER_OK && till_read(ledger, id, out, err) != 1 ? LEDGER_BROKEN : r;
}

static enum ledger_result open_or_go_on(struct ledger *ledger, const char *number, const char *terminal,
                                        const char *operator_number, int64_t float_fen, struct ledger_till *out, struct error *err)
{
    int got = till_at_terminal(ledger, terminal, out, err);
    if (got < 0)
        return LEDGER_BROKEN;
    if (got && strcmp(out->operator_number, operator_number) == 0 && strcmp(out->number, number) == 0)
        return LEDGER_OK;
    return open_new(ledger, number, terminal, operator_number, float_fen, out, err);
}

enum ledger_result till_open(struct ledger *ledger, const char *number, const char *terminal, const char *operator_number,
                             int64_t float_fen, struct ledger_till *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = open_or_go_on(ledger, number, terminal, operator_number, float_fen, out, err);
    return ledger_end(ledger, r, err);
}

/* --- between vault and till ---------------------------------------------------------------- */

static enum ledger_result move_cash(struct ledger *ledger, const struct ledger_two *two, bool into_till, int64_t sum_fen,
                                    struct ledger_till *out, struct error *err)
{
    static const char what[] = "no cash was moved";
    int64_t limit_fen = ledger->rules.second_person_fen;
    bool needed = !into_till || (limit_fen > 0 && sum_fen > limit_fen);
    char checker[LEDGER_OPERATOR_SIZE], account[8], text[MONEY_TEXT_SIZE];
    enum ledger_result r = open_till_of(ledger, two->terminal, two->maker, out, err);
    if (r == LEDGER_OK)
        r = sum_check(sum_fen, false, what, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "till_cash", out->number, needed, checker, err);
    if (r != LEDGER_OK)
        return r;
    const char *till = ledger_till_account(out->number, account), *from = into_till ? "vault" : till, *to = into_till ? till : "vault";
    r = cash_check(ledger, from, sum_fen, what, err);
    if (r == LEDGER_OK)
        r = ledger_entry(ledger, &(struct ledger_entry){.event = into_till ? "cash in" : "cash out", .till = out->id, .debit = to,
                         .credit = from, .fen = sum_fen, .operator_number = two->maker, .day = out->day}, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, into_till ? "cash into till" : "cash into vault", two->maker, checker, two->terminal,
                         out->number, "%s", money_format(sum_fen, text, sizeof text));
    return r == LEDGER_OK && till_read(ledger, out->id, out, err) != 1 ? LEDGER_BROKEN : r;
}

enum ledger_result till_cash(struct ledger *ledger, const struct ledger_two *two, bool into_till, int64_t sum_fen,
                             struct ledger_till *out, struct error *err)
{
    assert(two);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = move_cash(ledger, two, into_till, sum_fen, out, err);
    return ledger_end(ledger, r, err);
}
