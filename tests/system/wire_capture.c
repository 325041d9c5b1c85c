/* A stranger reads our line: every frame of a day with each message in it is
 * captured and read by Wireshark's dissector, which must see what we see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/examples.h"
#include "lib/pcap.h"
#include "lib/station.h"
#include "lib/tshark.h"
#include "lib/world.h"
#include "wire/inquiry.h"
#include "wire/session.h"
#include "wire/tags.h"

#define BRANCH "0311-0007"

static struct world w;
static uv_loop_t loop;
static struct station bank, direct;
static struct pcap *capture;
static int64_t next = 1;
static long sent;

static void say(struct station *s, const struct iso *m)
{
    struct iso answer;
    char text[200];
    sent++;
    if (!station_ask(s, m, &answer, STATION_WAIT_MS)) fail_msg("no answer to %s", message_describe(m, text, sizeof text));
}

static void head_of(struct wire_head *h)
{
    struct wire_payment p;
    station_payment(&p, BRANCH, next++, 100);
    *h = p.head;
}

static void sign_on_and_echo(struct station *s)
{
    static const int nets[] = {NET_CUTOVER, NET_ECHO, NET_SIGN_OFF};
    struct iso m;
    station_sign_on(&m, BRANCH, next++, "00112233445566778899aabbccddeeff");
    say(s, &m);
    for (int i = 0; i < 3; i++) {
        station_sign_on(&m, BRANCH, next++, NULL);
        iso_setf(&m, 70, NULL, "%03d", nets[i]);
        say(s, &m);
    }
}

static void ask_about_customers(struct station *s)
{
    static const char *const customers[] = {"0499110001", "0499110002", "0499110005", "0499110006", "0499110008", "9999999999"};
    struct wire_head h;
    struct iso m;
    struct error err;
    char bill[WIRE_BILL_SIZE];
    for (size_t i = 0; i < sizeof customers / sizeof *customers; i++) {
        head_of(&h);
        assert_int_equal(wire_bills_ask(&h, customers[i], NULL, &m, &err), 0);
        say(s, &m);
    }
    world_sql_text(&w, "utility.db", "SELECT number FROM bill WHERE customer='0499110001'", bill, sizeof bill);
    head_of(&h);
    h.proc = PROC_BILL;
    assert_int_equal(wire_bills_ask(&h, "0499110001", bill, &m, &err), 0);
    say(s, &m);
    head_of(&h);
    assert_int_equal(wire_search_ask(&h, "𠮷田", &m, &err), 0); /* beyond the basic plane: two \\uXXXX */
    say(s, &m);
}

static void pay_and_undo(struct station *s)
{
    static const char *const order[] = {"0200", "0201", "0220", "0221"};
    struct iso m;
    int64_t n = next++;
    for (int i = 0; i < 4; i++) {
        station_pay(&m, order[i], BRANCH, n, 4711);
        say(s, &m);
    }
    struct wire_head h;
    struct error err;
    head_of(&h);
    snprintf(h.key.ref, sizeof h.key.ref, "01%010lld", (long long)n);
    assert_int_equal(wire_state_ask(&h, &m, &err), 0);
    say(s, &m);
    station_undo(&m, "0400", BRANCH, n, 4711);
    say(s, &m);
    station_undo(&m, "0401", BRANCH, n, 4711);
    say(s, &m);
    n = next++;
    station_undo(&m, "0420", BRANCH, n, 100); /* a tombstone, and the payment that comes too late */
    say(s, &m);
    station_undo(&m, "0421", BRANCH, n, 100);
    say(s, &m);
    station_pay(&m, "0200", BRANCH, n, 100);
    say(s, &m);
}

static void notice_of_an_invoice(struct station *s)
{
    struct iso m;
    struct error err;
    struct tags t;
    station_pay(&m, "0220", BRANCH, next++, 100);
    iso_drop(&m, 4);
    iso_drop(&m, 49);
    iso_setf(&m, 3, &err, "%06d", PROC_INVOICE);
    tags_start(&t);
    tags_addf(&t, "PK", &err, "%012lld", 10000000001LL);
    tags_addf(&t, "IV", &err, "%s", "1300247620|00000417|printed");
    assert_int_equal(tags_into(&t, &m, &err), 0);
    say(s, &m);
}

static void fetch_the_feed(struct station *s)
{
    struct wire_part p = {.action = '1', .file = "FEED:0", .part = 1};
    struct iso m;
    struct error err;
    head_of(&p.head);
    assert_int_equal(wire_part_ask(&p, &m, &err), 0);
    say(s, &m);
}

