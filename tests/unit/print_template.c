/* The form language: what is wrong is named with its line and column; what is right
 * comes out as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "print/template.h"

#define FORM(body) "XFSFORM \"f\" BEGIN\nUNIT MM, 10, 10 SIZE 800, 400\n" body "END\n"
#define FIELD(body) FORM("XFSFIELD \"a\" BEGIN\n" body " END\n")
#define PLACED "POSITION 0, 0 SIZE 100, 50 "
#define MEDIA(body) "XFSMEDIA \"m\" BEGIN\nUNIT MM, 1, 1\n" body "END\n"

static const struct bad { const char *text, *place, *why; } bad[] = {
    /* lexis */
    {"", "1:1", "neither a form nor a media"},
    {"\n\n  XFSFIELD \"a\" BEGIN END", "3:3", "XFSFORM or XFSMEDIA is expected here, not XFSFIELD"},
    {"XFSFORM \"f\" BEGIN\n  UNIT MM; 1, 1", "2:10", "the character ; has no meaning"},
    {"XFSFORM \"f", "1:9", "never closed"},
    {"XFSFORM \"f\n\" BEGIN", "1:9", "no closing quote in its line"},
    {"XFSFORM \"a\tb\" BEGIN", "1:11", "control character"},
    {"XFSFORM \"f\" BEGIN UNIT MM, 1.5, 1", "1:28", "digits only"},
    {"XFSFORM \"f\" BEGIN UNIT MM, 9999999, 1", "1:28", "over 1000000"},
    {"XFSFORM \"f\" BEGIN UNIT MM, -, 1", "1:28", "before digits only"},
    {"XFSFORM \"\xe6\x88\xb7\xe5\x90\x8d\" BEGIN\nUNIT \xff", "2:6", "not UTF-8"},
    /* a column counts characters, not bytes */
    {"XFSFORM \"户名户名\" BEGIN BAD", "1:22", "BAD is no keyword of an XFSFORM"},
    /* blocks */
    {"XFSFORM BEGIN END", "1:9", "wants its name in quotes"},
    {"XFSFORM \"\" BEGIN END", "1:9", "wants its name in quotes"},
    {"XFSFORM \"f\" UNIT", "1:13", "BEGIN is expected here, not UNIT"},
    {"XFSFORM \"f\" BEGIN\nUNIT MM, 1, 1\nSIZE 1, 1", "3:10", "the end of the file is no keyword"},
    {"XFSFORM \"f\" BEGIN\nSIZE 1, 1\nEND", "1:1", "XFSFORM \"f\" has no UNIT"},
    {"XFSFORM \"f\" BEGIN\nUNIT MM, 1, 1\nEND", "1:1", "XFSFORM \"f\" has no SIZE"},
    {FORM("PRINTAREA 0, 0, 1, 1\n"), "3:1", "PRINTAREA is no keyword of an XFSFORM"},
    {FORM("position 0, 0\n"), "3:1", "position is no keyword"},
    {FORM("SIZE 1, 1\n"), "3:1", "SIZE is given twice"},
    {FORM("SKEW 1\n"), "3:1", "SKEW is of the standard, but not printed here"},
    {FORM("") FORM(""), "4:1", "stands here twice for the same LANGUAGE"},
    /* values */
    {FORM("LANGUAGE \"en\"\n"), "3:10", "LANGUAGE wants a whole number here, not a string"},
    {FORM("TITLE 5\n"), "3:7", "TITLE wants a string in quotes here, not the number 5"},
    {FORM("ALIGNMENT MIDDLE\n"), "3:11", "ALIGNMENT cannot be MIDDLE"},
    {FORM("ALIGNMENT TOPLEFT, 5\n"), "4:1", "ALIGNMENT goes on with a comma here, not END"},
    {FORM("ORIENTATION LANDSCAPE\n"), "3:13", "is of the standard, but is not printed here"},
    {FORM("CPI 100\n"), "3:5", "CPI is 100, which is not in 5 to 30"},
    {FIELD("POSITION 10"), "4:13", "POSITION goes on with a comma here, not END"},
    {FIELD("POSITION 10, -5 SIZE 1, 1"), "4:14", "POSITION is -5"},
    {FIELD(PLACED "STYLE BOLD|LOUD"), "4:39", "STYLE cannot be LOUD"},
    {FIELD(PLACED "STYLE BOLD|ROTATE90"), "4:39", "STYLE ROTATE90 is of the standard"},
    {FIELD(PLACED "STYLE BOLD| END"), "4:40", "STYLE cannot be END"},
    {FIELD(PLACED "INDEX 1, 2"), "4:39", "INDEX goes on with a comma here"},
    {FIELD(PLACED "INDEX 400, 0, 5000"), "3:1", "\"a\" reaches beyond 3 m"},
    {"XFSMEDIA \"m\" BEGIN UNIT MM, 1, 1 SIZE 80, 3001 END", "1:1", "\"m\" reaches beyond 3 m"},
    {"XFSFORM \"f\" BEGIN UNIT INCH, 1, 1 SIZE 120, 1 END", "1:1", "\"f\" reaches beyond 3 m"},
    {FIELD(PLACED "INDEX 501, 0, 5"), "3:1", "INDEX repeats 501 times; 500 is the most"},
    {FIELD(PLACED "CLASS MAYBE"), "4:34", "CLASS cannot be MAYBE"},
    {FIELD(PLACED "COLOR RED"), "4:28", "COLOR is of the standard"},
    /* what a form says of itself */
    {FORM("XFSFIELD \"a\" BEGIN END\n"), "3:1", "has no SIZE"},
    {FIELD("POSITION 750, 0 SIZE 100, 50"), "3:1", "ends at 850, the form is 800 wide"},
    {FIELD("POSITION 0, 390 SIZE 100, 50"), "3:1", "ends at 440, the form is 400 high"},
    {FIELD(PLACED "CLASS STATIC"), "3:1", "STATIC and has no INITIALVALUE"},
    {FIELD(PLACED "CLASS REQUIRED INITIALVALUE \"x\""), "3:1", "never takes its INITIALVALUE"},
    {FIELD(PLACED "FORMAT \"roubles\""), "3:1", "FORMAT that is not known"},
    {FIELD(PLACED "FONT \"Kai\""), "3:1", "names a FONT for text"},
    {FIELD(PLACED "TYPE BARCODE"), "3:1", "is a BARCODE of no FONT"},
    {FIELD(PLACED "TYPE BARCODE FONT \"EAN\""), "3:1", "FONT that is not known"},
    {FIELD(PLACED "TYPE MICR"), "4:33", "TYPE MICR is of the standard"},
    {FIELD(PLACED "CPI 10 POINTSIZE 9"), "3:1", "a fixed pitch (CPI) and is proportional"},
    {FIELD("FOLLOWS \"b\""), "3:1", "follows \"b\", which does not stand before it"},
    {FIELD(PLACED "END XFSFIELD \"b\" BEGIN FOLLOWS \"a\" SIZE 5, 5"), "4:32", "no POSITION, SIZE or INDEX of its own"},
    {FIELD(PLACED "END XFSFIELD \"a\" BEGIN " PLACED), "4:32", "there are two fields \"a\""},
    {FIELD(PLACED "END XFSFIELD \"b\" BEGIN FOLLOWS \"a\" END XFSFIELD \"c\" BEGIN FOLLOWS \"a\""), "4:67", "which \"b\" follows already"},
    {FORM("XFSFRAME \"g\" BEGIN FRAMES \"a\" END\n"), "3:1", "not a placed field"},
    {FORM("XFSFRAME \"g\" BEGIN POSITION 1, 1 END\n"), "3:1", "has no SIZE"},
    {FORM("XFSFRAME \"g\" BEGIN POSITION 0, 0 SIZE 100, 0 REPEATONY 12, 40 END\n"), "3:1", "reaches to 440"},
    {FORM("XFSFRAME \"g\" BEGIN POSITION 0, 0 SIZE 9, 9 TYPE ELLIPSE END\n"), "3:49", "TYPE ELLIPSE is of the standard"},
    {MEDIA("SIZE 0, 100\n"), "1:1", "has no width"},
    {MEDIA("SIZE 100, 0 TYPE PASSBOOK\n"), "1:1", "a roll) and is not GENERIC"},
    {MEDIA("SIZE 100, 100 FOLD HORIZONTAL\n"), "1:1", "are of a PASSBOOK"},
    {MEDIA("SIZE 100, 100 PRINTAREA 50, 0, 60, 100\n"), "1:1", "PRINTAREA of XFSMEDIA \"m\" lies outside"},
    {MEDIA("SIZE 100, 100 RESTRICTED 0, 90, 60, 20\n"), "1:1", "RESTRICTED of XFSMEDIA \"m\" lies outside"},
    {MEDIA("SIZE 100, 100\n") MEDIA("SIZE 100, 100\n"), "5:1", "media \"m\" stands here twice"},
};

