/* The journal's invariants, each a query that counts what breaks it. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/bank.h"

static const struct { const char *name, *what, *sql; } rules[] = {
    {"file", "the file is whole", "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'"},
    {"no-gap", "no row is left out", "SELECT coalesce(max(seq) - min(seq) + 1, 0) - count(*) FROM message"},
    {"run-order", "rows are in the order of their runs",
     "SELECT count(*) FROM (SELECT run, lag(run) OVER (ORDER BY seq) AS before FROM message) WHERE before > run"},
    {"own-codes", "the relay made no code but 00 30 58 68 91",
     "SELECT count(*) FROM message WHERE fate='own' AND code NOT IN ('00','30','58','68','91')"},
    {"own-local", "it approved nothing but messages to itself", "SELECT count(*) FROM message WHERE fate='own' AND code='00' AND substr(mti,1,2)<>'08'"},
    {"advice-unsaid", "no advice was answered with 68 or 91",
     "SELECT count(*) FROM message WHERE fate='own' AND code IN ('68','91') AND mti IN ('0230','0430')"},
    {"approval-once", "a key has one approval",
     "SELECT count(*) FROM (SELECT 1 FROM message WHERE fate IN ('answer','late','nobody') AND mti IN ('0210','0230') AND code='00'"
     " AND approval<>'' GROUP BY bank, branch, reference HAVING count(DISTINCT approval) > 1)"},
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
    sqlite3 *db = bank_db(b, &err);
    if (db == NULL) {
        error_print("bankd", &err);
        return EX_UNAVAILABLE;
    }
    for (size_t i = 0; i < RULES; i++) {
        int64_t count = bank_db_int(db, rules[i].sql);
        if (count != 0) broken++;
        say(json, i, count);
    }
    int64_t killed = bank_db_int(db, "SELECT count(*) FROM run WHERE ended_ms IS NULL AND id < (SELECT max(id) FROM run)");
    sqlite3_close(db);
    if (!json && killed > 0) printf("note: %lld runs were cut off; after a power cut their last rows may be missing\n", (long long)killed);
    if (!json) printf("verify: %zu rules, %d broken\n", RULES, broken);
    return broken ? EX_DATAERR : EX_OK;
}
