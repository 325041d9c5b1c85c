#include "bankd/desk_acts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
    if (proc == PROC_ACCOUNT) { /* the bank's to refuse, and it does: nothing is sent on */
        snprintf(t->answer.reason, sizeof t->answer.reason, "this bank debits special accounts by the utility's list, not at a counter");
        return refuse(t, "57");
    }
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

static int do_link(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    int64_t stands = 0;
    if (strcmp(t->ask.act, "unlink") == 0) return account_unlink(t->db, t->account, t->ask.customer, t->answer.code, err);
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
    if (k->fen != a.balance_fen) {
        t->answer.has_balance = true;
        t->answer.balance_fen = a.balance_fen;
        return refuse(t, "13");
    }
    if (k->fen > 0 && (status = move(t, WHAT_WITHDRAW, false, k->fen, err)) != 0) return status;
    return account_set_state(t->db, t->account, ACCOUNT_CLOSED, t->answer.code, err);
}

/* BK: book|first|last|word. Sent lines are printed as far as any branch is concerned. */
static int do_passbook(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    char text[WIRE_BOOK_SIZE], *parts[4], *rest = text;
    int64_t numbers[3];
    text_copy(text, sizeof text, t->ask.book);
    for (int i = 0; i < 4; i++) {
        parts[i] = strsep(&rest, "|");
        if (parts[i] == NULL || (i < 3 && (!text_digits(parts[i]) || strlen(parts[i]) > 12))) return refuse(t, "57");
        if (i < 3) numbers[i] = strtoll(parts[i], NULL, 10);
    }
    const char *word = parts[3];
    int64_t book = numbers[0], first = numbers[1], last = numbers[2];
    if (strcmp(word, "new") == 0) return run(t, "UPDATE holder SET book=$2 WHERE account=$1", DB_ARGS(DB_INT(t->account), DB_INT(book)), err) == 1 ? 0 : -1;
    if (strcmp(word, "lost") == 0) return run(t, "UPDATE holder SET book=0 WHERE account=$1", DB_ARGS(DB_INT(t->account)), err) == 1 ? 0 : -1;
    bool sent = strcmp(word, "sent") == 0;
    if ((!sent && strcmp(word, "printed") != 0 && strcmp(word, "doubtful") != 0) || first < 1 || last < first) return refuse(t, "57");
    if (!sent) { /* of lines that were sent */
        const char *sql = strcmp(word, "printed") == 0 ? "UPDATE printed_line SET state='printed' WHERE account=$1 AND line BETWEEN $2 AND $3"
                                                       : "UPDATE printed_line SET state='doubtful' WHERE account=$1 AND line BETWEEN $2 AND $3";
        int64_t changed = run(t, sql, DB_ARGS(DB_INT(t->account), DB_INT(first), DB_INT(last)), err);
        return changed < 0 ? -1 : changed == last - first + 1 ? 0 : refuse(t, "25");
    }
    /* the next that stand in no book, of the book that the customer has */
    int64_t moved = run(t, "UPDATE holder SET printed=$3 WHERE account=$1 AND printed=$2-1 AND $3 <= (SELECT lines FROM account WHERE number=$1)",
                        DB_ARGS(DB_INT(t->account), DB_INT(first), DB_INT(last)), err);
    if (moved < 0) return -1;
    if (moved == 0) return refuse(t, "25");
    return run(t, "WITH RECURSIVE n(line) AS (SELECT $2 UNION ALL SELECT line + 1 FROM n WHERE line < $3)"
                  " INSERT INTO printed_line (account, line, book, state, at_ms) SELECT $1, line, $4, 'sent', $5 FROM n",
               DB_ARGS(DB_INT(t->account), DB_INT(first), DB_INT(last), DB_INT(book), DB_INT(clock_now_ms(&t->bank->clock))), err) < 0 ? -1 : 0;
}

static const struct { int proc; int (*act)(struct desk_turn *t, struct desk_key *k, struct error *err); } acts[] = {
    {PROC_DEPOSIT, do_deposit}, {PROC_WITHDRAW, do_withdraw}, {PROC_OPEN, do_open}, {PROC_LINK, do_link},
    {PROC_FREEZE, do_freeze}, {PROC_CLOSE, do_close}, {PROC_PASSBOOK, do_passbook},
};

