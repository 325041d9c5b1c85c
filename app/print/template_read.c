#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "print/template_check.h"
#include "print/template_lex.h"
#include "print/template_words.h"

struct reader {
    struct lexer lexer;
    struct template_file *file;
    struct error *err;
};

/* What a block's keywords are stored into. */
struct block {
    enum template_block kind;
    void *into;
    uint64_t *given;
};

static const char *said(const struct reader *r, char *buf, size_t size)
{
    return token_said(&r->lexer.now, buf, size);
}

static int expect_word(struct reader *r, const char *word)
{
    char now[64];
    if (r->lexer.now.kind == TOKEN_WORD && !strcmp(r->lexer.now.text, word)) return lexer_next(&r->lexer);
    return lexer_refuse(&r->lexer, r->lexer.now.place, "%s is expected here, not %s", word, said(r, now, sizeof now));
}

/* --- values of a keyword ------------------------------------------------------- */

static void list_choices(const struct template_choice *choice, char *buf, size_t size)
{
    size_t used = 0;
    *buf = '\0';
    for (; choice->word; choice++) {
        if (choice->value < 0) continue;
        int n = snprintf(buf + used, size - used, "%s%s", used ? ", " : "", choice->word);
        if (n < 0 || (size_t)n >= size - used) return;
        used += (size_t)n;
    }
}

static int read_choice(struct reader *r, const struct template_word *word, int *value)
{
    char now[64], list[200];
    const struct token *token = &r->lexer.now;
    list_choices(word->choices, list, sizeof list);
    const struct template_choice *choice = word->choices;
    while (choice->word && !(token->kind == TOKEN_WORD && !strcmp(choice->word, token->text))) choice++;
    if (!choice->word) {
        lexer_refuse(&r->lexer, token->place, "%s cannot be %s", word->word, said(r, now, sizeof now));
        return error_remedy(r->err, "write one of: %s", list);
    }
    if (choice->value < 0) {
        lexer_refuse(&r->lexer, token->place, "%s %s is of the standard, but is not printed here", word->word, choice->word);
        return error_remedy(r->err, "write one of: %s", list);
    }
    *value = choice->value;
    return lexer_next(&r->lexer);
}

static int read_flags(struct reader *r, const struct template_word *word, int *value)
{
    int one = 0;
    *value = 0;
    for (;;) {
        if (read_choice(r, word, &one)) return -1;
        *value |= one;
        if (r->lexer.now.kind != TOKEN_OR) return 0;
        if (lexer_next(&r->lexer)) return -1;
    }
}

static int read_number(struct reader *r, const struct template_word *word, int *value)
{
    char now[64];
    const struct token *token = &r->lexer.now;
    if (token->kind != TOKEN_INTEGER) {
        lexer_refuse(&r->lexer, token->place, "%s wants a whole number here, not %s", word->word, said(r, now, sizeof now));
        return error_remedy(r->err, "write it in digits, without quotes");
    }
    if (token->value < word->least || token->value > word->most) {
        lexer_refuse(&r->lexer, token->place, "%s is %d, which is not in %d to %d", word->word, token->value, word->least, word->most);
        return error_remedy(r->err, "give a number of that range, or choose another UNIT");
    }
    *value = token->value;
    return lexer_next(&r->lexer);
}

static int read_text(struct reader *r, const struct template_word *word, const char **text)
{
    char now[64];
    const struct token *token = &r->lexer.now;
    if (token->kind != TOKEN_STRING) {
        lexer_refuse(&r->lexer, token->place, "%s wants a string in quotes here, not %s", word->word, said(r, now, sizeof now));
        return error_remedy(r->err, "put it between \" and \"");
    }
    *text = token->text;
    return lexer_next(&r->lexer);
}

static int read_values(struct reader *r, const struct template_word *word, const struct block *block)
{
    int dropped_number;
    const char *dropped_text;
    char *into = block->into, now[64];
    int *number = word->numbers == (size_t)-1 ? &dropped_number : (int *)(void *)(into + word->numbers);
    const char **text = word->text ? (const char **)(void *)(into + word->text) : &dropped_text;
    bool optional = false;
    for (const char *v = word->values; *v; v++) {
        if (*v == '[') {
            optional = true;
            continue;
        }
        if (v != word->values) {
            if (r->lexer.now.kind != TOKEN_COMMA && optional) return 0;
            if (r->lexer.now.kind != TOKEN_COMMA) {
                lexer_refuse(&r->lexer, r->lexer.now.place, "%s goes on with a comma here, not %s", word->word, said(r, now, sizeof now));
                return error_remedy(r->err, "%s takes %zu values with commas between them", word->word, strcspn(word->values, "["));
            }
            if (lexer_next(&r->lexer)) return -1;
            optional = false; /* what was begun is whole */
        }
        int status = *v == 'e'   ? read_choice(r, word, number++)
                     : *v == 'f' ? read_flags(r, word, number++)
                     : *v == 'i' ? read_number(r, word, number++)
                                 : read_text(r, word, text);
        if (status) return -1;
    }
    return 0;
}

/* --- blocks ---------------------------------------------------------------------- */

