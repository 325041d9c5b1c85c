/* Tills and the vault: every fen that moves, counts that are blind, hand-overs, closing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/books.h"

static struct books books;
static struct books_two two;
static struct ledger_till till;
static struct ledger_count count;

static int start(void **state)
{
    books_start(&books, true);
    return 0;
}
static int stop(void **state) { books_end(&books); return 0; }

#define ALONE(act) books_two(&books, &two, WANG, "03", act, NULL)
#define WITH(who, act) books_two(&books, &two, WANG, "03", act, who)
#define OK(call) do { enum ledger_result r_ = (call); if (r_ != LEDGER_OK) fail_msg("%s: %s", ledger_word(r_), books.err.why); } while (0)

static void open_wangs(void)
{
    OK(till_open(books.ledger, "07", "03", WANG, 50000, &till, &books.err));
}

/* The whole of the cash is somewhere: in the vault, a till, in transit, or named over or short. */
static void nothing_is_lost(void)
{
    assert_int_equal(books_balance(&books, "vault") + books_balance(&books, "till:07") + books_balance(&books, "till:08") +
                     books_balance(&books, "in-transit") + books_balance(&books, "over-short") + books_balance(&books, "clearing-bank"), 0);
}

static void a_till_is_opened_with_its_float_out_of_the_vault(void **state)
{
    open_wangs();
    assert_string_equal(till.number, "07");
    assert_string_equal(till.state, "open");
    assert_string_equal(till.operator_name, "王敏");
    assert_int_equal(till.cash_fen, 50000);
    assert_int_equal(till.day, BOOKS_DAY);
    assert_int_equal(books_balance(&books, "vault"), 950000);
    assert_int_equal(books_balance(&books, "till:07"), 50000);
    nothing_is_lost();
}

static void his_own_open_till_is_gone_on_with(void **state)
{
    open_wangs();
    int64_t id = till.id;
    books_again(&books);
    OK(till_open(books.ledger, "07", "03", WANG, 77700, &till, &books.err));
    assert_int_equal(till.id, id);
    assert_int_equal(till.cash_fen, 50000); /* no second float */
}

static void one_till_a_person_a_terminal_and_a_number(void **state)
{
    open_wangs();
    assert_int_equal(till_open(books.ledger, "08", "03", LI, 100, &till, &books.err), LEDGER_TILL);   /* at his terminal */
    assert_int_equal(till_open(books.ledger, "07", "04", LI, 100, &till, &books.err), LEDGER_TILL);   /* his till */
    assert_int_equal(till_open(books.ledger, "08", "04", WANG, 100, &till, &books.err), LEDGER_TILL); /* he has one */
    OK(till_open(books.ledger, "08", "04", LI, 100, &till, &books.err));
    assert_int_equal(till_at(books.ledger, "05", &till, &books.err), LEDGER_TILL);
}

static void only_a_teller_takes_money(void **state)
{
    assert_int_equal(till_open(books.ledger, "07", "03", ZHAO, 100, &till, &books.err), LEDGER_ROLE);
    assert_int_equal(till_open(books.ledger, "07", "03", TIAN, 100, &till, &books.err), LEDGER_ROLE);
    assert_int_equal(till_open(books.ledger, "07", "03", "4711", 100, &till, &books.err), LEDGER_ROLE);
}

