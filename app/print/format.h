/* How a datum is written on paper: the names that FORMAT may give. A '?' after the
 * name leaves out what is zero or empty, as if the datum were not there. */
#ifndef PRINT_FORMAT_H
#define PRINT_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#define FORMAT_TEXT_SIZE 4096

struct format {
    const char *name;
    /* Writes value; -1 with why when the value is not of the kind that it needs. */
    int (*write)(const json_t *value, int language, char *buf, size_t size, const char **why);
    const char *meaning; /* one line for the technician */
};
extern const struct format formats[]; /* ends with a NULL name */

/* By name with or without '?'; *drop_zero says whether it was there. NULL: none of
 * that name. A NULL name is plain text. */
const struct format *format_find(const char *name, bool *drop_zero);

#endif
