/* A branch's day through the real screens: three tellers, two supervisors, sixty
 * payments; the link down over lunch, the ledger killed twice, paper spoiled,
 * payments reversed, a counterfeit note, a till over and one short. At the end the
 * totals on the screen, on paper, in the CSV, in a journal that hledger reads and at
 * the utility are one figure, to the fen. */
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
#include "lib/desk.h"
#include "lib/printer.h"
#include "lib/rpc_client.h"
#include "lib/screen.h"
#include "lib/station.h"
#include "lib/world_branch.h"

#define TELLERS 3
#define PAYMENTS_EACH 20
#define THIRD_TELLER "1003"
#define THIRD_PASSWORD "another pass phrase"
#define THIRD_PASSWORD_NEXT "the third pass phrase"
#define FLOAT_FEN 50000
#define WAIT_MS 15000

struct seat {
    const char *terminal, *number, *password, *language;
    struct term *term;
    struct test_printer *printer;
};

static struct world w;
static struct seat tellers[TELLERS] = {
    {.terminal = "03", .number = BRANCH_TELLER, .password = BRANCH_PASSWORD, .language = "en"},
    {.terminal = "04", .number = BRANCH_OTHER_TELLER, .password = BRANCH_PASSWORD, .language = "en"},
    {.terminal = "05", .number = THIRD_TELLER, .password = THIRD_PASSWORD_NEXT, .language = "en"},
};
static struct seat boss = {.terminal = "09", .number = BRANCH_SUPERVISOR, .password = BRANCH_PASSWORD, .language = "en"};
static char socket_path[512], today[16];
static char elsewhere[2][40]; /* customers whose bill is paid at another bank over lunch */

/* --- at a terminal ------------------------------------------------------------------ */

static void failed(struct seat *s, const char *text)
{
    term_print(s->term, stderr);
    fail_msg("terminal %s: not on the screen: %s", s->terminal, text);
}

static void sees(struct seat *s, const char *text)
{
    if (!term_wait(s->term, text, WAIT_MS)) failed(s, text);
}

static void sees_row(struct seat *s, int row, const char *text)
{
    if (!term_wait_row(s->term, row - 1, text, WAIT_MS)) failed(s, text);
}