static void the_vault_never_gives_more_than_it_holds(void **state)
{
    assert_int_equal(till_open(books.ledger, "07", "03", WANG, 1000001, &till, &books.err), LEDGER_CASH_SHORT);
    assert_non_null(strstr(books.err.why, "10,000.00"));
    assert_int_equal(till_open(books.ledger, "07", "03", WANG, -1, &till, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_open(books.ledger, "7", "03", WANG, 100, &till, &books.err), LEDGER_PARAMS);
    open_wangs();
    assert_int_equal(till_cash(books.ledger, ALONE("till_cash"), true, 950001, &till, &books.err), LEDGER_CASH_SHORT);
    assert_int_equal(vault_cash(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", SUN), false, 950001, &books.err), LEDGER_CASH_SHORT);
    assert_int_equal(books_balance(&books, "vault"), 950000);
}

static void no_till_without_a_business_day(void **state)
{
    books_end(&books);
    books_start(&books, false);
    assert_int_equal(till_open(books.ledger, "07", "03", WANG, 0, &till, &books.err), LEDGER_DAY);
    assert_int_equal(vault_cash(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", SUN), true, 100, &books.err), LEDGER_DAY);
}

static void cash_moves_between_vault_and_till(void **state)
{
    open_wangs();
    OK(till_cash(books.ledger, ALONE("till_cash"), true, 20000, &till, &books.err));
    assert_int_equal(till.cash_fen, 70000);
    assert_int_equal(till_cash(books.ledger, ALONE("till_cash"), false, 30000, &till, &books.err), LEDGER_APPROVAL);
    OK(till_cash(books.ledger, WITH(ZHAO, "till_cash"), false, 30000, &till, &books.err));
    assert_int_equal(till.cash_fen, 40000);
    assert_int_equal(till_cash(books.ledger, WITH(ZHAO, "till_cash"), false, 40001, &till, &books.err), LEDGER_CASH_SHORT);
    assert_int_equal(till_cash(books.ledger, WITH(ZHAO, "till_cash"), false, 0, &till, &books.err), LEDGER_PARAMS);
    nothing_is_lost();
}

static void much_cash_out_of_the_vault_takes_two(void **state)
{
    open_wangs();
    OK(vault_cash(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", LI), true, 9000000, &books.err));
    assert_int_equal(till_cash(books.ledger, ALONE("till_cash"), true, 5000001, &till, &books.err), LEDGER_APPROVAL);
    OK(till_cash(books.ledger, WITH(SUN, "till_cash"), true, 5000001, &till, &books.err));
}

/* --- counting and closing --------------------------------------------------------------- */

static void a_count_by_notes_is_kept_before_anything_is_said(void **state)
{
    const struct ledger_note notes[] = {{10000, 4}, {2000, 4}, {500, 3}, {50, 9}, {1, 50}};
    open_wangs();
    OK(till_count(books.ledger, ALONE("till_count"), notes, 5, 0, &count, &books.err));
    assert_int_equal(count.counted_fen, 50000);
    assert_int_equal(count.expected_fen, 50000);
    assert_int_equal(count.difference_fen, 0);
    assert_int_equal(books_number(&books, "SELECT sum(fen * notes) FROM count_note"), 50000);
    assert_int_equal(books_number(&books, "SELECT counted_fen FROM count"), 50000);
}

static void a_count_that_can_not_be_is_refused_and_tells_nothing(void **state)
{
    const struct ledger_note twice[] = {{100, 1}, {100, 2}}, odd[] = {{300, 1}}, less[] = {{100, -1}}, much[] = {{10000, INT64_MAX}},
                             some[] = {{10000, 1}};
    open_wangs();
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), twice, 2, 0, &count, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), odd, 1, 0, &count, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), less, 1, 0, &count, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), much, 1, 0, &count, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), some, 1, 10001, &count, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), NULL, 0, -1, &count, &books.err), LEDGER_PARAMS);
    assert_int_equal(count.expected_fen, 0);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM count"), 0);
}

static void another_count_takes_a_second_person_and_both_stay(void **state)
{
    open_wangs();
    OK(till_count(books.ledger, ALONE("till_count"), NULL, 0, 49000, &count, &books.err));
    assert_int_equal(count.difference_fen, -1000);
    assert_int_equal(till_count(books.ledger, ALONE("till_count"), NULL, 0, 50000, &count, &books.err), LEDGER_APPROVAL);
    assert_int_equal(count.expected_fen, 0); /* a count that was not taken tells nothing */
    OK(till_count(books.ledger, WITH(LI, "till_count"), NULL, 0, 50000, &count, &books.err));
    OK(till_close(books.ledger, ALONE("till_close"), &till, &books.err));
    assert_int_equal(till.cash_fen, 50000); /* the last count holds */
    assert_int_equal(books_number(&books, "SELECT count(*) FROM count"), 2);
    assert_int_equal(books_number(&books, "SELECT count(*) FROM count WHERE second = '0713'"), 1);
    assert_int_equal(books_balance(&books, "over-short"), 0);
}

