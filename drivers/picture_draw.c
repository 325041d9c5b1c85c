#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "base/text.h"
#include "drivers/code128.h"
#include "drivers/picture_impl.h"

#define BASELINE 0.86      /* of the em below its top: WenQuanYi's */
#define SLANT 0.2          /* of ITALIC, which the font has not */
#define BOLD_SHIFT 0.045   /* of the em: bold is printed twice, as printers do */

struct drawing {
    const struct picture_target *target;
    cairo_t *cr;
    struct error *err;
};

/* A black bar; on pixels its edges are pixels' edges and it is never nothing. */
static void bar(const struct drawing *d, double x, double y, double w, double h)
{
    cairo_t *cr = d->cr;
    if (!d->target->dots) {
        cairo_rectangle(cr, x, y, w, h);
        cairo_fill(cr);
        return;
    }
    double right = x + w, bottom = y + h;
    cairo_user_to_device(cr, &x, &y);
    cairo_user_to_device(cr, &right, &bottom);
    x = round(x);
    y = round(y);
    right = fmax(round(right), x + 1);
    bottom = fmax(round(bottom), y + 1);
    cairo_save(cr);
    cairo_identity_matrix(cr);
    cairo_rectangle(cr, x, y, right - x, bottom - y);
    cairo_fill(cr);
    cairo_restore(cr);
}

static void draw_rule(const struct drawing *d, const struct page_item *item)
{
    bool across = item->w_mm100 >= item->h_mm100;
    int thick = across ? item->h_mm100 : item->w_mm100, length = across ? item->w_mm100 : item->h_mm100;
    int dash = item->dotted ? 2 * thick : length;
    for (int at = 0; at < length; at += item->dotted ? 2 * dash : length) {
        int this_long = at + dash > length ? length - at : dash;
        bar(d, item->x_mm100 + (across ? at : 0), item->y_mm100 + (across ? 0 : at), across ? this_long : thick, across ? thick : this_long);
    }
}

static int draw_glyphs(const struct drawing *d, const struct page_item *item, const struct picture_text *shaped)
{
    cairo_t *cr = d->cr;
    double em = item->h_mm100, x_scale = item->style & PAGE_WIDE ? 2 : 1, y_scale = item->style & PAGE_HIGH ? 2 : 1;
    int passes = item->style & PAGE_BOLD ? 2 : 1;
    for (int pass = 0; pass < passes; pass++) {
        cairo_save(cr);
        cairo_translate(cr, item->x_mm100 + pass * em / y_scale * BOLD_SHIFT, item->y_mm100 + BASELINE * em);
        cairo_scale(cr, x_scale, y_scale);
        if (item->style & PAGE_ITALIC) {
            cairo_matrix_t slant;
            cairo_matrix_init(&slant, 1, 0, -SLANT, 1, 0, 0);
            cairo_transform(cr, &slant);
        }
        double x = 0;
        for (GList *link = shaped->items; link; link = link->next) {
            PangoGlyphItem *piece = link->data;
            cairo_move_to(cr, x, 0);
            pango_cairo_show_glyph_item(cr, item->text, piece);
            x += (double)pango_glyph_string_get_width(piece->glyphs) / PANGO_SCALE;
        }
        cairo_restore(cr);
    }
    return 0;
}

static int draw_text(const struct drawing *d, const struct page_item *item)
{
    struct picture_text shaped;
    int x_scale = item->style & PAGE_WIDE ? 2 : 1, y_scale = item->style & PAGE_HIGH ? 2 : 1;
    picture_shape(d->cr, item->text, strlen(item->text), item->h_mm100 / y_scale, item->cell_um / x_scale,
                  item->style & PAGE_ITALIC, &shaped);
    int missing = shaped.missing;
    if (missing) {
        char shown[200];
        text_clip(shown, sizeof shown, item->text, 40, '>');
        error_set(d->err, "picture refused");
        error_where(d->err, "field \"%s\"", item->field ? item->field : "");
        error_why(d->err, "the font lacks %d of the characters of \"%s\"", missing, shown);
        error_remedy(d->err, "nothing was printed: no character is left out or replaced in silence");
    } else {
        draw_glyphs(d, item, &shaped);
    }
    picture_text_free(&shaped);
    if (missing) return -1;
    if (item->style & PAGE_UNDER) bar(d, item->x_mm100, item->y_mm100 + 0.98 * item->h_mm100, item->w_mm100, item->h_mm100 / 18.0);
    return 0;
}

