#include "counter/start.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/money.h"
#include "base/secret.h"
#include "base/settings.h"
#include "base/text.h"

#define SETTINGS_FILE "/etc/gridteller/counter.conf"
#define LOCALE_INSTALLED "../share/locale"
#define FORMS_INSTALLED "../share/gridteller/forms"
#define TEMPLATES_INSTALLED "../share/gridteller/printer-templates"

static const struct setting settings[] = {
    {"counter", "socket", SETTING_PATH, SETTING_AT(struct start_settings, socket), 0, 0, "/run/gridteller/branchd.sock",
     "Socket of the branch's ledger."},
    {"counter", "terminal", SETTING_TEXT, SETTING_AT(struct start_settings, terminal), 0, 0, "01",
     "Number of this terminal in the branch, two digits. No two terminals have the same."},
    {"counter", "language", SETTING_TEXT, SETTING_AT(struct start_settings, language), 0, 0, "auto",
     "zh_CN, en, or auto: as the locale says."},
    {"counter", "forms", SETTING_PATH, SETTING_AT(struct start_settings, forms), 0, 0, "",
     "Folder of the screens' forms. Empty: those beside the program, or the ones built in."},
    {"counter", "templates", SETTING_PATH, SETTING_AT(struct start_settings, templates), 0, 0, "",
     "Folder of the printer templates. Empty: the one beside the program."},
    {"counter", "reports", SETTING_PATH, SETTING_AT(struct start_settings, reports), 0, 0, "reports",
     "Folder that reports are saved in, as PDF and CSV."},
    {"counter", "log", SETTING_PATH, SETTING_AT(struct start_settings, log), 0, 0, "",
     "File for a line a step of each payment, by its key as in the daemons' logs. Empty: none."},
    {"counter", "idle_lock", SETTING_SECONDS, SETTING_AT(struct start_settings, idle_lock_ms), 0, 0, "5min",
     "The terminal locks itself after so long without a key. 0s: never."},
};

static const char usage[] =
    "counter - the branch's counter for electricity bills\n"
    "\n"
    "usage: counter [options]\n"
    "       counter template check|show|list|formats …\n"
    "       counter printer discover|status|test|align|list|bind|log|report …\n"
    "\n"
    "  --config=FILE        settings (default " SETTINGS_FILE ", built-in values without it)\n"
    "  --socket=PATH        socket of branchd\n"
    "  --terminal=NN        number of this terminal\n"
    "  --lang=zh_CN|en      language (default: as the locale says)\n"
    "  --screen=NAME        open this screen after sign-on\n"
    "  --forms=FOLDER       screens' forms\n"
    "  --templates=FOLDER   printer templates\n"
    "  --reports=FOLDER     reports saved as PDF and CSV (default reports)\n"
    "  --operator=NUMBER    sign this operator on at the start,\n"
    "  --password-file=FILE with the password in the first line of FILE,\n"
    "  --float=YUAN         and this float for a till that is not open (default 500.00)\n"
    "  --hint=TEXT          a line to show on the empty Collect screen\n"
    "  --settings           print a settings file with every setting explained\n"
    "  --help, --version\n";

enum { OPT_CONFIG = 1, OPT_SOCKET, OPT_TERMINAL, OPT_LANG, OPT_SCREEN, OPT_FORMS, OPT_TEMPLATES, OPT_REPORTS, OPT_OPERATOR, OPT_PASSWORD,
       OPT_FLOAT, OPT_HINT, OPT_SETTINGS, OPT_HELP, OPT_VERSION };

static const struct option options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},     {"socket", required_argument, NULL, OPT_SOCKET},
    {"terminal", required_argument, NULL, OPT_TERMINAL}, {"lang", required_argument, NULL, OPT_LANG},
    {"screen", required_argument, NULL, OPT_SCREEN},     {"forms", required_argument, NULL, OPT_FORMS},
    {"operator", required_argument, NULL, OPT_OPERATOR}, {"password-file", required_argument, NULL, OPT_PASSWORD},
    {"float", required_argument, NULL, OPT_FLOAT},       {"hint", required_argument, NULL, OPT_HINT},
    {"settings", no_argument, NULL, OPT_SETTINGS},       {"help", no_argument, NULL, OPT_HELP},
    {"reports", required_argument, NULL, OPT_REPORTS},
    {"version", no_argument, NULL, OPT_VERSION},         {0},
};

/* What was given on the command line, before the settings file is read. */
struct given { const char *config, *socket, *terminal, *lang, *screen, *forms, *templates, *reports, *operator, *password, *sum, *hint; };

static int read_options(struct given *given, int argc, char **argv, struct error *err)
{
    const char **to[] = {[OPT_CONFIG] = &given->config,     [OPT_SOCKET] = &given->socket,
                         [OPT_TERMINAL] = &given->terminal, [OPT_LANG] = &given->lang,
                         [OPT_SCREEN] = &given->screen,     [OPT_FORMS] = &given->forms,
                         [OPT_TEMPLATES] = &given->templates, [OPT_REPORTS] = &given->reports,
                         [OPT_OPERATOR] = &given->operator, [OPT_PASSWORD] = &given->password,
                         [OPT_FLOAT] = &given->sum,         [OPT_HINT] = &given->hint};
    opterr = 0;
    for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (opt) {
        case OPT_HELP: fputs(usage, stdout); return START_SAID;
        case OPT_VERSION: puts("counter (gridteller) 1.0"); return START_SAID;
        case OPT_SETTINGS:
            settings_explain(stdout, "Gridteller, counter", settings, sizeof settings / sizeof settings[0]);
            return START_SAID;
        case '?':
            error_all(err, "option refused", argv[optind - 1], "there is no such option, or its value is missing",
                      "see counter --help");
            return START_USAGE;
        default: *to[opt] = optarg;
        }
    }
    if (optind == argc) return START_GO;
    error_all(err, "argument refused", argv[optind], "no such command", "see counter --help");
    return START_USAGE;
}

