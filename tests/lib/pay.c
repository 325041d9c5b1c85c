#include "lib/pay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static bool blind;
static struct books_two word; /* the last approval's text must outlive the call that uses it */

void pay_fine(struct books *b, enum ledger_result result)
{
    char text[700];
    if (result != LEDGER_OK)
        fail_msg("%s: %s", ledger_word(result), error_text(&b->err, text, sizeof text));
}

static void rule_broken(void *ctx, int number, const char *name, const char *example)
{
    fail_msg("invariant %d, %s: %s", number, name, example);
}

void pay_verify(struct books *b)
{
    if (!blind && ledger_verify(b->ledger, true, rule_broken, NULL, &b->err) != 0)
        fail_msg("%s %s", b->err.where, b->err.why);
}

static void note_rule(void *ctx, int number, const char *name, const char *example)
{
    int *wanted = ctx;
    if (number == *wanted)
        *wanted = 0;
}

bool pay_broken(struct books *b, int number)
{
    return ledger_verify(b->ledger, true, note_rule, &number, &b->err) > 0 && number == 0;
}

void pay_blind(void) { blind = true; }

void pay_start(struct books *b)
{
    struct ledger_startup found;
    struct ledger_identity us;
    struct ledger_till till;
    blind = false;
    books_start(b, true);
    b->rules.offline_single_fen = 500000;
    b->rules.offline_day_fen = 2000000;
    b->rules.offline_day_count = 20;
    pay_again(b, &found);
    pay_fine(b, ledger_identity(b->ledger, &us, &b->err));
    pay_fine(b, ledger_epoch(b->ledger, us.random, 1, &b->err));
    pay_fine(b, till_open(b->ledger, "07", "03", WANG, 50000, &till, &b->err));
    pay_fine(b, till_open(b->ledger, "08", "04", LI, 50000, &till, &b->err));
    pay_fine(b, book_load(b->ledger, "07", "1300", "00012301", "00012400", "00012301", pay_two(b, "book_load"), &b->err));
    pay_fine(b, book_load(b->ledger, "08", "1300", "00012401", "00012500", "00012401", pay_two(b, "book_load"), &b->err));
    pay_verify(b);
}

void pay_again(struct books *b, struct ledger_startup *out)
{
    struct ledger_startup found;
    books_again(b);
    pay_fine(b, ledger_start(b->ledger, out ? out : &found, &b->err));
}

/* --- taking it --------------------------------------------------------------------------------- */

struct ledger_draft pay_draft(const char *teller, const char *bill, int64_t fen)
{
    static unsigned long token;
    struct ledger_draft d = {.proc = 500000, .bill_count = 1, .tendered_fen = fen, .detail = "{\"class\":\"R\"}"};
    snprintf(d.token, sizeof d.token, "%032lx", ++token);
    strcpy(d.customer, "1300207741");
    strcpy(d.name, "张建国");
    strcpy(d.address, "石家庄市长安区");
    snprintf(d.bills[0].bill, sizeof d.bills[0].bill, "%s", bill);
    strcpy(d.bills[0].period, "202610");
    d.bills[0].amount_fen = fen;
    snprintf(d.operator_number, sizeof d.operator_number, "%s", teller);
    strcpy(d.terminal, strcmp(teller, LI) == 0 ? "04" : "03");
    return d;
}

enum ledger_result pay_try(struct books *b, const struct ledger_draft *draft, struct ledger_payment *p)
{
    enum ledger_result r = payment_record(b->ledger, draft, NULL, p, &b->err);
    pay_verify(b);
    return r;
}

void pay_take(struct books *b, const char *teller, const char *bill, int64_t fen, bool offline, struct ledger_payment *p)
{
    struct ledger_draft d = pay_draft(teller, bill, fen);
    d.offline = offline;
    pay_fine(b, pay_try(b, &d, p));
    pay_fine(b, payment_shown(b->ledger, &p->key, &b->err));
}

/* --- the link ---------------------------------------------------------------------------------------- */

