#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "print/place_impl.h"

#define DEFAULT_POINT10 90
#define BESTFIT_PERCENT 60 /* of its size, as far as BESTFIT makes a text narrower */

/* --- faces ------------------------------------------------------------------------ */

static int mm100_of_point10(int point10) { return (int)(((int64_t)point10 * 35278 + 5000) / 10000); }
static int point10_of_mm100(int mm100) { return (int)(((int64_t)mm100 * 10000 + 17639) / 35278); }

static bool has_pitch(const struct page_device *device, int cpi10)
{
    if (!device->cpi10[0]) return device->advance_um != NULL;
    for (int i = 0; i < PAGE_CPI_MAX && device->cpi10[i]; i++)
        if (device->cpi10[i] == cpi10) return true;
    return false;
}

static int refuse_pitch(const struct placing *p, const struct template_field *field, int cpi)
{
    const struct page_device *device = p->device;
    char list[80] = "";
    size_t used = 0;
    for (int i = 0; i < PAGE_CPI_MAX && device->cpi10[i]; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%d", used ? ", " : "", device->cpi10[i] / 10);
    place_refuse(p, field->name, field->place, "printer %s has no pitch of %d characters an inch", device->name, cpi);
    if (!used) return error_remedy(p->err, "take CPI out: this printer has one pitch");
    return error_remedy(p->err, "write one of CPI %s", list);
}

static void set_cells(struct typeface *face, const struct page_device *device, int cell_um)
{
    int wide = face->style & PAGE_WIDE ? 2 : 1, high = face->style & PAGE_HIGH ? 2 : 1;
    int h = cell_um / 5 < device->glyph_h_mm100 ? cell_um / 5 : device->glyph_h_mm100;
    face->cell_um = cell_um * wide;
    face->h_mm100 = h * high;
    face->point10 = point10_of_mm100(h);
}

static int face_of(const struct placing *p, const struct template_field *field, struct typeface *face)
{
    const struct page_device *device = p->device;
    bool wants_points = field->pointsize || (field->style & TEMPLATE_STYLE_PROPORTIONAL) || (p->form->pointsize && !field->cpi);
    int cpi = field->cpi ? field->cpi : p->form->cpi, lpi = field->lpi ? field->lpi : p->form->lpi;
    unsigned doubled = (unsigned)field->style & (PAGE_WIDE | PAGE_HIGH);
    *face = (struct typeface){.style = (unsigned)field->style & (PAGE_BOLD | PAGE_UNDER | PAGE_ITALIC) & device->style};
    face->style |= doubled;
    if (doubled & ~device->style) {
        place_refuse(p, field->name, field->place, "printer %s has no double size", device->name);
        return error_remedy(p->err, "take DOUBLE or DOUBLEHIGH out of its STYLE");
    }
    if (wants_points && device->advance_um) {
        if (doubled) {
            place_refuse(p, field->name, field->place, "DOUBLE and DOUBLEHIGH are for text of a fixed pitch");
            return error_remedy(p->err, "give a larger POINTSIZE instead");
        }
        int points = field->pointsize ? field->pointsize : p->form->pointsize;
        face->point10 = points ? points * 10 : DEFAULT_POINT10;
        face->h_mm100 = mm100_of_point10(face->point10);
        face->least = face->point10 * BESTFIT_PERCENT / 100;
        face->pitch_mm100 = lpi ? 2540 / lpi : face->h_mm100 * 125 / 100;
        return 0;
    }
    if (wants_points) cpi = field->cpi;
    if (cpi && !has_pitch(device, cpi * 10)) return refuse_pitch(p, field, cpi);
    face->cpi10 = cpi * 10;
    set_cells(face, device, cpi ? (25400 + cpi / 2) / cpi : device->cell_um);
    face->least = face->cell_um * BESTFIT_PERCENT / 100;
    int row = device->row_um / 10 * (face->style & PAGE_HIGH ? 2 : 1);
    face->pitch_mm100 = lpi ? 2540 / lpi : row > face->h_mm100 ? row : face->h_mm100;
    return 0;
}

/* The next narrower size that the device has; false when there is none. */
static bool shrink(struct typeface *face, const struct page_device *device)
{
    int wide = face->style & PAGE_WIDE ? 2 : 1, best = 0;
    if (!face->cell_um) {
        if (face->point10 - 5 < face->least) return false;
        face->point10 -= 5;
        face->pitch_mm100 = face->pitch_mm100 * mm100_of_point10(face->point10) / face->h_mm100;
        face->h_mm100 = mm100_of_point10(face->point10);
        return true;
    }
    int now_um = face->cell_um / wide;
    if (device->advance_um && !device->cpi10[0]) {
        if (face->cell_um * 95 / 100 < face->least) return false;
        set_cells(face, device, now_um * 95 / 100);
        return true;
    }
    for (int i = 0; i < PAGE_CPI_MAX && device->cpi10[i]; i++) {
        int um = 254000 / device->cpi10[i];
        if (um < now_um - 2 && um * wide >= face->least && um > (best ? 254000 / best : 0)) best = device->cpi10[i];
    }
    if (!best) return false;
    face->cpi10 = best;
    set_cells(face, device, (254000 + best / 2) / best);
    return true;
}

/* --- text --------------------------------------------------------------------------- */

static int check_characters(const struct placing *p, const struct template_field *field, const char *text, size_t len)
{
    uint32_t cp;
    for (const char *at = text, *end = text + len; p->device->glyph && at < end;) {
        size_t took = utf8_next(at, end, &cp);
        if (p->device->glyph(p->device->ctx, cp) == PAGE_GLYPH_NONE) {
            place_refuse(p, field->name, field->place, "printer %s cannot print %.*s (U+%04X)", p->device->name, (int)took, at, (unsigned)cp);
            return error_remedy(p->err, "print it on another printer; no character is replaced in silence");
        }
        at += took;
    }
    return 0;
}

static void fold_case(char *text, int how)
{
    for (; *text; text++) {
        if (how == CASE_UPPER && *text >= 'a' && *text <= 'z') *text -= 'a' - 'A';
        if (how == CASE_LOWER && *text >= 'A' && *text <= 'Z') *text += 'a' - 'A';
    }
}

static int add_segment(struct placing *p, struct typeset *t, const struct template_field *field, const char *text)
{
    char *to = t->text + t->len;
    if (t->segment_count == TYPESET_SEGMENTS_MAX)
        return place_refuse(p, field->name, field->place, "more than %d fields follow one another", TYPESET_SEGMENTS_MAX);
    if (strlen(text) >= sizeof t->text - t->len)
        return place_refuse(p, field->name, field->place, "the text is longer than %d bytes", TYPESET_TEXT_MAX);
    text_clean(to, sizeof t->text - t->len, text);
    fold_case(to, field->letter_case);
    struct typeset_segment *s = &t->segment[t->segment_count++];
    *s = (struct typeset_segment){.field = field, .from = t->len, .to = t->len + strlen(to)};
    t->len = s->to;
    return check_characters(p, field, to, s->to - s->from) || face_of(p, field, &s->face) ? -1 : 0;
}

static int gather(struct placing *p, struct typeset *t, int element)
{
    char value[TYPESET_TEXT_MAX];
    bool present;
    for (const struct template_field *f = t->head;; f = &p->form->field[f->next]) {
        if (place_value(p, f, element, value, sizeof value, &present)) return -1;
        if (f->class != TEMPLATE_STATIC) {
            t->wants_datum = true;
            t->has_datum |= present;
        }
        if (present && *value && add_segment(p, t, f, value)) return -1;
        if (f->next < 0) break;
    }
    /* a label stands only with the datum that it is the label of */
    t->present = t->len > 0 && (!t->wants_datum || t->has_datum);
    return 0;
}

/* --- widths and lines ------------------------------------------------------------------ */

static int width_um(const struct placing *p, const struct typeface *face, const char *text, size_t len)
{
    if (!face->cell_um) return p->device->advance_um(p->device->ctx, text, len, face->point10, face->style);
    int cells = 0;
    uint32_t cp;
    for (const char *at = text, *end = text + len; at < end; at += utf8_next(at, end, &cp)) {
        utf8_next(at, end, &cp);
        cells += page_cells_of(cp);
    }
    return cells * face->cell_um;
}

static int span_um(const struct placing *p, const struct typeset *t, size_t from, size_t to)
{
    int sum = 0;
    for (int i = 0; i < t->segment_count; i++) {
        const struct typeset_segment *s = &t->segment[i];
        size_t a = s->from > from ? s->from : from, b = s->to < to ? s->to : to;
        if (a < b) sum += width_um(p, &s->face, t->text + a, b - a);
    }
    return sum;
}

static const struct typeface *face_at(const struct typeset *t, size_t at)
{
    for (int i = 0; i < t->segment_count; i++)
        if (at < t->segment[i].to) return &t->segment[i].face;
    return &t->segment[t->segment_count - 1].face;
}

static bool one_of(const char *set, uint32_t cp)
{
    uint32_t member;
    for (const char *end = set + strlen(set); set < end; set += utf8_next(set, end, &member)) {
        utf8_next(set, end, &member);
        if (member == cp) return true;
    }
    return false;
}

/* May a line end between these two? Chinese text breaks anywhere but before closing
 * and after opening punctuation, Latin text at blanks. */
static bool may_break(uint32_t before, uint32_t after)
{
    if (one_of("，。、；：？！）》」』】〉”’％…),.;:?!]}%", after)) return false;
    if (one_of("（《「『【〈“‘￥([{", before)) return false;
    return before == ' ' || before >= 0x2e80 || after >= 0x2e80;
}

/* Bytes from `from` on that fit into room_um, cut where a line may end. */
static size_t fitting(const struct placing *p, const struct typeset *t, size_t from, int room_um)
{
    size_t at = from, good = from;
    int used = 0;
    uint32_t before = 0, cp;
    while (at < t->len) {
        size_t took = utf8_next(t->text + at, t->text + t->len, &cp);
        if (before && may_break(before, cp)) good = at;
        used += width_um(p, face_at(t, at), t->text + at, took);
        if (used > room_um && cp != ' ') return good > from ? good : at > from ? at : from + took;
        at += took;
        before = cp;
    }
    return t->len;
}

static size_t trimmed(const char *text, size_t from, size_t to)
{
    while (to > from && text[to - 1] == ' ') to--;
    return to;
}

static int refuse_fit(const struct placing *p, const struct typeset *t, const char *what, int have, int need)
{
    char shown[200];
    text_clip(shown, sizeof shown, t->text, 40, '>');
    place_refuse(p, t->head->name, t->head->place, "\"%s\" needs %d.%d mm %s, its SIZE has %d.%d", shown, need / 100,
                 need / 10 % 10, what, have / 100, have / 10 % 10);
    return error_remedy(p->err, "make the field larger, or let OVERFLOW say what happens (WORDWRAP, BESTFIT, TRUNCATE)");
}

/* Breaks the text into lines; false when they are more than `most`. */
static bool wrap(const struct placing *p, struct typeset *t, int room_um, int most)
{
    t->line_count = 0;
    for (size_t from = 0; from < t->len;) {
        if (t->line_count == most || t->line_count == TYPESET_LINES_MAX) return false;
        size_t to = fitting(p, t, from, room_um);
        t->line[t->line_count++] = (struct typeset_line){from, trimmed(t->text, from, to)};
        for (from = to; from < t->len && t->text[from] == ' ';) from++;
    }
    return true;
}

static void truncate_line(const struct placing *p, struct typeset *t, int room_um)
{
    size_t at = 0;
    int used = 0;
    uint32_t cp;
    while (at < t->len) {
        size_t took = utf8_next(t->text + at, t->text + t->len, &cp);
        used += width_um(p, face_at(t, at), t->text + at, took);
        if (used > room_um) break;
        at += took;
    }
    t->line[0].to = at;
}

static bool shrink_all(const struct placing *p, struct typeset *t)
{
    for (int i = 0; i < t->segment_count; i++)
        if (!shrink(&t->segment[i].face, p->device)) return false;
    return true;
}

static void measure_faces(struct typeset *t)
{
    t->face_h_mm100 = t->pitch_mm100 = 1;
    for (int i = 0; i < t->segment_count; i++) {
        const struct typeface *face = &t->segment[i].face;
        if (face->h_mm100 > t->face_h_mm100) t->face_h_mm100 = face->h_mm100;
        if (face->pitch_mm100 > t->pitch_mm100) t->pitch_mm100 = face->pitch_mm100;
    }
}

/* WORDWRAP: as many lines as the field has room for; what is still too long gets a
 * smaller face, as with BESTFIT, before it is refused. */
static int wrap_into(const struct placing *p, struct typeset *t, struct page_rect box, bool grows)
{
    int room_um = (box.w_mm100 + PLACE_SLACK_MM100) * 10, most;
    do {
        measure_faces(t);
        int spare = box.h_mm100 + PLACE_SLACK_MM100 - t->face_h_mm100;
        most = grows ? TYPESET_LINES_MAX : spare > 0 ? 1 + spare / t->pitch_mm100 : 1;
        if (wrap(p, t, room_um, most)) return 0;
    } while (!grows && shrink_all(p, t));
    return refuse_fit(p, t, "of height", box.h_mm100, t->face_h_mm100 + most * t->pitch_mm100);
}

static int break_lines(const struct placing *p, struct typeset *t, struct page_rect box, bool grows)
{
    int room_um = (box.w_mm100 + PLACE_SLACK_MM100) * 10;
    t->line[0] = (struct typeset_line){0, t->len};
    t->line_count = 1;
    measure_faces(t);
    if (t->head->overflow == OVERFLOW_WORDWRAP) return wrap_into(p, t, box, grows);
    int need_um = span_um(p, t, 0, t->len);
    if (need_um <= room_um || t->head->overflow == OVERFLOW_OVERWRITE) return 0;
    if (t->head->overflow == OVERFLOW_TRUNCATE) {
        truncate_line(p, t, room_um);
        return 0;
    }
    if (t->head->overflow == OVERFLOW_BESTFIT)
        while (need_um > room_um && shrink_all(p, t)) need_um = span_um(p, t, 0, t->len);
    measure_faces(t);
    return need_um <= room_um ? 0 : refuse_fit(p, t, "of width", box.w_mm100, need_um / 10);
}

int typeset_make(struct placing *p, const struct template_field *head, int element, struct page_rect box, bool grows,
                 struct typeset *t)
{
    t->head = head;
    t->present = t->wants_datum = t->has_datum = false;
    t->len = 0;
    t->segment_count = t->line_count = t->h_mm100 = 0;
    if (gather(p, t, element)) return -1;
    if (!t->present) return 0;
    if (break_lines(p, t, box, grows)) return -1;
    /* in rows and columns a line takes its whole row, so that text stands on row tops */
    bool rows = p->form->unit.base == PAGE_UNIT_ROWCOLUMN;
    t->h_mm100 = (t->line_count - 1) * t->pitch_mm100 + (rows ? t->pitch_mm100 : t->face_h_mm100);
    if (grows || t->h_mm100 <= box.h_mm100 + 2 * PLACE_SLACK_MM100) return 0;
    return refuse_fit(p, t, "of height", box.h_mm100, t->h_mm100);
}

/* --- onto the page ------------------------------------------------------------------------ */

static int snap(int mm100, int dpi) { return dpi ? page_mm100_of_dots(page_dots_of_mm100(mm100, dpi), dpi) : mm100; }

static bool any_raster(const struct placing *p, const char *text, size_t len)
{
    uint32_t cp;
    for (const char *at = text, *end = text + len; p->device->glyph && at < end; at += utf8_next(at, end, &cp)) {
        utf8_next(at, end, &cp);
        if (p->device->glyph(p->device->ctx, cp) == PAGE_GLYPH_RASTER) return true;
    }
    return false;
}

/* One segment's part of a line, its left edge at x. */
static int put_piece(struct placing *p, const struct typeset *t, const struct typeset_segment *s, size_t from, size_t to,
                     int x_mm100, int y_mm100)
{
    char text[TYPESET_TEXT_MAX];
    int um = width_um(p, &s->face, t->text + from, to - from);
    snprintf(text, sizeof text, "%.*s", (int)(to - from), t->text + from);
    const struct page_item item = {
        .kind = PAGE_TEXT, .x_mm100 = x_mm100, .y_mm100 = y_mm100 + t->face_h_mm100 - s->face.h_mm100,
        .w_mm100 = (um + 5) / 10, .h_mm100 = s->face.h_mm100, .field = s->field->name, .text = text,
        .style = s->face.style, .cell_um = s->face.cell_um, .cpi10 = s->face.cpi10, .point10 = s->face.point10,
        .cells = s->face.cell_um ? um / s->face.cell_um : 0, .raster = any_raster(p, text, to - from),
    };
    return place_add(p, &item, s->field->place);
}

static int put_span(struct placing *p, const struct typeset *t, size_t from, size_t to, int x_mm100, int y_mm100)
{
    int x_um = snap(x_mm100, p->device->x_dpi) * 10;
    for (int i = 0; i < t->segment_count; i++) {
        const struct typeset_segment *s = &t->segment[i];
        size_t a = s->from > from ? s->from : from, b = s->to < to ? s->to : to;
        if (a >= b) continue;
        if (put_piece(p, t, s, a, b, (x_um + 5) / 10, y_mm100)) return -1;
        x_um += width_um(p, &s->face, t->text + a, b - a);
    }
    return 0;
}

/* JUSTIFY: the words of a full line spread over its width. */
static int put_justified(struct placing *p, const struct typeset *t, const struct typeset_line *line, struct page_rect box, int y)
{
    int gaps = 0, done = 0;
    for (size_t i = line->from; i < line->to; i++) gaps += t->text[i] == ' ';
    int spare = box.w_mm100 - span_um(p, t, line->from, line->to) / 10, x = box.x_mm100;
    for (size_t from = line->from; from < line->to;) {
        size_t to = from;
        while (to < line->to && t->text[to] != ' ') to++;
        if (put_span(p, t, from, to, x + (gaps ? spare * done / gaps : 0), y)) return -1;
        size_t next = to < line->to ? to + 1 : to;
        x += (span_um(p, t, from, next) + 5) / 10;
        done++;
        from = next;
    }
    return 0;
}

int typeset_put(struct placing *p, const struct typeset *t, struct page_rect box)
{
    int spare_h = box.h_mm100 - t->h_mm100;
    int down = spare_h <= 0 || t->head->vertical == VERTICAL_TOP ? 0 : t->head->vertical == VERTICAL_CENTER ? spare_h / 2 : spare_h;
    for (int i = 0; i < t->line_count; i++) {
        const struct typeset_line *line = &t->line[i];
        int y = snap(box.y_mm100 + down + i * t->pitch_mm100, p->device->y_dpi);
        if (t->head->horizontal == HORIZONTAL_JUSTIFY && i + 1 < t->line_count) {
            if (put_justified(p, t, line, box, y)) return -1;
            continue;
        }
        int spare = box.w_mm100 - (span_um(p, t, line->from, line->to) + 5) / 10;
        int right = spare <= 0 ? 0 : t->head->horizontal == HORIZONTAL_RIGHT ? spare : t->head->horizontal == HORIZONTAL_CENTER ? spare / 2 : 0;
        if (put_span(p, t, line->from, line->to, box.x_mm100 + right, y)) return -1;
    }
    return 0;
}
