/* One-time codes at the counter: made by two, scanned off the screen with a reader that is not
 * ours, asked for with every approval once the branch wants it, and of no use a second time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/desk.h"

static struct desk desk;
static char secret[40];

static int start(void **state)
{
    desk_open(&desk, "codes", false);
    desk_counter_at(&desk, "09", "en", 24, 80);
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "BRANCH NOW");
    return 0;
}

static int stop(void **state)
{
    world_branch_verify(&desk.w);
    desk_close(&desk);
    return 0;
}

static const char *read_line(const char *command)
{
    static char line[200];
    FILE *in = popen(command, "r");
    assert_non_null(in);
    line[0] = '\0';
    if (fgets(line, sizeof line, in) == NULL) line[0] = '\0';
    pclose(in);
    line[strcspn(line, "\r\n")] = '\0';
    return line;
}

/* What his device shows now. */
static const char *code(void)
{
    char command[100];
    snprintf(command, sizeof command, "oathtool --totp -b %s", secret);
    return read_line(command);
}

static void signs(const char *number, const char *with)
{
    char keys[200];
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    snprintf(keys, sizeof keys, "%s{Enter}" BRANCH_PASSWORD "{Enter}%s", number, with);
    desk_keys(&desk, keys);
}

static void two_make_codes_and_a_reader_takes_them_off_the_screen(void **state)
{
    char picture[300], command[700];
    desk_menu(&desk, "Operators", "操作员");
    desk_sees(&desk, "OPERATORS");
    desk_keys(&desk, "{Down}{Down}{Down}o{Enter}"); /* the other supervisor: his own word is the second */
    signs(BRANCH_OTHER_SUPERVISOR, "");
    desk_sees(&desk, "ONE-TIME CODES");
    desk_sees(&desk, "For        " BRANCH_OTHER_SUPERVISOR);
    desk_keys(&desk, "i{Enter}"); /* pictures are drawn dark on light; most terminals are the other way round */
    desk_sees(&desk, "dark text on light");
    world_path(&desk.w, "code.png", picture, sizeof picture);
    assert_int_equal(term_png(desk.term, picture), 0);
    snprintf(command, sizeof command, "zbarimg -q --raw %s", picture);
    const char *scanned = read_line(command), *at = strstr(scanned, "otpauth://totp/" BRANCH_OTHER_SUPERVISOR "?secret=");
    if (at == NULL) fail_msg("the reader says: %s", scanned);
    snprintf(secret, sizeof secret, "%s", strchr(at, '=') + 1);
    assert_int_equal(strlen(secret), 26);
    char typed[60] = "";
    for (size_t i = 0, used = 0; secret[i]; i++)
        used += (size_t)snprintf(typed + used, sizeof typed - used, "%s%c", i && i % 4 == 0 ? " " : "", secret[i]);
    desk_sees(&desk, typed); /* the same to be typed */
    desk_keys(&desk, "y{Enter}");
    desk_sees(&desk, "one-time codes");
    assert_false(desk_shows(&desk, typed));
    desk_keys(&desk, "{F2}");
    desk_sees(&desk, "BRANCH NOW");
}

static void the_branch_asks_for_them(void)
{
    world_append(&desk.w, "branchd.ini", "[approval]\ncode = yes\n");
    desk_counter_ends(&desk);
    world_stop(&desk.w, "branchd");
    world_start(&desk.w, "branchd");
    world_wait_branch(&desk.w);
    desk_counter_at(&desk, "09", "en", 24, 80);
    desk_keys(&desk, BRANCH_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
    desk_sees(&desk, "BRANCH NOW");
}

static void every_approval_wants_one_and_one_is_for_one(void **state)
{
    char used[16], keys[60];
    the_branch_asks_for_them();
    desk_menu(&desk, "The vault", "金库");
    desk_sees(&desk, "THE VAULT");
    desk_keys(&desk, "1000{Enter}i{Enter}");
    signs(BRANCH_OTHER_SUPERVISOR, "{Enter}"); /* no code */
    desk_sees(&desk, "A one-time code is wanted");
    desk_keys(&desk, BRANCH_PASSWORD "{Enter}000000{Enter}");
    desk_sees(&desk, "Wrong number, password or code of the second person");
    snprintf(used, sizeof used, "%s", code());
    snprintf(keys, sizeof keys, BRANCH_PASSWORD "{Enter}%s{Enter}", used);
    desk_keys(&desk, keys);
    desk_sees(&desk, "THE VAULT");
    desk_keys(&desk, "1000{Enter}i{Enter}");
    snprintf(keys, sizeof keys, "%s{Enter}", used);
    signs(BRANCH_OTHER_SUPERVISOR, keys); /* the same once more */
    desk_sees(&desk, "Wrong number, password or code of the second person");
    desk_keys(&desk, "{F12}");
    desk_sees(&desk, "Left without approval");
    desk_keys(&desk, "{F9}");
    signs(BRANCH_TELLER, "123456{Enter}"); /* who has none */
    desk_sees(&desk, "A one-time code is wanted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_make_codes_and_a_reader_takes_them_off_the_screen),
        cmocka_unit_test(every_approval_wants_one_and_one_is_for_one),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
