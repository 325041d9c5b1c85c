/* ISO 8583 messages as bytes: a payment by hand, every field, every way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/frame.h"
#include "wire/iso.h"

/* A payment in cash of 114.12 by branch 0311-0007, written out by hand. */
static const char payment[] =
    "0200"
    "323A0001" "08C18000"
    "500000" "000000011412" "1120024207" "000001" "104207" "1120" "1120"
    "03102" "010000000417" "03      " "0311-0007      "
    "034" "BL02920261000000001,11412,00000000" "156";

static void a_payment_reads_field_by_field(void **state)
{
    struct iso m;
    struct error err;
    int64_t amount;
    char text[32];
    int status = iso_unpack(&m, payment, strlen(payment), &err);
    if (status) fail_msg("%s", error_text(&err, (char[900]){0}, 900));
    assert_string_equal(m.mti, "0200");
    assert_true(iso_number(&m, 4, &amount));
    assert_int_equal(amount, 11412);
    assert_true(iso_is(&m, 32, "102"));
    assert_true(iso_text(&m, 41, text, sizeof text));
    assert_string_equal(text, "03");
    assert_true(iso_text(&m, 42, text, sizeof text));
    assert_string_equal(text, "0311-0007");
    assert_false(iso_has(&m, 39));
    assert_null(iso_get(&m, 39).text);
}

static void what_was_read_writes_the_same_bytes(void **state)
{
    struct iso m;
    char out[ISO_MESSAGE_MAX];
    assert_int_equal(iso_unpack(&m, payment, strlen(payment), NULL), 0);
    assert_int_equal(iso_pack(&m, out, sizeof out, NULL), strlen(payment));
    assert_memory_equal(out, payment, strlen(payment));
}

static void short_values_are_filled_as_their_kind_is_filled(void **state)
{
    struct iso m;
    iso_clear(&m, "0210");
    assert_int_equal(iso_set_number(&m, 4, 5, NULL), 0);
    assert_int_equal(iso_set(&m, 41, "03", 2, NULL), 0);
    assert_memory_equal(iso_get(&m, 4).text, "000000000005", 12);
    assert_memory_equal(iso_get(&m, 41).text, "03      ", 8);
    assert_int_equal(iso_set(&m, 97, "C5", 2, NULL), -1);
    assert_int_equal(iso_set(&m, 4, "", 0, NULL), -1);
    assert_false(iso_has(&m, 97));
}

static const char *sample_of(const struct iso_field *f)
{
    switch (f->kind) {
    case ISO_N: return "0123456789";
    case ISO_AN: return "aZ09 ";
    case ISO_Z: return "12=3^4";
    case ISO_B: return "09AFaf";
    case ISO_ANS: return " !~aZ0\\";
    case ISO_XN: break;
    }
    return "1";
}

static void every_field_goes_out_and_comes_back_at_every_length(void **state)
{
    for (int field = 2; field <= ISO_FIELDS; field++) {
        const struct iso_field *f = &iso_fields[field];
        assert_true(f->max > 0 && f->max <= ISO_FIELD_MAX);
        for (size_t len = f->length == ISO_FIXED ? f->max : 1; len <= f->max; len += 37) {
            char value[ISO_FIELD_MAX + 1], out[ISO_MESSAGE_MAX];
            const char *sample = sample_of(f);
            for (size_t i = 0; i < len; i++)
                value[i] = sample[i % strlen(sample)];
            if (f->kind == ISO_XN) value[0] = 'D';
            struct iso m, back;
            iso_clear(&m, "0800");
            assert_int_equal(iso_set(&m, field, value, len, NULL), 0);
            int n = iso_pack(&m, out, sizeof out, NULL);
            assert_true(n > 0);
            assert_int_equal(iso_unpack(&back, out, (size_t)n, NULL), 0);
            assert_int_equal(iso_get(&back, field).len, len);
            assert_memory_equal(iso_get(&back, field).text, value, len);
            for (int cut = 0; cut < n; cut++)
                assert_int_equal(iso_unpack(&back, out, (size_t)cut, NULL), -1);
        }
    }
}

static void random_messages_come_back_whole(void **state)
{
    srand(20261120);
    for (int round = 0; round < 2000; round++) {
        struct iso m, back;
        char out[ISO_MESSAGE_MAX];
        iso_clear(&m, "0300");
        for (int k = 0; k < 12; k++) {
            int field = 2 + rand() % (ISO_FIELDS - 1);
            const struct iso_field *f = &iso_fields[field];
            size_t len = f->length == ISO_FIXED ? f->max : 1 + (size_t)rand() % (f->max > 99 ? 99 : f->max);
            char value[ISO_FIELD_MAX];
            memset(value, '1', len);
            if (f->kind == ISO_XN) value[0] = 'C';
            assert_int_equal(iso_set(&m, field, value, len, NULL), 0);
        }
        int n = iso_pack(&m, out, sizeof out, NULL);
        assert_int_equal(iso_unpack(&back, out, (size_t)n, NULL), 0);
        assert_memory_equal(m.present, back.present, sizeof m.present);
    }
}

