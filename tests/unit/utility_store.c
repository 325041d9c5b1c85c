/* The judge over both real stores: groups, repeats, rivals, reopening. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/postgres.h"
#include "utilityd/db.h"
#include "utilityd/store.h"

#define TODAY 20000
static char folder[64], where[160];
static struct postgres pg; /* while the group runs on it */
static struct store *store;
static const struct judge_rules rules = {.oldest_first = true};

static void reopen(void)
{
    struct error err;
    if (store)
        store->ops->close(store);
    store = store_open(where, &err);
    if (!store)
        fail_msg("%s %s", err.where, err.why);
}

/* One number; -1 also when the statement is refused. */
static int64_t number(const char *sql)
{
    struct error err;
    struct db *db = utility_db_open(where, &err);
    if (!db)
        fail_msg("%s %s", err.where, err.why);
    int64_t value = db_number(db, sql, DB_NO_ARGS, -1);
    db_close(db);
    return value;
}

static int set_up(void **unused)
{
    struct error err;
    if (pg.pid) {
        assert_int_equal(postgres_run(&pg, NULL, 0, "psql -q -c 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' 2>>log"), 0);
        strcpy(where, pg.url);
    } else {
        strcpy(folder, "/tmp/utility-store-XXXXXX");
        assert_non_null(mkdtemp(folder));
        snprintf(where, sizeof where, "%s/utility.db", folder);
    }
    if (utility_db_make(where, &err) != 0)
        fail_msg("%s", err.why);
    reopen();
    number("INSERT INTO customer (number, name, address, supply, meter)"
           " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
           " SELECT 'C' || i, 'name', '', '', 'M' FROM n");
    number("INSERT INTO bill (number, customer, meter, period, previous, current, multiplier, kwh,"
           " amount_fen, tiers, due, first_day, last_day, rate_permille, class, change)"
           " WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)"
           " SELECT 'B' || i, 'C' || i, 'M', '202610', 0, 10, 1, 10, 1000, '', 20005, 19990, 20010,"
           " 1, 'R', i FROM n");
    assert_int_equal(number("SELECT count(*) FROM bill"), 100);
    return 0;
}

