/* Every screen. The menu shows those with a title, in this order. */
#include "counter/counter.h"

const struct screen *const screens[] = {
    &screen_collect,  &screen_search,  &screen_todo,   &screen_card,    &screen_queue, &screen_count,
    &screen_cash,     &screen_printer, &screen_printers, &screen_print_log, &screen_link, &screen_setup,
    &screen_picture,  &screen_slip,    &screen_password, &screen_signon, &screen_lock,  &screen_approve,
    &screen_help,     &screen_menu,    &screen_fee,    &screen_branch,  NULL,
};
