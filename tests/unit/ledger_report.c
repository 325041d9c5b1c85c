/* What stands on a day's report beside its sums: what is to be explained, a teller's cash, and where
 * each number of each book went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/day.h"
#include "lib/pay.h"

static struct books b;
static struct ledger_payment p;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

/* --- cash ----------------------------------------------------------------------------------- */

static void the_cash_of_a_teller_is_told_event_by_event(void **unused)
{
    struct ledger_cash rows[8];
    int count;
    int64_t fen = 0, payments = 0;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_posted(&b, WANG, "2", 250, &p);
    pay_posted(&b, LI, "3", 7, &p);
    pay_fine(&b, day_cash(b.ledger, BOOKS_DAY, WANG, rows, 8, &count, &b.err));
    for (int i = 0; i < count; i++) {
        fen += rows[i].fen;
        payments += rows[i].fen == 350 ? rows[i].count : 0;
    }
    assert_int_equal(count, 2); /* the float, and what was paid */
    assert_int_equal(payments, 2);
    assert_int_equal(fen, books_balance(&b, "till:07"));
    pay_fine(&b, day_cash(b.ledger, BOOKS_DAY, WANG, rows, 1, &count, &b.err)); /* room for one */
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].fen, 50000);
    pay_fine(&b, day_cash(b.ledger, BOOKS_DAY, TIAN, rows, 8, &count, &b.err));
    assert_int_equal(count, 0);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static void spoil(const char *number)
{
    struct ledger_payment after;
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, number);
    pay_fine(&b, invoice_spoil(b.ledger, p.invoice.id, number, pay_two(&b, "spoil"), &after, &b.err));
    pay_notices(&b);
    p = after;
}

static void a_book_tells_what_was_used_and_what_is_void(void **unused)
{
    struct ledger_book_day rows[8];
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    spoil("00012301");
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, day_books(b.ledger, BOOKS_DAY, rows, 8, &count, &b.err));
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].till, "07");
    assert_string_equal(rows[0].first, "00012301");
    assert_int_equal(rows[0].used, 1);
    assert_int_equal(rows[0].void_count, 1);
    assert_int_equal(rows[0].left, 98);
    assert_int_equal(rows[1].used + rows[1].void_count, 0);
    assert_int_equal(rows[1].left, 100);
    pay_fine(&b, day_books(b.ledger, BOOKS_DAY, rows, 1, &count, &b.err)); /* room for one */
    assert_int_equal(count, 1);
}

static void void_paper_is_asked_for_until_somebody_saw_it(void **unused)
{
    struct ledger_void rows[4];
    int count;
    pay_posted(&b, WANG, "1", 100, &p);
    spoil("00012301");
    spoil("00012302");
    pay_fine(&b, day_void(b.ledger, rows, 4, &count, &b.err));
    assert_int_equal(count, 2);
    assert_string_equal(rows[0].number, "00012301");
    assert_string_equal(rows[0].till, "07");
    assert_string_equal(rows[0].ref, p.key.ref);
    assert_string_equal(rows[1].number, "00012302");
    pay_fine(&b, day_void(b.ledger, rows, 1, &count, &b.err));
    assert_int_equal(count, 1);
    pay_fine(&b, number_seen(b.ledger, "1300", "00012301", false, ZHAO, &b.err));
    pay_fine(&b, day_void(b.ledger, rows, 4, &count, &b.err));
    assert_int_equal(count, 1);
    assert_string_equal(rows[0].number, "00012302");
    pay_fine(&b, number_seen(b.ledger, "1300", "00012302", true, ZHAO, &b.err)); /* missing is an answer too */
    pay_fine(&b, day_void(b.ledger, rows, 4, &count, &b.err));
    assert_int_equal(count, 0);
}

/* --- to be explained ---------------------------------------------------------------------------- */

static char told[400];

static void tell(void *ctx, const struct ledger_listed *row)
{
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s %lld by %s %s; ", row->what, (long long)row->amount_fen, row->operator_number, row->approver);
}

static const char *explained(const char *teller)
{
    told[0] = '\0';
    pay_fine(&b, day_listed(b.ledger, BOOKS_DAY, teller, tell, NULL, &b.err));
    return told;
}

static void what_is_to_be_explained_names_who_did_it_and_who_agreed(void **unused)
{
    assert_string_equal(explained(NULL), "");
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    assert_string_equal(explained(NULL), "declined 100 by 0712 ; ");
    b.now_ms += 1000;
    pay_posted(&b, LI, "2", 200, &p);
    struct books_two two;
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, books_two(&b, &two, LI, "04", "reverse", ZHAO), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    assert_non_null(strstr(explained(LI), "reversed 200 by 0713 "));
    assert_null(strstr(told, "declined"));
    assert_null(strstr(told, "0713 ;")); /* with the name of who agreed */
    assert_string_equal(explained(WANG), "declined 100 by 0712 ; ");
}

static void a_day_that_never_was_has_no_report(void **unused)
{
    struct ledger_book_day rows[2];
    int count = 9;
    assert_int_equal(day_listed(b.ledger, BOOKS_DAY + 1, NULL, tell, NULL, &b.err), LEDGER_DAY);
    assert_string_equal(b.err.why, "that business day was never opened");
    assert_int_equal(day_books(b.ledger, BOOKS_DAY + 1, rows, 2, &count, &b.err), LEDGER_DAY);
    assert_int_equal(count, 0);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(the_cash_of_a_teller_is_told_event_by_event),
        STORY(a_book_tells_what_was_used_and_what_is_void),
        STORY(void_paper_is_asked_for_until_somebody_saw_it),
        STORY(what_is_to_be_explained_names_who_did_it_and_who_agreed),
        STORY(a_day_that_never_was_has_no_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
