/* The passbook of a special account: what stands in no book yet, the printing of it asked
 * step by step, a new book, a lost one. The printing itself goes on beside the screens. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "counter/account.h"

struct book_screen { struct view view; json_t *account, *lines; };

static const char *cell(void *ctx, int row, const struct form_field *field, char *buf, size_t size)
{
    const json_t *rows = ctx;
    return account_cell(json_array_get(rows, (size_t)row), field, buf, size);
}

/* What is being printed, so that the book can be held against it; else what stands in no book. */
static void list(const struct counter *c, struct book_screen *s)
{
    const json_t *chosen = passbook_chosen(c);
    bool ours = chosen && !strcmp(passbook_now(c).account, js_text(s->account, "account"));
    const json_t *rows = ours ? chosen : s->lines;
    list_show(&s->view, cell, (void *)rows, rows);
}

static void lines_came(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct book_screen *s = screen_state(c, &screen_passbook);
    if (error) account_refuse(c, NULL, error);
    js_keep(&s->lines, error ? NULL : js_at(result, "movements"));
}

/* Those in no book, the older ones that are not whole left out: G prints them. */
static void ask(struct counter *c, const struct book_screen *s)
{
    int64_t printed = js_int(s->account, "printed");
    if (printed < js_int(s->account, "lines"))
        call_beside(c, "account_lines", json_pack("{s:s, s:I}", "account", js_text(s->account, "account"), "from", (json_int_t)(printed + 1)), lines_came, 0);
}

static void show(struct counter *c, struct book_screen *s, const json_t *account)
{
    js_keep(&s->account, (json_t *)account);
    js_keep(&s->lines, NULL);
    s->view.list.at = s->view.list.top = 0;
    ask(c, s);
}

static void came(struct counter *c, int64_t tag, const json_t *account, const struct rpc_error *error)
{
    if (error) account_refuse(c, NULL, error);
    else show(c, screen_state(c, &screen_passbook), account);
}

static void look(struct counter *c, const char *account)
{
    if (*account) call_beside(c, "account", json_pack("{s:s}", "account", account), came, 0);
}

static void begin(struct counter *c, void *state, const json_t *arg)
{
    struct book_screen *s = state;
    struct passbook_now now = passbook_now(c);
    account_wipe(&s->view);
    screen_form(c, s, "passbook");
    view_blank(&s->view);
    view_focus(&s->view, "answer");
    step_new(c);
    if (arg) show(c, s, js_at(arg, "account"));
    else look(c, now.account); /* by F6: the book that waits */
}

/* --- another book ------------------------------------------------------------------------- */

static void booked(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    struct book_screen *s = screen_state(c, &screen_passbook);
    account_wipe(&s->view);
    if (error || !account_posted(card)) {
        account_refuse(c, card, error);
        return;
    }
    view_set(&s->view, "number", "");
    view_focus(&s->view, "answer");
    look(c, js_text(s->account, "account"));
    say(c, "%s", _("The bank has it. P Enter prints what stands in no book."));
}

static void another(struct counter *c, struct book_screen *s, bool lost)
{
    const char *number = view_get(&s->view, "number"), *password = view_get(&s->view, "password");
    char words[SAY_SIZE];
    if (passbook_now(c).step != PASSBOOK_IDLE) {
        refuse(c, "%s", _("A book is being printed: see to it first."));
        return;
    }
    if (!lost && (!*number || !text_digits(number))) {
        view_focus(&s->view, "number");
        refuse(c, "%s", _("Type the number that is printed in the new book, then K Enter."));
        return;
    }
    if (lost && strlen(password) != ACCOUNT_PASSWORD_DIGITS) {
        view_focus(&s->view, "password");
        refuse(c, "%s", _("A lost book: the customer proves it with the password, six digits; then L Enter."));
        return;
    }
    snprintf(words, sizeof words, "%s\n%s %s  %s", lost ? _("A passbook is lost: nothing is printed in it any more") : _("A passbook is given out"),
             js_text(s->account, "account"), js_text(s->account, "holder"), lost ? "" : number);
    json_t *params = json_pack("{s:s, s:s}", "account", js_text(s->account, "account"), "act", lost ? "lost" : "new");
    if (lost) json_object_set(params, "book", js_at(s->account, "book"));
    else json_object_set_new(params, "book", json_integer(strtoll(number, NULL, 10)));
    account_go(c, &(struct account_act){.method = "passbook_book", .params = params, .password = lost ? password : NULL, .words = words, .done = booked});
    account_wipe(&s->view);
}

/* --- keys ----------------------------------------------------------------------------------- */

static void not_whole(struct counter *c, struct book_screen *s)
{
    const char *whole = view_get(&s->view, "number");
    struct passbook_now now = passbook_now(c);
    if (!*whole || !text_digits(whole)) {
        view_focus(&s->view, "number");
        refuse(c, "%s", _("Type the number of the last whole line (the list above), 0 when none is; then N Enter."));
        return;
    }
    int64_t line = strtoll(whole, NULL, 10);
    view_set(&s->view, "number", "");
    if (line >= now.last) refuse(c, "%s", _("Then all are whole: Y Enter."));
    else passbook_looked(c, line);
}

static void answered(struct counter *c, struct book_screen *s, char letter)
{
    struct passbook_now now = passbook_now(c);
    bool doubt = now.step == PASSBOOK_DOUBT, insert = now.step == PASSBOOK_INSERT;
    switch (letter) {
    case 'P': passbook_print(c, s->account, false); break;
    case 'G': passbook_print(c, s->account, true); break;
    case 'I':
        if (insert) passbook_in(c);
        break;
    case 'X':
        if (insert) passbook_drop(c);
        break;
    case 'Y':
        if (doubt) passbook_looked(c, now.last);
        break;
    case 'N':
        if (doubt) not_whole(c, s);
        break;
    case 'K':
    case 'L': another(c, s, letter == 'L'); break;
    default: break;
    }
}

