/* The commands: one row each, with what --help says. */
#include <string.h>
#include <sysexits.h>

#include "bankd/bank.h"
#include "bankd/day.h"
#include "wire/cert.h"

static int cmd_init(struct bank *b, int argc, char **argv)
{
    struct error err;
    if (bank_make(b, &err) != 0) {
        error_print("bankd", &err);
        return EX_CANTCREAT;
    }
    if (db_kind_of(b->settings.store) == DB_SQLITE) printf("%s stands\n", b->settings.store);
    else puts("the books stand"); /* the address may hold a password */
    return EX_OK;
}

static int cmd_settings(struct bank *b, int argc, char **argv)
{
    settings_explain(stdout, "Settings of bankd", bank_setting_table, bank_setting_count);
    return EX_OK;
}

static int cmd_certs(struct bank *b, int argc, char **argv) { return wire_certs_command(argc - 1, argv + 1); }

const struct command bank_commands[] = {
    {"init", cmd_init, "", "make the books",
     "Makes the bank's books at `path` of the settings, unless they are there: a file that its owner\n"
     "alone may read, or tables in a database of PostgreSQL that is the bank's alone.\n"},
    {"serve", cmd_serve, "", "relay between branches and utility",
     "Listens at `listen` of the settings for branches and keeps `connections` to the utility, all over\n"
     "TLS 1.3 with certificates on both sides. Prints \"ready: ADDRESS:PORT\" when branches may come. What\n"
     "it sends on goes as it came; of its own it answers only 30 (not of the protocol), 58 (not for this\n"
     "certificate), 91 (not sent on and never to be) and 68 (sent on, nothing came in time), the last two\n"
     "never to an advice. SIGHUP reads access policy and certificates anew, SIGTERM ends it. Ends with 0,\n"
     "74 the journal's disk failed, 78 settings, certificates, policy or books.\n"},
    {"status", cmd_status, "[--json]", "what a running relay is doing",
     "Asks the relay at `socket` of the settings: its connections to the utility, and each branch heard of\n"
     "since the start: queued here, open (sent on and not answered), sent, answered, answered late, how\n"
     "many 30, 58, 68 and 91 it was given, and advices held back. --json: the same as one document.\n"
     "Ends with 0, 69 no relay answers there.\n"},
    {"journal", cmd_journal, "messages | totals | settled | alarms …", "what passed, by key, branch or day",
     "  messages    each message: sent (on to the utility), queued (it took no more just then), local,\n"
     "              refused, held (not sent on); each answer: answer, late (after a 68), nobody (the\n"
     "              branch was gone), own (made here)\n"
     "  totals      approved payments and reversals by business day and branch, each key once\n"
     "  settled     what each branch's agreed days moved from its clearing account to what is owed to\n"
     "              the utility: booked when the utility's 0510 says 1 to the totals after cut-off, and again\n"
     "              for what was answered later, the difference\n"
     "  alarms      foreign certificates, second sessions, messages for other branches\n"
     "\n"
     "  --key BANK/BRANCH/REF            one payment                      (messages)\n"
     "  --bank N --branch N              of one bank, one branch          (messages, totals; settled: branch)\n"
     "  --day YYYY-MM-DD                 of one business day              (messages, totals, settled)\n"
     "  --code NN --fate WORD            with that answer, that fate      (messages)\n"
     "  --last N                         the last N rows (1,000)          (messages, alarms)\n"
     "  --format WORD                    table (the default), csv or json (a line a row; amounts are fen)\n"},
    {"totals", cmd_totals, "[DAY] [--after-cut-off]", "does the utility have what the bank has?",
     "Asks the utility for its totals of the whole bank on that business day (today) and compares them\n"
     "with the journal's. Out of balance: fetches its detail of the day and compares payment by payment.\n"
     "The relay does this by itself when the utility goes on to its next business day. Ends with 0 in\n"
     "balance, 65 out of balance, 69 no answer.\n"},
    {"differences", cmd_differences, "[--day YYYY-MM-DD] [--format table|csv|json]", "what differs, a payment a line",
     "What each side has of a payment, and what to do about it, by the last comparison. Ends with 0 when\n"
     "nothing differs, else 65.\n"},
    {"repair", cmd_repair, "take|resend KEY --maker N --checker N", "settle a difference, by two people",
     "  take     the bank takes the utility's word for the key: its totals count it so from now on\n"
     "  resend   what was sent on for the key is sent again as its repeat, a cash payment as its advice;\n"
     "           the utility posts a key at most once, so nothing is done twice\n"
     "\n"
     "Both people (bankd clerk) type their passwords, the maker first; each repair is written down with\n"
     "both numbers. Then `bankd totals DAY` compares anew. Ends with 0, 77 refused.\n"},
    {"payments", cmd_payments, "DAY", "the bank's own detail of a day, as a file",
     "Writes a PAYMENTS file of what passed on that business day, for the utility's people:\n"
     "utilityd differences FILE.\n"},
    {"clerk", cmd_clerk, "add NUMBER NAME | off NUMBER | list", "who may make and check repairs",
     "add reads a password of at least 12 characters from the terminal or a line of the input.\n"},
    {"account", cmd_account, "WHAT …", "special electricity accounts",
     "  open --customer N --name NAME [--holder NAME] [--document TEXT] [--phone TEXT]\n"
     "                                a new account; prints its number\n"
     "  link NUMBER --customer N --name NAME     one more customer in its agreement\n"
     "  unlink NUMBER --customer N\n"
     "  deposit NUMBER YUAN           cash in, at the head office\n"
     "  withdraw NUMBER YUAN          cash out\n"
     "  freeze | unfreeze | close NUMBER\n"
     "  show NUMBER                   its holder, state, balance and agreement\n"
     "  statement NUMBER [--last N]   its lines\n"
     "  list                          all of them\n"
     "  held                          payments from accounts that the utility has not answered yet\n"
     "  import FILE [--result DIR]    opens those of a file of the utility's customer centre (ACCOPEN) and\n"
     "                                writes the result (ACCRESULT); the same file again: the same result\n"
     "  export [--result DIR]         every customer's account, as such a result\n"
     "  key                           makes the key that passwords are sealed for; prints its public part\n"
     "\n"
     "  --format WORD                 table (the default), csv or json, for show, statement, list and held\n"
     "Ends with 0, 65 refused (the code and why are said), 66 no such file, 69 no books.\n"},
    {"withhold", cmd_withhold, "run LIST | retry | list | notices LIST | fetch BATCH | send FILE", "debit the utility's monthly list",
     "  run LIST    judges the whole list, debits row by row in its order, writes the results. Killed and\n"
     "              started again it goes on where it stood. A batch is worked once: the same list again\n"
     "              debits nothing and gives the same results; another list under its number is refused\n"
     "  retry       the batches that are not final: rows without enough money are tried again (once a day,\n"
     "              if the settings allow it), or the final result is written; for a timer\n"
     "  list        batches, and what was debited\n"
     "  notices LIST of a list that was run: phone|customer|name|account's last 4 digits|text, a line for\n"
     "              each row that is not debited; what is short, and until when it can be paid in\n"
     "  fetch BATCH the utility's list over the line, into the folder of the results\n"
     "  send FILE   a result over the line; the utility posts it with its own command\n"
     "\n"
     "  --result DIR       where the results go (`results` of the settings):\n"
     "                     WHRESULT-<utility>-<batch>-interim.txt, what was debited at once, and\n"
     "                     WHRESULT-<utility>-<batch>-final.txt, all rows\n"
     "  --encoding WORD    auto (found out, the default), utf-8 or gb18030\n"
     "  --quiet            no progress bar (there is none anyway when the error output is no terminal)\n"
     "  --json             list: a line a batch\n"
     "Ends with 0, 65 the list is refused (line, field and reason of the first 20 faults), 66 no such file,\n"
     "69 no books, 74 the disk failed.\n"},
    {"verify", cmd_verify, "[--json]", "check the journal's invariants",
     "Runs one query an invariant. Ends with 0 when all hold, 65 when one is broken.\n"},
    {"certs", cmd_certs, "ca DIR | station DIR NAME [DAYS]", "make a private CA, a station's certificate",
     "  ca DIR                    DIR/ca.crt and DIR/ca.key\n"
     "  station DIR NAME [DAYS]   DIR/NAME.crt and DIR/NAME.key, signed by DIR/ca.key; prints the pin\n"
     "                            for the access policy\n"},
    {"settings", cmd_settings, "", "print every setting with its meaning",
     "What it prints is a settings file with the defaults: keep it and change what is to be another.\n"},
};
const size_t bank_command_count = sizeof bank_commands / sizeof *bank_commands;

const struct command *bank_command(const char *name)
{
    for (size_t i = 0; i < bank_command_count; i++)
        if (strcmp(bank_commands[i].name, name) == 0) return &bank_commands[i];
    return NULL;
}

void bank_command_help(FILE *out, const struct command *c)
{
    fprintf(out, "usage: bankd [--config FILE] %s%s%s\n\n%s", c->name, *c->usage ? " " : "", c->usage, c->details);
}
