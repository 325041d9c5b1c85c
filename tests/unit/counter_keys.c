/* Every terminal's keys, the numeric keypad, the twins of the function keys, scanners and pastes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <locale.h>
#include <cmocka.h>

#include "counter/keys.h"

#define MS 1000000ull

static struct keys keys;
static struct press got[256];
static int count;
static uint64_t now_ns;

static void take(void *ctx, struct press press)
{
    assert_true(count < 256);
    got[count++] = press;
}

static int fresh(void **state)
{
    keys_start(&keys);
    count = 0;
    now_ns = 1000 * MS;
    return 0;
}

static void feed(const char *bytes) { keys_feed(&keys, bytes, strlen(bytes), now_ns, take, NULL); }
static void wait_ms(uint64_t ms)
{
    now_ns += ms * MS;
    keys_tick(&keys, now_ns, take, NULL);
}

static void only(enum press_code code, uint32_t cp)
{
    assert_int_equal(count, 1);
    assert_int_equal(got[0].code, code);
    assert_int_equal(got[0].cp, cp);
    count = 0;
}

static void every_terminal_has_its_function_keys(void **state)
{
    static const struct { const char *term, *bytes; int f; } sent[] = {
        {"xterm", "\033OP", 1},     {"xterm", "\033OS", 4},    {"xterm", "\033[15~", 5},  {"xterm", "\033[17~", 6},
        {"xterm", "\033[18~", 7},   {"xterm", "\033[19~", 8},  {"xterm", "\033[20~", 9},  {"xterm", "\033[21~", 10},
        {"xterm", "\033[24~", 12},  {"linux", "\033[[A", 1},   {"linux", "\033[[E", 5},   {"linux", "\033[17~", 6},
        {"rxvt", "\033[11~", 1},    {"rxvt", "\033[14~", 4},   {"vt100", "\033OQ", 2},    {"vt100", "\033OR", 3},
        {"vt220", "\033[18~", 7},   {"tmux", "\033OP", 1},     {"tmux", "\033[24~", 12},
    };
    for (size_t i = 0; i < sizeof sent / sizeof sent[0]; i++) {
        feed(sent[i].bytes);
        only(PRESS_FN(sent[i].f), 0);
    }
}

static void the_keypad_stays_numeric(void **state)
{
    static const char *const raw[] = {"\033Op", "\033Oq", "\033Or", "\033Os", "\033Ot", "\033Ou", "\033Ov",
                                      "\033Ow", "\033Ox", "\033Oy"};
    for (int digit = 0; digit < 10; digit++) {
        feed(raw[digit]);
        only(PRESS_TEXT, (uint32_t)('0' + digit));
    }
    feed("\033On");
    only(PRESS_TEXT, '.');
    feed("\033Ok");
    only(PRESS_TEXT, '+');
    feed("\033OM");
    only(PRESS_ENTER, 0);
}

static void arrows_in_both_modes(void **state)
{
    feed("\033[A");
    only(PRESS_UP, 0);
    feed("\033OB");
    only(PRESS_DOWN, 0);
    feed("\033[6~");
    only(PRESS_FN(8), 0);
}

static void esc_and_a_digit_is_a_function_key(void **state)
{
    feed("\0336");
    assert_int_equal(count, 0); /* more may be behind it */
    wait_ms(60);
    only(PRESS_FN(6), 0);
    feed("\0330");
    wait_ms(60);
    only(PRESS_FN(10), 0);
    feed("\033=");
    wait_ms(60);
    only(PRESS_FN(12), 0);
}

static void esc_then_a_pause_then_the_digit(void **state)
{
    feed("\033");
    assert_true(keys_esc(&keys));
    wait_ms(900);
    feed("6");
    wait_ms(60);
    only(PRESS_FN(6), 0);
}

static void a_lone_esc_lapses(void **state)
{
    feed("\033");
    wait_ms(2100);
    assert_false(keys_esc(&keys));
    feed("6");
    only(PRESS_TEXT, '6');
}

static void a_scan_after_a_stray_esc_is_text(void **state)
{
    feed("\033");
    feed("0499110002\r");
    assert_int_equal(count, 11);
    assert_int_equal(got[0].code, PRESS_TEXT);
    assert_int_equal(got[0].cp, '0');
    assert_int_equal(got[10].code, PRESS_ENTER);
}

static void a_scanner_that_ends_in_cr_lf_presses_enter_once(void **state)
{
    feed("12\r\n");
    assert_int_equal(count, 3);
    now_ns += 200 * MS;
    feed("\n");
    assert_int_equal(count, 4); /* a line feed of its own is Enter */
}

static void a_sequence_cut_in_two_is_whole(void **state)
{
    feed("\033[1");
    now_ns += 3000 * MS;
    keys_tick(&keys, now_ns, take, NULL);
    feed("7~");
    only(PRESS_FN(6), 0);
}

static void hanzi_whose_bytes_come_one_by_one(void **state)
{
    static const char text[] = "李";
    for (int i = 0; i < 3; i++) keys_feed(&keys, text + i, 1, now_ns, take, NULL);
    only(PRESS_TEXT, 0x674e);
}

static void text_pasted_in_brackets_is_text_alone(void **state)
{
    feed("\033[200~600\033[201~");
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(got[i].code, PRESS_TEXT);
}

static void keys_that_do_nothing(void **state)
{
    feed("\003\034\032\023\021\001\002\033[Z\033[23~");
    assert_int_equal(count, 0);
}

static void erasing_by_any_of_its_names(void **state)
{
    feed("\177\010\033[3~");
    assert_int_equal(count, 3);
    for (int i = 0; i < 3; i++) assert_int_equal(got[i].code, PRESS_ERASE);
    count = 0;
    feed("\014");
    only(PRESS_REDRAW, 0);
}

static void rubbish_ends(void **state)
{
    char long_one[64] = "\033[";
    memset(long_one + 2, '1', 40);
    feed(long_one);
    feed("\r");
    assert_int_equal(got[count - 1].code, PRESS_ENTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_terminal_has_its_function_keys, fresh),
        cmocka_unit_test_setup(the_keypad_stays_numeric, fresh),
        cmocka_unit_test_setup(arrows_in_both_modes, fresh),
        cmocka_unit_test_setup(esc_and_a_digit_is_a_function_key, fresh),
        cmocka_unit_test_setup(esc_then_a_pause_then_the_digit, fresh),
        cmocka_unit_test_setup(a_lone_esc_lapses, fresh),
        cmocka_unit_test_setup(a_scan_after_a_stray_esc_is_text, fresh),
        cmocka_unit_test_setup(a_scanner_that_ends_in_cr_lf_presses_enter_once, fresh),
        cmocka_unit_test_setup(a_sequence_cut_in_two_is_whole, fresh),
        cmocka_unit_test_setup(hanzi_whose_bytes_come_one_by_one, fresh),
        cmocka_unit_test_setup(text_pasted_in_brackets_is_text_alone, fresh),
        cmocka_unit_test_setup(keys_that_do_nothing, fresh),
        cmocka_unit_test_setup(erasing_by_any_of_its_names, fresh),
        cmocka_unit_test_setup(rubbish_ends, fresh),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
