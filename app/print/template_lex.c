#include "print/template_lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define INTEGER_MAX 1000000
#define WORD_MAX 40

int lexer_refuse(const struct lexer *lexer, struct template_place place, const char *why_fmt, ...)
{
    char why[240];
    va_list args;
    va_start(args, why_fmt);
    vsnprintf(why, sizeof why, why_fmt, args);
    va_end(args);
    error_set(lexer->err, "template refused");
    error_where(lexer->err, "%s:%d:%d", lexer->name, place.line, place.column);
    return error_why(lexer->err, "%s", why);
}

const char *token_said(const struct token *token, char *buf, size_t size)
{
    switch (token->kind) {
    case TOKEN_END: snprintf(buf, size, "the end of the file"); break;
    case TOKEN_WORD: snprintf(buf, size, "%.40s", token->text); break;
    case TOKEN_STRING: snprintf(buf, size, "a string"); break;
    case TOKEN_INTEGER: snprintf(buf, size, "the number %d", token->value); break;
    case TOKEN_COMMA: snprintf(buf, size, "a comma"); break;
    case TOKEN_OR: snprintf(buf, size, "|"); break;
    }
    return buf;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

/* One character on, counting lines and columns. */
static uint32_t step(struct lexer *lexer)
{
    uint32_t cp = 0;
    size_t took = utf8_next(lexer->at, lexer->end, &cp);
    lexer->at += took ? took : 1;
    if (cp == '\n') {
        lexer->line++;
        lexer->column = 1;
    } else {
        lexer->column++;
    }
    return cp;
}

static void skip_blanks(struct lexer *lexer)
{
    while (lexer->at < lexer->end) {
        if (is_blank(*lexer->at)) {
            step(lexer);
        } else if (lexer->end - lexer->at >= 2 && lexer->at[0] == '/' && lexer->at[1] == '/') {
            while (lexer->at < lexer->end && *lexer->at != '\n') step(lexer);
        } else {
            return;
        }
    }
}

static void keep(struct lexer *lexer, const char *from, size_t len)
{
    memcpy(lexer->out, from, len);
    lexer->out += len;
}

static int read_string(struct lexer *lexer)
{
    struct token *now = &lexer->now;
    now->kind = TOKEN_STRING;
    now->text = lexer->out;
    step(lexer);
    while (lexer->at < lexer->end && *lexer->at != '"') {
        struct template_place place = {lexer->line, lexer->column};
        if (lexer->at[0] == '\\' && lexer->end - lexer->at >= 2 && (lexer->at[1] == '"' || lexer->at[1] == '\\'))
            step(lexer);
        const char *from = lexer->at;
        uint32_t cp = step(lexer);
        if (cp == '\n') {
            lexer_refuse(lexer, now->place, "this string has no closing quote in its line");
            return error_remedy(lexer->err, "end it with \"; a quote inside is written \\\"");
        }
        if (cp < 0x20 || cp == 0x7f) {
            lexer_refuse(lexer, place, "there is a control character in a string");
            return error_remedy(lexer->err, "take it out");
        }
        keep(lexer, from, (size_t)(lexer->at - from));
        if (lexer->out - now->text > TEMPLATE_TEXT_MAX)
            return lexer_refuse(lexer, now->place, "this string is longer than %d bytes", TEMPLATE_TEXT_MAX);
    }
    if (lexer->at == lexer->end) {
        lexer_refuse(lexer, now->place, "this string is never closed");
        return error_remedy(lexer->err, "end it with \"");
    }
    step(lexer);
    *lexer->out++ = '\0';
    return 0;
}

static int read_integer(struct lexer *lexer)
{
    struct token *now = &lexer->now;
    int value = 0;
    bool negative = *lexer->at == '-';
    now->kind = TOKEN_INTEGER;
    if (negative) step(lexer);
    if (lexer->at == lexer->end || !is_digit(*lexer->at)) {
        lexer_refuse(lexer, now->place, "a '-' stands before digits only");
        return error_remedy(lexer->err, "write a whole number");
    }
    while (lexer->at < lexer->end && is_digit(*lexer->at)) {
        value = value * 10 + (*lexer->at - '0');
        if (value > INTEGER_MAX) return lexer_refuse(lexer, now->place, "this number is over %d", INTEGER_MAX);
        step(lexer);
    }
    if (lexer->at < lexer->end && (is_letter(*lexer->at) || *lexer->at == '.')) {
        lexer_refuse(lexer, now->place, "a number is written in digits only");
        return error_remedy(lexer->err, "use a finer UNIT (MM, 10, 10 counts in tenths) instead of a decimal point");
    }
    now->value = negative ? -value : value;
    return 0;
}

static int read_word(struct lexer *lexer)
{
    struct token *now = &lexer->now;
    const char *from = lexer->at;
    while (lexer->at < lexer->end && (is_letter(*lexer->at) || is_digit(*lexer->at))) step(lexer);
    if (lexer->at - from > WORD_MAX) return lexer_refuse(lexer, now->place, "this word is longer than any keyword");
    now->kind = TOKEN_WORD;
    now->text = lexer->out;
    keep(lexer, from, (size_t)(lexer->at - from));
    *lexer->out++ = '\0';
    return 0;
}

int lexer_next(struct lexer *lexer)
{
    struct token *now = &lexer->now;
    skip_blanks(lexer);
    *now = (struct token){.place = {lexer->line, lexer->column}};
    if (lexer->at == lexer->end) return 0; /* TOKEN_END */
    char c = *lexer->at;
    if (c == '"') return read_string(lexer);
    if (is_digit(c) || c == '-') return read_integer(lexer);
    if (is_letter(c)) return read_word(lexer);
    if (c == ',' || c == '|') {
        now->kind = c == ',' ? TOKEN_COMMA : TOKEN_OR;
        step(lexer);
        return 0;
    }
    const char *from = lexer->at;
    step(lexer);
    lexer_refuse(lexer, now->place, "the character %.*s has no meaning here", (int)(lexer->at - from),
                 (unsigned char)*from < 0x20 ? "?" : from);
    return error_remedy(lexer->err, "text stands in quotes, a comment after //");
}

int lexer_open(struct lexer *lexer, const char *name, const char *bytes, size_t len, char *out,
               struct error *err)
{
    *lexer = (struct lexer){.name = name, .at = bytes, .end = bytes + len, .out = out,
                            .line = 1, .column = 1, .err = err};
    if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) lexer->at += 3; /* a byte order mark says UTF-8 */
    return lexer_next(lexer);
}
