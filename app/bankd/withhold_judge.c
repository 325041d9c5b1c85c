/* One piece after the other: read its accounts, judge its rows, write what came of it. */
#include <assert.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/withhold_piece.h"
#include "base/text.h"
#include "wire/recset.h"

const char *const withhold_codes[FATE_DEBITED] = {"", "51", "14", "78", "62", "94", "30"};

#define TEXT_BLOCK 65536

static struct laid *row_at(struct piece *p, size_t i) { return (struct laid *)(void *)(p->text + p->at[i]); }

/* SQLite is worked past the layer here, which does not know why then. */
static int failed(const struct piece *p, const char *what, struct error *err)
{
    db_failed(p->w->db, what, err);
    if (db_sqlite(p->w->db)) error_why(err, "%s", sqlite3_errmsg(db_sqlite(p->w->db)));
    return -1;
}

static int no_memory(struct error *err)
{
    return error_all(err, "the withholding stopped", NULL, "no memory", "start it again: it goes on where it stood");
}

/* --- reading the piece ------------------------------------------------------------ */

static bool keep(struct piece *p, const struct laid *row)
{
    size_t len = (sizeof *row + row->customer + row->name + row->bill_size + 7) & ~(size_t)7;
    if (p->used + len > p->room) {
        size_t room = p->room * 2 + TEXT_BLOCK;
        char *more = realloc(p->text, room);
        if (more == NULL) return false;
        p->text = more;
        p->room = room;
    }
    memcpy(p->text + p->used, row, sizeof *row + row->customer + row->name + row->bill_size);
    p->at[p->count++] = p->used;
    p->used += len;
    return true;
}

/* 1: there is a piece; 0: the part is at its end. */
static int load(struct piece *p, FILE *part, bool last_part, struct error *err)
{
    struct laid *row = (struct laid *)(void *)p->rows_buf;
    int got = 1;
    p->count = p->used = 0;
    while (p->count < PIECE_MAX && (got = layout_next(part, row)) == 1) {
        if (!last_part && layout_moved(&p->w->layout, row->account)) continue;
        if (!keep(p, row)) return no_memory(err);
    }
    if (got < 0) return error_all(err, "the withholding stopped", p->w->layout.folder, "a temporary file cannot be read",
                                  "start it again: it goes on where it stood");
    return p->count > 0;
}

/* Rows of one account stay in the list's order: a stable sort, by digits of 11 bits. */
static void sort_by_account(struct piece *p)
{
    int64_t least = INT64_MAX, most = 0;
    uint32_t counts[2048];
    for (size_t i = 0; i < p->count; i++) {
        int64_t number = row_at(p, i)->account;
        if (number < least) least = number;
        if (number > most) most = number;
        p->order[i] = (uint32_t)i;
    }
    for (int shift = 0; shift < 63 && ((uint64_t)(most - least) >> shift) > 0; shift += 11) {
        memset(counts, 0, sizeof counts);
        for (size_t i = 0; i < p->count; i++)
            counts[(uint64_t)(row_at(p, i)->account - least) >> shift & 2047]++;
        for (uint32_t i = 0, sum = 0; i < 2048; i++) {
            uint32_t n = counts[i];
            counts[i] = sum;
            sum += n;
        }
        for (size_t i = 0; i < p->count; i++) {
            uint32_t r = p->order[i];
            p->other[counts[(uint64_t)(row_at(p, r)->account - least) >> shift & 2047]++] = r;
        }
        memcpy(p->order, p->other, p->count * sizeof *p->order);
    }
}

static void group(struct piece *p)
{
    p->known_count = 0;
    for (size_t i = 0; i < p->count; i++) {
        int64_t number = row_at(p, p->order[i])->account;
        if (p->known_count == 0 || p->known[p->known_count - 1].number != number)
            p->known[p->known_count++] = (struct known){.number = number, .first = (uint32_t)i};
        p->known[p->known_count - 1].count++;
        p->account[p->order[i]] = (uint32_t)(p->known_count - 1);
    }
}

/* --- what the books say ----------------------------------------------------------- */

