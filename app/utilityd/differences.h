/* Differences with the banks, and what two people do about them. */
#ifndef UTILITYD_DIFFERENCES_H
#define UTILITYD_DIFFERENCES_H

#include "utilityd/utilityd.h"

int cmd_differences(struct utility *u, int argc, char **argv);
/* repair.c */
int cmd_repair(struct utility *u, int argc, char **argv);
int cmd_clerk(struct utility *u, int argc, char **argv);

#endif
