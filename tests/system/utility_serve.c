/* A day at the utility's counter for banks, on both stores: inquiries, payments,
 * repeats, advices, reversals, totals, feed, search, notices, epochs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/utility_world.h"
#include "wire/inquiry.h"
#include "wire/session.h"
#include "wire/tags.h"

#define BRANCH "0311-0007"
#define DUE_PASSED 26 /* days */
#define LATE 135      /* 52.00 x 26 days x 1/1000 = 1.352 */

static struct utility_world u;
static int64_t next = 1;
static struct clock system_clock;

/* A: one bill; B: one past due and one not; C: window closed; D: opens tomorrow; E: zero; F: twelve. */
static struct bill bills[30];
static size_t bill_count;

static struct bill *add(const char *number, const char *customer, int due)
{
    bills[bill_count] = utility_bill(number, customer, due);
    return &bills[bill_count++];
}

static void make_bills(void)
{
    day_t today = clock_today(&system_clock);
    char number[16];
    bill_count = 0;
    add("A1", "CA", 5);
    add("B1", "CB", -DUE_PASSED);
    add("B2", "CB", 5);
    add("C1", "CC", 5)->window_last = today - 1;
    add("D1", "CD", 5)->window_first = today + 1;
    struct bill *zero = add("E1", "CE", 5);
    zero->curr = zero->prev;
    zero->kwh = zero->amount_fen = zero->tiers[0].kwh = 0;
    struct bill *rare = add("G1", "CG", 5);
    strcpy(rare->name, "𠮷田䶮");
    strcpy(rare->meter, "998877665544");
    add("H1", "CH", -DUE_PASSED)->tariff = 'C';
    for (int i = 0; i < 12; i++) {
        snprintf(number, sizeof number, "F%02d", i);
        add(number, "CF", 5 + i);
    }
}

