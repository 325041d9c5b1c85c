#include "branchd/fetch_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "branchd/service.h"
#include "wire/session.h"

#define PART_ANSWER_MS 15000
#define NUMBER_DIGITS_MAX 12

struct fetch {
    char kind[8];
    day_t day;
    int64_t part, last;
    fetch_record *record;
    fetch_end *done;
    void *ctx;
};

bool fetch_split(const struct iso_slice *record, char text[FETCH_RECORD_SIZE], char **fields, size_t count)
{
    size_t found = 0;
    if (record->len >= FETCH_RECORD_SIZE) return false;
    memcpy(text, record->text, record->len);
    text[record->len] = '\0';
    for (char *at = text; at && found < count;) {
        fields[found++] = at;
        at = strchr(at, '|');
        if (at && found < count) *at++ = '\0';
    }
    return found == count;
}

static void end(struct service *s, struct fetch *f, const char *why)
{
    fetch_end *done = f->done;
    void *ctx = f->ctx;
    free(f);
    done(s, ctx, why);
}

static bool starts(const struct iso_slice *record, const char *with)
{
    size_t len = strlen(with);
    return record->len >= len && memcmp(record->text, with, len) == 0;
}

static const char *take_part(struct service *s, struct fetch *f, const struct iso *m)
{
    static struct wire_part part;
    struct error err = {0};
    if (wire_part_unpack(m, service_today(s), &part, &err) != 0 || strcmp(part.code, "00") != 0) return "the utility does not send it";
    if (part.part != f->part || part.last < 1) return "it sends another part than was asked for";
    f->last = part.last;
    for (int i = 0; i < part.record_count; i++) {
        const struct iso_slice *record = &part.records[i];
        if (starts(record, "PAYMENTS|") || starts(record, "NOTICES|") || starts(record, "END|")) continue;
        const char *why = f->record(f->ctx, record);
        if (why) return why;
    }
    return NULL;
}

bool fetch_number(const char *text, int64_t *out)
{
    if (strlen(text) > NUMBER_DIGITS_MAX || !text_digits(text)) return false;
    *out = strtoll(text, NULL, 10);
    return true;
}

static bool ask_part(struct service *s, struct fetch *f);

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    struct fetch *f = tag->ctx;
    const char *why = how == LINK_ANSWERED ? take_part(s, f, m) : "no answer";
    if (why == NULL && f->part < f->last) {
        f->part++;
        if (ask_part(s, f)) return;
        why = "the link is down";
    }
    end(s, f, why);
}

static bool ask_part(struct service *s, struct fetch *f)
{
    struct wire_part p = {.action = '1', .part = f->part};
    struct iso m;
    int year, month, day;
    link_head(s->link, &p.head);
    p.head.business_day = f->day;
    day_to_ymd(f->day, &year, &month, &day);
    snprintf(p.file, sizeof p.file, "%s:%04u%02u%02u", f->kind, (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100);
    return wire_part_ask(&p, &m, NULL) == 0 && link_ask(s->link, &m, PART_ANSWER_MS, false, answered, &(struct link_tag){.ctx = f});
}

void fetch_file(struct service *s, const char *kind, day_t day, fetch_record *record, fetch_end *done, void *ctx)
{
    struct fetch *f = calloc(1, sizeof *f);
    if (f == NULL) {
        done(s, ctx, "no memory");
        return;
    }
    *f = (struct fetch){.day = day, .part = 1, .record = record, .done = done, .ctx = ctx};
    snprintf(f->kind, sizeof f->kind, "%s", kind);
    if (!ask_part(s, f)) end(s, f, "the link is down");
}
