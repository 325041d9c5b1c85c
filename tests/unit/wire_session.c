/* Inquiries, sign-on, totals and file parts, typed and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/inquiry.h"
#include "wire/message.h"
#include "wire/session.h"
#include "wire/tags.h"

#define NEAR 20777 /* 2026-11-20 */

static struct wire_head head(void)
{
    struct wire_head h = {.stan = "000007", .terminal = "03", .proc = -1, .local = {2026, 11, 20, 10, 42, 7},
                          .business_day = NEAR, .sent_ms = INT64_C(1795142527000)};
    key_make(&h.key, "102", "0311-0007", 1, 418);
    return h;
}

static void sound(const struct iso *m)
{
    struct error err;
    char bytes[ISO_MESSAGE_MAX];
    static struct iso back;
    if (message_check(m, &err)) fail_msg("%s %s", err.where, err.why);
    int len = iso_pack(m, bytes, sizeof bytes, &err);
    if (len < 0) fail_msg("%s %s", err.where, err.why);
    if (iso_unpack(&back, bytes, (size_t)len, &err)) fail_msg("%s %s", err.where, err.why);
    assert_true(message_same_content(m, &back));
}

static struct wire_listed_bill listed(int i)
{
    struct wire_listed_bill b = {.period = "202610", .kwh = 216, .amount_fen = 11412, .unpaid_fen = 11412, .late_fee_fen = 222,
                                 .due = NEAR + 5, .first = NEAR - 19, .last = NEAR + 8, .permille = 1, .tariff = "R", .code = "00", .prev = 4312, .curr = 4528, .multiplier = 1,
                                 .tiers = "180@0.5200;36@0.5700"};
    snprintf(b.bill, sizeof b.bill, "202610%08u", (unsigned)i % 100000000);
    return b;
}

static void a_customers_bills_come_with_name_rules_and_what_was_not_shown(void **state)
{
    static struct wire_bills b, back;
    static struct iso req, m;
    struct wire_head h = head();
    memset(&b, 0, sizeof b);
    strcpy(b.customer, "0499110005");
    strcpy(b.name, "𠮷田䶮|;~");
    strcpy(b.address, "深州镇永昌路1号");
    strcpy(b.station, "深州镇");
    strcpy(b.meter, "379954895292");
    b.credit_fen = 1250;
    b.rules = (struct wire_fee_rules){3, 100, 50000, 1, 0};
    b.not_shown = 6;
    for (b.bill_count = 0; b.bill_count < WIRE_LISTED_MAX; b.bill_count++)
        b.bills[b.bill_count] = listed(b.bill_count);
    strcpy(b.bills[3].code, "77");
    strcpy(b.transfer_bank, "10212345678");
    strcpy(b.transfer_end, "0012");
    assert_int_equal(wire_bills_ask(&h, b.customer, NULL, &req, NULL), 0);
    sound(&req);
    assert_int_equal(message_proc(&req), PROC_BILLS);
    assert_int_equal(wire_bills_pack(&req, &b, &m, NULL), 0);
    sound(&m);
    assert_int_equal(wire_bills_unpack(&m, &back, NULL), 0);
    assert_memory_equal(&back, &b, sizeof b);
    b.retry_until = b.bills[0].first; /* one is out with the bank */
    b.result_by = b.bills[0].due;
    assert_int_equal(wire_bills_pack(&req, &b, &m, NULL), 0);
    sound(&m);
    assert_int_equal(wire_bills_unpack(&m, &back, NULL), 0);
    assert_memory_equal(&back, &b, sizeof b);
    assert_int_equal(wire_bills_ask(&h, b.customer, "20261000000001", &req, NULL), 0);
    sound(&req);
    assert_int_equal(message_proc(&req), PROC_BILL);
}

static void a_malformed_list_is_refused(void **state)
{
    static const char *const records[] = {"x", "A|202610|1|1|1|1|2026-11-25|2026-11-01|2026-11-28|1|R|00|1|2|1",
                                          "A|202613|1|1|1|1|2026-11-25|2026-11-01|2026-11-28|1|R|00|1|2|1|1@1",
                                          "A|202610|-1|1|1|1|2026-11-25|2026-11-01|2026-11-28|1|R|00|1|2|1|1@1",
                                          "A|202610|1|1|1|1|2026-11-31|2026-11-01|2026-11-28|1|R|00|1|2|1|1@1",
                                          "A|202610|1|1|1|1|2026-11-25|2026-11-01|2026-11-28|1|\\u12|00|1|2|1|1@1"};
    static struct wire_bills b, back;
    static struct iso req, m;
    struct wire_head h = head();
    memset(&b, 0, sizeof b);
    strcpy(b.customer, "1");
    strcpy(b.name, "a");
    assert_int_equal(wire_bills_ask(&h, "1", NULL, &req, NULL), 0);
    assert_int_equal(wire_bills_pack(&req, &b, &m, NULL), 0);
    assert_int_equal(wire_bills_unpack(&m, &back, NULL), 0);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        assert_int_equal(iso_set(&m, 120, records[i], strlen(records[i]), NULL), 0);
        assert_int_equal(wire_bills_unpack(&m, &back, NULL), -1);
    }
    iso_drop(&m, 120);
    iso_drop(&m, 48);
    assert_int_equal(wire_bills_unpack(&m, &back, NULL), -1);
}

