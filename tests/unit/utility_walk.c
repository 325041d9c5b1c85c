/* Every order, loss and repeat of one key's messages with a rival for the same bill, walked
 * over the real judge. Each rule taken away must be noticed by that walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/judged.h"

enum { BILL_ONCE = 1, KEY_ONCE = 2, UNDONE_WINS = 4, VERDICT_KEPT = 8, TOMBSTONE = 16,
       UNDONE_UNCOUNTED = 32, RELAY_SILENT = 64, HARD_ONLY = 128, LATE_ANSWER_VOID = 256,
       ABANDONED_STAYS = 512 };
static unsigned rules_off;
#define JUDGE_RULE(name) (!(rules_off & (name)))
#include "utilityd/judge.c"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

enum branch { IDLE, RECORDED, UNKNOWN, ADVISED, ADVICE_BACK, ABANDONING, REVERSING, POSTED,
              KEPT, DECLINED, REVERSED, UNDONE, ABANDONED };
enum { M0200, M0220, M0400, M0420, A0210OK, A0210NO, A0210ERR, A0230, A0410OK, A0410NO, A0430 };
struct state { uint16_t branch, net; uint16_t credit; uint8_t rival, late; struct judge_key key;
               enum bill_state bill; bool ours; };
#define STATES_MAX 4000
#define EDGES_MAX 32
static struct state states[STATES_MAX];
static int edges[STATES_MAX][EDGES_MAX], edge_count[STATES_MAX], state_count;

static bool same(const struct state *a, const struct state *b)
{
    return a->branch == b->branch && a->net == b->net && a->credit == b->credit &&
           a->rival == b->rival && a->bill == b->bill && a->ours == b->ours &&
           a->key.state == b->key.state && !strcmp(a->key.reversal, b->key.reversal) &&
           a->key.has_content == b->key.has_content && !strcmp(a->key.code, b->key.code) &&
           a->key.place_count == b->key.place_count &&
           (!a->key.place_count || a->key.places[0].home == b->key.places[0].home);
}

static void reach(int from, const struct state *s)
{
    int i = 0;
    while (i < state_count && !same(&states[i], s))
        i++;
    if (i == state_count) {
        assert_true(state_count < STATES_MAX);
        states[state_count++] = *s;
    }
    assert_true(edge_count[from] < EDGES_MAX);
    edges[from][edge_count[from]++] = i;
}

static void say(int from, enum branch branch, int message)
{
    struct state s = states[from];
    s.branch = branch;
    if (message >= 0)
        s.net |= (uint16_t)(1u << message);
    reach(from, &s);
}

static void deliver(int from, int message, bool closed)
{
    struct state s = states[from];
    struct judged b;
    judged_open(&b);
    b.key = s.key;
    b.customer.credit_fen = s.credit;
    b.view.bill_count = 1;
    b.view.day_closed = closed;
    struct judge_request r = pay_old((enum judge_kind)message, 0);
    b.bill[0].state = s.bill;
    if (s.ours)
        b.bill[0].paid_by = r.key;
    const char *code = ask(&b, &r);
    bool yes = !strcmp(code, "00");
    static const int answers[4][2] = {
        {A0210NO, A0210OK}, {A0230, A0230}, {A0410NO, A0410OK}, {A0430, A0430}};
    s.key = b.key;
    s.key.changed = false;
    s.credit = (uint16_t)b.customer.credit_fen;
    s.bill = b.bill[0].state;
    s.ours = s.bill == BILL_PAID && key_equal(&b.bill[0].paid_by, &r.key);
    s.net |= (uint16_t)(1u << answers[message][yes]);
    reach(from, &s);
}

/* What the branch does with an answer that has come. */
static void hear(int from)
{
    static const struct { uint16_t in; int answer; uint16_t then; unsigned rule_off; } rows[] = {
        {RECORDED, A0210OK, POSTED, 0}, {UNKNOWN, A0210OK, POSTED, 0},
        {RECORDED, A0210NO, DECLINED, 0}, {UNKNOWN, A0210NO, DECLINED, 0},
        {ADVISED, A0230, POSTED, 0}, {ADVICE_BACK, A0430, UNDONE, 0},
        {ABANDONING, A0430, ABANDONED, 0}, {REVERSING, A0410OK, REVERSED, 0},
        {REVERSING, A0410NO, KEPT, 0},
        {RECORDED, A0210ERR, DECLINED, HARD_ONLY}, {UNKNOWN, A0210ERR, DECLINED, HARD_ONLY},
        {ADVISED, A0210NO, DECLINED, LATE_ANSWER_VOID},
        {ABANDONING, A0210OK, POSTED, ABANDONED_STAYS},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (states[from].branch == rows[i].in && (states[from].net >> rows[i].answer & 1) &&
            (!rows[i].rule_off || (rules_off & rows[i].rule_off)))
            say(from, (enum branch)rows[i].then, -1);
}

static void act(int from)
{
    static const struct { uint16_t in, then; int message; } rows[] = {
        {IDLE, RECORDED, M0200}, {IDLE, ADVISED, M0220}, {RECORDED, UNKNOWN, -1},
        {UNKNOWN, RECORDED, M0200}, {UNKNOWN, ADVISED, M0220}, {UNKNOWN, ABANDONING, M0420},
        {ADVISED, ADVICE_BACK, M0420}, {POSTED, REVERSING, M0400},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (states[from].branch == rows[i].in)
            say(from, (enum branch)rows[i].then, rows[i].message);
    if (states[from].branch == RECORDED && (rules_off & RELAY_SILENT))
        say(from, RECORDED, A0210NO);
}

static void step(int from)
{
    act(from);
    hear(from);
    for (int message = M0200; message <= M0420; message++)
        if (states[from].net >> message & 1) {
            deliver(from, message, false);
            if (message == M0400)
                deliver(from, message, true);
        }
    if (states[from].net >> M0200 & 1)
        say(from, (enum branch)states[from].branch, A0210ERR); /* 96: nothing was stored */
    if (!states[from].rival && states[from].bill == BILL_OPEN) {
        struct state s = states[from];
        s.rival = 1;
        s.bill = BILL_PAID;
        s.ours = false;
        reach(from, &s);
    }
}

static bool is_final(const struct state *s)
{
    return s->branch >= POSTED;
}

/* What is wrong with a state; NULL when nothing is. */
static const char *fault(const struct state *s)
{
    bool posted = s->key.state == KEY_POSTED;
    int64_t held = s->credit + (s->ours ? 1010 : 0);
    if (held != (posted ? 1010 : 0))
        return "money posted twice, or kept for a key that is not posted";
    if (s->rival && s->ours)
        return "a bill paid twice";
    if (s->branch >= DECLINED && posted)
        return "cash back, yet posted";
    if ((s->branch == POSTED || s->branch == KEPT) && !posted)
        return "cash kept, yet nothing posted";
    if (is_final(s) && (s->branch == REVERSED) != (s->key.state == KEY_REVERSED))
        return "totals differ";
    return NULL;
}

/* A state from which no end can be reached. */
static bool limbo(void)
{
    static bool good[STATES_MAX];
    for (int i = 0; i < state_count; i++)
        good[i] = is_final(&states[i]);
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < state_count; i++)
            for (int e = 0; !good[i] && e < edge_count[i]; e++)
                if (good[edges[i][e]])
                    good[i] = more = true;
    }
    for (int i = 0; i < state_count; i++)
        if (!good[i])
            return true;
    return false;
}

static const char *walk(unsigned off)
{
    const char *found = NULL;
    rules_off = off;
    memset(edge_count, 0, sizeof edge_count);
    memset(&states[0], 0, sizeof states[0]);
    state_count = 1;
    for (int i = 0; i < state_count && !found; i++) {
        found = fault(&states[i]);
        if (!found)
            step(i);
    }
    rules_off = 0;
    return found ? found : limbo() ? "a state with no way to an end" : NULL;
}

static void every_order_loss_and_repeat_of_one_key(void **unused)
{
    const char *found = walk(0);
    print_message("# %d states walked\n", state_count);
    if (found)
        fail_msg("%s", found);
    assert_true(state_count > 300);
}

static void each_rule_taken_away_is_noticed(void **unused)
{
    for (unsigned rule = 1; rule <= ABANDONED_STAYS; rule <<= 1) {
        const char *found = walk(rule);
        print_message("# without rule %u: %s\n", rule, found ? found : "not noticed");
        assert_non_null(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_loss_and_repeat_of_one_key),
        cmocka_unit_test(each_rule_taken_away_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
