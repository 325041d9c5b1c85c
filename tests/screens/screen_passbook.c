/* A passbook at the counter, printed by a flat-bed printer whose bytes are read back: from the
 * next free line, over the fold, over a page turn and over a jam; no line twice but marked, a
 * new book. Each page is drawn to build/screens as its customer sees it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "lib/desk.h"
#include "lib/flat_bed.h"
#include "lib/passbook.h"
#include "lib/rpc_client.h"

#define CUSTOMER "0499110001"

static struct desk desk;
static struct flat_bed *bed;
static struct talk other; /* another teller's terminal */
static char account[40];
static size_t sheets; /* printed so far */
static bool chinese;  /* the counter is */

/* --- money on it, from another terminal ---------------------------------------------------------- */

static void act(const char *method, json_t *params)
{
    char key[80];
    json_object_set_new(params, "token", json_string(talk_text(talk_ask(&other, "account_begin", NULL), "token")));
    json_t *card = talk_ask(&other, method, "O", params);
    snprintf(key, sizeof key, "%s", talk_text(card, "key"));
    json_decref(params);
    talk_state_reaches(&other, key, "posted", 10000);
}

static void deposits(int count)
{
    talk_ask(&other, "account", "{s:s}", "account", account);
    for (int i = 0; i < count; i++)
        act("account_deposit", json_pack("{s:s, s:I, s:I, s:I}", "account", account, "sum_fen", (json_int_t)(1000 + i), "tendered_fen",
                                         (json_int_t)(1000 + i), "change_fen", (json_int_t)0));
}

static int open_desk(void **state)
{
    desk_open(&desk, "passbook", true);
    desk_accounts(&desk);
    bed = flat_bed_start();
    desk_bind_for(&desk, "passbook", flat_bed_uri(bed), "epson-plq20", "", "");
    talk_open(&other, desk.socket, "04");
    talk_sign_on(&other, BRANCH_OTHER_TELLER, BRANCH_PASSWORD);
    act("account_open", json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "customer", CUSTOMER, "name", "王建国", "document", "13302519700312004X", "phone", "",
                                  "sum_fen", (json_int_t)50000, "tendered_fen", (json_int_t)50000, "change_fen", (json_int_t)0));
    world_sql_text(&desk.w, "bank.db", "SELECT number FROM account", account, sizeof account);
    deposits(4);
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees(&desk, "number, scan");
    return 0;
}

static int close_desk(void **state)
{
    talk_close(&other);
    world_branch_verify(&desk.w);
    desk_close(&desk);
    flat_bed_stop(bed);
    return 0;
}

/* --- the book ------------------------------------------------------------------------------------- */

static int64_t printed_lines(const char *paper)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM printed_line WHERE state = '%s'", paper);
    return world_sql(&desk.w, "bank.db", sql);
}

/* Adds what the next sheet put on the page that lies in the printer, and draws the page. */
static void comes_out(struct escp_sheet *book, const char *name)
{
    size_t len;
    char path[600];
    const char *build = getenv("B");
    const uint8_t *bytes = flat_bed_sheet(bed, sheets++, &len);
    escp_read(bytes, len, book);
    assert_string_equal(book->problem, "");
    snprintf(path, sizeof path, "%s/screens", build ? build : "build");
    if (mkdir(path, 0755) && errno != EEXIST) fail_msg("%s can't be made", path);
    snprintf(path, sizeof path, "%s/screens/passbook-%s.png", build ? build : "build", name);
    assert_int_equal(book_png(book, path), 0);
}

static void stands(const struct escp_sheet *book, int line, const char *text)
{
    struct book_page page;
    char problem[128];
    if (!book_read(book, &page, problem)) fail_msg("%s", problem);
    if (!*text ? *page.line[line] : !strstr(page.line[line], text)) fail_msg("line %d has \"%s\", not \"%s\"", line, page.line[line], text);
}

static void to_passbook(void)
{
    char keys[80];
    desk_menu(&desk, "Special account", "电费专用账户");
    desk_sees(&desk, chinese ? "或其代缴的户号" : "a customer it pays for");
    snprintf(keys, sizeof keys, "%s{Enter}", account);
    desk_keys(&desk, keys);
    desk_sees(&desk, chinese ? "正常" : "in use");
    desk_keys(&desk, "b{Enter}");
    desk_sees_row(&desk, 3, chinese ? "待登" : "to print");
}

/* --- stories ---------------------------------------------------------------------------------------- */

static struct escp_sheet first, second; /* the first two pages of the book */

