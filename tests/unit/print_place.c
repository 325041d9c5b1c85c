/* Placing: what stands where, what grows, what is left out, and what is refused before
 * any paper moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "print/place.h"
#include "print/words.h"

#define SHEET "XFSMEDIA \"sheet\" BEGIN UNIT MM, 10, 10 SIZE 1000, 600 PRINTAREA 50, 50, 900, 500 END\n"
#define ROLL "XFSMEDIA \"roll\" BEGIN UNIT MM, 100, 100 SIZE 8000, 0 PRINTAREA 400, 200, 7205, 0 END\n"
#define BOOK                                                                                                               \
    "XFSMEDIA \"book\" BEGIN TYPE PASSBOOK UNIT MM, 10, 10 SIZE 1300, 1800 RESTRICTED 0, 850, 1300, 100 FOLD HORIZONTAL "    \
    "LINES 24 END\n"
#define MM(body) "XFSFORM \"f\" BEGIN UNIT MM, 10, 10 SIZE 1000, 600 LANGUAGE 1033\n" body "END\n" SHEET
#define RC(body) "XFSFORM \"f\" BEGIN UNIT ROWCOLUMN, 1, 1 SIZE 48, 30 LANGUAGE 2052\n" body "END\n" ROLL
#define FIELD(name, rest) "XFSFIELD \"" name "\" BEGIN " rest " END\n"

/* A thermal printer of 203 dpi with a GB2312-like font: neither 䶮 nor ¥, the first as a picture. */
static enum page_glyph glyph(const void *ctx, uint32_t cp)
{
    if (cp == 0x4dae) return PAGE_GLYPH_RASTER;
    return cp == 0xa5 ? PAGE_GLYPH_NONE : PAGE_GLYPH_FONT;
}
static const struct page_device thermal = {
    .name = "thermal", .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300, .width_mm100 = 7207,
    .left_mm100 = 396, .style = PAGE_BOLD | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_QR, .glyph = glyph,
};
static const struct page_device pins = {
    .name = "pins", .x_dpi = 180, .y_dpi = 180, .cell_um = 2540, .row_um = 4233, .glyph_h_mm100 = 339,
    .cpi10 = {100, 120, 150}, .style = PAGE_BOLD, .top_mm100 = 420,
};

struct trial {
    const char *text, *data;
    const struct page_device *device;
    int offset_x, first_row, first_line;
    bool may_continue;
};

static struct page *place(const struct trial *trial, struct error *err)
{
    struct template_file *file;
    struct page *page = NULL;
    if (template_read("t", trial->text, strlen(trial->text), &file, err)) fail_msg("%s %s", err->where, err->why);
    json_t *data = json_loads(trial->data ? trial->data : "{}", 0, NULL);
    assert_non_null(data);
    const struct print_request request = {
        .form = &file->form[0], .media = &file->media[0], .data = data, .device = trial->device ? trial->device : &thermal,
        .offset_x_mm10 = trial->offset_x, .first_row = trial->first_row, .first_line = trial->first_line, .may_continue = trial->may_continue};
    print_place(&request, &page, err);
    json_decref(data);
    template_free(file);
    return page;
}

static struct page *placed(const struct trial *trial)
{
    struct error err = {0};
    struct page *page = place(trial, &err);
    if (!page) fail_msg("%s: %s", err.where, err.why);
    return page;
}

static void refused(const struct trial *trial, const char *where, const char *why)
{
    struct error err = {0};
    struct page *page = place(trial, &err);
    assert_null(page);
    if (!strstr(err.where, where) || !strstr(err.why, why)) fail_msg("wanted %s: %s\n  got %s: %s", where, why, err.where, err.why);
    assert_string_equal(err.what, "page refused");
    assert_true(*err.remedy);
}

/* The nth item whose text is this; NULL: none. */
static const struct page_item *find(const struct page *page, const char *text)
{
    for (int i = 0; i < page->item_count; i++)
        if (page->item[i].text && !strcmp(page->item[i].text, text)) return &page->item[i];
    return NULL;
}

