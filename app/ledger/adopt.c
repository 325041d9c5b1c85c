/* A payment that the backup lacks, taken up again under its old key: as the utility has it, or,
 * not known there, as the paper says. And what two people say of one that the backup holds. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "ledger/books.h"
#include "ledger/restored_inside.h"

#define PROC_CASH 500000

static const char what[] = "it is not taken up";

/* --- as the utility has it --------------------------------------------------------------------------- */

/* "bill:fen;…" */
static bool read_bills(const char *bills, struct ledger_draft *d)
{
    for (const char *at = bills; *at;) {
        const char *colon = strchr(at, ':'), *end = strchr(at, ';');
        size_t len = colon ? (size_t)(colon - at) : 0;
        if (len == 0 || len >= sizeof d->bills[0].bill || d->bill_count == LEDGER_BILLS_MAX)
            return false;
        struct ledger_bill *b = &d->bills[d->bill_count++];
        memcpy(b->bill, at, len);
        b->amount_fen = strtoll(colon + 1, NULL, 10); /* its late fee is in it: the utility keeps one sum a bill */
        at = end ? end + 1 : "";
    }
    return true;
}

enum ledger_result restored_draft(const struct restored_theirs *t, const struct restored_word *word, struct ledger_draft *d, struct error *err)
{
    int64_t bills_fen = 0;
    memset(d, 0, sizeof *d);
    d->proc = t->proc;
    bool good = read_bills(t->bills, d) && t->amount_fen >= 0 && t->amount_fen <= MONEY_MAX_FEN;
    for (int i = 0; good && i < d->bill_count; i++)
        good = d->bills[i].amount_fen >= 0 && money_add(bills_fen, d->bills[i].amount_fen, &bills_fen);
    good = good && bills_fen <= t->amount_fen && (t->amount_fen > 0 || d->bill_count > 0);
    if (!good || t->proc != PROC_CASH)
        return ledger_refuse(err, LEDGER_PARAMS, what, "settle it with the utility", "what the utility tells of it is no payment in cash that adds up");
    d->prepaid_fen = t->amount_fen - bills_fen; /* credit and suspense: of what is no bill's any more */
    d->tendered_fen = t->amount_fen;
    d->detail = word->detail;
    text_copy(d->customer, sizeof d->customer, t->customer[0] ? t->customer : "?");
    text_copy(d->name, sizeof d->name, word->name);
    text_copy(d->address, sizeof d->address, word->address);
    return LEDGER_OK;
}

bool restored_draft_of(const struct restored_theirs *theirs, struct ledger_draft *draft)
{
    const struct restored_word nothing = {.till = ""};
    return restored_draft(theirs, &nothing, draft, NULL) == LEDGER_OK;
}

/* --- its rows ---------------------------------------------------------------------------------------------- */

struct till_here { int64_t id; char terminal[LEDGER_TERMINAL_SIZE], operator_number[LEDGER_OPERATOR_SIZE]; };

static enum ledger_result find_till(struct ledger *ledger, const char *number, struct till_here *t, struct error *err)
{
    int got = sql_one(ledger, err, "SELECT id, terminal, operator FROM till WHERE number = ?1 AND state = 'open'", BIND(sql_text(number)),
                      INTO(into_int64(&t->id), into_text(t->terminal, sizeof t->terminal), into_text(t->operator_number, sizeof t->operator_number)));
    if (got < 0)
        return LEDGER_BROKEN;
    return got ? LEDGER_OK : ledger_refuse(err, LEDGER_TILL, what, "its teller signs on first", "till %.2s is not open", number);
}

static enum ledger_result day_is_open(struct ledger *ledger, day_t wanted, struct error *err)
{
    day_t day;
    char text[DAY_TEXT_SIZE];
    enum ledger_result r = ledger_day_open(ledger, &day, err);
    if (r != LEDGER_OK || day == wanted)
        return r;
    return ledger_refuse(err, LEDGER_DAY, what, day < wanted ? "close the day at work, open that one and take it up then" : "settle it with the utility",
                         "it belongs to the business day %s", day_format(wanted, text, sizeof text));
}

