/* The set-up in one file, from the terminal. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "counter/printers.h"
#include "counter/printing.h"

#define PATH_SIZE 400

/* Asked one after the other: bindings, jobs, line; then the printers themselves, on a thread. */
struct setup_screen { struct view view; json_t *got; /* what they answered, in that order */ };

static const char *const methods[] = {"printers", "print_log", "link_status"};

struct writing {
    uv_work_t work;
    struct counter *c;
    struct devices devices;
    json_t *got;
    char path[PATH_SIZE], at[CLOCK_SIZE], branch[32], terminal[8];
    int error;
};

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct setup_screen *s = state;
    screen_form(c, s, "setup");
    view_blank(&s->view);
    view_set(&s->view, "path", "gridteller-setup.txt");
    view_focus(&s->view, "path");
}

static void write_run(uv_work_t *work)
{
    struct writing *w = work->data;
    char beside[PATH_SIZE + 8];
    devices_find(&w->devices, NULL);
    devices_bind(&w->devices, json_array_get(w->got, 0));
    for (size_t i = 0; i < w->devices.count; i++) device_ask(&w->devices.at[i]);
    struct setup setup = {&w->devices, json_array_get(w->got, 1), json_array_get(w->got, 2), w->at, w->terminal, w->branch};
    snprintf(beside, sizeof beside, "%s.new", w->path);
    FILE *out = fopen(beside, "we");
    if (out) setup_write(out, &setup);
    bool good = out && !ferror(out);
    if (out && fclose(out)) good = false;
    if (!good || rename(beside, w->path)) {
        w->error = errno ? errno : EIO;
        unlink(beside);
    }
}

static void write_done(uv_work_t *work, int status)
{
    struct writing *w = work->data;
    struct counter *c = w->c;
    c->printing->working--;
    busy_end(c);
    if (w->error) refuse(c, "%s %s: %s", _("The file can't be written:"), w->path, strerror(w->error));
    else say(c, "%s %s", _("Written:"), w->path);
    devices_free(&w->devices);
    js_keep(&w->got, NULL);
    free(w);
}

static void write_it(struct counter *c, struct setup_screen *s)
{
    struct writing *w = calloc(1, sizeof *w);
    if (!w) abort();
    w->c = c;
    w->work.data = w;
    js_keep(&w->got, s->got);
    text_copy(w->path, sizeof w->path, view_get(&s->view, "path"));
    text_copy(w->branch, sizeof w->branch, js_text(c->hello, "branch"));
    text_copy(w->terminal, sizeof w->terminal, c->options.terminal);
    session_now(c, w->at, sizeof w->at);
    c->printing->working++;
    uv_queue_work(c->loop, &w->work, write_run, write_done);
}

static void got(struct counter *c, int64_t i, const json_t *result, const struct rpc_error *error)
{
    struct setup_screen *s = screen_state(c, &screen_setup);
    if (error) {
        busy_end(c);
        refuse_error(c, error);
        return;
    }
    json_array_append(s->got, (json_t *)result);
    if (i < 2) call(c, methods[i + 1], NULL, got, i + 1);
    else write_it(c, s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct setup_screen *s = state;
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_FN(12)) screen_back(c);
    else if (press.code == PRESS_UP) view_next(&s->view, -1);
    else if (press.code == PRESS_DOWN || (press.code == PRESS_ENTER && !question)) view_next(&s->view, 1);
    else if (!question) view_press(&s->view, press);
    else if (press.code < PRESS_F && answer_letter(&s->view, press) == 'S' && *view_get(&s->view, "path")) {
        busy_firm(c, _("Writing the report of the set-up"));
        json_t *none = json_array();
        js_keep(&s->got, none);
        json_decref(none);
        call(c, methods[0], NULL, got, 0);
    }
}

const struct screen screen_setup = {
    .name = "setup", .title = N_("Report of the whole set-up"), .roles = ROLE_TECHNICIAN, .state_size = sizeof(struct setup_screen),
    .held = offsetof(struct setup_screen, got), .open = begin, .press = press,
};
