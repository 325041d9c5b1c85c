/* Who sits at which terminal. A session lives as long as its connection. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"

static bool on_open(void *ctx, struct rpc_peer *peer)
{
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL) return false;
    session->s = ctx;
    session->peer = peer;
    text_copy(session->language, sizeof session->language, "zh_CN");
    server_set_user(peer, session);
    return true;
}

static void on_close(void *ctx, struct rpc_peer *peer)
{
    struct session *session = server_user(peer);
    struct error err;
    if (session == NULL) return;
    if (session->greeted && invoice_counter_gone(session->s->ledger, session->terminal, &err) == LEDGER_BROKEN) service_broken(ctx);
    if (session->signed_on) {
        log_info("terminal %s: %s has gone with the connection", session->terminal, session->operator.number);
        audit_note(session->s->ledger, "sign-off", session->operator.number, session->terminal, session->terminal,
                   "the connection ended", NULL);
    }
    server_set_user(peer, NULL);
    free(session->lookup);
    free(session);
    service_changed(ctx);
}

static unsigned role_of(const struct rpc_peer *peer)
{
    static const struct { const char *word; unsigned role; } roles[] = {
        {"teller", RPC_TELLER}, {"supervisor", RPC_SUPERVISOR}, {"technician", RPC_TECHNICIAN}};
    const struct session *session = server_user(peer);
    if (session == NULL || !session->signed_on) return RPC_NOBODY;
    if (session->locked) return RPC_LOCKED;
    if (session->must_change) return RPC_MUST_CHANGE;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (strcmp(roles[i].word, session->operator.role) == 0) return roles[i].role;
    return RPC_NOBODY;
}

const struct server_events session_events = {on_open, on_close, role_of};

struct session *session_of(const struct rpc_call *call) { return call->peer ? server_user(call->peer) : NULL; }

struct each { void (*each)(void *ctx, struct session *session); void *ctx; };

static void each_peer(void *ctx, struct rpc_peer *peer)
{
    struct each *e = ctx;
    if (server_user(peer)) e->each(e->ctx, server_user(peer));
}

void session_each(struct service *s, void (*each)(void *ctx, struct session *session), void *ctx)
{
    struct each e = {each, ctx};
    if (s->ending || s->server == NULL) return;
    server_each(s->server, each_peer, &e);
}

struct wanted { const char *terminal, *number; struct session *found; };

static void match(void *ctx, struct session *session)
{
    struct wanted *w = ctx;
    if (w->terminal && session->greeted && strcmp(session->terminal, w->terminal) == 0) w->found = session;
    if (w->number && session->signed_on && strcmp(session->operator.number, w->number) == 0) w->found = session;
}

struct session *session_at(struct service *s, const char *terminal)
{
    struct wanted w = {.terminal = terminal};
    session_each(s, match, &w);
    return w.found;
}

struct session *session_operator(struct service *s, const char *number)
{
    struct wanted w = {.number = number};
    session_each(s, match, &w);
    return w.found;
}
