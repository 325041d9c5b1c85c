/* The rows of a list, laid out by account on temporary files that have no name. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bankd/withhold.h"
#include "base/text.h"

#define GIVE_UP_EVERY (INT64_C(16) << 20)
#define BUFFER 65536 /* bytes of a part, before they go to its file */

static int disk(const struct layout *l, struct error *err)
{
    return error_all(err, "the list cannot be laid out", l->folder, strerror(errno), "see that the disk has room for another copy of the list");
}

/* --- duplicates ------------------------------------------------------------------- */

#define too_many "more than %d rows name a bill or a sequence again"

static int by_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}
static int by_i64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}
static int by_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

bool layout_doubtful(const struct layout *l, const struct laid *row)
{
    return (l->bill_count && bsearch(&row->bill, l->bills, l->bill_count, sizeof *l->bills, by_u64)) ||
           (l->sequence_count && bsearch(&row->sequence, l->sequences, l->sequence_count, sizeof *l->sequences, by_u32));
}

bool layout_moved(const struct layout *l, int64_t account)
{
    return l->moved_count && bsearch(&account, l->moved, l->moved_count, sizeof account, by_i64);
}

static bool look_for(struct layout *l, uint64_t bill, uint32_t sequence)
{
    uint8_t bit = (uint8_t)(1 << (sequence & 7));
    if (!marks_add(l->seen, bill)) {
        if (l->bill_count == DUPLICATES_MAX) return false;
        l->bills[l->bill_count++] = bill;
    }
    if (l->numbers[sequence >> 3] & bit) {
        if (l->sequence_count == DUPLICATES_MAX) return false;
        l->sequences[l->sequence_count++] = sequence;
    }
    l->numbers[sequence >> 3] |= bit;
    return true;
}

/* Each row is looked for some rows later: by then memory has brought what it needs. */
static bool note_duplicates(struct layout *l, uint64_t bill, uint32_t sequence)
{
    size_t at = l->late_count % MARKS_LATE;
    bool good = l->late_count < MARKS_LATE || look_for(l, l->late[at].bill, l->late[at].sequence);
    marks_expect(l->seen, bill);
    __builtin_prefetch(&l->numbers[sequence >> 3], 1);
    l->late[at].bill = bill;
    l->late[at].sequence = sequence;
    l->late_count++;
    return good;
}

static bool note_the_last(struct layout *l)
{
    bool good = true;
    for (size_t i = l->late_count < MARKS_LATE ? 0 : l->late_count - MARKS_LATE; i < l->late_count && good; i++)
        good = look_for(l, l->late[i % MARKS_LATE].bill, l->late[i % MARKS_LATE].sequence);
    return good;
}

/* --- parts ------------------------------------------------------------------------ */

/* The buffer is given: glibc makes its own of 4 KiB, whatever size it is told. */
static FILE *open_part(struct layout *l, size_t i)
{
    int fd = open(l->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    FILE *part = fd >= 0 ? fdopen(fd, "w+") : tmpfile();
    if (part) setvbuf(part, l->buffers + i * BUFFER, _IOFBF, BUFFER);
    return part;
}

static void share_out(struct layout *l, int64_t rows, int64_t *samples, size_t count)
{
    l->count = (size_t)((rows + PIECE_ROWS - 1) / PIECE_ROWS);
    if (l->count < 1) l->count = 1;
    if (l->count > PARTS_MAX) l->count = PARTS_MAX;
    qsort(samples, count, sizeof *samples, by_i64);
    for (size_t i = 1; i < l->count; i++)
        l->bounds[i] = count ? samples[i * count / l->count] : INT64_MAX;
}

int layout_open(struct layout *l, const char *store, int64_t rows, int64_t *samples, size_t sample_count, struct error *err)
{
    memset(l, 0, sizeof *l);
    text_copy(l->folder, sizeof l->folder, store);
    char *slash = strrchr(l->folder, '/');
    if (slash) slash[slash == l->folder] = '\0';
    else text_copy(l->folder, sizeof l->folder, ".");
    share_out(l, rows, samples, sample_count);
    l->seen = marks_open((size_t)rows);
    l->numbers = calloc(LIST_SEQUENCE_MAX / 8 + 1, 1);
    l->bills = malloc(DUPLICATES_MAX * sizeof *l->bills);
    l->sequences = malloc(DUPLICATES_MAX * sizeof *l->sequences);
    l->buffers = malloc((l->count + 2) * BUFFER);
    if (!l->buffers || !l->seen || !l->numbers || !l->bills || !l->sequences)
        return error_all(err, "the list cannot be laid out", NULL, "no memory", "give it 256 MiB");
    for (size_t i = 0; i <= l->count; i++)
        if ((l->parts[i] = open_part(l, i)) == NULL) return disk(l, err);
    return (l->copy = open_part(l, l->count + 1)) ? 0 : disk(l, err);
}

void layout_close(struct layout *l)
{
    for (size_t i = 0; i <= PARTS_MAX; i++)
        if (l->parts[i]) fclose(l->parts[i]);
    if (l->copy) fclose(l->copy);
    marks_close(l->seen);
    free(l->numbers);
    free(l->bills);
    free(l->sequences);
    free(l->moved);
    free(l->buffers);
    memset(l, 0, sizeof *l);
}

const char *laid_customer(const struct laid *row) { return (const char *)(row + 1); }
const char *laid_name(const struct laid *row) { return laid_customer(row) + row->customer; }
const char *laid_bill(const struct laid *row) { return laid_name(row) + row->name; }

static size_t part_of(const struct layout *l, int64_t account)
{
    size_t low = 0, high = l->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (account >= l->bounds[middle]) low = middle;
        else high = middle;
    }
    return low;
}

