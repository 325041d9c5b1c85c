/* Money that moves after it was posted: a credit refunded in cash, a wrong customer
 * number corrected. Both are on line only and leave the day's payments as they are. */
#include "utilityd/judge_move.h"

#include <assert.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "wire/message.h"

bool judge_moves(int proc) { return proc == PROC_REFUND || proc == PROC_TRANSFER; }

int64_t judge_moved(const struct judge_key *key)
{
    int64_t sum = 0;
    for (size_t i = 0; i < key->place_count; i++)
        if (key->places[i].part < JUDGE_PART_SOURCE)
            sum += key->places[i].amount_fen;
    return sum;
}

static int64_t lies(const struct judge_key *key, enum judge_home home)
{
    int64_t sum = 0;
    for (size_t i = 0; i < key->place_count; i++)
        if (key->places[i].home == home && key->places[i].part >= -1)
            sum += key->places[i].amount_fen;
    return sum;
}

/* --- may it move ------------------------------------------------------------------ */

static bool of_a_payment(const struct judge_key *key)
{
    return key && key->state == KEY_POSTED && (key->proc == PROC_CASH || key->proc == PROC_ACCOUNT || key->proc == PROC_TRANSFER);
}

/* All that the key has in that place, neither more nor less. */
static const char *original_refusal(const struct judge_view *view, const struct judge_request *request)
{
    if (!of_a_payment(view->original))
        return "57"; /* never unknown to the asker, as 25 would be */
    if (lies(view->original, request->from) != request->amount_fen)
        return "78";
    if (request->from == HOME_CREDIT && (!view->source || view->source->credit_fen < request->amount_fen))
        return "51";
    return NULL;
}

static const char *refund_refusal(const struct judge_view *view, const struct judge_request *request)
{
    if (request->part_count != 0 || request->prepaid_fen != request->amount_fen || request->amount_fen <= 0 ||
        request->from == HOME_BILL)
        return "13";
    if (view->day_closed)
        return "98";
    if (request->from == HOME_SUSPENSE)
        return original_refusal(view, request);
    if (!view->customer)
        return "14";
    return view->customer->credit_fen < request->amount_fen ? "51" : NULL;
}

const char *judge_move_refusal(const struct judge_rules *rules, const struct judge_view *view, const struct judge_request *request)
{
    if (request->proc == PROC_REFUND)
        return refund_refusal(view, request);
    const char *code = judge_refusal(rules, view, request);
    return code ? code : original_refusal(view, request);
}

/* --- it moves ---------------------------------------------------------------------- */

static void open_again(struct judge_bill *bill, const struct key *payer)
{
    if (!bill || bill->state != BILL_PAID || !key_equal(&bill->paid_by, payer))
        return;
    bill->state = BILL_OPEN;
    memset(&bill->paid_by, 0, sizeof bill->paid_by);
    bill->changed = true;
}

static void leave(const struct judge_view *view, enum judge_home from)
{
    struct judge_key *key = view->original;
    for (size_t i = 0; i < key->place_count; i++) {
        struct judge_place *place = &key->places[i];
        if (place->home != from || place->part < -1)
            continue;
        if (from == HOME_BILL)
            open_again(judge_find_bill(view, place->bill), &key->key);
        place->part = JUDGE_PART_MOVED(place->part);
    }
    key->changed = true;
}

static void name_source(const struct judge_view *view, const struct judge_request *request)
{
    struct judge_key *key = view->key;
    assert(key->place_count < JUDGE_PLACES_MAX);
    struct judge_place *mark = &key->places[key->place_count++];
    *mark = (struct judge_place){.part = JUDGE_PART_SOURCE, .home = request->from};
    text_copy(mark->bill, sizeof mark->bill, request->original.ref);
}

static void take_credit(struct judge_customer *customer, int64_t fen)
{
    customer->credit_fen -= fen;
    customer->changed = true;
}

void judge_move(const struct judge_rules *rules, const struct judge_view *view, const struct judge_request *request)
{
    bool refund = request->proc == PROC_REFUND;
    if (request->from == HOME_CREDIT)
        take_credit(refund ? view->customer : view->source, request->amount_fen);
    if (request->original.ref[0] && (!refund || request->from == HOME_SUSPENSE))
        leave(view, request->from);
    if (refund) {
        judge_remember(view, request, KEY_POSTED, "00");
        memcpy(view->key->approval, request->approval, sizeof view->key->approval);
        view->key->places[0] = (struct judge_place){.part = -1, .home = request->from, .amount_fen = request->amount_fen};
        view->key->place_count = 1;
    } else {
        judge_post(rules, view, request);
    }
    if (request->original.ref[0])
        name_source(view, request);
}

/* --- and back (0420: nobody heard that it moved) ------------------------------------ */

static void give_credit(struct judge_customer *customer, int64_t fen)
{
    if (!customer || fen == 0 || !money_add(customer->credit_fen, fen, &customer->credit_fen))
        return;
    customer->changed = true;
}

static bool pay_again(const struct judge_view *view, const struct judge_place *place)
{
    struct judge_bill *bill = judge_find_bill(view, place->bill);
    if (!bill || bill->state != BILL_OPEN)
        return false;
    bill->state = BILL_PAID;
    bill->paid_by = view->original->key;
    bill->changed = true;
    return true;
}

/* Where it lay before, as far as that place is free; else the first customer's credit.
 * rest_fen: what the second one has used up meanwhile, and nobody gets back. */
static void come_back(const struct judge_view *view, enum judge_home from, int64_t rest_fen)
{
    struct judge_key *key = view->original;
    for (size_t i = 0; i < key->place_count; i++) {
        struct judge_place *place = &key->places[i];
        if (place->part >= JUDGE_PART_SOURCE || place->home != from)
            continue;
        place->part = JUDGE_PART_MOVED(place->part);
        int64_t used = rest_fen < place->amount_fen ? rest_fen : place->amount_fen;
        rest_fen -= used;
        if (place->home == HOME_BILL && (used || !pay_again(view, place)))
            place->home = HOME_CREDIT;
        place->amount_fen -= used;
        if (place->home == HOME_CREDIT)
            give_credit(view->source, place->amount_fen);
    }
    key->changed = true;
}

void judge_move_back(const struct judge_view *view)
{
    struct judge_key *key = view->key;
    if (key->proc == PROC_REFUND) {
        if (key->places[0].home == HOME_CREDIT)
            give_credit(view->customer, key->amount_fen);
        else if (view->original)
            come_back(view, HOME_SUSPENSE, 0);
        return;
    }
    enum judge_home from = key->place_count ? key->places[key->place_count - 1].home : HOME_SUSPENSE; /* name_source */
    judge_take_back(view);
    if (view->original)
        come_back(view, from, key->short_fen);
    key->short_fen = 0;
}
