#include "drivers/discover.h"

#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cups/cups.h>

#include "base/text.h"
#include "drivers/usb.h"

#define CUPS_MS 3000

/* --- words of a device id ----------------------------------------------------------- */

/* The value of one key, "MDL:LQ-635K;" -> "LQ-635K". */
static int value_of(const char *id, const char *key, char *value, size_t size)
{
    size_t len = strlen(key);
    for (const char *p = id; p && *p; p = strchr(p, ';'), p = p ? p + 1 : NULL) {
        while (*p == ' ') p++;
        if (strncasecmp(p, key, len) != 0 || p[len] != ':') continue;
        int n = snprintf(value, size, "%.*s", (int)strcspn(p + len + 1, ";"), p + len + 1);
        return n > 0 && (size_t)n < size;
    }
    return 0;
}

void discover_model(const char *device_id, char *model, size_t size)
{
    char make[64] = "", name[64] = "";
    if (!value_of(device_id, "MFG", make, sizeof make)) value_of(device_id, "MANUFACTURER", make, sizeof make);
    if (!value_of(device_id, "MDL", name, sizeof name)) value_of(device_id, "MODEL", name, sizeof name);
    bool twice = make[0] && strncasecmp(name, make, strlen(make)) == 0; /* "EPSON EPSON LQ" */
    snprintf(model, size, "%s%s%s", twice ? "" : make, make[0] && name[0] && !twice ? " " : "", name);
}

static struct printer_found *next(struct printer_found *list, size_t max, size_t *count, enum discover_way way)
{
    if (*count == max) return NULL;
    struct printer_found *f = &list[(*count)++];
    memset(f, 0, sizeof *f);
    f->way = way;
    f->numbered = true;
    return f;
}

/* --- USB --------------------------------------------------------------------------------- */

static void ask_device(libusb_device *device, const struct libusb_device_descriptor *d, const struct usb_place *place,
                       struct printer_found *f)
{
    libusb_device_handle *handle = NULL;
    char serial[64] = "";
    int number = libusb_open(device, &handle);
    if (number == 0) {
        usb_serial(handle, d, serial, sizeof serial);
        if (usb_device_id(handle, place, f->device_id, sizeof f->device_id) != 0) f->device_id[0] = '\0';
        libusb_close(handle);
    } else {
        snprintf(f->note, sizeof f->note, "%s",
                 number == LIBUSB_ERROR_ACCESS ? "no permission: put this user into the group lp" : libusb_strerror(number));
    }
    snprintf(f->uri, sizeof f->uri, "usb:%04x:%04x%s%s", d->idVendor, d->idProduct, serial[0] ? ":" : "", serial);
    discover_model(f->device_id, f->model, sizeof f->model);
    f->profile = profile_suggest(f->device_id);
}

static void find_usb(struct printer_found *list, size_t max, size_t *count, struct error *err)
{
    libusb_context *ctx = NULL;
    libusb_device **devices = NULL;
    int number = libusb_init(&ctx);
    if (number != 0) {
        error_all(err, "cannot look for USB printers", NULL, libusb_strerror(number), NULL);
        return;
    }
    ssize_t n = libusb_get_device_list(ctx, &devices);
    for (ssize_t i = 0; i < n; i++) {
        struct libusb_device_descriptor d;
        struct usb_place place;
        if (libusb_get_device_descriptor(devices[i], &d) != 0 || !usb_printer_place(devices[i], &place)) continue;
        struct printer_found *f = next(list, max, count, DISCOVER_USB);
        if (f) ask_device(devices[i], &d, &place, f);
    }
    if (n >= 0) libusb_free_device_list(devices, 1);
    libusb_exit(ctx);
}

/* --- CUPS -------------------------------------------------------------------------------- */

struct queue {
    const char *name, *device, *model;
};

static void take_queue(const struct queue *q, struct printer_found *list, size_t max, size_t *count)
{
    if (q->name == NULL) return;
    struct printer_found *f = next(list, max, count, DISCOVER_CUPS);
    if (f == NULL) return;
    snprintf(f->uri, sizeof f->uri, "cups:%s", q->name);
    snprintf(f->model, sizeof f->model, "%s", q->model ? q->model : "");
    f->numbered = q->device && strncmp(q->device, "once:", 5) == 0;
    if (!f->numbered)
        snprintf(f->note, sizeof f->note, "%s", "no numbered paper: CUPS prints again after its own restart; set its device to once:…");
    f->profile = profile_suggest(f->model);
    /* a queue with a driver of its own takes documents, a raw one the printer's commands */
    if (f->profile == NULL && strcasestr(f->model, "raw") == NULL) f->profile = profile_find("document");
}

