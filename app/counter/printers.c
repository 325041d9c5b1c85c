/* The technician's printers: what this host can reach and what is bound, with status in
 * words; one is bound to a terminal and a kind of document, tried, and laid out. */
#include "counter/printers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/printing.h"

static struct device *selected(struct printers *s)
{
    return s->devices.count ? &s->devices.at[s->view.list.at] : NULL;
}

/* --- the list --------------------------------------------------------------------- */

static const char *status_of(const struct device *d, char *buf, size_t size)
{
    if (!d->asked) return _("not asked");
    if (d->status.state == PRINTER_UNKNOWN) return _("can't say");
    bool queue = !strncmp(d->found.uri, "cups:", 5);
    snprintf(buf, size, "%s%s", word_printer(d->status.state), queue ? _(" (CUPS word)") : "");
    return buf;
}

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    struct printers *s = ctx;
    const struct device *d = &s->devices.at[row];
    if (!strcmp(field->name, "no")) return snprintf(buf, size, "  %d", row + 1) > 0 ? buf : "";
    if (!strcmp(field->name, "way")) return _(device_way(d));
    if (!strcmp(field->name, "model")) return *d->found.model ? d->found.model : d->found.uri;
    if (!strcmp(field->name, "prints")) return *d->prints ? words_documents(d->prints, buf, size) : "-";
    if (!strcmp(field->name, "status")) return status_of(d, buf, size);
    if (!strcmp(field->name, "terminals")) return *d->terminal ? d->terminal : "-";
    return !strcmp(field->name, "asked") ? d->at : "";
}

/* --- the fields ----------------------------------------------------------------------- */

/* Offsets are typed in millimetres with one decimal, kept in tenths. */
void offset_show(struct view *view, const char *field, int64_t mm10)
{
    view_setf(view, field, "%s%lld.%lld", mm10 < 0 ? "-" : "", (long long)llabs(mm10) / 10, (long long)llabs(mm10) % 10);
}

bool offset_read(const char *text, int *mm10)
{
    bool minus = *text == '-';
    int whole = 0, tenth = 0, used = 0;
    text += minus;
    int got = sscanf(text, "%2d%n.%1d%n", &whole, &used, &tenth, &used);
    if (got < 1 || text[used] || whole < 0 || tenth < 0) return false;
    *mm10 = (whole * 10 + tenth) * (minus ? -1 : 1);
    return true;
}

/* What a profile is for, until the technician says something else. */
static void preset(struct printers *s, const struct profile *profile)
{
    struct view *v = &s->view;
    const char *paper = !profile                                   ? "80"
                        : profile_device(profile) == picture_device() ? "a4"
                        : profile->dialect->inserted                 ? ""
                        : profile->raster == RASTER_24PIN            ? "241"
                        : profile->columns < 48                      ? "58"
                                                                     : "80";
    bool sheet = !strcmp(paper, "241") || !strcmp(paper, "a4");
    if (!*view_get(v, "document")) view_set(v, "document", sheet ? "invoice" : !*paper ? "passbook" : "");
    bool receipts = !strcmp(view_get(v, "document"), "receipt") && strcmp(paper, "a4") != 0; /* of A4 there is the invoice only */
    if (!*paper) view_set(v, "template", "passbook");
    else view_setf(v, "template", "%s-%s", sheet && !receipts ? "invoice" : "receipt", paper);
    view_setf(v, "media", "%s%s", !*paper ? "passbook" : !strcmp(paper, "241") ? "tractor-" : !strcmp(paper, "a4") ? "" : "roll-", paper);
}

void printers_show(struct counter *c, struct printers *s)
{
    struct view *v = &s->view;
    const struct device *d = selected(s);
    const json_t *b = d ? d->binding : NULL;
    const struct profile *profile = d ? device_profile(d) : NULL;
    view_set(v, "uri", d ? d->found.uri : "");
    view_set(v, "name", js_text(b, "name"));
    view_set(v, "profile", profile ? profile->name : "");
    view_set(v, "terminal", b ? js_text(b, "terminal") : c->options.terminal);
    view_set(v, "drawer", js_true(b, "drawer") ? "Y" : "N");
    offset_show(v, "right", js_int(b, "offset_x_mm10"));
    offset_show(v, "down", js_int(b, "offset_y_mm10"));
    if (!b) {
        view_set(v, "document", "");
        preset(s, profile);
        return;
    }
    view_set(v, "document", js_text(b, "document"));
    view_set(v, "template", js_text(b, "template"));
    view_set(v, "media", js_text(b, "media"));
}

/* --- what is done with one ---------------------------------------------------------------- */

