/* The power goes at every write and every sync of three payments (one posted and printed, one
 * off line, one declined and handed back), of the recovery from that, and of the recovery from
 * the recovery; and so of a deposit, a withdrawal and bills paid from an account; the disk fails, is full, memory ends at every call. Whatever was said to a
 * person before is in the books, and nothing is in them twice.
 *
 * ROUNDS=n in the environment: what a cut leaves is drawn anew so often for each point, and
 * every single access and allocation fails once, not each seventh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sqlite3.h>
#include <cmocka.h>

#include "ledger/inside.h"
#include "lib/disk.h"
#include "lib/pay.h"

/* What was said to somebody: a bit each. */
enum said { A_RECORDED = 1, A_POSTED = 2, A_AT_PRINTER = 4, A_PRINTED = 8, B_RECORDED = 16, B_ANSWERED = 32, C_RECORDED = 64,
            C_DECLINED = 128, C_HANDED = 256, D_RECORDED = 512, D_BACK = 1024, ALL = 2047,
            E_RECORDED = 2048, E_POSTED = 4096, F_RECORDED = 8192, F_POSTED = 16384, G_RECORDED = 32768, G_POSTED = 65536, ALL_ACCOUNTS = 129024 };

static struct books b;
static struct disk *disk;
static struct disk_image *morning;
static int64_t now_ms = BOOKS_MORNING_MS;
static uint32_t luck_state = 1;
static unsigned said;
static char a_number[20];
static struct ledger_payment p;
static struct books_two word;
static int sync_mode; /* 1: the control, synchronous=NORMAL */

static uint32_t luck(void *ctx)
{
    luck_state = luck_state * 1664525u + 1013904223u;
    return luck_state >> 8;
}

/* --- the day, an act after the other; false: the program has to end ---------------------------- */

static const char *const tokens[] = {"000000000000000000000000000000aa", "000000000000000000000000000000bb",
                                     "000000000000000000000000000000cc", "000000000000000000000000000000dd",
                                     "000000000000000000000000000000ee", "000000000000000000000000000000ff", "00000000000000000000000000000099"};

static bool fine(enum ledger_result r) { return r != LEDGER_BROKEN && !disk_off(disk); }

static int64_t id_of(int which)
{
    int64_t id = 0;
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v2(b.ledger->db, "SELECT id FROM payment WHERE token = ?1", -1, &q, NULL) == SQLITE_OK) {
        sqlite3_bind_text(q, 1, tokens[which], -1, SQLITE_STATIC);
        if (sqlite3_step(q) == SQLITE_ROW) id = sqlite3_column_int64(q, 0);
    }
    sqlite3_finalize(q);
    return id;
}

static bool take(int which, bool offline, unsigned says)
{
    char bill[8];
    snprintf(bill, sizeof bill, "%d", which + 1);
    struct ledger_draft d = pay_draft(WANG, bill, 100 * (which + 1));
    memcpy(d.token, tokens[which], sizeof d.token);
    d.offline = offline;
    enum ledger_result r = payment_record(b.ledger, &d, NULL, &p, &b.err);
    if (!fine(r)) return false;
    if (r == LEDGER_OK) said |= says;
    return fine(payment_shown(b.ledger, &p.key, &b.err));
}

static bool is(const char *state) { return strcmp(p.state, state) == 0; }

static bool hears(int which, const char *mti, const char *code, const char *then, unsigned says)
{
    static struct ledger_send rows[8];
    struct ledger_answer answer = {.part_count = 0};
    bool unknown;
    int count;
    if (!fine(payment_get_id(b.ledger, id_of(which), &p, &b.err))) return false;
    if (is(then)) { /* it was done before the crash */
        said |= says;
        return true;
    }
    if (!fine(outbox_take(b.ledger, false, rows, 8, &count, &b.err))) return false;
    snprintf(answer.mti, sizeof answer.mti, "%s", mti);
    snprintf(answer.code, sizeof answer.code, "%s", code);
    struct key key = p.key;
    enum ledger_result r = outbox_answer(b.ledger, &key, &answer, &unknown, &p, &b.err);
    if (!fine(r)) return false;
    if (r == LEDGER_OK && is(then)) said |= says;
    return true;
}

