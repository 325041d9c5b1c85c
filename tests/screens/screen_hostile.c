/* A customer whose name is a command to the terminal and to the cash drawer, and a day whose secrets
 * are looked for afterwards in all that the programs left behind. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/desk.h"
#include "lib/escpos_read.h"
#include "lib/rpc_client.h"

#define WRONG "a guess of a stranger"
#define CANARY "金丝雀"          /* in the customer's name */
#define CANARY_ADDRESS "黄鸟胡同"
/* ESC p: kick the drawer; ESC ] 0 ;: the window's title; CSI 2J in both forms: an empty screen; a line's end; an
 * override of the writing's direction */
#define HOSTILE "char(27) || 'p' || char(1) || char(25, 250) || char(27) || ']0;mine' || char(7) || char(27) || '[2J' || char(155) || '2J' || char(10, 13) || char(8238)"

static struct desk desk;
static char number[64];

static void put_name(const char *column, const char *canary)
{
    char sql[600];
    snprintf(sql, sizeof sql, "UPDATE customer SET %s = '%s' || " HOSTILE " || '%s' WHERE number = '%s' RETURNING 1", column, canary, "末", number);
    assert_int_equal(world_sql(&desk.w, "utility.db", sql), 1);
}

static int start(void **state)
{
    desk_open(&desk, "hostile", true);
    world_sql_text(&desk.w, "utility.db", "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%' AND "
                   "first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
    put_name("name", CANARY);
    put_name("address", CANARY_ADDRESS);
    return 0;
}

static int stop(void **state)
{
    world_branch_verify(&desk.w);
    desk_close(&desk);
    return 0;
}

/* --- the name ---------------------------------------------------------------------------- */

static void the_screen_stays_whole_and_shows_the_name(void **state)
{
    char keys[128];
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "The till is not open yet");
    desk_keys(&desk, "500{Enter}" DESK_FIRST_NUMBER "{Enter}");
    desk_sees_row(&desk, 3, "Customer");
    snprintf(keys, sizeof keys, "%s{Enter}", number);
    desk_keys(&desk, keys);
    desk_sees(&desk, "1 of 1 taken");
    desk_sees(&desk, CANARY);
    desk_sees_row(&desk, 3, "Customer"); /* nothing was cleared above it */
    assert_false(desk_shows(&desk, "\x1b"));
    assert_int_equal(term_bells(desk.term), 0);
}

static void the_drawer_stays_shut_and_the_paper_is_readable(void **state)
{
    static struct escpos_sheet sheet;
    size_t len;
    desk_keys(&desk, "{Enter}.{Enter}");
    desk_sees(&desk, "CHANGE          0.00");
    desk_keys(&desk, "{Look}{Enter}");
    world_sql_reaches(&desk.w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'confirmed'", 1, 15000);
    assert_int_equal(printer_kicks(desk.printer), 0);
    const uint8_t *paper = printer_paper(desk.printer, &len);
    escpos_read(paper, len, 1, &sheet);
    assert_string_equal(sheet.problem, "");
    assert_int_equal(sheet.drawer_kicks, 0);
    assert_null(memmem(paper, len, "\x1bp", 2));
    assert_null(memmem(paper, len, "\x1b]", 2));
    bool named = false;
    for (int i = 0; i < sheet.marks; i++)
        named = named || strstr(sheet.mark[i].text, CANARY);
    assert_true(named);
}

static void what_the_branch_keeps_of_it_has_no_control_characters(void **state)
{
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM payment WHERE customer = '%s' AND (name || address) GLOB '*[' || char(1) || '-' || char(31) || char(127) || '-' || char(159) || char(8238) || ']*'",
             number);
    assert_int_equal(world_sql(&desk.w, "branch.db", sql), 0);
    snprintf(sql, sizeof sql, "SELECT p.name || p.address || d.data FROM payment p JOIN detail d ON d.payment = p.id WHERE p.customer = '%s'", number);
    char text[4096];
    world_sql_text(&desk.w, "branch.db", sql, text, sizeof text);
    assert_non_null(strstr(text, CANARY));
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ') fail_msg("a byte %d in: %s", *c, text);
}

