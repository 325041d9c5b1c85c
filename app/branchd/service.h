/* What the daemon works with, and what its parts ask of one another. One loop,
 * one thread; passwords alone are hashed on the loop's thread pool. */
#ifndef BRANCHD_SERVICE_H
#define BRANCHD_SERVICE_H

#include <uv.h>

#include "branchd/branchd.h"
#include "branchd/copy.h"
#include "branchd/link.h"
#include "branchd/lookup.h"
#include "branchd/print_log.h"
#include "branchd/printers.h"
#include "branchd/restore.h"
#include "branchd/server.h"
#include "ledger/day.h"
#include "ledger/invoice.h"
#include "ledger/operator.h"
#include "ledger/payment.h"
#include "ledger/till.h"

struct service {
    struct branch *branch;
    uv_loop_t loop;
    struct ledger *ledger;
    struct ledger_startup startup;
    struct copy *copy;
    struct copy_info copy_info;      /* as of the last feed */
    struct server *server;
    struct link *link;
    struct restore restore;          /* what is fetched after a restore */
    struct queue *queue;             /* answers on their way into the ledger */
    struct printers *printers;
    struct print_log print_log;
    uv_timer_t push, tick, kick;
    uv_signal_t term, intr, hup;
    bool dirty;                      /* a state notification is due */
    int64_t push_rest_ms;            /* between two state pushes at least */
    int64_t pushed_ms, fed_ms, agreed_ms; /* monotonic: last state push, feed, agreement round */
    int64_t clock_ahead_ms;          /* of the monotonic clock, at the last look */
    int64_t signon_at_ms, signon_delay_ms; /* monotonic: the next try, 0: none is due */
    bool feed_going;                 /* a part is asked for */
    int64_t feed_left;               /* changes still to come, for people */
    int advices_under_way;
    int64_t drain_ms, drain_left;    /* monotonic start of this second; advices that may go in it */
    char stopped[240];   /* why no money is taken; "" it is */
    int exit_code;
    bool ending;                     /* the counters are gone, the loop runs out */
};

/* One connected counter. */
struct session {
    struct service *s;
    struct rpc_peer *peer;
    char terminal[LEDGER_TERMINAL_SIZE], till[LEDGER_TILL_SIZE], language[8];
    bool greeted, signed_on, locked, must_change, checking;
    struct ledger_operator operator;
    int64_t since_ms;
    struct lookup *lookup;           /* what is on the screen; its token is one-shot */
    char paid_token[LEDGER_TOKEN_SIZE]; /* of the last draft that became a payment */
    struct key paid;
    struct { char account[LEDGER_CUSTOMER_SIZE], holder[LEDGER_NAME_SIZE], token[LEDGER_TOKEN_SIZE]; struct key key; } account; /* looked at last; begun last */
    char approved[24], approver[96]; /* the last act that a second person approved here, and who: for papers */
};
struct session *session_of(const struct rpc_call *call); /* NULL once the counter has gone */
/* The connected counter of this terminal, or NULL. */
struct session *session_at(struct service *s, const char *terminal);
struct session *session_operator(struct service *s, const char *number);
void session_each(struct service *s, void (*each)(void *ctx, struct session *session), void *ctx);
extern const struct server_events session_events; /* ctx: struct service */

/* --- answering (answer.c) -------------------------------------------------------- */
void answer(struct service *s, struct rpc_call *call, json_t *result);
void refuse(struct service *s, struct rpc_call *call, enum rpc_code code, const char *reason, const char *what,
            const char *why, const char *remedy);
/* A refusal of the ledger's by its code and word. After LEDGER_BROKEN the daemon ends. */
void refuse_result(struct service *s, struct rpc_call *call, enum ledger_result result, const struct error *err);
/* The payment's card, to the caller and as a notification to the terminal that took it. */
void answer_payment(struct service *s, struct rpc_call *call, const struct ledger_payment *p);
bool take_key(struct service *s, struct rpc_call *call, const char *text, struct key *key); /* false: refused */
bool take_day(struct service *s, struct rpc_call *call, const char *text, day_t *day);
json_t *json_day(day_t day);
/* [{bill, amount_fen, late_fee_fen}] of the last look-up, into the draft; false: refused, saying what was not done (rpc_move.c). */
bool take_chosen(struct service *s, struct rpc_call *call, const json_t *list, const char *not_done, struct ledger_draft *d);
/* What differs from the utility on a day, each with its next acts; empty when *result is not OK. */
json_t *differences_json(struct service *s, day_t day, enum ledger_result *result, struct error *err);
json_t *json_time(const struct service *s, int64_t ms); /* 0: null */
json_t *json_text(const char *text);                    /* "": null */

