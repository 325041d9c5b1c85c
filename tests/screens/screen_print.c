/* Printing at the real counter: how long a customer waits for the paper, that no printer is
 * felt in the fingers, sheets that are put in by hand, copies that must not use a number up,
 * and a technician's afternoon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <cmocka.h>

#include "lib/desk.h"
#include "lib/rpc_client.h"

#define RECEIPTS 12
#define KEYS 400
#define P99_US 16000
#ifdef __SANITIZE_ADDRESS__
#define PAPER_US 200000
#else
#define PAPER_US 50000
#endif
#define LAST "(SELECT max(id) FROM payment)"
#define COUNT_LAST(condition) "SELECT count(*) FROM invoice WHERE " condition " AND payment = " LAST

static struct desk desk;

static int open_desk(void **state)
{
    desk_open(&desk, "print", true);
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees_row(&desk, 3, "Customer");
    return 0;
}

static int close_desk(void **state)
{
    world_branch_verify(&desk.w);
    desk_close(&desk);
    return 0;
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static const char *customer(void)
{
    static char number[64];
    static int n;
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%%' AND "
             "first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", n++);
    return world_sql_text(&desk.w, "utility.db", sql, number, sizeof number);
}

/* To the empty Confirm field. */
static void up_to_confirm(void)
{
    char keys[128];
    snprintf(keys, sizeof keys, "%s{Enter}", customer());
    desk_keys(&desk, keys);
    desk_sees(&desk, "1 of 1 taken");
    desk_keys(&desk, "{Enter}.{Enter}");
    desk_sees(&desk, "CHANGE          0.00");
}

static void pay(void)
{
    int64_t before = world_sql(&desk.w, "branch.db", "SELECT count(*) FROM payment");
    up_to_confirm();
    desk_keys(&desk, "{Look}{Enter}");
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM payment", before + 1, 10000);
}

static void sit_down_again(void)
{
    term_close(desk.term);
    desk.term = NULL;
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "number, scan");
    desk_sees_row(&desk, 22, "Last");
}

/* --- how long ------------------------------------------------------------------------- */

/* From Enter on Confirm to the last byte on paper: recorded, forwarded to the utility and
 * answered, placed, numbered, sent. */
static void the_paper_is_there_in_50_ms(void **state)
{
    int64_t us[RECEIPTS];
    char printed[64];
    for (int i = 0; i < RECEIPTS; i++) {
        up_to_confirm();
        desk_keys(&desk, "{Look}");
        int64_t enter_us = now_us();
        desk_keys(&desk, "{Enter}");
        snprintf(printed, sizeof printed, "printed 000%05d", 12345 + i);
        desk_sees_row(&desk, 22, printed);
        us[i] = printer_last_us(desk.printer) - enter_us;
    }
    qsort(us, RECEIPTS, sizeof us[0], by_size);
    print_message("# Enter to the last byte on paper: best %lld us, median %lld us, worst %lld us\n", (long long)us[0],
                  (long long)us[RECEIPTS / 2], (long long)us[RECEIPTS - 1]);
    assert_true(us[0] > 0);
    assert_true(us[0] < PAPER_US); /* the best one: others share this machine */
    assert_int_equal(printer_kicks(desk.printer), 0); /* no drawer hangs on this one */
}

struct feel { int64_t median_us, p99_us; };

static struct feel key_feel(void)
{
    int64_t us[KEYS];
    for (int i = 0; i < KEYS; i++) {
        bool erase = i % 2;
        int64_t before = now_us();
        desk_keys(&desk, erase ? "{BS}" : "7");
        desk_sees_row(&desk, 3, erase ? "Customer   [ " : "Customer   [7");
        us[i] = now_us() - before;
    }
    qsort(us, KEYS, sizeof us[0], by_size);
    return (struct feel){us[KEYS / 2], us[KEYS * 99 / 100]};
}

/* As quick as without; others share this machine, so a slow hundredth is held against the one before. */
static void as_quick(const char *when, struct feel well, struct feel now)
{
    print_message("# key to screen, %s: median %lld us, p99 %lld us (all well: %lld, %lld)\n", when, (long long)now.median_us,
                  (long long)now.p99_us, (long long)well.median_us, (long long)well.p99_us);
    assert_true(now.median_us - well.median_us < 5000);
    assert_true(now.p99_us < P99_US || now.p99_us - well.p99_us < 5000);
}