/* tshark 4.0 takes DE 86 to 89 for 15 digits, so what stands behind them is not compared. */
static void ask_for_totals(struct station *s)
{
    struct wire_totals t = {0};
    struct iso m;
    struct error err;
    head_of(&t.head);
    assert_int_equal(wire_totals_ask(&t, &m, &err), 0);
    say(s, &m);
}

static void be_refused(struct station *s)
{
    struct iso m;
    station_pay(&m, "0200", BRANCH, next++, 100);
    iso_drop(&m, 49);
    say(s, &m); /* 30 */
    station_pay(&m, "0200", "0311-0099", next++, 100);
    say(s, &m); /* 58 */
}

static int start(void **state)
{
    char path[200];
    uv_loop_init(&loop);
    world_open(&w, "capture");
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 60);
    world_bank(&w);
    capture = pcap_open(world_path(&w, "line.pcap", path, sizeof path));
    assert_non_null(capture);
    station_open(&bank, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_open(&direct, &w, &loop, "branch-0311-0007", w.utility_port, "utility");
    bank.pcap = direct.pcap = capture;
    station_wait_up(&bank);
    station_wait_up(&direct);
    return 0;
}

static int stop(void **state)
{
    station_close(&bank);
    station_close(&direct);
    world_close(&w);
    return uv_loop_close(&loop);
}

static void every_message_is_said_and_answered(void **state)
{
    struct station *both[] = {&bank, &direct};
    for (int i = 0; i < 2; i++) {
        sign_on_and_echo(both[i]);
        ask_about_customers(both[i]);
        pay_and_undo(both[i]);
        notice_of_an_invoice(both[i]);
        fetch_the_feed(both[i]);
        ask_for_totals(both[i]);
        be_refused(both[i]);
    }
    world_kill(&w, "utilityd");
    struct iso m;
    station_pay(&m, "0200", BRANCH, next++, 100);
    say(&bank, &m); /* 68 or 91 */
    assert_int_equal(pcap_close(capture), 2 * sent);
    capture = bank.pcap = direct.pcap = NULL;
}

static void ports_of(int ports[2]) { ports[0] = w.bank_port, ports[1] = w.utility_port; }

static void wireshark_finds_no_malformed_frame(void **state)
{
    int ports[2];
    ports_of(ports);
    tshark_finds_no_fault(&w, "line.pcap", ports);
}

static void wireshark_reads_the_same_values_in_the_same_fields(void **state)
{
    int ports[2];
    ports_of(ports);
    tshark_reads_the_same(&w, "line.pcap", ports);
}

static void it_reads_every_example_of_the_protocols_page(void **state)
{
    char path[200], *page = examples_page();
    int ports[2];
    ports_of(ports);
    const char *at = page;
    struct example e;
    struct pcap *p = pcap_open(world_path(&w, "page.pcap", path, sizeof path));
    assert_non_null(p);
    while (examples_next(&at, &e))
        pcap_frame(p, true, w.bank_port, e.frame + FRAME_HEAD, e.len - FRAME_HEAD);
    assert_true(pcap_close(p) >= 20);
    tshark_finds_no_fault(&w, "page.pcap", ports);
    tshark_reads_the_same(&w, "page.pcap", ports);
    free(page);
}

/* The check itself: one byte above 127, as UTF-8 would put it there, is found. */
static void wireshark_would_have_found_a_byte_that_is_no_ascii(void **state)
{
    char path[200], bytes[ISO_MESSAGE_MAX];
    struct iso m;
    struct error err;
    station_pay(&m, "0200", BRANCH, 1, 100);
    int len = iso_pack(&m, bytes, sizeof bytes, &err);
    assert_true(len > 0);
    struct pcap *p = pcap_open(world_path(&w, "bad.pcap", path, sizeof path));
    assert_non_null(p);
    bytes[len - 3] = (char)0xe4;
    pcap_frame(p, true, w.bank_port, bytes, (size_t)len);
    assert_int_equal(pcap_close(p), 1);
    char *bad = tshark(&w, "bad.pcap", (const int[2]){w.bank_port, 0}, TSHARK_MALFORMED);
    assert_true(*bad != '\0');
    free(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_said_and_answered),
        cmocka_unit_test(wireshark_finds_no_malformed_frame),
        cmocka_unit_test(wireshark_reads_the_same_values_in_the_same_fields),
        cmocka_unit_test(it_reads_every_example_of_the_protocols_page),
        cmocka_unit_test(wireshark_would_have_found_a_byte_that_is_no_ascii),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
