/* A small business day of two banks with cut links (make day is the large one), and
 * that its reckoning sees what it must see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/world.h"

static struct world w; /* for its programs' folder */
static char out[1 << 14];

static const char *last_line(void)
{
    size_t len = strlen(out);
    if (len && out[len - 1] == '\n') out[--len] = '\0';
    const char *line = strrchr(out, '\n');
    return line ? line + 1 : out;
}

static void utility_banks_and_branches_agree(void **state)
{
    if (world_run(&w, out, sizeof out, "day", "--banks", "2", "--branches", "4", "--payments", "2000", "--cut-ms", "1500", NULL) != 0)
        fail_msg("%s\n%s", out, world_read(&w, "run.log"));
    assert_string_equal(last_line(), "day: payments 2000, posted 2000, lost 0, twice 0, differences 0");
    assert_null(strstr(out, "links: 0 cuts"));
}

/* One payment is spoiled in what is compared: the line must say so. */
static void spoiled(const char *how, const char *line)
{
    assert_int_equal(world_run(&w, out, sizeof out, "day", "--banks", "1", "--branches", "2", "--payments", "100", "--control", how, NULL), 1);
    assert_string_equal(last_line(), line);
}

static void a_lost_payment_is_seen(void **state) { spoiled("lost", "day: payments 100, posted 99, lost 1, twice 0, differences 2"); }

static void a_payment_posted_twice_is_seen(void **state) { spoiled("twice", "day: payments 100, posted 101, lost 0, twice 1, differences 2"); }

static void another_amount_is_seen(void **state) { spoiled("amount", "day: payments 100, posted 100, lost 0, twice 0, differences 3"); }

static int open_world(void **state)
{
    world_open(&w, "days");
    return 0;
}

static int close_world(void **state)
{
    world_close(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utility_banks_and_branches_agree), cmocka_unit_test(a_lost_payment_is_seen), cmocka_unit_test(a_payment_posted_twice_is_seen),
        cmocka_unit_test(another_amount_is_seen),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
