/* A month's bills file goes in whole or not at all; what was paid is never lost,
 * what was prepaid is used. On both stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/utility_world.h"

static struct utility_world u;

static int start(enum db_kind kind)
{
    utility_world_open(&u, "import", kind, "");
    utility_serve(&u);
    return 0;
}
static int start_sqlite(void **state) { return start(DB_SQLITE); }
static int start_postgres(void **state) { return start(DB_POSTGRES); }
static int stop(void **state)
{
    utility_world_close(&u);
    return 0;
}

static int64_t bills_now(void) { return utility_sql(&u, "SELECT count(*) FROM bill"); }

/* Imports a file as it stands; what was said on stderr is in `said`. */
static char *said;
static int import(const char *file)
{
    char path[300], log[300];
    free(said);
    remove(world_path(&u.w, "run.log", log, sizeof log));
    int code = utility_run(&u, NULL, 0, "import", world_path(&u.w, file, path, sizeof path), NULL, NULL);
    said = world_read(&u.w, "run.log");
    return code;
}

#define HEAD "BILLS|1|0311|2026-11-19T18:00:00|2026-11-20\n"
#define ROW(number, customer, amount) number "|" customer "|王建国|永昌路1号|深州镇|R|100000000001|202610|1000|1100|1|100|" amount "|100@0.5200|2026-11-25|2026-11-01|2026-11-28|1\n"

static void refused(const char *text, const char *word)
{
    int64_t before = bills_now();
    world_write(&u.w, "bad.txt", "%s", text);
    assert_int_equal(import("bad.txt"), EX_DATAERR);
    if (strstr(said, word) == NULL) fail_msg("\"%s\" is not in: %s", word, said);
    assert_non_null(strstr(said, "nothing of the file was taken in"));
    assert_int_equal(bills_now(), before);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM customer"), before ? utility_sql(&u, "SELECT count(DISTINCT customer) FROM bill") : 0);
}

static void a_faulty_file_is_refused_whole_with_line_and_field(void **state)
{
    refused("", "empty");
    refused(HEAD ROW("A1", "CA", "5200"), "END"); /* cut off */
    refused(HEAD ROW("A1", "CA", "5200") "END|2|5200\n", "records");
    refused(HEAD ROW("A1", "CA", "5200") "END|1|5201\n", "bad.txt:3: field 3 (sum of amounts)");
    refused(HEAD ROW("A1", "CA", "-5200") "END|1|-5200\n", "bad.txt:2: field 13 (amount): -5200 is negative");
    refused(HEAD ROW("A1", "CA", "5200") ROW("A1", "CA", "5200") "END|2|10400\n", "bad.txt:3: field 1 (bill): bill A1 stands in line 2 already");
    refused(HEAD ROW("A1", "C\xff\xffX", "5200") "END|1|5200\n", "bad.txt:2");
    refused("BILLS|1|0999|2026-11-19T18:00:00|2026-11-20\nEND|0|0\n", "utility 0999");
    refused("BILLS|2|0311|2026-11-19T18:00:00|2026-11-20\nEND|0|0\n", "version");
    refused(HEAD "A1|CA|two fields\nEND|1|0\n", "bad.txt:2");
    refused(HEAD ROW("A1", "CA", "52\0020") "END|1|0\n", "amount");
}

static void a_line_of_ten_megabytes_is_a_fault_like_another(void **state)
{
    size_t size = 10u << 20;
    char *text = malloc(size + 400);
    assert_non_null(text);
    int len = sprintf(text, HEAD);
    memset(text + len, 'x', size);
    strcpy(text + len + size, "\nEND|1|0\n");
    refused(text, "bad.txt:2");
    free(text);
}

static void the_first_twenty_of_many_faults_are_listed(void **state)
{
    char *text = calloc(1, 1 << 16);
    size_t len = (size_t)sprintf(text, HEAD);
    for (int i = 0; i < 50; i++)
        len += (size_t)sprintf(text + len, ROW("B%02d", "CB", "x"), i);
    sprintf(text + len, "END|50|0\n");
    refused(text, "bad.txt:21: field 13 (amount)");
    assert_null(strstr(said, "bad.txt:22:"));
    assert_non_null(strstr(said, "and 30 more faults"));
    free(text);
}

static void an_unknown_file_and_a_wrong_call_say_what_to_do(void **state)
{
    assert_int_equal(import("not-there.txt"), EX_NOINPUT);
    assert_int_equal(utility_run(&u, NULL, 0, "import", NULL, NULL, NULL), EX_USAGE);
    assert_int_equal(utility_run(&u, NULL, 0, "import", "--replace", "2026", "x"), EX_USAGE);
    assert_int_equal(utility_run(&u, NULL, 0, "import", "--encoding", "latin", "x"), EX_USAGE);
}

