/* How much may still go on without the link today. */
#include "base/money.h"
#include "ledger/inside.h"

enum ledger_result payment_offline_left(struct ledger *ledger, struct ledger_offline_left *out, struct error *err)
{
    int64_t count, sum_fen;
    *out = (struct ledger_offline_left){0};
    if (sql_one(ledger, err, "SELECT count(*), coalesce(sum(amount_fen), 0) FROM payment WHERE offline = 1 AND undone = 0"
                " AND day = (SELECT date FROM day WHERE state <> 'closed')", BIND_NOTHING,
                INTO(into_int64(&count), into_int64(&sum_fen))) != 1)
        return LEDGER_BROKEN;
    const struct ledger_rules *rules = &ledger->rules;
    if (count < rules->offline_day_count)
        out->count = rules->offline_day_count - count;
    if (sum_fen < rules->offline_day_fen)
        out->sum_fen = rules->offline_day_fen - sum_fen;
    out->single_fen = rules->offline_single_fen;
    return LEDGER_OK;
}

enum ledger_result ledger_offline_check(struct ledger *ledger, day_t day, int64_t amount_fen, struct error *err)
{
    static const char what[] = "it can't go on without the link", wait[] = "wait for the link";
    int64_t count, sum_fen;
    char sum[MONEY_TEXT_SIZE];
    const struct ledger_rules *rules = &ledger->rules;
    if (amount_fen > rules->offline_single_fen)
        return ledger_refuse(err, LEDGER_OFFLINE_LIMIT, what, wait, "one payment may be up to %s",
                             money_format_grouped(rules->offline_single_fen, sum, sizeof sum));
    if (sql_one(ledger, err, "SELECT count(*), coalesce(sum(amount_fen), 0) FROM payment WHERE offline = 1 AND undone = 0"
                " AND day = ?1", BIND(sql_int(day)), INTO(into_int64(&count), into_int64(&sum_fen))) != 1)
        return LEDGER_BROKEN;
    if (count >= rules->offline_day_count)
        return ledger_refuse(err, LEDGER_OFFLINE_LIMIT, what, wait, "the day's %lld payments without the link are used up",
                             (long long)rules->offline_day_count);
    if (!money_add(sum_fen, amount_fen, &sum_fen) || sum_fen > rules->offline_day_fen)
        return ledger_refuse(err, LEDGER_OFFLINE_LIMIT, what, wait, "the day's sum without the link may be up to %s",
                             money_format_grouped(rules->offline_day_fen, sum, sizeof sum));
    return LEDGER_OK;
}
