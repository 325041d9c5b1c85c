/* What a daemon may do once it serves, whatever is sent to it: no core, no new
 * privileges, and of the kernel's calls only those that serving needs.
 *
 * A build without the filter (make CONFINE=0; the sanitizers' build is one) is for
 * valgrind and its like, which make calls of their own. */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include "base/error.h"

#define CONFINE_WORD_SIZE 8
/* For a settings table: { "serve", "system_calls", SETTING_TEXT, …, CONFINE_PRESET, CONFINE_MEANING } */
#define CONFINE_PRESET "few"
#define CONFINE_MEANING                                                                               \
    "few: once it serves it may make only the system calls that it needs, and ends at any other, "    \
    "saying which. log: none is stopped, the kernel's log names the others. all: for odd systems."

/* The first thing, while there is one thread: nothing of this process is ever written to a
 * core or read by another of the same user, and no program that it started could gain anything. */
void confine_start(void);
/* The last thing before it is ready: from here on the filter holds for every thread, those that
 * run already too. program is kept: it stands in the line that says why it ended. word: few, log,
 * all. -1: it is none of the three, or this kernel takes no filter. */
int confine_calls(const char *program, const char *word, struct error *err);

#endif