static bool prints(void)
{
    struct ledger_print job;
    int64_t invoice, payment;
    char kind[8];
    if (!fine(payment_get_id(b.ledger, id_of(0), &p, &b.err))) return false;
    if (said & A_AT_PRINTER && strcmp(p.invoice.state, "sent") == 0) /* a person has looked: it is whole */
        return fine(invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, p.invoice.number, true, true, pay_alone(&b, "invoice_answer"), &p, &b.err));
    if (strcmp(p.invoice.state, "sent") == 0) /* taken, and no byte had gone: the sheet is thrown away */
        return fine(invoice_answer(b.ledger, p.invoice.id, p.invoice.attempt, p.invoice.number, false, true, pay_alone(&b, "invoice_answer"), &p, &b.err)) && prints();
    if (strcmp(p.invoice.state, "planned") != 0) return true;
    enum ledger_result r = invoice_next(b.ledger, "03", &invoice, &payment, kind, &b.err);
    if (!fine(r) || invoice == 0) return fine(r);
    r = invoice_send(b.ledger, invoice, "03", &job, &b.err);
    if (!fine(r) || r != LEDGER_OK) return fine(r);
    if (said & A_AT_PRINTER && strcmp(a_number, job.number) == 0) fail_msg("number %s goes to paper twice", a_number);
    said |= A_AT_PRINTER;
    memcpy(a_number, job.number, sizeof a_number);
    r = invoice_result(b.ledger, invoice, job.attempt, job.number, OUTCOME_CONFIRMED, 900, "", &p, &b.err);
    if (!fine(r)) return false;
    if (r == LEDGER_OK) said |= A_PRINTED;
    return true;
}

static bool approved(const char *act, const char *checker)
{
    struct books_two *two = &word;
    memset(two, 0, sizeof *two);
    memcpy(two->two.maker, WANG, sizeof WANG);
    memcpy(two->two.terminal, "03", 3);
    two->two.act = act;
    memset(two->two.params, act[0], sizeof two->two.params);
    if (checker && !fine(approval_make(b.ledger, checker, WANG, "03", act, two->two.params, two->token, &b.err))) return false;
    if (checker) two->two.token = two->token;
    return true;
}

static bool hands_back(void)
{
    if (!fine(payment_get_id(b.ledger, id_of(2), &p, &b.err)) || !approved("hand_back", NULL)) return false;
    if (p.handed_fen > 0) return true;
    struct key key = p.key;
    enum ledger_result r = payment_hand_back(b.ledger, &key, &word.two, &p, &b.err);
    if (r == LEDGER_OK && fine(r)) said |= C_HANDED;
    return fine(r);
}

static bool turns_back(void)
{
    if (!fine(payment_get_id(b.ledger, id_of(3), &p, &b.err))) return false;
    if (!is("advised")) return true;
    struct key key = p.key;
    if (!approved("undo", ZHAO)) return false;
    enum ledger_result r = payment_undo(b.ledger, &key, NULL, 0, &word.two, &p, &b.err);
    if (r == LEDGER_OK && fine(r)) said |= D_BACK;
    return fine(r);
}

/* Also what is done after a crash: everything once more, from where it stands. */
static bool the_day(void)
{
    return take(0, false, A_RECORDED) && hears(0, "0210", "00", "posted", A_POSTED) && prints() && take(1, true, B_RECORDED) &&
           hears(1, "0230", "00", "posted", B_ANSWERED) && take(2, false, C_RECORDED) && hears(2, "0210", "76", "declined", C_DECLINED) &&
           hands_back() && take(3, true, D_RECORDED) && turns_back();
}

/* 210000, 10000, 501000: asked of the bank, on line. */
static bool asks_bank(int which, int proc, const char *act, int64_t fen, unsigned says)
{
    static const struct ledger_account_ask with_password = {.sealed = "0a1b"};
    struct ledger_draft d = pay_draft(WANG, "7", fen);
    d.proc = proc;
    d.bill_count = proc == 501000;
    d.prepaid_fen = proc == 501000 ? 0 : fen;
    d.tendered_fen = proc == 210000 ? fen : 0;
    strcpy(d.account, "102000000000000017");
    memcpy(d.token, tokens[which], sizeof d.token);
    if (!approved(act, NULL)) return false;
    enum ledger_result r = payment_account(b.ledger, &d, &with_password, &word.two, &p, &b.err);
    if (!fine(r)) return false;
    if (r == LEDGER_OK) said |= says;
    return fine(payment_shown(b.ledger, &p.key, &b.err));
}

static bool accounts_day(void)
{
    return asks_bank(4, 210000, "account_deposit", 500, E_RECORDED) && hears(4, "0210", "00", "posted", E_POSTED) &&
           asks_bank(5, 10000, "account_withdraw", 200, F_RECORDED) && hears(5, "0210", "00", "posted", F_POSTED) &&
           asks_bank(6, 501000, "account_pay", 300, G_RECORDED) && hears(6, "0210", "00", "posted", G_POSTED);
}

