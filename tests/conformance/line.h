/* A connection to the front end under test: TLS over a socket that is waited for,
 * nothing of the products' own channel in it, so that a fault there is seen. */
#ifndef CONFORMANCE_LINE_H
#define CONFORMANCE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/iso.h"

struct line_options {
    const char *address, *ca, *cert, *key; /* host:port; PEM files */
    const char *peer;                      /* the name that its certificate must bear */
};
enum line_kind { LINE_RIGHT, LINE_OLD_TLS, LINE_NO_CERTIFICATE };

struct line;
/* NULL with the reason. */
struct line *line_open(const struct line_options *opt, enum line_kind kind, int64_t wait_ms, char *why, size_t why_size);
void line_close(struct line *l);
bool line_send(struct line *l, const struct iso *m);
/* Bytes as they are, without a frame's length. */
bool line_send_bytes(struct line *l, const void *bytes, size_t len);
/* The answer to m, others are kept. 1: there; 0: not in time; -1: the connection ended, or what came is no message (why). */
int line_answer(struct line *l, const struct iso *m, struct iso *answer, int64_t wait_ms);
const char *line_why(const struct line *l);
/* True when the other side ends it within that time. */
bool line_ends(struct line *l, int64_t wait_ms);

#endif
