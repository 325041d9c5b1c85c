#include "bankd/day.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "bankd/day.sql.h"
#include "bankd/day_pg.sql.h"

/* What stands here: what passed, unless two people took the utility's word. */
#define STANDS \
    "SELECT p.branch, p.reference, p.what, p.fen, p.state FROM passed p WHERE p.business=$1 AND NOT EXISTS" \
    " (SELECT 1 FROM taken t WHERE t.business=p.business AND t.branch=p.branch AND t.reference=p.reference)" \
    " UNION ALL SELECT branch, reference, what, fen, state FROM taken WHERE business=$1"

/* Books in SQLite that are older than this column get it. */
static bool knows_closing(struct db *db)
{
    if (db_kind(db) != DB_SQLITE || db_number(db, "SELECT count(*) FROM pragma_table_info('agreed') WHERE name='closing'", DB_NO_ARGS, 0) == 1) return true;
    return db_run(db, "ALTER TABLE agreed ADD COLUMN closing INTEGER NOT NULL DEFAULT 0 CHECK (closing IN (0, 1))", DB_NO_ARGS) >= 0;
}

struct db *bank_day_books(const struct bank *b, struct error *err)
{
    static const struct db_part day = {"agreed", day_sql, day_pg_sql};
    struct db *db = bank_db(b, err);
    if (db == NULL || (db_make_part(db, &day) == 0 && knows_closing(db))) return db;
    db_failed(db, "the day's tables were not made", err);
    db_close(db);
    return NULL;
}

/* --- counting ---------------------------------------------------------------------- */

int day_count(const struct bank *b, day_t day, struct wire_totals *t, struct error *err)
{
    static const char sql[] =
        "SELECT count(*) FILTER (WHERE what<>200000), coalesce(sum(fen) FILTER (WHERE what<>200000), 0),"
        " count(*) FILTER (WHERE what<>200000 AND state='reversed'), coalesce(sum(fen) FILTER (WHERE what<>200000 AND state='reversed'), 0),"
        " count(*) FILTER (WHERE what=200000), coalesce(sum(fen) FILTER (WHERE what=200000), 0)"
        " FROM (" STANDS ") AS all_keys WHERE state<>'none'";
    struct db *db = bank_day_books(b, err);
    memset(t, 0, sizeof *t);
    if (db == NULL) return -1;
    db_ask(db, sql, DB_ARGS(DB_INT(day)));
    if (db_row(db)) {
        int64_t *into[] = {&t->credits, &t->credits_fen, &t->credit_undone, &t->credit_undone_fen, &t->debits, &t->debits_fen};
        for (int i = 0; i < 6; i++)
            *into[i] = db_int(db, i);
    }
    int status = db_end(db) < 0 ? db_failed(db, "the day was not counted", err) : 0;
    db_close(db);
    return status;
}

static const char *figures(const struct wire_totals *t, char *buf, size_t size)
{
    snprintf(buf, size, "%" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64, t->credits, t->credits_fen, t->credit_undone,
             t->credit_undone_fen, t->debits, t->debits_fen);
    return buf;
}

int day_keep(const struct bank *b, day_t day, bool closing, const struct wire_totals *ours, const struct wire_totals *theirs, struct error *err)
{
    char a[160], c[160];
    struct db *db = bank_day_books(b, err);
    if (db == NULL) return -1;
    bool good = bank_begin(db) == 0 &&
                db_run(db, "INSERT INTO agreed (business, at_ms, settlement, ours, theirs, closing) VALUES ($1,$2,$3,$4,$5,$6)",
                       DB_ARGS(DB_INT(day), DB_INT(clock_now_ms(&b->clock)), DB_INT(theirs->settlement), DB_TEXT(figures(ours, a, sizeof a)),
                               DB_TEXT(figures(theirs, c, sizeof c)), DB_INT(closing))) == 1;
    if (good && theirs->settlement == 1) /* what differed is settled */
        good = db_run(db, "DELETE FROM difference WHERE business=$1", DB_ARGS(DB_INT(day))) >= 0;
    good = good && db_commit(db) == 0;
    if (!good) db_failed(db, "the answer was not kept", err);
    db_close(db);
    return good ? 0 : -1;
}

day_t bank_day_open(const struct bank *b, day_t from, day_t to)
{
    struct error err;
    struct db *db = bank_day_books(b, &err);
    day_t open = DAY_NONE;
    for (day_t day = from; db && day <= to && open == DAY_NONE; day++) {
        int64_t said = db_number(db, "SELECT settlement FROM agreed WHERE business=$1 AND closing=1 ORDER BY id DESC LIMIT 1", DB_ARGS(DB_INT(day)), 0);
        bool worked = day == to || db_number(db, "SELECT 1 FROM message WHERE business=$1 LIMIT 1", DB_ARGS(DB_INT(day)), 0) == 1;
        if (said != 1 && worked) open = day;
    }
    if (db == NULL) log_error("%s: %s", err.what, err.why);
    db_close(db);
    return open;
}

