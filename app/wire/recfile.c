#include "wire/recfile.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"
#include "base/text.h"
#include "wire/recline.h"

#define DECODED_SIZE (2 * RECFILE_LINE_MAX + 2)

struct reading {
    const struct recfile_kind *kind;
    void *ctx;
    struct recfile_report *report;
    struct text_decoder *decoder; /* NULL: UTF-8 */
    int64_t bytes_total;
    bool ended;   /* the trailer was read */
    bool stop;    /* nothing more is worth reading */
    struct recline lines;
    char decoded[DECODED_SIZE];
};

static const char *const encoding_word[] = {
    [RECFILE_FIND_OUT] = "auto", [RECFILE_UTF8] = "utf-8", [RECFILE_GB18030] = "gb18030" };

bool recfile_encoding_parse(const char *word, enum recfile_encoding *out)
{
    for (size_t i = 0; i < sizeof encoding_word / sizeof *encoding_word; i++) {
        if (strcasecmp(word, encoding_word[i]) != 0) continue;
        *out = (enum recfile_encoding)i;
        return true;
    }
    return false;
}

const char *recfile_encoding_name(enum recfile_encoding encoding) { return encoding_word[encoding]; }

int recfile_refuse(struct recfile_fault *fault, int field, const char *field_name,
                   const char *why_fmt, ...)
{
    va_list args;
    fault->field = field;
    snprintf(fault->field_name, sizeof fault->field_name, "%s", field_name ? field_name : "");
    va_start(args, why_fmt);
    vsnprintf(fault->why, sizeof fault->why, why_fmt, args);
    va_end(args);
    return -1;
}

bool recfile_number(const char *text, int64_t *out)
{
    int64_t value = 0;
    if (!text_digits(text) || strlen(text) > 18) return false;
    for (; *text; text++) value = value * 10 + (*text - '0');
    *out = value;
    return true;
}

bool recfile_time_valid(const char *text)
{
    char date[11];
    day_t day;
    if (strlen(text) != 19 || text[10] != 'T' || text[13] != ':' || text[16] != ':') return false;
    memcpy(date, text, 10);
    date[10] = '\0';
    if (!day_parse(date, &day)) return false;
    for (int i = 11; i < 19; i += 3)
        if (text[i] < '0' || text[i] > '9' || text[i + 1] < '0' || text[i + 1] > '9') return false;
    return memcmp(text + 11, "24", 2) < 0 && text[14] < '6' && text[17] < '6';
}

/* --- faults ------------------------------------------------------------------ */

/* What goes to a screen may quote the file. */
static void keep_fault(struct reading *r, int64_t line, const struct recfile_fault *fault)
{
    if (r->report->fault_count++ >= RECFILE_FAULTS_MAX) return;
    struct recfile_fault *kept = &r->report->faults[r->report->fault_count - 1];
    *kept = *fault;
    kept->line = line;
    text_clean(kept->why, sizeof kept->why, fault->why);
}

__attribute__((format(printf, 3, 4)))
static void line_fault(struct reading *r, int64_t line, const char *fmt, ...)
{
    struct recfile_fault fault = { 0 };
    va_list args;
    va_start(args, fmt);
    vsnprintf(fault.why, sizeof fault.why, fmt, args);
    va_end(args);
    keep_fault(r, line, &fault);
}

static void fault_place(const struct recfile_fault *f, const char *name, char *buf, size_t size)
{
    char line[32] = "", field[64] = "";
    if (f->line) snprintf(line, sizeof line, ":%" PRId64, f->line);
    if (f->field) snprintf(field, sizeof field, ": field %d", f->field);
    snprintf(buf, size, "%s%s%s%s%s%s", name, line, field, f->field && f->field_name[0] ? " (" : "",
             f->field ? f->field_name : "", f->field && f->field_name[0] ? ")" : "");
}

void recfile_print_faults(FILE *out, const char *name, const struct recfile_report *report)
{
    char place[512];
    for (int64_t i = 0; i < report->fault_count && i < RECFILE_FAULTS_MAX; i++) {
        fault_place(&report->faults[i], name, place, sizeof place);
        fprintf(out, "%s: %s\n", place, report->faults[i].why);
    }
    if (report->fault_count > RECFILE_FAULTS_MAX)
        fprintf(out, "%s: and %" PRId64 " more faults\n", name,
                report->fault_count - RECFILE_FAULTS_MAX);
}

