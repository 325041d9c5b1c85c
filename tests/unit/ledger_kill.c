/* Five payments, each with another fate, and the program killed before and after every single
 * commit of theirs: a real process, a real SIGKILL. Started again, everything unfinished is
 * where a person or the queue finds it; worked off, no cash is lost and no number is printed twice. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/pay.h"

static struct books b;
static struct ledger_payment p;
static int left;

/* --- what the utility says: to bill B "paid already", to the rest yes ------------------------------------ */

static void answer_one(const struct ledger_send *row)
{
    struct ledger_answer a = {.code = "00", .approval = "A00001"};
    struct ledger_payment of;
    bool unknown;
    pay_fine(&b, payment_get_id(b.ledger, row->payment, &of, &b.err));
    strcpy(a.mti, row->class[0] == 'n' || strcmp(row->class, "0220") == 0 ? "0230" : strcmp(row->class, "0200") == 0 ? "0210"
                  : strcmp(row->class, "0400") == 0 ? "0410" : "0430");
    if (strcmp(row->class, "0200") == 0 && strcmp(of.bills[0].bill, "B") == 0)
        strcpy(a.code, "76");
    pay_fine(&b, outbox_answer(b.ledger, &row->key, &a, &unknown, &of, &b.err));
}

static bool queue_goes_on(void)
{
    static struct ledger_send row;
    int count;
    pay_fine(&b, outbox_take(b.ledger, false, &row, 1, &count, &b.err));
    if (count)
        answer_one(&row);
    return count > 0;
}

static bool printer_goes_on(void)
{
    struct ledger_print job;
    int64_t invoice, payment;
    char kind[8];
    pay_fine(&b, invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err));
    if (!invoice)
        return false;
    pay_fine(&b, invoice_send(b.ledger, invoice, "03", &job, &b.err));
    pay_fine(&b, invoice_result(b.ledger, invoice, job.attempt, job.number, OUTCOME_CONFIRMED, 1, "", &p, &b.err));
    return true;
}

static void take(const char *bill, int64_t fen, bool offline)
{
    pay_take(&b, WANG, bill, fen, offline, &p);
}

/* --- the five ------------------------------------------------------------------------------------------------ */

static void five_payments(void)
{
    struct ledger_paper paper = {"00012302", false};
    take("A", 1000, false);                                             /* paid and printed */
    queue_goes_on();
    printer_goes_on();
    take("B", 2000, false);                                             /* declined, given back */
    while (queue_goes_on())
        ;
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_alone(&b, "hand_back"), &p, &b.err));
    take("C", 4000, true);                                              /* queued, turned back */
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    take("D", 8000, false);                                             /* printed, reversed */
    while (queue_goes_on())
        ;
    printer_goes_on();
    pay_fine(&b, payment_reverse(b.ledger, &p.key, &paper, 1, pay_two(&b, "reverse"), &p, &b.err));
    while (queue_goes_on())
        ;
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    take("E", 16000, false);                                            /* no answer, finished */
    pay_fine(&b, payment_finish(b.ledger, &p.key, WANG, &p, &b.err));
    while (queue_goes_on() || printer_goes_on())
        ;
}

/* --- killed --------------------------------------------------------------------------------------------------- */

static int before(void *ctx)
{
    if (--left == 0)
        raise(SIGKILL);
    return 0;
}
static int after(void *ctx, sqlite3 *db, const char *name, int pages) { return before(ctx); }

static bool killed_at(int commit, bool is_before)
{
    int status = 0;
    ledger_close(b.ledger); /* a lock and a database are one process's */
    b.ledger = NULL;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        pay_again(&b, NULL);
        pay_blind();
        left = commit;
        if (is_before)
            sqlite3_commit_hook(b.ledger->db, before, NULL);
        else
            sqlite3_wal_hook(b.ledger->db, after, NULL);
        five_payments();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

/* --- and worked off -------------------------------------------------------------------------------------------- */

static bool a_person_does_what_waits(void)
{
    struct ledger_waiting rows[16];
    int64_t counts[WAIT_KINDS];
    int count;
    pay_fine(&b, waiting_list(b.ledger, NULL, rows, 16, &count, counts, &b.err));
    if (!count || rows[0].kind == WAIT_NO_ANSWER)
        return false; /* it is asked again by itself */
    pay_fine(&b, payment_get_id(b.ledger, rows[0].payment, &p, &b.err));
    switch (rows[0].kind) {
    case WAIT_UNACKNOWLEDGED:
        pay_fine(&b, payment_cash_is(b.ledger, &p.key, true, pay_alone(&b, "unacknowledged_answer"), &p, &b.err));
        return true;
    case WAIT_DOUBT:
        pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, p.invoice.number, true, false,
                                    pay_alone(&b, "invoice_answer"), &p, &b.err));
        return true;
    case WAIT_DECLINED:
    case WAIT_GIVE_BACK:
        pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
        return true;
    default:
        fail_msg("%s should not come of this", wait_word(rows[0].kind));
        return false;
    }
}

static void everything_comes_to_an_end(void)
{
    for (int i = 0; i < 200; i++)
        if (!a_person_does_what_waits() && !queue_goes_on() && !printer_goes_on())
            break;
    pay_verify(&b);
    assert_int_equal(outbox_open(b.ledger, NULL), 0);
    for (int kind = 0; kind < WAIT_KINDS; kind++)
        assert_int_equal(pay_waits(&b, kind), 0);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM payment WHERE state NOT IN ('posted', 'declined', 'undone', 'reversed')"), 0);
    /* the till holds its float and what stands, to the fen, and each that stands is on paper once */
    assert_int_equal(books_balance(&b, "till:07"),
                     50000 + books_number(&b, "SELECT coalesce(sum(amount_fen), 0) FROM payment WHERE state = 'posted'"));
    assert_int_equal(books_balance(&b, "awaiting-utility"), 0);
    assert_int_equal(books_balance(&b, "to-be-given-back"), 0);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM payment p WHERE state = 'posted' AND 1 <>"
                                  " (SELECT count(*) FROM invoice WHERE payment = p.id AND state = 'confirmed')"), 0);
}

static int kill_everywhere(bool is_before)
{
    bool killed = true;
    int commit = 0;
    while (killed) {
        pay_start(&b);
        killed = killed_at(++commit, is_before);
        b.seed.seed++; /* another process draws other tokens */
        pay_again(&b, NULL);
        pay_verify(&b);
        everything_comes_to_an_end();
        books_end(&b);
    }
    return commit - 1;
}

static void killed_before_each_commit_nothing_is_lost(void **unused) { assert_true(kill_everywhere(true) > 45); }
static void killed_after_each_commit_nothing_happens_twice(void **unused) { assert_true(kill_everywhere(false) > 45); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before_each_commit_nothing_is_lost),
        cmocka_unit_test(killed_after_each_commit_nothing_happens_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
