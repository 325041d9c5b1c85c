/* Invoices through a real cupsd: refused, handed over, taken back, and killed in the middle.
 * One number never comes to paper twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cups/cups.h>

#include "drivers/backend.h"
#include "drivers/discover.h"
#include "drivers/job.h"
#include "lib/printer.h"
#include "lib/private_cups.h"
#include "lib/test_page.h"

#define PROFILE "escpos-80"

static struct page *page;
static struct bytes body;
static int names; /* a job's name is never used twice */

static int start(void **state)
{
    const struct profile *p = profile_find(PROFILE);
    page = receipt(p);
    cups_start();
    return backend_render(p, page, 0, 0, &body, NULL);
}

static int stop(void **state)
{
    cups_stop();
    page_free(page);
    bytes_free(&body);
    return 0;
}

/* A queue of that name to this printer, through once or not. */
static void queue(const char *name, struct test_printer *printer, bool once)
{
    char device[160];
    snprintf(device, sizeof device, "%ssocket://%s/?contimeout=1", once ? "once:" : "", printer_uri(printer) + strlen("tcp:"));
    cups_queue(name, device);
}

static struct print_outcome print(const char *queue_name, bool numbered, int send_ms)
{
    char uri[64], name[64];
    snprintf(uri, sizeof uri, "cups:%s", queue_name);
    snprintf(name, sizeof name, "0311-0007-3-invoice-%d-1-00012345", ++names);
    struct print_job job = { .uri = uri, .profile = PROFILE, .page = page, .name = name, .numbered = numbered,
                             .times = { .send_ms = send_ms, .status_ms = 5000 } };
    struct print_outcome out;
    print_job_run(&job, &out);
    return out;
}

static size_t on_paper(struct test_printer *printer, bool *whole)
{
    size_t len;
    const uint8_t *paper = printer_paper(printer, &len);
    *whole = len == body.len && memcmp(paper, body.at, len) == 0;
    return len;
}

static void an_invoice_goes_through_once_byte_for_byte(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct test_printer *printer = printer_start(&plan);
    bool whole;
    queue("good", printer, true);
    struct print_outcome out = print("good", true, 15000);
    assert_string_equal(out.words, "handed to CUPS");
    assert_int_equal(out.result, PRINT_HANDED_OVER);
    on_paper(printer, &whole);
    assert_true(whole);
    printer_stop(printer);
}

static const struct printer_found *found(const struct printer_found *list, size_t count, const char *uri)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].uri, uri) == 0) return &list[i];
    fail_msg("not found: %s", uri);
    return NULL;
}

static void queues_are_found_and_said_to_be_for_numbered_paper_or_not(void **state)
{
    struct printer_found list[DISCOVER_MAX];
    cups_queue("kept", "once:socket://127.0.0.1:1/");
    cups_queue("free", "socket://127.0.0.1:1/");
    size_t count = discover(DISCOVER_CUPS, list, DISCOVER_MAX, NULL);
    assert_true(found(list, count, "cups:kept")->numbered);
    assert_false(found(list, count, "cups:free")->numbered);
    assert_non_null(strstr(found(list, count, "cups:free")->note, "once:"));
}

static void numbered_paper_is_refused_by_a_queue_without_once(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct test_printer *printer = printer_start(&plan);
    bool whole;
    queue("plain", printer, false);
    struct print_outcome out = print("plain", true, 15000);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    assert_non_null(strstr(out.words, "once:"));
    assert_int_equal(on_paper(printer, &whole), 0);
    assert_int_equal(print("plain", false, 15000).result, PRINT_HANDED_OVER);
    assert_int_equal(print("nosuch", false, 15000).result, PRINT_NOTHING_SENT);
    printer_stop(printer);
}

static struct transport *begin(const char *queue_name, const char *job, bool numbered)
{
    char uri[64];
    struct transport_how how = { .job = job, .numbered = numbered };
    snprintf(uri, sizeof uri, "cups:%s", queue_name);
    struct transport *t = transport_open(uri, &how, NULL);
    assert_non_null(t);
    assert_int_equal(transport_write(t, body.at, body.len, true, 2000, NULL, NULL, NULL), 0);
    assert_false(transport_nothing_sent(t));
    return t;
}

/* The queue is stopped between our look and the job: it never begins, and that is proved. */
static void a_job_that_never_began_is_taken_back(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct test_printer *printer = printer_start(&plan);
    static const char *const hold[] = { "cupsdisable", "held", NULL };
    static const char *const on[] = { "cupsenable", "held", NULL };
    struct printer_status status;
    bool whole;
    queue("held", printer, true);
    assert_int_equal(cups_do(hold), 0);
    print_status("cups:held", profile_find(PROFILE), 2000, &status);
    assert_string_equal(status.words, "the queue is stopped");
    struct transport *t = begin("held", "taken-back-1", true);
    assert_int_equal(transport_finish(t, 300, NULL), -1);
    assert_int_equal(transport_recall(t, 5000, NULL), 0);
    assert_true(transport_nothing_sent(t));
    transport_close(t);
    assert_int_equal(cups_do(on), 0);
    assert_int_equal(print("held", true, 15000).result, PRINT_HANDED_OVER);
    on_paper(printer, &whole);
    assert_true(whole); /* the second one's, alone */
    printer_stop(printer);
}

/* A refused port looks like a slow printer: our own time ends it, and it may have begun. */
static void an_unreachable_printer_is_given_up_in_our_time(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct test_printer *printer = printer_start(&plan);
    queue("gone", printer, true);
    printer_stop(printer);
    struct print_outcome out = print("gone", true, 700);
    assert_int_equal(out.result, PRINT_UNKNOWN);
    assert_true(out.ms < 15000);
    assert_true(cups_await_job("gone", IPP_JSTATE_CANCELED));
}

/* cupsd and its backends are killed when the paper is out and the printer still holds the
 * line, then started again. Returns what came to paper in all. */
static size_t paper_after_kill(bool once, const char *name)
{
    struct printer_plan plan = PLAN_GOOD;
    plan.stalls_at = (long)body.len;
    struct test_printer *printer = printer_start(&plan);
    bool whole;
    queue(name, printer, once);
    struct transport *t = begin(name, name, once);
    assert_int_equal(transport_finish(t, 300, NULL), -1);
    printer_await_bytes(printer, body.len);
    cups_kill();
    printer_refill(printer);
    cups_start_again();
    assert_true(cups_await_job(name, once ? IPP_JSTATE_CANCELED : IPP_JSTATE_COMPLETED));
    transport_recall(t, 300, NULL);
    assert_false(transport_nothing_sent(t)); /* another cupsd proves nothing */
    transport_close(t);
    size_t len = on_paper(printer, &whole);
    printer_stop(printer);
    return len;
}

static void killed_in_the_middle_it_does_not_print_again(void **state)
{
    assert_int_equal(paper_after_kill(true, "once"), body.len);
}

/* Why: the same without the backend once. */
static void a_plain_queue_would_have_printed_it_twice(void **state)
{
    assert_int_equal(paper_after_kill(false, "twice"), 2 * body.len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_invoice_goes_through_once_byte_for_byte),
        cmocka_unit_test(queues_are_found_and_said_to_be_for_numbered_paper_or_not),
        cmocka_unit_test(numbered_paper_is_refused_by_a_queue_without_once),
        cmocka_unit_test(a_job_that_never_began_is_taken_back),
        cmocka_unit_test(an_unreachable_printer_is_given_up_in_our_time),
        cmocka_unit_test(killed_in_the_middle_it_does_not_print_again),
        cmocka_unit_test(a_plain_queue_would_have_printed_it_twice),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
