/* The key of a payment: bank (DE 32) + branch (DE 42) + reference (DE 37).
 * The reference is a 2-digit epoch and a 10-digit counter; it is made before
 * anything is sent, stays the same through every message of the payment, and is
 * never made from a clock. */
#ifndef BASE_KEY_H
#define BASE_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEY_BANK_SIZE 12    /* n..11 and NUL */
#define KEY_BRANCH_SIZE 16  /* ans15 and NUL */
#define KEY_REF_SIZE 13     /* an12 and NUL */
#define KEY_TEXT_SIZE 48

struct key {
    char bank[KEY_BANK_SIZE];     /* "102" */
    char branch[KEY_BRANCH_SIZE]; /* "0311-0007" */
    char ref[KEY_REF_SIZE];       /* "010000000417": epoch 01, counter 417 */
};

bool key_make(struct key *key, const char *bank, const char *branch, int epoch, int64_t counter);
/* "102/0311-0007/010000000417": files, logs, between programs. */
const char *key_format(const struct key *key, char *buf, size_t size);
bool key_parse(const char *text, struct key *key);
/* "01-0000000417": what a teller sees. */
const char *key_short(const struct key *key, char *buf, size_t size);
bool key_equal(const struct key *a, const struct key *b);

#endif
