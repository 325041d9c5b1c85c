#include "bankd/account.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

#define SERIAL_MAX INT64_C(99999999999999) /* 14 digits */
#define NUMBER_LEAST INT64_C(100000000000000000)

const char *const account_states[] = {"open", "frozen", "closed"};
const char *const account_whats[] = {"", "deposit", "withdrawal", "withheld", "held", "paid", "released", "given back"};

/* --- numbers ---------------------------------------------------------------------- */

/* ISO/IEC 7812: every second digit from the right doubled, the sum a multiple of 10. */
static int check_digit(int64_t body)
{
    int sum = 0;
    for (bool twice = true; body > 0; body /= 10, twice = !twice) {
        int digit = (int)(body % 10) * (twice ? 2 : 1);
        sum += digit > 9 ? digit - 9 : digit;
    }
    return (10 - sum % 10) % 10;
}

bool account_parse(const char *text, int64_t *number)
{
    static const unsigned char twice[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9}; /* its digits added */
    int64_t value = 0;
    unsigned sum = 0;
    for (int i = 0; i < 18; i++) {
        unsigned digit = (unsigned)(text[i] - '0');
        if (digit > 9) return false;
        value = value * 10 + digit;
        sum += i % 2 == 0 ? twice[digit] : digit; /* the 18th is the check digit: counts once */
    }
    if (text[18] != '\0' || value < NUMBER_LEAST || sum % 10 != 0) return false;
    *number = value;
    return true;
}

const char *account_format(int64_t number, char buf[ACCOUNT_TEXT_SIZE])
{
    snprintf(buf, ACCOUNT_TEXT_SIZE, "%018" PRId64, number);
    return buf;
}

/* A bank's number has three digits; of a longer one the last three count. */
int64_t account_number(const char *bank, int64_t serial)
{
    int64_t prefix = 0;
    for (; *bank; bank++)
        prefix = (prefix * 10 + (*bank - '0')) % 1000;
    int64_t body = (prefix < 100 ? prefix + 100 : prefix) * (SERIAL_MAX + 1) + serial;
    return body * 10 + check_digit(body);
}

/* --- statements ------------------------------------------------------------------- */

static int refuse(char code[3], const char *why)
{
    memcpy(code, why, 3);
    return 1;
}

static sqlite3_stmt *ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    return sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK ? q : NULL;
}

static void bind_text(sqlite3_stmt *q, int at, const char *text) { sqlite3_bind_text(q, at, text ? text : "", -1, SQLITE_STATIC); }

/* Runs it to its end and drops it. */
static int done(sqlite3 *db, sqlite3_stmt *q, const char *what, struct error *err)
{
    bool good = q && sqlite3_step(q) == SQLITE_DONE;
    int status = good ? 0 : bank_db_failed(db, what, err);
    sqlite3_finalize(q);
    return status;
}

int account_read(sqlite3 *db, int64_t number, struct account *a, char code[3], struct error *err)
{
    sqlite3_stmt *q = ask(db, "SELECT state, balance_fen, lines, last FROM account WHERE number=?");
    if (q) sqlite3_bind_int64(q, 1, number);
    int step = q ? sqlite3_step(q) : SQLITE_ERROR;
    if (step == SQLITE_ROW)
        *a = (struct account){number, sqlite3_column_int64(q, 1), sqlite3_column_int64(q, 2), sqlite3_column_int64(q, 3),
                              (enum account_state)sqlite3_column_int(q, 0)};
    int status = step == SQLITE_ROW ? 0 : step == SQLITE_DONE ? refuse(code, "14") : bank_db_failed(db, "the account cannot be read", err);
    sqlite3_finalize(q);
    return status;
}

/* The account in whose agreement a customer stands; 0: none. */
static int standing(sqlite3 *db, const char *customer, int64_t *number, struct error *err)
{
    sqlite3_stmt *q = ask(db, "SELECT account FROM agreement WHERE customer=?");
    if (q) bind_text(q, 1, customer);
    int step = q ? sqlite3_step(q) : SQLITE_ERROR;
    *number = step == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    int status = step == SQLITE_ROW || step == SQLITE_DONE ? 0 : bank_db_failed(db, "the agreements cannot be read", err);
    sqlite3_finalize(q);
    return status;
}

/* --- opening ---------------------------------------------------------------------- */

static int put_agreement(sqlite3 *db, const struct bank *b, int64_t number, const char *customer, const char *name, struct error *err)
{
    sqlite3_stmt *q = ask(db, "INSERT INTO agreement (account, customer, name, since_ms) VALUES (?,?,?,?)");
    if (q) {
        sqlite3_bind_int64(q, 1, number);
        bind_text(q, 2, customer);
        bind_text(q, 3, name);
        sqlite3_bind_int64(q, 4, clock_now_ms(&b->clock));
    }
    return done(db, q, "the agreement cannot be written", err);
}

