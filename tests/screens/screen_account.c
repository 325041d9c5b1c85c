/* A special account's life at the counter, by keystrokes: opened with its agreement, paid in
 * and out, electricity paid from it, customers, frozen and thawed, closed; each step as the
 * bank's own books have it, to the fen, and each refusal with what to do next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/date.h"
#include "base/money.h"
#include "lib/desk.h"

#define CUSTOMER "0499110001"
#define SECOND "0499110002"

static struct desk desk;
static char account[40];

static int open_desk(void **state)
{
    char office[200];
    desk_open(&desk, "account", true);
    desk_accounts(&desk);
    snprintf(office, sizeof office, "file:%s/office/", desk.w.dir);
    assert_int_equal(mkdir(office + 5, 0700), 0);
    desk_bind_for(&desk, "report", office, "document", "", "");
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees(&desk, "number, scan");
    return 0;
}

static int close_desk(void **state)
{
    char config[200], out[4000];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", desk.w.dir);
    if (world_run(&desk.w, out, sizeof out, "bankd", config, "verify", NULL) != 0) fail_msg("%s", out);
    world_branch_verify(&desk.w);
    desk_close(&desk);
    return 0;
}

static int64_t balance(void) { return world_sql(&desk.w, "bank.db", "SELECT max(balance_fen) FROM account WHERE state < 2"); }

static int64_t drawer(void)
{
    return world_sql(&desk.w, "branch.db", "SELECT coalesce(sum(CASE WHEN debit LIKE 'till:%' THEN amount_fen ELSE 0 END) - sum(CASE WHEN credit LIKE 'till:%' THEN "
                                           "amount_fen ELSE 0 END), 0) FROM entry WHERE commodity = 'CNY'");
}

static void to_account(void)
{
    char keys[80];
    desk_menu(&desk, "Special account", "电费专用账户");
    desk_sees(&desk, "a customer it pays for");
    snprintf(keys, sizeof keys, "%s{Enter}", *account ? account : CUSTOMER);
    desk_keys(&desk, keys);
}

static void second_person(void)
{
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
}

/* --- its life --------------------------------------------------------------------------------- */

static void nobody_has_one_yet(void **state)
{
    to_account();
    desk_sees(&desk, "no account pays for such a customer");
}

static void it_is_opened_with_an_agreement_in_two_copies(void **state)
{
    char path[256], command[400], line[200];
    int copies = 0;
    desk_keys(&desk, "{F12}{Down}o{Enter}");
    desk_sees(&desk, "OPEN A SPECIAL ACCOUNT");
    desk_keys(&desk, CUSTOMER "{Enter}");
    desk_sees_row(&desk, 5, "王建国");
    desk_sees_row(&desk, 7, "王建国"); /* the holder, unless it is somebody else */
    desk_keys(&desk, "{Enter}13302519700312004X{Enter}0318-3312345{Enter}");
    desk_keys(&desk, "123456{Enter}123457{Enter}");
    desk_sees(&desk, "The two passwords differ");
    desk_keys(&desk, "123456{Enter}123456{Enter}500{Enter}600{Enter}");
    desk_sees(&desk, "CHANGE       100.00");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "is open. The agreement is printed in two copies");
    world_sql_text(&desk.w, "bank.db", "SELECT number FROM account", account, sizeof account);
    desk_sees_row(&desk, 4, account);
    desk_sees(&desk, "password set");
    desk_sees_row(&desk, 7, "500.00");
    assert_int_equal(balance(), 50000);
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM agreement WHERE customer = '" CUSTOMER "' AND name = '王建国'"), 1);
    /* both copies came out of the office printer */
    for (int tries = 0; tries < 100 && copies < 2; tries++) {
        copies = 0;
        snprintf(command, sizeof command, "for f in %s/office/*; do pdftotext $f - 2>/dev/null; done", world_path(&desk.w, "", path, sizeof path));
        FILE *text = popen(command, "r");
        while (fgets(line, sizeof line, text)) copies += strstr(line, "Copy 1, for the customer") || strstr(line, "Copy 2, for the bank");
        pclose(text);
        if (copies < 2) term_settle(desk.term, 20);
    }
    assert_int_equal(copies, 2);
}

