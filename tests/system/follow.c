/* One payment followed by its key through the logs of all four programs; and new
 * certificates in all three daemons while the line is in use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/desk.h"
#include "lib/rpc_client.h"
#include "wire/cert.h"

static struct desk desk;

/* The lines of a log that bear the key, one after the other. */
static void lines_with(const char *log, const char *key, char *out, size_t size)
{
    char *text = world_read(&desk.w, log), *save = NULL;
    size_t used = 0;
    out[0] = '\0';
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        if (strstr(line, key)) used += (size_t)snprintf(out + used, size - used, "%s\n", line);
    free(text);
}

static void has(const char *log, const char *key, const char *words)
{
    static char out[1 << 14];
    int64_t until = clock_monotonic_ms() + 5000;
    do {
        lines_with(log, key, out, sizeof out);
        if (strstr(out, words)) return;
        usleep(10000);
    } while (clock_monotonic_ms() < until);
    fail_msg("%s does not say \"%s\" of %s:\n%s", log, words, key, out);
}

/* As a teller does it: number, Enter, the sum, Enter, Enter. */
static void a_payment_is_followed_through_four_logs(void **state)
{
    char key[64];
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees_row(&desk, 3, "Customer");
    desk_keys(&desk, "0499110001{Enter}");
    desk_sees(&desk, "1 of 1 taken");
    desk_keys(&desk, "{Enter}");
    desk_sees_row(&desk, 6, "Tendered");
    desk_keys(&desk, "500{Enter}");
    desk_sees(&desk, "######");
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees(&desk, "1 recorded");
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM payment WHERE state='posted'", 1, 10000);
    world_sql_text(&desk.w, "branch.db", "SELECT '102/0311-0007/' || ref FROM payment WHERE state='posted'", key, sizeof key);
    has("counter.log", key, "pay:");
    has("counter.log", key, "shown:");
    has("branchd.log", key, "recorded at terminal");
    has("branchd.log", key, "sent 0200");
    has("bankd.log", key, "0200 from branch-0311-0007");
    has("utilityd.log", key, "0200");
    has("bankd.log", key, "0210 00 to branch-0311-0007");
    has("branchd.log", key, "0210 00");
}

/* --- certificates -------------------------------------------------------------------- */

static void new_certificate(const char *cn)
{
    char path[300], file[80];
    snprintf(file, sizeof file, "%s.crt", cn);
    unlink(world_path(&desk.w, file, path, sizeof path));
    snprintf(file, sizeof file, "%s.key", cn);
    unlink(world_path(&desk.w, file, path, sizeof path));
    world_station(&desk.w, cn);
}

static void pin_of(const char *cn, char pin[CERT_PIN_SIZE])
{
    char path[300], file[80];
    struct error err;
    snprintf(file, sizeof file, "%s.crt", cn);
    if (wire_cert_pin(world_path(&desk.w, file, path, sizeof path), pin, &err) != 0) fail_msg("%s", err.why);
}

static int64_t logged(const char *log, const char *words)
{
    int64_t n = 0;
    char *text = world_read(&desk.w, log);
    for (const char *at = text; (at = strstr(at, words)) != NULL; at++)
        n++;
    free(text);
    return n;
}

static void wait_logged(const char *log, const char *words, int64_t times)
{
    int64_t until = clock_monotonic_ms() + 10000;
    while (logged(log, words) < times) {
        if (clock_monotonic_ms() > until) fail_msg("%s: never \"%s\":\n%s", log, words, world_read(&desk.w, log));
        usleep(10000);
    }
}

/* The old key is pinned together with the next; then all three read their new files, no
 * connection ends by it, and the next connection of each shows the new key. */
static void certificates_are_changed_without_a_stop(void **state)
{
    static const char *const daemons[] = {"utilityd", "bankd", "branchd"};
    char old_pin[CERT_PIN_SIZE], new_pin[CERT_PIN_SIZE];
    pid_t pids[3];
    pin_of("branch-0311-0007", old_pin);
    new_certificate("utility");
    new_certificate("bank-102");
    new_certificate("branch-0311-0007");
    pin_of("branch-0311-0007", new_pin);
    assert_string_not_equal(old_pin, new_pin);
    world_write(&desk.w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all pin=%s next=%s\n", old_pin, new_pin);
    int64_t connected = logged("bankd.log", "branch-0311-0007 is connected");
    for (int i = 0; i < 3; i++) {
        pids[i] = world_pid(&desk.w, daemons[i]);
        int64_t before = logged(i == 0 ? "utilityd.log" : i == 1 ? "bankd.log" : "branchd.log", "certificates read again");
        world_reload(&desk.w, daemons[i]);
        wait_logged(i == 0 ? "utilityd.log" : i == 1 ? "bankd.log" : "branchd.log", "certificates read again", before + 1);
    }
    assert_int_equal(logged("bankd.log", "branch-0311-0007 is connected"), connected); /* nobody was cut off */
    /* only the new key from now on: what is live on the old one is ended, and comes back with the new */
    world_write(&desk.w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all pin=%s\n", new_pin);
    world_reload(&desk.w, "bankd");
    wait_logged("bankd.log", "branch-0311-0007 is connected", connected + 1);
    world_wait_branch(&desk.w);
    for (int i = 0; i < 3; i++)
        assert_int_equal(world_pid(&desk.w, daemons[i]), pids[i]);
    /* the bank's connection to the utility, made anew, shows the utility a certificate that it takes */
    world_kill(&desk.w, "utilityd");
    world_start(&desk.w, "utilityd");
    world_wait_bank(&desk.w);
}

static int start(void **state)
{
    desk_open(&desk, "follow", false);
    world_write(&desk.w, "counter.ini", "[counter]\nlog = counter.log\n");
    desk_counter(&desk, "en", 24, 80);
    return 0;
}

static int stop(void **state)
{
    desk_close(&desk);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_payment_is_followed_through_four_logs), cmocka_unit_test(certificates_are_changed_without_a_stop)};
    return cmocka_run_group_tests(tests, start, stop);
}
