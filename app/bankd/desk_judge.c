/* One message of the bank's own: what its key's state answers, what it does to the
 * accounts, what undoes it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/account.h"
#include "bankd/desk_acts.h"
#include "bankd/hold.h"
#include "base/text.h"
#include "wire/message.h"

bool desk_is_ours(const struct iso *m)
{
    int proc = message_proc(m);
    return m->mti[0] == '0' && strchr("124", m->mti[1]) && (wire_account_is_banks(proc) || proc == PROC_ACCOUNT);
}

/* --- keys ------------------------------------------------------------------------------ */

enum { DECLINED = 1, DONE, TOMBSTONE, UNDONE, REVERSED };

static void digest(const struct iso *m, const int *fields, size_t count, unsigned char hash[SECRET_HASH_BYTES])
{
    struct secret_chain chain;
    secret_chain_init(&chain, NULL);
    for (size_t i = 0; i < count; i++) {
        struct iso_slice s = iso_get(m, fields[i]);
        if (fields[i] == 4 && iso_is(m, 4, "000000000000")) s.text = NULL; /* an undoing says a sum of nothing, its original may say none */
        secret_chain_int(&chain, fields[i]);
        secret_chain_field(&chain, s.text ? s.text : "", s.text ? s.len : 0);
    }
    secret_chain_final(&chain, hash);
}

static void digests(const struct iso *m, struct desk_key *k)
{
    static const int shared[] = {3, 4, 11, 12, 13, 32, 37, 41, 42};
    int all[ISO_FIELDS];
    size_t count = 0;
    for (int field = 2; field <= ISO_FIELDS; field++)
        if (field != 7 && iso_has(m, field)) all[count++] = field;
    digest(m, all, count, k->content);
    digest(m, shared, sizeof shared / sizeof *shared, k->origin);
}

/* state 0: not known. */
static int read_key(struct db *db, const struct key *key, struct desk_key *k, struct desk_answer *first, struct error *err)
{
    memset(k, 0, sizeof *k);
    first->len = 0;
    db_ask(db, "SELECT state, content, origin, proc, account, customer, fen, was, short_fen, answer, note FROM desk_key WHERE bank=$1 AND branch=$2 AND reference=$3",
           DB_ARGS(DB_TEXT(key->bank), DB_TEXT(key->branch), DB_TEXT(key->ref)));
    if (db_row(db)) {
        k->state = (int)db_int(db, 0);
        k->has_content = db_blob(db, 1, k->content, sizeof k->content) == SECRET_HASH_BYTES;
        db_blob(db, 2, k->origin, sizeof k->origin);
        k->proc = (int)db_int(db, 3);
        k->account = db_int(db, 4);
        db_copy(db, 5, k->customer, sizeof k->customer);
        k->fen = db_int(db, 6);
        k->was = db_int(db, 7);
        db_copy(db, 10, k->note, sizeof k->note);
        k->short_fen = db_int(db, 8);
        int64_t len = db_blob(db, 9, first->bytes, sizeof first->bytes);
        if (len > 0) first->len = (size_t)len;
    }
    return db_end(db) < 0 ? db_failed(db, "the keys cannot be read", err) : 0;
}

static int write_key(struct db *db, const struct bank *b, const struct key *key, const struct desk_key *k, const struct desk_answer *answer, struct error *err)
{
    return db_run(db, "INSERT INTO desk_key (bank, branch, reference, state, content, origin, proc, account, customer, fen, was, short_fen, answer, at_ms, note)"
                      " VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)"
                      " ON CONFLICT (bank, branch, reference) DO UPDATE SET state=excluded.state, short_fen=excluded.short_fen",
                  DB_ARGS(DB_TEXT(key->bank), DB_TEXT(key->branch), DB_TEXT(key->ref), DB_INT(k->state),
                          DB_BLOB(k->has_content ? k->content : NULL, SECRET_HASH_BYTES), DB_BLOB(k->origin, SECRET_HASH_BYTES), DB_INT(k->proc),
                          DB_INT(k->account), DB_TEXT(k->customer), DB_INT(k->fen), DB_INT(k->was), DB_INT(k->short_fen),
                          DB_BLOB(answer ? answer->bytes : NULL, answer ? answer->len : 0), DB_INT(clock_now_ms(&b->clock)), DB_TEXT(k->note))) < 0
               ? db_failed(db, "the keys cannot be written", err) : 0;
}

