/* What ails a printer, in words: asked of the line and in the printer's own language. */
#ifndef DRIVERS_STATUS_H
#define DRIVERS_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "drivers/profile.h"
#include "drivers/transport.h"

/* The worst thing first; each has fixed words, so that screens can translate them. */
enum printer_state {
    PRINTER_READY,
    PRINTER_UNKNOWN,     /* it cannot be asked */
    PRINTER_PAPER_LOW,   /* prints still */
    PRINTER_UNREACHABLE, /* not opened: off, unplugged, no such queue */
    PRINTER_SILENT,      /* opened, and does not answer although its model does */
    PRINTER_PAPER_OUT,
    PRINTER_COVER_OPEN,
    PRINTER_ERROR,       /* cutter, head, an error of its own */
    PRINTER_OFFLINE,     /* says so without a reason */
    PRINTER_STATES
};

struct printer_status {
    enum printer_state state;
    bool can_print;      /* READY, PAPER_LOW or UNKNOWN */
    bool answered;       /* in its own language */
    uint8_t raw[4];      /* its status bytes, for the technician's report */
    int raw_count;
    char device_id[TRANSPORT_ID_SIZE]; /* empty: none */
    char words[240];     /* for a person, in English: "out of paper"; why it can't be reached */
};

/* Fixed words of a state, English; an msgid for screens. */
const char *printer_state_words(enum printer_state state);

/* Opens, asks, closes; at most about timeout_ms (0: 3,000) beyond connecting. Never fails:
 * what can't be known is said in the status. */
void print_status(const char *uri, const struct profile *profile, int timeout_ms,
                  struct printer_status *out);
/* The same over an open transport. */
void status_ask(struct transport *t, const struct profile *profile, int timeout_ms,
                struct printer_status *out);

/* Forgets what is in the printer's buffer, after a doubt and before it is answered "no":
 * else the void number still there comes out with the next paper. 0 when it was cleared
 * and answered since. -1 with err: it can't be done or known from here, the teller
 * switches it off and on. */
int print_clear(const char *uri, const struct profile *profile, int timeout_ms,
                struct printer_status *out, struct error *err);

/* One status byte b answers 10 04 1..4 when (b & 93h) = 12h. */
bool status_is_answer(uint8_t b);
/* Judges four such bytes by the profile. */
enum printer_state status_judge(const struct profile *profile, const uint8_t raw[4]);

#endif
