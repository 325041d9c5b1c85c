/* utilityd withhold open: customers who came to the utility's own customer centre for an account. What was written down of
 * each becomes the bank's file (ACCOPEN), with the names as they stand in our books. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "utilityd/withhold.h"
#include "wire/recset.h"

#define FIELDS 4 /* customer|id document|phone|opening wish */
#define LINE_MAX_BYTES 2000
#define OUTPUT_SIZE 1000

struct opening {
    struct withhold_ask *ask;
    FILE *out;
    struct recset *seen;
    struct text_decoder *gb;
    int64_t line, records, faults;
};

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

static int fault(struct opening *o, const char *field, const char *why)
{
    if (o->faults++ < RECFILE_FAULTS_MAX) fprintf(stderr, "%s:%" PRId64 ": %s: %s\n", o->ask->file, o->line, field, why);
    return 0;
}

/* --- one customer -------------------------------------------------------------------------- */

static bool fits(const char *text, size_t least)
{
    char clean[LINE_MAX_BYTES];
    size_t chars = utf8_count(text);
    return chars >= least && chars <= ACCOUNTFILE_TEXT_MAX && strcmp(text_clean(clean, sizeof clean, text), text) == 0;
}

/* 1: ours, with his name; 0: not, -1. */
static int name_of(struct opening *o, const char *customer, char *name, size_t size, bool *pays)
{
    struct db *db = o->ask->db;
    db_ask(db, "SELECT c.name, CASE WHEN t.customer IS NULL THEN 0 ELSE 1 END FROM customer c LEFT JOIN transfer t ON t.customer=c.number WHERE c.number=$1",
           DB_ARGS(DB_TEXT(customer)));
    bool found = db_row(db);
    if (found) db_copy(db, 0, name, size);
    *pays = found && db_int(db, 1) != 0;
    return db_end(db) < 0 ? -1 : found;
}

static int take(struct opening *o, char *const f[FIELDS], struct error *err)
{
    char name[4 * BILL_NAME_MAX + 1];
    bool pays;
    const char *wish = *f[3] ? f[3] : ACCOUNTFILE_NEW;
    if (!text_alnum(f[0]) || strlen(f[0]) > BILL_CUSTOMER_MAX) return fault(o, "customer", "it is not 1 to 28 digits or letters");
    if (!fits(f[1], 1)) return fault(o, "id document", "1 to 40 characters are needed");
    if (!fits(f[2], 0)) return fault(o, "phone", "it is longer than 40 characters");
    if (strcmp(wish, ACCOUNTFILE_NEW) != 0 && (!text_digits(wish) || strlen(wish) > LIST_ACCOUNT_MAX))
        return fault(o, "opening wish", "\"new\", or the account in whose agreement the customer is to stand");
    if (recset_add(o->seen, f[0], o->line) != 0) return fault(o, "customer", "he stands in the file already");
    int known = name_of(o, f[0], name, sizeof name, &pays);
    if (known < 0) return db_failed(o->ask->db, "the customers cannot be read", err);
    if (known == 0) return fault(o, "customer", "he is no customer of ours");
    if (pays) return fault(o, "customer", "a bank debits his bills already");
    struct accountfile_row row = {.sequence = ++o->records, .customer = f[0], .name = name, .document = f[1], .phone = f[2], .wish = wish};
    accountfile_put(o->out, &row);
    return 0;
}

/* --- the file -------------------------------------------------------------------------------- */

static int take_line(struct opening *o, char *line, struct error *err)
{
    char text[2 * LINE_MAX_BYTES + 1], *f[FIELDS], *rest = text;
    size_t len = strcspn(line, "\r\n"), bad;
    line[len] = '\0';
    o->line++;
    if (len == 0 || line[0] == '#') return 0;
    if (len > LINE_MAX_BYTES) return fault(o, "line", "it is too long");
    bool utf8 = o->ask->encoding != RECFILE_GB18030 && utf8_valid(line, len);
    if (utf8) text_copy(text, sizeof text, line);
    else if (o->ask->encoding == RECFILE_UTF8 || !o->gb || text_decode(o->gb, line, len, text, sizeof text, &bad) < 0)
        return fault(o, "line", "it is neither UTF-8 nor GB18030");
    for (int i = 0; i < FIELDS; i++)
        f[i] = rest ? strsep(&rest, "|") : NULL;
    if (f[FIELDS - 1] == NULL || rest) return fault(o, "line", "it is customer|id document|phone|opening wish");
    return take(o, f, err);
}

