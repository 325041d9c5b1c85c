/* Files that are not what they should be: what is opened, made, backed up and taken up again, and what
 * is refused with its reason, and left as it lay. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/pay.h"

static struct books b;
static char other[160]; /* a second file in the ledger's folder */

static int set_up(void **unused)
{
    pay_start(&b);
    snprintf(other, sizeof other, "%s/other.db", b.folder);
    return 0;
}

static void tear_files(void)
{
    static const char *const beside[] = {"", "-wal", "-shm", "-lock"};
    char path[180];
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        snprintf(path, sizeof path, "%s%s", other, beside[i]);
        unlink(path);
    }
}

static int tear_down(void **unused)
{
    tear_files();
    books_end(&b);
    return 0;
}

static struct ledger *opens(const char *path)
{
    memset(&b.err, 0, sizeof b.err);
    return ledger_open(path, &b.world, &b.rules, &b.err);
}

static void not_opened(const char *path, const char *why)
{
    assert_null(opens(path));
    if (!strstr(b.err.why, why))
        fail_msg("%s, not %s", b.err.why, why);
}

static void not_looked_at(const char *path, const char *why)
{
    memset(&b.err, 0, sizeof b.err);
    assert_int_equal(ledger_verify_file(path, b.world.audit_key, false, NULL, NULL, &b.err), -1);
    if (!strstr(b.err.why, why))
        fail_msg("%s, not %s", b.err.why, why);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

static void sql_in(const char *path, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    chmod(path, 0600);
}

/* --- opened ---------------------------------------------------------------------------------------- */

static void nothing_there_is_not_made_by_opening(void **unused)
{
    not_opened(other, "No such file");
    not_looked_at(other, "No such file");
    assert_int_equal(access(other, F_OK), -1);
}

static void a_text_is_no_ledger(void **unused)
{
    static const char text[] = "bills of October, to be collected until the 25th; a text of some length that is no database at all";
    write_file(other, text, sizeof text);
    not_opened(other, "not a database");
    not_looked_at(other, "not a database");
}

static void another_programs_database_is_no_ledger(void **unused)
{
    sql_in(other, "CREATE TABLE recipe (name TEXT)");
    not_opened(other, "no ledger of this program");
    not_looked_at(other, "no ledger of this program");
}

static void an_empty_file_is_no_ledger(void **unused)
{
    write_file(other, "", 0);
    not_opened(other, "no ledger of this program");
}

static void another_versions_ledger_is_left_to_it(void **unused)
{
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), 0);
    sql_in(other, "PRAGMA writable_schema = ON; DROP TRIGGER IF EXISTS branch_fixed; PRAGMA ignore_check_constraints = ON;"
                  "UPDATE branch SET version = version + 1");
    not_opened(other, "another version");
    not_looked_at(other, "another version");
}

/* Overwritten by a bad disk or a hand: from this page on each other one, the words of its schema among them or not. */
static void overwrite(const char *path, off_t from_page)
{
    static char noise[4096];
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    memset(noise, 0x5a, sizeof noise);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    for (off_t at = from_page * 4096; at < st.st_size; at += 2 * 4096)
        assert_int_equal(pwrite(fd, noise, sizeof noise, at), (ssize_t)sizeof noise);
    close(fd);
}

static void a_damaged_ledger_is_named_as_damaged(void **unused)
{
    static const int pages_before_end[] = {0, 6};
    for (size_t i = 0; i < 2; i++) {
        struct stat st;
        assert_int_equal(ledger_backup(b.ledger, other, &b.err), 0);
        assert_int_equal(stat(other, &st), 0);
        overwrite(other, pages_before_end[i] ? st.st_size / 4096 - pages_before_end[i] : 2);
        assert_null(opens(other));
        assert_non_null(strstr(b.err.remedy, "damaged: restore a backup"));
        not_looked_at(other, "");
        assert_non_null(strstr(b.err.remedy, "damaged: restore a backup"));
        tear_files();
    }
}

static void a_ledger_whose_first_page_is_lost(void **unused)
{
    char page[100] = {0};
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), 0);
    int fd = open(other, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, page, sizeof page, 0), (ssize_t)sizeof page);
    close(fd);
    not_opened(other, "not a database");
}

static void a_folder_and_a_link_are_no_file(void **unused)
{
    not_opened(b.folder, "no file");
    assert_int_equal(symlink(b.path, other), 0);
    not_opened(other, "no file");
    not_looked_at(other, "no file");
    unlink(other);
}

static void a_ledger_of_somebody_else_is_not_opened(void **unused)
{
    if (geteuid() != 0) {
        print_message("# needs root\n");
        skip();
    }
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), 0);
    assert_int_equal(chown(other, 12345, 12345), 0);
    not_opened(other, "somebody else");
}

