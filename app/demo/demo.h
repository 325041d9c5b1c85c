/* What `make run` and `make demo` need beside the four programs. */
#ifndef DEMO_DEMO_H
#define DEMO_DEMO_H

/* A branch that can open: cash in the vault, a printer bound, a book of numbers
 * loaded; all of it through branchd's socket, as people do it. Exit status. */
int demo_prepare(const char *socket_path, const char *password_file, const char *printer_uri, const char *world);
/* An ESC/POS printer that is not there, on a TCP port (0: any); says "ready: URI" and
 * adds its paper's bytes to a file when it ends. Runs until it is told to end. */
int demo_printer(const char *paper_file, int port);
/* Plays a teller in the town at `town`, papers go to `out`. 0: all is as it should be. */
int demo_play(const char *town, const char *out);

#endif