static void cash_is_put_on_it_in_six_keystrokes(void **state)
{
    int64_t before = balance(), cash = drawer();
    desk_keys(&desk, "d{Enter}250{Enter}{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "Deposited: 250.00.");
    assert_int_equal(balance(), before + 25000);
    assert_int_equal(drawer(), cash + 25000);
    desk_sees_row(&desk, 22, "printed");
    desk_sees_row(&desk, 7, "750.00");
    desk_keys(&desk, "d{Enter}50{Enter}100{Enter}");
    desk_sees(&desk, "CHANGE        50.00");
    desk_keys(&desk, "9{Enter}");
    desk_sees(&desk, "Enter records only on the empty field");
    desk_keys(&desk, "{BS}{Look}{Enter}");
    desk_sees(&desk, "DEPOSITED. CHANGE:");
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM payment WHERE shown_at IS NOT NULL", 3, 5000); /* nobody is asked whether cash was taken */
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees_row(&desk, 7, "800.00");
}

static void cash_goes_out_with_the_customers_own_password_only(void **state)
{
    int64_t before = balance(), cash = drawer();
    desk_keys(&desk, "w{Enter}900{Enter}");
    desk_sees(&desk, "There is not so much on the account.");
    desk_keys(&desk, "{BS}{BS}{BS}200{Enter}654321{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "is wrong (55)");
    assert_int_equal(balance(), before);
    assert_int_equal(drawer(), cash);
    desk_keys(&desk, "123456{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "COUNT THE CASH OUT");
    assert_int_equal(balance(), before - 20000);
    assert_int_equal(drawer(), cash - 20000);
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees_row(&desk, 7, "600.00");
    assert_int_equal(world_sql(&desk.w, "branch.db", "SELECT count(*) FROM detail WHERE data LIKE '%123456%' OR data LIKE '%654321%'"), 0);
}

static void bills_are_paid_from_it(void **state)
{
    int64_t before = balance(), bill = world_sql(&desk.w, "utility.db", "SELECT sum(amount_fen) FROM bill WHERE customer = '" CUSTOMER "'");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "1 of 1 taken");
    desk_keys(&desk, "{Look}{Enter}123456{Enter}{Look}{Enter}");
    desk_sees(&desk, "Paid from the account");
    assert_int_equal(balance(), before - bill);
    assert_int_equal(world_sql(&desk.w, "utility.db", "SELECT count(*) FROM payment WHERE customer = '" CUSTOMER "' AND state = 2"), 1);
    desk_sees_row(&desk, 22, "recorded - forwarded - printed");
    assert_int_equal(world_sql(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE number IS NOT NULL"), 0); /* a receipt: no number */
    desk_keys(&desk, "{F6}");
    desk_sees_row(&desk, 3, "PAYMENT");
    desk_keys(&desk, "r{Enter}");
    desk_sees(&desk, "printed by the utility");
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "SPECIAL ACCOUNT");
}

static void one_more_customer_is_taken_in_and_out_again(void **state)
{
    desk_keys(&desk, "l{Enter}");
    desk_sees(&desk, "CUSTOMERS THAT THE ACCOUNT PAYS FOR");
    desk_keys(&desk, SECOND "{Enter}");
    desk_sees_row(&desk, 6, "李秀兰");
    desk_keys(&desk, "l{Enter}");
    desk_sees(&desk, "The agreement is changed");
    desk_sees_row(&desk, 8, SECOND);
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM agreement"), 2);
    desk_keys(&desk, "l{Enter}");
    desk_sees(&desk, "CUSTOMERS THAT THE ACCOUNT PAYS FOR");
    desk_keys(&desk, "{Down}{Enter}u{Enter}");
    desk_sees(&desk, "The agreement is changed");
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM agreement"), 1);
}

static void two_people_thaw_what_one_froze(void **state)
{
    desk_keys(&desk, "f{Enter}");
    desk_sees(&desk, "FROZEN");
    desk_keys(&desk, "w{Enter}10{Enter}123456{Enter}{Look}{Enter}");
    desk_sees(&desk, "The account is frozen or closed (62)");
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "SPECIAL ACCOUNT");
    desk_keys(&desk, "f{Enter}");
    second_person();
    desk_sees(&desk, "in use");
}

static int64_t book(void) { return world_sql(&desk.w, "bank.db", "SELECT book FROM holder"); }

/* Who has no book proves it with the password, and two people say that it is lost: nothing
 * more is printed in that one, and another is given out. */
static void a_lost_book_ends_by_password_and_two_people(void **state)
{
    desk_keys(&desk, "b{Enter}");
    desk_sees_row(&desk, 3, "none given out");
    desk_keys(&desk, "800001{Enter}k{Enter}");
    desk_sees_row(&desk, 3, "00800001");
    desk_keys(&desk, "l{Enter}");
    desk_sees(&desk, "A lost book: the customer proves it with the password");
    desk_keys(&desk, "654321{Enter}l{Enter}");
    second_person();
    desk_sees(&desk, "(55)");
    assert_int_equal(book(), 800001);
    desk_keys(&desk, "l{Enter}");
    desk_sees(&desk, "A lost book: the customer proves it with the password"); /* what was typed is gone */
    desk_keys(&desk, "123456{Enter}{Look}l{Enter}");
    second_person();
    desk_sees_row(&desk, 3, "none given out");
    assert_int_equal(book(), 0);
    desk_sees(&desk, "No book was given out: type its number, K Enter gives it out.");
    desk_keys(&desk, "800002{Enter}k{Enter}");
    desk_sees_row(&desk, 3, "00800002");
    assert_int_equal(book(), 800002);
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "in use");
}

static void its_statement_is_leafed_through_and_printed(void **state)
{
    desk_keys(&desk, "s{Enter}");
    desk_sees(&desk, "STATEMENT");
    desk_sees(&desk, "electricity");
    desk_sees(&desk, "withdrawal");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "The report is printed, 1 pages.");
    desk_keys(&desk, "{F3}");
}

