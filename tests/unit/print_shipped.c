/* What the shipped templates say, and on which printers they go: what an invoice must carry,
 * marks of a reprint, lists that are too long. How they look on paper is print_paper's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "drivers/picture.h"
#include "lib/shipped.h"
#include "print/preview.h"

#define SAMPLES "printer-templates/sample/"

static struct shipped_pages make(const char *form, const char *sample, int language) { return shipped_make(picture_device(), form, sample, language); }

/* Printers with cells only: 576 and 384 dots of 203 dpi; a 24-pin printer with three pitches. */
static void forms_for_rolls_and_pins_fit_the_printers_they_are_for(void **state)
{
    static const struct page_device wide = {.name = "80 mm", .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300,
        .width_mm100 = 7207, .left_mm100 = 396, .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_QR};
    static const struct page_device narrow = {.name = "58 mm", .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300,
        .width_mm100 = 4805, .left_mm100 = 498, .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_QR};
    static const struct page_device pins = {.name = "24 pins", .x_dpi = 180, .y_dpi = 180, .cell_um = 2540, .row_um = 4233, .glyph_h_mm100 = 339,
        .cpi10 = {100, 120, 150}, .style = PAGE_BOLD | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_QR};
    for (size_t i = 0; i < shipped_count; i++) {
        const char *last = strrchr(shipped[i].form, '-');
        const struct page_device *device = !last || !strcmp(last, "-241") || !strcmp(last, "-passbook") ? &pins : !strcmp(last, "-80") ? &wide : !strcmp(last, "-58") ? &narrow : NULL;
        if (!device || !strcmp(shipped[i].form, "paper-241")) continue;
        for (int s = 0; s < SHIPPED_SAMPLES_MAX && shipped[i].samples[s]; s++) {
            shipped_free(shipped_make(device, shipped[i].form, shipped[i].samples[s], LANGUAGE_CHINESE));
            shipped_free(shipped_make(device, shipped[i].form, shipped[i].samples[s], LANGUAGE_ENGLISH));
        }
    }
}

static char *all_text(const struct page *page)
{
    char *text = calloc(1, 1 << 20);
    size_t used = 0;
    for (int i = 0; i < page->item_count; i++)
        if (page->item[i].kind == PAGE_TEXT) used += (size_t)snprintf(text + used, (1 << 20) - used, "%s\n", page->item[i].text);
    return text;
}

static void an_invoice_carries_all_that_it_must(void **state)
{
    static const char *const forms[] = {"receipt-80", "receipt-58", "receipt-241", "invoice-a4", "invoice-a5", "invoice-241"};
    static const char *const must[] = {
        "3140226000", "00012346", "深州供电公司", "冀中农村商业银行", "永昌路支行", "0499110002", "李秀兰", "深州镇永昌路1号", "966472737888", "居民生活",
        "2026-05", "1000", "1202", "202", "180x0.5200=93.60 22x0.5700=12.54", "106.14", "148", "15.71", "2026-10", "1957", "40.90", "￥539.89",
        "伍佰叁拾玖元捌角玖分", "600.00", "60.11", "0712", "王敏", "2026-11-20 10:42:07", "01-0000000417", "8H2K91", "已入账"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct shipped_pages made = make(forms[i], "receipt", LANGUAGE_CHINESE);
        char *text = all_text(made.page[0]);
        for (size_t m = 0; m < sizeof must / sizeof *must; m++) {
            bool tiers = strchr(must[m], 'x') != NULL; /* in two lines, or with short prices, there */
            bool narrow = tiers && (!strcmp(forms[i], "receipt-58") || strstr(forms[i], "-241"));
            if (!narrow && !strstr(text, must[m])) fail_msg("%s does not say %s", forms[i], must[m]);
        }
        free(text);
        shipped_free(made);
    }
}

static void a_reprint_says_so_with_its_count(void **state)
{
    static const char *const forms[] = {"receipt-80", "receipt-58", "receipt-241", "invoice-a4", "invoice-a5", "invoice-241"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct shipped_pages made = make(forms[i], "receipt-long", LANGUAGE_ENGLISH);
        char *text = all_text(made.page[0]);
        assert_non_null(strstr(text, "REPRINT 2\n"));
        free(text);
        shipped_free(made);
        made = make(forms[i], "receipt", LANGUAGE_ENGLISH);
        text = all_text(made.page[0]);
        assert_null(strstr(text, "REPRINT"));
        free(text);
        shipped_free(made);
    }
}

static void twelve_bills_stand_on_one_invoice_thirteen_are_refused(void **state)
{
    json_t *data = json_load_file(SAMPLES "receipt-twelve.json", 0, NULL);
    json_array_append(json_object_get(data, "bills"), json_array_get(json_object_get(data, "bills"), 0));
    static const char *const forms[] = {"receipt-80", "receipt-241", "invoice-a4", "invoice-a5", "invoice-241"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct error err = {0};
        struct page *page;
        struct print_request request = {.data = data, .device = picture_device(), .form = print_set_find(shipped_set(), forms[i], LANGUAGE_CHINESE, &err)};
        request.media = print_set_media(shipped_set(), NULL, request.form, &err);
        assert_int_equal(print_place(&request, &page, &err), -1);
        assert_non_null(strstr(err.why, "13 rows"));
    }
    json_decref(data);
}

