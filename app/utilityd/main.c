/* utilityd: holds the bills, posts payments the moment they come, answers who has paid. */
#include <locale.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/log.h"
#include "utilityd/utilityd.h"

#define VERSION "1.0"

static int help(FILE *out)
{
    fputs("usage: utilityd [--config FILE] COMMAND …\n\n", out);
    for (size_t i = 0; i < utility_command_count; i++)
        fprintf(out, "  %-9s %s\n", utility_commands[i].name, utility_commands[i].meaning);
    fputs("\n  utilityd COMMAND --help says more of each.\n"
          "  --config FILE: settings (utilityd settings prints them all); none: the defaults, in this folder.\n", out);
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
    struct utility u;
    struct error err;
    if (asks_for_help(argc, argv)) {
        utility_command_help(stdout, command);
        return EX_OK;
    }
    if (utility_open(&u, config, &err) != 0) {
        error_print("utilityd", &err);
        return EX_CONFIG;
    }
    log_open("utilityd", LOG_LEVEL_INFO, &u.clock);
    return command->run(&u, argc, argv);
}

int main(int argc, char **argv)
{
    const char *config = NULL;
    int at = 1;
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* a lock and a count for each piece of memory, which nobody asks for */
    umask(077); /* the books and what is made of them are nobody else's to read */
    if (setlocale(LC_CTYPE, "") == NULL) setlocale(LC_CTYPE, "C.UTF-8");
    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strncmp(argv[at], "--config=", 9) == 0) config = argv[at] + 9;
        else if (strcmp(argv[at], "--config") == 0 && at + 1 < argc) config = argv[++at];
        else if (strcmp(argv[at], "--version") == 0) return puts("utilityd (Gridteller) " VERSION) < 0;
        else return help(strcmp(argv[at], "--help") == 0 ? stdout : stderr);
    }
    if (at == argc) return help(stderr);
    const struct command *command = utility_command(argv[at]);
    if (command) return run(command, config, argc - at, argv + at);
    fprintf(stderr, "utilityd: there is no command \"%s\"\n", argv[at]);
    return help(stderr);
}
