/* A form with values: what is typed, shown, cut, filled, and kept when the form changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/text.h"
#include "counter/view.h"

static struct form *form;
static struct view view;

static struct form *a_form(const char *row, const char *fields)
{
    char text[8192];
    struct form *read;
    struct error err = {0};
    size_t at = (size_t)snprintf(text, sizeof text, "form trial en\n[screen]\n");
    for (int i = 0; i < FORM_ROWS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "|%s%*s|\n", i ? "" : row, FORM_COLS - (i ? 0 : text_width(row)), "");
    snprintf(text + at, sizeof text - at, "[fields]\n%s", fields);
    if (form_read("trial", text, strlen(text), &read, &err)) fail_msg("%s: %s", err.where, err.why);
    return read;
}

static int fresh(void **state)
{
    memset(&view, 0, sizeof view);
    view.focus = VIEW_NONE;
    form = a_form("[a    ] [b  ] <c       > <d      > [e]", "a customer digits left 6\nb sum money right 30\nc name text left\n"
                                                        "d total-fen money right\ne answer letter left 30\n");
    view_form(&view, form);
    return 0;
}

static int over(void **state)
{
    view_free(&view);
    form_free(form);
    return 0;
}

static void type(const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        uint32_t cp;
        text += utf8_next(text, end, &cp);
        view_press(&view, (struct press){PRESS_TEXT, cp, 0});
    }
}

static void digits_alone_go_into_a_field_of_digits(void **state)
{
    view_focus(&view, "customer");
    type("04a9-１2 ");
    assert_string_equal(view_get(&view, "customer"), "04912"); /* full width is made narrow */
    type("3456");
    assert_string_equal(view_get(&view, "customer"), "049123"); /* six at most */
    view_press(&view, (struct press){PRESS_ERASE, 0, 0});
    assert_string_equal(view_get(&view, "customer"), "04912");
}

static void a_hanzi_is_erased_as_one(void **state)
{
    view_focus(&view, "sum");
    type("李1");
    view_press(&view, (struct press){PRESS_ERASE, 0, 0});
    view_press(&view, (struct press){PRESS_ERASE, 0, 0});
    assert_string_equal(view_get(&view, "sum"), "");
    view_press(&view, (struct press){PRESS_ERASE, 0, 0});
}

static void nothing_is_typed_without_a_focus(void **state)
{
    assert_false(view_press(&view, (struct press){PRESS_TEXT, 'x', 0}));
    view_focus(&view, "customer");
    assert_false(view_press(&view, (struct press){PRESS_ENTER, 0, 0}));
}

static void the_focus_goes_through_inputs_alone(void **state)
{
    view_focus(&view, "customer");
    assert_true(view_next(&view, 1));
    assert_string_equal(view_focused(&view), "sum");
    assert_true(view_next(&view, 1));
    assert_string_equal(view_focused(&view), "answer");
    assert_false(view_next(&view, 1));
    assert_string_equal(view_focused(&view), "answer");
}

static void values_of_the_same_name_stay_when_the_form_changes(void **state)
{
    struct form *other = a_form("<a    > [z  ]", "a customer digits left\nz other text left\n");
    view_focus(&view, "customer");
    type("0499");
    view_form(&view, other);
    assert_string_equal(view_get(&view, "customer"), "0499");
    assert_string_equal(view_get(&view, "other"), "");
    view_form(&view, form);
    assert_string_equal(view_get(&view, "customer"), "0499");
    form_free(other);
}

static void an_object_fills_what_it_names(void **state)
{
    json_t *object = json_pack("{s:s, s:{s:i}}", "name", "李秀兰", "total", "fen", 53989);
    view_fill(&view, object);
    json_decref(object);
    assert_string_equal(view_get(&view, "name"), "李秀兰");
    assert_string_equal(view_get(&view, "total-fen"), "539.89");
    view_money(&view, "total-fen", 1234567);
    assert_string_equal(view_get(&view, "total-fen"), "12,345.67");
}

static void times_and_days_are_cut_to_their_field(void **state)
{
    struct form_field narrow = {.kind = FORM_CLOCK, .width = 5}, wide = {.kind = FORM_CLOCK, .width = 8};
    struct form_field day = {.kind = FORM_DAY, .width = 5};
    char buf[64];
    json_t *at = json_string("2026-11-20T10:42:07");
    assert_string_equal(view_format(&narrow, at, buf, sizeof buf), "10:42");
    assert_string_equal(view_format(&wide, at, buf, sizeof buf), "10:42:07");
    assert_string_equal(view_format(&day, at, buf, sizeof buf), "11-20");
    json_decref(at);
}

static void long_text_is_broken_at_blanks(void **state)
{
    char row[64];
    const char *rest = view_line("take the sheet out of it", row, sizeof row, 12);
    assert_string_equal(row, "take the");
    rest = view_line(rest, row, sizeof row, 12);
    assert_string_equal(row, "sheet out of");
    rest = view_line(rest, row, sizeof row, 12);
    assert_string_equal(row, "it");
    assert_string_equal(rest, "");
    rest = view_line("深州镇长江东路", row, sizeof row, 5); /* never half a Hanzi */
    assert_string_equal(row, "深州");
    assert_string_equal(rest, "镇长江东路");
}

static void the_list_stays_within_its_rows(void **state)
{
    struct terminal t = {.rows = 24, .cols = 80};
    struct form *list = a_form("<a   >", "a mark text left\n[list]\nrows 1-5\n");
    view_form(&view, list);
    view.list.count = 12;
    assert_int_equal(view_list_rows(&view, &t), 5);
    view_list_move(&view, 4, &t);
    assert_int_equal(view.list.top, 0);
    view_list_move(&view, 3, &t);
    assert_int_equal(view.list.at, 7);
    assert_int_equal(view.list.top, 3);
    view_list_move(&view, 100, &t);
    assert_int_equal(view.list.at, 11);
    assert_int_equal(view.list.top, 7);
    view_list_move(&view, -100, &t);
    assert_int_equal(view.list.top, 0);
    view_list_move(&view, 5, &t); /* a page: other rows, all of them */
    assert_int_equal(view.list.at, 5);
    assert_int_equal(view.list.top, 5);
    t.rows = 30; /* a larger terminal shows more of it */
    assert_int_equal(view_list_rows(&view, &t), 11);
    view.list.count = 0;
    view_list_move(&view, 1, &t);
    assert_int_equal(view.list.at, 0);
    form_free(list);
    view.form = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(digits_alone_go_into_a_field_of_digits, fresh, over),
        cmocka_unit_test_setup_teardown(a_hanzi_is_erased_as_one, fresh, over),
        cmocka_unit_test_setup_teardown(nothing_is_typed_without_a_focus, fresh, over),
        cmocka_unit_test_setup_teardown(the_focus_goes_through_inputs_alone, fresh, over),
        cmocka_unit_test_setup_teardown(values_of_the_same_name_stay_when_the_form_changes, fresh, over),
        cmocka_unit_test_setup_teardown(an_object_fills_what_it_names, fresh, over),
        cmocka_unit_test_setup_teardown(times_and_days_are_cut_to_their_field, fresh, over),
        cmocka_unit_test_setup_teardown(long_text_is_broken_at_blanks, fresh, over),
        cmocka_unit_test_setup_teardown(the_list_stays_within_its_rows, fresh, over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
