/* Small pages for tests of back ends and jobs, placed for a profile. */
#ifndef TESTS_LIB_TEST_PAGE_H
#define TESTS_LIB_TEST_PAGE_H

#include "drivers/profile.h"
#include "print/page.h"

/* Aborts when the page takes no more. Cells are the profile's default pitch. */
void put_text(struct page *page, const struct profile *p, int x_mm100, int y_mm100, unsigned style,
              const char *text);
void put_qr(struct page *page, int x_mm100, int y_mm100, int size_mm100, const char *text);
void put_rule(struct page *page, int x_mm100, int y_mm100, int w_mm100, int h_mm100);
/* An electricity receipt of a few lines with a Chinese name. */
struct page *receipt(const struct profile *p);
/* The same with a QR. */
struct page *receipt_qr(const struct profile *p);

#endif
