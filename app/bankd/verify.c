/* The journal's invariants, each a query that counts what breaks it. */
#include <stdio.h>
#include <sysexits.h>

#include "bankd/bank.h"

static const struct { const char *what, *sql; } rules[] = {
    {"the file is whole", "SELECT count(*) FROM pragma_quick_check WHERE quick_check <> 'ok'"},
    {"no row is left out", "SELECT coalesce(max(seq) - min(seq) + 1, 0) - count(*) FROM message"},
    {"rows are in the order of their runs",
     "SELECT count(*) FROM (SELECT run, lag(run) OVER (ORDER BY seq) AS before FROM message) WHERE before > run"},
    {"the relay made no code but 00 30 58 68 91",
     "SELECT count(*) FROM message WHERE fate='own' AND code NOT IN ('00','30','58','68','91')"},
    {"it approved nothing but messages to itself", "SELECT count(*) FROM message WHERE fate='own' AND code='00' AND substr(mti,1,2)<>'08'"},
    {"no advice was answered with 68 or 91",
     "SELECT count(*) FROM message WHERE fate='own' AND code IN ('68','91') AND mti IN ('0230','0430')"},
    {"a key has one approval",
     "SELECT count(*) FROM (SELECT 1 FROM message WHERE fate IN ('answer','late','nobody') AND mti IN ('0210','0230') AND code='00'"
     " AND approval<>'' GROUP BY bank, branch, reference HAVING count(DISTINCT approval) > 1)"},
    {"what was answered had been sent on",
     "SELECT count(*) FROM message a WHERE a.fate IN ('answer','late','nobody') AND a.reference<>'' AND NOT EXISTS (SELECT 1 FROM message s"
     " WHERE s.fate='sent' AND s.reference=a.reference AND s.branch=a.branch AND s.bank=a.bank AND s.seq<a.seq)"
     " AND NOT EXISTS (SELECT 1 FROM run WHERE ended_ms IS NULL AND id<=a.run)"
     " AND a.at_ms > (SELECT min(at_ms) + 60000 FROM message)"},
};

int cmd_verify(struct bank *b, int argc, char **argv)
{
    struct error err;
    sqlite3 *db = bank_db(b, &err);
    int64_t broken = 0;
    if (db == NULL) {
        error_print("bankd", &err);
        return EX_UNAVAILABLE;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        int64_t count = bank_db_int(db, rules[i].sql);
        if (count != 0) broken++;
        printf("%-46s %s", rules[i].what, count == 0 ? "holds\n" : "");
        if (count != 0) printf("BROKEN %lld times\n", (long long)count);
    }
    int64_t killed = bank_db_int(db, "SELECT count(*) FROM run WHERE ended_ms IS NULL AND id < (SELECT max(id) FROM run)");
    if (killed) printf("note: %lld runs were cut off; after a power cut their last rows may be missing\n", (long long)killed);
    sqlite3_close(db);
    printf("verify: %lld broken\n", (long long)broken);
    return broken ? EX_DATAERR : EX_OK;
}
