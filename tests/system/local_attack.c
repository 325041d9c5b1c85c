/* Somebody at the branch's own socket who means harm: without a sign-on, with too small a role, at another
 * terminal, with rubbish, with as many connections as there are. */
#include <errno.h>
#include <grp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"
#include "branchd/server.h"
#include "lib/rpc_client.h"
#include "lib/world_branch.h"

#define BAD_LINES 10000
#define NOBODY 65534
#ifdef __SANITIZE_ADDRESS__
#define P99_MS 1000
#else
#define P99_MS 100
#endif

static struct world w;
static struct talk teller, boss;
static char socket_path[512], key[64];

static int start(void **state)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < 4096 ? files.rlim_max : 4096;
    setrlimit(RLIMIT_NOFILE, &files);
    world_open(&w, "local");
    world_utility(&w, 200);
    world_bank(&w);
    world_branch(&w, "answer = 1s\nagain = 300ms\n");
    world_wait_branch(&w);
    world_branch_socket(&w, socket_path, sizeof socket_path);
    talk_open(&teller, socket_path, "03");
    talk_open(&boss, socket_path, "01");
    talk_sign_on(&teller, BRANCH_TELLER, BRANCH_PASSWORD);
    talk_sign_on(&boss, BRANCH_SUPERVISOR, BRANCH_PASSWORD);
    return 0;
}

static int stop(void **state)
{
    talk_close(&teller);
    talk_close(&boss);
    world_branch_verify(&w);
    world_close(&w);
    return 0;
}

/* --- roles ------------------------------------------------------------------------------- */

/* By RPC.md and the bank's rules: t teller, s supervisor, k technician, n nobody is signed on, l locked. */
static const struct { const char *method, *who; } rights[] = {
    {"hello", "tsknl"}, {"state", "tsknl"}, {"sign_on", "n"}, {"sign_off", "tskl"}, {"lock", "tsk"}, {"unlock", "l"}, {"change_password", "tsk"},
    {"approve", "tsk"}, {"lookup", "ts"}, {"search", "ts"}, {"pay", "t"}, {"shown", "t"}, {"ask_again", "ts"}, {"finish", "t"}, {"abandon", "ts"},
    {"payment", "ts"}, {"recent", "ts"}, {"find_payments", "ts"}, {"print_next", "ts"}, {"invoice_send", "ts"}, {"invoice_result", "tsknl"},
    {"invoice_answer", "ts"}, {"spoil", "ts"}, {"reprint_data", "ts"}, {"book_load", "ts"}, {"books", "ts"}, {"number_check", "ts"},
    {"void_papers", "ts"}, {"number_lost", "s"}, {"number_seen", "s"}, {"print_log", "tsk"}, {"todo", "ts"}, {"unacknowledged_answer", "ts"},
    {"hand_back", "t"}, {"papers", "ts"}, {"undo", "ts"}, {"reverse", "ts"}, {"refund", "t"}, {"transfer", "t"}, {"slip", "ts"}, {"queue", "tsk"},
    {"release", "s"}, {"exceptions", "ts"}, {"settle", "s"}, {"restore_state", "s"}, {"restore_answer", "s"}, {"restore_adopt", "s"},
    {"restore_done", "s"}, {"till_count", "t"}, {"till_cash", "t"}, {"till_close", "t"}, {"till_handover", "t"}, {"till_accept", "t"},
    {"till_force_close", "s"}, {"counterfeit", "t"}, {"vault", "s"}, {"day_open", "s"}, {"day_close", "s"}, {"day_state", "ts"}, {"agree", "s"},
    {"differences", "s"}, {"repair", "s"}, {"clock_confirm", "s"}, {"branch_now", "s"}, {"report", "ts"}, {"report_paper", "ts"}, {"totals", "ts"},
    {"operators", "s"}, {"operator_add", "s"}, {"operator_set", "s"}, {"operator_unlock", "s"}, {"operator_password", "s"}, {"printer_bind", "k"},
    {"printer_unbind", "k"}, {"printers", "sk"}, {"number_receive", "s"}, {"operator_code", "s"}, {"number_return", "s"},
    {"account", "ts"}, {"account_lines", "ts"}, {"account_agreement", "ts"}, {"account_begin", "t"}, {"account_open", "t"}, {"account_link", "t"},
    {"account_deposit", "t"}, {"account_withdraw", "t"}, {"account_close", "t"}, {"account_freeze", "t"}, {"account_pay", "t"},
    {"passbook_book", "t"}, {"passbook_send", "t"}, {"passbook_job", "t"}, {"passbook_result", "t"}, {"link_status", "tsknl"}, {"backup", "tsknl"},
};

