/* How bytes get to a printer. One small interface, chosen by the scheme of a URI:
 *
 *   file:PATH                 appended to PATH; PATH a folder or ending in "/":
 *                             a new file named by the job
 *   tcp:HOST:PORT             raw port, 9100 when none is given
 *   serial:/dev/ttyS0?baud=9600&flow=dsr|cts|xon|none
 *   usb:VID:PID[:SERIAL]      hexadecimal, as lsusb shows them
 *   cups:QUEUE                a queue of the CUPS that this host uses
 *
 * What a transport knows is told in two figures. `submitted` is what has left
 * this program and may be on paper; `taken` is what is proved to have been taken
 * by the other side, a lower bound. Whether *nothing* can be on paper is a
 * question of its own, answered by transport_nothing_sent().
 *
 * Bytes that print nothing (init, status requests) go as transfers of their own
 * and are not counted. All calls block, each within the time it is given. */
#ifndef DRIVERS_TRANSPORT_H
#define DRIVERS_TRANSPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRANSPORT_URI_SIZE 256
#define TRANSPORT_CHUNK_MAX 16384 /* bytes that one write hands over */
#define TRANSPORT_ID_SIZE 512

/* What opening may need to know of the job. */
struct transport_how {
    const char *job;           /* its name, never used twice; NULL when only asking */
    const char *format;        /* MIME type of the bytes; NULL: raw printer commands */
    const char *suffix;        /* of a file named by the job, "prn" when NULL */
    bool numbered;             /* numbered paper: CUPS only through the once: backend */
    int sheet_w_mm100, sheet_h_mm100; /* of a document's sheets, as the page lies; 0: none told */
    int connect_timeout_ms;    /* 0: 3,000 */
    const atomic_bool *cancel; /* set by another thread: give up; may be NULL */
};

/* What the line itself tells, apart from any answer in the printer's language. */
struct transport_port {
    bool known;    /* false: nothing can be said */
    bool ready;
    bool paper_out;
    char words[80];
};

struct transport;

struct transport_scheme {
    const char *name;        /* "tcp" */
    const char *handed_over; /* what "all written" means here, in words */
    bool asides;             /* init and questions can go by themselves */
    bool two_way;            /* answers can be read */
    size_t state_size;       /* of the transport's own record, zeroed before open */
    int (*open)(struct transport *t, const char *rest, const struct transport_how *how,
                struct error *err);
    /* At most TRANSPORT_CHUNK_MAX bytes. Returns bytes written, 0 when the time was
     * up with none, -1 when the transport is broken. Counts into *submitted. */
    long (*write)(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms,
                  uint64_t *submitted, struct error *err);
    long (*read)(struct transport *t, uint8_t *buf, size_t size, int timeout_ms, struct error *err);
    void (*port)(struct transport *t, struct transport_port *out);
    int (*device_id)(struct transport *t, char *id, size_t size, struct error *err);
    /* After the last byte: sees it off this machine. 0, or -1 (also when the time was up). */
    int (*finish)(struct transport *t, int timeout_ms, struct error *err);
    /* Takes back what is not on paper yet by the line's own means. 0 done, -1 not. */
    int (*recall)(struct transport *t, int timeout_ms, struct error *err);
    void (*close)(struct transport *t);
};

struct transport {
    const struct transport_scheme *scheme;
    void *state;
    char uri[TRANSPORT_URI_SIZE];
    const atomic_bool *cancel;
    uint64_t submitted, taken; /* bytes that print */
    bool broken;               /* a write failed or was cut off: no more may follow */
    bool proved_nothing;       /* by the transport's own proof, whatever was submitted */
};

/* NULL with err: unknown scheme, bad address, no such device, refused. Nothing
 * that prints has been sent by then. Free with transport_close. */
struct transport *transport_open(const char *uri, const struct transport_how *how,
                                 struct error *err);
void transport_close(struct transport *t);

/* Writes all of it in chunks; `paper`: bytes that may come out as print, counted.
 * 0 when all was written; -1 with err when not (time up, cancelled, broken), and
 * then nothing more may be written. `progress` (may be NULL) hears of every chunk. */
int transport_write(struct transport *t, const uint8_t *bytes, size_t len, bool paper,
                    int timeout_ms, void (*progress)(void *ctx, uint64_t submitted), void *ctx,
                    struct error *err);
/* Bytes read, 0 when none came in time or this transport can't read, -1 broken. */
long transport_read(struct transport *t, uint8_t *buf, size_t size, int timeout_ms,
                    struct error *err);
void transport_port(struct transport *t, struct transport_port *out);
/* IEEE 1284 device id as the device gives it (it may lie), or -1. */
int transport_device_id(struct transport *t, char *id, size_t size, struct error *err);
int transport_finish(struct transport *t, int timeout_ms, struct error *err);
int transport_recall(struct transport *t, int timeout_ms, struct error *err);
bool transport_cancelled(const struct transport *t);
/* True only when it is proved that no byte that prints has reached the printer. */
bool transport_nothing_sent(const struct transport *t);

/* Checks a URI's form without opening anything; 0 or -1 with err. */
int transport_check(const char *uri, struct error *err);
const struct transport_scheme *transport_scheme_of(const char *uri, const char **rest);

extern const struct transport_scheme transport_file, transport_tcp, transport_serial,
    transport_usb, transport_cups;

#endif