static const struct template_word *find_word(enum template_block kind, const char *text)
{
    const struct template_words *words = &template_words[kind];
    for (size_t i = 0; i < words->count; i++)
        if (!strcmp(words->word[i].word, text)) return &words->word[i];
    return NULL;
}

static int unknown_word(struct reader *r, enum template_block kind)
{
    char now[64];
    const struct token token = r->lexer.now;
    lexer_refuse(&r->lexer, token.place, "%s is no keyword of an %s", said(r, now, sizeof now), template_words[kind].block);
    for (int other = 0; other < BLOCK_COUNT; other++)
        if (token.kind == TOKEN_WORD && other != (int)kind && find_word((enum template_block)other, token.text))
            return error_remedy(r->err, "%s belongs into an %s", token.text, template_words[other].block);
    if (token.kind == TOKEN_END) return error_remedy(r->err, "close the block with END");
    return error_remedy(r->err, "keywords are in capitals; printer-templates/README.md lists them");
}

static int read_keyword(struct reader *r, const struct block *block)
{
    const struct token token = r->lexer.now;
    const struct template_word *word = token.kind == TOKEN_WORD ? find_word(block->kind, token.text) : NULL;
    if (!word) return unknown_word(r, block->kind);
    if (!word->values) {
        lexer_refuse(&r->lexer, token.place, "%s is of the standard, but not printed here", word->word);
        return error_remedy(r->err, "%s", word->instead);
    }
    uint64_t bit = UINT64_C(1) << (word - template_words[block->kind].word);
    if (*block->given & bit) {
        lexer_refuse(&r->lexer, token.place, "%s is given twice", word->word);
        return error_remedy(r->err, "keep one of the two");
    }
    *block->given |= bit;
    return lexer_next(&r->lexer) || read_values(r, word, block) ? -1 : 0;
}

static int check_needed(struct reader *r, const struct block *block, struct template_place place, const char *name)
{
    const struct template_words *words = &template_words[block->kind];
    for (size_t i = 0; i < words->count; i++) {
        if (!words->word[i].needed || (*block->given & (UINT64_C(1) << i))) continue;
        lexer_refuse(&r->lexer, place, "%s \"%s\" has no %s", words->block, name, words->word[i].word);
        return error_remedy(r->err, "add %s to it", words->word[i].word);
    }
    return 0;
}

static int open_block(struct reader *r, enum template_block kind, struct template_place *place, const char **name)
{
    char now[64];
    *place = r->lexer.now.place;
    if (lexer_next(&r->lexer)) return -1;
    const struct token *token = &r->lexer.now;
    if (token->kind != TOKEN_STRING || !*token->text || strlen(token->text) >= PAGE_NAME_SIZE) {
        lexer_refuse(&r->lexer, token->place, "%s wants its name in quotes (1 to %d bytes), not %s", template_words[kind].block,
                     PAGE_NAME_SIZE - 1, said(r, now, sizeof now));
        return error_remedy(r->err, "write %s \"name\" BEGIN", template_words[kind].block);
    }
    *name = token->text;
    return lexer_next(&r->lexer) || expect_word(r, "BEGIN") ? -1 : 0;
}

static bool at_word(const struct reader *r, const char *word)
{
    return r->lexer.now.kind == TOKEN_WORD && !strcmp(r->lexer.now.text, word);
}

static int read_words(struct reader *r, const struct block *block, struct template_place place, const char *name)
{
    while (!at_word(r, "END"))
        if (read_keyword(r, block)) return -1;
    return check_needed(r, block, place, name) || lexer_next(&r->lexer) ? -1 : 0;
}

/* A new last element of an array that grows by doubling; NULL with err. */
static void *append(struct reader *r, void **array, int *count, size_t size, int most, const char *what)
{
    if (*count == most) {
        lexer_refuse(&r->lexer, r->lexer.now.place, "there are more than %d %s", most, what);
        return NULL;
    }
    if ((*count & (*count - 1)) == 0) { /* 0, 1, 2, 4, 8 …: full */
        void *more = realloc(*array, size * (size_t)(*count ? *count * 2 : 1));
        if (!more) {
            error_set(r->err, "no memory for a template");
            return NULL;
        }
        *array = more;
    }
    void *one = (char *)*array + size * (size_t)(*count)++;
    memset(one, 0, size);
    return one;
}

static int read_field(struct reader *r, struct template_form *form)
{
    struct template_field *field = append(r, (void **)&form->field, &form->field_count, sizeof *field, TEMPLATE_FIELDS_MAX, "fields in a form");
    if (!field || open_block(r, BLOCK_FIELD, &field->place, &field->name)) return -1;
    struct block block = {BLOCK_FIELD, field, &field->given};
    return read_words(r, &block, field->place, field->name);
}

static int read_frame(struct reader *r, struct template_form *form)
{
    struct template_frame *frame = append(r, (void **)&form->frame, &form->frame_count, sizeof *frame, TEMPLATE_FRAMES_MAX, "frames in a form");
    if (!frame || open_block(r, BLOCK_FRAME, &frame->place, &frame->name)) return -1;
    struct block block = {BLOCK_FRAME, frame, &frame->given};
    return read_words(r, &block, frame->place, frame->name);
}

