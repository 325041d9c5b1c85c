/* A terminal's cells drawn with cairo: PNG for the eye, SVG for the README. */
#include <cairo-svg.h>
#include <cairo.h>
#include <pango/pangocairo.h>
#include <string.h>

#include "lib/screen.h"

#define CELL_W 10
#define CELL_H 20
#define MARGIN 10
#define FONT "WenQuanYi Micro Hei Mono"
#define FONT_PX 16

struct ink { double r, g, b; };
static const struct ink paper = {1, 1, 1}, text_ink = {0.08, 0.08, 0.1}, alarm_ink = {0.75, 0.05, 0.05};

static struct ink ink_of(const struct term_cell *cell)
{
    bool red = cell->fg[0] > 120 && cell->fg[1] < 80 && cell->fg[2] < 80;
    return red ? alarm_ink : text_ink;
}

static void box(cairo_t *cr, struct ink ink, double x, double y, double w, double h)
{
    cairo_set_source_rgb(cr, ink.r, ink.g, ink.b);
    cairo_rectangle(cr, x, y, w, h);
    cairo_fill(cr);
}

/* Blocks fill their half of the cell, as terminals draw them whatever the font. */
static bool draw_block(cairo_t *cr, struct ink ink, const char *text, double x, double y, double w)
{
    if (strcmp(text, "█") == 0) box(cr, ink, x, y, w, CELL_H);
    else if (strcmp(text, "▀") == 0) box(cr, ink, x, y, w, CELL_H / 2);
    else if (strcmp(text, "▄") == 0) box(cr, ink, x, y + CELL_H / 2, w, CELL_H - CELL_H / 2);
    else return false;
    return true;
}

static void draw_cell(cairo_t *cr, PangoLayout *layout, const struct term_cell *cell, double x, double y)
{
    struct ink ink = ink_of(cell);
    double w = CELL_W * cell->width;
    if (cell->reverse) {
        box(cr, ink, x, y, w, CELL_H);
        ink = paper;
    }
    cairo_set_source_rgb(cr, ink.r, ink.g, ink.b);
    if (cell->text[0] != ' ' && !draw_block(cr, ink, cell->text, x, y, w)) {
        PangoAttrList *list = pango_attr_list_new();
        if (cell->bold) pango_attr_list_insert(list, pango_attr_weight_new(PANGO_WEIGHT_BOLD));
        pango_layout_set_attributes(layout, list);
        pango_attr_list_unref(list);
        pango_layout_set_text(layout, cell->text, -1);
        int got_w, got_h;
        pango_layout_get_pixel_size(layout, &got_w, &got_h);
        cairo_move_to(cr, x + (w - got_w) / 2, y + (CELL_H - got_h) / 2.0);
        pango_cairo_show_layout(cr, layout);
    }
    if (cell->underline) box(cr, ink, x, y + CELL_H - 2, w, 1);
}

static void draw(cairo_t *cr, const struct term *term)
{
    int row_at, col_at;
    PangoLayout *layout = pango_cairo_create_layout(cr);
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    pango_font_description_set_absolute_size(font, FONT_PX * PANGO_SCALE);
    pango_layout_set_font_description(layout, font);
    box(cr, paper, 0, 0, 2 * MARGIN + CELL_W * term_cols(term), 2 * MARGIN + CELL_H * term_rows(term));
    for (int row = 0; row < term_rows(term); row++)
        for (int col = 0; col < term_cols(term); col++) {
            struct term_cell cell;
            term_cell_at(term, row, col, &cell);
            if (cell.width) draw_cell(cr, layout, &cell, MARGIN + CELL_W * col, MARGIN + CELL_H * row);
        }
    term_cursor(term, &row_at, &col_at);
    cairo_set_source_rgba(cr, 0.1, 0.3, 0.8, 0.45);
    cairo_rectangle(cr, MARGIN + CELL_W * col_at, MARGIN + CELL_H * row_at, CELL_W, CELL_H);
    cairo_fill(cr);
    pango_font_description_free(font);
    g_object_unref(layout);
}

static int drawn(cairo_surface_t *surface, const struct term *term)
{
    cairo_t *cr = cairo_create(surface);
    draw(cr, term);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    return status == CAIRO_STATUS_SUCCESS ? 0 : -1;
}

int term_png(const struct term *term, const char *path)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, 2 * MARGIN + CELL_W * term_cols(term),
                                                          2 * MARGIN + CELL_H * term_rows(term));
    int status = drawn(surface, term);
    if (!status && cairo_surface_write_to_png(surface, path) != CAIRO_STATUS_SUCCESS) status = -1;
    cairo_surface_destroy(surface);
    return status;
}

int term_svg(const struct term *term, const char *path)
{
    cairo_surface_t *surface = cairo_svg_surface_create(path, 2 * MARGIN + CELL_W * term_cols(term),
                                                        2 * MARGIN + CELL_H * term_rows(term));
    int status = drawn(surface, term);
    cairo_surface_finish(surface);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS) status = -1;
    cairo_surface_destroy(surface);
    return status;
}
