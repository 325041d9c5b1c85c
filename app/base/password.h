/* Which passwords are too weak for whoever handles money: 12 characters at least, no word that
 * everybody tries, no run of keys, not the person's own number. */
#ifndef BASE_PASSWORD_H
#define BASE_PASSWORD_H

#include "base/error.h"

/* 0, or -1 with the reason. number: who it is for, "" when there is none. */
int password_rule(const char *number, const char *password, struct error *err);

#endif
