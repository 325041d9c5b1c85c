/* The branch's copy of the bills: fed, cut off, gone on with, searched, damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "branchd/copy.h"
#include "branchd/pinyin.h"

static char path[] = "/tmp/gridteller-copy-XXXXXX";
static struct copy *copy;
static const struct copy_rules rules = {{3, 100, 0}, true, false};

static int start(void **state)
{
    struct error err;
    unlink(path);
    copy = copy_open(path, &err);
    return copy ? 0 : -1;
}
static int stop(void **state)
{
    copy_close(copy);
    unlink(path);
    return 0;
}

static struct copy_change change(int64_t n, const char *number, const char *customer, const char *name, day_t due)
{
    struct copy_change c = {.change = n, .state = COPY_OPEN};
    struct bill *b = &c.bill;
    strcpy(b->number, number);
    strcpy(b->customer, customer);
    strcpy(b->name, name);
    strcpy(b->address, "深州镇永昌路1号");
    strcpy(b->station, "深州镇");
    strcpy(b->meter, "379954895292");
    strcpy(b->period, "202610");
    b->tariff = 'R';
    b->curr = b->kwh = 100;
    b->multiplier = 1;
    b->amount_fen = 5200;
    b->tier_count = 1;
    b->tiers[0] = (struct bill_tier){100, 5200};
    b->due = due;
    b->window_first = due - 30;
    b->window_last = due + 3;
    b->rate_permille = 1;
    return c;
}

static void a_feed_cut_off_goes_on_behind_the_last_change(void **state)
{
    struct copy_info info;
    struct copy_change all[3] = {change(1, "B1", "C1", "王建国", 20600), change(2, "B2", "C1", "王建国", 20570),
                                 change(3, "B3", "C2", "𠮷田䶮", 20600)};
    assert_int_equal(copy_begin(copy, 1000, 3, &rules, NULL), 0);
    assert_int_equal(copy_apply(copy, all, 2, NULL), 0);
    copy_close(copy);
    copy = copy_open(path, NULL);
    assert_int_equal(copy_info(copy, &info, NULL), 0);
    assert_int_equal(info.change, 2);
    assert_int_equal(info.made_at_ms, 0); /* not whole: no copy to collect from yet */
    assert_int_equal(copy_apply(copy, all, 3, NULL), 0);
    assert_int_equal(copy_whole(copy, NULL), 0);
    assert_int_equal(copy_info(copy, &info, NULL), 0);
    assert_int_equal(info.change, 3);
    assert_int_equal(info.made_at_ms, 1000);
    assert_int_equal(info.open_bills, 3);
    assert_int_equal(info.rules.fee.minimum_fen, 100);
    assert_true(info.rules.oldest_first);
}

static void a_customers_bills_stand_oldest_first_and_paid_ones_do_not(void **state)
{
    static struct copy_customer c;
    struct copy_change all[3] = {change(1, "B1", "C1", "王建国", 20600), change(2, "B2", "C1", "王建国", 20570),
                                 change(3, "B0", "C1", "王建国", 20500)};
    all[2].state = COPY_PAID;
    assert_int_equal(copy_begin(copy, 1, 3, &rules, NULL), 0);
    assert_int_equal(copy_apply(copy, all, 3, NULL), 0);
    assert_int_equal(copy_lookup(copy, "C1", &c, NULL), 1);
    assert_int_equal(c.count, 2);
    assert_string_equal(c.bills[0].bill.number, "B2");
    assert_string_equal(c.bills[1].bill.number, "B1");
    assert_int_equal(c.bills[0].bill.amount_fen, 5200);
    assert_string_equal(c.name, "王建国");
    assert_int_equal(copy_lookup(copy, "C9", &c, NULL), 0);
    struct copy_change paid = change(4, "B2", "C1", "王建国", 20570);
    paid.state = COPY_PAID;
    assert_int_equal(copy_apply(copy, &paid, 1, NULL), 0);
    assert_int_equal(copy_lookup(copy, "C1", &c, NULL), 1);
    assert_int_equal(c.count, 1);
}

static void thirty_bills_show_twelve_and_say_how_many_more(void **state)
{
    static struct copy_customer c;
    assert_int_equal(copy_begin(copy, 1, 30, &rules, NULL), 0);
    for (int i = 1; i <= 30; i++) {
        char number[16];
        snprintf(number, sizeof number, "B%d", i);
        struct copy_change one = change(i, number, "C1", "王建国", 20500 + i);
        assert_int_equal(copy_apply(copy, &one, 1, NULL), 0);
    }
    assert_int_equal(copy_lookup(copy, "C1", &c, NULL), 1);
    assert_int_equal(c.count, 12);
    assert_int_equal(c.more, 18);
    assert_string_equal(c.bills[0].bill.number, "B1");
}

