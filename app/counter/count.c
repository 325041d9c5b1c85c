/* Counting by denomination, blind: what is expected is shown only after the count is
 * kept. One's own till, which is then closed or handed over; a till taken over; the
 * vault by two people; the till of a teller who is absent. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

#define PIECES_DIGITS 6 /* more is a scan */

struct count { struct view view; bool counted; int64_t expected_fen, counted_fen, difference_fen; };

enum mode { COUNT_TILL, COUNT_ACCEPT, COUNT_VAULT, COUNT_FORCE };
static const struct { const struct screen *screen; const char *form, *method, *words, *after; } modes[] = {
    [COUNT_TILL] = {&screen_count, "count", "till_count", N_("Another count of a till that was counted already"), NULL},
    [COUNT_ACCEPT] = {&screen_count_accept, "count-accept", "till_accept", "", N_("The till is yours. What was short or over is booked to who handed it over.")},
    [COUNT_VAULT] = {&screen_count_vault, "count-vault", "vault", N_("The vault is counted"), N_("The count is kept; what is over or short is booked when the day closes.")},
    [COUNT_FORCE] = {&screen_count_force, "count-force", "till_force_close", N_("The till of an absent teller is counted and closed"),
                     N_("The till is closed; its cash is in the vault. A difference is its teller's.")},
};

static const int64_t values_fen[] = {10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1};
#define VALUES ((int)(sizeof values_fen / sizeof values_fen[0]))

static const char *name_of(const char *what, int i, char *buf, size_t size)
{
    snprintf(buf, size, "%s%lld", what, (long long)values_fen[i]);
    return buf;
}

static void begin_mode(struct counter *c, struct count *s, enum mode mode)
{
    screen_form(c, s, modes[mode].form);
    view_blank(&s->view);
    s->counted = false;
    view_focus(&s->view, mode == COUNT_FORCE ? "to" : "n10000");
}

static void begin(struct counter *c, void *state, const json_t *arg) { begin_mode(c, state, COUNT_TILL); }
static void begin_accept(struct counter *c, void *state, const json_t *arg) { begin_mode(c, state, COUNT_ACCEPT); }
static void begin_vault(struct counter *c, void *state, const json_t *arg) { begin_mode(c, state, COUNT_VAULT); }
static void begin_force(struct counter *c, void *state, const json_t *arg)
{
    begin_mode(c, state, COUNT_FORCE);
    view_set(state, "to", js_text(arg, "number"));
}

static enum mode mode_of(const struct counter *c)
{
    int mode = COUNT_FORCE;
    while (mode > 0 && screen_now(c) != modes[mode].screen) mode--;
    return (enum mode)mode;
}

/* Pieces typed in a row; -1: not a number of at most six digits. */
static int64_t pieces(const struct view *view, int i)
{
    char name[FORM_NAME_SIZE];
    int64_t count = 0;
    const char *text = view_get(view, name_of("n", i, name, sizeof name));
    if (strlen(text) > PIECES_DIGITS) return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return -1;
        count = count * 10 + (*text - '0');
    }
    return count;
}

static int64_t total(const struct view *view)
{
    int64_t sum = 0, part;
    for (int i = 0; i < VALUES; i++)
        if (pieces(view, i) > 0 && money_mul(values_fen[i], pieces(view, i), &part)) money_add(sum, part, &sum);
    return sum;
}

static void counted(struct counter *c, int64_t mode, const json_t *result, const struct rpc_error *error)
{
    struct count *s = screen_state(c, modes[mode].screen);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    s->counted = true;
    s->counted_fen = js_has(result, "counted_fen") ? js_int(result, "counted_fen") : total(&s->view);
    s->difference_fen = js_int(result, "difference_fen");
    s->expected_fen = js_has(result, "expected_fen") ? js_int(result, "expected_fen") : s->counted_fen - s->difference_fen;
    if (modes[mode].after) say(c, "%s", _(modes[mode].after));
    if (mode == COUNT_ACCEPT) session_hello(c); /* he has a till now */
}

static void keep(struct counter *c, struct count *s, enum mode mode)
{
    json_t *notes = json_array(), *params = json_object();
    char sum[MONEY_TEXT_SIZE], words[SAY_SIZE];
    for (int i = 0; i < VALUES; i++)
        json_array_append_new(notes, json_pack("{s:I, s:I}", "fen", (json_int_t)values_fen[i], "count",
                                               (json_int_t)pieces(&s->view, i)));
    json_object_set_new(params, "notes", notes);
    if (mode == COUNT_VAULT) json_object_set_new(params, "act", json_string("count"));
    if (mode == COUNT_FORCE) json_object_set_new(params, "number", json_string(view_get(&s->view, "to")));
    snprintf(words, sizeof words, "%s %s\n%s", _(modes[mode].words), mode == COUNT_FORCE ? view_get(&s->view, "to") : "",
             money_format_grouped(total(&s->view), sum, sizeof sum));
    busy_firm(c, _("Keeping the count"));
    if (mode == COUNT_ACCEPT) call(c, modes[mode].method, params, counted, mode);
    else call_approved(c, modes[mode].method, params, words, counted, mode);
}

