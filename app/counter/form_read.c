#include "counter/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PICTURE_BAR '|'
#define HELP_TEXT_MAX 4096
#define LINE_SIZE 1024

struct reader {
    const char *where;
    int line;
    struct form *form;
    enum { PART_HEAD, PART_SCREEN, PART_FIELDS, PART_LIST, PART_HELP } part;
    int rows;
    bool named[FORM_FIELDS_MAX];
    struct error *err;
};

static const char *const kinds[] = {"text", "digits", "money", "count", "clock", "day", "secret", "letter"};
static const char *const aligns[] = {"left", "right", "centre"};
static const char *const parts[] = {"", "[screen]", "[fields]", "[list]", "[help]"};

static int index_of(const char *word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(word, words[i])) return (int)i;
    return -1;
}

static int bad(struct reader *r, const char *why, const char *what)
{
    error_set(r->err, "form refused");
    error_where(r->err, "%s:%d", r->where, r->line);
    error_why(r->err, "%s%s%s", why, *what ? ": " : "", what);
    return error_remedy(r->err, "correct the file; the built-in form is used until then");
}

bool form_char_allowed(uint32_t cp)
{
    static const struct { uint32_t from, to; } allowed[] = {
        {0x20, 0x7e},       {0x3000, 0x303f}, {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
        {0xf900, 0xfaff},   {0xff01, 0xff60}, {0xffe0, 0xffe6},   {0x20000, 0x3fffd},
    };
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (cp >= allowed[i].from && cp <= allowed[i].to) return true;
    return false;
}

static int add_field(struct reader *r, const char *at, const char *end, int col)
{
    struct form *form = r->form;
    bool input = *at == '[';
    const char *close = memchr(at, input ? ']' : '>', (size_t)(end - at));
    if (!close || close - at < 2) return bad(r, "a field has no end in its row", "");
    if (form->field_count == FORM_FIELDS_MAX) return bad(r, "more than 64 fields", "");
    for (const char *p = at + 2; p < close; p++)
        if (*p != ' ') return bad(r, "inside a field only its mark and blanks may stand", "");
    for (int i = 0; i < form->field_count; i++)
        if (form->field[i].mark == at[1]) return bad(r, "a mark stands twice", (char[]){at[1], 0});
    struct form_field *field = &form->field[form->field_count++];
    field->mark = at[1];
    field->input = input;
    field->row = r->rows;
    field->col = col + input;
    field->width = (int)(close - at) + 1 - 2 * input;
    field->max = field->width;
    return (int)(close - at) + 1;
}

/* Copies a picture row with its fields blanked; fields become entries. */
static int picture_row(struct reader *r, const char *text, size_t len)
{
    if (r->rows == FORM_ROWS) return bad(r, "more than 24 rows", "");
    if (len < 2 || text[0] != PICTURE_BAR || text[len - 1] != PICTURE_BAR)
        return bad(r, "a row of the picture starts and ends with |", "");
    const char *at = text + 1, *end = text + len - 1;
    char *out = r->form->row[r->rows];
    size_t used = 0;
    int col = 0;
    while (at < end) {
        uint32_t cp;
        size_t took = utf8_next(at, end, &cp);
        if (!took) return bad(r, "not UTF-8", "");
        if (!form_char_allowed(cp))
            return bad(r, "a character that is not as wide on every terminal (use ASCII, Hanzi, full-width)", "");
        if (*at == '[' || *at == '<') {
            int cells = add_field(r, at, end, col);
            if (cells < 0) return -1;
            if (col + cells > FORM_COLS) break;
            memset(out + used, ' ', (size_t)cells);
            if (*at == '[') out[used] = '[', out[used + (size_t)cells - 1] = ']';
            used += (size_t)cells, col += cells, at += cells;
            continue;
        }
        if ((col += text_cp_width(cp)) > FORM_COLS) break;
        memcpy(out + used, at, took);
        used += took, at += took;
    }
    out[used] = 0;
    if (col != FORM_COLS || at < end) {
        char count[48];
        snprintf(count, sizeof count, "%d cells, not 80", col);
        return bad(r, at < end ? "the row is longer than 80 cells" : count, "");
    }
    r->rows++;
    return 0;
}

static int field_line(struct reader *r, char *line)
{
    char *save = NULL, *word[5] = {0};
    int n = 0;
    for (char *w = strtok_r(line, " \t", &save); w; w = strtok_r(NULL, " \t", &save)) {
        if (n == 5) return bad(r, "too many words in a field's line", w);
        word[n++] = w;
    }
    if (n < 4) return bad(r, "a field's line is: mark name kind alignment [characters]", "");
    int i = 0, kind = index_of(word[2], kinds, 8), align = index_of(word[3], aligns, 3);
    while (i < r->form->field_count && r->form->field[i].mark != word[0][0]) i++;
    if (word[0][1] || i == r->form->field_count) return bad(r, "no such mark in the picture", word[0]);
    if (r->named[i]) return bad(r, "this mark has a name already", word[0]);
    if (kind < 0) return bad(r, "no such kind (text digits money count clock day secret letter)", word[2]);
    if (align < 0) return bad(r, "no such alignment (left right centre)", word[3]);
    struct form_field *field = &r->form->field[i];
    if (!text_copy(field->name, sizeof field->name, word[1])) return bad(r, "a name over 31 letters", word[1]);
    field->kind = (enum form_kind)kind;
    field->align = (enum form_align)align;
    if (word[4]) field->max = atoi(word[4]);
    if (field->max < 1 || field->max > 200) return bad(r, "characters: 1 to 200", word[4] ? word[4] : "");
    r->named[i] = true;
    return 0;
}

static int list_line(struct reader *r, const char *line)
{
    int first, last, n = 0;
    if (sscanf(line, "rows %d-%d%n", &first, &last, &n) != 2 || line[n])
        return bad(r, "the list's line is: rows FIRST-LAST", line);
    if (first < 1 || last < first || last > FORM_ROWS) return bad(r, "rows are 1 to 24", line);
    r->form->list_first = first - 1;
    r->form->list_last = last - 1;
    return 0;
}

static int help_more(struct reader *r, const char *text)
{
    struct form *form = r->form;
    if (!form->help_count) return bad(r, "help starts with NAME: text", "");
    char **whole = &form->help[form->help_count - 1].text;
    size_t have = strlen(*whole), more = strlen(text);
    if (have + more + 2 > HELP_TEXT_MAX) return bad(r, "a help text over 4,096 bytes", "");
    char *longer = realloc(*whole, have + more + 2);
    if (!longer) return bad(r, "no memory", "");
    if (have) longer[have++] = '\n';
    memcpy(longer + have, text, more + 1);
    *whole = longer;
    return 0;
}

static int help_line(struct reader *r, char *line)
{
    struct form *form = r->form;
    if (*line == ' ') return help_more(r, line + strspn(line, " "));
    char *colon = strchr(line, ':');
    if (!colon) return bad(r, "help starts with NAME: text", line);
    *colon = 0;
    if (form->help_count == FORM_HELPS_MAX) return bad(r, "more than 32 help texts", "");
    if (strcmp(line, "screen") != 0 && form_find(form, line) < 0) return bad(r, "help for a field that is not there", line);
    if (!text_copy(form->help[form->help_count].name, FORM_NAME_SIZE, line)) return bad(r, "a name over 31 letters", line);
    form->help[form->help_count].text = strdup("");
    if (!form->help[form->help_count++].text) return bad(r, "no memory", "");
    return help_more(r, colon + 1 + strspn(colon + 1, " "));
}

static int head_line(struct reader *r, const char *line)
{
    if (sscanf(line, "form %31[a-z0-9-] %7[A-Za-z_]", r->form->name, r->form->lang) == 2) return 0;
    return bad(r, "a form starts with: form NAME LANGUAGE", line);
}

static int one_line(struct reader *r, char *line, size_t len)
{
    if (r->part == PART_SCREEN && *line == PICTURE_BAR) return picture_row(r, line, len);
    if (!*line || (*line == '#' && r->part != PART_HELP)) return 0;
    if (*line == '[') {
        int part = index_of(line, parts, 5);
        if (part <= (int)r->part) return bad(r, "unknown part, or out of order (screen fields list help)", line);
        r->part = (unsigned)part;
        return 0;
    }
    switch (r->part) {
    case PART_HEAD: return head_line(r, line);
    case PART_SCREEN: return bad(r, "a row of the picture starts and ends with |", line);
    case PART_FIELDS: return field_line(r, line);
    case PART_LIST: return list_line(r, line);
    default: return help_line(r, line);
    }
}

static int whole(struct reader *r)
{
    struct form *form = r->form;
    char count[32];
    snprintf(count, sizeof count, "%d rows, not 24", r->rows);
    if (!*form->name) return bad(r, "a form starts with: form NAME LANGUAGE", "");
    if (r->rows != FORM_ROWS) return bad(r, "the picture is short", count);
    for (int i = 0; i < form->field_count; i++) {
        if (!r->named[i]) return bad(r, "a mark without a line under [fields]", (char[]){form->field[i].mark, 0});
        form->field[i].column = form->field[i].row == form->list_first;
    }
    return 0;
}

int form_read(const char *where, const char *text, size_t len, struct form **out, struct error *err)
{
    struct reader r = {.where = where, .err = err};
    char line[LINE_SIZE];
    int status = 0;
    *out = NULL;
    if (!(r.form = calloc(1, sizeof *r.form))) return error_set(err, "no memory for a form");
    r.form->list_first = r.form->list_last = -1;
    if (len > FORM_FILE_MAX) status = bad(&r, "the file is over 65,536 bytes", "");
    for (size_t at = 0; !status && at < len;) {
        const char *end = memchr(text + at, '\n', len - at);
        size_t n = end ? (size_t)(end - (text + at)) : len - at;
        r.line++;
        if (n >= sizeof line) status = bad(&r, "a line over 1,023 bytes", "");
        else if (memchr(text + at, 0, n)) status = bad(&r, "a zero byte", "");
        else {
            memcpy(line, text + at, n);
            line[n] = 0;
            if (n && line[n - 1] == '\r') line[--n] = 0;
            status = one_line(&r, line, n);
        }
        at += n + 1;
        if (end == NULL) break;
    }
    if (!status) status = whole(&r);
    if (status) form_free(r.form);
    else *out = r.form;
    return status;
}

void form_free(struct form *form)
{
    if (!form) return;
    for (int i = 0; i < form->help_count; i++) free(form->help[i].text);
    free(form);
}

int form_find(const struct form *form, const char *name)
{
    for (int i = 0; i < form->field_count; i++)
        if (!strcmp(form->field[i].name, name)) return i;
    return -1;
}

const char *form_help(const struct form *form, const char *name)
{
    char many[FORM_NAME_SIZE];
    size_t len = strlen(name);
    for (int i = 0; i < form->help_count; i++)
        if (!strcmp(form->help[i].name, name)) return form->help[i].text;
    while (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9') len--;
    if (len == 0 || !name[len] || !strcmp(name + len, "1")) return NULL;
    snprintf(many, sizeof many, "%.*s1", (int)len, name);
    return form_help(form, many); /* one text serves all of bill1, bill2 … */
}
