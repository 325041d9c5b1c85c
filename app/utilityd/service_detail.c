/* A day's detail of one branch or a whole bank as a file: PAY:YYYYMMDD (payments by
 * key) and INV:YYYYMMDD (a branch's invoice notices). Part 1 begins with the header
 * of PROTOCOL.md, the last ends with the trailer. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utilityd/service.h"
#include "wire/session.h"

#define ROWS_A_PART 7 /* one longest record a field, and one field for header or trailer */
#define RECORD_SIZE 1000
#define PARTS_MAX 1000000
#define ROWS_MAX ((size_t)PARTS_MAX * ROWS_A_PART)
#define WALKS_MAX 8         /* days that are fetched at a time */
#define NO_KEY INT64_C(-1)

struct detail {
    const char *prefix, *kind;
    bool whole;           /* of a whole bank: $1 is the bank, else the station */
    const char *keys;     /* $2 day: each row's key in order, and what it adds to the sum */
    const char *rows;     /* $2, $3 … $8: the rows of these keys, in order */
    const char *rows_pg;  /* NULL: the same */
    int (*record)(struct service *s, const struct key *branch, char *record);
};

static int payment_record(struct service *s, const struct key *branch, char *record)
{
    static const char *const states[] = {"unknown", "declined", "posted", "tombstone", "undone", "reversed"};
    struct db *q = s->db;
    char at[CLOCK_TEXT_SIZE];
    int len = snprintf(record, RECORD_SIZE, "%s/%s/%012" PRId64 "|%06d|%s|%s|%s|%" PRId64 "|%s|%" PRId64 "|%s|%s|%s", branch->bank, db_text(q, 10),
                       db_int(q, 0), (int)db_int(q, 9), states[db_int(q, 1)], db_text(q, 2), db_text(q, 3), db_int(q, 4), db_text(q, 5), db_int(q, 6),
                       db_text(q, 7), clock_format(&s->u->clock, db_int(q, 8), at, sizeof at), db_text(q, 11));
    return len < RECORD_SIZE ? len : -1;
}

static int notice_record(struct service *s, const struct key *branch, char *record)
{
    struct db *q = s->db;
    char at[CLOCK_TEXT_SIZE];
    int len = snprintf(record, RECORD_SIZE, "%s/%s/%012" PRId64 "|%s|%s|%s|%s", branch->bank, branch->branch, db_int(q, 0), db_text(q, 1),
                       db_text(q, 2), db_text(q, 3), clock_format(&s->u->clock, db_int(q, 4), at, sizeof at));
    return len < RECORD_SIZE ? len : -1;
}

/* "bill:amount;…" of what went to bills, and "place:amount;…" of what did not. */
#define PARTS_OF(words, where) "(SELECT coalesce(string_agg(" words ", ';'), '') FROM (SELECT * FROM part WHERE payment=p.id AND part>=-1 AND " where " ORDER BY position) t)"
#define PARTS_SQLITE(words, where) "(SELECT coalesce(group_concat(" words ", ';'), '') FROM (SELECT * FROM part WHERE payment=p.id AND part>=-1 AND " where " ORDER BY position) t)"
#define BILLS "bill || ':' || amount_fen"
#define PLACES "CASE place WHEN 1 THEN 'PP' ELSE 'SU' END || ':' || amount_fen"
#define ONE_BRANCH "p.station=$1"
#define WHOLE_BANK "p.station IN (SELECT id FROM station WHERE bank=$1)"
#define KEYS "($2,$3,$4,$5,$6,$7,$8)"
#define PAYMENTS(parts, of) "SELECT p.reference, p.state, p.customer, " parts(BILLS, "place=0") ", p.amount_fen, " parts(PLACES, "place>0") \
                        ", p.short_fen, p.approval, p.posted_ms, p.proc, s.branch, p.trace FROM payment p JOIN station s ON s.id=p.station" \
                        " WHERE " of " AND p.id IN " KEYS " ORDER BY p.id"
#define OF_DAY(of) "SELECT p.id, CASE p.state WHEN 2 THEN p.amount_fen ELSE 0 END FROM payment p WHERE " of " AND p.business=$2 ORDER BY p.id"

static const struct detail details[] = {
    {"PAY:", "PAYMENTS", false, OF_DAY(ONE_BRANCH), PAYMENTS(PARTS_SQLITE, ONE_BRANCH), PAYMENTS(PARTS_OF, ONE_BRANCH), payment_record},
    {"PAY:", "PAYMENTS", true, OF_DAY(WHOLE_BANK), PAYMENTS(PARTS_SQLITE, WHOLE_BANK), PAYMENTS(PARTS_OF, WHOLE_BANK), payment_record},
    {"INV:", "NOTICES", false, "SELECT reference, 0 FROM notice WHERE station=$1 AND business=$2 ORDER BY reference",
     "SELECT payment, series, number, what, noted_ms FROM notice WHERE station=$1 AND reference IN " KEYS " ORDER BY reference", NULL, notice_record},
};

/* --- a walk ------------------------------------------------------------------------- */

/* The rows' keys, read once: a part is then looked up by them, wherever in the day
 * it stands. Kept for the parts that follow; another front end, or one that was
 * started anew, reads them again. */
struct walk {
    const struct detail *detail;
    struct key of; /* bank and branch */
    day_t day;
    int64_t *keys, sum;
    size_t count, room;
    int64_t used; /* the service's count of uses, then */
};
struct walks { struct walk all[WALKS_MAX]; int64_t uses; };

