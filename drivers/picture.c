#include "drivers/picture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cairo-pdf.h>
#include <cairo.h>

#include "drivers/picture_impl.h"

#define BITMAP_SIDE_MAX 32000
#define POINTS_PER_MM100 (72.0 / 2540.0)

/* --- the device ------------------------------------------------------------------ */

static enum page_glyph glyph(const void *ctx, uint32_t cp) { return cp == ' ' || picture_has(cp) ? PAGE_GLYPH_FONT : PAGE_GLYPH_NONE; }

static int advance_um(const void *ctx, const char *text, size_t len, int point10, unsigned style)
{
    struct picture_text shaped;
    if (picture_fonts_lock(NULL)) return 0; /* the glyph check before has refused the page */
    picture_shape(NULL, text, len, (int)(((int64_t)point10 * 35278 + 5000) / 10000), 0, style & PAGE_ITALIC, &shaped);
    picture_fonts_unlock();
    picture_text_free(&shaped);
    return shaped.advance_um;
}

const struct page_device *picture_device(void)
{
    /* default pitch and row of an 80 mm receipt printer, so that a roll looks alike */
    static const struct page_device device = {
        .name = "picture", .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 360, .upward = true,
        .style = PAGE_BOLD | PAGE_UNDER | PAGE_ITALIC | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL,
        .glyph = glyph, .advance_um = advance_um,
    };
    return &device;
}

/* --- files that are whole or not there ---------------------------------------------- */

struct out { FILE *file; char part[4096]; const char *path; };

static cairo_status_t write_bytes(void *closure, const unsigned char *data, unsigned len)
{
    struct out *out = closure;
    return fwrite(data, 1, len, out->file) == len ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static int refuse_file(const char *path, int why, struct error *err)
{
    return error_all(err, "picture not written", path, strerror(why), "choose a folder that can be written");
}

static int out_open(struct out *out, const char *path, struct error *err)
{
    out->path = path;
    if (snprintf(out->part, sizeof out->part, "%s.part", path) >= (int)sizeof out->part) return refuse_file(path, ENAMETOOLONG, err);
    out->file = fopen(out->part, "wbe");
    return out->file ? 0 : refuse_file(path, errno, err);
}

/* Ends the file: renamed into place when `failed` is 0 and all was written. */
static int out_close(struct out *out, int failed, struct error *err)
{
    bool bad = ferror(out->file) != 0;
    int why = errno;
    if (fclose(out->file) && !bad) {
        bad = true;
        why = errno;
    }
    if (!failed && !bad && rename(out->part, out->path)) {
        bad = true;
        why = errno;
    }
    if (failed || bad) unlink(out->part);
    if (failed) return -1;
    return bad ? refuse_file(out->path, why, err) : 0;
}

/* --- PDF and PNG ----------------------------------------------------------------------- */

int picture_pdf(const char *path, const struct page *const *pages, size_t count, struct error *err)
{
    struct out out;
    int status = 0;
    if (out_open(&out, path, err)) return -1;
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(write_bytes, &out, 1, 1);
    cairo_t *cr = cairo_create(surface);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, count ? pages[0]->form : "");
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Gridteller");
    for (size_t i = 0; i < count && !status; i++) {
        cairo_pdf_surface_set_size(surface, pages[i]->w_mm100 * POINTS_PER_MM100, pages[i]->h_mm100 * POINTS_PER_MM100);
        cairo_save(cr);
        cairo_scale(cr, POINTS_PER_MM100, POINTS_PER_MM100);
        status = picture_draw(&(struct picture_target){.cr = cr}, pages[i], err);
        cairo_restore(cr);
        cairo_show_page(cr);
    }
    cairo_destroy(cr);
    cairo_surface_finish(surface);
    if (!status && cairo_surface_status(surface)) status = refuse_file(path, errno ? errno : EIO, err);
    cairo_surface_destroy(surface);
    return out_close(&out, status, err);
}

