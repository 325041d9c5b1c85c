/* Somebody who may listen: stands in for a server with that server's own
 * certificate, talks on to it as the caller would, and writes every frame that
 * passes, both ways, to a capture (lib/pcap.h). Runs on a thread of its own, so the
 * programs on both sides are the real ones, with nothing switched on or off.
 *
 *     struct tap *t = tap_open(&w, "utility", "bank-102", w.utility_port, "upper.pcap");
 *     w.utility_port = tap_port(t);         who is started now calls the tap
 *     ...
 *     long frames = tap_close(t);           -1: the file is not whole */
#ifndef TESTS_LIB_TAP_H
#define TESTS_LIB_TAP_H

#include "lib/world.h"

struct tap;
/* server, caller: common names whose certificates lie in the world's folder. */
struct tap *tap_open(const struct world *w, const char *server, const char *caller, int server_port, const char *file);
int tap_port(const struct tap *t);
long tap_close(struct tap *t);

#endif
