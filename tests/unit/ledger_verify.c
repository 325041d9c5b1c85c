/* Each invariant broken on purpose, behind the triggers' back: verify must find it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/pay.h"

static struct books b;

/* One payment of each kind: 1 posted and printed, 2 recorded, 3 queued, 4 declined and given back,
 * 5 reversed and given back, 6 undoing, 7 an exception. */
static int a_day_with_everything(void **unused)
{
    struct ledger_payment p;
    struct ledger_paper paper = {"00012302", false};
    pay_start(&b);
    pay_posted(&b, WANG, "1", 1000, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    pay_take(&b, LI, "4", 4000, false, &p);
    pay_goes(&b, &p, "0200");
    pay_fine(&b, pay_hears(&b, &p, "0210", "76", NULL));
    struct books_two li;
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, books_two(&b, &li, LI, "04", "hand_back", NULL), &p, &b.err));
    pay_posted(&b, WANG, "5", 5000, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_fine(&b, payment_reverse(b.ledger, &p.key, &paper, 1, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    pay_notices(&b);
    pay_take(&b, WANG, "7", 7000, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", "7:PP:7000"));
    pay_take(&b, WANG, "6", 6000, true, &p);
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_take(&b, WANG, "2", 2000, false, &p);
    pay_take(&b, WANG, "3", 3000, true, &p);
    pay_verify(&b);
    return 0;
}
static int tear_down(void **unused) { books_end(&b); return 0; }

static void run(const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(b.ledger->db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", sql, why);
}

static void drop_all_guards(void)
{
    char drops[8192] = "";
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(b.ledger->db, "SELECT type, name FROM sqlite_master WHERE type = 'trigger'"
                     " OR (type = 'index' AND sql LIKE 'CREATE UNIQUE%')", -1, &q, NULL), SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW)
        snprintf(drops + strlen(drops), sizeof drops - strlen(drops), "DROP %s %s;", sqlite3_column_text(q, 0), sqlite3_column_text(q, 1));
    sqlite3_finalize(q);
    run(drops);
}

#define OF(bill) "(SELECT payment FROM payment_bill WHERE bill = '" bill "')"

static const struct { int number; const char *how, *sql; } breaks[] = {
    {1, "an account is another than its entries", "UPDATE account SET balance_fen = balance_fen + 1 WHERE name = 'vault'"},
    {1, "an entry's sum is changed", "UPDATE entry SET amount_fen = amount_fen + 1 WHERE event = 'recorded' AND payment = " OF("1")},
    {1, "an entry is gone", "DELETE FROM entry WHERE event = 'posted' AND payment = " OF("1")},
    {1, "an entry is on another account", "UPDATE entry SET credit = 'loss' WHERE event = 'posted' AND payment = " OF("1")},
    {1, "a bill of a payment is dearer", "UPDATE payment_bill SET amount_fen = amount_fen + 1 WHERE bill = '1'"},
    {1, "a bill of a payment is gone", "DELETE FROM payment_bill WHERE bill = '1'"},
    {1, "cash lies in a till that is closed", "UPDATE till SET state = 'closed', closed_at = 1 WHERE number = '07'"},
    {2, "cash without its record", "DELETE FROM entry WHERE event = 'recorded' AND payment = " OF("2")},
    {2, "cash booked twice", "INSERT INTO entry (event, at, booked, day, payment, till, debit, credit, amount_fen, operator)"
        " SELECT event, at, booked, day, payment, till, debit, credit, amount_fen, operator FROM entry WHERE event = 'recorded' AND payment = " OF("2")},
    {3, "a payment that nobody asks for", "UPDATE outbox SET state = 'done' WHERE payment = " OF("2")},
    {3, "an advice that never goes", "UPDATE outbox SET state = 'done' WHERE payment = " OF("3")},
    {3, "an undoing that never goes", "UPDATE outbox SET state = 'done' WHERE payment = " OF("6") " AND class = '0420'"},
    {3, "a customer's money is forgotten", "UPDATE payment SET owed_fen = 0 WHERE id = " OF("6")},
    {3, "money is owed for what stands", "UPDATE payment SET owed_fen = 1 WHERE id = " OF("1")},
    {3, "something final is held", "UPDATE payment SET held = 1 WHERE id = " OF("5")},
    {4, "a number on two invoices", "UPDATE invoice SET number = 12301 WHERE number = 12302"},
    {4, "a used number is free again", "UPDATE number SET state = 'unused', invoice = NULL WHERE number = 12301"},
    {4, "a void number counts as used", "UPDATE number SET state = 'used' WHERE number = 12302"},
    {5, "a number is missing", "DELETE FROM number WHERE number = 12302"},
    {5, "numbers were skipped", "UPDATE book SET next = next + 3 WHERE till = '07'"},
    {5, "a number was used beyond the book's next", "UPDATE book SET next = next - 1 WHERE till = '07'"},
    {6, "money without its invoice", "UPDATE invoice SET state = 'dropped', number = NULL, series = NULL, book = NULL WHERE payment = " OF("1")},
    {6, "two invoices for one payment", "INSERT INTO invoice (payment, kind, state, planned_at) VALUES (" OF("1") ", 'invoice', 'planned', 1)"},
    {6, "an invoice for money that went back", "INSERT INTO invoice (payment, kind, state, planned_at) VALUES (" OF("5") ", 'invoice', 'planned', 1)"},
    {6, "an invoice before its answer", "INSERT INTO invoice (payment, kind, state, planned_at) VALUES (" OF("2") ", 'invoice', 'planned', 1)"},
    {7, "posted twice", "INSERT INTO entry (event, at, booked, day, payment, debit, credit, amount_fen, operator)"
        " SELECT event, at, booked, day, payment, debit, credit, amount_fen, operator FROM entry WHERE event = 'posted' AND payment = " OF("1")},
    {7, "booked and not answered", "UPDATE payment SET posted = 0 WHERE id = " OF("1")},
    {8, "a day is cut off over an open payment", "UPDATE day SET state = 'cut off', cut_at = 1, last_payment = 99"},
    {8, "a payment came into a day that was frozen", "UPDATE day SET state = 'cut off', cut_at = 1, last_payment = 2"},
    {9, "a message was changed", "UPDATE outbox SET bytes = x'30' WHERE payment = " OF("3")},
    {9, "a message is another's", "UPDATE outbox SET payment = " OF("3") " WHERE payment = " OF("2")},
    {9, "a message lost its digest", "DELETE FROM outbox_digest"},
    {10, "reversed by nobody", "UPDATE act SET act = 'pay' WHERE act = 'reverse'"},
    {10, "undone by nobody", "UPDATE act SET subject = 'x' WHERE act = 'undo'"},
    {10, "handed back by one", "UPDATE act SET act = 'pay' WHERE act = 'hand_back'"},
    {10, "settled by nobody", "UPDATE payment SET state = 'settled', kept = 1 WHERE id = " OF("7")},
    {10, "both names are one", "UPDATE act SET checker = maker WHERE act = 'reverse'"},
    {11, "a key twice as old", "UPDATE payment SET ref = '000000000001' WHERE id = " OF("3")},
    {11, "a key from the future", "UPDATE payment SET ref = '010000009999' WHERE id = (SELECT max(id) FROM payment)"},
    {11, "a business day that went back", "INSERT INTO day (date, opened_at, opened_by) VALUES (20782, 1, 'x');"
         " UPDATE payment SET day = 20782 WHERE id = " OF("1")},
    {11, "a STAN twice", "UPDATE payment SET stan = (SELECT stan FROM payment WHERE id = " OF("2") ") WHERE id = " OF("3")},
    {11, "a STAN ahead of the terminal's", "DELETE FROM stan"},
    {12, "a word of the audit was changed", "UPDATE audit SET words = words || '.' WHERE id = 7"},
    {12, "an operator of the audit was changed", "UPDATE audit SET operator = '0713' WHERE id = 20"},
    {12, "an audit record is gone", "DELETE FROM audit WHERE id = 9"},
    {12, "two audit records changed places", "UPDATE audit SET id = -1 WHERE id = 9; UPDATE audit SET id = 9 WHERE id = 10; UPDATE audit SET id = 10 WHERE id = -1"},
    {12, "the audit was cut short", "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)"},
    {12, "the audit was cut short, and its head too", "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit);"
         " UPDATE branch SET audit_id = (SELECT max(id) FROM audit)"},
    {12, "a record was put in", "INSERT INTO audit SELECT max(id) + 1, at, event, operator, second, terminal, subject, words, hash FROM audit"},
    {12, "a payment's record is another's", "UPDATE payment SET audit = 1 WHERE id = " OF("1")},
    {13, "one person was both", "UPDATE act SET checker = maker WHERE act = 'hand_back'"},
    {13, "one person approved himself", "UPDATE approval SET used_by = checker WHERE used_by IS NOT NULL"},
    {13, "one name stands twice in the audit", "UPDATE audit SET second = operator WHERE operator <> '' AND id = (SELECT max(id) FROM audit WHERE second <> '')"},
    {14, "cash was kept that stands nowhere", "UPDATE entry SET amount_fen = amount_fen - 1 WHERE event = 'handed back' AND payment = " OF("4")},
    {14, "closed, and not on paper", "UPDATE day SET state = 'closed', cut_at = 1, closed_at = 1, last_payment = 99;"
         " DELETE FROM invoice WHERE payment = " OF("1")},
};

static void each_broken_rule_is_found(void **unused)
{
    run("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        run("BEGIN");
        drop_all_guards();
        run(breaks[i].sql);
        if (sqlite3_changes(b.ledger->db) == 0)
            fail_msg("%s: the test changed nothing", breaks[i].how);
        if (!pay_broken(&b, breaks[i].number))
            fail_msg("%s: invariant %d was not seen to be broken (%s)", breaks[i].how, breaks[i].number, ledger_broken(b.ledger));
        run("ROLLBACK");
        pay_verify(&b);
    }
}

/* The same hands through the front door: the schema itself refuses them. */
static void the_schema_refuses_what_verify_would_find(void **unused)
{
    int refused = 0;
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        run("BEGIN");
        if (sqlite3_exec(b.ledger->db, breaks[i].sql, NULL, NULL, NULL) != SQLITE_OK)
            refused++;
        run("ROLLBACK");
    }
    /* what no single statement can be told from (an account's sum, a row not yet answered) is verify's */
    assert_int_equal(refused, (int)(sizeof breaks / sizeof *breaks) - 13);
}

static void history_cannot_be_replaced_either(void **unused)
{
    static const char *const tries[] = {
        "INSERT OR REPLACE INTO audit SELECT id, at, event, operator, second, terminal, subject, 'x', hash FROM audit WHERE id = 3",
        "INSERT OR REPLACE INTO entry SELECT id, event, at, booked, day, payment, till, debit, credit, commodity, 1, operator FROM entry LIMIT 1",
        "UPDATE OR REPLACE audit SET id = 2 WHERE id = 3",
        "REPLACE INTO outbox (id, payment, class, ref, bytes, made_at) SELECT id, payment, class, ref, x'00', made_at FROM outbox LIMIT 1",
        "DELETE FROM payment", "DELETE FROM outbox", "DELETE FROM invoice", "DELETE FROM number", "DELETE FROM act",
        "UPDATE move SET becomes = 'posted'", "DELETE FROM move", "INSERT INTO move VALUES ('payment', 'declined', 'posted')",
        "UPDATE branch SET counter = 0", "UPDATE branch SET latest_ms = 0", "DELETE FROM branch",
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++)
        if (sqlite3_exec(b.ledger->db, tries[i], NULL, NULL, NULL) == SQLITE_OK)
            fail_msg("%s", tries[i]);
}

/* Every transition that the design does not know is refused by the database itself. */
static void no_payment_moves_but_as_the_table_says(void **unused)
{
    static const char *const states[] = {"recorded", "posted", "declined", "advised", "undoing", "undone", "short", "excepted",
                                         "reversing", "reversed", "settled"};
    const int count = sizeof states / sizeof *states;
    char sql[400];
    int legal = 0;
    run("PRAGMA ignore_check_constraints = ON");
    for (int from = 0; from < count; from++)
        for (int to = 0; to < count; to++) {
            if (from == to)
                continue;
            run("BEGIN; DROP TRIGGER payment_moves; DROP TRIGGER payment_settled_with_its_row; DROP TRIGGER payment_settled_by_two;"
                "DROP TRIGGER payment_back_as_it_stood");
            snprintf(sql, sizeof sql, "UPDATE payment SET state = '%s', stood = 'posted', kept = 1 WHERE id = 1", states[from]);
            run(sql);
            run("CREATE TRIGGER payment_moves BEFORE UPDATE OF state ON payment WHEN NEW.state <> OLD.state"
                " AND NOT EXISTS (SELECT 1 FROM move WHERE thing = 'payment' AND was = OLD.state AND becomes = NEW.state)"
                " BEGIN SELECT RAISE(ABORT, 'payment: no such transition'); END");
            snprintf(sql, sizeof sql, "UPDATE payment SET state = '%s' WHERE id = 1", states[to]);
            legal += sqlite3_exec(b.ledger->db, sql, NULL, NULL, NULL) == SQLITE_OK;
            run("ROLLBACK");
        }
    assert_int_equal(legal, 20);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM move WHERE thing = 'payment'"), 20);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, a_day_with_everything, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(each_broken_rule_is_found),
        STORY(the_schema_refuses_what_verify_would_find),
        STORY(history_cannot_be_replaced_either),
        STORY(no_payment_moves_but_as_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