static int tear_down(void **unused)
{
    char command[160];
    store->ops->close(store);
    store = NULL;
    if (pg.pid)
        return 0;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static int on_postgres(void **unused)
{
    postgres_open(&pg);
    return 0;
}

static int off_postgres(void **unused)
{
    postgres_close(&pg);
    return 0;
}

static struct judge_request request(enum judge_kind kind, int counter, int bill)
{
    struct judge_request r = {.kind = kind, .amount_fen = 1500, .prepaid_fen = 500,
                              .part_count = 1, .taken = TODAY, .business = TODAY};
    key_make(&r.key, "102", "0311-0007", 1, counter);
    snprintf(r.customer, sizeof r.customer, "C%d", bill);
    snprintf(r.approval, sizeof r.approval, "%06d", counter);
    snprintf(r.parts[0].bill, sizeof r.parts[0].bill, "B%d", bill);
    r.parts[0].amount_fen = 1000;
    r.content[0] = (uint8_t)bill;
    return r;
}

static void post(const struct judge_request *requests, size_t count, struct judge_answer *answers)
{
    struct error err;
    if (group_post(store, &rules, requests, count, 1, answers, &err) != 0)
        fail_msg("%s: %s", err.where, err.why);
}

static void sixty_four_payments_are_one_commit(void **unused)
{
    struct judge_request group[GROUP_MAX];
    struct judge_answer answers[GROUP_MAX];
    for (int i = 0; i < GROUP_MAX; i++)
        group[i] = request(JUDGE_PAY, 100 - i, i + 1);
    post(group, GROUP_MAX, answers);
    for (int i = 0; i < GROUP_MAX; i++) {
        assert_string_equal(answers[i].code, "00");
        assert_string_equal(answers[i].approval, group[i].approval);
    }
    assert_int_equal(number("SELECT count(*) FROM bill b JOIN payment p ON p.id = b.paid_by"
                            " WHERE b.customer = p.customer"), GROUP_MAX);
    assert_int_equal(number("SELECT sum(credit_fen) FROM customer"), 500 * GROUP_MAX);
    assert_int_equal(number("SELECT sum(amount_fen) FROM part"), 1500 * GROUP_MAX);
}

static void a_key_posts_once_in_one_group_and_after_a_restart(void **unused)
{
    struct judge_request group[GROUP_MAX];
    struct judge_answer answers[GROUP_MAX];
    for (int i = 0; i < GROUP_MAX; i++)
        group[i] = request(i % 2 ? JUDGE_ADVISE : JUDGE_PAY, 7, 1);
    for (int round = 0; round < 16; round++) {
        post(group, GROUP_MAX, answers);
        reopen();
        for (int i = 0; i < GROUP_MAX; i++)
            assert_string_equal(answers[i].approval, "000007");
    }
    assert_int_equal(number("SELECT count(*) FROM payment"), 1);
    assert_int_equal(number("SELECT sum(credit_fen) FROM customer"), 500);
}

static void rivals_for_one_bill_in_one_group(void **unused)
{
    struct judge_request group[3] = {request(JUDGE_PAY, 9, 1), request(JUDGE_PAY, 8, 1),
                                     request(JUDGE_ADVISE, 7, 1)};
    struct judge_answer answers[3];
    post(group, 3, answers);
    assert_string_equal(answers[0].code, "00"); /* the first that came, not the lowest key */
    assert_string_equal(answers[1].code, "76");
    assert_string_equal(answers[2].code, "00");
    assert_int_equal(answers[2].places[0].home, HOME_CREDIT);
    post(&group[1], 1, answers);
    assert_string_equal(answers[0].code, "76");
    assert_true(answers[0].repeat);
}

static void undone_payments_open_their_bills_again(void **unused)
{
    struct judge_answer answer;
    struct judge_request r = request(JUDGE_PAY, 7, 1);
    post(&r, 1, &answer);
    r.kind = JUDGE_UNDO;
    r.customer[0] = '\0'; /* a 0420 need not name its customer */
    r.part_count = 0;
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(number("SELECT state FROM bill WHERE number = 'B1' AND paid_by IS NULL"), 0);
    assert_int_equal(number("SELECT sum(credit_fen) FROM customer"), 0);
    assert_int_equal(number("SELECT state FROM payment"), KEY_UNDONE);
    r = request(JUDGE_PAY, 7, 1);
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "12");
}

static struct judge_request moving(int proc, int counter, int customer, enum judge_home from, int64_t fen, int original)
{
    struct judge_request r = request(JUDGE_PAY, counter, customer);
    r.proc = proc;
    r.amount_fen = r.prepaid_fen = fen;
    r.part_count = 0;
    r.from = from;
    if (original) key_make(&r.original, "102", "0311-0007", 1, original);
    return r;
}

static struct judge_request paying(int counter, int bill)
{
    struct judge_request r = request(JUDGE_PAY, counter, bill);
    r.proc = 500000;
    return r;
}

static void a_credit_is_refunded_as_far_as_it_is_there(void **unused)
{
    struct judge_answer answer;
    struct judge_request r = paying(7, 1);
    post(&r, 1, &answer); /* 500 of it is credit */
    r = moving(200000, 8, 1, HOME_CREDIT, 501, 0);
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "51");
    r = moving(200000, 9, 1, HOME_CREDIT, 400, 0);
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(answer.place_count, 1);
    reopen();
    post(&r, 1, &answer);
    assert_true(answer.repeat);
    assert_int_equal(number("SELECT sum(credit_fen) FROM customer"), 100);
    r.kind = JUDGE_UNDO;
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(number("SELECT sum(credit_fen) FROM customer"), 500);
    r = paying(7, 1);
    r.kind = JUDGE_REVERSE;
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "00"); /* all of it is there again */
}

