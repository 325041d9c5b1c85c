/* utilityd query: who has paid, who is in arrears. */
#include "utilityd/query.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/key.h"
#include "base/money.h"
#include "base/text.h"
#include "utilityd/store.h"

#define FOLLOW_MS 100

struct options {
    struct query_filters f;
    enum table_style style;
    bool wide, follow;
};

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

static const struct question *question_named(const char *name)
{
    for (size_t i = 0; i < query_question_count; i++)
        if (strcmp(query_questions[i].name, name) == 0) return &query_questions[i];
    return NULL;
}

static int failed(const struct error *err)
{
    error_print("utilityd", err);
    return EX_UNAVAILABLE;
}

/* --- plain questions -------------------------------------------------------------- */

static int ask(const struct utility *u, struct db *db, const struct question *q, const struct options *o)
{
    struct column columns[QUERY_COLUMNS_MAX];
    struct error err;
    bool person = o->style == TABLE_TEXT, customer = strcmp(q->name, "customer") == 0;
    int found = customer ? query_customer_head(db, o->f.customer, &err) : 1;
    if (found < 0) return failed(&err);
    if (found == 0) {
        fprintf(stderr, "utilityd: there is no customer %s\n", o->f.customer);
        return EX_DATAERR;
    }
    struct table *table = query_table(q, o->style, o->wide, columns);
    int64_t rows = query_print(u, db, q, &o->f, table, person, o->wide, &err);
    table_close(table);
    if (rows < 0 || (customer && query_customer_fees(u, db, o->f.customer, &err) != 0)) return failed(&err);
    if (person && !customer) printf("%" PRId64 " %s\n", rows, rows == 1 ? "row" : "rows");
    return EX_OK;
}

static int ask_customer(const struct utility *u, struct db *db, const struct question *q, const struct options *o)
{
    struct column columns[QUERY_COLUMNS_MAX];
    struct error err;
    if (o->style == TABLE_TEXT) return ask(u, db, q, o);
    struct table *table = query_table(q, o->style, o->wide, columns);
    int64_t rows = query_print(u, db, q, &o->f, table, false, o->wide, &err);
    table_close(table);
    return rows < 0 ? failed(&err) : EX_OK;
}

/* One key with its parts; its reversals and invoices below. */
static int ask_key(const struct utility *u, struct db *db, const struct question *q, const struct options *o)
{
    int code = ask(u, db, q, o);
    char at[CLOCK_TEXT_SIZE];
    if (code != EX_OK || o->style != TABLE_TEXT) return code;
    struct db_arg key[] = {DB_TEXT(o->f.key.bank), DB_TEXT(o->f.key.branch), DB_TEXT(o->f.key.ref)};
    db_ask(db, "SELECT r.at_ms, r.mti, r.code, r.maker, r.checker FROM reversal r JOIN station s ON s.id=r.station"
               " WHERE s.bank=$1 AND s.branch=$2 AND r.reference=CAST($3 AS BIGINT) ORDER BY r.id", key, 3);
    while (db_row(db))
        printf("%s  %s answered %s, asked by %s and %s\n", clock_format(&u->clock, db_int(db, 0), at, sizeof at), db_text(db, 1), db_text(db, 2),
               db_text(db, 3)[0] ? db_text(db, 3) : "-", db_text(db, 4)[0] ? db_text(db, 4) : "-");
    bool good = db_end(db) >= 0;
    db_ask(db, "SELECT n.noted_ms, n.series, n.number, n.what FROM notice n JOIN station s ON s.id=n.station"
               " WHERE s.bank=$1 AND s.branch=$2 AND n.payment=CAST($3 AS BIGINT) ORDER BY n.reference", key, 3);
    while (db_row(db))
        printf("%s  invoice %s %s %s\n", clock_format(&u->clock, db_int(db, 0), at, sizeof at), db_text(db, 1), db_text(db, 2), db_text(db, 3));
    struct error err;
    return good && db_end(db) >= 0 ? EX_OK : (db_failed(db, "the query failed", &err), failed(&err));
}

