#include "base/command.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

static int help(const struct command_set *set, FILE *out, int status)
{
    fprintf(out, "usage: %s [--config=FILE] COMMAND …\n\n", set->name);
    for (size_t i = 0; i < set->count; i++)
        fprintf(out, "  %-9s %-44s %s\n", set->commands[i].name, set->commands[i].usage, set->commands[i].meaning);
    return status;
}

int command_main(const struct command_set *set, int argc, char **argv)
{
    struct error err = {0};
    const char *config = NULL;
    int at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strncmp(argv[at], "--config=", 9) == 0) {
            config = argv[at] + 9;
        } else if (strcmp(argv[at], "--version") == 0) {
            printf("%s (Gridteller) %s\n", set->name, set->version);
            return EX_OK;
        } else {
            return strcmp(argv[at], "--help") == 0 ? help(set, stdout, EX_OK) : help(set, stderr, EX_USAGE);
        }
    }
    if (at == argc) return help(set, stderr, EX_USAGE);
    const struct command *found = NULL;
    for (size_t i = 0; i < set->count; i++)
        if (strcmp(set->commands[i].name, argv[at]) == 0) found = &set->commands[i];
    if (found == NULL) {
        fprintf(stderr, "%s: there is no command \"%s\"\n", set->name, argv[at]);
        return help(set, stderr, EX_USAGE);
    }
    if (set->open(set->program, config, &err) != 0) {
        error_print(set->name, &err);
        return EX_CONFIG;
    }
    return found->run(set->program, argc - at, argv + at);
}

const char *command_option(int *argc, char **argv, const char *name, int wants_value)
{
    size_t len = strlen(name);
    for (int i = 1; i < *argc; i++) {
        const char *value = NULL;
        int took = 1;
        if (strncmp(argv[i], name, len) != 0) continue;
        if (argv[i][len] == '=') value = argv[i] + len + 1;
        else if (argv[i][len] != '\0') continue;
        else if (!wants_value) value = "";
        else if (i + 1 < *argc) value = argv[i + 1], took = 2;
        else return NULL;
        for (int j = i; j + took <= *argc; j++)
            argv[j] = argv[j + took];
        *argc -= took;
        return value;
    }
    return NULL;
}
