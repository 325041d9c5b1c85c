/* Two people at a front end's command: both named, both with their passwords,
 * never one person twice. Where they are kept is the program's. */
#ifndef BASE_TWO_H
#define BASE_TWO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#define TWO_NUMBER_SIZE 9
#define TWO_WRONG_MAX 5
#define TWO_LOCK_MS (30 * 60000)

struct two_person { char stored[SECRET_PASSWORD_SIZE]; int wrong; int64_t locked_ms; };
struct two_store {
    void *ctx;
    /* 1 there and active, 0 nobody, -1 with err */
    int (*find)(void *ctx, const char *number, struct two_person *person, struct error *err);
    /* Durable before anything is said. */
    int (*count)(void *ctx, const char *number, int wrong, int64_t locked_ms, struct error *err);
};
/* Reads both passwords (prompt_password) and judges them. 0; -1 with err. */
int two_people(const struct two_store *store, const char *maker, const char *checker, const struct clock *clock, struct error *err);
/* Without showing it from the terminal, or a line of the input. False: none was given. */
bool prompt_password(const char *prompt, char *password, size_t size);

#endif
