/* What the account screens say alike: the bank's refusals, states, lines, the proof. */
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/money.h"
#include "base/secret.h"
#include "base/text.h"
#include "counter/account.h"

/* The bank's refusal of an act, by response code: what, and what next. */
static const struct refusal { const char *code, *what, *next; } refusals[] = {
    {"13", N_("That is not the sum that is left on the account"), N_("F5 shows the balance; type it again.")},
    {"14", N_("The bank has no such account"), N_("Check the number.")},
    {"25", N_("These lines stand in a book already"), N_("Another counter printed them: look at the account again.")},
    {"51", N_("There is not enough money on the account"), N_("Take less, or deposit first.")},
    {"55", N_("The password, or the balance in the book, is wrong"), N_("The customer types it again; the fifth wrong one freezes the account.")},
    {"57", N_("The bank does not allow this"), N_("A customer stands in one account's agreement only; some acts want a second person.")},
    {"61", N_("Over the limit"), N_("Take less.")},
    {"62", N_("The account is frozen or closed"), N_("Two people unfreeze it (F), with the customer's document.")},
};

bool account_posted(const json_t *card) { return !strcmp(js_text(card, "forwarded"), "posted"); }

void account_said(const json_t *card, char *buf, size_t size)
{
    const char *code = js_text(card, "response"), *forwarded = js_text(card, "forwarded");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        if (!strcmp(forwarded, "declined") && !strcmp(refusals[i].code, code)) {
            snprintf(buf, size, "%s (%s)%s%s", _(refusals[i].what), code, _(". "), _(refusals[i].next));
            return;
        }
    if (!strcmp(forwarded, "declined")) snprintf(buf, size, "%s %s %s", _("The bank refused:"), code, js_text(card, "reason"));
    else if (!strcmp(forwarded, "waiting")) snprintf(buf, size, "%s", _("The bank has not answered yet: WAIT, the Last line says when it has."));
    else snprintf(buf, size, "%s", _("NO ANSWER from the bank. Hand out no cash; F6 asks again, or turns it back with a supervisor."));
}

void account_refuse(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    char text[SAY_SIZE];
    struct rpc_error bank;
    if (error && !strcmp(error->reason, "link")) {
        refuse(c, "%s", _("Accounts are on line only, and the line is down. Cash can be taken as prepayment (Collect); cash out waits."));
        return;
    }
    if (error && !strcmp(error->reason, "refused"))
        for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
            if (!strcmp(refusals[i].code, error->response)) {
                refuse(c, "%s (%s)%s%s", _(refusals[i].what), error->response, _(". "), _(refusals[i].next));
                return;
            }
    if (error && !strcmp(error->reason, "no-answer")) {
        bank = *error;
        text_copy(bank.reason, sizeof bank.reason, "bank-silent");
        error = &bank;
    }
    if (error) words_error(error, text, sizeof text);
    else account_said(card, text, sizeof text);
    refuse(c, "%s", text);
}

bool account_off_line(struct counter *c)
{
    struct rpc_error link = {.code = 4, .reason = "link"};
    if (!c->state || js_true(c->state, "link.up")) return false;
    account_refuse(c, NULL, &link);
    return true;
}

/* --- the customer's own proof ------------------------------------------------------- */

void account_wipe(struct view *view)
{
    static const char *const secrets[] = {"password", "password2"};
    for (int i = 0; i < 2; i++) {
        int at = view->form ? form_find(view->form, secrets[i]) : -1;
        if (at >= 0) secret_wipe(view->value[at], VIEW_TEXT_SIZE);
    }
}

static bool lacks(struct counter *c, struct view *view, const char *field, const char *words)
{
    view_focus(view, field);
    refuse(c, "%s", words);
    return false;
}

bool account_proof(struct counter *c, struct view *view, json_t *params)
{
    const char *password = view_get(view, "password"), *book = view_get(view, "book");
    int64_t left;
    if (*password) {
        if (strlen(password) == ACCOUNT_PASSWORD_DIGITS && text_digits(password)) return true; /* account_go seals it */
        account_wipe(view);
        return lacks(c, view, "password", _("The password is six digits: the customer types it again."));
    }
    if (!*book) return lacks(c, view, "password", _("The customer types his password, or shows the book: its number and last balance, and a second person."));
    if (!text_digits(book)) return lacks(c, view, "book", _("Type the number that is printed in the book."));
    if (money_parse(view_get(view, "left"), &left, NULL) || left < 0)
        return lacks(c, view, "left", _("Type the balance behind the last line of the book."));
    json_object_set_new(params, "book", json_string(book));
    json_object_set_new(params, "book_balance_fen", json_integer(left));
    return true;
}

bool account_proof_enter(struct counter *c, struct view *view)
{
    const char *now = view_focused(view);
    if (!strcmp(now, "password")) view_focus(view, *view_get(view, "password") ? "confirm" : "book");
    else if (!strcmp(now, "book")) view_focus(view, *view_get(view, "book") ? "left" : "password");
    else if (!strcmp(now, "left")) view_focus(view, *view_get(view, "left") ? "confirm" : "left");
    else return false;
    return true;
}

/* --- words ---------------------------------------------------------------------------- */

const char *account_short(const char *account, char *buf, size_t size)
{
    size_t len = strlen(account);
    snprintf(buf, size, "%s%s", len > 4 ? "****" : "", len > 4 ? account + len - 4 : account);
    return buf;
}

const char *word_account_state(const char *state)
{
    return !strcmp(state, "open") ? _("in use") : !strcmp(state, "frozen") ? _("FROZEN") : !strcmp(state, "closed") ? _("CLOSED") : state;
}

const char *word_movement(const char *kind)
{
    static const struct { const char *kind, *text; } kinds[] = {
        {"deposit", N_("deposit")}, {"withdrawal", N_("withdrawal")}, {"payment", N_("electricity")},
        {"withholding", N_("by the utility's list")}, {"reversal", N_("put back")}, {"interest", N_("interest")},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!strcmp(kinds[i].kind, kind)) return _(kinds[i].text);
    return kind;
}

const char *account_cell(const json_t *line, const struct form_field *field, char *buf, size_t size)
{
    int64_t fen = js_int(line, "amount_fen");
    if (!strcmp(field->name, "kind")) return word_movement(js_text(line, "kind"));
    if (!strcmp(field->name, "line")) return view_format(field, js_at(line, "line"), buf, size);
    if (!strcmp(field->name, "date")) return js_text(line, "date");
    if (!strcmp(field->name, "in")) return fen > 0 ? money_format_grouped(fen, buf, size) : "";
    if (!strcmp(field->name, "out")) return fen < 0 ? money_format_grouped(-fen, buf, size) : "";
    if (!strcmp(field->name, "after")) return money_format_grouped(js_int(line, "balance_fen"), buf, size);
    return "";
}

void account_head(struct counter *c, struct view *view, const json_t *account)
{
    view_set(view, "account", js_text(account, "account"));
    view_set(view, "holder", c->options.hanzi ? js_text(account, "holder") : "");
    if (account) view_money(view, "balance", js_int(account, "balance_fen"));
    else view_set(view, "balance", "");
}