/* Why it is refused before anything is read of its parameters; "" it is not. Asked with a member that no
 * method has, so that nothing is ever done. */
static const char *bar(struct talk *t, const char *method)
{
    static char reason[40];
    assert_true(talk_send(t, method, json_pack("{s:i}", "no such member", 1)));
    json_t *said = talk_hear(t, 15000);
    assert_non_null(said);
    snprintf(reason, sizeof reason, "%s", talk_text(json_object_get(json_object_get(said, "error"), "data"), "reason"));
    assert_true(*reason);
    return strcmp(reason, "params") == 0 ? "" : reason;
}

static void each_role(char role, struct talk *t, const char *refusal)
{
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++) {
        bool may = strchr(rights[i].who, role) != NULL;
        const char *said = bar(t, rights[i].method);
        if (strcmp(said, may ? "" : refusal) != 0) fail_msg("%s by '%c': %s", rights[i].method, role, *said ? said : "is let through");
    }
}

static void each_method_is_for_its_roles_and_no_others(void **state)
{
    struct talk technician, nobody;
    talk_open(&technician, socket_path, "09");
    talk_sign_on(&technician, BRANCH_TECHNICIAN, BRANCH_PASSWORD);
    talk_open(&nobody, socket_path, "08");
    each_role('t', &teller, "role");
    each_role('s', &boss, "role");
    each_role('k', &technician, "role");
    each_role('n', &nobody, "sign-on");
    talk_ask(&technician, "lock", NULL);
    each_role('l', &technician, "locked");
    talk_close(&technician);
    talk_close(&nobody);
}

/* The table above names all that there is. */
static void no_method_is_outside_the_table(void **state)
{
    size_t named = 0;
    FILE *in = fopen("app/branchd/methods.c", "r");
    char line[300], method[60];
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        if (sscanf(line, "    {\"%59[a-z_]\",", method) != 1) continue;
        bool found = false;
        for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
            found = found || strcmp(rights[i].method, method) == 0;
        if (!found) fail_msg("nobody has said who may call %s", method);
        named++;
    }
    fclose(in);
    assert_int_equal(named, sizeof rights / sizeof *rights);
}

/* --- at another terminal ------------------------------------------------------------------- */

static const char *customer(void)
{
    static char number[64];
    world_sql_text(&w, "utility.db", "SELECT customer FROM bill b WHERE state = 0 AND customer NOT LIKE '049911%' AND amount_fen > covered_fen"
                   " GROUP BY customer HAVING count(*) = 1 ORDER BY customer LIMIT 1", number, sizeof number);
    return number;
}

static void paid(void)
{
    json_t *draft = talk_draft(talk_ask(&teller, "lookup", "{s:s}", "customer", customer()), 0);
    snprintf(key, sizeof key, "%s", talk_text(talk_ask(&teller, "pay", "o", draft), "key"));
    talk_ask(&teller, "shown", "{s:s}", "key", key);
    talk_state_reaches(&teller, key, "posted", 10000);
}

/* He has no password, and says of a sheet that is being printed that nothing of it came: the number
 * would be free again, and printed twice. */
