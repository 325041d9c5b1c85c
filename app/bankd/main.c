/* bankd: many branches on one side, few connections to the utility on the other. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "bankd/bank.h"
#include "base/log.h"

static int help(FILE *out)
{
    fputs("usage: bankd [--config FILE] COMMAND …\n\n", out);
    for (size_t i = 0; i < bank_command_count; i++)
        fprintf(out, "  %-9s %s\n", bank_commands[i].name, bank_commands[i].meaning);
    fputs("\n  bankd COMMAND --help says more of each.\n"
          "  --config FILE: settings (bankd settings prints them all); none: the defaults, in this folder.\n", out);
    return out == stderr ? EX_USAGE : EX_OK;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

static int run(const struct command *command, const char *config, int argc, char **argv)
{
    struct bank b;
    struct error err;
    if (asks_for_help(argc, argv)) {
        bank_command_help(stdout, command);
        return EX_OK;
    }
    if (bank_open(&b, config, &err) != 0) {
        error_print("bankd", &err);
        return EX_CONFIG;
    }
    log_open("bankd", LOG_LEVEL_INFO, &b.clock);
    return command->run(&b, argc, argv);
}

int main(int argc, char **argv)
{
    const char *config = NULL;
    int at = 1;
    umask(077); /* the books and what is made of them are nobody else's to read */
    if (setlocale(LC_CTYPE, "") == NULL) setlocale(LC_CTYPE, "C.UTF-8");
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strncmp(argv[at], "--config=", 9) == 0) config = argv[at] + 9;
        else if (strcmp(argv[at], "--config") == 0 && at + 1 < argc) config = argv[++at];
        else if (strcmp(argv[at], "--version") == 0) return puts("bankd (Gridteller) " BANK_VERSION) < 0;
        else return help(strcmp(argv[at], "--help") == 0 ? stdout : stderr);
    }
    if (at == argc) return help(stderr);
    const struct command *command = bank_command(argv[at]);
    if (command) return run(command, config, argc - at, argv + at);
    fprintf(stderr, "bankd: there is no command \"%s\"\n", argv[at]);
    return help(stderr);
}
