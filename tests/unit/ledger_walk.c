/* Tellers, printer, link and utility do whatever comes, thousands of times, from one seed: lost,
 * late and repeated messages, restarts at any moment. After every step the books are looked at;
 * at the end everything is answered and both sides say the same.
 *
 * SEEDS=n STEPS=n in the environment make it longer; a seed that fails is named and repeats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pay.h"

#define KEYS_MAX 2000
#define AIR_MAX 200
#define BILLS 60

static struct books b;
static struct ledger_payment p;
static unsigned long long dice_state;
static unsigned long seed_now;

static unsigned dice(unsigned sides)
{
    dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (unsigned)(dice_state >> 33) % sides;
}

/* Whatever was refused was refused for a reason; only broken books end the walk. */
static enum ledger_result tried(enum ledger_result result)
{
    if (result == LEDGER_BROKEN)
        fail_msg("seed %lu: broken: %s", seed_now, ledger_broken(b.ledger));
    return result;
}

/* --- the utility: what protocol.md's table says, and no more -------------------------------------------- */

enum where { UNKNOWN, DECLINED, POSTED, BACK };
static struct { enum where state; char code[3], verdict[3]; bool elsewhere, reversed; int64_t rest_fen; int bill; } keys[KEYS_MAX];
static int bill_paid_by[BILLS]; /* index of the key; 0: open */

static int key_index(const char *ref) { return (int)strtol(ref + 2, NULL, 10); }

static void place(int k, struct ledger_answer *a, const struct ledger_payment *of)
{
    a->part_count = 1;
    snprintf(a->parts[0].part, sizeof a->parts[0].part, "%s", of->bills[0].bill);
    strcpy(a->parts[0].place, keys[k].elsewhere ? "PP" : "BL");
    a->parts[0].amount_fen = of->amount_fen;
}

static void post(int k)
{
    keys[k].state = POSTED;
    keys[k].elsewhere = bill_paid_by[keys[k].bill] != 0 || dice(20) == 0;
    if (!keys[k].elsewhere)
        bill_paid_by[keys[k].bill] = k;
}

static void take_back(int k)
{
    keys[k].state = BACK;
    if (bill_paid_by[keys[k].bill] == k)
        bill_paid_by[keys[k].bill] = 0;
}

static void judge_0200(int k, struct ledger_answer *a, const struct ledger_payment *of)
{
    if (keys[k].state == UNKNOWN && bill_paid_by[keys[k].bill] == 0 && dice(4)) {
        post(k);
        keys[k].elsewhere = false;
        bill_paid_by[keys[k].bill] = k;
    } else if (keys[k].state == UNKNOWN) {
        keys[k].state = DECLINED;
        strcpy(keys[k].code, bill_paid_by[keys[k].bill] ? "76" : "77");
    }
    strcpy(a->code, keys[k].state == POSTED ? "00" : keys[k].state == DECLINED ? keys[k].code : "12");
    if (keys[k].state == POSTED)
        place(k, a, of);
}

static void judge_0220(int k, struct ledger_answer *a, const struct ledger_payment *of)
{
    if (keys[k].state == UNKNOWN || keys[k].state == DECLINED)
        post(k);
    strcpy(a->code, "00");
    place(k, a, of);
    if (keys[k].state == BACK)
        strcpy(a->parts[0].place, "RV");
}

static void judge_0400(int k, struct ledger_answer *a)
{
    if (keys[k].state == POSTED && !keys[k].verdict[0]) {
        strcpy(keys[k].verdict, dice(5) ? "00" : dice(2) ? "51" : "98");
        if (strcmp(keys[k].verdict, "00") == 0) {
            take_back(k);
            keys[k].reversed = true;
        }
    }
    strcpy(a->code, keys[k].state == BACK ? "00" : keys[k].state == POSTED ? keys[k].verdict : "25");
}

static void judge_0420(int k, struct ledger_answer *a)
{
    if (keys[k].state == POSTED && keys[k].elsewhere && dice(2))
        keys[k].rest_fen = 1 + dice(100);
    if (keys[k].state != BACK)
        take_back(k);
    strcpy(a->code, "00");
    if (keys[k].rest_fen) {
        a->part_count = 1;
        strcpy(a->parts[0].part, "PP");
        strcpy(a->parts[0].place, "SU");
        a->parts[0].amount_fen = keys[k].rest_fen;
    }
}

/* --- the link: what is out, in any order, twice or never ---------------------------------------------------- */

struct flying { bool answer, used; char class[8]; struct key key; int64_t outbox, payment; struct ledger_answer said; };
static struct flying air[AIR_MAX];

