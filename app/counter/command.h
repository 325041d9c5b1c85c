/* What the counter does without a screen, for the technician. */
#ifndef COUNTER_COMMAND_H
#define COUNTER_COMMAND_H

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the name; an exit code of sysexits.h */
};

/* NULL when the word is none. */
const struct subcommand *command_find(const char *word);
int printer_command(int argc, char **argv);

#endif
