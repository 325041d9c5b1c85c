/* utilityd: holds the bills, posts payments the moment they come, answers who has paid. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "utilityd/store.h"
#include "utilityd/utilityd.h"
#include "wire/cert.h"

#define VERSION "1.0"

int cmd_init(struct utility *u, int argc, char **argv)
{
    struct error err;
    struct store *store = store_sqlite_open(u->settings.store, &err);
    if (store == NULL) {
        error_print("utilityd", &err);
        return EX_CANTCREAT;
    }
    store->ops->close(store);
    printf("%s stands\n", u->settings.store);
    return EX_OK;
}

static int cmd_settings(struct utility *u, int argc, char **argv)
{
    settings_explain(stdout, "Settings of utilityd", utility_setting_table, utility_setting_count);
    return EX_OK;
}

static int cmd_certs(struct utility *u, int argc, char **argv) { return wire_certs_command(argc - 1, argv + 1); }

static const struct command commands[] = {
    {"init", cmd_init, "", "make the books"},
    {"import", cmd_import, "[--encoding WORD] [--replace YYYYMM] FILE", "take a bills file in, whole or not at all"},
    {"sample", cmd_sample, "[--bills N] [--seed N] [--date D]", "write sample bills to the output"},
    {"serve", cmd_serve, "", "answer the banks"},
    {"query", cmd_query, "customer|arrears|payments|key|totals …", "who has paid, who is in arrears"},
    {"verify", cmd_verify, "", "check the books' invariants"},
    {"certs", cmd_certs, "ca DIR | station DIR NAME [DAYS]", "make a private CA, a station's certificate"},
    {"settings", cmd_settings, "", "print every setting with its meaning"},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void help(FILE *out)
{
    fputs("usage: utilityd [--config=FILE] COMMAND …\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %-44s %s\n", commands[i].name, commands[i].usage, commands[i].meaning);
}

int main(int argc, char **argv)
{
    struct utility u;
    struct error err;
    const char *config = NULL;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strncmp(argv[at], "--config=", 9) == 0) config = argv[at] + 9;
        else if (strcmp(argv[at], "--version") == 0) return puts("utilityd (Gridteller) " VERSION) < 0;
        else if (strcmp(argv[at], "--help") == 0) return help(stdout), EX_OK;
        else return help(stderr), EX_USAGE;
    }
    if (at == argc) return help(stderr), EX_USAGE;
    if (utility_open(&u, config, &err) != 0) {
        error_print("utilityd", &err);
        return EX_CONFIG;
    }
    log_open("utilityd", LOG_LEVEL_INFO, &u.clock);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, argv[at]) == 0) return commands[i].run(&u, argc - at, argv + at);
    fprintf(stderr, "utilityd: there is no command \"%s\"\n", argv[at]);
    return help(stderr), EX_USAGE;
}
