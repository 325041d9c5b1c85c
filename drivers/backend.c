#include "drivers/backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int backend_refuse(const struct profile *profile, const struct page_item *item, struct error *err,
                   const char *why)
{
    error_set(err, "this page cannot be printed on %s", profile->name);
    error_where(err, "%s", item && item->field ? item->field : "page");
    error_why(err, "%s", why);
    return error_remedy(err, "set smaller offsets, or choose another template, media or profile");
}

int backend_x(const struct profile *profile, int x_mm100, int dpi)
{
    int dots = page_dots_of_mm100(x_mm100 - profile->device.left_mm100, dpi);
    return dots > 0 ? dots : 0;
}

int backend_encode(const struct profile *profile, const char *text, size_t len, struct bytes *out,
                   struct error *err)
{
    const char *end = text + len;
    while (text < end) {
        uint32_t cp = 0;
        uint8_t code[2];
        size_t step = utf8_next(text, end, &cp);
        size_t n = step ? repertoire_encode(profile->repertoire, cp, code) : 0;
        if (n == 0) {
            error_set(err, "this page cannot be printed on %s", profile->name);
            error_where(err, "character %.*s (U+%04X)", (int)(step ? step : 1), text, (unsigned)cp);
            error_why(err, "its font has only %s", repertoire_name(profile->repertoire));
            return error_remedy(err, "print it on a printer that can, or by CUPS");
        }
        bytes_put(out, code, n);
        text += step;
    }
    return 0;
}

#define NEARLY 5 /* 1/100 mm: less than half a dot of any printer */

/* With the offsets an item must still be where the printer reaches. */
static int check_moved(const struct profile *profile, const struct page *page,
                       const struct page_item *item, struct error *err)
{
    const struct page_device *d = profile_device(profile);
    bool roll = page->media == PAGE_ROLL;
    if (item->x_mm100 < d->left_mm100 - NEARLY || item->x_mm100 < 0)
        return backend_refuse(profile, item, err, "it begins left of what the printer reaches");
    if (d->width_mm100 && item->x_mm100 + item->w_mm100 > d->left_mm100 + d->width_mm100 + NEARLY)
        return backend_refuse(profile, item, err, "it ends right of what the printer reaches");
    if (item->y_mm100 < 0 || (!roll && !d->upward && item->y_mm100 < d->top_mm100))
        return backend_refuse(profile, item, err, "it begins above what the printer reaches");
    if (!roll && item->y_mm100 + item->h_mm100 > page->h_mm100)
        return backend_refuse(profile, item, err, "it ends below the page");
    return 0;
}

int backend_render(const struct profile *profile, const struct page *page, int offset_x_mm10,
                   int offset_y_mm10, struct bytes *out, struct error *err)
{
    struct page moved = *page; /* shares all but the items */
    size_t count = (size_t)page->item_count;
    int status = -1;
    moved.item = calloc(count ? count : 1, sizeof *moved.item);
    if (moved.item == NULL) {
        error_all(err, "cannot print the page", profile->name, "out of memory", NULL);
        goto done;
    }
    memcpy(moved.item, page->item, count * sizeof *moved.item);
    for (size_t i = 0; i < count; i++) {
        moved.item[i].x_mm100 += offset_x_mm10 * 10;
        moved.item[i].y_mm100 += offset_y_mm10 * 10;
        if (check_moved(profile, page, &moved.item[i], err) != 0) goto done;
    }
    if (page->media == PAGE_ROLL) moved.h_mm100 += offset_y_mm10 * 10;
    status = profile->dialect->backend->render(profile, &moved, out, err);
    if (status == 0 && out->failed)
        status = error_all(err, "cannot print the page", profile->name, "it makes too many bytes",
                           "use fewer or smaller pictures");
done:
    free(moved.item);
    if (status != 0) bytes_free(out);
    return status;
}
