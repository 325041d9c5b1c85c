/* What goes wrong in a branch: two counters at one bill, money that lands elsewhere, a disk that is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

static struct world w;
static struct talk one, two, boss;
static char socket_path[512], key[64];

static void sit_down(void)
{
    talk_open(&one, socket_path, "03");
    talk_open(&two, socket_path, "04");
    talk_open(&boss, socket_path, "01");
    talk_sign_on(&one, BRANCH_TELLER, BRANCH_PASSWORD);
    talk_sign_on(&two, BRANCH_OTHER_TELLER, BRANCH_PASSWORD);
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
}

static void stand_up(void)
{
    talk_close(&one);
    talk_close(&two);
    talk_close(&boss);
}

static int start(void **state)
{
    world_open(&w, "trouble");
    world_utility(&w, 300);
    world_bank(&w);
    world_branch(&w, "answer = 1s\nagain = 300ms\nfeed = 1s\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    sit_down();
    return 0;
}

static int stop(void **state)
{
    stand_up();
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

static const char *customer(void)
{
    static char number[64];
    world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                   " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
    return number;
}

static json_t *draft_of(struct talk *t, const char *number) { return talk_draft(talk_ask(t, "lookup", "{s:s}", "customer", number), 0); }

static void wait_link(bool up)
{
    int64_t until = clock_monotonic_ms() + 20000;
    while (json_is_true(json_object_get(json_object_get(talk_ask(&one, "state", NULL), "link"), "up")) != up) {
        if (clock_monotonic_ms() > until) fail_msg("the link does not go %s: %s", up ? "up" : "down", world_read(&w, "branchd.log"));
        talk_note(&one, "state", 100);
    }
}

static void two_counters_cannot_take_one_bill(void **state)
{
    const char *number = customer();
    json_t *first = draft_of(&one, number), *second = draft_of(&two, number);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&one, "pay", "o", first), "key"));
    talk_refused(&two, "in-hand", "pay", "o", second);
    talk_ask(&one, "shown", "{s:s}", "key", key);
    talk_state_reaches(&one, key, "posted", 5000);
    talk_refused(&one, "session-elsewhere", "hello", "{s:s, s:s, s:i}", "terminal", "04", "language", "en", "protocol", 1);
}

static void money_that_lands_elsewhere_is_an_exception(void **state)
{
    char sql[200];
    int64_t until = clock_monotonic_ms() + 15000;
    while (json_is_null(json_object_get(talk_ask(&one, "state", NULL), "copy"))) {
        assert_true(clock_monotonic_ms() < until);
        talk_note(&one, "state", 100);
    }
    const char *number = customer();
    world_kill(&w, "bankd");
    wait_link(false);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&one, "pay", "o", draft_of(&one, number)), "key"));
    talk_ask(&one, "shown", "{s:s}", "key", key);
    /* meanwhile the bill was corrected: it needs more than what was paid */
    snprintf(sql, sizeof sql, "UPDATE bill SET amount_fen = amount_fen + 100 WHERE customer = '%s' AND state = 0 RETURNING 1", number);
    assert_int_equal(world_sql(&w, "utility.db", sql), 1);
    world_start(&w, "bankd");
    wait_link(true);
    talk_state_reaches(&one, key, "excepted", 10000);
    json_t *card = json_array_get(talk_ask(&boss, "exceptions", NULL), 0);
    assert_string_equal(talk_text(card, "key"), key);
    assert_string_equal(talk_text(json_array_get(json_object_get(card, "disposition"), 0), "place"), "PP");
    json_t *params = json_pack("{s:s, s:s}", "key", key, "act", "keep"); /* it stays the customer's credit */
    talk_refused(&boss, "approval", "settle", "O", params);
    /* the teller whose payment it was is concerned */
    talk_approve(&boss, BRANCH_TELLER, BRANCH_PASSWORD, "settle", params);
    talk_refused(&boss, "approval-same", "settle", "O", params);
    json_object_del(params, "approval");
    talk_approve(&boss, BRANCH_OTHER_TELLER, BRANCH_PASSWORD, "settle", params);
    assert_string_equal(talk_text(talk_ask(&boss, "settle", "O", params), "state"), "settled");
    assert_int_equal(json_array_size(talk_ask(&boss, "exceptions", NULL)), 0);
    json_decref(params);
    /* the bill itself is open again, and is taken by number */
    json_t *again = draft_of(&two, number);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&two, "pay", "o", again), "key"));
    talk_ask(&two, "shown", "{s:s}", "key", key);
    talk_state_reaches(&two, key, "posted", 5000);
}

