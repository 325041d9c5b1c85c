/* One invoice to one printer that fails in every way at every byte: what the job says of
 * itself is judged by what came out on paper. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pthread.h>
#include <cmocka.h>

#include "drivers/backend.h"
#include "drivers/confirm.h"
#include "drivers/job.h"
#include "lib/printer.h"
#include "lib/test_page.h"

#define QUICK { .connect_ms = 2000, .status_ms = 1000, .send_ms = 2000, .answer_ms = 2000, .refill_ms = 2000 }
/* For sweeps: whatever the times, no outcome may claim what is not so. */
#define HASTY { .connect_ms = 500, .status_ms = 60, .send_ms = 90, .answer_ms = 90, .refill_ms = 90 }

struct sheet {
    struct page *page;
    struct bytes body; /* what has to come out */
};

static struct sheet sheet_of(const char *profile)
{
    const struct profile *p = profile_find(profile);
    struct sheet s = { .page = receipt(p) };
    assert_int_equal(backend_render(p, s.page, 0, 0, &s.body, NULL), 0);
    return s;
}

static void sheet_free(struct sheet *s)
{
    page_free(s->page);
    bytes_free(&s->body);
}

static struct print_outcome run(struct test_printer *printer, const char *profile, const struct sheet *s,
                                struct print_times times)
{
    struct print_job job = {
        .uri = printer_uri(printer), .profile = profile, .page = s->page,
        .name = "0311-0007-3-invoice-17-1-00012345", .numbered = true, .times = times,
    };
    struct print_outcome out;
    int status = print_job_run(&job, &out);
    assert_int_equal(status == 0, out.result == PRINT_CONFIRMED || out.result == PRINT_HANDED_OVER);
    assert_int_equal(out.total, s->body.len);
    assert_true(out.taken <= out.bytes && out.bytes <= out.total);
    assert_true(out.words[0] != '\0');
    return out;
}

static bool whole(struct test_printer *printer, const struct sheet *s)
{
    size_t len;
    const uint8_t *paper = printer_paper(printer, &len);
    return len == s->body.len && memcmp(paper, s->body.at, len) == 0;
}

/* What the outcome claims must be so. Returns it. */
static enum print_result judge(struct test_printer *printer, const char *profile, const struct sheet *s)
{
    struct print_outcome out = run(printer, profile, s, (struct print_times)HASTY);
    size_t before, after;
    if (out.result == PRINT_CONFIRMED && !whole(printer, s)) fail_msg("confirmed, and not whole on paper");
    printer_paper(printer, &before);
    printer_refill(printer);
    printer_paper(printer, &after);
    if (out.result == PRINT_NOTHING_SENT && after > 0) fail_msg("nothing sent, and %zu bytes on paper", after);
    if (out.result == PRINT_UNKNOWN && out.cleared && after != before)
        fail_msg("cleared, and %zu bytes came out with the next paper", after - before);
    return out.result;
}

static enum print_result one(const struct printer_plan *plan, const char *profile, const struct sheet *s)
{
    struct test_printer *printer = printer_start(plan);
    enum print_result result = judge(printer, profile, s);
    printer_stop(printer);
    return result;
}

static void a_good_printer_confirms(void **state)
{
    static const char *const profiles[] = { "epson-80", "xprinter-80" };
    for (int serial = 0; serial < 2; serial++)
        for (int i = 0; i < 2; i++) {
            struct sheet s = sheet_of(profiles[i]);
            struct printer_plan plan = PLAN_GOOD;
            plan.serial = serial;
            plan.no_id = i == 1;
            struct test_printer *printer = printer_start(&plan);
            struct print_outcome out = run(printer, profiles[i], &s, (struct print_times)QUICK);
            assert_int_equal(out.result, PRINT_CONFIRMED);
            assert_true(whole(printer, &s));
            assert_int_equal(out.bytes, out.total);
            assert_string_equal(out.words, "printed");
            printer_stop(printer);
            sheet_free(&s);
        }
}

static void one_that_never_answers_is_handed_over_never_confirmed(void **state)
{
    struct sheet s = sheet_of("escpos-80");
    struct printer_plan plan = PLAN_GOOD;
    for (int serial = 0; serial < 2; serial++) {
        plan.serial = serial;
        plan.mute = true;
        assert_int_equal(one(&plan, "escpos-80", &s), PRINT_HANDED_OVER);
    }
    sheet_free(&s);
}

