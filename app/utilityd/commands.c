/* The commands: one row each, with what --help says. */
#include <pwd.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "utilityd/differences.h"
#include "utilityd/utilityd.h"
#include "utilityd/watch.h"
#include "wire/cert.h"

const struct command utility_commands[] = {
    {"init", cmd_init, "[--claim-keys]", "make the books",
     "Makes the tables at `path` of the settings, unless they are there. SQLite: a\n"
     "file that its owner alone may read. PostgreSQL: the database must be there\n"
     "(createdb).\n"
     "--claim-keys: a payment's key is locked by a row of its own, not by an advisory\n"
     "lock: for databases whose advisory locks are those of one node. All front ends\n"
     "of these books then do so.\n"},
    {"import", cmd_import, "[--encoding WORD] [--replace MONTH] FILE", "take a bills file in, whole or not at all",
     "Takes a bills file of the billing system into the books: every bill of it, or\n"
     "none. A file with a fault is refused with line, field and reason of the first\n"
     "20 of them.\n"
     "\n"
     "A bill that is in the books already is brought up to date while it is open; one\n"
     "that is paid, or out for withholding, stays as it is and is listed when the\n"
     "file says otherwise. Prepaid credit then covers open bills, the oldest first.\n"
     "\n"
     "  --encoding WORD    auto (found out, the default), utf-8 or gb18030\n"
     "  --replace YYYYMM   the file is all of that month: open bills of the month that\n"
     "                     it does not name are withdrawn, and what credit covered of\n"
     "                     them is credit again\n"
     "  --quiet            no progress bar (there is none anyway when the error output\n"
     "                     is no terminal)\n"
     "\n"
     "Ends with 0 taken in, 65 refused, 66 no such file, 69 no books, 74 the books\n"
     "can't be written.\n"},
    {"sample", cmd_sample, "[--bills N] [--seed N] [--date D]", "write sample bills to the output",
     "Writes a bills file of people who do not exist: the same number, seed and date,\n"
     "the same file. Nine customers come first, each with something that a counter\n"
     "must get right:\n"
     "\n"
     "  0499110001 one bill                    0499110006 very long name and address\n"
     "  0499110002 six bills, five past due    0499110007 a bill of 0.00\n"
     "  0499110003 one bill, past due          0499110008 Latin name, quote, ampersand\n"
     "  0499110004 collection window closed    0499110009 window opens tomorrow\n"
     "  0499110005 rare characters\n"
     "\n"
     "  --bills N    how many bills, 1 to 20,000,000 (1,000)\n"
     "  --seed N     another population (1)\n"
     "  --date D     YYYY-MM-DD, what due dates and windows go by (today)\n"},
    {"serve", cmd_serve, "", "answer the banks",
     "Listens at `listen` of the settings for banks, over TLS 1.3 with certificates on\n"
     "both sides, and answers inquiries, payments, reversals, totals and files. Prints\n"
     "\"ready: ADDRESS:PORT\" when it does. SIGHUP reads access policy and certificates\n"
     "anew, SIGTERM ends it when what was posted is answered. Ends with 0, 69 no\n"
     "books, 74 the books' disk failed, 78 settings.\n"},
    {"withhold", cmd_withhold, "WHAT …", "the monthly lists to the banks, and their results",
     "  open --bank N FILE     customers who want an account, as written down at our own counter, a line\n"
     "                         each: customer|id document|phone|\"new\" or an account; writes the bank's\n"
     "                         file (ACCOPEN), with the names of our books\n"
     "  accounts FILE          takes a bank's ACCRESULT: whose bills that bank debits\n"
     "  list --bank N --month YYYYMM   puts that month's open bills of the bank's\n"
     "                         transfer customers out, and writes the list (WHLIST);\n"
     "                         they can't be paid at a counter until the final result\n"
     "  list --bank N --batch B        writes a list again, as it was\n"
     "  result FILE            posts a bank's result (WHRESULT), each row at most once;\n"
     "                         what failed for good is open again, its window longer\n"
     "  result --bank N --batch B [--interim]   the same for one that came over the line\n"
     "  giveup                 the bills of lists whose result did not come in time are\n"
     "                         open again; for a timer\n"
     "  notices --bank N --batch B     a text a customer whose debit failed\n"
     "  batches                lists, and what came of them\n"
     "\n"
     "  --retry-until D, --result-by D, --batch B   list, open: other than the settings say\n"
     "  --output FILE          open, list, notices: where to (ACCOPEN- and WHLIST-<bank>-<batch>.txt;\n"
     "                         notices to the output)\n"
     "  --encoding WORD        auto (found out, the default), utf-8 or gb18030\n"
     "  --format WORD          batches: table (the default), csv or json\n"
     "  --quiet                no progress bar\n"
     "\n"
     "Ends with 0, 65 refused, 66 no such file, 69 no books, 74 the disk failed.\n"},
    {"invoice", cmd_invoice, "--bank N --batch B [--customer N] --output FILE", "invoices of transfer customers, as PDF",
     "Prints the invoices of bills that a bank debited, a page each, through the same\n"
     "templates as a counter's. Each has a number of the series in the settings, given\n"
     "once; printed again it bears the same one, and a mark that counts the reprints.\n"
     "\n"
     "  --customer NUMBER      of one customer alone\n"
     "  --after ROW            a file has 1,000 pages at most: the rows behind that one\n"
     "  --form NAME            invoice-a4 (the default) or invoice-a5\n"
     "  --language WORD        zh_CN (the default) or en\n"
     "\n"
     "Ends with 0, 65 nothing to print, 69 no books, 74 file or books can't be written.\n"},
    {"query", cmd_query, "QUESTION [FILTER …]", "who has paid, who is in arrears",
     "  customer NUMBER        one customer with all bills, late fees explained\n"
     "  arrears                customers with bills past due\n"
     "  payments               payments as they were posted\n"
     "  reversals              what undid them, or tried to, and who\n"
     "  key BANK/BRANCH/REF    one payment: its parts, invoices and reversals\n"
     "  withhold               rows of the lists: debited, failed and why\n"
     "  totals                 sums by bank, branch and day, and whether agreed\n"
     "\n"
     "  --bank N --branch N    of one bank, one branch (payments, reversals, totals)\n"
     "  --day YYYY-MM-DD       of one business day; arrears: as they stood on that day\n"
     "  --station NAME         of one supply station (arrears, payments, reversals)\n"
     "  --customer NUMBER      of one customer (arrears, payments, reversals)\n"
     "  --format WORD          table (the default), csv or json (a line a row, amounts\n"
     "                         in fen)\n"
     "  --wide                 every column also in a table\n"
     "  --follow               payments: goes on with each new one, and each reversal,\n"
     "                         as it is posted, till interrupted\n"},
    {"differences", cmd_differences, "[FILE] [--format WORD]", "what differs from a bank, a payment a line",
     "Without a file: days of banks and branches whose totals after cut-off did not agree,\n"
     "with both sides' figures. With a bank's file of a day (bankd payments DAY): each\n"
     "payment that differs, what each side has, and what to do. Ends with 0 nothing\n"
     "differs, 65 something does, or the file is refused.\n"
     "\n"
     "  --format WORD    table (the default), csv or json\n"},
    {"repair", cmd_repair, "undo KEY --maker N --checker N", "undo a key that no branch took money for, by two people",
     "What a 0420 does, with two people's names on it: the key is undone for ever, its\n"
     "bills are open again, and what can't be taken back goes to suspense. Only after the\n"
     "bank and the branch have said that no cash was taken. Both people (utilityd clerk)\n"
     "type their passwords, the maker first. Ends with 0, 65 no such key, 77 refused.\n"},
    {"clerk", cmd_clerk, "add NUMBER NAME | off NUMBER | list", "who may make and check repairs",
     "add reads a password of at least 12 characters from the terminal or a line of the\n"
     "input. Passwords are kept as argon2id hashes; five wrong tries lock for 30 minutes.\n"},
    {"cutover", cmd_cutover, "[DAY]", "the business day goes on",
     "Ends the business day, for all front ends of these books, and begins the next (or\n"
     "that DAY, tomorrow at most). Every bank that is connected is told, and asks for its\n"
     "totals. A payment keeps the day it was taken on, whenever it comes; a branch's day\n"
     "is closed once it is agreed, or `close_after_days` of the settings after this.\n"
     "Ends with 0, 65 it can't go there.\n"},
    {"verify", cmd_verify, "[--json]", "check the books' invariants",
     "Runs one query an invariant. Ends with 0 when all hold, 65 when one is broken.\n"},
    {"certs", cmd_certs, "ca DIR | station DIR NAME [DAYS]", "make a private CA, a station's certificate",
     "  ca DIR                    DIR/ca.crt and DIR/ca.key\n"
     "  station DIR NAME [DAYS]   DIR/NAME.crt and DIR/NAME.key, signed by DIR/ca.key;\n"
     "                            prints the pin for the access policy\n"},
    {"settings", cmd_settings, "", "print every setting with its meaning",
     "What it prints is a settings file with the defaults: keep it, and change what is\n"
     "to be another.\n"},
};
const size_t utility_command_count = sizeof utility_commands / sizeof *utility_commands;

