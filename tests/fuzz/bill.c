/* A bill record from the wire, of any bytes: what is taken is written as it was. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wire/bill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bill bill, again;
    struct bill_fault fault;
    char wire[BILL_WIRE_MAX + 1];
    struct late_fee fee;
    struct fee_rules rules = { .next_year_permille = 3, .minimum_fen = 100 };
    if (bill_wire_parse((const char *)data, size, &bill, &fault)) {
        assert(fault.why[0] && fault.field >= 0);
        return 0;
    }
    int len = bill_wire_format(&bill, wire, sizeof wire);
    assert(len > 0);
    assert(bill_wire_parse(wire, (size_t)len, &again, &fault) == 0);
    assert(memcmp(&bill, &again, sizeof bill) == 0);
    if (bill_late_fee(&bill, bill.amount_fen, bill.window_last, &rules, &fee)) assert(fee.fee_fen >= 0);
    return 0;
}
