/* The bank's journal: in order, whole, and there again after the relay was killed. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "bankd/journal.h"
#include "lib/postgres.h"
#include "lib/station.h"
#include "lib/world.h"

static struct world w;
static struct postgres pg; /* its pid 0: SQLite */
static struct bank bank;
static uv_loop_t loop;

static bool may_fail, failed;
static void on_failed(void *ctx)
{
    if (!may_fail) fail_msg("the journal failed");
    failed = true;
}

static int start_sqlite(void **state)
{
    world_open(&w, "journal");
    return 0;
}
static int start_postgres(void **state)
{
    world_open(&w, "journal");
    postgres_open(&pg);
    snprintf(w.bank_store, sizeof w.bank_store, "%s", pg.url);
    return 0;
}
static int stop(void **state)
{
    world_close(&w);
    postgres_close(&pg);
    return 0;
}

static int fresh(void **state)
{
    char path[200];
    struct error err;
    for (const char *const *f = (const char *const[]){"bank.db", "bank.db-wal", "bank.db-shm", "bank.db-spool0", "bank.db-spool1", "bank-102-spool0",
                                                            "bank-102-spool1", NULL}; *f; f++)
        unlink(world_path(&w, *f, path, sizeof path));
    assert_int_equal(bank_open(&bank, NULL, &err), 0);
    world_path(&w, "bank.db", bank.settings.store, sizeof bank.settings.store);
    if (pg.pid) {
        world_change(&w, "bank.db", "DROP SCHEMA public CASCADE; CREATE SCHEMA public");
        snprintf(bank.settings.store, sizeof bank.settings.store, "%s", pg.url);
        snprintf(bank.settings.work, sizeof bank.settings.work, "%s", w.dir);
    }
    assert_int_equal(bank_make(&bank, &err), 0);
    return 0;
}

static struct journal *open_journal(void)
{
    struct error err;
    uv_loop_init(&loop);
    struct journal *j = journal_open(&bank, &loop, on_failed, NULL, &err);
    if (j == NULL) fail_msg("%s: %s", err.what, err.why);
    return j;
}

static void close_journal(struct journal *j)
{
    struct error err;
    if (journal_stop(j, &err) != 0) fail_msg("%s: %s", err.what, err.why);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    journal_free(j);
}

static void note(struct journal *j, int64_t n)
{
    struct iso m;
    char bytes[ISO_MESSAGE_MAX];
    station_pay(&m, "0200", "0311-0007", n, 100 + n);
    int len = iso_pack(&m, bytes, sizeof bytes, NULL);
    journal_message(j, FATE_SENT, 1, "branch-0311-0007", bytes, (size_t)len);
}

static int64_t rows(void) { return world_sql(&w, "bank.db", "SELECT count(*) FROM message"); }
static int64_t out_of_order(void)
{
    return world_sql(&w, "bank.db", "SELECT count(*) FROM message WHERE CAST(reference AS BIGINT) % 10000000000 <> seq");
}

static void an_orderly_stop_leaves_nothing_out(void **state)
{
    struct journal *j = open_journal();
    for (int n = 1; n <= 5000; n++)
        note(j, n);
    close_journal(j);
    assert_int_equal(rows(), 5000);
    assert_int_equal(out_of_order(), 0);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM run WHERE ended_ms IS NULL"), 0);
}

