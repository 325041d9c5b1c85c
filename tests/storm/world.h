/* What is true in the storm, beside any program: who came with which money, what he was told and what
 * he left with, what lies in the drawers, what stands on the paper. People write it down (people.c); the
 * checker (checker.c) judges the programs' books by it. Plain facts, no code of the product. */
#ifndef STORM_WORLD_H
#define STORM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define VISITS_MAX 400
#define SHEETS_MAX 800
#define TELLERS 2 /* of a branch */

/* As the one who asked sees it. UNKNOWN: no word came back. */
enum outcome { OUT_NONE, OUT_OK, OUT_FAILED, OUT_UNKNOWN };

enum visit_kind { PAYS, REFUNDED /* credit of a payment goes back in cash */, TRANSFERRED /* its money goes to another customer */ };

/* A customer at a counter, for one thing. */
struct visit {
    int branch, teller;
    enum visit_kind kind;
    char token[33], customer[29], ref[13];
    char lost_ref[13];            /* the key that it had on a disk that was lost, before anybody heard of it */
    int64_t amount_fen;
    enum outcome outcome;
    int64_t till_fen;             /* of his money in a drawer now: in it, less what was handed back */
    bool took_away;               /* he left with money that never was in the drawer */
    bool handing;                 /* a hand-back was begun, and no word came whether it counts */
    bool approved, declined, back; /* what people were told: posted; declined; turned back or reversed (asked) */
};

/* A numbered sheet that went through a printer. */
struct sheet { int branch; char series[21], number[20], ref[13]; bool whole, void_; int times; };

/* A drawer. error_fen: what people miscounted, more (+) or less (-) than they should have. */
struct drawer { int branch; int64_t cash_fen, error_fen, counted_error_fen; };

struct world {
    int branch_count;
    bool moves;                   /* money is moved later on this seed's days, and no disk is lost */
    struct visit visits[VISITS_MAX];
    int visit_count;
    struct sheet sheets[SHEETS_MAX];
    int sheet_count;
    struct drawer drawers[2][TELLERS];
    int days[2];                  /* closed at each branch */
    int64_t vault_fen[2], bank_fen[2]; /* cash that lies there; that came from the bank */
    int restored[2];              /* how often its books were restored from a backup */
};
extern struct world world;

/* After everything has been answered. Ends the run (broken) at the first thing that is wrong. */
void checker_end(void);
/* Puts its books away, wherever it stopped. */
void checker_close(void);

#endif
