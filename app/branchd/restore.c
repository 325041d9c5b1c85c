#include "branchd/restore.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/fetch_file.h"
#include "branchd/service.h"
#include "ledger/restored.h"

#define AGAIN_MS 5000
#define ROWS_MAX 500000 /* of all days since the backup */
#define DAYS_MAX 400

struct fetching {
    struct service *s;
    day_t day, last;
    bool numbers; /* of this day, the payments are there */
    struct restored_theirs *theirs;
    struct restored_number *told;
    int their_count, their_room, told_count, told_room;
};

bool restore_waits(struct service *s)
{
    struct restored_state state;
    return restored_state(s->ledger, &state, NULL) == LEDGER_OK && state.stage != RESTORED_NONE;
}

/* Room for one more, or NULL. */
static void *grow(void *rows, int count, int *room, size_t size)
{
    if (count < *room) return rows;
    int more = *room ? *room * 2 : 256;
    void *next = more <= ROWS_MAX ? realloc(rows, (size_t)more * size) : NULL;
    if (next) *room = more;
    return next;
}

static bool our_key(const struct fetching *f, const char *text, char ref[KEY_REF_SIZE])
{
    const struct branch_settings *set = &f->s->branch->settings;
    struct key key;
    return key_parse(text, &key) && strcmp(key.bank, set->bank) == 0 && strcmp(key.branch, set->branch) == 0 &&
           text_copy(ref, KEY_REF_SIZE, key.ref);
}

static int64_t time_of(const struct fetching *f, const char *text)
{
    int64_t ms;
    return clock_parse(&f->s->branch->clock, text, &ms) ? ms : 0;
}

/* key|processing code|state|customer|bill amounts|total|disposition|rest|approval|time, and what a
 * 04xx of it needs, where the utility tells: |STAN|terminal|taken */
static const char *take_payment(void *ctx, const struct iso_slice *record)
{
    static const char unreadable[] = "a payment in it cannot be read";
    struct fetching *f = ctx;
    char text[FETCH_RECORD_SIZE], *v[10], *trace[3];
    int64_t proc;
    void *rows = grow(f->theirs, f->their_count, &f->their_room, sizeof *f->theirs);
    if (rows == NULL) return "there are too many payments";
    f->theirs = rows;
    struct restored_theirs *t = memset(&f->theirs[f->their_count], 0, sizeof *t);
    if (!fetch_split(record, text, v, 10) || !our_key(f, v[0], t->ref) || !fetch_number(v[1], &proc) || !fetch_number(v[5], &t->amount_fen) ||
        !fetch_number(v[7], &t->rest_fen))
        return unreadable;
    size_t more = 0;
    for (char *at = strchr(v[9], '|'); at && more < 3; at = strchr(at, '|')) {
        *at++ = '\0';
        trace[more++] = at;
    }
    t->proc = (int)proc;
    t->day = f->day;
    t->answered_ms = time_of(f, v[9]);
    if (more == 3) {
        t->stan = (int)strtol(trace[0], NULL, 10);
        t->taken_ms = time_of(f, trace[2]);
        if (!text_copy(t->terminal, sizeof t->terminal, trace[1])) return unreadable;
    }
    if (!text_copy(t->state, sizeof t->state, v[2]) || !text_copy(t->customer, sizeof t->customer, v[3]) || !text_copy(t->bills, sizeof t->bills, v[4]) ||
        !text_copy(t->places, sizeof t->places, v[6]) || !text_copy(t->approval, sizeof t->approval, v[8]))
        return unreadable;
    f->their_count++;
    return NULL;
}

/* key|series|number|printed, spoiled or cancelled|time */
static const char *take_number(void *ctx, const struct iso_slice *record)
{
    struct fetching *f = ctx;
    char text[FETCH_RECORD_SIZE], *v[5];
    void *rows = grow(f->told, f->told_count, &f->told_room, sizeof *f->told);
    if (rows == NULL) return "there are too many notices";
    f->told = rows;
    struct restored_number *n = memset(&f->told[f->told_count], 0, sizeof *n);
    if (!fetch_split(record, text, v, 5) || !our_key(f, v[0], n->ref) || !text_copy(n->series, sizeof n->series, v[1]) ||
        !text_copy(n->number, sizeof n->number, v[2]) || !text_copy(n->told, sizeof n->told, v[3]))
        return "a notice in it cannot be read";
    f->told_count++;
    return NULL;
}

static void finish(struct fetching *f, const char *why)
{
    struct service *s = f->s;
    if (why) log_warn("what the utility has since the backup cannot be fetched: %s", why);
    text_copy(s->restore.why, sizeof s->restore.why, why ? why : "");
    s->restore.going = false;
    s->restore.again_ms = clock_monotonic_ms() + AGAIN_MS;
    free(f->theirs);
    free(f->told);
    free(f);
    service_changed(s);
}

static void whole(struct fetching *f)
{
    struct service *s = f->s;
    struct error err = {0};
    enum ledger_result result = restored_known(s->ledger, f->theirs, f->their_count, f->told, f->told_count, &err);
    if (result == LEDGER_BROKEN) service_broken(s);
    if (result == LEDGER_OK) log_info("fetched since the backup: %d payments, %d notices; two people say what became of each", f->their_count, f->told_count);
    finish(f, result == LEDGER_OK ? NULL : err.why);
}

static void next(struct fetching *f);

static void came(struct service *s, void *ctx, const char *why)
{
    struct fetching *f = ctx;
    if (why) {
        finish(f, why);
        return;
    }
    if (f->numbers) f->day++;
    f->numbers = !f->numbers;
    if (f->day > f->last) whole(f);
    else next(f);
}

static void next(struct fetching *f)
{
    fetch_file(f->s, f->numbers ? "INV" : "PAY", f->day, f->numbers ? take_number : take_payment, came, f);
}

void restore_kick(struct service *s)
{
    struct restored_state state;
    struct ledger_identity id;
    if (s->restore.going || !link_up(s->link) || clock_monotonic_ms() < s->restore.again_ms) return;
    if (restored_state(s->ledger, &state, NULL) != LEDGER_OK || state.stage != RESTORED_FETCH) return;
    if (ledger_identity(s->ledger, &id, NULL) != LEDGER_OK || !id.epoch_held) return;
    struct fetching *f = calloc(1, sizeof *f);
    if (f == NULL) return;
    if (state.first < state.last - DAYS_MAX) state.first = state.last - DAYS_MAX;
    *f = (struct fetching){.s = s, .day = state.first, .last = state.last};
    s->restore.going = true;
    next(f);
}
