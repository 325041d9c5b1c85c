#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The journal's own record of the source line would name this file for every line. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "base/text.h"

#define LOG_LINE_MAX 1024

static struct {
    const char *program;
    enum log_level least;
    struct clock clock;
    bool journal, open;
} state = { .program = "gridteller", .least = LOG_LEVEL_INFO };

static const struct {
    const char *word;
    int priority; /* syslog's */
} level_row[] = {
    [LOG_LEVEL_ERROR] = { "error", 3 },
    [LOG_LEVEL_WARN] = { "warning", 4 },
    [LOG_LEVEL_INFO] = { "info", 6 },
    [LOG_LEVEL_DEBUG] = { "debug", 7 },
};

void log_open(const char *program, enum log_level least, const struct clock *clock)
{
    state.program = program;
    state.least = least;
    state.clock = *clock;
    state.journal = getenv("JOURNAL_STREAM") != NULL;
    state.open = true;
}

static void to_stderr(enum log_level level, const char *key, const char *words)
{
    char when[CLOCK_TEXT_SIZE] = "-";
    if (state.open) clock_format(&state.clock, clock_now_ms(&state.clock), when, sizeof when);
    fprintf(stderr, "%s %s %s%s%s: %s\n", when, state.program, level_row[level].word,
            key ? " " : "", key ? key : "", words);
}

static void to_journal(enum log_level level, const char *key, const char *words)
{
    if (key)
        sd_journal_send("MESSAGE=%s: %s", key, words, "PRIORITY=%d", level_row[level].priority,
                        "SYSLOG_IDENTIFIER=%s", state.program, "GRIDTELLER_KEY=%s", key, NULL);
    else
        sd_journal_send("MESSAGE=%s", words, "PRIORITY=%d", level_row[level].priority,
                        "SYSLOG_IDENTIFIER=%s", state.program, NULL);
}

void log_line(enum log_level level, const char *key, const char *fmt, ...)
{
    if (level > state.least) return;
    char raw[LOG_LINE_MAX], words[LOG_LINE_MAX], clean_key[64];
    va_list args;
    va_start(args, fmt);
    vsnprintf(raw, sizeof raw, fmt, args);
    va_end(args);
    text_clean(words, sizeof words, raw);
    if (key) key = text_clean(clean_key, sizeof clean_key, key);
    if (state.journal)
        to_journal(level, key, words);
    else
        to_stderr(level, key, words);
}