static struct flying *room(void)
{
    for (int i = 0; i < AIR_MAX; i++)
        if (!air[i].used)
            return &air[i];
    return NULL;
}

static struct flying *any(bool answer)
{
    int start = (int)dice(AIR_MAX);
    for (int i = 0; i < AIR_MAX; i++)
        if (air[(start + i) % AIR_MAX].used && air[(start + i) % AIR_MAX].answer == answer)
            return &air[(start + i) % AIR_MAX];
    return NULL;
}

static void judge(const struct flying *f, struct ledger_answer *a)
{
    struct ledger_payment of;
    int k = key_index(f->key.ref);
    pay_fine(&b, payment_get_id(b.ledger, f->payment, &of, &b.err));
    strcpy(a->mti, f->class[0] == 'n' || f->class[2] == '2' ? (f->class[1] == '4' ? "0430" : "0230") : f->class[1] == '4' ? "0410" : "0210");
    if (f->class[0] == 'n')
        strcpy(a->code, "00");
    else if (strcmp(f->class, "0200") == 0)
        judge_0200(k, a, &of);
    else if (strcmp(f->class, "0220") == 0)
        judge_0220(k, a, &of);
    else if (strcmp(f->class, "0400") == 0)
        judge_0400(k, a);
    else
        judge_0420(k, a);
}

/* A request arrives. On its way it may be refused by the front ends, or answered by them. */
static void arrives(bool calm)
{
    static const char *const odd[] = {"68", "91", "30", "58", "94", "96"};
    struct flying *f = any(false);
    if (!f)
        return;
    unsigned luck = calm ? 50 : dice(100);
    memset(&f->said, 0, sizeof f->said);
    judge(f, &f->said);
    if (luck < 6) { /* it was judged all the same or, one time in two, will be again: 68 says nothing */
        struct ledger_answer instead = {0};
        strcpy(instead.mti, f->said.mti);
        strcpy(instead.code, odd[luck]);
        f->said = instead;
    }
    struct flying *twice = !calm && dice(100) < 8 ? room() : NULL;
    if (twice) /* the same request arrives once more, later */
        *twice = *f;
    f->answer = true;
}

static void answered(void)
{
    struct flying *f = any(true);
    bool unknown;
    if (!f)
        return;
    enum ledger_result r = tried(outbox_answer(b.ledger, &f->key, &f->said, &unknown, &p, &b.err));
    if (r != LEDGER_OK && r != LEDGER_STATE)
        fail_msg("seed %lu: an answer was taken as %s", seed_now, ledger_word(r));
    if (dice(100) >= 10) /* else it comes a second time */
        f->used = false;
}

/* What one reading of the link brought is one commit. */
static void answered_together(void)
{
    pay_fine(&b, ledger_group_begin(b.ledger, &b.err));
    for (unsigned i = dice(5); i > 0; i--)
        answered();
    pay_fine(&b, ledger_group_end(b.ledger, &b.err));
}

static void goes(void)
{
    static struct ledger_send rows[3];
    int count, i;
    tried(outbox_take(b.ledger, dice(3) == 0, rows, 1 + (int)dice(3), &count, &b.err));
    for (i = 0; i < count; i++) {
        struct flying *f = room();
        if (!f)
            return; /* lost on the way; it is asked again after the next break */
        memset(f, 0, sizeof *f);
        f->used = true;
        memcpy(f->class, rows[i].class, sizeof f->class);
        f->key = rows[i].key;
        f->outbox = rows[i].outbox;
        f->payment = rows[i].payment;
    }
}

static void lost(void)
{
    struct flying *f = any(dice(2));
    if (!f)
        return;
    tried(outbox_again(b.ledger, f->outbox, dice(3000), &b.err));
    f->used = false;
}

/* --- the counter ------------------------------------------------------------------------------------------------- */

static void takes(void)
{
    int bill = (int)dice(BILLS);
    char number[8];
    snprintf(number, sizeof number, "B%d", bill);
    struct ledger_draft d = pay_draft(dice(2) ? WANG : LI, number, 100 + dice(10000));
    d.offline = dice(4) == 0;
    if (tried(payment_record(b.ledger, &d, NULL, &p, &b.err)) != LEDGER_OK)
        return;
    int k = key_index(p.key.ref);
    if (k >= KEYS_MAX)
        fail_msg("more keys than the walk has room for");
    keys[k].bill = bill;
    if (dice(50))
        pay_fine(&b, payment_shown(b.ledger, &p.key, &b.err));
}

