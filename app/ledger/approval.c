/* Two people. The table is the design's: who may do what, and whose word it takes. */
#include "ledger/approval.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"

#define TOKEN_BYTES 16
#define APPROVAL_MS 120000
#define SHOWN_MAX 100 /* at one sign-on; the rest at the next */
#define T ROLE_TELLER
#define S ROLE_SUPERVISOR
#define O ROLE_OUTSIDE

/* Whose business it is: he can't be the second person. */
enum concern { NOBODY, TELLER_OF_PAYMENT, TELLER_OF_TILL, SUBJECT };

static const struct two_act {
    const char *act;
    unsigned makes, checks;
    enum concern concern;
} acts[] = {
    /* a teller's acts; alone only below what is said here */
    {"pay", T, S, NOBODY},                       /* alone up to second_person_fen in cash */
    {"hand_back", T, S, NOBODY},                 /* alone for a decline */
    {"counterfeit", T, S, NOBODY},
    {"refund", T, S, NOBODY},
    {"transfer", T, S, NOBODY},
    {"account_deposit", T, S, NOBODY},           /* these alone up to second_person_fen in cash, */
    {"account_open", T, S, NOBODY},
    {"account_withdraw", T, S, NOBODY},          /* and with the password */
    {"account_close", T, S, NOBODY},
    {"account_pay", T, S, NOBODY},               /* alone with the password */
    {"account_freeze", T, S, NOBODY},            /* freezing alone */
    {"account_link", T, S, NOBODY},              /* alone */
    {"passbook_book", T, S, NOBODY},             /* alone but for a lost one */
    {"passbook_send", T, S, NOBODY},             /* alone but for lines that were sent before */
    {"passbook_result", T, S, NOBODY},           /* alone */
    {"till_count", T, T | S, NOBODY},            /* alone for the first count */
    {"till_cash", T, S, NOBODY},                 /* alone out of the vault up to second_person_fen */
    {"till_close", T, S, NOBODY},                /* alone: the count was kept before */
    {"till_handover", T, S, NOBODY},             /* alone: the other one counts too and signs on */
    /* a teller's, which a supervisor may do as well: no cash moves */
    {"abandon", T | S, S, NOBODY},
    {"undo", T | S, S, NOBODY},
    {"reverse", T | S, S, NOBODY},
    {"unacknowledged_answer", T | S, S, NOBODY}, /* alone when the cash is in the till */
    {"reprint_data", T | S, S, NOBODY},
    {"spoil", T | S, S, NOBODY},
    {"invoice_answer", T | S, S, NOBODY},        /* alone up to spoil_alone_a_day */
    {"book_load", T | S, S, NOBODY},
    /* a supervisor's */
    {"settle", S, T | S, TELLER_OF_PAYMENT},
    {"number_lost", S, T | S, NOBODY},
    {"number_receive", S, T | S, NOBODY},
    {"number_return", S, T | S, NOBODY},
    {"vault", S, T | S, NOBODY},
    {"till_force_close", S, T | S, TELLER_OF_TILL},
    {"day_close", S, T | S, NOBODY},             /* alone: the vault was counted by two */
    {"clock_confirm", S, T | S, NOBODY},
    {"restore_done", S, S | O, NOBODY},
    {"restore_answer", S, S | O, NOBODY},
    {"restore_adopt", S, S | O, NOBODY},
    {"repair", S, S | O, NOBODY},
    {"operator_unlock", S, T | S, SUBJECT},
    {"operator_add", S, S | O, SUBJECT},
    {"operator_set", S, S | O, SUBJECT},
    {"operator_password", S, S | O, SUBJECT},
    {"operator_code", S, S | O, NOBODY},         /* of his own too: the other one signs */
};

static const struct two_act *find_act(const char *act)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strcmp(acts[i].act, act) == 0)
            return &acts[i];
    return NULL;
}

/* --- roles ---------------------------------------------------------------------------- */

static const struct { const char *word; unsigned role; } roles[] = {
    {"teller", ROLE_TELLER}, {"supervisor", ROLE_SUPERVISOR}, {"technician", ROLE_TECHNICIAN}, {"outside", ROLE_OUTSIDE},
};

unsigned role_of(const char *word)
{
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].word, word) == 0)
            return roles[i].role;
    return 0;
}

/* 0: nobody active has this number; -1 broken. */
static int role_now(struct ledger *ledger, const char *operator_number, struct error *err)
{
    char word[12];
    int got = sql_one(ledger, err, "SELECT role FROM operator WHERE number = ?1 AND active = 1",
                      BIND(sql_text(operator_number)), INTO(into_text(word, sizeof word)));
    return got == 1 ? (int)role_of(word) : got;
}

