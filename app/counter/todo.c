/* What waits, oldest first within worst first: one thing a screen, its one next
 * act by a letter, and back to the customer as it was left. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"
#include "counter/printing.h"

struct todo {
    struct view view;
    json_t *items;
    int at;
    bool cleared; /* the teller switched the printer off and on */
    bool slip;    /* the slip for this one was printed: the customer signs it */
};

/* Which form a kind is shown in. */
static const struct { const char *kind, *form; } forms[] = {
    {"doubt", "todo-doubt"},   {"handed-over", "todo-doubt"},     {"declined", "todo-give"},
    {"give-back", "todo-give"}, {"no-answer", "todo-wait"},        {"unacknowledged", "todo-unseen"},
    {"short", "todo-short"},      {"restored", "todo-restored"},
};

static const json_t *item(const struct todo *s) { return json_array_get(s->items, (size_t)s->at); }

static const char *form_of(const json_t *one)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (!strcmp(forms[i].kind, js_text(one, "kind"))) return forms[i].form;
    return "todo-other";
}

static bool offers(const json_t *one, const char *act)
{
    size_t i;
    json_t *word;
    json_array_foreach(js_at(one, "acts"), i, word)
        if (!strcmp(act, json_string_value(word) ? json_string_value(word) : "")) return true;
    return false;
}

static void show(struct counter *c, struct todo *s)
{
    screen_form(c, s, s->items && item(s) ? form_of(item(s)) : "todo-none");
    view_blank(&s->view);
    view_focus(&s->view, "answer");
    s->cleared = s->slip = false;
    step_new(c);
}

static bool same_item(const json_t *a, const json_t *b)
{
    return a && b && !strcmp(js_text(a, "kind"), js_text(b, "kind")) && json_equal(js_at(a, "id"), js_at(b, "id"));
}

enum { LIST_NEW = 1, LIST_AGAIN = 2 };

static void listed(struct counter *c, int64_t how, const json_t *result, const struct rpc_error *error)
{
    struct todo *s = screen_state(c, &screen_todo);
    json_t *was = json_incref((json_t *)item(s)); /* NULL is fine */
    if (how == LIST_NEW) busy_end(c);
    if (error) {
        if (how == LIST_NEW) refuse_error(c, error);
        goto out;
    }
    js_keep(&s->items, (json_t *)result);
    int count = (int)json_array_size(result), same = -1;
    for (int i = 0; i < count; i++)
        if (same_item(was, json_array_get(result, (size_t)i))) same = i;
    if (how == LIST_AGAIN && same >= 0) {
        s->at = same;
        goto out; /* what is being answered stays */
    }
    if (how == LIST_NEW || s->at >= count) s->at = 0;
    show(c, s);
    if (how == LIST_AGAIN && was) say(c, "%s", count ? _("That is settled. Next:") : _("All is settled. F3 = back."));
out:
    json_decref(was);
}

static void list_again(struct counter *c) { call(c, "todo", NULL, listed, LIST_AGAIN); }

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct todo *s = state;
    js_keep(&s->items, NULL);
    s->at = 0;
    show(c, s);
    busy_start(c, _("Asking what waits"));
    call(c, "todo", NULL, listed, LIST_NEW);
}

/* --- acts --- */

static void done(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
    } else {
        say(c, "%s", _("Done."));
        printing_kick(c);
    }
    list_again(c);
}

