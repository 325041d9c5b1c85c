#include "utilityd/watch.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "base/text.h"

#define LOOK_MS 1000
#define ALARMS_MAX 64 /* kept till the next look; the log has each */

/* --- the books' side ------------------------------------------------------------------ */

#define DAY_ROW "business_day"

static int64_t stored(struct db *db)
{
    char text[24] = "";
    int64_t day = 0;
    db_ask(db, "SELECT value FROM setting WHERE name=$1", DB_ARGS(DB_TEXT(DAY_ROW)));
    if (db_row(db) && db_copy(db, 0, text, sizeof text)) day = strtoll(text, NULL, 10);
    return db_end(db) < 0 ? -1 : day;
}

day_t business_day(struct db *db, const struct utility *u)
{
    day_t today = clock_today(&u->clock);
    int64_t day = stored(db);
    return day < 0 ? DAY_NONE : day > today ? (day_t)day : today;
}

bool business_turn(struct db *db, day_t was, day_t now, int64_t at_ms, const char *who)
{
    char before[16], after[16], what[80], a[DAY_TEXT_SIZE], b[DAY_TEXT_SIZE];
    snprintf(before, sizeof before, "%d", (int)was);
    snprintf(after, sizeof after, "%d", (int)now);
    snprintf(what, sizeof what, "business day %s is over, %s begins", day_format(was, a, sizeof a), day_format(now, b, sizeof b));
    if (db_begin(db) != 0) return false;
    int64_t done = db_run(db, "INSERT INTO setting (name, value) VALUES ($1,$2) ON CONFLICT DO NOTHING", DB_ARGS(DB_TEXT(DAY_ROW), DB_TEXT(before)));
    /* below `now` only: the row may be older than the calendar, and another front end may be first */
    if (done >= 0)
        done = db_run(db, "UPDATE setting SET value=$2 WHERE name=$1 AND CAST(value AS INTEGER) < CAST($2 AS INTEGER)", DB_ARGS(DB_TEXT(DAY_ROW), DB_TEXT(after)));
    if (done == 1 && utility_audit(db, at_ms, who, what) == 0 && db_commit(db) == 0) return true;
    db_rollback(db);
    return false;
}

/* --- beside the loop -------------------------------------------------------------------- */

struct alarm { char who[65], what[300]; };
struct watch {
    uv_timer_t timer;
    uv_work_t work;
    struct utility *u;
    struct db *db;
    bool working, wrote;
    day_t day, seen;         /* told, found by the last look */
    void (*turned)(void *ctx, day_t day);
    void *ctx;
    size_t count, taken;     /* alarms waiting; of these with the work */
    struct alarm alarms[ALARMS_MAX];
};

static bool hour_has_come(const struct utility *u, day_t day)
{
    struct civil now;
    int64_t ms = clock_now_ms(&u->clock);
    if (u->settings.cutover_ms <= 0 || day != clock_today(&u->clock)) return false;
    clock_local(&u->clock, ms, &now);
    return ((int64_t)now.hour * 3600 + now.minute * 60 + now.second) * 1000 >= u->settings.cutover_ms;
}

static void look(uv_work_t *work)
{
    struct watch *w = work->data;
    int64_t now = clock_now_ms(&w->u->clock);
    w->wrote = true;
    for (size_t i = 0; i < w->taken && w->wrote; i++)
        w->wrote = utility_audit(w->db, now, w->alarms[i].who, w->alarms[i].what) == 0;
    w->seen = business_day(w->db, w->u);
    if (w->seen != DAY_NONE && hour_has_come(w->u, w->seen) && business_turn(w->db, w->seen, w->seen + 1, now, "cut-over hour")) w->seen++;
}

static void looked(uv_work_t *work, int status)
{
    struct watch *w = work->data;
    w->working = false;
    if (!w->wrote) log_error("alarms cannot be written into the audit: %s", db_why(w->db));
    w->count -= w->taken;
    memmove(w->alarms, w->alarms + w->taken, w->count * sizeof *w->alarms);
    w->taken = 0;
    if (w->seen == DAY_NONE) {
        log_error("the business day cannot be read: %s", db_why(w->db));
    } else if (w->seen > w->day) {
        bool first = w->day == DAY_NONE;
        w->day = w->seen;
        atomic_store(&w->u->business, w->day);
        if (!first) w->turned(w->ctx, w->day);
    }
}

static void on_timer(uv_timer_t *timer)
{
    struct watch *w = timer->data;
    if (w->working) return;
    w->working = true;
    w->taken = w->count;
    w->work.data = w;
    if (uv_queue_work(timer->loop, &w->work, look, looked) != 0) w->working = false;
}

struct watch *watch_open(uv_loop_t *loop, struct utility *u, void (*turned)(void *ctx, day_t day), void *ctx, struct error *err)
{
    struct watch *w = calloc(1, sizeof *w);
    if (w) w->db = utility_db_open(u->settings.store, err);
    if (w == NULL || w->db == NULL) {
        if (w == NULL) error_all(err, "cannot serve", NULL, "no memory", NULL);
        free(w);
        return NULL;
    }
    w->u = u;
    w->day = business_day(w->db, u);
    atomic_store(&u->business, w->day);
    w->turned = turned;
    w->ctx = ctx;
    uv_timer_init(loop, &w->timer);
    w->timer.data = w;
    uv_timer_start(&w->timer, on_timer, LOOK_MS, LOOK_MS);
    return w;
}

void watch_alarm(struct watch *w, const char *who, const char *fmt, ...)
{
    struct alarm a;
    va_list args;
    va_start(args, fmt);
    vsnprintf(a.what, sizeof a.what, fmt, args);
    va_end(args);
    text_copy(a.who, sizeof a.who, who);
    log_warn("ALARM %s: %s", who, a.what);
    if (w->count < ALARMS_MAX) w->alarms[w->count++] = a;
}

void watch_free(struct watch *w)
{
    if (w == NULL) return;
    for (size_t i = 0; i < w->count; i++) /* what came since the last look */
        utility_audit(w->db, clock_now_ms(&w->u->clock), w->alarms[i].who, w->alarms[i].what);
    db_close(w->db);
    free(w);
}

/* --- the command -------------------------------------------------------------------------- */

int cmd_cutover(struct utility *u, int argc, char **argv)
{
    char user[64], text[DAY_TEXT_SIZE];
    struct error err;
    day_t to = DAY_NONE;
    if (argc > 2 || (argc == 2 && !day_parse(argv[1], &to))) return utility_usage("cutover", "it takes a day, not", argc > 2 ? argv[2] : argv[1]);
    struct db *db = utility_db_open(u->settings.store, &err);
    if (db == NULL) {
        error_print("utilityd", &err);
        return EX_UNAVAILABLE;
    }
    day_t was = business_day(db, u);
    if (to == DAY_NONE && was != DAY_NONE) to = was + 1;
    bool sensible = was != DAY_NONE && to > was && to <= clock_today(&u->clock) + 1;
    bool done = sensible && business_turn(db, was, to, clock_now_ms(&u->clock), utility_user(user, sizeof user));
    if (done) printf("business day %s; the banks are told\n", day_format(to, text, sizeof text));
    else fprintf(stderr, "utilityd: the business day is %s and stays so: it goes on by days that have come, at most to tomorrow\n",
                 was == DAY_NONE ? "not known" : day_format(was, text, sizeof text));
    db_close(db);
    return done ? EX_OK : EX_DATAERR;
}