static void out_of_paper_or_open_before_the_job_sends_nothing(void **state)
{
    struct sheet s = sheet_of("epson-80");
    struct printer_plan empty = PLAN_GOOD, open = PLAN_GOOD, mute = PLAN_GOOD;
    empty.starts_empty = true;
    open.cover_open = true;
    mute.mute = true;
    const struct {
        const struct printer_plan *plan;
        const char *words;
    } row[] = {
        { &empty, "nothing was sent: out of paper" },
        { &open, "nothing was sent: cover open" },
        { &mute, "nothing was sent: does not answer" },
    };
    for (int i = 0; i < 3; i++) {
        struct test_printer *printer = printer_start(row[i].plan);
        struct print_outcome out = run(printer, "epson-80", &s, (struct print_times)QUICK);
        assert_int_equal(out.result, PRINT_NOTHING_SENT);
        assert_string_equal(out.words, row[i].words);
        printer_stop(printer);
    }
    sheet_free(&s);
}

static void nobody_there_sends_nothing(void **state)
{
    struct sheet s = sheet_of("epson-80");
    struct printer_plan plan = PLAN_GOOD;
    struct test_printer *gone = printer_start(&plan);
    char uri[128];
    snprintf(uri, sizeof uri, "%s", printer_uri(gone));
    printer_stop(gone);
    struct print_job job = { .uri = uri, .profile = "epson-80", .page = s.page, .name = "n", .times = QUICK };
    struct print_outcome out;
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    assert_int_equal(out.state, PRINTER_UNREACHABLE);
    job.uri = "file:/no/such/folder/x.prn";
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    job.profile = "no such";
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    sheet_free(&s);
}

/* Count of each result over a fault at every byte. */
struct tally {
    int of[4];
};

/* The plan's field `at` goes through every step-th byte of the job and beyond its end. */
static struct tally sweep(const char *profile, const struct printer_plan *plan, size_t at, long step)
{
    struct sheet s = sheet_of(profile);
    struct tally t = { { 0 } };
    for (long n = 0; n <= (long)s.body.len + 60; n += step) {
        struct printer_plan swept = *plan;
        memcpy((char *)&swept + at, &n, sizeof n);
        t.of[one(&swept, profile, &s)]++;
    }
    sheet_free(&s);
    return t;
}

static void it_dies_at_every_byte(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct tally t = sweep("epson-80", &plan, offsetof(struct printer_plan, dies_at), 1);
    assert_true(t.of[PRINT_NOTHING_SENT] > 0 && t.of[PRINT_UNKNOWN] > 100 && t.of[PRINT_CONFIRMED] > 0);
    assert_int_equal(t.of[PRINT_HANDED_OVER], 0);
    plan.comes_back = true;
    t = sweep("xprinter-80", &plan, offsetof(struct printer_plan, dies_at), 3);
    assert_true(t.of[PRINT_NOTHING_SENT] > 0 && t.of[PRINT_UNKNOWN] > 30 && t.of[PRINT_CONFIRMED] > 0);
}

static void the_roll_ends_at_every_byte(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct tally t = sweep("epson-80", &plan, offsetof(struct printer_plan, paper_out_at), 17);
    assert_true(t.of[PRINT_UNKNOWN] > 8 && t.of[PRINT_CONFIRMED] > 0);
    plan.no_id = true;
    t = sweep("xprinter-80", &plan, offsetof(struct printer_plan, paper_out_at), 17);
    assert_true(t.of[PRINT_UNKNOWN] > 8 && t.of[PRINT_CONFIRMED] > 0);
    assert_int_equal(t.of[PRINT_HANDED_OVER] + t.of[PRINT_NOTHING_SENT], 0);
}

static void it_falls_silent_at_every_byte(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    struct tally t = sweep("epson-80", &plan, offsetof(struct printer_plan, silent_at), 23);
    assert_true(t.of[PRINT_NOTHING_SENT] > 0 && t.of[PRINT_UNKNOWN] > 6 && t.of[PRINT_CONFIRMED] > 0);
}

