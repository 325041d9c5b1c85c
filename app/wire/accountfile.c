#include "wire/accountfile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "wire/recset.h"

#define OPEN_FIELDS 6
#define OPENED_FIELDS 8

struct reading {
    bool result;
    const struct accountfile_events *events;
    void *ctx;
    struct recset *seen;
    int64_t records;
};

static int header(void *ctx, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct accountfile_header h;
    const char *utility = f[r->result ? 3 : 2], *bank = f[r->result ? 2 : 3];
    if (!text_digits(utility) || !text_copy(h.utility, sizeof h.utility, utility))
        return recfile_refuse(fault, r->result ? 4 : 3, "utility", "\"%.40s\" is not 1 to 11 digits", utility);
    if (!text_digits(bank) || !text_copy(h.bank, sizeof h.bank, bank))
        return recfile_refuse(fault, r->result ? 3 : 4, "bank", "\"%.40s\" is not 1 to 11 digits", bank);
    if (!text_alnum(f[4]) || !text_copy(h.batch, sizeof h.batch, f[4]))
        return recfile_refuse(fault, 5, "batch", "\"%.40s\" is not 1 to %d digits or letters", f[4], LIST_BATCH_MAX);
    if (!recfile_time_valid(f[5])) return recfile_refuse(fault, 6, "made at", "\"%.40s\" is not a time YYYY-MM-DDThh:mm:ss", f[5]);
    text_copy(h.made_at, sizeof h.made_at, f[5]);
    char why[sizeof fault->why] = "";
    if (!r->events->header || r->events->header(r->ctx, &h, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

static int text(const char *value, size_t least, size_t most, int field, const char *name, struct recfile_fault *fault)
{
    char clean[4 * BILL_NAME_MAX + 1];
    size_t chars = utf8_count(value);
    if (chars < least || chars > most)
        return recfile_refuse(fault, field, name, "it has %zu characters, %zu to %zu are allowed", chars, least, most);
    if (strcmp(text_clean(clean, sizeof clean, value), value) != 0) return recfile_refuse(fault, field, name, "there is a control character in it");
    return 0;
}

/* A sequence is named once: the result is matched by it. */
static int once(struct reading *r, const char *sequence, int64_t line, struct recfile_fault *fault)
{
    int64_t before = recset_add(r->seen, sequence, line);
    if (before > 0) return recfile_refuse(fault, 1, "sequence", "%s stands in line %" PRId64 " already", sequence, before);
    if (before < 0) return recfile_refuse(fault, 0, NULL, "there are too many records for the memory");
    return 0;
}

static int record(void *ctx, int64_t line, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct accountfile_row row = {.line = line, .customer = f[1], .name = f[2], .document = f[3], .phone = f[4], .wish = f[5]};
    if (!recfile_number(f[0], &row.sequence) || row.sequence < 1 || row.sequence > LIST_SEQUENCE_MAX)
        return recfile_refuse(fault, 1, "sequence", "\"%.40s\" is not a whole number from 1 to %" PRId64, f[0], LIST_SEQUENCE_MAX);
    if (!text_alnum(f[1]) || strlen(f[1]) > BILL_CUSTOMER_MAX)
        return recfile_refuse(fault, 2, "customer", "\"%.40s\" is not 1 to %d digits or letters", f[1], BILL_CUSTOMER_MAX);
    if (text(f[2], 1, BILL_NAME_MAX, 3, "customer name", fault) || text(f[3], 0, ACCOUNTFILE_TEXT_MAX, 4, "id document", fault) ||
        text(f[4], 0, ACCOUNTFILE_TEXT_MAX, 5, "phone", fault) || text(f[5], 1, LIST_ACCOUNT_MAX, 6, "opening wish", fault) ||
        once(r, f[0], line, fault))
        return -1;
    if (r->result) {
        row.account = f[6];
        row.code = f[7];
        if (*f[6] && (!text_alnum(f[6]) || strlen(f[6]) > LIST_ACCOUNT_MAX))
            return recfile_refuse(fault, 7, "account", "\"%.40s\" is no account number", f[6]);
        if (strlen(f[7]) != 2 || !text_digits(f[7])) return recfile_refuse(fault, 8, "code", "\"%.40s\" is not two digits", f[7]);
        if (!strcmp(f[7], "00") && *f[6] == '\0') return recfile_refuse(fault, 7, "account", "it is empty, with code 00");
    }
    r->records++;
    char why[sizeof fault->why] = "";
    if (!r->events->row || r->events->row(r->ctx, &row, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

int accountfile_read(const char *path, bool result, enum recfile_encoding encoding, const struct accountfile_events *events,
                     void *ctx, int64_t *records, struct recfile_report *report, struct error *err)
{
    static const struct accountfile_events none = {0};
    const struct recfile_kind kind = {.name = result ? "ACCRESULT" : "ACCOPEN",
                                      .what = result ? "result of accounts to open" : "file of accounts to open",
                                      .header_fields = 6, .record_fields = result ? OPENED_FIELDS : OPEN_FIELDS, .trailer_fields = 2,
                                      .header = header, .record = record};
    struct reading r = {.result = result, .events = events ? events : &none, .ctx = ctx, .seen = recset_open()};
    FILE *in = r.seen ? fopen(path, "re") : NULL;
    int status = -1;
    memset(report, 0, sizeof *report);
    if (!in) {
        error_set(err, "%s cannot be read", kind.what);
        error_where(err, "%s", path);
        error_why(err, "%s", r.seen ? strerror(errno) : "out of memory");
        error_remedy(err, "name a file that is there and may be read");
    } else {
        status = recfile_read(in, path, encoding, &kind, &r, report, err);
        fclose(in);
    }
    if (records) *records = r.records;
    recset_close(r.seen);
    return status;
}

void accountfile_put_header(FILE *out, bool result, const struct accountfile_header *h)
{
    fprintf(out, "%s|1|%s|%s|%s|%s\n", result ? "ACCRESULT" : "ACCOPEN", result ? h->bank : h->utility, result ? h->utility : h->bank,
            h->batch, h->made_at);
}

void accountfile_put(FILE *out, const struct accountfile_row *row)
{
    fprintf(out, "%" PRId64 "|%s|%s|%s|%s|%s", row->sequence, row->customer, row->name, row->document, row->phone, row->wish);
    if (row->code) fprintf(out, "|%s|%s", row->account, row->code);
    putc('\n', out);
}

void accountfile_put_end(FILE *out, int64_t records) { fprintf(out, "END|%" PRId64 "\n", records); }
