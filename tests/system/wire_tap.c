/* A day of the real programs, and a stranger who listens on both lines, branchd to
 * bankd and bankd to utilityd: every frame of it is read by Wireshark's dissector,
 * which must find no fault and see what we see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/tap.h"
#include "lib/tshark.h"
#include "lib/world_branch.h"

static struct world w;
static struct tap *upper, *lower;
static int utility_port, bank_port; /* the real ones, as the captures have them */
static struct talk teller, boss;
static char key[64], today[16];

static int start(void **state)
{
    char socket_path[512];
    world_open(&w, "tap");
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 300);
    utility_port = w.utility_port;
    upper = tap_open(&w, "utility", "bank-102", utility_port, "upper.pcap");
    w.utility_port = tap_port(upper);
    world_bank(&w);
    bank_port = w.bank_port;
    lower = tap_open(&w, "bank-102", "branch-0311-0007", bank_port, "lower.pcap");
    w.bank_port = tap_port(lower);
    world_branch(&w, "answer = 1s\nagain = 300ms\nfeed = 1s\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&boss, socket_path, "09");
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
    snprintf(today, sizeof today, "%s", talk_text(talk_ask(&boss, "state", NULL), "business_date"));
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    talk_close(&boss);
    world_close(&w);
    return 0;
}

static void signed_by(struct talk *maker, const char *method, json_t *params)
{
    talk_approve(maker, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, method, params);
    talk_ask(maker, method, "O", params);
    json_decref(params);
}

static void pay(const char *customer, long long more_fen)
{
    json_t *card = talk_ask(&teller, "pay", "o", talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer), more_fen));
    snprintf(key, sizeof key, "%s", talk_text(card, "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
}

static const char *somebody(int n)
{
    static char number[64];
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%%'"
             " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", n);
    return world_sql_text(&w, "utility.db", sql, number, sizeof number);
}