/* On a serial line, of a kind that answers, and of one that does not. */
static void it_takes_no_more_at_every_byte(void **state)
{
    struct printer_plan plan = PLAN_GOOD;
    plan.serial = true;
    struct tally t = sweep("epson-80", &plan, offsetof(struct printer_plan, stalls_at), 29);
    assert_true(t.of[PRINT_NOTHING_SENT] > 0 && t.of[PRINT_UNKNOWN] > 5 && t.of[PRINT_CONFIRMED] > 0);
}

/* 58 KB in one picture: it breaks off inside the job, not only at its ends. */
static struct sheet long_sheet(const char *profile)
{
    static uint8_t black[72 * 800];
    const struct profile *p = profile_find(profile);
    struct sheet s = { .page = page_new(8000, 12000, PAGE_ROLL) };
    memset(black, 0xff, sizeof black);
    struct page_item image = { .kind = PAGE_IMAGE, .field = "plan", .x_mm100 = 400, .y_mm100 = 0, .w_mm100 = 7200,
                               .h_mm100 = 10010, .image = { 576, 800, 72, black } };
    assert_non_null(page_add(s.page, &image, NULL));
    assert_int_equal(backend_render(p, s.page, 0, 0, &s.body, NULL), 0);
    assert_true(s.body.len > 3 * 16384);
    return s;
}

static void a_long_page_breaks_off_at_every_chunk(void **state)
{
    struct sheet s = long_sheet("epson-80");
    struct tally dies = { { 0 } }, stalls = { { 0 } };
    for (long n = 0; n < (long)s.body.len + 4000; n += 3000) {
        for (int serial = 0; serial < 2; serial++) {
            struct printer_plan plan = PLAN_GOOD;
            plan.serial = serial;
            plan.dies_at = serial ? NEVER : n;
            plan.stalls_at = serial ? n : NEVER;
            (serial ? &stalls : &dies)->of[one(&plan, "epson-80", &s)]++;
        }
    }
    assert_true(dies.of[PRINT_NOTHING_SENT] > 0 && dies.of[PRINT_UNKNOWN] > 15);
    assert_true(stalls.of[PRINT_NOTHING_SENT] > 0 && stalls.of[PRINT_UNKNOWN] > 15 && stalls.of[PRINT_CONFIRMED] > 0);
    sheet_free(&s);
}

static void *hand_with_roll(void *printer)
{
    printer_await_empty(printer);
    printer_refill(printer);
    return NULL;
}

static void a_new_roll_in_time_lets_the_job_end_well(void **state)
{
    struct sheet s = sheet_of("epson-80");
    struct printer_plan plan = PLAN_GOOD;
    plan.paper_out_at = 60;
    struct test_printer *printer = printer_start(&plan);
    struct print_job job = { .uri = printer_uri(printer), .profile = "epson-80", .page = s.page, .name = "n",
                             .times = { .answer_ms = 2000, .refill_ms = 20000 } };
    pthread_t hand;
    assert_int_equal(pthread_create(&hand, NULL, hand_with_roll, printer), 0);
    struct print_outcome out;
    assert_int_equal(print_job_run(&job, &out), 0);
    pthread_join(hand, NULL);
    assert_int_equal(out.result, PRINT_CONFIRMED);
    assert_true(whole(printer, &s));
    printer_stop(printer);
    sheet_free(&s);
}

/* The flag is set from another thread, here from the progress call while it waits. */
static void cancel(void *ctx, enum print_step step, uint64_t bytes, uint64_t total, const char *words)
{
    if (step == PRINT_STEP_WAIT) atomic_store((atomic_bool *)ctx, true);
}

static void a_cancelled_job_is_a_doubt_once_it_was_sent(void **state)
{
    struct sheet s = sheet_of("epson-80");
    struct printer_plan plan = PLAN_GOOD;
    plan.paper_out_at = 60;
    struct test_printer *printer = printer_start(&plan);
    atomic_bool flag = true;
    struct print_job job = { .uri = printer_uri(printer), .profile = "epson-80", .page = s.page, .name = "n",
                             .cancel = &flag };
    struct print_outcome out;
    size_t before, after;
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    flag = false;
    job.progress = cancel;
    job.ctx = &flag;
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_UNKNOWN);
    assert_true(out.cleared); /* clearing is not what was cancelled */
    printer_paper(printer, &before);
    printer_refill(printer);
    printer_paper(printer, &after);
    assert_int_equal(before, after);
    printer_stop(printer);
    sheet_free(&s);
}

