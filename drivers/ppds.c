/* Back end IBM PPDS (Proprinter's larger family): many passbook and document printers
 * speak it in one of their modes. It has no absolute place across: each piece starts
 * with a carriage return and a way to the right in 1/120 inch. Never upward. */
#include "drivers/impact.h"

#define X_UNIT 120
#define Y_UNIT 180
#define MOVE_MAX 255

/* 1B 5B 5C: unit of 1B 4A, B4h = 180. */
static const struct command vertical_unit = COMMAND("\x1b[\\\x04\x00\x00\x00\xb4\x00");

static const struct impact_pitch pitches[] = { { 100, COMMAND("\x12"), 12 }, { 120, COMMAND("\x1b:"), 6 } };

static void move_to(struct impact *m, int y)
{
    while (y > m->y) {
        int n = y - m->y > MOVE_MAX ? MOVE_MAX : y - m->y;
        bytes_put(m->to, "\x1bJ", 2);
        bytes_u8(m->to, (unsigned)n);
        m->y += n;
    }
}

static void set_x(struct impact *m, int x)
{
    bytes_put(m->to, "\r", 1);
    if (x == 0) return;
    bytes_put(m->to, "\x1b" "d", 2);
    bytes_u16(m->to, (unsigned)x);
}

static void set_style(struct impact *m, unsigned style)
{
    if (style == m->style) return;
    const uint8_t commands[] = { 0x1b, style & PAGE_BOLD ? 'E' : 'F', 0x1b, '-', (style & PAGE_UNDER) != 0 };
    bytes_put(m->to, commands, sizeof commands);
    m->style = style;
}

static int put_stroke(struct impact *m, const struct impact_stroke *s)
{
    move_to(m, s->y);
    if (impact_set_pitch(m, s->item, pitches, sizeof pitches / sizeof pitches[0]) != 0) return -1;
    set_style(m, s->item->style);
    set_x(m, s->x);
    return backend_encode(m->profile, s->piece.text, s->piece.len, m->to, m->err);
}

static int ppds_render(const struct profile *profile, const struct page *page, struct bytes *to, struct error *err)
{
    const struct dialect *d = profile->dialect;
    struct impact m = { .profile = profile, .page = page, .to = to, .err = err, .x_dpi = X_UNIT, .y_dpi = Y_UNIT };
    int status = impact_open(&m);
    bytes_command(to, &vertical_unit);
    bytes_command(to, &d->load);
    bytes_command(to, &d->hanzi_on);
    for (int i = 0; i < m.strokes && status == 0; i++) status = put_stroke(&m, &m.stroke[i]);
    bytes_put(to, "\r\f", 2);
    impact_close(&m);
    return status;
}

const struct backend backend_ppds = { .name = "ppds", .suffix = "prn", .render = ppds_render };
