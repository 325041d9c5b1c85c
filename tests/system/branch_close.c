/* The day's close at the daemon: twice, over an open till, beside a payment that has no
 * answer, without the link, and killed at every moment: one close, one set of totals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/date.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define KILLS 12
#define KILL_STEP_US 1500

static struct world w;
static struct talk teller, boss;
static char socket_path[512], today[16];

static void sit_down(void)
{
    talk_open(&teller, socket_path, "03");
    talk_open(&boss, socket_path, "09");
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
}

static void stand_up(void)
{
    talk_close(&teller);
    talk_close(&boss);
}

static int start(void **state)
{
    world_open(&w, "close");
    world_utility(&w, 300);
    world_bank(&w);
    world_branch(&w, "answer = 500ms\nagain = 300ms\nagreement = 1s\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    day_format((day_t)world_sql(&w, "branch.db", "SELECT max(date) FROM day"), today, sizeof today);
    sit_down();
    return 0;
}

static int stop(void **state)
{
    stand_up();
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

static void by_two(const char *method, json_t *params)
{
    talk_approve(&boss, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, method, params);
    talk_ask(&boss, method, "O", params);
    json_decref(params);
}

static long long vault(void) { return talk_number(talk_ask(&boss, "branch_now", NULL), "vault_fen"); }

static void pay(const char *customer)
{
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer), 100); /* 1.00 of it prepaid */
    char key[64];
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&teller, "pay", "o", draft), "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
}

static void a_day_does_not_close_over_an_open_till_nor_beside_a_payment_without_an_answer(void **state)
{
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    pay("0499110001");
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM payment WHERE state = 'posted'", 1, 5000);
    world_pause(&w, "utilityd");
    pay("0499110001");
    json_t *day = talk_ask(&boss, "day_close", "{s:s, s:s}", "date", today, "stage", "begin");
    assert_string_equal(talk_text(day, "state"), "closing");
    talk_refused(&boss, "state", "day_close", "{s:s}", "date", today);
    long long cash = world_sql(&w, "branch.db", "SELECT balance_fen FROM account WHERE name = 'till:03'");
    talk_ask(&teller, "till_count", "{s:I}", "sum_fen", (json_int_t)cash);
    talk_ask(&teller, "till_close", NULL);
    by_two("vault", json_pack("{s:s, s:I}", "act", "count", "sum_fen", (json_int_t)vault()));
    json_t *refused = talk_refused(&boss, "state", "day_close", "{s:s}", "date", today);
    assert_non_null(strstr(talk_text(refused, "why"), "no answer")); /* it is asked, finished or abandoned first */
    world_resume(&w, "utilityd");
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM payment WHERE state = 'posted'", 2, 10000);
}

/* Each time a moment later; what was begun goes on from what is on the disk. */
static void killed_at_every_moment_it_is_one_close(void **state)
{
    int closed = 0;
    for (int i = 0; i < KILLS && !closed; i++) {
        talk_send(&boss, "day_close", json_pack("{s:s}", "date", today));
        usleep((useconds_t)(i * KILL_STEP_US)); /* a moment to be killed at, not one that is waited for */
        world_kill(&w, "branchd");
        stand_up();
        world_start(&w, "branchd");
        sit_down();
        world_branch_verify(&w);
        closed = (int)world_sql(&w, "branch.db", "SELECT state = 'closed' FROM day");
    }
    if (!closed) talk_ask(&boss, "day_close", "{s:s}", "date", today);
    talk_refused(&boss, "state", "day_close", "{s:s}", "date", today);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM day WHERE state = 'closed'"), 1);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM audit WHERE event = 'day closed'"), 1);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM audit WHERE event = 'day cut off'"), 1);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT sum(amount_fen) FROM entry WHERE event = 'cleared'"),
                     world_sql(&w, "utility.db", "SELECT sum(amount_fen) FROM payment WHERE state = 2"));
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM day WHERE agreement = 'agreed'", 1, 20000);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM branch_day WHERE closed = 1 AND agreed = 1"), 1);
}

static void everybody_goes_home_though_the_line_is_down(void **state)
{
    char next[16];
    day_t day;
    assert_true(day_parse(today, &day));
    day_format(day + 1, next, sizeof next);
    talk_ask(&boss, "day_open", "{s:s}", "date", next);
    world_kill(&w, "bankd");
    by_two("vault", json_pack("{s:s, s:I}", "act", "count", "sum_fen", (json_int_t)vault()));
    json_t *closed = talk_ask(&boss, "day_close", "{s:s}", "date", next);
    assert_string_equal(talk_text(closed, "state"), "closed");
    assert_string_equal(talk_text(closed, "agreement"), "not asked");
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM day WHERE agreement = 'agreed'"), 1);
    world_start(&w, "bankd");
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM day WHERE agreement = 'agreed'", 2, 20000); /* by itself */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_does_not_close_over_an_open_till_nor_beside_a_payment_without_an_answer),
        cmocka_unit_test(killed_at_every_moment_it_is_one_close),
        cmocka_unit_test(everybody_goes_home_though_the_line_is_down),
    };
    return cmocka_run_group_tests_name("the day's close", tests, start, stop);
}
