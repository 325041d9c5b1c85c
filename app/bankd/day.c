#include "bankd/day.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "bankd/day.sql.h"

/* What stands here: what passed, unless two people took the utility's word. */
#define STANDS \
    "SELECT p.branch, p.reference, p.what, p.fen, p.state FROM passed p WHERE p.business=?1 AND NOT EXISTS" \
    " (SELECT 1 FROM taken t WHERE t.business=p.business AND t.branch=p.branch AND t.reference=p.reference)" \
    " UNION ALL SELECT branch, reference, what, fen, state FROM taken WHERE business=?1"

int day_make(sqlite3 *db)
{
    return bank_db_int(db, "SELECT count(*) FROM sqlite_schema WHERE name='agreed'") == 1 ? SQLITE_OK : sqlite3_exec(db, day_sql, NULL, NULL, NULL);
}

static sqlite3 *books(const struct bank *b, struct error *err)
{
    sqlite3 *db = bank_db(b, err);
    if (db && day_make(db) != SQLITE_OK) {
        bank_db_failed(db, "the day's tables were not made", err);
        sqlite3_close(db);
        db = NULL;
    }
    return db;
}

/* --- counting ---------------------------------------------------------------------- */

int day_count(const struct bank *b, day_t day, struct wire_totals *t, struct error *err)
{
    static const char sql[] =
        "SELECT count(*) FILTER (WHERE what<>200000), coalesce(sum(fen) FILTER (WHERE what<>200000), 0),"
        " count(*) FILTER (WHERE what<>200000 AND state='reversed'), coalesce(sum(fen) FILTER (WHERE what<>200000 AND state='reversed'), 0),"
        " count(*) FILTER (WHERE what=200000), coalesce(sum(fen) FILTER (WHERE what=200000), 0)"
        " FROM (" STANDS ") WHERE state<>'none'";
    sqlite3 *db = books(b, err);
    sqlite3_stmt *q = NULL;
    memset(t, 0, sizeof *t);
    if (db == NULL) return -1;
    bool good = sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_bind_int(q, 1, day) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW;
    if (good) {
        int64_t *into[] = {&t->credits, &t->credits_fen, &t->credit_undone, &t->credit_undone_fen, &t->debits, &t->debits_fen};
        for (int i = 0; i < 6; i++)
            *into[i] = sqlite3_column_int64(q, i);
    } else {
        bank_db_failed(db, "the day was not counted", err);
    }
    sqlite3_finalize(q);
    sqlite3_close(db);
    return good ? 0 : -1;
}

static const char *figures(const struct wire_totals *t, char *buf, size_t size)
{
    snprintf(buf, size, "%" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64 " %" PRId64 "/%" PRId64, t->credits, t->credits_fen, t->credit_undone,
             t->credit_undone_fen, t->debits, t->debits_fen);
    return buf;
}