enum ledger_result role_check(struct ledger *ledger, const char *operator_number, unsigned allowed, const char *what,
                              struct error *err)
{
    int role = role_now(ledger, operator_number, err);
    if (role < 0)
        return LEDGER_BROKEN;
    if ((unsigned)role & allowed)
        return LEDGER_OK;
    return ledger_refuse(err, LEDGER_ROLE, what, "somebody whose task it is does it", "it is not for operator %s",
                         operator_number);
}

/* --- given ------------------------------------------------------------------------------ */

static enum ledger_result may_check(struct ledger *ledger, const struct two_act *act, const char *checker, const char *maker,
                                    struct error *err)
{
    static const char what[] = "this approval doesn't hold";
    if (strcmp(checker, maker) == 0)
        return ledger_refuse(err, LEDGER_APPROVAL_SAME, what, "another person signs", "%s can't approve an act of his own", checker);
    int role = role_now(ledger, checker, err);
    if (role < 0)
        return LEDGER_BROKEN;
    if (!((unsigned)role & act->checks))
        return ledger_refuse(err, LEDGER_APPROVAL_ROLE, what, act->checks & T ? NULL : "a supervisor signs",
                             "operator %s may not approve %s", checker, act->act);
    return LEDGER_OK;
}

static enum ledger_result give(struct ledger *ledger, const struct two_act *act, const char *checker, const char *maker,
                               const char *terminal, const unsigned char params[SECRET_HASH_BYTES],
                               char token[LEDGER_TOKEN_SIZE], struct error *err)
{
    enum ledger_result r = may_check(ledger, act, checker, maker, err);
    if (r == LEDGER_BROKEN)
        return r;
    if (r != LEDGER_OK) {
        ledger_keep(ledger);
        enum ledger_result kept = ledger_audit(ledger, NULL, "approval refused", checker, NULL, terminal, act->act,
                                               "for %s: %s", maker, ledger_word(r));
        return kept == LEDGER_OK ? r : LEDGER_BROKEN;
    }
    int64_t now_ms = ledger_now(ledger);
    int64_t lasts_ms = ledger->rules.approval_ms > 0 ? ledger->rules.approval_ms : APPROVAL_MS;
    entropy_hex(&ledger->world.entropy, TOKEN_BYTES, token, LEDGER_TOKEN_SIZE);
    r = sql_run(ledger, err, "INSERT INTO approval (token, act, params, checker, terminal, made_at, expires_at)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                BIND(sql_text(token), sql_text(act->act), sql_blob(params, SECRET_HASH_BYTES), sql_text(checker),
                     sql_text(terminal), sql_int(now_ms), sql_int(now_ms + lasts_ms)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "approval given", checker, maker, terminal, act->act, "for %s",
                         maker[0] ? maker : "whoever does it");
    return r;
}

enum ledger_result approval_make(struct ledger *ledger, const char *checker, const char *maker, const char *terminal,
                                 const char *act, const unsigned char params[SECRET_HASH_BYTES],
                                 char token[LEDGER_TOKEN_SIZE], struct error *err)
{
    const struct two_act *known = find_act(act);
    token[0] = '\0';
    if (!known)
        return ledger_refuse(err, LEDGER_PARAMS, "nothing was approved", NULL, "there is no act %.40s", act);
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = give(ledger, known, checker, maker ? maker : "", terminal, params, token, err);
    r = ledger_end(ledger, r, err);
    if (r != LEDGER_OK)
        token[0] = '\0';
    return r;
}

/* --- used --------------------------------------------------------------------------------- */

struct word_given {
    int64_t id, expires_ms;
    char act[40], checker[LEDGER_OPERATOR_SIZE], terminal[LEDGER_TERMINAL_SIZE];
    unsigned char params[SECRET_HASH_BYTES];
    bool used;
};

static enum ledger_result holds(struct ledger *ledger, const struct word_given *given, const struct ledger_two *two,
                                const char *act, struct error *err)
{
    static const char what[] = "this approval doesn't hold", again[] = "have it signed again";
    if (given->used)
        return ledger_refuse(err, LEDGER_APPROVAL_USED, what, again, "it was used already; one approval is for one act");
    if (ledger_now(ledger) > given->expires_ms)
        return ledger_refuse(err, LEDGER_APPROVAL_EXPIRED, what, again, "it was given too long ago");
    if (strcmp(given->act, act) != 0 || strcmp(two->act, act) != 0 || strcmp(given->terminal, two->terminal) != 0 ||
        !secret_equal(given->params, two->params, sizeof given->params))
        return ledger_refuse(err, LEDGER_APPROVAL_ALTERED, what, again, "it was given for something else than what is done now");
    return LEDGER_OK;
}