/* --- following -------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;
static void on_interrupt(int number) { interrupted = number; }

/* Payments and reversals as they are committed: a line each, or JSON. */
static int follow(const struct utility *u, struct db *db, struct options *o)
{
    static const char *const names[] = {"payments", "reversals"};
    static const char *const newest[] = {"SELECT coalesce(max(id), 0) FROM payment", "SELECT coalesce(max(id), 0) FROM reversal"};
    struct column columns[2][QUERY_COLUMNS_MAX];
    struct table *tables[2] = {NULL, NULL};
    struct error err;
    bool person = o->style == TABLE_TEXT;
    int64_t rows = 0, last[2] = {store_settled(db, newest[0]), store_settled(db, newest[1])};
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    for (int i = 0; i < 2 && !person; i++)
        tables[i] = query_table(question_named(names[i]), o->style, true, columns[i]);
    while (!interrupted && !ferror(stdout) && rows >= 0) {
        for (int i = 0; i < 2 && rows >= 0; i++) {
            o->f.above = last[i];
            o->f.upto = store_settled(db, newest[i]);
            rows = o->f.upto < 0 ? db_failed(db, "the query failed", &err)
                                 : query_print(u, db, question_named(names[i]), &o->f, tables[i], person, o->wide, &err);
            last[i] = o->f.upto;
        }
        fflush(stdout);
        nanosleep(&(struct timespec){.tv_nsec = FOLLOW_MS * 1000000L}, NULL);
    }
    for (int i = 0; i < 2; i++)
        table_close(tables[i]);
    return rows < 0 ? failed(&err) : EX_OK;
}

/* --- the command line ------------------------------------------------------------- */

static int take_option(struct options *o, int c, const char *value)
{
    static const struct { char letter; unsigned filter; } filters[] = {{'b', BY_BANK}, {'r', BY_BRANCH}, {'d', BY_DAY}, {'s', BY_STATION}, {'c', BY_CUSTOMER}};
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        if (filters[i].letter == c) o->f.given |= filters[i].filter;
    switch (c) {
    case 'b': o->f.bank = value; return 0;
    case 'r': o->f.branch = value; return 0;
    case 's': o->f.station = value; return 0;
    case 'c': o->f.customer = value; return 0;
    case 'd': return day_parse(value, &o->f.day) ? 0 : utility_usage("query", "a day is YYYY-MM-DD, not", value);
    case 'f': return style_named(value, &o->style) ? 0 : utility_usage("query", "a format is table, csv or json, not", value);
    case 'w': o->wide = true; return 0;
    case 'F': o->follow = true; return 0;
    default: return utility_usage("query", "no such option, or its value is missing", NULL);
    }
}

/* What stands behind the question: a customer, a key or nothing. */
static int take_subject(const struct question *q, struct options *o, const char *subject, const char *more)
{
    bool customer = strcmp(q->name, "customer") == 0, key = strcmp(q->name, "key") == 0;
    if (more) return utility_usage("query", "what is this:", more);
    if ((customer || key) && subject == NULL) return utility_usage("query", customer ? "which customer?" : "which key?", NULL);
    if (!customer && !key && subject) return utility_usage("query", "what is this:", subject);
    if (customer) {
        o->f.customer = subject;
        o->f.given |= BY_CUSTOMER;
    }
    if (key && !key_parse(subject, &o->f.key)) return utility_usage("query", "a key is BANK/BRANCH/REFERENCE, not", subject);
    if (key) o->f.given |= BY_KEY;
    if (o->f.given & ~q->filters) return utility_usage("query", "one of these filters means nothing for", q->name);
    if (o->follow && o->style == TABLE_CSV) return utility_usage("query", "--follow writes lines or json, not", "csv");
    if (o->follow && strcmp(q->name, "payments") != 0) return utility_usage("query", "--follow is for payments, not for", q->name);
    return 0;
}

static int answer(struct utility *u, const struct question *q, struct options *o)
{
    struct error err;
    struct db *db = utility_db_open(u->settings.store, &err);
    if (db == NULL) return failed(&err);
    if (strcmp(q->name, "arrears") == 0 && !(o->f.given & BY_DAY)) {
        o->f.given |= BY_DAY;
        o->f.day = clock_today(&u->clock);
    }
    int code = o->follow ? follow(u, db, o) : strcmp(q->name, "customer") == 0 ? ask_customer(u, db, q, o)
             : strcmp(q->name, "key") == 0 ? ask_key(u, db, q, o) : ask(u, db, q, o);
    db_close(db);
    return code;
}

int cmd_query(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"bank", 1, NULL, 'b'}, {"branch", 1, NULL, 'r'}, {"day", 1, NULL, 'd'}, {"station", 1, NULL, 's'},
                                            {"customer", 1, NULL, 'c'}, {"format", 1, NULL, 'f'}, {"wide", 0, NULL, 'w'}, {"follow", 0, NULL, 'F'}, {0}};
    struct options o = {.f = {.day = DAY_NONE, .above = -1}};
    int c, code;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        if ((code = take_option(&o, c, optarg)) != 0) return code;
    const struct question *q = optind < argc ? question_named(argv[optind]) : NULL;
    if (q == NULL) return utility_usage("query", "the questions are customer, arrears, payments, reversals, key, withhold, totals", NULL);
    code = take_subject(q, &o, optind + 1 < argc ? argv[optind + 1] : NULL, optind + 2 < argc ? argv[optind + 2] : NULL);
    return code ? code : answer(u, q, &o);
}