static void a_lock_that_is_no_file_of_its_own(void **unused)
{
    char lock[180];
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), 0);
    snprintf(lock, sizeof lock, "%s-lock", other);
    assert_int_equal(symlink("/dev/null", lock), 0);
    assert_null(opens(other));
    assert_non_null(strstr(b.err.where, "-lock"));
    unlink(lock);
    struct ledger *ledger = opens(other);
    assert_non_null(ledger);
    not_opened(other, "another program");
    ledger_close(ledger);
}

/* Longer than SQLite takes: the file is there, and can't be opened as a database; what a call made of it is gone again. */
static void a_path_that_is_too_long_is_said_so_and_nothing_is_left(void **unused)
{
    char path[800];
    size_t len = (size_t)snprintf(path, sizeof path, "%s", b.folder), ends[3];
    for (int i = 0; i < 3; i++) {
        path[len++] = '/';
        memset(path + len, 'a' + i, 180);
        path[len += 180] = '\0';
        ends[i] = len;
        assert_int_equal(mkdir(path, 0700), 0);
    }
    strcpy(path + len, "/branch.db");
    assert_int_equal(ledger_create(path, "102", "0311-0007", &b.world, &b.err), -1);
    assert_non_null(strstr(b.err.why, "unable to open"));
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(ledger_backup(b.ledger, path, &b.err), -1);
    assert_non_null(strstr(b.err.why, "unable to open"));
    assert_int_equal(access(path, F_OK), -1);
    write_file(path, "", 0);
    not_opened(path, "unable to open");
    not_looked_at(path, "unable to open");
    unlink(path);
    for (int i = 2; i >= 0; i--) {
        path[ends[i]] = '\0';
        assert_int_equal(rmdir(path), 0);
    }
}

/* --- made ------------------------------------------------------------------------------------------- */

static void a_branch_without_a_proper_name_is_not_made_and_leaves_no_file(void **unused)
{
    static const struct { const char *bank, *branch; } names[] = {
        {"1O2", "0311-0007"}, {"102", "0311 0007"}, {"", "0311-0007"}, {"102", ""},
        {"102102102102102", "0311-0007"}, {"102", "0311-0007-0007-0007"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (ledger_create(other, names[i].bank, names[i].branch, &b.world, &b.err) != -1)
            fail_msg("%s %s was taken", names[i].bank, names[i].branch);
        assert_int_equal(access(other, F_OK), -1);
    }
}

static void a_ledger_is_never_written_over_nor_made_where_there_is_no_folder(void **unused)
{
    write_file(other, "kept", 4);
    assert_int_equal(ledger_create(other, "102", "0311-0007", &b.world, &b.err), -1);
    assert_non_null(strstr(b.err.remedy, "move it away"));
    struct stat st;
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(ledger_create("/nowhere/branch.db", "102", "0311-0007", &b.world, &b.err), -1);
    assert_non_null(strstr(b.err.why, "No such file"));
}

static void a_lock_in_the_way_of_a_new_ledger_leaves_no_file(void **unused)
{
    char lock[180];
    snprintf(lock, sizeof lock, "%s-lock", other);
    assert_int_equal(symlink("/dev/null", lock), 0);
    assert_int_equal(ledger_create(other, "102", "0311-0007", &b.world, &b.err), -1);
    assert_int_equal(access(other, F_OK), -1);
}

/* --- backed up -------------------------------------------------------------------------------------- */

static void a_backup_is_never_written_over_nor_where_there_is_no_folder(void **unused)
{
    write_file(other, "kept", 4);
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), -1);
    assert_string_equal(b.err.what, "no backup was made");
    struct stat st;
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_size, 4);
    assert_int_equal(ledger_backup(b.ledger, "/nowhere/backup.db", &b.err), -1);
    assert_non_null(strstr(b.err.why, "No such file"));
}

static void a_ledger_that_broke_is_not_backed_up(void **unused)
{
    ledger_fail(b.ledger, &b.err, "disk", "full");
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), -1);
    assert_non_null(strstr(b.err.why, "full"));
    assert_int_equal(access(other, F_OK), -1);
    pay_again(&b, NULL);
}

/* --- taken up ------------------------------------------------------------------------------------------ */

static void a_backup_is_not_taken_up_beside_another_ones_log(void **unused)
{
    char log[180];
    assert_int_equal(ledger_backup(b.ledger, other, &b.err), 0);
    snprintf(log, sizeof log, "%s-wal", other);
    write_file(log, "", 0);
    assert_int_equal(ledger_restored(other, &b.world, ZHAO, &b.err), -1);
    assert_string_equal(b.err.what, "the backup was not taken up");
    unlink(log);
    assert_int_equal(ledger_restored(other, &b.world, ZHAO, &b.err), 0);
}

static void what_is_no_backup_is_not_taken_up(void **unused)
{
    static const char text[] = "a text that somebody named branch.db, and that is long enough for a header of a database, a hundred bytes";
    assert_int_equal(ledger_restored(other, &b.world, ZHAO, &b.err), -1);
    write_file(other, text, sizeof text);
    assert_int_equal(ledger_restored(other, &b.world, ZHAO, &b.err), -1);
    assert_non_null(strstr(b.err.why, "not a database"));
}

