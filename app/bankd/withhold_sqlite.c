/* A piece's books in SQLite: accounts and agreements walked in one sweep each, what
 * came of it written by one statement a table. */
#include <stdlib.h>

#include "bankd/sweep.h"
#include "bankd/withhold_piece.h"

struct own {
    sqlite3 *lib; /* of w->db */
    struct sweep accounts, agreements;
    sqlite3_stmt *top, *entry, *balance, *fail, *done;
};

static struct own *own(struct piece *p) { return p->own; }

static bool step(sqlite3_stmt *q)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    return status == SQLITE_DONE;
}

static bool prepare(struct own *o)
{
    char entry[400];
    const struct { sqlite3_stmt **q; const char *sql; } all[] = {
        {&o->top, "SELECT coalesce(max(id), 0), (SELECT coalesce(max(id), 0) FROM failed) FROM entry"},
        {&o->entry, entry},
        /* they are all there: read in this same transaction */
        {&o->balance, "INSERT INTO account (number, balance_fen, lines, last) SELECT a, b, c, d FROM piece_balances WHERE true"
                      " ON CONFLICT (number) DO UPDATE SET balance_fen=excluded.balance_fen, lines=excluded.lines, last=excluded.last"},
        {&o->fail, "INSERT INTO failed (row, code, id, batch, pass) SELECT a, CAST(b AS TEXT), c, ?4, ?5 FROM piece_failures"},
        {&o->done, "UPDATE batch SET pieces=pieces+1 WHERE id=?1 AND pass=?2 AND pieces=?3"},
    };
    snprintf(entry, sizeof entry, "INSERT INTO entry (id, debit, credit, fen, what, at_ms, batch, row, line, before, balance_fen, business)"
                                  " SELECT a, b, %d, c, %d, ?7, ?8, d, e, f, g, ?9 FROM piece_entries", OWN_OWED, WHAT_WITHHELD);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sqlite3_prepare_v3(o->lib, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].q, NULL) != SQLITE_OK) return false;
    return true;
}

static int open_books(struct piece *p)
{
    const struct withhold *w = p->w;
    struct own *o = p->own = calloc(1, sizeof *o);
    if (o == NULL) return -1;
    o->lib = db_sqlite(w->db);
    if (!rowsource_open(o->lib, "piece_entries", &p->entries) || !rowsource_open(o->lib, "piece_balances", &p->balances) ||
        !rowsource_open(o->lib, "piece_failures", &p->failures) ||
        !sweep_open(&o->accounts, o->lib, "SELECT number, state, balance_fen, lines, last FROM account WHERE number>=?1 ORDER BY number") ||
        !sweep_open(&o->agreements, o->lib, "SELECT account, customer, name FROM agreement WHERE account>=?1 ORDER BY account, customer") || !prepare(o))
        return -1;
    sqlite3_bind_int64(o->entry, 7, w->pass_ms[w->pass]);
    sqlite3_bind_int64(o->entry, 8, w->batch);
    sqlite3_bind_int64(o->entry, 9, p->day);
    sqlite3_bind_int64(o->fail, 4, w->batch);
    sqlite3_bind_int64(o->fail, 5, w->pass);
    sqlite3_bind_int64(o->done, 1, w->batch);
    sqlite3_bind_int64(o->done, 2, w->pass);
    return 0;
}

static int look_up(struct piece *p)
{
    struct own *o = own(p);
    for (size_t i = 0; i < p->known_count; i++) {
        struct known *k = &p->known[i];
        if (k->number == 0 || !sweep_to(&o->accounts, k->number)) continue;
        k->there = true;
        k->state = (enum account_state)sqlite3_column_int(o->accounts.q, 1);
        k->balance_fen = k->was_fen = sqlite3_column_int64(o->accounts.q, 2);
        k->lines = sqlite3_column_int64(o->accounts.q, 3);
        k->last = sqlite3_column_int64(o->accounts.q, 4);
        for (bool line = sweep_to(&o->agreements, k->number); line; line = sweep_next(&o->agreements, k->number)) {
            const char *customer = (const char *)sqlite3_column_text(o->agreements.q, 1), *name = (const char *)sqlite3_column_text(o->agreements.q, 2);
            if (customer && name) piece_agrees(p, k, customer, name);
        }
    }
    bool broken = sweep_failed(&o->accounts) || sweep_failed(&o->agreements);
    sweep_rest(&o->accounts);
    sweep_rest(&o->agreements);
    return broken ? -1 : 0;
}

static int tops(struct piece *p, int64_t *entry, int64_t *failure)
{
    sqlite3_stmt *q = own(p)->top;
    bool good = sqlite3_step(q) == SQLITE_ROW;
    if (good) {
        *entry = sqlite3_column_int64(q, 0);
        *failure = sqlite3_column_int64(q, 1);
    }
    sqlite3_reset(q);
    return good ? 0 : -1;
}

/* As many rows as there were. */
static bool put(struct own *o, sqlite3_stmt *q, const struct rowsource *rows)
{
    return rows->count == 0 || (step(q) && sqlite3_changes64(o->lib) == (sqlite3_int64)rows->count);
}

static int write(struct piece *p)
{
    struct own *o = own(p);
    return put(o, o->entry, &p->entries) && put(o, o->balance, &p->balances) && put(o, o->fail, &p->failures) ? 0 : -1;
}

static int done(struct piece *p)
{
    struct own *o = own(p);
    sqlite3_bind_int64(o->done, 3, p->w->pieces_done);
    return !step(o->done) ? -1 : sqlite3_changes(o->lib) == 1 ? 0 : 1;
}

static void close_books(struct piece *p)
{
    struct own *o = p->own;
    if (o == NULL) return;
    sqlite3_stmt *all[] = {o->top, o->entry, o->balance, o->fail, o->done};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    sweep_close(&o->accounts);
    sweep_close(&o->agreements);
    sqlite3_drop_modules(o->lib, NULL); /* their rows go */
    free(o);
}

const struct piece_books piece_sqlite = {open_books, look_up, tops, write, done, close_books};
