/* The primary is killed for good while payments come, and its standby is promoted: what
 * was answered is there, with its first answer, and nothing is twice. The standby has
 * each commit before its answer leaves (synchronous_standby_names). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/utility_world.h"

#define PAYMENTS 600
#define WINDOW 16
#define BEFORE 200 /* answered when the primary is killed */
#define IN_TIME_MS 60000

static struct utility_world u;
static struct postgres standby;
static char approvals[PAYMENTS + 1][7];
static int64_t answered, under_way, other_answers;

static void on_answer(void *ctx, const uint8_t *bytes, size_t len)
{
    struct iso m;
    char code[3], approval[7];
    int64_t n;
    if (iso_unpack(&m, (const char *)bytes, len, NULL) != 0 || strcmp(m.mti, "0210") != 0) return;
    under_way--;
    iso_text(&m, 39, code, sizeof code);
    if (strcmp(code, "00") != 0) return; /* not posted, as far as anybody knows: asked again */
    assert_true(iso_number(&m, 37, &n) && iso_text(&m, 38, approval, sizeof approval));
    n %= INT64_C(10000000000);
    assert_in_range(n, 1, PAYMENTS);
    if (approvals[n][0] == '\0') answered++;
    else if (strcmp(approvals[n], approval) != 0) other_answers++;
    strcpy(approvals[n], approval);
}

static bool some_room(void *ctx) { return under_way < WINDOW || u.bank.up == NULL; }
static bool all_came(void *ctx) { return under_way <= 0 || u.bank.up == NULL; }

/* Payments from..to, those that were answered left out unless `again`. */
static void ask(int64_t from, int64_t to, const char *mti, bool again)
{
    struct iso m;
    under_way = 0; /* what was lost on its way is never answered */
    for (int64_t n = from; n <= to; n++) {
        if (approvals[n][0] && !again) continue;
        station_pay(&m, mti, "0311-0007", n, 100 + n);
        station_until(&u.loop, some_room, NULL, 5000);
        if (station_send(&u.bank, &m)) under_way++;
    }
    station_until(&u.loop, all_came, NULL, 5000);
}

static void what_was_answered_is_at_the_standby(void **state)
{
    struct iso m;
    ask(1, BEFORE, "0200", false);
    assert_int_equal(answered, BEFORE);
    for (int64_t n = BEFORE + 1; n <= BEFORE + WINDOW; n++) { /* on their way when it happens */
        station_pay(&m, "0200", "0311-0007", n, 100 + n);
        if (station_send(&u.bank, &m)) under_way++;
    }
    postgres_crash(&u.pg);
    postgres_promote(&standby);
    int64_t until = clock_monotonic_ms() + IN_TIME_MS;
    while (answered < PAYMENTS && clock_monotonic_ms() < until) {
        if (u.bank.up == NULL) station_wait_up(&u.bank);
        ask(1, PAYMENTS, "0201", false);
    }
    assert_int_equal(answered, PAYMENTS);
}

static void nothing_is_twice_and_each_repeat_has_its_first_answer(void **state)
{
    ask(1, PAYMENTS, "0201", true);
    assert_int_equal(other_answers, 0);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM payment WHERE state = 2"), PAYMENTS);
    assert_int_equal(utility_sql(&u, "SELECT sum(amount_fen) FROM payment"), (int64_t)PAYMENTS * 100 + (int64_t)PAYMENTS * (PAYMENTS + 1) / 2);
    assert_int_equal(utility_sql(&u, "SELECT pg_is_in_recovery()::int"), 0);
    assert_int_equal(world_stop(&u.w, "utilityd"), 0);
    utility_holds(&u);
}

static int start(void **state)
{
    char out[100] = "", *ini;
    utility_world_open(&u, "standby", DB_POSTGRES, "");
    utility_import(&u, 10);
    postgres_follow(&standby, &u.pg);
    assert_int_equal(postgres_run(&u.pg, NULL, 0, "psql -qc \"ALTER SYSTEM SET synchronous_standby_names = 'standby'\" -c 'SELECT pg_reload_conf()' >/dev/null"), 0);
    for (int64_t until = clock_monotonic_ms() + IN_TIME_MS; strstr(out, "sync") == NULL && clock_monotonic_ms() < until;)
        postgres_run(&u.pg, out, sizeof out, "psql -Atc \"SELECT sync_state FROM pg_stat_replication WHERE sync_state = 'sync'\"");
    assert_non_null(strstr(out, "sync"));
    /* one address for both */
    ini = world_read(&u.w, "utilityd.ini");
    char *rest = strstr(ini, "[serve]");
    assert_non_null(rest);
    snprintf(u.where, sizeof u.where, "postgresql://books@/books?host=%s,%s&target_session_attrs=read-write", u.pg.dir, standby.dir);
    world_write(&u.w, "utilityd.ini", "[store]\npath = %s\n%s", u.where, rest);
    free(ini);
    utility_serve(&u);
    u.bank.on_frame = on_answer;
    return 0;
}

static int stop(void **state)
{
    utility_world_close(&u);
    postgres_close(&standby);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_answered_is_at_the_standby), cmocka_unit_test(nothing_is_twice_and_each_repeat_has_its_first_answer)};
    return cmocka_run_group_tests(tests, start, stop);
}
