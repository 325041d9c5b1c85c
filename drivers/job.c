#include "drivers/job.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "drivers/backend.h"
#include "drivers/confirm.h"
#include "drivers/transport.h"

#define CONNECT_MS 3000
#define STATUS_MS 2000
#define SEND_MS 30000
#define FINISH_MS 10000
#define RAW_FORMAT "application/vnd.cups-raw"

/* One run: what is shared by its steps. */
struct run {
    const struct print_job *job;
    const struct profile *profile;
    struct transport *t;
    struct bytes body;
    struct print_outcome *out;
};

const char *print_result_name(enum print_result result)
{
    static const char *const name[] = { "nothing-sent", "handed-over", "confirmed", "unknown" };
    return name[result];
}

static int or_default(int given, int usual) { return given ? given : usual; }

static void tell(const struct run *r, enum print_step step, const char *words)
{
    uint64_t bytes = r->t ? r->t->submitted : 0;
    if (r->job->progress) r->job->progress(r->job->ctx, step, bytes, r->out->total, words);
}

static void wrote(void *ctx, uint64_t submitted)
{
    tell(ctx, PRINT_STEP_SEND, "");
}

/* --- before the paper ------------------------------------------------------------- */

static const struct profile *find(const char *name, struct error *err)
{
    const struct profile *profile = profile_find(name);
    if (profile == NULL)
        error_all(err, "no such printer profile", name, NULL, "bind the printer to one of those listed");
    return profile;
}

/* A line without asides gets the init as the job's first bytes. */
static int render(const struct profile *profile, const struct print_job *job, struct bytes *out,
                  struct error *err)
{
    const char *rest;
    const struct transport_scheme *scheme = transport_scheme_of(job->uri, &rest);
    if (scheme == NULL || !scheme->asides) bytes_command(out, &profile->dialect->init);
    if (backend_render(profile, job->page, job->offset_x_mm10, job->offset_y_mm10, out, err) != 0) return -1;
    if (job->open_drawer && profile->drawer) bytes_command(out, &profile->dialect->drawer);
    return 0;
}

static int open_line(struct run *r)
{
    const struct backend *backend = r->profile->dialect->backend;
    struct transport_how how = {
        .job = r->job->name, .format = backend->format ? backend->format : RAW_FORMAT,
        .suffix = backend->suffix, .numbered = r->job->numbered, .cancel = r->job->cancel,
        .connect_timeout_ms = or_default(r->job->times.connect_ms, CONNECT_MS),
    };
    bool sheets = backend->format && r->job->page->media != PAGE_ROLL;
    how.sheet_w_mm100 = sheets ? r->job->page->w_mm100 : 0;
    how.sheet_h_mm100 = sheets ? r->job->page->h_mm100 : 0;
    r->out->state = PRINTER_UNREACHABLE;
    r->t = transport_open(r->job->uri, &how, &r->out->error);
    return r->t ? 0 : -1;
}

static int not_ready(struct run *r, const char *why)
{
    return error_all(&r->out->error, "the printer is not ready", r->job->uri, why,
                     "put it right and print again");
}

/* Init goes by itself and the status is asked after it, so that what is wrong is
 * known before a byte that prints is on its way. */
static int make_ready(struct run *r)
{
    const struct command *init = &r->profile->dialect->init;
    int limit_ms = or_default(r->job->times.status_ms, STATUS_MS);
    struct printer_status status;
    status_ask(r->t, r->profile, limit_ms, &status);
    r->out->state = status.state;
    if (transport_cancelled(r->t)) return not_ready(r, "it was cancelled");
    if (!status.can_print) return not_ready(r, printer_state_words(status.state));
    if (init->len == 0 || !r->t->scheme->asides) return 0;
    return transport_write(r->t, (const uint8_t *)init->at, init->len, false, limit_ms, NULL, NULL,
                           &r->out->error);
}

/* --- the paper -------------------------------------------------------------------- */

static int send_all(struct run *r)
{
    const struct print_times *times = &r->job->times;
    tell(r, PRINT_STEP_SEND, "");
    if (transport_write(r->t, r->body.at, r->body.len, true, or_default(times->send_ms, SEND_MS), wrote, r,
                        &r->out->error) != 0)
        return -1;
    return transport_finish(r->t, or_default(times->send_ms, FINISH_MS), &r->out->error);
}

