/* The printers of this terminal: which takes what, how they are, in words; asked and
 * cleared on a thread, so that a slow one never holds a key up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"
#include "counter/printing.h"
#include "drivers/picture.h"

struct asked {
    uv_work_t work;
    struct counter *c;
    struct bound *where;
    char uri[TRANSPORT_URI_SIZE], profile[PRINTING_NAME_SIZE];
    struct printer_status status;
    bool clear, cleared;
    printing_answer *answer;
};

/* --- in words --- */

static const char *name_of(const struct bound *b)
{
    const char *name = js_text(b->binding, "name");
    return *name ? name : _("Printer");
}

static bool ails(const struct bound *b) { return b->binding && b->state > PRINTER_PAPER_LOW; }

/* The invoices' printer, unless only the other one is in trouble. */
static const struct bound *worst(const struct printing *p)
{
    const struct bound *first = &p->bound[BOUND_INVOICE], *second = &p->bound[BOUND_RECEIPT];
    return !first->binding || (ails(second) && !ails(first)) ? second : first;
}

static void words(struct printing *p)
{
    const struct bound *b = worst(p);
    if (!b->binding) text_copy(p->words, sizeof p->words, _("No printer"));
    else snprintf(p->words, sizeof p->words, "%s %s", name_of(b), word_printer(b->state));
    counter_dirty(p->c);
}

const char *printing_words(const struct counter *c)
{
    const struct printing *p = c->printing;
    return !p ? "" : *p->stuck ? p->stuck : p->words;
}

bool printing_trouble(const struct counter *c)
{
    const struct printing *p = c->printing;
    return p && (*p->stuck || ails(&p->bound[BOUND_INVOICE]) || ails(&p->bound[BOUND_RECEIPT]));
}

void printing_state(struct counter *c, struct bound *where, enum printer_state state)
{
    if (where) where->state = state;
    words(c->printing);
}

/* --- which takes what --- */

struct bound *printing_where(struct printing *p, const char *kind)
{
    struct bound *invoice = &p->bound[BOUND_INVOICE], *receipt = &p->bound[BOUND_RECEIPT];
    if (strcmp(kind, "invoice") != 0 && receipt->binding) return receipt;
    return invoice->binding ? invoice : receipt->binding ? receipt : NULL;
}

bool printing_bound_here(const struct counter *c)
{
    return c->printing && printing_where(c->printing, "receipt");
}

static void bind_to(struct bound *b, json_t *binding)
{
    js_keep(&b->binding, binding && !json_is_null(binding) ? binding : NULL);
    b->state = PRINTER_UNKNOWN;
}

void printing_bound(struct counter *c)
{
    struct printing *p = c->printing;
    json_t *invoice = js_at(c->hello, "printers.invoice"), *receipt = js_at(c->hello, "printers.receipt");
    bool same = !strcmp(js_text(invoice, "uri"), js_text(receipt, "uri"));
    p->rebind = printing_begun(p); /* a job goes on with the printer it began with */
    if (p->rebind) return;
    printing_put_back(p);
    bind_to(&p->bound[BOUND_INVOICE], invoice);
    bind_to(&p->bound[BOUND_RECEIPT], same ? NULL : receipt);
    p->stuck[0] = 0;
    p->stuck_invoice = 0;
    p->wait_ms = 0;
    uv_timer_stop(&p->again);
    words(p);
    printing_plugged_watch(c, false);
    printing_ask(c, NULL);
}

void printing_forget(struct printing *p)
{
    for (int i = 0; i < BOUND_COUNT; i++) js_keep(&p->bound[i].binding, NULL);
}

/* --- asking and clearing --- */

static void ask_run(uv_work_t *work)
{
    struct asked *a = work->data;
    struct error err = {0};
    const struct profile *profile = profile_find(a->profile);
    if (!profile) return;
    if (a->clear) a->cleared = !print_clear(a->uri, profile, 0, &a->status, &err);
    else print_status(a->uri, profile, 0, &a->status);
    /* what the first job needs is read while nobody waits for it: templates, the font */
    printing_set(a->c->printing, &err);
    picture_has(0x7535);
}

static void ask_done(uv_work_t *work, int status)
{
    struct asked *a = work->data;
    struct counter *c = a->c;
    struct printing *p = c->printing;
    p->asking--;
    p->working--;
    if (a->cleared) p->unclean = false;
    if (!strcmp(a->uri, js_text(a->where->binding, "uri"))) printing_state(c, a->where, a->status.state);
    if (a->answer && !p->closing) a->answer(c, a->cleared, &a->status);
    if (a->status.can_print && uv_is_active((uv_handle_t *)&p->again)) { /* what waited for it need not wait longer */
        uv_timer_stop(&p->again);
        p->wait_ms = 0;
        printing_kick(c);
    }
    free(a);
}

static void ask(struct counter *c, struct bound *where, bool clear, printing_answer *answer)
{
    struct printing *p = c->printing;
    struct asked *a = calloc(1, sizeof *a);
    if (!a) abort();
    a->c = c;
    a->where = where;
    a->clear = clear;
    a->answer = answer;
    a->work.data = a;
    a->status.state = PRINTER_UNKNOWN;
    text_copy(a->uri, sizeof a->uri, js_text(where->binding, "uri"));
    text_copy(a->profile, sizeof a->profile, js_text(where->binding, "profile"));
    p->asking++;
    p->working++;
    uv_queue_work(c->loop, &a->work, ask_run, ask_done);
}

void printing_ask(struct counter *c, printing_answer *answer)
{
    struct printing *p = c->printing;
    for (int i = 0; i < BOUND_COUNT; i++)
        if (p->bound[i].binding) ask(c, &p->bound[i], false, &p->bound[i] == printing_where(p, "invoice") ? answer : NULL);
}

void printing_clear(struct counter *c, printing_answer *answer)
{
    struct bound *where = printing_where(c->printing, "invoice");
    if (where) ask(c, where, true, answer);
    else answer(c, false, NULL);
}
