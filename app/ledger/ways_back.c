/* No answer, and the ways back: finish, abandon, undo, reverse, hand back. Each is one
 * transaction: state, money, paper and the message that tells the utility. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "ledger/books.h"
#include "ledger/kind.h"

static const struct ledger_paper no_papers[1]; /* "asked, and none was named" */

/* --- T2': it goes on as an advice --------------------------------------------------------------------- */

static enum ledger_result finish(struct ledger *ledger, const struct key *key, const char *operator_number,
                                 struct ledger_payment *p, struct error *err)
{
    enum ledger_result r = ledger_payment_by_key(ledger, key, p, err);
    if (r == LEDGER_OK && (!ledger_is(p, "recorded") || p->held || p->proc != KIND_CASH))
        return ledger_not_so(p, "it can't be finished without the link", err);
    if (r == LEDGER_OK)
        r = ledger_offline_check(ledger, p->day, p->amount_fen, err);
    if (r == LEDGER_OK)
        r = ledger_outbox_done(ledger, p->id, "0200", err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE payment SET offline = 1 WHERE id = ?1", BIND(sql_int(p->id)));
    p->offline = true;
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "advised", err);
    if (r == LEDGER_OK)
        r = ledger_outbox_add(ledger, p, "0220", NULL, NULL, err);
    if (r == LEDGER_OK)
        r = ledger_invoice_plan(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_payment_seen(ledger, p, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "payment finished", operator_number, NULL, p->terminal, p->key.ref,
                         "no answer: goes on as an advice");
    return r;
}

/* --- the ways back ---------------------------------------------------------------------------------------- */

/* What is undone before its answer: the money is to be given back by this commit. */
static enum ledger_result undoing(struct ledger *ledger, struct ledger_payment *p, const char *maker, const char *checker,
                                  struct error *err)
{
    enum ledger_result r = ledger_payment_move(ledger, p, "undoing", err);
    if (r == LEDGER_OK)
        r = ledger_outbox_add(ledger, p, "0420", maker, checker, err);
    /* an account is credited by the answer; else no cash came in with it */
    return r == LEDGER_OK && ledger_cash_in(p) ? ledger_kind_back(ledger, p, "turned back", false, maker, err) : r;
}

/* What the utility has: nothing is given back before its answer. */
static enum ledger_result reversing(struct ledger *ledger, struct ledger_payment *p, const char *maker, const char *checker,
                                    struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "UPDATE payment SET stood = state WHERE id = ?1", BIND(sql_int(p->id)));
    if (r == LEDGER_OK)
        r = ledger_payment_move(ledger, p, "reversing", err);
    return r == LEDGER_OK ? ledger_outbox_add(ledger, p, "0400", maker, checker, err) : r;
}

enum ledger_result ledger_turn_back(struct ledger *ledger, struct ledger_payment *p, const struct ledger_paper *papers,
                                    int count, const char *maker, const char *checker, struct error *err)
{
    bool asked = ledger_is(p, "recorded"), queued = ledger_is(p, "advised");
    enum ledger_result r = ledger_invoice_withdraw(ledger, p, papers, count, maker, err);
    if (r == LEDGER_OK && asked)
        r = ledger_outbox_done(ledger, p->id, "0200", err);
    if (r == LEDGER_OK)
        r = asked || queued ? undoing(ledger, p, maker, checker, err) : reversing(ledger, p, maker, checker, err);
    return r == LEDGER_OK ? ledger_payment_seen(ledger, p, err) : r;
}

/* Reversed on the day it was taken, while that day still takes messages. */
static enum ledger_result same_day(struct ledger *ledger, const struct ledger_payment *p, struct error *err)
{
    day_t today;
    char state[8];
    enum ledger_result r = ledger_day_at_work(ledger, &today, state, err);
    if (r == LEDGER_OK && (today != p->day || strcmp(state, "cut off") == 0))
        r = ledger_refuse(err, LEDGER_DAY, "it can't be reversed", "a supervisor refunds or transfers it",
                          "it belongs to a business day that is over");
    return r;
}

struct way {
    const char *act, *event, *refusal, *states[2];
    bool papers, same_day;
};
static const struct way abandon_way = {"abandon", "payment abandoned", "it can't be abandoned", {"recorded", NULL}, false, false};
static const struct way undo_way = {"undo", "payment turned back", "it can't be undone", {"advised", NULL}, true, false};
static const struct way reverse_way = {"reverse", "reversal asked for", "it can't be reversed", {"posted", "excepted"}, true, true};