static void a_book_is_given_out(void **state)
{
    to_passbook();
    desk_sees(&desk, "5 to print");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "No book was given out");
    desk_keys(&desk, "k{Enter}");
    desk_sees(&desk, "Type the number that is printed in the new book");
    desk_keys(&desk, "700001{Enter}k{Enter}");
    desk_sees_row(&desk, 3, "00700001");
}

static void what_stands_in_no_book_is_printed_once(void **state)
{
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "PUT THE BOOK IN, open at page 1; it goes on at line 1.");
    desk_sees_row(&desk, 2, "PUT THE PASSBOOK IN");
    assert_int_equal(flat_bed_sheets(bed), 0);
    assert_int_equal(printed_lines("sent"), 0);
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    assert_int_equal(printed_lines("sent"), 5); /* the bank knew before the first byte */
    comes_out(&first, "1-first-lines");
    stands(&first, 1, "500.00 500.00");
    stands(&first, 5, "10.03 540.06");
    stands(&first, 6, "");
    assert_int_equal(first.ejects, 1);
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "The book is printed.");
    assert_int_equal(printed_lines("printed"), 5);
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "Every line stands in the book.");
}

static void a_jam_uses_places_up_and_the_lines_come_again_marked(void **state)
{
    deposits(4); /* lines 6 to 9 */
    desk_keys(&desk, "{F5}");
    desk_sees(&desk, "4 to print");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "it goes on at line 6.");
    flat_bed_jam(bed, 150); /* in the middle of the second of them */
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    comes_out(&first, "2-jam");
    stands(&first, 6, "550.06");
    stands(&first, 9, "");
    desk_keys(&desk, "{F2}"); /* the next customer is served meanwhile */
    desk_sees(&desk, "number, scan");
    desk_sees_row(&desk, 2, "PASSBOOK: is it whole?");
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    desk_sees(&desk, "550.06"); /* what was printed, to hold the book against */
    desk_keys(&desk, "{Look}6{Enter}n{Enter}");
    desk_sees(&desk, "3 NOT WHOLE (G)");
    assert_int_equal(printed_lines("printed"), 6);
    assert_int_equal(printed_lines("spoiled"), 3);
    /* again, by two people, on the next free place */
    desk_keys(&desk, "{Look}g{Enter}");
    desk_sees(&desk, "it goes on at line 10.");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    assert_int_equal(flat_bed_sheets(bed), 2);
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    comes_out(&first, "3-again");
    stands(&first, 10, "AGAIN");
    stands(&first, 10, "560.07");
    stands(&first, 12, "580.12");
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "The book is printed.");
    assert_int_equal(printed_lines("printed"), 9);
    assert_int_equal(printed_lines("spoiled"), 3); /* their first places stay used up */
    assert_false(desk_shows(&desk, "NOT WHOLE"));
}

static void over_the_fold_and_on_the_next_page(void **state)
{
    deposits(15); /* twelve places below the fold, three lines more */
    desk_keys(&desk, "{F5}");
    desk_sees(&desk, "15 to print");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "it goes on at line 13.");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    comes_out(&first, "4-over-the-fold");
    stands(&first, 13, "590.12");
    stands(&first, 24, "700.78");
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "open at page 2; it goes on at line 1.");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    comes_out(&second, "5-next-page");
    stands(&second, 1, "710.90");
    stands(&second, 3, "731.17");
    stands(&second, 4, "");
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "The book is printed.");
    assert_int_equal(printed_lines("printed"), 24);
}

static void another_book_goes_on_where_the_first_ended(void **state)
{
    struct escp_sheet third = {0};
    deposits(1);
    desk_keys(&desk, "700002{Enter}k{Enter}");
    desk_sees_row(&desk, 3, "00700002");
    desk_sees(&desk, "1 to print");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "open at page 1; it goes on at line 1.");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    comes_out(&third, "6-new-book");
    stands(&third, 1, "741.17");
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "The book is printed.");
}

/* The counter dies with the book in the printer: the bank holds its lines as sent, and the next one asks first. */
static void a_counter_that_died_leaves_a_question(void **state)
{
    struct escp_sheet third = {0};
    deposits(2);
    desk_keys(&desk, "{F5}");
    desk_sees(&desk, "2 to print");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "it goes on at line 2.");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    comes_out(&third, "7-before-it-died");
    term_close(desk.term);
    desk.term = NULL;
    assert_int_equal(printed_lines("sent"), 2);
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "number, scan");
    to_passbook();
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "LOOK INTO THE BOOK");
    desk_sees(&desk, "Y lines 26 to 27 are whole.");
    assert_int_equal(flat_bed_sheets(bed), sheets);
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "The book is printed.");
    assert_int_equal(printed_lines("sent"), 0);
}