/* A printer that takes some bytes and no more, and one that is not there at all. */
static void no_printer_is_felt_in_the_fingers(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct feel well = key_feel();
    plan.stalls_at = 200;
    printer_stop(desk.printer);
    desk.printer = printer_start(&plan);
    term_close(desk.term);
    desk.term = NULL;
    desk_bind(&desk, "L8", printer_uri(desk.printer));
    sit_down_again();
    pay();
    desk_sees_row(&desk, 24, "Printing 000");
    desk_keys(&desk, "7{BS}");
    desk_sees_row(&desk, 3, "Customer   [ ");
    struct feel hung = key_feel();
    desk_sees_row(&desk, 24, "Printing 000"); /* it hung all the while */
    as_quick("while a job hangs", well, hung);
    printer_refill(desk.printer);
    world_sql_reaches(&desk.w, "branch.db", COUNT_LAST("state = 'confirmed'"), 1, 20000);
    printer_stop(desk.printer);
    desk.printer = NULL;
    pay();
    desk_sees_row(&desk, 24, "L8 NOT REACHED");
    world_sql_reaches(&desk.w, "branch.db", COUNT_LAST("state = 'planned' AND number IS NULL"), 1, 10000);
    desk_keys(&desk, "7{BS}");
    desk_sees_row(&desk, 3, "Customer   [ ");
    as_quick("with no printer there", well, key_feel());
}

/* --- paper by hand ----------------------------------------------------------------------- */

static void bind_plan(const struct printer_plan *plan, const char *document, const char *profile, const char *template, const char *media, bool drawer)
{
    struct talk t;
    if (desk.printer) printer_stop(desk.printer);
    desk.printer = printer_start(plan);
    term_close(desk.term);
    desk.term = NULL;
    talk_open(&t, desk.socket, DESK_TERMINAL);
    talk_sign_on(&t, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_ask(&t, "printer_bind", "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:s}", "name", "P1", "uri", printer_uri(desk.printer), "profile", profile,
             "template", template, "media", media, "offset_x_mm10", 0, "offset_y_mm10", 0, "drawer", drawer, "document", document);
    talk_close(&t);
    sit_down_again();
}

static void bind(const char *document, const char *profile, const char *template, const char *media)
{
    struct printer_plan plan = PLAN_GOOD;
    plan.mute = true;
    bind_plan(&plan, document, profile, template, media, false);
}

static void a_flat_bed_asks_for_the_sheet_and_then_for_a_word(void **state)
{
    size_t len;
    bind("", "epson-plq20", "invoice-241", "tractor-241"); /* the one that waits from before is placed anew */
    desk_sees_row(&desk, 2, "PUT PAPER IN");
    printer_paper(desk.printer, &len);
    assert_int_equal(len, 0);
    assert_int_equal(world_sql(&desk.w, "branch.db", COUNT_LAST("state = 'planned' AND number IS NULL")), 1); /* no number yet */
    desk_keys(&desk, "0499110002{Enter}"); /* nobody waits for it */
    desk_sees(&desk, "6 of 6 taken");
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "invoice: the sheet must bear this number");
    desk_keys(&desk, "{Look}x{Enter}");
    desk_sees(&desk, "An invoice is not dropped");
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "6 of 6 taken"); /* back at the customer as he was left */
    world_sql_reaches(&desk.w, "branch.db", COUNT_LAST("doubt = 'handed-over'"), 1, 10000);
    printer_paper(desk.printer, &len);
    assert_true(len > 1000);
    desk_sees_row(&desk, 2, "invoice handed over, to be confirmed 1");
    desk_keys(&desk, "{F12}{F6}{Look}y{Enter}");
    world_sql_reaches(&desk.w, "branch.db", COUNT_LAST("state = 'confirmed'"), 1, 10000);
    desk_keys(&desk, "{F2}");
}

static void a_copy_never_lands_on_a_numbered_sheet(void **state)
{
    size_t before, after;
    bind("", "epson-lq1600k3", "invoice-241", "tractor-241");
    printer_paper(desk.printer, &before);
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "R  copy");
    desk_keys(&desk, "{Look}r{Enter}");
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees_row(&desk, 2, "PUT PLAIN PAPER IN");
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "A copy on one would use its number up");
    printer_paper(desk.printer, &after);
    assert_int_equal(before, after);
    desk_keys(&desk, "{Look}i{Enter}");
    desk_sees(&desk, "It is printed");
    const uint8_t *bytes = printer_paper(desk.printer, &after);
    assert_non_null(memmem(bytes, after, "REPRINT", 7));
    desk_keys(&desk, "{F2}");
}

/* Bound to one document each, invoices and copies go to printers of their own. */
static void a_receipt_printer_takes_the_copies(void **state)
{
    struct test_printer *invoices = desk.printer;
    size_t before, after, copy;
    printer_paper(invoices, &before);
    desk.printer = NULL;
    bind("receipt", "escpos-80", "", "roll-80");
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "R  copy");
    desk_keys(&desk, "{Look}r{Enter}");
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "It is printed");
    printer_paper(invoices, &after);
    printer_paper(desk.printer, &copy);
    assert_int_equal(before, after);
    assert_true(copy > 500);
    printer_stop(invoices);
    desk_keys(&desk, "{F2}");
}

