/* The daemon: the relay, its journal, its status; signals, start and stop. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <systemd/sd-daemon.h>
#include <uv.h>

#include "bankd/day.h"
#include "bankd/hold.h"
#include "bankd/relay.h"
#include "bankd/status.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/text.h"
#include "wire/channel.h"

struct serve {
    struct bank *b;
    uv_loop_t loop;
    uv_signal_t term, intr, hup;
    struct channel_tls *tls;
    struct journal *journal;
    struct relay *relay;
    struct status *status;
    uv_timer_t totals;   /* a day is over: when the utility is asked, in rounds */
    uv_timer_t hour;     /* the bank's own cut-over hour */
    uv_work_t pick;      /* which day is next */
    struct agree *agree; /* asked, and not answered yet */
    day_t ended;         /* the last day that is over */
    day_t day, from, to; /* asked about; the round's rest */
    int open;            /* days of this round that are not agreed */
    bool picking, stopping, failed;
};

static void on_stop(uv_signal_t *signal, int number)
{
    struct serve *s = signal->data;
    log_info("stopping");
    sd_notify(0, "STOPPING=1");
    uv_stop(&s->loop);
}

/* Without its journal a bank relays nothing. */
static void on_journal_failed(void *ctx)
{
    struct serve *s = ctx;
    s->failed = true;
    uv_stop(&s->loop);
}

/* --- the day's totals --------------------------------------------------------------- */

#define ASK_DAYS 3 /* the last so many days are asked about until they are agreed */
#define LOOK_MS 1000

static void pick(struct serve *s);

static void on_agreed(void *ctx, const struct agree_end *end)
{
    struct serve *s = ctx;
    char day[DAY_TEXT_SIZE], what[200];
    s->agree = NULL;
    day_format(s->day, day, sizeof day);
    if (end->failed || !end->in_balance) s->open++;
    if (end->failed) {
        log_warn("totals of %s: %s: %s", day, end->err.what, end->err.why);
    } else if (end->in_balance) {
        log_info("totals of %s: in balance, %lld payments", day, (long long)end->ours.credits);
    } else {
        snprintf(what, sizeof what, "totals of %s are out of balance: %lld differences (bankd differences)", day, (long long)end->differences);
        log_warn("ALARM %s", what);
        journal_alarm(s->journal, s->b->settings.utility_name, s->b->settings.utility, what);
    }
    pick(s);
}

static void on_pick(uv_work_t *work)
{
    struct serve *s = work->data;
    s->day = bank_day_open(s->b, s->from, s->to);
}

static void on_picked(uv_work_t *work, int status)
{
    struct serve *s = work->data;
    struct error err;
    s->picking = false;
    if (s->stopping) return;
    if (s->day == DAY_NONE) { /* none, up to the day that was the last then */
        s->from = s->to + 1;
        pick(s);
        return;
    }
    s->from = s->day + 1;
    s->agree = agree_start(s->b, &s->loop, s->tls, s->day, true, on_agreed, s, &err);
    if (s->agree) return;
    log_error("%s: %s", err.what, err.why);
    s->open++;
}

/* The round's next day; the books are read beside the loop. */
static void pick(struct serve *s)
{
    s->pick.data = s;
    s->to = s->ended;
    s->picking = s->from <= s->to && uv_queue_work(&s->loop, &s->pick, on_pick, on_picked) == 0;
    if (!s->picking && s->open == 0) uv_timer_stop(&s->totals);
}

/* Payments from accounts that the utility has not answered at the day's end: their money is held. */
static void tell_held(struct serve *s)
{
    char what[200], text[DAY_TEXT_SIZE];
    struct error err;
    struct db *db = bank_db(s->b, &err);
    int64_t count = db ? hold_unanswered(db, s->ended) : -1;
    db_close(db);
    if (count == 0) return;
    if (count < 0) {
        log_error("payments from accounts without an answer cannot be counted");
        return;
    }
    snprintf(what, sizeof what, "%lld payments from accounts of %s or before have no answer, their money is held (bankd account held)", (long long)count,
             day_format(s->ended, text, sizeof text));
    log_warn("ALARM %s", what);
    journal_alarm(s->journal, s->b->settings.utility_name, s->b->settings.utility, what);
}

static void on_totals(uv_timer_t *timer)
{
    struct serve *s = timer->data;
    if (s->agree || s->picking) return;
    if (clock_today(&s->b->clock) > s->ended + ASK_DAYS) {
        uv_timer_stop(timer);
        return;
    }
    tell_held(s);
    s->from = s->ended - ASK_DAYS + 1;
    s->open = 0;
    pick(s);
}

static void on_day_over(void *ctx, day_t day)
{
    struct serve *s = ctx;
    if (day <= s->ended) return;
    s->ended = day;
    uv_timer_start(&s->totals, on_totals, (uint64_t)s->b->settings.totals_after_ms, (uint64_t)s->b->settings.totals_again_ms);
}

