#include "wire/bill.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "wire/text.h"

#define READING_MAX INT64_C(999999999)
#define MULTIPLIER_MAX INT64_C(1000000)
#define KWH_MAX INT64_C(999999999999)
#define PRICE_E4_MAX INT64_C(99999999) /* 9999.9999 yuan */
#define RATE_MAX 1000
#define TIERS_TEXT_SIZE 256

struct field {
    const char *name;
    int (*read)(const struct field *f, const char *text, struct bill *b, char *why, size_t size);
    size_t offset, size; /* in struct bill; characters allowed for the texts' readers */
    int64_t min, max;
};

__attribute__((format(printf, 3, 4)))
static int refuse(char *why, size_t size, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why, size, fmt, args);
    va_end(args);
    return -1;
}

/* Digits or letters, at most max characters. */
static int read_code(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    size_t len = strlen(text);
    if (len == 0) return refuse(why, size, "it is empty");
    if (len > (size_t)f->max)
        return refuse(why, size, "it has %zu characters, at most %" PRId64 " are allowed", len, f->max);
    if (!text_alnum(text)) return refuse(why, size, "\"%.60s\" is not digits and letters alone", text);
    memcpy((char *)b + f->offset, text, len + 1);
    return 0;
}

/* min..max characters of printable text. */
static int read_text(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    char clean[sizeof b->name];
    size_t len = strlen(text);
    if (!utf8_valid(text, len)) return refuse(why, size, "it is not UTF-8");
    size_t chars = utf8_count(text);
    if (chars < (size_t)f->min) return refuse(why, size, "it is empty");
    if (chars > (size_t)f->max)
        return refuse(why, size, "it has %zu characters, at most %" PRId64 " are allowed", chars, f->max);
    if (strcmp(text_clean(clean, sizeof clean, text), text) != 0)
        return refuse(why, size, "there is a control character in it");
    if (strchr(text, '|')) return refuse(why, size, "there is a | in it");
    assert(len < f->size);
    memcpy((char *)b + f->offset, text, len + 1);
    return 0;
}

