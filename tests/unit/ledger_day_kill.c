/* The close of a day, its program killed before and after every single commit: a real
 * process by SIGKILL, gone on with by another. Each time one close and one set of totals. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/books.h"

static struct books books;
static struct books_two two;
static struct ledger_till till;
static struct ledger_count count;
static struct ledger_day day;

#define OK(call) do { enum ledger_result r_ = (call); if (r_ != LEDGER_OK) fail_msg("%s: %s", ledger_word(r_), books.err.why); } while (0)
#define BY(who, terminal, act, checker) books_two(&books, &two, who, terminal, act, checker)

/* What people do who look at the screen and go on from where it stands. */
static void go_on(void)
{
    struct ledger_close_step steps[LEDGER_CLOSE_STEPS];
    struct ledger_totals totals;
    char head[SECRET_HEX_SIZE];
    OK(day_now(books.ledger, &day, &books.err));
    if (strcmp(day.state, "open") == 0)
        OK(day_closing(books.ledger, ZHAO, &day, &books.err));
    if (till_at(books.ledger, "03", &till, &books.err) == LEDGER_OK) {
        if (strcmp(till.state, "open") == 0)
            OK(till_count(books.ledger, BY(WANG, "03", "till_count", NULL), NULL, 0, 62300, &count, &books.err));
        OK(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err));
    }
    OK(day_steps(books.ledger, steps, &books.err));
    if (!steps[4].done)
        OK(vault_count(books.ledger, BY(ZHAO, "01", "vault", SUN), NULL, 0, 1012200, &count, &books.err));
    OK(day_now(books.ledger, &day, &books.err));
    if (strcmp(day.state, "closing") == 0)
        OK(day_cut_off(books.ledger, BY(ZHAO, "01", "day_close", NULL), &day, &books.err));
    if (strcmp(day.agreement, "agreed") != 0) {
        OK(agreement_ask(books.ledger, BOOKS_DAY, &totals, head, &books.err));
        OK(agreement_answer(books.ledger, BOOKS_DAY, true, &books.err));
    }
    if (strcmp(day.state, "closed") != 0)
        OK(day_close(books.ledger, BY(ZHAO, "01", "day_close", NULL), &day, &books.err));
}

static int left;
static int before(void *ctx)
{
    if (--left == 0)
        raise(SIGKILL);
    return 0;
}
static int after(void *ctx, sqlite3 *db, const char *name, int pages)
{
    if (--left == 0)
        raise(SIGKILL);
    return 0;
}

/* True when the child was killed; false when it came to its end first. */
static bool killed_at(int commit, bool is_before)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        books.ledger = ledger_open(books.path, &books.world, &books.rules, &books.err);
        if (!books.ledger)
            _exit(2);
        left = commit;
        if (is_before)
            sqlite3_commit_hook(books.ledger->db, before, NULL);
        else
            sqlite3_wal_hook(books.ledger->db, after, NULL);
        go_on();
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}

static void a_day(void)
{
    books_start(&books, true);
    books_begin(&books);
    OK(till_open(books.ledger, "07", "03", WANG, 50000, &till, &books.err));
    struct ledger_payment p = books_pay(&books, WANG, 12345, false);
    books_answer(&books, &p, "0210", "00");
    books_pay(&books, WANG, 55, true);
    ledger_close(books.ledger);
    books.ledger = NULL;
}

static void one_close(void)
{
    struct ledger_totals t;
    OK(day_now(books.ledger, &day, &books.err));
    assert_string_equal(day.state, "closed");
    assert_string_equal(day.agreement, "agreed");
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &t, &books.err));
    assert_int_equal(t.all, 2);
    assert_int_equal(t.answered_fen, 12345);
    assert_int_equal(t.queued_fen, 55);
    assert_int_equal(t.short_fen, 100 + 100); /* the till's and the vault's, each once */
    assert_int_equal(books_balance(&books, "vault"), 1012200);
    assert_int_equal(books_balance(&books, "owed-to-utility"), 0);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM entry WHERE event = 'cleared'"), 1);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM entry WHERE event = 'till closed'"), 1);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM entry WHERE event = 'short'"), 2);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM audit WHERE event IN ('day closing', 'day cut off', 'day closed')"), 3);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM count"), 2);
}

static int kill_everywhere(bool is_before)
{
    bool killed = true;
    int commit = 0;
    while (killed) {
        a_day();
        killed = killed_at(++commit, is_before);
        books.seed.seed++; /* another process draws other tokens */
        books.ledger = ledger_open(books.path, &books.world, &books.rules, &books.err);
        assert_non_null(books.ledger);
        books_begin(&books);
        go_on();
        one_close();
        books_end(&books);
    }
    return commit - 1;
}

static void killed_before_each_commit_it_is_gone_on_with(void **state)
{
    assert_true(kill_everywhere(true) >= 9); /* closing, count, close, approval, vault, cut-off, asked, answered, closed */
}

static void killed_after_each_commit_it_is_gone_on_with(void **state)
{
    assert_true(kill_everywhere(false) >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before_each_commit_it_is_gone_on_with),
        cmocka_unit_test(killed_after_each_commit_it_is_gone_on_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