/* A customer's own line; most names are the same byte for byte. */
void piece_agrees(struct piece *p, const struct known *k, const char *customer, const char *name)
{
    for (uint32_t i = k->first; i < k->first + k->count; i++) {
        const struct laid *row = row_at(p, p->order[i]);
        if (strcmp(laid_customer(row), customer) != 0) continue;
        p->agrees[p->order[i]] = strcmp(laid_name(row), name) == 0 || text_same(laid_name(row), name);
    }
}

static int look_up(struct piece *p, struct error *err)
{
    memset(p->agrees, 0, p->count);
    return p->books->look_up(p) == 0 ? 0 : failed(p, "the accounts cannot be read", err);
}

/* --- judging ---------------------------------------------------------------------- */

static void doubt_text(const struct laid *row, bool bill, char text[RECSET_TEXT_MAX + 1])
{
    if (bill) snprintf(text, RECSET_TEXT_MAX + 1, "b%s", laid_bill(row));
    else snprintf(text, RECSET_TEXT_MAX + 1, "s%u", row->sequence);
}

static bool debit_noted(struct piece *p, const struct laid *row)
{
    char bill[RECSET_TEXT_MAX + 1], sequence[RECSET_TEXT_MAX + 1];
    if (!layout_doubtful(&p->w->layout, row)) return true;
    doubt_text(row, true, bill);
    doubt_text(row, false, sequence);
    return recset_add(p->debited, bill, row->row) >= 0 && recset_add(p->debited, sequence, row->row) >= 0;
}

static bool debited_before(struct piece *p, const struct laid *row)
{
    char text[RECSET_TEXT_MAX + 1];
    if (!layout_doubtful(&p->w->layout, row)) return false;
    for (int bill = 0; bill < 2; bill++) {
        doubt_text(row, bill, text);
        if (recset_find(p->debited, text) > 0) return true;
    }
    return false;
}

static enum fate judge(struct piece *p, const struct laid *row, struct known *k, bool agrees)
{
    if (row->account == 0) return FATE_30;
    if (debited_before(p, row)) return FATE_94;
    if (!k->there) return FATE_14;
    if (k->state != ACCOUNT_OPEN) return FATE_62;
    if (!agrees) return FATE_78;
    if (k->balance_fen < row->fen) return FATE_51;
    k->balance_fen -= row->fen;
    return (enum fate)(FATE_DEBITED + p->w->pass - 1);
}

/* In the list's order. What is not tried in this pass has no fate. */
static int judge_all(struct piece *p, struct error *err)
{
    for (size_t i = 0; i < p->count; i++) {
        const struct laid *row = row_at(p, i);
        bool tried = p->w->pass == 1 || p->w->fates[row->row] == FATE_51;
        p->fate[i] = tried ? (uint8_t)judge(p, row, &p->known[p->account[i]], p->agrees[i]) : FATE_NONE;
        if (p->fate[i] >= FATE_DEBITED && !debit_noted(p, row)) return no_memory(err);
    }
    return 0;
}

/* --- writing ---------------------------------------------------------------------- */

/* Entries of one account, and its balance after them. */
static void account_to_write(struct piece *p, struct known *k, int64_t *top)
{
    int64_t fen = k->was_fen;
    for (uint32_t i = k->first; i < k->first + k->count; i++) {
        const struct laid *row = row_at(p, p->order[i]);
        if (p->fate[p->order[i]] < FATE_DEBITED) continue;
        int64_t *to = p->entry_rows[p->entries.count++];
        fen -= row->fen;
        to[0] = ++*top, to[1] = k->number, to[2] = row->fen, to[3] = row->row, to[4] = ++k->lines, to[5] = k->last, to[6] = fen;
        k->last = *top;
    }
    assert(fen == k->balance_fen && fen >= 0);
    if (fen == k->was_fen) return;
    int64_t *to = p->account_rows[p->balances.count++];
    to[0] = k->number, to[1] = fen, to[2] = k->lines, to[3] = k->last;
}

