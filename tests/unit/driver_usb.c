/* An invoice by USB to an emulated device that lies, stalls, is unplugged at every chunk: the
 * job says no more than what is so. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <cups/backend.h>

#include "drivers/backend.h"
#include "drivers/discover.h"
#include "drivers/hotplug.h"
#include "drivers/job.h"
#include "lib/test_page.h"
#include "lib/usb_printer.h"

#define PLAN { .printer = PLAN_GOOD }
#define PATIENT { .connect_ms = 300, .status_ms = 2000, .send_ms = 3000, .answer_ms = 3000, .refill_ms = 3000 }
#define HASTY { .status_ms = 80, .send_ms = 120, .answer_ms = 80, .refill_ms = 80 }

static struct page *page; /* of about 58 KB: several transfers */
static struct bytes body;

static int make_page(void **state)
{
    static uint8_t black[72 * 800];
    const struct profile *p = profile_find("epson-80");
    page = page_new(8000, 12000, PAGE_ROLL);
    memset(black, 0xff, sizeof black);
    struct page_item image = { .kind = PAGE_IMAGE, .field = "plan", .x_mm100 = 400, .y_mm100 = 1000,
                               .w_mm100 = 7200, .h_mm100 = 10010, .image = { 576, 800, 72, black } };
    put_text(page, p, 600, 200, 0, "电费发票 00012345");
    if (page_add(page, &image, NULL) == NULL) return -1;
    return backend_render(p, page, 0, 0, &body, NULL);
}

static int free_page(void **state)
{
    page_free(page);
    bytes_free(&body);
    return 0;
}

static struct print_outcome run(const char *profile, struct print_times times)
{
    struct print_job job = { .uri = USB_PRINTER_URI, .profile = profile, .page = page,
                             .name = "0311-0007-3-invoice-17-1-00012345", .numbered = true, .times = times };
    struct print_outcome out;
    print_job_run(&job, &out);
    assert_true(out.taken <= out.bytes && out.bytes <= out.total);
    return out;
}

static size_t on_paper(struct usb_printer *u, bool *whole)
{
    size_t len;
    const uint8_t *paper = printer_paper(usb_printer_inside(u), &len);
    *whole = len == body.len && memcmp(paper, body.at, len) == 0;
    return len;
}

/* One job under this plan; what it claims must be so. */
static enum print_result judge(const struct usb_plan *plan, const char *profile)
{
    struct usb_printer *u = usb_printer_start(plan);
    struct print_outcome out = run(profile, (struct print_times)HASTY);
    bool whole;
    size_t len = on_paper(u, &whole);
    if (out.result == PRINT_CONFIRMED && !whole) fail_msg("confirmed, and not whole on paper");
    if (out.result == PRINT_NOTHING_SENT && len > 0) fail_msg("nothing sent, and %zu bytes on paper", len);
    usb_printer_stop(u);
    return out.result;
}

static void a_good_printer_confirms_byte_for_byte(void **state)
{
    struct usb_plan plan = PLAN;
    plan.usblp = true;
    struct usb_printer *u = usb_printer_start(&plan);
    struct print_outcome out = run("epson-80", (struct print_times)PATIENT);
    bool whole;
    on_paper(u, &whole);
    assert_string_equal(out.words, "printed");
    assert_int_equal(out.result, PRINT_CONFIRMED);
    assert_true(whole);
    assert_int_equal(out.bytes, out.total);
    assert_true(usb_printer_usblp_back(u)); /* the kernel's driver has it again */
    usb_printer_stop(u);
}

static void a_mute_one_is_handed_over(void **state)
{
    struct usb_plan plan = PLAN;
    plan.printer.mute = true;
    struct usb_printer *u = usb_printer_start(&plan);
    struct print_outcome out = run("escpos-80", (struct print_times)PATIENT);
    assert_int_equal(out.result, PRINT_HANDED_OVER);
    assert_int_equal(out.taken, out.total);
    assert_string_equal(out.words, "in the printer's buffer");
    usb_printer_stop(u);
}

static void what_it_says_of_itself_before_the_job_sends_nothing(void **state)
{
    static const struct {
        int bits;
        const char *words;
    } row[] = { { 0x38, "nothing was sent: out of paper" }, { 0x08, "nothing was sent: off line" },
                { 0x10, "nothing was sent: off line" } };
    for (int i = 0; i < 3; i++) {
        struct usb_plan plan = PLAN;
        plan.port_bits = row[i].bits;
        plan.printer.mute = true;
        struct usb_printer *u = usb_printer_start(&plan);
        struct print_outcome out = run("escpos-80", (struct print_times)PATIENT);
        assert_int_equal(out.result, PRINT_NOTHING_SENT);
        assert_string_equal(out.words, row[i].words);
        usb_printer_stop(u);
    }
}

