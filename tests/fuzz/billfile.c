/* A bills file of any bytes, in each encoding: judged without a crash; and when
 * it is taken, writing the bills again gives a file that is taken with the same
 * sums. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/billfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct copy {
    FILE *out;
    struct billfile_sums sums;
};

static int on_header(void *ctx, const struct billfile_header *header, char *why, size_t why_size)
{
    struct copy *copy = ctx;
    billfile_put_header(copy->out, header, &copy->sums);
    return 0;
}

static int on_bill(void *ctx, const struct bill *bill, char *why, size_t why_size)
{
    struct copy *copy = ctx;
    struct bill_fault fault;
    assert(bill_check(bill, &fault) == 0);
    billfile_put(copy->out, bill, &copy->sums);
    return 0;
}

static int read_bytes(const void *bytes, size_t size, enum recfile_encoding encoding,
                      struct copy *copy, struct billfile_sums *sums)
{
    static const struct billfile_events events = { on_header, on_bill, NULL };
    struct recfile_report report;
    struct error err;
    FILE *in = fmemopen((void *)(uintptr_t)bytes, size, "r");
    assert(in);
    int status = billfile_read_stream(in, "fuzz", encoding, copy ? &events : NULL, copy, sums,
                                      &report, &err);
    assert((status == 0) == (report.fault_count == 0));
    fclose(in);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    for (int encoding = RECFILE_FIND_OUT; encoding <= RECFILE_GB18030; encoding++) {
        struct copy copy = { 0 };
        struct billfile_sums sums, again;
        char *text = NULL;
        size_t len;
        copy.out = open_memstream(&text, &len);
        int status = read_bytes(data, size, (enum recfile_encoding)encoding, &copy, &sums);
        if (status == 0) billfile_put_end(copy.out, &copy.sums);
        fclose(copy.out);
        if (status == 0) {
            assert(read_bytes(text, len, RECFILE_UTF8, NULL, &again) == 0);
            assert(again.records == sums.records && again.amount_fen == sums.amount_fen);
        }
        free(text);
    }
    return 0;
}
