/* Reading what a template's fields name out of the data: a JSON object.
 *
 * A path is names joined by dots (bills.period); what follows a ':' is no part of
 * it. Where a path crosses a list, the element says which one. Of a list,
 * `$first`, `$last` and `$count` may be named, and of an element `$n`, its number. */
#ifndef PRINT_DATA_H
#define PRINT_DATA_H

#include <stdbool.h>

#include <jansson.h>

#define DATA_NO_ELEMENT (-1)

/* What stands at path: a new reference in *out, NULL when nothing does (null counts
 * as nothing). -1 with why: the path crosses a list of several without an element,
 * or two lists. */
int data_get(const json_t *root, const char *path, int element, json_t **out, const char **why);
/* The list that the path crosses (borrowed), or NULL. */
const json_t *data_list(const json_t *root, const char *path);
/* Zero, false, an empty text or list. */
int data_empty(const json_t *value);

#endif
