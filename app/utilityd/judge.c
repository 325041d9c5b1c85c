#include "utilityd/judge.h"

#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "utilityd/judge_move.h"

/* A test may build this file with single rules taken away, to see that its
 * checks notice. In the product the rules are constants. */
#ifndef JUDGE_RULE
#define JUDGE_RULE(name) true
#endif

const char *judge_home_name(enum judge_home home)
{
    static const char *const names[] = {"BL", "PP", "SU"};
    return names[home];
}

static void set_code(char code[3], const char *text)
{
    memcpy(code, text, 3);
}

struct judge_bill *judge_find_bill(const struct judge_view *view, const char *number)
{
    for (size_t i = 0; i < view->bill_count; i++)
        if (strcmp(view->bills[i]->number, number) == 0)
            return view->bills[i];
    return NULL;
}

static bool names_bill(const struct judge_request *request, const char *number, size_t before)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(request->parts[i].bill, number) == 0)
            return true;
    return false;
}

/* No amount below zero, no bill named twice, something is paid, and the sum is
 * DE 4. A bill of zero is paid by zero: its customer gets an invoice too. */
static bool sums_agree(const struct judge_request *request)
{
    int64_t sum = request->prepaid_fen;
    if (request->amount_fen < 0 || request->amount_fen > MONEY_MAX_FEN || sum < 0 ||
        request->part_count > JUDGE_PARTS_MAX || (request->part_count == 0 && sum == 0))
        return false;
    for (size_t i = 0; i < request->part_count; i++) {
        const struct judge_part *part = &request->parts[i];
        if (part->amount_fen < 0 || part->late_fen < 0 || names_bill(request, part->bill, i) ||
            !money_add(sum, part->amount_fen, &sum) || !money_add(sum, part->late_fen, &sum))
            return false;
    }
    return sum == request->amount_fen;
}

static bool in_window(const struct judge_bill *bill, day_t taken)
{
    return bill->first <= taken && taken <= bill->last;
}

/* A bill that a counter could take on that day. */
static bool collectable(const struct judge_bill *bill, day_t taken)
{
    return bill->state == BILL_OPEN && in_window(bill, taken);
}

static bool fee_of(const struct judge_rules *rules, const struct judge_bill *bill, day_t taken,
                   int64_t *fee_fen)
{
    struct fee_facts facts = {.resident = bill->resident, .due = bill->due,
                              .rate_permille = bill->rate_permille,
                              .unpaid_fen = bill->amount_fen};
    struct late_fee fee;
    if (!late_fee(&facts, taken, &rules->fee, &fee))
        return false;
    *fee_fen = fee.fee_fen;
    return true;
}

/* Why this part of an on-line payment can't be taken; NULL when it can. */
static const char *part_refusal(const struct judge_rules *rules, const struct judge_view *view,
                                const struct judge_request *request, size_t index)
{
    static const char *const by_state[] = {[BILL_PAID] = "76", [BILL_WITHHELD] = "80",
                                           [BILL_WITHDRAWN] = "78"};
    const struct judge_part *part = &request->parts[index];
    const struct judge_bill *bill = judge_find_bill(view, part->bill);
    if (!bill || strcmp(bill->customer, request->customer) != 0)
        return "14";
    if (bill->state != BILL_OPEN)
        return by_state[bill->state];
    if (!in_window(bill, request->taken))
        return "77";
    int64_t fee_fen;
    if (part->amount_fen != bill->amount_fen ||
        !fee_of(rules, bill, request->taken, &fee_fen) || part->late_fen != fee_fen)
        return "78";
    return NULL;
}

static bool skips_older(const struct judge_view *view, const struct judge_request *request)
{
    day_t newest = DAY_NONE;
    for (size_t i = 0; i < request->part_count; i++) {
        const struct judge_bill *bill = judge_find_bill(view, request->parts[i].bill);
        if (bill && bill->due > newest)
            newest = bill->due;
    }
    for (size_t i = 0; i < view->bill_count; i++) {
        const struct judge_bill *bill = view->bills[i];
        if (bill->due < newest && bill->amount_fen > 0 && collectable(bill, request->taken) &&
            strcmp(bill->customer, request->customer) == 0 &&
            !names_bill(request, bill->number, request->part_count))
            return true;
    }
    return false;
}

