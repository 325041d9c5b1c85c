/* A supervisor works off a restore at the counter's screens, another one signs each word of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/desk.h"
#include "lib/rpc_client.h"

static struct desk desk;
static struct talk teller;
static char config[512], backup[512], lost_key[64], lost_ref[16], lost_at[24];

static void sit_down(void)
{
    talk_open(&teller, desk.socket, DESK_TERMINAL);
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
}

static void collect(int which, char key[64])
{
    char sql[300], customer[64];
    snprintf(sql, sizeof sql, "SELECT customer FROM bill WHERE amount_fen > covered_fen AND customer NOT LIKE '049911%%' AND"
                              " first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", which);
    world_sql_text(&desk.w, "utility.db", sql, customer, sizeof customer);
    json_t *card = talk_ask(&teller, "pay", "o", talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer), 0));
    snprintf(key, 64, "%s", talk_text(card, "key"));
    snprintf(lost_at, sizeof lost_at, "%s", talk_text(card, "recorded_at"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
}

static int open_desk(void **state)
{
    char key[64];
    desk_open(&desk, "restored", false);
    snprintf(config, sizeof config, "--config=%s/branchd.ini", desk.w.dir);
    world_path(&desk.w, "backup.db", backup, sizeof backup);
    sit_down();
    collect(0, key);
    talk_state_reaches(&teller, key, "posted", 5000);
    assert_int_equal(world_run(&desk.w, NULL, 0, "branchd", config, "backup", backup, NULL), 0);
    collect(1, key);
    talk_state_reaches(&teller, key, "posted", 5000);
    return 0;
}

static int close_desk(void **state)
{
    talk_close(&teller);
    world_branch_verify(&desk.w);
    desk_close(&desk);
    return 0;
}

static void lose_the_disk(void)
{
    static const char *const files[] = {"branch.db", "branch.db-wal", "branch.db-shm"};
    char path[512];
    talk_close(&teller);
    world_kill(&desk.w, "branchd");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        remove(world_path(&desk.w, files[i], path, sizeof path));
    assert_int_equal(world_run(&desk.w, NULL, 0, "branchd", config, "restore", backup, NULL), 0);
    world_start(&desk.w, "branchd");
    world_wait_branch(&desk.w);
}

static void signed_by_another(void)
{
    desk_sees(&desk, "A SECOND PERSON SIGNS HERE");
    desk_keys(&desk, BRANCH_OTHER_SUPERVISOR "{Enter}" BRANCH_PASSWORD "{Enter}");
}

/* The teller's till at terminal 03 stands open in the backup; the boss works at 01. */
static void a_supervisor_says_what_became_of_each(void **state)
{
    lose_the_disk();
    sit_down();
    desk_counter_at(&desk, "01", "en", 24, 80);
    desk_sign_on(&desk, BRANCH_SUPERVISOR);
    desk_sees(&desk, "AFTER A RESTORE: two supervisors");
    desk_keys(&desk, "{F6}");
    desk_sees(&desk, "work it off");
    desk_keys(&desk, "{Look}r{Enter}");
    desk_sees(&desk, "2 left, 0 settled");
    desk_sees(&desk, "unfinished here");
    desk_sees(&desk, "missing here");
    desk_keys(&desk, "{Enter}03{Enter}{Enter}{Enter}t{Enter}"); /* till 03, no number on its paper */
    signed_by_another();
    desk_sees(&desk, "1 left, 1 settled");
    desk_keys(&desk, "t{Enter}");
    signed_by_another();
    desk_sees(&desk, "0 left, 2 settled");
    desk_sees(&desk, "All are settled");
}

static void and_types_the_one_that_only_its_paper_knows(void **state)
{
    snprintf(lost_ref, sizeof lost_ref, "%s", "010000000003");
    desk_keys(&desk, "{Look}a{Enter}");
    desk_sees(&desk, "ONLY ITS PAPER KNOWS");
    desk_keys(&desk, lost_ref);
    desk_keys(&desk, "{Enter}0499110001{Enter}{Enter}");
    desk_keys(&desk, lost_at + 11);
    desk_keys(&desk, "{Enter}03{Enter}");
    desk_keys(&desk, "12.50");
    desk_sees(&desk, "Prepaid  [12.50");
    desk_keys(&desk, "{Enter}{Enter}{Enter}{Enter}a{Enter}"); /* no number, no bills */
    signed_by_another();
    desk_sees(&desk, "0 left, 3 settled");
    desk_keys(&desk, "e{Enter}");
    signed_by_another();
    desk_sees(&desk, "There is no restore to be worked off");
    snprintf(lost_key, sizeof lost_key, "102/0311-0007/%s", lost_ref);
    talk_state_reaches(&teller, lost_key, "posted", 10000);
    world_branch_agrees(&desk.w);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_supervisor_says_what_became_of_each),
    cmocka_unit_test(and_types_the_one_that_only_its_paper_knows),
};

int main(void)
{
    return cmocka_run_group_tests_name("a restore worked off at the screens", tests, open_desk, close_desk);
}
