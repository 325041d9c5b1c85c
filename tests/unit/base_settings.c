/* Settings files: what is wrong is named with file, line, reason and remedy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/settings.h"

struct demo {
    char name[16];
    char file[64];
    int64_t limit;
    bool audible;
    int64_t most_fen;
    int64_t wait_ms;
    int32_t offset_s;
    char must[8];
};

static const struct setting table[] = {
    { "branch", "name", SETTING_TEXT, SETTING_AT(struct demo, name), 0, 0, "branch", "Its name." },
    { "branch", "must", SETTING_TEXT, SETTING_AT(struct demo, must), 0, 0, NULL, "The branch's number." },
    { "store", "file", SETTING_PATH, SETTING_AT(struct demo, file), 0, 0, "a.db", "The ledger." },
    { "limits", "limit", SETTING_INT, SETTING_AT(struct demo, limit), 1, 10, "3", "How many." },
    { "limits", "audible", SETTING_BOOL, SETTING_AT(struct demo, audible), 0, 0, "no", "Bell." },
    { "limits", "most", SETTING_MONEY, SETTING_AT(struct demo, most_fen), 100, 1000000, "50.00", "Sum." },
    { "limits", "wait", SETTING_SECONDS, SETTING_AT(struct demo, wait_ms), 0, 7200000, "3s", "Time." },
    { "limits", "offset", SETTING_OFFSET, SETTING_AT(struct demo, offset_s), 0, 0, "+08:00", "Zone." },
};
#define TABLE table, sizeof table / sizeof *table

static int read_text(const char *text, struct demo *demo, struct error *err)
{
    memset(demo, 0, sizeof *demo);
    memset(err, 0, sizeof *err);
    return settings_read(text, strlen(text), "demo.conf", "/etc/demo", TABLE, demo, err);
}

static void every_type_is_read(void **state)
{
    struct demo d;
    struct error err;
    if (read_text("\xef\xbb\xbf; a comment\r\n[branch]\r\nname = 永昌路支行\nmust = 7\n"
                  "[store]\nfile = b.db\n[limits]\nlimit=10\naudible = yes\nmost = 1234.50\n"
                  "wait = 2h\noffset = -03:30\n", &d, &err))
        fail_msg("%s %s", err.where, err.why);
    assert_string_equal(d.name, "永昌路支行");
    assert_string_equal(d.file, "/etc/demo/b.db");
    assert_int_equal(d.limit, 10);
    assert_true(d.audible);
    assert_int_equal(d.most_fen, 123450);
    assert_int_equal(d.wait_ms, 7200000);
    assert_int_equal(d.offset_s, -12600);
}

static void what_is_not_given_has_its_default(void **state)
{
    struct demo d;
    struct error err;
    assert_int_equal(read_text("[branch]\nmust=1\n[store]\nfile=/abs/c.db", &d, &err), 0);
    assert_string_equal(d.name, "branch");
    assert_string_equal(d.file, "/abs/c.db");
    assert_int_equal(d.limit, 3);
    assert_false(d.audible);
    assert_int_equal(d.most_fen, 5000);
    assert_int_equal(d.wait_ms, 3000);
    assert_int_equal(d.offset_s, 28800);
    assert_int_equal(read_text("[branch]\nmust=1\n[limits]\nwait=250ms", &d, &err), 0);
    assert_int_equal(d.wait_ms, 250);
    assert_int_equal(read_text("[branch]\nmust=1\n[limits]\nwait=5min", &d, &err), 0);
    assert_int_equal(d.wait_ms, 300000);
    assert_int_equal(read_text("[branch]\nmust=1\n[limits]\nwait=0", &d, &err), 0);
    assert_int_equal(d.wait_ms, 0);
}

#define M "[branch]\nmust=1\n"

static void each_mistake_is_named_with_its_line(void **state)
{
    static const struct { const char *text, *where, *why, *remedy; } row[] = {
        { M "nmae = x\n", "demo.conf:3", "no key \"nmae\"", "known keys: name, must" },
        { M "[brunch]\nname = x\n", "demo.conf:4", "no section [brunch]", "known sections: branch, store" },
        { "must = 1\n", "demo.conf:1", "before any section", "known sections" },
        { M "must = 2\n", "demo.conf:3", "given twice", "keep one" },
        { M "[limits]\nlimit = ten\n", "demo.conf:4", "not a whole number", "whole number" },
        { M "[limits]\nlimit = 3x\n", "demo.conf:4", "not a whole number", "whole number" },
        { M "[limits]\nlimit =\n", "demo.conf:4", "not a whole number", "whole number" },
        { M "[limits]\nlimit = 11\n", "demo.conf:4", "out of bounds, 1 to 10", "whole number" },
        { M "[limits]\nlimit = 99999999999999999999\n", "demo.conf:4", "not a whole number", "whole" },
        { M "[limits]\naudible = true\n", "demo.conf:4", "neither yes nor no", "yes or no" },
        { M "[limits]\nmost = 1.234\n", "demo.conf:4", "two digits", "yuan" },
        { M "[limits]\nmost = 0.50\n", "demo.conf:4", "out of bounds, 1.00 to 10000.00", "yuan" },
        { M "[limits]\nwait = 3\n", "demo.conf:4", "not a time", "unit" },
        { M "[limits]\nwait = -3s\n", "demo.conf:4", "not a time", "unit" },
        { M "[limits]\nwait = 3h\n", "demo.conf:4", "out of bounds", "unit" },
        { M "[limits]\nwait = 99999999999999999h\n", "demo.conf:4", "not a time", "unit" },
        { M "[limits]\noffset = 8\n", "demo.conf:4", "not an offset", "+08:00" },
        { M "[limits]\noffset = +8:000\n", "demo.conf:4", "not an offset", "+08:00" },
        { M "[limits]\noffset = +15:00\n", "demo.conf:4", "not an offset", "+08:00" },
        { M "name = 0123456789012345\n", "demo.conf:3", "longer than 15 bytes", "shorter" },
        { M "\nrubbish\n", "demo.conf:4", "neither [section]", "comment" },
        { M "[limits\n", "demo.conf:3", "neither [section]", "comment" },
        { "[branch]\nname=x\n", "demo.conf", "must is missing", "The branch's number." },
        { "", "demo.conf", "must is missing", "add it under [branch]" },
        { M "name = \xff\n", "demo.conf", "not UTF-8", "UTF-8" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct demo d;
        struct error err;
        assert_int_equal(read_text(row[i].text, &d, &err), -1);
        assert_string_equal(err.what, "settings refused");
        assert_string_equal(err.where, row[i].where);
        if (!strstr(err.why, row[i].why)) fail_msg("%s: %s", row[i].text, err.why);
        if (!strstr(err.remedy, row[i].remedy)) fail_msg("%s: %s", row[i].text, err.remedy);
    }
}

static void the_first_mistake_is_the_one_named(void **state)
{
    struct demo d;
    struct error err;
    assert_int_equal(read_text(M "[limits]\nlimit = 99\nbad\nnokey = 1\n[x]\ny=1\n", &d, &err), -1);
    assert_string_equal(err.where, "demo.conf:4");
}

static void odd_bytes_are_refused(void **state)
{
    struct demo d;
    struct error err;
    char text[4096] = M "name = ";
    assert_int_equal(settings_read("[branch]\nmust\0=1\n", 17, "demo.conf", NULL, TABLE, &d, &err), -1);
    assert_non_null(strstr(err.why, "NUL"));
    memset(text + strlen(text), 'x', 600); /* beyond inih's line */
    assert_int_equal(read_text(text, &d, &err), -1);
    assert_string_equal(err.where, "demo.conf:3");
    assert_non_null(strstr(err.why, "longer than"));
    size_t size = 300 * 1024;
    char *big = malloc(size);
    memset(big, '\n', size);
    assert_int_equal(settings_read(big, size, "demo.conf", NULL, TABLE, &d, &err), -1);
    assert_non_null(strstr(err.why, "larger than"));
    free(big);
    assert_int_equal(settings_read(M, strlen(M), "demo.conf", NULL, TABLE, &d, NULL), 0);
    assert_int_equal(settings_read("x", 1, "demo.conf", NULL, TABLE, &d, NULL), -1);
}

