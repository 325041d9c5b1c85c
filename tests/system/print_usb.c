/* A teller's invoices through everything that is real, counter, branchd, ledger, libusb, to a
 * USB printer that lies, is unplugged in the middle, runs out of paper, stalls: each ends as
 * it truly was, and no number is on paper twice. Paper is what the emulated device took. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/desk.h"
#include "lib/usb_printer.h"

#define GOOD { .printer = PLAN_GOOD }
#define PAPERS_MAX 40
#define JOB_MS 60000
#define LAST "(SELECT max(id) FROM payment)"
#define LAST_INVOICE "(SELECT max(id) FROM invoice WHERE payment = " LAST ")"

static struct desk desk;
static struct usb_printer *printer;
/* All that ever came out, printer after printer. */
static struct { uint8_t *bytes; size_t len; } paper[PAPERS_MAX];
static int papers;
static const long before_paper = 12 + 5; /* four questions, the init */

/* --- paper ---------------------------------------------------------------------------- */

static void keep_paper(void)
{
    size_t len;
    const uint8_t *bytes = printer_paper(usb_printer_inside(printer), &len);
    assert_true(papers < PAPERS_MAX);
    paper[papers].bytes = malloc(len + 1);
    memcpy(paper[papers].bytes, bytes, len);
    paper[papers++].len = len;
}

static bool out; /* off the bus */

static void pull_out(void)
{
    usb_printer_leaves(printer);
    out = true;
}

static void plug_in(const struct usb_plan *plan)
{
    keep_paper();
    if (out) usb_printer_comes(printer, plan);
    else usb_printer_replug(printer, plan);
    out = false;
}

static void plug_in_good(void)
{
    struct usb_plan plan = GOOD;
    plug_in(&plan);
}

static int count_in(const uint8_t *bytes, size_t len, const char *number)
{
    int count = 0;
    size_t n = strlen(number);
    for (const uint8_t *p = bytes; (p = memmem(p, len - (size_t)(p - bytes), number, n)); p++) count++;
    return count;
}

static size_t now_on_paper(const uint8_t **bytes)
{
    size_t len;
    *bytes = printer_paper(usb_printer_inside(printer), &len);
    return len;
}

/* The sheet that bears it came out to its cut. */
static bool whole(const char *number)
{
    static const uint8_t cut[] = {0x1d, 'V', 0x42, 0};
    const uint8_t *bytes;
    size_t len = now_on_paper(&bytes);
    const uint8_t *at = memmem(bytes, len, number, strlen(number));
    return at && memmem(at, len - (size_t)(at - bytes), cut, sizeof cut);
}

/* --- the desk ---------------------------------------------------------------------------- */

static int open_desk(void **state)
{
    struct usb_plan plan = GOOD;
    printer = usb_printer_start(&plan); /* before the counter, which looks for it in the same place */
    desk_open(&desk, "usb", false);
    desk_bind(&desk, "U1", USB_PRINTER_URI);
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees_row(&desk, 3, "Customer");
    return 0;
}

/* Over the whole day every number that the ledger used or voided is on paper once at most, and
 * each that is confirmed is there. */
static void no_number_is_on_paper_twice(void **state)
{
    char number[64], sql[200];
    int numbers = (int)world_sql(&desk.w, "branch.db", "SELECT count(*) FROM number WHERE state <> 'unused' AND invoice IS NOT NULL");
    keep_paper();
    assert_true(numbers > 8);
    for (int i = 0; i < numbers; i++) {
        int found = 0;
        snprintf(sql, sizeof sql, "SELECT printf('%%08d', number) FROM number WHERE invoice IS NOT NULL ORDER BY number LIMIT 1 OFFSET %d", i);
        world_sql_text(&desk.w, "branch.db", sql, number, sizeof number);
        for (int n = 0; n < papers; n++) found += count_in(paper[n].bytes, paper[n].len, number);
        snprintf(sql, sizeof sql, "SELECT state = 'used' FROM number WHERE number = %d", atoi(number));
        bool used = world_sql(&desk.w, "branch.db", sql) == 1;
        if (found > 1 || (used && !found)) fail_msg("number %s is on paper %d times, %s", number, found, used ? "used" : "void");
    }
}

static int close_desk(void **state)
{
    world_branch_verify(&desk.w);
    desk_close(&desk);
    usb_printer_stop(printer);
    for (int i = 0; i < papers; i++) free(paper[i].bytes);
    return 0;
}

