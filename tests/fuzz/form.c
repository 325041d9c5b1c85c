/* A screen's file of any bytes: refused with its line, or every field lies inside the screen and
 * every row is as wide as the screen. */
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "counter/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at(const struct form *f)
{
    assert(f->field_count >= 0 && f->field_count <= FORM_FIELDS_MAX && f->help_count >= 0 && f->help_count <= FORM_HELPS_MAX);
    for (int i = 0; i < FORM_ROWS; i++)
        assert(strlen(f->row[i]) < FORM_ROW_SIZE && text_width(f->row[i]) <= FORM_COLS);
    for (int i = 0; i < f->field_count; i++) {
        const struct form_field *field = &f->field[i];
        assert(field->row >= 0 && field->row < FORM_ROWS && field->col >= 0 && field->width >= 0 && field->col + field->width <= FORM_COLS);
        assert(form_find(f, field->name) >= 0);
        form_help(f, field->name);
    }
    assert(f->list_first < FORM_ROWS && f->list_last < FORM_ROWS && f->list_first <= f->list_last);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct form *form = NULL;
    struct error err = {0};
    if (form_read("fuzz.en.form", (const char *)data, size, &form, &err) != 0) {
        assert(err.why[0] && strncmp(err.where, "fuzz.en.form", 12) == 0);
        return 0;
    }
    look_at(form);
    form_free(form);
    return 0;
}
