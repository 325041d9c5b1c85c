/* One terminal's session: what branchd said last, the stack of screens, keys on
 * their way. No money state: killed at any moment, the ledger knows all. */
#ifndef COUNTER_COUNTER_H
#define COUNTER_COUNTER_H

#include <libintl.h>
#include <stdbool.h>
#include <stdint.h>

#include "counter/js.h"
#include "counter/rpc.h"
#include "counter/terminal.h"
#include "counter/view.h"

#define _(text) dgettext("gridteller", text)
#define N_(text) text

#define STACK_MAX 24
#define SLOTS_MAX 64
#define TYPED_MAX 512 /* keys on their way; more are dropped with a bell */
#define SAY_SIZE 800
#define WORD_SIZE 16
#define CLOCK_SIZE 24 /* "YYYY-MM-DDThh:mm:ss" */

enum role { ROLE_TELLER = 1, ROLE_SUPERVISOR = 2, ROLE_TECHNICIAN = 4, ROLE_ANY = 7 };

struct counter;

/* A screen: one file, one row in screens.c, one form (or one a step). Its state
 * starts with its struct view and lives as long as the program. */
struct screen {
    const char *name;  /* for --screen and the tests */
    const char *title; /* in the menu, NULL: not there */
    unsigned roles;
    bool alone; /* nothing is reached past it but help: sign-on, lock, second person */
    size_t state_size;
    size_t held; /* where in the state the json_t * stands that it owns; 0: none */
    int held_more; /* json_t * that it owns right behind that one */
    void (*open)(struct counter *c, void *state, const json_t *arg); /* brought up anew */
    void (*press)(struct counter *c, void *state, struct press press);
    void (*paint)(struct counter *c, void *state); /* fill the view; the engine draws it */
    /* A notice of branchd ("payment", "state", …), "tick" once a second, "again"
     * when the screen above went away. Or NULL. */
    void (*changed)(struct counter *c, void *state, const char *what, const json_t *params);
    /* F3: true when the screen itself went a step back */
    bool (*back)(struct counter *c, void *state); /* or NULL */
};

/* What the command line and the settings say. */
struct counter_options {
    const char *socket, *terminal, *language, *hint, *forms, *templates, *reports;
    const char *operator_number, *password; /* opened signed on (demo, kiosk); password is wiped */
    int64_t float_fen;
    int64_t idle_lock_ms;
    const char *open_screen; /* --screen: brought up after sign-on */
    bool hanzi;              /* the terminal can show them */
};

typedef void counter_answer(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error);

struct counter {
    uv_loop_t *loop;
    struct counter_options options;
    struct terminal terminal;
    struct rpc rpc;
    uv_prepare_t painter;
    uv_timer_t tick;
    uv_signal_t ends[3]; /* HUP, TERM, INT */
    bool dirty, quit, signed_on, locked, pumping;
    bool greeted;     /* hello was answered on this connection */
    bool must_change; /* the password, before anything else */
    int hello_wait_s;
    char language[WORD_SIZE], operator_number[WORD_SIZE];
    unsigned role;
    json_t *hello, *state, *operator, *last, *till; /* last: card of this terminal's last payment */
    int64_t state_at_ms;                            /* monotonic, of *state */
    char said[SAY_SIZE];                            /* the message row */
    unsigned said_ink;
    struct { const struct screen *screen; void *state; } slot[SLOTS_MAX];
    int slot_count;
    int stack[STACK_MAX], depth; /* indexes of slot */
    struct view frame;
    struct press typed[TYPED_MAX];
    int typed_first, typed_count;
    char busy[SAY_SIZE]; /* what the screen waits for, empty: nothing */
    bool busy_firm;      /* can't be left: money is being recorded */
    bool firm_next;      /* the next call is what it waits for */
    enum { ANSWER_NONE, ANSWER_OTHER, ANSWER_FIRM } answering; /* what is being worked in: nothing, an answer, that one */
    int64_t busy_round;  /* answers of a round that was left are dropped */
    uint64_t busy_since_ms, last_press_ms, ticked_s;
    uint64_t step_ns; /* keys that came before it were typed ahead; UINT64_MAX until the step is painted */
    json_t *to_show, *showing; /* keys of payments whose "recorded" is not painted; painted, not yet taken */
    char form_said[SAY_SIZE]; /* a form's file that is broken */
    struct asking *asking;    /* the act that waits for a second person */
    struct asking *unsigned_act; /* the one that was left unsigned with the last key; NULL: none */
    struct printing *printing;
    struct acting *acting;     /* the act on a special account that waits for the bank */
    struct passbook *passbook; /* the book that is in the printer, or about to be */
    int papers; /* reports that are being printed or saved */
};