static void files_are_found_or_said_to_be_missing(void **state)
{
    char path[] = "/tmp/settings-XXXXXX";
    struct demo d = { 0 };
    struct error err;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, M "[store]\nfile=z.db\n", strlen(M) + 18), (ssize_t)strlen(M) + 18);
    close(fd);
    assert_int_equal(settings_load(path, TABLE, &d, &err), 0);
    assert_string_equal(d.file, "/tmp/z.db");
    unlink(path);
    assert_int_equal(settings_load(path, TABLE, &d, &err), -1);
    assert_string_equal(err.where, path);
    assert_int_equal(settings_load("/tmp", TABLE, &d, &err), -1);
    assert_int_equal(settings_load(NULL, table + 2, 3, &d, &err), 0); /* all have defaults */
    assert_string_equal(d.file, "a.db");
}

static void the_explained_file_is_one_that_is_accepted(void **state)
{
    char *text = NULL;
    size_t len;
    struct demo d;
    struct error err;
    FILE *out = open_memstream(&text, &len);
    settings_explain(out, "Settings of the demo", TABLE);
    fclose(out);
    assert_non_null(strstr(text, "; How many.\n;limit = 3\n"));
    assert_int_equal(settings_read(text, len, "demo.conf", NULL, table, 1, &d, &err), 0);
    /* uncommented it says what the defaults say; the one without is filled in */
    for (char *at = text; (at = strstr(at, "\n;")); at++)
        if (at[2] != ' ') at[1] = ' ';
    char *must = strstr(text, "must =\n");
    memcpy(must, "must=1\n", 7);
    if (settings_read(text, len, "demo.conf", NULL, TABLE, &d, &err)) fail_msg("%s %s", err.where, err.why);
    assert_int_equal(d.limit, 3);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(what_is_not_given_has_its_default),
        cmocka_unit_test(each_mistake_is_named_with_its_line),
        cmocka_unit_test(the_first_mistake_is_the_one_named),
        cmocka_unit_test(odd_bytes_are_refused),
        cmocka_unit_test(files_are_found_or_said_to_be_missing),
        cmocka_unit_test(the_explained_file_is_one_that_is_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
