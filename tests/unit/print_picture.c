/* Pictures read back by programs that are not ours: text and its place by pdftotext,
 * codes by zbarimg. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "drivers/code128.h"
#include "drivers/picture.h"

static char folder[] = "/tmp/gridteller-picture-XXXXXX";

static const char *in_folder(const char *name)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

/* What a command prints. */
static char *output(const char *program, const char *path, const char *rest)
{
    char command[400], *text = calloc(1, 65536);
    snprintf(command, sizeof command, "%s %s %s", program, path, rest);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    size_t len = fread(text, 1, 65535, in);
    text[len] = '\0';
    pclose(in);
    return text;
}

static void add_text(struct page *page, const char *text, int x, int y, int cell_um, unsigned style)
{
    const struct page_item item = {.kind = PAGE_TEXT, .text = text, .x_mm100 = x, .y_mm100 = y, .h_mm100 = 300, .cell_um = cell_um, .style = style};
    assert_non_null(page_add(page, &item, NULL));
}

static void a_pdf_says_what_stands_where(void **state)
{
    struct page *page = page_new(10000, 6000, PAGE_SHEET);
    struct error err;
    add_text(page, "0499110001", 1000, 1000, 1500, 0);
    add_text(page, "国营深州市", 2000, 3000, 1500, PAGE_BOLD);
    const char *path = in_folder("a.pdf");
    if (picture_pdf(path, (const struct page *const[]){page}, 1, &err)) fail_msg("%s", err.why);
    char *box = output("pdftotext -bbox", path, "-");
    double x, y, right;
    const char *word = strstr(box, ">0499110001<");
    assert_non_null(word);
    while (strncmp(word, "<word", 5) != 0) word--;
    assert_int_equal(sscanf(word, "<word xMin=\"%lf\" yMin=\"%lf\" xMax=\"%lf\"", &x, &y, &right), 3);
    const double mm = 72 / 25.4;
    assert_true(x / mm > 9.5 && x / mm < 10.5);
    assert_true(right / mm > 24.5 && right / mm < 25.5); /* ten cells of 1.5 mm */
    assert_non_null(strstr(box, ">国营深州市<"));
    free(box);
    page_free(page);
}

static void codes_are_read_back(void **state)
{
    struct page *page = page_new(8000, 6000, PAGE_ROLL);
    struct error err;
    const struct page_item qr = {.kind = PAGE_QR, .text = "102/0311-0007/010000000417", .x_mm100 = 500, .y_mm100 = 500, .w_mm100 = 2500, .h_mm100 = 2500};
    const struct page_item bars = {.kind = PAGE_BARCODE, .text = "A-0499110001", .x_mm100 = 700, .y_mm100 = 4000, .w_mm100 = 6000, .h_mm100 = 1200};
    page_add(page, &qr, NULL);
    page_add(page, &bars, NULL);
    const char *path = in_folder("codes.png");
    if (picture_png(path, page, 203, &err)) fail_msg("%s", err.why);
    char *read = output("zbarimg -q", path, "2>/dev/null");
    assert_non_null(strstr(read, "QR-Code:102/0311-0007/010000000417\n"));
    assert_non_null(strstr(read, "CODE-128:A-0499110001\n"));
    free(read);
    page_free(page);
}

static void names_with_rare_characters_are_printed_and_what_no_font_has_is_refused(void **state)
{
    assert_true(picture_has(0x4dae));  /* 䶮 */
    assert_true(picture_has(0x20bb7)); /* 𠮷 */
    assert_true(picture_has(0x9555));  /* 镕 */
    assert_false(picture_has(0x0e01)); /* a Thai letter */
    struct error err = {0};
    struct page *page = page_new(8000, 2000, PAGE_ROLL);
    add_text(page, "𠮷田䶮", 500, 500, 1500, 0);
    const char *path = in_folder("rare.pdf");
    assert_int_equal(picture_pdf(path, (const struct page *const[]){page}, 1, &err), 0);
    char *text = output("pdftotext", path, "-");
    assert_non_null(strstr(text, "𠮷田䶮"));
    free(text);
    add_text(page, "นาย A", 500, 1000, 1500, 0);
    path = in_folder("thai.png");
    assert_int_equal(picture_png(path, page, 100, &err), -1);
    assert_non_null(strstr(err.why, "lacks 3 of the characters"));
    assert_int_equal(access(path, F_OK), -1); /* no half file */
    assert_int_equal(access(in_folder("thai.png.part"), F_OK), -1);
    page_free(page);
}

