/* The counter at a teller's fingers, beside a bare ncurses form on the same kind of
 * terminal: start to a usable screen, key to screen (also while a printer hangs and
 * the link is away), Enter to the receipt's last byte on a fast device, memory. */
#include <curses.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/bench.h"
#include "lib/desk.h"

#define STARTS 15
#define KEYS 500
#define TURN 50 /* keys of one, then as many of the other: both see the same machine */
#define RECEIPTS 25
#define FORM_ROW 3

static struct desk desk;
static struct term *form;

/* --- the peer ------------------------------------------------------------------------ */

/* One field in a frame, its character drawn as it is typed: nothing behind it. */
static int bare_form(void)
{
    char text[40] = "";
    size_t len = 0;
    setlocale(LC_ALL, "");
    initscr();
    cbreak(), noecho(), keypad(stdscr, TRUE);
    for (;;) {
        mvprintw(FORM_ROW - 1, 0, " Customer   [%-20s]", text);
        move(FORM_ROW - 1, 13 + (int)len);
        refresh();
        int key = getch();
        if (key == ERR) break;
        if (key == KEY_BACKSPACE || key == 127 || key == '\b') len -= len > 0;
        else if (key >= ' ' && key < 127 && len < 20) text[len++] = (char)key;
        text[len] = '\0';
    }
    endwin();
    return 0;
}

static void start_form(void)
{
    static char self[512];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(len > 0);
    self[len] = '\0';
    const char *const argv[] = {self, "form", NULL}, *const env[] = {"LC_ALL=", "LANG=C.UTF-8", NULL};
    term_close(form);
    form = term_start(24, 80, "xterm-256color", argv, env);
    assert_non_null(form);
    assert_true(term_wait(form, "Customer", TERM_WAIT_MS));
}

/* --- start --------------------------------------------------------------------------- */

static void starts(void)
{
    int64_t ours[STARTS], peer[STARTS];
    for (int i = 0; i < STARTS; i++) {
        int64_t from = bench_now_us();
        start_form();
        peer[i] = bench_now_us() - from;
        term_close(desk.term);
        desk.term = NULL;
        from = bench_now_us();
        desk_counter(&desk, "en", 24, 80);
        ours[i] = bench_now_us() - from;
    }
    int64_t median = bench_part(ours, STARTS, 500);
    bench_line("counter-usable-screen", "us", median, 0, 100000, false);
    bench_line("counter-usable-screen (peer: a bare ncurses form)", "us", median, bench_part(peer, STARTS, 500), 0, false);
}

/* --- keys ---------------------------------------------------------------------------- */

static int64_t key_us(struct term *term, int i)
{
    bool erase = i % 2;
    int64_t from = bench_now_us();
    term_keys(term, erase ? "{BS}" : "7");
    if (!term_wait_row(term, FORM_ROW - 1, erase ? "Customer   [ " : "Customer   [7", TERM_WAIT_MS)) fail_msg("the key does not come to the screen");
    return bench_now_us() - from;
}

static void keys(const char *when)
{
    static int64_t ours[KEYS], peer[KEYS];
    char name[120];
    for (int from = 0; from < KEYS; from += TURN) {
        for (int i = from; i < from + TURN; i++)
            ours[i] = key_us(desk.term, i);
        for (int i = from; i < from + TURN; i++)
            peer[i] = key_us(form, i);
    }
    int64_t median = bench_part(ours, KEYS, 500), late = bench_part(ours, KEYS, 990);
    snprintf(name, sizeof name, "counter-key-to-screen-median%s", when);
    bench_line(name, "us", median, 0, 5000, false);
    bench_line(name, "us", median, bench_part(peer, KEYS, 500), 2000, false);
    snprintf(name, sizeof name, "counter-key-to-screen-p99%s", when);
    bench_line(name, "us", late, 0, 16000, false);
    bench_line(name, "us", late, bench_part(peer, KEYS, 990), 5000, false);
}

static long memory_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmRSS: %ld", &kb) == 1) break;
    fclose(file);
    return kb;
}

/* --- paying -------------------------------------------------------------------------- */

/* One who has one bill; each once. */
static const char *customer(void)
{
    static char number[64];
    static int n;
    char sql[300];
    snprintf(sql, sizeof sql,
             "SELECT customer FROM bill WHERE state = 0 AND amount_fen > covered_fen AND customer NOT LIKE '049911%%' AND "
             "first_day <= (SELECT max(due) FROM bill) GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1 OFFSET %d", n++);
    return world_sql_text(&desk.w, "utility.db", sql, number, sizeof number);
}

static void up_to_confirm(void)
{
    char typed[128];
    snprintf(typed, sizeof typed, "%s{Enter}", customer());
    desk_keys(&desk, typed);
    desk_sees(&desk, "1 of 1 taken");
    desk_keys(&desk, "{Enter}.{Enter}");
    desk_sees(&desk, "CHANGE          0.00");
}

static void receipts(void)
{
    int64_t us[RECEIPTS];
    char printed[64];
    for (int i = 0; i < RECEIPTS; i++) {
        up_to_confirm();
        desk_keys(&desk, "{Look}");
        int64_t from = bench_now_us();
        desk_keys(&desk, "{Enter}");
        snprintf(printed, sizeof printed, "printed 000%05d", 12345 + i);
        desk_sees_row(&desk, 22, printed);
        us[i] = printer_last_us(desk.printer) - from;
    }
    bench_line("counter-enter-to-last-byte-median", "us", bench_part(us, RECEIPTS, 500), 0, 50000, false);
    bench_line("counter-enter-to-last-byte-best", "us", us[0], 0, 50000, false);
}

/* A job that hangs after some bytes, and nobody at the bank's end. */
static void in_trouble(void)
{
    struct printer_plan plan = PLAN_GOOD;
    plan.stalls_at = 100;
    struct test_printer *hangs = printer_start(&plan);
    term_close(desk.term);
    desk.term = NULL;
    desk_bind(&desk, "L9", printer_uri(hangs));
    desk_counter(&desk, "en", 24, 80);
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "number, scan");
    up_to_confirm();
    desk_keys(&desk, "{Look}{Enter}");
    desk_sees_row(&desk, 24, "Printing 000");
    world_kill(&desk.w, "bankd");
    desk_sees(&desk, "OFF LINE");
    desk_keys(&desk, "7{BS}");
    desk_sees_row(&desk, FORM_ROW, "Customer   [ ");
    keys(" while a printer hangs and the link is away");
    term_close(desk.term);
    desk.term = NULL;
    printer_stop(hangs);
}

static void the_bench(void **state)
{
    desk_open(&desk, "bench", true);
    starts();
    desk_sign_on(&desk, BRANCH_TELLER);
    desk_sees(&desk, "count its float");
    desk_keys(&desk, "500{Enter}00012345{Enter}");
    desk_sees(&desk, "number, scan");
    keys("");
    receipts();
    bench_line("counter-memory", "kB", memory_kb(term_pid(desk.term)), 0, 20 * 1024, false);
    bench_line("counter-memory (peer: a bare ncurses form)", "kB", memory_kb(term_pid(desk.term)), memory_kb(term_pid(form)), 0, false);
    in_trouble();
    term_close(form);
    desk_close(&desk);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_bench)};
    if (argc == 2 && strcmp(argv[1], "form") == 0) return bare_form();
    return cmocka_run_group_tests_name("counter", tests, NULL, NULL);
}