/* The one whose own business this is; "" nobody. */
static enum ledger_result concerned(struct ledger *ledger, enum concern concern, const char *subject,
                                    char who[LEDGER_OPERATOR_SIZE], struct error *err)
{
    int got = 0;
    who[0] = '\0';
    if (concern == TELLER_OF_PAYMENT)
        got = sql_one(ledger, err, "SELECT operator FROM payment WHERE ref = ?1", BIND(sql_text(subject)),
                      INTO(into_text(who, LEDGER_OPERATOR_SIZE)));
    else if (concern == TELLER_OF_TILL)
        got = sql_one(ledger, err, "SELECT operator FROM till WHERE number = ?1 ORDER BY id DESC LIMIT 1",
                      BIND(sql_text(subject)), INTO(into_text(who, LEDGER_OPERATOR_SIZE)));
    else if (concern == SUBJECT)
        text_copy(who, LEDGER_OPERATOR_SIZE, subject);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static enum ledger_result not_concerned(struct ledger *ledger, const struct two_act *act, const char *subject,
                                        const char *maker, const char *checker, struct error *err)
{
    static const char what[] = "this is not for him to do", other[] = "somebody does it whom it doesn't concern";
    char who[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = concerned(ledger, act->concern, subject, who, err);
    if (r != LEDGER_OK || !who[0])
        return r;
    if (strcmp(who, maker) == 0)
        return ledger_refuse(err, LEDGER_ROLE, what, other, "it concerns operator %s himself", who);
    if (strcmp(who, checker) == 0)
        return ledger_refuse(err, LEDGER_APPROVAL_SAME, what, other, "it concerns operator %s, who signed", who);
    return LEDGER_OK;
}

static enum ledger_result use(struct ledger *ledger, const struct two_act *act, const struct ledger_two *two,
                              const char *subject, char checker[LEDGER_OPERATOR_SIZE], struct error *err)
{
    struct word_given given;
    int got = sql_one(ledger, err, "SELECT id, act, params, checker, terminal, expires_at, used_at IS NOT NULL"
                      " FROM approval WHERE token = ?1", BIND(sql_text(two->token)),
                      INTO(into_int64(&given.id), into_text(given.act, sizeof given.act),
                           into_blob(given.params, sizeof given.params), into_text(given.checker, sizeof given.checker),
                           into_text(given.terminal, sizeof given.terminal), into_int64(&given.expires_ms),
                           into_bool(&given.used)));
    if (got < 0)
        return LEDGER_BROKEN;
    if (!got)
        return ledger_refuse(err, LEDGER_APPROVAL_ALTERED, "this approval doesn't hold", "have it signed again",
                             "nobody gave it");
    enum ledger_result r = holds(ledger, &given, two, act->act, err);
    if (r == LEDGER_OK)
        r = may_check(ledger, act, given.checker, two->maker, err);
    if (r == LEDGER_OK)
        r = not_concerned(ledger, act, subject, two->maker, given.checker, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE approval SET used_at = ?2, used_by = ?3 WHERE id = ?1",
                    BIND(sql_int(given.id), sql_int(ledger_now(ledger)), sql_text(two->maker)));
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "INSERT INTO act (at, act, subject, maker, checker, approval) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    BIND(sql_int(ledger_now(ledger)), sql_text(act->act), sql_text(subject), sql_text(two->maker),
                         sql_text(given.checker), sql_int(given.id)));
    if (r == LEDGER_OK)
        text_copy(checker, LEDGER_OPERATOR_SIZE, given.checker);
    return r;
}

enum ledger_result approval_second(struct ledger *ledger, const struct ledger_two *two, const char *act, const char *subject,
                                   bool needed, char checker[LEDGER_OPERATOR_SIZE], struct error *err)
{
    const struct two_act *known = find_act(act);
    assert(known); /* the acts are the program's own */
    checker[0] = '\0';
    if (!two)
        return needed ? ledger_refuse(err, LEDGER_APPROVAL, "a second person is needed", "F9: he signs here", "%s is for two", act)
                      : LEDGER_OK;
    enum ledger_result r = role_check(ledger, two->maker, known->makes, "this act was refused", err);
    if (r != LEDGER_OK)
        return r;
    if (two->token)
        return use(ledger, known, two, subject, checker, err);
    return needed ? ledger_refuse(err, LEDGER_APPROVAL, "a second person is needed", "F9: he signs here", "%s is for two", act)
                  : LEDGER_OK;
}

