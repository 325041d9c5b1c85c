/* `counter printer …`: all that the technician's screens do, without a screen. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/table.h"
#include "counter/ask.h"
#include "counter/command.h"
#include "counter/js.h"
#include "counter/technician.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define LOG_ROWS 100

static const char usage[] =
    "usage: counter printer profiles                     the models that it knows\n"
    "       counter printer discover [ADDRESS …]         what this host reaches, with status and suggested profile\n"
    "       counter printer status URI [--profile=NAME]  asks one\n"
    "       counter printer test|align URI --profile=NAME [page options]\n"
    "                                                    the template with its sample; marks to measure\n"
    "       counter printer drawer URI --profile=NAME    opens the cash drawer\n"
    "       counter printer list | log | link            bound printers, last jobs, the line (branchd)\n"
    "       counter printer bind URI --profile=NAME [page options] [--name=L7] [--for=NN|all] [--document=WORD] [--drawer]\n"
    "       counter printer unbind [--for=NN|all] [--document=WORD]\n"
    "       counter printer report [--out=FILE]          the whole set-up in one file; no customer in it\n"
    "\n"
    "page options: --template=receipt-80 --media=roll-80 --right=0.3 --down=-0.2 --lang=zh_CN|en --templates=FOLDER\n"
    "branchd: --socket=PATH --terminal=NN (one that no counter uses now) --operator=NUMBER --password-file=FILE\n"
    "document: invoice, receipt, passbook, report; without it invoices, receipts and slips\n"
    "All lists take --csv or --json. URI: file:PATH, tcp:HOST:PORT, serial:/dev/ttyS0?baud=9600, usb:VID:PID[:SERIAL], cups:QUEUE.\n";

struct asked {
    const char *profile, *template, *templates, *media, *lang, *name, *at, *document, *out, *right, *down;
    struct ask_who who;
    struct trial_of trial;
    bool drawer;
    enum table_style style;
    int argc; /* words behind the command */
    char **argv;
};

enum { OPT_PROFILE = 1, OPT_TEMPLATE, OPT_TEMPLATES, OPT_MEDIA, OPT_LANG, OPT_NAME, OPT_FOR, OPT_DOCUMENT, OPT_OUT, OPT_RIGHT, OPT_DOWN,
       OPT_SOCKET, OPT_TERMINAL, OPT_OPERATOR, OPT_PASSWORD, OPT_DRAWER, OPT_CSV, OPT_JSON, OPT_HELP };

static const struct option options[] = {
    {"profile", required_argument, NULL, OPT_PROFILE},     {"template", required_argument, NULL, OPT_TEMPLATE},
    {"templates", required_argument, NULL, OPT_TEMPLATES}, {"media", required_argument, NULL, OPT_MEDIA},
    {"lang", required_argument, NULL, OPT_LANG},           {"name", required_argument, NULL, OPT_NAME},
    {"for", required_argument, NULL, OPT_FOR},             {"document", required_argument, NULL, OPT_DOCUMENT},
    {"out", required_argument, NULL, OPT_OUT},             {"right", required_argument, NULL, OPT_RIGHT},
    {"down", required_argument, NULL, OPT_DOWN},           {"socket", required_argument, NULL, OPT_SOCKET},
    {"terminal", required_argument, NULL, OPT_TERMINAL},   {"operator", required_argument, NULL, OPT_OPERATOR},
    {"password-file", required_argument, NULL, OPT_PASSWORD}, {"drawer", no_argument, NULL, OPT_DRAWER},
    {"csv", no_argument, NULL, OPT_CSV},                   {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},                 {0},
};

static int said(const struct error *err)
{
    error_print("counter", err);
    return EX_UNAVAILABLE;
}

static int misused(const char *why)
{
    fprintf(stderr, "counter: %s\n%s", why, usage);
    return EX_USAGE;
}

/* --- without branchd ------------------------------------------------------------------ */

static int profiles(struct asked *a)
{
    static const struct column columns[] = {
        {"profile", "Profile", COLUMN_TEXT}, {"family", "Family", COLUMN_TEXT}, {"title", "Model", COLUMN_TEXT},
        {"answers", "Answers", COLUMN_TEXT}, {"verified", "Verified on hardware", COLUMN_TEXT},
    };
    struct table *table = table_open(stdout, a->style, columns, COUNT(columns));
    for (size_t i = 0; profile_at(i); i++) {
        const struct profile *p = profile_at(i);
        table_row(table, (struct cell[]){{.text = p->name}, {.text = p->dialect->name}, {.text = p->title},
                                         {.text = p->answers == ANSWERS_NO ? "no" : "yes"}, {.text = p->verified ? "yes" : "no"}});
    }
    table_close(table);
    return EX_OK;
}

