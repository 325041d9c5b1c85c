#include "bankd/hold.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/money.h"
#include "base/text.h"
#include "wire/message.h"

static int failed(struct db *db, struct error *err) { return db_failed(db, "the held money cannot be written", err); }

#define OF_KEY "bank=$1 AND branch=$2 AND reference=$3"
#define KEY(key) DB_TEXT((key)->bank), DB_TEXT((key)->branch), DB_TEXT((key)->ref)

/* --- the bank's word ---------------------------------------------------------------------- */

static int refuse(struct desk_turn *t, const char *code, const char *why)
{
    memcpy(t->answer.code, code, 3);
    snprintf(t->answer.reason, sizeof t->answer.reason, "%s", why);
    return 1;
}

int hold_authorise(struct desk_turn *t, struct error *err)
{
    struct account a;
    int64_t stands;
    if (!account_parse(t->ask.account, &t->account)) return refuse(t, "14", "no such account");
    int status = account_read(t->db, t->account, &a, t->answer.code, err);
    if (status != 0) return status;
    if (a.state != ACCOUNT_OPEN) return refuse(t, "62", a.state == ACCOUNT_FROZEN ? "the account is frozen" : "the account is closed");
    if (account_of_customer(t->db, t->ask.customer, &stands, err) != 0) return -1;
    if (stands != t->account) return refuse(t, "57", "the customer does not stand in this account's agreement");
    return desk_prove(t->db, t->bank, t->account, &t->ask, t->answer.code, err);
}

/* --- held --------------------------------------------------------------------------------- */

static int move(struct db *db, const struct bank *b, const struct account_move *m, char code[3], struct error *err)
{
    return account_move(db, b, m, NULL, code, err);
}

int hold_make(struct desk_turn *t, const struct iso *m, const struct desk_key *k, struct error *err)
{
    char text[KEY_TEXT_SIZE], bytes[ISO_MESSAGE_MAX];
    const struct key *key = &t->ask.head.key;
    const struct account_move held = {WHAT_HOLD, t->account, OWN_HELD, k->fen, key->branch, key_format(key, text, sizeof text), t->ask.head.business_day};
    int64_t now_ms = clock_now_ms(&t->bank->clock);
    int status = move(t->db, t->bank, &held, t->answer.code, err);
    if (status != 0) return status;
    int len = iso_pack(m, bytes, sizeof bytes, err);
    if (len < 0) return -1;
    return db_run(t->db, "INSERT INTO hold (bank, branch, reference, state, account, fen, business, message, since_ms, sent_ms) VALUES ($1,$2,$3,1,$4,$5,$6,$7,$8,$8)",
                  DB_ARGS(KEY(key), DB_INT(t->account), DB_INT(k->fen), DB_INT(t->ask.head.business_day), DB_BLOB(bytes, (size_t)len), DB_INT(now_ms))) < 0
               ? failed(t->db, err) : 0;
}

int hold_undo(struct desk_turn *t, const struct iso *m, struct error *err)
{
    char bytes[ISO_MESSAGE_MAX];
    int len = iso_pack(m, bytes, sizeof bytes, err);
    if (len < 0) return -1;
    return db_run(t->db, "UPDATE hold SET undo=$4, sent_ms=$5 WHERE " OF_KEY " AND state IN (1, 2)",
                  DB_ARGS(KEY(&t->ask.head.key), DB_BLOB(bytes, (size_t)len), DB_INT(clock_now_ms(&t->bank->clock)))) < 0 ? failed(t->db, err) : 0;
}

int hold_sent(struct desk_turn *t, struct error *err)
{
    return db_run(t->db, "UPDATE hold SET sent_ms=$4 WHERE " OF_KEY, DB_ARGS(KEY(&t->ask.head.key), DB_INT(clock_now_ms(&t->bank->clock)))) < 0
               ? failed(t->db, err) : 0;
}

/* --- the utility's word ------------------------------------------------------------------------ */

