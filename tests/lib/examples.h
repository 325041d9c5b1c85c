/* The examples of app/wire/PROTOCOL.md: blocks that begin with ```message NAME,
 * a frame in hex, an empty line, then its fields. */
#ifndef TESTS_LIB_EXAMPLES_H
#define TESTS_LIB_EXAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "wire/frame.h"

#define EXAMPLES_PAGE "app/wire/PROTOCOL.md"

struct example {
    char name[60];
    uint8_t frame[FRAME_HEAD + FRAME_MAX]; /* the length's two bytes first */
    size_t len;
    const char *fields; /* in the page: the line behind the empty one */
};
/* The page, allocated; fails the test when it can't be read. */
char *examples_page(void);
/* The next example from *at on, which it moves; false: the end. */
int examples_next(const char **at, struct example *e);

#endif
