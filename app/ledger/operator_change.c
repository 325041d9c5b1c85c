/* Who the operators are: the install step, then two people for every change. */
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"

static const char refused[] = "the operators were not changed";

static enum ledger_result form_check(const char *number, const char *name, const char *role, struct error *err)
{
    char clean[sizeof ((struct ledger_operator *)0)->name];
    if (!text_digits(number) || strlen(number) >= LEDGER_OPERATOR_SIZE)
        return ledger_refuse(err, LEDGER_PARAMS, refused, NULL, "a number is 1 to %d digits", LEDGER_OPERATOR_SIZE - 1);
    if (!name[0] || strlen(name) >= sizeof clean || !utf8_valid(name, strlen(name)) ||
        strcmp(text_clean(clean, sizeof clean, name), name) != 0)
        return ledger_refuse(err, LEDGER_PARAMS, refused, NULL, "a name is 1 to %d bytes of text", (int)sizeof clean - 1);
    if (!role_of(role))
        return ledger_refuse(err, LEDGER_PARAMS, refused, "teller, supervisor, technician or outside", "there is no role %.20s", role);
    return LEDGER_OK;
}

static enum ledger_result insert(struct ledger *ledger, const char *number, const char *name, const char *role,
                                 const char *stored, bool must_change, struct error *err)
{
    bool there;
    enum ledger_result r = form_check(number, name, role, err);
    if (r != LEDGER_OK)
        return r;
    if (sql_one(ledger, err, "SELECT EXISTS (SELECT 1 FROM operator WHERE number = ?1)", BIND(sql_text(number)),
                INTO(into_bool(&there))) != 1)
        return LEDGER_BROKEN;
    if (there)
        return ledger_refuse(err, LEDGER_STATE, refused, "take another number", "operator %s is there already; a number is never given twice", number);
    return sql_run(ledger, err, "INSERT INTO operator (number, name, role, password, must_change) VALUES (?1, ?2, ?3, ?4, ?5)",
                   BIND(sql_text(number), sql_text(name), sql_text(role), sql_text(stored), sql_int(must_change)));
}

/* --- the install step --------------------------------------------------------------------- */

static enum ledger_result not_installed(struct ledger *ledger, struct error *err)
{
    bool installed;
    if (sql_one(ledger, err, "SELECT installed FROM branch", BIND_NOTHING, INTO(into_bool(&installed))) != 1)
        return LEDGER_BROKEN;
    return installed ? ledger_refuse(err, LEDGER_STATE, refused, "two supervisors add operators at a counter",
                                     "the first operators were made when this branch was installed")
                     : LEDGER_OK;
}

enum ledger_result operator_install(struct ledger *ledger, const char *number, const char *name, const char *role,
                                    const char *stored, bool must_change, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = not_installed(ledger, err);
    if (r == LEDGER_OK)
        r = insert(ledger, number, name, role, stored, must_change, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "operator installed", NULL, NULL, NULL, number, "%s, %s", name, role);
    return ledger_end(ledger, r, err);
}

static enum ledger_result enough(struct ledger *ledger, struct error *err)
{
    int supervisors, people;
    if (sql_one(ledger, err, "SELECT count(*) FILTER (WHERE role = 'supervisor'), count(*) FILTER (WHERE role IN ('teller', 'supervisor'))"
                " FROM operator WHERE active = 1", BIND_NOTHING, INTO(into_int(&supervisors), into_int(&people))) != 1)
        return LEDGER_BROKEN;
    if (supervisors == 0 || people < 2)
        return ledger_refuse(err, LEDGER_STATE, refused, "make a supervisor and at least one more first",
                             "%d supervisors and %d people in all: what takes two people could never be done", supervisors, people);
    return LEDGER_OK;
}

enum ledger_result operator_installed(struct ledger *ledger, struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = not_installed(ledger, err);
    if (r == LEDGER_OK)
        r = enough(ledger, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE branch SET installed = 1", BIND_NOTHING);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "first operators made", NULL, NULL, NULL, NULL, "from now on two people change them");
    return ledger_end(ledger, r, err);
}

/* --- with two people ------------------------------------------------------------------------ */

enum ledger_result operator_add(struct ledger *ledger, const struct ledger_operator *who, const char *stored,
                                const struct ledger_two *two, struct error *err)
{
    char checker[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = approval_second(ledger, two, "operator_add", who->number, true, checker, err);
    if (r == LEDGER_OK)
        r = insert(ledger, who->number, who->name, who->role, stored, true, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "operator added", two->maker, checker, two->terminal, who->number, "%s, %s", who->name, who->role);
    return ledger_end(ledger, r, err);
}

/* He keeps what he has in hand: a till of his is closed first. */
static enum ledger_result may_leave(struct ledger *ledger, const struct ledger_operator *was, const struct ledger_operator *who,
                                    struct error *err)
{
    bool till;
    if (who->active && strcmp(was->role, who->role) == 0)
        return LEDGER_OK;
    if (sql_one(ledger, err, "SELECT EXISTS (SELECT 1 FROM till WHERE operator = ?1 AND state <> 'closed')"
                " OR EXISTS (SELECT 1 FROM till WHERE handed_to = ?1 AND taken_by IS NULL)", BIND(sql_text(who->number)),
                INTO(into_bool(&till))) != 1)
        return LEDGER_BROKEN;
    return till ? ledger_refuse(err, LEDGER_STATE, refused, "close the till first", "operator %s has a till", who->number) : LEDGER_OK;
}

static enum ledger_result change(struct ledger *ledger, const struct ledger_operator *who, const struct ledger_two *two,
                                 struct error *err)
{
    struct ledger_operator was;
    char checker[LEDGER_OPERATOR_SIZE];
    enum ledger_result r = operator_get(ledger, who->number, &was, err);
    if (r == LEDGER_OK)
        r = form_check(who->number, who->name, who->role, err);
    if (r != LEDGER_OK)
        return r;
    bool unlock = two && strcmp(two->act, "operator_unlock") == 0, frees = who->locked_ms == 0;
    if (unlock && (!frees || strcmp(was.name, who->name) != 0 || strcmp(was.role, who->role) != 0 || was.active != who->active))
        return ledger_refuse(err, LEDGER_PARAMS, refused, NULL, "unlocking changes nothing but the lock");
    r = approval_second(ledger, two, unlock ? "operator_unlock" : "operator_set", who->number, true, checker, err);
    if (r == LEDGER_OK)
        r = may_leave(ledger, &was, who, err);
    if (r == LEDGER_OK)
        r = sql_run(ledger, err, "UPDATE operator SET name = ?2, role = ?3, active = ?4, wrong = iif(?5, 0, wrong),"
                    " locked_ms = iif(?5, 0, locked_ms) WHERE number = ?1",
                    BIND(sql_text(who->number), sql_text(who->name), sql_text(who->role), sql_int(who->active), sql_int(frees)));
    if (r == LEDGER_OK)
        r = enough(ledger, err);
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, unlock ? "operator unlocked" : "operator changed", two->maker, checker, two->terminal,
                         who->number, "%s, %s%s%s", who->name, who->role, who->active ? "" : ", not active", frees ? ", not locked" : "");
    return r;
}

enum ledger_result operator_set(struct ledger *ledger, const struct ledger_operator *who, const struct ledger_two *two,
                                struct error *err)
{
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK)
        r = change(ledger, who, two, err);
    return ledger_end(ledger, r, err);
}
