/* Every template that is shipped, in both languages, with ordinary, the longest and the
 * rarest data: placed, drawn, and read back from the PDF to the tenth of a millimetre. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "drivers/picture.h"
#include "print/place.h"
#include "print/preview.h"
#include "print/set.h"

#define FOLDER "printer-templates"
#define SAMPLES FOLDER "/sample/"
#define TOLERANCE_MM 0.5

static char folder[] = "/tmp/gridteller-shipped-XXXXXX";
static struct print_set *set;

static const struct { const char *form, *samples[7]; } shipped[] = {
    {"receipt-80", {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-prepay", "receipt-twelve"}},
    {"receipt-58", {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-prepay", "receipt-twelve"}},
    {"invoice-a4", {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-twelve"}},
    {"invoice-a5", {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-twelve"}},
    {"invoice-241", {"receipt", "receipt-one", "receipt-long", "receipt-rare", "receipt-latin", "receipt-twelve"}},
    {"paper-241", {"receipt"}},
    {"prepay-80", {"prepay", "prepay-long"}}, {"prepay-58", {"prepay", "prepay-long"}},
    {"handback-80", {"handback", "handback-long"}}, {"handback-58", {"handback", "handback-long"}},
    {"passbook", {"passbook", "passbook-long"}},
    {"agreement-a4", {"agreement", "agreement-long"}},
    {"teller-day-a4", {"teller", "teller-long"}}, {"branch-day-a4", {"branch", "branch-long"}},
    {"counterfeit-a5", {"counterfeit", "counterfeit-long"}}, {"counterfeit-80", {"counterfeit"}}, {"month-a4", {"month"}},
    {"alignment-80", {"alignment"}}, {"alignment-58", {"alignment"}}, {"alignment-241", {"alignment"}},
    {"alignment-a4", {"alignment"}}, {"alignment-a5", {"alignment"}}, {"alignment-passbook", {"alignment"}},
};
#define SHIPPED (sizeof shipped / sizeof *shipped)

struct made { struct page **page; size_t count; };

static struct made make_for(const struct page_device *device, const char *form, const char *sample, int language)
{
    char path[128];
    struct error err = {0};
    struct made made;
    json_error_t why;
    snprintf(path, sizeof path, SAMPLES "%s.json", sample);
    json_t *data = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!data) fail_msg("%s: %s", path, why.text);
    struct print_request request = {.data = data, .device = device, .form = print_set_find(set, form, language, &err)};
    if (!request.form || request.form->language != language) fail_msg("%s has no variant %d", form, language);
    request.media = print_set_media(set, NULL, request.form, &err);
    if (!request.media) fail_msg("%s: %s", form, err.why);
    if (print_place_all(&request, &made.page, &made.count, &err)) fail_msg("%s with %s: %s: %s", form, sample, err.where, err.why);
    json_decref(data);
    return made;
}

static struct made make(const char *form, const char *sample, int language) { return make_for(picture_device(), form, sample, language); }
static void print_pages_free_all(struct made made) { print_pages_free(made.page, made.count); }

/* --- read back -------------------------------------------------------------------- */

struct word { double x, y; char text[400]; };