/* What the fields say; false: refused, the field has the focus. */
bool printers_trial(struct counter *c, struct printers *s, struct trial_of *of)
{
    struct error err = {0};
    struct view *v = &s->view;
    *of = (struct trial_of){
        .uri = view_get(v, "uri"), .profile = view_get(v, "profile"), .template = view_get(v, "template"), .media = view_get(v, "media"),
        .name = view_get(v, "name"), .language = c->language, .folder = c->options.templates,
    };
    if (transport_check(of->uri, &err)) {
        view_focus(v, "uri");
        refuse(c, "%s", _("An address is file:PATH, tcp:HOST:PORT, usb:VID:PID[:SERIAL], serial:/dev/ttyS0?baud=9600 or cups:QUEUE."));
    } else if (!profile_find(of->profile)) {
        view_focus(v, "profile");
        refuse(c, "%s", _("There is no such profile. F4 shows one after the other."));
    } else if (!offset_read(view_get(v, "right"), &of->offset_x_mm10) || !offset_read(view_get(v, "down"), &of->offset_y_mm10)) {
        view_focus(v, "right");
        refuse(c, "%s", _("Offsets are millimetres like 0.3 or -1.2."));
    } else {
        return true;
    }
    return false;
}

static void bound(struct counter *c, int64_t unbound, const json_t *result, const struct rpc_error *error)
{
    struct printers *s = screen_state(c, &screen_printers);
    const struct transport_scheme *scheme;
    const char *rest;
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    json_object_set(c->hello, "printers", js_at(result, "printers"));
    printing_bound(c);
    scheme = transport_scheme_of(view_get(&s->view, "uri"), &rest);
    if (unbound) say(c, "%s", _("It is bound no longer."));
    else say(c, _("Bound and saved. \"Handed over\" will mean here: %s."), scheme ? _(scheme->handed_over) : "");
    call(c, "printers", NULL, printers_bound_came, false);
}

/* Numbered paper on a queue that may print it twice is refused when it is bound, not at the first customer. */
static bool may_number(struct counter *c, struct printers *s, const char *document)
{
    const struct device *d = selected(s);
    bool same = d && !strcmp(d->found.uri, view_get(&s->view, "uri"));
    bool numbers = !strcmp(document, "invoice") || !*document;
    if (!same || d->found.numbered || !numbers || strncmp(view_get(&s->view, "template"), "invoice", 7) != 0) return true;
    refuse(c, "%s", _("No numbered paper on this queue: CUPS prints again after its own restart. Set its device to once:URI (lpadmin -v)."));
    return false;
}

static void save(struct counter *c, struct printers *s)
{
    struct trial_of of;
    const struct view *v = &s->view;
    const char *document = view_get(v, "document"), *template = view_get(v, "template");
    if (!printers_trial(c, s, &of) || !may_number(c, s, document)) return;
    json_t *params = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:s, s:s}", "name", of.name, "uri", of.uri, "profile", of.profile,
                               "template", template, "media", of.media, "offset_x_mm10", of.offset_x_mm10, "offset_y_mm10", of.offset_y_mm10,
                               "drawer", *view_get(v, "drawer") == 'Y', "terminal", view_get(v, "terminal"), "document", document);
    busy_firm(c, _("Binding the printer"));
    call(c, "printer_bind", params, bound, false);
}

static void unbind(struct counter *c, struct printers *s)
{
    busy_firm(c, _("Binding the printer"));
    call(c, "printer_unbind", json_pack("{s:s, s:s}", "terminal", view_get(&s->view, "terminal"), "document", view_get(&s->view, "document")),
         bound, true);
}

/* --- an address that was typed -------------------------------------------------------------- */

static void add_address(struct counter *c, struct printers *s)
{
    struct printer_found found = {.numbered = true};
    struct error err = {0};
    const char *uri = view_get(&s->view, "uri");
    if (transport_check(uri, &err)) snprintf(found.uri, sizeof found.uri, "tcp:%.240s", uri); /* a host alone */
    else text_copy(found.uri, sizeof found.uri, uri);
    if (transport_check(found.uri, &err)) {
        refuse(c, "%s: %s", err.what, err.why);
        return;
    }
    if (!devices_add(&s->devices, &found)) return;
    json_t *bindings = json_incref(s->devices.bindings);
    if (bindings) devices_bind(&s->devices, bindings);
    json_decref(bindings);
    s->view.list.count = (int)s->devices.count;
    s->view.list.at = 0;
    while (strcmp(s->devices.at[s->view.list.at].found.uri, found.uri) != 0) s->view.list.at++;
    printers_show(c, s);
    busy_start(c, _("Asking the printers"));
    printers_ask(c, selected(s));
}

/* --- keys ------------------------------------------------------------------------------------- */

static const char *const documents[] = {"", "invoice", "receipt", "passbook", "report", NULL};
static const char *const medias[] = {"roll-80", "roll-58", "tractor-241", "a4", "a5", "passbook", NULL};
static const char *const templates[] = {"receipt-80", "receipt-58", "receipt-241", "invoice-241", "invoice-a4", "invoice-a5", "passbook",
                                        "teller-day-a4", "branch-day-a4", NULL};

static void rotate(struct view *v, const char *field, const char *const list[])
{
    int i = 0;
    while (list[i] && strcmp(list[i], view_get(v, field)) != 0) i++;
    view_set(v, field, list[i] && list[i + 1] ? list[i + 1] : list[0]);
}

