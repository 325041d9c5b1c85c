/* File actions (0300): which file it is. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "wire/session.h"

void service_file(struct service *s, struct exchange *x)
{
    struct wire_part asked;
    struct error err;
    char *end = NULL;
    bool readable = wire_part_unpack(&x->request, service_today(s), &asked, &err) == 0;
    if (readable && asked.action == '2') {
        service_result(s, x, &asked);
        return;
    }
    if (!readable || asked.action != '1') {
        service_refuse(x, "30", "a file is asked for with action 1, given with 2");
        return;
    }
    if (strncmp(asked.file, "WHL:", 4) == 0) {
        service_list(s, x, &asked);
        return;
    }
    if (strncmp(asked.file, "FEED:", 5) == 0 && text_digits(asked.file + 5)) {
        service_feed(s, x, strtoll(asked.file + 5, &end, 10));
        return;
    }
    if (service_detail(s, x, &asked)) return;
    service_refuse(x, "57", "files are FEED:<change>, PAY:<YYYYMMDD>, INV:<YYYYMMDD>, WHL:<batch>");
}