static void unescape(char *text)
{
    static const struct { const char *code; char sign; } codes[] = {{"&apos;", '\''}, {"&quot;", '"'}, {"&amp;", '&'}, {"&#39;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}};
    char *to = text;
    for (const char *from = text; *from;) {
        size_t i = 0, count = sizeof codes / sizeof *codes;
        while (i < count && strncmp(from, codes[i].code, strlen(codes[i].code)) != 0) i++;
        *to++ = i < count ? codes[i].sign : *from;
        from += i < count ? strlen(codes[i].code) : 1;
    }
    *to = '\0';
}

/* The words of a PDF's pages as pdftotext sees them: characters with their boxes. */
static int read_words(const char *pdf, struct word *word, int room, int *pages)
{
    char command[400], line[2000];
    int count = 0;
    snprintf(command, sizeof command, "pdftotext -bbox %s -", pdf);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    *pages = 0;
    while (fgets(line, sizeof line, in)) {
        double right, bottom;
        if (strstr(line, "<page ")) ++*pages;
        if (count < room && *pages == 1 &&
            sscanf(line, " <word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\" yMax=\"%lf\">%399[^<]", &word[count].x, &word[count].y, &right, &bottom, word[count].text) == 5) {
            word[count].x *= 25.4 / 72;
            word[count].y *= 25.4 / 72;
            unescape(word[count].text);
            count++;
        }
    }
    pclose(in);
    return count;
}

/* A run's first character stands where the page says. pdftotext joins neighbours, so a
 * word that begins there begins with the run's first word, or the run with the word. */
static bool stands(const struct page_item *item, const struct word *word, int count)
{
    char first[400];
    size_t blank = strcspn(item->text, " ");
    snprintf(first, sizeof first, "%.*s", (int)blank, item->text);
    double inset = item->cell_um ? (item->cell_um * (page_cells_of((unsigned char)first[0]) == 1 ? 1 : 2) / 10 - item->h_mm100 * 0.5) / 200.0 : 0;
    for (int i = 0; i < count; i++) {
        double off = word[i].x - item->x_mm100 / 100.0;
        bool same = !strncmp(word[i].text, first, strlen(word[i].text)) || !strncmp(first, word[i].text, strlen(first));
        bool row = word[i].y < (item->y_mm100 + item->h_mm100) / 100.0 && word[i].y > (item->y_mm100 - item->h_mm100) / 100.0;
        if (same && row && off > -TOLERANCE_MM && off < TOLERANCE_MM + fabs(inset)) return true;
    }
    return false;
}

static bool begins_word(const struct page *page, const struct page_item *item)
{
    if (item->kind != PAGE_TEXT || item->text[0] == ' ' || strchr("-+_<>&\"'", item->text[0])) return false;
    for (int i = 0; i < page->item_count; i++) { /* one that another run touches on the left is in the middle of a word */
        const struct page_item *other = &page->item[i];
        int gap = item->x_mm100 - (other->x_mm100 + other->w_mm100);
        if (other != item && other->kind == PAGE_TEXT && abs(other->y_mm100 - item->y_mm100) < 250 && gap > -100 && gap < 400) return false;
    }
    return true;
}

static int check_places(const struct page *page, const char *pdf, const char *form, const char *sample)
{
    static struct word word[4000];
    int pages, checked = 0, count = read_words(pdf, word, 4000, &pages);
    for (int i = 0; i < page->item_count; i++) {
        const struct page_item *item = &page->item[i];
        if (!begins_word(page, item)) continue;
        if (!stands(item, word, count))
            fail_msg("%s with %s: \"%s\" is not at %d, %d in the PDF", form, sample, item->text, item->x_mm100, item->y_mm100);
        checked++;
    }
    return checked;
}

static void each_template_is_drawn_with_each_sample_and_its_text_stands_where_it_says(void **state)
{
    static const int languages[] = {LANGUAGE_CHINESE, LANGUAGE_ENGLISH};
    char pdf[128];
    int checked = 0;
    snprintf(pdf, sizeof pdf, "%s/x.pdf", folder);
    for (size_t i = 0; i < SHIPPED; i++)
        for (int s = 0; s < 7 && shipped[i].samples[s]; s++)
            for (int l = 0; l < 2; l++) {
                struct error err;
                struct made made = make(shipped[i].form, shipped[i].samples[s], languages[l]);
                if (picture_pdf(pdf, (const struct page *const *)made.page, made.count, &err)) fail_msg("%s: %s", shipped[i].form, err.why);
                checked += check_places(made.page[0], pdf, shipped[i].form, shipped[i].samples[s]);
                print_pages_free(made.page, made.count);
            }
    assert_true(checked > 2000);
}

static void the_code_on_each_receipt_and_invoice_holds_the_payments_key(void **state)
{
    static const char *const forms[] = {"receipt-80", "receipt-58", "invoice-a4", "invoice-a5", "invoice-241", "prepay-80"};
    char png[128], command[300], read[200] = "";
    snprintf(png, sizeof png, "%s/x.png", folder);
    snprintf(command, sizeof command, "zbarimg -q --raw %s 2>/dev/null", png);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct error err;
        struct made made = make(forms[i], "receipt-prepay", LANGUAGE_CHINESE);
        if (picture_png(png, made.page[0], 203, &err)) fail_msg("%s: %s", forms[i], err.why);
        FILE *in = popen(command, "r");
        assert_non_null(in);
        if (!fgets(read, sizeof read, in)) read[0] = '\0';
        pclose(in);
        if (strcmp(read, "102/0311-0007/010000000417\n") != 0) fail_msg("%s holds \"%s\"", forms[i], read);
        print_pages_free(made.page, made.count);
    }
}

/* Printers with cells only: 576 and 384 dots of 203 dpi; a 24-pin printer with three pitches. */
static void forms_for_rolls_and_pins_fit_the_printers_they_are_for(void **state)
{
    static const struct page_device wide = {.name = "80 mm", .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300,
        .width_mm100 = 7207, .left_mm100 = 396, .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_QR};
    static const struct page_device narrow = {.name = "58 mm", .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300,
        .width_mm100 = 4805, .left_mm100 = 498, .style = PAGE_BOLD | PAGE_UNDER | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_QR};
    static const struct page_device pins = {.name = "24 pins", .x_dpi = 180, .y_dpi = 180, .cell_um = 2540, .row_um = 4233, .glyph_h_mm100 = 339,
        .cpi10 = {100, 120, 150}, .style = PAGE_BOLD, .can = PAGE_CAN_QR};
    for (size_t i = 0; i < SHIPPED; i++) {
        const char *last = strrchr(shipped[i].form, '-');
        const struct page_device *device = !last || !strcmp(last, "-241") || !strcmp(last, "-passbook") ? &pins : !strcmp(last, "-80") ? &wide : !strcmp(last, "-58") ? &narrow : NULL;
        if (!device || !strcmp(shipped[i].form, "paper-241")) continue;
        for (int s = 0; s < 7 && shipped[i].samples[s]; s++) {
            print_pages_free_all(make_for(device, shipped[i].form, shipped[i].samples[s], LANGUAGE_CHINESE));
            print_pages_free_all(make_for(device, shipped[i].form, shipped[i].samples[s], LANGUAGE_ENGLISH));
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
    static const char *const forms[] = {"receipt-80", "receipt-58", "invoice-a4", "invoice-a5", "invoice-241"};
    static const char *const must[] = {
        "3140226000", "00012346", "深州供电公司", "冀中农村商业银行", "永昌路支行", "0499110002", "李秀兰", "深州镇永昌路1号", "966472737888", "居民生活",
        "2026-05", "1000", "1202", "202", "180x0.5200=93.60 22x0.5700=12.54", "106.14", "148", "15.71", "2026-10", "1957", "40.90", "￥539.89",
        "伍佰叁拾玖元捌角玖分", "600.00", "60.11", "0712", "王敏", "2026-11-20 10:42:07", "01-0000000417", "8H2K91", "已入账"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct made made = make(forms[i], "receipt", LANGUAGE_CHINESE);
        char *text = all_text(made.page[0]);
        for (size_t m = 0; m < sizeof must / sizeof *must; m++) {
            bool tiers = strchr(must[m], 'x') != NULL; /* in two lines, or with short prices, there */
            bool narrow = tiers && (!strcmp(forms[i], "receipt-58") || !strcmp(forms[i], "invoice-241"));
            if (!narrow && !strstr(text, must[m])) fail_msg("%s does not say %s", forms[i], must[m]);
        }
        free(text);
        print_pages_free(made.page, made.count);
    }
}

static void a_reprint_says_so_with_its_count(void **state)
{
    static const char *const forms[] = {"receipt-80", "receipt-58", "invoice-a4", "invoice-a5"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct made made = make(forms[i], "receipt-long", LANGUAGE_ENGLISH);
        char *text = all_text(made.page[0]);
        assert_non_null(strstr(text, "REPRINT 2\n"));
        free(text);
        print_pages_free(made.page, made.count);
        made = make(forms[i], "receipt", LANGUAGE_ENGLISH);
        text = all_text(made.page[0]);
        assert_null(strstr(text, "REPRINT"));
        free(text);
        print_pages_free(made.page, made.count);
    }
}

static void twelve_bills_stand_on_one_invoice_thirteen_are_refused(void **state)
{
    json_t *data = json_load_file(SAMPLES "receipt-twelve.json", 0, NULL);
    json_array_append(json_object_get(data, "bills"), json_array_get(json_object_get(data, "bills"), 0));
    static const char *const forms[] = {"receipt-80", "invoice-a4", "invoice-a5", "invoice-241"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct error err = {0};
        struct page *page;
        struct print_request request = {.data = data, .device = picture_device(), .form = print_set_find(set, forms[i], LANGUAGE_CHINESE, &err)};
        request.media = print_set_media(set, NULL, request.form, &err);
        assert_int_equal(print_place(&request, &page, &err), -1);
        assert_non_null(strstr(err.why, "13 rows"));
    }
    json_decref(data);
}

static void long_reports_and_passbooks_go_on_on_the_next_page(void **state)
{
    struct made made = make("teller-day-a4", "teller-long", LANGUAGE_CHINESE);
    assert_int_equal(made.count, 3); /* 23 lines to be explained, ten a page */
    char *text = all_text(made.page[2]);
    assert_non_null(strstr(text, "01-0000000422"));
    assert_null(strstr(text, "01-0000000419"));
    free(text);
    print_pages_free(made.page, made.count);
    made = make("passbook", "passbook-long", LANGUAGE_CHINESE);
    assert_int_equal(made.count, 2);
    assert_int_equal(made.page[0]->rows_placed, 24);
    assert_int_equal(made.page[1]->rows_placed, 6);
    print_pages_free(made.page, made.count);
}

static void a_receipt_in_the_terminal_is_as_on_paper(void **state)
{
    struct made made = make("receipt-80", "receipt-one", LANGUAGE_CHINESE);
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
    print_pages_free(made.page, made.count);
}

static int open_set(void **state)
{
    struct error err;
    set = print_set_open(FOLDER, &err);
    return set && mkdtemp(folder) ? 0 : -1;
}

static int close_set(void **state)
{
    char command[128];
    print_set_close(set);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static void no_file_of_the_folder_is_refused_and_each_form_has_its_media(void **state)
{
    for (size_t i = 0; i < print_set_count(set); i++) {
        const char *path;
        const struct error *fault;
        const struct template_file *file = print_set_file(set, i, &path, &fault);
        if (!file) fail_msg("%s: %s", fault->where, fault->why);
        for (int f = 0; f < file->form_count; f++) {
            size_t known = 0;
            while (known < SHIPPED && strcmp(shipped[known].form, file->form[f].name) != 0) known++;
            if (known == SHIPPED) fail_msg("%s of %s is tested by nobody", file->form[f].name, path);
        }
    }
    struct error err = {0};
    assert_null(print_set_find(set, "no-such", LANGUAGE_CHINESE, &err));
    assert_non_null(strstr(err.why, "no-such"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_of_the_folder_is_refused_and_each_form_has_its_media),
        cmocka_unit_test(each_template_is_drawn_with_each_sample_and_its_text_stands_where_it_says),
        cmocka_unit_test(forms_for_rolls_and_pins_fit_the_printers_they_are_for),
        cmocka_unit_test(the_code_on_each_receipt_and_invoice_holds_the_payments_key),
        cmocka_unit_test(an_invoice_carries_all_that_it_must),
        cmocka_unit_test(a_reprint_says_so_with_its_count),
        cmocka_unit_test(twelve_bills_stand_on_one_invoice_thirteen_are_refused),
        cmocka_unit_test(long_reports_and_passbooks_go_on_on_the_next_page),
        cmocka_unit_test(a_receipt_in_the_terminal_is_as_on_paper),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
