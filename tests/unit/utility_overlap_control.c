/* The control of utility_overlap: with lock and reading in one statement the same
 * run must break, or that test proves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/overlap.h"

#define PG_LOCK_FIRST 0
#include "utilityd/store_pg_sql.c"

static void lock_and_reading_in_one_statement_answer_a_key_twice(void **unused)
{
    struct overlap o;
    overlap_run(&o);
    print_message("keys with two answers %lld, bills paid twice %lld, credit off by %lld fen\n", (long long)o.two_answers, (long long)o.paid_twice,
                  (long long)o.credit_off);
    assert_true(o.two_answers + o.paid_twice > 0 || o.credit_off != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lock_and_reading_in_one_statement_answer_a_key_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