const char *judge_refusal(const struct judge_rules *rules, const struct judge_view *view,
                           const struct judge_request *request)
{
    if (!sums_agree(request))
        return "13";
    if (view->day_closed)
        return "98";
    if (!view->customer)
        return "14";
    for (size_t i = 0; i < request->part_count; i++) {
        const char *code = part_refusal(rules, view, request, i);
        if (code)
            return code;
    }
    return rules->oldest_first && skips_older(view, request) ? "79" : NULL;
}

static const char no_bill[JUDGE_BILL_SIZE];

/* --- where the money goes ---------------------------------------------------- */

static void place(const struct judge_view *view, int part, const char bill[JUDGE_BILL_SIZE],
                  enum judge_home home, int64_t amount_fen)
{
    struct judge_key *key = view->key;
    if (amount_fen == 0 && home != HOME_BILL)
        return;
    assert(key->place_count < JUDGE_PLACES_MAX);
    struct judge_place *entry = &key->places[key->place_count++];
    *entry = (struct judge_place){.part = part, .home = home, .amount_fen = amount_fen};
    memcpy(entry->bill, bill, sizeof entry->bill);
}

/* Money with no bill to go to: the customer's credit, or suspense when there is
 * no such customer or the credit can't hold it. */
static void place_credit(const struct judge_view *view, int part,
                         const char bill[JUDGE_BILL_SIZE], int64_t amount_fen)
{
    struct judge_customer *customer = view->customer;
    bool fits = customer && money_add(customer->credit_fen, amount_fen, &customer->credit_fen);
    if (fits && amount_fen != 0)
        customer->changed = true;
    place(view, part, bill, fits ? HOME_CREDIT : HOME_SUSPENSE, amount_fen);
}

static void place_part(const struct judge_rules *rules, const struct judge_view *view,
                       const struct judge_request *request, size_t index)
{
    const struct judge_part *part = &request->parts[index];
    struct judge_bill *bill = judge_find_bill(view, part->bill);
    int64_t given = part->amount_fen + part->late_fen, need = 0, fee_fen = 0;
    bool takes = bill && strcmp(bill->customer, request->customer) == 0 &&
                 (collectable(bill, request->taken) || !JUDGE_RULE(BILL_ONCE)) &&
                 fee_of(rules, bill, request->taken, &fee_fen);
    if (takes)
        need = bill->amount_fen + fee_fen;
    if (!takes || need > given) {
        place_credit(view, (int)index, part->bill, given);
        return;
    }
    bill->state = BILL_PAID;
    bill->paid_by = request->key;
    bill->changed = true;
    place(view, (int)index, part->bill, HOME_BILL, need);
    place_credit(view, (int)index, part->bill, given - need);
}

void judge_remember(const struct judge_view *view, const struct judge_request *request,
                     enum key_state state, const char *code)
{
    struct judge_key *key = view->key;
    key->key = request->key;
    key->state = state;
    key->changed = true;
    memcpy(key->origin, request->origin, sizeof key->origin);
    memcpy(key->trace, request->trace, sizeof key->trace);
    if (!key->has_content)
        key->business = request->business; /* of a tombstone too: the day's detail tells of it */
    if (request->kind == JUDGE_UNDO || request->kind == JUDGE_REVERSE)
        return;
    key->has_content = true;
    memcpy(key->content, request->content, sizeof key->content);
    memcpy(key->customer, request->customer, sizeof key->customer);
    key->proc = request->proc;
    key->amount_fen = request->amount_fen;
    key->taken = request->taken;
    key->business = request->business;
    set_code(key->code, code);
}

void judge_post(const struct judge_rules *rules, const struct judge_view *view,
                 const struct judge_request *request)
{
    judge_remember(view, request, KEY_POSTED, "00");
    memcpy(view->key->approval, request->approval, sizeof view->key->approval);
    view->key->flagged = view->day_closed || request->too_late;
    view->key->place_count = 0;
    for (size_t i = 0; i < request->part_count; i++)
        place_part(rules, view, request, i);
    place_credit(view, -1, no_bill, request->prepaid_fen);
}

