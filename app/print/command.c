#include "print/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include <jansson.h>

#include "drivers/picture.h"
#include "print/format.h"
#include "print/place.h"
#include "print/preview.h"
#include "print/set.h"

#define PROGRAM "counter template"
#define PNG_DPI 150
#define PATH_SIZE 4096

static int refused(const struct error *err, int code)
{
    error_print(PROGRAM, err);
    return code;
}

static int usage(FILE *out, int code)
{
    fputs("usage: counter template check FILE …            read forms and media, name what is wrong\n"
          "       counter template show FILE [options]      draw a form with data, in the terminal\n"
          "       counter template list [FOLDER]            forms and media of a folder\n"
          "       counter template formats                  the names that FORMAT may give\n\n"
          "show: --lang zh_CN|en   the form's variant        --form NAME     when FILE holds several\n"
          "      --media NAME      other paper               --data FILE     JSON; else sample/…\n"
          "      --pdf FILE        write it as PDF           --png FILE      write page 1 as PNG\n"
          "      --dpi N           of the PNG, 150           --columns N     of the terminal\n"
          "      --line N          passbook: first line      --under NAME    the form of pre-printed paper\n",
          out);
    return code;
}

/* --- check, list, formats ------------------------------------------------------------ */

static void tell(const char *path, const struct template_file *file)
{
    for (int i = 0; i < file->form_count; i++) {
        const struct template_form *form = &file->form[i];
        const char *language = form->language == LANGUAGE_CHINESE ? "zh_CN" : form->language == LANGUAGE_ENGLISH ? "en" : "any";
        printf("%s: form %s, %s, %d fields, %d frames\n", path, form->name, language, form->field_count, form->frame_count);
    }
    for (int i = 0; i < file->media_count; i++) printf("%s: media %s\n", path, file->media[i].name);
}

static int check(int argc, char **argv)
{
    int code = EX_OK;
    if (argc < 2) return usage(stderr, EX_USAGE);
    for (int i = 1; i < argc; i++) {
        struct template_file *file;
        struct error err;
        if (print_read_file(argv[i], &file, &err)) {
            code = refused(&err, EX_DATAERR);
            continue;
        }
        tell(argv[i], file);
        template_free(file);
    }
    return code;
}

static int list(int argc, char **argv)
{
    struct error err;
    int code = EX_OK;
    struct print_set *set = print_set_open(argc > 1 ? argv[1] : "printer-templates", &err);
    if (!set) return refused(&err, EX_NOINPUT);
    for (size_t i = 0; i < print_set_count(set); i++) {
        const char *path;
        const struct error *fault;
        const struct template_file *file = print_set_file(set, i, &path, &fault);
        if (file)
            tell(path, file);
        else
            code = refused(fault, EX_DATAERR);
    }
    print_set_close(set);
    return code;
}

static int list_formats(int argc, char **argv)
{
    for (const struct format *f = formats; f->name; f++) printf("%-14s %s\n", f->name, f->meaning);
    return EX_OK;
}

/* --- show -------------------------------------------------------------------------------- */

struct show {
    const char *file, *form, *media, *data, *pdf, *png, *lang, *under;
    int dpi, columns, line;
};

static const struct option_row {
    const char *name;
    size_t text, number; /* offset of one of them; the other 0 */
    int least, most;
} options[] = {
    {"--lang", .text = offsetof(struct show, lang)},   {"--form", .text = offsetof(struct show, form)},
    {"--media", .text = offsetof(struct show, media)}, {"--data", .text = offsetof(struct show, data)},
    {"--under", .text = offsetof(struct show, under)},
    {"--pdf", .text = offsetof(struct show, pdf)},     {"--png", .text = offsetof(struct show, png)},
    {"--dpi", .number = offsetof(struct show, dpi), .least = 36, .most = PICTURE_DPI_MAX},
    {"--columns", .number = offsetof(struct show, columns), .least = 20, .most = PREVIEW_COLUMNS_MAX},
    {"--line", .number = offsetof(struct show, line), .least = 1, .most = TEMPLATE_INDEX_MAX},
};

static bool take_option(struct show *show, const char *word, const char *value)
{
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct option_row *row = &options[i];
        char *end;
        if (strcmp(row->name, word) != 0 || !value) continue;
        if (row->text) {
            *(const char **)(void *)((char *)show + row->text) = value;
            return true;
        }
        long number = strtol(value, &end, 10);
        *(int *)(void *)((char *)show + row->number) = (int)number;
        return *value && !*end && number >= row->least && number <= row->most;
    }
    fprintf(stderr, "%s: %s is no option of show, or has no value\n", PROGRAM, word);
    return false;
}

static bool take_options(struct show *show, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (show->file) return false;
            show->file = argv[i];
        } else if (!take_option(show, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
            return false;
        } else {
            i++;
        }
    }
    return show->file != NULL;
}

static void folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    snprintf(folder, size, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
}

