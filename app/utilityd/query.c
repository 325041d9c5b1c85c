/* Who has paid, who is in arrears: a table of questions, each one SQL text. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/key.h"
#include "base/table.h"
#include "utilityd/utilityd.h"

#define COLUMNS_MAX 14

/* Filters stand as :bank :branch :day :station :customer :today; NULL: all. */
#define WHERE_PAYMENT " WHERE (:bank IS NULL OR s.bank=:bank) AND (:branch IS NULL OR s.branch=:branch)" \
                      " AND (:day IS NULL OR p.business=:day) AND (:customer IS NULL OR p.customer=:customer)" \
                      " AND (:station IS NULL OR c.supply=:station) AND :today IS NOT NULL"
#define STATE "CASE p.state WHEN 1 THEN 'declined' WHEN 2 THEN 'posted' WHEN 3 THEN 'tombstone' WHEN 4 THEN 'undone' ELSE 'reversed' END"
#define KEY "s.bank || '/' || s.branch || '/' || printf('%012d', p.reference)"
#define DAY(column) "date(" column " * 86400, 'unixepoch')"

static const struct question {
    const char *name, *sql;
    struct column columns[COLUMNS_MAX];
} questions[] = {
    {"customer",
     "SELECT c.number, c.name, c.address, c.supply, c.credit_fen, b.number, b.period, b.amount_fen, b.covered_fen, " DAY("b.due") ","
     " " DAY("b.last_day") ", CASE b.state WHEN 0 THEN 'open' WHEN 1 THEN 'paid' WHEN 2 THEN 'withheld' ELSE 'withdrawn' END,"
     " coalesce(" KEY ", CASE WHEN b.paid_by=0 THEN 'credit' END) FROM customer c LEFT JOIN bill b ON b.customer=c.number"
     " LEFT JOIN payment p ON p.id=b.paid_by LEFT JOIN station s ON s.id=p.station WHERE c.number=:customer"
     " AND coalesce(:bank, :branch, :day, :station, :today) IS NOT NULL ORDER BY b.due, b.number",
     {{"customer", "Customer", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"address", "Address", COLUMN_TEXT},
      {"station", "Station", COLUMN_TEXT}, {"credit", "Credit", COLUMN_MONEY}, {"bill", "Bill", COLUMN_TEXT},
      {"period", "Period", COLUMN_TEXT}, {"amount", "Amount", COLUMN_MONEY}, {"covered", "Covered", COLUMN_MONEY},
      {"due", "Due", COLUMN_TEXT}, {"until", "Until", COLUMN_TEXT}, {"state", "State", COLUMN_TEXT}, {"paid_by", "Paid by", COLUMN_TEXT}}},
    {"arrears",
     "SELECT c.number, c.name, c.supply, count(*), sum(b.amount_fen - b.covered_fen), " DAY("min(b.due)") " FROM bill b"
     " JOIN customer c ON c.number=b.customer WHERE b.state IN (0,2) AND b.due < coalesce(:day, :today) AND b.amount_fen > b.covered_fen"
     " AND (:station IS NULL OR c.supply=:station) AND (:customer IS NULL OR c.number=:customer)"
     " AND (:bank IS NULL OR 1) AND (:branch IS NULL OR 1) GROUP BY c.number ORDER BY c.number",
     {{"customer", "Customer", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"station", "Station", COLUMN_TEXT},
      {"bills", "Bills", COLUMN_INT}, {"sum", "Sum", COLUMN_MONEY}, {"oldest_due", "Oldest due", COLUMN_TEXT}}},
    {"payments",
     "SELECT " KEY ", " STATE ", p.code, p.approval, p.customer, c.name, c.supply, p.amount_fen, p.short_fen, " DAY("p.business") ","
     " datetime(p.posted_ms/1000 + 28800, 'unixepoch') FROM payment p JOIN station s ON s.id=p.station"
     " LEFT JOIN customer c ON c.number=p.customer" WHERE_PAYMENT " ORDER BY p.id",
     {{"key", "Key", COLUMN_TEXT}, {"state", "State", COLUMN_TEXT}, {"code", "Code", COLUMN_TEXT}, {"approval", "Approval", COLUMN_TEXT},
      {"customer", "Customer", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"station", "Station", COLUMN_TEXT},
      {"amount", "Amount", COLUMN_MONEY}, {"short", "Short", COLUMN_MONEY}, {"business_date", "Day", COLUMN_TEXT}, {"time", "Time", COLUMN_TEXT}}},
    {"totals",
     "SELECT " DAY("p.business") ", s.bank, s.branch, count(*) FILTER (WHERE p.state IN (2,5)), coalesce(sum(p.amount_fen) FILTER (WHERE p.state IN (2,5)),0),"
     " count(*) FILTER (WHERE p.state=5), coalesce(sum(p.amount_fen) FILTER (WHERE p.state=5),0), coalesce(sum(p.amount_fen) FILTER (WHERE p.state=2),0),"
     " coalesce(sum(p.short_fen),0) FROM payment p JOIN station s ON s.id=p.station LEFT JOIN customer c ON c.number=p.customer" WHERE_PAYMENT
     " GROUP BY p.business, p.station ORDER BY p.business, s.bank, s.branch",
     {{"business_date", "Day", COLUMN_TEXT}, {"bank", "Bank", COLUMN_TEXT}, {"branch", "Branch", COLUMN_TEXT}, {"payments", "Payments", COLUMN_INT},
      {"sum", "Sum", COLUMN_MONEY}, {"reversals", "Reversals", COLUMN_INT}, {"reversed", "Reversed", COLUMN_MONEY}, {"net", "Net", COLUMN_MONEY},
      {"short", "Short", COLUMN_MONEY}}},
    {"key",
     "SELECT " KEY ", " STATE ", p.code, p.approval, p.customer, p.amount_fen, t.bill, CASE t.place WHEN 0 THEN 'bill' WHEN 1 THEN 'credit' WHEN 2 THEN 'suspense' END,"
     " t.amount_fen, n.number, n.what FROM payment p JOIN station s ON s.id=p.station LEFT JOIN part t ON t.payment=p.id"
     " LEFT JOIN notice n ON n.station=p.station AND n.payment=p.reference WHERE " KEY "=:customer"
     " AND coalesce(:bank, :branch, :day, :station, :today) IS NOT NULL ORDER BY t.position",
     {{"key", "Key", COLUMN_TEXT}, {"state", "State", COLUMN_TEXT}, {"code", "Code", COLUMN_TEXT}, {"approval", "Approval", COLUMN_TEXT},
      {"customer", "Customer", COLUMN_TEXT}, {"amount", "Amount", COLUMN_MONEY}, {"bill", "Bill", COLUMN_TEXT}, {"place", "Place", COLUMN_TEXT},
      {"part", "Part", COLUMN_MONEY}, {"invoice", "Invoice", COLUMN_TEXT}, {"notice", "Notice", COLUMN_TEXT}}},
};
#define QUESTIONS (sizeof questions / sizeof *questions)

