/* A payment from an account at the bank: whichever way its messages and answers come, the money is
 * held before anything goes on, is debited or given back once, and nothing late changes it.
 * On SQLite and on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "bankd/hold.h"
#include "base/text.h"
#include "lib/postgres.h"
#include "lib/station.h"
#include "lib/world.h"

#define BALANCE 10000
#define CUSTOMER "0499110001"

static struct world w;
static struct postgres pg;
static struct bank bank;
static struct db *db;
static struct error err;
static int64_t account, next = 1;
static struct desk_answer said;
static struct wire_payment pay; /* the story's */

static void fine(int status)
{
    if (status != 0) fail_msg("%s: %s", err.what, err.why);
}

static int on_sqlite(void **state)
{
    world_open(&w, "hold");
    fine(bank_open(&bank, NULL, &err));
    world_path(&w, "bank.db", bank.settings.store, sizeof bank.settings.store);
    fine(bank_make(&bank, &err));
    db = bank_db(&bank, &err);
    assert_non_null(db);
    return 0;
}

static int on_postgres(void **state)
{
    postgres_open(&pg);
    fine(bank_open(&bank, NULL, &err));
    text_copy(bank.settings.store, sizeof bank.settings.store, pg.url);
    fine(bank_make(&bank, &err));
    db = bank_db(&bank, &err);
    assert_non_null(db);
    return 0;
}

static int off_sqlite(void **state) { db_close(db); world_close(&w); return 0; }
static int off_postgres(void **state) { db_close(db); postgres_close(&pg); return 0; }

/* --- saying ------------------------------------------------------------------------------ */

static int64_t number(const char *sql) { return db_number(db, sql, DB_NO_ARGS, -1); }

static int64_t balance(void)
{
    struct account a;
    char code[3];
    fine(account_read(db, account, &a, code, &err));
    return a.balance_fen;
}

static int64_t own(int64_t which)
{
    return db_number(db, "SELECT coalesce(sum(CASE WHEN credit=$1 THEN fen ELSE -fen END), 0) FROM entry WHERE (credit=$1 OR debit=$1) AND key LIKE $2",
                     DB_ARGS(DB_INT(which), DB_TEXT("102/%")), -1);
}

static int64_t hold_state(void)
{
    return db_number(db, "SELECT state FROM hold WHERE reference=$1", DB_ARGS(DB_TEXT(pay.head.key.ref)), 0);
}

/* A new account with BALANCE on it, a book, and a payment of `fen` from it. */
static int fresh(void **state)
{
    static int64_t customer = 1;
    char code[3] = "", text[29];
    int64_t in;
    snprintf(text, sizeof text, "0499%06lld", (long long)customer++);
    assert_int_equal(bank_begin(db), 0);
    fine(account_open(db, &bank, &(struct account_holder){"王建国", "130xxx", "", "0007"}, text, "王建国", &account, code, &err));
    fine(account_move(db, &bank, &(struct account_move){WHAT_DEPOSIT, OWN_CLEARING, account, BALANCE, "0007", NULL, 1}, &in, code, &err));
    assert_int_equal(db_run(db, "UPDATE holder SET book=5 WHERE account=$1", DB_ARGS(DB_INT(account))), 1);
    assert_int_equal(db_commit(db), 0);
    station_payment(&pay, "0311-0007", next++, 3000);
    pay.head.proc = PROC_ACCOUNT;
    text_copy(pay.customer, sizeof pay.customer, text);
    account_format(account, text);
    text_copy(pay.account, sizeof pay.account, text);
    strcpy(pay.book, "5|0");
    strcpy(pay.checker, "8002");
    return 0;
}

static void judge(const struct iso *m)
{
    said = (struct desk_answer){.end = DESK_ANSWER};
    assert_int_equal(bank_begin(db), 0);
    fine(desk_judge(db, &bank, m, &said, &err));
    assert_int_equal(db_commit(db), 0);
}

