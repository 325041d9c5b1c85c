/* utilityd withhold: the command line, who pays so, notices, batches. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/money.h"
#include "base/text.h"
#include "utilityd/withhold.h"

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

/* --- whose bills a bank debits ------------------------------------------------------------ */

struct accounts { struct withhold_ask *ask; char bank[12]; int64_t taken, refused, unknown; };

static int on_header(void *ctx, const struct accountfile_header *h, char *why, size_t size)
{
    struct accounts *m = ctx;
    text_copy(m->bank, sizeof m->bank, h->bank);
    /* an export of all of a bank's customers is for every utility: strangers among them are passed over */
    if (strcmp(h->utility, m->ask->u->settings.id) == 0 || strcmp(h->utility, "0") == 0) return 0;
    snprintf(why, size, "the file is for utility %s, these are the books of %s", h->utility, m->ask->u->settings.id);
    return -1;
}

static int on_row(void *ctx, const struct accountfile_row *row, char *why, size_t size)
{
    struct accounts *m = ctx;
    struct db *db = m->ask->db;
    if (strcmp(row->code, "00") != 0 && !(strcmp(row->code, "94") == 0 && *row->account)) return m->refused++, 0;
    int64_t known = db_number(db, "SELECT count(*) FROM customer WHERE number=$1", DB_ARGS(DB_TEXT(row->customer)), 0);
    if (known == 0) return m->unknown++, 0;
    if (known < 0 || db_run(db, "INSERT INTO transfer (customer, bank, account, since_ms) VALUES ($1,$2,$3,$4) ON CONFLICT (customer) DO UPDATE SET"
                                " bank=excluded.bank, account=excluded.account", DB_ARGS(DB_TEXT(row->customer), DB_TEXT(m->bank), DB_TEXT(row->account),
                                DB_INT(clock_now_ms(&m->ask->u->clock)))) < 0) {
        snprintf(why, size, "%.150s", db_why(db));
        return -1;
    }
    m->taken++;
    return 0;
}

int withhold_accounts(struct withhold_ask *a)
{
    static const struct accountfile_events events = {on_header, on_row};
    struct accounts m = {.ask = a};
    struct recfile_report report;
    struct error err;
    if (access(a->file, R_OK) != 0) return failed((error_all(&err, "the file cannot be read", a->file, strerror(errno), "name a file that is there"), &err), EX_NOINPUT);
    if (db_begin(a->db) != 0) return db_failed(a->db, "no account was taken in", &err), failed(&err, EX_IOERR);
    if (accountfile_read(a->file, true, a->encoding, &events, &m, NULL, &report, &err) != 0) {
        recfile_print_faults(stderr, a->file, &report);
        db_rollback(a->db);
        failed(&err, 0);
        fputs("nothing of the file was taken in\n", stderr);
        return EX_DATAERR;
    }
    if (db_commit(a->db) != 0) return db_failed(a->db, "no account was taken in", &err), failed(&err, EX_IOERR);
    printf("%" PRId64 " customers pay by bank %s; refused by it %" PRId64 ", not ours %" PRId64 "\n", m.taken, m.bank, m.refused, m.unknown);
    return EX_OK;
}

/* --- notices ------------------------------------------------------------------------------- */

