/* A branch that lost its disk: the backup is the past. What became of each payment since comes
 * from the utility's books and from two people, and nothing moves before all is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "ledger/day.h"
#include "ledger/restored.h"
#include "lib/pay.h"

#define SERIES "1300"

static struct books b;
static struct ledger_payment p, q;
static struct restored_theirs theirs[8];
static struct restored_number numbers[8];
static int their_count, number_count;

static int set_up(void **unused)
{
    memset(theirs, 0, sizeof theirs);
    memset(numbers, 0, sizeof numbers);
    their_count = number_count = 0;
    pay_start(&b);
    return 0;
}
static int tear_down(void **unused) { books_end(&b); return 0; }

static const char *backup_path(void)
{
    static char copy[160];
    snprintf(copy, sizeof copy, "%s/backup.db", b.folder);
    return copy;
}

static void copy_file(const char *from, const char *to)
{
    char bytes[4096];
    size_t got;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    assert_true(in && out);
    while ((got = fread(bytes, 1, sizeof bytes, in)) > 0)
        assert_int_equal(fwrite(bytes, 1, got, out), got);
    fclose(in);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(to, 0600), 0);
}

static void restore(void)
{
    struct ledger_startup found;
    ledger_close(b.ledger);
    b.ledger = NULL;
    copy_file(backup_path(), b.path);
    assert_int_equal(ledger_restored(b.path, &b.world, ZHAO, &b.err), 0);
    books_again(&b);
    pay_fine(&b, ledger_start(b.ledger, &found, &b.err));
    pay_verify(&b);
}

static void back_up(void) { assert_int_equal(ledger_backup(b.ledger, backup_path(), &b.err), 0); }

/* The books as they are now are what is left after the disk is lost. */
static void disk_lost(void)
{
    back_up();
    restore();
    assert_int_equal(unlink(backup_path()), 0);
}

static void new_epoch(void)
{
    struct ledger_identity us;
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    assert_false(us.epoch_held);
    pay_fine(&b, ledger_epoch(b.ledger, us.random, us.epoch + 1, &b.err));
}

/* A row of the utility's books. */
static struct restored_theirs *there(const char *ref, const char *state, const char *bills, int64_t fen)
{
    struct restored_theirs *t = &theirs[their_count++];
    snprintf(t->ref, sizeof t->ref, "%s", ref);
    snprintf(t->state, sizeof t->state, "%s", state);
    snprintf(t->bills, sizeof t->bills, "%s", bills);
    strcpy(t->customer, "0311000012345");
    strcpy(t->approval, "A1B2C3");
    t->proc = 500000;
    t->day = BOOKS_DAY;
    t->amount_fen = fen;
    t->answered_ms = b.now_ms;
    return t;
}

static void there_of(const struct ledger_payment *payment, const char *state)
{
    char bills[60];
    snprintf(bills, sizeof bills, "%s:%lld", payment->bills[0].bill, (long long)payment->amount_fen);
    there(payment->key.ref, state, strcmp(state, "posted") == 0 || strcmp(state, "reversed") == 0 ? bills : "", payment->amount_fen);
}

static void told(const char *ref, const char *number, const char *word)
{
    struct restored_number *n = &numbers[number_count++];
    snprintf(n->ref, sizeof n->ref, "%s", ref);
    strcpy(n->series, SERIES);
    snprintf(n->number, sizeof n->number, "%s", number);
    snprintf(n->told, sizeof n->told, "%s", word);
}

static void fetched(void)
{
    pay_fine(&b, restored_known(b.ledger, theirs, their_count, numbers, number_count, &b.err));
    pay_verify(&b);
}

static enum ledger_result say(const char *ref, enum restored_cash cash, const char *number, struct ledger_payment *out)
{
    struct restored_word word = {.cash = cash, .till = "07"};
    strcpy(word.key.bank, "102");
    strcpy(word.key.branch, "0311-0007");
    snprintf(word.key.ref, sizeof word.key.ref, "%s", ref);
    if (number) {
        strcpy(word.series, SERIES);
        snprintf(word.number, sizeof word.number, "%s", number);
    }
    enum ledger_result r = restored_answer(b.ledger, &word, pay_chief(&b, "restore_answer"), out, &b.err);
    pay_verify(&b);
    return r;
}

static void said(const char *ref, enum restored_cash cash, const char *number, struct ledger_payment *out)
{
    pay_fine(&b, say(ref, cash, number, out));
}

static void all_is_said(void)
{
    pay_fine(&b, restored_done(b.ledger, pay_chief(&b, "restore_done"), &b.err));
    pay_verify(&b);
}