static bool put(FILE *part, const struct laid *row)
{
    size_t len = sizeof *row + row->customer + row->name + row->bill_size;
    return fwrite_unlocked(row, 1, len, part) == len;
}

static bool put_copy(FILE *copy, const struct list_row *asked)
{
    char text[sizeof(struct copied) + LIST_TEXT_SIZE];
    struct copied row = {asked->amount_fen, (uint32_t)asked->sequence, (uint32_t)list_row_format(asked, text + sizeof row)};
    memcpy(text, &row, sizeof row);
    return fwrite_unlocked(text, 1, sizeof row + row.len, copy) == sizeof row + row.len;
}

/* A file system that can't give up a part of a file keeps it: the disk writes a little more. */
static void give_up(struct layout *l)
{
    int64_t until = l->copy_read / GIVE_UP_EVERY * GIVE_UP_EVERY;
    if (until > l->copy_gone) fallocate(fileno(l->copy), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, l->copy_gone, until - l->copy_gone);
    l->copy_gone = until;
}

int layout_next_copied(struct layout *l, struct copied *row, char text[LIST_TEXT_SIZE])
{
    if (fread_unlocked(row, sizeof *row, 1, l->copy) != 1) return ferror(l->copy) ? -1 : 0;
    if (row->len >= LIST_TEXT_SIZE || fread_unlocked(text, 1, row->len, l->copy) != row->len) return -1;
    l->copy_read += (int64_t)(sizeof *row + row->len);
    if (l->copy_read - l->copy_gone >= GIVE_UP_EVERY) give_up(l);
    return 1;
}

void layout_drop(struct layout *l, size_t part)
{
    if (ftruncate(fileno(l->parts[part]), 0) != 0) return; /* it is closed, and goes, at the end */
}

int layout_add(struct layout *l, const struct list_row *asked, uint32_t number, int64_t account, char *why, size_t size)
{
    union { struct laid row; char bytes[LAID_MAX]; } to;
    size_t customer = strlen(asked->customer) + 1, name = strlen(asked->name) + 1, bill = strlen(asked->bill) + 1;
    memset(&to.row, 0, sizeof to.row); /* what lies between its members goes to the disk too */
    to.row.account = account;
    to.row.fen = asked->amount_fen;
    to.row.bill = mark_of(asked->bill);
    to.row.row = number;
    to.row.sequence = (uint32_t)asked->sequence;
    to.row.customer = (uint8_t)customer;
    to.row.name = (uint8_t)name;
    to.row.bill_size = (uint8_t)bill;
    memcpy(to.bytes + sizeof to.row, asked->customer, customer);
    memcpy(to.bytes + sizeof to.row + customer, asked->name, name);
    memcpy(to.bytes + sizeof to.row + customer + name, asked->bill, bill);
    if (!note_duplicates(l, to.row.bill, to.row.sequence)) {
        snprintf(why, size, too_many, DUPLICATES_MAX);
        return -1;
    }
    size_t part = part_of(l, account);
    l->rows[part]++;
    if (put(l->parts[part], &to.row) && put_copy(l->copy, asked)) return 0;
    snprintf(why, size, "it cannot be laid out: %s", strerror(errno));
    return -1;
}

int layout_next(FILE *part, void *buf)
{
    struct laid *row = buf;
    if (fread_unlocked(row, sizeof *row, 1, part) != 1) return ferror(part) ? -1 : 0;
    size_t len = (size_t)row->customer + row->name + row->bill_size;
    return fread_unlocked(row + 1, 1, len, part) == len ? 1 : -1;
}

/* --- duplicates that lie in several parts ----------------------------------------- */

