/* One bill, two counters of one bank and two banks, all at once: real front ends, a hundred bills. One of
 * those who ask is paid and posted, the others hear "paid already", and the bank's customer has paid once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/utility_world.h"

#define BILLS 100
#define ASKERS 4

static struct utility_world u;
static struct station askers[ASKERS];
static const struct { const char *bank, *branch; } who[ASKERS] = {{"102", "0311-0007"}, {"102", "0311-0008"}, {"103", "0400-0001"}, {"103", "0400-0002"}};
static int second_port;

static int64_t number_of(const char *sql) { return utility_sql(&u, sql); }

static void second_bank(void)
{
    char config[300];
    second_port = world_free_port();
    world_station(&u.w, "bank-103");
    world_write(&u.w, "bankd-103.ini", "[bank]\nid = 103\n[serve]\nlisten = 127.0.0.1:%d\npolicy = bankd-103.policy\nca = ca.crt\n"
                                       "certificate = bank-103.crt\nkey = bank-103.key\n[utility]\naddress = 127.0.0.1:%d\n"
                                       "[store]\npath = bank-103.db\n[status]\nsocket = bankd-103.sock\n", second_port, u.w.utility_port);
    world_write(&u.w, "bankd-103.policy", "station branch-0400-0001 bank=103 branch=0400-0001 from=127.0.0.1 messages=all\n"
                                          "station branch-0400-0002 bank=103 branch=0400-0002 from=127.0.0.1 messages=all\n");
    snprintf(config, sizeof config, "--config=%s/bankd-103.ini", u.w.dir);
    assert_int_equal(world_run(&u.w, NULL, 0, "bankd", config, "init", NULL), 0);
    world_start(&u.w, "bankd-103");
}

static int start(void **state)
{
    struct bill bills[BILLS];
    char number[24], customer[24], cn[32];
    utility_world_open(&u, "one-bill", DB_SQLITE, "");
    world_append(&u.w, "utilityd.policy", "station bank-103 bank=103 branch=* from=127.0.0.1 messages=all\n");
    for (int i = 0; i < BILLS; i++) {
        snprintf(number, sizeof number, "B%07d", i);
        snprintf(customer, sizeof customer, "04%08d", i);
        bills[i] = utility_bill(number, customer, 5);
    }
    utility_import_bills(&u, "bills.txt", bills, BILLS);
    world_start(&u.w, "utilityd");
    world_bank(&u.w);
    second_bank();
    for (int i = 0; i < ASKERS; i++) {
        snprintf(cn, sizeof cn, "branch-%s", who[i].branch);
        world_station(&u.w, cn);
        station_open(&askers[i], &u.w, &u.loop, cn, i < 2 ? u.w.bank_port : second_port, i < 2 ? "bank-102" : "bank-103");
        station_wait_up(&askers[i]);
    }
    return 0;
}

static int stop(void **state)
{
    for (int i = 0; i < ASKERS; i++)
        station_close(&askers[i]);
    utility_world_close(&u);
    return 0;
}

static void payment_of(struct iso *m, int asker, int bill)
{
    struct wire_payment p;
    struct error err;
    char number[24], customer[24];
    snprintf(number, sizeof number, "B%07d", bill);
    snprintf(customer, sizeof customer, "04%08d", bill);
    station_payment(&p, who[asker].branch, bill + 1, 0);
    assert_true(key_make(&p.head.key, who[asker].bank, who[asker].branch, 1, bill + 1));
    snprintf(p.customer, sizeof p.customer, "%s", customer);
    utility_pay_bill(&p, number, 5200, 0);
    if (wire_payment_pack(&p, "0200", m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
}

static void all_ask_at_once_and_one_is_posted(void **state)
{
    struct iso m, answer;
    int first[ASKERS] = {0};
    for (int bill = 0; bill < BILLS; bill++) {
        for (int i = 0; i < ASKERS; i++) { /* each time another one speaks first */
            payment_of(&m, (i + bill) % ASKERS, bill);
            assert_true(station_send(&askers[(i + bill) % ASKERS], &m));
        }
        uv_run(&u.loop, UV_RUN_NOWAIT);
    }
    for (int bill = 0; bill < BILLS; bill++) {
        int posted = 0, paid_already = 0;
        for (int i = 0; i < ASKERS; i++) {
            payment_of(&m, i, bill);
            assert_true(station_answer(&askers[i], &m, &answer, STATION_WAIT_MS));
            if (iso_is(&answer, 39, "00")) posted++, first[i]++;
            else paid_already += iso_is(&answer, 39, "76");
        }
        if (posted != 1 || paid_already != ASKERS - 1) fail_msg("bill %d: %d are posted, %d hear 76", bill, posted, paid_already);
    }
    print_message("who was first: %d %d at one bank, %d %d at the other\n", first[0], first[1], first[2], first[3]);
}

static void the_books_have_each_bill_paid_once(void **state)
{
    assert_int_equal(number_of("SELECT count(*) FROM bill WHERE state=1"), BILLS);
    assert_int_equal(number_of("SELECT count(*) FROM payment WHERE state=2"), BILLS);
    assert_int_equal(number_of("SELECT coalesce(sum(amount_fen), 0) FROM payment WHERE state=2"), (int64_t)BILLS * 5200);
    assert_int_equal(number_of("SELECT coalesce(sum(credit_fen), 0) FROM customer"), 0);
    assert_int_equal(number_of("SELECT count(*) FROM payment WHERE state=1"), (int64_t)BILLS * (ASKERS - 1)); /* declined, kept with their keys */
    utility_holds(&u);
}

/* The losers ask again, as after a lost answer: they hear the same, and nothing is posted. */
static void asked_again_the_losers_hear_the_same(void **state)
{
    struct iso m, answer;
    int lost = 0;
    for (int bill = 0; bill < BILLS; bill++)
        for (int i = 0; i < ASKERS; i++) {
            payment_of(&m, i, bill);
            m.mti[3] = '1';
            assert_true(station_ask(&askers[i], &m, &answer, STATION_WAIT_MS));
            lost += iso_is(&answer, 39, "76");
        }
    assert_int_equal(lost, BILLS * (ASKERS - 1));
    the_books_have_each_bill_paid_once(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_ask_at_once_and_one_is_posted),
        cmocka_unit_test(the_books_have_each_bill_paid_once),
        cmocka_unit_test(asked_again_the_losers_hear_the_same),
    };
    return cmocka_run_group_tests_name("one bill", tests, start, stop);
}
