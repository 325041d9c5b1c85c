#include "lib/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define PAGE_MAX (1 << 20)

char *examples_page(void)
{
    FILE *in = fopen(EXAMPLES_PAGE, "r");
    char *page = calloc(1, PAGE_MAX);
    if (in == NULL || page == NULL) fail_msg("%s can't be read; run from the top of the tree", EXAMPLES_PAGE);
    size_t len = fread(page, 1, PAGE_MAX - 1, in);
    fclose(in);
    assert_in_range(len, 1, PAGE_MAX - 2);
    return page;
}

/* Hex up to the empty line; returns where the fields begin. */
static const char *read_hex(const char *at, struct example *e)
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = 0;
    for (; strncmp(at, "\n\n", 2) != 0; at++) {
        if (*at == ' ' || *at == '\n') continue;
        const char *place = *at ? strchr(hex, *at) : NULL;
        if (place == NULL || digits / 2 >= sizeof e->frame) fail_msg("%s: not hex: %.30s", e->name, at);
        uint8_t *byte = &e->frame[digits / 2], digit = (uint8_t)(place - hex);
        *byte = (uint8_t)(digits % 2 ? *byte << 4 | digit : digit);
        digits++;
    }
    if (digits % 2 || digits < 2 * FRAME_HEAD) fail_msg("%s: no frame", e->name);
    e->len = digits / 2;
    return at + 2;
}

int examples_next(const char **at, struct example *e)
{
    *at = strstr(*at, "\n```message ");
    if (*at == NULL || sscanf(*at, "\n```message %59s", e->name) != 1) return 0;
    *at = e->fields = read_hex(strchr(*at + 1, '\n') + 1, e);
    return 1;
}