static int start(enum db_kind kind)
{
    system_clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    next = 1;
    utility_world_open(&u, "serve", kind, "");
    make_bills();
    utility_import_bills(&u, "bills.txt", bills, bill_count);
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

static void bill_of(struct wire_payment *p, const char *customer, const char *bill, int64_t late_fen)
{
    utility_pay_start(p, customer, next++);
    utility_pay_bill(p, bill, 5200, late_fen);
}

/* --- asking ------------------------------------------------------------------------- */

static void head(struct wire_head *h)
{
    struct wire_payment p;
    station_payment(&p, BRANCH, next++, 0);
    *h = p.head;
}

static const char *inquire(const char *customer, const char *bill, struct wire_bills *found)
{
    static char code[3];
    struct wire_head h;
    struct iso m, answer;
    struct error err;
    head(&h);
    assert_int_equal(wire_bills_ask(&h, customer, bill, &m, &err), 0);
    assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
    iso_text(&answer, 39, code, sizeof code);
    if (strcmp(code, "00") == 0 && wire_bills_unpack(&answer, found, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    return code;
}

static void a_customers_bills_come_oldest_first_with_todays_late_fee(void **state)
{
    static struct wire_bills b;
    assert_string_equal(inquire("CB", NULL, &b), "00");
    assert_int_equal(b.bill_count, 2);
    assert_string_equal(b.name, "王建国");
    assert_string_equal(b.bills[0].bill, "B1");
    assert_int_equal(b.bills[0].late_fee_fen, LATE);
    assert_int_equal(b.bills[1].late_fee_fen, 0);
    assert_string_equal(b.bills[0].code, "00");
    assert_int_equal(b.rules.oldest_first, 1);
    assert_string_equal(inquire("CC", NULL, &b), "00");
    assert_string_equal(b.bills[0].code, "77");
    assert_string_equal(inquire("CD", NULL, &b), "00");
    assert_string_equal(b.bills[0].code, "77");
    assert_string_equal(inquire("CG", NULL, &b), "00");
    assert_string_equal(b.name, "𠮷田䶮");
    assert_string_equal(inquire("NOBODY", NULL, &b), "14");
}

static void one_bill_is_told_in_every_state(void **state)
{
    static struct wire_bills b;
    struct wire_payment p;
    assert_string_equal(inquire("CA", "A1", &b), "00");
    assert_string_equal(b.bills[0].code, "00");
    assert_string_equal(inquire("CA", "B1", &b), "14");
    bill_of(&p, "CA", "A1", 0);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_string_equal(inquire("CA", "A1", &b), "00");
    assert_string_equal(b.bills[0].code, "76");
    assert_int_equal(b.bills[0].unpaid_fen, 0);
    assert_string_equal(inquire("CA", NULL, &b), "00");
    assert_int_equal(b.bill_count, 0);
}

static int find(const char *what, struct wire_found *rows)
{
    struct wire_head h;
    struct iso m, answer;
    struct error err;
    int count, more;
    head(&h);
    assert_int_equal(wire_search_ask(&h, what, &m, &err), 0);
    assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
    assert_int_equal(wire_search_unpack(&answer, rows, &count, &more, &err), 0);
    return count + more;
}

static void customers_are_found_by_what_is_known_of_them(void **state)
{
    static struct wire_found rows[WIRE_FOUND_MAX];
    assert_int_equal(find("田䶮", rows), 1);
    assert_string_equal(rows[0].customer, "CG");
    assert_int_equal(rows[0].open_count, 1);
    assert_int_equal(rows[0].open_fen, 5200);
    assert_int_equal(find("5544", rows), 1);   /* the end of a meter's number */
    assert_int_equal(find("544", rows), 0);    /* too short for that */
    assert_int_equal(find("永昌路", rows), 8); /* part of an address */
    assert_int_equal(find("%", rows), 0);      /* no pattern from the line */
    assert_int_equal(find("CG", rows), 1);
}

/* --- paying ------------------------------------------------------------------------- */

static void a_repeat_is_answered_as_the_first_time(void **state)
{
    struct wire_payment p;
    struct wire_answer first, again;
    bill_of(&p, "CB", "B1", LATE);
    assert_string_equal(utility_pay(&u, &p, "0200", &first), "00");
    assert_int_equal(strlen(first.approval), 6);
    assert_int_equal(first.part_count, 1);
    assert_int_equal(first.parts[0].place, PLACE_BILL);
    assert_int_equal(first.parts[0].amount_fen, 5200 + LATE);
    static const char *const mtis[] = {"0201", "0200", "0220", "0221"};
    for (int i = 0; i < 40; i++) {
        assert_string_equal(utility_pay(&u, &p, mtis[i % 4], &again), "00");
        assert_string_equal(again.approval, first.approval);
        assert_int_equal(again.part_count, 1);
    }
    utility_pay_prepaid(&p, 1); /* the same key, other content */
    assert_string_equal(utility_pay(&u, &p, "0201", NULL), "94");
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM payment WHERE customer='CB'"), 1);
    assert_true(utility_sql(&u, "SELECT count(*) FROM audit WHERE what LIKE '%other content%'") >= 1);
}

static void refusals_have_their_reasons_and_are_final(void **state)
{
    static const struct { const char *customer, *bill, *code; int64_t amount, late; } rows[] = {
        {"NOBODY", "A1", "14", 5200, 0}, {"CF", "NONE", "14", 5200, 0}, {"CC", "C1", "77", 5200, 0}, {"CD", "D1", "77", 5200, 0},
        {"CH", "H1", "78", 5200, 0},     {"CF", "F00", "78", 5199, 0},  {"CF", "F01", "79", 5200, 0}, {"CA", "A1", "76", 5200, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct wire_payment p;
        struct wire_answer a;
        utility_pay_start(&p, rows[i].customer, next++);
        utility_pay_bill(&p, rows[i].bill, rows[i].amount, rows[i].late);
        assert_string_equal(utility_pay(&u, &p, "0200", &a), rows[i].code);
        assert_true(a.reason[0] != '\0');
        assert_string_equal(utility_pay(&u, &p, "0201", &a), rows[i].code);
    }
}

static void twelve_bills_and_a_bill_of_nothing(void **state)
{
    struct wire_payment p;
    struct wire_answer a;
    char number[16];
    utility_pay_start(&p, "CF", next++);
    for (int i = 0; i < 12; i++) {
        snprintf(number, sizeof number, "F%02d", i);
        utility_pay_bill(&p, number, 5200, 0);
    }
    assert_string_equal(utility_pay(&u, &p, "0200", &a), "00");
    assert_int_equal(a.part_count, 12);
    utility_pay_start(&p, "CE", next++);
    utility_pay_bill(&p, "E1", 0, 0);
    assert_string_equal(utility_pay(&u, &p, "0200", &a), "00");
    assert_int_equal(utility_sql(&u, "SELECT state FROM bill WHERE number='E1'"), 1);
}

static void an_advice_finds_a_home_and_can_be_undone(void **state)
{
    struct wire_payment p;
    struct wire_answer a;
    bill_of(&p, "CC", "C1", 0); /* its window is closed */
    utility_pay_prepaid(&p, 300);
    assert_string_equal(utility_pay(&u, &p, "0220", &a), "00");
    assert_int_equal(a.parts[0].place, PLACE_PREPAID);
    assert_int_equal(utility_sql(&u, "SELECT credit_fen FROM customer WHERE number='CC'"), 5500);
    assert_string_equal(utility_undo(&u, &p, "0420", &a), "00");
    assert_string_equal(utility_undo(&u, &p, "0421", &a), "00");
    assert_int_equal(utility_sql(&u, "SELECT credit_fen FROM customer WHERE number='CC'"), 0);
    assert_string_equal(utility_pay(&u, &p, "0221", &a), "00");
    assert_int_equal(a.parts[0].place, PLACE_REVERSED);
    assert_string_equal(utility_pay(&u, &p, "0201", &a), "12");
}

static void a_reversal_has_two_names_and_opens_the_bill_again(void **state)
{
    struct wire_payment p, again;
    bill_of(&p, "CG", "G1", 0);
    assert_string_equal(utility_undo(&u, &p, "0400", NULL), "25");
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_string_equal(utility_undo(&u, &p, "0400", NULL), "00");
    assert_string_equal(utility_undo(&u, &p, "0401", NULL), "00");
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM reversal WHERE mti='0400' AND code='00' AND maker='8001' AND checker='8002'"), 1);
    bill_of(&again, "CG", "G1", 0);
    assert_string_equal(utility_pay(&u, &again, "0200", NULL), "00");
}

static void a_late_payment_behind_its_tombstone_is_turned_away(void **state)
{
    struct wire_payment p;
    bill_of(&p, "CH", "H1", 2 * LATE);
    assert_string_equal(utility_undo(&u, &p, "0420", NULL), "00");
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "12");
    assert_int_equal(utility_sql(&u, "SELECT state FROM bill WHERE number='H1'"), 0);
}

static enum wire_state state_of(const struct wire_payment *p, struct wire_answer *a)
{
    enum wire_state state;
    struct iso m, answer;
    struct error err;
    assert_int_equal(wire_state_ask(&p->head, &m, &err), 0);
    assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
    assert_int_equal(wire_state_unpack(&answer, &state, a, &err), 0);
    return state;
}

static void the_state_of_a_key_is_told(void **state)
{
    struct wire_payment p;
    struct wire_answer a;
    utility_pay_start(&p, "CA", next++);
    utility_pay_prepaid(&p, 700);
    assert_int_equal(state_of(&p, &a), STATE_UNKNOWN);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_int_equal(state_of(&p, &a), STATE_POSTED);
    assert_int_equal(strlen(a.approval), 6);
    assert_int_equal(a.parts[0].amount_fen, 700);
    assert_string_equal(utility_undo(&u, &p, "0420", NULL), "00");
    assert_int_equal(state_of(&p, &a), STATE_UNDONE);
    bill_of(&p, "CD", "D1", 0);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "77");
    assert_int_equal(state_of(&p, &a), STATE_DECLINED);
    assert_non_null(strstr(a.reason, "77"));
}

/* --- the branch's day --------------------------------------------------------------- */

static int totals(bool closing, int64_t off, struct wire_totals *t)
{
    struct wire_totals asked;
    struct iso m, answer;
    struct error err;
    memset(&asked, 0, sizeof asked);
    head(&asked.head);
    asked.head.proc = -1;
    asked.closing = closing;
    memset(asked.audit_head, 'a', 64);
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE state IN (2,5) AND business=%d", (int)asked.head.business_day);
    asked.credits = utility_sql(&u, sql) + off;
    snprintf(sql, sizeof sql, "SELECT coalesce(sum(amount_fen),0) FROM payment WHERE state IN (2,5) AND business=%d", (int)asked.head.business_day);
    asked.credits_fen = utility_sql(&u, sql);
    asked.credit_undone = utility_sql(&u, "SELECT count(*) FROM payment WHERE state=5");
    asked.credit_undone_fen = utility_sql(&u, "SELECT coalesce(sum(amount_fen),0) FROM payment WHERE state=5");
    assert_int_equal(wire_totals_ask(&asked, &m, &err), 0);
    assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
    if (wire_totals_unpack(&answer, clock_today(&system_clock), t, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    return t->settlement;
}

static void a_day_in_balance_is_closed_and_an_advice_opens_its_agreement_again(void **state)
{
    struct wire_totals t;
    struct wire_payment p, posted;
    utility_pay_start(&posted, "CA", next++);
    utility_pay_prepaid(&posted, 100);
    assert_string_equal(utility_pay(&u, &posted, "0200", NULL), "00");
    assert_int_equal(totals(true, 1, &t), 2); /* one too many: out */
    assert_int_equal(totals(false, 0, &t), 1); /* a trial closes nothing */
    utility_pay_start(&p, "CA", next++);
    utility_pay_prepaid(&p, 100);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_int_equal(totals(true, 0, &t), 1);
    assert_int_equal(t.reopened_count, 0);
    utility_pay_start(&p, "CA", next++);
    utility_pay_prepaid(&p, 100);
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "98");
    assert_string_equal(utility_undo(&u, &posted, "0400", NULL), "98");
    assert_int_equal(totals(false, 0, &t), 1);
    assert_int_equal(t.reopened_count, 0); /* refusals change no totals */
    assert_string_equal(utility_pay(&u, &p, "0220", NULL), "00");
    assert_int_equal(totals(false, 0, &t), 1);
    assert_int_equal(t.reopened_count, 1);
    assert_int_equal(t.reopened[0], clock_today(&system_clock));
    assert_int_equal(totals(true, 0, &t), 1);
    assert_int_equal(t.reopened_count, 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM agreement WHERE length(audit_head)=64"), 6);
}

static void a_day_never_agreed_closes_by_itself(void **state)
{
    struct wire_payment p;
    utility_pay_start(&p, "CA", next++);
    utility_pay_prepaid(&p, 100);
    p.head.business_day -= 4; /* close_after_days is 3 */
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "98");
    assert_string_equal(utility_pay(&u, &p, "0220", NULL), "00");
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM payment WHERE flagged=1 AND state=2"), 2);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM branch_day WHERE closed=1 AND agreed=0"), 1);
}

static int epoch_for(const char *nonce)
{
    struct iso m, answer;
    struct wire_net n;
    struct error err;
    station_sign_on(&m, BRANCH, next++, nonce);
    assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
    assert_int_equal(wire_net_unpack(&answer, &n, &err), 0);
    assert_string_equal(n.code, "00");
    return n.epoch;
}

static void an_epoch_is_above_all_that_were_given_or_seen(void **state)
{
    static const char one[] = "0123456789abcdef0123456789abcdef", two[] = "fedcba9876543210fedcba9876543210";
    assert_int_equal(epoch_for(one), 2); /* the payments above bear epoch 01 */
    assert_int_equal(epoch_for(one), 2);
    assert_int_equal(epoch_for(two), 3);
    assert_int_equal(epoch_for(one), 2);
    utility_kill(&u);
    world_start(&u.w, "utilityd");
    station_wait_up(&u.bank);
    assert_int_equal(epoch_for(two), 3);
}

/* --- files and notices -------------------------------------------------------------- */

static int part(const char *file, int64_t number, struct wire_part *p, struct iso *answer)
{
    struct wire_part asked = {.action = '1', .part = number};
    struct iso m;
    struct error err;
    head(&asked.head);
    snprintf(asked.file, sizeof asked.file, "%s", file);
    assert_int_equal(wire_part_ask(&asked, &m, &err), 0);
    assert_true(station_ask(&u.bank, &m, answer, STATION_WAIT_MS));
    assert_int_equal(wire_part_unpack(answer, clock_today(&system_clock), p, &err), 0);
    return p->record_count;
}

/* Follows the feed to its end; counts open and other bills. */
static int64_t follow(int64_t from, int *open, int *rest)
{
    char file[18], head_text[200];
    struct wire_part p;
    struct iso answer;
    long long to = from;
    *open = *rest = 0;
    do {
        snprintf(file, sizeof file, "FEED:%lld", (long long)from);
        int count = part(file, 1, &p, &answer);
        assert_true(count >= 1);
        snprintf(head_text, sizeof head_text, "%.*s", (int)p.records[0].len, p.records[0].text);
        assert_int_equal(sscanf(head_text, "FEED|1|0311|%*[^|]|%*[^|]|%*[^|]|%lld", &to), 1);
        for (int i = 1; i < count; i++) {
            const char *text = p.records[i].text, *bar = memchr(text, '|', p.records[i].len);
            assert_true(strtoll(text, NULL, 10) > from);
            from = strtoll(text, NULL, 10);
            if (strncmp(bar, "|open|", 6) == 0) ++*open;
            else ++*rest;
        }
        assert_true(count > 1 || from >= to);
    } while (from < to);
    return to;
}

static void the_feed_is_whole_and_goes_on_behind_a_change(void **state)
{
    int open, rest;
    struct wire_payment p;
    int64_t to = follow(0, &open, &rest);
    assert_int_equal(open + rest, (int)bill_count);
    assert_int_equal(open, (int)utility_sql(&u, "SELECT count(*) FROM bill WHERE state=0"));
    assert_int_equal(follow(to, &open, &rest), to);
    assert_int_equal(open + rest, 0);
    utility_pay_start(&p, "CB", next++);
    utility_pay_bill(&p, "B2", 5200, 0);
    p.head.business_day++; /* today is closed by now */
    assert_string_equal(utility_pay(&u, &p, "0200", NULL), "00");
    assert_true(follow(to, &open, &rest) > to);
    assert_int_equal(open, 0);
    assert_int_equal(rest, 1);
}

static void a_days_payments_come_by_key(void **state)
{
    char file[18], day[DAY_TEXT_SIZE], last[1000] = "";
    int y, m, d;
    int64_t keys = 0, number = 1;
    struct wire_part p;
    struct iso answer;
    day_to_ymd(clock_today(&system_clock), &y, &m, &d);
    snprintf(file, sizeof file, "PAY:%04u%02u%02u", (unsigned)y % 10000, (unsigned)m % 100, (unsigned)d % 100);
    do {
        int count = part(file, number, &p, &answer);
        for (int i = 0; i < count; i++) {
            snprintf(last, sizeof last, "%.*s", (int)p.records[i].len, p.records[i].text);
            keys += strncmp(last, "102/0311-0007/", 14) == 0;
        }
    } while (number++ < p.last);
    char sql[100], end[60];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE business=%d", (int)clock_today(&system_clock));
    assert_int_equal(keys, utility_sql(&u, sql));
    assert_true(number > 3);
    snprintf(end, sizeof end, "END|%lld|", (long long)keys);
    assert_int_equal(strncmp(last, end, strlen(end)), 0);
    assert_int_equal(part("SECRET", 1, &p, &answer), 0);
    assert_true(iso_is(&answer, 39, "57"));
    (void)day;
}

static void an_invoice_notice_is_kept_once(void **state)
{
    struct wire_head h;
    struct iso m, answer;
    struct error err;
    struct tags t;
    char code[3];
    head(&h);
    station_pay(&m, "0220", BRANCH, next, 100);
    iso_drop(&m, 4);
    iso_drop(&m, 49);
    iso_setf(&m, 3, &err, "340000");
    for (int i = 0; i < 3; i++) {
        tags_start(&t);
        tags_addf(&t, "PK", &err, "010000000001");
        tags_addf(&t, "IV", &err, i < 2 ? "AB|00000017|printed" : "AB|00000018|printed");
        assert_int_equal(tags_into(&t, &m, &err), 0);
        assert_true(station_ask(&u.bank, &m, &answer, STATION_WAIT_MS));
        iso_text(&answer, 39, code, sizeof code);
        assert_string_equal(code, i < 2 ? "00" : "94");
    }
    next++;
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM notice"), 1);
}

static void everything_holds_in_the_end(void **state)
{
    assert_int_equal(world_stop(&u.w, "utilityd"), 0);
    utility_holds(&u);
}

#define DAY                                                                                        \
    cmocka_unit_test(a_customers_bills_come_oldest_first_with_todays_late_fee), cmocka_unit_test(customers_are_found_by_what_is_known_of_them), \
    cmocka_unit_test(one_bill_is_told_in_every_state), cmocka_unit_test(a_repeat_is_answered_as_the_first_time),                               \
    cmocka_unit_test(refusals_have_their_reasons_and_are_final), cmocka_unit_test(twelve_bills_and_a_bill_of_nothing),                       \
    cmocka_unit_test(an_advice_finds_a_home_and_can_be_undone), cmocka_unit_test(a_reversal_has_two_names_and_opens_the_bill_again),         \
    cmocka_unit_test(a_late_payment_behind_its_tombstone_is_turned_away), cmocka_unit_test(the_state_of_a_key_is_told),                      \
    cmocka_unit_test(a_day_in_balance_is_closed_and_an_advice_opens_its_agreement_again), cmocka_unit_test(a_day_never_agreed_closes_by_itself), \
    cmocka_unit_test(an_epoch_is_above_all_that_were_given_or_seen), cmocka_unit_test(the_feed_is_whole_and_goes_on_behind_a_change),        \
    cmocka_unit_test(a_days_payments_come_by_key), cmocka_unit_test(an_invoice_notice_is_kept_once), cmocka_unit_test(everything_holds_in_the_end)

int main(void)
{
    const struct CMUnitTest sqlite[] = {DAY}, postgres[] = {DAY};
    int failed = cmocka_run_group_tests_name("utility_serve on SQLite", sqlite, start_sqlite, stop);
    return failed + cmocka_run_group_tests_name("utility_serve on PostgreSQL", postgres, start_postgres, stop);
}
