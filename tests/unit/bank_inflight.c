/* What the relay has sent on and not heard of: found again, in order of time, never too much. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bankd/inflight.h"

static void a_full_table_sends_nothing_on(void **state)
{
    struct inflight *t = inflight_open(2);
    assert_non_null(inflight_put(t, "a", 1, "0200", 10));
    assert_non_null(inflight_put(t, "b", 1, "0200", 11));
    assert_null(inflight_put(t, "c", 1, "0200", 12));
    assert_non_null(inflight_put(t, "a", 1, "0201", 13)); /* a repeat takes no place of its own */
    assert_int_equal(inflight_count(t), 2);
    inflight_drop(t, inflight_find(t, "b"));
    assert_non_null(inflight_put(t, "c", 1, "0200", 14));
    inflight_close(t);
}

static void a_repeat_renews_the_time(void **state)
{
    struct inflight *t = inflight_open(4);
    inflight_put(t, "a", 1, "0200", 10);
    inflight_put(t, "b", 1, "0200", 11);
    struct inflight_entry *a = inflight_put(t, "a", 1, "0201", 12);
    assert_string_equal(a->mti, "0201");
    assert_int_equal(inflight_count(t), 2);
    assert_string_equal(inflight_oldest(t)->key, "b");
    assert_ptr_equal(inflight_next(t, inflight_oldest(t)), a);
    assert_null(inflight_next(t, a));
    inflight_close(t);
}

static void two_connections_that_ask_the_same_are_answered_each_in_turn(void **state)
{
    struct inflight *t = inflight_open(4);
    inflight_put(t, "a", 1, "0200", 10);
    inflight_put(t, "a", 7, "0201", 12);
    inflight_put(t, "a", 1, "0201", 13);
    assert_int_equal(inflight_count(t), 2);
    assert_int_equal(inflight_find(t, "a")->station, 1);
    inflight_drop(t, inflight_find(t, "a"));
    assert_int_equal(inflight_find(t, "a")->station, 7);
    inflight_drop(t, inflight_find(t, "a"));
    assert_null(inflight_find(t, "a"));
    inflight_close(t);
}

/* Against a plain array, for long. */
static void it_agrees_with_a_slow_list_over_a_hundred_thousand_steps(void **state)
{
    enum { KEYS = 300, CAPACITY = 200 };
    static int64_t sent[KEYS];
    struct inflight *t = inflight_open(CAPACITY);
    size_t count = 0;
    srand(7);
    for (int64_t step = 1; step <= 100000; step++) {
        int k = rand() % KEYS;
        char key[INFLIGHT_KEY_SIZE];
        snprintf(key, sizeof key, "0210 102 0311-0007 %d", k);
        struct inflight_entry *e = inflight_find(t, key);
        assert_int_equal(e != NULL, sent[k] != 0);
        if (e && rand() % 2) {
            assert_int_equal(e->sent_ms, sent[k]);
            inflight_drop(t, e);
            sent[k] = 0;
            count--;
        } else if (inflight_put(t, key, 1, "0200", step)) {
            count += sent[k] == 0;
            sent[k] = step;
        } else {
            assert_int_equal(count, CAPACITY);
        }
        assert_int_equal(inflight_count(t), count);
    }
    int64_t last = 0;
    for (struct inflight_entry *e = inflight_oldest(t); e; e = inflight_next(t, e), count--) {
        assert_true(e->sent_ms > last);
        last = e->sent_ms;
    }
    assert_int_equal(count, 0);
    inflight_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_table_sends_nothing_on),
        cmocka_unit_test(a_repeat_renews_the_time),
        cmocka_unit_test(two_connections_that_ask_the_same_are_answered_each_in_turn),
        cmocka_unit_test(it_agrees_with_a_slow_list_over_a_hundred_thousand_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
