/* The journal's invariants, each a query that counts what breaks it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/bank.h"

static const struct { const char *name, *what, *sql; } rules[] = {
    {"file", "the file is whole", "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'"}, /* SQLite's alone */
    {"no-gap", "no row is left out", "SELECT coalesce(max(seq) - min(seq) + 1, 0) - count(*) FROM message"},
    {"run-order", "rows are in the order of their runs",
     "SELECT count(*) FROM (SELECT run, lag(run) OVER (ORDER BY seq) AS before FROM message) AS walked WHERE before > run"},
    {"own-codes", "the relay made no code but 00 30 58 68 91",
     "SELECT count(*) FROM message WHERE fate='own' AND code NOT IN ('00','30','58','68','91')"},
    {"own-local", "it approved nothing but messages to itself", "SELECT count(*) FROM message WHERE fate='own' AND code='00' AND substr(mti,1,2)<>'08'"},
    {"advice-unsaid", "no advice was answered with 68 or 91",
     "SELECT count(*) FROM message WHERE fate='own' AND code IN ('68','91') AND mti IN ('0230','0430')"},
    {"approval-once", "a key has one approval",
     "SELECT count(*) FROM (SELECT 1 FROM message WHERE fate IN ('answer','late','nobody') AND mti IN ('0210','0230') AND code='00'"
     " AND approval<>'' GROUP BY bank, branch, reference HAVING count(DISTINCT approval) > 1) AS twice"},
    {"balance", "an account's balance is the sum of its entries",
     "SELECT count(*) FROM account a LEFT JOIN (SELECT number, sum(fen) AS fen, count(*) AS lines FROM (SELECT credit AS number, fen FROM entry UNION ALL"
     " SELECT debit, -fen FROM entry) AS sides GROUP BY number) s ON s.number=a.number WHERE a.balance_fen<>coalesce(s.fen, 0) OR a.lines<>coalesce(s.lines, 0)"},
    {"line-chain", "an account's lines follow one another",
     "SELECT count(*) FROM entry e LEFT JOIN entry b ON b.id=e.before WHERE e.line>0 AND (e.line<>coalesce(b.line, 0) + 1"
     " OR e.balance_fen<>coalesce(b.balance_fen, 0) + CASE WHEN e.credit>=1000 THEN e.fen ELSE -e.fen END)"},
    {"last-line", "the last line is the account's last entry",
     "SELECT count(*) FROM account a LEFT JOIN entry e ON e.id=a.last WHERE a.last>0 AND (e.id IS NULL OR e.line<>a.lines OR e.balance_fen<>a.balance_fen)"},
    {"account-known", "every special account of the journal is known",
     "SELECT count(*) FROM entry e WHERE (e.debit>=1000 AND NOT EXISTS (SELECT 1 FROM account WHERE number=e.debit))"
     " OR (e.credit>=1000 AND NOT EXISTS (SELECT 1 FROM account WHERE number=e.credit))"},
    {"debited-once", "a row of a batch is debited once",
     "SELECT count(*) FROM (SELECT 1 FROM entry WHERE batch>0 GROUP BY batch, row HAVING count(*) > 1) AS twice"},
    {"batch-whole", "each row of a batch that was run is debited or has a reason",
     "SELECT count(*) FROM batch b WHERE state>0 AND records<>(SELECT count(DISTINCT row) FROM (SELECT row FROM entry e WHERE e.batch=b.id UNION"
     " SELECT row FROM failed f WHERE f.batch=b.id) AS judged)"},
    {"held", "held money is that of payments without an answer",
     "SELECT count(*) FROM (SELECT coalesce(sum(CASE WHEN credit=3 THEN fen ELSE -fen END), 0) AS fen FROM entry WHERE credit=3 OR debit=3) e,"
     " (SELECT coalesce(sum(fen), 0) AS fen FROM hold WHERE state=1) h WHERE e.fen<>h.fen"},
    {"hold-booked", "what became of each payment from an account is booked",
     "SELECT count(*) FROM hold h WHERE coalesce((SELECT sum(CASE WHEN e.debit=h.account THEN e.fen ELSE -e.fen END) FROM entry e"
     " WHERE e.key=h.bank || '/' || h.branch || '/' || h.reference AND (e.debit=h.account OR e.credit=h.account)), 0)"
     " <> CASE WHEN h.state IN (1, 2) THEN h.fen ELSE h.rest_fen END"},
    {"day-settled", "what a branch's days settled is the sum of its entries",
     "SELECT count(*) FROM (SELECT 1 FROM (SELECT branch, business, fen FROM settled UNION ALL SELECT branch, business, CASE WHEN debit=2 THEN -fen ELSE fen END FROM entry"
     " WHERE what=8 AND debit IN (1,2) AND credit IN (1,2)) AS both_sides GROUP BY branch, business HAVING sum(fen)<>0)"
     " AS apart"},
    {"closed-empty", "a closed account holds nothing", "SELECT count(*) FROM account WHERE state=2 AND balance_fen<>0"},
    {"answer-sent", "what was answered had been sent on",
     "SELECT count(*) FROM message a WHERE a.fate IN ('answer','late','nobody') AND a.reference<>'' AND NOT EXISTS (SELECT 1 FROM message s"
     " WHERE s.fate='sent' AND s.reference=a.reference AND s.branch=a.branch AND s.bank=a.bank AND s.seq<a.seq)"
     " AND NOT EXISTS (SELECT 1 FROM run WHERE ended_ms IS NULL AND id<=a.run)"
     " AND a.at_ms > (SELECT min(at_ms) + 60000 FROM message)"},
};

#define RULES (sizeof rules / sizeof *rules)

static void say(bool json, size_t rule, int64_t count)
{
    if (json) printf("{\"rule\":\"%s\",\"holds\":%s,\"broken\":%lld}\n", rules[rule].name, count == 0 ? "true" : "false", (long long)count);
    else if (count == 0) printf("%-46s holds\n", rules[rule].what);
    else if (count > 0) printf("%-46s BROKEN %lld times\n", rules[rule].what, (long long)count);
    else printf("%-46s NOT CHECKED\n", rules[rule].what);
}

int cmd_verify(struct bank *b, int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    struct error err;
    int broken = 0;
    if (argc > 1 && !json) {
        bank_command_help(stderr, bank_command("verify"));
        return EX_USAGE;
    }
    struct db *db = bank_db(b, &err);
    if (db == NULL) {
        error_print("bankd", &err);
        return EX_UNAVAILABLE;
    }
    for (size_t i = 0; i < RULES; i++) {
        if (i == 0 && db_kind(db) != DB_SQLITE) continue;
        int64_t count = db_number(db, rules[i].sql, DB_NO_ARGS, -1);
        if (count != 0) broken++;
        say(json, i, count);
    }
    int64_t killed = db_number(db, "SELECT count(*) FROM run WHERE ended_ms IS NULL AND id < (SELECT max(id) FROM run)", DB_NO_ARGS, 0);
    db_close(db);
    if (!json && killed > 0) printf("note: %lld runs were cut off; after a power cut their last rows may be missing\n", (long long)killed);
    if (!json) printf("verify: %zu rules, %d broken\n", RULES, broken);
    return broken ? EX_DATAERR : EX_OK;
}
