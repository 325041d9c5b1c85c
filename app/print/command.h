/* `counter template …`: for the technician, without a screen. */
#ifndef PRINT_COMMAND_H
#define PRINT_COMMAND_H

/* argv[0] is "template". check FILE… | show FILE [options] | list [FOLDER] | formats.
 * Returns an exit code of sysexits.h: EX_DATAERR for a template or data that is refused. */
int print_template_command(int argc, char **argv);

#endif