/* --- answers ---------------------------------------------------------------------------- */

static int pack(const struct iso *m, const struct wire_account_answer *a, struct desk_answer *answer, struct error *err)
{
    struct iso out;
    if (wire_account_answer_pack(m, a, &out, err) != 0) return -1;
    int len = iso_pack(&out, answer->bytes, sizeof answer->bytes, err);
    answer->len = len > 0 ? (size_t)len : 0;
    return len > 0 ? 0 : -1;
}

static int say(const struct iso *m, const char *code, int64_t short_fen, struct desk_answer *answer, struct error *err)
{
    struct wire_account_answer a = {.short_fen = short_fen};
    const struct code_spec *spec = code_spec(code);
    text_copy(a.code, sizeof a.code, code);
    if (strcmp(code, "00") != 0 && spec) text_copy(a.reason, sizeof a.reason, spec->meaning);
    return pack(m, &a, answer, err);
}

/* As the first time, with this request's DE 7. */
static int say_again(const struct iso *m, struct desk_answer *answer, struct error *err)
{
    struct desk_answer first = *answer;
    struct iso again;
    struct iso_slice sent = iso_get(m, 7);
    if (iso_unpack(&again, first.bytes, first.len, err) != 0 || iso_set(&again, 7, sent.text, sent.len, err) != 0) return -1;
    int len = iso_pack(&again, answer->bytes, sizeof answer->bytes, err);
    answer->len = len > 0 ? (size_t)len : 0;
    return len > 0 ? 0 : -1;
}

/* --- judging ------------------------------------------------------------------------------ */

/* What is refused leaves nothing but its key (and a wrong try). */
static int act(struct desk_turn *t, const struct iso *m, struct desk_key *k, struct error *err)
{
    int status = desk_authorise(t, err);
    if (status == 0) {
        bool pay = k->proc == PROC_ACCOUNT;
        if (db_run(t->db, "SAVEPOINT act", DB_NO_ARGS) < 0) return db_failed(t->db, "the books cannot be written", err);
        k->account = t->account;
        status = pay ? hold_make(t, m, k, err) : desk_act(t, k, err);
        if ((status > 0 && db_run(t->db, "ROLLBACK TO act", DB_NO_ARGS) < 0) || (status >= 0 && db_run(t->db, "RELEASE act", DB_NO_ARGS) < 0))
            return db_failed(t->db, "the books cannot be written", err);
    }
    if (status < 0) return -1;
    const struct code_spec *spec = code_spec(t->answer.code);
    if (status > 0 && spec && !t->answer.reason[0]) text_copy(t->answer.reason, sizeof t->answer.reason, spec->meaning);
    k->state = status > 0 ? DECLINED : DONE;
    return 0;
}

static int judge_new(struct desk_turn *t, const struct iso *m, struct desk_key *k, struct desk_answer *answer, struct error *err)
{
    digests(m, k);
    k->has_content = true;
    k->proc = t->ask.head.proc;
    k->fen = t->ask.head.amount_fen;
    text_copy(k->customer, sizeof k->customer, t->ask.customer);
    memcpy(t->answer.code, "00", 3);
    if (act(t, m, k, err) != 0) return -1;
    if (k->proc == PROC_ACCOUNT && k->state == DONE) { /* the utility's to answer */
        answer->end = DESK_SEND_ON;
        return write_key(t->db, t->bank, &t->ask.head.key, k, NULL, err);
    }
    if (pack(m, &t->answer, answer, err) != 0) return -1;
    return write_key(t->db, t->bank, &t->ask.head.key, k, answer, err);
}

