/* bankd account: what the head office does with special accounts. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "bankd/account_file.h"
#include "bankd/desk.h"
#include "bankd/print.h"
#include "base/money.h"
#include "base/text.h"
#include "wire/message.h"

#define LAST_PRESET 50

struct asked {
    struct bank *bank;
    struct db *db;
    const char *customer, *name, *holder, *document, *phone, *folder;
    int64_t number, last, fen;
    const char *file;
    enum table_style style;
    enum account_state state;
    enum recfile_encoding encoding;
};

static int failed(const struct error *err)
{
    error_print("bankd", err);
    return EX_UNAVAILABLE;
}

static int usage(const char *why, const char *what)
{
    fprintf(stderr, "bankd: account: %s%s%s\n", why, what ? " " : "", what ? what : "");
    bank_command_help(stderr, bank_command("account"));
    return EX_USAGE;
}

static int refused(const char code[3], int64_t stands)
{
    const struct code_spec *spec = code_spec(code);
    char number[ACCOUNT_TEXT_SIZE];
    fprintf(stderr, "bankd: refused with %s: %s", code, strcmp(code, "94") == 0 ? "the customer stands in an agreement already" : spec ? spec->meaning : "");
    if (stands) fprintf(stderr, ": account %s", account_format(stands, number));
    fputc('\n', stderr);
    return EX_DATAERR;
}

/* Commits what went well, takes back the rest. */
static int end(struct asked *a, int status, const char code[3], int64_t stands, struct error *err)
{
    if (status == 0 && db_commit(a->db) != 0) status = db_failed(a->db, "the books cannot be written", err);
    if (status != 0) db_rollback(a->db);
    return status == 0 ? EX_OK : status > 0 ? refused(code, stands) : failed(err);
}

static bool begin(struct asked *a, struct error *err)
{
    return bank_begin(a->db) == 0 || db_failed(a->db, "the books cannot be written", err) == 0;
}

/* --- acts -------------------------------------------------------------------------- */

static int do_open(struct asked *a)
{
    struct account_holder holder = {a->holder ? a->holder : a->name, a->document, a->phone, "head office"};
    struct error err;
    char code[3] = "", text[ACCOUNT_TEXT_SIZE];
    int64_t number = 0;
    if (!a->customer || !a->name) return usage("open wants --customer and --name", NULL);
    if (!begin(a, &err)) return failed(&err);
    int status = account_open(a->db, a->bank, &holder, a->customer, a->name, &number, code, &err);
    int result = end(a, status, code, number, &err);
    if (result == EX_OK) printf("%s\n", account_format(number, text));
    return result;
}

static int do_link(struct asked *a)
{
    struct error err;
    char code[3] = "";
    int64_t stands = 0;
    if (!a->customer || !a->name) return usage("link wants --customer and --name", NULL);
    if (!begin(a, &err)) return failed(&err);
    int status = account_link(a->db, a->bank, a->number, a->customer, a->name, &stands, code, &err);
    return end(a, status, code, stands, &err);
}

static int do_unlink(struct asked *a)
{
    struct error err;
    char code[3] = "";
    if (!a->customer) return usage("unlink wants --customer", NULL);
    if (!begin(a, &err)) return failed(&err);
    return end(a, account_unlink(a->db, a->number, a->customer, code, &err), code, 0, &err);
}

static int move(struct asked *a, enum account_what what)
{
    bool in = what == WHAT_DEPOSIT;
    struct account_move m = {.what = what, .debit = in ? OWN_CASH : a->number, .credit = in ? a->number : OWN_CASH, .fen = a->fen,
                             .business = clock_today(&a->bank->clock)};
    struct error err;
    char code[3] = "", text[MONEY_TEXT_SIZE];
    int64_t balance = 0;
    if (!begin(a, &err)) return failed(&err);
    int result = end(a, account_move(a->db, a->bank, &m, &balance, code, &err), code, 0, &err);
    if (result == EX_OK) printf("balance %s\n", money_format_grouped(balance, text, sizeof text));
    return result;
}

static int do_deposit(struct asked *a) { return move(a, WHAT_DEPOSIT); }
static int do_withdraw(struct asked *a) { return move(a, WHAT_WITHDRAW); }

static int set_state(struct asked *a, enum account_state state)
{
    struct error err;
    char code[3] = "";
    if (!begin(a, &err)) return failed(&err);
    return end(a, account_set_state(a->db, a->number, state, code, &err), code, 0, &err);
}

static int do_freeze(struct asked *a) { return set_state(a, ACCOUNT_FROZEN); }
static int do_unfreeze(struct asked *a) { return set_state(a, ACCOUNT_OPEN); }
static int do_close(struct asked *a) { return set_state(a, ACCOUNT_CLOSED); }

/* --- questions ---------------------------------------------------------------------- */