/* Debited by the utility's list: where his invoices are, and that a bill which is out can't be paid here. */
static void a_customer_who_is_debited_by_list_is_told_so_at_collect(void **state)
{
    char path[200], config[200], list[200], month[16];
    world_write(&desk.w, "opened.txt", "ACCRESULT|1|102|0311|A1|2026-11-20T10:00:00\n1|" SECOND "|李秀兰|1||open|%s|00\nEND|1\n", account);
    snprintf(config, sizeof config, "--config=%s/utilityd.ini", desk.w.dir);
    assert_int_equal(world_run(&desk.w, NULL, 0, "utilityd", config, "withhold", "accounts", world_path(&desk.w, "opened.txt", path, sizeof path), NULL), 0);
    desk_keys(&desk, "{F2}" SECOND "{Enter}");
    desk_sees(&desk, "Pays from account ...0012, bank 102: invoices of what is debited are had at");
    desk_keys(&desk, "{F12}");
    world_sql_text(&desk.w, "utility.db", "SELECT max(period) FROM bill WHERE customer = '" SECOND "' AND amount_fen > covered_fen", month, sizeof month);
    snprintf(list, sizeof list, "--output=%s", world_path(&desk.w, "list.txt", path, sizeof path));
    assert_int_equal(world_run(&desk.w, NULL, 0, "utilityd", config, "withhold", "list", "--bank", "102", "--month", month, list, NULL), 0);
    desk_keys(&desk, SECOND "{Enter}");
    desk_sees(&desk, "BY ACCOUNT");
    desk_keys(&desk, "{Down}{Down}{Down}{Down}{Down}");
    desk_sees(&desk, "Being debited from the customer's account");
    char until[DAY_TEXT_SIZE], from[DAY_TEXT_SIZE], sum[MONEY_TEXT_SIZE], line[200];
    int64_t fen = world_sql(&desk.w, "utility.db", "SELECT sum(fen) FROM withheld WHERE customer = '" SECOND "'");
    money_format_grouped(fen, sum, sizeof sum);
    day_format((day_t)world_sql(&desk.w, "utility.db", "SELECT retry_until FROM withholding"), until, sizeof until);
    day_format((day_t)world_sql(&desk.w, "utility.db", "SELECT result_by + 1 FROM withholding"), from, sizeof from);
    snprintf(line, sizeof line, "Pay %s into ...0012, bank 102, by %s; or here from %s.", sum, until + 5, from + 5);
    desk_sees(&desk, line);
    desk_keys(&desk, "{F4}");
    snprintf(line, sizeof line, "; it can be paid here from %s.", from);
    desk_sees(&desk, line);
    snprintf(line, sizeof line, "Until %s: pay %s into account ...0012, bank 102.", until, sum);
    desk_sees(&desk, line);
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "BY ACCOUNT");
    desk_keys(&desk, "{F12}");
    desk_counter_ends(&desk);
    desk_counter(&desk, "zh_CN", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "户号、扫码");
    desk_keys(&desk, SECOND "{Enter}");
    snprintf(line, sizeof line, "存 %s 入账户 ...0012，银行 102，限 %s；或 %s 起在此缴。", sum, until + 5, from + 5);
    desk_sees(&desk, line);
    desk_keys(&desk, "{Down}{Down}{Down}{Down}{Down}{F4}");
    snprintf(line, sizeof line, "%s 前（含当日）可存入 %s 元，账户尾号 0012，银行 102。", until, sum);
    desk_sees(&desk, line);
    snprintf(line, sizeof line, "正由银行代扣；%s 起可在此缴费。", from);
    desk_sees(&desk, line);
    desk_keys(&desk, "{F3}{F12}");
    desk_counter_ends(&desk);
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "number, scan");
    desk_keys(&desk, SECOND "{Enter}");
    desk_sees(&desk, "BY ACCOUNT");
    /* too late for the bank to try again: what is left is the day */
    world_change(&desk.w, "utility.db", "UPDATE withholding SET retry_until = retry_until - 30");
    desk_keys(&desk, "{F5}");
    snprintf(line, sizeof line, "Out with bank 102, account ...0012; it can be paid here from %s.", from);
    desk_sees(&desk, line);
    desk_keys(&desk, "{F12}");
    to_account();
    desk_sees(&desk, "in use");
}

