#include "counter/command.h"

#include <stddef.h>
#include <string.h>

#include "print/command.h"

static const struct subcommand commands[] = {
    {"template", print_template_command},
    {"printer", printer_command},
};

const struct subcommand *command_find(const char *word)
{
    for (size_t i = 0; word && i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp(commands[i].name, word)) return &commands[i];
    return NULL;
}
