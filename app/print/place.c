#include "print/place.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "print/data.h"
#include "print/format.h"
#include "print/place_impl.h"

#define PAGES_MAX 200

int place_refuse(const struct placing *p, const char *name, struct template_place place, const char *why_fmt, ...)
{
    char why[240];
    va_list args;
    va_start(args, why_fmt);
    vsnprintf(why, sizeof why, why_fmt, args);
    va_end(args);
    error_set(p->err, "page refused");
    if (name)
        error_where(p->err, "form %s, \"%s\" (line %d)", p->form->name, name, place.line);
    else
        error_where(p->err, "form %s (line %d)", p->form->name, place.line);
    return error_why(p->err, "%s", why);
}

/* --- values ------------------------------------------------------------------------ */

/* Built-in data beside the caller's: $page. */
static json_t *own_datum(const struct placing *p, const char *name)
{
    if (strcmp(name, "$page") != 0) return NULL;
    return json_integer(p->request->page_number > 0 ? p->request->page_number : 1);
}

static int write_value(const struct placing *p, const struct template_field *field, const json_t *value, char *buf, size_t size)
{
    bool drop_zero;
    const char *why = "";
    int language = p->form->language ? p->form->language : LANGUAGE_CHINESE;
    const struct format *format = format_find(field->format, &drop_zero);
    assert(format); /* the reader took no other */
    if (!format->write(value, language, buf, size, &why)) return 0;
    place_refuse(p, field->name, field->place, "FORMAT %s: %s", format->name, why);
    return error_remedy(p->err, "give it another FORMAT, or mend the data");
}

int place_value(const struct placing *p, const struct template_field *field, int element, char *buf, size_t size, bool *present)
{
    bool drop_zero;
    const char *why = "";
    json_t *value = NULL;
    int status = 0;
    *buf = '\0';
    *present = true;
    if (field->class == TEMPLATE_STATIC) return text_copy(buf, size, field->initial) ? 0 : place_refuse(p, field->name, field->place, "its text is too long");
    if (field->name[0] == '$')
        value = own_datum(p, field->name);
    else if (data_get(p->request->data, field->name, element, &value, &why)) {
        place_refuse(p, field->name, field->place, "%s", why);
        return error_remedy(p->err, "add INDEX to the field, or name $first, $last or $count of the list");
    }
    format_find(field->format, &drop_zero);
    if (value && (json_is_string(value) || json_is_array(value) || drop_zero) && data_empty(value)) {
        json_decref(value); /* an empty text is no datum */
        value = NULL;
    }
    if (value) {
        status = write_value(p, field, value, buf, size);
        json_decref(value);
        return status;
    }
    if (field->class == TEMPLATE_REQUIRED) {
        place_refuse(p, field->name, field->place, "it is REQUIRED and the data has none");
        return error_remedy(p->err, "nothing was printed; make the field OPTIONAL if paper may go without it");
    }
    *present = field->initial != NULL;
    return field->initial && !text_copy(buf, size, field->initial) ? place_refuse(p, field->name, field->place, "its text is too long") : 0;
}

/* --- where print may stand ------------------------------------------------------------ */

struct page_rect place_box(const struct placing *p, const struct template_field *field, int slot)
{
    const struct template_unit *unit = &p->form->unit;
    int x = field->position[0] + slot * field->index[1], y = field->position[1] + slot * field->index[2];
    int left = template_x_mm100(unit, p->device, x), top = template_y_mm100(unit, p->device, y);
    return (struct page_rect){
        p->x0 + left, p->y0 + top,
        template_x_mm100(unit, p->device, x + field->size[0]) - left,
        template_y_mm100(unit, p->device, y + field->size[1]) - top,
    };
}

static bool inside(const struct page_item *item, const struct page_rect *area, bool roll)
{
    const int slack = PLACE_SLACK_MM100;
    return item->x_mm100 >= area->x_mm100 - slack && item->y_mm100 >= area->y_mm100 - slack &&
           item->x_mm100 + item->w_mm100 <= area->x_mm100 + area->w_mm100 + slack &&
           (roll || item->y_mm100 + item->h_mm100 <= area->y_mm100 + area->h_mm100 + slack);
}

