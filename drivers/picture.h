/* Pages as pictures: pango and cairo, one drawing code for PDF, PNG and the
 * bitmaps that printers get of what their own fonts lack. Two fonts: WenQuanYi Micro
 * Hei, and BabelStone Han for the rare characters of names; a character that both
 * lack is refused, never shown as a box. Any thread may call; they take turns. */
#ifndef DRIVERS_PICTURE_H
#define DRIVERS_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "print/page.h"

#define PICTURE_DPI_MAX 600

/* The device to place pages for when a picture is all that is wanted: any pitch,
 * proportional text, everything that the font has. */
const struct page_device *picture_device(void);

/* Whether the font has the character. */
bool picture_has(uint32_t cp);

/* All pages into one PDF file, or one page into a PNG file of `dpi`. Written beside
 * the path and renamed: a failure leaves no half file. -1 with err. */
int picture_pdf(const char *path, const struct page *const *pages, size_t count, struct error *err);
int picture_png(const char *path, const struct page *page, int dpi, struct error *err);

/* The band of the page from y_mm100, `h_mm100` high, as black and white dots of the
 * printer: x from left_mm100 on, `w_dots` wide. Draws the page's items that `want`
 * accepts (NULL: all). *bits is allocated, the caller frees; stride = (w_dots + 7) / 8,
 * 1 = black, most significant bit leftmost; *h_dots rows. -1 with err. */
struct picture_band {
    int left_mm100, w_dots, y_mm100, h_mm100;
    int x_dpi, y_dpi;
    bool (*want)(const struct page_item *item, void *ctx);
    void *ctx;
};
int picture_bitmap(const struct page *page, const struct picture_band *band, uint8_t **bits,
                   int *h_dots, struct error *err);

/* A black and white picture from a PNG file, for GRAPHIC fields; bits are allocated,
 * the caller frees. Dark, opaque pixels are black. -1 with err. */
int picture_load(const char *path, struct page_bitmap *into, uint8_t **bits, struct error *err);

#endif
