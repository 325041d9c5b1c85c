#include "base/money.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* Characters of a typed amount that are looked at; more is refused. */
#define MONEY_TYPED_MAX 64
/* Yuan digits of MONEY_MAX_FEN. */
#define YUAN_DIGITS_MAX 10

bool money_add(int64_t a_fen, int64_t b_fen, int64_t *out_fen)
{
    int64_t sum;
    if (__builtin_add_overflow(a_fen, b_fen, &sum)) return false;
    *out_fen = sum;
    return true;
}

bool money_sub(int64_t a_fen, int64_t b_fen, int64_t *out_fen)
{
    int64_t rest;
    if (__builtin_sub_overflow(a_fen, b_fen, &rest)) return false;
    *out_fen = rest;
    return true;
}

bool money_mul(int64_t a_fen, int64_t factor, int64_t *out_fen)
{
    int64_t product;
    if (__builtin_mul_overflow(a_fen, factor, &product)) return false;
    *out_fen = product;
    return true;
}

bool money_muldiv(int64_t a_fen, int64_t num, int64_t den, int64_t *out_fen)
{
    assert(den > 0);
    __int128 product = (__int128)a_fen * num;
    bool negative = product < 0;
    if (negative) product = -product;
    __int128 rounded = (product + den / 2) / den;
    if (negative) rounded = -rounded;
    if (rounded > INT64_MAX || rounded < INT64_MIN) return false;
    *out_fen = (int64_t)rounded;
    return true;
}

static uint64_t magnitude(int64_t fen)
{
    return fen < 0 ? (uint64_t)0 - (uint64_t)fen : (uint64_t)fen;
}

const char *money_format(int64_t fen, char *buf, size_t size)
{
    assert(size >= MONEY_TEXT_SIZE);
    uint64_t all = magnitude(fen);
    snprintf(buf, size, "%s%llu.%02llu", fen < 0 ? "-" : "", (unsigned long long)(all / 100),
             (unsigned long long)(all % 100));
    return buf;
}

const char *money_format_grouped(int64_t fen, char *buf, size_t size)
{
    assert(size >= MONEY_TEXT_SIZE);
    char plain[MONEY_TEXT_SIZE];
    money_format(fen, plain, sizeof plain);
    size_t from = 0, to = 0, whole = strlen(plain) - 3;
    if (plain[0] == '-') buf[to++] = plain[from++];
    for (; plain[from]; from++) {
        buf[to++] = plain[from];
        size_t left = whole > from + 1 ? whole - from - 1 : 0;
        if (left > 0 && left % 3 == 0) buf[to++] = ',';
    }
    buf[to] = '\0';
    return buf;
}

static int refuse(struct error *err, const char *typed, const char *why, const char *remedy)
{
    char clean[MONEY_TYPED_MAX + 1];
    text_clean(clean, sizeof clean, typed);
    error_set(err, "amount \"%s\" refused", clean);
    error_why(err, "%s", why);
    return error_remedy(err, "%s", remedy);
}

static const char *first_fault(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    if (!*text) return "nothing was typed";
    if (*rest != '\0' && *rest != '.') {
        if (strchr("+-", *rest)) return "an amount has no sign";
        if (*rest == ',') return "an amount is typed without grouping";
        return "only digits and one point are allowed";
    }
    size_t fraction = *rest == '.' ? strspn(rest + 1, "0123456789") : 0;
    if (*rest == '.' && rest[1 + fraction]) return "only digits and one point are allowed";
    if (fraction > 2) return "there are more than two digits after the point";
    if (whole + fraction == 0) return "there is no digit";
    return NULL;
}

int money_parse(const char *text, int64_t *fen, struct error *err)
{
    char typed[MONEY_TYPED_MAX + 1];
    const char *usual = "type yuan and fen as in 1234.50";
    if (!text_copy(typed, sizeof typed, text))
        return refuse(err, text, "it is too long to be an amount", usual);
    text_narrow(typed);
    const char *fault = first_fault(typed);
    if (fault) return refuse(err, text, fault, usual);
    const char *p = typed + strspn(typed, "0");
    size_t digits = strspn(p, "0123456789");
    if (digits > YUAN_DIGITS_MAX)
        return refuse(err, text, "the largest amount is 9999999999.99", "check the amount");
    int64_t sum = 0;
    for (; *p && *p != '.'; p++) sum = sum * 10 + (*p - '0');
    if (*p == '.') p++;
    for (int place = 0; place < 2; place++) sum = sum * 10 + (*p ? *p++ - '0' : 0);
    *fen = sum;
    return 0;
}
