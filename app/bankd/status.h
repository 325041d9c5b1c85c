/* What a running relay says of itself: one JSON document to whoever connects to
 * the local socket (mode 0600, so the daemon's user and root), and measures in
 * Prometheus' text format in a file, replaced as a whole. */
#ifndef BANKD_STATUS_H
#define BANKD_STATUS_H

#include <stdio.h>
#include <uv.h>

#include "bankd/relay.h"

struct status;
/* Listens at the setting's path; a dead socket there is replaced, a live one
 * refused: two relays of one name would be two. NULL with err. */
struct status *status_open(const struct bank *b, uv_loop_t *loop, const struct relay *r, struct error *err);
/* Freed by the loop. */
void status_close(struct status *s);

/* The document, allocated; NULL: no memory. */
char *status_document(const struct relay *r);
void status_measures(const struct relay *r, FILE *out);

#endif
