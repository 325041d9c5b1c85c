/* A program's commands: one table, and one way of reading what stands before
 * the command: --config=FILE, --help, --version. */
#ifndef BASE_COMMAND_H
#define BASE_COMMAND_H

#include <stddef.h>

#include "base/error.h"

struct command {
    const char *name;
    int (*run)(void *program, int argc, char **argv); /* argv[0] is the command; returns a sysexits code */
    const char *usage, *meaning;
};

struct command_set {
    const char *name, *version;
    const struct command *commands;
    size_t count;
    void *program;                                    /* handed to open and run */
    int (*open)(void *program, const char *config, struct error *err); /* settings; config NULL: the defaults */
};

/* All of main. */
int command_main(const struct command_set *set, int argc, char **argv);
/* Of a command's own arguments: takes "--name" or "--name=value" or "--name value"
 * out of argv. Returns the value, "" for a bare one, NULL when it isn't there. */
const char *command_option(int *argc, char **argv, const char *name, int wants_value);

#endif
