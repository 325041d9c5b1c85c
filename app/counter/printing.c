/* Printing beside the screen. branchd says what goes next; a thread places its page, so
 * that nothing can be refused any more; then the number is asked for and stored as sent
 * (T3), a thread talks to the printer, and what is known of the job afterwards is
 * reported (T4). No key press ever waits for any of it.
 *
 * A report that could not be given is kept and given first when branchd is back;
 * a counter that dies meanwhile leaves a doubt, which is asked of a person. */
#include "counter/printing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "counter/account.h"

#define AGAIN_FIRST_MS 3000  /* a job of which nothing was sent is tried again after so long, */
#define AGAIN_LAST_MS 60000  /* then twice as long, up to this */
#define NAME_CHANCE 6        /* bytes behind a copy's name, so that no name is used twice */

static void rest(struct counter *c);
static void report(struct counter *c);
static void look_again(uv_timer_t *timer);

bool printing_begun(const struct printing *p) { return p->step != PRINTING_IDLE && p->step != PRINTING_PAPER; }

bool printing_now(const struct counter *c, char *number, size_t size)
{
    const struct printing *p = c->printing;
    if (!p || p->step != PRINTING_JOB) return false;
    if (number) text_copy(number, size, p->copying ? "" : js_text(p->job, "number"));
    return true;
}

static void on_thread(struct counter *c, enum printing_step step, uv_work_cb run, uv_after_work_cb done)
{
    struct printing *p = c->printing;
    p->step = step;
    p->work.data = p;
    p->working++;
    uv_queue_work(c->loop, &p->work, run, done);
    counter_dirty(c);
}

static void job_end(struct printing *p)
{
    page_free(p->made.page);
    p->made.page = NULL;
    js_keep(&p->job, NULL);
    p->copying = p->taken = false;
}

static void wait_longer(struct printing *p)
{
    p->wait_ms = p->wait_ms ? p->wait_ms * 2 : AGAIN_FIRST_MS;
    if (p->wait_ms > AGAIN_LAST_MS) p->wait_ms = AGAIN_LAST_MS;
}

/* --- the job, on its thread --- */

static void job_run(uv_work_t *work)
{
    struct printing *p = work->data;
    print_job_run(&p->print, &p->outcome);
}

/* What the job came to, until branchd has heard it. */
static void outcome_keep(struct printing *p)
{
    char said[VIEW_TEXT_SIZE];
    text_clip(said, sizeof said, p->outcome.words, 200, 0);
    json_t *told = json_pack("{s:I, s:I, s:s, s:s, s:I, s:s}", "invoice", (json_int_t)js_int(p->job, "invoice"), "attempt",
                             (json_int_t)js_int(p->job, "attempt"), "number", js_text(p->job, "number"), "outcome",
                             print_result_name(p->outcome.result), "bytes", (json_int_t)p->outcome.bytes, "words", said);
    js_keep(&p->report, told);
    json_decref(told);
}

static void copy_said(struct counter *c)
{
    const struct printing *p = c->printing;
    const char *state = word_printer(p->outcome.state);
    bool inserted = profile_find(p->profile)->dialect->inserted;
    switch (p->outcome.result) {
    case PRINT_NOTHING_SENT: say(c, "%s %s", _("It was not printed:"), state); break;
    case PRINT_UNKNOWN: say(c, "%s %s", _("Look whether the paper is whole; nobody knows:"), state); break;
    default:
        say(c, "%s", inserted ? _("Printed. Take the paper out.") : _("It is printed."));
        break;
    }
    if (p->outcome.result != PRINT_NOTHING_SENT && p->outcome.result != PRINT_UNKNOWN) return;
    c->said_ink = INK_ALARM;
    terminal_bell(&c->terminal, 1);
}

static void job_done(uv_work_t *work, int status)
{
    struct printing *p = work->data;
    struct counter *c = p->c;
    const struct profile *profile = profile_find(p->profile);
    p->working--;
    printing_state(c, p->where, p->outcome.state);
    if (p->outcome.result == PRINT_UNKNOWN && !p->outcome.cleared && profile && profile->answers != ANSWERS_NO) p->unclean = true;
    if (p->copying) {
        copy_said(c);
        job_end(p);
        rest(c);
        return;
    }
    if (p->outcome.result == PRINT_NOTHING_SENT) wait_longer(p);
    else p->wait_ms = 0;
    outcome_keep(p);
    job_end(p);
    report(c);
}