static int refused(struct reading *r, const char *name, struct error *err)
{
    char place[512];
    const struct recfile_fault *first = &r->report->faults[0];
    fault_place(first, name, place, sizeof place);
    error_set(err, "%s refused", r->kind->what);
    error_where(err, "%s", place);
    if (r->report->fault_count > 1)
        error_why(err, "%s (and %" PRId64 " more faults)", first->why, r->report->fault_count - 1);
    else
        error_why(err, "%s", first->why);
    return error_remedy(err, "have the file made again; nothing of it took effect");
}

/* --- encoding ---------------------------------------------------------------- */

static bool ascii(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] > 127) return false;
    return true;
}

/* By the lines that tell: Chinese in GB18030 is hardly ever valid UTF-8, and a
 * file in UTF-8 with a few damaged lines is still one, and refused for them,
 * not read as other characters. */
static int find_out(struct reading *r, FILE *in, enum recfile_encoding *encoding)
{
    int64_t utf8 = 0, other = 0;
    int got;
    if (*encoding != RECFILE_FIND_OUT) { /* nothing is to be found out but the length */
        if (fseeko(in, 0, SEEK_END) != 0) return -1;
        r->bytes_total = ftello(in);
        return r->bytes_total < 0 ? -1 : 0;
    }
    if (recline_start(&r->lines, in)) return -1;
    while ((got = recline_next(&r->lines)) > 0) {
        if (r->lines.too_long || ascii(r->lines.text, r->lines.len)) continue;
        if (utf8_valid(r->lines.text, r->lines.len))
            utf8++;
        else
            other++;
    }
    r->bytes_total = r->lines.bytes;
    *encoding = other > utf8 ? RECFILE_GB18030 : RECFILE_UTF8;
    return got;
}

/* The line as UTF-8 text, or NULL after a fault. */
static char *decode(struct reading *r)
{
    struct recline *l = &r->lines;
    size_t bad = 0;
    if (l->too_long)
        line_fault(r, l->number, "the line is longer than %d bytes", RECFILE_LINE_MAX);
    else if (memchr(l->text, '\0', l->len))
        line_fault(r, l->number, "there is a NUL byte in it");
    else if (!r->decoder && !utf8_valid(l->text, l->len))
        line_fault(r, l->number, "it is not UTF-8, which the file was read as");
    else if (r->decoder && text_decode(r->decoder, l->text, l->len, r->decoded, DECODED_SIZE, &bad))
        line_fault(r, l->number, "byte %zu is no GB18030 character, which the file was read as", bad + 1);
    else
        return r->decoder ? r->decoded : l->text;
    return NULL;
}

/* --- lines ------------------------------------------------------------------- */

/* In place; one more than the most that any kind has is enough to tell. */
static size_t split(char *text, const char **fields)
{
    size_t count = 0;
    for (;;) {
        if (count <= RECFILE_FIELDS_MAX) fields[count] = text;
        count++;
        text = strchr(text, '|');
        if (!text) return count;
        *text++ = '\0';
    }
}

static bool count_fits(struct reading *r, const char *what, size_t count, size_t needed)
{
    if (count == needed) return true;
    line_fault(r, r->lines.number, "the %s has %zu fields, %zu are needed", what, count, needed);
    return false;
}

static void header_line(struct reading *r, char *text)
{
    const char *fields[RECFILE_FIELDS_MAX + 1] = { 0 };
    struct recfile_fault fault = { 0 };
    size_t count = split(text, fields);
    if (strcmp(fields[0], r->kind->name) != 0) {
        line_fault(r, 1, "the header begins with \"%.40s\", not %s: this is no %s", fields[0],
                   r->kind->name, r->kind->what);
        r->stop = true; /* every line of another kind of file would be a fault */
        return;
    }
    if (!count_fits(r, "header", count, r->kind->header_fields)) return;
    assert(fields[1]);
    if (strcmp(fields[1], "1") != 0)
        recfile_refuse(&fault, 2, "version", "\"%.40s\" is not version 1", fields[1]);
    else if (!r->kind->header || r->kind->header(r->ctx, fields, &fault) == 0)
        return;
    keep_fault(r, 1, &fault);
}