static bool one_payment(void)
{
    int64_t last = 0;
    int count;
    struct ledger_find newest = {.day = DAY_NONE};
    pay_fine(&b, payment_find(b.ledger, &newest, &last, 1, &count, &b.err));
    if (!count)
        return false;
    int64_t back = dice(2) ? dice(12) : dice((unsigned)last);
    return tried(payment_get_id(b.ledger, last > back ? last - back : 1, &p, &b.err)) == LEDGER_OK;
}

static void goes_back(void)
{
    struct ledger_paper papers[LEDGER_PAPERS_MAX];
    struct ledger_payment out;
    int count;
    if (!one_payment())
        return;
    pay_fine(&b, payment_papers(b.ledger, &p.key, papers, LEDGER_PAPERS_MAX, &count, &b.err));
    for (int i = 0; i < count; i++)
        papers[i].missing = dice(4) == 0;
    switch (dice(5)) {
    case 0: tried(payment_finish(b.ledger, &p.key, WANG, &out, &b.err)); break;
    case 1: tried(payment_abandon(b.ledger, &p.key, pay_two(&b, "abandon"), &out, &b.err)); break;
    case 2: tried(payment_undo(b.ledger, &p.key, papers, count, pay_two(&b, "undo"), &out, &b.err)); break;
    case 3: tried(payment_reverse(b.ledger, &p.key, papers, count, pay_two(&b, "reverse"), &out, &b.err)); break;
    default: tried(payment_ask_again(b.ledger, &p.key, &b.err)); break;
    }
}

static void hands_back(void)
{
    struct ledger_payment out;
    if (one_payment())
        tried(payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &out, &b.err));
}

static void settles(void)
{
    struct ledger_payment out;
    static const enum ledger_settle hows[] = {SETTLE_KEEP, SETTLE_SHORT_TELLER, SETTLE_SHORT_LOSS, SETTLE_SHORT_UTILITY};
    if (one_payment() && (strcmp(p.state, "excepted") == 0 || strcmp(p.state, "short") == 0))
        tried(payment_settle(b.ledger, &p.key, hows[dice(4)], pay_chief(&b, "settle"), &out, &b.err));
}

static void prints(void)
{
    struct ledger_print job;
    int64_t invoice, payment;
    char kind[8];
    const char *terminal = dice(2) ? "03" : "04";
    pay_fine(&b, invoice_next(b.ledger, terminal, &invoice, &payment, kind, &b.err));
    if (!invoice || tried(invoice_send(b.ledger, invoice, terminal, &job, &b.err)) != LEDGER_OK || dice(20) == 0)
        return; /* the counter died: nobody says anything of this job */
    enum ledger_outcome outcome = dice(3) ? OUTCOME_CONFIRMED : (enum ledger_outcome)dice(4);
    tried(invoice_result(b.ledger, invoice, job.attempt, job.number, outcome, outcome == OUTCOME_NOTHING_SENT ? 0 : 1, "", &p, &b.err));
    if (outcome == OUTCOME_CONFIRMED && dice(30) == 0)
        tried(invoice_spoil(b.ledger, invoice, job.number, pay_two(&b, "spoil"), &p, &b.err));
}

static bool waiting(enum ledger_wait kind)
{
    struct ledger_waiting rows[200];
    int64_t counts[WAIT_KINDS];
    int count, first = -1;
    pay_fine(&b, waiting_list(b.ledger, NULL, rows, 200, &count, counts, &b.err));
    for (int i = 0; i < count && first < 0; i++)
        if (rows[i].kind == kind)
            first = i;
    if (first < 0)
        return false;
    pay_fine(&b, payment_get_id(b.ledger, rows[first].payment, &p, &b.err));
    return true;
}

static bool a_person_looks(void)
{
    struct ledger_payment out;
    int released;
    if (waiting(WAIT_UNACKNOWLEDGED)) {
        if (tried(payment_cash_is(b.ledger, &p.key, dice(2), pay_two(&b, "unacknowledged_answer"), &out, &b.err)) != LEDGER_OK)
            tried(payment_cash_is(b.ledger, &p.key, true, pay_two(&b, "unacknowledged_answer"), &out, &b.err));
        return true;
    }
    if (waiting(WAIT_DOUBT) || waiting(WAIT_HANDED_OVER)) {
        pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, p.invoice.number, dice(3), true,
                                    pay_two(&b, "invoice_answer"), &out, &b.err));
        return true;
    }
    if (waiting(WAIT_PARKED)) {
        static const char *const codes[] = {"30", "58", "94", "96"};
        for (int i = 0; i < 4; i++)
            tried(outbox_release(b.ledger, 0, codes[i], ZHAO, &released, &b.err));
        return true;
    }
    return false;
}

static void link_breaks(void)
{
    pay_fine(&b, outbox_all_again(b.ledger, &b.err));
    for (int i = 0; i < AIR_MAX; i++) /* what was on its way may still arrive, or not */
        if (dice(2))
            air[i].used = false;
}

