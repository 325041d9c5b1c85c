/* The placed page: what stands where on one sheet or one length of roll, before
 * any printer's bytes. Made by app/print from template + media + data, for one
 * device; turned into bytes by drivers/, into pictures by drivers/picture.
 *
 * Lengths are integers: mm100 is 1/100 mm from the top left corner of the media,
 * um is 1/1000 mm. Items stand in the order in which a printer that only feeds
 * forward prints them: by rising y, then rising x. A page passed every check
 * before it exists: all its items lie inside the print area and outside the
 * restricted one, and the device can print each of its characters. */
#ifndef PRINT_PAGE_H
#define PRINT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define PAGE_NAME_SIZE 64
#define PAGE_ITEMS_MAX 8192
#define PAGE_HEIGHT_MAX_MM100 300000 /* 3 m: the longest receipt */
#define PAGE_CPI_MAX 8               /* pitches a device may offer */

/* --- for what a page is placed ---------------------------------------------- */

/* How a device brings one character to paper. */
enum page_glyph {
    PAGE_GLYPH_FONT,   /* its own font has it */
    PAGE_GLYPH_RASTER, /* only as a picture */
    PAGE_GLYPH_NONE,   /* not at all: the page is refused, naming the character */
};

enum page_style { /* of text; bits */
    PAGE_BOLD = 1,
    PAGE_UNDER = 2,
    PAGE_ITALIC = 4,
    PAGE_WIDE = 8,  /* double width: cell_um says so already */
    PAGE_HIGH = 16, /* double height: h_mm100 says so already */
};

enum page_can { /* what else than text in cells it can print; bits */
    PAGE_CAN_RULES = 1,
    PAGE_CAN_QR = 2,      /* by command or as a picture */
    PAGE_CAN_BARCODE = 4, /* likewise */
    PAGE_CAN_IMAGE = 8,
    PAGE_CAN_ALL = 15,
};

/* The facts of a printer profile that placing needs. A profile holds one of these. */
struct page_device {
    const char *name;     /* for messages: the profile's name */
    int x_dpi, y_dpi;     /* its dots; starts of items fall on them. 0: no grid */
    int cell_um, row_um;  /* default pitch of a half-width cell and of a row: 12 dots of
                             203 dpi = 1501, 1/6 inch = 4233. A Hanzi takes two cells */
    int glyph_h_mm100;    /* height of a character cell of normal size */
    int cpi10[PAGE_CPI_MAX]; /* pitches a field's CPI may name, in 1/10 cpi (100, 120, 150),
                             ended by 0; none: the default pitch only, or any pitch of a
                             device with advance_um */
    int width_mm100;      /* widest printable line from its left edge; 0: no limit */
    int left_mm100;       /* where its first dot falls on the media: subtract from x when printing */
    int top_mm100;        /* first y that it reaches after the paper is loaded */
    bool upward;          /* may move the paper back to reach less than top_mm100 */
    unsigned style;       /* styles it has: bold, under and italic that it lacks are left
                             out, double sizes refused */
    unsigned can;
    /* NULL: every character is in its font */
    enum page_glyph (*glyph)(const void *ctx, uint32_t cp);
    /* Advance of proportional text in um at point10 tenths of a point; NULL: it has
     * cells only, and POINTSIZE without CPI prints at the default pitch. */
    int (*advance_um)(const void *ctx, const char *text, size_t len, int point10, unsigned style);
    const void *ctx;
};

/* --- the page ----------------------------------------------------------------- */

enum page_kind {
    PAGE_TEXT,    /* one line of text in one style */
    PAGE_RULE,    /* a black bar: lines, and the four sides of frames */
    PAGE_QR,      /* text as a QR code, error correction M, drawn w by h without quiet zone */
    PAGE_BARCODE, /* text as Code 128, w by h, no text below it */
    PAGE_IMAGE,   /* a bitmap, w by h */
};

struct page_bitmap {
    int w, h, stride;    /* pixels, pixels, bytes a row */
    const uint8_t *bits; /* 1 = black, most significant bit leftmost */
};

