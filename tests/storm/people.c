/* Tellers, customers, supervisors, printers. They err, they lose their screens, they ask twice;
 * about cash and paper they say what is so. */
#include "storm/people.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "ledger/inside.h"
#include "lib/disk.h"
#include "storm/nodes.h"
#include "wire/bill.h"

#define CHIEF "0101"
#define SECOND "0102"

struct world world;
struct teller people[BRANCHES][TELLERS];
static struct error err;
static struct ledger_payment p;   /* the one in hand */
static struct ledger_two word;
static struct { struct ledger_draft draft; } drafts[VISITS_MAX];
static char word_token[LEDGER_TOKEN_SIZE];

/* --- a call of the counter's -------------------------------------------------------------- */

enum heard hear(struct teller *t, enum ledger_result result)
{
    struct branch_node *b = &branches[t->branch];
    if (result == LEDGER_BROKEN || node_off(&b->node)) {
        if (!node_struck(&b->node)) broken("broken", "on a disk that works: %s", ledger_broken(b->ledger));
        b->node.fails = true;
        return HEARD_NOTHING;
    }
    if (fault(120, "a counter is killed before it shows what was done")) {
        t->away_until_ms = sim_now() + 1500 + (int64_t)dice(DICE_PEOPLE, 8000);
        counter_gone(t);
        return HEARD_NOTHING;
    }
    return result == LEDGER_OK ? HEARD_OK : HEARD_NO;
}

static struct ledger *ledger_of(const struct teller *t) { return branches[t->branch].ledger; }

const struct ledger_two *word_of(struct teller *t, const char *maker, const char *terminal, const char *act, const char *checker)
{
    memset(&word, 0, sizeof word);
    snprintf(word.maker, sizeof word.maker, "%s", maker);
    snprintf(word.terminal, sizeof word.terminal, "%s", terminal);
    word.act = act;
    memset(word.params, act[0], sizeof word.params);
    enum ledger_result r = checker ? approval_make(ledger_of(t), checker, maker, terminal, act, word.params, word_token, &err) : LEDGER_STATE;
    if (r == LEDGER_OK) word.token = word_token;
    if (r == LEDGER_PARAMS) broken("broken", "people know no act %s", act);
    return &word;
}

static const struct ledger_two *alone(struct teller *t, const char *act) { return word_of(t, t->number, t->terminal, act, NULL); }
static const struct ledger_two *both(struct teller *t, const char *act) { return word_of(t, t->number, t->terminal, act, CHIEF); }

const struct ledger_payment *payment_read(void) { return &p; }
const struct ledger_draft *draft_of(int visit) { return &drafts[visit].draft; }

static bool is(const struct ledger_payment *of, const char *state) { return strcmp(of->state, state) == 0; }

struct visit *visit_of(int branch, const char *ref)
{
    for (int i = 0; i < world.visit_count; i++)
        if (world.visits[i].branch == branch && strcmp(world.visits[i].ref, ref) == 0) return &world.visits[i];
    return NULL;
}

static void to_drawer(struct teller *t, struct visit *v, int64_t fen)
{
    world.drawers[t->branch][t->index].cash_fen += fen;
    v->till_fen += fen;
}

/* Wrong change, once in a while. */
static void miscount(struct teller *t)
{
    if (!one_in(DICE_PEOPLE, 25)) return;
    int64_t fen = (int64_t)dice(DICE_PEOPLE, 200) - 100;
    world.drawers[t->branch][t->index].cash_fen += fen;
    world.drawers[t->branch][t->index].error_fen += fen;
    say("%s gives the wrong change: %+lld fen", t->number, (long long)fen);
}

/* --- taking money ------------------------------------------------------------------------------ */

static void bills_of(const struct world_customer *c, struct ledger_draft *d)
{
    struct fee_rules rules = {.next_year_permille = 3};
    day_t today = (day_t)((sim_now() + 28800000) / 86400000);
    int from = one_in(DICE_PEOPLE, 12) ? (int)dice(DICE_PEOPLE, (unsigned)c->count) : 0, upto = 1 + (int)dice(DICE_PEOPLE, (unsigned)c->count);
    for (int i = from; i < upto && i < c->count; i++) {
        struct ledger_bill *bill = &d->bills[d->bill_count++];
        struct fee_facts facts = {.resident = c->bills[i].resident, .due = c->bills[i].due, .rate_permille = c->bills[i].rate_permille,
                                  .unpaid_fen = c->bills[i].amount_fen};
        struct late_fee fee = {0};
        memcpy(bill->bill, c->bills[i].number, sizeof bill->bill);
        memcpy(bill->period, c->bills[i].period, sizeof bill->period);
        bill->amount_fen = c->bills[i].amount_fen;
        late_fee(&facts, today, &rules, &fee);
        bill->late_fee_fen = fee.fee_fen + (one_in(DICE_PEOPLE, 40) ? 1 : 0); /* the copy is old */
    }
}

