/* Printers for the technician: bound to a terminal and a kind of document, listed, unbound. */
#include <string.h>

#include "branchd/service.h"

/* What a binding may say beside its address. */
#define BINDING "{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s?b, s?s, s?s}"

/* "all": reports, at a printer for the whole branch. */
static bool known(struct service *s, struct rpc_call *call, const char *terminal, const char *document)
{
    char till[LEDGER_TILL_SIZE];
    bool place = strcmp(terminal, "all") == 0 || branch_till(s->branch, terminal, till);
    if (place && (*document == '\0' || printers_document(document))) return true;
    refuse(s, call, RPC_PARAMS, "params", "the printer was not bound",
           place ? "documents are invoice, receipt, passbook and report" : "there is no such terminal", NULL);
    return false;
}

static bool keep(struct service *s, struct rpc_call *call, const char *terminal, const char *document, json_t *binding)
{
    struct error err = {0};
    if (printers_bind(s->printers, terminal, document, binding, &err) == 0) return true;
    refuse(s, call, RPC_INTERNAL, "internal", err.what, err.why, err.remedy);
    return false;
}

void rpc_printer_bind(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *name, *uri, *profile, *template, *media, *terminal = session->terminal, *document = "";
    int x, y, drawer = 0;
    if (!rpc_params(server_rpc(s->server), call, BINDING, "name", &name, "uri", &uri, "profile", &profile, "template", &template, "media",
                    &media, "offset_x_mm10", &x, "offset_y_mm10", &y, "drawer", &drawer, "terminal", &terminal,
                    "document", &document) ||
        !known(s, call, terminal, document))
        return;
    json_t *binding = json_deep_copy(call->params);
    json_object_del(binding, "terminal");
    json_object_del(binding, "document");
    if (keep(s, call, terminal, document, binding)) {
        audit_note(s->ledger, "printer bound", session->operator.number, session->terminal, terminal, uri, NULL);
        answer(s, call, json_pack("{s:O, s:o}", "printer", binding, "printers", printers_here(s, session->terminal)));
    }
    json_decref(binding);
}

void rpc_printer_unbind(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct session *session = session_of(call);
    const char *terminal, *document;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s}", "terminal", &terminal, "document", &document) ||
        !known(s, call, terminal, document) || !keep(s, call, terminal, document, NULL))
        return;
    audit_note(s->ledger, "printer unbound", session->operator.number, session->terminal, terminal, document, NULL);
    answer(s, call, json_pack("{s:o}", "printers", printers_here(s, session->terminal)));
}

void rpc_printers(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    if (rpc_params(server_rpc(s->server), call, "{}")) answer(s, call, printers_list(s->printers));
}

json_t *printers_here(struct service *s, const char *terminal)
{
    json_t *here = json_object();
    for (int i = 0; printers_documents[i]; i++) {
        const json_t *bound = printers_for(s->printers, terminal, printers_documents[i]);
        if (bound) json_object_set_new(here, printers_documents[i], json_deep_copy(bound));
    }
    return here;
}
