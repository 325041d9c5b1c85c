/* One question and its answer, and what every answer must be. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conformance/conformance.h"

/* --- verdicts ------------------------------------------------------------------------ */

static void __attribute__((format(printf, 3, 0))) conclude(struct run *r, enum outcome outcome, const char *fmt, va_list args)
{
    if (r->outcome != CASE_OK) return;
    r->outcome = outcome;
    vsnprintf(r->why, sizeof r->why, fmt, args);
}

bool fails(struct run *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    conclude(r, CASE_FAILED, fmt, args);
    va_end(args);
    return false;
}

bool skips(struct run *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    conclude(r, CASE_SKIPPED, fmt, args);
    va_end(args);
    return false;
}

bool check(struct run *r, bool good, const char *fmt, ...)
{
    va_list args;
    if (good) return true;
    va_start(args, fmt);
    conclude(r, CASE_FAILED, fmt, args);
    va_end(args);
    return false;
}

/* --- one question ---------------------------------------------------------------------- */

bool send_only(struct run *r, const struct iso *m)
{
    if (!connected(r)) return false;
    if (line_send(r->line, m)) return true;
    fails(r, "a %s could not be sent: %s", m->mti, line_why(r->line));
    line_close(r->line);
    r->line = NULL;
    return false;
}

static bool echoes(struct run *r, const struct iso *m, const struct iso *answer)
{
    static const int fields[] = {3, 4, 7, 11, 12, 13, 15, 32, 37, 41, 42, 49, 70, 101, 102, 103};
    char asked[200], got[200];
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (!iso_has(m, fields[i])) continue;
        iso_text(m, fields[i], asked, sizeof asked);
        iso_text(answer, fields[i], got, sizeof got);
        if (strcmp(asked, got) != 0 && !(fields[i] == 4 && answer->mti[1] == '1'))
            return fails(r, "%s echoes DE %d as \"%s\", it was \"%s\"", answer->mti, fields[i], got, asked);
    }
    return true;
}

bool hear(struct run *r, const struct iso *m, struct iso *answer)
{
    struct error err;
    char code[4], mti[5];
    if (r->line == NULL) return fails(r, "the connection had ended");
    int status = line_answer(r->line, m, answer, r->opt.wait_ms);
    if (status < 0) {
        fails(r, "no answer to %s: %s", m->mti, line_why(r->line));
        line_close(r->line);
        r->line = NULL;
        return false;
    }
    if (status == 0) return fails(r, "no answer to %s within %lld ms", m->mti, (long long)r->opt.wait_ms);
    message_answer_mti(m, mti);
    if (strcmp(mti, answer->mti) != 0) return fails(r, "%s was answered with %s", m->mti, answer->mti);
    /* a request that is badly made may lack what its answer would have to echo */
    if (message_check(m, NULL) == 0 && message_check(answer, &err) != 0)
        return fails(r, "%s is not of its form: %.80s: %.120s", answer->mti, err.where, err.why);
    iso_text(answer, 39, code, sizeof code);
    if (code_spec(code) == NULL) return fails(r, "%s bears DE 39 = \"%s\", which is not in the table", answer->mti, code);
    return echoes(r, m, answer);
}

bool ask(struct run *r, const struct iso *m, struct iso *answer) { return send_only(r, m) && hear(r, m, answer); }

bool expect(struct run *r, const struct iso *answer, const char *code, const char *of_what)
{
    char got[4], words[200] = "";
    iso_text(answer, 39, got, sizeof got);
    if (strcmp(got, code) == 0) return true;
    tag_utf8(answer, "TX", words, sizeof words);
    return fails(r, "%s was answered %s%s%s%s, wanted %s", of_what, got, words[0] ? " (" : "", words, words[0] ? ")" : "", code);
}

/* --- connection and sign-on ------------------------------------------------------------ */

static void stan(struct run *r, char out[7])
{
    r->stan = r->stan % 999999 + 1;
    snprintf(out, 7, "%06u", (unsigned)r->stan % 1000000u);
}

bool sign_on(struct run *r, struct wire_net *answer)
{
    struct wire_net n = {.net = NET_SIGN_ON, .sent_ms = clock_now_ms(&r->clock)};
    struct iso m, a;
    struct error err;
    text_copy(n.bank, sizeof n.bank, r->opt.bank);
    text_copy(n.branch, sizeof n.branch, r->opt.branch);
    text_copy(n.terminal, sizeof n.terminal, "00");
    text_copy(n.nonce, sizeof n.nonce, r->nonce);
    stan(r, n.stan);
    if (wire_net_ask(&n, &m, &err) != 0) return fails(r, "sign-on cannot be made: %s %s", err.where, err.why);
    if (!ask(r, &m, &a) || !expect(r, &a, "00", "sign-on")) return false;
    return wire_net_unpack(&a, answer, &err) == 0 || fails(r, "the answer to sign-on: %s %s", err.where, err.why);
}