static int64_t count(const char *sql) { return books_number(&b, sql); }

/* --- nothing moves before --------------------------------------------------------------------------- */

static void nothing_is_sent_printed_or_taken_before_all_is_said(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "9", 100);
    struct restored_state s;
    int64_t invoice, payment;
    char kind[8];
    pay_posted(&b, WANG, "1", 100, &p); /* planned on paper */
    pay_take(&b, WANG, "2", 200, true, &q);
    disk_lost();
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STARTUP);
    assert_int_equal(restored_known(b.ledger, NULL, 0, NULL, 0, &b.err), LEDGER_STARTUP); /* no epoch: not signed on */
    new_epoch();
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STARTUP);
    pay_quiet(&b);
    pay_fine(&b, restored_state(b.ledger, &s, &b.err));
    assert_int_equal(s.stage, RESTORED_FETCH);
    assert_int_equal(s.left, 2);
    assert_int_equal(s.first, BOOKS_DAY);
    assert_int_equal(say(q.key.ref, RESTORED_IN_TILL, NULL, &q), LEDGER_STATE); /* not before the utility's books are there */
    fetched();
    assert_int_equal(restored_known(b.ledger, NULL, 0, NULL, 0, &b.err), LEDGER_STATE);
    assert_int_equal(pay_waits(&b, WAIT_RESTORED), 2);
    assert_int_equal(pay_waits(&b, WAIT_UNACKNOWLEDGED), 0);
    assert_int_equal(restored_done(b.ledger, pay_chief(&b, "restore_done"), &b.err), LEDGER_STATE);
    assert_int_equal(payment_cash_is(b.ledger, &q.key, true, pay_two(&b, "unacknowledged_answer"), &q, &b.err), LEDGER_STARTUP);
    pay_quiet(&b);
    said("010000000001", RESTORED_IN_TILL, NULL, &p);
    said("010000000002", RESTORED_IN_TILL, NULL, &q);
    pay_quiet(&b);
    pay_fine(&b, invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err));
    assert_int_equal(invoice, 0);
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STARTUP);
    all_is_said();
    pay_goes(&b, &q, "0220");
    pay_fine(&b, pay_hears(&b, &q, "0230", "00", NULL));
    pay_fine(&b, pay_try(&b, &d, &p));
    assert_string_equal(p.key.ref, "020000000003");
}

static void one_alone_says_nothing(void **unused)
{
    struct restored_word word = {.cash = RESTORED_IN_TILL};
    pay_take(&b, WANG, "1", 100, true, &p);
    disk_lost();
    new_epoch();
    fetched();
    word.key = p.key;
    assert_int_equal(restored_answer(b.ledger, &word, pay_alone(&b, "restore_answer"), &q, &b.err), LEDGER_ROLE); /* a teller */
    assert_int_equal(restored_answer(b.ledger, &word, pay_two(&b, "restore_answer"), &q, &b.err), LEDGER_ROLE);
    said(p.key.ref, RESTORED_IN_TILL, NULL, &q);
    assert_int_equal(say(p.key.ref, RESTORED_IN_TILL, NULL, &q), LEDGER_STATE); /* said once */
    assert_int_equal(say("010000000099", RESTORED_IN_TILL, NULL, &q), LEDGER_PARAMS);
}

/* --- what the backup holds, and what became of it -------------------------------------------------------- */

