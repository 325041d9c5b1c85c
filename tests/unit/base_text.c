/* Text: UTF-8 inside, GB18030 at the edges, cells on a screen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void utf8_is_taken_strictly(void **state)
{
    static const char *const bad[] = {
        "\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
        "\x80", "\xe4\xb8", "\xff", "\xc3(", "a\xf8\x88\x80\x80\x80",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(utf8_valid(bad[i], strlen(bad[i])));
    for (uint32_t cp = 1; cp <= 0x10ffff; cp++) {
        char buf[4];
        uint32_t back;
        size_t len = utf8_put(buf, sizeof buf, cp);
        if (cp >= 0xd800 && cp <= 0xdfff) {
            assert_int_equal(len, 0);
            continue;
        }
        if (utf8_next(buf, buf + len, &back) != len || back != cp) fail_msg("U+%04X", cp);
        if (utf8_next(buf, buf + len - 1, &back) != 0) fail_msg("U+%04X cut", cp);
    }
    assert_int_equal(utf8_put((char[2]){ 0 }, 2, 0x4e00), 0);
    assert_int_equal(utf8_count("王a𠮷"), 3);
}

static void gb18030_both_ways(void **state)
{
    static const struct { const char *utf8, *gb; } row[] = {
        { "王建国", "\xcd\xf5\xbd\xa8\xb9\xfa" },
        { "𠮷", "\x95\x34\xb2\x35" },       /* four bytes, beyond the BMP */
        { "䶮", "\xfe\x9f" },
        { "亅", "\x81\x7c" },               /* trail byte | */
        { "乗", "\x81\x5c" },               /* trail byte \ */
        { "É", "\x81\x30\x87\x37" },        /* four bytes within the BMP */
        { "abc|\\", "abc|\\" }, { "", "" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char *out;
        size_t len;
        struct error err;
        if (gb18030_to_utf8(row[i].gb, strlen(row[i].gb), &out, &len, &err)) fail_msg("%s", err.why);
        assert_string_equal(out, row[i].utf8);
        assert_int_equal(len, strlen(row[i].utf8));
        free(out);
        assert_int_equal(utf8_to_gb18030(row[i].utf8, strlen(row[i].utf8), &out, &len, &err), 0);
        assert_string_equal(out, row[i].gb);
        free(out);
    }
}

static void every_character_survives_gb18030(void **state)
{
    size_t used = 0, gb_len, back_len, size = 4 * 0x110000;
    char *all = malloc(size), *gb, *back;
    for (uint32_t cp = 1; cp <= 0x10ffff; cp++)
        if (cp < 0xe000 || cp > 0xf8ff) used += utf8_put(all + used, size - used, cp);
    assert_int_equal(utf8_to_gb18030(all, used, &gb, &gb_len, NULL), 0);
    assert_int_equal(gb18030_to_utf8(gb, gb_len, &back, &back_len, NULL), 0);
    assert_int_equal(back_len, used);
    assert_memory_equal(back, all, used);
    free(all), free(gb), free(back);
}

static void bad_gb18030_is_refused_with_its_place(void **state)
{
    char *out = NULL;
    size_t len;
    struct error err;
    assert_int_equal(gb18030_to_utf8("ab\xcd\xf5\xff", 5, &out, &len, &err), -1);
    assert_null(out);
    assert_string_equal(err.where, "byte 4");
    assert_int_equal(gb18030_to_utf8("ab\xcd", 3, &out, &len, &err), -1);
    assert_non_null(strstr(err.why, "inside a character"));
    assert_int_equal(utf8_to_gb18030("a\xe4\xb8", 3, &out, &len, &err), -1);
    struct text_decoder *d = text_decoder_open();
    char buf[32];
    size_t bad;
    assert_int_equal(text_decode(d, "a\x81", 2, buf, sizeof buf, &bad), -1);
    assert_int_equal(text_decode(d, "\x81\x7c|", 3, buf, sizeof buf, &bad), 0);
    assert_string_equal(buf, "亅|");
    assert_int_equal(text_decode(d, "abc", 3, buf, 3, &bad), -1);
    text_decoder_close(d);
}