static void long_reports_and_passbooks_go_on_on_the_next_page(void **state)
{
    struct shipped_pages made = make("teller-day-a4", "teller-long", LANGUAGE_CHINESE);
    assert_int_equal(made.count, 3); /* 23 lines to be explained, ten a page */
    char *text = all_text(made.page[2]);
    assert_non_null(strstr(text, "01-0000000422"));
    assert_null(strstr(text, "01-0000000419"));
    free(text);
    shipped_free(made);
    made = make("passbook", "passbook-long", LANGUAGE_CHINESE);
    assert_int_equal(made.count, 2);
    assert_int_equal(made.page[0]->rows_placed, 24);
    assert_int_equal(made.page[1]->rows_placed, 6);
    shipped_free(made);
}

static void a_long_statement_goes_on_on_the_next_page(void **state)
{
    struct shipped_pages made = make("statement-a4", "statement-long", LANGUAGE_CHINESE);
    assert_int_equal(made.count, 3); /* 93 lines, 40 a page */
    assert_int_equal(made.page[2]->rows_placed, 13);
    shipped_free(made);
}

static void a_slip_of_an_account_leaves_out_what_is_not_and_has_a_place_to_sign(void **state)
{
    static const char *const forms[] = {"account-80", "account-58", "account-241"};
    static const char *const must[] = {"存入", "102000000000000426", "李秀兰", "￥500.00", "伍佰元整", "600.00", "100.00", "1,234.56", "0499110002", "01-0000000417", "客户签字"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct shipped_pages made = make(forms[i], "account", LANGUAGE_CHINESE);
        char *text = all_text(made.page[0]);
        for (size_t m = 0; m < sizeof must / sizeof *must; m++)
            if (!strstr(text, must[m])) fail_msg("%s does not say %s", forms[i], must[m]);
        free(text);
        shipped_free(made);
        made = make(forms[i], "account-long", LANGUAGE_ENGLISH);
        text = all_text(made.page[0]);
        assert_non_null(strstr(text, "Withdrawal"));
        if (strcmp(forms[i], "account-241") != 0) assert_null(strstr(text, "Change")); /* cash went out */
        free(text);
        shipped_free(made);
    }
}

static void each_copy_of_an_agreement_says_whose_it_is(void **state)
{
    static const struct { const char *sample; int language; const char *words; } copies[] = {
        {"agreement", LANGUAGE_CHINESE, "第一联 客户留存"}, {"agreement-long", LANGUAGE_CHINESE, "第二联 银行留存"}, {"agreement-long", LANGUAGE_ENGLISH, "Copy 2, for the bank"}};
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        struct shipped_pages made = make("agreement-a4", copies[i].sample, copies[i].language);
        char *text = all_text(made.page[0]);
        assert_non_null(strstr(text, copies[i].words));
        free(text);
        shipped_free(made);
    }
}

static void a_receipt_in_the_terminal_is_as_on_paper(void **state)
{
    struct shipped_pages made = make("receipt-80", "receipt-one", LANGUAGE_CHINESE);
    struct page_preview preview;
    struct error err;
    assert_int_equal(page_preview(made.page[0], 0, &preview, &err), 0);
    assert_int_equal(preview.columns, 48);
    bool name = false, total = false;
    for (int i = 0; i < preview.rows; i++) {
        assert_true(text_width(preview.line[i]) <= 48);
        name |= !strcmp(preview.line[i], "户    名  王建国");
        total |= strstr(preview.line[i], "￥114.12") && text_width(preview.line[i]) == 48;
    }
    assert_true(name && total);
    page_preview_free(&preview);
    shipped_free(made);
}

static int open_set(void **state)
{
    shipped_open();
    return 0;
}

static int close_set(void **state)
{
    shipped_close();
    return 0;
}

static void no_file_of_the_folder_is_refused_and_each_form_has_its_media(void **state)
{
    for (size_t i = 0; i < print_set_count(shipped_set()); i++) {
        const char *path;
        const struct error *fault;
        const struct template_file *file = print_set_file(shipped_set(), i, &path, &fault);
        if (!file) fail_msg("%s: %s", fault->where, fault->why);
        for (int f = 0; f < file->form_count; f++) {
            size_t known = 0;
            while (known < shipped_count && strcmp(shipped[known].form, file->form[f].name) != 0) known++;
            if (known == shipped_count) fail_msg("%s of %s is tested by nobody", file->form[f].name, path);
        }
    }
    struct error err = {0};
    assert_null(print_set_find(shipped_set(), "no-such", LANGUAGE_CHINESE, &err));
    assert_non_null(strstr(err.why, "no-such"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_of_the_folder_is_refused_and_each_form_has_its_media),
        cmocka_unit_test(forms_for_rolls_and_pins_fit_the_printers_they_are_for),
        cmocka_unit_test(an_invoice_carries_all_that_it_must),
        cmocka_unit_test(a_reprint_says_so_with_its_count),
        cmocka_unit_test(twelve_bills_stand_on_one_invoice_thirteen_are_refused),
        cmocka_unit_test(long_reports_and_passbooks_go_on_on_the_next_page),
        cmocka_unit_test(a_long_statement_goes_on_on_the_next_page),
        cmocka_unit_test(a_slip_of_an_account_leaves_out_what_is_not_and_has_a_place_to_sign),
        cmocka_unit_test(each_copy_of_an_agreement_says_whose_it_is),
        cmocka_unit_test(a_receipt_in_the_terminal_is_as_on_paper),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
