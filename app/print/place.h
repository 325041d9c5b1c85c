/* Placing: form + media + data -> page. Everything that could be wrong with the
 * paper is found here, before any of it moves. */
#ifndef PRINT_PLACE_H
#define PRINT_PLACE_H

#include <jansson.h>

#include "print/page.h"
#include "print/template.h"

struct print_request {
    const struct template_form *form;
    const struct template_media *media;
    const json_t *data;               /* an object, as printer-templates/README.md describes it */
    const struct page_device *device; /* for which it is placed */
    int offset_x_mm10, offset_y_mm10; /* nudge found with the alignment page, 1/10 mm */
    int first_row;    /* elements of the form's lists that stand on earlier pages */
    int first_line;   /* passbook: the line to begin on, from 1; 0 and 1 are the top */
    int page_number;  /* from 1; 0 counts as 1. Data path $page */
    bool may_continue; /* lists that are too long go on on a next page (rows_left says how
                          many); without it they are refused, as on numbered paper */
    const char *image_folder; /* where GRAPHIC fields find their PNG files, or NULL */
};

/* Makes the page, owned by the caller (page_free). -1 with err: `where` names the
 * form, its field and the field's line in the template. */
int print_place(const struct print_request *request, struct page **out, struct error *err);

/* All pages of it: goes on while rows are left. Allocates *pages and each page; free
 * them with print_pages_free. */
int print_place_all(const struct print_request *request, struct page ***pages, size_t *count, struct error *err);
void print_pages_free(struct page **pages, size_t count);

#endif
