/* One page to one printer, and what is known of it afterwards.
 *
 *   planned -> sending(n bytes) -> handed over -> confirmed
 *                 |                    |
 *           nothing sent            unknown
 *
 * Printing can't be undone and an acknowledged byte is no printed line: *nothing
 * sent* is said only when it is proved, *confirmed* only when the printer said so
 * itself, silence never. The ledger must hold the invoice as *sent* before this is
 * called. It blocks, within its times, and touches no screen: run it on a thread. */
#ifndef DRIVERS_JOB_H
#define DRIVERS_JOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "drivers/status.h"
#include "print/page.h"

enum print_result { PRINT_NOTHING_SENT, PRINT_HANDED_OVER, PRINT_CONFIRMED, PRINT_UNKNOWN };

enum print_step { PRINT_STEP_OPEN, PRINT_STEP_SEND, PRINT_STEP_WAIT, PRINT_STEP_CLEAR };

/* Longest times; 0: the default beside it. */
struct print_times {
    int connect_ms; /* 3,000 */
    int status_ms;  /* 2,000: an answer before the job and after clearing */
    int send_ms;    /* 30,000: from the first byte to the last */
    int answer_ms;  /* the profile's: from the last byte to "printed" */
    int refill_ms;  /* 120,000: longer, while the printer says that paper is out or its cover open */
};

struct print_job {
    const char *uri;
    const char *profile;   /* name of a row of profile.c */
    const struct page *page;
    const char *name;      /* branch, epoch, kind, invoice, attempt, number; never used twice */
    int offset_x_mm10, offset_y_mm10;
    bool numbered;         /* numbered paper */
    bool open_drawer;      /* with the job's last bytes, where the printer has one */
    struct print_times times;
    const atomic_bool *cancel; /* may be NULL; what it means is in the outcome */
    /* May be NULL; from this thread. words: what is waited for, or "". */
    void (*progress)(void *ctx, enum print_step step, uint64_t bytes, uint64_t total, const char *words);
    void *ctx;
};

struct print_outcome {
    enum print_result result;
    uint64_t bytes;  /* submitted: that may be on paper */
    uint64_t taken;  /* proved to have been taken by the other side, a lower bound */
    uint64_t total;
    int64_t ms;
    bool cleared;    /* not confirmed, and the printer was cleared and answered since */
    enum printer_state state; /* of the printer, as last known */
    char words[240]; /* for a person, in English: what happened */
    struct error error; /* the cause in full when result is not what was wished */
};

/* Always fills *out. 0 when handed over or confirmed, -1 otherwise. */
int print_job_run(const struct print_job *job, struct print_outcome *out);

/* "nothing-sent", "handed-over", "confirmed", "unknown". */
const char *print_result_name(enum print_result result);

/* The bytes of a job without a printer: init, page, drawer. Caller frees with bytes_free. */
int print_job_bytes(const struct print_job *job, struct bytes *out, struct error *err);

/* Opens the cash drawer that hangs on the printer. */
int print_drawer(const char *uri, const char *profile, struct error *err);

#endif