#define STATE "CASE a.state WHEN 0 THEN 'open' WHEN 1 THEN 'frozen' ELSE 'closed' END"
#define WHAT "CASE e.what WHEN 1 THEN 'deposit' WHEN 2 THEN 'withdrawal' WHEN 3 THEN 'withheld' WHEN 4 THEN 'held' WHEN 5 THEN 'paid'" \
             " WHEN 6 THEN 'released' WHEN 7 THEN 'given back' ELSE 'settled' END"

/* $1 the account, $2 how many lines */
static const struct question {
    const char *sql;
    struct print_column columns[PRINT_COLUMNS_MAX];
} q_list = {"SELECT a.number, h.name, " STATE ", a.balance_fen, a.lines, (SELECT count(*) FROM agreement g WHERE g.account=a.number), "
            "h.opened_ms, h.opened_by FROM account a JOIN holder h ON h.account=a.number WHERE $1=0 OR a.number=$1 ORDER BY a.number",
            {{"account", "Account", PRINT_ACCOUNT}, {"holder", "Holder", PRINT_TEXT}, {"state", "State", PRINT_TEXT}, {"balance", "Balance", PRINT_MONEY},
             {"lines", "Lines", PRINT_INT}, {"customers", "Customers", PRINT_INT}, {"opened", "Opened", PRINT_TIME}, {"by", "By", PRINT_TEXT}}},
  q_agreement = {"SELECT customer, name, since_ms FROM agreement WHERE account=$1 ORDER BY customer",
                 {{"customer", "Customer", PRINT_TEXT}, {"name", "Name", PRINT_TEXT}, {"since", "Since", PRINT_TIME}}},
  q_held = {"SELECT branch, reference, account, fen, CASE state WHEN 1 THEN 'held' ELSE 'debited' END, CASE WHEN undo IS NULL THEN '' ELSE 'yes' END,"
            " business, since_ms FROM hold WHERE (state=1 OR undo IS NOT NULL) AND ($1=0 OR account=$1) AND $2>0 ORDER BY since_ms",
            {{"branch", "Branch", PRINT_TEXT}, {"reference", "Reference", PRINT_TEXT}, {"account", "Account", PRINT_ACCOUNT}, {"amount", "Amount", PRINT_MONEY},
             {"state", "State", PRINT_TEXT}, {"undoing", "Undoing", PRINT_TEXT}, {"day", "Day", PRINT_DAY}, {"since", "Since", PRINT_TIME}}},
  /* from the last line back, by the chain that the lines are */
  q_statement = {"WITH RECURSIVE walk(id, n) AS (SELECT last, 1 FROM account WHERE number=$1 AND last>0 UNION ALL"
                 " SELECT e.before, n + 1 FROM walk JOIN entry e ON e.id=walk.id WHERE e.before>0 AND n < $2)"
                 " SELECT e.line, e.at_ms, " WHAT ", CASE WHEN e.credit=$1 THEN e.fen ELSE -e.fen END, e.balance_fen,"
                 " CASE WHEN e.batch>0 THEN (SELECT number FROM batch WHERE id=e.batch) || '-' || e.row ELSE e.key END"
                 " FROM walk JOIN entry e ON e.id=walk.id ORDER BY e.line",
                 {{"line", "Line", PRINT_INT}, {"time", "Time", PRINT_TIME}, {"what", "What", PRINT_TEXT}, {"amount", "Amount", PRINT_MONEY},
                  {"balance", "Balance", PRINT_MONEY}, {"by", "By", PRINT_TEXT}}};

static int ask(struct asked *a, const struct question *question, int64_t *rows)
{
    struct error err;
    db_ask(a->db, question->sql, DB_ARGS(DB_INT(a->number), DB_INT(a->last)));
    int64_t count = print_rows(a->bank, a->db, a->style, question->columns, &err);
    if (rows) *rows = count;
    return count < 0 ? failed(&err) : EX_OK;
}

static int do_list(struct asked *a) { return ask(a, &q_list, NULL); }

static int do_held(struct asked *a) { return ask(a, &q_held, NULL); }

static int do_show(struct asked *a)
{
    int64_t rows = 0;
    int code = ask(a, &q_list, &rows);
    if (code == EX_OK && rows == 0) return refused("14", 0);
    return code == EX_OK ? ask(a, &q_agreement, NULL) : code;
}

static int do_statement(struct asked *a)
{
    struct account account;
    struct error err;
    char code[3] = "";
    int status = account_read(a->db, a->number, &account, code, &err);
    if (status != 0) return status > 0 ? refused(code, 0) : failed(&err);
    return ask(a, &q_statement, NULL);
}

static int do_import(struct asked *a) { return account_import(a->bank, a->db, a->file, a->folder, a->encoding); }
static int do_key(struct asked *a) { return desk_make_key(a->bank->settings.box_key); }
static int do_export(struct asked *a) { return account_export(a->bank, a->db, a->folder); }

