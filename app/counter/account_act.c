/* One act on a special account: a token and the payment's key come first, the
 * password is sealed to the bank's key and bound to that key, then the act is
 * recorded, and the bank's word comes with the payment's notice. */
#include <stdlib.h>
#include <string.h>

#include "base/key.h"
#include "base/money.h"
#include "base/secret.h"
#include "base/text.h"
#include "counter/account.h"

#define METHOD_SIZE 40
#define SEALED_SIZE 400

struct acting {
    char method[METHOD_SIZE], words[SAY_SIZE], password[ACCOUNT_PASSWORD_DIGITS + 1];
    json_t *params;
    char key[KEY_TEXT_SIZE]; /* of the recorded act, "" before */
    int64_t round;           /* of the wait for the bank: left with F12, its word is the Last line's */
    bool beside, wants_word;
    account_done *done;
};

bool account_busy(const struct counter *c) { return c->acting != NULL; }

static void forget(struct counter *c)
{
    struct acting *a = c->acting;
    c->acting = NULL;
    if (!a) return;
    secret_wipe(a->password, sizeof a->password);
    json_decref(a->params);
    free(a);
}

void account_free(struct counter *c) { forget(c); }

static void end(struct counter *c, const json_t *card, const struct rpc_error *error)
{
    account_done *done = c->acting->done;
    bool waited = !c->acting->beside || c->acting->wants_word;
    forget(c);
    if (waited) busy_end(c);
    done(c, card, error);
}

static bool final(const json_t *card)
{
    return strcmp(js_text(card, "forwarded"), "waiting") != 0;
}

static void recorded(struct counter *c, int64_t tag, const json_t *card, const struct rpc_error *error)
{
    struct acting *a = c->acting;
    if (!a) return;
    if (error) {
        end(c, NULL, error);
        return;
    }
    if (!js_true(card, "shown")) json_array_append(c->to_show, js_at(card, "key")); /* cash was taken: said on the Last line */
    if (!a->beside && js_int(card, "total_fen")) session_last(c, card); /* one without money is not what is asked for later */
    if (final(card)) {
        end(c, card, NULL);
        return;
    }
    text_copy(a->key, sizeof a->key, js_text(card, "key"));
    if (a->wants_word || !a->beside) busy_end(c);
    if (a->beside) return;
    busy_start(c, _("The bank is asked"));
    a->round = c->busy_round;
}

void account_late(struct counter *c, const json_t *card)
{
    char account[WORD_SIZE], sum[MONEY_TEXT_SIZE];
    const char *process = js_text(card, "process");
    if (!account_posted(card) || (strcmp(process, "withdrawal") != 0 && strcmp(process, "close") != 0)) return;
    say(c, _("The bank has it now, account %s: COUNT OUT %s."), account_short(js_text(card, "account"), account, sizeof account),
        money_format_grouped(js_int(card, "total_fen"), sum, sizeof sum));
    c->said_ink = INK_ALARM;
    terminal_bell(&c->terminal, 2);
}

void account_notice(struct counter *c, const json_t *card)
{
    struct acting *a = c->acting;
    if (!a || !*a->key || strcmp(a->key, js_text(card, "key")) != 0 || !final(card)) return;
    bool left = !a->beside && a->round != c->busy_round;
    if (left) { /* the Last line has it, and cash that is due is said */
        forget(c);
        account_late(c, card);
    } else end(c, card, NULL);
}

static void refuse_seal(struct counter *c, const char *why)
{
    struct rpc_error error = {.code = -3, .reason = "seal"};
    text_copy(error.message, sizeof error.message, why);
    end(c, NULL, &error);
}

static void begun(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    struct acting *a = c->acting;
    char plain[ACCOUNT_PASSWORD_DIGITS + KEY_TEXT_SIZE + 2], sealed[SEALED_SIZE] = "";
    if (!a) return;
    if (error) {
        end(c, NULL, error);
        return;
    }
    if (*a->password) {
        size_t len = strlen(a->password);
        memcpy(plain, a->password, len);
        plain[len] = '|';
        text_copy(plain + len + 1, sizeof plain - len - 1, js_text(result, "key"));
        bool good = js_has(result, "bank_key") && secret_seal(js_text(result, "bank_key"), plain, sealed, sizeof sealed);
        secret_wipe(plain, sizeof plain);
        secret_wipe(a->password, sizeof a->password);
        if (!good) {
            refuse_seal(c, _("No password can be taken here: the bank's key is not set up. The book and a second person prove it too."));
            return;
        }
        json_object_set_new(a->params, "sealed", json_string(sealed));
    }
    json_object_set(a->params, "token", js_at(result, "token"));
    json_t *params = json_incref(a->params);
    if (!a->beside) busy_firm(c, _("Recording"));
    /* branchd asks for the second person where one is wanted */
    if (a->wants_word || !a->beside) call_approved(c, a->method, params, a->words, recorded, 0);
    else call_beside(c, a->method, params, recorded, 0);
}

/* An act beside the screens: the teller may have looked at another account meanwhile, and branchd
 * takes an act only on the one that was looked at last. */
static void looked(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error)
{
    if (!c->acting) return;
    if (error) end(c, NULL, error);
    else call_beside(c, "account_begin", NULL, begun, 0);
}

bool account_go(struct counter *c, const struct account_act *act)
{
    struct acting *a = c->acting ? NULL : calloc(1, sizeof *a);
    if (!a) {
        json_decref(act->params);
        return false;
    }
    text_copy(a->method, sizeof a->method, act->method);
    text_clip(a->words, sizeof a->words, act->words ? act->words : "", SAY_SIZE, 0);
    if (act->password) text_copy(a->password, sizeof a->password, act->password);
    a->params = act->params;
    a->beside = act->beside;
    a->wants_word = act->words != NULL;
    a->done = act->done;
    c->acting = a;
    if (!a->beside) busy_firm(c, _("Under way"));
    if (a->beside) call_beside(c, "account", json_pack("{s:O}", "account", js_at(a->params, "account")), looked, 0);
    else call_beside(c, "account_begin", NULL, begun, 0);
    return true;
}
