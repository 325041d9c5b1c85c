/* A passbook's page: which lines go on it, its placing, the printer's part; on a thread, so
 * that a slow one never holds a key up. */
#include <string.h>

#include "base/text.h"
#include "counter/passbook.h"

#define WATCH_MS 60000 /* for the book that the teller says is in */
#define LOOK_MS 300

static const struct template_form *form_of(struct passbook *b, const struct print_set **set, struct error *err)
{
    *set = printing_set(b->c->printing, err);
    return *set ? print_set_find(*set, b->template, print_language(b->c->language), err) : NULL;
}

static const struct template_media *media_of(struct passbook *b, const struct template_form **form, struct error *err)
{
    const struct print_set *set;
    *form = form_of(b, &set, err);
    return *form ? print_set_media(set, *b->media ? b->media : NULL, *form, err) : NULL;
}

int passbook_lines_a_page(struct passbook *b, int *places, struct error *err)
{
    const struct template_form *form;
    const struct template_media *media = media_of(b, &form, err);
    if (!media) return 0;
    if (media->lines < 1 || media->page < 1)
        return error_all(err, "the passbook's media has no LINES or no PAGE", media->name, "where a line goes can't be told", "mend the media file"), 0;
    *places = media->lines * media->page;
    return media->lines;
}

bool passbook_choose(struct passbook *b, const json_t *movements, int64_t first, int room)
{
    size_t i;
    json_t *line, *lines = json_array(), *chosen = json_array();
    b->first = b->last = 0;
    json_array_foreach(movements, i, line) {
        int64_t number = js_int(line, "line");
        if (number < first || (int)json_array_size(lines) >= room) continue;
        if (b->last && number != b->last + 1) break;
        if (!b->first) b->first = number;
        b->last = number;
        json_array_append(chosen, line);
        json_array_append_new(lines, json_pack("{s:O, s:O, s:O, s:O, s:s, s:i}", "date", js_at(line, "date"), "kind", js_at(line, "kind"), "amount_fen",
                                               js_at(line, "amount_fen"), "balance_fen", js_at(line, "balance_fen"), "teller", b->c->operator_number,
                                               "again", b->again));
    }
    json_t *data = json_pack("{s:s, s:s, s:s, s:o}", "account", js_text(b->account, "account"), "name", js_text(b->account, "holder"), "language",
                             b->c->language, "lines", lines);
    js_keep(&b->data, data);
    js_keep(&b->chosen, chosen);
    json_decref(data);
    json_decref(chosen);
    return b->first > 0;
}

void passbook_place(struct passbook *b)
{
    const struct profile *profile = profile_find(b->profile);
    const struct template_form *form;
    const struct template_media *media = media_of(b, &form, &b->err);
    page_free(b->page);
    b->page = NULL;
    if (!profile) error_all(&b->err, "no such printer profile", b->profile, "this counter does not know it", "bind the printer anew");
    if (!profile || !media) return;
    struct print_request request = {.form = form, .media = media, .data = b->data, .device = profile_device(profile), .first_line = b->row,
                                    .page_number = b->page_number, .image_folder = b->c->options.templates};
    print_place(&request, &b->page, &b->err);
}

void passbook_watch(struct passbook *b)
{
    const struct profile *profile = profile_find(b->profile);
    uint64_t end_ms = uv_hrtime() / 1000000 + WATCH_MS;
    do {
        print_status(b->uri, profile, 0, &b->status);
        if (b->status.state != PRINTER_PAPER_OUT) return;
        uv_sleep(LOOK_MS);
    } while (uv_hrtime() / 1000000 < end_ms && !atomic_load(&b->cancel));
}

/* "sent" is stored at the bank: what fails from here on must be told to it. */
void passbook_run(struct passbook *b)
{
    memset(&b->outcome, 0, sizeof b->outcome);
    passbook_place(b);
    if (!b->page) {
        b->outcome.result = PRINT_NOTHING_SENT;
        text_clip(b->outcome.words, sizeof b->outcome.words, b->err.why, sizeof b->outcome.words / 3, 0);
        return;
    }
    struct print_job job = {.uri = b->uri, .profile = b->profile, .page = b->page, .name = b->name, .offset_x_mm10 = b->offset_x_mm10,
                            .offset_y_mm10 = b->offset_y_mm10, .cancel = &b->cancel};
    print_job_run(&job, &b->outcome);
}
