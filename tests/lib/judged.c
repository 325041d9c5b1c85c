#include "lib/judged.h"

#include <string.h>

void judged_open(struct judged *b)
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

struct judge_request pay_old(enum judge_kind kind, int64_t prepaid_fen)
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

const char *ask(struct judged *b, const struct judge_request *r)
{
    judge_payment(&b->rules, &b->view, r, &b->answer);
    return b->answer.code;
}

const char *send_old(struct judged *b, enum judge_kind kind)
{
    struct judge_request r = pay_old(kind, 0);
    return ask(b, &r);
}
