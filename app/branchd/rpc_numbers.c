/* Ranges of invoice numbers and what became of them: received, issued as books, returned unused. */
#include "branchd/service.h"

#define BOOKS_MAX 100

static json_t *book_json(const struct ledger_book *b)
{
    return json_pack("{s:I, s:s, s:s, s:s, s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "id", (json_int_t)b->id, "series", b->series, "first", b->first,
                     "last", b->last, "next", json_text(b->next), "till", b->till, "state", b->state, "used", (json_int_t)b->used, "void",
                     (json_int_t)b->void_count, "lost", (json_int_t)b->lost, "returned", (json_int_t)b->returned, "left", (json_int_t)b->left);
}

static void answer_books(struct service *s, struct rpc_call *call, enum ledger_result result, struct error *err)
{
    struct ledger_book rows[BOOKS_MAX];
    int count = 0;
    size_t bytes = 0;
    if (result == LEDGER_OK) result = book_list(s->ledger, rows, BOOKS_MAX, &count, err);
    if (result != LEDGER_OK) {
        refuse_result(s, call, result, err);
        return;
    }
    json_t *list = json_array();
    for (int i = 0; i < count; i++)
        if (!json_add_bounded(list, book_json(&rows[i]), &bytes)) break;
    answer(s, call, list);
}

void rpc_books(void *ctx, struct rpc_call *call)
{
    struct service *s = ctx;
    struct error err = {0};
    if (rpc_params(server_rpc(s->server), call, "{}")) answer_books(s, call, LEDGER_OK, &err);
}

typedef enum ledger_result numbers_act(struct ledger *ledger, const char *series, const char *first, const char *last, const struct ledger_two *two,
                                       struct error *err);

static void book_numbers(struct service *s, struct rpc_call *call, numbers_act *act)
{
    struct ledger_two two;
    struct error err = {0};
    const char *series, *first, *last, *approval = NULL;
    if (!rpc_params(server_rpc(s->server), call, "{s:s, s:s, s:s, s?s}", "series", &series, "first", &first, "last", &last, "approval", &approval))
        return;
    two_of(session_of(call), call, &two);
    enum ledger_result result = act(s->ledger, series, first, last, &two, &err);
    answer_books(s, call, result, &err);
    if (result == LEDGER_OK) service_changed(s);
}

void rpc_number_receive(void *ctx, struct rpc_call *call) { book_numbers(ctx, call, numbers_receive); }

void rpc_number_return(void *ctx, struct rpc_call *call) { book_numbers(ctx, call, numbers_return); }
