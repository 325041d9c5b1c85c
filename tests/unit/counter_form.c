/* Forms: what is refused and where, and that every form we ship is right in both languages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/text.h"
#include "counter/counter.h"

/* A form of 24 empty rows but for row 3, with the lines given below the picture. */
static const char *a_form(const char *row3, const char *rest)
{
    static char text[8192];
    size_t at = (size_t)snprintf(text, sizeof text, "form trial en\n[screen]\n");
    for (int i = 0; i < FORM_ROWS; i++)
        at += (size_t)snprintf(text + at, sizeof text - at, "|%s%*s|\n", i == 2 ? row3 : "",
                               FORM_COLS - (i == 2 ? text_width(row3) : 0), "");
    snprintf(text + at, sizeof text - at, "%s", rest);
    return text;
}

static void refused(const char *text, const char *where, const char *why)
{
    struct form *form;
    struct error err = {0};
    assert_int_equal(form_read("trial.form", text, strlen(text), &form, &err), -1);
    assert_null(form);
    if (strcmp(err.where, where)) fail_msg("refused at %s, not at %s: %s", err.where, where, err.why);
    assert_non_null(strstr(err.why, why));
    assert_true(*err.remedy);
}

static void a_good_form_is_read(void **state)
{
    struct form *form;
    struct error err = {0};
    const char *text = a_form("Customer [c      ] <n       >", "[fields]\nc customer digits left 10\nn name text left\n"
                                                             "[help]\nscreen: what it is\nand more\n");
    /* a help line that goes on starts with a blank */
    assert_int_equal(form_read("t", text, strlen(text), &form, &err), -1);
    text = a_form("Customer [c      ] <n       >", "[fields]\nc customer digits left 10\nn name text left\n"
                                                 "[help]\nscreen: what it is\n and more\ncustomer: a number\n");
    assert_int_equal(form_read("t", text, strlen(text), &form, &err), 0);
    int c = form_find(form, "customer"), n = form_find(form, "name");
    assert_true(form->field[c].input);
    assert_int_equal(form->field[c].row, 2);
    assert_int_equal(form->field[c].col, 10);
    assert_int_equal(form->field[c].width, 7);
    assert_int_equal(form->field[c].max, 10);
    assert_false(form->field[n].input);
    assert_int_equal(form->field[n].width, 10);
    assert_string_equal(form_help(form, "screen"), "what it is\nand more");
    form_free(form);
}

static void what_is_wrong_is_named_with_its_line(void **state)
{
    char long_row[200];
    memset(long_row, 'x', 81);
    long_row[81] = 0;
    refused("", "trial.form:0", "form NAME LANGUAGE");
    refused("form trial en\n[screen]\n|too short|\n", "trial.form:3", "9 cells, not 80");
    refused(a_form(long_row, ""), "trial.form:5", "longer than 80");
    refused(a_form("Customer [c      ", ""), "trial.form:5", "no end");
    refused(a_form("<c  > <c  >", ""), "trial.form:5", "twice");
    refused(a_form("<c x>", ""), "trial.form:5", "only its mark");
    refused(a_form("on \xe2\x97\x8f", ""), "trial.form:5", "not as wide");
    refused(a_form("\xff", ""), "trial.form:5", "not UTF-8");
    refused(a_form("<c  >", "[fields]\n"), "trial.form:27", "without a line");
    refused(a_form("<c  >", "[fields]\nd name text left\n"), "trial.form:28", "no such mark");
    refused(a_form("<c  >", "[fields]\nc name number left\n"), "trial.form:28", "no such kind");
    refused(a_form("<c  >", "[fields]\nc name text up\n"), "trial.form:28", "no such alignment");
    refused(a_form("<c  >", "[fields]\nc name text left 0\n"), "trial.form:28", "1 to 200");
    refused(a_form("<c  >", "[fields]\nc name\n"), "trial.form:28", "mark name kind");
    refused(a_form("<c  >", "[fields]\nc name text left\n[list]\nrows 18-7\n"), "trial.form:30", "1 to 24");
    refused(a_form("<c  >", "[fields]\nc name text left\n[help]\nnone: x\n"), "trial.form:30", "not there");
    refused(a_form("<c  >", "[help]\n[fields]\n"), "trial.form:28", "out of order");
    refused(a_form("", "[what]\n"), "trial.form:27", "unknown part");
}