static void pay(void)
{
    static int n;
    char customer[64], sql[300], keys[128];
    int64_t before = world_sql(&desk.w, "branch.db", "SELECT count(*) FROM payment");
    snprintf(sql, sizeof sql,
             "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%%' AND "
             "first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", n++);
    world_sql_text(&desk.w, "utility.db", sql, customer, sizeof customer);
    snprintf(keys, sizeof keys, "%s{Enter}{Enter}.{Enter}{Enter}", customer);
    desk_keys(&desk, keys);
    desk_sees_row(&desk, 22, customer);
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM payment", before + 1, 10000);
}

static void number_of_last(char *number, size_t size)
{
    world_sql_text(&desk.w, "branch.db", "SELECT printf('%08d', number) FROM invoice WHERE id = " LAST_INVOICE, number, size);
}

static void confirmed(char *number, size_t size)
{
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'confirmed' AND id = " LAST_INVOICE, 1, JOB_MS);
    number_of_last(number, size);
    assert_true(whole(number));
}

/* Three spoiled sheets a day are a teller's own affair. */
static void say_what_is_seen(bool good)
{
    bool alone = good || world_sql(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'spoiled'") < 3;
    desk_keys(&desk, good ? "{Look}y{Enter}" : "{Look}n{Enter}");
    if (alone) return;
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
}

/* The job ends in doubt; a good printer is plugged in, and the teller says what he sees. False:
 * it had ended well before anything went wrong. */
static bool doubted(void)
{
    char number[64];
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE (doubt IS NOT NULL OR state = 'confirmed') AND id = " LAST_INVOICE, 1, JOB_MS);
    number_of_last(number, sizeof number);
    bool good = whole(number);
    if (!world_sql(&desk.w, "branch.db", "SELECT doubt IS NOT NULL FROM invoice WHERE id = " LAST_INVOICE)) {
        assert_true(good);
        return false;
    }
    int64_t invoice = world_sql(&desk.w, "branch.db", "SELECT " LAST_INVOICE);
    char sql[160];
    plug_in_good();
    desk_sees_row(&desk, 2, "INVOICE IN DOUBT 1");
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "1 of 1: INVOICE IN DOUBT");
    desk_sees(&desk, number);
    say_what_is_seen(good);
    snprintf(sql, sizeof sql, "SELECT state = '%s' FROM invoice WHERE id = %lld", good ? "confirmed" : "spoiled", (long long)invoice);
    world_sql_reaches(&desk.w, "branch.db", sql, 1, 10000);
    if (!good) {
        char next[64];
        confirmed(next, sizeof next);
        assert_int_equal(atoi(next), atoi(number) + 1);
    }
    desk_keys(&desk, "{F2}");
    desk_sees(&desk, "number, scan");
    return true;
}

/* --- what happens to it ---------------------------------------------------------------------- */

static void a_good_printer_confirms(void **state)
{
    char number[64];
    pay();
    confirmed(number, sizeof number);
    assert_string_equal(number, DESK_FIRST_NUMBER);
}

static void a_device_that_lies_about_itself_prints_as_well(void **state)
{
    static const int lies[] = {-30, 500};
    char number[64];
    for (int i = 0; i < 2; i++) {
        struct usb_plan plan = GOOD;
        plan.id_length_lie = lies[i];
        plan.device_id = i ? "MFG:ACME;MDL:Laser 9000;" : NULL;
        plan.usblp = true;
        plug_in(&plan);
        pay();
        confirmed(number, sizeof number);
    }
}

static void out_of_paper_takes_no_number(void **state)
{
    struct usb_plan plan = GOOD;
    char number[64], next[64];
    const uint8_t *bytes;
    plan.printer.starts_empty = true;
    plug_in(&plan);
    number_of_last(number, sizeof number);
    pay();
    desk_sees_row(&desk, 24, "U1 OUT OF PAPER");
    desk_sees_row(&desk, 2, "! U1 OUT OF PAPER");
    assert_int_equal(now_on_paper(&bytes), 0);
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'planned' AND number IS NULL AND id = " LAST_INVOICE, 1, 10000);
    printer_refill(usb_printer_inside(printer));
    confirmed(next, sizeof next);
    assert_int_equal(atoi(next), atoi(number) + 1);
}

