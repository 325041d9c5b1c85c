/* Inside of the relay: for app/bankd/relay*.c and status.c. Loop thread only. */
#ifndef BANKD_RELAY_IMPL_H
#define BANKD_RELAY_IMPL_H

#include "bankd/desk.h"
#include "bankd/inflight.h"
#include "bankd/relay.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/policy.h"

#define LINKS_MAX 16
#define BRANCHES_MAX 20000       /* bank and branch, as the messages name them */
#define BRANCH_BUCKETS 4096
#define FORGET_MS 60000          /* an answer later than that finds its branch by its name alone */
#define REPEAT_MS 100            /* one payment from an account at a time is looked at for repeating */
#define TICK_MS 50               /* how finely time-outs are kept */
#define LATENCY_STEPS 11

struct branch;
struct link;

/* A request as it came, on its way. */
struct item {
    struct item *next;           /* of its branch's queue */
    struct branch *branch;
    struct link *link;           /* that it was sent on by */
    uint64_t session;
    int64_t arrived_ms;
    char key[MATCH_KEY_SIZE], mti[5];
    bool advice;
    size_t len;
    char bytes[];
};

enum own { OWN_30, OWN_58, OWN_68, OWN_91, OWN_CODES };

/* A branch, once it was spoken for; kept. Certificates may speak for several. */
struct branch {
    struct branch *chain;        /* of its hash */
    struct branch *turn;         /* the next whose queue has something */
    char bank[KEY_BANK_SIZE], name[KEY_BRANCH_SIZE];
    uint64_t session;            /* the one that spoke for it last */
    struct link *link;           /* its connection to the utility, */
    uint64_t link_life;          /* as long as that is the same */
    struct item *queue, **queue_end;
    size_t queued, in_flight;
    int64_t sent, answered, late, own[OWN_CODES], unsaid; /* unsaid: advices not sent on, with no answer */
    int64_t last_ms;             /* clock, of the last message */
};

struct session {
    uint64_t id;                 /* never used twice; 0: none */
    struct channel *channel;
    struct relay *relay;
    char cn[65], address[64];
    int64_t since_ms, messages, refused;
};

/* A connection to the utility: up, then signed on, then in use. */
struct link {
    struct relay *relay;
    int number;                  /* 1.. */
    char address[64];
    struct channel_link *wire;
    struct channel *channel;     /* while up */
    bool signed_on, full;
    uint64_t life;               /* counts the times it was signed on */
    size_t unanswered, branches;
    unsigned stan;
    char asked[MATCH_KEY_SIZE];  /* sign-on or echo of its own that waits for an answer */
    char said[120];              /* why it went last */
    int64_t since_ms, sent, answered, losses;
};

struct relay {
    const struct bank *bank;
    uv_loop_t *loop;
    uv_timer_t tick;
    struct channel_tls *tls;
    struct channel_server *server;
    struct journal *journal;
    struct desk *desk;
    struct policy *policy;
    struct inflight *inflight;
    struct session **sessions;   /* by slot; an id is serial * slots + slot */
    size_t slots, session_count, slot_hint;
    uint64_t serial;
    struct link links[LINKS_MAX];
    size_t link_count;
    struct branch *buckets[BRANCH_BUCKETS];
    size_t branch_count;
    struct branch *turn_first, **turn_end;
    size_t queued;
    int64_t repeated_ms;
    int64_t started_ms, alarms, connected, refused_connections;
    int64_t latency[LATENCY_STEPS + 1], latency_sum_ms, latency_count; /* sent on to answered */
    void (*on_day_over)(void *ctx, day_t day);
    void *day_ctx;
    day_t day_over;              /* the last that the utility said is over; each once, on whichever link */
    bool stopping;
};
extern const int relay_latency_ms[LATENCY_STEPS];

/* relay.c: answers made here, and time */
void relay_answer_own(struct relay *r, struct session *s, const struct iso *request, const char *code, const char *why);
/* 68 or 91 to whoever asked with this item; to an advice nothing is said. */
void relay_answer_unknown(struct relay *r, const struct item *item, enum own code);
void relay_alarm(struct relay *r, const char *station, const char *address, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* relay_branch.c: the branches' side */
extern const struct channel_events relay_branch_events;
struct session *relay_session(struct relay *r, uint64_t id); /* NULL: gone */
bool relay_to_session(struct session *s, const void *bytes, size_t len);
void relay_desk_done(void *ctx, uint64_t tag, enum desk_end end, const void *bytes, size_t len);
void relay_tell(const struct iso *m, const char *words, const char *whom);

/* relay_queue.c: branches, their order and their turns */
struct branch *relay_branch(struct relay *r, const char *bank, const char *name, bool make);
/* Takes the item over: sends it on, queues it, or says that it won't be. */
void relay_submit(struct relay *r, struct item *item);
/* Sends on what the connections can take now, one message a branch in turn. */
void relay_pump(struct relay *r);
/* Ends queued items that are too old, or all whose connection is gone. */
void relay_expire_queued(struct relay *r, int64_t now_ms);

/* relay_link.c: the utility's side */
int relay_links_open(struct relay *r, struct error *err);
void relay_links_close(struct relay *r);
bool relay_link_usable(const struct link *l);  /* signed on */
bool relay_any_link(const struct relay *r);    /* one at least is */
bool relay_link_has_room(const struct link *l);
/* The one for this branch: its own while it lives, else the least used; NULL: none is up. */
struct link *relay_link_for(struct relay *r, struct branch *b);
/* False: it has no room, or the table is full; the item stays the caller's. */
bool relay_link_send(struct link *l, struct item *item);
/* The utility's answer, once what it changes at the bank is durable; LOST: it isn't, and is had again. */
struct passing;
void relay_link_pass_on(struct relay *r, struct passing *p, bool lost, const void *bytes, size_t len);
/* In flight: answers 68 in time, forgets in the end. */
void relay_expire_inflight(struct relay *r, int64_t now_ms);

#endif
