/* Names on the wire: printable ASCII only, and back again unharmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/text.h"

static void says(const char *utf8, const char *wire)
{
    char out[256], back[256];
    assert_int_equal(wire_text_escape(out, sizeof out, utf8), strlen(wire));
    assert_string_equal(out, wire);
    assert_int_equal(wire_text_unescape(back, sizeof back, out, strlen(out)), strlen(utf8));
    assert_string_equal(back, utf8);
}

static void a_name_travels_as_ascii_and_comes_back(void **state)
{
    says("O'Brien-Smith & Co. Ltd", "O'Brien-Smith & Co. Ltd");
    says("王", "\\u738B");
    says("𠮷", "\\uD842\\uDFB7");
    says("a|b;c\\d~", "a\\u007Cb\\u003Bc\\u005Cd\\u007E");
    says("", "");
}

static void what_is_no_text_is_refused_and_leaves_nothing(void **state)
{
    static const char *const bad[] = {"\\", "\\u12", "\\uZZZZ", "\\u0000", "\\uD842", "\\uDFB7",
                                      "\\uD842\\u0041", "a\tb", "\x80", "\\x0041"};
    char out[64];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        strcpy(out, "before");
        assert_int_equal(wire_text_unescape(out, sizeof out, bad[i], strlen(bad[i])), -1);
        assert_string_equal(out, "");
    }
    assert_int_equal(wire_text_escape(out, sizeof out, "\xff"), -1);
}

static void a_text_that_does_not_fit_is_refused_whole(void **state)
{
    char out[12];
    assert_int_equal(wire_text_escape(out, sizeof out, "王李"), -1);
    assert_string_equal(out, "");
    assert_int_equal(wire_text_escape(out, sizeof out, "王ABCDE"), 11);
    assert_int_equal(wire_text_unescape(out, 3, "\\u738B", 6), -1);
    assert_int_equal(wire_text_unescape(out, 4, "\\u738B", 6), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_travels_as_ascii_and_comes_back),
        cmocka_unit_test(what_is_no_text_is_refused_and_leaves_nothing),
        cmocka_unit_test(a_text_that_does_not_fit_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