static void trailer_line(struct reading *r, const char **fields, size_t count)
{
    struct recfile_fault fault = { 0 };
    int64_t records;
    r->ended = true;
    if (!count_fits(r, "END line", count, r->kind->trailer_fields)) return;
    assert(fields[1]);
    if (!recfile_number(fields[1], &records)) {
        recfile_refuse(&fault, 2, "records", "\"%.40s\" is not a whole number", fields[1]);
        keep_fault(r, r->lines.number, &fault);
    } else if (records != r->report->records) {
        recfile_refuse(&fault, 2, "records", "END says %" PRId64 " records, the file has %" PRId64,
                       records, r->report->records);
        keep_fault(r, r->lines.number, &fault);
    } else if (r->report->fault_count == 0 && r->kind->trailer &&
               r->kind->trailer(r->ctx, fields, &fault)) {
        keep_fault(r, r->lines.number, &fault);
    }
}

static void progress(struct reading *r)
{
    if (!r->kind->progress || r->stop) return;
    if (r->kind->progress(r->ctx, r->lines.bytes, r->bytes_total, r->report->records)) return;
    line_fault(r, r->lines.number, "stopped by the operator");
    r->stop = true;
}

static void record_line(struct reading *r, char *text)
{
    const char *fields[RECFILE_FIELDS_MAX + 1] = { 0 };
    struct recfile_fault fault = { 0 };
    size_t count = split(text, fields);
    if (!strcmp(fields[0], "END")) {
        trailer_line(r, fields, count);
        return;
    }
    r->report->records++;
    if (count_fits(r, "record", count, r->kind->record_fields) &&
        r->kind->record(r->ctx, r->lines.number, fields, &fault))
        keep_fault(r, r->lines.number, &fault);
    if (r->report->records % RECFILE_PROGRESS_EVERY == 0) progress(r);
}

static void one_line(struct reading *r)
{
    if (r->ended) {
        line_fault(r, r->lines.number, "there is something after the END line");
        r->stop = true;
        return;
    }
    char *text = decode(r);
    bool header = r->lines.number == 1;
    if (!text) {
        if (!header) r->report->records++; /* a damaged record is still one for the count */
    } else if (header) {
        header_line(r, text);
    } else {
        record_line(r, text);
    }
}

static int read_all(struct reading *r, FILE *in)
{
    int got = 0;
    if (recline_start(&r->lines, in)) return -1;
    while (!r->stop && (got = recline_next(&r->lines)) > 0) one_line(r);
    if (got < 0) return -1;
    if (r->lines.number == 0)
        line_fault(r, 0, "the file is empty");
    else if (!r->stop && !r->ended)
        line_fault(r, r->lines.number, "the file ends without an END line: it was cut short");
    progress(r);
    return 0;
}

static int unreadable(const struct recfile_kind *kind, const char *name, const char *why,
                      struct error *err)
{
    char what[80];
    snprintf(what, sizeof what, "%s cannot be read", kind->what);
    return error_all(err, what, name, why, "name a plain file that this user may read");
}

int recfile_read(FILE *in, const char *name, enum recfile_encoding encoding,
                 const struct recfile_kind *kind, void *ctx, struct recfile_report *report,
                 struct error *err)
{
    assert(kind->header_fields >= 2 && kind->trailer_fields >= 2 && kind->record &&
           kind->header_fields <= RECFILE_FIELDS_MAX && kind->record_fields <= RECFILE_FIELDS_MAX);
    struct reading *r = calloc(1, sizeof *r);
    int status = -1;
    memset(report, 0, sizeof *report);
    if (!r) return unreadable(kind, name, "out of memory", err);
    r->kind = kind;
    r->ctx = ctx;
    r->report = report;
    if (find_out(r, in, &encoding) < 0) {
        unreadable(kind, name, strerror(errno), err);
        goto done;
    }
    report->encoding = encoding;
    if (encoding == RECFILE_GB18030 && !(r->decoder = text_decoder_open())) {
        unreadable(kind, name, "this system's iconv does not know GB18030", err);
        goto done;
    }
    if (read_all(r, in) < 0) {
        unreadable(kind, name, strerror(errno), err);
        goto done;
    }
    status = report->fault_count ? refused(r, name, err) : 0;
done:
    text_decoder_close(r->decoder);
    free(r);
    return status;
}