/* Digits alone, no sign, no blank, so that what is written again is the same value. */
static bool whole(const char *text, size_t len, int64_t *out)
{
    int64_t value = 0;
    if (len == 0 || len > 18) return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

static int number(const struct field *f, const char *text, int64_t *value, char *why, size_t size)
{
    if (*text == '-' && text_digits(text + 1)) return refuse(why, size, "%.40s is negative", text);
    if (!text_digits(text)) return refuse(why, size, "\"%.60s\" is not a whole number", text);
    if (!whole(text, strlen(text), value) || *value < f->min || *value > f->max)
        return refuse(why, size, "%.40s is not within %" PRId64 " to %" PRId64, text, f->min, f->max);
    return 0;
}

static int read_number(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    int64_t value = 0;
    if (number(f, text, &value, why, size)) return -1;
    memcpy((char *)b + f->offset, &value, sizeof value);
    return 0;
}

static int read_rate(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    int64_t value = 0;
    if (number(f, text, &value, why, size)) return -1;
    b->rate_permille = (int)value;
    return 0;
}

static int read_class(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    if (text[0] < 'A' || text[0] > 'Z' || text[1])
        return refuse(why, size, "\"%.60s\" is not one letter A to Z", text);
    b->tariff = text[0];
    return 0;
}

static int read_period(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    if (!period_valid(text)) return refuse(why, size, "\"%.60s\" is not a month YYYYMM", text);
    memcpy(b->period, text, sizeof b->period);
    return 0;
}

static int read_day(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    day_t day;
    if (!day_parse(text, &day)) return refuse(why, size, "\"%.60s\" is not a date YYYY-MM-DD", text);
    memcpy((char *)b + f->offset, &day, sizeof day);
    return 0;
}

/* "0.52", "0.5200", "12": at most four places. */
static bool price_parse(const char *text, size_t len, int64_t *price_e4)
{
    const char *point = memchr(text, '.', len);
    size_t yuan_len = point ? (size_t)(point - text) : len;
    size_t places = point ? len - yuan_len - 1 : 0;
    int64_t yuan, fraction = 0;
    if (yuan_len > 4 || !whole(text, yuan_len, &yuan)) return false;
    if (point && (places > 4 || !whole(point + 1, places, &fraction))) return false;
    for (; places < 4; places++) fraction *= 10;
    *price_e4 = yuan * 10000 + fraction;
    return true;
}

int bill_tiers_parse(const char *text, struct bill_tier *tiers, int *count)
{
    *count = 0;
    for (;;) {
        size_t len = strcspn(text, ";");
        const char *at = memchr(text, '@', len);
        if (!at || *count == BILL_TIERS_MAX) return -1;
        struct bill_tier *tier = &tiers[*count];
        if (!whole(text, (size_t)(at - text), &tier->kwh) || tier->kwh > KWH_MAX) return -1;
        if (!price_parse(at + 1, len - (size_t)(at - text) - 1, &tier->price_e4)) return -1;
        ++*count;
        if (!text[len]) return 0;
        text += len + 1;
    }
}

static int read_tiers(const struct field *f, const char *text, struct bill *b, char *why, size_t size)
{
    int pieces = 1;
    for (const char *p = text; *p; p++) pieces += *p == ';';
    if (pieces > BILL_TIERS_MAX)
        return refuse(why, size, "there are %d tiers, at most %d are allowed", pieces, BILL_TIERS_MAX);
    if (bill_tiers_parse(text, b->tiers, &b->tier_count))
        return refuse(why, size, "\"%.60s\" is not of the form 180@0.5200;36@0.5700", text);
    return 0;
}

#define AT(member) offsetof(struct bill, member), sizeof(((struct bill *)0)->member)

enum { FIELD_KWH = 12, FIELD_TIERS = 14, FIELD_LAST = 17 };

static const struct field field_row[BILL_FIELDS] = {
    { "bill", read_code, AT(number), 1, BILL_NUMBER_MAX },
    { "customer", read_code, AT(customer), 1, BILL_CUSTOMER_MAX },
    { "customer name", read_text, AT(name), 1, BILL_NAME_MAX },
    { "address", read_text, AT(address), 0, BILL_NAME_MAX },
    { "supply station", read_text, AT(station), 0, BILL_STATION_MAX },
    { "class", read_class, AT(tariff), 0, 0 },
    { "meter", read_code, AT(meter), 1, BILL_NUMBER_MAX },
    { "period", read_period, AT(period), 0, 0 },
    { "previous reading", read_number, AT(prev), 0, READING_MAX },
    { "current reading", read_number, AT(curr), 0, READING_MAX },
    { "multiplier", read_number, AT(multiplier), 1, MULTIPLIER_MAX },
    { "kWh", read_number, AT(kwh), 0, KWH_MAX },
    { "amount", read_number, AT(amount_fen), 0, MONEY_MAX_FEN },
    { "tiers", read_tiers, AT(tiers), 0, 0 },
    { "due date", read_day, AT(due), 0, 0 },
    { "window first day", read_day, AT(window_first), 0, 0 },
    { "window last day", read_day, AT(window_last), 0, 0 },
    { "late-fee rate", read_rate, AT(rate_permille), 0, RATE_MAX },
};

const char *bill_field_name(int field)
{
    return field >= 1 && field <= BILL_FIELDS ? field_row[field - 1].name : "record";
}

static int fault_at(struct bill_fault *fault, int field, const char *why)
{
    fault->field = field;
    if (why) snprintf(fault->why, sizeof fault->why, "%s", why);
    return -1;
}

/* What no field can be judged for alone. */
static int consistent(const struct bill *b, struct bill_fault *fault)
{
    int64_t tiers_kwh = 0;
    for (int i = 0; i < b->tier_count; i++) tiers_kwh += b->tiers[i].kwh;
    if (b->curr >= b->prev && (b->curr - b->prev) * b->multiplier != b->kwh) {
        fault_at(fault, FIELD_KWH, NULL);
        return refuse(fault->why, sizeof fault->why,
                      "%" PRId64 " is not (current %" PRId64 " - previous %" PRId64 ") x multiplier %" PRId64,
                      b->kwh, b->curr, b->prev, b->multiplier);
    }
    if (tiers_kwh != b->kwh) {
        fault_at(fault, FIELD_TIERS, NULL);
        return refuse(fault->why, sizeof fault->why,
                      "the tiers' kWh add up to %" PRId64 ", the bill says %" PRId64, tiers_kwh, b->kwh);
    }
    if (b->window_last < b->window_first)
        return fault_at(fault, FIELD_LAST, "the window ends before it begins");
    if (!bill_wire_fits(b, BILL_WIRE_MAX))
        return fault_at(fault, 0, "written on the wire it is longer than 999 characters");
    return 0;
}

int bill_parse(const char *const *fields, size_t count, struct bill *out, struct bill_fault *fault)
{
    memset(out, 0, sizeof *out);
    memset(fault, 0, sizeof *fault);
    if (count != BILL_FIELDS)
        return refuse(fault->why, sizeof fault->why, "it has %zu fields, %d are needed", count, BILL_FIELDS);
    for (int i = 0; i < BILL_FIELDS; i++) {
        const struct field *f = &field_row[i];
        if (f->read(f, fields[i], out, fault->why, sizeof fault->why)) return fault_at(fault, i + 1, NULL);
    }
    return consistent(out, fault);
}

/* Writing by hand: a record is written a million times where it is read once. */
struct writer { char *at, *end; };

static void put_text(struct writer *w, const char *text)
{
    size_t len = strlen(text), room = (size_t)(w->end - w->at);
    if (len > room) len = room;
    memcpy(w->at, text, len);
    w->at += len;
}

static void put_number(struct writer *w, int64_t value, int digits)
{
    char text[24], *at = text + sizeof text - 1;
    if (value < 0) put_text(w, "-");
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    *at = '\0';
    for (; left > 0 || digits > 0; left /= 10, digits--) *--at = (char)('0' + left % 10);
    put_text(w, at);
}

static void put_day(struct writer *w, day_t day)
{
    int year, month, mday;
    if (day == DAY_NONE) {
        put_text(w, "-");
        return;
    }
    day_to_ymd(day, &year, &month, &mday);
    put_number(w, year, 4);
    put_text(w, "-");
    put_number(w, month, 2);
    put_text(w, "-");
    put_number(w, mday, 2);
}

static void put_tiers(struct writer *w, const struct bill_tier *tiers, int count)
{
    for (int i = 0; i < count; i++) {
        if (i) put_text(w, ";");
        put_number(w, tiers[i].kwh, 1);
        put_text(w, "@");
        put_number(w, tiers[i].price_e4 / 10000, 1);
        put_text(w, ".");
        put_number(w, tiers[i].price_e4 % 10000, 4);
    }
}

const char *bill_tiers_format(const struct bill_tier *tiers, int count, char *buf, size_t size)
{
    struct writer w = { buf, buf + size - 1 };
    assert(count >= 0 && count <= BILL_TIERS_MAX && size >= TIERS_TEXT_SIZE);
    put_tiers(&w, tiers, count);
    *w.at = '\0';
    return buf;
}

/* The three texts come as they are to be written: plain or escaped. Returns the
 * length, or size when it doesn't fit. */
static size_t write_record(const struct bill *b, const char *name, const char *address,
                           const char *station, char *buf, size_t size)
{
    struct writer w = { buf, buf + size };
    const char class[2] = { b->tariff, '\0' };
    const char *const texts[] = { b->number, b->customer, name, address, station, class, b->meter, b->period };
    const int64_t numbers[] = { b->prev, b->curr, b->multiplier, b->kwh, b->amount_fen };
    const day_t days[] = { b->due, b->window_first, b->window_last };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) put_text(&w, texts[i]), put_text(&w, "|");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) put_number(&w, numbers[i], 1), put_text(&w, "|");
    put_tiers(&w, b->tiers, b->tier_count);
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) put_text(&w, "|"), put_day(&w, days[i]);
    put_text(&w, "|");
    put_number(&w, b->rate_permille, 1);
    size_t len = (size_t)(w.at - buf);
    buf[len < size ? len : size - 1] = '\0';
    return len;
}

