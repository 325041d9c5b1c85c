/* Who has paid, who is in arrears: what people and programs are told, on both stores. */
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "lib/utility_world.h"

static struct utility_world u;
static char out[1 << 20];
static char today[DAY_TEXT_SIZE];

/* CA paid two bills; CB is in arrears with two; CC's name is wide; CD is another station's. */
static int start(enum db_kind kind)
{
    struct bill b[] = {utility_bill("A1", "CA", 5), utility_bill("A2", "CA", 6), utility_bill("B1", "CB", -26), utility_bill("B2", "CB", -10),
                       utility_bill("C1", "CC", -1), utility_bill("D1", "CD", -2), utility_bill("E1", "CE", 5)};
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct wire_payment p;
    day_format(clock_today(&clock), today, sizeof today);
    strcpy(b[4].name, "国营深州市粮食储备库第三分库（城东站）扩建工程筹备办公室");
    strcpy(b[5].station, "大屯镇");
    strcpy(b[6].name, "O'Brien, \"Co\" & Sons");
    utility_world_open(&u, "query", kind, "");
    utility_import_bills(&u, "bills.txt", b, 7);
    utility_serve(&u);
    utility_pay_start(&p, "CA", 1);
    utility_pay_bill(&p, "A1", 5200, 0);
    utility_pay_bill(&p, "A2", 5200, 0);
    utility_pay_prepaid(&p, 1234567);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    utility_pay_start(&p, "CE", 2);
    utility_pay_bill(&p, "E1", 5200, 0);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_string_equal(utility_undo(&u, &p, "0400", NULL), "00");
    utility_pay_start(&p, "NOBODY", 3);
    utility_pay_prepaid(&p, 100);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "14");
    return 0;
}
static int start_sqlite(void **state) { return start(DB_SQLITE); }
static int start_postgres(void **state) { return start(DB_POSTGRES); }
static int stop(void **state)
{
    utility_world_close(&u);
    return 0;
}

static int query(const char *a, const char *b, const char *c) { return utility_run(&u, out, sizeof out, "query", a, b, c); }

static int lines(void)
{
    int count = 0;
    for (const char *p = out; (p = strchr(p, '\n')) != NULL; p++)
        count++;
    return count;
}

static void no_line_is_wider_than_eighty(void)
{
    char line[1000];
    for (char *p = out, *end; (end = strchr(p, '\n')) != NULL; p = end + 1) {
        snprintf(line, sizeof line, "%.*s", (int)(end - p), p);
        if (text_width(line) > 80) fail_msg("%d cells: %s", text_width(line), line);
    }
}

/* Of the line that begins with `first`: the cells in front of a word. */
static int cells_before(const char *first, const char *word)
{
    char line[400];
    const char *at = strstr(out, first), *end = at ? strstr(at, word) : NULL;
    assert_non_null(end);
    snprintf(line, sizeof line, "%.*s", (int)(end - at), at);
    return text_width(line);
}

static void a_customer_is_shown_with_the_late_fee_explained(void **state)
{
    assert_int_equal(query("customer", "CB", NULL), 0);
    no_line_is_wider_than_eighty();
    assert_non_null(strstr(out, "Customer  CB  王建国\n"));
    assert_non_null(strstr(out, "B1  26 days x 1/1000 x 52.00 = 1.35\n"));
    assert_non_null(strstr(out, "B2  10 days x 1/1000 x 52.00 = 0.52\n"));
    assert_non_null(strstr(out, "To pay today, late fees included: 105.87\n"));
    assert_int_equal(query("customer", "CA", "--wide"), 0);
    assert_non_null(strstr(out, "paid   102/0311-0007/010000000001"));
    assert_int_equal(query("customer", "NONE", NULL), EX_DATAERR);
}

static void arrears_are_those_past_due_with_names_aligned(void **state)
{
    assert_int_equal(query("arrears", NULL, NULL), 0);
    no_line_is_wider_than_eighty();
    assert_non_null(strstr(out, "国营深州市粮"));
    assert_int_equal(cells_before("CB", "深州镇"), cells_before("CC", "深州镇"));
    assert_int_equal(cells_before("CB", "104.00") + 1, cells_before("CC", "52.00")); /* amounts stand by their points */
    assert_non_null(strstr(out, "3 rows\n"));
    assert_int_equal(query("arrears", "--station=大屯镇", NULL), 0);
    assert_non_null(strstr(out, "CD"));
    assert_non_null(strstr(out, "1 row\n"));
    assert_int_equal(query("arrears", "--day=2020-01-01", NULL), 0);
    assert_non_null(strstr(out, "0 rows\n"));
}

