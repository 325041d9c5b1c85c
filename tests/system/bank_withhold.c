/* The monthly list at the bank: refused whole or worked once, row by row, to the
 * fen; killed at any moment it ends as if it had not been. On SQLite and on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/text.h"
#include "lib/bank_books.h"

#define ACCOUNTS 60
#define HEAD(batch) "WHLIST|1|0311|102|" batch "|202611|2026-11-20T08:00:00|2026-11-25|2026-11-28\n"

static struct bank_books b;
static char said[8000];

static int start(enum db_kind kind)
{
    bank_books_open(&b, kind, "withhold", "");
    bank_books_fill(&b, ACCOUNTS);
    return 0;
}
static int start_sqlite(void **state) { return start(DB_SQLITE); }
static int start_postgres(void **state) { return start(DB_POSTGRES); }
static int stop(void **state)
{
    bank_books_close(&b);
    return 0;
}

/* --- rows ----------------------------------------------------------------------- */

static struct list_row row(int64_t sequence, int64_t customer, int64_t fen)
{
    static char texts[64][4][40];
    static int next;
    char(*t)[40] = texts[next++ % 64];
    snprintf(t[0], 40, "C%08lld", (long long)customer);
    snprintf(t[1], 40, "客户%08lld", (long long)customer);
    bank_books_account(customer, t[2]);
    snprintf(t[3], 40, "B%08lld", (long long)sequence);
    return (struct list_row){0, sequence, fen, t[0], t[1], t[2], t[3]};
}

static int64_t balance(int64_t customer)
{
    char sql[100], account[ACCOUNT_TEXT_SIZE];
    snprintf(sql, sizeof sql, "SELECT balance_fen FROM account WHERE number=%s", bank_books_account(customer, account));
    return bank_books_sql(&b, sql);
}

static void set(int64_t customer, const char *what)
{
    char sql[200], account[ACCOUNT_TEXT_SIZE];
    snprintf(sql, sizeof sql, "UPDATE account SET %s WHERE number=%s", what, bank_books_account(customer, account));
    bank_books_change(&b, sql);
}

/* The codes of a final result, one behind the other. */
static const char *codes(const char *folder, const char *batch)
{
    static char all[400];
    char file[100], *text, *line;
    all[0] = '\0';
    snprintf(file, sizeof file, "%s/WHRESULT-0311-%s-final.txt", folder, batch);
    text = world_read(&b.w, file);
    for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char *bar = line;
        if (!strncmp(line, "WHRESULT", 8) || !strncmp(line, "END", 3)) continue;
        for (int i = 0; i < 7 && bar; i++)
            bar = strchr(bar + (i > 0), '|');
        assert_non_null(bar);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%.2s", all[0] ? " " : "", bar + 1);
    }
    free(text);
    return all;
}

/* Result, journal and balances, with SQL alone. */
static void agrees(int64_t batch, int64_t debited, int64_t fen)
{
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM entry WHERE batch=%lld AND credit=1 AND what=3", (long long)batch);
    assert_int_equal(bank_books_sql(&b, sql), debited);
    snprintf(sql, sizeof sql, "SELECT coalesce(sum(fen), 0) FROM entry WHERE batch=%lld", (long long)batch);
    assert_int_equal(bank_books_sql(&b, sql), fen);
    assert_int_equal(bank_books_sql(&b, "SELECT count(*) FROM account a WHERE balance_fen <> (SELECT coalesce(sum(CASE WHEN credit=a.number THEN fen ELSE -fen END), 0)"
                                        " FROM entry WHERE credit=a.number OR debit=a.number)"), 0);
    assert_int_equal(bank_books_sql(&b, "SELECT count(*) FROM account a JOIN entry e ON e.id=a.last WHERE e.balance_fen<>a.balance_fen OR e.line<>a.lines"), 0);
}

/* --- files that are refused -------------------------------------------------------- */

