#include "lib/usb_printer.h"

#include <errno.h>
#include <linux/ioctl.h>
#include <linux/usbdevice_fs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <umockdev.h>

#define NODE "/dev/bus/usb/001/002"
#define FLYING 16

struct urb {
    UMockdevIoctlData *data; /* NULL: free */
    const void *owner;       /* who submitted it: each reaps his own */
    bool ended;
    size_t done;             /* bytes of an OUT that the printer took */
};

struct usb_printer {
    struct usb_plan plan;
    struct test_printer *printer;
    UMockdevTestbed *bed;
    UMockdevIoctlBase *handler;
    struct urb urb[FLYING];
    const void *holder;      /* who has claimed the interface */
    pthread_mutex_t lock;
    bool usblp, gone;
    int soft_resets;
};

void usb_printer_wrap(char **argv)
{
    const char *preload = getenv("LD_PRELOAD");
    if (preload && strstr(preload, "libumockdev-preload")) return;
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 0);
    execlp("umockdev-wrapper", "umockdev-wrapper", argv[0], (char *)NULL);
    perror("umockdev-wrapper");
    exit(1);
}

/* --- the device ------------------------------------------------------------------ */

static int port_bits(struct usb_printer *u)
{
    if (u->plan.port_bits) return u->plan.port_bits;
    return printer_empty(u->printer) ? 0x30 : 0x18;
}

/* A control request's data, after its eight bytes; returns its length. */
static int control(struct usb_printer *u, uint8_t *setup, int size)
{
    static const char serial[] = "GT0001";
    uint8_t *data = setup + 8;
    if (setup[0] == 0xa1 && setup[1] == 0) {
        const char *id = u->plan.device_id ? u->plan.device_id : "MFG:EPSON;CMD:ESC/POS;MDL:TM-T82II;CLS:PRINTER;";
        int len = (int)strlen(id) + 2, told = len + u->plan.id_length_lie;
        data[0] = (uint8_t)(told >> 8);
        data[1] = (uint8_t)told;
        memcpy(data + 2, id, (size_t)len - 2);
        return len;
    }
    if (setup[0] == 0xa1 && setup[1] == 1) {
        data[0] = (uint8_t)port_bits(u);
        return 1;
    }
    if (setup[1] == 2 && (setup[0] & 0x60) == 0x20) {
        u->soft_resets++;
        return 0;
    }
    if (setup[0] == 0x80 && setup[1] == 6 && setup[3] == 3) { /* string */
        int n = setup[2] == 0 ? 1 : (int)strlen(serial);
        data[0] = (uint8_t)(2 + 2 * n);
        data[1] = 3;
        for (int i = 0; i < n; i++) {
            data[2 + 2 * i] = setup[2] == 0 ? 0x09 : (uint8_t)serial[i];
            data[3 + 2 * i] = setup[2] == 0 ? 0x04 : 0;
        }
        return data[0] < size - 8 ? data[0] : size - 8;
    }
    return -EPIPE;
}

static void end(struct urb *f, int status, int actual)
{
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)f->data->data;
    urb->status = status;
    urb->actual_length = actual;
    f->ended = true;
}

static void fail_out(struct usb_printer *u, struct urb *f)
{
    static const int status[] = { [USB_NO_FAULT] = -EIO, [USB_UNPLUG] = -ENODEV, [USB_PIPE] = -EPIPE, [USB_IO] = -EIO };
    u->gone = u->plan.fault == USB_UNPLUG;
    end(f, status[u->plan.fault], 0); /* whatever it took: that is what was seen */
}

/* Lets time pass for one transfer. */
static void run_urb(struct usb_printer *u, struct urb *f)
{
    struct usbdevfs_urb *urb = (struct usbdevfs_urb *)f->data->data;
    if (f->ended) return;
    if (u->gone) {
        end(f, -ENODEV, 0);
    } else if (urb->type == USBDEVFS_URB_TYPE_CONTROL) {
        int n = control(u, urb->buffer, urb->buffer_length);
        end(f, n < 0 ? n : 0, n < 0 ? 0 : n);
    } else if (urb->endpoint & 0x80) {
        size_t n = printer_answers(u->printer, urb->buffer, (size_t)urb->buffer_length);
        if (n) end(f, 0, (int)n);
    } else {
        size_t len = (size_t)urb->buffer_length;
        f->done += printer_take(u->printer, (uint8_t *)urb->buffer + f->done, len - f->done);
        if (printer_died(u->printer)) fail_out(u, f);
        else if (f->done == len) end(f, 0, (int)len);
    }
}

/* --- usbfs ------------------------------------------------------------------------ */

