/* A day compared by key: what differs, what is only on its way, and whose a stray key is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "branchd/compare.h"

#define MOST 20

static struct ledger_keyed ours[MOST];
static struct compare_theirs theirs[MOST];
static struct ledger_difference found[MOST];
static int our_count, their_count;

static int start(void **state)
{
    our_count = their_count = 0;
    return 0;
}

/* NULL: not on that side. */
static void key(const char *ref, const char *here, const char *there, int64_t here_fen, int64_t there_fen)
{
    if (here) {
        struct ledger_keyed *k = &ours[our_count++];
        memset(k, 0, sizeof *k);
        text_copy(k->ref, sizeof k->ref, ref);
        text_copy(k->state, sizeof k->state, here);
        k->amount_fen = here_fen;
    }
    if (there) {
        struct compare_theirs *t = &theirs[their_count++];
        text_copy(t->ref, sizeof t->ref, ref);
        text_copy(t->state, sizeof t->state, there);
        t->amount_fen = there_fen;
    }
}

static int compare(int epoch) { return compare_day(ours, our_count, theirs, their_count, epoch, found, MOST); }

static void a_day_that_agrees_has_no_differences(void **state)
{
    key("010000000001", "posted", "posted", 100, 100);
    key("010000000002", "reversed", "reversed", 200, 200);
    key("010000000003", "declined", "declined", 300, 300);
    key("010000000004", "undone", "tombstone", 400, 0);
    key("010000000005", "excepted", "posted", 500, 500);
    assert_int_equal(compare(1), 0);
}

static void what_is_on_its_way_is_no_difference(void **state)
{
    key("010000000001", "advised", NULL, 100, 0);
    key("010000000002", "advised", "posted", 200, 200); /* its answer was lost */
    key("010000000003", "undoing", "posted", 300, 300);
    key("010000000004", "reversing", "reversed", 400, 400);
    key("010000000005", "recorded", NULL, 500, 0);
    assert_int_equal(compare(1), 0);
}

static void each_kind_of_difference_is_named_by_its_key(void **state)
{
    key("010000000001", "posted", NULL, 100, 0);
    key("010000000002", "posted", "posted", 200, 201);
    key("010000000003", "undone", "posted", 300, 300);
    key("010000000004", NULL, "posted", 0, 400);
    key("020000000001", "posted", "posted", 100, 100);
    assert_int_equal(compare(2), 4);
    assert_string_equal(found[0].kind, "only here");
    assert_int_equal(found[0].theirs_fen, -1);
    assert_string_equal(found[1].kind, "amount");
    assert_int_equal(found[1].theirs_fen, 201);
    assert_string_equal(found[2].kind, "state");
    assert_string_equal(found[2].words, "here undone, at the utility posted");
    assert_string_equal(found[3].kind, "only there"); /* of the epoch before a restore */
    for (int i = 0; i < 4; i++)
        assert_true(strlen(compare_act(found[i].kind)) > 10);
}

static void a_key_of_this_epoch_that_was_never_made_is_not_ours(void **state)
{
    key("010000000001", "posted", "posted", 100, 100);
    key("010000000099", NULL, "posted", 0, 100);
    assert_int_equal(compare(1), 1);
    assert_string_equal(found[0].kind, "not ours");
}

static void more_than_there_is_room_for_are_still_counted(void **state)
{
    char ref[16];
    for (unsigned i = 0; i < MOST; i++) {
        snprintf(ref, sizeof ref, "01%010u", i % 1000);
        key(ref, "posted", NULL, 100, 0);
    }
    assert_int_equal(compare_day(ours, our_count, theirs, 0, 1, found, 3), MOST);
}

static void rows_of_the_file_are_read_strictly(void **state)
{
    static const struct { const char *text; int status; } rows[] = {
        {"PAYMENTS|1|0311|2026-11-24|102|0311-0007", 0},
        {"102/0311-0007/010000000417|500000|posted|0499110001|B1:8528|8750||0|2H7K9Q|2026-11-24T10:42:07", 1},
        {"102/0311-0007/010000000418|500000|tombstone|||0||0||2026-11-24T10:42:07", 1},
        {"END|2|8750", 0},
        {"102/0311-0008/010000000417|500000|posted|0499110001|B1:8528|8750||0|2H7K9Q|2026-11-24T10:42:07", -1},
        {"102/0311-0007/010000000417|500000|posted|0499110001|B1:8528|-1||0|2H7K9Q|2026-11-24T10:42:07", -1},
        {"102/0311-0007/010000000417|500000|posted", -1},
        {"nothing", -1},
    };
    struct compare_theirs t;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(compare_read(&(struct iso_slice){rows[i].text, strlen(rows[i].text)}, "102", "0311-0007", &t), rows[i].status);
    compare_read(&(struct iso_slice){rows[1].text, strlen(rows[1].text)}, "102", "0311-0007", &t);
    assert_string_equal(t.ref, "010000000417");
    assert_string_equal(t.state, "posted");
    assert_int_equal(t.amount_fen, 8750);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_day_that_agrees_has_no_differences, start),
        cmocka_unit_test_setup(what_is_on_its_way_is_no_difference, start),
        cmocka_unit_test_setup(each_kind_of_difference_is_named_by_its_key, start),
        cmocka_unit_test_setup(a_key_of_this_epoch_that_was_never_made_is_not_ours, start),
        cmocka_unit_test_setup(more_than_there_is_room_for_are_still_counted, start),
        cmocka_unit_test_setup(rows_of_the_file_are_read_strictly, start),
    };
    return cmocka_run_group_tests_name("a day compared", tests, NULL, NULL);
}