int day_keep(const struct bank *b, day_t day, const struct wire_totals *ours, const struct wire_totals *theirs, struct error *err)
{
    char a[160], c[160];
    sqlite3 *db = books(b, err);
    sqlite3_stmt *q = NULL;
    if (db == NULL) return -1;
    bool good = sqlite3_prepare_v2(db, "INSERT INTO agreed (business, at_ms, settlement, ours, theirs) VALUES (?1,?2,?3,?4,?5)", -1, &q, NULL) == SQLITE_OK &&
                sqlite3_bind_int(q, 1, day) == SQLITE_OK && sqlite3_bind_int64(q, 2, clock_now_ms(&b->clock)) == SQLITE_OK &&
                sqlite3_bind_int(q, 3, theirs->settlement) == SQLITE_OK && sqlite3_bind_text(q, 4, figures(ours, a, sizeof a), -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_bind_text(q, 5, figures(theirs, c, sizeof c), -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    if (good && theirs->settlement == 1) { /* what differed is settled */
        q = NULL;
        good = sqlite3_prepare_v2(db, "DELETE FROM difference WHERE business=?1", -1, &q, NULL) == SQLITE_OK &&
               sqlite3_bind_int(q, 1, day) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
        sqlite3_finalize(q);
    }
    if (!good) bank_db_failed(db, "the answer was not kept", err);
    sqlite3_close(db);
    return good ? 0 : -1;
}

int day_agreed(const struct bank *b, day_t day)
{
    struct error err;
    char sql[120];
    sqlite3 *db = books(b, &err);
    if (db == NULL) return -1;
    snprintf(sql, sizeof sql, "SELECT settlement FROM agreed WHERE business=%d ORDER BY id DESC LIMIT 1", (int)day);
    int64_t n = bank_db_int(db, sql);
    sqlite3_close(db);
    return n < 0 ? 0 : (int)n;
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

static bool put_rows(sqlite3 *db, const struct day_theirs *rows, size_t count)
{
    sqlite3_stmt *q = NULL;
    bool good = sqlite3_exec(db, "CREATE TEMP TABLE theirs (branch TEXT, reference TEXT, what INTEGER, fen INTEGER, state TEXT, PRIMARY KEY (branch, reference))",
                             NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_prepare_v2(db, "INSERT OR REPLACE INTO theirs VALUES (?1,?2,?3,?4,?5)", -1, &q, NULL) == SQLITE_OK;
    for (size_t i = 0; i < count && good; i++) {
        good = sqlite3_bind_text(q, 1, rows[i].branch, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_bind_text(q, 2, rows[i].ref, -1, SQLITE_STATIC) == SQLITE_OK &&
               sqlite3_bind_int(q, 3, rows[i].what) == SQLITE_OK && sqlite3_bind_int64(q, 4, rows[i].fen) == SQLITE_OK &&
               sqlite3_bind_text(q, 5, rows[i].state, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE && sqlite3_reset(q) == SQLITE_OK;
    }
    sqlite3_finalize(q);
    return good;
}

int64_t day_compare(const struct bank *b, day_t day, const struct day_theirs *rows, size_t count, struct error *err)
{
    static const char compare[] =
        "INSERT INTO difference SELECT ?1, coalesce(o.branch, t.branch), coalesce(o.reference, t.reference),"
        " CASE WHEN t.state IS NULL THEN 'only here' WHEN o.state IS NULL THEN 'only there' WHEN o.state<>t.state THEN 'state' ELSE 'amount' END,"
        " coalesce(o.state, 'none'), coalesce(o.fen, 0), coalesce(t.state, 'none'), coalesce(t.fen, 0), ?2"
        " FROM (SELECT * FROM (" STANDS ") WHERE state<>'none') o FULL JOIN theirs t ON o.branch=t.branch AND o.reference=t.reference"
        " WHERE o.state IS NOT t.state OR o.fen IS NOT t.fen";
    sqlite3 *db = books(b, err);
    sqlite3_stmt *q = NULL;
    char forget[80];
    int64_t found = -1;
    if (db == NULL) return -1;
    snprintf(forget, sizeof forget, "DELETE FROM difference WHERE business=%d", (int)day);
    bool good = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK && put_rows(db, rows, count) &&
                sqlite3_exec(db, forget, NULL, NULL, NULL) == SQLITE_OK && sqlite3_prepare_v2(db, compare, -1, &q, NULL) == SQLITE_OK &&
                sqlite3_bind_int(q, 1, day) == SQLITE_OK && sqlite3_bind_int64(q, 2, clock_now_ms(&b->clock)) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    if (good) found = sqlite3_changes64(db);
    good = good && sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!good) found = bank_db_failed(db, "the day was not compared", err);
    sqlite3_close(db);
    return found;
}

const char *day_act(const char *kind, const char *theirs_state)
{
    if (strcmp(kind, "only here") == 0) return "the utility lacks it: bankd repair resend KEY";
    if (strcmp(kind, "only there") == 0) return "does the branch have it? yes: bankd repair take KEY; no: the utility undoes it (utilityd repair undo KEY)";
    if (strcmp(kind, "state") == 0) return "what was taken back is asked again: bankd repair resend KEY; or the utility's word counts: bankd repair take KEY";
    return "look at both (bankd journal messages --key, utilityd query key), then: bankd repair take KEY";
}
