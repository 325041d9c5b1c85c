/* Frames of the wire as a capture file that tshark reads: Ethernet, IPv4 and TCP
 * made up around each, the frame's two length bytes before it, one TCP stream a
 * pair of ports, sequence numbers right so that nothing looks lost. Beside it
 * PATH.list, a line a frame, says what our own codec reads in it: the MTI and
 * the fields of PCAP_FIELDS, with '|' between them, as
 * tshark -T fields -E separator='|' writes them. */
#ifndef TESTS_LIB_PCAP_H
#define TESTS_LIB_PCAP_H

#include <stdbool.h>
#include <stddef.h>

#define PCAP_FIELDS {3, 4, 7, 11, 12, 15, 32, 37, 39, 48, 70, 90, 101, 103, 120}

struct pcap;
struct pcap *pcap_open(const char *path); /* NULL: cannot be written */
/* A frame between the caller (a port of its own) and the server's port. */
void pcap_frame(struct pcap *p, bool to_server, int server_port, const void *bytes, size_t len);
long pcap_close(struct pcap *p); /* frames written, or -1 when one was not */

#endif