/* --- the command line ---------------------------------------------------------------- */

enum { WANTS_NUMBER = 1, WANTS_FILE = 2, WANTS_YUAN = 4 };
static const struct act {
    const char *name;
    int (*act)(struct asked *a);
    int wants;
} acts[] = {
    {"open", do_open, 0}, {"link", do_link, WANTS_NUMBER}, {"unlink", do_unlink, WANTS_NUMBER},
    {"deposit", do_deposit, WANTS_NUMBER | WANTS_YUAN}, {"withdraw", do_withdraw, WANTS_NUMBER | WANTS_YUAN},
    {"freeze", do_freeze, WANTS_NUMBER}, {"unfreeze", do_unfreeze, WANTS_NUMBER}, {"close", do_close, WANTS_NUMBER},
    {"show", do_show, WANTS_NUMBER}, {"statement", do_statement, WANTS_NUMBER}, {"list", do_list, 0}, {"held", do_held, 0},
    {"import", do_import, WANTS_FILE}, {"export", do_export, 0}, {"key", do_key, 0},
};

static int take_option(struct asked *a, int c, const char *value)
{
    static const char *const styles[] = {[TABLE_TEXT] = "table", [TABLE_CSV] = "csv", [TABLE_JSON] = "json"};
    char *stop = NULL;
    switch (c) {
    case 'c': a->customer = value; return text_alnum(value) && strlen(value) < ACCOUNT_CUSTOMER_SIZE ? 0 : usage("a customer is up to 28 digits or letters, not", value);
    case 'n': a->name = value; break;
    case 'h': a->holder = value; break;
    case 'd': a->document = value; break;
    case 'p': a->phone = value; break;
    case 'r': a->folder = value; return 0;
    case 'e': return recfile_encoding_parse(value, &a->encoding) ? 0 : usage("no such encoding:", value);
    case 'l': a->last = strtoll(value, &stop, 10); return *stop == '\0' && a->last > 0 ? 0 : usage("--last is a number, not", value);
    case 'f':
        for (int i = 0; i < 3; i++)
            if (strcmp(styles[i], value) == 0) return a->style = (enum table_style)i, 0;
        return usage("a format is table, csv or json, not", value);
    default: return usage("no such option, or its value is missing", NULL);
    }
    return utf8_valid(value, strlen(value)) && utf8_count(value) >= 1 && utf8_count(value) <= BILL_NAME_MAX ? 0 : usage("this is too long, or no UTF-8:", value);
}

/* Number, file and amount, as the act wants them. */
static int take_subjects(struct asked *a, const struct act *act, int argc, char **argv)
{
    struct error err;
    int at = 1;
    if (act->wants & WANTS_NUMBER) {
        if (at >= argc) return usage("which account?", NULL);
        if (!account_parse(argv[at], &a->number)) return usage("an account's number has 18 digits, the last checks the others; not", argv[at]);
        at++;
    }
    if (act->wants & WANTS_FILE) {
        if (at >= argc) return usage("which file?", NULL);
        a->file = argv[at++];
    }
    if (act->wants & WANTS_YUAN) {
        if (at >= argc) return usage("how much?", NULL);
        if (money_parse(argv[at], &a->fen, &err) != 0) return usage(err.why, argv[at]);
        at++;
    }
    return at == argc ? 0 : usage("what is this:", argv[at]);
}

int cmd_account(struct bank *b, int argc, char **argv)
{
    static const struct option options[] = {{"customer", 1, NULL, 'c'}, {"name", 1, NULL, 'n'}, {"holder", 1, NULL, 'h'}, {"document", 1, NULL, 'd'},
                                            {"phone", 1, NULL, 'p'}, {"last", 1, NULL, 'l'}, {"format", 1, NULL, 'f'}, {"result", 1, NULL, 'r'},
                                            {"encoding", 1, NULL, 'e'}, {0}};
    struct asked a = {.bank = b, .folder = b->settings.results, .last = LAST_PRESET, .encoding = RECFILE_FIND_OUT};
    const struct act *act = NULL;
    struct error err;
    int c, code;
    opterr = 0;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
        if ((code = take_option(&a, c, optarg)) != 0) return code;
    for (size_t i = 0; i < sizeof acts / sizeof *acts && optind < argc; i++)
        if (strcmp(acts[i].name, argv[optind]) == 0) act = &acts[i];
    if (act == NULL) return usage("what is to be done?", NULL);
    if ((code = take_subjects(&a, act, argc - optind, argv + optind)) != 0) return code;
    if ((a.db = bank_db(b, &err)) == NULL) return failed(&err);
    code = act->act(&a);
    db_close(a.db);
    return code;
}