static void held_or_absent_sends_nothing(void **state)
{
    struct usb_plan plan = PLAN;
    plan.held = true;
    struct usb_printer *u = usb_printer_start(&plan);
    struct print_outcome out = run("epson-80", (struct print_times)PATIENT);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    assert_non_null(strstr(out.error.remedy, "another program"));
    struct error err = { 0 };
    assert_null(transport_open("usb:04b8:0203", NULL, &err));
    assert_string_equal(err.why, "no such printer is plugged in");
    assert_null(transport_open("usb:04b8:0202:OTHER", NULL, &err));
    assert_null(transport_open("usb:zz", NULL, &err));
    assert_string_equal(err.what, "printer address not understood");
    usb_printer_stop(u);
}

/* The first transfer: time up with nothing taken, and the device still answers: proved. */
static void a_device_that_takes_nothing_at_all_is_proved_to_have_nothing(void **state)
{
    struct usb_plan plan = PLAN;
    plan.printer.mute = true;
    plan.printer.stalls_at = 5; /* the init, and no more */
    struct usb_printer *u = usb_printer_start(&plan);
    struct print_outcome out = run("escpos-80", (struct print_times)HASTY);
    assert_int_equal(out.result, PRINT_NOTHING_SENT);
    usb_printer_stop(u);
}

static void it_stalls_at_every_chunk(void **state)
{
    int unknown = 0, confirmed = 0;
    for (long n = 4000; n < (long)body.len + 8000; n += 8000) {
        struct usb_plan plan = PLAN;
        plan.printer.stalls_at = n;
        enum print_result r = judge(&plan, "epson-80");
        unknown += r == PRINT_UNKNOWN;
        confirmed += r == PRINT_CONFIRMED;
    }
    assert_true(unknown >= 7 && confirmed >= 1);
}

/* Whatever it took of the transfer under way, the transfer reports none. */
static void unplugged_or_failing_at_every_chunk_is_unknown(void **state)
{
    for (int fault = USB_UNPLUG; fault <= USB_IO; fault++) {
        int unknown = 0;
        for (long n = 20; n < (long)body.len; n += 8190) {
            struct usb_plan plan = PLAN;
            plan.printer.dies_at = n;
            plan.fault = fault;
            unknown += judge(&plan, "epson-80") == PRINT_UNKNOWN;
        }
        assert_true(unknown >= 7);
    }
}

static void the_roll_ends_at_every_chunk(void **state)
{
    int unknown = 0, confirmed = 0;
    for (long n = 100; n < (long)body.len + 20000; n += 12000) {
        struct usb_plan plan = PLAN;
        plan.printer.paper_out_at = n;
        enum print_result r = judge(&plan, "epson-80");
        unknown += r == PRINT_UNKNOWN;
        confirmed += r == PRINT_CONFIRMED;
    }
    assert_true(unknown >= 4 && confirmed >= 1);
}

static void a_doubt_is_cleared_by_a_soft_reset_too(void **state)
{
    struct usb_plan plan = PLAN;
    plan.printer.paper_out_at = 100;
    struct usb_printer *u = usb_printer_start(&plan);
    struct print_outcome out = run("epson-80", (struct print_times)HASTY);
    assert_int_equal(out.result, PRINT_UNKNOWN);
    assert_true(out.cleared);
    assert_int_equal(out.state, PRINTER_PAPER_OUT);
    assert_true(usb_printer_soft_resets(u) >= 1);
    bool whole;
    size_t before = on_paper(u, &whole);
    printer_refill(usb_printer_inside(u));
    assert_int_equal(on_paper(u, &whole), before);
    usb_printer_stop(u);
}

static void an_id_that_lies_about_its_length_is_read_as_it_came(void **state)
{
    static const int lie[] = { 0, 200, -40, 30000 };
    for (int i = 0; i < 4; i++) {
        struct usb_plan plan = PLAN;
        plan.device_id = "MFG:EPSON;CMD:ESC/POS;\x01\x1b@MDL:TM-T88V;CLS:PRINTER;";
        plan.id_length_lie = lie[i];
        struct usb_printer *u = usb_printer_start(&plan);
        struct printer_status status;
        print_status(USB_PRINTER_URI, profile_find("escpos-80"), 500, &status);
        assert_non_null(strstr(status.device_id, "MFG:EPSON"));
        assert_null(strchr(status.device_id, 0x1b));
        if (lie[i] >= 0) assert_string_equal(profile_suggest(status.device_id)->name, "epson-80-180");
        usb_printer_stop(u);
    }
}

/* --- plugged in and out --------------------------------------------------------------- */

static sem_t noticed;

static void notice(void *ctx) { sem_post(&noticed); }

static bool noticed_in_time(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    return sem_timedwait(&noticed, &until) == 0;
}

static size_t found_now(void)
{
    struct printer_found list[DISCOVER_MAX];
    return discover(DISCOVER_USB, list, DISCOVER_MAX, NULL);
}

