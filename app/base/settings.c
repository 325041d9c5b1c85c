#include "base/settings.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "base/guard.h"
#include "base/setting_value.h"
#include "base/text.h"

#define SETTINGS_FILE_MAX ((size_t)256 * 1024)
#define SETTINGS_MAX 256

struct reading {
    const char *name, *folder;
    const struct setting *table;
    size_t count;
    void *into;
    struct error *err;
    bool seen[SETTINGS_MAX];
    bool failed;
    const char *at, *end; /* what inih has not read yet */
    int line;
};

__attribute__((format(printf, 2, 3)))
static int refuse(struct reading *r, const char *why_fmt, ...)
{
    char why[sizeof r->err->why];
    va_list args;
    va_start(args, why_fmt);
    vsnprintf(why, sizeof why, why_fmt, args);
    va_end(args);
    r->failed = true;
    error_set(r->err, "settings refused");
    if (r->line)
        error_where(r->err, "%s:%d", r->name, r->line);
    else
        error_where(r->err, "%s", r->name);
    return error_why(r->err, "%s", why);
}

/* inih's source of lines: from memory, counting, and never half a line (inih
 * would take the other half for a line of its own). */
static char *next_line(char *buf, int size, void *ctx)
{
    struct reading *r = ctx;
    if (r->failed || r->at == r->end) return NULL;
    r->line++;
    const char *stop = memchr(r->at, '\n', (size_t)(r->end - r->at));
    const char *next = stop ? stop + 1 : r->end;
    /* an indented line would be the value's next line to inih; here it is a line like any other */
    while (r->at < next && (*r->at == ' ' || *r->at == '\t')) r->at++;
    size_t len = (size_t)(next - r->at);
    if (len + 1 > (size_t)size) {
        refuse(r, "the line is longer than %d bytes", size - 2);
        error_remedy(r->err, "write it shorter");
        return NULL;
    }
    memcpy(buf, r->at, len);
    buf[len] = '\0';
    r->at = next;
    return buf;
}

static const struct setting *find(const struct reading *r, const char *section, const char *key,
                                  bool *section_known)
{
    *section_known = false;
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->table[i].section, section) != 0) continue;
        *section_known = true;
        if (key && !strcmp(r->table[i].key, key)) return &r->table[i];
    }
    return NULL;
}

/* The sections, or the keys of one section, as a hint for who misspelt one. */
static void name_known(struct reading *r, const char *section)
{
    char list[sizeof r->err->remedy - 40] = "";
    size_t used = 0;
    const char *before = "";
    for (size_t i = 0; i < r->count; i++) {
        const struct setting *s = &r->table[i];
        if (section && strcmp(s->section, section) != 0) continue;
        const char *word = section ? s->key : s->section;
        if (!strcmp(word, before)) continue;
        before = word;
        if (used + strlen(word) + 3 > sizeof list) break;
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", word);
    }
    error_remedy(r->err, "known %s: %s", section ? "keys" : "sections", list);
}

static int take(void *ctx, const char *section, const char *key, const char *value)
{
    struct reading *r = ctx;
    bool section_known;
    if (r->failed) return 0;
    const struct setting *s = find(r, section, key, &section_known);
    if (!section_known) {
        refuse(r, *section ? "there is no section [%s]" : "a key stands before any section%s", section);
        name_known(r, NULL);
        return 0;
    }
    if (!s) {
        refuse(r, "there is no key \"%s\" in [%s]", key, section);
        name_known(r, section);
        return 0;
    }
    if (r->seen[s - r->table]) {
        refuse(r, "[%s] %s is given twice", section, key);
        error_remedy(r->err, "keep one of the two lines");
        return 0;
    }
    r->seen[s - r->table] = true;
    char why[160];
    if (setting_store(s, value, r->folder, r->into, why, sizeof why) == 0) return 1;
    refuse(r, "[%s] %s: %s", section, key, why);
    setting_remedy(s, r->err);
    return 0;
}

