/* A day out of balance, payment by payment: each state that the utility may have a key in beside each
 * that it may have here, and which of it people may mend in which way. */
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
static struct ledger_difference rows[8];
static int count;

static int set_up(void **unused) { pay_start(&b); return 0; }
static int tear_down(void **unused) { books_end(&b); return 0; }

static struct ledger_theirs theirs_of(const char *ref, const char *state, int64_t fen)
{
    struct ledger_theirs t = {.proc = 500000, .amount_fen = fen};
    snprintf(t.ref, sizeof t.ref, "%s", ref);
    snprintf(t.state, sizeof t.state, "%s", state);
    return t;
}

/* What differs when the utility has these; listed. */
static int differ(struct ledger_theirs *theirs, int their_count)
{
    int listed;
    pay_fine(&b, differences_find(b.ledger, BOOKS_DAY, theirs, their_count, &count, &b.err));
    pay_fine(&b, differences_list(b.ledger, BOOKS_DAY, rows, 8, &listed, &b.err));
    assert_int_equal(listed, count);
    return count;
}

/* The one payment there is, as they have it; state NULL: they don't know it. */
static const char *kind_when(const char *state, int64_t fen)
{
    struct ledger_theirs t = theirs_of(p.key.ref, state ? state : "", fen);
    return differ(&t, state != NULL) ? rows[0].kind : "none";
}

static enum ledger_result mends(enum ledger_repair how, const char *words)
{
    return difference_repair(b.ledger, BOOKS_DAY, &rows[0].key, how, words, pay_chief(&b, "repair"), &b.err);
}

static void the_sides_agree(const char *there, const char *const *others)
{
    assert_string_equal(kind_when(there, p.amount_fen), "none");
    assert_string_equal(kind_when(there, p.amount_fen + 1), "amount");
    for (; *others; others++)
        assert_string_equal(kind_when(*others, p.amount_fen), "state");
}

static void a_posted_one_is_posted_there(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    the_sides_agree("posted", (const char *const[]){"declined", "tombstone", "undone", "reversed", NULL});
    assert_string_equal(kind_when(NULL, 0), "only here");
    assert_true(rows[0].may[REPAIR_TELL]);
    assert_false(rows[0].may[REPAIR_UNDO]);
}

static void one_that_is_on_its_way_may_be_anything_there(void **unused)
{
    pay_take(&b, WANG, "1", 100, false, &p);
    static const char *const any[] = {NULL, "posted", "declined", "tombstone", "undone"};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        assert_string_equal(kind_when(any[i], 100), "none");
}

static void a_declined_one_is_declined_there_or_unknown(void **unused)
{
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    pay_is(&b, &p, "declined");
    the_sides_agree("declined", (const char *const[]){"posted", "undone", "reversed", NULL});
    assert_string_equal(kind_when(NULL, 0), "none");
    kind_when("posted", 100);
    assert_int_equal(mends(REPAIR_TELL, ""), LEDGER_STATE); /* no money of it is here */
    assert_int_equal(mends(REPAIR_UNDO, ""), LEDGER_STATE);
    pay_fine(&b, mends(REPAIR_EXPLAIN, "their clerk posted it by hand"));
}

static void undone(void)
{
    pay_take(&b, WANG, "1", 100, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &p, &b.err));
    assert_string_equal(kind_when("posted", 100), "none"); /* still on its way back */
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    pay_is(&b, &p, "undone");
    pay_quiet(&b);
}

static void an_undone_one_is_undone_there_or_was_never_heard_of(void **unused)
{
    undone();
    the_sides_agree("undone", (const char *const[]){"posted", "declined", "reversed", NULL});
    assert_string_equal(kind_when("tombstone", 100), "none");
    assert_string_equal(kind_when("tombstone", 101), "none"); /* nothing was posted: its sum is nobody's */
    assert_string_equal(kind_when(NULL, 0), "none");
}

static void an_undone_one_that_is_posted_there_is_undone_again(void **unused)
{
    undone();
    assert_string_equal(kind_when("posted", 100), "state");
    assert_true(rows[0].may[REPAIR_UNDO]);
    assert_false(rows[0].may[REPAIR_TELL]);
    assert_int_equal(mends(REPAIR_TELL, ""), LEDGER_STATE);
    pay_fine(&b, mends(REPAIR_UNDO, ""));
    assert_int_equal(mends(REPAIR_UNDO, ""), LEDGER_STATE);
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    pay_is(&b, &p, "undone");
    pay_quiet(&b);
}

static void a_reversed_one_is_reversed_there(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    pay_is(&b, &p, "reversed");
    the_sides_agree("reversed", (const char *const[]){"posted", "declined", "undone", "tombstone", NULL});
    assert_string_equal(kind_when(NULL, 0), "only here");
    assert_int_equal(mends(REPAIR_TELL, ""), LEDGER_STATE);
}

