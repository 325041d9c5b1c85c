#include "lib/bench_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/bench.h"
#include "wire/billfile.h"
#include "wire/inquiry.h"

#define SAMPLES_MAX 2000000
#define TICK_MS 1

struct caller { struct station s; int64_t asked_us; bool busy; struct load *load; };

static struct caller callers[LOAD_LINES_MAX];
static int64_t samples[SAMPLES_MAX];
static struct { size_t count; int64_t bad, begun_us, due; bool stop; int at; } run;

int64_t load_scattered(int64_t n, int64_t count) { return n * 7919 % count + 1; }

/* --- bills --------------------------------------------------------------------------- */

void load_make_bills(struct utility_world *u, int64_t count)
{
    struct billfile_header header = {.utility = "0311", .made_at = "2026-11-19T18:00:00", .business_date = 20000};
    struct billfile_sums sums;
    struct bill b = utility_bill("B", "K", 5);
    char path[300];
    FILE *out = fopen(world_path(&u->w, "many.txt", path, sizeof path), "w");
    assert_non_null(out);
    billfile_put_header(out, &header, &sums);
    for (int64_t i = 1; i <= count; i++) {
        snprintf(b.number, sizeof b.number, "B%08lld", (long long)i);
        snprintf(b.customer, sizeof b.customer, "K%08lld", (long long)i);
        billfile_put(out, &b, &sums);
    }
    billfile_put_end(out, &sums);
    assert_int_equal(fclose(out), 0);
}

int64_t load_import_ms(struct utility_world *u)
{
    char path[300];
    int64_t from = bench_now_us();
    assert_int_equal(utility_run(u, NULL, 0, "import", world_path(&u->w, "many.txt", path, sizeof path), NULL, NULL), 0);
    return (bench_now_us() - from) / 1000;
}

/* --- asking -------------------------------------------------------------------------- */

static void ask(struct caller *c, int64_t due_us)
{
    struct load *l = c->load;
    struct wire_payment p;
    struct iso m;
    struct error err;
    char number[24], customer[24];
    int64_t n = load_scattered(l->next, l->customers);
    l->next++;
    snprintf(customer, sizeof customer, "K%08lld", (long long)n);
    snprintf(number, sizeof number, "B%08lld", (long long)n);
    utility_pay_start(&p, customer, l->next);
    if (l->pay) {
        utility_pay_bill(&p, number, 5200, 0);
        if (wire_payment_pack(&p, "0200", &m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
    } else if (wire_bills_ask(&p.head, customer, NULL, &m, &err) != 0) {
        fail_msg("%s: %s", err.where, err.why);
    }
    c->asked_us = due_us;
    c->busy = true;
    if (!station_send(&c->s, &m)) fail_msg("the line does not take it");
}

static void on_answer(void *ctx, const uint8_t *bytes, size_t len)
{
    struct caller *c = ctx;
    struct iso m;
    struct error err;
    if (iso_unpack(&m, (const char *)bytes, len, &err) != 0 || !iso_is(&m, 39, "00")) run.bad++;
    if (run.count < SAMPLES_MAX) samples[run.count] = bench_now_us() - c->asked_us;
    run.count++;
    c->busy = false;
    if (!run.stop && c->load->rate == 0) ask(c, bench_now_us());
}

/* Those that are due, each on a line that is free; the time until it could go counts as waiting. */
static void on_tick(uv_timer_t *timer)
{
    struct load *l = timer->data;
    int64_t due = run.stop ? 0 : (bench_now_us() - run.begun_us) * l->rate / 1000000;
    for (int tried = 0; run.due < due && tried < l->lines; run.at = (run.at + 1) % l->lines, tried++) {
        if (callers[run.at].busy) continue;
        ask(&callers[run.at], run.begun_us + run.due * 1000000 / l->rate);
        run.due++;
        tried = -1;
    }
}

static bool time_over(void *ctx) { return bench_now_us() >= *(int64_t *)ctx; }

static bool all_quiet(void *ctx)
{
    for (int i = 0; i < ((struct load *)ctx)->lines; i++)
        if (callers[i].busy) return false;
    return true;
}

static int64_t fronts_cpu_us(const struct load *l)
{
    const struct world *w = &l->u->w;
    return (world_running(w, "utilityd") ? bench_cpu_us(world_pid(w, "utilityd")) : 0) +
           (world_running(w, "utilityd-2") ? bench_cpu_us(world_pid(w, "utilityd-2")) : 0);
}

static void connect_all(struct load *l)
{
    for (int i = 0; i < l->lines; i++) {
        callers[i] = (struct caller){.load = l};
        station_open(&callers[i].s, &l->u->w, &l->u->loop, "bank-102", l->ports[i % l->fronts], "utility");
        callers[i].s.on_frame = on_answer;
        callers[i].s.ctx = &callers[i];
        station_wait_up(&callers[i].s);
    }
}

void load_run(struct load *l)
{
    uv_timer_t *ticks = malloc(sizeof *ticks);
    assert_non_null(ticks);
    connect_all(l);
    memset(&run, 0, sizeof run);
    int64_t cpu = fronts_cpu_us(l), own = bench_own_cpu_us(), until = bench_now_us() + l->seconds * 1000000;
    run.begun_us = bench_now_us();
    uv_timer_init(&l->u->loop, ticks);
    ticks->data = l;
    if (l->rate) uv_timer_start(ticks, on_tick, 0, TICK_MS);
    for (int i = 0; i < l->lines && l->rate == 0; i++)
        ask(&callers[i], bench_now_us());
    station_until(&l->u->loop, time_over, &until, (int)l->seconds * 1000 + 2000);
    int64_t took = bench_now_us() - run.begun_us, count = (int64_t)run.count;
    run.stop = true;
    l->a_second = count * 1000000 / took;
    l->cpu_us = count ? (fronts_cpu_us(l) - cpu) / count : 0;
    l->own_us = count ? (bench_own_cpu_us() - own) / count : 0;
    size_t kept = run.count < SAMPLES_MAX ? run.count : SAMPLES_MAX;
    l->p50_us = bench_part(samples, kept, 500);
    l->p99_us = bench_part(samples, kept, 990);
    if (!station_until(&l->u->loop, all_quiet, l, STATION_WAIT_MS)) fail_msg("not all are answered");
    uv_close((uv_handle_t *)ticks, (uv_close_cb)free);
    for (int i = 0; i < l->lines; i++)
        station_close(&callers[i].s);
    if (run.bad) fail_msg("%lld of %zu were not answered 00", (long long)run.bad, run.count);
}
