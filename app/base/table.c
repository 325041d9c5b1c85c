#include "base/table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

#define TABLE_COLUMNS_MAX 64
/* Rows that are gathered before the widths are fixed. */
#define TABLE_GATHER_MAX 1000
#define CELL_TEXT_SIZE 512

struct table {
    FILE *out;
    enum table_style style;
    const struct column *columns;
    size_t count;
    int64_t rows;
    int width[TABLE_COLUMNS_MAX];
    char **gathered; /* TEXT only: rows * count texts, until fixed */
    size_t gathered_rows;
    bool fixed;
};

static void put_csv(FILE *out, const char *text)
{
    if (!text[strcspn(text, ",\"\r\n")]) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* A byte that is no UTF-8 becomes U+FFFD, so that what is written is always JSON. */
static void put_json(FILE *out, const char *text)
{
    const char *end = text + strlen(text);
    fputc('"', out);
    while (text < end) {
        uint32_t cp;
        size_t step = utf8_next(text, end, &cp);
        if (!step) {
            fputs("\\ufffd", out);
            step = 1;
        } else if (cp == '"' || cp == '\\') {
            fprintf(out, "\\%c", (int)cp);
        } else if (cp < 0x20 || cp == 0x7f || cp == 0x2028 || cp == 0x2029) {
            fprintf(out, "\\u%04x", cp);
        } else {
            fwrite(text, 1, step, out);
        }
        text += step;
    }
    fputc('"', out);
}

/* The cell as a person reads it. Money is grouped in a table only. */
static const char *cell_text(const struct table *t, size_t i, const struct cell *cell, char *buf,
                             size_t size)
{
    switch (t->columns[i].kind) {
    case COLUMN_MONEY:
        return t->style == TABLE_TEXT ? money_format_grouped(cell->number, buf, size)
                                      : money_format(cell->number, buf, size);
    case COLUMN_INT:
        snprintf(buf, size, "%" PRId64, cell->number);
        return buf;
    case COLUMN_TEXT:
        break;
    }
    const char *text = cell->text ? cell->text : "";
    return t->style == TABLE_TEXT ? text_clean(buf, size, text) : text;
}

static void text_line(const struct table *t, char *const *cells)
{
    size_t pending = 0; /* blanks are written only before something, none at a line's end */
    for (size_t i = 0; i < t->count; i++) {
        int pad = t->width[i] - text_width(cells[i]);
        size_t blanks = pad > 0 ? (size_t)pad : 0;
        bool right = t->columns[i].kind != COLUMN_TEXT;
        if (right) pending += blanks;
        if (*cells[i]) fprintf(t->out, "%*s%s", (int)pending, "", cells[i]);
        if (*cells[i]) pending = 0;
        pending += (right ? 0 : blanks) + 2;
    }
    fputc('\n', t->out);
}

static void widen(struct table *t, char *const *cells)
{
    for (size_t i = 0; i < t->count; i++) {
        int width = text_width(cells[i]);
        if (width > t->width[i]) t->width[i] = width;
    }
}

/* The widths are known: title line, then what was gathered. */
static void fix(struct table *t)
{
    char *titles[TABLE_COLUMNS_MAX] = { 0 };
    for (size_t i = 0; i < t->count; i++) titles[i] = (char *)(uintptr_t)t->columns[i].title;
    widen(t, titles);
    text_line(t, titles);
    for (size_t row = 0; row < t->gathered_rows; row++) text_line(t, t->gathered + row * t->count);
    for (size_t i = 0; i < t->gathered_rows * t->count; i++) free(t->gathered[i]);
    free(t->gathered);
    t->gathered = NULL;
    t->fixed = true;
}

struct table *table_open(FILE *out, enum table_style style, const struct column *columns, size_t count)
{
    assert(count > 0 && count <= TABLE_COLUMNS_MAX);
    struct table *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    *t = (struct table){ .out = out, .style = style, .columns = columns, .count = count };
    if (style == TABLE_TEXT) t->gathered = calloc(TABLE_GATHER_MAX * count, sizeof *t->gathered);
    if (style == TABLE_TEXT && !t->gathered) {
        free(t);
        return NULL;
    }
    if (style != TABLE_CSV) return t;
    for (size_t i = 0; i < count; i++) {
        if (i) fputc(',', out);
        put_csv(out, columns[i].name);
    }
    fputs("\r\n", out);
    return t;
}

static void row_text(struct table *t, const struct cell *cells)
{
    char buf[TABLE_COLUMNS_MAX][CELL_TEXT_SIZE], *texts[TABLE_COLUMNS_MAX] = { 0 };
    for (size_t i = 0; i < t->count; i++) {
        const char *text = cell_text(t, i, &cells[i], buf[i], sizeof buf[i]);
        texts[i] = (char *)(uintptr_t)text;
    }
    if (!t->fixed && t->gathered_rows == TABLE_GATHER_MAX) fix(t);
    if (t->fixed) {
        text_line(t, texts);
        return;
    }
    widen(t, texts);
    for (size_t i = 0; i < t->count; i++) {
        assert(texts[i]);
        char *kept = strdup(texts[i]);
        assert(kept);
        t->gathered[t->gathered_rows * t->count + i] = kept;
    }
    t->gathered_rows++;
}

static void row_machine(struct table *t, const struct cell *cells)
{
    char buf[CELL_TEXT_SIZE];
    bool json = t->style == TABLE_JSON;
    if (json) fputc('{', t->out);
    for (size_t i = 0; i < t->count; i++) {
        const char *text = cell_text(t, i, &cells[i], buf, sizeof buf);
        if (i) fputc(',', t->out);
        if (!json) {
            put_csv(t->out, text);
            continue;
        }
        put_json(t->out, t->columns[i].name);
        fputc(':', t->out);
        if (t->columns[i].kind == COLUMN_TEXT)
            put_json(t->out, text);
        else
            fprintf(t->out, "%" PRId64, cells[i].number);
    }
    fputs(json ? "}\n" : "\r\n", t->out);
}

void table_row(struct table *table, const struct cell *cells)
{
    table->rows++;
    if (table->style == TABLE_TEXT)
        row_text(table, cells);
    else
        row_machine(table, cells);
}

int64_t table_close(struct table *table)
{
    if (!table) return 0;
    int64_t rows = table->rows;
    if (table->style == TABLE_TEXT && !table->fixed) fix(table);
    free(table);
    return rows;
}
