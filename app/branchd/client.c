#include "branchd/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "branchd/rpc.h"

#define ANSWER_S 60

static int sit_down(const char *path)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    struct timeval patience = {.tv_sec = ANSWER_S};
    if (strlen(path) >= sizeof to.sun_path) return -1;
    memcpy(to.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

bool client_running(const char *path)
{
    int fd = sit_down(path);
    if (fd >= 0) close(fd);
    return fd >= 0;
}

static bool say(int fd, json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT);
    size_t len = text ? strlen(text) : 0;
    bool good = text != NULL;
    if (good) text[len++] = '\n';
    for (size_t sent = 0; good && sent < len;) {
        ssize_t n = send(fd, text + sent, len - sent, MSG_NOSIGNAL);
        good = n > 0;
        if (good) sent += (size_t)n;
    }
    free(text);
    return good;
}

/* The line that answers id 1; notifications before it are passed over. */
static json_t *hear(int fd)
{
    size_t used = 0, size = RPC_LINE_MAX + 2;
    char *line = malloc(size), *end;
    json_t *answer = NULL;
    while (line && answer == NULL) {
        ssize_t n = used < size ? recv(fd, line + used, size - used, 0) : -1;
        if (n <= 0) break;
        used += (size_t)n;
        while (answer == NULL && (end = memchr(line, '\n', used)) != NULL) {
            json_t *message = json_loadb(line, (size_t)(end - line), 0, NULL);
            if (json_object_get(message, "id")) answer = json_incref(message);
            json_decref(message);
            used -= (size_t)(end + 1 - line);
            memmove(line, end + 1, used);
        }
    }
    free(line);
    return answer;
}

json_t *client_call(const char *path, const char *method, json_t *params, struct error *err)
{
    json_t *ask = json_pack("{s:s, s:i, s:s, s:o}", "jsonrpc", "2.0", "id", 1, "method", method, "params", params ? params : json_object());
    int fd = sit_down(path);
    error_all(err, "branchd does not answer", path, fd < 0 ? strerror(errno) : "it ended the talk", "is it running? branchd serve");
    json_t *answer = fd >= 0 && say(fd, ask) ? hear(fd) : NULL;
    json_t *result = json_object_get(answer, "result"), *refusal = json_object_get(answer, "error");
    if (refusal)
        error_all(err, json_string_value(json_object_get(refusal, "message")), method,
                  json_string_value(json_object_get(json_object_get(refusal, "data"), "why")),
                  json_string_value(json_object_get(json_object_get(refusal, "data"), "remedy")));
    json_incref(result);
    json_decref(answer);
    json_decref(ask);
    if (fd >= 0) close(fd);
    return result;
}
