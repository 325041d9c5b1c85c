/* Printers and paper: what is on a sheet is what a person will say of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storm/people.h"

#define BOOK_SHEETS 12

static struct error err;
static struct ledger_payment p;

static struct ledger *ledger_of(const struct teller *t) { return branches[t->branch].ledger; }
static const struct ledger_two *both(struct teller *t, const char *act) { return word_of(t, t->number, t->terminal, act, "0101"); }

static struct sheet *sheet_of(int branch, const char *number)
{
    for (int i = 0; i < world.sheet_count; i++)
        if (world.sheets[i].branch == branch && strcmp(world.sheets[i].number, number) == 0) return &world.sheets[i];
    return NULL;
}

/* The printer has taken bytes for this number. */
static void on_paper(struct teller *t, const struct ledger_print *job, const char *ref, bool whole)
{
    struct sheet *s = sheet_of(t->branch, job->number);
    if (s) broken("twice", "number %s is printed a second time, for %s and before for %s", job->number, ref, s->ref);
    if (world.sheet_count == SHEETS_MAX) return;
    s = &world.sheets[world.sheet_count++];
    *s = (struct sheet){.branch = t->branch, .whole = whole, .times = 1};
    snprintf(s->series, sizeof s->series, "%s", job->series);
    snprintf(s->number, sizeof s->number, "%s", job->number);
    snprintf(s->ref, sizeof s->ref, "%s", ref);
    say("number %s: %s, for %s", job->number, whole ? "printed whole" : "half a page", ref);
}

static enum ledger_outcome print(struct teller *t, const struct ledger_print *job, const char *ref)
{
    if (fault(14, "the printer is out of paper")) return OUTCOME_NOTHING_SENT;
    bool jam = fault(18, "the printer jams"), silent = fault(25, "the printer says nothing");
    if (job->number[0]) on_paper(t, job, ref, !jam);
    if (jam || silent) return OUTCOME_UNKNOWN;
    return t->index == 1 ? OUTCOME_HANDED_OVER : OUTCOME_CONFIRMED; /* the second one's printer has no answers */
}

static long base_of(const struct teller *t) { return (t->branch + 1) * 1000000L + t->index * 100000L + 1; }

static enum heard load(struct teller *t, long book, long next)
{
    char first[24], last[24], at[24];
    long from = base_of(t) + book * BOOK_SHEETS;
    snprintf(first, sizeof first, "%08ld", from);
    snprintf(last, sizeof last, "%08ld", from + BOOK_SHEETS - 1);
    snprintf(at, sizeof at, "%08ld", next > from ? next : from);
    enum ledger_result r = book_load(ledger_of(t), t->till, "1300", first, last, at, both(t, "book_load"), &err);
    say("%s loads %s to %s, next %s: %s", t->number, first, last, at, r == LEDGER_OK ? "good" : err.why);
    return hear(t, r);
}

/* The first sheet of his that no printer has had. */
static long first_unused(const struct teller *t)
{
    long next = base_of(t);
    for (int i = 0; i < world.sheet_count; i++) {
        long number = strtol(world.sheets[i].number, NULL, 10);
        if (world.sheets[i].branch == t->branch && number >= next && number < base_of(t) + 100000L) next = number + 1;
    }
    return next;
}

void load_book(struct teller *t)
{
    if (!t->new_books) {
        if (load(t, t->book, 0) != HEARD_NOTHING) t->book++;
        return;
    }
    /* the books are a backup's: what his paper says is next */
    long next = first_unused(t), book = (next - base_of(t)) / BOOK_SHEETS;
    switch (load(t, book, next)) {
    case HEARD_OK: t->book = book + 1; t->new_books = false; break;
    case HEARD_NO: t->book = book + 1; t->new_books = false; break; /* it is another's there: a fresh one */
    default: break;
    }
}