int desk_act(struct desk_turn *t, struct desk_key *k, struct error *err)
{
    struct account a;
    k->account = t->account;
    if (t->account) {
        int status = account_read(t->db, t->account, &a, t->answer.code, err);
        if (status != 0) return status;
        k->was = (int)a.state;
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

int desk_undo(struct desk_turn *t, struct desk_key *k, bool advice, struct error *err)
{
    int status = 0;
    t->account = k->account;
    switch (k->proc) {
    case PROC_DEPOSIT: return take_back(t, k, advice, err);
    case PROC_WITHDRAW: return move(t, WHAT_UNDONE, true, k->fen, err);
    case PROC_OPEN: /* never given out: what was paid in with it goes back */
        if (k->fen > 0) status = take_back(t, k, advice, err);
        if (status == 0 && k->short_fen == 0) status = account_set_state(t->db, k->account, ACCOUNT_CLOSED, t->answer.code, err);
        if (status == 0) status = account_unlink(t->db, k->account, k->customer, t->answer.code, err);
        return status < 0 ? -1 : 0;
    case PROC_FREEZE: return account_set_state(t->db, k->account, (enum account_state)k->was, t->answer.code, err);
    case PROC_CLOSE: /* open again, with what was paid out */
        if (run(t, "UPDATE account SET state=$2 WHERE number=$1", DB_ARGS(DB_INT(k->account), DB_INT(k->was)), err) < 0) return -1;
        return k->fen > 0 ? move(t, WHAT_UNDONE, true, k->fen, err) : 0;
    default: return refuse(t, "57"); /* an agreement's change is undone by the other change, a book's by a notice */
    }
}

/* --- reading -------------------------------------------------------------------------------- */

static const char lines_sql[] =
    "WITH RECURSIVE walk(id) AS (SELECT last FROM account WHERE number=$1 AND last>0 UNION ALL SELECT e.before FROM walk JOIN entry e ON e.id=walk.id"
    " WHERE e.before>0 AND e.line > $2 + 1) SELECT e.line, (e.at_ms/1000 + $4)/86400, e.what, CASE WHEN e.credit=$1 THEN e.fen ELSE -e.fen END, e.balance_fen"
    " FROM walk JOIN entry e ON e.id=walk.id WHERE e.line > $2 ORDER BY e.line LIMIT $3";

/* Lines behind `from`, as many as one answer has room for. */
static int put_lines(struct desk_turn *t, int64_t from, struct error *err)
{
    db_ask(t->db, lines_sql, DB_ARGS(DB_INT(t->account), DB_INT(from), DB_INT(WIRE_ACCOUNT_LINES_MAX), DB_INT(t->bank->settings.offset_s)));
    while (db_row(t->db)) {
        struct wire_account_line *l = &t->answer.lines[t->answer.line_count++];
        int64_t what = db_int(t->db, 2);
        *l = (struct wire_account_line){.line = db_int(t->db, 0), .day = (day_t)db_int(t->db, 1), .fen = db_int(t->db, 3), .balance_fen = db_int(t->db, 4)};
        text_copy(l->what, sizeof l->what, what > 0 && what < WHAT_COUNT ? account_whats[what] : "");
    }
    return db_end(t->db) < 0 ? db_failed(t->db, "the account cannot be read", err) : 0;
}

int desk_read(struct desk_turn *t, struct error *err)
{
    struct account a;
    if (!account_parse(t->ask.account, &t->account)) return refuse(t, "14");
    int status = account_read(t->db, t->account, &a, t->answer.code, err);
    if (status != 0) return status;
    int64_t book = 0, printed = 0;
    db_ask(t->db, "SELECT book, printed FROM holder WHERE account=$1", DB_ARGS(DB_INT(t->account)));
    if (db_row(t->db)) book = db_int(t->db, 0), printed = db_int(t->db, 1);
    if (db_end(t->db) < 0) return db_failed(t->db, "the account cannot be read", err);
    t->answer.has_balance = true;
    t->answer.balance_fen = a.balance_fen;
    snprintf(t->answer.book, sizeof t->answer.book, "%" PRId64 "|%" PRId64, book, printed);
    if (a.state != ACCOUNT_OPEN) snprintf(t->answer.reason, sizeof t->answer.reason, "the account is %s", account_states[a.state]);
    int64_t last = a.lines > WIRE_ACCOUNT_LINES_MAX ? a.lines - WIRE_ACCOUNT_LINES_MAX : 0;
    return put_lines(t, t->ask.head.proc == PROC_BALANCE ? printed : last, err);
}
