/* Back end ESC/POS: thermal receipts.
 *
 * A page is cut into bands: items that overlap in height print together. A band of
 * text whose cells end at one line goes out as text; one that holds anything else
 * (a QR, a rule, a character outside the font) goes out whole as one raster, since
 * a raster prints only from an empty print buffer. */
#include "drivers/backend.h"

#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "drivers/picture.h"

#define MOVE_MAX 255          /* units of one 1B 4A */
#define RASTER_ROWS_MAX 1000  /* of one 1D 76 30: below the printers' 2303, and so that no
                                 byte of its head is that of a real-time command */
#define QR_MODULE_MAX 16
#define STYLE_UNSET 0xffffffffu

struct out {
    const struct profile *profile;
    const struct page *page;
    struct bytes *to;
    struct error *err;
    int y;          /* where the paper stands, in units of the vertical move */
    bool pending;   /* characters wait in the print buffer */
    unsigned style; /* last one set */
};

struct band {
    int first, end; /* items [first, end) of the page */
    int top_mm100, bottom_mm100;
};

/* --- bands ---------------------------------------------------------------------- */

static int bottom_of(const struct page_item *i) { return i->y_mm100 + i->h_mm100; }

/* Items come by rising y: a band ends where the next item begins below all of it. */
static struct band band_from(const struct page *page, int first)
{
    struct band b = { first, first + 1, page->item[first].y_mm100, bottom_of(&page->item[first]) };
    while (b.end < page->item_count && page->item[b.end].y_mm100 < b.bottom_mm100) {
        int bottom = bottom_of(&page->item[b.end++]);
        if (bottom > b.bottom_mm100) b.bottom_mm100 = bottom;
    }
    return b;
}

/* Characters of different height stand on one base line, so their bottoms agree. */
static bool is_text(const struct page *page, const struct band *b)
{
    for (int i = b->first; i < b->end; i++) {
        const struct page_item *item = &page->item[i];
        if (item->kind != PAGE_TEXT || item->raster || item->cell_um == 0) return false;
        if (abs(bottom_of(item) - b->bottom_mm100) > 5) return false;
    }
    return true;
}

/* --- paper ---------------------------------------------------------------------- */

/* 1B 4A prints what waits and feeds. */
static void move_to(struct out *o, int y)
{
    int n = y > o->y ? y - o->y : 0;
    if (n == 0 && !o->pending) return;
    do {
        int step = n > MOVE_MAX ? MOVE_MAX : n;
        bytes_put(o->to, "\x1bJ", 2);
        bytes_u8(o->to, (unsigned)step);
        n -= step;
    } while (n > 0);
    if (y > o->y) o->y = y;
    o->pending = false;
}

static int units(const struct out *o, int mm100)
{
    return page_dots_of_mm100(mm100, o->profile->move_dpi);
}

static void set_x(struct out *o, int x_mm100)
{
    int x = backend_x(o->profile, x_mm100, o->profile->device.x_dpi);
    bytes_put(o->to, "\x1b$", 2);
    bytes_u16(o->to, (unsigned)x);
}

/* --- text ----------------------------------------------------------------------- */

static void set_style(struct out *o, unsigned style)
{
    if (style == o->style) return;
    bool wide = style & PAGE_WIDE, high = style & PAGE_HIGH, under = style & PAGE_UNDER;
    const uint8_t commands[] = {
        0x1b, 'E', (style & PAGE_BOLD) != 0,
        0x1d, '!', (uint8_t)((wide ? 0x10 : 0) | (high ? 0x01 : 0)),
        0x1c, '!', (uint8_t)((wide ? 0x04 : 0) | (high ? 0x08 : 0) | (under ? 0x80 : 0)),
        0x1b, '-', under,
    };
    bytes_put(o->to, commands, sizeof commands);
    o->style = style;
}

static int put_text(struct out *o, const struct page_item *item)
{
    struct page_piece piece;
    size_t at = 0;
    set_style(o, item->style);
    while (page_piece_next(item, &o->profile->device, &at, &piece)) {
        set_x(o, piece.x_mm100);
        if (backend_encode(o->profile, piece.text, piece.len, o->to, o->err) != 0) return -1;
        o->pending = true;
    }
    return 0;
}

/* --- pictures ------------------------------------------------------------------- */

/* A printer looks for 10 04, 10 05 and 10 14 even inside a bitmap. One dot more in
 * the 10 makes it a harmless 18. */
static void defuse(uint8_t *data, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++)
        if (data[i] == 0x10 && (data[i + 1] == 0x04 || data[i + 1] == 0x05 || data[i + 1] == 0x14))
            data[i] = 0x18;
}

/* Bytes of a row that have anything black in any row. */
static int inked(const uint8_t *bits, int stride, int rows)
{
    int most = 0;
    for (int r = 0; r < rows; r++)
        for (int c = stride; c > most; c--)
            if (bits[(size_t)r * (size_t)stride + (size_t)c - 1]) most = c;
    return most;
}

static int put_rows(struct out *o, const uint8_t *bits, int stride, int rows)
{
    int width = inked(bits, stride, rows);
    if (width == 0) return 0;
    size_t len = (size_t)width * (size_t)rows;
    uint8_t *data = malloc(len);
    if (data == NULL) return error_all(o->err, "cannot draw the page", NULL, "out of memory", NULL);
    for (int r = 0; r < rows; r++)
        memcpy(data + (size_t)r * (size_t)width, bits + (size_t)r * (size_t)stride, (size_t)width);
    defuse(data, len);
    bytes_put(o->to, "\x1dv0\x00", 4);
    bytes_u16(o->to, (unsigned)width);
    bytes_u16(o->to, (unsigned)rows);
    bytes_put(o->to, data, len);
    free(data);
    return 0;
}

