#include "base/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

void confine_start(void)
{
    static const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

#ifndef CONFINE_OFF

#define CALLS_MAX 512
#define NAME_SIZE 24

/* What libuv, OpenSSL, SQLite and the C library ask for while the daemons serve. */
static const char *const common[] = {
    /* files: books, certificates, policy, copy, log */
    "read", "readv", "pread64", "write", "writev", "pwrite64", "open", "openat", "close", "close_range", "lseek", "fstat", "stat", "lstat",
    "newfstatat", "statx", "fstatfs", "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getcwd", "fcntl", "dup", "fsync", "fdatasync",
    "ftruncate", "fallocate", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "fchmod", "fchown", "umask", "getdents64",
    /* memory */
    "brk", "munmap", "mremap", "madvise", "mlock", "munlock",
    /* threads, signals, chance, time */
    "futex", "rseq", "set_robust_list", "sched_yield", "sched_getaffinity", "exit", "exit_group", "rt_sigaction", "rt_sigprocmask",
    "rt_sigreturn", "sigaltstack", "restart_syscall", "getrandom", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres",
    "gettimeofday", "time", "uname", "sysinfo", "getrusage",
    "getpid", "gettid", "getuid", "geteuid", "getgid", "getegid", "tgkill",
    /* sockets and the loop */
    "bind", "listen", "accept", "accept4", "connect", "getsockname", "getpeername", "getsockopt", "setsockopt", "shutdown", "sendto",
    "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "poll", "ppoll", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "eventfd2", "pipe2",
};

/* Calls of which only some forms are let through. */
static const struct {
    const char *call;
    unsigned arg;
    uint64_t mask, value;
} some[] = {
    /* threads of this process, never another process (clone3 can't be looked into: the C library falls back) */
    {"clone", 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM},
    /* memory is written or executed, never both, and what was written is never made executable */
    {"mmap", 2, PROT_EXEC, 0},
    {"mmap", 2, PROT_WRITE | PROT_EXEC, PROT_EXEC},
    {"mprotect", 2, PROT_EXEC, 0},
    {"socket", 0, UINT64_MAX, AF_UNIX},
    {"socket", 0, UINT64_MAX, AF_INET},
    {"socket", 0, UINT64_MAX, AF_INET6},
    {"ioctl", 1, UINT32_MAX, FIONBIO},
    {"ioctl", 1, UINT32_MAX, FIOCLEX},
    {"ioctl", 1, UINT32_MAX, FIONREAD},
    {"prctl", 0, UINT64_MAX, PR_SET_NAME},
    {"prctl", 0, UINT64_MAX, PR_GET_NAME},
};

/* Calls that libraries try, and do without when the answer is no. */
static const char *const refused[] = {"clone3", "io_uring_setup", "memfd_create", "keyctl", "add_key", "prlimit64", "getrlimit"};
static const struct {
    const char *call;
    unsigned arg;
    uint64_t value;
    int no;
} refused_form[] = {{"socket", 0, AF_NETLINK, EAFNOSUPPORT}, {"ioctl", 1, TCGETS, ENOTTY}};

static char names[CALLS_MAX][NAME_SIZE];
static const char *program;

static size_t append(char *line, size_t used, size_t size, const char *text)
{
    while (*text && used + 1 < size)
        line[used++] = *text++;
    return used;
}

/* A call that is not in the list is somebody else's code, or a gap in the list. Only what a
 * signal handler may do; the signal's own default then ends the process. */
static void on_stopped(int signal_number, siginfo_t *info, void *context)
{
    char line[200];
    size_t used = append(line, 0, sizeof line, "- ");
    int number = info->si_syscall;
    used = append(line, used, sizeof line, program);
    used = append(line, used, sizeof line, " error: STOPPED: it made the system call ");
    used = append(line, used, sizeof line, number >= 0 && number < CALLS_MAX && names[number][0] ? names[number] : "of an unknown name");
    used = append(line, used, sizeof line, ", or a form of it, that serving has no need of ([serve] system_calls)\n");
    if (write(STDERR_FILENO, line, used) < 0) used = 0;
    signal(SIGSYS, SIG_DFL);
    raise(SIGSYS);
}

static int on_signal(const char *who, struct error *err)
{
    struct sigaction act = {.sa_sigaction = on_stopped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    program = who;
    for (int i = 0; i < CALLS_MAX; i++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i);
        if (name) snprintf(names[i], sizeof names[i], "%s", name);
        free(name);
    }
    if (sigaction(SIGSYS, &act, NULL) == 0) return 0;
    return error_all(err, "the system calls cannot be limited", NULL, strerror(errno), NULL);
}

/* A name that this kind of machine has not is passed over. */
static int each(scmp_filter_ctx filter, uint32_t action, const char *const *calls, size_t count)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < count; i++) {
        int number = seccomp_syscall_resolve_name(calls[i]);
        if (number != __NR_SCMP_ERROR) status = seccomp_rule_add(filter, action, number, 0);
    }
    return status;
}

static int fill(scmp_filter_ctx filter)
{
    int status = each(filter, SCMP_ACT_ALLOW, common, sizeof common / sizeof *common);
    for (size_t i = 0; status == 0 && i < sizeof some / sizeof *some; i++)
        status = seccomp_rule_add(filter, SCMP_ACT_ALLOW, seccomp_syscall_resolve_name(some[i].call), 1,
                                  (struct scmp_arg_cmp){some[i].arg, SCMP_CMP_MASKED_EQ, some[i].mask, some[i].value});
    for (size_t i = 0; status == 0 && i < sizeof refused_form / sizeof *refused_form; i++)
        status = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused_form[i].no), seccomp_syscall_resolve_name(refused_form[i].call), 1,
                                  SCMP_CMP(refused_form[i].arg, SCMP_CMP_MASKED_EQ, UINT64_MAX, refused_form[i].value));
    return status == 0 ? each(filter, SCMP_ACT_ERRNO(ENOSYS), refused, sizeof refused / sizeof *refused) : status;
}

int confine_calls(const char *who, const char *word, struct error *err)
{
    bool log = strcmp(word, "log") == 0;
    if (strcmp(word, "all") == 0) return 0;
    if (!log && strcmp(word, CONFINE_PRESET) != 0)
        return error_all(err, "the setting is not valid", "[serve] system_calls", "it is none of: few, log, all", NULL);
    if (on_signal(who, err) != 0) return -1;
    scmp_filter_ctx filter = seccomp_init(log ? SCMP_ACT_LOG : SCMP_ACT_TRAP);
    int status = filter ? seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) : -ENOMEM;
    if (status == 0) status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (status == 0) status = fill(filter);
    if (status == 0) status = seccomp_load(filter);
    if (filter) seccomp_release(filter);
    if (status == 0) return 0;
    return error_all(err, "the system calls cannot be limited", NULL, strerror(-status), "[serve] system_calls = all, on a system without seccomp");
}

#else

int confine_calls(const char *who, const char *word, struct error *err) { return 0; }

#endif
