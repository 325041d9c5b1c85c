/* File actions (0300): which file, and the two that tell a day's detail of one
 * branch, PAY:YYYYMMDD (payments by key) and INV:YYYYMMDD (invoice notices).
 * Part 1 begins with the header of PROTOCOL.md, the last ends with the trailer;
 * rows are only ever added to a day, so that the parts before stay as they were. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "wire/session.h"

#define ROWS_A_PART 7 /* one longest record a field, and one field for header or trailer */
#define RECORD_SIZE 1000

struct detail {
    const char *prefix, *kind;
    bool whole;               /* of a whole bank: $1 is the bank, else the station */
    const char *count, *rows; /* $2 day; rows: $3 how many, $4 behind how many */
    const char *rows_pg;      /* NULL: the same */
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
#define PAYMENTS(parts, of) "SELECT p.reference, p.state, p.customer, " parts(BILLS, "place=0") ", p.amount_fen, " parts(PLACES, "place>0") \
                        ", p.short_fen, p.approval, p.posted_ms, p.proc, s.branch, p.trace FROM payment p JOIN station s ON s.id=p.station" \
                        " WHERE " of " AND p.business=$2 ORDER BY p.id LIMIT $3 OFFSET $4"
#define COUNTED(of) "SELECT count(*), coalesce(sum(CASE state WHEN 2 THEN amount_fen ELSE 0 END), 0) FROM payment p WHERE " of " AND p.business=$2"


static const struct detail details[] = {
    {"PAY:", "PAYMENTS", false, COUNTED(ONE_BRANCH), PAYMENTS(PARTS_SQLITE, ONE_BRANCH), PAYMENTS(PARTS_OF, ONE_BRANCH), payment_record},
    {"PAY:", "PAYMENTS", true, COUNTED(WHOLE_BANK), PAYMENTS(PARTS_SQLITE, WHOLE_BANK), PAYMENTS(PARTS_OF, WHOLE_BANK), payment_record},
    {"INV:", "NOTICES", false, "SELECT count(*), 0 FROM notice WHERE station=$1 AND business=$2",
     "SELECT payment, series, number, what, noted_ms FROM notice WHERE station=$1 AND business=$2 ORDER BY reference LIMIT $3 OFFSET $4", NULL, notice_record},
};

static void add(struct wire_part *p, const char *record, int len)
{
    p->records[p->record_count++] = (struct iso_slice){record, (size_t)len};
}

static bool gather(struct service *s, const struct detail *d, const struct key *branch, day_t day, struct wire_part *p, int64_t asked)
{
    static _Thread_local char records[ROWS_A_PART + 2][RECORD_SIZE];
    int64_t station = d->whole ? 0 : service_station(s, branch->bank, branch->branch, false), count = 0, sum = 0;
    struct db_arg args[] = {d->whole ? DB_TEXT(branch->bank) : DB_INT(station), DB_INT(day), DB_INT(ROWS_A_PART), DB_INT((asked - 1) * ROWS_A_PART)};
    char text[DAY_TEXT_SIZE];
    int at = 0;
    db_ask(s->db, d->count, args, 2);
    if (db_row(s->db)) count = db_int(s->db, 0), sum = db_int(s->db, 1);
    if (db_end(s->db) < 0) return false;
    p->last = count ? (count + ROWS_A_PART - 1) / ROWS_A_PART : 1;
    if (asked == 1)
        add(p, records[at], snprintf(records[at], RECORD_SIZE, "%s|1|%s|%s|%s|%s", d->kind, s->u->settings.id,
                                     day_format(day, text, sizeof text), branch->bank, branch->branch)), at++;
    db_ask(s->db, d->rows_pg && db_kind(s->db) == DB_POSTGRES ? d->rows_pg : d->rows, args, 4);
    while (at < ROWS_A_PART + 1 && db_row(s->db)) {
        int len = d->record(s, branch, records[at]);
        if (len > 0) add(p, records[at], len), at++;
    }
    if (db_end(s->db) < 0) return false;
    if (asked == p->last)
        add(p, records[at], snprintf(records[at], RECORD_SIZE, "END|%" PRId64 "|%" PRId64, count, sum));
    return true;
}

static void send_detail(struct service *s, struct exchange *x, const struct detail *d, day_t day, const struct wire_part *asked)
{
    struct wire_part p = {.part = asked->part ? asked->part : 1, .code = "00"};
    struct error err;
    if (p.part > 1000000) service_refuse(x, "30", "tag PT is no part");
    else if (!gather(s, d, &asked->head.key, day, &p, p.part)) service_refuse(x, "96", "the books cannot be read");
    else if (wire_part_answer(&x->request, &p, &x->answer, &err) != 0) service_refuse(x, "96", err.why);
    else x->answered = true;
}

void service_file(struct service *s, struct exchange *x)
{
    struct wire_part asked;
    struct error err;
    char *end = NULL;
    day_t day;
    bool readable = wire_part_unpack(&x->request, service_today(s), &asked, &err) == 0;
    if (readable && asked.action == '2') {
        service_result(s, x, &asked);
        return;
    }
    if (!readable || asked.action != '1') {
        service_refuse(x, "30", "a file is asked for with action 1, given with 2");
        return;
    }
    if (strncmp(asked.file, "WHL:", 4) == 0) {
        service_list(s, x, &asked);
        return;
    }
    if (strncmp(asked.file, "FEED:", 5) == 0 && text_digits(asked.file + 5)) {
        service_feed(s, x, strtoll(asked.file + 5, &end, 10));
        return;
    }
    for (size_t i = 0; i < sizeof details / sizeof *details; i++)
        if (strncmp(asked.file, details[i].prefix, 4) == 0 && details[i].whole == (asked.head.key.branch[0] == '\0') && day_parse_compact(asked.file + 4, &day)) {
            send_detail(s, x, &details[i], day, &asked);
            return;
        }
    service_refuse(x, "57", "files are FEED:<change>, PAY:<YYYYMMDD>, INV:<YYYYMMDD>, WHL:<batch>");
}
