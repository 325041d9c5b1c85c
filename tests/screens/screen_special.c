/* The customers that a counter must get right, each by keystrokes: what the screen
 * says, and that the utility, asked by its own command, has it to the fen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/date.h"
#include "base/money.h"
#include "counter/js.h"
#include "lib/desk.h"

static struct desk desk;

static int open_desk(void **state)
{
    desk_open(&desk, "special", true);
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees(&desk, "number, scan");
    return 0;
}

static int close_desk(void **state)
{
    desk_close(&desk);
    return 0;
}

/* --- what the utility says when it is asked -------------------------------------------- */

/* The lines of `utilityd query WHAT …` about a customer. */
static json_t *utility_says(const char *question, const char *option, const char *customer)
{
    static char out[1 << 16];
    char config[200];
    snprintf(config, sizeof config, "--config=%s/utilityd.ini", desk.w.dir);
    int status = option ? world_run(&desk.w, out, sizeof out, "utilityd", config, "query", question, option, customer, "--format", "json", NULL)
                        : world_run(&desk.w, out, sizeof out, "utilityd", config, "query", question, customer, "--format", "json", NULL);
    assert_int_equal(status, 0);
    json_t *lines = json_array();
    for (char *line = strtok(out, "\n"); line; line = strtok(NULL, "\n"))
        json_array_append_new(lines, json_loads(line, 0, NULL));
    return lines;
}

/* One posted payment of this sum, and as many paid bills. */
static void utility_has(const char *customer, int64_t sum_fen, size_t paid)
{
    json_t *payments = utility_says("payments", "--customer", customer), *bills = utility_says("customer", NULL, customer), *bill;
    size_t i, closed = 0;
    assert_int_equal(json_array_size(payments), 1);
    assert_string_equal(js_text(json_array_get(payments, 0), "state"), "posted");
    assert_int_equal(js_int(json_array_get(payments, 0), "amount"), sum_fen);
    json_array_foreach(bills, i, bill) closed += !strcmp(js_text(bill, "state"), "paid");
    assert_int_equal(closed, paid);
    json_decref(payments);
    json_decref(bills);
}

static int64_t of_bills(const char *what, const char *customer)
{
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT %s FROM bill WHERE customer = '%s'", what, customer);
    return world_sql(&desk.w, "utility.db", sql);
}

static int64_t last(const char *column)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT %s FROM payment ORDER BY id DESC LIMIT 1", column);
    return world_sql(&desk.w, "branch.db", sql);
}

static int64_t payments(void) { return world_sql(&desk.w, "branch.db", "SELECT count(*) FROM payment"); }

/* --- the teller --------------------------------------------------------------------------- */

static void look_up(const char *customer)
{
    desk_keys(&desk, customer);
    desk_keys(&desk, "{Enter}");
    desk_sees_row(&desk, 3, customer);
    desk_sees(&desk, " taken");
}

static const char *sum_text(int64_t fen)
{
    static char text[MONEY_TEXT_SIZE];
    return money_format_grouped(fen, text, sizeof text);
}

static void done(const char *customer)
{
    desk_sees_row(&desk, 22, customer);
    desk_sees_row(&desk, 22, "recorded - forwarded - printed");
}

/* Enter, cash, Enter, and Enter again once the change was looked at. */
static void pay(const char *customer, const char *cash)
{
    int64_t before = payments();
    desk_keys(&desk, "{Enter}");
    desk_sees_row(&desk, 6, "Tendered");
    desk_keys(&desk, cash);
    desk_keys(&desk, "{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    done(customer);
    desk_sees(&desk, "1 recorded");
    assert_int_equal(payments(), before + 1);
}

static void drop(void)
{
    desk_keys(&desk, "{F12}");
    desk_sees(&desk, "number, scan");
}

static void one_bill(void **state)
{
    int64_t sum = of_bills("sum(amount_fen)", "0499110001");
    look_up("0499110001");
    desk_sees(&desk, "1 of 1 taken");
    desk_sees_row(&desk, 18, sum_text(sum));
    pay("0499110001", "1000");
    desk_sees(&desk, sum_text(100000 - sum));
    utility_has("0499110001", sum, 1);
}

static void six_bills_with_a_late_fee_on_five(void **state)
{
    look_up("0499110002");
    desk_sees(&desk, "6 of 6 taken");
    int64_t bills = of_bills("sum(amount_fen)", "0499110002");
    desk_sees_row(&desk, 18, sum_text(bills));
    pay("0499110002", ".");
    assert_int_equal(last("amount_fen"), bills + last("(SELECT sum(late_fee_fen) FROM payment_bill b WHERE b.payment = payment.id)"));
    assert_true(last("amount_fen") > bills);
    utility_has("0499110002", last("amount_fen"), 6);
}

/* The figure can be checked by hand: days past due, the class's rate, the amount. */
static void a_late_fee_that_is_explained(void **state)
{
    day_t today = (day_t)world_sql(&desk.w, "branch.db", "SELECT max(date) FROM day");
    int64_t days = today - of_bills("due", "0499110003"), amount = of_bills("amount_fen", "0499110003");
    int64_t fee = (days * amount * of_bills("rate_permille", "0499110003") * 2 + 1000) / 2000;
    char row[80];
    look_up("0499110003");
    desk_keys(&desk, "{F4}");
    desk_sees(&desk, "BILL AND LATE FEE");
    snprintf(row, sizeof row, "%lld          1/1000", (long long)days);
    desk_sees(&desk, row);
    desk_sees_row(&desk, 14, sum_text(fee));
    desk_sees_row(&desk, 15, sum_text(amount + fee));
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "1 of 1 taken");
    pay("0499110003", ".");
    utility_has("0499110003", amount + fee, 1);
}

