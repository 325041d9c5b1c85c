/* Operators: who may sign on, and what becomes of wrong passwords. */
#include "ledger/operator.h"

#include <string.h>

#include "base/text.h"
#include "ledger/books.h"

#define LOCK_OUT_MS 1800000
#define WRONG "wrong password" /* audit event; tries of unknown numbers are counted by it */

#define OPERATOR_COLUMNS "number, name, role, must_change, active, wrong, locked_ms, EXISTS (SELECT 1 FROM one_time WHERE operator = number) FROM operator"

static const char refused[] = "the operator was not changed";

static enum ledger_result nobody(struct error *err, const char *number)
{
    return ledger_refuse(err, LEDGER_PARAMS, refused, NULL, "there is no operator %.20s", number);
}

/* --- signing on ---------------------------------------------------------------------- */

enum ledger_result operator_stored(struct ledger *ledger, const char *number, char stored[SECRET_PASSWORD_SIZE], struct error *err)
{
    int got = sql_one(ledger, err, "SELECT password FROM operator WHERE number = ?1 AND active = 1",
                      BIND(sql_text(number)), INTO(into_text(stored, SECRET_PASSWORD_SIZE)));
    if (got == 0)
        secret_password_none(ledger->world.cost, &ledger->world.entropy, stored);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static int read_operator(struct ledger *ledger, const char *number, struct ledger_operator *out, struct error *err)
{
    memset(out, 0, sizeof *out);
    return sql_one(ledger, err, "SELECT " OPERATOR_COLUMNS " WHERE number = ?1", BIND(sql_text(number)),
                   INTO(into_text(out->number, sizeof out->number), into_text(out->name, sizeof out->name),
                        into_text(out->role, sizeof out->role), into_bool(&out->must_change), into_bool(&out->active),
                        into_int(&out->wrong), into_int64(&out->locked_ms), into_bool(&out->code)));
}

static int64_t lock_out_ms(const struct ledger *ledger)
{
    return ledger->rules.lock_out_ms > 0 ? ledger->rules.lock_out_ms : LOCK_OUT_MS;
}

/* A number that nobody has locks like any other, else its answers would tell that nobody has it. */
static enum ledger_result read_unknown(struct ledger *ledger, const char *number, struct ledger_operator *out, struct error *err)
{
    int64_t tries, last_ms;
    if (sql_one(ledger, err, "SELECT count(*), coalesce(max(at), 0) FROM audit WHERE subject = ?1 AND event = '" WRONG "'",
                BIND(sql_text(number)), INTO(into_int64(&tries), into_int64(&last_ms))) != 1)
        return LEDGER_BROKEN;
    memset(out, 0, sizeof *out);
    out->wrong = tries < LEDGER_WRONG_MAX ? (int)tries : LEDGER_WRONG_MAX;
    if (out->wrong == LEDGER_WRONG_MAX)
        out->locked_ms = last_ms + lock_out_ms(ledger);
    return LEDGER_OK;
}

static enum ledger_result say_locked(const struct ledger *ledger, int64_t until_ms, struct error *err)
{
    char when[CLOCK_TEXT_SIZE];
    return ledger_refuse(err, LEDGER_LOCKED_OUT, "locked", "wait, or a supervisor unlocks it",
                         "%d wrong passwords: locked until %s", LEDGER_WRONG_MAX,
                         clock_format(&ledger->world.clock, until_ms, when, sizeof when));
}

static enum ledger_result wrong_try(struct ledger *ledger, const char *number, const char *terminal, bool known,
                                    struct ledger_operator *who, struct error *err)
{
    who->wrong++;
    if (who->wrong >= LEDGER_WRONG_MAX)
        who->locked_ms = ledger_now(ledger) + lock_out_ms(ledger);
    enum ledger_result r = ledger_audit(ledger, err, WRONG, NULL, NULL, terminal, number, "%s%d%s", known ? "try " : "no such number, try ",
                                        who->wrong, who->wrong >= LEDGER_WRONG_MAX ? ", locked" : "");
    if (r == LEDGER_OK && known)
        r = sql_run(ledger, err, "UPDATE operator SET wrong = ?2, locked_ms = ?3 WHERE number = ?1",
                    BIND(sql_text(number), sql_int(who->wrong), sql_int(who->locked_ms)));
    if (r != LEDGER_OK)
        return r;
    ledger_keep(ledger);
    if (who->wrong >= LEDGER_WRONG_MAX)
        return say_locked(ledger, who->locked_ms, err);
    return ledger_refuse(err, LEDGER_PASSWORD, "not signed on", NULL, "number or password is wrong");
}

/* code NULL: none is asked for. */
static enum ledger_result check(struct ledger *ledger, const char *number, const char *terminal, bool matched, const char *code,
                                struct ledger_operator *out, struct error *err)
{
    int got = read_operator(ledger, number, out, err);
    bool known = got == 1 && out->active;
    if (got < 0 || (!known && read_unknown(ledger, number, out, err) != LEDGER_OK))
        return LEDGER_BROKEN;
    if (out->locked_ms > ledger_now(ledger)) {
        enum ledger_result r = ledger_audit(ledger, err, "try while locked", NULL, NULL, terminal, number, "the answer was: locked");
        ledger_keep(ledger);
        return r == LEDGER_OK ? say_locked(ledger, out->locked_ms, err) : r;
    }
    if (known && code) {
        enum ledger_result r = ledger_code_check(ledger, out, code, &matched, err);
        if (r != LEDGER_OK)
            return r;
    }
    if (!known || !matched)
        return wrong_try(ledger, number, terminal, known, out, err);
    if (out->wrong == 0 && out->locked_ms == 0)
        return LEDGER_OK;
    out->wrong = 0;
    out->locked_ms = 0;
    return sql_run(ledger, err, "UPDATE operator SET wrong = 0, locked_ms = 0 WHERE number = ?1", BIND(sql_text(number)));
}

static enum ledger_result checked(struct ledger *ledger, const char *number, const char *terminal, bool matched, const char *code,
                                  struct ledger_operator *out, struct error *err)
{
    char kept[LEDGER_OPERATOR_SIZE];
    /* longer than any number: it may be a password typed in the wrong field, which no record may keep */
    if (!text_copy(kept, sizeof kept, number))
        text_copy(kept, sizeof kept, "too long");
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = check(ledger, kept, terminal, matched, code, out, err);
    r = ledger_end(ledger, r, err);
    if (r != LEDGER_OK)
        memset(out, 0, sizeof *out);
    return r;
}

enum ledger_result operator_checked(struct ledger *ledger, const char *number, const char *terminal, bool matched,
                                    struct ledger_operator *out, struct error *err)
{
    return checked(ledger, number, terminal, matched, NULL, out, err);
}

enum ledger_result operator_vouches(struct ledger *ledger, const char *number, const char *terminal, bool matched, const char *code,
                                    struct ledger_operator *out, struct error *err)
{
    return checked(ledger, number, terminal, matched, code, out, err);
}

/* --- passwords -------------------------------------------------------------------------- */

static enum ledger_result set_password(struct ledger *ledger, const char *number, const char *stored, bool must_change,
                                       struct error *err)
{
    enum ledger_result r = sql_run(ledger, err, "UPDATE operator SET password = ?2, must_change = ?3 WHERE number = ?1",
                                   BIND(sql_text(number), sql_text(stored), sql_int(must_change)));
    if (r == LEDGER_OK && sql_changes(ledger) != 1)
        return nobody(err, number);
    return r;
}

enum ledger_result operator_set_password(struct ledger *ledger, const char *number, const char *stored, bool must_change,
                                         struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = set_password(ledger, number, stored, must_change, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "password changed", number, NULL, NULL, number, must_change ? "to be changed at sign-on" : "by himself");
    return ledger_end(ledger, r, err);
}

enum ledger_result operator_reset(struct ledger *ledger, const char *number, const char *stored, const struct ledger_two *two,
                                  struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "operator_password", number, true, checker, err);
    if (r == LEDGER_OK)
        r = set_password(ledger, number, stored, true, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE operator SET wrong = 0, locked_ms = 0 WHERE number = ?1", BIND(sql_text(number)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "password set anew", two->maker, checker, two->terminal, number, "to be changed at sign-on");
    return ledger_end(ledger, r, err);
}

/* --- reading ---------------------------------------------------------------------------- */

enum ledger_result operator_get(struct ledger *ledger, const char *number, struct ledger_operator *out, struct error *err)
{
    int got = read_operator(ledger, number, out, err);
    return got == 1 ? LEDGER_OK : got == 0 ? nobody(err, number) : LEDGER_BROKEN;
}

enum ledger_result operator_list(struct ledger *ledger, struct ledger_operator *rows, int max, int *count, struct error *err)
{
    int got = 0;
    struct ledger_operator one;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT " OPERATOR_COLUMNS " ORDER BY number LIMIT ?1", BIND(sql_int(max)));
    *count = 0;
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk,
                           INTO(into_text(one.number, sizeof one.number), into_text(one.name, sizeof one.name),
                                into_text(one.role, sizeof one.role), into_bool(&one.must_change), into_bool(&one.active),
                                into_int(&one.wrong), into_int64(&one.locked_ms), into_bool(&one.code)))) == 1)
        rows[(*count)++] = one;
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