/* --- the utility's detail -------------------------------------------------------------- */

int day_read(const struct iso_slice *record, const char *bank, struct day_theirs *out)
{
    char text[1000], *field[6], *at = text;
    struct key key;
    memset(out, 0, sizeof *out);
    if (record->len >= sizeof text) return -1;
    memcpy(text, record->text, record->len);
    text[record->len] = '\0';
    if (strncmp(text, "PAYMENTS|", 9) == 0 || strncmp(text, "END|", 4) == 0) return 0;
    for (int i = 0; i < 6; i++) { /* key, code, state, customer, bills, total */
        field[i] = at;
        at = at ? strchr(at, '|') : NULL;
        if (at == NULL) return -1;
        *at++ = '\0';
    }
    if (!key_parse(field[0], &key) || strcmp(key.bank, bank) != 0 || !text_digits(field[1]) || !text_digits(field[5])) return -1;
    text_copy(out->branch, sizeof out->branch, key.branch);
    text_copy(out->ref, sizeof out->ref, key.ref);
    out->what = (int)strtol(field[1], NULL, 10);
    out->fen = strtoll(field[5], NULL, 10);
    if (!text_copy(out->state, sizeof out->state, field[2])) return -1;
    bool counts = strcmp(out->state, "posted") == 0 || strcmp(out->state, "reversed") == 0;
    return counts && out->what != PROC_TRANSFER ? 1 : 0;
}

static bool put_rows(struct db *db, const struct day_theirs *rows, size_t count)
{
    bool good = db_run(db, "CREATE TEMP TABLE theirs (branch TEXT, reference TEXT, what BIGINT, fen BIGINT, state TEXT)", DB_NO_ARGS) >= 0 &&
                db_load(db, "theirs", 5) == 0;
    for (size_t i = 0; i < count && good; i++)
        good = db_load_row(db, (struct db_arg[]){DB_TEXT(rows[i].branch), DB_TEXT(rows[i].ref), DB_INT(rows[i].what), DB_INT(rows[i].fen), DB_TEXT(rows[i].state)}) == 0;
    return db_load_end(db) == 0 && good;
}

/* A key that came twice, for its state changed while the parts came: reversed counts. */
#define THEIRS "(SELECT branch, reference, max(what) AS what, max(fen) AS fen, max(state) AS state FROM theirs GROUP BY branch, reference)"

int64_t day_compare(const struct bank *b, day_t day, const struct day_theirs *rows, size_t count, struct error *err)
{
    static const char compare[] =
        "INSERT INTO difference SELECT $1, coalesce(o.branch, t.branch), coalesce(o.reference, t.reference),"
        " CASE WHEN t.state IS NULL THEN 'only here' WHEN o.state IS NULL THEN 'only there' WHEN o.state<>t.state THEN 'state' ELSE 'amount' END,"
        " coalesce(o.state, 'none'), coalesce(o.fen, 0), coalesce(t.state, 'none'), coalesce(t.fen, 0), $2"
        " FROM (SELECT * FROM (" STANDS ") AS all_keys WHERE state<>'none') o FULL JOIN " THEIRS " t ON o.branch=t.branch AND o.reference=t.reference"
        " WHERE o.state IS DISTINCT FROM t.state OR o.fen IS DISTINCT FROM t.fen";
    struct db *db = bank_day_books(b, err);
    int64_t found = -1;
    if (db == NULL) return -1;
    bool good = bank_begin(db) == 0 && put_rows(db, rows, count) && db_run(db, "DELETE FROM difference WHERE business=$1", DB_ARGS(DB_INT(day))) >= 0 &&
                (found = db_run(db, compare, DB_ARGS(DB_INT(day), DB_INT(clock_now_ms(&b->clock))))) >= 0 && db_commit(db) == 0;
    if (!good) found = db_failed(db, "the day was not compared", err);
    db_close(db);
    return found;
}

const char *day_act(const char *kind, const char *theirs_state)
{
    if (strcmp(kind, "only here") == 0) return "the utility lacks it: bankd repair resend KEY";
    if (strcmp(kind, "only there") == 0) return "does the branch have it? yes: bankd repair take KEY; no: the utility undoes it (utilityd repair undo KEY)";
    if (strcmp(kind, "state") == 0) return "what was taken back is asked again: bankd repair resend KEY; or the utility's word counts: bankd repair take KEY";
    return "look at both (bankd journal messages --key, utilityd query key), then: bankd repair take KEY";
}
