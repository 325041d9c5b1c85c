/* Trial pages and the drawer, tried from the technician's screen on a thread. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/printers.h"
#include "counter/printing.h"

struct trying {
    uv_work_t work;
    struct counter *c;
    struct trial_of of;
    char text[7][TRANSPORT_URI_SIZE]; /* of's, kept while the fields may change */
    struct print_outcome out;
    struct error err;
    bool failed, drawer;
};

static void try_run(uv_work_t *work)
{
    struct trying *t = work->data;
    t->failed = (t->drawer ? print_drawer(t->of.uri, t->of.profile, &t->err) : trial_print(&t->of, &t->out, &t->err)) != 0;
}

static void try_done(uv_work_t *work, int status)
{
    struct trying *t = work->data;
    struct counter *c = t->c;
    c->printing->working--;
    busy_end(c);
    if (t->failed) refuse(c, "%s: %s. %s", t->err.what, t->err.why, t->err.remedy);
    else if (t->drawer) say(c, "%s", _("The drawer was told to open."));
    else say(c, "%s: %s. %llu / %llu, %lld ms", word_result(t->out.result), word_printer(t->out.state), (unsigned long long)t->out.bytes,
             (unsigned long long)t->out.total, (long long)t->out.ms);
    free(t);
}

void printers_try(struct counter *c, struct printers *s, enum trial trial, bool drawer)
{
    struct trial_of of;
    if (!printers_trial(c, s, &of)) return;
    struct trying *t = calloc(1, sizeof *t);
    if (!t) abort();
    const char **kept[7] = {&of.uri, &of.profile, &of.template, &of.media, &of.name, &of.language, &of.folder};
    for (int i = 0; i < 7; i++) {
        text_copy(t->text[i], sizeof t->text[i], *kept[i]);
        *kept[i] = t->text[i];
    }
    of.trial = trial;
    t->c = c;
    t->of = of;
    t->drawer = drawer;
    t->work.data = t;
    c->printing->working++;
    busy_start(c, drawer ? _("Opening the drawer") : _("Printing a trial page"));
    uv_queue_work(c->loop, &t->work, try_run, try_done);
}
