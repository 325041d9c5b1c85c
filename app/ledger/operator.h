/* Operators: numbers, roles, passwords, lock-out. A password's hash costs 0.1 s
 * and 64 MiB: a daemon fetches what is stored (operator_stored), compares on a
 * thread (secret_password_matches, nothing of the ledger) and comes back with
 * the verdict (operator_checked), which is counted durably before it is said. */
#ifndef LEDGER_OPERATOR_H
#define LEDGER_OPERATOR_H

#include "ledger/approval.h"
#include "ledger/ledger.h"

struct ledger_operator { char number[LEDGER_OPERATOR_SIZE], name[64], role[12]; bool must_change, active, code /* he has one-time codes */; int wrong; int64_t locked_ms; };
/* The stored hash; for an unknown or inactive number a hash that nothing matches, of the same cost. */
enum ledger_result operator_stored(struct ledger *ledger, const char *number, char stored[SECRET_PASSWORD_SIZE], struct error *err);
/* Counts a wrong try or clears the count. PASSWORD, LOCKED_OUT (also when right while locked, and for a
 * number that nobody has), OK with *out. When a lock has lapsed the next wrong try locks again at once. */
enum ledger_result operator_checked(struct ledger *ledger, const char *number, const char *terminal, bool matched,
                                    struct ledger_operator *out, struct error *err);
/* New hash made outside (secret_password_hash); the rules (12 characters, blocklist) are base/secret.h's. */
enum ledger_result operator_set_password(struct ledger *ledger, const char *number, const char *stored, bool must_change,
                                         struct error *err);
/* One who forgot his: a new first password, lock and count cleared. Two people, act "operator_password". */
enum ledger_result operator_reset(struct ledger *ledger, const char *number, const char *stored, const struct ledger_two *two,
                                  struct error *err);
/* A second person's password was compared, and this is the one-time code that he gave ("": none). As operator_checked; a wrong
 * code, or one of a step that was used, counts like a wrong password. APPROVAL_CODE: his password is right and a code is
 * wanted, or he has none. Of an outside supervisor the code alone is asked for. */
enum ledger_result operator_vouches(struct ledger *ledger, const char *number, const char *terminal, bool matched, const char *code,
                                    struct ledger_operator *out, struct error *err);
/* A new secret for his one-time codes; the one before ends. As the base32 that every such program takes: shown once, kept
 * hidden. Act "operator_code". */
#define OPERATOR_CODE_SIZE 27
enum ledger_result operator_code(struct ledger *ledger, const char *number, const struct ledger_two *two, char secret[OPERATOR_CODE_SIZE],
                                 struct error *err);
enum ledger_result operator_get(struct ledger *ledger, const char *number, struct ledger_operator *out, struct error *err);
enum ledger_result operator_list(struct ledger *ledger, struct ledger_operator *rows, int max, int *count, struct error *err);
/* The first operators: an install step, audited, only while none is there or before `installed` is set. */
enum ledger_result operator_install(struct ledger *ledger, const char *number, const char *name, const char *role,
                                    const char *stored, bool must_change, struct error *err);
/* From now on with two people. STATE: no supervisor among them, or nobody beside him. */
enum ledger_result operator_installed(struct ledger *ledger, struct error *err);
/* He signs on first with this password and must change it. */
enum ledger_result operator_add(struct ledger *ledger, const struct ledger_operator *who, const char *stored,
                                const struct ledger_two *two, struct error *err);
/* Name, role, active; locked_ms 0 unlocks. Nobody changes himself. Act "operator_set" (two supervisors), or
 * "operator_unlock" (a supervisor and a teller do) when nothing but the lock changes. STATE: the last
 * supervisor, or one who has a till open. */
enum ledger_result operator_set(struct ledger *ledger, const struct ledger_operator *who, const struct ledger_two *two,
                                struct error *err);

/* --- audit ---------------------------------------------------------------------------- */

/* Anything that is no act of its own: sign-on, sign-off, lock, refusals, reading of the log. */
enum ledger_result audit_note(struct ledger *ledger, const char *event, const char *operator_number, const char *terminal,
                              const char *subject, const char *words, struct error *err);
/* The same, when no such event stands of this subject yet; else STATE. */
enum ledger_result audit_once(struct ledger *ledger, const char *event, const char *operator_number, const char *terminal,
                              const char *subject, const char *words, struct error *err);
typedef void audit_record(void *ctx, int64_t id, int64_t at_ms, const char *event, const char *operator_number, const char *second,
                          const char *terminal, const char *subject, const char *words);
/* Oldest first from a record on; from_id 0: the newest `max`. */
enum ledger_result audit_list(struct ledger *ledger, const char *subject /* NULL: all */, int64_t from_id, int max,
                              audit_record *each, void *ctx, struct error *err);
/* The head of the chain as it stands, as hex; nothing is walked. */
enum ledger_result audit_head(struct ledger *ledger, char head[SECRET_HEX_SIZE], struct error *err);
/* Every record, and that every head anchored on a day is still in the chain. STATE: the first bad
 * record is named in why. head as hex. */
enum ledger_result audit_verify(struct ledger *ledger, char head[SECRET_HEX_SIZE], struct error *err);

#endif