static void keys(struct seat *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void keys(struct seat *s, const char *fmt, ...)
{
    char text[600];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    term_keys(s->term, text);
}

static void start_counter(struct seat *s)
{
    char program[300], socket[600], terminal[32], lang[32], reports[300];
    snprintf(program, sizeof program, "%s/counter", w.bin);
    snprintf(socket, sizeof socket, "--socket=%s", socket_path);
    snprintf(terminal, sizeof terminal, "--terminal=%s", s->terminal);
    snprintf(lang, sizeof lang, "--lang=%s", s->language);
    snprintf(reports, sizeof reports, "--reports=%s/reports", w.dir);
    const char *const argv[] = {program, socket, terminal, lang, reports, NULL};
    const char *const env[] = {"LC_ALL=", "LANG=C.UTF-8", "NO_COLOR=", NULL};
    s->term = term_start(24, 80, "xterm-256color", argv, env);
    assert_non_null(s->term);
    sees(s, "At start-up");
}

static void sign_on(struct seat *s) { keys(s, "%s{Enter}%s{Enter}", s->number, s->password); }

/* The other one signs for exactly what his screen says. */
static void signs(struct seat *s, const char *number)
{
    sees(s, "A SECOND PERSON SIGNS HERE");
    keys(s, "%s{Enter}" BRANCH_PASSWORD "{Enter}", number);
}

static void opens(struct seat *s, const char *title, const char *heading)
{
    if (!menu_open(s->term, title, title)) failed(s, title);
    sees(s, heading);
}

static int64_t number(const char *sql) { return world_sql(&w, "branch.db", sql); }
static int64_t at_utility(const char *sql) { return world_sql(&w, "utility.db", sql); }

/* --- the morning ------------------------------------------------------------------------ */

static void bind_printers(void)
{
    struct talk t;
    for (int i = 0; i < TELLERS; i++) {
        struct printer_plan plan = PLAN_GOOD;
        tellers[i].printer = printer_start(&plan);
        talk_open(&t, socket_path, tellers[i].terminal);
        talk_sign_on(&t, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
        talk_ask(&t, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "name", "L7", "uri", printer_uri(tellers[i].printer), "profile",
                 "epson-80", "template", "receipt-80", "media", "roll-80", "offset_x_mm10", 0, "offset_y_mm10", 0);
        talk_close(&t);
    }
}

static int open_branch(void **state)
{
    world_open(&w, "branch-day");
    world_utility(&w, 2000);
    world_bank(&w);
    world_branch(&w, "answer = 2s\nagain = 300ms\nfeed = 1s\nagreement = 1s\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    bind_printers();
    day_format((day_t)number("SELECT max(date) FROM day"), today, sizeof today);
    return 0;
}

static int close_branch(void **state)
{
    world_branch_verify(&w);
    for (int i = 0; i < TELLERS; i++) {
        term_close(tellers[i].term);
        printer_stop(tellers[i].printer);
    }
    term_close(boss.term);
    world_close(&w);
    return 0;
}

static void the_supervisor_fills_the_vault_and_issues_numbers(void **state)
{
    start_counter(&boss);
    sign_on(&boss);
    sees(&boss, "BRANCH NOW");
    opens(&boss, "The vault", "THE VAULT");
    keys(&boss, "{F9}");
    sees(&boss, "Nothing waits for a second person");
    keys(&boss, "5000{Enter}i{Enter}");
    sees(&boss, "A SECOND PERSON SIGNS HERE");
    keys(&boss, "{F12}");
    sees(&boss, "Left without approval");
    keys(&boss, "{F9}"); /* after all */
    signs(&boss, BRANCH_SUPERVISOR); /* he can't sign for himself */
    sees(&boss, "You can't approve your own act");
    keys(&boss, "{Up}{BS}{BS}{BS}{BS}" BRANCH_OTHER_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    sees(&boss, "from the bank into the vault");
    sees(&boss, "5,000.00");
    opens(&boss, "Invoice numbers", "INVOICE NUMBERS");
    for (int i = 0; i < TELLERS; i++) {
        char loaded[16];
        keys(&boss, "{Enter}{BS}{BS}0%d{Enter}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}013002600111{Enter}000%d2001{Enter}000%d3000{Enter}{Enter}l{Enter}", 3 + i,
             i + 1, i + 1);
        signs(&boss, BRANCH_OTHER_SUPERVISOR);
        snprintf(loaded, sizeof loaded, "at till 0%d.", 3 + i);
        sees(&boss, loaded);
    }
}

static void a_range_comes_and_what_is_not_needed_goes_back(void **state)
{
    keys(&boss, "{Enter}{BS}{BS}03{Enter}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}013002600222{Enter}00000001{Enter}00009999{Enter}{Enter}r{Enter}");
    signs(&boss, BRANCH_OTHER_SUPERVISOR);
    sees(&boss, "Received: 013002600222");
    sees(&boss, "00000001"); /* all of it is in stock */
    keys(&boss, "{Enter}{Enter}{Enter}00000001{Enter}00010000{Enter}{Enter}b{Enter}");
    signs(&boss, BRANCH_OTHER_SUPERVISOR);
    sees(&boss, "these numbers were never received");
    keys(&boss, "{Enter}{Enter}{Enter}{Enter}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}00009999{Enter}{Enter}b{Enter}");
    signs(&boss, BRANCH_OTHER_SUPERVISOR);
    sees(&boss, "Returned: 013002600222");
    assert_int_equal(number("SELECT last + 1 - first FROM returned"), 9999);
}

static void a_third_teller_is_added_by_two(void **state)
{
    opens(&boss, "Operators", "OPERATORS");
    keys(&boss, "{Enter}" THIRD_TELLER "{Enter}周静{Enter}t{Enter}short{Enter}a{Enter}");
    sees(&boss, "This password is too weak");
    keys(&boss, "{Enter}{Enter}{Enter}{Enter}" THIRD_PASSWORD "{Enter}a{Enter}");
    signs(&boss, BRANCH_OTHER_SUPERVISOR);
    sees(&boss, "new password due");
    keys(&boss, "{F2}");
    sees(&boss, "BRANCH NOW");
}

static void the_tills_are_opened(void **state)
{
    for (int i = 0; i < TELLERS; i++) {
        start_counter(&tellers[i]);
        keys(&tellers[i], "%s{Enter}%s{Enter}", tellers[i].number, i == 2 ? THIRD_PASSWORD : tellers[i].password);
        sees(&tellers[i], "The till is not open yet");
        keys(&tellers[i], "500{Enter}000%d2001{Enter}", i + 1);
    }
    sees(&tellers[2], "CHANGE THE PASSWORD");
    keys(&tellers[2], THIRD_PASSWORD "{Enter}" THIRD_PASSWORD_NEXT "{Enter}" THIRD_PASSWORD_NEXT "{Enter}");
    for (int i = 0; i < TELLERS; i++)
        sees(&tellers[i], "number, scan");
    assert_int_equal(number("SELECT balance_fen FROM account WHERE name = 'vault'"), 500000 - TELLERS * FLOAT_FEN);
}

/* --- customers ------------------------------------------------------------------------------ */

/* With one bill, payable and not yet late; each is asked for once. */
static const char *customer(char *buf, size_t size)
{
    static int next;
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT customer FROM bill WHERE customer NOT LIKE '049911%%' GROUP BY customer HAVING count(*) = 1 AND max(amount_fen - covered_fen) > 0"
             " AND min(due) >= %lld ORDER BY customer LIMIT 1 OFFSET %d", (long long)number("SELECT max(date) FROM day"), next++);
    return world_sql_text(&w, "utility.db", sql, buf, size);
}

static void pay(struct seat *s, const char *who) { keys(s, "%s{Enter}{Enter}.{Enter}{Enter}", who); }

/* So many at every teller, all three at once. */
static void collect(int each, const char *outcome)
{
    char who[TELLERS][40];
    for (int n = 0; n < each; n++) {
        for (int i = 0; i < TELLERS; i++)
            pay(&tellers[i], customer(who[i], sizeof who[i]));
        for (int i = 0; i < TELLERS; i++) {
            sees_row(&tellers[i], 22, who[i]);
            sees_row(&tellers[i], 22, outcome);
        }
    }
}

static void the_morning_is_busy(void **state)
{
    collect(7, "forwarded - printed");
    assert_int_equal(number("SELECT count(*) FROM payment WHERE state = 'posted'"), 21);
}

/* --- paper ------------------------------------------------------------------------------------ */

static void two_sheets_turn_out_unreadable(void **state)
{
    for (int i = 0; i < 2; i++) {
        keys(&tellers[i], "{F6}");
        sees(&tellers[i], "PAYMENT");
        keys(&tellers[i], "s{Enter}");
        signs(&tellers[i], BRANCH_SUPERVISOR);
        sees(&tellers[i], "Done.");
        keys(&tellers[i], "{F2}");
        sees_row(&tellers[i], 22, "printed");
    }
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'confirmed'", 21, WAIT_MS);
    assert_int_equal(number("SELECT count(*) FROM invoice WHERE state = 'spoiled'"), 2);
}

static void three_payments_are_reversed(void **state)
{
    for (int i = 0; i < TELLERS; i++) {
        struct seat *s = &tellers[i];
        keys(s, "{F6}");
        sees(s, "PAYMENT");
        keys(s, "t{Enter}");
        sees(s, "TURN A PAYMENT BACK");
        keys(s, "x{Enter}");
        sees(s, "Say of each number first"); /* nothing is turned back before its papers are named */
        keys(s, i < 2 ? "r{Enter}{Down}r{Enter}" : "r{Enter}");
        sees(s, "here, cancelled");
        keys(s, "x{Enter}");
        signs(s, BRANCH_SUPERVISOR);
        sees(s, "Asked. The cash goes back");
        sees_row(s, 2, "to be given back");
        keys(s, "{F6}");
        sees(s, "GIVE BACK");
        keys(s, "{Look}h{Enter}");
        sees(s, "once it is signed");
        sees(s, "It is printed");
        keys(s, "{Look}h{Enter}");
        signs(s, BRANCH_SUPERVISOR);
        sees(s, "All is settled");
        keys(s, "{F2}");
        sees(s, "number, scan");
    }
    assert_int_equal(number("SELECT count(*) FROM payment WHERE state = 'reversed' AND handed_fen = amount_fen"), TELLERS);
}

static void a_counterfeit_note_is_taken_in_by_two(void **state)
{
    struct seat *s = &tellers[2];
    opens(s, "Counterfeit note", "COUNTERFEIT NOTE TAKEN IN");
    keys(s, "100{Enter}HD90123456{Enter}2005{Enter}王建国{Enter}x{Enter}");
    signs(s, BRANCH_SUPERVISOR);
    sees(s, "Taken in as JB-0311-0007-000001");
    keys(s, "{F2}");
    assert_int_equal(number("SELECT fen FROM counterfeit WHERE maker = '" THIRD_TELLER "' AND checker = '" BRANCH_SUPERVISOR "'"), 10000);
}

/* --- lunch: the link is down ---------------------------------------------------------------- */

/* Straight at the utility, in the name of another branch of the same bank. */
static void pays_elsewhere(const char *who)
{
    uv_loop_t loop;
    struct station bank;
    struct wire_payment p;
    struct iso m;
    struct error err;
    char sql[200], code[3];
    static int64_t n = 40;
    uv_loop_init(&loop);
    station_open(&bank, &w, &loop, "bank-102", w.utility_port, "utility");
    station_wait_up(&bank);
    snprintf(sql, sizeof sql, "SELECT amount_fen - covered_fen FROM bill WHERE customer = '%s'", who);
    int64_t fen = at_utility(sql);
    station_payment(&p, "0311-0008", ++n, 0);
    snprintf(p.customer, sizeof p.customer, "%s", who);
    snprintf(sql, sizeof sql, "SELECT number FROM bill WHERE customer = '%s'", who);
    world_sql_text(&w, "utility.db", sql, p.bills[0].bill, sizeof p.bills[0].bill);
    p.bill_count = 1;
    p.bills[0].amount_fen = p.head.amount_fen = fen;
    p.prepaid_fen = 0;
    if (wire_payment_pack(&p, "0200", &m, &err) != 0) fail_msg("%s %s", err.where, err.why);
    assert_string_equal(station_code(&bank, &m, code), "00");
    station_close(&bank);
    uv_loop_close(&loop);
}

static void they_sign_on_again(void)
{
    for (int i = 0; i < TELLERS; i++) {
        sees(&tellers[i], "Sign on again");
        keys(&tellers[i], "%s{Enter}", tellers[i].password);
        sees(&tellers[i], "number, scan");
    }
    sees(&boss, "Sign on again");
    keys(&boss, "%s{Enter}", boss.password);
    sees(&boss, "APPROVED IN YOUR NAME"); /* what he signed at the tellers' screens */
    keys(&boss, "y{Enter}{F2}");
    sees(&boss, "BRANCH NOW");
}

static void the_line_is_down_over_lunch_and_the_ledger_is_killed(void **state)
{
    for (int i = 0; i < 2; i++)
        customer(elsewhere[i], sizeof elsewhere[i]);
    world_kill(&w, "bankd");
    for (int i = 0; i < TELLERS; i++)
        sees_row(&tellers[i], 24, "OFF LINE");
    for (int i = 0; i < 2; i++)
        pays_elsewhere(elsewhere[i]);
    collect(2, "queued - printed");
    world_kill(&w, "branchd");
    world_start(&w, "branchd");
    they_sign_on_again();
    for (int i = 0; i < 2; i++) {
        pay(&tellers[i], elsewhere[i]);
        sees_row(&tellers[i], 22, elsewhere[i]);
        sees_row(&tellers[i], 22, "queued - printed");
    }
    char who[40];
    pay(&tellers[2], customer(who, sizeof who));
    sees_row(&tellers[2], 22, who);
    sees_row(&tellers[2], 22, "queued - printed");
    assert_int_equal(number("SELECT count(*) FROM payment WHERE state = 'advised'"), 9);
    world_start(&w, "bankd");
    world_sql_reaches(&w, "branch.db", "SELECT count(*) = 0 FROM outbox WHERE state IN ('ready', 'in flight', 'parked')", 1, WAIT_MS);
    assert_int_equal(number("SELECT count(*) FROM payment WHERE state = 'excepted'"), 2);
}

/* --- the afternoon ---------------------------------------------------------------------------- */

static void one_exception_stays_credit_and_one_is_refunded(void **state)
{
    struct seat *s = &tellers[1];
    sees_row(&boss, 2, "exception");
    opens(&boss, "Exceptions", "EXCEPTIONS");
    sees(&boss, "2 open");
    sees(&boss, "became credit");
    keys(&boss, "k{Enter}");
    signs(&boss, BRANCH_OTHER_SUPERVISOR);
    sees(&boss, "1 open");
    keys(&boss, "{F2}");
    opens(s, "Exceptions", "EXCEPTIONS");
    sees(s, elsewhere[1]);
    keys(s, "r{Enter}");
    sees(s, "REFUND OF PREPAID CREDIT");
    keys(s, "r{Enter}");
    signs(s, BRANCH_SUPERVISOR);
    sees(s, "Asked of the utility");
    sees_row(s, 2, "to be given back");
    keys(s, "{F2}{F6}");
    sees(s, "GIVE BACK");
    keys(s, "{Look}h{Enter}");
    sees(s, "once it is signed");
    sees(s, "It is printed");
    keys(s, "{Look}h{Enter}");
    sees(s, "All is settled");
    keys(s, "{F2}");
    assert_int_equal(at_utility("SELECT count(*) FROM payment WHERE proc = 200000 AND state = 2"), 1);
    assert_int_equal(number("SELECT count(*) FROM payment WHERE proc = 200000 AND handed_fen = amount_fen"), 1);
}

/* The money of one payment goes to the customer whose it should have been; his invoice is printed. */
static void a_wrong_customer_number_is_put_right(void **state)
{
    struct seat *s = &tellers[0];
    char right[40];
    int64_t before = number("SELECT count(*) FROM invoice WHERE state = 'confirmed' AND kind = 'invoice'");
    int64_t void_before = number("SELECT count(*) FROM number WHERE state = 'void'");
    keys(s, "{F6}");
    sees(s, "PAYMENT");
    keys(s, "c{Enter}");
    sees(s, "WRONG CUSTOMER NUMBER");
    keys(s, "%s{Enter}", customer(right, sizeof right));
    sees(s, "To credit");
    keys(s, "{Look}x{Enter}");
    signs(s, BRANCH_SUPERVISOR);
    sees(s, "Asked of the utility");
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM payment WHERE proc = 220000 AND state = 'posted'", 1, WAIT_MS);
    world_sql_reaches(&w, "branch.db", "SELECT count(*) FROM payment p JOIN invoice i ON i.payment = p.id WHERE proc = 220000 AND i.state = 'confirmed'", 1, WAIT_MS);
    assert_int_equal(number("SELECT count(*) FROM invoice WHERE state = 'confirmed' AND kind = 'invoice'"), before - 1);
    assert_int_equal(number("SELECT count(*) FROM payment p JOIN invoice i ON i.payment = p.id WHERE proc = 220000 AND kind = 'receipt'"), 1);
    assert_int_equal(number("SELECT count(*) FROM number WHERE state = 'void'"), void_before + 1);
    assert_int_equal(number("SELECT moved_fen = amount_fen FROM payment WHERE moved_fen > 0 ORDER BY id DESC LIMIT 1"), 1);
    keys(s, "{F2}");
    sees(s, "number, scan");
}

static void the_ledger_is_killed_again_and_the_afternoon_goes_on(void **state)
{
    collect(6, "forwarded - printed");
    world_kill(&w, "branchd");
    world_start(&w, "branchd");
    world_wait_branch(&w);
    they_sign_on_again();
    collect(4, "forwarded - printed");
    assert_int_equal(number("SELECT count(*) FROM payment WHERE proc = 500000"), TELLERS * PAYMENTS_EACH);
}

/* --- the evening -------------------------------------------------------------------------------- */

/* By notes of 100.00 and pieces of 0.01; between them so many rows. */
static void count(struct seat *s, int64_t fen, int rows)
{
    keys(s, "%lld{Enter}", (long long)(fen / 10000));
    for (int i = 0; i < rows; i++)
        keys(s, "{Down}");
    keys(s, "%lld{Enter}", (long long)(fen % 10000));
}

static int64_t cash_at(const char *till)
{
    char sql[100];
    snprintf(sql, sizeof sql, "SELECT balance_fen FROM account WHERE name = 'till:%s' AND commodity = 'CNY'", till);
    return number(sql);
}

static void void_paper_is_seen(void)
{
    opens(&boss, "Void paper", "VOID PAPER");
    while (number("SELECT count(*) FROM number WHERE state = 'void' AND paper IS NULL") > 0) {
        int64_t before = number("SELECT count(*) FROM number WHERE state = 'void' AND paper IS NULL");
        char sql[160];
        keys(&boss, "s{Enter}");
        snprintf(sql, sizeof sql, "SELECT count(*) < %lld FROM number WHERE state = 'void' AND paper IS NULL", (long long)before);
        world_sql_reaches(&w, "branch.db", sql, 1, WAIT_MS);
    }
    sees(&boss, "No void paper is waiting");
}

static void no_day_closes_over_an_open_till(void **state)
{
    opens(&boss, "The business day", "BUSINESS DAY");
    sees(&boss, "[ ]   1 Tills closed");
    keys(&boss, "x{Enter}");
    sees(&boss, "tills are open");
    keys(&boss, "b{Enter}");
    sees(&boss, "No more money is taken");
    char who[40];
    pay(&tellers[0], customer(who, sizeof who));
    sees(&tellers[0], "The business day is not open");
    keys(&tellers[0], "{F12}{F12}");
    void_paper_is_seen();
}

static void tills_are_counted_one_over_one_short(void **state)
{
    static const int64_t off_fen[TELLERS] = {0, 100, -50};
    static const char *const verdicts[TELLERS] = {"agrees", "OVER", "SHORT"};
    for (int i = 0; i < TELLERS; i++) {
        int64_t fen = cash_at(tellers[i].terminal) + off_fen[i];
        opens(&tellers[i], "Till count", "TILL COUNT");
        keys(&tellers[i], ".");
        sees(&tellers[i], "Only how many notes or coins there are");
        count(&tellers[i], fen, 10);
        keys(&tellers[i], "c{Enter}");
        sees(&tellers[i], verdicts[i]);
        keys(&tellers[i], "x{Enter}");
        sees(&tellers[i], "The till is closed. Signed off.");
    }
    assert_int_equal(number("SELECT sum(amount_fen) FROM entry WHERE event = 'over'"), 100);
    assert_int_equal(number("SELECT sum(amount_fen) FROM entry WHERE event = 'short'"), 50);
}

static void the_vault_is_counted_and_the_day_closes_once(void **state)
{
    int64_t vault = number("SELECT balance_fen FROM account WHERE name = 'vault'");
    opens(&boss, "Vault count", "VAULT COUNT");
    count(&boss, vault, 9);
    keys(&boss, "c{Enter}");
    signs(&boss, BRANCH_OTHER_SUPERVISOR);
    sees(&boss, "agrees");
    opens(&boss, "The business day", "BUSINESS DAY");
    sees(&boss, "[x]   5 Vault counted");
    keys(&boss, "x{Enter}");
    sees(&boss, "The day is closed");
    sees(&boss, "[x]   8 Agreed");
    keys(&boss, "x{Enter}");
    sees(&boss, "it is not the day at work");
    assert_int_equal(number("SELECT count(*) FROM day WHERE state = 'closed' AND agreement = 'agreed'"), 1);
    assert_int_equal(at_utility("SELECT count(*) FROM branch_day WHERE closed = 1 AND agreed = 1"), 1);
}

/* --- one figure, everywhere ------------------------------------------------------------------------ */

/* What was taken less what was reversed and refunded, worked out apart from any total. */
static int64_t net_here(void)
{
    return number("SELECT sum(CASE WHEN proc = 500000 THEN amount_fen ELSE 0 END) - sum(CASE WHEN proc = 200000 OR state = 'reversed' THEN"
                  " amount_fen ELSE 0 END) FROM payment");
}

static int64_t net_there(void)
{
    return at_utility("SELECT sum(CASE WHEN proc = 500000 AND p.state = 2 THEN amount_fen ELSE 0 END) - sum(CASE WHEN proc = 200000 AND p.state = 2"
                      " THEN amount_fen ELSE 0 END) FROM payment p JOIN station s ON s.id = p.station WHERE s.branch = '0311-0007'");
}

static void money_text(int64_t fen, bool grouped, char *text)
{
    if (grouped) money_format_grouped(fen, text, MONEY_TEXT_SIZE);
    else money_format(fen, text, MONEY_TEXT_SIZE);
}

static void has(const char *file, const char *text)
{
    char command[1200];
    snprintf(command, sizeof command, "grep -qF -- '%s' '%s/%s'", text, w.dir, file);
    if (system(command) != 0) {
        snprintf(command, sizeof command, "cat '%s/%s' >&2", w.dir, file);
        if (system(command) == 0) fail_msg("%s does not say %s", file, text);
    }
}

/* A saved report's PDF, read by a program that is not ours. */
static void paper_has(const char *report, const char *text)
{
    char command[1600], file[60];
    snprintf(command, sizeof command, "pdftotext -layout '%s/reports/0311-0007-%s-%s.pdf' '%s/%s.txt'", w.dir, report, today, w.dir, report);
    assert_int_equal(system(command), 0);
    snprintf(file, sizeof file, "%s.txt", report);
    has(file, text);
}

static void the_figures_agree_everywhere(void **state)
{
    char taken[MONEY_TEXT_SIZE], plain[MONEY_TEXT_SIZE], net[MONEY_TEXT_SIZE], text[200], command[1600], file[120];
    int64_t taken_fen = number("SELECT sum(amount_fen) FROM payment WHERE proc = 500000");
    assert_int_equal(net_here(), net_there());
    money_text(taken_fen, true, taken);
    money_text(taken_fen, false, plain);
    money_text(net_here(), true, net);
    /* on the screen */
    opens(&boss, "Reports", "REPORTS");
    keys(&boss, "b{Enter}");
    sees(&boss, "Branch's day");
    keys(&boss, "{Down}{Down}{Down}{Down}{Down}{Down}{Down}{Down}{Down}{Down}{Down}{Down}");
    sees(&boss, taken);
    /* on paper and in the CSV */
    keys(&boss, "s{Enter}");
    sees(&boss, "Saved:");
    snprintf(text, sizeof text, "branch,payments_fen,%s", plain);
    snprintf(file, sizeof file, "reports/0311-0007-branch-%s.csv", today);
    has(file, text);
    for (int i = 0; i < TELLERS; i++) {
        snprintf(text, sizeof text, "SELECT sum(amount_fen) FROM payment WHERE proc = 500000 AND operator = '%s'", tellers[i].number);
        money_text(number(text), false, taken);
        snprintf(text, sizeof text, "%s,payments_fen,%s", tellers[i].number, taken);
        has(file, text);
    }
    money_text(taken_fen, true, taken);
    paper_has("branch", taken);
    paper_has("branch", net);
    char head[80];
    paper_has("branch", world_sql_text(&w, "branch.db", "SELECT lower(substr(hex(audit_head), 1, 64)) FROM branch", head, sizeof head));
    /* the month, so far of this day */
    keys(&boss, "m{Enter}");
    sees(&boss, "Month");
    keys(&boss, "s{Enter}");
    sees(&boss, "0311-0007-month-");
    paper_has("month", taken);
    paper_has("month", net);
    /* in a journal that is read by a program which is not ours */
    snprintf(command, sizeof command, "'%s/branchd' --config='%s/branchd.ini' journal > '%s/day.journal' && hledger -f '%s/day.journal' check &&"
             " hledger -f '%s/day.journal' bal 'assets:clearing-bank' 'liabilities:owed-to-utility' 'liabilities:awaiting' -N --flat -E > '%s/bal.txt'",
             w.bin, w.dir, w.dir, w.dir, w.dir, w.dir);
    assert_int_equal(system(command), 0);
    money_text(net_here() - 500000, false, text); /* the bank gave the vault its 5,000.00 */
    has("bal.txt", text);
    assert_int_equal(number("SELECT cleared_fen FROM day"), net_here());
}

static void paper_of_every_kind_came_out(void **state)
{
    int64_t sheets = number("SELECT count(*) FROM invoice WHERE number IS NOT NULL");
    assert_int_equal(sheets, TELLERS * PAYMENTS_EACH + 2);
    assert_int_equal(number("SELECT count(*) FROM number WHERE state = 'used'"), TELLERS * PAYMENTS_EACH - TELLERS - 1 - 1);
    assert_int_equal(number("SELECT count(*) FROM number WHERE state = 'void' AND paper = 'seen'"), 2 + TELLERS + 1 + 1);
    for (int i = 0; i < TELLERS; i++) {
        size_t len;
        printer_paper(tellers[i].printer, &len);
        assert_true(len > 1000);
    }
}

static void what_was_approved_is_shown_to_whose_name_it_bears(void **state)
{
    opens(&boss, "Sign off", "SIGN ON");
    boss.number = BRANCH_OTHER_SUPERVISOR;
    sign_on(&boss);
    sees(&boss, "BRANCH NOW"); /* all was signed at this very terminal: it is shown elsewhere */
    opens(&boss, "Sign off", "SIGN ON");
    struct seat another = {.terminal = tellers[0].terminal, .term = tellers[0].term};
    keys(&another, BRANCH_OTHER_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    sees(&another, "APPROVED IN YOUR NAME");
    sees(&another, "vault");
    keys(&another, "y{Enter}");
    sees(&another, "BRANCH NOW");
}

/* Chapters of one day: what comes after one that failed would say nothing. */
static const struct { const char *name; void (*go)(void **state); } chapters[] = {
    {"the supervisor fills the vault and issues numbers", the_supervisor_fills_the_vault_and_issues_numbers},
    {"a range comes and what is not needed goes back", a_range_comes_and_what_is_not_needed_goes_back},
    {"a third teller is added by two", a_third_teller_is_added_by_two},
    {"the tills are opened", the_tills_are_opened},
    {"the morning is busy", the_morning_is_busy},
    {"two sheets turn out unreadable", two_sheets_turn_out_unreadable},
    {"three payments are reversed", three_payments_are_reversed},
    {"a counterfeit note is taken in by two", a_counterfeit_note_is_taken_in_by_two},
    {"the line is down over lunch and the ledger is killed", the_line_is_down_over_lunch_and_the_ledger_is_killed},
    {"one exception stays credit and one is refunded", one_exception_stays_credit_and_one_is_refunded},
    {"a wrong customer number is put right", a_wrong_customer_number_is_put_right},
    {"the ledger is killed again and the afternoon goes on", the_ledger_is_killed_again_and_the_afternoon_goes_on},
    {"no day closes over an open till", no_day_closes_over_an_open_till},
    {"tills are counted one over one short", tills_are_counted_one_over_one_short},
    {"the vault is counted and the day closes once", the_vault_is_counted_and_the_day_closes_once},
    {"the figures agree everywhere", the_figures_agree_everywhere},
    {"paper of every kind came out", paper_of_every_kind_came_out},
    {"what was approved is shown to whose name it bears", what_was_approved_is_shown_to_whose_name_it_bears},
};

static void a_branchs_day(void **state)
{
    for (size_t i = 0; i < sizeof chapters / sizeof chapters[0]; i++) {
        printf("%s\n", chapters[i].name);
        fflush(stdout);
        chapters[i].go(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_branchs_day)};
    return cmocka_run_group_tests_name("branch's day through the screens", tests, open_branch, close_branch);
}
