/* What a printer says, of any bytes: it confirms a job only with the very bytes that confirm
 * it, and a device id of any content becomes words. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "drivers/confirm.h"
#include "drivers/discover.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct said {
    const uint8_t *at;
    size_t left;
};

static long say(struct transport *t, uint8_t *buf, size_t size, int timeout_ms, struct error *err)
{
    struct said *said = t->state;
    if (said->left == 0) return error_all(err, "the line broke", NULL, NULL, NULL);
    size_t n = said->left < size ? said->left : size;
    memcpy(buf, said->at, n);
    said->at += n;
    said->left -= n;
    return (long)n;
}

static long take(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms, uint64_t *submitted,
                 struct error *err)
{
    return (long)len;
}

static const struct transport_scheme line = { .name = "test", .asides = true, .two_way = true, .write = take, .read = say };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const rows[] = { "epson-80", "xprinter-80" };
    if (size == 0) return 0;
    const struct profile *p = profile_find(rows[data[0] & 1]);
    struct said said = { data + 1, size - 1 };
    struct transport t = { .scheme = &line, .state = &said };
    struct print_job job = { .name = "0311-0007-3-invoice-17-1-00012345", .times = { .status_ms = 50, .answer_ms = 50 } };
    enum printer_state state = PRINTER_STATES;
    struct error err = { 0 };
    bool confirmed = confirm_wait(&t, p, &job, &state, &err);
    uint8_t want[7] = { 0x37, 0x22 };
    confirm_id(job.name, want + 2);
    assert(state < PRINTER_STATES);
    assert(confirmed || err.what[0]);
    if (confirmed && p->answers == ANSWERS_PROCESS_ID) assert(memmem(data + 1, size - 1, want, sizeof want));
    if (confirmed && p->answers == ANSWERS_PAPER) assert(size > 5); /* the answer and four clean status bytes */

    char id[TRANSPORT_ID_SIZE], model[128];
    snprintf(id, sizeof id, "%.*s", (int)(size < 400 ? size : 400), (const char *)data);
    discover_model(id, model, sizeof model);
    assert(strlen(model) < sizeof model);
    profile_suggest(id);
    return 0;
}
