/* What a step costs must not grow with the years: no statement of a day's work walks through a
 * table that keeps growing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/pay.h"

static struct books b;

/* One of everything that a counter does in a day. */
static void a_day_at_the_counter(void)
{
    struct ledger_payment p, q;
    struct ledger_paper papers[4];
    struct ledger_offline_left left;
    struct ledger_queued queued[4];
    struct ledger_startup found;
    int64_t ids[4];
    char *json, waits[20];
    int count, released;
    struct ledger_find by = {.customer = "1300207741", .day = DAY_NONE};
    pay_again(&b, &found);
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_UNKNOWN);
    pay_fine(&b, invoice_answer(b.ledger, p.invoice.id, 1, p.invoice.number, false, true, pay_alone(&b, "invoice_answer"), &q, &b.err));
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    pay_fine(&b, payment_papers(b.ledger, &p.key, papers, 4, &count, &b.err));
    pay_fine(&b, payment_reverse(b.ledger, &p.key, papers, count, pay_two(&b, "reverse"), &p, &b.err));
    pay_goes(&b, &p, "0400");
    pay_fine(&b, pay_hears(&b, &p, "0410", "00", NULL));
    pay_fine(&b, payment_hand_back(b.ledger, &p.key, pay_two(&b, "hand_back"), &p, &b.err));
    pay_notices(&b);
    pay_take(&b, WANG, "2", 100, true, &p);
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "96", NULL));
    pay_fine(&b, outbox_release(b.ledger, 0, "96", ZHAO, &released, &b.err));
    pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
    pay_take(&b, LI, "3", 100, false, &q);
    pay_fine(&b, outbox_all_again(b.ledger, &b.err));
    pay_fine(&b, payment_offline_left(b.ledger, &left, &b.err));
    pay_fine(&b, outbox_list(b.ledger, queued, 4, &count, &b.err));
    pay_fine(&b, payment_find(b.ledger, &by, ids, 4, &count, &b.err));
    pay_fine(&b, payment_detail(b.ledger, p.id, &json, &b.err));
    free(json);
    pay_fine(&b, book_waits(b.ledger, "07", waits, &b.err));
    pay_waits(&b, WAIT_DOUBT);
    outbox_open(b.ledger, NULL);
}

/* A table of one row, of a few, or the part of one that is open now. */
static bool may_walk(const char *step)
{
    static const char *const small[] = {"SCAN branch", "SCAN day", "SCAN b ", "SCAN CONSTANT", "SCAN book", "USING INDEX outbox_ready",
        "USING INDEX outbox_urgent", "USING INDEX payment_owed", "USING INDEX payment_held", "USING INDEX payment_not_shown",
        "USING INDEX invoice_open", "USING INDEX outbox_open", "USING INDEX restored_open", "USING INDEX till_"};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++)
        if (strstr(step, small[i]))
            return true;
    return strstr(step, "SCAN") == NULL;
}

static void no_everyday_statement_walks_a_table_that_grows(void **unused)
{
    int looked_at = 0;
    pay_start(&b);
    pay_blind();
    a_day_at_the_counter();
    for (sqlite3_stmt *s = sqlite3_next_stmt(b.ledger->db, NULL); s; s = sqlite3_next_stmt(b.ledger->db, s)) {
        char sql[4096];
        sqlite3_stmt *plan;
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", sqlite3_sql(s));
        if (strncmp(sqlite3_sql(s), "EXPLAIN", 7) == 0 || sqlite3_prepare_v2(b.ledger->db, sql, -1, &plan, NULL) != SQLITE_OK)
            continue;
        while (sqlite3_step(plan) == SQLITE_ROW)
            if (!may_walk((const char *)sqlite3_column_text(plan, 3)))
                fail_msg("%s\n    %s", sqlite3_sql(s), sqlite3_column_text(plan, 3));
        sqlite3_finalize(plan);
        looked_at++;
    }
    assert_true(looked_at > 80);
    books_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_everyday_statement_walks_a_table_that_grows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