/* --- values of a size that they never had ------------------------------------------------------------------- */

static void a_value_that_does_not_fit_breaks_the_ledger_and_is_never_cut(void **unused)
{
    unsigned char hash[SECRET_HASH_BYTES] = {1};
    char word[4];
    int number;
    static const char *const sql[] = {"SELECT x'0102'", "SELECT 'longer'", "SELECT 3000000000"};
    assert_int_equal(sql_one(b.ledger, &b.err, "SELECT NULL", BIND_NOTHING, INTO(into_blob(hash, sizeof hash))), 1);
    assert_int_equal(hash[0], 0); /* none is all zeros */
    for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
        int got = i == 0   ? sql_one(b.ledger, &b.err, sql[i], BIND_NOTHING, INTO(into_blob(hash, sizeof hash)))
                  : i == 1 ? sql_one(b.ledger, &b.err, sql[i], BIND_NOTHING, INTO(into_text(word, sizeof word)))
                           : sql_one(b.ledger, &b.err, sql[i], BIND_NOTHING, INTO(into_int(&number)));
        assert_int_equal(got, -1);
        assert_non_null(strstr(ledger_broken(b.ledger), "too large"));
        pay_again(&b, NULL);
    }
}

static void the_first_reason_is_the_one_that_is_told(void **unused)
{
    ledger_fail(b.ledger, &b.err, "disk", "full");
    ledger_fail(b.ledger, &b.err, "disk", "gone");
    assert_non_null(strstr(ledger_broken(b.ledger), "full"));
    assert_null(strstr(ledger_broken(b.ledger), "gone"));
    assert_int_equal(ledger_group_end(b.ledger, &b.err), LEDGER_BROKEN);
    pay_again(&b, NULL);
    pay_fine(&b, ledger_group_end(b.ledger, &b.err)); /* none was begun: nothing to end */
}

static void a_walk_left_open_ends_with_its_act_and_rows_of_a_run_are_passed_over(void **unused)
{
    int64_t id;
    pay_fine(&b, ledger_begin(b.ledger, &b.err));
    sqlite3_stmt *walk = sql_start(b.ledger, &b.err, "SELECT id FROM audit", BIND_NOTHING);
    assert_int_equal(sql_next(b.ledger, &b.err, walk, INTO(into_int64(&id))), 1);
    assert_true(sqlite3_stmt_busy(walk));
    assert_int_equal(sql_run(b.ledger, &b.err, "SELECT number FROM operator", BIND_NOTHING), LEDGER_OK);
    pay_fine(&b, ledger_end(b.ledger, LEDGER_OK, &b.err));
    assert_false(sqlite3_stmt_busy(walk));
}

/* 999,999 messages of one terminal and day: the next one would bear a number that was given. */
static void a_terminal_whose_numbers_are_used_up_takes_nothing_more_today(void **unused)
{
    struct ledger_payment p;
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    pay_fine(&b, pay_try(&b, &d, &p));
    books_sql(&b, "UPDATE stan SET last = 999999 WHERE terminal = '03'");
    pay_again(&b, NULL);
    d = pay_draft(WANG, "2", 100);
    assert_int_not_equal(pay_try(&b, &d, &p), LEDGER_OK);
    d = pay_draft(LI, "3", 100);
    pay_fine(&b, pay_try(&b, &d, &p));
    assert_int_equal(books_number(&b, "SELECT count(*) FROM payment"), 2);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(nothing_there_is_not_made_by_opening),
        STORY(a_text_is_no_ledger),
        STORY(another_programs_database_is_no_ledger),
        STORY(an_empty_file_is_no_ledger),
        STORY(another_versions_ledger_is_left_to_it),
        STORY(a_damaged_ledger_is_named_as_damaged),
        STORY(a_ledger_whose_first_page_is_lost),
        STORY(a_folder_and_a_link_are_no_file),
        STORY(a_ledger_of_somebody_else_is_not_opened),
        STORY(a_lock_that_is_no_file_of_its_own),
        STORY(a_path_that_is_too_long_is_said_so_and_nothing_is_left),
        STORY(a_branch_without_a_proper_name_is_not_made_and_leaves_no_file),
        STORY(a_ledger_is_never_written_over_nor_made_where_there_is_no_folder),
        STORY(a_lock_in_the_way_of_a_new_ledger_leaves_no_file),
        STORY(a_backup_is_never_written_over_nor_where_there_is_no_folder),
        STORY(a_ledger_that_broke_is_not_backed_up),
        STORY(a_backup_is_not_taken_up_beside_another_ones_log),
        STORY(a_value_that_does_not_fit_breaks_the_ledger_and_is_never_cut),
        STORY(the_first_reason_is_the_one_that_is_told),
        STORY(a_walk_left_open_ends_with_its_act_and_rows_of_a_run_are_passed_over),
        STORY(a_terminal_whose_numbers_are_used_up_takes_nothing_more_today),
        STORY(what_is_no_backup_is_not_taken_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
