/* Many acts in one commit: each stands or is refused by itself, and before the commit none was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pay.h"

static struct books b;
static struct ledger_payment one, two;

static int start(void **state)
{
    pay_start(&b);
    pay_take(&b, WANG, "B1", 8528, true, &one);
    pay_take(&b, LI, "B2", 5000, true, &two);
    assert_int_equal(pay_goes(&b, &one, "0220"), 1);
    assert_int_equal(pay_goes(&b, &two, "0220"), 1);
    return 0;
}

static int stop(void **state)
{
    books_end(&b);
    return 0;
}

static void a_refused_act_leaves_the_others_of_its_group(void **state)
{
    struct ledger_payment p = two;
    p.key.ref[11] = '9'; /* a key that this branch never made */
    assert_int_equal(ledger_group_begin(b.ledger, &b.err), LEDGER_OK);
    assert_int_equal(pay_hears(&b, &one, "0230", "00", NULL), LEDGER_OK);
    assert_int_not_equal(pay_hears(&b, &p, "0230", "00", NULL), LEDGER_OK);
    assert_int_equal(pay_hears(&b, &two, "0230", "00", NULL), LEDGER_OK);
    assert_int_equal(ledger_group_end(b.ledger, &b.err), LEDGER_OK);
    pay_again(&b, NULL);
    pay_is(&b, &one, "posted");
    pay_is(&b, &two, "posted");
    pay_verify(&b);
}

static void a_stop_before_the_commit_is_as_if_nothing_was_heard(void **state)
{
    assert_int_equal(ledger_group_begin(b.ledger, &b.err), LEDGER_OK);
    assert_int_equal(pay_hears(&b, &one, "0230", "00", NULL), LEDGER_OK);
    assert_int_equal(pay_hears(&b, &two, "0230", "00", NULL), LEDGER_OK);
    pay_again(&b, NULL);
    pay_is(&b, &one, "advised");
    pay_is(&b, &two, "advised");
    assert_int_equal(pay_goes(&b, &one, "0220"), 2); /* asked again, as a repeat */
    assert_int_equal(pay_goes(&b, &two, "0220"), 2);
    pay_verify(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_refused_act_leaves_the_others_of_its_group, start, stop),
        cmocka_unit_test_setup_teardown(a_stop_before_the_commit_is_as_if_nothing_was_heard, start, stop),
    };
    return cmocka_run_group_tests_name("one commit for many", tests, NULL, NULL);
}