struct page_item {
    enum page_kind kind;
    int x_mm100, y_mm100; /* top left; of text: the top of its character cell */
    int w_mm100, h_mm100; /* what it covers */
    const char *field;    /* the field or frame of the form that it comes from */
    const char *text;     /* TEXT, QR, BARCODE: UTF-8; no control characters. Else NULL */
    /* TEXT */
    unsigned style;       /* enum page_style */
    int cells;            /* cells of text, Hanzi counted as two */
    int cell_um;          /* pitch of one cell, doubling included: the character that has n
                             cells before it stands at x + n * cell_um. 0: proportional */
    int cpi10;            /* pitch as the field's CPI named it, 1/10 cpi; 0: the default pitch */
    int point10;          /* character size, 1/10 point */
    bool raster;          /* has a character that this device prints as a picture only */
    /* RULE */
    bool dotted;
    /* IMAGE */
    struct page_bitmap image;
    int order;            /* page_add's count: what stands at one place is printed in this order */
};

enum page_unit { PAGE_UNIT_MM, PAGE_UNIT_INCH, PAGE_UNIT_ROWCOLUMN };
enum page_media { PAGE_SHEET, PAGE_MULTIPART /* tractor forms */, PAGE_PASSBOOK, PAGE_ROLL };
struct page_rect { int x_mm100, y_mm100, w_mm100, h_mm100; };

struct page {
    char form[PAGE_NAME_SIZE], media_name[PAGE_NAME_SIZE];
    int language;           /* LANGUAGE id of the form: 2052 Chinese, 1033 English */
    enum page_media media;
    enum page_unit unit;    /* of the media's SIZE */
    int w_mm100, h_mm100;   /* of the media; h of a roll: what this page uses of it */
    int length_in360;       /* height in 1/360 inch, exact for media in INCH: a hundred
                               forms fed by it add up */
    struct page_rect print_area;
    struct page_rect restricted; /* w 0: none. A passbook's fold */
    int lines;              /* LINES of the media, 0: none */
    int lines_from;         /* passbook: first line printed on, 1-based */
    int rows_placed;        /* elements of the form's INDEX list that stand on this page */
    int rows_left;          /* and those that wait for the next one (page turn) */
    struct page_item *item; /* item_count of them, in printing order */
    int item_count;
    struct page_store *store; /* all that the items point to */
};

/* Frees the page with all that its items point to. NULL is fine. */
void page_free(struct page *page);

/* Cells of a character on a printer with a Chinese font: 1 for ASCII, 2 for all else
 * (such a printer's font has × and ℃ as wide as a Hanzi, whatever a terminal does). */
int page_cells_of(uint32_t cp);

/* The next piece of a text item whose characters are all of one width (1 or 2
 * cells) and all inside or all outside the device's font; for back ends that give
 * each its own absolute x. Start with *at = 0; returns false at the end. */
struct page_piece {
    const char *text; /* into the item's text, not terminated */
    size_t len;
    int x_mm100;      /* where its first character stands */
    int cells;        /* cells of the whole piece */
    int wide;         /* 2 when its characters take two cells, else 1 */
    enum page_glyph glyph;
};
bool page_piece_next(const struct page_item *item, const struct page_device *device, size_t *at,
                     struct page_piece *piece);

/* mm100 from dots and back, rounded to nearest. */
int page_mm100_of_dots(int dots, int dpi);
int page_dots_of_mm100(int mm100, int dpi);

/* --- building one: for app/print and for tests of back ends -------------------- */

/* An empty page on media of that size. NULL: no memory. */
struct page *page_new(int w_mm100, int h_mm100, enum page_media media);
/* Appends an item with its kind, place, field, text and bitmap bits copied into the
 * page. Returns it (valid until the next one is added), or NULL with err filled:
 * too many items, no memory. */
struct page_item *page_add(struct page *page, const struct page_item *item, struct error *err);
/* A copy of text within the page, freed with it; NULL: no memory. */
const char *page_keep(struct page *page, const char *text, size_t len);
/* Puts the items into printing order. */
void page_sort(struct page *page);

#endif
