/* The bank's own messages at its desk: accounts opened, money in and out, a key
 * judged once, an undoing that wins, passwords that can't be guessed, books whose
 * lines are printed once. Real bankd, real TLS; its books on SQLite and on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <cmocka.h>

#include "base/db.h"
#include "base/secret.h"
#include "lib/postgres.h"
#include "lib/station.h"
#include "lib/world.h"
#include "wire/account.h"
#include "wire/message.h"
#include "wire/session.h"

static struct world w;
static struct postgres pg;
static uv_loop_t loop;
static struct station branch;
static unsigned char public[crypto_box_PUBLICKEYBYTES];
static char account[WIRE_NUMBER_SIZE]; /* that the first story opens */
static int64_t next = 1;
static struct wire_account_answer said;

static int start(enum db_kind kind)
{
    char out[200], path[200];
    assert_true(sodium_init() >= 0);
    uv_loop_init(&loop);
    world_open(&w, "desk");
    if (kind == DB_POSTGRES) {
        postgres_open(&pg);
        snprintf(w.bank_store, sizeof w.bank_store, "%s", pg.url);
    }
    world_station(&w, "branch-0311-0007");
    world_utility(&w, 10);
    world_bank(&w);
    assert_int_equal(world_stop(&w, "bankd"), 0);
    world_append(&w, "bankd.ini", "[accounts]\nkey = bank.box\n");
    snprintf(path, sizeof path, "--config=%s/bankd.ini", w.dir);
    assert_int_equal(world_run(&w, out, sizeof out, "bankd", path, "account", "key", NULL), 0);
    out[2 * sizeof public] = '\0';
    assert_true(secret_from_hex(out, public, sizeof public));
    world_start(&w, "bankd");
    world_wait_bank(&w);
    station_open(&branch, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&branch);
    return 0;
}

static int start_sqlite(void **state) { return start(DB_SQLITE); }
static int start_postgres(void **state) { return start(DB_POSTGRES); }

static int stop(void **state)
{
    station_close(&branch);
    if (world_stop(&w, "bankd") != 0) fail_msg("bankd did not stop in order");
    world_close(&w);
    postgres_close(&pg);
    return uv_loop_close(&loop);
}

/* --- saying --------------------------------------------------------------------------- */

static struct wire_account_ask about(int proc, int64_t fen)
{
    struct wire_payment p;
    struct wire_account_ask a = {0};
    station_payment(&p, "0311-0007", next++, 100); /* its head: key, STAN, times */
    a.head = p.head;
    a.head.proc = proc;
    a.head.amount_fen = fen;
    strcpy(a.maker, "8001");
    strcpy(a.account, account);
    return a;
}

static void seal(struct wire_account_ask *a, const char *password)
{
    char plain[100], key[KEY_TEXT_SIZE];
    unsigned char sealed[100 + crypto_box_SEALBYTES];
    int len = snprintf(plain, sizeof plain, "%s|%s", password, key_format(&a->head.key, key, sizeof key));
    assert_int_equal(crypto_box_seal(sealed, (unsigned char *)plain, (size_t)len, public), 0);
    secret_hex(sealed, (size_t)len + crypto_box_SEALBYTES, a->sealed, sizeof a->sealed);
}

