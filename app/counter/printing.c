/* Printing beside the screen: branchd says what goes next and stores it as sent
 * (T3), a thread talks to the printer, and what is known of the job afterwards is
 * reported (T4). No key press ever waits for any of it.
 *
 * A report that could not be given is kept and given first when branchd is back;
 * a counter that dies meanwhile leaves a doubt, which is asked of a person. */
#include "counter/printing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define AGAIN_FIRST_MS 3000  /* a job of which nothing was sent is tried again after so long, */
#define AGAIN_LAST_MS 60000  /* then twice as long, up to this */

const char *printing_words(const struct counter *c) { return c->printing ? c->printing->words : ""; }

bool printing_now(const struct counter *c, char *number, size_t size)
{
    const struct printing *p = c->printing;
    if (!p || p->step != PRINTING_JOB) return false;
    if (number) text_copy(number, size, p->copying ? "" : p->number);
    return true;
}

bool printing_trouble(const struct counter *c)
{
    return c->printing && c->printing->printer && c->printing->state > PRINTER_PAPER_LOW;
}

static const char *printer_name(const struct printing *p)
{
    const char *name = js_text(p->printer, "name");
    return *name ? name : _("Printer");
}

static void words(struct counter *c, enum printer_state state)
{
    struct printing *p = c->printing;
    p->state = state;
    if (!p->printer) text_copy(p->words, sizeof p->words, _("No printer"));
    else snprintf(p->words, sizeof p->words, "%s %s", printer_name(p), word_printer(state));
    counter_dirty(c);
}

/* --- making the page --- */

static struct page *make_page(struct counter *c, const json_t *job, struct error *err)
{
    struct printing *p = c->printing;
    const struct profile *profile = profile_find(js_text(p->printer, "profile"));
    /* the bound media is the invoices'; other paper has the one that its form is drawn for */
    const char *media = strcmp(js_text(job, "kind"), "invoice") != 0 ? "" : js_text(job, "media");
    struct page *page = NULL;
    if (!profile) {
        error_all(err, "no such printer profile", js_text(p->printer, "profile"), "this counter does not know it",
                  "bind the printer anew");
        return NULL;
    }
    if (!p->set && !(p->set = print_set_open(c->options.templates, err))) return NULL;
    struct print_request request = {
        .form = print_set_find(p->set, js_text(job, "template"), print_language(c->language), err),
        .data = js_at(job, "data"), .device = &profile->device, .image_folder = c->options.templates,
    };
    if (!request.form) return NULL;
    request.media = print_set_media(p->set, *media ? media : NULL, request.form, err);
    if (!request.media || print_place(&request, &page, err)) return NULL;
    return page;
}

int printing_pages(struct counter *c, const json_t *job, const struct page_device *device, struct page ***pages, size_t *count,
                   struct error *err)
{
    struct printing *p = c->printing;
    if (!p->set && !(p->set = print_set_open(c->options.templates, err))) return -1;
    struct print_request request = {
        .form = print_set_find(p->set, js_text(job, "template"), print_language(js_text(job, "data.language")), err),
        .data = js_at(job, "data"), .device = device, .may_continue = true, .image_folder = c->options.templates,
    };
    if (!request.form || !(request.media = print_set_media(p->set, NULL, request.form, err))) return -1;
    return print_place_all(&request, pages, count, err);
}

bool printing_bound_here(const struct counter *c) { return c->printing && c->printing->printer; }

/* --- the job, on its thread --- */

static void job_run(uv_work_t *work)
{
    struct printing *p = work->data;
    print_job_run(&p->job, &p->outcome);
}

static void report(struct counter *c);
static void rest(struct counter *c);

/* What the job came to, until branchd has heard it. */
static void outcome_keep(struct printing *p)
{
    char said[VIEW_TEXT_SIZE];
    text_clip(said, sizeof said, p->outcome.words, 200, 0);
    json_t *told = json_pack("{s:I, s:I, s:s, s:s, s:I, s:s}", "invoice", (json_int_t)p->invoice, "attempt",
                             (json_int_t)p->attempt, "number", p->number, "outcome",
                             print_result_name(p->outcome.result), "bytes", (json_int_t)p->outcome.bytes, "words", said);
    js_keep(&p->report, told);
    json_decref(told);
}

static void wait_longer(struct printing *p)
{
    p->wait_ms = p->wait_ms ? p->wait_ms * 2 : AGAIN_FIRST_MS;
    if (p->wait_ms > AGAIN_LAST_MS) p->wait_ms = AGAIN_LAST_MS;
}

