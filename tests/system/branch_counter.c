/* One payment from the keys of a real counter to the utility's books, on line and off line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/screen.h"
#include "lib/world_branch.h"

static struct world w;
static struct term *term;

static void must(bool so, const char *what)
{
    if (so) return;
    term_print(term, stderr);
    fail_msg("%s\n%s", what, world_read(&w, "branchd.log"));
}

static int start(void **state)
{
    static char program[512], socket_arg[600], password_arg[600];
    char path[512];
    world_open(&w, "counter");
    world_utility(&w, 300);
    world_bank(&w);
    world_branch(&w, "feed = 1s\n");
    world_wait_branch(&w);
    world_write(&w, "password", BRANCH_PASSWORD "\n");
    snprintf(program, sizeof program, "%s/counter", w.bin);
    snprintf(socket_arg, sizeof socket_arg, "--socket=%s", world_branch_socket(&w, path, sizeof path));
    snprintf(password_arg, sizeof password_arg, "--password-file=%s", world_path(&w, "password", path, sizeof path));
    const char *argv[] = {program, socket_arg, password_arg, "--terminal=03", "--operator=" BRANCH_TELLER, "--float=0", "--lang=en", NULL};
    term = term_start(24, 80, "xterm", argv, NULL);
    assert_non_null(term);
    must(term_wait(term, "Customer", TERM_WAIT_MS), "no Collect screen");
    return 0;
}

static int stop(void **state)
{
    term_close(term);
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

static void a_common_payment_takes_no_more_keys_than_it_should(void **state)
{
    term_keys(term, "0499110001{Enter}");
    must(term_wait(term, "王建国", TERM_WAIT_MS), "the customer's name does not come");
    term_keys(term, "{Enter}.{Enter}{Enter}");
    must(term_wait(term, "forwarded", TERM_WAIT_MS), "the Last line never says forwarded");
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM payment WHERE shown_at IS NOT NULL AND state = 'posted'", 1, TERM_WAIT_MS);
}

static void off_line_it_is_queued_and_goes_out_by_itself(void **state)
{
    must(term_wait(term, "Customer", TERM_WAIT_MS), "Collect is not free");
    world_sql_reaches(&w, "copy.db", "SELECT count(*) FROM feed WHERE made_at_ms > 0", 1, TERM_WAIT_MS);
    world_kill(&w, "bankd");
    must(term_wait(term, "OFF LINE", TERM_WAIT_MS), "the state line does not say OFF LINE");
    term_keys(term, "0499110003{Enter}");
    must(term_wait(term, "赵文辉", TERM_WAIT_MS), "the copy is not looked at");
    term_keys(term, "{Enter}.{Enter}{Enter}");
    must(term_wait(term, "queued", TERM_WAIT_MS), "the Last line never says queued");
    must(term_wait(term, "Queue 1", TERM_WAIT_MS), "the state line does not count it");
    world_start(&w, "bankd");
    must(term_wait(term, "Queue 0", 30000), "the queue does not drain");
    must(term_wait(term, "forwarded", TERM_WAIT_MS), "the Last line never says forwarded");
    assert_int_equal(world_branch_agrees(&w), 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_common_payment_takes_no_more_keys_than_it_should),
    cmocka_unit_test(off_line_it_is_queued_and_goes_out_by_itself),
};

int main(void)
{
    return cmocka_run_group_tests_name("a counter on a branch", tests, start, stop);
}
