/* Repairs by two people, and who they may be. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/table.h"
#include "base/text.h"
#include "base/two.h"
#include "utilityd/differences.h"
#include "utilityd/store.h"

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

/* --- clerks ----------------------------------------------------------------------------- */

/* Books older than this command have no table of clerks yet. */
static struct db *books(const struct utility *u, struct error *err)
{
    struct db *db = utility_db_open(u->settings.store, err);
    if (db && db_run(db, "CREATE TABLE IF NOT EXISTS clerk (number TEXT PRIMARY KEY, name TEXT NOT NULL, stored TEXT NOT NULL, active INTEGER NOT NULL DEFAULT 1,"
                         " wrong INTEGER NOT NULL DEFAULT 0, locked_ms BIGINT NOT NULL DEFAULT 0)", DB_NO_ARGS) < 0) {
        db_failed(db, "the clerks' table was not made", err);
        db_close(db);
        return NULL;
    }
    return db;
}

static int find(void *ctx, const char *number, struct two_person *who, struct error *err)
{
    int found = 0;
    db_ask(ctx, "SELECT stored, wrong, locked_ms FROM clerk WHERE number=$1 AND active=1", DB_ARGS(DB_TEXT(number)));
    if (db_row(ctx)) {
        found = db_copy(ctx, 0, who->stored, sizeof who->stored);
        who->wrong = (int)db_int(ctx, 1);
        who->locked_ms = db_int(ctx, 2);
    }
    return db_end(ctx) < 0 ? db_failed(ctx, "the clerks cannot be read", err) : found;
}

static int count(void *ctx, const char *number, int wrong, int64_t locked_ms, struct error *err)
{
    return db_run(ctx, "UPDATE clerk SET wrong=$2, locked_ms=$3 WHERE number=$1", DB_ARGS(DB_TEXT(number), DB_INT(wrong), DB_INT(locked_ms))) == 1
               ? 0 : db_failed(ctx, "a try cannot be counted", err);
}

static int add(const struct utility *u, struct db *db, const char *number, const char *name, struct error *err)
{
    char password[256] = "", stored[SECRET_PASSWORD_SIZE], user[64], what[120];
    struct entropy chance = entropy_system();
    if (!text_alnum(number) || strlen(number) >= TWO_NUMBER_SIZE) return error_all(err, "nobody was added", number, "a number has 1 to 8 digits or letters", NULL);
    if (!prompt_password("password: ", password, sizeof password)) return error_all(err, "nobody was added", NULL, "no password was given", NULL);
    int status = secret_password_rule(number, password, err) == 0 ? secret_password_hash(password, secret_cost_interactive(), &chance, stored, err) : -1;
    secret_wipe(password, sizeof password);
    if (status != 0) return -1;
    snprintf(what, sizeof what, "clerk %.8s %.60s added", number, name);
    if (db_begin(db) != 0 || db_run(db, "INSERT INTO clerk (number, name, stored) VALUES ($1,$2,$3)", DB_ARGS(DB_TEXT(number), DB_TEXT(name), DB_TEXT(stored))) != 1 ||
        utility_audit(db, clock_now_ms(&u->clock), utility_user(user, sizeof user), what) != 0 || db_commit(db) != 0) {
        db_failed(db, "nobody was added", err);
        db_rollback(db);
        return -1;
    }
    printf("%s %s may make or check repairs, with a second person\n", number, name);
    return 0;
}

static int put_off(const struct utility *u, struct db *db, const char *number, struct error *err)
{
    char user[64], what[80];
    snprintf(what, sizeof what, "clerk %.8s put off", number);
    if (db_run(db, "UPDATE clerk SET active=0 WHERE number=$1 AND active=1", DB_ARGS(DB_TEXT(number))) != 1)
        return error_all(err, "nobody was put off", number, "there is no such clerk", NULL);
    return utility_audit(db, clock_now_ms(&u->clock), utility_user(user, sizeof user), what) == 0 ? 0 : db_failed(db, "it was not written down", err);
}

static int list(struct db *db, struct error *err)
{
    static const struct column columns[] = {{"number", "Number", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"active", "Active", COLUMN_TEXT}};
    char name[200], number[16];
    struct table *table = table_open(stdout, TABLE_TEXT, columns, 3);
    db_ask(db, "SELECT number, name, active FROM clerk ORDER BY number", DB_NO_ARGS);
    while (db_row(db)) {
        db_copy(db, 0, number, sizeof number);
        db_copy(db, 1, name, sizeof name);
        table_row(table, (struct cell[]){{number, 0}, {name, 0}, {db_int(db, 2) ? "yes" : "no", 0}});
    }
    table_close(table);
    return db_end(db) < 0 ? db_failed(db, "the clerks cannot be read", err) : 0;
}

