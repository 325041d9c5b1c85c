/* The supervisor's day: opened, closed step by step, agreed; and the night between. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "ledger/inside.h"
#include "ledger/restored.h"
#include "storm/people.h"

#define CHIEF "0101"
#define SECOND "0102"

static struct chief { int days, closed; int64_t seen_fen /* what the books say came from the bank */; int64_t day_ms, close_at_ms; bool waits; long tries; } chiefs[BRANCHES];
static struct error err;

void chief_reset(int branch, int days, int64_t day_ms)
{
    chiefs[branch] = (struct chief){.days = days, .day_ms = day_ms, .close_at_ms = sim_now() + day_ms};
}

void chief_morning(int branch)
{
    struct chief *c = &chiefs[branch];
    c->waits = c->closed >= c->days;
    c->close_at_ms = sim_now() + c->day_ms;
}

bool chief_waits(int branch) { return chiefs[branch].waits; }

bool chief_done(int branch)
{
    struct ledger_day day;
    day_t open[4];
    int count = 1;
    struct ledger *ledger = branches[branch].ledger;
    return ledger && chiefs[branch].closed >= chiefs[branch].days && day_now(ledger, &day, &err) == LEDGER_OK &&
           strcmp(day.state, "closed") == 0 && agreement_open(ledger, open, 4, &count, &err) == LEDGER_OK && count == 0;
}

static const struct ledger_two *two_chiefs(int branch, const char *act)
{
    return word_of(&people[branch][0], CHIEF, "01", act, SECOND);
}

/* The supervisor sits at a counter too, and it may die. */
enum heard chief_hears(int branch, enum ledger_result r, const struct error *why)
{
    if (r != LEDGER_OK) say("%s: not done: %s", CHIEF, why->why);
    return hear(&people[branch][0], r);
}

static enum heard hears(int branch, enum ledger_result r) { return chief_hears(branch, r, &err); }

static int64_t ask(int branch, const char *sql)
{
    int64_t n = 0;
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(branches[branch].ledger->db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) n = sqlite3_column_int64(q, 0);
    else n = -1;
    sqlite3_finalize(q);
    return n;
}

/* Money from the bank is put away when the books have it, whatever the screen said. */
static int64_t from_bank(int branch) { return ask(branch, "SELECT coalesce(sum(amount_fen), 0) FROM entry WHERE debit = 'vault' AND credit = 'clearing-bank'"); }

static void see_bank(int branch)
{
    int64_t fen = from_bank(branch);
    if (fen <= chiefs[branch].seen_fen) return;
    world.vault_fen[branch] += fen - chiefs[branch].seen_fen;
    world.bank_fen[branch] += fen - chiefs[branch].seen_fen;
    chiefs[branch].seen_fen = fen;
}

void chief_restored(int branch)
{
    struct chief *c = &chiefs[branch];
    struct ledger_day day;
    int64_t closed = ask(branch, "SELECT count(*) FROM day WHERE state = 'closed'");
    if (closed >= 0) c->closed = (int)closed;
    c->seen_fen = from_bank(branch);
    c->waits = day_now(branches[branch].ledger, &day, &err) == LEDGER_OK && strcmp(day.state, "closed") == 0 && day.date >= (day_t)((sim_now() + 28800000) / 86400000);
}

static void open_day(int branch)
{
    struct chief *c = &chiefs[branch];
    day_t today = (day_t)((sim_now() + 28800000) / 86400000);
    if (c->closed < c->days && !c->waits) hears(branch, day_open(branches[branch].ledger, today, CHIEF, &err));
}

static void fill_vault(int branch)
{
    int64_t fen = 0;
    if (account_balance(branches[branch].ledger, "vault", &fen, &err) == LEDGER_OK && fen < 200000)
        hears(branch, vault_cash(branches[branch].ledger, two_chiefs(branch, "vault"), true, 1000000, &err));
}

