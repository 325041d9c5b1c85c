/* Messages on their way to the utility. A supervisor sends again what was set aside. */
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"

#define ROWS_ASKED 100

struct queue { struct view view; json_t *rows; };

static const json_t *row_at(const struct queue *s, int i) { return json_array_get(s->rows, (size_t)i); }

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct queue *s = ctx;
    const json_t *one = row_at(s, row);
    const char *key = js_text(one, "key"), *slash = strrchr(key, '/'), *since = js_text(one, "since");
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "key")) return slash ? slash + 1 : key;
    if (!strcmp(field->name, "state")) return word_state(js_text(one, "state"));
    if (!strcmp(field->name, "since")) return strlen(since) > 11 ? since + 5 : since;
    return view_format(field, js_at(one, field->name), buf, size);
}

static void listed(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct queue *s = screen_state(c, &screen_queue);
    if (tag) busy_end(c);
    if (error) {
        if (tag) refuse_error(c, error);
        return;
    }
    js_keep(&s->rows, (json_t *)result);
    s->view.list.count = (int)json_array_size(result);
    counter_dirty(c);
}

static void ask(struct counter *c, bool waits)
{
    if (waits) busy_start(c, _("Asking for the queue"));
    call(c, "queue", json_pack("{s:i}", "limit", ROWS_ASKED), listed, waits);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct queue *s = state;
    screen_form(c, s, "queue");
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    view_set(&s->view, "answer", "");
    view_focus(&s->view, "answer");
    ask(c, true);
}

static void released(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else say(c, _("Sent again: %d"), (int)js_int(result, "released"));
    ask(c, false);
}

static void release(struct counter *c, const json_t *one, bool all)
{
    if (strcmp(js_text(one, "state"), "parked") != 0) {
        refuse(c, "%s", _("Only what was set aside is sent again by hand; the rest goes by itself."));
        return;
    }
    busy_firm(c, _("Under way"));
    call(c, "release", all ? json_pack("{s:s}", "reason", js_text(one, "why")) : json_pack("{s:O}", "id", js_at(one, "id")),
         released, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct queue *s = state;
    int page = view_list_rows(&s->view, &c->terminal);
    int by = press.code == PRESS_UP ? -1 : press.code == PRESS_DOWN ? 1 : press.code == PRESS_FN(7) ? -page
             : press.code == PRESS_FN(8) ? page : 0;
    if (by) view_list_move(&s->view, by, &c->terminal);
    if (press.code == PRESS_FN(5)) ask(c, true);
    if (press.code == PRESS_FN(12)) screen_back(c);
    if (by || press.code >= PRESS_F) return;
    const json_t *one = row_at(s, s->view.list.at);
    char letter = answer_letter(&s->view, press);
    if (one && (letter == 'F' || letter == 'A')) release(c, one, letter == 'A');
}

static void paint(struct counter *c, void *state)
{
    struct queue *s = state;
    const json_t *one = row_at(s, s->view.list.at);
    view_setf(&s->view, "count", _("%lld waiting, %lld set aside"), (long long)js_int(c->state, "queue"),
              (long long)js_int(c->state, "parked"));
    view_set(&s->view, "whole", js_text(one, "why"));
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (screen_now(c) == &screen_queue && !strcmp(what, "state")) ask(c, false);
}

const struct screen screen_queue = {
    .name = "queue", .title = N_("Queue to the utility"), .roles = ROLE_ANY, .state_size = sizeof(struct queue),
    .held = offsetof(struct queue, rows), .open = begin, .press = press, .paint = paint, .changed = changed,
};