static void refused(const char *text, const char *word)
{
    int64_t entries = bank_books_sql(&b, "SELECT count(*) FROM entry"), batches = bank_books_sql(&b, "SELECT count(*) FROM batch");
    world_write(&b.w, "bad.txt", "%s", text);
    assert_int_equal(bank_books_run(&b, "bad.txt", "r-bad", NULL, 0), EX_DATAERR);
    char *log = world_read(&b.w, "run.log");
    if (strstr(log, word) == NULL) fail_msg("\"%s\" is not in: %s", word, log);
    assert_non_null(strstr(log, "nothing of the list took effect"));
    free(log);
    assert_int_equal(bank_books_sql(&b, "SELECT count(*) FROM entry"), entries);
    assert_int_equal(bank_books_sql(&b, "SELECT count(*) FROM batch"), batches);
}

#define ROW1 "1|C00000001|客户00000001|5200|102000000000000016|B1\n"

static void a_faulty_list_is_refused_whole_with_line_and_field(void **state)
{
    refused("", "empty");
    refused(HEAD("X") ROW1, "cut short");
    refused(HEAD("X") ROW1 "END|2|5200\n", "bad.txt:3: field 2 (records)");
    refused(HEAD("X") ROW1 "END|1|5201\n", "bad.txt:3: field 3 (sum)");
    refused(HEAD("X") "1|C1|n|0|1|B1\nEND|1|0\n", "bad.txt:2: field 4 (amount)");
    refused(HEAD("X") "0|C1|n|5|1|B1\nEND|1|5\n", "bad.txt:2: field 1 (sequence)");
    refused(HEAD("X") "1|C 1|n|5|1|B1\nEND|1|5\n", "bad.txt:2: field 2 (customer)");
    refused(HEAD("X") "1|C1||5|1|B1\nEND|1|5\n", "bad.txt:2: field 3 (customer name)");
    refused(HEAD("X") "1|C1|n\033[2J|5|1|B1\nEND|1|5\n", "control character");
    refused(HEAD("X") "1|C1|n|5|1\nEND|1|5\n", "6 are needed");
    refused(HEAD("X") "1|C1|\xff\xfe|5|1|B1\n2|C2|客户|5|1|B2\n3|C3|客户|5|1|B3\nEND|3|15\n", "bad.txt:2: it is not UTF-8");
    refused("WHLIST|1|0311|103|X|202611|2026-11-20T08:00:00|2026-11-25|2026-11-28\n" ROW1 "END|1|5200\n", "for bank 103");
    refused("WHLIST|1|0311|102|X|202613|2026-11-20T08:00:00|2026-11-25|2026-11-28\n" ROW1 "END|1|5200\n", "field 6 (month)");
    refused("WHLIST|1|0311|102|X|202611|2026-11-20T08:00:00|2026-11-25|2026-11-24\n" ROW1 "END|1|5200\n", "field 9 (result by)");
    refused("BILLS|1|0311|2026-11-19T18:00:00|2026-11-20\nEND|0|0\n", "this is no withholding list");
}

static void the_first_twenty_of_many_faults_are_listed(void **state)
{
    char *text = calloc(1, 1 << 16);
    size_t len = (size_t)sprintf(text, HEAD("X"));
    for (int i = 1; i <= 50; i++)
        len += (size_t)sprintf(text + len, "%d|C1|n|x|1|B1\n", i);
    sprintf(text + len, "END|50|0\n");
    refused(text, "bad.txt:21: field 4 (amount)");
    refused(text, "and 30 more faults");
    free(text);
}

/* --- rows that are judged ------------------------------------------------------------ */

