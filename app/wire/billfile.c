#include "wire/billfile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"
#include "wire/recset.h"

struct reading {
    const struct billfile_events *events;
    void *ctx;
    struct recset *seen;
    struct billfile_sums sums;
};

static int judge_header(void *ctx, const char *const *fields, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct billfile_header h;
    if (!text_digits(fields[2]) || !text_copy(h.utility, sizeof h.utility, fields[2]))
        return recfile_refuse(fault, 3, "utility", "\"%.40s\" is not 1 to 11 digits", fields[2]);
    if (!recfile_time_valid(fields[3]))
        return recfile_refuse(fault, 4, "made at", "\"%.40s\" is not a time YYYY-MM-DDThh:mm:ss", fields[3]);
    text_copy(h.made_at, sizeof h.made_at, fields[3]);
    if (!day_parse(fields[4], &h.business_date))
        return recfile_refuse(fault, 5, "business date", "\"%.40s\" is not a date YYYY-MM-DD", fields[4]);
    char why[sizeof fault->why] = "";
    if (!r->events->header || r->events->header(r->ctx, &h, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

static int judge_record(void *ctx, int64_t line, const char *const *fields,
                        struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct bill bill;
    struct bill_fault wrong;
    if (bill_parse(fields, BILL_FIELDS, &bill, &wrong))
        return recfile_refuse(fault, wrong.field, bill_field_name(wrong.field), "%s", wrong.why);
    int64_t before = recset_add(r->seen, bill.number, line);
    if (before > 0)
        return recfile_refuse(fault, 1, bill_field_name(1), "bill %s stands in line %" PRId64 " already",
                              bill.number, before);
    if (before < 0) return recfile_refuse(fault, 0, NULL, "there are too many bills for the memory");
    if (!money_add(r->sums.amount_fen, bill.amount_fen, &r->sums.amount_fen))
        return recfile_refuse(fault, 0, NULL, "the sum of the amounts is too large");
    r->sums.records++;
    char why[sizeof fault->why] = "";
    if (!r->events->bill || r->events->bill(r->ctx, &bill, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

static int judge_trailer(void *ctx, const char *const *fields, struct recfile_fault *fault)
{
    const struct reading *r = ctx;
    int64_t sum_fen;
    if (!recfile_number(fields[2], &sum_fen))
        return recfile_refuse(fault, 3, "sum of amounts", "\"%.40s\" is not a whole number", fields[2]);
    if (sum_fen == r->sums.amount_fen) return 0;
    return recfile_refuse(fault, 3, "sum of amounts",
                          "END says %" PRId64 " fen, the amounts add up to %" PRId64, sum_fen,
                          r->sums.amount_fen);
}

static bool tell_progress(void *ctx, int64_t bytes_done, int64_t bytes_total, int64_t records)
{
    const struct reading *r = ctx;
    return !r->events->progress || r->events->progress(r->ctx, bytes_done, bytes_total, records);
}

int billfile_read_stream(FILE *in, const char *name, enum recfile_encoding encoding,
                         const struct billfile_events *events, void *ctx,
                         struct billfile_sums *sums, struct recfile_report *report,
                         struct error *err)
{
    static const struct recfile_kind kind = {
        .name = "BILLS", .what = "bills file", .header_fields = 5, .record_fields = BILL_FIELDS,
        .trailer_fields = 3, .header = judge_header, .record = judge_record,
        .trailer = judge_trailer, .progress = tell_progress };
    static const struct billfile_events none = { 0 };
    struct reading r = { .events = events ? events : &none, .ctx = ctx, .seen = recset_open() };
    if (!r.seen) {
        memset(report, 0, sizeof *report);
        return error_all(err, "bills file cannot be read", name, "out of memory", NULL);
    }
    int status = recfile_read(in, name, encoding, &kind, &r, report, err);
    if (sums) *sums = r.sums;
    recset_close(r.seen);
    return status;
}

int billfile_read(const char *path, enum recfile_encoding encoding,
                  const struct billfile_events *events, void *ctx, struct billfile_sums *sums,
                  struct recfile_report *report, struct error *err)
{
    FILE *in = fopen(path, "re");
    if (!in) {
        memset(report, 0, sizeof *report);
        return error_all(err, "bills file cannot be read", path, strerror(errno),
                         "name a file that is there and may be read");
    }
    int status = billfile_read_stream(in, path, encoding, events, ctx, sums, report, err);
    fclose(in);
    return status;
}

void billfile_put_header(FILE *out, const struct billfile_header *header, struct billfile_sums *sums)
{
    char day[DAY_TEXT_SIZE];
    *sums = (struct billfile_sums){ 0 };
    fprintf(out, "BILLS|1|%s|%s|%s\n", header->utility, header->made_at,
            day_format(header->business_date, day, sizeof day));
}

void billfile_put(FILE *out, const struct bill *bill, struct billfile_sums *sums)
{
    char text[BILL_TEXT_SIZE];
    fprintf(out, "%s\n", bill_format(bill, text, sizeof text));
    sums->records++;
    sums->amount_fen += bill->amount_fen;
}

void billfile_put_end(FILE *out, const struct billfile_sums *sums)
{
    fprintf(out, "END|%" PRId64 "|%" PRId64 "\n", sums->records, sums->amount_fen);
}
