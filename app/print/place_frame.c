/* XFSFRAME: its four sides, each a rule centred on the edge. */
#include "print/place_impl.h"

#define THIN_MM100 20
#define THICK_MM100 50
#define GAP_MM100 40 /* between the two lines of a double one */

static const struct { int thick_mm100, lines; bool dotted; } pens[] = {
    [LINE_SINGLE_THIN] = {THIN_MM100, 1, false},  [LINE_DOUBLE_THIN] = {THIN_MM100, 2, false},
    [LINE_SINGLE_THICK] = {THICK_MM100, 1, false}, [LINE_DOUBLE_THICK] = {THICK_MM100, 2, false},
    [LINE_DOTTED] = {THIN_MM100, 1, true},
};

static int put_rule(struct placing *p, const struct template_frame *frame, struct page_rect at)
{
    const struct page_item item = {.kind = PAGE_RULE, .x_mm100 = at.x_mm100, .y_mm100 = at.y_mm100, .w_mm100 = at.w_mm100,
                                   .h_mm100 = at.h_mm100, .field = frame->name, .dotted = pens[frame->style].dotted};
    /* the edge of a frame may coincide with the edge of the print area */
    return place_add(p, &item, frame->place);
}

/* A side from (x, y), `length` long, across or down; double ones lie around the edge. */
static int put_side(struct placing *p, const struct template_frame *frame, int x, int y, int length, bool across)
{
    int thick = pens[frame->style].thick_mm100, lines = pens[frame->style].lines;
    int all = lines * thick + (lines - 1) * GAP_MM100, from = -all / 2;
    for (int i = 0; i < lines; i++, from += thick + GAP_MM100) {
        struct page_rect at = across ? (struct page_rect){x - thick / 2, y + from, length + thick, thick}
                                     : (struct page_rect){x + from, y - thick / 2, thick, length + thick};
        if (put_rule(p, frame, at)) return -1;
    }
    return 0;
}

int place_frame(struct placing *p, const struct template_frame *frame, int x, int y)
{
    const int *size = frame->field >= 0 ? p->form->field[frame->field].size : frame->size;
    int w = template_x_mm100(&p->form->unit, p->device, size[0]), h = template_y_mm100(&p->form->unit, p->device, size[1]);
    if (!(p->device->can & PAGE_CAN_RULES)) {
        place_refuse(p, frame->name, frame->place, "printer %s draws no lines", p->device->name);
        return error_remedy(p->err, "choose a form without frames for this printer");
    }
    if (!h) return put_side(p, frame, x, y, w, true);
    if (!w) return put_side(p, frame, x, y, h, false);
    return put_side(p, frame, x, y, w, true) || put_side(p, frame, x, y + h, w, true) || put_side(p, frame, x, y, h, false) ||
                   put_side(p, frame, x + w, y, h, false)
               ? -1 : 0;
}
