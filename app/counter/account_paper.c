/* The agreement of a special account, in its two copies: to the printer of reports, or as PDF
 * where none is bound. */
#include <string.h>

#include "counter/account.h"

static void agreed(struct counter *c, int64_t tag, const json_t *answer, const struct rpc_error *error)
{
    if (error) {
        account_refuse(c, NULL, error);
        return;
    }
    json_t *job = json_deep_copy(answer), *printer = js_at(c->hello, "printers.report");
    json_object_set_new(js_at(job, "data"), "language", json_string(c->language));
    if (json_is_object(printer)) {
        json_object_set(job, "printer", printer);
        paper_office(c, job);
    } else {
        paper_save(c, job, NULL);
    }
    json_decref(job);
}

void account_agreement(struct counter *c, const char *account)
{
    call_beside(c, "account_agreement", json_pack("{s:s}", "account", account), agreed, 0);
}