static void next_profile(struct printers *s)
{
    const char *now = view_get(&s->view, "profile");
    size_t i = 0;
    while (profile_at(i) && strcmp(profile_at(i)->name, now) != 0) i++;
    const struct profile *next = profile_at(i) ? profile_at(i + 1) : NULL;
    if (!next) next = profile_at(0);
    view_set(&s->view, "profile", next->name);
    if (!selected(s) || !selected(s)->binding) preset(s, next);
}

static void values(struct printers *s)
{
    const char *field = view_focused(&s->view);
    if (!strcmp(field, "profile")) next_profile(s);
    else if (!strcmp(field, "document")) rotate(&s->view, field, documents);
    else if (!strcmp(field, "media")) rotate(&s->view, field, medias);
    else if (!strcmp(field, "template")) rotate(&s->view, field, templates);
    else if (!strcmp(field, "drawer")) view_set(&s->view, field, *view_get(&s->view, field) == 'Y' ? "N" : "Y");
}

static void answered(struct counter *c, struct printers *s, char letter)
{
    struct trial_of of;
    switch (letter) {
    case 'A': printers_try(c, s, TRIAL_ALIGN, false); break;
    case 'T': printers_try(c, s, TRIAL_TEST, false); break;
    case 'D': printers_try(c, s, TRIAL_TEST, true); break;
    case 'P':
        if (printers_trial(c, s, &of)) screen_open(c, &screen_picture, NULL);
        break;
    case 'B': save(c, s); break;
    case 'U': unbind(c, s); break;
    default: break;
    }
}

static void in_list(struct counter *c, struct printers *s, struct press press)
{
    int page = view_list_rows(&s->view, &c->terminal);
    int by = press.code == PRESS_UP ? -1 : press.code == PRESS_DOWN ? 1 : press.code == PRESS_FN(7) ? -page
             : press.code == PRESS_FN(8) ? page : 0;
    if (by && view_list_move(&s->view, by, &c->terminal)) printers_show(c, s);
    else if (press.code == PRESS_ENTER) view_focus(&s->view, s->devices.count ? "name" : "uri");
}

static void in_fields(struct counter *c, struct printers *s, struct press press)
{
    struct view *v = &s->view;
    bool question = !strcmp(view_focused(v), "answer");
    if (press.code == PRESS_UP) view_next(v, -1);
    else if (press.code == PRESS_ENTER && !strcmp(view_focused(v), "uri")) add_address(c, s), view_focus(v, "name");
    else if (press.code == PRESS_DOWN || (press.code == PRESS_ENTER && !question)) view_next(v, 1);
    else if (question && press.code < PRESS_F) answered(c, s, answer_letter(v, press));
    else view_press(v, press);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct printers *s = state;
    if (press.code == PRESS_FN(12)) s->view.focus = VIEW_LIST, printers_show(c, s);
    else if (press.code == PRESS_FN(5)) printers_look(c);
    else if (press.code == PRESS_FN(4)) values(s);
    else if (s->view.focus == VIEW_LIST) in_list(c, s, press);
    else in_fields(c, s, press);
}

static bool back(struct counter *c, void *state)
{
    struct printers *s = state;
    if (s->view.focus == VIEW_LIST) return false;
    s->view.focus = VIEW_LIST;
    return true;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct printers *s = state;
    screen_form(c, s, "printers");
    view_blank(&s->view);
    s->view.list.cell = cell;
    s->view.list.ctx = s;
    s->view.list.at = s->view.list.top = 0;
    s->view.list.count = (int)s->devices.count;
    s->view.focus = VIEW_LIST;
    printing_plugged_watch(c, true);
    printers_look(c);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct printers *s = state;
    if (s->stale && !strcmp(what, "tick")) printers_look_beside(c);
}

static void paint(struct counter *c, void *state)
{
    struct printers *s = state;
    struct view *v = &s->view;
    struct device *d = selected(s);
    const struct profile *profile = profile_find(view_get(v, "profile"));
    const char *rest;
    const struct transport_scheme *scheme = transport_scheme_of(view_get(v, "uri"), &rest);
    bool suggested = d && profile && d->found.profile == profile;
    view_setf(v, "title", _("PRINTERS - %d found"), (int)s->devices.count);
    view_set(v, "id", !d ? "" : *d->found.note ? d->found.note : d->found.device_id);
    view_set(v, "model-title", profile ? profile->title : "");
    view_setf(v, "verified", "%s%s", !profile ? "" : profile->verified ? _("tried on the real device") : _("NOT VERIFIED ON HARDWARE"),
              suggested ? _(", suggested by its id") : "");
    view_set(v, "answers", !profile ? "" : profile->answers == ANSWERS_NO ? _("no: each invoice is confirmed by F6 Y Enter")
                                                                         : _("yes: it says itself when a sheet is printed"));
    view_set(v, "handed", scheme ? _(scheme->handed_over) : "");
}

const struct screen screen_printers = {
    .name = "printers", .title = N_("Printers: find, bind, try"), .roles = ROLE_TECHNICIAN, .state_size = sizeof(struct printers),
    .held = offsetof(struct printers, devices) + offsetof(struct devices, bindings), .open = begin, .press = press, .paint = paint, .back = back, .changed = changed,
};
