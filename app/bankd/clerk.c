/* Who may repair a bank's day: numbers, names, passwords. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/day.h"
#include "bankd/print.h"
#include "base/text.h"
#include "base/two.h"

static int find(void *ctx, const char *number, struct two_person *who, struct error *err)
{
    db_ask(ctx, "SELECT stored, wrong, locked_ms FROM clerk WHERE number=$1 AND active=1", DB_ARGS(DB_TEXT(number)));
    bool found = db_row(ctx);
    if (found) {
        db_copy(ctx, 0, who->stored, sizeof who->stored);
        who->wrong = (int)db_int(ctx, 1);
        who->locked_ms = db_int(ctx, 2);
    }
    return db_end(ctx) < 0 ? db_failed(ctx, "the clerks cannot be read", err) : found;
}

static int count(void *ctx, const char *number, int wrong, int64_t locked_ms, struct error *err)
{
    return db_run(ctx, "UPDATE clerk SET wrong=$2, locked_ms=$3 WHERE number=$1", DB_ARGS(DB_TEXT(number), DB_INT(wrong), DB_INT(locked_ms))) < 0
               ? db_failed(ctx, "a try cannot be counted", err) : 0;
}

int clerk_two(const struct bank *b, struct db *db, const char *maker, const char *checker, struct error *err)
{
    struct two_store store = {db, find, count};
    return two_people(&store, maker, checker, &b->clock, err);
}

/* --- the command ------------------------------------------------------------------ */

static int add(struct db *db, const char *number, const char *name, struct error *err)
{
    char password[256] = "", stored[SECRET_PASSWORD_SIZE];
    struct entropy chance = entropy_system();
    if (!text_alnum(number) || strlen(number) >= TWO_NUMBER_SIZE) return error_all(err, "nobody was added", number, "a number has 1 to 8 digits or letters", NULL);
    if (!prompt_password("password: ", password, sizeof password)) return error_all(err, "nobody was added", NULL, "no password was given", NULL);
    int status = secret_password_rule(number, password, err) == 0 ? secret_password_hash(password, secret_cost_interactive(), &chance, stored, err) : -1;
    secret_wipe(password, sizeof password);
    if (status != 0) return -1;
    if (db_run(db, "INSERT INTO clerk (number, name, stored) VALUES ($1,$2,$3)", DB_ARGS(DB_TEXT(number), DB_TEXT(name), DB_TEXT(stored))) < 0)
        return db_failed(db, "nobody was added", err);
    printf("%s %s may make or check repairs, with a second person\n", number, name);
    return 0;
}

static int put_off(struct db *db, const char *number, struct error *err)
{
    int64_t changed = db_run(db, "UPDATE clerk SET active=0 WHERE number=$1 AND active=1", DB_ARGS(DB_TEXT(number)));
    if (changed < 0) return db_failed(db, "nobody was put off", err);
    return changed == 1 ? 0 : error_all(err, "nobody was put off", number, "there is no such clerk", NULL);
}

static int list(const struct bank *b, struct db *db, struct error *err)
{
    static const struct print_column columns[PRINT_COLUMNS_MAX] = {{"number", "Number", PRINT_TEXT}, {"name", "Name", PRINT_TEXT}, {"active", "Active", PRINT_TEXT}};
    db_ask(db, "SELECT number, name, CASE active WHEN 1 THEN 'yes' ELSE 'no' END FROM clerk ORDER BY number", DB_NO_ARGS);
    return print_rows(b, db, TABLE_TEXT, columns, err) < 0 ? -1 : 0;
}

int cmd_clerk(struct bank *b, int argc, char **argv)
{
    struct error err;
    int status = 1;
    struct db *db = bank_day_books(b, &err);
    if (db == NULL) {
        error_print("bankd", &err);
        return EX_UNAVAILABLE;
    }
    if (argc == 4 && strcmp(argv[1], "add") == 0) status = add(db, argv[2], argv[3], &err);
    else if (argc == 3 && strcmp(argv[1], "off") == 0) status = put_off(db, argv[2], &err);
    else if (argc == 2 && strcmp(argv[1], "list") == 0) status = list(b, db, &err);
    db_close(db);
    if (status < 0) error_print("bankd", &err);
    if (status > 0) bank_command_help(stderr, bank_command("clerk"));
    return status == 0 ? EX_OK : status < 0 ? EX_DATAERR : EX_USAGE;
}
