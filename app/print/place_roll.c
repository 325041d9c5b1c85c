/* A form on a roll. Its fields lie in bands: rows of fields whose heights overlap.
 * The bands go onto the paper one below the other, with the gaps that the form
 * draws, and
 *   - a band of which no datum is there is left out with its labels and the gap above;
 *   - bands with INDEX over the same list, standing together, repeat for each element;
 *   - a band grows with its WORDWRAP text. */
#include <stdlib.h>
#include <string.h>

#include "print/data.h"
#include "print/place_impl.h"

#define BANDS_MAX (TEMPLATE_FIELDS_MAX + TEMPLATE_FRAMES_MAX)

struct band {
    int top, bottom;    /* in the form, mm100 */
    const json_t *list; /* whose elements it repeats for, or NULL */
    int pitch;          /* from one element to the next as INDEX has it */
    const struct template_field *index; /* the field that made it a list */
};

struct roll {
    struct placing *p;
    struct band band[BANDS_MAX];
    int count;
    int y;       /* end of what stands on the paper */
    int from;    /* end in the form of the band before */
    struct typeset *t;
};

static int top_of(const struct placing *p, int units) { return template_y_mm100(&p->form->unit, p->device, units); }

static int by_top(const void *a, const void *b) { return ((const struct band *)a)->top - ((const struct band *)b)->top; }

static const json_t *list_of(const struct placing *p, const struct template_field *f)
{
    for (;; f = &p->form->field[f->next]) {
        const json_t *list = f->class == TEMPLATE_STATIC ? NULL : data_list(p->request->data, f->name);
        if (list || f->next < 0) return list;
    }
}

static void merge_band(struct band *into, const struct band *other)
{
    if (other->bottom > into->bottom) into->bottom = other->bottom;
    if (!into->list) into->list = other->list;
    if (!into->index) into->index = other->index;
    if (other->pitch > into->pitch) into->pitch = other->pitch;
}

static void find_bands(struct roll *r)
{
    const struct template_form *form = r->p->form;
    int n = 0;
    for (int i = 0; i < form->field_count; i++) {
        const struct template_field *f = &form->field[i];
        if (f->head != i) continue;
        struct band *band = &r->band[n++];
        *band = (struct band){.top = top_of(r->p, f->position[1]), .bottom = top_of(r->p, f->position[1] + f->size[1])};
        if (!f->index[0]) continue;
        band->index = f;
        band->list = list_of(r->p, f);
        band->pitch = top_of(r->p, f->index[2]);
    }
    for (int i = 0; i < form->frame_count; i++) {
        const struct template_frame *frame = &form->frame[i];
        if (frame->field >= 0) continue; /* moves with its field */
        int bottom = frame->position[1] + frame->size[1];
        r->band[n++] = (struct band){.top = top_of(r->p, frame->position[1]), .bottom = top_of(r->p, bottom)};
    }
    qsort(r->band, (size_t)n, sizeof r->band[0], by_top);
    r->count = 0;
    for (int i = 0; i < n; i++) {
        struct band *last = r->count ? &r->band[r->count - 1] : NULL;
        bool same = last && (r->band[i].top < last->bottom || r->band[i].top == last->top);
        if (same)
            merge_band(last, &r->band[i]);
        else
            r->band[r->count++] = r->band[i];
    }
}

static bool in_band(const struct roll *r, const struct band *band, int position_y)
{
    int top = top_of(r->p, position_y);
    return top >= band->top && (top < band->bottom || top == band->top);
}

/* What a band needs: its height, and whether a datum of it is there. */
struct need { int h_mm100; bool wants_datum, has_datum; };

static int look_at_field(struct roll *r, const struct band *band, const struct template_field *f, int element, struct need *need)
{
    struct page_rect box = place_box(r->p, f, 0);
    int down = top_of(r->p, f->position[1]) - band->top, h = box.h_mm100;
    if (f->type == TEMPLATE_TEXT) {
        if (typeset_make(r->p, f, element, box, f->overflow == OVERFLOW_WORDWRAP, r->t)) return -1;
        need->wants_datum |= r->t->wants_datum;
        need->has_datum |= r->t->wants_datum && r->t->present;
        if (r->t->present && r->t->h_mm100 > h) h = r->t->h_mm100;
    } else {
        char value[TYPESET_TEXT_MAX];
        bool present;
        if (place_value(r->p, f, element, value, sizeof value, &present)) return -1;
        need->wants_datum |= f->class != TEMPLATE_STATIC;
        need->has_datum |= f->class != TEMPLATE_STATIC && present;
    }
    if (down + h > need->h_mm100) need->h_mm100 = down + h;
    return 0;
}

