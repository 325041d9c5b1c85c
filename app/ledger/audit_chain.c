/* The audit: each record's hash covers the one before it, under a key that is
 * not in the file. Written in the transaction of what it tells of. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/inside.h"

#define WORDS_SIZE 400

struct record {
    int64_t id, at_ms;
    const char *event, *operator_number, *second, *terminal, *subject, *words;
};

static const char *text(const char *t) { return t ? t : ""; }

static void hash_record(const struct ledger *ledger, const unsigned char before[SECRET_HASH_BYTES], const struct record *r,
                        unsigned char hash[SECRET_HASH_BYTES])
{
    struct secret_chain chain;
    secret_chain_init(&chain, ledger->world.audit_key);
    secret_chain_field(&chain, before, SECRET_HASH_BYTES);
    secret_chain_int(&chain, r->id);
    secret_chain_int(&chain, r->at_ms);
    secret_chain_text(&chain, r->event);
    secret_chain_text(&chain, r->operator_number);
    secret_chain_text(&chain, r->second);
    secret_chain_text(&chain, r->terminal);
    secret_chain_text(&chain, r->subject);
    secret_chain_text(&chain, r->words);
    secret_chain_final(&chain, hash);
}

void ledger_audit_first(const unsigned char key[SECRET_KEY_BYTES], const char *bank, const char *branch,
                        unsigned char hash[SECRET_HASH_BYTES])
{
    struct secret_chain chain;
    secret_chain_init(&chain, key);
    secret_chain_text(&chain, "gridteller ledger");
    secret_chain_text(&chain, bank);
    secret_chain_text(&chain, branch);
    secret_chain_final(&chain, hash);
}

static enum ledger_result append(struct ledger *ledger, struct error *err, struct record *r)
{
    unsigned char head[SECRET_HASH_BYTES], hash[SECRET_HASH_BYTES];
    if (sql_one(ledger, err, "SELECT audit_id, audit_head FROM branch", BIND_NOTHING,
                INTO(into_int64(&r->id), into_blob(head, sizeof head))) != 1)
        return LEDGER_BROKEN;
    r->id++;
    hash_record(ledger, head, r, hash);
    enum ledger_result result = sql_run(ledger, err,
        "INSERT INTO audit (id, at, event, operator, second, terminal, subject, words, hash)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        BIND(sql_int(r->id), sql_int(r->at_ms), sql_text(r->event), sql_text(r->operator_number), sql_text(r->second),
             sql_text(r->terminal), sql_text(r->subject), sql_text(r->words), sql_blob(hash, sizeof hash)));
    if (result == LEDGER_OK)
        result = sql_run(ledger, err, "UPDATE branch SET audit_id = ?1, audit_head = ?2, latest_ms = ?3",
                         BIND(sql_int(r->id), sql_blob(hash, sizeof hash), sql_int(r->at_ms)));
    if (result == LEDGER_OK) {
        ledger->audit_id = r->id;
        ledger->stamped = true;
    }
    return result;
}

enum ledger_result ledger_audit(struct ledger *ledger, struct error *err, const char *event, const char *operator_number,
                                const char *second, const char *terminal, const char *subject, const char *words_fmt, ...)
{
    char words[WORDS_SIZE];
    va_list args;
    va_start(args, words_fmt);
    vsnprintf(words, sizeof words, words_fmt, args);
    va_end(args);
    for (size_t len = strlen(words); len > 0 && !utf8_valid(words, len); len--)
        words[len - 1] = '\0'; /* cut in a character */
    struct record r = {.at_ms = ledger_now(ledger), .event = event, .operator_number = text(operator_number),
                       .second = text(second), .terminal = text(terminal), .subject = text(subject), .words = words};
    return append(ledger, err, &r);
}

/* --- looking at it again ------------------------------------------------------------------ */

static const char *column(sqlite3_stmt *statement, int index)
{
    return text((const char *)sqlite3_column_text(statement, index));
}

static bool holds(const struct ledger *ledger, sqlite3_stmt *statement, int64_t expected_id,
                  unsigned char head[SECRET_HASH_BYTES])
{
    struct record r = {.id = sqlite3_column_int64(statement, 0), .at_ms = sqlite3_column_int64(statement, 1),
                       .event = column(statement, 2), .operator_number = column(statement, 3),
                       .second = column(statement, 4), .terminal = column(statement, 5),
                       .subject = column(statement, 6), .words = column(statement, 7)};
    unsigned char hash[SECRET_HASH_BYTES];
    const void *stored = sqlite3_column_blob(statement, 8);
    if (r.id != expected_id || sqlite3_column_bytes(statement, 8) != SECRET_HASH_BYTES)
        return false;
    hash_record(ledger, head, &r, hash);
    if (!secret_equal(hash, stored, sizeof hash))
        return false;
    memcpy(head, hash, sizeof hash);
    return true;
}

enum ledger_result ledger_audit_chain(struct ledger *ledger, int64_t from, const unsigned char *anchor, int64_t *bad,
                                      char head[SECRET_HEX_SIZE], struct error *err)
{
    unsigned char at[SECRET_HASH_BYTES], last[SECRET_HASH_BYTES];
    int64_t last_id, next = from + 1;
    int got;
    *bad = 0;
    if (from > 0)
        memcpy(at, anchor, sizeof at);
    else
        ledger_audit_first(ledger->world.audit_key, ledger->bank, ledger->branch, at);
    if (sql_one(ledger, err, "SELECT audit_id, audit_head FROM branch", BIND_NOTHING,
                INTO(into_int64(&last_id), into_blob(last, sizeof last))) != 1)
        return LEDGER_BROKEN;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT id, at, event, operator, second, terminal, subject, words, hash"
                                   " FROM audit WHERE id > ?1 ORDER BY id", BIND(sql_int(from)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, NULL, 0)) == 1 && holds(ledger, walk, next, at))
        next++;
    if (got < 0)
        return LEDGER_BROKEN;
    sql_stop(walk);
    if (got == 1 || next != last_id + 1 || !secret_equal(at, last, sizeof at))
        *bad = next; /* it, or (past the end) what should follow the last one */
    secret_hex(at, sizeof at, head, SECRET_HEX_SIZE);
    return LEDGER_OK;
}
