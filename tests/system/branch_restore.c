/* A branch that loses its disk at noon: what was taken, printed, queued and reversed since the
 * backup is worked off by two supervisors until ledger and utility agree row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define SERIES "1300242"

static struct world w;
static struct talk teller, boss;
static char socket_path[512], config[512], backup[512];
/* before the backup: printed, planned, queued; after it: on line, reversed, off line and known to the paper alone */
static char before[64], planned[64], queued[64], later[64], reversed[64], paper[64];
static json_t *paper_card; /* what the paper of the last one says */

static void sit_down(void)
{
    talk_open(&teller, socket_path, "03");
    talk_open(&boss, socket_path, "01");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
}

static void stand_up(void)
{
    talk_close(&teller);
    talk_close(&boss);
}

static int start(void **state)
{
    world_open(&w, "restore");
    world_utility(&w, 300);
    world_bank(&w);
    world_branch(&w, "answer = 1s\nagain = 300ms\nfeed = 1s\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w.dir);
    world_path(&w, "backup.db", backup, sizeof backup);
    sit_down();
    talk_ask(&boss, "book_load", "{s:s, s:s, s:s, s:s, s:s}", "series", SERIES, "first", "00012340", "last", "00012399", "next", "00012340", "till", "03");
    return 0;
}

static int stop(void **state)
{
    json_decref(paper_card);
    stand_up();
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

/* A second supervisor signs; the result is the boss's. */
static json_t *approved(const char *method, json_t *params)
{
    talk_approve(&boss, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, method, params);
    json_t *result = talk_ask(&boss, method, "O", params);
    json_decref(params);
    return result;
}

static void wait_until(bool (*is_so)(void), const char *what)
{
    int64_t until = clock_monotonic_ms() + 30000;
    while (!is_so()) {
        if (clock_monotonic_ms() > until) fail_msg("never: %s\n%s", what, world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 50);
    }
}

static json_t *state_now(void) { return talk_ask(&teller, "state", NULL); }
static bool up(void) { return json_is_true(json_object_get(json_object_get(state_now(), "link"), "up")); }
static bool down(void) { return !up(); }
static bool has_copy(void) { return json_is_object(json_object_get(state_now(), "copy")); }
static bool nothing_queued(void) { return talk_number(state_now(), "queue") == 0; }
static bool to_be_worked_off(void) { return strcmp(talk_text(talk_ask(&boss, "restore_state", NULL), "stage"), "work") == 0; }

static void collect(char key[64], const char *state)
{
    static int customer;
    char number[64], sql[256];
    snprintf(sql, sizeof sql, "SELECT customer FROM bill b WHERE customer NOT LIKE '049911%%' AND amount_fen > covered_fen"
                              " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", customer++);
    world_sql_text(&w, "utility.db", sql, number, sizeof number);
    json_t *card = talk_ask(&teller, "pay", "o", talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", number), 0));
    snprintf(key, 64, "%s", talk_text(card, "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    talk_state_reaches(&teller, key, state, 5000);
}

/* The next planned invoice comes out whole, with this number. */
static void print(const char *number)
{
    json_t *next = talk_ask(&teller, "print_next", NULL);
    assert_true(json_is_object(next));
    json_t *job = json_incref(talk_ask(&teller, "invoice_send", "{s:O}", "invoice", json_object_get(next, "invoice")));
    assert_string_equal(talk_text(job, "number"), number);
    talk_ask(&teller, "invoice_result", "{s:O, s:O, s:O, s:s, s:i, s:s}", "invoice", json_object_get(job, "invoice"), "attempt",
             json_object_get(job, "attempt"), "number", json_object_get(job, "number"), "outcome", "confirmed", "bytes", 800, "words", "");
    json_decref(job);
}

static void reverse(const char *key, const char *number)
{
    json_t *params = json_pack("{s:s, s:[{s:s, s:s}]}", "key", key, "paper", "number", number, "state", "returned");
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "reverse", params);
    talk_ask(&teller, "reverse", "O", params);
    json_decref(params);
    talk_state_reaches(&teller, key, "reversed", 5000);
    params = json_pack("{s:s}", "key", key);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "hand_back", params);
    talk_ask(&teller, "hand_back", "O", params);
    json_decref(params);
}

/* --- the morning ------------------------------------------------------------------------------------ */

static void a_morning_with_a_backup_in_the_middle(void **state)
{
    collect(before, "posted");
    print("00012340");
    collect(planned, "posted");
    wait_until(has_copy, "a copy of the bills");
    wait_until(nothing_queued, "the notice is out");
    world_kill(&w, "bankd");
    wait_until(down, "the link is down");
    collect(queued, "advised");
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "backup", backup, NULL), 0);
    world_start(&w, "bankd");
    wait_until(up, "the link is up");
    talk_state_reaches(&teller, queued, "posted", 10000);
    print("00012341");
    print("00012342");
    collect(later, "posted");
    print("00012343");
    collect(reversed, "posted");
    print("00012344");
    reverse(reversed, "00012344");
    wait_until(nothing_queued, "all notices are out");
    world_kill(&w, "bankd");
    wait_until(down, "the link is down");
    collect(paper, "advised");
    print("00012345");
    paper_card = json_deep_copy(talk_ask(&teller, "payment", "{s:s}", "key", paper));
}

static void the_disk_is_lost_and_the_backup_takes_no_money(void **state)
{
    static const char *const files[] = {"branch.db", "branch.db-wal", "branch.db-shm"};
    char path[512];
    stand_up();
    world_kill(&w, "branchd");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        remove(world_path(&w, files[i], path, sizeof path));
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "restore", backup, NULL), 0);
    world_start(&w, "branchd"); /* its bank is away: nothing can be fetched yet */
    sit_down();
    assert_string_equal(talk_text(talk_ask(&boss, "restore_state", NULL), "stage"), "fetch");
    assert_non_null(strstr(talk_text(state_now(), "stopped"), "not signed on"));
    world_start(&w, "bankd");
    wait_until(to_be_worked_off, "what the utility knows is fetched");
    assert_non_null(strstr(talk_text(state_now(), "stopped"), "restored"));
    assert_true(json_is_null(talk_ask(&teller, "print_next", NULL)));
    json_t *list = json_object_get(talk_ask(&boss, "restore_state", NULL), "list");
    assert_int_equal(json_array_size(list), 4); /* planned, queued, later, reversed: the paper alone is known to nobody */
    assert_string_equal(talk_text(json_array_get(talk_ask(&boss, "todo", NULL), 0), "kind"), "restored");
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110001"), 0);
    talk_refused(&teller, "startup", "pay", "o", draft);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM outbox WHERE state = 'in flight'"), 0);
}

