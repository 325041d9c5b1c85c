/* A receipt's bytes, read back as the printer reads them: what stands on paper, where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "lib/escpos_read.h"
#include "lib/test_page.h"

static struct bytes printed(const struct profile *p, struct page *page, struct escpos_sheet *sheet)
{
    struct bytes out = { 0 };
    struct error err = { 0 };
    if (backend_render(p, page, 0, 0, &out, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    escpos_read(out.at, out.len, p->move_dpi / p->device.y_dpi, sheet);
    page_free(page);
    assert_string_equal(sheet->problem, "");
    return out;
}

static const struct escpos_mark *mark_of(const struct escpos_sheet *sheet, const char *text)
{
    for (int i = 0; i < sheet->marks; i++)
        if (strcmp(sheet->mark[i].text, text) == 0) return &sheet->mark[i];
    fail_msg("not on paper: %s", text);
    return NULL;
}

static void a_receipt_says_what_the_page_says_within_half_a_dot(void **state)
{
    const struct profile *p = profile_find("epson-80");
    struct escpos_sheet sheet;
    struct bytes out = printed(p, receipt(p), &sheet);
    static const struct {
        const char *text;
        int x_mm100, y_mm100;
    } want[] = {
        { "电费收据", 1000, 200 }, { "客户编号", 600, 1000 },  { "0311045678", 2600, 1000 },
        { "户名", 600, 1500 },     { "赵镕基", 2600, 1500 },   { " No.7", 2600 + 901, 1500 },
        { "实收", 600, 2000 },     { "￥", 2600, 2000 },       { "128.40", 2600 + 300, 2000 },
        { "壹佰贰拾捌元肆角整", 600, 2500 },
    };
    assert_int_equal(sheet.marks, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        const struct escpos_mark *m = mark_of(&sheet, want[i].text);
        assert_int_equal(m->x_dots, page_dots_of_mm100(want[i].x_mm100 - 400, 203));
        assert_int_equal(m->y_units, page_dots_of_mm100(want[i].y_mm100, 203));
    }
    assert_int_equal(sheet.length_units, page_dots_of_mm100(6000, 203));
    assert_int_equal(sheet.cuts, 1);
    bytes_free(&out);
}

static void styles_begin_and_end_where_they_should(void **state)
{
    const struct profile *p = profile_find("epson-80");
    struct escpos_sheet sheet;
    struct bytes out = printed(p, receipt(p), &sheet);
    const struct escpos_mark *title = mark_of(&sheet, "电费收据"), *name = mark_of(&sheet, "赵镕基");
    const struct escpos_mark *plain = mark_of(&sheet, "实收"), *capital = mark_of(&sheet, "壹佰贰拾捌元肆角整");
    assert_true(title->bold && title->wide && title->high);
    assert_true(name->bold && !name->wide && !name->high);
    assert_true(!plain->bold && !plain->wide && !plain->under);
    assert_true(capital->under);
    bytes_free(&out);
}

/* Printers of 180 dpi move paper in 1/360 inch, and their text is drawn. */
static void paper_moves_in_the_models_own_unit(void **state)
{
    const struct profile *p = profile_find("epson-80-180");
    static const int y_mm100[] = { 200, 1000, 1500, 2000, 2500 };
    struct escpos_sheet sheet;
    struct bytes out = printed(p, receipt(p), &sheet);
    assert_int_equal(sheet.marks, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(sheet.mark[i].y_units, page_dots_of_mm100(y_mm100[i], 360));
        assert_true(sheet.mark[i].h_rows > 0);
    }
    assert_int_equal(sheet.length_units, page_dots_of_mm100(6000, 360));
    bytes_free(&out);
}

static void no_cutter_feeds_to_the_tear_bar(void **state)
{
    const struct profile *p = profile_find("escpos-58");
    struct page *page = page_new(5800, 3000, PAGE_ROLL);
    put_text(page, p, 600, 500, 0, "收据");
    struct escpos_sheet sheet;
    struct bytes out = printed(p, page, &sheet);
    assert_int_equal(sheet.cuts, 0);
    assert_int_equal(sheet.length_units, page_dots_of_mm100(3000, 203) + page_dots_of_mm100(1200, 203));
    bytes_free(&out);
}

/* 犇 is not in GB2312: there the whole line goes as a picture, its neighbour too. */
static void a_character_outside_the_font_makes_its_band_a_picture(void **state)
{
    const struct profile *p = profile_find("sprt-58");
    struct page *page = page_new(5800, 3000, PAGE_ROLL);
    put_text(page, p, 600, 500, 0, "户名");
    put_text(page, p, 2000, 500, 0, "张犇");
    put_text(page, p, 600, 1200, 0, "实收");
    page_sort(page);
    struct escpos_sheet sheet;
    struct bytes out = printed(p, page, &sheet);
    assert_int_equal(sheet.marks, 2);
    assert_int_equal(sheet.mark[0].y_units, page_dots_of_mm100(500, 203));
    assert_in_range(sheet.mark[0].h_rows, 22, 26);
    int black = 0;
    for (int i = 0; i < sheet.mark[0].h_rows * sheet.mark[0].w_dots / 8; i++) black += sheet.mark[0].bits[i] != 0;
    assert_true(black > 60); /* four Hanzi */
    assert_string_equal(sheet.mark[1].text, "实收");
    assert_int_equal(sheet.mark[1].y_units, page_dots_of_mm100(1200, 203));
    bytes_free(&out);
}

