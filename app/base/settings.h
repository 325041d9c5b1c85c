/* Settings files: INI, one table a program. An unknown section or key, a wrong
 * type or a value out of its bounds is refused with file and line. */
#ifndef BASE_SETTINGS_H
#define BASE_SETTINGS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum setting_type {
    SETTING_TEXT,    /* char[size] */
    SETTING_PATH,    /* char[size]; relative to the folder of the settings file */
    SETTING_INT,     /* int64_t, min..max */
    SETTING_BOOL,    /* bool: yes, no */
    SETTING_MONEY,   /* int64_t fen, written in yuan: 5000.00 */
    SETTING_SECONDS, /* int64_t ms, written 3s, 500ms, 5min, 2h */
    SETTING_OFFSET,  /* int32_t s, written +08:00 */
};

struct setting {
    const char *section, *key;
    enum setting_type type;
    size_t offset, size; /* in the caller's struct; size of a char array */
    int64_t min, max;    /* INT, MONEY, SECONDS; both 0: no bounds */
    const char *preset;  /* default as it would be written; NULL: must be given */
    const char *meaning; /* one or two sentences for the shipped file */
};
#define SETTING_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

/* Fills `into` with the defaults, then with the file. path NULL: defaults only. */
int settings_load(const char *path, const struct setting *table, size_t count, void *into,
                  struct error *err);
/* The same from bytes in memory; `name` stands in errors, SETTING_PATH values are
 * taken relative to `folder` (NULL: left as written). */
int settings_read(const char *text, size_t len, const char *name, const char *folder,
                  const struct setting *table, size_t count, void *into, struct error *err);
/* Writes a file with every setting, its meaning as a comment and its default. */
void settings_explain(FILE *out, const char *title, const struct setting *table, size_t count);

#endif
