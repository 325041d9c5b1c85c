/* The pre-printed invoice as a 24-pin printer would strike it: our own ESC/P bytes read back,
 * struck dot by dot at 180 dpi, and measured against the template. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "lib/escp_read.h"
#include "print/place.h"
#include "print/set.h"

#define W 1800 /* ten inches */
#define H 1100
#define PINS 24
#define HALF_MM 4 /* dots: 0.56 mm */
#define FORM "invoice-241"

static uint8_t ink[H][W], may[H][W];
static struct print_set *set;
static char folder[] = "/tmp/gridteller-raster-XXXXXX";

static int open_set(void **state)
{
    struct error err;
    set = print_set_open("printer-templates", &err);
    return set && mkdtemp(folder) ? 0 : -1;
}

static int close_set(void **state)
{
    char command[64];
    print_set_close(set);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static int dots(int mm100) { return page_dots_of_mm100(mm100, 180); }

static void fill(uint8_t map[H][W], int x, int y, int w, int h)
{
    for (int r = y < 0 ? 0 : y; r < y + h && r < H; r++)
        for (int c = x < 0 ? 0 : x; c < x + w && c < W; c++) map[r][c] = 1;
}

/* A character strikes its cell; a strip its own dots. A flat bed takes the sheet in to its first line. */
static void strike(const struct escp_sheet *sheet, const struct profile *profile)
{
    int down = profile->dialect->inserted ? dots(profile_device(profile)->top_mm100) : 0;
    memset(ink, 0, sizeof ink);
    for (int i = 0; i < sheet->marks; i++) {
        const struct escp_mark *m = &sheet->mark[i];
        if (m->text[0] && strspn(m->text, " ") != strlen(m->text)) fill(ink, m->x, down + m->y, m->x_end - m->x, PINS);
        for (int c = 0; c < m->count; c++)
            for (int bit = 0; bit < PINS; bit++)
                if (m->columns[3 * c + bit / 8] & (0x80 >> (bit % 8)) && down + m->y + bit < H && m->x + c < W) ink[down + m->y + bit][m->x + c] = 1;
    }
}

/* Where the template lets ink stand, half a millimetre around. */
static void allow(const struct template_form *form, const struct profile *profile)
{
    const struct page_device *d = profile_device(profile);
    memset(may, 0, sizeof may);
    for (int i = 0; i < form->field_count; i++) {
        const struct template_field *f = &form->field[i];
        int times = f->index[0] ? f->index[0] : 1;
        for (int n = 0; n < times && !f->follows; n++) {
            int x = dots(template_x_mm100(&form->unit, d, f->position[0] + n * f->index[1]));
            int y = dots(template_y_mm100(&form->unit, d, f->position[1] + n * f->index[2]));
            int w = dots(template_x_mm100(&form->unit, d, f->size[0])), h = dots(template_y_mm100(&form->unit, d, f->size[1]));
            fill(may, x - HALF_MM, y - HALF_MM, w + 2 * HALF_MM, h + 2 * HALF_MM);
        }
    }
    for (int i = 0; i < form->frame_count; i++) {
        const struct template_frame *f = &form->frame[i];
        fill(may, dots(template_x_mm100(&form->unit, d, f->position[0])) - HALF_MM, dots(template_y_mm100(&form->unit, d, f->position[1])) - HALF_MM,
             dots(template_x_mm100(&form->unit, d, f->size[0])) + 2 * HALF_MM, dots(template_y_mm100(&form->unit, d, f->size[1])) + 2 * HALF_MM);
    }
}

static int struck(int x, int y, int w, int h)
{
    int count = 0;
    for (int r = y < 0 ? 0 : y; r < y + h && r < H; r++)
        for (int c = x < 0 ? 0 : x; c < x + w && c < W; c++) count += ink[r][c];
    return count;
}

static struct page *placed(const struct profile *profile, const char *sample, int language, const struct template_form **form)
{
    char path[128];
    struct error err = {0};
    struct page *page = NULL;
    snprintf(path, sizeof path, "printer-templates/sample/%s.json", sample);
    json_t *data = json_load_file(path, 0, NULL);
    struct print_request request = {.form = *form = print_set_find(set, FORM, language, &err), .data = data, .device = profile_device(profile)};
    request.media = print_set_media(set, NULL, request.form, &err);
    if (print_place(&request, &page, &err)) fail_msg("%s: %s: %s", sample, err.where, err.why);
    json_decref(data);
    return page;
}

/* Its ink lies in the fields, and every piece of the page left some. */
static void measure(const char *model, const char *sample, int language)
{
    static struct escp_sheet sheet;
    const struct profile *profile = profile_find(model);
    const struct template_form *form;
    struct bytes out = {0};
    struct error err = {0};
    struct page *page = placed(profile, sample, language, &form);
    if (backend_render(profile, page, 0, 0, &out, &err)) fail_msg("%s: %s", err.where, err.why);
    memset(&sheet, 0, sizeof sheet);
    escp_read(out.at, out.len, &sheet);
    assert_string_equal(sheet.problem, "");
    strike(&sheet, profile);
    allow(form, profile);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            if (ink[y][x] && !may[y][x]) fail_msg("%s on %s: ink at %.1f, %.1f mm, where no field is", sample, model, x * 25.4 / 180, y * 25.4 / 180);
    for (int i = 0; i < page->item_count; i++) {
        const struct page_item *item = &page->item[i];
        int w = dots(item->w_mm100), h = dots(item->h_mm100);
        if (item->kind == PAGE_TEXT && strspn(item->text, " ") == strlen(item->text)) continue;
        if (struck(dots(item->x_mm100), dots(item->y_mm100), w > 0 ? w : 1, h > 0 ? h : 1) == 0)
            fail_msg("%s on %s: %s is not on paper", sample, model, item->field);
    }
    page_free(page);
    bytes_free(&out);
}

static const char *const wide[] = {"epson-lq1600k3", "epson-lq1600k", "epson-plq20"};

static void ink_lies_in_its_fields_with_ordinary_long_and_rare_names(void **state)
{
    static const char *const samples[] = {"receipt", "receipt-long", "receipt-rare", "receipt-latin", "receipt-twelve", "receipt-prepay"};
    for (size_t m = 0; m < sizeof wide / sizeof wide[0]; m++)
        for (size_t s = 0; s < sizeof samples / sizeof samples[0]; s++) {
            measure(wide[m], samples[s], LANGUAGE_CHINESE);
            measure(wide[m], samples[s], LANGUAGE_ENGLISH);
        }
}

/* What the pins struck is read by a scanner. */
static void the_code_can_be_scanned(void **state)
{
    static struct escp_sheet sheet;
    const struct profile *profile = profile_find(wide[0]);
    const struct template_form *form;
    char path[128], command[200], read[200] = "";
    struct bytes out = {0};
    struct page *page = placed(profile, "receipt", LANGUAGE_CHINESE, &form);
    assert_int_equal(backend_render(profile, page, 0, 0, &out, NULL), 0);
    memset(&sheet, 0, sizeof sheet);
    escp_read(out.at, out.len, &sheet);
    strike(&sheet, profile);
    snprintf(path, sizeof path, "%s/sheet.pgm", folder);
    FILE *pgm = fopen(path, "w");
    assert_non_null(pgm);
    fprintf(pgm, "P5\n%d %d\n255\n", W, H);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) fputc(ink[y][x] ? 0 : 255, pgm);
    assert_int_equal(fclose(pgm), 0);
    snprintf(command, sizeof command, "zbarimg -q --raw %s 2>/dev/null", path);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    if (!fgets(read, sizeof read, in)) read[0] = 0;
    pclose(in);
    assert_string_equal(read, "102/0311-0007/010000000417\n");
    page_free(page);
    bytes_free(&out);
}

