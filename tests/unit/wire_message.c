/* The message set: what each message must bear, what answers it, what is asked again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/message_table.h"
#include "wire/tags.h"

static void put(struct iso *m, int field, const char *text)
{
    assert_int_equal(iso_set(m, field, text, strlen(text), NULL), 0);
}

/* A value that is right for the field in any message. */
static const char *value_of(int field)
{
    switch (field) {
    case 7: return "1120024207";
    case 12: return "104207";
    case 13: case 15: return "1120";
    case 32: return "102";
    case 37: return "010000000417";
    case 42: return "0311-0007";
    case 48: return "PP003100";
    case 49: return "156";
    case 70: return "301";
    case 90: return "020000000111201042070000000010200000000000";
    case 97: return "C0000000000011412";
    default: return "1";
    }
}

static void of_row(const struct message_row *row, struct iso *m)
{
    iso_clear(m, row->mti);
    for (int field = 2; field <= ISO_FIELDS; field++)
        if (row->must[(field - 1) / 64] >> (63 - (field - 1) % 64) & 1) {
            char text[16];
            snprintf(text, sizeof text, "%06d", row->proc < 0 ? PROC_CASH : row->proc);
            put(m, field, field == 3 ? text : value_of(field));
        }
}

static void each_message_needs_each_of_its_fields_and_no_other(void **state)
{
    for (size_t i = 0; i < message_row_count; i++) {
        const struct message_row *row = &message_rows[i];
        struct iso m;
        struct error err;
        of_row(row, &m);
        if (message_check(&m, &err) != 0) fail_msg("%s %06d: %s %s", row->mti, row->proc, err.where, err.why);
        for (int field = 2; field <= ISO_FIELDS; field++) {
            struct iso less = m;
            uint64_t bit = UINT64_C(1) << (63 - (field - 1) % 64);
            int w = (field - 1) / 64;
            char where[32];
            snprintf(where, sizeof where, "field %d ", field);
            if (row->must[w] & bit) {
                iso_drop(&less, field);
                assert_int_equal(message_check(&less, &err), -1);
            } else if (!(row->may[w] & bit) && field != 70 && field != 3) {
                static const char filler[] = "0000000000000000";
                const struct iso_field *f = &iso_fields[field];
                if (f->kind == ISO_XN) put(&less, field, f->max == 17 ? "C0000000000011412" : "C00000000");
                else if (f->kind == ISO_B) put(&less, field, filler);
                else put(&less, field, value_of(field));
                assert_int_equal(message_check(&less, &err), -1);
                assert_int_equal(strncmp(err.where, where, strlen(where)), 0);
            }
        }
    }
}

static void an_answer_finds_its_request_and_echoes_it(void **state)
{
    for (size_t i = 0; i < message_row_count; i++) {
        struct iso req, answer;
        char asked[MATCH_KEY_SIZE], answered[MATCH_KEY_SIZE];
        struct error err;
        of_row(&message_rows[i], &req);
        if (!message_is_request(&req)) continue;
        message_answer(&req, "00", &answer);
        assert_true(message_match_key(&req, asked));
        assert_true(message_match_key(&answer, answered));
        assert_string_equal(asked, answered);
        assert_int_equal(answer.mti[2], req.mti[2] + 1);
        if (req.mti[1] == '5') put(&answer, 66, "1");
        if (message_check(&answer, &err) != 0) fail_msg("%s: %s %s", answer.mti, err.where, err.why);
    }
}

static void a_repeat_is_its_original_but_for_type_and_sending_time(void **state)
{
    struct iso first, again;
    char a[MATCH_KEY_SIZE], b[MATCH_KEY_SIZE];
    of_row(&message_rows[9], &first);
    assert_string_equal(first.mti, "0200");
    again = first;
    assert_int_equal(message_repeat(&again, "1120024210", NULL), 0);
    assert_string_equal(again.mti, "0201");
    assert_true(message_is_repeat(&again));
    assert_true(message_same_content(&first, &again));
    assert_int_equal(message_check(&again, NULL), 0);
    message_match_key(&first, a);
    message_match_key(&again, b);
    assert_string_equal(a, b);
    put(&again, 4, "2");
    assert_false(message_same_content(&first, &again));
    struct iso inquiry;
    of_row(&message_rows[2], &inquiry);
    assert_int_equal(message_repeat(&inquiry, "1120024210", NULL), -1);
}

