/* The relay: many branches, few connections to the utility. It never answers
 * for the utility; of its own it says 30 and 58 (not of the protocol, not for
 * this certificate), 91 (not sent on and never to be) and 68 (sent on, nothing
 * came in time), the last two never to an advice. What it sends on goes as it
 * came, byte for byte. One branch's messages keep the order of their arrival:
 * they share one connection to the utility while that is up, and one queue. */
#ifndef BANKD_RELAY_H
#define BANKD_RELAY_H

#include <stdio.h>
#include <uv.h>

#include "bankd/bank.h"
#include "bankd/journal.h"
#include "wire/channel.h"

struct relay;
/* tls and journal are kept by pointer. NULL: no memory. */
struct relay *relay_new(const struct bank *b, uv_loop_t *loop, struct channel_tls *tls, struct journal *journal);
/* Reads the policy, calls the utility, listens. On -1: relay_stop and so on, as at the end. */
int relay_start(struct relay *r, struct error *err);
/* Called once for each business day that the utility says is over. */
void relay_on_day_over(struct relay *r, void (*over)(void *ctx, day_t day), void *ctx);
int relay_port(const struct relay *r);
/* Reads the access policy anew; sessions that it admits no more are ended. */
int relay_reload_policy(struct relay *r, size_t *stations, struct error *err);
/* Ends every connection; run the loop out, then relay_free. */
void relay_stop(struct relay *r);
void relay_free(struct relay *r);

#endif