static void a_printer_that_is_off_prints_nothing_and_gives_the_lines_back(void **state)
{
    deposits(1);
    desk_keys(&desk, "{F5}");
    desk_sees(&desk, "1 to print");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "it goes on at line 4.");
    flat_bed_stop(bed);
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "The book is not printed yet: NOT REACHED");
    desk_sees(&desk, "it goes on at line 4.");
    assert_int_equal(printed_lines("sent"), 0);
    desk_keys(&desk, "x{Enter}");
    desk_sees(&desk, "1 to print");
    bed = flat_bed_start();
    sheets = 0;
}

/* The same lines and places by a printer of another language. */
static void a_pr2_prints_it_too(void **state)
{
    size_t len;
    term_close(desk.term);
    desk.term = NULL;
    desk_bind_for(&desk, "passbook", flat_bed_uri(bed), "olivetti-pr2plus", "", "");
    desk_counter(&desk, "zh_CN", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "户号、扫码");
    chinese = true;
    deposits(1);
    to_passbook();
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "翻到第 1 页；从第 4 行起");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "请看存折");
    const uint8_t *bytes = flat_bed_sheet(bed, sheets++, &len);
    assert_non_null(memmem(bytes, len, "\x1bQ", 2));                   /* how long the book is, before it is in */
    assert_non_null(memmem(bytes, len, "\xb4\xe6\xc8\xeb", 4));       /* 存入, GBK */
    assert_non_null(memmem(bytes, len, "771.18", 6));
    assert_memory_equal(bytes + len - 2, "\x1bO", 2);                  /* and out it comes */
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "已登折。");
}

/* No password was set: the book, what stands in it last, and a second person. */
static void the_book_proves_whose_account_it_is(void **state)
{
    desk_keys(&desk, "{F3}");
    desk_sees(&desk, "电费专用账户");
    desk_sees_row(&desk, 7, "781.18");
    desk_keys(&desk, "w{Enter}5{Enter}{Enter}700002{Enter}781.17{Enter}{Look}{Enter}");
    desk_sees(&desk, "第二人在此签字");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "(55)"); /* not what stands there */
    desk_keys(&desk, "{Enter}{Enter}{BS}8{Enter}{Look}{Enter}");
    desk_sees(&desk, "第二人在此签字");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "请付现金");
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT balance_fen FROM account"), 77618);
}

/* Its last place is used: nothing is asked of the printer, no line is sent, and the next book takes them. */
static void a_full_book_says_so_and_the_next_one_goes_on(void **state)
{
    desk_keys(&desk, "{F2}");
    desk_sees(&desk, "户号、扫码");
    int64_t held = world_sql(&desk.w, "bank.db", "SELECT count(*) FROM printed_line");
    world_change(&desk.w, "bank.db", "UPDATE printed_line SET place = place + 1000 WHERE book = 700002"
                                     " AND place = (SELECT max(place) FROM printed_line WHERE book = 700002)");
    to_passbook();
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "存折已满：键入新折号码");
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM printed_line"), held);
    assert_int_equal(flat_bed_sheets(bed), sheets);
    desk_keys(&desk, "700002{Enter}k{Enter}"); /* no other book */
    desk_sees(&desk, "(57)");
    desk_sees_row(&desk, 3, "00700002");
    desk_keys(&desk, "{F2}");
    desk_sees(&desk, "户号、扫码");
    to_passbook();
    desk_keys(&desk, "700003{Enter}k{Enter}");
    desk_sees_row(&desk, 3, "00700003");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "翻到第 1 页；从第 1 行起");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "请看存折");
    sheets++;
    desk_keys(&desk, "{Look}y{Enter}");
    desk_sees(&desk, "已登折。");
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM printed_line WHERE book = 700003 AND place = 1 AND state = 'printed'"), 1);
    assert_int_equal(world_sql(&desk.w, "bank.db", "SELECT count(*) FROM printed_line"), held + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_book_is_given_out),
        cmocka_unit_test(what_stands_in_no_book_is_printed_once),
        cmocka_unit_test(a_jam_uses_places_up_and_the_lines_come_again_marked),
        cmocka_unit_test(over_the_fold_and_on_the_next_page),
        cmocka_unit_test(another_book_goes_on_where_the_first_ended),
        cmocka_unit_test(a_counter_that_died_leaves_a_question),
        cmocka_unit_test(a_printer_that_is_off_prints_nothing_and_gives_the_lines_back),
        cmocka_unit_test(a_pr2_prints_it_too),
        cmocka_unit_test(the_book_proves_whose_account_it_is),
        cmocka_unit_test(a_full_book_says_so_and_the_next_one_goes_on),
    };
    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
