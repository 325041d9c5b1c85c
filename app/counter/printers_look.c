/* The technician's list: what this host reaches is looked for, and each of it asked, on
 * threads of their own; what comes back is laid into the list as it stands by then. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/printers.h"
#include "counter/printing.h"

static void ended(struct counter *c, struct printers *s)
{
    if (!s->beside) busy_end(c);
    s->beside = false;
}

struct asking_device { uv_work_t work; struct counter *c; struct device device; };

static void ask_run(uv_work_t *work)
{
    struct asking_device *a = work->data;
    device_ask(&a->device);
}

static void ask_done(uv_work_t *work, int status)
{
    struct asking_device *a = work->data;
    struct counter *c = a->c;
    struct printers *s = screen_state(c, &screen_printers);
    c->printing->working--;
    s->asking--;
    for (size_t i = 0; i < s->devices.count; i++) {
        struct device *d = &s->devices.at[i];
        if (strcmp(d->found.uri, a->device.found.uri) != 0) continue;
        d->status = a->device.status;
        d->asked = a->device.asked;
        d->found = a->device.found;
        memcpy(d->at, a->device.at, sizeof d->at);
    }
    if (!s->asking) ended(c, s);
    counter_dirty(c);
    free(a);
}

void printers_ask(struct counter *c, const struct device *d)
{
    struct printers *s = screen_state(c, &screen_printers);
    struct asking_device *a = malloc(sizeof *a);
    if (!a) abort();
    *a = (struct asking_device){.c = c, .device = *d};
    a->device.binding = d->binding;
    a->work.data = a;
    s->asking++;
    c->printing->working++;
    uv_queue_work(c->loop, &a->work, ask_run, ask_done);
}

static void ask_all(struct counter *c, struct printers *s)
{
    if (!s->beside) busy_start(c, _("Asking the printers"));
    for (size_t i = 0; i < s->devices.count; i++) printers_ask(c, &s->devices.at[i]);
    if (!s->asking) ended(c, s);
}

/* The list may come in another order: the focus stays on the printer that it was on. */
static void keep_chosen(struct printers *s)
{
    bool any = s->view.list.at < (int)s->devices.count;
    text_copy(s->chosen, sizeof s->chosen, any ? s->devices.at[s->view.list.at].found.uri : "");
}

static void choose(struct printers *s)
{
    s->view.list.at = 0;
    for (size_t i = 0; i < s->devices.count; i++)
        if (strcmp(s->devices.at[i].found.uri, s->chosen) == 0) s->view.list.at = (int)i;
}

void printers_bound_came(struct counter *c, int64_t look, const json_t *result, const struct rpc_error *error)
{
    struct printers *s = screen_state(c, &screen_printers);
    if (error) {
        if (!s->beside) refuse_error(c, error);
        ended(c, s);
        return;
    }
    if (!look) keep_chosen(s);
    devices_bind(&s->devices, (json_t *)result);
    s->view.list.count = (int)s->devices.count;
    choose(s);
    if (look && s->beside && screen_now(c) == &screen_printers) say(c, "%s", _("A USB printer was plugged in or out: the list is new."));
    if (s->view.focus == VIEW_LIST) printers_show(c, s);
    if (look) ask_all(c, s);
    else ended(c, s);
}

struct looking { uv_work_t work; struct counter *c; struct devices found; struct error err; };

static void look_run(uv_work_t *work)
{
    struct looking *l = work->data;
    devices_find(&l->found, &l->err);
}

static void look_done(uv_work_t *work, int status)
{
    struct looking *l = work->data;
    struct counter *c = l->c;
    struct printers *s = screen_state(c, &screen_printers);
    json_t *bindings = s->devices.bindings;
    c->printing->working--;
    keep_chosen(s);
    s->devices = l->found;
    s->devices.bindings = bindings;
    if (s->beside) *l->err.what = '\0'; /* said when the technician looked */
    if (strstr(l->err.what, "queues")) say(c, "%s", _("CUPS does not answer: its queues are not in the list."));
    else if (*l->err.what) say(c, "%s: %s. %s", l->err.what, l->err.why, l->err.remedy);
    free(l);
    if (s->beside) call_beside(c, "printers", NULL, printers_bound_came, true);
    else call(c, "printers", NULL, printers_bound_came, true);
}

static void look(struct counter *c)
{
    struct looking *l = calloc(1, sizeof *l);
    if (!l) abort();
    l->c = c;
    l->work.data = l;
    c->printing->working++;
    uv_queue_work(c->loop, &l->work, look_run, look_done);
}

void printers_look(struct counter *c)
{
    struct printers *s = screen_state(c, &screen_printers);
    s->beside = false;
    busy_start(c, _("Looking for printers"));
    look(c);
}

void printers_look_beside(struct counter *c)
{
    struct printers *s = screen_state(c, &screen_printers);
    s->stale = *c->busy || s->beside;
    if (s->stale) return;
    s->beside = true;
    look(c);
}
