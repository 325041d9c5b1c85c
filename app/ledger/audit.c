/* The log of who did what: notes, reading, and whether it is as it was written. */
#include <string.h>

#include "ledger/books.h"

enum ledger_result audit_note(struct ledger *ledger, const char *event, const char *operator_number, const char *terminal,
                              const char *subject, const char *words, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, event, operator_number, NULL, terminal, subject, "%s", words ? words : "");
    return ledger_end(ledger, r, err);
}

enum ledger_result audit_once(struct ledger *ledger, const char *event, const char *operator_number, const char *terminal,
                              const char *subject, const char *words, struct error *err)
{
    int64_t id;
    enum ledger_result r = ledger_begin(ledger, err);
    int got = r == LEDGER_OK ? sql_one(ledger, err, "SELECT id FROM audit WHERE subject = ?1 AND event = ?2", BIND(sql_text(subject), sql_text(event)),
                                       INTO(into_int64(&id))) : 0;
    if (got == 1)
        r = ledger_refuse(err, LEDGER_STATE, "it is not done twice", NULL, "%s of %s was given out already", event, subject);
    if (r == LEDGER_OK)
        r = got < 0 ? LEDGER_BROKEN : ledger_audit(ledger, err, event, operator_number, NULL, terminal, subject, "%s", words ? words : "");
    return ledger_end(ledger, r, err);
}

#define AUDIT_COLUMNS "SELECT id, at, event, operator, second, terminal, subject, words FROM audit WHERE "
static const char from_on[] = AUDIT_COLUMNS "id >= ?1 ORDER BY id LIMIT ?2";
static const char from_on_of[] = AUDIT_COLUMNS "subject = ?3 AND id >= ?1 ORDER BY id LIMIT ?2";

/* The first of the newest `max`. */
static int newest(struct ledger *ledger, const char *subject, int max, int64_t *from, struct error *err)
{
    return subject ? sql_one(ledger, err, "SELECT coalesce(min(id), 1) FROM (SELECT id FROM audit WHERE subject = ?1 ORDER BY id DESC LIMIT ?2)",
                             BIND(sql_text(subject), sql_int(max)), INTO(into_int64(from)))
                   : sql_one(ledger, err, "SELECT coalesce(min(id), 1) FROM (SELECT id FROM audit ORDER BY id DESC LIMIT ?1)",
                             BIND(sql_int(max)), INTO(into_int64(from)));
}

enum ledger_result audit_list(struct ledger *ledger, const char *subject, int64_t from_id, int max, audit_record *each, void *ctx,
                              struct error *err)
{
    int64_t id, at_ms;
    char event[64], who[LEDGER_OPERATOR_SIZE], second[LEDGER_OPERATOR_SIZE], terminal[LEDGER_TERMINAL_SIZE], about[64], words[512];
    int got;
    if (from_id <= 0 && newest(ledger, subject, max, &from_id, err) < 0)
        return LEDGER_BROKEN;
    sqlite3_stmt *walk = subject ? sql_start(ledger, err, from_on_of, BIND(sql_int(from_id), sql_int(max), sql_text(subject)))
                                 : sql_start(ledger, err, from_on, BIND(sql_int(from_id), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk,
                           INTO(into_int64(&id), into_int64(&at_ms), into_text(event, sizeof event), into_text(who, sizeof who),
                                into_text(second, sizeof second), into_text(terminal, sizeof terminal),
                                into_text(about, sizeof about), into_text(words, sizeof words)))) == 1)
        each(ctx, id, at_ms, event, who, second, terminal, about, words);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

/* A chain cut short, with the branch's own note of its end set back too, still lacks
 * what days and payments point at. */
static int lacks(struct ledger *ledger, int64_t *bad, struct error *err)
{
    return sql_one(ledger, err,
                   "SELECT id FROM (SELECT head_id AS id FROM day WHERE head IS NOT NULL"
                   "  AND NOT EXISTS (SELECT 1 FROM audit WHERE id = head_id AND hash = head)"
                   " UNION ALL SELECT audit FROM payment WHERE audit > (SELECT audit_id FROM branch)) ORDER BY id LIMIT 1",
                   BIND_NOTHING, INTO(into_int64(bad)));
}

enum ledger_result audit_verify(struct ledger *ledger, char head[SECRET_HEX_SIZE], struct error *err)
{
    int64_t bad;
    enum ledger_result r = ledger_audit_chain(ledger, 0, NULL, &bad, head, err);
    if (r == LEDGER_OK && !bad && lacks(ledger, &bad, err) < 0)
        return LEDGER_BROKEN;
    if (r != LEDGER_OK || !bad)
        return r;
    return ledger_refuse(err, LEDGER_STATE, "the audit does not verify", "keep the file as evidence",
                         "record %lld is not as it was written, or is missing", (long long)bad);
}

enum ledger_result audit_head(struct ledger *ledger, char head[SECRET_HEX_SIZE], struct error *err)
{
    unsigned char hash[SECRET_HASH_BYTES];
    if (sql_one(ledger, err, "SELECT audit_head FROM branch", BIND_NOTHING, INTO(into_blob(hash, sizeof hash))) != 1)
        return LEDGER_BROKEN;
    secret_hex(hash, sizeof hash, head, SECRET_HEX_SIZE);
    return LEDGER_OK;
}
