/* The commands about a bank's day: totals, differences, payments, repair. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/day.h"
#include "base/log.h"
#include "base/money.h"
#include "base/table.h"
#include "base/text.h"
#include "wire/channel.h"

static int usage(const char *name)
{
    bank_command_help(stderr, bank_command(name));
    return EX_USAGE;
}

static int failed(const struct error *err, int code)
{
    error_print("bankd", err);
    return code;
}

/* --- totals ------------------------------------------------------------------------- */

static void keep_end(void *ctx, const struct agree_end *end) { *(struct agree_end *)ctx = *end; }

static void print_totals(const char *who, const struct wire_totals *t)
{
    char paid[MONEY_TEXT_SIZE], back[MONEY_TEXT_SIZE], refunds[MONEY_TEXT_SIZE];
    printf("  %-8s %8" PRId64 " payments %14s   %6" PRId64 " reversed %12s   %6" PRId64 " refunds %12s\n", who, t->credits,
           money_format(t->credits_fen, paid, sizeof paid), t->credit_undone, money_format(t->credit_undone_fen, back, sizeof back), t->debits,
           money_format(t->debits_fen, refunds, sizeof refunds));
}

int cmd_totals(struct bank *b, int argc, char **argv)
{
    const struct bank_settings *set = &b->settings;
    static struct agree_end end;
    struct error err;
    uv_loop_t loop;
    char text[DAY_TEXT_SIZE];
    day_t day = clock_today(&b->clock);
    bool closing = argc > 1 && strcmp(argv[argc - 1], "--after-cut-off") == 0;
    if (closing) argc--;
    if (argc > 2 || (argc == 2 && !day_parse(argv[1], &day))) return usage("totals");
    struct channel_tls *tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->cert, set->key}, &err);
    if (tls == NULL) return failed(&err, EX_CONFIG);
    uv_loop_init(&loop);
    bool started = agree_start(b, &loop, tls, day, closing, keep_end, &end, &err) != NULL;
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    channel_tls_close(tls);
    if (!started || end.failed) return failed(started ? &end.err : &err, EX_UNAVAILABLE);
    printf("%s: %s\n", day_format(day, text, sizeof text), end.in_balance ? "in balance" : "OUT OF BALANCE");
    print_totals("bank", &end.ours);
    print_totals("utility", &end.theirs);
    if (!end.in_balance) printf("  %" PRId64 " differences: bankd differences --day %s\n", end.differences, text);
    return end.in_balance ? EX_OK : EX_DATAERR;
}

/* --- differences --------------------------------------------------------------------- */

static const struct column columns[] = {
    {"business_date", "Day", COLUMN_TEXT}, {"key", "Key", COLUMN_TEXT}, {"kind", "What", COLUMN_TEXT}, {"here", "Here", COLUMN_TEXT},
    {"here_fen", "Amount here", COLUMN_MONEY}, {"there", "Utility", COLUMN_TEXT}, {"there_fen", "Amount there", COLUMN_MONEY}, {"act", "To do", COLUMN_TEXT}};

int cmd_differences(struct bank *b, int argc, char **argv)
{
    static const struct option options[] = {{"day", 1, NULL, 'd'}, {"format", 1, NULL, 'f'}, {0}};
    enum table_style style = TABLE_TEXT;
    day_t day = DAY_NONE;
    struct error err;
    int c;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'd' && day_parse(optarg, &day)) continue;
        if (c != 'f') return usage("differences");
        if (strcmp(optarg, "csv") == 0) style = TABLE_CSV;
        else if (strcmp(optarg, "json") == 0) style = TABLE_JSON;
        else if (strcmp(optarg, "table") != 0) return usage("differences");
    }
    if (optind != argc) return usage("differences");
    struct db *db = bank_day_books(b, &err);
    if (db == NULL) return failed(&err, EX_UNAVAILABLE);
    db_ask(db, "SELECT business, branch, reference, kind, ours_state, ours_fen, theirs_state, theirs_fen FROM difference"
               " WHERE $1<0 OR business=$1 ORDER BY business, branch, reference", DB_ARGS(DB_INT(day)));
    struct table *table = table_open(stdout, style, columns, sizeof columns / sizeof *columns);
    while (db_row(db)) {
        char date[DAY_TEXT_SIZE], key[KEY_TEXT_SIZE], kind[20], ours[12], theirs[12];
        snprintf(key, sizeof key, "%s/%s/%s", b->settings.id, db_text(db, 1), db_text(db, 2));
        db_copy(db, 3, kind, sizeof kind);
        db_copy(db, 4, ours, sizeof ours);
        db_copy(db, 6, theirs, sizeof theirs);
        table_row(table, (struct cell[]){{day_format((day_t)db_int(db, 0), date, sizeof date), 0}, {key, 0}, {kind, 0}, {ours, 0}, {NULL, db_int(db, 5)},
                                         {theirs, 0}, {NULL, db_int(db, 7)}, {day_act(kind, theirs), 0}});
    }
    int64_t rows = table_close(table);
    if (db_end(db) < 0) rows = db_failed(db, "the differences cannot be read", &err);
    db_close(db);
    return rows < 0 ? failed(&err, EX_UNAVAILABLE) : rows ? EX_DATAERR : EX_OK;
}

