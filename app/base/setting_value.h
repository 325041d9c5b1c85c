/* One value of a settings file, by its type. */
#ifndef BASE_SETTING_VALUE_H
#define BASE_SETTING_VALUE_H

#include <stddef.h>

#include "base/settings.h"

/* Reads `value` and stores it in the caller's struct; -1 with the reason in why.
 * folder: what a relative SETTING_PATH is relative to, or NULL. */
int setting_store(const struct setting *s, const char *value, const char *folder, void *into,
                  char *why, size_t why_size);
/* How a value of this type is written, as the error's remedy. */
void setting_remedy(const struct setting *s, struct error *err);

#endif
