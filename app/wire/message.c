#include "wire/message.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/money.h"
#include "wire/message_table.h"
#include "wire/tags.h"

const struct code_spec *code_spec(const char *code)
{
    for (size_t i = 0; i < code_spec_count; i++)
        if (strcmp(code_specs[i].code, code) == 0) return &code_specs[i];
    return NULL;
}

enum verdict code_verdict(const char *code)
{
    const struct code_spec *spec = code_spec(code);
    return spec ? spec->verdict : VERDICT_UNKNOWN;
}

static int number_of(const struct iso *m, int field)
{
    int64_t value;
    return iso_number(m, field, &value) ? (int)value : -1;
}

int message_proc(const struct iso *m) { return number_of(m, 3); }
int message_net(const struct iso *m) { return number_of(m, 70); }

bool message_is_request(const struct iso *m) { return (m->mti[2] - '0') % 2 == 0; }
bool message_is_repeat(const struct iso *m) { return m->mti[3] == '1'; }
bool message_is_advice(const struct iso *m)
{
    return (m->mti[1] == '2' || m->mti[1] == '4') && m->mti[2] == '2';
}

/* --- checking ------------------------------------------------------------------ */

static int refuse(struct error *err, int field, const char *why)
{
    error_set(err, "message is not valid");
    if (field) error_where(err, "field %d (%s)", field, iso_fields[field].name);
    else error_where(err, "message type");
    return error_why(err, "%s", why);
}

/* x1 is a repeat of x0, and only what is asked again has one. */
static bool base_mti(const struct iso *m, char mti[5])
{
    memcpy(mti, m->mti, 5);
    if (mti[3] == '0') return true;
    if (mti[3] != '1' || (mti[1] != '2' && mti[1] != '4') || !message_is_request(m)) return false;
    mti[3] = '0';
    return true;
}

static const struct message_row *row_of(const struct iso *m, bool *mti_known)
{
    char mti[5];
    int proc = message_proc(m);
    *mti_known = false;
    if (!base_mti(m, mti)) return NULL;
    for (size_t i = 0; i < message_row_count; i++) {
        const struct message_row *row = &message_rows[i];
        if (memcmp(row->mti, mti, 4) != 0) continue;
        *mti_known = true;
        if (row->proc == -1 || row->proc == proc) return row;
    }
    return NULL;
}

static int first_field(const uint64_t set[2])
{
    return set[0] ? __builtin_clzll(set[0]) + 1 : __builtin_clzll(set[1]) + 65;
}

static int check_fields(const struct iso *m, const struct message_row *row, struct error *err)
{
    uint64_t lacks[2], extra[2];
    for (int w = 0; w < 2; w++) {
        lacks[w] = row->must[w] & ~m->present[w];
        extra[w] = m->present[w] & ~(row->must[w] | row->may[w]);
    }
    if (lacks[0] | lacks[1]) return refuse(err, first_field(lacks), "it is missing in this message");
    if (extra[0] | extra[1]) return refuse(err, first_field(extra), "it does not belong in this message");
    return 0;
}

static int two_digits(const char *at) { return (at[0] - '0') * 10 + (at[1] - '0'); }

static bool is_mmdd(const char *at)
{
    day_t day; /* a leap year: 29 February is a date in some year */
    return day_from_ymd(2024, two_digits(at), two_digits(at + 2), &day);
}

static bool is_hhmmss(const char *at)
{
    return two_digits(at) < 24 && two_digits(at + 2) < 60 && two_digits(at + 4) < 60;
}