int account_open(sqlite3 *db, const struct bank *b, const struct account_holder *holder, const char *customer,
                 const char *name, int64_t *number, char code[3], struct error *err)
{
    if (standing(db, customer, number, err) != 0) return -1;
    if (*number) return refuse(code, "94");
    int64_t last = bank_db_int(db, "SELECT coalesce(max(number), 0) FROM account");
    if (last < 0) return bank_db_failed(db, "the accounts cannot be read", err);
    *number = account_number(b->settings.id, last / 10 % (SERIAL_MAX + 1) + 1);
    sqlite3_stmt *q = ask(db, "INSERT INTO account (number) VALUES (?)");
    if (q) sqlite3_bind_int64(q, 1, *number);
    if (done(db, q, "the account cannot be written", err) != 0) return -1;
    q = ask(db, "INSERT INTO holder (account, name, document, phone, opened_ms, opened_by) VALUES (?,?,?,?,?,?)");
    if (q) {
        sqlite3_bind_int64(q, 1, *number);
        bind_text(q, 2, holder->name);
        bind_text(q, 3, holder->document);
        bind_text(q, 4, holder->phone);
        sqlite3_bind_int64(q, 5, clock_now_ms(&b->clock));
        bind_text(q, 6, holder->by);
    }
    if (done(db, q, "the account cannot be written", err) != 0) return -1;
    return put_agreement(db, b, *number, customer, name, err);
}

int account_link(sqlite3 *db, const struct bank *b, int64_t number, const char *customer, const char *name,
                 int64_t *stands, char code[3], struct error *err)
{
    struct account a;
    int status = account_read(db, number, &a, code, err);
    if (status != 0) return status;
    if (a.state != ACCOUNT_OPEN) return refuse(code, "62");
    if (standing(db, customer, stands, err) != 0) return -1;
    if (*stands) return refuse(code, "94");
    return put_agreement(db, b, number, customer, name, err);
}

int account_unlink(sqlite3 *db, int64_t number, const char *customer, char code[3], struct error *err)
{
    sqlite3_stmt *q = ask(db, "DELETE FROM agreement WHERE account=? AND customer=?");
    if (q) {
        sqlite3_bind_int64(q, 1, number);
        bind_text(q, 2, customer);
    }
    if (done(db, q, "the agreement cannot be written", err) != 0) return -1;
    return sqlite3_changes(db) == 1 ? 0 : refuse(code, "14");
}

int account_set_state(sqlite3 *db, int64_t number, enum account_state state, char code[3], struct error *err)
{
    struct account a;
    int status = account_read(db, number, &a, code, err);
    if (status != 0) return status;
    if (a.state == ACCOUNT_CLOSED) return refuse(code, "62");
    if (state == ACCOUNT_CLOSED && a.balance_fen != 0) return refuse(code, "51");
    sqlite3_stmt *q = ask(db, "UPDATE account SET state=? WHERE number=?");
    if (q) {
        sqlite3_bind_int(q, 1, (int)state);
        sqlite3_bind_int64(q, 2, number);
    }
    return done(db, q, "the account cannot be written", err);
}

/* --- movements -------------------------------------------------------------------- */

static bool special(int64_t number) { return number >= NUMBER_LEAST; }

static int put_entry(sqlite3 *db, const struct bank *b, const struct account_move *m, const struct account *a, struct error *err)
{
    sqlite3_stmt *q = ask(db, "INSERT INTO entry (debit, credit, fen, what, at_ms, line, before, balance_fen, branch, business, key)"
                              " VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    if (q) {
        const int64_t numbers[] = {m->debit, m->credit, m->fen, m->what, clock_now_ms(&b->clock), a->lines, a->last, a->balance_fen};
        for (int i = 0; i < 8; i++)
            sqlite3_bind_int64(q, i + 1, numbers[i]);
        bind_text(q, 9, m->branch);
        sqlite3_bind_int64(q, 10, m->business);
        bind_text(q, 11, m->key);
    }
    return done(db, q, "the journal cannot be written", err);
}

static int put_balance(sqlite3 *db, const struct account *a, struct error *err)
{
    sqlite3_stmt *q = ask(db, "UPDATE account SET balance_fen=?, lines=?, last=? WHERE number=?");
    if (q) {
        sqlite3_bind_int64(q, 1, a->balance_fen);
        sqlite3_bind_int64(q, 2, a->lines);
        sqlite3_bind_int64(q, 3, sqlite3_last_insert_rowid(db));
        sqlite3_bind_int64(q, 4, a->number);
    }
    return done(db, q, "the account cannot be written", err);
}

/* The balance after it; what the account's state allows. */
static int judge(struct account *a, const struct account_move *m, char code[3])
{
    bool out = m->debit == a->number;
    int64_t after;
    if (a->state == ACCOUNT_CLOSED || (a->state == ACCOUNT_FROZEN && out && m->what != WHAT_PAID)) return refuse(code, "62");
    if (out && a->balance_fen < m->fen) return refuse(code, "51");
    bool fits = out ? money_sub(a->balance_fen, m->fen, &after) : money_add(a->balance_fen, m->fen, &after) && after <= MONEY_MAX_FEN;
    if (!fits) return refuse(code, "13");
    a->balance_fen = after;
    a->lines++;
    return 0;
}

int account_move(sqlite3 *db, const struct bank *b, const struct account_move *m, int64_t *balance_fen, char code[3], struct error *err)
{
    struct account a = {0};
    int64_t number = special(m->debit) ? m->debit : special(m->credit) ? m->credit : 0;
    assert(!(special(m->debit) && special(m->credit)) && m->debit != m->credit);
    if (m->fen <= 0 || m->fen > MONEY_MAX_FEN) return refuse(code, "13");
    int status = number ? account_read(db, number, &a, code, err) : 0;
    if (status == 0 && number) status = judge(&a, m, code);
    if (status == 0) status = put_entry(db, b, m, &a, err);
    if (status == 0 && number) status = put_balance(db, &a, err);
    if (balance_fen) *balance_fen = a.balance_fen;
    return status;
}