/* A STAN that was used on another disk is not used again. */
static enum ledger_result keep_stan(struct ledger *ledger, const struct adopted *a, int *stan, struct error *err)
{
    if (a->stan == 0)
        return ledger_next_stan(ledger, a->day, a->terminal, stan, err);
    *stan = a->stan;
    return sql_run(ledger, err, "INSERT INTO stan (day, terminal, last) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT DO UPDATE SET last = excluded.last WHERE excluded.last > last",
                   BIND(sql_int(a->day), sql_text(a->terminal), sql_int(a->stan)));
}

/* What holds one of its bills here is spoken for first. One that two people have turned back holds it no more:
 * its 04xx goes out only when all is said, and this one must be said before. */
static enum ledger_result bills_free(struct ledger *ledger, const struct ledger_draft *d, struct error *err)
{
    char ref[KEY_REF_SIZE], state[12];
    bool back;
    enum ledger_result r = LEDGER_OK;
    for (int i = 0; r == LEDGER_OK && i < d->bill_count; i++) {
        int got = sql_one(ledger, err, "SELECT p.ref, p.state, p.held = 0 AND p.state IN ('undoing', 'reversing') FROM payment_bill b"
                          " JOIN payment p ON p.id = b.payment WHERE b.bill = ?1 AND b.live = 1",
                          BIND(sql_text(d->bills[i].bill)), INTO(into_text(ref, sizeof ref), into_text(state, sizeof state), into_bool(&back)));
        if (got < 0)
            return LEDGER_BROKEN;
        if (got && back)
            r = sql_run(ledger, err, "UPDATE payment_bill SET live = 0 WHERE bill = ?1 AND live = 1", BIND(sql_text(d->bills[i].bill)));
        else if (got)
            return ledger_refuse(err, LEDGER_IN_HAND, what, "speak for that one first", "key %s of the same bill %s is %s here", ref, d->bills[i].bill, state);
    }
    return r;
}

static enum ledger_result insert(struct ledger *ledger, const struct adopted *a, const struct till_here *till, bool advised, int stan,
                                 struct ledger_payment *p, struct error *err)
{
    const struct ledger_draft *d = &a->draft;
    char token[LEDGER_TOKEN_SIZE];
    int64_t bills_fen = 0, late_fen = 0;
    for (int i = 0; i < d->bill_count; i++) {
        bills_fen += d->bills[i].amount_fen;
        late_fen += d->bills[i].late_fee_fen;
    }
    entropy_hex(&ledger->world.entropy, (LEDGER_TOKEN_SIZE - 1) / 2, token, sizeof token);
    enum ledger_result r = sql_run(ledger, err,
        "INSERT INTO payment (ref, token, proc, state, customer, name, address, account, bills_fen, late_fee_fen, prepaid_fen,"
        " amount_fen, bill_count, tendered_fen, change_fen, day, taken_at, stan, terminal, till, operator, offline, shown_at, adopted, audit)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, 1, ?23)",
        BIND(sql_text(a->word->key.ref), sql_text(token), sql_int(d->proc), sql_text(advised ? "advised" : "recorded"), sql_text(d->customer),
             sql_text(d->name), sql_text(d->address), sql_int(bills_fen), sql_int(late_fen), sql_int(d->prepaid_fen),
             sql_int(bills_fen + late_fen + d->prepaid_fen), sql_int(d->bill_count), sql_int(d->tendered_fen), sql_int(d->change_fen),
             sql_int(a->day), sql_int(a->taken_ms), sql_int(stan), sql_text(a->terminal), sql_int(till->id), sql_text(till->operator_number),
             sql_int(advised), sql_int(ledger_now(ledger)), sql_int(ledger->audit_id)));
    int64_t id = sql_last_id(ledger);
    for (int i = 0; r == LEDGER_OK && i < d->bill_count; i++)
        r = sql_run(ledger, err, "INSERT INTO payment_bill (payment, position, bill, period, amount_fen, late_fee_fen) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    BIND(sql_int(id), sql_int(i), sql_text(d->bills[i].bill), sql_text(d->bills[i].period), sql_int(d->bills[i].amount_fen),
                         sql_int(d->bills[i].late_fee_fen)));
    if (r == LEDGER_OK && d->detail)
        r = sql_run(ledger, err, "INSERT INTO detail (payment, data) VALUES (?1, ?2)", BIND(sql_int(id), sql_text(d->detail)));
    return r == LEDGER_OK ? ledger_payment_load(ledger, id, p, err) : r;
}

