#include "wire/iso.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define MTI_LEN 4
#define BITMAP_LEN 16
#define SECOND_BITMAP 1

/* What a byte may stand for, as bits: one look-up judges it. */
enum { CAN_N = 1, CAN_AN = 2, CAN_ANS = 4, CAN_Z = 8, CAN_B = 16 };

static unsigned char_class(unsigned char c)
{
    unsigned can = 0;
    if (c < 0x20 || c > 0x7e) return 0;
    if (c >= '0' && c <= '9') can |= CAN_N | CAN_AN | CAN_Z | CAN_B;
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ' ') can |= CAN_AN | CAN_Z;
    if ((c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f')) can |= CAN_B;
    if (strchr("=^;?%", c)) can |= CAN_Z;
    return can | CAN_ANS;
}

static const struct { unsigned bit; const char *allows; } kinds[] = {
    [ISO_N] = {CAN_N, "digits"},
    [ISO_XN] = {CAN_N, "C or D, then digits"},
    [ISO_AN] = {CAN_AN, "letters, digits and blanks"},
    [ISO_ANS] = {CAN_ANS, "printable ASCII"},
    [ISO_Z] = {CAN_Z, "track characters"},
    [ISO_B] = {CAN_B, "hex digits"},
};

static bool digits_only(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9') return false;
    return true;
}

static bool of_kind(enum iso_kind kind, const char *text, size_t len)
{
    if (kind == ISO_N) return digits_only(text, len);
    if (kind == ISO_XN)
        return len > 1 && (*text == 'C' || *text == 'D') && digits_only(text + 1, len - 1);
    if (kind == ISO_ANS) {
        for (size_t i = 0; i < len; i++)
            if (text[i] < 0x20 || text[i] > 0x7e) return false;
        return true;
    }
    for (size_t i = 0; i < len; i++)
        if (!(char_class((unsigned char)text[i]) & kinds[kind].bit)) return false;
    return true;
}

static int refuse(struct error *err, int field, const char *why)
{
    error_set(err, "message is not valid");
    error_where(err, "field %d (%s)", field, iso_fields[field].name);
    return error_why(err, "%s", why);
}

static int refuse_length(struct error *err, int field, size_t len)
{
    const struct iso_field *f = &iso_fields[field];
    error_set(err, "message is not valid");
    error_where(err, "field %d (%s)", field, f->name);
    return error_why(err, "%zu characters, %s %u allowed", len,
                     f->length == ISO_FIXED ? "exactly" : "at most", f->max);
}

static int refuse_kind(struct error *err, int field)
{
    error_set(err, "message is not valid");
    error_where(err, "field %d (%s)", field, iso_fields[field].name);
    return error_why(err, "only %s may stand here", kinds[iso_fields[field].kind].allows);
}

static uint64_t bit_of(int field) { return UINT64_C(1) << (63 - (field - 1) % 64); }

void iso_clear(struct iso *m, const char mti[5])
{
    memcpy(m->mti, mti, MTI_LEN);
    m->mti[MTI_LEN] = '\0';
    m->used = 0;
    m->present[0] = m->present[1] = 0;
}

bool iso_has(const struct iso *m, int field)
{
    assert(field > SECOND_BITMAP && field <= ISO_FIELDS);
    return (m->present[(field - 1) / 64] & bit_of(field)) != 0;
}

struct iso_slice iso_get(const struct iso *m, int field)
{
    struct iso_slice none = {NULL, 0};
    if (!iso_has(m, field)) return none;
    return (struct iso_slice){m->data + m->offset[field], m->length[field]};
}

/* Room for a value of len at the end of data[]; NULL when the message is full. */
static char *claim(struct iso *m, int field, size_t len)
{
    if (len > sizeof m->data - m->used) return NULL;
    m->offset[field] = m->used;
    m->length[field] = (uint16_t)len;
    m->used = (uint16_t)(m->used + len);
    m->present[(field - 1) / 64] |= bit_of(field);
    return m->data + m->offset[field];
}

int iso_set(struct iso *m, int field, const char *text, size_t len, struct error *err)
{
    assert(field > SECOND_BITMAP && field <= ISO_FIELDS);
    const struct iso_field *f = &iso_fields[field];
    size_t fill = 0;
    if (f->length == ISO_FIXED && len < f->max &&
        (f->kind == ISO_N || f->kind == ISO_AN || f->kind == ISO_ANS))
        fill = f->max - len;
    if (len == 0 || len > f->max || (f->length == ISO_FIXED && len + fill != f->max))
        return refuse_length(err, field, len);
    if (!of_kind(f->kind, text, len)) return refuse_kind(err, field);
    char *at = claim(m, field, len + fill);
    if (at == NULL) return refuse(err, field, "no room left in the message");
    size_t before = f->kind == ISO_N ? fill : 0;
    memset(at, '0', before);
    memcpy(at + before, text, len);
    memset(at + before + len, ' ', fill - before);
    return 0;
}

int iso_setf(struct iso *m, int field, struct error *err, const char *fmt, ...)
{
    char text[ISO_FIELD_MAX + 1];
    va_list args;
    va_start(args, fmt);
    int len = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (len < 0) return refuse(err, field, "cannot be formatted");
    if ((size_t)len >= sizeof text) return refuse_length(err, field, (size_t)len);
    return iso_set(m, field, text, (size_t)len, err);
}

int iso_set_number(struct iso *m, int field, int64_t value, struct error *err)
{
    assert(value >= 0);
    return iso_setf(m, field, err, "%lld", (long long)value);
}

void iso_drop(struct iso *m, int field)
{
    assert(field > SECOND_BITMAP && field <= ISO_FIELDS);
    m->present[(field - 1) / 64] &= ~bit_of(field);
}

/* A fixed AN or ANS was filled with blanks: they are not part of its value. */
static struct iso_slice trimmed(const struct iso *m, int field)
{
    struct iso_slice s = iso_get(m, field);
    const struct iso_field *f = &iso_fields[field];
    if (s.text != NULL && f->length == ISO_FIXED && (f->kind == ISO_AN || f->kind == ISO_ANS))
        while (s.len > 0 && s.text[s.len - 1] == ' ')
            s.len--;
    return s;
}

bool iso_text(const struct iso *m, int field, char *dst, size_t size)
{
    struct iso_slice s = trimmed(m, field);
    assert(size > 0);
    dst[0] = '\0';
    if (s.text == NULL || s.len >= size) return false;
    memcpy(dst, s.text, s.len);
    dst[s.len] = '\0';
    return true;
}

bool iso_number(const struct iso *m, int field, int64_t *out)
{
    struct iso_slice s = iso_get(m, field);
    if (s.text == NULL || s.len == 0 || !digits_only(s.text, s.len)) return false;
    int64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        int digit = s.text[i] - '0';
        if (value > (INT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

bool iso_is(const struct iso *m, int field, const char *text)
{
    struct iso_slice s = trimmed(m, field);
    return s.text != NULL && s.len == strlen(text) && memcmp(s.text, text, s.len) == 0;
}

/* --- bytes ------------------------------------------------------------------- */

static void put_bitmap(char *at, uint64_t bits)
{
    static const char hex[] = "0123456789ABCDEF";
    for (int i = 0; i < BITMAP_LEN; i++)
        at[i] = hex[(bits >> (60 - 4 * i)) & 0xf];
}

static bool get_bitmap(const char *at, uint64_t *bits)
{
    *bits = 0;
    for (int i = 0; i < BITMAP_LEN; i++) {
        char c = at[i];
        uint64_t digit;
        if (c >= '0' && c <= '9') digit = (uint64_t)(c - '0');
        else if (c >= 'A' && c <= 'F') digit = (uint64_t)(c - 'A' + 10);
        else if (c >= 'a' && c <= 'f') digit = (uint64_t)(c - 'a' + 10);
        else return false;
        *bits = *bits << 4 | digit;
    }
    return true;
}

/* Digits in front of the value: 0, 2 or 3. */
static int head_len(const struct iso_field *f)
{
    return f->length == ISO_FIXED ? 0 : f->length == ISO_LL ? 2 : 3;
}

/* The lowest field of a bitmap word, taken out of it. */
static int take_first(uint64_t *bits, int base)
{
    int lead = __builtin_clzll(*bits);
    *bits &= ~(UINT64_C(1) << (63 - lead));
    return base + lead + 1;
}

int iso_pack(const struct iso *m, char *buf, size_t size, struct error *err)
{
    uint64_t words[2] = {m->present[0], m->present[1]};
    size_t at = MTI_LEN + BITMAP_LEN;
    if (words[1]) at += BITMAP_LEN;
    if (size > ISO_MESSAGE_MAX) size = ISO_MESSAGE_MAX;
    if (at > size) return error_all(err, "message is not valid", NULL, "no room to write it", NULL);
    memcpy(buf, m->mti, MTI_LEN);
    put_bitmap(buf + MTI_LEN, words[0] | (words[1] ? UINT64_C(1) << 63 : 0));
    if (words[1]) put_bitmap(buf + MTI_LEN + BITMAP_LEN, words[1]);
    for (int w = 0; w < 2; w++) {
        while (words[w]) {
            int field = take_first(&words[w], 64 * w);
            int head = head_len(&iso_fields[field]);
            unsigned len = m->length[field];
            if (size - at < (size_t)head + len) return refuse(err, field, "the message is too long");
            for (int i = head - 1, rest = (int)len; i >= 0; i--, rest /= 10)
                buf[at + (size_t)i] = (char)('0' + rest % 10);
            memcpy(buf + at + head, m->data + m->offset[field], len);
            at += (size_t)head + len;
        }
    }
    return (int)at;
}

/* Reads one field at *at; moves *at behind it. */
static int get_field(struct iso *m, int field, const char *bytes, size_t len, size_t *at,
                     struct error *err)
{
    const struct iso_field *f = &iso_fields[field];
    size_t head = (size_t)head_len(f), value = f->max;
    if (len - *at < head) return refuse(err, field, "the message ends before it");
    if (head) {
        if (!digits_only(bytes + *at, head)) return refuse(err, field, "its length is not a number");
        value = 0;
        for (size_t i = 0; i < head; i++)
            value = value * 10 + (size_t)(bytes[*at + i] - '0');
        *at += head;
        if (value == 0 || value > f->max) return refuse_length(err, field, value);
    }
    if (len - *at < value) return refuse(err, field, "the message ends inside it");
    if (!of_kind(f->kind, bytes + *at, value)) return refuse_kind(err, field);
    char *to = claim(m, field, value);
    if (to == NULL) return refuse(err, field, "no room left in the message");
    memcpy(to, bytes + *at, value);
    *at += value;
    return 0;
}

int iso_unpack(struct iso *m, const char *bytes, size_t len, struct error *err)
{
    uint64_t words[2] = {0, 0};
    size_t at = MTI_LEN + BITMAP_LEN;
    iso_clear(m, "0000");
    if (len < at || len > ISO_MESSAGE_MAX)
        return error_all(err, "message is not valid", "length",
                         len < at ? "shorter than type and bitmap" : "longer than 8192 bytes", NULL);
    if (!digits_only(bytes, MTI_LEN))
        return error_all(err, "message is not valid", "message type", "four digits belong here", NULL);
    memcpy(m->mti, bytes, MTI_LEN);
    if (!get_bitmap(bytes + MTI_LEN, &words[0])) return refuse(err, 1, "the bitmap is not hex digits");
    if (words[0] >> 63) {
        words[0] &= ~(UINT64_C(1) << 63);
        at += BITMAP_LEN;
        if (len < at || !get_bitmap(bytes + MTI_LEN + BITMAP_LEN, &words[1]))
            return refuse(err, 1, "the second bitmap is cut off or not hex digits");
        if (words[1] == 0) return refuse(err, 1, "it is there, yet names no field");
    }
    for (int w = 0; w < 2; w++)
        while (words[w])
            if (get_field(m, take_first(&words[w], 64 * w), bytes, len, &at, err) != 0) return -1;
    if (at != len)
        return error_all(err, "message is not valid", "end", "bytes follow the last field", NULL);
    return 0;
}