static int read_password(struct start *start, const char *path, struct error *err)
{
    FILE *file = fopen(path, "r");
    if (!file) return error_all(err, "the password can't be read", path, "no such file, or not readable", "");
    if (!fgets(start->password, sizeof start->password, file)) start->password[0] = 0;
    fclose(file);
    start->password[strcspn(start->password, "\r\n")] = 0;
    return *start->password ? 0 : error_all(err, "the password can't be read", path, "its first line is empty", "");
}

/* The terminal is the screen's: without a file nothing is written. */
static int open_log(const struct start *start, struct error *err)
{
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    const char *path = start->settings.log;
    log_open("counter", *path ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, &clock);
    if (!*path) return 0;
    FILE *to = freopen(path, "a", stderr);
    if (to) setvbuf(to, NULL, _IOLBF, 0);
    return to ? 0 : error_all(err, "the log can't be written", path, "the file can't be opened", "the setting log names another, or none");
}

static bool starts(const char *text, const char *with) { return text && !strncmp(text, with, strlen(with)); }

static const char *language_of(const char *chosen)
{
    static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
    if (!strcmp(chosen, "zh_CN") || !strcmp(chosen, "en")) return chosen;
    for (int i = 0; i < 4; i++) {
        const char *set = getenv(names[i]);
        if (set && *set) return starts(set, "zh") ? "zh_CN" : "en";
    }
    return "en";
}

/* A folder beside the program: ../share/… when installed, or `built` in the build folder. */
static void beside_program(char *path, size_t size, const char *installed, const char *built)
{
    char self[START_PATH_SIZE / 2];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0) n = 0;
    self[n] = 0;
    char *slash = strrchr(self, '/');
    if (slash) *slash = 0;
    snprintf(path, size, "%s/%s", self, built);
    if (access(path, R_OK)) snprintf(path, size, "%s/%s", self, installed);
    if (access(path, R_OK)) path[0] = 0;
}

static int check(const struct start *start, struct error *err)
{
    const struct start_settings *s = &start->settings;
    if (strlen(s->terminal) != 2 || !text_digits(s->terminal))
        return error_all(err, "terminal refused", s->terminal, "it is no number of two digits", "give --terminal=03");
    if (strlen(s->socket) >= 108)
        return error_all(err, "socket refused", s->socket, "over 107 characters", "choose a shorter path");
    return 0;
}

static void options_of(struct start *start, const struct given *given)
{
    struct start_settings *s = &start->settings;
    if (given->socket) text_copy(s->socket, sizeof s->socket, given->socket);
    if (given->terminal) text_copy(s->terminal, sizeof s->terminal, given->terminal);
    if (given->forms) text_copy(s->forms, sizeof s->forms, given->forms);
    if (given->templates) text_copy(s->templates, sizeof s->templates, given->templates);
    if (given->reports) text_copy(s->reports, sizeof s->reports, given->reports);
    if (!*s->forms) beside_program(s->forms, sizeof s->forms, FORMS_INSTALLED, "../forms");
    if (!*s->templates) beside_program(s->templates, sizeof s->templates, TEMPLATES_INSTALLED, "../printer-templates");
    start->options = (struct counter_options){
        .socket = s->socket, .terminal = s->terminal, .language = language_of(given->lang ? given->lang : s->language),
        .hint = given->hint, .forms = *s->forms ? s->forms : NULL, .templates = s->templates, .reports = s->reports, .operator_number = given->operator,
        .password = start->password, .float_fen = 50000, .idle_lock_ms = s->idle_lock_ms, .open_screen = given->screen,
    };
}

int start_read(struct start *start, int argc, char **argv, struct error *err)
{
    struct given given = {0};
    memset(start, 0, sizeof *start);
    int status = read_options(&given, argc, argv, err);
    if (status) return status;
    const char *file = given.config ? given.config : access(SETTINGS_FILE, R_OK) ? NULL : SETTINGS_FILE;
    if (settings_load(file, settings, sizeof settings / sizeof settings[0], &start->settings, err)) return -1;
    if (open_log(start, err)) return -1;
    options_of(start, &given);
    if (check(start, err)) return -1;
    if (given.operator && !given.password)
        return error_all(err, "sign-on at the start refused", "--operator", "no password was given", "give --password-file too");
    if (given.password && read_password(start, given.password, err)) return -1;
    if (given.sum && money_parse(given.sum, &start->options.float_fen, err)) return -1;
    start->options.hanzi = terminal_locale();
    if (!start->options.hanzi) start->options.language = "en";
    beside_program(start->locale, sizeof start->locale, LOCALE_INSTALLED, "locale");
    if (*start->locale) bindtextdomain("gridteller", start->locale);
    bind_textdomain_codeset("gridteller", "UTF-8");
    return START_GO;
}
