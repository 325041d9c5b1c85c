/* Inside of the judge: refunds (200000) and transfers (220000), which take a posted
 * key's money, or a customer's credit, to where it belongs; and what they share with
 * payments. */
#ifndef UTILITYD_JUDGE_MOVE_H
#define UTILITYD_JUDGE_MOVE_H

#include "utilityd/judge.h"

/* judge_move.c */
bool judge_moves(int proc);
int64_t judge_moved(const struct judge_key *key); /* of its money, what went on to other keys */
const char *judge_move_refusal(const struct judge_rules *rules, const struct judge_view *view, const struct judge_request *request);
void judge_move(const struct judge_rules *rules, const struct judge_view *view, const struct judge_request *request);
void judge_move_back(const struct judge_view *view);

/* judge.c */
struct judge_bill *judge_find_bill(const struct judge_view *view, const char *number);
const char *judge_refusal(const struct judge_rules *rules, const struct judge_view *view, const struct judge_request *request);
void judge_remember(const struct judge_view *view, const struct judge_request *request, enum key_state state, const char *code);
void judge_post(const struct judge_rules *rules, const struct judge_view *view, const struct judge_request *request);
/* Opens the bills again and takes the credit back as far as it is there; the rest is the key's short_fen. */
void judge_take_back(const struct judge_view *view);

#endif
