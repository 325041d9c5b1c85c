/* The bill feed: the copy asks for what changed behind its last change, a part at
 * a time, one part under way, until the utility has no more. A feed that was cut
 * off goes on where it stopped. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "branchd/service.h"
#include "wire/session.h"
#include "wire/text.h"

#define HEAD_FIELDS 12 /* FEED|1|utility|made-at|date|from|to|next-year|minimum|cap|oldest|part */
#define RECORD_SIZE (BILL_WIRE_MAX + 64)
#define PART_ANSWER_MS 15000

struct head { int64_t made_at_ms, from, to; struct copy_rules rules; };

static bool whole_number(const char *text, int64_t *out)
{
    char *end;
    if (!text_digits(text)) return false;
    *out = strtoll(text, &end, 10);
    return *end == '\0';
}

/* Splits in place at '|'; false: not exactly `wanted` fields. */
static bool split(char *record, char **fields, size_t wanted)
{
    size_t count = 0;
    for (char *at = record; at; count++) {
        if (count == wanted) return false;
        fields[count] = at;
        at = strchr(at, '|');
        if (at) *at++ = '\0';
    }
    return count == wanted;
}

static bool read_head(const struct service *s, const struct iso_slice *record, struct head *h)
{
    char text[RECORD_SIZE], *f[HEAD_FIELDS];
    struct civil at;
    int64_t next_year, oldest, part;
    memset(h, 0, sizeof *h);
    if (record->len >= sizeof text) return false;
    memcpy(text, record->text, record->len);
    text[record->len] = '\0';
    if (!split(text, f, HEAD_FIELDS) || strcmp(f[0], "FEED") != 0 || strcmp(f[1], "1") != 0) return false;
    if (sscanf(f[3], "%4d-%2d-%2dT%2d:%2d:%2d", &at.year, &at.month, &at.day, &at.hour, &at.minute, &at.second) != 6) return false;
    if (!whole_number(f[5], &h->from) || !whole_number(f[6], &h->to) || !whole_number(f[7], &next_year) ||
        !whole_number(f[8], &h->rules.fee.minimum_fen) || !whole_number(f[9], &h->rules.fee.cap_fen) ||
        !whole_number(f[10], &oldest) || !whole_number(f[11], &part) || next_year > 1000)
        return false;
    h->made_at_ms = clock_from_local(&s->branch->clock, &at);
    h->rules.fee.next_year_permille = (int)next_year;
    h->rules.oldest_first = oldest != 0;
    h->rules.part_payment = part != 0;
    return true;
}

/* change|state|bill record */
static bool read_change(const struct iso_slice *record, struct copy_change *out)
{
    char text[64];
    struct bill_fault fault;
    const char *first = memchr(record->text, '|', record->len);
    const char *second = first ? memchr(first + 1, '|', record->len - (size_t)(first + 1 - record->text)) : NULL;
    if (second == NULL || (size_t)(second - record->text) >= sizeof text) return false;
    memcpy(text, record->text, (size_t)(second - record->text));
    text[second - record->text] = '\0';
    text[first - record->text] = '\0';
    return whole_number(text, &out->change) && copy_state_parse(text + (first + 1 - record->text), &out->state) &&
           bill_wire_parse(second + 1, record->len - (size_t)(second + 1 - record->text), &out->bill, &fault) == 0;
}

static void read_info(struct service *s)
{
    struct error err;
    if (copy_info(s->copy, &s->copy_info, &err) != 0) log_error("%s: %s", err.what, err.why);
}

static void stop(struct service *s, const char *why)
{
    s->feed_going = false;
    s->fed_ms = clock_monotonic_ms();
    if (why) log_warn("bill feed: %s", why);
}

static bool ask_part(struct service *s);

/* Applies one part; returns what went wrong, or NULL. */
static const char *apply(struct service *s, const struct wire_part *p, bool *whole)
{
    static struct copy_change changes[WIRE_RECORDS_MAX];
    struct head h;
    struct error err = {0};
    int count = 0;
    int64_t reached = s->copy_info.change;
    if (p->record_count < 1 || !read_head(s, &p->records[0], &h)) return "its head cannot be read";
    for (int i = 1; i < p->record_count; i++)
        if (!read_change(&p->records[i], &changes[count++])) return "a record in it cannot be read";
    if (copy_begin(s->copy, h.made_at_ms, h.to, &h.rules, &err) != 0 || copy_apply(s->copy, changes, count, &err) != 0)
        return "the copy cannot be written";
    if (count) reached = changes[count - 1].change;
    *whole = count == 0 || reached >= h.to;
    s->copy_info.change = reached;
    s->feed_left = h.to > reached ? h.to - reached : 0;
    if (*whole && copy_whole(s->copy, &err) != 0) return "the copy cannot be written";
    return NULL;
}

static void answered(struct service *s, const struct link_tag *tag, enum link_end how, const struct iso *m)
{
    static struct wire_part part;
    struct error err = {0};
    bool whole = false;
    const char *why = NULL;
    if (how != LINK_ANSWERED) why = how == LINK_TIMEOUT ? "no answer" : "the link was lost; it goes on from here";
    else if (wire_part_unpack(m, service_today(s), &part, &err) != 0) why = err.why;
    else if (strcmp(part.code, "00") != 0) why = "the utility refuses it";
    else why = apply(s, &part, &whole);
    if (why == NULL && !whole && ask_part(s)) return;
    stop(s, why);
    read_info(s);
    if (whole) service_changed(s);
}

static bool ask_part(struct service *s)
{
    struct wire_part p = {.action = '1', .part = 1};
    struct iso m;
    struct error err = {0};
    link_head(s->link, &p.head);
    snprintf(p.file, sizeof p.file, "FEED:%llu", (unsigned long long)s->copy_info.change % 1000000000000ULL);
    if (wire_part_ask(&p, &m, &err) != 0) return false;
    return link_ask(s->link, &m, PART_ANSWER_MS, false, answered, &(struct link_tag){0});
}

void feed_start(struct service *s)
{
    if (s->feed_going || !link_up(s->link)) return;
    read_info(s);
    s->feed_going = ask_part(s);
    if (!s->feed_going) s->fed_ms = clock_monotonic_ms();
}