static bool touches(const struct page_item *item, const struct page_rect *area)
{
    const int slack = PLACE_SLACK_MM100;
    return area->w_mm100 && item->x_mm100 + slack < area->x_mm100 + area->w_mm100 && area->x_mm100 + slack < item->x_mm100 + item->w_mm100 &&
           item->y_mm100 + slack < area->y_mm100 + area->h_mm100 && area->y_mm100 + slack < item->y_mm100 + item->h_mm100;
}

/* Rules of a pre-printed grid may run through the fold; text may not. */
int place_add(struct placing *p, const struct page_item *item, struct template_place place)
{
    const struct page_device *device = p->device;
    const struct page_rect *area = &p->page->print_area;
    bool roll = p->page->media == PAGE_ROLL;
    if (!inside(item, area, roll)) {
        place_refuse(p, item->field, place, "it stands at %d.%d, %d.%d mm and is %d.%d by %d.%d mm: outside the print area of media %s",
                     item->x_mm100 / 100, item->x_mm100 / 10 % 10, item->y_mm100 / 100, item->y_mm100 / 10 % 10, item->w_mm100 / 100,
                     item->w_mm100 / 10 % 10, item->h_mm100 / 100, item->h_mm100 / 10 % 10, p->media->name);
        return error_remedy(p->err, "check POSITION, the printer's offsets, and whether this form is for this media");
    }
    if (touches(item, &p->page->restricted)) {
        place_refuse(p, item->field, place, "it stands in the RESTRICTED area of media %s", p->media->name);
        return error_remedy(p->err, "move it above or below");
    }
    if (device->width_mm100 && item->x_mm100 - device->left_mm100 + item->w_mm100 > device->width_mm100 + PLACE_SLACK_MM100) {
        place_refuse(p, item->field, place, "it reaches beyond the widest line of printer %s", device->name);
        return error_remedy(p->err, "choose a narrower form for this printer");
    }
    if (!device->upward && !roll && item->y_mm100 < device->top_mm100) {
        place_refuse(p, item->field, place, "printer %s starts %d.%d mm below the edge and cannot go up", device->name,
                     device->top_mm100 / 100, device->top_mm100 / 10 % 10);
        return error_remedy(p->err, "move it down");
    }
    if (roll && item->y_mm100 + item->h_mm100 > PAGE_HEIGHT_MAX_MM100)
        return place_refuse(p, item->field, place, "the receipt would be longer than %d m", PAGE_HEIGHT_MAX_MM100 / 100000);
    return page_add(p->page, item, p->err) ? 0 : -1;
}

/* --- the page ---------------------------------------------------------------------------- */

static struct page_rect area_of(const struct placing *p, const int *area)
{
    const struct template_unit *unit = &p->media->unit;
    return (struct page_rect){
        template_x_mm100(unit, p->device, area[0]), template_y_mm100(unit, p->device, area[1]),
        template_x_mm100(unit, p->device, area[2]), template_y_mm100(unit, p->device, area[3])};
}

static enum page_media kind_of(const struct template_media *media)
{
    static const enum page_media kinds[] = {PAGE_SHEET, PAGE_MULTIPART, PAGE_PASSBOOK};
    return media->size[1] ? kinds[media->type] : PAGE_ROLL;
}

