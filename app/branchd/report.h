/* Reports for people: teller, branch, month. Lines of text for screen and
 * paper, CSV for a spreadsheet, JSON for a template; all from one set of totals. */
#ifndef BRANCHD_REPORT_H
#define BRANCHD_REPORT_H

#include <jansson.h>

#include "branchd/service.h"

json_t *totals_json(const struct ledger_totals *totals);

struct report_ask {
    const char *name;     /* "teller", "branch", "month" */
    day_t day;            /* a month: any day of it */
    const char *teller;   /* of a teller's report */
    const char *terminal; /* it is printed at; NULL: at none of its own */
    const char *signer;   /* name of who has it made; NULL: nobody's */
    bool english;
};
/* {title, lines, csv, data}; NULL with err: no such report, or the ledger can't be read. */
json_t *report_make(struct service *s, const struct report_ask *ask, enum ledger_result *result, struct error *err);

/* report_paper.c: what its A4 template sees, at most so many rows to be explained. NULL with err. */
json_t *report_data(struct service *s, const struct report_ask *ask, int listed_max, enum ledger_result *result, struct error *err);
/* The same for its A4 template: {job, template, media, kind, data, printer}; printer: the one bound for
 * reports at the terminal, else at "all", or null. NULL with err. */
json_t *report_paper(struct service *s, const struct report_ask *ask, enum ledger_result *result, struct error *err);

/* report_words.c: a day's, till's or act's word in the language of the report; English ones, and those it doesn't know, as they are. */
const char *report_word(const struct report_ask *ask, const char *word);

#endif
