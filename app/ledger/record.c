/* T1: what a teller confirmed becomes a payment, in one durable transaction. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "ledger/books.h"
#include "ledger/kind.h"

#define DETAIL_MAX 65536

static const char what[] = "the payment was not recorded";

static enum ledger_result no(struct error *err, enum ledger_result result, const char *remedy, const char *why)
{
    return ledger_refuse(err, result, what, remedy, "%s", why);
}

/* --- does it add up ------------------------------------------------------------------------- */

static bool text_fits(const char *text, size_t size, bool needed)
{
    size_t len = strnlen(text, size);
    return len < size && utf8_valid(text, len) && (len > 0 || !needed);
}

static bool texts_fit(const struct ledger_draft *d)
{
    for (int i = 0; i < d->bill_count; i++)
        if (!text_fits(d->bills[i].bill, sizeof d->bills[i].bill, true) || !text_fits(d->bills[i].period, sizeof d->bills[i].period, false))
            return false;
    return text_fits(d->customer, sizeof d->customer, ledger_kind(d->proc)->needs_customer) &&
           text_fits(d->account, sizeof d->account, ledger_kind(d->proc)->needs_account) && text_fits(d->name, sizeof d->name, false) &&
           text_fits(d->address, sizeof d->address, false) && text_fits(d->terminal, sizeof d->terminal, true) &&
           text_fits(d->operator_number, sizeof d->operator_number, true) &&
           (!d->detail || strlen(d->detail) <= DETAIL_MAX);
}

static bool named_before(const struct ledger_draft *d, int index)
{
    for (int i = 0; i < index; i++)
        if (strcmp(d->bills[i].bill, d->bills[index].bill) == 0)
            return true;
    return false;
}

enum ledger_result ledger_draft_sums(const struct ledger_draft *d, struct ledger_payment *p, struct error *err)
{
    if (strlen(d->token) != LEDGER_TOKEN_SIZE - 1 || !text_alnum(d->token))
        return no(err, LEDGER_TOKEN, "look the customer up again", "the draft has no token");
    if (d->bill_count < 0 || d->bill_count > LEDGER_BILLS_MAX || !texts_fit(d))
        return no(err, LEDGER_PARAMS, NULL, "there are too many bills, or a text is empty, too long or no UTF-8");
    if (d->bill_count == 0 && d->prepaid_fen <= 0 && ledger_kind(d->proc)->needs_sum)
        return no(err, LEDGER_PREPAID, "choose a bill, or type what is paid in advance", "there is nothing to be paid");
    bool fits = d->prepaid_fen >= 0 && d->tendered_fen >= 0 && d->change_fen >= 0;
    for (int i = 0; fits && i < d->bill_count; i++) {
        const struct ledger_bill *b = &d->bills[i];
        fits = b->amount_fen >= 0 && b->late_fee_fen >= 0 && !named_before(d, i) &&
               money_add(p->bills_fen, b->amount_fen, &p->bills_fen) &&
               money_add(p->late_fee_fen, b->late_fee_fen, &p->late_fee_fen);
    }
    p->prepaid_fen = d->prepaid_fen;
    fits = fits && money_add(p->bills_fen, p->late_fee_fen, &p->amount_fen) &&
           money_add(p->amount_fen, p->prepaid_fen, &p->amount_fen);
    if (!fits)
        return no(err, LEDGER_PARAMS, NULL, "a sum is below nothing or a bill stands twice in it");
    if (p->amount_fen > MONEY_MAX_FEN || d->tendered_fen > MONEY_MAX_FEN)
        return no(err, LEDGER_LIMIT, "take it in parts", "the sum is more than a message can carry");
    return LEDGER_OK;
}

enum ledger_result ledger_cash_adds_up(const struct ledger_draft *d, const struct ledger_payment *p, struct error *err)
{
    if (d->tendered_fen < p->amount_fen) {
        char missing[MONEY_TEXT_SIZE];
        return ledger_refuse(err, LEDGER_CASH_SHORT, what, "ask for the rest", "%s is missing",
                             money_format_grouped(p->amount_fen - d->tendered_fen, missing, sizeof missing));
    }
    if (d->tendered_fen - d->change_fen != p->amount_fen)
        return no(err, LEDGER_PARAMS, NULL, "tendered less change is not the sum to be paid");
    return LEDGER_OK;
}

static enum ledger_result check(const struct ledger_draft *d, struct ledger_payment *p, struct error *err)
{
    if (d->proc != KIND_CASH)
        return no(err, LEDGER_PARAMS, NULL, "it is no payment in cash");
    enum ledger_result r = ledger_draft_sums(d, p, err);
    return r == LEDGER_OK ? ledger_cash_adds_up(d, p, err) : r;
}

/* --- the second Enter ------------------------------------------------------------------------ */

