/* The line: TLS, frames, sign-on, echo, many at once. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "conformance/conformance.h"
#include "wire/tags.h"

static void no_old_tls(struct run *r)
{
    char why[200];
    struct line *l = line_open(&r->opt.line, LINE_OLD_TLS, r->opt.wait_ms, why, sizeof why);
    check(r, l == NULL, "a connection with TLS 1.2 was taken");
    line_close(l);
}

/* The handshake may look done from here; what counts is whether anything is answered. */
static void no_stranger(struct run *r)
{
    char why[200];
    struct line *l = line_open(&r->opt.line, LINE_NO_CERTIFICATE, r->opt.wait_ms, why, sizeof why);
    if (l == NULL) return;
    check(r, line_ends(l, r->opt.wait_ms), "a caller without a certificate stays connected");
    line_close(l);
}

static void signs_on(struct run *r)
{
    struct wire_net n;
    if (!connected(r) || !sign_on(r, &n)) return;
    check(r, n.epoch == r->epoch, "the same EN had epoch %d, then %d", r->epoch, n.epoch);
}

static bool make_echo(struct run *r, struct iso *m)
{
    struct wire_net n = {.net = NET_ECHO, .sent_ms = clock_now_ms(&r->clock)};
    r->stan = r->stan % 999999 + 1;
    snprintf(n.stan, sizeof n.stan, "%06u", (unsigned)r->stan % 1000000u);
    return wire_net_ask(&n, m, NULL) == 0 || fails(r, "an echo cannot be made");
}

static void echo(struct run *r)
{
    struct iso m, a;
    if (connected(r) && make_echo(r, &m) && ask(r, &m, &a)) expect(r, &a, "00", "echo");
}

#define MANY 64

static void many_at_once(struct run *r)
{
    static struct iso asked[MANY], a;
    if (!connected(r)) return;
    for (int i = 0; i < MANY; i++) {
        struct wire_head head;
        new_head(r, PROC_STATE, &head);
        if (wire_state_ask(&head, &asked[i], NULL) != 0 || !send_only(r, &asked[i])) return;
    }
    for (int i = MANY - 1; i >= 0; i--)
        if (!hear(r, &asked[i], &a) || !expect(r, &a, "00", "one of 64 inquiries under way at once")) return;
}

/* --- frames that are none ----------------------------------------------------------------- */

/* Sends the bytes on a connection of its own, which must end; the common one must go on. */
static void must_end(struct run *r, const char *bytes, size_t len, int64_t wait_ms, const char *what)
{
    char why[200];
    struct line *l = line_open(&r->opt.line, LINE_RIGHT, r->opt.wait_ms, why, sizeof why);
    if (l == NULL) {
        fails(r, "no connection: %s", why);
        return;
    }
    bool sent = line_send_bytes(l, bytes, len);
    check(r, !sent || line_ends(l, wait_ms), "%s: the connection stays", what);
    line_close(l);
    if (r->outcome == CASE_OK) echo(r);
}

static void frame_of_nothing(struct run *r) { must_end(r, "\0\0", 2, r->opt.wait_ms, "a frame of no bytes"); }

static void frame_too_long(struct run *r) { must_end(r, "\x20\x01", 2, r->opt.wait_ms, "a frame of 8193 bytes"); }

static void no_message(struct run *r) { must_end(r, "\0\x08rubbish!", 10, r->opt.wait_ms, "bytes that are no message"); }

static void high_byte(struct run *r)
{
    static const char bytes[] = "\0\x37" "0800822000000000000004000000000000001125024207000007\x80" "01";
    must_end(r, bytes, sizeof bytes - 1, r->opt.wait_ms, "a byte that is not ASCII");
}

static void half_a_frame(struct run *r)
{
    if (!r->opt.slow) {
        skips(r, "takes six seconds (--slow)");
        return;
    }
    must_end(r, "\0\x37" "0800", 6, 7000, "half a frame, 5 s old");
}

