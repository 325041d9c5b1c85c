/* A month's withholding from end to end: the utility's list, a real bank's run,
 * its result back in the books; on both stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/bank_books.h"
#include "lib/utility_world.h"
#include "wire/inquiry.h"

#define CUSTOMERS 9 /* C00000001.., each with account i and bill W%d of 52.00 */

static struct utility_world u;
static struct bank_books bank;
static char said[2000], path[400], batch_file[400];

static int start(enum db_kind kind)
{
    utility_world_open(&u, "uwithhold", kind, "[withhold]\nretry_days = 0\n");
    bank_books_open(&bank, DB_SQLITE, "uwithhold-bank", "");
    bank_books_fill(&bank, CUSTOMERS);
    return 0;
}
static int start_sqlite(void **state) { return start(DB_SQLITE); }
static int start_postgres(void **state) { return start(DB_POSTGRES); }
static int stop(void **state)
{
    bank_books_close(&bank);
    utility_world_close(&u);
    return 0;
}

/* utilityd withhold ARG…; its stderr is the world's run.log. */
static int withhold(const char *a, const char *b, const char *c, const char *d, const char *e, const char *f, const char *g)
{
    const char *args[] = {a, b, c, d, e, f, g};
    for (int i = 0; i < 6; i++)
        if (args[i] == NULL) args[i + 1] = NULL;
    return world_run(&u.w, said, sizeof said, "utilityd", u.config, "withhold", args[0], args[1], args[2], args[3], args[4], args[5], args[6], NULL);
}

static void bills_come_in(const char *prefix)
{
    struct bill b[CUSTOMERS];
    for (int i = 0; i < CUSTOMERS; i++) {
        char number[16], customer[16];
        snprintf(number, sizeof number, "%s%d", prefix, i + 1);
        snprintf(customer, sizeof customer, "C%08d", i + 1);
        b[i] = utility_bill(number, customer, 5);
        snprintf(b[i].name, sizeof b[i].name, "客户%08d", i + 1);
    }
    utility_import_bills(&u, prefix, b, CUSTOMERS);
}

static const char *list_path(void) { return world_path(&u.w, "list.txt", batch_file, sizeof batch_file); }

static void run_at_the_bank(const char *folder)
{
    if (bank_books_run(&bank, list_path(), folder, NULL, 0) != 0) fail_msg("the bank refused the list");
}

static const char *result(const char *folder, const char *batch, const char *kind)
{
    char file[100];
    snprintf(file, sizeof file, "%s/WHRESULT-0311-%s-%s.txt", folder, batch, kind);
    return world_path(&bank.w, file, path, sizeof path);
}

