#include "lib/escpos_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* Fixed lengths, by their first bytes. */
static const struct {
    const char *head;
    size_t head_len;
    long len;
} fixed[] = {
    { "\x1b@", 2, 2 },   { "\x1bR", 2, 3 },   { "\x1b$", 2, 4 },  { "\x1bJ", 2, 3 },  { "\x1b" "E", 2, 3 },
    { "\x1b-", 2, 3 },   { "\x1bp", 2, 5 },   { "\x1d!", 2, 3 },  { "\x1c!", 2, 3 },  { "\x1c&", 2, 2 },
    { "\x1c.", 2, 2 },   { "\x1cS", 2, 4 },   { "\x1dVB", 3, 4 }, { "\x1dr", 2, 3 },  { "\x10\x04", 2, 3 },
    { "\x10\x05", 2, 3 },
};

long escpos_length(const uint8_t *p, size_t len)
{
    if (len == 0) return 0;
    if (p[0] >= 0x81 && p[0] <= 0xfe) {
        if (len < 2) return 0;
        return p[1] >= 0x40 && p[1] != 0x7f && p[1] != 0xff ? 2 : -1;
    }
    if (p[0] >= 0x20) return p[0] <= 0x7e ? 1 : -1;
    if (len < 2) return 0;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (len >= fixed[i].head_len && memcmp(p, fixed[i].head, fixed[i].head_len) == 0)
            return len >= (size_t)fixed[i].len ? fixed[i].len : 0;
    if (len < 3) return p[0] == 0x1d ? 0 : -1;
    if (memcmp(p, "\x1d(", 2) == 0) {
        if (len < 5) return 0;
        size_t whole = 5 + (size_t)p[3] + 256u * p[4];
        return len >= whole ? (long)whole : 0;
    }
    if (memcmp(p, "\x1dv0", 3) == 0) {
        if (len < 8) return 0;
        size_t whole = 8 + (p[4] + 256u * p[5]) * (size_t)(p[6] + 256u * p[7]);
        return len >= whole ? (long)whole : 0;
    }
    return -1;
}

struct reader {
    struct escpos_sheet *sheet;
    int x, y, move_per_row, pending;
    int bold, under, wide, high, hanzi;
    char run[256]; /* GB18030 bytes of the run under way */
    size_t run_len;
    int run_x;
};

static void problem(struct reader *r, const char *what, const uint8_t *p)
{
    if (r->sheet->problem[0] == '\0')
        snprintf(r->sheet->problem, sizeof r->sheet->problem, "%s: %02x %02x %02x", what, p[0], p[1], p[2]);
}

static struct escpos_mark *new_mark(struct reader *r)
{
    if (r->sheet->marks == 1024) abort();
    struct escpos_mark *m = &r->sheet->mark[r->sheet->marks++];
    memset(m, 0, sizeof *m);
    m->x_dots = r->x;
    m->y_units = r->y;
    return m;
}

static void end_run(struct reader *r)
{
    char *text = NULL;
    size_t len;
    if (r->run_len == 0) return;
    struct escpos_mark *m = new_mark(r);
    m->x_dots = r->run_x;
    m->bold = r->bold;
    m->under = r->under;
    m->wide = r->wide;
    m->high = r->high;
    if (gb18030_to_utf8(r->run, r->run_len, &text, &len, NULL) == 0) text_copy(m->text, sizeof m->text, text);
    free(text);
    r->run_len = 0;
}

static void text(struct reader *r, const uint8_t *p, long len)
{
    if (len == 2 && !r->hanzi) problem(r, "two bytes without Hanzi mode", p);
    if (r->run_len == 0) r->run_x = r->x;
    if (r->run_len + 2 > sizeof r->run) abort();
    memcpy(r->run + r->run_len, p, (size_t)len);
    r->run_len += (size_t)len;
    r->pending = 1;
}

static void parens(struct reader *r, const uint8_t *p, size_t len)
{
    if (p[2] != 'k' || p[6] != 0x50) return;
    struct escpos_mark *m = new_mark(r);
    if (len - 8 >= sizeof m->qr) abort();
    memcpy(m->qr, p + 8, len - 8);
}

static void command(struct reader *r, const uint8_t *p, long len)
{
    struct escpos_sheet *s = r->sheet;
    end_run(r);
    switch (p[0] << 8 | p[1]) {
    case 0x1b40: s->inits++; r->hanzi = r->bold = r->under = r->wide = r->high = 0; break;
    case 0x1c26: r->hanzi = 1; break;
    case 0x1c2e: r->hanzi = 0; break;
    case 0x1b24: r->x = p[2] + 256 * p[3]; break;
    case 0x1b45: r->bold = p[2]; break;
    case 0x1b2d: r->under = p[2]; break;
    case 0x1d21: r->wide = p[2] >> 4; r->high = p[2] & 15; break;
    case 0x1b70: s->drawer_kicks++; break;
    case 0x1b4a: r->y += p[2]; r->x = r->pending = 0; break;
    case 0x1d56: s->cuts++; if (r->pending) problem(r, "cut with characters waiting", p); break;
    case 0x1d28: parens(r, p, (size_t)len); break;
    case 0x1d76: {
        if (r->pending) problem(r, "raster with characters waiting", p);
        struct escpos_mark *m = new_mark(r);
        m->w_dots = 8 * (p[4] + 256 * p[5]);
        m->h_rows = p[6] + 256 * p[7];
        m->bits = p + 8;
        r->y += m->h_rows * r->move_per_row;
        break;
    }
    default: break;
    }
}

void escpos_read(const uint8_t *p, size_t len, int move_per_row, struct escpos_sheet *sheet)
{
    struct reader r = { .sheet = sheet, .move_per_row = move_per_row };
    memset(sheet, 0, sizeof *sheet);
    while (len > 0) {
        long n = escpos_length(p, len);
        if (n <= 0) {
            problem(&r, n == 0 ? "cut short" : "unknown", p);
            break;
        }
        if (p[0] >= 0x20) text(&r, p, n);
        else command(&r, p, n);
        p += n;
        len -= (size_t)n;
    }
    end_run(&r);
    sheet->length_units = r.y;
}
