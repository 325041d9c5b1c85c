/* What our ESC/P bytes paint, dot for dot, beside what ghostscript's `epson` device makes of the
 * same page's PDF: another renderer, another generator of ESC/P, read by the same printer. Each
 * field's ink stands in the same place within half a millimetre, drawn by us or in the printer's
 * own characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "drivers/picture.h"
#include "lib/escp_read.h"
#include "lib/shipped.h"

#define PROFILE "epson-lq1600k3"
#define DPI 180
#define W 1800
#define H 1020
#define HALF_MM 3 /* dots: 0.42 mm */
#define AROUND 1

struct sheet { uint8_t ink[H][W]; };
struct box { int left, top, right, bottom; };
static struct sheet ours, theirs;
/* Where the paper's corner is on theirs: ghostscript takes the head's own margins off, the same
 * for every page. Measured on the first one. */
static int origin_x, origin_y;
static char folder[] = "/tmp/gridteller-escp-XXXXXX";

/* --- paint -------------------------------------------------------------------------------- */

static void dot(struct sheet *s, int x, int y)
{
    if (x >= 0 && x < W && y >= 0 && y < H) s->ink[y][x] = 1;
}

static const struct escp_sheet *paint(const uint8_t *bytes, size_t len, int dx, int dy, struct sheet *s)
{
    static struct escp_sheet read;
    memset(&read, 0, sizeof read);
    memset(s, 0, sizeof *s);
    escp_read(bytes, len, &read);
    assert_string_equal(read.problem, "");
    for (int i = 0; i < read.marks; i++) {
        const struct escp_mark *m = &read.mark[i];
        for (int c = 0; m->columns && c < 24 * m->count; c++)
            if (m->columns[c / 24 * 3 + c % 24 / 8] & (0x80 >> (c % 8))) dot(s, m->x + dx + c / 24, m->y + dy + c % 24);
    }
    return &read;
}

/* Of the ink inside; false: none. */
static bool ink_in(const struct sheet *s, const struct box *in, struct box *out)
{
    *out = (struct box){W, H, -1, -1};
    for (int y = in->top > 0 ? in->top : 0; y < in->bottom && y < H; y++)
        for (int x = in->left > 0 ? in->left : 0; x < in->right && x < W; x++) {
            if (!s->ink[y][x]) continue;
            out->left = x < out->left ? x : out->left;
            out->right = x > out->right ? x : out->right;
            out->top = y < out->top ? y : out->top;
            out->bottom = y > out->bottom ? y : out->bottom;
        }
    return out->right >= 0;
}

static struct box box_of(const struct page_item *item, int around)
{
    return (struct box){page_dots_of_mm100(item->x_mm100, DPI) - around, page_dots_of_mm100(item->y_mm100, DPI) - around,
                        page_dots_of_mm100(item->x_mm100 + item->w_mm100, DPI) + around,
                        page_dots_of_mm100(item->y_mm100 + item->h_mm100, DPI) + around};
}

/* --- the two ------------------------------------------------------------------------------- */

static void paint_theirs(const struct page *page)
{
    static uint8_t bytes[1 << 21];
    char pdf[64], command[400];
    struct error err = {0};
    snprintf(pdf, sizeof pdf, "%s/page.pdf", folder);
    if (picture_pdf(pdf, &page, 1, &err)) fail_msg("%s", err.why);
    snprintf(command, sizeof command, "gs -q -dNOPAUSE -dBATCH -dSAFER -sDEVICE=epson -r180x180 -sOutputFile=- -c '<</.HWMargins [0 0 0 0]>> setpagedevice' -f %s", pdf);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    size_t len = fread(bytes, 1, sizeof bytes, in);
    assert_int_equal(pclose(in), 0);
    assert_true(len > 1000 && len < sizeof bytes);
    paint(bytes, len, origin_x, origin_y, &theirs);
}

static const struct escp_sheet *paint_ours(struct page *page, struct bytes *bytes)
{
    struct error err = {0};
    bytes->len = 0;
    if (backend_render(profile_find(PROFILE), page, 0, 0, bytes, &err)) fail_msg("%s: %s", err.where, err.why);
    return paint(bytes->at, bytes->len, 0, 0, &ours);
}

static bool solid(const struct page_item *item) { return item->kind == PAGE_TEXT && item->text[strspn(item->text, " ")]; }

static bool near(int a, int b) { return abs(a - b) <= HALF_MM; }

/* A QR is of whole dots and so smaller than its place: ink of one is no field's. */
static bool touches_code(const struct page *page, const struct box *b)
{
    for (int i = 0; i < page->item_count; i++) {
        struct box code = box_of(&page->item[i], AROUND);
        if (page->item[i].kind == PAGE_QR && b->left < code.right && b->right > code.left && b->top < code.bottom && b->bottom > code.top) return true;
    }
    return false;
}