static void the_banks_accounts_say_who_pays_so(void **state)
{
    bills_come_in("W");
    assert_int_equal(world_run(&bank.w, NULL, 0, "bankd", bank.config, "account", "export", "--result", bank.w.dir, NULL), 0);
    char command[600];
    snprintf(command, sizeof command, "mv %s/ACCRESULT-*.txt %s/accounts.txt", bank.w.dir, u.w.dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(withhold("accounts", world_path(&u.w, "accounts.txt", path, sizeof path), NULL, NULL, NULL, NULL, NULL), 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM transfer WHERE bank='102'"), CUSTOMERS);
}

static void a_list_puts_the_months_bills_out_once(void **state)
{
    assert_int_equal(withhold("list", "--bank", "102", "--month", "202610", "--output", list_path()), 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state=2"), CUSTOMERS);
    char *text = world_read(&u.w, "list.txt");
    assert_non_null(strstr(text, "\nEND|9|46800\n"));
    assert_int_equal(withhold("list", "--bank", "102", "--month", "202610", "--output", "/dev/null"), EX_DATAERR); /* nothing is left to put out */
    assert_int_equal(withhold("list", "--bank", "102", "--batch", "202610001", "--output", list_path()), 0);
    char *again = world_read(&u.w, "list.txt");
    assert_string_equal(text, again);
    free(text);
    free(again);
    utility_holds(&u);
}

static void a_bill_that_is_out_is_not_taken_at_a_counter(void **state)
{
    struct wire_payment p;
    utility_serve(&u);
    utility_connect(&u);
    utility_pay_start(&p, "C00000001", 1);
    utility_pay_bill(&p, "W1", 5200, 0);
    struct wire_answer answer;
    assert_string_equal(utility_pay(&u, &p, "0200", &answer), "80");
    assert_non_null(strstr(answer.reason, "out with bank 102: deposit 52.00 there")); /* what can be done instead */
}

static void look_up(const char *customer, struct wire_bills *b)
{
    struct wire_payment p;
    struct iso m, answer;
    struct error err;
    utility_pay_start(&p, customer, 9);
    assert_int_equal(wire_bills_ask(&p.head, customer, NULL, &m, &err), 0);
    assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
    assert_true(iso_is(&answer, 39, "00"));
    assert_int_equal(wire_bills_unpack(&answer, b, &err), 0);
}

/* Asked before it is paid: bank and account of its list, and the list's two days. */
static void the_look_up_says_with_whom_a_bill_is_out_and_until_when(void **state)
{
    static struct wire_bills b;
    look_up("C00000001", &b);
    assert_string_equal(b.bills[0].code, "80");
    assert_string_equal(b.transfer_bank, "102");
    char account[ACCOUNT_TEXT_SIZE];
    bank_books_account(1, account);
    assert_string_equal(b.transfer_end, account + strlen(account) - 4);
    assert_int_equal(b.retry_until, utility_sql(&u, "SELECT retry_until FROM withholding"));
    assert_int_equal(b.result_by, utility_sql(&u, "SELECT result_by FROM withholding"));
    assert_true(b.result_by > b.retry_until);
}

/* Accounts hold 50.01 to 50.09: after deposits, seven of nine are enough. */
static void the_result_posts_what_was_debited_and_opens_the_rest_again(void **state)
{
    char account[ACCOUNT_TEXT_SIZE];
    for (int i = 1; i <= 7; i++)
        assert_int_equal(world_run(&bank.w, NULL, 0, "bankd", bank.config, "account", "deposit", bank_books_account(i, account), "10", NULL), 0);
    run_at_the_bank("r");
    assert_int_equal(withhold("result", result("r", "202610001", "interim"), NULL, NULL, NULL, NULL, NULL), 0);
    assert_non_null(strstr(said, "posted 7, 364.00 yuan"));
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state=2"), 2);
    assert_int_equal(withhold("result", result("r", "202610001", "final"), NULL, NULL, NULL, NULL, NULL), 0);
    assert_non_null(strstr(said, "posted 0, 0.00 yuan; known before 7"));
    assert_non_null(strstr(said, "arrears 2, 104.00 yuan"));
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state=1 AND paid_by<0"), 7);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state=0"), 2);
    static struct wire_bills b;
    look_up("C00000009", &b); /* back: he pays from his account, but no list has it */
    assert_string_equal(b.transfer_bank, "102");
    assert_int_equal(b.result_by, 0);
    assert_int_equal(withhold("result", result("r", "202610001", "final"), NULL, NULL, NULL, NULL, NULL), 0); /* once more: nothing */
    assert_non_null(strstr(said, "posted 0"));
    /* to the fen: the bank's journal is what the utility posted */
    assert_int_equal(bank_books_sql(&bank, "SELECT sum(fen) FROM entry WHERE batch=1"), utility_sql(&u, "SELECT sum(debited_fen) FROM withheld"));
    utility_holds(&u);
}

static void people_are_told_and_can_pay_at_a_counter(void **state)
{
    struct wire_payment p;
    assert_int_equal(withhold("notices", "--bank", "102", "--batch", "202610001", NULL, NULL), 0);
    assert_non_null(strstr(said, "C00000008|客户00000008|W8|【"));
    assert_non_null(strstr(said, "52.00元扣款未成功（账户余额不足）"));
    assert_null(strstr(said, "C00000001"));
    utility_pay_start(&p, "C00000008", 2);
    utility_pay_bill(&p, "W8", 5200, 0);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_int_equal(world_run(&u.w, said, sizeof said, "utilityd", u.config, "query", "withhold", "--customer", "C00000009", NULL), 0);
    assert_non_null(strstr(said, "not enough money"));
    utility_holds(&u);
}

/* The same files, as parts of 0300: the bank fetches what was written, and what it
 * sends is what it wrote. */
static void list_and_result_travel_over_the_line(void **state)
{
    char fetched[400], wrote[400], command[900];
    world_station(&u.w, "bank-102-files");
    world_append(&u.w, "utilityd.policy", "station bank-102-files bank=102 branch=* from=127.0.0.1 messages=file\n");
    world_reload(&u.w, "utilityd");
    world_append(&bank.w, "bankd.ini", "[utility]\naddress = 127.0.0.1:%d\nstation = utility\n[serve]\nca = %s/ca.crt\n[withhold]\ncertificate = %s/bank-102-files.crt\nkey = %s/bank-102-files.key\n",
                 u.w.utility_port, u.w.dir, u.w.dir, u.w.dir);
    world_path(&bank.w, ".", path, sizeof path);
    if (world_run(&bank.w, NULL, 0, "bankd", bank.config, "withhold", "fetch", "202610001", "--result", path, NULL) != 0) fail_msg("not fetched: %s", world_read(&bank.w, "run.log"));
    snprintf(command, sizeof command, "cmp %s %s", world_path(&bank.w, "WHLIST-102-202610001.txt", fetched, sizeof fetched), list_path());
    assert_int_equal(system(command), 0);
    snprintf(wrote, sizeof wrote, "%s", result("r", "202610001", "final"));
    for (int again = 0; again < 2; again++)
        if (world_run(&bank.w, NULL, 0, "bankd", bank.config, "withhold", "send", wrote, NULL) != 0) fail_msg("not sent: %s", world_read(&bank.w, "run.log"));
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM received WHERE file='WHF:202610001'"), 1);
    assert_int_equal(withhold("result", "--bank", "102", "--batch", "202610001", NULL, NULL), 0);
    assert_non_null(strstr(said, "posted 0, 0.00 yuan; known before 7"));
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM received"), 0);
    assert_int_equal(withhold("result", "--bank", "102", "--batch", "202610001", NULL, NULL), EX_DATAERR);
    assert_int_not_equal(world_run(&bank.w, NULL, 0, "bankd", bank.config, "withhold", "fetch", "999", "--result", path, NULL), 0);
}

/* What the page says, read back. */
static const char *pdf_text(const char *file)
{
    static char text[8000];
    char command[700];
    snprintf(command, sizeof command, "pdftotext -layout %s - >%s/pdf.txt", world_path(&u.w, file, path, sizeof path), u.w.dir);
    assert_int_equal(system(command), 0);
    char *all = world_read(&u.w, "pdf.txt");
    snprintf(text, sizeof text, "%s", all);
    free(all);
    return text;
}

static void the_utility_prints_their_invoices_each_under_one_number(void **state)
{
    char to[400];
    const char *pdf = world_path(&u.w, "one.pdf", to, sizeof to);
    char *here = get_current_dir_name();
    world_append(&u.w, "utilityd.ini", "[invoice]\ntemplates = %s/printer-templates\n", here);
    free(here);
    const char *const call[] = {"--bank", "102", "--batch", "202610001", "--output", pdf};
    assert_int_equal(world_run(&u.w, said, sizeof said, "utilityd", u.config, "invoice", call[0], call[1], call[2], call[3], call[4], call[5], "--customer", "C00000002", NULL), 0);
    assert_non_null(strstr(pdf_text("one.pdf"), "客户00000002"));
    assert_non_null(strstr(pdf_text("one.pdf"), "00000001"));
    assert_non_null(strstr(pdf_text("one.pdf"), "52.00"));
    assert_null(strstr(pdf_text("one.pdf"), "补打"));
    assert_int_equal(world_run(&u.w, said, sizeof said, "utilityd", u.config, "invoice", call[0], call[1], call[2], call[3], call[4], call[5], NULL), 0);
    assert_non_null(strstr(said, "7 invoices"));
    assert_non_null(strstr(pdf_text("one.pdf"), "补打"));
    assert_int_equal(utility_sql(&u, "SELECT count(DISTINCT number) FROM invoice"), 7);
    assert_int_equal(utility_sql(&u, "SELECT number FROM invoice i JOIN withheld w ON w.withholding=i.withholding AND w.sequence=i.sequence WHERE w.customer='C00000002'"), 1);
    assert_int_equal(utility_sql(&u, "SELECT sum(reprints) FROM invoice"), 1);
}

static void refused(const char *text, const char *word)
{
    int64_t before = utility_sql(&u, "SELECT sum(debited_fen) FROM withheld");
    world_write(&u.w, "bad.txt", "%s", text);
    assert_int_equal(withhold("result", world_path(&u.w, "bad.txt", path, sizeof path), NULL, NULL, NULL, NULL, NULL), EX_DATAERR);
    char *log = world_read(&u.w, "run.log");
    if (strstr(log, word) == NULL) fail_msg("\"%s\" is not in: %s", word, log);
    free(log);
    assert_int_equal(utility_sql(&u, "SELECT sum(debited_fen) FROM withheld"), before);
}

#define RHEAD(batch, kind) "WHRESULT|1|102|0311|" batch "|202610|2026-11-25T08:00:00|" kind "\n"

static void a_result_that_is_not_of_its_list_is_refused_whole(void **state)
{
    char account[ACCOUNT_TEXT_SIZE], text[600];
    bank_books_account(9, account);
    refused(RHEAD("999", "final") "END|0|0|0\n", "no batch 999");
    refused(RHEAD("202610001", "final") "END|0|0|0\n", "all 9 rows");
    snprintf(text, sizeof text, RHEAD("202610001", "interim") "9|C00000009|客户00000009|5201|%s|W9|5201|00|2026-11-25T08:00:00|x\nEND|1|1|5201\n", account);
    refused(text, "bad.txt:2: no row of the list is like it");
    snprintf(text, sizeof text, RHEAD("202610001", "interim") "9|C00000009|客户00000009|5200|%s|W9|5100|00|2026-11-25T08:00:00|x\nEND|1|1|5100\n", account);
    refused(text, "field 7 (amount debited)");
    snprintf(text, sizeof text, RHEAD("202610001", "interim") "9|C00000009|客户00000009|5200|%s|W9|5200|00|2026-11-25T08:00:00|x\nEND|1|1|5201\n", account);
    refused(text, "field 4 (debited sum)");
}

/* The bank answers too late: the bills were given up, one was paid in cash meanwhile. */
static void what_is_debited_though_it_was_paid_is_credit(void **state)
{
    struct wire_payment p;
    char account[ACCOUNT_TEXT_SIZE];
    bills_come_in("V");
    assert_int_equal(withhold("list", "--bank", "102", "--month", "202610", "--result-by", "2026-01-01"), 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state=2"), CUSTOMERS + 1); /* and W9 */
    char command[600];
    snprintf(command, sizeof command, "mv WHLIST-102-202610002.txt %s/list.txt", u.w.dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM withholding WHERE result_by >= retry_until"), 2);
    struct db *db = utility_db_open(u.where, NULL); /* eight days go by */
    assert_non_null(db);
    assert_int_equal(db_run(db, "UPDATE withholding SET result_by=1, retry_until=1 WHERE batch='202610002'", DB_NO_ARGS), 1);
    db_close(db);
    assert_int_equal(withhold("giveup", NULL, NULL, NULL, NULL, NULL, NULL), 0);
    assert_non_null(strstr(said, "1 lists, 10 bills given up"));
    utility_pay_start(&p, "C00000001", 3);
    utility_pay_bill(&p, "V1", 5200, 0);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    for (int i = 1; i <= CUSTOMERS; i++)
        assert_int_equal(world_run(&bank.w, NULL, 0, "bankd", bank.config, "account", "deposit", bank_books_account(i, account), "200", NULL), 0);
    run_at_the_bank("r2");
    assert_int_equal(withhold("result", result("r2", "202610002", "final"), NULL, NULL, NULL, NULL, NULL), 0);
    assert_non_null(strstr(said, "posted 10, 520.00 yuan"));
    assert_non_null(strstr(said, "exceptions: 1 bills were paid meanwhile"));
    assert_int_equal(utility_sql(&u, "SELECT credit_fen FROM customer WHERE number='C00000001'"), 5200);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM bill WHERE state<>1"), 0);
    utility_holds(&u);
}

#define STORY \
    cmocka_unit_test(the_banks_accounts_say_who_pays_so), cmocka_unit_test(a_list_puts_the_months_bills_out_once), \
    cmocka_unit_test(a_bill_that_is_out_is_not_taken_at_a_counter), cmocka_unit_test(the_look_up_says_with_whom_a_bill_is_out_and_until_when), \
    cmocka_unit_test(the_result_posts_what_was_debited_and_opens_the_rest_again), \
    cmocka_unit_test(people_are_told_and_can_pay_at_a_counter), \
    cmocka_unit_test(list_and_result_travel_over_the_line), cmocka_unit_test(the_utility_prints_their_invoices_each_under_one_number), cmocka_unit_test(a_result_that_is_not_of_its_list_is_refused_whole), \
    cmocka_unit_test(what_is_debited_though_it_was_paid_is_credit)

int main(void)
{
    const struct CMUnitTest on_sqlite[] = {STORY}, on_postgres[] = {STORY};
    int failed = cmocka_run_group_tests(on_sqlite, start_sqlite, stop);
    return failed + cmocka_run_group_tests(on_postgres, start_postgres, stop);
}
