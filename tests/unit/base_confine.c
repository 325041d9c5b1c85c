/* A daemon that was taken over: what its new master tries ends it, and the last line says what it was. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/confine.h"

struct end {
    int status;
    char said[512];
};

/* Runs act in a process of its own that is confined by this word. */
static struct end confined(const char *word, void (*act)(void))
{
    struct end end = {0};
    struct error err;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fds[1], STDERR_FILENO);
        confine_start();
        if (confine_calls("tried", word, &err) != 0) _exit(99);
        act();
        _exit(0);
    }
    close(fds[1]);
    size_t used = 0;
    ssize_t got;
    while ((got = read(fds[0], end.said + used, sizeof end.said - 1 - used)) > 0)
        used += (size_t)got;
    close(fds[0]);
    assert_int_equal(waitpid(pid, &end.status, 0), pid);
    return end;
}

static void program(void) { execl("/bin/true", "true", (char *)NULL); }
static void process(void) { if (fork() == 0) _exit(0); }
static void raw_process(void) { syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }
static void look_into(void) { ptrace(PTRACE_TRACEME, 0, 0, 0); }
static void read_another(void) { syscall(SYS_process_vm_readv, 1, 0, 0, 0, 0, 0); }
static void end_another(void) { kill(1, 0); }
static void become(void) { syscall(SYS_setuid, 1000); }
static void wire_tap(void) { if (socket(AF_PACKET, SOCK_RAW, 0) < 0) _exit(1); }
static void give_away(void) { chmod("/nowhere", 0600); }
static void link_away(void) { if (symlink("/etc/shadow", "/tmp/no") != 0) _exit(1); }
static void other_root(void) { if (chroot("/tmp") != 0) _exit(1); }
static void mount_over(void) { mount("none", "/mnt", "tmpfs", 0, NULL); }
static void kernel_code(void) { syscall(SYS_bpf, 0, 0, 0); }
static void dumps_again(void) { prctl(PR_SET_DUMPABLE, 1); }

static void code_in_data(void)
{
    static char page[8192];
    mprotect((void *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095), 4096, PROT_READ | PROT_EXEC);
}
static void code_and_data(void) { mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

static void what_it_tries_ends_it_and_is_named(void **state)
{
    static const struct {
        void (*act)(void);
        const char *named;
    } tries[] = {
        {program, "execve"}, {process, "clone"}, {raw_process, "clone"}, {look_into, "ptrace"}, {read_another, "process_vm_readv"},
        {end_another, "kill"}, {become, "setuid"}, {wire_tap, "socket"}, {link_away, "symlink"},
        {other_root, "chroot"}, {mount_over, "mount"}, {kernel_code, "bpf"}, {dumps_again, "prctl"}, {code_in_data, "mprotect"},
        {code_and_data, "mmap"}, {give_away, "chmod"},
    };
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        char line[80];
        struct end end = confined("few", tries[i].act);
        snprintf(line, sizeof line, "- tried error: STOPPED: it made the system call %s, or a form of it", tries[i].named);
        if (!WIFSIGNALED(end.status) || WTERMSIG(end.status) != SIGSYS) fail_msg("%s: status %x: %s", tries[i].named, (unsigned)end.status, end.said);
        if (strncmp(end.said, line, strlen(line)) != 0) fail_msg("%s: it said: %s", tries[i].named, end.said);
    }
}

static void *add_one(void *count) { return ++*(int *)count, NULL; }

/* What the daemons live on: threads, memory, files, names, sockets. */
static void an_honest_day(void)
{
    int count = 0;
    char path[] = "/tmp/gridteller-confine-XXXXXX";
    pthread_t thread;
    struct addrinfo *found = NULL;
    if (pthread_create(&thread, NULL, add_one, &count) != 0 || pthread_join(thread, NULL) != 0 || count != 1) _exit(10);
    char *memory = malloc(64 << 20);
    if (memory == NULL || (memory = realloc(memory, 128 << 20)) == NULL) _exit(11);
    free(memory);
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, "x", 1) != 1 || fdatasync(fd) != 0 || ftruncate(fd, 0) != 0 || close(fd) != 0 || unlink(path) != 0) _exit(12);
    if (getaddrinfo("localhost", "9101", NULL, &found) != 0) _exit(13);
    freeaddrinfo(found);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || listen(fd, 1) != 0 || close(fd) != 0) _exit(14);
    fprintf(stderr, "as before");
}

static void honest_work_goes_on(void **state)
{
    struct end end = confined("few", an_honest_day);
    if (end.status != 0) fail_msg("status %x: %s", (unsigned)end.status, end.said);
    assert_string_equal(end.said, "as before");
}

static void count_thread(void)
{
    char line[128];
    int found = 0;
    FILE *in = fopen("/proc/thread-self/status", "r");
    while (in && fgets(line, sizeof line, in))
        found += strcmp(line, "Seccomp:\t2\n") == 0 || strcmp(line, "NoNewPrivs:\t1\n") == 0;
    if (found != 2) _exit(3);
}

static void *wait_and_look(void *fds)
{
    char byte;
    if (read(((int *)fds)[0], &byte, 1) != 1) _exit(4);
    count_thread();
    return NULL;
}

/* Threads that were there before are held too. */
static void threads_that_run_already_are_held_too(void **state)
{
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        struct error err;
        pthread_t thread;
        int fds[2];
        if (pipe(fds) != 0 || pthread_create(&thread, NULL, wait_and_look, fds) != 0) _exit(1);
        confine_start();
        if (confine_calls("tried", "few", &err) != 0) _exit(2);
        count_thread();
        if (write(fds[1], "x", 1) != 1 || pthread_join(thread, NULL) != 0) _exit(5);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void for_odd_systems_it_can_be_logged_only_or_left(void **state)
{
    struct error err;
    assert_int_equal(confined("log", program).status, 0);
    assert_int_equal(confined("all", program).status, 0);
    assert_int_equal(confine_calls("tried", "some", &err), -1);
    assert_string_equal(err.where, "[serve] system_calls");
}

/* Where a core would be written it is not, whatever the limit was before. */
static void no_core_is_ever_written(void **state)
{
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY}, now;
        setrlimit(RLIMIT_CORE, &unlimited);
        confine_start();
        if (getrlimit(RLIMIT_CORE, &now) != 0 || now.rlim_max != 0 || prctl(PR_GET_DUMPABLE) != 0) _exit(1);
        abort();
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_false(WCOREDUMP(status));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef CONFINE_OFF
        cmocka_unit_test(what_it_tries_ends_it_and_is_named), cmocka_unit_test(honest_work_goes_on),
        cmocka_unit_test(threads_that_run_already_are_held_too), cmocka_unit_test(for_odd_systems_it_can_be_logged_only_or_left),
#endif
        cmocka_unit_test(no_core_is_ever_written),
    };
#ifdef CONFINE_OFF
    print_message("built without the filter of system calls: it is not tried\n");
    (void)what_it_tries_ends_it_and_is_named, (void)honest_work_goes_on, (void)threads_that_run_already_are_held_too;
    (void)for_odd_systems_it_can_be_logged_only_or_left;
#endif
    return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
