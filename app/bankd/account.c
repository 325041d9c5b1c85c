#include "bankd/account.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

#define SERIAL_MAX INT64_C(99999999999999) /* 14 digits */
#define NUMBER_LEAST INT64_C(100000000000000000)

const char *const account_states[] = {"open", "frozen", "closed"};
const char *const account_whats[] = {"", "deposit", "withdrawal", "withheld", "held", "paid", "released", "given back", "settled"};

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

static const char *none_is_empty(const char *text) { return text ? text : ""; }

int account_read(struct db *db, int64_t number, struct account *a, char code[3], struct error *err)
{
    db_ask(db, "SELECT state, balance_fen, lines, last FROM account WHERE number=$1", DB_ARGS(DB_INT(number)));
    bool found = db_row(db);
    if (found) *a = (struct account){number, db_int(db, 1), db_int(db, 2), db_int(db, 3), (enum account_state)db_int(db, 0)};
    if (db_end(db) < 0) return db_failed(db, "the account cannot be read", err);
    return found ? 0 : refuse(code, "14");
}

int account_of_customer(struct db *db, const char *customer, int64_t *number, struct error *err)
{
    *number = db_number(db, "SELECT account FROM agreement WHERE customer=$1", DB_ARGS(DB_TEXT(customer)), 0);
    return *number < 0 ? db_failed(db, "the agreements cannot be read", err) : 0;
}

/* --- opening ---------------------------------------------------------------------- */

static int put_agreement(struct db *db, const struct bank *b, int64_t number, const char *customer, const char *name, struct error *err)
{
    return db_run(db, "INSERT INTO agreement (account, customer, name, since_ms) VALUES ($1,$2,$3,$4)",
                  DB_ARGS(DB_INT(number), DB_TEXT(customer), DB_TEXT(none_is_empty(name)), DB_INT(clock_now_ms(&b->clock)))) < 0
               ? db_failed(db, "the agreement cannot be written", err) : 0;
}

int account_open(struct db *db, const struct bank *b, const struct account_holder *holder, const char *customer,
                 const char *name, int64_t *number, char code[3], struct error *err)
{
    if (account_of_customer(db, customer, number, err) != 0) return -1;
    if (*number) return refuse(code, "94");
    int64_t last = db_number(db, "SELECT coalesce(max(number), 0) FROM account", DB_NO_ARGS, -1);
    if (last < 0) return db_failed(db, "the accounts cannot be read", err);
    *number = account_number(b->settings.id, last / 10 % (SERIAL_MAX + 1) + 1);
    if (db_run(db, "INSERT INTO account (number) VALUES ($1)", DB_ARGS(DB_INT(*number))) < 0 ||
        db_run(db, "INSERT INTO holder (account, name, document, phone, opened_ms, opened_by) VALUES ($1,$2,$3,$4,$5,$6)",
               DB_ARGS(DB_INT(*number), DB_TEXT(none_is_empty(holder->name)), DB_TEXT(none_is_empty(holder->document)),
                       DB_TEXT(none_is_empty(holder->phone)), DB_INT(clock_now_ms(&b->clock)), DB_TEXT(none_is_empty(holder->by)))) < 0)
        return db_failed(db, "the account cannot be written", err);
    return put_agreement(db, b, *number, customer, name, err);
}

int account_link(struct db *db, const struct bank *b, int64_t number, const char *customer, const char *name,
                 int64_t *stands, char code[3], struct error *err)
{
    struct account a;
    int status = account_read(db, number, &a, code, err);
    if (status != 0) return status;
    if (a.state != ACCOUNT_OPEN) return refuse(code, "62");
    if (account_of_customer(db, customer, stands, err) != 0) return -1;
    if (*stands) return refuse(code, "94");
    return put_agreement(db, b, number, customer, name, err);
}

