/* What printing keeps beside the screens; counter.h has what they may ask of it. */
#ifndef COUNTER_PRINTING_H
#define COUNTER_PRINTING_H

#include <jansson.h>
#include <stdatomic.h>
#include <uv.h>

#include "drivers/hotplug.h"
#include "drivers/job.h"
#include "drivers/profile.h"
#include "drivers/status.h"
#include "print/place.h"
#include "print/set.h"

#define PRINTING_NAME_SIZE 96
#define PRINTING_WORDS_SIZE 200
#define PRINTING_PAPERS_MAX 16 /* copies and slips that wait for the printer */

struct counter;

/* ask -> make -> (paper -> watch) -> send (T3) -> job -> report (T4) */
enum printing_step {
    PRINTING_IDLE,
    PRINTING_ASK,    /* branchd says what goes next */
    PRINTING_MAKE,   /* its page is placed, and a printer that was in trouble is asked again */
    PRINTING_PAPER,  /* the teller is asked to put paper in */
    PRINTING_WATCH,  /* he did: the printer must say that it has it */
    PRINTING_SEND,   /* T3 */
    PRINTING_JOB,
    PRINTING_REPORT, /* T4 */
};

/* cleared: as print_clear said; status may be NULL when no printer is bound. */
typedef void printing_answer(struct counter *c, bool cleared, const struct printer_status *status);

/* A printer of this terminal, and how it was when last heard of. */
struct bound { json_t *binding; enum printer_state state; };
enum { BOUND_INVOICE, BOUND_RECEIPT, BOUND_COUNT };

struct printing {
    struct counter *c;
    enum printing_step step;
    struct bound bound[BOUND_COUNT]; /* the second empty when it is the first one */
    uv_mutex_t set_lock;
    struct print_set *set; /* read once, by whoever needs it first */
    /* what is being printed; the threads read these */
    json_t *job;         /* as branchd gave it; from T3 on with its number */
    struct bound *where; /* the printer it goes to */
    bool copying;        /* plain paper: nothing to report */
    bool taken;          /* T3 is stored: what fails now must be reported */
    uv_work_t work;
    struct print_job print;
    char uri[TRANSPORT_URI_SIZE], profile[PRINTING_NAME_SIZE], name[PRINTING_NAME_SIZE];
    /* what the threads write */
    struct { struct page *page; struct printer_status status; struct error err; bool check, clear, asked, cleared; } made;
    struct print_outcome outcome;
    atomic_bool cancel;
    json_t *report; /* outcome that branchd has not heard */
    json_t *papers; /* copies and slips that wait, an array */
    uv_timer_t again;
    uint64_t wait_ms; /* before the next try, 0: at once */
    struct hotplug *hotplug; /* NULL until a USB printer is of interest */
    uv_async_t plugged;
    int working;      /* threads under way */
    int asking;       /* of them, questions to a printer */
    bool closing;
    bool rebind;      /* another printer was bound while a job was under way */
    bool unclean;     /* what a job left in the printer's buffer may still come out */
    char words[PRINTING_WORDS_SIZE], stuck[PRINTING_WORDS_SIZE]; /* stuck: an invoice that can't be printed */
    int64_t stuck_invoice;
};

/* --- printing.c --- */
bool printing_begun(const struct printing *p); /* a thread or branchd is at work on a job */
void printing_put_back(struct printing *p);

/* --- printing_make.c: on a thread --- */
/* Places the page of p->job for p->profile and, when p->made.check says so, asks the printer. */
void printing_make(struct printing *p);
/* Waits until the printer says that it has paper, or the time is up. */
void printing_watch(struct printing *p);
const struct print_set *printing_set(struct printing *p, struct error *err);
/* All pages of a paper; print_pages_free them. -1 with err. */
int printing_pages(struct counter *c, const json_t *job, const struct page_device *device, struct page ***pages, size_t *count,
                   struct error *err);

/* --- printing_bound.c: the printers of this terminal, asked and cleared --- */
struct bound *printing_where(struct printing *p, const char *kind); /* "invoice", else receipts and slips; NULL: none */
void printing_state(struct counter *c, struct bound *where, enum printer_state state);
void printing_ask(struct counter *c, printing_answer *answer);   /* what ails it; answer may be NULL */
void printing_clear(struct counter *c, printing_answer *answer); /* forgets what is in its buffer */
bool printing_bound_here(const struct counter *c); /* a printer is bound to this terminal */
void printing_forget(struct printing *p);

/* --- printing_plugged.c: USB printers that come and go --- */
void printing_plugged_open(struct counter *c);
void printing_plugged_watch(struct counter *c, bool any); /* when one is bound; any: for the technician */
void printing_plugged_close(struct printing *p);
const char *word_printer(enum printer_state state);

#endif
