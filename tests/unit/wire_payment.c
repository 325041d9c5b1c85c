/* A payment, its answer, its reversal, as typed and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/message.h"
#include "wire/payment.h"
#include "wire/tags.h"

static day_t day(int y, int m, int d)
{
    day_t out;
    assert_true(day_from_ymd(y, m, d, &out));
    return out;
}

static struct wire_payment six_bills(void)
{
    struct wire_payment p = {.head = {.stan = "000007", .terminal = "03", .proc = PROC_CASH,
                                      .local = {2026, 11, 20, 10, 42, 7}, .business_day = day(2026, 11, 20),
                                      .sent_ms = INT64_C(1795142527000)},
                             .customer = "0499110002", .prepaid_fen = 4000, .operator_id = "0712"};
    key_make(&p.head.key, "102", "0311-0007", 1, 417);
    p.head.amount_fen = p.prepaid_fen;
    for (int i = 0; i < 6; i++) {
        struct wire_bill_part *b = &p.bills[p.bill_count++];
        snprintf(b->bill, sizeof b->bill, "2026%02u0000000%u", (unsigned)(i + 5) % 13, (unsigned)i % 10);
        b->amount_fen = 10000 + i;
        b->late_fee_fen = 100 * i;
        p.head.amount_fen += b->amount_fen + b->late_fee_fen;
    }
    return p;
}

static void six_bills_and_a_prepaid_part_travel_whole(void **state)
{
    struct wire_payment p = six_bills(), back;
    struct iso m, again;
    char bytes[ISO_MESSAGE_MAX];
    struct error err;
    assert_int_equal(wire_payment_pack(&p, "0200", &m, &err), 0);
    if (message_check(&m, &err)) fail_msg("%s %s", err.where, err.why);
    int len = iso_pack(&m, bytes, sizeof bytes, NULL);
    assert_int_equal(iso_unpack(&again, bytes, (size_t)len, NULL), 0);
    assert_int_equal(wire_payment_unpack(&again, day(2026, 11, 21), &back, &err), 0);
    assert_true(key_equal(&p.head.key, &back.head.key));
    assert_int_equal(back.head.amount_fen, p.head.amount_fen);
    assert_int_equal(back.head.sent_ms, p.head.sent_ms);
    assert_int_equal(back.head.business_day, p.head.business_day);
    assert_memory_equal(&back.head.local, &p.head.local, sizeof p.head.local);
    assert_string_equal(back.customer, p.customer);
    assert_string_equal(back.operator_id, "0712");
    assert_int_equal(back.bill_count, 6);
    assert_memory_equal(back.bills, p.bills, sizeof p.bills);
    assert_int_equal(back.prepaid_fen, 4000);
}

static void a_payment_read_after_new_year_keeps_its_year(void **state)
{
    struct wire_payment p = six_bills(), back;
    struct iso m;
    p.head.local = (struct civil){2026, 12, 31, 23, 59, 59};
    p.head.business_day = day(2026, 12, 31);
    assert_int_equal(wire_payment_pack(&p, "0220", &m, NULL), 0);
    assert_int_equal(wire_payment_unpack(&m, day(2027, 1, 2), &back, NULL), 0);
    assert_int_equal(back.head.local.year, 2026);
    assert_int_equal(back.head.business_day, day(2026, 12, 31));
}

static void refused(const char *tags, const char *where)
{
    struct wire_payment p = six_bills(), back;
    struct iso m;
    struct error err;
    assert_int_equal(wire_payment_pack(&p, "0200", &m, NULL), 0);
    assert_int_equal(iso_set(&m, 4, "100", 3, NULL), 0);
    assert_int_equal(iso_set(&m, 48, tags, strlen(tags), NULL), 0);
    if (wire_payment_unpack(&m, day(2026, 11, 20), &back, &err) == 0) fail_msg("%s was taken", tags);
    if (!strstr(err.where, where)) fail_msg("%s: %s", tags, err.where);
}

static void sums_that_do_not_add_up_are_refused(void **state)
{
    struct wire_payment ok = six_bills();
    struct iso m;
    refused("BL008A1|99|0", "BL"); /* 99 is not 100 */
    refused("BL009A1|100|1", "BL");
    refused("PP00299", "BL");
    refused("OP0040712", "BL");
    refused("BL006A1|100", "BL");
    refused("BL011A1|100|0|0", "BL");
    refused("BL009A1|-10|0", "BL");
    refused("BL0081|1e2|0", "BL");
    refused("BL009A 1|50|0BL009A 1|50|0", "BL");
    refused("BL007A1|50|0"
            "BL007A1|50|0", "BL"); /* one bill twice */
    refused("PP004 100", "PP");
    refused("BL", "--");
    ok.head.amount_fen++;
    assert_int_equal(wire_payment_pack(&ok, "0200", &m, NULL), -1);
}