static bool (*day)(void) = the_day;
static unsigned all_said = ALL;

/* --- opened and closed --------------------------------------------------------------------------- */

static bool opens(void)
{
    struct ledger_startup found;
    b.ledger = ledger_open(b.path, &b.world, &b.rules, &b.err);
    if (!b.ledger) return false;
    if (sync_mode) sqlite3_exec(b.ledger->db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    if (sync_mode) b.ledger->started = true; /* the guard would refuse it */
    return sync_mode || fine(ledger_start(b.ledger, &found, &b.err));
}

static void closes(void)
{
    ledger_close(b.ledger);
    b.ledger = NULL;
}

/* --- what must be there ------------------------------------------------------------------------------ */

static void rule_broken(void *ctx, int number, const char *name, const char *example)
{
    snprintf(ctx, 300, "invariant %d, %s: %s", number, name, example);
}

/* NULL: all that was said stands. */
static const char *lost(void)
{
    static char why[300];
    static const struct { unsigned bit; int which; const char *states; } facts[] = {
        {A_RECORDED, 0, "recorded posted"}, {A_POSTED, 0, "posted"}, {B_RECORDED, 1, "advised posted"}, {B_ANSWERED, 1, "posted"},
        {C_RECORDED, 2, "recorded declined"}, {C_DECLINED, 2, "declined"}, {D_RECORDED, 3, "advised undoing"}, {D_BACK, 3, "undoing"},
        {E_RECORDED, 4, "recorded posted"}, {E_POSTED, 4, "posted"}, {F_RECORDED, 5, "recorded posted"}, {F_POSTED, 5, "posted"},
        {G_RECORDED, 6, "recorded posted"}, {G_POSTED, 6, "posted"},
    };
    why[0] = '\0';
    if (ledger_verify(b.ledger, true, rule_broken, why, &b.err) != 0) return why[0] ? why : b.err.why;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (!(said & facts[i].bit)) continue;
        int64_t id = id_of(facts[i].which);
        if (id == 0 || payment_get_id(b.ledger, id, &p, &b.err) != LEDGER_OK) return "a payment that was said to be recorded is gone";
        if (!strstr(facts[i].states, p.state)) return "a payment has gone back in its life";
    }
    if (said & A_AT_PRINTER && (payment_get_id(b.ledger, id_of(0), &p, &b.err) != LEDGER_OK || strcmp(p.invoice.number, a_number) != 0))
        return "a number that was at the printer is another invoice's, or nobody's";
    if (said & A_PRINTED && strcmp(p.invoice.state, "confirmed") != 0) return "a sheet that was whole is not any more";
    if (said & C_HANDED && (payment_get_id(b.ledger, id_of(2), &p, &b.err) != LEDGER_OK || p.handed_fen == 0)) return "money was handed back and is owed again";
    return NULL;
}

static void people_answer(void)
{
    struct ledger_waiting rows[8];
    int64_t counts[WAIT_KINDS];
    int count;
    pay_fine(&b, waiting_list(b.ledger, NULL, rows, 8, &count, counts, &b.err));
    for (int i = 0; i < count; i++) {
        pay_fine(&b, payment_get_id(b.ledger, rows[i].payment, &p, &b.err));
        struct key key = p.key;
        if (rows[i].kind == WAIT_UNACKNOWLEDGED) pay_fine(&b, payment_cash_is(b.ledger, &key, true, pay_alone(&b, "unacknowledged_answer"), &p, &b.err));
    }
}

/* Goes on to the day's end, whatever had been reached; each thing once. */
static void goes_on(void)
{
    people_answer();
    assert_true(the_day());
    assert_null(lost());
    assert_int_equal(books_balance(&b, "till:07"), 50000 + 100 + 200 + 400);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM payment"), 4);
    assert_int_equal(books_number(&b, "SELECT count(*) FROM invoice WHERE state = 'confirmed'"), 1);
}

/* --- the walks --------------------------------------------------------------------------------------------- */

static void begin(void)
{
    disk_load(disk, morning);
    b.world.entropy = entropy_seeded(&b.seed);
    b.seed = (struct entropy_seeded){.seed = 11};
    said = 0;
    a_number[0] = '\0';
}

