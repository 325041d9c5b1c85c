/* Two people: every act that takes two, tried by one, by the wrong one, too late,
 * twice, and for something else than was signed. None passes, and nothing has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/books.h"

static struct books books;

static int start(void **state) { books_start(&books, true); return 0; }
static int stop(void **state) { books_end(&books); return 0; }

/* As the other files of the ledger use up a second person's word: in a transaction of their own. */
static enum ledger_result use(const struct ledger_two *two, const char *act, const char *subject)
{
    char checker[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = ledger_begin(books.ledger, &books.err);
    if (r == LEDGER_OK)
        r = ledger_approval_use(books.ledger, two, act, subject, checker, &books.err);
    return ledger_end(books.ledger, r, &books.err);
}

/* The table of the design, written down a second time: act, who makes it, who may sign. */
static const struct { const char *act, *makers[3], *checkers[3]; } table[] = {
    {"pay", {WANG}, {ZHAO}},
    {"hand_back", {WANG}, {ZHAO}},
    {"counterfeit", {WANG}, {ZHAO}},
    {"refund", {WANG}, {ZHAO}},
    {"transfer", {WANG}, {ZHAO}},
    {"till_count", {WANG}, {ZHAO, LI}},
    {"till_cash", {WANG}, {ZHAO}},
    {"abandon", {WANG, SUN}, {ZHAO}},
    {"undo", {WANG, SUN}, {ZHAO}},
    {"reverse", {WANG, SUN}, {ZHAO}},
    {"unacknowledged_answer", {WANG, SUN}, {ZHAO}},
    {"reprint_data", {WANG, SUN}, {ZHAO}},
    {"spoil", {WANG, SUN}, {ZHAO}},
    {"invoice_answer", {WANG, SUN}, {ZHAO}},
    {"book_load", {WANG, SUN}, {ZHAO}},
    {"settle", {SUN}, {ZHAO, LI}},
    {"number_lost", {SUN}, {ZHAO, LI}},
    {"number_receive", {SUN}, {ZHAO, LI}},
    {"number_return", {SUN}, {ZHAO, LI}},
    {"vault", {SUN}, {ZHAO, LI}},
    {"till_force_close", {SUN}, {ZHAO, LI}},
    {"clock_confirm", {SUN}, {ZHAO, LI}},
    {"repair", {SUN}, {ZHAO}},
    {"operator_unlock", {SUN}, {ZHAO, LI}},
    {"operator_add", {SUN}, {ZHAO}},
    {"operator_set", {SUN}, {ZHAO}},
    {"operator_password", {SUN}, {ZHAO}},
    {"operator_code", {SUN}, {ZHAO}},
};
#define ACTS (sizeof table / sizeof *table)
static const char *const everybody[] = {WANG, LI, ZHAO, SUN, TIAN};

static bool listed(const char *const list[3], const char *number)
{
    for (int i = 0; i < 3 && list[i]; i++)
        if (strcmp(list[i], number) == 0)
            return true;
    return false;
}
static bool is_teller(const char *n) { return strcmp(n, WANG) == 0 || strcmp(n, LI) == 0; }
static bool is_supervisor(const char *n) { return strcmp(n, ZHAO) == 0 || strcmp(n, SUN) == 0; }
/* Somebody of the same role as one who is listed. */
static bool may(const char *const list[3], const char *number)
{
    for (int i = 0; i < 3 && list[i]; i++)
        if ((is_teller(list[i]) && is_teller(number)) || (is_supervisor(list[i]) && is_supervisor(number)))
            return true;
    return listed(list, number);
}

static void each_act_passes_with_the_people_of_the_table_and_with_no_others(void **state)
{
    for (size_t a = 0; a < ACTS; a++)
        for (int m = 0; m < 5; m++)
            for (int c = 0; c < 5; c++) {
                struct books_two two;
                const char *maker = everybody[m], *checker = everybody[c];
                enum ledger_result given;
                books_two(&books, &two, maker, "03", table[a].act, NULL);
                given = approval_make(books.ledger, checker, maker, "03", table[a].act, two.two.params, two.token, &books.err);
                if (m == c) {
                    assert_int_equal(given, LEDGER_APPROVAL_SAME);
                } else if (!may(table[a].checkers, checker)) {
                    assert_int_equal(given, LEDGER_APPROVAL_ROLE);
                } else {
                    assert_int_equal(given, LEDGER_OK);
                    two.two.token = two.token;
                    assert_int_equal(use(&two.two, table[a].act, "x"), may(table[a].makers, maker) ? LEDGER_OK : LEDGER_ROLE);
                    continue;
                }
                assert_string_equal(two.token, "");
            }
}

static int64_t acts_done(void) { return books_number(&books, "SELECT count(*) FROM act"); }

static void nobody_passes_alone(void **state)
{
    int64_t before = acts_done();
    for (size_t a = 0; a < ACTS; a++) {
        struct books_two two;
        books_two(&books, &two, table[a].makers[0], "03", table[a].act, NULL);
        assert_int_equal(use(&two.two, table[a].act, "x"), LEDGER_APPROVAL);
    }
    assert_int_equal(acts_done(), before);
}

static void an_approval_lasts_two_minutes_whatever_the_clock_does(void **state)
{
    for (size_t a = 0; a < ACTS; a++) {
        struct books_two two;
        books_two(&books, &two, table[a].makers[0], "03", table[a].act, table[a].checkers[0]);
        books.now_ms += 120001;
        assert_int_equal(use(&two.two, table[a].act, "x"), LEDGER_APPROVAL_EXPIRED);
        books_again(&books);
        assert_int_equal(use(&two.two, table[a].act, "x"), LEDGER_APPROVAL_EXPIRED);
    }
    struct books_two two; /* set back, the clock does not give a minute more */
    books_two(&books, &two, WANG, "03", "undo", ZHAO);
    books.now_ms += 120001;
    assert_int_equal(audit_note(books.ledger, "note", WANG, "03", "x", "anything that is kept", &books.err), LEDGER_OK);
    books.now_ms -= 120001;
    assert_int_equal(use(&two.two, "undo", "x"), LEDGER_APPROVAL_EXPIRED);
}

static void an_approval_is_used_once(void **state)
{
    for (size_t a = 0; a < ACTS; a++) {
        struct books_two two;
        books_two(&books, &two, table[a].makers[0], "03", table[a].act, table[a].checkers[0]);
        assert_int_equal(use(&two.two, table[a].act, "x"), LEDGER_OK);
        int64_t done = acts_done();
        assert_int_equal(use(&two.two, table[a].act, "x"), LEDGER_APPROVAL_USED);
        books_again(&books);
        assert_int_equal(use(&two.two, table[a].act, "x"), LEDGER_APPROVAL_USED);
        assert_int_equal(acts_done(), done);
    }
}

static void an_approval_is_for_what_was_signed_and_where(void **state)
{
    for (size_t a = 0; a < ACTS; a++) {
        struct books_two two, other;
        const char *act = table[a].act, *another = table[(a + 1) % ACTS].act;
        books_two(&books, &two, table[a].makers[0], "03", act, table[a].checkers[0]);
        other = two;
        other.two.token = other.token;
        other.two.params[31] ^= 1; /* another sum */
        assert_int_equal(use(&other.two, act, "x"), LEDGER_APPROVAL_ALTERED);
        other = two;
        other.two.token = other.token;
        strcpy(other.two.terminal, "04"); /* another terminal */
        assert_int_equal(use(&other.two, act, "x"), LEDGER_APPROVAL_ALTERED);
        other = two;
        other.two.token = other.token;
        other.two.act = another; /* another act */
        strcpy(other.two.maker, table[(a + 1) % ACTS].makers[0]);
        enum ledger_result r = use(&other.two, another, "x");
        assert_true(r == LEDGER_APPROVAL_ALTERED);
        other = two;
        other.token[0] = other.token[0] == '0' ? '1' : '0'; /* a token that nobody gave */
        other.two.token = other.token;
        assert_int_equal(use(&other.two, act, "x"), LEDGER_APPROVAL_ALTERED);
        assert_int_equal(use(&two.two, act, "x"), LEDGER_OK); /* what was signed still holds */
    }
}

static void the_one_who_signed_can_not_make_the_act_himself(void **state)
{
    struct books_two two;
    books_two(&books, &two, SUN, "03", "reverse", ZHAO);
    strcpy(two.two.maker, ZHAO);
    assert_int_equal(use(&two.two, "reverse", "x"), LEDGER_APPROVAL_SAME);
    /* not even when the maker was not known as it was signed */
    assert_int_equal(approval_make(books.ledger, ZHAO, NULL, "03", "reverse", two.two.params, two.token, &books.err), LEDGER_OK);
    assert_int_equal(use(&two.two, "reverse", "x"), LEDGER_APPROVAL_SAME);
}

static void an_approval_of_an_act_that_fails_is_not_used_up(void **state)
{
    struct books_two two;
    books_two(&books, &two, ZHAO, "01", "vault", SUN);
    assert_int_equal(vault_cash(books.ledger, &two.two, false, 99999999, &books.err), LEDGER_CASH_SHORT);
    assert_int_equal(vault_cash(books.ledger, &two.two, false, 100, &books.err), LEDGER_OK);
    assert_int_equal(vault_cash(books.ledger, &two.two, false, 100, &books.err), LEDGER_APPROVAL_USED);
}

static void a_word_lapses_with_the_one_who_gave_it(void **state)
{
    struct books_two two, change;
    books_two(&books, &two, WANG, "03", "till_count", LI);
    struct ledger_operator li;
    assert_int_equal(operator_get(books.ledger, LI, &li, &books.err), LEDGER_OK);
    li.active = false;
    assert_int_equal(operator_set(books.ledger, &li, books_two(&books, &change, ZHAO, "01", "operator_set", SUN), &books.err), LEDGER_OK);
    assert_int_equal(use(&two.two, "till_count", "07"), LEDGER_APPROVAL_ROLE);
}

static int shown;
static char last_shown[64];
static void see(void *ctx, int64_t at_ms, const char *act, const char *subject, const char *maker)
{
    shown++;
    snprintf(last_shown, sizeof last_shown, "%s %s %s", act, subject, maker);
}

static void what_was_done_in_his_name_is_shown_to_him_once(void **state)
{
    struct books_two two;
    shown = 0;
    assert_int_equal(approval_show(books.ledger, ZHAO, "09", see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(shown, 0);
    books_two(&books, &two, WANG, "03", "reverse", ZHAO);
    assert_int_equal(approval_show(books.ledger, ZHAO, "09", see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(shown, 0); /* signed, but not used */
    assert_int_equal(use(&two.two, "reverse", "010000000417"), LEDGER_OK);
    books_again(&books);
    assert_int_equal(approval_show(books.ledger, ZHAO, "03", see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(shown, 0); /* the terminal where it was typed may lie: not there */
    assert_int_equal(approval_show(books.ledger, ZHAO, "09", see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(shown, 1);
    assert_string_equal(last_shown, "reverse 010000000417 0712");
    assert_int_equal(approval_show(books.ledger, ZHAO, "09", see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(approval_show(books.ledger, WANG, "09", see, NULL, &books.err), LEDGER_OK);
    assert_int_equal(shown, 1);
}

static void there_is_no_approval_for_an_act_that_there_is_not(void **state)
{
    struct books_two two;
    books_two(&books, &two, WANG, "03", "reverse", NULL);
    assert_int_equal(approval_make(books.ledger, ZHAO, WANG, "03", "raise_salary", two.two.params, two.token, &books.err), LEDGER_PARAMS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_act_passes_with_the_people_of_the_table_and_with_no_others, start, stop),
        cmocka_unit_test_setup_teardown(nobody_passes_alone, start, stop),
        cmocka_unit_test_setup_teardown(an_approval_lasts_two_minutes_whatever_the_clock_does, start, stop),
        cmocka_unit_test_setup_teardown(an_approval_is_used_once, start, stop),
        cmocka_unit_test_setup_teardown(an_approval_is_for_what_was_signed_and_where, start, stop),
        cmocka_unit_test_setup_teardown(the_one_who_signed_can_not_make_the_act_himself, start, stop),
        cmocka_unit_test_setup_teardown(an_approval_of_an_act_that_fails_is_not_used_up, start, stop),
        cmocka_unit_test_setup_teardown(a_word_lapses_with_the_one_who_gave_it, start, stop),
        cmocka_unit_test_setup_teardown(what_was_done_in_his_name_is_shown_to_him_once, start, stop),
        cmocka_unit_test_setup_teardown(there_is_no_approval_for_an_act_that_there_is_not, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