/* The branch's 0200: "" it may go on, else the bank's answer. */
static const char *asks(const char *mti)
{
    static char code[4];
    struct iso m, answer;
    fine(wire_payment_pack(&pay, mti, &m, &err));
    judge(&m);
    if (said.end == DESK_SEND_ON) return "";
    fine(iso_unpack(&answer, said.bytes, said.len, &err));
    iso_text(&answer, 39, code, sizeof code);
    return code;
}

static bool goes_on(const char *mti)
{
    struct wire_reversal r = {.head = pay.head, .original_mti = "0200", .maker = "8001", .checker = "8002"};
    struct iso m;
    fine(wire_reversal_pack(&r, mti, &m, &err));
    judge(&m);
    return said.end == DESK_SEND_ON;
}

/* The utility's answer; rest: so much of an undoing did not come back. */
static void hears(const char *mti, const char *code, int64_t rest)
{
    struct wire_answer a = {.part_count = rest > 0};
    struct wire_reversal r = {.head = pay.head, .original_mti = "0200"};
    struct iso request, answer;
    text_copy(a.code, sizeof a.code, code);
    if (rest) a.parts[0] = (struct wire_disposition){"PP", PLACE_SUSPENSE, rest};
    if (strcmp(mti, "0210") == 0) fine(wire_payment_pack(&pay, "0200", &request, &err));
    else fine(wire_reversal_pack(&r, mti[1] == '4' && mti[2] == '1' ? "0400" : "0420", &request, &err));
    fine(wire_answer_pack(&request, &a, &answer, &err));
    assert_string_equal(answer.mti, mti);
    assert_int_equal(bank_begin(db), 0);
    fine(hold_settle(db, &bank, &answer, &err));
    assert_int_equal(db_commit(db), 0);
}

/* --- stories -------------------------------------------------------------------------------- */

static void the_money_is_held_and_then_debited(void **state)
{
    int64_t branch = own(OWN_CLEARING);
    assert_string_equal(asks("0200"), "");
    assert_int_equal(balance(), BALANCE - 3000);
    assert_int_equal(own(OWN_HELD), 3000);
    assert_string_equal(asks("0201"), ""); /* asked again: on to the utility, and not held twice */
    assert_int_equal(balance(), BALANCE - 3000);
    hears("0210", "00", 0);
    hears("0210", "00", 0);
    assert_int_equal(hold_state(), HOLD_DEBITED);
    assert_int_equal(balance(), BALANCE - 3000);
    assert_int_equal(own(OWN_HELD), 0);
    assert_int_equal(own(OWN_CLEARING), branch + 3000);
}

static void what_the_utility_refuses_is_released(void **state)
{
    assert_string_equal(asks("0200"), "");
    hears("0210", "68", 0); /* that is no answer */
    assert_int_equal(hold_state(), HOLD_HELD);
    hears("0210", "77", 0);
    assert_int_equal(hold_state(), HOLD_RELEASED);
    assert_int_equal(balance(), BALANCE);
    hears("0210", "00", 0); /* nobody says that; it changes nothing */
    assert_int_equal(balance(), BALANCE);
}

static void no_answer_changes_it_after_its_undoing(void **state)
{
    assert_string_equal(asks("0200"), "");
    assert_true(goes_on("0420"));
    assert_int_equal(balance(), BALANCE - 3000); /* until the utility has said so */
    hears("0430", "00", 0);
    assert_int_equal(hold_state(), HOLD_RELEASED);
    assert_int_equal(balance(), BALANCE);
    hears("0210", "00", 0); /* late */
    assert_int_equal(hold_state(), HOLD_RELEASED);
    assert_int_equal(balance(), BALANCE);
    assert_string_equal(asks("0201"), "12");
    assert_int_equal(own(OWN_HELD), 0);
}