static void each_row_has_its_own_answer(void **state)
{
    struct list_row rows[] = {row(1, 1, 5001), row(2, 2, 5003), row(3, 3, 1), row(4, 3, 5003), row(5, 3, 5002), row(6, 4, 100), row(7, 5, 100),
                              row(8, 6, 100), row(9, 7, 100), row(10, 61, 100), row(11, 8, 100), row(12, 9, 100)};
    set(4, "state=1");
    set(5, "state=2");
    rows[7].name = "别人";                 /* 78 */
    rows[8].customer = "C00000008";        /* another's customer number on account 7 */
    rows[8].name = "客户00000008";
    char wrong[ACCOUNT_TEXT_SIZE];
    bank_books_account(8, wrong);
    wrong[17] = wrong[17] == '9' ? '0' : (char)(wrong[17] + 1);
    rows[10].account = wrong;              /* its check digit is */
    rows[11].account = "our friend";
    assert_int_equal(balance(1), 5001);    /* to the fen: enough */
    assert_int_equal(balance(2), 5002);    /* one fen short */
    bank_books_list_of(&b, "codes.txt", "CODES", rows, 12);
    assert_int_equal(bank_books_run(&b, "codes.txt", "r", said, sizeof said), 0);
    /* of 3: one fen goes, then 5003 are too much for what is left, and 5002 are just there */
    assert_string_equal(codes("r", "CODES"), "00 51 00 51 00 62 62 78 78 14 30 30");
    assert_non_null(strstr(said, "checked: result, journal and accounts agree"));
    assert_int_equal(balance(1), 0);
    assert_int_equal(balance(2), 5002);
    assert_int_equal(balance(3), 0);
    agrees(1, 3, 5001 + 1 + 5002);
}

static void names_that_differ_in_width_or_normal_form_are_the_same(void **state)
{
    struct list_row rows[] = {row(1, 11, 100), row(2, 12, 100), row(3, 13, 100), row(4, 14, 100), row(5, 15, 100), row(6, 16, 100)};
    rows[0].name = "客户０００００００１１"; /* full width, one digit too many */
    rows[1].name = "客户００００００１２";    /* full width */
    rows[2].name = " 客户00000013　";      /* blanks around it */
    rows[3].name = "客户 00000014";        /* a blank inside is another name */
    rows[4].name = "Re\xcc\x81my"; /* in the agreement é is one character */
    rows[5].name = "\xef\xa4\x80"; /* 豈 as the character that is there for old codes' sake */
    bank_books_change(&b, "UPDATE agreement SET name='R\xc3\xa9my' WHERE customer='C00000015'");
    bank_books_change(&b, "UPDATE agreement SET name='豈' WHERE customer='C00000016'");
    bank_books_list_of(&b, "names.txt", "NAMES", rows, 6);
    assert_int_equal(bank_books_run(&b, "names.txt", "r", NULL, 0), 0);
    assert_string_equal(codes("r", "NAMES"), "78 00 00 78 00 00");
    bank_books_change(&b, "UPDATE agreement SET name='客户'||substr(customer, 2) WHERE customer IN ('C00000015', 'C00000016')");
}

static void a_bill_or_sequence_named_again_is_debited_once(void **state)
{
    struct list_row rows[] = {row(1, 21, 100), row(1, 21, 100), row(2, 22, 100), row(3, 23, 100), row(4, 24, 9999999), row(5, 25, 100)};
    rows[3].bill = rows[2].bill;           /* another account, the same bill */
    rows[5].bill = rows[4].bill;           /* the first of the two could not be debited, so the second is */
    bank_books_list_of(&b, "twice.txt", "TWICE", rows, 6);
    assert_int_equal(bank_books_run(&b, "twice.txt", "r", NULL, 0), 0);
    assert_string_equal(codes("r", "TWICE"), "00 94 00 94 51 00");
}

static void several_customers_share_one_account_each_with_its_own_line(void **state)
{
    char account[ACCOUNT_TEXT_SIZE];
    struct list_row rows[] = {row(1, 31, 5000), row(2, 31, 32), row(3, 31, 100), row(4, 31, 1)};
    assert_int_equal(world_run(&b.w, NULL, 0, "bankd", b.config, "account", "link", bank_books_account(31, account), "--customer", "D1", "--name", "分户一", NULL), 0);
    assert_int_equal(balance(31), 5031);
    rows[0].customer = "D1", rows[0].name = "分户一";
    rows[1].customer = "D1", rows[1].name = "分户一"; /* 31 are left */
    rows[2].customer = "D1", rows[2].name = "客户00000031"; /* the other's name */
    bank_books_list_of(&b, "share.txt", "SHARE", rows, 4);
    assert_int_equal(bank_books_run(&b, "share.txt", "r", NULL, 0), 0);
    assert_string_equal(codes("r", "SHARE"), "00 51 78 00");
}