static void job_done(uv_work_t *work, int status)
{
    struct printing *p = work->data;
    struct counter *c = p->c;
    page_free(p->page);
    p->page = NULL;
    words(c, p->outcome.state);
    if (p->copying) {
        p->copying = false;
        bool nothing = p->outcome.result == PRINT_NOTHING_SENT;
        if (p->paper) say(c, "%s %s", nothing ? _("The paper was not printed:") : _("The paper is printed."), nothing ? word_printer(p->outcome.state) : "");
        else say(c, "%s %s", nothing ? _("The copy was not printed:") : _("The copy is printed."), nothing ? word_printer(p->outcome.state) : "");
        rest(c);
        return;
    }
    if (p->outcome.result == PRINT_NOTHING_SENT) wait_longer(p);
    else p->wait_ms = 0;
    outcome_keep(p);
    report(c);
}

static void job_start(struct counter *c, const char *name, bool numbered)
{
    struct printing *p = c->printing;
    text_copy(p->uri, sizeof p->uri, js_text(p->printer, "uri"));
    text_copy(p->profile, sizeof p->profile, js_text(p->printer, "profile"));
    text_copy(p->name, sizeof p->name, name);
    p->job = (struct print_job){
        .uri = p->uri, .profile = p->profile, .page = p->page, .name = p->name, .numbered = numbered,
        .offset_x_mm10 = (int)js_int(p->printer, "offset_x_mm10"),
        .offset_y_mm10 = (int)js_int(p->printer, "offset_y_mm10"), .cancel = &p->cancel,
    };
    p->step = PRINTING_JOB;
    p->work.data = p;
    uv_queue_work(c->loop, &p->work, job_run, job_done);
    counter_dirty(c);
}

/* Nothing has gone to the printer: the number is free again, with the reason. */
static void job_refused(struct counter *c, const struct error *err)
{
    struct printing *p = c->printing;
    char text[sizeof err->what + sizeof err->why + 2];
    memset(&p->outcome, 0, sizeof p->outcome);
    snprintf(text, sizeof text, "%s: %s", err->what, err->why);
    text_clip(p->outcome.words, sizeof p->outcome.words, text, sizeof p->outcome.words / 3, 0);
    p->outcome.result = PRINT_NOTHING_SENT;
    say(c, _("The invoice can't be printed: %s %s"), text, err->where); /* of another customer: drops no keys */
    c->said_ink = INK_ALARM;
    terminal_bell(&c->terminal, 1);
    p->wait_ms = AGAIN_LAST_MS;
    outcome_keep(p);
    report(c);
}

/* --- with branchd --- */