/* --- the daemon's health (serve.c) --------------------------------------------------- */
/* The ledger can't go on: say so to every counter, end the loop with EX_IOERR. */
void service_broken(struct service *s);
/* Something that the counters' state line shows has changed. */
void service_changed(struct service *s);
int64_t service_now(const struct service *s);
day_t service_today(const struct service *s);

/* --- state and cards ------------------------------------------------------------------ */
json_t *state_json(struct service *s, const struct session *session /* NULL: nobody's */);
void state_push(struct service *s);
json_t *card_json(struct service *s, const struct ledger_payment *p);
json_t *card_of(struct service *s, const struct key *key);   /* null when it can't be read */
/* Cards of these payments, as many as one message holds. */
json_t *cards_json(struct service *s, const int64_t *ids, int count);
/* Adds item (stolen) unless the list would outgrow one message; false then. */
bool json_add_bounded(json_t *list, json_t *item, size_t *bytes);
/* A payment has changed: its card to its terminal, "invoice" when one is planned, state. */
void payment_changed(struct service *s, const struct ledger_payment *p);
const char *forwarded_word(const struct ledger_payment *p);

/* --- two people (two.c) ------------------------------------------------------------------- */
/* Who does it, and the approval's token out of the parameters, if any. */
void two_of(const struct session *session, const struct rpc_call *call, struct ledger_two *two);
/* Hash of parameters less "approval", members sorted. */
void two_hash(const json_t *params, unsigned char hash[SECRET_HASH_BYTES]);

/* --- passwords (password.c) ------------------------------------------------------------------ */
/* On the thread pool; ends in done on the loop, whether or not the counter is
 * still there. result: OK with *who, PASSWORD, LOCKED_OUT … as operator_checked. */
typedef void password_done(struct service *s, struct rpc_call *call, enum ledger_result result,
                           const struct ledger_operator *who, const struct error *err);
void password_check(struct service *s, struct rpc_call *call, const char *number, const char *password,
                    password_done *done);
/* The same for a second person, with the one-time code that he gave ("": none). */
void password_vouch(struct service *s, struct rpc_call *call, const char *number, const char *password, const char *code, password_done *done);
typedef void hash_done(struct service *s, struct rpc_call *call, const char *stored /* NULL: no memory */);
void password_hash(struct service *s, struct rpc_call *call, const char *password, hash_done *done);

/* --- the queue, the feed, the agreement (queue.c, feed.c, agree.c, signon.c) --------------------- */
int queue_open(struct service *s, struct error *err); /* before the link; its timer belongs to the loop */
void queue_free(struct service *s);                   /* once the loop has run out */
void queue_kick(struct service *s);  /* something may go now */
void queue_pump(struct service *s);
void queue_lost(struct service *s);  /* the connection is gone: all that was in flight is ready again */
void feed_start(struct service *s);  /* if none is going on */
void agree_start(struct service *s, bool all); /* every day that is cut off and not agreed; all: those with differences too */
typedef void agree_done(struct service *s, struct rpc_call *call);
/* One day, for a person that waits; calls done when it is settled or can't be. */
void agree_day(struct service *s, day_t day, struct rpc_call *call, agree_done *done);
/* Fetches the utility's detail of a day and finds what differs; calls done (may be NULL) then. */
void detail_fetch(struct service *s, day_t day, struct rpc_call *call, agree_done *done);
void agree_reopened(struct service *s, const day_t *days, int count);