static void each_mistake_is_named_with_its_line_and_column(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct template_file *file;
        struct error err = {0};
        char place[64];
        snprintf(place, sizeof place, "t.form:%s", bad[i].place);
        if (template_read("t.form", bad[i].text, strlen(bad[i].text), &file, &err) != -1) fail_msg("taken: %s", bad[i].text);
        assert_null(file);
        if (strcmp(err.where, place) || !strstr(err.why, bad[i].why))
            fail_msg("wanted %s %s\n  got %s: %s\n  of %s", place, bad[i].why, err.where, err.why, bad[i].text);
        assert_string_equal(err.what, "template refused");
    }
}

static void every_mistake_says_what_to_do(void **state)
{
    int silent = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct template_file *file;
        struct error err = {0};
        template_read("t.form", bad[i].text, strlen(bad[i].text), &file, &err);
        if (!*err.remedy) silent++;
    }
    /* the number that is over any, and the missing BEGIN, say all in their reason */
    assert_int_equal(silent, 2);
}

static void a_form_comes_out_as_it_was_written(void **state)
{
    static const char text[] =
        "\xef\xbb\xbf// a technician's remark\r\n"
        "XFSFORM \"receipt\" BEGIN UNIT ROWCOLUMN,1,1 SIZE 48,20 ALIGNMENT TOPLEFT,1,2\r\n"
        "  LANGUAGE 2052 VERSION 1,2,\"2026-11-20\",\"王敏\" TITLE \"the \\\"best\\\" // form \\\\\"\n"
        "  XFSFIELD \"name\" BEGIN // head\n POSITION 10,3 SIZE 30,2 CLASS REQUIRED STYLE BOLD|DOUBLE|UNDER\n"
        "    OVERFLOW WORDWRAP HORIZONTAL RIGHT VERTICAL TOP CASE UPPER INDEX 12,0,3 FORMAT \"money?\" LPI 6 CPI 12 END\n"
        "  XFSFIELD \"unit\" BEGIN FOLLOWS \"name\" CLASS STATIC INITIALVALUE \" 元\" END\n"
        "  XFSFRAME \"box\" BEGIN FRAMES \"name\" STYLE DOUBLE_THICK END\n"
        "END XFSMEDIA \"roll\" BEGIN UNIT MM,100,100 SIZE 8000,0 PRINTAREA 396,0,7208,0 END";
    struct template_file *file;
    struct error err;
    if (template_read("r.form", text, sizeof text - 1, &file, &err)) fail_msg("%s %s", err.where, err.why);
    const struct template_form *form = &file->form[0];
    assert_int_equal(file->form_count, 1);
    assert_int_equal(form->unit.base, PAGE_UNIT_ROWCOLUMN);
    assert_int_equal(form->alignment[2], 2);
    assert_int_equal(form->language, LANGUAGE_CHINESE);
    assert_string_equal(form->title, "the \"best\" // form \\");
    const struct template_field *name = &form->field[0];
    assert_int_equal(name->position[1], 3);
    assert_int_equal(name->class, TEMPLATE_REQUIRED);
    assert_int_equal(name->style, PAGE_BOLD | PAGE_WIDE | PAGE_UNDER);
    assert_int_equal(name->overflow, OVERFLOW_WORDWRAP);
    assert_int_equal(name->horizontal, HORIZONTAL_RIGHT);
    assert_int_equal(name->vertical, VERTICAL_TOP);
    assert_int_equal(name->letter_case, CASE_UPPER);
    assert_int_equal(name->index[2], 3);
    assert_int_equal(name->next, 1);
    assert_int_equal(form->field[1].head, 0);
    assert_string_equal(form->field[1].initial, " 元");
    assert_int_equal(form->frame[0].field, 0);
    assert_int_equal(form->frame[0].style, LINE_DOUBLE_THICK);
    assert_int_equal(file->media[0].printarea[2], 7208);
    template_free(file);
}

static void a_length_is_the_same_in_every_unit(void **state)
{
    static const struct page_device device = {.cell_um = 1501, .row_um = 3750};
    const struct template_unit tenths = {PAGE_UNIT_MM, 10, 10}, inches = {PAGE_UNIT_INCH, 60, 6}, cells = {PAGE_UNIT_ROWCOLUMN, 1, 1};
    assert_int_equal(template_x_mm100(&tenths, &device, 241), 2410);
    assert_int_equal(template_x_mm100(&inches, &device, 60), 2540);
    assert_int_equal(template_y_mm100(&inches, &device, 33), 13970);
    assert_int_equal(template_x_mm100(&cells, &device, 48), 7205);
    assert_int_equal(template_y_mm100(&cells, &device, 2), 750);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_is_named_with_its_line_and_column),
        cmocka_unit_test(every_mistake_says_what_to_do),
        cmocka_unit_test(a_form_comes_out_as_it_was_written),
        cmocka_unit_test(a_length_is_the_same_in_every_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