/* The drawer opens when cash was taken, or is about to be handed back. */
static bool cash_moves(const json_t *data)
{
    bool out = js_has(data, "reason") || !strcmp(js_text(data, "kind"), "withdrawal");
    return !js_int(data, "reprint") && (js_int(data, "tendered_fen") > 0 || out);
}

static void job_start(struct counter *c)
{
    struct printing *p = c->printing;
    const json_t *binding = p->where->binding;
    text_copy(p->name, sizeof p->name, js_text(p->job, "job"));
    if (p->copying && strlen(p->name) + 2u * NAME_CHANCE + 2 < sizeof p->name) {
        struct entropy chance = entropy_system();
        char hex[2 * NAME_CHANCE + 1];
        snprintf(p->name + strlen(p->name), sizeof p->name - strlen(p->name), "-%s", entropy_hex(&chance, NAME_CHANCE, hex, sizeof hex));
    }
    p->print = (struct print_job){
        .uri = p->uri, .profile = p->profile, .page = p->made.page, .name = p->name,
        .numbered = !p->copying && *js_text(p->job, "number"),
        .open_drawer = js_true(binding, "drawer") && cash_moves(js_at(p->job, "data")),
        .offset_x_mm10 = (int)js_int(binding, "offset_x_mm10"), .offset_y_mm10 = (int)js_int(binding, "offset_y_mm10"),
        .cancel = &p->cancel,
    };
    on_thread(c, PRINTING_JOB, job_run, job_done);
}

/* --- T3 and T4, with branchd --- */

static void rest(struct counter *c)
{
    struct printing *p = c->printing;
    p->step = PRINTING_IDLE;
    if (p->closing) return;
    if (p->rebind) printing_bound(c);
    if (p->wait_ms && !json_array_size(p->papers)) uv_timer_start(&p->again, look_again, p->wait_ms, 0);
    else printing_kick(c);
}

static void reported(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct printing *p = c->printing;
    bool later = error && (!strcmp(error->reason, "away") || !strcmp(error->reason, "sign-on"));
    if (later) {
        p->step = PRINTING_IDLE; /* kept; printing_kick gives it first */
        return;
    }
    js_keep(&p->report, NULL);
    rest(c);
}

static void report(struct counter *c)
{
    struct printing *p = c->printing;
    p->step = PRINTING_REPORT;
    call_beside(c, "invoice_result", json_deep_copy(p->report), reported, 0);
}

/* A number is taken and no page can be made for it after all: it is free again, with the reason. */
static void give_back(struct counter *c, const struct error *err)
{
    struct printing *p = c->printing;
    char text[sizeof err->what + sizeof err->why + 2];
    memset(&p->outcome, 0, sizeof p->outcome);
    snprintf(text, sizeof text, "%s: %s", err->what, err->why);
    text_clip(p->outcome.words, sizeof p->outcome.words, text, sizeof p->outcome.words / 3, 0);
    p->outcome.result = PRINT_NOTHING_SENT;
    p->wait_ms = AGAIN_LAST_MS;
    outcome_keep(p);
    job_end(p);
    report(c);
}

static void make_start(struct counter *c);

/* The page is thrown away only when T3 says something else than what it was placed with. */
static bool as_placed(const json_t *placed, const json_t *job)
{
    static const char *const parts[] = {"data", "template", "media", "kind"};
    for (int i = 0; i < 4; i++)
        if (!json_equal(js_at(placed, parts[i]), js_at(job, parts[i]))) return false;
    return true;
}

static void sent(struct counter *c, int64_t tag, const json_t *job, const struct rpc_error *error)
{
    struct printing *p = c->printing;
    if (error) { /* another number is in doubt, no book is loaded: the next notice tries again */
        job_end(p);
        p->step = PRINTING_IDLE;
        return;
    }
    bool same = as_placed(p->job, job);
    js_keep(&p->job, (json_t *)job);
    p->taken = true;
    if (same) job_start(c);
    else make_start(c);
}

/* --- page and paper, before it ------------------------------------------------------ */

/* Numbered sheets lie in the invoices' printer: a copy must not come out on one. */
static bool plain_paper(const struct printing *p)
{
    return p->copying && p->where == &p->bound[BOUND_INVOICE] && p->made.page->media == PAGE_MULTIPART;
}

static bool wants_paper(const struct printing *p)
{
    const struct profile *profile = profile_find(p->profile);
    return profile->dialect->inserted || plain_paper(p);
}

