/* The judge of the storm, written apart: it knows the two sides' tables and the protocol's promise, and
 * no code of the product. Everything has been answered when it looks. Each operation is ok, failed or
 * unknown as its asker saw it: what was ok is in the books once, what was unknown at most once, what
 * failed never; and each customer has left what the utility has posted for him, to the fen. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "storm/nodes.h"
#include "storm/world.h"

#define ROWS_MAX 600

enum { DECLINED = 1, POSTED, TOMBSTONE, UNDONE, REVERSED }; /* the utility's payment.state */

struct theirs { char bank[12], branch[16], ref[13]; int state; int64_t amount_fen; bool met; };
struct ours { char ref[13], token[33], state[12]; int64_t amount_fen, owed_fen, handed_fen; int kept, foreign, bills, adopted; };

static struct theirs theirs[ROWS_MAX];
static int their_count;

static sqlite3 *db; /* the books that are looked at */

void checker_close(void)
{
    for (sqlite3_stmt *q; db && (q = sqlite3_next_stmt(db, NULL));)
        sqlite3_finalize(q);
    sqlite3_close(db);
    db = NULL;
}

static void look_into(const char *path)
{
    checker_close();
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) broken("lost", "%s can't be read", path);
}

static sqlite3_stmt *ask(const char *sql)
{
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK) broken("broken", "the checker can't ask: %s", sqlite3_errmsg(db));
    return q;
}

static void text(sqlite3_stmt *q, int column, char *out, size_t size)
{
    const char *t = (const char *)sqlite3_column_text(q, column);
    snprintf(out, size, "%s", t ? t : "");
}

static int64_t number(const char *sql)
{
    sqlite3_stmt *q = ask(sql);
    int64_t n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : 0;
    sqlite3_finalize(q);
    return n;
}

/* --- the utility's side -------------------------------------------------------------------- */

static void read_theirs(void)
{
    look_into(utility_path());
    char bill[32];
    their_count = 0;
    sqlite3_stmt *q = ask("SELECT s.bank, s.branch, printf('%012d', p.reference), p.state, p.amount_fen FROM payment p JOIN station s ON s.id = p.station");
    while (sqlite3_step(q) == SQLITE_ROW && their_count < ROWS_MAX) {
        struct theirs *t = &theirs[their_count++];
        memset(t, 0, sizeof *t);
        text(q, 0, t->bank, sizeof t->bank);
        text(q, 1, t->branch, sizeof t->branch);
        text(q, 2, t->ref, sizeof t->ref);
        t->state = sqlite3_column_int(q, 3);
        t->amount_fen = sqlite3_column_int64(q, 4);
    }
    sqlite3_finalize(q);
    q = ask("SELECT x.bill FROM part x JOIN payment p ON p.id = x.payment WHERE p.state = 2 AND x.place = 0 AND x.part >= -1 GROUP BY x.bill HAVING count(*) > 1");
    bool two = sqlite3_step(q) == SQLITE_ROW;
    text(q, 0, bill, sizeof bill);
    if (two) broken("twice", "bill %s is paid by two keys", bill);
    sqlite3_finalize(q);
    q = ask("SELECT b.number FROM bill b WHERE b.state = 1 AND b.paid_by NOT IN (SELECT id FROM payment WHERE state = 2)");
    bool odd = sqlite3_step(q) == SQLITE_ROW;
    text(q, 0, bill, sizeof bill);
    sqlite3_finalize(q);
    int64_t parts = number("SELECT count(*) FROM payment p WHERE p.state = 2 AND p.amount_fen <> (SELECT coalesce(sum(amount_fen), 0) FROM part WHERE payment = p.id)");
    if (number("SELECT count(*) FROM branch_day WHERE closed = 1 AND agreed = 0")) broken("broken", "a day is not agreed at the utility, and the branch rests");
    if (odd) broken("broken", "bill %s is paid by a key that is not posted", bill);
    if (parts) broken("lost", "%lld posted payments are not wholly somewhere", (long long)parts);
}

static struct theirs *their(int branch, const char *ref)
{
    for (int i = 0; i < their_count; i++)
        if (strcmp(theirs[i].ref, ref) == 0 && strcmp(theirs[i].bank, branch_banks[branch]) == 0 && strcmp(theirs[i].branch, branch_names[branch]) == 0)
            return &theirs[i];
    return NULL;
}

