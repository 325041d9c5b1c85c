/* Makes mutants of a C file: each is the file with one thing changed that changes what it does.
 *
 *   mutate FILE...                  "FILE NUMBER LINE KIND" of every mutant there is
 *   mutate -n COUNT -s SEED FILE... so many of them, drawn by the seed
 *   mutate -m NUMBER FILE           that one's source
 *
 * It knows tokens and no grammar: what does not compile is no mutant, and whoever builds it says so.
 * Kinds: a condition negated; a comparison, a conjunction, a sign, a constant changed; a result turned
 * round; a statement dropped; in SQL a comparison, a conjunction, an order, a set turned round. */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TOKENS_MAX 16384
#define SITES_MAX 8192
#define CHOSEN_MAX 65536

enum token_kind { IDENT, NUMBER, STRING, PUNCT };
struct token { enum token_kind kind; size_t at, len; int line; };
/* Between at and at + len stands `with` instead; an end behind `close` (0: none). */
struct site { size_t at, len, close; const char *with, *kind; int line; };

static char *text;
static struct token tokens[TOKENS_MAX];
static struct site sites[SITES_MAX];
static size_t token_count, site_count;

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f || fseek(f, 0, SEEK_END) != 0) {
        perror(path);
        exit(2);
    }
    long size = ftell(f);
    char *bytes = calloc(1, (size_t)size + 1);
    rewind(f);
    if (!bytes || fread(bytes, 1, (size_t)size, f) != (size_t)size) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return bytes;
}

/* --- tokens ----------------------------------------------------------------------------- */

static size_t skip_space(size_t at, int *line)
{
    for (;;) {
        bool fresh = at == 0 || text[at - 1] == '\n';
        if (strncmp(text + at, "/*", 2) == 0) {
            const char *end = strstr(text + at, "*/");
            for (; text + at < end + 2; at++)
                *line += text[at] == '\n';
        } else if (strncmp(text + at, "//", 2) == 0) {
            at += strcspn(text + at, "\n");
        } else if (fresh && text[at] == '#') { /* what the preprocessor reads is left as it is */
            while (text[at] && text[at] != '\n') {
                if (text[at] == '\\' && text[at + 1] == '\n') ++*line, at++;
                at++;
            }
        } else if (isspace((unsigned char)text[at])) {
            *line += text[at++] == '\n';
        } else {
            return at;
        }
    }
}

static size_t length_of(size_t at, enum token_kind *kind)
{
    static const char *const long_ones[] = {"<<=", ">>=", "...", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "|=", "&="};
    size_t len = 1;
    if (isalpha((unsigned char)text[at]) || text[at] == '_') {
        for (*kind = IDENT; isalnum((unsigned char)text[at + len]) || text[at + len] == '_';) len++;
    } else if (isdigit((unsigned char)text[at])) {
        for (*kind = NUMBER; isalnum((unsigned char)text[at + len]) || text[at + len] == '.';) len++;
    } else if (text[at] == '"' || text[at] == '\'') {
        for (*kind = STRING; text[at + len] && text[at + len] != text[at]; len++)
            len += text[at + len] == '\\';
        len++;
    } else {
        *kind = PUNCT;
        for (size_t i = 0; i < sizeof long_ones / sizeof *long_ones; i++)
            if (strncmp(text + at, long_ones[i], strlen(long_ones[i])) == 0) return strlen(long_ones[i]);
    }
    return len;
}

static void read_tokens(void)
{
    int line = 1;
    token_count = 0;
    for (size_t at = skip_space(0, &line); text[at] && token_count < TOKENS_MAX; at = skip_space(at, &line)) {
        struct token *t = &tokens[token_count++];
        t->at = at;
        t->line = line;
        at += t->len = length_of(at, &t->kind);
    }
}

static bool is(size_t i, const char *word)
{
    return i < token_count && tokens[i].len == strlen(word) && strncmp(text + tokens[i].at, word, tokens[i].len) == 0;
}

static size_t closing(size_t open)
{
    int depth = 0;
    for (size_t i = open; i < token_count; i++) {
        depth += is(i, "(") || is(i, "[") || is(i, "{");
        depth -= is(i, ")") || is(i, "]") || is(i, "}");
        if (depth == 0) return i;
    }
    return token_count - 1;
}

/* The head of an if, a while or a for ends here: what follows is a statement. */
static bool head_ends(size_t i)
{
    int depth = 0;
    size_t k = i + 1;
    while (k-- > 0) {
        depth += is(k, ")");
        depth -= is(k, "(");
        if (depth == 0) break;
    }
    return is(i, ")") && k > 0 && k < i && (is(k - 1, "if") || is(k - 1, "while") || is(k - 1, "for"));
}