static void a_list_in_gb18030_is_read_like_one_in_utf8(void **state)
{
    char *out = NULL, path[300], text[500], first[ACCOUNT_TEXT_SIZE], second[ACCOUNT_TEXT_SIZE], line[100];
    size_t len;
    struct error err;
    /* 亅 and 乗 end in bytes that are | and \ in ASCII */
    snprintf(text, sizeof text, HEAD("GB") "1|C00000032|客户00000032|100|%s|G1\n2|C00000033|亅乗|100|%s|G2\nEND|2|200\n",
             bank_books_account(32, first), bank_books_account(33, second));
    snprintf(line, sizeof line, "2|C00000033|亅乗|100|%s|G2|0|78||\n", second);
    assert_int_equal(utf8_to_gb18030(text, strlen(text), &out, &len, &err), 0);
    FILE *f = fopen(world_path(&b.w, "gb.txt", path, sizeof path), "w");
    assert_int_equal(fwrite(out, 1, len, f), len);
    fclose(f);
    free(out);
    assert_int_equal(bank_books_run(&b, "gb.txt", "r", NULL, 0), 0);
    assert_string_equal(codes("r", "GB"), "00 78");
    char *result = world_read(&b.w, "r/WHRESULT-0311-GB-final.txt");
    assert_non_null(strstr(result, line));
    free(result);
}

/* --- once --------------------------------------------------------------------------- */

static void same_bytes(const char *a, const char *c)
{
    char *x = world_read(&b.w, a), *y = world_read(&b.w, c);
    if (strcmp(x, y) != 0) fail_msg("%s and %s differ", a, c);
    free(x);
    free(y);
}

/* From the middle of the accounts' own numbers nothing but their last four digits leaves the bank. */
static void who_was_not_debited_is_told(void **state)
{
    char path[300], number[ACCOUNT_TEXT_SIZE];
    bank_books_account(2, number);
    assert_int_equal(world_run(&b.w, said, sizeof said, "bankd", b.config, "withhold", "notices", world_path(&b.w, "codes.txt", path, sizeof path), NULL), 0);
    int lines = 0;
    for (const char *at = said; (at = strchr(at, '\n')) != NULL; at++) lines++;
    assert_int_equal(lines, 9); /* of twelve rows three were debited */
    assert_non_null(strstr(said, "|C00000002|客户00000002|"));
    assert_non_null(strstr(said, "电费50.03元未能从尾号"));
    assert_non_null(strstr(said, "（账户余额不足），请到银行柜台或电力营业厅缴纳。"));
    assert_non_null(strstr(said, "（户名与账户不符）"));
    assert_null(strstr(said, number));
    assert_null(strstr(said, "C00000001|")); /* debited */
    world_write(&b.w, "never.txt", "%s", "WHLIST|1|0311|102|NEVER|202611|2026-11-20T08:00:00|2026-11-25|2026-11-28\nEND|0|0\n");
    assert_int_equal(world_run(&b.w, said, sizeof said, "bankd", b.config, "withhold", "notices", world_path(&b.w, "never.txt", path, sizeof path), NULL), EX_DATAERR);
    assert_int_equal(bank_books_sql(&b, "SELECT count(*) FROM batch WHERE number='NEVER'"), 0);
}

static void the_same_list_again_debits_nothing_and_gives_the_same_results(void **state)
{
    int64_t before = bank_books_sql(&b, "SELECT count(*) FROM entry");
    assert_int_equal(bank_books_run(&b, "codes.txt", "again", said, sizeof said), 0);
    assert_int_equal(bank_books_sql(&b, "SELECT count(*) FROM entry"), before);
    same_bytes("r/WHRESULT-0311-CODES-final.txt", "again/WHRESULT-0311-CODES-final.txt");
    same_bytes("r/WHRESULT-0311-CODES-interim.txt", "again/WHRESULT-0311-CODES-interim.txt");
}

