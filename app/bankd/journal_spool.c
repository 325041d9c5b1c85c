#include "bankd/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define MAGIC UINT32_C(0x47544a31) /* "GTJ1" */

/* Before each row. */
struct head { uint32_t magic, size; uint64_t sum; };

static uint64_t mix(uint64_t sum, const void *data, size_t size)
{
    const unsigned char *at = data;
    while (size--)
        sum = (sum ^ *at++) * UINT64_C(1099511628211);
    return sum;
}

static uint64_t sum_of(const struct row_facts *facts, const char *bytes)
{
    return mix(mix(UINT64_C(14695981039346656037), facts, sizeof *facts), bytes, facts->len);
}

struct row *journal_row(const struct row_facts *facts, const void *bytes)
{
    struct row *r = malloc(sizeof *r + facts->len + 1);
    if (r == NULL) return NULL;
    r->next = NULL;
    r->facts = *facts;
    memcpy(r->bytes, bytes, facts->len);
    r->bytes[facts->len] = '\0';
    return r;
}

void journal_rows_free(struct row *rows)
{
    while (rows) {
        struct row *next = rows->next;
        free(rows);
        rows = next;
    }
}

/* --- writing ------------------------------------------------------------------- */

int journal_spool_open(struct journal_spool *s, const char *beside, struct error *err)
{
    char path[BANK_PATH + 16];
    s->active = 0;
    s->fds[0] = s->fds[1] = -1;
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s-spool%d", beside, i);
        s->fds[i] = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (s->fds[i] < 0)
            return error_all(err, "the journal was not opened", path, strerror(errno), "see that the folder can be written by this user");
    }
    return 0;
}

void journal_spool_close(struct journal_spool *s)
{
    for (int i = 0; i < 2; i++)
        if (s->fds[i] >= 0) close(s->fds[i]);
    s->fds[0] = s->fds[1] = -1;
}

bool journal_spool_add(struct journal_spool *s, const struct row *row)
{
    struct head head = {MAGIC, (uint32_t)sizeof row->facts + row->facts.len, sum_of(&row->facts, row->bytes)};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)&row->facts, sizeof row->facts}, {(void *)row->bytes, row->facts.len}};
    ssize_t whole = (ssize_t)(sizeof head + head.size);
    ssize_t n = writev(s->fds[s->active], parts, 3);
    if (n >= 0 && n < whole) errno = ENOSPC; /* a part of it went; the reader leaves it out */
    return n == whole;
}

int journal_spool_turn(struct journal_spool *s)
{
    int before = s->active;
    s->active = !before;
    return before;
}

bool journal_spool_empty(struct journal_spool *s, int which) { return ftruncate(s->fds[which], 0) == 0; }

/* --- reading ------------------------------------------------------------------- */

static bool take(int fd, off_t *at, void *to, size_t size)
{
    ssize_t n = pread(fd, to, size, *at);
    if (n != (ssize_t)size) return false;
    *at += n;
    return true;
}

static struct row *next_row(int fd, off_t *at)
{
    struct head head;
    struct row_facts facts;
    char bytes[ROW_BYTES_MAX];
    if (!take(fd, at, &head, sizeof head) || head.magic != MAGIC || !take(fd, at, &facts, sizeof facts)) return NULL;
    if (facts.len > sizeof bytes || head.size != sizeof facts + facts.len || !take(fd, at, bytes, facts.len)) return NULL;
    return head.sum == sum_of(&facts, bytes) ? journal_row(&facts, bytes) : NULL;
}

/* Each file is in order, and one was begun after the other. */
void journal_spool_read(struct journal_spool *s, struct row **rows)
{
    struct row *first[2] = {NULL, NULL}, **end[2] = {&first[0], &first[1]}, *r;
    for (int i = 0; i < 2; i++)
        for (off_t at = 0; (r = next_row(s->fds[i], &at)) != NULL; end[i] = &r->next)
            *end[i] = r;
    int older = first[0] == NULL || (first[1] && first[1]->facts.order < first[0]->facts.order);
    *end[older] = first[!older];
    *rows = first[older];
}
