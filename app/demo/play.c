/* A teller's quarter of an hour, played by keystrokes: one bill on line, two with
 * the link cut, then the link comes back. What came of it is read from the books
 * of branch and utility, not from what was meant to happen. */
#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "demo/demo.h"
#include "lib/screen.h"

#define PATH 4096
#define ROWS 24
#define COLS 80
#define WAIT_MS 20000

struct play {
    const char *town, *out;
    char bin[PATH];    /* folder of the programs */
    struct term *term;
    bool failed;
};

/* --- the town ------------------------------------------------------------------------ */

static void find_programs(struct play *p)
{
    ssize_t n = readlink("/proc/self/exe", p->bin, sizeof p->bin - 1);
    p->bin[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(p->bin, '/');
    if (slash) *slash = '\0';
}

/* Runs a program to its end, its output to a file (NULL: shown); its exit status. */
static int run(const char *const argv[], const char *output)
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        if (output && !freopen(output, "w", stdout)) _exit(EX_CANTCREAT);
        execvp(argv[0], (char *const *)argv);
        _exit(EX_OSERR);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

static void bank(struct play *p, const char *act)
{
    const char *const argv[] = {"sh", "app/demo/world.sh", p->town, act, "bankd", NULL};
    if (run(argv, NULL) != 0) p->failed = true;
}

/* --- the teller ---------------------------------------------------------------------- */

static void say(const char *words)
{
    printf("\n== %s\n", words);
    fflush(stdout);
}

/* Waits for a text; what never comes ends the play. */
static bool see(struct play *p, const char *text)
{
    if (p->failed) return false;
    if (term_wait(p->term, text, WAIT_MS)) return true;
    printf("demo: the screen never said \"%s\":\n", text);
    term_print(p->term, stdout);
    p->failed = true;
    return false;
}

static bool see_row(struct play *p, int row, const char *text)
{
    if (p->failed) return false;
    if (term_wait_row(p->term, row - 1, text, WAIT_MS)) return true;
    printf("demo: row %d never said \"%s\":\n", row, text);
    term_print(p->term, stdout);
    p->failed = true;
    return false;
}

/* The cursor stands in a row of the form that begins with this text. */
static bool on_field(struct term *term, void *ctx)
{
    char text[TERM_ROW_SIZE];
    int row, col;
    term_cursor(term, &row, &col);
    return strncmp(term_row(term, row, text, sizeof text), ctx, strlen(ctx)) == 0;
}

static void at(struct play *p, char *field)
{
    if (p->failed || term_wait_until(p->term, on_field, field, WAIT_MS)) return;
    printf("demo: the cursor never came to \"%s\":\n", field);
    term_print(p->term, stdout);
    p->failed = true;
}

static void keys(struct play *p, const char *text)
{
    if (!p->failed) term_keys(p->term, text);
}

static void show(struct play *p)
{
    if (!p->failed) term_print(p->term, stdout);
    fflush(stdout);
}

static bool open_counter(struct play *p)
{
    char counter[PATH + 16], socket[PATH + 32], password[PATH + 40];
    snprintf(counter, sizeof counter, "%s/counter", p->bin);
    snprintf(socket, sizeof socket, "--socket=%s/branchd.sock", p->town);
    snprintf(password, sizeof password, "--password-file=%s/password", p->town);
    const char *const argv[] = {counter, socket, "--terminal=07", "--lang=en", "--operator=0712", password, "--float=500.00", NULL};
    const char *const env[] = {"LC_ALL=C.UTF-8", NULL};
    p->term = term_start(ROWS, COLS, "xterm-256color", argv, env);
    return p->term && see_row(p, ROWS, "On line") && see(p, "Customer");
}

/* number Enter, Enter, cash Enter, Enter; each screen is awaited as a person would. */
static void collect(struct play *p, const char *customer, const char *cash, const char *last)
{
    keys(p, customer);
    keys(p, "{Enter}");
    see(p, "taken");
    show(p);
    keys(p, "{Enter}");
    at(p, "Tendered");
    keys(p, cash);
    keys(p, "{Enter}");
    at(p, "Confirm");
    keys(p, "{Look}{Enter}"); /* the change is read before it is handed out: a key sooner was typed ahead */
    if (see_row(p, ROWS - 2, last)) show(p);
}

static void play(struct play *p)
{
    say("One bill, on line");
    collect(p, "0499110001", "200", "forwarded - printed 00012345");
    say("The link is cut: the bank's front end is stopped. Two customers more");
    bank(p, "stop");
    see_row(p, ROWS, "OFF LINE");
    collect(p, "0499110003", "300", "queued - printed 00012346");
    collect(p, "0499110005", "300", "queued - printed 00012347");
    say("The link is back");
    bank(p, "start");
    if (see_row(p, ROWS, "On line") && see_row(p, ROWS, "Queue 0")) show(p);
}

/* --- the papers ---------------------------------------------------------------------- */

static sqlite3 *books(const struct play *p, const char *name)
{
    char path[PATH + 32];
    sqlite3 *db = NULL;
    snprintf(path, sizeof path, "%s/%s", p->town, name);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) return db;
    printf("demo: %s: %s\n", path, db ? sqlite3_errmsg(db) : "no memory");
    sqlite3_close(db);
    return NULL;
}