static int write_all(struct piece *p, struct error *err)
{
    int64_t entry = 0, failure = 0;
    p->entries.count = p->balances.count = p->failures.count = 0;
    if (p->books->tops(p, &entry, &failure) != 0) return failed(p, "the withholding stopped", err);
    for (size_t i = 0; i < p->known_count; i++)
        if (p->known[i].there) account_to_write(p, &p->known[i], &entry);
    for (size_t i = 0; i < p->count; i++) {
        if (p->fate[i] == FATE_NONE || p->fate[i] >= FATE_DEBITED) continue;
        int64_t *to = p->failed_rows[p->failures.count++];
        to[0] = row_at(p, i)->row, to[1] = atoi(withhold_codes[p->fate[i]]), to[2] = ++failure;
    }
    int status = p->books->write(p);
    if (status == 0) status = p->books->done(p);
    if (status == 1) return error_all(err, "the withholding stopped", NULL, "another run of this batch is at work", "let that one end");
    return status == 0 ? 0 : failed(p, "the withholding stopped", err);
}

static int do_piece(struct piece *p, struct error *err)
{
    struct withhold *w = p->w;
    sort_by_account(p);
    group(p);
    if (bank_begin(w->db) != 0) return failed(p, "the withholding stopped", err);
    if (look_up(p, err) == 0 && judge_all(p, err) == 0 && write_all(p, err) == 0) {
        if (db_commit(w->db) != 0) return failed(p, "the withholding stopped", err);
        w->pieces_done++;
        for (size_t i = 0; i < p->count; i++)
            if (p->fate[i] != FATE_NONE) w->fates[row_at(p, i)->row] = p->fate[i];
        return 0;
    }
    db_rollback(w->db);
    return -1;
}

/* --- all of them ------------------------------------------------------------------ */

static int open_piece(struct piece *p, struct withhold *w, struct error *err)
{
    struct civil at;
    p->w = w;
    p->books = db_kind(w->db) == DB_POSTGRES ? &piece_pg : &piece_sqlite;
    p->debited = recset_open();
    p->entries.rows = p->entry_rows;
    p->balances.rows = p->account_rows;
    p->failures.rows = p->failed_rows;
    clock_local(&w->bank->clock, w->pass_ms[w->pass], &at);
    day_from_ymd(at.year, at.month, at.day, &p->day);
    return p->debited && p->books->open(p) == 0 ? 0 : failed(p, "the withholding cannot begin", err);
}

static void close_piece(struct piece *p)
{
    p->books->close(p);
    recset_close(p->debited);
    free(p->text);
    free(p);
}

/* skip: pieces that are done. */
static int do_part(struct piece *p, size_t part, int64_t *skip, int64_t *rows, struct error *err)
{
    struct withhold *w = p->w;
    int got;
    rewind(w->layout.parts[part]);
    while ((got = load(p, w->layout.parts[part], part == w->layout.count, err)) == 1) {
        *rows += (int64_t)p->count;
        if (*skip > 0) {
            --*skip;
        } else if (do_piece(p, err) != 0) {
            return -1;
        }
        progress_show(&w->progress, *rows, w->sums.records, *rows);
    }
    layout_drop(&w->layout, part);
    return got;
}

/* Doubtful rows that were debited before this run. */
static int remember(struct piece *p, struct error *err)
{
    struct withhold *w = p->w;
    int got = 0;
    for (size_t part = 0; part <= w->layout.count && got == 0; part++) {
        rewind(w->layout.parts[part]);
        while ((got = load(p, w->layout.parts[part], part == w->layout.count, err)) == 1)
            for (size_t i = 0; i < p->count; i++)
                if (w->fates[row_at(p, i)->row] >= FATE_DEBITED && !debit_noted(p, row_at(p, i))) return no_memory(err);
    }
    return got;
}

int withhold_pieces(struct withhold *w, struct error *err)
{
    struct piece *p = calloc(1, sizeof *p);
    int64_t skip = w->pieces_done, rows = 0;
    if (p == NULL) return error_all(err, "the withholding cannot begin", NULL, "no memory", NULL);
    int status = open_piece(p, w, err);
    bool doubts = w->layout.bill_count + w->layout.sequence_count > 0;
    if (status == 0 && doubts && (skip > 0 || w->pass > 1)) status = remember(p, err);
    progress_start(&w->progress, stderr, w->bar, "debiting", "rows");
    for (size_t part = 0; part <= w->layout.count && status == 0; part++)
        status = do_part(p, part, &skip, &rows, err);
    progress_end(&w->progress);
    close_piece(p);
    return status;
}