static const struct fate {
    bool offline, turned; /* how it stands in the backup: recorded; advised; being turned back */
    const char *theirs;   /* NULL: not known there */
    enum restored_cash cash;
    const char *becomes;
    int64_t owed;
} fates[] = {
    {false, false, NULL, RESTORED_IN_TILL, "advised", 0},          {false, false, NULL, RESTORED_GONE, "undoing", 0},
    {false, false, "posted", RESTORED_IN_TILL, "posted", 0},       {false, false, "posted", RESTORED_GONE, "undoing", 0},
    {false, false, "declined", RESTORED_IN_TILL, "declined", 100}, {false, false, "declined", RESTORED_GONE, "declined", 0},
    {false, false, "reversed", RESTORED_IN_TILL, "reversed", 100}, {false, false, "reversed", RESTORED_GONE, "reversed", 0},
    {false, false, "undone", RESTORED_IN_TILL, "undone", 100},     {false, false, "undone", RESTORED_GONE, "undone", 0},
    {false, false, "tombstone", RESTORED_IN_TILL, "undone", 100},  {false, false, "tombstone", RESTORED_GONE, "undone", 0},
    {true, false, NULL, RESTORED_IN_TILL, "advised", 0},           {true, false, NULL, RESTORED_GONE, "undoing", 0},
    {true, false, "posted", RESTORED_IN_TILL, "posted", 0},        {true, false, "posted", RESTORED_GONE, "undoing", 0},
    {true, false, "declined", RESTORED_IN_TILL, "advised", 0},     {true, false, "declined", RESTORED_GONE, "undoing", 0},
    {true, false, "reversed", RESTORED_IN_TILL, "reversed", 100},  {true, false, "reversed", RESTORED_GONE, "reversed", 0},
    {true, false, "undone", RESTORED_IN_TILL, "undone", 100},      {true, false, "tombstone", RESTORED_GONE, "undone", 0},
    {true, true, NULL, RESTORED_IN_TILL, "undoing", 100},          {true, true, NULL, RESTORED_GONE, "undoing", 0},
    {true, true, "posted", RESTORED_IN_TILL, "undoing", 100},      {true, true, "posted", RESTORED_GONE, "undoing", 0},
    {true, true, "undone", RESTORED_IN_TILL, "undone", 100},       {true, true, "undone", RESTORED_GONE, "undone", 0},
};

static void what_the_backup_holds_becomes_what_the_utility_has(void **unused)
{
    books_end(&b); /* each fate has a branch of its own */
    for (size_t i = 0; i < sizeof fates / sizeof *fates; i++) {
        const struct fate *f = &fates[i];
        set_up(NULL);
        pay_take(&b, WANG, "1", 100, f->offline, &p);
        if (f->turned) pay_fine(&b, payment_undo(b.ledger, &p.key, NULL, 0, pay_two(&b, "undo"), &p, &b.err));
        int64_t till = books_balance(&b, "till:07");
        disk_lost();
        new_epoch();
        if (f->theirs) there_of(&p, f->theirs);
        fetched();
        said(p.key.ref, f->cash, NULL, &q);
        print_message("%zu: %s here, %s there, cash %d: %s\n", i, p.state, f->theirs ? f->theirs : "nothing", (int)f->cash, q.state);
        assert_string_equal(q.state, f->becomes);
        assert_int_equal(q.owed_fen, f->owed);
        assert_int_equal(books_balance(&b, "till:07"), f->cash == RESTORED_GONE ? till - 100 : till);
        all_is_said();
        if (strcmp(q.state, "advised") == 0) {
            pay_goes(&b, &q, "0220");
            pay_fine(&b, pay_hears(&b, &q, "0230", "00", NULL));
        } else if (strcmp(q.state, "posted") == 0) {
            pay_quiet(&b); /* what asked for it is not sent again */
        }
        if (i + 1 < sizeof fates / sizeof *fates) books_end(&b);
    }
}

static void one_that_was_reversed_since_is_reversed_here(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    disk_lost();
    new_epoch();
    there_of(&p, "reversed");
    told(p.key.ref, "00012301", "printed");
    told(p.key.ref, "00012301", "cancelled");
    fetched();
    assert_int_equal(pay_waits(&b, WAIT_RESTORED), 1);
    said(p.key.ref, RESTORED_GONE, "00012301", &q);
    assert_string_equal(q.state, "reversed");
    assert_int_equal(count("SELECT count(*) FROM invoice WHERE state = 'cancelled' AND number = 12301"), 1);
    assert_int_equal(count("SELECT count(*) FROM invoice WHERE state NOT IN ('cancelled', 'dropped')"), 0);
    assert_int_equal(q.owed_fen, 0);
    all_is_said();
    pay_quiet(&b); /* the utility knows all of it */
}

static void one_that_was_reversing_without_cash_is_handed_back_with_its_answer(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, payment_reverse(b.ledger, &p.key, NULL, 0, pay_two(&b, "reverse"), &p, &b.err));
    disk_lost();
    new_epoch();
    there_of(&p, "posted");
    fetched();
    said(p.key.ref, RESTORED_GONE, NULL, &q);
    assert_string_equal(q.state, "reversing");
    all_is_said();
    pay_goes(&b, &q, "0400");
    pay_fine(&b, pay_hears(&b, &q, "0410", "00", NULL));
    assert_string_equal(q.state, "reversed");
    assert_int_equal(q.owed_fen, 0);
    pay_verify(&b);
}

/* --- paper ------------------------------------------------------------------------------------------------- */

