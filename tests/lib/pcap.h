/* Frames of the wire as a capture file that tshark reads: Ethernet, IPv4 and TCP
 * made up around each, the frame's two length bytes before it, one TCP stream a
 * pair of ports, sequence numbers right so that nothing looks lost. */
#ifndef TESTS_LIB_PCAP_H
#define TESTS_LIB_PCAP_H

#include <stdbool.h>
#include <stddef.h>

struct pcap;
struct pcap *pcap_open(const char *path); /* NULL: cannot be written */
/* A frame between the caller (a port of its own) and the server's port. */
void pcap_frame(struct pcap *p, bool to_server, int server_port, const void *bytes, size_t len);
long pcap_close(struct pcap *p); /* frames written, or -1 when one was not */

#endif