/* --- look-ups (rpc_lookup.c) ------------------------------------------------------------------------ */
void lookup_today(struct service *s, struct lookup *l); /* judged anew when midnight has passed */
const char *copy_refused(struct service *s);            /* why the copy can't be paid from; NULL: it can */

/* --- papers (paper.c) ------------------------------------------------------------------------------ */
/* What templates see, as it is at T1. */
json_t *paper_detail(struct service *s, const struct session *session, const struct lookup *l,
                     const struct ledger_draft *draft);
/* The stored detail with what is known now: key, number, state, count of the copy. NULL: no memory. */
json_t *paper_data(struct ledger *ledger, const struct clock *clock, const struct ledger_payment *p, const char *series,
                   const char *number, int reprint, struct error *err);
/* Names that stand on every paper of the branch. */
json_t *paper_names(const struct service *s);
/* rpc_paper.c: which template and media this terminal prints a kind of paper with: invoice,
 * receipt, copy, handback, counterfeit; account: a receipt of the bank's own. */
void put_form(struct service *s, const struct session *session, const char *kind, json_t *job);

/* --- printers (rpc_printer.c) ------------------------------------------------------------------------ */
/* Which printer takes which document at this terminal: document -> binding. */
json_t *printers_here(struct service *s, const char *terminal);

/* --- papers of an act (slip.c) ---------------------------------------------------------------------- */
json_t *paper_head(struct service *s); /* bank, branch, business day: what every paper begins with */
/* {id, job, template, media, kind, data}: the receipt of a note taken in. */
json_t *counterfeit_job(struct service *s, const struct session *session, const struct ledger_counterfeit *note, const char *checker);

/* --- methods: one table of them (methods.c); handlers by theme in rpc_*.c ------------------------------- */
extern const struct rpc_method service_methods[];
extern const size_t service_method_count;
#define METHOD(name) void rpc_##name(void *ctx, struct rpc_call *call)
METHOD(hello); METHOD(sign_on); METHOD(sign_off); METHOD(lock); METHOD(unlock); METHOD(change_password);
METHOD(state); METHOD(approve);
METHOD(lookup); METHOD(search); METHOD(pay); METHOD(shown); METHOD(ask_again); METHOD(finish); METHOD(abandon);
METHOD(payment); METHOD(recent); METHOD(find_payments);
METHOD(print_next); METHOD(invoice_send); METHOD(invoice_result); METHOD(invoice_answer); METHOD(spoil);
METHOD(reprint_data); METHOD(book_load); METHOD(number_check); METHOD(print_log); METHOD(number_seen);
METHOD(todo); METHOD(unacknowledged_answer); METHOD(hand_back); METHOD(undo); METHOD(reverse); METHOD(papers);
METHOD(queue); METHOD(release); METHOD(exceptions); METHOD(settle);
METHOD(till_count); METHOD(till_cash); METHOD(till_close); METHOD(till_force_close); METHOD(till_handover);
METHOD(till_accept); METHOD(counterfeit); METHOD(vault);
METHOD(day_open); METHOD(day_close); METHOD(day_state); METHOD(agree); METHOD(clock_confirm);
METHOD(differences); METHOD(repair); METHOD(refund); METHOD(transfer); METHOD(slip); METHOD(void_papers);
METHOD(branch_now); METHOD(report); METHOD(report_paper); METHOD(totals);
METHOD(operators); METHOD(operator_add); METHOD(operator_set); METHOD(operator_unlock);
METHOD(operator_password); METHOD(operator_code); METHOD(books); METHOD(number_lost); METHOD(number_receive); METHOD(number_return);
METHOD(account); METHOD(account_lines); METHOD(account_begin); METHOD(account_open); METHOD(account_link); METHOD(account_deposit);
METHOD(account_withdraw); METHOD(account_close); METHOD(account_freeze); METHOD(account_pay); METHOD(account_agreement);
METHOD(passbook_book); METHOD(passbook_send); METHOD(passbook_job); METHOD(passbook_result);
METHOD(restore_state); METHOD(restore_answer); METHOD(restore_adopt); METHOD(restore_done);
METHOD(printer_bind); METHOD(printer_unbind); METHOD(printers); METHOD(link_status); METHOD(backup);

#endif
