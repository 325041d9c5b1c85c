#include "drivers/hotplug.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "drivers/usb.h"

#define SETTLE_MS 200 /* a device's interfaces come one after the other */
#define WAIT_MS 60000

struct hotplug {
    pthread_t thread;
    libusb_context *ctx;
    libusb_hotplug_callback_handle handle;
    void (*changed)(void *ctx);
    void *user;
    atomic_bool ends;
    bool news; /* of its thread alone */
};

static int cannot(struct error *err, const char *why)
{
    return error_all(err, "printers that are plugged in are not noticed", NULL, why, "look for them with F5");
}

/* What has gone can't be asked any more whether it was a printer. */
static int heard(libusb_context *ctx, libusb_device *device, libusb_hotplug_event event, void *user)
{
    struct hotplug *h = user;
    struct usb_place place;
    if (event == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT || usb_printer_place(device, &place)) h->news = true;
    return 0;
}

static void wait_for(struct hotplug *h, int ms)
{
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    h->news = false;
    libusb_handle_events_timeout_completed(h->ctx, &wait, NULL);
}

static void *run(void *user)
{
    struct hotplug *h = user;
    while (!atomic_load(&h->ends)) {
        wait_for(h, WAIT_MS);
        if (!h->news) continue;
        while (h->news && !atomic_load(&h->ends)) wait_for(h, SETTLE_MS);
        if (!atomic_load(&h->ends)) h->changed(h->user);
    }
    return NULL;
}

struct hotplug *hotplug_start(void (*changed)(void *ctx), void *ctx, struct error *err)
{
    struct hotplug *h = calloc(1, sizeof *h);
    if (h == NULL || libusb_init(&h->ctx) != 0) {
        cannot(err, h ? "USB cannot be used" : "no memory");
        free(h);
        return NULL;
    }
    h->changed = changed;
    h->user = ctx;
    const int both = LIBUSB_HOTPLUG_EVENT_DEVICE_ARRIVED | LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT;
    bool ok = libusb_has_capability(LIBUSB_CAP_HAS_HOTPLUG) &&
              libusb_hotplug_register_callback(h->ctx, both, 0, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY, LIBUSB_HOTPLUG_MATCH_ANY,
                                               heard, h, &h->handle) == LIBUSB_SUCCESS &&
              pthread_create(&h->thread, NULL, run, h) == 0;
    if (ok) return h;
    cannot(err, "the system does not tell of them");
    libusb_exit(h->ctx);
    free(h);
    return NULL;
}

void hotplug_stop(struct hotplug *h)
{
    if (h == NULL) return;
    atomic_store(&h->ends, true);
    libusb_interrupt_event_handler(h->ctx);
    pthread_join(h->thread, NULL);
    libusb_hotplug_deregister_callback(h->ctx, h->handle);
    libusb_exit(h->ctx);
    free(h);
}
