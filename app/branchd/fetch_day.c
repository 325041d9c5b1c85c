#include "branchd/fetch_day.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "branchd/compare.h"
#include "branchd/service.h"
#include "wire/session.h"

#define PART_ANSWER_MS 15000
#define DIFFERENCES_MAX 1000

struct fetch {
    day_t day;
    int64_t part, last;
    struct compare_theirs *theirs;
    int their_count, their_room;
    struct ledger_keyed *ours;
    int our_count, our_room;
    bool failed;
    fetch_done *done;
    void *ctx;
};

/* Room for one more; false: no memory, or more than a day can have. */
static bool grow(void **rows, int count, int *room, size_t size)
{
    if (count < *room) return true;
    int more = *room ? *room * 2 : 256;
    void *next = more <= COMPARE_ROWS_MAX ? realloc(*rows, (size_t)more * size) : NULL;
    if (next == NULL) return false;
    *rows = next;
    *room = more;
    return true;
}

static void end(struct service *s, struct fetch *f, const char *why)
{
    char text[DAY_TEXT_SIZE];
    if (why) log_warn("the payments of %s cannot be compared: %s", day_format(f->day, text, sizeof text), why);
    f->done(s, f->ctx);
    free(f->theirs);
    free(f->ours);
    free(f);
}

static void take_ours(void *ctx, const struct ledger_keyed *k)
{
    struct fetch *f = ctx;
    void *rows = f->ours;
    f->failed = f->failed || !grow(&rows, f->our_count, &f->our_room, sizeof *f->ours);
    f->ours = rows;
    if (!f->failed) f->ours[f->our_count++] = *k;
}

static int by_ref(const void *a, const void *b)
{
    return strcmp(((const struct compare_theirs *)a)->ref, ((const struct compare_theirs *)b)->ref);
}

static void compare(struct service *s, struct fetch *f)
{
    struct ledger_identity id;
    struct error err = {0};
    struct ledger_difference *found = calloc(DIFFERENCES_MAX, sizeof *found);
    enum ledger_result result = ledger_identity(s->ledger, &id, &err);
    if (result == LEDGER_OK) result = day_keys(s->ledger, f->day, take_ours, f, &err);
    if (result != LEDGER_OK || f->failed || found == NULL) {
        free(found);
        end(s, f, result == LEDGER_OK ? "no memory" : err.why);
        return;
    }
    qsort(f->theirs, (size_t)f->their_count, sizeof *f->theirs, by_ref);
    int count = compare_day(f->ours, f->our_count, f->theirs, f->their_count, id.epoch, found, DIFFERENCES_MAX);
    for (int i = 0; i < count && i < DIFFERENCES_MAX; i++)
        log_warn("differs: %s %s, %s", found[i].ref, found[i].kind, found[i].words);
    result = difference_keep(s->ledger, f->day, found, count < DIFFERENCES_MAX ? count : DIFFERENCES_MAX, &err);
    free(found);
    if (result == LEDGER_BROKEN) service_broken(s);
    end(s, f, result == LEDGER_OK ? NULL : err.why);
}

static bool ask_part(struct service *s, struct fetch *f);

static const char *take_part(struct service *s, struct fetch *f, const struct iso *m)
{
    static struct wire_part part;
    const struct branch_settings *set = &s->branch->settings;
    struct error err = {0};
    if (wire_part_unpack(m, service_today(s), &part, &err) != 0 || strcmp(part.code, "00") != 0) return "the utility does not send them";
    if (part.part != f->part || part.last < 1) return "it sends another part than was asked for";
    f->last = part.last;
    for (int i = 0; i < part.record_count; i++) {
        void *rows = f->theirs;
        if (!grow(&rows, f->their_count, &f->their_room, sizeof *f->theirs)) return "there are too many";
        f->theirs = rows;
        int status = compare_read(&part.records[i], set->bank, set->branch, &f->theirs[f->their_count]);
        if (status < 0) return "a row in them cannot be read";
        f->their_count += status;
    }
    return NULL;
}

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    struct fetch *f = tag->ctx;
    const char *why = how == LINK_ANSWERED ? take_part(s, f, m) : "no answer";
    if (why) {
        end(s, f, why);
    } else if (f->part == f->last) {
        compare(s, f);
    } else {
        f->part++;
        if (!ask_part(s, f)) end(s, f, "the link is down");
    }
}

static bool ask_part(struct service *s, struct fetch *f)
{
    struct wire_part p = {.action = '1', .part = f->part};
    struct iso m;
    int year, month, day;
    link_head(s->link, &p.head);
    p.head.business_day = f->day;
    day_to_ymd(f->day, &year, &month, &day);
    snprintf(p.file, sizeof p.file, "PAY:%04u%02u%02u", (unsigned)year % 10000, (unsigned)month % 100, (unsigned)day % 100);
    return wire_part_ask(&p, &m, NULL) == 0 && link_ask(s->link, &m, PART_ANSWER_MS, false, answered, &(struct link_tag){.ctx = f});
}

void fetch_day(struct service *s, day_t day, fetch_done *done, void *ctx)
{
    struct fetch *f = calloc(1, sizeof *f);
    if (f == NULL) {
        done(s, ctx);
        return;
    }
    *f = (struct fetch){.day = day, .part = 1, .done = done, .ctx = ctx};
    if (!ask_part(s, f)) end(s, f, "the link is down");
}
