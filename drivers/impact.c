#include "drivers/impact.h"

#include <stdlib.h>
#include <string.h>

#include "drivers/picture.h"

#define STROKES_MAX 65536
#define COLUMN (IMPACT_PINS / 8) /* bytes of one */

static struct impact_stroke *add(struct impact *m, const struct impact_stroke *stroke)
{
    if (m->strokes == STROKES_MAX) return NULL;
    if ((m->strokes & (m->strokes - 1)) == 0) {
        size_t room = m->strokes ? (size_t)m->strokes * 2 : 1;
        struct impact_stroke *more = realloc(m->stroke, room * sizeof *more);
        if (more == NULL) return NULL;
        m->stroke = more;
    }
    m->stroke[m->strokes] = *stroke;
    return &m->stroke[m->strokes++];
}

static int x_of(const struct impact *m, int x_mm100) { return backend_x(m->profile, x_mm100, m->x_dpi); }
static int y_of(const struct impact *m, int y_mm100)
{
    return page_dots_of_mm100(y_mm100 - m->profile->device.top_mm100, m->y_dpi);
}

int impact_cpi10(const struct impact *m, const struct page_item *item)
{
    return item->cpi10 ? item->cpi10 : (254000 + m->profile->device.cell_um / 2) / m->profile->device.cell_um;
}

/* 1C 53 for whole Hanzi, 1C 54 for half-width ones, which have half of the gap. */
int impact_set_pitch(struct impact *m, const struct page_item *item, const struct impact_pitch *table, size_t count)
{
    int cpi10 = impact_cpi10(m, item);
    if (cpi10 == m->cpi10) return 0;
    for (size_t i = 0; i < count; i++) {
        if (table[i].cpi10 != cpi10) continue;
        const uint8_t gaps[] = { 0x1c, 'S', 0, table[i].gap, 0x1c, 'T', 0, table[i].gap / 2 };
        bytes_command(m->to, &table[i].command);
        if (m->profile->dialect->hanzi_on.len) bytes_put(m->to, gaps, sizeof gaps);
        m->cpi10 = cpi10;
        return 0;
    }
    return backend_refuse(m->profile, item, m->err, "it has no such pitch");
}

/* Sizes that the printer makes in its own way, and not where the page says, are drawn. */
static bool is_drawn(const struct page_item *item)
{
    return item->kind != PAGE_TEXT || item->raster || item->cell_um == 0 ||
           item->style & (PAGE_WIDE | PAGE_HIGH | PAGE_ITALIC);
}

static int add_text(struct impact *m, const struct page_item *item)
{
    struct impact_stroke s = { .y = y_of(m, item->y_mm100), .item = item };
    size_t at = 0;
    while (page_piece_next(item, &m->profile->device, &at, &s.piece)) {
        s.x = x_of(m, s.piece.x_mm100);
        if (add(m, &s) == NULL) return backend_refuse(m->profile, item, m->err, "too much stands on the page");
    }
    return 0;
}

/* --- pictures ------------------------------------------------------------------- */

struct picture {
    const uint8_t *bits;
    int stride, width, rows;
};

static bool dot(const struct picture *p, int x, int y)
{
    return y < p->rows && p->bits[(size_t)y * (size_t)p->stride + (size_t)(x / 8)] & (0x80 >> (x % 8));
}

/* First column with anything black from x on in this strip; the width when there is none. */
static int next_ink(const struct picture *p, int x, int step, int top)
{
    for (; x >= 0 && x < p->width; x += step)
        for (int y = top; y < top + IMPACT_PINS; y++)
            if (dot(p, x, y)) return x;
    return p->width;
}

static int add_strip(struct impact *m, const struct page_item *item, const struct picture *p, int top)
{
    int first = next_ink(p, 0, 1, top);
    if (first == p->width) return 0;
    struct impact_stroke s = { .x = first, .y = y_of(m, item->y_mm100) + top, .item = item };
    s.count = next_ink(p, p->width - 1, -1, top) - first + 1;
    s.columns = calloc((size_t)s.count, COLUMN);
    if (s.columns == NULL || add(m, &s) == NULL) {
        free(s.columns);
        return backend_refuse(m->profile, item, m->err, "too much stands on the page");
    }
    for (int x = 0; x < s.count; x++)
        for (int pin = 0; pin < IMPACT_PINS; pin++)
            if (dot(p, first + x, top + pin)) s.columns[x * COLUMN + pin / 8] |= (uint8_t)(0x80 >> (pin % 8));
    return 0;
}

static bool only(const struct page_item *item, void *ctx) { return item == ctx; }

static int add_picture(struct impact *m, const struct page_item *item)
{
    const struct page_device *d = &m->profile->device;
    if (m->profile->raster == RASTER_NO)
        return backend_refuse(m->profile, item, m->err, "this printer has no pictures, lines or sizes");
    struct picture_band band = {
        .left_mm100 = d->left_mm100, .w_dots = page_dots_of_mm100(d->width_mm100, d->x_dpi),
        .y_mm100 = item->y_mm100, .h_mm100 = item->h_mm100, .x_dpi = d->x_dpi, .y_dpi = d->y_dpi,
        .want = only, .ctx = (void *)(uintptr_t)item,
    };
    struct picture p = { .stride = (band.w_dots + 7) / 8, .width = band.w_dots };
    uint8_t *bits = NULL;
    int status = picture_bitmap(m->page, &band, &bits, &p.rows, m->err);
    p.bits = bits;
    for (int top = 0; status == 0 && top < p.rows; top += IMPACT_PINS) status = add_strip(m, item, &p, top);
    free(bits);
    return status;
}

/* --- the page --------------------------------------------------------------------- */

static int before(const void *a, const void *b)
{
    const struct impact_stroke *one = a, *other = b;
    if (one->y != other->y) return one->y < other->y ? -1 : 1;
    return one->x < other->x ? -1 : one->x > other->x;
}

int impact_open(struct impact *m)
{
    m->style = IMPACT_UNSET;
    for (int i = 0; i < m->page->item_count; i++) {
        const struct page_item *item = &m->page->item[i];
        if ((is_drawn(item) ? add_picture(m, item) : add_text(m, item)) != 0) return -1;
    }
    if (m->strokes) qsort(m->stroke, (size_t)m->strokes, sizeof *m->stroke, before);
    if (m->strokes && m->stroke[0].y < 0)
        return backend_refuse(m->profile, m->stroke[0].item, m->err, "it stands above what the printer reaches");
    return 0;
}

void impact_close(struct impact *m)
{
    for (int i = 0; i < m->strokes; i++) free(m->stroke[i].columns);
    free(m->stroke);
}