static void raw_text(const struct device *d, char *text, size_t size)
{
    size_t at = 0;
    text[0] = 0;
    for (int i = 0; i < d->status.raw_count && at < size; i++) at += (size_t)snprintf(text + at, size - at, "%s%02x", i ? " " : "", d->status.raw[i]);
}

static void device_rows(struct asked *a, const struct devices *list)
{
    static const struct column columns[] = {
        {"by", "By", COLUMN_TEXT},           {"uri", "Address", COLUMN_TEXT},     {"model", "Model", COLUMN_TEXT},
        {"state", "State", COLUMN_TEXT},     {"words", "In words", COLUMN_TEXT},  {"status_bytes", "Status bytes", COLUMN_TEXT},
        {"profile", "Profile", COLUMN_TEXT}, {"verified", "Verified", COLUMN_TEXT}, {"numbered", "Numbered paper", COLUMN_TEXT},
        {"device_id", "Device id", COLUMN_TEXT}, {"note", "Note", COLUMN_TEXT},
    };
    struct table *table = table_open(stdout, a->style, columns, COUNT(columns));
    for (size_t i = 0; i < list->count; i++) {
        const struct device *d = &list->at[i];
        const struct profile *p = device_profile(d);
        char raw[16];
        raw_text(d, raw, sizeof raw);
        table_row(table, (struct cell[]){{.text = device_way(d)}, {.text = d->found.uri}, {.text = d->found.model},
                                         {.text = d->asked ? printer_state_words(d->status.state) : "not asked"}, {.text = d->asked ? d->status.words : ""},
                                         {.text = raw}, {.text = p ? p->name : ""}, {.text = p ? p->verified ? "yes" : "not on hardware" : ""},
                                         {.text = d->found.numbered ? "yes" : "no"}, {.text = d->found.device_id}, {.text = d->found.note}});
    }
    table_close(table);
}

static int discover_all(struct asked *a)
{
    static struct devices list;
    struct error err = {0};
    devices_find(&list, &err);
    for (int i = 0; i < a->argc; i++) {
        struct printer_found found;
        struct error here = {0};
        if (discover_address(a->argv[i], 0, &found, &here) == 0) devices_add(&list, &found);
        else error_print("counter", &here);
    }
    for (size_t i = 0; i < list.count; i++) device_ask(&list.at[i]);
    device_rows(a, &list);
    if (*err.what) error_print("counter", &err);
    return EX_OK;
}

static int status(struct asked *a)
{
    static struct devices one;
    struct printer_found found = {.numbered = true, .profile = a->profile ? profile_find(a->profile) : NULL};
    snprintf(found.uri, sizeof found.uri, "%s", a->argv[0]);
    struct device *d = devices_add(&one, &found);
    device_ask(d);
    device_rows(a, &one);
    return d->asked && d->status.can_print ? EX_OK : EX_UNAVAILABLE;
}

static int trial(struct asked *a, enum trial trial)
{
    static const struct column columns[] = {
        {"outcome", "Outcome", COLUMN_TEXT}, {"words", "In words", COLUMN_TEXT}, {"state", "Printer", COLUMN_TEXT},
        {"bytes", "Bytes", COLUMN_INT}, {"total", "Of", COLUMN_INT}, {"ms", "ms", COLUMN_INT},
    };
    struct print_outcome out;
    struct error err = {0};
    a->trial.trial = trial;
    if (trial_print(&a->trial, &out, &err)) return said(&err);
    struct table *table = table_open(stdout, a->style, columns, COUNT(columns));
    table_row(table, (struct cell[]){{.text = print_result_name(out.result)}, {.text = out.words}, {.text = printer_state_words(out.state)},
                                     {.number = (int64_t)out.bytes}, {.number = (int64_t)out.total}, {.number = out.ms}});
    table_close(table);
    return out.result == PRINT_NOTHING_SENT || out.result == PRINT_UNKNOWN ? EX_UNAVAILABLE : EX_OK;
}

static int test(struct asked *a) { return trial(a, TRIAL_TEST); }
static int align(struct asked *a) { return trial(a, TRIAL_ALIGN); }

static int drawer(struct asked *a)
{
    struct error err = {0};
    return print_drawer(a->argv[0], a->profile, &err) ? said(&err) : EX_OK;
}

/* --- with branchd ---------------------------------------------------------------------------- */

/* One question; the rest is `show`'s. */
static int with_branchd(struct asked *a, const char *method, json_t *params, void (*show)(struct asked *a, const json_t *result))
{
    struct error err = {0};
    struct ask *ask = ask_open(&a->who, &err);
    if (!ask) json_decref(params);
    json_t *result = ask ? ask_for(ask, method, params, &err) : NULL;
    if (result) show(a, result);
    int code = result ? EX_OK : said(&err);
    json_decref(result);
    ask_close(ask);
    return code;
}

