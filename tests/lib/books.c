#include "lib/books.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "ledger/inside.h"
#include "lib/moves.h"

static int pack(void *ctx, const struct ledger_message *message, uint8_t *bytes, size_t size, struct error *err)
{
    return snprintf((char *)bytes, size, "%s %s %lld", message->class, message->key.ref, (long long)message->amount_fen);
}

static void fine(struct books *books, enum ledger_result result)
{
    char text[700];
    if (result != LEDGER_OK)
        fail_msg("%s: %s", ledger_word(result), error_text(&books->err, text, sizeof text));
}

static void open_it(struct books *books)
{
    char text[700];
    books->ledger = ledger_open(books->path, &books->world, &books->rules, &books->err);
    if (!books->ledger)
        fail_msg("%s", error_text(&books->err, text, sizeof text));
    moves_watch(books->ledger->db);
}

static void close_it(struct books *books)
{
    if (books->ledger)
        moves_tell(books->ledger->db);
    ledger_close(books->ledger);
    books->ledger = NULL;
}

static void install(struct books *books)
{
    static const struct { const char *number, *name, *role; } people[] = {
        {WANG, "王敏", "teller"}, {LI, "李娜", "teller"}, {ZHAO, "赵强", "supervisor"}, {SUN, "孙丽", "supervisor"},
        {TIAN, "田工", "technician"},
    };
    char stored[SECRET_PASSWORD_SIZE];
    assert_int_equal(secret_password_hash("three blue herons", secret_cost_least(), &books->world.entropy, stored, &books->err), 0);
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        fine(books, operator_install(books->ledger, people[i].number, people[i].name, people[i].role, stored, false, &books->err));
    fine(books, operator_installed(books->ledger, &books->err));
}

void books_start(struct books *books, bool day)
{
    memset(books, 0, sizeof *books);
    /* in memory where there is such a folder: what a kill leaves is the same, and a sync costs nothing */
    const char *in = getenv("TEST_FOLDER");
    snprintf(books->folder, sizeof books->folder, "%s/gridteller-XXXXXX", in ? in : access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(books->folder));
    snprintf(books->path, sizeof books->path, "%s/branch.db", books->folder);
    books->now_ms = BOOKS_MORNING_MS;
    books->seed.seed = 7;
    books->world = (struct ledger_world){.clock = clock_manual(&books->now_ms, CLOCK_CHINA_OFFSET_S),
                                         .entropy = entropy_seeded(&books->seed), .audit_key = "the key is not in the file",
                                         .cost = secret_cost_least(), .pack = pack};
    books->rules = (struct ledger_rules){
                                         .second_person_fen = 5000000, .offline_single_fen = 1000000,
                                         .offline_day_fen = 10000000, .offline_day_count = 100, .spoil_alone_a_day = 3, .lock_out_ms = 1800000,
                                         .approval_ms = 120000};
    if (ledger_create(books->path, "102", "0311-0007", &books->world, &books->err) != 0)
        fail_msg("%s", books->err.why);
    open_it(books);
    install(books);
    if (!day)
        return;
    struct books_two two;
    fine(books, day_open(books->ledger, BOOKS_DAY, ZHAO, &books->err));
    fine(books, vault_cash(books->ledger, books_two(books, &two, ZHAO, "01", "vault", SUN), true, 1000000, &books->err));
}

void books_again(struct books *books)
{
    close_it(books);
    open_it(books);
}

static void broken_rule(void *ctx, int number, const char *name, const char *example)
{
    print_message("invariant %d, %s: %s\n", number, name, example);
}

void books_end(struct books *books)
{
    static const char *const files[] = {"branch.db", "branch.db-wal", "branch.db-shm", "branch.db-lock", "day.journal"};
    char path[128];
    int broken = books->ledger && !books->odd ? ledger_verify(books->ledger, true, broken_rule, NULL, &books->err) : 0;
    close_it(books);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", books->folder, files[i]);
        unlink(path);
    }
    rmdir(books->folder);
    if (broken)
        fail_msg("%d invariants are broken %s", broken, broken < 0 ? books->err.why : "");
}

