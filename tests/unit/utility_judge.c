/* What a key's state answers to each message, cell by cell; then every order,
 * loss and repeat of one key's messages with a rival for the same bill, walked
 * over the real judge. Each rule taken away must be noticed by that walk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BILL_ONCE = 1, KEY_ONCE = 2, UNDONE_WINS = 4, VERDICT_KEPT = 8, TOMBSTONE = 16,
       UNDONE_UNCOUNTED = 32, RELAY_SILENT = 64, HARD_ONLY = 128, LATE_ANSWER_VOID = 256,
       ABANDONED_STAYS = 512 };
static unsigned rules_off;
#define JUDGE_RULE(name) (!(rules_off & (name)))
#include "utilityd/judge.c"

#define TODAY 20000
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* One customer with an older and a newer bill, and the key's row. */
struct books {
    struct judge_key key;
    struct judge_customer customer;
    struct judge_bill bill[2];
    struct judge_bill *list[2];
    struct judge_view view;
    struct judge_rules rules;
    struct judge_answer answer;
};

static void books_open(struct books *b)
{
    memset(b, 0, sizeof *b);
    strcpy(b->customer.number, "C1");
    for (int i = 0; i < 2; i++) {
        b->bill[i] = (struct judge_bill){.amount_fen = 1000, .due = TODAY - 1 + 30 * i,
                                         .first = TODAY - 20, .last = TODAY + 20,
                                         .rate_permille = 10, .resident = true};
        strcpy(b->bill[i].customer, "C1");
        strcpy(b->bill[i].number, i ? "NEW" : "OLD");
        b->list[i] = &b->bill[i];
    }
    b->view = (struct judge_view){.key = &b->key, .customer = &b->customer, .bills = b->list,
                                  .bill_count = 2};
    b->rules = (struct judge_rules){.oldest_first = true};
}

static struct judge_request pay_old(enum judge_kind kind, int64_t prepaid_fen)
{
    struct judge_request r = {.kind = kind, .amount_fen = 1010 + prepaid_fen,
                              .prepaid_fen = prepaid_fen, .part_count = 1, .taken = TODAY,
                              .business = TODAY};
    key_make(&r.key, "102", "0311-0007", 1, 7);
    strcpy(r.customer, "C1");
    strcpy(r.approval, "A00001");
    strcpy(r.parts[0].bill, "OLD");
    r.parts[0].amount_fen = 1000;
    r.parts[0].late_fen = 10;
    return r;
}

static const char *ask(struct books *b, const struct judge_request *r)
{
    judge_payment(&b->rules, &b->view, r, &b->answer);
    return b->answer.code;
}

static const char *send(struct books *b, enum judge_kind kind)
{
    struct judge_request r = pay_old(kind, 0);
    return ask(b, &r);
}

/* Brings a new key into a state by the messages that lead there. */
static void bring(struct books *b, enum key_state state)
{
    books_open(b);
    if (state == KEY_DECLINED) {
        b->bill[0].last = TODAY - 1;
        send(b, JUDGE_PAY);
        b->bill[0].last = TODAY + 20;
    } else if (state != KEY_UNKNOWN && state != KEY_TOMBSTONE) {
        send(b, JUDGE_PAY);
    }
    if (state == KEY_TOMBSTONE || state == KEY_UNDONE)
        send(b, JUDGE_UNDO);
    if (state == KEY_REVERSED)
        send(b, JUDGE_REVERSE);
    assert_int_equal(b->key.state, state);
}

static void every_cell_of_the_state_table(void **unused)
{
    static const struct { const char *code; enum key_state then; } cells[6][4] = {
        {{"00", KEY_POSTED}, {"00", KEY_POSTED}, {"25", KEY_UNKNOWN}, {"00", KEY_TOMBSTONE}},
        {{"77", KEY_DECLINED}, {"00", KEY_POSTED}, {"25", KEY_DECLINED}, {"00", KEY_TOMBSTONE}},
        {{"00", KEY_POSTED}, {"00", KEY_POSTED}, {"00", KEY_REVERSED}, {"00", KEY_UNDONE}},
        {{"12", KEY_TOMBSTONE}, {"00", KEY_TOMBSTONE}, {"00", KEY_TOMBSTONE}, {"00", KEY_TOMBSTONE}},
        {{"12", KEY_UNDONE}, {"00", KEY_UNDONE}, {"00", KEY_UNDONE}, {"00", KEY_UNDONE}},
        {{"12", KEY_REVERSED}, {"00", KEY_REVERSED}, {"00", KEY_REVERSED}, {"00", KEY_REVERSED}},
    };
    for (int state = 0; state < 6; state++)
        for (int kind = 0; kind < 4; kind++) {
            struct books b;
            bring(&b, (enum key_state)state);
            assert_string_equal(send(&b, (enum judge_kind)kind), cells[state][kind].code);
            assert_int_equal(b.key.state, cells[state][kind].then);
            assert_int_equal(b.answer.undone, kind == JUDGE_ADVISE && state >= KEY_TOMBSTONE);
            bool posted = b.key.state == KEY_POSTED;
            assert_int_equal(b.bill[0].state, posted ? BILL_PAID : BILL_OPEN);
            assert_int_equal(b.customer.credit_fen, 0);
        }
}