static const char *reason(const char *code)
{
    static const struct { const char *code, *why; } reasons[] = {{"51", "账户余额不足"}, {"14", "扣款账户不存在"}, {"78", "户名与账户不符"},
                                                                 {"62", "账户已冻结或销户"}, {"94", "重复扣款请求"}, {"30", "账号无效"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(reasons[i].code, code) == 0) return reasons[i].why;
    return "银行未返回结果";
}

/* customer|name|bill|text, a line each: what a text message says. */
int withhold_notices(struct withhold_ask *a)
{
    struct withholding w;
    struct error err;
    int found = withholding_find(a->db, a->bank, a->batch, &w);
    if (found <= 0) {
        if (found == 0) fprintf(stderr, "utilityd: bank %s was sent no batch %s\n", a->bank, a->batch);
        return found == 0 ? EX_DATAERR : (db_failed(a->db, "the batch cannot be read", &err), failed(&err, EX_UNAVAILABLE));
    }
    FILE *out = a->output ? fopen(a->output, "we") : stdout;
    if (out == NULL) return failed((error_all(&err, "the notices cannot be written", a->output, strerror(errno), NULL), &err), EX_IOERR);
    db_ask(a->db, "SELECT w.customer, w.name, w.bill, w.fen, w.code, b.last_day FROM withheld w JOIN bill b ON b.number=w.bill"
                  " WHERE w.withholding=$1 AND w.debited_fen=0 AND (w.code<>'' OR $2 > 1) AND b.state=0 ORDER BY w.sequence", DB_ARGS(DB_INT(w.id), DB_INT(w.state)));
    while (db_row(a->db)) {
        char yuan[MONEY_TEXT_SIZE], day[DAY_TEXT_SIZE];
        fprintf(out, "%s|%s|%s|【%s】%s您好，%.4s年%s月电费%s元扣款未成功（%s），请于%s前到银行柜台缴纳。\n", db_text(a->db, 0), db_text(a->db, 1), db_text(a->db, 2),
                a->u->settings.name, db_text(a->db, 1), w.month, w.month + 4, money_format(db_int(a->db, 3), yuan, sizeof yuan), reason(db_text(a->db, 4)),
                day_format((day_t)db_int(a->db, 5), day, sizeof day));
    }
    bool good = db_end(a->db) >= 0 && fflush(out) == 0 && !ferror(out);
    if (out != stdout && fclose(out) != 0) good = false;
    return good ? EX_OK : failed((error_all(&err, "the notices are not whole", a->output, "books or disk failed", NULL), &err), EX_IOERR);
}

/* --- batches ------------------------------------------------------------------------------- */

int withhold_batches(struct withhold_ask *a)
{
    static const struct column columns[] = {{"bank", "Bank", COLUMN_TEXT}, {"batch", "Batch", COLUMN_TEXT}, {"month", "Month", COLUMN_TEXT},
                                            {"state", "State", COLUMN_TEXT}, {"rows", "Rows", COLUMN_INT}, {"sum", "Sum", COLUMN_MONEY},
                                            {"debited_rows", "Debited", COLUMN_INT}, {"debited", "Sum", COLUMN_MONEY}, {"result_by", "Result by", COLUMN_TEXT}};
    struct error err;
    struct table *table = table_open(stdout, a->style, columns, sizeof columns / sizeof *columns);
    db_ask(a->db, "SELECT h.bank, h.batch, h.month, CASE h.state WHEN 0 THEN 'out' WHEN 1 THEN 'interim' WHEN 2 THEN 'final' ELSE 'given up' END, h.records,"
                  " h.sum_fen, (SELECT count(*) FROM withheld w WHERE w.withholding=h.id AND w.debited_fen > 0),"
                  " (SELECT coalesce(sum(w.debited_fen), 0) FROM withheld w WHERE w.withholding=h.id), h.result_by FROM withholding h ORDER BY h.id", DB_NO_ARGS);
    while (db_row(a->db)) {
        char text[4][40], day[DAY_TEXT_SIZE];
        for (int i = 0; i < 4; i++)
            db_copy(a->db, i, text[i], sizeof text[i]);
        const struct cell cells[] = {{text[0], 0}, {text[1], 0}, {text[2], 0}, {text[3], 0}, {"", db_int(a->db, 4)}, {"", db_int(a->db, 5)},
                                     {"", db_int(a->db, 6)}, {"", db_int(a->db, 7)}, {day_format((day_t)db_int(a->db, 8), day, sizeof day), 0}};
        table_row(table, cells);
    }
    table_close(table);
    return db_end(a->db) < 0 ? (db_failed(a->db, "the batches cannot be read", &err), failed(&err, EX_UNAVAILABLE)) : EX_OK;
}

/* --- the command line ------------------------------------------------------------------------ */

enum { WANTS_FILE = 1, WANTS_BANK = 2, WANTS_BATCH = 4, WANTS_MONTH_OR_BATCH = 8, WANTS_FILE_OR_BATCH = 16 };
static const struct { const char *name; int (*act)(struct withhold_ask *a); int wants; } acts[] = {
    {"open", withhold_open, WANTS_FILE | WANTS_BANK}, {"accounts", withhold_accounts, WANTS_FILE}, {"list", withhold_list, WANTS_BANK | WANTS_MONTH_OR_BATCH}, {"result", withhold_result, WANTS_FILE_OR_BATCH},
    {"giveup", withhold_giveup, 0}, {"notices", withhold_notices, WANTS_BANK | WANTS_BATCH}, {"batches", withhold_batches, 0},
};

static int take(struct withhold_ask *a, int c, const char *value)
{
    static const char *const styles[] = {[TABLE_TEXT] = "table", [TABLE_CSV] = "csv", [TABLE_JSON] = "json"};
    switch (c) {
    case 'b': a->bank = value; return text_digits(value) && strlen(value) < 12 ? 0 : utility_usage("withhold", "a bank is 1 to 11 digits, not", value);
    case 'm': a->month = value; return period_valid(value) ? 0 : utility_usage("withhold", "a month is YYYYMM, not", value);
    case 'n': a->batch = value; return text_alnum(value) && strlen(value) <= LIST_BATCH_MAX ? 0 : utility_usage("withhold", "a batch is up to 20 digits or letters, not", value);
    case 't': return day_parse(value, &a->retry_until) ? 0 : utility_usage("withhold", "a day is YYYY-MM-DD, not", value);
    case 'y': return day_parse(value, &a->result_by) ? 0 : utility_usage("withhold", "a day is YYYY-MM-DD, not", value);
    case 'o': a->output = value; return 0;
    case 'e': return recfile_encoding_parse(value, &a->encoding) ? 0 : utility_usage("withhold", "no such encoding:", value);
    case 'q': a->bar = false; return 0;
    case 'i': a->interim = true; return 0;
    case 'f':
        for (int i = 0; i < 3; i++)
            if (strcmp(styles[i], value) == 0) return a->style = (enum table_style)i, 0;
        return utility_usage("withhold", "a format is table, csv or json, not", value);
    default: return utility_usage("withhold", "no such option, or its value is missing", NULL);
    }
}

int cmd_withhold(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"bank", 1, NULL, 'b'}, {"month", 1, NULL, 'm'}, {"batch", 1, NULL, 'n'}, {"retry-until", 1, NULL, 't'},
                                            {"result-by", 1, NULL, 'y'}, {"output", 1, NULL, 'o'}, {"encoding", 1, NULL, 'e'}, {"quiet", 0, NULL, 'q'}, {"interim", 0, NULL, 'i'},
                                            {"format", 1, NULL, 'f'}, {0}};
    struct withhold_ask a = {.u = u, .retry_until = DAY_NONE, .result_by = DAY_NONE, .encoding = RECFILE_FIND_OUT, .bar = true};
    struct error err;
    size_t act = 0, count = sizeof acts / sizeof *acts;
    int c, code;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        if ((code = take(&a, c, optarg)) != 0) return code;
    while (act < count && (optind >= argc || strcmp(acts[act].name, argv[optind]) != 0))
        act++;
    if (act == count) return utility_usage("withhold", "open, accounts, list, result, giveup, notices or batches?", NULL);
    a.file = optind + 1 < argc ? argv[optind + 1] : NULL;
    if ((acts[act].wants & WANTS_FILE) && a.file == NULL) return utility_usage("withhold", "which file?", NULL);
    if ((acts[act].wants & WANTS_FILE_OR_BATCH) && a.file == NULL && !(a.bank && a.batch))
        return utility_usage("withhold", "it wants a file, or --bank and --batch for what came over the line", NULL);
    if (argc > optind + ((acts[act].wants & (WANTS_FILE | WANTS_FILE_OR_BATCH)) && a.file ? 2 : 1)) return utility_usage("withhold", "what is this:", argv[argc - 1]);
    if ((acts[act].wants & WANTS_BANK) && !a.bank) return utility_usage("withhold", "it wants --bank", NULL);
    if ((acts[act].wants & WANTS_BATCH) && !a.batch) return utility_usage("withhold", "it wants --batch", NULL);
    if ((acts[act].wants & WANTS_MONTH_OR_BATCH) && !a.month && !a.batch) return utility_usage("withhold", "it wants --month, or --batch for a list that was made", NULL);
    if ((a.db = utility_db_open(u->settings.store, &err)) == NULL) return failed(&err, EX_UNAVAILABLE);
    code = acts[act].act(&a);
    db_close(a.db); /* what isn't committed never was */
    return code;
}
