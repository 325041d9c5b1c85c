/* A screen as a file: forms/NAME.LANG.form. The picture is 24 rows of exactly 80
 * cells between bars; fields are marked in place and bound to names below it.
 *
 *     |Customer   [a                       ]  number or scan          |  input
 *     |Address    <b                        >                         |  output
 *     [fields]
 *     a customer text left 40
 *     b address  text left
 *     [list]
 *     rows 7-18
 *     [help]
 *     screen: what this screen is for
 *     customer: what goes into this field
 *
 * "[" to "]" stay on the screen with the field between them; "<" to ">" are both
 * part of their field. Fields in the list's first row are its columns. */
#ifndef COUNTER_FORM_H
#define COUNTER_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define FORM_ROWS 24
#define FORM_COLS 80
#define FORM_FIELDS_MAX 64
#define FORM_HELPS_MAX 32
#define FORM_NAME_SIZE 32
#define FORM_ROW_SIZE (FORM_COLS * 4 + 1)
#define FORM_FILE_MAX 65536

enum form_kind {
    FORM_TEXT,   /* any text */
    FORM_DIGITS, /* 0-9 only */
    FORM_MONEY,  /* fen in data, yuan on the screen */
    FORM_COUNT,  /* a number */
    FORM_CLOCK,  /* hh:mm:ss of a time */
    FORM_DAY,    /* MM-DD of a date or time */
    FORM_SECRET, /* typed unseen */
    FORM_LETTER, /* one letter: the answer to a question */
};
enum form_align { FORM_LEFT, FORM_RIGHT, FORM_CENTRE };

struct form_field {
    char mark, name[FORM_NAME_SIZE];
    enum form_kind kind;
    enum form_align align;
    bool input, column; /* column: stands in the list's first row */
    int row, col, width; /* row 0..23; col and width without the brackets of an input */
    int max;             /* characters that may be typed */
};

struct form {
    char name[FORM_NAME_SIZE], lang[8];
    char row[FORM_ROWS][FORM_ROW_SIZE]; /* literal text, fields blank */
    struct form_field field[FORM_FIELDS_MAX];
    int field_count;
    int list_first, list_last; /* rows 0..23, -1 without a list */
    struct { char name[FORM_NAME_SIZE]; char *text; } help[FORM_HELPS_MAX];
    int help_count;
};

/* Reads a form; `where` names it in messages ("forms/x.en.form"). -1 with
 * file:line and reason. Allocates *out; form_free it. */
int form_read(const char *where, const char *text, size_t len, struct form **out, struct error *err);
void form_free(struct form *form);
int form_find(const struct form *form, const char *name); /* field index or -1 */
const char *form_help(const struct form *form, const char *name); /* NULL: none; that of bill1 serves bill2 … too */
/* ASCII, Hanzi, full-width punctuation: what is the same width on every terminal. */
bool form_char_allowed(uint32_t cp);

/* The form of that name and language: the folder's file, or the built-in one
 * with *err filled (what NULL-free) when the file is broken. Cached; never NULL
 * for a name that is built in. */
void forms_open(const char *folder); /* NULL: built-in ones only */
const struct form *forms_get(const char *name, const char *lang, struct error *err);
void forms_close(void);
/* The built-in forms: name "collect.en", text. Ends with a NULL name. */
struct form_builtin { const char *name, *text; };
extern const struct form_builtin forms_builtin[];

#endif
