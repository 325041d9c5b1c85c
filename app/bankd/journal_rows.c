#include <string.h>

#include "bankd/journal_impl.h"
#include "wire/message.h"
#include "wire/tags.h"

#define PURGE_ROWS "10000" /* old rows dropped at a time */

const char *const journal_fates[] = {"sent", "queued", "local", "refused", "held", "answer", "late", "nobody", "own", "desk"};

/* A password was sealed for the bank alone; it is not for this book either. */
static void blank_secrets(const struct iso *m, char *text, size_t len)
{
    struct tag_iter it;
    struct tag tag;
    tag_first_of(&it, m);
    while (tag_next(&it, &tag, NULL) == 1) {
        const struct tag_spec *spec = tag_spec(tag.tag);
        if (spec == NULL || !spec->secret || tag.len == 0) continue;
        for (char *at = text; (at = memmem(at, len - (size_t)(at - text), tag.value, tag.len)) != NULL; at += tag.len)
            memset(at, '*', tag.len);
    }
}

static bool step(sqlite3_stmt *q)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    return status == SQLITE_DONE;
}

static void bind_field(sqlite3_stmt *q, int at, const struct iso *m, int field)
{
    char text[40];
    iso_text(m, field, text, sizeof text);
    sqlite3_bind_text(q, at, text, -1, SQLITE_TRANSIENT);
}

static bool write_message(sqlite3_stmt *q, const struct clock *clock, struct row *r)
{
    static const struct { int at, field; } fields[] = {{8, 32}, {9, 42}, {10, 41}, {11, 11}, {12, 37}, {14, 39}, {15, 38}};
    const struct row_facts *f = &r->facts;
    struct iso m;
    day_t business;
    int64_t fen;
    char mmdd[8];
    if (iso_unpack(&m, r->bytes, f->len, NULL) != 0) return false; /* it was read once already */
    blank_secrets(&m, r->bytes, f->len);
    sqlite3_clear_bindings(q);
    sqlite3_bind_int64(q, 1, f->seq);
    sqlite3_bind_int64(q, 2, f->run);
    sqlite3_bind_int64(q, 3, f->at_ms);
    sqlite3_bind_text(q, 4, journal_fates[f->fate], -1, SQLITE_STATIC);
    sqlite3_bind_int(q, 5, f->link);
    sqlite3_bind_text(q, 6, f->station, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 7, m.mti, -1, SQLITE_TRANSIENT);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        bind_field(q, fields[i].at, &m, fields[i].field);
    if (iso_number(&m, 4, &fen)) sqlite3_bind_int64(q, 13, fen);
    if (iso_text(&m, 15, mmdd, sizeof mmdd) && day_from_mmdd(mmdd, clock_today(clock), &business)) sqlite3_bind_int(q, 16, business);
    sqlite3_bind_text(q, 17, r->bytes, (int)f->len, SQLITE_STATIC);
    sqlite3_bind_int(q, 18, iso_has(&m, 70) ? message_net(&m) : message_proc(&m));
    return step(q);
}

static bool write_alarm(sqlite3_stmt *q, const struct row *r)
{
    sqlite3_bind_int64(q, 1, r->facts.seq);
    sqlite3_bind_int64(q, 2, r->facts.at_ms);
    sqlite3_bind_text(q, 3, r->facts.station, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 4, r->facts.address, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 5, r->bytes, -1, SQLITE_STATIC);
    return step(q);
}

bool journal_sql_write(struct journal_sql *s, const struct clock *clock, struct row *rows, int64_t keep_from_ms)
{
    bool good = step(s->begin);
    for (struct row *r = rows; r && good; r = r->next)
        good = r->facts.alarm ? write_alarm(s->alarm, r) : write_message(s->message, clock, r);
    if (good && keep_from_ms) {
        sqlite3_bind_int64(s->purge, 1, keep_from_ms);
        good = step(s->purge);
    }
    return good && step(s->commit);
}

bool journal_sql_open(struct journal_sql *s, sqlite3 *db)
{
    const struct { sqlite3_stmt **q; const char *sql; } rows[] = {
        {&s->begin, "BEGIN IMMEDIATE"},
        {&s->commit, "COMMIT"},
        {&s->message, "INSERT INTO message (seq, run, at_ms, fate, link, station, mti, bank, branch, terminal, stan, reference,"
                      " amount_fen, code, approval, business, text, what) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"},
        {&s->alarm, "INSERT INTO alarm (id, at_ms, station, address, what) VALUES (?,?,?,?,?)"},
        {&s->purge, "DELETE FROM message WHERE at_ms < ? AND seq < (SELECT min(seq) FROM message) + " PURGE_ROWS},
    };
    s->db = db;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (sqlite3_prepare_v2(db, rows[i].sql, -1, rows[i].q, NULL) != SQLITE_OK) return false;
    return true;
}

void journal_sql_close(struct journal_sql *s)
{
    sqlite3_finalize(s->begin);
    sqlite3_finalize(s->commit);
    sqlite3_finalize(s->message);
    sqlite3_finalize(s->alarm);
    sqlite3_finalize(s->purge);
    sqlite3_close(s->db);
    memset(s, 0, sizeof *s);
}
