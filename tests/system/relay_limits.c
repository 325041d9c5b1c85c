/* Many ask for more than there is: the relay stays fair, says what it won't do,
 * and serves those who behave. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/station.h"
#include "lib/world.h"

#define WINDOW 4     /* unanswered messages on the one connection to the utility */
#define WAITING 300  /* messages of one branch that may wait */
#define SLOW_SOCKETS 1000
#define BAD_MESSAGES 10000
#ifdef __SANITIZE_ADDRESS__
#define P99_MS 1000
#else
#define P99_MS 100
#endif
#define SAMPLES_MAX 500

static struct world w;
static uv_loop_t loop;
static struct station seven, eight;
static int64_t next = 1;

static int start(void **state)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    uv_loop_init(&loop);
    world_open(&w, "limits");
    world_station(&w, "branch-0311-0007");
    world_station(&w, "branch-0311-0008");
    world_utility(&w, 50);
    world_bank(&w);
    assert_int_equal(world_stop(&w, "bankd"), 0);
    world_append(&w, "bankd.ini", "metrics = bankd.prom\nmetrics_every = 100ms\n[serve]\nconnections_per_address = 4000\nwaiting_per_branch = %d\n"
                                  "[utility]\nconnections = 1\nwindow = %d\n", WAITING, WINDOW);
    world_start(&w, "bankd");
    world_wait_bank(&w);
    station_open(&seven, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_open(&eight, &w, &loop, "branch-0311-0008", w.bank_port, "bank-102");
    station_wait_up(&seven);
    station_wait_up(&eight);
    return 0;
}

static int stop(void **state)
{
    station_close(&seven);
    station_close(&eight);
    world_close(&w);
    return uv_loop_close(&loop);
}

/* What the relay's status says of a branch. */
static int64_t status_of(const char *branch, const char *member)
{
    static char out[1 << 16];
    char config[200], wanted[64];
    snprintf(config, sizeof config, "--config=%s/bankd.ini", w.dir);
    assert_int_equal(world_run(&w, out, sizeof out, "bankd", config, "status", "--json", NULL), 0);
    snprintf(wanted, sizeof wanted, "\"branch\": \"%s\"", branch);
    const char *at = strstr(out, wanted);
    snprintf(wanted, sizeof wanted, "\"%s\": ", member);
    at = at ? strstr(at, wanted) : NULL;
    return at ? strtoll(at + strlen(wanted), NULL, 10) : -1;
}

static void until_status(const char *branch, const char *member, int64_t wanted)
{
    int64_t until = clock_monotonic_ms() + 2000, got;
    while ((got = status_of(branch, member)) != wanted)
        if (clock_monotonic_ms() > until) fail_msg("%s of %s is %lld, not %lld", member, branch, (long long)got, (long long)wanted);
}

static void send_all(struct station *s, const char *mti, const char *branch, int64_t first, int count)
{
    struct iso m;
    for (int i = 0; i < count; i++) {
        station_pay(&m, mti, branch, first + i, 100);
        assert_true(station_send(s, &m));
    }
    uv_run(&loop, UV_RUN_NOWAIT);
}

static void a_branch_with_a_long_queue_does_not_keep_another_waiting(void **state)
{
    struct iso m, answer;
    int64_t first = next, lone;
    next += 201;
    lone = next - 1;
    world_pause(&w, "utilityd");
    send_all(&seven, "0220", "0311-0007", first, 200);
    until_status("0311-0007", "queued", 200 - WINDOW);
    send_all(&eight, "0200", "0311-0008", lone, 1);
    until_status("0311-0008", "queued", 1);
    world_resume(&w, "utilityd");
    station_pay(&m, "0200", "0311-0008", lone, 100);
    assert_true(station_answer(&eight, &m, &answer, STATION_WAIT_MS));
    assert_true(iso_is(&answer, 39, "00"));
    for (int64_t n = first; n < lone; n++) {
        station_pay(&m, "0220", "0311-0007", n, 100);
        assert_true(station_answer(&seven, &m, &answer, STATION_WAIT_MS));
    }
    /* four were sent on before it came, and it had the second turn after them (the journal is written in its own time) */
    world_sql_reaches(&w, "bank.db", "SELECT count(*) FROM message WHERE fate='sent'", 201, STATION_WAIT_MS);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM message WHERE fate='sent' AND seq < (SELECT seq FROM message"
                                              " WHERE fate='sent' AND branch='0311-0008')"), WINDOW + 1);
    assert_int_equal(world_sql(&w, "bank.db", "SELECT count(*) FROM (SELECT CAST(reference AS INTEGER) - lag(CAST(reference AS INTEGER)) OVER (ORDER BY seq)"
                                              " AS step FROM message WHERE fate='sent' AND branch='0311-0007') WHERE step<>1"), 0);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state=2"), 201);
}