/* Ours have keys between theirs: each is told as what it is, in the order of keys behind what is not ours. */
static void theirs_alone_stand_before_between_and_behind_ours(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    struct ledger_theirs theirs[] = {theirs_of("999999999999", "posted", 5), theirs_of(p.key.ref, "posted", 100),
                                     theirs_of("000000000001", "posted", 7)};
    assert_int_equal(differ(theirs, 3), 2);
    assert_string_equal(rows[0].kind, "not ours");
    assert_string_equal(rows[0].key.ref, "999999999999");
    assert_string_equal(rows[1].kind, "only there"); /* of an epoch before ours: lost with a disk */
    assert_non_null(strstr(rows[1].words, "since a backup was restored"));
    assert_int_equal(rows[1].theirs_fen, 7);
    assert_int_equal(rows[1].ours_fen, 0);
    struct ledger_draft d = pay_draft(WANG, "2", 100);
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STOPPED);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM audit WHERE event = 'alarm'"), 1);
}

static void one_that_was_taken_on_another_day_is_only_there(void **unused)
{
    struct ledger_theirs t;
    pay_posted(&b, WANG, "1", 100, &p);
    t = theirs_of(p.key.ref, "posted", 100);
    b.odd = true; /* the next day: put there behind the ledger's back */
    books_tamper(&b, "INSERT INTO day (date, state, opened_at, opened_by, cut_at, closed_at) SELECT date + 1, 'closed', opened_at + 86400000, opened_by,"
                     " opened_at + 86400001, opened_at + 86400001 FROM day");
    pay_again(&b, NULL);
    int found, listed;
    pay_fine(&b, differences_find(b.ledger, BOOKS_DAY + 1, &t, 1, &found, &b.err));
    pay_fine(&b, differences_list(b.ledger, BOOKS_DAY + 1, rows, 8, &listed, &b.err));
    assert_int_equal(listed, 1);
    assert_string_equal(rows[0].kind, "only there");
    assert_non_null(strstr(rows[0].words, "on another business day"));
    assert_int_equal(books_number(&b, "SELECT count(*) FROM branch WHERE alarm IS NOT NULL"), 0);
}

static void a_repair_needs_a_difference_words_and_two_supervisors(void **unused)
{
    struct key nobody;
    pay_posted(&b, WANG, "1", 100, &p);
    kind_when(NULL, 0);
    assert_true(key_make(&nobody, "102", "0311-0007", 1, 4711));
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY, &nobody, REPAIR_EXPLAIN, "x", pay_chief(&b, "repair"), &b.err), LEDGER_PARAMS);
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY + 1, &p.key, REPAIR_EXPLAIN, "x", pay_chief(&b, "repair"), &b.err), LEDGER_PARAMS);
    assert_int_equal(mends(REPAIR_EXPLAIN, ""), LEDGER_PARAMS);
    assert_int_equal(difference_repair(b.ledger, BOOKS_DAY, &p.key, REPAIR_TELL, "", pay_alone(&b, "repair"), &b.err), LEDGER_ROLE);
    pay_quiet(&b);
    pay_fine(&b, mends(REPAIR_EXPLAIN, "their disk"));
    assert_string_equal(kind_when(NULL, 0), "only here"); /* explained stays so while it differs */
    assert_string_equal(rows[0].repair, "explained");
    assert_int_equal(mends(REPAIR_EXPLAIN, "again"), LEDGER_STATE);
}

static void a_day_that_never_was_has_no_differences(void **unused)
{
    assert_int_equal(differences_find(b.ledger, BOOKS_DAY + 9, NULL, 0, &count, &b.err), LEDGER_DAY);
    pay_fine(&b, differences_list(b.ledger, BOOKS_DAY + 9, rows, 8, &count, &b.err));
    assert_int_equal(count, 0);
}

static void a_list_longer_than_its_room_is_cut(void **unused)
{
    struct ledger_payment second;
    int listed;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_posted(&b, WANG, "2", 100, &second);
    assert_int_equal(differ(NULL, 0), 2);
    pay_fine(&b, differences_list(b.ledger, BOOKS_DAY, rows, 1, &listed, &b.err));
    assert_int_equal(listed, 1);
    assert_string_equal(rows[0].key.ref, p.key.ref);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_posted_one_is_posted_there),
        STORY(one_that_is_on_its_way_may_be_anything_there),
        STORY(a_declined_one_is_declined_there_or_unknown),
        STORY(an_undone_one_is_undone_there_or_was_never_heard_of),
        STORY(an_undone_one_that_is_posted_there_is_undone_again),
        STORY(a_reversed_one_is_reversed_there),
        STORY(theirs_alone_stand_before_between_and_behind_ours),
        STORY(one_that_was_taken_on_another_day_is_only_there),
        STORY(a_repair_needs_a_difference_words_and_two_supervisors),
        STORY(a_day_that_never_was_has_no_differences),
        STORY(a_list_longer_than_its_room_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
