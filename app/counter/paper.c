/* Papers that are no invoices: a slip at the terminal's printer, a report at the
 * office printer, or as PDF and CSV in the folder of reports. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "counter/counter.h"
#include "counter/printing.h"
#include "drivers/picture.h"

#define PATH_SIZE 600

struct paper {
    uv_work_t work;
    struct counter *c;
    struct page **pages;
    size_t count;
    char uri[TRANSPORT_URI_SIZE], profile[PRINTING_NAME_SIZE], name[PRINTING_NAME_SIZE], path[PATH_SIZE];
    struct print_outcome outcome;
    struct error err;
    bool failed, csv, agreement; /* csv: written beside the PDF */
    unsigned chance;
};

/* A paper of several copies: each is placed with its number as "copy", page behind page. */
static int place_copies(struct paper *p, const json_t *job, const struct page_device *device, struct error *err)
{
    int copies = js_int(job, "copies") > 1 ? (int)js_int(job, "copies") : 1, status = 0;
    for (int copy = 1; copy <= copies && status == 0; copy++) {
        struct page **pages = NULL;
        size_t count = 0;
        json_t *one = json_deep_copy(job);
        if (copies > 1) json_object_set_new(js_at(one, "data"), "copy", json_integer(copy));
        status = printing_pages(p->c, one, device, &pages, &count, err);
        json_decref(one);
        if (status) break;
        p->pages = realloc(p->pages, (p->count + count) * sizeof(struct page *));
        if (!p->pages) abort();
        memcpy(p->pages + p->count, pages, count * sizeof(struct page *));
        p->count += count;
        free(pages);
    }
    return status;
}

static struct paper *made(struct counter *c, const json_t *job, const struct page_device *device)
{
    struct paper *p = calloc(1, sizeof *p);
    struct error err = {0};
    if (!p) abort();
    p->c = c;
    p->work.data = p;
    struct entropy entropy = entropy_system();
    p->chance = (unsigned)entropy_u64(&entropy);
    text_copy(p->name, sizeof p->name, js_text(job, "job"));
    p->agreement = !strcmp(js_text(job, "kind"), "agreement");
    if (place_copies(p, job, device, &err)) {
        refuse(c, "%s %s: %s", err.what, err.where, err.why);
        print_pages_free(p->pages, p->count);
        free(p);
        return NULL;
    }
    c->papers++;
    return p;
}

static void ended(struct paper *p)
{
    p->c->papers--;
    print_pages_free(p->pages, p->count);
    free(p);
}

/* --- the office printer -------------------------------------------------------- */

static void print_run(uv_work_t *work)
{
    struct paper *p = work->data;
    for (size_t i = 0; i < p->count && !p->failed; i++) {
        char name[PRINTING_NAME_SIZE + 40];
        snprintf(name, sizeof name, "%s-%zu-%08x", p->name, i + 1, p->chance); /* no job's name is used twice */
        struct print_job job = {.uri = p->uri, .profile = p->profile, .page = p->pages[i], .name = name};
        print_job_run(&job, &p->outcome);
        p->failed = p->outcome.result == PRINT_NOTHING_SENT || p->outcome.result == PRINT_UNKNOWN;
    }
}

static void print_done(uv_work_t *work, int status)
{
    struct paper *p = work->data;
    if (p->failed) refuse(p->c, _("The report was not printed: %s"), word_printer(p->outcome.state));
    else if (p->agreement) say(p->c, "%s", _("The agreement is printed in two copies: both are signed, one is the customer's."));
    else say(p->c, _("The report is printed, %d pages."), (int)p->count);
    ended(p);
}

void paper_office(struct counter *c, const json_t *job)
{
    const json_t *printer = js_at(job, "printer");
    const struct profile *profile = profile_find(js_text(printer, "profile"));
    if (!json_is_object(printer) || !profile) {
        refuse(c, "%s", _("No office printer is bound for reports (terminal \"all\"): S Enter saves it as PDF."));
        return;
    }
    struct paper *p = made(c, job, profile_device(profile));
    if (!p) return;
    text_copy(p->uri, sizeof p->uri, js_text(printer, "uri"));
    text_copy(p->profile, sizeof p->profile, js_text(printer, "profile"));
    uv_queue_work(c->loop, &p->work, print_run, print_done);
    say(c, "%s", _("The report is being printed."));
}

/* --- files ------------------------------------------------------------------------ */

static void save_run(uv_work_t *work)
{
    struct paper *p = work->data;
    p->failed = picture_pdf(p->path, (const struct page *const *)p->pages, p->count, &p->err) != 0;
}

static void save_done(uv_work_t *work, int status)
{
    struct paper *p = work->data;
    if (p->failed) refuse(p->c, "%s %s: %s", p->err.what, p->err.where, p->err.why);
    else if (p->csv) say(p->c, _("Saved: %s and .csv"), p->path);
    else say(p->c, _("Saved: %s"), p->path);
    ended(p);
}

static bool write_csv(const char *path, const char *text)
{
    char beside[PATH_SIZE + 8];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *file = fopen(beside, "w");
    if (!file) return false;
    bool good = fputs("\xef\xbb\xbf", file) >= 0 && fputs(text, file) >= 0; /* so that a spreadsheet knows that it is UTF-8 */
    good = fclose(file) == 0 && good && rename(beside, path) == 0;
    if (!good) unlink(beside);
    return good;
}

/* A job's name as a file's: blanks and slashes go. */
static void file_name(const char *folder, const char *job, const char *end, char *path, size_t size)
{
    int at = snprintf(path, size, "%s/", folder);
    for (; *job && at > 0 && (size_t)at + 5 < size; job++)
        path[at++] = strchr(" /\\", *job) ? '-' : *job;
    snprintf(path + at, size - (size_t)at, "%s", end);
}

void paper_save(struct counter *c, const json_t *job, const char *csv)
{
    char path[PATH_SIZE];
    const char *folder = c->options.reports;
    if (mkdir(folder, 0750) && errno != EEXIST) {
        refuse(c, _("The folder of reports can't be made: %s: %s"), folder, strerror(errno));
        return;
    }
    file_name(folder, js_text(job, "job"), ".csv", path, sizeof path);
    if (csv && !write_csv(path, csv)) {
        refuse(c, _("The file can't be written: %s: %s"), path, strerror(errno));
        return;
    }
    struct paper *p = made(c, job, picture_device());
    if (!p) return;
    p->csv = csv != NULL;
    file_name(folder, p->name, ".pdf", p->path, sizeof p->path);
    uv_queue_work(c->loop, &p->work, save_run, save_done);
    say(c, "%s", _("The report is being saved."));
}