/* One void sheet is handed in, or named as missing; false: none is left. */
static bool void_sheet(int branch)
{
    struct ledger *ledger = branches[branch].ledger;
    char series[21] = "", number[24] = "";
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(ledger->db, "SELECT n.series, printf('%0*d', b.digits, n.number) FROM number n JOIN book b ON b.id = n.book"
                           " WHERE n.state = 'void' AND n.paper IS NULL LIMIT 1", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW) {
        snprintf(series, sizeof series, "%s", (const char *)sqlite3_column_text(q, 0));
        snprintf(number, sizeof number, "%s", (const char *)sqlite3_column_text(q, 1));
    }
    sqlite3_finalize(q);
    if (!number[0]) return false;
    hears(branch, number_seen(ledger, series, number, one_in(DICE_PEOPLE, 6), CHIEF, &err));
    return true;
}

/* No day is closed while payments of it may have to be taken up again. */
static bool restoring(int branch)
{
    struct restored_state state;
    return restored_state(branches[branch].ledger, &state, &err) != LEDGER_OK || state.stage != RESTORED_NONE;
}

static bool drawers_open(int branch)
{
    struct ledger_till till;
    for (int i = 0; i < TELLERS; i++)
        if (people[branch][i].open || till_at(branches[branch].ledger, people[branch][i].terminal, &till, &err) == LEDGER_OK) return true;
    return false;
}

static void close_for_him(int branch)
{
    struct teller *t = &people[branch][dice(DICE_PEOPLE, TELLERS)];
    struct ledger_till till;
    struct ledger_count count;
    if (!t->open || !t->has_float || till_at(branches[branch].ledger, t->terminal, &till, &err) != LEDGER_OK) return;
    enum ledger_result r = till_force_close(branches[branch].ledger, t->till, two_chiefs(branch, "till_force_close"), NULL, 0,
                                            world.drawers[branch][t->index].cash_fen, &count, &err);
    if (hears(branch, r) == HEARD_OK) drawer_emptied(t);
}

static void close_day(int branch)
{
    struct ledger *ledger = branches[branch].ledger;
    struct ledger_close_step steps[LEDGER_CLOSE_STEPS];
    struct ledger_count count;
    struct ledger_day day;
    chiefs[branch].tries++;
    if (void_sheet(branch)) return;
    if (one_in(DICE_PEOPLE, 80)) close_for_him(branch);
    if (drawers_open(branch) || day_steps(ledger, steps, &err) != LEDGER_OK) return;
    if (!steps[4].done) {
        hears(branch, vault_count(ledger, two_chiefs(branch, "vault"), NULL, 0, world.vault_fen[branch], &count, &err));
        return;
    }
    hears(branch, day_cut_off(ledger, two_chiefs(branch, "day_close"), &day, &err));
}

void chief_step(void *ctx, long branch)
{
    struct branch_node *b = &branches[branch];
    struct chief *c = &chiefs[branch];
    struct ledger_day day;
    at_ms(700 + (int64_t)dice(DICE_PEOPLE, 2500), NULL, chief_step, NULL, branch);
    if (!b->ledger || !b->node.up) return;
    struct node *old = enter(&b->node);
    enum ledger_result r = day_now(b->ledger, &day, &err);
    see_bank((int)branch);
    if (b->found.clock_wrong) {
        if (hears((int)branch, ledger_clock_confirm(b->ledger, two_chiefs((int)branch, "clock_confirm"), &err)) == HEARD_OK) b->found.clock_wrong = false;
    } else if (restore_step((int)branch)) {
    } else if (r == LEDGER_DAY) {
        open_day((int)branch);
    } else if (r != LEDGER_OK) {
    } else if (strcmp(day.state, "closed") == 0) {
        int64_t closed = 0;
        sqlite3_stmt *q = NULL;
        if (sqlite3_prepare_v2(b->ledger->db, "SELECT count(*) FROM day", -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
            closed = sqlite3_column_int64(q, 0);
        sqlite3_finalize(q);
        if (closed > c->closed) { /* seen for the first time */
            run_now->days += closed - c->closed;
            c->closed = (int)closed;
            c->waits = true;
        }
        open_day((int)branch);
    } else if (strcmp(day.state, "open") == 0) {
        if (sim_now() >= c->close_at_ms && !restoring((int)branch)) hears((int)branch, day_closing(b->ledger, CHIEF, &day, &err));
        else fill_vault((int)branch);
    } else if (strcmp(day.state, "closing") == 0) {
        close_day((int)branch);
    } else {
        hears((int)branch, day_close(b->ledger, two_chiefs((int)branch, "day_close"), &day, &err));
    }
    leave(old);
}
