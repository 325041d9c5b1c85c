/* A passbook in an ESC/P printer: what the bytes put on its pages, and pictures of them. */
#ifndef TESTS_LIB_PASSBOOK_H
#define TESTS_LIB_PASSBOOK_H

#include <stdbool.h>

#include "lib/escp_read.h"

#define BOOK_LINES 24 /* of printer-templates/passbook.media */

struct book_page { char line[BOOK_LINES + 1][400]; /* from 1; the line's words, a blank between; "" when it is empty */ };

/* What stands on each line of the open book, by the template's places: 13 mm down, 6 mm a line,
 * 12 lines, and below the fold. False: something stands between the lines or in the fold (problem). */
bool book_read(const struct escp_sheet *sheet, struct book_page *page, char problem[128]);
/* The page as the customer sees it, with leaf and fold. 0 or -1. */
int book_png(const struct escp_sheet *sheet, const char *path);

#endif
