#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* vsnprintf may cut in the middle of a UTF-8 character; the broken tail goes. */
static void trim_broken_tail(char *text)
{
    size_t len = strlen(text), start = len;
    while (start > 0 && len - start < 4 && ((unsigned char)text[start - 1] & 0xc0) == 0x80) start--;
    if (start == 0) return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (need > len - start + 1) text[start - 1] = '\0';
}

__attribute__((format(printf, 3, 0)))
static void fill(char *to, size_t size, const char *fmt, va_list args)
{
    if (vsnprintf(to, size, fmt, args) >= (int)size) trim_broken_tail(to);
}

#define FILL(member)                                                                               \
    if (err) {                                                                                     \
        va_list args;                                                                              \
        va_start(args, fmt);                                                                       \
        fill(err->member, sizeof err->member, fmt, args);                                          \
        va_end(args);                                                                              \
    }                                                                                              \
    return -1

int error_set(struct error *err, const char *fmt, ...)
{
    if (err) memset(err, 0, sizeof *err);
    FILL(what);
}

int error_where(struct error *err, const char *fmt, ...) { FILL(where); }

int error_why(struct error *err, const char *fmt, ...) { FILL(why); }

int error_remedy(struct error *err, const char *fmt, ...) { FILL(remedy); }

int error_all(struct error *err, const char *what, const char *where, const char *why,
              const char *remedy)
{
    error_set(err, "%s", what ? what : "");
    error_where(err, "%s", where ? where : "");
    error_why(err, "%s", why ? why : "");
    return error_remedy(err, "%s", remedy ? remedy : "");
}

const char *error_text(const struct error *err, char *buf, size_t size)
{
    if (size == 0) return buf;
    buf[0] = '\0';
    if (!err) return buf;
    int wrote = snprintf(buf, size, "%s%s%s%s%s%s%s", err->what, err->where[0] ? ": " : "",
                         err->where, err->why[0] ? ": " : "", err->why,
                         err->remedy[0] ? ". " : "", err->remedy);
    if (wrote >= (int)size) trim_broken_tail(buf);
    return buf;
}

void error_print(const char *program, const struct error *err)
{
    fprintf(stderr, "%s: %s", program, err->what);
    if (err->where[0]) fprintf(stderr, ": %s", err->where);
    if (err->why[0]) fprintf(stderr, ": %s", err->why);
    fputc('\n', stderr);
    if (err->remedy[0]) fprintf(stderr, "%s: %s\n", program, err->remedy);
}
