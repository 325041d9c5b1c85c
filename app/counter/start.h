/* What the command line and the settings file say. */
#ifndef COUNTER_START_H
#define COUNTER_START_H

#include "counter/counter.h"

#define START_PATH_SIZE 256
#define START_PASSWORD_SIZE 128

/* The settings file, [counter]. */
struct start_settings {
    char socket[START_PATH_SIZE], forms[START_PATH_SIZE], templates[START_PATH_SIZE], reports[START_PATH_SIZE], log[START_PATH_SIZE], terminal[8], language[WORD_SIZE];
    int64_t idle_lock_ms;
};

struct start {
    struct start_settings settings;
    struct counter_options options; /* points into this struct and into argv */
    char password[START_PASSWORD_SIZE], locale[START_PATH_SIZE];
};

enum { START_GO = 0, START_SAID = 1, START_USAGE = 2 };

/* START_GO; START_SAID after --help, --version or --settings; START_USAGE or -1
 * with err. The struct outlives counter_run. */
int start_read(struct start *start, int argc, char **argv, struct error *err);

#endif