/* sample/receipt.json for every form whose name begins with "receipt". */
static json_t *load_data(const struct show *show, const char *folder, const char *form, struct error *err)
{
    char path[PATH_SIZE + 128];
    json_error_t why;
    const char *from = show->data;
    if (!from) {
        snprintf(path, sizeof path, "%s/sample/%.*s.json", folder, (int)strcspn(form, "-"), form);
        from = path;
    }
    json_t *data = json_load_file(from, JSON_REJECT_DUPLICATES, &why);
    if (data) return data;
    error_set(err, "data refused");
    if (why.line > 0)
        error_where(err, "%s:%d:%d", from, why.line, why.column);
    else
        error_where(err, "%s", from);
    error_why(err, "%s", why.text);
    error_remedy(err, "give a JSON object with --data FILE; printer-templates/README.md lists the names");
    return NULL;
}

static int draw(const struct show *show, struct page *const *pages, size_t count, struct error *err)
{
    for (size_t i = 0; i < count && !show->pdf && !show->png; i++) {
        struct page_preview preview;
        if (page_preview(pages[i], show->columns, &preview, err)) return -1;
        if (i) puts("\f");
        for (int row = 0; row < preview.rows; row++) puts(preview.line[row]);
        page_preview_free(&preview);
    }
    if (show->pdf && picture_pdf(show->pdf, (const struct page *const *)pages, count, err)) return -1;
    return show->png ? picture_png(show->png, pages[0], show->dpi ? show->dpi : PNG_DPI, err) : 0;
}

static const struct template_form *choose_form(const struct show *show, const struct template_file *file, struct error *err)
{
    int language = print_language(show->lang);
    const struct template_form *best = NULL;
    for (int i = 0; i < file->form_count; i++) {
        const struct template_form *form = &file->form[i];
        if (show->form && strcmp(show->form, form->name) != 0) continue;
        if (!best || (form->language == language && best->language != language)) best = form;
    }
    if (!best) {
        error_set(err, "template not found");
        error_where(err, "%s", show->file);
        error_why(err, "the file holds no form%s%s", show->form ? " named " : "", show->form ? show->form : "");
    }
    return best;
}

/* Puts the print shop's part of pre-printed paper below what the printer adds to it. */
static int put_under(const struct show *show, const struct print_set *set, struct print_request request, struct page **pages, size_t count,
                     struct error *err)
{
    struct page *paper;
    int status = 0;
    if (!(request.form = print_set_find(set, show->under, print_language(show->lang), err))) return -1;
    request.first_line = 0;
    if (print_place(&request, &paper, err)) return -1;
    for (size_t i = 0; i < count; i++) {
        for (int j = 0; j < paper->item_count && !status; j++) status = page_add(pages[i], &paper->item[j], err) ? 0 : -1;
        page_sort(pages[i]);
    }
    page_free(paper);
    return status;
}

static int show_form(const struct show *show, const struct template_file *file, const struct print_set *set)
{
    struct error err;
    struct page **pages = NULL;
    size_t count = 0;
    int code = EX_DATAERR;
    struct print_request request = {.device = picture_device(), .first_line = show->line, .image_folder = print_set_folder(set)};
    json_t *data = NULL;
    if (!(request.form = choose_form(show, file, &err)) || !(request.media = print_set_media(set, show->media, request.form, &err)) ||
        !(data = load_data(show, print_set_folder(set), request.form->name, &err)))
        return refused(&err, EX_NOINPUT);
    request.data = data;
    if (print_place_all(&request, &pages, &count, &err))
        refused(&err, code);
    else if (show->under && put_under(show, set, request, pages, count, &err))
        refused(&err, code);
    else if (draw(show, pages, count, &err))
        code = refused(&err, EX_CANTCREAT);
    else
        code = EX_OK;
    print_pages_free(pages, count);
    json_decref(data);
    return code;
}

static int show_command(int argc, char **argv)
{
    struct show show = {0};
    struct template_file *file = NULL;
    struct error err;
    char folder[PATH_SIZE];
    if (!take_options(&show, argc, argv)) return usage(stderr, EX_USAGE);
    folder_of(show.file, folder, sizeof folder);
    struct print_set *set = print_set_open(folder, &err);
    int code = !set || print_read_file(show.file, &file, &err) ? refused(&err, EX_DATAERR) : show_form(&show, file, set);
    template_free(file);
    print_set_close(set);
    return code;
}

int print_template_command(int argc, char **argv)
{
    static const struct { const char *name; int (*run)(int argc, char **argv); } commands[] = {
        {"check", check}, {"show", show_command}, {"list", list}, {"formats", list_formats}};
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i].name, argv[1])) return commands[i].run(argc - 1, argv + 1);
    bool help = argc > 1 && !strcmp(argv[1], "--help");
    return usage(help ? stdout : stderr, help ? EX_OK : EX_USAGE);
}
