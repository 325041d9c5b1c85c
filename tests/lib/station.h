/* A station on the line: a branch (or a bank) that speaks the protocol over TLS
 * from a test's own loop, in place of the daemon that would. Answers are kept
 * until they are asked for by their match key. */
#ifndef TESTS_LIB_STATION_H
#define TESTS_LIB_STATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "lib/world.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/payment.h"

#define STATION_WAIT_MS 30000 /* for what must happen; longer fails the test */

struct station_frame { struct station_frame *next; size_t len; char bytes[]; };
struct pcap;
struct station {
    uv_loop_t *loop;
    struct channel_tls *tls;
    struct channel_link *link;
    struct channel *up;      /* NULL: not connected */
    int ups, downs;          /* so often */
    char why[200];           /* of the last going */
    struct station_frame *first, **end; /* came and was not asked for */
    size_t received;         /* frames in all */
    int peer_port;
    struct pcap *pcap;       /* NULL, or where every frame is written too */
    /* NULL, or called with each frame instead of keeping it. */
    void (*on_frame)(void *ctx, const uint8_t *bytes, size_t len);
    void *ctx;
};

/* Calls peer_cn at 127.0.0.1:port with the certificate CN of this world; does
 * not wait. It comes back by itself with a short back-off. */
void station_open(struct station *s, const struct world *w, uv_loop_t *loop, const char *cn, int port, const char *peer_cn);
void station_close(struct station *s); /* and runs the loop until it is gone */
/* The same in two steps, for many at once. */
void station_hang_up(struct station *s);
void station_free(struct station *s);

/* Runs the loop until *condition, at most that long; false: in vain. */
bool station_until(uv_loop_t *loop, bool (*condition)(void *ctx), void *ctx, int ms);
void station_wait_up(struct station *s); /* fails the test when it can't */

/* False: not connected, or its queue is full. */
bool station_send(struct station *s, const struct iso *m);
/* The first frame kept whose match key is that of m, taken out. */
bool station_take(struct station *s, const struct iso *m, struct iso *answer);
/* Waits for it. */
bool station_answer(struct station *s, const struct iso *m, struct iso *answer, int ms);
/* send and answer; false: nothing came in time. */
bool station_ask(struct station *s, const struct iso *m, struct iso *answer, int ms);
/* Asks, fails the test when nothing comes, and returns the answer's DE 39. */
const char *station_code(struct station *s, const struct iso *m, char code[3]);

/* Payment number n of that branch, of prepaid credit alone: STAN, reference and
 * times from n, customer 0499110001. */
void station_payment(struct wire_payment *p, const char *branch, int64_t n, int64_t prepaid_fen);
/* The same as a message, mti "0200" and so on. */
void station_pay(struct iso *m, const char *mti, const char *branch, int64_t n, int64_t prepaid_fen);
/* The reversal (0400) or its advice (0420) of that payment. */
void station_undo(struct iso *m, const char *mti, const char *branch, int64_t n, int64_t prepaid_fen);
/* Sign-on of a branch; nonce NULL: without. */
void station_sign_on(struct iso *m, const char *branch, int64_t n, const char *nonce);

#endif