/* --- and back ------------------------------------------------------------------ */

static int64_t credit_of(const struct judge_key *key)
{
    int64_t sum = 0;
    for (size_t i = 0; i < key->place_count; i++)
        if (key->places[i].home == HOME_CREDIT && key->places[i].part >= -1)
            sum += key->places[i].amount_fen;
    return sum;
}

/* Opens the bills again and takes the credit back as far as it is there. */
void judge_take_back(const struct judge_view *view)
{
    struct judge_key *key = view->key;
    for (size_t i = 0; i < key->place_count; i++) {
        struct judge_bill *bill =
            key->places[i].home == HOME_BILL && key->places[i].part >= -1
                ? judge_find_bill(view, key->places[i].bill) : NULL;
        if (!bill || bill->state != BILL_PAID || !key_equal(&bill->paid_by, &key->key))
            continue;
        bill->state = BILL_OPEN;
        memset(&bill->paid_by, 0, sizeof bill->paid_by);
        bill->changed = true;
    }
    int64_t wanted = credit_of(key), there = view->customer ? view->customer->credit_fen : 0;
    int64_t taken = wanted < there ? wanted : there;
    if (taken > 0) {
        view->customer->credit_fen -= taken;
        view->customer->changed = true;
    }
    key->short_fen = wanted - taken + judge_moved(key); /* what went on to another key is not here any more */
}

static void answer_places(const struct judge_key *key, struct judge_answer *answer)
{
    answer->place_count = 0;
    for (size_t i = 0; i < key->place_count; i++)
        if (key->places[i].part >= -1)
            answer->places[answer->place_count++] = key->places[i];
}

static void answer_code(struct judge_answer *answer, const char *code, bool repeat)
{
    set_code(answer->code, code);
    answer->repeat = repeat;
}

static void answer_stored(const struct judge_key *key, struct judge_answer *answer, bool repeat)
{
    answer_code(answer, key->code, repeat);
    if (key->state != KEY_POSTED)
        return;
    memcpy(answer->approval, key->approval, sizeof answer->approval);
    answer_places(key, answer);
}

/* --- the table: a column a message ----------------------------------------------- */

typedef void handler(const struct judge_rules *, const struct judge_view *,
                     const struct judge_request *, struct judge_answer *);

static void pay_new(const struct judge_rules *rules, const struct judge_view *view,
                    const struct judge_request *request, struct judge_answer *answer)
{
    const char *code = judge_moves(request->proc) ? judge_move_refusal(rules, view, request) : judge_refusal(rules, view, request);
    if (code)
        judge_remember(view, request, KEY_DECLINED, code);
    else if (judge_moves(request->proc))
        judge_move(rules, view, request);
    else
        judge_post(rules, view, request);
    answer_stored(view->key, answer, false);
}

static void advise_new(const struct judge_rules *rules, const struct judge_view *view,
                       const struct judge_request *request, struct judge_answer *answer)
{
    if (!sums_agree(request)) { /* not well formed: parked at the branch, nothing stored */
        answer_code(answer, "30", false);
        return;
    }
    judge_post(rules, view, request);
    answer_stored(view->key, answer, false);
}

static void as_first_time(const struct judge_rules *rules, const struct judge_view *view,
                          const struct judge_request *request, struct judge_answer *answer)
{
    if (!JUDGE_RULE(KEY_ONCE) && view->key->state == KEY_POSTED)
        judge_post(rules, view, request);
    answer_stored(view->key, answer, true);
}

static void pay_undone(const struct judge_rules *rules, const struct judge_view *view,
                       const struct judge_request *request, struct judge_answer *answer)
{
    answer_code(answer, "12", true);
}

static void advise_undone(const struct judge_rules *rules, const struct judge_view *view,
                          const struct judge_request *request, struct judge_answer *answer)
{
    if (!JUDGE_RULE(UNDONE_WINS)) {
        judge_post(rules, view, request);
        answer_stored(view->key, answer, false);
        return;
    }
    answer_code(answer, "00", true);
    answer->undone = true;
}