static void read_queues(ipp_t *answer, struct printer_found *list, size_t max, size_t *count)
{
    struct queue q = { 0 };
    for (ipp_attribute_t *a = ippFirstAttribute(answer); a; a = ippNextAttribute(answer)) {
        const char *name = ippGetName(a);
        if (ippGetGroupTag(a) != IPP_TAG_PRINTER || name == NULL) { /* between two queues */
            take_queue(&q, list, max, count);
            q = (struct queue){ 0 };
            continue;
        }
        if (strcmp(name, "printer-name") == 0) q.name = ippGetString(a, 0, NULL);
        if (strcmp(name, "device-uri") == 0) q.device = ippGetString(a, 0, NULL);
        if (strcmp(name, "printer-make-and-model") == 0) q.model = ippGetString(a, 0, NULL);
    }
    take_queue(&q, list, max, count);
}

static void find_cups(struct printer_found *list, size_t max, size_t *count, struct error *err)
{
    static const char *const wanted[] = { "printer-name", "device-uri", "printer-make-and-model" };
    http_t *http = httpConnect2(cupsServer(), ippPort(), NULL, AF_UNSPEC, cupsEncryption(), 1, CUPS_MS, NULL);
    if (http == NULL) {
        error_all(err, "cannot look for print queues", cupsServer(), "CUPS does not answer", "start it: systemctl start cups");
        return;
    }
    ipp_t *q = ippNewRequest(IPP_OP_CUPS_GET_PRINTERS);
    ippAddStrings(q, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", 3, NULL, wanted);
    ipp_t *answer = cupsDoRequest(http, q, "/");
    if (answer) read_queues(answer, list, max, count);
    ippDelete(answer);
    httpClose(http);
}

/* --- serial ------------------------------------------------------------------------------- */

/* The kernel lists four ttyS on any PC; type 0 means that no chip is behind it. */
static bool is_there(const char *name)
{
    char path[PATH_MAX], type[8] = "";
    if (strncmp(name, "ttyS", 4) != 0) return true;
    snprintf(path, sizeof path, "/sys/class/tty/%s/type", name);
    FILE *f = fopen(path, "re");
    if (f == NULL) return false;
    bool read = fgets(type, sizeof type, f) != NULL;
    fclose(f);
    return read && atoi(type) != 0;
}

static bool is_line(const char *name)
{
    static const char *const kinds[] = { "ttyS", "ttyUSB", "ttyACM" };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t len = strlen(kinds[i]);
        if (strncmp(name, kinds[i], len) == 0 && isdigit((unsigned char)name[len])) return true;
    }
    return false;
}

static void find_serial(struct printer_found *list, size_t max, size_t *count, struct error *err)
{
    struct dirent **names = NULL;
    int n = scandir("/sys/class/tty", &names, NULL, alphasort);
    if (n < 0) {
        error_all(err, "cannot look for serial lines", "/sys/class/tty", "it cannot be read", NULL);
        return;
    }
    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        struct printer_found *f = is_line(name) && is_there(name) ? next(list, max, count, DISCOVER_SERIAL) : NULL;
        if (f) {
            snprintf(f->uri, sizeof f->uri, "serial:/dev/%.32s?baud=9600&flow=dsr", name);
            char path[64];
            snprintf(path, sizeof path, "/dev/%.32s", name);
            if (access(path, R_OK | W_OK) != 0)
                snprintf(f->note, sizeof f->note, "%s", "no permission: put this user into the group dialout");
        }
        free(names[i]);
    }
    free(names);
}

/* --- for those who call ----------------------------------------------------------------------- */

size_t discover(unsigned ways, struct printer_found *list, size_t max, struct error *err)
{
    size_t count = 0;
    if (ways & DISCOVER_USB) find_usb(list, max, &count, err);
    if (ways & DISCOVER_CUPS) find_cups(list, max, &count, err);
    if (ways & DISCOVER_SERIAL) find_serial(list, max, &count, err);
    return count;
}

int discover_address(const char *host, int timeout_ms, struct printer_found *found, struct error *err)
{
    memset(found, 0, sizeof *found);
    found->numbered = true;
    int n = snprintf(found->uri, sizeof found->uri, "tcp:%s", host);
    if (n < 0 || (size_t)n >= sizeof found->uri)
        return error_all(err, "printer address not understood", host, "it is too long", "write HOST or HOST:PORT");
    struct transport_how how = { .connect_timeout_ms = timeout_ms };
    struct transport *t = transport_open(found->uri, &how, err);
    if (t == NULL) return -1;
    transport_close(t);
    return 0;
}
