/* branchd is killed at fifty random moments of a payment: nothing is lost, nothing is twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define KILLS 50
#define MOMENT_US 12000 /* a payment from Enter to its invoice takes about so long here */

static struct world w;
static struct talk teller;
static char socket_path[512];
static struct entropy_seeded seed = {20261124, 0};
static struct entropy chance;

static int start(void **state)
{
    chance = entropy_seeded(&seed);
    world_open(&w, "kill");
    world_utility(&w, 2000);
    world_bank(&w);
    world_branch(&w, "answer = 1s\nagain = 300ms\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    return 0;
}

static int stop(void **state)
{
    world_close(&w);
    return 0;
}

static void sit_down(void)
{
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
}

/* After a start everything unfinished is on a list: the teller, whose customer is
 * still there, says that the cash is in the till, and that the paper came out whole. */
static void settle_what_was_found(void)
{
    json_t *todo = json_incref(talk_ask(&teller, "todo", NULL)), *item;
    size_t i;
    json_array_foreach(todo, i, item) {
        json_t *card = json_object_get(item, "card"), *invoice = json_object_get(card, "invoice");
        if (strcmp(talk_text(item, "kind"), "unacknowledged") == 0)
            talk_ask(&teller, "unacknowledged_answer", "{s:s, s:s}", "key", talk_text(item, "id"), "cash", "in-till");
        else if (strcmp(talk_text(item, "kind"), "doubt") == 0)
            talk_ask(&teller, "invoice_answer", "{s:O, s:O, s:O, s:s, s:b}", "invoice", json_object_get(invoice, "id"), "attempt",
                     json_object_get(invoice, "attempt"), "number", json_object_get(invoice, "number"), "answer", "whole", "cleared", 1);
    }
    json_decref(todo);
}

/* The customer with the lowest number who has one open bill that can be paid. */
static const char *next_customer(void)
{
    static char number[64];
    world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                   " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET 3", number, sizeof number);
    return number;
}

static void wait_up(void)
{
    int64_t until = clock_monotonic_ms() + 20000;
    while (!json_is_true(json_object_get(json_object_get(talk_ask(&teller, "state", NULL), "link"), "up"))) {
        if (clock_monotonic_ms() > until) fail_msg("no link: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 100);
    }
}

/* Pays, says "shown", prints: as far as it comes before the kill. */
static void work_until_killed(useconds_t us)
{
    json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", next_customer());
    json_t *draft = talk_draft(lookup, 0), *answer;
    talk_send(&teller, "pay", draft);
    usleep(us % MOMENT_US / 2);
    char key[64] = "";
    if (us % 3 && (answer = talk_hear(&teller, 1000)) != NULL) {
        snprintf(key, sizeof key, "%s", talk_text(json_object_get(answer, "result"), "key"));
        talk_send(&teller, "shown", json_pack("{s:s}", "key", key));
        if (us % 5) talk_hear(&teller, 1000);
        if (us % 7 > 2) { /* begins to print, and no more is heard of it */
            talk_send(&teller, "print_next", NULL);
            answer = talk_hear(&teller, 1000);
            json_t *invoice = json_object_get(json_object_get(answer, "result"), "invoice");
            if (json_is_integer(invoice)) talk_send(&teller, "invoice_send", json_pack("{s:O}", "invoice", invoice));
        }
    }
    usleep(us % (MOMENT_US / 2));
    world_kill(&w, "branchd");
    talk_close(&teller);
}

static void wait_settled(void)
{
    int64_t until = clock_monotonic_ms() + 30000;
    for (;;) {
        json_t *state = talk_ask(&teller, "state", NULL);
        if (talk_number(state, "queue") == 0) return;
        if (clock_monotonic_ms() > until) fail_msg("the queue does not drain: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
}

static void killed_fifty_times_nothing_is_lost_or_twice(void **state)
{
    sit_down();
    json_t *book = json_pack("{s:s, s:s, s:s, s:s}", "series", "1300242", "first", "00010001", "last", "00010999", "next", "00010001");
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "book_load", book);
    talk_ask(&teller, "book_load", "O", book);
    json_decref(book);
    for (int i = 0; i < KILLS; i++) {
        wait_up();
        work_until_killed((useconds_t)(entropy_u64(&chance) % 1000000));
        world_branch_verify(&w);
        world_start(&w, "branchd");
        sit_down();
        settle_what_was_found();
    }
    wait_up();
    wait_settled();
    talk_close(&teller);
    assert_int_equal(world_stop(&w, "branchd"), 0);
    world_branch_verify(&w);
    int64_t stands = world_branch_agrees(&w);
    assert_int_equal(stands, world_sql(&w, "branch.db", "SELECT count(*) FROM payment"));
    assert_true(stands > KILLS / 2);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM bill WHERE state = 1 AND paid_by > 0"),
                     world_sql(&w, "branch.db", "SELECT count(*) FROM payment_bill WHERE place = 'BL'"));
    assert_int_equal(world_sql(&w, "branch.db", "SELECT balance_fen FROM account WHERE name = 'till:03'"),
                     world_sql(&w, "utility.db", "SELECT sum(amount_fen) FROM payment WHERE state = 2"));
    print_message("%d kills, %lld payments, all at the utility once\n", KILLS, (long long)stands);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(killed_fifty_times_nothing_is_lost_or_twice)};

int main(void)
{
    return cmocka_run_group_tests_name("branchd is killed", tests, start, stop);
}
