/* What Wireshark's iso8583 dissector says of a capture that lib/pcap.h wrote. */
#ifndef TESTS_LIB_TSHARK_H
#define TESTS_LIB_TSHARK_H

#include "lib/world.h"

#define TSHARK_MALFORMED "-Y '_ws.malformed || !iso8583.mti || _ws.expert.severity >= 6291456'"

/* Its output for FILE of the world, allocated; ports: the servers', 0 for none. */
char *tshark(const struct world *w, const char *file, const int ports[2], const char *options);
/* No malformed frame, none without an MTI, no expert warning; fails the test with what there is. */
void tshark_finds_no_fault(const struct world *w, const char *file, const int ports[2]);
/* It reads the same values in the same fields as our codec did (FILE.list). */
void tshark_reads_the_same(const struct world *w, const char *file, const int ports[2]);

#endif
