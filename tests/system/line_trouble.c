/* Bad lines on both sides of the bank, real programs, payments all the while: bytes that come late,
 * slowly, in part, wrongly or never, connections that end or only seem to live. What the teller was
 * told is what both books say in the end. ROUNDS=n: n times as many payments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"
#include "lib/proxy.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define PAYMENTS 16
#define ONE_IN 10         /* pieces that pass meet a trouble */
#define CUSTOMERS_MAX 4000
#define PATIENCE_MS 250    /* how long a teller looks at a payment before he goes on */
#define LULL_MS 1500       /* how long he waits for a line that is down */
#define END_MS 60000

static struct world w;
static struct proxy *near, *far; /* branch and bank; bank and utility */
static struct talk teller;
static char socket_path[512];
static struct entropy_seeded seed = {20261124, 0};
static struct entropy chance;
static struct taken { char key[64]; long long fen; bool abandoned; } taken[CUSTOMERS_MAX];
static int count, payments = PAYMENTS;

static int start(void **state)
{
    const char *rounds = getenv("ROUNDS");
    if (rounds && atoi(rounds) > 0) payments = atoi(rounds) * PAYMENTS > CUSTOMERS_MAX ? CUSTOMERS_MAX : atoi(rounds) * PAYMENTS;
    if (getenv("SEED")) seed.seed = strtoull(getenv("SEED"), NULL, 10);
    chance = entropy_seeded(&seed);
    world_open(&w, "line");
    world_utility(&w, 3 * payments);
    far = proxy_open(w.utility_port, seed.seed + 1, ONE_IN);
    proxy_calm(far, true);
    w.utility_port = proxy_port(far);
    world_bank(&w);
    near = proxy_open(w.bank_port, seed.seed + 2, ONE_IN);
    proxy_calm(near, true);
    w.bank_port = proxy_port(near);
    world_branch(&w, "answer = 500ms\nagain = 300ms\ninquiry = 500ms\nadvice = 1s\nfeed = 1s\n[offline]\ncount = 100000\nday = 99999999.00\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    int64_t until = clock_monotonic_ms() + 15000;
    while (json_is_null(json_object_get(talk_ask(&teller, "state", NULL), "copy"))) {
        if (clock_monotonic_ms() > until) fail_msg("no copy of the bills comes: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 100);
    }
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    world_close(&w);
    proxy_close(near);
    proxy_close(far);
    return 0;
}

static void with_supervisor(const char *method, const char *key)
{
    json_t *params = json_pack("{s:s}", "key", key);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, method, params);
    talk_ask(&teller, method, "O", params);
    json_decref(params);
}

static json_t *card_of(const char *key) { return talk_ask(&teller, "payment", "{s:s}", "key", key); }

/* No answer, and a customer who waits: the teller finishes, or gives up and gives the cash back. */
static void decide(struct taken *t)
{
    if (strcmp(talk_text(card_of(t->key), "forwarded"), "unknown") != 0) return;
    if (entropy_u64(&chance) % 3) {
        if (talk_send(&teller, "finish", json_pack("{s:s}", "key", t->key))) talk_hear(&teller, 5000); /* it may be answered just now */
        return;
    }
    json_t *params = json_pack("{s:s}", "key", t->key);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "abandon", params);
    talk_send(&teller, "abandon", json_incref(params));
    json_t *said = talk_hear(&teller, 5000);
    json_decref(params);
    if (json_object_get(said, "result") == NULL) return;
    t->abandoned = true;
    with_supervisor("hand_back", t->key);
}

static void one_customer(const char *number)
{
    struct taken *t = &taken[count];
    talk_send(&teller, "lookup", json_pack("{s:s}", "customer", number));
    json_t *lookup = json_object_get(talk_hear(&teller, 15000), "result");
    if (lookup == NULL || json_array_size(json_object_get(lookup, "bills")) == 0) return; /* said, and the customer comes again */
    json_t *draft = talk_draft(lookup, 0);
    t->fen = talk_number(draft, "tendered_fen");
    talk_send(&teller, "pay", draft);
    json_t *card = json_object_get(talk_hear(&teller, 15000), "result");
    if (card == NULL) return;
    snprintf(t->key, sizeof t->key, "%s", talk_text(card, "key"));
    t->abandoned = false;
    count++;
    talk_ask(&teller, "shown", "{s:s}", "key", t->key);
    int64_t until = clock_monotonic_ms() + PATIENCE_MS;
    while (strcmp(talk_text(card_of(t->key), "forwarded"), "waiting") == 0 && clock_monotonic_ms() < until)
        talk_note(&teller, "payment", 20);
    decide(t);
}

