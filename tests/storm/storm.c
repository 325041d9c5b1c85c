/* One seed from its beginning to its end: the day with its troubles, the calm after it, the judgement. */
#include <stdio.h>
#include <string.h>

#include "ledger/inside.h"
#include "lib/disk.h"
#include "storm/people.h"

#define STORM_MS (25 * 60000)    /* at most, then the faults end */
#define CALM_MS (40 * 60000)     /* by then everything must have been answered */
#define NIGHT_MS (20 * 3600000)

extern struct node utility_node, bank_nodes[BANKS];
static struct error err;

static void rule(void *ctx, int number, const char *name, const char *example)
{
    broken("broken", "%s: invariant %d, %s: %s", ((struct node *)ctx)->name, number, name, example);
}

static void verify(int branch, bool deep)
{
    struct branch_node *b = &branches[branch];
    if (!b->ledger || ledger_broken(b->ledger)[0] || node_off(&b->node)) return;
    struct node *old = enter(&b->node);
    ledger_verify(b->ledger, deep, rule, &b->node, &err);
    leave(old);
}

/* --- what goes wrong ------------------------------------------------------------------------ */

static int64_t soon(void) { return 200 + (int64_t)dice(DICE_FAULT, 6000); }

static void disk_trouble(struct node *node)
{
    enum disk_fault kind = (enum disk_fault)(1 + dice(DICE_FAULT, 3));
    if (node->disk && node->up) disk_fault_at(node->disk, 1 + (long)dice(DICE_FAULT, 80), kind, kind == DISK_BROKEN && one_in(DICE_FAULT, 2));
}

static void trouble(void *ctx, long arg)
{
    struct branch_node *b = &branches[dice(DICE_FAULT, (unsigned)world.branch_count)];
    at_ms(700 + (int64_t)dice(DICE_FAULT, 2500), NULL, trouble, NULL, 0);
    if (sim_calm) return;
    if (fault(60, "branchd is killed")) node_die(&b->node, false, soon());
    if (fault(70, "a branch's power fails")) node_die(&b->node, true, soon());
    if (fault(50, "a branch's disk will fail")) disk_trouble(&b->node);
    if (fault(40, "a branch's memory will end")) memory_short_at(&b->node, 1 + (long)dice(DICE_FAULT, 1 + dice(DICE_FAULT, 3000)));
    if (fault(120, "the utility's memory will end")) memory_short_at(&utility_node, 1 + (long)dice(DICE_FAULT, 3000));
    if (fault(90, "the bank's relay is killed")) node_die(&bank_nodes[b->index], one_in(DICE_FAULT, 2), soon());
    if (fault(90, "the utility is killed")) node_die(&utility_node, one_in(DICE_FAULT, 2), soon());
    if (fault(90, "the utility's disk will fail")) disk_trouble(&utility_node);
    if (fault(120, "the line is down for long")) node_die(&bank_nodes[b->index], true, 20000 + (int64_t)dice(DICE_FAULT, 60000));
    if (fault(9, "a connection has trouble")) net_trouble();
    for (int i = 0; i < 3; i++)
        if (fault(12, "an old request")) net_ghost();
    if (fault(300, "a branch's clock is moved")) b->node.skew_ms = (int64_t)dice(DICE_FAULT, 600000) - 300000;
    if (one_in(DICE_FAULT, 20)) restore_backup(b->index);
    if (one_in(DICE_FAULT, 120)) restore_lose_disk(b->index);
    if (one_in(DICE_FAULT, 12)) verify(b->index, false);
}

/* --- when is it over ----------------------------------------------------------------------------- */

static bool all_wait(void)
{
    for (int i = 0; i < world.branch_count; i++)
        if (!chief_waits(i)) return false;
    return true;
}

/* What a day's agreement waits for, when a story is told. */
static void tell_differences(int branch)
{
    struct ledger_difference rows[8];
    day_t open[4];
    int days = 0, count = 0;
    if (!branches[branch].ledger || agreement_open(branches[branch].ledger, open, 4, &days, &err) != LEDGER_OK) return;
    for (int i = 0; i < days && i < 4; i++)
        for (int k = 0; differences_list(branches[branch].ledger, open[i], rows, 8, &count, &err) == LEDGER_OK && k < count; k++)
            say("%s differs (%s): %lld fen here, %lld there: %s", rows[k].key.ref, rows[k].kind, (long long)rows[k].ours_fen, (long long)rows[k].theirs_fen, rows[k].words);
}

