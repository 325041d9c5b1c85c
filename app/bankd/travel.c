#include "bankd/travel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/progress.h"
#include "base/text.h"
#include "wire/channel.h"
#include "wire/fileline.h"
#include "wire/listfile.h"
#include "wire/message.h"
#include "wire/session.h"
#include "wire/tags.h"

#define WINDOW 32        /* parts that are under way */
#define SILENCE_MS 60000 /* nothing was answered for so long: it has failed */
#define PART_TEXT_MAX (WIRE_RECORDS_MAX * FILELINE_SIZE)

struct slot {
    int64_t part; /* 0: free */
    bool sent, answered;
    size_t len;
    char bytes[ISO_MESSAGE_MAX]; /* the request */
    char *text;                  /* what came, when fetching */
};
struct travel {
    const struct bank *bank;
    uv_loop_t loop;
    uv_timer_t silence;
    struct channel_tls *tls;
    struct channel_link *link;
    struct channel *up;
    char file[18], action;
    FILE *in, *out;         /* what is sent, what is fetched */
    char *line;             /* read, and not in a part yet */
    size_t line_size;
    bool at_end, finished;
    int64_t next, written, last; /* parts: to be made, done in order, there are (0: not known) */
    struct slot slots[WINDOW];
    struct progress bar;
    struct error *err;
    int status;
};

static void fail(struct travel *t, const char *where, const char *why)
{
    if (t->status == 0)
        error_all(t->err, t->action == '1' ? "the list was not fetched" : "the result was not sent", where, why,
                  "start it again: what came is not lost, nothing is posted twice; or carry the file otherwise");
    t->status = -1;
    t->finished = true;
    uv_stop(&t->loop);
}

/* --- parts ---------------------------------------------------------------------------- */

static void head(const struct travel *t, int64_t part, struct wire_head *h)
{
    memset(h, 0, sizeof *h);
    text_copy(h->key.bank, sizeof h->key.bank, t->bank->settings.id);
    snprintf(h->key.ref, sizeof h->key.ref, "%012" PRId64, part);
    snprintf(h->stan, sizeof h->stan, "%06u", (unsigned)(part % 1000000) % 1000000u);
    h->sent_ms = clock_now_ms(&t->bank->clock);
    clock_local(&t->bank->clock, h->sent_ms, &h->local);
    h->business_day = clock_today(&t->bank->clock);
}

/* The next line of the file; NULL: its end, or it can't be read (failed). */
static const char *peek(struct travel *t)
{
    if (t->line) return t->line;
    ssize_t got = getline(&t->line, &t->line_size, t->in);
    if (got <= 0) {
        if (ferror(t->in)) fail(t, NULL, strerror(errno));
        t->at_end = true;
        free(t->line);
        t->line = NULL;
        return NULL;
    }
    if (t->line[got - 1] == '\n') t->line[got - 1] = '\0';
    return t->line;
}

static void used(struct travel *t)
{
    free(t->line);
    t->line = NULL;
    t->line_size = 0;
}

/* As many lines as fit. */
static bool take_lines(struct travel *t, struct wire_part *p, char (*records)[FILELINE_SIZE])
{
    struct fileline_room room = {0};
    const char *line;
    while ((line = peek(t)) != NULL) {
        int len = p->record_count < WIRE_RECORDS_MAX ? fileline_pack(line, records[p->record_count]) : 0;
        if (len < 0) return fail(t, t->file, "a line is longer than a record may be"), false;
        if (len == 0 || !fileline_fits(&room, (size_t)len)) break;
        p->records[p->record_count] = (struct iso_slice){records[p->record_count], (size_t)len};
        p->record_count++;
        used(t);
    }
    return t->status == 0 && p->record_count > 0;
}

