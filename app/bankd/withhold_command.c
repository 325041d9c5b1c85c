/* bankd withhold: the utility's list is debited, its result written. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bankd/print.h"
#include "bankd/travel.h"
#include "bankd/withhold.h"
#include "base/money.h"
#include "base/text.h"

#define BATCHES_MAX 1000 /* that wait for a retry at a time */

static int fail(const struct error *err, int code)
{
    error_print("bankd", err);
    return code;
}

static int refuse(const struct withhold *w, const struct recfile_report *report, const struct error *err)
{
    recfile_print_faults(stderr, w->path, report);
    error_print("bankd", err);
    fputs("nothing of the list took effect\n", stderr);
    return EX_DATAERR;
}

static void tell(const struct withhold *w, const struct list_sums *sums)
{
    static const char *const words[FATE_DEBITED] = {"", "not enough money", "no such account", "name and account do not agree",
                                                    "account frozen or closed", "already debited in this batch", "no valid account number"};
    char asked[MONEY_TEXT_SIZE], debited[MONEY_TEXT_SIZE], path[2 * BANK_PATH];
    int64_t by_fate[FATE_DEBITED] = {0};
    for (int64_t row = 1; row <= w->sums.records; row++)
        if (w->fates[row] < FATE_DEBITED) by_fate[w->fates[row]]++;
    printf("batch %s of %s: %" PRId64 " rows, %s yuan\n", w->header.batch, w->header.month, sums->records,
           money_format_grouped(sums->amount_fen, asked, sizeof asked));
    printf("  debited %" PRId64 ", %s yuan\n", sums->debited, money_format_grouped(sums->debited_fen, debited, sizeof debited));
    for (int i = FATE_51; i < FATE_DEBITED; i++)
        if (by_fate[i]) printf("  %s %s: %" PRId64 "\n", withhold_codes[i], words[i], by_fate[i]);
    printf("  checked: result, journal and accounts agree\n");
    printf("  %s\n", withhold_result_path(w, false, path, sizeof path));
    if (w->state == 2) {
        printf("  %s\n", withhold_result_path(w, true, path, sizeof path));
    } else {
        char until[DAY_TEXT_SIZE];
        printf("  rows with 51 are tried again once a day until %s; then comes the final result\n",
               day_format(w->header.retry_until, until, sizeof until));
    }
}

static int read_list(struct withhold *w, struct error *err)
{
    struct recfile_report report;
    if (access(w->path, R_OK) != 0) {
        error_all(err, "withholding list cannot be read", w->path, strerror(errno), "name a file that is there and may be read");
        return fail(err, EX_NOINPUT);
    }
    if (withhold_read(w, &report, err) != 0)
        return report.fault_count || strstr(err->what, "refused") ? refuse(w, &report, err) : fail(err, EX_IOERR);
    return EX_OK;
}

/* Its batch begun or found, and what became of its rows; else the exit code. */
static int begin(struct withhold *w, struct error *err)
{
    int status = withhold_begin(w, err);
    if (status != 0) return fail(err, status > 0 ? EX_DATAERR : EX_IOERR);
    w->fates = calloc((size_t)w->sums.records + 1, 1);
    if (w->fates == NULL) return fail((error_all(err, "the withholding cannot begin", NULL, "no memory", NULL), err), EX_OSERR);
    if ((w->pieces_done > 0 || w->state > 0 || w->pass > 1) && withhold_fates(w, err) != 0) return fail(err, EX_IOERR);
    return EX_OK;
}

static int work(struct withhold *w, struct error *err)
{
    struct list_sums sums;
    int code = read_list(w, err);
    if (code == EX_OK) code = begin(w, err);
    if (code != EX_OK) return code;
    int status = withhold_pass(w, err);
    if (status == 1) status = withhold_pieces(w, err);
    if (status == 0) status = withhold_settle(w, err);
    if (status == 0) status = withhold_results(w, &sums, err);
    if (status != 0) return fail(err, EX_IOERR);
    tell(w, &sums);
    return EX_OK;
}

/* Only of a list that was run: asking begins no batch. */
static int notices(struct withhold *w, struct error *err)
{
    int code = read_list(w, err);
    if (code != EX_OK) return code;
    int64_t known = db_number(w->db, "SELECT count(*) FROM batch WHERE utility=$1 AND number=$2", DB_ARGS(DB_TEXT(w->header.utility), DB_TEXT(w->header.batch)), 0);
    if (known < 0) return db_failed(w->db, "the batches cannot be read", err), fail(err, EX_UNAVAILABLE);
    if (known == 0) {
        error_all(err, "there are no notices", w->path, "this list was not run", "bankd withhold run LIST comes first");
        return fail(err, EX_DATAERR);
    }
    code = begin(w, err);
    if (code != EX_OK) return code;
    return withhold_notices(w, stdout, err) == 0 ? EX_OK : fail(err, EX_IOERR);
}

static int with_list(const struct bank *b, struct db *db, const char *path, const char *folder, enum recfile_encoding encoding, bool bar,
                     int (*act)(struct withhold *w, struct error *err))
{
    struct error err = {0};
    struct withhold *w = calloc(1, sizeof *w);
    char *whole = realpath(path, NULL);
    if (w == NULL) return EX_OSERR;
    w->bank = b;
    w->db = db;
    w->path = whole ? whole : path;
    w->result_folder = folder;
    w->encoding = encoding;
    w->bar = bar;
    int code = act(w, &err);
    layout_close(&w->layout);
    free(w->fates);
    free(w);
    free(whole);
    return code;
}

static int run(const struct bank *b, struct db *db, const char *path, const char *folder, enum recfile_encoding encoding, bool bar)
{
    return with_list(b, db, path, folder, encoding, bar, work);
}

