#include "lib/passbook.h"

#include <math.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <string.h>

#define DPI 180.0
#define LOADED_MM 4.2 /* where the head stands once the book is loaded: the flat-bed profiles' */
#define LEAF_W_MM 130
#define LEAF_H_MM 180
#define FOLD_Y_MM 85
#define FOLD_H_MM 10
#define FIRST_MM 13.0
#define LINE_MM 6.0
#define ABOVE 12
#define SCALE 5 /* pixels a mm */

static double mm_of(int dots) { return dots * 25.4 / DPI; }
static double y_of(const struct escp_mark *m) { return LOADED_MM + mm_of(m->y); }

/* Lines from the top of the first one; those that would touch the fold go on below it. */
static double top_of(int line)
{
    double y = FIRST_MM + (line - 1) * LINE_MM;
    return line <= ABOVE ? y : FOLD_Y_MM + FOLD_H_MM + (line - ABOVE - 1) * LINE_MM;
}

static int line_at(double y_mm)
{
    for (int line = 1; line <= BOOK_LINES; line++)
        if (y_mm >= top_of(line) - 0.2 && y_mm < top_of(line) + LINE_MM - 0.2) return line;
    return 0;
}

bool book_read(const struct escp_sheet *sheet, struct book_page *page, char problem[128])
{
    memset(page, 0, sizeof *page);
    problem[0] = 0;
    for (int i = 0; i < sheet->marks; i++) {
        const struct escp_mark *m = &sheet->mark[i];
        int line = line_at(y_of(m));
        if (line == 0) {
            snprintf(problem, 128, "\"%.40s\" at %.1f mm is on no line", m->text, y_of(m));
            return false;
        }
        size_t at = strlen(page->line[line]);
        snprintf(page->line[line] + at, sizeof page->line[line] - at, "%s%s", at ? " " : "", m->text);
    }
    return true;
}

static void rules(cairo_t *cr)
{
    cairo_set_source_rgb(cr, 0.98, 0.96, 0.90);
    cairo_paint(cr);
    cairo_set_source_rgb(cr, 0.90, 0.86, 0.78);
    cairo_rectangle(cr, 0, FOLD_Y_MM * SCALE, LEAF_W_MM * SCALE, FOLD_H_MM * SCALE);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 0.75, 0.82, 0.85);
    cairo_set_line_width(cr, 1);
    for (int line = 1; line <= BOOK_LINES; line++) {
        cairo_move_to(cr, 4 * SCALE, (top_of(line) + LINE_MM) * SCALE);
        cairo_line_to(cr, (LEAF_W_MM - 4) * SCALE, (top_of(line) + LINE_MM) * SCALE);
    }
    cairo_stroke(cr);
}

static void put(cairo_t *cr, PangoLayout *layout, const struct escp_mark *m)
{
    int w, h;
    pango_layout_set_text(layout, m->text, -1);
    pango_layout_get_pixel_size(layout, &w, &h);
    double wide = mm_of(m->x_end - m->x) * SCALE;
    cairo_save(cr);
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.3);
    cairo_translate(cr, mm_of(m->x) * SCALE, y_of(m) * SCALE);
    if (w > 0 && wide > 0) cairo_scale(cr, wide / w, 1);
    pango_cairo_show_layout(cr, layout);
    if (m->bold) {
        cairo_translate(cr, 1, 0);
        pango_cairo_show_layout(cr, layout);
    }
    cairo_restore(cr);
}

int book_png(const struct escp_sheet *sheet, const char *path)
{
    cairo_surface_t *paper = cairo_image_surface_create(CAIRO_FORMAT_RGB24, LEAF_W_MM * SCALE, LEAF_H_MM * SCALE);
    cairo_t *cr = cairo_create(paper);
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string("WenQuanYi Micro Hei Mono");
    pango_font_description_set_absolute_size(font, 3.3 * SCALE * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    rules(cr);
    for (int i = 0; i < sheet->marks; i++) put(cr, layout, &sheet->mark[i]);
    int status = cairo_surface_write_to_png(paper, path) == CAIRO_STATUS_SUCCESS ? 0 : -1;
    pango_font_description_free(font);
    g_object_unref(layout);
    cairo_destroy(cr);
    cairo_surface_destroy(paper);
    return status;
}
