/* A technician who comes by ssh: all of the printers' screens as commands, against a printer
 * that answers and a running branch. */
#include <setjmp.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/clock.h"
#include "lib/printer.h"
#include "lib/world_branch.h"

static struct world w;
static struct test_printer *printer;
static char socket_arg[600], password_arg[600], out[32768];

static int start(void **state)
{
    char path[512];
    struct printer_plan plan = PLAN_GOOD;
    printer = printer_start(&plan);
    world_open(&w, "printers");
    world_utility(&w, 50);
    world_bank(&w);
    world_branch(&w, NULL);
    world_wait_branch(&w);
    snprintf(socket_arg, sizeof socket_arg, "--socket=%s", world_branch_socket(&w, path, sizeof path));
    world_write(&w, "password", "%s\n", BRANCH_PASSWORD);
    snprintf(password_arg, sizeof password_arg, "--password-file=%s", world_path(&w, "password", path, sizeof path));
    return 0;
}

static int stop(void **state)
{
    world_branch_verify(&w);
    world_close(&w);
    printer_stop(printer);
    return 0;
}

/* One command without branchd; its first line as JSON, new. */
static json_t *answer_of(int code)
{
    assert_int_equal(code, EX_OK);
    out[strcspn(out, "\n")] = 0;
    json_t *row = json_loads(out, 0, NULL);
    assert_true(json_is_object(row));
    return row;
}

static const char *text(const json_t *row, const char *member)
{
    const char *value = json_string_value(json_object_get(row, member));
    assert_non_null(value);
    return value;
}

#define ALONE(...) world_run(&w, out, sizeof out, "counter", "printer", __VA_ARGS__, NULL)
#define SIGNED_ON(...) \
    world_run(&w, out, sizeof out, "counter", "printer", __VA_ARGS__, socket_arg, "--terminal=03", "--operator=" BRANCH_TECHNICIAN, password_arg, NULL)

static void models_are_listed_with_what_nobody_tried(void **state)
{
    json_t *row = answer_of(ALONE("profiles", "--json"));
    assert_string_equal(text(row, "profile"), "epson-80");
    assert_string_equal(text(row, "verified"), "no");
    json_decref(row);
}

static void one_is_asked_in_words_and_bytes(void **state)
{
    json_t *row = answer_of(ALONE("status", printer_uri(printer), "--profile=epson-80", "--json"));
    assert_string_equal(text(row, "state"), "ready");
    assert_string_equal(text(row, "status_bytes"), "12 12 12 12");
    json_decref(row);
    assert_int_equal(ALONE("status", "tcp:127.0.0.1:1", "--profile=epson-80"), EX_UNAVAILABLE);
    assert_non_null(strstr(out, "cannot be reached"));
}

static void what_the_host_reaches_is_found_an_address_too(void **state)
{
    assert_int_equal(ALONE("discover", "--json", printer_uri(printer) + strlen("tcp:")), EX_OK);
    assert_non_null(strstr(out, printer_uri(printer)));
}

/* The printer works behind its line: what it has done so far, or within five seconds. */
static int kicks_come_to(int wanted)
{
    int64_t until = clock_monotonic_ms() + 5000;
    while (printer_kicks(printer) < wanted && clock_monotonic_ms() < until)
        poll(NULL, 0, 5);
    return printer_kicks(printer);
}

static void trial_pages_bear_no_number(void **state)
{
    size_t before, after;
    printer_paper(printer, &before);
    json_t *row = answer_of(ALONE("test", printer_uri(printer), "--profile=epson-80", "--lang=en", "--json"));
    assert_string_equal(text(row, "outcome"), "confirmed");
    json_decref(row);
    const uint8_t *paper = printer_paper(printer, &after);
    assert_non_null(memmem(paper + before, after - before, "TRIAL", 5));
    assert_null(memmem(paper + before, after - before, "00012345", 8));
    assert_int_equal(ALONE("align", printer_uri(printer), "--profile=epson-80", "--down=0.2", "--json"), EX_OK);
    assert_int_equal(ALONE("drawer", printer_uri(printer), "--profile=epson-80"), EX_OK);
    assert_int_equal(kicks_come_to(1), 1);
}

static void it_is_bound_listed_and_unbound(void **state)
{
    assert_int_equal(SIGNED_ON("bind", printer_uri(printer), "--profile=epson-80", "--template=receipt-80", "--media=roll-80", "--name=R3",
                               "--document=receipt", "--down=-0.4", "--drawer"), EX_OK);
    assert_non_null(strstr(out, "\"handed over\" will mean: taken by"));
    json_t *row = answer_of(SIGNED_ON("list", "--json"));
    assert_string_equal(text(row, "terminal"), "03");
    assert_string_equal(text(row, "document"), "receipt");
    assert_string_equal(text(row, "uri"), printer_uri(printer));
    assert_int_equal(json_integer_value(json_object_get(row, "offset_y_mm10")), -4);
    json_decref(row);
    assert_int_equal(SIGNED_ON("bind", printer_uri(printer), "--profile=epson-80", "--document=postcard"), EX_UNAVAILABLE);
    assert_int_equal(SIGNED_ON("unbind", "--document=receipt"), EX_OK);
    assert_int_equal(SIGNED_ON("list", "--json"), EX_OK);
    assert_string_equal(out, "");
}

static void the_line_and_the_jobs_are_shown(void **state)
{
    json_t *row = answer_of(SIGNED_ON("link", "--json"));
    assert_string_equal(text(row, "name"), "bank-102");
    json_decref(row);
    assert_int_equal(SIGNED_ON("log", "--csv"), EX_OK);
    assert_non_null(strstr(out, "at,terminal,job,outcome,bytes,ms,words"));
}

static void the_whole_set_up_is_one_file(void **state)
{
    assert_int_equal(SIGNED_ON("bind", printer_uri(printer), "--profile=epson-80", "--name=R3"), EX_OK);
    assert_int_equal(SIGNED_ON("report"), EX_OK);
    assert_non_null(strstr(out, "[versions]"));
    assert_non_null(strstr(out, "status bytes 12 12 12 12"));
    assert_non_null(strstr(out, "(not verified on hardware)"));
    assert_non_null(strstr(out, "certificate "));
}

static void what_is_wrong_is_said_with_its_exit_code(void **state)
{
    assert_int_equal(ALONE("test", printer_uri(printer), "--profile=nosuch"), EX_USAGE);
    assert_int_equal(ALONE("test", printer_uri(printer)), EX_USAGE);
    assert_int_equal(ALONE("dance"), EX_USAGE);
    assert_int_equal(ALONE("list"), EX_USAGE);
    assert_int_equal(ALONE("align", printer_uri(printer), "--profile=epson-80", "--right=1.23"), EX_USAGE);
    assert_int_equal(ALONE("test", printer_uri(printer), "--profile=epson-80", "--template=nosuch"), EX_UNAVAILABLE);
    world_write(&w, "password", "wrong\n");
    assert_int_equal(SIGNED_ON("list"), EX_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_are_listed_with_what_nobody_tried), cmocka_unit_test(one_is_asked_in_words_and_bytes),
        cmocka_unit_test(what_the_host_reaches_is_found_an_address_too), cmocka_unit_test(trial_pages_bear_no_number),
        cmocka_unit_test(it_is_bound_listed_and_unbound), cmocka_unit_test(the_line_and_the_jobs_are_shown),
        cmocka_unit_test(the_whole_set_up_is_one_file), cmocka_unit_test(what_is_wrong_is_said_with_its_exit_code),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