static bool make(struct travel *t, struct slot *slot)
{
    static char records[WIRE_RECORDS_MAX][FILELINE_SIZE];
    struct wire_part p = {.action = t->action, .part = t->next, .last = t->action == '2' ? t->last : 0};
    struct iso m;
    head(t, t->next, &p.head);
    text_copy(p.file, sizeof p.file, t->file);
    if (t->action == '2' && !take_lines(t, &p, records)) return false;
    if (wire_part_ask(&p, &m, t->err) != 0) return t->status = -1, false;
    int len = iso_pack(&m, slot->bytes, sizeof slot->bytes, t->err);
    if (len < 0) return t->status = -1, false;
    slot->len = (size_t)len;
    slot->part = t->next++;
    slot->sent = slot->answered = false;
    return true;
}

static void pump(struct travel *t)
{
    for (int64_t part = t->written + 1; part <= t->written + WINDOW && t->status == 0; part++) {
        struct slot *slot = &t->slots[part % WINDOW];
        if (part == t->next && (t->last ? part > t->last : part > 1)) break; /* the first tells how many there are */
        if (part == t->next && !make(t, slot)) break;
        if (slot->part != part) break;
        if (!slot->sent && !(t->up && channel_send(t->up, slot->bytes, slot->len))) break;
        slot->sent = true;
    }
    if (t->status != 0) uv_stop(&t->loop);
}

/* --- answers ---------------------------------------------------------------------------- */

static bool keep_text(struct slot *slot, const struct wire_part *p)
{
    size_t at = 0;
    slot->text = malloc(PART_TEXT_MAX);
    for (int i = 0; slot->text && i < p->record_count; i++) {
        int len = fileline_unpack(p->records[i].text, p->records[i].len, slot->text + at, PART_TEXT_MAX - at - 1);
        if (len < 0) return false;
        at += (size_t)len;
        slot->text[at++] = '\n';
    }
    if (slot->text) slot->text[at] = '\0';
    return slot->text != NULL;
}

static void write_in_order(struct travel *t)
{
    struct slot *slot;
    while ((slot = &t->slots[(t->written + 1) % WINDOW])->part == t->written + 1 && slot->answered) {
        if (t->out) fputs(slot->text, t->out);
        free(slot->text);
        slot->text = NULL;
        slot->part = 0;
        t->written++;
        progress_show(&t->bar, t->written, t->last, t->written);
    }
    if (t->written == t->last) {
        t->finished = true;
        uv_stop(&t->loop);
    }
}

static void on_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    struct travel *t = ctx;
    struct wire_part p;
    struct iso m;
    char why[200] = "";
    if (iso_unpack(&m, (const char *)bytes, len, NULL) != 0 || strcmp(m.mti, "0310") != 0 ||
        wire_part_unpack(&m, clock_today(&t->bank->clock), &p, NULL) != 0)
        return;
    int64_t part = strtoll(p.head.key.ref, NULL, 10);
    struct slot *slot = &t->slots[part % WINDOW];
    if (slot->part != part || slot->answered) return;
    uv_timer_again(&t->silence);
    if (strcmp(p.code, "00") != 0) {
        const struct code_spec *spec = code_spec(p.code);
        if (!tag_utf8(&m, "TX", why, sizeof why)) text_copy(why, sizeof why, spec ? spec->meaning : p.code);
        fail(t, t->file, why);
        return;
    }
    if (t->action == '1') t->last = p.last;
    if (t->action == '1' && !keep_text(slot, &p)) return fail(t, t->file, "a part of it cannot be read");
    slot->answered = true;
    write_in_order(t);
    if (!t->finished) pump(t);
}

static void on_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    struct travel *t = ctx;
    t->up = c;
    for (int i = 0; i < WINDOW; i++)
        t->slots[i].sent = false;
    pump(t);
}

static void on_down(void *ctx, struct channel *c, const char *why) { ((struct travel *)ctx)->up = NULL; }
static void on_drained(void *ctx, struct channel *c) { pump(ctx); }
static void on_silence(uv_timer_t *timer) { fail(timer->data, "the utility", "it did not answer in time"); }
static void close_rest(uv_handle_t *handle, void *arg) { if (!uv_is_closing(handle)) uv_close(handle, NULL); }

/* --- a journey ------------------------------------------------------------------------- */

