/* What stands in the way of closing the day, each a count and a sentence. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ledger/books.h"

/* Each query gives how many, and one example. ?1 is the day at work.
 * What only a few rows hold is read from their own small index, also in a branch of years. */
static const struct close_step {
    const char *name, *sql, *nothing, *some;
    bool carried; /* told, but never in the way */
} close_steps[LEDGER_CLOSE_STEPS] = {
    {"tills",
     "SELECT count(*), coalesce(min(number || ' of operator ' || operator), '') FROM"
     " (SELECT number, operator FROM till WHERE state <> 'closed' UNION ALL"
     "  SELECT number, handed_to FROM till WHERE handed_to IS NOT NULL AND taken_by IS NULL AND ?1 <> 0)",
     "every till is closed", "tills are open or in transit", false},
    {"unanswered",
     "SELECT count(*), coalesce(min(ref), '') FROM payment WHERE state = 'recorded' AND ?1 <> 0"
     " AND (state = 'recorded' OR state = 'advised' OR state = 'undoing' OR state = 'reversing' OR state = 'excepted' OR state = 'short')", /* so that payment_open serves */
     "every payment was answered, finished or abandoned", "payments have no answer: ask again, finish or abandon", false},
    {"doubts",
     "SELECT count(*), coalesce(min(ref), '') FROM"
     " (SELECT p.ref FROM invoice i JOIN payment p ON p.id = i.payment WHERE i.state = 'sent'"
     "  AND i.state IN ('planned', 'sent') UNION ALL"
     "  SELECT ref FROM payment WHERE held = 1 AND ?1 <> 0)",
     "nobody is in doubt about paper or cash", "payments are in doubt, of paper or of cash", false},
    {"paper",
     "SELECT count(*), coalesce(min(series || ' ' || number), '') FROM number WHERE state = 'void' AND paper IS NULL AND ?1 <> 0",
     "every void sheet was handed in or is named as missing", "void sheets are neither seen nor missing", false},
    {"vault",
     "SELECT (SELECT state FROM day WHERE date = ?1) <> 'closed' AND NOT EXISTS (SELECT 1 FROM"
     "  (SELECT expected_fen FROM count WHERE day = ?1 AND place = 'vault' ORDER BY id DESC LIMIT 1)"
     "  WHERE expected_fen = coalesce((SELECT balance_fen FROM account WHERE name = 'vault' AND commodity = 'CNY'), 0)), ''",
     "the vault was counted by two people", "count of the vault is missing since its cash last moved", false},
    {"queue",
     "SELECT count(*), coalesce(min(ref), '') FROM outbox WHERE (state = 'ready' OR state = 'in flight' OR state = 'parked') AND ?1 <> 0",
     "nothing waits for the utility", "messages wait for the utility and are carried over", true},
};

static enum ledger_result look(struct ledger *ledger, const struct close_step *row, day_t date, struct ledger_close_step *step,
                               struct error *err)
{
    char example[64];
    if (sql_one(ledger, err, row->sql, BIND(sql_int(date)), INTO(into_int64(&step->left), into_text(example, sizeof example))) != 1)
        return LEDGER_BROKEN;
    text_copy(step->name, sizeof step->name, row->name);
    step->done = step->left == 0 || row->carried;
    if (step->left)
        snprintf(step->words, sizeof step->words, "%lld %s%s%s", (long long)step->left, row->some,
                 example[0] ? ", one is " : "", example);
    else
        text_copy(step->words, sizeof step->words, row->nothing);
    return LEDGER_OK;
}

enum ledger_result day_steps(struct ledger *ledger, struct ledger_close_step steps[LEDGER_CLOSE_STEPS], struct error *err)
{
    struct ledger_day day;
    enum ledger_result r = day_now(ledger, &day, err);
    memset(steps, 0, LEDGER_CLOSE_STEPS * sizeof *steps);
    for (int i = 0; r == LEDGER_OK && i < LEDGER_CLOSE_STEPS; i++)
        r = look(ledger, &close_steps[i], day.date, &steps[i], err);
    return r;
}