const char *bill_format(const struct bill *b, char *buf, size_t size)
{
    assert(size >= BILL_TEXT_SIZE);
    size_t wrote = write_record(b, b->name, b->address, b->station, buf, size);
    assert(wrote < size);
    (void)wrote;
    return buf;
}

int bill_wire_format(const struct bill *b, char *buf, size_t size)
{
    char name[BILL_WIRE_MAX + 1], address[BILL_WIRE_MAX + 1], station[BILL_WIRE_MAX + 1];
    if (wire_text_escape(name, sizeof name, b->name) < 0 ||
        wire_text_escape(address, sizeof address, b->address) < 0 ||
        wire_text_escape(station, sizeof station, b->station) < 0)
        return -1;
    size_t wrote = write_record(b, name, address, station, buf, size);
    return wrote < size && wrote <= BILL_WIRE_MAX ? (int)wrote : -1;
}

/* All but the three texts, at their longest: numbers, tiers, dates, bars. */
#define REST_MAX 320

/* \uXXXX for a character, two of them beyond U+FFFF (four bytes of UTF-8); plain
 * ASCII counts as if each were a separator. */
static size_t escaped_most(const char *text)
{
    size_t most = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++)
        most += *p >= 0xf0 ? 12 : *p >= 0xc0 || *p < 0x80 ? 6 : 0;
    return most;
}

