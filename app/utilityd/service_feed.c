/* The bill feed: file "FEED:<change>" is what changed behind that number, a part
 * at a time; the first record of each part is the feed's head. A feed that was cut
 * off goes on behind the last change that came. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "utilityd/service.h"
#include "wire/bill.h"
#include "wire/session.h"

#define RECORD_SIZE (BILL_WIRE_MAX + 1)
#define PART_BYTES 6800 /* of records: what surely fits one message */

static const char *const states[] = {"open", "paid", "withheld", "withdrawn"};

static bool read_bill(struct db *q, struct bill *b)
{
    char tariff[8];
    memset(b, 0, sizeof *b);
    db_copy(q, 2, b->number, sizeof b->number);
    db_copy(q, 3, b->customer, sizeof b->customer);
    db_copy(q, 4, b->name, sizeof b->name);
    db_copy(q, 5, b->address, sizeof b->address);
    db_copy(q, 6, b->station, sizeof b->station);
    db_copy(q, 7, tariff, sizeof tariff);
    b->tariff = tariff[0];
    db_copy(q, 8, b->meter, sizeof b->meter);
    db_copy(q, 9, b->period, sizeof b->period);
    b->prev = db_int(q, 10);
    b->curr = db_int(q, 11);
    b->multiplier = db_int(q, 12);
    b->kwh = db_int(q, 13);
    b->amount_fen = db_int(q, 14); /* less what credit covers */
    b->due = (day_t)db_int(q, 16);
    b->window_first = (day_t)db_int(q, 17);
    b->window_last = (day_t)db_int(q, 18);
    b->rate_permille = (int)db_int(q, 19);
    return bill_tiers_parse(db_text(q, 15), b->tiers, &b->tier_count) == 0;
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

/* Records behind `from` and up to `to`, as many as fit one answer. -1: the books can't be read. */
static int gather(struct service *s, int64_t from, int64_t to, struct wire_part *p, char (*records)[RECORD_SIZE])
{
    struct bill b;
    size_t bytes = p->records[0].len;
    db_ask(s->db, "SELECT b.change, b.state, b.number, b.customer, c.name, c.address, c.supply, b.class, b.meter, b.period,"
                  " b.previous, b.current, b.multiplier, b.kwh, b.amount_fen - b.covered_fen, b.tiers, b.due, b.first_day,"
                  " b.last_day, b.rate_permille FROM change h CROSS JOIN bill b JOIN customer c ON c.number=b.customer"
                  " WHERE h.id > $1 AND h.id <= $2 AND b.id=h.bill AND b.change=h.id ORDER BY h.id LIMIT 63", DB_ARGS(DB_INT(from), DB_INT(to)));
    while (p->record_count < WIRE_RECORDS_MAX && db_row(s->db)) {
        char *record = records[p->record_count];
        int len = snprintf(record, RECORD_SIZE, "%lld|%s|", (long long)db_int(s->db, 0), states[db_int(s->db, 1)]);
        int more = read_bill(s->db, &b) ? bill_wire_format(&b, record + len, RECORD_SIZE - (size_t)len) : -1;
        if (more < 0) continue; /* the import refuses what would not fit */
        bytes += (size_t)(len + more) + 1;
        if (bytes > PART_BYTES && p->record_count > 1) break;
        p->records[p->record_count++] = (struct iso_slice){record, (size_t)(len + more)};
    }
    return db_end(s->db) < 0 ? -1 : 0;
}

void service_feed(struct service *s, struct exchange *x, int64_t from)
{
    static _Thread_local char records[WIRE_RECORDS_MAX][RECORD_SIZE];
    struct wire_part p = {.part = 1, .code = "00", .record_count = 1};
    struct error err;
    int64_t to = store_settled(s->db, "SELECT coalesce(max(id), 0) FROM change");
    p.records[0] = (struct iso_slice){records[0], head_record(s, from, to, records[0])};
    if (to < 0 || gather(s, from, to, &p, records) != 0) {
        service_refuse(x, "96", "the books cannot be read");
        return;
    }
    /* what doesn't fill eight fields well needs a few records less */
    while (wire_part_answer(&x->request, &p, &x->answer, &err) != 0 && p.record_count > 2)
        p.record_count--;
    x->answered = true;
}