/* --- one payment, three sides ------------------------------------------------------------------ */

static const struct { const char *ours; int theirs[3]; } agree[] = {
    {"posted", {POSTED}}, {"excepted", {POSTED}}, {"declined", {DECLINED}}, {"undone", {TOMBSTONE, UNDONE}}, {"short", {UNDONE}}, {"reversed", {REVERSED}},
};

static void same_state(const struct ours *o, const struct theirs *t)
{
    int there = t ? t->state : 0;
    bool good = strcmp(o->state, "settled") == 0 && (o->kept ? there == POSTED : there == UNDONE);
    for (size_t i = 0; i < sizeof agree / sizeof *agree; i++)
        for (int k = 0; strcmp(agree[i].ours, o->state) == 0 && k < 3; k++)
            good = good || (agree[i].theirs[k] && agree[i].theirs[k] == there);
    if (!good) broken(there == POSTED ? "twice" : "lost", "%s is %s at the branch and in state %d at the utility", o->ref, o->state, there);
    if (t && t->state != TOMBSTONE && t->amount_fen != o->amount_fen)
        broken("broken", "%s is %lld fen here and %lld there", o->ref, (long long)o->amount_fen, (long long)t->amount_fen);
}

/* He left with his money, and the utility would not take the payment back any more (its day was closed): it
 * stands, and the drawer is short of what never was in it. */
static int64_t forgone_fen;
static bool reversal_refused(const char *ref)
{
    sqlite3_stmt *q = ask("SELECT 1 FROM payment p JOIN outbox o ON o.payment = p.id WHERE p.ref = ?1 AND p.no_cash = 1 AND p.state IN ('posted', 'excepted')"
                          " AND o.class = '0400' AND o.state = 'done' AND o.code IN ('98', '51')");
    sqlite3_bind_text(q, 1, ref, -1, SQLITE_STATIC);
    bool refused = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_finalize(q);
    return refused;
}

static void same_money(const struct ours *o, const struct theirs *t, const struct visit *v)
{
    bool there = t && t->state == POSTED;
    if (v->kind != PAYS && v->till_fen != (v->kind == REFUNDED && there ? o->owed_fen - o->amount_fen : 0))
        broken("lost", "%s moves money (%s): the customer has %lld fen of it, of %lld", o->ref, o->state, (long long)-v->till_fen, (long long)o->amount_fen);
    if (v->kind != PAYS) return;
    int64_t left = v->till_fen, due = t && t->state == POSTED ? o->amount_fen : o->owed_fen;
    if (v->amount_fen != o->amount_fen) broken("broken", "%s: the customer paid %lld, recorded is %lld", o->ref, (long long)v->amount_fen, (long long)o->amount_fen);
    if (v->took_away && there && reversal_refused(o->ref)) {
        forgone_fen += o->amount_fen;
        return;
    }
    if (v->took_away && there) broken("lost", "%s is posted, and the customer has the money", o->ref);
    if (!v->took_away && left != due)
        broken("lost", "%s (%s): the customer has left %lld fen, and it should be %lld", o->ref, o->state, (long long)left, (long long)due);
}

static struct visit *visit_with(int branch, const struct ours *o)
{
    for (int i = 0; i < world.visit_count; i++) {
        struct visit *v = &world.visits[i];
        if (v->branch == branch && (strcmp(v->token, o->token) == 0 || (o->adopted && strcmp(v->ref, o->ref) == 0))) return v;
    }
    return NULL;
}

/* A key that was made on a disk that was lost, of which nobody ever heard: it may be anywhere, and nothing may come of it. */
static bool nobodys(int branch, const struct ours *o, const struct theirs *t)
{
    for (int i = 0; i < world.visit_count; i++)
        if (world.visits[i].branch == branch && strcmp(world.visits[i].lost_ref, o->ref) == 0)
            return o->owed_fen == 0 && !(t && t->state == POSTED);
    return false;
}

