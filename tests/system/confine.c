/* The three daemons as they run: what they may ask of the kernel, whose files they take, what
 * others may read of them. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/rpc_client.h"
#include "lib/world_branch.h"

static struct world w;
static const char *const daemons[] = {"utilityd", "bankd", "branchd"};
#define DAEMONS (sizeof daemons / sizeof *daemons)

static int start(void **state)
{
    world_open(&w, "confine");
    world_utility(&w, 50);
    world_bank(&w);
    world_branch(&w, NULL);
    world_wait_branch(&w);
    return 0;
}

static int stop(void **state)
{
    world_close(&w);
    return 0;
}

static bool file_has(const char *path, const char *line)
{
    char at[256];
    bool found = false;
    FILE *in = fopen(path, "r");
    if (in == NULL) fail_msg("%s: %s", path, strerror(errno));
    while (!found && fgets(at, sizeof at, in))
        found = strncmp(at, line, strlen(line)) == 0;
    fclose(in);
    return found;
}

static void every_thread_of_every_daemon_is_held(void **state)
{
    char path[300];
    for (size_t i = 0; i < DAEMONS; i++) {
        int threads = 0;
        snprintf(path, sizeof path, "/proc/%d/limits", (int)world_pid(&w, daemons[i]));
        assert_true(file_has(path, "Max core file size        0                    0 "));
        snprintf(path, sizeof path, "/proc/%d/task", (int)world_pid(&w, daemons[i]));
        DIR *dir = opendir(path);
        assert_non_null(dir);
        for (struct dirent *e; (e = readdir(dir)) != NULL; threads++) {
            if (e->d_name[0] == '.') continue;
            snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", (int)world_pid(&w, daemons[i]), e->d_name);
            assert_true(file_has(path, "NoNewPrivs:\t1"));
#ifndef CONFINE_OFF
            if (!file_has(path, "Seccomp:\t2")) fail_msg("%s: a thread without the filter", daemons[i]);
#endif
        }
        closedir(dir);
        assert_true(threads > 2);
    }
}

/* Another program of the same user can't read its memory, environment or open files. */
static void another_program_of_its_user_reads_nothing_of_it(void **state)
{
    static const char *const secret[] = {"mem", "environ", "maps", "fd"};
    if (geteuid() != 0) skip();
    for (size_t i = 0; i < DAEMONS; i++)
        for (size_t k = 0; k < sizeof secret / sizeof *secret; k++) {
            char path[64];
            struct stat st;
            snprintf(path, sizeof path, "/proc/%d/%s", (int)world_pid(&w, daemons[i]), secret[k]);
            assert_int_equal(stat(path, &st), 0);
            assert_int_equal(st.st_uid, 0); /* root's, whoever runs it: it is not dumpable */
        }
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) { /* without root's rights over all files it is like any other user of that number */
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/environ", (int)world_pid(&w, "branchd"));
        if (setgid(65534) != 0 || setuid(65534) != 0) _exit(2);
        _exit(access(path, R_OK) == 0 || ptrace(PTRACE_ATTACH, world_pid(&w, "branchd"), 0, 0) == 0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

#if defined(__x86_64__) && !defined(CONFINE_OFF)
/* Makes the stopped thread do execve("/bin/true", NULL, NULL) where it stands, as code put
 * into it would. */
static void take_over(pid_t pid)
{
    struct user_regs_struct regs;
    int status;
    assert_int_equal(ptrace(PTRACE_ATTACH, pid, 0, 0), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(ptrace(PTRACE_GETREGS, pid, 0, &regs), 0);
    /* it waits in a system call: the two bytes before its next instruction are that of a system call */
    long before = ptrace(PTRACE_PEEKTEXT, pid, (void *)(uintptr_t)(regs.rip - 2), 0);
    assert_int_equal(before & 0xffff, 0x050f);
    static const char path[8] = "/bin/sh";
    uintptr_t at = (uintptr_t)(regs.rsp - 256) & ~(uintptr_t)15;
    long words;
    memcpy(&words, path, sizeof words);
    assert_int_equal(ptrace(PTRACE_POKEDATA, pid, (void *)at, (void *)words), 0);
    regs.rip -= 2;
    regs.rax = SYS_execve;
    regs.orig_rax = (unsigned long long)-1; /* nothing to restart */
    regs.rdi = at;
    regs.rsi = regs.rdx = 0;
    assert_int_equal(ptrace(PTRACE_SETREGS, pid, 0, &regs), 0);
    assert_int_equal(ptrace(PTRACE_DETACH, pid, 0, 0), 0);
}

/* Each is made to start a shell: it ends instead, its log says at what, and started again it goes on. */
static void a_daemon_that_was_taken_over_starts_no_program(void **state)
{
    for (size_t i = 0; i < DAEMONS; i++) {
        char log[64];
        take_over(world_pid(&w, daemons[i]));
        assert_int_equal(world_wait(&w, daemons[i]), 128 + SIGSYS);
        snprintf(log, sizeof log, "%s.log", daemons[i]);
        char *said = world_read(&w, log), line[120];
        snprintf(line, sizeof line, "%s error: STOPPED: it made the system call execve", daemons[i]);
        if (strstr(said, line) == NULL) fail_msg("not in %s: %s", log, said);
        free(said);
        world_start(&w, daemons[i]);
    }
    world_wait_branch(&w);
}
#endif

/* A setting for odd systems: without the filter, and said to be none of the words. */
static void the_filter_is_a_setting(void **state)
{
    char path[64];
    assert_int_equal(world_stop(&w, "branchd"), 0);
    char *was = world_read(&w, "branchd.ini"), config[300];
    world_append(&w, "branchd.ini", "[serve]\nsystem_calls = most\n");
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w.dir);
#ifndef CONFINE_OFF
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "serve", NULL), EX_CONFIG);
    char *said = world_read(&w, "run.log");
    assert_non_null(strstr(said, "none of: few, log, all"));
    free(said);
#endif
    world_write(&w, "branchd.ini", "%s[serve]\nsystem_calls = all\n", was);
    world_start(&w, "branchd");
    snprintf(path, sizeof path, "/proc/%d/status", (int)world_pid(&w, "branchd"));
    assert_true(file_has(path, "Seccomp:\t0"));
    assert_int_equal(world_stop(&w, "branchd"), 0);
    world_write(&w, "branchd.ini", "%s", was);
    world_start(&w, "branchd");
    world_wait_branch(&w);
    free(was);
}

