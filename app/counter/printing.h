/* What printing keeps beside the screens; counter.h has what they may ask of it. */
#ifndef COUNTER_PRINTING_H
#define COUNTER_PRINTING_H

#include <jansson.h>
#include <stdatomic.h>
#include <uv.h>

#include "drivers/job.h"
#include "drivers/profile.h"
#include "drivers/status.h"
#include "print/place.h"
#include "print/set.h"

#define PRINTING_NAME_SIZE 96
#define PRINTING_WORDS_SIZE 200

struct counter;

enum printing_step { PRINTING_IDLE, PRINTING_ASK, PRINTING_JOB, PRINTING_REPORT };

/* cleared: as print_clear said; status may be NULL when no printer is bound. */
typedef void printing_answer(struct counter *c, bool cleared, const struct printer_status *status);

struct printing {
    struct counter *c;
    enum printing_step step;
    json_t *printer;       /* as bound, NULL: none */
    struct print_set *set; /* read when first needed */
    /* the job under way; the thread reads these and writes only outcome */
    uv_work_t work;
    struct print_job job;
    struct print_outcome outcome;
    struct page *page;
    char uri[TRANSPORT_URI_SIZE], profile[PRINTING_NAME_SIZE], name[PRINTING_NAME_SIZE];
    int64_t invoice, attempt;
    char number[16]; /* "" for a receipt */
    bool paper;      /* a slip or the like, no copy of an invoice */
    bool copying;    /* plain paper: nothing to report */
    atomic_bool cancel;
    json_t *report; /* outcome that branchd has not heard */
    json_t *copy;   /* to be printed after what is under way */
    uv_timer_t again;
    void (*look_again)(uv_timer_t *timer);
    uint64_t wait_ms; /* before the next try, 0: at once */
    int asking;       /* questions to the printer under way */
    bool closing;
    enum printer_state state;
    char words[PRINTING_WORDS_SIZE];
};

void printing_ask(struct counter *c, printing_answer *answer);   /* what ails it; answer may be NULL */
void printing_clear(struct counter *c, printing_answer *answer); /* forgets what is in its buffer */
/* All pages of a paper; print_pages_free them. -1 with err. */
int printing_pages(struct counter *c, const json_t *job, const struct page_device *device, struct page ***pages, size_t *count,
                   struct error *err);
const char *word_printer(enum printer_state state);

#endif
