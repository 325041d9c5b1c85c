/* One piece after the other: read its accounts, judge its rows, write what came of it. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "bankd/rowsource.h"
#include "bankd/sweep.h"
#include "bankd/withhold.h"
#include "base/text.h"
#include "wire/recset.h"

const char *const withhold_codes[FATE_DEBITED] = {"", "51", "14", "78", "62", "94", "30"};

#define TEXT_BLOCK 65536

/* What is known of an account of the piece; rows are worked off in order of `order`. */
struct known {
    int64_t number, balance_fen, lines, last;
    int64_t was_fen;             /* before this piece */
    enum account_state state;
    bool there;
    uint32_t first, count;       /* of its rows, in `order` */
};
struct piece {
    struct withhold *w;
    char *text;                  /* the rows, one behind the other */
    size_t used, room;
    size_t at[PIECE_MAX];        /* where each row stands in text */
    uint32_t order[PIECE_MAX], other[PIECE_MAX]; /* rows by account; and room for sorting */
    uint32_t account[PIECE_MAX]; /* of each row, in `known` */
    uint8_t agrees[PIECE_MAX], fate[PIECE_MAX];
    size_t count;
    struct known known[PIECE_MAX];
    size_t known_count;
    struct recset *debited;      /* doubtful bills and sequences that were debited */
    struct sweep accounts, agreements;
    sqlite3 *lib;                /* of w->db */
    int64_t entry_rows[PIECE_MAX][ROWSOURCE_COLUMNS], account_rows[PIECE_MAX][ROWSOURCE_COLUMNS], failed_rows[PIECE_MAX][ROWSOURCE_COLUMNS];
    struct rowsource entries, balances, failures; /* what is to be written */
    sqlite3_stmt *begin, *commit, *top, *entry, *balance, *fail, *done;
    char rows_buf[LAID_MAX];
};

static struct laid *row_at(struct piece *p, size_t i) { return (struct laid *)(void *)(p->text + p->at[i]); }