bool bill_wire_fits(const struct bill *b, size_t room)
{
    char wire[BILL_WIRE_MAX + 1];
    if (REST_MAX + escaped_most(b->name) + escaped_most(b->address) + escaped_most(b->station) <= room)
        return true;
    int len = bill_wire_format(b, wire, sizeof wire);
    return len >= 0 && (size_t)len <= room;
}

/* By way of the record's own text: a bill that a program made is held to the
 * very rules that a file is. */
int bill_check(const struct bill *b, struct bill_fault *fault)
{
    char text[BILL_TEXT_SIZE];
    const char *fields[BILL_FIELDS + 1];
    struct bill copy;
    size_t count = 0;
    bill_format(b, text, sizeof text);
    for (char *at = text, *next; at && count <= BILL_FIELDS; at = next) {
        next = strchr(at, '|');
        if (next) *next++ = '\0';
        fields[count++] = at;
    }
    return bill_parse(fields, count, &copy, fault);
}

int bill_wire_parse(const char *text, size_t len, struct bill *out, struct bill_fault *fault)
{
    /* nothing is longer unescaped than escaped, so the fields and their NULs fit */
    char plain[BILL_WIRE_MAX + BILL_FIELDS + 2];
    const char *fields[BILL_FIELDS + 1];
    size_t count = 0, used = 0;
    memset(fault, 0, sizeof *fault);
    if (len > BILL_WIRE_MAX) return fault_at(fault, 0, "it is longer than 999 characters");
    for (const char *end = text + len, *at = text; at <= end && count <= BILL_FIELDS;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        size_t field_len = (size_t)((bar ? bar : end) - at);
        fields[count++] = plain + used;
        if (wire_text_unescape(plain + used, sizeof plain - used, at, field_len) < 0)
            return fault_at(fault, (int)count, "it is not written as the wire's text is");
        used += strlen(plain + used) + 1;
        at += field_len + 1;
    }
    return bill_parse(fields, count, out, fault);
}