static void an_undoing_behind_the_answer_credits_it(void **state)
{
    int64_t branch = own(OWN_CLEARING);
    assert_string_equal(asks("0200"), "");
    assert_true(goes_on("0420"));
    hears("0210", "00", 0);
    hears("0430", "00", 0);
    hears("0430", "00", 0);
    assert_int_equal(hold_state(), HOLD_CREDITED);
    assert_int_equal(balance(), BALANCE);
    assert_int_equal(own(OWN_CLEARING), branch);
}

static void what_did_not_come_back_stays_debited(void **state)
{
    int64_t branch = own(OWN_CLEARING);
    assert_string_equal(asks("0200"), "");
    assert_true(goes_on("0420"));
    hears("0430", "00", 1000);
    assert_int_equal(balance(), BALANCE - 1000);
    assert_int_equal(own(OWN_CLEARING), branch + 1000);
    assert_int_equal(own(OWN_HELD), 0);
}

static void an_undoing_of_what_was_not_seen_leaves_a_tombstone(void **state)
{
    assert_true(goes_on("0420")); /* the utility is told as well */
    assert_string_equal(asks("0200"), "12");
    assert_int_equal(hold_state(), 0);
    assert_int_equal(balance(), BALANCE);
    assert_true(goes_on("0421"));
}

static void a_reversal_credits_or_is_refused(void **state)
{
    assert_string_equal(asks("0200"), "");
    hears("0210", "00", 0);
    assert_true(goes_on("0400"));
    hears("0410", "98", 0); /* its day is closed: it stands */
    assert_int_equal(balance(), BALANCE - 3000);
    assert_true(goes_on("0401"));
    hears("0410", "00", 0);
    assert_int_equal(hold_state(), HOLD_CREDITED);
    assert_int_equal(balance(), BALANCE);
    hears("0410", "00", 0);
    hears("0210", "00", 0);
    assert_int_equal(balance(), BALANCE);
    assert_string_equal(asks("0201"), "12");
}

static void the_bank_refuses_first_and_for_ever(void **state)
{
    pay.head.amount_fen = pay.prepaid_fen = BALANCE + 1;
    assert_string_equal(asks("0200"), "51");
    assert_int_equal(db_run(db, "UPDATE account SET balance_fen=balance_fen+1 WHERE number=$1", DB_ARGS(DB_INT(account))), 1);
    assert_string_equal(asks("0201"), "51"); /* as the first time */
    assert_int_equal(db_run(db, "UPDATE account SET balance_fen=balance_fen-1 WHERE number=$1", DB_ARGS(DB_INT(account))), 1);
    fresh(state);
    strcpy(pay.book, "5|1"); /* not what stands in the book */
    assert_string_equal(asks("0200"), "55");
    fresh(state);
    strcpy(pay.customer, CUSTOMER "9");
    assert_string_equal(asks("0200"), "57"); /* another's bills */
    fresh(state);
    strcpy(pay.account, "102000000000099999");
    assert_string_equal(asks("0200"), "14");
    fresh(state);
    assert_int_equal(db_run(db, "UPDATE account SET state=1 WHERE number=$1", DB_ARGS(DB_INT(account))), 1);
    assert_string_equal(asks("0200"), "62");
    assert_int_equal(balance(), BALANCE);
    assert_int_equal(hold_state(), 0);
}

static void other_content_under_the_key_is_not_taken(void **state)
{
    assert_string_equal(asks("0200"), "");
    pay.head.amount_fen = pay.prepaid_fen = 1;
    assert_string_equal(asks("0200"), "94");
    assert_false(goes_on("0420")); /* an undoing of something else */
    assert_int_equal(hold_state(), HOLD_HELD);
}

/* What is to be asked again now; "" nothing. */
static const char *repeated(int64_t after_ms)
{
    static char mti[5];
    struct iso m;
    int status = hold_repeat(db, &bank, clock_now_ms(&bank.clock) - after_ms, &said, &err);
    if (status <= 0) {
        fine(status);
        return "";
    }
    fine(iso_unpack(&m, said.bytes, said.len, &err));
    text_copy(mti, sizeof mti, m.mti);
    return mti;
}

