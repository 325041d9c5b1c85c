/* The access policy of a front end: which certificate, from which network, may
 * speak for which bank and branches with which messages. What no line allows is
 * refused. A file of lines:
 *
 *   station branch-0311-0007 bank=102 branch=0311-0007 from=10.1.0.0/16,10.2.3.4
 *           messages=all pin=<64 hex digits> next=<64 hex digits>
 *
 * on one line each; # begins a comment. `from` is networks or any, `branch` a
 * list or *, `messages` a list of sign inquiry file pay totals, or all. A pin
 * is the SHA-256 of the certificate's public key: with one or both given, no
 * other key is admitted, so that the next one can be laid ready before a change. */
#ifndef WIRE_POLICY_H
#define WIRE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define POLICY_STATIONS_MAX 20000
#define POLICY_LINE_MAX 4096
#define POLICY_NETWORKS_MAX 8
#define POLICY_FILE_MAX (8 << 20) /* bytes */

enum policy_messages { POLICY_SIGN = 1, POLICY_INQUIRY = 2, POLICY_FILE = 4, POLICY_PAY = 8,
                       POLICY_TOTALS = 16, POLICY_ALL = 31 };

struct policy;
struct policy_station;

/* NULL, with file:line and reason, when anything in it is wrong: a server keeps
 * the policy it has. */
struct policy *policy_load(const char *path, struct error *err);
struct policy *policy_read(const char *text, size_t len, const char *name, struct error *err);
void policy_free(struct policy *policy);
size_t policy_count(const struct policy *policy);

/* NULL: this certificate is not in the table. */
const struct policy_station *policy_station(const struct policy *policy, const char *cn);
/* May a certificate with this key, from this numeric address, connect at all? */
bool policy_admits(const struct policy_station *station, const char *pin, const char *address,
                   char *why, size_t why_size);
/* May it send this message (MTI of 4 digits) for this bank and branch? branch
 * NULL or "": a message of the whole bank, for stations of all branches only. */
bool policy_allows(const struct policy_station *station, const char *mti, const char *bank,
                   const char *branch, char *why, size_t why_size);
const char *policy_bank(const struct policy_station *station);

#endif