static void restarts(void)
{
    pay_again(&b, NULL);
    if (dice(2))
        link_breaks();
}

/* --- a walk ---------------------------------------------------------------------------------------------------------- */

static void (*const acts[])(void) = {
    takes, takes, takes, takes, takes, takes, goes, goes, goes, goes, goes, answered, answered, answered, answered_together, answered_together,
    prints, prints, prints, goes_back, goes_back, hands_back, hands_back, settles, lost, NULL, NULL, NULL, NULL, NULL, NULL,
};
#define ACTS (sizeof acts / sizeof *acts)

static void step(void)
{
    unsigned act = dice(ACTS * 4);
    b.now_ms += dice(800);
    if (act / 4 < ACTS && acts[act / 4])
        acts[act / 4]();
    else if (dice(200) == 0)
        restarts();
    else if (dice(100) == 0)
        link_breaks();
    else if (dice(3) == 0)
        a_person_looks();
    else
        arrives(false);
}

static void looked_at(bool deep)
{
    char text[700];
    int broken = ledger_verify(b.ledger, deep, NULL, NULL, &b.err);
    if (broken < 0)
        fail_msg("seed %lu: %s", seed_now, error_text(&b.err, text, sizeof text));
    if (broken)
        pay_verify(&b);
}

/* Everybody answers everything, until nothing is open. */
static void calm_down(void)
{
    for (int i = 0; i < AIR_MAX; i++)
        air[i].used = false;
    pay_fine(&b, outbox_all_again(b.ledger, &b.err));
    for (int i = 0; i < 20000 && (outbox_open(b.ledger, NULL) > 0 || pay_waits(&b, WAIT_UNACKNOWLEDGED) > 0 || a_person_looks()); i++) {
        b.now_ms += 2000;
        while (a_person_looks())
            ;
        goes();
        arrives(true);
        answered();
        prints();
    }
    assert_int_equal(outbox_open(b.ledger, NULL), 0);
}

static const char *expected(int k, const struct ledger_payment *of)
{
    switch (keys[k].state) {
    case POSTED: return keys[k].elsewhere ? "excepted" : "posted";
    case DECLINED: return "declined";
    case BACK: return keys[k].reversed ? "reversed" : of->rest_fen ? "short" : "undone";
    default: return "nothing at all";
    }
}

/* Both sides say the same of every key, and a bill is paid once. */
static void both_agree(void)
{
    struct ledger_identity us;
    int64_t last = 0;
    int count;
    struct ledger_find newest = {.day = DAY_NONE};
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    if (us.alarm[0])
        fail_msg("seed %lu: a false alarm: %s", seed_now, us.alarm);
    pay_fine(&b, payment_find(b.ledger, &newest, &last, 1, &count, &b.err));
    for (int64_t id = 1; id <= last; id++) {
        pay_fine(&b, payment_get_id(b.ledger, id, &p, &b.err));
        int k = key_index(p.key.ref);
        bool settled = strcmp(p.state, "settled") == 0 && (keys[k].elsewhere || keys[k].rest_fen);
        if (!settled && strcmp(p.state, expected(k, &p)) != 0)
            fail_msg("seed %lu: %s is %s here, %s there", seed_now, p.key.ref, p.state, expected(k, &p));
        if (p.rest_fen != keys[k].rest_fen)
            fail_msg("seed %lu: %s has another rest", seed_now, p.key.ref);
    }
}

static void walk(unsigned long seed, int steps)
{
    seed_now = seed;
    dice_state = seed * 2654435761u + 1;
    memset(keys, 0, sizeof keys);
    memset(bill_paid_by, 0, sizeof bill_paid_by);
    memset(air, 0, sizeof air);
    pay_start(&b);
    b.rules.offline_day_count = 10000;
    b.rules.offline_day_fen = INT64_C(100000000);
    pay_again(&b, NULL);
    for (int i = 0; i < steps; i++) {
        step();
        looked_at(i % 100 == 99);
    }
    calm_down();
    looked_at(true);
    both_agree();
    pay_again(&b, NULL);
    looked_at(true);
    books_end(&b);
}

static int setting(const char *name, int preset)
{
    const char *text = getenv(name);
    return text ? atoi(text) : preset;
}

static void whatever_comes_nothing_is_lost_and_nothing_happens_twice(void **unused)
{
    int seeds = setting("SEEDS", 6), steps = setting("STEPS", 500), first = setting("SEED", 1);
    for (int i = 0; i < seeds; i++)
        walk((unsigned long)(first + i), steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_comes_nothing_is_lost_and_nothing_happens_twice)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
