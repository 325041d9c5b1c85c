/* Clocks that jump under real programs (libfaketime): what is taken bears a time that a person
 * has seen, nothing in the books goes back, a lock stays a lock. */
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define WRONG_MAX 5

static struct world w;
static struct talk teller, boss;
static char socket_path[512], library[300];

/* --- the clocks ---------------------------------------------------------------------- */

static bool has_library(void)
{
    glob_t found;
    bool is = glob("/usr/lib/*/faketime/libfaketimeMT.so.1", 0, NULL, &found) == 0 && found.gl_pathc > 0;
    if (is) snprintf(library, sizeof library, "%s", found.gl_pathv[0]);
    globfree(&found);
    return is;
}

/* As the machine's clock shows it to this program from now on: "+0", "-3m", "+2d". */
static void clock_is(const char *program, const char *off)
{
    char file[64], at[512], to[512];
    snprintf(file, sizeof file, "%s.clock.new", program);
    world_write(&w, file, "%s\n", off);
    world_path(&w, file, at, sizeof at);
    snprintf(to, sizeof to, "%.*s", (int)(strlen(at) - 4), at);
    assert_int_equal(rename(at, to), 0); /* never half written */
}

static void start_program(const char *program)
{
    char file[64], at[512];
    snprintf(file, sizeof file, "%s.clock", program);
    setenv("LD_PRELOAD", library, 1);
    setenv("FAKETIME_TIMESTAMP_FILE", world_path(&w, file, at, sizeof at), 1);
    setenv("FAKETIME_NO_CACHE", "1", 1);
    setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
    setenv("DONT_FAKE_MONOTONIC", "1", 1);
    setenv("NO_FAKE_STAT", "1", 1);
    world_start(&w, program);
    unsetenv("LD_PRELOAD");
}

static void sit_down(void)
{
    talk_open(&teller, socket_path, "03");
    talk_open(&boss, socket_path, "01");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
}

static void stand_up(void)
{
    talk_close(&teller);
    talk_close(&boss);
}

static int start(void **state)
{
    assert_true(has_library());
    world_open(&w, "clock");
    world_utility(&w, 200);
    world_bank(&w);
    world_branch(&w, "answer = 1s\nagain = 300ms\n");
    for (int i = 0; i < 2; i++) { /* the same again, with clocks that can be moved */
        const char *program = i ? "branchd" : "utilityd";
        clock_is(program, "+0");
        assert_int_equal(world_stop(&w, program), 0);
        start_program(program);
    }
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    sit_down();
    return 0;
}

static int stop(void **state)
{
    stand_up();
    world_branch_verify(&w);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM (SELECT at - lag(at) OVER (ORDER BY id) AS step FROM audit) WHERE step < 0"), 0);
    world_close(&w);
    return 0;
}

/* --- what people do ---------------------------------------------------------------------- */

static const char *customer(void)
{
    static char number[64];
    world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                   " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
    return number;
}

static json_t *draft(void) { return talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer()), 0); }

static void is_posted(json_t *stolen_draft)
{
    char key[64];
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&teller, "pay", "o", stolen_draft), "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    talk_state_reaches(&teller, key, "posted", 10000);
    world_branch_agrees(&w);
}

static void a_payment_is_taken_and_posted(void) { is_posted(draft()); }

/* Prepaid credit alone: what a clock that is off tells of late fees plays no part. */
static void credit_is_taken_and_posted(void)
{
    json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", customer());
    is_posted(json_pack("{s:O, s:[], s:i, s:i, s:i}", "token", json_object_get(lookup, "token"), "bills", "prepaid_fen", 10000, "tendered_fen", 10000,
                        "change_fen", 0));
}

static void money_stops(void)
{
    int64_t until = clock_monotonic_ms() + 10000;
    while (strstr(talk_text(talk_ask(&boss, "state", NULL), "stopped"), "clock") == NULL) {
        if (clock_monotonic_ms() > until) fail_msg("the clock's move is not noticed: %s", world_read(&w, "branchd.log"));
        talk_note(&boss, "state", 50);
    }
    talk_refused(&teller, "stopped", "pay", "o", draft());
}

/* The supervisor, and another one with him; nobody alone, and no teller. */
static void a_supervisor_confirms(void)
{
    json_t *params = json_object();
    talk_refused(&boss, "approval", "clock_confirm", "O", params);
    talk_refused(&teller, "role", "clock_confirm", "O", params);
    talk_approve(&boss, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, "clock_confirm", params);
    talk_ask(&boss, "clock_confirm", "O", params);
    json_decref(params);
    assert_string_equal(talk_text(talk_ask(&boss, "state", NULL), "stopped"), "");
}