/* What the templates saw of a payment, by branchd's own command, into a file. */
static bool write_data(const struct play *p, const char *key, const char *path)
{
    char branchd[PATH + 16], config[PATH + 32];
    snprintf(branchd, sizeof branchd, "%s/branchd", p->bin);
    snprintf(config, sizeof config, "--config=%s/branchd.conf", p->town);
    return run((const char *const[]){branchd, config, "paper", key, NULL}, path) == 0;
}

static bool draw(const struct play *p, const char *form, const char *data, const char *option, const char *file)
{
    char counter[PATH + 16];
    snprintf(counter, sizeof counter, "%s/counter", p->bin);
    const char *with[] = {counter, "template", "show", form, "--lang", "zh_CN", "--data", data, option, file, NULL};
    if (!option) with[8] = NULL;
    return run(with, NULL) == 0;
}

static void paper(struct play *p, const char *key, const char *number, bool first)
{
    char data[PATH + 64], pdf[PATH + 64];
    snprintf(data, sizeof data, "%s/invoice-%s.json", p->out, number);
    snprintf(pdf, sizeof pdf, "%s/invoice-%s.pdf", p->out, number);
    if (!write_data(p, key, data) || !draw(p, "printer-templates/invoice-a5.form", data, "--pdf", pdf)) p->failed = true;
    if (!first) return;
    say("The first invoice, as the printer had it");
    if (!draw(p, "printer-templates/receipt-80.form", data, NULL, NULL)) p->failed = true;
}

static void papers(struct play *p)
{
    sqlite3 *db = books(p, "branch.db");
    sqlite3_stmt *row = NULL;
    int drawn = 0;
    if (db && sqlite3_prepare_v2(db, "SELECT r.bank || '/' || r.branch || '/' || p.ref, printf('%0*d', b.digits, i.number)"
                                     " FROM branch r, invoice i JOIN payment p ON p.id = i.payment JOIN book b ON b.id = i.book"
                                     " WHERE i.state = 'confirmed' ORDER BY i.number", -1, &row, NULL) == SQLITE_OK)
        while (sqlite3_step(row) == SQLITE_ROW)
            paper(p, (const char *)sqlite3_column_text(row, 0), (const char *)sqlite3_column_text(row, 1), drawn++ == 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    printf("\nThe %d invoices as PDF: %s/invoice-*.pdf\n", drawn, p->out);
}

/* --- what the books say ---------------------------------------------------------------- */

static long long number_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *row = NULL;
    long long n = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK && sqlite3_step(row) == SQLITE_ROW) n = sqlite3_column_int64(row, 0);
    else printf("demo: %s\n", sqlite3_errmsg(db));
    sqlite3_finalize(row);
    return n;
}

/* Payments of the branch that the utility has under the same key, with the same sum. */
static long long forwarded(const struct play *p, sqlite3 *branch)
{
    char path[PATH + 32];
    sqlite3_stmt *attach = NULL;
    snprintf(path, sizeof path, "%s/utility.db", p->town);
    bool good = sqlite3_prepare_v2(branch, "ATTACH ?1 AS utility", -1, &attach, NULL) == SQLITE_OK &&
                sqlite3_bind_text(attach, 1, path, -1, SQLITE_TRANSIENT) == SQLITE_OK && sqlite3_step(attach) == SQLITE_DONE;
    sqlite3_finalize(attach);
    return !good ? -1 : number_of(branch, "SELECT count(*) FROM payment b JOIN utility.payment u ON u.reference = CAST(b.ref AS INTEGER)"
                                          " AND u.amount_fen = b.amount_fen AND u.customer = b.customer AND u.state = 2");
}

static bool judge(const struct play *p)
{
    sqlite3 *db = books(p, "branch.db");
    if (!db) return false;
    long long looked = number_of(db, "SELECT count(*) FROM audit WHERE event = 'look-up'");
    long long paid = number_of(db, "SELECT count(*) FROM payment WHERE state IN ('posted', 'advised')");
    long long printed = number_of(db, "SELECT count(*) FROM invoice WHERE state = 'confirmed'");
    long long queued = number_of(db, "SELECT count(*) FROM outbox WHERE state NOT IN ('done', 'settled')");
    long long there = forwarded(p, db);
    sqlite3_close(db);
    printf("demo: looked up %lld, paid %lld, printed %lld, forwarded %lld, queued %lld\n", looked, paid, printed, there, queued);
    return looked == 3 && paid == 3 && printed == 3 && there == 3 && queued == 0;
}

int demo_play(const char *town, const char *out)
{
    struct play p = {.town = town, .out = out};
    find_programs(&p);
    if (!open_counter(&p)) p.failed = true;
    if (!p.failed) play(&p);
    if (p.term) term_close(p.term);
    papers(&p);
    return judge(&p) && !p.failed ? EX_OK : 1;
}
