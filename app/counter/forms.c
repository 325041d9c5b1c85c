#include "counter/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FORMS_MAX 128
#define PATH_SIZE 512

static struct {
    char folder[PATH_SIZE];
    struct { char name[FORM_NAME_SIZE + 8]; struct form *form; } held[FORMS_MAX];
    int count;
} forms;

void forms_open(const char *folder)
{
    text_copy(forms.folder, sizeof forms.folder, folder ? folder : "");
}

static int from_file(const char *name, struct form **out, struct error *err)
{
    char path[PATH_SIZE + FORM_NAME_SIZE + 16];
    snprintf(path, sizeof path, "%s/%s.form", forms.folder, name);
    FILE *file = *forms.folder ? fopen(path, "r") : NULL;
    if (!file) return -1; /* no file: the built-in form is meant */
    char *text = malloc(FORM_FILE_MAX + 2);
    size_t len = text ? fread(text, 1, FORM_FILE_MAX + 1, file) : 0;
    fclose(file);
    int status = form_read(path, text ? text : "", len, out, err);
    free(text);
    return status;
}

static int from_builtin(const char *name, struct form **out)
{
    struct error err;
    for (const struct form_builtin *b = forms_builtin; b->name; b++)
        if (!strcmp(b->name, name)) return form_read(name, b->text, strlen(b->text), out, &err);
    return -1;
}

const struct form *forms_get(const char *name, const char *lang, struct error *err)
{
    char whole[FORM_NAME_SIZE + 8];
    struct form *form = NULL;
    snprintf(whole, sizeof whole, "%s.%s", name, lang);
    for (int i = 0; i < forms.count; i++)
        if (!strcmp(forms.held[i].name, whole)) return forms.held[i].form;
    if (from_file(whole, &form, err) && from_builtin(whole, &form)) return NULL;
    if (forms.count == FORMS_MAX) {
        form_free(form);
        return NULL;
    }
    text_copy(forms.held[forms.count].name, sizeof whole, whole);
    forms.held[forms.count++].form = form;
    return form;
}

void forms_close(void)
{
    while (forms.count) form_free(forms.held[--forms.count].form);
}
