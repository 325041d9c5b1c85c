/* A withholding list or result of any bytes, in each encoding: judged without a
 * crash; and what is taken, written again, is taken with the same sums. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/fileline.h"
#include "wire/listfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct copy { FILE *out; struct list_sums sums; };

static int list_header(void *ctx, const struct list_header *h, char *why, size_t why_size) { return listfile_put_header(((struct copy *)ctx)->out, h), 0; }
static int result_header(void *ctx, const struct result_header *h, char *why, size_t why_size) { return resultfile_put_header(((struct copy *)ctx)->out, h), 0; }

static int list_row(void *ctx, const struct list_row *row, char *why, size_t why_size)
{
    char text[LIST_TEXT_SIZE], record[FILELINE_SIZE], back[2 * FILELINE_SIZE];
    struct copy *copy = ctx;
    size_t len = list_row_format(row, text);
    assert(len < sizeof text && strlen(text) == len);
    int wire = fileline_pack(text, record);
    assert(wire < 0 || (fileline_unpack(record, (size_t)wire, back, sizeof back) == (int)len && strcmp(back, text) == 0));
    listfile_put(copy->out, row, &copy->sums);
    return 0;
}

static int result_row(void *ctx, const struct result_row *row, char *why, size_t why_size)
{
    struct copy *copy = ctx;
    resultfile_put(copy->out, row, &copy->sums);
    return 0;
}

static int read_bytes(const void *bytes, size_t size, enum recfile_encoding encoding, bool result, struct copy *copy, struct list_sums *sums)
{
    static const struct list_events lists = {list_header, list_row, NULL};
    static const struct result_events results = {result_header, result_row, NULL};
    struct recfile_report report;
    struct error err;
    FILE *in = fmemopen((void *)(uintptr_t)bytes, size, "r");
    assert(in);
    int status = result ? resultfile_read_stream(in, "fuzz", encoding, copy ? &results : NULL, copy, sums, &report, &err)
                        : listfile_read_stream(in, "fuzz", encoding, copy ? &lists : NULL, copy, sums, &report, &err);
    assert((status == 0) == (report.fault_count == 0));
    fclose(in);
    return status;
}

static void judge(const uint8_t *data, size_t size, enum recfile_encoding encoding, bool result)
{
    struct copy copy = {0};
    struct list_sums sums, again;
    char *text = NULL;
    size_t len;
    copy.out = open_memstream(&text, &len);
    int status = read_bytes(data, size, encoding, result, &copy, &sums);
    if (status == 0 && result) resultfile_put_end(copy.out, &copy.sums);
    if (status == 0 && !result) listfile_put_end(copy.out, &copy.sums);
    fclose(copy.out);
    if (status == 0) {
        assert(read_bytes(text, len, RECFILE_UTF8, result, NULL, &again) == 0);
        assert(memcmp(&again, &sums, sizeof sums) == 0);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    for (int encoding = RECFILE_FIND_OUT; encoding <= RECFILE_GB18030; encoding++)
        for (int result = 0; result < 2; result++)
            judge(data, size, (enum recfile_encoding)encoding, result);
    return 0;
}
