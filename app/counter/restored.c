/* After a restore: one payment a line that the backup holds unfinished, that the utility shows
 * otherwise or that the backup lacks. Two supervisors say where its cash is and which number is
 * on its paper; one that only its paper knows is typed off it. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"

#define BILLS 12

struct restored {
    struct view view;
    json_t *state; /* what restore_state answered */
    bool adopting; /* the second form is on the screen */
    char key[64]; /* of the payment that the list is to stand on; empty: as it is */
};

static const json_t *rows(const struct restored *s) { return js_at(s->state, "list"); }
static const json_t *row(const struct restored *s) { return list_row(&s->view, rows(s)); }

/* --- the list -------------------------------------------------------------------------- */

static const struct { const char *kind, *text; } kinds[] = {
    {"held", N_("unfinished here")}, {"differs", N_("other there")}, {"lacking", N_("missing here")},
};

static const char *word_of_kind(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].kind, kind)) return _(kinds[i].text);
    return kind;
}

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct restored *s = ctx;
    const json_t *one = json_array_get(rows(s), (size_t)at);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "key")) return js_text(one, "key_short");
    if (!strcmp(field->name, "kind")) return word_of_kind(js_text(one, "kind"));
    if (!strcmp(field->name, "ours")) return js_has(one, "card") ? word_state(js_text(one, "card.state")) : "-";
    if (!strcmp(field->name, "theirs")) return js_has(one, "theirs") ? word_state(js_text(one, "theirs")) : "-";
    if (!strcmp(field->name, "sum")) return view_format(field, js_at(one, "amount_fen"), buf, size);
    return view_format(field, js_at(one, field->name), buf, size);
}

/* What is likely on the paper: what this ledger or the utility knows of it. */
static void suggest(struct restored *s)
{
    const json_t *one = row(s);
    char series[64] = "", number[64] = "";
    const char *last = js_text(one, "numbers");
    for (const char *at = strstr(last, ", "); at; at = strstr(last, ", ")) last = at + 2;
    if (js_has(one, "card.invoice.number")) {
        text_copy(series, sizeof series, js_text(one, "card.invoice.series"));
        text_copy(number, sizeof number, js_text(one, "card.invoice.number"));
    } else if (sscanf(last, "%63s %63s", series, number) != 2) {
        series[0] = number[0] = '\0';
    }
    view_set(&s->view, "series", series);
    view_set(&s->view, "number", number);
}

/* Come here for one payment of the differences. */
static void go_to(struct counter *c, struct restored *s)
{
    size_t i;
    json_t *one;
    json_array_foreach(rows(s), i, one) {
        if (strcmp(js_text(one, "key"), s->key) != 0) continue;
        view_list_move(&s->view, (int)i - s->view.list.at, &c->terminal);
        *s->key = 0;
        return;
    }
    if (*js_text(s->state, "stage") && !json_array_size(rows(s)))
        say(c, "%s", _("No restore is worked off: what happened to this payment is explained with E on the list of differences."));
    *s->key = 0;
}

static void listed(struct counter *c, int64_t acted, const json_t *result, const struct rpc_error *error)
{
    struct restored *s = screen_state(c, &screen_restored);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->state, (json_t *)result);
    if (s->adopting) return;
    list_show(&s->view, cell, s, rows(s));
    if (*s->key) go_to(c, s);
    suggest(s);
}

static void ask(struct counter *c)
{
    busy_start(c, _("Asking what is left of the restore"));
    call(c, "restore_state", NULL, listed, 0);
}

static void to_list(struct counter *c, struct restored *s)
{
    s->adopting = false;
    screen_form(c, s, "restored");
    view_blank(&s->view);
    if (!strcmp(js_text(c->till, "state"), "open")) view_set(&s->view, "till", js_text(c->till, "number"));
    list_show(&s->view, cell, s, rows(s));
    suggest(s);
    view_focus(&s->view, "answer");
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct restored *s = state;
    js_keep(&s->state, NULL);
    s->view.list.at = s->view.list.top = 0;
    text_copy(s->key, sizeof s->key, js_text(arg, "key"));
    to_list(c, s);
    ask(c);
}

/* --- what two people say ------------------------------------------------------------------ */

