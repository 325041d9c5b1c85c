#include "print/set.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct set_file {
    char *path;
    struct template_file *file; /* NULL: refused */
    struct error fault;
};

struct print_set {
    char folder[3800];
    struct set_file file[PRINT_SET_FILES_MAX];
    size_t count;
};

int print_read_file(const char *path, struct template_file **out, struct error *err)
{
    int status = -1;
    *out = NULL;
    char *bytes = malloc(TEMPLATE_FILE_MAX + 1);
    FILE *in = fopen(path, "rbe");
    if (!in || !bytes) {
        error_all(err, "template not read", path, in ? "no memory" : strerror(errno), "name a .form or .media file that can be read");
        goto done;
    }
    size_t len = fread(bytes, 1, TEMPLATE_FILE_MAX + 1, in);
    if (ferror(in))
        error_all(err, "template not read", path, strerror(errno), "name a .form or .media file that can be read");
    else
        status = template_read(path, bytes, len, out, err);
done:
    if (in) fclose(in);
    free(bytes);
    return status;
}

static int is_template(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && (!strcmp(dot, ".form") || !strcmp(dot, ".media"));
}

static int add_file(struct print_set *set, const char *name)
{
    struct set_file *file = &set->file[set->count];
    if (asprintf(&file->path, "%s/%s", set->folder, name) < 0) return -1;
    print_read_file(file->path, &file->file, &file->fault);
    set->count++;
    return 0;
}

struct print_set *print_set_open(const char *folder, struct error *err)
{
    struct dirent **entries = NULL;
    struct print_set *set = calloc(1, sizeof *set);
    int found = set ? scandir(folder, &entries, is_template, alphasort) : -1, failed = found < 0;
    if (failed || snprintf(set->folder, sizeof set->folder, "%s", folder) >= (int)sizeof set->folder)
        failed = error_all(err, "templates not read", folder, set ? strerror(errno) : "no memory", "name the folder printer-templates") != 0;
    for (int i = 0; i < found; i++) {
        if (!failed && set->count == PRINT_SET_FILES_MAX)
            failed = error_all(err, "templates not read", folder, "there are more than 256 files", "take some away") != 0;
        if (!failed && add_file(set, entries[i]->d_name))
            failed = error_all(err, "templates not read", folder, "no memory", NULL) != 0;
        free(entries[i]);
    }
    free(entries);
    if (!failed) return set;
    print_set_close(set);
    return NULL;
}

void print_set_close(struct print_set *set)
{
    if (!set) return;
    for (size_t i = 0; i < set->count; i++) {
        free(set->file[i].path);
        template_free(set->file[i].file);
    }
    free(set);
}

int print_language(const char *language)
{
    return language && !strncmp(language, "en", 2) ? LANGUAGE_ENGLISH : LANGUAGE_CHINESE;
}

static int refuse(const struct print_set *set, const char *what, const char *name, struct error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct set_file *file = &set->file[i];
        if (file->file || !strstr(file->path, name)) continue;
        if (err) *err = file->fault;
        return -1;
    }
    error_set(err, "%s not found", what);
    error_where(err, "%s", set->folder);
    error_why(err, "there is none named \"%s\"", name);
    return error_remedy(err, "`counter template list` shows what there is");
}

const struct template_form *print_set_find(const struct print_set *set, const char *name, int language, struct error *err)
{
    const struct template_form *best = NULL;
    int best_rank = 0;
    for (size_t i = 0; i < set->count; i++) {
        const struct template_file *file = set->file[i].file;
        for (int j = 0; file && j < file->form_count; j++) {
            const struct template_form *form = &file->form[j];
            int rank = form->language == language ? 3 : form->language == 0 ? 2 : 1;
            if (strcmp(form->name, name) != 0 || rank <= best_rank) continue;
            best = form;
            best_rank = rank;
        }
    }
    if (!best) refuse(set, "template", name, err);
    return best;
}

/* "a4" of "invoice-a4"; the whole name where there is no '-'. */
static const char *last_part(const char *name)
{
    const char *dash = strrchr(name, '-');
    return dash ? dash + 1 : name;
}

const struct template_media *print_set_media(const struct print_set *set, const char *name, const struct template_form *form,
                                             struct error *err)
{
    const char *wanted = name ? name : last_part(form->name);
    for (size_t i = 0; i < set->count; i++) {
        const struct template_file *file = set->file[i].file;
        for (int j = 0; file && j < file->media_count; j++) {
            const char *has = file->media[j].name;
            if (!strcmp(has, wanted) || (!name && !strcmp(last_part(has), wanted))) return &file->media[j];
        }
    }
    refuse(set, "media", wanted, err);
    return NULL;
}

size_t print_set_count(const struct print_set *set) { return set->count; }
const char *print_set_folder(const struct print_set *set) { return set->folder; }

const struct template_file *print_set_file(const struct print_set *set, size_t i, const char **path, const struct error **fault)
{
    *path = set->file[i].path;
    *fault = &set->file[i].fault;
    return set->file[i].file;
}
