#include "wire/policy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/guard.h"
#include "base/key.h"
#include "base/text.h"

#define CN_SIZE 65
#define PIN_LEN 64

struct network { int family, bits; uint8_t bytes[16]; };

struct policy_station {
    char cn[CN_SIZE], bank[KEY_BANK_SIZE], pins[2][PIN_LEN + 1];
    bool any_network, any_branch;
    unsigned messages;
    int network_count;
    struct network networks[POLICY_NETWORKS_MAX];
    char *branches; /* one after the other, each with its NUL, then an empty one */
};

struct policy {
    size_t count, room;
    struct policy_station *stations; /* by CN */
};

/* --- reading ------------------------------------------------------------------- */

struct place { const char *name; int line; struct error *err; };

static int refuse(const struct place *at, const char *remedy, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(const struct place *at, const char *remedy, const char *fmt, ...)
{
    char why[200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, sizeof why, fmt, args);
    va_end(args);
    error_set(at->err, "access policy refused");
    error_where(at->err, "%s:%d", at->name, at->line);
    error_why(at->err, "%s", why);
    return error_remedy(at->err, "%s", remedy);
}

static int read_network(const struct place *at, struct policy_station *s, char *text)
{
    if (s->network_count == POLICY_NETWORKS_MAX)
        return refuse(at, "write another line for this station", "more than %d networks", POLICY_NETWORKS_MAX);
    struct network *n = &s->networks[s->network_count++];
    char *slash = strchr(text, '/'), *end = NULL;
    if (slash) *slash++ = '\0';
    n->family = strchr(text, ':') ? AF_INET6 : AF_INET;
    int most = n->family == AF_INET ? 32 : 128;
    long bits = slash ? strtol(slash, &end, 10) : most;
    if (inet_pton(n->family, text, n->bytes) != 1 || (slash && (*end || end == slash)) || bits < 0 || bits > most)
        return refuse(at, "write 10.1.0.0/16, an address, or any", "\"%.60s\" is no network", text);
    n->bits = (int)bits;
    return 0;
}

static int read_from(const struct place *at, struct policy_station *s, char *value)
{
    char *rest = value, *one;
    if (strcmp(value, "any") == 0) {
        s->any_network = true;
        return 0;
    }
    while ((one = strsep(&rest, ",")) != NULL)
        if (read_network(at, s, one) != 0) return -1;
    return 0;
}

static int read_bank(const struct place *at, struct policy_station *s, char *value)
{
    if (text_digits(value) && text_copy(s->bank, sizeof s->bank, value)) return 0;
    return refuse(at, "write the bank's number of up to 11 digits", "\"%.60s\" is no bank", value);
}

static int read_branches(const struct place *at, struct policy_station *s, char *value)
{
    if (strcmp(value, "*") == 0) {
        s->any_branch = true;
        return 0;
    }
    s->branches = calloc(1, strlen(value) + 2);
    if (s->branches == NULL) return refuse(at, "", "no memory");
    char *to = s->branches, *rest = value, *one;
    while ((one = strsep(&rest, ",")) != NULL) {
        if (*one == '\0' || strlen(one) >= KEY_BRANCH_SIZE)
            return refuse(at, "separate them by a comma alone", "\"%.60s\" is no branch", one);
        to = stpcpy(to, one) + 1;
    }
    return 0;
}

static const struct { const char *word; unsigned bit; char mti; } kinds[] = {
    {"sign", POLICY_SIGN, '8'}, {"inquiry", POLICY_INQUIRY, '1'}, {"file", POLICY_FILE, '3'},
    {"pay", POLICY_PAY, '2'}, {"pay", POLICY_PAY, '4'}, {"totals", POLICY_TOTALS, '5'}, {"all", POLICY_ALL, '\0'},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static int read_messages(const struct place *at, struct policy_station *s, char *value)
{
    char *rest = value, *one;
    while ((one = strsep(&rest, ",")) != NULL) {
        unsigned bit = 0;
        for (size_t i = 0; i < KINDS; i++)
            if (strcmp(kinds[i].word, one) == 0) bit |= kinds[i].bit;
        if (bit == 0)
            return refuse(at, "known: sign, inquiry, file, pay, totals, all", "\"%.60s\" is no kind of message", one);
        s->messages |= bit;
    }
    return 0;
}

static int read_hex_pin(const struct place *at, char *pin, const char *value)
{
    bool good = strlen(value) == PIN_LEN && strspn(value, "0123456789abcdef") == PIN_LEN;
    if (!good) return refuse(at, "copy it from `certs`", "a pin is 64 hex digits in lower case");
    return text_copy(pin, PIN_LEN + 1, value) ? 0 : -1;
}
static int read_pin(const struct place *at, struct policy_station *s, char *value)
{
    return read_hex_pin(at, s->pins[0], value);
}
static int read_next(const struct place *at, struct policy_station *s, char *value)
{
    return read_hex_pin(at, s->pins[1], value);
}

static const struct {
    const char *key;
    bool must;
    int (*read)(const struct place *at, struct policy_station *s, char *value);
} keys[] = {
    {"bank", true, read_bank}, {"branch", true, read_branches}, {"from", true, read_from},
    {"messages", true, read_messages}, {"pin", false, read_pin}, {"next", false, read_next},
};
#define KEYS (sizeof keys / sizeof *keys)

static int read_pair(const struct place *at, struct policy_station *s, char *word, unsigned *seen)
{
    char *value = strchr(word, '=');
    if (value == NULL || value[1] == '\0')
        return refuse(at, "write key=value without blanks", "\"%.60s\" has no value", word);
    *value++ = '\0';
    for (size_t i = 0; i < KEYS; i++) {
        if (strcmp(keys[i].key, word) != 0) continue;
        if (*seen & 1u << i) return refuse(at, "keep one of them", "%s is given twice", word);
        *seen |= 1u << i;
        return keys[i].read(at, s, value);
    }
    return refuse(at, "known: bank, branch, from, messages, pin, next", "\"%.60s\" is not known", word);
}

static int read_station(const struct place *at, struct policy_station *s, char *line)
{
    char *rest = line, *word;
    unsigned seen = 0;
    int words = 0;
    while ((word = strsep(&rest, " \t")) != NULL) {
        if (*word == '\0') continue;
        if (words == 0 && strcmp(word, "station") != 0)
            return refuse(at, "begin it with: station NAME", "the line begins with \"%.60s\"", word);
        if (words == 1 && !text_copy(s->cn, sizeof s->cn, word))
            return refuse(at, "", "the name is longer than %d characters", CN_SIZE - 1);
        if (words >= 2 && read_pair(at, s, word, &seen) != 0) return -1;
        words++;
    }
    if (words < 2) return refuse(at, "begin it with: station NAME", "the station has no name");
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].must && !(seen & 1u << i))
            return refuse(at, "nothing is allowed by being left out", "%s= is missing", keys[i].key);
    return 0;
}

