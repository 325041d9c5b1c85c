#include "wire/notice.h"

#include <string.h>

#include "wire/head.h"
#include "wire/message.h"

int wire_notice_pack(const struct wire_notice *n, struct iso *m, struct error *err)
{
    struct tags t;
    struct wire_head h = n->head;
    h.proc = PROC_INVOICE;
    tags_start(&t);
    if (head_pack(&h, "0220", false, m, err) || tags_add(&t, "PK", n->payment, strlen(n->payment), err) ||
        tags_addf(&t, "IV", err, "%s|%s|%s", n->series, n->number, n->what))
        return -1;
    return tags_into(&t, m, err);
}
