/* Transport "usb": a printer of interface class 7, by libusb.
 *
 * What a transfer that failed has carried is not known: with errors and unplugging
 * a device has been seen to have taken 16 KiB of a transfer that reported none. Only
 * a first transfer that ended by our time limit with 0 bytes, was reaped, and after
 * which the device still answers, proves that nothing went. */
#include "drivers/usb.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "drivers/transport.h"

#define SLICE_MS 20
#define READ_SLICE_MS 50
#define CONTROL_MS 1000
#define CLAIM_MS 3000
#define CLAIM_AGAIN_MS 30
#define CLASS_IN (LIBUSB_ENDPOINT_IN | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE)
#define CLASS_OUT (LIBUSB_ENDPOINT_OUT | LIBUSB_REQUEST_TYPE_CLASS | LIBUSB_RECIPIENT_INTERFACE)
#define REQUEST_PORT_STATUS 1
#define REQUEST_SOFT_RESET 2
#define PORT_PAPER_OUT 0x20
#define PORT_SELECTED 0x10
#define PORT_NO_ERROR 0x08

struct usb_state {
    libusb_context *ctx;
    libusb_device_handle *handle;
    struct usb_place place;
    bool claimed;
    uint8_t held[512]; /* of a packet that was longer than what was asked for */
    size_t held_len;
};

static int no_way(struct error *err, const char *where, const char *why, const char *remedy)
{
    return error_all(err, "cannot reach the printer", where, why, remedy);
}

/* --- opening -------------------------------------------------------------------- */

struct wanted {
    unsigned vid, pid;
    char serial[64]; /* "": any */
};

static int split(const char *rest, struct wanted *w)
{
    char *end;
    w->vid = (unsigned)strtoul(rest, &end, 16);
    if (end == rest || *end != ':' || w->vid > 0xffff) return -1;
    const char *pid = end + 1;
    w->pid = (unsigned)strtoul(pid, &end, 16);
    if (end == pid || (*end && *end != ':') || w->pid > 0xffff) return -1;
    return text_copy(w->serial, sizeof w->serial, *end ? end + 1 : "") ? 0 : -1;
}

/* Opens the device when it is the one. 1 opened, 0 another one, -1 it and not to be opened. */
static int try_device(struct usb_state *s, libusb_device *device, const struct wanted *w, int *number)
{
    struct libusb_device_descriptor d;
    char serial[64];
    if (libusb_get_device_descriptor(device, &d) != 0 || d.idVendor != w->vid || d.idProduct != w->pid) return 0;
    if (!usb_printer_place(device, &s->place)) return 0;
    *number = libusb_open(device, &s->handle);
    if (*number != 0) return -1;
    usb_serial(s->handle, &d, serial, sizeof serial);
    if (w->serial[0] == '\0' || strcmp(serial, w->serial) == 0) return 1;
    libusb_close(s->handle);
    s->handle = NULL;
    return 0;
}

static int find_device(struct usb_state *s, const struct wanted *w)
{
    libusb_device **list = NULL;
    ssize_t count = libusb_get_device_list(s->ctx, &list);
    int number = LIBUSB_ERROR_NOT_FOUND;
    for (ssize_t i = 0; i < count; i++) {
        int tried = LIBUSB_ERROR_NOT_FOUND, found = try_device(s, list[i], w, &tried);
        if (found == 0) continue;
        number = found == 1 ? 0 : tried;
        if (found == 1) break;
    }
    if (count >= 0) libusb_free_device_list(list, 1);
    return number;
}

/* usblp, if it holds the interface, steps aside until it is released. Whoever only asks the
 * printer how it is does not hold it for long. */
static int claim(struct usb_state *s, const struct transport_how *how)
{
    int64_t end_ms = clock_monotonic_ms() + (how->connect_timeout_ms ? how->connect_timeout_ms : CLAIM_MS);
    libusb_set_auto_detach_kernel_driver(s->handle, 1);
    int number = libusb_claim_interface(s->handle, s->place.interface);
    while (number == LIBUSB_ERROR_BUSY && clock_monotonic_ms() < end_ms && !(how->cancel && atomic_load(how->cancel))) {
        poll(NULL, 0, CLAIM_AGAIN_MS);
        number = libusb_claim_interface(s->handle, s->place.interface);
    }
    if (number != 0) return number;
    s->claimed = true;
    if (s->place.alternate == 0) return 0;
    return libusb_set_interface_alt_setting(s->handle, s->place.interface, s->place.alternate);
}

