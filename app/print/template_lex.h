/* The lexis of the form language: words, decimal integers, strings, ',' and '|'.
 * Blanks and line ends only separate; a // comment goes to the end of its line. */
#ifndef PRINT_TEMPLATE_LEX_H
#define PRINT_TEMPLATE_LEX_H

#include "print/template.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_INTEGER, TOKEN_STRING, TOKEN_COMMA, TOKEN_OR };

struct token {
    enum token_kind kind;
    const char *text; /* WORD, STRING: NUL-terminated, in the lexer's buffer */
    int value;        /* INTEGER */
    struct template_place place; /* column in characters, from 1 */
};

struct lexer {
    const char *name;          /* of the file, for messages */
    const char *at, *end;      /* bytes not read yet */
    char *out;                 /* words and strings are written here; never longer than the input + 1 */
    int line, column;
    struct token now;          /* the token looked at */
    struct error *err;
};

/* bytes must be valid UTF-8; out has room for 2 * len + 2 bytes. Reads the first token. */
int lexer_open(struct lexer *lexer, const char *name, const char *bytes, size_t len, char *out,
               struct error *err);
/* Goes on to the next token; -1 with err. */
int lexer_next(struct lexer *lexer);
/* Fills err with "template refused", file:line:column of `place`, and why. Always -1. */
int lexer_refuse(const struct lexer *lexer, struct template_place place, const char *why_fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The token as a person would name it, for messages: "\"POSITON\"", "the end of the file". */
const char *token_said(const struct token *token, char *buf, size_t size);

#endif
