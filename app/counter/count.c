/* The till counted by denomination, blind: what is expected is shown only after
 * the count is kept. Then it is closed, or handed over. */
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

#define PIECES_DIGITS 6 /* more is a scan */

struct count { struct view view; bool counted; int64_t expected_fen, counted_fen, difference_fen; };

static const int64_t values_fen[] = {10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1};
#define VALUES ((int)(sizeof values_fen / sizeof values_fen[0]))

static const char *name_of(const char *what, int i, char *buf, size_t size)
{
    snprintf(buf, size, "%s%lld", what, (long long)values_fen[i]);
    return buf;
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct count *s = state;
    screen_form(c, s, "count");
    view_blank(&s->view);
    s->counted = false;
    view_focus(&s->view, "n10000");
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

static void counted(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct count *s = screen_state(c, &screen_count);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    s->counted = true;
    s->expected_fen = js_int(result, "expected_fen");
    s->counted_fen = js_int(result, "counted_fen");
    s->difference_fen = js_int(result, "difference_fen");
}

static void keep(struct counter *c, struct count *s)
{
    json_t *notes = json_array();
    char sum[MONEY_TEXT_SIZE], words[SAY_SIZE];
    for (int i = 0; i < VALUES; i++)
        json_array_append_new(notes, json_pack("{s:I, s:I}", "fen", (json_int_t)values_fen[i], "count",
                                               (json_int_t)pieces(&s->view, i)));
    snprintf(words, sizeof words, "%s\n%s", _("Another count of a till that was counted already"),
             money_format_grouped(total(&s->view), sum, sizeof sum));
    busy_firm(c, _("Keeping the count"));
    call_approved(c, "till_count", json_pack("{s:o}", "notes", notes), words, counted, 0);
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
    if (letter == 'C') keep(c, s);
    else if (letter == 'X' || letter == 'H') {
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
    else view_press(&s->view, press);
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

const struct screen screen_count = {
    .name = "count", .title = N_("Till count and close"), .roles = ROLE_TELLER, .state_size = sizeof(struct count),
    .open = begin, .press = press, .paint = paint,
};
