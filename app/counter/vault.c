/* The vault: cash from the bank and back, and its count, each by two people. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "counter/counter.h"

struct vault { struct view view; json_t *now; };

static void came(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct vault *s = screen_state(c, &screen_vault);
    busy_end(c);
    if (error) refuse_error(c, error);
    else js_keep(&s->now, (json_t *)result);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct vault *s = state;
    screen_form(c, s, "vault");
    view_blank(&s->view);
    view_focus(&s->view, "sum");
    busy_start(c, _("Asking how the branch is"));
    call(c, "branch_now", NULL, came, 0);
}

static void moved(struct counter *c, int64_t in, const json_t *result, const struct rpc_error *error)
{
    busy_end(c);
    if (error) {
        refuse_error(c, error);
        return;
    }
    begin(c, screen_state(c, &screen_vault), NULL);
    say(c, "%s", in ? _("Booked: from the bank into the vault.") : _("Booked: from the vault to the bank."));
}

static void move(struct counter *c, struct vault *s, bool in)
{
    int64_t fen;
    char sum[MONEY_TEXT_SIZE], words[SAY_SIZE];
    if (money_parse(view_get(&s->view, "sum"), &fen, NULL) || fen <= 0) {
        view_focus(&s->view, "sum");
        refuse(c, "%s", _("Type the sum first, like 5000 or 812.50."));
        return;
    }
    snprintf(words, sizeof words, "%s\n%s", in ? _("Cash from the bank into the vault") : _("Cash from the vault to the bank"),
             money_format_grouped(fen, sum, sizeof sum));
    act_go(c, "vault", json_pack("{s:s, s:I}", "act", in ? "in" : "out", "sum_fen", (json_int_t)fen), words, moved, in);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct vault *s = state;
    if (press.code == PRESS_FN(12)) screen_back(c);
    switch (press.code < PRESS_F ? fields_letter(&s->view, press) : 0) {
    case 'I': move(c, s, true); break;
    case 'O': move(c, s, false); break;
    case 'C': screen_open(c, &screen_count_vault, NULL); break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct vault *s = state;
    int64_t tills = 0;
    size_t i;
    json_t *till;
    json_array_foreach(js_at(s->now, "tills"), i, till)
        if (strcmp(js_text(till, "state"), "closed")) tills += js_int(till, "cash_fen");
    view_money(&s->view, "vault", js_int(s->now, "vault_fen"));
    view_money(&s->view, "tills", tills);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    if (screen_now(c) == &screen_vault && !strcmp(what, "again")) call(c, "branch_now", NULL, came, 0);
}

const struct screen screen_vault = {
    .name = "vault", .title = N_("The vault"), .roles = ROLE_SUPERVISOR, .state_size = sizeof(struct vault),
    .held = offsetof(struct vault, now), .open = begin, .press = press, .paint = paint, .changed = changed,
};