/* --- run.c: from the first byte to the last; returns when left --- */
int counter_run(const struct counter_options *options, struct error *err);

/* --- flow.c: screens and keys --- */
void screen_open(struct counter *c, const struct screen *screen, const json_t *arg);
void screen_back(struct counter *c);
void screen_close(struct counter *c, const struct screen *screen); /* wherever it stands */
bool screen_is_open(const struct counter *c, const struct screen *screen);
void screen_home(struct counter *c); /* the first screen of the operator's role */
const struct screen *screen_now(const struct counter *c);
void *screen_state(struct counter *c, const struct screen *screen);
void screen_form(struct counter *c, void *state, const char *form);
void counter_dirty(struct counter *c);
void counter_quit(struct counter *c);
void counter_language(struct counter *c, const char *language);
/* The message row: plain words, a refusal (bell, typed-ahead keys dropped). */
void say(struct counter *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void refuse(struct counter *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void refuse_error(struct counter *c, const struct rpc_error *error);
void say_nothing(struct counter *c);
/* Keys wait while the screen waits for branchd. */
void busy_start(struct counter *c, const char *words);
void busy_firm(struct counter *c, const char *words); /* F12 does not leave it */
void busy_end(struct counter *c); /* but a firm one by no other answer than its own */
void busy_over(struct counter *c); /* whatever it was */
void typed_drop(struct counter *c);
void typed_come(struct counter *c, struct press press); /* from the terminal */
void typed_go(struct counter *c); /* keys that wait, as far as nothing is waited for */
void typed_again(struct counter *c, struct press press); /* the next key, once more */
void step_new(struct counter *c); /* from here on a key was typed ahead when it came before */
bool typed_ahead(const struct counter *c, struct press press);

/* --- call.c --- */
void call(struct counter *c, const char *method, json_t *params, counter_answer *answer, int64_t tag);
/* The same for what goes on beside the screen: it is answered although a wait is left with F12. */
void call_beside(struct counter *c, const char *method, json_t *params, counter_answer *answer, int64_t tag);
/* The same; when branchd wants a second person the approval screen comes between.
 * words: what is approved, for that person to read. */
void call_approved(struct counter *c, const char *method, json_t *params, const char *words,
                   counter_answer *answer, int64_t tag);

/* The second person's screen: what is to be approved, its words, the answer. */
const char *asking_words(const struct counter *c);
void asking_send(struct counter *c, const char *number, const char *password, const char *code);
void asking_forget(struct counter *c); /* unanswered: the program ends, another act is begun */
void asking_drop(struct counter *c); /* left: the act is answered with "left" */
void asking_again(struct counter *c); /* F9: what was just left is signed after all */
void asking_over(struct counter *c); /* any other key: the screen may show something else from here on */

/* --- session.c --- */
void session_up(void *ctx);
void session_down(void *ctx);
void session_notice(void *ctx, const char *method, const json_t *params);
void session_signed_on(struct counter *c, const json_t *result);
void session_sign_off(struct counter *c);
void session_lock(struct counter *c);
void session_last(struct counter *c, const json_t *card);
bool session_online(const struct counter *c);
void session_hello(struct counter *c); /* anew: another language */
void session_tick(struct counter *c);  /* idle lock */
/* The branch's time now, "YYYY-MM-DDThh:mm:ss": what branchd said last, gone on. */
const char *session_now(const struct counter *c, char *buf, size_t size);

/* --- frame.c --- */
void frame_fill(struct counter *c);

/* --- words.c: what branchd's fixed words are called here --- */
const char *word_reason(const char *reason);                      /* what, for a person */
const char *word_remedy(const char *reason);                      /* and what to do about it */
void words_error(const struct rpc_error *error, char *buf, size_t size);
const char *word_forwarded(const char *word);
void words_paper(const struct counter *c, const json_t *card, char *buf, size_t size);
void words_last(const struct counter *c, const json_t *card, char *buf, size_t size);
const char *word_kind(const char *kind); /* of a thing that waits */
const char *word_role(unsigned role);
const char *word_invoice(const char *state);
const char *word_state(const char *state); /* of a payment, a till, a row of the queue */
const char *word_outcome(const char *outcome); /* of a print job */
const char *word_process(const char *process); /* what a card is of that is no payment of bills */
const char *word_act(const char *method); /* what a second person approves, by branchd's name of it */
bool word_known(const char *reason);       /* a reason that has a text */
/* The answer to a question: the one letter typed, upper case, when Enter is
 * pressed and nothing else stands in the field "answer"; else 0. Other keys are typed. */
char answer_letter(struct view *view, struct press press);
/* --- fields.c: forms with several fields, with a list --- */
/* Up, Down and Enter go through the fields; on "answer" a letter, else 0. */
char fields_letter(struct view *view, struct press press);
bool list_press(struct counter *c, struct view *view, struct press press); /* arrows, F7, F8: was it the list's? */
void list_show(struct view *view, view_cell *cell, void *ctx, const json_t *rows); /* the cursor stays where it can */
const json_t *list_row(const struct view *view, const json_t *rows);              /* where the cursor stands; NULL: empty */
/* An act, said to be under way, with a second person when branchd wants one. Steals params. */
void act_go(struct counter *c, const char *method, json_t *params, const char *words, counter_answer *answer, int64_t tag);
const char *clock_of(const char *time); /* "hh:mm:ss" of a time, "" of none */
/* --- paper.c: a report at the office printer; as PDF and CSV (NULL: none) in the folder of reports.
 * A job's "copies" are printed one behind the other, its data's "copy" says which. --- */
void paper_office(struct counter *c, const json_t *job);
void paper_save(struct counter *c, const json_t *job, const char *csv);

/* --- big.c: five rows of big digits for the fields big1..big5 --- */
void big_money(struct view *view, int64_t fen);
void big_nothing(struct view *view);

/* --- printing.c --- */
int printing_open(struct counter *c);
void printing_bound(struct counter *c); /* the printer of hello, or another one */
void printing_kick(struct counter *c); /* something may be planned */
/* True while a job is under way; its number ("" for a receipt), number may be NULL. */
bool printing_now(const struct counter *c, char *number, size_t size);
/* The printer in words, for the state line: "Printer ready", "L7 OUT OF PAPER". */
const char *printing_words(const struct counter *c);
bool printing_trouble(const struct counter *c); /* the printer can't print: a person must see to it */
/* A paper without a number: what reprint_data answered, a slip. After what is under way. */
void printing_copy(struct counter *c, const json_t *copy);
/* Paper that the teller must put in: the job it is for, NULL when there is none. plain
 * (may be NULL): a numbered sheet lies in that printer, and this wants a plain one. */
const json_t *printing_wants(const struct counter *c, bool *plain);
bool printing_watching(const struct counter *c); /* it is said to be in; the printer does not say so yet */
void printing_paper_in(struct counter *c);
bool printing_drop(struct counter *c); /* a copy or slip is not wanted any more; false: an invoice is */
bool printing_bound_here(const struct counter *c); /* a printer is bound to this terminal */
bool printing_holds(const struct counter *c, const char *uri); /* a job has, or is about to have, that printer */
bool printing_busy(const struct counter *c); /* a job, its report or a question is under way */
void printing_close(struct counter *c);

/* --- screens.c --- */
extern const struct screen *const screens[];
extern const struct screen screen_signon, screen_password, screen_collect, screen_search, screen_todo,
    screen_card, screen_approve, screen_help, screen_menu, screen_fee, screen_queue, screen_printer,
    screen_count, screen_count_accept, screen_count_vault, screen_count_force, screen_cash, screen_branch, screen_restored, screen_lock,
    screen_day, screen_difference, screen_exceptions, screen_turn, screen_refund, screen_transfer, screen_operators, screen_code,
    screen_books, screen_void, screen_vault, screen_counterfeit, screen_report, screen_acts,
    screen_slip, screen_printers, screen_picture, screen_print_log, screen_link, screen_setup;

/* --- between screens --- */
void collect_customer(struct counter *c, const char *customer); /* chosen in a list: look up */
bool collect_begun(struct counter *c); /* another customer's number is in the field, or further on */

#endif