/* --- worked off --------------------------------------------------------------------------------------- */

static json_t *of(const char *key, const char *cash, const char *number)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s}", "key", key, "cash", cash, "till", "03", "series", SERIES, "number", number);
}

static void two_supervisors_say_what_became_of_each(void **state)
{
    json_t *book = json_pack("{s:s, s:s, s:s, s:s, s:s}", "series", SERIES, "first", "00012340", "last", "00012399", "next", "00012344", "till", "03");
    talk_approve(&boss, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, "book_load", book);
    talk_refused(&boss, "number", "book_load", "O", book); /* the utility knows of that one */
    json_object_set_new(book, "next", json_string("00012346"));
    json_object_del(book, "approval");
    approved("book_load", book);
    json_t *params = of(planned, "in-till", "00012341");
    talk_refused(&boss, "approval", "restore_answer", "O", params);
    talk_refused(&teller, "role", "restore_answer", "O", params);
    assert_string_equal(talk_text(json_object_get(approved("restore_answer", params), "invoice"), "number"), "00012341");
    assert_string_equal(talk_text(approved("restore_answer", of(queued, "in-till", "00012342")), "state"), "posted");
    json_t *card = approved("restore_answer", of(later, "in-till", "00012343"));
    assert_string_equal(talk_text(card, "state"), "posted");
    assert_string_equal(talk_text(json_object_get(card, "invoice"), "state"), "confirmed");
    card = approved("restore_answer", of(reversed, "gone", "00012344"));
    assert_string_equal(talk_text(card, "state"), "reversed");
    assert_int_equal(talk_number(card, "give_back_fen"), 0);
    assert_int_equal(talk_number(talk_ask(&boss, "restore_state", NULL), "left"), 0);
}