static void act(struct counter *c, const char *method, json_t *params, const char *words)
{
    const struct todo *s = screen_state(c, &screen_todo);
    const json_t *card = js_at(item(s), "card");
    char whole[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    snprintf(whole, sizeof whole, "%s\n%s  %s  %s %s", words, js_text(card, "key_short"),
             money_format_grouped(js_int(card, "total_fen"), sum, sizeof sum), js_text(card, "customer"), js_text(card, "name"));
    busy_firm(c, _("Under way"));
    call_approved(c, method, params, whole, done, 0);
}

static json_t *key_of(const json_t *one) { return json_pack("{s:s}", "key", js_text(one, "card.key")); }

static void later(struct counter *c, const json_t *one) { screen_back(c); }

static void paper(struct counter *c, const json_t *one, const char *answer)
{
    struct todo *s = screen_state(c, &screen_todo);
    const json_t *card = js_at(one, "card");
    act(c, "invoice_answer",
        json_pack("{s:I, s:I, s:s, s:s, s:b}", "invoice", (json_int_t)js_int(card, "invoice.id"), "attempt",
                  (json_int_t)js_int(card, "invoice.attempt"), "number", js_text(card, "invoice.number"), "answer",
                  answer, "cleared", s->cleared),
        _("A sheet is spoiled: its number becomes void and the next one is printed"));
}

static void paper_whole(struct counter *c, const json_t *one) { paper(c, one, "whole"); }

static void spoil_now(struct counter *c, bool cleared, const struct printer_status *status)
{
    struct todo *s = screen_state(c, &screen_todo);
    busy_end(c);
    s->cleared = s->cleared || cleared;
    if (s->cleared && item(s)) paper(c, item(s), "spoiled");
    else refuse(c, "%s", _("The printer could not be cleared from here, and the void sheet would come out with the next: "
                           "switch it off and on, then C Enter, then N Enter."));
}

/* A void number still in the printer's buffer would come out with the next paper. */
static void paper_spoiled(struct counter *c, const json_t *one)
{
    struct todo *s = screen_state(c, &screen_todo);
    if (s->cleared) {
        paper(c, one, "spoiled");
    } else {
        busy_firm(c, _("Clearing the printer"));
        printing_clear(c, spoil_now);
    }
}

/* Switched off and on: nothing is left in it. One that answers must say that it is there
 * again; one that can't be reached is off, and holds nothing either. */
static void on_again(struct counter *c, bool cleared, const struct printer_status *status)
{
    struct todo *s = screen_state(c, &screen_todo);
    busy_end(c);
    s->cleared = !status || status->state != PRINTER_SILENT;
    if (s->cleared) say(c, "%s", _("Printer cleared. N Enter voids the number now."));
    else refuse(c, "%s", _("The printer does not answer yet: wait until it is ready, then C Enter again."));
}

static void printer_cleared(struct counter *c, const json_t *one)
{
    if (!printing_bound_here(c)) {
        on_again(c, true, NULL);
        return;
    }
    busy_start(c, _("Asking the printer"));
    printing_ask(c, on_again);
}

static void slip_came(struct counter *c, int64_t tag, const json_t *job, const struct rpc_error *error)
{
    struct todo *s = screen_state(c, &screen_todo);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    printing_copy(c, job);
    s->slip = true;
}

/* The slip comes before the cash: signed, it is booked and handed over. */
static void hand_back(struct counter *c, const json_t *one)
{
    struct todo *s = screen_state(c, &screen_todo);
    if (s->slip || !printing_bound_here(c)) {
        act(c, "hand_back", key_of(one), _("Cash goes back to the customer"));
        return;
    }
    busy_start(c, _("Making the slip"));
    call(c, "slip", key_of(one), slip_came, 0);
}
static void to_restored(struct counter *c, const json_t *one) { screen_open(c, &screen_restored, NULL); }
static void open_refund(struct counter *c, const json_t *one) { screen_open(c, &screen_refund, js_at(one, "card")); }
static void open_transfer(struct counter *c, const json_t *one) { screen_open(c, &screen_transfer, js_at(one, "card")); }
static void ask_again(struct counter *c, const json_t *one) { act(c, "ask_again", key_of(one), ""); }
static void finish(struct counter *c, const json_t *one) { act(c, "finish", key_of(one), ""); }
static void abandon(struct counter *c, const json_t *one)
{
    act(c, "abandon", key_of(one), _("A payment without an answer is abandoned and its cash given back"));
}

static void unseen(struct counter *c, const json_t *one, const char *cash)
{
    act(c, "unacknowledged_answer", json_pack("{s:s, s:s}", "key", js_text(one, "card.key"), "cash", cash),
        _("This payment's cash was never taken: it is turned back"));
}
static void cash_in_till(struct counter *c, const json_t *one) { unseen(c, one, "in-till"); }
static void cash_not_taken(struct counter *c, const json_t *one) { unseen(c, one, "not-taken"); }

static void to_queue(struct counter *c, const json_t *one) { screen_open(c, &screen_queue, NULL); }
static void to_card(struct counter *c, const json_t *one) { screen_open(c, &screen_card, js_at(one, "card")); }

static void settle(struct counter *c, const json_t *one, const char *how, const char *words)
{
    act(c, "settle", json_pack("{s:s, s:s}", "key", js_text(one, "card.key"), "act", how), words);
}
static void keep(struct counter *c, const json_t *one)
{
    settle(c, one, "keep", _("It is settled: the money stays with the customer's account"));
}
static void give_back(struct counter *c, const json_t *one)
{
    settle(c, one, "give-back", _("It is settled: the money is given back"));
}
static void short_teller(struct counter *c, const json_t *one)
{
    settle(c, one, "short-teller", _("What did not come back is borne by the teller"));
}
static void short_utility(struct counter *c, const json_t *one)
{
    settle(c, one, "short-utility", _("What did not come back is claimed from the utility"));
}
static void short_loss(struct counter *c, const json_t *one)
{
    settle(c, one, "short-loss", _("What did not come back is the bank's loss"));
}

static const struct {
    const char *form;
    char letter;
    const char *needs; /* offered only when branchd names this act; NULL: always */
    void (*go)(struct counter *c, const json_t *one);
} letters[] = {
    {"todo-doubt", 'Y', NULL, paper_whole},        {"todo-doubt", 'N', NULL, paper_spoiled},
    {"todo-doubt", 'C', NULL, printer_cleared},    {"todo-doubt", 'L', NULL, later},
    {"todo-give", 'H', NULL, hand_back},           {"todo-give", 'L', NULL, later},
    {"todo-wait", 'W', NULL, later},               {"todo-wait", 'O', NULL, finish},
    {"todo-wait", 'A', NULL, abandon},             {"todo-unseen", 'Y', NULL, cash_in_till},
    {"todo-unseen", 'N', NULL, cash_not_taken},    {"todo-unseen", 'L', NULL, later},
    {"todo-other", 'F', "release", to_queue},      {"todo-other", 'K', "settle", keep},
    {"todo-other", 'G', "settle", give_back},   {"todo-other", 'R', "refund", open_refund},
    {"todo-other", 'C', "transfer", open_transfer},         {"todo-other", 'T', "reverse", to_card},
    {"todo-other", 'L', NULL, later},              {"todo-short", 'A', "settle", short_teller},
    {"todo-short", 'B', "settle", short_utility},  {"todo-short", 'D', "settle", short_loss},
    {"todo-short", 'L', NULL, later},              {"todo-restored", 'R', "restore_answer", to_restored},
    {"todo-restored", 'L', NULL, later},
};

static void answer(struct counter *c, struct todo *s, char letter)
{
    for (size_t i = 0; i < sizeof letters / sizeof letters[0]; i++) {
        if (letters[i].letter != letter || strcmp(letters[i].form, s->view.form->name) != 0) continue;
        if (!letters[i].needs || offers(item(s), letters[i].needs)) letters[i].go(c, item(s));
        else refuse(c, "%s", _("That can't be done with this one, or not by you."));
        return;
    }
}

static void next(struct counter *c, struct todo *s, int by)
{
    int count = (int)json_array_size(s->items);
    if (!count) return;
    s->at = (s->at + by + count) % count;
    show(c, s);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct todo *s = state;
    const json_t *one = item(s);
    switch (press.code) {
    case PRESS_FN(6):
    case PRESS_FN(8): next(c, s, 1); return;
    case PRESS_FN(7): next(c, s, -1); return;
    case PRESS_FN(12): screen_back(c); return;
    case PRESS_FN(4):
        if (js_has(one, "card")) screen_open(c, &screen_card, js_at(one, "card"));
        return;
    case PRESS_FN(5):
        if (one && !strcmp(js_text(one, "kind"), "no-answer")) ask_again(c, one);
        else list_again(c);
        return;
    default: break;
    }
    char letter = one && press.code < PRESS_F ? answer_letter(&s->view, press) : 0;
    if (letter && typed_ahead(c, press)) refuse(c, "%s", _("Another question came up meanwhile: read it, then answer."));
    else if (letter) answer(c, s, letter);
}

/* --- picture --- */

static const char *about_doubt(const char *doubt)
{
    if (!strcmp(doubt, "handed-over")) return _("The printer took all of it and does not say whether it printed.");
    if (!strcmp(doubt, "unknown")) return _("Nobody knows how much of it the printer took.");
    return doubt;
}

static void paint(struct counter *c, void *state)
{
    struct todo *s = state;
    struct view *view = &s->view;
    const json_t *one = item(s), *card = js_at(one, "card");
    char now[WORD_SIZE] = "";
    if (!one) {
        view_set(view, "words", s->items ? _("Nothing waits.") : "");
        return;
    }
    view_setf(view, "title", _("%d of %d: %s"), s->at + 1, (int)json_array_size(s->items), word_kind(js_text(one, "kind")));
    view_ink(view, "title", INK_BOLD);
    view_fill(view, card);
    const char *at = js_text(card, "recorded_at");
    view_set(view, "key", js_text(card, "key_short"));
    view_set(view, "name", c->options.hanzi ? js_text(card, "name") : "");
    view_money(view, "total", js_int(card, "total_fen"));
    view_money(view, "tendered", js_int(card, "tendered_fen"));
    view_money(view, "change", js_int(card, "change_fen"));
    view_money(view, "tendered2", js_int(card, "tendered_fen"));
    view_money(view, "give", js_int(card, "give_back_fen") ? js_int(card, "give_back_fen") : js_int(card, "total_fen"));
    view_setf(view, "recorded", "%.10s %s", at, strlen(at) > 11 ? at + 11 : "");
    view_set(view, "number", js_text(card, "invoice.number"));
    view_set(view, "series", js_text(card, "invoice.series"));
    view_setf(view, "reason", "%s %s", js_text(card, "response"), js_text(card, "reason"));
    view_set(view, "since", strlen(js_text(one, "since")) > 11 ? js_text(one, "since") + 11 : "");
    view_wrap(view, "text", *js_text(one, "text") ? js_text(one, "text") : about_doubt(js_text(card, "invoice.doubt")));
    view_set(view, "printer", printing_now(c, now, sizeof now) ? now : printing_words(c));
    view_set(view, "cleared", s->cleared ? _("printer cleared") : "");
    view_set(view, "forward", word_forwarded(js_text(card, "forwarded")));
    view_set(view, "kept", s->slip ? _("The slip was printed: once it is signed, H Enter once more, and the cash goes out.") : collect_begun(c) ? _("The customer you had begun with is kept as you left it.") : "");
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct todo *s = state;
    if (screen_now(c) != &screen_todo || !s->items) return;
    if (!strcmp(what, "payment") || !strcmp(what, "state") || !strcmp(what, "again")) list_again(c);
}

const struct screen screen_todo = {
    .name = "todo", .title = N_("What waits"), .roles = ROLE_ANY, .state_size = sizeof(struct todo),
    .held = offsetof(struct todo, items), .open = begin, .press = press, .paint = paint, .changed = changed,
};
