/* A branch's machine loses its disk. What stands up again is the last backup: the programs' own restore,
 * new epoch and fetch of what the utility knows, and two supervisors who say of each payment where its
 * cash is and which number it has on paper. They know it: the drawers and the paper are in front of them. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/inside.h"
#include "ledger/restored.h"
#include "lib/disk.h"
#include "storm/people.h"

#define ROWS_MAX 40

static struct error err;
static struct tape { struct disk *disk; char path[112]; bool written; } tapes[BRANCHES];

static struct ledger *ledger_of(int branch) { return branches[branch].ledger; }
static const struct ledger_two *two_chiefs(int branch, const char *act) { return word_of(&people[branch][0], "0101", "01", act, "0102"); }

/* --- the backup, on a disk of its own ------------------------------------------------------ */

void restore_reset(int branch)
{
    struct tape *tape = &tapes[branch];
    char folder[96];
    snprintf(folder, sizeof folder, "%s/t%d-", storm_folder, branch);
    snprintf(tape->path, sizeof tape->path, "%sbackup.db", folder);
    disk_free(tape->disk);
    tape->disk = disk_new(folder);
    tape->written = false;
}

void restore_backup(int branch)
{
    struct branch_node *b = &branches[branch];
    struct tape *tape = &tapes[branch];
    if (!b->ledger || node_off(&b->node) || ledger_broken(b->ledger)[0]) return;
    struct node *old = enter(&b->node);
    restore_reset(branch); /* the one before is written over */
    unlink(tape->path);
    tape->written = ledger_backup(b->ledger, tape->path, &err) == 0;
    say("%s", tape->written ? "is backed up" : err.why);
    leave(old);
}

/* --- the loss ---------------------------------------------------------------------------------- */

/* What only the lost disk knew: which key a payment got of which nobody heard. The judge wants to know. */
static void note_lost_keys(int branch)
{
    for (int i = 0; i < world.visit_count; i++) {
        struct visit *v = &world.visits[i];
        sqlite3_stmt *q = NULL;
        if (v->branch != branch) continue;
        if (sqlite3_prepare_v2(ledger_of(branch)->db, "SELECT ref FROM payment WHERE token = ?1", -1, &q, NULL) == SQLITE_OK) {
            sqlite3_bind_text(q, 1, v->token, -1, SQLITE_STATIC);
            if (sqlite3_step(q) == SQLITE_ROW && !v->ref[0]) snprintf(v->lost_ref, sizeof v->lost_ref, "%s", (const char *)sqlite3_column_text(q, 0));
        }
        sqlite3_finalize(q);
    }
}

static void restored(void *ctx, long branch)
{
    struct branch_node *b = &branches[branch];
    struct ledger_till till;
    node_start(&b->node);
    if (!b->ledger) return;
    struct node *old = enter(&b->node);
    for (int i = 0; i < TELLERS; i++) { /* each finds his drawer as the books have it */
        struct teller *t = &people[branch][i];
        t->open = till_at(b->ledger, t->terminal, &till, &err) == LEDGER_OK;
        if (t->open && !t->has_float) { /* it is closed once more: his cash comes back out of the vault */
            world.drawers[branch][i].cash_fen += t->emptied_fen;
            world.vault_fen[branch] -= t->emptied_fen;
        }
        t->has_float = t->has_float || t->open;
    }
    chief_restored((int)branch);
    leave(old);
}

void restore_lose_disk(int branch)
{
    struct branch_node *b = &branches[branch];
    struct tape *tape = &tapes[branch];
    if (world.moves || !tape->written || !b->ledger || !b->node.up || node_off(&b->node) || !fault(1, "the branch's disk is lost")) return;
    note_lost_keys(branch);
    struct node *old;
    node_die(&b->node, true, -1);
    disk_replace(b->node.disk, b->path, tape->path);
    world.restored[branch]++;
    net_drained(); /* it takes long enough until there is a new one */
    old = enter(&b->node);
    b->node.short_of_memory = false;
    memory_short_at(NULL, 0);
    if (ledger_restored(b->path, branch_outside(branch), "0101", &err) != 0) broken("broken", "the backup can't be restored: %s %s", err.where, err.why);
    say("a new disk, with the books of the last backup");
    enter(old);
    for (int i = 0; i < TELLERS; i++) {
        struct teller *t = &people[branch][i];
        t->at_printer = false;
        t->new_books = true;
        t->away_until_ms = sim_now() + 16000;
    }
    at_ms(15000 + (int64_t)dice(DICE_FAULT, 15000), NULL, restored, NULL, branch);
}

/* --- two people speak ------------------------------------------------------------------------------ */

static struct visit *payer_of(int branch, const char *ref)
{
    for (int i = 0; i < world.visit_count; i++) {
        struct visit *v = &world.visits[i];
        if (v->branch == branch && (strcmp(v->ref, ref) == 0 || (!v->ref[0] && strcmp(v->lost_ref, ref) == 0))) return v;
    }
    return NULL;
}

/* The sheet that the customer has, if it is whole and none of the void ones. */
static struct sheet *paper_of(int branch, const char *ref)
{
    struct sheet *found = NULL;
    for (int i = 0; i < world.sheet_count; i++)
        if (world.sheets[i].branch == branch && strcmp(world.sheets[i].ref, ref) == 0 && world.sheets[i].whole && !world.sheets[i].void_) found = &world.sheets[i];
    return found;
}