bool connected(struct run *r)
{
    struct wire_net n;
    char why[200];
    if (r->line) return true;
    r->line = line_open(&r->opt.line, LINE_RIGHT, r->opt.wait_ms, why, sizeof why);
    if (r->line == NULL) return fails(r, "no connection to %s: %s", r->opt.line.address, why);
    if (!sign_on(r, &n)) return false;
    if (n.epoch < 1 || n.epoch > 99) return fails(r, "the sign-on with EN was answered with epoch %d", n.epoch);
    r->epoch = n.epoch;
    return true;
}

/* --- payments -------------------------------------------------------------------------- */

void new_head(struct run *r, int proc, struct wire_head *head)
{
    memset(head, 0, sizeof *head);
    key_make(&head->key, r->opt.bank, r->opt.branch, r->epoch ? r->epoch : 1, ++r->counter);
    stan(r, head->stan);
    text_copy(head->terminal, sizeof head->terminal, r->opt.terminal);
    head->proc = proc;
    head->sent_ms = clock_now_ms(&r->clock);
    clock_local(&r->clock, head->sent_ms, &head->local);
    head->business_day = clock_today(&r->clock);
}

bool new_prepaid(struct run *r, int64_t fen, struct wire_payment *p)
{
    memset(p, 0, sizeof *p);
    if (!connected(r)) return false;
    if (r->opt.customer_count == 0) return skips(r, "no customer was named (--customer, --bills)");
    new_head(r, PROC_CASH, &p->head);
    p->head.amount_fen = p->prepaid_fen = fen;
    text_copy(p->customer, sizeof p->customer, r->opt.customers[0]);
    text_copy(p->operator_id, sizeof p->operator_id, "9001");
    return true;
}

void new_bill_payment(struct run *r, const char *customer, const struct wire_listed_bill *bill, struct wire_payment *p)
{
    memset(p, 0, sizeof *p);
    new_head(r, PROC_CASH, &p->head);
    text_copy(p->customer, sizeof p->customer, customer);
    text_copy(p->operator_id, sizeof p->operator_id, "9001");
    text_copy(p->bills[0].bill, sizeof p->bills[0].bill, bill->bill);
    p->bills[0].amount_fen = bill->unpaid_fen;
    p->bills[0].late_fee_fen = bill->late_fee_fen;
    p->bill_count = 1;
    p->head.amount_fen = bill->unpaid_fen + bill->late_fee_fen;
}

static bool answered(struct run *r, const struct iso *m, const char *code, const char *what, struct wire_answer *out)
{
    struct wire_answer own;
    struct iso a;
    struct error err;
    if (out == NULL) out = &own;
    if (!ask(r, m, &a) || (code && !expect(r, &a, code, what))) return false;
    return wire_answer_unpack(&a, out, &err) == 0 || fails(r, "%s cannot be read: %s %s", a.mti, err.where, err.why);
}

bool pay(struct run *r, const struct wire_payment *p, const char *mti, const char *code, struct wire_answer *answer)
{
    struct wire_payment now = *p;
    struct iso m;
    struct error err;
    if (!connected(r)) return false;
    now.head.sent_ms = clock_now_ms(&r->clock);
    if (wire_payment_pack(&now, mti, &m, &err) != 0) return fails(r, "%s cannot be made: %s %s", mti, err.where, err.why);
    return answered(r, &m, code, mti, answer);
}

void undo_message(struct run *r, const struct wire_payment *p, const char *mti, struct iso *m)
{
    struct wire_reversal v = {.head = p->head};
    v.head.sent_ms = clock_now_ms(&r->clock);
    text_copy(v.original_mti, sizeof v.original_mti, "0200");
    text_copy(v.maker, sizeof v.maker, "9001");
    text_copy(v.checker, sizeof v.checker, "9002");
    wire_reversal_pack(&v, mti, m, NULL);
}

bool undo(struct run *r, const struct wire_payment *p, const char *mti, const char *code, struct wire_answer *answer)
{
    struct iso m;
    undo_message(r, p, mti, &m);
    return answered(r, &m, code, mti, answer);
}

bool state_is(struct run *r, const struct wire_payment *p, enum wire_state state, const char *approval)
{
    static const char letters[] = "NPDRUT";
    struct wire_head head = p->head;
    struct wire_answer a;
    struct iso m, answer;
    struct error err;
    enum wire_state got;
    head.sent_ms = clock_now_ms(&r->clock);
    stan(r, head.stan);
    if (wire_state_ask(&head, &m, &err) != 0) return fails(r, "330000 cannot be made: %s %s", err.where, err.why);
    if (!ask(r, &m, &answer) || !expect(r, &answer, "00", "330000")) return false;
    if (wire_state_unpack(&answer, &got, &a, &err) != 0) return fails(r, "the key's state cannot be read: %s %s", err.where, err.why);
    if (got != state) return fails(r, "330000 says %c of the key, wanted %c", letters[got], letters[state]);
    if (approval && strcmp(a.approval, approval) != 0)
        return fails(r, "330000 says DE 38 %s, the payment was answered with %s", a.approval, approval);
    return true;
}

