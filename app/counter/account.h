/* Special accounts at the counter: one act on one account, from its token to the
 * bank's word, and what the account screens share. The customer's password is
 * sealed here to the bank's key and wiped: neither log nor branch can keep it. */
#ifndef COUNTER_ACCOUNT_H
#define COUNTER_ACCOUNT_H

#include "counter/counter.h"

#define ACCOUNT_PASSWORD_DIGITS 6
#define ACCOUNT_LINES_ASKED 24 /* of the account, in one answer */

/* The bank's word on an act. card: final (posted, declined …) or, when nobody answered, as
 * it stands; NULL with error: nothing was recorded, why was not said yet. */
typedef void account_done(struct counter *c, const json_t *card, const struct rpc_error *error);

struct account_act {
    const char *method;
    json_t *params;       /* without token; owned until account_go has returned */
    const char *password; /* as typed, NULL or "": none; it is sealed */
    const char *words;    /* what a second person approves */
    bool beside;          /* goes on beside the screen: keys don't wait for it */
    account_done *done;
};
/* Steals act->params, copies the rest. False: another act is under way; nothing was done. */
bool account_go(struct counter *c, const struct account_act *act);
bool account_busy(const struct counter *c);
/* A payment's notice: the act that waits for it goes on. */
void account_notice(struct counter *c, const json_t *card);
/* The word on an act that nobody waits for any more: cash is due after all. */
void account_late(struct counter *c, const json_t *card);
void account_free(struct counter *c);

bool account_posted(const json_t *card);
/* What the bank said to an act that it refused, or that nobody answered, and what to do next. */
void account_said(const json_t *card, char *buf, size_t size);
/* Refuses with it. */
void account_refuse(struct counter *c, const json_t *card, const struct rpc_error *error);
/* While the line is down: says so and what can be done instead; true: it is down. */
bool account_off_line(struct counter *c);

/* The proof of a withdrawal and its like: fields "password", or "book" and "left" (the
 * balance behind the book's last line). Adds to params what is typed; false: something is
 * missing, it is said and has the focus. */
bool account_proof(struct counter *c, struct view *view, json_t *params);
/* Enter in a field of the proof: to the next one, or past a password that is there to "confirm".
 * False: the field is none of them. */
bool account_proof_enter(struct counter *c, struct view *view);
void account_wipe(struct view *view); /* the typed password */
/* "****0426" */
const char *account_short(const char *account, char *buf, size_t size);
const char *word_account_state(const char *state);
const char *word_movement(const char *kind);
/* One line of an account in a list: line, date, kind, in, out, balance. */
const char *account_cell(const json_t *line, const struct form_field *field, char *buf, size_t size);
/* Account number, holder and balance into the fields "account", "holder", "balance". */
void account_head(struct counter *c, struct view *view, const json_t *account);
/* The agreement in its two copies, to the printer of reports or as PDF. */
void account_agreement(struct counter *c, const char *account);
/* Shows this account in the hub; words (may be NULL) are said when it is there. */
void account_show(struct counter *c, const char *account, const char *words);

/* --- passbook_print.c: the book in the printer, beside the screens --- */
enum passbook_step {
    PASSBOOK_IDLE,
    PASSBOOK_LINES,  /* the bank says which lines stand in no book */
    PASSBOOK_PLACE,  /* the page is placed, nothing can be refused any more */
    PASSBOOK_INSERT, /* the teller is asked to put the book in */
    PASSBOOK_WATCH,  /* he did: the printer must say that it has it */
    PASSBOOK_SEND,   /* "sent" is stored at the bank, before the first byte */
    PASSBOOK_PRINT,
    PASSBOOK_DOUBT,  /* the teller looks: are the lines whole? */
    PASSBOOK_REPORT, /* what became of them is told to the bank */
};
struct passbook_now {
    enum passbook_step step;
    const char *account;
    int page, row;              /* where it goes on, from 1 */
    int64_t first, last;        /* lines of the account */
    bool again;                 /* a second time, marked so */
    bool jammed;                /* the printer said trouble, or said nothing */
    bool full;                  /* no place is left in the book */
    const char *words;          /* why it doesn't go on, or "" */
};
/* Prints what stands in no book yet; again: lines whose place is spoiled, once more.
 * account: as `account` answered. */
void passbook_print(struct counter *c, const json_t *account, bool again);
struct passbook_now passbook_now(const struct counter *c);
const json_t *passbook_chosen(const struct counter *c); /* the lines that are printed, NULL: none */
bool passbook_waits(const struct counter *c); /* for the teller: the book, or his word */
bool passbook_working(const struct counter *c); /* a thread is at work */
/* Its printer is at work on a book, or may be in a moment: nothing else goes there. */
bool passbook_holds(const struct counter *c, const char *uri);
void passbook_in(struct counter *c);   /* the book is in */
void passbook_drop(struct counter *c); /* not now: nothing was sent */
/* The teller looked: lines up to `whole` are whole, the others are not; < first: none is. */
void passbook_looked(struct counter *c, int64_t whole);
void passbook_close(struct counter *c);

extern const struct screen screen_account, screen_account_open, screen_account_cash, screen_account_customers,
    screen_account_pay, screen_account_statement, screen_passbook;

#endif
