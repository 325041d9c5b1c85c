/* What a printer model is: one row of the table in profile.c. A family's command
 * bytes stand once, in its `struct dialect`; a new model is a new row, not new code.
 *
 * Nothing here was tried on the hardware it names unless `verified` says so; the
 * technician's screen shows that. What the table says of a class of printers is
 * from their makers' manuals. */
#ifndef DRIVERS_PROFILE_H
#define DRIVERS_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/bytes.h"
#include "drivers/repertoire.h"
#include "print/page.h"

struct backend;

/* How a printer says that a job is on paper. */
enum answers {
    ANSWERS_NO,         /* it never does: the teller is asked */
    ANSWERS_PROCESS_ID, /* 1D 28 48: our id comes back when printing is completed */
    ANSWERS_PAPER,      /* 1D 72 01: anonymous, when all before it was processed */
};

/* How it is asked what ails it. */
enum asks {
    ASKS_NO,
    ASKS_ESCPOS, /* 10 04 1..4 */
    ASKS_PR2,    /* ESC j -> ESC r x; what x means is not verified */
};

enum raster {
    RASTER_NO,
    RASTER_ROWS,   /* 1D 76 30: rows of dots, at most 2303, print buffer empty */
    RASTER_STORED, /* 1D 28 4C: stored, then printed */
    RASTER_24PIN,  /* 1B 2A 27: columns of 24 dots, 180 dpi both ways */
};

/* Command bytes of a family. An empty one is not sent. */
struct dialect {
    const char *name;
    const struct backend *backend;
    struct command init;      /* state known, nothing printed */
    struct command hanzi_on, hanzi_off;
    struct command hanzi_gaps; /* right and left space of a Hanzi, so that it is two cells */
    struct command load, eject, cut, drawer;
    bool inserted;            /* sheets and passbooks are put in by the teller and ejected */
    struct command clear;     /* what is in its buffer is forgotten */
    struct command image_guard; /* before bitmaps: bytes in them are no commands */
    enum asks asks;
    bool long_moves;          /* ESC/P2: has the 1B 28 commands */
};

struct profile {
    const char *name;  /* as settings and screens name it */
    const char *title; /* for people */
    const struct dialect *dialect;
    bool verified;     /* tried on real hardware */
    const char *ids;   /* words of device ids it is suggested for, "|" between, or NULL */
    enum repertoire repertoire;
    enum answers answers;
    enum raster raster;
    bool drawn;        /* every character goes as a picture: its own cells are too wide for the
                          48 columns of the forms */
    bool cutter, drawer, native_qr;
    int move_dpi;      /* unit of the vertical move command, 1/inch */
    int columns;       /* half-width characters in a line at the default pitch */
    int feed_end_mm10; /* roll without a cutter: from the last line to the tear bar */
    int upward_mm10;   /* farthest upward feed, 0: none */
    uint8_t bad[4];    /* bits of the status bytes 10 04 1..4 that stop printing */
    int print_ms;      /* longest time from last byte to last line of a usual page */
    struct page_device device; /* what placing a page needs */
};

/* By name; NULL when there is none. Safe from any thread. */
const struct profile *profile_find(const char *name);
/* The table, for lists: the i-th, NULL after the last. */
const struct profile *profile_at(size_t i);
/* What to place pages for: the row's own device, or the picture's for printers that take
 * documents. Use this, not the member. */
const struct page_device *profile_device(const struct profile *profile);
/* The one whose `ids` fit a device id best (it may lie: a suggestion), or NULL. */
const struct profile *profile_suggest(const char *device_id);

#endif
