/* The power goes in the middle of a withholding, and again while it goes on: in the end accounts,
 * journal, failures and both results are byte for byte those of a run that nothing disturbed. The
 * bank's own code over a disk that is not real (lib/disk.h).
 *
 * ROUNDS=n in the environment: n times as many moments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <getopt.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/secret.h"
#include "bankd/bank.h"
#include "lib/bank_books.h"
#include "lib/disk.h"

#define ROWS 20000  /* two parts, a piece each */
#define MOMENTS 16
#define DAY_MS (INT64_C(20781) * 86400000)

static struct bank_books b;
static struct bank bank;
static struct disk *disk;
static struct disk_image *before;
static int64_t now_ms = DAY_MS;
static uint32_t luck_state = 7;
static char list[300], folder[300], *interim, *final;
static unsigned char calm[SECRET_HASH_BYTES];
static long changes; /* of a run that nothing disturbs */

static uint32_t luck(void *ctx)
{
    luck_state = luck_state * 1664525u + 1013904223u;
    return luck_state >> 8;
}

/* As the program runs it; what it says is not looked at. */
static int run(void)
{
    char *argv[] = {"withhold", "run", list, "--result", folder, "--quiet", NULL};
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO), none = open("/dev/null", O_WRONLY | O_CLOEXEC);
    assert_true(out >= 0 && err >= 0 && none >= 0);
    fflush(stdout);
    dup2(none, STDOUT_FILENO);
    dup2(none, STDERR_FILENO);
    optind = 0;
    int code = cmd_withhold(&bank, 6, argv);
    fflush(stdout);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    close(none);
    return code;
}

static void books_digest(unsigned char digest[SECRET_HASH_BYTES])
{
    static const char *const all[] = {"SELECT * FROM account ORDER BY number", "SELECT * FROM entry ORDER BY id", "SELECT * FROM failed ORDER BY id",
                                      "SELECT * FROM batch", "SELECT * FROM pass"};
    struct secret_chain chain;
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(b.db, &db), SQLITE_OK);
    secret_chain_init(&chain, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        sqlite3_stmt *q = NULL;
        int status;
        if (sqlite3_prepare_v2(db, all[i], -1, &q, NULL) != SQLITE_OK) fail_msg("%s", sqlite3_errmsg(db));
        while ((status = sqlite3_step(q)) == SQLITE_ROW)
            for (int column = 0; column < sqlite3_column_count(q); column++)
                secret_chain_field(&chain, sqlite3_column_blob(q, column), (size_t)sqlite3_column_bytes(q, column));
        assert_int_equal(status, SQLITE_DONE);
        sqlite3_finalize(q);
    }
    secret_chain_final(&chain, digest);
    sqlite3_close(db);
}

static int make(void **unused)
{
    char path[300];
    struct error err;
    world_open(&b.w, "withhold-crash");
    world_write(&b.w, "bankd.ini", "[bank]\nid = 102\n[store]\npath = %s/disk/bank.db\n", b.w.dir);
    mkdir(world_path(&b.w, "disk", path, sizeof path), 0700);
    mkdir(world_path(&b.w, "r", folder, sizeof folder), 0700);
    world_write(&b.w, "disk/bank.db", "%s", ""); /* that there is such a file is asked of the real disk */
    world_path(&b.w, "disk/bank.db", b.db, sizeof b.db);
    assert_int_equal(chmod(b.db, 0600), 0);
    world_path(&b.w, "list.txt", list, sizeof list);
    world_path(&b.w, "disk/", path, sizeof path);
    disk_install(&now_ms, luck, NULL);
    disk = disk_new(path);
    if (bank_open(&bank, world_path(&b.w, "bankd.ini", path, sizeof path), &err) != 0 || bank_make(&bank, &err) != 0) fail_msg("%s: %s", err.what, err.why);
    bank.clock = clock_manual(&now_ms, CLOCK_CHINA_OFFSET_S);
    bank_books_fill(&b, ROWS);
    bank_books_list(&b, "list.txt", "P", ROWS);
    before = disk_save(disk);
    disk_load(disk, before);
    assert_int_equal(run(), EX_OK);
    changes = disk_changes(disk);
    books_digest(calm);
    interim = world_read(&b.w, "r/WHRESULT-0311-P-interim.txt");
    final = world_read(&b.w, "r/WHRESULT-0311-P-final.txt");
    return 0;
}