static void show_rows(struct asked *a, const json_t *rows, const struct column *columns, size_t count)
{
    struct table *table = table_open(stdout, a->style, columns, count);
    size_t i;
    json_t *row;
    json_array_foreach(rows, i, row) {
        struct cell cells[16];
        for (size_t n = 0; n < count; n++) cells[n] = (struct cell){js_text(row, columns[n].name), js_int(row, columns[n].name)};
        table_row(table, cells);
    }
    table_close(table);
}

static void show_list(struct asked *a, const json_t *result)
{
    static const struct column columns[] = {
        {"terminal", "At", COLUMN_TEXT}, {"document", "Document", COLUMN_TEXT}, {"name", "Name", COLUMN_TEXT}, {"uri", "Address", COLUMN_TEXT},
        {"profile", "Profile", COLUMN_TEXT}, {"template", "Template", COLUMN_TEXT}, {"media", "Media", COLUMN_TEXT},
        {"offset_x_mm10", "Right 1/10 mm", COLUMN_INT}, {"offset_y_mm10", "Down 1/10 mm", COLUMN_INT},
    };
    show_rows(a, result, columns, COUNT(columns));
}

static void show_log(struct asked *a, const json_t *result)
{
    static const struct column columns[] = {
        {"at", "At", COLUMN_TEXT}, {"terminal", "Terminal", COLUMN_TEXT}, {"job", "Job", COLUMN_TEXT}, {"outcome", "Outcome", COLUMN_TEXT},
        {"bytes", "Bytes", COLUMN_INT}, {"ms", "ms", COLUMN_INT}, {"words", "In words", COLUMN_TEXT},
    };
    show_rows(a, result, columns, COUNT(columns));
}

static void show_link(struct asked *a, const json_t *result)
{
    static const struct column peers[] = {
        {"name", "Peer", COLUMN_TEXT}, {"address", "Address", COLUMN_TEXT}, {"since", "Since", COLUMN_TEXT}, {"rtt_ms", "Round trip ms", COLUMN_INT},
        {"answered", "Answered", COLUMN_INT}, {"unanswered", "Not", COLUMN_INT}, {"why", "Last error", COLUMN_TEXT},
    };
    static const struct column certificates[] = {
        {"file", "Certificate", COLUMN_TEXT}, {"until", "Until", COLUMN_TEXT}, {"days_left", "Days left", COLUMN_INT}, {"pin", "Pin", COLUMN_TEXT},
    };
    show_rows(a, js_at(result, "peers"), peers, COUNT(peers));
    show_rows(a, js_at(result, "certificates"), certificates, COUNT(certificates));
}

static void show_bound(struct asked *a, const json_t *result)
{
    const char *rest;
    const struct transport_scheme *scheme = a->argc ? transport_scheme_of(a->argv[0], &rest) : NULL;
    if (scheme) printf("bound; \"handed over\" will mean: %s\n", scheme->handed_over);
    else puts("it is bound no longer");
}

static int list(struct asked *a) { return with_branchd(a, "printers", NULL, show_list); }
static int log_of(struct asked *a) { return with_branchd(a, "print_log", json_pack("{s:i}", "limit", LOG_ROWS), show_log); }
static int link_of(struct asked *a) { return with_branchd(a, "link_status", NULL, show_link); }

static int bind_it(struct asked *a)
{
    struct error err = {0};
    if (transport_check(a->argv[0], &err)) return said(&err);
    return with_branchd(a, "printer_bind",
                        json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:b, s:s, s:s}", "name", a->name, "uri", a->argv[0], "profile", a->profile,
                                  "template", a->template, "media", a->media, "offset_x_mm10", a->trial.offset_x_mm10, "offset_y_mm10",
                                  a->trial.offset_y_mm10, "drawer", (int)a->drawer, "terminal", a->at ? a->at : a->who.terminal, "document", a->document),
                        show_bound);
}

static int unbind(struct asked *a)
{
    return with_branchd(a, "printer_unbind", json_pack("{s:s, s:s}", "terminal", a->at ? a->at : a->who.terminal, "document", a->document), show_bound);
}

