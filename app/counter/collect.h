/* The screen that the program rests on: its steps and its draft. */
#ifndef COUNTER_COLLECT_H
#define COUNTER_COLLECT_H

#include "counter/counter.h"
#include "counter/draft.h"

enum collect_step { COLLECT_CUSTOMER, COLLECT_BILLS, COLLECT_TENDER, COLLECT_CONFIRM, COLLECT_AFTER };

struct collect {
    struct view view;
    enum collect_step step;
    struct draft draft;
    struct draft_scan scan;
    char cash[32];         /* as typed, kept while a step without that field stands there */
    bool drop_warned;      /* F12 once, with cash typed */
    uint64_t stray_ns;     /* a character where none is taken: an Enter close behind is a scan's */
};

void collect_paint(struct counter *c, void *state);
const char *collect_cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size);

#endif
