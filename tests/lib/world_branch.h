/* branchd in a world of real daemons: settings, ledger, operators, an open day. */
#ifndef TESTS_LIB_WORLD_BRANCH_H
#define TESTS_LIB_WORLD_BRANCH_H

#include "lib/world.h"

#define BRANCH_TELLER "1001"
#define BRANCH_OTHER_TELLER "1002"
#define BRANCH_SUPERVISOR "2001"
#define BRANCH_OTHER_SUPERVISOR "2002"
#define BRANCH_TECHNICIAN "3001"
/* Everybody's; short of being wrong it says who is meant by the number. */
#define BRANCH_PASSWORD "a long pass phrase"

/* branch-0311-0007 of bank 102, linked to w->bank_port; ledger branch.db, copy
 * copy.db, socket branchd.sock, all in the world's folder. `more` is added to
 * its settings file (NULL: nothing). Returns when it is ready, not yet signed on. */
void world_branch(struct world *w, const char *more);
/* Until its link is up. */
void world_wait_branch(struct world *w);
const char *world_branch_socket(const struct world *w, char *buf, size_t size);
/* `branchd verify --deep` on its ledger; fails the test with what is broken. */
void world_branch_verify(const struct world *w);
/* Every payment in the ledger is at the utility as the ledger says, to the fen,
 * and the other way round; returns how many stand at the utility. The queue must be empty. */
int64_t world_branch_agrees(const struct world *w);

#endif
