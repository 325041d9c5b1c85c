/* Chance, keyed hashes and passwords: thin over libsodium, and chance handed in
 * so that tests and the simulator can run the real code from a seed. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct entropy {
    void (*fill)(void *ctx, void *buf, size_t size); /* never fails */
    void *ctx;
};

/* The kernel's. */
struct entropy entropy_system(void);
/* The same bytes for the same seed; *state belongs to the caller and outlives
 * it. For tests and the simulator only. */
struct entropy_seeded { uint64_t seed, block; };
struct entropy entropy_seeded(struct entropy_seeded *state);

void entropy_fill(const struct entropy *entropy, void *buf, size_t size);
uint64_t entropy_u64(const struct entropy *entropy);
/* `bytes` random bytes as lower-case hex, NUL-terminated; size > 2 * bytes. */
const char *entropy_hex(const struct entropy *entropy, size_t bytes, char *buf, size_t size);

#define SECRET_HASH_BYTES 32 /* BLAKE2b, 256 bits */
#define SECRET_KEY_BYTES 32
#define SECRET_HEX_SIZE (2 * SECRET_HASH_BYTES + 1)

/* Keyed BLAKE2b over fields, each preceded by its length (8 bytes, little
 * endian), so that no two lists of fields give the same bytes. A chain puts the
 * hash before it in as its first field. */
struct secret_chain { _Alignas(64) unsigned char state[384]; };

/* key: SECRET_KEY_BYTES, or NULL for a plain hash. */
void secret_chain_init(struct secret_chain *chain, const unsigned char *key);
void secret_chain_field(struct secret_chain *chain, const void *data, size_t size);
void secret_chain_text(struct secret_chain *chain, const char *text);   /* NULL is told from "" */
void secret_chain_int(struct secret_chain *chain, int64_t value);       /* 8 bytes, little endian */
void secret_chain_final(struct secret_chain *chain, unsigned char hash[SECRET_HASH_BYTES]);

const char *secret_hex(const void *data, size_t bytes, char *buf, size_t size); /* size > 2 * bytes */
bool secret_from_hex(const char *hex, void *data, size_t bytes);                /* exactly 2 * bytes digits */
/* A text that only the holder of the other key can read (libsodium's crypto_box_seal), as hex; size > 2 * (its length +
 * SECRET_SEAL_BYTES). False: public_hex is no key, or it does not fit. */
#define SECRET_SEAL_BYTES 48
bool secret_seal(const char *public_hex, const char *text, char *out, size_t size);
/* What must be read again is kept so that the file alone does not tell it: hidden under a key that `purpose` is mixed into.
 * out: size + SECRET_HIDDEN_BYTES. secret_shown: false when it is not what was hidden with this key for this purpose. */
#define SECRET_HIDDEN_BYTES 40
void secret_hide(const unsigned char *key, const char *purpose, const struct entropy *entropy, const void *data, size_t size, unsigned char *out);
bool secret_shown(const unsigned char *key, const char *purpose, const unsigned char *hidden, size_t size, void *data);
/* In a time that does not tell where they differ. */
bool secret_equal(const void *a, const void *b, size_t size);
void secret_wipe(void *data, size_t size);

#define SECRET_PASSWORD_SIZE 160 /* a stored argon2id hash with its cost and salt */

/* What one hash costs; interactive is what a sign-on takes (about 64 MiB, 0.1 s).
 * Tests may ask for the least there is. */
struct secret_cost { unsigned long long operations; size_t memory_bytes; };
struct secret_cost secret_cost_interactive(void);
struct secret_cost secret_cost_least(void);

/* -1: too weak (12 characters at least, no run, no word that everybody tries, not the
 * person's own number), with what to do. */
int secret_password_rule(const char *number, const char *password, struct error *err);
/* -1: not enough memory. The salt is the entropy's, so that a seed repeats it. */
int secret_password_hash(const char *password, struct secret_cost cost,
                         const struct entropy *entropy, char out[SECRET_PASSWORD_SIZE],
                         struct error *err);
/* A stored hash of this cost that no password matches: comparing with it takes as
 * long as with a real one. */
void secret_password_none(struct secret_cost cost, const struct entropy *entropy, char out[SECRET_PASSWORD_SIZE]);
bool secret_password_matches(const char *password, const char *stored);
/* True when `stored` was made at another cost and should be made anew. */
bool secret_password_outdated(const char *stored, struct secret_cost cost);

/* Memory that is never swapped out nor dumped and is wiped when freed; ends the
 * program when there is none. */
void *secret_alloc(size_t size);
void secret_free(void *memory);

#endif
