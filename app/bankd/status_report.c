/* The relay's state in words and figures. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/relay_impl.h"
#include "bankd/status.h"

static const char *when(const struct relay *r, int64_t ms, char text[CLOCK_TEXT_SIZE])
{
    if (ms == 0) return "";
    return clock_format(&r->bank->clock, ms, text, CLOCK_TEXT_SIZE);
}

static json_t *links(const struct relay *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->link_count; i++) {
        const struct link *l = &r->links[i];
        char since[CLOCK_TEXT_SIZE];
        const char *state = l->signed_on ? l->full ? "full" : "up" : l->channel ? "signing on" : "down";
        json_array_append_new(list, json_pack("{s:i,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I}", "link", l->number, "address", l->address,
            "state", state, "since", when(r, l->since_ms, since), "said", l->signed_on ? "" : l->said,
            "unanswered", (json_int_t)l->unanswered, "branches", (json_int_t)(l->signed_on ? l->branches : 0),
            "sent", (json_int_t)l->sent, "answered", (json_int_t)l->answered, "losses", (json_int_t)l->losses));
    }
    return list;
}

static json_t *branch(const struct relay *r, const struct branch *b)
{
    char last[CLOCK_TEXT_SIZE];
    const struct session *s = relay_session((struct relay *)r, b->session);
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "bank", b->bank, "branch", b->name,
        "state", s ? "connected" : "away", "address", s ? s->address : "", "last", when(r, b->last_ms, last),
        "queued", (json_int_t)b->queued, "in_flight", (json_int_t)b->in_flight, "sent", (json_int_t)b->sent,
        "answered", (json_int_t)b->answered, "late", (json_int_t)b->late, "c30", (json_int_t)b->own[OWN_30],
        "c58", (json_int_t)b->own[OWN_58], "c68", (json_int_t)b->own[OWN_68], "c91", (json_int_t)b->own[OWN_91],
        "unsaid", (json_int_t)b->unsaid);
}

char *status_document(const struct relay *r)
{
    json_t *branches = json_array();
    char started[CLOCK_TEXT_SIZE];
    for (size_t i = 0; i < BRANCH_BUCKETS; i++)
        for (const struct branch *b = r->buckets[i]; b; b = b->chain)
            json_array_append_new(branches, branch(r, b));
    json_t *all = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I},s:o,s:o}", "program", "bankd " BANK_VERSION,
        "bank", r->bank->settings.id, "since", when(r, r->started_ms, started), "sessions", (json_int_t)r->session_count,
        "in_flight", (json_int_t)inflight_count(r->inflight), "queued", (json_int_t)r->queued, "alarms", (json_int_t)r->alarms,
        "turned_away", (json_int_t)r->refused_connections, "journal", "rows", (json_int_t)journal_count(r->journal),
        "waiting", (json_int_t)journal_waiting(r->journal), "links", links(r), "branches", branches);
    char *text = all ? json_dumps(all, JSON_INDENT(1)) : NULL;
    json_decref(all);
    return text;
}

/* --- measures ------------------------------------------------------------------ */

static void measure(FILE *out, const char *name, const char *type, const char *help, int64_t value)
{
    fprintf(out, "# HELP gridteller_bankd_%s %s\n# TYPE gridteller_bankd_%s %s\ngridteller_bankd_%s %lld\n", name, help, name, type,
            name, (long long)value);
}

static void measure_latency(const struct relay *r, FILE *out)
{
    int64_t sum = 0;
    fputs("# HELP gridteller_bankd_utility_seconds Time from sending on to the utility's answer.\n"
          "# TYPE gridteller_bankd_utility_seconds histogram\n", out);
    for (int i = 0; i < LATENCY_STEPS; i++) {
        sum += r->latency[i];
        fprintf(out, "gridteller_bankd_utility_seconds_bucket{le=\"%d.%03d\"} %lld\n", relay_latency_ms[i] / 1000,
                relay_latency_ms[i] % 1000, (long long)sum);
    }
    fprintf(out, "gridteller_bankd_utility_seconds_bucket{le=\"+Inf\"} %lld\n", (long long)r->latency_count);
    fprintf(out, "gridteller_bankd_utility_seconds_sum %lld.%03lld\n", (long long)r->latency_sum_ms / 1000, (long long)r->latency_sum_ms % 1000);
    fprintf(out, "gridteller_bankd_utility_seconds_count %lld\n", (long long)r->latency_count);
}

static void measure_links(const struct relay *r, FILE *out)
{
    fputs("# HELP gridteller_bankd_link_up Connection to the utility is signed on.\n# TYPE gridteller_bankd_link_up gauge\n", out);
    for (size_t i = 0; i < r->link_count; i++)
        fprintf(out, "gridteller_bankd_link_up{link=\"%d\"} %d\n", r->links[i].number, r->links[i].signed_on);
    fputs("# HELP gridteller_bankd_link_unanswered Sent on and not answered yet.\n# TYPE gridteller_bankd_link_unanswered gauge\n", out);
    for (size_t i = 0; i < r->link_count; i++)
        fprintf(out, "gridteller_bankd_link_unanswered{link=\"%d\"} %zu\n", r->links[i].number, r->links[i].unanswered);
}

void status_measures(const struct relay *r, FILE *out)
{
    static const char *const codes[OWN_CODES] = {"30", "58", "68", "91"};
    int64_t sent = 0, answered = 0, late = 0, unsaid = 0, own[OWN_CODES] = {0};
    for (size_t i = 0; i < BRANCH_BUCKETS; i++)
        for (const struct branch *b = r->buckets[i]; b; b = b->chain) {
            sent += b->sent;
            answered += b->answered;
            late += b->late;
            unsaid += b->unsaid;
            for (int c = 0; c < OWN_CODES; c++)
                own[c] += b->own[c];
        }
    measure(out, "sessions", "gauge", "Live connections of branches.", (int64_t)r->session_count);
    measure(out, "branches", "gauge", "Branches heard of since the start.", (int64_t)r->branch_count);
    measure(out, "connections_total", "counter", "Connections taken.", r->connected);
    measure(out, "turned_away_total", "counter", "Connections turned away.", r->refused_connections);
    measure(out, "sent_total", "counter", "Messages sent on to the utility.", sent);
    measure(out, "answered_total", "counter", "Answers of the utility.", answered);
    measure(out, "late_total", "counter", "Answers of the utility after the branch was told 68.", late);
    measure(out, "advices_held_total", "counter", "Advices that were not sent on.", unsaid);
    measure(out, "in_flight", "gauge", "Sent on and not answered yet.", (int64_t)inflight_count(r->inflight));
    measure(out, "queued", "gauge", "Waiting to be sent on.", (int64_t)r->queued);
    measure(out, "alarms_total", "counter", "Alarms since the start.", r->alarms);
    measure(out, "journal_rows", "counter", "Number of the journal's last row.", journal_count(r->journal));
    measure(out, "journal_waiting", "gauge", "Journal rows not written yet.", (int64_t)journal_waiting(r->journal));
    fputs("# HELP gridteller_bankd_own_total Answers made by the relay.\n# TYPE gridteller_bankd_own_total counter\n", out);
    for (int c = 0; c < OWN_CODES; c++)
        fprintf(out, "gridteller_bankd_own_total{code=\"%s\"} %lld\n", codes[c], (long long)own[c]);
    measure_links(r, out);
    measure_latency(r, out);
}
