#include "wire/head.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

static int refuse(struct error *err, int field, const char *why)
{
    error_set(err, "message is not valid");
    error_where(err, "field %d (%s)", field, iso_fields[field].name);
    return error_why(err, "%s", why);
}

int head_refuse_tag(struct error *err, const char *tag, const char *why)
{
    error_set(err, "message is not valid");
    error_where(err, "field 48, tag %s", tag);
    return error_why(err, "%s", why);
}

int head_stamp(struct iso *m, int64_t sent_ms, struct error *err)
{
    struct civil u;
    clock_utc(sent_ms, &u);
    return iso_setf(m, 7, err, "%02d%02d%02d%02d%02d", u.month, u.day, u.hour, u.minute, u.second);
}

static int put_text(struct iso *m, int field, const char *text, struct error *err)
{
    return iso_set(m, field, text, strlen(text), err);
}

int head_pack(const struct wire_head *h, const char mti[5], bool money, struct iso *m, struct error *err)
{
    const struct civil *l = &h->local;
    iso_clear(m, mti);
    if (h->proc >= 0 && iso_setf(m, 3, err, "%06d", h->proc) != 0) return -1;
    if (money && (h->amount_fen < 0 || h->amount_fen > MONEY_MAX_FEN)) return refuse(err, 4, "not an amount that fits");
    if (money && (iso_set_number(m, 4, h->amount_fen, err) || put_text(m, 49, "156", err))) return -1;
    if (head_stamp(m, h->sent_ms, err) || put_text(m, 11, h->stan, err) ||
        iso_setf(m, 12, err, "%02d%02d%02d", l->hour, l->minute, l->second) ||
        iso_setf(m, 13, err, "%02d%02d", l->month, l->day) || put_text(m, 32, h->key.bank, err) ||
        put_text(m, 37, h->key.ref, err))
        return -1;
    if (h->terminal[0] && put_text(m, 41, h->terminal, err) != 0) return -1;
    if (h->key.branch[0] && put_text(m, 42, h->key.branch, err) != 0) return -1;
    if (h->business_day == DAY_NONE) return 0;
    int year, month, day;
    day_to_ymd(h->business_day, &year, &month, &day);
    return iso_setf(m, 15, err, "%02d%02d", month, day);
}

static bool two_at(const struct iso *m, int field, int at, int *out)
{
    struct iso_slice s = iso_get(m, field);
    if (s.text == NULL || s.len < (size_t)at + 2) return false;
    *out = (s.text[at] - '0') * 10 + (s.text[at + 1] - '0');
    return true;
}

/* MMDD at the front of a field, with the year nearest to near. */
static bool date_at(const struct iso *m, int field, day_t near, day_t *out)
{
    char mmdd[5];
    struct iso_slice s = iso_get(m, field);
    if (s.text == NULL || s.len < 4) return false;
    memcpy(mmdd, s.text, 4);
    mmdd[4] = '\0';
    return day_from_mmdd(mmdd, near, out);
}

static int read_local(const struct iso *m, day_t near, struct civil *l, struct error *err)
{
    day_t day;
    if (!iso_has(m, 12) || !iso_has(m, 13)) return 0;
    if (!date_at(m, 13, near, &day)) return refuse(err, 13, "no such date");
    day_to_ymd(day, &l->year, &l->month, &l->day);
    two_at(m, 12, 0, &l->hour);
    two_at(m, 12, 2, &l->minute);
    two_at(m, 12, 4, &l->second);
    return 0;
}

static int read_sent(const struct iso *m, day_t near, int64_t *sent_ms, struct error *err)
{
    static const struct clock utc = {NULL, NULL, 0};
    struct civil u = {0};
    day_t day;
    if (!iso_has(m, 7)) return 0;
    if (!date_at(m, 7, near, &day)) return refuse(err, 7, "no such date");
    day_to_ymd(day, &u.year, &u.month, &u.day);
    two_at(m, 7, 4, &u.hour);
    two_at(m, 7, 6, &u.minute);
    two_at(m, 7, 8, &u.second);
    *sent_ms = clock_from_local(&utc, &u);
    return 0;
}

static int read_text(const struct iso *m, int field, char *dst, size_t size, struct error *err)
{
    if (!iso_has(m, field) || iso_text(m, field, dst, size)) return 0;
    return refuse(err, field, "it is too long");
}

int head_unpack(const struct iso *m, day_t near, struct wire_head *h, struct error *err)
{
    int64_t proc;
    memset(h, 0, sizeof *h);
    h->proc = iso_number(m, 3, &proc) ? (int)proc : -1;
    h->business_day = DAY_NONE;
    iso_number(m, 4, &h->amount_fen);
    if (iso_has(m, 15) && !date_at(m, 15, near, &h->business_day)) return refuse(err, 15, "no such date");
    if (read_text(m, 11, h->stan, sizeof h->stan, err) || read_text(m, 32, h->key.bank, sizeof h->key.bank, err) ||
        read_text(m, 37, h->key.ref, sizeof h->key.ref, err) ||
        read_text(m, 41, h->terminal, sizeof h->terminal, err) ||
        read_text(m, 42, h->key.branch, sizeof h->key.branch, err))
        return -1;
    return read_local(m, near, &h->local, err) || read_sent(m, near, &h->sent_ms, err) ? -1 : 0;
}

bool head_split(const char *value, size_t len, char text[HEAD_SPLIT_SIZE], const char **parts, size_t count)
{
    if (len >= HEAD_SPLIT_SIZE) return false;
    memcpy(text, value, len);
    text[len] = '\0';
    size_t n = 0;
    for (char *rest = text, *one; (one = strsep(&rest, "|")) != NULL;) {
        if (n == count) return false;
        parts[n++] = one;
    }
    return n == count;
}

bool head_amount(const char *text, int64_t *out)
{
    int64_t value = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 12 || !text_digits(text)) return false;
    for (size_t i = 0; i < len; i++)
        value = value * 10 + (text[i] - '0');
    *out = value;
    return true;
}

bool head_tag_amount(const struct iso *m, const char *tag, int64_t *out)
{
    char text[16];
    struct tag t;
    *out = 0;
    if (!tag_find(m, tag, &t)) return true;
    return tag_text(m, tag, text, sizeof text) && head_amount(text, out);
}

void head_code(const struct iso *m, char code[3])
{
    if (!iso_text(m, 39, code, 3)) code[0] = '\0';
}