static int read_form(struct reader *r)
{
    struct template_file *file = r->file;
    struct template_form *form = append(r, (void **)&file->form, &file->form_count, sizeof *form, TEMPLATE_FORMS_MAX, "forms in a file");
    if (!form || open_block(r, BLOCK_FORM, &form->place, &form->name)) return -1;
    struct block block = {BLOCK_FORM, form, &form->given};
    while (!at_word(r, "END")) {
        int status = at_word(r, "XFSFIELD")   ? read_field(r, form)
                     : at_word(r, "XFSFRAME") ? read_frame(r, form)
                                              : read_keyword(r, &block);
        if (status) return -1;
    }
    if (check_needed(r, &block, form->place, form->name)) return -1;
    if (template_check_form(&r->lexer, form)) return -1;
    return lexer_next(&r->lexer);
}

static int read_media(struct reader *r)
{
    struct template_file *file = r->file;
    struct template_media *media = append(r, (void **)&file->media, &file->media_count, sizeof *media, TEMPLATE_FORMS_MAX, "media in a file");
    if (!media || open_block(r, BLOCK_MEDIA, &media->place, &media->name)) return -1;
    struct block block = {BLOCK_MEDIA, media, &media->given};
    if (read_words(r, &block, media->place, media->name)) return -1;
    return template_check_media(&r->lexer, media);
}

static int read_file(struct reader *r)
{
    char now[64];
    while (r->lexer.now.kind != TOKEN_END) {
        if (at_word(r, "XFSFORM")) {
            if (read_form(r)) return -1;
        } else if (at_word(r, "XFSMEDIA")) {
            if (read_media(r)) return -1;
        } else {
            lexer_refuse(&r->lexer, r->lexer.now.place, "XFSFORM or XFSMEDIA is expected here, not %s", said(r, now, sizeof now));
            return error_remedy(r->err, "fields and frames stand between their form's BEGIN and END");
        }
    }
    if (!r->file->form_count && !r->file->media_count) {
        lexer_refuse(&r->lexer, r->lexer.now.place, "there is neither a form nor a media in it");
        return error_remedy(r->err, "begin with XFSFORM \"name\" BEGIN or XFSMEDIA \"name\" BEGIN");
    }
    return template_check_names(&r->lexer, r->file);
}

/* Where the first byte is that is not UTF-8. */
static int refuse_bytes(struct reader *r, const char *bytes, size_t len, const char *name)
{
    struct template_place place = {1, 1};
    const char *at = bytes, *end = bytes + len;
    uint32_t cp;
    for (size_t took; at < end && (took = utf8_next(at, end, &cp)) > 0; at += took) {
        place.column = *at == '\n' ? 1 : place.column + 1;
        place.line += *at == '\n';
    }
    r->lexer = (struct lexer){.name = name, .err = r->err};
    lexer_refuse(&r->lexer, place, "this byte is not UTF-8");
    return error_remedy(r->err, "save the file as UTF-8");
}

int template_read(const char *name, const char *bytes, size_t len, struct template_file **out, struct error *err)
{
    struct error unwanted;
    struct reader r = {.err = err ? err : &unwanted};
    int status = -1;
    *out = NULL;
    if (len > TEMPLATE_FILE_MAX) {
        error_set(r.err, "template refused");
        error_where(r.err, "%s", name);
        return error_why(r.err, "it is larger than %zu bytes", TEMPLATE_FILE_MAX);
    }
    if (len && !utf8_valid(bytes, len)) return refuse_bytes(&r, bytes, len, name);
    r.file = calloc(1, sizeof *r.file);
    if (!r.file || !(r.file->text = malloc(2 * len + 2))) {
        error_set(r.err, "no memory for a template");
        goto done;
    }
    snprintf(r.file->name, sizeof r.file->name, "%s", name);
    if (lexer_open(&r.lexer, r.file->name, bytes, len, r.file->text, r.err)) goto done;
    status = read_file(&r);
done:
    if (status)
        template_free(r.file);
    else
        *out = r.file;
    return status;
}

void template_free(struct template_file *file)
{
    if (!file) return;
    for (int i = 0; i < file->form_count; i++) {
        free(file->form[i].field);
        free(file->form[i].frame);
    }
    free(file->form);
    free(file->media);
    free(file->text);
    free(file);
}

static int mm100(int base, int parts, int cell_um, int count)
{
    int64_t um = base == PAGE_UNIT_MM ? 1000 : base == PAGE_UNIT_INCH ? 25400 : cell_um;
    int64_t whole = um * count;
    int64_t by = (int64_t)parts * 10;
    return (int)((whole + (whole < 0 ? -by / 2 : by / 2)) / by);
}

int template_x_mm100(const struct template_unit *unit, const struct page_device *device, int count)
{
    return mm100(unit->base, unit->x_parts, device->cell_um, count);
}

int template_y_mm100(const struct template_unit *unit, const struct page_device *device, int count)
{
    return mm100(unit->base, unit->y_parts, device->row_um, count);
}