/* A failed job: was anything sent? Then the rest of it must not come out later. */
static void clear_after(struct run *r)
{
    struct printer_status status;
    bool sent = r->t && r->t->submitted > 0;
    if (sent) transport_recall(r->t, or_default(r->job->times.status_ms, STATUS_MS), NULL);
    r->out->result = r->t == NULL || transport_nothing_sent(r->t) ? PRINT_NOTHING_SENT : PRINT_UNKNOWN;
    if (r->out->result == PRINT_NOTHING_SENT) return;
    tell(r, PRINT_STEP_CLEAR, "");
    r->out->bytes = r->t->submitted;
    r->out->taken = r->t->taken;
    transport_close(r->t);
    r->t = NULL;
    if (r->profile->answers == ANSWERS_NO) return;
    r->out->cleared = print_clear(r->job->uri, r->profile, or_default(r->job->times.status_ms, STATUS_MS),
                                  &status, NULL) == 0;
    if (r->out->state == PRINTER_READY || r->out->state == PRINTER_UNKNOWN) r->out->state = status.state;
}

static void say(struct run *r)
{
    static const char *const begin[] = { "nothing was sent: ", "", "", "not known whether it was printed: " };
    const struct error *e = &r->out->error;
    const char *words = r->out->result == PRINT_CONFIRMED     ? "printed"
                        : r->out->result == PRINT_HANDED_OVER ? r->t->scheme->handed_over
                        : e->why[0]                           ? e->why
                                                              : e->what;
    if (snprintf(r->out->words, sizeof r->out->words, "%s%s", begin[r->out->result], words) < 0)
        r->out->words[0] = '\0';
}

/* --- for those who call ------------------------------------------------------------ */

int print_job_run(const struct print_job *job, struct print_outcome *out)
{
    int64_t start_ms = clock_monotonic_ms();
    memset(out, 0, sizeof *out);
    struct run r = { .job = job, .out = out };
    bool ok = false;
    out->result = PRINT_NOTHING_SENT;
    tell(&r, PRINT_STEP_OPEN, "");
    r.profile = find(job->profile, &out->error);
    if (r.profile == NULL || render(r.profile, job, &r.body, &out->error) != 0) goto done;
    out->total = r.body.len;
    if (open_line(&r) == 0 && make_ready(&r) == 0 && send_all(&r) == 0) {
        ok = true;
        out->result = PRINT_HANDED_OVER;
    }
    if (ok && r.profile->answers != ANSWERS_NO && r.t->scheme->two_way) {
        ok = confirm_wait(r.t, r.profile, job, &out->state, &out->error);
        if (ok) out->result = PRINT_CONFIRMED;
    }
    if (!ok) clear_after(&r);
done:
    if (r.t) {
        out->bytes = r.t->submitted;
        out->taken = out->result == PRINT_CONFIRMED ? out->total : r.t->taken;
    }
    say(&r);
    transport_close(r.t);
    bytes_free(&r.body);
    out->ms = clock_monotonic_ms() - start_ms;
    return ok ? 0 : -1;
}

int print_job_bytes(const struct print_job *job, struct bytes *out, struct error *err)
{
    const struct profile *profile = find(job->profile, err);
    struct print_job alone = *job;
    alone.uri = ""; /* of no line: with the init */
    return profile ? render(profile, &alone, out, err) : -1;
}

int print_drawer(const char *uri, const char *profile_name, struct error *err)
{
    const struct profile *profile = find(profile_name, err);
    if (profile == NULL) return -1;
    const struct command *drawer = &profile->dialect->drawer;
    if (!profile->drawer || drawer->len == 0)
        return error_all(err, "cannot open the cash drawer", profile_name, "none hangs on this printer",
                         "open it with its key");
    struct transport *t = transport_open(uri, NULL, err);
    if (t == NULL) return -1;
    int status = transport_write(t, (const uint8_t *)drawer->at, drawer->len, false, STATUS_MS, NULL, NULL, err);
    if (status == 0) status = transport_finish(t, STATUS_MS, err);
    transport_close(t);
    return status;
}