static int64_t answered(const char *code, struct station *s, int64_t first, int count)
{
    struct iso m, answer;
    int64_t found = 0;
    for (int i = 0; i < count; i++) {
        station_pay(&m, "0200", "0311-0007", first + i, 100);
        if (station_take(s, &m, &answer) && iso_is(&answer, 39, code)) found++;
    }
    return found;
}

struct heard { struct station *s; size_t wanted; };
static bool has_heard(void *ctx) { return ((struct heard *)ctx)->s->received >= ((struct heard *)ctx)->wanted; }

static void what_is_too_much_or_too_old_is_91_what_was_sent_is_68_and_only_that_is_posted(void **state)
{
    int64_t first = next;
    int many = WAITING + 100;
    next += many;
    world_pause(&w, "utilityd");
    struct heard at_once = {&seven, seven.received + 100}, in_time = {&seven, seven.received + (size_t)many}, late = {&seven, seven.received + (size_t)many + WINDOW};
    send_all(&seven, "0200", "0311-0007", first, many);
    assert_true(station_until(&loop, has_heard, &at_once, 1000)); /* no place for them */
    assert_int_equal(answered("91", &seven, first + WAITING, 100), 100);
    assert_true(station_until(&loop, has_heard, &in_time, 3000)); /* before a branch gives up */
    assert_int_equal(answered("68", &seven, first, WINDOW), WINDOW);
    assert_int_equal(answered("91", &seven, first + WINDOW, WAITING - WINDOW), WAITING - WINDOW);
    world_resume(&w, "utilityd");
    assert_true(station_until(&loop, has_heard, &late, STATION_WAIT_MS));
    assert_int_equal(answered("00", &seven, first, WINDOW), WINDOW);
    char sql[120];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE reference >= 10000000000 + %lld", (long long)first);
    assert_int_equal(world_sql(&w, "utility.db", sql), WINDOW);
}

static void advices_beyond_the_limit_are_not_answered_at_all(void **state)
{
    int64_t first = next;
    next += WAITING + 50;
    world_pause(&w, "utilityd");
    int64_t unsaid = status_of("0311-0007", "unsaid");
    struct heard all = {&seven, seven.received + WINDOW}, more = {&seven, seven.received + WINDOW + 1};
    send_all(&seven, "0220", "0311-0007", first, WAITING + 50);
    int64_t until = clock_monotonic_ms() + 4000; /* 50 at once, the queued ones when they are too old */
    while (status_of("0311-0007", "unsaid") < unsaid + WAITING + 50 - WINDOW && clock_monotonic_ms() < until)
        uv_run(&loop, UV_RUN_NOWAIT);
    assert_int_equal(status_of("0311-0007", "unsaid"), unsaid + WAITING + 50 - WINDOW);
    world_resume(&w, "utilityd");
    assert_true(station_until(&loop, has_heard, &all, STATION_WAIT_MS));
    assert_false(station_until(&loop, has_heard, &more, 300));
}

static void the_measures_count_what_passed(void **state)
{
    char line[80], *text = NULL;
    int64_t sent = status_of("0311-0007", "sent") + status_of("0311-0008", "sent"), until = clock_monotonic_ms() + 3000;
    snprintf(line, sizeof line, "\ngridteller_bankd_sent_total %lld\n", (long long)sent);
    do { /* the file is written ten times a second, as a whole */
        free(text);
        text = world_read(&w, "bankd.prom");
    } while (!strstr(text, line) && clock_monotonic_ms() < until);
    if (!strstr(text, line)) fail_msg("%s is not in\n%s", line, text);
    assert_non_null(strstr(text, "\ngridteller_bankd_link_up{link=\"1\"} 1\n"));
    assert_non_null(strstr(text, "\ngridteller_bankd_own_total{code=\"68\"} "));
    assert_non_null(strstr(text, "_bucket{le=\"+Inf\"} "));
    free(text);
}

static void a_broken_policy_is_refused_and_the_old_one_stays(void **state)
{
    struct iso m;
    char code[3], *log;
    int64_t until = clock_monotonic_ms() + 5000;
    world_append(&w, "bankd.policy", "station branch-0311-0010 bank=102 branch=0311-0010 form=127.0.0.1\n");
    world_reload(&w, "bankd");
    while (log = world_read(&w, "bankd.log"), !strstr(log, "the access policy stays as it was") && clock_monotonic_ms() < until)
        free(log);
    assert_non_null(strstr(log, "bankd.policy:3"));
    free(log);
    station_pay(&m, "0200", "0311-0008", next++, 100);
    assert_string_equal(station_code(&eight, &m, code), "00");
}