static void nobody_speaks_for_another_terminals_printer(void **state)
{
    struct talk intruder;
    json_t *book = json_pack("{s:s, s:s, s:s, s:s}", "series", "1300242", "first", "00010001", "last", "00010099", "next", "00010001");
    talk_approve(&teller, BRANCH_SUPERVISOR, BRANCH_PASSWORD, "book_load", book);
    talk_ask(&teller, "book_load", "O", book);
    json_decref(book);
    paid();
    json_int_t invoice = talk_number(talk_ask(&teller, "print_next", NULL), "invoice");
    assert_true(invoice > 0);
    json_t *job = talk_ask(&teller, "invoice_send", "{s:I}", "invoice", invoice);
    assert_string_equal(talk_text(job, "number"), "00010001");
    talk_open(&intruder, socket_path, "55");
    talk_refused(&intruder, "state", "invoice_result", "{s:I, s:i, s:s, s:s, s:I, s:s}", "invoice", invoice, "attempt", 1, "number", "00010001", "outcome",
                 "nothing-sent", "bytes", (json_int_t)0, "words", "");
    talk_close(&intruder);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM invoice WHERE state = 'sent' AND doubt IS NULL"), 1);
    json_t *card = talk_ask(&teller, "invoice_result", "{s:I, s:i, s:s, s:s, s:I, s:s}", "invoice", invoice, "attempt", 1, "number", "00010001", "outcome",
                            "confirmed", "bytes", (json_int_t)900, "words", "printed");
    assert_string_equal(talk_text(json_object_get(card, "invoice"), "state"), "confirmed");
}

/* Two supervisors take a teller's rights away while he is signed on (his till is closed): he has none from then on. */
static void who_was_dismissed_works_on_with_nothing(void **state)
{
    struct talk dismissed;
    talk_open(&dismissed, socket_path, "04");
    talk_ask(&dismissed, "sign_on", "{s:s, s:s, s:b}", "operator", BRANCH_OTHER_TELLER, "password", BRANCH_PASSWORD, "no_till", 1);
    json_t *params = json_pack("{s:s, s:b}", "number", BRANCH_OTHER_TELLER, "active", 0);
    talk_approve(&boss, BRANCH_OTHER_SUPERVISOR, BRANCH_PASSWORD, "operator_set", params);
    talk_ask(&boss, "operator_set", "O", params);
    json_decref(params);
    bool gone = !talk_send(&dismissed, "todo", NULL) || talk_hear(&dismissed, 5000) == NULL;
    if (!gone) fail_msg("he is answered: %s", json_dumps(dismissed.answer, JSON_COMPACT));
    talk_close(&dismissed);
    talk_open(&dismissed, socket_path, "04");
    talk_refused(&dismissed, "password", "sign_on", "{s:s, s:s}", "operator", BRANCH_OTHER_TELLER, "password", BRANCH_PASSWORD);
    talk_close(&dismissed);
}

/* --- rubbish ------------------------------------------------------------------------------------ */

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static size_t bad_line(const struct entropy *chance, char *line, size_t size)
{
    static const char *const kinds[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pay\",\"params\":{\"token\":\"x\"}}", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pay\"", "[[[[[[[[[[[[",
        "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"state\"}", "GET / HTTP/1.1", "", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"rm\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"state\"}", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"state\",\"params\":{\"x\":1}}"};
    uint64_t drawn = entropy_u64(chance);
    int len = snprintf(line, size - 1, "%s", kinds[drawn % (sizeof kinds / sizeof *kinds)]);
    if (drawn >> 32 & 1 && len > 0) line[(drawn >> 40) % (unsigned)len] = (char)(drawn >> 16 & 0xff);
    for (int i = 0; i < len; i++)
        if (line[i] == '\n') line[i] = ' ';
    line[len++] = '\n';
    return (size_t)len;
}

/* Reads what is there; the number of answers in it. */
static int answers(int fd, int flags)
{
    static char bytes[65536];
    int lines = 0;
    ssize_t got = recv(fd, bytes, sizeof bytes, flags);
    for (ssize_t i = 0; i < got; i++)
        lines += bytes[i] == '\n';
    return got > 0 ? lines : got == 0 ? -1 : 0;
}

