/* What `make install` and `make deb` put where: programs, pages, settings that load,
 * completion, screens that the installed counter finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/screen.h"
#include "lib/world_branch.h"

static struct world w;
static char root[200]; /* DESTDIR */
static char out[1 << 15];

/* A shell line with $ROOT and $B; its output in `out`, its exit code returned. */
static int sh(const char *line)
{
    size_t used = 0;
    setenv("ROOT", root, 1);
    setenv("B", w.bin, 1);
    FILE *in = popen(line, "r");
    assert_non_null(in);
    while (used + 1 < sizeof out && !feof(in))
        used += fread(out + used, 1, sizeof out - used - 1, in);
    out[used] = '\0';
    int status = pclose(in);
    return status < 0 ? -1 : status >> 8;
}

static void must(const char *line)
{
    if (sh(line) != 0) fail_msg("%s:\n%s", line, out);
}

static void everything_is_there(void **state)
{
    static const char *const files[] = {
        "usr/bin/gridteller-counter", "usr/bin/gridteller-branchd", "usr/bin/gridteller-bankd", "usr/bin/gridteller-utilityd", "usr/bin/gridteller-conformance",
        "usr/share/man/man1/gridteller-counter.1", "usr/share/man/man8/gridteller-branchd.8", "usr/share/man/man8/gridteller-bankd.8",
        "usr/share/man/man8/gridteller-utilityd.8", "usr/share/bash-completion/completions/gridteller-bankd", "usr/share/gridteller/forms/collect.zh_CN.form",
        "usr/share/gridteller/printer-templates/receipt-80.form", "usr/share/locale/zh_CN/LC_MESSAGES/gridteller.mo", "usr/lib/systemd/system/gridteller-branchd.service",
        "usr/lib/sysusers.d/gridteller.conf", "usr/lib/tmpfiles.d/gridteller.conf", "usr/lib/cups/backend/once", "etc/gridteller/counter.conf",
        "etc/gridteller/branchd.conf", "etc/gridteller/bankd.conf", "etc/gridteller/utilityd.conf", "usr/share/doc/gridteller/PROTOCOL.md"};
    char path[400];
    struct stat st;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", root, files[i]);
        if (stat(path, &st) != 0 || st.st_size == 0) fail_msg("%s is missing", files[i]);
    }
    snprintf(path, sizeof path, "%s/usr/lib/cups/backend/once", root);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700); /* so that CUPS runs it as root */
}

static void settings_load_and_say_where_things_lie(void **state)
{
    must("for p in bankd utilityd branchd; do $ROOT/usr/bin/gridteller-$p --config=$ROOT/etc/gridteller/$p.conf settings >/dev/null || exit 1; done 2>&1");
    must("grep -q '^path = /var/lib/gridteller-utilityd/utility.db' $ROOT/etc/gridteller/utilityd.conf && grep -q '^socket = /run/gridteller/branchd.sock' "
         "$ROOT/etc/gridteller/branchd.conf");
    must("grep -q 'ExecStart=/usr/bin/gridteller-bankd --config=/etc/gridteller/bankd.conf' $ROOT/usr/lib/systemd/system/gridteller-bankd.service");
    /* a second time: what a person wrote stays */
    must("echo '; by hand' >>$ROOT/etc/gridteller/bankd.conf; app/install/install.sh $B /usr $ROOT 2>&1 && grep -q '; by hand' $ROOT/etc/gridteller/bankd.conf");
}

static void units_name_what_is_installed(void **state)
{
    must("for unit in $ROOT/usr/lib/systemd/system/*.service; do set -- $(sed -n 's/^ExecStart=//p' $unit); test -x $ROOT$1 && test -e $ROOT${2#--config=} || { echo $unit: $1 $2; exit 1; }; "
         "user=$(sed -n 's/^User=//p' $unit) group=$(sed -n 's/^Group=//p' $unit); grep -Eq \"^u $user \" $ROOT/usr/lib/sysusers.d/gridteller.conf && grep -Eq \"^[ug] $group \" "
         "$ROOT/usr/lib/sysusers.d/gridteller.conf || { echo $unit: $user $group; exit 1; }; done");
}

