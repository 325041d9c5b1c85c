/* The journal as text that ledger and hledger read: an auditor checks the day with
 * a tool that is not ours. No customer's name stands in it; the key leads there. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "ledger/books.h"

#define LINE_SIZE 256

typedef void write_line(void *ctx, const char *text);

/* How an account of the books is called there, and what kind it is. */
static const struct { const char *ours, *theirs, *kind; } accounts[] = {
    {"vault", "assets:vault", "Cash"},
    {"till:", "assets:till:", "Cash"},
    {"in-transit", "assets:in-transit", "Cash"},
    {"clearing-bank", "assets:clearing-bank", "Asset"},
    {"claims", "assets:claims", "Asset"},
    {"counterfeit", "assets:counterfeit", "Asset"},
    {"awaiting-utility", "liabilities:awaiting-utility", "Liability"},
    {"awaiting-bank", "liabilities:awaiting-bank", "Liability"},
    {"owed-to-utility", "liabilities:owed-to-utility", "Liability"},
    {"to-be-given-back", "liabilities:to-be-given-back", "Liability"},
    {"counterfeit-owners", "liabilities:counterfeit-owners", "Liability"},
    {"loss", "expenses:loss", "Expense"},
    {"over-short", "expenses:over-short", "Expense"},
};

static const char *account(const char *ours, char name[48])
{
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++) {
        size_t len = strlen(accounts[i].ours);
        bool till = accounts[i].ours[len - 1] == ':';
        if (till ? strncmp(ours, accounts[i].ours, len) == 0 : strcmp(ours, accounts[i].ours) == 0) {
            snprintf(name, 48, "%s%s", accounts[i].theirs, till ? ours + len : "");
            return name;
        }
    }
    snprintf(name, 48, "%s", ours);
    return name;
}

static void put(write_line *line, void *ctx, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void put(write_line *line, void *ctx, const char *fmt, ...)
{
    char text[LINE_SIZE];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    line(ctx, text);
}

/* --- what stands before the entries -------------------------------------------------------- */

static int head(struct ledger *ledger, day_t first, day_t last, write_line *line, void *ctx, struct error *err)
{
    char from[DAY_TEXT_SIZE], to[DAY_TEXT_SIZE], name[48], number[LEDGER_TILL_SIZE];
    int got;
    put(line, ctx, "; bank %s, branch %s: booked from %s to %s", ledger->bank, ledger->branch, day_format(first, from, sizeof from),
        day_format(last, to, sizeof to));
    put(line, ctx, "; date = booking date, date after = : business day, (code): the payment's reference");
    put(line, ctx, "%s", "");
    put(line, ctx, "commodity 1000.00 CNY");
    put(line, ctx, "commodity 1000.00 CFT");
    put(line, ctx, "%s", "");
    for (size_t i = 0; i < sizeof accounts / sizeof *accounts; i++)
        if (accounts[i].ours[strlen(accounts[i].ours) - 1] != ':')
            put(line, ctx, "account %s  ; type:%s", accounts[i].theirs, accounts[i].kind);
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT DISTINCT substr(name, 6) FROM account WHERE name GLOB 'till:*' ORDER BY name", BIND_NOTHING);
    if (!walk)
        return -1;
    while ((got = sql_next(ledger, err, walk, INTO(into_text(number, sizeof number)))) == 1) {
        snprintf(name, sizeof name, "till:%s", number);
        char theirs[48];
        put(line, ctx, "account %s  ; type:Cash", account(name, theirs));
    }
    return got;
}

static void posting(write_line *line, void *ctx, const char *ours, int64_t fen, const char *commodity)
{
    char name[48], text[MONEY_TEXT_SIZE];
    put(line, ctx, "    %-32s  %15s %s", account(ours, name), money_format(fen, text, sizeof text), commodity);
}

/* What was booked before the first date, as one opening transaction. */
static int opening(struct ledger *ledger, day_t first, write_line *line, void *ctx, struct error *err)
{
    char name[32], commodity[4], date[DAY_TEXT_SIZE];
    int64_t fen;
    bool begun = false;
    int got;
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT name, commodity, sum(fen) AS held FROM (SELECT debit AS name, commodity, amount_fen AS fen FROM entry WHERE booked < ?1"
        " UNION ALL SELECT credit, commodity, -amount_fen FROM entry WHERE booked < ?1)"
        " GROUP BY name, commodity HAVING held <> 0 ORDER BY commodity DESC, name", BIND(sql_int(first)));
    if (!walk)
        return -1;
    while ((got = sql_next(ledger, err, walk, INTO(into_text(name, sizeof name), into_text(commodity, sizeof commodity),
                                                   into_int64(&fen)))) == 1) {
        if (!begun) {
            put(line, ctx, "%s", "");
            put(line, ctx, "%s opening balances", day_format(first, date, sizeof date));
        }
        begun = true;
        posting(line, ctx, name, fen, commodity);
    }
    return got;
}

/* --- the entries ------------------------------------------------------------------------------ */

static int entries(struct ledger *ledger, day_t first, day_t last, write_line *line, void *ctx, struct error *err)
{
    int64_t id, at_ms, fen;
    int booked, day, got;
    char event[40], debit[24], credit[24], commodity[4], who[LEDGER_OPERATOR_SIZE], ref[KEY_REF_SIZE];
    sqlite3_stmt *walk = sql_start(ledger, err,
        "SELECT e.id, e.at, e.booked, e.day, e.event, e.debit, e.credit, e.commodity, e.amount_fen, e.operator, p.ref"
        " FROM entry e LEFT JOIN payment p ON p.id = e.payment WHERE e.booked BETWEEN ?1 AND ?2 ORDER BY e.id",
        BIND(sql_int(first), sql_int(last)));
    if (!walk)
        return -1;
    while ((got = sql_next(ledger, err, walk,
                           INTO(into_int64(&id), into_int64(&at_ms), into_int(&booked), into_int(&day), into_text(event, sizeof event),
                                into_text(debit, sizeof debit), into_text(credit, sizeof credit), into_text(commodity, sizeof commodity),
                                into_int64(&fen), into_text(who, sizeof who), into_text(ref, sizeof ref)))) == 1) {
        char date[DAY_TEXT_SIZE], business[DAY_TEXT_SIZE], when[CLOCK_TEXT_SIZE];
        put(line, ctx, "%s", "");
        put(line, ctx, "%s=%s %s%s%s%s  ; entry:%lld, operator:%s, at:%s", day_format(booked, date, sizeof date),
            day_format(day, business, sizeof business), ref[0] ? "(" : "", ref, ref[0] ? ") " : "", event, (long long)id, who[0] ? who : "-",
            clock_format(&ledger->world.clock, at_ms, when, sizeof when));
        posting(line, ctx, debit, fen, commodity);
        posting(line, ctx, credit, -fen, commodity);
    }
    return got;
}

int journal_export(struct ledger *ledger, day_t first, day_t last, void (*line)(void *ctx, const char *text), void *ctx,
                   struct error *err)
{
    if (head(ledger, first, last, line, ctx, err) < 0 || opening(ledger, first, line, ctx, err) < 0 ||
        entries(ledger, first, last, line, ctx, err) < 0)
        return -1;
    return 0;
}
