/* Special accounts at the counter: deposit, withdrawal, payment of bills from an account, opening,
 * closing, passbook. The bank is asked, on line only, and nothing is believed before it has
 * answered: unknown is asked again or abandoned, never finished as an advice. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"
#include "ledger/kind.h"

#define SEALED_MAX 200
#define BOOK_MAX 60
#define DOCUMENT_MAX 40 /* characters */

static const char what[] = "the account was not touched";

static enum ledger_result no(struct error *err, enum ledger_result result, const char *remedy, const char *why)
{
    return ledger_refuse(err, result, what, remedy, "%s", why);
}

/* --- does it add up ------------------------------------------------------------------------- */

static const char *text_of(const char *text) { return text ? text : ""; }

static bool fits(const char *text, int max)
{
    text = text_of(text);
    return utf8_valid(text, strlen(text)) && (int)utf8_count(text) <= max;
}

static bool ask_fits(const struct ledger_account_ask *a)
{
    size_t sealed = strlen(text_of(a->sealed));
    return fits(a->name, 60) && fits(a->document, DOCUMENT_MAX) && fits(a->phone, DOCUMENT_MAX) && fits(a->act, 8) && fits(a->book, BOOK_MAX) &&
           sealed <= SEALED_MAX && sealed % 2 == 0 && (!sealed || text_alnum(a->sealed));
}

/* The word behind the last bar of a passbook's notice: sent, again, lost … */
static bool book_says(const struct ledger_account_ask *a, const char *word)
{
    const char *bar = strrchr(text_of(a->book), '|');
    return bar && strcmp(bar + 1, word) == 0;
}

static enum ledger_result check(const struct ledger_draft *d, const struct ledger_account_ask *ask, struct ledger_payment *p, struct error *err)
{
    const struct ledger_kind *k = ledger_kind(d->proc);
    bool cash = k->from && k->bank; /* a deposit, or an opening with one */
    if (d->offline || (!k->bank && d->proc != KIND_ACCOUNT) || (k->bank && d->bill_count))
        return no(err, LEDGER_PARAMS, NULL, "it is no act on a special account, or not one that is asked on line");
    if (!ask_fits(ask))
        return no(err, LEDGER_PARAMS, NULL, "a text is too long, or no UTF-8");
    enum ledger_result r = ledger_draft_sums(d, p, err);
    if (r != LEDGER_OK)
        return r;
    if (cash)
        return ledger_cash_adds_up(d, p, err);
    if (d->tendered_fen || d->change_fen || (p->amount_fen && !k->to))
        return no(err, LEDGER_PARAMS, NULL, "no cash comes in with it");
    return LEDGER_OK;
}

/* --- who does it ---------------------------------------------------------------------------- */

static bool proof_by_book(const struct ledger_draft *d, const struct ledger_account_ask *a)
{
    bool proved = d->proc == KIND_WITHDRAW || d->proc == KIND_CLOSE || d->proc == KIND_ACCOUNT;
    return proved && !text_of(a->sealed)[0];
}

static enum ledger_result second_person(struct ledger *ledger, const struct ledger_draft *d, const struct ledger_account_ask *a,
                                        const struct ledger_payment *p, const struct ledger_two *two, char checker[LEDGER_OPERATOR_SIZE],
                                        struct error *err)
{
    int64_t limit_fen = ledger->rules.second_person_fen;
    bool cash = ledger_kind(d->proc)->bank && limit_fen > 0 && p->amount_fen > limit_fen;
    bool thaw = d->proc == KIND_FREEZE && strcmp(text_of(a->act), "freeze") != 0;
    bool book = d->proc == KIND_PASSBOOK && (book_says(a, "again") || book_says(a, "lost"));
    const char *act = d->proc == KIND_PASSBOOK ? two->act : ledger_kind(d->proc)->act;
    checker[0] = '\0';
    if (d->proc == KIND_PASSBOOK && (!act || strncmp(act, "passbook_", 9) != 0))
        return no(err, LEDGER_PARAMS, NULL, "it is another act");
    return approval_second(ledger, two, act, p->key.ref, cash || thaw || book || proof_by_book(d, a), checker, err);
}

