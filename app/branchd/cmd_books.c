/* Looking into the ledger from outside: verify, journal, audit, backup, restore,
 * also while the daemon works on it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/command.h"
#include "base/table.h"
#include "branchd/branchd.h"
#include "branchd/client.h"
#include "branchd/service.h"
#include "ledger/day.h"
#include "ledger/operator.h"

#define PATH_SIZE 512
#define COPY_BYTES 65536

static int failed(const struct error *err, int status)
{
    error_print("branchd", err);
    return status;
}

static int usage(const char *text)
{
    fprintf(stderr, "usage: branchd %s\n", text);
    return EX_USAGE;
}

/* --- a ledger to read in ------------------------------------------------------------- */

static void remove_all(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-lock"};
    char name[PATH_SIZE + 8];
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

static int ask_backup(const struct branch *b, const char *path, struct error *err)
{
    json_t *result = client_call(b->settings.socket, "backup", json_pack("{s:s}", "path", path), err);
    json_decref(result);
    return result ? 0 : -1;
}

/* The ledger itself, or, while the daemon holds it, a copy of this moment in
 * `copy` (else ""), to be removed afterwards. NULL: said why. */
static struct ledger *look(struct branch *b, char copy[PATH_SIZE])
{
    struct error err = {0};
    struct ledger *ledger = NULL;
    copy[0] = '\0';
    if (branch_world(b, false, &err) != 0) return failed(&err, 0), NULL;
    if (client_running(b->settings.socket)) {
        snprintf(copy, PATH_SIZE, "%s.look-%ld", b->settings.ledger, (long)getpid());
        if (ask_backup(b, copy, &err) != 0) return failed(&err, 0), NULL;
    }
    ledger = ledger_open(copy[0] ? copy : b->settings.ledger, &b->world, &b->rules, &err);
    if (ledger == NULL) {
        failed(&err, 0);
        if (copy[0]) remove_all(copy);
    }
    return ledger;
}

static void look_end(struct ledger *ledger, const char *copy)
{
    ledger_close(ledger);
    if (copy[0]) remove_all(copy);
}

/* --- verify ---------------------------------------------------------------------------- */

static void say_broken(void *ctx, int number, const char *name, const char *example)
{
    printf("BROKEN %d %s: %s\n", number, name, example);
}

int cmd_verify(void *program, int argc, char **argv)
{
    struct branch *b = program;
    struct error err = {0};
    bool deep = command_option(&argc, argv, "--deep", 0) != NULL;
    if (argc != 1) return usage("verify [--deep]");
    if (branch_world(b, false, &err) != 0) return failed(&err, EX_CONFIG);
    int broken = ledger_verify_file(b->settings.ledger, b->world.audit_key, deep, say_broken, NULL, &err);
    if (broken < 0) return failed(&err, EX_NOINPUT);
    printf("%s: %s\n", b->settings.ledger, broken ? "NOT in order" : "every invariant holds");
    return broken ? EX_DATAERR : EX_OK;
}

/* --- journal and audit ------------------------------------------------------------------- */

static void say_line(void *ctx, const char *text) { puts(text); }

int cmd_journal(void *program, int argc, char **argv)
{
    struct branch *b = program;
    struct error err = {0};
    char copy[PATH_SIZE];
    day_t first, last;
    const char *from = command_option(&argc, argv, "--from", 1), *to = command_option(&argc, argv, "--to", 1);
    if (argc != 1 || !day_parse(from ? from : "1970-01-01", &first) || !day_parse(to ? to : "2999-12-31", &last))
        return usage("journal [--from YYYY-MM-DD] [--to YYYY-MM-DD]");
    struct ledger *ledger = look(b, copy);
    if (ledger == NULL) return EX_NOINPUT;
    int status = journal_export(ledger, first, last, say_line, NULL, &err);
    look_end(ledger, copy);
    return status == 0 ? EX_OK : failed(&err, EX_IOERR);
}

/* A payment's latest paper, drawn again for an auditor: with the number that it has there. */
int cmd_paper(void *program, int argc, char **argv)
{
    struct branch *b = program;
    struct error err = {0};
    struct ledger_payment p;
    struct key key;
    char copy[PATH_SIZE];
    if (argc != 2 || !key_parse(argv[1], &key)) return usage("paper KEY, as 102/0311-0007/010000000417");
    struct ledger *ledger = look(b, copy);
    if (ledger == NULL) return EX_NOINPUT;
    json_t *data = NULL;
    if (payment_get(ledger, &key, &p, &err) == LEDGER_OK)
        data = paper_data(ledger, &b->clock, &p, p.invoice.series, p.invoice.number, p.invoice.reprints, &err);
    look_end(ledger, copy);
    if (data == NULL) return failed(&err, EX_DATAERR);
    int status = json_dumpf(data, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF ? EX_OK : EX_IOERR;
    json_decref(data);
    return status;
}

struct audit_out { struct table *table; const struct clock *clock; int64_t last; int rows; };

static void say_record(void *ctx, int64_t id, int64_t at_ms, const char *event, const char *operator_number, const char *second,
                       const char *terminal, const char *subject, const char *words)
{
    struct audit_out *out = ctx;
    char at[CLOCK_TEXT_SIZE];
    clock_format(out->clock, at_ms, at, sizeof at);
    table_row(out->table, (struct cell[]){{NULL, id}, {at, 0}, {event, 0}, {operator_number, 0}, {second, 0}, {terminal, 0}, {subject, 0}, {words, 0}});
    out->last = id;
    out->rows++;
}

static enum ledger_result say_audit(struct branch *b, struct ledger *ledger, const char *subject, enum table_style style, struct error *err)
{
    static const struct column columns[] = {{"id", "No", COLUMN_INT}, {"at", "At", COLUMN_TEXT}, {"event", "Event", COLUMN_TEXT},
                                            {"operator", "Operator", COLUMN_TEXT}, {"second", "Second", COLUMN_TEXT},
                                            {"terminal", "Term", COLUMN_TEXT}, {"subject", "Subject", COLUMN_TEXT}, {"words", "Words", COLUMN_TEXT}};
    struct audit_out out = {table_open(stdout, style, columns, sizeof columns / sizeof *columns), &b->clock, 0, 0};
    enum ledger_result result = LEDGER_OK;
    do {
        out.rows = 0;
        result = audit_list(ledger, subject, out.last + 1, 1000, say_record, &out, err);
    } while (result == LEDGER_OK && out.rows == 1000);
    table_close(out.table);
    return result;
}

int cmd_audit(void *program, int argc, char **argv)
{
    struct branch *b = program;
    struct error err = {0};
    char copy[PATH_SIZE], head[SECRET_HEX_SIZE] = "";
    const char *subject = command_option(&argc, argv, "--subject", 1);
    enum table_style style = TABLE_TEXT;
    if (command_option(&argc, argv, "--csv", 0)) style = TABLE_CSV;
    if (command_option(&argc, argv, "--json", 0)) style = TABLE_JSON;
    if (argc != 1) return usage("audit [--subject KEY] [--csv | --json]");
    struct ledger *ledger = look(b, copy);
    if (ledger == NULL) return EX_NOINPUT;
    enum ledger_result result = say_audit(b, ledger, subject, style, &err), chain = LEDGER_OK;
    if (result == LEDGER_OK) chain = result = audit_verify(ledger, head, &err);
    look_end(ledger, copy);
    if (result != LEDGER_OK) return failed(&err, chain == LEDGER_OK ? EX_IOERR : EX_DATAERR);
    fprintf(stderr, "the chain holds; head %s\n", head);
    return EX_OK;
}

/* --- backup and restore ---------------------------------------------------------------------- */

/* The daemon has another working folder: its path must be whole. */
static bool whole_path(const char *path, char *out, size_t size)
{
    char here[PATH_MAX];
    if (path[0] == '/') return snprintf(out, size, "%s", path) < (int)size;
    return getcwd(here, sizeof here) && snprintf(out, size, "%s/%s", here, path) < (int)size;
}

int cmd_backup(void *program, int argc, char **argv)
{
    struct branch *b = program;
    struct error err = {0};
    char path[PATH_MAX];
    if (argc != 2 || !whole_path(argv[1], path, sizeof path)) return usage("backup FILE");
    int status;
    if (client_running(b->settings.socket)) {
        status = ask_backup(b, path, &err);
    } else {
        struct ledger *ledger = branch_world(b, false, &err) == 0 ? ledger_open(b->settings.ledger, &b->world, &b->rules, &err) : NULL;
        status = ledger ? ledger_backup(ledger, path, &err) : -1;
        ledger_close(ledger);
    }
    if (status != 0) return failed(&err, EX_CANTCREAT);
    printf("%s\n", path);
    return EX_OK;
}

static int copy_file(const char *from, const char *to, struct error *err)
{
    static char bytes[COPY_BYTES];
    ssize_t got = -1;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0) return error_all(err, "cannot restore", from, strerror(errno), NULL);
    int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (out < 0) {
        error_all(err, "cannot restore", to, strerror(errno), errno == EEXIST ? "move the old ledger away first, with its -wal and -shm" : NULL);
        close(in);
        return -1;
    }
    while ((got = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)got) != got) break;
    bool good = got == 0 && fsync(out) == 0;
    if (close(out) != 0 || !good) {
        unlink(to);
        error_all(err, "cannot restore", to, strerror(errno), "look at the disk");
        good = false;
    }
    close(in);
    return good ? 0 : -1;
}

int cmd_restore(void *program, int argc, char **argv)
{
    struct branch *b = program;
    const char *ledger = b->settings.ledger;
    struct error err = {0};
    char who[48];
    if (argc != 2) return usage("restore FILE");
    if (client_running(b->settings.socket)) {
        error_all(&err, "cannot restore", b->settings.socket, "a branchd works on the ledger", "stop it first");
        return failed(&err, EX_TEMPFAIL);
    }
    snprintf(who, sizeof who, "user %ld of this machine", (long)getuid());
    if (branch_world(b, false, &err) != 0) return failed(&err, EX_CONFIG);
    if (copy_file(argv[1], ledger, &err) != 0) return failed(&err, EX_CANTCREAT);
    if (ledger_restored(ledger, &b->world, who, &err) != 0) {
        remove_all(ledger);
        return failed(&err, EX_DATAERR);
    }
    printf("%s is restored; it takes no money before it has signed on anew and people have said what became of what it holds\n", ledger);
    return EX_OK;
}