static void a_planned_invoice_that_is_on_paper_is_confirmed_by_its_number(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_posted(&b, WANG, "2", 200, &q);
    disk_lost();
    new_epoch();
    there_of(&p, "posted");
    there_of(&q, "posted");
    told(p.key.ref, "00012301", "spoiled");
    told(p.key.ref, "00012302", "printed");
    fetched();
    assert_int_equal(book_load(b.ledger, "07", SERIES, "00012301", "00012400", "00012302", pay_two(&b, "book_load"), &b.err), LEDGER_NUMBER);
    pay_fine(&b, book_load(b.ledger, "07", SERIES, "00012301", "00012400", "00012304", pay_two(&b, "book_load"), &b.err));
    pay_verify(&b);
    assert_int_equal(say(q.key.ref, RESTORED_IN_TILL, "00099999", &q), LEDGER_BOOK);
    said("010000000001", RESTORED_IN_TILL, "00012302", &p);
    assert_string_equal(p.invoice.state, "confirmed");
    assert_string_equal(p.invoice.number, "00012302");
    assert_int_equal(say("010000000002", RESTORED_IN_TILL, "00012302", &q), LEDGER_NUMBER); /* that is the other's */
    said("010000000002", RESTORED_IN_TILL, "00012303", &q);                                  /* printed, and its notice lost with the disk */
    assert_string_equal(q.invoice.number, "00012303");
    assert_int_equal(count("SELECT count(*) FROM number WHERE state = 'void' AND number = 12301"), 1);
    assert_int_equal(count("SELECT count(*) FROM number WHERE state = 'lost'"), 0);
    assert_int_equal(count("SELECT count(*) FROM outbox WHERE class = 'notice'"), 1); /* the one that the utility lacks */
    all_is_said();
    pay_notices(&b);
    pay_posted(&b, WANG, "3", 300, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    assert_string_equal(p.invoice.number, "00012304");
}

static void a_number_that_is_lost_stays_lost_once_the_restore_is_over(void **unused)
{
    sqlite3 *db = NULL;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_fine(&b, book_lost(b.ledger, "07", "00012302", false, pay_chief(&b, "number_lost"), &b.err));
    assert_int_equal(sqlite3_open(b.path, &db), SQLITE_OK);
    assert_int_not_equal(sqlite3_exec(db, "UPDATE number SET state = 'assigned', invoice = (SELECT max(id) FROM invoice) WHERE number = 12302",
                                      NULL, NULL, NULL), SQLITE_OK);
    assert_string_equal(sqlite3_errmsg(db), "number: what is lost stays lost");
    sqlite3_close(db);
    assert_int_equal(count("SELECT count(*) FROM number WHERE state = 'lost'"), 2);
}

/* --- what the backup lacks ----------------------------------------------------------------------------------- */

static void a_payment_that_the_backup_lacks_is_adopted_as_the_utility_has_it(void **unused)
{
    disk_lost();
    new_epoch();
    there("010000000001", "posted", "B1:8528;B2:100", 9000); /* and 3.72 of credit */
    strcpy(theirs[0].places, "PP:372");
    told("010000000001", "00012301", "printed");
    there("010000000002", "declined", "", 500);
    there("010000000003", "tombstone", "", 0);
    fetched();
    assert_int_equal(pay_waits(&b, WAIT_RESTORED), 3);
    said("010000000001", RESTORED_IN_TILL, "00012301", &p);
    assert_string_equal(p.state, "posted");
    assert_int_equal(p.bill_count, 2);
    assert_int_equal(p.prepaid_fen, 372);
    assert_string_equal(p.invoice.number, "00012301");
    assert_string_equal(p.invoice.state, "confirmed");
    assert_true(p.adopted);
    assert_int_equal(books_balance(&b, "till:07"), 50000 + 9000);
    said("010000000002", RESTORED_IN_TILL, NULL, &q);
    assert_string_equal(q.state, "declined");
    assert_int_equal(q.owed_fen, 500);
    said("010000000003", RESTORED_GONE, NULL, &q); /* nothing of it stands anywhere */
    assert_int_equal(q.id, 0);
    all_is_said();
    pay_quiet(&b);
    assert_int_equal(count("SELECT count(*) FROM payment"), 2);
}

static void money_in_suspense_is_adopted_as_an_exception(void **unused)
{
    disk_lost();
    new_epoch();
    there("010000000001", "posted", "", 700);
    strcpy(theirs[0].places, "SU:700");
    fetched();
    said("010000000001", RESTORED_IN_TILL, "00012301", &p); /* it was a bill's once: its paper has a number */
    assert_string_equal(p.state, "excepted");
    assert_string_equal(p.invoice.number, "00012301");
    all_is_said();
    assert_int_equal(pay_waits(&b, WAIT_EXCEPTION), 1);
}

static void one_that_only_the_paper_knows_goes_on_as_an_advice_under_its_old_key(void **unused)
{
    struct restored_word word = {.cash = RESTORED_IN_TILL, .till = "07", .series = SERIES, .number = "00012305"};
    struct ledger_draft d = pay_draft(WANG, "1", 8528);
    disk_lost();
    new_epoch();
    fetched();
    strcpy(word.key.bank, "102");
    strcpy(word.key.branch, "0311-0007");
    strcpy(word.key.ref, "020000000005"); /* of the epoch that begins now: it can't be lost */
    assert_int_equal(restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &p, &b.err), LEDGER_PARAMS);
    strcpy(word.key.ref, "010000000005");
    d.tendered_fen = 1;
    assert_int_equal(restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &p, &b.err), LEDGER_PARAMS);
    d.tendered_fen = 8528;
    pay_fine(&b, restored_adopt(b.ledger, &word, &d, b.now_ms - 3600000, pay_chief(&b, "restore_adopt"), &p, &b.err));
    pay_verify(&b);
    assert_string_equal(p.state, "advised");
    assert_string_equal(p.invoice.state, "confirmed");
    assert_int_equal(restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &q, &b.err), LEDGER_STATE); /* once */
    all_is_said();
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    assert_string_equal(p.state, "posted");
    assert_int_equal(count("SELECT count(*) FROM number WHERE state = 'lost'"), 4); /* 301 to 304: nobody spoke for them */
}

