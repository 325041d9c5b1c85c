#include "branchd/fetch_day.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "branchd/compare.h"
#include "branchd/fetch_file.h"
#include "branchd/service.h"

#define DIFFERENCES_MAX 1000

struct fetch {
    day_t day;
    const char *bank, *branch;
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

static const char *take(void *ctx, const struct iso_slice *record)
{
    struct fetch *f = ctx;
    void *rows = f->theirs;
    if (!grow(&rows, f->their_count, &f->their_room, sizeof *f->theirs)) return "there are too many";
    f->theirs = rows;
    int status = compare_read(record, f->bank, f->branch, &f->theirs[f->their_count]);
    if (status < 0) return "a row in them cannot be read";
    f->their_count += status;
    return NULL;
}

static void came(struct service *s, void *ctx, const char *why)
{
    if (why) end(s, ctx, why);
    else compare(s, ctx);
}

void fetch_day(struct service *s, day_t day, fetch_done *done, void *ctx)
{
    struct fetch *f = calloc(1, sizeof *f);
    if (f == NULL) {
        done(s, ctx);
        return;
    }
    *f = (struct fetch){.day = day, .bank = s->branch->settings.bank, .branch = s->branch->settings.branch, .done = done, .ctx = ctx};
    fetch_file(s, "PAY", day, take, came, f);
}
