#include "print/template_check.h"

#include <string.h>

#include "print/format.h"

/* Units that are 3 m or more, whatever the printer: no paper is as large, and sums of
 * lengths stay far from overflow. */
static bool too_far(const struct template_unit *unit, int axis, int64_t units)
{
    const int cell_um = 5080, row_um = 8466; /* 5 cpi, 3 lpi: the coarsest that there are */
    int parts = axis ? unit->y_parts : unit->x_parts;
    int64_t um = unit->base == PAGE_UNIT_MM ? 1000 : unit->base == PAGE_UNIT_INCH ? 25400 : axis ? row_um : cell_um;
    return units * um / 10 / parts > PAGE_HEIGHT_MAX_MM100;
}

static int refuse_far(const struct lexer *lexer, struct template_place place, const char *name)
{
    lexer_refuse(lexer, place, "\"%s\" reaches beyond %d m", name, PAGE_HEIGHT_MAX_MM100 / 100000);
    return error_remedy(lexer->err, "check its numbers, and the parts in UNIT: MM, 10, 10 counts in tenths");
}

static int field_named(const struct template_form *form, const char *name)
{
    for (int i = 0; i < form->field_count; i++)
        if (!strcmp(form->field[i].name, name)) return i;
    return -1;
}

static int check_twins(const struct lexer *lexer, const struct template_form *form)
{
    for (int i = 0; i < form->field_count; i++) {
        if (field_named(form, form->field[i].name) == i) continue;
        lexer_refuse(lexer, form->field[i].place, "there are two fields \"%s\" in form \"%s\"", form->field[i].name, form->name);
        return error_remedy(lexer->err, "a datum that stands twice is told apart after a colon: \"%s:2\"", form->field[i].name);
    }
    return 0;
}

/* FOLLOWS: each field has one at most behind it, and the chain ends at a head. */
static int tie_follower(const struct lexer *lexer, struct template_form *form, int i)
{
    struct template_field *field = &form->field[i];
    int before = field_named(form, field->follows);
    if (before < 0 || before >= i) {
        lexer_refuse(lexer, field->place, "\"%s\" follows \"%s\", which does not stand before it", field->name, field->follows);
        return error_remedy(lexer->err, "write the field that it follows above it in the file");
    }
    if (form->field[before].next >= 0) {
        lexer_refuse(lexer, field->place, "\"%s\" follows \"%s\", which \"%s\" follows already", field->name, field->follows,
                     form->field[form->field[before].next].name);
        return error_remedy(lexer->err, "follow that one instead");
    }
    if (form->field[before].type != TEMPLATE_TEXT || field->type != TEMPLATE_TEXT) {
        lexer_refuse(lexer, field->place, "only TEXT follows TEXT");
        return error_remedy(lexer->err, "give the field its own POSITION and SIZE");
    }
    if (field->size[0] || field->position[0] || field->position[1] || field->index[0]) {
        lexer_refuse(lexer, field->place, "\"%s\" has FOLLOWS and with it no POSITION, SIZE or INDEX of its own", field->name);
        return error_remedy(lexer->err, "take those out: it shares those of the field at the front");
    }
    form->field[before].next = i;
    field->head = form->field[before].head;
    return 0;
}

static int check_place(const struct lexer *lexer, const struct template_form *form, const struct template_field *field)
{
    if (!field->size[0]) {
        lexer_refuse(lexer, field->place, "XFSFIELD \"%s\" has no SIZE", field->name);
        return error_remedy(lexer->err, "add POSITION and SIZE, or FOLLOWS");
    }
    for (int axis = 0; axis < 2; axis++) {
        if (field->position[axis] + field->size[axis] <= form->size[axis]) continue;
        lexer_refuse(lexer, field->place, "\"%s\" ends at %d, the form is %d %s", field->name, field->position[axis] + field->size[axis],
                     form->size[axis], axis ? "high" : "wide");
        return error_remedy(lexer->err, "mend POSITION or SIZE, or the form's SIZE");
    }
    for (int axis = 0; axis < 2; axis++)
        if (field->index[0] && too_far(&form->unit, axis, field->position[axis] + (int64_t)field->index[0] * field->index[1 + axis]))
            return refuse_far(lexer, field->place, field->name);
    if (field->index[0] > TEMPLATE_INDEX_MAX) {
        lexer_refuse(lexer, field->place, "INDEX repeats %d times; %d is the most", field->index[0], TEMPLATE_INDEX_MAX);
        return error_remedy(lexer->err, "let the list go on on the next page");
    }
    return 0;
}