static void rest(struct counter *c)
{
    struct printing *p = c->printing;
    p->step = PRINTING_IDLE;
    if (p->closing) return;
    if (p->copy) {
        json_t *copy = p->copy;
        p->copy = NULL;
        printing_copy(c, copy);
        json_decref(copy);
    } else if (p->wait_ms) {
        uv_timer_start(&p->again, p->look_again, p->wait_ms, 0);
    } else {
        printing_kick(c);
    }
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

static void sent(struct counter *c, int64_t tag, const json_t *job, const struct rpc_error *error)
{
    struct printing *p = c->printing;
    struct error err = {0};
    if (error) { /* another number is in doubt, no book is loaded: the next notice tries again */
        p->step = PRINTING_IDLE;
        return;
    }
    p->invoice = js_int(job, "invoice");
    p->attempt = js_int(job, "attempt");
    text_copy(p->number, sizeof p->number, js_text(job, "number"));
    p->page = make_page(c, job, &err);
    if (p->page) job_start(c, js_text(job, "job"), p->number[0] != 0);
    else job_refused(c, &err);
}

static void next(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    if (error || !js_has(result, "invoice")) {
        c->printing->step = PRINTING_IDLE;
        return;
    }
    call_beside(c, "invoice_send", json_pack("{s:O}", "invoice", js_at(result, "invoice")), sent, 0);
}

void printing_kick(struct counter *c)
{
    struct printing *p = c->printing;
    if (!p || p->closing || p->step != PRINTING_IDLE || !session_online(c)) return;
    if (p->report) {
        report(c); /* a job ends when it ends, also behind a locked screen */
    } else if (c->signed_on && !c->locked && p->printer && !uv_is_active((uv_handle_t *)&p->again)) {
        p->step = PRINTING_ASK;
        call_beside(c, "print_next", NULL, next, 0);
    }
}

static void look_again(uv_timer_t *timer) { printing_kick(timer->data); }

void printing_copy(struct counter *c, const json_t *copy)
{
    struct printing *p = c->printing;
    struct error err = {0};
    if (!p->printer) {
        refuse(c, "%s", _("No printer is bound to this terminal."));
    } else if (p->step != PRINTING_IDLE) {
        js_keep(&p->copy, (json_t *)copy); /* after what is under way */
        say(c, "%s", _("The copy comes after what is being printed."));
    } else if ((p->page = make_page(c, copy, &err))) {
        p->copying = true;
        p->paper = js_has(copy, "kind");
        job_start(c, js_text(copy, "job"), false);
        say(c, "%s", js_has(copy, "kind") ? _("The paper is being printed.") : _("The copy is being printed."));
    } else {
        refuse(c, "%s %s: %s", err.what, err.where, err.why);
    }
}

/* --- asking and clearing the printer, on a thread too --- */

struct asked {
    uv_work_t work;
    struct counter *c;
    char uri[TRANSPORT_URI_SIZE], profile[PRINTING_NAME_SIZE];
    struct printer_status status;
    bool clear, cleared;
    printing_answer *answer;
};

static void ask_run(uv_work_t *work)
{
    struct asked *a = work->data;
    struct error err = {0};
    const struct profile *profile = profile_find(a->profile);
    if (!profile) return;
    if (a->clear) a->cleared = !print_clear(a->uri, profile, 0, &a->status, &err);
    else print_status(a->uri, profile, 0, &a->status);
}

static void ask_done(uv_work_t *work, int status)
{
    struct asked *a = work->data;
    struct counter *c = a->c;
    struct printing *p = c->printing;
    if (p) {
        p->asking--;
        words(c, a->status.state);
        if (a->answer) a->answer(c, a->cleared, &a->status);
    }
    free(a);
}

static void ask(struct counter *c, bool clear, printing_answer *answer)
{
    struct printing *p = c->printing;
    struct asked *a = calloc(1, sizeof *a);
    if (!a) abort();
    a->c = c;
    a->clear = clear;
    a->answer = answer;
    a->work.data = a;
    a->status.state = PRINTER_UNKNOWN;
    text_copy(a->uri, sizeof a->uri, js_text(p->printer, "uri"));
    text_copy(a->profile, sizeof a->profile, js_text(p->printer, "profile"));
    p->asking++;
    uv_queue_work(c->loop, &a->work, ask_run, ask_done);
}

void printing_ask(struct counter *c, printing_answer *answer) { if (c->printing->printer) ask(c, false, answer); }

void printing_clear(struct counter *c, printing_answer *answer)
{
    if (c->printing->printer) ask(c, true, answer);
    else answer(c, false, NULL);
}

/* --- opening and closing --- */

void printing_bound(struct counter *c)
{
    struct printing *p = c->printing;
    json_t *printer = js_at(c->hello, "printer");
    js_keep(&p->printer, printer && !json_is_null(printer) ? printer : NULL);
    words(c, PRINTER_UNKNOWN);
    if (p->printer && p->step == PRINTING_IDLE) printing_ask(c, NULL);
}

int printing_open(struct counter *c)
{
    struct printing *p = c->printing = calloc(1, sizeof *p);
    if (!p) abort();
    p->c = c;
    p->look_again = look_again;
    uv_timer_init(c->loop, &p->again);
    p->again.data = c;
    return 0;
}

bool printing_busy(const struct counter *c)
{
    const struct printing *p = c->printing;
    return p && (p->step != PRINTING_IDLE || p->asking);
}

void printing_close(struct counter *c)
{
    struct printing *p = c->printing;
    if (!p) return;
    p->closing = true;
    atomic_store(&p->cancel, true);
    uv_close((uv_handle_t *)&p->again, NULL);
    while (p->asking || c->papers || p->step == PRINTING_JOB) uv_run(c->loop, UV_RUN_ONCE);
    c->printing = NULL;
    uv_run(c->loop, UV_RUN_NOWAIT); /* the timer is closed before its memory goes */
    js_keep(&p->printer, NULL);
    js_keep(&p->report, NULL);
    js_keep(&p->copy, NULL);
    if (p->set) print_set_close(p->set);
    free(p);
}