static int all_of(struct opening *o, FILE *in, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    int status = 0;
    while (status == 0 && getline(&line, &room, in) >= 0)
        status = take_line(o, line, err);
    if (status == 0 && ferror(in)) status = error_all(err, "the file cannot be read", o->ask->file, strerror(errno), NULL);
    free(line);
    return status;
}

/* Whole under its name, or not there: written beside it, synced, renamed. */
static int write_file(struct opening *o, FILE *in, const char *path, const char *batch)
{
    char beside[OUTPUT_SIZE + 8];
    struct error err;
    struct accountfile_header h;
    snprintf(beside, sizeof beside, "%s.part", path);
    text_copy(h.utility, sizeof h.utility, o->ask->u->settings.id);
    text_copy(h.bank, sizeof h.bank, o->ask->bank);
    text_copy(h.batch, sizeof h.batch, batch);
    clock_format(&o->ask->u->clock, clock_now_ms(&o->ask->u->clock), h.made_at, sizeof h.made_at);
    o->out = fopen(beside, "we");
    if (o->out == NULL) return failed((error_all(&err, "the file is not written", beside, strerror(errno), NULL), &err), EX_IOERR);
    accountfile_put_header(o->out, false, &h);
    int status = all_of(o, in, &err);
    accountfile_put_end(o->out, o->records);
    bool kept = fflush(o->out) == 0 && !ferror(o->out) && fsync(fileno(o->out)) == 0;
    if (fclose(o->out) != 0) kept = false;
    if (status == 0 && o->faults == 0 && o->records > 0 && kept && rename(beside, path) == 0) {
        printf("%" PRId64 " customers: %s\n", o->records, path);
        return EX_OK;
    }
    unlink(beside);
    if (status != 0) return failed(&err, EX_UNAVAILABLE);
    if (o->faults > RECFILE_FAULTS_MAX) fprintf(stderr, "and %" PRId64 " more\n", o->faults - RECFILE_FAULTS_MAX);
    if (o->faults > 0) return failed((error_all(&err, "no file was written", o->ask->file, "some of its lines are not right", "put them right"), &err), EX_DATAERR);
    if (o->records == 0) return failed((error_all(&err, "no file was written", o->ask->file, "no customer stands in it", NULL), &err), EX_DATAERR);
    return failed((error_all(&err, "the file is not whole", path, "the disk failed", NULL), &err), EX_IOERR);
}

int withhold_open(struct withhold_ask *a)
{
    struct opening o = {.ask = a, .seen = recset_open(), .gb = text_decoder_open()};
    struct error err;
    struct civil now;
    char made[80], path[OUTPUT_SIZE];
    const char *batch = a->batch ? a->batch : made;
    clock_local(&a->u->clock, clock_now_ms(&a->u->clock), &now);
    snprintf(made, sizeof made, "O%04d%02d%02d%02d%02d%02d", now.year % 10000, now.month % 100, now.day % 100, now.hour % 100, now.minute % 100, now.second % 100);
    if (a->output) text_copy(path, sizeof path, a->output);
    else snprintf(path, sizeof path, "ACCOPEN-%s-%s.txt", a->bank, batch);
    FILE *in = fopen(a->file, "re");
    int code = EX_OSERR;
    if (in == NULL) code = failed((error_all(&err, "the file cannot be read", a->file, strerror(errno), "name a file that is there"), &err), EX_NOINPUT);
    else if (o.seen) code = write_file(&o, in, path, batch);
    if (in) fclose(in);
    text_decoder_close(o.gb);
    recset_close(o.seen);
    return code;
}
