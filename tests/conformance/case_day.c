/* The day: totals, invoice notices, files, closing. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "conformance/conformance.h"
#include "wire/notice.h"
#include "wire/tags.h"

/* What the day's totals are now. */
static bool as_they_are(struct run *r, struct wire_totals *t)
{
    struct wire_totals none;
    memset(&none, 0, sizeof none);
    return totals(r, &none, false, false, t);
}

static bool moved(struct run *r, const struct wire_totals *from, const struct wire_totals *to, int64_t credits, int64_t fen, int64_t undone, int64_t undone_fen,
                  const char *by)
{
    return check(r, to->credits - from->credits == credits && to->credits_fen - from->credits_fen == fen &&
                        to->credit_undone - from->credit_undone == undone && to->credit_undone_fen - from->credit_undone_fen == undone_fen,
                 "%s moved payments by %" PRId64 "/%" PRId64 " and reversals by %" PRId64 "/%" PRId64 ", wanted %" PRId64 "/%" PRId64 " and %" PRId64
                 "/%" PRId64, by, to->credits - from->credits, to->credits_fen - from->credits_fen, to->credit_undone - from->credit_undone,
                 to->credit_undone_fen - from->credit_undone_fen, credits, fen, undone, undone_fen);
}

static void counting(struct run *r)
{
    struct wire_totals a, b, c, d;
    struct wire_payment p;
    if (!as_they_are(r, &a) || !new_prepaid(r, 123, &p) || !pay(r, &p, "0200", "00", NULL) || !as_they_are(r, &b)) return;
    if (!moved(r, &a, &b, 1, 123, 0, 0, "a payment of 1.23")) return;
    if (!undo(r, &p, "0400", "00", NULL) || !as_they_are(r, &c) || !moved(r, &b, &c, 0, 0, 1, 123, "its reversal")) return;
    if (!new_prepaid(r, 45, &p) || !pay(r, &p, "0220", "00", NULL) || !undo(r, &p, "0420", "00", NULL) || !as_they_are(r, &d)) return;
    moved(r, &c, &d, 0, 0, 0, 0, "a payment undone by 0420");
}

static void balance(struct run *r)
{
    struct wire_totals a, b;
    if (!as_they_are(r, &a) || !totals(r, &a, false, false, &b)) return;
    if (!check(r, b.settlement == 1, "the utility's own figures are answered with DE 66 = %d, wanted 1", b.settlement)) return;
    a.credits++;
    a.credits_fen += 100;
    if (totals(r, &a, false, false, &b)) check(r, b.settlement == 2, "a payment too many is answered with DE 66 = %d, wanted 2", b.settlement);
}

static void whole_bank(struct run *r)
{
    struct wire_totals none, a, b, branch;
    memset(&none, 0, sizeof none);
    if (!totals(r, &none, false, true, &a) || !totals(r, &a, false, true, &b) || !as_they_are(r, &branch)) return;
    if (check(r, b.settlement == 1, "the bank's own figures are answered with DE 66 = %d", b.settlement))
        check(r, a.credits >= branch.credits && a.credits_fen >= branch.credits_fen, "the bank's totals are less than its branch's");
}

static void notices(struct run *r)
{
    struct wire_payment p;
    struct wire_notice n = {.series = "CONF", .what = "printed"};
    struct wire_totals a, b;
    struct iso m, answer;
    char number[16];
    if (!new_prepaid(r, 100, &p) || !pay(r, &p, "0200", "00", NULL) || !as_they_are(r, &a)) return;
    snprintf(number, sizeof number, "%08" PRId64, r->counter % 100000000);
    new_head(r, PROC_INVOICE, &n.head);
    text_copy(n.payment, sizeof n.payment, p.head.key.ref);
    n.number = number;
    if (wire_notice_pack(&n, &m, NULL) != 0 || !ask(r, &m, &answer) || !expect(r, &answer, "00", "an invoice notice")) return;
    memcpy(m.mti, "0221", 5);
    if (!ask(r, &m, &answer) || !expect(r, &answer, "00", "its repeat") || !as_they_are(r, &b)) return;
    if (moved(r, &a, &b, 0, 0, 0, 0, "an invoice notice")) undo(r, &p, "0420", "00", NULL);
}

/* --- files ----------------------------------------------------------------------------------- */

static bool part_of(struct run *r, const char *file, int64_t number, struct iso *answer, struct wire_part *part)
{
    struct wire_part p = {.action = '1', .part = number};
    struct iso m;
    struct error err;
    if (!connected(r)) return false;
    new_head(r, -1, &p.head);
    text_copy(p.file, sizeof p.file, file);
    if (wire_part_ask(&p, &m, &err) != 0) return fails(r, "0300 cannot be made: %s %s", err.where, err.why);
    if (!ask(r, &m, answer) || !expect(r, answer, "00", file)) return false;
    return wire_part_unpack(answer, clock_today(&r->clock), part, &err) == 0 || fails(r, "the part cannot be read: %s %s", err.where, err.why);
}

static int64_t first_number(const struct iso_slice *s) { return strtoll(s->text, NULL, 10); }