static int check_barcode(const struct lexer *lexer, const struct template_field *field)
{
    bool bars = field->type == TEMPLATE_BARCODE;
    bool known = field->font && (!strcmp(field->font, "QRCODE") || !strcmp(field->font, "CODE128"));
    if (bars && !known) {
        lexer_refuse(lexer, field->place, "\"%s\" is a BARCODE of %s", field->name, field->font ? "a FONT that is not known" : "no FONT");
        return error_remedy(lexer->err, "FONT \"QRCODE\" or FONT \"CODE128\"");
    }
    if (!bars && field->font) {
        lexer_refuse(lexer, field->place, "\"%s\" names a FONT for text", field->name);
        return error_remedy(lexer->err, "take it out: each printer has its one Chinese font; STYLE, CPI and POINTSIZE vary it");
    }
    return 0;
}

static int check_field(const struct lexer *lexer, struct template_form *form, int i)
{
    struct template_field *field = &form->field[i];
    bool drop_zero;
    if (field->follows ? tie_follower(lexer, form, i) : check_place(lexer, form, field)) return -1;
    if (check_barcode(lexer, field)) return -1;
    if (field->format && !format_find(field->format, &drop_zero)) {
        lexer_refuse(lexer, field->place, "\"%s\" has a FORMAT that is not known", field->name);
        return error_remedy(lexer->err, "see the list of formats in printer-templates/README.md");
    }
    if (field->class == TEMPLATE_STATIC && !field->initial) {
        lexer_refuse(lexer, field->place, "\"%s\" is STATIC and has no INITIALVALUE", field->name);
        return error_remedy(lexer->err, "add INITIALVALUE \"text\"");
    }
    if (field->class == TEMPLATE_REQUIRED && field->initial) {
        lexer_refuse(lexer, field->place, "\"%s\" is REQUIRED and so never takes its INITIALVALUE", field->name);
        return error_remedy(lexer->err, "take out one of the two");
    }
    if ((field->style & TEMPLATE_STYLE_PROPORTIONAL || field->pointsize) && field->cpi) {
        lexer_refuse(lexer, field->place, "\"%s\" has a fixed pitch (CPI) and is proportional (POINTSIZE or PROPORTIONAL)", field->name);
        return error_remedy(lexer->err, "take out one of the two");
    }
    return 0;
}

static int check_frame(const struct lexer *lexer, const struct template_form *form, struct template_frame *frame)
{
    frame->field = -1;
    if (frame->frames && ((frame->field = field_named(form, frame->frames)) < 0 || form->field[frame->field].follows)) {
        lexer_refuse(lexer, frame->place, "XFSFRAME \"%s\" goes around \"%s\", which is not a placed field of this form", frame->name, frame->frames);
        return error_remedy(lexer->err, "name a field with a POSITION of its own");
    }
    if (frame->frames) return 0;
    if (!frame->size[0] && !frame->size[1]) {
        lexer_refuse(lexer, frame->place, "XFSFRAME \"%s\" has no SIZE", frame->name);
        return error_remedy(lexer->err, "give POSITION and SIZE (height 0 is a line across, width 0 a line down), or FRAMES");
    }
    const int *repeat[2] = {frame->repeat_x, frame->repeat_y};
    for (int axis = 0; axis < 2; axis++) {
        int64_t reach = frame->position[axis] + frame->size[axis];
        if (repeat[axis][0]) reach += (int64_t)(repeat[axis][0] - 1) * repeat[axis][1];
        if (reach <= form->size[axis] && repeat[axis][0] <= TEMPLATE_INDEX_MAX) continue;
        lexer_refuse(lexer, frame->place, "XFSFRAME \"%s\" reaches to %lld, the form is %d %s", frame->name, (long long)reach,
                     form->size[axis], axis ? "high" : "wide");
        return error_remedy(lexer->err, "mend POSITION, SIZE or the repeat, or the form's SIZE");
    }
    return 0;
}