static void after_the_count_the_till_takes_no_more(void **state)
{
    open_wangs();
    OK(till_count(books.ledger, ALONE("till_count"), NULL, 0, 50000, &count, &books.err));
    assert_int_equal(till_cash(books.ledger, ALONE("till_cash"), true, 100, &till, &books.err), LEDGER_TILL);
    OK(till_at(books.ledger, "03", &till, &books.err));
    assert_string_equal(till.state, "counted");
}

static void over_and_short_are_booked_and_the_cash_goes_to_the_vault(void **state)
{
    static const int64_t counted[] = {50000, 50300, 49999, 0};
    int64_t over_short = 0;
    for (size_t i = 0; i < 4; i++) {
        int64_t vault = books_balance(&books, "vault");
        open_wangs();
        OK(till_count(books.ledger, ALONE("till_count"), NULL, 0, counted[i], &count, &books.err));
        assert_int_equal(count.difference_fen, counted[i] - 50000);
        OK(till_close(books.ledger, ALONE("till_close"), &till, &books.err));
        over_short -= counted[i] - 50000;
        assert_string_equal(till.state, "closed");
        assert_int_equal(books_balance(&books, "till:07"), 0);
        assert_int_equal(books_balance(&books, "vault"), vault - 50000 + counted[i]);
        assert_int_equal(books_balance(&books, "over-short"), over_short);
        nothing_is_lost();
    }
    struct ledger_totals totals;
    OK(day_totals(books.ledger, BOOKS_DAY, WANG, &totals, &books.err));
    assert_int_equal(totals.over_fen, 300);
    assert_int_equal(totals.short_fen, 50001);
    OK(day_totals(books.ledger, BOOKS_DAY, LI, &totals, &books.err));
    assert_int_equal(totals.over_fen + totals.short_fen, 0);
}

static void a_till_is_counted_before_it_is_closed_and_closed_once(void **state)
{
    assert_int_equal(till_close(books.ledger, ALONE("till_close"), &till, &books.err), LEDGER_TILL);
    open_wangs();
    assert_int_equal(till_close(books.ledger, ALONE("till_close"), &till, &books.err), LEDGER_STATE);
    OK(till_count(books.ledger, ALONE("till_count"), NULL, 0, 50000, &count, &books.err));
    assert_int_equal(till_close(books.ledger, books_two(&books, &two, LI, "03", "till_close", NULL), &till, &books.err), LEDGER_TILL);
    OK(till_close(books.ledger, ALONE("till_close"), &till, &books.err));
    assert_int_equal(till_close(books.ledger, ALONE("till_close"), &till, &books.err), LEDGER_TILL);
    nothing_is_lost();
}

static void an_absent_tellers_till_is_closed_by_two(void **state)
{
    open_wangs();
    assert_int_equal(till_force_close(books.ledger, "07", books_two(&books, &two, ZHAO, "01", "till_force_close", NULL), NULL, 0, 50000, &count, &books.err), LEDGER_APPROVAL);
    assert_int_equal(till_force_close(books.ledger, "07", books_two(&books, &two, ZHAO, "01", "till_force_close", WANG), NULL, 0, 50000, &count, &books.err), LEDGER_APPROVAL_SAME);
    assert_int_equal(till_force_close(books.ledger, "07", books_two(&books, &two, LI, "01", "till_force_close", SUN), NULL, 0, 50000, &count, &books.err), LEDGER_ROLE);
    OK(till_force_close(books.ledger, "07", books_two(&books, &two, ZHAO, "01", "till_force_close", LI), NULL, 0, 49000, &count, &books.err));
    assert_int_equal(count.difference_fen, -1000);
    assert_int_equal(till_force_close(books.ledger, "07", books_two(&books, &two, ZHAO, "01", "till_force_close", LI), NULL, 0, 49000, &count, &books.err), LEDGER_TILL);
    OK(till_last(books.ledger, "07", &till, &books.err));
    assert_string_equal(till.state, "closed");
    assert_int_equal(till.cash_fen, 49000);
    struct ledger_totals totals; /* what is short is his whose till it was */
    OK(day_totals(books.ledger, BOOKS_DAY, WANG, &totals, &books.err));
    assert_int_equal(totals.short_fen, 1000);
    nothing_is_lost();
}

/* --- handing over ------------------------------------------------------------------------- */

