/* Reading what branchd answered: members by dotted path, absent ones empty. */
#ifndef COUNTER_JS_H
#define COUNTER_JS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "operator.name" -> the member, or NULL. Borrowed. */
json_t *js_at(const json_t *object, const char *path);
/* "" when absent or no string; borrowed from the object. */
const char *js_text(const json_t *object, const char *path);
int64_t js_int(const json_t *object, const char *path); /* 0 when absent */
bool js_true(const json_t *object, const char *path);
bool js_has(const json_t *object, const char *path); /* there and not null */
/* Replaces *slot by value (a new reference is taken; NULL allowed). */
void js_keep(json_t **slot, json_t *value);

#endif
