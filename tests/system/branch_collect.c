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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_bill_is_paid_on_line),
};

int main(void)
{
    return cmocka_run_group_tests_name("branch collects", tests, start, stop);
}