int cmd_clerk(struct utility *u, int argc, char **argv)
{
    struct error err;
    int status = 1;
    struct db *db = books(u, &err);
    if (db == NULL) return failed(&err, EX_UNAVAILABLE);
    if (argc == 4 && strcmp(argv[1], "add") == 0) status = add(u, db, argv[2], argv[3], &err);
    else if (argc == 3 && strcmp(argv[1], "off") == 0) status = put_off(u, db, argv[2], &err);
    else if (argc == 2 && strcmp(argv[1], "list") == 0) status = list(db, &err);
    db_close(db);
    if (status > 0) return utility_usage("clerk", "it is add, off or list", NULL);
    return status == 0 ? EX_OK : failed(&err, EX_DATAERR);
}

/* --- undoing a key ------------------------------------------------------------------------ */

/* The stored key as the 0420 that undoes it would name it. */
static int find_key(struct db *db, const struct key *key, struct judge_request *r, struct error *err)
{
    char origin[2 * JUDGE_DIGEST_SIZE + 1] = "";
    bool found = false, pg = db_kind(db) == DB_POSTGRES;
    db_ask(db, pg ? "SELECT encode(p.origin, 'hex'), p.proc, p.amount_fen, p.taken, p.business FROM payment p JOIN station s ON s.id=p.station"
                    " WHERE s.bank=$1 AND s.branch=$2 AND p.reference=$3 AND p.state=2"
                  : "SELECT lower(hex(p.origin)), p.proc, p.amount_fen, p.taken, p.business FROM payment p JOIN station s ON s.id=p.station"
                    " WHERE s.bank=$1 AND s.branch=$2 AND p.reference=$3 AND p.state=2",
           DB_ARGS(DB_TEXT(key->bank), DB_TEXT(key->branch), DB_INT(strtoll(key->ref, NULL, 10))));
    if (db_row(db)) {
        found = db_copy(db, 0, origin, sizeof origin) && secret_from_hex(origin, r->origin, JUDGE_DIGEST_SIZE);
        r->proc = (int)db_int(db, 1);
        r->amount_fen = db_int(db, 2);
        r->taken = (day_t)db_int(db, 3);
        r->business = (day_t)db_int(db, 4);
    }
    if (db_end(db) < 0) return db_failed(db, "the key cannot be read", err);
    return found ? 0 : error_all(err, "nothing was done", key->ref, "no such key is posted", "utilityd query key KEY");
}

static int undo(const struct utility *u, struct db *db, const struct key *key, const char *maker, const char *checker, struct error *err)
{
    struct judge_rules rules = {.oldest_first = u->settings.oldest_first, .open_from = clock_today(&u->clock) - (day_t)u->settings.close_after_days};
    struct judge_request r = {.kind = JUDGE_UNDO, .key = *key};
    struct judge_answer answer;
    char what[160], text[KEY_TEXT_SIZE];
    text_copy(r.maker, sizeof r.maker, maker);
    text_copy(r.checker, sizeof r.checker, checker);
    if (find_key(db, key, &r, err) != 0) return -1;
    snprintf(what, sizeof what, "undo %s of %" PRId64 " fen by %s and %s", key_format(key, text, sizeof text), r.amount_fen, maker, checker);
    if (utility_audit(db, clock_now_ms(&u->clock), maker, what) != 0) return db_failed(db, "it was not written down, so nothing was done", err);
    struct store *store = store_open(u->settings.store, err);
    if (store == NULL) return -1;
    int status = group_post(store, &rules, &r, 1, clock_now_ms(&u->clock), &answer, err);
    store->ops->close(store);
    if (status == 0) printf("%s: answered %s\n", what, answer.code);
    return status;
}

int cmd_repair(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"maker", 1, NULL, 'm'}, {"checker", 1, NULL, 'c'}, {0}};
    const char *maker = NULL, *checker = NULL;
    struct error err;
    struct key key;
    int c, code = EX_NOPERM;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'm') maker = optarg;
        else if (c == 'c') checker = optarg;
        else return utility_usage("repair", "there is no such option", NULL);
    }
    if (argc - optind != 2 || strcmp(argv[optind], "undo") != 0 || !key_parse(argv[optind + 1], &key) || !text_digits(key.ref))
        return utility_usage("repair", "undo and a KEY BANK/BRANCH/REFERENCE are needed", NULL);
    if (!maker || !checker) return utility_usage("repair", "two people are needed: --maker and --checker", NULL);
    struct db *db = books(u, &err);
    if (db == NULL) return failed(&err, EX_UNAVAILABLE);
    struct two_store store = {db, find, count};
    if (two_people(&store, maker, checker, &u->clock, &err) == 0) code = undo(u, db, &key, maker, checker, &err) == 0 ? EX_OK : EX_DATAERR;
    db_close(db);
    return code == EX_OK ? EX_OK : failed(&err, code);
}
