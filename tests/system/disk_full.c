/* The ledger's disk is full, a real one (a small tmpfs; root alone can mount it): branchd takes no more
 * money, says so and ends; once there is room it goes on where the books are. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define LEDGER "disk/branch.db"
#define ROUNDS 5

static struct world w;
static struct talk teller;
static char socket_path[512], disk[300], ballast[330];

static void move_ledger(void)
{
    char line[800];
    assert_int_equal(world_stop(&w, "branchd"), 0);
    char *was = world_read(&w, "branchd.ini"), *at = strstr(was, "path = branch.db");
    assert_non_null(at);
    *at = '\0';
    world_write(&w, "branchd.ini", "%spath = " LEDGER "%s", was, at + strlen("path = branch.db"));
    free(was);
    snprintf(line, sizeof line, "cp -p '%s'/branch.db '%s'/ && rm '%s'/branch.db*", w.dir, disk, w.dir);
    assert_int_equal(system(line), 0);
    world_start(&w, "branchd");
    world_wait_branch(&w);
}

static void sit_down(void)
{
    talk_open(&teller, socket_path, "03");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
}

static int start(void **state)
{
    world_open(&w, "full");
    world_utility(&w, 300);
    world_bank(&w);
    snprintf(disk, sizeof disk, "%s/disk", w.dir);
    snprintf(ballast, sizeof ballast, "%s/ballast", disk);
    assert_int_equal(mkdir(disk, 0700), 0);
    assert_int_equal(mount("tmpfs", disk, "tmpfs", 0, "size=12m,mode=0700"), 0);
    world_branch(&w, "answer = 1s\nagain = 300ms\n");
    world_branch_socket(&w, socket_path, sizeof socket_path);
    move_ledger();
    sit_down();
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    if (world_running(&w, "branchd")) world_stop(&w, "branchd");
    umount(disk);
    world_close(&w);
    return 0;
}

/* All that is left, to the last byte but so many. */
static void fill(long but)
{
    static char block[4096];
    int fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) == (ssize_t)sizeof block)
        ;
    off_t size = lseek(fd, 0, SEEK_END);
    assert_int_equal(ftruncate(fd, size > but ? size - but : 0), 0);
    close(fd);
}

static const char *customer(void)
{
    static char number[64];
    return world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                          " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
}

/* Pays until it can't; the keys that were said to be recorded are counted. */
static int pay_until_it_stops(void)
{
    int recorded = 0;
    char stopped[240] = "";
    for (;;) {
        json_t *lookup, *draft, *note;
        if (!talk_send(&teller, "lookup", json_pack("{s:s}", "customer", customer())) || (lookup = talk_hear(&teller, 15000)) == NULL) break;
        draft = talk_draft(json_object_get(lookup, "result"), 0);
        if (!talk_send(&teller, "pay", draft) || (lookup = talk_hear(&teller, 15000)) == NULL) break;
        const char *key = talk_text(json_object_get(lookup, "result"), "key");
        if (*key == '\0') {
            while (!*stopped && (note = talk_note(&teller, "state", 5000)) != NULL)
                snprintf(stopped, sizeof stopped, "%s", talk_text(note, "stopped"));
            break;
        }
        recorded++;
        if (!talk_send(&teller, "shown", json_pack("{s:s}", "key", key)) || talk_hear(&teller, 15000) == NULL) break;
        while ((note = talk_note(&teller, "payment", 0)) != NULL)
            ;
    }
    while (!*stopped && (talk_note(&teller, "state", 1000)) != NULL)
        snprintf(stopped, sizeof stopped, "%s", talk_text(json_object_get(teller.answer, "params"), "stopped"));
    if (!*stopped) print_message("it ended before it could say so\n");
    return recorded;
}

static void a_full_disk_stops_the_money_and_room_brings_it_back(void **state)
{
    int recorded = 0;
    for (int i = 0; i < ROUNDS; i++) {
        fill(40000L * (i + 1)); /* each time it comes at another write */
        recorded += pay_until_it_stops();
        assert_int_equal(world_wait(&w, "branchd"), EX_IOERR);
        talk_close(&teller);
        char *log = world_read(&w, "branchd.log");
        assert_non_null(strstr(log, "STOPPING: the ledger cannot be written"));
        free(log);
        assert_int_equal(unlink(ballast), 0);
        world_start(&w, "branchd");
        world_wait_branch(&w);
        sit_down();
        /* what was said to be recorded is there, and no more than the one that was under way */
        int64_t there = world_sql(&w, LEDGER, "SELECT count(*) FROM payment");
        assert_in_range(there, recorded, recorded + i + 1);
        recorded = (int)there;
    }
    assert_true(recorded > 0);
}

static void in_the_end_both_books_agree(void **state)
{
    int64_t until = clock_monotonic_ms() + 20000;
    json_t *todo = json_incref(talk_ask(&teller, "todo", NULL)), *item;
    size_t i;
    json_array_foreach(todo, i, item)
        if (strcmp(talk_text(item, "kind"), "unacknowledged") == 0)
            talk_ask(&teller, "unacknowledged_answer", "{s:s, s:s}", "key", talk_text(item, "id"), "cash", "in-till");
    json_decref(todo);
    while (talk_number(talk_ask(&teller, "state", NULL), "queue") > 0) {
        if (clock_monotonic_ms() > until) fail_msg("the queue does not drain: %s", world_read(&w, "branchd.log"));
        talk_note(&teller, "state", 200);
    }
    world_branch_verify(&w);
    assert_int_equal(world_sql(&w, LEDGER, "SELECT count(*) FROM payment WHERE state = 'posted'"), world_sql(&w, "utility.db", "SELECT count(*) FROM payment WHERE state = 2"));
    assert_int_equal(world_sql(&w, LEDGER, "SELECT coalesce(sum(amount_fen), 0) FROM payment WHERE state = 'posted'"),
                     world_sql(&w, "utility.db", "SELECT coalesce(sum(amount_fen), 0) FROM payment WHERE state = 2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_disk_stops_the_money_and_room_brings_it_back),
        cmocka_unit_test(in_the_end_both_books_agree),
    };
    if (geteuid() != 0) {
        print_message("TAP version 13\n1..1\nok 1 - skipped: a full disk of its own wants root (branch_trouble has the same with a limit)\n");
        return 0;
    }
    return cmocka_run_group_tests_name("a full disk", tests, start, stop);
}