static void at(const struct page *page, const char *text, int x_mm100, int y_mm100)
{
    const struct page_item *item = find(page, text);
    if (!item) fail_msg("\"%s\" is not on the page", text);
    if (abs(item->x_mm100 - x_mm100) > 7 || abs(item->y_mm100 - y_mm100) > 7)
        fail_msg("\"%s\" stands at %d, %d and not at %d, %d", text, item->x_mm100, item->y_mm100, x_mm100, y_mm100);
}

static void millimetres_count_from_the_paper_and_columns_from_the_print_area(void **state)
{
    struct page *page = placed(&(struct trial){.text = MM(FIELD("a", "POSITION 100, 80 SIZE 300, 50 VERTICAL TOP")), .data = "{\"a\":\"x\"}", .device = &pins});
    at(page, "x", 1000, 800);
    page_free(page);
    page = placed(&(struct trial){.text = RC(FIELD("a", "POSITION 10, 2 SIZE 5, 1")), .data = "{\"a\":\"x\"}"});
    at(page, "x", 400 + 1501, 200 + 750);
    page_free(page);
}

static void text_stands_left_right_and_in_the_middle_a_hanzi_takes_two_cells(void **state)
{
    struct page *page = placed(&(struct trial){
        .text = RC(FIELD("a", "POSITION 0, 0 SIZE 48, 1 HORIZONTAL RIGHT") FIELD("b", "POSITION 0, 1 SIZE 48, 1 HORIZONTAL CENTER")
                       FIELD("c", "POSITION 0, 2 SIZE 48, 2 STYLE DOUBLE|DOUBLEHIGH|BOLD")),
        .data = "{\"a\":\"电费1.50\",\"b\":\"户名\",\"c\":\"电1\"}"});
    at(page, "电费1.50", 400 + 40 * 150, 200);
    at(page, "户名", 400 + 22 * 150, 200 + 375);
    const struct page_item *wide = find(page, "电1");
    assert_int_equal(wide->cell_um, 3002);
    assert_int_equal(wide->cells, 3);
    assert_int_equal(wide->w_mm100, 901);
    assert_int_equal(wide->h_mm100, 600);
    assert_int_equal(wide->style, PAGE_WIDE | PAGE_HIGH | PAGE_BOLD);
    page_free(page);
}

static void a_run_is_cut_into_pieces_of_one_width_each_with_its_own_place(void **state)
{
    struct page *page = placed(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 40, 1")), .data = "{\"a\":\"户A䶮b1\"}"});
    const struct page_item *item = find(page, "户A䶮b1");
    struct page_piece piece;
    size_t from = 0;
    assert_true(item->raster);
    static const struct { const char *text; int cells_before, cells; enum page_glyph glyph; } want[] = {
        {"户", 0, 2, PAGE_GLYPH_FONT}, {"A", 2, 1, PAGE_GLYPH_FONT}, {"䶮", 3, 2, PAGE_GLYPH_RASTER}, {"b1", 5, 2, PAGE_GLYPH_FONT}};
    for (int i = 0; i < 4; i++) {
        assert_true(page_piece_next(item, &thermal, &from, &piece));
        assert_int_equal(piece.len, strlen(want[i].text));
        assert_memory_equal(piece.text, want[i].text, piece.len);
        assert_int_equal(piece.x_mm100, item->x_mm100 + (want[i].cells_before * 1501 + 5) / 10);
        assert_int_equal(piece.cells, want[i].cells);
        assert_int_equal(piece.glyph, want[i].glyph);
    }
    assert_false(page_piece_next(item, &thermal, &from, &piece));
    page_free(page);
}

#define TEN "POSITION 0, 0 SIZE 10, 2 VERTICAL TOP OVERFLOW "
#define LONG "{\"a\":\"国营深州市，粮食库\"}"