static void hand_over_to_li(int64_t counted_fen)
{
    open_wangs();
    OK(till_count(books.ledger, ALONE("till_count"), NULL, 0, counted_fen, &count, &books.err));
    OK(till_hand_over(books.ledger, ALONE("till_handover"), LI, &till, &books.err));
}

static void a_till_is_handed_over_with_a_blind_count_of_the_taker(void **state)
{
    hand_over_to_li(50000);
    assert_int_equal(books_balance(&books, "in-transit"), 50000);
    assert_int_equal(books_balance(&books, "till:07"), 0);
    books_again(&books); /* between the two, the branch's computer fails */
    assert_int_equal(till_open(books.ledger, "07", "03", LI, 0, &till, &books.err), LEDGER_TILL); /* not past the count */
    assert_int_equal(till_accept(books.ledger, "07", "03", WANG, NULL, 0, 50000, &count, &books.err), LEDGER_TILL);
    OK(till_accept(books.ledger, "07", "03", LI, NULL, 0, 50000, &count, &books.err));
    assert_int_equal(count.expected_fen, 50000);
    assert_int_equal(books_balance(&books, "in-transit"), 0);
    OK(till_at(books.ledger, "03", &till, &books.err));
    assert_string_equal(till.operator_number, LI);
    assert_int_equal(till.cash_fen, 50000);
    assert_int_equal(till_accept(books.ledger, "07", "03", LI, NULL, 0, 50000, &count, &books.err), LEDGER_TILL);
    nothing_is_lost();
}

static void a_difference_found_by_the_taker_is_the_givers(void **state)
{
    struct ledger_totals totals;
    hand_over_to_li(50000);
    OK(till_accept(books.ledger, "07", "03", LI, NULL, 0, 49900, &count, &books.err));
    assert_int_equal(count.difference_fen, -100);
    OK(till_at(books.ledger, "03", &till, &books.err));
    assert_int_equal(till.cash_fen, 49900);
    OK(day_totals(books.ledger, BOOKS_DAY, WANG, &totals, &books.err));
    assert_int_equal(totals.short_fen, 100);
    OK(till_count(books.ledger, books_two(&books, &two, LI, "03", "till_count", NULL), NULL, 0, 49900, &count, &books.err));
    assert_int_equal(count.difference_fen, 0);
    OK(day_totals(books.ledger, BOOKS_DAY, LI, &totals, &books.err));
    assert_int_equal(totals.short_fen, 0);
    nothing_is_lost();
}

static void nobody_hands_over_uncounted_to_himself_or_to_no_teller(void **state)
{
    open_wangs();
    assert_int_equal(till_hand_over(books.ledger, ALONE("till_handover"), LI, &till, &books.err), LEDGER_STATE);
    OK(till_count(books.ledger, ALONE("till_count"), NULL, 0, 50000, &count, &books.err));
    assert_int_equal(till_hand_over(books.ledger, ALONE("till_handover"), WANG, &till, &books.err), LEDGER_PARAMS);
    assert_int_equal(till_hand_over(books.ledger, ALONE("till_handover"), TIAN, &till, &books.err), LEDGER_ROLE);
    assert_int_equal(books_balance(&books, "in-transit"), 0);
}

static void what_nobody_took_goes_to_the_vault_by_two_people(void **state)
{
    hand_over_to_li(50000);
    OK(till_force_close(books.ledger, "07", books_two(&books, &two, ZHAO, "01", "till_force_close", SUN), NULL, 0, 49950, &count, &books.err));
    assert_int_equal(books_balance(&books, "in-transit"), 0);
    assert_int_equal(books_balance(&books, "vault"), 999950);
    assert_int_equal(till_accept(books.ledger, "07", "03", LI, NULL, 0, 50000, &count, &books.err), LEDGER_TILL);
    open_wangs(); /* and the till can be opened again */
    nothing_is_lost();
}

/* --- vault and counterfeit notes ------------------------------------------------------------ */

