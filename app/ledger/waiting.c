/* What waits for a person: after a restart every unfinished thing is on one of these lists. */
#include <string.h>

#include "ledger/inside.h"

#define PATIENCE_MS 5000 /* a payment just taken, whose first answer may yet come */

/* Of this terminal, or of one that nobody has a till at; all for NULL. */
#define HERE(terminal) \
    " AND (?1 IS NULL OR " terminal " = ?1 OR NOT EXISTS (SELECT 1 FROM till t WHERE t.terminal = " terminal " AND t.state <> 'closed'))"
#define OPEN "(p.state = 'recorded' OR p.state = 'advised' OR p.state = 'undoing' OR p.state = 'reversing' OR p.state = 'excepted' OR p.state = 'short')" /* so that payment_open serves */
#define PAYMENTS(since) "SELECT p.id, p.day, " since " FROM payment p WHERE ?2 IS NOT NULL AND "

static const struct { const char *word, *sql; } kinds[WAIT_KINDS] = {
    [WAIT_DECLINED] = {"declined",
        PAYMENTS("p.answered_at") "p.owed_fen > 0 AND p.state = 'declined' AND p.held = 0" HERE("p.terminal") " ORDER BY +p.id"},
    [WAIT_NO_ANSWER] = {"no-answer",
        PAYMENTS("p.taken_at") OPEN " AND p.state = 'recorded' AND p.held = 0 AND EXISTS (SELECT 1 FROM outbox o"
        " WHERE o.payment = p.id AND o.class = '0200' AND NOT (o.state = 'in flight' AND o.tries = 1)"
        " AND (o.tries > 0 OR p.taken_at < ?2))" HERE("p.terminal") " ORDER BY +p.id"},
    [WAIT_UNACKNOWLEDGED] = {"unacknowledged",
        PAYMENTS("p.taken_at") "p.held = 1 AND (SELECT restored FROM branch) = 0" HERE("p.terminal") " ORDER BY +p.id"},
    [WAIT_DOUBT] = {"doubt",
        "SELECT p.id, p.day, i.sent_at FROM invoice i JOIN payment p ON p.id = i.payment WHERE ?2 IS NOT NULL"
        " AND i.state = 'sent' AND i.state IN ('planned', 'sent') AND i.doubt = 'unknown'" HERE("p.terminal") " ORDER BY +i.id"},
    [WAIT_HANDED_OVER] = {"handed-over",
        "SELECT p.id, p.day, i.sent_at FROM invoice i JOIN payment p ON p.id = i.payment WHERE ?2 IS NOT NULL"
        " AND i.state = 'sent' AND i.state IN ('planned', 'sent') AND i.doubt = 'handed-over'" HERE("p.terminal") " ORDER BY +i.id"},
    [WAIT_GIVE_BACK] = {"give-back",
        PAYMENTS("coalesce(p.answered_at, p.taken_at)") "p.owed_fen > 0 AND p.state <> 'declined' AND p.held = 0" HERE("p.terminal") " ORDER BY +p.id"},
    [WAIT_EXCEPTION] = {"exception",
        PAYMENTS("p.answered_at") OPEN " AND p.state = 'excepted' AND p.held = 0"
        " AND (p.moved_fen = 0 OR p.moved_fen < (SELECT sum(amount_fen) FROM disposition d WHERE d.payment = p.id AND d.place <> 'BL'))"
        HERE("p.terminal") " ORDER BY +p.id"},
    [WAIT_SHORT] = {"short",
        PAYMENTS("p.answered_at") OPEN " AND p.state = 'short'" HERE("p.terminal") " ORDER BY +p.id"},
    [WAIT_PARKED] = {"parked",
        "SELECT p.id, p.day, o.made_at FROM outbox o JOIN payment p ON p.id = o.payment WHERE ?2 IS NOT NULL"
        " AND o.state = 'parked' AND (o.state = 'ready' OR o.state = 'in flight' OR o.state = 'parked')" HERE("p.terminal") " ORDER BY +o.id"},
    [WAIT_RESTORED] = {"restored",
        "SELECT coalesce((SELECT id FROM payment p WHERE p.ref = r.ref), 0), coalesce(r.day, 0), r.taken_at FROM restored r"
        " WHERE ?1 IS NULL AND ?2 IS NOT NULL AND r.settled_at IS NULL ORDER BY r.kind, r.ref"},
    [WAIT_AGREEMENT] = {"agreement",
        "SELECT 0, date, cut_at FROM day WHERE ?1 IS NOT 0 AND ?2 IS NOT NULL AND state IN ('cut off', 'closed')"
        " AND agreement <> 'agreed' ORDER BY date"},
};

const char *wait_word(enum ledger_wait kind)
{
    return (unsigned)kind < WAIT_KINDS ? kinds[kind].word : "";
}

enum ledger_result waiting_list(struct ledger *ledger, const char *terminal, struct ledger_waiting *rows, int max, int *count,
                                int64_t counts[WAIT_KINDS], struct error *err)
{
    int64_t before_ms = clock_now_ms(&ledger->world.clock) - PATIENCE_MS;
    *count = 0;
    memset(counts, 0, WAIT_KINDS * sizeof *counts);
    for (int kind = 0; kind < WAIT_KINDS; kind++) {
        struct ledger_waiting w = {.kind = (enum ledger_wait)kind};
        int got;
        sqlite3_stmt *walk = sql_start(ledger, err, kinds[kind].sql, BIND(sql_text(terminal), sql_int(before_ms)));
        if (!walk)
            return LEDGER_BROKEN;
        while ((got = sql_next(ledger, err, walk, INTO(into_int64(&w.payment), into_int(&w.day), into_int64(&w.since_ms)))) == 1) {
            counts[kind]++;
            if (*count < max)
                rows[(*count)++] = w;
        }
        if (got < 0)
            return LEDGER_BROKEN;
    }
    return LEDGER_OK;
}
