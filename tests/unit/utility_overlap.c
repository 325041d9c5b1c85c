/* Many front ends over one PostgreSQL: one answer a key, one payer a bill, and who
 * goes on behind what he has read misses nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/overlap.h"

static void overlapping_groups_post_each_key_once(void **unused)
{
    struct overlap o;
    overlap_run(&o);
    assert_int_equal(o.claimed, 0);
    assert_int_equal(o.failed, 0);
    assert_int_equal(o.two_answers, 0);
    assert_int_equal(o.paid_twice, 0);
    assert_int_equal(o.credit_off, 0);
    assert_true(o.answers > 10000);
}

static void and_so_they_do_when_keys_are_claimed_by_rows(void **unused)
{
    struct overlap o;
    overlap_run_claiming(&o);
    assert_true(o.claimed > 100);
    assert_int_equal(o.failed, 0);
    assert_int_equal(o.two_answers, 0);
    assert_int_equal(o.paid_twice, 0);
    assert_int_equal(o.credit_off, 0);
    assert_int_equal(o.feed_missed, 0);
    assert_int_equal(o.follow_missed, 0);
    assert_true(o.answers > 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(overlapping_groups_post_each_key_once), cmocka_unit_test(and_so_they_do_when_keys_are_claimed_by_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
