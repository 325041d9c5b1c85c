/* What the utility answers to each message. Each service runs on one thread, has
 * its own connections to the books and knows no socket. One of them posts; others
 * may stand beside it that only read, so that a search never holds up a payment. */
#ifndef UTILITYD_SERVICE_H
#define UTILITYD_SERVICE_H

#include "utilityd/db.h"
#include "utilityd/store.h"
#include "utilityd/utilityd.h"
#include "wire/message.h"

#define SERVICE_AUDITS_MAX 64 /* lines kept of one batch; and of one second, below */
#define SERVICE_AUDITS_A_SECOND 200

struct service;
/* posts false: reads only. NULL with err. */
struct service *service_open(const struct utility *u, bool posts, struct error *err);
void service_close(struct service *service);

struct exchange {
    struct iso request, answer;
    char peer[65];         /* certificate's name, for the audit */
    const char *refusal;   /* set by the caller: answer with this code, and audit why */
    char why[200];
    enum { EXCHANGE_FRESH, EXCHANGE_READ, EXCHANGE_UNREADABLE, EXCHANGE_POSTED } state; /* of a payment */
    struct judge_request asked; /* from READ on */
    struct judge_answer judged; /* from POSTED on */
    bool answered;         /* false after service_finish: no answer may leave */
};
/* What needs no books, for whichever thread has the time: a payment is read before it
 * is worked on (service_work does it where it was not done) … */
void service_read(const struct utility *u, struct exchange *x);
/* … and answered, and told to the log, after it. */
void service_finish(struct exchange *x);
/* Answers all of them, payments with service_finish. Payments share durable transactions, and invoice notices
 * share one behind them; both pass inquiries, none passes a sign-on or totals.
 * Nothing is answered before the commit that holds it. False: the books are
 * broken, nothing more may be asked of them. */
bool service_work(struct service *service, struct exchange **exchanges, size_t count);
/* Upkeep of the books, when the answers have left. */
void service_rest(struct service *service);
/* True when it only reads: may go to a service that does not post. */
bool service_only_reads(const struct iso *request);

struct service {
    const struct utility *u;
    struct store *store; /* NULL: reads only */
    struct db *db;       /* reads, and small writes between groups */
    struct walks *walks; /* service_detail.c: days that are being fetched; NULL: none yet */
    struct judge_rules rules;
    int64_t approval, approval_end; /* reserved block */
    struct { char who[65], what[400]; } audits[SERVICE_AUDITS_MAX];
    size_t audit_count;
    int64_t audit_second, audits_now, audits_left_out;
};

/* Parts of it, by kind of message; service_*.c. Each fills x->answer. */
void service_post(struct service *s, struct exchange **xs, size_t count);
bool service_posts(const struct exchange *x);
void service_inquiry(struct service *s, struct exchange *x);
void service_search(struct service *s, struct exchange *x);
void service_state(struct service *s, struct exchange *x);
void service_net(struct service *s, struct exchange *x);
void service_totals(struct service *s, struct exchange *x);
void service_file(struct service *s, struct exchange *x);
/* PAY:, INV:. False: it is no such file. */
struct wire_part;
bool service_detail(struct service *s, struct exchange *x, const struct wire_part *asked);
void service_walks_free(struct service *s);
void service_feed(struct service *s, struct exchange *x, int64_t from);
void service_list(struct service *s, struct exchange *x, const struct wire_part *asked);   /* WHL: to a bank */
void service_result(struct service *s, struct exchange *x, const struct wire_part *given); /* WHI:, WHF: from it */
void service_notices(struct service *s, struct exchange **xs, size_t count);

/* Answers with a code alone; why goes into tag TX. */
void service_refuse(struct exchange *x, const char *code, const char *why);
/* A line for the audit, written with the batch that it came in. */
void service_audit(struct service *s, const struct exchange *x, const char *what);
day_t service_today(const struct service *s);
/* The station's number; make: a new one when there is none. -1: none, or failed. */
int64_t service_station(struct service *s, const char *bank, const char *branch, bool make);

#endif