enum ledger_result ledger_approval_use(struct ledger *ledger, const struct ledger_two *two, const char *act,
                                       const char *subject, char checker[LEDGER_OPERATOR_SIZE], struct error *err)
{
    return approval_second(ledger, two, act, subject, true, checker, err);
}

/* --- shown to whose word it was ------------------------------------------------------------- */

struct showing { int64_t ids[SHOWN_MAX]; int count; };

static enum ledger_result show_each(struct ledger *ledger, const char *operator_number, const char *terminal, approval_shown *each, void *ctx,
                                    struct showing *shown, struct error *err)
{
    int64_t id, at_ms;
    char act[40], subject[64], maker[LEDGER_OPERATOR_SIZE];
    int got;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT a.id, a.at, a.act, a.subject, a.maker FROM act a JOIN approval p ON p.id = a.approval"
                                   " WHERE a.checker = ?1 AND a.id > (SELECT seen_act FROM operator WHERE number = ?1) AND p.terminal <> ?3"
                                   " AND NOT EXISTS (SELECT 1 FROM act_seen s WHERE s.act = a.id) ORDER BY a.id LIMIT ?2",
                                   BIND(sql_text(operator_number), sql_int(SHOWN_MAX), sql_text(terminal)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_int64(&id), into_int64(&at_ms), into_text(act, sizeof act),
                                                   into_text(subject, sizeof subject), into_text(maker, sizeof maker)))) == 1) {
        each(ctx, at_ms, act, subject, maker);
        shown->ids[shown->count++] = id;
    }
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}

static enum ledger_result show(struct ledger *ledger, const char *operator_number, const char *terminal, approval_shown *each, void *ctx,
                               struct error *err)
{
    struct showing shown = {.count = 0};
    enum ledger_result r = show_each(ledger, operator_number, terminal, each, ctx, &shown, err);
    for (int i = 0; r == LEDGER_OK && i < shown.count; i++)
        r = sql_run(ledger, err, "INSERT INTO act_seen (act) VALUES (?1)", BIND(sql_int(shown.ids[i])));
    if (r != LEDGER_OK || shown.count == 0)
        return r;
    return sql_run(ledger, err, "UPDATE operator SET seen_act = coalesce((SELECT min(a.id) - 1 FROM act a WHERE a.checker = ?1 AND a.id > seen_act"
                   " AND NOT EXISTS (SELECT 1 FROM act_seen s WHERE s.act = a.id)), (SELECT max(id) FROM act WHERE checker = ?1)) WHERE number = ?1",
                   BIND(sql_text(operator_number)));
}

enum ledger_result approval_show(struct ledger *ledger, const char *operator_number, const char *terminal, approval_shown *each, void *ctx,
                                 struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = show(ledger, operator_number, terminal, each, ctx, err);
    return ledger_end(ledger, r, err);
}

enum ledger_result approval_list(struct ledger *ledger, day_t date, int max, approval_of_day *each, void *ctx, int64_t *left, struct error *err)
{
    int64_t at_ms, from_ms, to_ms, all = 0;
    char act[40], subject[64], maker[LEDGER_OPERATOR_SIZE], checker[LEDGER_OPERATOR_SIZE];
    int got = sql_one(ledger, err, "SELECT opened_at, coalesce((SELECT min(opened_at) - 1 FROM day WHERE date > ?1), 9223372036854775807)"
                      " FROM day WHERE date = ?1", BIND(sql_int(date)), INTO(into_int64(&from_ms), into_int64(&to_ms)));
    *left = 0;
    if (got <= 0)
        return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
    if (sql_one(ledger, err, "SELECT count(*) FROM act WHERE at BETWEEN ?1 AND ?2", BIND(sql_int(from_ms), sql_int(to_ms)), INTO(into_int64(&all))) != 1)
        return LEDGER_BROKEN;
    sqlite3_stmt *walk = sql_start(ledger, err, "SELECT at, act, subject, maker, checker FROM act WHERE at BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
                                   BIND(sql_int(from_ms), sql_int(to_ms), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while ((got = sql_next(ledger, err, walk, INTO(into_int64(&at_ms), into_text(act, sizeof act), into_text(subject, sizeof subject),
                                                   into_text(maker, sizeof maker), into_text(checker, sizeof checker)))) == 1)
        each(ctx, at_ms, act, subject, maker, checker);
    *left = all > max ? all - max : 0;
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
