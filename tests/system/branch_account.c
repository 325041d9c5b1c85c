/* Special accounts at a counter: opened, paid into and out of, bills paid from them, passbooks; with no line a clear
 * refusal, with no answer nothing believed. Real branchd, bankd and utilityd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define FIRST "0499110001"

static struct world w;
static struct talk teller;
static char account[32], key[64], token[64], bank_key[80];

static void settings(char *config, size_t size, const char *program) { snprintf(config, size, "--config=%s/%s.ini", w.dir, program); }

static int start(void **state)
{
    char out[200] = "", more[300], config[200], socket_path[512];
    world_open(&w, "account");
    world_utility(&w, 100);
    world_bank(&w);
    assert_int_equal(world_stop(&w, "bankd"), 0);
    world_append(&w, "bankd.ini", "[accounts]\nkey = bank.box\nagain = 500ms\n");
    settings(config, sizeof config, "bankd");
    assert_int_equal(world_run(&w, out, sizeof out, "bankd", config, "account", "key", NULL), 0);
    snprintf(bank_key, sizeof bank_key, "%.64s", out);
    world_start(&w, "bankd");
    world_wait_bank(&w);
    snprintf(more, sizeof more, "answer = 1s\nagain = 500ms\nfeed = 1s\n[accounts]\nbank_key = %s\n[till]\nsecond_person = 5000.00\n", bank_key);
    world_branch(&w, more);
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    return 0;
}

static int stop(void **state)
{
    char out[4000], config[200];
    talk_close(&teller);
    world_branch_verify(&w);
    settings(config, sizeof config, "bankd");
    if (world_run(&w, out, sizeof out, "bankd", config, "verify", NULL) != 0) fail_msg("%s", out);
    world_close(&w);
    return 0;
}

/* --- saying --------------------------------------------------------------------------------------- */

/* The account on the screen, and a token for the next act on it. */
static json_t *begin(void)
{
    if (account[0]) talk_ask(&teller, "account", "{s:s}", "account", account);
    json_t *begun = talk_ask(&teller, "account_begin", NULL);
    snprintf(token, sizeof token, "%s", talk_text(begun, "token"));
    snprintf(key, sizeof key, "%s", talk_text(begun, "key"));
    assert_string_equal(talk_text(begun, "bank_key"), bank_key);
    return begun;
}

static const char *sealed(const char *password)
{
    static char text[300];
    char plain[100];
    snprintf(plain, sizeof plain, "%s|%s", password, key);
    assert_true(secret_seal(bank_key, plain, text, sizeof text));
    return text;
}

static json_t *becomes(const char *state)
{
    talk_state_reaches(&teller, key, state, 8000);
    return talk_ask(&teller, "payment", "{s:s}", "key", key);
}

static long long balance(void) { return talk_number(talk_ask(&teller, "account", "{s:s}", "account", account), "balance_fen"); }
static int64_t till(void) { return world_sql(&w, "branch.db", "SELECT coalesce(sum(balance_fen), 0) FROM account WHERE name GLOB 'till:*'"); }

static void withdraw(int fen, const char *password)
{
    begin();
    talk_ask(&teller, "account_withdraw", "{s:s, s:s, s:i, s:s}", "token", token, "account", account, "sum_fen", fen, "sealed", sealed(password));
}

static void prints(const char *template)
{
    json_t *next = talk_ask(&teller, "print_next", NULL);
    assert_string_equal(talk_text(next, "template"), template);
    assert_string_equal(talk_text(next, "kind"), "receipt");
    json_t *job = talk_ask(&teller, "invoice_send", "{s:I}", "invoice", (json_int_t)talk_number(next, "invoice"));
    assert_string_equal(talk_text(job, "number"), ""); /* a receipt has none */
    talk_ask(&teller, "invoice_result", "{s:I, s:i, s:s, s:s, s:i, s:s}", "invoice", (json_int_t)talk_number(job, "invoice"), "attempt",
             (int)talk_number(job, "attempt"), "number", "", "outcome", "confirmed", "bytes", 500, "words", "done");
}

/* --- stories ------------------------------------------------------------------------------------------ */

