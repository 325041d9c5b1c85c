/* Inside of placing: shared by place*.c and typeset.c, by nobody else. */
#ifndef PRINT_PLACE_IMPL_H
#define PRINT_PLACE_IMPL_H

#include "print/place.h"

#define PLACE_SLACK_MM100 10 /* what rounding may put outside an edge */
#define TYPESET_TEXT_MAX 4096
#define TYPESET_LINES_MAX 80
#define TYPESET_SEGMENTS_MAX 16

struct placing {
    const struct print_request *request;
    const struct template_form *form;
    const struct template_media *media;
    const struct page_device *device;
    struct page *page;
    struct error *err;
    int x0, y0; /* the form's corner on the media, with the nudge */
};

/* "page refused", where: form, field, its line; -1. */
int place_refuse(const struct placing *p, const char *name, struct template_place place, const char *why_fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* The field's box for list slot `slot` (0 for fields without INDEX), on the media. */
struct page_rect place_box(const struct placing *p, const struct template_field *field, int slot);
/* Adds the item after checking that it lies where print may stand. */
int place_add(struct placing *p, const struct page_item *item, struct template_place place);
/* The datum of a field, written by its FORMAT: *present false when there is none. */
int place_value(const struct placing *p, const struct template_field *field, int element, char *buf, size_t size, bool *present);

/* place_mark.c: bar codes and pictures */
int place_mark(struct placing *p, const struct template_field *field, int element, struct page_rect box, bool *present);
/* place_frame.c: a frame whose corner stands at x, y */
int place_frame(struct placing *p, const struct template_frame *frame, int x_mm100, int y_mm100);
/* place_sheet.c, place_roll.c */
int place_sheet(struct placing *p);
int place_roll(struct placing *p);

/* --- typeset.c: a TEXT field with those that follow it --------------------------- */

struct typeface {
    unsigned style;
    int cell_um;  /* 0: proportional; doubling included */
    int cpi10, point10, h_mm100, pitch_mm100;
    int least;    /* BESTFIT goes no further: um of a cell, or 1/10 point */
};
struct typeset_segment { const struct template_field *field; size_t from, to; struct typeface face; };
struct typeset_line { size_t from, to; };

struct typeset {
    const struct template_field *head;
    bool present;     /* something is to be printed */
    bool wants_datum; /* it has a field that is not STATIC … */
    bool has_datum;   /* … and the data has one of those */
    char text[TYPESET_TEXT_MAX];
    size_t len;
    struct typeset_segment segment[TYPESET_SEGMENTS_MAX];
    int segment_count;
    struct typeset_line line[TYPESET_LINES_MAX];
    int line_count;
    int h_mm100; /* of all lines */
    int face_h_mm100, pitch_mm100;
};

/* Gathers the text of head and followers, breaks it into lines for the box, checks
 * that it fits and that the device has its characters. grows: the box may become
 * higher (a roll). */
int typeset_make(struct placing *p, const struct template_field *head, int element, struct page_rect box, bool grows,
                 struct typeset *t);
/* Adds its items to the page. */
int typeset_put(struct placing *p, const struct typeset *t, struct page_rect box);

#endif
