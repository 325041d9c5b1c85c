/* The technician looks for printers: what is plugged in, what answers on the network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/discover.h"
#include "lib/usb_printer.h"

static void a_usb_printer_is_found_with_its_model_and_a_profile(void **state)
{
    struct usb_plan plan = { .printer = PLAN_GOOD, .usblp = true };
    struct usb_printer *u = usb_printer_start(&plan);
    struct printer_found list[DISCOVER_MAX];
    assert_int_equal(discover(DISCOVER_USB, list, DISCOVER_MAX, NULL), 1);
    assert_string_equal(list[0].uri, USB_PRINTER_URI);
    assert_string_equal(list[0].model, "EPSON TM-T82II");
    assert_string_equal(list[0].profile->name, "epson-80");
    assert_string_equal(list[0].note, "");
    assert_true(usb_printer_usblp_back(u)); /* looking takes nothing from others */
    assert_int_equal(discover(DISCOVER_USB, list, 0, NULL), 0);
    usb_printer_stop(u);
}

static void words_of_an_id(void **state)
{
    static const struct {
        const char *id, *model;
    } row[] = {
        { "MFG:EPSON;CMD:ESCPL2;MDL:LQ-635K;CLS:PRINTER;", "EPSON LQ-635K" },
        { "MANUFACTURER:Olivetti; MODEL:PR2 plus", "Olivetti PR2 plus" },
        { "MFG:EPSON;MDL:EPSON LQ-635K;", "EPSON LQ-635K" },
        { "MDL:POS58", "POS58" },
        { "", "" },
        { ";;;:;MFG", "" },
    };
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        char model[128];
        discover_model(row[i].id, model, sizeof model);
        assert_string_equal(model, row[i].model);
    }
}

static void an_address_that_answers_is_a_printer_and_one_that_does_not_is_not(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct test_printer *printer = printer_start(&plan);
    struct printer_found found;
    struct error err = { 0 };
    assert_int_equal(discover_address(printer_uri(printer) + strlen("tcp:"), 500, &found, &err), 0);
    assert_string_equal(found.uri, printer_uri(printer));
    printer_stop(printer);
    assert_int_equal(discover_address("127.0.0.1:1", 500, &found, &err), -1);
    assert_int_equal(discover_address("no such host", 500, &found, &err), -1);
}

static void every_serial_line_found_can_be_bound_as_it_is(void **state)
{
    struct printer_found list[4];
    struct error err = { 0 };
    size_t n = discover(DISCOVER_SERIAL, list, 4, &err);
    for (size_t i = 0; i < n; i++) assert_int_equal(transport_check(list[i].uri, NULL), 0);
}

int main(int argc, char **argv)
{
    usb_printer_wrap(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usb_printer_is_found_with_its_model_and_a_profile),
        cmocka_unit_test(words_of_an_id),
        cmocka_unit_test(an_address_that_answers_is_a_printer_and_one_that_does_not_is_not),
        cmocka_unit_test(every_serial_line_found_can_be_bound_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
