#include "base/secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#define SALT_BYTES crypto_pwhash_SALTBYTES
#define ENTROPY_HEX_MAX 64
/* Bounds on a cost read back from a store, so that a damaged row can't take the machine. */
#define COST_OPERATIONS_MAX 16
#define COST_MEMORY_MAX ((size_t)1 << 30)

_Static_assert(sizeof(crypto_generichash_state) <= sizeof(((struct secret_chain *)0)->state),
               "room for libsodium's state");

static void ready(void)
{
    if (sodium_init() < 0) {
        fputs("libsodium cannot be started: no source of randomness\n", stderr);
        abort();
    }
}

static void system_fill(void *ctx, void *buf, size_t size) { randombytes_buf(buf, size); }

struct entropy entropy_system(void)
{
    ready();
    return (struct entropy){ system_fill, NULL };
}

static void seeded_fill(void *ctx, void *buf, size_t size)
{
    struct entropy_seeded *state = ctx;
    unsigned char seed[randombytes_SEEDBYTES] = { 0 };
    memcpy(seed, &state->seed, sizeof state->seed);
    memcpy(seed + sizeof state->seed, &state->block, sizeof state->block);
    state->block++;
    randombytes_buf_deterministic(buf, size, seed);
}

struct entropy entropy_seeded(struct entropy_seeded *state)
{
    ready();
    return (struct entropy){ seeded_fill, state };
}

void entropy_fill(const struct entropy *entropy, void *buf, size_t size)
{
    entropy->fill(entropy->ctx, buf, size);
}

uint64_t entropy_u64(const struct entropy *entropy)
{
    uint64_t value;
    entropy_fill(entropy, &value, sizeof value);
    return value;
}

const char *entropy_hex(const struct entropy *entropy, size_t bytes, char *buf, size_t size)
{
    unsigned char raw[ENTROPY_HEX_MAX];
    assert(bytes <= sizeof raw);
    entropy_fill(entropy, raw, bytes);
    return secret_hex(raw, bytes, buf, size);
}

static crypto_generichash_state *state_of(struct secret_chain *chain)
{
    return (crypto_generichash_state *)(void *)chain->state;
}

static void length_bytes(unsigned char *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(value >> (8 * i));
}

static void put_length(struct secret_chain *chain, uint64_t value)
{
    unsigned char bytes[8];
    length_bytes(bytes, value);
    crypto_generichash_update(state_of(chain), bytes, sizeof bytes);
}

void secret_chain_init(struct secret_chain *chain, const unsigned char *key)
{
    ready();
    crypto_generichash_init(state_of(chain), key, key ? SECRET_KEY_BYTES : 0, SECRET_HASH_BYTES);
}

void secret_chain_field(struct secret_chain *chain, const void *data, size_t size)
{
    unsigned char small[72];
    if (size > sizeof small - 8) {
        put_length(chain, size);
        crypto_generichash_update(state_of(chain), data, size);
        return;
    }
    length_bytes(small, size); /* the same bytes in one step */
    memcpy(small + 8, data, size);
    crypto_generichash_update(state_of(chain), small, 8 + size);
}

void secret_chain_text(struct secret_chain *chain, const char *text)
{
    if (text)
        secret_chain_field(chain, text, strlen(text));
    else
        put_length(chain, UINT64_MAX); /* no field can be that long */
}

void secret_chain_int(struct secret_chain *chain, int64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)value >> (8 * i));
    secret_chain_field(chain, bytes, sizeof bytes);
}

void secret_chain_final(struct secret_chain *chain, unsigned char hash[SECRET_HASH_BYTES])
{
    crypto_generichash_final(state_of(chain), hash, SECRET_HASH_BYTES);
    sodium_memzero(chain, sizeof *chain);
}

const char *secret_hex(const void *data, size_t bytes, char *buf, size_t size)
{
    assert(size > 2 * bytes);
    return sodium_bin2hex(buf, size, data, bytes);
}

bool secret_from_hex(const char *hex, void *data, size_t bytes)
{
    size_t got, len = strlen(hex);
    if (len != 2 * bytes) return false;
    return sodium_hex2bin(data, bytes, hex, len, NULL, &got, NULL) == 0 && got == bytes;
}

bool secret_seal(const char *public_hex, const char *text, char *out, size_t size)
{
    unsigned char public[crypto_box_PUBLICKEYBYTES], sealed[256];
    size_t len = strlen(text), bytes = len + crypto_box_SEALBYTES;
    static_assert(SECRET_SEAL_BYTES == crypto_box_SEALBYTES, "as the header says");
    if (bytes > sizeof sealed || size <= 2 * bytes || !secret_from_hex(public_hex, public, sizeof public) ||
        crypto_box_seal(sealed, (const unsigned char *)text, len, public) != 0)
        return false;
    secret_hex(sealed, bytes, out, size);
    return true;
}

_Static_assert(SECRET_HIDDEN_BYTES == crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES && SECRET_HASH_BYTES == crypto_secretbox_KEYBYTES,
               "libsodium's box is another");

static void purpose_key(const unsigned char *key, const char *purpose, unsigned char out[SECRET_HASH_BYTES])
{
    struct secret_chain chain;
    secret_chain_init(&chain, key);
    secret_chain_text(&chain, purpose);
    secret_chain_final(&chain, out);
}

