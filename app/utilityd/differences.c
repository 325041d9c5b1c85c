/* What differs between a bank and the utility, a payment a line: the days that were
 * not agreed, and a bank's own file of a day against these books. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/key.h"
#include "base/table.h"
#include "base/text.h"
#include "utilityd/differences.h"
#include "wire/recfile.h"

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

/* --- days that are not agreed ----------------------------------------------------------- */

static int list_days(struct db *db, enum table_style style)
{
    static const struct column columns[] = {{"business_date", "Day", COLUMN_TEXT}, {"bank", "Bank", COLUMN_TEXT}, {"branch", "Branch", COLUMN_TEXT},
                                            {"theirs", "They have (count/fen, reversed)", COLUMN_TEXT}, {"ours", "We have", COLUMN_TEXT}, {"act", "To do", COLUMN_TEXT}};
    char day[DAY_TEXT_SIZE];
    struct table *table = table_open(stdout, style, columns, 6);
    db_ask(db, "SELECT a.business, a.bank, a.branch, a.theirs, a.ours FROM agreement a WHERE a.settlement=2 AND a.closing=1 AND a.id ="
               " (SELECT max(b.id) FROM agreement b WHERE b.bank=a.bank AND b.branch=a.branch AND b.business=a.business AND b.closing=1)"
               " ORDER BY a.business, a.bank, a.branch", DB_NO_ARGS);
    while (db_row(db))
        table_row(table, (struct cell[]){{day_format((day_t)db_int(db, 0), day, sizeof day), 0}, {db_text(db, 1), 0}, {db_text(db, 2), 0}, {db_text(db, 3), 0},
                                         {db_text(db, 4), 0}, {"the bank compares (bankd differences); or its file here: utilityd differences FILE", 0}});
    int64_t rows = table_close(table);
    if (db_end(db) < 0) {
        struct error err;
        db_failed(db, "the agreements cannot be read", &err);
        return failed(&err, EX_UNAVAILABLE);
    }
    return rows ? EX_DATAERR : EX_OK;
}

/* --- a bank's file ------------------------------------------------------------------------ */

struct bankfile { struct db *db; char bank[KEY_BANK_SIZE]; day_t day; int64_t sum; };

static int take_head(void *ctx, const char *const *field, struct recfile_fault *fault)
{
    struct bankfile *f = ctx;
    if (!day_parse(field[3], &f->day)) return recfile_refuse(fault, 4, "business date", "it is YYYY-MM-DD");
    if (!text_digits(field[4]) || !text_copy(f->bank, sizeof f->bank, field[4])) return recfile_refuse(fault, 5, "bank", "it is a number");
    return 0;
}

static int take_row(void *ctx, int64_t line, const char *const *field, struct recfile_fault *fault)
{
    struct bankfile *f = ctx;
    struct key key;
    int64_t fen;
    if (!key_parse(field[0], &key) || strcmp(key.bank, f->bank) != 0 || !text_digits(key.ref)) return recfile_refuse(fault, 1, "key", "it is BANK/BRANCH/REFERENCE of this bank");
    if (strcmp(field[2], "posted") != 0 && strcmp(field[2], "reversed") != 0) return recfile_refuse(fault, 3, "state", "posted or reversed");
    if (!recfile_number(field[5], &fen)) return recfile_refuse(fault, 6, "total", "it is a sum in fen");
    if (strcmp(field[2], "posted") == 0) f->sum += fen;
    struct db_arg row[] = {DB_TEXT(key.branch), DB_INT(strtoll(key.ref, NULL, 10)), DB_TEXT(field[2]), DB_INT(fen)};
    return db_load_row(f->db, row) == 0 ? 0 : recfile_refuse(fault, 0, "", "it cannot be written: %.100s", db_why(f->db));
}

static int take_end(void *ctx, const char *const *field, struct recfile_fault *fault)
{
    const struct bankfile *f = ctx;
    int64_t sum;
    return recfile_number(field[2], &sum) && sum == f->sum ? 0 : recfile_refuse(fault, 3, "sum", "the posted rows sum up to %" PRId64, f->sum);
}

static const struct recfile_kind kind_of_file = {"PAYMENTS", "bank's file of a day", 6, 10, 3, take_head, take_row, take_end, NULL};

static const char *act_of(const char *kind)
{
    static const struct { const char *kind, *act; } acts[] = {
        {"only there", "the bank sends it again: bankd repair resend KEY"},
        {"only here", "has the branch taken this money? yes: bankd repair take KEY; no: utilityd repair undo KEY"},
        {"state", "the bank asks again what was taken back: bankd repair resend KEY"},
        {"amount", "look at both: utilityd query key KEY, bankd journal messages --key KEY"}};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(acts[i].kind, kind) == 0) return acts[i].act;
    return "";
}