/* Refused on line, finished off line and printed; the disk that knew it is lost. The utility keeps no bills of what it declined. */
static void one_that_was_declined_and_is_on_paper_was_finished_off_line(void **unused)
{
    struct restored_word word = {.cash = RESTORED_IN_TILL, .till = "07", .series = SERIES, .number = "00012302"};
    struct ledger_draft d = pay_draft(WANG, "2", 8528);
    pay_take(&b, WANG, "1", 100, false, &p);
    disk_lost();
    new_epoch();
    there_of(&p, "declined");
    struct restored_theirs *lacking = there("010000000002", "declined", "", 8528);
    lacking->stan = 77;
    strcpy(lacking->terminal, "04");
    lacking->taken_ms = b.now_ms - 3600000;
    told(p.key.ref, "00012301", "printed");
    told("010000000002", "00012302", "printed");
    fetched();
    said(p.key.ref, RESTORED_IN_TILL, "00012301", &p);
    assert_string_equal(p.state, "advised");
    assert_string_equal(p.invoice.number, "00012301");
    assert_string_equal(p.invoice.state, "confirmed");
    assert_int_equal(say("010000000002", RESTORED_IN_TILL, "00012302", &q), LEDGER_PARAMS);
    assert_string_equal(b.err.remedy, "adopt it with what its paper says");
    strcpy(word.key.bank, "102");
    strcpy(word.key.branch, "0311-0007");
    strcpy(word.key.ref, "010000000002");
    pay_fine(&b, restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &q, &b.err));
    pay_verify(&b);
    assert_string_equal(q.state, "advised");
    assert_string_equal(q.invoice.number, "00012302");
    assert_int_equal(q.bill_count, 1);
    assert_int_equal(count("SELECT stan FROM payment WHERE ref = '010000000002'"), 77); /* as it was sent once: the utility compares */
    assert_int_equal(count("SELECT terminal FROM payment WHERE ref = '010000000002'"), 4);
    assert_int_equal(count("SELECT taken_at FROM payment WHERE ref = '010000000002'"), lacking->taken_ms);
    all_is_said();
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    pay_goes(&b, &q, "0220");
    pay_fine(&b, pay_hears(&b, &q, "0230", "00", NULL));
    assert_string_equal(q.state, "posted");
}

/* Abandoned, undone before the utility had seen it, its money not handed back yet when the disk was lost. */
static void one_that_was_undone_unseen_is_adopted_to_be_given_back(void **unused)
{
    struct restored_word word = {.cash = RESTORED_IN_TILL, .till = "07"};
    struct ledger_draft d = pay_draft(WANG, "2", 8528);
    disk_lost();
    new_epoch();
    there("010000000002", "tombstone", "", 0)->stan = 77;
    fetched();
    assert_int_equal(say("010000000002", RESTORED_IN_TILL, NULL, &q), LEDGER_PARAMS);
    assert_string_equal(b.err.remedy, "adopt it with what its paper says");
    strcpy(word.key.bank, "102");
    strcpy(word.key.branch, "0311-0007");
    strcpy(word.key.ref, "010000000002");
    pay_fine(&b, restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &q, &b.err));
    pay_verify(&b);
    assert_string_equal(q.state, "undone");
    assert_int_equal(q.owed_fen, 8528);
    all_is_said();
    pay_quiet(&b);
}

