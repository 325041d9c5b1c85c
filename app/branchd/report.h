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
    bool english;
};
/* {title, lines, csv, data}; NULL with err: no such report, or the ledger can't be read. */
/* report_data.c: what the templates see. */
json_t *report_teller_data(struct service *s, const struct report_ask *ask, const struct ledger_operator *who, const struct ledger_totals *t);
json_t *report_branch_data(struct service *s, const struct report_ask *ask, const struct ledger_day *day, const struct ledger_totals *t);
json_t *report_teller_row(const struct ledger_operator *who, const struct ledger_totals *t, const char *till_state);

json_t *report_make(struct service *s, const struct report_ask *ask, enum ledger_result *result, struct error *err);

#endif