/* --- the bank's own detail, as a file --------------------------------------------------- */

int cmd_payments(struct bank *b, int argc, char **argv)
{
    char date[DAY_TEXT_SIZE];
    struct error err;
    int64_t count = 0, sum = 0;
    day_t day;
    if (argc != 2 || !day_parse(argv[1], &day)) return usage("payments");
    struct db *db = bank_day_books(b, &err);
    if (db == NULL) return failed(&err, EX_UNAVAILABLE);
    db_ask(db, "SELECT branch, reference, what, state, fen FROM passed p WHERE business=$1 AND state<>'none' ORDER BY branch, reference", DB_ARGS(DB_INT(day)));
    printf("PAYMENTS|1|%s|%s|%s|\n", b->settings.id, day_format(day, date, sizeof date), b->settings.id);
    while (db_row(db)) {
        printf("%s/%s/%s|%06" PRId64 "|", b->settings.id, db_text(db, 0), db_text(db, 1), db_int(db, 2));
        printf("%s|||%" PRId64 "||0||\n", db_text(db, 3), db_int(db, 4));
        count++;
        if (strcmp(db_text(db, 3), "posted") == 0) sum += db_int(db, 4);
    }
    int status = db_end(db) < 0 ? db_failed(db, "the day cannot be read", &err) : 0;
    if (status == 0) printf("END|%" PRId64 "|%" PRId64 "\n", count, sum); /* without it the file is not whole */
    db_close(db);
    return status == 0 ? EX_OK : failed(&err, EX_UNAVAILABLE);
}

/* --- repair ------------------------------------------------------------------------------- */

struct repair { const char *act, *maker, *checker; struct key key; day_t day; char ours[12], theirs[12]; int64_t theirs_fen; };

static int find_difference(struct db *db, struct repair *r, struct error *err)
{
    db_ask(db, "SELECT business, ours_state, theirs_state, theirs_fen FROM difference WHERE branch=$1 AND reference=$2",
           DB_ARGS(DB_TEXT(r->key.branch), DB_TEXT(r->key.ref)));
    bool found = db_row(db);
    if (found) {
        r->day = (day_t)db_int(db, 0);
        db_copy(db, 1, r->ours, sizeof r->ours);
        db_copy(db, 2, r->theirs, sizeof r->theirs);
        r->theirs_fen = db_int(db, 3);
    }
    if (db_end(db) < 0) return db_failed(db, "the differences cannot be read", err);
    return found ? 0 : error_all(err, "nothing was done", r->key.ref, "this key is not among the differences", "bankd totals DAY compares anew");
}

static int write_down(struct db *db, const struct bank *b, const struct repair *r, const char *what, struct error *err)
{
    return db_run(db, "INSERT INTO repair (at_ms, maker, checker, what) VALUES ($1,$2,$3,$4)",
                  DB_ARGS(DB_INT(clock_now_ms(&b->clock)), DB_TEXT(r->maker), DB_TEXT(r->checker), DB_TEXT(what))) == 1
               ? 0 : db_failed(db, "the repair was not written down", err);
}