int template_check_form(const struct lexer *lexer, struct template_form *form)
{
    for (int axis = 0; axis < 2; axis++)
        if (too_far(&form->unit, axis, (int64_t)form->size[axis] + form->alignment[1 + axis])) return refuse_far(lexer, form->place, form->name);
    if (check_twins(lexer, form)) return -1;
    for (int i = 0; i < form->field_count; i++) {
        form->field[i].head = i;
        form->field[i].next = -1;
    }
    for (int i = 0; i < form->field_count; i++)
        if (check_field(lexer, form, i)) return -1;
    for (int i = 0; i < form->frame_count; i++)
        if (check_frame(lexer, form, &form->frame[i])) return -1;
    return 0;
}

static int check_area(const struct lexer *lexer, const struct template_media *media, const int *area, const char *word)
{
    if (!area[2]) return 0;
    if (area[0] + area[2] <= media->size[0] && (!media->size[1] || area[1] + area[3] <= media->size[1])) return 0;
    lexer_refuse(lexer, media->place, "%s of XFSMEDIA \"%s\" lies outside its SIZE", word, media->name);
    return error_remedy(lexer->err, "%s is x, y, width, height from the paper's top left corner", word);
}

int template_check_media(const struct lexer *lexer, const struct template_media *media)
{
    bool roll = media->size[1] == 0;
    for (int axis = 0; axis < 2; axis++)
        if (too_far(&media->unit, axis, media->size[axis])) return refuse_far(lexer, media->place, media->name);
    if (!media->size[0]) {
        lexer_refuse(lexer, media->place, "XFSMEDIA \"%s\" has no width", media->name);
        return error_remedy(lexer->err, "only the height is 0, of a roll");
    }
    if (roll && media->type) {
        lexer_refuse(lexer, media->place, "XFSMEDIA \"%s\" has height 0 (a roll) and is not GENERIC", media->name);
        return error_remedy(lexer->err, "give its height");
    }
    if (media->type != 2 && (media->fold || media->page || media->staggering)) {
        lexer_refuse(lexer, media->place, "FOLD, PAGE and STAGGERING are of a PASSBOOK, which \"%s\" is not", media->name);
        return error_remedy(lexer->err, "add TYPE PASSBOOK or take them out");
    }
    if (roll && media->printarea[3]) {
        lexer_refuse(lexer, media->place, "PRINTAREA of the roll \"%s\" has a height", media->name);
        return error_remedy(lexer->err, "write 0: a roll is as long as its text");
    }
    return check_area(lexer, media, media->printarea, "PRINTAREA") || check_area(lexer, media, media->restricted, "RESTRICTED") ? -1 : 0;
}

int template_check_names(const struct lexer *lexer, const struct template_file *file)
{
    for (int i = 0; i < file->form_count; i++)
        for (int j = 0; j < i; j++) {
            const struct template_form *one = &file->form[i], *other = &file->form[j];
            if (strcmp(one->name, other->name) != 0 || one->language != other->language) continue;
            lexer_refuse(lexer, one->place, "form \"%s\" stands here twice for the same LANGUAGE", one->name);
            return error_remedy(lexer->err, "give one of them another name or LANGUAGE");
        }
    for (int i = 0; i < file->media_count; i++)
        for (int j = 0; j < i; j++) {
            if (strcmp(file->media[i].name, file->media[j].name) != 0) continue;
            lexer_refuse(lexer, file->media[i].place, "media \"%s\" stands here twice", file->media[i].name);
            return error_remedy(lexer->err, "give one of them another name");
        }
    return 0;
}
