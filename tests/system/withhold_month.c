/* A month's withholding whole: the bank's export of its accounts, the utility's list, the bank's
 * run, the result posted, the notices. The sums of list, result, bank's journal and what the
 * utility posted are compared by the sqlite3 shell, which is none of our programs.
 *
 * ROWS=1000000 in the environment: a month of that many customers; time and memory of each step
 * are printed as "bench:" lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/bank_books.h"
#include "lib/utility_world.h"
#include "wire/billfile.h"

#define ROWS 20000
#define MEMORY_KB (256 * 1024)

static struct utility_world u;
static struct bank_books bank;
static char folder[300];

static int64_t rows(void) { return getenv("ROWS") ? atoll(getenv("ROWS")) : ROWS; }

/* A program to its end: exit code 0, and within its memory. What it said goes to FILE of the utility's world. */
static void step(const char *name, const char *program, const char *config, const char *file, const char *const *arguments)
{
    char bin[300], path[300];
    const char *argv[16] = {bin, config};
    struct rusage used;
    int status = -1;
    snprintf(bin, sizeof bin, "%s/%s", u.w.bin, program);
    for (int i = 0; arguments[i] && i < 12; i++)
        argv[2 + i] = arguments[i];
    int64_t from = clock_monotonic_ms();
    pid_t pid = fork();
    if (pid == 0) {
        int out = open(world_path(&u.w, file, path, sizeof path), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (out < 0 || dup2(out, STDOUT_FILENO) < 0) _exit(126);
        execv(bin, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    assert_int_equal(wait4(pid, &status, 0, &used), pid);
    if (status != 0) fail_msg("%s %s: status %d", program, name, status);
    int64_t ms = clock_monotonic_ms() - from, cpu_ms = used.ru_utime.tv_sec * 1000 + used.ru_utime.tv_usec / 1000 + used.ru_stime.tv_sec * 1000 + used.ru_stime.tv_usec / 1000;
    if (getenv("ROWS")) printf("bench: month-%s (%lld rows, CPU %lldms, %ldkB) ours %lldms peer - ratio - target -\n", name, (long long)rows(), (long long)cpu_ms, used.ru_maxrss, (long long)ms);
    if (used.ru_maxrss > MEMORY_KB) fail_msg("%s %s takes %ld kB", program, name, used.ru_maxrss);
}
#define UTILITYD(name, file, ...) step(name, "utilityd", u.config, file, (const char *const[]){__VA_ARGS__, NULL})
#define BANKD(name, file, ...) step(name, "bankd", bank.config, file, (const char *const[]){__VA_ARGS__, NULL})

/* Customer i's bill: 100 to 196 kWh at 0.52. */
static void write_bills(void)
{
    struct billfile_header header = {.utility = "0311", .made_at = "2026-11-19T18:00:00", .business_date = 20000};
    struct billfile_sums sums;
    char path[300];
    FILE *out = fopen(world_path(&u.w, "bills.txt", path, sizeof path), "w");
    assert_non_null(out);
    billfile_put_header(out, &header, &sums);
    struct bill b = utility_bill("W", "C", 5);
    for (int64_t i = 1; i <= rows(); i++) {
        int64_t kwh = 100 + i % 97;
        snprintf(b.number, sizeof b.number, "W%08lld", (long long)i);
        snprintf(b.customer, sizeof b.customer, "C%08lld", (long long)i);
        snprintf(b.name, sizeof b.name, "客户%08lld", (long long)i);
        b.curr = b.prev + kwh;
        b.kwh = b.tiers[0].kwh = kwh;
        b.amount_fen = kwh * 52;
        billfile_put(out, &b, &sums);
    }
    billfile_put_end(out, &sums);
    assert_int_equal(fclose(out), 0);
}

static int start(void **state)
{
    utility_world_open(&u, "month-utility", DB_SQLITE, "[withhold]\nretry_days = 0\n");
    bank_books_open(&bank, DB_SQLITE, "month-bank", "");
    bank_books_fill(&bank, rows());
    write_bills();
    world_path(&bank.w, ".", folder, sizeof folder);
    return 0;
}

static int stop(void **state)
{
    bank_books_close(&bank);
    utility_world_close(&u);
    return 0;
}

static void the_list_goes_out_is_debited_and_comes_back(void **state)
{
    char list[300], result[300], bills[300], accounts[300], command[700];
    world_path(&u.w, "list.txt", list, sizeof list);
    world_path(&bank.w, "WHRESULT-0311-202610001-final.txt", result, sizeof result);
    world_path(&u.w, "bills.txt", bills, sizeof bills);
    world_path(&u.w, "accounts.txt", accounts, sizeof accounts);
    UTILITYD("import", "said", "import", bills, "--quiet");
    BANKD("accounts", "said", "account", "export", "--result", folder);
    snprintf(command, sizeof command, "mv %s/ACCRESULT-*.txt %s", folder, accounts);
    assert_int_equal(system(command), 0);
    UTILITYD("transfer", "said", "withhold", "accounts", accounts);
    UTILITYD("list", "said", "withhold", "list", "--bank", "102", "--month", "202610", "--output", list, "--quiet");
    BANKD("run", "said", "withhold", "run", list, "--result", folder, "--quiet");
    UTILITYD("result", "said", "withhold", "result", result, "--quiet");
    UTILITYD("again", "again", "withhold", "result", result, "--quiet");
    UTILITYD("notices", "notices.txt", "withhold", "notices", "--bank", "102", "--batch", "202610001");
}

/* Everything read as text by a program of others. */
static const char audit[] =
    "ATTACH '%s' AS bank; ATTACH '%s' AS utility;\n"
    "CREATE TABLE list (sequence INT, customer TEXT, name TEXT, fen INT, account INT, bill TEXT);\n"
    "CREATE TABLE result (sequence INT, customer TEXT, name TEXT, fen INT, account INT, bill TEXT, debited INT, code TEXT, at TEXT, reference TEXT);\n"
    ".separator |\n.import --skip 1 %s list\n.import --skip 1 %s result\n"
    "DELETE FROM list WHERE sequence='END'; DELETE FROM result WHERE sequence='END';\n"
    "SELECT 'asked', count(*), sum(fen) FROM list;\n"
    "SELECT 'asked', count(*), sum(fen) FROM result;\n"
    "SELECT 'asked', count(*), sum(fen) FROM utility.withheld;\n"
    "SELECT 'debited', count(*), sum(debited) FROM result WHERE code='00';\n"
    "SELECT 'debited', count(*), sum(fen) FROM bank.entry WHERE batch=1;\n"
    "SELECT 'debited', count(*), sum(debited_fen) FROM utility.withheld WHERE debited_fen > 0;\n"
    "SELECT 'debited', count(*), sum(amount_fen) FROM utility.bill WHERE state=1 AND paid_by < 0;\n"
    "SELECT 'open', count(*), sum(amount_fen) FROM utility.bill WHERE state=0;\n"
    "SELECT 'open', count(*), sum(fen) FROM result WHERE code<>'00';\n"
    "SELECT 'held', count(*), sum(fen) FROM bank.entry WHERE batch=0;\n"
    "SELECT 'held', count(*), sum(balance_fen) + (SELECT sum(debited) FROM result) FROM bank.account;\n"
    "SELECT 'overdrawn or twice', count(*), 0 FROM (SELECT 1 FROM bank.account WHERE balance_fen < 0 UNION ALL SELECT 1 FROM bank.entry WHERE batch=1"
    " GROUP BY row HAVING count(*) > 1 UNION ALL SELECT 1 FROM result GROUP BY bill HAVING count(*) > 1);\n";

static void every_sum_is_the_same_wherever_it_stands(void **state)
{
    char command[900], list[300], result[300], where[300], line[200], word[40], last[40] = "";
    long long count, fen, last_count = 0, last_fen = 0;
    int seen = 0;
    world_path(&u.w, "list.txt", list, sizeof list);
    world_path(&bank.w, "WHRESULT-0311-202610001-final.txt", result, sizeof result);
    world_path(&u.w, "utility.db", where, sizeof where);
    world_write(&u.w, "audit.sql", audit, bank.db, where, list, result);
    snprintf(command, sizeof command, "sqlite3 :memory: <%s/audit.sql 2>/dev/null", u.w.dir);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, "%39[^|]|%lld|%lld", word, &count, &fen) != 3) continue;
        if (strcmp(word, last) == 0 && (count != last_count || fen != last_fen)) fail_msg("%s: %lld rows, %lld fen here, %lld, %lld there", word, last_count, last_fen, count, fen);
        if (strcmp(word, "overdrawn or twice") == 0) assert_int_equal(count, 0);
        snprintf(last, sizeof last, "%s", word);
        last_count = count, last_fen = fen;
        seen++;
    }
    assert_int_equal(pclose(in), 0);
    assert_int_equal(seen, 12);
    if (!getenv("ROWS")) utility_holds(&u);
}

/* One line each of those who were not debited, and of nobody else. */
static void who_was_not_debited_is_told(void **state)
{
    char command[700];
    snprintf(command, sizeof command, "test \"$(cut -d'|' -f3 %s/notices.txt | sort)\" = \"$(grep -v '|00|' %s/WHRESULT-0311-202610001-final.txt | grep -v '^WH\\|^END' | cut -d'|' -f6 | sort)\"",
             u.w.dir, folder);
    assert_int_equal(system(command), 0);
    char *again = world_read(&u.w, "again");
    assert_non_null(strstr(again, "posted 0, 0.00 yuan")); /* the same result once more */
    free(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_goes_out_is_debited_and_comes_back),
        cmocka_unit_test(every_sum_is_the_same_wherever_it_stands),
        cmocka_unit_test(who_was_not_debited_is_told),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