static int end(void **unused)
{
    disk_image_free(before);
    disk_free(disk);
    free(interim);
    free(final);
    world_close(&b.w);
    return 0;
}

static void forget_results(void)
{
    char path[300];
    unlink(world_path(&b.w, "r/WHRESULT-0311-P-interim.txt", path, sizeof path));
    unlink(world_path(&b.w, "r/WHRESULT-0311-P-final.txt", path, sizeof path));
}

/* Starts, or goes on; the power goes at this change. */
static void cut_at(long at)
{
    disk_fault_at(disk, at, DISK_CUT, false);
    int code = run();
    if (disk_struck(disk)) disk_switch_off(disk);
    else assert_int_equal(code, EX_OK);
    disk_switch_on(disk, true);
}

static void ends_as_if_nothing_had_been(long at)
{
    unsigned char digest[SECRET_HASH_BYTES];
    if (run() != EX_OK) fail_msg("cut at change %ld: it does not go on", at);
    books_digest(digest);
    if (memcmp(digest, calm, sizeof calm) != 0) fail_msg("cut at change %ld: other books", at);
    char *x = world_read(&b.w, "r/WHRESULT-0311-P-interim.txt"), *y = world_read(&b.w, "r/WHRESULT-0311-P-final.txt");
    if (strcmp(x, interim) != 0 || strcmp(y, final) != 0) fail_msg("cut at change %ld: another result", at);
    free(x);
    free(y);
}

static long moments(void) { return MOMENTS * (getenv("ROUNDS") ? atol(getenv("ROUNDS")) : 1); }

static void a_power_cut_at_any_moment_changes_nothing_of_the_end(void **unused)
{
    long step = changes / moments() + 1, points = 0;
    for (long at = 1; at <= changes; at += step, points++) {
        disk_load(disk, before);
        forget_results();
        cut_at(at);
        ends_as_if_nothing_had_been(at);
    }
    print_message("%ld of %ld changes\n", points, changes);
    assert_true(changes > 500 && points >= MOMENTS / 2);
}

/* The last changes say that it is done: after any of them the other file may be there or not. */
static void nor_does_one_at_its_end(void **unused)
{
    for (long at = changes - 5; at <= changes; at++) {
        disk_load(disk, before);
        forget_results();
        cut_at(at);
        ends_as_if_nothing_had_been(at);
    }
}

static void nor_do_three_on_end(void **unused)
{
    for (long round = 0; round < moments() / 4; round++) {
        disk_load(disk, before);
        forget_results();
        for (int cut = 0; cut < 3; cut++)
            cut_at(1 + (long)(luck(NULL) % (uint32_t)changes));
        ends_as_if_nothing_had_been(round);
    }
}

/* The walk must be able to see a loss: with synchronous=OFF accounts and journal come apart, or the file does. */
static void the_walk_sees_what_is_lost_when_nothing_is_synced(void **unused)
{
    unsigned char digest[SECRET_HASH_BYTES];
    int losses = 0;
    for (long at = changes / 2; at < changes && losses == 0; at += changes / 16) {
        sqlite3 *db = NULL;
        disk_load(disk, before);
        forget_results();
        assert_int_equal(run(), EX_OK);
        assert_int_equal(sqlite3_open(b.db, &db), SQLITE_OK); /* an act of the same kind, and no sync */
        assert_int_equal(sqlite3_exec(db, "PRAGMA synchronous=OFF; UPDATE account SET balance_fen=balance_fen+1", NULL, NULL, NULL), SQLITE_OK);
        disk_switch_off(disk);
        sqlite3_close(db);
        disk_switch_on(disk, true);
        bool opens = sqlite3_open(b.db, &db) == SQLITE_OK && sqlite3_exec(db, "PRAGMA quick_check", NULL, NULL, NULL) == SQLITE_OK;
        sqlite3_close(db);
        if (opens) books_digest(digest);
        losses += !opens || memcmp(digest, calm, sizeof calm) == 0; /* the act was said to be done, and is gone */
    }
    assert_true(losses > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_power_cut_at_any_moment_changes_nothing_of_the_end),
        cmocka_unit_test(nor_does_one_at_its_end),
        cmocka_unit_test(nor_do_three_on_end),
        cmocka_unit_test(the_walk_sees_what_is_lost_when_nothing_is_synced),
    };
    return cmocka_run_group_tests(tests, make, end);
}
