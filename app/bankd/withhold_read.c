/* First the bytes (which file is it, how many rows), then the form of each row. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/withhold.h"
#include "base/text.h"

#define CHUNK (1 << 18)
#define SAMPLE_EVERY 61 /* rows: a prime, so that it beats no pattern of the list */
#define SAMPLES_MAX (ROWS_MAX / SAMPLE_EVERY + 1)

struct first_look {
    struct secret_chain chain;
    int64_t lines, *samples;
    size_t sample_count;
    int64_t utf8, other;         /* lines beyond ASCII: those that are UTF-8, and not */
};

/* Field 5 of a line, when it is one; only for sharing the rows out. */
static void sample(struct first_look *f, const char *line, const char *end)
{
    char text[ACCOUNT_TEXT_SIZE];
    int64_t account = 0;
    for (int bars = 0; bars < 4; bars++) {
        const char *bar = memchr(line, '|', (size_t)(end - line));
        if (bar == NULL) return;
        line = bar + 1;
    }
    const char *bar = memchr(line, '|', (size_t)(end - line));
    if (bar == NULL || bar - line != ACCOUNT_TEXT_SIZE - 2) return;
    memcpy(text, line, ACCOUNT_TEXT_SIZE - 2);
    text[ACCOUNT_TEXT_SIZE - 2] = '\0';
    if (account_parse(text, &account) && f->sample_count < SAMPLES_MAX) f->samples[f->sample_count++] = account;
}

static void count_encoding(struct first_look *f, const char *line, const char *end)
{
    const char *at = line;
    while (at < end && (unsigned char)*at < 0x80) at++;
    if (at == end) return;
    if (utf8_valid(at, (size_t)(end - at))) f->utf8++;
    else f->other++;
}

static void look_at(struct first_look *f, const char *at, size_t len)
{
    const char *end = at + len;
    secret_chain_field(&f->chain, at, len);
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL) return; /* a line in two chunks is counted where it ends */
        if (++f->lines % SAMPLE_EVERY == 0) sample(f, at, stop);
        count_encoding(f, at, stop);
        at = stop + 1;
    }
}

static int first_look(const struct withhold *w, struct first_look *f, struct error *err)
{
    FILE *in = fopen(w->path, "re");
    char *chunk = malloc(CHUNK);
    size_t got = 0;
    f->samples = malloc(SAMPLES_MAX * sizeof *f->samples);
    secret_chain_init(&f->chain, NULL);
    while (in && chunk && f->samples && (got = fread(chunk, 1, CHUNK, in)) > 0)
        look_at(f, chunk, got);
    int failed = !in || !chunk || !f->samples || ferror(in);
    if (failed)
        error_all(err, "withholding list cannot be read", w->path, chunk && f->samples ? strerror(errno) : "no memory",
                  "name a plain file that this user may read");
    else if (f->lines > ROWS_MAX)
        failed = error_all(err, "withholding list refused", w->path, "it has more than 20,000,000 rows", "have it made as several lists");
    if (in) fclose(in);
    free(chunk);
    return failed ? -1 : 0;
}

/* --- the form --------------------------------------------------------------------- */

static int on_header(void *ctx, const struct list_header *header, char *why, size_t size)
{
    struct withhold *w = ctx;
    if (strcmp(header->bank, w->bank->settings.id) != 0) {
        snprintf(why, size, "the list is for bank %s, this is bank %s", header->bank, w->bank->settings.id);
        return -1;
    }
    w->header = *header;
    return 0;
}

static int on_row(void *ctx, const struct list_row *row, char *why, size_t size)
{
    struct withhold *w = ctx;
    int64_t account = 0;
    if (!account_parse(row->account, &account)) account = 0;
    return layout_add(&w->layout, row, (uint32_t)(row->line - 1), account, why, size);
}

static bool on_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    struct withhold *w = ctx;
    progress_show(&w->progress, done, total, records);
    return true;
}

int withhold_read(struct withhold *w, struct recfile_report *report, struct error *err)
{
    static const struct list_events events = {on_header, on_row, on_progress};
    struct first_look f = {0};
    char beside[BANK_PATH];
    memset(report, 0, sizeof *report);
    int status = first_look(w, &f, err);
    secret_chain_final(&f.chain, w->digest);
    if (status == 0) status = layout_open(&w->layout, bank_beside(w->bank, beside, sizeof beside), f.lines, f.samples, f.sample_count, err);
    free(f.samples);
    if (status != 0) return -1;
    progress_start(&w->progress, stderr, w->bar, "reading", "rows");
    if (w->encoding == RECFILE_FIND_OUT && f.utf8 + f.other > 0) w->encoding = f.other > f.utf8 ? RECFILE_GB18030 : RECFILE_UTF8;
    status = listfile_read(w->path, w->encoding, &events, w, &w->sums, report, err);
    progress_end(&w->progress);
    if (status == 0) {
        w->encoding = report->encoding;
        status = layout_finish(&w->layout, err);
    }
    return status;
}
