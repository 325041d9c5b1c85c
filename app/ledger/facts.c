/* What every act needs beside its own rows: journal, day at work, key, STAN, and
 * whether money may be taken at all. And the words of results. */
#include <stdio.h>
#include <string.h>

#include "ledger/inside.h"

static const char *const words[] = {
    [LEDGER_OK] = "ok", [LEDGER_TOKEN] = "token", [LEDGER_STATE] = "state", [LEDGER_NUMBER] = "number",
    [LEDGER_BOOK] = "book", [LEDGER_DAY] = "day", [LEDGER_TILL] = "till", [LEDGER_STARTUP] = "startup",
    [LEDGER_STOPPED] = "stopped", [LEDGER_IN_HAND] = "in-hand", [LEDGER_OFFLINE_LIMIT] = "offline-limit",
    [LEDGER_LIMIT] = "limit", [LEDGER_CASH_SHORT] = "cash-short", [LEDGER_PREPAID] = "prepaid",
    [LEDGER_PARAMS] = "params", [LEDGER_APPROVAL] = "approval", [LEDGER_APPROVAL_ROLE] = "approval-role",
    [LEDGER_APPROVAL_SAME] = "approval-same", [LEDGER_APPROVAL_EXPIRED] = "approval-expired",
    [LEDGER_APPROVAL_USED] = "approval-used", [LEDGER_APPROVAL_ALTERED] = "approval-altered",
    [LEDGER_APPROVAL_PASSWORD] = "approval-password", [LEDGER_APPROVAL_CODE] = "approval-code", [LEDGER_PASSWORD] = "password",
    [LEDGER_LOCKED_OUT] = "locked-out", [LEDGER_MUST_CHANGE] = "must-change", [LEDGER_WEAK] = "weak",
    [LEDGER_ROLE] = "role",
};

const char *ledger_word(enum ledger_result result)
{
    size_t index = (size_t)result;
    return index < sizeof words / sizeof *words && words[index] ? words[index] : "internal";
}

enum ledger_result ledger_entry(struct ledger *ledger, const struct ledger_entry *entry, struct error *err)
{
    if (entry->fen == 0)
        return LEDGER_OK;
    struct civil local;
    day_t booked = DAY_NONE;
    clock_local(&ledger->world.clock, ledger_now(ledger), &local);
    day_from_ymd(local.year, local.month, local.day, &booked);
    return sql_run(ledger, err,
        "INSERT INTO entry (event, at, booked, day, payment, till, debit, credit, commodity, amount_fen, operator)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        BIND(sql_text(entry->event), sql_int(ledger_now(ledger)), sql_int(booked), sql_int(entry->day),
             entry->payment ? sql_int(entry->payment) : sql_null(), entry->till ? sql_int(entry->till) : sql_null(),
             sql_text(entry->debit), sql_text(entry->credit), sql_text(entry->commodity ? entry->commodity : "CNY"),
             sql_int(entry->fen), sql_text(entry->operator_number ? entry->operator_number : "")));
}

const char *ledger_till_account(const char *number, char account[8])
{
    snprintf(account, 8, "till:%.2s", number);
    return account;
}

enum ledger_result ledger_day_at_work(struct ledger *ledger, day_t *date, char state[8], struct error *err)
{
    int day;
    char stands[8];
    int got = sql_one(ledger, err, "SELECT date, state FROM day WHERE state <> 'closed'", BIND_NOTHING,
                      INTO(into_int(&day), into_text(stands, sizeof stands)));
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        return ledger_refuse(err, LEDGER_DAY, "no business day", "a supervisor opens the day", "none is open");
    *date = day;
    if (state)
        memcpy(state, stands, sizeof stands);
    return LEDGER_OK;
}

enum ledger_result ledger_day_open(struct ledger *ledger, day_t *date, struct error *err)
{
    char state[8], text[DAY_TEXT_SIZE];
    enum ledger_result r = ledger_day_at_work(ledger, date, state, err);
    if (r != LEDGER_OK || strcmp(state, "open") == 0)
        return r;
    return ledger_refuse(err, LEDGER_DAY, "the business day takes no more", "go on once the next day is open",
                         "%s is %s", day_format(*date, text, sizeof text), state);
}

enum ledger_result ledger_next_key(struct ledger *ledger, struct key *key, struct error *err)
{
    int epoch;
    int64_t counter;
    bool held;
    if (sql_one(ledger, err, "SELECT epoch, counter + 1, epoch_held FROM branch", BIND_NOTHING,
                INTO(into_int(&epoch), into_int64(&counter), into_bool(&held))) != 1)
        return LEDGER_BROKEN;
    if (!held)
        return ledger_refuse(err, LEDGER_STARTUP, "no key can be made",
                             "the branch signs on at the utility once; see that the link is up", "no epoch is held yet");
    if (!key_make(key, ledger->bank, ledger->branch, epoch, counter))
        return ledger_fail(ledger, err, "branch.counter", "keys of this epoch are used up");
    return sql_run(ledger, err, "UPDATE branch SET counter = ?1", BIND(sql_int(counter)));
}

enum ledger_result ledger_next_stan(struct ledger *ledger, day_t day, const char *terminal, int *stan, struct error *err)
{
    int last = 0;
    if (sql_one(ledger, err, "SELECT last FROM stan WHERE day = ?1 AND terminal = ?2",
                BIND(sql_int(day), sql_text(terminal)), INTO(into_int(&last))) < 0)
        return LEDGER_BROKEN;
    if (last >= 999999)
        return ledger_refuse(err, LEDGER_LIMIT, "no number is left", "take the next one at another terminal",
                             "terminal %s has used up its 999,999 messages of this day", terminal);
    *stan = last + 1;
    return sql_run(ledger, err, "INSERT INTO stan (day, terminal, last) VALUES (?1, ?2, ?3)"
                   " ON CONFLICT DO UPDATE SET last = excluded.last",
                   BIND(sql_int(day), sql_text(terminal), sql_int(*stan)));
}

enum ledger_result ledger_may_take(struct ledger *ledger, struct error *err)
{
    static const char what[] = "no money can be taken";
    bool held, restored;
    char alarm[LEDGER_REASON_SIZE];
    if (!ledger->started)
        return ledger_refuse(err, LEDGER_STARTUP, what, NULL, "the ledger was opened and not yet started");
    if (ledger->clock_wrong)
        return ledger_refuse(err, LEDGER_STOPPED, what, "a supervisor confirms date and time",
                             "the clock is too far from the last record");
    if (sql_one(ledger, err, "SELECT epoch_held, restored, alarm FROM branch", BIND_NOTHING,
                INTO(into_bool(&held), into_bool(&restored), into_text(alarm, sizeof alarm))) != 1)
        return LEDGER_BROKEN;
    if (alarm[0])
        return ledger_refuse(err, LEDGER_STOPPED, what, "the branch needs a new certificate", "%s", alarm);
    if (!held)
        return ledger_refuse(err, LEDGER_STARTUP, what, "the branch signs on at the utility once; see that the link is up",
                             "this ledger has no epoch yet");
    return restored ? ledger_refuse(err, LEDGER_STARTUP, what, "two supervisors say of each payment what became of it",
                                    "the books were restored from a backup") : LEDGER_OK;
}