static bool in_state(const struct way *way, const struct ledger_payment *p)
{
    if (way->papers && (!ledger_kind(p->proc)->reversible || p->moved_fen)) /* put right by its opposite, or its money is elsewhere */
        return false;
    return !p->held && (ledger_is(p, way->states[0]) || (way->states[1] && ledger_is(p, way->states[1])));
}

static enum ledger_result go_back(struct ledger *ledger, const struct way *way, const struct key *key,
                                  const struct ledger_paper *papers, int count, const struct ledger_two *two,
                                  struct ledger_payment *p, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE] = "", sum[MONEY_TEXT_SIZE];
    enum ledger_result r = ledger_payment_by_key(ledger, key, p, err);
    if (r == LEDGER_OK && !in_state(way, p))
        return ledger_not_so(p, way->refusal, err);
    if (r == LEDGER_OK && way->same_day)
        r = same_day(ledger, p, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, way->act, p->key.ref, true, checker, err);
    if (r == LEDGER_OK)
        r = ledger_turn_back(ledger, p, way->papers ? (papers ? papers : no_papers) : NULL, papers ? count : 0, two->maker, checker, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, way->event, two->maker, checker, two->terminal, p->key.ref, "%s",
                         money_format(p->amount_fen, sum, sizeof sum));
    for (int i = 0; r == LEDGER_OK && papers && i < count; i++)
        if (papers[i].missing)
            r = ledger_audit(ledger, err, "paper missing", two->maker, checker, two->terminal, p->key.ref, "number %s", papers[i].number);
    return r;
}

/* --- cash goes out ------------------------------------------------------------------------------------------ */

static enum ledger_result hand_back(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                    struct ledger_payment *p, struct error *err)
{
    static const char what[] = "nothing is handed back";
    char number[LEDGER_TILL_SIZE], account[8], checker[LEDGER_OPERATOR_SIZE] = "", sum[MONEY_TEXT_SIZE];
    int64_t till;
    enum ledger_result r = ledger_payment_by_key(ledger, key, p, err);
    if (r == LEDGER_OK && (p->owed_fen == 0 || p->held))
        return ledger_not_so(p, what, err);
    if (r == LEDGER_OK)
        r = ledger_till_open_at(ledger, two->terminal, two->maker, &till, number, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "hand_back", p->key.ref, !ledger_is(p, "declined") && !ledger_moves(p), checker, err);
    if (r == LEDGER_OK)
        r = cash_check(ledger, ledger_till_account(number, account), p->owed_fen, what, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "handed back", two->maker, checker, two->terminal, p->key.ref, "%s from till %s",
                         money_format(p->owed_fen, sum, sizeof sum), number);
    return r == LEDGER_OK ? ledger_payment_hand(ledger, p, till, account, two->maker, err) : r;
}

/* --- as one transaction each ------------------------------------------------------------------------------------ */

static enum ledger_result close_act(struct ledger *ledger, enum ledger_result r, struct ledger_payment *out, struct error *err)
{
    if (r == LEDGER_OK)
        r = ledger_payment_load(ledger, out->id, out, err);
    return ledger_end(ledger, r, err);
}

enum ledger_result payment_finish(struct ledger *ledger, const struct key *key, const char *operator_number,
                                  struct ledger_payment *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = finish(ledger, key, operator_number, out, err);
    return close_act(ledger, r, out, err);
}

static enum ledger_result way_back(struct ledger *ledger, const struct way *way, const struct key *key,
                                   const struct ledger_paper *papers, int count, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = go_back(ledger, way, key, papers, count, two, out, err);
    return close_act(ledger, r, out, err);
}

enum ledger_result payment_abandon(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err)
{
    return way_back(ledger, &abandon_way, key, NULL, 0, two, out, err);
}

enum ledger_result payment_undo(struct ledger *ledger, const struct key *key, const struct ledger_paper *papers, int count,
                                const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    return way_back(ledger, &undo_way, key, papers, count, two, out, err);
}

enum ledger_result payment_reverse(struct ledger *ledger, const struct key *key, const struct ledger_paper *papers, int count,
                                   const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    return way_back(ledger, &reverse_way, key, papers, count, two, out, err);
}

enum ledger_result payment_hand_back(struct ledger *ledger, const struct key *key, const struct ledger_two *two,
                                     struct ledger_payment *out, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = hand_back(ledger, key, two, out, err);
    return close_act(ledger, r, out, err);
}
