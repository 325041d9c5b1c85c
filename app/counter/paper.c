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
    bool failed;
    unsigned chance;
};

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
    if (printing_pages(c, job, device, &p->pages, &p->count, &err)) {
        refuse(c, "%s %s: %s", err.what, err.where, err.why);
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
    else say(p->c, _("Saved: %s and .csv"), p->path);
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
    if (!write_csv(path, csv)) {
        refuse(c, _("The file can't be written: %s: %s"), path, strerror(errno));
        return;
    }
    struct paper *p = made(c, job, picture_device());
    if (!p) return;
    file_name(folder, p->name, ".pdf", p->path, sizeof p->path);
    uv_queue_work(c->loop, &p->work, save_run, save_done);
    say(c, "%s", _("The report is being saved."));
}