static bool same_as(const struct ledger_payment *p, const struct ledger_draft *d)
{
    bool same = p->proc == d->proc && strcmp(p->customer, d->customer) == 0 && p->bill_count == d->bill_count && p->prepaid_fen == d->prepaid_fen &&
                p->tendered_fen == d->tendered_fen && p->change_fen == d->change_fen;
    for (int i = 0; same && i < d->bill_count; i++)
        same = strcmp(p->bills[i].bill, d->bills[i].bill) == 0 && p->bills[i].amount_fen == d->bills[i].amount_fen &&
               p->bills[i].late_fee_fen == d->bills[i].late_fee_fen;
    return same;
}

enum ledger_result ledger_payment_of_token(struct ledger *ledger, const struct ledger_draft *d, int64_t *id, struct error *err)
{
    struct ledger_payment first;
    *id = 0;
    if (sql_one(ledger, err, "SELECT id FROM payment WHERE token = ?1", BIND(sql_text(d->token)), INTO(into_int64(id))) < 0)
        return LEDGER_BROKEN;
    if (!*id)
        return LEDGER_OK;
    enum ledger_result r = ledger_payment_load(ledger, *id, &first, err);
    if (r != LEDGER_OK || same_as(&first, d))
        return r;
    return no(err, LEDGER_TOKEN, "look the customer up again", "this draft was used for another payment");
}

/* --- may it be taken ------------------------------------------------------------------------- */

bool payment_bill_in_hand(struct ledger *ledger, const char *bill)
{
    int64_t payment;
    /* what can't be read is taken as in hand: the refusal is the safe answer */
    return sql_one(ledger, NULL, "SELECT payment FROM payment_bill WHERE bill = ?1 AND live = 1", BIND(sql_text(bill)),
                   INTO(into_int64(&payment))) != 0;
}

enum ledger_result ledger_bills_free(struct ledger *ledger, const struct ledger_draft *d, struct error *err)
{
    for (int i = 0; i < d->bill_count; i++)
        if (payment_bill_in_hand(ledger, d->bills[i].bill))
            return ledger->broken[0] ? LEDGER_BROKEN
                                     : ledger_refuse(err, LEDGER_IN_HAND, what, "look at the customer's last payments",
                                                     "a payment of bill %s is under way or stands here", d->bills[i].bill);
    return LEDGER_OK;
}

