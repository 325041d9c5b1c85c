/* utilityd import: a bills file into the books, whole or not at all. */
#include "utilityd/import.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/money.h"

#define FEED_EXTRA 32 /* change number and state, in front of a bill on the wire */
#define BAR_CELLS 30

struct import {
    struct utility *u;
    struct db *db;
    const char *file, *replace;
    enum recfile_encoding encoding;
    bool bar;
    int64_t line, of_month /* bills of `replace` */, started_ms;
    struct import_counts counts;
    struct import_listed listed[IMPORT_LISTED_MAX];
    int listed_count;
    int64_t faults;
};

/* --- reading the file ------------------------------------------------------------- */

static int on_header(void *ctx, const struct billfile_header *header, char *why, size_t size)
{
    struct import *m = ctx;
    if (strcmp(header->utility, m->u->settings.id) == 0) return 0;
    snprintf(why, size, "the file is of utility %s, these are the books of %s", header->utility, m->u->settings.id);
    return -1;
}

static int on_bill(void *ctx, const struct bill *b, char *why, size_t size)
{
    struct import *m = ctx;
    m->line++;
    if (!bill_wire_fits(b, BILL_WIRE_MAX - FEED_EXTRA)) {
        snprintf(why, size, "as written on the wire it is longer than %d characters", BILL_WIRE_MAX - FEED_EXTRA);
        return -1;
    }
    if (m->replace && strcmp(b->period, m->replace) == 0) m->of_month++;
    if (import_put(m->db, b, m->line) == 0) return 0;
    snprintf(why, size, "it cannot be gathered: %.100s", db_why(m->db));
    return -1;
}

static bool on_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    struct import *m = ctx;
    if (!m->bar) return true;
    int cells = total ? (int)(done * BAR_CELLS / total) : BAR_CELLS;
    int64_t spent = clock_monotonic_ms() - m->started_ms, left = done ? spent * (total - done) / done / 1000 : 0;
    fprintf(stderr, "\r[%.*s%*s] %3d %%  %" PRId64 " bills, %" PRId64 " s left ", cells, "##############################", BAR_CELLS - cells, "",
            total ? (int)(done * 100 / total) : 100, records, left);
    if (done >= total) fputs("\r\033[Ktaking them over … ", stderr);
    return true;
}

/* --- the whole -------------------------------------------------------------------- */

static int refuse_faulty(struct import *m, const struct recfile_report *report, const struct error *err)
{
    recfile_print_faults(stderr, m->file, report);
    if (report->fault_count > RECFILE_FAULTS_MAX)
        fprintf(stderr, "%s: and %" PRId64 " more faults\n", m->file, report->fault_count - RECFILE_FAULTS_MAX);
    error_print("utilityd", err);
    fputs("nothing of the file was taken in\n", stderr);
    return EX_DATAERR;
}

static int refuse_strangers(struct import *m)
{
    for (int i = 0; i < m->listed_count; i++)
        fprintf(stderr, "%s:%" PRId64 ": field 2 (customer): %s\n", m->file, m->listed[i].line + 1, m->listed[i].what);
    fprintf(stderr, "utilityd: bills file refused: %" PRId64 " bills are another customer's in the books\n"
                    "nothing of the file was taken in\n", m->faults);
    return EX_DATAERR;
}

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

static void tell(const struct import *m)
{
    const struct import_counts *c = &m->counts;
    char sum[MONEY_TEXT_SIZE], used[MONEY_TEXT_SIZE];
    for (int i = 0; i < m->listed_count; i++)
        fprintf(stderr, "%s:%" PRId64 ": note: %s\n", m->file, m->listed[i].line + 1, m->listed[i].what);
    if (c->differ > m->listed_count) fprintf(stderr, "%s: and %" PRId64 " more like these\n", m->file, c->differ - m->listed_count);
    printf("%s: %" PRId64 " bills, %s yuan\n", m->file, c->records, money_format_grouped(c->amount_fen, sum, sizeof sum));
    printf("  new %" PRId64 ", changed %" PRId64 ", as before %" PRId64 ", paid or out for withholding %" PRId64 ", withdrawn %" PRId64 "\n",
           c->fresh, c->changed, c->same, c->paid, c->withdrawn);
    if (c->covered) printf("  prepaid credit covers %s yuan of %" PRId64 " bills\n", money_format_grouped(c->covered_fen, used, sizeof used), c->covered);
}