static void the_longest_names_found_fill_a_message_and_no_more(void **state)
{
    static struct wire_found rows[WIRE_FOUND_MAX], back[WIRE_FOUND_MAX];
    static struct iso req, m;
    struct wire_head h = head();
    int count, more;
    memset(rows, 0, sizeof rows);
    for (int i = 0; i < WIRE_FOUND_MAX; i++) {
        snprintf(rows[i].customer, sizeof rows[i].customer, "04991%05u", (unsigned)i);
        for (int k = 0; k < 60; k++)
            strcat(rows[i].name, "国");
        strcpy(rows[i].meter, "379954895292");
        rows[i].open_count = i;
        rows[i].open_fen = 11412 * i;
    }
    assert_int_equal(wire_search_ask(&h, "王建", &req, NULL), 0);
    sound(&req);
    assert_int_equal(wire_search_pack(&req, rows, WIRE_FOUND_MAX, 100, &m, NULL), 0);
    sound(&m);
    assert_int_equal(wire_search_unpack(&m, back, &count, &more, NULL), 0);
    assert_true(count > 8 && count < WIRE_FOUND_MAX);
    assert_int_equal(count + more, WIRE_FOUND_MAX + 100);
    assert_memory_equal(back, rows, (size_t)count * sizeof *rows);
}

static void a_new_ledger_signs_on_and_gets_its_epoch(void **state)
{
    static struct iso req, m;
    struct wire_net n = {.net = NET_SIGN_ON, .stan = "000001", .bank = "102", .branch = "0311-0007", .terminal = "00",
                         .nonce = "00112233445566778899aabbccddeeff"}, back;
    assert_int_equal(wire_net_ask(&n, &req, NULL), 0);
    sound(&req);
    assert_int_equal(wire_net_unpack(&req, &back, NULL), 0);
    assert_string_equal(back.nonce, n.nonce);
    assert_string_equal(back.branch, "0311-0007");
    strcpy(n.code, "00");
    n.epoch = 7;
    n.reopened_count = 2;
    n.reopened[0] = NEAR - 1;
    n.reopened[1] = NEAR - 3;
    assert_int_equal(wire_net_answer(&req, &n, &m, NULL), 0);
    sound(&m);
    assert_int_equal(wire_net_unpack(&m, &back, NULL), 0);
    assert_int_equal(back.epoch, 7);
    assert_int_equal(back.reopened_count, 2);
    assert_int_equal(back.reopened[1], NEAR - 3);
    iso_set(&m, 48, "EP003100", 8, NULL);
    assert_int_equal(wire_net_unpack(&m, &back, NULL), -1);
    iso_set(&m, 48, "RO00820261131", 13, NULL);
    assert_int_equal(wire_net_unpack(&m, &back, NULL), -1);
}

static void totals_carry_their_net_and_it_must_be_right(void **state)
{
    static struct iso req, m;
    struct wire_totals t = {.head = head(), .credits = 60, .credits_fen = 684720, .credit_undone = 3, .credit_undone_fen = 34236,
                            .debits = 1, .debits_fen = 1000000, .closing = true}, back;
    struct error err;
    memset(t.audit_head, 'a', 64);
    assert_int_equal(wire_totals_ask(&t, &req, NULL), 0);
    sound(&req);
    assert_true(iso_is(&req, 97, "D0000000000349516"));
    assert_int_equal(wire_totals_unpack(&req, NEAR, &back, NULL), 0);
    assert_int_equal(back.credits_fen, 684720);
    assert_true(back.closing);
    assert_string_equal(back.audit_head, t.audit_head);
    strcpy(t.code, "00");
    t.settlement = 2;
    assert_int_equal(wire_totals_answer(&req, &t, &m, NULL), 0);
    sound(&m);
    assert_int_equal(wire_totals_unpack(&m, NEAR, &back, NULL), 0);
    assert_int_equal(back.settlement, 2);
    iso_set(&req, 97, "C0000000000349516", 17, NULL);
    assert_int_equal(wire_totals_unpack(&req, NEAR, &back, &err), -1);
    t.credits = -1;
    assert_int_equal(wire_totals_ask(&t, &req, NULL), -1);
}

static void a_file_goes_in_parts_with_whole_records(void **state)
{
    static struct iso req, m;
    static char record[400];
    struct wire_part p = {.head = head(), .action = '1', .file = "FEED", .part = 1}, back;
    assert_int_equal(wire_part_ask(&p, &req, NULL), 0);
    sound(&req);
    memset(record, 'x', sizeof record);
    strcpy(p.code, "00");
    p.last = 12345678;
    int held = 0;
    for (p.record_count = 1; p.record_count <= WIRE_RECORDS_MAX; p.record_count++) {
        p.records[p.record_count - 1] = (struct iso_slice){record, sizeof record - (size_t)p.record_count};
        if (wire_part_answer(&req, &p, &m, NULL) != 0) break;
        held = p.record_count;
    }
    assert_int_equal(held, 16); /* two a field */
    p.record_count = held;
    assert_int_equal(wire_part_answer(&req, &p, &m, NULL), 0);
    sound(&m);
    assert_int_equal(wire_part_unpack(&m, NEAR, &back, NULL), 0);
    assert_int_equal(back.record_count, held);
    assert_int_equal(back.last, 12345678);
    for (int i = 0; i < held; i++)
        assert_int_equal(back.records[i].len, p.records[i].len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_customers_bills_come_with_name_rules_and_what_was_not_shown),
        cmocka_unit_test(a_malformed_list_is_refused),
        cmocka_unit_test(the_longest_names_found_fill_a_message_and_no_more),
        cmocka_unit_test(a_new_ledger_signs_on_and_gets_its_epoch),
        cmocka_unit_test(totals_carry_their_net_and_it_must_be_right),
        cmocka_unit_test(a_file_goes_in_parts_with_whole_records),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
