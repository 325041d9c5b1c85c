/* A counter's side of branchd's socket, for tests: one line out, one line in.
 *
 *     struct talk t;
 *     talk_open(&t, socket, "03");                        connects and says hello
 *     talk_sign_on(&t, "1001", "password");
 *     json_t *bills = talk_ask(&t, "lookup", "{s:s}", "customer", "0499110001");
 *     talk_refused(&t, "older-unpaid", "pay", "{…}", …);  must be refused with that word
 *     json_t *card = talk_note(&t, "payment", 3000);      waits for a notification
 *
 * What is not as the test says fails it at once, with branchd's own words. */
#ifndef TESTS_LIB_RPC_CLIENT_H
#define TESTS_LIB_RPC_CLIENT_H

#include <jansson.h>
#include <stdbool.h>

#define TALK_LINE_MAX 70000

struct talk {
    int fd;
    long long next_id;
    size_t used;
    char line[TALK_LINE_MAX];
    json_t *notes;  /* notifications that nobody has waited for yet */
    json_t *answer; /* the last, until the next question */
};
/* terminal NULL: connects only. */
void talk_open(struct talk *t, const char *socket_path, const char *terminal);
void talk_close(struct talk *t);
/* The result, borrowed until the next question. fmt NULL: no parameters. */
json_t *talk_ask(struct talk *t, const char *method, const char *fmt, ...);
/* Must be refused with this reason word; the refusal's data, borrowed. */
json_t *talk_refused(struct talk *t, const char *reason, const char *method, const char *fmt, ...);
/* Sends without waiting; false when branchd has gone. */
bool talk_send(struct talk *t, const char *method, json_t *params);
/* The answer to the last talk_send; NULL when branchd has gone or ms have passed. Borrowed. */
json_t *talk_hear(struct talk *t, int ms);
/* The next notification of this method (older ones of it that are kept count); NULL
 * after ms. Borrowed until the next talk_note. Others are dropped. */
json_t *talk_note(struct talk *t, const char *method, int ms);
/* Waits until a payment's card has this state; fails the test otherwise. */
void talk_state_reaches(struct talk *t, const char *key, const char *state, int ms);
/* Teller with a float of nothing, or anybody. */
void talk_sign_on(struct talk *t, const char *number, const char *password);
/* A second person's word for method with these parameters (borrowed); they get "approval". */
void talk_approve(struct talk *t, const char *number, const char *password, const char *method, json_t *params);

const char *talk_text(const json_t *object, const char *member); /* "" when it is no text */
long long talk_number(const json_t *object, const char *member);
/* A customer's payable bills and sums as pay wants them, taken out of a look-up:
 * all of them, cash exactly, or (more_fen) kept as prepaid. */
json_t *talk_draft(const json_t *lookup, long long more_fen);

#endif