static void a_repeat_is_answered_as_the_first_time(void **unused)
{
    struct books b;
    bring(&b, KEY_POSTED);
    struct judge_request again = pay_old(JUDGE_PAY, 0);
    strcpy(again.approval, "B00002");
    for (int i = 0; i < 1000; i++) {
        assert_string_equal(ask(&b, &again), "00");
        assert_string_equal(b.answer.approval, "A00001");
        assert_true(b.answer.repeat);
    }
    assert_int_equal(b.answer.place_count, 1);
    assert_int_equal(b.answer.places[0].amount_fen, 1010);
}

static void other_content_under_a_used_key_is_refused_in_every_state(void **unused)
{
    for (int state = KEY_DECLINED; state <= KEY_REVERSED; state++)
        for (int kind = 0; kind < 4; kind++) {
            struct books b;
            bring(&b, (enum key_state)state);
            struct judge_request other = pay_old((enum judge_kind)kind, 0);
            other.content[0] = other.origin[0] = 1;
            assert_string_equal(ask(&b, &other), "94");
            assert_true(b.answer.audit);
            assert_int_equal(b.key.state, state);
        }
}

static void on_line_refusals(void **unused)
{
    struct books b;
    struct judge_request r;
#define REFUSED(code_, act)                           \
    do {                                              \
        books_open(&b);                               \
        r = pay_old(JUDGE_PAY, 0);                    \
        act;                                          \
        assert_string_equal(ask(&b, &r), code_);      \
        assert_int_equal(b.key.state, KEY_DECLINED);  \
        assert_string_equal(ask(&b, &r), code_);      \
        assert_true(b.answer.repeat);                 \
    } while (0)
    REFUSED("13", r.amount_fen++);
    REFUSED("13", (r.part_count = 0, r.amount_fen = 0));
    REFUSED("13", (r.part_count = 2, r.parts[1] = r.parts[0], r.amount_fen *= 2));
    REFUSED("13", (r.prepaid_fen = -10, r.amount_fen -= 10));
    REFUSED("14", b.view.customer = NULL);
    REFUSED("14", strcpy(r.parts[0].bill, "NONE"));
    REFUSED("14", strcpy(b.bill[0].customer, "C2"));
    REFUSED("76", b.bill[0].state = BILL_PAID);
    REFUSED("77", b.bill[0].last = TODAY - 1);
    REFUSED("77", b.bill[0].first = TODAY + 1);
    REFUSED("78", b.bill[0].amount_fen = 999);
    REFUSED("78", (r.parts[0].late_fen = 0, r.amount_fen = 1000));
    REFUSED("78", b.bill[0].state = BILL_WITHDRAWN);
    REFUSED("79", (strcpy(r.parts[0].bill, "NEW"), r.parts[0].late_fen = 0, r.amount_fen = 1000));
    REFUSED("80", b.bill[0].state = BILL_WITHHELD);
    REFUSED("98", b.view.day_closed = true);
}

static void the_window_and_the_due_day_count_both_ends(void **unused)
{
    struct books b;
    books_open(&b);
    b.bill[0].first = b.bill[0].last = TODAY;
    assert_string_equal(send(&b, JUDGE_PAY), "00");
}

static void an_older_bill_that_no_counter_may_take_does_not_block(void **unused)
{
    struct books b;
    books_open(&b);
    b.bill[0].last = TODAY - 1;
    struct judge_request r = pay_old(JUDGE_PAY, 0);
    strcpy(r.parts[0].bill, "NEW");
    r.parts[0].late_fen = 0;
    r.amount_fen = 1000;
    assert_string_equal(ask(&b, &r), "00");
}