int picture_png(const char *path, const struct page *page, int dpi, struct error *err)
{
    struct out out;
    int w = page_dots_of_mm100(page->w_mm100, dpi), h = page_dots_of_mm100(page->h_mm100, dpi);
    if (dpi < 1 || dpi > PICTURE_DPI_MAX || w > BITMAP_SIDE_MAX || h > BITMAP_SIDE_MAX)
        return error_all(err, "picture not written", path, "it would be too large", "choose fewer dots an inch");
    if (out_open(&out, path, err)) return -1;
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w > 0 ? w : 1, h > 0 ? h : 1);
    cairo_t *cr = cairo_create(surface);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_scale(cr, dpi / 2540.0, dpi / 2540.0);
    int status = picture_draw(&(struct picture_target){.cr = cr, .dots = true}, page, err);
    if (!status && (cairo_status(cr) || cairo_surface_write_to_png_stream(surface, write_bytes, &out)))
        status = refuse_file(path, errno ? errno : EIO, err);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return out_close(&out, status, err);
}

/* --- bitmaps for printers ------------------------------------------------------------------ */

static void threshold(cairo_surface_t *surface, int w, int h, uint8_t *bits)
{
    const unsigned char *data = cairo_image_surface_get_data(surface);
    int from = cairo_image_surface_get_stride(surface), to = (w + 7) / 8;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            if (data[y * from + x] >= 128) bits[y * to + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

int picture_bitmap(const struct page *page, const struct picture_band *band, uint8_t **bits, int *h_dots, struct error *err)
{
    int w = band->w_dots, h = page_dots_of_mm100(band->h_mm100, band->y_dpi);
    *bits = NULL;
    *h_dots = h;
    if (w < 1 || h < 1 || w > BITMAP_SIDE_MAX || h > BITMAP_SIDE_MAX) return error_all(err, "picture refused", page->form, "the band has no size", NULL);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, w, h);
    cairo_t *cr = cairo_create(surface);
    cairo_scale(cr, band->x_dpi / 2540.0, band->y_dpi / 2540.0);
    cairo_translate(cr, -band->left_mm100, -band->y_mm100);
    int status = picture_draw(&(struct picture_target){.cr = cr, .dots = true, .want = band->want, .ctx = band->ctx}, page, err);
    cairo_surface_flush(surface);
    if (!status && (cairo_status(cr) || !(*bits = calloc((size_t)(w + 7) / 8, (size_t)h))))
        status = error_all(err, "picture refused", page->form, "no memory", NULL);
    if (!status && *bits) threshold(surface, w, h, *bits);
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    return status;
}

int picture_load(const char *path, struct page_bitmap *into, uint8_t **bits, struct error *err)
{
    cairo_surface_t *png = cairo_image_surface_create_from_png(path);
    int status = -1;
    *bits = NULL;
    if (cairo_surface_status(png)) {
        error_all(err, "picture not read", path, cairo_status_to_string(cairo_surface_status(png)), "it must be a PNG file that can be read");
        goto done;
    }
    int w = cairo_image_surface_get_width(png), h = cairo_image_surface_get_height(png);
    cairo_surface_t *grey = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
    cairo_t *cr = cairo_create(grey);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    cairo_set_source_surface(cr, png, 0, 0);
    cairo_paint(cr);
    cairo_surface_flush(grey);
    const unsigned char *data = cairo_image_surface_get_data(grey);
    *into = (struct page_bitmap){.w = w, .h = h, .stride = (w + 7) / 8};
    if (data && w > 0 && h > 0 && w <= BITMAP_SIDE_MAX && h <= BITMAP_SIDE_MAX && (*bits = calloc((size_t)into->stride, (size_t)h))) {
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++) {
                uint32_t pixel;
                memcpy(&pixel, data + (size_t)y * (size_t)cairo_image_surface_get_stride(grey) + 4 * (size_t)x, 4);
                unsigned light = (pixel >> 16 & 255) * 30 + (pixel >> 8 & 255) * 59 + (pixel & 255) * 11;
                if (light < 12800) (*bits)[y * into->stride + x / 8] |= (uint8_t)(0x80 >> x % 8);
            }
        into->bits = *bits;
        status = 0;
    } else {
        error_all(err, "picture not read", path, "it is too large", "use a smaller PNG file");
    }
    cairo_destroy(cr);
    cairo_surface_destroy(grey);
done:
    cairo_surface_destroy(png);
    return status;
}
