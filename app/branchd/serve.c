/* The daemon: one loop over the counters' socket, the link and the ledger. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "branchd/service.h"
#include "branchd/signon.h"
#include "wire/cert.h"

#define TICK_MS 200
#define PUSH_MS 20           /* changes within it share one notification */
#define PUSH_EVERY_MS 5000
#define PUSH_SHARE 10          /* of the time, one part in so many goes into state pushes at most */
#define PUSH_SLOWEST_MS 1000

int64_t service_now(const struct service *s) { return clock_now_ms(&s->branch->clock); }
day_t service_today(const struct service *s) { return clock_today(&s->branch->clock); }

/* What a push costs grows with the day; counters are told the less often the more it costs,
 * so that a queue drains at its own speed. */
static void on_push(uv_timer_t *timer)
{
    struct service *s = timer->data;
    uint64_t from = uv_hrtime();
    state_push(s);
    int64_t rest = (int64_t)((uv_hrtime() - from) / 1000000) * PUSH_SHARE;
    s->push_rest_ms = rest < PUSH_MS ? PUSH_MS : rest > PUSH_SLOWEST_MS ? PUSH_SLOWEST_MS : rest;
}

void service_changed(struct service *s)
{
    if (s->dirty || s->ending || s->server == NULL) return;
    s->dirty = true;
    int64_t since = clock_monotonic_ms() - s->pushed_ms;
    int64_t wait = s->push_rest_ms - since;
    uv_timer_start(&s->push, on_push, (uint64_t)(wait < PUSH_MS ? PUSH_MS : wait), 0);
}

static void end_loop(uv_timer_t *timer) { uv_stop(timer->loop); }

/* The counters are told first; then the program ends and starts again from what is on disk. */
void service_broken(struct service *s)
{
    const char *why = ledger_broken(s->ledger);
    if (s->exit_code != EX_OK) return;
    s->exit_code = EX_IOERR;
    snprintf(s->stopped, sizeof s->stopped, "the ledger cannot be written: %.180s", why[0] ? why : "unknown");
    log_error("STOPPING: %s", s->stopped);
    sd_notify(0, "STATUS=stopping: the ledger cannot be written");
    if (s->server) state_push(s);
    uv_timer_start(&s->push, end_loop, 50, 0);
}

/* What is taken now would bear a time that nobody has seen come: late fees and windows go by it. */
static void watch_clock(struct service *s)
{
    struct error err = {0};
    int64_t ahead_ms = service_now(s) - clock_monotonic_ms(), by_ms = ahead_ms - s->clock_ahead_ms;
    s->clock_ahead_ms = ahead_ms;
    if (s->startup.clock_wrong || (by_ms >= -LEDGER_CLOCK_BEHIND_MS && by_ms <= LEDGER_CLOCK_AHEAD_MS)) return;
    s->startup.clock_wrong = true;
    log_warn("the clock was moved by %lld s: no money is taken before a supervisor has confirmed it", (long long)(by_ms / 1000));
    if (ledger_clock_moved(s->ledger, by_ms, &err) != LEDGER_OK) service_broken(s);
    service_changed(s);
}

static void on_tick(uv_timer_t *timer)
{
    struct service *s = timer->data;
    int64_t now = clock_monotonic_ms();
    if (ledger_broken(s->ledger)[0]) service_broken(s); /* whoever asked it last may have had nobody to tell */
    watch_clock(s);
    signon_tick(s);
    restore_kick(s);
    queue_pump(s);
    if (now - s->fed_ms >= s->branch->settings.feed_ms) feed_start(s);
    if (now - s->agreed_ms >= s->branch->settings.agree_ms) agree_start(s, false);
    if (now - s->pushed_ms >= PUSH_EVERY_MS) service_changed(s);
}

static void on_stop(uv_signal_t *signal, int number)
{
    struct service *s = signal->data;
    log_info("stopping");
    sd_notify(0, "STOPPING=1");
    uv_stop(&s->loop);
}

/* Another public key than the ledger worked with before: a new random for the sign-on, and no money before its epoch. */
static int know_certificate(struct service *s, bool *changed, struct error *err)
{
    char pin[CERT_PIN_SIZE];
    if (wire_cert_pin(s->branch->settings.cert, pin, err) != 0) return EX_CONFIG;
    if (ledger_certificate(s->ledger, pin, changed, err) != LEDGER_OK) return EX_IOERR;
    if (*changed) log_warn("the certificate is another one: no money is taken before the next sign-on has given an epoch for it");
    return EX_OK;
}