static void what_is_too_long_is_what_its_overflow_says(void **state)
{
    refused(&(struct trial){.text = RC(FIELD("a", TEN "TERMINATE")), .data = LONG}, "\"a\" (line 2)", "needs 27.0 mm of width, its SIZE has 15.0");
    struct page *page = placed(&(struct trial){.text = RC(FIELD("a", TEN "TRUNCATE")), .data = LONG});
    at(page, "国营深州市", 400, 200);
    page_free(page);
    page = placed(&(struct trial){.text = RC(FIELD("a", TEN "OVERWRITE")), .data = LONG});
    at(page, "国营深州市，粮食库", 400, 200);
    page_free(page);
    /* no line begins with a comma */
    page = placed(&(struct trial){.text = RC(FIELD("a", TEN "WORDWRAP")), .data = LONG});
    at(page, "国营深州", 400, 200);
    at(page, "市，粮食库", 400, 575);
    page_free(page);
    refused(&(struct trial){.text = RC(FIELD("a", TEN "BESTFIT")), .data = LONG}, "\"a\"", "of width");
    page = placed(&(struct trial){.text = MM(FIELD("a", "POSITION 100, 80 SIZE 330, 50 CPI 10 OVERFLOW BESTFIT")), .data = LONG, .device = &pins});
    assert_int_equal(find(page, "国营深州市，粮食库")->cpi10, 150);
    page_free(page);
    refused(&(struct trial){.text = MM(FIELD("a", "POSITION 100, 80 SIZE 300, 50 CPI 10 OVERFLOW BESTFIT")), .data = LONG, .device = &pins}, "\"a\"", "of width");
}

static void latin_text_breaks_at_blanks(void **state)
{
    struct page *page = placed(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 12, 3 VERTICAL TOP OVERFLOW WORDWRAP")), .data = "{\"a\":\"O'Brien-Smith & Co. Ltd\"}"});
    at(page, "O'Brien-Smit", 400, 200); /* no blank in the first twelve */
    at(page, "h & Co. Ltd", 400, 575);
    page_free(page);
}

static void a_label_stands_only_with_its_datum(void **state)
{
    static const char text[] = RC(FIELD("label", "POSITION 0, 0 SIZE 20, 1 CLASS STATIC INITIALVALUE \"Late \"") FIELD("days", "FOLLOWS \"label\" FORMAT \"text?\"")
                                      FIELD("unit", "FOLLOWS \"days\" CLASS STATIC INITIALVALUE \" days\""));
    struct page *page = placed(&(struct trial){.text = text, .data = "{\"days\":26}"});
    at(page, "Late ", 400, 200);
    at(page, "26", 400 + 751, 200);
    at(page, " days", 400 + 1051, 200);
    page_free(page);
    page = placed(&(struct trial){.text = text, .data = "{\"days\":0}"});
    assert_int_equal(page->item_count, 0);
    page_free(page);
}

static void a_roll_grows_with_its_list_and_closes_up_what_is_missing(void **state)
{
    static const char text[] = RC(
        FIELD("l1", "POSITION 0, 0 SIZE 10, 1 CLASS STATIC INITIALVALUE \"Number\"") FIELD("number", "POSITION 10, 0 SIZE 10, 1")
        FIELD("bills.period", "POSITION 0, 2 SIZE 10, 1 INDEX 12, 0, 2") FIELD("bills.note", "POSITION 0, 3 SIZE 8, 1 INDEX 12, 0, 2 OVERFLOW WORDWRAP")
        FIELD("end", "POSITION 0, 5 SIZE 10, 1 CLASS STATIC INITIALVALUE \"End\""));
    struct page *page = placed(&(struct trial){.text = text, .data = "{\"number\":\"\",\"bills\":[{\"period\":\"05\"},{\"period\":\"06\",\"note\":\"abcdefgh ijk\"},{\"period\":\"07\"}]}"});
    assert_null(find(page, "Number"));
    at(page, "05", 400, 200 + 375);      /* the band above is gone, its gap below stays */
    at(page, "06", 400, 200 + 2 * 375);
    at(page, "ijk", 400, 200 + 4 * 375); /* the note took two rows */
    at(page, "07", 400, 200 + 5 * 375);
    at(page, "End", 400, 200 + 7 * 375);
    assert_int_equal(page->rows_placed, 3);
    /* the form's own empty rows stay below */
    assert_true(abs(page->h_mm100 - (200 + 8 * 375 + 24 * 375)) < 8);
    page_free(page);
    page = placed(&(struct trial){.text = text, .data = "{\"number\":\"7\",\"bills\":[]}"});
    at(page, "Number", 400, 200);
    at(page, "End", 400, 200 + 2 * 375);
    page_free(page);
}

