/* Every screen. The menu shows those with a title, in this order. */
#include "counter/account.h"

const struct screen *const screens[] = {
    &screen_branch,   &screen_day,     &screen_collect, &screen_search,  &screen_todo,   &screen_exceptions,
    &screen_card,     &screen_refund,  &screen_transfer, &screen_counterfeit, &screen_queue, &screen_count,
    &screen_account, &screen_account_open, &screen_account_cash, &screen_account_customers, &screen_account_pay, &screen_account_statement, &screen_passbook,
    &screen_count_accept, &screen_cash, &screen_vault, &screen_count_vault, &screen_count_force, &screen_books,
    &screen_void,     &screen_difference, &screen_restored, &screen_report, &screen_operators, &screen_code, &screen_printer,
    &screen_printers, &screen_print_log, &screen_link, &screen_setup,  &screen_picture, &screen_slip,
    &screen_password,
    &screen_turn,     &screen_acts,    &screen_signon, &screen_lock,    &screen_approve, &screen_help,
    &screen_menu,     &screen_fee,     NULL,
};