static int commit(struct import *m, struct error *err)
{
    const struct import_counts *c = &m->counts;
    char who[64], what[400];
    snprintf(what, sizeof what, "import of %.100s: %" PRId64 " bills, %" PRId64 " fen: new %" PRId64 ", changed %" PRId64 ", paid %" PRId64
             ", withdrawn %" PRId64 ", covered %" PRId64 " (%" PRId64 " fen)", m->file, c->records, c->amount_fen, c->fresh, c->changed,
             c->paid, c->withdrawn, c->covered, c->covered_fen);
    if (utility_audit(m->db, clock_now_ms(&m->u->clock), utility_user(who, sizeof who), what) != 0 || db_commit(m->db) != 0)
        return db_failed(m->db, "the bills cannot be taken over", err);
    /* whoever posts plans anew with it; that it fails does no harm */
    if (db_kind(m->db) == DB_POSTGRES && db_run(m->db, "ANALYZE bill, customer", DB_NO_ARGS) < 0) log_warn("%s", db_why(m->db));
    return 0;
}

static int import(struct import *m)
{
    struct recfile_report report;
    struct billfile_sums sums;
    struct error err;
    struct billfile_events events = {on_header, on_bill, on_progress};
    if (access(m->file, R_OK) != 0)
        return failed((error_all(&err, "bills file cannot be read", m->file, strerror(errno), "name a file that is there and may be read"), &err),
                      EX_NOINPUT);
    m->db = utility_db_open(m->u->settings.store, &err);
    if (m->db == NULL || import_gather(m->db, &err) != 0) return failed(&err, EX_UNAVAILABLE);
    int status = billfile_read(m->file, m->encoding, &events, m, &sums, &report, &err);
    if (m->bar) fputs("\r\033[K", stderr);
    if (status != 0) return refuse_faulty(m, &report, &err);
    if (m->replace && m->of_month == 0)
        return failed((error_all(&err, "bills file refused", m->file, "it has no bill of the month that it is to replace", "name the month of the file"), &err),
                      EX_DATAERR);
    m->counts.records = sums.records;
    m->counts.amount_fen = sums.amount_fen;
    if (import_gathered(m->db, &err) != 0) return failed(&err, EX_IOERR);
    status = import_take_over(m->db, m->replace, &m->counts, m->listed, &m->listed_count, &m->faults, &err);
    if (status != 0 && m->faults) return refuse_strangers(m);
    if (status != 0 || commit(m, &err) != 0) return failed(&err, EX_IOERR);
    tell(m);
    return EX_OK;
}

int cmd_import(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"encoding", 1, NULL, 'e'}, {"replace", 1, NULL, 'r'}, {"quiet", 0, NULL, 'q'}, {0}};
    struct import m = {.u = u, .encoding = RECFILE_FIND_OUT, .bar = isatty(STDERR_FILENO) == 1, .started_ms = clock_monotonic_ms()};
    int c;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'r') m.replace = optarg;
        if (c == 'q') m.bar = false;
        if (c == 'r' && !period_valid(optarg)) return utility_usage(argv[0], "a month is YYYYMM, not", optarg);
        if (c == 'e' && !recfile_encoding_parse(optarg, &m.encoding)) return utility_usage(argv[0], "no such encoding:", optarg);
        if (c == '?') return utility_usage(argv[0], "what is this:", argv[optind - 1]);
    }
    if (optind + 1 != argc) return utility_usage(argv[0], "it takes one file", NULL);
    m.file = argv[optind];
    int code = import(&m);
    db_close(m.db); /* what isn't committed never was */
    return code;
}
