/* What passed: a table of questions, each one SQL text. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/bank.h"
#include "base/key.h"
#include "base/table.h"

#define COLUMNS_MAX 16
#define LAST_PRESET 1000

/* Filters stand as :bank :branch :reference :day :code :fate :offset :last; NULL: all. */
#define WHERE_MESSAGE " WHERE (:bank IS NULL OR bank=:bank) AND (:branch IS NULL OR branch=:branch)" \
                      " AND (:reference IS NULL OR reference=:reference) AND (:day IS NULL OR business=:day)" \
                      " AND (:code IS NULL OR code=:code) AND (:fate IS NULL OR fate=:fate)"
#define AT "strftime('%Y-%m-%d %H:%M:%S', at_ms/1000 + :offset, 'unixepoch') || printf('.%03d', at_ms % 1000)"
#define ANSWERS "fate IN ('answer','late','nobody')"

static const struct question {
    const char *name, *sql;
    struct column columns[COLUMNS_MAX];
} questions[] = {
    {"messages",
     "SELECT * FROM (SELECT seq, " AT ", fate, link, station, mti, CASE WHEN what<0 THEN '' ELSE printf('%06d', what) END, bank, branch, terminal,"
     " stan, reference, amount_fen, code, approval, date(business*86400, 'unixepoch') FROM message" WHERE_MESSAGE
     " ORDER BY seq DESC LIMIT :last) ORDER BY seq",
     {{"seq", "Row", COLUMN_INT}, {"time", "Time", COLUMN_TEXT}, {"fate", "Fate", COLUMN_TEXT}, {"link", "Link", COLUMN_INT},
      {"station", "Station", COLUMN_TEXT}, {"mti", "MTI", COLUMN_TEXT}, {"what", "What", COLUMN_TEXT}, {"bank", "Bank", COLUMN_TEXT},
      {"branch", "Branch", COLUMN_TEXT}, {"terminal", "Terminal", COLUMN_TEXT}, {"stan", "STAN", COLUMN_TEXT},
      {"reference", "Reference", COLUMN_TEXT}, {"amount", "Amount", COLUMN_MONEY}, {"code", "Code", COLUMN_TEXT},
      {"approval", "Approval", COLUMN_TEXT}, {"business_date", "Day", COLUMN_TEXT}}},
    /* by key: approved once counts once, however often it was answered; undone counts not at all */
    {"totals",
     "SELECT date(business*86400, 'unixepoch'), bank, branch, count(*) FILTER (WHERE paid AND NOT undone),"
     " coalesce(sum(fen) FILTER (WHERE paid AND NOT undone), 0), count(*) FILTER (WHERE back AND NOT undone),"
     " coalesce(sum(fen) FILTER (WHERE back AND NOT undone), 0), count(*) FILTER (WHERE undone),"
     " coalesce(sum(fen) FILTER (WHERE paid AND NOT undone), 0) - coalesce(sum(fen) FILTER (WHERE back AND NOT undone), 0) FROM"
     " (SELECT bank, branch, reference, max(business) AS business, max(amount_fen) AS fen,"
     "  max(mti IN ('0210','0230') AND code='00' AND approval<>'') AS paid, max(mti='0410' AND code='00') AS back,"
     "  max(mti='0430' AND code='00') AS undone FROM message WHERE " ANSWERS " AND what=500000"
     "  AND mti IN ('0210','0230','0410','0430') AND (:bank IS NULL OR bank=:bank) AND (:branch IS NULL OR branch=:branch)"
     "  GROUP BY bank, branch, reference)"
     " WHERE (:day IS NULL OR business=:day) AND coalesce(:reference, :code, :fate, :last, :offset) IS NOT NULL"
     " GROUP BY business, bank, branch ORDER BY business, bank, branch",
     {{"business_date", "Day", COLUMN_TEXT}, {"bank", "Bank", COLUMN_TEXT}, {"branch", "Branch", COLUMN_TEXT},
      {"payments", "Payments", COLUMN_INT}, {"sum", "Sum", COLUMN_MONEY}, {"reversals", "Reversals", COLUMN_INT},
      {"reversed", "Reversed", COLUMN_MONEY}, {"undone", "Undone", COLUMN_INT}, {"net", "Net", COLUMN_MONEY}}},
    {"alarms",
     "SELECT * FROM (SELECT id, " AT ", station, address, what FROM alarm WHERE coalesce(:bank, :branch, :reference, :day, :code, :fate, 1) IS NOT NULL"
     " ORDER BY id DESC LIMIT :last) ORDER BY id",
     {{"alarm", "Alarm", COLUMN_INT}, {"time", "Time", COLUMN_TEXT}, {"station", "Station", COLUMN_TEXT},
      {"address", "From", COLUMN_TEXT}, {"what", "What", COLUMN_TEXT}}},
};
#define QUESTIONS (sizeof questions / sizeof *questions)

