#include "wire/records.h"

#include <string.h>

#define BETWEEN '~'

void records_start(struct records_out *out, struct iso *m)
{
    memset(out, 0, sizeof *out);
    out->m = m;
    out->field = RECORDS_FIRST;
    out->total = m->used;
}

static bool flush(struct records_out *out, struct error *err)
{
    if (out->used == 0) return true;
    bool good = iso_set(out->m, out->field, out->text, out->used, err) == 0;
    out->used = 0;
    out->field++;
    return good;
}

bool records_add(struct records_out *out, const char *record, size_t len)
{
    size_t between = out->used ? 1 : 0;
    if (len == 0 || len > sizeof out->text || out->total + len + 1 > ISO_MESSAGE_MAX - RECORDS_RESERVE) return false;
    if (out->used + between + len > sizeof out->text) {
        if (out->field == RECORDS_LAST) return false;
        if (!flush(out, NULL)) out->failed = true;
        between = 0;
    }
    if (between) out->text[out->used++] = BETWEEN;
    memcpy(out->text + out->used, record, len);
    out->used += len;
    out->total += len + 1;
    return true;
}

int records_end(struct records_out *out, struct error *err)
{
    if (!out->failed && flush(out, err)) return 0;
    return error_all(err, "message is not valid", "fields 120 to 127", "the records don't fit", NULL);
}

void records_first(struct records_in *in, const struct iso *m)
{
    *in = (struct records_in){m, RECORDS_FIRST, 0};
}

bool records_next(struct records_in *in, struct iso_slice *record)
{
    for (; in->field <= RECORDS_LAST; in->field++, in->at = 0) {
        struct iso_slice s = iso_get(in->m, in->field);
        if (s.text == NULL || in->at >= s.len) continue;
        const char *start = s.text + in->at, *end = memchr(start, BETWEEN, s.len - in->at);
        record->text = start;
        record->len = end ? (size_t)(end - start) : s.len - in->at;
        in->at += record->len + 1;
        return true;
    }
    return false;
}