static void the_vault_is_for_two(void **state)
{
    assert_int_equal(vault_count(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", NULL), NULL, 0, 1000000, &count, &books.err), LEDGER_APPROVAL);
    assert_int_equal(vault_cash(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", NULL), true, 100, &books.err), LEDGER_APPROVAL);
    assert_int_equal(vault_cash(books.ledger, books_two(&books, &two, WANG, "01", "vault", ZHAO), true, 100, &books.err), LEDGER_ROLE);
    OK(vault_count(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", LI), NULL, 0, 999000, &count, &books.err));
    assert_int_equal(count.difference_fen, -1000);
    assert_int_equal(books_balance(&books, "vault"), 1000000); /* booked when the day closes */
    OK(vault_cash(books.ledger, books_two(&books, &two, ZHAO, "01", "vault", LI), false, 400000, &books.err));
    assert_int_equal(books_balance(&books, "vault"), 600000);
    nothing_is_lost();
}

static void a_counterfeit_note_is_noted_by_two_and_is_no_money(void **state)
{
    struct ledger_counterfeit note = {.fen = 10000, .serial = "AB12345678", .series = "2015", .customer = "某客户"};
    assert_int_equal(counterfeit_take(books.ledger, WITH(ZHAO, "counterfeit"), &note, &books.err), LEDGER_TILL);
    open_wangs();
    assert_int_equal(counterfeit_take(books.ledger, ALONE("counterfeit"), &note, &books.err), LEDGER_APPROVAL);
    OK(counterfeit_take(books.ledger, WITH(ZHAO, "counterfeit"), &note, &books.err));
    assert_int_equal(note.id, 1);
    assert_int_equal(books_balance(&books, "counterfeit"), 10000);
    assert_int_equal(books_balance(&books, "counterfeit-owners"), -10000);
    assert_int_equal(books_balance(&books, "till:07"), 50000);
    note.fen = 300;
    assert_int_equal(counterfeit_take(books.ledger, WITH(ZHAO, "counterfeit"), &note, &books.err), LEDGER_PARAMS);
    note.fen = 10000;
    note.serial[0] = '\0';
    assert_int_equal(counterfeit_take(books.ledger, WITH(ZHAO, "counterfeit"), &note, &books.err), LEDGER_PARAMS);
    nothing_is_lost();
}

static void the_day_lists_every_opening_of_its_tills(void **state)
{
    struct ledger_till rows[4];
    int rows_count;
    hand_over_to_li(50000);
    OK(till_accept(books.ledger, "07", "03", LI, NULL, 0, 50000, &count, &books.err));
    OK(till_open(books.ledger, "08", "04", WANG, 1000, &till, &books.err));
    OK(till_list(books.ledger, BOOKS_DAY, rows, 4, &rows_count, &books.err));
    assert_int_equal(rows_count, 3);
    assert_string_equal(rows[0].operator_number, WANG);
    assert_string_equal(rows[1].operator_number, LI);
    assert_string_equal(rows[2].number, "08");
    OK(till_list(books.ledger, BOOKS_DAY, rows, 2, &rows_count, &books.err));
    assert_int_equal(rows_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define STORY(name) cmocka_unit_test_setup_teardown(name, start, stop)
        STORY(a_till_is_opened_with_its_float_out_of_the_vault),
        STORY(his_own_open_till_is_gone_on_with),
        STORY(one_till_a_person_a_terminal_and_a_number),
        STORY(only_a_teller_takes_money),
        STORY(the_vault_never_gives_more_than_it_holds),
        STORY(no_till_without_a_business_day),
        STORY(cash_moves_between_vault_and_till),
        STORY(much_cash_out_of_the_vault_takes_two),
        STORY(a_count_by_notes_is_kept_before_anything_is_said),
        STORY(a_count_that_can_not_be_is_refused_and_tells_nothing),
        STORY(another_count_takes_a_second_person_and_both_stay),
        STORY(after_the_count_the_till_takes_no_more),
        STORY(over_and_short_are_booked_and_the_cash_goes_to_the_vault),
        STORY(a_till_is_counted_before_it_is_closed_and_closed_once),
        STORY(an_absent_tellers_till_is_closed_by_two),
        STORY(a_till_is_handed_over_with_a_blind_count_of_the_taker),
        STORY(a_difference_found_by_the_taker_is_the_givers),
        STORY(nobody_hands_over_uncounted_to_himself_or_to_no_teller),
        STORY(what_nobody_took_goes_to_the_vault_by_two_people),
        STORY(the_vault_is_for_two),
        STORY(a_counterfeit_note_is_noted_by_two_and_is_no_money),
        STORY(the_day_lists_every_opening_of_its_tills),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