struct held {
    struct key key;
    enum hold_state state;
    int64_t account, fen, rest_fen;
    day_t business;
};
struct settling {
    struct db *db;
    const struct bank *bank;
    struct held *held;
    char text[KEY_TEXT_SIZE];
};

/* 1: there; 0: none; -1. */
static int read_held(struct db *db, const struct key *key, struct held *h, struct error *err)
{
    db_ask(db, "SELECT state, account, fen, business FROM hold WHERE " OF_KEY, DB_ARGS(KEY(key)));
    bool found = db_row(db);
    if (found) *h = (struct held){*key, (enum hold_state)db_int(db, 0), db_int(db, 1), db_int(db, 2), 0, (day_t)db_int(db, 3)};
    return db_end(db) < 0 ? db_failed(db, "the held money cannot be read", err) : found;
}

/* One movement of it; what an account can't take (it is full, or closed by hand) stays where it is, and is told. */
static int book(struct settling *s, enum account_what what, int64_t debit, int64_t credit, int64_t fen, struct error *err)
{
    char code[3] = "";
    if (fen == 0) return 0;
    int status = move(s->db, s->bank, &(struct account_move){what, debit, credit, fen, s->held->key.branch, s->text, s->held->business}, code, err);
    if (status > 0) log_line(LOG_LEVEL_ERROR, s->text, "what is held can't be booked to its account: %s", code);
    return status;
}

static int become(struct settling *s, enum hold_state state, struct error *err)
{
    return db_run(s->db, "UPDATE hold SET state=$4, rest_fen=$5, undo=CASE WHEN $4 IN (3, 4) THEN NULL ELSE undo END WHERE " OF_KEY,
                  DB_ARGS(KEY(&s->held->key), DB_INT(state), DB_INT(s->held->rest_fen))) < 0 ? failed(s->db, err) : 0;
}

/* 0210: after an undoing was answered nothing of it counts. */
static int answered(struct settling *s, const struct wire_answer *a, struct error *err)
{
    enum verdict verdict = code_verdict(a->code);
    if (s->held->state != HOLD_HELD || verdict == VERDICT_UNKNOWN) return 0;
    bool paid = verdict == VERDICT_APPROVED;
    int status = paid ? book(s, WHAT_PAID, OWN_HELD, OWN_CLEARING, s->held->fen, err) : book(s, WHAT_RELEASED, OWN_HELD, s->held->account, s->held->fen, err);
    return status == 0 ? become(s, paid ? HOLD_DEBITED : HOLD_RELEASED, err) : status;
}

/* What it says did not come back stays debited. */
static int64_t rest_of(const struct wire_answer *a, int64_t fen)
{
    int64_t rest = 0;
    for (int i = 0; i < a->part_count; i++)
        if (a->parts[i].place == PLACE_SUSPENSE && !money_add(rest, a->parts[i].amount_fen, &rest)) return fen;
    return rest < fen ? rest : fen;
}

/* 0430, or an approved 0410: back to the account. */
static int given_back(struct settling *s, const struct wire_answer *a, struct error *err)
{
    struct held *h = s->held;
    bool held = h->state == HOLD_HELD;
    h->rest_fen = rest_of(a, h->fen);
    if (!held && h->state != HOLD_DEBITED) return 0;
    int status = held ? book(s, WHAT_PAID, OWN_HELD, OWN_CLEARING, h->rest_fen, err) : 0;
    if (status == 0) status = book(s, held ? WHAT_RELEASED : WHAT_UNDONE, held ? OWN_HELD : OWN_CLEARING, h->account, h->fen - h->rest_fen, err);
    return status == 0 ? become(s, held ? HOLD_RELEASED : HOLD_CREDITED, err) : status;
}

