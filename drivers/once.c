/* CUPS backend "once": lets a job through to the real backend one single time.
 *
 *     lpadmin -p invoices -E -m raw -v once:usb://EPSON/LQ-635K
 *
 * CUPS starts a job from its first byte again after its own restart, and the paper has
 * then two invoices of one number. So before the first byte goes on, a marker with the
 * job's name is made and synced; a job whose marker stands is cancelled. Names are never
 * used twice (branch, epoch, kind, invoice, attempt, number). The folder of markers is
 * the setting GRIDTELLER_ONCE of cups-files.conf's SetEnv, else the one below; systemd's
 * tmpfiles keeps it, longer than CUPS keeps jobs.
 *
 * A program of its own: cupsd runs it. It takes no argument beyond a backend's. */
#include <cups/backend.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "/var/lib/gridteller-once"
#define BACKENDS "/usr/lib/cups"
#define NAME_MAX_LEN 240

static int refuse(const char *why, const char *what)
{
    fprintf(stderr, "ERROR: once: %s: %s\n", why, what);
    return CUPS_BACKEND_CANCEL;
}

/* A job's name as a file's: letters, digits, "." "_" "-" stay, all else is %XX; so two
 * names never share a file. 0 when it is too long, empty or begins with a dot. */
static int marker_name(char *out, size_t size, const char *title)
{
    size_t n = 0;
    for (const unsigned char *c = (const unsigned char *)title; *c; c++) {
        int plain = (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
                    *c == '_' || *c == '-' || (*c == '.' && n > 0);
        if (n + 4 > size || n > NAME_MAX_LEN) return 0;
        n += (size_t)snprintf(out + n, size - n, plain ? "%c" : "%%%02X", *c);
    }
    return n > 0;
}

/* 0: made and on disk. EEXIST: this job was here before. */
static int make_marker(const char *folder, const char *name)
{
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) return errno;
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int number = fd < 0 || fsync(fd) != 0 || fsync(dir) != 0 ? errno : 0;
    if (fd >= 0) close(fd);
    close(dir);
    return number;
}

/* CUPS tells a backend its device by the environment and by argv[0]. */
static int run_real(char **argv, const char *device)
{
    const char *base = getenv("CUPS_SERVERBIN");
    char path[512];
    size_t scheme = strcspn(device, ":");
    int n = snprintf(path, sizeof path, "%s/backend/%.*s", base ? base : BACKENDS, (int)scheme, device);
    if (n < 0 || (size_t)n >= sizeof path || memchr(device, '/', scheme)) return refuse("no such backend", device);
    char *uri = strdup(device);
    if (uri == NULL || setenv("DEVICE_URI", uri, 1) != 0) return refuse("out of memory", device);
    argv[0] = uri;
    execv(path, argv);
    return refuse("cannot start the real backend", path);
}

int main(int argc, char **argv)
{
    char name[NAME_MAX_LEN + 8];
    const char *folder = getenv("GRIDTELLER_ONCE"), *device = getenv("DEVICE_URI");
    if (argc == 1) {
        puts("direct once \"Unknown\" \"A printer that gets each job one single time (once:DEVICE-URI)\"");
        return CUPS_BACKEND_OK;
    }
    if (argc < 6 || device == NULL) return refuse("not started by cupsd", argv[0]);
    if (strncmp(device, "once:", 5) != 0 || strchr(device + 5, ':') == NULL)
        return refuse("no real device after once:", device);
    if (strcmp(argv[4], "1") != 0) return refuse("a job has one copy", argv[4]);
    if (!marker_name(name, sizeof name, argv[3])) return refuse("a job needs a name of its own", argv[3]);
    int number = make_marker(folder ? folder : FOLDER, name);
    if (number == EEXIST) return refuse("this job was sent before and is not sent again", argv[3]);
    if (number != 0) return refuse("cannot keep the job's marker", strerror(number));
    return run_real(argv, device + 5);
}