/* The fault at the at-th change (or access) of the day; false: the day was over before. */
static bool struck_at(long at, enum disk_fault fault, bool reads)
{
    begin();
    assert_true(opens());
    disk_fault_at(disk, at, fault, reads);
    bool whole = day();
    bool struck = disk_struck(disk);
    if (whole && !struck) assert_int_equal(said & ~(unsigned)A_PRINTED, all_said & ~(unsigned)A_PRINTED);
    if (fault == DISK_CUT && struck) disk_switch_off(disk);
    closes();
    return struck;
}

static void comes_back(bool power_lost)
{
    disk_switch_on(disk, power_lost);
    if (!opens()) fail_msg("not opened: %s %s", b.err.where, b.err.why);
    const char *why = lost();
    if (why) fail_msg("after %u: %s", said, why);
}

static int rounds(int preset)
{
    const char *text = getenv("ROUNDS");
    return text ? atoi(text) : preset;
}

static long step(long preset) { return getenv("ROUNDS") ? 1 : preset; }

static void a_power_cut_at_every_write_and_sync_loses_nothing_that_was_said(void **unused)
{
    long points = 0;
    for (int round = 0; round < rounds(4); round++)
        for (long at = 1; struck_at(at, DISK_CUT, false); at++, points++) {
            comes_back(true);
            if ((at + round) % 8 == 0) goes_on();
            closes();
        }
    begin();
    print_message("%ld points\n", points);
    assert_true(points >= 500 * rounds(4));
}

static void a_power_cut_at_every_write_of_what_the_bank_posts_loses_nothing(void **unused)
{
    long points = 0;
    day = accounts_day;
    all_said = ALL_ACCOUNTS;
    for (long at = 1; struck_at(at, DISK_CUT, false); at++, points++) {
        comes_back(true);
        if (at % 8 == 0) {
            people_answer();
            assert_true(accounts_day());
            assert_null(lost());
            assert_int_equal(books_balance(&b, "till:07"), 50000 + 500 - 200); /* each once */
            assert_int_equal(books_balance(&b, "owed-to-utility"), -300);
            assert_int_equal(books_number(&b, "SELECT count(*) FROM payment"), 3);
        }
        closes();
    }
    print_message("%ld points\n", points);
    assert_true(points >= 200);
    day = the_day;
    all_said = ALL;
}

static void a_power_cut_at_every_write_of_the_recovery_loses_nothing(void **unused)
{
    long points = 0;
    for (long at = 3; struck_at(at, DISK_CUT, false); at += step(23))
        for (long again = 1;; again++, points++) {
            struct disk_image *left;
            disk_switch_on(disk, true);
            left = disk_save(disk);
            disk_fault_at(disk, again, DISK_CUT, false);
            bool up = opens();
            bool struck = disk_struck(disk);
            closes();
            if (!struck) {
                disk_image_free(left);
                assert_true(up);
                break;
            }
            comes_back(true);
            closes();
            disk_load(disk, left); /* the same once more, a write further */
            disk_switch_off(disk);
            disk_image_free(left);
        }
    print_message("%ld points\n", points);
    assert_true(points >= 100);
}

static void a_kill_at_every_write_loses_nothing(void **unused)
{
    for (long at = 1; struck_at(at, DISK_CUT, false); at += step(2)) {
        comes_back(false);
        if (at % 5 == 0) goes_on();
        closes();
    }
}

