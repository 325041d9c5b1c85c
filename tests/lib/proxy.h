/* A bad line: stands between a caller and a server on this machine, passes their bytes on as
 * they come, and now and then does what lines do. Which trouble befalls which bytes comes from
 * a seed. Runs on a thread of its own; what it carries is TLS, so it can neither read nor forge.
 *
 *     struct proxy *p = proxy_open(w.bank_port, 17);
 *     … who is started now calls proxy_port(p) …
 *     proxy_calm(p, true);                 from now on only passes on
 *     proxy_close(p);
 */
#ifndef TESTS_LIB_PROXY_H
#define TESTS_LIB_PROXY_H

#include <stdbool.h>
#include <stdint.h>

enum proxy_trouble {
    PROXY_DELAY,     /* bytes come later */
    PROXY_SLOW,      /* a few bytes at a time for a while */
    PROXY_STALL,     /* nothing passes for longer than anybody waits, then all of it */
    PROXY_HALF_OPEN, /* from now on one direction is silent, and neither end is told */
    PROXY_DEAF,      /* from now on both are */
    PROXY_CUT,       /* some of a frame passes, then the connection ends as by a closed socket */
    PROXY_RESET,     /* the same with a reset */
    PROXY_SPOIL,     /* one byte arrives as another */
    PROXY_REFUSE,    /* a newcomer is hung up on at once */
    PROXY_TROUBLES
};

struct proxy;
/* one_in: a trouble for so many pieces that pass (a piece is what one read gives). Fails the test when it can't. */
struct proxy *proxy_open(int server_port, uint64_t seed, int one_in);
int proxy_port(const struct proxy *p);
/* Calm: passes everything on, and lets go of connections that are silent already. */
void proxy_calm(struct proxy *p, bool calm);
long proxy_count(const struct proxy *p, enum proxy_trouble trouble); /* so often so far */
const char *proxy_word(enum proxy_trouble trouble);
void proxy_close(struct proxy *p);

#endif