static void reverse_missing(const struct judge_rules *rules, const struct judge_view *view,
                            const struct judge_request *request, struct judge_answer *answer)
{
    answer_code(answer, "25", false);
}

static void reverse_posted(const struct judge_rules *rules, const struct judge_view *view,
                           const struct judge_request *request, struct judge_answer *answer)
{
    struct judge_key *key = view->key;
    if (key->reversal[0] && JUDGE_RULE(VERDICT_KEPT)) {
        answer_code(answer, key->reversal, true);
        return;
    }
    int64_t there = view->customer ? view->customer->credit_fen : 0;
    bool gone = credit_of(key) > there || judge_moved(key) > 0 || judge_moves(key->proc);
    const char *code = view->day_closed ? "98" : gone ? "51" : "00";
    key->changed = true;
    if (strcmp(code, "00") == 0) {
        judge_take_back(view);
        key->state = KEY_REVERSED;
    } else {
        set_code(key->reversal, code);
    }
    answer_code(answer, code, false);
}

static void undo_new(const struct judge_rules *rules, const struct judge_view *view,
                     const struct judge_request *request, struct judge_answer *answer)
{
    if (JUDGE_RULE(TOMBSTONE))
        judge_remember(view, request, KEY_TOMBSTONE, "");
    answer_code(answer, "00", false);
}

/* What could not be taken back stays owed, in suspense, and DX says so. */
static void answer_short(const struct judge_key *key, struct judge_answer *answer)
{
    if (key->short_fen == 0)
        return;
    answer->places[0] = (struct judge_place){
        .part = -1, .home = HOME_SUSPENSE, .amount_fen = key->short_fen};
    answer->place_count = 1;
}

static void undo_posted(const struct judge_rules *rules, const struct judge_view *view,
                        const struct judge_request *request, struct judge_answer *answer)
{
    if (judge_moves(view->key->proc))
        judge_move_back(view);
    else
        judge_take_back(view);
    view->key->state = JUDGE_RULE(UNDONE_UNCOUNTED) ? KEY_UNDONE : KEY_REVERSED;
    view->key->changed = true;
    answer_code(answer, "00", false);
    answer_short(view->key, answer);
}

static void back_already(const struct judge_rules *rules, const struct judge_view *view,
                         const struct judge_request *request, struct judge_answer *answer)
{
    answer_code(answer, "00", true);
    if (request->kind == JUDGE_UNDO)
        answer_short(view->key, answer);
}

static handler *const table[][4] = {
    /*                 0200           0220           0400             0420 */
    [KEY_UNKNOWN] = {pay_new, advise_new, reverse_missing, undo_new},
    [KEY_DECLINED] = {as_first_time, advise_new, reverse_missing, undo_new},
    [KEY_POSTED] = {as_first_time, as_first_time, reverse_posted, undo_posted},
    [KEY_TOMBSTONE] = {pay_undone, advise_undone, back_already, back_already},
    [KEY_UNDONE] = {pay_undone, advise_undone, back_already, back_already},
    [KEY_REVERSED] = {pay_undone, advise_undone, back_already, back_already},
};

/* A used key with other content is judged before the state. */
static bool content_agrees(const struct judge_key *key, const struct judge_request *request)
{
    if (key->state == KEY_UNKNOWN)
        return true;
    bool forward = request->kind == JUDGE_PAY || request->kind == JUDGE_ADVISE;
    if (forward && key->has_content)
        return memcmp(key->content, request->content, sizeof key->content) == 0;
    return memcmp(key->origin, request->origin, sizeof key->origin) == 0;
}

void judge_payment(const struct judge_rules *rules, const struct judge_view *view,
                   const struct judge_request *request, struct judge_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    if (!content_agrees(view->key, request)) {
        answer_code(answer, "94", true);
        answer->audit = true;
        return;
    }
    table[view->key->state][request->kind](rules, view, request, answer);
}

bool judge_is_reversal_to_keep(const struct judge_request *request, const struct judge_answer *answer)
{
    bool back = request->kind == JUDGE_REVERSE || request->kind == JUDGE_UNDO;
    return back && !(request->again && answer->repeat);
}