/* A module that is whole pixels wide where there are pixels, and as large as fits. */
static double whole_module(const struct drawing *d, double module)
{
    double dot = 1, none = 0;
    if (!d->target->dots) return module;
    cairo_device_to_user_distance(d->cr, &dot, &none);
    double whole = floor(module / dot + 0.001) * dot;
    return whole > 0 ? whole : module;
}

static int draw_qr(const struct drawing *d, const struct page_item *item)
{
    QRcode *code = QRcode_encodeString8bit(item->text, 0, QR_ECLEVEL_M);
    if (!code) {
        error_set(d->err, "picture refused");
        return error_why(d->err, "%zu bytes cannot be a QR code", strlen(item->text));
    }
    double module = whole_module(d, (double)item->w_mm100 / code->width);
    double spare = (item->w_mm100 - module * code->width) / 2, x0 = item->x_mm100 + spare, y0 = item->y_mm100 + spare;
    for (int row = 0; row < code->width; row++)
        for (int column = 0; column < code->width; column++) {
            const unsigned char *at = code->data + (ptrdiff_t)row * code->width + column;
            int run = 0;
            while (column + run < code->width && (at[run] & 1)) run++;
            if (run) bar(d, x0 + column * module, y0 + row * module, run * module, module);
            column += run;
        }
    QRcode_free(code);
    return 0;
}

static int draw_bars(const struct drawing *d, const struct page_item *item)
{
    uint8_t widths[CODE128_BARS_MAX];
    int count = code128_encode(item->text, widths, sizeof widths), modules = 0;
    if (count < 0) {
        error_set(d->err, "picture refused");
        return error_why(d->err, "\"%.60s\" cannot be a bar code", item->text);
    }
    for (int i = 0; i < count; i++) modules += widths[i];
    double module = whole_module(d, (double)item->w_mm100 / modules), at = item->x_mm100 + (item->w_mm100 - module * modules) / 2;
    for (int i = 0; i < count; i++) {
        if (i % 2 == 0) bar(d, at, item->y_mm100, widths[i] * module, item->h_mm100);
        at += widths[i] * module;
    }
    return 0;
}

static int draw_image(const struct drawing *d, const struct page_item *item)
{
    const struct page_bitmap *image = &item->image;
    cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, image->w, image->h);
    unsigned char *data = cairo_image_surface_get_data(mask);
    if (!data) {
        cairo_surface_destroy(mask);
        return error_all(d->err, "picture refused", item->field, "no memory", NULL);
    }
    size_t stride = (size_t)cairo_image_surface_get_stride(mask);
    cairo_surface_flush(mask);
    for (int y = 0; y < image->h; y++)
        for (int x = 0; x < image->w; x++)
            data[(size_t)y * stride + (size_t)x] = image->bits[(size_t)y * (size_t)image->stride + (size_t)x / 8] >> (7 - x % 8) & 1 ? 255 : 0;
    cairo_surface_mark_dirty(mask);
    cairo_save(d->cr);
    cairo_translate(d->cr, item->x_mm100, item->y_mm100);
    cairo_scale(d->cr, (double)item->w_mm100 / image->w, (double)item->h_mm100 / image->h);
    cairo_mask_surface(d->cr, mask, 0, 0);
    cairo_restore(d->cr);
    cairo_surface_destroy(mask);
    return 0;
}

static int draw_item(const struct drawing *d, const struct page_item *item)
{
    switch (item->kind) {
    case PAGE_TEXT: return draw_text(d, item);
    case PAGE_RULE: draw_rule(d, item); return 0;
    case PAGE_QR: return draw_qr(d, item);
    case PAGE_BARCODE: return draw_bars(d, item);
    case PAGE_IMAGE: return draw_image(d, item);
    }
    return 0;
}

int picture_draw(const struct picture_target *target, const struct page *page, struct error *err)
{
    struct drawing d = {.target = target, .cr = target->cr, .err = err};
    int status = 0;
    if (picture_fonts_lock(err)) return -1;
    cairo_set_source_rgb(d.cr, 0, 0, 0);
    for (int i = 0; i < page->item_count && !status; i++)
        if (!target->want || target->want(&page->item[i], target->ctx)) status = draw_item(&d, &page->item[i]);
    picture_fonts_unlock();
    return status;
}