static int submit(struct usb_printer *u, const void *owner, UMockdevIoctlData *arg)
{
    for (int i = 0; i < FLYING; i++) {
        struct urb *f = &u->urb[i];
        if (f->data) continue;
        *f = (struct urb){ .owner = owner, .data = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_urb), NULL) };
        struct usbdevfs_urb *urb = (struct usbdevfs_urb *)f->data->data;
        UMockdevIoctlData *buffer = umockdev_ioctl_data_resolve(
            f->data, G_STRUCT_OFFSET(struct usbdevfs_urb, buffer), (gsize)urb->buffer_length, NULL);
        umockdev_ioctl_data_unref(buffer);
        run_urb(u, f);
        return 0;
    }
    return ENOMEM;
}

static int reap(struct usb_printer *u, const void *owner, UMockdevIoctlData *arg)
{
    for (int i = 0; i < FLYING; i++) {
        struct urb *f = &u->urb[i];
        if (f->data == NULL || f->owner != owner) continue;
        run_urb(u, f);
        if (!f->ended) continue;
        UMockdevIoctlData *pointer = umockdev_ioctl_data_resolve(arg, 0, sizeof(gpointer), NULL);
        umockdev_ioctl_data_set_ptr(pointer, 0, f->data);
        umockdev_ioctl_data_unref(pointer);
        umockdev_ioctl_data_unref(f->data);
        f->data = NULL;
        return 0;
    }
    return u->gone ? ENODEV : EAGAIN;
}

static int discard(struct usb_printer *u, const void *owner, const void *address)
{
    for (int i = 0; i < FLYING; i++) {
        struct urb *f = &u->urb[i];
        if (f->data == NULL || f->ended || f->owner != owner || f->data->client_addr != (gulong)address) continue;
        end(f, -ENOENT, (int)f->done);
        return 0;
    }
    return EINVAL;
}

static int usblp_away(struct usb_printer *u)
{
    bool was = u->usblp;
    u->usblp = false;
    return was ? 0 : ENODATA;
}

/* The kernel's driver, asked for, sent away or called back. */
static int driver(struct usb_printer *u, UMockdevIoctlData *arg)
{
    struct usbdevfs_ioctl *command = (struct usbdevfs_ioctl *)arg->data;
    if (command->ioctl_code == USBDEVFS_DISCONNECT) return usblp_away(u);
    if (command->ioctl_code == USBDEVFS_CONNECT) u->usblp = u->plan.usblp;
    return 0;
}

static int claim(struct usb_printer *u, const void *owner)
{
    if (u->plan.held || u->usblp || (u->holder && u->holder != owner)) return EBUSY;
    u->holder = owner;
    return 0;
}

static void let_go(struct usb_printer *u, const void *owner)
{
    if (u->holder == owner) u->holder = NULL;
}

static int answer(struct usb_printer *u, const void *owner, unsigned long request, UMockdevIoctlData *arg)
{
    UMockdevIoctlData *part;
    int error = 0;
    if (u->gone && request != USBDEVFS_REAPURBNDELAY && request != USBDEVFS_DISCARDURB) return ENODEV;
    switch (request) {
    case USBDEVFS_GET_CAPABILITIES:
        part = umockdev_ioctl_data_resolve(arg, 0, sizeof(guint32), NULL);
        *(guint32 *)part->data = USBDEVFS_CAP_BULK_SCATTER_GATHER | USBDEVFS_CAP_BULK_CONTINUATION |
                                 USBDEVFS_CAP_NO_PACKET_SIZE_LIM | USBDEVFS_CAP_REAP_AFTER_DISCONNECT;
        umockdev_ioctl_data_unref(part);
        return 0;
    case USBDEVFS_GETDRIVER:
        part = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_getdriver), NULL);
        snprintf(((struct usbdevfs_getdriver *)part->data)->driver, 8, "usblp");
        umockdev_ioctl_data_unref(part);
        return u->usblp ? 0 : ENODATA;
    case USBDEVFS_IOCTL:
        part = umockdev_ioctl_data_resolve(arg, 0, sizeof(struct usbdevfs_ioctl), NULL);
        error = driver(u, part);
        umockdev_ioctl_data_unref(part);
        return error;
    case USBDEVFS_DISCONNECT_CLAIM: /* libusb's way: whoever holds it that is no program goes */
        usblp_away(u);
        return claim(u, owner);
    case USBDEVFS_CLAIMINTERFACE: return claim(u, owner);
    case USBDEVFS_RELEASEINTERFACE:
        let_go(u, owner);
        return 0;
    case USBDEVFS_SUBMITURB: return submit(u, owner, arg);
    case USBDEVFS_REAPURB:
    case USBDEVFS_REAPURBNDELAY: return reap(u, owner, arg);
    case USBDEVFS_DISCARDURB: return discard(u, owner, *(void **)arg->data);
    default: return 0;
    }
}