static void go_on(struct counter *c)
{
    struct printing *p = c->printing;
    if (p->copying || p->taken) {
        job_start(c);
        return;
    }
    p->step = PRINTING_SEND;
    call_beside(c, "invoice_send", json_pack("{s:O}", "invoice", js_at(p->job, "invoice")), sent, 0);
}

/* Nothing was taken: it stays planned, and is tried again. */
static void not_now(struct counter *c)
{
    struct printing *p = c->printing;
    if (p->copying) {
        say(c, "%s %s", _("It was not printed:"), word_printer(p->made.status.state));
        terminal_bell(&c->terminal, 1);
    } else {
        wait_longer(p);
    }
    job_end(p);
    rest(c);
}

static void no_page(struct counter *c)
{
    struct printing *p = c->printing;
    const struct error *err = &p->made.err;
    int64_t invoice = js_int(p->job, "invoice");
    if (p->taken) {
        give_back(c, err);
        return;
    }
    if (p->copying || p->stuck_invoice != invoice) { /* of another customer: drops no keys; said once */
        say(c, "%s %s: %s %s", p->copying ? _("The paper can't be printed:") : _("An invoice can't be printed:"), err->what, err->why, err->where);
        c->said_ink = INK_ALARM;
        terminal_bell(&c->terminal, 1);
    }
    if (!p->copying) {
        p->stuck_invoice = invoice;
        snprintf(p->stuck, sizeof p->stuck, "%s %.60s", _("INVOICE CAN'T BE PRINTED:"), *err->where ? err->where : err->what);
        p->wait_ms = AGAIN_LAST_MS;
    }
    job_end(p);
    rest(c);
}

static void make_run(uv_work_t *work) { printing_make(work->data); }

static void make_done(uv_work_t *work, int status)
{
    struct printing *p = work->data;
    struct counter *c = p->c;
    p->working--;
    if (p->made.asked) printing_state(c, p->where, p->made.status.state);
    if (p->made.cleared) p->unclean = false;
    bool ready = !p->made.asked || (p->made.clear ? p->made.cleared : p->made.status.can_print);
    if (!p->taken && (p->closing || !c->signed_on)) {
        job_end(p);
        p->step = PRINTING_IDLE;
    } else if (!p->made.page) {
        no_page(c);
    } else if (p->taken) {
        job_start(c);
    } else {
        if (!p->copying) p->stuck[0] = 0, p->stuck_invoice = 0;
        if (wants_paper(p)) p->step = PRINTING_PAPER; /* asked beside the screen: F6 */
        else if (ready) go_on(c);
        else not_now(c);
    }
    counter_dirty(c);
}

static void make_start(struct counter *c)
{
    struct printing *p = c->printing;
    page_free(p->made.page);
    memset(&p->made, 0, sizeof p->made);
    p->made.check = !p->taken && (p->unclean || p->wait_ms || p->where->state > PRINTER_PAPER_LOW);
    p->made.clear = p->unclean;
    text_copy(p->uri, sizeof p->uri, js_text(p->where->binding, "uri"));
    text_copy(p->profile, sizeof p->profile, js_text(p->where->binding, "profile"));
    on_thread(c, PRINTING_MAKE, make_run, make_done);
}

/* False: no printer takes it. */
static bool begin(struct counter *c, const json_t *job, bool copying)
{
    struct printing *p = c->printing;
    p->where = printing_where(p, copying ? "receipt" : js_text(job, "kind"));
    if (!p->where) return false;
    js_keep(&p->job, (json_t *)job);
    p->copying = copying;
    make_start(c);
    return true;
}

/* --- the teller's part: paper that is put in by hand --------------------------------- */

const json_t *printing_wants(const struct counter *c, bool *plain)
{
    const struct printing *p = c->printing;
    bool waits = p && (p->step == PRINTING_PAPER || p->step == PRINTING_WATCH);
    if (waits && plain) *plain = plain_paper(p);
    return waits ? p->job : NULL;
}

bool printing_watching(const struct counter *c) { return c->printing->step == PRINTING_WATCH; }

static void watch_run(uv_work_t *work) { printing_watch(work->data); }

static void watch_done(uv_work_t *work, int status)
{
    struct printing *p = work->data;
    struct counter *c = p->c;
    p->working--;
    printing_state(c, p->where, p->made.status.state);
    p->step = PRINTING_PAPER;
    if (!p->closing && c->signed_on && p->made.status.can_print) go_on(c);
    else if (!p->closing) say(c, "%s %s", _("The paper is not printed yet:"), word_printer(p->made.status.state));
}

