/* A template of any bytes: refused with its place, or whole enough to be placed. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "print/place.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int advance_um(const void *ctx, const char *text, size_t len, int point10, unsigned style) { return (int)len * 1000; }

static void place_each(const struct template_file *file, const struct page_device *device, const json_t *data)
{
    for (int f = 0; f < file->form_count; f++)
        for (int m = 0; m < file->media_count; m++) {
            struct error err = {0};
            struct page *page;
            const struct print_request request = {.form = &file->form[f], .media = &file->media[m], .data = data, .device = device, .may_continue = true};
            if (print_place(&request, &page, &err)) {
                assert(!page && err.what[0]);
                continue;
            }
            for (int i = 1; i < page->item_count; i++) assert(page->item[i].y_mm100 >= page->item[i - 1].y_mm100);
            page_free(page);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct page_device cells = {.name = "cells", .x_dpi = 203, .y_dpi = 203, .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300,
                                             .style = PAGE_BOLD | PAGE_WIDE | PAGE_HIGH, .can = PAGE_CAN_ALL};
    static const struct page_device free_pitch = {.name = "free", .cell_um = 1501, .row_um = 3750, .glyph_h_mm100 = 300, .style = 31, .can = PAGE_CAN_ALL,
                                                  .upward = true, .advance_um = advance_um};
    struct template_file *file;
    struct error err = {0};
    if (template_read("t", (const char *)bytes, size, &file, &err)) {
        assert(!file && err.what[0] && err.why[0]);
        return 0;
    }
    json_t *data = json_pack("{s:s, s:i, s:[{s:s, s:i}, {s:s, s:i}]}", "a", "国营 O'Brien", "n", 12345, "b", "c", "x", "n", 0, "c", "户名户名户名", "n", 7);
    assert(data);
    place_each(file, &cells, data);
    place_each(file, &free_pitch, data);
    json_decref(data);
    template_free(file);
    return 0;
}