static void what_is_no_date_no_time_no_yuan_is_refused(void **state)
{
    static const struct { int field; const char *value, *where; } rows[] = {
        {7, "1320024207", "field 7 "}, {7, "1120244207", "field 7 "}, {12, "246000", "field 12 "}, {12, "106000", "field 12 "},
        {13, "0230", "field 13 "}, {13, "1131", "field 13 "}, {15, "0000", "field 15 "}, {49, "840", "field 49 "},
        {37, "01000000041A", "field 37 "}, {3, "509999", "field 3 "}, {48, "PP00", "field 48"}, {48, "PP003100PP003100", "field 48"},
        {48, "CR013", "field 48"}, {48, "pp003100", "field 48"}, {48, "PPx03100", "field 48"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iso m;
        struct error err;
        of_row(&message_rows[9], &m);
        put(&m, rows[i].field, rows[i].value);
        if (message_check(&m, &err) == 0) fail_msg("row %zu was taken", i);
        if (strncmp(err.where, rows[i].where, strlen(rows[i].where)) != 0) fail_msg("row %zu: %s", i, err.where);
    }
    static const char *const mtis[] = {"0211", "0800", "0801", "0101", "0301", "0202", "1200", "0900", "0610"};
    for (size_t i = 0; i < sizeof mtis / sizeof *mtis; i++) {
        struct iso m;
        of_row(&message_rows[9], &m);
        memcpy(m.mti, mtis[i], 4);
        assert_int_equal(message_check(&m, NULL), -1);
    }
}

static void only_the_posting_places_stored_refusal_is_final(void **state)
{
    static const char *const unknown[] = {"30", "58", "68", "91", "94", "96", "", "99", "xx"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(code_verdict(unknown[i]), VERDICT_UNKNOWN);
    assert_int_equal(code_verdict("00"), VERDICT_APPROVED);
    assert_int_equal(code_verdict("77"), VERDICT_REFUSED);
    for (size_t i = 1; i < code_spec_count; i++)
        assert_true(strcmp(code_specs[i - 1].code, code_specs[i].code) < 0);
}

static void a_reversal_agrees_with_its_payment_or_does_not(void **state)
{
    struct iso payment, undo;
    struct key key;
    char line[200];
    of_row(&message_rows[9], &payment);
    undo = payment;
    memcpy(undo.mti, "0400", 4);
    put(&undo, 90, value_of(90));
    assert_true(message_agrees(&undo, &payment));
    put(&undo, 11, "2");
    assert_false(message_agrees(&undo, &payment));
    assert_true(message_key(&payment, &key));
    assert_string_equal(key.branch, "0311-0007");
    message_describe(&payment, line, sizeof line);
    assert_string_equal(line, "0200 500000 key 102/0311-0007/010000000417 amount 0.01");
}

static void tags_are_written_and_read_in_order(void **state)
{
    struct tags t;
    struct iso m;
    struct tag tag;
    struct tag_iter it;
    char text[64];
    iso_clear(&m, "0110");
    tags_start(&t);
    assert_int_equal(tags_add_text(&t, "CN", "王|建国", NULL), 0);
    assert_int_equal(tags_addf(&t, "CR", NULL, "%d", 1250), 0);
    assert_int_equal(tags_into(&t, &m, NULL), 0);
    assert_string_equal(t.text, "CN024\\u738B\\u007C\\u5EFA\\u56FDCR0041250");
    assert_true(tag_utf8(&m, "CN", text, sizeof text));
    assert_string_equal(text, "王|建国");
    tag_first_of(&it, &m);
    assert_int_equal(tag_next(&it, &tag, NULL), 1);
    assert_int_equal(tag_next(&it, &tag, NULL), 1);
    assert_string_equal(tag.tag, "CR");
    assert_int_equal(tag_next(&it, &tag, NULL), 0);
    assert_false(tag_text(&m, "PP", text, sizeof text));
    assert_int_equal(tags_add(&t, "ST", "PP", 2, NULL), -1);
    char filler[360];
    memset(filler, 'x', sizeof filler);
    assert_int_equal(tags_add(&t, "TX", filler, 360, NULL), 0);
    assert_int_equal(tags_add(&t, "CA", filler, 360, NULL), 0);
    assert_int_equal(tags_add(&t, "SR", filler, 360, NULL), -1); /* 999 are full */
    assert_int_equal(tags_into(&t, &m, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_message_needs_each_of_its_fields_and_no_other),
        cmocka_unit_test(an_answer_finds_its_request_and_echoes_it),
        cmocka_unit_test(a_repeat_is_its_original_but_for_type_and_sending_time),
        cmocka_unit_test(what_is_no_date_no_time_no_yuan_is_refused),
        cmocka_unit_test(only_the_posting_places_stored_refusal_is_final),
        cmocka_unit_test(a_reversal_agrees_with_its_payment_or_does_not),
        cmocka_unit_test(tags_are_written_and_read_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
