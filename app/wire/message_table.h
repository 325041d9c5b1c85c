/* The rows that message.c works by. */
#ifndef WIRE_MESSAGE_TABLE_H
#define WIRE_MESSAGE_TABLE_H

#include <stdint.h>

#include "wire/message.h"

/* Field sets as in struct iso: bit 63 of [0] is field 1, of [1] field 65. */
struct message_row {
    char mti[5];      /* the original's; a repeat (x1) is judged by it */
    int proc;         /* DE 3, or -1: any */
    uint64_t must[2]; /* these are there */
    uint64_t may[2];  /* and these may be; no other */
    const char *meaning;
};
extern const struct message_row message_rows[];
extern const size_t message_row_count;

#endif
