#include "drivers/transport.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

static const struct transport_scheme *const schemes[] = {
    &transport_file, &transport_tcp, &transport_serial, &transport_usb, &transport_cups,
};

const struct transport_scheme *transport_scheme_of(const char *uri, const char **rest)
{
    const char *colon = strchr(uri, ':');
    if (colon == NULL) return NULL;
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        const char *name = schemes[i]->name;
        if (strlen(name) != (size_t)(colon - uri) || strncmp(uri, name, strlen(name)) != 0) continue;
        *rest = colon + 1;
        return schemes[i];
    }
    return NULL;
}

int transport_check(const char *uri, struct error *err)
{
    const char *rest;
    const struct transport_scheme *scheme = transport_scheme_of(uri, &rest);
    if (scheme && rest[0] != '\0' && strlen(uri) < TRANSPORT_URI_SIZE) return 0;
    error_set(err, "printer address not understood");
    error_where(err, "%s", uri);
    error_why(err, "%s", scheme == NULL   ? "it does not begin with a known way to a printer"
                         : rest[0] == '\0' ? "nothing follows the colon"
                                           : "it is too long");
    return error_remedy(err, "write file:PATH, tcp:HOST:PORT, usb:VID:PID[:SERIAL], "
                             "serial:/dev/ttyS0?baud=9600 or cups:QUEUE");
}

struct transport *transport_open(const char *uri, const struct transport_how *how, struct error *err)
{
    static const struct transport_how asking = { 0 };
    const char *rest;
    if (transport_check(uri, err) != 0) return NULL;
    const struct transport_scheme *scheme = transport_scheme_of(uri, &rest);
    struct transport *t = calloc(1, sizeof *t);
    void *state = calloc(1, scheme->state_size);
    if (t == NULL || state == NULL) {
        error_all(err, "cannot open the printer", uri, "out of memory", NULL);
        goto failed;
    }
    if (how == NULL) how = &asking;
    t->scheme = scheme;
    t->state = state;
    t->cancel = how->cancel;
    text_copy(t->uri, sizeof t->uri, uri);
    if (scheme->open(t, rest, how, err) != 0) goto failed;
    return t;
failed:
    free(state);
    free(t);
    return NULL;
}

void transport_close(struct transport *t)
{
    if (t == NULL) return;
    t->scheme->close(t);
    free(t->state);
    free(t);
}

bool transport_cancelled(const struct transport *t) { return t->cancel && atomic_load(t->cancel); }

static int stopped(struct transport *t, const char *why, const char *remedy, struct error *err)
{
    t->broken = true;
    return error_all(err, "the printer did not take the whole job", t->uri, why, remedy);
}

int transport_write(struct transport *t, const uint8_t *bytes, size_t len, bool paper, int timeout_ms,
                    void (*progress)(void *ctx, uint64_t submitted), void *ctx, struct error *err)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    if (t->broken) return stopped(t, "an earlier write had failed", NULL, err);
    while (len > 0) {
        int64_t left_ms = end_ms - clock_monotonic_ms();
        if (transport_cancelled(t)) return stopped(t, "it was cancelled", NULL, err);
        if (left_ms <= 0)
            return stopped(t, "it takes no more bytes: busy, out of paper or switched off",
                           "look at the printer", err);
        size_t chunk = len < TRANSPORT_CHUNK_MAX ? len : TRANSPORT_CHUNK_MAX;
        uint64_t submitted = 0, *counted = paper ? &t->submitted : &submitted, taken = t->taken;
        long n = t->scheme->write(t, bytes, chunk, (int)left_ms, counted, err);
        if (!paper) t->taken = taken;
        if (n < 0) {
            t->broken = true;
            return -1;
        }
        bytes += n;
        len -= (size_t)n;
        if (paper && progress) progress(ctx, t->submitted);
    }
    return 0;
}

long transport_read(struct transport *t, uint8_t *buf, size_t size, int timeout_ms, struct error *err)
{
    if (!t->scheme->two_way) return 0;
    return t->scheme->read(t, buf, size, timeout_ms, err);
}

void transport_port(struct transport *t, struct transport_port *out)
{
    memset(out, 0, sizeof *out);
    if (t->scheme->port) t->scheme->port(t, out);
}

int transport_device_id(struct transport *t, char *id, size_t size, struct error *err)
{
    if (t->scheme->device_id) return t->scheme->device_id(t, id, size, err);
    return error_all(err, "no device id", t->uri, "this way to a printer has none", NULL);
}

int transport_finish(struct transport *t, int timeout_ms, struct error *err)
{
    if (t->scheme->finish == NULL || t->scheme->finish(t, timeout_ms, err) == 0) return 0;
    t->broken = true;
    return -1;
}

int transport_recall(struct transport *t, int timeout_ms, struct error *err)
{
    if (t->scheme->recall) return t->scheme->recall(t, timeout_ms, err);
    return error_all(err, "nothing can be taken back", t->uri, "this way to a printer can't", NULL);
}

bool transport_nothing_sent(const struct transport *t)
{
    return t->submitted == 0 || t->proved_nothing;
}
