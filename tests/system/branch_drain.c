/* A long queue drains in order and once, and a counter's payment does not wait behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define QUEUED 2000
#define ONLINE_MS 2000 /* Enter to posted, while the queue drains and other tests run: inside the time-out of 3 s */

static struct world w;
static struct talk teller;

static int start(void **state)
{
    char socket_path[512];
    world_open(&w, "drain");
    world_utility(&w, 100);
    world_bank(&w);
    world_branch(&w, "feed = 1s\n[offline]\ncount = 100000\nday = 9000000.00\n");
    world_wait_branch(&w);
    talk_open(&teller, world_branch_socket(&w, socket_path, sizeof socket_path), "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

/* Prepays 1.00 for the customer; the key. */
static void prepay(char key[64])
{
    json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110001");
    json_t *card = talk_ask(&teller, "pay", "{s:O, s:[], s:i, s:i, s:i}", "token", json_object_get(lookup, "token"), "bills", "prepaid_fen", 100,
                            "tendered_fen", 100, "change_fen", 0);
    snprintf(key, 64, "%s", talk_text(card, "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
}

static void wait_until(bool (*is_so)(void), const char *what)
{
    int64_t until = clock_monotonic_ms() + 60000;
    while (!is_so()) {
        if (clock_monotonic_ms() > until) fail_msg("never: %s\n%s", what, world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 20);
    }
}

static json_t *state_now(void) { return talk_ask(&teller, "state", NULL); }
static bool up(void) { return json_is_true(json_object_get(json_object_get(state_now(), "link"), "up")); }
static bool down(void) { return !up(); }
static bool has_copy(void) { return json_is_object(json_object_get(state_now(), "copy")); }
static bool empty(void) { return talk_number(state_now(), "queue") == 0; }

static void a_long_queue_drains_in_order_and_once(void **state)
{
    char key[64];
    wait_until(has_copy, "a copy of the bills");
    world_kill(&w, "bankd");
    wait_until(down, "the link is down");
    int64_t begun = clock_monotonic_ms();
    for (int i = 0; i < QUEUED; i++)
        prepay(key);
    print_message("recorded %d off line, %lld us each\n", QUEUED, (long long)((clock_monotonic_ms() - begun) * 1000 / QUEUED));
    assert_int_equal(talk_number(state_now(), "queue"), QUEUED);
    world_start(&w, "bankd");
    wait_until(up, "the link is up");
    begun = clock_monotonic_ms();
    prepay(key); /* on line, beside it */
    talk_state_reaches(&teller, key, "posted", 10000);
    int64_t quick = clock_monotonic_ms() - begun;
    wait_until(empty, "the queue is empty");
    print_message("drained in %lld ms; a payment beside it was posted after %lld ms\n", (long long)(clock_monotonic_ms() - begun), (long long)quick);
    assert_in_range(quick, 0, ONLINE_MS);
    assert_int_equal(world_branch_agrees(&w), QUEUED + 1);
    /* the utility has posted the advices in the order in which the cash was taken */
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM (SELECT reference, lag(reference) OVER (ORDER BY id) AS before"
                               " FROM payment WHERE reference < (SELECT max(reference) FROM payment)) WHERE reference < before"), 0);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(a_long_queue_drains_in_order_and_once)};

int main(void)
{
    return cmocka_run_group_tests_name("a long queue", tests, start, stop);
}
