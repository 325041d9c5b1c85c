/* Which printer belongs to which terminal: bound by a technician, kept in a file
 * beside the ledger. No money state. */
#ifndef BRANCHD_PRINTERS_H
#define BRANCHD_PRINTERS_H

#include <jansson.h>

#include "base/error.h"

struct printers;
/* A file that is not there is none bound yet; a damaged one is refused. */
struct printers *printers_open(const char *path, struct error *err);
void printers_close(struct printers *printers);
/* Borrowed; NULL: none is bound to this terminal. */
const json_t *printers_at(const struct printers *printers, const char *terminal);
/* binding is borrowed. Durable before it returns 0. */
int printers_bind(struct printers *printers, const char *terminal, json_t *binding, struct error *err);
/* Of the bound one, or preset. */
const char *printers_member(const struct printers *printers, const char *terminal, const char *member, const char *preset);

#endif