bool same_answer(struct run *r, const struct wire_answer *first, const struct wire_answer *again)
{
    if (strcmp(first->code, again->code) != 0) return fails(r, "first answered %s, then %s", first->code, again->code);
    if (strcmp(first->approval, again->approval) != 0)
        return fails(r, "DE 38 was %s at first, then %s", first->approval, again->approval);
    if (first->part_count != again->part_count) return fails(r, "DX had %d entries at first, then %d", first->part_count, again->part_count);
    for (int i = 0; i < first->part_count; i++) {
        const struct wire_disposition *a = &first->parts[i], *b = &again->parts[i];
        if (strcmp(a->part, b->part) != 0 || a->place != b->place || a->amount_fen != b->amount_fen)
            return fails(r, "entry %d of DX is another than at first", i + 1);
    }
    return true;
}

/* --- bills ------------------------------------------------------------------------------ */

bool bills_of(struct run *r, const char *customer, struct wire_bills *b)
{
    struct wire_head head;
    struct iso m, answer;
    struct error err;
    if (!connected(r)) return false;
    new_head(r, PROC_BILLS, &head);
    if (wire_bills_ask(&head, customer, NULL, &m, &err) != 0) return fails(r, "310000 cannot be made: %s %s", err.where, err.why);
    if (!ask(r, &m, &answer) || !expect(r, &answer, "00", "310000")) return false;
    return wire_bills_unpack(&answer, b, &err) == 0 || fails(r, "the bills cannot be read: %s %s", err.where, err.why);
}

static bool is_kind(const struct run *r, const struct wire_bills *b, enum kind kind)
{
    const struct wire_listed_bill *first = b->bills;
    day_t today = clock_today(&r->clock);
    if (b->bill_count == 0) return false;
    switch (kind) {
    case BILL_PAYABLE: return strcmp(first->code, "00") == 0 && first->unpaid_fen > 0;
    case BILL_LATE: return first->due < today && first->unpaid_fen > 0;
    case BILL_TWO:
        return b->bill_count > 1 && b->rules.oldest_first && strcmp(first->code, "00") == 0 && strcmp(b->bills[1].code, "00") == 0 &&
               b->bills[1].unpaid_fen > 0;
    case BILL_BEFORE: return today < first->first;
    case BILL_AFTER: return first->last < today && first->unpaid_fen > 0;
    default: return false;
    }
}

/* Once: which customer suits which case. Bills are fetched anew by each case. */
static bool look_around(struct run *r)
{
    struct wire_bills b;
    if (r->looked) return true;
    for (size_t i = 0; i < r->opt.customer_count; i++) {
        if (!bills_of(r, r->opt.customers[i], &b)) return false;
        for (int kind = 0; kind < BILL_KINDS; kind++)
            if (!r->found[kind].there && is_kind(r, &b, (enum kind)kind)) {
                r->found[kind].there = true;
                text_copy(r->found[kind].customer, sizeof r->found[kind].customer, r->opt.customers[i]);
            }
    }
    r->looked = true;
    return true;
}

bool find_bills(struct run *r, enum kind kind, struct wire_bills *b)
{
    static const char *const words[] = {"a bill that can be paid", "a bill past due", "two open bills", "a bill whose window has not begun",
                                        "an open bill whose window is over"};
    if (!look_around(r)) return false;
    if (!r->found[kind].there) return skips(r, "no customer given has %s", words[kind]);
    return bills_of(r, r->found[kind].customer, b);
}

/* --- totals ------------------------------------------------------------------------------ */

bool totals(struct run *r, const struct wire_totals *mine, bool closing, bool whole_bank, struct wire_totals *theirs)
{
    struct wire_totals t = *mine;
    struct iso m, answer;
    struct error err;
    if (!connected(r)) return false;
    new_head(r, -1, &t.head);
    t.closing = closing;
    t.settlement = 0;
    if (whole_bank) t.head.key.branch[0] = t.head.terminal[0] = '\0';
    if (wire_totals_ask(&t, &m, &err) != 0) return fails(r, "0500 cannot be made: %s %s", err.where, err.why);
    if (!ask(r, &m, &answer)) return false;
    if (whole_bank && iso_is(&answer, 39, "58")) return skips(r, "this certificate may not ask for the whole bank");
    if (!expect(r, &answer, "00", "0500")) return false;
    if (wire_totals_unpack(&answer, clock_today(&r->clock), theirs, &err) != 0)
        return fails(r, "0510 cannot be read: %s %s", err.where, err.why);
    return check(r, theirs->settlement == 1 || theirs->settlement == 2, "DE 66 is %d, wanted 1 or 2", theirs->settlement);
}
