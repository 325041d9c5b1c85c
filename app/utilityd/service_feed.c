/* The bill feed: file "FEED:<change>" is what changed behind that number, a part
 * at a time; the first record of each part is the feed's head. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "wire/bill.h"
#include "wire/session.h"

#define FEED_PREFIX "FEED:"
#define RECORD_SIZE (BILL_WIRE_MAX + 1)

static const char *const states[] = {"open", "paid", "withheld", "withdrawn"};

static void text(sqlite3_stmt *q, int column, char *dst, size_t size)
{
    const char *value = (const char *)sqlite3_column_text(q, column);
    if (!text_copy(dst, size, value ? value : "")) dst[0] = '\0';
}

static bool read_bill(sqlite3_stmt *q, struct bill *b)
{
    char tiers[256], tariff[8];
    memset(b, 0, sizeof *b);
    text(q, 2, b->number, sizeof b->number);
    text(q, 3, b->customer, sizeof b->customer);
    text(q, 4, b->name, sizeof b->name);
    text(q, 5, b->address, sizeof b->address);
    text(q, 6, b->station, sizeof b->station);
    text(q, 7, tariff, sizeof tariff);
    b->tariff = tariff[0];
    text(q, 8, b->meter, sizeof b->meter);
    text(q, 9, b->period, sizeof b->period);
    b->prev = sqlite3_column_int64(q, 10);
    b->curr = sqlite3_column_int64(q, 11);
    b->multiplier = sqlite3_column_int64(q, 12);
    b->kwh = sqlite3_column_int64(q, 13);
    b->amount_fen = sqlite3_column_int64(q, 14); /* less what credit covers */
    text(q, 15, tiers, sizeof tiers);
    b->due = sqlite3_column_int(q, 16);
    b->window_first = sqlite3_column_int(q, 17);
    b->window_last = sqlite3_column_int(q, 18);
    b->rate_permille = sqlite3_column_int(q, 19);
    return bill_tiers_parse(tiers, b->tiers, &b->tier_count) == 0;
}

static size_t head_record(struct service *s, int64_t from, int64_t to, char *record)
{
    const struct utility_settings *set = &s->u->settings;
    char made[CLOCK_TEXT_SIZE], day[DAY_TEXT_SIZE];
    int len = snprintf(record, RECORD_SIZE, "FEED|1|%s|%s|%s|%lld|%lld|%lld|%lld|%lld|%d|0", set->id,
                       clock_format(&s->u->clock, clock_now_ms(&s->u->clock), made, sizeof made),
                       day_format(service_today(s), day, sizeof day), (long long)from, (long long)to,
                       (long long)set->next_year_permille, (long long)set->minimum_fen, (long long)set->cap_fen, set->oldest_first);
    return (size_t)len;
}

/* Records behind `from`, as many as fit one answer. -1: the books can't be read. */
static int gather(struct service *s, int64_t from, struct wire_part *p, char (*records)[RECORD_SIZE])
{
    sqlite3_stmt *q = NULL;
    struct bill b;
    int status;
    if (sqlite3_prepare_v2(s->db, "SELECT b.change, b.state, b.number, b.customer, c.name, c.address, c.supply, c.class, b.meter, b.period,"
                                  " b.previous, b.current, b.multiplier, b.kwh, b.amount_fen - b.covered_fen, b.tiers, b.due, b.first_day,"
                                  " b.last_day, b.rate_permille FROM bill b JOIN customer c ON c.number=b.customer WHERE b.change > ?"
                                  " ORDER BY b.change LIMIT ?", -1, &q, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_int64(q, 1, from);
    sqlite3_bind_int(q, 2, WIRE_RECORDS_MAX - 1);
    while ((status = sqlite3_step(q)) == SQLITE_ROW && p->record_count < WIRE_RECORDS_MAX) {
        char *record = records[p->record_count];
        int len = snprintf(record, RECORD_SIZE, "%lld|%s|", (long long)sqlite3_column_int64(q, 0), states[sqlite3_column_int(q, 1)]);
        int more = read_bill(q, &b) ? bill_wire_format(&b, record + len, RECORD_SIZE - (size_t)len) : -1;
        if (more < 0) continue; /* the import refuses what would not fit */
        p->records[p->record_count++] = (struct iso_slice){record, (size_t)(len + more)};
    }
    sqlite3_finalize(q);
    return status == SQLITE_DONE || status == SQLITE_ROW ? 0 : -1;
}

void service_feed(struct service *s, struct exchange *x)
{
    static _Thread_local char records[WIRE_RECORDS_MAX][RECORD_SIZE];
    struct wire_part asked, p = {.part = 1, .code = "00"};
    struct error err;
    char *end = NULL;
    int64_t from = 0;
    if (wire_part_unpack(&x->request, service_today(s), &asked, &err) != 0) {
        service_refuse(x, "30", err.why);
        return;
    }
    if (strncmp(asked.file, FEED_PREFIX, sizeof FEED_PREFIX - 1) == 0) from = strtoll(asked.file + sizeof FEED_PREFIX - 1, &end, 10);
    if (end == NULL || *end || from < 0 || asked.action != '1') {
        service_refuse(x, "57", "only the file FEED:<change> is sent");
        return;
    }
    int64_t to = utility_db_int(s->db, "SELECT coalesce(max(change), 0) FROM bill");
    p.records[0] = (struct iso_slice){records[0], head_record(s, from, to, records[0])};
    p.record_count = 1;
    if (to < 0 || gather(s, from, &p, records) != 0) {
        service_refuse(x, "96", "the books cannot be read");
        return;
    }
    /* the fullest part that fits: fewer records until the message holds them */
    while (wire_part_answer(&x->request, &p, &x->answer, &err) != 0 && p.record_count > 2)
        p.record_count--;
    x->answered = true;
}
