/* Every shipped form, in both languages, with its sample, for every printer that it is meant
 * for: placed for that row of the table and turned into bytes, offsets and all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jansson.h>

#include "drivers/backend.h"
#include "lib/escp_read.h"
#include "lib/escpos_read.h"
#include "print/place.h"
#include "print/set.h"

static struct print_set *set;
static int tried;

static int open_set(void **state)
{
    set = print_set_open("printer-templates", NULL);
    return set ? 0 : -1;
}

static int close_set(void **state)
{
    print_set_close(set);
    return 0;
}

static void read_back(const struct profile *p, const struct bytes *out)
{
    static struct escpos_sheet roll;
    static struct escp_sheet pins;
    if (p->dialect->backend == &backend_escpos) {
        escpos_read(out->at, out->len, p->move_dpi / p->device.y_dpi, &roll);
        assert_string_equal(roll.problem, "");
        assert_true(roll.marks > 3);
    }
    if (p->dialect->backend == &backend_escp) {
        memset(&pins, 0, sizeof pins);
        escp_read(out->at, out->len, &pins);
        assert_string_equal(pins.problem, "");
        assert_true(pins.marks > 3);
        assert_int_equal(pins.forms + pins.ejects, 1);
    }
    if (p->dialect->backend == &backend_picture) assert_memory_equal(out->at, "%PDF-", 5);
}

static void one(const struct profile *p, const char *form, const char *sample, int language)
{
    char path[128];
    struct page **page = NULL;
    size_t pages = 0;
    struct error err = { 0 };
    snprintf(path, sizeof path, "printer-templates/sample/%s.json", sample);
    struct print_request request = { .data = json_load_file(path, 0, NULL), .device = profile_device(p),
                                     .form = print_set_find(set, form, language, &err), .image_folder = "printer-templates" };
    assert_non_null(request.data);
    assert_non_null(request.form);
    request.media = print_set_media(set, NULL, request.form, &err);
    assert_non_null(request.media);
    if (print_place_all(&request, &page, &pages, &err) != 0)
        fail_msg("%s on %s: %s: %s", form, p->name, err.where, err.why);
    for (size_t i = 0; i < pages; i++) {
        struct bytes out = { 0 };
        if (backend_render(p, page[i], 0, 0, &out, &err) != 0)
            fail_msg("%s on %s: %s: %s", form, p->name, err.where, err.why);
        read_back(p, &out);
        bytes_free(&out);
    }
    tried++;
    print_pages_free(page, pages);
    json_decref((json_t *)(uintptr_t)request.data);
}

static void both(const struct profile *p, const char *form, const char *sample)
{
    one(p, form, sample, print_language("zh_CN"));
    one(p, form, sample, print_language("en"));
}

/* The forms for 80 mm have 48 columns. */
static void rolls_take_every_form_of_their_width(void **state)
{
    static const char *const forms[][2] = {
        { "receipt", "receipt" }, { "receipt", "receipt-long" }, { "receipt", "receipt-rare" }, { "receipt", "receipt-twelve" },
        { "receipt", "receipt-latin" }, { "receipt", "receipt-prepay" },
        { "prepay", "prepay" }, { "prepay", "prepay-long" }, { "handback", "handback" }, { "handback", "handback-long" },
        { "counterfeit", "counterfeit" }, { "alignment", "alignment" },
    };
    const struct profile *p;
    for (size_t i = 0; (p = profile_at(i)) != NULL; i++) {
        if (p->dialect->backend != &backend_escpos) continue;
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
            char form[64];
            snprintf(form, sizeof form, "%s-%s", forms[f][0], p->columns >= 48 ? "80" : "58");
            both(p, form, forms[f][1]);
        }
    }
}

/* It is 8.4 inch wide: more than printers of 80 columns reach. */
static void pins_take_the_tractor_invoice(void **state)
{
    const struct profile *p;
    for (size_t i = 0; (p = profile_at(i)) != NULL; i++) {
        if (p->dialect->backend != &backend_escp || p->columns < 90) continue;
        both(p, "invoice-241", "receipt");
        both(p, "invoice-241", "receipt-long");
        both(p, "invoice-241", "receipt-rare");
        both(p, "invoice-241", "receipt-latin");
        both(p, "invoice-241", "receipt-twelve");
        both(p, "alignment-241", "alignment");
    }
}

/* They are drawn for 80 columns. */
static void every_24_pin_printer_takes_receipts_and_slips(void **state)
{
    static const char *const forms[][2] = {
        { "handback", "handback" }, { "handback", "handback-long" }, { "counterfeit", "counterfeit-long" },
        { "receipt", "receipt" }, { "receipt", "receipt-long" }, { "receipt", "receipt-rare" }, { "receipt", "receipt-twelve" },
        { "receipt", "receipt-latin" }, { "prepay", "prepay" }, { "prepay", "prepay-long" },
    };
    const struct profile *p;
    for (size_t i = 0; (p = profile_at(i)) != NULL; i++) {
        if (p->dialect->backend != &backend_escp) continue;
        for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
            char form[64];
            snprintf(form, sizeof form, "%s-241", forms[f][0]);
            both(p, form, forms[f][1]);
        }
    }
}

static void a_passbook_goes_into_the_flat_bed(void **state)
{
    both(profile_find("epson-plq20"), "passbook", "passbook");
    both(profile_find("olivetti-pr2"), "passbook", "passbook");
    both(profile_find("ibm-ppds"), "passbook", "passbook");
}

static void sheets_go_as_documents(void **state)
{
    both(profile_find("document"), "invoice-a4", "receipt-twelve");
    both(profile_find("document"), "invoice-a4", "receipt-long");
    both(profile_find("document"), "invoice-a5", "receipt-rare");
    both(profile_find("document"), "invoice-a5", "receipt-long");
    both(profile_find("document"), "agreement-a4", "agreement");
    both(profile_find("document"), "agreement-a4", "agreement-long");
    assert_true(tried > 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rolls_take_every_form_of_their_width),
        cmocka_unit_test(pins_take_the_tractor_invoice),
        cmocka_unit_test(every_24_pin_printer_takes_receipts_and_slips),
        cmocka_unit_test(a_passbook_goes_into_the_flat_bed),
        cmocka_unit_test(sheets_go_as_documents),
    };
    return cmocka_run_group_tests(tests, open_set, close_set);
}
