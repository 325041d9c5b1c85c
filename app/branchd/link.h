/* The link to the bank's front end: connected, signed on, and who waits for
 * which answer. Loop thread only.
 *
 *   down -> connected -> signed on (the utility itself has answered)
 *
 * Only "signed on" counts as up: a bank whose utility is away is as good as no
 * link, and the counters go on from the copy. */
#ifndef BRANCHD_LINK_H
#define BRANCHD_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/key.h"
#include "wire/message.h"
#include "wire/payment.h"

struct service;
struct link;

#define LINK_PENDING_MAX 512 /* requests without an answer; beyond it nothing is sent */

struct link *link_open(struct service *s, struct error *err);
/* New connections use the certificates as they are on disk now. */
int link_reload(struct link *link, struct error *err);
/* Connects anew, with them. */
void link_renew(struct link *link, const char *why);
/* Begins to end it; link_free once the loop has run out. */
void link_close(struct link *link);
void link_free(struct link *link);

bool link_up(const struct link *link);
struct link_status {
    bool up, connected;
    int64_t since_ms;      /* of the last change, UTC */
    int64_t rtt_ms;        /* of the last short exchange; -1: none yet */
    int64_t answered, unanswered; /* since the start */
    char why[200], peer[65];
};
void link_status(const struct link *link, struct link_status *out);

/* How a wait ended. LATE: after a TIMEOUT was told, while the connection lasted. */
enum link_end { LINK_ANSWERED, LINK_TIMEOUT, LINK_LATE, LINK_LOST };
struct link_tag { /* the asker's own; a copy is handed back */
    int64_t number;
    struct key key;
    char class[8];
    void *ctx;
};
typedef void link_done(struct service *s, const struct link_tag *tag, enum link_end end, const struct iso *answer);
/* Sends and waits. late: an answer after the time-out is handed on too. False:
 * nothing was sent, done is not called. Before sign-on only sign-on's own pass. */
bool link_ask(struct link *link, const struct iso *request, int64_t timeout_ms, bool late, link_done *done,
              const struct link_tag *tag);
/* Head of a message that is no payment: a reference under epoch 00, which no
 * payment's key can have, and a STAN of the daemon's own; dated now. */
void link_head(struct link *link, struct wire_head *head);
/* The utility answered 91: off line until a sign-on goes through again. */
void link_away(struct link *link, const char *why);

#endif
