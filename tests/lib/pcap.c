#include "lib/pcap.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/iso.h"

#define CLIENT_PORT 40000
#define SERVERS_MAX 8
#define HEADERS (14 + 20 + 20)

struct pcap {
    FILE *out, *list;
    long frames;
    struct { int port; uint32_t sent[2]; } servers[SERVERS_MAX]; /* bytes by direction */
    size_t count;
};

static void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value & 0xffff);
}

struct pcap *pcap_open(const char *path)
{
    /* magic, version 2.4, zone, accuracy, longest packet, Ethernet */
    static const uint32_t head[] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 1};
    char list[512];
    struct pcap *p = calloc(1, sizeof *p);
    snprintf(list, sizeof list, "%s.list", path);
    if (p) p->out = fopen(path, "wb");
    if (p) p->list = fopen(list, "w");
    if (p && p->out && p->list && fwrite(head, sizeof head, 1, p->out) == 1) return p;
    if (p && p->out) fclose(p->out);
    if (p && p->list) fclose(p->list);
    free(p);
    return NULL;
}

static unsigned ip_sum(const uint8_t *header)
{
    unsigned sum = 0;
    for (int i = 0; i < 20; i += 2)
        sum += (unsigned)(header[i] << 8 | header[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static void put_line(FILE *list, const char *bytes, size_t len)
{
    static const int fields[] = PCAP_FIELDS;
    struct iso m;
    if (iso_unpack(&m, bytes, len, NULL) != 0) {
        fputs("not a message\n", list);
        return;
    }
    fputs(m.mti, list);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        struct iso_slice s = iso_get(&m, fields[i]);
        fprintf(list, "|%.*s", (int)s.len, s.text ? s.text : "");
    }
    putc('\n', list);
}

void pcap_frame(struct pcap *p, bool to_server, int server_port, const void *bytes, size_t len)
{
    uint8_t packet[HEADERS] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0}, size[2], *ip = packet + 14, *tcp = packet + 34;
    size_t s = 0;
    while (s < p->count && p->servers[s].port != server_port)
        s++;
    if (s == SERVERS_MAX) return;
    if (s == p->count) p->servers[p->count++].port = server_port;
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(42 + len));
    ip[8] = 64;
    ip[9] = 6;
    put32(ip + 12, 0x0a000000 | (to_server ? 1 : 2));
    put32(ip + 16, 0x0a000000 | (to_server ? 2 : 1));
    put16(ip + 10, ip_sum(ip));
    put16(tcp, (unsigned)(to_server ? CLIENT_PORT : server_port));
    put16(tcp + 2, (unsigned)(to_server ? server_port : CLIENT_PORT));
    put32(tcp + 4, 1 + p->servers[s].sent[to_server]);
    put32(tcp + 8, 1 + p->servers[s].sent[!to_server]);
    tcp[12] = 5 << 4;
    tcp[13] = 0x18; /* PSH, ACK */
    put16(tcp + 14, 65535);
    put16(size, (unsigned)len);
    uint32_t length = (uint32_t)(HEADERS + 2 + len), record[4] = {(uint32_t)(p->frames / 1000), (uint32_t)(p->frames % 1000 * 1000), length, length};
    if (fwrite(record, sizeof record, 1, p->out) == 1 && fwrite(packet, sizeof packet, 1, p->out) == 1 &&
        fwrite(size, sizeof size, 1, p->out) == 1 && fwrite(bytes, len, 1, p->out) == 1)
        p->frames++;
    put_line(p->list, bytes, len);
    p->servers[s].sent[to_server] += (uint32_t)(2 + len);
}

long pcap_close(struct pcap *p)
{
    long frames = p->frames;
    bool good = !ferror(p->out);
    good = fclose(p->out) == 0 && good;
    good = fclose(p->list) == 0 && good;
    free(p);
    return good ? frames : -1;
}
