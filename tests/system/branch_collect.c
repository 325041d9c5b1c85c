/* A teller collects: real branchd, bankd and utilityd; a link that breaks, a utility that is silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

static struct world w;
static struct talk teller;
static char socket_path[512];

static int start(void **state)
{
    world_open(&w, "collect");
    world_utility(&w, 400);
    world_bank(&w);
    world_branch(&w, "answer = 1s\nagain = 500ms\nfeed = 1s\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&teller, socket_path, "03");
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

static char key[64];

/* The n-th customer of the sample with one open bill that can be paid today. */
static const char *customer(int n)
{
    static char number[64];
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%%'"
             " AND first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", n);
    world_sql_text(&w, "utility.db", sql, number, sizeof number);
    return number;
}


static json_t *pay(const char *number)
{
    json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", number);
    json_t *card = talk_ask(&teller, "pay", "o", talk_draft(lookup, 0));
    snprintf(key, sizeof key, "%s", talk_text(card, "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    return card;
}

/* Kills or stops the bank and waits until the counter is told that the link is down. */
static void wait_link(bool up)
{
    int64_t until = clock_monotonic_ms() + 20000;
    while (json_is_true(json_object_get(json_object_get(talk_ask(&teller, "state", NULL), "link"), "up")) != up) {
        if (clock_monotonic_ms() > until) fail_msg("the link does not go %s: %s", up ? "up" : "down", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
}

static void wait_queue_empty(void)
{
    int64_t until = clock_monotonic_ms() + 20000;
    while (talk_number(talk_ask(&teller, "state", NULL), "queue") > 0) {
        if (clock_monotonic_ms() > until) fail_msg("the queue does not drain: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
}

static int64_t payments(void) { return world_sql(&w, "branch.db", "SELECT count(*) FROM payment"); }

static void a_bill_is_paid_on_line(void **state)
{
    pay("0499110001");
    talk_state_reaches(&teller, key, "posted", 3000);
    json_t *card = talk_ask(&teller, "payment", "{s:s}", "key", key);
    assert_string_equal(talk_text(card, "forwarded"), "posted");
    assert_int_equal(strlen(talk_text(card, "approval")), 6);
    assert_string_equal(talk_text(json_object_get(card, "invoice"), "state"), "planned");
    json_t *again = talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110001");
    assert_int_equal(json_array_size(json_object_get(again, "bills")), 0);
}

static void enter_twice_is_one_payment(void **state)
{
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer(0)), 0);
    int64_t before = payments();
    char first[64];
    snprintf(first, sizeof first, "%s", talk_text(talk_ask(&teller, "pay", "O", draft), "key"));
    assert_string_equal(talk_text(talk_ask(&teller, "pay", "O", draft), "key"), first);
    assert_int_equal(payments(), before + 1);
    talk_ask(&teller, "shown", "{s:s}", "key", first);
    talk_state_reaches(&teller, first, "posted", 3000);
    talk_ask(&teller, "lookup", "{s:s}", "customer", customer(1));
    talk_refused(&teller, "token", "pay", "{s:s, s:[], s:i, s:i, s:i}", "token", "0123", "bills", "prepaid_fen", 100, "tendered_fen", 100,
                 "change_fen", 0);
    json_decref(draft);
}

static void what_was_not_shown_cannot_be_paid(void **state)
{
    json_t *lookup = json_incref(talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110002")); /* six bills */
    json_t *bills = json_object_get(lookup, "bills"), *draft = talk_draft(lookup, 0), *chosen = json_object_get(draft, "bills");
    int64_t before = payments();
    assert_true(json_array_size(bills) >= 2);
    json_t *oldest = json_incref(json_array_get(chosen, 0));
    json_array_remove(chosen, 0);
    talk_refused(&teller, "older-unpaid", "pay", "O", draft);
    json_array_insert_new(chosen, 0, oldest);
    json_object_set_new(oldest, "amount_fen", json_integer(1));
    talk_refused(&teller, "amount-changed", "pay", "O", draft);
    json_object_set_new(oldest, "bill", json_string("NOSUCHBILL"));
    talk_refused(&teller, "params", "pay", "O", draft);
    json_decref(draft);
    draft = talk_draft(lookup, 0);
    json_object_set_new(draft, "tendered_fen", json_integer(1));
    talk_refused(&teller, "cash-short", "pay", "O", draft);
    json_object_set_new(draft, "misspelt", json_integer(1));
    talk_refused(&teller, "params", "pay", "O", draft);
    talk_refused(&teller, "unknown-customer", "lookup", "{s:s}", "customer", "9999999999");
    assert_int_equal(payments(), before);
    json_decref(draft);
    json_decref(lookup);
}

static void off_line_is_queued_and_drains(void **state)
{
    char queued[3][64];
    int64_t copies = clock_monotonic_ms() + 15000;
    while (json_is_null(json_object_get(talk_ask(&teller, "state", NULL), "copy"))) {
        if (clock_monotonic_ms() > copies) fail_msg("no copy of the bills comes: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
    world_kill(&w, "bankd");
    wait_link(false);
    for (int i = 0; i < 3; i++) {
        json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", customer(2 + i));
        assert_string_equal(talk_text(lookup, "source"), "copy");
        assert_true(json_is_true(json_object_get(lookup, "offline")));
        json_t *card = talk_ask(&teller, "pay", "o", talk_draft(lookup, 0));
        assert_string_equal(talk_text(card, "forwarded"), "queued");
        assert_string_equal(talk_text(json_object_get(card, "invoice"), "state"), "planned");
        snprintf(queued[i], sizeof queued[i], "%s", talk_text(card, "key"));
        talk_ask(&teller, "shown", "{s:s}", "key", queued[i]);
    }
    /* the same bill is not taken twice */
    json_t *lookup = talk_ask(&teller, "lookup", "{s:s}", "customer", customer(2));
    json_t *bill = json_array_get(json_object_get(lookup, "bills"), 0);
    assert_string_equal(talk_text(bill, "reason"), "in-hand");
    assert_true(json_is_false(json_object_get(bill, "payable")));
    assert_int_equal(talk_number(talk_ask(&teller, "state", NULL), "queue"), 3);
    world_start(&w, "bankd");
    wait_link(true);
    for (int i = 0; i < 3; i++)
        talk_state_reaches(&teller, queued[i], "posted", 10000);
    wait_queue_empty();
    world_branch_agrees(&w);
}

static void no_answer_is_asked_again_and_the_teller_may_finish(void **state)
{
    const char *number = customer(0);
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", number), 0);
    world_pause(&w, "utilityd");
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&teller, "pay", "o", draft), "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    int64_t until = clock_monotonic_ms() + 10000;
    while (strcmp(talk_text(talk_ask(&teller, "payment", "{s:s}", "key", key), "forwarded"), "unknown") != 0) {
        if (clock_monotonic_ms() > until) fail_msg("it is never said that no answer came: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "payment", 200);
    }
    json_t *todo = talk_ask(&teller, "todo", NULL);
    assert_string_equal(talk_text(json_array_get(todo, 0), "kind"), "no-answer");
    json_t *card = talk_ask(&teller, "finish", "{s:s}", "key", key);
    assert_string_equal(talk_text(card, "state"), "advised");
    world_resume(&w, "utilityd");
    talk_state_reaches(&teller, key, "posted", 20000);
    wait_queue_empty();
    world_branch_agrees(&w);
}

static void an_abandoned_payment_is_undone_at_the_utility(void **state)
{
    wait_link(true);
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer(0)), 0);
    world_pause(&w, "utilityd");
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&teller, "pay", "o", draft), "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    int64_t until = clock_monotonic_ms() + 10000;
    while (strcmp(talk_text(talk_ask(&teller, "payment", "{s:s}", "key", key), "forwarded"), "unknown") != 0) {
        assert_true(clock_monotonic_ms() < until);
        talk_note(&teller, "payment", 200);
    }
    talk_refused(&teller, "approval", "abandon", "{s:s}", "key", key);
    json_t *params = json_pack("{s:s}", "key", key);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "abandon", params);
    json_t *card = talk_ask(&teller, "abandon", "O", params);
    assert_string_equal(talk_text(card, "state"), "undoing");
    assert_true(talk_number(card, "give_back_fen") > 0);
    json_decref(params);
    params = json_pack("{s:s}", "key", key);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "hand_back", params);
    talk_ask(&teller, "hand_back", "O", params);
    json_decref(params);
    world_resume(&w, "utilityd");
    talk_state_reaches(&teller, key, "undone", 20000);
    wait_queue_empty();
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state = 4 OR state = 3"), 1);
    world_branch_agrees(&w);
}

static void a_decline_gives_the_cash_back(void **state)
{
    wait_link(true);
    const char *number = customer(0);
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", number), 0);
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT 1 FROM (SELECT 1) WHERE (SELECT count(*) FROM bill WHERE customer = '%s') > 0", number);
    assert_int_equal(world_sql(&w, "utility.db", sql), 1);
    /* between look-up and Enter the utility lays the bill on a withholding list */
    snprintf(sql, sizeof sql, "UPDATE bill SET state = 2 WHERE customer = '%s' AND state = 0 RETURNING 1", number);
    assert_int_equal(world_sql(&w, "utility.db", sql), 1);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&teller, "pay", "o", draft), "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    talk_state_reaches(&teller, key, "declined", 5000);
    json_t *card = talk_ask(&teller, "payment", "{s:s}", "key", key);
    assert_string_equal(talk_text(card, "response"), "80");
    long long owed = talk_number(card, "give_back_fen");
    assert_true(owed > 0);
    assert_true(json_is_null(json_object_get(card, "invoice")));
    json_t *slip = talk_ask(&teller, "slip", "{s:s}", "key", key);
    assert_int_equal(talk_number(json_object_get(slip, "data"), "amount_fen"), owed);
    assert_string_equal(talk_text(json_object_get(slip, "data"), "reason"), "decline");
    assert_string_equal(talk_text(slip, "template"), "handback-80");
    card = talk_ask(&teller, "hand_back", "{s:s}", "key", key); /* a decline by the teller alone */
    assert_int_equal(talk_number(card, "give_back_fen"), 0);
    talk_refused(&teller, "state", "slip", "{s:s}", "key", key);
    world_branch_agrees(&w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_bill_is_paid_on_line),
    cmocka_unit_test(enter_twice_is_one_payment),
    cmocka_unit_test(what_was_not_shown_cannot_be_paid),
    cmocka_unit_test(off_line_is_queued_and_drains),
    cmocka_unit_test(no_answer_is_asked_again_and_the_teller_may_finish),
    cmocka_unit_test(an_abandoned_payment_is_undone_at_the_utility),
    cmocka_unit_test(a_decline_gives_the_cash_back),
};

int main(void)
{
    return cmocka_run_group_tests_name("branch collects", tests, start, stop);
}
