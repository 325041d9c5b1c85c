/* The monthly withholding against a good sqlite3 script that does the same job
 * (import, look-up, UPDATE … FROM, journal, result), in one run, with the plain
 * reading of the list beside it; memory and growth at ten million rows. The
 * script writes one result where ours writes two, folds no names and can't go on
 * when it is killed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/bank_books.h"

#define ROWS 1000000
#define GROWTH 10
#define SCRIPT_TARGET_PERCENT 50
#define GROWTH_TARGET 11
#define MEMORY_TARGET_KB (256 * 1024)

/* The peer's books hold the same accounts and agreements. */
static const char peer_books[] =
    "ATTACH '%s/bank.db' AS b; PRAGMA journal_mode=WAL;"
    "CREATE TABLE account (number INTEGER PRIMARY KEY, state INTEGER NOT NULL, balance_fen INTEGER NOT NULL CHECK (balance_fen >= 0));"
    "INSERT INTO account SELECT number, state, balance_fen FROM b.account ORDER BY number;"
    "CREATE TABLE agreement (account INTEGER, customer TEXT, name TEXT, PRIMARY KEY (account, customer)) WITHOUT ROWID;"
    "INSERT INTO agreement SELECT account, customer, name FROM b.agreement ORDER BY account, customer;"
    "CREATE TABLE journal (id INTEGER PRIMARY KEY, debit INTEGER NOT NULL, credit INTEGER NOT NULL, fen INTEGER NOT NULL, batch TEXT, row INTEGER);"
    "DETACH b; PRAGMA wal_checkpoint(TRUNCATE);";
static const char peer_script[] =
    "PRAGMA synchronous=FULL; PRAGMA temp_store=memory; PRAGMA cache_size=-200000;\n"
    "CREATE TEMP TABLE list (seq INTEGER, customer TEXT, name TEXT, fen INTEGER, account INTEGER, bill TEXT);\n"
    ".separator |\n.import --skip 1 %s/list.txt list\n"
    "DELETE FROM list WHERE typeof(seq)<>'integer';\n"
    "BEGIN IMMEDIATE;\n"
    "CREATE TEMP TABLE judged AS SELECT l.*, CASE WHEN a.number IS NULL THEN '14' WHEN a.state<>0 THEN '62' WHEN g.name IS NOT l.name THEN '78'\n"
    " WHEN a.balance_fen < l.fen THEN '51' ELSE '00' END AS code FROM list l LEFT JOIN account a ON a.number=l.account\n"
    " LEFT JOIN agreement g ON g.account=l.account AND g.customer=l.customer;\n"
    "UPDATE account SET balance_fen=balance_fen-s.fen FROM (SELECT account, sum(fen) AS fen FROM judged WHERE code='00' GROUP BY account) s WHERE number=s.account;\n"
    "INSERT INTO journal (debit, credit, fen, batch, row) SELECT account, 1, fen, 'B1', seq FROM judged WHERE code='00';\n"
    "COMMIT;\n.output %s/peer-result.txt\n"
    "SELECT seq, customer, name, fen, account, bill, CASE code WHEN '00' THEN fen ELSE 0 END, code, CASE code WHEN '00' THEN '2026-11-25T08:00:00' ELSE '' END,\n"
    " CASE code WHEN '00' THEN printf('B1-%%08d', seq) ELSE '' END FROM judged ORDER BY seq;\n";

static void line(const char *name, const char *unit, int64_t ours, int64_t peer, const char *target, bool good)
{
    printf("bench: %s ours %lld%s peer ", name, (long long)ours, unit);
    if (peer) printf("%lld%s ratio %lld.%03lld", (long long)peer, unit, (long long)(ours / peer), (long long)(ours % peer * 1000 / peer));
    else printf("- ratio -");
    printf(" target %s %s\n", target, good ? "ok" : "short");
    fflush(stdout);
}

static int64_t shell_ms(const char *command)
{
    int64_t from = clock_monotonic_ms();
    if (system(command) != 0) fail_msg("failed: %s", command);
    return clock_monotonic_ms() - from;
}

static int64_t cpu_ms; /* of the last run, both processors together: the clock counts what others do to the disk too */