void secret_hide(const unsigned char *key, const char *purpose, const struct entropy *entropy, const void *data, size_t size, unsigned char *out)
{
    unsigned char box[SECRET_HASH_BYTES];
    purpose_key(key, purpose, box);
    entropy_fill(entropy, out, crypto_secretbox_NONCEBYTES);
    crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, data, size, out, box);
    secret_wipe(box, sizeof box);
}

bool secret_shown(const unsigned char *key, const char *purpose, const unsigned char *hidden, size_t size, void *data)
{
    unsigned char box[SECRET_HASH_BYTES];
    if (size < SECRET_HIDDEN_BYTES) return false;
    purpose_key(key, purpose, box);
    bool good = crypto_secretbox_open_easy(data, hidden + crypto_secretbox_NONCEBYTES, size - crypto_secretbox_NONCEBYTES, hidden, box) == 0;
    secret_wipe(box, sizeof box);
    return good;
}

bool secret_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}

void secret_wipe(void *data, size_t size) { sodium_memzero(data, size); }

struct secret_cost secret_cost_interactive(void)
{
    return (struct secret_cost){ crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                 crypto_pwhash_MEMLIMIT_INTERACTIVE };
}

struct secret_cost secret_cost_least(void)
{
    return (struct secret_cost){ crypto_pwhash_argon2id_OPSLIMIT_MIN,
                                 crypto_pwhash_argon2id_MEMLIMIT_MIN };
}

static int derive(const char *password, const unsigned char *salt, struct secret_cost cost,
                  unsigned char *hash)
{
    ready();
    return crypto_pwhash(hash, SECRET_HASH_BYTES, password, strlen(password), salt,
                         cost.operations, cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13);
}

static void write_stored(const unsigned char *salt, const unsigned char *hash, struct secret_cost cost,
                         char out[SECRET_PASSWORD_SIZE])
{
    char salt_hex[2 * SALT_BYTES + 1], hash_hex[SECRET_HEX_SIZE];
    secret_hex(salt, SALT_BYTES, salt_hex, sizeof salt_hex);
    secret_hex(hash, SECRET_HASH_BYTES, hash_hex, sizeof hash_hex);
    snprintf(out, SECRET_PASSWORD_SIZE, "argon2id$%llu$%zu$%s$%s", cost.operations, cost.memory_bytes, salt_hex, hash_hex);
}

int secret_password_hash(const char *password, struct secret_cost cost,
                         const struct entropy *entropy, char out[SECRET_PASSWORD_SIZE],
                         struct error *err)
{
    unsigned char salt[SALT_BYTES], hash[SECRET_HASH_BYTES];
    assert(cost.operations <= COST_OPERATIONS_MAX && cost.memory_bytes <= COST_MEMORY_MAX);
    entropy_fill(entropy, salt, sizeof salt);
    if (derive(password, salt, cost, hash))
        return error_all(err, "the password cannot be hashed", NULL, "there is not enough memory",
                         "close other programs and try again");
    write_stored(salt, hash, cost, out);
    secret_wipe(hash, sizeof hash);
    return 0;
}

void secret_password_none(struct secret_cost cost, const struct entropy *entropy, char out[SECRET_PASSWORD_SIZE])
{
    unsigned char salt[SALT_BYTES], hash[SECRET_HASH_BYTES];
    entropy_fill(entropy, salt, sizeof salt);
    entropy_fill(entropy, hash, sizeof hash);
    write_stored(salt, hash, cost, out);
}

static bool read_stored(const char *stored, struct secret_cost *cost, unsigned char *salt,
                        unsigned char *hash)
{
    char salt_hex[2 * SALT_BYTES + 1], hash_hex[SECRET_HEX_SIZE];
    int end = 0;
    if (sscanf(stored, "argon2id$%llu$%zu$%32[0-9a-f]$%64[0-9a-f]%n", &cost->operations,
               &cost->memory_bytes, salt_hex, hash_hex, &end) != 4 ||
        stored[end] != '\0')
        return false;
    if (cost->operations > COST_OPERATIONS_MAX || cost->memory_bytes > COST_MEMORY_MAX) return false;
    return secret_from_hex(salt_hex, salt, SALT_BYTES) &&
           secret_from_hex(hash_hex, hash, SECRET_HASH_BYTES);
}

bool secret_password_matches(const char *password, const char *stored)
{
    struct secret_cost cost;
    unsigned char salt[SALT_BYTES], hash[SECRET_HASH_BYTES], typed[SECRET_HASH_BYTES];
    if (!read_stored(stored, &cost, salt, hash)) return false;
    bool same = derive(password, salt, cost, typed) == 0 && secret_equal(typed, hash, sizeof hash);
    secret_wipe(typed, sizeof typed);
    return same;
}

bool secret_password_outdated(const char *stored, struct secret_cost cost)
{
    struct secret_cost had;
    unsigned char salt[SALT_BYTES], hash[SECRET_HASH_BYTES];
    return !read_stored(stored, &had, salt, hash) || had.operations != cost.operations ||
           had.memory_bytes != cost.memory_bytes;
}

void *secret_alloc(size_t size)
{
    ready();
    void *memory = sodium_malloc(size);
    if (!memory) {
        fputs("no locked memory for a password\n", stderr);
        abort();
    }
    memset(memory, 0, size);
    return memory;
}

void secret_free(void *memory) { sodium_free(memory); }
