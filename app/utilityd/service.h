/* What the utility answers to each message. Runs on the store's thread, one
 * group of requests after the other; knows no socket. */
#ifndef UTILITYD_SERVICE_H
#define UTILITYD_SERVICE_H

#include "utilityd/store.h"
#include "utilityd/utilityd.h"
#include "wire/message.h"

struct service;
struct service *service_open(const struct utility *u, struct error *err);
void service_close(struct service *service);

struct exchange {
    struct iso request, answer;
    char peer[65];         /* certificate's name, for the audit */
    const char *refusal;   /* set by the caller: answer with this code, and audit why */
    char why[200];
    bool answered;         /* false after service_work: no answer may leave */
};
/* Answers all, in order. Payments that stand side by side share one durable
 * transaction; nothing is answered before the commit that holds it. */
void service_work(struct service *service, struct exchange **exchanges, size_t count);

/* Parts of it, by kind of message; service_*.c. Each fills x->answer. */
struct service {
    const struct utility *u;
    struct store *store;
    sqlite3 *db;       /* reads, and small writes between groups */
    struct judge_rules rules;
    int64_t approval, approval_end; /* reserved block */
};
void service_inquiry(struct service *s, struct exchange *x);
void service_search(struct service *s, struct exchange *x);
void service_state(struct service *s, struct exchange *x);
void service_net(struct service *s, struct exchange *x);
void service_totals(struct service *s, struct exchange *x);
void service_feed(struct service *s, struct exchange *x);
void service_notice(struct service *s, struct exchange *x);
/* Answers with a code alone; why goes into tag TX and the log. */
void service_refuse(struct exchange *x, const char *code, const char *why);
day_t service_today(const struct service *s);
int64_t service_station(struct service *s, const char *bank, const char *branch, bool make);

#endif
