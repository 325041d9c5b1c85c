#include "wire/tags.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "wire/text.h"

#define HEAD_LEN 5 /* tag and length */

const struct tag_spec tag_specs[] = {
    {"AC", false, 8, "act, or state of an account", "link, unlink, freeze, unfreeze; open, frozen, closed", false},
    {"AH", false, 64, "audit head", "64 hex digits", false},
    {"AM", false, 159, "lines of a passbook that are amiss", "line|line|...", false},
    {"BD", false, 8, "business day that begins", "YYYYMMDD", false},
    {"BA", false, 12, "balance of an account", "fen", false},
    {"BK", false, 60, "passbook", "book|first line|last line|sent, again, printed, doubtful, spoiled, unsent, new or lost", false},
    {"BL", true, 60, "bill paid", "bill|amount|late fee", false},
    {"CA", false, 400, "customer's address", "text", false},
    {"CN", false, 400, "customer's name", "text", false},
    {"CO", false, 1, "asked after cut-off", "1", false},
    {"CR", false, 12, "customer's credit", "fen", false},
    {"DC", false, 240, "document of identity", "text", false},
    {"DX", true, 40, "where money went", "part|place|amount", false},
    {"EN", false, 32, "random number of a new ledger", "32 hex digits", false},
    {"EP", false, 2, "epoch", "01 to 99", false},
    {"FR", false, 60, "fee rules", "next-year rate|minimum|cap|oldest first|part payment", false},
    {"HB", false, 12, "held of an account", "fen", false},
    {"IV", false, 60, "invoice", "series|number|printed, spoiled or cancelled", false},
    {"LN", false, 12, "line of an account", "number", false},
    {"LP", false, 10, "last part", "10 digits", false},
    {"MT", false, 20, "meter", "letters and digits", false},
    {"MV", false, 2, "moved from", "BL, PP or SU", false},
    {"NS", false, 10, "not shown", "count", false},
    {"OP", false, 8, "operator, who makes", "letters and digits", false},
    {"PH", false, 240, "telephone", "text", false},
    {"PK", false, 12, "payment's reference", "DE 37 of the payment", false},
    {"PP", false, 12, "prepaid part", "fen", false},
    {"PS", false, 1, "a password is set", "1", false},
    {"PT", false, 10, "part", "10 digits", false},
    {"PW", false, 200, "account password, sealed", "hex", true},
    {"RO", true, 8, "re-opened day", "YYYYMMDD", false},
    {"SP", false, 8, "second person, who checks", "letters and digits", false},
    {"SR", false, 360, "search", "text", false},
    {"SS", false, 60, "supply station", "text", false},
    {"ST", false, 1, "state of a key", "N P D R U T", false},
    {"TR", false, 40, "transfer customer", "bank|last four digits of the account, while a bill is out also: |retry until|result by", false},
    {"TX", false, 400, "reason in words", "text", false},
};
const size_t tag_spec_count = sizeof tag_specs / sizeof *tag_specs;

const struct tag_spec *tag_spec(const char *tag)
{
    for (size_t i = 0; i < tag_spec_count; i++)
        if (strcmp(tag_specs[i].tag, tag) == 0) return &tag_specs[i];
    return NULL;
}

static int refuse(struct error *err, const char *tag, const char *why)
{
    error_set(err, "message is not valid");
    error_where(err, "field 48, tag %.2s", tag);
    return error_why(err, "%s", why);
}

/* --- writing ------------------------------------------------------------------- */

void tags_start(struct tags *t)
{
    t->len = 0;
    t->text[0] = '\0';
}

int tags_add(struct tags *t, const char *tag, const char *value, size_t len, struct error *err)
{
    const struct tag_spec *spec = tag_spec(tag);
    assert(spec);
    if (len > spec->max) return refuse(err, tag, "the value is too long");
    if (HEAD_LEN + len > TAGS_MAX - t->len) return refuse(err, tag, "no room left in the field");
    char head[HEAD_LEN + 1];
    snprintf(head, sizeof head, "%s%03zu", tag, len);
    memcpy(t->text + t->len, head, HEAD_LEN);
    memcpy(t->text + t->len + HEAD_LEN, value, len);
    t->len += HEAD_LEN + len;
    t->text[t->len] = '\0';
    return 0;
}