/* The bank's own hour: of today, or of yesterday when this was not running then. */
static void on_hour(uv_timer_t *timer)
{
    struct serve *s = timer->data;
    struct civil now;
    char text[DAY_TEXT_SIZE];
    clock_local(&s->b->clock, clock_now_ms(&s->b->clock), &now);
    bool come = ((int64_t)now.hour * 3600 + now.minute * 60 + now.second) * 1000 >= s->b->settings.cutover_ms;
    day_t over = clock_today(&s->b->clock) - (come ? 0 : 1);
    if (over > s->ended) log_info("business day %s is over by the bank's own hour", day_format(over, text, sizeof text));
    on_day_over(s, over);
}

static void on_reload(uv_signal_t *signal, int number)
{
    struct serve *s = signal->data;
    struct error err;
    size_t stations;
    if (relay_reload_policy(s->relay, &stations, &err) == 0) log_info("access policy read again: %zu stations", stations);
    else log_error("the access policy stays as it was: %s: %s", err.where, err.why);
    if (channel_tls_reload(s->tls, &err) != 0) log_error("the certificates stay as they were: %s: %s", err.where, err.why);
    else log_info("certificates read again");
}

#define FILES_BESIDE 64 /* descriptors for books, log, status and links */

/* A descriptor for each connection that may come. */
static void raise_files(const struct bank_settings *set)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)set->connections + (rlim_t)set->links + FILES_BESIDE;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_warn("only %llu files may be open, %llu are wanted for %lld connections: raise LimitNOFILE",
                 (unsigned long long)limit.rlim_cur, (unsigned long long)wanted, (long long)set->connections);
}

static int start(struct serve *s, struct error *err)
{
    const struct bank_settings *set = &s->b->settings;
    const struct { uv_signal_t *handle; int number; uv_signal_cb act; } signals[] = {
        {&s->term, SIGTERM, on_stop}, {&s->intr, SIGINT, on_stop}, {&s->hup, SIGHUP, on_reload}};
    if (set->box_key[0] && guard_secret("the key of the accounts' passwords cannot be used", set->box_key, err) != 0) return -1;
    uv_timer_init(&s->loop, &s->totals);
    uv_timer_init(&s->loop, &s->hour);
    s->totals.data = s->hour.data = s;
    s->tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->cert, set->key}, err);
    if (s->tls == NULL) return -1;
    s->journal = journal_open(s->b, &s->loop, on_journal_failed, s, err);
    if (s->journal == NULL) return -1;
    s->relay = relay_new(s->b, &s->loop, s->tls, s->journal);
    if (s->relay == NULL) return error_all(err, "cannot relay", NULL, "no memory", NULL);
    relay_on_day_over(s->relay, on_day_over, s);
    if (relay_start(s->relay, err) != 0) return -1;
    s->status = status_open(s->b, &s->loop, s->relay, err);
    if (s->status == NULL) return -1;
    on_day_over(s, clock_today(&s->b->clock) - 1); /* its end may have come while nobody was here to hear of it */
    if (set->cutover_ms > 0) uv_timer_start(&s->hour, on_hour, 0, LOOK_MS);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        uv_signal_init(&s->loop, signals[i].handle);
        signals[i].handle->data = s;
        uv_signal_start(signals[i].handle, signals[i].act, signals[i].number);
    }
    return confine_calls("bankd", set->system_calls, err);
}

static void close_rest(uv_handle_t *handle, void *arg)
{
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* Whatever start got done. The journal ends last: the goings are in it too. */
static int finish(struct serve *s, struct error *err)
{
    int status = 0;
    s->stopping = true;
    if (s->status) status_close(s->status);
    agree_stop(s->agree);
    if (s->relay) relay_stop(s->relay);
    if (s->journal) status = journal_stop(s->journal, err);
    uv_walk(&s->loop, close_rest, NULL);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    relay_free(s->relay);
    journal_free(s->journal);
    channel_tls_close(s->tls);
    return status;
}

int cmd_serve(struct bank *b, int argc, char **argv)
{
    static struct serve s;
    struct error err;
    char host[64];
    s.b = b;
    confine_start();
    signal(SIGPIPE, SIG_IGN);
    raise_files(&b->settings);
    uv_loop_init(&s.loop);
    if (start(&s, &err) != 0) {
        error_print("bankd", &err);
        finish(&s, NULL);
        return EX_CONFIG;
    }
    text_copy(host, sizeof host, b->settings.listen);
    char *colon = strrchr(host, ':');
    if (colon) *colon = '\0';
    printf("ready: %s:%d\n", host, relay_port(s.relay));
    fflush(stdout);
    sd_notify(0, "READY=1");
    uv_run(&s.loop, UV_RUN_DEFAULT);
    if (finish(&s, &err) == 0 && !s.failed) return EX_OK;
    error_print("bankd", &err);
    return EX_IOERR;
}
