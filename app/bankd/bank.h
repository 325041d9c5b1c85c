/* The bank's front end: settings, and the commands that main picks from. */
#ifndef BANKD_BANK_H
#define BANKD_BANK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/confine.h"
#include "base/db.h"
#include "base/error.h"
#include "base/settings.h"

#define BANK_VERSION "1.0"
#define BANK_PATH 256

struct bank_settings {
    char id[12], name[128], name_en[128];
    char listen[64], policy[BANK_PATH], ca[BANK_PATH], cert[BANK_PATH], key[BANK_PATH];
    int64_t connections, per_address, per_certificate, waiting;
    char utility[256], utility_name[65];
    int64_t links, window, answer_ms, totals_after_ms, totals_again_ms, cutover_ms; /* cutover: after midnight, 0: when the utility says so */
    char store[BANK_PATH]; /* a path, or postgresql://… */
    char work[BANK_PATH];
    int64_t commit_ms, keep_days;
    char socket[BANK_PATH], metrics[BANK_PATH];
    int64_t metrics_ms;
    bool retry;
    char results[BANK_PATH], files_cert[BANK_PATH], files_key[BANK_PATH];
    char box_key[BANK_PATH];
    char system_calls[CONFINE_WORD_SIZE];
    int64_t again_ms;
    int64_t shift_s;
    int32_t offset_s;
};
extern const struct setting bank_setting_table[];
extern const size_t bank_setting_count;

struct bank {
    struct bank_settings settings;
    struct clock clock;
};
/* Settings from path (NULL: the defaults) and the clock. */
int bank_open(struct bank *b, const char *path, struct error *err);

/* Makes the books; those that stand already are left as they are. */
int bank_make(const struct bank *b, struct error *err);
/* A connection of its own to the bank's books, which must stand (init), for one thread at a time; NULL with err. */
struct db *bank_db(const struct bank *b, struct error *err);
/* A transaction that changes accounts: there is one at a time, whichever database it
 * is, and what it reads nobody changes until its end. -1: see db_why. */
int bank_begin(struct db *db);
/* Where files lie that go with the books, and a name begins with: beside a SQLite
 * file, else in the folder of the settings. */
const char *bank_beside(const struct bank *b, char *buf, size_t size);

/* Commands: argv[0] is the command's name. Each returns a sysexits code. */
struct command {
    const char *name;
    int (*run)(struct bank *b, int argc, char **argv);
    const char *usage, *meaning; /* a line each */
    const char *details;         /* what --help adds */
};
extern const struct command bank_commands[];
extern const size_t bank_command_count;
const struct command *bank_command(const char *name); /* NULL: there is none */
void bank_command_help(FILE *out, const struct command *command);
int cmd_serve(struct bank *b, int argc, char **argv);
int cmd_status(struct bank *b, int argc, char **argv);
int cmd_journal(struct bank *b, int argc, char **argv);
int cmd_verify(struct bank *b, int argc, char **argv);
int cmd_account(struct bank *b, int argc, char **argv);
int cmd_withhold(struct bank *b, int argc, char **argv);

#endif
