#include "utilityd/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "wire/payment.h"

day_t service_today(const struct service *s) { return clock_today(&s->u->clock); }

void service_refuse(struct exchange *x, const char *code, const char *why)
{
    struct wire_answer a = {0};
    text_copy(a.code, sizeof a.code, code);
    snprintf(a.reason, sizeof a.reason, "%.150s", why);
    if (wire_answer_pack(&x->request, &a, &x->answer, NULL) != 0) message_answer(&x->request, code, &x->answer);
    x->answered = true;
}

int64_t service_station(struct service *s, const char *bank, const char *branch, bool make)
{
    struct db_arg args[] = {DB_TEXT(bank), DB_TEXT(branch)};
    static const char find[] = "SELECT id FROM station WHERE bank=$1 AND branch=$2";
    int64_t id = db_number(s->db, find, args, 2, -1);
    if (id >= 0 || !make) return id;
    if (db_run(s->db, "INSERT INTO station (bank, branch) VALUES ($1,$2) ON CONFLICT DO NOTHING", args, 2) < 0) return -1;
    return db_number(s->db, find, args, 2, -1);
}

/* --- audit --------------------------------------------------------------------- */

/* A station that sends rubbish without end fills neither log nor disk: so many
 * lines a second, the rest is counted. */
void service_audit(struct service *s, const struct exchange *x, const char *what)
{
    char text[200];
    int64_t second = clock_now_ms(&s->u->clock) / 1000;
    if (second != s->audit_second) {
        if (s->audits_left_out) log_warn("%lld more messages were refused", (long long)s->audits_left_out);
        s->audit_second = second;
        s->audits_now = s->audits_left_out = 0;
    }
    if (s->audits_now++ >= SERVICE_AUDITS_A_SECOND || s->audit_count == SERVICE_AUDITS_MAX) {
        s->audits_left_out++;
        return;
    }
    text_copy(s->audits[s->audit_count].who, sizeof s->audits->who, x->peer);
    snprintf(s->audits[s->audit_count].what, sizeof s->audits->what, "%.180s: %s", what,
             message_describe(&x->request, text, sizeof text));
    log_warn("%s: %s", x->peer, s->audits[s->audit_count++].what);
}

static void write_audits(struct service *s)
{
    if (s->audit_count == 0) return;
    int64_t now = clock_now_ms(&s->u->clock);
    int status = db_begin(s->db);
    for (size_t i = 0; i < s->audit_count && status == 0; i++)
        status = utility_audit(s->db, now, s->audits[i].who, s->audits[i].what);
    if (status == 0) status = db_commit(s->db);
    if (status != 0) {
        log_error("the audit cannot be written: %s", db_why(s->db));
        db_rollback(s->db);
    }
    s->audit_count = 0;
}

/* --- by message ---------------------------------------------------------------- */

static const struct { char group; int proc; void (*handle)(struct service *s, struct exchange *x); } handlers[] = {
    {'1', PROC_BILLS, service_inquiry}, {'1', PROC_BILL, service_inquiry}, {'1', PROC_SEARCH, service_search},
    {'1', PROC_STATE, service_state},   {'8', -1, service_net},            {'5', -1, service_totals},
    {'3', -1, service_file},
};

static void handle(struct service *s, struct exchange *x)
{
    if (x->refusal) {
        service_audit(s, x, x->why);
        service_refuse(x, x->refusal, x->why);
        return;
    }
    int proc = message_proc(&x->request);
    for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (handlers[i].group == x->request.mti[1] && (handlers[i].proc < 0 || handlers[i].proc == proc)) {
            handlers[i].handle(s, x);
            return;
        }
    service_refuse(x, "57", "this is not done at the utility");
}

static bool is_notice(const struct exchange *x)
{
    return x->refusal == NULL && x->request.mti[1] == '2' && message_proc(&x->request) == PROC_INVOICE;
}

/* What must find everything before it done, and nothing after it. */
static bool is_barrier(const struct exchange *x)
{
    return x->refusal == NULL && (x->request.mti[1] == '5' || (x->request.mti[1] == '8' && message_net(&x->request) != NET_ECHO));
}

bool service_only_reads(const struct iso *request)
{
    return request->mti[1] == '1' || (request->mti[1] == '3' && !iso_is(request, 91, "2")) || (request->mti[1] == '8' && message_net(request) == NET_ECHO);
}

/* Those of xs that are of one kind, in order, up to `most` of them; they are
 * taken out of xs (NULL). */
static size_t take(struct exchange **xs, size_t count, bool (*kind)(const struct exchange *), struct exchange **out, size_t most)
{
    size_t taken = 0;
    for (size_t i = 0; i < count && taken < most; i++)
        if (xs[i] && kind(xs[i])) {
            out[taken++] = xs[i];
            xs[i] = NULL;
        }
    return taken;
}

static void work(struct service *s, struct exchange **xs, size_t count)
{
    struct exchange *some[GROUP_MAX];
    size_t n;
    /* reads of one round see the same books, and lock them once */
    bool snapshot = s->store == NULL && count > 1 && db_begin_read(s->db) == 0;
    while (s->store && (n = take(xs, count, service_posts, some, GROUP_MAX)) > 0 && !s->store->broken)
        service_post(s, some, n);
    while (s->store && (n = take(xs, count, is_notice, some, GROUP_MAX)) > 0 && !s->store->broken)
        service_notices(s, some, n);
    for (size_t i = 0; i < count; i++)
        if (xs[i] && !(s->store && s->store->broken)) handle(s, xs[i]);
    if (snapshot && db_commit(s->db) != 0) db_rollback(s->db);
}

bool service_work(struct service *s, struct exchange **xs, size_t count)
{
    day_t business = atomic_load(&((struct utility *)s->u)->business);
    s->rules.open_from = (business == DAY_NONE ? service_today(s) : business) - (day_t)s->u->settings.close_after_days;
    for (size_t from = 0; from < count;) {
        size_t end = from;
        while (end < count && !is_barrier(xs[end]))
            end++;
        work(s, xs + from, end - from);
        if (end < count) work(s, xs + end, 1);
        from = end + 1;
        write_audits(s);
    }
    return s->store == NULL || !s->store->broken;
}

void service_rest(struct service *s)
{
    if (s->store && !s->store->broken) s->store->ops->rest(s->store);
}

struct service *service_open(const struct utility *u, bool posts, struct error *err)
{
    struct service *s = calloc(1, sizeof *s);
    if (s == NULL) return error_all(err, "cannot serve", NULL, "no memory", NULL), NULL;
    s->u = u;
    s->rules.oldest_first = u->settings.oldest_first;
    s->rules.fee = (struct fee_rules){(int)u->settings.next_year_permille, u->settings.minimum_fen, u->settings.cap_fen};
    s->db = utility_db_open(u->settings.store, err);
    if (s->db && posts) s->store = store_open(u->settings.store, err);
    if (s->db && (s->store || !posts)) return s;
    service_close(s);
    return NULL;
}

void service_close(struct service *s)
{
    if (s == NULL) return;
    if (s->store) s->store->ops->close(s->store);
    service_walks_free(s);
    db_close(s->db);
    free(s);
}