static void usb_close(struct transport *t)
{
    struct usb_state *s = t->state;
    if (s->claimed) libusb_release_interface(s->handle, s->place.interface);
    if (s->handle) libusb_close(s->handle);
    libusb_exit(s->ctx);
}

static const char *remedy_of(int number)
{
    return number == LIBUSB_ERROR_NOT_FOUND ? "plug it in and switch it on"
           : number == LIBUSB_ERROR_ACCESS  ? "put this user into the group lp and plug the printer in again"
           : number == LIBUSB_ERROR_BUSY    ? "another program holds it: end that, or print by its CUPS queue"
                                            : "unplug it and plug it in again";
}

static int usb_open(struct transport *t, const char *rest, const struct transport_how *how, struct error *err)
{
    struct usb_state *s = t->state;
    struct wanted w;
    if (split(rest, &w) != 0)
        return error_all(err, "printer address not understood", t->uri, "no vendor and product there",
                         "write usb:VID:PID or usb:VID:PID:SERIAL as lsusb shows them, for example usb:04b8:0202");
    int number = libusb_init(&s->ctx);
    if (number != 0) return no_way(err, t->uri, libusb_strerror(number), NULL);
    number = find_device(s, &w);
    if (number == 0) number = claim(s, how);
    if (number == 0) return 0;
    no_way(err, t->uri, number == LIBUSB_ERROR_NOT_FOUND ? "no such printer is plugged in" : libusb_strerror(number),
           remedy_of(number));
    usb_close(t);
    return -1;
}

/* --- bytes ---------------------------------------------------------------------- */

static int port_bits(const struct usb_state *s)
{
    unsigned char bits = 0;
    int got = libusb_control_transfer(s->handle, CLASS_IN, REQUEST_PORT_STATUS, 0, (uint16_t)s->place.interface, &bits,
                                      1, CONTROL_MS);
    return got == 1 ? bits : -1;
}

static void ended(struct libusb_transfer *x) { *(int *)x->user_data = 1; }

/* Until it ended by itself, or our limit or the cancel flag ended it. A cancelled one is
 * always reaped by the kernel, and only then is its memory ours again. */
static void wait_end(struct transport *t, struct libusb_transfer *x, int *done, int timeout_ms)
{
    struct usb_state *s = t->state;
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    bool cancelled = false;
    while (!*done) {
        struct timeval slice = { .tv_usec = SLICE_MS * 1000 };
        int number = libusb_handle_events_timeout_completed(s->ctx, &slice, done);
        bool over = clock_monotonic_ms() >= end_ms || transport_cancelled(t) || (number < 0 && number != LIBUSB_ERROR_INTERRUPTED);
        if (!over || cancelled) continue;
        libusb_cancel_transfer(x);
        cancelled = true;
    }
}

static const char *why_ended(enum libusb_transfer_status status)
{
    return status == LIBUSB_TRANSFER_NO_DEVICE ? "it was unplugged or switched off"
           : status == LIBUSB_TRANSFER_STALL   ? "it refused the data"
                                               : "the USB transfer failed";
}