static void payments_can_be_asked_for_by_everything(void **state)
{
    char day[32];
    snprintf(day, sizeof day, "--day=%s", today);
    static const struct { const char *filter; int rows; } rows[] = {
        {"--bank=102", 3}, {"--bank=103", 0}, {"--branch=0311-0007", 3}, {"--branch=0311-0008", 0}, {"--customer=CA", 1},
        {"--station=深州镇", 2}, {"--station=大屯镇", 0}, {"--day=2020-01-01", 0}, {NULL, 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(query("payments", "--format=csv", rows[i].filter), 0);
        assert_int_equal(lines(), rows[i].rows + 1);
    }
    assert_int_equal(query("payments", "--format=csv", day), 0);
    assert_int_equal(lines(), 4);
    assert_int_equal(query("payments", NULL, NULL), 0);
    no_line_is_wider_than_eighty();
    assert_non_null(strstr(out, "12,449.67"));
}

static void machines_get_csv_and_json(void **state)
{
    assert_int_equal(query("payments", "--format=csv", "--customer=CE"), 0);
    assert_non_null(strstr(out, "key,state,code,approval,customer,name,station,amount,short,business_date,time,flagged\r\n"));
    assert_non_null(strstr(out, "102/0311-0007/010000000002,reversed,00,"));
    assert_non_null(strstr(out, ",CE,\"O'Brien, \"\"Co\"\" & Sons\",深州镇,52.00,0.00,"));
    assert_int_equal(query("payments", "--format=json", NULL), 0);
    int rows = 0;
    for (char *p = out, *end; (end = strchr(p, '\n')) != NULL; p = end + 1, rows++) {
        json_t *row = json_loadb(p, (size_t)(end - p), 0, NULL);
        assert_non_null(row);
        assert_true(json_is_integer(json_object_get(row, "amount")));
        assert_true(json_is_string(json_object_get(row, "key")));
        json_decref(row);
    }
    assert_int_equal(rows, 3);
}

static void a_key_tells_where_its_money_lies_and_who_took_it_back(void **state)
{
    assert_int_equal(query("key", "102/0311-0007/010000000001", NULL), 0);
    no_line_is_wider_than_eighty();
    assert_non_null(strstr(out, "prepaid  credit  12,345.67"));
    assert_int_equal(query("key", "102/0311-0007/010000000002", NULL), 0);
    assert_non_null(strstr(out, "0400 answered 00, asked by 8001 and 8002"));
    assert_int_equal(query("key", "nonsense", NULL), EX_USAGE);
}

static void totals_are_by_branch_and_day(void **state)
{
    assert_int_equal(query("totals", NULL, NULL), 0);
    no_line_is_wider_than_eighty();
    assert_non_null(strstr(out, "       2  12,501.67         1  52.00  open"));
    assert_int_equal(query("totals", "--bank=103", NULL), 0);
    assert_non_null(strstr(out, "0 rows"));
}

static void a_wrong_question_says_how_to_ask(void **state)
{
    static const char *const wrong[][2] = {{"sideways", NULL}, {"customer", NULL}, {"arrears", "--bank=102"}, {"totals", "--follow"},
                                           {"payments", "--day=yesterday"}, {"payments", "--format=xml"}, {"payments", "--nonsense"}, {"arrears", "CA"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(query(wrong[i][0], wrong[i][1], NULL), EX_USAGE);
    static const char *const commands[] = {"init", "import", "sample", "serve", "query", "verify", "certs", "settings"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_int_equal(utility_run(&u, out, sizeof out, commands[i], "--help", NULL, NULL), 0);
        assert_non_null(strstr(out, "usage: utilityd"));
        no_line_is_wider_than_eighty();
    }
    assert_int_equal(utility_run(&u, out, sizeof out, "nonsense", NULL, NULL, NULL), EX_USAGE);
}

/* --- following -------------------------------------------------------------------------- */

static pid_t follow(int *fd)
{
    int fds[2];
    char path[400];
    assert_int_equal(pipe(fds), 0);
    snprintf(path, sizeof path, "%s/utilityd", u.w.bin);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], 1);
        close(fds[0]);
        close(fds[1]);
        execl(path, "utilityd", u.config, "query", "payments", "--follow", "--customer=CB", (char *)NULL);
        _exit(127);
    }
    close(fds[1]);
    *fd = fds[0];
    return pid;
}

/* The next line that it says; empty: nothing in time. */
static const char *line_of(int fd, char *line, size_t size, int ms)
{
    size_t used = 0;
    struct pollfd p = {fd, POLLIN, 0};
    while (used + 1 < size && poll(&p, 1, ms) == 1 && read(fd, line + used, 1) == 1 && line[used] != '\n')
        used++;
    line[used] = '\0';
    return line;
}

