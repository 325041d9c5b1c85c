/* The counter: one terminal of a branch. */
#include <sysexits.h>

#include "base/secret.h"
#include "counter/command.h"
#include "counter/start.h"

static int counter(int argc, char **argv)
{
    static struct start start;
    struct error err = {0};
    int status = start_read(&start, argc, argv, &err);
    if (status == START_SAID) return EX_OK;
    if (!status) status = counter_run(&start.options, &err) ? EX_UNAVAILABLE : EX_OK;
    else status = status == START_USAGE ? EX_USAGE : EX_CONFIG;
    secret_wipe(start.password, sizeof start.password);
    if (status) error_print("counter", &err);
    return status;
}

int main(int argc, char **argv)
{
    const struct subcommand *command = command_find(argc > 1 ? argv[1] : NULL);
    return command ? command->run(argc - 1, argv + 1) : counter(argc, argv);
}