static void an_account_is_opened_with_its_agreement(void **state)
{
    begin();
    json_t *card = talk_ask(&teller, "account_open", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:i, s:s}", "token", token, "customer", FIRST, "name", "王建国",
                            "document", "130102197001011234", "phone", "13800000000", "sum_fen", 100000, "tendered_fen", 100000, "change_fen", 0,
                            "sealed", sealed("123456"));
    assert_string_equal(talk_text(card, "key"), key);
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    card = becomes("posted");
    assert_string_equal(talk_text(card, "process"), "open");
    assert_int_equal(strlen(talk_text(card, "account")), 18);
    assert_int_equal(talk_number(card, "balance_fen"), 100000);
    snprintf(account, sizeof account, "%s", talk_text(card, "account"));
    prints("account-80");
    json_t *agreement = talk_ask(&teller, "account_agreement", "{s:s}", "account", account), *data = json_object_get(agreement, "data");
    assert_int_equal(talk_number(agreement, "copies"), 2);
    assert_string_equal(talk_text(agreement, "template"), "agreement-a4");
    assert_string_equal(talk_text(data, "holder"), "王建国");
    assert_string_equal(talk_text(data, "id_number"), "130102197001011234");
    assert_int_equal(json_array_size(json_object_get(data, "customers")), 1);
    assert_int_equal(till(), 100000);
}

static void it_is_found_by_a_customer_whose_bills_it_pays(void **state)
{
    begin();
    talk_ask(&teller, "account_link", "{s:s, s:s, s:s, s:s, s:s}", "token", token, "account", account, "act", "link", "customer", "0499110002", "name", "李秀兰");
    becomes("posted");
    json_t *found = talk_ask(&teller, "account", "{s:s}", "customer", "0499110002");
    assert_string_equal(talk_text(found, "account"), account);
    assert_string_equal(talk_text(found, "state"), "open");
    assert_true(json_is_true(json_object_get(found, "password")));
    assert_int_equal(json_array_size(json_object_get(found, "customers")), 2);
    json_t *refused = talk_refused(&teller, "refused", "account", "{s:s}", "customer", "0499110003");
    assert_string_equal(talk_text(refused, "response"), "14");
    talk_refused(&teller, "params", "account", NULL);
}

static void money_goes_in_and_comes_out_with_the_customers_password(void **state)
{
    begin();
    talk_ask(&teller, "account_deposit", "{s:s, s:s, s:i, s:i, s:i}", "token", token, "account", account, "sum_fen", 30000, "tendered_fen", 50000, "change_fen",
             20000);
    json_t *again = talk_ask(&teller, "account_deposit", "{s:s, s:s, s:i, s:i, s:i}", "token", token, "account", account, "sum_fen", 30000, "tendered_fen",
                             50000, "change_fen", 20000); /* Enter twice */
    assert_string_equal(talk_text(again, "key"), key);
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    assert_int_equal(talk_number(becomes("posted"), "balance_fen"), 130000);
    prints("account-80");
    assert_int_equal(till(), 130000);
    /* more than an account can hold: the bank refuses it, and it is handed back with a slip that says so */
    begin();
    json_t *params = json_pack("{s:s, s:s, s:I, s:I, s:i}", "token", token, "account", account, "sum_fen", (json_int_t)999999999999, "tendered_fen",
                               (json_int_t)999999999999, "change_fen", 0);
    talk_refused(&teller, "approval", "account_deposit", "O", params); /* much cash: two people */
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "account_deposit", params);
    talk_ask(&teller, "account_deposit", "o", params);
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    assert_string_equal(talk_text(becomes("declined"), "response"), "13");
    json_t *slip = json_object_get(talk_ask(&teller, "slip", "{s:s}", "key", key), "data");
    assert_string_equal(talk_text(slip, "reason"), "bank-decline");
    talk_ask(&teller, "hand_back", "{s:s}", "key", key);
    assert_int_equal(till(), 130000);
    withdraw(20000, "654321");
    assert_string_equal(talk_text(becomes("declined"), "response"), "55");
    assert_int_equal(till(), 130000);
    withdraw(20000, "123456");
    assert_int_equal(talk_number(becomes("posted"), "balance_fen"), 110000);
    assert_int_equal(till(), 110000);
    prints("account-80");
    assert_int_equal(balance(), 110000);
    begin(); /* a token is for one act; and an account is looked at before */
    talk_refused(&teller, "token", "account_deposit", "{s:s, s:s, s:i, s:i, s:i}", "token", "00", "account", account, "sum_fen", 1, "tendered_fen", 1,
                 "change_fen", 0);
    talk_refused(&teller, "approval", "account_withdraw", "{s:s, s:s, s:i, s:s, s:i}", "token", token, "account", account, "sum_fen", 1, "book", "7",
                 "book_balance_fen", 0); /* without a password two people stand for it */
}