static int64_t print_differences(struct db *db, const struct bankfile *f, enum table_style style)
{
    static const struct column columns[] = {{"key", "Key", COLUMN_TEXT}, {"kind", "What", COLUMN_TEXT}, {"bank", "Bank", COLUMN_TEXT}, {"bank_fen", "Amount there", COLUMN_MONEY},
                                            {"here", "Here", COLUMN_TEXT}, {"here_fen", "Amount here", COLUMN_MONEY}, {"act", "To do", COLUMN_TEXT}};
    struct table *table = table_open(stdout, style, columns, 7);
    db_ask(db, "SELECT coalesce(t.branch, o.branch), coalesce(t.reference, o.reference), CASE WHEN o.state IS NULL THEN 'only there' WHEN t.state IS NULL THEN 'only here'"
               " WHEN o.state<>t.state THEN 'state' ELSE 'amount' END, coalesce(t.state, 'none'), coalesce(t.fen, 0), coalesce(o.state, 'none'), coalesce(o.fen, 0)"
               " FROM bank_day t FULL JOIN (SELECT s.branch AS branch, p.reference AS reference, CASE p.state WHEN 2 THEN 'posted' ELSE 'reversed' END AS state,"
               " p.amount_fen AS fen FROM payment p JOIN station s ON s.id=p.station WHERE s.bank=$1 AND p.business=$2 AND p.state IN (2,5) AND p.proc<>220000) o"
               " ON o.branch=t.branch AND o.reference=t.reference WHERE o.state IS NULL OR t.state IS NULL OR o.state<>t.state OR o.fen<>t.fen ORDER BY 1, 2",
           DB_ARGS(DB_TEXT(f->bank), DB_INT(f->day)));
    while (db_row(db)) {
        char key[80], kind[16], theirs[16], ours[16];
        snprintf(key, sizeof key, "%s/%s/%012" PRId64, f->bank, db_text(db, 0), db_int(db, 1));
        db_copy(db, 2, kind, sizeof kind);
        db_copy(db, 3, theirs, sizeof theirs);
        db_copy(db, 5, ours, sizeof ours);
        table_row(table, (struct cell[]){{key, 0}, {kind, 0}, {theirs, 0}, {NULL, db_int(db, 4)}, {ours, 0}, {NULL, db_int(db, 6)}, {act_of(kind), 0}});
    }
    int64_t rows = table_close(table);
    return db_end(db) < 0 ? -1 : rows;
}

/* Into a table of this connection's own. */
static int read_file(struct bankfile *f, const char *path, struct error *err)
{
    static struct recfile_report report;
    FILE *in = fopen(path, "r");
    if (in == NULL) return error_all(err, "the bank's file cannot be read", path, "there is no such file, or it may not be read", "bankd payments DAY writes it");
    int status = db_run(f->db, "CREATE TEMP TABLE bank_day (branch TEXT, reference BIGINT, state TEXT, fen BIGINT)", DB_NO_ARGS) >= 0 &&
                         db_load(f->db, "bank_day", 4) == 0 ? 0 : db_failed(f->db, "the bank's file cannot be taken in", err);
    if (status == 0) status = recfile_read(in, path, RECFILE_FIND_OUT, &kind_of_file, f, &report, err);
    if (status != 0) recfile_print_faults(stderr, path, &report);
    if (status == 0 && db_load_end(f->db) != 0) status = db_failed(f->db, "the bank's file cannot be taken in", err);
    fclose(in);
    return status;
}

static int compare_file(struct db *db, const char *path, enum table_style style)
{
    struct bankfile f = {.db = db};
    struct error err;
    if (read_file(&f, path, &err) != 0) return failed(&err, EX_DATAERR);
    int64_t rows = print_differences(db, &f, style);
    if (rows < 0) {
        db_failed(db, "the books cannot be compared", &err);
        return failed(&err, EX_UNAVAILABLE);
    }
    return rows ? EX_DATAERR : EX_OK;
}

int cmd_differences(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"format", 1, NULL, 'f'}, {0}};
    enum table_style style = TABLE_TEXT;
    struct error err;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'f' && strcmp(optarg, "csv") == 0) style = TABLE_CSV;
        else if (c == 'f' && strcmp(optarg, "json") == 0) style = TABLE_JSON;
        else if (c != 'f' || strcmp(optarg, "table") != 0) return utility_usage("differences", "--format is table, csv or json", NULL);
    }
    if (argc - optind > 1) return utility_usage("differences", "it takes one file, not", argv[optind + 1]);
    struct db *db = utility_db_open(u->settings.store, &err);
    if (db == NULL) return failed(&err, EX_UNAVAILABLE);
    int code = optind < argc ? compare_file(db, argv[optind], style) : list_days(db, style);
    db_close(db);
    return code;
}