/* --- what is left behind -------------------------------------------------------------------- */

static void the_rest_of_the_day(void)
{
    struct talk t;
    desk_counter_ends(&desk);
    talk_open(&t, desk.socket, "04");
    talk_refused(&t, "password", "sign_on", "{s:s, s:s}", "operator", BRANCH_OTHER_TELLER, "password", WRONG);
    talk_sign_on(&t, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
    json_t *params = json_pack("{s:s, s:s, s:s, s:s}", "number", "1009", "name", "新人", "role", "teller", "password", "the newcomer's " WRONG);
    talk_approve(&t, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, "operator_add", params);
    talk_ask(&t, "operator_add", "O", params);
    json_decref(params);
    talk_ask(&t, "change_password", "{s:s, s:s}", "old", BRANCH_PASSWORD, "new", WRONG " indeed");
    talk_close(&t);
}

static void not_in(const char *path, const char *const *secrets, size_t count)
{
    size_t used = 0, got;
    char *text = malloc(4 << 20);
    FILE *in = fopen(path, "r");
    assert_non_null(text);
    if (in == NULL) fail_msg("%s cannot be looked at", path);
    while ((got = fread(text + used, 1, (4 << 20) - used, in)) > 0)
        used += got;
    fclose(in);
    for (size_t i = 0; i < count; i++)
        if (memmem(text, used, secrets[i], strlen(secrets[i]))) fail_msg("\"%s\" is in %s", secrets[i], path);
    for (size_t i = 0; i < used && strstr(path, ".log"); i++)
        if ((unsigned char)text[i] < ' ' && text[i] != '\n' && text[i] != '\t') fail_msg("a byte %d in %s", text[i], path);
    free(text);
}

static void no_secret_is_in_logs_arguments_environment_or_a_core(void **state)
{
    static const char *const daemons[] = {"utilityd", "bankd", "branchd"};
    char path[600], audit[80] = "";
    the_rest_of_the_day();
    char *key = world_read(&desk.w, "audit.key");
    snprintf(audit, sizeof audit, "%.64s", key);
    free(key);
    assert_int_equal(strlen(audit), 64);
    const char *const secrets[] = {BRANCH_PASSWORD, WRONG, audit, "PRIVATE KEY", CANARY, CANARY_ADDRESS};
    size_t count = sizeof secrets / sizeof *secrets, logs = 0;
    DIR *dir = opendir(desk.w.dir);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        assert_int_not_equal(strncmp(e->d_name, "core", 4), 0);
        size_t len = strlen(e->d_name);
        if (len < 4 || strcmp(e->d_name + len - 4, ".log") != 0) continue;
        snprintf(path, sizeof path, "%s/%s", desk.w.dir, e->d_name);
        not_in(path, secrets, count);
        logs++;
    }
    closedir(dir);
    assert_true(logs >= 4);
    for (size_t i = 0; i < sizeof daemons / sizeof *daemons; i++) {
        snprintf(path, sizeof path, "/proc/%d/cmdline", (int)world_pid(&desk.w, daemons[i]));
        not_in(path, secrets, count);
        snprintf(path, sizeof path, "/proc/%d/environ", (int)world_pid(&desk.w, daemons[i]));
        not_in(path, secrets, geteuid() == 0 ? count : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_screen_stays_whole_and_shows_the_name),
        cmocka_unit_test(the_drawer_stays_shut_and_the_paper_is_readable),
        cmocka_unit_test(what_the_branch_keeps_of_it_has_no_control_characters),
        cmocka_unit_test(no_secret_is_in_logs_arguments_environment_or_a_core),
    };
    return cmocka_run_group_tests_name("hostile names, planted secrets", tests, start, stop);
}