static enum ledger_result enter_draft(struct teller *t, struct ledger_payment *out)
{
    switch (world.visits[t->visit].kind) {
    case REFUNDED: return payment_refund(ledger_of(t), &t->draft, &t->source, both(t, "refund"), out, &err);
    case TRANSFERRED: return payment_transfer(ledger_of(t), &t->draft, &t->source, both(t, "transfer"), out, &err);
    default: return payment_record(ledger_of(t), &t->draft, NULL, out, &err);
    }
}

/* Retried with the same token, as by a second Enter. */
static void press_enter(struct teller *t)
{
    static const char *const whats[] = {"recorded", "to be given back out of credit:", "moved to another customer:"};
    struct visit *v = &world.visits[t->visit];
    t->life = branches[t->branch].node.life;
    enum ledger_result r = enter_draft(t, &p);
    bool same = r == LEDGER_OK;
    char ref[13] = "";
    if (same) memcpy(ref, p.key.ref, sizeof ref);
    switch (hear(t, r)) {
    case HEARD_OK:
        v->outcome = OUT_OK;
        memcpy(v->ref, ref, sizeof v->ref);
        say("%s: %s %s, %lld fen of %s%s", t->number, whats[v->kind], ref, (long long)v->amount_fen, v->customer, t->draft.offline ? ", without the link" : "");
        break;
    case HEARD_NO:
        v->outcome = OUT_FAILED;
        say("%s: not recorded: %s", t->number, err.why);
        t->visit = -1;
        return;
    default:
        v->outcome = OUT_UNKNOWN;
        say("%s: Enter, and no word", t->number);
        return;
    }
    if (one_in(DICE_PEOPLE, 10)) { /* Enter twice */
        struct ledger_payment second;
        r = enter_draft(t, &second);
        if (r == LEDGER_OK && strcmp(second.key.ref, ref) != 0) broken("twice", "a second Enter made %s of %s", second.key.ref, ref);
        if (hear(t, r) == HEARD_NOTHING) return;
    }
    if (v->kind == PAYS) {
        to_drawer(t, v, v->amount_fen);
        miscount(t);
    }
    if (v->kind == PAYS && !one_in(DICE_PEOPLE, 30)) hear(t, payment_shown(ledger_of(t), &p.key, &err));
    t->visit = -1;
    run_now->payments++;
    struct key key = p.key;
    if (t->draft.offline && one_in(DICE_PEOPLE, 4)) /* he has thought better of it */
        hear(t, payment_undo(ledger_of(t), &key, NULL, 0, both(t, "undo"), &p, &err));
}

static void serve(struct teller *t)
{
    struct ledger_draft *d = &t->draft;
    if (world.visit_count == VISITS_MAX) return;
    const struct world_customer *c = &customers[dice(DICE_PEOPLE, CUSTOMERS)];
    struct visit *v = &world.visits[world.visit_count];
    memset(d, 0, sizeof *d);
    d->proc = 500000;
    memcpy(d->customer, c->number, sizeof d->customer);
    snprintf(d->name, sizeof d->name, "张建国");
    snprintf(d->operator_number, sizeof d->operator_number, "%s", t->number);
    snprintf(d->terminal, sizeof d->terminal, "%s", t->terminal);
    snprintf(d->token, sizeof d->token, "%016lx%08x%08x", run_now->seed, (unsigned)world.visit_count, (unsigned)t->branch);
    if (!one_in(DICE_PEOPLE, 15)) bills_of(c, d);
    int64_t sum = 0;
    for (int i = 0; i < d->bill_count; i++)
        sum += d->bills[i].amount_fen + d->bills[i].late_fee_fen;
    if (sum == 0 || one_in(DICE_PEOPLE, 6)) d->prepaid_fen = 1 + (int64_t)dice(DICE_PEOPLE, 20000);
    sum += d->prepaid_fen;
    d->offline = !branch_link_up(&branches[t->branch]);
    d->detail = "{\"class\":\"R\"}";
    d->change_fen = (int64_t)dice(DICE_PEOPLE, 5000);
    d->tendered_fen = sum + d->change_fen;
    *v = (struct visit){.branch = t->branch, .teller = t->index, .amount_fen = sum};
    memcpy(v->token, d->token, sizeof v->token);
    memcpy(v->customer, d->customer, sizeof v->customer);
    drafts[world.visit_count].draft = *d;
    t->visit = world.visit_count++;
    t->served++;
    press_enter(t);
}

