#include <string.h>

#include "bankd/journal_impl.h"
#include "bankd/settle.h"
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

/* A row of `message`, column for column. */
static bool put_message(struct db *db, const struct clock *clock, struct row *r)
{
    static const int fields[] = {32, 42, 41, 11, 37, 39, 38};
    enum { BANK, BRANCH, TERMINAL, STAN, REFERENCE, CODE, APPROVAL, TEXTS };
    const struct row_facts *f = &r->facts;
    char texts[TEXTS][40], mmdd[8];
    struct iso m;
    day_t business;
    int64_t fen;
    if (iso_unpack(&m, r->bytes, f->len, NULL) != 0) return false; /* it was read once already */
    blank_secrets(&m, r->bytes, f->len);
    for (int i = 0; i < TEXTS; i++)
        iso_text(&m, fields[i], texts[i], sizeof texts[i]);
    bool has_fen = iso_number(&m, 4, &fen), has_day = iso_text(&m, 15, mmdd, sizeof mmdd) && day_from_mmdd(mmdd, clock_today(clock), &business);
    const struct db_arg row[] = {
        DB_INT(f->seq), DB_INT(f->run), DB_INT(f->at_ms), DB_TEXT(journal_fates[f->fate]), DB_INT(f->link), DB_TEXT(f->station), DB_TEXT(m.mti),
        DB_INT(iso_has(&m, 70) ? message_net(&m) : message_proc(&m)), DB_TEXT(texts[BANK]), DB_TEXT(texts[BRANCH]), DB_TEXT(texts[TERMINAL]),
        DB_TEXT(texts[STAN]), DB_TEXT(texts[REFERENCE]), has_fen ? DB_INT(fen) : DB_NULL, DB_TEXT(texts[CODE]), DB_TEXT(texts[APPROVAL]),
        has_day ? DB_INT(business) : DB_NULL, DB_TEXT(r->bytes)};
    return db_load_row(db, row) == 0;
}

static bool put_alarm(struct db *db, const struct row *r)
{
    const struct row_facts *f = &r->facts;
    return db_load_row(db, (const struct db_arg[]){DB_INT(f->seq), DB_INT(f->at_ms), DB_TEXT(f->station), DB_TEXT(f->address), DB_TEXT(r->bytes)}) == 0;
}

/* Those of one kind that are not there yet. */
static bool put_rows(struct db *db, const struct clock *clock, struct row *rows, bool alarms, int64_t above)
{
    if (db_load(db, alarms ? "alarm" : "message", alarms ? 5 : 18) != 0) return false;
    bool good = true;
    for (struct row *r = rows; r && good; r = r->next)
        if ((r->facts.alarm != 0) == alarms && r->facts.seq > above) good = alarms ? put_alarm(db, r) : put_message(db, clock, r);
    return db_load_end(db) == 0 && good;
}

static bool any(const struct row *rows, bool alarm)
{
    while (rows && (rows->facts.alarm != 0) != alarm)
        rows = rows->next;
    return rows != NULL;
}

/* An answer that may settle a branch's day. */
static bool settles(const struct row *r, struct iso *m)
{
    bool answer = !r->facts.alarm && (r->facts.fate == FATE_ANSWER || r->facts.fate == FATE_LATE || r->facts.fate == FATE_NOBODY);
    return answer && memcmp(r->bytes, "0510", 4) == 0 && iso_unpack(m, r->bytes, r->facts.len, NULL) == 0 && settle_concerns(m);
}

static bool any_settles(const struct row *rows)
{
    struct iso m;
    while (rows && !settles(rows, &m))
        rows = rows->next;
    return rows != NULL;
}

static bool settle_all(struct db *db, const struct bank *b, const struct row *rows, int64_t above)
{
    struct error err;
    struct iso m;
    for (const struct row *r = rows; r; r = r->next)
        if (settles(r, &m) && r->facts.seq > above && settle_day(db, b, &m, &err) != 0) return false;
    return true;
}

bool journal_write(struct db *db, const struct bank *b, struct row *rows, int64_t keep_from_ms, bool again)
{
    int64_t messages = 0, alarms = 0;
    bool books = any_settles(rows), good = (books ? bank_begin(db) : db_begin(db)) == 0;
    if (good && again) messages = db_number(db, "SELECT coalesce(max(seq), 0) FROM message", DB_NO_ARGS, 0);
    if (good && again) alarms = db_number(db, "SELECT coalesce(max(id), 0) FROM alarm", DB_NO_ARGS, 0);
    good = good && messages >= 0 && alarms >= 0 && (!any(rows, false) || put_rows(db, &b->clock, rows, false, messages)) &&
           (!any(rows, true) || put_rows(db, &b->clock, rows, true, alarms)) && (!books || settle_all(db, b, rows, messages)) &&
           (keep_from_ms == 0 || db_run(db, "DELETE FROM message WHERE at_ms < $1 AND seq < (SELECT min(seq) FROM message) + " PURGE_ROWS,
                                        DB_ARGS(DB_INT(keep_from_ms))) >= 0) && db_commit(db) == 0;
    if (!good) db_rollback(db);
    return good;
}
