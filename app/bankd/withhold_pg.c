/* A piece's books in PostgreSQL: its accounts asked for as one array, what came of it
 * written by COPY, balances by one statement. The transaction holds the lock of all
 * that changes accounts (bank_begin), so what is read stays as it is. */
#include <stdlib.h>

#include "base/pg_array.h"
#include "bankd/withhold_piece.h"

struct own { struct pg_array columns[4]; };

static struct own *own(struct piece *p) { return p->own; }

static int open_books(struct piece *p)
{
    p->own = calloc(1, sizeof(struct own));
    return p->own ? 0 : -1;
}

static void close_books(struct piece *p)
{
    for (int i = 0; p->own && i < 4; i++)
        pg_array_free(&own(p)->columns[i]);
    free(p->own);
}

/* The account of a row's first column; rows and accounts both rise. */
static struct known *known_of(struct piece *p, size_t *at)
{
    int64_t number = db_int(p->w->db, 0);
    while (*at < p->known_count && p->known[*at].number < number)
        ++*at;
    return *at < p->known_count && p->known[*at].number == number ? &p->known[*at] : NULL;
}

static int look_up(struct piece *p)
{
    struct db *db = p->w->db;
    struct pg_array *numbers = &own(p)->columns[0];
    struct known *k;
    pg_array_start(numbers);
    for (size_t i = 0; i < p->known_count; i++)
        if (p->known[i].number) pg_array_int(numbers, p->known[i].number);
    const char *asked = pg_array_end(numbers);
    if (numbers->failed) return -1;
    db_ask(db, "SELECT number, state, balance_fen, lines, last FROM account WHERE number = ANY ($1::bigint[]) ORDER BY number", DB_ARGS(DB_TEXT(asked)));
    for (size_t at = 0; db_row(db);) {
        if ((k = known_of(p, &at)) == NULL) continue;
        k->there = true;
        k->state = (enum account_state)db_int(db, 1);
        k->balance_fen = k->was_fen = db_int(db, 2);
        k->lines = db_int(db, 3);
        k->last = db_int(db, 4);
    }
    if (db_end(db) < 0) return -1;
    db_ask(db, "SELECT account, customer, name FROM agreement WHERE account = ANY ($1::bigint[]) ORDER BY account", DB_ARGS(DB_TEXT(asked)));
    for (size_t at = 0; db_row(db);)
        if ((k = known_of(p, &at)) != NULL) piece_agrees(p, k, db_text(db, 1), db_text(db, 2));
    return db_end(db) < 0 ? -1 : 0;
}

static int tops(struct piece *p, int64_t *entry, int64_t *failure)
{
    struct db *db = p->w->db;
    db_ask(db, "SELECT coalesce(max(id), 0), (SELECT coalesce(max(id), 0) FROM failed) FROM entry", DB_NO_ARGS);
    if (db_row(db)) {
        *entry = db_int(db, 0);
        *failure = db_int(db, 1);
    }
    return db_end(db) < 0 ? -1 : 0;
}

/* Column for column as accounts_pg.sql has them. */
static bool put_entries(struct piece *p)
{
    struct db *db = p->w->db;
    const struct withhold *w = p->w;
    bool good = db_load(db, "entry", 14) == 0;
    for (size_t i = 0; i < p->entries.count && good; i++) {
        const int64_t *e = p->entry_rows[i];
        good = db_load_row(db, (const struct db_arg[]){DB_INT(e[0]), DB_INT(e[1]), DB_INT(OWN_OWED), DB_INT(e[2]), DB_INT(WHAT_WITHHELD), DB_INT(w->pass_ms[w->pass]),
                                                       DB_INT(w->batch), DB_INT(e[3]), DB_INT(e[4]), DB_INT(e[5]), DB_INT(e[6]), DB_TEXT(""), DB_INT(p->day),
                                                       DB_TEXT("")}) == 0;
    }
    return db_load_end(db) == 0 && good;
}

static bool put_failures(struct piece *p)
{
    struct db *db = p->w->db;
    bool good = db_load(db, "failed", 5) == 0;
    for (size_t i = 0; i < p->failures.count && good; i++) {
        const int64_t *f = p->failed_rows[i];
        char code[24];
        snprintf(code, sizeof code, "%lld", (long long)f[1]);
        good = db_load_row(db, (const struct db_arg[]){DB_INT(f[2]), DB_INT(p->w->batch), DB_INT(p->w->pass), DB_INT(f[0]), DB_TEXT(code)}) == 0;
    }
    return db_load_end(db) == 0 && good;
}

static bool put_balances(struct piece *p)
{
    struct pg_array *columns = own(p)->columns;
    const char *texts[4];
    bool failed = false;
    for (int c = 0; c < 4; c++) {
        pg_array_start(&columns[c]);
        for (size_t i = 0; i < p->balances.count; i++)
            pg_array_int(&columns[c], p->account_rows[i][c]);
        texts[c] = pg_array_end(&columns[c]);
        failed = failed || columns[c].failed;
    }
    return !failed && db_run(p->w->db, "UPDATE account SET balance_fen=v.balance_fen, lines=v.lines, last=v.last FROM unnest ($1::bigint[], $2::bigint[], $3::bigint[],"
                                       " $4::bigint[]) AS v (number, balance_fen, lines, last) WHERE account.number=v.number",
                             DB_ARGS(DB_TEXT(texts[0]), DB_TEXT(texts[1]), DB_TEXT(texts[2]), DB_TEXT(texts[3]))) == (int64_t)p->balances.count;
}

static int write(struct piece *p)
{
    return (p->entries.count == 0 || put_entries(p)) && (p->balances.count == 0 || put_balances(p)) && (p->failures.count == 0 || put_failures(p)) ? 0 : -1;
}

static int done(struct piece *p)
{
    const struct withhold *w = p->w;
    int64_t changed = db_run(w->db, "UPDATE batch SET pieces=pieces+1 WHERE id=$1 AND pass=$2 AND pieces=$3",
                             DB_ARGS(DB_INT(w->batch), DB_INT(w->pass), DB_INT(w->pieces_done)));
    return changed < 0 ? -1 : changed == 1 ? 0 : 1;
}

const struct piece_books piece_pg = {open_books, look_up, tops, write, done, close_books};