static void gb18030_and_utf8_give_the_same_books(void **state)
{
    char *out = NULL, path[300];
    size_t len;
    struct error err;
    static const char text[] = HEAD "R1|CR|𠮷田䶮|开发区|深州镇|R|1|202610|0|100|1|100|5200|100@0.52|2026-11-25|2026-11-01|2026-11-28|1\nEND|1|5200\n";
    assert_int_equal(utf8_to_gb18030(text, strlen(text), &out, &len, &err), 0);
    FILE *f = fopen(world_path(&u.w, "gb.txt", path, sizeof path), "w");
    assert_int_equal(fwrite(out, 1, len, f), len);
    fclose(f);
    free(out);
    world_write(&u.w, "utf8.txt", "%s", text);
    assert_int_equal(import("gb.txt"), 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM customer WHERE name='𠮷田䶮'"), 1);
    char report[400];
    assert_int_equal(utility_run(&u, report, sizeof report, "import", world_path(&u.w, "utf8.txt", path, sizeof path), NULL, NULL), 0);
    assert_non_null(strstr(report, "new 0, changed 0, as before 1"));
}

static void pay(const char *customer, const char *bill, int64_t bill_fen, int64_t prepaid_fen, int64_t n)
{
    struct wire_payment p;
    utility_pay_start(&p, customer, n);
    if (bill) utility_pay_bill(&p, bill, bill_fen, 0);
    if (prepaid_fen) utility_pay_prepaid(&p, prepaid_fen);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
}

/* Re-reads of meters: the same month again, while the bank has taken some of it. */
static void a_months_bills_are_replaced_and_what_was_paid_stays(void **state)
{
    struct bill b[] = {utility_bill("M1", "CM", 5), utility_bill("M2", "CN", 5), utility_bill("M3", "CO", 5), utility_bill("M4", "CP", 5)};
    char path[300], report[600];
    strcpy(b[3].period, "202609"); /* of another month */
    utility_import_bills(&u, "month.txt", b, 4);
    pay("CM", "M1", 5200, 0, 101);
    b[0].amount_fen = 5300; /* the paid one is corrected, too late */
    b[1].amount_fen = 5100; /* the open one is corrected; M3 is gone; M5 is new */
    b[2] = utility_bill("M5", "CO", 5);
    utility_write_bills(&u, "again.txt", b, 3);
    assert_int_equal(utility_run(&u, report, sizeof report, "import", "--replace", "202610", world_path(&u.w, "again.txt", path, sizeof path)), 0);
    assert_non_null(strstr(report, "new 1, changed 1, as before 0, paid or out for withholding 1, withdrawn 2")); /* M3, and R1 of before */
    char *notes = world_read(&u.w, "run.log");
    assert_non_null(strstr(notes, "bill M1 is paid or out for withholding with 52.00; the file says 53.00: it stays"));
    free(notes);
    assert_int_equal(utility_sql(&u, "SELECT amount_fen FROM bill WHERE number='M1' AND state=1"), 5200);
    assert_int_equal(utility_sql(&u, "SELECT amount_fen FROM bill WHERE number='M2' AND state=0"), 5100);
    assert_int_equal(utility_sql(&u, "SELECT state FROM bill WHERE number='M3'"), 3);
    assert_int_equal(utility_sql(&u, "SELECT state FROM bill WHERE number='M4'"), 0);
    pay("CN", "M2", 5100, 0, 102);
    utility_holds(&u);
}

static void a_number_that_is_another_customers_refuses_the_file(void **state)
{
    struct bill b = utility_bill("M1", "STRANGER", 5);
    int64_t before = bills_now();
    utility_write_bills(&u, "stranger.txt", &b, 1);
    assert_int_equal(import("stranger.txt"), EX_DATAERR);
    assert_non_null(strstr(said, "stranger.txt:2: field 2 (customer): bill M1 stands in the books for customer CM"));
    assert_int_equal(bills_now(), before);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM customer WHERE number='STRANGER'"), 0);
}

static int64_t credit(const char *customer)
{
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT credit_fen FROM customer WHERE number='%s'", customer);
    return utility_sql(&u, sql);
}

static void prepaid_credit_is_used_up_by_the_next_import(void **state)
{
    struct bill b[] = {utility_bill("Q1", "CQ", 5), utility_bill("Q2", "CQ", 6), utility_bill("Q3", "CQ", 7)};
    utility_import_bills(&u, "first.txt", b, 1);
    pay("CQ", "Q1", 5200, 7000, 201);
    assert_int_equal(credit("CQ"), 7000);
    utility_import_bills(&u, "next.txt", b, 3);
    assert_int_equal(credit("CQ"), 0);
    assert_int_equal(utility_sql(&u, "SELECT state FROM bill WHERE number='Q2' AND paid_by=0 AND covered_fen=5200"), 1);
    assert_int_equal(utility_sql(&u, "SELECT covered_fen FROM bill WHERE number='Q3' AND state=0"), 1800);
    utility_holds(&u);
    /* the bill that is covered in part changes: what covered it is used anew */
    b[2].amount_fen = 1500;
    utility_import_bills(&u, "changed.txt", b, 3);
    assert_int_equal(utility_sql(&u, "SELECT covered_fen FROM bill WHERE number='Q3' AND state=1"), 1500);
    assert_int_equal(credit("CQ"), 300);
    utility_holds(&u);
}

static void the_rest_of_a_covered_bill_is_paid_and_undone(void **state)
{
    struct bill b[] = {utility_bill("S1", "CS", 5), utility_bill("S2", "CS", 6)};
    struct wire_payment p, rest;
    struct wire_answer a;
    utility_import_bills(&u, "s1.txt", b, 1);
    utility_pay_start(&p, "CS", 301);
    utility_pay_bill(&p, "S1", 5200, 0);
    utility_pay_prepaid(&p, 1000);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    utility_import_bills(&u, "s2.txt", b, 2);
    utility_pay_start(&rest, "CS", 302);
    utility_pay_bill(&rest, "S2", 4200, 0); /* 10.00 of it are covered */
    assert_string_equal(utility_pay(&u, &rest, "0200", NULL), "00");
    /* the prepaid part is used up: a reversal is refused, an advice leaves it short */
    assert_string_equal(utility_undo(&u, &p, "0400", NULL), "51");
    assert_string_equal(utility_undo(&u, &p, "0420", &a), "00");
    assert_int_equal(a.parts[0].place, PLACE_SUSPENSE);
    assert_int_equal(a.parts[0].amount_fen, 1000);
    assert_string_equal(utility_undo(&u, &rest, "0400", NULL), "00");
    utility_holds(&u);
}

/* Open bills that a file no longer names give their cover back. */
static void a_withdrawn_bill_gives_its_credit_back(void **state)
{
    struct bill b[] = {utility_bill("T1", "CT", 5), utility_bill("T2", "CT", 6), utility_bill("T9", "CU", 6)};
    char path[300];
    for (int i = 0; i < 3; i++)
        strcpy(b[i].period, i == 1 ? "202612" : "202611");
    strcpy(b[2].period, "202612");
    utility_import_bills(&u, "t1.txt", b, 1);
    pay("CT", "T1", 5200, 900, 401);
    utility_import_bills(&u, "t2.txt", b, 2);
    assert_int_equal(credit("CT"), 0);
    utility_write_bills(&u, "t3.txt", &b[2], 1);
    assert_int_equal(utility_run(&u, NULL, 0, "import", "--replace", "202612", world_path(&u.w, "t3.txt", path, sizeof path)), 0);
    assert_int_equal(credit("CT"), 900);
    assert_int_equal(utility_sql(&u, "SELECT state FROM bill WHERE number='T2'"), 3);
    assert_int_equal(utility_run(&u, NULL, 0, "import", "--replace", "202501", world_path(&u.w, "t3.txt", path, sizeof path)), EX_DATAERR);
    utility_holds(&u);
}

static void a_hundred_thousand_bills_take_seconds_and_no_bar_where_nobody_looks(void **state)
{
    char path[300];
    utility_import(&u, 100000);
    assert_true(bills_now() > 100000);
    char *log = world_read(&u.w, "run.log");
    assert_null(strchr(log, '\r'));
    free(log);
    utility_holds(&u);
    /* the same seed and date: the same file, byte for byte */
    char *first = malloc(60 << 20), *again = malloc(60 << 20);
    assert_true(first && again);
    utility_run(&u, first, 60 << 20, "sample", "--bills", "5000", "--date=2026-11-20");
    utility_run(&u, again, 60 << 20, "sample", "--bills", "5000", "--date=2026-11-20");
    assert_string_equal(first, again);
    utility_run(&u, again, 60 << 20, "sample", "--bills", "5000", "--seed=2");
    assert_string_not_equal(first, again);
    free(first);
    free(again);
    (void)path;
}

#define TESTS                                                                                                             \
    cmocka_unit_test(a_faulty_file_is_refused_whole_with_line_and_field), cmocka_unit_test(a_line_of_ten_megabytes_is_a_fault_like_another), \
    cmocka_unit_test(the_first_twenty_of_many_faults_are_listed), cmocka_unit_test(an_unknown_file_and_a_wrong_call_say_what_to_do),         \
    cmocka_unit_test(gb18030_and_utf8_give_the_same_books), cmocka_unit_test(a_months_bills_are_replaced_and_what_was_paid_stays),          \
    cmocka_unit_test(a_number_that_is_another_customers_refuses_the_file), cmocka_unit_test(prepaid_credit_is_used_up_by_the_next_import),  \
    cmocka_unit_test(the_rest_of_a_covered_bill_is_paid_and_undone), cmocka_unit_test(a_withdrawn_bill_gives_its_credit_back),              \
    cmocka_unit_test(a_hundred_thousand_bills_take_seconds_and_no_bar_where_nobody_looks)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS}, postgres[] = {TESTS};
    int failed = cmocka_run_group_tests_name("utility_import on SQLite", sqlite, start_sqlite, stop);
    return failed + cmocka_run_group_tests_name("utility_import on PostgreSQL", postgres, start_postgres, stop);
}