static void closed(struct counter *c, int64_t tag, const json_t *till, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&c->till, (json_t *)till);
    session_sign_off(c);
    say(c, "%s", tag ? _("The till is handed over. Signed off.") : _("The till is closed. Signed off."));
}

static void end(struct counter *c, struct count *s, bool handover)
{
    const char *to = view_get(&s->view, "to");
    if (handover && !*to) {
        view_focus(&s->view, "to");
        refuse(c, "%s", _("Type first who takes the till over."));
        return;
    }
    busy_firm(c, _("Under way"));
    if (handover) call_approved(c, "till_handover", json_pack("{s:s}", "to", to), _("A till is handed over"), closed, 1);
    else call_approved(c, "till_close", json_object(), _("A till is closed"), closed, 0);
}

static void answered(struct counter *c, struct count *s, char letter)
{
    enum mode mode = mode_of(c);
    if (letter == 'C' && s->counted && mode != COUNT_TILL) refuse(c, "%s", _("It is counted already."));
    else if (letter == 'C') keep(c, s, mode);
    else if (mode == COUNT_TILL && (letter == 'X' || letter == 'H')) {
        if (s->counted) end(c, s, letter == 'H');
        else refuse(c, "%s", _("Count first: C Enter keeps the count."));
    }
}

static void row_entered(struct counter *c, struct count *s, int step)
{
    const char *field = view_focused(&s->view);
    for (int i = 0; i < VALUES && *field == 'n'; i++) {
        char name[FORM_NAME_SIZE];
        if (strcmp(name_of("n", i, name, sizeof name), field) != 0 || pieces(&s->view, i) >= 0) continue;
        view_set(&s->view, field, "");
        refuse(c, "%s", _("At most 6 digits: more is a scan, not a number of notes."));
        return;
    }
    view_next(&s->view, step);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct count *s = state;
    bool question = !strcmp(view_focused(&s->view), "answer");
    if (press.code == PRESS_FN(12)) screen_back(c);
    else if (press.code == PRESS_UP) row_entered(c, s, -1);
    else if (press.code == PRESS_DOWN) row_entered(c, s, 1);
    else if (question && press.code < PRESS_F) answered(c, s, answer_letter(&s->view, press));
    else if (press.code == PRESS_ENTER) row_entered(c, s, 1);
    else if (!view_press(&s->view, press) && press.code == PRESS_TEXT)
        refuse(c, "%s", _("Only how many notes or coins there are, in whole numbers; the sum is worked out."));
}

static void paint(struct counter *c, void *state)
{
    struct count *s = state;
    char name[FORM_NAME_SIZE];
    for (int i = 0; i < VALUES; i++) {
        int64_t sum = 0, n = pieces(&s->view, i);
        if (n >= 0 && money_mul(values_fen[i], n, &sum)) view_money(&s->view, name_of("s", i, name, sizeof name), sum);
    }
    view_money(&s->view, "counted", total(&s->view));
    view_set(&s->view, "till", js_text(c->till, "number"));
    if (!s->counted) {
        view_set(&s->view, "expected", "");
        view_set(&s->view, "difference", "");
        return;
    }
    view_money(&s->view, "expected", s->expected_fen);
    view_money(&s->view, "difference", s->difference_fen);
    view_set(&s->view, "verdict", !s->difference_fen ? _("agrees") : s->difference_fen > 0 ? _("OVER") : _("SHORT"));
}

const struct screen screen_count_accept = {
    .name = "count-accept", .title = N_("Take a till over"), .roles = ROLE_TELLER, .state_size = sizeof(struct count),
    .open = begin_accept, .press = press, .paint = paint,
};
const struct screen screen_count_vault = {
    .name = "count-vault", .title = N_("Vault count"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct count),
    .open = begin_vault, .press = press, .paint = paint,
};
const struct screen screen_count_force = {
    .name = "count-force", .title = N_("Close the till of an absent teller"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct count),
    .open = begin_force, .press = press, .paint = paint,
};
const struct screen screen_count = {
    .name = "count", .title = N_("Till count and close"), .roles = ROLE_TELLER, .state_size = sizeof(struct count),
    .open = begin, .press = press, .paint = paint,
};
