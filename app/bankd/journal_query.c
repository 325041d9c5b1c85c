/* What passed: a table of questions, each one SQL text. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/print.h"
#include "base/key.h"

#define LAST_PRESET 1000

/* $1 bank, $2 branch, $3 reference, $4 code, $5 fate: NULL is all; $6 day, below 0 all; $7 the last so many. */
#define WHERE_MESSAGE " WHERE ($1 IS NULL OR bank=$1) AND ($2 IS NULL OR branch=$2) AND ($3 IS NULL OR reference=$3)" \
                      " AND ($4 IS NULL OR code=$4) AND ($5 IS NULL OR fate=$5) AND ($6<0 OR business=$6)"
#define ANSWERS "fate IN ('answer','late','nobody')"
#define PAID "paid=1 AND undone=0"
#define BACK "back=1 AND undone=0"

static const struct question {
    const char *name, *sql;
    struct print_column columns[PRINT_COLUMNS_MAX];
} questions[] = {
    {"messages",
     "SELECT * FROM (SELECT seq, at_ms, fate, link, station, mti, what, bank, branch, terminal, stan, reference, amount_fen, code, approval, business"
     " FROM message" WHERE_MESSAGE " ORDER BY seq DESC LIMIT $7) AS rows_last ORDER BY seq",
     {{"seq", "Row", PRINT_INT}, {"time", "Time", PRINT_MOMENT}, {"fate", "Fate", PRINT_TEXT}, {"link", "Link", PRINT_INT},
      {"station", "Station", PRINT_TEXT}, {"mti", "MTI", PRINT_TEXT}, {"what", "What", PRINT_CODE}, {"bank", "Bank", PRINT_TEXT},
      {"branch", "Branch", PRINT_TEXT}, {"terminal", "Terminal", PRINT_TEXT}, {"stan", "STAN", PRINT_TEXT},
      {"reference", "Reference", PRINT_TEXT}, {"amount", "Amount", PRINT_MONEY}, {"code", "Code", PRINT_TEXT},
      {"approval", "Approval", PRINT_TEXT}, {"business_date", "Day", PRINT_DAY}}},
    /* by key: approved once counts once, however often it was answered; undone counts not at all */
    {"totals",
     "SELECT business, bank, branch, count(*) FILTER (WHERE " PAID "), coalesce(sum(fen) FILTER (WHERE " PAID "), 0), count(*) FILTER (WHERE " BACK "),"
     " coalesce(sum(fen) FILTER (WHERE " BACK "), 0), count(*) FILTER (WHERE undone=1),"
     " coalesce(sum(fen) FILTER (WHERE " PAID "), 0) - coalesce(sum(fen) FILTER (WHERE " BACK "), 0) FROM"
     " (SELECT bank, branch, reference, max(business) AS business, max(amount_fen) AS fen,"
     "  max(CASE WHEN mti IN ('0210','0230') AND code='00' AND approval<>'' THEN 1 ELSE 0 END) AS paid,"
     "  max(CASE WHEN mti='0410' AND code='00' THEN 1 ELSE 0 END) AS back, max(CASE WHEN mti='0430' AND code='00' THEN 1 ELSE 0 END) AS undone"
     "  FROM message WHERE " ANSWERS " AND what=500000 AND mti IN ('0210','0230','0410','0430') AND ($1 IS NULL OR bank=$1) AND ($2 IS NULL OR branch=$2)"
     "  GROUP BY bank, branch, reference) AS by_key WHERE $6<0 OR business=$6 GROUP BY business, bank, branch ORDER BY business, bank, branch",
     {{"business_date", "Day", PRINT_DAY}, {"bank", "Bank", PRINT_TEXT}, {"branch", "Branch", PRINT_TEXT},
      {"payments", "Payments", PRINT_INT}, {"sum", "Sum", PRINT_MONEY}, {"reversals", "Reversals", PRINT_INT},
      {"reversed", "Reversed", PRINT_MONEY}, {"undone", "Undone", PRINT_INT}, {"net", "Net", PRINT_MONEY}}},
    {"settled", /* by the answers that agreed a branch's day */
     "SELECT business, branch, fen FROM settled WHERE ($2 IS NULL OR branch=$2) AND ($6<0 OR business=$6) ORDER BY business, branch",
     {{"business_date", "Day", PRINT_DAY}, {"branch", "Branch", PRINT_TEXT}, {"owed", "Owed to the utility", PRINT_MONEY}}},
    {"alarms",
     "SELECT * FROM (SELECT id, at_ms, station, address, what FROM alarm ORDER BY id DESC LIMIT $7) AS rows_last ORDER BY id",
     {{"alarm", "Alarm", PRINT_INT}, {"time", "Time", PRINT_MOMENT}, {"station", "Station", PRINT_TEXT},
      {"address", "From", PRINT_TEXT}, {"what", "What", PRINT_TEXT}}},
};
#define QUESTIONS (sizeof questions / sizeof *questions)

struct filters { const char *bank, *branch, *reference, *code, *fate; struct key key; day_t day; int64_t last; enum table_style style; };

static int ask(const struct bank *b, struct db *db, const struct question *question, const struct filters *f, struct error *err)
{
    db_ask(db, question->sql, DB_ARGS(DB_TEXT(f->bank), DB_TEXT(f->branch), DB_TEXT(f->reference), DB_TEXT(f->code), DB_TEXT(f->fate), DB_INT(f->day),
                                      DB_INT(f->last)));
    return print_rows(b, db, f->style, question->columns, err) < 0 ? -1 : 0;
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
        struct db *db = bank_db(b, &err);
        if (db == NULL || ask(b, db, &questions[i], &f, &err) != 0) {
            error_print("bankd", &err);
            code = EX_UNAVAILABLE;
        }
        db_close(db);
        return code;
    }
    return usage();
}
