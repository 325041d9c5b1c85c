/* Whose files are used: a secret that others can read is none, and a table of rights
 * that others can write gives them those rights. */
#ifndef BASE_GUARD_H
#define BASE_GUARD_H

#include "base/error.h"

/* Keys and books: of this process's user (or root), and nobody else may read or write them. what: what could
 * not be done otherwise. A file that can't be looked at passes: opening it says why. */
int guard_secret(const char *what, const char *path, struct error *err);
/* Settings and policy: of this user or of root, and nobody else may write them. */
int guard_rights(const char *what, const char *path, struct error *err);

#endif
