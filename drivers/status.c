#include "drivers/status.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define DEFAULT_MS 3000
#define PR2_MS 500    /* a line without a way back answers never */
#define DRAIN_MS 5   /* what an earlier job left unread comes at once or not at all */

const char *printer_state_words(enum printer_state state)
{
    static const char *const words[PRINTER_STATES] = {
        [PRINTER_READY] = "ready",
        [PRINTER_UNKNOWN] = "no answer to be had from this printer",
        [PRINTER_PAPER_LOW] = "paper is nearly out",
        [PRINTER_UNREACHABLE] = "cannot be reached",
        [PRINTER_SILENT] = "does not answer",
        [PRINTER_PAPER_OUT] = "out of paper",
        [PRINTER_COVER_OPEN] = "cover open",
        [PRINTER_ERROR] = "error, look at the printer",
        [PRINTER_OFFLINE] = "off line",
    };
    return state < PRINTER_STATES ? words[state] : "";
}

bool status_is_answer(uint8_t b) { return (b & 0x93) == 0x12; }

/* Bits of 10 04 1..4, the worst first; only those that the profile trusts count. */
static const struct {
    int byte;
    uint8_t bit;
    enum printer_state state;
} meaning[] = {
    { 1, 0x04, PRINTER_COVER_OPEN },
    { 3, 0x60, PRINTER_PAPER_OUT },
    { 1, 0x20, PRINTER_PAPER_OUT },
    { 2, 0x6c, PRINTER_ERROR },
    { 1, 0x40, PRINTER_ERROR },
    { 0, 0x08, PRINTER_OFFLINE },
};

enum printer_state status_judge(const struct profile *profile, const uint8_t raw[4])
{
    for (size_t i = 0; i < sizeof meaning / sizeof meaning[0]; i++)
        if (raw[meaning[i].byte] & meaning[i].bit & profile->bad[meaning[i].byte])
            return meaning[i].state;
    return raw[3] & 0x0c ? PRINTER_PAPER_LOW : PRINTER_READY;
}

static void set_state(struct printer_status *out, enum printer_state state)
{
    out->state = state;
    out->can_print = state == PRINTER_READY || state == PRINTER_PAPER_LOW || state == PRINTER_UNKNOWN;
    text_copy(out->words, sizeof out->words, printer_state_words(state));
}

static void drain(struct transport *t)
{
    uint8_t rubbish[256];
    for (int i = 0; i < 16; i++)
        if (transport_read(t, rubbish, sizeof rubbish, i ? 0 : DRAIN_MS, NULL) <= 0) return;
}

/* Asks 10 04 n and waits for its one byte. */
static bool ask_byte(struct transport *t, int n, int64_t end_ms, uint8_t *answer)
{
    uint8_t ask[3] = { 0x10, 0x04, (uint8_t)n };
    int64_t left_ms = end_ms - clock_monotonic_ms();
    if (left_ms <= 0) return false;
    if (transport_write(t, ask, sizeof ask, false, (int)left_ms, NULL, NULL, NULL) != 0) return false;
    while ((left_ms = end_ms - clock_monotonic_ms()) > 0 && !transport_cancelled(t)) {
        long got = transport_read(t, answer, 1, (int)left_ms, NULL);
        if (got < 0) return false;
        if (got == 1 && status_is_answer(*answer)) return true;
    }
    return false;
}

static void ask_escpos(struct transport *t, const struct profile *profile, int timeout_ms,
                       struct printer_status *out)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    drain(t);
    for (out->raw_count = 0; out->raw_count < 4; out->raw_count++)
        if (!ask_byte(t, out->raw_count + 1, end_ms, &out->raw[out->raw_count])) break;
    out->answered = out->raw_count == 4;
    if (out->answered) set_state(out, status_judge(profile, out->raw));
    else if (profile->answers != ANSWERS_NO) set_state(out, PRINTER_SILENT);
}

