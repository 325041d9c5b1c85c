#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "counter/js.h"
#include "counter/technician.h"

/* --- the list ---------------------------------------------------------------------- */

static struct device *device_at(struct devices *d, const char *uri)
{
    for (size_t i = 0; i < d->count; i++)
        if (!strcasecmp(d->at[i].found.uri, uri)) return &d->at[i];
    return NULL;
}

struct device *devices_add(struct devices *d, const struct printer_found *found)
{
    struct device *there = device_at(d, found->uri);
    if (!there && d->count == DISCOVER_MAX) return NULL;
    if (!there) there = &d->at[d->count++];
    *there = (struct device){.found = *found};
    return there;
}

void devices_find(struct devices *d, struct error *err)
{
    struct printer_found found[DISCOVER_MAX];
    size_t count = discover(DISCOVER_ALL, found, DISCOVER_MAX, err);
    d->count = 0;
    for (size_t i = 0; i < count; i++) devices_add(d, &found[i]);
}

static void add_word(char *list, size_t size, const char *word)
{
    size_t len = strlen(list);
    if (strstr(list, word)) return;
    snprintf(list + len, size - len, "%s%s", len ? ", " : "", word);
}

static void lay(struct devices *d, const json_t *row)
{
    const char *uri = js_text(row, "uri"), *document = js_text(row, "document"), *terminal = js_text(row, "terminal");
    struct device *there = device_at(d, uri);
    if (!there) {
        struct printer_found bound = {.numbered = true};
        text_copy(bound.uri, sizeof bound.uri, uri);
        if (!(there = devices_add(d, &bound))) return;
    }
    if (!there->binding) there->binding = row;
    for (int i = 0; i < 2 && !*document; i++) add_word(there->prints, sizeof there->prints, i ? "receipt" : "invoice");
    if (*document) add_word(there->prints, sizeof there->prints, document);
    add_word(there->terminal, sizeof there->terminal, terminal);
}

/* What is bound stands first; else as it was found. */
static void bound_first(struct devices *d)
{
    for (size_t i = 1; i < d->count; i++)
        for (size_t n = i; n > 0 && d->at[n].binding && !d->at[n - 1].binding; n--) {
            struct device lower = d->at[n - 1];
            d->at[n - 1] = d->at[n];
            d->at[n] = lower;
        }
}

void devices_bind(struct devices *d, json_t *bindings)
{
    size_t i;
    json_t *row;
    for (size_t n = 0; n < d->count; n++) {
        d->at[n].binding = NULL;
        d->at[n].prints[0] = d->at[n].terminal[0] = 0;
    }
    js_keep(&d->bindings, bindings);
    json_array_foreach(bindings, i, row) lay(d, row);
    bound_first(d);
}

void devices_free(struct devices *d) { js_keep(&d->bindings, NULL); }

/* --- one of them --------------------------------------------------------------------- */

const struct profile *device_profile(const struct device *d)
{
    const struct profile *bound = d->binding ? profile_find(js_text(d->binding, "profile")) : NULL;
    return bound ? bound : d->found.profile;
}

const char *device_way(const struct device *d)
{
    static const struct { const char *scheme, *way; } ways[] = {
        {"usb", "USB"}, {"cups", "CUPS"}, {"tcp", "TCP"}, {"serial", "serial"}, {"file", "file"},
    };
    const char *rest;
    const struct transport_scheme *scheme = transport_scheme_of(d->found.uri, &rest);
    for (size_t i = 0; scheme && i < sizeof ways / sizeof ways[0]; i++)
        if (!strcmp(ways[i].scheme, scheme->name)) return ways[i].way;
    return "?";
}

void device_ask(struct device *d)
{
    const struct profile *profile = device_profile(d);
    bool serial = !strncmp(d->found.uri, "serial:", 7);
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct civil now;
    if (!profile && serial) return;
    print_status(d->found.uri, profile ? profile : profile_find("lq-class"), 0, &d->status);
    d->asked = true;
    clock_local(&clock, clock_now_ms(&clock), &now);
    snprintf(d->at, sizeof d->at, "%02u:%02u", (unsigned)now.hour % 24, (unsigned)now.minute % 60);
    if (!*d->found.device_id) text_copy(d->found.device_id, sizeof d->found.device_id, d->status.device_id);
    if (!*d->found.model) discover_model(d->found.device_id, d->found.model, sizeof d->found.model);
    if (!d->found.profile) d->found.profile = profile_suggest(d->found.device_id);
}
