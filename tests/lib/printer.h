/* An ESC/POS printer that is not there: takes a job on a TCP port or a pseudo
 * terminal, answers its status, has a buffer and paper, and fails when told to.
 * What it put on paper is the truth that a job's outcome is judged by. */
#ifndef TESTS_LIB_PRINTER_H
#define TESTS_LIB_PRINTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEVER (-1)

struct printer_plan {
    bool serial;        /* a pseudo terminal; else TCP on loopback */
    int port;           /* TCP: this one; 0: any */
    bool no_line;       /* neither: printer_take() and printer_answers() are its line */
    bool mute;          /* of a kind that answers nothing at all */
    bool no_id;         /* knows 1D 72 01 but not 1D 28 48 */
    bool cover_open, starts_empty;
    long paper_out_at;  /* bytes on paper after which the roll ends; NEVER */
    long silent_at;     /* bytes received after which it answers nothing any more; NEVER */
    long dies_at;       /* bytes received after which the line breaks; NEVER */
    long stalls_at;     /* bytes received after which it takes no more; NEVER */
    bool comes_back;    /* after it died: switched on again, its buffer empty */
};
#define PLAN_GOOD { .paper_out_at = NEVER, .silent_at = NEVER, .dies_at = NEVER, .stalls_at = NEVER }

struct test_printer;
struct test_printer *printer_start(const struct printer_plan *plan);
const char *printer_uri(const struct test_printer *p);
/* Blocks until that many bytes are on paper. */
void printer_await_bytes(struct test_printer *p, size_t bytes);
/* A new roll, cover closed, no stall any more: what its buffer still holds comes out now. */
void printer_refill(struct test_printer *p);
/* Blocks until the roll has ended (the plan's paper_out_at was reached). */
void printer_await_empty(struct test_printer *p);
/* All that came out, commands included, questions and init not. Valid until stop. */
const uint8_t *printer_paper(struct test_printer *p, size_t *len);
int printer_kicks(struct test_printer *p);
int64_t printer_last_us(struct test_printer *p); /* when its last byte came to paper, monotonic */
/* For other lines, emulated elsewhere: takes up to len bytes, returns how many (fewer: it
 * stalls or died), and what it has to say. */
size_t printer_take(struct test_printer *p, const uint8_t *bytes, size_t len);
size_t printer_answers(struct test_printer *p, uint8_t *bytes, size_t size);
bool printer_died(struct test_printer *p);
bool printer_empty(struct test_printer *p);
void printer_stop(struct test_printer *p);

#endif
