#include "lib/postgres.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"

#define NOBODY 65534
#define READY_S 30
#define BIN "/usr/lib/postgresql/15/bin"

/* In the child: PostgreSQL refuses to run as root. */
static void become_nobody(const char *dir)
{
    if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setgid(NOBODY) != 0 || setuid(NOBODY) != 0)) _exit(126);
    if (chdir(dir) != 0) _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static pid_t spawn(const struct postgres *p, const char *command, int out)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    become_nobody(p->dir);
    int log = open("log", O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(out >= 0 ? out : log, 1);
    dup2(log, 2);
    setenv("PATH", BIN ":/usr/bin:/bin", 1);
    setenv("PGHOST", p->dir, 1);
    setenv("PGUSER", "books", 1);
    setenv("PGDATABASE", "books", 1);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

int postgres_run(const struct postgres *p, char *out, size_t size, const char *command)
{
    int fds[2], status;
    size_t used = 0;
    ssize_t n;
    char rest[4096];
    if (pipe(fds) != 0) fail_msg("pipe: %s", strerror(errno));
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    pid_t pid = spawn(p, command, fds[1]);
    close(fds[1]);
    while ((n = out && used + 1 < size ? read(fds[0], out + used, size - used - 1) : read(fds[0], rest, sizeof rest)) > 0)
        if (out && used + 1 < size) used += (size_t)n;
    if (out && size) out[used] = '\0';
    close(fds[0]);
    if (waitpid(pid, &status, 0) != pid) fail_msg("wait: %s", strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void last_words(const struct postgres *p, const char *what)
{
    char path[100], text[1500];
    snprintf(path, sizeof path, "%s/log", p->dir);
    FILE *in = fopen(path, "r");
    size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in) fclose(in);
    text[n] = '\0';
    fail_msg("PostgreSQL %s (package postgresql): %s", what, text);
}

void postgres_start(struct postgres *p)
{
    int64_t until = clock_monotonic_ms() + READY_S * 1000;
    char url[200], command[200];
    int ended = 0; /* a server that ended before it served is started anew, twice */
    snprintf(command, sizeof command, "exec postgres -D data -k %s -c listen_addresses= -c shared_buffers=256MB -c max_wal_size=4GB", p->dir);
    p->pid = spawn(p, command, -1);
    snprintf(url, sizeof url, "postgresql://books@/postgres?host=%s", p->dir);
    while (PQping(url) != PQPING_OK) {
        bool gone = waitpid(p->pid, NULL, WNOHANG) != 0;
        if (clock_monotonic_ms() > until || (gone && ++ended > 2)) last_words(p, "does not start");
        if (gone) p->pid = spawn(p, command, -1);
        poll(NULL, 0, 10);
    }
}

static void make_folder(struct postgres *p)
{
    memset(p, 0, sizeof *p);
    snprintf(p->dir, sizeof p->dir, "/tmp/gridteller-pg-XXXXXX");
    if (mkdtemp(p->dir) == NULL) fail_msg("%s: %s", p->dir, strerror(errno));
    if (geteuid() == 0 && chown(p->dir, NOBODY, NOBODY) != 0) fail_msg("%s: %s", p->dir, strerror(errno));
    snprintf(p->url, sizeof p->url, "postgresql://books@/books?host=%s", p->dir);
}

void postgres_follow(struct postgres *p, const struct postgres *primary)
{
    char command[300];
    make_folder(p);
    snprintf(command, sizeof command, "pg_basebackup -D data -R -X stream -c fast --no-sync -d 'host=%s user=books application_name=standby' >>log", primary->dir);
    if (postgres_run(p, NULL, 0, command) != 0) last_words(p, "makes no standby");
    postgres_start(p);
}

void postgres_promote(struct postgres *p)
{
    if (postgres_run(p, NULL, 0, "pg_ctl promote -w -D data >>log") != 0) last_words(p, "is not promoted");
}

void postgres_open(struct postgres *p)
{
    make_folder(p);
    if (postgres_run(p, NULL, 0, "initdb -D data -U books -A trust -E UTF8 --locale=C --no-sync >>log") != 0) last_words(p, "can't be made");
    postgres_start(p);
    if (postgres_run(p, NULL, 0, "createdb -U books books") != 0) last_words(p, "makes no database");
}

const char *postgres_database(struct postgres *p, const char *name, char *buf, size_t size)
{
    char command[100];
    snprintf(command, sizeof command, "createdb -U books '%s'", name);
    if (postgres_run(p, NULL, 0, command) != 0) last_words(p, "makes no database");
    snprintf(buf, size, "postgresql://books@/%s?host=%s", name, p->dir);
    return buf;
}

void postgres_crash(struct postgres *p)
{
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    p->pid = 0;
    postgres_run(p, NULL, 0, "rm -f data/postmaster.pid");
}

void postgres_close(struct postgres *p)
{
    char command[100];
    if (p->pid) {
        kill(p->pid, SIGQUIT);
        waitpid(p->pid, NULL, 0);
        p->pid = 0;
    }
    snprintf(command, sizeof command, "rm -rf '%s'", p->dir);
    if (p->dir[0] && system(command) != 0) fail_msg("%s was not removed", p->dir);
    p->dir[0] = '\0';
}