/* The utility's word for this key: the bank's totals count it so from now on. */
static int take(struct db *db, const struct bank *b, const struct repair *r, struct error *err)
{
    char what[160], key[KEY_TEXT_SIZE];
    snprintf(what, sizeof what, "take %s: %s here, %s of %" PRId64 " fen at the utility", key_format(&r->key, key, sizeof key), r->ours, r->theirs, r->theirs_fen);
    bool good = bank_begin(db) == 0 &&
                db_run(db, "INSERT INTO taken (business, branch, reference, state, what, fen, maker, checker, at_ms) VALUES ($1,$2,$3,$4,"
                           " coalesce((SELECT max(what) FROM message WHERE branch=$2 AND reference=$3 AND mti='0200'), 500000),$5,$6,$7,$8)"
                           " ON CONFLICT (business, branch, reference) DO UPDATE SET state=excluded.state, fen=excluded.fen, maker=excluded.maker,"
                           " checker=excluded.checker, at_ms=excluded.at_ms",
                       DB_ARGS(DB_INT(r->day), DB_TEXT(r->key.branch), DB_TEXT(r->key.ref), DB_TEXT(r->theirs), DB_INT(r->theirs_fen), DB_TEXT(r->maker),
                               DB_TEXT(r->checker), DB_INT(clock_now_ms(&b->clock)))) == 1;
    if (!good) return db_failed(db, "the utility's word was not taken", err);
    if (write_down(db, b, r, what, err) != 0) return -1;
    if (db_commit(db) != 0) return db_failed(db, "the utility's word was not taken", err);
    puts(what);
    return 0;
}

/* What was sent on last that made the key what it is here: the payment as an advice, the
 * reversal, or its advice; as a repeat. Asking again never does a thing twice. */
static int last_message(struct db *db, const struct bank *b, const struct repair *r, struct iso *m, struct error *err)
{
    const char *group = strcmp(r->ours, "posted") == 0 ? "02" : "04";
    char de7[16];
    struct civil u;
    db_ask(db, "SELECT text FROM message WHERE fate='sent' AND branch=$1 AND reference=$2 AND substr(mti,1,2)=$3 ORDER BY seq DESC LIMIT 1",
           DB_ARGS(DB_TEXT(r->key.branch), DB_TEXT(r->key.ref), DB_TEXT(group)));
    bool found = db_row(db);
    int status = found ? iso_unpack(m, db_text(db, 0), strlen(db_text(db, 0)), err) : -1;
    if (db_end(db) < 0) return db_failed(db, "the journal cannot be read", err);
    if (!found) error_all(err, "nothing was sent", r->key.ref, "the journal has no message to send again", "bankd repair take");
    if (status != 0) return -1;
    if (message_proc(m) == PROC_CASH && strcmp(group, "02") == 0) memcpy(m->mti, "0221", 5);
    clock_utc(clock_now_ms(&b->clock), &u);
    snprintf(de7, sizeof de7, "%02u%02u%02u%02u%02u", (unsigned)u.month % 100, (unsigned)u.day % 100, (unsigned)u.hour % 100, (unsigned)u.minute % 100,
             (unsigned)u.second % 100);
    return message_repeat(m, de7, err);
}

static int resend(struct db *db, const struct bank *b, const struct repair *r, struct error *err)
{
    struct iso m, answer;
    char what[160], key[KEY_TEXT_SIZE], code[4];
    if (last_message(db, b, r, &m, err) != 0) return -1;
    snprintf(what, sizeof what, "resend %s as %s", key_format(&r->key, key, sizeof key), m.mti);
    if (write_down(db, b, r, what, err) != 0 || agree_ask(b, &m, &answer, err) != 0) return -1;
    iso_text(&answer, 39, code, sizeof code);
    snprintf(what, sizeof what, "resend %s: answered %s %s", key_format(&r->key, key, sizeof key), answer.mti, code);
    puts(what);
    return write_down(db, b, r, what, err);
}

int cmd_repair(struct bank *b, int argc, char **argv)
{
    static const struct option options[] = {{"maker", 1, NULL, 'm'}, {"checker", 1, NULL, 'c'}, {0}};
    struct repair r = {0};
    struct error err;
    int c, status = -1;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'm') r.maker = optarg;
        else if (c == 'c') r.checker = optarg;
        else return usage("repair");
    }
    if (argc - optind != 2 || !r.maker || !r.checker || !key_parse(argv[optind + 1], &r.key) || strcmp(r.key.bank, b->settings.id) != 0) return usage("repair");
    r.act = argv[optind];
    bool takes = strcmp(r.act, "take") == 0;
    if (!takes && strcmp(r.act, "resend") != 0) return usage("repair");
    struct db *db = bank_day_books(b, &err);
    if (db == NULL) return failed(&err, EX_UNAVAILABLE);
    if (clerk_two(b, db, r.maker, r.checker, &err) == 0 && find_difference(db, &r, &err) == 0) status = takes ? take(db, b, &r, &err) : resend(db, b, &r, &err);
    db_close(db);
    return status == 0 ? EX_OK : failed(&err, EX_NOPERM);
}
