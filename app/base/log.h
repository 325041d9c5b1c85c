/* Log lines that one payment can be followed by: level, program, key, words.
 * To stderr with the time, or to the journal (sd_journal) when run by systemd.
 * Every line is cleaned of control characters; never a password, a PIN or a
 * whole account number. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/clock.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Once, in main. `program` is kept by pointer; *clock is copied. */
void log_open(const char *program, enum log_level least, const struct clock *clock);
/* key: payment key as text, or NULL. */
void log_line(enum log_level level, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define log_error(...) log_line(LOG_LEVEL_ERROR, NULL, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, NULL, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, NULL, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, NULL, __VA_ARGS__)

#endif
