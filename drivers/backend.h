/* Page to bytes. A back end knows one family's commands; what it prints for comes
 * from the profile. It touches no printer. */
#ifndef DRIVERS_BACKEND_H
#define DRIVERS_BACKEND_H

#include "base/error.h"
#include "drivers/bytes.h"
#include "drivers/profile.h"
#include "print/page.h"

struct backend {
    const char *name;
    const char *format; /* MIME type for print queues; NULL: raw printer commands */
    const char *suffix; /* of a file of such bytes */
    /* Appends the page's bytes, from a known state (the dialect's init) to paper out of
     * the printer. -1 with err when the page can't be printed there. */
    int (*render)(const struct profile *profile, const struct page *page, struct bytes *out,
                  struct error *err);
};

extern const struct backend backend_escpos, backend_escp, backend_pr2, backend_ppds, backend_picture;

/* The whole way: moves the page by the offsets (1/10 mm, right and down), refuses what
 * then leaves the printer's reach, and renders it. out is emptied on failure. */
int backend_render(const struct profile *profile, const struct page *page, int offset_x_mm10,
                   int offset_y_mm10, struct bytes *out, struct error *err);

/* Text of one piece in the printer's own characters; -1 when one is outside. */
int backend_encode(const struct profile *profile, const char *text, size_t len, struct bytes *out,
                   struct error *err);
/* "cannot print: field: why", for refusals. Always -1. */
int backend_refuse(const struct profile *profile, const struct page_item *item, struct error *err,
                   const char *why);
/* Dots from the printer's first one to the item, and of its y from the top. */
int backend_x(const struct profile *profile, int x_mm100, int dpi);

#endif
