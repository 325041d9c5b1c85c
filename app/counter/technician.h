/* What the technician's screens and `counter printer` share: printers that are there and
 * printers that are bound in one list, trial pages, the report of the set-up. */
#ifndef COUNTER_TECHNICIAN_H
#define COUNTER_TECHNICIAN_H

#include <jansson.h>
#include <stdio.h>

#include "drivers/discover.h"
#include "drivers/job.h"
#include "drivers/status.h"
#include "print/set.h"

#define DEVICE_CLOCK_SIZE 8

struct device {
    struct printer_found found; /* of one that is bound and was not found: its address alone */
    const json_t *binding;      /* the first of them, borrowed from `bindings`; NULL: none */
    char prints[64], terminal[8]; /* documents it is bound to, in words; "07", "all", "2 tills" */
    struct printer_status status;
    bool asked;
    char at[DEVICE_CLOCK_SIZE]; /* when, hh:mm */
};

struct devices {
    struct device at[DISCOVER_MAX];
    size_t count;
    json_t *bindings; /* as branchd's `printers` answers; NULL: not known */
};

/* Looks for what this host can reach, beside what is bound. err as discover()'s. Blocks. */
void devices_find(struct devices *d, struct error *err);
/* Lays the bindings over what was found; bindings is kept (a new reference). */
void devices_bind(struct devices *d, json_t *bindings);
/* One more that was found by its address; NULL: the list is full. */
struct device *devices_add(struct devices *d, const struct printer_found *found);
void devices_free(struct devices *d);
/* As bound, else as suggested by its id; NULL: nobody knows. */
const struct profile *device_profile(const struct device *d);
/* Asks what ails it. One that no profile is known for is asked of its line alone, a serial
 * line then not at all: what it does not know could print. Blocks. */
void device_ask(struct device *d);
const char *device_way(const struct device *d); /* "USB", "CUPS", "TCP", "serial", "file" */

/* --- trial pages: on plain paper, never with a number --- */

enum trial { TRIAL_ALIGN, TRIAL_TEST };

struct trial_of {
    const char *uri, *profile, *template, *media, *name, *language, *folder;
    int offset_x_mm10, offset_y_mm10;
    enum trial trial;
};

/* Data for a template out of folder/sample, with TRIAL where a number would stand. */
json_t *trial_data(const struct trial_of *of, const char *template, struct error *err);
/* The page with its offsets, for the eye: NULL with err. */
struct page *trial_page(const struct trial_of *of, const struct print_set *set, struct error *err);
/* Prints it. -1 with err when there is no page; else 0, and *out says what became of it. Blocks. */
int trial_print(const struct trial_of *of, struct print_outcome *out, struct error *err);

/* --- the report: one file to send to whoever helps; no customer is in it --- */

struct setup {
    const struct devices *devices;
    const json_t *log, *link; /* as branchd answers them; NULL: not asked */
    const char *at;           /* when it was made */
    const char *terminal, *branch;
};
void setup_write(FILE *out, const struct setup *setup);

#endif