static void a_disk_that_fails_or_is_full_at_any_access_ends_the_program_and_loses_nothing(void **unused)
{
    static const struct { enum disk_fault fault; bool reads; } faults[] = {{DISK_BROKEN, false}, {DISK_BROKEN, true}, {DISK_FULL, false}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        for (long at = 1; struck_at(at, faults[i].fault, faults[i].reads); at += step(7)) {
            comes_back(false);
            if (at % 16 == 0) goes_on();
            closes();
        }
}

/* --- memory -------------------------------------------------------------------------------------------------- */

static sqlite3_mem_methods real;
static long left_calls, calls;
static bool given(void) { return calls++, !(left_calls && --left_calls == 0); }
static void *short_malloc(int size) { return given() ? real.xMalloc(size) : NULL; }
static void *short_realloc(void *old, int size) { return given() ? real.xRealloc(old, size) : NULL; }

/* What the ledger itself asks for comes by here too: this program is linked so (Makefile). */
void *own_malloc(size_t size);
void *own_calloc(size_t count, size_t size);
void *own_realloc(void *old, size_t size);
char *own_strdup(const char *text);
static long own_calls;
static bool given_to_us(void) { return own_calls++, given(); }
void *own_malloc(size_t size) { return given_to_us() ? malloc(size) : NULL; }
void *own_calloc(size_t count, size_t size) { return given_to_us() ? calloc(count, size) : NULL; }
void *own_realloc(void *old, size_t size) { return given_to_us() ? realloc(old, size) : NULL; }
char *own_strdup(const char *text) { return given_to_us() ? strdup(text) : NULL; }

static void memory_that_ends_at_any_call_loses_nothing(void **unused)
{
    for (long at = 1;; at += step(61)) {
        begin();
        assert_true(opens());
        left_calls = at;
        the_day();
        bool struck = left_calls == 0;
        left_calls = 0;
        closes();
        comes_back(false);
        closes();
        if (!struck) break;
    }
}

/* Taken, answered, printed, its detail read. */
static void one_payment(void)
{
    char *detail = NULL;
    if (take(0, false, A_RECORDED) && hears(0, "0210", "00", "posted", A_POSTED) && prints()) payment_detail(b.ledger, id_of(0), &detail, &b.err);
    free(detail);
}

static void memory_that_ends_at_any_call_of_one_payment_loses_nothing(void **unused)
{
    long at = 1, ours = own_calls;
    for (bool struck = true; struck; at += at < 4 ? 1 : step(37)) {
        begin();
        assert_true(opens());
        left_calls = at;
        one_payment();
        struck = left_calls == 0;
        left_calls = 0;
        closes();
        comes_back(false);
        closes();
    }
    print_message("%ld allocations\n", at);
    assert_true(at > 50 && own_calls > ours);
}

static void memory_that_ends_at_any_call_of_the_recovery_loses_nothing(void **unused)
{
    assert_true(struck_at(150, DISK_CUT, false));
    disk_switch_on(disk, true);
    struct disk_image *left = disk_save(disk);
    long at = 1, ours = own_calls;
    for (bool struck = true; struck; at += at < 4 ? 1 : step(1009)) {
        disk_load(disk, left);
        left_calls = at;
        bool up = opens();
        struck = left_calls == 0;
        left_calls = 0;
        closes();
        if (!struck) assert_true(up);
        comes_back(false);
        closes();
    }
    disk_image_free(left);
    print_message("%ld allocations\n", at);
    assert_true(at > 100 && own_calls > ours);
}

/* --- the control --------------------------------------------------------------------------------------------------- */

/* With synchronous=NORMAL the same walk must lose something: else it could not see it. */
static void the_walk_sees_what_synchronous_normal_loses(void **unused)
{
    int losses = 0;
    for (int round = 0; round < 2; round++)
        for (long at = 1;; at += 3) {
            sync_mode = 1;
            bool struck = struck_at(at, DISK_CUT, false);
            sync_mode = 0;
            if (!struck) break;
            disk_switch_on(disk, true);
            if (!opens() || lost()) losses++;
            closes();
        }
    print_message("%d losses\n", losses);
    assert_true(losses > 0);
}

int main(void)
{
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &real);
    sqlite3_mem_methods shorted = real;
    shorted.xMalloc = short_malloc;
    shorted.xRealloc = short_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &shorted);
    disk_install(&now_ms, luck, NULL);
    disk = disk_new(access("/dev/shm", W_OK) == 0 ? "/dev/shm/gridteller-" : "/tmp/gridteller-");
    pay_start(&b);
    closes();
    morning = disk_save(disk);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_power_cut_at_every_write_and_sync_loses_nothing_that_was_said),
        cmocka_unit_test(a_power_cut_at_every_write_of_what_the_bank_posts_loses_nothing),
        cmocka_unit_test(a_power_cut_at_every_write_of_the_recovery_loses_nothing),
        cmocka_unit_test(a_kill_at_every_write_loses_nothing),
        cmocka_unit_test(a_disk_that_fails_or_is_full_at_any_access_ends_the_program_and_loses_nothing),
        cmocka_unit_test(memory_that_ends_at_any_call_loses_nothing),
        cmocka_unit_test(memory_that_ends_at_any_call_of_one_payment_loses_nothing),
        cmocka_unit_test(memory_that_ends_at_any_call_of_the_recovery_loses_nothing),
        cmocka_unit_test(the_walk_sees_what_synchronous_normal_loses),
    };
    if (getenv("ONLY")) cmocka_set_test_filter(getenv("ONLY")); /* memory* */
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    begin();
    opens();
    books_end(&b);
    disk_image_free(morning);
    disk_free(disk);
    return failed;
}