const struct command *utility_command(const char *name)
{
    for (size_t i = 0; i < utility_command_count; i++)
        if (strcmp(utility_commands[i].name, name) == 0) return &utility_commands[i];
    return NULL;
}

void utility_command_help(FILE *out, const struct command *c)
{
    fprintf(out, "usage: utilityd [--config FILE] %s %s\n\n%s", c->name, c->usage, c->help);
}

int utility_usage(const char *name, const char *why, const char *what)
{
    const struct command *c = utility_command(name);
    fprintf(stderr, "utilityd: %s: %s%s%s\nusage: utilityd %s %s\nmore: utilityd %s --help\n", name, why, what ? " " : "", what ? what : "",
            name, c->usage, name);
    return EX_USAGE;
}

/* Of books that nothing was posted in yet: front ends that lock in two ways do not see each other. */
static int claim_keys(const struct utility *u, struct error *err)
{
    struct db *db = utility_db_open(u->settings.store, err);
    if (db == NULL) return -1;
    bool good = db_kind(db) == DB_POSTGRES && db_begin(db) == 0 &&
                db_run(db, "INSERT INTO setting (name, value) SELECT 'key_lock', 'claim' WHERE NOT EXISTS (SELECT 1 FROM payment) ON CONFLICT DO NOTHING", DB_NO_ARGS) >= 0 &&
                db_number(db, "SELECT count(*) FROM setting WHERE name='key_lock' AND value='claim'", DB_NO_ARGS, 0) == 1 && db_commit(db) == 0;
    if (!good)
        error_all(err, "keys are not claimed by rows", NULL, db_kind(db) == DB_SQLITE ? "these books are a SQLite file" : "something was posted already, or the books fail",
                  "it is chosen when the books are made, before any front end runs");
    db_close(db);
    return good ? 0 : -1;
}