static int failed(const struct piece *p, const char *what, struct error *err)
{
    db_failed(p->w->db, what, err);
    error_why(err, "%s", sqlite3_errmsg(p->lib));
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

/* A customer's own line in the agreement; most names are the same byte for byte. */
static void agree(struct piece *p, const struct known *k)
{
    for (bool line = sweep_to(&p->agreements, k->number); line; line = sweep_next(&p->agreements, k->number)) {
        const char *customer = (const char *)sqlite3_column_text(p->agreements.q, 1), *name = (const char *)sqlite3_column_text(p->agreements.q, 2);
        for (uint32_t i = k->first; customer && name && i < k->first + k->count; i++) {
            const struct laid *row = row_at(p, p->order[i]);
            if (strcmp(laid_customer(row), customer) != 0) continue;
            p->agrees[p->order[i]] = strcmp(laid_name(row), name) == 0 || text_same(laid_name(row), name);
        }
    }
}

static int look_up(struct piece *p, struct error *err)
{
    memset(p->agrees, 0, p->count);
    for (size_t i = 0; i < p->known_count; i++) {
        struct known *k = &p->known[i];
        if (k->number == 0 || !sweep_to(&p->accounts, k->number)) continue;
        k->there = true;
        k->state = (enum account_state)sqlite3_column_int(p->accounts.q, 1);
        k->balance_fen = k->was_fen = sqlite3_column_int64(p->accounts.q, 2);
        k->lines = sqlite3_column_int64(p->accounts.q, 3);
        k->last = sqlite3_column_int64(p->accounts.q, 4);
        agree(p, k);
    }
    bool broken = sweep_failed(&p->accounts) || sweep_failed(&p->agreements);
    sweep_rest(&p->accounts);
    sweep_rest(&p->agreements);
    return broken ? failed(p, "the accounts cannot be read", err) : 0;
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

static bool step(sqlite3_stmt *q)
{
    int status = sqlite3_step(q);
    sqlite3_reset(q);
    return status == SQLITE_DONE;
}

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

static bool read_top(struct piece *p, int64_t *top)
{
    bool good = sqlite3_step(p->top) == SQLITE_ROW;
    if (good) *top = sqlite3_column_int64(p->top, 0);
    sqlite3_reset(p->top);
    return good;
}

/* As many rows as there were. */
static bool write(struct piece *p, sqlite3_stmt *q, const struct rowsource *rows)
{
    return rows->count == 0 || (step(q) && sqlite3_changes64(p->lib) == (sqlite3_int64)rows->count);
}

static int write_all(struct piece *p, struct error *err)
{
    int64_t top = 0;
    p->entries.count = p->balances.count = p->failures.count = 0;
    bool good = read_top(p, &top);
    for (size_t i = 0; i < p->known_count && good; i++)
        if (p->known[i].there) account_to_write(p, &p->known[i], &top);
    for (size_t i = 0; i < p->count; i++) {
        if (p->fate[i] == FATE_NONE || p->fate[i] >= FATE_DEBITED) continue;
        int64_t *to = p->failed_rows[p->failures.count++];
        to[0] = row_at(p, i)->row, to[1] = atoi(withhold_codes[p->fate[i]]);
    }
    good = good && write(p, p->entry, &p->entries) && write(p, p->balance, &p->balances) && write(p, p->fail, &p->failures) && step(p->done);
    if (good && sqlite3_changes(p->lib) != 1)
        return error_all(err, "the withholding stopped", NULL, "another run of this batch is at work", "let that one end");
    return good ? 0 : failed(p, "the withholding stopped", err);
}

static int do_piece(struct piece *p, struct error *err)
{
    struct withhold *w = p->w;
    sort_by_account(p);
    group(p);
    if (!step(p->begin)) return failed(p, "the withholding stopped", err);
    if (look_up(p, err) == 0 && judge_all(p, err) == 0 && write_all(p, err) == 0) {
        if (!step(p->commit)) return failed(p, "the withholding stopped", err);
        w->pieces_done++;
        for (size_t i = 0; i < p->count; i++)
            if (p->fate[i] != FATE_NONE) w->fates[row_at(p, i)->row] = p->fate[i];
        return 0;
    }
    sqlite3_exec(p->lib, "ROLLBACK", NULL, NULL, NULL);
    return -1;
}

/* --- all of them ------------------------------------------------------------------ */

static bool prepare(struct piece *p)
{
    char entry[400];
    const struct { sqlite3_stmt **q; const char *sql; } all[] = {
        {&p->begin, "BEGIN IMMEDIATE"},
        {&p->commit, "COMMIT"},
        {&p->top, "SELECT coalesce(max(id), 0) FROM entry"},
        {&p->entry, entry},
        /* they are all there: read in this same transaction */
        {&p->balance, "INSERT INTO account (number, balance_fen, lines, last) SELECT a, b, c, d FROM piece_balances WHERE true"
                      " ON CONFLICT (number) DO UPDATE SET balance_fen=excluded.balance_fen, lines=excluded.lines, last=excluded.last"},
        {&p->fail, "INSERT INTO failed (row, code, batch, pass) SELECT a, CAST(b AS TEXT), ?3, ?4 FROM piece_failures"},
        {&p->done, "UPDATE batch SET pieces=pieces+1 WHERE id=?1 AND pass=?2 AND pieces=?3"},
    };
    snprintf(entry, sizeof entry, "INSERT INTO entry (id, debit, credit, fen, what, at_ms, batch, row, line, before, balance_fen, business)"
                                  " SELECT a, b, %d, c, %d, ?7, ?8, d, e, f, g, ?9 FROM piece_entries", OWN_OWED, WHAT_WITHHELD);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (sqlite3_prepare_v3(p->lib, all[i].sql, -1, SQLITE_PREPARE_PERSISTENT, all[i].q, NULL) != SQLITE_OK) return false;
    return true;
}

static int open_piece(struct piece *p, struct withhold *w, struct error *err)
{
    p->w = w;
    p->lib = db_sqlite(w->db);
    p->debited = recset_open();
    p->entries.rows = p->entry_rows;
    p->balances.rows = p->account_rows;
    p->failures.rows = p->failed_rows;
    bool good = p->debited && rowsource_open(p->lib, "piece_entries", &p->entries) && rowsource_open(p->lib, "piece_balances", &p->balances) &&
                rowsource_open(p->lib, "piece_failures", &p->failures) &&
                sweep_open(&p->accounts, p->lib, "SELECT number, state, balance_fen, lines, last FROM account WHERE number>=?1 ORDER BY number") &&
                sweep_open(&p->agreements, p->lib, "SELECT account, customer, name FROM agreement WHERE account>=?1 ORDER BY account, customer") && prepare(p);
    if (!good) return failed(p, "the withholding cannot begin", err);
    struct civil at;
    day_t day = 0;
    clock_local(&w->bank->clock, w->pass_ms[w->pass], &at);
    day_from_ymd(at.year, at.month, at.day, &day);
    sqlite3_bind_int64(p->entry, 7, w->pass_ms[w->pass]);
    sqlite3_bind_int64(p->entry, 8, w->batch);
    sqlite3_bind_int64(p->entry, 9, day);
    sqlite3_bind_int64(p->fail, 3, w->batch);
    sqlite3_bind_int64(p->fail, 4, w->pass);
    sqlite3_bind_int64(p->done, 1, w->batch);
    sqlite3_bind_int64(p->done, 2, w->pass);
    return 0;
}

static void close_piece(struct piece *p)
{
    sqlite3_stmt *all[] = {p->begin, p->commit, p->top, p->entry, p->balance, p->fail, p->done};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        sqlite3_finalize(all[i]);
    sweep_close(&p->accounts);
    sweep_close(&p->agreements);
    sqlite3_drop_modules(p->lib, NULL); /* their rows go */
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
        } else {
            sqlite3_bind_int64(p->done, 3, w->pieces_done);
            if (do_piece(p, err) != 0) return -1;
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
