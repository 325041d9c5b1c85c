#include "bankd/account_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"

struct import {
    const struct bank *bank;
    struct db *db;
    struct accountfile_header header;
    struct secret_chain chain;   /* of what the file says, however it is encoded */
    unsigned char digest[SECRET_HASH_BYTES];
    FILE *out;
    int64_t opened, refused;
    char by[40];
};

static int fail(const struct error *err, int code)
{
    error_print("bankd", err);
    return code;
}

/* --- the first reading: form and digest ---------------------------------------------- */

static int on_header(void *ctx, const struct accountfile_header *header, char *why, size_t size)
{
    struct import *m = ctx;
    m->header = *header;
    secret_chain_init(&m->chain, NULL);
    secret_chain_text(&m->chain, header->made_at);
    if (strcmp(header->bank, m->bank->settings.id) == 0) return 0;
    snprintf(why, size, "the file is for bank %s, this is bank %s", header->bank, m->bank->settings.id);
    return -1;
}

static int digest_row(void *ctx, const struct accountfile_row *row, char *why, size_t size)
{
    struct import *m = ctx;
    const char *const texts[] = {row->customer, row->name, row->document, row->phone, row->wish};
    secret_chain_int(&m->chain, row->sequence);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        secret_chain_text(&m->chain, texts[i]);
    return 0;
}

/* --- the second: opening -------------------------------------------------------------- */

static int open_one(struct import *m, const struct accountfile_row *row, int64_t *number, char code[3], struct error *err)
{
    struct account_holder holder = {row->name, row->document, row->phone, m->by};
    if (strcmp(row->wish, ACCOUNTFILE_NEW) == 0)
        return account_open(m->db, m->bank, &holder, row->customer, row->name, number, code, err);
    int64_t wished, stands = 0;
    if (!account_parse(row->wish, &wished)) {
        memcpy(code, "30", 3);
        return 1;
    }
    int status = account_link(m->db, m->bank, wished, row->customer, row->name, &stands, code, err);
    *number = stands ? stands : status == 0 ? wished : 0;
    return status;
}

static int open_row(void *ctx, const struct accountfile_row *row, char *why, size_t size)
{
    struct import *m = ctx;
    struct error err;
    char code[3] = "00";
    int64_t number = 0;
    if (open_one(m, row, &number, code, &err) < 0) {
        snprintf(why, size, "%.150s", err.why);
        return -1;
    }
    if (db_run(m->db, "INSERT INTO opened (utility, number, sequence, account, code) VALUES ($1,$2,$3,$4,$5)",
               DB_ARGS(DB_TEXT(m->header.utility), DB_TEXT(m->header.batch), DB_INT(row->sequence), DB_INT(number), DB_TEXT(code))) >= 0)
        return 0;
    snprintf(why, size, "%.150s", db_why(m->db));
    return -1;
}

/* --- the third: the result ------------------------------------------------------------- */

static int write_row(void *ctx, const struct accountfile_row *row, char *why, size_t size)
{
    struct import *m = ctx;
    char account[ACCOUNT_TEXT_SIZE] = "";
    struct accountfile_row with = *row;
    db_ask(m->db, "SELECT account, code FROM opened WHERE utility=$1 AND number=$2 AND sequence=$3",
           DB_ARGS(DB_TEXT(m->header.utility), DB_TEXT(m->header.batch), DB_INT(row->sequence)));
    bool found = db_row(m->db);
    if (found) {
        if (db_int(m->db, 0)) account_format(db_int(m->db, 0), account);
        with.account = account;
        with.code = db_text(m->db, 1);
        accountfile_put(m->out, &with);
        if (strcmp(with.code, "00") == 0) m->opened++;
        else m->refused++;
    } else {
        snprintf(why, size, "the books say nothing of this record");
    }
    return db_end(m->db) >= 0 && found ? 0 : -1;
}

static int write_failed(const char *path, struct error *err)
{
    return error_all(err, "the result cannot be written", path, strerror(errno), "see that the folder is there and the disk has room");
}

static FILE *begin_result(const struct accountfile_header *h, const char *folder, char *path, size_t size, struct error *err)
{
    char at_work[2 * BANK_PATH + 8];
    snprintf(path, size, "%s/ACCRESULT-%s-%s.txt", folder, h->utility, h->batch);
    snprintf(at_work, sizeof at_work, "%s.part", path);
    FILE *out = fopen(at_work, "we");
    if (out == NULL) write_failed(at_work, err);
    else accountfile_put_header(out, true, h);
    return out;
}

static int end_result(FILE *out, const char *path, int64_t records, struct error *err)
{
    char at_work[2 * BANK_PATH + 8];
    snprintf(at_work, sizeof at_work, "%s.part", path);
    accountfile_put_end(out, records);
    bool good = fflush(out) == 0 && !ferror(out) && fdatasync(fileno(out)) == 0;
    if (fclose(out) != 0) good = false;
    return good && rename(at_work, path) == 0 ? 0 : write_failed(path, err);
}

/* --- a batch ----------------------------------------------------------------------------- */

