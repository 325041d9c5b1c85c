/* Every method of RPC.md, and who may call it. */
#include "branchd/service.h"

#define ANY (RPC_NOBODY | RPC_SIGNED_ON | RPC_LOCKED | RPC_MUST_CHANGE)
#define TELLER RPC_TELLER
#define SUPERVISOR RPC_SUPERVISOR
#define BOTH (RPC_TELLER | RPC_SUPERVISOR)
#define ALL RPC_SIGNED_ON
#define TECHNICAL (RPC_TECHNICIAN | RPC_SUPERVISOR)

const struct rpc_method service_methods[] = {
    {"hello", ANY, rpc_hello},
    {"state", ANY, rpc_state},
    {"sign_on", RPC_NOBODY, rpc_sign_on},
    {"sign_off", ALL | RPC_LOCKED | RPC_MUST_CHANGE, rpc_sign_off},
    {"lock", ALL, rpc_lock},
    {"unlock", RPC_LOCKED, rpc_unlock},
    {"change_password", ALL | RPC_MUST_CHANGE, rpc_change_password},
    {"approve", ALL, rpc_approve},
    /* collect */
    {"lookup", BOTH, rpc_lookup},
    {"search", BOTH, rpc_search},
    {"pay", RPC_MONEY, rpc_pay},
    {"shown", RPC_MONEY, rpc_shown},
    {"ask_again", BOTH, rpc_ask_again},
    {"finish", RPC_MONEY, rpc_finish},
    {"abandon", BOTH, rpc_abandon},
    {"payment", BOTH, rpc_payment},
    {"recent", BOTH, rpc_recent},
    {"find_payments", BOTH, rpc_find_payments},
    /* paper */
    {"print_next", BOTH, rpc_print_next},
    {"invoice_send", BOTH, rpc_invoice_send},
    {"invoice_result", ANY, rpc_invoice_result}, /* a job ends when it ends, also behind a locked screen */
    {"invoice_answer", BOTH, rpc_invoice_answer},
    {"spoil", BOTH, rpc_spoil},
    {"reprint_data", BOTH, rpc_reprint_data},
    {"book_load", BOTH, rpc_book_load},
    {"books", BOTH, rpc_books},
    {"number_check", BOTH, rpc_number_check},
    {"void_papers", BOTH, rpc_void_papers},
    {"number_lost", SUPERVISOR, rpc_number_lost},
    {"number_seen", SUPERVISOR, rpc_number_seen},
    {"print_log", ALL, rpc_print_log},
    /* what waits */
    {"todo", BOTH, rpc_todo},
    {"unacknowledged_answer", BOTH, rpc_unacknowledged_answer},
    {"hand_back", RPC_MONEY, rpc_hand_back},
    {"papers", BOTH, rpc_papers},
    {"undo", BOTH, rpc_undo},
    {"reverse", BOTH, rpc_reverse},
    {"refund", RPC_MONEY, rpc_refund},
    {"transfer", RPC_MONEY, rpc_transfer},
    {"slip", BOTH, rpc_slip},
    {"queue", ALL, rpc_queue},
    {"release", SUPERVISOR, rpc_release},
    {"exceptions", BOTH, rpc_exceptions},
    {"settle", SUPERVISOR, rpc_settle},
    {"restore_state", SUPERVISOR, rpc_restore_state},
    {"restore_answer", SUPERVISOR, rpc_restore_answer},
    {"restore_adopt", SUPERVISOR, rpc_restore_adopt},
    {"restore_done", SUPERVISOR, rpc_restore_done},
    /* till, day, supervisor */
    {"till_count", TELLER, rpc_till_count},
    {"till_cash", TELLER, rpc_till_cash},
    {"till_close", TELLER, rpc_till_close},
    {"till_handover", TELLER, rpc_till_handover},
    {"till_accept", TELLER, rpc_till_accept},
    {"till_force_close", SUPERVISOR, rpc_till_force_close},
    {"counterfeit", TELLER, rpc_counterfeit},
    {"vault", SUPERVISOR, rpc_vault},
    {"day_open", SUPERVISOR, rpc_day_open},
    {"day_close", SUPERVISOR, rpc_day_close},
    {"day_state", BOTH, rpc_day_state},
    {"agree", SUPERVISOR, rpc_agree},
    {"differences", SUPERVISOR, rpc_differences},
    {"repair", SUPERVISOR, rpc_repair},
    {"clock_confirm", SUPERVISOR, rpc_clock_confirm},
    {"branch_now", SUPERVISOR, rpc_branch_now},
    {"report", BOTH, rpc_report},
    {"report_paper", BOTH, rpc_report_paper},
    {"totals", BOTH, rpc_totals},
    {"operators", SUPERVISOR, rpc_operators},
    {"operator_add", SUPERVISOR, rpc_operator_add},
    {"operator_set", SUPERVISOR, rpc_operator_set},
    {"operator_unlock", SUPERVISOR, rpc_operator_unlock},
    {"operator_password", SUPERVISOR, rpc_operator_password},
    {"printer_bind", RPC_TECHNICIAN, rpc_printer_bind},
    {"printer_unbind", RPC_TECHNICIAN, rpc_printer_unbind},
    {"printers", TECHNICAL, rpc_printers},
    {"link_status", ANY, rpc_link_status},
    {"backup", ANY, rpc_backup},
};
const size_t service_method_count = sizeof service_methods / sizeof *service_methods;
