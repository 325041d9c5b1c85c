/* Copies of the file: looked at beside the program that holds it, backed up while it is
 * used, and made safe to go on with after a restore. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ledger/inside.h"

int ledger_verify_file(const char *path, const unsigned char audit_key[SECRET_KEY_BYTES], bool deep,
                       ledger_broken_rule *each, void *ctx, struct error *err)
{
    struct ledger *ledger = ledger_open_reader(path, audit_key, err);
    int broken = -1;
    /* one snapshot: what the other program commits meanwhile is not half seen */
    if (ledger && sql_run(ledger, err, "BEGIN", BIND_NOTHING) == LEDGER_OK)
        broken = ledger_verify(ledger, deep, each, ctx, err);
    ledger_close(ledger);
    return broken;
}

/* --- backup -------------------------------------------------------------------------------------- */

static int failed(struct error *err, const char *path, const char *why)
{
    return error_all(err, "no backup was made", path, why, "see that the folder is there, may be written to and has room");
}

static int copy_pages(struct ledger *ledger, const char *path, struct error *err)
{
    sqlite3 *to = NULL;
    int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_backup *backup = rc == SQLITE_OK ? sqlite3_backup_init(to, "main", ledger->db, "main") : NULL;
    if (backup) {
        sqlite3_backup_step(backup, -1);
        rc = sqlite3_backup_finish(backup);
    } else if (to) {
        rc = sqlite3_errcode(to);
    }
    if (rc != SQLITE_OK)
        failed(err, path, sqlite3_errstr(rc));
    if (sqlite3_close(to) != SQLITE_OK && rc == SQLITE_OK)
        rc = SQLITE_IOERR;
    return rc == SQLITE_OK ? 0 : -1;
}

static int sync_at(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int synced = fsync(fd);
    return close(fd) == 0 && synced == 0 ? 0 : -1;
}

static int sync_both(const char *path, struct error *err)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    if (sync_at(path, O_RDWR) != 0 || sync_at(dirname(folder), O_RDONLY | O_DIRECTORY) != 0)
        return failed(err, path, strerror(errno));
    return 0;
}

int ledger_backup(struct ledger *ledger, const char *path, struct error *err)
{
    if (ledger->broken[0])
        return failed(err, path, ledger->broken);
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(err, path, strerror(errno));
    close(fd);
    if (copy_pages(ledger, path, err) == 0 && sync_both(path, err) == 0)
        return 0;
    unlink(path); /* made by this call, and no backup */
    return -1;
}

/* --- after a restore ------------------------------------------------------------------------------- */

/* A backup is the past: of what it holds unfinished nobody knows what became of it, its numbers may
 * be on paper, and what was at a printer has been answered or not. */
static const char *const stale[] = {
    ("UPDATE payment SET held = 1 WHERE held = 0 AND (owed_fen > 0 OR (shown_at IS NULL AND state = 'posted')"
    " OR (state = 'recorded' OR state = 'advised' OR state = 'undoing' OR state = 'reversing' OR state = 'excepted' OR state = 'short')"
    " OR id IN (SELECT payment FROM invoice WHERE state IN ('planned', 'sent')))"),
    "UPDATE outbox SET state = 'ready' WHERE state = 'in flight'",
    "UPDATE invoice SET doubt = 'unknown' WHERE state = 'sent'",
    "UPDATE book SET state = 'ended' WHERE state = 'loaded'",
    "UPDATE branch SET restored = 1",
    "UPDATE restored SET kind = 'past', settled_at = coalesce(settled_at, 0)",
    ("INSERT INTO restored (ref, kind) SELECT ref, 'held' FROM payment WHERE held = 1"
    " ON CONFLICT DO UPDATE SET kind = 'held', theirs = NULL, settled_at = NULL"),
    /* numbers of messages that were made since: far above them all */
    "UPDATE stan SET last = min(last + 300000, 999000) WHERE day = (SELECT max(date) FROM day) AND last < 699000",
};
#define STALE (sizeof stale / sizeof *stale)

/* A log left beside it belongs to another file, and would be read into this one. */
static int no_log_beside(const char *path, struct error *err)
{
    char name[4096];
    snprintf(name, sizeof name, "%s-wal", path);
    if (access(name, F_OK) != 0)
        return 0;
    return error_all(err, "the backup was not taken up", name, "a log of the ledger that stood here before lies beside it",
                     "move it away, together with the ledger it belongs to");
}

int ledger_restored(const char *path, const struct ledger_world *world, const char *who, struct error *err)
{
    struct ledger_rules rules = {0};
    if (no_log_beside(path, err) != 0)
        return -1;
    struct ledger *ledger = ledger_open(path, world, &rules, err);
    if (!ledger)
        return -1;
    enum ledger_result r = ledger_begin(ledger, err);
    for (size_t i = 0; r == LEDGER_OK && i < STALE; i++)
        r = sql_run(ledger, err, stale[i], BIND_NOTHING);
    if (r == LEDGER_OK)
        r = ledger_new_random(ledger, "restored from a backup", who, err);
    r = ledger_end(ledger, r, err);
    ledger_close(ledger);
    return r == LEDGER_OK ? 0 : -1;
}
