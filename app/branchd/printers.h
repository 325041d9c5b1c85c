/* Which printer belongs to which terminal and kind of document: bound by a technician,
 * kept in a file beside the ledger. No money state.
 *
 * A printer bound to a terminal without a document prints that terminal's invoices,
 * receipts and slips; one bound to a document prints that in its stead. Reports and
 * passbooks go only where they are bound; reports also to the printer of "all". */
#ifndef BRANCHD_PRINTERS_H
#define BRANCHD_PRINTERS_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

struct printers;
/* A file that is not there is none bound yet; a damaged one is refused. */
struct printers *printers_open(const char *path, struct error *err);
void printers_close(struct printers *printers);
/* The kinds of document, NULL at the end. */
extern const char *const printers_documents[];
bool printers_document(const char *document); /* one of them */
/* Borrowed; NULL: none is bound to this terminal without a document. */
const json_t *printers_at(const struct printers *printers, const char *terminal);
/* The printer that takes this document at this terminal; borrowed, NULL: none. */
const json_t *printers_for(const struct printers *printers, const char *terminal, const char *document);
/* document "": all that have none of their own. binding is borrowed, NULL unbinds.
 * Durable before it returns 0. */
int printers_bind(struct printers *printers, const char *terminal, const char *document, json_t *binding, struct error *err);
/* Every binding with its `terminal` and `document` ("": all); a new reference. */
json_t *printers_list(const struct printers *printers);

#endif
