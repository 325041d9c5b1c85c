/* A special account's statement: every line the bank has, the last ones first on the
 * screen, older ones as one leafs up; printed as far as was leafed. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "counter/account.h"

struct statement { struct view view; json_t *account, *lines; };

enum { LAST, EARLIER };

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const struct statement *s = ctx;
    return account_cell(json_array_get(s->lines, (size_t)row), field, buf, size);
}

static int64_t first_line(const struct statement *s) { return js_int(json_array_get(s->lines, 0), "line"); }

static void came(struct counter *c, int64_t how, const json_t *result, const struct rpc_error *error)
{
    struct statement *s = screen_state(c, &screen_account_statement);
    size_t i;
    json_t *line, *all = json_array();
    busy_end(c);
    if (error) {
        json_decref(all);
        account_refuse(c, NULL, error);
        return;
    }
    int64_t before = how == EARLIER ? first_line(s) : INT64_MAX;
    json_array_foreach(js_at(result, "movements"), i, line)
        if (js_int(line, "line") < before) json_array_append(all, line);
    int came = (int)json_array_size(all);
    if (how == EARLIER) json_array_extend(all, s->lines);
    js_keep(&s->lines, all);
    json_decref(all);
    list_show(&s->view, cell, s, s->lines);
    if (how == LAST) view_list_move(&s->view, s->view.list.count, &c->terminal);
    else s->view.list.at += came - 1, s->view.list.top += came; /* where it was, and one up */
    view_list_move(&s->view, 0, &c->terminal);
}

static void ask(struct counter *c, struct statement *s, int64_t end, int how)
{
    int64_t from = end - ACCOUNT_LINES_ASKED + 1;
    if (account_off_line(c)) return;
    busy_start(c, _("The bank is asked"));
    call(c, "account_lines", json_pack("{s:s, s:I}", "account", js_text(s->account, "account"), "from", (json_int_t)(from > 1 ? from : 1)), came, how);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct statement *s = state;
    screen_form(c, s, "account-statement");
    view_blank(&s->view);
    js_keep(&s->account, js_at(arg, "account"));
    js_keep(&s->lines, NULL);
    s->view.list.at = s->view.list.top = 0;
    list_show(&s->view, cell, s, NULL);
    view_focus(&s->view, "answer");
    if (js_int(s->account, "lines")) ask(c, s, js_int(s->account, "lines"), LAST);
}

/* --- on paper ------------------------------------------------------------------------------- */

static json_t *data_of(struct counter *c, const struct statement *s)
{
    static const char *const of_hello[] = {"bank_name", "branch", "branch_name", "utility_name"};
    char now[CLOCK_SIZE];
    size_t i;
    json_t *line, *lines = json_array();
    bool frozen = strcmp(js_text(s->account, "state"), "open") != 0;
    int64_t balance = js_int(s->account, "balance_fen"), held = js_int(s->account, "held_fen");
    json_array_foreach(s->lines, i, line) {
        int64_t fen = js_int(line, "amount_fen");
        json_array_append_new(lines, json_pack("{s:O, s:O, s:O, s:I, s:I, s:O}", "line", js_at(line, "line"), "date", js_at(line, "date"), "kind",
                                               js_at(line, "kind"), "in_fen", (json_int_t)(fen > 0 ? fen : 0), "out_fen", (json_int_t)(fen < 0 ? -fen : 0),
                                               "balance_fen", js_at(line, "balance_fen")));
    }
    json_t *data = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:i, s:o}", "account", js_text(s->account, "account"), "name",
                             js_text(s->account, "holder"), "state", frozen ? js_text(s->account, "state") : "normal", "balance_fen", (json_int_t)(balance + held),
                             "held_fen", (json_int_t)held, "available_fen", (json_int_t)balance, "teller", c->operator_number, "teller_name",
                             js_text(c->operator, "name"), "recorded_at", session_now(c, now, sizeof now), "business_date",
                             js_text(c->state, "business_date"), "language", c->language, "reprint", 0, "lines", lines);
    for (size_t k = 0; k < sizeof of_hello / sizeof of_hello[0]; k++) json_object_set(data, of_hello[k], js_at(c->hello, of_hello[k]));
    return data;
}

static void paper(struct counter *c, const struct statement *s, bool save)
{
    char name[120], now[CLOCK_SIZE];
    if (!json_array_size(s->lines)) {
        refuse(c, "%s", _("There is no line yet."));
        return;
    }
    snprintf(name, sizeof name, "statement %s %s", js_text(s->account, "account"), session_now(c, now, sizeof now));
    json_t *job = json_pack("{s:s, s:s, s:s, s:s, s:o, s:O*}", "job", name, "kind", "statement", "template", "statement-a4", "media", "a4", "data",
                            data_of(c, s), "printer", js_at(c->hello, "printers.report"));
    if (save) paper_save(c, job, NULL);
    else paper_office(c, job);
    json_decref(job);
}

static void leaf(struct counter *c, struct statement *s, struct press press)
{
    bool up = press.code == PRESS_UP || press.code == PRESS_FN(7);
    if (up && s->view.list.at == 0 && first_line(s) > 1) ask(c, s, first_line(s) - 1, EARLIER);
    else list_press(c, &s->view, press);
}

static void press(struct counter *c, void *state, struct press press)
{
    struct statement *s = state;
    if (press.code == PRESS_UP || press.code == PRESS_DOWN || press.code == PRESS_FN(7) || press.code == PRESS_FN(8)) {
        leaf(c, s, press);
        return;
    }
    if (press.code == PRESS_FN(12)) screen_back(c);
    switch (press.code < PRESS_F ? answer_letter(&s->view, press) : 0) {
    case 'P': paper(c, s, false); break;
    case 'S': paper(c, s, true); break;
    default: break;
    }
}

static void paint(struct counter *c, void *state)
{
    struct statement *s = state;
    account_head(c, &s->view, s->account);
    if (js_int(s->account, "lines"))
        view_setf(&s->view, "of", _("lines %lld to %lld of %lld"), (long long)first_line(s),
                  (long long)js_int(json_array_get(s->lines, json_array_size(s->lines) ? json_array_size(s->lines) - 1 : 0), "line"), (long long)js_int(s->account, "lines"));
    else view_set(&s->view, "of", _("There is no line yet."));
}

const struct screen screen_account_statement = {
    .name = "account-statement", .roles = ROLE_TELLER, .state_size = sizeof(struct statement), .held = offsetof(struct statement, account),
    .held_more = 1, .open = begin, .press = press, .paint = paint,
};