static int make_page(struct placing *p)
{
    const struct template_media *media = p->media;
    const struct template_unit *unit = &media->unit;
    int w = template_x_mm100(unit, p->device, media->size[0]), h = template_y_mm100(unit, p->device, media->size[1]);
    struct page *page = p->page = page_new(w, h, kind_of(media));
    if (!page) return error_all(p->err, "page refused", NULL, "no memory", NULL);
    snprintf(page->form, sizeof page->form, "%s", p->form->name);
    snprintf(page->media_name, sizeof page->media_name, "%s", media->name);
    page->language = p->form->language;
    page->unit = (enum page_unit)unit->base;
    if (unit->base == PAGE_UNIT_INCH) page->length_in360 = media->size[1] * 360 / unit->y_parts;
    page->lines = media->lines;
    page->lines_from = p->request->first_line > 1 ? p->request->first_line : 1;
    if (media->printarea[2]) page->print_area = area_of(p, media->printarea);
    if (media->restricted[2]) page->restricted = area_of(p, media->restricted);
    return 0;
}

/* ROWCOLUMN counts from the corner of the print area (its first cell is the first that
 * can be printed), MM and INCH from the corner of the paper, as a ruler does. */
static void find_origin(struct placing *p)
{
    const struct template_form *form = p->form;
    const struct page *page = p->page;
    struct page_rect whole = {0, 0, page->w_mm100, page->h_mm100};
    struct page_rect on = form->unit.base == PAGE_UNIT_ROWCOLUMN ? page->print_area : whole;
    int corner = form->alignment[0];
    p->x0 = on.x_mm100 + template_x_mm100(&form->unit, p->device, form->alignment[1]);
    p->y0 = on.y_mm100 + template_y_mm100(&form->unit, p->device, form->alignment[2]);
    if (corner == CORNER_TOPRIGHT || corner == CORNER_BOTTOMRIGHT)
        p->x0 = on.x_mm100 + on.w_mm100 - template_x_mm100(&form->unit, p->device, form->alignment[1] + form->size[0]);
    if ((corner == CORNER_BOTTOMLEFT || corner == CORNER_BOTTOMRIGHT) && page->media != PAGE_ROLL)
        p->y0 = on.y_mm100 + on.h_mm100 - template_y_mm100(&form->unit, p->device, form->alignment[2] + form->size[1]);
    p->y0 += template_y_mm100(&p->media->unit, p->device, p->media->staggering); /* a passbook's pages begin so far down */
    p->x0 += p->request->offset_x_mm10 * 10;
    p->y0 += p->request->offset_y_mm10 * 10;
}

int print_place(const struct print_request *request, struct page **out, struct error *err)
{
    struct error unwanted;
    struct placing p = {.request = request, .form = request->form, .media = request->media, .device = request->device,
                        .err = err ? err : &unwanted};
    *out = NULL;
    if (!json_is_object(request->data))
        return error_all(p.err, "page refused", request->form->name, "the data is not a JSON object", "give { \"name\": value, … }");
    if (make_page(&p)) return -1;
    find_origin(&p);
    if (p.page->media == PAGE_ROLL ? place_roll(&p) : place_sheet(&p)) {
        page_free(p.page);
        return -1;
    }
    page_sort(p.page);
    *out = p.page;
    return 0;
}

void print_pages_free(struct page **pages, size_t count)
{
    for (size_t i = 0; i < count; i++) page_free(pages[i]);
    free(pages);
}

int print_place_all(const struct print_request *request, struct page ***pages, size_t *count, struct error *err)
{
    struct print_request next = *request;
    *count = 0;
    *pages = calloc(PAGES_MAX, sizeof(struct page *));
    if (!*pages) return error_all(err, "page refused", NULL, "no memory", NULL);
    next.may_continue = true;
    if (next.page_number < 1) next.page_number = 1;
    for (int left = 1; left > 0;) {
        struct page *page = NULL;
        if (*count == PAGES_MAX) {
            error_all(err, "page refused", request->form->name, "it would be more than 200 pages", "print a part of the list");
            goto failed;
        }
        if (print_place(&next, &page, err) || !page) goto failed;
        (*pages)[(*count)++] = page;
        left = page->rows_left;
        next.first_row += page->rows_placed;
        next.first_line = 0; /* the next page begins at its top */
        next.page_number++;
    }
    return 0;
failed:
    print_pages_free(*pages, *count);
    *pages = NULL;
    *count = 0;
    return -1;
}
