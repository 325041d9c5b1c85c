/* Reads ESC/POS as a printer does: for emulated printers, and to say in a test what
 * a job's bytes put on paper. Knows the commands by their makers' manuals, nothing
 * of how drivers/escpos.c makes them. */
#ifndef TESTS_LIB_ESCPOS_READ_H
#define TESTS_LIB_ESCPOS_READ_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the command or character at p; 0 when it is not whole yet, -1 when no
 * printer knows it. */
long escpos_length(const uint8_t *p, size_t len);

/* One run of characters on paper, or one picture. */
struct escpos_mark {
    int x_dots, y_units;    /* where it starts: from the left edge, from the top */
    char text[128];         /* UTF-8; "" for a picture */
    int bold, under, wide, high;
    int w_dots, h_rows;     /* picture: raster rows */
    const uint8_t *bits;    /* into the job's bytes; (w_dots / 8) a row */
    char qr[160];           /* QR by command: its text */
};

struct escpos_sheet {
    struct escpos_mark mark[1024];
    int marks;
    int length_units;       /* paper fed */
    int cuts, drawer_kicks, inits;
    char problem[128];      /* first thing that a printer would print as rubbish, or "" */
};

/* move_per_row: units of 1B 4A to one row of a raster. */
void escpos_read(const uint8_t *p, size_t len, int move_per_row, struct escpos_sheet *sheet);

#endif