enum ledger_result restored_take_up(struct ledger *ledger, const struct adopted *a, bool advised, const char *maker, const char *checker,
                                    struct ledger_payment *p, struct error *err)
{
    struct till_here till;
    struct adopted with = *a;
    char account[8], sum[MONEY_TEXT_SIZE];
    int stan;
    enum ledger_result r = day_is_open(ledger, a->day, err);
    if (r == LEDGER_OK)
        r = find_till(ledger, a->word->till, &till, err);
    if (r == LEDGER_OK)
        r = bills_free(ledger, &a->draft, err);
    if (!with.terminal[0])
        memcpy(with.terminal, till.terminal, sizeof with.terminal);
    if (r == LEDGER_OK)
        r = keep_stan(ledger, &with, &stan, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "payment adopted", maker, checker, till.terminal, a->word->key.ref, "customer %s, %s into till %s",
                         a->draft.customer, money_format(a->draft.tendered_fen, sum, sizeof sum), a->word->till);
    if (r == LEDGER_OK)
        r = insert(ledger, &with, &till, advised, stan, p, err);
    if (r == LEDGER_OK)
        r = ledger_entry(ledger, &(struct ledger_entry){.event = "recorded", .payment = p->id, .till = till.id,
                         .debit = ledger_till_account(a->word->till, account), .credit = "awaiting-utility", .fen = p->amount_fen,
                         .operator_number = till.operator_number, .day = p->day}, err);
    return r == LEDGER_OK ? ledger_outbox_add(ledger, p, advised ? "0220" : "0200", NULL, NULL, err) : r;
}

/* --- two people speak ------------------------------------------------------------------------------------- */

static enum ledger_result spoken(struct ledger *ledger, const char *ref, struct error *err)
{
    return sql_run(ledger, err, "INSERT INTO restored (ref, kind, settled_at) VALUES (?1, 'differs', ?2) ON CONFLICT DO UPDATE SET"
                   " kind = iif(kind = 'past', 'differs', kind), settled_at = excluded.settled_at",
                   BIND(sql_text(ref), sql_int(ledger_now(ledger))));
}

static enum ledger_result not_ours(struct ledger *ledger, const struct restored_row *row, struct error *err)
{
    char words[LEDGER_REASON_SIZE];
    if (row->payment)
        return ledger_refuse(err, LEDGER_PARAMS, what, NULL, "the backup holds this payment, so it is ours");
    snprintf(words, sizeof words, "key %s at the utility was never made here: somebody else speaks in this branch's name", row->theirs.ref);
    enum ledger_result r = sql_run(ledger, err, "UPDATE branch SET alarm = coalesce(alarm, ?1)", BIND(sql_text(words)));
    return r == LEDGER_OK ? ledger_audit(ledger, err, "ALARM", NULL, NULL, NULL, row->theirs.ref, "%s", words) : r;
}

/* Its bills are on its paper alone: the utility keeps none of a payment that it declined, nothing but the key of one undone unseen. */
static bool bills_unknown(const struct restored_row *row)
{
    return !row->payment && (strcmp(row->theirs.state, "declined") == 0 || strcmp(row->theirs.state, "tombstone") == 0);
}

static enum ledger_result adopt(struct ledger *ledger, const struct restored_row *row, const struct restored_word *word, const char *maker,
                                const char *checker, struct ledger_payment *p, struct error *err)
{
    const struct restored_theirs *t = &row->theirs;
    struct adopted a = {.word = word, .day = t->day, .taken_ms = t->taken_ms ? t->taken_ms : t->answered_ms, .stan = t->stan};
    if (bills_unknown(row) && (strcmp(t->state, "tombstone") == 0 || (word->number[0] && word->cash == RESTORED_IN_TILL)))
        return ledger_refuse(err, LEDGER_PARAMS, what, "adopt it with what its paper says", "the utility does not know what key %s paid for", t->ref);
    enum ledger_result r = restored_draft(t, word, &a.draft, err);
    text_copy(a.terminal, sizeof a.terminal, t->terminal);
    return r == LEDGER_OK ? restored_take_up(ledger, &a, false, maker, checker, p, err) : r;
}

