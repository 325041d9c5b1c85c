/* The people: added, their role, unlocked, a new first password, gone. Each change
 * wants another supervisor. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/text.h"
#include "counter/counter.h"

struct operators { struct view view; json_t *rows; };

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct operators *s = ctx;
    const json_t *row = json_array_get(s->rows, (size_t)at);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "op-role")) return word_state(js_text(row, "role"));
    if (!strcmp(field->name, "op-state"))
        return !js_true(row, "active") ? _("left") : js_true(row, "locked") ? _("LOCKED OUT") : !strcmp(js_text(row, "role"), "outside") ? (js_true(row, "code") ? _("by code") : _("NO CODES YET"))
               : js_true(row, "must_change") ? _("new password due") : js_true(row, "code") ? _("one-time codes") : "";
    if (!strcmp(field->name, "op-here")) return js_true(row, "signed_on") ? _("signed on") : "";
    return js_text(row, field->name + strlen("op-"));
}

static void forget(struct operators *s)
{
    int at = form_find(s->view.form, "password");
    if (at >= 0) secret_wipe(s->view.value[at], VIEW_TEXT_SIZE);
}

static void listed(struct counter *c, int64_t acted, const json_t *result, const struct rpc_error *error)
{
    struct operators *s = screen_state(c, &screen_operators);
    busy_end(c);
    forget(s);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->rows, (json_t *)result);
    list_show(&s->view, cell, s, s->rows);
    if (!acted) return;
    view_set(&s->view, "number", "");
    view_set(&s->view, "name", "");
    say(c, "%s", _("Done."));
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct operators *s = state;
    screen_form(c, s, "operators");
    view_blank(&s->view);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_focus(&s->view, "answer");
    busy_start(c, _("Asking for the operators"));
    call(c, "operators", NULL, listed, 0);
}

static const char *role_typed(const char *letter)
{
    switch (*letter) {
    case 't': case 'T': return "teller";
    case 's': case 'S': return "supervisor";
    case 'e': case 'E': return "technician";
    case 'o': case 'O': return "outside";
    default: return NULL;
    }
}

static bool missing(struct counter *c, struct operators *s, const char *field, const char *words)
{
    if (*view_get(&s->view, field)) return false;
    view_focus(&s->view, field);
    refuse(c, "%s", words);
    return true;
}

static void go(struct counter *c, const char *method, json_t *params, const char *what)
{
    char words[SAY_SIZE];
    snprintf(words, sizeof words, "%s\n%s %s", what, js_text(params, "number"), js_text(params, "name"));
    act_go(c, method, params, words, listed, 1);
}

/* Shown at once, and to nobody again. */
static void coded(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) refuse_error(c, error);
    else screen_open(c, &screen_code, result);
}

static void make_codes(struct counter *c, const json_t *row)
{
    char words[SAY_SIZE];
    snprintf(words, sizeof words, "%s\n%s %s", _("An operator gets new one-time codes; those before end"), js_text(row, "number"), js_text(row, "name"));
    act_go(c, "operator_code", json_pack("{s:s}", "number", js_text(row, "number")), words, coded, 0);
}

static void add(struct counter *c, struct operators *s)
{
    const char *role = role_typed(view_get(&s->view, "role"));
    if (missing(c, s, "number", _("Type the new number first.")) || missing(c, s, "name", _("Type the name first."))) return;
    if (!role) {
        view_focus(&s->view, "role");
        refuse(c, "%s", _("The role is T teller, S supervisor, E technician or O supervisor of another branch."));
        return;
    }
    if (strcmp(role, "outside") != 0 && missing(c, s, "password", _("Type a first password, at least 12 characters; it must be changed at once."))) return;
    go(c, "operator_add", json_pack("{s:s, s:s, s:s, s:s}", "number", view_get(&s->view, "number"), "name", view_get(&s->view, "name"), "role", role,
                                    "password", view_get(&s->view, "password")), _("An operator is added"));
}

static void set_role(struct counter *c, const json_t *row, struct operators *s)
{
    const char *role = role_typed(view_get(&s->view, "role"));
    if (role) go(c, "operator_set", json_pack("{s:s, s:s}", "number", js_text(row, "number"), "role", role), _("An operator's role changes"));
    else view_focus(&s->view, "role"), refuse(c, "%s", _("The role is T teller, S supervisor, E technician or O supervisor of another branch."));
}

static void press(struct counter *c, void *state, struct press press)
{
    struct operators *s = state;
    const json_t *row = list_row(&s->view, s->rows);
    if (list_press(c, &s->view, press)) return;
    if (press.code == PRESS_FN(12)) begin(c, s, NULL);
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_ENTER && question && !*view_get(&s->view, "answer")) {
        view_focus(&s->view, "number"); /* round to the first field */
        return;
    }
    char letter = press.code < PRESS_F ? fields_letter(&s->view, press) : 0;
    if (letter == 'A') add(c, s);
    if (!row || !letter || letter == 'A') return;
    const char *number = js_text(row, "number");
    bool active = js_true(row, "active");
    if (letter == 'R') set_role(c, row, s);
    if (letter == 'U') go(c, "operator_unlock", json_pack("{s:s}", "number", number), _("An operator who was locked out is unlocked"));
    if (letter == 'D') go(c, "operator_set", json_pack("{s:s, s:b}", "number", number, "active", !active), active ? _("An operator leaves") : _("An operator is back"));
    if (letter == 'O') make_codes(c, row);
    if (letter == 'P' && !missing(c, s, "password", _("Type a first password, at least 12 characters; it must be changed at once.")))
        go(c, "operator_password", json_pack("{s:s, s:s}", "number", number, "password", view_get(&s->view, "password")), _("An operator gets a new first password"));
}

static bool back(struct counter *c, void *state)
{
    forget(state);
    return false;
}

static void paint(struct counter *c, void *state)
{
    struct operators *s = state;
    const json_t *row = list_row(&s->view, s->rows);
    view_setf(&s->view, "chosen", "%s %s  %s", js_text(row, "number"), js_text(row, "name"),
              js_has(row, "locked_until") ? clock_of(js_text(row, "locked_until")) : "");
}

/* Back from the codes: whose they are is on the list now; what is being typed stays. */
static void seen_again(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct operators *s = screen_state(c, &screen_operators);
    if (error) return;
    js_keep(&s->rows, (json_t *)result);
    list_show(&s->view, cell, s, s->rows);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (screen_now(c) == &screen_operators && !strcmp(what, "again")) call_beside(c, "operators", NULL, seen_again, 0);
}

const struct screen screen_operators = {
    .name = "operators", .title = N_("Operators"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct operators),
    .held = offsetof(struct operators, rows), .open = begin, .press = press, .paint = paint, .back = back, .changed = changed,
};
