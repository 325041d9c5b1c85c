/* `counter template …`: a technician's looks at templates, with the exit codes that a
 * script goes by. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <cmocka.h>

#include "print/command.h"

#define WORDS_MAX 16

static char folder[] = "/tmp/gridteller-template-XXXXXX";
static char said[65536];

/* Runs the command in a child, as a shell would; what it says on both outputs goes to `said`. */
static int run(const char *line)
{
    char words[600], *argv[WORDS_MAX], *save = NULL;
    int argc = 0, pipes[2], status;
    snprintf(words, sizeof words, "%s", line);
    for (char *w = strtok_r(words, " ", &save); w && argc < WORDS_MAX; w = strtok_r(NULL, " ", &save)) argv[argc++] = w;
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (!child) {
        dup2(pipes[1], 1);
        dup2(pipes[1], 2);
        close(pipes[0]);
        close(pipes[1]);
        status = print_template_command(argc, argv);
        fflush(NULL);
        _exit(status);
    }
    close(pipes[1]);
    size_t used = 0;
    for (ssize_t n; used < sizeof said - 1 && (n = read(pipes[0], said + used, sizeof said - 1 - used)) > 0;) used += (size_t)n;
    said[used] = '\0';
    close(pipes[0]);
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void good_templates_are_listed_a_bad_one_is_named_with_its_place(void **state)
{
    char path[128], line[400];
    assert_int_equal(run("template check printer-templates/receipt-80.form printer-templates/roll.media"), EX_OK);
    assert_non_null(strstr(said, "form receipt-80, zh_CN"));
    assert_non_null(strstr(said, "media roll-58"));
    snprintf(path, sizeof path, "%s/bad.form", folder);
    FILE *out = fopen(path, "w");
    fputs("XFSFORM \"x\" BEGIN\n  UNIT MM, 10, 10\n  SIZE 100, 100\n  COLOUR RED\nEND\n", out);
    fclose(out);
    snprintf(line, sizeof line, "template check %s printer-templates/roll.media", path);
    assert_int_equal(run(line), EX_DATAERR);
    assert_non_null(strstr(said, "bad.form:4:3: COLOUR is no keyword"));
    assert_non_null(strstr(said, "media roll-58")); /* and goes on with the next */
    assert_int_equal(run("template check no-such.form"), EX_DATAERR);
    assert_int_equal(run("template list printer-templates"), EX_OK);
    assert_int_equal(run("template list /no/such/folder"), EX_NOINPUT);
}

static void a_form_is_drawn_in_the_terminal(void **state)
{
    assert_int_equal(run("template show printer-templates/receipt-80.form"), EX_OK);
    assert_non_null(strstr(said, "客户编号  0499110002\n"));
    assert_non_null(strstr(said, "￥539.89\n"));
    assert_int_equal(run("template show printer-templates/receipt-80.form --lang en"), EX_OK);
    assert_non_null(strstr(said, "Customer     0499110002\n"));
}

static void a_form_is_written_as_pdf_and_png(void **state)
{
    char line[400], path[128], head[5] = "";
    snprintf(line, sizeof line, "template show printer-templates/invoice-241.form --form invoice-241 --under paper-241 --pdf %s/a.pdf --png %s/a.png --dpi 100", folder, folder);
    assert_int_equal(run(line), EX_OK);
    assert_string_equal(said, "");
    snprintf(path, sizeof path, "%s/a.pdf", folder);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    assert_int_equal(fread(head, 1, 4, in), 4);
    fclose(in);
    assert_string_equal(head, "%PDF");
    snprintf(path, sizeof path, "%s/a.png", folder);
    assert_int_equal(access(path, R_OK), 0);
    assert_int_equal(run("template show printer-templates/receipt-80.form --png /no/such/folder/a.png"), EX_CANTCREAT);
}

static void what_is_asked_wrongly_is_said(void **state)
{
    static const struct { const char *line; int code; const char *says; } row[] = {
        {"template", EX_USAGE, "usage:"},
        {"template --help", EX_OK, "usage:"},
        {"template paint", EX_USAGE, "usage:"},
        {"template show", EX_USAGE, "usage:"},
        {"template show printer-templates/receipt-80.form --colour red", EX_USAGE, "--colour is no option"},
        {"template show printer-templates/receipt-80.form --dpi 9999", EX_USAGE, "usage:"},
        {"template show printer-templates/receipt-80.form --data no-such.json", EX_NOINPUT, "no-such.json"},
        {"template show printer-templates/receipt-80.form --data Makefile", EX_NOINPUT, "data refused: Makefile:1:1"},
        {"template show printer-templates/receipt-80.form --media a9", EX_NOINPUT, "none named \"a9\""},
        {"template show printer-templates/invoice-a4.form --media a5", EX_DATAERR, "outside the print area of media a5"},
        {"template show printer-templates/receipt-80.form --data printer-templates/sample/alignment.json", EX_DATAERR, "REQUIRED and the data has none"},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        int code = run(row[i].line);
        if (code != row[i].code || !strstr(said, row[i].says)) fail_msg("%s: %d, %s", row[i].line, code, said);
    }
}

static int open_folder(void **state) { return mkdtemp(folder) ? 0 : -1; }

static int close_folder(void **state)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_templates_are_listed_a_bad_one_is_named_with_its_place),
        cmocka_unit_test(a_form_is_drawn_in_the_terminal),
        cmocka_unit_test(a_form_is_written_as_pdf_and_png),
        cmocka_unit_test(what_is_asked_wrongly_is_said),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