static void done(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct restored *s = screen_state(c, &screen_restored);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    if (s->adopting) to_list(c, s);
    ask(c);
    say(c, "%s", tag ? _("The restore is finished. Money is taken again.") : _("That is settled."));
}

static void put_paper(struct restored *s, json_t *params)
{
    if (*view_get(&s->view, "till")) json_object_set_new(params, "till", json_string(view_get(&s->view, "till")));
    if (!*view_get(&s->view, "number")) return;
    json_object_set_new(params, "series", json_string(view_get(&s->view, "series")));
    json_object_set_new(params, "number", json_string(view_get(&s->view, "number")));
}

static void speak(struct counter *c, struct restored *s, const char *cash, const char *what)
{
    const json_t *one = row(s);
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    const char *number = view_get(&s->view, "number");
    if (!one) return;
    if (*number && !*view_get(&s->view, "series")) {
        view_focus(&s->view, "series");
        refuse(c, "%s", _("Type the series as the paper says."));
        return;
    }
    snprintf(words, sizeof words, "%s\n%s  %s  %s  %s %s", what, js_text(one, "key_short"), money_format_grouped(js_int(one, "amount_fen"), sum, sizeof sum),
             js_text(one, "customer"), *number ? _("on paper:") : _("no paper"), number);
    json_t *params = json_pack("{s:s, s:s}", "key", js_text(one, "key"), "cash", cash);
    put_paper(s, params);
    act_go(c, "restore_answer", params, words, done, 0);
}

static void finish(struct counter *c)
{
    act_go(c, "restore_done", json_object(), _("All is said after the restore: the branch takes money again\n"), done, 1);
}

/* --- one that only its paper knows --------------------------------------------------------- */

static void to_adopt(struct counter *c, struct restored *s)
{
    s->adopting = true;
    screen_form(c, s, "restored-adopt");
    view_blank(&s->view);
    if (!strcmp(js_text(c->till, "state"), "open")) view_set(&s->view, "till", js_text(c->till, "number"));
    view_set(&s->view, "date", js_text(c->state, "business_date"));
    view_focus(&s->view, "key");
}

static bool wrong(struct counter *c, struct restored *s, const char *field, const char *words)
{
    view_focus(&s->view, field);
    refuse(c, "%s", words);
    return false;
}

/* Empty rows are passed over. */
static bool take_bills(struct counter *c, struct restored *s, json_t *bills, int64_t *total_fen)
{
    char name[16];
    for (int i = 1; i <= BILLS; i++) {
        int64_t fen = 0, late_fen = 0;
        snprintf(name, sizeof name, "bill%d", i);
        const char *bill = view_get(&s->view, name);
        if (!*bill) continue;
        snprintf(name, sizeof name, "fen%d", i);
        if (money_parse(view_get(&s->view, name), &fen, NULL) != 0) return wrong(c, s, name, _("Type the sum first, like 5000 or 812.50."));
        snprintf(name, sizeof name, "late%d", i);
        if (*view_get(&s->view, name) && money_parse(view_get(&s->view, name), &late_fen, NULL) != 0)
            return wrong(c, s, name, _("Type the sum first, like 5000 or 812.50."));
        json_array_append_new(bills, json_pack("{s:s, s:I, s:I}", "bill", bill, "amount_fen", (json_int_t)fen, "late_fee_fen", (json_int_t)late_fen));
        *total_fen += fen + late_fen;
    }
    return true;
}

static void adopt(struct counter *c, struct restored *s)
{
    char at[40], key[64], words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    int64_t prepaid_fen = 0, total_fen = 0;
    json_t *bills = json_array();
    const char *typed = view_get(&s->view, "key"), *time = view_get(&s->view, "time");
    /* the reference alone is this branch's */
    if (strchr(typed, '/')) snprintf(key, sizeof key, "%s", typed);
    else snprintf(key, sizeof key, "%s/%s/%s", js_text(c->hello, "bank"), js_text(c->hello, "branch"), typed);
    snprintf(at, sizeof at, "%sT%s%s", view_get(&s->view, "date"), time, strlen(time) == 5 ? ":00" : "");
    bool good = *typed || wrong(c, s, "key", _("Type the key as the paper says."));
    good = good && (*view_get(&s->view, "customer") || wrong(c, s, "customer", _("Type the customer's number.")));
    if (good && *view_get(&s->view, "prepaid") && money_parse(view_get(&s->view, "prepaid"), &prepaid_fen, NULL) != 0)
        good = wrong(c, s, "prepaid", _("Type the sum first, like 5000 or 812.50."));
    good = good && take_bills(c, s, bills, &total_fen);
    if (!good) {
        json_decref(bills);
        return;
    }
    total_fen += prepaid_fen;
    snprintf(words, sizeof words, "%s\n%s  %s  %s  %s", _("A payment that only its paper knows is taken up again"), key,
             money_format_grouped(total_fen, sum, sizeof sum), view_get(&s->view, "customer"), view_get(&s->view, "number"));
    json_t *params = json_pack("{s:s, s:s, s:s, s:o, s:I}", "key", key, "customer", view_get(&s->view, "customer"), "recorded_at", at, "bills", bills,
                               "prepaid_fen", (json_int_t)prepaid_fen);
    put_paper(s, params);
    act_go(c, "restore_adopt", params, words, done, 0);
}