void service_walks_free(struct service *s)
{
    for (size_t i = 0; s->walks && i < WALKS_MAX; i++)
        free(s->walks->all[i].keys);
    free(s->walks);
}

static struct db_arg of_whom(struct service *s, const struct detail *d, const struct key *branch)
{
    return d->whole ? DB_TEXT(branch->bank) : DB_INT(service_station(s, branch->bank, branch->branch, false));
}

static bool add_key(struct walk *w, int64_t key)
{
    if (w->count == w->room) {
        size_t room = w->room ? 2 * w->room : 1024;
        int64_t *more = w->count < ROWS_MAX ? realloc(w->keys, room * sizeof *more) : NULL;
        if (more == NULL) return false;
        w->keys = more;
        w->room = room;
    }
    w->keys[w->count++] = key;
    return true;
}

static bool read_keys(struct service *s, struct walk *w)
{
    struct db_arg args[] = {of_whom(s, w->detail, &w->of), DB_INT(w->day)};
    bool room = true;
    w->count = 0;
    w->sum = 0;
    db_ask(s->db, w->detail->keys, args, 2);
    while (room && db_row(s->db)) {
        room = add_key(w, db_int(s->db, 0));
        w->sum += db_int(s->db, 1);
    }
    return db_end(s->db) >= 0 && room;
}

/* The one that is under way, else the one that rested longest, begun anew. NULL: the books fail. */
static struct walk *walk_for(struct service *s, const struct detail *d, const struct key *branch, day_t day, bool anew)
{
    if (s->walks == NULL && (s->walks = calloc(1, sizeof *s->walks)) == NULL) return NULL;
    struct walk *w = NULL, *oldest = s->walks->all;
    for (size_t i = 0; i < WALKS_MAX; i++) {
        struct walk *x = &s->walks->all[i];
        if (x->detail == d && x->day == day && strcmp(x->of.bank, branch->bank) == 0 && strcmp(x->of.branch, branch->branch) == 0) w = x;
        if (x->used < oldest->used) oldest = x;
    }
    if (w == NULL || anew) {
        if (w == NULL) w = oldest;
        w->detail = d;
        w->of = *branch;
        w->day = day;
        if (!read_keys(s, w)) {
            w->detail = NULL;
            return NULL;
        }
    }
    w->used = ++s->walks->uses;
    return w;
}

static void add(struct wire_part *p, const char *record, int len)
{
    p->records[p->record_count++] = (struct iso_slice){record, (size_t)len};
}

/* False: the books fail. */
static bool gather(struct service *s, struct walk *w, struct wire_part *p, int64_t asked)
{
    static _Thread_local char records[ROWS_A_PART + 2][RECORD_SIZE];
    const struct detail *d = w->detail;
    struct db_arg args[1 + ROWS_A_PART] = {of_whom(s, d, &w->of)};
    char text[DAY_TEXT_SIZE];
    size_t from = (size_t)(asked - 1) * ROWS_A_PART;
    int at = 0;
    p->last = w->count ? (int64_t)((w->count + ROWS_A_PART - 1) / ROWS_A_PART) : 1;
    if (asked == 1)
        add(p, records[at], snprintf(records[at], RECORD_SIZE, "%s|1|%s|%s|%s|%s", d->kind, s->u->settings.id,
                                     day_format(w->day, text, sizeof text), w->of.bank, w->of.branch)), at++;
    for (size_t i = 0; i < ROWS_A_PART; i++)
        args[1 + i] = DB_INT(from + i < w->count ? w->keys[from + i] : NO_KEY);
    if (from < w->count) {
        db_ask(s->db, d->rows_pg && db_kind(s->db) == DB_POSTGRES ? d->rows_pg : d->rows, args, 1 + ROWS_A_PART);
        while (at < ROWS_A_PART + 1 && db_row(s->db)) {
            int len = d->record(s, &w->of, records[at]);
            if (len > 0) add(p, records[at], len), at++;
        }
        if (db_end(s->db) < 0) return false;
    }
    if (asked == p->last)
        add(p, records[at], snprintf(records[at], RECORD_SIZE, "END|%zu|%" PRId64, w->count, w->sum));
    return true;
}

static void send_detail(struct service *s, struct exchange *x, const struct detail *d, day_t day, const struct wire_part *asked)
{
    struct wire_part p = {.part = asked->part ? asked->part : 1, .code = "00"};
    struct error err;
    struct walk *w = NULL;
    if (p.part > PARTS_MAX) service_refuse(x, "30", "tag PT is no part");
    else if ((w = walk_for(s, d, &asked->head.key, day, p.part == 1)) == NULL || !gather(s, w, &p, p.part)) service_refuse(x, "96", "the books cannot be read");
    else if (wire_part_answer(&x->request, &p, &x->answer, &err) != 0) service_refuse(x, "96", err.why);
    else x->answered = true;
}

bool service_detail(struct service *s, struct exchange *x, const struct wire_part *asked)
{
    day_t day;
    for (size_t i = 0; i < sizeof details / sizeof *details; i++)
        if (strncmp(asked->file, details[i].prefix, 4) == 0 && details[i].whole == (asked->head.key.branch[0] == '\0') && day_parse_compact(asked->file + 4, &day)) {
            send_detail(s, x, &details[i], day, asked);
            return true;
        }
    return false;
}