static void every_form_here_is_right(void **state)
{
    int forms = 0;
    for (const struct form_builtin *b = forms_builtin; b->name; b++, forms++) {
        struct form *form;
        struct error err = {0};
        if (form_read(b->name, b->text, strlen(b->text), &form, &err)) fail_msg("%s: %s", err.where, err.why);
        for (int row = 0; row < FORM_ROWS; row++) assert_int_equal(text_width(form->row[row]), FORM_COLS);
        form_free(form);
    }
    assert_true(forms > 30);
}

static bool same_fields(const struct form *en, const struct form *zh)
{
    for (int i = 0; i < en->field_count; i++) {
        int j = form_find(zh, en->field[i].name);
        if (j < 0 || zh->field[j].kind != en->field[i].kind || zh->field[j].input != en->field[i].input ||
            zh->field[j].max != en->field[i].max)
            return false;
    }
    for (int i = 0; i < en->help_count; i++)
        if (!form_help(zh, en->help[i].name)) return false;
    return en->field_count == zh->field_count && en->help_count == zh->help_count &&
           en->list_first == zh->list_first && en->list_last == zh->list_last;
}

static void both_languages_have_the_same_fields(void **state)
{
    forms_open(NULL);
    for (const struct form_builtin *b = forms_builtin; b->name; b++) {
        char name[FORM_NAME_SIZE];
        struct error err = {0};
        snprintf(name, sizeof name, "%.*s", (int)strcspn(b->name, "."), b->name);
        const struct form *en = forms_get(name, "en", &err), *zh = forms_get(name, "zh_CN", &err);
        assert_non_null(en);
        assert_non_null(zh);
        if (!same_fields(en, zh)) fail_msg("%s: fields or helps differ between en and zh_CN", name);
    }
    forms_close();
}

static void every_input_has_help(void **state)
{
    forms_open(NULL);
    for (const struct form_builtin *b = forms_builtin; b->name; b++) {
        struct form *form;
        struct error err = {0};
        assert_int_equal(form_read(b->name, b->text, strlen(b->text), &form, &err), 0);
        for (int i = 0; i < form->field_count; i++) {
            const char *name = form->field[i].name;
            bool row_of_count = name[0] == 'n' && name[1] >= '0' && name[1] <= '9'; /* one text serves all */
            if (form->field[i].input && !row_of_count && !form_help(form, name)) fail_msg("%s: no help on %s", b->name, name);
        }
        form_free(form);
    }
    forms_close();
}

static void a_broken_file_is_told_and_the_built_in_form_used(void **state)
{
    char folder[] = "/tmp/forms-XXXXXX", path[64];
    struct error err = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/collect.en.form", folder);
    FILE *file = fopen(path, "w");
    fputs("form collect en\n[screen]\n|short|\n", file);
    fclose(file);
    forms_open(folder);
    const struct form *form = forms_get("collect", "en", &err);
    assert_non_null(form);
    assert_true(form_find(form, "customer") >= 0);
    assert_non_null(strstr(err.where, "collect.en.form:3"));
    memset(&err, 0, sizeof err);
    assert_non_null(forms_get("collect", "zh_CN", &err)); /* no file of it: nothing to tell */
    assert_string_equal(err.what, "");
    forms_close();
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_form_is_read),
        cmocka_unit_test(what_is_wrong_is_named_with_its_line),
        cmocka_unit_test(every_form_here_is_right),
        cmocka_unit_test(both_languages_have_the_same_fields),
        cmocka_unit_test(every_input_has_help),
        cmocka_unit_test(a_broken_file_is_told_and_the_built_in_form_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