/* --- form --------------------------------------------------------------------------------- */

static void lacks_a_field(struct run *r)
{
    struct wire_payment p;
    struct iso m, a;
    char words[200];
    if (!new_prepaid(r, 100, &p) || wire_payment_pack(&p, "0200", &m, NULL) != 0) return;
    iso_drop(&m, 4);
    if (!ask(r, &m, &a) || !expect(r, &a, "30", "0200 without DE 4")) return;
    if (!check(r, tag_utf8(&a, "TX", words, sizeof words) && words[0], "30 bears no reason in tag TX")) return;
    state_is(r, &p, STATE_UNKNOWN, NULL);
}

static void field_too_many(struct run *r)
{
    struct wire_payment p;
    struct iso m, a;
    if (!new_prepaid(r, 100, &p) || wire_payment_pack(&p, "0200", &m, NULL) != 0) return;
    iso_set(&m, 2, "6222020200112233445", 19, NULL);
    if (ask(r, &m, &a)) expect(r, &a, "30", "0200 with a DE 2");
}

static void no_such_date(struct run *r)
{
    struct wire_payment p;
    struct iso m, a;
    if (!new_prepaid(r, 100, &p) || wire_payment_pack(&p, "0200", &m, NULL) != 0) return;
    iso_set(&m, 13, "0231", 4, NULL);
    if (ask(r, &m, &a) && expect(r, &a, "30", "0200 of 31 February")) state_is(r, &p, STATE_UNKNOWN, NULL);
}

static void sums_differ(struct run *r)
{
    struct wire_payment p;
    struct iso m, a;
    if (!new_prepaid(r, 100, &p) || wire_payment_pack(&p, "0200", &m, NULL) != 0) return;
    iso_set_number(&m, 4, 101, NULL);
    if (!ask(r, &m, &a)) return;
    check(r, !iso_is(&a, 39, "00"), "DE 4 of 1.01 for a prepaid part of 1.00 was approved");
}

static void foreign_bank(struct run *r)
{
    struct wire_payment p;
    if (!new_prepaid(r, 100, &p)) return;
    text_copy(p.head.key.bank, sizeof p.head.key.bank, strcmp(r->opt.bank, "999") ? "999" : "998");
    pay(r, &p, "0200", "58", NULL);
}

#define ROWS(a) (sizeof(a) / sizeof *(a))
static const struct test_case rows[] = {
    {"tls-1.3", "Line", "TLS 1.2 is refused", no_old_tls},
    {"certificate", "Line", "a caller without a certificate is refused", no_stranger},
    {"sign-on", "Network management", "0800/001 with EN is answered 00 with EP, the same EN with the same EP", signs_on},
    {"echo", "Network management", "0800/301 is answered 00", echo},
    {"many-at-once", "Line", "64 requests under way, each has its answer", many_at_once},
    {"frame-empty", "Line", "a frame of no bytes ends its connection, no other", frame_of_nothing},
    {"frame-long", "Line", "a frame of more than 8192 bytes ends its connection", frame_too_long},
    {"frame-rubbish", "Line", "bytes that are no message end their connection", no_message},
    {"frame-ascii", "Message", "a byte outside 0x20 to 0x7E is no message", high_byte},
    {"frame-half", "Line", "half a frame ends its connection after 5 seconds", half_a_frame},
    {"form-lacking", "Message", "a field that must be there and isn't: 30 with the reason, and the key is not known", lacks_a_field},
    {"form-too-many", "Messages", "a field that is neither in must nor in may: 30", field_too_many},
    {"form-date", "Message", "a date that is none: 30", no_such_date},
    {"form-sum", "Payment", "DE 4 that is not the sum of the parts is not approved", sums_differ},
    {"access", "Access", "a payment for a bank that the certificate may not speak for: 58", foreign_bank},
};
const struct case_table line_cases = {rows, ROWS(rows)};
