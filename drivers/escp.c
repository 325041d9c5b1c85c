/* Back end ESC/P and ESC/P2: 24-pin printers, on tractor forms, sheets and passbooks.
 *
 * Positions are absolute across (1B 24 in 1/60 inch and 1B 5C for the rest in 1/180)
 * and forward down (1B 4A in 1/180), each computed from the page, so nothing adds up.
 * Forms are fed by their length: a job ends with 0C, and the printer stands at the next
 * top of form. */
#include "drivers/impact.h"

#define UNIT 180
#define MOVE_MAX 255
#define SIXTH 30 /* of an inch, in units */
#define LENGTH_LINES_MAX 127

/* --- length of the form ------------------------------------------------------------ */

/* Lines of n/180 inch that make the length exactly; 0: none do. 1/6 inch if possible. */
static int spacing_of(int units)
{
    if (units % SIXTH == 0 && units / SIXTH <= LENGTH_LINES_MAX) return SIXTH;
    for (int spacing = MOVE_MAX; spacing > 0; spacing--)
        if (units % spacing == 0) return units / spacing <= LENGTH_LINES_MAX ? spacing : 0;
    return 0;
}

/* ESC C counts lines at the spacing then set. */
static int plain_length(struct impact *m, int length_in360)
{
    int units = length_in360 / 2, spacing = length_in360 % 2 ? 0 : spacing_of(units);
    if (spacing == 0)
        return backend_refuse(m->profile, NULL, m->err, "this printer cannot feed forms of that length exactly");
    const uint8_t commands[] = { 0x1b, '3', (uint8_t)spacing, 0x1b, 'C', (uint8_t)(units / spacing), 0x1b, '2' };
    bytes_put(m->to, commands, sizeof commands);
    return 0;
}

/* ESC/P2 has it in 1/360 inch. */
static int put_length(struct impact *m)
{
    int length = m->page->length_in360;
    if (!m->profile->dialect->long_moves) return plain_length(m, length);
    bytes_put(m->to, "\x1b(C\x02\x00", 5);
    bytes_u16(m->to, (unsigned)length);
    return 0;
}

/* --- moves --------------------------------------------------------------------------- */

static void move_to(struct impact *m, int y)
{
    if (y > m->y) bytes_put(m->to, "\r", 1);
    while (y > m->y) {
        int n = y - m->y > MOVE_MAX ? MOVE_MAX : y - m->y;
        bytes_put(m->to, "\x1bJ", 2);
        bytes_u8(m->to, (unsigned)n);
        m->y += n;
    }
}

static void set_x(struct impact *m, int x)
{
    bytes_put(m->to, "\x1b$", 2);
    bytes_u16(m->to, (unsigned)(x / 3));
    if (x % 3 == 0) return;
    bytes_put(m->to, "\x1b\\", 2);
    bytes_u16(m->to, (unsigned)(x % 3));
}

/* --- text ----------------------------------------------------------------------------- */

static const struct impact_pitch pitches[] = {
    { 100, COMMAND("\x1bP"), 12 }, { 120, COMMAND("\x1bM"), 6 }, { 150, COMMAND("\x1bg"), 0 },
};

static void set_style(struct impact *m, unsigned style)
{
    if (style == m->style) return;
    bool under = style & PAGE_UNDER;
    const uint8_t commands[] = {
        0x1b, style & PAGE_BOLD ? 'E' : 'F', 0x1b, '-', under, 0x1c, '-', under,
    };
    bytes_put(m->to, commands, sizeof commands);
    m->style = style;
}

static int put_stroke(struct impact *m, const struct impact_stroke *s)
{
    move_to(m, s->y);
    if (s->piece.len == 0) {
        set_x(m, s->x);
        bytes_put(m->to, "\x1b*\x27", 3);
        bytes_u16(m->to, (unsigned)s->count);
        bytes_put(m->to, s->columns, (size_t)s->count * 3);
        return 0;
    }
    if (impact_set_pitch(m, s->item, pitches, sizeof pitches / sizeof pitches[0]) != 0) return -1;
    set_style(m, s->item->style);
    set_x(m, s->x);
    return backend_encode(m->profile, s->piece.text, s->piece.len, m->to, m->err);
}

/* --- the page --------------------------------------------------------------------------- */

static int escp_render(const struct profile *profile, const struct page *page, struct bytes *to, struct error *err)
{
    const struct dialect *d = profile->dialect;
    struct impact m = { .profile = profile, .page = page, .to = to, .err = err, .x_dpi = UNIT, .y_dpi = UNIT };
    bool forms = page->media == PAGE_MULTIPART || d->eject.len == 0;
    int status = impact_open(&m);
    if (status == 0 && forms) status = put_length(&m);
    if (!forms) bytes_command(to, &d->load);
    bytes_command(to, &d->hanzi_on);
    for (int i = 0; i < m.strokes && status == 0; i++) status = put_stroke(&m, &m.stroke[i]);
    /* an ejected sheet takes its unprinted last line with it: 0D 0A prints it first */
    bytes_put(to, "\r", 1);
    if (forms) bytes_put(to, "\f", 1);
    else bytes_put(to, "\n", 1);
    if (!forms) bytes_command(to, &d->eject);
    impact_close(&m);
    return status;
}

const struct backend backend_escp = { .name = "escp", .suffix = "prn", .render = escp_render };