static void on_reload(uv_signal_t *signal, int number)
{
    struct service *s = signal->data;
    struct error err = {0};
    bool changed = false;
    if (link_reload(s->link, &err) != 0) {
        log_error("the certificates stay as they were: %s: %s", err.where, err.why);
        return;
    }
    log_info("certificates read again; new connections use them");
    if (know_certificate(s, &changed, &err) == EX_IOERR) service_broken(s);
    if (changed) link_renew(s->link, "the certificate is another one");
    service_changed(s);
}

static void init_loop(struct service *s)
{
    uv_timer_t *timers[] = {&s->push, &s->tick, &s->kick};
    uv_signal_t *signals[] = {&s->term, &s->intr, &s->hup};
    uv_loop_init(&s->loop);
    for (int i = 0; i < 3; i++) {
        uv_timer_init(&s->loop, timers[i]);
        uv_signal_init(&s->loop, signals[i]);
        timers[i]->data = signals[i]->data = s;
    }
    uv_signal_start(&s->term, on_stop, SIGTERM);
    uv_signal_start(&s->intr, on_stop, SIGINT);
    uv_signal_start(&s->hup, on_reload, SIGHUP);
}

static int open_books(struct service *s, struct error *err)
{
    const struct branch_settings *set = &s->branch->settings;
    if (branch_world(s->branch, false, err) != 0) return EX_CONFIG;
    s->ledger = ledger_open(set->ledger, &s->branch->world, &s->branch->rules, err);
    if (s->ledger == NULL) return EX_NOINPUT;
    if (ledger_start(s->ledger, &s->startup, err) != LEDGER_OK) return EX_IOERR;
    log_info("found: %lld invoices in doubt, %lld without an answer, %lld not acknowledged, %lld queued, %lld parked",
             (long long)s->startup.doubt, (long long)s->startup.unanswered, (long long)s->startup.unacknowledged,
             (long long)s->startup.queued, (long long)s->startup.parked);
    bool changed;
    int status = know_certificate(s, &changed, err);
    if (status != EX_OK) return status;
    s->clock_ahead_ms = service_now(s) - clock_monotonic_ms();
    if (s->startup.clock_wrong) log_warn("the clock is not what the last record says: a supervisor must confirm it");
    s->copy = copy_open(set->copy, err);
    if (s->copy == NULL || copy_info(s->copy, &s->copy_info, err) != 0) return EX_IOERR;
    s->printers = printers_open(set->printers, err);
    return s->printers ? EX_OK : EX_CONFIG;
}

static int start(struct service *s, struct error *err)
{
    init_loop(s);
    int status = open_books(s, err);
    if (status != EX_OK) return status;
    if (queue_open(s, err) != 0) return EX_OSERR;
    s->link = link_open(s, err);
    if (s->link == NULL) return EX_CONFIG;
    s->server = server_open(&s->loop, s->branch->settings.socket, service_methods, service_method_count, &session_events, s, err);
    if (s->server == NULL) return EX_CANTCREAT;
    if (confine_calls("branchd", s->branch->settings.system_calls, err) != 0) return EX_CONFIG;
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
    return EX_OK;
}

static void close_all(uv_handle_t *handle, void *arg)
{
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

static void finish(struct service *s)
{
    s->ending = true;
    if (s->server) server_close(s->server);
    link_close(s->link);
    uv_walk(&s->loop, close_all, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    link_free(s->link);
    queue_free(s);
    printers_close(s->printers);
    copy_close(s->copy);
    ledger_close(s->ledger);
}

int cmd_serve(void *program, int argc, char **argv)
{
    static struct service s;
    struct error err = {0};
    s.branch = program;
    confine_start();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a write that fails, like a full disk */
    log_open("branchd", LOG_LEVEL_INFO, &s.branch->clock);
    int status = start(&s, &err);
    if (status != EX_OK) {
        error_print("branchd", &err);
        finish(&s);
        return status;
    }
    printf("ready: %s\n", s.branch->settings.socket);
    fflush(stdout);
    sd_notify(0, "READY=1");
    uv_run(&s.loop, UV_RUN_DEFAULT);
    finish(&s);
    return s.exit_code;
}
