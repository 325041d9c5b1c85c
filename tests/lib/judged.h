/* For tests of the judge: one customer with an older and a newer bill, and one key's row. In a
 * program that builds the judge by itself it is that one which is asked. */
#ifndef TESTS_JUDGED_H
#define TESTS_JUDGED_H

#include "utilityd/judge.h"

#define TODAY 20000

struct judged {
    struct judge_key key;
    struct judge_customer customer;
    struct judge_bill bill[2];
    struct judge_bill *list[2];
    struct judge_view view;
    struct judge_rules rules;
    struct judge_answer answer;
};

void judged_open(struct judged *b);
/* The older bill, 1000 with a late fee of 10, and so much more. */
struct judge_request pay_old(enum judge_kind kind, int64_t prepaid_fen);
/* The answer's code. */
const char *ask(struct judged *b, const struct judge_request *r);
const char *send_old(struct judged *b, enum judge_kind kind);

#endif
