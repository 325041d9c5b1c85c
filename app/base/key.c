#include "base/key.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define REF_DIGITS (KEY_REF_SIZE - 1)
#define EPOCH_MAX 99
#define COUNTER_MAX INT64_C(9999999999)

/* A branch as the wire's ans15 carries it, less the '/' that separates a key's parts. */
static bool branch_valid(const char *branch)
{
    if (!branch[0]) return false;
    for (; *branch; branch++)
        if (*branch <= ' ' || *branch > '~' || *branch == '/' || *branch == '\\') return false;
    return true;
}

bool key_make(struct key *key, const char *bank, const char *branch, int epoch, int64_t counter)
{
    memset(key, 0, sizeof *key);
    if (epoch < 0 || epoch > EPOCH_MAX || counter < 0 || counter > COUNTER_MAX) return false;
    if (!text_digits(bank) || !branch_valid(branch)) return false;
    if (!text_copy(key->bank, sizeof key->bank, bank)) return false;
    if (!text_copy(key->branch, sizeof key->branch, branch)) return false;
    char ref[32];
    snprintf(ref, sizeof ref, "%02d%010lld", epoch, (long long)counter);
    return text_copy(key->ref, sizeof key->ref, ref);
}

const char *key_format(const struct key *key, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s/%s", key->bank, key->branch, key->ref);
    return buf;
}

/* Copies up to the next '/' (or the end); returns what follows, NULL when it is too long. */
static const char *take_part(const char *text, char *part, size_t size)
{
    size_t len = strcspn(text, "/");
    if (len >= size) return NULL;
    memcpy(part, text, len);
    part[len] = '\0';
    return text[len] ? text + len + 1 : text + len;
}

bool key_parse(const char *text, struct key *key)
{
    memset(key, 0, sizeof *key);
    int slashes = 0;
    for (const char *p = text; *p; p++) slashes += *p == '/';
    if (slashes != 2) return false;
    const char *rest = take_part(text, key->bank, sizeof key->bank);
    if (rest) rest = take_part(rest, key->branch, sizeof key->branch);
    if (rest) rest = take_part(rest, key->ref, sizeof key->ref);
    if (rest && text_digits(key->bank) && branch_valid(key->branch) && text_digits(key->ref) &&
        strlen(key->ref) == REF_DIGITS)
        return true;
    memset(key, 0, sizeof *key);
    return false;
}

const char *key_short(const struct key *key, char *buf, size_t size)
{
    snprintf(buf, size, "%.2s-%s", key->ref, strlen(key->ref) > 2 ? key->ref + 2 : "");
    return buf;
}

bool key_equal(const struct key *a, const struct key *b)
{
    /* keys of one branch differ in the reference alone */
    return !strcmp(a->ref, b->ref) && !strcmp(a->branch, b->branch) && !strcmp(a->bank, b->bank);
}