static void a_window_that_closed(void **state)
{
    int64_t before = payments();
    look_up("0499110004");
    desk_sees(&desk, "TOO LATE HERE");
    desk_sees(&desk, "0 of 1 taken");
    desk_sees(&desk, "Send the customer to the power bureau");
    desk_keys(&desk, " ");
    desk_sees(&desk, "Not payable at the bank any more");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "F12 leaves this customer");
    assert_int_equal(payments(), before);
    drop();
}

static void characters_outside_of_gbk(void **state)
{
    int64_t sum = of_bills("sum(amount_fen)", "0499110005");
    look_up("0499110005");
    desk_sees_row(&desk, 3, "𠮷田䶮");
    pay("0499110005", ".");
    desk_sees_row(&desk, 22, "𠮷田䶮");
    utility_has("0499110005", sum, 1);
}

/* More than one person may take: the sum stands before the one who signs for it. */
static void a_long_name_and_a_large_sum(void **state)
{
    int64_t sum = of_bills("sum(amount_fen)", "0499110006"), before = payments();
    look_up("0499110006");
    desk_sees_row(&desk, 3, "国营深州市粮食储备库第三分库（城东站）扩建工程临时用 >");
    desk_keys(&desk, "{F4}");
    desk_sees(&desk, "国营深州市粮食储备库第三分库（城东站）扩建工程临时用电专户筹备办公室");
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "1 of 1 taken");
    desk_keys(&desk, "{Enter}.{Enter}");
    desk_sees(&desk, "CHANGE          0.00");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_sees(&desk, sum_text(sum));
    desk_keys(&desk, "{F12}");
    desk_sees(&desk, "Left without approval");
    assert_int_equal(payments(), before);
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "1 recorded");
    done("0499110006");
    assert_int_equal(last("amount_fen"), sum);
    utility_has("0499110006", sum, 1);
}

/* No cash is asked for, and it is a payment all the same: the bill is settled. */
static void nothing_to_pay(void **state)
{
    look_up("0499110007");
    desk_keys(&desk, "{Enter}");
    desk_sees(&desk, "Confirm    [ ");
    desk_sees_row(&desk, 6, "0.00");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "1 recorded");
    done("0499110007");
    utility_has("0499110007", 0, 1);
}

static void a_latin_name(void **state)
{
    int64_t sum = of_bills("sum(amount_fen)", "0499110008");
    look_up("0499110008");
    desk_sees_row(&desk, 3, "O'Brien-Smith & Co. Ltd");
    desk_keys(&desk, "{Enter}400{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}+");
    desk_sees_row(&desk, 6, "CHANGE          0.00");
    desk_keys(&desk, "{Look}{Enter}");
    done("0499110008");
    utility_has("0499110008", 40000, 1);
    look_up("0499110008");
    desk_sees_row(&desk, 4, sum_text(40000 - sum)); /* the credit */
    drop();
}

static void a_window_that_is_not_open_yet(void **state)
{
    int64_t before = payments();
    char date[DAY_TEXT_SIZE];
    day_format((day_t)of_bills("first_day", "0499110009"), date, sizeof date);
    look_up("0499110009");
    desk_sees(&desk, "NOT YET");
    desk_sees(&desk, date);
    desk_keys(&desk, "{Enter}");
    desk_sees(&desk, "F12 leaves this customer");
    assert_int_equal(payments(), before);
    drop();
}

static void nobody(void **state)
{
    desk_keys(&desk, "9999999999{Enter}");
    desk_sees(&desk, "No such customer (14)");
    desk_sees_row(&desk, 3, "[9999999999"); /* to be corrected, not typed anew */
    drop();
}

static void both_books_agree_row_by_row(void **state)
{
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) = 0 FROM outbox WHERE state <> 'done'", 1, 10000);
    world_branch_verify(&desk.w);
    assert_int_equal(world_branch_agrees(&desk.w), payments());
    world_same_rows(&desk.w, "branch.db",
                    "SELECT b.bill, b.amount_fen FROM payment_bill b JOIN payment p ON p.id = b.payment ORDER BY 1", "utility.db",
                    "SELECT number, amount_fen FROM bill WHERE paid_by > 0 ORDER BY 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_bill),
        cmocka_unit_test(six_bills_with_a_late_fee_on_five),
        cmocka_unit_test(a_late_fee_that_is_explained),
        cmocka_unit_test(a_window_that_closed),
        cmocka_unit_test(characters_outside_of_gbk),
        cmocka_unit_test(a_long_name_and_a_large_sum),
        cmocka_unit_test(nothing_to_pay),
        cmocka_unit_test(a_latin_name),
        cmocka_unit_test(a_window_that_is_not_open_yet),
        cmocka_unit_test(nobody),
        cmocka_unit_test(both_books_agree_row_by_row),
    };
    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
