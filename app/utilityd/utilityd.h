/* The utility front end: settings, and the commands that main picks from. */
#ifndef UTILITYD_UTILITYD_H
#define UTILITYD_UTILITYD_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/settings.h"

#define UTILITY_PATH 256

struct utility_settings {
    char id[12], name[128], name_en[128];
    char store[UTILITY_PATH], listen[64], policy[UTILITY_PATH], ca[UTILITY_PATH], cert[UTILITY_PATH], key[UTILITY_PATH];
    int64_t next_year_permille, minimum_fen, cap_fen, advice_days, close_after_days;
    bool oldest_first;
    int64_t shift_s;
    int32_t offset_s;
};
extern const struct setting utility_setting_table[];
extern const size_t utility_setting_count;

struct utility {
    struct utility_settings settings;
    struct clock clock;
};
/* Settings from path (NULL: the defaults) and the clock. */
int utility_open(struct utility *u, const char *path, struct error *err);

/* A connection of its own to the books, which must stand (init); NULL with err. */
sqlite3 *utility_db(const struct utility *u, struct error *err);
/* Fills err from db and returns -1. */
int utility_db_failed(sqlite3 *db, const char *what, struct error *err);
/* One number from one row, -1 when there is none. */
int64_t utility_db_int(sqlite3 *db, const char *sql);
int utility_audit(sqlite3 *db, int64_t now_ms, const char *who, const char *what);

/* Commands: argv[0] is the command's name. Each returns a sysexits code. */
struct command {
    const char *name;
    int (*run)(struct utility *u, int argc, char **argv);
    const char *usage, *meaning;
};
int cmd_init(struct utility *u, int argc, char **argv);
int cmd_import(struct utility *u, int argc, char **argv);
int cmd_sample(struct utility *u, int argc, char **argv);
int cmd_query(struct utility *u, int argc, char **argv);
int cmd_verify(struct utility *u, int argc, char **argv);
int cmd_serve(struct utility *u, int argc, char **argv);

#endif
