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

#define STACK_MAX 12
#define SLOTS_MAX 48
#define TYPED_MAX 512 /* keys on their way; more are dropped with a bell */
#define SAY_SIZE 400
#define WORD_SIZE 16

enum role { ROLE_TELLER = 1, ROLE_SUPERVISOR = 2, ROLE_TECHNICIAN = 4, ROLE_ANY = 7 };

struct counter;

/* A screen: one file, one row in screens.c, one form (or one a step). Its state
 * starts with its struct view and lives as long as the program. */
struct screen {
    const char *name;  /* for --screen and the tests */
    const char *title; /* in the menu, NULL: not there */
    unsigned roles;
    size_t state_size;
    void (*open)(struct counter *c, void *state, const json_t *arg); /* brought up, anew or again */
    void (*press)(struct counter *c, void *state, struct press press);
    void (*paint)(struct counter *c, void *state); /* fill the view; the engine draws it */
    void (*changed)(struct counter *c, void *state, const char *what, const json_t *params); /* or NULL */
    /* F3: true when the screen itself went a step back */
    bool (*back)(struct counter *c, void *state); /* or NULL */
};

/* What the command line and the settings say. */
struct counter_options {
    const char *socket, *terminal, *language, *hint, *forms;
    const char *operator_number, *password; /* opened signed on (demo, kiosk); password is wiped */
    int64_t float_fen;
    int64_t idle_lock_ms;
    bool hanzi; /* the terminal can show them */
};

typedef void counter_answer(struct counter *c, int64_t tag, const json_t *result, const struct rpc_error *error);

struct counter {
    uv_loop_t *loop;
    struct counter_options options;
    struct terminal terminal;
    struct rpc rpc;
    uv_prepare_t painter;
    uv_timer_t tick;
    bool dirty, quit, signed_on, locked, hungup;
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
    uint64_t busy_since_ms, last_press_ms;
    uint64_t step_ns; /* keys that came before it were typed ahead */
    char *show_key;   /* payment whose "recorded" goes to the terminal with the next picture */
    char form_said[SAY_SIZE];
    struct printing *printing;
};

/* --- flow.c: screens and keys --- */
int counter_run(const struct counter_options *options, struct error *err);
void screen_open(struct counter *c, const struct screen *screen, const json_t *arg);
void screen_back(struct counter *c);
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
void busy_end(struct counter *c);
void typed_drop(struct counter *c);
void step_new(struct counter *c); /* from here on a key was typed ahead when it came before */
bool typed_ahead(const struct counter *c, struct press press);

/* --- call.c --- */
void call(struct counter *c, const char *method, json_t *params, counter_answer *answer, int64_t tag);
/* The same; when branchd wants a second person the approval screen comes between.
 * words: what is approved, for that person to read. */
void call_approved(struct counter *c, const char *method, json_t *params, const char *words,
                   counter_answer *answer, int64_t tag);

/* --- session.c --- */
void session_up(void *ctx);
void session_down(void *ctx);
void session_notice(void *ctx, const char *method, const json_t *params);
void session_signed_on(struct counter *c, const json_t *result);
void session_sign_off(struct counter *c);
void session_lock(struct counter *c);
void session_last(struct counter *c, const json_t *card);
bool session_online(const struct counter *c);

/* --- frame.c --- */
void frame_fill(struct counter *c);

/* --- words.c: what branchd's fixed words are called here --- */
const char *word_reason(const char *reason);                      /* what, for a person */
void words_error(const struct rpc_error *error, char *buf, size_t size);
const char *word_forwarded(const char *word);
void words_paper(const struct counter *c, const json_t *card, char *buf, size_t size);
void words_last(const struct counter *c, const json_t *card, char *buf, size_t size);
const char *word_kind(const char *kind); /* of a thing that waits */
const char *word_role(unsigned role);
/* Five rows of big digits for the fields big1..big5. */
void big_money(struct view *view, int64_t fen);

/* --- printing.c --- */
int printing_open(struct counter *c);
void printing_kick(struct counter *c); /* something may be planned */
bool printing_now(const struct counter *c, char *number, size_t size);
void printing_close(struct counter *c);

/* --- screens.c --- */
extern const struct screen *const screens[];
extern const struct screen screen_signon, screen_password, screen_collect, screen_search, screen_todo,
    screen_card, screen_approve, screen_help, screen_menu, screen_fee, screen_queue, screen_printer,
    screen_count, screen_cash, screen_branch;

#endif
