/* Trial pages. What a template needs comes from its sample, so no customer is on them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/text.h"
#include "counter/technician.h"
#include "print/place.h"

#define PATH_SIZE 600
#define NAME_SIZE 96
#define CHANCE 8

static const char alignment[] = "alignment";

/* "80" of "receipt-80": the paper that a template is drawn for. */
static const char *paper_of(const char *template)
{
    const char *dash = strrchr(template, '-');
    return dash ? dash + 1 : template;
}

static void template_of(const struct trial_of *of, char *name, size_t size)
{
    if (of->trial == TRIAL_ALIGN) snprintf(name, size, "%s-%s", alignment, paper_of(of->template));
    else text_copy(name, size, of->template);
}

static void put(json_t *data, const char *member, const char *text)
{
    if (json_object_get(data, member)) json_object_set_new(data, member, json_string(text));
}

json_t *trial_data(const struct trial_of *of, const char *template, struct error *err)
{
    char path[PATH_SIZE];
    json_error_t why;
    snprintf(path, sizeof path, "%s/sample/%.*s.json", of->folder, (int)strcspn(template, "-"), template);
    json_t *data = json_load_file(path, JSON_REJECT_DUPLICATES, &why);
    if (!data) {
        error_all(err, "no sample for this template", path, why.text, "bring the folder printer-templates/sample back");
        return NULL;
    }
    put(data, "number", "TRIAL");
    put(data, "series", "TRIAL");
    put(data, "printer", of->name && *of->name ? of->name : "-");
    put(data, "profile", of->profile);
    put(data, "media", of->media && *of->media ? of->media : paper_of(of->template));
    json_object_set_new(data, "offset_x_mm10", json_integer(of->offset_x_mm10));
    json_object_set_new(data, "offset_y_mm10", json_integer(of->offset_y_mm10));
    return data;
}

/* Offsets as the back end moves it (nudged 0), or as the page itself for a picture. */
static struct page *make(const struct trial_of *of, const struct print_set *set, bool nudged, struct error *err)
{
    char name[PAGE_NAME_SIZE];
    struct page *page = NULL;
    const struct profile *profile = profile_find(of->profile);
    template_of(of, name, sizeof name);
    if (!profile) {
        error_all(err, "no such printer profile", of->profile, NULL, "see: counter printer profiles");
        return NULL;
    }
    const struct template_form *form = print_set_find(set, name, print_language(of->language), err);
    const char *media = of->trial == TRIAL_TEST && of->media && *of->media ? of->media : NULL;
    const struct template_media *paper = form ? print_set_media(set, media, form, err) : NULL;
    json_t *data = paper ? trial_data(of, name, err) : NULL;
    struct print_request request = {
        .form = form, .media = paper, .data = data, .device = profile_device(profile), .may_continue = true, .image_folder = of->folder,
        .offset_x_mm10 = nudged ? of->offset_x_mm10 : 0, .offset_y_mm10 = nudged ? of->offset_y_mm10 : 0,
    };
    if (data && print_place(&request, &page, err)) page = NULL;
    json_decref(data);
    return page;
}

struct page *trial_page(const struct trial_of *of, const struct print_set *set, struct error *err)
{
    return make(of, set, true, err);
}

int trial_print(const struct trial_of *of, struct print_outcome *out, struct error *err)
{
    char name[NAME_SIZE], hex[2 * CHANCE + 1];
    struct entropy chance = entropy_system();
    struct print_set *set = print_set_open(of->folder, err);
    struct page *page = set ? make(of, set, false, err) : NULL;
    if (page) {
        /* a trial's name is never used twice either, and is no invoice's */
        snprintf(name, sizeof name, "trial-%s", entropy_hex(&chance, CHANCE, hex, sizeof hex));
        struct print_job job = {.uri = of->uri, .profile = of->profile, .page = page, .name = name,
                                .offset_x_mm10 = of->offset_x_mm10, .offset_y_mm10 = of->offset_y_mm10};
        print_job_run(&job, out);
    }
    int status = page ? 0 : -1;
    page_free(page);
    if (set) print_set_close(set);
    return status;
}