static void a_payment_of_a_later_day_is_adopted_once_that_day_is_open(void **unused)
{
    disk_lost();
    new_epoch();
    there("010000000001", "posted", "B1:100", 100)->day = BOOKS_DAY + 1;
    fetched();
    assert_int_equal(say("010000000001", RESTORED_IN_TILL, NULL, &p), LEDGER_DAY);
    assert_int_equal(pay_waits(&b, WAIT_RESTORED), 1);
}

static void a_key_that_was_never_made_here_is_an_alarm(void **unused)
{
    struct ledger_draft d = pay_draft(WANG, "9", 100);
    disk_lost();
    new_epoch();
    there("010000000077", "posted", "B1:100", 100);
    fetched();
    said("010000000077", RESTORED_NOT_OURS, NULL, &p);
    all_is_said();
    assert_int_equal(pay_try(&b, &d, &p), LEDGER_STOPPED);
}

static void restored_twice_from_one_backup_no_key_comes_twice(void **unused)
{
    char first[KEY_REF_SIZE];
    pay_take(&b, WANG, "1", 100, true, &p);
    back_up();
    restore();
    new_epoch(); /* the second */
    fetched();
    said(p.key.ref, RESTORED_IN_TILL, NULL, &q);
    all_is_said();
    pay_take(&b, LI, "7", 50, true, &q);
    memcpy(first, q.key.ref, sizeof first);
    restore(); /* from the same file: that payment is lost with its disk */
    struct ledger_identity us;
    pay_fine(&b, ledger_identity(b.ledger, &us, &b.err));
    assert_int_equal(us.epoch, 1);
    pay_fine(&b, ledger_epoch(b.ledger, us.random, 3, &b.err)); /* above the one that the utility gave before */
    there_of(&q, "posted");
    fetched();
    said(p.key.ref, RESTORED_IN_TILL, NULL, &p);
    said(first, RESTORED_IN_TILL, NULL, &q);
    assert_string_equal(q.state, "posted");
    all_is_said();
    pay_take(&b, LI, "8", 50, true, &q);
    assert_string_equal(q.key.ref, "030000000002");
    assert_string_equal(first, "020000000002");
    unlink(backup_path());
}

/* --- what the storm found: in which order people speak --------------------------------------------------- */

static void a_sheet_that_was_at_the_printer_is_spoken_for_before_others_of_its_book(void **unused)
{
    struct ledger_print job;
    pay_posted(&b, WANG, "1", 100, &p);
    pay_posted(&b, WANG, "2", 200, &q);
    pay_fine(&b, invoice_send(b.ledger, p.invoice.id, "03", &job, &b.err)); /* 301 */
    disk_lost();
    new_epoch();
    there_of(&p, "posted");
    there_of(&q, "posted");
    fetched();
    assert_int_equal(say("010000000002", RESTORED_IN_TILL, "00012302", &q), LEDGER_STATE);
    assert_non_null(strstr(b.err.why, "010000000001"));
    said("010000000001", RESTORED_IN_TILL, "00012301", &p);
    said("010000000002", RESTORED_IN_TILL, "00012302", &q);
    assert_string_equal(q.invoice.state, "confirmed");
    all_is_said();
}

static void a_number_that_is_void_here_stays_so_whatever_the_utility_was_told_last(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    pay_fine(&b, invoice_spoil(b.ledger, p.invoice.id, "00012301", pay_two(&b, "spoil"), &p, &b.err)); /* its notice waits */
    disk_lost();
    new_epoch();
    there_of(&p, "posted");
    told(p.key.ref, "00012301", "printed");
    fetched();
    said(p.key.ref, RESTORED_IN_TILL, NULL, &q);
    assert_int_equal(count("SELECT count(*) FROM invoice WHERE state = 'spoiled' AND number = 12301"), 1);
    assert_string_equal(q.invoice.state, "planned");
    all_is_said();
    pay_notices(&b);
}