#define LINES FIELD("lines.n", "POSITION 60, 130 SIZE 100, 60 INDEX 24, 0, 60 CPI 12 VERTICAL TOP CLASS REQUIRED")
#define PASSBOOK "XFSFORM \"f\" BEGIN UNIT MM, 10, 10 SIZE 1300, 1800\n" LINES "END\n" BOOK

static void passbook(char *data, size_t size, int count)
{
    size_t used = (size_t)snprintf(data, size, "{\"lines\":[");
    for (int i = 1; i <= count; i++) used += (size_t)snprintf(data + used, size - used, "%s{\"n\":\"L%d\"}", i > 1 ? "," : "", i);
    snprintf(data + used, size - used, "]}");
}

static void passbook_lines_begin_on_the_next_free_one_pass_the_fold_and_turn_the_page(void **state)
{
    char data[2000];
    passbook(data, sizeof data, 4);
    struct page *page = placed(&(struct trial){.text = PASSBOOK, .data = data, .first_line = 11, .device = &pins});
    at(page, "L1", 600, 1300 + 10 * 600);
    at(page, "L2", 600, 1300 + 11 * 600);
    at(page, "L3", 600, 9500); /* line 13: the first below the fold */
    at(page, "L4", 600, 9500 + 600);
    assert_int_equal(page->lines_from, 11);
    assert_int_equal(page->media, PAGE_PASSBOOK);
    page_free(page);
    passbook(data, sizeof data, 30);
    page = placed(&(struct trial){.text = PASSBOOK, .data = data, .first_line = 3, .may_continue = true, .device = &pins});
    assert_int_equal(page->rows_placed, 22);
    assert_int_equal(page->rows_left, 8);
    page_free(page);
    page = placed(&(struct trial){.text = PASSBOOK, .data = data, .first_row = 22, .may_continue = true, .device = &pins});
    at(page, "L23", 600, 1300);
    assert_int_equal(page->rows_left, 0);
    page_free(page);
    refused(&(struct trial){.text = PASSBOOK, .data = data, .device = &pins}, "\"lines.n\"", "30 rows, the form has room for 24");
    refused(&(struct trial){.text = PASSBOOK, .data = data, .first_line = 25, .device = &pins}, "\"lines.n\"", "line 25 is asked for");
}

static void nothing_is_printed_where_it_must_not(void **state)
{
    static const char fold[] = "XFSFORM \"f\" BEGIN UNIT MM, 10, 10 SIZE 1300, 1800\n" FIELD("a", "POSITION 60, 830 SIZE 100, 60 CPI 12") "END\n" BOOK;
    refused(&(struct trial){.text = fold, .data = "{\"a\":\"x\"}", .device = &pins}, "\"a\"", "RESTRICTED");
    refused(&(struct trial){.text = MM(FIELD("a", "POSITION 0, 100 SIZE 300, 50")), .data = "{\"a\":\"x\"}", .device = &pins}, "\"a\"", "outside the print area");
    static const char good[] = MM(FIELD("a", "POSITION 60, 100 SIZE 300, 50"));
    page_free(placed(&(struct trial){.text = good, .data = "{\"a\":\"x\"}", .device = &pins}));
    refused(&(struct trial){.text = good, .data = "{\"a\":\"x\"}", .device = &pins, .offset_x = -20}, "\"a\"", "outside the print area");
    refused(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 48, 1")), .data = "{\"a\":\"x\"}", .offset_x = -10}, "\"a\"", "outside the print area");
    struct page_device high = pins;
    high.top_mm100 = 2000;
    refused(&(struct trial){.text = good, .data = "{\"a\":\"x\"}", .device = &high}, "\"a\"", "cannot go up");
    struct page_device narrow = thermal;
    narrow.width_mm100 = 4805;
    refused(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 48, 1 HORIZONTAL RIGHT")), .data = "{\"a\":\"x\"}", .device = &narrow}, "\"a\"", "beyond the widest line");
}