struct filters { const char *bank, *branch, *station, *customer; day_t day; enum table_style style; };

static void bind(sqlite3_stmt *q, const char *name, const char *value)
{
    int at = sqlite3_bind_parameter_index(q, name);
    if (at && value) sqlite3_bind_text(q, at, value, -1, SQLITE_STATIC);
}

static int ask(sqlite3 *db, const struct question *question, const struct filters *f, day_t today, struct error *err)
{
    sqlite3_stmt *q = NULL;
    size_t columns = 0;
    int status;
    while (columns < COLUMNS_MAX && question->columns[columns].name)
        columns++;
    if (sqlite3_prepare_v2(db, question->sql, -1, &q, NULL) != SQLITE_OK) return utility_db_failed(db, "the query failed", err);
    bind(q, ":bank", f->bank);
    bind(q, ":branch", f->branch);
    bind(q, ":station", f->station);
    bind(q, ":customer", f->customer);
    if (f->day != DAY_NONE) sqlite3_bind_int(q, sqlite3_bind_parameter_index(q, ":day"), f->day);
    sqlite3_bind_int(q, sqlite3_bind_parameter_index(q, ":today"), today);
    struct table *table = table_open(stdout, f->style, question->columns, columns);
    while ((status = sqlite3_step(q)) == SQLITE_ROW) {
        struct cell cells[COLUMNS_MAX];
        for (size_t i = 0; i < columns; i++) {
            const char *text = (const char *)sqlite3_column_text(q, (int)i);
            cells[i] = (struct cell){text ? text : "", sqlite3_column_int64(q, (int)i)};
        }
        table_row(table, cells);
    }
    table_close(table);
    if (status != SQLITE_DONE) utility_db_failed(db, "the query failed", err);
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : -1;
}

static int usage(void)
{
    fputs("usage: utilityd query customer NUMBER | key BANK/BRANCH/REFERENCE | arrears | payments | totals\n"
          "       [--bank N] [--branch N] [--day YYYY-MM-DD] [--station NAME] [--customer N] [--format table|csv|json]\n", stderr);
    return EX_USAGE;
}

static bool style_named(const char *word, enum table_style *style)
{
    static const char *const words[] = {[TABLE_TEXT] = "table", [TABLE_CSV] = "csv", [TABLE_JSON] = "json"};
    for (int i = 0; i < 3; i++)
        if (strcmp(words[i], word) == 0) {
            *style = (enum table_style)i;
            return true;
        }
    return false;
}

int cmd_query(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"bank", 1, NULL, 'b'}, {"branch", 1, NULL, 'r'}, {"day", 1, NULL, 'd'}, {"station", 1, NULL, 's'},
                                            {"customer", 1, NULL, 'c'}, {"format", 1, NULL, 'f'}, {0}};
    struct filters f = {.day = DAY_NONE};
    struct error err;
    int c, code = EX_OK;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'b') f.bank = optarg;
        if (c == 'r') f.branch = optarg;
        if (c == 's') f.station = optarg;
        if (c == 'c') f.customer = optarg;
        if (c == '?' || (c == 'd' && !day_parse(optarg, &f.day)) || (c == 'f' && !style_named(optarg, &f.style))) return usage();
    }
    if (optind == argc) return usage();
    if (optind + 1 < argc) f.customer = argv[optind + 1];
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (strcmp(questions[i].name, argv[optind]) != 0) continue;
        sqlite3 *db = utility_db(u, &err);
        if (db == NULL || ask(db, &questions[i], &f, clock_today(&u->clock), &err) != 0) {
            error_print("utilityd", &err);
            code = EX_UNAVAILABLE;
        }
        sqlite3_close(db);
        return code;
    }
    return usage();
}
