/* What the passbook dialogue keeps beside the screens; account.h has what they may ask of it. */
#ifndef COUNTER_PASSBOOK_H
#define COUNTER_PASSBOOK_H

#include <stdatomic.h>
#include <uv.h>

#include "counter/account.h"
#include "counter/printing.h"

#define PASSBOOK_TOLD_MAX 2 /* a job's lines fall into those that are whole and those that are not */

struct passbook {
    struct counter *c;
    enum passbook_step step;
    json_t *account; /* as the bank last said */
    json_t *data;    /* what the page is placed with */
    json_t *chosen;  /* its lines, as the bank has them */
    bool again, jammed, full, closing;
    int64_t first, last;
    int page_number, row;
    char template[PRINTING_NAME_SIZE], media[PRINTING_NAME_SIZE];
    char uri[TRANSPORT_URI_SIZE], profile[PRINTING_NAME_SIZE], name[PRINTING_NAME_SIZE];
    int offset_x_mm10, offset_y_mm10;
    char words[PRINTING_WORDS_SIZE];
    struct { int64_t first, last; const char *outcome; } told[PASSBOOK_TOLD_MAX]; /* to the bank, in this order */
    int told_count;
    uv_timer_t again_timer; /* the bank was not reached: it is told once more */
    /* what the threads write */
    uv_work_t work;
    int working;
    struct page *page;
    struct printer_status status;
    struct print_outcome outcome;
    struct error err;
    atomic_bool cancel;
};

/* --- passbook_make.c --- */
/* How many lines a page and how many places a book has; 0: its media is not there (err). */
int passbook_lines_a_page(struct passbook *b, int *places, struct error *err);
/* Up to so many of the movements that stand one behind the other, from `first` on, as the
 * template wants them; sets first and last. False: there is none. */
bool passbook_choose(struct passbook *b, const json_t *movements, int64_t first, int room);
/* On a thread. */
void passbook_place(struct passbook *b);
void passbook_watch(struct passbook *b);
void passbook_run(struct passbook *b);

#endif