static struct restored_word word_for(int branch, const char *ref, const struct visit *v)
{
    struct restored_word word = {.cash = v && v->till_fen != 0 ? RESTORED_IN_TILL : RESTORED_GONE, .detail = "{\"class\":\"R\"}", .name = "张建国"};
    struct sheet *sheet = paper_of(branch, ref);
    snprintf(word.key.bank, sizeof word.key.bank, "%s", branch_banks[branch]);
    snprintf(word.key.branch, sizeof word.key.branch, "%s", branch_names[branch]);
    snprintf(word.key.ref, sizeof word.key.ref, "%s", ref);
    snprintf(word.till, sizeof word.till, "%s", people[branch][v ? v->teller : 0].till);
    if (sheet) {
        snprintf(word.series, sizeof word.series, "%s", sheet->series);
        snprintf(word.number, sizeof word.number, "%s", sheet->number);
    }
    return word;
}

static void told(int branch, const char *what, const struct restored_word *word, enum ledger_result r)
{
    static const char *const cashes[] = {"in the drawer", "not there"};
    say("of %s two people say: its cash is %s, its paper %s: %s%s%s", word->key.ref, cashes[word->cash], word->number[0] ? word->number : "none", what,
        r == LEDGER_OK ? "" : ", but ", r == LEDGER_OK ? "" : err.why);
    if (r == LEDGER_NUMBER && paper_of(branch, word->key.ref)) paper_of(branch, word->key.ref)->void_ = true; /* they look again: it lies among the void ones */
    if (r == LEDGER_BOOK) load_old_book(branch, word->number);
    chief_hears(branch, r, &err);
}

/* One of those that are open; false: none is left. */
static bool speaks(int branch)
{
    static struct restored_row rows[ROWS_MAX];
    static struct ledger_payment p;
    int count = 0;
    if (restored_list(ledger_of(branch), "", rows, ROWS_MAX, &count, &err) != LEDGER_OK) return true;
    if (count == 0) return false;
    const struct restored_row *row = &rows[dice(DICE_PEOPLE, (unsigned)count)];
    struct restored_word word = word_for(branch, row->theirs.ref, payer_of(branch, row->theirs.ref));
    enum ledger_result r = restored_answer(ledger_of(branch), &word, two_chiefs(branch, "restore_answer"), &p, &err);
    const struct visit *v = payer_of(branch, row->theirs.ref);
    if (r == LEDGER_PARAMS && !row->payment && v) /* what it paid for is on its paper alone */
        r = restored_adopt(ledger_of(branch), &word, draft_of((int)(v - world.visits)), sim_now(), two_chiefs(branch, "restore_adopt"), &p, &err);
    told(branch, row->theirs.state[0] ? row->theirs.state : "unknown there", &word, r);
    return true;
}

/* One of which the backup and the utility know nothing, and that lies in a drawer; false: there is none. */
static bool adopts(int branch)
{
    static struct ledger_payment p;
    for (int i = 0; i < world.visit_count; i++) {
        const struct visit *v = &world.visits[i];
        if (v->branch != branch || v->outcome != OUT_OK || v->till_fen == 0) continue;
        struct restored_word word = word_for(branch, v->ref, v);
        enum ledger_result r = payment_get(ledger_of(branch), &word.key, &p, &err);
        if (r == LEDGER_OK) continue;
        if (r == LEDGER_PARAMS) r = restored_adopt(ledger_of(branch), &word, draft_of(i), sim_now(), two_chiefs(branch, "restore_adopt"), &p, &err);
        told(branch, "unknown to all but its paper", &word, r);
        return true;
    }
    return false;
}

/* One that is at rest in both books, and whose paper is another than they say: its notices were lost with the disk. */
static bool corrects(int branch)
{
    static struct ledger_payment p;
    for (int i = 0; i < world.visit_count; i++) {
        const struct visit *v = &world.visits[i];
        struct sheet *sheet = v->branch == branch && v->ref[0] ? paper_of(branch, v->ref) : NULL;
        if (!sheet) continue;
        struct restored_word word = word_for(branch, v->ref, v);
        if (payment_get(ledger_of(branch), &word.key, &p, &err) != LEDGER_OK) continue;
        bool stands = strcmp(p.state, "posted") == 0 || strcmp(p.state, "excepted") == 0;
        if (!stands || p.held || strcmp(p.invoice.number, sheet->number) == 0) continue;
        told(branch, "its paper is another than the books say", &word, restored_answer(ledger_of(branch), &word, two_chiefs(branch, "restore_answer"), &p, &err));
        return true;
    }
    return false;
}

bool restore_step(int branch)
{
    struct restored_state state;
    if (restored_state(ledger_of(branch), &state, &err) != LEDGER_OK) return true;
    if (state.stage != RESTORED_WORK) return false; /* the daemon fetches by itself */
    if (one_in(DICE_PEOPLE, 4)) return false;       /* the day goes on beside it: drawers are opened, a day closed */
    if (speaks(branch) || adopts(branch) || corrects(branch)) return true;
    enum ledger_result r = restored_done(ledger_of(branch), two_chiefs(branch, "restore_done"), &err);
    say("two people say that all is said: %s", r == LEDGER_OK ? "money is taken again" : err.why);
    chief_hears(branch, r, &err);
    return true;
}