static void a_new_roll_in_the_middle_ends_well(void **state)
{
    struct usb_plan plan = GOOD;
    char number[64];
    plan.printer.paper_out_at = 900;
    plug_in(&plan);
    pay();
    printer_await_empty(usb_printer_inside(printer));
    desk_sees_row(&desk, 24, "Printing 000");
    printer_refill(usb_printer_inside(printer));
    confirmed(number, sizeof number);
}

/* Unplugged, and the errors that look alike: at the first byte, in the middle, at the last, and
 * when all of it is there and only its word is missing. */
static void gone_in_the_middle_is_a_doubt(void **state)
{
    static const struct { int of_100; enum usb_fault fault; } faults[] = {
        {1, USB_UNPLUG}, {40, USB_UNPLUG}, {95, USB_UNPLUG}, {101, USB_UNPLUG}, {50, USB_PIPE}, {70, USB_IO},
    };
    int doubts = 0;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct usb_plan plan = GOOD;
        plan.printer.dies_at = before_paper + (long)paper[0].len * faults[i].of_100 / 100;
        plan.fault = faults[i].fault;
        plug_in(&plan);
        pay();
        doubts += doubted();
    }
    assert_true(doubts >= 4);
}

/* It takes so much and no more; the teller loses patience, pulls it out and looks. */
static void stalled_in_the_middle_is_a_doubt(void **state)
{
    struct usb_plan plan = GOOD;
    plan.printer.stalls_at = 1200;
    plug_in(&plan);
    pay();
    desk_sees_row(&desk, 24, "Printing 000");
    desk_keys(&desk, "0499110002{Enter}"); /* the next customer is served meanwhile */
    desk_sees(&desk, "6 of 6 taken");
    desk_keys(&desk, "{F12}");
    printer_await_bytes(usb_printer_inside(printer), 1000);
    pull_out();
    assert_true(doubted());
}

/* Nobody asks for it: the teller sees it, and what waits is printed at once. */
static void plugged_in_or_out_is_noticed_by_itself(void **state)
{
    char number[64], next[64];
    number_of_last(number, sizeof number);
    desk_sees_row(&desk, 24, "U1 ready");
    pull_out();
    desk_sees_row(&desk, 24, "U1 NOT REACHED");
    pay();
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'planned' AND number IS NULL AND id = " LAST_INVOICE, 1, 10000);
    plug_in_good();
    confirmed(next, sizeof next);
    assert_int_equal(atoi(next), atoi(number) + 1);
    desk_sees_row(&desk, 24, "U1 ready");
}

static void held_by_another_program_takes_no_number(void **state)
{
    struct usb_plan plan = GOOD;
    char number[64], next[64];
    plan.held = true;
    number_of_last(number, sizeof number);
    plug_in(&plan);
    pay();
    desk_sees_row(&desk, 24, "U1 NOT REACHED");
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'planned' AND number IS NULL AND id = " LAST_INVOICE, 1, 10000);
    plug_in_good();
    confirmed(next, sizeof next);
    assert_int_equal(atoi(next), atoi(number) + 1);
}

static void the_technicians_list_follows(void **state)
{
    struct usb_plan plan = GOOD;
    term_close(desk.term);
    desk.term = NULL;
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TECHNICIAN);
    desk_sees_row(&desk, 5, "EPSON");
    desk_sees_row(&desk, 5, "ready");
    pull_out();
    desk_sees(&desk, "A USB printer was plugged in or out: the list is new.");
    desk_sees_row(&desk, 5, "NOT REACHED"); /* bound, and not there */
    plug_in(&plan);
    desk_sees_row(&desk, 5, "EPSON");
    desk_sees_row(&desk, 5, "ready");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_printer_confirms),
        cmocka_unit_test(a_device_that_lies_about_itself_prints_as_well),
        cmocka_unit_test(out_of_paper_takes_no_number),
        cmocka_unit_test(a_new_roll_in_the_middle_ends_well),
        cmocka_unit_test(gone_in_the_middle_is_a_doubt),
        cmocka_unit_test(stalled_in_the_middle_is_a_doubt),
        cmocka_unit_test(held_by_another_program_takes_no_number),
        cmocka_unit_test(plugged_in_or_out_is_noticed_by_itself),
        cmocka_unit_test(the_technicians_list_follows),
        cmocka_unit_test(no_number_is_on_paper_twice),
    };
    usb_printer_wrap(argv);
    return cmocka_run_group_tests(tests, open_desk, close_desk);
}