int account_unlink(struct db *db, int64_t number, const char *customer, char code[3], struct error *err)
{
    int64_t gone = db_run(db, "DELETE FROM agreement WHERE account=$1 AND customer=$2", DB_ARGS(DB_INT(number), DB_TEXT(customer)));
    if (gone < 0) return db_failed(db, "the agreement cannot be written", err);
    return gone == 1 ? 0 : refuse(code, "14");
}

int account_set_state(struct db *db, int64_t number, enum account_state state, char code[3], struct error *err)
{
    struct account a;
    int status = account_read(db, number, &a, code, err);
    if (status != 0) return status;
    if (a.state == ACCOUNT_CLOSED) return refuse(code, "62");
    if (state == ACCOUNT_CLOSED && a.balance_fen != 0) return refuse(code, "51");
    return db_run(db, "UPDATE account SET state=$1 WHERE number=$2", DB_ARGS(DB_INT(state), DB_INT(number))) < 0
               ? db_failed(db, "the account cannot be written", err) : 0;
}

/* --- movements -------------------------------------------------------------------- */

static bool special(int64_t number) { return number >= NUMBER_LEAST; }

/* *id: the entry's own. */
static int put_entry(struct db *db, const struct bank *b, const struct account_move *m, const struct account *a, int64_t *id, struct error *err)
{
    *id = db_number(db, "INSERT INTO entry (id, debit, credit, fen, what, at_ms, line, before, balance_fen, branch, business, key)"
                        " VALUES ((SELECT coalesce(max(id), 0) + 1 FROM entry),$1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11) RETURNING id",
                    DB_ARGS(DB_INT(m->debit), DB_INT(m->credit), DB_INT(m->fen), DB_INT(m->what), DB_INT(clock_now_ms(&b->clock)),
                            DB_INT(a->lines), DB_INT(a->last), DB_INT(a->balance_fen), DB_TEXT(none_is_empty(m->branch)), DB_INT(m->business),
                            DB_TEXT(none_is_empty(m->key))), -1);
    return *id < 0 ? db_failed(db, "the journal cannot be written", err) : 0;
}

static int put_balance(struct db *db, const struct account *a, int64_t entry, struct error *err)
{
    return db_run(db, "UPDATE account SET balance_fen=$1, lines=$2, last=$3 WHERE number=$4",
                  DB_ARGS(DB_INT(a->balance_fen), DB_INT(a->lines), DB_INT(entry), DB_INT(a->number))) < 0
               ? db_failed(db, "the account cannot be written", err) : 0;
}

/* The balance after it; what the account's state allows. */
static int judge(struct account *a, const struct account_move *m, char code[3])
{
    bool out = m->debit == a->number;
    int64_t after;
    if (a->state == ACCOUNT_CLOSED || (a->state == ACCOUNT_FROZEN && out && m->what != WHAT_UNDONE)) return refuse(code, "62");
    if (out && a->balance_fen < m->fen) return refuse(code, "51");
    bool fits = out ? money_sub(a->balance_fen, m->fen, &after) : money_add(a->balance_fen, m->fen, &after) && after <= MONEY_MAX_FEN;
    if (!fits) return refuse(code, "13");
    a->balance_fen = after;
    a->lines++;
    return 0;
}

int account_move(struct db *db, const struct bank *b, const struct account_move *m, int64_t *balance_fen, char code[3], struct error *err)
{
    struct account a = {0};
    int64_t entry = 0;
    int64_t number = special(m->debit) ? m->debit : special(m->credit) ? m->credit : 0;
    assert(!(special(m->debit) && special(m->credit)) && m->debit != m->credit);
    if (m->fen <= 0 || m->fen > MONEY_MAX_FEN) return refuse(code, "13");
    int status = number ? account_read(db, number, &a, code, err) : 0;
    if (status == 0 && number) status = judge(&a, m, code);
    if (status == 0) status = put_entry(db, b, m, &a, &entry, err);
    if (status == 0 && number) status = put_balance(db, &a, entry, err);
    if (balance_fen) *balance_fen = a.balance_fen;
    return status;
}