static void bills_are_paid_from_it_and_its_receipt_has_no_number(void **state)
{
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", FIRST), 100);
    begin();
    long long before = balance(), due = talk_number(draft, "tendered_fen");
    json_t *params = json_pack("{s:s, s:O, s:s, s:O, s:O, s:s}", "token", token, "lookup", json_object_get(draft, "token"), "account", account, "bills",
                               json_object_get(draft, "bills"), "prepaid_fen", json_object_get(draft, "prepaid_fen"), "sealed", sealed("123456"));
    json_decref(draft);
    int64_t cash = till();
    talk_ask(&teller, "account_pay", "o", params);
    json_t *card = becomes("posted");
    assert_string_equal(talk_text(card, "process"), "account-payment");
    prints("receipt-80");
    assert_int_equal(till(), cash);
    assert_int_equal(balance(), before - due);
    assert_int_equal(json_array_size(json_object_get(talk_ask(&teller, "lookup", "{s:s}", "customer", FIRST), "bills")), 0);
    char today[16];
    snprintf(today, sizeof today, "%s", talk_text(talk_ask(&teller, "state", NULL), "business_date"));
    json_t *totals = talk_ask(&teller, "totals", "{s:s}", "day", today);
    assert_int_equal(talk_number(totals, "from_accounts_fen"), due);
    assert_int_equal(talk_number(totals, "payments_fen"), due);
    assert_int_equal(talk_number(totals, "deposits_fen"), 130000);
    assert_int_equal(talk_number(totals, "withdrawals_fen"), 20000);
}

static json_t *passbook(const char *method, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static json_t *passbook(const char *method, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    begin();
    json_t *params = json_loads(text, 0, NULL);
    assert_non_null(params);
    json_object_set_new(params, "token", json_string(token));
    json_object_set_new(params, "account", json_string(account));
    return params;
}

static void a_passbook_is_printed_from_its_next_free_place(void **state)
{
    talk_ask(&teller, "passbook_book", "o", passbook("passbook_book", "{\"act\": \"new\", \"book\": 700001}"));
    becomes("posted");
    json_t *lines = talk_ask(&teller, "account_lines", "{s:s, s:b}", "account", account, "unprinted", 1);
    assert_int_equal(talk_number(json_array_get(json_object_get(lines, "movements"), 0), "line"), 1);
    assert_int_equal(json_array_size(json_object_get(lines, "movements")), 4); /* opened, in, out, bills */
    talk_ask(&teller, "passbook_send", "o", passbook("passbook_send", "{\"book\": 700001, \"first\": 1, \"last\": 3}"));
    talk_refused(&teller, "state", "passbook_job", "{s:s}", "key", "102/0311-0007/010000000001"); /* that is something else */
    becomes("posted");
    json_t *job = talk_ask(&teller, "passbook_job", "{s:s}", "key", key);
    assert_int_equal(talk_number(job, "place"), 1);
    lines = json_object_get(json_object_get(job, "data"), "lines");
    assert_int_equal(json_array_size(lines), 3);
    assert_string_equal(talk_text(json_array_get(lines, 2), "kind"), "withdrawal");
    assert_int_equal(talk_number(json_array_get(lines, 2), "amount_fen"), -20000);
    talk_refused(&teller, "state", "passbook_job", "{s:s}", "key", key); /* once a key */
    talk_ask(&teller, "passbook_result", "o", passbook("passbook_result", "{\"book\": 700001, \"first\": 1, \"last\": 2, \"outcome\": \"printed\"}"));
    becomes("posted");
    talk_ask(&teller, "passbook_result", "o", passbook("passbook_result", "{\"book\": 700001, \"first\": 3, \"last\": 3, \"outcome\": \"spoiled\"}"));
    becomes("posted");
    json_t *now = talk_ask(&teller, "account", "{s:s}", "account", account);
    assert_int_equal(talk_number(now, "printed"), 3);
    assert_int_equal(talk_number(now, "place"), 4);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(now, "amiss"), 0)), 3);
    json_t *again = passbook("passbook_send", "{\"book\": 700001, \"first\": 3, \"last\": 3, \"again\": true}");
    talk_refused(&teller, "approval", "passbook_send", "O", again);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "passbook_send", again);
    talk_ask(&teller, "passbook_send", "o", again);
    becomes("posted");
    job = talk_ask(&teller, "passbook_job", "{s:s}", "key", key);
    assert_int_equal(talk_number(job, "place"), 4);
    assert_int_equal(talk_number(json_array_get(json_object_get(json_object_get(job, "data"), "lines"), 0), "again"), 1);
}

