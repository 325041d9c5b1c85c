/* Sign-on (0800, DE 70 = 001): through the bank to the utility and back. Its
 * answer gives the ledger its epoch and names the days that were re-opened. */
#ifndef BRANCHD_SIGNON_H
#define BRANCHD_SIGNON_H

struct service;
struct link;

void signon_start(struct service *s);
/* The utility is away: tried again a little later, as long as the connection stands. */
void signon_later(struct service *s);
/* Of the ticks; tries again when it is time. */
void signon_tick(struct service *s);

/* link.c: the sign-on went through. */
void link_signed_on(struct link *l);

#endif