struct wanted {
    const struct page_item *first, *end;
};
static bool want(const struct page_item *item, void *ctx)
{
    const struct wanted *w = ctx;
    return item >= w->first && item < w->end;
}

static int put_picture(struct out *o, const struct band *b)
{
    const struct page_device *d = &o->profile->device;
    struct wanted wanted = { o->page->item + b->first, o->page->item + b->end };
    struct picture_band area = {
        .left_mm100 = d->left_mm100, .w_dots = page_dots_of_mm100(d->width_mm100, d->x_dpi),
        .y_mm100 = b->top_mm100, .h_mm100 = b->bottom_mm100 - b->top_mm100,
        .x_dpi = d->x_dpi, .y_dpi = d->y_dpi, .want = want, .ctx = &wanted,
    };
    uint8_t *bits = NULL;
    int rows = 0, status = 0, stride = (area.w_dots + 7) / 8;
    if (picture_bitmap(o->page, &area, &bits, &rows, o->err) != 0) return -1;
    move_to(o, units(o, b->top_mm100));
    bytes_command(o->to, &o->profile->dialect->image_guard);
    for (int r = 0; r < rows && status == 0; r += RASTER_ROWS_MAX) {
        int n = rows - r < RASTER_ROWS_MAX ? rows - r : RASTER_ROWS_MAX;
        status = put_rows(o, bits + (size_t)r * (size_t)stride, stride, n);
        if (inked(bits + (size_t)r * (size_t)stride, stride, n)) o->y += n * o->profile->move_dpi / d->y_dpi;
    }
    free(bits);
    return status;
}

/* --- QR by command ---------------------------------------------------------------- */

/* How large the printer will draw it: dots of one module, and rows in all. */
struct qr_size {
    int module, rows;
};
static struct qr_size qr_size(const struct out *o, const struct page_item *item)
{
    QRcode *code = QRcode_encodeString8bit(item->text, 0, QR_ECLEVEL_M);
    int width = code ? code->width : 0;
    int dots = page_dots_of_mm100(item->w_mm100, o->profile->device.x_dpi);
    int module = width ? dots / width : 0;
    QRcode_free(code);
    return (struct qr_size){ module <= QR_MODULE_MAX ? module : 0, module * width };
}

static bool qr_alone(const struct out *o, const struct band *b)
{
    const struct page_item *item = &o->page->item[b->first];
    return o->profile->native_qr && b->end == b->first + 1 && item->kind == PAGE_QR &&
           qr_size(o, item).module >= 2;
}

/* Model 2, module size, correction M, store, print; then the paper is below it. */
static void put_qr(struct out *o, const struct band *b)
{
    const struct page_item *item = &o->page->item[b->first];
    struct qr_size size = qr_size(o, item);
    size_t len = strlen(item->text);
    move_to(o, units(o, item->y_mm100));
    set_x(o, item->x_mm100);
    bytes_put(o->to, "\x1d(k\x04\x00\x31\x41\x32\x00", 9);
    bytes_put(o->to, "\x1d(k\x03\x00\x31\x43", 7);
    bytes_u8(o->to, (unsigned)size.module);
    bytes_put(o->to, "\x1d(k\x03\x00\x31\x45\x31", 8);
    bytes_put(o->to, "\x1d(k", 3);
    bytes_u16(o->to, (unsigned)(len + 3));
    bytes_put(o->to, "\x31\x50\x30", 3);
    bytes_put(o->to, item->text, len);
    bytes_put(o->to, "\x1d(k\x03\x00\x31\x51\x30", 8);
    o->y += size.rows * o->profile->move_dpi / o->profile->device.y_dpi;
}

/* --- the page --------------------------------------------------------------------- */

static int put_band(struct out *o, const struct band *b)
{
    if (is_text(o->page, b)) {
        move_to(o, units(o, b->top_mm100));
        for (int i = b->first; i < b->end; i++)
            if (put_text(o, &o->page->item[i]) != 0) return -1;
        return 0;
    }
    if (qr_alone(o, b)) {
        put_qr(o, b);
        return 0;
    }
    return put_picture(o, b);
}

static void put_end(struct out *o)
{
    const struct profile *p = o->profile;
    move_to(o, units(o, o->page->h_mm100));
    if (p->cutter) bytes_command(o->to, &p->dialect->cut);
    else move_to(o, o->y + units(o, p->feed_end_mm10 * 10));
}

static int escpos_render(const struct profile *profile, const struct page *page, struct bytes *to,
                         struct error *err)
{
    struct out o = { profile, page, to, err, 0, false, STYLE_UNSET };
    bytes_command(to, &profile->dialect->hanzi_on);
    bytes_command(to, &profile->dialect->hanzi_gaps);
    for (int i = 0; i < page->item_count;) {
        struct band b = band_from(page, i);
        if (put_band(&o, &b) != 0) return -1;
        i = b.end;
    }
    put_end(&o);
    return 0;
}

const struct backend backend_escpos = { .name = "escpos", .suffix = "prn", .render = escpos_render };