void printing_paper_in(struct counter *c)
{
    if (c->printing->step == PRINTING_PAPER) on_thread(c, PRINTING_WATCH, watch_run, watch_done);
}

/* Another printer is bound: what waits for paper is placed anew for it. */
void printing_put_back(struct printing *p)
{
    if (p->step != PRINTING_PAPER) return;
    if (p->copying) json_array_insert(p->papers, 0, p->job);
    job_end(p);
    p->step = PRINTING_IDLE;
}

bool printing_drop(struct counter *c)
{
    struct printing *p = c->printing;
    if (p->step != PRINTING_PAPER || !p->copying) return false;
    job_end(p);
    rest(c);
    return true;
}

/* --- what comes next ------------------------------------------------------------------- */

static void next(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    c->printing->step = PRINTING_IDLE;
    if (!error && js_has(result, "invoice")) begin(c, result, false);
}

/* A passbook lies in one of these printers, or is about to: nothing else goes there. */
static bool book_inside(const struct counter *c)
{
    const struct printing *p = c->printing;
    for (int i = 0; i < BOUND_COUNT; i++)
        if (p->bound[i].binding && passbook_holds(c, js_text(p->bound[i].binding, "uri"))) return true;
    return false;
}

bool printing_holds(const struct counter *c, const char *uri)
{
    const struct printing *p = c->printing;
    return p && p->step >= PRINTING_MAKE && p->step <= PRINTING_JOB && !strcmp(p->uri, uri);
}

void printing_kick(struct counter *c)
{
    struct printing *p = c->printing;
    if (!p || p->closing || p->step != PRINTING_IDLE || !session_online(c)) return;
    if (p->report) {
        report(c); /* a job ends when it ends, also behind a locked screen */
    } else if (book_inside(c)) {
        return; /* the passbook's end kicks again */
    } else if (c->signed_on && !c->locked && json_array_size(p->papers)) {
        json_t *paper = json_incref(json_array_get(p->papers, 0));
        json_array_remove(p->papers, 0);
        begin(c, paper, true);
        json_decref(paper);
    } else if (c->signed_on && !c->locked && printing_bound_here(c) && !uv_is_active((uv_handle_t *)&p->again)) {
        p->step = PRINTING_ASK;
        call_beside(c, "print_next", NULL, next, 0);
    }
}

static void look_again(uv_timer_t *timer) { printing_kick(timer->data); }

void printing_copy(struct counter *c, const json_t *copy)
{
    struct printing *p = c->printing;
    if (!printing_bound_here(c)) {
        refuse(c, "%s", _("No printer is bound to this terminal."));
        return;
    }
    if (json_array_size(p->papers) == PRINTING_PAPERS_MAX) {
        refuse(c, "%s", _("Too many papers wait for the printer: see to it first."));
        return;
    }
    json_array_append(p->papers, (json_t *)copy);
    say(c, "%s", p->step != PRINTING_IDLE ? _("The paper comes after what is being printed.")
                 : js_int(copy, "data.reprint") ? _("The copy is being printed.") : _("The paper is being printed."));
    printing_kick(c);
}

/* --- opening and closing --- */

int printing_open(struct counter *c)
{
    struct printing *p = c->printing = calloc(1, sizeof *p);
    if (!p) abort();
    p->c = c;
    p->papers = json_array();
    uv_mutex_init(&p->set_lock);
    uv_timer_init(c->loop, &p->again);
    p->again.data = c;
    printing_plugged_open(c);
    return 0;
}

bool printing_busy(const struct counter *c)
{
    const struct printing *p = c->printing;
    return (p && (printing_begun(p) || p->asking)) || passbook_working(c);
}

void printing_close(struct counter *c)
{
    struct printing *p = c->printing;
    if (!p) return;
    p->closing = true;
    atomic_store(&p->cancel, true);
    uv_close((uv_handle_t *)&p->again, NULL);
    printing_plugged_close(p);
    while (p->working || c->papers) uv_run(c->loop, UV_RUN_ONCE);
    c->printing = NULL;
    uv_run(c->loop, UV_RUN_NOWAIT); /* the timer is closed before its memory goes */
    job_end(p);
    printing_forget(p);
    js_keep(&p->report, NULL);
    json_decref(p->papers);
    if (p->set) print_set_close(p->set);
    uv_mutex_destroy(&p->set_lock);
    free(p);
}
