/* Sign-on: number, password, and for a till that is not open its float and what
 * the sheet in the printer says. */
#include <string.h>

#include "base/money.h"
#include "base/secret.h"
#include "base/text.h"
#include "counter/counter.h"


struct signon {
    struct view view;
    bool till_asked; /* branchd said: the till must be opened */
};

static void wipe(struct signon *s)
{
    int i = form_find(s->view.form, "password");
    if (i >= 0) secret_wipe(s->view.value[i], VIEW_TEXT_SIZE);
}

static void clear(struct signon *s)
{
    wipe(s);
    view_set(&s->view, "float", "");
    view_set(&s->view, "next", "");
    s->till_asked = false;
    view_focus(&s->view, *view_get(&s->view, "operator") ? "password" : "operator");
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct signon *s = state;
    screen_form(c, s, "signon");
    view_set(&s->view, "operator", c->operator_number);
    clear(s);
}

/* Else the refusal is about the till: what was typed stays. */
static bool about_person(const char *reason)
{
    return !strcmp(reason, "password") || !strcmp(reason, "locked-out") || !strcmp(reason, "session-elsewhere");
}

static void signed_on(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct signon *s = screen_state(c, &screen_signon);
    busy_end(c);
    if (!error) {
        clear(s);
        view_set(&s->view, "operator", "");
        session_signed_on(c, result);
    } else if (!strcmp(error->reason, "till") && !s->till_asked) {
        s->till_asked = true;
        view_focus(&s->view, "float");
        say(c, "%s", _("The till is not open yet: count its float."));
    } else {
        refuse_error(c, error);
        if (screen_now(c) != &screen_signon) return;
        if (!strcmp(error->reason, "number")) view_focus(&s->view, "next");
        else if (s->till_asked && !about_person(error->reason)) view_focus(&s->view, "float");
        else clear(s);
    }
}

static void submit(struct counter *c, struct signon *s)
{
    struct error err = {0};
    const char *next = view_get(&s->view, "next");
    json_t *params = json_pack("{s:s, s:s}", "operator", view_get(&s->view, "operator"), "password",
                               view_get(&s->view, "password"));
    if (s->till_asked && !*view_get(&s->view, "float")) {
        json_object_set_new(params, "no_till", json_true()); /* to take one over, or to look */
    } else if (s->till_asked) {
        int64_t fen;
        if (money_parse(view_get(&s->view, "float"), &fen, &err)) {
            json_decref(params);
            view_focus(&s->view, "float");
            refuse(c, "%s", _("The float is a sum like 500.00"));
            return;
        }
        json_object_set_new(params, "float_fen", json_integer(fen));
        if (*next) json_object_set_new(params, "next_number", json_string(next));
    }
    busy_start(c, _("Signing on"));
    call(c, "sign_on", params, signed_on, 0);
}

static void language(struct counter *c, struct signon *s)
{
    const char *typed = view_get(&s->view, "language");
    if (*typed == '1' || *typed == '2') {
        counter_language(c, *typed == '2' ? "zh_CN" : "en");
        session_hello(c);
    }
    view_set(&s->view, "language", "");
    view_focus(&s->view, "operator");
}

static void entered(struct counter *c, struct signon *s)
{
    const char *field = view_focused(&s->view);
    if (!strcmp(field, "language")) language(c, s);
    else if (!*view_get(&s->view, field) && (strcmp(field, "float") || !s->till_asked)) return;
    else if (!strcmp(field, "operator")) view_focus(&s->view, "password");
    else if (!strcmp(field, "float") && *view_get(&s->view, "float") && js_has(c->hello, "next_number")) view_focus(&s->view, "next");
    else if (!session_online(c)) refuse(c, "%s", _("The branch host does not answer yet. Wait, or tell the technician."));
    else submit(c, s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct signon *s = state;
    if (press.code == PRESS_ENTER) entered(c, s);
    else if (press.code == PRESS_FN(12)) view_set(&s->view, "operator", ""), clear(s);
    else if (press.code == PRESS_UP) view_next(&s->view, -1);
    else if (press.code == PRESS_DOWN) view_next(&s->view, 1);
    else view_press(&s->view, press);
}

static void paint(struct counter *c, void *state)
{
    struct view *view = &((struct signon *)state)->view;
    const char *till = js_text(c->hello, "till.state"), *since = js_text(c->hello, "till.since");
    view_set(view, "english", strcmp(c->language, "en") != 0 ? "1 English" : "1 English *");
    view_set(view, "chinese", strcmp(c->language, "en") != 0 ? "2 中文 *" : "2 中文");
    if (!session_online(c)) {
        view_set(view, "till", "");
        view_set(view, "startup", _("Waiting for the branch host."));
        view_set(view, "copy", "");
        return;
    }
    view_setf(view, "till", "%s   %s %s %.10s %.5s", js_text(c->hello, "till.number"), word_state(till),
              js_text(c->hello, "till.operator"), since, strlen(since) > 11 ? since + 11 : "");
    view_setf(view, "startup", _("At start-up: %lld in doubt, %lld unanswered, %lld not seen, %lld queued, %lld aside."),
              (long long)js_int(c->hello, "startup.doubt"), (long long)js_int(c->hello, "startup.unanswered"),
              (long long)js_int(c->hello, "startup.unacknowledged"), (long long)js_int(c->hello, "startup.queued"),
              (long long)js_int(c->hello, "startup.parked"));
    const char *made = js_text(c->state, "copy.made_at");
    if (js_has(c->state, "copy"))
        view_setf(view, "copy", _("Bill copy of %.5s, %lld bills. %s"), strlen(made) > 11 ? made + 11 : "",
                  (long long)js_int(c->state, "copy.bills"), printing_words(c));
    else view_setf(view, "copy", _("No bill copy yet. %s"), printing_words(c));
    view_set(view, "hanzi", c->options.hanzi ? "" : "This terminal is not UTF-8: names can't be shown; work by number.");
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    counter_dirty(c);
}

const struct screen screen_signon = {
    .name = "signon", .roles = 0, .alone = true, .state_size = sizeof(struct signon),
    .open = begin, .press = press, .paint = paint, .changed = changed,
};
