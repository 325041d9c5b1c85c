/* Questions to branchd from a command, one after the other. Blocks. */
#ifndef COUNTER_ASK_H
#define COUNTER_ASK_H

#include <jansson.h>

#include "base/error.h"

struct ask;
struct ask_who { const char *socket, *terminal, *operator_number, *password_file; };

/* Connects and signs on at a terminal that no counter uses now. NULL with err. */
struct ask *ask_open(const struct ask_who *who, struct error *err);
/* Steals params (NULL: none). A new reference, or NULL with err. */
json_t *ask_for(struct ask *ask, const char *method, json_t *params, struct error *err);
void ask_close(struct ask *ask);

#endif
