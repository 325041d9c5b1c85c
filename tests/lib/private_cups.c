#include "lib/private_cups.h"

#include <cups/cups.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 10000

static struct {
    char folder[64], markers[96];
    pid_t pid;
} cups;

static void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *fmt, ...)
{
    char line[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    if (system(line) != 0) {
        fprintf(stderr, "failed: %s\n", line);
        abort();
    }
}

static void write_file(const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", cups.folder, name);
    FILE *f = fopen(path, "w");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) abort();
}

/* cupsd as root takes backends only of root's, and runs them as lp. */
static void make_folder(void)
{
    char text[2048];
    snprintf(cups.folder, sizeof cups.folder, "/tmp/gridteller-cups-XXXXXX");
    if (mkdtemp(cups.folder) == NULL) abort();
    snprintf(cups.markers, sizeof cups.markers, "%s/once", cups.folder);
    shell("cd %s && chmod 755 . && mkdir -p bin/backend bin/daemon bin/filter spool/tmp cache state once ssl && "
          "cp /usr/lib/cups/backend/socket bin/backend/ && cp -L /usr/lib/cups/backend/usb /usr/lib/cups/backend/ipp bin/backend/ && "
          "cp -L /usr/lib/cups/filter/pdftopdf bin/filter/ && "
          "cp /usr/lib/cups/daemon/cups-exec bin/daemon/ && "
          "chmod 777 once && chmod 1777 spool/tmp",
          cups.folder);
    shell("cp %s/once %s/bin/backend/once && chmod 755 %s/bin/backend/*", getenv("B") ? getenv("B") : "build",
          cups.folder, cups.folder);
    snprintf(text, sizeof text,
             "ServerRoot %s\nServerBin %s/bin\nDataDir /usr/share/cups\nRequestRoot %s/spool\nTempDir %s/spool/tmp\n"
             "CacheDir %s/cache\nStateDir %s/state\nErrorLog %s/error_log\nAccessLog %s/access_log\nPageLog %s/page_log\n"
             "FileDevice Yes\n%sSetEnv GRIDTELLER_ONCE %s\n",
             cups.folder, cups.folder, cups.folder, cups.folder, cups.folder, cups.folder, cups.folder, cups.folder,
             cups.folder, getuid() == 0 ? "User lp\nGroup lp\nSystemGroup root\n" : "", cups.markers);
    write_file("cups-files.conf", text);
    snprintf(text, sizeof text,
             "LogLevel debug\nListen %s/sock\nBrowsing Off\nDefaultAuthType None\nWebInterface No\nDirtyCleanInterval 0\n"
             "MaxLogSize 0\nErrorPolicy retry-current-job\nJobRetryInterval 1\n"
             "<Location />\nOrder allow,deny\nAllow all\n</Location>\n"
             "<Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>\n",
             cups.folder);
    write_file("cupsd.conf", text);
}

void cups_start_again(void)
{
    char conf[96], files[96], path[96];
    snprintf(conf, sizeof conf, "%s/cupsd.conf", cups.folder);
    snprintf(files, sizeof files, "%s/cups-files.conf", cups.folder);
    snprintf(path, sizeof path, "%s/sock", cups.folder);
    unlink(path);
    cups.pid = fork();
    if (cups.pid == 0) {
        int log = open("/dev/null", O_RDWR);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
        for (int fd = 0; fd <= 2; fd++) dup2(log, fd);
        unsetenv("LD_PRELOAD");
        execl("/usr/sbin/cupsd", "cupsd", "-f", "-c", conf, "-s", files, (char *)NULL);
        _exit(127);
    }
    setpgid(cups.pid, cups.pid);
    for (int waited = 0; waited < WAIT_MS; waited += 10) {
        http_t *http = httpConnect2(path, 0, NULL, AF_UNSPEC, HTTP_ENCRYPTION_NEVER, 1, 100, NULL);
        if (http) {
            httpClose(http);
            return;
        }
        poll(NULL, 0, 10);
    }
    fprintf(stderr, "cupsd does not come up in %s\n", cups.folder);
    abort();
}

void cups_start(void)
{
    char path[96];
    make_folder();
    snprintf(path, sizeof path, "%s/sock", cups.folder);
    setenv("CUPS_SERVER", path, 1);
    cupsSetServer(path);
    cups_start_again();
}

/* Backends are of cupsd's session but of groups of their own: found by their parent. */
void cups_kill(void)
{
    char line[96];
    snprintf(line, sizeof line, "pkill -KILL -P %d", (int)cups.pid);
    kill(cups.pid, SIGSTOP);
    if (system(line) < 0) abort();
    kill(cups.pid, SIGKILL);
    waitpid(cups.pid, NULL, 0);
}

int cups_do(const char *const argv[])
{
    pid_t pid = fork();
    int status;
    if (pid == 0) {
        int log = open("/dev/null", O_WRONLY);
        dup2(log, 1);
        dup2(log, 2);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void cups_queue(const char *name, const char *device)
{
    const char *const argv[] = { "lpadmin", "-p", name, "-E", "-v", device, "-m", "raw", "-o",
                                 "printer-error-policy=retry-current-job", NULL };
    if (cups_do(argv) != 0) {
        shell("tail -5 %s/error_log >&2", cups.folder);
        abort();
    }
}

void cups_queue_pdf(const char *name, const char *device, int once)
{
    char through[200];
    const char *const make[] = { "lpadmin", "-p", name, "-E", "-v", device, "-m", "everywhere", NULL };
    const char *const change[] = { "lpadmin", "-p", name, "-v", through, NULL };
    snprintf(through, sizeof through, "once:%s", device);
    if (cups_do(make) == 0 && (!once || cups_do(change) == 0)) return;
    shell("tail -5 %s/error_log >&2", cups.folder);
    abort();
}

int cups_await_job(const char *queue, int state)
{
    for (int waited = 0; waited < WAIT_MS; waited += 20) {
        cups_job_t *jobs = NULL;
        int n = cupsGetJobs(&jobs, queue, 0, CUPS_WHICHJOBS_ALL), found = 0;
        for (int i = 0; i < n; i++) found |= (int)jobs[i].state == state;
        cupsFreeJobs(n, jobs);
        if (found) return 1;
        poll(NULL, 0, 20);
    }
    return 0;
}

void cups_stop(void)
{
    kill(cups.pid, SIGTERM);
    waitpid(cups.pid, NULL, 0);
    shell("rm -rf %s", cups.folder);
}

const char *cups_markers(void) { return cups.markers; }