static void paper_that_both_books_have_otherwise_is_what_people_say(void **unused)
{
    pay_posted(&b, WANG, "1", 100, &p);
    pay_prints(&b, &p, OUTCOME_CONFIRMED);
    pay_notices(&b);
    disk_lost(); /* since then it was spoiled and printed anew, and neither notice went out */
    new_epoch();
    there_of(&p, "posted");
    told(p.key.ref, "00012301", "printed");
    fetched();
    assert_int_equal(pay_waits(&b, WAIT_RESTORED), 0);
    said(p.key.ref, RESTORED_IN_TILL, "00012302", &q);
    assert_string_equal(q.invoice.state, "confirmed");
    assert_string_equal(q.invoice.number, "00012302");
    assert_int_equal(count("SELECT count(*) FROM invoice WHERE state = 'spoiled' AND number = 12301"), 1);
    assert_int_equal(say(p.key.ref, RESTORED_IN_TILL, "00012303", &q), LEDGER_STATE); /* said once */
    all_is_said();
    pay_notices(&b);
}

static void a_day_is_not_closed_while_payments_of_it_may_be_missing(void **unused)
{
    struct ledger_day day;
    disk_lost();
    new_epoch();
    assert_int_equal(day_closing(b.ledger, ZHAO, &day, &b.err), LEDGER_STARTUP); /* nobody knows yet */
    there("010000000001", "posted", "B1:100", 100);
    there("010000000002", "posted", "B2:100", 100)->day = BOOKS_DAY + 1;
    fetched();
    assert_int_equal(day_closing(b.ledger, ZHAO, &day, &b.err), LEDGER_STARTUP);
    said("010000000001", RESTORED_IN_TILL, NULL, &p);
    pay_fine(&b, day_closing(b.ledger, ZHAO, &day, &b.err)); /* that of tomorrow is taken up tomorrow */
    assert_string_equal(day.state, "closing");
}

static void one_that_was_spoken_for_after_an_earlier_restore_is_spoken_for_again(void **unused)
{
    pay_take(&b, WANG, "1", 100, true, &p);
    disk_lost();
    new_epoch();
    there_of(&p, "posted");
    fetched();
    said(p.key.ref, RESTORED_IN_TILL, NULL, &p);
    all_is_said();
    disk_lost(); /* once more; what was reversed since is lost with it */
    new_epoch();
    strcpy(theirs[0].state, "reversed");
    fetched();
    assert_int_equal(pay_waits(&b, WAIT_RESTORED), 1);
    said(p.key.ref, RESTORED_GONE, NULL, &q);
    assert_string_equal(q.state, "reversed");
    all_is_said();
}

static void a_bill_that_was_turned_back_and_paid_again_is_taken_up(void **unused)
{
    struct restored_word word = {.cash = RESTORED_IN_TILL, .till = "07"};
    struct ledger_draft d = pay_draft(WANG, "1", 100);
    pay_take(&b, WANG, "1", 100, true, &p);
    disk_lost();
    new_epoch();
    fetched();
    strcpy(word.key.bank, "102");
    strcpy(word.key.branch, "0311-0007");
    strcpy(word.key.ref, "010000000002");
    assert_int_equal(restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &q, &b.err), LEDGER_IN_HAND); /* the first one is not spoken for */
    said(p.key.ref, RESTORED_GONE, NULL, &p);
    assert_string_equal(p.state, "undoing");
    pay_fine(&b, restored_adopt(b.ledger, &word, &d, b.now_ms, pay_chief(&b, "restore_adopt"), &q, &b.err));
    all_is_said();
    pay_goes(&b, &p, "0220");
    pay_fine(&b, pay_hears(&b, &p, "0230", "00", NULL));
    pay_goes(&b, &p, "0420");
    pay_fine(&b, pay_hears(&b, &p, "0430", "00", NULL));
    assert_string_equal(p.state, "undone");
    pay_goes(&b, &q, "0220");
    pay_fine(&b, pay_hears(&b, &q, "0230", "00", NULL));
    struct ledger_draft again = pay_draft(LI, "1", 100);
    assert_int_equal(pay_try(&b, &again, &p), LEDGER_IN_HAND);
    pay_verify(&b);
}

/* --- what was under way with the bank ------------------------------------------------------- */

static const struct ledger_account_ask with_password = {.sealed = "0a1b2c3d"};