static void what_only_the_paper_knows_goes_on_under_its_key(void **state)
{
    json_t *bills = json_array(), *bill;
    size_t i;
    json_array_foreach(json_object_get(paper_card, "bills"), i, bill)
        json_array_append_new(bills, json_pack("{s:O, s:O, s:O, s:O}", "bill", json_object_get(bill, "bill"), "period", json_object_get(bill, "period"),
                                               "amount_fen", json_object_get(bill, "amount_fen"), "late_fee_fen", json_object_get(bill, "late_fee_fen")));
    json_t *params = json_pack("{s:s, s:O, s:O, s:o, s:s, s:s, s:s}", "key", paper, "customer", json_object_get(paper_card, "customer"), "recorded_at",
                               json_object_get(paper_card, "recorded_at"), "bills", bills, "till", "03", "series", SERIES, "number", "00012345");
    json_t *card = approved("restore_adopt", params);
    assert_string_equal(talk_text(card, "state"), "advised");
    assert_string_equal(talk_text(card, "key"), paper);
    assert_int_equal(talk_number(card, "total_fen"), talk_number(paper_card, "total_fen"));
}

static void all_is_said_and_both_sides_agree(void **state)
{
    approved("restore_done", json_object());
    wait_until(nothing_queued, "the queue is empty");
    assert_int_equal(world_branch_agrees(&w), 5);
    /* the paper too, number by number: what is used here was told as printed last, what is void as cancelled or spoiled */
    world_same_rows(&w, "branch.db",
                    "SELECT CAST(p.ref AS INTEGER), n.series, n.number, n.state FROM number n JOIN invoice i ON i.id = n.invoice JOIN payment p ON p.id = i.payment"
                    " ORDER BY n.number",
                    "utility.db",
                    "SELECT n.payment, n.series, CAST(n.number AS INTEGER), iif(n.what = 'printed', 'used', 'void') FROM notice n WHERE n.reference ="
                    " (SELECT max(l.reference) FROM notice l WHERE l.payment = n.payment AND l.number = n.number) ORDER BY CAST(n.number AS INTEGER)");
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM notice"), 7); /* six printed, one cancelled: each told once */
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM number WHERE state = 'lost'"), 0);
}

static void the_branch_goes_on_with_new_keys_and_the_next_sheet(void **state)
{
    char key[64];
    collect(key, "posted");
    assert_memory_equal(key, "102/0311-0007/02", 16);
    print("00012346");
    wait_until(nothing_queued, "the notice is out");
    assert_int_equal(world_branch_agrees(&w), 6);
}

/* The utility told time, terminal and STAN of it: the reversal agrees with its original. */
static void an_adopted_payment_can_be_reversed_like_any_other(void **state)
{
    reverse(later, "00012343");
    wait_until(nothing_queued, "the notice is out");
    assert_int_equal(world_branch_agrees(&w), 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_morning_with_a_backup_in_the_middle),
    cmocka_unit_test(the_disk_is_lost_and_the_backup_takes_no_money),
    cmocka_unit_test(two_supervisors_say_what_became_of_each),
    cmocka_unit_test(what_only_the_paper_knows_goes_on_under_its_key),
    cmocka_unit_test(all_is_said_and_both_sides_agree),
    cmocka_unit_test(the_branch_goes_on_with_new_keys_and_the_next_sheet),
    cmocka_unit_test(an_adopted_payment_can_be_reversed_like_any_other),
};

int main(void)
{
    return cmocka_run_group_tests_name("a branch restored from a backup", tests, start, stop);
}