static void a_wrong_message_is_refused_with_the_field(void **state)
{
    static const struct { const char *bytes, *where; } bad[] = {
        {"02A0" "0000000000000000", "message type"},
        {"0200" "000000000000000G", "field 1 "},
        {"0200" "2000000000000000" "50000A", "field 3 "},
        {"0200" "2000000000000000" "50000", "field 3 "},
        {"0200" "0000000100000000" "1A102", "field 32 "},
        {"0200" "0000000100000000" "12123456789012", "field 32 "},
        {"0200" "0000000100000000" "00", "field 32 "},
        {"0200" "8000000000000000" "0000000000000000", "field 1 "},
        {"0200" "8000000000000000" "00000000", "field 1 "},
        {"0200" "2000000000000000" "500000" "x", "end"},
        {"0200" "0000000000010000" "001" "\x80", "field 48 "},
        {"0500" "8000000000000000" "0000000080000000" "X0000000000000001", "field 97 "},
        {"0200", "length"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct iso m;
        struct error err;
        assert_int_equal(iso_unpack(&m, bad[i].bytes, strlen(bad[i].bytes), &err), -1);
        if (strncmp(err.where, bad[i].where, strlen(bad[i].where)) != 0)
            fail_msg("row %zu: %s instead of %s", i, err.where, bad[i].where);
        assert_true(err.why[0] != '\0');
    }
}

static void a_message_never_outgrows_its_limit(void **state)
{
    struct iso m;
    char value[ISO_FIELD_MAX], out[ISO_MESSAGE_MAX];
    struct error err;
    memset(value, 'x', sizeof value);
    iso_clear(&m, "0310");
    int field = 120;
    while (iso_set(&m, field, value, sizeof value, &err) == 0)
        field++;
    assert_int_equal(field, 128);
    iso_clear(&m, "0310");
    for (field = 120; field <= 127; field++)
        assert_int_equal(iso_set(&m, field, value, sizeof value, NULL), 0);
    assert_int_equal(iso_set(&m, 46, value, 190, NULL), 0);
    assert_int_equal(iso_pack(&m, out, sizeof out, &err), -1);
    assert_non_null(strstr(err.why, "too long"));
    assert_int_equal(iso_pack(&m, out, 20, NULL), -1);
}

/* --- frames -------------------------------------------------------------------- */

static void frames_come_whole_however_the_bytes_are_cut(void **state)
{
    static const uint8_t stream[] = {0, 3, 'a', 'b', 'c', 0, 1, 'd'};
    for (size_t cut = 0; cut <= sizeof stream; cut++) {
        struct frame_reader r;
        char seen[16] = "";
        size_t parts[2] = {cut, sizeof stream - cut};
        const uint8_t *at = stream;
        frame_start(&r);
        for (int p = 0; p < 2; p++) {
            size_t len = parts[p], frame_len;
            const uint8_t *frame;
            while (frame_feed(&r, &at, &len, &frame, &frame_len) == 1)
                strncat(strncat(seen, (const char *)frame, frame_len), "/", 2);
        }
        assert_string_equal(seen, "abc/d/");
        assert_false(frame_partial(&r));
    }
}

static void a_length_no_frame_has_ends_the_stream(void **state)
{
    static const uint8_t bad[][2] = {{0, 0}, {0x20, 0x01}, {0xff, 0xff}};
    for (size_t i = 0; i < 3; i++) {
        struct frame_reader r;
        const uint8_t *at = bad[i], *frame;
        size_t len = 2, frame_len;
        frame_start(&r);
        assert_int_equal(frame_feed(&r, &at, &len, &frame, &frame_len), -1);
        at = (const uint8_t *)"\0\1a";
        len = 3;
        assert_int_equal(frame_feed(&r, &at, &len, &frame, &frame_len), -1);
    }
    uint8_t head[2];
    assert_false(frame_head(head, 0));
    assert_false(frame_head(head, 8193));
    assert_true(frame_head(head, 8192));
    assert_int_equal(head[0] << 8 | head[1], 8192);
}

static void half_a_frame_is_known_as_half(void **state)
{
    struct frame_reader r;
    const uint8_t *at = (const uint8_t *)"\0\2a", *frame;
    size_t len = 3, frame_len;
    frame_start(&r);
    assert_false(frame_partial(&r));
    assert_int_equal(frame_feed(&r, &at, &len, &frame, &frame_len), 0);
    assert_true(frame_partial(&r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payment_reads_field_by_field),
        cmocka_unit_test(what_was_read_writes_the_same_bytes),
        cmocka_unit_test(short_values_are_filled_as_their_kind_is_filled),
        cmocka_unit_test(every_field_goes_out_and_comes_back_at_every_length),
        cmocka_unit_test(random_messages_come_back_whole),
        cmocka_unit_test(a_wrong_message_is_refused_with_the_field),
        cmocka_unit_test(a_message_never_outgrows_its_limit),
        cmocka_unit_test(frames_come_whole_however_the_bytes_are_cut),
        cmocka_unit_test(a_length_no_frame_has_ends_the_stream),
        cmocka_unit_test(half_a_frame_is_known_as_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