/* Two tenths of a millimetre are two tenths on paper, not a cell. */
static void an_offset_moves_the_ink_by_just_that(void **state)
{
    static struct escp_sheet straight, moved;
    const struct profile *profile = profile_find(wide[0]);
    const struct template_form *form;
    struct bytes a = {0}, b = {0};
    struct page *page = placed(profile, "receipt", LANGUAGE_CHINESE, &form);
    assert_int_equal(backend_render(profile, page, 0, 0, &a, NULL), 0);
    assert_int_equal(backend_render(profile, page, 10, 5, &b, NULL), 0); /* 1.0 mm right, 0.5 mm down */
    memset(&straight, 0, sizeof straight);
    memset(&moved, 0, sizeof moved);
    escp_read(a.at, a.len, &straight);
    escp_read(b.at, b.len, &moved);
    assert_int_equal(straight.marks, moved.marks);
    for (int i = 0; i < straight.marks; i++) {
        assert_in_range(moved.mark[i].x - straight.mark[i].x, 6, 8); /* 7.1 dots */
        assert_in_range(moved.mark[i].y - straight.mark[i].y, 2, 5); /* 3.5 */
    }
    page_free(page);
    bytes_free(&a);
    bytes_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ink_lies_in_its_fields_with_ordinary_long_and_rare_names),
        cmocka_unit_test(the_code_can_be_scanned),
        cmocka_unit_test(an_offset_moves_the_ink_by_just_that),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