struct filters { const char *bank, *branch, *reference, *code, *fate; struct key key; day_t day; int64_t last; enum table_style style; };

static void bind(sqlite3_stmt *q, const char *name, const char *value)
{
    int at = sqlite3_bind_parameter_index(q, name);
    if (at && value) sqlite3_bind_text(q, at, value, -1, SQLITE_STATIC);
}

static void bind_all(sqlite3_stmt *q, const struct bank *b, const struct filters *f)
{
    bind(q, ":bank", f->bank);
    bind(q, ":branch", f->branch);
    bind(q, ":reference", f->reference);
    bind(q, ":code", f->code);
    bind(q, ":fate", f->fate);
    if (f->day != DAY_NONE) sqlite3_bind_int(q, sqlite3_bind_parameter_index(q, ":day"), f->day);
    sqlite3_bind_int(q, sqlite3_bind_parameter_index(q, ":offset"), b->settings.offset_s);
    sqlite3_bind_int64(q, sqlite3_bind_parameter_index(q, ":last"), f->last);
}

static int ask(const struct bank *b, sqlite3 *db, const struct question *question, const struct filters *f, struct error *err)
{
    sqlite3_stmt *q = NULL;
    size_t columns = 0;
    int status;
    while (columns < COLUMNS_MAX && question->columns[columns].name)
        columns++;
    if (sqlite3_prepare_v2(db, question->sql, -1, &q, NULL) != SQLITE_OK) return bank_db_failed(db, "the query failed", err);
    bind_all(q, b, f);
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
    if (status != SQLITE_DONE) bank_db_failed(db, "the query failed", err);
    sqlite3_finalize(q);
    return status == SQLITE_DONE ? 0 : -1;
}

static int usage(void)
{
    bank_command_help(stderr, bank_command("journal"));
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

static bool take_key(const char *text, struct filters *f)
{
    if (!key_parse(text, &f->key)) return false;
    f->bank = f->key.bank;
    f->branch = f->key.branch;
    f->reference = f->key.ref;
    return true;
}

static bool take(int option, const char *value, struct filters *f)
{
    char *end = NULL;
    switch (option) {
    case 'k': return take_key(value, f);
    case 'b': f->bank = value; return true;
    case 'r': f->branch = value; return true;
    case 'c': f->code = value; return true;
    case 'a': f->fate = value; return true;
    case 'd': return day_parse(value, &f->day);
    case 'f': return style_named(value, &f->style);
    case 'l': f->last = strtoll(value, &end, 10); return *end == '\0' && f->last > 0;
    default: return false;
    }
}

int cmd_journal(struct bank *b, int argc, char **argv)
{
    static const struct option options[] = {{"key", 1, NULL, 'k'}, {"bank", 1, NULL, 'b'}, {"branch", 1, NULL, 'r'}, {"day", 1, NULL, 'd'},
                                            {"code", 1, NULL, 'c'}, {"fate", 1, NULL, 'a'}, {"last", 1, NULL, 'l'}, {"format", 1, NULL, 'f'}, {0}};
    struct filters f = {.day = DAY_NONE, .last = LAST_PRESET};
    struct error err;
    int c, code = EX_OK;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take(c, optarg, &f)) return usage();
    if (optind + 1 != argc) return usage();
    for (size_t i = 0; i < QUESTIONS; i++) {
        if (strcmp(questions[i].name, argv[optind]) != 0) continue;
        sqlite3 *db = bank_db(b, &err);
        if (db == NULL || ask(b, db, &questions[i], &f, &err) != 0) {
            error_print("bankd", &err);
            code = EX_UNAVAILABLE;
        }
        sqlite3_close(db);
        return code;
    }
    return usage();
}
