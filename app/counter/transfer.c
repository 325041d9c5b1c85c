/* A wrong customer number put right: the money of one payment goes to another
 * customer's bills, oldest first, and what is over to his credit. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "counter/counter.h"
#include "counter/printing.h"

struct transfer { struct view view; json_t *card, *found, *bills; int64_t moves_fen, credit_fen; const char *place; };

static const char *const places[] = {"BL", "PP", "SU"};

static const char *place_word(const char *place)
{
    return !strcmp(place, "BL") ? _("paid bills") : !strcmp(place, "PP") ? _("credit") : _("suspense");
}

static const char *cell(void *ctx, int at, const struct form_field *field, char *buf, size_t size)
{
    const struct transfer *s = ctx;
    const json_t *bill = json_array_get(s->bills, (size_t)at);
    if (!strcmp(field->name, "mark")) return "";
    if (!strcmp(field->name, "amount")) return view_format(field, js_at(bill, "amount_fen"), buf, size);
    if (!strcmp(field->name, "late")) return view_format(field, js_at(bill, "late_fee_fen"), buf, size);
    return js_text(bill, field->name);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct transfer *s = state;
    screen_form(c, s, "transfer");
    view_blank(&s->view);
    js_keep(&s->card, (json_t *)(arg ? arg : c->last));
    js_keep(&s->found, NULL);
    js_keep(&s->bills, NULL);
    list_show(&s->view, cell, s, NULL);
    s->place = "BL";
    s->moves_fen = 0;
    for (int i = 2; i >= 0; i--) {
        char path[] = "lies.XX";
        memcpy(path + 5, places[i], 2);
        if (js_int(s->card, path)) s->place = places[i], s->moves_fen = js_int(s->card, path);
    }
    s->credit_fen = s->moves_fen;
    view_focus(&s->view, "customer");
}

/* Oldest first, whole bills only; the rest is credit. */
static void choose(struct transfer *s)
{
    size_t i;
    json_t *bill, *list = json_array();
    s->credit_fen = s->moves_fen;
    json_array_foreach(js_at(s->found, "bills"), i, bill) {
        int64_t need = js_int(bill, "pay_fen");
        if (!js_true(bill, "payable") || need > s->credit_fen) break;
        s->credit_fen -= need;
        json_array_append(list, bill);
    }
    js_keep(&s->bills, list);
    json_decref(list);
    list_show(&s->view, cell, s, s->bills);
}

static void found(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct transfer *s = screen_state(c, &screen_transfer);
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    js_keep(&s->found, (json_t *)result);
    choose(s);
    view_focus(&s->view, "answer");
}

static void look_up(struct counter *c, struct transfer *s)
{
    if (!*view_get(&s->view, "customer")) return;
    busy_start(c, _("Looking the customer up"));
    call(c, "lookup", json_pack("{s:s}", "customer", view_get(&s->view, "customer")), found, 0);
}

static void moved(struct counter *c, int64_t tag, const json_t *card, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    session_last(c, card);
    screen_back(c);
    printing_kick(c);
    say(c, "%s", _("Asked of the utility. Once it has agreed the old invoice is void and the new one is printed."));
}

static void transfer(struct counter *c, struct transfer *s)
{
    char words[SAY_SIZE], sum[MONEY_TEXT_SIZE];
    json_t *list = json_array(), *bill;
    size_t i;
    if (!s->found || !s->moves_fen) {
        json_decref(list);
        refuse(c, "%s", s->found ? _("Nothing of this payment lies at the utility to be moved.") : _("Look the right customer up first."));
        return;
    }
    json_array_foreach(s->bills, i, bill)
        json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "bill", js_text(bill, "bill"), "amount_fen", (json_int_t)js_int(bill, "amount_fen"),
                                              "late_fee_fen", (json_int_t)js_int(bill, "late_fee_fen")));
    snprintf(words, sizeof words, "%s\n%s  %s -> %s %s  %s", _("A payment goes to another customer"), js_text(s->card, "key_short"),
             js_text(s->card, "customer"), js_text(s->found, "customer"), js_text(s->found, "name"), money_format_grouped(s->moves_fen, sum, sizeof sum));
    act_go(c, "transfer", json_pack("{s:s, s:o, s:I, s:s, s:s}", "token", js_text(s->found, "token"), "bills", list, "prepaid_fen",
                                    (json_int_t)s->credit_fen, "source", js_text(s->card, "key"), "place", s->place), words, moved, 0);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct transfer *s = state;
    bool customer = !strcmp(view_focused(&s->view), "customer");
    if (press.code == PRESS_FN(7) || press.code == PRESS_FN(8)) list_press(c, &s->view, press);
    else if (press.code == PRESS_FN(12)) begin(c, s, s->card);
    else if (customer && press.code == PRESS_ENTER) look_up(c, s);
    else if (press.code < PRESS_F && fields_letter(&s->view, press) == 'X') transfer(c, s);
}

static void paint(struct counter *c, void *state)
{
    struct transfer *s = state;
    view_set(&s->view, "key", js_text(s->card, "key_short"));
    view_setf(&s->view, "from", "%s %s", js_text(s->card, "customer"), js_text(s->card, "name"));
    view_money(&s->view, "moves", s->moves_fen);
    view_set(&s->view, "place", s->card ? place_word(s->place) : _("No payment was chosen: open it from its card."));
    view_setf(&s->view, "name", "%s", js_text(s->found, "name"));
    view_set(&s->view, "address", js_text(s->found, "address"));
    view_money(&s->view, "credit", s->credit_fen);
}

const struct screen screen_transfer = {
    .name = "transfer", .title = N_("Wrong customer number: correct it"), .roles = ROLE_TELLER, .state_size = sizeof(struct transfer),
    .held = offsetof(struct transfer, card), .held_more = 2, .open = begin, .press = press, .paint = paint,
};
