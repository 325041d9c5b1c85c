/* Messages of the special accounts, typed: what a branch asks of the bank itself
 * (0200 and 0100, PROTOCOL.md "Special accounts") and the bank's answer. */
#ifndef WIRE_ACCOUNT_H
#define WIRE_ACCOUNT_H

#include "wire/inquiry.h"

#define WIRE_ACCOUNT_LINES_MAX 24
#define WIRE_ACCOUNT_CUSTOMERS_MAX 24
#define WIRE_ACCOUNT_AMISS_MAX 8
#define WIRE_DOCUMENT_SIZE 164 /* 40 characters of UTF-8 */

struct wire_account_ask {
    struct wire_head head;              /* proc; amount of a deposit or withdrawal */
    char account[WIRE_NUMBER_SIZE], customer[WIRE_NUMBER_SIZE];
    char name[WIRE_NAME_SIZE];          /* CN: the customer's, as in the agreement */
    char document[WIRE_DOCUMENT_SIZE], phone[WIRE_DOCUMENT_SIZE]; /* DC, PH */
    char act[9];                        /* AC: link, unlink, freeze, unfreeze */
    char sealed[WIRE_SEALED_SIZE];      /* PW, hex */
    char book[WIRE_BOOK_SIZE];          /* BK: book|first line|last line|word; as proof: book|balance */
    int64_t from;                       /* LN, of a statement: the first line wanted; 0: the last ones */
    char maker[9], checker[9];          /* OP, SP */
};
struct wire_account_line { /* a record: line|day|what|fen, below 0 is out|balance|place|paper */
    int64_t line, fen, balance_fen;
    day_t day;
    char what[12];
    int64_t place;                      /* in the book, 0: in none yet */
    char paper[9];                      /* "", sent, printed, doubtful, spoiled */
};
struct wire_account_answer {
    char code[3], account[WIRE_NUMBER_SIZE];
    bool has_balance;
    int64_t balance_fen, short_fen;     /* BA; DX of what an undoing could not take back */
    char book[WIRE_BOOK_SIZE];          /* BK: book|last line printed|next free place in it */
    char state[9];                      /* AC, of a question: open, frozen, closed */
    char holder[WIRE_NAME_SIZE], document[WIRE_DOCUMENT_SIZE], phone[WIRE_DOCUMENT_SIZE]; /* CN, DC, PH; "" what does not fit */
    int64_t held_fen, last_line;        /* HB: for payments that are not answered; LN: the account's last line */
    bool password;                      /* PS: one is set */
    int amiss_count;
    int64_t amiss[WIRE_ACCOUNT_AMISS_MAX]; /* AM: lines whose place in the book is spoiled or in doubt */
    int customer_count;                 /* records C|customer|name, before the lines */
    struct { char customer[WIRE_NUMBER_SIZE], name[WIRE_NAME_SIZE]; } customers[WIRE_ACCOUNT_CUSTOMERS_MAX];
    char reason[200];
    int line_count;
    struct wire_account_line lines[WIRE_ACCOUNT_LINES_MAX];
};
int wire_account_pack(const struct wire_account_ask *a, const char mti[5], struct iso *m, struct error *err);
int wire_account_unpack(const struct iso *m, day_t near, struct wire_account_ask *a, struct error *err);
int wire_account_answer_pack(const struct iso *req, const struct wire_account_answer *a, struct iso *m, struct error *err);
int wire_account_answer_unpack(const struct iso *m, struct wire_account_answer *a, struct error *err);
/* Processing codes that the bank posts itself. */
bool wire_account_is_banks(int proc);

#endif