static int judge_02(struct desk_turn *t, const struct iso *m, struct desk_key *k, struct desk_answer *answer, struct error *err)
{
    unsigned char content[SECRET_HASH_BYTES];
    struct desk_key now;
    if (k->state == 0) return judge_new(t, m, k, answer, err);
    digests(m, &now);
    memcpy(content, now.content, sizeof content);
    bool same = k->has_content ? memcmp(content, k->content, sizeof content) == 0 : memcmp(now.origin, k->origin, sizeof now.origin) == 0;
    if (!same) return say(m, "94", 0, answer, err);
    if (k->state >= TOMBSTONE) return say(m, "12", 0, answer, err);
    if (k->proc != PROC_ACCOUNT || k->state == DECLINED) return say_again(m, answer, err);
    answer->len = 0;
    answer->end = DESK_SEND_ON;
    return hold_sent(t, err);
}

static int judge_04(struct desk_turn *t, const struct iso *m, struct desk_key *k, struct desk_answer *answer, struct error *err)
{
    struct desk_key now;
    bool advice = message_is_advice(m);
    digests(m, &now);
    if (k->state && memcmp(now.origin, k->origin, sizeof now.origin) != 0) return say(m, "94", 0, answer, err);
    if (k->state >= TOMBSTONE) return say(m, "00", k->short_fen, answer, err);
    if (!advice && k->state != DONE) return say(m, "25", 0, answer, err);
    if (k->state == DONE) {
        int status = desk_undo(t, k, advice, err);
        if (status != 0) return status < 0 ? -1 : say(m, t->answer.code, 0, answer, err);
        k->state = advice ? UNDONE : REVERSED;
    } else {
        if (k->state == 0) memcpy(k->origin, now.origin, sizeof k->origin);
        k->state = TOMBSTONE;
    }
    if (write_key(t->db, t->bank, &t->ask.head.key, k, NULL, err) != 0) return -1;
    return say(m, "00", k->short_fen, answer, err);
}

/* What undoes a payment from an account: kept, with its tombstone, and sent on; the utility answers. */
static int undo_payment(struct desk_turn *t, const struct iso *m, struct desk_key *k, struct desk_answer *answer, struct error *err)
{
    struct desk_key now;
    bool advice = message_is_advice(m);
    digests(m, &now);
    if (k->state && memcmp(now.origin, k->origin, sizeof now.origin) != 0) return say(m, "94", 0, answer, err);
    answer->len = 0;
    answer->end = DESK_SEND_ON;
    if (k->state == DONE && hold_undo(t, m, err) != 0) return -1;
    if (!advice || k->state >= TOMBSTONE) return 0;
    if (k->state == 0) memcpy(k->origin, now.origin, sizeof k->origin);
    if (k->state == 0) k->proc = PROC_ACCOUNT;
    k->state = k->state == DONE ? UNDONE : TOMBSTONE;
    return write_key(t->db, t->bank, &t->ask.head.key, k, NULL, err);
}

int desk_judge(struct db *db, const struct bank *b, const struct iso *m, struct desk_answer *answer, struct error *err)
{
    struct desk_turn t = {.db = db, .bank = b};
    struct desk_key k;
    if (wire_account_unpack(m, clock_today(&b->clock), &t.ask, err) != 0) return say(m, "30", 0, answer, err);
    if (m->mti[1] == '1') {
        memcpy(t.answer.code, "00", 3);
        int status = desk_read(&t, err);
        return status < 0 ? -1 : status > 0 ? say(m, t.answer.code, 0, answer, err) : pack(m, &t.answer, answer, err);
    }
    if (read_key(db, &t.ask.head.key, &k, answer, err) != 0) return -1;
    if (m->mti[1] == '2') return judge_02(&t, m, &k, answer, err);
    return message_proc(m) == PROC_ACCOUNT ? undo_payment(&t, m, &k, answer, err) : judge_04(&t, m, &k, answer, err);
}
