/* What the back ends of impact printers share: a page becomes strokes, pieces of text
 * and strips of picture one pass of the head high, by rising y and x, so that the
 * paper only moves forward. A back end adds how its commands say it. */
#ifndef DRIVERS_IMPACT_H
#define DRIVERS_IMPACT_H

#include "drivers/backend.h"

#define IMPACT_PINS 24

struct impact_stroke {
    int x, y;                /* in the back end's units, from the first dot it reaches */
    const struct page_item *item;
    struct page_piece piece; /* text; len 0: a strip */
    uint8_t *columns;        /* strip: 3 bytes a column of 24 dots, top dot first */
    int count;               /* columns */
};

struct impact {
    const struct profile *profile;
    const struct page *page;
    struct bytes *to;
    struct error *err;
    int x_dpi, y_dpi;        /* units of the strokes; pictures need both to be the printer's */
    struct impact_stroke *stroke;
    int strokes;
    int y;                   /* where the paper stands, for the back end */
    unsigned style;          /* last set; IMPACT_UNSET: none yet */
    int cpi10;
};
#define IMPACT_UNSET 0xffffffffu

/* Makes the strokes. -1 with err: something on the page that this printer can't. */
int impact_open(struct impact *m);
void impact_close(struct impact *m);
/* One pitch that a printer has: its command, and the dots of 1/180 inch that stand beside a
 * Hanzi of 24 so that it is two cells. */
struct impact_pitch {
    int cpi10;
    struct command command;
    uint8_t gap;
};
/* Sets the pitch of a text item, when another one is set, with the gaps of Hanzi if the
 * printer has a Hanzi mode. -1 with err: not in the table. */
int impact_set_pitch(struct impact *m, const struct page_item *item, const struct impact_pitch *table, size_t count);
/* The pitch of a text item in 1/10 cpi. */
int impact_cpi10(const struct impact *m, const struct page_item *item);

#endif
