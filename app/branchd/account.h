/* Special accounts: what the bank is asked, and what a paper says of an act on one. */
#ifndef BRANCHD_ACCOUNT_H
#define BRANCHD_ACCOUNT_H

#include "branchd/service.h"
#include "wire/account.h"

#define ACCOUNT_BANK_KEY_HEX 64

/* Refused with `link`, and with what can be done instead. */
bool account_on_line(struct service *s, struct rpc_call *call, const char *what);
/* Asks the bank about an account (or the one that pays for a customer; the other ""): PROC_STATEMENT from line `from` on
 * (0: the last ones) or PROC_BALANCE (the lines that stand in no book). done gets its answer, code 00; else the call is refused. */
typedef void account_done(struct service *s, struct rpc_call *call, const struct wire_account_answer *a);
void account_ask(struct service *s, struct rpc_call *call, int proc, const char *account, const char *customer, int64_t from, account_done *done);
json_t *account_lines(const struct wire_account_answer *a);
/* The kind of an entry, as templates name it. */
const char *account_kind(const char *what);
/* What a receipt sees of a bank's act; stored with it. NULL: no memory. */
json_t *account_detail(struct service *s, const struct session *session, const struct ledger_draft *d);
/* Records it (T1) and answers with its card. The session's token is used up. `extra` goes into its detail (stolen, may be NULL). */
void account_act(struct service *s, struct rpc_call *call, struct ledger_draft *d, const struct ledger_account_ask *ask, json_t *detail);
/* A draft of this kind on this account, with the key that account_begin kept for it. False: refused. */
bool account_draft(struct service *s, struct rpc_call *call, int proc, const char *token, const char *account, struct ledger_draft *d);

#endif
