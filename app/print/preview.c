#include "print/preview.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ROLL_CELL_UM 1501
#define SHEET_CELL_UM 2000
#define NATURAL_COLUMNS_MAX 120
#define ROW_PER_CELL_PERCENT 230 /* a row of the terminal is so much higher than its cell is wide */
#define TAIL UINT32_MAX          /* the second cell of a wide character */

struct grid {
    const struct page *page;
    int columns, rows, cell_um, row_um;
    uint32_t *cell; /* 0: blank */
};

static int column_of(const struct grid *g, int x_mm100)
{
    return (int)(((int64_t)(x_mm100 - g->page->print_area.x_mm100) * 10 + g->cell_um / 2) / g->cell_um);
}

static int row_of(const struct grid *g, int y_mm100)
{
    return (int)(((int64_t)(y_mm100 - g->page->print_area.y_mm100) * 10 + g->row_um / 3) / g->row_um);
}

static uint32_t *at(const struct grid *g, int row, int column)
{
    if (row < 0 || row >= g->rows || column < 0 || column >= g->columns) return NULL;
    return &g->cell[row * g->columns + column];
}

static void put(const struct grid *g, int row, int column, uint32_t cp)
{
    uint32_t *cell = at(g, row, column);
    if (cell) *cell = cp;
}

static void draw_rule(const struct grid *g, const struct page_item *item)
{
    bool across = item->w_mm100 >= item->h_mm100;
    int row = row_of(g, item->y_mm100), last_row = row_of(g, item->y_mm100 + item->h_mm100);
    int column = column_of(g, item->x_mm100), last_column = column_of(g, item->x_mm100 + item->w_mm100);
    if (last_column >= g->columns) last_column = g->columns - 1;
    if (across) last_row = row;
    else last_column = column;
    for (int r = row; r <= last_row; r++)
        for (int c = column; c <= last_column; c++) {
            uint32_t *cell = at(g, r, c);
            if (cell) *cell = !*cell || *cell == (across ? '-' : '|') ? (across ? '-' : '|') : '+';
        }
}

static void draw_block(const struct grid *g, const struct page_item *item)
{
    int row = row_of(g, item->y_mm100), last_row = row_of(g, item->y_mm100 + item->h_mm100) - 1;
    int column = column_of(g, item->x_mm100), last_column = column_of(g, item->x_mm100 + item->w_mm100) - 1;
    const char *name = item->kind == PAGE_QR ? " QR " : item->kind == PAGE_BARCODE ? " BAR CODE " : " PICTURE ";
    int length = (int)strlen(name), middle = (row + last_row) / 2, from = (column + last_column + 1 - length) / 2;
    for (int r = row; r <= last_row; r++)
        for (int c = column; c <= last_column; c++)
            put(g, r, c, r == middle && c >= from && c < from + length ? (uint32_t)(unsigned char)name[c - from] : '#');
}

static bool is_free(const struct grid *g, int row, int column, int cells)
{
    for (int c = column; c < column + cells; c++) {
        const uint32_t *cell = at(g, row, c);
        if (cell && *cell && *cell != '-' && *cell != '|' && *cell != '+') return false;
    }
    return true;
}

static void draw_text(const struct grid *g, const struct page_item *item)
{
    int column = column_of(g, item->x_mm100), width = text_width(item->text);
    int row = row_of(g, item->y_mm100 + item->h_mm100 - g->row_um / 10);
    if (row < 0) row = 0;
    for (int tries = 0; tries < 2 && !is_free(g, row, column, width); tries++) row++;
    const char *text = item->text, *end = text + strlen(text);
    uint32_t cp;
    for (size_t took; text < end && (took = utf8_next(text, end, &cp)) > 0; text += took) {
        int wide = text_cp_width(cp);
        if (wide < 1) continue;
        if (column + wide > g->columns) return;
        if (cp != ' ' || !at(g, row, column) || *at(g, row, column) < 0x80) put(g, row, column, cp);
        if (wide == 2) put(g, row, column + 1, TAIL);
        column += wide;
    }
}

/* A row's cells as UTF-8 without trailing blanks. */
static char *line_of(const struct grid *g, int row)
{
    char *line = malloc((size_t)g->columns * 4 + 1);
    size_t used = 0, whole = 0;
    for (int c = 0; line && c < g->columns; c++) {
        uint32_t cp = *at(g, row, c);
        if (cp == TAIL) continue;
        used += utf8_put(line + used, 5, cp ? cp : ' ');
        if (cp && cp != ' ') whole = used;
    }
    if (line) line[whole] = '\0';
    return line;
}

static void draw(const struct grid *g)
{
    for (int i = 0; i < g->page->item_count; i++)
        if (g->page->item[i].kind == PAGE_RULE) draw_rule(g, &g->page->item[i]);
    for (int i = 0; i < g->page->item_count; i++)
        if (g->page->item[i].kind > PAGE_RULE) draw_block(g, &g->page->item[i]);
    for (int i = 0; i < g->page->item_count; i++)
        if (g->page->item[i].kind == PAGE_TEXT) draw_text(g, &g->page->item[i]);
}

static void measure(struct grid *g, int columns)
{
    const struct page *page = g->page;
    bool roll = page->media == PAGE_ROLL;
    int w = page->print_area.w_mm100, h = page->print_area.h_mm100;
    g->columns = columns ? columns : w * 10 / (roll ? ROLL_CELL_UM : SHEET_CELL_UM);
    if (!columns && g->columns > NATURAL_COLUMNS_MAX) g->columns = NATURAL_COLUMNS_MAX;
    if (g->columns > PREVIEW_COLUMNS_MAX) g->columns = PREVIEW_COLUMNS_MAX;
    if (g->columns < 1) g->columns = 1;
    g->cell_um = w * 10 / g->columns > 0 ? w * 10 / g->columns : 1;
    g->row_um = roll ? 3750 : g->cell_um * ROW_PER_CELL_PERCENT / 100 + 1;
    if (!roll && g->row_um > 4233) g->row_um = 4233;
    g->rows = h * 10 / g->row_um + 1;
    if (g->rows > PREVIEW_ROWS_MAX) g->rows = PREVIEW_ROWS_MAX;
}

int page_preview(const struct page *page, int columns, struct page_preview *out, struct error *err)
{
    struct grid g = {.page = page};
    measure(&g, columns);
    *out = (struct page_preview){.columns = g.columns};
    g.cell = calloc((size_t)g.columns * (size_t)g.rows, sizeof *g.cell);
    out->line = calloc((size_t)g.rows, sizeof *out->line);
    if (!g.cell || !out->line) goto full;
    draw(&g);
    for (int row = 0; row < g.rows; row++) {
        if (!(out->line[row] = line_of(&g, row))) goto full;
        out->rows = row + 1;
    }
    while (out->rows > 0 && out->line[out->rows - 1] && !*out->line[out->rows - 1]) free(out->line[--out->rows]);
    free(g.cell);
    return 0;
full:
    free(g.cell);
    page_preview_free(out);
    return error_all(err, "page not shown", page->form, "no memory", NULL);
}

void page_preview_free(struct page_preview *preview)
{
    for (int i = 0; preview->line && i < preview->rows; i++) free(preview->line[i]);
    free(preview->line);
    *preview = (struct page_preview){0};
}
