/* A message of any bytes: what is taken is packed into the very bytes that it came as (a bitmap's digits in upper case), and what any
 * of the typed readers takes out of it says the same when it is written and read again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "wire/account.h"
#include "wire/inquiry.h"
#include "wire/message.h"
#include "wire/payment.h"
#include "wire/session.h"

#define NEAR 20781

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct iso m, again;
static struct error err;

static void payment(void)
{
    static struct wire_payment p, q;
    memset(&p, 0, sizeof p), memset(&q, 0, sizeof q);
    if (wire_payment_unpack(&m, NEAR, &p, &err) != 0) return;
    assert(p.bill_count >= 0 && p.bill_count <= WIRE_BILLS_MAX && p.prepaid_fen >= 0);
    assert(wire_payment_pack(&p, m.mti, &again, &err) == 0);
    assert(wire_payment_unpack(&again, NEAR, &q, &err) == 0);
    assert(p.head.amount_fen == q.head.amount_fen && p.bill_count == q.bill_count && p.prepaid_fen == q.prepaid_fen);
    for (int i = 0; i < p.bill_count; i++)
        assert(strcmp(p.bills[i].bill, q.bills[i].bill) == 0 && p.bills[i].amount_fen == q.bills[i].amount_fen);
}

static void reversal(void)
{
    static struct wire_reversal r, q;
    if (wire_reversal_unpack(&m, NEAR, &r, &err) != 0) return;
    assert(wire_reversal_pack(&r, m.mti, &again, &err) == 0);
    assert(wire_reversal_unpack(&again, NEAR, &q, &err) == 0);
    assert(strcmp(r.head.key.ref, q.head.key.ref) == 0 && strcmp(r.maker, q.maker) == 0);
}

static void answers(void)
{
    static struct wire_answer a;
    static struct wire_bills bills;
    static struct wire_found found[WIRE_LISTED_MAX];
    static struct wire_account_answer account;
    enum wire_state state;
    int count = 0, more = 0;
    if (wire_answer_unpack(&m, &a, &err) == 0) assert(a.part_count >= 0 && a.part_count <= WIRE_PARTS_MAX && strlen(a.reason) < sizeof a.reason);
    wire_state_unpack(&m, &state, &a, &err);
    if (wire_bills_unpack(&m, &bills, &err) == 0) assert(bills.bill_count >= 0 && bills.bill_count <= WIRE_LISTED_MAX);
    if (wire_search_unpack(&m, found, &count, &more, &err) == 0) assert(count >= 0 && count <= WIRE_LISTED_MAX);
    if (wire_account_answer_unpack(&m, &account, &err) == 0) assert(account.line_count >= 0 && account.line_count <= WIRE_ACCOUNT_LINES_MAX);
}

static void rest(void)
{
    static struct wire_net net;
    static struct wire_totals totals;
    static struct wire_part part;
    static struct wire_account_ask ask;
    if (wire_net_unpack(&m, &net, &err) == 0) assert(net.reopened_count >= 0 && net.reopened_count <= WIRE_REOPENED_MAX);
    if (wire_totals_unpack(&m, NEAR, &totals, &err) == 0) assert(totals.credits >= 0);
    if (wire_part_unpack(&m, NEAR, &part, &err) == 0) assert(part.record_count >= 0 && part.record_count <= WIRE_RECORDS_MAX);
    if (wire_account_unpack(&m, NEAR, &ask, &err) == 0) assert(strlen(ask.name) < sizeof ask.name);
}

/* What every receiver does with it before it looks inside. */
static void received(void)
{
    char line[400], key[MATCH_KEY_SIZE], mti[5];
    struct key k;
    message_describe(&m, line, sizeof line);
    for (const char *c = line; *c; c++)
        assert((unsigned char)*c >= ' ');
    message_match_key(&m, key);
    message_key(&m, &k);
    if (message_answer_mti(&m, mti)) {
        message_answer(&m, "30", &again);
        char bytes[ISO_MESSAGE_MAX];
        assert(iso_pack(&again, bytes, sizeof bytes, &err) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char bytes[ISO_MESSAGE_MAX];
    if (iso_unpack(&m, (const char *)data, size, &err) != 0) {
        assert(err.what[0]);
        return 0;
    }
    int len = iso_pack(&m, bytes, sizeof bytes, &err);
    size_t head = m.present[1] ? 4 + 32 : 4 + 16;
    assert(len == (int)size && strncasecmp(bytes, (const char *)data, head) == 0 && memcmp(bytes + head, data + head, size - head) == 0);
    received();
    if (message_check(&m, &err) != 0) return 0;
    if (m.mti[1] == '2' && message_is_request(&m)) payment();
    if (m.mti[1] == '4' && message_is_request(&m)) reversal();
    answers();
    rest();
    return 0;
}
