#include "wire/listfile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

struct reading {
    const struct list_events *list;     /* one of the two */
    const struct result_events *result;
    void *ctx;
    struct list_sums sums;
};

/* --- fields ---------------------------------------------------------------------- */

static int digits(const char *text, char *to, size_t size, int field, const char *name, struct recfile_fault *fault)
{
    if (text_digits(text) && text_copy(to, size, text)) return 0;
    return recfile_refuse(fault, field, name, "\"%.40s\" is not 1 to %zu digits", text, size - 1);
}

static int code(const char *text, size_t max, int field, const char *name, struct recfile_fault *fault)
{
    if (strlen(text) <= max && text_alnum(text)) return 0;
    return recfile_refuse(fault, field, name, "\"%.40s\" is not 1 to %zu digits or letters", text, max);
}

static int day(const char *text, day_t *to, int field, const char *name, struct recfile_fault *fault)
{
    if (day_parse(text, to)) return 0;
    return recfile_refuse(fault, field, name, "\"%.40s\" is not a date YYYY-MM-DD", text);
}

static int month(const char *text, char *to, size_t size, int field, struct recfile_fault *fault)
{
    if (period_valid(text) && text_copy(to, size, text)) return 0;
    return recfile_refuse(fault, field, "month", "\"%.40s\" is not a month YYYYMM", text);
}

static int time_of(const char *text, char *to, size_t size, int field, const char *name, struct recfile_fault *fault)
{
    if (recfile_time_valid(text) && text_copy(to, size, text)) return 0;
    return recfile_refuse(fault, field, name, "\"%.40s\" is not a time YYYY-MM-DDThh:mm:ss", text);
}

/* Plain text: most names are, and are known to be without being cleaned first. */
static bool printable(const char *text, size_t len)
{
    char clean[4 * BILL_NAME_MAX + 1];
    bool suspect = false;
    for (size_t i = 0; i < len && !suspect; i++) {
        unsigned char c = (unsigned char)text[i];
        suspect = c < 0x20 || c == 0x7f || c == 0xc2 || c == 0xd8 || c == 0xe2; /* C0, DEL; what C1, U+061C, U+20xx begin with */
    }
    return !suspect || strcmp(text_clean(clean, sizeof clean, text), text) == 0;
}

static int name(const char *text, int field, struct recfile_fault *fault)
{
    size_t len = strlen(text);
    if (len == 0) return recfile_refuse(fault, field, "customer name", "it is empty");
    if (len > BILL_NAME_MAX && utf8_count(text) > BILL_NAME_MAX)
        return recfile_refuse(fault, field, "customer name", "it has %zu characters, at most %d are allowed", utf8_count(text), BILL_NAME_MAX);
    if (!printable(text, len)) return recfile_refuse(fault, field, "customer name", "there is a control character in it");
    return 0;
}

static int number(const char *text, int64_t least, int64_t most, int64_t *to, int field, const char *what, struct recfile_fault *fault)
{
    if (recfile_number(text, to) && *to >= least && *to <= most) return 0;
    return recfile_refuse(fault, field, what, "\"%.40s\" is not a whole number from %" PRId64 " to %" PRId64, text, least, most);
}

/* --- the list -------------------------------------------------------------------- */