/* The bank is there and says nothing. */
static void without_an_answer_nothing_is_handed_out(void **state)
{
    int64_t cash = till();
    begin();
    world_pause(&w, "bankd");
    talk_ask(&teller, "account_withdraw", "{s:s, s:s, s:i, s:s}", "token", token, "account", account, "sum_fen", 1000, "sealed", sealed("123456"));
    char asked[64];
    snprintf(asked, sizeof asked, "%s", key);
    int64_t until = clock_monotonic_ms() + 10000;
    while (strcmp(talk_text(talk_ask(&teller, "payment", "{s:s}", "key", asked), "forwarded"), "unknown") != 0) {
        if (clock_monotonic_ms() > until) fail_msg("it is not told that nothing came");
        talk_note(&teller, "payment", 200);
    }
    json_t *todo = talk_ask(&teller, "todo", NULL), *acts = json_object_get(json_array_get(todo, 0), "acts");
    assert_string_equal(talk_text(json_array_get(todo, 0), "kind"), "no-answer");
    for (size_t i = 0; i < json_array_size(acts); i++)
        assert_string_not_equal(json_string_value(json_array_get(acts, i)), "finish");
    talk_refused(&teller, "state", "finish", "{s:s}", "key", asked);
    json_t *params = json_pack("{s:s}", "key", asked);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "abandon", params);
    talk_ask(&teller, "abandon", "o", params);
    world_resume(&w, "bankd");
    becomes("undone");
    assert_int_equal(till(), cash);
    world_wait_branch(&w);
}

static void one_freezes_it_and_two_thaw_it(void **state)
{
    long long before = balance();
    begin();
    talk_ask(&teller, "account_freeze", "{s:s, s:s, s:s}", "token", token, "account", account, "act", "freeze");
    becomes("posted");
    withdraw(100, "123456");
    assert_string_equal(talk_text(becomes("declined"), "response"), "62");
    begin();
    json_t *params = json_pack("{s:s, s:s, s:s}", "token", token, "account", account, "act", "unfreeze");
    talk_refused(&teller, "approval", "account_freeze", "O", params);
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "account_freeze", params);
    talk_ask(&teller, "account_freeze", "o", params);
    becomes("posted");
    assert_int_equal(balance(), before);
}

static void a_customer_whose_bills_are_debited_is_known_at_the_look_up(void **state)
{
    char config[200], result[300], out[400] = "";
    assert_true(json_is_null(json_object_get(talk_ask(&teller, "lookup", "{s:s}", "customer", FIRST), "transfer")));
    settings(config, sizeof config, "bankd");
    snprintf(result, sizeof result, "--result=%s", w.dir);
    assert_int_equal(world_run(&w, out, sizeof out, "bankd", config, "account", "export", result, NULL), 0);
    char *file = strrchr(out, ' ') ? strrchr(out, ' ') + 1 : out;
    file[strcspn(file, "\n")] = '\0';
    settings(config, sizeof config, "utilityd");
    if (world_run(&w, NULL, 0, "utilityd", config, "withhold", "accounts", file, NULL) != 0) fail_msg("%s: %s", file, world_read(&w, "run.log"));
    json_t *transfer = json_object_get(talk_ask(&teller, "lookup", "{s:s}", "customer", FIRST), "transfer");
    assert_string_equal(talk_text(transfer, "bank"), "102");
    assert_string_equal(talk_text(transfer, "account_end"), account + 14);
}

/* From the utility's own customer centre: a file to the bank, a file back. */
static void an_account_is_opened_at_the_utility(void **state)
{
    char utility[200], bank[200], list[300], file[300], result[300], out[600] = "";
    settings(utility, sizeof utility, "utilityd");
    settings(bank, sizeof bank, "bankd");
    world_path(&w, "centre.txt", list, sizeof list);
    snprintf(file, sizeof file, "--output=%s/open.txt", w.dir);
    snprintf(result, sizeof result, "--result=%s", w.dir);
    world_write(&w, "centre.txt", "0499110003|130102197001015678|13900000000|new\n0499119999|130102|139|new\n" FIRST "|130102|139|new\n");
    assert_int_equal(world_run(&w, NULL, 0, "utilityd", utility, "withhold", "open", "--bank=102", file, list, NULL), 65); /* one unknown, one debited already */
    assert_int_not_equal(access(file + 9, F_OK), 0); /* nothing is half written */
    char *faults = world_read(&w, "run.log");
    assert_non_null(strstr(faults, ":2: customer: "));
    free(faults);
    world_write(&w, "centre.txt", "0499110003|130102197001015678|13900000000|new\n");
    if (world_run(&w, NULL, 0, "utilityd", utility, "withhold", "open", "--bank=102", "--batch=C1", file, list, NULL) != 0) fail_msg("%s", world_read(&w, "run.log"));
    if (world_run(&w, out, sizeof out, "bankd", bank, "account", "import", result, file + 9, NULL) != 0) fail_msg("%s", world_read(&w, "run.log"));
    char *opened = strrchr(out, ' ') + 1;
    opened[strcspn(opened, "\n")] = '\0';
    if (world_run(&w, NULL, 0, "utilityd", utility, "withhold", "accounts", opened, NULL) != 0) fail_msg("%s", world_read(&w, "run.log"));
    json_t *found = talk_ask(&teller, "account", "{s:s}", "customer", "0499110003");
    assert_string_equal(talk_text(found, "document"), "130102197001015678");
    assert_false(json_is_true(json_object_get(found, "password")));
    json_t *transfer = json_object_get(talk_ask(&teller, "lookup", "{s:s}", "customer", "0499110003"), "transfer");
    assert_string_equal(talk_text(transfer, "bank"), "102");
}