static void one_payment(int branch, const struct ours *o)
{
    struct visit *v = visit_with(branch, o);
    struct theirs *t = their(branch, o->ref);
    if (!v && o->adopted && nobodys(branch, o, t)) {
        if (t) t->met = true;
        same_state(o, t);
        return;
    }
    if (!v) broken("twice", "%s: nobody paid it", o->ref);
    if (v->outcome == OUT_FAILED) broken("twice", "%s was said to have failed, and is in the books", o->ref);
    if (v->outcome == OUT_OK && strcmp(v->ref, o->ref) != 0) broken("twice", "one Enter made %s and %s", v->ref, o->ref);
    if (t) t->met = true;
    if (o->foreign) broken("broken", "%s was undone by nobody", o->ref);
    same_state(o, t);
    same_money(o, t, v);
}

/* --- a branch's side --------------------------------------------------------------------------------- */

/* Half a page of a number that the lost disk knew, or the whole one of a payment that was turned back
 * before: nobody could name it, and the books count it as lost. */
static bool written_off(const struct sheet *s)
{
    sqlite3_stmt *q = ask("SELECT n.state = 'lost' AND (?3 = 0 OR NOT EXISTS (SELECT 1 FROM payment WHERE ref = ?4 AND state IN ('posted', 'excepted')))"
                          " FROM number n WHERE n.series = ?1 AND n.number = CAST(?2 AS INTEGER)");
    sqlite3_bind_text(q, 1, s->series, -1, SQLITE_STATIC);
    sqlite3_bind_text(q, 2, s->number, -1, SQLITE_STATIC);
    sqlite3_bind_int(q, 3, s->whole && !s->void_);
    sqlite3_bind_text(q, 4, s->ref, -1, SQLITE_STATIC);
    bool off = sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return off;
}

static void paper(int branch)
{
    char ref[13], state[12];
    for (int i = 0; i < world.sheet_count; i++) {
        const struct sheet *s = &world.sheets[i];
        if (s->branch != branch) continue;
        sqlite3_stmt *q = ask("SELECT p.ref, i.state FROM invoice i JOIN payment p ON p.id = i.payment WHERE i.series = ?1 AND i.number = CAST(?2 AS INTEGER)");
        sqlite3_bind_text(q, 1, s->series, -1, SQLITE_STATIC);
        sqlite3_bind_text(q, 2, s->number, -1, SQLITE_STATIC);
        bool found = sqlite3_step(q) == SQLITE_ROW;
        text(q, 0, ref, sizeof ref);
        text(q, 1, state, sizeof state);
        sqlite3_finalize(q);
        if (!found && world.restored[branch] && written_off(s)) continue;
        if (!found) broken("lost", "number %s is on paper and in no book", s->number);
        if (strcmp(ref, s->ref) != 0) broken("twice", "number %s is on paper for %s and in the books for %s", s->number, s->ref, ref);
        if (strcmp(state, "confirmed") == 0 && !s->whole) broken("lost", "number %s counts as whole and is not", s->number);
    }
    int64_t confirmed = number("SELECT count(*) FROM invoice WHERE state = 'confirmed' AND number IS NOT NULL"), whole = 0;
    for (int i = 0; i < world.sheet_count; i++)
        whole += world.sheets[i].branch == branch && world.sheets[i].whole;
    if (confirmed > whole) broken("lost", "%lld numbers count as whole, %lld sheets are", (long long)confirmed, (long long)whole);
    if (number("SELECT count(*) FROM payment p WHERE p.bill_count > 0 AND p.moved_fen = 0 AND p.state IN ('posted', 'excepted') AND"
                   " (SELECT count(*) FROM invoice i WHERE i.payment = p.id AND i.state IN ('confirmed', 'sent', 'planned')) <> 1"))
        broken("twice", "a payment that stands has not exactly one invoice");
}

