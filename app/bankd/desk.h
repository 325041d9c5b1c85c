/* The bank's desk: messages that the bank itself posts (deposit, withdrawal,
 * balance, passbook, opening and closing …). They are judged on a thread of their
 * own, many in one durable transaction, and answered behind its commit; the relay
 * goes on meanwhile. */
#ifndef BANKD_DESK_H
#define BANKD_DESK_H

#include <uv.h>

#include "bankd/bank.h"
#include "base/secret.h"
#include "wire/iso.h"

struct desk;
/* What came of it, behind the commit. ANSWER: the bytes are the answer. SEND_ON: the bytes are the message, held money stands
 * behind it, and it may go to the utility. PASS: the utility's answer, which may go to the branch. LOST: the books failed
 * (of what was heard alone: who asks, asks again). */
enum desk_end { DESK_ANSWER, DESK_SEND_ON, DESK_PASS, DESK_LOST };
/* Called on the loop with what was asked or heard, and its tag (0: the desk's own repeat). */
typedef void desk_done(void *ctx, uint64_t tag, enum desk_end end, const void *bytes, size_t len);
struct desk *desk_open(const struct bank *b, uv_loop_t *loop, desk_done *done, void *ctx, struct error *err);
/* Copied. False: too many wait, or no memory; nothing was done. */
bool desk_ask(struct desk *d, uint64_t tag, const void *bytes, size_t len);
/* An answer of the utility to a payment from an account. False as above. */
bool desk_hear(struct desk *d, uint64_t tag, const void *bytes, size_t len);
/* What was sent on and not answered for that long is sent on again: each a SEND_ON. */
void desk_repeat(struct desk *d, int64_t after_ms);
/* No more are taken; run the loop out, then desk_free. */
void desk_stop(struct desk *d);
void desk_free(struct desk *d);
/* Whether this message is the desk's: its processing code is, and so are what undoes it. */
bool desk_is_ours(const struct iso *m);

/* desk_judge.c: one message inside a transaction. 0 with the packed answer, -1: the
 * books fail and the transaction must be given up. */
struct desk_answer { enum desk_end end; size_t len; char bytes[ISO_MESSAGE_MAX]; }; /* SEND_ON has no bytes */
int desk_judge(struct db *db, const struct bank *b, const struct iso *m, struct desk_answer *answer, struct error *err);

/* desk_proof.c: is it the customer? 0 yes, 1 no (code 55, or 62 when that was one
 * try too many), -1. A wrong try counts, whatever becomes of the message. */
struct wire_account_ask;
int desk_prove(struct db *db, const struct bank *b, int64_t account, const struct wire_account_ask *a, char code[3], struct error *err);
/* The password of a new account, "" for none: its stored hash. 0, 1 (30: it can't be opened), -1. */
int desk_new_password(const struct bank *b, const struct wire_account_ask *a, char hash[SECRET_PASSWORD_SIZE], char code[3], struct error *err);
/* A key pair for sealed passwords: the secret into a new file; the public part to the output. A sysexits code. */
int desk_make_key(const char *path);

#endif
