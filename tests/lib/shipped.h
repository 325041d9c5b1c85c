/* Every form that is shipped, with the samples that it is looked at with. */
#ifndef TESTS_LIB_SHIPPED_H
#define TESTS_LIB_SHIPPED_H

#include <stddef.h>

#include "print/place.h"
#include "print/set.h"

#define SHIPPED_SAMPLES_MAX 7

struct shipped { const char *form, *samples[SHIPPED_SAMPLES_MAX]; /* ended by NULL when fewer */ };
extern const struct shipped shipped[];
extern const size_t shipped_count;

struct shipped_pages { struct page **page; size_t count; };

/* The folder printer-templates; once before all else. */
void shipped_open(void);
void shipped_close(void);
const struct print_set *shipped_set(void);
/* Placed for that device; fails the test when it can't be. LANGUAGE_CHINESE or LANGUAGE_ENGLISH. */
struct shipped_pages shipped_make(const struct page_device *device, const char *form, const char *sample, int language);
void shipped_free(struct shipped_pages pages);
const struct template_form *shipped_form(const char *form, int language);

#endif
