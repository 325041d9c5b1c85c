/* Agreement of a day with the utility: asked after cut-off, again until it agrees. */
#include <string.h>

#include "ledger/books.h"

static const char not_done[] = "the day's agreement stays as it is";

/* One of the moves that the schema knows; STATE for any other. */
static enum ledger_result become(struct ledger *ledger, const struct ledger_day *day, const char *agreement, struct error *err)
{
    bool legal;
    char text[DAY_TEXT_SIZE];
    if (sql_one(ledger, err, "SELECT EXISTS (SELECT 1 FROM move WHERE thing = 'agreement' AND was = ?1 AND becomes = ?2)",
                BIND(sql_text(day->agreement), sql_text(agreement)), INTO(into_bool(&legal))) != 1)
        return LEDGER_BROKEN;
    if (!legal)
        return ledger_refuse(err, LEDGER_STATE, not_done, NULL, "%s: from %s it can't become %s",
                             day_format(day->date, text, sizeof text), day->agreement, agreement);
    return sql_run(ledger, err, "UPDATE day SET agreement = ?2 WHERE date = ?1", BIND(sql_int(day->date), sql_text(agreement)));
}

static enum ledger_result note(struct ledger *ledger, day_t date, const char *event, const char *words, struct error *err)
{
    char text[DAY_TEXT_SIZE];
    return ledger_audit(ledger, err, event, NULL, NULL, NULL, day_format(date, text, sizeof text), "%s", words);
}

static enum ledger_result ask(struct ledger *ledger, day_t date, struct ledger_totals *totals, char hex[SECRET_HEX_SIZE],
                              struct error *err)
{
    struct ledger_day day;
    unsigned char head[SECRET_HASH_BYTES];
    enum ledger_result r = day_get(ledger, date, &day, err);
    if (r == LEDGER_OK && strcmp(day.state, "cut off") != 0 && strcmp(day.state, "closed") != 0)
        return ledger_refuse(err, LEDGER_STATE, not_done, "cut the day off first", "its payments are not fixed yet");
    if (r == LEDGER_OK && strcmp(day.agreement, "asked") != 0)
        r = become(ledger, &day, "asked", err);
    if (r == LEDGER_OK)
        r = day_totals(ledger, date, NULL, totals, err);
    if (r == LEDGER_OK)
        r = note(ledger, date, "agreement asked", day.state, err);
    if (r == LEDGER_OK)
        r = day_anchor(ledger, date, err);
    if (r == LEDGER_OK && sql_one(ledger, err, "SELECT head FROM day WHERE date = ?1", BIND(sql_int(date)),
                                  INTO(into_blob(head, sizeof head))) != 1)
        return LEDGER_BROKEN;
    if (r == LEDGER_OK)
        secret_hex(head, sizeof head, hex, SECRET_HEX_SIZE);
    return r;
}

enum ledger_result agreement_ask(struct ledger *ledger, day_t date, struct ledger_totals *totals, char hex[SECRET_HEX_SIZE],
                                 struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = ask(ledger, date, totals, hex, err);
    return ledger_end(ledger, r, err);
}

static enum ledger_result answer(struct ledger *ledger, day_t date, const char *agreement, struct error *err)
{
    struct ledger_day day;
    enum ledger_result r = day_get(ledger, date, &day, err);
    if (r == LEDGER_OK)
        r = become(ledger, &day, agreement, err);
    if (r == LEDGER_OK)
        r = day_clear(ledger, date, "", err); /* what was answered since it was closed */
    if (r == LEDGER_OK && strcmp(agreement, "agreed") == 0)
        r = sql_run(ledger, err, "DELETE FROM difference WHERE day = ?1 AND repair IS NULL", BIND(sql_int(date)));
    if (r == LEDGER_OK)
        r = note(ledger, date, "agreement", agreement, err);
    return r;
}

enum ledger_result agreement_answer(struct ledger *ledger, day_t date, bool in_balance, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = answer(ledger, date, in_balance ? "agreed" : "differences", err);
    return ledger_end(ledger, r, err);
}

enum ledger_result agreement_no_answer(struct ledger *ledger, day_t date, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = answer(ledger, date, "no answer", err);
    return ledger_end(ledger, r, err);
}

/* late: an answer has changed its totals, so that what was found to differ may differ no more. */
static enum ledger_result open_again(struct ledger *ledger, day_t date, bool late, struct error *err)
{
    struct ledger_day day;
    enum ledger_result r = day_get(ledger, date, &day, err);
    if (r == LEDGER_OK && (strcmp(day.agreement, "agreed") == 0 || (late && strcmp(day.agreement, "differences") == 0))) {
        r = become(ledger, &day, "re-opened", err);
        if (r == LEDGER_OK)
            r = note(ledger, date, "agreement", "re-opened", err);
    }
    return r == LEDGER_OK ? day_clear(ledger, date, "", err) : r;
}

enum ledger_result ledger_day_late(struct ledger *ledger, day_t date, struct error *err)
{
    return open_again(ledger, date, true, err);
}

enum ledger_result agreement_reopen(struct ledger *ledger, day_t date, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = open_again(ledger, date, false, err);
    return ledger_end(ledger, r, err);
}

enum ledger_result agreement_open(struct ledger *ledger, day_t *dates, int max, int *count, struct error *err)
{
    int date, got = 0;
    *count = 0;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT date FROM day WHERE agreement <> 'agreed' AND state IN ('cut off', 'closed')"
                                   " ORDER BY date LIMIT ?1", BIND(sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_int(&date)))) == 1)
        dates[(*count)++] = date;
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
