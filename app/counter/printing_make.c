/* What a thread does before a job: the page is placed, so that nothing can be wrong with
 * it once a number is taken; a printer that was in trouble is asked before one is. */
#include <string.h>

#include "counter/counter.h"
#include "counter/printing.h"

#define WATCH_MS 60000 /* for the paper that the teller says is in */
#define LOOK_MS 300

const struct print_set *printing_set(struct printing *p, struct error *err)
{
    uv_mutex_lock(&p->set_lock);
    if (!p->set) p->set = print_set_open(p->c->options.templates, err);
    uv_mutex_unlock(&p->set_lock);
    return p->set;
}

static int place(struct printing *p, const struct profile *profile, struct page **page, struct error *err)
{
    const json_t *job = p->job;
    /* the bound media is the invoices'; other paper has the one that its form is drawn for */
    const char *media = strcmp(js_text(job, "kind"), "invoice") != 0 ? "" : js_text(job, "media");
    const struct print_set *set = printing_set(p, err);
    if (!set) return -1;
    struct print_request request = {
        .form = print_set_find(set, js_text(job, "template"), print_language(p->c->language), err),
        .data = js_at(job, "data"), .device = profile_device(profile), .image_folder = p->c->options.templates,
    };
    if (!request.form) return -1;
    request.media = print_set_media(set, *media ? media : NULL, request.form, err);
    return request.media ? print_place(&request, page, err) : -1;
}

void printing_make(struct printing *p)
{
    const struct profile *profile = profile_find(p->profile);
    if (!profile) {
        error_all(&p->made.err, "no such printer profile", p->profile, "this counter does not know it", "bind the printer anew");
        return;
    }
    if (place(p, profile, &p->made.page, &p->made.err) || !p->made.check) return;
    p->made.asked = true;
    if (p->made.clear) p->made.cleared = !print_clear(p->uri, profile, 0, &p->made.status, &p->made.err);
    else print_status(p->uri, profile, 0, &p->made.status);
}

void printing_watch(struct printing *p)
{
    const struct profile *profile = profile_find(p->profile);
    uint64_t end_ms = uv_hrtime() / 1000000 + WATCH_MS;
    do {
        print_status(p->uri, profile, 0, &p->made.status);
        if (p->made.status.state != PRINTER_PAPER_OUT) return;
        uv_sleep(LOOK_MS);
    } while (uv_hrtime() / 1000000 < end_ms && !atomic_load(&p->cancel));
}

int printing_pages(struct counter *c, const json_t *job, const struct page_device *device, struct page ***pages, size_t *count,
                   struct error *err)
{
    const struct print_set *set = printing_set(c->printing, err);
    if (!set) return -1;
    struct print_request request = {
        .form = print_set_find(set, js_text(job, "template"), print_language(js_text(job, "data.language")), err),
        .data = js_at(job, "data"), .device = device, .may_continue = true, .image_folder = c->options.templates,
    };
    if (!request.form || !(request.media = print_set_media(set, NULL, request.form, err))) return -1;
    return print_place_all(&request, pages, count, err);
}