/* --- keys ------------------------------------------------------------------------------------ */

static void press_adopt(struct counter *c, struct restored *s, struct press press)
{
    const char *at = view_focused(&s->view);
    if (press.code == PRESS_FN(12)) to_list(c, s);
    else if (press.code == PRESS_ENTER && !strncmp(at, "bill", 4) && !*view_get(&s->view, at)) view_focus(&s->view, "answer"); /* no more of them */
    else if (press.code < PRESS_F && fields_letter(&s->view, press) == 'A') adopt(c, s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct restored *s = state;
    if (s->adopting) {
        press_adopt(c, s, press);
        return;
    }
    if (list_press(c, &s->view, press)) {
        suggest(s);
        return;
    }
    if (press.code == PRESS_FN(5)) ask(c);
    if (press.code == PRESS_FN(12)) screen_back(c);
    if (press.code == PRESS_ENTER && !strcmp(view_focused(&s->view), "answer") && !*view_get(&s->view, "answer")) {
        view_focus(&s->view, "till"); /* round to the first field */
        return;
    }
    switch (press.code < PRESS_F ? fields_letter(&s->view, press) : 0) {
    case 'T': speak(c, s, "in-till", _("Its cash is in the till")); break;
    case 'G': speak(c, s, "gone", _("Its cash was given back, or never taken")); break;
    case 'X': speak(c, s, "not-ours", _("ALARM: this payment was never made here")); break;
    case 'C':
        if (js_has(row(s), "card")) screen_open(c, &screen_card, js_at(row(s), "card"));
        break;
    case 'A': to_adopt(c, s); break;
    case 'E': finish(c); break;
    default: break;
    }
}

static bool back(struct counter *c, void *state)
{
    struct restored *s = state;
    if (!s->adopting) return false;
    to_list(c, s);
    return true;
}

static const char *stage_words(const struct restored *s)
{
    const char *stage = js_text(s->state, "stage");
    if (!strcmp(stage, "fetch")) return _("What the utility knows is being fetched; nothing can be said before.");
    if (!strcmp(stage, "none")) return _("There is no restore to be worked off.");
    return s->state && !js_int(s->state, "left") ? _("All are settled. A: one that only its paper knows. E: finish.") : "";
}

static void paint(struct counter *c, void *state)
{
    struct restored *s = state;
    const json_t *one = row(s);
    if (s->adopting) return;
    view_setf(&s->view, "title", _("%s to %s  %lld left, %lld settled"), js_text(s->state, "first"), js_text(s->state, "last"),
              (long long)js_int(s->state, "left"), (long long)js_int(s->state, "settled"));
    if (one) view_setf(&s->view, "said", "%s %s  %s", js_text(one, "at"), js_text(one, "name"), js_text(one, "numbers"));
    else view_set(&s->view, "said", stage_words(s));
    view_set(&s->view, "why", js_text(s->state, "why"));
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    const struct restored *s = state;
    bool waits = !strcmp(js_text(s->state, "stage"), "fetch") && !strcmp(what, "state");
    if (screen_now(c) == &screen_restored && !s->adopting && (waits || !strcmp(what, "again"))) ask(c);
}

const struct screen screen_restored = {
    .name = "restored", .title = N_("After a restore"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct restored),
    .held = offsetof(struct restored, state), .open = begin, .press = press, .paint = paint, .changed = changed, .back = back,
};
