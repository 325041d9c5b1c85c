/* The two result files, made anew each time from the list and what the books say
 * of its rows: the same bytes whenever that is. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bankd/withhold.h"
#include "base/text.h"

#define BUFFER (1 << 18)
#define FINAL 2
#define WRITE_OUT_EVERY 131072 /* rows */

struct output {
    FILE *file;
    char path[2 * BANK_PATH], at_work[2 * BANK_PATH + 8];
    struct list_sums sums;
    char buffer[BUFFER];
};
struct results {
    struct withhold *w;
    struct output interim, final;
    struct list_sums all;
    char at[PASSES_MAX + 1][CLOCK_TEXT_SIZE];
};

const char *withhold_result_path(const struct withhold *w, bool final, char *buf, size_t size)
{
    snprintf(buf, size, "%s/WHRESULT-%s-%s-%s.txt", w->result_folder, w->header.utility, w->header.batch, final ? "final" : "interim");
    return buf;
}

static int broken(const char *path, struct error *err)
{
    return error_all(err, "the result cannot be written", path, strerror(errno),
                     "see that the folder is there and the disk has room, and run the list again: it debits nothing twice");
}

static int open_output(struct results *r, struct output *o, bool final, struct error *err)
{
    const struct withhold *w = r->w;
    struct result_header h = {.final = final};
    text_copy(h.bank, sizeof h.bank, w->header.bank);
    text_copy(h.utility, sizeof h.utility, w->header.utility);
    text_copy(h.batch, sizeof h.batch, w->header.batch);
    text_copy(h.month, sizeof h.month, w->header.month);
    clock_format(&w->bank->clock, final ? w->final_ms : w->pass_ms[1], h.made_at, sizeof h.made_at);
    withhold_result_path(w, final, o->path, sizeof o->path);
    snprintf(o->at_work, sizeof o->at_work, "%s.part", o->path);
    o->file = fopen(o->at_work, "we");
    if (o->file == NULL) return broken(o->at_work, err);
    setvbuf(o->file, o->buffer, _IOFBF, sizeof o->buffer); /* given: glibc makes its own of 4 KiB, whatever size it is told */
    resultfile_put_header(o->file, &h);
    return 0;
}

/* Whole and durable before it bears its name. */
static int close_output(struct output *o, struct error *err)
{
    if (o->file == NULL) return 0;
    resultfile_put_end(o->file, &o->sums);
    bool good = fflush(o->file) == 0 && !ferror(o->file) && fdatasync(fileno(o->file)) == 0;
    if (fclose(o->file) != 0) good = false;
    o->file = NULL;
    if (good && rename(o->at_work, o->path) == 0) return 0;
    int status = broken(o->path, err);
    unlink(o->at_work);
    return status;
}

static void drop_output(struct output *o)
{
    if (o->file == NULL) return;
    fclose(o->file);
    unlink(o->at_work);
}

static void count(struct list_sums *sums, int64_t fen, bool debited)
{
    sums->records++;
    sums->amount_fen += fen;
    sums->debited += debited;
    sums->debited_fen += debited ? fen : 0;
}

static void write_row(struct results *r, int fate, const struct copied *row, const char *text)
{
    bool debited = fate >= FATE_DEBITED;
    char reference[LIST_REFERENCE_MAX + 1] = "";
    const char *code = debited ? "00" : withhold_codes[fate], *at = debited ? r->at[fate - FATE_DEBITED + 1] : "";
    if (debited) snprintf(reference, sizeof reference, "%s-%08u", r->w->header.batch, row->sequence);
    count(&r->all, row->fen, debited);
    if (fate == FATE_DEBITED) {
        resultfile_put_text(r->interim.file, text, row->len, row->fen, code, at, reference);
        count(&r->interim.sums, row->fen, true);
    }
    if (r->final.file == NULL) return;
    resultfile_put_text(r->final.file, text, row->len, debited ? row->fen : 0, code, at, reference);
    count(&r->final.sums, row->fen, debited);
}

/* The disk begins with what is there, so that little is left to wait for at the end. */
static void write_out(const struct results *r)
{
    const struct output *all[] = {&r->interim, &r->final};
    for (int i = 0; i < 2; i++)
        if (all[i]->file) sync_file_range(fileno(all[i]->file), 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* From the copy, so that a list that was changed meanwhile changes nothing. */
static int write_rows(struct results *r, struct error *err)
{
    struct withhold *w = r->w;
    struct copied row;
    char text[LIST_TEXT_SIZE];
    int got;
    rewind(w->layout.copy);
    while ((got = layout_next_copied(&w->layout, &row, text)) == 1 && r->all.records < w->sums.records) {
        int fate = w->fates[r->all.records + 1];
        if (fate == FATE_NONE)
            return error_all(err, "the result cannot be written", w->path, "the books say nothing of one of its rows", "call whoever looks after the books");
        write_row(r, fate, &row, text);
        if (r->all.records % RECFILE_PROGRESS_EVERY == 0) progress_show(&w->progress, r->all.records, w->sums.records, r->all.records);
        if (r->all.records % WRITE_OUT_EVERY == 0) write_out(r);
    }
    return got == 0 ? 0 : error_all(err, "the result cannot be written", w->layout.folder, "a temporary file cannot be read", "run the list again");
}

static int sync_folder(const char *folder, struct error *err)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    int status = good ? 0 : broken(folder, err);
    if (fd >= 0) close(fd);
    return status;
}

int withhold_results(struct withhold *w, struct list_sums *sums, struct error *err)
{
    struct results *r = calloc(1, sizeof *r);
    if (r == NULL) return error_all(err, "the result cannot be written", NULL, "no memory", NULL);
    r->w = w;
    for (int pass = 1; pass <= w->pass; pass++)
        clock_format(&w->bank->clock, w->pass_ms[pass], r->at[pass], sizeof r->at[pass]);
    int status = open_output(r, &r->interim, false, err);
    if (status == 0 && w->state == FINAL) status = open_output(r, &r->final, true, err);
    progress_start(&w->progress, stderr, w->bar, "result", "rows");
    if (status == 0) status = write_rows(r, err);
    progress_end(&w->progress);
    if (status == 0) status = withhold_check(w, &r->all, err); /* before either has its name */
    if (status == 0) status = close_output(&r->interim, err);
    if (status == 0) status = close_output(&r->final, err);
    if (status == 0) status = sync_folder(w->result_folder, err);
    *sums = r->all;
    drop_output(&r->interim);
    drop_output(&r->final);
    free(r);
    return status;
}
