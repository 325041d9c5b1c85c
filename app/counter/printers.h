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
};

/* What the fields say of a trial; points into them. false: refused, and said. */
bool printers_trial(struct counter *c, struct printers *s, struct trial_of *of);
/* Offsets as people write them: millimetres with one decimal. */
void offset_show(struct view *view, const char *field, int64_t mm10);
bool offset_read(const char *text, int *mm10);
const char *words_documents(const char *documents, char *buf, size_t size); /* "invoice, receipt" in words */
const char *word_result(enum print_result result);

#endif