void load_old_book(int branch, const char *number)
{
    for (int i = 0; i < TELLERS; i++) {
        struct teller *t = &people[branch][i];
        long n = strtol(number, NULL, 10);
        if (n < base_of(t) || n >= base_of(t) + 100000L) continue;
        long book = (n - base_of(t)) / BOOK_SHEETS, next = first_unused(t), end = base_of(t) + (book + 1) * BOOK_SHEETS;
        load(t, book, next < end ? next : end - 1);
    }
}

static bool needs_book(struct teller *t)
{
    struct ledger_book book = {.next = ""};
    enum ledger_result r = book_at(ledger_of(t), t->till, &book, &err);
    return r == LEDGER_BOOK || (r == LEDGER_OK && book.next[0] == '\0');
}

static void say_result(struct teller *t)
{
    enum ledger_outcome outcome = t->outcome;
    t->at_printer = false;
    hear(t, invoice_result(ledger_of(t), t->invoice, t->attempt, t->job_number, outcome, outcome == OUTCOME_NOTHING_SENT ? 0 : 900, "", &p, &err));
    if (one_in(DICE_PAPER, 20)) /* and once more: a word about a job of before changes nothing */
        hear(t, invoice_result(ledger_of(t), t->invoice, t->attempt, t->job_number, OUTCOME_NOTHING_SENT, 0, "", &p, &err));
}

bool printing(struct teller *t)
{
    struct ledger_print job;
    int64_t invoice, payment;
    char kind[8];
    if (t->at_printer) {
        say_result(t);
        return true;
    }
    if (!t->open || invoice_next(ledger_of(t), t->terminal, &invoice, &payment, kind, &err) != LEDGER_OK) return false;
    if (invoice == 0) {
        if (!needs_book(t)) return false;
        load_book(t);
        return true;
    }
    if (hear(t, invoice_send(ledger_of(t), invoice, t->terminal, &job, &err)) != HEARD_OK) return true;
    if (payment_get_id(ledger_of(t), job.payment, &p, &err) != LEDGER_OK) return true;
    t->outcome = print(t, &job, p.key.ref);
    t->at_printer = true;
    t->invoice = job.invoice;
    t->attempt = job.attempt;
    memcpy(t->job_number, job.number, sizeof t->job_number);
    if (fault(60, "a counter is killed while its printer prints")) {
        t->away_until_ms = sim_now() + 1500 + (int64_t)dice(DICE_PEOPLE, 8000);
        counter_gone(t);
    }
    return true;
}

void look_at_paper(struct teller *t)
{
    const struct ledger_payment *of = payment_read();
    struct sheet *s = sheet_of(t->branch, of->invoice.number);
    if (people[t->branch][0].at_printer || people[t->branch][1].at_printer) return; /* it is still printing */
    bool whole = of->invoice.number[0] ? s && s->whole && strcmp(s->ref, of->key.ref) == 0 : !one_in(DICE_PAPER, 5);
    int64_t invoice = of->invoice.id;
    int attempt = of->invoice.attempt;
    char number[20];
    memcpy(number, of->invoice.number, sizeof number);
    say("%s looks: number %s is %s", t->number, number, whole ? "whole" : "not whole");
    hear(t, invoice_answer(ledger_of(t), invoice, attempt, number, whole, true, both(t, "invoice_answer"), &p, &err));
}

void spoil(struct teller *t, const struct ledger_payment *of)
{
    struct sheet *s = sheet_of(t->branch, of->invoice.number);
    if (!s) return;
    if (hear(t, invoice_spoil(ledger_of(t), of->invoice.id, s->number, both(t, "spoil"), &p, &err)) == HEARD_OK) s->void_ = true;
}

void counter_gone(struct teller *t)
{
    struct ledger *ledger = ledger_of(t);
    t->at_printer = false; /* what the printer has, it has; nobody tells branchd */
    if (ledger && invoice_counter_gone(ledger, t->terminal, &err) == LEDGER_BROKEN) branches[t->branch].node.fails = true;
}