/* What a doubtful row shares with others, and where it lies. */
struct tie { uint64_t what; int64_t account; size_t part; };

static int by_what(const void *a, const void *b)
{
    return by_u64(&((const struct tie *)a)->what, &((const struct tie *)b)->what);
}

static int gather(struct layout *l, struct tie **ties, size_t *count, struct error *err)
{
    union { struct laid row; char bytes[LAID_MAX]; } at;
    size_t room = 0;
    int got = 0;
    for (size_t p = 0; p < l->count; p++) {
        rewind(l->parts[p]);
        while ((got = layout_next(l->parts[p], &at)) == 1) {
            if (at.row.account == 0 || !layout_doubtful(l, &at.row)) continue; /* 0 is never debited */
            if (*count + 2 > room) {
                room = room * 2 + 1024;
                struct tie *more = realloc(*ties, room * sizeof **ties);
                if (more == NULL) return error_all(err, "the list cannot be laid out", NULL, "no memory", NULL);
                *ties = more;
            }
            (*ties)[(*count)++] = (struct tie){at.row.bill | 1, at.row.account, p};
            (*ties)[(*count)++] = (struct tie){(uint64_t)at.row.sequence << 1, at.row.account, p};
        }
        if (got < 0) return disk(l, err);
    }
    qsort(*ties, *count, sizeof **ties, by_what);
    return 0;
}

/* Accounts of each tie that leaves its part. */
static int note_moved(struct layout *l, const struct tie *ties, size_t count, struct error *err)
{
    l->moved = malloc((count + 1) * sizeof *l->moved);
    if (l->moved == NULL) return error_all(err, "the list cannot be laid out", NULL, "no memory", NULL);
    for (size_t from = 0, to; from < count; from = to) {
        bool leaves = false;
        for (to = from; to < count && ties[to].what == ties[from].what; to++)
            leaves |= ties[to].part != ties[from].part;
        for (size_t i = from; leaves && i < to; i++)
            l->moved[l->moved_count++] = ties[i].account;
    }
    qsort(l->moved, l->moved_count, sizeof *l->moved, by_i64);
    return 0;
}

static int by_row(const void *a, const void *b)
{
    const struct laid *x = *(const struct laid *const *)a, *y = *(const struct laid *const *)b;
    return (x->row > y->row) - (x->row < y->row);
}

/* Their rows into the last part, in the list's order. */
static int move(struct layout *l, struct error *err)
{
    union { struct laid row; char bytes[LAID_MAX]; } at;
    struct laid **rows = calloc(PIECE_MAX, sizeof *rows);
    size_t count = 0;
    int got = rows ? 0 : -1;
    for (size_t p = 0; p < l->count && got == 0; p++) {
        rewind(l->parts[p]);
        while ((got = layout_next(l->parts[p], &at)) == 1) {
            size_t len = sizeof at.row + at.row.customer + at.row.name + at.row.bill_size;
            if (!layout_moved(l, at.row.account)) continue;
            if (count == PIECE_MAX || (rows[count] = malloc(len)) == NULL) {
                error_all(err, "withholding list refused", NULL, "too many accounts are tied by bills or sequences that stand in several rows",
                          "have the file made again: a bill belongs in one row");
                got = -2;
                break;
            }
            memcpy(rows[count++], &at, len);
        }
    }
    if (got == 0) qsort(rows, count, sizeof *rows, by_row);
    for (size_t i = 0; i < count; i++) {
        if (got == 0 && !put(l->parts[l->count], rows[i])) got = -1;
        free(rows[i]);
    }
    l->rows[l->count] = (int64_t)count;
    free(rows);
    return got == 0 ? 0 : got == -1 ? disk(l, err) : -1;
}

int layout_finish(struct layout *l, struct error *err)
{
    struct tie *ties = NULL;
    size_t count = 0;
    bool few = note_the_last(l);
    marks_close(l->seen);
    free(l->numbers);
    l->seen = NULL;
    l->numbers = NULL;
    if (!few) {
        error_set(err, "withholding list refused");
        return error_why(err, too_many, DUPLICATES_MAX);
    }
    for (size_t i = 0; i < l->count; i++)
        if (fflush(l->parts[i]) != 0) return disk(l, err);
    if (l->bill_count + l->sequence_count == 0) return 0;
    qsort(l->bills, l->bill_count, sizeof *l->bills, by_u64);
    qsort(l->sequences, l->sequence_count, sizeof *l->sequences, by_u32);
    int status = gather(l, &ties, &count, err);
    if (status == 0) status = note_moved(l, ties, count, err);
    if (status == 0 && l->moved_count) status = move(l, err);
    free(ties);
    return status;
}
