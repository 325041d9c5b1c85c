/* Before there is a session to sign on to: the ledger, the first operators, the first day. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/command.h"
#include "base/table.h"
#include "base/text.h"
#include "branchd/branchd.h"
#include "ledger/day.h"
#include "ledger/operator.h"

#define PASSWORD_SIZE 256
#define OPERATORS_MAX 500

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

/* The ledger, held by this command alone; NULL: said why. */
static struct ledger *hold(struct branch *b)
{
    struct error err = {0};
    struct ledger *ledger = NULL;
    if (branch_world(b, false, &err) == 0) ledger = ledger_open(b->settings.ledger, &b->world, &b->rules, &err);
    if (ledger == NULL) error_print("branchd", &err);
    return ledger;
}

/* --- init -------------------------------------------------------------------------- */

int cmd_init(void *program, int argc, char **argv)
{
    struct branch *b = program;
    const struct branch_settings *set = &b->settings;
    struct error err = {0};
    if (argc != 1) return usage("init");
    /* a key without its ledger: an init that was cut off between the two */
    bool has_key = access(set->audit_key, F_OK) == 0;
    if (branch_world(b, !has_key, &err) != 0) return failed(&err, EX_CANTCREAT);
    if (ledger_create(set->ledger, set->bank, set->branch, &b->world, &err) != 0) return failed(&err, EX_CANTCREAT);
    printf("%s stands for branch %s of bank %s\n", set->ledger, set->branch, set->bank);
    printf("keep a copy of %s away from this machine\n", set->audit_key);
    return EX_OK;
}

/* --- a password --------------------------------------------------------------------- */

static bool read_line(char *line, int size)
{
    if (fgets(line, size, stdin) == NULL) return false;
    line[strcspn(line, "\r\n")] = '\0';
    return line[0] != '\0';
}

/* From the terminal without showing it, or a line of the input. */
static bool read_password(const char *prompt, char password[PASSWORD_SIZE])
{
    struct termios shown, hidden;
    bool person = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
    if (person) {
        fputs(prompt, stderr);
        hidden = shown;
        hidden.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    }
    bool good = read_line(password, PASSWORD_SIZE);
    if (person) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
        fputc('\n', stderr);
    }
    if (!good) fputs("branchd: no password was given\n", stderr);
    return good;
}

/* --- operators ----------------------------------------------------------------------- */

static int install(struct branch *b, int argc, char **argv)
{
    char password[PASSWORD_SIZE], stored[SECRET_PASSWORD_SIZE] = "";
    struct error err = {0};
    bool keep = command_option(&argc, argv, "--keep", 0) != NULL;
    if (argc != 4) return usage("operator install NUMBER NAME teller|supervisor|technician [--keep]");
    struct ledger *ledger = hold(b);
    if (ledger == NULL) return EX_NOINPUT;
    int status = EX_DATAERR;
    if (read_password("first password: ", password) &&
        (secret_password_rule(argv[1], password, &err) != 0 ||
         secret_password_hash(password, b->world.cost, &b->world.entropy, stored, &err) != 0 ||
         operator_install(ledger, argv[1], argv[2], argv[3], stored, !keep, &err) != LEDGER_OK))
        failed(&err, status);
    else if (stored[0] != '\0')
        status = EX_OK;
    secret_wipe(password, sizeof password);
    ledger_close(ledger);
    if (status == EX_OK) printf("%s %s is a %s%s\n", argv[1], argv[2], argv[3], keep ? "" : " and changes the password at the first sign-on");
    return status;
}

static int installed(struct branch *b)
{
    struct error err = {0};
    struct ledger *ledger = hold(b);
    if (ledger == NULL) return EX_NOINPUT;
    enum ledger_result result = operator_installed(ledger, &err);
    ledger_close(ledger);
    if (result != LEDGER_OK) return failed(&err, EX_DATAERR);
    puts("from now on operators are made and changed by two people, at a counter");
    return EX_OK;
}

static int list(struct branch *b)
{
    static struct ledger_operator rows[OPERATORS_MAX];
    static const struct column columns[] = {{"number", "Number", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"role", "Role", COLUMN_TEXT},
                                            {"active", "Active", COLUMN_TEXT}, {"must_change", "Must change", COLUMN_TEXT}};
    struct error err = {0};
    int count = 0;
    struct ledger *ledger = hold(b);
    if (ledger == NULL) return EX_NOINPUT;
    enum ledger_result result = operator_list(ledger, rows, OPERATORS_MAX, &count, &err);
    ledger_close(ledger);
    if (result != LEDGER_OK) return failed(&err, EX_IOERR);
    struct table *table = table_open(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
    for (int i = 0; i < count; i++)
        table_row(table, (struct cell[]){{rows[i].number, 0}, {rows[i].name, 0}, {rows[i].role, 0}, {rows[i].active ? "yes" : "no", 0},
                                         {rows[i].must_change ? "yes" : "no", 0}});
    table_close(table);
    return EX_OK;
}

int cmd_operator(void *program, int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "install") == 0) return install(program, argc - 1, argv + 1);
    if (argc == 2 && strcmp(argv[1], "done") == 0) return installed(program);
    if (argc == 2 && strcmp(argv[1], "list") == 0) return list(program);
    return usage("operator install NUMBER NAME ROLE | done | list");
}

/* --- the first day ----------------------------------------------------------------------- */

static enum ledger_result open_day(struct branch *b, struct ledger *ledger, const char *number, const char *password, day_t date, struct error *err)
{
    char stored[SECRET_PASSWORD_SIZE];
    struct ledger_operator who;
    enum ledger_result result = operator_stored(ledger, number, stored, err);
    if (result == LEDGER_OK) result = operator_checked(ledger, number, "00", secret_password_matches(password, stored), &who, err);
    return result == LEDGER_OK ? day_open(ledger, date, number, err) : result;
}

int cmd_day(void *program, int argc, char **argv)
{
    struct branch *b = program;
    char password[PASSWORD_SIZE], text[DAY_TEXT_SIZE];
    struct error err = {0};
    day_t date = clock_today(&b->clock);
    if ((argc != 3 && argc != 4) || strcmp(argv[1], "open") != 0 || (argc == 4 && !day_parse(argv[3], &date)))
        return usage("day open NUMBER [YYYY-MM-DD]");
    struct ledger *ledger = hold(b);
    if (ledger == NULL) return EX_NOINPUT;
    bool given = read_password("supervisor's password: ", password);
    enum ledger_result result = given ? open_day(b, ledger, argv[2], password, date, &err) : LEDGER_PASSWORD;
    secret_wipe(password, sizeof password);
    ledger_close(ledger);
    if (result != LEDGER_OK) return given ? failed(&err, EX_NOPERM) : EX_NOPERM;
    printf("%s is open\n", day_format(date, text, sizeof text));
    return EX_OK;
}