static void a_transfer_takes_a_payment_to_another_customer_and_back(void **unused)
{
    struct judge_answer answer;
    struct judge_request pay = paying(7, 1), move = moving(220000, 8, 2, HOME_BILL, 1000, 7), undo;
    post(&pay, 1, &answer);
    move.prepaid_fen = 0;
    move.part_count = 1;
    snprintf(move.parts[0].bill, sizeof move.parts[0].bill, "B2");
    move.parts[0].amount_fen = 1000;
    struct judge_request some = move;
    key_make(&some.key, "102", "0311-0007", 1, 90);
    some.amount_fen = some.parts[0].amount_fen = 999;
    post(&some, 1, &answer);
    assert_string_equal(answer.code, "78"); /* all that lies there, or nothing */
    post(&move, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(answer.place_count, 1);
    assert_int_equal(number("SELECT state FROM bill WHERE number = 'B1'"), BILL_OPEN);
    assert_int_equal(number("SELECT count(*) FROM bill b JOIN payment p ON p.id = b.paid_by WHERE b.number = 'B2' AND p.reference % 1000 = 8"), 1);
    reopen();
    pay.kind = JUDGE_REVERSE;
    post(&pay, 1, &answer);
    assert_string_equal(answer.code, "51"); /* its money has moved */
    undo = move;
    undo.kind = JUDGE_UNDO;
    post(&undo, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(number("SELECT state FROM bill WHERE number = 'B2'"), BILL_OPEN);
    assert_int_equal(number("SELECT count(*) FROM bill b JOIN payment p ON p.id = b.paid_by WHERE b.number = 'B1' AND p.reference % 1000 = 7"), 1);
    assert_int_equal(number("SELECT sum(credit_fen) FROM customer"), 500);
    post(&move, 1, &answer);
    assert_string_equal(answer.code, "12");
}

static void what_was_moved_is_missing_when_its_payment_is_undone(void **unused)
{
    struct judge_answer answer;
    struct judge_request pay = paying(7, 1), move = moving(220000, 8, 2, HOME_CREDIT, 500, 7);
    post(&pay, 1, &answer);
    post(&move, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(number("SELECT credit_fen FROM customer WHERE number = 'C2'"), 500);
    pay.kind = JUDGE_UNDO;
    post(&pay, 1, &answer);
    assert_string_equal(answer.code, "00");
    assert_int_equal(answer.places[0].amount_fen, 500); /* the rest, told in DX */
    assert_int_equal(number("SELECT short_fen FROM payment WHERE reference % 1000 = 7"), 500);
    move = moving(220000, 9, 2, HOME_BILL, 1000, 7);
    post(&move, 1, &answer);
    assert_string_equal(answer.code, "57"); /* there is nothing to move any more */
}

static void a_tombstone_turns_a_late_payment_away(void **unused)
{
    struct judge_answer answer;
    struct judge_request r = request(JUDGE_UNDO, 7, 1);
    r.customer[0] = '\0';
    post(&r, 1, &answer);
    assert_int_equal(number("SELECT business FROM payment WHERE state = 3"), r.business); /* the day's detail tells of it */
    reopen();
    r = request(JUDGE_PAY, 7, 1);
    post(&r, 1, &answer);
    assert_string_equal(answer.code, "12");
    assert_int_equal(number("SELECT count(*) FROM bill WHERE state = 1"), 0);
}

static void a_key_is_never_deleted_or_brought_back(void **unused)
{
    struct judge_answer answer;
    struct judge_request r = request(JUDGE_UNDO, 7, 1);
    post(&r, 1, &answer);
    number("DELETE FROM payment");
    number("UPDATE payment SET state = 2, code = '00'");
    number("UPDATE payment SET reference = 8");
    assert_int_equal(number("SELECT count(*) FROM payment WHERE state = 3 AND reference % 100 = 7"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sixty_four_payments_are_one_commit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_posts_once_in_one_group_and_after_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rivals_for_one_bill_in_one_group, set_up, tear_down),
        cmocka_unit_test_setup_teardown(undone_payments_open_their_bills_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_credit_is_refunded_as_far_as_it_is_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_transfer_takes_a_payment_to_another_customer_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_moved_is_missing_when_its_payment_is_undone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tombstone_turns_a_late_payment_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_is_never_deleted_or_brought_back, set_up, tear_down),
    };
    int failed = cmocka_run_group_tests_name("utility_store on SQLite", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("utility_store on PostgreSQL", tests, on_postgres, off_postgres);
}
