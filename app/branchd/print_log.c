#include "branchd/print_log.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static struct print_job *slot(struct print_log *log, int64_t number) { return &log->jobs[number % PRINT_LOG_MAX]; }

void print_log_begin(struct print_log *log, int64_t now_ms, const char *terminal, int64_t invoice, int attempt, const char *job)
{
    struct print_job *j = slot(log, log->count++);
    memset(j, 0, sizeof *j);
    j->at_ms = now_ms;
    j->began_ms = clock_monotonic_ms();
    j->invoice = invoice;
    j->attempt = attempt;
    text_copy(j->terminal, sizeof j->terminal, terminal);
    text_copy(j->job, sizeof j->job, job);
    text_copy(j->outcome, sizeof j->outcome, "sending");
}

void print_log_end(struct print_log *log, int64_t invoice, int attempt, const char *outcome, int64_t bytes, const char *words)
{
    for (int i = 0; i < PRINT_LOG_MAX && i < log->count; i++) {
        struct print_job *j = slot(log, log->count - 1 - i);
        if (j->invoice != invoice || j->attempt != attempt) continue;
        j->bytes = bytes;
        j->ms = clock_monotonic_ms() - j->began_ms;
        text_copy(j->outcome, sizeof j->outcome, outcome);
        text_clip(j->words, sizeof j->words, words, (int)sizeof j->words / 4, '\0');
        return;
    }
}

const struct print_job *print_log_at(const struct print_log *log, int i)
{
    if (i < 0 || i >= PRINT_LOG_MAX || i >= log->count) return NULL;
    return &log->jobs[(log->count - 1 - i) % PRINT_LOG_MAX];
}