static struct policy_station *new_station(struct policy *p)
{
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        struct policy_station *more = reallocarray(p->stations, room, sizeof *more);
        if (more == NULL) return NULL;
        p->stations = more;
        p->room = room;
    }
    struct policy_station *s = &p->stations[p->count++];
    memset(s, 0, sizeof *s);
    return s;
}

static int read_line(struct policy *p, const struct place *at, const char *text, size_t len)
{
    char line[POLICY_LINE_MAX + 1];
    const char *comment = memchr(text, '#', len);
    if (comment) len = (size_t)(comment - text);
    if (len > POLICY_LINE_MAX) return refuse(at, "", "the line is longer than %d bytes", POLICY_LINE_MAX);
    memcpy(line, text, len);
    line[len] = '\0';
    if (len && line[len - 1] == '\r') line[len - 1] = '\0';
    if (strlen(line) + 1 < len) return refuse(at, "it must be plain text", "there is a NUL byte in it");
    if (line[strspn(line, " \t")] == '\0') return 0;
    if (p->count == POLICY_STATIONS_MAX) return refuse(at, "", "more than %d stations", POLICY_STATIONS_MAX);
    struct policy_station *s = new_station(p);
    return s ? read_station(at, s, line) : refuse(at, "", "no memory");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct policy_station *)a)->cn, ((const struct policy_station *)b)->cn);
}

struct policy *policy_read(const char *text, size_t len, const char *name, struct error *err)
{
    struct policy *p = calloc(1, sizeof *p);
    struct place at = {name, 0, err};
    if (p == NULL) {
        refuse(&at, "", "no memory");
        return NULL;
    }
    const char *end = text + len;
    while (text < end) {
        const char *lf = memchr(text, '\n', (size_t)(end - text));
        const char *stop = lf ? lf : end;
        at.line++;
        if (read_line(p, &at, text, (size_t)(stop - text)) != 0) goto refused;
        text = lf ? lf + 1 : end;
    }
    if (p->count) qsort(p->stations, p->count, sizeof *p->stations, by_name);
    for (size_t i = 1; i < p->count; i++)
        if (by_name(&p->stations[i - 1], &p->stations[i]) == 0) {
            refuse(&at, "keep one line a station", "station %s is named twice", p->stations[i].cn);
            goto refused;
        }
    return p;
refused:
    policy_free(p);
    return NULL;
}