/* 1: worked already, by this file. */
static int worked(struct import *m, const char *path, struct error *err)
{
    unsigned char digest[SECRET_HASH_BYTES];
    db_ask(m->db, "SELECT digest FROM opening WHERE utility=$1 AND number=$2", DB_ARGS(DB_TEXT(m->header.utility), DB_TEXT(m->header.batch)));
    bool found = db_row(m->db);
    bool same = found && db_blob(m->db, 0, digest, sizeof digest) == SECRET_HASH_BYTES && memcmp(digest, m->digest, sizeof digest) == 0;
    if (db_end(m->db) < 0) return db_failed(m->db, "the batches cannot be read", err);
    if (!found || same) return found;
    return error_all(err, "file of accounts to open refused", path, "its batch number was worked already, with another file",
                     "a corrected file needs a batch number of its own");
}

static bool note_batch(struct import *m)
{
    return db_run(m->db, "INSERT INTO opening (utility, number, digest, at_ms) VALUES ($1,$2,$3,$4)",
                  DB_ARGS(DB_TEXT(m->header.utility), DB_TEXT(m->header.batch), DB_BLOB(m->digest, SECRET_HASH_BYTES),
                          DB_INT(clock_now_ms(&m->bank->clock)))) == 1;
}

/* All of it, or nothing. */
static int open_all(struct import *m, const char *path, enum recfile_encoding encoding, struct error *err)
{
    static const struct accountfile_events events = {NULL, open_row};
    struct recfile_report report;
    if (bank_begin(m->db) != 0) return db_failed(m->db, "no account was opened", err);
    int status = worked(m, path, err);
    if (status == 0) status = note_batch(m) ? accountfile_read(path, false, encoding, &events, m, NULL, &report, err)
                                            : db_failed(m->db, "no account was opened", err);
    if (status < 0) {
        db_rollback(m->db);
        return -1;
    }
    return db_commit(m->db) == 0 ? 0 : db_failed(m->db, "no account was opened", err);
}

static int import(struct import *m, const char *path, const char *folder, enum recfile_encoding encoding)
{
    static const struct accountfile_events first = {on_header, digest_row}, third = {NULL, write_row};
    struct recfile_report report;
    struct error err;
    char result[2 * BANK_PATH];
    int64_t records = 0;
    if (access(path, R_OK) != 0) return fail((error_all(&err, "the file cannot be read", path, strerror(errno), "name a file that is there"), &err), EX_NOINPUT);
    if (accountfile_read(path, false, encoding, &first, m, &records, &report, &err) != 0) {
        recfile_print_faults(stderr, path, &report);
        fail(&err, 0);
        fputs("nothing of the file took effect\n", stderr);
        return EX_DATAERR;
    }
    secret_chain_final(&m->chain, m->digest);
    snprintf(m->by, sizeof m->by, "%s-%s", m->header.utility, m->header.batch);
    if (open_all(m, path, report.encoding, &err) != 0) return fail(&err, strstr(err.what, "refused") ? EX_DATAERR : EX_IOERR);
    m->out = begin_result(&m->header, folder, result, sizeof result, &err);
    if (m->out == NULL) return fail(&err, EX_IOERR);
    int status = accountfile_read(path, false, report.encoding, &third, m, NULL, &report, &err);
    if (status != 0) fclose(m->out);
    if (status != 0 || end_result(m->out, result, records, &err) != 0) return fail(&err, EX_IOERR);
    printf("batch %s: %" PRId64 " records, %" PRId64 " opened, %" PRId64 " refused\n  %s\n", m->header.batch, records, m->opened, m->refused, result);
    return EX_OK;
}

int account_import(const struct bank *b, struct db *db, const char *path, const char *folder, enum recfile_encoding encoding)
{
    struct import m = {.bank = b, .db = db};
    return import(&m, path, folder, encoding);
}

int account_export(const struct bank *b, struct db *db, const char *folder)
{
    struct accountfile_header h = {.utility = "0"};
    struct error err;
    char path[2 * BANK_PATH], account[ACCOUNT_TEXT_SIZE];
    int64_t sequence = 0;
    text_copy(h.bank, sizeof h.bank, b->settings.id);
    clock_format(&b->clock, clock_now_ms(&b->clock), h.made_at, sizeof h.made_at);
    snprintf(h.batch, sizeof h.batch, "E%.4s%.2s%.2s%.2s%.2s%.2s", h.made_at, h.made_at + 5, h.made_at + 8, h.made_at + 11, h.made_at + 14, h.made_at + 17);
    db_ask(db, "SELECT g.account, g.customer, g.name, h.document, h.phone FROM agreement g JOIN account a ON a.number=g.account"
               " JOIN holder h ON h.account=a.number WHERE a.state<2 ORDER BY g.account, g.customer", DB_NO_ARGS);
    FILE *out = begin_result(&h, folder, path, sizeof path, &err);
    while (out && db_row(db)) {
        struct accountfile_row row = {.sequence = ++sequence, .customer = db_text(db, 1), .name = db_text(db, 2), .document = db_text(db, 3),
                                      .phone = db_text(db, 4), .wish = ACCOUNTFILE_NEW, .account = account_format(db_int(db, 0), account), .code = "00"};
        accountfile_put(out, &row);
    }
    if (db_end(db) < 0) {
        if (out) fclose(out);
        return db_failed(db, "the accounts cannot be read", &err), fail(&err, EX_UNAVAILABLE);
    }
    if (out == NULL || end_result(out, path, sequence, &err) != 0) return fail(&err, EX_IOERR);
    printf("%" PRId64 " customers\n  %s\n", sequence, path);
    return EX_OK;
}