/* A digit answers nothing: it is the number's. */
static bool number_begun(struct book_screen *s, struct press press)
{
    if (press.code != PRESS_TEXT || press.cp < '0' || press.cp > '9' || strcmp(view_focused(&s->view), "answer") != 0) return false;
    view_focus(&s->view, "number");
    view_set(&s->view, "number", "");
    view_press(&s->view, press);
    return true;
}

static void press(struct counter *c, void *state, struct press press)
{
    struct book_screen *s = state;
    const char *now = view_focused(&s->view);
    if (number_begun(s, press)) return;
    if (press.code == PRESS_FN(12) || press.code == PRESS_FN(6)) {
        account_wipe(&s->view);
        screen_back(c);
    } else if (press.code == PRESS_FN(7) || press.code == PRESS_FN(8)) list_press(c, &s->view, press);
    else if (press.code == PRESS_FN(5)) look(c, js_text(s->account, "account"));
    else if (press.code == PRESS_UP) view_next(&s->view, -1);
    else if (press.code == PRESS_DOWN) view_next(&s->view, 1);
    else if (strcmp(now, "answer") != 0) {
        if (press.code == PRESS_ENTER) view_focus(&s->view, "answer");
        else if (press.code < PRESS_F) view_press(&s->view, press);
    } else if (press.code < PRESS_F) {
        char letter = answer_letter(&s->view, press);
        bool asked = letter && strchr("IXYN", letter); /* answers to the dialogue's questions */
        if (asked && typed_ahead(c, press)) refuse(c, "%s", _("Another question came up meanwhile: read it, then answer."));
        else if (letter && s->account) answered(c, s, letter);
    }
}

static bool back(struct counter *c, void *state)
{
    account_wipe(&((struct book_screen *)state)->view);
    return false;
}

/* --- painting --------------------------------------------------------------------------------- */

static void asks(struct view *view, const struct passbook_now *now)
{
    switch (now->step) {
    case PASSBOOK_INSERT:
        view_setf(view, "asks", _("PUT THE BOOK IN, open at page %d; it goes on at line %d."), now->page, now->row);
        view_setf(view, "asks2", _("I it is in: lines %lld to %lld are printed%s.   X not now"), (long long)now->first, (long long)now->last,
                  now->again ? _(", marked AGAIN (a second person signs)") : "");
        break;
    case PASSBOOK_DOUBT:
        view_setf(view, "asks", "%s%s%s", now->jammed ? _("THE PRINTER HAS TROUBLE.") : "", now->jammed ? " " : "",
                  _("LOOK INTO THE BOOK: do they all stand there, whole?"));
        view_setf(view, "asks2", _("Y lines %lld to %lld are whole.   N not: type the last whole line as Number first"),
                  (long long)now->first, (long long)now->last);
        break;
    case PASSBOOK_WATCH: view_set(view, "asks", _("The printer is asked whether it has the book.")); break;
    case PASSBOOK_SEND: view_set(view, "asks", _("The bank is told that these lines go to paper.")); break;
    case PASSBOOK_PRINT: view_set(view, "asks", _("PRINTING. Leave the book in.")); break;
    case PASSBOOK_REPORT: view_set(view, "asks", _("The bank is told what stands in the book.")); break;
    case PASSBOOK_LINES:
    case PASSBOOK_PLACE: view_set(view, "asks", _("The page is made ready.")); break;
    case PASSBOOK_IDLE: view_set(view, "asks", ""); break;
    }
    if (now->step != PASSBOOK_INSERT && now->step != PASSBOOK_DOUBT) view_set(view, "asks2", now->words);
}

static void paint(struct counter *c, void *state)
{
    struct book_screen *s = state;
    struct view *view = &s->view;
    struct passbook_now now = passbook_now(c);
    const json_t *a = s->account;
    int64_t book = js_int(a, "book");
    account_head(c, view, a);
    list(c, s);
    if (!a) view_set(view, "book", "");
    else if (book) view_setf(view, "book", "%08lld", (long long)book);
    else view_set(view, "book", _("none given out"));
    if (a) view_setf(view, "count", _("%lld to print"), (long long)(js_int(a, "lines") - js_int(a, "printed")));
    else view_set(view, "count", "");
    size_t amiss = json_array_size(js_at(a, "amiss"));
    if (amiss) view_setf(view, "amiss", _("%d NOT WHOLE (G)"), (int)amiss);
    else view_set(view, "amiss", "");
    view_ink(view, "amiss", INK_ALARM);
    asks(view, &now);
    if (a && !book && now.step == PASSBOOK_IDLE && !*now.words) view_set(view, "asks", _("No book was given out: type its number, K Enter gives it out."));
    view_ink(view, "asks", now.jammed ? INK_ALARM : INK_BOLD);
    if (now.step != PASSBOOK_IDLE && strcmp(now.account, js_text(a, "account")) != 0)
        view_setf(view, "asks2", _("This is for account %s: F6 shows it."), now.account);
}

static void changed(struct counter *c, void *state, const char *what, const json_t *params)
{
    struct book_screen *s = state;
    if (!strcmp(what, "passbook") && !strcmp(js_text(params, "account"), js_text(s->account, "account"))) show(c, s, params); /* the bank was told */
}

const struct screen screen_passbook = {
    .name = "passbook", .roles = ROLE_TELLER, .state_size = sizeof(struct book_screen), .held = offsetof(struct book_screen, account), .held_more = 1,
    .open = begin, .press = press, .paint = paint, .changed = changed, .back = back,
};