/* Most customers come while the line seems to be there; every fourth comes in any case. */
static void next_one_comes(void)
{
    int64_t until = clock_monotonic_ms() + LULL_MS;
    if (entropy_u64(&chance) % 4 == 0) return;
    while (!json_is_true(json_object_get(json_object_get(talk_ask(&teller, "state", NULL), "link"), "up")) && clock_monotonic_ms() < until)
        talk_note(&teller, "state", 50);
}

static void payments_go_on_over_bad_lines(void **state)
{
    char number[64], sql[200];
    proxy_calm(near, false);
    proxy_calm(far, false);
    for (int i = 0; i < payments; i++) {
        snprintf(sql, sizeof sql, "SELECT customer FROM bill WHERE customer NOT LIKE '049911%%' GROUP BY customer HAVING count(*) = 1"
                 " ORDER BY customer LIMIT 1 OFFSET %d", i);
        next_one_comes();
        one_customer(world_sql_text(&w, "utility.db", sql, number, sizeof number));
        for (int k = count - 5; k < count; k++) /* some of those before are looked at again */
            if (k >= 0 && !taken[k].abandoned) decide(&taken[k]);
    }
    assert_true(count > payments / 2);
    long troubles = 0;
    for (int i = 0; i < PROXY_TROUBLES; i++) {
        troubles += proxy_count(near, (enum proxy_trouble)i) + proxy_count(far, (enum proxy_trouble)i);
        print_message("%s %ld %ld  ", proxy_word((enum proxy_trouble)i), proxy_count(near, (enum proxy_trouble)i), proxy_count(far, (enum proxy_trouble)i));
    }
    print_message("\n%d payments, %ld troubles\n", count, troubles);
    assert_true(troubles > payments / 4);
}

static void once_they_are_good_again_everything_is_settled(void **state)
{
    int64_t until = clock_monotonic_ms() + END_MS;
    proxy_calm(near, true);
    proxy_calm(far, true);
    for (int i = 0; i < count; i++)
        for (;;) {
            json_t *card = card_of(taken[i].key);
            const char *is = talk_text(card, "state");
            if (strcmp(is, taken[i].abandoned ? "undone" : "posted") == 0) break;
            if (clock_monotonic_ms() > until) fail_msg("%s is %s: %s", taken[i].key, is, world_read(&w, "branchd.log"));
            talk_note(&teller, "payment", 100);
        }
    while (talk_number(talk_ask(&teller, "state", NULL), "queue") > 0) {
        if (clock_monotonic_ms() > until) fail_msg("the queue does not drain: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
}

static void both_books_say_what_the_teller_was_told(void **state)
{
    long long stands = 0, abandoned = 0;
    for (int i = 0; i < count; i++)
        taken[i].abandoned ? abandoned++ : (stands += taken[i].fen);
    world_branch_verify(&w);
    assert_int_equal(world_branch_agrees(&w), count - abandoned);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT coalesce(sum(amount_fen), 0) FROM payment WHERE state = 2"), stands);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM bill WHERE state = 1 AND paid_by > 0"), count - abandoned);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT balance_fen FROM account WHERE name = 'till:03'"), stands);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT coalesce(sum(balance_fen), 0) FROM account WHERE name = 'to-be-given-back'"), 0);
    print_message("%lld stand, %lld were given up\n", count - abandoned, abandoned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payments_go_on_over_bad_lines),
        cmocka_unit_test(once_they_are_good_again_everything_is_settled),
        cmocka_unit_test(both_books_say_what_the_teller_was_told),
    };
    return cmocka_run_group_tests_name("bad lines", tests, start, stop);
}