static enum ledger_result told_any(struct ledger *ledger, const struct restored_word *word, bool *any, struct error *err)
{
    *any = word->number[0] != '\0';
    bool told = false;
    if (sql_one(ledger, err, "SELECT 1 FROM restored_number WHERE ref = ?1", BIND(sql_text(word->key.ref)), INTO(into_bool(&told))) < 0)
        return LEDGER_BROKEN;
    *any = *any || told;
    return LEDGER_OK;
}

static enum ledger_result working(struct ledger *ledger, struct error *err)
{
    struct restored_state s;
    enum ledger_result r = restored_state(ledger, &s, err);
    if (r != LEDGER_OK || s.stage == RESTORED_WORK)
        return r;
    return ledger_refuse(err, LEDGER_STATE, what, s.stage == RESTORED_FETCH ? "see that the link is up" : NULL, "%s",
                         s.stage == RESTORED_FETCH ? "the utility's books were not fetched yet" : "the ledger is not fresh from a backup");
}

/* Nothing of it stands anywhere, and no cash is here: no payment is made of it. A refund or a transfer is left
 * to the day's differences, and its cash to the till's count. */
static bool nothing_of_it(const struct restored_row *row, const struct restored_word *word)
{
    if (!row->payment && row->theirs.proc != PROC_CASH && row->theirs.proc != 0)
        return true;
    return !row->payment && strcmp(row->theirs.state, "tombstone") == 0 && word->cash == RESTORED_GONE && !word->number[0];
}

