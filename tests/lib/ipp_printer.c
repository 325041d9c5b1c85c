#include "lib/ipp_printer.h"

#include <arpa/inet.h>
#include <cups/cups.h>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 10000
#define PROGRAM "/usr/sbin/ippeveprinter"

struct ipp_printer {
    pid_t pid;
    int port;
    char folder[64], uri[64], document[400];
};

static int free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, len) || getsockname(fd, (struct sockaddr *)&at, &len)) abort();
    close(fd);
    return ntohs(at.sin_port);
}

static void run(const struct ipp_printer *p)
{
    char preload[512], port[16]; /* -c: without a command it sleeps for seconds to look busy */
    int log = open("/dev/null", O_RDWR);
    const char *build = getenv("B");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int fd = 0; fd <= 2; fd++) dup2(log, fd);
    snprintf(preload, sizeof preload, "%s/noavahi.so", build ? build : "build");
    snprintf(port, sizeof port, "%d", p->port);
    setenv("LD_PRELOAD", preload, 1);
    execl(PROGRAM, PROGRAM, "-p", port, "-r", "off", "-f", "application/pdf", "-c", "/bin/true", "-d", p->folder, "-k", "Test", (char *)NULL);
    _exit(127);
}

struct ipp_printer *ipp_printer_start(void)
{
    struct ipp_printer *p = calloc(1, sizeof *p);
    if (p == NULL) abort();
    snprintf(p->folder, sizeof p->folder, "/tmp/gridteller-ipp-XXXXXX");
    if (mkdtemp(p->folder) == NULL) abort();
    p->port = free_port();
    snprintf(p->uri, sizeof p->uri, "ipp://localhost:%d/ipp/print", p->port);
    p->pid = fork();
    if (p->pid == 0) run(p);
    for (int waited = 0; waited < WAIT_MS; waited += 10) {
        http_t *http = httpConnect2("localhost", p->port, NULL, AF_UNSPEC, HTTP_ENCRYPTION_NEVER, 1, 100, NULL);
        if (http) {
            httpClose(http);
            return p;
        }
        poll(NULL, 0, 10);
    }
    fprintf(stderr, "ippeveprinter does not come up\n");
    abort();
}

const char *ipp_printer_uri(const struct ipp_printer *p) { return p->uri; }

/* The n-th by its job's number, which its name begins with ("3-page.pdf"); their count. */
static int look(const struct ipp_printer *p, int n, char *path, size_t size)
{
    struct dirent **names = NULL;
    int count = scandir(p->folder, &names, NULL, versionsort), found = 0;
    for (int i = 0; i < count; i++) {
        if (strstr(names[i]->d_name, ".pdf") && ++found == n) snprintf(path, size, "%s/%s", p->folder, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    return found;
}

int ipp_printer_count(const struct ipp_printer *p) { return look(p, 0, NULL, 0); }

/* Whole: a PDF ends with %%EOF. */
static bool ended(const char *path)
{
    char tail[32] = "";
    FILE *f = fopen(path, "rb");
    if (f == NULL) return false;
    bool read = fseek(f, -(long)sizeof tail + 1, SEEK_END) == 0 && fread(tail, 1, sizeof tail - 1, f) > 0;
    fclose(f);
    return read && memmem(tail, sizeof tail, "%%EOF", 5) != NULL;
}

const char *ipp_printer_document(struct ipp_printer *p, int n)
{
    for (int waited = 0; waited < WAIT_MS; waited += 20) {
        if (look(p, n, p->document, sizeof p->document) >= n && ended(p->document)) return p->document;
        poll(NULL, 0, 20);
    }
    return NULL;
}

void ipp_printer_stop(struct ipp_printer *p)
{
    char command[128];
    kill(p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    snprintf(command, sizeof command, "rm -rf %s", p->folder);
    if (system(command) != 0) abort();
    free(p);
}