static const char *ask_as(const struct wire_account_ask *a, const char *mti)
{
    struct iso m, answer;
    struct error err;
    if (wire_account_pack(a, mti, &m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    if (!station_ask(&branch, &m, &answer, STATION_WAIT_MS)) fail_msg("no answer");
    if (wire_account_answer_unpack(&answer, &said, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    return said.code;
}

static const char *ask(const struct wire_account_ask *a) { return ask_as(a, "0200"); }

static const char *undo(const struct wire_account_ask *a, const char *mti)
{
    struct wire_reversal r = {.head = a->head, .original_mti = "0200", .maker = "8001", .checker = "8002"};
    struct iso m, answer;
    struct error err;
    if (wire_reversal_pack(&r, mti, &m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    if (!station_ask(&branch, &m, &answer, STATION_WAIT_MS)) fail_msg("no answer");
    assert_int_equal(wire_account_answer_unpack(&answer, &said, &err), 0);
    return said.code;
}

static int64_t balance(void)
{
    struct wire_account_ask a = about(PROC_BALANCE, 0);
    a.maker[0] = '\0';
    a.head.business_day = DAY_NONE;
    assert_string_equal(ask_as(&a, "0100"), "00");
    assert_true(said.has_balance);
    return said.balance_fen;
}

static void deposit(int64_t fen)
{
    struct wire_account_ask a = about(PROC_DEPOSIT, fen);
    assert_string_equal(ask(&a), "00");
}

/* --- stories -------------------------------------------------------------------------- */

static void an_account_is_opened_and_takes_money(void **state)
{
    struct wire_account_ask a = about(PROC_OPEN, 5000);
    a.account[0] = '\0';
    strcpy(a.customer, "0499110001");
    strcpy(a.name, "王建国");
    strcpy(a.document, "130xxx");
    seal(&a, "123456");
    assert_string_equal(ask(&a), "00");
    assert_int_equal(strlen(said.account), 18);
    strcpy(account, said.account);
    assert_int_equal(balance(), 5000);
    assert_string_equal(ask_as(&a, "0201"), "00"); /* asked again: the same account */
    assert_string_equal(said.account, account);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM account"), 1);
    struct wire_account_ask second = about(PROC_OPEN, 0);
    second.account[0] = '\0';
    strcpy(second.customer, "0499110001");
    strcpy(second.name, "王建国");
    assert_string_equal(ask(&second), "57"); /* the customer stands in an agreement */
    deposit(2500);
    assert_int_equal(said.balance_fen, 7500);
}

static void a_key_is_judged_once_and_other_content_is_not_taken(void **state)
{
    struct wire_account_ask a = about(PROC_DEPOSIT, 100), other;
    int64_t before = balance();
    assert_string_equal(ask(&a), "00");
    assert_string_equal(ask_as(&a, "0201"), "00");
    assert_int_equal(balance(), before + 100);
    other = a;
    other.head.amount_fen = 200;
    assert_string_equal(ask(&other), "94");
    assert_int_equal(balance(), before + 100);
}

static void a_withdrawal_wants_the_customers_own_proof(void **state)
{
    struct wire_account_ask a = about(PROC_WITHDRAW, 1000), wrong = about(PROC_WITHDRAW, 1000), more = about(PROC_WITHDRAW, 999999);
    int64_t before = balance();
    assert_string_equal(ask(&a), "55"); /* none */
    a = about(PROC_WITHDRAW, 1000);
    seal(&a, "123456");
    assert_string_equal(ask(&a), "00");
    assert_int_equal(balance(), before - 1000);
    strcpy(wrong.sealed, a.sealed); /* taken from another message */
    assert_string_equal(ask(&wrong), "55");
    seal(&more, "123456");
    assert_string_equal(ask(&more), "51");
    assert_int_equal(balance(), before - 1000);
}

static void what_is_undone_is_back_and_a_late_message_finds_a_tombstone(void **state)
{
    struct wire_account_ask in = about(PROC_DEPOSIT, 300), out = about(PROC_WITHDRAW, 200), late = about(PROC_DEPOSIT, 50);
    int64_t before = balance();
    assert_string_equal(ask(&in), "00");
    assert_string_equal(undo(&in, "0420"), "00");
    assert_string_equal(undo(&in, "0421"), "00");
    assert_int_equal(balance(), before);
    assert_string_equal(ask_as(&in, "0201"), "12");
    seal(&out, "123456");
    assert_string_equal(ask(&out), "00");
    assert_string_equal(undo(&out, "0420"), "00");
    assert_int_equal(balance(), before);
    assert_string_equal(undo(&late, "0420"), "00"); /* not seen yet */
    assert_string_equal(ask(&late), "12");
    assert_int_equal(balance(), before);
}

static void a_deposit_that_was_spent_comes_back_in_part_and_says_so(void **state)
{
    struct wire_account_ask in = about(PROC_DEPOSIT, 400), out;
    assert_string_equal(ask(&in), "00");
    int64_t now = balance();
    out = about(PROC_WITHDRAW, now - 100);
    seal(&out, "123456");
    assert_string_equal(ask(&out), "00");
    assert_string_equal(undo(&in, "0400"), "51"); /* a reversal can be refused, an advice not */
    assert_string_equal(undo(&in, "0420"), "00");
    assert_int_equal(said.short_fen, 300);
    assert_int_equal(balance(), 0);
    deposit(10000);
}

static void a_passbooks_lines_are_printed_once(void **state)
{
    struct wire_account_ask book = about(PROC_PASSBOOK, 0), sent, again, lines = about(PROC_BALANCE, 0), printed;
    strcpy(book.book, "700001|0|0|new");
    assert_string_equal(ask(&book), "00");
    lines.maker[0] = '\0';
    lines.head.business_day = DAY_NONE;
    assert_string_equal(ask_as(&lines, "0100"), "00");
    assert_string_equal(said.book, "700001|0|1"); /* no line is in it, its first place is free */
    assert_string_equal(said.state, "open");
    assert_string_equal(said.holder, "王建国");
    assert_int_equal(said.customer_count, 1);
    assert_string_equal(said.customers[0].customer, "0499110001");
    assert_true(said.password);
    assert_true(said.line_count >= 3);
    assert_int_equal(said.lines[0].line, 1);
    assert_int_equal(said.lines[0].fen, 5000);
    assert_string_equal(said.lines[0].what, "deposit");
    int64_t third = said.lines[2].balance_fen;
    sent = about(PROC_PASSBOOK, 0);
    strcpy(sent.book, "700001|1|3|sent"); /* before the first byte */
    assert_string_equal(ask(&sent), "00");
    again = about(PROC_PASSBOOK, 0);
    strcpy(again.book, "700001|1|3|sent"); /* another branch, the same lines */
    assert_string_equal(ask(&again), "25");
    printed = about(PROC_PASSBOOK, 0);
    strcpy(printed.book, "700001|1|2|printed");
    assert_string_equal(ask(&printed), "00");
    printed = about(PROC_PASSBOOK, 0);
    strcpy(printed.book, "700001|3|3|doubtful");
    assert_string_equal(ask(&printed), "00");
    lines = about(PROC_BALANCE, 0);
    lines.maker[0] = '\0';
    lines.head.business_day = DAY_NONE;
    assert_string_equal(ask_as(&lines, "0100"), "00");
    assert_int_equal(said.lines[0].line, 4);
    assert_int_equal(said.amiss_count, 1);
    assert_int_equal(said.amiss[0], 3);
    /* without a password: the book, what stands in it last, and a second person */
    struct wire_account_ask out = about(PROC_WITHDRAW, 1);
    snprintf(out.book, sizeof out.book, "700001|%lld", (long long)third);
    assert_string_equal(ask(&out), "55");
    out = about(PROC_WITHDRAW, 1);
    snprintf(out.book, sizeof out.book, "700001|%lld", (long long)third);
    strcpy(out.checker, "8002");
    assert_string_equal(ask(&out), "00");
}

static const char *notice(const char *what, const char *checker)
{
    struct wire_account_ask a = about(PROC_PASSBOOK, 0);
    strcpy(a.book, what);
    strcpy(a.checker, checker);
    return ask(&a);
}

static void a_line_that_is_not_whole_is_printed_again_on_the_next_free_place(void **state)
{
    struct wire_account_ask lines = about(PROC_STATEMENT, 0);
    assert_string_equal(notice("700001|3|3|again", ""), "57"); /* two people look at the book */
    assert_string_equal(notice("700001|2|2|again", "8002"), "25"); /* it is whole */
    assert_string_equal(notice("700001|3|3|again", "8002"), "00");
    assert_string_equal(said.book, "700001|3|5"); /* its first place is used up */
    lines.maker[0] = '\0';
    lines.head.business_day = DAY_NONE;
    lines.from = 3;
    assert_string_equal(ask_as(&lines, "0100"), "00");
    assert_int_equal(said.lines[0].line, 3);
    assert_int_equal(said.lines[0].place, 4);
    assert_string_equal(said.lines[0].paper, "sent");
    assert_int_equal(said.lines[1].place, 0);
    assert_string_equal(notice("700001|3|3|printed", ""), "00");
    assert_string_equal(notice("700001|4|5|sent", ""), "00");
    assert_string_equal(said.book, "700001|5|7");
    assert_string_equal(notice("700001|4|5|unsent", ""), "00"); /* no byte was taken: lines and places are free again */
    assert_string_equal(said.book, "700001|3|5");
    assert_string_equal(notice("700002|4|4|sent", ""), "57"); /* another book */
    assert_string_equal(notice("700001|0|0|new", ""), "57"); /* the same */
    struct wire_account_ask sent = about(PROC_PASSBOOK, 0);
    strcpy(sent.book, "700001|4|4|sent");
    assert_string_equal(ask(&sent), "00");
    assert_string_equal(undo(&sent, "0420"), "00"); /* its branch heard nothing and gave it up */
    assert_string_equal(ask_as(&sent, "0201"), "12");
    assert_string_equal(notice("700001|4|4|sent", ""), "00");
    assert_string_equal(notice("700001|4|4|spoiled", ""), "00");
    assert_string_equal(notice("700009|0|0|new", ""), "00"); /* lines go on in it, behind what was printed */
    assert_string_equal(said.book, "700009|4|1");
    assert_string_equal(notice("700001|0|0|new", ""), "57"); /* it was this account's before */
    struct wire_account_ask back = about(PROC_PASSBOOK, 0);
    strcpy(back.book, "700010|0|0|new");
    assert_string_equal(ask(&back), "00");
    assert_string_equal(undo(&back, "0420"), "00");
    assert_string_equal(notice("700009|4|4|again", "8002"), "00");
}

static void an_agreements_change_is_undone_by_the_other_change(void **state)
{
    struct wire_account_ask link = about(PROC_LINK, 0), unlink = about(PROC_LINK, 0), ask_it = about(PROC_BALANCE, 0);
    strcpy(link.act, "link");
    strcpy(link.customer, "0499110002");
    strcpy(link.name, "李秀兰");
    assert_string_equal(ask(&link), "00");
    ask_it.maker[0] = ask_it.account[0] = '\0';
    ask_it.head.business_day = DAY_NONE;
    strcpy(ask_it.customer, "0499110002"); /* whose account it is */
    assert_string_equal(ask_as(&ask_it, "0100"), "00");
    assert_string_equal(said.account, account);
    strcpy(unlink.act, "unlink");
    strcpy(unlink.customer, "0499110002");
    assert_string_equal(ask(&unlink), "00");
    assert_string_equal(undo(&unlink, "0420"), "00");
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM agreement WHERE name='李秀兰'"), 1);
    assert_string_equal(undo(&link, "0420"), "00");
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM agreement WHERE customer='0499110002'"), 0);
}

static bool gone(void *ctx) { return ((struct station *)ctx)->up == NULL; }

static void five_wrong_passwords_freeze_it_through_a_kill(void **state)
{
    struct wire_account_ask a, thaw = about(PROC_FREEZE, 0);
    for (int i = 0; i < 5; i++) {
        if (i == 3) {
            world_kill(&w, "bankd");
            assert_true(station_until(&loop, gone, &branch, 5000));
            world_start(&w, "bankd");
            world_wait_bank(&w);
            station_wait_up(&branch);
        }
        a = about(PROC_WITHDRAW, 100);
        seal(&a, "654321");
        assert_string_equal(ask(&a), i < 4 ? "55" : "62");
    }
    a = about(PROC_WITHDRAW, 100);
    seal(&a, "123456");
    assert_string_equal(ask(&a), "62"); /* the right one too, now */
    deposit(100);                       /* it takes, it doesn't give */
    strcpy(thaw.act, "unfreeze");
    assert_string_equal(ask(&thaw), "57"); /* two people */
    thaw = about(PROC_FREEZE, 0);
    strcpy(thaw.act, "unfreeze");
    strcpy(thaw.checker, "8002");
    assert_string_equal(ask(&thaw), "00");
    a = about(PROC_WITHDRAW, 100);
    seal(&a, "123456");
    assert_string_equal(ask(&a), "00");
}

static void an_account_is_closed_with_what_is_left_in_it(void **state)
{
    struct wire_account_ask a = about(PROC_CLOSE, 1);
    seal(&a, "123456");
    assert_string_equal(ask(&a), "13"); /* not what is there; the answer says what is */
    int64_t left = said.balance_fen;
    a = about(PROC_CLOSE, left);
    seal(&a, "123456");
    assert_string_equal(ask(&a), "00");
    a = about(PROC_DEPOSIT, 1);
    assert_string_equal(ask(&a), "62");
}

static void the_books_hold_and_no_password_is_in_them(void **state)
{
    char config[200], out[4000];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    world_sql_reaches(&w, "bank.db", "SELECT count(*) FROM message WHERE fate='desk'", 21, 5000);
    if (world_run(&w, out, sizeof out, "bankd", config, "verify", NULL) != 0) fail_msg("%s", out);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM message WHERE text LIKE '%PW1%' AND text NOT LIKE '%***%'"), 0);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM entry WHERE branch='0311-0007' AND key LIKE '102/0311-0007/%' AND business>0"
                                              " AND (debit=2 OR credit=2)"), world_sql(&w, "bank.db", "SELECT count(*) FROM entry"));
}

#define TESTS \
    cmocka_unit_test(an_account_is_opened_and_takes_money), \
    cmocka_unit_test(a_key_is_judged_once_and_other_content_is_not_taken), \
    cmocka_unit_test(a_withdrawal_wants_the_customers_own_proof), \
    cmocka_unit_test(what_is_undone_is_back_and_a_late_message_finds_a_tombstone), \
    cmocka_unit_test(a_deposit_that_was_spent_comes_back_in_part_and_says_so), \
    cmocka_unit_test(a_passbooks_lines_are_printed_once), \
    cmocka_unit_test(a_line_that_is_not_whole_is_printed_again_on_the_next_free_place), \
    cmocka_unit_test(an_agreements_change_is_undone_by_the_other_change), \
    cmocka_unit_test(five_wrong_passwords_freeze_it_through_a_kill), \
    cmocka_unit_test(an_account_is_closed_with_what_is_left_in_it), \
    cmocka_unit_test(the_books_hold_and_no_password_is_in_them)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS}, postgres[] = {TESTS};
    int failed = cmocka_run_group_tests_name("bank_desk on SQLite", sqlite, start_sqlite, stop);
    return failed + cmocka_run_group_tests_name("bank_desk on PostgreSQL", postgres, start_postgres, stop);
}
