/* Making and opening the file: one instance, owner and mode, every promise of
 * SQLite read back, the file and the chain looked at. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "ledger/inside.h"
#include "ledger/schema.sql.h"

#define BUSY_MS 5000 /* a reader of another program, at most */
#define RANDOM_BYTES 16

/* What is set, and what must be read back. WAL with FULL loses nothing in a power cut;
 * with NORMAL it loses the last payments, and a rollback journal needs EXTRA. */
static const struct { const char *set, *read, *value; } guards[] = {
    {"PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal"},
    {"PRAGMA synchronous = FULL", "PRAGMA synchronous", "2"},
    {"PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1"},
    {"PRAGMA recursive_triggers = ON", "PRAGMA recursive_triggers", "1"},
    {"PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0"},
    {"PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2"}, /* for speed: what a statement would undo stays in memory */
};
#define GUARDS (sizeof guards / sizeof *guards)

static int refused(struct error *err, const char *path, const char *why, const char *remedy)
{
    return error_all(err, "the branch's ledger can't be opened", path, why, remedy);
}

static const char damaged[] = "the file is damaged: restore a backup (branchd restore)";

/* First column of the first row as text; false when there is none. */
static bool answer(sqlite3 *db, const char *sql, char *text, size_t size)
{
    sqlite3_stmt *statement = NULL;
    bool got = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
    if (got) {
        const char *value = (const char *)sqlite3_column_text(statement, 0);
        snprintf(text, size, "%s", value ? value : "");
    }
    sqlite3_finalize(statement);
    return got;
}

int ledger_guards_check(struct ledger *ledger, struct error *err)
{
    char value[32], why[120];
    for (size_t i = 0; i < GUARDS; i++) {
        if (!answer(ledger->db, guards[i].read, value, sizeof value))
            return refused(err, guards[i].read, sqlite3_errmsg(ledger->db), "see that the disk works");
        if (strcmp(value, guards[i].value) != 0) {
            snprintf(why, sizeof why, "it is %s and must be %s, else acknowledged payments could be lost", value, guards[i].value);
            return refused(err, guards[i].read, why, "use the SQLite that comes with the program, on a local disk");
        }
    }
    return 0;
}

static int guards_set(struct ledger *ledger, const char *path, struct error *err)
{
    sqlite3_busy_timeout(ledger->db, BUSY_MS);
    sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL); /* a plan is made once, whatever is bound to it */
    for (size_t i = 0; i < GUARDS; i++)
        if (sqlite3_exec(ledger->db, guards[i].set, NULL, NULL, NULL) != SQLITE_OK)
            return refused(err, path, sqlite3_errmsg(ledger->db),
                           (sqlite3_errcode(ledger->db) & 0xff) == SQLITE_CORRUPT ? damaged : "see that it is a ledger of this program and that the disk works");
    return ledger_guards_check(ledger, err);
}

/* --- one instance, owner, mode --------------------------------------------------------- */

/* A file of its own: closing any descriptor of the database would drop SQLite's locks. */
static int lock_take(const char *path, struct error *err)
{
    char name[4096];
    if (snprintf(name, sizeof name, "%s-lock", path) >= (int)sizeof name)
        return refused(err, path, "its name is too long", NULL);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return refused(err, name, strerror(errno), "see that the folder may be written to");
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    refused(err, path, errno == EWOULDBLOCK ? "another program has it open" : strerror(errno),
            "there is one branchd for a ledger: end the other one first");
    close(fd);
    return -1;
}

static int mode_check(const char *path, struct error *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return refused(err, path, strerror(errno), "branchd init makes a new one");
    if (!S_ISREG(st.st_mode))
        return refused(err, path, "it is no file", NULL);
    if (st.st_uid != geteuid())
        return refused(err, path, "it belongs to somebody else", "chown it to the user that runs branchd");
    if (st.st_mode & 077)
        return refused(err, path, "others may read it", "chmod 600");
    return 0;
}

/* --- a new one ---------------------------------------------------------------------------- */

static enum ledger_result first_rows(struct ledger *ledger, struct error *err)
{
    unsigned char head[SECRET_HASH_BYTES];
    char random[2 * RANDOM_BYTES + 1];
    ledger_audit_first(ledger->world.audit_key, ledger->bank, ledger->branch, head);
    enum ledger_result r = sql_run(ledger, err,
        "INSERT INTO branch (one, version, bank, branch, random, latest_ms, audit_head) VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6)",
        BIND(sql_int(LEDGER_VERSION), sql_text(ledger->bank), sql_text(ledger->branch),
             sql_text(entropy_hex(&ledger->world.entropy, RANDOM_BYTES, random, sizeof random)),
             sql_int(ledger_now(ledger)), sql_blob(head, sizeof head)));
    if (r == LEDGER_OK)
        r = ledger_audit(ledger, err, "ledger made", NULL, NULL, NULL, ledger->branch, "bank %s, branch %s", ledger->bank,
                         ledger->branch);
    return r;
}

static int fill(struct ledger *ledger, const char *path, struct error *err)
{
    struct key probe;
    if (!key_make(&probe, ledger->bank, ledger->branch, 1, 1))
        return refused(err, path, "bank or branch is not in the form of a key", "bank: digits; branch: as in 0311-0007");
    enum ledger_result r = ledger_begin(ledger, err);
    if (r == LEDGER_OK && sqlite3_exec(ledger->db, schema_sql, NULL, NULL, NULL) != SQLITE_OK)
        r = ledger_fail(ledger, err, "schema", sqlite3_errmsg(ledger->db));
    if (r == LEDGER_OK)
        r = first_rows(ledger, err);
    return ledger_end(ledger, r, err) == LEDGER_OK ? 0 : -1;
}