static void a_qr_alone_goes_by_command_where_the_model_has_it(void **state)
{
    const struct profile *p = profile_find("epson-80");
    struct escpos_sheet sheet;
    struct bytes out = printed(p, receipt_qr(p), &sheet);
    const struct escpos_mark *last = &sheet.mark[sheet.marks - 1];
    assert_string_equal(last->qr, "0311-0007-20261124-000123");
    assert_int_equal(last->y_units, page_dots_of_mm100(3000, 203));
    bytes_free(&out);
}

static void a_qr_beside_text_goes_with_it_as_a_picture(void **state)
{
    const struct profile *p = profile_find("epson-80");
    struct page *page = page_new(8000, 4000, PAGE_ROLL);
    put_qr(page, 600, 500, 2000, "0311-0007-20261124-000123");
    put_text(page, p, 3000, 1200, 0, "扫码查验");
    put_text(page, p, 600, 3000, 0, "完");
    page_sort(page);
    struct escpos_sheet sheet;
    struct bytes out = printed(p, page, &sheet);
    assert_int_equal(sheet.marks, 2);
    assert_in_range(sheet.mark[0].h_rows, 158, 162);
    assert_string_equal(sheet.mark[1].text, "完");
    assert_int_equal(sheet.mark[1].y_units, page_dots_of_mm100(3000, 203));
    bytes_free(&out);
}

/* A bitmap must not be able to open the drawer, ask or clear: no 10 04, 10 05, 10 14. */
static void no_byte_of_a_picture_is_a_real_time_command(void **state)
{
    static uint8_t bits[3 * 64];
    for (size_t i = 0; i < sizeof bits; i += 3) memcpy(bits + i, i % 2 ? "\x10\x04\x01" : "\x10\x14\x01", 3);
    const struct profile *p = profile_find("escpos-80");
    struct page *page = page_new(8000, 3000, PAGE_ROLL);
    struct page_item image = { .kind = PAGE_IMAGE, .field = "logo", .x_mm100 = 400, .y_mm100 = 500, .w_mm100 = 300,
                               .h_mm100 = 801, .image = { 24, 64, 3, bits } };
    assert_non_null(page_add(page, &image, NULL));
    struct escpos_sheet sheet;
    struct bytes out = printed(p, page, &sheet);
    for (size_t i = 0; i + 1 < out.len; i++)
        if (out.at[i] == 0x10) assert_true(out.at[i + 1] != 4 && out.at[i + 1] != 5 && out.at[i + 1] != 0x14);
    assert_true(out.len > 64 * 3);
    bytes_free(&out);
}

static void a_page_that_reaches_beyond_the_head_is_refused(void **state)
{
    const struct profile *p = profile_find("escpos-58");
    struct bytes out = { 0 };
    struct error err = { 0 };
    struct page *page = page_new(5800, 3000, PAGE_ROLL);
    put_text(page, p, 600, 500, 0, "收据");
    assert_int_equal(backend_render(p, page, -20, 0, &out, &err), -1); /* 2 mm to the left */
    assert_non_null(strstr(err.why, "left"));
    assert_int_equal(out.len, 0);
    assert_int_equal(backend_render(p, page, 400, 0, &out, &err), 0);
    bytes_free(&out);
    assert_int_equal(backend_render(p, page, 500, 0, &out, &err), -1);
    page_free(page);
}

static void offsets_move_the_page_by_tenths_of_a_millimetre(void **state)
{
    const struct profile *p = profile_find("epson-80");
    struct page *page = receipt(p);
    struct bytes out = { 0 };
    struct escpos_sheet sheet;
    assert_int_equal(backend_render(p, page, 15, -10, &out, NULL), 0);
    escpos_read(out.at, out.len, 1, &sheet);
    assert_int_equal(mark_of(&sheet, "实收")->x_dots, page_dots_of_mm100(600 + 150 - 400, 203));
    assert_int_equal(mark_of(&sheet, "实收")->y_units, page_dots_of_mm100(2000 - 100, 203));
    page_free(page);
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_says_what_the_page_says_within_half_a_dot),
        cmocka_unit_test(styles_begin_and_end_where_they_should),
        cmocka_unit_test(paper_moves_in_the_models_own_unit),
        cmocka_unit_test(no_cutter_feeds_to_the_tear_bar),
        cmocka_unit_test(a_character_outside_the_font_makes_its_band_a_picture),
        cmocka_unit_test(a_qr_alone_goes_by_command_where_the_model_has_it),
        cmocka_unit_test(a_qr_beside_text_goes_with_it_as_a_picture),
        cmocka_unit_test(no_byte_of_a_picture_is_a_real_time_command),
        cmocka_unit_test(a_page_that_reaches_beyond_the_head_is_refused),
        cmocka_unit_test(offsets_move_the_page_by_tenths_of_a_millimetre),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