/* --- the key ---------------------------------------------------------------------------------- */

/* Kept for it before: of the epoch at work, and in no payment yet. */
static enum ledger_result kept_key(struct ledger *ledger, const struct key *key, struct error *err)
{
    bool given, used;
    if (sql_one(ledger, err, "SELECT epoch_held = 1 AND ?1 BETWEEN printf('%02d%010d', epoch, 1) AND printf('%02d%010d', epoch, counter),"
                " EXISTS (SELECT 1 FROM payment WHERE ref = ?1) OR EXISTS (SELECT 1 FROM outbox WHERE class = 'notice' AND ref = ?1) FROM branch",
                BIND(sql_text(key->ref)), INTO(into_bool(&given), into_bool(&used))) != 1)
        return LEDGER_BROKEN;
    bool ours = strcmp(key->bank, ledger->bank) == 0 && strcmp(key->branch, ledger->branch) == 0;
    return ours && given && !used ? LEDGER_OK : no(err, LEDGER_TOKEN, "begin it again", "its key was not given for it, or is used");
}

enum ledger_result payment_key(struct ledger *ledger, struct key *key, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_may_take(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_next_key(ledger, key, err);
    return ledger_end(ledger, r, err);
}

/* --- T1 ------------------------------------------------------------------------------------------ */

static enum ledger_result permitted(struct ledger *ledger, const struct ledger_draft *d, struct ledger_payment *p, int64_t *till, struct error *err)
{
    char account[8];
    enum ledger_result r = ledger_may_take(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_day_open(ledger, &p->day, err);
    if (r == LEDGER_OK)
        r = ledger_till_open_at(ledger, d->terminal, d->operator_number, till, p->till, err);
    if (r == LEDGER_OK && ledger_kind(d->proc)->out)
        r = cash_check(ledger, ledger_till_account(p->till, account), p->amount_fen, what, err);
    return r == LEDGER_OK ? ledger_bills_free(ledger, d, err) : r;
}

static enum ledger_result write_down(struct ledger *ledger, const struct ledger_draft *d, const struct ledger_account_ask *ask,
                                     struct ledger_payment *p, int64_t till, const char *checker, struct error *err)
{
    enum ledger_result r = ledger_payment_insert(ledger, d, p, till, checker[0] ? checker : NULL, NULL, err);
    if (r == LEDGER_OK)
        r = ledger_kind_taken(ledger, p, till, err);
    if (r == LEDGER_OK && (!ledger_cash_in(p) || p->amount_fen == 0))
        r = ledger_payment_unseen(ledger, p, err);
    return r == LEDGER_OK ? ledger_outbox_ask(ledger, p, ask, checker, err) : r;
}

static enum ledger_result record(struct ledger *ledger, const struct ledger_draft *d, const struct ledger_account_ask *ask,
                                 const struct ledger_two *two, struct ledger_payment *p, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE];
    int64_t till, first;
    enum ledger_result r = check(d, ask, p, err);
    if (r == LEDGER_OK)
        r = ledger_payment_of_token(ledger, d, &first, err);
    if (r != LEDGER_OK)
        return r;
    if (first)
        return ledger_payment_load(ledger, first, p, err);
    p->proc = d->proc;
    p->taken_ms = ledger_now(ledger);
    p->key = d->key;
    r = permitted(ledger, d, p, &till, err);
    if (r == LEDGER_OK)
        r = d->key.ref[0] ? kept_key(ledger, &d->key, err) : ledger_next_key(ledger, &p->key, err);
    if (r == LEDGER_OK)
        r = second_person(ledger, d, ask, p, two, checker, err);
    if (r == LEDGER_OK)
        r = write_down(ledger, d, ask, p, till, checker, err);
    return r == LEDGER_OK ? ledger_payment_load(ledger, p->id, p, err) : r;
}

enum ledger_result payment_account(struct ledger *ledger, const struct ledger_draft *draft, const struct ledger_account_ask *ask,
                                   const struct ledger_two *two, struct ledger_payment *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = record(ledger, draft, ask, two, out, err);
    return ledger_end(ledger, r, err);
}
