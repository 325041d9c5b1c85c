#include "bankd/desk_acts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/hold.h"
#include "base/text.h"
#include "wire/message.h"

static int refuse(struct desk_turn *t, const char *code)
{
    memcpy(t->answer.code, code, 3);
    return 1;
}

/* A statement that changes rows: how many, -1 it failed. */
static int64_t run(struct desk_turn *t, const char *sql, const struct db_arg *args, size_t count, struct error *err)
{
    int64_t changed = db_run(t->db, sql, args, count);
    return changed < 0 ? db_failed(t->db, "the account cannot be written", err) : changed;
}

static bool lost_book(const struct wire_account_ask *a)
{
    const char *word = strrchr(a->book, '|');
    return a->head.proc == PROC_PASSBOOK && word && strcmp(word, "|lost") == 0;
}

int desk_authorise(struct desk_turn *t, struct error *err)
{
    struct account a;
    int proc = t->ask.head.proc;
    if (proc == PROC_OPEN) return 0;
    if (proc == PROC_ACCOUNT) return hold_authorise(t, err);
    if (!account_parse(t->ask.account, &t->account)) return refuse(t, "14");
    int status = account_read(t->db, t->account, &a, t->answer.code, err);
    if (status != 0) return status;
    if (a.state == ACCOUNT_CLOSED) return refuse(t, "62");
    if (proc != PROC_WITHDRAW && proc != PROC_CLOSE && !lost_book(&t->ask)) return 0;
    if (a.state == ACCOUNT_FROZEN) return refuse(t, "62");
    return desk_prove(t->db, t->bank, t->account, &t->ask, t->answer.code, err);
}

/* --- acts --------------------------------------------------------------------------------- */

static int move(struct desk_turn *t, enum account_what what, bool in, int64_t fen, struct error *err)
{
    char key[KEY_TEXT_SIZE];
    struct account_move m = {what, in ? OWN_CLEARING : t->account, in ? t->account : OWN_CLEARING, fen, t->ask.head.key.branch,
                             key_format(&t->ask.head.key, key, sizeof key), t->ask.head.business_day};
    int status = account_move(t->db, t->bank, &m, &t->answer.balance_fen, t->answer.code, err);
    t->answer.has_balance = status == 0;
    return status;
}

static int do_deposit(struct desk_turn *t, struct desk_key *k, struct error *err) { return move(t, WHAT_DEPOSIT, true, k->fen, err); }
static int do_withdraw(struct desk_turn *t, struct desk_key *k, struct error *err) { return move(t, WHAT_WITHDRAW, false, k->fen, err); }

static int do_open(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    struct account_holder holder = {t->ask.name, t->ask.document, t->ask.phone, t->ask.head.key.branch};
    char hash[SECRET_PASSWORD_SIZE];
    if (!t->ask.name[0] || !text_alnum(t->ask.customer)) return refuse(t, "14");
    int status = desk_new_password(t->bank, &t->ask, hash, t->answer.code, err);
    if (status == 0) status = account_open(t->db, t->bank, &holder, t->ask.customer, t->ask.name, &t->account, t->answer.code, err);
    if (status != 0) {
        if (status > 0 && t->account) snprintf(t->answer.reason, sizeof t->answer.reason, "the customer stands in an agreement already");
        return status > 0 && strcmp(t->answer.code, "94") == 0 ? refuse(t, "57") : status; /* 94 is said of keys alone */
    }
    if (run(t, "UPDATE holder SET password=$1 WHERE account=$2", DB_ARGS(DB_TEXT(hash), DB_INT(t->account)), err) < 0) return -1;
    k->account = t->account;
    account_format(t->account, t->answer.account);
    t->answer.has_balance = true;
    return k->fen > 0 ? move(t, WHAT_DEPOSIT, true, k->fen, err) : 0;
}

/* The name is kept, should it be undone. */
static int unlink_customer(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    db_ask(t->db, "SELECT name FROM agreement WHERE account=$1 AND customer=$2", DB_ARGS(DB_INT(t->account), DB_TEXT(t->ask.customer)));
    if (db_row(t->db)) db_copy(t->db, 0, k->note, sizeof k->note);
    if (db_end(t->db) < 0) return db_failed(t->db, "the agreement cannot be read", err);
    return account_unlink(t->db, t->account, t->ask.customer, t->answer.code, err);
}

static int do_link(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    int64_t stands = 0;
    if (strcmp(t->ask.act, "unlink") == 0) return unlink_customer(t, k, err);
    if (strcmp(t->ask.act, "link") != 0 || !t->ask.name[0] || !text_alnum(t->ask.customer)) return refuse(t, "57");
    int status = account_link(t->db, t->bank, t->account, t->ask.customer, t->ask.name, &stands, t->answer.code, err);
    if (status > 0 && stands) {
        snprintf(t->answer.reason, sizeof t->answer.reason, "the customer stands in an agreement already");
        return refuse(t, "57");
    }
    return status;
}