static bool branch_quiet(int branch, char *why, size_t size)
{
    struct ledger_waiting rows[1];
    int64_t counts[WAIT_KINDS];
    int count;
    struct ledger *ledger = branches[branch].ledger;
    snprintf(why, size, "branch %d is down, or its days are not closed and agreed", branch + 1);
    if (!ledger || !chief_done(branch)) return false;
    int64_t open = outbox_open(ledger, NULL);
    snprintf(why, size, "branch %d: %lld messages wait", branch + 1, (long long)open);
    if (open != 0 || waiting_list(ledger, NULL, rows, 1, &count, counts, &err) != LEDGER_OK) return false;
    for (int kind = 0; kind < WAIT_KINDS; kind++) {
        bool may_stay = kind == WAIT_DECLINED || kind == WAIT_GIVE_BACK; /* a customer who has gone is carried over */
        snprintf(why, size, "branch %d: %lld %s wait for a person", branch + 1, (long long)counts[kind], wait_word((enum ledger_wait)kind));
        if (counts[kind] && !may_stay) return false;
    }
    for (int i = 0; i < TELLERS; i++)
        if (people[branch][i].visit >= 0 || people[branch][i].open) return false;
    for (int i = 0; i < world.visit_count; i++)
        if (world.visits[i].branch == branch && world.visits[i].handing) return false;
    return true;
}

static bool quiet(void)
{
    char why[160];
    for (int i = 0; i < world.branch_count; i++)
        if (!branch_quiet(i, why, sizeof why)) return false;
    return true;
}

/* Looking costs: every few seconds is enough. */
static bool quiet_now;
static void look(void *ctx, long arg)
{
    quiet_now = quiet();
    at_ms(3000, NULL, look, NULL, 0);
}
static bool is_quiet(void) { return quiet_now; }

/* --- a run ------------------------------------------------------------------------------------------ */

static void staff(int branch, int day_quota)
{
    static const struct { const char *number, *terminal, *till; } who[TELLERS] = {{"0712", "03", "07"}, {"0713", "04", "08"}};
    for (int i = 0; i < TELLERS; i++) {
        struct teller *t = &people[branch][i];
        memset(t, 0, sizeof *t);
        t->branch = branch;
        t->index = i;
        t->visit = -1;
        t->quota = day_quota;
        snprintf(t->number, sizeof t->number, "%s", who[i].number);
        snprintf(t->terminal, sizeof t->terminal, "%s", who[i].terminal);
        snprintf(t->till, sizeof t->till, "%s", who[i].till);
        at_ms(3000 + (int64_t)dice(DICE_PEOPLE, 3000), NULL, teller_step, t, 0);
    }
    at_ms(1000, NULL, chief_step, NULL, branch);
}

static void calm(void)
{
    char why[160] = "";
    sim_calm = true;
    memory_short_at(NULL, 0);
    say("---- the storm is over");
    for (int i = 0; node_at(i); i++) {
        if (node_at(i)->disk) disk_fault_at(node_at(i)->disk, 0, DISK_FINE, false);
        node_at(i)->skew_ms = 0;
        node_start(node_at(i));
    }
    quiet_now = false;
    at_ms(1000, NULL, look, NULL, 0);
    int64_t until = sim_now() + CALM_MS;
    while (!quiet_now && sim_now() < until) {
        sim_run(sim_now() + 60000, is_quiet);
        for (int i = 0; all_wait() && i < world.branch_count; i++)
            chief_morning(i);
    }
    for (int i = 0; !quiet_now && i < world.branch_count; i++)
        if (!branch_quiet(i, why, sizeof why)) tell_differences(i), broken("broken", "it never ends: %s", why);
    for (int i = 0; i < world.branch_count; i++)
        verify(i, true);
    checker_end();
}

static void day_and_night(int days)
{
    int64_t until = sim_now() + STORM_MS * days;
    for (int day = 1; day <= days; day++) {
        sim_run(until, all_wait);
        if (day == days || !all_wait()) break;
        sim_night(NIGHT_MS);
        say("---- morning");
        for (int i = 0; i < world.branch_count; i++) {
            chief_morning(i);
            for (int t = 0; t < TELLERS; t++)
                people[i][t].served = 0;
        }
    }
}

static void whole(struct run *run)
{
    memset(&world, 0, sizeof world);
    world.branch_count = one_in(DICE_SETUP, 3) ? 2 : 1;
    world.moves = one_in(DICE_SETUP, 3);
    int days = one_in(DICE_SETUP, 6) ? 2 : 1, quota = 4 + (int)dice(DICE_SETUP, 8);
    if (run->customers_max && quota > run->customers_max) quota = (int)run->customers_max;
    nodes_reset(world.branch_count);
    for (int i = 0; node_at(i); i++)
        node_start(node_at(i));
    for (int i = 0; i < world.branch_count; i++) {
        restore_reset(i);
        chief_reset(i, days, 60000 + (int64_t)dice(DICE_SETUP, 120000));
        staff(i, quota);
    }
    at_ms(5000, NULL, trouble, NULL, 0);
    day_and_night(days);
    calm();
}

static void put_away(void)
{
    checker_close();
    for (int i = 0; node_at(i); i++) {
        sim_calm = true;
        node_die(node_at(i), false, -1);
    }
    sim_end();
}

void storm_run(struct run *run)
{
    nodes_prepare();
    sim_begin(run);
    if (setjmp(run->out) == 0) whole(run);
    enter(NULL);
    if (setjmp(run->out) == 0) put_away();
}