const struct ledger_two *books_two(struct books *books, struct books_two *into, const char *maker, const char *terminal,
                                   const char *act, const char *checker)
{
    memset(into, 0, sizeof *into);
    strcpy(into->two.maker, maker);
    strcpy(into->two.terminal, terminal);
    into->two.act = act;
    memset(into->two.params, act[0], sizeof into->two.params);
    if (checker) {
        fine(books, approval_make(books->ledger, checker, maker, terminal, act, into->two.params, into->token, &books->err));
        into->two.token = into->token;
    }
    return &into->two;
}

void books_begin(struct books *books)
{
    struct ledger_startup found;
    struct ledger_identity who;
    fine(books, ledger_start(books->ledger, &found, &books->err));
    fine(books, ledger_identity(books->ledger, &who, &books->err));
    if (!who.epoch_held)
        fine(books, ledger_epoch(books->ledger, who.random, 1, &books->err));
}

struct ledger_payment books_record(struct books *books, const char *teller, int64_t fen, bool offline)
{
    struct ledger_payment payment;
    struct ledger_draft draft = {.proc = 500000, .bill_count = 1, .tendered_fen = fen, .offline = offline};
    entropy_hex(&books->world.entropy, 16, draft.token, sizeof draft.token);
    snprintf(draft.bills[0].bill, sizeof draft.bills[0].bill, "B%.12s", draft.token);
    strcpy(draft.bills[0].period, "202610");
    strcpy(draft.customer, "0311000012345");
    strcpy(draft.name, "王建国");
    strcpy(draft.operator_number, teller);
    strcpy(draft.terminal, strcmp(teller, WANG) == 0 ? "03" : "04");
    draft.bills[0].amount_fen = fen;
    fine(books, payment_record(books->ledger, &draft, NULL, &payment, &books->err));
    return payment;
}

struct ledger_payment books_pay(struct books *books, const char *teller, int64_t fen, bool offline)
{
    struct ledger_payment payment = books_record(books, teller, fen, offline);
    fine(books, payment_shown(books->ledger, &payment.key, &books->err));
    return payment;
}

void books_answer(struct books *books, const struct ledger_payment *payment, const char *mti, const char *code)
{
    struct ledger_send rows[8];
    struct ledger_payment after;
    struct ledger_answer answer = {.part_count = 0};
    int count;
    bool unknown;
    strcpy(answer.mti, mti);
    strcpy(answer.code, code);
    fine(books, outbox_take(books->ledger, false, rows, 8, &count, &books->err));
    fine(books, outbox_answer(books->ledger, &payment->key, &answer, &unknown, &after, &books->err));
    assert_false(unknown);
}

int64_t books_balance(struct books *books, const char *account)
{
    int64_t fen = 0;
    fine(books, account_balance(books->ledger, account, &fen, &books->err));
    return fen;
}

static void run(struct books *books, const char *first, const char *sql)
{
    sqlite3 *db = NULL;
    char *why = NULL;
    close_it(books);
    books->ledger = NULL;
    books->odd = true;
    assert_int_equal(sqlite3_open(books->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, first, NULL, NULL, NULL), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s", why);
    sqlite3_close(db);
}

void books_sql(struct books *books, const char *sql)
{
    run(books, "PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA trusted_schema=OFF", sql);
    open_it(books);
}

void books_tamper(struct books *books, const char *sql)
{
    run(books, "PRAGMA foreign_keys=OFF; DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; DROP TRIGGER audit_next;"
               "DROP TRIGGER branch_only_grows", sql);
}

void books_bulk(struct books *books, const char *sql)
{
    run(books, "PRAGMA foreign_keys=OFF", sql);
    open_it(books);
}

int64_t books_number(struct books *books, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int64_t number = -1;
    assert_int_equal(sqlite3_open_v2(books->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    if (sqlite3_step(q) == SQLITE_ROW)
        number = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    sqlite3_close(db);
    return number;
}
