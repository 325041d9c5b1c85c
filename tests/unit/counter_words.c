/* Every fixed word of branchd has a text here, in both languages. */
#include <libintl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "counter/counter.h"

#define REASONS_MAX 200

static void language(const char *name)
{
    extern int _nl_msg_cat_cntr;
    setenv("LANGUAGE", name, 1);
    ++_nl_msg_cat_cntr;
}

/* The words between ` in the table of codes of RPC.md. */
static int reasons(char (*words)[40])
{
    char line[4096];
    int count = 0;
    bool table = false;
    FILE *file = fopen("app/branchd/RPC.md", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (!strncmp(line, "| code |", 8)) table = true;
        else if (table && line[0] != '|') break;
        if (!table) continue;
        for (char *p = strchr(line, '`'); p; p = strchr(p, '`')) {
            size_t len = strcspn(++p, "`");
            assert_true(count < REASONS_MAX && len < 40);
            snprintf(words[count++], 40, "%.*s", (int)len, p);
            p += len + 1;
        }
    }
    fclose(file);
    return count;
}

static bool hanzi(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0xe3) return true;
    return false;
}

static void every_reason_of_the_seam_has_words(void **state)
{
    static char words[REASONS_MAX][40];
    int count = reasons(words);
    assert_true(count > 40);
    for (int i = 0; i < count; i++) {
        if (!word_known(words[i])) fail_msg("no text for the reason %s", words[i]);
        language("en");
        assert_false(hanzi(word_reason(words[i])));
        language("zh_CN");
        if (!hanzi(word_reason(words[i]))) fail_msg("no Chinese for the reason %s", words[i]);
    }
}

static void words_of_payments_have_both_languages(void **state)
{
    static const char *const words[] = {"waiting", "posted", "queued", "declined", "unknown", "undoing", "undone",
                                        "reversing", "reversed", "excepted", "short", "settled"};
    static const char *const kinds[] = {"declined", "no-answer", "unacknowledged", "doubt", "handed-over", "give-back",
                                        "exception", "short", "parked", "agreement"};
    language("zh_CN");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!hanzi(word_forwarded(words[i]))) fail_msg("no Chinese for %s", words[i]);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (!hanzi(word_kind(kinds[i]))) fail_msg("no Chinese for %s", kinds[i]);
    assert_true(hanzi(word_role(ROLE_TELLER)) && hanzi(word_role(ROLE_SUPERVISOR)) && hanzi(word_role(ROLE_TECHNICIAN)));
}

static void a_refusal_says_what_why_and_what_next(void **state)
{
    struct rpc_error error = {.reason = "paid", .message = "already paid", .why = "2026-05 at ABC", .response = "76"};
    char text[SAY_SIZE];
    language("en");
    words_error(&error, text, sizeof text);
    assert_string_equal(text, "Already paid (76): 2026-05 at ABC. Look the customer up again.");
}

static void a_word_of_a_newer_branchd_is_shown_as_it_is(void **state)
{
    struct rpc_error error = {.reason = "eclipse", .message = "the sun is away", .remedy = "wait"};
    char text[SAY_SIZE];
    language("en");
    assert_false(word_known("eclipse"));
    words_error(&error, text, sizeof text);
    assert_string_equal(text, "the sun is away. wait");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_of_the_seam_has_words),
        cmocka_unit_test(words_of_payments_have_both_languages),
        cmocka_unit_test(a_refusal_says_what_why_and_what_next),
        cmocka_unit_test(a_word_of_a_newer_branchd_is_shown_as_it_is),
    };
    const char *built = getenv("B");
    char locale[512];
    setlocale(LC_ALL, "C.UTF-8");
    snprintf(locale, sizeof locale, "%s/locale", built && *built ? built : "build");
    bindtextdomain("gridteller", locale);
    bind_textdomain_codeset("gridteller", "UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