static void pages_are_well_formed_and_name_every_command(void **state)
{
    must("for page in $ROOT/usr/share/man/man*/gridteller-*; do mandoc -Tlint -W warning $page || exit 1; done 2>&1");
    must("for p in branchd bankd utilityd; do mandoc -Tutf8 $ROOT/usr/share/man/man8/gridteller-$p.8 >$ROOT/page; for c in $($B/$p --help | sed -n 's/^  \\([a-z]*\\) .*/\\1/p'); do "
         "grep -q \"$c\" $ROOT/page || { echo \"$p: $c\"; exit 1; }; done; done");
}

static void completion_knows_the_commands(void **state)
{
    must("PATH=$ROOT/usr/bin:$PATH bash -c '. $ROOT/usr/share/bash-completion/completions/gridteller-bankd; COMP_WORDS=(gridteller-bankd st); COMP_CWORD=1; "
         "_gridteller gridteller-bankd st; echo \"${COMPREPLY[@]}\"'");
    assert_string_equal(out, "status\n");
    must("PATH=$ROOT/usr/bin:$PATH bash -c '. $ROOT/usr/share/bash-completion/completions/gridteller-bankd; COMP_WORDS=(gridteller-counter --lan); COMP_CWORD=1; "
         "_gridteller gridteller-counter --lan; echo \"${COMPREPLY[@]}\"'");
    assert_string_equal(out, "--lang\n");
}

/* The screen that is shown is the installed file's, not the one built in. */
static void the_installed_counter_finds_its_screens(void **state)
{
    char socket_path[512], at[600], program[300];
    world_utility(&w, 10);
    world_bank(&w);
    world_branch(&w, NULL);
    must("$ROOT/usr/bin/gridteller-counter --help");
    assert_non_null(strstr(out, "usage: counter"));
    must("f=$(grep -l Password $ROOT/usr/share/gridteller/forms/signon.en.form) && sed -i 's/Password/Passw0rd/' $f && grep -q Passw0rd $f");
    snprintf(at, sizeof at, "--socket=%s", world_branch_socket(&w, socket_path, sizeof socket_path));
    snprintf(program, sizeof program, "%s/usr/bin/gridteller-counter", root);
    const char *const argv[] = {program, "--config=/dev/null", at, "--terminal=03", "--lang=en", NULL};
    struct term *term = term_start(24, 80, "xterm-256color", argv, NULL);
    assert_non_null(term);
    if (!term_wait(term, "Passw0rd", TERM_WAIT_MS)) {
        term_print(term, stderr);
        fail_msg("the installed form is not shown");
    }
    term_close(term);
}

static void the_package_has_no_faults(void **state)
{
    if (sh("command -v lintian dpkg-shlibdeps >/dev/null") != 0) skip();
    must("app/install/deb.sh $B 2>&1");
    must("lintian --fail-on error $B/gridteller_*.deb 2>&1");
    must("dpkg-deb -c $B/gridteller_*.deb");
    assert_non_null(strstr(out, "./usr/bin/gridteller-counter"));
}

static int open_world(void **state)
{
    world_open(&w, "install");
    snprintf(root, sizeof root, "%s/root", w.dir);
    return sh("app/install/install.sh $B /usr $ROOT 2>&1");
}

static int close_world(void **state)
{
    world_close(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_there), cmocka_unit_test(settings_load_and_say_where_things_lie), cmocka_unit_test(units_name_what_is_installed),
        cmocka_unit_test(pages_are_well_formed_and_name_every_command), cmocka_unit_test(completion_knows_the_commands),
        cmocka_unit_test(the_installed_counter_finds_its_screens), cmocka_unit_test(the_package_has_no_faults),
    };
    return cmocka_run_group_tests(tests, open_world, close_world);
}