static void another_list_under_a_used_batch_is_refused(void **state)
{
    struct list_row rows[] = {row(1, 41, 101)};
    bank_books_list_of(&b, "other.txt", "CODES", rows, 1);
    assert_int_equal(bank_books_run(&b, "other.txt", "r2", NULL, 0), EX_DATAERR);
    char *log = world_read(&b.w, "run.log");
    assert_non_null(strstr(log, "batch CODES of utility 0311 was worked already, with another file"));
    free(log);
    assert_int_equal(balance(41), 5041);
}

static void the_books_hold_every_rule(void **state)
{
    set(5, "state=0"); /* a test closed it with money in it */
    if (world_run(&b.w, said, sizeof said, "bankd", b.config, "verify", NULL) != 0) fail_msg("%s", said);
}

/* --- killed -------------------------------------------------------------------------- */

#define KILL_ROWS 100000
#define KILLS 200
#define PG_KILLS 10

/* One run, killed after so many microseconds; true when it had ended before. */
static bool run_for(struct bank_books *to, int64_t us)
{
    char bin[300], list[300], folder[300];
    int status;
    snprintf(bin, sizeof bin, "%s/bankd", to->w.bin);
    world_path(&to->w, "list.txt", list, sizeof list);
    world_path(&to->w, "r", folder, sizeof folder);
    pid_t pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) == NULL) _exit(126);
        execl(bin, bin, to->config, "withhold", "run", list, "--result", folder, (char *)NULL);
        _exit(127);
    }
    nanosleep(&(struct timespec){.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000}, NULL);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* All that the books say of it, in an order that is not the order of writing. */
static void same_books(struct bank_books *x, struct bank_books *y)
{
    static const struct { const char *sql; int columns; } what[] = {
        {"SELECT number, state, balance_fen, lines FROM account ORDER BY number", 4},
        {"SELECT debit, credit, fen, row, line, balance_fen FROM entry ORDER BY debit, line, row", 6},
        {"SELECT row, code FROM failed ORDER BY row, id", 2}, {"SELECT state, pass, records FROM batch", 3}};
    struct db *a = bank_books_db(x), *c = bank_books_db(y);
    for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
        db_ask(a, what[i].sql, DB_NO_ARGS);
        db_ask(c, what[i].sql, DB_NO_ARGS);
        for (bool more = true; more;) {
            more = db_row(a);
            if (db_row(c) != more) fail_msg("%s: one has more rows", what[i].sql);
            for (int column = 0; column < what[i].columns && more; column++)
                if (strcmp(db_text(a, column), db_text(c, column)) != 0) fail_msg("%s: %s is not %s", what[i].sql, db_text(a, column), db_text(c, column));
        }
        assert_true(db_end(a) >= 0 && db_end(c) >= 0);
    }
    db_close(a);
    db_close(c);
}

/* The results but for the times of the two runs. */
static void same_results(struct bank_books *x, struct bank_books *y)
{
    char command[900];
    for (int i = 0; i < 2; i++) {
        const char *kind = i ? "final" : "interim";
        snprintf(command, sizeof command,
                 "t() { head -1 \"$1\" | cut -d'|' -f7; }; a=%s/r/WHRESULT-0311-K-%s.txt; c=%s/r/WHRESULT-0311-K-%s.txt;"
                 "sed \"s/$(t $a)/T/;s/$(head -2 $a | tail -1 | cut -d'|' -f9)/T/\" $a >%s/a.txt; sed \"s/$(t $c)/T/;s/$(head -2 $c | tail -1 | cut -d'|' -f9)/T/\" $c | cmp - %s/a.txt",
                 x->w.dir, kind, y->w.dir, kind, x->w.dir, x->w.dir);
        assert_int_equal(system(command), 0);
    }
}

/* The books as they were before any run. */
static void fresh(struct bank_books *to)
{
    char command[900];
    snprintf(command, sizeof command, "cd %s && rm -rf r bank.db-wal bank.db-shm && mkdir r && cp clean.db bank.db", to->w.dir);
    assert_int_equal(system(command), 0);
}

