/* A terminal for a program under test: a pseudo terminal with libvterm behind it.
 * Sends keystrokes, waits for what must come with a deadline, reads cells. */
#ifndef TESTS_SCREEN_H
#define TESTS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define TERM_ROWS_MAX 120
#define TERM_COLS_MAX 300
#define TERM_ROW_SIZE (TERM_COLS_MAX * 4 + 1)
#define TERM_WAIT_MS 20000 /* a deadline for what is due at once; machines may be slow */

struct term;

struct term_cell {
    char text[32]; /* UTF-8, " " for an empty cell, "" for a Hanzi's second half */
    int width;     /* 1 or 2; 0: second half */
    bool bold, reverse, underline;
    uint8_t fg[3], bg[3];
};

/* Starts argv (ends with NULL) on a terminal of that size with TERM=type. env:
 * "NAME=value" that are added to this process's, ends with NULL, may be NULL.
 * NULL: could not be started. The program is killed by term_close. */
struct term *term_start(int rows, int cols, const char *type, const char *const argv[], const char *const env[]);
void term_close(struct term *term);
pid_t term_pid(const struct term *term);

/* Bytes as they are. */
void term_send(struct term *term, const char *bytes, size_t len);
/* Text with keys in braces: "0499110001{Enter}600{Enter}{Enter}". Names: Enter Esc
 * Up Down Left Right BS Space Tab F1..F12 C-l C-c. "{{" is one brace. {Look} is no
 * key: the person looks at the screen, so that the next key answers what he sees
 * (the counter takes a key that comes sooner for one typed ahead). */
void term_keys(struct term *term, const char *keys);
void term_resize(struct term *term, int rows, int cols);

/* Each waits until it is so, at most timeout_ms; false: it never was. */
bool term_wait(struct term *term, const char *text, int timeout_ms);      /* text stands in some row */
bool term_wait_row(struct term *term, int row, const char *text, int timeout_ms);
bool term_wait_gone(struct term *term, const char *text, int timeout_ms); /* no row has it any more */
bool term_wait_until(struct term *term, bool (*is)(struct term *term, void *ctx), void *ctx, int timeout_ms);
/* Nothing has come from the program for so long (it is given up after ten times that). */
void term_settle(struct term *term, int quiet_ms);
/* The program has ended: its exit status (128 + signal), or -1 when it has not in time. */
int term_ended(struct term *term, int timeout_ms);

/* A row without its trailing blanks; buf of TERM_ROW_SIZE. Rows from 0. */
const char *term_row(const struct term *term, int row, char *buf, size_t size);
bool term_shows(const struct term *term, const char *text);
void term_cell_at(const struct term *term, int row, int col, struct term_cell *cell);
void term_cursor(const struct term *term, int *row, int *col);
int term_rows(const struct term *term);
int term_cols(const struct term *term);
int term_bells(const struct term *term); /* rung so far */
void term_print(const struct term *term, FILE *out); /* the screen as text, a frame around it */

/* picture.c: the cells drawn to a file. 0 or -1. */
int term_png(const struct term *term, const char *path);
int term_svg(const struct term *term, const char *path);

#endif
