/* Back end Olivetti PR2: passbook printers. Parameters are ASCII digits.
 *
 * The length of the document is told before the paper is in (ESC Q … ESC Z): without it
 * ESC L is refused. Down it goes by ESC / 1 nnnn from the top margin, in 1/240 inch (the
 * printer's set-up may say 1/216: the profile's move_dpi); across by a margin of 0 to 11
 * units of 1/120 inch (ESC | A) and whole columns of 10 to the inch (ESC H) from there. */
#include "drivers/impact.h"

#define X_UNIT 120
#define COLUMN_UNITS 12 /* of 10 cpi */
#define LINES_PER_INCH 6
#define LENGTH_MIN_MM100 7000 /* what the maker's manual allows */
#define LENGTH_MAX_MM100 50000

/* Columns are counted at 10 to the inch: so it goes to a place at that pitch, then to the text's. */
static const struct impact_pitch pitches[] = { { 100, COMMAND("\x1b<"), 12 }, { 120, COMMAND("\x1b="), 6 } };

static void set_style(struct impact *m, unsigned style)
{
    if (style == m->style) return;
    bytes_put(m->to, style & PAGE_BOLD ? "\x1b(" : "\x1b)", 2);
    m->style = style;
}

static void put_stroke_place(struct impact *m, const struct impact_stroke *s)
{
    if (s->y != m->y) bytes_format(m->to, "\x1b/1%04d", s->y);
    m->y = s->y;
    if (m->cpi10 != pitches[0].cpi10) bytes_command(m->to, &pitches[0].command);
    m->cpi10 = pitches[0].cpi10;
    bytes_format(m->to, "\x1b|A%03d", s->x % COLUMN_UNITS);
    bytes_format(m->to, "\x1bH%03d", s->x / COLUMN_UNITS);
}

static int put_stroke(struct impact *m, const struct impact_stroke *s)
{
    put_stroke_place(m, s);
    if (impact_set_pitch(m, s->item, pitches, sizeof pitches / sizeof pitches[0]) != 0) return -1;
    set_style(m, s->item->style);
    return backend_encode(m->profile, s->piece.text, s->piece.len, m->to, m->err);
}

static int put_document(struct impact *m)
{
    int length = m->page->h_mm100;
    int lines = (length * LINES_PER_INCH + 2539) / 2540;
    if (length < LENGTH_MIN_MM100 || length > LENGTH_MAX_MM100)
        return backend_refuse(m->profile, NULL, m->err, "it takes documents of 70 to 500 mm");
    bytes_format(m->to, "\x1b&%02d", m->profile->move_dpi / LINES_PER_INCH);
    bytes_format(m->to, "\x1bQ%03d\x1bZ", lines);
    bytes_format(m->to, "\x1bL%03d", lines);
    return 0;
}

static int pr2_render(const struct profile *profile, const struct page *page, struct bytes *to, struct error *err)
{
    const struct dialect *d = profile->dialect;
    struct impact m = { .profile = profile, .page = page, .to = to, .err = err, .x_dpi = X_UNIT,
                        .y_dpi = profile->move_dpi, .y = -1 };
    int status = impact_open(&m);
    if (status == 0) status = put_document(&m);
    bytes_command(to, &d->hanzi_on);
    for (int i = 0; i < m.strokes && status == 0; i++) status = put_stroke(&m, &m.stroke[i]);
    bytes_command(to, &d->eject);
    impact_close(&m);
    return status;
}

const struct backend backend_pr2 = { .name = "pr2", .suffix = "prn", .render = pr2_render };