/* The bank is silent: no cash goes out; when it has answered after all, it is said that it may. */
static void an_answer_that_comes_late_says_that_cash_is_due(void **state)
{
    int64_t before = balance();
    desk_keys(&desk, "w{Enter}20{Enter}123456{Enter}");
    desk_sees(&desk, "######");
    world_pause(&desk.w, "bankd");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "Hand out no cash");
    assert_int_equal(world_sql(&desk.w, "branch.db", "SELECT count(*) FROM entry e JOIN payment p ON p.id = e.payment WHERE p.id = (SELECT max(id) FROM payment)"), 0);
    world_resume(&desk.w, "bankd");
    desk_sees(&desk, "COUNT OUT 20.00.");
    assert_int_equal(balance(), before - 2000);
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "SPECIAL ACCOUNT");
}

static void with_the_line_down_it_says_what_can_be_done_instead(void **state)
{
    world_stop(&desk.w, "bankd");
    desk_sees_row(&desk, 24, "OFF LINE");
    desk_keys(&desk, "d{Enter}");
    desk_sees(&desk, "Cash can be taken as prepayment");
    world_start(&desk.w, "bankd");
    world_wait_bank(&desk.w);
    desk_sees_row(&desk, 24, "On line");
}

static void it_is_closed_and_what_was_left_paid_out(void **state)
{
    int64_t left = balance(), cash = drawer();
    to_account();
    desk_sees(&desk, "in use");
    desk_keys(&desk, "x{Enter}");
    desk_sees(&desk, "ACCOUNT IS CLOSED");
    desk_keys(&desk, "123456{Enter}{Look}{Enter}");
    desk_sees(&desk, "COUNT THE CASH OUT");
    assert_int_equal(drawer(), cash - left);
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM account WHERE state = 2 AND balance_fen = 0"), 1);
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "CLOSED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_has_one_yet),
        cmocka_unit_test(it_is_opened_with_an_agreement_in_two_copies),
        cmocka_unit_test(cash_is_put_on_it_in_six_keystrokes),
        cmocka_unit_test(cash_goes_out_with_the_customers_own_password_only),
        cmocka_unit_test(bills_are_paid_from_it),
        cmocka_unit_test(one_more_customer_is_taken_in_and_out_again),
        cmocka_unit_test(two_people_thaw_what_one_froze),
        cmocka_unit_test(a_lost_book_ends_by_password_and_two_people),
        cmocka_unit_test(its_statement_is_leafed_through_and_printed),
        cmocka_unit_test(a_customer_who_is_debited_by_list_is_told_so_at_collect),
        cmocka_unit_test(an_answer_that_comes_late_says_that_cash_is_due),
        cmocka_unit_test(with_the_line_down_it_says_what_can_be_done_instead),
        cmocka_unit_test(it_is_closed_and_what_was_left_paid_out),
    };
    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