static long usb_write(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms, uint64_t *submitted,
                      struct error *err)
{
    struct usb_state *s = t->state;
    bool paper = submitted == &t->submitted, first = t->submitted == 0;
    int done = 0;
    struct libusb_transfer *x = libusb_alloc_transfer(0);
    if (x == NULL) return no_way(err, t->uri, "out of memory", NULL);
    libusb_fill_bulk_transfer(x, s->handle, s->place.out, (unsigned char *)(uintptr_t)bytes, (int)len, ended, &done, 0);
    int number = libusb_submit_transfer(x);
    if (number != 0) {
        libusb_free_transfer(x);
        return no_way(err, t->uri, libusb_strerror(number), remedy_of(number));
    }
    *submitted += len;
    if (paper) t->proved_nothing = false;
    wait_end(t, x, &done, timeout_ms);
    enum libusb_transfer_status status = x->status;
    long taken = x->actual_length;
    libusb_free_transfer(x);
    t->taken += (uint64_t)taken;
    if (status == LIBUSB_TRANSFER_CANCELLED || status == LIBUSB_TRANSFER_TIMED_OUT) {
        if (paper) t->proved_nothing = first && taken == 0 && port_bits(s) >= 0;
        return taken;
    }
    if (status == LIBUSB_TRANSFER_COMPLETED && (size_t)taken == len) return taken;
    return no_way(err, t->uri, why_ended(status), "look at the printer and its cable");
}

static long give(struct usb_state *s, uint8_t *buf, size_t size)
{
    size_t n = s->held_len < size ? s->held_len : size;
    memcpy(buf, s->held, n);
    s->held_len -= n;
    memmove(s->held, s->held + n, s->held_len);
    return (long)n;
}

/* A device sends a whole packet, whatever was asked for: the rest is held. */
static long usb_read(struct transport *t, uint8_t *buf, size_t size, int timeout_ms, struct error *err)
{
    struct usb_state *s = t->state;
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    if (s->held_len || s->place.in == 0) return give(s, buf, size);
    do {
        int64_t left_ms = end_ms - clock_monotonic_ms();
        int got = 0, slice_ms = left_ms > READ_SLICE_MS ? READ_SLICE_MS : left_ms > 0 ? (int)left_ms : 1;
        int number = libusb_bulk_transfer(s->handle, s->place.in, s->held, sizeof s->held, &got, (unsigned)slice_ms);
        s->held_len = got > 0 ? (size_t)got : 0;
        if (s->held_len) return give(s, buf, size);
        if (number != 0 && number != LIBUSB_ERROR_TIMEOUT)
            return no_way(err, t->uri, libusb_strerror(number), remedy_of(number));
    } while (clock_monotonic_ms() < end_ms && !transport_cancelled(t));
    return 0;
}

/* Many printers say 18h whatever happens, and some 0: that says nothing. */
static void usb_port(struct transport *t, struct transport_port *out)
{
    int bits = port_bits(t->state);
    out->known = bits > 0;
    if (!out->known) return;
    out->paper_out = bits & PORT_PAPER_OUT;
    out->ready = !out->paper_out && (bits & PORT_SELECTED) && (bits & PORT_NO_ERROR);
    snprintf(out->words, sizeof out->words, "%s",
             out->paper_out              ? "out of paper"
             : !(bits & PORT_NO_ERROR)   ? "error, look at the printer"
             : !(bits & PORT_SELECTED)   ? "off line"
                                         : "ready");
}

static int usb_id(struct transport *t, char *id, size_t size, struct error *err)
{
    const struct usb_state *s = t->state;
    if (usb_device_id(s->handle, &s->place, id, size) == 0) return 0;
    return error_all(err, "no device id", t->uri, "the device gives none", NULL);
}

/* The class's own reset flushes its buffers. */
static int usb_recall(struct transport *t, int timeout_ms, struct error *err)
{
    struct usb_state *s = t->state;
    int number = libusb_control_transfer(s->handle, CLASS_OUT, REQUEST_SOFT_RESET, 0, (uint16_t)s->place.interface,
                                         NULL, 0, (unsigned)(timeout_ms < CONTROL_MS ? timeout_ms : CONTROL_MS));
    return number == 0 ? 0 : no_way(err, t->uri, libusb_strerror(number), remedy_of(number));
}

const struct transport_scheme transport_usb = {
    .name = "usb",
    .handed_over = "in the printer's buffer",
    .asides = true,
    .two_way = true,
    .state_size = sizeof(struct usb_state),
    .open = usb_open,
    .write = usb_write,
    .read = usb_read,
    .port = usb_port,
    .device_id = usb_id,
    .recall = usb_recall,
    .close = usb_close,
};
