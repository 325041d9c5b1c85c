/* Inside of the desk: what each processing code does. For app/bankd/desk*.c. */
#ifndef BANKD_DESK_ACTS_H
#define BANKD_DESK_ACTS_H

#include "bankd/account.h"
#include "bankd/desk.h"
#include "wire/account.h"

struct desk_key {
    int state;
    bool has_content;
    unsigned char content[SECRET_HASH_BYTES], origin[SECRET_HASH_BYTES];
    int proc;
    int64_t account, fen, short_fen, was;
    char note[ACCOUNT_NAME_SIZE];
    char customer[ACCOUNT_CUSTOMER_SIZE];
};
struct desk_turn {
    struct db *db;
    const struct bank *bank;
    struct wire_account_ask ask;
    int64_t account;                   /* the number asked for; 0: none yet */
    struct wire_account_answer answer; /* code set: refused with it */
};
/* Each 0, 1: refused (answer.code), -1: the books fail. */
int desk_authorise(struct desk_turn *t, struct error *err);          /* is the account there, is it the customer */
int desk_act(struct desk_turn *t, struct desk_key *k, struct error *err);
int desk_undo(struct desk_turn *t, struct desk_key *k, bool advice, struct error *err);
int desk_read(struct desk_turn *t, struct error *err);               /* balance, statement: desk_read.c */
/* desk_book.c: a passbook's notice, its undoing (never refused), and how the book stands, for the answer. */
int desk_book(struct desk_turn *t, struct desk_key *k, struct error *err);
int desk_book_undo(struct desk_turn *t, const struct desk_key *k, struct error *err);
int desk_book_says(struct desk_turn *t, struct error *err);

#endif