static void payments_are_followed_as_they_are_posted(void **state)
{
    char line[300];
    int fd, status;
    struct wire_payment p;
    pid_t pid = follow(&fd);
    /* until it has begun to follow: pay for CB one after the other until a line comes */
    for (int64_t n = 10; n < 60; n++) {
        utility_pay_start(&p, "CB", n);
        utility_pay_prepaid(&p, 100);
        assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
        if (*line_of(fd, line, sizeof line, 200)) break;
    }
    assert_non_null(strstr(line, "posted"));
    assert_non_null(strstr(line, "CB"));
    while (*line_of(fd, line, sizeof line, 300)) {}
    utility_pay_start(&p, "CA", 90); /* not asked for */
    utility_pay_prepaid(&p, 100);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    utility_pay_start(&p, "CB", 91);
    utility_pay_prepaid(&p, 4321);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_non_null(strstr(line_of(fd, line, sizeof line, 5000), "102/0311-0007/010000000091  posted  CB"));
    assert_string_equal(utility_undo(&u, &p, "0400", NULL), "00");
    assert_non_null(strstr(line_of(fd, line, sizeof line, 5000), "102/0311-0007/010000000091  reverse  00  CB"));
    kill(pid, SIGINT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(fd);
}

/* --- verify ----------------------------------------------------------------------------- */

static void verify_names_the_rule_that_is_broken(void **state)
{
    static const struct { const char *harm, *rule, *heal; } harms[] = {
        {"UPDATE customer SET credit_fen=credit_fen+1 WHERE number='CA'", "a customer's credit and what it covers are what was prepaid",
         "UPDATE customer SET credit_fen=credit_fen-1 WHERE number='CA'"},
        {"UPDATE part SET amount_fen=amount_fen+1 WHERE bill='A1'", "a standing payment's parts are its amount", "UPDATE part SET amount_fen=amount_fen-1 WHERE bill='A1'"},
        {"UPDATE bill SET state=0, paid_by=NULL WHERE number='A1'", "what a standing payment gave to a bill has paid it",
         "UPDATE bill SET state=1, paid_by=(SELECT paid_by FROM bill WHERE number='A2') WHERE number='A1'"},
        {"UPDATE change SET bill=bill+1000 WHERE id=(SELECT change FROM bill WHERE number='A1')", "the feed has each bill's last change",
         "UPDATE change SET bill=bill-1000 WHERE id=(SELECT change FROM bill WHERE number='A1')"},
        {"UPDATE payment SET aside=0 WHERE id=(SELECT max(id) FROM payment WHERE aside=1)", "a customer's bills lead to his payments, or their index does",
         "UPDATE payment SET aside=1 WHERE id=(SELECT max(id) FROM payment WHERE aside=0 AND customer='CB')"}};
    struct error err;
    utility_holds(&u);
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        struct db *db = utility_db_open(u.where, &err);
        assert_int_equal(db_run(db, harms[i].harm, DB_NO_ARGS), 1);
        assert_int_equal(utility_run(&u, out, sizeof out, "verify", NULL, NULL, NULL), EX_DATAERR);
        if (strstr(out, harms[i].rule) == NULL || strstr(out, "BROKEN") == NULL) fail_msg("%s: %s", harms[i].harm, out);
        assert_int_equal(db_run(db, harms[i].heal, DB_NO_ARGS), 1);
        db_close(db);
    }
    utility_holds(&u);
}

#define TESTS                                                                                                                     \
    cmocka_unit_test(a_customer_is_shown_with_the_late_fee_explained), cmocka_unit_test(arrears_are_those_past_due_with_names_aligned), \
    cmocka_unit_test(payments_can_be_asked_for_by_everything), cmocka_unit_test(machines_get_csv_and_json),                          \
    cmocka_unit_test(a_key_tells_where_its_money_lies_and_who_took_it_back), cmocka_unit_test(totals_are_by_branch_and_day),        \
    cmocka_unit_test(a_wrong_question_says_how_to_ask), cmocka_unit_test(payments_are_followed_as_they_are_posted),                 \
    cmocka_unit_test(verify_names_the_rule_that_is_broken)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS}, postgres[] = {TESTS};
    int failed = cmocka_run_group_tests_name("utility_query on SQLite", sqlite, start_sqlite, stop);
    return failed + cmocka_run_group_tests_name("utility_query on PostgreSQL", postgres, start_postgres, stop);
}