static void an_advice_always_finds_a_home(void **unused)
{
    static const struct {
        int64_t bill_fen; enum bill_state state; day_t last; bool customer;
        int64_t bl, pp, su;
    } homes[] = {
        {1000, BILL_OPEN, TODAY, true, 1010, 0, 0},
        {900, BILL_OPEN, TODAY, true, 909, 101, 0},     /* divided: the rest is credit */
        {1001, BILL_OPEN, TODAY, true, 0, 1010, 0},     /* needs more: stays open */
        {1000, BILL_PAID, TODAY, true, 0, 1010, 0},
        {1000, BILL_WITHHELD, TODAY, true, 0, 1010, 0},
        {1000, BILL_OPEN, TODAY - 1, true, 0, 1010, 0}, /* window closed */
        {1000, BILL_PAID, TODAY, false, 0, 0, 1010},    /* no such customer */
    };
    for (size_t i = 0; i < COUNT(homes); i++) {
        struct books b;
        books_open(&b);
        b.bill[0].amount_fen = homes[i].bill_fen;
        b.bill[0].state = homes[i].state;
        b.bill[0].last = homes[i].last;
        if (!homes[i].customer)
            b.view.customer = NULL;
        assert_string_equal(send(&b, JUDGE_ADVISE), "00");
        int64_t sum[3] = {0};
        for (size_t p = 0; p < b.answer.place_count; p++)
            sum[b.answer.places[p].home] += b.answer.places[p].amount_fen;
        assert_int_equal(sum[HOME_BILL], homes[i].bl);
        assert_int_equal(sum[HOME_CREDIT], homes[i].pp);
        assert_int_equal(sum[HOME_SUSPENSE], homes[i].su);
        assert_int_equal(b.customer.credit_fen, homes[i].pp);
    }
}

static void an_advice_for_a_closed_day_is_posted_and_flagged(void **unused)
{
    struct books b;
    books_open(&b);
    b.view.day_closed = true;
    assert_string_equal(send(&b, JUDGE_ADVISE), "00");
    assert_true(b.key.flagged);
}

static void a_refused_reversal_is_remembered(void **unused)
{
    struct books b;
    bring(&b, KEY_POSTED);
    b.view.day_closed = true;
    assert_string_equal(send(&b, JUDGE_REVERSE), "98");
    b.view.day_closed = false;
    assert_string_equal(send(&b, JUDGE_REVERSE), "98");
    assert_int_equal(b.bill[0].state, BILL_PAID);
}

static void prepaid_that_is_used_up(void **unused)
{
    struct books b;
    books_open(&b);
    struct judge_request r = pay_old(JUDGE_PAY, 500);
    assert_string_equal(ask(&b, &r), "00");
    assert_int_equal(b.customer.credit_fen, 500);
    b.customer.credit_fen = 200; /* an import took 300 of it */
    r.kind = JUDGE_REVERSE;
    assert_string_equal(ask(&b, &r), "51");
    assert_int_equal(b.customer.credit_fen, 200);
    r.kind = JUDGE_UNDO;
    for (int i = 0; i < 2; i++) { /* and the repeat says the same */
        assert_string_equal(ask(&b, &r), "00");
        assert_int_equal(b.customer.credit_fen, 0);
        assert_int_equal(b.bill[0].state, BILL_OPEN);
        assert_int_equal(b.answer.place_count, 1);
        assert_int_equal(b.answer.places[0].home, HOME_SUSPENSE);
        assert_int_equal(b.answer.places[0].amount_fen, 300);
    }
}

/* --- the walk ----------------------------------------------------------------- */

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
    struct books b;
    books_open(&b);
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
        cmocka_unit_test(every_cell_of_the_state_table),
        cmocka_unit_test(a_repeat_is_answered_as_the_first_time),
        cmocka_unit_test(other_content_under_a_used_key_is_refused_in_every_state),
        cmocka_unit_test(on_line_refusals),
        cmocka_unit_test(the_window_and_the_due_day_count_both_ends),
        cmocka_unit_test(an_older_bill_that_no_counter_may_take_does_not_block),
        cmocka_unit_test(an_advice_always_finds_a_home),
        cmocka_unit_test(an_advice_for_a_closed_day_is_posted_and_flagged),
        cmocka_unit_test(a_refused_reversal_is_remembered),
        cmocka_unit_test(prepaid_that_is_used_up),
        cmocka_unit_test(every_order_loss_and_repeat_of_one_key),
        cmocka_unit_test(each_rule_taken_away_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
