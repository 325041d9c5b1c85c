/* The printer of this terminal: how it is, and for the technician how it is bound. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/counter.h"
#include "counter/printing.h"

struct printer { struct view view; struct printer_status status; bool asked; };

static const char *const texts[] = {"name", "uri", "profile", "template", "media"};
static const char *const offsets[] = {"offset_x_mm10", "offset_y_mm10"};
static const char *const offset_fields[] = {"right", "down"};

/* Offsets are typed in millimetres with one decimal, kept in tenths. */
static void offset_show(struct view *view, const char *field, int64_t mm10)
{
    view_setf(view, field, "%s%lld.%lld", mm10 < 0 ? "-" : "", (long long)llabs(mm10) / 10, (long long)llabs(mm10) % 10);
}

static bool offset_read(const char *text, int64_t *mm10)
{
    bool minus = *text == '-';
    int whole = 0, tenth = 0, used = 0;
    text += minus;
    int got = sscanf(text, "%2d%n.%1d%n", &whole, &used, &tenth, &used);
    if (got < 1 || text[used] || whole < 0 || tenth < 0) return false;
    *mm10 = ((int64_t)whole * 10 + tenth) * (minus ? -1 : 1);
    return true;
}

static void show(struct counter *c, struct printer *s)
{
    const json_t *bound = js_at(c->hello, "printer");
    for (int i = 0; i < 5; i++) view_set(&s->view, texts[i], js_text(bound, texts[i]));
    for (int i = 0; i < 2; i++) offset_show(&s->view, offset_fields[i], js_int(bound, offsets[i]));
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct printer *s = state;
    screen_form(c, s, "printer");
    view_blank(&s->view);
    show(c, s);
    s->asked = false;
    view_focus(&s->view, c->role == ROLE_TECHNICIAN ? "name" : "answer");
}

static void heard(struct counter *c, bool cleared, const struct printer_status *status)
{
    struct printer *s = screen_state(c, &screen_printer);
    busy_end(c);
    if (!status) {
        refuse(c, "%s", _("No printer is bound to this terminal."));
        return;
    }
    s->status = *status;
    s->asked = true;
    if (cleared) say(c, "%s", _("The printer is cleared."));
}

static void bound(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    json_object_set(c->hello, "printer", js_has(result, "printer") ? js_at(result, "printer") : (json_t *)result);
    printing_bound(c);
    say(c, "%s", _("Bound and saved."));
}

static void save(struct counter *c, struct printer *s)
{
    struct error err = {0};
    int64_t x, y;
    if (!profile_find(view_get(&s->view, "profile"))) {
        view_focus(&s->view, "profile");
        refuse(c, "%s", _("There is no such profile. F4 shows one after the other."));
    } else if (transport_check(view_get(&s->view, "uri"), &err)) {
        view_focus(&s->view, "uri");
        refuse(c, "%s: %s. %s", err.what, err.why, err.remedy);
    } else if (!offset_read(view_get(&s->view, "right"), &x) || !offset_read(view_get(&s->view, "down"), &y)) {
        refuse(c, "%s", _("Offsets are millimetres like 0.3 or -1.2."));
    } else {
        json_t *params = json_pack("{s:I, s:I}", "offset_x_mm10", (json_int_t)x, "offset_y_mm10", (json_int_t)y);
        for (int i = 0; i < 5; i++) json_object_set_new(params, texts[i], json_string(view_get(&s->view, texts[i])));
        busy_firm(c, _("Binding the printer"));
        call(c, "printer_bind", params, bound, 0);
    }
}

/* F4: the next profile of the table after the one that stands there. */
static void next_profile(struct printer *s)
{
    const char *now = view_get(&s->view, "profile");
    size_t i = 0;
    while (profile_at(i) && strcmp(profile_at(i)->name, now) != 0) i++;
    const struct profile *next = profile_at(i) ? profile_at(i + 1) : NULL;
    if (!next) next = profile_at(0);
    if (next) view_set(&s->view, "profile", next->name);
}

static void answered(struct counter *c, struct printer *s, char letter)
{
    switch (letter) {
    case 'A':
        if (!js_has(c->hello, "printer")) heard(c, false, NULL);
        else busy_start(c, _("Asking the printer")), printing_ask(c, heard);
        break;
    case 'C': busy_start(c, _("Clearing the printer")), printing_clear(c, heard); break;
    case 'B':
        if (c->role == ROLE_TECHNICIAN) save(c, s);
        else refuse(c, "%s", _("A technician binds printers."));
        break;
    default: break;
    }
}

static void press(struct counter *c, void *state, struct press press)
{
    struct printer *s = state;
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_FN(12)) begin(c, s, NULL);
    else if (press.code == PRESS_FN(5)) answered(c, s, 'A');
    else if (press.code == PRESS_FN(4) && !strcmp(view_focused(&s->view), "profile")) next_profile(s);
    else if (press.code == PRESS_UP) view_next(&s->view, -1);
    else if (press.code == PRESS_DOWN || (press.code == PRESS_ENTER && !question)) view_next(&s->view, 1);
    else if (question && press.code < PRESS_F) answered(c, s, answer_letter(&s->view, press));
    else if (c->role == ROLE_TECHNICIAN) view_press(&s->view, press);
}

static void paint(struct counter *c, void *state)
{
    struct printer *s = state;
    struct view *view = &s->view;
    const struct profile *profile = profile_find(view_get(view, "profile"));
    view_setf(view, "now", "%s  %s", printing_words(c), s->asked ? s->status.words : "");
    view_set(view, "device", s->asked ? s->status.device_id : "");
    view_set(view, "title", profile ? profile->title : "");
    view_set(view, "verified", !profile ? "" : profile->verified ? _("tried on the real device")
                                                                  : _("not tried on the real device"));
    view_set(view, "answers", !profile ? "" : profile->answers == ANSWERS_NO
                                  ? _("no: each invoice is confirmed by F6 Y Enter")
                                  : _("yes: it says itself when a sheet is printed"));
}

const struct screen screen_printer = {
    .name = "printer", .title = N_("Printer"), .roles = ROLE_ANY, .state_size = sizeof(struct printer),
    .open = begin, .press = press, .paint = paint,
};