static void numbers_that_fall_refuse_the_part_whole(void **state)
{
    struct error err;
    struct copy_info info;
    struct copy_change all[2] = {change(5, "B1", "C1", "王建国", 20600), change(4, "B2", "C1", "王建国", 20570)};
    assert_int_equal(copy_begin(copy, 1, 5, &rules, NULL), 0);
    assert_int_equal(copy_apply(copy, all, 2, &err), -1);
    assert_non_null(strstr(err.why, "fall"));
    assert_int_equal(copy_info(copy, &info, NULL), 0);
    assert_int_equal(info.open_bills, 0);
}

static void finds(const char *text, int64_t total, const char *first)
{
    struct copy_found rows[5];
    int64_t all;
    int n = copy_search(copy, text, 0, rows, 5, &all, NULL);
    if (all != total) fail_msg("%s found %lld", text, (long long)all);
    if (total) {
        assert_true(n > 0);
        assert_string_equal(rows[0].customer, first);
    }
}

static void a_customer_is_found_by_whatever_is_known(void **state)
{
    struct copy_change all[4] = {change(1, "B1", "0499110001", "王建国", 20600),
                                 change(2, "B2", "0499110002", "李秀兰", 20600),
                                 change(3, "B3", "0499110005", "𠮷田䶮", 20600),
                                 change(4, "B4", "0499110008", "O'Brien-Smith & Co. Ltd", 20600)};
    strcpy(all[1].bill.meter, "966472737888");
    strcpy(all[1].bill.address, "榆科镇前徐庄村271号");
    assert_int_equal(copy_begin(copy, 1, 4, &rules, NULL), 0);
    assert_int_equal(copy_apply(copy, all, 4, NULL), 0);
    finds("王建", 1, "0499110001");
    finds("wjg", 1, "0499110001");
    finds("WJ", 1, "0499110001");
    finds("ｌｘｌ", 1, "0499110002");
    finds("xt*", 0, NULL);
    finds("zt", 1, "0499110005"); /* the first character's reading isn't known: any letter does */
    finds("徐庄", 1, "0499110002");
    finds("7888", 1, "0499110002");
    finds("04991100", 4, "0499110001");
    finds("brien", 1, "0499110008");
    finds("'; DROP TABLE bill; --", 0, NULL);
    finds("", 0, NULL);
    finds("赵", 0, NULL);
}

static void initials_follow_the_readings(void **state)
{
    static const struct { const char *name, *initials; } rows[] = {
        {"王建国", "wjg"}, {"李秀兰", "lxl"}, {"赵文辉", "zwh"}, {"孙桂英", "sgy"}, {"周静", "zj"}, {"吴磊", "wl"},
        {"安娥", "ae"}, {"欧阳", "oy"}, {"𠮷田", "*t"}, {"Co. 9", "co9"}, {"", ""},
    };
    char out[16];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(pinyin_initials(out, sizeof out, rows[i].name), rows[i].initials);
    assert_string_equal(pinyin_initials(out, 3, "王建国"), "wj");
}

static void a_damaged_copy_is_made_anew(void **state)
{
    struct copy_info info;
    copy_close(copy);
    FILE *f = fopen(path, "w");
    fputs("this is no database at all, but long enough to be looked at as one. ", f);
    fclose(f);
    copy = copy_open(path, NULL);
    assert_non_null(copy);
    assert_int_equal(copy_info(copy, &info, NULL), 0);
    assert_int_equal(info.change, 0);
}

int main(void)
{
    int fd = mkstemp(path);
    if (fd < 0) return 1;
    close(fd);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_feed_cut_off_goes_on_behind_the_last_change, start, stop),
        cmocka_unit_test_setup_teardown(a_customers_bills_stand_oldest_first_and_paid_ones_do_not, start, stop),
        cmocka_unit_test_setup_teardown(thirty_bills_show_twelve_and_say_how_many_more, start, stop),
        cmocka_unit_test_setup_teardown(numbers_that_fall_refuse_the_part_whole, start, stop),
        cmocka_unit_test_setup_teardown(a_customer_is_found_by_whatever_is_known, start, stop),
        cmocka_unit_test(initials_follow_the_readings),
        cmocka_unit_test_setup_teardown(a_damaged_copy_is_made_anew, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