/* Every character drawn by us: the ink of each field is theirs. */
static int drawn_alike(const struct page *page)
{
    int compared = 0;
    for (int i = 0; i < page->item_count; i++) {
        const struct page_item *item = &page->item[i];
        struct box where = box_of(item, AROUND), a, b;
        if (!solid(item) || item->text[0] == ' ' || touches_code(page, &where)) continue;
        bool both = ink_in(&ours, &where, &a) && ink_in(&theirs, &where, &b);
        if (!both) fail_msg("%s: \"%s\" is on one of the two only", page->form, item->text);
        if (!near(a.left, b.left) || !near(a.right, b.right) || !near(a.top, b.top) || !near(a.bottom, b.bottom))
            fail_msg("%s: \"%s\" stands at %d-%d, %d-%d, theirs at %d-%d, %d-%d (1/180 inch)", page->form, item->text, a.left, a.right, a.top, a.bottom,
                     b.left, b.right, b.top, b.bottom);
        compared++;
    }
    return compared;
}

/* In the printer's own characters: their ink lies in the cells that ours are printed in. */
static int cells_alike(const struct page *page, const struct escp_sheet *read)
{
    int compared = 0;
    for (int i = 0; i < page->item_count; i++) {
        const struct page_item *item = &page->item[i];
        struct box where = box_of(item, 0), ink, cells = {W, H, 0, 0};
        if (!solid(item) || item->raster || item->style & (PAGE_WIDE | PAGE_HIGH) || !ink_in(&theirs, &where, &ink)) continue;
        for (int m = 0; m < read->marks; m++) {
            const struct escp_mark *mark = &read->mark[m];
            bool here = !mark->columns && mark->y >= where.top - 1 && mark->y <= where.top + 1 && mark->x >= where.left - 1 && mark->x_end <= where.right + 2;
            if (!here) continue;
            cells.left = mark->x < cells.left ? mark->x : cells.left;
            cells.right = mark->x_end > cells.right ? mark->x_end : cells.right;
            cells.top = mark->y;
            cells.bottom = mark->y + 24;
        }
        if (cells.right == 0) fail_msg("%s: \"%s\" is not printed where the page says", page->form, item->text);
        if (ink.left < cells.left - HALF_MM || ink.right > cells.right + HALF_MM || ink.top < cells.top - HALF_MM || ink.bottom > cells.bottom + HALF_MM)
            fail_msg("%s: the cells of \"%s\" are %d-%d, %d-%d, its ink %d-%d, %d-%d", page->form, item->text, cells.left, cells.right, cells.top,
                     cells.bottom, ink.left, ink.right, ink.top, ink.bottom);
        compared++;
    }
    return compared;
}

static void draw_all(struct page *page)
{
    for (int i = 0; i < page->item_count; i++) page->item[i].raster = page->item[i].kind == PAGE_TEXT;
}

static void measure_origin(void)
{
    const struct box all = {0, 0, W, H};
    struct shipped_pages made = shipped_make(profile_device(profile_find(PROFILE)), "alignment-241", "alignment", LANGUAGE_ENGLISH);
    struct bytes bytes = {0};
    struct box a, b;
    draw_all(made.page[0]);
    paint_ours(made.page[0], &bytes);
    paint_theirs(made.page[0]);
    assert_true(ink_in(&ours, &all, &a) && ink_in(&theirs, &all, &b));
    origin_x = a.right - b.right;
    origin_y = a.bottom - b.bottom;
    assert_true(abs(origin_x) < DPI / 2 && abs(origin_y) < DPI / 2);
    bytes_free(&bytes);
    shipped_free(made);
}

static void each_field_stands_where_ghostscript_puts_it(void **state)
{
    static const char *const forms[][2] = {{"invoice-241", "receipt-long"}, {"receipt-241", "receipt-twelve"}, {"alignment-241", "alignment"}, {"counterfeit-241", "counterfeit-long"}};
    int drawn = 0, cells = 0;
    measure_origin();
    for (int f = 0; f < 4; f++)
        for (int l = 0; l < 2; l++) {
            struct shipped_pages made = shipped_make(profile_device(profile_find(PROFILE)), forms[f][0], forms[f][1], l ? LANGUAGE_ENGLISH : LANGUAGE_CHINESE);
            struct page *page = made.page[0];
            struct bytes bytes = {0};
            paint_theirs(page);
            cells += cells_alike(page, paint_ours(page, &bytes));
            draw_all(page);
            paint_ours(page, &bytes);
            drawn += drawn_alike(page);
            bytes_free(&bytes);
            shipped_free(made);
        }
    print_message("# %d fields drawn by both, %d in the printer's own characters\n", drawn, cells);
    assert_true(drawn > 600 && cells > 500);
}

static int open_all(void **state)
{
    shipped_open();
    return mkdtemp(folder) ? 0 : -1;
}

static int close_all(void **state)
{
    char command[64];
    shipped_close();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_field_stands_where_ghostscript_puts_it)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
