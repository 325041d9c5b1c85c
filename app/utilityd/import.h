/* A bills file into the books, in two steps: the file is judged while its rows
 * are gathered in a table of the import's own (nobody waits); then they are taken
 * over in one transaction. */
#ifndef UTILITYD_IMPORT_H
#define UTILITYD_IMPORT_H

#include "utilityd/utilityd.h"
#include "wire/billfile.h"

#define IMPORT_LISTED_MAX 20

struct import_counts { int64_t records, amount_fen, fresh, changed, same, paid, differ, withdrawn, covered, covered_fen; };

/* A bill of another customer under the same number, or a paid one that the file has otherwise. */
struct import_listed { int64_t line; char number[BILL_NUMBER_MAX + 1]; char what[120]; };

/* Gathering: open, a put a bill, end. */
int import_gather(struct db *db, struct error *err);
int import_put(struct db *db, const struct bill *b, int64_t line);
int import_gathered(struct db *db, struct error *err);

/* Taking over. replace: a month YYYYMM whose unnamed open bills are withdrawn, or
 * NULL. -1 with err; *faults > 0: refused, the first are listed. Otherwise done
 * but for the commit; listed holds the first paid bills that the file has otherwise. */
int import_take_over(struct db *db, const char *replace, struct import_counts *counts, struct import_listed *listed,
                     int *listed_count, int64_t *faults, struct error *err);

#endif
