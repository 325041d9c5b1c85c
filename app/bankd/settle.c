#include "bankd/settle.h"

#include <string.h>

#include "bankd/account.h"
#include "base/money.h"
#include "wire/message.h"
#include "wire/session.h"
#include "wire/tags.h"

bool settle_concerns(const struct iso *m)
{
    return strcmp(m->mti, "0510") == 0 && iso_is(m, 39, "00") && iso_is(m, 66, "1") && iso_has(m, 42);
}

/* Whether what was asked was asked after cut-off: the answer does not say. 1, 0, -1. */
static int was_closing(struct db *db, const struct key *key)
{
    struct iso asked;
    char one[2];
    db_ask(db, "SELECT text FROM message WHERE reference=$1 AND branch=$2 AND bank=$3 AND mti='0500' ORDER BY seq DESC LIMIT 1",
           DB_ARGS(DB_TEXT(key->ref), DB_TEXT(key->branch), DB_TEXT(key->bank)));
    bool closing = db_row(db) && iso_unpack(&asked, db_text(db, 0), strlen(db_text(db, 0)), NULL) == 0 && tag_text(&asked, "CO", one, sizeof one) &&
                   strcmp(one, "1") == 0;
    return db_end(db) < 0 ? -1 : closing;
}

/* From one account to the other, by as many entries as an amount has room for. */
static int move(struct db *db, const struct bank *b, const struct wire_totals *t, int64_t fen, struct error *err)
{
    char key[KEY_TEXT_SIZE], code[3];
    bool back = fen < 0;
    struct account_move m = {.what = WHAT_SETTLED, .debit = back ? OWN_OWED : OWN_CLEARING, .credit = back ? OWN_CLEARING : OWN_OWED,
                             .branch = t->head.key.branch, .key = key_format(&t->head.key, key, sizeof key), .business = t->head.business_day};
    for (int64_t rest = back ? -fen : fen; rest > 0; rest -= m.fen) {
        m.fen = rest < MONEY_MAX_FEN ? rest : MONEY_MAX_FEN;
        if (account_move(db, b, &m, NULL, code, err) != 0) return -1; /* between two of its own: never refused */
    }
    return 0;
}

int settle_day(struct db *db, const struct bank *b, const struct iso *answer, struct error *err)
{
    struct wire_totals t;
    if (!settle_concerns(answer) || wire_totals_unpack(answer, clock_today(&b->clock), &t, NULL) != 0) return 0;
    int closing = was_closing(db, &t.head.key);
    if (closing <= 0) return closing == 0 ? 0 : db_failed(db, "the journal cannot be read", err);
    int64_t net_fen = t.credits_fen - t.credit_undone_fen - t.debits_fen + t.debit_undone_fen, booked_fen = 0;
    db_ask(db, "SELECT fen FROM settled WHERE branch=$1 AND business=$2", DB_ARGS(DB_TEXT(t.head.key.branch), DB_INT(t.head.business_day)));
    if (db_row(db)) booked_fen = db_int(db, 0);
    if (db_end(db) < 0) return db_failed(db, "the day's clearing cannot be read", err);
    if (net_fen == booked_fen) return 0;
    if (move(db, b, &t, net_fen - booked_fen, err) != 0) return -1;
    return db_run(db, "INSERT INTO settled (branch, business, fen) VALUES ($1,$2,$3) ON CONFLICT (branch, business) DO UPDATE SET fen=excluded.fen",
                  DB_ARGS(DB_TEXT(t.head.key.branch), DB_INT(t.head.business_day), DB_INT(net_fen))) == 1
               ? 0 : db_failed(db, "the day's clearing cannot be written", err);
}