static void killed_two_hundred_times_it_ends_as_if_it_had_not_been(void **state)
{
    static struct bank_books calm, killed;
    unsigned seed = 20261125;
    char command[900];
    int kills = 0, ends = 0;
    bank_books_open(&calm, DB_SQLITE, "withhold-calm", "");
    bank_books_fill(&calm, KILL_ROWS);
    bank_books_list(&calm, "list.txt", "K", KILL_ROWS);
    bank_books_open(&killed, DB_SQLITE, "withhold-killed", "");
    snprintf(command, sizeof command, "cp %s/bank.db %s/clean.db && cp %s/list.txt %s/", calm.w.dir, killed.w.dir, calm.w.dir, killed.w.dir);
    assert_int_equal(system(command), 0);
    fresh(&killed);
    int64_t from = clock_monotonic_ms();
    assert_int_equal(bank_books_run(&calm, "list.txt", "r", NULL, 0), 0);
    unsigned life_us = (unsigned)(clock_monotonic_ms() - from) * 600; /* mostly shorter than a run */
    while (kills < KILLS) {
        if (!run_for(&killed, (int64_t)(rand_r(&seed) % life_us))) {
            kills++;
            continue;
        }
        ends++; /* it came to its end between kills: look, and begin again */
        same_results(&calm, &killed);
        fresh(&killed);
    }
    assert_int_equal(bank_books_run(&killed, "list.txt", "r", NULL, 0), 0);
    same_books(&calm, &killed);
    same_results(&calm, &killed);
    assert_int_equal(bank_books_sql(&killed, "SELECT count(*) FROM (SELECT row FROM entry WHERE batch=1 UNION ALL SELECT row FROM failed)"), KILL_ROWS);
    print_message("%d kills, %d runs\n", kills, ends + 1);
    bank_books_close(&calm);
    bank_books_close(&killed);
}

/* On PostgreSQL, against a calm run on SQLite: the same books, the same bytes. */
static void killed_on_postgresql_it_ends_as_a_calm_run_on_sqlite(void **state)
{
    static struct bank_books calm, killed;
    unsigned seed = 20261126;
    char command[900];
    int kills = 0;
    bank_books_open(&calm, DB_SQLITE, "withhold-calm", "");
    bank_books_fill(&calm, KILL_ROWS);
    bank_books_list(&calm, "list.txt", "K", KILL_ROWS);
    bank_books_open(&killed, DB_POSTGRES, "withhold-killed", "");
    bank_books_fill(&killed, KILL_ROWS);
    snprintf(command, sizeof command, "mkdir %s/r && cp %s/list.txt %s/", killed.w.dir, calm.w.dir, killed.w.dir);
    assert_int_equal(system(command), 0);
    int64_t from = clock_monotonic_ms();
    assert_int_equal(bank_books_run(&calm, "list.txt", "r", NULL, 0), 0);
    unsigned life_us = (unsigned)(clock_monotonic_ms() - from) * 1000;
    while (kills < PG_KILLS && !run_for(&killed, (int64_t)(life_us / 4 + rand_r(&seed) % life_us)))
        kills++;
    assert_int_equal(bank_books_run(&killed, "list.txt", "r", NULL, 0), 0);
    same_books(&calm, &killed);
    same_results(&calm, &killed);
    print_message("%d kills\n", kills);
    assert_true(kills > 0);
    bank_books_close(&calm);
    bank_books_close(&killed);
}

/* --- tried again ----------------------------------------------------------------------- */

static void on_day(struct bank_books *to, const char *day)
{
    char settings[700];
    day_t then, now;
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    now = clock_today(&clock);
    assert_true(day_parse(day, &then));
    snprintf(settings, sizeof settings, "[bank]\nid = 102\n[store]\npath = %s\nwork = %s\n[withhold]\nretry = yes\n[clock]\nshift_s = %lld\n",
             to->db, to->w.dir, (long long)(then - now) * 86400);
    world_write(&to->w, "bankd.ini", "%s", settings);
}