/* Without an operator the part that branchd knows is left out. */
static int report(struct asked *a)
{
    static struct devices found;
    struct clock clock = clock_system(CLOCK_CHINA_OFFSET_S, 0);
    struct error err = {0};
    char at[CLOCK_TEXT_SIZE];
    struct ask *ask = a->who.operator_number ? ask_open(&a->who, &err) : NULL;
    if (a->who.operator_number && !ask) return said(&err);
    json_t *log = ask ? ask_for(ask, "print_log", json_pack("{s:i}", "limit", LOG_ROWS), &err) : NULL;
    json_t *line = ask ? ask_for(ask, "link_status", NULL, &err) : NULL, *bound = ask ? ask_for(ask, "printers", NULL, &err) : NULL;
    FILE *out = a->out ? fopen(a->out, "we") : stdout;
    devices_find(&found, NULL);
    if (bound) devices_bind(&found, bound);
    for (size_t i = 0; i < found.count; i++) device_ask(&found.at[i]);
    struct setup setup = {&found, log, line, clock_format(&clock, clock_now_ms(&clock), at, sizeof at), a->who.terminal, ""};
    if (out) setup_write(out, &setup);
    bool good = out && !ferror(out) && (out == stdout || fclose(out) == 0);
    if (!good) perror(a->out ? a->out : "stdout");
    devices_free(&found);
    json_decref(log);
    json_decref(line);
    json_decref(bound);
    ask_close(ask);
    return good ? EX_OK : EX_CANTCREAT;
}

/* --- options ------------------------------------------------------------------------------------ */

static const struct { const char *name; int (*run)(struct asked *a); bool uri, profile, branchd; } commands[] = {
    {"profiles", profiles, false, false, false}, {"discover", discover_all, false, false, false}, {"status", status, true, false, false},
    {"test", test, true, true, false},           {"align", align, true, true, false},            {"drawer", drawer, true, true, false},
    {"list", list, false, false, true},          {"log", log_of, false, false, true},            {"link", link_of, false, false, true},
    {"bind", bind_it, true, true, true},         {"unbind", unbind, false, false, true},         {"report", report, false, false, false},
};

static bool mm10(const char *text, int *out)
{
    char *end;
    bool minus = *text == '-';
    long whole = strtol(text + minus, &end, 10), tenth = 0;
    if (*end == '.') tenth = strtol(end + 1, &end, 10);
    *out = (int)(whole * 10 + tenth) * (minus ? -1 : 1);
    return !*end && whole >= 0 && whole < 100 && tenth >= 0 && tenth < 10;
}

/* 0, or an exit code (EX_OK after --help is told by *done). */
static int read_options(struct asked *a, int argc, char **argv, bool *done)
{
    const char **to[] = {[OPT_PROFILE] = &a->profile, [OPT_TEMPLATE] = &a->template, [OPT_TEMPLATES] = &a->templates, [OPT_MEDIA] = &a->media,
                         [OPT_LANG] = &a->lang, [OPT_NAME] = &a->name, [OPT_FOR] = &a->at, [OPT_DOCUMENT] = &a->document, [OPT_OUT] = &a->out,
                         [OPT_RIGHT] = &a->right, [OPT_DOWN] = &a->down, [OPT_SOCKET] = &a->who.socket, [OPT_TERMINAL] = &a->who.terminal,
                         [OPT_OPERATOR] = &a->who.operator_number, [OPT_PASSWORD] = &a->who.password_file};
    optind = 1;
    for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (opt) {
        case OPT_CSV: a->style = TABLE_CSV; break;
        case OPT_JSON: a->style = TABLE_JSON; break;
        case OPT_DRAWER: a->drawer = true; break;
        case OPT_HELP: *done = true; fputs(usage, stdout); return EX_OK;
        case '?': *done = true; return EX_USAGE;
        default: *to[opt] = optarg;
        }
    }
    return EX_OK;
}

int printer_command(int argc, char **argv)
{
    struct asked a = {.template = "receipt-80", .templates = "printer-templates", .lang = "zh_CN", .media = "", .name = "", .document = "",
                      .right = "0", .down = "0", .who = {.socket = "/run/gridteller/branchd.sock", .terminal = "01"}};
    bool done = false;
    int code = read_options(&a, argc, argv, &done);
    if (done) return code;
    const char *word = optind < argc ? argv[optind] : "";
    a.argc = argc - optind - 1;
    a.argv = argv + optind + 1;
    a.trial = (struct trial_of){.uri = a.argc > 0 ? a.argv[0] : "", .profile = a.profile, .template = a.template, .media = a.media, .name = a.name,
                                .language = a.lang, .folder = a.templates};
    if (!mm10(a.right, &a.trial.offset_x_mm10) || !mm10(a.down, &a.trial.offset_y_mm10)) return misused("--right and --down are millimetres like 0.3 or -1.2");
    if (a.profile && !profile_find(a.profile)) {
        fprintf(stderr, "counter: no such profile: %s\n  see: counter printer profiles\n", a.profile);
        return EX_USAGE;
    }
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (strcmp(commands[i].name, word) != 0) continue;
        if (commands[i].uri && a.argc < 1) return misused("the printer's address is missing");
        if (commands[i].profile && !a.profile) return misused("--profile is missing");
        if (commands[i].branchd && !a.who.operator_number) return misused("--operator and --password-file are missing");
        return commands[i].run(&a);
    }
    return misused("no such command");
}
