/* What an account's holder is told: balance, lines, book, and whose bills it pays. */
#include "bankd/desk_acts.h"

#include <string.h>

#include "bankd/hold.h"
#include "base/text.h"
#include "wire/message.h"

static int refuse(struct desk_turn *t, const char *code)
{
    memcpy(t->answer.code, code, 3);
    return 1;
}

static int unread(struct desk_turn *t, struct error *err) { return db_failed(t->db, "the account cannot be read", err); }

/* --- lines ---------------------------------------------------------------------------------- */

/* A statement is walked back from the last line; a line's last turn in a book goes with it. */
static const char lines_sql[] =
    "WITH RECURSIVE walk(id) AS (SELECT last FROM account WHERE number=$1 AND last>0 UNION ALL SELECT e.before FROM walk JOIN entry e ON e.id=walk.id"
    " WHERE e.before>0 AND e.line > $2 + 1) SELECT e.line, (e.at_ms/1000 + $4)/86400, e.what, CASE WHEN e.credit=$1 THEN e.fen ELSE -e.fen END, e.balance_fen,"
    " coalesce(CASE WHEN p.book = $5 THEN p.place ELSE 0 END, 0), coalesce(p.state, '')"
    " FROM walk JOIN entry e ON e.id=walk.id LEFT JOIN printed_line p ON p.account=$1 AND p.line=e.line"
    " AND p.turn=(SELECT max(turn) FROM printed_line m WHERE m.account=$1 AND m.line=e.line) WHERE e.line > $2 ORDER BY e.line LIMIT $3";

/* Lines behind `from`, as many as one answer has room for. */
static int put_lines(struct desk_turn *t, int64_t from, int64_t book, struct error *err)
{
    db_ask(t->db, lines_sql, DB_ARGS(DB_INT(t->account), DB_INT(from), DB_INT(WIRE_ACCOUNT_LINES_MAX), DB_INT(t->bank->settings.offset_s), DB_INT(book)));
    while (db_row(t->db)) {
        struct wire_account_line *l = &t->answer.lines[t->answer.line_count++];
        int64_t what = db_int(t->db, 2);
        *l = (struct wire_account_line){.line = db_int(t->db, 0), .day = (day_t)db_int(t->db, 1), .fen = db_int(t->db, 3), .balance_fen = db_int(t->db, 4),
                                        .place = db_int(t->db, 5)};
        text_copy(l->what, sizeof l->what, what > 0 && what < WHAT_COUNT ? account_whats[what] : "");
        db_copy(t->db, 6, l->paper, sizeof l->paper);
    }
    return db_end(t->db) < 0 ? unread(t, err) : 0;
}

static int put_amiss(struct desk_turn *t, struct error *err)
{
    db_ask(t->db, "SELECT line FROM printed_line p WHERE account=$1 AND state IN ('doubtful', 'spoiled')"
                  " AND turn=(SELECT max(turn) FROM printed_line m WHERE m.account=$1 AND m.line=p.line) ORDER BY line LIMIT $2",
           DB_ARGS(DB_INT(t->account), DB_INT(WIRE_ACCOUNT_AMISS_MAX)));
    while (db_row(t->db))
        t->answer.amiss[t->answer.amiss_count++] = db_int(t->db, 0);
    return db_end(t->db) < 0 ? unread(t, err) : 0;
}

/* --- who ----------------------------------------------------------------------------------------- */

static int put_holder(struct desk_turn *t, int64_t *book, int64_t *printed, struct error *err)
{
    db_ask(t->db, "SELECT name, document, phone, CASE WHEN password<>'' THEN 1 ELSE 0 END, book, printed FROM holder WHERE account=$1", DB_ARGS(DB_INT(t->account)));
    if (db_row(t->db)) {
        db_copy(t->db, 0, t->answer.holder, sizeof t->answer.holder);
        db_copy(t->db, 1, t->answer.document, sizeof t->answer.document);
        db_copy(t->db, 2, t->answer.phone, sizeof t->answer.phone);
        t->answer.password = db_int(t->db, 3) != 0;
        *book = db_int(t->db, 4);
        *printed = db_int(t->db, 5);
    }
    return db_end(t->db) < 0 ? unread(t, err) : 0;
}

static int put_customers(struct desk_turn *t, struct error *err)
{
    db_ask(t->db, "SELECT customer, name FROM agreement WHERE account=$1 ORDER BY customer LIMIT $2", DB_ARGS(DB_INT(t->account), DB_INT(WIRE_ACCOUNT_CUSTOMERS_MAX)));
    while (db_row(t->db)) {
        db_copy(t->db, 0, t->answer.customers[t->answer.customer_count].customer, sizeof t->answer.customers[0].customer);
        db_copy(t->db, 1, t->answer.customers[t->answer.customer_count].name, sizeof t->answer.customers[0].name);
        t->answer.customer_count++;
    }
    return db_end(t->db) < 0 ? unread(t, err) : 0;
}

int desk_read(struct desk_turn *t, struct error *err)
{
    struct account a;
    int64_t book = 0, printed = 0;
    if (t->ask.account[0] == '\0') {
        if (account_of_customer(t->db, t->ask.customer, &t->account, err) != 0) return -1;
        if (t->account == 0) return refuse(t, "14");
    } else if (!account_parse(t->ask.account, &t->account)) return refuse(t, "14");
    int status = account_read(t->db, t->account, &a, t->answer.code, err);
    if (status != 0) return status;
    account_format(t->account, t->answer.account);
    text_copy(t->answer.state, sizeof t->answer.state, account_states[a.state]);
    t->answer.has_balance = true;
    t->answer.balance_fen = a.balance_fen;
    t->answer.last_line = a.lines;
    t->answer.held_fen = hold_sum(t->db, t->account);
    if (t->answer.held_fen < 0) return unread(t, err);
    if (a.state != ACCOUNT_OPEN) snprintf(t->answer.reason, sizeof t->answer.reason, "the account is %s", account_states[a.state]);
    if (put_holder(t, &book, &printed, err) != 0 || put_customers(t, err) != 0 || put_amiss(t, err) != 0 || desk_book_says(t, err) != 0) return -1;
    int64_t last = a.lines > WIRE_ACCOUNT_LINES_MAX ? a.lines - WIRE_ACCOUNT_LINES_MAX : 0;
    if (t->ask.from > 0) last = t->ask.from - 1;
    return put_lines(t, t->ask.head.proc == PROC_BALANCE ? printed : last, book, err);
}
