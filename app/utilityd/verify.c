/* The books' invariants, each a query that counts what breaks it. */
#include <stdio.h>
#include <sysexits.h>

#include "utilityd/utilityd.h"

static const struct { const char *what, *sql; } rules[] = {
    {"a key stands once", "SELECT count(*) FROM (SELECT 1 FROM payment GROUP BY station, reference HAVING count(*) > 1)"},
    {"a paid bill names a payment that stands",
     "SELECT count(*) FROM bill b LEFT JOIN payment p ON p.id=b.paid_by WHERE b.state=1 AND b.paid_by<>0 AND (p.id IS NULL OR p.state<>2)"},
    {"a bill is paid by the payment whose part says so",
     "SELECT count(*) FROM bill b WHERE b.state=1 AND b.paid_by<>0 AND NOT EXISTS"
     " (SELECT 1 FROM part t WHERE t.payment=b.paid_by AND t.bill=b.number AND t.place=0)"},
    {"a standing payment's parts are its amount",
     "SELECT count(*) FROM payment p WHERE p.state=2 AND p.amount_fen <> (SELECT coalesce(sum(amount_fen),0) FROM part WHERE payment=p.id)"},
    {"a bill covered by credit is covered whole", "SELECT count(*) FROM bill WHERE state=1 AND paid_by=0 AND covered_fen<>amount_fen"},
    {"every station is known", "SELECT count(*) FROM payment p WHERE NOT EXISTS (SELECT 1 FROM station s WHERE s.id=p.station)"},
    {"no epoch is beyond the highest given",
     "SELECT count(*) FROM epoch e JOIN station s ON s.id=e.station WHERE e.epoch > s.epoch"},
    {"change numbers are unique", "SELECT count(*) FROM (SELECT 1 FROM bill GROUP BY change HAVING count(*) > 1)"},
};

int cmd_verify(struct utility *u, int argc, char **argv)
{
    struct error err;
    sqlite3 *db = utility_db(u, &err);
    int64_t broken = 0;
    if (db == NULL) {
        error_print("utilityd", &err);
        return EX_UNAVAILABLE;
    }
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        int64_t count = utility_db_int(db, rules[i].sql);
        if (count != 0) broken++;
        printf("%-55s %s", rules[i].what, count == 0 ? "holds\n" : "");
        if (count != 0) printf("BROKEN %lld times\n", (long long)count);
    }
    sqlite3_close(db);
    printf("verify: %lld broken\n", (long long)broken);
    return broken ? EX_DATAERR : EX_OK;
}
