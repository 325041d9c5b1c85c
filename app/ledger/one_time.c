/* One-time codes (RFC 6238: SHA-1, 30 s, 6 digits): what a second person carries with him, beside the
 * password that he types at a counter which somebody may listen at; and all that is asked of a
 * supervisor of another branch, who reads it out on the telephone. */
#include <stdlib.h>
#include <string.h>

#include <liboath/oath.h>

#include "base/text.h"
#include "ledger/books.h"

#define STEP_MS 30000
#define DIGITS 6
#define STEPS_OFF 1 /* that his clock may be behind or ahead */
#define SECRET_BYTES 16
#define PURPOSE "one-time codes"

struct codes { unsigned char hidden[SECRET_BYTES + SECRET_HIDDEN_BYTES]; int64_t step; };

/* 1: he has codes; 0; -1. */
static int read_codes(struct ledger *ledger, const char *number, struct codes *codes, struct error *err)
{
    return sql_one(ledger, err, "SELECT hidden, step FROM one_time WHERE operator = ?1", BIND(sql_text(number)),
                   INTO(into_blob(codes->hidden, sizeof codes->hidden), into_int64(&codes->step)));
}

/* The step whose code this is, behind the last one used; 0: none. */
static int64_t step_of(const unsigned char secret[SECRET_BYTES], const char *code, int64_t now_ms, int64_t after)
{
    int64_t found = 0;
    for (int64_t step = now_ms / STEP_MS - STEPS_OFF; step <= now_ms / STEP_MS + STEPS_OFF; step++) {
        char right[DIGITS + 1] = "";
        if (step <= after || oath_totp_generate((const char *)secret, SECRET_BYTES, (time_t)(step * (STEP_MS / 1000)), STEP_MS / 1000, 0, DIGITS, right) != OATH_OK)
            continue;
        if (secret_equal(right, code, DIGITS)) found = step;
    }
    return found;
}

static enum ledger_result use_code(struct ledger *ledger, const struct ledger_operator *who, const struct codes *codes, const char *code,
                                   bool *right, struct error *err)
{
    unsigned char secret[SECRET_BYTES];
    *right = false;
    if (!secret_shown(ledger->world.audit_key, PURPOSE, codes->hidden, sizeof codes->hidden, secret))
        return ledger_refuse(err, LEDGER_APPROVAL_CODE, "this approval doesn't hold", "two supervisors make him new codes",
                             "the codes of operator %s were made under another key", who->number);
    int64_t step = strlen(code) == DIGITS && text_digits(code) ? step_of(secret, code, ledger_now(ledger), codes->step) : 0;
    secret_wipe(secret, sizeof secret);
    if (step == 0)
        return LEDGER_OK;
    *right = true;
    return sql_run(ledger, err, "UPDATE one_time SET step = ?2 WHERE operator = ?1", BIND(sql_text(who->number), sql_int(step)));
}

enum ledger_result ledger_code_check(struct ledger *ledger, const struct ledger_operator *who, const char *code, bool *matched, struct error *err)
{
    struct codes codes = {.step = 0};
    bool outside = strcmp(who->role, "outside") == 0, right = false;
    if (!outside && !ledger->rules.approval_code)
        return LEDGER_OK;
    if (!outside && !*matched)
        return LEDGER_OK; /* a code is not spent on a wrong password */
    int got = read_codes(ledger, who->number, &codes, err);
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        return ledger_refuse(err, LEDGER_APPROVAL_CODE, "this approval doesn't hold", "two supervisors make him one-time codes",
                             "operator %s has no one-time codes", who->number);
    if (!code[0])
        return ledger_refuse(err, LEDGER_APPROVAL_CODE, "this approval doesn't hold yet", "type the 6 digits that his device shows",
                             "a one-time code is asked for");
    enum ledger_result r = use_code(ledger, who, &codes, code, &right, err);
    *matched = right;
    return r;
}

/* --- made -------------------------------------------------------------------------------- */

static enum ledger_result put_secret(struct ledger *ledger, const char *number, const unsigned char secret[SECRET_BYTES], struct error *err)
{
    unsigned char hidden[SECRET_BYTES + SECRET_HIDDEN_BYTES];
    secret_hide(ledger->world.audit_key, PURPOSE, &ledger->world.entropy, secret, SECRET_BYTES, hidden);
    return sql_run(ledger, err, "INSERT INTO one_time (operator, hidden, step, made_at) VALUES (?1, ?2, 0, ?3)"
                   " ON CONFLICT (operator) DO UPDATE SET hidden = excluded.hidden, step = 0, made_at = excluded.made_at",
                   BIND(sql_text(number), sql_blob(hidden, sizeof hidden), sql_int(ledger_now(ledger))));
}

static enum ledger_result make(struct ledger *ledger, const char *number, const struct ledger_two *two, const unsigned char secret[SECRET_BYTES],
                               struct error *err)
{
    struct ledger_operator who;
    char checker[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = operator_get(ledger, number, &who, err);
    if (r == LEDGER_OK && !who.active)
        r = ledger_refuse(err, LEDGER_STATE, "no codes were made", NULL, "operator %s has left", number);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "operator_code", number, true, checker, err);
    if (r == LEDGER_OK)
        r = put_secret(ledger, number, secret, err);
    return r == LEDGER_OK ? ledger_audit(ledger, err, "one-time codes made", two->maker, checker, two->terminal, number,
                                         "the ones before end") : r;
}

enum ledger_result operator_code(struct ledger *ledger, const char *number, const struct ledger_two *two, char secret[OPERATOR_CODE_SIZE],
                                 struct error *err)
{
    unsigned char bytes[SECRET_BYTES];
    char *text = NULL;
    size_t len = 0;
    secret[0] = '\0';
    entropy_fill(&ledger->world.entropy, bytes, sizeof bytes);
    if (oath_base32_encode((const char *)bytes, sizeof bytes, &text, &len) != OATH_OK || strcspn(text, "=") >= OPERATOR_CODE_SIZE) {
        free(text);
        return ledger_refuse(err, LEDGER_STATE, "no codes were made", "try again", "there is no memory");
    }
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = make(ledger, number, two, bytes, err);
    r = ledger_end(ledger, r, err);
    if (r == LEDGER_OK) {
        text[strcspn(text, "=")] = '\0'; /* programs take it without its filling */
        text_copy(secret, OPERATOR_CODE_SIZE, text);
    }
    secret_wipe(bytes, sizeof bytes);
    secret_wipe(text, len);
    free(text);
    return r;
}
