#include "wire/recline.h"

#include <errno.h>
#include <string.h>

int recline_start(struct recline *l, FILE *in)
{
    l->in = in;
    l->number = l->bytes = 0;
    l->at = l->have = l->len = 0;
    l->too_long = false;
    clearerr(in);
    return fseeko(in, 0, SEEK_SET);
}

static int refill(struct recline *l)
{
    errno = 0;
    l->at = 0;
    l->have = fread(l->chunk, 1, sizeof l->chunk, l->in);
    if (l->have) return 1;
    return ferror(l->in) ? -1 : 0;
}

/* Takes what of the chunk belongs to the line; true when the line ended in it. */
static bool take(struct recline *l)
{
    const char *from = l->chunk + l->at;
    size_t left = l->have - l->at;
    const char *stop = memchr(from, '\n', left);
    size_t len = stop ? (size_t)(stop - from) : left;
    size_t used = stop ? len + 1 : len;
    l->at += used;
    l->bytes += (int64_t)used;
    if (len > RECFILE_LINE_MAX - l->len) {
        l->too_long = true;
        len = RECFILE_LINE_MAX - l->len;
    }
    memcpy(l->text + l->len, from, len);
    l->len += len;
    return stop != NULL;
}

static void finish(struct recline *l)
{
    static const char mark[] = "\xef\xbb\xbf"; /* what some editors put before UTF-8 */
    if (l->len && !l->too_long && l->text[l->len - 1] == '\r') l->len--;
    if (l->number == 1 && l->len >= 3 && !memcmp(l->text, mark, 3)) {
        l->len -= 3;
        memmove(l->text, l->text + 3, l->len);
    }
    l->text[l->len] = '\0';
}

int recline_next(struct recline *l)
{
    bool begun = false;
    l->len = 0;
    l->too_long = false;
    for (;;) {
        if (l->at == l->have) {
            int got = refill(l);
            if (got < 0) return -1;
            if (got == 0 && !begun) return 0;
            if (got == 0) break;
        }
        if (!begun) l->number++;
        begun = true;
        if (take(l)) break;
    }
    finish(l);
    return 1;
}
