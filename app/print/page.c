#include "print/page.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define CHUNK_SIZE 16384

/* Texts and bitmaps of a page: chunks that are only ever added to. */
struct page_store {
    struct page_store *before;
    size_t used, size;
    _Alignas(8) char bytes[];
};

static void *take(struct page *page, size_t len)
{
    struct page_store *store = page->store;
    len = (len + 7) & ~(size_t)7;
    if (!store || store->size - store->used < len) {
        size_t size = len > CHUNK_SIZE ? len : CHUNK_SIZE;
        store = malloc(sizeof *store + size);
        if (!store) return NULL;
        *store = (struct page_store){.before = page->store, .size = size};
        page->store = store;
    }
    void *at = store->bytes + store->used;
    store->used += len;
    return at;
}

const char *page_keep(struct page *page, const char *text, size_t len)
{
    char *copy = take(page, len + 1);
    if (!copy) return NULL;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

struct page *page_new(int w_mm100, int h_mm100, enum page_media media)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page) return NULL;
    page->w_mm100 = w_mm100;
    page->h_mm100 = h_mm100;
    page->media = media;
    page->print_area = (struct page_rect){0, 0, w_mm100, h_mm100};
    page->length_in360 = (int)(((int64_t)h_mm100 * 360 + 1270) / 2540);
    page->lines_from = 1;
    return page;
}

void page_free(struct page *page)
{
    if (!page) return;
    for (struct page_store *store = page->store, *before; store; store = before) {
        before = store->before;
        free(store);
    }
    free(page->item);
    free(page);
}

static bool keep_parts(struct page *page, struct page_item *item)
{
    if (item->field && !(item->field = page_keep(page, item->field, strlen(item->field)))) return false;
    if (item->text && !(item->text = page_keep(page, item->text, strlen(item->text)))) return false;
    if (item->kind != PAGE_IMAGE) return true;
    size_t len = (size_t)item->image.stride * (size_t)item->image.h;
    uint8_t *bits = take(page, len);
    if (!bits) return false;
    memcpy(bits, item->image.bits, len);
    item->image.bits = bits;
    return true;
}

struct page_item *page_add(struct page *page, const struct page_item *item, struct error *err)
{
    if (page->item_count == PAGE_ITEMS_MAX) {
        error_set(err, "page refused");
        error_why(err, "more than %d texts and lines stand on it", PAGE_ITEMS_MAX);
        return NULL;
    }
    if ((page->item_count & (page->item_count - 1)) == 0) {
        size_t room = page->item_count ? (size_t)page->item_count * 2 : 1;
        struct page_item *more = realloc(page->item, room * sizeof *more);
        if (!more) goto full;
        page->item = more;
    }
    struct page_item *added = &page->item[page->item_count];
    *added = *item;
    added->order = page->item_count;
    if (!keep_parts(page, added)) goto full;
    page->item_count++;
    return added;
full:
    error_set(err, "page refused");
    error_why(err, "no memory");
    return NULL;
}

static int before(const void *a, const void *b)
{
    const struct page_item *one = a, *other = b;
    if (one->y_mm100 != other->y_mm100) return one->y_mm100 < other->y_mm100 ? -1 : 1;
    if (one->x_mm100 != other->x_mm100) return one->x_mm100 < other->x_mm100 ? -1 : 1;
    return one->order - other->order;
}

void page_sort(struct page *page)
{
    if (page->item_count > 1) qsort(page->item, (size_t)page->item_count, sizeof *page->item, before);
}

int page_cells_of(uint32_t cp) { return cp < 0x80 ? 1 : 2; }

static enum page_glyph glyph_of(const struct page_device *device, uint32_t cp)
{
    return device->glyph ? device->glyph(device->ctx, cp) : PAGE_GLYPH_FONT;
}

bool page_piece_next(const struct page_item *item, const struct page_device *device, size_t *at, struct page_piece *piece)
{
    const char *text = item->text, *end = text + strlen(text), *from = text + *at;
    int cells_before = 0;
    uint32_t cp;
    assert(item->kind == PAGE_TEXT);
    if (from >= end) return false;
    for (const char *p = text; p < from; p += utf8_next(p, end, &cp)) {
        utf8_next(p, end, &cp);
        cells_before += page_cells_of(cp);
    }
    *piece = (struct page_piece){.text = from};
    for (const char *p = from; p < end;) {
        size_t took = utf8_next(p, end, &cp);
        assert(took); /* a page's text was checked when it was placed */
        enum page_glyph glyph = glyph_of(device, cp);
        if (p == from) {
            piece->wide = page_cells_of(cp);
            piece->glyph = glyph;
        } else if (page_cells_of(cp) != piece->wide || glyph != piece->glyph) {
            break;
        }
        p += took;
        piece->len = (size_t)(p - from);
        piece->cells += piece->wide;
    }
    *at += piece->len;
    piece->x_mm100 = item->x_mm100 + (int)(((int64_t)cells_before * item->cell_um + 5) / 10);
    return true;
}

int page_mm100_of_dots(int dots, int dpi)
{
    int64_t twice = (int64_t)dots * 2540 * 2;
    return (int)((twice + (twice < 0 ? -dpi : dpi)) / (2 * (int64_t)dpi));
}

int page_dots_of_mm100(int mm100, int dpi)
{
    int64_t twice = (int64_t)mm100 * dpi * 2;
    return (int)((twice + (twice < 0 ? -2540 : 2540)) / 5080);
}