static void with_no_line_it_is_said_what_can_be_done_instead(void **state)
{
    begin();
    world_kill(&w, "bankd");
    int64_t until = clock_monotonic_ms() + 20000;
    while (json_is_true(json_object_get(json_object_get(talk_ask(&teller, "state", NULL), "link"), "up"))) {
        if (clock_monotonic_ms() > until) fail_msg("the link does not go down");
        talk_note(&teller, "state", 200);
    }
    json_t *refused = talk_refused(&teller, "link", "account", "{s:s}", "account", account);
    assert_non_null(strstr(talk_text(refused, "remedy"), "in advance"));
    talk_refused(&teller, "link", "account_begin", NULL);
    talk_refused(&teller, "link", "account_deposit", "{s:s, s:s, s:i, s:i, s:i}", "token", token, "account", account, "sum_fen", 1, "tendered_fen", 1,
                 "change_fen", 0);
    world_start(&w, "bankd");
    world_wait_bank(&w);
    world_wait_branch(&w);
}

static void closing_pays_out_what_is_left(void **state)
{
    int64_t cash = till();
    begin();
    talk_ask(&teller, "account_close", "{s:s, s:s, s:i, s:s}", "token", token, "account", account, "sum_fen", 1, "sealed", sealed("123456"));
    assert_string_equal(talk_text(becomes("declined"), "response"), "13");
    int left = (int)balance();
    begin();
    talk_ask(&teller, "account_close", "{s:s, s:s, s:i, s:s}", "token", token, "account", account, "sum_fen", left, "sealed", sealed("123456"));
    becomes("posted");
    assert_int_equal(till(), cash - left);
    prints("account-80");
    assert_string_equal(talk_text(talk_ask(&teller, "account", "{s:s}", "account", account), "state"), "closed");
}

static void branch_bank_and_utility_agree(void **state)
{
    char config[200], out[1000];
    assert_int_equal(world_branch_agrees(&w), 1);
    settings(config, sizeof config, "bankd");
    if (world_run(&w, out, sizeof out, "bankd", config, "totals", NULL) != 0) fail_msg("%s", out); /* the utility has what the bank has */
    assert_non_null(strstr(out, "1 payments"));
    assert_int_equal(world_sql(&w, "branch.db", "SELECT -coalesce(sum(balance_fen), 0) FROM account WHERE name = 'clearing-bank'"),
                     world_sql(&w, "bank.db", "SELECT sum(CASE WHEN debit=2 THEN fen ELSE -fen END) FROM entry WHERE branch='0311-0007' AND (debit=2 OR credit=2)"));
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM audit WHERE words LIKE '%123456%'"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_account_is_opened_with_its_agreement),
        cmocka_unit_test(it_is_found_by_a_customer_whose_bills_it_pays),
        cmocka_unit_test(money_goes_in_and_comes_out_with_the_customers_password),
        cmocka_unit_test(bills_are_paid_from_it_and_its_receipt_has_no_number),
        cmocka_unit_test(a_passbook_is_printed_from_its_next_free_place),
        cmocka_unit_test(without_an_answer_nothing_is_handed_out),
        cmocka_unit_test(one_freezes_it_and_two_thaw_it),
        cmocka_unit_test(a_customer_whose_bills_are_debited_is_known_at_the_look_up),
        cmocka_unit_test(an_account_is_opened_at_the_utility),
        cmocka_unit_test(with_no_line_it_is_said_what_can_be_done_instead),
        cmocka_unit_test(closing_pays_out_what_is_left),
        cmocka_unit_test(branch_bank_and_utility_agree),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
