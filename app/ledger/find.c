/* Payments by what a person knows of them, newest first. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ledger/inside.h"

#define REST \
    " AND (?1 IS NULL OR p.customer = ?1) AND (?2 IS NULL OR p.terminal = ?2) AND (?3 IS NULL OR p.operator = ?3)" \
    " AND (?4 IS NULL OR p.day = ?4) AND (?5 IS NULL OR EXISTS (SELECT 1 FROM invoice i WHERE i.payment = p.id AND i.number = ?5))" \
    " ORDER BY p.id DESC LIMIT ?6"

/* The narrowest that is named leads, so that an index serves. */
static const char by_number[] = "SELECT p.id FROM payment p WHERE p.id IN (SELECT i.payment FROM book b JOIN invoice i"
                                " ON i.series = b.series AND i.number = ?5)" REST;
static const char by_customer[] = "SELECT p.id FROM payment p WHERE p.customer = ?1" REST;
static const char by_terminal[] = "SELECT p.id FROM payment p WHERE p.terminal = ?2" REST;
static const char by_day[] = "SELECT p.id FROM payment p WHERE p.day = ?4" REST;
static const char by_nothing[] = "SELECT p.id FROM payment p WHERE p.id > 0" REST;

static struct sql_value text_or_any(const char *text) { return text && text[0] ? sql_text(text) : sql_null(); }

static const char *leading(const struct ledger_find *f, bool number)
{
    if (number)
        return by_number;
    if (f->customer && f->customer[0])
        return by_customer;
    if (f->terminal && f->terminal[0])
        return by_terminal;
    return f->day != DAY_NONE ? by_day : by_nothing;
}

enum ledger_result payment_find(struct ledger *ledger, const struct ledger_find *find, int64_t *ids, int max, int *count,
                                struct error *err)
{
    bool number = find->number && find->number[0];
    int got = 0;
    int64_t id;
    *count = 0;
    if (number && (!text_digits(find->number) || strlen(find->number) > 18))
        return LEDGER_OK; /* no invoice has such a number */
    sqlite3_stmt *walk = sql_start(ledger, err, leading(find, number),
        BIND(text_or_any(find->customer), text_or_any(find->terminal), text_or_any(find->operator_number),
             find->day == DAY_NONE ? sql_null() : sql_int(find->day),
             number ? sql_int(strtoll(find->number, NULL, 10)) : sql_null(), sql_int(max)));
    if (!walk)
        return LEDGER_BROKEN;
    while (*count < max && (got = sql_next(ledger, err, walk, INTO(into_int64(&id)))) == 1)
        ids[(*count)++] = id;
    sql_stop(walk);
    return got < 0 ? LEDGER_BROKEN : LEDGER_OK;
}
