/* The late fee and its explanation. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/money.h"
#include "wire/bill.h"

static void part_add(struct late_fee *out, day_t first, day_t last, int rate_permille,
                     int64_t base_fen)
{
    if (last < first) return;
    assert(out->part_count < FEE_PARTS_MAX);
    out->parts[out->part_count++] = (struct fee_part){
        .first = first, .days = last - first + 1, .rate_permille = rate_permille,
        .base_fen = base_fen };
}

/* A year's turn divides the days of all but residents. */
static void divide(const struct fee_facts *f, day_t on, const struct fee_rules *rules,
                   struct late_fee *out)
{
    day_t year_end;
    bool real = day_from_ymd(day_year(f->due), 12, 31, &year_end);
    assert(real);
    (void)real;
    if (f->resident || on <= year_end) {
        part_add(out, f->due + 1, on, f->rate_permille, f->unpaid_fen);
        return;
    }
    part_add(out, f->due + 1, year_end, f->rate_permille, f->unpaid_fen);
    part_add(out, year_end + 1, on, rules->next_year_permille, f->unpaid_fen);
}

/* One rounding for the whole; what a part shows is the rounded sum so far less
 * what was shown before, so that the parts add up. */
static bool count_parts(struct late_fee *out)
{
    int64_t day_rates = 0, so_far = 0;
    for (int i = 0; i < out->part_count; i++) {
        struct fee_part *p = &out->parts[i];
        int64_t sum;
        day_rates += (int64_t)p->days * p->rate_permille;
        if (!money_muldiv(p->base_fen, day_rates, 1000, &sum)) return false;
        p->fee_fen = sum - so_far;
        so_far = sum;
    }
    out->fee_fen = so_far;
    return true;
}

bool late_fee(const struct fee_facts *facts, day_t on, const struct fee_rules *rules,
              struct late_fee *out)
{
    assert(facts->unpaid_fen >= 0);
    memset(out, 0, sizeof *out);
    if (on <= facts->due || facts->unpaid_fen == 0) return true;
    out->days = on - facts->due;
    divide(facts, on, rules, out);
    if (!count_parts(out)) return false;
    if (rules->minimum_fen && out->fee_fen < rules->minimum_fen) {
        out->fee_fen = rules->minimum_fen;
        out->adjusted = FEE_RAISED_TO_MINIMUM;
    }
    if (rules->cap_fen && out->fee_fen > rules->cap_fen) {
        out->fee_fen = rules->cap_fen;
        out->adjusted = FEE_CUT_TO_CAP;
    }
    return out->fee_fen <= MONEY_MAX_FEN;
}

bool bill_late_fee(const struct bill *b, int64_t unpaid_fen, day_t on,
                   const struct fee_rules *rules, struct late_fee *out)
{
    struct fee_facts facts = { b->tariff == BILL_CLASS_RESIDENT, b->due, b->rate_permille, unpaid_fen };
    return late_fee(&facts, on, rules, out);
}

const char *late_fee_text(const struct late_fee *fee, char *buf, size_t size)
{
    char base[MONEY_TEXT_SIZE], sum[MONEY_TEXT_SIZE];
    size_t used = 0;
    if (size) buf[0] = '\0';
    for (int i = 0; i < fee->part_count && used < size; i++) {
        const struct fee_part *p = &fee->parts[i];
        used += (size_t)snprintf(buf + used, size - used, "%s%d days x %d/1000 x %s", i ? " + " : "",
                                 p->days, p->rate_permille,
                                 money_format(p->base_fen, base, sizeof base));
    }
    static const char *const why[] = { "", " (the least that is asked)", " (the most that is asked)" };
    if (used < size)
        snprintf(buf + used, size - used, "%s%s%s", used ? " = " : "",
                 money_format(fee->fee_fen, sum, sizeof sum), why[fee->adjusted]);
    return buf;
}
