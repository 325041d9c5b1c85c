/* utilityd invoice: what a bank debited, as invoices in a PDF file. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/money.h"
#include "base/text.h"
#include "drivers/picture.h"
#include "print/place.h"
#include "print/set.h"
#include "utilityd/withhold.h"

#define PAGES_MAX 1000

struct invoices {
    struct utility *u;
    struct db *db;
    const char *bank, *batch, *customer, *output, *form, *language;
    int64_t after, last, total;
    struct withholding batch_row;
    struct print_request request;
    struct page *pages[PAGES_MAX];
    size_t count;
};

static int failed(const struct error *err, int code)
{
    error_print("utilityd", err);
    return code;
}

/* --- numbers ------------------------------------------------------------------------ */

#define WANTED " FROM withheld w WHERE w.withholding=$1 AND w.debited_fen > 0 AND w.place=0 AND w.sequence > $2 AND ($3='' OR w.customer=$3)"

/* Given and counted before any page is drawn. */
static int number_them(struct invoices *v, struct error *err)
{
    struct db *db = v->db;
    struct db_arg wanted[] = {DB_INT(v->batch_row.id), DB_INT(v->after), DB_TEXT(v->customer ? v->customer : ""), DB_TEXT(v->u->settings.series),
                              DB_INT(clock_now_ms(&v->u->clock)), DB_INT(v->last)};
    if (db_begin(db) != 0 || withhold_lock(db) != 0 || (v->total = db_number(db, "SELECT count(*)" WANTED, wanted, 3, -1)) < 0 ||
        (v->last = db_number(db, "SELECT coalesce(max(sequence), 0) FROM (SELECT w.sequence AS sequence" WANTED " ORDER BY w.sequence LIMIT 1000) t", wanted, 3, -1)) < 0)
        return db_failed(db, "no invoice was printed", err);
    wanted[5].number = v->last;
    if (db_run(db, "UPDATE invoice SET reprints=reprints+1 WHERE withholding=$1 AND sequence IN (SELECT w.sequence" WANTED " AND w.sequence <= $4)",
               (const struct db_arg[]){wanted[0], wanted[1], wanted[2], wanted[5]}, 4) < 0 ||
        db_run(db, "INSERT INTO invoice (withholding, sequence, series, number, issued_ms) SELECT w.withholding, w.sequence, $4,"
                   " (SELECT coalesce(max(number), 0) FROM invoice WHERE series=$4) + row_number() OVER (ORDER BY w.sequence), $5" WANTED
                   " AND w.sequence <= $6 AND NOT EXISTS (SELECT 1 FROM invoice i WHERE i.withholding=w.withholding AND i.sequence=w.sequence)", wanted, 6) < 0 ||
        db_commit(db) != 0)
        return db_failed(db, "no invoice was printed", err);
    return 0;
}

/* --- one page ------------------------------------------------------------------------- */

static json_t *tiers(const char *text)
{
    struct bill_tier t[BILL_TIERS_MAX];
    json_t *list = json_array();
    int count = 0;
    if (bill_tiers_parse(text, t, &count) != 0) return list;
    for (int i = 0; i < count; i++) {
        char price[32];
        int64_t fen = 0;
        money_muldiv(t[i].kwh, t[i].price_e4, 100, &fen);
        snprintf(price, sizeof price, "%" PRId64 ".%04" PRId64, t[i].price_e4 / 10000, t[i].price_e4 % 10000);
        json_array_append_new(list, json_pack("{s:I, s:s, s:I}", "kwh", (json_int_t)t[i].kwh, "price", price, "amount_fen", (json_int_t)fen));
    }
    return list;
}

static const char columns[] =
    "SELECT w.sequence, w.customer, c.name, c.address, c.supply, b.meter, b.class, b.number, b.period, b.previous, b.current, b.multiplier, b.kwh,"
    " b.amount_fen, b.tiers, b.due, w.debited_fen, w.debited_at, w.reference, i.series, i.number, i.reprints, b.covered_fen"
    " FROM withheld w JOIN bill b ON b.number=w.bill JOIN customer c ON c.number=w.customer JOIN invoice i ON i.withholding=w.withholding AND i.sequence=w.sequence"
    " WHERE w.withholding=$1 AND w.sequence > $2 AND ($3='' OR w.customer=$3) AND w.sequence <= $4 ORDER BY w.sequence";