/* Nothing that the daemons made is anybody else's to read; the socket is the counters' group's. */
static void what_they_make_is_theirs_alone(void **state)
{
    static const char *const files[] = {
        "branch.db", "branch.db-wal", "branch.db-shm", "branch.db-lock", "audit.key", "copy.db", "bank.db", "bank.db-wal",
        "utility.db", "utility.db-wal", "utility.key", "bank-102.key", "branch-0311-0007.key", "ca.key"};
    char path[512];
    struct stat st;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (stat(world_path(&w, files[i], path, sizeof path), &st) != 0) fail_msg("%s: %s", path, strerror(errno));
        if (st.st_mode & 077) fail_msg("%s has mode %o", path, (unsigned)st.st_mode & 0777);
    }
    assert_int_equal(stat(world_path(&w, "branchd.sock", path, sizeof path), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    assert_int_equal(stat(world_path(&w, "bankd.sock", path, sizeof path), &st), 0);
    assert_int_equal(st.st_mode & 07, 0);
}

/* The program must refuse to serve with this file so, and say which and why. */
static void refuses(const char *program, const char *file, mode_t mode, uid_t owner, const char *why)
{
    char path[512], config[300];
    struct stat st;
    world_write(&w, "run.log", "%s", "");
    assert_int_equal(stat(world_path(&w, file, path, sizeof path), &st), 0);
    assert_int_equal(chmod(path, mode), 0);
    if (owner != st.st_uid) assert_int_equal(chown(path, owner, (gid_t)-1), 0);
    snprintf(config, sizeof config, "--config=%s/%s.ini", w.dir, program);
    int code = world_run(&w, NULL, 0, program, config, "serve", NULL);
    char *said = world_read(&w, "run.log");
    if (code == 0 || code >= 128) fail_msg("%s with %s so ended with %d", program, file, code);
    if (strstr(said, file) == NULL || strstr(said, why) == NULL) fail_msg("%s with %s so said: %s", program, file, said);
    free(said);
    assert_int_equal(chown(path, st.st_uid, (gid_t)-1), 0);
    assert_int_equal(chmod(path, st.st_mode & 07777), 0);
}

static void a_key_or_book_that_others_can_read_is_refused(void **state)
{
    static const struct {
        const char *program, *file;
        mode_t mode;
        const char *why;
    } rows[] = {
        {"branchd", "branch.db", 0644, "others may read it"},       {"branchd", "audit.key", 0640, "others may read it"},
        {"branchd", "branch-0311-0007.key", 0604, "others may read it"}, {"branchd", "branchd.ini", 0666, "others may write it"},
        {"bankd", "bank.db", 0640, "others may read it"},           {"bankd", "bank-102.key", 0640, "others may read it"},
        {"bankd", "bankd.policy", 0664, "others may write it"},     {"bankd", "bankd.ini", 0646, "others may write it"},
        {"utilityd", "utility.db", 0604, "others may read it"},     {"utilityd", "utility.key", 0644, "others may read it"},
        {"utilityd", "utilityd.policy", 0666, "others may write it"}, {"utilityd", "utilityd.ini", 0664, "others may write it"},
    };
    for (size_t i = DAEMONS; i-- > 0;)
        assert_int_equal(world_stop(&w, daemons[i]), 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        refuses(rows[i].program, rows[i].file, rows[i].mode, geteuid(), rows[i].why);
    for (size_t i = 0; i < sizeof rows / sizeof *rows && geteuid() == 0; i++)
        refuses(rows[i].program, rows[i].file, 0600, 65534, "belongs to somebody else");
    for (size_t i = 0; i < DAEMONS; i++)
        world_start(&w, daemons[i]);
    world_wait_branch(&w);
}

/* A link in the books' place leads a daemon to a file that it did not mean. */
static void a_link_in_the_ledgers_place_is_refused(void **state)
{
    char path[512], other[512], config[300];
    assert_int_equal(world_stop(&w, "branchd"), 0);
    world_path(&w, "branch.db", path, sizeof path);
    world_path(&w, "elsewhere.db", other, sizeof other);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    snprintf(config, sizeof config, "--config=%s/branchd.ini", w.dir);
    assert_int_equal(world_run(&w, NULL, 0, "branchd", config, "serve", NULL), EX_NOINPUT);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rename(other, path), 0);
    world_start(&w, "branchd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_thread_of_every_daemon_is_held),
        cmocka_unit_test(another_program_of_its_user_reads_nothing_of_it),
        cmocka_unit_test(what_they_make_is_theirs_alone),
        cmocka_unit_test(the_filter_is_a_setting),
#if defined(__x86_64__) && !defined(CONFINE_OFF)
        cmocka_unit_test(a_daemon_that_was_taken_over_starts_no_program),
#endif
        cmocka_unit_test(a_key_or_book_that_others_can_read_is_refused),
        cmocka_unit_test(a_link_in_the_ledgers_place_is_refused),
    };
    return cmocka_run_group_tests_name("confined daemons", tests, start, stop);
}
