/* The people of a branch, and their printers. */
#ifndef STORM_PEOPLE_H
#define STORM_PEOPLE_H

#include "ledger/invoice.h"
#include "ledger/payment.h"
#include "storm/nodes.h"
#include "storm/world.h"

struct teller {
    int branch, index;
    char number[9], terminal[9], till[3];
    bool open, has_float;         /* he believes that his drawer is; there is money from the vault in it */
    int visit;                    /* whose outcome he waits for; -1: nobody */
    struct ledger_draft draft;
    struct ledger_source source;  /* of a refund or a transfer: whose money */
    unsigned long life;           /* of branchd, when he pressed Enter */
    int served, quota;
    int64_t emptied_fen;          /* what was in his drawer when it went to the vault */
    int64_t away_until_ms;        /* his counter is being started again */
    /* paper */
    long book;                    /* books loaded so far */
    bool new_books;               /* the branch's books are a backup's: his paper may be further than they are */
    bool at_printer;              /* a job of which nothing was said to branchd yet */
    int64_t invoice;
    int attempt;
    enum ledger_outcome outcome;
    char job_number[20];
};
extern struct teller people[BRANCHES][TELLERS];

/* What came of a call, for the one at the screen: an act that was done may have said nothing. */
enum heard { HEARD_OK, HEARD_NO, HEARD_NOTHING };
enum heard hear(struct teller *t, enum ledger_result result);
void drawer_emptied(struct teller *t);
void teller_step(void *teller, long arg);
/* What this visit's Enter recorded. */
const struct ledger_draft *draft_of(int visit);
/* The supervisor opens and closes the days; arg: how many are left is world's. */
void chief_step(void *ctx, long branch);
bool chief_waits(int branch);                 /* for the next morning, or has gone home */
bool chief_done(int branch);                  /* all days closed and agreed */
void chief_reset(int branch, int days, int64_t day_ms);
void chief_morning(int branch);
void chief_restored(int branch);              /* his days are the backup's */
enum heard chief_hears(int branch, enum ledger_result result, const struct error *why);

const struct ledger_two *word_of(struct teller *t, const char *maker, const char *terminal, const char *act, const char *checker);
struct visit *visit_of(int branch, const char *ref);

/* paper.c */
bool printing(struct teller *t);              /* true: the printer had his attention */
void look_at_paper(struct teller *t);         /* whole or not, as it is; the payment is the one last read */
void spoil(struct teller *t, const struct ledger_payment *of);
void load_book(struct teller *t);
void load_old_book(int branch, const char *number); /* the one that this number came from */
void counter_gone(struct teller *t);          /* its program was killed */

/* restore.c */
void restore_reset(int branch);
void restore_backup(int branch);              /* made beside the work, kept on another disk */
void restore_lose_disk(int branch);           /* if there is a backup */
bool restore_step(int branch);                /* true: it had the supervisors' attention */
/* The payment last read from a list. */
const struct ledger_payment *payment_read(void);

#endif
