/* A page as text, for a terminal: the technician's look at it, and the demo's. */
#ifndef PRINT_PREVIEW_H
#define PRINT_PREVIEW_H

#include "print/page.h"

#define PREVIEW_COLUMNS_MAX 200
#define PREVIEW_ROWS_MAX 4000

struct page_preview {
    int columns, rows;
    char **line; /* rows UTF-8 lines of at most `columns` cells (Hanzi two), without trailing blanks */
};

/* Draws the page's width in `columns` cells; 0: as many as a receipt printer has over
 * the print area (48 for 80 mm), at most 120. Lines are - | +, a QR code is a block of
 * #. Rows are the page's own, so nothing overlaps. Allocates; page_preview_free. */
int page_preview(const struct page *page, int columns, struct page_preview *out, struct error *err);
void page_preview_free(struct page_preview *preview);

#endif
