/* The journal as hledger reads it: its own check passes, and each account holds
 * there what it holds here, for a whole time and for a part of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/money.h"
#include "lib/books.h"

static struct books books;
static struct books_two two;
static struct ledger_till till;
static struct ledger_count count;
static struct ledger_day day;

#define OK(call) do { enum ledger_result r_ = (call); if (r_ != LEDGER_OK) fail_msg("%s: %s", ledger_word(r_), books.err.why); } while (0)
#define BY(who, terminal, act, checker) books_two(&books, &two, who, terminal, act, checker)

/* A day with everything in it that is booked, its second part answered on the morning after. */
static int start(void **state)
{
    struct ledger_counterfeit note = {.fen = 5000, .serial = "AB12345678", .series = "2015"};
    books_start(&books, true);
    books_begin(&books);
    OK(till_open(books.ledger, "07", "03", WANG, 50000, &till, &books.err));
    OK(till_open(books.ledger, "08", "04", LI, 50000, &till, &books.err));
    struct ledger_payment a = books_pay(&books, WANG, 12345, false), b = books_pay(&books, LI, 4000, true),
                          c = books_pay(&books, WANG, 777, false), d = books_pay(&books, LI, 123456, false);
    books_answer(&books, &a, "0210", "00");
    books_answer(&books, &c, "0210", "77");
    books_answer(&books, &d, "0210", "00");
    OK(payment_hand_back(books.ledger, &c.key, BY(WANG, "03", "hand_back", NULL), &c, &books.err));
    OK(payment_reverse(books.ledger, &d.key, NULL, 0, BY(LI, "04", "reverse", ZHAO), &d, &books.err));
    books_answer(&books, &d, "0410", "00");
    OK(counterfeit_take(books.ledger, BY(WANG, "03", "counterfeit", ZHAO), &note, &books.err));
    OK(till_cash(books.ledger, BY(LI, "04", "till_cash", ZHAO), false, 100000, &till, &books.err));
    OK(till_count(books.ledger, BY(WANG, "03", "till_count", NULL), NULL, 0, 62300, &count, &books.err));
    OK(till_close(books.ledger, BY(WANG, "03", "till_close", NULL), &till, &books.err));
    OK(till_count(books.ledger, BY(LI, "04", "till_count", NULL), NULL, 0, 77500, &count, &books.err));
    OK(till_close(books.ledger, BY(LI, "04", "till_close", NULL), &till, &books.err));
    OK(vault_count(books.ledger, BY(ZHAO, "01", "vault", SUN), NULL, 0, books_balance(&books, "vault"), &count, &books.err));
    OK(day_cut_off(books.ledger, BY(ZHAO, "01", "day_close", NULL), &day, &books.err));
    OK(day_close(books.ledger, BY(ZHAO, "01", "day_close", NULL), &day, &books.err));
    books.now_ms += 86400000;
    OK(day_open(books.ledger, BOOKS_DAY + 1, ZHAO, &books.err));
    books_answer(&books, &b, "0230", "00"); /* booked today, for yesterday */
    return 0;
}
static int stop(void **state) { books_end(&books); return 0; }

static void write_line(void *ctx, const char *text) { fprintf(ctx, "%s\n", text); }

static char file[160];
static void export(day_t first, day_t last)
{
    snprintf(file, sizeof file, "%s/day.journal", books.folder);
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    assert_int_equal(journal_export(books.ledger, first, last, write_line, out, &books.err), 0);
    assert_int_equal(fclose(out), 0);
}

/* Runs hledger on the file; its output, one line at a time. */
static int hledger(const char *command, void (*line)(const char *text))
{
    char shell[256], text[256];
    snprintf(shell, sizeof shell, "LC_ALL=C.UTF-8 hledger -f %s %s 2>&1", file, command);
    FILE *in = popen(shell, "r");
    assert_non_null(in);
    while (fgets(text, sizeof text, in)) {
        text[strcspn(text, "\n")] = '\0';
        if (line)
            line(text);
        else
            print_message("hledger: %s\n", text);
    }
    return pclose(in);
}

static int balances, wrong;
/* "assets:till:07","1.00 CNY" */
static void compare(const char *text)
{
    char name[64], commodity[8], *part;
    const char *ours;
    int64_t fen = 0;
    long long yuan;
    int rest;
    if (sscanf(text, "\"%63[^\"]\",\"%lld.%2d %7[A-Z]\"", name, &yuan, &rest, commodity) != 4)
        return;
    part = strchr(name, ':');
    ours = part ? part + 1 : name;
    fen = yuan * 100 + (strchr(text + strlen(name) + 3, '-') ? -rest : rest);
    balances++;
    if (books_balance(&books, ours) != fen) {
        print_message("%s: %lld here, %lld there\n", ours, (long long)books_balance(&books, ours), (long long)fen);
        wrong++;
    }
}

static void hledgers_own_check_passes(void **state)
{
    export(BOOKS_DAY, BOOKS_DAY + 1);
    assert_int_equal(hledger("check --strict ordereddates", NULL), 0);
}

static void every_account_holds_there_what_it_holds_here(void **state)
{
    export(BOOKS_DAY, BOOKS_DAY + 1);
    balances = wrong = 0;
    assert_int_equal(hledger("balance --flat --no-total -O csv", compare), 0);
    assert_int_equal(wrong, 0);
    /* vault, clearing-bank, to-be-given-back, over-short, counterfeit and its owners; tills and owed are empty */
    assert_int_equal(balances, 6);
}

static void a_part_begins_with_what_was_there_before(void **state)
{
    export(BOOKS_DAY + 1, BOOKS_DAY + 1);
    assert_int_equal(hledger("check --strict ordereddates", NULL), 0);
    balances = wrong = 0;
    assert_int_equal(hledger("balance --flat --no-total -O csv", compare), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(balances, 6);
}

static int64_t posted_fen;
static void sum_up(const char *text)
{
    long long yuan;
    int rest;
    if (sscanf(text, "\"liabilities:awaiting-utility\",\"%lld.%2d CNY\"", &yuan, &rest) == 2)
        posted_fen = yuan * 100 + rest;
}

static void the_second_date_is_the_business_day(void **state)
{
    struct ledger_totals totals;
    OK(day_totals(books.ledger, BOOKS_DAY, NULL, &totals, &books.err));
    export(BOOKS_DAY, BOOKS_DAY + 1);
    posted_fen = 0;
    assert_int_equal(hledger("balance --date2 -p 2026-11-24 --flat --no-total -O csv desc:posted awaiting", sum_up), 0);
    assert_int_equal(posted_fen, totals.answered_fen); /* the one that was answered the morning after is in it */
    posted_fen = 0;
    assert_int_equal(hledger("balance -p 2026-11-24 --flat --no-total -O csv desc:posted awaiting", sum_up), 0);
    assert_int_equal(posted_fen, totals.answered_fen - 4000);
}

/* A check that can't fail checks nothing. */
static void a_journal_out_of_balance_is_refused_by_it(void **state)
{
    export(BOOKS_DAY, BOOKS_DAY + 1);
    FILE *out = fopen(file, "a");
    fprintf(out, "\n2026-11-25 slip\n    assets:vault   1.00 CNY\n    assets:claims   -0.99 CNY\n");
    fclose(out);
    assert_int_not_equal(hledger("check", compare), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hledgers_own_check_passes),
        cmocka_unit_test(every_account_holds_there_what_it_holds_here),
        cmocka_unit_test(a_part_begins_with_what_was_there_before),
        cmocka_unit_test(the_second_date_is_the_business_day),
        cmocka_unit_test(a_journal_out_of_balance_is_refused_by_it),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
