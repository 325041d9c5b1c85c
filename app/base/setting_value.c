#include "base/setting_value.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

struct value {
    const struct setting *s;
    const char *text, *folder;
    void *to;
    char *why;
    size_t why_size;
};

__attribute__((format(printf, 2, 3)))
static int refuse(const struct value *v, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(v->why, v->why_size, fmt, args);
    va_end(args);
    return -1;
}

/* Digits with an optional '-', no blanks; what follows them in *rest. */
static bool whole(const char *text, int64_t *out, const char **rest)
{
    const char *digit = text + (*text == '-');
    if (*digit < '0' || *digit > '9') return false;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    *out = number;
    *rest = end;
    return errno == 0;
}

static int bounded(const struct value *v, int64_t number, const char *min, const char *max)
{
    const struct setting *s = v->s;
    if (s->min == 0 && s->max == 0) return 0;
    if (number >= s->min && number <= s->max) return 0;
    return refuse(v, "%.40s is out of bounds, %s to %s", v->text, min, max);
}

static int store_int(const struct value *v)
{
    int64_t number;
    const char *rest;
    char min[24], max[24];
    if (!whole(v->text, &number, &rest) || *rest)
        return refuse(v, "\"%.40s\" is not a whole number", v->text);
    snprintf(min, sizeof min, "%" PRId64, v->s->min);
    snprintf(max, sizeof max, "%" PRId64, v->s->max);
    if (bounded(v, number, min, max)) return -1;
    assert(v->s->size == sizeof number);
    memcpy(v->to, &number, sizeof number);
    return 0;
}

static int store_money(const struct value *v)
{
    int64_t fen;
    struct error err;
    char min[MONEY_TEXT_SIZE], max[MONEY_TEXT_SIZE];
    if (money_parse(v->text, &fen, &err)) return refuse(v, "\"%.40s\": %s", v->text, err.why);
    money_format(v->s->min, min, sizeof min);
    money_format(v->s->max, max, sizeof max);
    if (bounded(v, fen, min, max)) return -1;
    assert(v->s->size == sizeof fen);
    memcpy(v->to, &fen, sizeof fen);
    return 0;
}

static int store_seconds(const struct value *v)
{
    static const struct {
        const char *word;
        int64_t ms;
    } unit[] = { { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
    int64_t number, ms = -1;
    const char *rest;
    char min[32], max[32];
    if (!whole(v->text, &number, &rest)) return refuse(v, "\"%.40s\" is not a time", v->text);
    if (number == 0 && !*rest) ms = 0; /* none needs no unit */
    for (size_t i = 0; i < sizeof unit / sizeof *unit && ms < 0; i++)
        if (!strcmp(rest, unit[i].word) && __builtin_mul_overflow(number, unit[i].ms, &ms)) ms = -1;
    if (ms < 0) return refuse(v, "\"%.40s\" is not a time", v->text);
    snprintf(min, sizeof min, "%" PRId64 "ms", v->s->min);
    snprintf(max, sizeof max, "%" PRId64 "ms", v->s->max);
    if (bounded(v, ms, min, max)) return -1;
    assert(v->s->size == sizeof ms);
    memcpy(v->to, &ms, sizeof ms);
    return 0;
}

static int store_bool(const struct value *v)
{
    bool yes = !strcmp(v->text, "yes");
    if (!yes && strcmp(v->text, "no") != 0) return refuse(v, "\"%.40s\" is neither yes nor no", v->text);
    assert(v->s->size == sizeof yes);
    memcpy(v->to, &yes, sizeof yes);
    return 0;
}

static int store_offset(const struct value *v)
{
    const char *t = v->text;
    bool formed = strlen(t) == 6 && (t[0] == '+' || t[0] == '-') && t[3] == ':';
    for (int i = 1; formed && i < 6; i++) formed = i == 3 || (t[i] >= '0' && t[i] <= '9');
    int hours = formed ? (t[1] - '0') * 10 + t[2] - '0' : 0;
    int minutes = formed ? (t[4] - '0') * 10 + t[5] - '0' : 0;
    if (!formed || hours > 14 || minutes > 59)
        return refuse(v, "\"%.40s\" is not an offset from UTC", t);
    int32_t offset_s = (hours * 3600 + minutes * 60) * (t[0] == '-' ? -1 : 1);
    assert(v->s->size == sizeof offset_s);
    memcpy(v->to, &offset_s, sizeof offset_s);
    return 0;
}

static int store_text(const struct value *v)
{
    if (text_copy(v->to, v->s->size, v->text)) return 0;
    return refuse(v, "it is longer than %zu bytes", v->s->size - 1);
}

/* An address such as postgresql://... stays as it is written. */
static int store_path(const struct value *v)
{
    if (!v->folder || !*v->text || *v->text == '/' || strstr(v->text, "://")) return store_text(v);
    if (strlen(v->folder) + strlen(v->text) + 2 > v->s->size)
        return refuse(v, "the path is longer than %zu bytes", v->s->size - 1);
    snprintf(v->to, v->s->size, "%s/%s", v->folder, v->text);
    return 0;
}

static const struct {
    int (*store)(const struct value *v);
    const char *remedy;
} type_row[] = {
    [SETTING_TEXT] = { store_text, "write a shorter one" },
    [SETTING_PATH] = { store_path, "write a path, relative to this file's folder or from /" },
    [SETTING_INT] = { store_int, "write a whole number such as 30" },
    [SETTING_BOOL] = { store_bool, "write yes or no" },
    [SETTING_MONEY] = { store_money, "write yuan as in 5000.00" },
    [SETTING_SECONDS] = { store_seconds, "write it with its unit: 500ms, 3s, 5min, 2h or 1d" },
    [SETTING_OFFSET] = { store_offset, "write it as in +08:00" },
};

int setting_store(const struct setting *s, const char *value, const char *folder, void *into,
                  char *why, size_t why_size)
{
    struct value v = { s, value, folder, (char *)into + s->offset, why, why_size };
    return type_row[s->type].store(&v);
}

void setting_remedy(const struct setting *s, struct error *err)
{
    error_remedy(err, "%s", type_row[s->type].remedy);
}