static gboolean handle_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer ctx)
{
    struct usb_printer *u = ctx;
    pthread_mutex_lock(&u->lock);
    int error = answer(u, client, umockdev_ioctl_client_get_request(client), umockdev_ioctl_client_get_arg(client));
    pthread_mutex_unlock(&u->lock);
    umockdev_ioctl_client_complete(client, error ? -1 : 0, error);
    return TRUE;
}

/* Closed, or its program died. */
static void vanished(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer ctx)
{
    struct usb_printer *u = ctx;
    pthread_mutex_lock(&u->lock);
    let_go(u, client);
    for (int i = 0; i < FLYING; i++) {
        struct urb *f = &u->urb[i];
        if (f->data == NULL || f->owner != client) continue;
        umockdev_ioctl_data_unref(f->data);
        f->data = NULL;
    }
    pthread_mutex_unlock(&u->lock);
}

/* Vendor 04b8, product 0202, one configuration, one interface of class 7.1.2 with a
 * bulk endpoint each way. */
static const char device[] =
    "P: /devices/usb1/1-1\nN: bus/usb/001/002\nE: SUBSYSTEM=usb\nE: DRIVER=usb\nE: BUSNUM=001\nE: DEVNUM=002\n"
    "E: DEVNAME=" NODE "\nE: DEVTYPE=usb_device\nA: bConfigurationValue=1\\n\nA: busnum=1\\n\nA: devnum=2\\n\n"
    "A: speed=480\\n\n"
    "H: descriptors="
    "12010002000000" "40b804020200010102" "0301" /* device */
    "09022000010100c001"                         /* configuration */
    "090400000207010200"                         /* interface */
    "07050102000200" "07058202000200" "\n";      /* 01 out, 82 in */

static void be(struct usb_printer *u, const struct usb_plan *plan)
{
    u->plan = *plan;
    u->plan.printer.no_line = true;
    u->usblp = plan->usblp;
    u->gone = false;
    u->holder = NULL; /* of the one before */
    u->printer = printer_start(&u->plan.printer);
}

static void drop_transfers(struct usb_printer *u)
{
    for (int i = 0; i < FLYING; i++) {
        if (u->urb[i].data) umockdev_ioctl_data_unref(u->urb[i].data);
        u->urb[i].data = NULL;
    }
}

void usb_printer_replug(struct usb_printer *u, const struct usb_plan *plan)
{
    pthread_mutex_lock(&u->lock);
    drop_transfers(u);
    printer_stop(u->printer);
    be(u, plan);
    pthread_mutex_unlock(&u->lock);
}

#define SYS "/sys/devices/usb1/1-1"
#define LISTED "/sys/bus/usb/devices/1-1"

static const char *listed(struct usb_printer *u, char *path, size_t size)
{
    gchar *root = umockdev_testbed_get_root_dir(u->bed);
    snprintf(path, size, "%s" LISTED, root);
    g_free(root);
    return path;
}

/* Whoever has it open keeps his file, as with the kernel, and is told that the device is gone. */
void usb_printer_leaves(struct usb_printer *u)
{
    char path[256];
    pthread_mutex_lock(&u->lock);
    u->gone = true;
    pthread_mutex_unlock(&u->lock);
    if (unlink(listed(u, path, sizeof path)) != 0) abort();
    umockdev_testbed_uevent(u->bed, SYS, "remove");
}

void usb_printer_comes(struct usb_printer *u, const struct usb_plan *plan)
{
    char path[256];
    usb_printer_replug(u, plan);
    if (symlink("../../../devices/usb1/1-1", listed(u, path, sizeof path)) != 0) abort();
    umockdev_testbed_uevent(u->bed, SYS, "add");
}

struct usb_printer *usb_printer_start(const struct usb_plan *plan)
{
    struct usb_printer *u = calloc(1, sizeof *u);
    if (u == NULL) abort();
    pthread_mutex_init(&u->lock, NULL);
    be(u, plan);
    u->bed = umockdev_testbed_new();
    u->handler = umockdev_ioctl_base_new();
    g_signal_connect_after(u->handler, "handle-ioctl", G_CALLBACK(handle_ioctl), u);
    g_signal_connect_after(u->handler, "client-vanished", G_CALLBACK(vanished), u);
    if (!umockdev_testbed_attach_ioctl(u->bed, NODE, u->handler, NULL)) abort();
    if (!umockdev_testbed_add_from_string(u->bed, device, NULL)) abort();
    return u;
}

struct test_printer *usb_printer_inside(struct usb_printer *u) { return u->printer; }
int usb_printer_soft_resets(const struct usb_printer *u) { return u->soft_resets; }
bool usb_printer_usblp_back(const struct usb_printer *u) { return u->usblp; }

void usb_printer_stop(struct usb_printer *u)
{
    umockdev_testbed_detach_ioctl(u->bed, NODE, NULL);
    g_object_unref(u->bed);
    g_object_unref(u->handler);
    drop_transfers(u);
    printer_stop(u->printer);
    free(u);
}