static enum ledger_result answer(struct ledger *ledger, const struct restored_word *word, const struct ledger_two *two,
                                 struct ledger_payment *p, struct error *err)
{
    static const char *const cashes[] = {"its cash is in the till", "its cash was given back or never taken", "it is not ours"};
    struct restored_row row;
    char checker[LEDGER_OPERATOR_SIZE];
    struct converging c = {.theirs = &row.theirs, .word = word, .maker = two->maker, .checker = checker, .gone = word->cash == RESTORED_GONE};
    enum ledger_result r = working(ledger, err);
    if (r == LEDGER_OK)
        r = restored_get(ledger, word->key.ref, &row, err);
    if (r == LEDGER_OK && row.settled)
        return ledger_refuse(err, LEDGER_STATE, what, NULL, "two people have spoken for key %s already", word->key.ref);
    if (r == LEDGER_OK)
        r = told_any(ledger, word, &c.paper, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "restore_answer", word->key.ref, true, checker, err);
    if (r != LEDGER_OK)
        return r;
    if (word->cash == RESTORED_NOT_OURS) {
        r = not_ours(ledger, &row, err);
    } else if (!nothing_of_it(&row, word)) {
        r = row.payment ? ledger_payment_load(ledger, row.payment, p, err) : adopt(ledger, &row, word, two->maker, checker, p, err);
        if (r == LEDGER_OK)
            r = restored_converge(ledger, &c, p, err);
    }
    if (r == LEDGER_OK)
        r = spoken(ledger, word->key.ref, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "spoken for", two->maker, checker, two->terminal, word->key.ref, "%s; %s %s; there %s", cashes[word->cash],
                         word->number[0] ? word->series : "no number", word->number, row.theirs.state[0] ? row.theirs.state : "nothing");
    return r == LEDGER_OK && p->id ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result restored_answer(struct ledger *ledger, const struct restored_word *word, const struct ledger_two *two,
                                   struct ledger_payment *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    if ((unsigned)word->cash > RESTORED_NOT_OURS)
        return ledger_refuse(err, LEDGER_PARAMS, what, NULL, "nothing is said of its cash");
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = answer(ledger, word, two, out, err);
    return ledger_end(ledger, r, err);
}

/* --- known to nobody but the paper --------------------------------------------------------------------------- */

/* A key of this branch that was made after the backup and before the new epoch. row: what the utility tells of it, if anything. */
static enum ledger_result a_lost_key(struct ledger *ledger, const struct key *key, struct restored_row *row, struct error *err)
{
    struct ledger_payment other;
    int epoch;
    int64_t counter;
    if (sql_one(ledger, err, "SELECT epoch, counter FROM branch", BIND_NOTHING, INTO(into_int(&epoch), into_int64(&counter))) != 1)
        return LEDGER_BROKEN;
    bool ours = strcmp(key->bank, ledger->bank) == 0 && strcmp(key->branch, ledger->branch) == 0 && text_digits(key->ref) && strlen(key->ref) == KEY_REF_SIZE - 1;
    if (!ours || (key->ref[0] - '0') * 10 + key->ref[1] - '0' >= epoch || strtoll(key->ref + 2, NULL, 10) == 0)
        return ledger_refuse(err, LEDGER_PARAMS, what, "read it from the paper again", "it is no key that this branch can have lost");
    enum ledger_result r = ledger_payment_by_key(ledger, key, &other, NULL);
    if (r != LEDGER_PARAMS)
        return r == LEDGER_BROKEN ? r : ledger_refuse(err, LEDGER_STATE, what, NULL, "the ledger has key %s", key->ref);
    r = restored_get(ledger, key->ref, row, NULL);
    if (r != LEDGER_OK)
        return r == LEDGER_PARAMS ? LEDGER_OK : r;
    return !row->settled && bills_unknown(row) ? LEDGER_OK
        : ledger_refuse(err, LEDGER_STATE, what, "speak for it on the list", "the utility knows key %s", key->ref);
}

/* The utility has a message of it: what is sent on is the same, to the letter. */
static void as_sent_once(struct adopted *a, const struct restored_theirs *t)
{
    a->day = t->day ? t->day : a->day;
    a->stan = t->stan;
    a->taken_ms = t->taken_ms ? t->taken_ms : a->taken_ms;
    text_copy(a->terminal, sizeof a->terminal, t->terminal);
}

static enum ledger_result draft_fits(const struct ledger_draft *d, struct error *err)
{
    int64_t sum_fen = d->prepaid_fen;
    bool fits = d->prepaid_fen >= 0 && d->customer[0] && (d->bill_count > 0 || d->prepaid_fen > 0);
    for (int i = 0; fits && i < d->bill_count; i++)
        fits = d->bills[i].bill[0] && d->bills[i].amount_fen >= 0 && d->bills[i].late_fee_fen >= 0 && money_add(sum_fen, d->bills[i].amount_fen, &sum_fen) &&
               money_add(sum_fen, d->bills[i].late_fee_fen, &sum_fen);
    if (fits && sum_fen == d->tendered_fen - d->change_fen && sum_fen <= MONEY_MAX_FEN)
        return LEDGER_OK;
    return ledger_refuse(err, LEDGER_PARAMS, what, "read the paper again", "its sums don't add up, or it has no customer");
}

static enum ledger_result adopt_paper(struct ledger *ledger, struct adopted *a, const struct ledger_two *two, struct ledger_payment *p, struct error *err)
{
    struct restored_row row = {.kind = ""};
    char checker[LEDGER_OPERATOR_SIZE];
    struct converging c = {.theirs = &row.theirs, .word = a->word, .maker = two->maker, .checker = checker, .paper = true};
    enum ledger_result r = working(ledger, err);
    if (r == LEDGER_OK)
        r = a_lost_key(ledger, &a->word->key, &row, err);
    if (r == LEDGER_OK && row.kind[0]) {
        as_sent_once(a, &row.theirs);
        c.gone = a->word->cash == RESTORED_GONE;
    }
    row.theirs.proc = a->draft.proc;
    if (r == LEDGER_OK)
        r = draft_fits(&a->draft, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "restore_adopt", a->word->key.ref, true, checker, err);
    if (r == LEDGER_OK)
        r = restored_take_up(ledger, a, true, two->maker, checker, p, err);
    if (r == LEDGER_OK)
        r = restored_converge(ledger, &c, p, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO restored (ref, kind, settled_at) VALUES (?1, 'lacking', ?2)"
                    " ON CONFLICT DO UPDATE SET kind = 'lacking', settled_at = excluded.settled_at",
                    BIND(sql_text(a->word->key.ref), sql_int(ledger_now(ledger))));
    return r == LEDGER_OK ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result restored_adopt(struct ledger *ledger, const struct restored_word *word, const struct ledger_draft *draft,
                                  int64_t taken_ms, const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    struct adopted a = {.word = word, .draft = *draft, .taken_ms = taken_ms};
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_day_open(ledger, &a.day, err);
    if (r == LEDGER_OK)
        r = adopt_paper(ledger, &a, two, out, err);
    return ledger_end(ledger, r, err);
}