static void a_new_certificate_is_shown_to_newcomers_and_nobody_is_cut_off(void **state)
{
    struct station newcomer;
    struct iso m;
    char code[3], path[200], old_pin[65], *log;
    int downs = seven.downs;
    strcpy(old_pin, channel_peer(seven.up)->pin);
    log = world_read(&w, "bankd.log");
    size_t said_before = strlen(log); /* they were read for the policy's sake too */
    free(log);
    unlink(world_path(&w, "bank-102.crt", path, sizeof path));
    unlink(world_path(&w, "bank-102.key", path, sizeof path));
    world_station(&w, "bank-102");
    world_reload(&w, "bankd");
    int64_t until = clock_monotonic_ms() + 5000;
    while (log = world_read(&w, "bankd.log"), !strstr(log + said_before, "certificates read again") && clock_monotonic_ms() < until)
        free(log);
    free(log);
    station_open(&newcomer, &w, &loop, "branch-0311-0008", w.bank_port, "bank-102");
    do
        station_wait_up(&newcomer);
    while (channel_peer(newcomer.up) == NULL);
    assert_string_not_equal(channel_peer(newcomer.up)->pin, old_pin);
    station_close(&newcomer);
    station_pay(&m, "0200", "0311-0007", next++, 100);
    assert_string_equal(station_code(&seven, &m, code), "00");
    assert_int_equal(seven.downs, downs);
}

/* --- those who do not behave ---------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t samples[SAMPLES_MAX];
static int sample_count;

/* Branch eight goes about its business meanwhile. */
static void pay_and_time(int count)
{
    struct iso m;
    char code[3];
    for (int i = 0; i < count && sample_count < SAMPLES_MAX; i++) {
        int64_t from = clock_monotonic_ms();
        station_pay(&m, "0200", "0311-0008", next++, 100);
        assert_string_equal(station_code(&eight, &m, code), "00");
        samples[sample_count++] = clock_monotonic_ms() - from;
    }
}

static int64_t p99_ms(void)
{
    qsort(samples, (size_t)sample_count, sizeof *samples, by_size);
    int64_t ms = samples[(sample_count - 1) * 99 / 100];
    sample_count = 0;
    return ms;
}

static void a_thousand_sockets_that_say_nothing_hold_nobody_up(void **state)
{
    static int fds[SLOW_SOCKETS];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)w.bank_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (int i = 0; i < SLOW_SOCKETS; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM, 0);
        assert_true(fds[i] >= 0);
        assert_int_equal(connect(fds[i], (struct sockaddr *)&at, sizeof at), 0);
        if (i % 2) assert_int_equal(send(fds[i], "\x16\x03\x01", 3, MSG_NOSIGNAL), 3); /* the beginning of a handshake */
    }
    pay_and_time(300);
    assert_in_range(p99_ms(), 0, P99_MS);
    for (int i = 0; i < SLOW_SOCKETS; i++)
        close(fds[i]);
}

static void ten_thousand_bad_messages_are_each_refused_and_others_are_served(void **state)
{
    struct iso m;
    struct heard all = {&seven, seven.received + BAD_MESSAGES};
    int64_t sent = 0;
    seven.on_frame = NULL;
    while (sent < BAD_MESSAGES) {
        station_pay(&m, "0200", sent % 2 ? "0311-0008" : "0311-0007", next++, 100);
        if (sent % 2 == 0) iso_drop(&m, 3 + (int)(sent / 2 % 2)); /* 30; the others are 58 */
        if (station_send(&seven, &m)) sent++;
        else uv_run(&loop, UV_RUN_ONCE);
        if (sent % 1000 == 0) pay_and_time(20);
    }
    assert_true(station_until(&loop, has_heard, &all, 30000));
    assert_true(seven.up != NULL);
    assert_in_range(p99_ms(), 0, P99_MS);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state=1"), 0);
}

static bool went_down(void *ctx) { return ((struct station *)ctx)->up == NULL; }

static void bytes_that_are_no_message_end_the_connection_and_no_other(void **state)
{
    static const char *const garbage[] = {"GET / HTTP/1.1", "0200", "0200ZZZZZZZZZZZZZZZZ", "02007238000000000000", "9999FFFFFFFFFFFFFFFF"};
    struct iso m;
    char code[3];
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        station_wait_up(&seven);
        assert_true(channel_send(seven.up, garbage[i], strlen(garbage[i])));
        assert_true(station_until(&loop, went_down, &seven, STATION_WAIT_MS));
    }
    station_pay(&m, "0200", "0311-0008", next++, 100);
    assert_string_equal(station_code(&eight, &m, code), "00");
    station_wait_up(&seven);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_branch_with_a_long_queue_does_not_keep_another_waiting),
        cmocka_unit_test(what_is_too_much_or_too_old_is_91_what_was_sent_is_68_and_only_that_is_posted),
        cmocka_unit_test(advices_beyond_the_limit_are_not_answered_at_all),
        cmocka_unit_test(the_measures_count_what_passed),
        cmocka_unit_test(a_broken_policy_is_refused_and_the_old_one_stays),
        cmocka_unit_test(a_new_certificate_is_shown_to_newcomers_and_nobody_is_cut_off),
        cmocka_unit_test(a_thousand_sockets_that_say_nothing_hold_nobody_up),
        cmocka_unit_test(ten_thousand_bad_messages_are_each_refused_and_others_are_served),
        cmocka_unit_test(bytes_that_are_no_message_end_the_connection_and_no_other),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
