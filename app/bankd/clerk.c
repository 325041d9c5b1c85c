/* Who may repair a bank's day: numbers, names, passwords. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/day.h"
#include "base/table.h"
#include "base/text.h"
#include "base/two.h"

static int find(void *ctx, const char *number, struct two_person *who, struct error *err)
{
    sqlite3_stmt *q = NULL;
    int found = -1;
    if (sqlite3_prepare_v2(ctx, "SELECT stored, wrong, locked_ms FROM clerk WHERE number=?1 AND active=1", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_bind_text(q, 1, number, -1, SQLITE_STATIC) == SQLITE_OK) {
        int step = sqlite3_step(q);
        found = step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : -1;
        if (found == 1) {
            text_copy(who->stored, sizeof who->stored, (const char *)sqlite3_column_text(q, 0));
            who->wrong = sqlite3_column_int(q, 1);
            who->locked_ms = sqlite3_column_int64(q, 2);
        }
    }
    if (found < 0) bank_db_failed(ctx, "the clerks cannot be read", err);
    sqlite3_finalize(q);
    return found;
}

static int count(void *ctx, const char *number, int wrong, int64_t locked_ms, struct error *err)
{
    sqlite3_stmt *q = NULL;
    bool good = sqlite3_prepare_v2(ctx, "UPDATE clerk SET wrong=?2, locked_ms=?3 WHERE number=?1", -1, &q, NULL) == SQLITE_OK &&
                sqlite3_bind_text(q, 1, number, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_bind_int(q, 2, wrong) == SQLITE_OK &&
                sqlite3_bind_int64(q, 3, locked_ms) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    return good ? 0 : bank_db_failed(ctx, "a try cannot be counted", err);
}

int clerk_two(const struct bank *b, sqlite3 *db, const char *maker, const char *checker, struct error *err)
{
    struct two_store store = {db, find, count};
    return two_people(&store, maker, checker, &b->clock, err);
}

/* --- the command ------------------------------------------------------------------ */

static int add(const struct bank *b, sqlite3 *db, const char *number, const char *name, struct error *err)
{
    char password[256] = "", stored[SECRET_PASSWORD_SIZE];
    struct entropy chance = entropy_system();
    sqlite3_stmt *q = NULL;
    if (!text_alnum(number) || strlen(number) >= TWO_NUMBER_SIZE) return error_all(err, "nobody was added", number, "a number has 1 to 8 digits or letters", NULL);
    if (!prompt_password("password: ", password, sizeof password)) return error_all(err, "nobody was added", NULL, "no password was given", NULL);
    int status = secret_password_rule(number, password, err) == 0 ? secret_password_hash(password, secret_cost_interactive(), &chance, stored, err) : -1;
    secret_wipe(password, sizeof password);
    if (status != 0) return -1;
    bool good = sqlite3_prepare_v2(db, "INSERT INTO clerk (number, name, stored) VALUES (?1,?2,?3)", -1, &q, NULL) == SQLITE_OK &&
                sqlite3_bind_text(q, 1, number, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_bind_text(q, 2, name, -1, SQLITE_STATIC) == SQLITE_OK &&
                sqlite3_bind_text(q, 3, stored, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    if (!good) return bank_db_failed(db, "nobody was added", err);
    printf("%s %s may make or check repairs, with a second person\n", number, name);
    return 0;
}

static int put_off(sqlite3 *db, const char *number, struct error *err)
{
    sqlite3_stmt *q = NULL;
    bool good = sqlite3_prepare_v2(db, "UPDATE clerk SET active=0 WHERE number=?1 AND active=1", -1, &q, NULL) == SQLITE_OK &&
                sqlite3_bind_text(q, 1, number, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(q) == SQLITE_DONE;
    sqlite3_finalize(q);
    if (!good) return bank_db_failed(db, "nobody was put off", err);
    return sqlite3_changes(db) == 1 ? 0 : error_all(err, "nobody was put off", number, "there is no such clerk", NULL);
}

static int list(sqlite3 *db, struct error *err)
{
    static const struct column columns[] = {{"number", "Number", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"active", "Active", COLUMN_TEXT}};
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, "SELECT number, name, CASE active WHEN 1 THEN 'yes' ELSE 'no' END FROM clerk ORDER BY number", -1, &q, NULL) != SQLITE_OK)
        return bank_db_failed(db, "the clerks cannot be read", err);
    struct table *table = table_open(stdout, TABLE_TEXT, columns, 3);
    while (sqlite3_step(q) == SQLITE_ROW)
        table_row(table, (struct cell[]){{(const char *)sqlite3_column_text(q, 0), 0}, {(const char *)sqlite3_column_text(q, 1), 0},
                                         {(const char *)sqlite3_column_text(q, 2), 0}});
    table_close(table);
    sqlite3_finalize(q);
    return 0;
}

int cmd_clerk(struct bank *b, int argc, char **argv)
{
    struct error err;
    int status = 1;
    sqlite3 *db = bank_db(b, &err);
    if (db && day_make(db) != SQLITE_OK) bank_db_failed(db, "the clerks' table was not made", &err), sqlite3_close(db), db = NULL;
    if (db == NULL) {
        error_print("bankd", &err);
        return EX_UNAVAILABLE;
    }
    if (argc == 4 && strcmp(argv[1], "add") == 0) status = add(b, db, argv[2], argv[3], &err);
    else if (argc == 3 && strcmp(argv[1], "off") == 0) status = put_off(db, argv[2], &err);
    else if (argc == 2 && strcmp(argv[1], "list") == 0) status = list(db, &err);
    sqlite3_close(db);
    if (status < 0) error_print("bankd", &err);
    if (status > 0) bank_command_help(stderr, bank_command("clerk"));
    return status == 0 ? EX_OK : status < 0 ? EX_DATAERR : EX_USAGE;
}
