/* Two people: an approval is bound to a hash of the exact parameters, typed on
 * the spot, good for 2 minutes, used once, in the same transaction as the act. */
#ifndef LEDGER_APPROVAL_H
#define LEDGER_APPROVAL_H

#include "ledger/ledger.h"

/* Who does it, and whose word he has. Every act that may need a second person takes one. */
struct ledger_two {
    char maker[LEDGER_OPERATOR_SIZE], terminal[LEDGER_TERMINAL_SIZE];
    const char *token;                           /* of the approval; NULL: none was given */
    const char *act;                             /* RPC.md's method name */
    unsigned char params[SECRET_HASH_BYTES];     /* hash of that method's parameters less the approval */
};
/* The checker's password was right (operator.h): his word for this act.
 * Refused: APPROVAL_ROLE, APPROVAL_SAME (maker already known), PARAMS (no act of that name). */
enum ledger_result approval_make(struct ledger *ledger, const char *checker, const char *maker, const char *terminal,
                                 const char *act, const unsigned char params[SECRET_HASH_BYTES],
                                 char token[LEDGER_TOKEN_SIZE], struct error *err);
/* Approvals in this person's name that he has not been shown yet and that were typed at another terminal than this, which
 * may be one that lies; marks them shown. */
typedef void approval_shown(void *ctx, int64_t at_ms, const char *act, const char *subject, const char *maker);
enum ledger_result approval_show(struct ledger *ledger, const char *operator_number, const char *terminal, approval_shown *each, void *ctx,
                                 struct error *err);
/* What two people did on a day (as it was open), oldest first: at most `max`; *left of them more. */
typedef void approval_of_day(void *ctx, int64_t at_ms, const char *act, const char *subject, const char *maker, const char *checker);
enum ledger_result approval_list(struct ledger *ledger, day_t date, int max, approval_of_day *each, void *ctx, int64_t *left, struct error *err);

#endif