/* --- retry, list ------------------------------------------------------------------- */

static int retry(const struct bank *b, struct db *db, const char *folder, bool bar)
{
    static char paths[BATCHES_MAX][BANK_PATH];
    int count = 0, code = EX_OK;
    struct error err;
    db_ask(db, "SELECT file FROM batch WHERE state<2 ORDER BY id", DB_NO_ARGS);
    while (count < BATCHES_MAX && db_row(db))
        if (db_copy(db, 0, paths[count], BANK_PATH)) count++;
    if (db_end(db) < 0) return db_failed(db, "the batches cannot be read", &err), fail(&err, EX_UNAVAILABLE);
    for (int i = 0; i < count; i++) {
        int one = run(b, db, paths[i], folder, RECFILE_FIND_OUT, bar);
        if (one != EX_OK) code = one;
    }
    if (count == 0) puts("no batch waits");
    return code;
}

static int list(const struct bank *b, struct db *db, enum table_style style)
{
    static const struct print_column columns[PRINT_COLUMNS_MAX] = {
        {"utility", "Utility", PRINT_TEXT}, {"batch", "Batch", PRINT_TEXT}, {"month", "Month", PRINT_TEXT}, {"state", "State", PRINT_TEXT},
        {"rows", "Rows", PRINT_INT}, {"asked", "Asked", PRINT_MONEY}, {"debited_rows", "Debited", PRINT_INT}, {"debited", "Sum", PRINT_MONEY},
        {"retry_until", "Retry until", PRINT_DAY}, {"result_by", "Result by", PRINT_DAY}};
    struct error err;
    db_ask(db, "SELECT utility, number, month, CASE state WHEN 0 THEN 'running' WHEN 1 THEN 'interim' ELSE 'final' END, records, sum_fen,"
               " (SELECT count(*) FROM entry WHERE id>=first_entry AND batch=b.id), (SELECT coalesce(sum(fen), 0) FROM entry WHERE"
               " id>=first_entry AND batch=b.id), retry_until, result_by FROM batch b ORDER BY id", DB_NO_ARGS);
    return print_rows(b, db, style, columns, &err) < 0 ? fail(&err, EX_UNAVAILABLE) : EX_OK;
}

/* --- over the line ------------------------------------------------------------------- */

static int fetch(const struct bank *b, const char *batch, const char *folder, bool bar)
{
    char path[2 * BANK_PATH];
    struct error err = {0};
    if (!text_alnum(batch) || strlen(batch) > 13) return fprintf(stderr, "bankd: a batch that travels is 1 to 13 digits or letters\n"), EX_USAGE;
    snprintf(path, sizeof path, "%s/WHLIST-%s-%s.txt", folder, b->settings.id, batch);
    if (travel_fetch(b, batch, path, bar, &err) != 0) return fail(&err, EX_UNAVAILABLE);
    printf("%s\n", path);
    return EX_OK;
}

static int send_result(const struct bank *b, const char *path, bool bar)
{
    struct error err = {0};
    if (travel_send(b, path, bar, &err) != 0) return fail(&err, EX_UNAVAILABLE);
    puts("sent");
    return EX_OK;
}

/* --- the command line --------------------------------------------------------------- */

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "bankd: withhold: %s%s%s\n", why, what ? " " : "", what ? what : "");
    bank_command_help(stderr, bank_command("withhold"));
    return EX_USAGE;
}

int cmd_withhold(struct bank *b, int argc, char **argv)
{
    static const struct option options[] = {{"result", 1, NULL, 'r'}, {"encoding", 1, NULL, 'e'}, {"quiet", 0, NULL, 'q'}, {"json", 0, NULL, 'j'}, {0}};
    const char *folder = b->settings.results;
    enum recfile_encoding encoding = RECFILE_FIND_OUT;
    enum table_style style = TABLE_TEXT;
    bool bar = true;
    struct error err;
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'r') folder = optarg;
        else if (c == 'q') bar = false;
        else if (c == 'j') style = TABLE_JSON;
        else if (c != 'e') return usage("what is this:", argv[optind - 1]);
        else if (!recfile_encoding_parse(optarg, &encoding)) return usage("no such encoding:", optarg);
    }
    const char *what = optind < argc ? argv[optind] : "", *file = optind + 1 < argc ? argv[optind + 1] : NULL;
    bool runs = strcmp(what, "run") == 0, retries = strcmp(what, "retry") == 0, lists = strcmp(what, "list") == 0,
         fetches = strcmp(what, "fetch") == 0, sends = strcmp(what, "send") == 0, tells = strcmp(what, "notices") == 0,
         subject = runs || fetches || sends || tells;
    if (!subject && !retries && !lists) return usage("run, retry, list, notices, fetch or send?", NULL);
    if (subject && file == NULL) return usage(fetches ? "which batch?" : "which file?", NULL);
    if (argc > optind + 1 + (subject ? 1 : 0)) return usage("what is this:", argv[argc - 1]);
    if (fetches || sends) return fetches ? fetch(b, file, folder, bar) : send_result(b, file, bar);
    struct db *db = bank_db(b, &err);
    if (db == NULL) return fail(&err, EX_UNAVAILABLE);
    if (db_sqlite(db)) sqlite3_exec(db_sqlite(db), "PRAGMA wal_autocheckpoint=16000; PRAGMA cache_size=-24000", NULL, NULL, NULL);
    int code = lists ? list(b, db, style) : tells ? with_list(b, db, file, folder, encoding, bar, notices) : retries ? retry(b, db, folder, bar) : run(b, db, file, folder, encoding, bar);
    db_close(db);
    return code;
}
