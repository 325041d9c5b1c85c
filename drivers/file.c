/* Transport "file": for bytes that are looked at, mailed or archived, and for
 * device nodes. A plain file is no printer: it never confirms anything. */
#include "drivers/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct file_state {
    int fd;
};

static int refuse(struct error *err, const char *path, int number)
{
    return error_all(err, "cannot open the file to print to", path, strerror(number),
                     number == EEXIST ? "a job's name is never used twice: print it again as a new attempt"
                                      : "check the path and its permissions");
}

/* A job's name becomes a file's: nothing that leads to another folder. */
static int folder_path(char *path, size_t size, const char *folder, const struct transport_how *how)
{
    char name[128];
    size_t n = 0;
    for (const char *c = how->job ? how->job : "test"; *c && n < sizeof name - 1; c++)
        name[n++] = strchr("/\\ \t\n", *c) ? '-' : *c;
    name[n] = '\0';
    bool slash = folder[strlen(folder) - 1] == '/';
    int len = snprintf(path, size, "%s%s%s.%s", folder, slash ? "" : "/", name,
                       how->suffix ? how->suffix : "prn");
    return len > 0 && (size_t)len < size ? 0 : -1;
}

static int file_open(struct transport *t, const char *rest, const struct transport_how *how,
                     struct error *err)
{
    struct file_state *s = t->state;
    struct stat st;
    char path[TRANSPORT_URI_SIZE + 140];
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    bool folder = stat(rest, &st) == 0 && S_ISDIR(st.st_mode);
    if (folder || rest[strlen(rest) - 1] == '/') {
        if (!folder && mkdir(rest, 0755) != 0) return refuse(err, rest, errno);
        if (folder_path(path, sizeof path, rest, how) != 0) return refuse(err, rest, ENAMETOOLONG);
        flags |= O_EXCL;
    } else {
        snprintf(path, sizeof path, "%s", rest);
    }
    if (how->job == NULL) flags &= ~(O_CREAT | O_EXCL);
    if (how->job == NULL && folder) { /* only asking: the folder is there */
        s->fd = -1;
        return 0;
    }
    s->fd = open(path, flags, 0640);
    return s->fd >= 0 ? 0 : refuse(err, path, errno);
}

static long file_write(struct transport *t, const uint8_t *bytes, size_t len, int timeout_ms,
                       uint64_t *submitted, struct error *err)
{
    struct file_state *s = t->state;
    struct pollfd p = { .fd = s->fd, .events = POLLOUT };
    if (poll(&p, 1, timeout_ms < 100 ? timeout_ms : 100) <= 0) return 0;
    ssize_t n = write(s->fd, bytes, len);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
    if (n < 0)
        return error_all(err, "cannot write the print file", t->uri, strerror(errno),
                         errno == ENOSPC ? "make room on the disk" : NULL);
    *submitted += (uint64_t)n;
    t->taken += (uint64_t)n;
    return n;
}

/* On disk, where it is a disk: pipes and device nodes have nothing to sync. */
static int file_finish(struct transport *t, int timeout_ms, struct error *err)
{
    struct file_state *s = t->state;
    if (fsync(s->fd) == 0 || errno == EINVAL || errno == EROFS) return 0;
    return error_all(err, "the print file may not be on disk", t->uri, strerror(errno), "check the disk");
}

static void file_close(struct transport *t)
{
    struct file_state *s = t->state;
    if (s->fd >= 0) close(s->fd);
}

const struct transport_scheme transport_file = {
    .name = "file",
    .handed_over = "written to the file",
    .asides = true,
    .state_size = sizeof(struct file_state),
    .open = file_open,
    .write = file_write,
    .finish = file_finish,
    .close = file_close,
};
