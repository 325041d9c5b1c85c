#include "lib/test_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void put_text(struct page *page, const struct profile *p, int x_mm100, int y_mm100, unsigned style,
              const char *text)
{
    struct page_item item = {
        .kind = PAGE_TEXT, .field = "text", .x_mm100 = x_mm100, .y_mm100 = y_mm100, .text = text,
        .style = style, .cell_um = p->device.cell_um * (style & PAGE_WIDE ? 2 : 1), .point10 = 90,
        .h_mm100 = p->device.glyph_h_mm100 * (style & PAGE_HIGH ? 2 : 1),
    };
    const char *end = text + strlen(text);
    uint32_t cp;
    for (const char *c = text; c < end; c += utf8_next(c, end, &cp)) {
        utf8_next(c, end, &cp);
        item.cells += cp < 0x80 ? 1 : 2;
        if (p->device.glyph && p->device.glyph(p->device.ctx, cp) != PAGE_GLYPH_FONT) item.raster = true;
    }
    item.w_mm100 = item.cells * item.cell_um / 10;
    if (page_add(page, &item, NULL) == NULL) abort();
}

void put_qr(struct page *page, int x_mm100, int y_mm100, int size_mm100, const char *text)
{
    struct page_item item = { .kind = PAGE_QR, .field = "qr", .x_mm100 = x_mm100, .y_mm100 = y_mm100,
                              .w_mm100 = size_mm100, .h_mm100 = size_mm100, .text = text };
    if (page_add(page, &item, NULL) == NULL) abort();
}

void put_rule(struct page *page, int x_mm100, int y_mm100, int w_mm100, int h_mm100)
{
    struct page_item item = { .kind = PAGE_RULE, .field = "rule", .x_mm100 = x_mm100, .y_mm100 = y_mm100,
                              .w_mm100 = w_mm100, .h_mm100 = h_mm100 };
    if (page_add(page, &item, NULL) == NULL) abort();
}

struct page *receipt(const struct profile *p)
{
    struct page *page = page_new(8000, 6000, PAGE_ROLL);
    if (page == NULL) abort();
    put_text(page, p, 1000, 200, PAGE_WIDE | PAGE_HIGH | PAGE_BOLD, "电费收据");
    put_text(page, p, 600, 1000, 0, "客户编号");
    put_text(page, p, 2600, 1000, 0, "0311045678");
    put_text(page, p, 600, 1500, 0, "户名");
    put_text(page, p, 2600, 1500, PAGE_BOLD, "赵镕基 No.7");
    put_text(page, p, 600, 2000, 0, "实收");
    put_text(page, p, 2600, 2000, 0, "￥128.40");
    put_text(page, p, 600, 2500, PAGE_UNDER, "壹佰贰拾捌元肆角整");
    page_sort(page);
    return page;
}

struct page *receipt_qr(const struct profile *p)
{
    struct page *page = receipt(p);
    put_qr(page, 600, 3000, 2000, "0311-0007-20261124-000123");
    page_sort(page);
    return page;
}
