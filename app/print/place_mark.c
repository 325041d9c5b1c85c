/* What is neither text nor line: QR codes, bar codes, pictures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <qrencode.h>

#include "drivers/picture.h"
#include "print/place_impl.h"

#define MODULE_LEAST_UM 250      /* of a QR code: two dots of 203 dpi */
#define BAR_LEAST_UM 165         /* of a bar code: one dot of 180 dpi, rounded */
#define CODE128_MODULES(n) ((n) * 11 + 35)

static int refuse_size(const struct placing *p, const struct template_field *field, int modules)
{
    place_refuse(p, field->name, field->place, "its SIZE is too small for %d modules", modules);
    return error_remedy(p->err, "make it larger: no reader could read it");
}

static int put_qr(struct placing *p, const struct template_field *field, const char *text, struct page_item *item)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code) return place_refuse(p, field->name, field->place, "it cannot be a QR code: %s", strerror(errno));
    int modules = code->width, side = item->w_mm100 < item->h_mm100 ? item->w_mm100 : item->h_mm100, spare = item->w_mm100 - side;
    QRcode_free(code);
    if (side * 10 < modules * MODULE_LEAST_UM) return refuse_size(p, field, modules);
    item->kind = PAGE_QR;
    item->x_mm100 += field->horizontal == HORIZONTAL_RIGHT ? spare : field->horizontal == HORIZONTAL_CENTER ? spare / 2 : 0;
    item->w_mm100 = item->h_mm100 = side;
    return place_add(p, item, field->place);
}

static int put_bars(struct placing *p, const struct template_field *field, const char *text, struct page_item *item)
{
    for (const char *at = text; *at; at++) {
        if (*at >= ' ' && *at <= '~') continue;
        place_refuse(p, field->name, field->place, "a bar code takes letters, digits and signs of ASCII only");
        return error_remedy(p->err, "use FONT \"QRCODE\"");
    }
    int modules = CODE128_MODULES((int)strlen(text));
    if (item->w_mm100 * 10 < modules * BAR_LEAST_UM) return refuse_size(p, field, modules);
    item->kind = PAGE_BARCODE;
    return place_add(p, item, field->place);
}

/* The picture fills its box as far as its shape allows, from the top left corner. */
static int put_image(struct placing *p, const struct template_field *field, const char *name, struct page_item *item)
{
    char path[4096];
    uint8_t *bits;
    if (strchr(name, '/') || name[0] == '.' || !p->request->image_folder) {
        place_refuse(p, field->name, field->place, "a GRAPHIC is the name of a PNG file beside the templates");
        return error_remedy(p->err, "INITIALVALUE \"logo.png\"");
    }
    if (snprintf(path, sizeof path, "%s/%s", p->request->image_folder, name) >= (int)sizeof path)
        return place_refuse(p, field->name, field->place, "the picture's name is too long");
    if (picture_load(path, &item->image, &bits, p->err)) return -1;
    int64_t h_for_w = (int64_t)item->w_mm100 * item->image.h / item->image.w;
    if (h_for_w <= item->h_mm100)
        item->h_mm100 = (int)h_for_w;
    else
        item->w_mm100 = (int)((int64_t)item->h_mm100 * item->image.w / item->image.h);
    item->kind = PAGE_IMAGE;
    item->text = NULL;
    int status = place_add(p, item, field->place);
    free(bits);
    return status;
}

int place_mark(struct placing *p, const struct template_field *field, int element, struct page_rect box, bool *present)
{
    char text[TYPESET_TEXT_MAX];
    if (place_value(p, field, element, text, sizeof text, present)) return -1;
    if (!*text) *present = false;
    if (!*present) return 0;
    bool image = field->type == TEMPLATE_GRAPHIC, qr = !image && !strcmp(field->font, "QRCODE");
    unsigned need = image ? PAGE_CAN_IMAGE : qr ? PAGE_CAN_QR : PAGE_CAN_BARCODE;
    if (!(p->device->can & need)) {
        place_refuse(p, field->name, field->place, "printer %s prints no %s", p->device->name, image ? "pictures" : qr ? "QR codes" : "bar codes");
        return error_remedy(p->err, "choose a form without it for this printer");
    }
    struct page_item item = {.x_mm100 = box.x_mm100, .y_mm100 = box.y_mm100, .w_mm100 = box.w_mm100, .h_mm100 = box.h_mm100,
                             .field = field->name, .text = text};
    if (image) return put_image(p, field, text, &item);
    return qr ? put_qr(p, field, text, &item) : put_bars(p, field, text, &item);
}
