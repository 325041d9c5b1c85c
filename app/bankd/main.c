/* bankd: many branches on one side, few connections to the utility on the other. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/bank.h"
#include "base/log.h"
#include "wire/cert.h"

static int cmd_init(struct bank *b, int argc, char **argv)
{
    struct error err;
    if (bank_make(b, &err) != 0) {
        error_print("bankd", &err);
        return EX_CANTCREAT;
    }
    printf("%s stands\n", b->settings.store);
    return EX_OK;
}

static int cmd_settings(struct bank *b, int argc, char **argv)
{
    settings_explain(stdout, "Settings of bankd", bank_setting_table, bank_setting_count);
    return EX_OK;
}

static int cmd_certs(struct bank *b, int argc, char **argv) { return wire_certs_command(argc - 1, argv + 1); }

static const struct command commands[] = {
    {"init", cmd_init, "", "make the books"},
    {"serve", cmd_serve, "", "relay between branches and utility"},
    {"status", cmd_status, "[--json]", "what a running relay is doing"},
    {"journal", cmd_journal, "messages|totals|alarms …", "what passed, by key, branch or day"},
    {"verify", cmd_verify, "", "check the journal's invariants"},
    {"certs", cmd_certs, "ca DIR | station DIR NAME [DAYS]", "make a private CA, a station's certificate"},
    {"settings", cmd_settings, "", "print every setting with its meaning"},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void help(FILE *out)
{
    fputs("usage: bankd [--config=FILE] COMMAND …\n\n", out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-9s %-34s %s\n", commands[i].name, commands[i].usage, commands[i].meaning);
}

int main(int argc, char **argv)
{
    struct bank b;
    struct error err;
    const char *config = NULL;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strncmp(argv[at], "--config=", 9) == 0) config = argv[at] + 9;
        else if (strcmp(argv[at], "--version") == 0) return puts("bankd (Gridteller) " BANK_VERSION) < 0;
        else if (strcmp(argv[at], "--help") == 0) return help(stdout), EX_OK;
        else return help(stderr), EX_USAGE;
    }
    if (at == argc) return help(stderr), EX_USAGE;
    if (bank_open(&b, config, &err) != 0) {
        error_print("bankd", &err);
        return EX_CONFIG;
    }
    log_open("bankd", LOG_LEVEL_INFO, &b.clock);
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, argv[at]) == 0) return commands[i].run(&b, argc - at, argv + at);
    fprintf(stderr, "bankd: there is no command \"%s\"\n", argv[at]);
    return help(stderr), EX_USAGE;
}
