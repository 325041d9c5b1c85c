/* Invoices and passbooks on impact printers: where each piece lands, measured from the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "drivers/job.h"
#include "lib/escp_read.h"
#include "lib/test_page.h"

/* 9.5 by 5.5 inch, two parts. */
static struct page *form(const struct profile *p)
{
    struct page *page = page_new(24130, 13970, PAGE_MULTIPART);
    page->length_in360 = 1980;
    put_text(page, p, 8000, 800, PAGE_WIDE | PAGE_HIGH, "电费发票");
    put_text(page, p, 2000, 2600, 0, "户名");
    put_text(page, p, 4540, 2600, PAGE_BOLD, "河北省某某有限责任公司第一分公司朱镕基等ABC");
    put_text(page, p, 2000, 3100, PAGE_UNDER, "￥1,234.50");
    put_qr(page, 18000, 2700, 2000, "0311-0007-20261124-000123");
    put_rule(page, 2000, 3600, 15000, 20);
    put_text(page, p, 2000, 13200, 0, "第二联");
    page_sort(page);
    return page;
}

static struct bytes rendered(const struct profile *p, struct page *page)
{
    struct bytes out = { 0 };
    struct error err = { 0 };
    if (backend_render(p, page, 0, 0, &out, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    return out;
}

static const struct escp_mark *mark_of(const struct escp_sheet *sheet, const char *text)
{
    for (int i = 0; i < sheet->marks; i++)
        if (strcmp(sheet->mark[i].text, text) == 0) return &sheet->mark[i];
    fail_msg("not on paper: %s", text);
    return NULL;
}

static int in180(int mm100) { return page_dots_of_mm100(mm100, 180); }

static void every_piece_stands_where_the_page_says_and_no_run_drifts(void **state)
{
    static const char *const models[] = { "epson-lq1600k", "epson-lq1600k3" };
    for (int i = 0; i < 2; i++) {
        const struct profile *p = profile_find(models[i]);
        struct page *page = form(p);
        /* 镕 is not in the plain model's font: that name is drawn */
        struct bytes out = rendered(p, page);
        static struct escp_sheet sheet;
        memset(&sheet, 0, sizeof sheet);
        escp_read(out.at, out.len, &sheet);
        assert_string_equal(sheet.problem, "");
        assert_int_equal(mark_of(&sheet, "户名")->x, in180(2000));
        assert_int_equal(mark_of(&sheet, "户名")->y, in180(2600));
        assert_int_equal(mark_of(&sheet, "1,234.50")->x, in180(2000 + 508));
        assert_true(mark_of(&sheet, "1,234.50")->under);
        assert_int_equal(mark_of(&sheet, "第二联")->y, in180(13200));
        if (p->repertoire != REPERTOIRE_GB2312) {
            const struct escp_mark *name = mark_of(&sheet, "河北省某某有限责任公司第一分公司朱镕基等");
            assert_true(name->bold);
            assert_int_equal(name->x, in180(4540));
            assert_in_range(name->x_end, in180(4540 + 20 * 508) - 1, in180(4540 + 20 * 508) + 1);
            assert_int_equal(mark_of(&sheet, "ABC")->x, in180(4540 + 20 * 508));
        }
        page_free(page);
        bytes_free(&out);
    }
}

/* Paint the strips again: the QR and the rule are where they should be, and only there. */
static void pictures_are_strips_in_their_place(void **state)
{
    const struct profile *p = profile_find("epson-lq1600k3");
    struct page *page = page_new(20000, 13970, PAGE_MULTIPART);
    page->length_in360 = 1980;
    put_qr(page, 10000, 2700, 2000, "0311-0007-20261124-000123");
    put_rule(page, 2000, 3600, 5000, 20);
    put_text(page, p, 2000, 3000, 0, "在二维码旁边");
    page_sort(page);
    struct bytes out = rendered(p, page);
    static struct escp_sheet sheet;
    memset(&sheet, 0, sizeof sheet);
    escp_read(out.at, out.len, &sheet);
    assert_string_equal(sheet.problem, "");
    int left = 9999, right = 0, top = 9999, bottom = 0, rule = 0, last_y = 0;
    for (int i = 0; i < sheet.marks; i++) {
        const struct escp_mark *m = &sheet.mark[i];
        assert_true(m->y >= last_y);
        last_y = m->y;
        for (int c = 0; c < 24 * m->count; c++) {
            int x = m->x + c / 24, y = m->y + c % 24;
            if (!(m->columns[c / 24 * 3 + c % 24 / 8] & (0x80 >> (c % 8)))) continue;
            if (x < in180(8000)) {
                rule++;
                assert_in_range(x, in180(2000) - 1, in180(7000) + 1);
                assert_in_range(y, in180(3600) - 1, in180(3620) + 1);
                continue;
            }
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
    }
    assert_in_range(rule, in180(5000) - 2, 3 * in180(5000));
    /* modules are whole dots, so it may be smaller than its place, in the middle of it */
    assert_in_range(right - left, in180(2000) * 8 / 10, in180(2000));
    assert_in_range((left + right) / 2, in180(11000) - 2, in180(11000) + 2);
    assert_in_range((top + bottom) / 2, in180(3700) - 2, in180(3700) + 2);
    mark_of(&sheet, "在二维码旁边");
    page_free(page);
    bytes_free(&out);
}

/* 140 mm would be 551 inch: the invoices of a box would creep out of their frames. */
static void a_hundred_forms_are_550_inch(void **state)
{
    static const char *const models[] = { "epson-lq1600k", "epson-lq630k" };
    for (int i = 0; i < 2; i++) {
        const struct profile *p = profile_find(models[i]);
        static struct escp_sheet sheet;
        memset(&sheet, 0, sizeof sheet);
        for (int n = 0; n < 100; n++) {
            struct page *page = page_new(20000, 13970, PAGE_MULTIPART);
            page->length_in360 = 1980;
            put_text(page, p, 2000, 2000 + 37 * n, 0, "00012345");
            struct bytes out = rendered(p, page);
            escp_read(out.at, out.len, &sheet);
            bytes_free(&out);
            page_free(page);
        }
        assert_int_equal(sheet.forms, 100);
        assert_int_equal(sheet.fed_in360, 550L * 360);
    }
}

static void a_length_that_would_creep_is_refused(void **state)
{
    const struct profile *p = profile_find("epson-lq1600k");
    struct page *page = page_new(20000, 14000, PAGE_MULTIPART);
    page->length_in360 = 1983; /* 140 mm */
    put_text(page, p, 2000, 2000, 0, "00012345");
    struct bytes out = { 0 };
    struct error err = { 0 };
    assert_int_equal(backend_render(p, page, 0, 0, &out, &err), -1);
    assert_non_null(strstr(err.why, "exactly"));
    out = rendered(profile_find("epson-lq630k"), page); /* ESC/P2 has it in 1/360 inch */
    bytes_free(&out);
    page_free(page);
}

static void a_passbook_is_loaded_printed_and_ejected(void **state)
{
    const struct profile *p = profile_find("epson-plq20");
    struct page *page = page_new(13000, 18000, PAGE_PASSBOOK);
    put_text(page, p, 1000, 3000, 0, "2026-11-24 电费 128.40");
    struct bytes out = rendered(p, page);
    static struct escp_sheet sheet;
    memset(&sheet, 0, sizeof sheet);
    escp_read(out.at, out.len, &sheet);
    assert_string_equal(sheet.problem, "");
    assert_int_equal(sheet.loads, 1);
    assert_int_equal(sheet.ejects, 1);
    assert_int_equal(sheet.forms, 0);
    assert_int_equal(mark_of(&sheet, "2026-11-24 ")->y, in180(3000 - p->device.top_mm100));
    assert_memory_equal(out.at + out.len - 5, "\r\n\x1b\x19R", 5);
    page_free(page);
    bytes_free(&out);
}

/* Every command of the PR2 in order; its parameters are digits. */
static void a_pr2_is_told_the_length_before_the_paper(void **state)
{
    const struct profile *p = profile_find("olivetti-pr2");
    struct page *page = page_new(13000, 18000, PAGE_PASSBOOK);
    put_text(page, p, 1270, 2540, 0, "100.00");
    put_text(page, p, 1291, 5080, PAGE_BOLD, "AB");
    page_sort(page);
    struct bytes out = rendered(p, page);
    static const char want[] = "\x1b&40\x1bQ043\x1bZ\x1bL043"
                               "\x1b/10200\x1b<\x1b|A000\x1bH005\x1b)100.00"
                               "\x1b/10440\x1b|A001\x1bH005\x1b(AB"
                               "\x1bO";
    assert_int_equal(out.len, sizeof want - 1);
    assert_memory_equal(out.at, want, sizeof want - 1);
    page_free(page);
    bytes_free(&out);
}

static void ppds_goes_right_from_the_carriage_return(void **state)
{
    const struct profile *p = profile_find("ibm-ppds");
    struct page *page = page_new(20000, 13970, PAGE_SHEET);
    put_text(page, p, 2540, 420 + 2540, 0, "AB");
    struct bytes out = rendered(p, page);
    static const char want[] = "\x1b[\\\x04\x00\x00\x00\xb4\x00\x1c&\x1bJ\xb4\x12\x1cS\x00\x0c\x1cT\x00\x06\x1b" "F\x1b-\x00\r\x1b" "d\x78\x00" "AB\r\f";
    assert_int_equal(out.len, sizeof want - 1);
    assert_memory_equal(out.at, want, sizeof want - 1);
    page_free(page);
    bytes_free(&out);
}

static void what_a_text_printer_lacks_is_refused_and_named(void **state)
{
    const struct profile *p = profile_find("olivetti-pr2");
    struct page *page = page_new(13000, 18000, PAGE_PASSBOOK);
    struct bytes out = { 0 };
    struct error err = { 0 };
    put_qr(page, 1000, 3000, 2000, "x");
    assert_int_equal(backend_render(p, page, 0, 0, &out, &err), -1);
    assert_string_equal(err.where, "qr");
    page_free(page);
    page = page_new(13000, 18000, PAGE_PASSBOOK);
    put_text(page, p, 1000, 3000, 0, "张犇");
    page->item[0].raster = false;
    assert_int_equal(backend_render(p, page, 0, 0, &out, &err), -1);
    assert_non_null(strstr(err.where, "犇"));
    page_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_stands_where_the_page_says_and_no_run_drifts),
        cmocka_unit_test(pictures_are_strips_in_their_place),
        cmocka_unit_test(a_hundred_forms_are_550_inch),
        cmocka_unit_test(a_length_that_would_creep_is_refused),
        cmocka_unit_test(a_passbook_is_loaded_printed_and_ejected),
        cmocka_unit_test(a_pr2_is_told_the_length_before_the_paper),
        cmocka_unit_test(ppds_goes_right_from_the_carriage_return),
        cmocka_unit_test(what_a_text_printer_lacks_is_refused_and_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