static void the_answer_says_where_every_part_went(void **state)
{
    struct wire_payment p = six_bills();
    struct wire_answer a = {.code = "00", .approval = "8H2K91", .part_count = 3, .reason = "已入账"}, back;
    struct iso req, m;
    strcpy(a.parts[0].part, "20260500000000");
    a.parts[0].place = PLACE_BILL;
    a.parts[0].amount_fen = 10000;
    strcpy(a.parts[1].part, "20260500000000");
    a.parts[1].place = PLACE_PREPAID;
    a.parts[1].amount_fen = 3;
    strcpy(a.parts[2].part, "PP");
    a.parts[2].place = PLACE_SUSPENSE;
    a.parts[2].amount_fen = 4000;
    assert_int_equal(wire_payment_pack(&p, "0220", &req, NULL), 0);
    assert_int_equal(wire_answer_pack(&req, &a, &m, NULL), 0);
    assert_string_equal(m.mti, "0230");
    assert_int_equal(message_check(&m, NULL), 0);
    assert_int_equal(wire_answer_unpack(&m, &back, NULL), 0);
    assert_string_equal(back.approval, "8H2K91");
    assert_string_equal(back.reason, "已入账");
    assert_int_equal(back.part_count, 3);
    assert_memory_equal(back.parts, a.parts, sizeof a.parts);
    iso_set(&m, 48, "DX006A|XX|1", 11, NULL);
    assert_int_equal(wire_answer_unpack(&m, &back, NULL), -1);
}

static void twelve_bills_of_the_longest_kind_fit(void **state)
{
    struct wire_payment p = six_bills(), back;
    struct iso m;
    p.bill_count = WIRE_BILLS_MAX;
    p.head.amount_fen = p.prepaid_fen = INT64_C(1);
    for (int i = 0; i < WIRE_BILLS_MAX; i++) {
        snprintf(p.bills[i].bill, sizeof p.bills[i].bill, "ABCDEFGHIJ%010u", (unsigned)i % 100);
        p.bills[i].amount_fen = p.bills[i].late_fee_fen = INT64_C(40000000000);
        p.head.amount_fen += INT64_C(80000000000);
    }
    assert_int_equal(wire_payment_pack(&p, "0200", &m, NULL), 0);
    assert_int_equal(wire_payment_unpack(&m, day(2026, 11, 20), &back, NULL), 0);
    assert_memory_equal(back.bills, p.bills, sizeof p.bills);
}

static void a_reversal_names_its_original_and_two_people(void **state)
{
    struct wire_payment p = six_bills();
    struct wire_reversal r = {.head = p.head, .original_mti = "0200", .maker = "0712", .checker = "0801"}, back;
    struct iso payment, m;
    struct error err;
    r.head.sent_ms += 60000;
    assert_int_equal(wire_payment_pack(&p, "0200", &payment, NULL), 0);
    assert_int_equal(wire_reversal_pack(&r, "0400", &m, NULL), 0);
    if (message_check(&m, &err)) fail_msg("%s %s", err.where, err.why);
    assert_true(message_agrees(&m, &payment));
    assert_memory_equal(iso_get(&m, 90).text, "020000000711201042070000000010200000000000", 42);
    assert_int_equal(wire_reversal_unpack(&m, day(2026, 11, 20), &back, NULL), 0);
    assert_string_equal(back.maker, "0712");
    assert_string_equal(back.checker, "0801");
    assert_string_equal(back.original_mti, "0200");
    iso_set(&m, 11, "000008", 6, NULL);
    assert_int_equal(wire_reversal_unpack(&m, day(2026, 11, 20), &back, &err), -1);
    assert_non_null(strstr(err.where, "field 90"));
    iso_drop(&m, 90);
    assert_int_equal(wire_reversal_unpack(&m, day(2026, 11, 20), &back, NULL), 0);
}

static void the_state_of_a_key_is_asked_by_the_key(void **state)
{
    struct wire_payment p = six_bills();
    struct wire_answer a = {.code = "00", .approval = "8H2K91"}, back;
    enum wire_state got;
    struct iso req, m;
    struct key key;
    assert_int_equal(wire_state_ask(&p.head, &req, NULL), 0);
    assert_int_equal(message_check(&req, NULL), 0);
    assert_true(message_key(&req, &key));
    assert_true(key_equal(&key, &p.head.key));
    for (int s = STATE_UNKNOWN; s <= STATE_TOMBSTONE; s++) {
        assert_int_equal(wire_state_pack(&req, (enum wire_state)s, &a, &m, NULL), 0);
        assert_int_equal(message_check(&m, NULL), 0);
        assert_int_equal(wire_state_unpack(&m, &got, &back, NULL), 0);
        assert_int_equal(got, s);
    }
    iso_drop(&m, 48);
    assert_int_equal(wire_state_unpack(&m, &got, &back, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(six_bills_and_a_prepaid_part_travel_whole),
        cmocka_unit_test(a_payment_read_after_new_year_keeps_its_year),
        cmocka_unit_test(sums_that_do_not_add_up_are_refused),
        cmocka_unit_test(the_answer_says_where_every_part_went),
        cmocka_unit_test(twelve_bills_of_the_longest_kind_fit),
        cmocka_unit_test(a_reversal_names_its_original_and_two_people),
        cmocka_unit_test(the_state_of_a_key_is_asked_by_the_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
