/* The books' invariants, each a query that counts what breaks it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "utilityd/utilityd.h"

static const struct { const char *name, *what, *sql; } rules[] = {
    {"key-once", "a key stands once",
     "SELECT count(*) FROM (SELECT 1 FROM payment GROUP BY station, reference HAVING count(*) > 1) t"},
    {"approval-once", "an approval code was given once",
     "SELECT count(*) FROM (SELECT 1 FROM payment WHERE approval<>'' GROUP BY approval HAVING count(*) > 1) t"},
    {"paid-stands", "a paid bill names a payment that stands",
     "SELECT count(*) FROM bill b LEFT JOIN payment p ON p.id=b.paid_by WHERE b.state=1 AND b.paid_by>0 AND (p.id IS NULL OR p.state<>2)"},
    {"paid-part", "a bill is paid by the payment whose part says so",
     "SELECT count(*) FROM bill b WHERE b.state=1 AND b.paid_by>0 AND NOT EXISTS"
     " (SELECT 1 FROM part t WHERE t.payment=b.paid_by AND t.bill=b.number AND t.place=0)"},
    {"debit-paid", "a bill that was debited has a row of a withholding that says so",
     "SELECT count(*) FROM bill b WHERE b.state=1 AND b.paid_by<0 AND NOT EXISTS"
     " (SELECT 1 FROM withheld w WHERE w.withholding=-b.paid_by AND w.customer=b.customer AND w.bill=b.number AND w.debited_fen>0 AND w.place=0)"},
    {"debit-once", "a bill is debited once", "SELECT count(*) FROM (SELECT 1 FROM withheld WHERE debited_fen>0 AND place=0 GROUP BY bill HAVING count(*) > 1) x"},
    {"withheld-out", "a withheld bill is on a list that is out",
     "SELECT count(*) FROM bill b WHERE b.state=2 AND NOT EXISTS (SELECT 1 FROM withheld w JOIN withholding h ON h.id=w.withholding"
     " WHERE w.customer=b.customer AND w.bill=b.number AND h.state<2)"},
    {"part-paid", "what a standing payment gave to a bill has paid it",
     "SELECT count(*) FROM part t JOIN payment p ON p.id=t.payment JOIN bill b ON b.number=t.bill"
     " WHERE p.state=2 AND t.place=0 AND (b.paid_by IS NULL OR b.paid_by<>p.id)"},
    {"bill-once", "a bill is paid by one standing payment at most",
     "SELECT count(*) FROM (SELECT 1 FROM part t JOIN payment p ON p.id=t.payment WHERE p.state=2 AND t.place=0 GROUP BY t.bill HAVING count(*) > 1) x"},
    {"parts-amount", "a standing payment's parts are its amount",
     "SELECT count(*) FROM payment p WHERE p.state=2 AND p.amount_fen <> (SELECT coalesce(sum(amount_fen),0) FROM part WHERE payment=p.id)"},
    {"part-owner", "a bill's money is of its own customer",
     "SELECT count(*) FROM part t JOIN payment p ON p.id=t.payment JOIN bill b ON b.number=t.bill"
     " WHERE p.state=2 AND t.place=0 AND b.customer<>p.customer"},
    {"credit", "a customer's credit and what it covers are what was prepaid",
     "SELECT count(*) FROM (SELECT number, sum(fen) AS off FROM (SELECT number, credit_fen AS fen FROM customer"
     " UNION ALL SELECT customer, covered_fen FROM bill WHERE covered_fen > 0"
     " UNION ALL SELECT p.customer, -t.amount_fen FROM part t JOIN payment p ON p.id=t.payment WHERE p.state=2 AND t.place=1"
     " UNION ALL SELECT customer, -debited_fen FROM withheld WHERE place=1"
     " UNION ALL SELECT customer, -short_fen FROM payment WHERE state=4) m GROUP BY number) x WHERE off<>0"},
    {"covered-whole", "a bill paid by credit is covered whole", "SELECT count(*) FROM bill WHERE state=1 AND paid_by=0 AND covered_fen<>amount_fen"},
    {"withdrawn-bare", "credit covers no withdrawn bill", "SELECT count(*) FROM bill WHERE state=3 AND covered_fen<>0"},
    {"posted-approved", "what is posted has an approval, a code and its content",
     "SELECT count(*) FROM payment WHERE state=2 AND (approval='' OR code<>'00' OR content IS NULL)"},
    {"reversed-named", "a reversed or undone key is on the list of reversals",
     "SELECT count(*) FROM payment p WHERE p.state IN (3,4,5) AND NOT EXISTS (SELECT 1 FROM reversal r WHERE r.station=p.station AND r.reference=p.reference AND r.code='00')"},
    {"station", "every station is known", "SELECT count(*) FROM payment p WHERE NOT EXISTS (SELECT 1 FROM station s WHERE s.id=p.station)"},
    {"customer", "every bill has its customer", "SELECT count(*) FROM bill b WHERE NOT EXISTS (SELECT 1 FROM customer c WHERE c.number=b.customer)"},
    {"epoch", "no epoch is beyond the highest given", "SELECT count(*) FROM epoch e JOIN station s ON s.id=e.station WHERE e.epoch > s.epoch"},
    {"change-fed", "the feed has each bill's last change", "SELECT count(*) FROM bill b WHERE NOT EXISTS (SELECT 1 FROM change h WHERE h.id=b.change AND h.bill=b.id)"},
    {"payment-found", "a customer's bills lead to his payments, or their index does",
     "SELECT count(*) FROM payment p WHERE p.aside=0 AND NOT EXISTS (SELECT 1 FROM part t JOIN bill b ON b.number=t.bill"
     " WHERE t.payment=p.id AND t.place=0 AND b.paid_by=p.id AND b.customer=p.customer)"},
    {"agreed-closed", "only a closed day is agreed", "SELECT count(*) FROM branch_day WHERE agreed=1 AND closed=0"},
};
#define RULES (sizeof rules / sizeof *rules)

int cmd_verify(struct utility *u, int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    struct error err;
    int broken = 0;
    if (argc > 1 && !json) return utility_usage(argv[0], "what is this:", argv[1]);
    struct db *db = utility_db_open(u->settings.store, &err);
    if (db == NULL) {
        error_print("utilityd", &err);
        return EX_UNAVAILABLE;
    }
    for (size_t i = 0; i < RULES; i++) {
        int64_t count = db_number(db, rules[i].sql, DB_NO_ARGS, -1);
        if (count != 0) broken++;
        if (json) printf("{\"rule\":\"%s\",\"holds\":%s,\"broken\":%" PRId64 "}\n", rules[i].name, count == 0 ? "true" : "false", count);
        else if (count == 0) printf("%-64s holds\n", rules[i].what);
        else if (count > 0) printf("%-64s BROKEN %" PRId64 " times\n", rules[i].what, count);
        else printf("%-64s NOT CHECKED: %s\n", rules[i].what, db_why(db));
    }
    db_close(db);
    if (!json) printf("verify: %zu rules, %d broken\n", RULES, broken);
    return broken ? EX_DATAERR : EX_OK;
}