static int check_times(const struct iso *m, struct error *err)
{
    static const struct { int field, date_at, time_at; } rows[] = {
        {7, 0, 4}, {12, -1, 0}, {13, 0, -1}, {15, 0, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct iso_slice s = iso_get(m, rows[i].field);
        if (s.text == NULL) continue;
        if (rows[i].date_at >= 0 && !is_mmdd(s.text + rows[i].date_at)) return refuse(err, rows[i].field, "no such date");
        if (rows[i].time_at >= 0 && !is_hhmmss(s.text + rows[i].time_at)) return refuse(err, rows[i].field, "no such time");
    }
    return 0;
}

static int check_values(const struct iso *m, struct error *err)
{
    struct iso_slice ref = iso_get(m, 37);
    if (iso_has(m, 49) && !iso_is(m, 49, "156")) return refuse(err, 49, "only 156, yuan, is collected");
    for (size_t i = 0; i < ref.len; i++)
        if (ref.text[i] < '0' || ref.text[i] > '9') return refuse(err, 37, "epoch and counter are twelve digits");
    if (m->mti[1] == '8') {
        int net = message_net(m);
        if (net != NET_SIGN_ON && net != NET_SIGN_OFF && net != NET_CUTOVER && net != NET_ECHO)
            return refuse(err, 70, "not known");
    }
    return 0;
}

int message_check(const struct iso *m, struct error *err)
{
    bool mti_known;
    const struct message_row *row = row_of(m, &mti_known);
    if (!mti_known) return refuse(err, 0, "not a message of this protocol");
    if (row == NULL) return refuse(err, 3, "missing, or not known for this message type");
    if (check_fields(m, row, err) || check_times(m, err) || check_values(m, err)) return -1;
    return tags_check(m, err);
}

/* --- answers, repeats, keys ---------------------------------------------------- */

bool message_answer_mti(const struct iso *m, char mti[5])
{
    if (!message_is_request(m) || m->mti[2] > '8') return false;
    memcpy(mti, m->mti, 5);
    mti[2]++;
    mti[3] = '0';
    return true;
}

static void echo(const struct iso *from, int field, struct iso *to)
{
    struct iso_slice s = iso_get(from, field);
    if (s.text == NULL) return;
    int status = iso_set(to, field, s.text, s.len, NULL);
    assert(status == 0); /* it was valid where it came from, and there is room */
    (void)status;
}

void message_answer(const struct iso *req, const char *code, struct iso *out)
{
    static const int echoed[] = {3, 4, 7, 11, 12, 13, 15, 32, 37, 41, 42, 49, 70, 101, 102, 103};
    char mti[5];
    bool request = message_answer_mti(req, mti);
    assert(request && out != req && strlen(code) == 2);
    (void)request;
    iso_clear(out, mti);
    for (size_t i = 0; i < sizeof echoed / sizeof *echoed; i++)
        echo(req, echoed[i], out);
    iso_set(out, 39, code, 2, NULL);
}

int message_repeat(struct iso *m, const char *de7, struct error *err)
{
    if ((m->mti[1] != '2' && m->mti[1] != '4') || !message_is_request(m))
        return refuse(err, 0, "this message is never asked again");
    if (iso_set(m, 7, de7, strlen(de7), err) != 0) return -1;
    m->mti[3] = '1';
    return 0;
}

bool message_match_key(const struct iso *m, char key[MATCH_KEY_SIZE])
{
    static const int fields[] = {32, 42, 41, 11, 37};
    size_t used = 4;
    memcpy(key, m->mti, 4);
    if (message_is_request(m)) key[2]++;
    key[3] = '0';
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct iso_slice s = iso_get(m, fields[i]);
        while (s.text && s.len > 0 && s.text[s.len - 1] == ' ')
            s.len--;
        if (used + 1 + s.len >= MATCH_KEY_SIZE) return false;
        key[used++] = '/';
        if (s.len) memcpy(key + used, s.text, s.len);
        used += s.len;
    }
    key[used] = '\0';
    return iso_has(m, 11);
}

bool message_key(const struct iso *m, struct key *key)
{
    memset(key, 0, sizeof *key);
    return iso_text(m, 32, key->bank, sizeof key->bank) && iso_text(m, 42, key->branch, sizeof key->branch) &&
           iso_text(m, 37, key->ref, sizeof key->ref);
}

static bool same_field(const struct iso *a, const struct iso *b, int field)
{
    struct iso_slice x = iso_get(a, field), y = iso_get(b, field);
    return (x.text == NULL) == (y.text == NULL) && x.len == y.len && (x.len == 0 || memcmp(x.text, y.text, x.len) == 0);
}

bool message_same_content(const struct iso *a, const struct iso *b)
{
    for (int field = 2; field <= ISO_FIELDS; field++)
        if (field != 7 && !same_field(a, b, field)) return false;
    return true;
}

bool message_agrees(const struct iso *undo, const struct iso *original)
{
    static const int fields[] = {3, 4, 11, 12, 13, 32, 37, 41, 42};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!same_field(undo, original, fields[i])) return false;
    return true;
}

const char *message_describe(const struct iso *m, char *buf, size_t size)
{
    struct key key;
    char code[4], text[KEY_TEXT_SIZE] = "-", amount[MONEY_TEXT_SIZE] = "-";
    int64_t fen;
    if (message_key(m, &key)) key_format(&key, text, sizeof text);
    if (iso_number(m, 4, &fen)) money_format(fen, amount, sizeof amount);
    iso_text(m, 39, code, sizeof code);
    int what = iso_has(m, 70) ? message_net(m) : message_proc(m);
    snprintf(buf, size, "%s %06d key %s amount %s%s%s", m->mti, what < 0 ? 0 : what, text, amount,
             code[0] ? " code " : "", code);
    return buf;
}