static bool only_rules(const struct page_item *item, void *ctx) { return item->kind == PAGE_RULE; }

static void a_band_for_a_printer_has_its_dots(void **state)
{
    struct page *page = page_new(8000, 2000, PAGE_ROLL);
    const struct page_item rule = {.kind = PAGE_RULE, .x_mm100 = 1000, .y_mm100 = 500, .w_mm100 = 1000, .h_mm100 = 5};
    page_add(page, &rule, NULL);
    add_text(page, "户", 3000, 500, 1500, 0);
    struct picture_band band = {.left_mm100 = 396, .w_dots = 576, .y_mm100 = 400, .h_mm100 = 500, .x_dpi = 203, .y_dpi = 203};
    struct error err;
    uint8_t *bits;
    int rows;
    assert_int_equal(picture_bitmap(page, &band, &bits, &rows, &err), 0);
    assert_int_equal(rows, 40);
    int black = 0, text_black = 0;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < 576; x++) {
            int on = bits[y * 72 + x / 8] >> (7 - x % 8) & 1;
            black += on;
            if (x > 200) text_black += on;
        }
    assert_in_range(black - text_black, 78, 82); /* 10 mm are 80 dots, and never thinner than one */
    assert_in_range(text_black, 60, 300);
    free(bits);
    band.want = only_rules;
    assert_int_equal(picture_bitmap(page, &band, &bits, &rows, &err), 0);
    int again = 0;
    for (int i = 0; i < rows * 72; i++)
        for (int b = 0; b < 8; b++) again += bits[i] >> b & 1;
    assert_int_equal(again, black - text_black);
    free(bits);
    page_free(page);
}

static void bar_codes_are_as_the_standard_has_them(void **state)
{
    uint8_t widths[CODE128_BARS_MAX];
    int sum = 0, count = code128_encode("PJJ123C", widths, sizeof widths);
    for (int i = 0; i < count; i++) sum += widths[i];
    assert_int_equal(sum, 7 * 11 + 35);
    count = code128_encode("0123456789", widths, sizeof widths); /* pairs: half as long */
    for (sum = 0; count-- > 0;) sum += widths[count];
    assert_int_equal(sum, 5 * 11 + 35);
    assert_int_equal(code128_encode("", widths, sizeof widths), -1);
    assert_int_equal(code128_encode("户", widths, sizeof widths), -1);
}

static void a_picture_that_cannot_be_written_says_why(void **state)
{
    struct page *page = page_new(8000, 2000, PAGE_ROLL);
    struct error err = {0};
    assert_int_equal(picture_png("/no/such/folder/a.png", page, 100, &err), -1);
    assert_string_equal(err.where, "/no/such/folder/a.png");
    assert_int_equal(picture_png(in_folder("x.png"), page, 5000, &err), -1);
    struct page_bitmap image;
    uint8_t *bits;
    assert_int_equal(picture_load("Makefile", &image, &bits, &err), -1);
    assert_string_equal(err.where, "Makefile");
    page_free(page);
}

static int open_folder(void **state) { return mkdtemp(folder) ? 0 : -1; }

static int close_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pdf_says_what_stands_where),
        cmocka_unit_test(codes_are_read_back),
        cmocka_unit_test(names_with_rare_characters_are_printed_and_what_no_font_has_is_refused),
        cmocka_unit_test(a_band_for_a_printer_has_its_dots),
        cmocka_unit_test(bar_codes_are_as_the_standard_has_them),
        cmocka_unit_test(a_picture_that_cannot_be_written_says_why),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