static int do_freeze(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    bool freeze = strcmp(t->ask.act, "freeze") == 0;
    if (!freeze && strcmp(t->ask.act, "unfreeze") != 0) return refuse(t, "57");
    if (!freeze && (!t->ask.checker[0] || strcmp(t->ask.checker, t->ask.maker) == 0)) return refuse(t, "57"); /* two people thaw it */
    if (!freeze && run(t, "UPDATE holder SET wrong=0 WHERE account=$1", DB_ARGS(DB_INT(t->account)), err) < 0) return -1;
    return account_set_state(t->db, t->account, freeze ? ACCOUNT_FROZEN : ACCOUNT_OPEN, t->answer.code, err);
}

/* What is left is paid out with it. */
static int do_close(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    struct account a;
    int status = account_read(t->db, t->account, &a, t->answer.code, err);
    if (status != 0) return status;
    int64_t held_fen = hold_sum(t->db, t->account);
    if (held_fen < 0) return db_failed(t->db, "the account cannot be read", err);
    if (held_fen > 0) {
        snprintf(t->answer.reason, sizeof t->answer.reason, "a payment from it has no answer of the utility yet");
        return refuse(t, "57");
    }
    if (k->fen != a.balance_fen) {
        t->answer.has_balance = true;
        t->answer.balance_fen = a.balance_fen;
        return refuse(t, "13");
    }
    if (k->fen > 0 && (status = move(t, WHAT_WITHDRAW, false, k->fen, err)) != 0) return status;
    return account_set_state(t->db, t->account, ACCOUNT_CLOSED, t->answer.code, err);
}

static const struct { int proc; int (*act)(struct desk_turn *t, struct desk_key *k, struct error *err); } acts[] = {
    {PROC_DEPOSIT, do_deposit}, {PROC_WITHDRAW, do_withdraw}, {PROC_OPEN, do_open}, {PROC_LINK, do_link},
    {PROC_FREEZE, do_freeze}, {PROC_CLOSE, do_close}, {PROC_PASSBOOK, desk_book},
};

int desk_act(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    struct account a;
    k->account = t->account;
    if (t->account) {
        int status = account_read(t->db, t->account, &a, t->answer.code, err);
        if (status != 0) return status;
        k->was = a.state;
    }
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (acts[i].proc == k->proc) return acts[i].act(t, k, err);
    return refuse(t, "57");
}

/* --- undoing ------------------------------------------------------------------------------- */

static int take_back(struct desk_turn *t, struct desk_key *k, bool advice, struct error *err)
{
    struct account a;
    int status = account_read(t->db, k->account, &a, t->answer.code, err);
    if (status != 0) return status;
    int64_t fen = a.balance_fen < k->fen ? a.balance_fen : k->fen;
    if (!advice && fen < k->fen) return refuse(t, "51");
    k->short_fen = k->fen - fen; /* it was spent: said, and someone's to settle */
    return fen > 0 ? move(t, WHAT_UNDONE, false, fen, err) : 0;
}

/* By the other change. A customer who meanwhile stands in another agreement stays there. */
static int undo_link(struct desk_turn *t, const struct desk_key *k, bool advice, struct error *err)
{
    int64_t stands = 0;
    bool unlinked = k->note[0] != '\0';
    int status = unlinked ? account_link(t->db, t->bank, k->account, k->customer, k->note, &stands, t->answer.code, err)
                          : account_unlink(t->db, k->account, k->customer, t->answer.code, err);
    return status > 0 && advice ? 0 : status;
}

int desk_undo(struct desk_turn *t, struct desk_key *k, bool advice, struct error *err)
{
    int status = 0;
    t->account = k->account;
    switch (k->proc) {
    case PROC_DEPOSIT: return take_back(t, k, advice, err);
    case PROC_WITHDRAW: /* the money is the customer's, also when he has closed the account since */
        if (advice && run(t, "UPDATE account SET state=0 WHERE number=$1 AND state=2", DB_ARGS(DB_INT(k->account)), err) < 0) return -1;
        return move(t, WHAT_UNDONE, true, k->fen, err);
    case PROC_OPEN: /* never given out: what was paid in with it goes back */
        if (k->fen > 0) status = take_back(t, k, advice, err);
        if (status == 0 && k->short_fen == 0) status = account_set_state(t->db, k->account, ACCOUNT_CLOSED, t->answer.code, err);
        if (status == 0) status = account_unlink(t->db, k->account, k->customer, t->answer.code, err);
        return status < 0 ? -1 : 0;
    case PROC_FREEZE:
        status = account_set_state(t->db, k->account, (enum account_state)k->was, t->answer.code, err);
        return status > 0 && advice ? 0 : status; /* closed since */
    case PROC_CLOSE: /* open again, with what was paid out */
        if (run(t, "UPDATE account SET state=$2 WHERE number=$1", DB_ARGS(DB_INT(k->account), DB_INT(k->was)), err) < 0) return -1;
        return k->fen > 0 ? move(t, WHAT_UNDONE, true, k->fen, err) : 0;
    case PROC_LINK: return undo_link(t, k, advice, err);
    case PROC_PASSBOOK: return desk_book_undo(t, k, err);
    default: return refuse(t, "57");
    }
}