static void what_a_device_cannot_print_is_refused_by_name(void **state)
{
    refused(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 9, 1")), .data = "{\"a\":\"¥5\"}"}, "\"a\"", "cannot print ¥ (U+00A5)");
    refused(&(struct trial){.text = RC("XFSFRAME \"g\" BEGIN POSITION 0, 0 SIZE 9, 0 END\n")}, "\"g\"", "draws no lines");
    refused(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 9, 9 TYPE BARCODE FONT \"CODE128\"")), .data = "{\"a\":\"1\"}"}, "\"a\"", "no bar codes");
    refused(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 9, 1 CPI 10")), .data = "{\"a\":\"1\"}"}, "\"a\"", "no pitch of 10");
    refused(&(struct trial){.text = MM(FIELD("a", "POSITION 60, 100 SIZE 300, 50 STYLE DOUBLE")), .data = "{\"a\":\"x\"}", .device = &pins}, "\"a\"", "no double size");
    refused(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 3, 1 TYPE BARCODE FONT \"QRCODE\"")), .data = "{\"a\":\"102/0311-0007/010000000417\"}"}, "\"a\"", "too small");
}

static void data_that_do_not_fit_the_form_are_refused(void **state)
{
#define ONE(rest) RC(FIELD("a", "POSITION 0, 0 SIZE 40, 1 " rest))
    refused(&(struct trial){.text = ONE("CLASS REQUIRED")}, "\"a\"", "REQUIRED and the data has none");
    refused(&(struct trial){.text = ONE("CLASS REQUIRED"), .data = "{\"a\":\"\"}"}, "\"a\"", "REQUIRED");
    refused(&(struct trial){.text = ONE("CLASS REQUIRED"), .data = "{\"a\":null}"}, "\"a\"", "REQUIRED");
    static const struct { const char *format, *value, *why; } wrong[] = {
        {"money", "\"12.00\"", "whole number of fen"}, {"money", "1.5", "whole number of fen"}, {"capital", "1000000000000", "more than an invoice"},
        {"date", "\"2026-02-30\"", "not a date"}, {"date", "20261120", "not a date"}, {"time", "\"25\"", "not a time"}, {"datetime", "\"2026-11-20\"", "not a time"},
        {"period", "\"202613\"", "not a period"}, {"tiers", "[{\"kwh\":\"x\"}]", "no kwh or price"}, {"kwh", "\"12\"", "whole number of kWh"},
        {"masked", "\"12 34\"", "letters and digits"}, {"text", "true", "neither a text nor a whole number"}, {"reprint", "\"2\"", "not a count"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[600], data[64];
        snprintf(text, sizeof text, RC("XFSFIELD \"a\" BEGIN POSITION 0, 0 SIZE 40, 1 FORMAT \"%s\" END\n"), wrong[i].format);
        snprintf(data, sizeof data, "{\"a\":%s}", wrong[i].value);
        refused(&(struct trial){.text = text, .data = data}, "\"a\"", wrong[i].why);
    }
    static const char list[] = RC(FIELD("b.c", "POSITION 0, 0 SIZE 9, 1"));
    refused(&(struct trial){.text = list, .data = "{\"b\":[{\"c\":1},{\"c\":2}]}"}, "\"b.c\"", "the field has no INDEX");
    page_free(placed(&(struct trial){.text = list, .data = "{\"b\":[{\"c\":1}]}"}));
    static const char two[] = RC(FIELD("b.c", "POSITION 0, 0 SIZE 9, 1 INDEX 1, 0, 1"));
    refused(&(struct trial){.text = two, .data = "{\"b\":[{\"c\":1},{\"c\":2}]}"}, "\"b.c\"", "2 rows, its INDEX allows 1");
}

static void a_datum_is_written_as_its_format_says(void **state)
{
    static const struct { const char *language, *format, *value, *text; } row[] = {
        {"1033", "money", "123450", "1234.50"}, {"1033", "money-grouped", "123450", "1,234.50"}, {"1033", "yuan", "5", "￥0.05"},
        {"1033", "capital", "600714", "陆仟零柒元壹角肆分"}, {"1033", "words", "53989", "Five Hundred Thirty-Nine Yuan 89 Fen"},
        {"1033", "date", "\"2026-11-20T10:42:07\"", "2026-11-20"}, {"2052", "date-long", "\"2026-11-20\"", "2026年11月20日"},
        {"1033", "date-long", "\"2026-11-20\"", "20 Nov 2026"}, {"1033", "time", "\"2026-11-20T10:42:07\"", "10:42:07"},
        {"1033", "datetime", "\"2026-11-20T10:42:07\"", "2026-11-20 10:42:07"}, {"2052", "period-long", "\"202610\"", "2026年10月"},
        {"1033", "period", "\"202610\"", "2026-10"}, {"2052", "class", "\"R\"", "居民生活"}, {"1033", "class", "\"Z\"", "Z"},
        {"2052", "state", "\"queued\"", "已收款，待送达供电公司"}, {"1033", "state", "\"posted\"", "Posted"}, {"2052", "reprint?", "2", "补打第2次"},
        {"1033", "reprint", "2", "REPRINT 2"}, {"1033", "masked", "\"6228480311000712345\"", "6228****2345"}, {"1033", "masked", "\"123\"", "****"},
        {"2052", "masked-name", "\"王建国\"", "*建国"}, {"2052", "again?", "1", "补登"}, {"2052", "kind", "\"withholding\"", "代扣电费"},
        {"1033", "tiers", "[{\"kwh\":180,\"price\":\"0.5200\",\"amount_fen\":9360},{\"kwh\":36,\"price\":\"0.5700\"}]", "180x0.5200=93.60 36x0.5700"},
        {"1033", "tiers-short", "[{\"kwh\":180,\"price\":\"0.5200\",\"amount_fen\":9360},{\"kwh\":36,\"price\":\"1.0000\"}]", "180x0.52=93.60 36x1.0"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char text[600], data[200];
        snprintf(text, sizeof text, "XFSFORM \"f\" BEGIN UNIT ROWCOLUMN, 1, 1 SIZE 48, 30 LANGUAGE %s XFSFIELD \"a\" BEGIN POSITION 0, 0 SIZE 48, 1 FORMAT \"%s\" END END " ROLL, row[i].language, row[i].format);
        snprintf(data, sizeof data, "{\"a\":%s}", row[i].value);
        struct page *page = placed(&(struct trial){.text = text, .data = data});
        if (!find(page, row[i].text)) fail_msg("%s of %s is %s", row[i].format, row[i].value, page->item_count ? page->item[0].text : "nothing");
        page_free(page);
    }
}

static void amounts_read_as_a_cheque_has_them(void **state)
{
    static const struct { int64_t fen; const char *words; } row[] = {
        {0, "Zero Yuan Only"}, {5, "Zero Yuan 5 Fen"}, {100, "One Yuan Only"}, {1900, "Nineteen Yuan Only"}, {2000, "Twenty Yuan Only"},
        {10000, "One Hundred Yuan Only"}, {100100, "One Thousand One Yuan Only"}, {100000000, "One Million Yuan Only"},
        {-150, "Minus One Yuan 50 Fen"},
        {999999999999, "Nine Billion Nine Hundred Ninety-Nine Million Nine Hundred Ninety-Nine Thousand Nine Hundred Ninety-Nine Yuan 99 Fen"}};
    char buf[WORDS_TEXT_SIZE];
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) assert_string_equal(words_amount(row[i].fen, buf, sizeof buf), row[i].words);
}

static void a_page_is_in_the_order_of_a_printer_that_only_feeds_forward(void **state)
{
    struct page *page = placed(&(struct trial){
        .text = RC(FIELD("c", "POSITION 20, 5 SIZE 9, 1") FIELD("a", "POSITION 9, 1 SIZE 9, 1") FIELD("b", "POSITION 0, 5 SIZE 9, 1") FIELD("d", "POSITION 0, 1 SIZE 9, 1")),
        .data = "{\"a\":\"a\",\"b\":\"b\",\"c\":\"c\",\"d\":\"d\"}"});
    char order[5] = "";
    for (int i = 0; i < page->item_count; i++) order[i] = page->item[i].text[0];
    assert_string_equal(order, "dabc");
    /* starts stand on dots */
    for (int i = 0; i < page->item_count; i++)
        assert_int_equal(page->item[i].x_mm100, page_mm100_of_dots(page_dots_of_mm100(page->item[i].x_mm100, 203), 203));
    page_free(page);
}

static void a_hundred_forms_in_inches_add_up(void **state)
{
    static const char text[] = "XFSFORM \"f\" BEGIN UNIT INCH, 60, 6 SIZE 570, 33\n" FIELD("a", "POSITION 60, 32 SIZE 60, 1") "END\n"
                               "XFSMEDIA \"t\" BEGIN TYPE MULTIPART UNIT INCH, 10, 10 SIZE 95, 55 END\n";
    struct page *page = placed(&(struct trial){.text = text, .data = "{\"a\":\"x\"}", .device = &pins});
    assert_int_equal(page->length_in360, 1980);
    assert_int_equal(100 * page->length_in360, 550 * 360);
    assert_int_equal(page->media, PAGE_MULTIPART);
    page_free(page);
}

static void what_customers_are_called_cannot_move_the_printer(void **state)
{
    struct page *page = placed(&(struct trial){.text = RC(FIELD("a", "POSITION 0, 0 SIZE 30, 1")), .data = "{\"a\":\"A\\u001b@B\\nC\\u202eD\"}"});
    assert_non_null(find(page, "A @B C D"));
    page_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(millimetres_count_from_the_paper_and_columns_from_the_print_area),
        cmocka_unit_test(text_stands_left_right_and_in_the_middle_a_hanzi_takes_two_cells),
        cmocka_unit_test(a_run_is_cut_into_pieces_of_one_width_each_with_its_own_place),
        cmocka_unit_test(what_is_too_long_is_what_its_overflow_says),
        cmocka_unit_test(latin_text_breaks_at_blanks),
        cmocka_unit_test(a_label_stands_only_with_its_datum),
        cmocka_unit_test(a_roll_grows_with_its_list_and_closes_up_what_is_missing),
        cmocka_unit_test(passbook_lines_begin_on_the_next_free_one_pass_the_fold_and_turn_the_page),
        cmocka_unit_test(nothing_is_printed_where_it_must_not),
        cmocka_unit_test(what_a_device_cannot_print_is_refused_by_name),
        cmocka_unit_test(data_that_do_not_fit_the_form_are_refused),
        cmocka_unit_test(a_datum_is_written_as_its_format_says),
        cmocka_unit_test(amounts_read_as_a_cheque_has_them),
        cmocka_unit_test(a_page_is_in_the_order_of_a_printer_that_only_feeds_forward),
        cmocka_unit_test(a_hundred_forms_in_inches_add_up),
        cmocka_unit_test(what_customers_are_called_cannot_move_the_printer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