static void an_old_copy_and_the_limits_bound_what_is_taken_off_line(void **state)
{
    const char *number = customer();
    world_kill(&w, "bankd");
    wait_link(false);
    json_t *lookup = talk_ask(&one, "lookup", "{s:s}", "customer", number);
    talk_refused(&one, "offline-limit", "pay", "{s:O, s:[], s:i, s:i, s:i}", "token", json_object_get(lookup, "token"), "bills", "prepaid_fen",
                 600000, "tendered_fen", 600000, "change_fen", 0);
    talk_refused(&one, "unknown-customer", "lookup", "{s:s}", "customer", "1234567890");
    json_t *found = talk_ask(&one, "search", "{s:s}", "text", "wjg"); /* initials: only the copy knows them */
    assert_string_equal(talk_text(found, "source"), "copy");
    assert_true(talk_number(found, "total") >= 1);
    world_start(&w, "bankd");
    wait_link(true);
}

static void a_full_disk_takes_no_money_and_says_so(void **state)
{
    struct rlimit small = {0, 0}, was;
    struct stat st;
    char wal[512];
    pid_t pid = world_pid(&w, "branchd");
    json_t *draft = draft_of(&one, customer());
    int64_t before = world_sql(&w, "branch.db", "SELECT count(*) FROM payment");
    assert_int_equal(stat(world_path(&w, "branch.db-wal", wal, sizeof wal), &st), 0);
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, NULL, &was), 0);
    small.rlim_cur = (rlim_t)st.st_size; /* not a byte more in the log */
    small.rlim_max = was.rlim_max;
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &small, NULL), 0);
    json_t *refused = talk_refused(&one, "internal", "pay", "o", draft);
    assert_non_null(refused);
    json_t *said;
    do /* those that came before are kept too */
        said = talk_note(&one, "state", 5000);
    while (said && !*talk_text(said, "stopped"));
    assert_true(said && strlen(talk_text(said, "stopped")) > 10);
    assert_int_equal(world_wait(&w, "branchd"), EX_IOERR);
    stand_up();
    world_branch_verify(&w);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM payment"), before);
    world_start(&w, "branchd"); /* room was made */
    sit_down();
    wait_link(true);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&one, "pay", "o", draft_of(&one, customer())), "key"));
    talk_ask(&one, "shown", "{s:s}", "key", key);
    talk_state_reaches(&one, key, "posted", 5000);
}

static void a_new_certificate_gives_a_new_epoch_without_a_stop(void **state)
{
    static const char *const files[] = {"branch-0311-0007.crt", "branch-0311-0007.key"};
    char path[512];
    int64_t until = clock_monotonic_ms() + 20000;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(remove(world_path(&w, files[i], path, sizeof path)), 0);
    world_station(&w, "branch-0311-0007");
    world_reload(&w, "branchd");
    while (world_sql(&w, "branch.db", "SELECT epoch * epoch_held FROM branch") != 2) {
        if (clock_monotonic_ms() > until) fail_msg("no new epoch: %s", world_read(&w, "branchd.log"));
        talk_note(&one, "state", 100);
    }
    wait_link(true);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&one, "pay", "o", draft_of(&one, customer())), "key"));
    assert_memory_equal(key, "102/0311-0007/02", 16);
    talk_ask(&one, "shown", "{s:s}", "key", key);
    talk_state_reaches(&one, key, "posted", 5000);
    world_reload(&w, "branchd"); /* the same one again: nothing new */
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM audit WHERE event = 'certificate'", 2, 5000);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT epoch * epoch_held FROM branch"), 2);
}

static void a_backup_is_made_beside_the_work_and_takes_no_money_when_restored(void **state)
{
    char config[512], backup[512];
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w.dir);
    world_path(&w, "backup.db", backup, sizeof backup);
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "backup", backup, NULL), 0);
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "restore", backup, NULL), EX_TEMPFAIL); /* it runs */
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "audit", "--csv", NULL), 0);
    stand_up();
    assert_int_equal(world_stop(&w, "branchd"), 0);
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "restore", backup, NULL), EX_CANTCREAT); /* a ledger stands there */
    world_path(&w, "branch.db", config, sizeof config);
    assert_int_equal(remove(config), 0);
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w.dir);
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "restore", backup, NULL), 0);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT epoch_held FROM branch"), 0);
    world_start(&w, "branchd");
    sit_down();
    wait_link(true);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT epoch FROM branch"), 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(two_counters_cannot_take_one_bill),
    cmocka_unit_test(money_that_lands_elsewhere_is_an_exception),
    cmocka_unit_test(an_old_copy_and_the_limits_bound_what_is_taken_off_line),
    cmocka_unit_test(a_full_disk_takes_no_money_and_says_so),
    cmocka_unit_test(a_new_certificate_gives_a_new_epoch_without_a_stop),
    cmocka_unit_test(a_backup_is_made_beside_the_work_and_takes_no_money_when_restored),
};

int main(void)
{
    return cmocka_run_group_tests_name("trouble in a branch", tests, start, stop);
}
