#include "lib/tshark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pcap.h"

char *tshark(const struct world *w, const char *file, const int ports[2], const char *options)
{
    char command[1300], path[200], out[200], as[100] = "";
    for (int i = 0; i < 2; i++)
        if (ports[i]) snprintf(as + strlen(as), sizeof as - strlen(as), " -d tcp.port==%d,iso8583", ports[i]);
    snprintf(command, sizeof command, "tshark -r '%s'%s -o 'iso8583.len_endian:Big endian' %s >'%s' 2>/dev/null",
             world_path(w, file, path, sizeof path), as, options, world_path(w, "tshark.out", out, sizeof out));
    if (system(command) != 0) fail_msg("tshark failed: %s", command);
    return world_read(w, "tshark.out");
}

void tshark_finds_no_fault(const struct world *w, const char *file, const int ports[2])
{
    char *bad = tshark(w, file, ports, TSHARK_MALFORMED);
    if (*bad) fail_msg("%s", bad);
    free(bad);
}

void tshark_reads_the_same(const struct world *w, const char *file, const int ports[2])
{
    static const int fields[] = PCAP_FIELDS;
    char list[64], options[600] = "-T fields -E separator='|' -e iso8583.mti";
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        snprintf(options + strlen(options), sizeof options - strlen(options), " -e iso8583.bit%d", fields[i]);
    snprintf(list, sizeof list, "%s.list", file);
    char *theirs = tshark(w, file, ports, options), *ours = world_read(w, list);
    char *a = ours, *b = theirs;
    for (int line = 1; *a && *b; line++) {
        size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");
        if (la != lb || memcmp(a, b, la) != 0) fail_msg("frame %d\nours:   %.*s\ntheirs: %.*s", line, (int)la, a, (int)lb, b);
        a += la + 1;
        b += lb + 1;
    }
    assert_int_equal(*a, 0);
    assert_int_equal(*b, 0);
    free(ours);
    free(theirs);
}