static void drawers(int branch)
{
    int64_t over = number("SELECT coalesce(sum(iif(credit = 'over-short', amount_fen, -amount_fen)), 0) FROM entry"
                              " WHERE 'over-short' IN (debit, credit)"), miscounted = 0, inside = 0;
    for (int i = 0; i < TELLERS; i++) {
        miscounted += world.drawers[branch][i].counted_error_fen;
        inside += world.drawers[branch][i].cash_fen;
    }
    int64_t open = number("SELECT count(*) FROM till WHERE state <> 'closed'");
    int64_t kept = number("SELECT coalesce(sum(CASE WHEN debit GLOB 'till:*' THEN amount_fen ELSE 0 END - CASE WHEN credit GLOB 'till:*' THEN amount_fen ELSE 0 END), 0)"
                              " FROM entry WHERE commodity = 'CNY'");
    if (open || inside || kept) broken("broken", "drawers are open after the day: %lld fen in the books, %lld in them", (long long)kept, (long long)inside);
    int64_t vault = number("SELECT coalesce(sum(iif(debit = 'vault', amount_fen, -amount_fen)), 0) FROM entry WHERE 'vault' IN (debit, credit)");
    int64_t bank = number("SELECT coalesce(sum(amount_fen), 0) FROM entry WHERE debit = 'vault' AND credit = 'clearing-bank'");
    if (vault != world.vault_fen[branch]) broken("lost", "%lld fen lie in the vault, the books say %lld", (long long)world.vault_fen[branch], (long long)vault);
    miscounted -= forgone_fen;
    miscounted += world.bank_fen[branch] - bank; /* cash from the bank that a lost disk knew: the vault is over by it */
    if (over != miscounted) broken("lost", "people miscounted by %lld fen, the books say %lld", (long long)miscounted, (long long)over);
}

static void check_branch(int branch)
{
    look_into(branches[branch].path);
    static struct ours rows[ROWS_MAX];
    char alarm[200];
    int count = 0;
    forgone_fen = 0;
    sqlite3_stmt *q = ask("SELECT ref, token, state, amount_fen, owed_fen, handed_fen, kept, foreign_undo, bill_count, adopted FROM payment");
    while (sqlite3_step(q) == SQLITE_ROW && count < ROWS_MAX) {
        struct ours *o = &rows[count++];
        text(q, 0, o->ref, sizeof o->ref);
        text(q, 1, o->token, sizeof o->token);
        text(q, 2, o->state, sizeof o->state);
        o->amount_fen = sqlite3_column_int64(q, 3);
        o->owed_fen = sqlite3_column_int64(q, 4);
        o->handed_fen = sqlite3_column_int64(q, 5);
        o->kept = sqlite3_column_int(q, 6);
        o->foreign = sqlite3_column_int(q, 7);
        o->bills = sqlite3_column_int(q, 8);
        o->adopted = sqlite3_column_int(q, 9);
    }
    sqlite3_finalize(q);
    for (int i = 0; i < count; i++)
        one_payment(branch, &rows[i]);
    for (int i = 0; i < world.visit_count; i++) {
        const struct visit *v = &world.visits[i];
        int found = 0;
        for (int k = 0; k < count; k++)
            found += strcmp(rows[k].token, v->token) == 0 || (rows[k].adopted && strcmp(rows[k].ref, v->ref) == 0);
        bool forgotten = world.restored[branch] && v->till_fen == 0; /* all of it was given back, and the disk that knew it is lost */
        if (v->branch == branch && v->outcome == OUT_OK && found == 0 && !forgotten) broken("lost", "%s was said to be recorded, and is in no book", v->ref);
        if (v->branch == branch && found > 1) broken("twice", "%s is recorded %d times", v->ref, found);
    }
    for (int i = 0; i < their_count; i++)
        if (strcmp(theirs[i].branch, branch_names[branch]) == 0 && !theirs[i].met && theirs[i].state != TOMBSTONE)
            broken("lost", "the utility has %s, and the branch has not", theirs[i].ref);
    q = ask("SELECT a.bill FROM payment_bill a JOIN payment p ON p.id = a.payment JOIN payment_bill b ON b.bill = a.bill AND b.payment > a.payment"
            " WHERE a.place = 'BL' AND (p.state IN ('posted', 'excepted') OR (p.state = 'settled' AND p.kept = 1))");
    bool again = sqlite3_step(q) == SQLITE_ROW;
    text(q, 0, alarm, sizeof alarm);
    sqlite3_finalize(q);
    if (again) broken("twice", "bill %s is paid, and was taken a second time at this branch", alarm);
    paper(branch);
    drawers(branch);
    q = ask("SELECT alarm FROM branch");
    sqlite3_step(q);
    text(q, 0, alarm, sizeof alarm);
    sqlite3_finalize(q);
    if (alarm[0]) broken("broken", "a false alarm: %s", alarm);
}

void checker_end(void)
{
    read_theirs();
    for (int i = 0; i < world.branch_count; i++)
        check_branch(i);
    checker_close();
}
