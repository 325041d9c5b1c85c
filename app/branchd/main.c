/* branchd: holds a branch's ledger, takes what the counters ask, forwards by itself. */
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/command.h"
#include "branchd/branchd.h"
#include "wire/cert.h"

static int cmd_settings(void *program, int argc, char **argv)
{
    settings_explain(stdout, "Settings of branchd", branch_setting_table, branch_setting_count);
    return EX_OK;
}

static int cmd_certs(void *program, int argc, char **argv) { return wire_certs_command(argc - 1, argv + 1); }

static const struct command commands[] = {
    {"init", cmd_init, "", "make the ledger and the key of its audit chain"},
    {"operator", cmd_operator, "install NUMBER NAME ROLE | done | list", "the first operators; the password is read from the input"},
    {"day", cmd_day, "open NUMBER [DATE]", "open a business day as this supervisor, while serve is not running"},
    {"serve", cmd_serve, "", "serve the counters and forward to the utility"},
    {"status", cmd_status, "[--json]", "link, queue, what waits"},
    {"verify", cmd_verify, "[--deep]", "check the books' invariants"},
    {"journal", cmd_journal, "[--from D] [--to D]", "plain-text double entry, as ledger and hledger read it"},
    {"paper", cmd_paper, "KEY", "what the templates see of a payment, as JSON for \"counter template show --data\""},
    {"audit", cmd_audit, "[--subject KEY] [--csv | --json]", "the audit records, and whether their chain holds"},
    {"backup", cmd_backup, "FILE", "copy the ledger, also while it is in use"},
    {"restore", cmd_restore, "FILE", "take a backup as the ledger; it takes no money before it has a new epoch"},
    {"certs", cmd_certs, "ca DIR | station DIR NAME [DAYS]", "make a private CA, a station's certificate"},
    {"settings", cmd_settings, "", "print every setting with its meaning"},
};

int main(int argc, char **argv)
{
    static struct branch branch;
    umask(077); /* books, copy and what is made of them are nobody else's to read */
    const struct command_set set = {"branchd", BRANCH_VERSION, commands, sizeof commands / sizeof *commands, &branch, branch_open};
    return command_main(&set, argc, argv);
}