static void rows_without_money_are_tried_again_once_a_day_until_the_lists_last_day(void **state)
{
    static struct bank_books r;
    struct list_row rows[3];
    char account[ACCOUNT_TEXT_SIZE], path[300];
    bank_books_open(&r, b.kind, "withhold-retry", "");
    bank_books_fill(&r, 5);
    rows[0] = row(1, 1, 100), rows[1] = row(2, 2, 6000), rows[2] = row(3, 3, 6000);
    bank_books_list_of(&r, "list.txt", "R", rows, 3);
    on_day(&r, "2026-11-23");
    assert_int_equal(bank_books_run(&r, "list.txt", "r", said, sizeof said), 0);
    assert_non_null(strstr(said, "tried again once a day until 2026-11-25"));
    char *interim = world_read(&r.w, "r/WHRESULT-0311-R-interim.txt");
    assert_non_null(strstr(interim, "\nEND|1|1|100\n"));
    assert_int_not_equal(access(world_path(&r.w, "r/WHRESULT-0311-R-final.txt", path, sizeof path), F_OK), 0);
    assert_int_equal(world_run(&r.w, NULL, 0, "bankd", r.config, "account", "deposit", bank_books_account(2, account), "10.00", NULL), 0);
    assert_int_equal(bank_books_run(&r, "list.txt", "r", NULL, 0), 0); /* the same day: nothing is tried */
    assert_int_equal(bank_books_sql(&r, "SELECT count(*) FROM entry WHERE batch=1"), 1);
    on_day(&r, "2026-11-24");
    assert_int_equal(world_run(&r.w, NULL, 0, "bankd", r.config, "withhold", "retry", "--result", world_path(&r.w, "r", path, sizeof path), NULL), 0);
    assert_int_equal(bank_books_sql(&r, "SELECT count(*) FROM entry WHERE batch=1"), 2);
    char *again = world_read(&r.w, "r/WHRESULT-0311-R-interim.txt");
    assert_string_equal(interim, again); /* it says what was debited at once, for ever */
    on_day(&r, "2026-11-26"); /* too late */
    assert_int_equal(world_run(&r.w, NULL, 0, "bankd", r.config, "account", "deposit", bank_books_account(3, account), "99.00", NULL), 0);
    assert_int_equal(world_run(&r.w, NULL, 0, "bankd", r.config, "withhold", "retry", "--result", world_path(&r.w, "r", path, sizeof path), NULL), 0);
    char *final = world_read(&r.w, "r/WHRESULT-0311-R-final.txt");
    assert_non_null(strstr(final, "|100|00|2026-11-23T"));
    assert_non_null(strstr(final, "|6000|00|2026-11-24T"));
    assert_non_null(strstr(final, "|0|51||\n"));
    assert_non_null(strstr(final, "\nEND|3|2|6100\n"));
    free(interim);
    free(again);
    free(final);
    bank_books_close(&r);
}

#define TESTS                                                                                                                       \
    cmocka_unit_test(a_faulty_list_is_refused_whole_with_line_and_field), cmocka_unit_test(the_first_twenty_of_many_faults_are_listed), \
    cmocka_unit_test(each_row_has_its_own_answer), cmocka_unit_test(names_that_differ_in_width_or_normal_form_are_the_same),         \
    cmocka_unit_test(a_bill_or_sequence_named_again_is_debited_once),                                                                \
    cmocka_unit_test(several_customers_share_one_account_each_with_its_own_line),                                                    \
    cmocka_unit_test(a_list_in_gb18030_is_read_like_one_in_utf8),                                                                    \
    cmocka_unit_test(who_was_not_debited_is_told),                                                                                   \
    cmocka_unit_test(the_same_list_again_debits_nothing_and_gives_the_same_results),                                                 \
    cmocka_unit_test(another_list_under_a_used_batch_is_refused), cmocka_unit_test(the_books_hold_every_rule),                       \
    cmocka_unit_test(rows_without_money_are_tried_again_once_a_day_until_the_lists_last_day)

int main(void)
{
    const struct CMUnitTest sqlite[] = {TESTS, cmocka_unit_test(killed_two_hundred_times_it_ends_as_if_it_had_not_been)},
                            postgres[] = {TESTS, cmocka_unit_test(killed_on_postgresql_it_ends_as_a_calm_run_on_sqlite)};
    int failed = cmocka_run_group_tests_name("bank_withhold on SQLite", sqlite, start_sqlite, stop);
    return failed + cmocka_run_group_tests_name("bank_withhold on PostgreSQL", postgres, start_postgres, stop);
}