int tags_addf(struct tags *t, const char *tag, struct error *err, const char *fmt, ...)
{
    char value[TAGS_MAX + 1];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(value, sizeof value, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof value) return refuse(err, tag, "the value is too long");
    return tags_add(t, tag, value, (size_t)len, err);
}

int tags_add_text(struct tags *t, const char *tag, const char *utf8, struct error *err)
{
    char value[TAGS_MAX + 1];
    int len = wire_text_escape(value, sizeof value, utf8);
    if (len < 0) return refuse(err, tag, "the text is not UTF-8, or too long");
    return tags_add(t, tag, value, (size_t)len, err);
}

int tags_into(const struct tags *t, struct iso *m, struct error *err)
{
    if (t->len) return iso_set(m, 48, t->text, t->len, err);
    iso_drop(m, 48);
    return 0;
}

/* --- reading ------------------------------------------------------------------- */

void tag_first(struct tag_iter *it, const char *text, size_t len)
{
    it->at = text;
    it->end = text + len;
}

void tag_first_of(struct tag_iter *it, const struct iso *m)
{
    struct iso_slice s = iso_get(m, 48);
    tag_first(it, s.text ? s.text : "", s.text ? s.len : 0);
}

static bool tag_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

int tag_next(struct tag_iter *it, struct tag *out, struct error *err)
{
    if (it->at == it->end) return 0;
    size_t room = (size_t)(it->end - it->at), len = 0;
    if (room < HEAD_LEN) return refuse(err, "--", "the field ends inside a tag");
    if (!tag_letter(it->at[0]) || !tag_letter(it->at[1])) return refuse(err, "--", "a tag is two of A-Z, 0-9");
    memcpy(out->tag, it->at, 2);
    out->tag[2] = '\0';
    for (int i = 2; i < HEAD_LEN; i++) {
        if (it->at[i] < '0' || it->at[i] > '9') return refuse(err, out->tag, "its length is not three digits");
        len = len * 10 + (size_t)(it->at[i] - '0');
    }
    if (len > room - HEAD_LEN) return refuse(err, out->tag, "the field ends inside its value");
    out->value = it->at + HEAD_LEN;
    out->len = len;
    it->at += HEAD_LEN + len;
    return 1;
}

bool tag_find(const struct iso *m, const char *tag, struct tag *out)
{
    struct tag_iter it;
    tag_first_of(&it, m);
    while (tag_next(&it, out, NULL) == 1)
        if (strcmp(out->tag, tag) == 0) return true;
    return false;
}

bool tag_text(const struct iso *m, const char *tag, char *dst, size_t size)
{
    struct tag t;
    dst[0] = '\0';
    if (!tag_find(m, tag, &t) || t.len >= size) return false;
    memcpy(dst, t.value, t.len);
    dst[t.len] = '\0';
    return true;
}

bool tag_utf8(const struct iso *m, const char *tag, char *dst, size_t size)
{
    struct tag t;
    dst[0] = '\0';
    return tag_find(m, tag, &t) && wire_text_unescape(dst, size, t.value, t.len) >= 0;
}

int tags_check(const struct iso *m, struct error *err)
{
    struct tag_iter it;
    struct tag t;
    uint64_t seen = 0;
    int status;
    tag_first_of(&it, m);
    while ((status = tag_next(&it, &t, err)) == 1) {
        const struct tag_spec *spec = tag_spec(t.tag);
        if (spec == NULL) continue;
        uint64_t bit = UINT64_C(1) << (spec - tag_specs);
        if (t.len > spec->max) return refuse(err, t.tag, "the value is too long");
        if ((seen & bit) && !spec->repeats) return refuse(err, t.tag, "it may stand only once");
        seen |= bit;
    }
    return status;
}