/* ESC j -> ESC r x. What x means is not known for certain, so it decides nothing: it is shown. */
static void ask_pr2(struct transport *t, struct printer_status *out)
{
    static const uint8_t ask[2] = { 0x1b, 'j' }, head[2] = { 0x1b, 'r' };
    int64_t end_ms = clock_monotonic_ms() + PR2_MS, left_ms;
    int matched = 0;
    uint8_t byte;
    drain(t);
    if (transport_write(t, ask, sizeof ask, false, PR2_MS, NULL, NULL, NULL) != 0) return;
    while (out->raw_count == 0 && (left_ms = end_ms - clock_monotonic_ms()) > 0 && !transport_cancelled(t)) {
        long got = transport_read(t, &byte, 1, (int)left_ms, NULL);
        if (got < 0) return;
        if (got == 1 && matched == 2) out->raw[out->raw_count++] = byte;
        else if (got == 1) matched = byte == head[matched] ? matched + 1 : byte == head[0];
    }
    if (out->raw_count)
        snprintf(out->words, sizeof out->words, "answers %02Xh; what that means is not verified on hardware", out->raw[0]);
}

/* A model that answers nothing for certain is only asked of its line: bytes that it
 * does not know could print. */
void status_ask(struct transport *t, const struct profile *profile, int timeout_ms,
                struct printer_status *out)
{
    struct transport_port port;
    memset(out, 0, sizeof *out);
    set_state(out, PRINTER_UNKNOWN);
    if (transport_device_id(t, out->device_id, sizeof out->device_id, NULL) != 0) out->device_id[0] = '\0';
    transport_port(t, &port);
    if (port.known) set_state(out, port.paper_out ? PRINTER_PAPER_OUT : port.ready ? PRINTER_READY : PRINTER_OFFLINE);
    if (port.known && port.words[0]) text_copy(out->words, sizeof out->words, port.words);
    if (profile->dialect->asks == ASKS_ESCPOS && profile->answers != ANSWERS_NO && t->scheme->two_way)
        ask_escpos(t, profile, timeout_ms ? timeout_ms : DEFAULT_MS, out);
    if (profile->dialect->asks == ASKS_PR2 && t->scheme->two_way && t->scheme->asides && out->can_print) ask_pr2(t, out);
}

void print_status(const char *uri, const struct profile *profile, int timeout_ms,
                  struct printer_status *out)
{
    struct error err = { 0 };
    struct transport_how how = { .connect_timeout_ms = timeout_ms };
    struct transport *t = transport_open(uri, &how, &err);
    memset(out, 0, sizeof *out);
    set_state(out, PRINTER_UNREACHABLE);
    if (t == NULL) {
        snprintf(out->words, sizeof out->words, "%s", err.why[0] ? err.why : err.what);
        return;
    }
    status_ask(t, profile, timeout_ms, out);
    transport_close(t);
}

int print_clear(const char *uri, const struct profile *profile, int timeout_ms,
                struct printer_status *out, struct error *err)
{
    struct transport_how how = { .connect_timeout_ms = timeout_ms };
    struct transport *t = transport_open(uri, &how, err);
    const struct command *clear = &profile->dialect->clear;
    int limit_ms = timeout_ms ? timeout_ms : DEFAULT_MS, status = -1;
    memset(out, 0, sizeof *out);
    set_state(out, PRINTER_UNREACHABLE);
    if (t == NULL) return -1;
    transport_recall(t, limit_ms, NULL); /* USB: its own soft reset; others have none */
    if (clear->len && t->scheme->asides)
        transport_write(t, (const uint8_t *)clear->at, clear->len, false, limit_ms, NULL, NULL, NULL);
    status_ask(t, profile, limit_ms, out);
    transport_close(t);
    if (clear->len && out->answered) status = 0;
    if (status == 0) return 0;
    error_set(err, "it is not known whether the printer's memory is empty");
    error_where(err, "%s", uri);
    error_why(err, "%s", printer_state_words(out->answered ? PRINTER_UNKNOWN : out->state));
    return error_remedy(err, "switch the printer off and on, then answer");
}