static void ten_thousand_bad_lines_are_each_refused_and_tellers_are_served(void **state)
{
    static int64_t samples[BAD_LINES / 50];
    struct entropy_seeded seed = {4711, 0};
    struct entropy chance = entropy_seeded(&seed);
    struct talk bad;
    char line[300];
    int refused = 0, sampled = 0;
    int64_t before = world_sql(&w, "branch.db", "SELECT count(*) FROM payment");
    talk_open(&bad, socket_path, NULL);
    for (int i = 0; i < BAD_LINES; i++) {
        size_t len = bad_line(&chance, line, sizeof line);
        assert_int_equal(send(bad.fd, line, len, MSG_NOSIGNAL), len);
        refused += answers(bad.fd, MSG_DONTWAIT);
        if (i % 50) continue;
        int64_t from = clock_monotonic_ms();
        talk_ask(&teller, "payment", "{s:s}", "key", key);
        samples[sampled++] = clock_monotonic_ms() - from;
    }
    int64_t until = clock_monotonic_ms() + 15000;
    while (refused < BAD_LINES && clock_monotonic_ms() < until) {
        int more = answers(bad.fd, 0);
        assert_true(more > 0);
        refused += more;
    }
    talk_close(&bad);
    assert_true(refused >= BAD_LINES); /* state pushes are lines too */
    qsort(samples, (size_t)sampled, sizeof *samples, by_size);
    assert_in_range(samples[(sampled - 1) * 99 / 100], 0, P99_MS);
    assert_int_equal(world_sql(&w, "branch.db", "SELECT count(*) FROM payment"), before);
}

/* --- as many connections as there are --------------------------------------------------------------- */

static int knock(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    memcpy(to.sun_path, socket_path, strlen(socket_path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    close(fd);
    return -1;
}

/* In a process of another user; what it returns is that process's exit code. */
static pid_t as_nobody(int (*act)(int ready), int ready)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0) _exit(99);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        _exit(act(ready));
    }
    return pid;
}

static int knocks_in_vain(int ready) { return knock() < 0 && errno == EACCES ? 0 : 1; }

/* Takes all he can get, says so and keeps it. */
static int takes_every_place(int ready)
{
    int kept = 0;
    for (int i = 0; i < SERVER_PEERS_MAX + 50; i++)
        kept += knock() >= 0;
    if (write(ready, "x", 1) != 1) return 1;
    pause();
    return kept == 0;
}

static void who_is_not_of_the_group_does_not_get_in(void **state)
{
    int status;
    if (geteuid() != 0) skip();
    assert_int_equal(chmod(w.dir, 0755), 0);
    pid_t pid = as_nobody(knocks_in_vain, -1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void one_user_cannot_take_every_place(void **state)
{
    struct talk late;
    int fds[2], status;
    char byte;
    if (geteuid() != 0) skip();
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(chmod(socket_path, 0666), 0); /* he is of the group now */
    pid_t pid = as_nobody(takes_every_place, fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    talk_open(&late, socket_path, "07"); /* a counter that is switched on only now */
    assert_string_equal(talk_text(talk_ask(&late, "state", NULL), "stopped"), "");
    talk_close(&late);
    paid();
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(chmod(socket_path, 0660), 0);
    close(fds[0]);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_method_is_outside_the_table),
        cmocka_unit_test(each_method_is_for_its_roles_and_no_others),
        cmocka_unit_test(nobody_speaks_for_another_terminals_printer),
        cmocka_unit_test(who_was_dismissed_works_on_with_nothing),
        cmocka_unit_test(ten_thousand_bad_lines_are_each_refused_and_tellers_are_served),
        cmocka_unit_test(who_is_not_of_the_group_does_not_get_in),
        cmocka_unit_test(one_user_cannot_take_every_place),
    };
    return cmocka_run_group_tests_name("at the branch's own socket", tests, start, stop);
}
