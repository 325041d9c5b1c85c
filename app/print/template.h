/* Templates: forms and media in the CEN/XFS form language (WOSA/XFS 2.00 chapter 9,
 * CWA 16926-3), read from bytes into these structures. printer-templates/README.md
 * says what the keywords mean and what is ours.
 *
 * The reader is strict: an unknown keyword, a wrong type, a value out of bounds, a
 * missing or doubled field is refused with file:line:column, why, and what to do. */
#ifndef PRINT_TEMPLATE_H
#define PRINT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "print/page.h"

#define TEMPLATE_FILE_MAX ((size_t)256 * 1024)
#define TEMPLATE_FIELDS_MAX 256 /* of one form */
#define TEMPLATE_FRAMES_MAX 128
#define TEMPLATE_FORMS_MAX 16 /* of one file; media likewise */
#define TEMPLATE_INDEX_MAX 500
#define TEMPLATE_TEXT_MAX 4000 /* bytes of one string */

#define LANGUAGE_CHINESE 2052
#define LANGUAGE_ENGLISH 1033

enum template_type { TEMPLATE_TEXT, TEMPLATE_BARCODE, TEMPLATE_GRAPHIC };
enum template_class { TEMPLATE_OPTIONAL, TEMPLATE_STATIC, TEMPLATE_REQUIRED };
enum template_overflow {
    OVERFLOW_TERMINATE, /* refuse the page */
    OVERFLOW_TRUNCATE,  /* print what fits */
    OVERFLOW_BESTFIT,   /* make it narrower until it fits, else refuse */
    OVERFLOW_OVERWRITE, /* go on beyond the field */
    OVERFLOW_WORDWRAP,  /* go on on the field's next line; more than its lines: as BESTFIT */
};
enum template_case { CASE_NOCHANGE, CASE_UPPER, CASE_LOWER };
enum template_horizontal { HORIZONTAL_LEFT, HORIZONTAL_RIGHT, HORIZONTAL_CENTER, HORIZONTAL_JUSTIFY };
enum template_vertical { VERTICAL_BOTTOM, VERTICAL_CENTER, VERTICAL_TOP };
enum template_corner { CORNER_TOPLEFT, CORNER_TOPRIGHT, CORNER_BOTTOMLEFT, CORNER_BOTTOMRIGHT };
enum template_line { LINE_SINGLE_THIN, LINE_DOUBLE_THIN, LINE_SINGLE_THICK, LINE_DOUBLE_THICK, LINE_DOTTED };
/* STYLE beside the bits of enum page_style */
#define TEMPLATE_STYLE_PROPORTIONAL 0x100

/* Where something stands in its file, for messages. */
struct template_place { int line, column; };

/* A base unit and its parts: {MM, 10, 10} counts in tenths of a millimetre. */
struct template_unit { int base /* enum page_unit */, x_parts, y_parts; };

struct template_field {
    struct template_place place;
    const char *name;      /* path into the data; what follows a ':' only tells fields apart */
    const char *follows;   /* name of the field directly after whose text this one stands, or NULL */
    const char *font, *format, *initial; /* NULL: not given */
    int position[2];       /* units, from the form's corner */
    int size[2];           /* units */
    int index[3];          /* repeat count (0: not a list), x and y from one to the next */
    int type, class, overflow, letter_case, horizontal, vertical; /* enums above */
    int style;             /* page_style bits, TEMPLATE_STYLE_PROPORTIONAL */
    int pointsize, cpi, lpi; /* 0: not given */
    uint64_t given;
    int head;              /* FOLLOWS: the field at the front of the chain, else itself */
    int next;              /* the field that follows this one, or -1 */
};

struct template_frame {
    struct template_place place;
    const char *name, *frames; /* frames: the field it goes around, or NULL */
    int position[2], size[2];
    int repeat_x[2], repeat_y[2]; /* count, offset in units; count 0: not given */
    int type, style, class;
    int field;                 /* of frames, or -1 */
    uint64_t given;
};

struct template_form {
    struct template_place place;
    const char *name, *title, *comment, *copyright, *prompt;
    struct template_unit unit;
    int size[2];
    int alignment[3];      /* corner, x, y */
    int orientation, version[2];
    int language;          /* 0: for any */
    int cpi, lpi, pointsize; /* for fields that say nothing */
    uint64_t given;
    struct template_field *field;
    int field_count;
    struct template_frame *frame;
    int frame_count;
};

struct template_media {
    struct template_place place;
    const char *name;
    int type;              /* 0 GENERIC, 1 MULTIPART, 2 PASSBOOK */
    struct template_unit unit;
    int size[2];           /* height 0: a roll */
    int printarea[4], restricted[4]; /* x, y, width, height; width 0: not given */
    int fold, staggering, page, lines; /* fold: 0 none, 1 HORIZONTAL, 2 VERTICAL */
    uint64_t given;
};

struct template_file {
    char name[200];        /* as it stands in messages */
    struct template_form *form;
    int form_count;
    struct template_media *media;
    int media_count;
    char *text;            /* all strings above point into it */
};

/* Reads one file's bytes; `name` stands in messages. Allocates *out, freed by
 * template_free. -1 with err ("receipt.form:12:5"). */
int template_read(const char *name, const char *bytes, size_t len, struct template_file **out,
                  struct error *err);
void template_free(struct template_file *file);

/* 1/100 mm of `count` units along x or y. ROWCOLUMN counts in the device's cells. */
int template_x_mm100(const struct template_unit *unit, const struct page_device *device, int count);
int template_y_mm100(const struct template_unit *unit, const struct page_device *device, int count);

#endif
