/* One question to a running branchd over its socket, for its own commands. Blocks. */
#ifndef BRANCHD_CLIENT_H
#define BRANCHD_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#include "base/error.h"

/* True when a branchd answers there. */
bool client_running(const char *socket_path);
/* Steals params (NULL: none). The result, or NULL with err. */
json_t *client_call(const char *socket_path, const char *method, json_t *params, struct error *err);

#endif
