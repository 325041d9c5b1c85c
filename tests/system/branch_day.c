/* A branch's day through the daemon: vault, tills, hand-over, counts, two people, close, agreement, reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

static struct world w;
static struct talk teller, other, boss;
static char socket_path[512], today[16];
static long long taken; /* fen in the till by payments */

static int start(void **state)
{
    world_open(&w, "day");
    world_utility(&w, 300);
    world_bank(&w);
    world_branch(&w, "agreement = 1s\nagain = 300ms\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&teller, socket_path, "03");
    talk_open(&other, socket_path, "04");
    talk_open(&boss, socket_path, "01");
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
    snprintf(today, sizeof today, "%s", talk_text(talk_ask(&boss, "state", NULL), "business_date"));
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    talk_close(&other);
    talk_close(&boss);
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

/* Asks with a second person's word; the result. */
static json_t *by_two(struct talk *maker, const char *checker, const char *method, json_t *params)
{
    talk_approve(maker, checker, BRANCH_PASSWORD, method, params);
    json_t *result = talk_ask(maker, method, "O", params);
    json_decref(params);
    return result;
}

static void collect(struct talk *t)
{
    char number[64], key[64];
    world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                   " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
    json_t *card = talk_ask(t, "pay", "o", talk_draft(talk_ask(t, "lookup", "{s:s}", "customer", number), 0));
    snprintf(key, sizeof key, "%s", talk_text(card, "key"));
    taken += talk_number(card, "total_fen");
    talk_ask(t, "shown", "{s:s}", "key", key);
    talk_state_reaches(t, key, "posted", 5000);
}

static void roles_are_kept(void **state)
{
    talk_refused(&teller, "sign-on", "lookup", "{s:s}", "customer", "0499110001");
    talk_refused(&boss, "role", "pay", "{}");
    talk_refused(&boss, "role", "printer_bind", "{}");
    talk_refused(&teller, "password", "sign_on", "{s:s, s:s, s:i}", "operator", BRANCH_TELLER, "password", "wrong", "float_fen", 0);
    talk_refused(&teller, "session-elsewhere", "sign_on", "{s:s, s:s, s:i}", "operator", BRANCH_SUPERVISOR, "password", BRANCH_PASSWORD,
                 "float_fen", 0);
    talk_refused(&teller, "till", "sign_on", "{s:s, s:s}", "operator", BRANCH_TELLER, "password", BRANCH_PASSWORD);
    talk_refused(&teller, "session-elsewhere", "hello", "{s:s, s:s, s:i}", "terminal", "01", "language", "en", "protocol", 1);
}

static void the_vault_is_filled_by_two(void **state)
{
    json_t *params = json_pack("{s:s, s:i}", "act", "in", "sum_fen", 500000);
    talk_refused(&boss, "approval", "vault", "O", params);
    talk_refused(&boss, "approval-same", "approve", "{s:s, s:s, s:s, s:O}", "operator", BRANCH_SUPERVISOR, "password", BRANCH_PASSWORD, "act",
                 "vault", "params", params);
    talk_refused(&boss, "approval-role", "approve", "{s:s, s:s, s:s, s:O}", "operator", BRANCH_TECHNICIAN, "password", BRANCH_PASSWORD, "act",
                 "vault", "params", params);
    talk_refused(&boss, "approval-password", "approve", "{s:s, s:s, s:s, s:O}", "operator", BRANCH_OTHER_SUPERVISOR, "password", "wrong", "act",
                 "vault", "params", params);
    assert_int_equal(talk_number(by_two(&boss, BRANCH_OTHER_SUPERVISOR, "vault", params), "vault_fen"), 500000);
}

/* A printer with this roll takes the receipts of the teller's terminal. */
static void bind_receipts(const char *profile, const char *media)
{
    struct talk technician;
    talk_open(&technician, socket_path, "09");
    talk_sign_on(&technician, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_ask(&technician, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s}", "name", "R", "uri", "file:/dev/null", "profile", profile,
             "template", "", "media", media, "offset_x_mm10", 0, "offset_y_mm10", 0, "terminal", "03", "document", "receipt");
    talk_close(&technician);
}

/* The receipt as the counter places it: drawn with what branchd gave, and read back. */
static void its_paper_says(json_t *job, const char *const *texts)
{
    char path[300], command[1200];
    assert_int_equal(json_dump_file(json_object_get(job, "data"), world_path(&w, "note.json", path, sizeof path), 0), 0);
    snprintf(command, sizeof command, "%s/counter template show printer-templates/%s.form --lang zh_CN --media %s --data %s --pdf %s/note.pdf >/dev/null &&"
             " pdftotext -layout %s/note.pdf %s/note.txt", w.bin, talk_text(job, "template"), talk_text(job, "media"), path, w.dir, w.dir, w.dir);
    if (system(command) != 0) fail_msg("%s", command);
    char *paper = world_read(&w, "note.txt");
    for (; *texts; texts++)
        if (strstr(paper, *texts) == NULL) fail_msg("\"%s\" is not on: %s", *texts, paper);
    free(paper);
}

static void a_note_taken_in_has_a_receipt_of_the_printers_own_width(void **state)
{
    static const char *const row[][3] = {{"escpos-58", "roll-58", "counterfeit-58"}, {"escpos-80", "roll-80", "counterfeit-80"}};
    for (int i = 0; i < 2; i++) {
        char serial[16];
        snprintf(serial, sizeof serial, "FK7700012%d", i);
        bind_receipts(row[i][0], row[i][1]);
        json_t *job = by_two(&teller, BRANCH_SUPERVISOR, "counterfeit", json_pack("{s:i, s:s, s:s, s:s}", "fen", 5000, "serial", serial, "series", "2019",
                                                                                "customer_name", "李秀兰"));
        assert_string_equal(talk_text(job, "template"), row[i][2]);
        assert_string_equal(talk_text(job, "media"), row[i][1]);
        its_paper_says(job, (const char *const[]){serial, "2019", "50", "李秀兰", "陈刚", NULL});
    }
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM entry WHERE event = 'counterfeit' AND commodity = 'CFT'"), 3);
}

static void tills_open_with_a_counted_float(void **state)
{
    talk_ask(&teller, "sign_on", "{s:s, s:s, s:i}", "operator", BRANCH_TELLER, "password", BRANCH_PASSWORD, "float_fen", 20000);
    collect(&teller);
    collect(&teller);
    by_two(&teller, BRANCH_SUPERVISOR, "till_cash", json_pack("{s:s, s:i}", "direction", "out", "sum_fen", 5000));
    json_t *receipt = by_two(&teller, BRANCH_SUPERVISOR, "counterfeit", json_pack("{s:i, s:s, s:s, s:s}", "fen", 10000, "serial", "HD90123456",
                                                                                "series", "2005", "customer_name", "王建国"));
    json_t *note = json_array_get(json_object_get(json_object_get(receipt, "data"), "notes"), 0);
    assert_string_equal(talk_text(note, "serial"), "HD90123456");
    assert_string_equal(talk_text(note, "face"), "100");
    assert_string_equal(talk_text(json_object_get(receipt, "data"), "approver_name"), BRANCH_SUPERVISOR " 陈刚");
    assert_string_equal(talk_text(receipt, "template"), "counterfeit-80");
    json_t *now = talk_ask(&boss, "branch_now", NULL);
    json_t *till = json_array_get(json_object_get(now, "tills"), 0);
    assert_int_equal(talk_number(till, "cash_fen"), 20000 + taken - 5000);
    assert_int_equal(talk_number(now, "vault_fen"), 500000 - 20000 + 5000);
}

static void a_lock_holds_until_the_password(void **state)
{
    talk_ask(&teller, "lock", NULL);
    talk_refused(&teller, "locked", "lookup", "{s:s}", "customer", "0499110001");
    talk_refused(&teller, "password", "unlock", "{s:s}", "password", "wrong");
    talk_ask(&teller, "unlock", "{s:s}", "password", BRANCH_PASSWORD);
    talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110001");
}

static void a_till_is_handed_over_and_counted_blind(void **state)
{
    long long cash = 20000 + taken - 5000;
    talk_ask(&teller, "till_count", "{s:I}", "sum_fen", (json_int_t)(cash - 100)); /* short */
    talk_ask(&teller, "till_handover", "{s:s}", "to", BRANCH_OTHER_TELLER);
    talk_ask(&teller, "sign_off", NULL);
    talk_ask(&other, "sign_on", "{s:s, s:s, s:b}", "operator", BRANCH_OTHER_TELLER, "password", BRANCH_PASSWORD, "no_till", 1);
    talk_refused(&other, "till", "pay", "o", json_pack("{s:O, s:[], s:i, s:i, s:i}", "token",
                 json_object_get(talk_ask(&other, "lookup", "{s:s}", "customer", "0499110001"), "token"), "bills", "prepaid_fen", 100,
                 "tendered_fen", 100, "change_fen", 0));
    json_t *count = talk_ask(&other, "till_accept", "{s:s, s:I}", "number", "03", "sum_fen", (json_int_t)(cash - 100));
    assert_int_equal(talk_number(count, "difference_fen"), 0);
    collect(&other);
}

static void the_day_closes_once_and_is_agreed(void **state)
{
    talk_refused(&boss, "state", "day_close", "{s:s}", "date", today); /* a till is open */
    json_t *day = talk_ask(&boss, "day_close", "{s:s, s:s}", "date", today, "stage", "begin");
    assert_string_equal(talk_text(day, "state"), "closing");
    json_t *draft = talk_draft(talk_ask(&other, "lookup", "{s:s}", "customer", "0499110001"), 0);
    talk_refused(&other, "day", "pay", "o", draft);
    long long cash = 20000 + taken - 5000 - 100;
    json_t *count = talk_ask(&other, "till_count", "{s:I}", "sum_fen", (json_int_t)(cash + 50)); /* over */
    assert_int_equal(talk_number(count, "difference_fen"), 50);
    assert_string_equal(talk_text(talk_ask(&other, "till_close", NULL), "state"), "closed");
    long long vault = talk_number(talk_ask(&boss, "branch_now", NULL), "vault_fen");
    assert_int_equal(vault, 480000 + 5000 + cash + 50);
    by_two(&boss, BRANCH_OTHER_SUPERVISOR, "vault", json_pack("{s:s, s:I}", "act", "count", "sum_fen", (json_int_t)vault));
    /* one payment is another at the utility, and one is there that was never made here */
    world_sql(&w, "utility.db", "UPDATE payment SET amount_fen = amount_fen + 1 WHERE id = 1 RETURNING 1");
    world_sql(&w, "utility.db", "INSERT INTO payment (station, reference, proc, state, code, content, origin, customer, amount_fen, taken, business, posted_ms, approval)"
                                " SELECT station, 10000009999, proc, state, code, content, origin, customer, amount_fen, taken, business, posted_ms, 'ZZZZZZ'"
                                " FROM payment WHERE id = 2 RETURNING 1");
    day = talk_ask(&boss, "day_close", "{s:s}", "date", today);
    assert_string_equal(talk_text(day, "state"), "closed");
    assert_string_equal(talk_text(day, "agreement"), "differences");
    json_t *differences = json_object_get(day, "differences");
    assert_int_equal(json_array_size(differences), 2);
    assert_string_equal(talk_text(json_array_get(differences, 0), "kind"), "not ours");
    assert_string_equal(talk_text(json_array_get(differences, 0), "reference"), "010000009999");
    assert_string_equal(talk_text(json_array_get(differences, 1), "kind"), "amount");
    assert_string_equal(talk_text(json_array_get(differences, 1), "reference"), "010000000001");
    talk_refused(&boss, "state", "day_close", "{s:s}", "date", today);
    world_sql(&w, "utility.db", "UPDATE payment SET amount_fen = amount_fen - 1 WHERE id = 1 RETURNING 1");
    world_sql(&w, "utility.db", "UPDATE payment SET business = business - 30 WHERE reference = 10000009999 RETURNING 1");
    day = talk_ask(&boss, "agree", "{s:s}", "date", today);
    assert_string_equal(talk_text(day, "agreement"), "agreed");
    assert_int_equal(json_array_size(json_object_get(day, "differences")), 0);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM branch_day WHERE closed = 1 AND agreed = 1"), 1);
}

/* The counter's own template takes the data: nothing that it needs is missing. (What fontconfig keeps to its end is no leak.) */
static void draw(const json_t *data, const char *form)
{
    char path[512], command[1500];
    assert_int_equal(json_dump_file(data, world_path(&w, "report.json", path, sizeof path), 0), 0);
    snprintf(command, sizeof command, "ASAN_OPTIONS=detect_leaks=0 '%s/counter' template show printer-templates/%s.form --data '%s' > '%s/drawn' 2>&1", w.bin, form, path, w.dir);
    if (system(command) != 0) fail_msg("%s: %s", form, world_read(&w, "drawn"));
}

static void reports_say_what_the_ledger_says(void **state)
{
    char line[64];
    json_t *report = talk_ask(&boss, "report", "{s:s, s:s}", "name", "branch", "day", today);
    json_t *totals = json_object_get(json_object_get(report, "data"), "sums");
    assert_int_equal(talk_number(totals, "payments"), 3);
    assert_int_equal(talk_number(totals, "payments_fen"), taken);
    assert_int_equal(talk_number(totals, "short_fen"), 100);
    assert_int_equal(talk_number(totals, "over_fen"), 50);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT sum(amount_fen) FROM payment WHERE state = 2 AND reference <> 10000009999"), taken);
    snprintf(line, sizeof line, "branch,payments_fen,%lld.%02lld\r\n", taken / 100, taken % 100);
    assert_non_null(strstr(talk_text(report, "csv"), line));
    assert_int_equal(strlen(talk_text(json_object_get(report, "data"), "audit_head")), 64);
    draw(json_object_get(report, "data"), "branch-day-a4");
    report = talk_ask(&boss, "report", "{s:s, s:s, s:s}", "name", "teller", "day", today, "teller", BRANCH_OTHER_TELLER);
    assert_int_equal(talk_number(json_object_get(json_object_get(report, "data"), "sums"), "payments"), 1);
    draw(json_object_get(report, "data"), "teller-day-a4");
    report = talk_ask(&boss, "report", "{s:s, s:s}", "name", "month", "day", today);
    assert_int_equal(talk_number(json_object_get(report, "data"), "payments_fen"), taken);
    talk_refused(&boss, "params", "report", "{s:s, s:s}", "name", "year", "day", today);
    talk_refused(&other, "role", "report", "{s:s, s:s}", "name", "branch", "day", today);
}

static void the_journal_is_read_by_hledger_beside_the_daemon(void **state)
{
    char command[1400], config[512];
    world_path(&w, "branchd.ini", config, sizeof config);
    snprintf(command, sizeof command, "'%s/branchd' --config='%s' journal > '%s/day.journal' && hledger -f '%s/day.journal' check", w.bin, config,
             w.dir, w.dir);
    assert_int_equal(system(command), 0);
    assert_int_equal(system("exit $(ls /tmp/gridteller-day-*/branch.db.look-* 2>/dev/null | wc -l)"), 0);
}

static void operators_change_by_two_supervisors(void **state)
{
    json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "number", "1003", "name", "周静", "role", "teller", "password", "short");
    talk_refused(&boss, "weak", "operator_add", "O", params);
    json_object_set_new(params, "password", json_string("another pass phrase"));
    talk_refused(&boss, "approval", "operator_add", "O", params);
    by_two(&boss, BRANCH_OTHER_SUPERVISOR, "operator_add", params);
    talk_ask(&teller, "sign_on", "{s:s, s:s, s:b}", "operator", "1003", "password", "another pass phrase", "no_till", 1);
    talk_refused(&teller, "must-change", "todo", NULL);
    talk_ask(&teller, "change_password", "{s:s, s:s}", "old", "another pass phrase", "new", "the third pass phrase");
    talk_ask(&teller, "todo", NULL);
    for (int i = 0; i < 5; i++)
        talk_refused(&teller, i < 4 ? "password" : "locked-out", "change_password", "{s:s, s:s}", "old", "wrong", "new", "the fourth pass phrase");
    json_t *list = by_two(&boss, BRANCH_OTHER_TELLER, "operator_unlock", json_pack("{s:s}", "number", "1003"));
    assert_int_equal(json_array_size(list), 6);
}

static void the_next_day_is_opened(void **state)
{
    char next[16];
    day_t day;
    assert_true(day_parse(today, &day));
    talk_refused(&boss, "day", "day_open", "{s:s}", "date", today);
    json_t *opened = talk_ask(&boss, "day_open", "{s:s}", "date", day_format(day + 1, next, sizeof next));
    assert_string_equal(talk_text(opened, "state"), "open");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(roles_are_kept),
    cmocka_unit_test(the_vault_is_filled_by_two),
    cmocka_unit_test(tills_open_with_a_counted_float), cmocka_unit_test(a_note_taken_in_has_a_receipt_of_the_printers_own_width),
    cmocka_unit_test(a_lock_holds_until_the_password),
    cmocka_unit_test(a_till_is_handed_over_and_counted_blind),
    cmocka_unit_test(the_day_closes_once_and_is_agreed),
    cmocka_unit_test(reports_say_what_the_ledger_says),
    cmocka_unit_test(the_journal_is_read_by_hledger_beside_the_daemon),
    cmocka_unit_test(operators_change_by_two_supervisors),
    cmocka_unit_test(the_next_day_is_opened),
};

int main(void)
{
    return cmocka_run_group_tests_name("branch's day", tests, start, stop);
}