static void feed(struct run *r)
{
    struct iso answer;
    struct wire_part part;
    char file[18];
    int64_t last = 0;
    if (!part_of(r, "FEED:0", 1, &answer, &part)) return;
    if (!check(r, part.record_count > 0 && part.records[0].len > 7 && memcmp(part.records[0].text, "FEED|1|", 7) == 0, "the first record is no head")) return;
    for (int i = 1; i < part.record_count; i++) {
        int64_t change = first_number(&part.records[i]);
        if (!check(r, change > last, "change %" PRId64 " stands behind change %" PRId64, change, last)) return;
        last = change;
    }
    if (part.record_count == 1) return;
    snprintf(file, sizeof file, "FEED:%" PRId64, last);
    if (part_of(r, file, 1, &answer, &part) && part.record_count > 1)
        check(r, first_number(&part.records[1]) > last, "asked for what is behind change %" PRId64 ", change %" PRId64 " came", last, first_number(&part.records[1]));
}

/* Finds a record that begins so, in all parts; -1: the file was not to be had. */
static int find_record(struct run *r, const char *file, const char *header, const char *wanted, const char *holds)
{
    struct iso answer;
    struct wire_part part;
    int64_t number = 1, last = 1;
    int found = 0;
    size_t len = strlen(wanted);
    for (; number <= last; number++) {
        if (!part_of(r, file, number, &answer, &part)) return -1;
        last = part.last;
        if (number == 1 && !check(r, part.record_count > 0 && memcmp(part.records[0].text, header, strlen(header)) == 0, "%s does not begin with %s", file, header))
            return -1;
        for (int i = 0; i < part.record_count; i++) {
            char text[ISO_FIELD_MAX + 1];
            snprintf(text, sizeof text, "%.*s", (int)part.records[i].len, part.records[i].text);
            if (strncmp(text, wanted, len) == 0 && strstr(text, holds)) found++;
            if (number == last && i == part.record_count - 1 && !check(r, strncmp(text, "END|", 4) == 0, "%s does not end with its trailer", file)) return -1;
        }
    }
    return found;
}

static void detail(struct run *r)
{
    struct wire_payment kept, back;
    char file[18], key[KEY_TEXT_SIZE];
    int y, m, d;
    if (!new_prepaid(r, 100, &kept) || !pay(r, &kept, "0200", "00", NULL)) return;
    if (!new_prepaid(r, 100, &back) || !pay(r, &back, "0200", "00", NULL) || !undo(r, &back, "0400", "00", NULL)) return;
    day_to_ymd(clock_today(&r->clock), &y, &m, &d);
    snprintf(file, sizeof file, "PAY:%04d%02d%02d", y % 10000, m % 100, d % 100);
    int found = find_record(r, file, "PAYMENTS|1|", key_format(&kept.head.key, key, sizeof key), "|posted|");
    if (found < 0 || !check(r, found == 1, "the posted key stands %d times in %s", found, file)) return;
    found = find_record(r, file, "PAYMENTS|1|", key_format(&back.head.key, key, sizeof key), "|reversed|");
    if (found < 0 || !check(r, found == 1, "the reversed key stands %d times in %s", found, file)) return;
    undo(r, &kept, "0420", "00", NULL);
}

/* --- closing: last, for no payment of this branch and day is taken behind it ------------------- */

static void closes(struct run *r)
{
    struct wire_totals a, b;
    struct wire_payment p;
    struct wire_answer answer;
    if (!r->opt.close_day) {
        skips(r, "closes the branch's day for good (--close-day)");
        return;
    }
    if (!as_they_are(r, &a) || !totals(r, &a, true, false, &b)) return;
    if (!check(r, b.settlement == 1, "the utility's own figures with CO: DE 66 = %d", b.settlement)) return;
    if (!new_prepaid(r, 100, &p) || !pay(r, &p, "0200", "98", NULL)) return;
    if (!new_prepaid(r, 100, &p) || !pay(r, &p, "0220", "00", &answer) || !as_they_are(r, &b)) return;
    for (int i = 0; i < b.reopened_count; i++)
        if (b.reopened[i] == p.head.business_day) return;
    fails(r, "an advice re-opened the agreed day, and RO does not say so");
}

static const struct test_case rows[] = {
    {"totals-count", "Totals", "a payment counts, its reversal counts beside it, a key undone by 0420 counts nowhere", counting},
    {"totals-balance", "Totals", "0500: DE 66 is 1 for the utility's own figures, 2 for others", balance},
    {"totals-bank", "Totals", "0500 without DE 42 is for the whole bank", whole_bank},
    {"notice", "Invoice notices", "0220/340000 and its repeat: 00, and in no totals", notices},
    {"feed", "Files", "FEED: a head, then changes in their order; asked behind a change it goes on there", feed},
    {"detail", "Files", "PAY: header, each key once with its state, trailer", detail},
};
const struct case_table day_cases = {rows, sizeof rows / sizeof *rows};

static const struct test_case last_rows[] = {
    {"day-closed", "Totals", "0500 with CO in balance closes the day: 0200 98, 0220 posted and the day listed in RO", closes},
};
const struct case_table close_cases = {last_rows, 1};
