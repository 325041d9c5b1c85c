/* The technician's printers, and the picture that moves their offsets. */
#ifndef COUNTER_PRINTERS_H
#define COUNTER_PRINTERS_H

#include "counter/counter.h"
#include "counter/technician.h"
#include "drivers/picture.h"

struct printers {
    struct view view;
    struct devices devices;
    int asking; /* questions under way */
    bool stale;  /* something was plugged in or out that is not in the list yet */
    bool beside; /* of a look that no key waits for */
    char chosen[TRANSPORT_URI_SIZE]; /* had the focus before the list was made anew */
};

/* --- printers_look.c --- */
void printers_look(struct counter *c); /* anew, and every one is asked */
void printers_look_beside(struct counter *c); /* the same, while the technician goes on; later when something is under way */
void printers_ask(struct counter *c, const struct device *d);
counter_answer printers_bound_came; /* what branchd's `printers` answers; tag true: all are asked then */
/* --- printers_try.c --- */
void printers_try(struct counter *c, struct printers *s, enum trial trial, bool drawer);

/* --- printers.c --- */
void printers_show(struct counter *c, struct printers *s); /* the chosen one's fields */
/* What the fields say of a trial; points into them. false: refused, and said. */
bool printers_trial(struct counter *c, struct printers *s, struct trial_of *of);
/* Offsets as people write them: millimetres with one decimal. */
void offset_show(struct view *view, const char *field, int64_t mm10);
bool offset_read(const char *text, int *mm10);
const char *words_documents(const char *documents, char *buf, size_t size); /* "invoice, receipt" in words */
const char *word_result(enum print_result result);

#endif