static json_t *data_of(struct invoices *v)
{
    struct db *q = v->db;
    char number[16], key[64], day[DAY_TEXT_SIZE];
    snprintf(number, sizeof number, "%08" PRId64, db_int(q, 20));
    snprintf(key, sizeof key, "%s/%s/%" PRId64, v->bank, v->batch, db_int(q, 0));
    json_t *bill = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:s, s:i, s:i, s:I}", "bill", db_text(q, 7), "period", db_text(q, 8), "prev",
                             (json_int_t)db_int(q, 9), "curr", (json_int_t)db_int(q, 10), "multiplier", (json_int_t)db_int(q, 11), "kwh",
                             (json_int_t)db_int(q, 12), "amount_fen", (json_int_t)db_int(q, 13), "tiers", tiers(db_text(q, 14)), "due",
                             day_format((day_t)db_int(q, 15), day, sizeof day), "late_days", 0, "late_fee_fen", 0, "pay_fen", (json_int_t)db_int(q, 16));
    json_t *data = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I}", "utility_name", v->u->settings.name, "series", db_text(q, 19),
                             "number", number, "customer", db_text(q, 1), "name", db_text(q, 2), "address", db_text(q, 3), "station", db_text(q, 4), "meter",
                             db_text(q, 5), "class", db_text(q, 6), "bills", json_pack("[o]", bill), "bills_fen", (json_int_t)db_int(q, 13), "total_fen",
                             (json_int_t)db_int(q, 16), "credit_used_fen", (json_int_t)db_int(q, 22));
    char debited[CLOCK_TEXT_SIZE], date[11];
    db_copy(q, 17, debited, sizeof debited);
    snprintf(date, sizeof date, "%.10s", debited);
    json_t *rest = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "bank_name", v->bank, "business_date", date, "recorded_at", debited, "key", key,
                             "key_short", db_text(q, 18), "approval", db_text(q, 18), "state", "posted", "reprint", (json_int_t)db_int(q, 21), "language", v->language);
    json_object_update(data, rest);
    json_decref(rest);
    return data;
}

static int draw_all(struct invoices *v, struct error *err)
{
    int status = 0;
    db_ask(v->db, columns, DB_ARGS(DB_INT(v->batch_row.id), DB_INT(v->after), DB_TEXT(v->customer ? v->customer : ""), DB_INT(v->last)));
    while (status == 0 && v->count < PAGES_MAX && db_row(v->db)) {
        json_t *data = data_of(v);
        v->request.data = data;
        status = print_place(&v->request, &v->pages[v->count], err);
        if (status == 0) v->count++;
        json_decref(data);
    }
    if (db_end(v->db) < 0 && status == 0) status = db_failed(v->db, "no invoice was printed", err);
    return status == 0 ? picture_pdf(v->output, (const struct page *const *)v->pages, v->count, err) : status;
}

static int print_them(struct invoices *v)
{
    struct error err;
    int found = withholding_find(v->db, v->bank, v->batch, &v->batch_row);
    if (found < 0) return db_failed(v->db, "the batch cannot be read", &err), failed(&err, EX_UNAVAILABLE);
    if (found == 0) {
        fprintf(stderr, "utilityd: bank %s was sent no batch %s\n", v->bank, v->batch);
        return EX_DATAERR;
    }
    struct print_set *set = print_set_open(v->u->settings.templates, &err);
    if (set == NULL) return failed(&err, EX_CONFIG);
    v->request = (struct print_request){.form = print_set_find(set, v->form, print_language(v->language), &err), .device = picture_device(),
                                        .image_folder = v->u->settings.templates};
    if (v->request.form) v->request.media = print_set_media(set, NULL, v->request.form, &err);
    int code = EX_OK;
    if (v->request.form == NULL || v->request.media == NULL) {
        code = failed(&err, EX_CONFIG);
    } else if (number_them(v, &err) != 0) {
        db_rollback(v->db);
        code = failed(&err, EX_IOERR);
    } else if (v->total == 0) {
        fputs("utilityd: no bill was debited there\n", stderr);
        code = EX_DATAERR;
    } else if (draw_all(v, &err) != 0) {
        code = failed(&err, EX_IOERR);
    } else {
        printf("%zu invoices\n  %s\n", v->count, v->output);
        if ((int64_t)v->count < v->total) printf("  the next: --after %" PRId64 "\n", v->last);
    }
    for (size_t i = 0; i < v->count; i++)
        page_free(v->pages[i]);
    print_set_close(set);
    return code;
}

int cmd_invoice(struct utility *u, int argc, char **argv)
{
    static const struct option options[] = {{"bank", 1, NULL, 'b'}, {"batch", 1, NULL, 'n'}, {"customer", 1, NULL, 'c'}, {"output", 1, NULL, 'o'},
                                            {"form", 1, NULL, 'f'}, {"language", 1, NULL, 'l'}, {"after", 1, NULL, 'a'}, {0}};
    struct invoices *v = calloc(1, sizeof *v);
    struct error err;
    int c, code = EX_OK;
    if (v == NULL) return EX_OSERR;
    *v = (struct invoices){.u = u, .form = "invoice-a4", .language = "zh_CN"};
    opterr = 0;
    while (code == EX_OK && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const char **const to[] = {['b'] = &v->bank, ['n'] = &v->batch, ['c'] = &v->customer, ['o'] = &v->output, ['f'] = &v->form, ['l'] = &v->language};
        if (c == 'a' && text_digits(optarg) && strlen(optarg) < 9) v->after = strtoll(optarg, NULL, 10);
        else if (c == 'a' || c == '?') code = utility_usage(argv[0], "no such option, or its value is missing or wrong", NULL);
        else *to[c] = optarg;
    }
    if (code == EX_OK && (optind < argc || !v->bank || !v->batch || !v->output)) code = utility_usage(argv[0], "it wants --bank, --batch and --output", NULL);
    if (code == EX_OK && (v->db = utility_db_open(u->settings.store, &err)) == NULL) code = failed(&err, EX_UNAVAILABLE);
    if (code == EX_OK) code = print_them(v);
    db_close(v->db);
    free(v);
    return code;
}