/* No word came: the same again, or a look at the last payments. */
static void ask_what_became(struct teller *t)
{
    struct visit *v = &world.visits[t->visit];
    int64_t id = 0;
    if (one_in(DICE_PEOPLE, 3)) {
        press_enter(t);
        return;
    }
    /* what the screen lists of this customer, and the teller knows his own by the sum and the time */
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(ledger_of(t)->db, "SELECT id FROM payment WHERE token = ?1", -1, &q, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(q, 1, v->token, -1, SQLITE_STATIC);
    if (rc == SQLITE_OK && (rc = sqlite3_step(q)) == SQLITE_ROW) id = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    if ((rc != SQLITE_ROW && rc != SQLITE_DONE) || node_off(&branches[t->branch].node)) return;
    t->visit = -1;
    if (!id) {
        v->outcome = OUT_FAILED;
        say("%s: it was not recorded; the customer keeps his money", t->number);
        return;
    }
    enum ledger_result r = payment_get_id(ledger_of(t), id, &p, &err);
    if (r != LEDGER_OK) return;
    v->outcome = OUT_OK;
    memcpy(v->ref, p.key.ref, sizeof v->ref);
    run_now->payments++;
    if (v->kind != PAYS) {
        say("%s: %s was recorded", t->number, v->ref);
        return;
    }
    if (branches[t->branch].node.life != t->life && one_in(DICE_PEOPLE, 2)) { /* while it was down he has left, with his money */
        v->took_away = true;
        say("%s: %s was recorded, and the customer has left with his money", t->number, v->ref);
        return;
    }
    say("%s: %s was recorded; the money goes into the drawer", t->number, v->ref);
    to_drawer(t, v, v->amount_fen);
    if (!p.held) hear(t, payment_shown(ledger_of(t), &p.key, &err));
}

/* --- lists ------------------------------------------------------------------------------------------ */

static void gave_back(struct teller *t, struct visit *v, int64_t fen)
{
    v->handing = false;
    to_drawer(t, v, -fen);
    say("%s: %lld fen of %s go back to the customer", t->number, (long long)fen, v->ref);
}

/* The customer has his money already. */
static bool has_it(const struct visit *v) { return v->kind == PAYS ? v->took_away || v->till_fen == 0 : v->till_fen < 0; }

static void hand_back(struct teller *t)
{
    struct visit *v = visit_of(t->branch, p.key.ref);
    int64_t owed = p.owed_fen;
    struct key key = p.key;
    if (!v) return;
    v->handing = false; /* one that no word came of did not count: it still stands on the list */
    const struct ledger_two *two = is(&p, "declined") ? alone(t, "hand_back") : both(t, "hand_back");
    enum ledger_result r = payment_hand_back(ledger_of(t), &key, two, &p, &err);
    enum heard h = hear(t, r);
    if (h == HEARD_NOTHING) {
        v->handing = true;
        v->teller = t->index;
    }
    if (h != HEARD_OK) return;
    if (has_it(v)) return; /* only on paper */
    gave_back(t, v, owed);
}

/* A hand-back that no word came of: does the card say that it is handed over? */
static bool unsure_hand_back(struct teller *t)
{
    for (int i = 0; i < world.visit_count; i++) {
        struct visit *v = &world.visits[i];
        if (!v->handing || v->branch != t->branch || v->teller != t->index) continue;
        struct key key = {.bank = ""};
        snprintf(key.bank, sizeof key.bank, "%s", branch_banks[t->branch]);
        snprintf(key.branch, sizeof key.branch, "%s", branch_names[t->branch]);
        memcpy(key.ref, v->ref, sizeof key.ref);
        if (payment_get(ledger_of(t), &key, &p, &err) != LEDGER_OK) return true;
        v->handing = false;
        if (p.handed_fen > 0 && !has_it(v)) gave_back(t, v, p.handed_fen);
        return true;
    }
    return false;
}

static void no_answer(struct teller *t)
{
    struct visit *v = visit_of(t->branch, p.key.ref);
    struct key key = p.key;
    switch (dice(DICE_PEOPLE, 6)) {
    case 0: case 1: case 2: hear(t, payment_ask_again(ledger_of(t), &key, &err)); break;
    case 3: case 4:
        if (hear(t, payment_finish(ledger_of(t), &key, t->number, &p, &err)) == HEARD_OK && one_in(DICE_PEOPLE, 4))
            hear(t, payment_undo(ledger_of(t), &key, NULL, 0, both(t, "undo"), &p, &err));
        break;
    default:
        if (hear(t, payment_abandon(ledger_of(t), &key, both(t, "abandon"), &p, &err)) != HEARD_NO && v) v->back = true;
    }
}

/* What was on paper for it is handed in, or named as missing. */
static void papers_in(int branch, const struct key *key)
{
    for (int i = 0; i < world.sheet_count; i++)
        if (world.sheets[i].branch == branch && strcmp(world.sheets[i].ref, key->ref) == 0) world.sheets[i].void_ = true;
}

static void papers_of(struct teller *t, const struct key *key, struct ledger_paper *papers, int *count)
{
    if (payment_papers(ledger_of(t), key, papers, LEDGER_PAPERS_MAX, count, &err) != LEDGER_OK) *count = 0;
    for (int i = 0; i < *count; i++)
        papers[i].missing = one_in(DICE_PEOPLE, 5);
}

static void is_the_cash_in(struct teller *t)
{
    struct visit *v = visit_of(t->branch, p.key.ref);
    struct key key = p.key;
    if (!v) return; /* whoever has the customer at his desk finds out first */
    bool in = v->till_fen != 0;
    enum heard h = hear(t, payment_cash_is(ledger_of(t), &key, in, in ? alone(t, "unacknowledged_answer") : both(t, "unacknowledged_answer"), &p, &err));
    say("%s: the cash of %s is %s the drawer: %s", t->number, key.ref, in ? "in" : "not in", h == HEARD_OK ? "noted" : h == HEARD_NO ? err.why : "no word");
    if (!in && h != HEARD_NO) v->back = true;
}

static void exception(struct teller *t)
{
    struct ledger_paper papers[LEDGER_PAPERS_MAX];
    struct key key = p.key;
    int count;
    bool shorted = is(&p, "short");
    if (!shorted && !p.foreign_undo && one_in(DICE_PEOPLE, 3)) {
        papers_of(t, &key, papers, &count);
        if (hear(t, payment_reverse(ledger_of(t), &key, papers, count, both(t, "reverse"), &p, &err)) == HEARD_OK) papers_in(t->branch, &key);
        return;
    }
    static const enum ledger_settle hows[] = {SETTLE_SHORT_LOSS, SETTLE_SHORT_UTILITY};
    enum ledger_settle how = shorted ? hows[dice(DICE_PEOPLE, 2)] : p.foreign_undo ? SETTLE_GIVE_BACK : SETTLE_KEEP;
    hear(t, payment_settle(ledger_of(t), &key, how, word_of(t, CHIEF, "01", "settle", SECOND), &p, &err));
}

static void parked(struct teller *t)
{
    static const char *const codes[] = {"30", "58", "94", "96"};
    int released;
    hear(t, outbox_release(ledger_of(t), 0, codes[dice(DICE_PEOPLE, 4)], CHIEF, &released, &err));
}

static void (*const by_wait[WAIT_KINDS])(struct teller *t) = {
    [WAIT_DECLINED] = hand_back, [WAIT_NO_ANSWER] = no_answer, [WAIT_UNACKNOWLEDGED] = is_the_cash_in, [WAIT_DOUBT] = look_at_paper,
    [WAIT_HANDED_OVER] = look_at_paper, [WAIT_GIVE_BACK] = hand_back, [WAIT_EXCEPTION] = exception, [WAIT_SHORT] = exception,
    [WAIT_PARKED] = parked,
};

/* One thing of the list; false: nothing on it. */
static bool work_list(struct teller *t, bool all)
{
    struct ledger_waiting rows[40];
    int64_t counts[WAIT_KINDS];
    int count;
    if (waiting_list(ledger_of(t), all ? NULL : t->terminal, rows, 40, &count, counts, &err) != LEDGER_OK || count == 0) return false;
    int start = (int)dice(DICE_PEOPLE, (unsigned)count);
    for (int k = 0; k < count; k++) {
        const struct ledger_waiting *w = &rows[(start + k) % count];
        if (!by_wait[w->kind] || w->payment == 0) continue;
        if (payment_get_id(ledger_of(t), w->payment, &p, &err) != LEDGER_OK) return true;
        by_wait[w->kind](t);
        return true;
    }
    return false;
}

/* --- second thoughts ------------------------------------------------------------------------------------ */

/* What lies of the payment last read goes back in cash, or to a customer whose number was meant. */
static void move_money(struct teller *t)
{
    struct ledger_draft *d = &t->draft;
    bool transfer = one_in(DICE_PEOPLE, 2);
    static const char *const places[] = {"PP", "BL", "SU"};
    const char *place = places[transfer ? dice(DICE_PEOPLE, 3) : 2 * dice(DICE_PEOPLE, 2)];
    int64_t lies = payment_lies(&p, place);
    if (lies <= 0 || world.visit_count == VISITS_MAX) return;
    memset(d, 0, sizeof *d);
    d->proc = transfer ? 220000 : 200000;
    d->prepaid_fen = lies;
    snprintf(d->customer, sizeof d->customer, "%s", transfer ? customers[dice(DICE_PEOPLE, CUSTOMERS)].number : p.customer);
    snprintf(d->name, sizeof d->name, "张建国");
    snprintf(d->operator_number, sizeof d->operator_number, "%s", t->number);
    snprintf(d->terminal, sizeof d->terminal, "%s", t->terminal);
    snprintf(d->token, sizeof d->token, "%016lx%08x%08x", run_now->seed, (unsigned)world.visit_count, (unsigned)t->branch);
    d->detail = "{\"class\":\"R\"}";
    t->source = (struct ledger_source){.key = p.key};
    memcpy(t->source.place, place, sizeof t->source.place);
    struct visit *v = &world.visits[world.visit_count];
    *v = (struct visit){.branch = t->branch, .teller = t->index, .kind = transfer ? TRANSFERRED : REFUNDED, .amount_fen = lies};
    memcpy(v->token, d->token, sizeof v->token);
    memcpy(v->customer, d->customer, sizeof v->customer);
    t->visit = world.visit_count++;
    press_enter(t);
}

static void second_thoughts(struct teller *t)
{
    struct ledger_paper papers[LEDGER_PAPERS_MAX];
    struct ledger_find mine = {.operator_number = t->number, .day = DAY_NONE};
    struct ledger_print copy;
    int64_t ids[12];
    int count = 0, papers_count, reprints;
    if (payment_find(ledger_of(t), &mine, ids, 12, &count, &err) != LEDGER_OK || count == 0) return;
    if (payment_get_id(ledger_of(t), ids[dice(DICE_PEOPLE, (unsigned)count)], &p, &err) != LEDGER_OK) return;
    struct visit *v = visit_of(t->branch, p.key.ref);
    struct key key = p.key;
    if (!v) return;
    if (world.moves && one_in(DICE_PEOPLE, 2)) {
        move_money(t);
        return;
    }
    papers_of(t, &key, papers, &papers_count);
    unsigned what = is(&p, "advised") && !one_in(DICE_PEOPLE, 3) ? 0 : is(&p, "recorded") ? 4 : dice(DICE_PEOPLE, 5);
    switch (what) {
    case 0:
        if (hear(t, payment_undo(ledger_of(t), &key, papers, papers_count, both(t, "undo"), &p, &err)) == HEARD_OK) papers_in(t->branch, &key);
        break;
    case 1:
        if (hear(t, payment_reverse(ledger_of(t), &key, papers, papers_count, both(t, "reverse"), &p, &err)) == HEARD_OK) papers_in(t->branch, &key);
        break;
    case 2: spoil(t, &p); break;
    case 3: hear(t, invoice_reprint(ledger_of(t), &key, both(t, "reprint_data"), &copy, &reprints, &err)); break;
    default: hear(t, payment_abandon(ledger_of(t), &key, both(t, "abandon"), &p, &err)); break;
    }
}

/* --- the drawer's day ----------------------------------------------------------------------------------------- */

static void open_drawer(struct teller *t)
{
    struct ledger_till till;
    struct drawer *d = &world.drawers[t->branch][t->index];
    struct ledger_book book;
    enum ledger_result r = till_at(ledger_of(t), t->terminal, &till, &err);
    if (r == LEDGER_TILL && till_open(ledger_of(t), t->till, t->terminal, t->number, 50000, &till, &err) == LEDGER_OK && !node_off(&branches[t->branch].node)) r = LEDGER_OK;
    if (hear(t, r) != HEARD_OK) return;
    if (!t->has_float) d->cash_fen += till.float_fen, world.vault_fen[t->branch] -= till.float_fen;
    t->has_float = true;
    t->open = true;
    if (book_at(ledger_of(t), t->till, &book, &err) == LEDGER_BOOK || (book.next[0] == '\0')) load_book(t);
    say("%s opens drawer %s", t->number, t->till);
}

void drawer_emptied(struct teller *t)
{
    struct drawer *d = &world.drawers[t->branch][t->index];
    int64_t cash = t->emptied_fen = d->cash_fen;
    d->counted_error_fen += d->error_fen;
    world.vault_fen[t->branch] += d->cash_fen;
    d->cash_fen = d->error_fen = 0;
    t->open = t->has_float = false;
    say("drawer %s is closed, with %lld fen", t->till, (long long)cash);
}

static void close_drawer(struct teller *t)
{
    struct ledger_till till;
    struct ledger_count count;
    struct drawer *d = &world.drawers[t->branch][t->index];
    enum ledger_result r = till_at(ledger_of(t), t->terminal, &till, &err);
    if (r == LEDGER_TILL) drawer_emptied(t); /* no word had come of its closing */
    if (r != LEDGER_OK) return;
    if (strcmp(till.state, "open") == 0 || one_in(DICE_PEOPLE, 6)) {
        bool again = strcmp(till.state, "counted") == 0;
        hear(t, till_count(ledger_of(t), again ? both(t, "till_count") : alone(t, "till_count"), NULL, 0, d->cash_fen, &count, &err));
        return;
    }
    if (hear(t, till_close(ledger_of(t), alone(t, "till_close"), &till, &err)) == HEARD_OK) drawer_emptied(t);
}

static bool has_own(struct teller *t)
{
    struct ledger_waiting rows[1];
    int64_t counts[WAIT_KINDS];
    int count;
    if (waiting_list(ledger_of(t), t->terminal, rows, 1, &count, counts, &err) != LEDGER_OK) return true;
    return counts[WAIT_NO_ANSWER] + counts[WAIT_UNACKNOWLEDGED] + counts[WAIT_DOUBT] + counts[WAIT_HANDED_OVER] > 0;
}

/* False: there was nothing to do. */
static bool step(struct teller *t, const struct ledger_day *day)
{
    bool open = day && strcmp(day->state, "open") == 0, closing = day && strcmp(day->state, "closing") == 0;
    unsigned mood = dice(DICE_PEOPLE, 10);
    if (t->visit >= 0) {
        ask_what_became(t);
    } else if (unsure_hand_back(t)) {
    } else if (open && !t->open) {
        open_drawer(t);
    } else if (printing(t)) {
    } else if (mood < 4 && work_list(t, !t->open)) {
    } else if (open && t->served < t->quota && mood < 9) {
        serve(t);
    } else if (open && mood == 9) {
        second_thoughts(t);
    } else if (closing && t->open && has_own(t)) {
        work_list(t, false);
    } else if (!open && t->open) {
        close_drawer(t);
    } else {
        return work_list(t, !t->open);
    }
    return true;
}

void teller_step(void *ctx, long arg)
{
    struct teller *t = ctx;
    struct branch_node *b = &branches[t->branch];
    int64_t pause_ms = 200 + (int64_t)dice(DICE_PEOPLE, 1800);
    if (b->ledger && b->node.up && t->away_until_ms <= sim_now()) {
        struct node *old = enter(&b->node);
        struct ledger_day day;
        enum ledger_result r = day_now(b->ledger, &day, &err);
        if ((r != LEDGER_OK && r != LEDGER_DAY) || !step(t, r == LEDGER_OK ? &day : NULL)) pause_ms += 2500;
        leave(old);
    }
    at_ms(pause_ms, NULL, teller_step, t, 0);
}
