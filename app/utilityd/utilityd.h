/* The utility front end: settings, and the commands that main picks from. */
#ifndef UTILITYD_UTILITYD_H
#define UTILITYD_UTILITYD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/error.h"
#include "base/settings.h"
#include "utilityd/db.h"

#define UTILITY_PATH 256

struct utility_settings {
    char id[12], name[128], name_en[128];
    char store[UTILITY_PATH]; /* a path, or postgresql://… */
    char listen[64], policy[UTILITY_PATH], ca[UTILITY_PATH], cert[UTILITY_PATH], key[UTILITY_PATH];
    int64_t next_year_permille, minimum_fen, cap_fen, advice_days, close_after_days;
    int64_t per_address, sessions, cutover_ms; /* connections of one address, of one certificate; after midnight, 0: by command and calendar alone */
    bool oldest_first;
    int64_t retry_days, result_days, pay_days;
    char series[24], templates[UTILITY_PATH];
    char system_calls[CONFINE_WORD_SIZE];
    int64_t shift_s;
    int32_t offset_s;
};
extern const struct setting utility_setting_table[];
extern const size_t utility_setting_count;

struct utility {
    struct utility_settings settings;
    struct clock clock;
    _Atomic day_t business; /* as the books had it last; DAY_NONE: not looked at yet */
};
/* Settings from path (NULL: the defaults) and the clock. */
int utility_open(struct utility *u, const char *path, struct error *err);

/* One line into the audit, in the connection's transaction if it has one. */
int utility_audit(struct db *db, int64_t now_ms, const char *who, const char *what);
/* The operating-system user's name. */
const char *utility_user(char *buf, size_t size);

/* Commands: argv[0] is the command's name. Each returns a sysexits code. */
struct command {
    const char *name;
    int (*run)(struct utility *u, int argc, char **argv);
    const char *usage;   /* what stands behind the name */
    const char *meaning; /* half a line */
    const char *help;    /* the rest of --help */
};
extern const struct command utility_commands[];
extern const size_t utility_command_count;
const struct command *utility_command(const char *name); /* NULL: none */
void utility_command_help(FILE *out, const struct command *command);
/* A wrong call of the command argv[0]: the reason, and how it is called. Returns EX_USAGE. */
int utility_usage(const char *name, const char *why, const char *what);

int cmd_init(struct utility *u, int argc, char **argv);
int cmd_import(struct utility *u, int argc, char **argv);
int cmd_sample(struct utility *u, int argc, char **argv);
int cmd_query(struct utility *u, int argc, char **argv);
int cmd_verify(struct utility *u, int argc, char **argv);
int cmd_serve(struct utility *u, int argc, char **argv);
int cmd_settings(struct utility *u, int argc, char **argv);
int cmd_certs(struct utility *u, int argc, char **argv);
int cmd_withhold(struct utility *u, int argc, char **argv);
int cmd_invoice(struct utility *u, int argc, char **argv);

#endif