static void two_names_have_two_process_ids_of_printable_bytes(void **state)
{
    uint8_t a[CONFIRM_ID_SIZE], b[CONFIRM_ID_SIZE];
    confirm_id("0311-0007-3-invoice-17-1-00012345", a);
    confirm_id("0311-0007-3-invoice-17-2-00012346", b);
    assert_memory_not_equal(a, b, sizeof a);
    for (size_t i = 0; i < sizeof a; i++) assert_in_range(a[i], 0x20, 0x7e);
}

static void status_and_drawer_in_words(void **state)
{
    const struct profile *p = profile_find("epson-80");
    struct printer_plan plan = PLAN_GOOD;
    struct printer_status status;
    struct test_printer *printer = printer_start(&plan);
    print_status(printer_uri(printer), p, 300, &status);
    assert_int_equal(status.state, PRINTER_READY);
    assert_string_equal(status.words, "ready");
    assert_int_equal(status.raw_count, 4);
    assert_int_equal(print_drawer(printer_uri(printer), "epson-80", NULL), 0);
    assert_int_equal(print_clear(printer_uri(printer), p, 300, &status, NULL), 0);
    assert_int_equal(printer_kicks(printer), 1);
    printer_stop(printer);
    print_status("tcp:127.0.0.1:1", p, 300, &status);
    assert_int_equal(status.state, PRINTER_UNREACHABLE);
    assert_false(status.can_print);
}

static void a_folder_gets_one_file_a_job_and_no_name_twice(void **state)
{
    struct sheet s = sheet_of("escpos-80");
    char folder[] = "/tmp/gridteller-print-XXXXXX", uri[64], path[96];
    assert_non_null(mkdtemp(folder));
    snprintf(uri, sizeof uri, "file:%s", folder);
    snprintf(path, sizeof path, "%s/a-1.prn", folder);
    struct print_job job = { .uri = uri, .profile = "escpos-80", .page = s.page, .name = "a/1" };
    struct print_outcome out;
    assert_int_equal(print_job_run(&job, &out), 0);
    assert_int_equal(out.result, PRINT_HANDED_OVER);
    assert_int_equal(out.taken, out.total);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    unlink(path);
    rmdir(folder);
    sheet_free(&s);
}

static void a_character_that_no_printer_has_is_named_before_paper_moves(void **state)
{
    const struct profile *p = profile_find("escpos-80");
    struct page *page = page_new(8000, 3000, PAGE_ROLL);
    put_text(page, p, 600, 500, 0, "张𠮷");
    page->item[0].raster = false; /* as if placed for another printer */
    struct print_job job = { .uri = "file:/dev/null", .profile = "escpos-80", .page = page, .name = "n" };
    struct print_outcome out;
    assert_int_equal(print_job_run(&job, &out), -1);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    assert_non_null(strstr(out.error.where, "𠮷"));
    page_free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_printer_confirms),
        cmocka_unit_test(one_that_never_answers_is_handed_over_never_confirmed),
        cmocka_unit_test(out_of_paper_or_open_before_the_job_sends_nothing),
        cmocka_unit_test(nobody_there_sends_nothing),
        cmocka_unit_test(it_dies_at_every_byte),
        cmocka_unit_test(the_roll_ends_at_every_byte),
        cmocka_unit_test(it_falls_silent_at_every_byte),
        cmocka_unit_test(it_takes_no_more_at_every_byte),
        cmocka_unit_test(a_long_page_breaks_off_at_every_chunk),
        cmocka_unit_test(a_new_roll_in_time_lets_the_job_end_well),
        cmocka_unit_test(a_cancelled_job_is_a_doubt_once_it_was_sent),
        cmocka_unit_test(two_names_have_two_process_ids_of_printable_bytes),
        cmocka_unit_test(status_and_drawer_in_words),
        cmocka_unit_test(a_folder_gets_one_file_a_job_and_no_name_twice),
        cmocka_unit_test(a_character_that_no_printer_has_is_named_before_paper_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
