/* A file of accounts to open, or its result, of any bytes and in each encoding: judged without a
 * crash; and what is taken, written again, is taken as the same. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/accountfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct copy {
    FILE *out;
    bool result;
};

static int on_header(void *ctx, const struct accountfile_header *h, char *why, size_t size)
{
    struct copy *c = ctx;
    accountfile_put_header(c->out, c->result, h);
    return 0;
}

static int on_row(void *ctx, const struct accountfile_row *row, char *why, size_t size)
{
    accountfile_put(((struct copy *)ctx)->out, row);
    return 0;
}

/* The reader takes a path: one file, written anew each time. */
static const char *put(const void *bytes, size_t size)
{
    static char path[64];
    if (!*path) snprintf(path, sizeof path, "/dev/shm/gridteller-fuzz-%d", (int)getpid());
    FILE *f = fopen(path, "w");
    assert(f && fwrite(bytes, 1, size, f) == size && fclose(f) == 0);
    return path;
}

static int read_bytes(const void *bytes, size_t size, enum recfile_encoding encoding, bool result, struct copy *copy, int64_t *records)
{
    static const struct accountfile_events events = {on_header, on_row};
    static const struct accountfile_events silent = {NULL, NULL};
    struct recfile_report report;
    struct error err;
    const char *path = put(bytes, size);
    int status = accountfile_read(path, result, encoding, copy ? &events : &silent, copy, records, &report, &err);
    assert(status == 0 || err.what[0]);
    unlink(path);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    for (int n = 0; n < 6; n++) {
        struct copy copy = {.result = n % 2};
        int64_t records = 0, again = 0;
        char *text = NULL;
        size_t len;
        copy.out = open_memstream(&text, &len);
        int status = read_bytes(data, size, (enum recfile_encoding)(n / 2), copy.result, &copy, &records);
        if (status == 0) accountfile_put_end(copy.out, records);
        fclose(copy.out);
        if (status == 0) assert(read_bytes(text, len, RECFILE_UTF8, copy.result, NULL, &again) == 0 && again == records);
        free(text);
    }
    return 0;
}
