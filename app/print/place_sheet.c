/* A form on a sheet, a tractor form or a passbook page: everything stands where its
 * POSITION says; lists fill their INDEX slots. */
#include <stdlib.h>

#include "print/data.h"
#include "print/place_impl.h"

/* In a passbook the lines go on below the fold: from the first one that would touch
 * the restricted area on, all move down by what it takes to clear it. */
static int fold_shift(const struct placing *p, const struct template_field *head, int slot)
{
    const struct page_rect *fold = &p->page->restricted;
    if (p->page->media != PAGE_PASSBOOK || !fold->w_mm100 || !head->index[0]) return 0;
    for (int s = 0; s <= slot; s++) {
        struct page_rect box = place_box(p, head, s);
        if (box.y_mm100 >= fold->y_mm100 + fold->h_mm100) return 0;
        if (box.y_mm100 + box.h_mm100 <= fold->y_mm100 + PLACE_SLACK_MM100) continue;
        return fold->y_mm100 + fold->h_mm100 - box.y_mm100;
    }
    return 0;
}

static int put_field(struct placing *p, const struct template_field *field, int element, int slot, struct typeset *t)
{
    struct page_rect box = place_box(p, field, slot);
    bool present;
    box.y_mm100 += fold_shift(p, field, slot);
    if (field->type != TEMPLATE_TEXT) return place_mark(p, field, element, box, &present);
    if (typeset_make(p, field, element, box, false, t)) return -1;
    return t->present ? typeset_put(p, t, box) : 0;
}

static const json_t *list_of(const struct placing *p, const struct template_field *head)
{
    const json_t *list = NULL;
    for (const struct template_field *f = head; !list; f = &p->form->field[f->next]) {
        if (f->class != TEMPLATE_STATIC) list = data_list(p->request->data, f->name);
        if (f->next < 0) break;
    }
    return list;
}

static int refuse_rows(const struct placing *p, const struct template_field *head, int rows, int slots)
{
    place_refuse(p, head->name, head->place, "the list has %d rows, the form has room for %d", rows, slots);
    return error_remedy(p->err, "print fewer at once, or choose a form with more rows");
}

/* One list: its elements from first_row on, into the slots from first_line on. */
static int put_list(struct placing *p, const struct template_field *head, struct typeset *t)
{
    const struct print_request *request = p->request;
    const json_t *list = list_of(p, head);
    int first_slot = p->page->lines_from - 1, slots = head->index[0] - first_slot;
    if (slots < 1) {
        place_refuse(p, head->name, head->place, "line %d is asked for, the page has %d", p->page->lines_from, head->index[0]);
        return error_remedy(p->err, "turn the page and begin on line 1");
    }
    int rows = list ? (int)json_array_size(list) - request->first_row : head->class == TEMPLATE_STATIC ? slots : 0;
    if (rows < 0) rows = 0;
    if (rows > slots && list && !request->may_continue) return refuse_rows(p, head, rows, slots);
    int placed = rows < slots ? rows : slots;
    for (int i = 0; i < placed; i++)
        if (put_field(p, head, request->first_row + i, first_slot + i, t)) return -1;
    if (list && placed > p->page->rows_placed) p->page->rows_placed = placed;
    if (list && rows - placed > p->page->rows_left) p->page->rows_left = rows - placed;
    return 0;
}

static int put_frame(struct placing *p, const struct template_frame *frame)
{
    const struct template_unit *unit = &p->form->unit;
    const int *at = frame->field >= 0 ? p->form->field[frame->field].position : frame->position;
    int across = frame->repeat_x[0] ? frame->repeat_x[0] : 1, down = frame->repeat_y[0] ? frame->repeat_y[0] : 1;
    for (int row = 0; row < down; row++)
        for (int column = 0; column < across; column++)
            if (place_frame(p, frame, p->x0 + template_x_mm100(unit, p->device, at[0] + column * frame->repeat_x[1]),
                            p->y0 + template_y_mm100(unit, p->device, at[1] + row * frame->repeat_y[1])))
                return -1;
    return 0;
}

int place_sheet(struct placing *p)
{
    const struct template_form *form = p->form;
    struct typeset *t = malloc(sizeof *t);
    int status = 0;
    if (!t) return error_all(p->err, "page refused", NULL, "no memory", NULL);
    for (int i = 0; i < form->frame_count && !status; i++) status = put_frame(p, &form->frame[i]);
    for (int i = 0; i < form->field_count && !status; i++) {
        const struct template_field *field = &form->field[i];
        if (field->head != i) continue;
        status = field->index[0] ? put_list(p, field, t) : put_field(p, field, DATA_NO_ELEMENT, 0, t);
    }
    free(t);
    return status;
}
