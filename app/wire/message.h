/* The message set: which fields each message carries, what answers it, what its
 * response code means. One table, read by the check and by PROTOCOL.md. */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/key.h"
#include "wire/iso.h"

enum proc { /* DE 3 */
    PROC_BILLS = 310000, PROC_BILL = 320000, PROC_STATE = 330000, PROC_INVOICE = 340000,
    PROC_CASH = 500000, PROC_ACCOUNT = 501000, PROC_REFUND = 200000, PROC_TRANSFER = 220000,
    PROC_DEPOSIT = 210000, PROC_WITHDRAW = 10000, PROC_BALANCE = 300000, PROC_PASSBOOK = 350000,
    PROC_STATEMENT = 380000, PROC_OPEN = 920000, PROC_LINK = 930000, PROC_FREEZE = 940000,
    PROC_CLOSE = 950000, PROC_SEARCH = 311000,
};
enum net { NET_SIGN_ON = 1, NET_SIGN_OFF = 2, NET_CUTOVER = 201, NET_ECHO = 301 }; /* DE 70 */

enum verdict { VERDICT_APPROVED, VERDICT_REFUSED, VERDICT_UNKNOWN };
enum again { AGAIN_NEVER, AGAIN_NOW, AGAIN_LATER };
struct code_spec {
    char code[3];
    enum verdict verdict; /* REFUSED is final: stored with the key by who posts */
    enum again again;
    const char *meaning;  /* English; a counter translates it */
};
extern const struct code_spec code_specs[];
extern const size_t code_spec_count;
const struct code_spec *code_spec(const char *code); /* NULL: not of this protocol */
/* UNKNOWN for a code that isn't in the table. */
enum verdict code_verdict(const char *code);

/* DE 3 and DE 70 as numbers; -1 when absent. */
int message_proc(const struct iso *m);
int message_net(const struct iso *m);
bool message_is_request(const struct iso *m); /* third digit even: 0, 2, 4 */
bool message_is_repeat(const struct iso *m);  /* x1 */
bool message_is_advice(const struct iso *m);  /* 0220, 0221, 0420, 0421 */

/* Strict: a known MTI and DE 3 / DE 70, its mandatory fields there, no field it
 * doesn't name, tags well formed, civil dates and times. -1 names the field. */
int message_check(const struct iso *m, struct error *err);
/* Clears *out and echoes what an answer echoes (3 4 7 11 12 13 15 32 37 41 42 49
 * 70 101 102 103, those present); sets DE 39. out != req. */
void message_answer(const struct iso *req, const char *code, struct iso *out);
/* MTI of the answer: "0200", "0201" -> "0210"; false when m is no request. */
bool message_answer_mti(const struct iso *m, char mti[5]);
/* Turns a request into its repeat (x1) with a new DE 7; an x1 stays x1.
 * DE 7 is 10 digits MMDDhhmmss, UTC. Other bytes stay. */
int message_repeat(struct iso *m, const char *de7, struct error *err);

#define MATCH_KEY_SIZE 64
/* Answer's MTI, DE 32, 42, 41, 11, 37 of a request or of its answer: equal for
 * both. False when m is neither. */
bool message_match_key(const struct iso *m, char key[MATCH_KEY_SIZE]);
/* DE 32, 42, 37. False when one is absent. */
bool message_key(const struct iso *m, struct key *key);
/* Same content: all fields but the MTI and DE 7 (judging one key's 02xx). */
bool message_same_content(const struct iso *a, const struct iso *b);
/* A 04xx agrees with its original in DE 3 4 11 12 13 32 37 41 42. */
bool message_agrees(const struct iso *undo, const struct iso *original);

/* One line for logs: MTI, processing, key, amount, code. No names, no secret
 * tags, accounts shortened. Returns buf. */
const char *message_describe(const struct iso *m, char *buf, size_t size);

#endif
