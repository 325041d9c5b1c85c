#include "lib/world_branch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"

#define PATH 512

/* A branchd command that reads a password from its input. */
static void with_password(const struct world *w, const char *command)
{
    char line[2 * PATH];
    snprintf(line, sizeof line, "echo '%s' | '%s/branchd' --config='%s/branchd.ini' %s >/dev/null 2>>'%s/run.log'", BRANCH_PASSWORD, w->bin,
             w->dir, command, w->dir);
    if (system(line) != 0) fail_msg("branchd %s: %s", command, world_read(w, "run.log"));
}

void world_branch(struct world *w, const char *more)
{
    char config[PATH];
    if (access(world_path(w, "branch-0311-0007.crt", config, sizeof config), F_OK) != 0) world_station(w, "branch-0311-0007");
    world_write(w, "branchd.ini", "[ledger]\npath = branch.db\naudit_key = audit.key\ncopy = copy.db\n[serve]\nsocket = branchd.sock\n"
                                  "printers = printers.json\n[link]\naddress = 127.0.0.1:%d\npeer = bank-102\nca = ca.crt\ncertificate = branch-0311-0007.crt\n"
                                  "key = branch-0311-0007.key\n%s", w->bank_port, more ? more : "");
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w->dir);
    if (world_run(w, NULL, 0, "branchd", config, "init", NULL) != 0) fail_msg("branchd init: %s", world_read(w, "run.log"));
    with_password(w, "operator install " BRANCH_TELLER " 张丽 teller --keep");
    with_password(w, "operator install " BRANCH_OTHER_TELLER " 刘洋 teller --keep");
    with_password(w, "operator install " BRANCH_SUPERVISOR " 陈刚 supervisor --keep");
    with_password(w, "operator install " BRANCH_OTHER_SUPERVISOR " 赵敏 supervisor --keep");
    with_password(w, "operator install " BRANCH_TECHNICIAN " 孙工 technician --keep");
    if (world_run(w, NULL, 0, "branchd", config, "operator", "done", NULL) != 0) fail_msg("operator done: %s", world_read(w, "run.log"));
    with_password(w, "day open " BRANCH_SUPERVISOR);
    world_start(w, "branchd");
}

void world_wait_branch(struct world *w)
{
    static char out[1 << 18];
    char config[PATH];
    int64_t until = clock_monotonic_ms() + WORLD_READY_S * 1000;
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w->dir);
    do
        world_run(w, out, sizeof out, "branchd", config, "status", NULL);
    while (strstr(out, "on line since") == NULL && clock_monotonic_ms() < until);
    if (strstr(out, "on line since") == NULL) fail_msg("the branch is not signed on:\n%s\n%s", out, world_read(w, "branchd.log"));
}

const char *world_branch_socket(const struct world *w, char *buf, size_t size) { return world_path(w, "branchd.sock", buf, size); }

void world_branch_verify(const struct world *w)
{
    char config[PATH], out[4096];
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w->dir);
    if (world_run(w, out, sizeof out, "branchd", config, "verify", "--deep", NULL) != 0) fail_msg("verify: %s", out);
}

int64_t world_branch_agrees(const struct world *w)
{
    assert_int_equal(world_sql(w, "branch.db", "SELECT count(*) FROM outbox WHERE state IN ('ready','in flight','parked')"), 0);
    /* what stands here, by key, amount, customer and business day, is what is posted there */
    return world_same_rows(w, "branch.db",
                           "SELECT CAST(ref AS INTEGER), amount_fen, customer, day FROM payment WHERE state IN ('posted','excepted')"
                           " AND foreign_undo = 0 AND proc IN (500000, 501000) ORDER BY 1",
                           "utility.db",
                           "SELECT p.reference, p.amount_fen, p.customer, p.business FROM payment p JOIN station s ON s.id = p.station"
                           " WHERE s.branch = '0311-0007' AND p.state = 2 ORDER BY 1");
}
