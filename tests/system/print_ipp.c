/* An invoice on A4 through a real cupsd to a real IPP printer, as a technician sets it up: what
 * the printer was sent is the page that we drew, once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "drivers/discover.h"
#include "drivers/job.h"
#include "drivers/profile.h"
#include "lib/ipp_printer.h"
#include "lib/private_cups.h"
#include "lib/shipped.h"

#define PROFILE "document"

static struct ipp_printer *printer;
static struct shipped_pages invoice, sheet;
static int names, taken;

static int start(void **state)
{
    shipped_open();
    invoice = shipped_make(profile_device(profile_find(PROFILE)), "invoice-a4", "receipt-rare", LANGUAGE_CHINESE);
    sheet = shipped_make(profile_device(profile_find(PROFILE)), "month-a4", "month", LANGUAGE_ENGLISH);
    cups_start();
    printer = ipp_printer_start();
    cups_queue_pdf("sheets", ipp_printer_uri(printer), 0);
    cups_queue_pdf("invoices", ipp_printer_uri(printer), 1);
    return 0;
}

static int stop(void **state)
{
    ipp_printer_stop(printer);
    cups_stop();
    shipped_free(invoice);
    shipped_free(sheet);
    shipped_close();
    return 0;
}

static struct print_outcome print(const char *uri, const struct shipped_pages *what, bool numbered)
{
    char name[64];
    snprintf(name, sizeof name, "0311-0007-3-invoice-%d-1-00012346", ++names);
    struct print_job job = { .uri = uri, .profile = PROFILE, .page = what->page[0], .name = name, .numbered = numbered,
                             .times = { .send_ms = 15000 } };
    struct print_outcome out;
    print_job_run(&job, &out);
    return out;
}

static char *output_of(const char *before, const char *path, const char *behind)
{
    static char said[65536];
    char command[600];
    snprintf(command, sizeof command, "%s %s %s", before, path, behind);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    said[fread(said, 1, sizeof said - 1, in)] = '\0';
    pclose(in);
    return said;
}

static const struct page_item *item_of(const struct page *page, const char *field)
{
    for (int i = 0; i < page->item_count; i++)
        if (page->item[i].kind == PAGE_TEXT && strcmp(page->item[i].field, field) == 0) return &page->item[i];
    fail_msg("no %s on the page", field);
    return NULL;
}

/* It was neither shrunk onto other paper nor moved: the word begins where the page says. */
static void stands_in_its_place(const struct page_item *item, const char *document)
{
    char head[200];
    double x = -1;
    snprintf(head, sizeof head, ">%s</word>", item->text);
    char *at = strstr(output_of("pdftotext -bbox", document, "-"), head);
    assert_non_null(at);
    while (strncmp(at, "<word", 5) != 0) at--;
    assert_int_equal(sscanf(at, "<word xMin=\"%lf\"", &x), 1);
    double off_mm = x * 25.4 / 72 - item->x_mm100 / 100.0;
    if (off_mm < -0.5 || off_mm > 0.5) fail_msg("%s is %.2f mm off", item->text, off_mm);
}

/* Its number, its code and its size, out of the printer's own tray. */
static void the_tray_holds(const struct shipped_pages *what)
{
    const char *document = ipp_printer_document(printer, ++taken);
    const struct page_item *known = item_of(what->page[0], what == &invoice ? "number" : "branch");
    assert_non_null(document);
    stands_in_its_place(known, document);
    char *info = output_of("pdfinfo", document, "");
    if (!strstr(info, "(A4)")) fail_msg("not of A4: %s", info);
    if (what == &invoice)
        assert_string_equal(output_of("pdftoppm -r 150 -png", document, "| zbarimg -q --raw - 2>/dev/null"), "102/0311-0007/010000000417\n");
}

static void an_invoice_comes_out_of_a_real_ipp_printer(void **state)
{
    struct print_outcome out = print("cups:invoices", &invoice, true);
    assert_string_equal(out.words, "handed to CUPS");
    assert_int_equal(out.result, PRINT_HANDED_OVER);
    the_tray_holds(&invoice);
}

static void a_queue_without_once_gets_plain_sheets_only(void **state)
{
    struct print_outcome out = print("cups:sheets", &invoice, true);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    assert_non_null(strstr(out.words, "once:"));
    assert_int_equal(print("cups:sheets", &sheet, false).result, PRINT_HANDED_OVER);
    the_tray_holds(&sheet);
    assert_int_equal(ipp_printer_count(printer), taken);
}

static void the_queue_is_found_with_the_profile_for_documents(void **state)
{
    struct printer_found list[DISCOVER_MAX];
    size_t count = discover(DISCOVER_CUPS, list, DISCOVER_MAX, NULL), documents = 0;
    for (size_t i = 0; i < count; i++) {
        documents += list[i].profile == profile_find(PROFILE);
        assert_int_equal(list[i].numbered, strcmp(list[i].uri, "cups:invoices") == 0);
    }
    assert_int_equal(documents, 2);
}

/* Its backend is in the middle of it, or not: after the kill it is not sent again. */
static void cupsd_killed_behind_it_sends_no_second_sheet(void **state)
{
    assert_int_equal(print("cups:invoices", &invoice, true).result, PRINT_HANDED_OVER);
    cups_kill();
    cups_start_again();
    the_tray_holds(&invoice);
    assert_int_equal(print("cups:invoices", &invoice, true).result, PRINT_HANDED_OVER); /* the next one comes, and no other */
    the_tray_holds(&invoice);
    assert_int_equal(ipp_printer_count(printer), taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invoice_comes_out_of_a_real_ipp_printer),
        cmocka_unit_test(a_queue_without_once_gets_plain_sheets_only),
        cmocka_unit_test(the_queue_is_found_with_the_profile_for_documents),
        cmocka_unit_test(cupsd_killed_behind_it_sends_no_second_sheet),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
