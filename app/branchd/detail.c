/* A day that is out of balance: the utility's PAYMENTS detail of it is fetched part by
 * part, and what differs goes into the ledger, payment by payment. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"
#include "wire/session.h"

#define PART_ANSWER_MS 10000
#define ROWS_AT_ONCE 1024

struct fetching {
    struct service *s;
    day_t day;
    int64_t part, last;
    struct ledger_theirs *rows;
    int count, room;
    struct rpc_call *call;
    agree_done *done;
};

static void finish(struct fetching *f, const char *why)
{
    char text[DAY_TEXT_SIZE];
    if (why) log_warn("the utility's detail of %s cannot be had: %s", day_format(f->day, text, sizeof text), why);
    if (f->done) f->done(f->s, f->call);
    service_changed(f->s);
    free(f->rows);
    free(f);
}

/* key|processing code|state|customer|bills|total|…; the key's last part is DE 37. */
static bool read_row(const struct iso_slice *record, struct ledger_theirs *row)
{
    char text[1001], *field[10];
    size_t count = 0;
    if (record->len >= sizeof text) return false;
    memcpy(text, record->text, record->len);
    text[record->len] = '\0';
    for (char *at = text; at && count < 10;) {
        field[count++] = at;
        at = strchr(at, '|');
        if (at) *at++ = '\0';
    }
    const char *ref = count == 10 ? strrchr(field[0], '/') : NULL;
    char *end = NULL;
    if (ref == NULL || strlen(ref + 1) != KEY_REF_SIZE - 1 || !text_digits(ref + 1) || !text_digits(field[1]) || !text_digits(field[5])) return false;
    memset(row, 0, sizeof *row);
    text_copy(row->ref, sizeof row->ref, ref + 1);
    row->proc = (int)strtol(field[1], NULL, 10);
    row->amount_fen = strtoll(field[5], &end, 10);
    return text_copy(row->state, sizeof row->state, field[2]);
}

/* What went wrong, or NULL. Header and trailer are the file's first and last record. */
static const char *take(struct fetching *f, const struct wire_part *p)
{
    for (int i = 0; i < p->record_count; i++) {
        const struct iso_slice *record = &p->records[i];
        bool frame = (record->len > 9 && memcmp(record->text, "PAYMENTS|", 9) == 0) || (record->len > 4 && memcmp(record->text, "END|", 4) == 0);
        if (frame) continue;
        if (f->count == LEDGER_THEIRS_MAX) return "it is too long";
        if (f->count == f->room) {
            struct ledger_theirs *more = realloc(f->rows, (size_t)(f->room + ROWS_AT_ONCE) * sizeof *more);
            if (more == NULL) return "no memory";
            f->rows = more;
            f->room += ROWS_AT_ONCE;
        }
        if (!read_row(record, &f->rows[f->count++])) return "a record in it cannot be read";
    }
    return NULL;
}

static bool ask(struct fetching *f);

static void whole(struct fetching *f)
{
    struct error err = {0};
    char text[DAY_TEXT_SIZE];
    int count = 0;
    enum ledger_result result = differences_find(f->s->ledger, f->day, f->rows, f->count, &count, &err);
    if (result == LEDGER_BROKEN) service_broken(f->s);
    if (result == LEDGER_OK) log_warn("%s: %d differences with the utility", day_format(f->day, text, sizeof text), count);
    finish(f, result == LEDGER_OK ? NULL : err.why);
}

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    static struct wire_part part;
    struct fetching *f = tag->ctx;
    struct error err = {0};
    const char *why = NULL;
    if (how != LINK_ANSWERED) why = "no answer";
    else if (wire_part_unpack(m, service_today(s), &part, &err) != 0) why = err.why;
    else if (strcmp(part.code, "00") != 0) why = "the utility refuses it";
    else why = take(f, &part);
    if (why == NULL && f->part < part.last) {
        f->part++;
        if (ask(f)) return;
        why = "the link is down";
    }
    if (why) finish(f, why);
    else whole(f);
}

static bool ask(struct fetching *f)
{
    struct wire_part p = {.action = '1', .part = f->part};
    struct iso m;
    struct error err = {0};
    int year, month, mday;
    link_head(f->s->link, &p.head);
    day_to_ymd(f->day, &year, &month, &mday);
    snprintf(p.file, sizeof p.file, "PAY:%04u%02u%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)mday % 100);
    return wire_part_ask(&p, &m, &err) == 0 &&
           link_ask(f->s->link, &m, PART_ANSWER_MS, false, answered, &(struct link_tag){.ctx = f});
}

void detail_fetch(struct service *s, day_t day, struct rpc_call *call, agree_done *done)
{
    struct fetching *f = calloc(1, sizeof *f);
    if (f == NULL) {
        if (done) done(s, call);
        return;
    }
    *f = (struct fetching){.s = s, .day = day, .part = 1, .call = call, .done = done};
    if (!ask(f)) finish(f, "the link is down");
}
