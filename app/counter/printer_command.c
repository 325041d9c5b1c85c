/* `counter printer list|status|test`: printers without a screen. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/table.h"
#include "counter/command.h"
#include "drivers/job.h"
#include "drivers/profile.h"
#include "drivers/status.h"
#include "print/place.h"
#include "print/set.h"

#define JOB_NAME_SIZE 64

static const char usage[] =
    "usage: counter printer list [--csv | --json]\n"
    "       counter printer status URI --profile=NAME\n"
    "       counter printer test URI --profile=NAME --template=NAME --data=FILE\n"
    "                            [--templates=FOLDER] [--media=NAME] [--lang=zh_CN|en]\n"
    "\n"
    "list shows the printer profiles; status asks the printer; test prints the template\n"
    "with the data of a JSON file on plain paper. URI: file:PATH, tcp:HOST:PORT,\n"
    "serial:/dev/ttyS0?baud=9600, usb:VID:PID, cups:QUEUE.\n";

struct asked { const char *profile, *template, *templates, *data, *media, *lang; enum table_style style; };

enum { OPT_PROFILE = 1, OPT_TEMPLATE, OPT_TEMPLATES, OPT_DATA, OPT_MEDIA, OPT_LANG, OPT_CSV, OPT_JSON, OPT_HELP };

static const struct option options[] = {
    {"profile", required_argument, NULL, OPT_PROFILE},     {"template", required_argument, NULL, OPT_TEMPLATE},
    {"templates", required_argument, NULL, OPT_TEMPLATES}, {"data", required_argument, NULL, OPT_DATA},
    {"media", required_argument, NULL, OPT_MEDIA},         {"lang", required_argument, NULL, OPT_LANG},
    {"csv", no_argument, NULL, OPT_CSV},                   {"json", no_argument, NULL, OPT_JSON},
    {"help", no_argument, NULL, OPT_HELP},                 {0},
};

static int said(const struct error *err)
{
    error_print("counter", err);
    return EX_UNAVAILABLE;
}

static int list(const struct asked *asked)
{
    static const struct column columns[] = {
        {"profile", "Profile", COLUMN_TEXT}, {"family", "Family", COLUMN_TEXT}, {"title", "Model", COLUMN_TEXT},
        {"answers", "Answers", COLUMN_TEXT}, {"verified", "Tried", COLUMN_TEXT},
    };
    struct table *table = table_open(stdout, asked->style, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; profile_at(i); i++) {
        const struct profile *p = profile_at(i);
        table_row(table, (struct cell[]){{.text = p->name}, {.text = p->dialect->name}, {.text = p->title},
                                         {.text = p->answers == ANSWERS_NO ? "no" : "yes"},
                                         {.text = p->verified ? "yes" : "no"}});
    }
    table_close(table);
    return EX_OK;
}

static int status(const char *uri, const struct profile *profile)
{
    struct printer_status s;
    print_status(uri, profile, 0, &s);
    printf("%s: %s\n", printer_state_words(s.state), s.words);
    if (*s.device_id) printf("device id: %s\n", s.device_id);
    for (int i = 0; i < s.raw_count; i++) printf("%s%02x%s", i ? " " : "status bytes: ", s.raw[i], i + 1 < s.raw_count ? "" : "\n");
    return s.can_print ? EX_OK : EX_UNAVAILABLE;
}

static int print(const char *uri, const struct profile *profile, struct page *page)
{
    struct print_outcome outcome;
    char name[JOB_NAME_SIZE];
    /* a test's name is never used twice either: process and time, no invoice's pattern */
    snprintf(name, sizeof name, "test-%ld-%lld", (long)getpid(), (long long)time(NULL));
    struct print_job job = {.uri = uri, .profile = profile->name, .page = page, .name = name};
    print_job_run(&job, &outcome);
    printf("%s: %s (%llu of %llu bytes, %lld ms)\n", print_result_name(outcome.result), outcome.words,
           (unsigned long long)outcome.bytes, (unsigned long long)outcome.total, (long long)outcome.ms);
    return outcome.result == PRINT_NOTHING_SENT || outcome.result == PRINT_UNKNOWN ? EX_UNAVAILABLE : EX_OK;
}

static int test(const char *uri, const struct asked *asked, const struct profile *profile)
{
    struct error err = {0};
    json_error_t where;
    struct page *page = NULL;
    int code;
    json_t *data = asked->data ? json_load_file(asked->data, 0, &where) : NULL;
    struct print_set *set = data ? print_set_open(asked->templates, &err) : NULL;
    struct print_request request = {.data = data, .device = &profile->device, .image_folder = asked->templates};
    if (!data) {
        error_all(&err, "test page refused", asked->data ? asked->data : "--data", asked->data ? where.text : "not given",
                  "give a JSON file with the template's data");
        return said(&err);
    }
    if (set) request.form = print_set_find(set, asked->template, print_language(asked->lang), &err);
    if (request.form) request.media = print_set_media(set, asked->media, request.form, &err);
    if (!request.media || print_place(&request, &page, &err)) code = said(&err);
    else code = print(uri, profile, page);
    page_free(page);
    if (set) print_set_close(set);
    json_decref(data);
    return code;
}

/* 0, or an exit code (EX_OK after --help is told by *done). */
static int read_options(struct asked *asked, int argc, char **argv, bool *done)
{
    const char **to[] = {[OPT_PROFILE] = &asked->profile,     [OPT_TEMPLATE] = &asked->template,
                         [OPT_TEMPLATES] = &asked->templates, [OPT_DATA] = &asked->data,
                         [OPT_MEDIA] = &asked->media,         [OPT_LANG] = &asked->lang};
    optind = 1;
    for (int opt; (opt = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (opt) {
        case OPT_CSV: asked->style = TABLE_CSV; break;
        case OPT_JSON: asked->style = TABLE_JSON; break;
        case OPT_HELP: *done = true; fputs(usage, stdout); return EX_OK;
        case '?': *done = true; return EX_USAGE;
        default: *to[opt] = optarg;
        }
    }
    return EX_OK;
}

int printer_command(int argc, char **argv)
{
    struct asked asked = {.template = "receipt-80", .templates = "printer-templates", .lang = "zh_CN"};
    bool done = false;
    int code = read_options(&asked, argc, argv, &done);
    if (done) return code;
    const char *what = optind < argc ? argv[optind] : "", *uri = optind + 1 < argc ? argv[optind + 1] : NULL;
    if (!strcmp(what, "list")) return list(&asked);
    bool known = !strcmp(what, "status") || !strcmp(what, "test");
    if (!known || !uri || !asked.profile) {
        fputs(usage, stderr);
        return EX_USAGE;
    }
    const struct profile *profile = profile_find(asked.profile);
    if (!profile) {
        fprintf(stderr, "counter: no such profile: %s\n  see: counter printer list\n", asked.profile);
        return EX_USAGE;
    }
    return !strcmp(what, "status") ? status(uri, profile) : test(uri, &asked, profile);
}
