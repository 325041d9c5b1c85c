/* What printers this host can reach, for the technician to choose from. */
#ifndef DRIVERS_DISCOVER_H
#define DRIVERS_DISCOVER_H

#include <stddef.h>

#include "base/error.h"
#include "drivers/profile.h"
#include "drivers/transport.h"

enum discover_way { /* bits */
    DISCOVER_USB = 1,    /* by interface class, device id asked */
    DISCOVER_CUPS = 2,   /* queues of the CUPS that this host uses */
    DISCOVER_SERIAL = 4, /* lines that are there; nothing is sent on them */
    DISCOVER_ALL = 7,
};

struct printer_found {
    const struct profile *profile;     /* suggested, or NULL: the technician chooses */
    enum discover_way way;
    char uri[TRANSPORT_URI_SIZE];      /* to be bound as it is */
    char model[128];                   /* make and model in words, or "" */
    char device_id[TRANSPORT_ID_SIZE]; /* or "" */
    bool numbered;                     /* may take numbered paper */
    char note[160];                    /* what keeps it from being used, or "" */
};

#define DISCOVER_MAX 64

/* Fills the list, at most max; returns how many. What cannot be asked (no CUPS, no USB) is
 * left out: err, when not NULL, has the last such reason and the count is still good. */
size_t discover(unsigned ways, struct printer_found *list, size_t max, struct error *err);

/* A network printer at a host name or address that the technician typed, with or without a
 * port. 0 when something takes connections there, -1 with err. */
int discover_address(const char *host, int timeout_ms, struct printer_found *found, struct error *err);

/* MFG and MDL (or their long names) of a device id, as words. */
void discover_model(const char *device_id, char *model, size_t size);

#endif
