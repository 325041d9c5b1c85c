#include "bankd/sweep.h"

#include <string.h>

#define STEPS_BEFORE_SEEKING 6 /* a seek costs about so many steps */

bool sweep_open(struct sweep *s, sqlite3 *db, const char *sql)
{
    memset(s, 0, sizeof *s);
    s->status = SQLITE_DONE;
    return sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s->q, NULL) == SQLITE_OK;
}

static void step(struct sweep *s)
{
    s->status = sqlite3_step(s->q);
    s->live = s->status == SQLITE_ROW;
    if (s->live) s->at = sqlite3_column_int64(s->q, 0);
}

bool sweep_to(struct sweep *s, int64_t number)
{
    for (int steps = 0; s->live && s->at < number && steps < STEPS_BEFORE_SEEKING; steps++)
        step(s);
    if (!s->live && s->status == SQLITE_DONE && s->at > number) return false; /* the end was reached behind it */
    if (!s->live || s->at < number) {
        sqlite3_reset(s->q);
        sqlite3_bind_int64(s->q, 1, number);
        step(s);
        if (!s->live) s->at = INT64_MAX; /* nothing there or beyond */
    }
    return s->live && s->at == number;
}

bool sweep_next(struct sweep *s, int64_t number)
{
    if (s->live) step(s);
    if (!s->live && s->status == SQLITE_DONE) s->at = INT64_MAX;
    return s->live && s->at == number;
}

bool sweep_failed(const struct sweep *s) { return s->status != SQLITE_ROW && s->status != SQLITE_DONE; }

void sweep_rest(struct sweep *s)
{
    sqlite3_reset(s->q);
    s->live = false;
    s->at = 0;
    s->status = SQLITE_DONE;
}

void sweep_close(struct sweep *s)
{
    sqlite3_finalize(s->q);
    memset(s, 0, sizeof *s);
}