int pay_goes(struct books *b, const struct ledger_payment *p, const char *class)
{
    static struct ledger_send row;
    int count;
    pay_fine(b, outbox_take(b->ledger, false, &row, 1, &count, &b->err));
    assert_int_equal(count, 1);
    assert_string_equal(row.class, class);
    assert_int_equal(row.payment, p->id);
    pay_verify(b);
    return row.tries;
}

void pay_quiet(struct books *b)
{
    static struct ledger_send row;
    int count;
    pay_fine(b, outbox_take(b->ledger, false, &row, 1, &count, &b->err));
    assert_int_equal(count, 0);
}

static void read_parts(const char *text, struct ledger_answer *a)
{
    while (text && *text) {
        struct ledger_disposition *d = &a->parts[a->part_count++];
        long long fen;
        int used = 0;
        assert_int_equal(sscanf(text, "%20[^:]:%2[A-Z]:%lld%n", d->part, d->place, &fen, &used), 3);
        d->amount_fen = fen;
        text += used;
        text += *text == ' ';
    }
}

enum ledger_result pay_hears(struct books *b, struct ledger_payment *p, const char *mti, const char *code, const char *parts)
{
    static struct ledger_payment now;
    struct ledger_answer a = {0};
    bool unknown;
    strcpy(a.mti, mti);
    strcpy(a.code, code);
    if (strcmp(code, "00") == 0)
        strcpy(a.approval, "A00417");
    read_parts(parts, &a);
    enum ledger_result r = outbox_answer(b->ledger, &p->key, &a, &unknown, &now, &b->err);
    if (r == LEDGER_OK)
        *p = now;
    pay_verify(b);
    return r;
}

void pay_posted(struct books *b, const char *teller, const char *bill, int64_t fen, struct ledger_payment *p)
{
    pay_take(b, teller, bill, fen, false, p);
    pay_goes(b, p, "0200");
    pay_fine(b, pay_hears(b, p, "0210", "00", NULL));
    assert_string_equal(p->state, "posted");
}

void pay_prints(struct books *b, struct ledger_payment *p, enum ledger_outcome outcome)
{
    struct ledger_print job;
    int64_t invoice, payment;
    char kind[8];
    pay_fine(b, invoice_next(b->ledger, p->terminal, &invoice, &payment, kind, &b->err));
    assert_int_equal(payment, p->id);
    pay_fine(b, invoice_send(b->ledger, invoice, p->terminal, &job, &b->err));
    pay_verify(b);
    pay_fine(b, invoice_result(b->ledger, invoice, job.attempt, job.number, outcome, outcome == OUTCOME_NOTHING_SENT ? 0 : 900,
                               "as told", p, &b->err));
    pay_verify(b);
}

void pay_notices(struct books *b)
{
    static struct ledger_send row;
    static struct ledger_payment p;
    const struct ledger_answer a = {.mti = "0230", .code = "00"};
    bool unknown;
    int count = 1;
    while (count) {
        pay_fine(b, outbox_take(b->ledger, false, &row, 1, &count, &b->err));
        if (!count)
            return;
        assert_string_equal(row.class, "notice");
        pay_fine(b, outbox_answer(b->ledger, &row.key, &a, &unknown, &p, &b->err));
    }
}

/* --- looking --------------------------------------------------------------------------------------------- */

void pay_is(struct books *b, struct ledger_payment *p, const char *state)
{
    pay_fine(b, payment_get_id(b->ledger, p->id, p, &b->err));
    assert_string_equal(p->state, state);
}

int64_t pay_waits(struct books *b, enum ledger_wait kind)
{
    struct ledger_waiting rows[64];
    int64_t counts[WAIT_KINDS];
    int count;
    pay_fine(b, waiting_list(b->ledger, NULL, rows, 64, &count, counts, &b->err));
    return counts[kind];
}

const struct ledger_two *pay_two(struct books *b, const char *act) { return books_two(b, &word, WANG, "03", act, ZHAO); }
const struct ledger_two *pay_chief(struct books *b, const char *act) { return books_two(b, &word, ZHAO, "01", act, SUN); }
const struct ledger_two *pay_alone(struct books *b, const char *act) { return books_two(b, &word, WANG, "03", act, NULL); }