static void wait_until(bool up, bool empty)
{
    int64_t until = clock_monotonic_ms() + 20000;
    for (;;) {
        json_t *state = talk_ask(&teller, "state", NULL);
        bool is = json_is_true(json_object_get(json_object_get(state, "link"), "up")) == up;
        if (is && (!empty || talk_number(state, "queue") == 0)) return;
        if (clock_monotonic_ms() > until) fail_msg("the link or the queue stays as it is: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
}

/* Prints what is planned, so that the notices of the numbers go up the line. */
static void print_all(void)
{
    json_t *next;
    while (json_is_object(next = talk_ask(&teller, "print_next", NULL))) {
        json_t *job = json_incref(talk_ask(&teller, "invoice_send", "{s:O}", "invoice", json_object_get(next, "invoice")));
        talk_ask(&teller, "invoice_result", "{s:O, s:O, s:O, s:s, s:i, s:s}", "invoice", json_object_get(job, "invoice"), "attempt",
                 json_object_get(job, "attempt"), "number", json_object_get(job, "number"), "outcome", "confirmed", "bytes", 900, "words", "");
        json_decref(job);
    }
}

static void turn_back(const char *method)
{
    json_t *numbers = talk_ask(&teller, "papers", "{s:s}", "key", key), *paper = json_array(), *number;
    size_t i;
    json_array_foreach(numbers, i, number) json_array_append_new(paper, json_pack("{s:O, s:s}", "number", number, "state", "returned"));
    signed_by(&teller, method, json_pack("{s:s, s:o}", "key", key, "paper", paper));
}

static void a_day_of_each_kind_of_business(void **state)
{
    signed_by(&boss, "book_load", json_pack("{s:s, s:s, s:s, s:s, s:s}", "series", "013002600111", "first", "00012001", "last", "00013000",
                                            "next", "00012345", "till", "03"));
    static const char *const customers[] = {"0499110001", "0499110002", "0499110003", "0499110005", "0499110007", "0499110008"};
    for (size_t i = 0; i < sizeof customers / sizeof *customers; i++) {
        pay(customers[i], i % 2 ? 0 : 1000);
        talk_state_reaches(&teller, key, "posted", 5000);
    }
    print_all();
    turn_back("reverse");
    talk_state_reaches(&teller, key, "reversed", 5000);
    talk_refused(&teller, "unknown-customer", "lookup", "{s:s}", "customer", "9999999999");
    wait_until(true, true);

    world_kill(&w, "bankd");
    wait_until(false, false);
    for (int i = 0; i < 3; i++) pay(somebody(3 + 2 * i), 0);
    print_all();
    turn_back("undo");
    world_start(&w, "bankd");
    wait_until(true, true);

    world_pause(&w, "utilityd"); /* no answer: asked again with the same key */
    pay(somebody(20), 0);
    json_t *note;
    do
        note = talk_note(&teller, "payment", 10000);
    while (note && strcmp(talk_text(note, "forwarded"), "unknown") != 0);
    assert_non_null(note);
    talk_send(&teller, "ask_again", json_pack("{s:s}", "key", key));
    world_resume(&w, "utilityd");
    talk_hear(&teller, 10000);
    talk_state_reaches(&teller, key, "posted", 10000);
    print_all();
    wait_until(true, true);
}

static void both_lines_are_read_without_a_fault(void **state)
{
    world_stop(&w, "branchd");
    long low = tap_close(lower), high = tap_close(upper);
    assert_true(low > 40 && high > 40);
    print_message("# %ld frames between branch and bank, %ld between bank and utility\n", low, high);
    tshark_finds_no_fault(&w, "lower.pcap", (const int[2]){bank_port, 0});
    tshark_finds_no_fault(&w, "upper.pcap", (const int[2]){utility_port, 0});
}

static void both_are_read_as_we_read_them(void **state)
{
    tshark_reads_the_same(&w, "lower.pcap", (const int[2]){bank_port, 0});
    tshark_reads_the_same(&w, "upper.pcap", (const int[2]){utility_port, 0});
}

/* The day was a whole one: requests, repeats, advices and reversals, each answered, passed on both lines. */
static void each_kind_of_message_was_among_them(void **state)
{
    static const char *const kinds[] = {"0100|", "0110|", "0200|", "0210|", "0201|", "0220|", "0230|", "0400|", "0410|", "0420|", "0430|", "0800|", "0810|"};
    static const char *const files[] = {"lower.pcap.list", "upper.pcap.list"};
    for (size_t f = 0; f < 2; f++) {
        char *list = world_read(&w, files[f]);
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
            if (!strstr(list, kinds[i])) fail_msg("%s has no %.4s", files[f], kinds[i]);
        free(list);
    }
}

/* Nothing of it can be had by just listening: what goes over the wire is TLS, and whoever speaks without it is not heard. */
static void no_switch_takes_the_tls_away(void **state)
{
    static const char *const programs[] = {"branchd", "bankd", "utilityd"};
    static const char *const words[] = {"insecure", "no-tls", "notls", "no_tls", "cleartext", "plaintext", "unencrypted"};
    static char out[1 << 16];
    for (size_t p = 0; p < 3; p++) {
        char config[200];
        assert_int_equal(world_run(&w, out, sizeof out, programs[p], "--help", NULL), 0);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) assert_null(strstr(out, words[i]));
        assert_int_equal(world_run(&w, out, sizeof out, programs[p], "settings", NULL), 0);
        for (size_t i = 0; i < sizeof words / sizeof *words; i++) assert_null(strstr(out, words[i]));
        snprintf(config, sizeof config, "bare-%s.ini", programs[p]);
        world_write(&w, config, "%s[%s]\ntls = off\n", p == 0 ? "[ledger]\npath = b.db\n" : "[store]\npath = b.db\n", p == 0 ? "link" : "serve");
        snprintf(config, sizeof config, "--config=%s/bare-%s.ini", w.dir, programs[p]);
        assert_int_not_equal(world_run(&w, NULL, 0, programs[p], config, "serve", NULL), 0);
        char *said = world_read(&w, "run.log");
        char *there = strstr(said, "tls");
        if (!there) fail_msg("%s does not say what is wrong: %s", programs[p], said);
        free(said);
        world_write(&w, "run.log", "%s", "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_each_kind_of_business),
        cmocka_unit_test(both_lines_are_read_without_a_fault),
        cmocka_unit_test(both_are_read_as_we_read_them),
        cmocka_unit_test(each_kind_of_message_was_among_them),
        cmocka_unit_test(no_switch_takes_the_tls_away),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