static struct ledger *hold(const char *path, const struct ledger_world *world, const struct ledger_rules *rules,
                           int flags, struct error *err)
{
    struct ledger *ledger = calloc(1, sizeof *ledger);
    if (!ledger) {
        refused(err, path, "no memory", NULL);
        return NULL;
    }
    ledger->world = *world;
    if (rules)
        ledger->rules = *rules;
    ledger->lock = -1;
    if (sqlite3_open_v2(path, &ledger->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) != SQLITE_OK) {
        refused(err, path, ledger->db ? sqlite3_errmsg(ledger->db) : "no memory", "see that it is a ledger and may be read");
        ledger_close(ledger);
        return NULL;
    }
    return ledger;
}

int ledger_create(const char *path, const char *bank, const char *branch, const struct ledger_world *world, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600); /* WAL and shm take its mode */
    if (fd < 0)
        return refused(err, path, strerror(errno), errno == EEXIST ? "a ledger is never written over: move it away first" : NULL);
    close(fd);
    int result = -1;
    struct ledger *ledger = hold(path, world, NULL, SQLITE_OPEN_READWRITE, err);
    if (ledger && text_copy(ledger->bank, sizeof ledger->bank, bank) &&
        text_copy(ledger->branch, sizeof ledger->branch, branch)) {
        ledger->lock = lock_take(path, err);
        if (ledger->lock >= 0 && guards_set(ledger, path, err) == 0)
            result = fill(ledger, path, err);
    } else if (ledger) {
        refused(err, path, "bank or branch is too long for a key", NULL);
    }
    ledger_close(ledger);
    if (result != 0)
        unlink(path); /* it was made by this call and holds nothing */
    return result;
}

/* --- one that stands -------------------------------------------------------------------- */

static int whole(struct ledger *ledger, const char *path, struct error *err)
{
    char text[200];
    if (!answer(ledger->db, "PRAGMA quick_check(1)", text, sizeof text))
        return refused(err, path, sqlite3_errmsg(ledger->db), damaged);
    if (strcmp(text, "ok") != 0)
        return refused(err, path, text, damaged);
    return 0;
}

static int who(struct ledger *ledger, const char *path, struct error *err)
{
    int version;
    if (sql_one(ledger, err, "SELECT version, bank, branch, latest_ms, audit_id FROM branch", BIND_NOTHING,
                INTO(into_int(&version), into_text(ledger->bank, sizeof ledger->bank),
                     into_text(ledger->branch, sizeof ledger->branch), into_int64(&ledger->latest_ms),
                     into_int64(&ledger->audit_id))) != 1)
        return refused(err, path, "it is no ledger of this program", "branchd init makes a new one");
    if (version != LEDGER_VERSION)
        return refused(err, path, "it was made by another version of the program", "use that version, or its upgrade");
    return 0;
}

/* From the last closed day's anchored head on: what is older was printed and sent to
 * the utility, and a deep verify walks it all. */
static int chain_check(struct ledger *ledger, const char *path, struct error *err)
{
    unsigned char anchor[SECRET_HASH_BYTES];
    int64_t from = 0, bad;
    char head[SECRET_HEX_SIZE], why[160];
    if (sql_one(ledger, err, "SELECT head_id, head FROM day WHERE head IS NOT NULL AND state = 'closed' ORDER BY date DESC LIMIT 1",
                BIND_NOTHING, INTO(into_int64(&from), into_blob(anchor, sizeof anchor))) < 0)
        return -1;
    if (ledger_audit_chain(ledger, from, anchor, &bad, head, err) != LEDGER_OK)
        return -1;
    if (!bad)
        return 0;
    snprintf(why, sizeof why, "audit record %lld is not as it was written, or the key is another ledger's", (long long)bad);
    return refused(err, path, why, "keep the file as evidence, and restore a backup (branchd restore)");
}

struct ledger *ledger_open(const char *path, const struct ledger_world *world, const struct ledger_rules *rules,
                           struct error *err)
{
    if (mode_check(path, err) != 0)
        return NULL;
    struct ledger *ledger = hold(path, world, rules, SQLITE_OPEN_READWRITE, err);
    if (!ledger)
        return NULL;
    ledger->lock = lock_take(path, err);
    if (ledger->lock >= 0 && guards_set(ledger, path, err) == 0 && whole(ledger, path, err) == 0 &&
        who(ledger, path, err) == 0 && chain_check(ledger, path, err) == 0)
        return ledger;
    ledger_close(ledger);
    return NULL;
}

/* Another program may hold it: no lock, and nothing can be written. */
struct ledger *ledger_open_reader(const char *path, const unsigned char audit_key[SECRET_KEY_BYTES], struct error *err)
{
    struct ledger_world world = {.audit_key = {0}};
    memcpy(world.audit_key, audit_key, SECRET_KEY_BYTES);
    struct ledger *ledger = mode_check(path, err) == 0 ? hold(path, &world, NULL, SQLITE_OPEN_READONLY, err) : NULL;
    secret_wipe(&world, sizeof world);
    if (!ledger)
        return NULL;
    sqlite3_busy_timeout(ledger->db, BUSY_MS);
    if (whole(ledger, path, err) == 0 && who(ledger, path, err) == 0)
        return ledger;
    ledger_close(ledger);
    return NULL;
}

void ledger_close(struct ledger *ledger)
{
    if (!ledger)
        return;
    for (int i = 0; i < LEDGER_STATEMENTS; i++)
        sqlite3_finalize(ledger->statements[i].statement);
    sqlite3_close(ledger->db);
    if (ledger->lock >= 0)
        close(ledger->lock);
    secret_wipe(ledger->world.audit_key, sizeof ledger->world.audit_key);
    free(ledger);
}
