/* Reads ESC/P and ESC/P2 as a 24-pin printer does, by its maker's manual: what came on
 * paper where, and how far the forms were fed. */
#ifndef TESTS_LIB_ESCP_READ_H
#define TESTS_LIB_ESCP_READ_H

#include <stddef.h>
#include <stdint.h>

struct escp_mark {
    int x, y;         /* 1/180 inch from the left edge and the top of the form */
    int x_end;        /* where the head stood after it */
    char text[400];   /* "" for a strip of 24 dots */
    int bold, under;
    const uint8_t *columns; /* three bytes each */
    int count;
};

struct escp_sheet {
    struct escp_mark mark[1024];
    int marks;
    long fed_in360;   /* paper fed in all, through every form */
    int forms, loads, ejects;
    char problem[128];
};

/* Continues on the sheet: zero it before the first job. */
void escp_read(const uint8_t *p, size_t len, struct escp_sheet *sheet);

#endif