static int undone(struct settling *s, const struct wire_answer *a, bool advice, struct error *err)
{
    enum verdict verdict = code_verdict(a->code);
    if (verdict == VERDICT_APPROVED) {
        int status = given_back(s, a, err);
        if (status != 0) return status;
        return db_run(s->db, "UPDATE desk_key SET state=$4 WHERE " OF_KEY " AND state=2", DB_ARGS(KEY(&s->held->key), DB_INT(advice ? 4 : 5))) < 0
                   ? failed(s->db, err) : 0;
    }
    if (verdict == VERDICT_UNKNOWN) return 0;
    /* a reversal that is refused: it stands, and nothing of it is repeated */
    return db_run(s->db, "UPDATE hold SET undo=NULL WHERE " OF_KEY, DB_ARGS(KEY(&s->held->key))) < 0 ? failed(s->db, err) : 0;
}

int hold_settle(struct db *db, const struct bank *b, const struct iso *m, struct error *err)
{
    struct wire_answer a;
    struct held h;
    struct settling s = {.db = db, .bank = b, .held = &h};
    struct key key;
    struct error unreadable;
    if (!message_key(m, &key) || wire_answer_unpack(m, &a, &unreadable) != 0) return 0; /* its branch will say so */
    int found = read_held(db, &key, &h, err);
    if (found <= 0) return found;
    key_format(&key, s.text, sizeof s.text);
    int status = m->mti[1] == '2' ? answered(&s, &a, err) : undone(&s, &a, m->mti[2] == '3', err);
    return status < 0 ? -1 : 0;
}

/* --- repeated until answered --------------------------------------------------------------------- */

int hold_repeat(struct db *db, const struct bank *b, int64_t before_ms, struct desk_answer *out, struct error *err)
{
    struct key key = {0};
    struct iso m;
    struct civil u;
    char bytes[ISO_MESSAGE_MAX], de7[16];
    int64_t now_ms = clock_now_ms(&b->clock), len = 0;
    db_ask(db, "SELECT bank, branch, reference, coalesce(undo, message) FROM hold WHERE (state = 1 OR undo IS NOT NULL) AND sent_ms<=$1 ORDER BY sent_ms LIMIT 1",
           DB_ARGS(DB_INT(before_ms)));
    bool found = db_row(db);
    if (found) {
        db_copy(db, 0, key.bank, sizeof key.bank);
        db_copy(db, 1, key.branch, sizeof key.branch);
        db_copy(db, 2, key.ref, sizeof key.ref);
        len = db_blob(db, 3, bytes, sizeof bytes);
    }
    if (db_end(db) < 0) return db_failed(db, "the held money cannot be read", err);
    if (!found) return 0;
    if (db_run(db, "UPDATE hold SET sent_ms=$4 WHERE " OF_KEY, DB_ARGS(KEY(&key), DB_INT(now_ms))) < 0) return failed(db, err);
    clock_utc(now_ms, &u);
    snprintf(de7, sizeof de7, "%02u%02u%02u%02u%02u", (unsigned)u.month % 100, (unsigned)u.day % 100, (unsigned)u.hour % 100, (unsigned)u.minute % 100,
             (unsigned)u.second % 100);
    if (len <= 0 || iso_unpack(&m, bytes, (size_t)len, err) != 0 || message_repeat(&m, de7, err) != 0) return -1;
    int packed = iso_pack(&m, out->bytes, sizeof out->bytes, err);
    out->len = packed > 0 ? (size_t)packed : 0;
    return packed > 0 ? 1 : -1;
}

int64_t hold_due(struct db *db, int64_t before_ms)
{
    return db_number(db, "SELECT count(*) FROM (SELECT 1 FROM hold WHERE (state = 1 OR undo IS NOT NULL) AND sent_ms<=$1 LIMIT 1) AS due", DB_ARGS(DB_INT(before_ms)), 0);
}

int64_t hold_sum(struct db *db, int64_t account)
{
    return db_number(db, "SELECT coalesce(sum(fen), 0) FROM hold WHERE account=$1 AND state = 1", DB_ARGS(DB_INT(account)), 0);
}

int64_t hold_unanswered(struct db *db, day_t day)
{
    return db_number(db, "SELECT count(*) FROM hold WHERE (state = 1 OR undo IS NOT NULL) AND business<=$1", DB_ARGS(DB_INT(day)), 0);
}