/* A child hands rows over, tells how many, and is killed in the middle of its work. */
static int64_t killed_after(int64_t from, int64_t count)
{
    int fds[2], status;
    assert_int_equal(pipe(fds), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct journal *j = open_journal();
        for (int64_t n = from; n < from + count; n++)
            note(j, n);
        journal_alarm(j, "branch-0311-0007", "127.0.0.1", "a second session");
        if (write(fds[1], "x", 1) != 1) _exit(1);
        raise(SIGKILL);
    }
    char one;
    assert_int_equal(read(fds[0], &one, 1), 1);
    close(fds[0]);
    close(fds[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return from + count;
}

static void a_killed_relay_loses_no_row_and_doubles_none(void **state)
{
    int64_t next = 1;
    srand(3);
    for (int times = 1; times <= (pg.pid ? 5 : 20); times++) {
        next = killed_after(next, 1 + rand() % 3000);
        close_journal(open_journal());
        assert_int_equal(rows(), next - 1);
        assert_int_equal(out_of_order(), 0);
        assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM alarm"), times);
    }
}

static void of_a_torn_spool_what_is_whole_counts(void **state)
{
    char path[200], whole[2][200];
    struct stat st;
    bank.settings.commit_ms = 5000; /* nothing of it gets into the books before */
    int64_t next = killed_after(1, 100);
    int torn = 0;
    for (int i = 0; i < 2; i++) {
        snprintf(whole[i], sizeof whole[i], pg.pid ? "bank-102-spool%d" : "bank.db-spool%d", i);
        world_path(&w, whole[i], path, sizeof path);
        assert_int_equal(stat(path, &st), 0);
        if (st.st_size == 0) continue;
        assert_int_equal(truncate(path, st.st_size - 300), 0); /* the alarm, and a part of the last message */
        torn++;
    }
    assert_int_equal(torn, 1);
    close_journal(open_journal());
    assert_in_range(rows(), next - 3, next - 2);
    assert_int_equal(out_of_order(), 0);
}

/* A child whose files may not grow beyond a megabyte: 0 when it was told so and stopped in order. */
static int with_a_full_disk(void)
{
    struct rlimit limit = {1 << 20, 1 << 20};
    int64_t n = 1;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    may_fail = true;
    struct journal *j = open_journal();
    for (; !failed && n < 100000; n++) {
        note(j, n);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    return failed && journal_stop(j, NULL) == -1 ? 0 : 1;
}

static void a_full_disk_is_said_at_once_and_what_was_kept_has_no_gap(void **state)
{
    int status;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) _exit(with_a_full_disk());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close_journal(open_journal());
    assert_true(rows() > 100);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT max(seq) - count(*) FROM message"), 0);
    assert_int_equal(out_of_order(), 0);
}

static void a_sealed_password_is_not_kept(void **state)
{
    static const char sealed[] = "aa55bb66cc77dd88ee99ff00aa55bb66cc77dd88ee99ff00";
    struct journal *j = open_journal();
    struct iso m;
    char bytes[ISO_MESSAGE_MAX + 1], text[300], tags[200];
    station_pay(&m, "0200", "0311-0007", 1, 100);
    snprintf(tags, sizeof tags, "PP003100PW048%s", sealed);
    assert_int_equal(iso_set(&m, 48, tags, strlen(tags), NULL), 0);
    int len = iso_pack(&m, bytes, sizeof bytes - 1, NULL);
    journal_message(j, FATE_SENT, 1, "branch-0311-0007", bytes, (size_t)len);
    close_journal(j);
    world_sql_text(&w, "bank.db", "SELECT text FROM message", text, sizeof text);
    assert_null(strstr(text, "aa55"));
    assert_non_null(strstr(text, "PW048****"));
}

/* The server is killed under it, twice: the journal waits, and every row is there once. */
static void a_database_that_is_away_is_waited_for(void **state)
{
    struct journal *j = open_journal();
    int n = 1;
    for (int crash = 0; crash < 2; crash++) {
        for (int rows_more = 0; rows_more < 3000; rows_more++)
            note(j, n++);
        postgres_crash(&pg);
        for (int rows_more = 0; rows_more < 3000; rows_more++)
            note(j, n++);
        postgres_start(&pg);
    }
    for (int64_t until = clock_monotonic_ms() + 30000; journal_waiting(j) > 0 && clock_monotonic_ms() < until;)
        uv_sleep(1);
    close_journal(j);
    assert_int_equal(rows(), n - 1);
    assert_int_equal(out_of_order(), 0);
}

#define TESTS                                                                       \
    cmocka_unit_test_setup(an_orderly_stop_leaves_nothing_out, fresh),              \
    cmocka_unit_test_setup(a_killed_relay_loses_no_row_and_doubles_none, fresh),    \
    cmocka_unit_test_setup(of_a_torn_spool_what_is_whole_counts, fresh),            \
    cmocka_unit_test_setup(a_full_disk_is_said_at_once_and_what_was_kept_has_no_gap, fresh), \
    cmocka_unit_test_setup(a_sealed_password_is_not_kept, fresh)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS}, postgres[] = {TESTS, cmocka_unit_test_setup(a_database_that_is_away_is_waited_for, fresh)};
    int bad = cmocka_run_group_tests_name("bank_journal on SQLite", sqlite, start_sqlite, stop);
    return bad + cmocka_run_group_tests_name("bank_journal on PostgreSQL", postgres, start_postgres, stop);
}
