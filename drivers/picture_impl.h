/* Inside of the picture back end: fonts and the drawing of one page. */
#ifndef DRIVERS_PICTURE_IMPL_H
#define DRIVERS_PICTURE_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include <pango/pangocairo.h>

#include "base/error.h"
#include "print/page.h"

/* The two fonts, loaded at the first use and kept; pictures are made by one thread at a
 * time, so hold the lock around everything that touches them. -1 with err when a font
 * file is not installed. */
int picture_fonts_lock(struct error *err);
void picture_fonts_unlock(void);

/* A line of text shaped for drawing at em_mm100 (1 user unit = 1/100 mm), in cells of
 * cell_mm1000 (1/1000 mm; 0: proportional). */
struct picture_text {
    GList *items;              /* of PangoGlyphItem */
    int advance_um;
    int missing;               /* characters that neither font has */
};
/* Between lock and unlock. cr NULL: measure only. */
void picture_shape(cairo_t *cr, const char *text, size_t len, int em_mm100, int cell_um, bool italic, struct picture_text *out);
void picture_text_free(struct picture_text *text);

/* picture_draw.c: every item that `want` accepts, onto cr whose unit is 1/100 mm.
 * dots: the surface has pixels, so edges of bars fall on them. -1 with err when a
 * character is missing. Takes the lock. */
struct picture_target {
    cairo_t *cr;
    bool dots;
    bool (*want)(const struct page_item *item, void *ctx);
    void *ctx;
};
int picture_draw(const struct picture_target *target, const struct page *page, struct error *err);

#endif