static enum ledger_result permitted(struct ledger *ledger, const struct ledger_draft *d, struct ledger_payment *p,
                                    int64_t *till, struct error *err)
{
    enum ledger_result r = ledger_may_take(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_day_open(ledger, &p->day, err);
    if (r == LEDGER_OK)
        r = ledger_till_open_at(ledger, d->terminal, d->operator_number, till, p->till, err);
    if (r == LEDGER_OK)
        r = ledger_bills_free(ledger, d, err);
    if (r == LEDGER_OK && d->offline)
        r = ledger_offline_check(ledger, p->day, p->amount_fen, err);
    return r;
}

/* Cash above the limit: a supervisor has looked at it. */
static enum ledger_result second_person(struct ledger *ledger, const struct ledger_payment *p, const struct ledger_draft *d,
                                        const struct ledger_two *two, char checker[LEDGER_OPERATOR_SIZE], struct error *err)
{
    int64_t limit_fen = ledger->rules.second_person_fen;
    bool needed = limit_fen > 0 && p->amount_fen > limit_fen;
    struct ledger_two alone = {.act = "pay"};
    checker[0] = '\0';
    if (!needed && (!two || !two->token))
        return LEDGER_OK;
    memcpy(alone.maker, d->operator_number, sizeof alone.maker);
    memcpy(alone.terminal, d->terminal, sizeof alone.terminal);
    return approval_second(ledger, two ? two : &alone, "pay", p->key.ref, needed, checker, err);
}

/* --- its rows ---------------------------------------------------------------------------------- */

static void take_over(const struct ledger_draft *d, struct ledger_payment *p)
{
    p->proc = d->proc;
    p->tendered_fen = d->tendered_fen;
    p->change_fen = d->change_fen;
    p->bill_count = d->bill_count;
    p->offline = d->offline;
    memcpy(p->bills, d->bills, sizeof p->bills);
    memcpy(p->customer, d->customer, sizeof p->customer);
    memcpy(p->account, d->account, sizeof p->account);
    memcpy(p->name, d->name, sizeof p->name);
    memcpy(p->address, d->address, sizeof p->address);
    memcpy(p->terminal, d->terminal, sizeof p->terminal);
    memcpy(p->operator_number, d->operator_number, sizeof p->operator_number);
    snprintf(p->state, sizeof p->state, "%s", d->offline ? "advised" : "recorded");
}

static enum ledger_result insert(struct ledger *ledger, struct ledger_payment *p, const char *token, int64_t till, struct error *err)
{
    enum ledger_result r = sql_run(ledger, err,
        "INSERT INTO payment (ref, token, proc, state, customer, name, address, account, bills_fen, late_fee_fen, prepaid_fen,"
        " amount_fen, bill_count, tendered_fen, change_fen, day, taken_at, stan, terminal, till, operator, offline, audit)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?23, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)",
        BIND(sql_text(p->key.ref), sql_text(token), sql_int(p->proc), sql_text(p->state), sql_text(p->customer),
             sql_text(p->name), sql_text(p->address), sql_int(p->bills_fen), sql_int(p->late_fee_fen),
             sql_int(p->prepaid_fen), sql_int(p->amount_fen), sql_int(p->bill_count), sql_int(p->tendered_fen),
             sql_int(p->change_fen), sql_int(p->day), sql_int(p->taken_ms), sql_int(p->stan), sql_text(p->terminal),
             sql_int(till), sql_text(p->operator_number), sql_int(p->offline), sql_int(ledger->audit_id), sql_text(p->account)));
    p->id = sql_last_id(ledger);
    for (int i = 0; r == LEDGER_OK && i < p->bill_count; i++)
        r = sql_run(ledger, err, "INSERT INTO payment_bill (payment, position, bill, period, amount_fen, late_fee_fen)"
                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    BIND(sql_int(p->id), sql_int(i), sql_text(p->bills[i].bill), sql_text(p->bills[i].period),
                         sql_int(p->bills[i].amount_fen), sql_int(p->bills[i].late_fee_fen)));
    return r;
}

static enum ledger_result put_source(struct ledger *ledger, const struct ledger_payment *p, const struct ledger_source *source, struct error *err)
{
    return sql_run(ledger, err, "INSERT INTO source (payment, original, place) VALUES (?1, (SELECT id FROM payment WHERE ref = ?2), ?3)",
                   BIND(sql_int(p->id), source->key.ref[0] ? sql_text(source->key.ref) : sql_null(), sql_text(source->place)));
}

enum ledger_result ledger_payment_insert(struct ledger *ledger, const struct ledger_draft *d, struct ledger_payment *p, int64_t till,
                                         const char *checker, const struct ledger_source *source, struct error *err)
{
    char sum[MONEY_TEXT_SIZE];
    take_over(d, p);
    enum ledger_result r = ledger_next_stan(ledger, p->day, p->terminal, &p->stan, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "payment recorded", p->operator_number, checker, p->terminal, p->key.ref,
                         "%s%s%s%scustomer %s, %s for %d bills%s", source ? "money that moves: " : "", p->account[0] ? ledger_kind(p->proc)->act : "",
                         p->account[0] ? " " : "", p->account[0] ? p->account : "", p->customer,
                         money_format(p->amount_fen, sum, sizeof sum), p->bill_count, p->offline ? ", without the link" : "");
    if (r == LEDGER_OK)
        r = insert(ledger, p, d->token, till, err);
    if (r == LEDGER_OK && d->detail)
        r = sql_run(ledger, err, "INSERT INTO detail (payment, data) VALUES (?1, ?2)", BIND(sql_int(p->id), sql_text(d->detail)));
    return r == LEDGER_OK && source ? put_source(ledger, p, source, err) : r;
}

static enum ledger_result write_down(struct ledger *ledger, const struct ledger_draft *d, struct ledger_payment *p,
                                     int64_t till, const char *checker, struct error *err)
{
    enum ledger_result r = ledger_payment_insert(ledger, d, p, till, checker, NULL, err);
    if (r == LEDGER_OK)
        r = ledger_kind_taken(ledger, p, till, err);
    if (r == LEDGER_OK)
        r = ledger_outbox_add(ledger, p, p->offline ? "0220" : "0200", NULL, NULL, err);
    if (r == LEDGER_OK && p->offline)
        r = ledger_invoice_plan(ledger, p, err);
    return r;
}

static enum ledger_result record(struct ledger *ledger, const struct ledger_draft *d, const struct ledger_two *two,
                                 struct ledger_payment *p, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE];
    int64_t till, first;
    enum ledger_result r = check(d, p, err);
    if (r == LEDGER_OK)
        r = ledger_payment_of_token(ledger, d, &first, err);
    if (r != LEDGER_OK)
        return r;
    if (first)
        return ledger_payment_load(ledger, first, p, err);
    take_over(d, p);
    p->taken_ms = ledger_now(ledger);
    r = permitted(ledger, d, p, &till, err);
    if (r == LEDGER_OK)
        r = ledger_next_key(ledger, &p->key, err);
    if (r == LEDGER_OK)
        r = second_person(ledger, p, d, two, checker, err);
    if (r == LEDGER_OK)
        r = write_down(ledger, d, p, till, checker, err);
    return r == LEDGER_OK ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result payment_record(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_two *two,
                                  struct ledger_payment *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = record(ledger, draft, two, out, err);
    return ledger_end(ledger, r, err);
}

/* The screen took the bytes: after a restart its cash counts as taken. */
enum ledger_result payment_shown(struct ledger *ledger, const struct key *key, struct error *err)
{
    struct ledger_payment p = {0};
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_payment_by_key(ledger, key, &p, err);
    if (r == LEDGER_OK && p.held)
        r = ledger_not_so(&p, "it can't count as shown", err);
    if (r == LEDGER_OK && !p.shown_ms)
        r = ledger_payment_seen(ledger, &p, err);
    return ledger_end(ledger, r, err);
}