static void the_bank_asks_by_itself_until_it_is_answered(void **state)
{
    assert_int_equal(db_run(db, "UPDATE hold SET sent_ms=sent_ms+100000000", DB_NO_ARGS) >= 0, 1); /* other stories' */
    assert_string_equal(asks("0200"), "");
    assert_string_equal(repeated(60000), ""); /* not yet */
    assert_string_equal(repeated(0), "0201");
    assert_true(goes_on("0420"));
    assert_string_equal(repeated(0), "0421");
    hears("0430", "30", 0); /* refused, and parked at its branch */
    hears("0430", "00", 0);
    assert_string_equal(repeated(0), "");
    fresh(state);
    assert_string_equal(asks("0200"), "");
    assert_true(hold_unanswered(db, pay.head.business_day) >= 1); /* on the day's exceptions */
    hears("0210", "00", 0);
    assert_string_equal(repeated(0), "");
    assert_true(goes_on("0400"));
    assert_string_equal(repeated(0), "0401");
    hears("0410", "98", 0);
    assert_string_equal(repeated(0), "");
}

static void an_account_with_money_held_is_not_closed(void **state)
{
    struct wire_account_ask close = {.head = pay.head, .maker = "8001", .checker = "8002"};
    struct iso m, answer;
    char code[4];
    assert_string_equal(asks("0200"), "");
    close.head.proc = PROC_CLOSE;
    close.head.amount_fen = BALANCE - 3000;
    snprintf(close.head.key.ref, sizeof close.head.key.ref, "019%09lld", (long long)next++);
    text_copy(close.account, sizeof close.account, pay.account);
    strcpy(close.book, "5|0");
    fine(wire_account_pack(&close, "0200", &m, &err));
    judge(&m);
    fine(iso_unpack(&answer, said.bytes, said.len, &err));
    iso_text(&answer, 39, code, sizeof code);
    assert_string_equal(code, "57");
    hears("0210", "76", 0);
    assert_int_equal(balance(), BALANCE);
}

static void the_books_add_up(void **state)
{
    assert_int_equal(number("SELECT count(*) FROM hold WHERE state=1"), own(OWN_HELD) / 3000);
    assert_int_equal(number("SELECT count(*) FROM account a WHERE balance_fen<>(SELECT coalesce(sum(CASE WHEN credit=a.number THEN fen ELSE -fen END), 0)"
                            " FROM entry WHERE credit=a.number OR debit=a.number)"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_money_is_held_and_then_debited, fresh),
        cmocka_unit_test_setup(what_the_utility_refuses_is_released, fresh),
        cmocka_unit_test_setup(no_answer_changes_it_after_its_undoing, fresh),
        cmocka_unit_test_setup(an_undoing_behind_the_answer_credits_it, fresh),
        cmocka_unit_test_setup(what_did_not_come_back_stays_debited, fresh),
        cmocka_unit_test_setup(an_undoing_of_what_was_not_seen_leaves_a_tombstone, fresh),
        cmocka_unit_test_setup(a_reversal_credits_or_is_refused, fresh),
        cmocka_unit_test_setup(the_bank_refuses_first_and_for_ever, fresh),
        cmocka_unit_test_setup(other_content_under_the_key_is_not_taken, fresh),
        cmocka_unit_test_setup(the_bank_asks_by_itself_until_it_is_answered, fresh),
        cmocka_unit_test_setup(an_account_with_money_held_is_not_closed, fresh),
        cmocka_unit_test(the_books_add_up),
    };
    int failed = cmocka_run_group_tests_name("on SQLite", tests, on_sqlite, off_sqlite);
    return failed + cmocka_run_group_tests_name("on PostgreSQL", tests, on_postgres, off_postgres);
}
