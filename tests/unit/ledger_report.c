/* What stands on a day's report beside its sums: what is to be explained, a teller's cash, and where
 * each number of each book went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/approval.h"
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

/* --- lists ------------------------------------------------------------------------------------------ */

static void tell_act(void *ctx, int64_t at_ms, const char *act, const char *subject, const char *maker, const char *checker)
{
    size_t len = strlen(told);
    snprintf(told + len, sizeof told - len, "%s %s %s; ", act, maker, checker);
}

static void the_acts_of_a_day_are_listed_with_both_people_and_how_many_more_there_are(void **unused)
{
    int64_t left = -1, all = books_number(&b, "SELECT count(*) FROM act");
    told[0] = '\0';
    pay_fine(&b, approval_list(b.ledger, BOOKS_DAY, (int)all - 1, tell_act, NULL, &left, &b.err));
    assert_int_equal(left, 1);
    assert_non_null(strstr(told, "vault 0101 0102; "));
    pay_fine(&b, approval_list(b.ledger, BOOKS_DAY, 100, tell_act, NULL, &left, &b.err));
    assert_int_equal(left, 0);
    told[0] = '\0';
    pay_fine(&b, approval_list(b.ledger, BOOKS_DAY + 1, 100, tell_act, NULL, &left, &b.err)); /* no such day: no acts */
    assert_string_equal(told, "");
}

static int found(const struct ledger_find *find)
{
    int64_t ids[8];
    int count;
    pay_fine(&b, payment_find(b.ledger, find, ids, 8, &count, &b.err));
    return count;
}

static void payments_are_found_by_what_is_known_of_them(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_posted(&b, LI, "2", 200, &p);
    static const struct { struct ledger_find find; int count; } rows[] = {
        {{.day = DAY_NONE}, 2}, {{.day = BOOKS_DAY}, 2}, {{.day = BOOKS_DAY + 1}, 0}, {{.customer = "", .terminal = "", .day = DAY_NONE}, 2},
        {{.customer = "1300207741", .day = DAY_NONE}, 2}, {{.customer = "9", .day = DAY_NONE}, 0},
        {{.terminal = "04", .day = DAY_NONE}, 1}, {{.operator_number = WANG, .day = DAY_NONE}, 1}, {{.number = "", .day = DAY_NONE}, 2},
        {{.number = "00012301", .day = DAY_NONE}, 1}, {{.number = "12301", .day = DAY_NONE}, 1}, {{.number = "00012302", .day = DAY_NONE}, 0},
        {{.number = "1230x", .day = DAY_NONE}, 0}, {{.number = "1234567890123456789", .day = DAY_NONE}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (found(&rows[i].find) != rows[i].count)
            fail_msg("search %zu", i);
    int64_t ids[1];
    int count;
    pay_fine(&b, payment_find(b.ledger, &rows[0].find, ids, 1, &count, &b.err));
    assert_int_equal(count, 1);
}

static void what_waits_is_counted_beyond_the_rows_there_is_room_for(void **unused)
{
    struct ledger_waiting rows[1];
    int64_t counts[WAIT_KINDS];
    int count;
    for (int i = 0; i < 3; i++) {
        char bill[8];
        snprintf(bill, sizeof bill, "%d", i);
        pay_take(&b, WANG, bill, 100, false, &p);
        pay_goes(&b, &p, "0200");
        pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    }
    pay_fine(&b, waiting_list(b.ledger, "03", rows, 1, &count, counts, &b.err));
    assert_int_equal(count, 1);
    assert_int_equal(counts[WAIT_DECLINED], 3);
}

static void nothing_parked_is_not_sent_again(void **unused)
{
    int released;
    pay_posted(&b, WANG, "1", 100, &p);
    assert_int_equal(outbox_release(b.ledger, 0, NULL, ZHAO, &released, &b.err), LEDGER_STATE);
    assert_int_equal(outbox_release(b.ledger, 0, "30", ZHAO, &released, &b.err), LEDGER_STATE);
    assert_int_equal(outbox_release(b.ledger, 4711, NULL, ZHAO, &released, &b.err), LEDGER_STATE);
    pay_take(&b, WANG, "2", 100, true, &p);
    pay_goes(&b, &p, "0220");
    pay_hears(&b, &p, "0230", "30", NULL);
    assert_int_equal(outbox_release(b.ledger, 0, "96", ZHAO, &released, &b.err), LEDGER_STATE); /* another refusal's */
    pay_fine(&b, outbox_release(b.ledger, 0, "30", ZHAO, &released, &b.err));
    assert_int_equal(released, 1);
    pay_goes(&b, &p, "0220");
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(the_cash_of_a_teller_is_told_event_by_event),
        STORY(a_book_tells_what_was_used_and_what_is_void),
        STORY(void_paper_is_asked_for_until_somebody_saw_it),
        STORY(what_is_to_be_explained_names_who_did_it_and_who_agreed),
        STORY(the_acts_of_a_day_are_listed_with_both_people_and_how_many_more_there_are),
        STORY(payments_are_found_by_what_is_known_of_them),
        STORY(what_waits_is_counted_beyond_the_rows_there_is_room_for),
        STORY(nothing_parked_is_not_sent_again),
        STORY(a_day_that_never_was_has_no_report),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