static int defaults(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct setting *s = &r->table[i];
        char why[160];
        if (!s->preset) continue;
        /* a preset path is meant as written: it belongs to the program, not to the file */
        int status = setting_store(s, s->preset, NULL, r->into, why, sizeof why);
        assert(status == 0);
        (void)status;
    }
    return 0;
}

static int complete(struct reading *r)
{
    for (size_t i = 0; i < r->count; i++) {
        const struct setting *s = &r->table[i];
        if (s->preset || r->seen[i]) continue;
        r->line = 0;
        refuse(r, "[%s] %s is missing and has no default", s->section, s->key);
        return error_remedy(r->err, "add it under [%s]: %s", s->section, s->meaning);
    }
    return 0;
}

static int check_text(struct reading *r)
{
    if (memchr(r->at, '\0', (size_t)(r->end - r->at))) {
        refuse(r, "there is a NUL byte in it");
        return error_remedy(r->err, "a settings file is plain text");
    }
    if (utf8_valid(r->at, (size_t)(r->end - r->at))) return 0;
    refuse(r, "it is not UTF-8");
    return error_remedy(r->err, "save it as UTF-8");
}

int settings_read(const char *text, size_t len, const char *name, const char *folder,
                  const struct setting *table, size_t count, void *into, struct error *err)
{
    assert(count <= SETTINGS_MAX);
    struct error unwanted = { 0 };
    struct reading r = { .name = name, .folder = folder, .table = table, .count = count,
                         .into = into, .err = err ? err : &unwanted, .at = text, .end = text + len };
    defaults(&r);
    if (len > SETTINGS_FILE_MAX) return refuse(&r, "it is larger than %zu bytes", SETTINGS_FILE_MAX);
    if (len && check_text(&r)) return -1;
    int bad_line = len ? ini_parse_stream(next_line, &r, take, &r) : 0;
    if (!r.failed && bad_line) {
        r.line = bad_line;
        refuse(&r, "this is neither [section], key = value nor a comment");
        return error_remedy(r.err, "put a ; before a comment");
    }
    return r.failed ? -1 : complete(&r);
}

/* The folder a file stands in, without the last '/'. */
static void folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 1;
    if (slash == path) len = 1;
    snprintf(folder, size, "%.*s", (int)len, slash ? path : ".");
}

static int read_file(const char *path, char **text, size_t *len, struct error *err)
{
    if (guard_rights("settings refused", path, err) != 0) return -1;
    FILE *in = fopen(path, "re");
    if (!in) {
        error_all(err, "settings cannot be read", path, strerror(errno),
                  "name another file with --config, or mend its rights");
        return -1;
    }
    *text = malloc(SETTINGS_FILE_MAX + 1);
    assert(*text);
    *len = fread(*text, 1, SETTINGS_FILE_MAX + 1, in);
    bool failed = ferror(in);
    int why = errno;
    fclose(in);
    if (!failed) return 0;
    free(*text);
    error_all(err, "settings cannot be read", path, strerror(why),
              "name a plain file with --config");
    return -1;
}

int settings_load(const char *path, const struct setting *table, size_t count, void *into,
                  struct error *err)
{
    if (!path) return settings_read("", 0, "default settings", NULL, table, count, into, err);
    char *text = NULL, folder[4096];
    size_t len = 0;
    if (read_file(path, &text, &len, err)) return -1;
    folder_of(path, folder, sizeof folder);
    int status = settings_read(text, len, path, folder, table, count, into, err);
    free(text);
    return status;
}

void settings_explain(FILE *out, const char *title, const struct setting *table, size_t count)
{
    const char *section = "";
    fprintf(out, "; %s\n", title);
    for (size_t i = 0; i < count; i++) {
        const struct setting *s = &table[i];
        if (strcmp(s->section, section) != 0) fprintf(out, "\n[%s]\n", s->section);
        section = s->section;
        fprintf(out, "\n; %s\n", s->meaning);
        if (s->preset)
            fprintf(out, ";%s = %s\n", s->key, s->preset);
        else
            fprintf(out, "; (must be given)\n;%s =\n", s->key);
    }
}