static void cells_are_counted_as_the_terminal_does(void **state)
{
    assert_int_equal(text_width("王建国"), 6);
    assert_int_equal(text_width("abc"), 3);
    assert_int_equal(text_width("Ａ１．"), 6);
    assert_int_equal(text_width("𠮷"), 2);
    assert_int_equal(text_width("e\xcc\x81"), 1); /* combining accent */
    assert_int_equal(text_width("─│●①"), 4);      /* ambiguous: 1 */
    assert_int_equal(text_width("\x1b\x07"), 0);
    assert_int_equal(text_width(""), 0);
}

static void a_clip_never_splits_a_character(void **state)
{
    static const struct { const char *text; int cells; char mark; const char *want; int used; } row[] = {
        { "王建国", 6, '>', "王建国", 6 }, { "王建国", 5, '>', "王建>", 5 },
        { "王建国", 4, '>', "王 >", 4 },   { "王建国", 4, 0, "王建", 4 },
        { "王建国", 3, 0, "王", 2 },       { "王建国", 1, '>', ">", 1 },
        { "王建国", 1, 0, "", 0 },         { "王建国", 0, '>', "", 0 },
        { "abc", 2, '>', "a>", 2 },        { "", 5, '>', "", 0 },
        { "e\xcc\x81x", 1, 0, "e\xcc\x81", 1 },
    };
    char buf[64];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int used = text_clip(buf, sizeof buf, row[i].text, row[i].cells, row[i].mark);
        assert_string_equal(buf, row[i].want);
        assert_int_equal(used, row[i].used);
    }
    for (size_t size = 1; size < 12; size++) {
        char *tight = malloc(size); /* the sanitizer watches its end */
        text_clip(tight, size, "王建国abc", 6, '>');
        assert_true(strlen(tight) < size && utf8_valid(tight, strlen(tight)));
        free(tight);
    }
}

static void nothing_that_steers_a_screen_passes(void **state)
{
    char buf[64];
    assert_string_equal(text_clean(buf, sizeof buf, "a\x1b[2J王\tb\x7f"), "a [2J王 b ");
    assert_string_equal(text_clean(buf, sizeof buf, "a\xc2\x9b" "b"), "a b");        /* C1 CSI */
    assert_string_equal(text_clean(buf, sizeof buf, "a\xe2\x80\xae" "b"), "a b");    /* override */
    assert_string_equal(text_clean(buf, sizeof buf, "a\xe2\x80\xa8" "b\r\n"), "a b  ");
    assert_string_equal(text_clean(buf, sizeof buf, "a\xff"), "a\xef\xbf\xbd");
    assert_string_equal(text_clean(buf, 5, "王建"), "王");
    assert_string_equal(text_clean(buf, 1, "王建"), "");
}

static void names_are_compared_folded(void **state)
{
    char buf[64];
    assert_int_equal(text_fold(buf, sizeof buf, "　ＡＢ１２ "), 0);
    assert_string_equal(buf, "AB12");
    assert_true(text_same("Ｏ’Brien", "O’Brien "));
    assert_true(text_same("\xef\xa4\x80", "豈")); /* compatibility ideograph */
    assert_true(text_same("e\xcc\x81", "é"));
    assert_false(text_same("王建国", "王建園"));
    assert_true(text_same("", "  "));
    assert_int_equal(text_fold(buf, sizeof buf, "a\xff"), -1);
    assert_int_equal(text_fold(buf, 3, "abc"), -1);
    assert_int_equal(text_fold(buf, 4, "abc"), 0);
    assert_false(text_same("\xff", "\xff"));
}

static void small_helpers(void **state)
{
    char buf[32] = "x";
    assert_false(text_copy(buf, 3, "abc"));
    assert_string_equal(buf, "");
    assert_true(text_copy(buf, 4, "abc"));
    strcpy(buf, "１２．５　Ａ王");
    text_narrow(buf);
    assert_string_equal(buf, "12.5 A王");
    assert_true(text_digits("0123"));
    assert_false(text_digits(""));
    assert_false(text_digits("12 "));
    assert_true(text_alnum("aZ09"));
    assert_false(text_alnum("a-b"));
    assert_false(text_alnum(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_taken_strictly),
        cmocka_unit_test(gb18030_both_ways),
        cmocka_unit_test(every_character_survives_gb18030),
        cmocka_unit_test(bad_gb18030_is_refused_with_its_place),
        cmocka_unit_test(cells_are_counted_as_the_terminal_does),
        cmocka_unit_test(a_clip_never_splits_a_character),
        cmocka_unit_test(nothing_that_steers_a_screen_passes),
        cmocka_unit_test(names_are_compared_folded),
        cmocka_unit_test(small_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
