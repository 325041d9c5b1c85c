/* The last print jobs, for a technician; kept while the daemon runs. What was
 * printed is in the ledger. */
#ifndef BRANCHD_PRINT_LOG_H
#define BRANCHD_PRINT_LOG_H

#include <jansson.h>
#include <stdint.h>

#include "ledger/ledger.h"

#define PRINT_LOG_MAX 100

struct print_log {
    struct print_job {
        int64_t at_ms, began_ms; /* UTC; monotonic */
        int64_t invoice, bytes, ms;
        int attempt;
        char terminal[LEDGER_TERMINAL_SIZE], job[80], outcome[16], words[200];
    } jobs[PRINT_LOG_MAX];
    int64_t count; /* all that ever were */
};
void print_log_begin(struct print_log *log, int64_t now_ms, const char *terminal, int64_t invoice, int attempt, const char *job);
void print_log_end(struct print_log *log, int64_t invoice, int attempt, const char *outcome, int64_t bytes, const char *words);
/* The i-th newest, or NULL. */
const struct print_job *print_log_at(const struct print_log *log, int i);

#endif