int cmd_init(struct utility *u, int argc, char **argv)
{
    struct error err;
    bool claims = argc == 2 && strcmp(argv[1], "--claim-keys") == 0;
    if (argc > 1 && !claims) return utility_usage(argv[0], "it takes --claim-keys or nothing, not", argv[argc - 1]);
    if (utility_db_make(u->settings.store, &err) != 0 || (claims && claim_keys(u, &err) != 0)) {
        error_print("utilityd", &err);
        return EX_CANTCREAT;
    }
    if (db_kind_of(u->settings.store) == DB_SQLITE) printf("%s stands\n", u->settings.store);
    else puts("the books stand");
    return EX_OK;
}

int cmd_settings(struct utility *u, int argc, char **argv)
{
    settings_explain(stdout, "Settings of utilityd", utility_setting_table, utility_setting_count);
    return EX_OK;
}

int cmd_certs(struct utility *u, int argc, char **argv) { return wire_certs_command(argc - 1, argv + 1); }

int utility_audit(struct db *db, int64_t now_ms, const char *who, const char *what)
{
    return db_run(db, "INSERT INTO audit (at_ms, who, what) VALUES ($1,$2,$3)", DB_ARGS(DB_INT(now_ms), DB_TEXT(who), DB_TEXT(what))) < 0 ? -1 : 0;
}

const char *utility_user(char *buf, size_t size)
{
    const struct passwd *user = getpwuid(getuid());
    text_copy(buf, size, user ? user->pw_name : "-");
    return buf;
}
