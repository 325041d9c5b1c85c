/* Inside of the run: a piece of the list, and the books that it is judged by. For
 * app/bankd/withhold_{judge,sqlite,pg}.c. */
#ifndef BANKD_WITHHOLD_PIECE_H
#define BANKD_WITHHOLD_PIECE_H

#include "bankd/rowsource.h"
#include "bankd/withhold.h"

/* What is known of an account of the piece; rows are worked off in order of `order`. */
struct known {
    int64_t number, balance_fen, lines, last;
    int64_t was_fen;             /* before this piece */
    enum account_state state;
    bool there;
    uint32_t first, count;       /* of its rows, in `order` */
};
struct piece;
/* What each database does its own way, inside the piece's transaction. -1: the books fail. */
struct piece_books {
    int (*open)(struct piece *p);
    /* Fills what is known of each account, and says piece_agrees of each line of its
     * agreement. They stand in rising order of number. */
    int (*look_up)(struct piece *p);
    int (*tops)(struct piece *p, int64_t *entry, int64_t *failure); /* the last numbers given */
    int (*write)(struct piece *p);  /* entries, balances, failures: as many rows as there are, or it failed */
    int (*done)(struct piece *p);   /* one piece more is done; 1: another run was at work */
    void (*close)(struct piece *p);
};
extern const struct piece_books piece_sqlite, piece_pg;

struct piece {
    struct withhold *w;
    const struct piece_books *books;
    void *own;                   /* the books' */
    day_t day;                   /* of the pass: the entries' business day */
    char *text;                  /* the rows, one behind the other */
    size_t used, room;
    size_t at[PIECE_MAX];        /* where each row stands in text */
    uint32_t order[PIECE_MAX], other[PIECE_MAX]; /* rows by account; and room for sorting */
    uint32_t account[PIECE_MAX]; /* of each row, in `known` */
    uint8_t agrees[PIECE_MAX], fate[PIECE_MAX];
    size_t count;
    struct known known[PIECE_MAX];
    size_t known_count;
    struct recset *debited;      /* doubtful bills and sequences that were debited */
    int64_t entry_rows[PIECE_MAX][ROWSOURCE_COLUMNS], account_rows[PIECE_MAX][ROWSOURCE_COLUMNS], failed_rows[PIECE_MAX][ROWSOURCE_COLUMNS];
    /* What is to be written. entries: id, account, fen, row, line, line before, balance;
     * balances: account, balance, lines, last; failures: row, code, id */
    struct rowsource entries, balances, failures;
    char rows_buf[LAID_MAX];
};
/* withhold_judge.c: one line of the agreement of an account. */
void piece_agrees(struct piece *p, const struct known *k, const char *customer, const char *name);

#endif