/* Asked of the bank, and not answered when the backup was made. */
static void at_the_bank(int proc, int64_t fen)
{
    struct ledger_draft d = pay_draft(WANG, "none", 0);
    d.proc = proc;
    d.bill_count = 0;
    d.prepaid_fen = fen;
    d.tendered_fen = proc == 210000 ? fen : 0;
    strcpy(d.account, "102000000000000017");
    pay_fine(&b, payment_account(b.ledger, &d, &with_password, pay_alone(&b, proc == 210000 ? "account_deposit" : "account_withdraw"), &p, &b.err));
    pay_fine(&b, payment_shown(b.ledger, &p.key, &b.err));
    pay_goes(&b, &p, "0200");
    disk_lost();
    new_epoch();
    fetched();
    pay_quiet(&b);
}

static void a_deposit_that_was_under_way_is_asked_of_the_bank_again(void **unused)
{
    at_the_bank(210000, 5000);
    said(p.key.ref, RESTORED_IN_TILL, NULL, &q);
    assert_string_equal(q.state, "recorded");
    all_is_said();
    pay_goes(&b, &q, "0200");
    pay_fine(&b, pay_hears(&b, &q, "0210", "00", NULL)); /* as the first time */
    assert_string_equal(q.state, "posted");
    assert_int_equal(books_balance(&b, "clearing-bank"), -1000000 - 5000); /* and the vault's */
}

static void a_deposit_that_was_given_back_since_is_turned_back(void **unused)
{
    int64_t till = books_balance(&b, "till:07");
    at_the_bank(210000, 5000);
    said(p.key.ref, RESTORED_GONE, NULL, &q);
    assert_string_equal(q.state, "undoing");
    assert_int_equal(books_balance(&b, "till:07"), till);
    all_is_said();
    pay_goes(&b, &q, "0420");
}

static void a_withdrawal_whose_cash_went_out_is_asked_again(void **unused)
{
    int64_t till = books_balance(&b, "till:07");
    at_the_bank(10000, 5000);
    said(p.key.ref, RESTORED_GONE, NULL, &q);
    assert_string_equal(q.state, "recorded");
    all_is_said();
    pay_goes(&b, &q, "0200");
    pay_fine(&b, pay_hears(&b, &q, "0210", "00", NULL));
    assert_int_equal(books_balance(&b, "till:07"), till - 5000);
}

static void a_withdrawal_whose_cash_stayed_is_turned_back(void **unused)
{
    int64_t till = books_balance(&b, "till:07");
    at_the_bank(10000, 700);
    said(p.key.ref, RESTORED_IN_TILL, NULL, &q);
    assert_string_equal(q.state, "undoing");
    all_is_said();
    pay_goes(&b, &q, "0420");
    pay_fine(&b, pay_hears(&b, &q, "0430", "00", NULL));
    assert_int_equal(books_balance(&b, "till:07"), till);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        STORY(a_deposit_that_was_under_way_is_asked_of_the_bank_again),
        STORY(a_deposit_that_was_given_back_since_is_turned_back),
        STORY(a_withdrawal_whose_cash_went_out_is_asked_again),
        STORY(a_withdrawal_whose_cash_stayed_is_turned_back),
        STORY(a_sheet_that_was_at_the_printer_is_spoken_for_before_others_of_its_book),
        STORY(a_number_that_is_void_here_stays_so_whatever_the_utility_was_told_last),
        STORY(paper_that_both_books_have_otherwise_is_what_people_say),
        STORY(a_day_is_not_closed_while_payments_of_it_may_be_missing),
        STORY(one_that_was_spoken_for_after_an_earlier_restore_is_spoken_for_again),
        STORY(a_bill_that_was_turned_back_and_paid_again_is_taken_up),
        STORY(nothing_is_sent_printed_or_taken_before_all_is_said),
        STORY(one_alone_says_nothing),
        STORY(what_the_backup_holds_becomes_what_the_utility_has),
        STORY(one_that_was_reversed_since_is_reversed_here),
        STORY(one_that_was_reversing_without_cash_is_handed_back_with_its_answer),
        STORY(a_planned_invoice_that_is_on_paper_is_confirmed_by_its_number),
        STORY(a_number_that_is_lost_stays_lost_once_the_restore_is_over),
        STORY(a_payment_that_the_backup_lacks_is_adopted_as_the_utility_has_it),
        STORY(money_in_suspense_is_adopted_as_an_exception),
        STORY(one_that_only_the_paper_knows_goes_on_as_an_advice_under_its_old_key),
        STORY(one_that_was_declined_and_is_on_paper_was_finished_off_line),
        STORY(one_that_was_undone_unseen_is_adopted_to_be_given_back),
        STORY(a_payment_of_a_later_day_is_adopted_once_that_day_is_open),
        STORY(a_key_that_was_never_made_here_is_an_alarm),
        STORY(restored_twice_from_one_backup_no_key_comes_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