static void one_that_is_plugged_in_or_out_is_noticed(void **state)
{
    struct usb_plan plan = PLAN;
    struct error err = { 0 };
    struct usb_printer *u = usb_printer_start(&plan);
    assert_int_equal(sem_init(&noticed, 0, 0), 0);
    struct hotplug *h = hotplug_start(notice, NULL, &err);
    if (h == NULL) fail_msg("%s: %s", err.what, err.why);
    assert_int_equal(found_now(), 1);
    for (int i = 0; i < 2; i++) {
        usb_printer_leaves(u);
        assert_true(noticed_in_time());
        assert_int_equal(found_now(), 0);
        usb_printer_comes(u, &plan);
        assert_true(noticed_in_time());
        assert_int_equal(found_now(), 1);
    }
    assert_int_equal(run("epson-80", (struct print_times)PATIENT).result, PRINT_CONFIRMED);
    hotplug_stop(h);
    sem_destroy(&noticed);
    usb_printer_stop(u);
}

/* --- others -------------------------------------------------------------------------------- */

#define CUPS_URI "usb://EPSON/TM-T82II?serial=GT0001"

/* A backend of CUPS as cupsd runs it, with that device and the job's file. */
static pid_t backend(const char *program, const char *device, const char *file)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    int quiet = open("/dev/null", O_RDWR);
    for (int i = 0; i < 3; i++) dup2(quiet, i);
    setenv("DEVICE_URI", device, 1);
    execl(program, device, "1", "teller", "0311-0007-3-invoice-17-1-00012345", "1", "", file, (char *)NULL);
    _exit(127);
}

static void job_file(char *path)
{
    int fd = mkstemp(path);
    assert_int_equal(write(fd, body.at, body.len), body.len);
    close(fd);
}

/* It would listen for an answer for long. */
static void prints_whole_and_is_ended(pid_t pid, struct usb_printer *u)
{
    bool whole;
    printer_await_bytes(usb_printer_inside(u), body.len);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    on_paper(u, &whole);
    assert_true(whole);
}

/* The emulation is faithful enough for another program that knows such printers. */
static void cups_own_backend_prints_into_it_byte_for_byte(void **state)
{
    struct usb_plan plan = PLAN;
    plan.printer.mute = true;
    struct usb_printer *u = usb_printer_start(&plan);
    char path[] = "/tmp/gridteller-usb-XXXXXX";
    job_file(path);
    prints_whole_and_is_ended(backend("/usr/lib/cups/backend/usb", CUPS_URI, path), u);
    unlink(path);
    usb_printer_stop(u);
}

/* As cupsd does after its own restart: the same job from its first byte. */
static void behind_our_once_it_prints_one_time(void **state)
{
    struct usb_plan plan = PLAN;
    plan.printer.mute = true;
    struct usb_printer *u = usb_printer_start(&plan);
    char path[] = "/tmp/gridteller-usb-XXXXXX", markers[] = "/tmp/gridteller-once-XXXXXX", once[256], marker[128];
    int status;
    const char *build = getenv("B");
    snprintf(once, sizeof once, "%s/once", build ? build : "build");
    job_file(path);
    assert_non_null(mkdtemp(markers));
    setenv("GRIDTELLER_ONCE", markers, 1);
    prints_whole_and_is_ended(backend(once, "once:" CUPS_URI, path), u);
    pid_t again = backend(once, "once:" CUPS_URI, path);
    assert_int_equal(waitpid(again, &status, 0), again);
    assert_int_equal(WEXITSTATUS(status), CUPS_BACKEND_CANCEL);
    bool whole;
    on_paper(u, &whole);
    assert_true(whole); /* as before, and nothing more */
    snprintf(marker, sizeof marker, "%s/0311-0007-3-invoice-17-1-00012345", markers);
    assert_int_equal(unlink(marker), 0);
    rmdir(markers);
    unlink(path);
    usb_printer_stop(u);
}

int main(int argc, char **argv)
{
    usb_printer_wrap(argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_printer_confirms_byte_for_byte),
        cmocka_unit_test(a_mute_one_is_handed_over),
        cmocka_unit_test(what_it_says_of_itself_before_the_job_sends_nothing),
        cmocka_unit_test(held_or_absent_sends_nothing),
        cmocka_unit_test(a_device_that_takes_nothing_at_all_is_proved_to_have_nothing),
        cmocka_unit_test(it_stalls_at_every_chunk),
        cmocka_unit_test(unplugged_or_failing_at_every_chunk_is_unknown),
        cmocka_unit_test(the_roll_ends_at_every_chunk),
        cmocka_unit_test(a_doubt_is_cleared_by_a_soft_reset_too),
        cmocka_unit_test(cups_own_backend_prints_into_it_byte_for_byte),
        cmocka_unit_test(behind_our_once_it_prints_one_time),
        cmocka_unit_test(one_that_is_plugged_in_or_out_is_noticed),
        cmocka_unit_test(an_id_that_lies_about_its_length_is_read_as_it_came),
    };
    return cmocka_run_group_tests(tests, make_page, free_page);
}