struct policy *policy_load(const char *path, struct error *err)
{
    struct place at = {path, 0, err};
    struct policy *p = NULL;
    if (guard_rights("access policy refused", path, err) != 0) return NULL;
    FILE *in = fopen(path, "re");
    char *text = malloc(POLICY_FILE_MAX + 1);
    size_t len = in && text ? fread(text, 1, POLICY_FILE_MAX + 1, in) : 0;
    if (in == NULL || text == NULL || ferror(in)) refuse(&at, "name a plain file that can be read", "%s", strerror(errno));
    else if (len > POLICY_FILE_MAX) refuse(&at, "", "the file is larger than %d bytes", POLICY_FILE_MAX);
    else p = policy_read(text, len, path, err);
    if (in) fclose(in);
    free(text);
    return p;
}

void policy_free(struct policy *p)
{
    if (p == NULL) return;
    for (size_t i = 0; i < p->count; i++)
        free(p->stations[i].branches);
    free(p->stations);
    free(p);
}

/* --- judging ------------------------------------------------------------------- */

size_t policy_count(const struct policy *p) { return p->count; }
const char *policy_bank(const struct policy_station *s) { return s->bank; }

const struct policy_station *policy_station(const struct policy *p, const char *cn)
{
    struct policy_station wanted;
    if (p->count == 0 || !text_copy(wanted.cn, sizeof wanted.cn, cn)) return NULL;
    return bsearch(&wanted, p->stations, p->count, sizeof wanted, by_name);
}

static bool in_network(const struct network *n, int family, const uint8_t *bytes)
{
    if (n->family != family) return false;
    int whole = n->bits / 8, rest = n->bits % 8;
    if (memcmp(n->bytes, bytes, (size_t)whole) != 0) return false;
    uint8_t mask = (uint8_t)(0xff << (8 - rest));
    return rest == 0 || ((n->bytes[whole] ^ bytes[whole]) & mask) == 0;
}

static bool from_known_network(const struct policy_station *s, const char *address)
{
    uint8_t bytes[16];
    int family = strchr(address, ':') ? AF_INET6 : AF_INET;
    if (s->any_network) return true;
    if (inet_pton(family, address, bytes) != 1) return false;
    for (int i = 0; i < s->network_count; i++)
        if (in_network(&s->networks[i], family, bytes)) return true;
    return false;
}

bool policy_admits(const struct policy_station *s, const char *pin, const char *address, char *why,
                   size_t why_size)
{
    bool pinned = s->pins[0][0] || s->pins[1][0];
    if (pinned && strcmp(s->pins[0], pin) != 0 && strcmp(s->pins[1], pin) != 0) {
        snprintf(why, why_size, "%s shows a key that is not pinned", s->cn);
        return false;
    }
    if (!from_known_network(s, address)) {
        snprintf(why, why_size, "%s may not come from %s", s->cn, address);
        return false;
    }
    return true;
}

static bool speaks_for(const struct policy_station *s, const char *branch)
{
    if (s->any_branch) return true;
    if (branch == NULL || *branch == '\0') return false;
    for (const char *b = s->branches; *b; b += strlen(b) + 1)
        if (strcmp(b, branch) == 0) return true;
    return false;
}

static unsigned kind_of(const char *mti)
{
    for (size_t i = 0; i < KINDS; i++)
        if (kinds[i].mti && mti[0] == '0' && mti[1] == kinds[i].mti) return kinds[i].bit;
    return 0;
}

bool policy_allows(const struct policy_station *s, const char *mti, const char *bank,
                   const char *branch, char *why, size_t why_size)
{
    const char *bar = !(kind_of(mti) & s->messages) ? "this kind of message"
                      : bank == NULL || strcmp(bank, s->bank) != 0 ? "this bank"
                      : !speaks_for(s, branch) ? "this branch" : NULL;
    if (bar) snprintf(why, why_size, "%s may not send %s for %s", s->cn, mti, bar);
    return bar == NULL;
}