/* --- the branch ---------------------------------------------------------------------------- */

static void three_minutes_back_while_it_runs(void **state)
{
    a_payment_is_taken_and_posted();
    clock_is("branchd", "-3m");
    money_stops();
    a_supervisor_confirms();
    a_payment_is_taken_and_posted();
    clock_is("branchd", "+0");
    a_payment_is_taken_and_posted();
}

static void two_days_ahead_while_it_runs_and_right_again(void **state)
{
    int64_t latest = world_sql(&w, "branch.db", "SELECT latest_ms FROM branch");
    clock_is("branchd", "+2d");
    money_stops();
    assert_true(world_sql(&w, "branch.db", "SELECT latest_ms FROM branch") < latest + 3600000); /* nothing bears that time */
    clock_is("branchd", "+0");
    a_supervisor_confirms();
    a_payment_is_taken_and_posted();
}

static void two_days_ahead_at_the_start_and_at_the_next(void **state)
{
    for (int i = 0; i < 2; i++) { /* that somebody signed on meanwhile makes the time no truer */
        stand_up();
        assert_int_equal(world_stop(&w, "branchd"), 0);
        clock_is("branchd", "+2d");
        start_program("branchd");
        talk_open(&teller, socket_path, NULL);
        json_t *hello = talk_ask(&teller, "hello", "{s:s, s:s, s:i}", "terminal", "03", "language", "en", "protocol", 1);
        assert_true(json_is_true(json_object_get(json_object_get(hello, "startup"), "clock_wrong")));
        talk_close(&teller);
        sit_down();
        world_wait_branch(&w);
        money_stops();
    }
    stand_up();
    world_kill(&w, "branchd");
    clock_is("branchd", "+0");
    start_program("branchd");
    sit_down();
    world_wait_branch(&w);
    a_payment_is_taken_and_posted();
}

static void five_wrong_passwords_lock_through_kills_and_clocks(void **state)
{
    static const char *const off[WRONG_MAX] = {"+0", "-3m", "+20m", "+0", "+25m"};
    struct talk guesser;
    for (int i = 0; i < WRONG_MAX; i++) {
        talk_open(&guesser, socket_path, "04");
        talk_refused(&guesser, i < WRONG_MAX - 1 ? "password" : "locked-out", "sign_on", "{s:s, s:s}", "operator", BRANCH_OTHER_TELLER, "password",
                     "not the pass phrase");
        talk_close(&guesser);
        stand_up();
        world_kill(&w, "branchd");
        clock_is("branchd", off[i]);
        start_program("branchd");
        sit_down();
    }
    /* the right one does not help any more, whatever the clock says; a supervisor does */
    clock_is("branchd", "-3m");
    talk_open(&guesser, socket_path, "04");
    talk_refused(&guesser, "locked-out", "sign_on", "{s:s, s:s, s:i}", "operator", BRANCH_OTHER_TELLER, "password", BRANCH_PASSWORD, "float_fen", 0);
    talk_close(&guesser);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM operator WHERE number = '" BRANCH_OTHER_TELLER "' AND wrong >= 5"), 1);
    clock_is("branchd", "+0");
}

/* --- the utility ------------------------------------------------------------------------------ */

static void the_utilitys_clock_jumps_and_payments_are_posted_as_before(void **state)
{
    static const char *const off[] = {"-3m", "+2d", "+0"};
    stand_up();
    assert_int_equal(world_stop(&w, "branchd"), 0);
    start_program("branchd");
    sit_down();
    world_wait_branch(&w);
    if (*talk_text(talk_ask(&boss, "state", NULL), "stopped")) a_supervisor_confirms();
    for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
        char config[300];
        clock_is("utilityd", off[i]);
        for (int n = 0; n < 3; n++)
            credit_is_taken_and_posted();
        snprintf(config, sizeof config, "--config=%s/utilityd.ini", w.dir);
        assert_int_equal(world_run(&w, NULL, 0, "utilityd", config, "verify", NULL), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_minutes_back_while_it_runs),
        cmocka_unit_test(two_days_ahead_while_it_runs_and_right_again),
        cmocka_unit_test(two_days_ahead_at_the_start_and_at_the_next),
        cmocka_unit_test(five_wrong_passwords_lock_through_kills_and_clocks),
        cmocka_unit_test(the_utilitys_clock_jumps_and_payments_are_posted_as_before),
    };
#ifdef __SANITIZE_ADDRESS__
    print_message("1..1\nok 1 - skipped: libfaketime and the address sanitizer can't both be first\n");
    (void)start, (void)stop, (void)tests;
    return 0;
#else
    return cmocka_run_group_tests_name("clocks", tests, start, stop);
#endif
}