static int list_header(void *ctx, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct list_header h;
    if (digits(f[2], h.utility, sizeof h.utility, 3, "utility", fault) || digits(f[3], h.bank, sizeof h.bank, 4, "bank", fault) ||
        code(f[4], LIST_BATCH_MAX, 5, "batch", fault) || month(f[5], h.month, sizeof h.month, 6, fault) ||
        time_of(f[6], h.made_at, sizeof h.made_at, 7, "made at", fault) || day(f[7], &h.retry_until, 8, "retry until", fault) ||
        day(f[8], &h.result_by, 9, "result by", fault))
        return -1;
    text_copy(h.batch, sizeof h.batch, f[4]);
    if (h.result_by < h.retry_until) return recfile_refuse(fault, 9, "result by", "%.20s is before retry until, %.20s", f[8], f[7]);
    char why[sizeof fault->why] = "";
    if (!r->list->header || r->list->header(r->ctx, &h, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

static int asked(struct reading *r, int64_t line, const char *const *f, struct list_row *row, struct recfile_fault *fault)
{
    *row = (struct list_row){.line = line, .customer = f[1], .name = f[2], .account = f[4], .bill = f[5]};
    if (number(f[0], 1, LIST_SEQUENCE_MAX, &row->sequence, 1, "sequence", fault) || code(f[1], BILL_CUSTOMER_MAX, 2, "customer", fault) ||
        name(f[2], 3, fault) || number(f[3], 1, MONEY_MAX_FEN, &row->amount_fen, 4, "amount", fault))
        return -1;
    if (strlen(f[4]) > LIST_ACCOUNT_MAX || !printable(f[4], strlen(f[4])))
        return recfile_refuse(fault, 5, "bank account", "it has more than %d characters, or a control character", LIST_ACCOUNT_MAX);
    if (code(f[5], BILL_NUMBER_MAX, 6, "bill", fault)) return -1;
    if (!money_add(r->sums.amount_fen, row->amount_fen, &r->sums.amount_fen))
        return recfile_refuse(fault, 4, "amount", "the sum of the amounts is too large");
    r->sums.records++;
    return 0;
}

static int list_record(void *ctx, int64_t line, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct list_row row;
    if (asked(r, line, f, &row, fault)) return -1;
    char why[sizeof fault->why] = "";
    if (!r->list->row || r->list->row(r->ctx, &row, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

static int sum_is(const char *text, int64_t sum, int field, const char *what, struct recfile_fault *fault)
{
    int64_t said;
    if (!recfile_number(text, &said)) return recfile_refuse(fault, field, what, "\"%.40s\" is not a whole number", text);
    if (said == sum) return 0;
    return recfile_refuse(fault, field, what, "END says %" PRId64 ", the records give %" PRId64, said, sum);
}

static int list_trailer(void *ctx, const char *const *f, struct recfile_fault *fault)
{
    return sum_is(f[2], ((struct reading *)ctx)->sums.amount_fen, 3, "sum", fault);
}

static bool list_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    struct reading *r = ctx;
    return !r->list->progress || r->list->progress(r->ctx, done, total, records);
}

/* --- the result ------------------------------------------------------------------ */

static int result_header(void *ctx, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct result_header h;
    if (digits(f[2], h.bank, sizeof h.bank, 3, "bank", fault) || digits(f[3], h.utility, sizeof h.utility, 4, "utility", fault) ||
        code(f[4], LIST_BATCH_MAX, 5, "batch", fault) || month(f[5], h.month, sizeof h.month, 6, fault) ||
        time_of(f[6], h.made_at, sizeof h.made_at, 7, "made at", fault))
        return -1;
    text_copy(h.batch, sizeof h.batch, f[4]);
    h.final = strcmp(f[7], "final") == 0;
    if (!h.final && strcmp(f[7], "interim") != 0)
        return recfile_refuse(fault, 8, "kind", "\"%.40s\" is neither interim nor final", f[7]);
    char why[sizeof fault->why] = "";
    if (!r->result->header || r->result->header(r->ctx, &h, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

/* All or nothing for a row; only 00 has debited anything. */
static int outcome(const char *const *f, struct result_row *row, struct recfile_fault *fault)
{
    if (number(f[6], 0, MONEY_MAX_FEN, &row->debited_fen, 7, "amount debited", fault)) return -1;
    if (strlen(f[7]) != 2 || !text_digits(f[7])) return recfile_refuse(fault, 8, "code", "\"%.40s\" is not two digits", f[7]);
    bool debited = strcmp(f[7], "00") == 0;
    if (row->debited_fen != (debited ? row->asked.amount_fen : 0))
        return recfile_refuse(fault, 7, "amount debited", "%s fen and code %s do not go together: %" PRId64 " were asked for", f[6], f[7],
                              row->asked.amount_fen);
    if (debited ? !recfile_time_valid(f[8]) : *f[8] != '\0')
        return recfile_refuse(fault, 9, "debit time", "\"%.40s\" does not go with code %s", f[8], f[7]);
    if (strlen(f[9]) > LIST_REFERENCE_MAX || !printable(f[9], strlen(f[9])))
        return recfile_refuse(fault, 10, "bank reference", "it has more than %d characters, or a control character", LIST_REFERENCE_MAX);
    return 0;
}

static int result_record(void *ctx, int64_t line, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    struct result_row row = {.code = f[7], .at = f[8], .reference = f[9]};
    if (asked(r, line, f, &row.asked, fault) || outcome(f, &row, fault)) return -1;
    if (row.debited_fen) r->sums.debited++;
    r->sums.debited_fen += row.debited_fen; /* at most the sum of what was asked for */
    char why[sizeof fault->why] = "";
    if (!r->result->row || r->result->row(r->ctx, &row, why, sizeof why) == 0) return 0;
    return recfile_refuse(fault, 0, NULL, "%s", why);
}

static int result_trailer(void *ctx, const char *const *f, struct recfile_fault *fault)
{
    struct reading *r = ctx;
    if (sum_is(f[2], r->sums.debited, 3, "debited records", fault)) return -1;
    return sum_is(f[3], r->sums.debited_fen, 4, "debited sum", fault);
}

static bool result_progress(void *ctx, int64_t done, int64_t total, int64_t records)
{
    struct reading *r = ctx;
    return !r->result->progress || r->result->progress(r->ctx, done, total, records);
}

/* --- files ----------------------------------------------------------------------- */

int listfile_read_stream(FILE *in, const char *name, enum recfile_encoding encoding, const struct list_events *events, void *ctx,
                         struct list_sums *sums, struct recfile_report *report, struct error *err)
{
    static const struct recfile_kind kind = {
        .name = "WHLIST", .what = "withholding list", .header_fields = 9, .record_fields = LIST_FIELDS, .trailer_fields = 3,
        .header = list_header, .record = list_record, .trailer = list_trailer, .progress = list_progress};
    static const struct list_events none = {0};
    struct reading r = {.list = events ? events : &none, .ctx = ctx};
    int status = recfile_read(in, name, encoding, &kind, &r, report, err);
    if (sums) *sums = r.sums;
    return status;
}

int resultfile_read_stream(FILE *in, const char *name, enum recfile_encoding encoding, const struct result_events *events, void *ctx,
                           struct list_sums *sums, struct recfile_report *report, struct error *err)
{
    static const struct recfile_kind kind = {
        .name = "WHRESULT", .what = "withholding result", .header_fields = 8, .record_fields = RESULT_FIELDS, .trailer_fields = 4,
        .header = result_header, .record = result_record, .trailer = result_trailer, .progress = result_progress};
    static const struct result_events none = {0};
    struct reading r = {.result = events ? events : &none, .ctx = ctx};
    int status = recfile_read(in, name, encoding, &kind, &r, report, err);
    if (sums) *sums = r.sums;
    return status;
}

static FILE *open_file(const char *path, const char *what, struct recfile_report *report, struct error *err)
{
    FILE *in = fopen(path, "re");
    memset(report, 0, sizeof *report);
    if (!in) error_all(err, what, path, strerror(errno), "name a file that is there and may be read");
    return in;
}

int listfile_read(const char *path, enum recfile_encoding encoding, const struct list_events *events, void *ctx,
                  struct list_sums *sums, struct recfile_report *report, struct error *err)
{
    FILE *in = open_file(path, "withholding list cannot be read", report, err);
    if (!in) return -1;
    int status = listfile_read_stream(in, path, encoding, events, ctx, sums, report, err);
    fclose(in);
    return status;
}

int resultfile_read(const char *path, enum recfile_encoding encoding, const struct result_events *events, void *ctx,
                    struct list_sums *sums, struct recfile_report *report, struct error *err)
{
    FILE *in = open_file(path, "withholding result cannot be read", report, err);
    if (!in) return -1;
    int status = resultfile_read_stream(in, path, encoding, events, ctx, sums, report, err);
    fclose(in);
    return status;
}

/* --- writing --------------------------------------------------------------------- */

static void put(FILE *out, const char *text, char behind)
{
    fputs_unlocked(text, out);
    putc_unlocked(behind, out);
}

/* At the end of buf; where it begins. */
static char *number_text(int64_t value, char buf[24])
{
    char *at = buf + 23;
    *at = '\0';
    do *--at = (char)('0' + value % 10);
    while ((value /= 10) > 0);
    return at;
}

static void put_number(FILE *out, int64_t value, char behind)
{
    char buf[24];
    put(out, number_text(value, buf), behind);
}

static char *add(char *to, const char *text, char behind)
{
    size_t len = strlen(text);
    memcpy(to, text, len);
    to[len] = behind;
    return to + len + 1;
}

/* Fields of a row that was read are within their limits, which give the size. */
size_t list_row_format(const struct list_row *row, char buf[LIST_TEXT_SIZE])
{
    char number[24], *at = add(buf, number_text(row->sequence, number), '|');
    at = add(at, row->customer, '|');
    at = add(at, row->name, '|');
    at = add(at, number_text(row->amount_fen, number), '|');
    at = add(at, row->account, '|');
    at = add(at, row->bill, '\0');
    return (size_t)(at - buf) - 1;
}

void resultfile_put_text(FILE *out, const char *asked, size_t len, int64_t debited_fen, const char *code, const char *at, const char *reference)
{
    fwrite_unlocked(asked, 1, len, out);
    putc_unlocked('|', out);
    put_number(out, debited_fen, '|');
    put(out, code, '|');
    put(out, at, '|');
    put(out, reference, '\n');
}

void listfile_put_header(FILE *out, const struct list_header *h)
{
    char until[DAY_TEXT_SIZE], by[DAY_TEXT_SIZE];
    fprintf(out, "WHLIST|1|%s|%s|%s|%s|%s|%s|%s\n", h->utility, h->bank, h->batch, h->month, h->made_at,
            day_format(h->retry_until, until, sizeof until), day_format(h->result_by, by, sizeof by));
}

static void put_asked(FILE *out, const struct list_row *row, char behind)
{
    put_number(out, row->sequence, '|');
    put(out, row->customer, '|');
    put(out, row->name, '|');
    put_number(out, row->amount_fen, '|');
    put(out, row->account, '|');
    put(out, row->bill, behind);
}

void listfile_put(FILE *out, const struct list_row *row, struct list_sums *sums)
{
    put_asked(out, row, '\n');
    sums->records++;
    sums->amount_fen += row->amount_fen;
}

void listfile_put_end(FILE *out, const struct list_sums *sums)
{
    fprintf(out, "END|%" PRId64 "|%" PRId64 "\n", sums->records, sums->amount_fen);
}

void resultfile_put_header(FILE *out, const struct result_header *h)
{
    fprintf(out, "WHRESULT|1|%s|%s|%s|%s|%s|%s\n", h->bank, h->utility, h->batch, h->month, h->made_at, h->final ? "final" : "interim");
}

void resultfile_put(FILE *out, const struct result_row *row, struct list_sums *sums)
{
    put_asked(out, &row->asked, '|');
    put_number(out, row->debited_fen, '|');
    put(out, row->code, '|');
    put(out, row->at, '|');
    put(out, row->reference, '\n');
    sums->records++;
    sums->amount_fen += row->asked.amount_fen;
    if (row->debited_fen) sums->debited++;
    sums->debited_fen += row->debited_fen;
}

void resultfile_put_end(FILE *out, const struct list_sums *sums)
{
    fprintf(out, "END|%" PRId64 "|%" PRId64 "|%" PRId64 "\n", sums->records, sums->debited, sums->debited_fen);
}