/* --- what can be changed ------------------------------------------------------------------- */

static void add(size_t at, size_t len, size_t close, const char *with, const char *kind, int line)
{
    if (site_count < SITES_MAX) sites[site_count++] = (struct site){at, len, close, with, kind, line};
}

static void instead(size_t i, const char *with, const char *kind) { add(tokens[i].at, tokens[i].len, 0, with, kind, tokens[i].line); }

/* On both sides of a sign that joins two values stands a value. */
static bool joins(size_t i)
{
    return i > 0 && (tokens[i - 1].kind == NUMBER || (tokens[i - 1].kind == IDENT && !is(i - 1, "return")) || is(i - 1, ")") || is(i - 1, "]"));
}

static void operators(size_t i)
{
    static const struct { const char *is, *with, *kind; } all[] = {
        {"==", "!=", "comparison"}, {"!=", "==", "comparison"}, {"<", "<=", "boundary"}, {"<=", "<", "boundary"}, {">", ">=", "boundary"},
        {">=", ">", "boundary"}, {"<", ">=", "comparison"}, {">", "<=", "comparison"}, {"&&", "||", "conjunction"}, {"||", "&&", "conjunction"},
        {"+=", "-=", "sign"}, {"-=", "+=", "sign"}, {"true", "false", "result"}, {"false", "true", "result"},
        {"break", "", "drop"}, {"continue", "", "drop"},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        if (is(i, all[k].is)) instead(i, all[k].with, all[k].kind);
    if (joins(i) && is(i, "+")) instead(i, "-", "sign");
    if (joins(i) && is(i, "-")) instead(i, "+", "sign");
    if (is(i, "LEDGER_OK") && !is(i - 1, "==") && !is(i - 1, "!=")) instead(i, "LEDGER_STATE", "result");
    if ((is(i, "if") || is(i, "while")) && is(i + 1, "(")) {
        size_t end = closing(i + 1);
        add(tokens[i + 1].at, 1, tokens[end].at, "(!(", "negated", tokens[i].line);
    }
}

static void numbers(size_t i)
{
    static char with[TOKENS_MAX][16];
    if (tokens[i].kind != NUMBER || tokens[i].len > 9 || is(i - 1, "[") || is(i + 1, "]")) return;
    if (is(i - 1, "{") && is(i, "0") && is(i + 1, "}")) return; /* all of it empty */
    long value = strtol(text + tokens[i].at, NULL, 0);
    snprintf(with[i], sizeof with[i], "%ld", value + 1);
    instead(i, with[i], "constant");
    if (value > 0 && is(i - 1, "+")) instead(i, "0", "constant");
}

/* A statement that is an expression begins here. */
static void statements(size_t i)
{
    static const char *const after[] = {"=", "(", ".", "->", "+=", "-=", "|=", "&=", "++", "--", "["};
    bool fresh = i > 0 && (is(i - 1, ";") || is(i - 1, "{") || is(i - 1, "}") || is(i - 1, "else") || head_ends(i - 1)), goes = false;
    size_t end = i;
    if (!fresh) return;
    for (size_t k = 0; k < sizeof after / sizeof *after; k++)
        goes = goes || is(i + 1, after[k]);
    bool word = tokens[i].kind == IDENT && goes && !is(i, "return") && !is(i, "if") && !is(i, "while") && !is(i, "for") && !is(i, "switch") && !is(i, "sizeof");
    bool star = is(i, "*") && tokens[i + 1].kind == IDENT && !is(i + 2, ")");
    if (!word && !star && !is(i, "++") && !is(i, "--")) return;
    while (end < token_count && !is(end, ";"))
        end = is(end, "(") || is(end, "{") || is(end, "[") ? closing(end) + 1 : end + 1;
    if (end < token_count) add(tokens[i].at, tokens[end].at - tokens[i].at, 0, "", "drop", tokens[i].line);
}

/* --- SQL ------------------------------------------------------------------------------------- */

static bool sql_word(size_t at, const char *word)
{
    size_t len = strlen(word);
    return strncmp(text + at, word, len) == 0 && (at == 0 || !isalnum((unsigned char)text[at - 1])) && !isalnum((unsigned char)text[at + len]);
}

static void sql(size_t i)
{
    static const struct { const char *is, *with; } words[] = {
        {"AND", "OR"}, {"OR", "AND"}, {"IS NULL", "IS NOT NULL"}, {"IS NOT NULL", "IS NULL"}, {"NOT IN", "IN"}, {"DESC", "ASC"},
        {"min", "max"}, {"max", "min"}, {"NOT EXISTS", "EXISTS"}, {"count", "1 + count"},
    };
    static const struct { const char *is, *with; } signs[] = {{" = ", " <> "}, {" <> ", " = "}, {" < ", " <= "}, {" <= ", " < "}, {" > ", " >= "},
                                                              {" >= ", " > "}, {" + ", " - "}, {" - ", " + "}};
    size_t from = tokens[i].at + 1, upto = tokens[i].at + tokens[i].len - 1;
    static bool asks; /* what was read last asks, and does not set */
    bool any = false, joined = i > 0 && tokens[i - 1].kind == STRING;
    for (size_t at = from; at < upto && !any; at++)
        any = sql_word(at, "SELECT") || sql_word(at, "WHERE") || sql_word(at, "UPDATE") || sql_word(at, "AND") || sql_word(at, "ON CONFLICT");
    if (tokens[i].kind != STRING || text[tokens[i].at] != '"' || !any) return;
    if (!joined) asks = true;
    for (size_t at = from; at < upto; at++) {
        if (sql_word(at, "SET")) asks = false;
        if (sql_word(at, "WHERE") || sql_word(at, "iif") || sql_word(at, "SELECT") || sql_word(at, "ON") || sql_word(at, "WHEN")) asks = true;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (sql_word(at, words[k].is)) add(at, strlen(words[k].is), 0, words[k].with, "sql", tokens[i].line);
        for (size_t k = 0; asks && k < sizeof signs / sizeof *signs; k++)
            if (strncmp(text + at, signs[k].is, strlen(signs[k].is)) == 0) add(at, strlen(signs[k].is), 0, signs[k].with, "sql", tokens[i].line);
    }
}

static void find_sites(const char *path)
{
    text = read_file(path);
    site_count = 0;
    read_tokens();
    for (size_t i = 0; i < token_count; i++) {
        operators(i);
        numbers(i);
        statements(i);
        sql(i);
    }
}

/* --- what is asked for ---------------------------------------------------------------------------- */

static void print_mutant(const struct site *s)
{
    fwrite(text, 1, s->at, stdout);
    fputs(s->with, stdout);
    if (s->close) {
        fwrite(text + s->at + s->len, 1, s->close - s->at - s->len, stdout);
        fputs("))", stdout);
        fputs(text + s->close + 1, stdout);
    } else {
        fputs(text + s->at + s->len, stdout);
    }
}

static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* The file's path and the mutant's place in it, as lines: shuffled, and the first so many. */
static void print_list(char **paths, int path_count, long most, uint64_t seed)
{
    static char lines[CHOSEN_MAX][120];
    long count = 0;
    for (int p = 0; p < path_count; p++) {
        find_sites(paths[p]);
        for (size_t i = 0; i < site_count && count < CHOSEN_MAX; i++)
            snprintf(lines[count++], sizeof lines[0], "%s %zu %d %s", paths[p], i, sites[i].line, sites[i].kind);
        free(text);
    }
    for (long i = 0; i < count && i < most; i++) {
        long with = i + (long)(draw(&seed) % (uint64_t)(count - i));
        char line[sizeof lines[0]];
        memcpy(line, lines[i], sizeof line);
        memcpy(lines[i], lines[with], sizeof line);
        memcpy(lines[with], line, sizeof line);
    }
    for (long i = 0; i < count && (most < 0 || i < most); i++)
        puts(lines[i]);
}

int main(int argc, char **argv)
{
    long most = -1, one = -1;
    uint64_t seed = 1;
    int option;
    while ((option = getopt(argc, argv, "n:s:m:")) != -1)
        switch (option) {
        case 'n': most = strtol(optarg, NULL, 10); break;
        case 's': seed = strtoull(optarg, NULL, 10); break;
        case 'm': one = strtol(optarg, NULL, 10); break;
        default: fprintf(stderr, "usage: mutate [-n count] [-s seed] file... | -m number file\n"); return 64;
        }
    if (one < 0) {
        print_list(argv + optind, argc - optind, most, seed);
        return 0;
    }
    if (optind >= argc) return 64;
    find_sites(argv[optind]);
    if ((size_t)one >= site_count) return 1;
    print_mutant(&sites[one]);
    return 0;
}
