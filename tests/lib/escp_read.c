#include "lib/escp_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct reader {
    struct escp_sheet *sheet;
    int x, y, pitch, hanzi, gap, bold, under;
    int spacing;     /* 1/180 inch */
    int tab;         /* the one tab stop that is set, in columns of the pitch when it was set; here 1/180 inch */
    long length;     /* of the form, 1/360 inch */
    struct escp_mark *run;
    char gb[256];
    size_t gb_len;
};

static struct escp_mark *new_mark(struct reader *r)
{
    if (r->sheet->marks == 1024) abort();
    struct escp_mark *m = &r->sheet->mark[r->sheet->marks++];
    *m = (struct escp_mark){ .x = r->x, .y = r->y, .bold = r->bold, .under = r->under };
    return m;
}

static void end_run(struct reader *r)
{
    char *text = NULL;
    size_t len;
    if (r->run == NULL) return;
    r->run->x_end = r->x;
    if (gb18030_to_utf8(r->gb, r->gb_len, &text, &len, NULL) == 0) text_copy(r->run->text, sizeof r->run->text, text);
    free(text);
    r->run = NULL;
    r->gb_len = 0;
}

static size_t character(struct reader *r, const uint8_t *p)
{
    size_t n = p[0] >= 0x81 ? 2 : 1;
    if (n == 2 && !r->hanzi) snprintf(r->sheet->problem, sizeof r->sheet->problem, "two bytes without Hanzi mode");
    if (r->run == NULL) r->run = new_mark(r);
    memcpy(r->gb + r->gb_len, p, n);
    r->gb_len += n;
    r->x += n == 2 ? 24 + r->gap : r->pitch;
    return n;
}

/* Down by n/180, paper and all. */
static void feed(struct reader *r, int n)
{
    r->y += n;
    r->sheet->fed_in360 += 2 * n;
}

static void next_form(struct reader *r)
{
    long stands = 2L * r->y % r->length;
    r->sheet->fed_in360 += r->length - stands;
    r->y = r->x = 0;
    r->sheet->forms++;
}

static size_t graphics(struct reader *r, const uint8_t *p)
{
    struct escp_mark *m = new_mark(r);
    m->count = p[3] + 256 * p[4];
    m->columns = p + 5;
    r->x += m->count;
    m->x_end = r->x;
    if (p[2] != 39) snprintf(r->sheet->problem, sizeof r->sheet->problem, "bitmap of another density");
    return 5 + 3 * (size_t)m->count;
}

/* One stop at a time is what is met. */
static size_t set_tab(struct reader *r, const uint8_t *p)
{
    r->tab = p[2] * r->pitch;
    return p[2] == 0 ? 3 : p[3] == 0 ? 4 : 0;
}

static size_t escape(struct reader *r, const uint8_t *p)
{
    switch (p[1]) {
    case '@': r->hanzi = r->bold = r->under = 0; r->pitch = 18; return 2;
    case 'R': case 'x': case 'l': case 'Q': return 3; /* margins: none, or beyond what is printed */
    case 'D': return set_tab(r, p);
    case 'P': r->pitch = 18; return 2;
    case 'M': r->pitch = 15; return 2;
    case 'g': r->pitch = 12; return 2;
    case 'E': r->bold = 1; return 2;
    case 'F': r->bold = 0; return 2;
    case '-': r->under = p[2]; return 3;
    case '3': r->spacing = p[2]; return 3;
    case '2': r->spacing = 30; return 2;
    case 'C': r->length = 2L * r->spacing * p[2]; return 3;
    case 'J': feed(r, p[2]); return 3;
    case '$': r->x = 3 * (p[2] + 256 * p[3]); return 4;
    case '\\': r->x += p[2] + 256 * p[3]; return 4;
    case '*': return graphics(r, p);
    case 0x19:
        if (p[2] == 'R') r->sheet->ejects++;
        else r->sheet->loads++;
        return 3;
    case '(':
        if (p[2] != 'C') return 0;
        r->length = p[5] + 256L * p[6];
        return 7;
    default: return 0;
    }
}

static size_t hanzi_command(struct reader *r, const uint8_t *p)
{
    switch (p[1]) {
    case '&': r->hanzi = 1; return 2;
    case '.': r->hanzi = 0; return 2;
    case 'S': r->gap = p[2] + p[3]; return 4;
    case 'T': return 4;
    case '-': return 3;
    default: return 0;
    }
}

void escp_read(const uint8_t *p, size_t len, struct escp_sheet *sheet)
{
    struct reader r = { .sheet = sheet, .pitch = 18, .spacing = 30, .length = 11 * 360 };
    const uint8_t *end = p + len;
    while (p < end && sheet->problem[0] == '\0') {
        size_t n = 1;
        if (p[0] >= 0x20) {
            p += character(&r, p);
            continue;
        }
        end_run(&r);
        if (p[0] == 0x1b) n = escape(&r, p);
        else if (p[0] == 0x1c) n = hanzi_command(&r, p);
        else if (p[0] == '\t') r.x = r.tab;
        else if (p[0] == '\r') r.x = 0;
        else if (p[0] == '\n') feed(&r, r.spacing);
        else if (p[0] == '\f') next_form(&r);
        else n = 0;
        if (n == 0) snprintf(sheet->problem, sizeof sheet->problem, "unknown: %02x %02x %02x", p[0], p[1], p[2]);
        p += n;
    }
    end_run(&r);
}
