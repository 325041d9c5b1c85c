/* A day that is out of balance: the utility's PAYMENTS detail of it is fetched part by
 * part, and what differs goes into the ledger, payment by payment. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/fetch_file.h"
#include "branchd/service.h"

#define ROWS_AT_ONCE 1024

struct fetching {
    struct service *s;
    day_t day;
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
static const char *take(void *ctx, const struct iso_slice *record)
{
    static const char unreadable[] = "a record in it cannot be read";
    struct fetching *f = ctx;
    char text[FETCH_RECORD_SIZE], *field[10];
    int64_t proc;
    if (f->count == LEDGER_THEIRS_MAX) return "it is too long";
    if (f->count == f->room) {
        struct ledger_theirs *more = realloc(f->rows, (size_t)(f->room + ROWS_AT_ONCE) * sizeof *more);
        if (more == NULL) return "no memory";
        f->rows = more;
        f->room += ROWS_AT_ONCE;
    }
    struct ledger_theirs *row = memset(&f->rows[f->count], 0, sizeof *row);
    const char *ref = fetch_split(record, text, field, 10) ? strrchr(field[0], '/') : NULL;
    if (ref == NULL || strlen(ref + 1) != KEY_REF_SIZE - 1 || !text_digits(ref + 1) || !fetch_number(field[1], &proc) ||
        !fetch_number(field[5], &row->amount_fen) || !text_copy(row->state, sizeof row->state, field[2]))
        return unreadable;
    text_copy(row->ref, sizeof row->ref, ref + 1);
    row->proc = (int)proc;
    f->count++;
    return NULL;
}

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

static void came(struct service *s, void *ctx, const char *why)
{
    if (why) finish(ctx, why);
    else whole(ctx);
}

void detail_fetch(struct service *s, day_t day, struct rpc_call *call, agree_done *done)
{
    struct fetching *f = calloc(1, sizeof *f);
    if (f == NULL) {
        if (done) done(s, call);
        return;
    }
    *f = (struct fetching){.s = s, .day = day, .call = call, .done = done};
    fetch_file(s, "PAY", day, take, came, f);
}