static int put_field(struct roll *r, const struct band *band, const struct template_field *f, int element, int y)
{
    struct page_rect box = place_box(r->p, f, 0);
    bool present;
    box.y_mm100 = y + top_of(r->p, f->position[1]) - band->top;
    if (f->type != TEMPLATE_TEXT) return place_mark(r->p, f, element, box, &present);
    bool grows = f->overflow == OVERFLOW_WORDWRAP;
    if (typeset_make(r->p, f, element, box, grows, r->t)) return -1;
    if (grows && box.h_mm100 < r->t->h_mm100) box.h_mm100 = r->t->h_mm100;
    return r->t->present ? typeset_put(r->p, r->t, box) : 0;
}

static int put_band(struct roll *r, const struct band *band, int element, int gap)
{
    const struct template_form *form = r->p->form;
    struct need need = {.h_mm100 = band->bottom - band->top};
    for (int i = 0; i < form->field_count; i++)
        if (form->field[i].head == i && in_band(r, band, form->field[i].position[1]) &&
            look_at_field(r, band, &form->field[i], element, &need))
            return -1;
    if (need.wants_datum && !need.has_datum) return 0;
    int y = r->y + gap;
    for (int i = 0; i < form->frame_count; i++) {
        const struct template_frame *frame = &form->frame[i];
        const int *at = frame->field >= 0 ? form->field[frame->field].position : frame->position;
        if (!in_band(r, band, at[1])) continue;
        int x = r->p->x0 + template_x_mm100(&form->unit, r->p->device, at[0]);
        if (place_frame(r->p, frame, x, y + top_of(r->p, at[1]) - band->top)) return -1;
    }
    for (int i = 0; i < form->field_count; i++)
        if (form->field[i].head == i && in_band(r, band, form->field[i].position[1]) &&
            put_field(r, band, &form->field[i], element, y))
            return -1;
    r->y = y + need.h_mm100;
    return 0;
}

/* The bands first..last once for each element of their list. */
static int put_section(struct roll *r, int first, int last)
{
    const struct band *top = &r->band[first];
    int rows = top->list ? (int)json_array_size(top->list) : 0, most = top->index->index[0];
    int spare = top->pitch - (r->band[last].bottom - top->top);
    if (rows > most) {
        place_refuse(r->p, top->index->name, top->index->place, "the list has %d rows, its INDEX allows %d", rows, most);
        return error_remedy(r->p->err, "print fewer at once, or raise the first number of INDEX");
    }
    for (int element = 0; element < rows; element++) {
        for (int i = first; i <= last; i++) {
            int gap = i > first ? r->band[i].top - r->band[i - 1].bottom : element ? (spare > 0 ? spare : 0) : top->top - r->from;
            if (put_band(r, &r->band[i], element, gap)) return -1;
        }
    }
    if (rows > r->p->page->rows_placed) r->p->page->rows_placed = rows;
    return 0;
}

int place_roll(struct placing *p)
{
    struct roll *r = calloc(1, sizeof *r);
    int status = -1;
    if (!r || !(r->t = malloc(sizeof *r->t))) {
        error_all(p->err, "page refused", NULL, "no memory", NULL);
        goto done;
    }
    r->p = p;
    r->y = p->y0;
    find_bands(r);
    for (int i = 0, last; i < r->count; i = last + 1) {
        for (last = i; r->band[i].index && last + 1 < r->count && r->band[last + 1].index && r->band[last + 1].list == r->band[i].list;) last++;
        if (r->band[i].index ? put_section(r, i, last) : put_band(r, &r->band[i], DATA_NO_ELEMENT, r->band[i].top - r->from)) goto done;
        r->from = r->band[last].bottom;
    }
    p->page->h_mm100 = r->y + top_of(p, p->form->size[1]) - r->from;
    p->page->print_area.h_mm100 = p->page->h_mm100 - p->page->print_area.y_mm100;
    p->page->length_in360 = (int)(((int64_t)p->page->h_mm100 * 360 + 1270) / 2540);
    status = 0;
done:
    if (r) free(r->t);
    free(r);
    return status;
}