/* Time, and the most memory that it had. */
static int64_t ours_ms(struct bank_books *b, long *kb)
{
    char bin[300], list[300], folder[300];
    struct rusage used;
    int status;
    snprintf(bin, sizeof bin, "%s/bankd", b->w.bin);
    world_path(&b->w, "list.txt", list, sizeof list);
    world_path(&b->w, ".", folder, sizeof folder);
    int64_t from = clock_monotonic_ms();
    pid_t pid = fork();
    if (pid == 0) {
        execl(bin, bin, b->config, "withhold", "run", list, "--result", folder, "--quiet", (char *)NULL);
        _exit(127);
    }
    if (wait4(pid, &status, 0, &used) != pid || status != 0) fail_msg("bankd withhold run failed");
    *kb = used.ru_maxrss;
    cpu_ms = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    return clock_monotonic_ms() - from;
}

static int64_t peer_ms(struct bank_books *b)
{
    char command[1200];
    world_write(&b->w, "books.sql", peer_books, b->w.dir);
    world_write(&b->w, "script.sql", peer_script, b->w.dir, b->w.dir);
    snprintf(command, sizeof command, "sqlite3 %s/peer.db <%s/books.sql >/dev/null", b->w.dir, b->w.dir);
    shell_ms(command);
    snprintf(command, sizeof command, "sqlite3 %s/peer.db <%s/script.sql >/dev/null 2>&1", b->w.dir, b->w.dir);
    return shell_ms(command);
}

/* Both debited the same rows. */
static void agree(struct bank_books *b)
{
    char command[1200];
    snprintf(command, sizeof command,
             "test \"$(sqlite3 %s/peer.db 'SELECT count(*), sum(fen) FROM journal')\" = \"$(sqlite3 %s/bank.db 'SELECT count(*), sum(fen) FROM entry WHERE batch=1')\"",
             b->w.dir, b->w.dir);
    shell_ms(command);
}

static int64_t measure(enum db_kind kind, int64_t rows, bool with_peer, long *kb, int64_t *script_ms, int64_t *plain_ms)
{
    static struct bank_books b;
    char command[600];
    bank_books_open(&b, kind, "bench-withhold", "");
    bank_books_fill(&b, rows);
    bank_books_list(&b, "list.txt", "B1", rows);
    snprintf(command, sizeof command, "wc -l <%s/list.txt >/dev/null", b.w.dir);
    *plain_ms = shell_ms(command);
    if (with_peer) *script_ms = peer_ms(&b);
    int64_t ms = ours_ms(&b, kb);
    if (with_peer) agree(&b);
    bank_books_close(&b);
    return ms;
}

int main(void)
{
    long kb, most_kb;
    int64_t script_ms = 0, plain_ms = 0, more_plain_ms = 0, none = 0;
    int64_t ms = measure(DB_SQLITE, ROWS, true, &kb, &script_ms, &plain_ms);
    line("withhold-1M", "ms", ms, script_ms, "0.500", ms * 100 <= script_ms * SCRIPT_TARGET_PERCENT);
    int64_t million_cpu_ms = cpu_ms;
    line("withhold-1M-plain-reading", "ms", ms, plain_ms ? plain_ms : 1, "-", true);
    int64_t postgres_ms = measure(DB_POSTGRES, ROWS, false, &most_kb, &none, &more_plain_ms);
    line("withhold-1M-postgresql", "ms", postgres_ms, ms, "-", true); /* the peer: ours on SQLite */
    line("withhold-1M-postgresql-memory", "kB", most_kb, 0, "262144kB", most_kb < MEMORY_TARGET_KB);
    if (getenv("QUICK")) return 0;
    int64_t more_ms = measure(DB_SQLITE, (int64_t)ROWS * GROWTH, false, &most_kb, &none, &more_plain_ms);
    line("withhold-10M", "ms", more_ms, ms, "11.000", more_ms <= ms * GROWTH_TARGET);
    line("withhold-10M-cpu", "ms", cpu_ms, million_cpu_ms, "11.000", cpu_ms <= million_cpu_ms * GROWTH_TARGET);
    line("withhold-10M-memory", "kB", most_kb, 0, "262144kB", most_kb < MEMORY_TARGET_KB);
    return 0;
}