static int go(struct travel *t, bool bar)
{
    static const struct channel_events events = {NULL, on_up, on_frame, on_down, NULL, on_drained};
    const struct bank_settings *set = &t->bank->settings;
    char address[64];
    snprintf(address, sizeof address, "%.*s", (int)strcspn(set->utility, ","), set->utility);
    t->tls = channel_tls_open(&(struct channel_tls_files){set->ca, set->files_cert[0] ? set->files_cert : set->cert, set->files_key[0] ? set->files_key : set->key},
                              t->err);
    if (t->tls == NULL) return -1;
    uv_loop_init(&t->loop);
    uv_timer_init(&t->loop, &t->silence);
    t->silence.data = t;
    uv_timer_start(&t->silence, on_silence, SILENCE_MS, SILENCE_MS);
    t->next = 1;
    progress_start(&t->bar, stderr, bar, t->action == '1' ? "fetching" : "sending", "parts");
    t->link = channel_link_open(&t->loop, t->tls, address, set->utility_name, &events, t, t->err);
    if (t->link) uv_run(&t->loop, UV_RUN_DEFAULT);
    else t->status = -1;
    progress_end(&t->bar);
    if (t->link) channel_link_close(t->link);
    uv_walk(&t->loop, close_rest, NULL);
    uv_run(&t->loop, UV_RUN_DEFAULT);
    uv_loop_close(&t->loop);
    channel_tls_close(t->tls);
    for (int i = 0; i < WINDOW; i++)
        free(t->slots[i].text);
    free(t->line);
    return t->status;
}

int travel_fetch(const struct bank *b, const char *batch, const char *path, bool bar, struct error *err)
{
    char at_work[2 * BANK_PATH + 8];
    struct travel *t = calloc(1, sizeof *t);
    if (t == NULL) return error_all(err, "the list was not fetched", NULL, "no memory", NULL);
    t->bank = b;
    t->action = '1';
    t->err = err;
    snprintf(t->file, sizeof t->file, "WHL:%.13s", batch);
    snprintf(at_work, sizeof at_work, "%s.part", path);
    t->out = fopen(at_work, "we");
    int status = t->out ? go(t, bar) : error_all(err, "the list was not fetched", at_work, strerror(errno), "see that the folder is there");
    if (t->out) {
        bool good = fflush(t->out) == 0 && !ferror(t->out) && fdatasync(fileno(t->out)) == 0;
        if (fclose(t->out) != 0) good = false;
        if (status == 0 && (!good || rename(at_work, path) != 0)) status = error_all(err, "the list was not fetched", path, strerror(errno), NULL);
        if (status != 0) unlink(at_work);
    }
    free(t);
    return status;
}

/* How many parts there are is said in each: so they are counted first. */
static int64_t count_parts(struct travel *t)
{
    static char records[WIRE_RECORDS_MAX][FILELINE_SIZE];
    int64_t parts = 0;
    for (;;) {
        struct wire_part p = {0};
        if (!take_lines(t, &p, records)) break;
        parts++;
    }
    rewind(t->in);
    used(t);
    t->at_end = false;
    return t->status == 0 ? parts : -1;
}

static int keep_header(void *ctx, const struct result_header *header, char *why, size_t size)
{
    struct travel *t = ctx;
    snprintf(t->file, sizeof t->file, "WH%c:%.13s", header->final ? 'F' : 'I', header->batch);
    return 0;
}

int travel_send(const struct bank *b, const char *path, bool bar, struct error *err)
{
    static const struct result_events events = {keep_header, NULL, NULL};
    struct recfile_report report;
    struct travel *t = calloc(1, sizeof *t);
    if (t == NULL) return error_all(err, "the result was not sent", NULL, "no memory", NULL);
    t->bank = b;
    t->action = '2';
    t->err = err;
    int status = resultfile_read(path, RECFILE_UTF8, &events, t, NULL, &report, err);
    if (status == 0 && (t->in = fopen(path, "re")) == NULL) status = error_all(err, "the result was not sent", path, strerror(errno), NULL);
    if (status == 0 && (t->last = count_parts(t)) < 0) status = -1;
    if (status == 0) status = go(t, bar);
    if (t->in) fclose(t->in);
    free(t);
    return status;
}