/* The drawer hangs on this terminal's printer: it opens when cash is taken. */
static void the_drawer_opens_with_a_payment_in_cash(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    bind_plan(&plan, "", "epson-80", "receipt-80", "roll-80", true);
    pay();
    world_sql_reaches(&desk.w, "branch.db", COUNT_LAST("state = 'confirmed'"), 1, 20000);
    assert_int_equal(printer_kicks(desk.printer), 1);
    pay();
    world_sql_reaches(&desk.w, "branch.db", COUNT_LAST("state = 'confirmed'"), 1, 20000);
    assert_int_equal(printer_kicks(desk.printer), 2);
}

/* --- the technician ---------------------------------------------------------------------- */

static void the_technician_finds_binds_tries_and_moves(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct stat file;
    char keys[300], path[256];
    struct test_printer *other = printer_start(&plan);
    term_close(desk.term);
    desk.term = NULL;
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TECHNICIAN);
    desk_sees(&desk, "PRINTERS -");
    desk_sees_row(&desk, 5, "TCP"); /* what is bound stands first, and was asked */
    desk_sees_row(&desk, 5, ":");
    snprintf(keys, sizeof keys, "{Enter}{Up}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}{BS}%s{Enter}", printer_uri(other));
    desk_keys(&desk, keys);
    desk_sees(&desk, "Address       [tcp:");
    desk_keys(&desk, "T9{Enter}{Enter}invoice{Enter}"); /* name, terminal, document */
    static const char *const models[] = {"[epson-80  ", "[epson-80-180  ", "[xprinter-80  "}; /* as the table has them */
    for (int i = 0; i < 3; i++) {
        desk_keys(&desk, "{F4}");
        desk_sees(&desk, models[i]);
    }
    desk_sees(&desk, "NOT VERIFIED ON HARDWARE");
    desk_keys(&desk, "{Enter}{Enter}{Enter}{Enter}{Enter}{Enter}{Look}t{Enter}"); /* past template, media, offsets, drawer */
    desk_sees(&desk, "confirmed: ready.");
    desk_keys(&desk, "p{Enter}");
    desk_sees(&desk, "down  mm       0.0");
    desk_keys(&desk, "{Down}{Down}{Down}");
    desk_sees(&desk, "down  mm       0.3");
    desk_keys(&desk, "{Enter}");
    desk_sees(&desk, "down [   0.3]");
    desk_keys(&desk, "b{Enter}");
    desk_sees(&desk, "\"Handed over\" will mean here: taken by");
    assert_int_equal(stat(world_path(&desk.w, "printers.json", path, sizeof path), &file), 0);
    char *bound = world_read(&desk.w, "printers.json");
    assert_non_null(strstr(bound, "\"03/invoice\""));
    assert_non_null(strstr(bound, "\"offset_y_mm10\": 3"));
    free(bound);
    desk_keys(&desk, "{F10}");
    desk_sees(&desk, "EVERYTHING THERE IS");
    desk_keys(&desk, "6{Enter}");
    desk_sees(&desk, "on line since");
    desk_sees(&desk, "ONLY 29 DAYS LEFT"); /* the certificates of the tests are short-lived */
    desk_keys(&desk, "{F10}5{Enter}");
    desk_sees(&desk, "PRINT JOBS -");
    desk_sees(&desk, "handed over");
    desk_keys(&desk, "{F10}7{Enter}");
    desk_sees(&desk, "REPORT OF THE WHOLE SET-UP");
    for (int i = 0; i < 20; i++) desk_keys(&desk, "{BS}");
    desk_keys(&desk, world_path(&desk.w, "setup.txt", path, sizeof path));
    desk_keys(&desk, "{Enter}{Look}s{Enter}");
    desk_sees(&desk, "Written:");
    char *report = world_read(&desk.w, "setup.txt");
    assert_non_null(strstr(report, "status bytes 12 12 12 12"));
    assert_non_null(strstr(report, "[last jobs]\n20"));
    assert_non_null(strstr(report, "certificate "));
    assert_null(strstr(report, "0499110002")); /* no customer */
    free(report);
    printer_stop(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_paper_is_there_in_50_ms),
        cmocka_unit_test(no_printer_is_felt_in_the_fingers),
        cmocka_unit_test(a_flat_bed_asks_for_the_sheet_and_then_for_a_word),
        cmocka_unit_test(a_copy_never_lands_on_a_numbered_sheet),
        cmocka_unit_test(a_receipt_printer_takes_the_copies),
        cmocka_unit_test(the_drawer_opens_with_a_payment_in_cash),
        cmocka_unit_test(the_technician_finds_binds_tries_and_moves),
    };
    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
