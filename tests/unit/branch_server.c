/* The counters' socket: lines however they are cut, peers that leave, read nothing or never end a line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "branchd/server.h"

static uv_loop_t loop;
static struct server *server;
static char dir[] = "/tmp/gridteller-server-XXXXXX", path[80];
static int opened, closed;
static struct rpc_call *kept;

static void echo(void *ctx, struct rpc_call *call)
{
    const char *text;
    if (rpc_params(server_rpc(server), call, "{s:s}", "text", &text))
        rpc_answer(server_rpc(server), call, json_pack("{s:s}", "text", text));
}
static void keep(void *ctx, struct rpc_call *call) { kept = call; }
static const struct rpc_method methods[] = {{"echo", RPC_NOBODY, echo}, {"keep", RPC_NOBODY, keep}};

static bool on_open(void *ctx, struct rpc_peer *peer)
{
    assert_int_equal(server_uid(peer), getuid());
    opened++;
    return true;
}
static void on_close(void *ctx, struct rpc_peer *peer) { closed++; }
static unsigned role_of(const struct rpc_peer *peer) { return RPC_NOBODY; }
static const struct server_events events = {on_open, on_close, role_of};

static int start(void **state)
{
    struct error err;
    opened = closed = 0;
    kept = NULL;
    uv_loop_init(&loop);
    server = server_open(&loop, path, methods, 2, &events, NULL, &err);
    return server ? 0 : -1;
}
static int stop(void **state)
{
    server_close(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(opened, closed);
    return uv_loop_close(&loop);
}

static int counter_sits_down(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), before = opened;
    strcpy(to.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    while (opened == before)
        uv_run(&loop, UV_RUN_ONCE);
    return fd;
}
static void say(int fd, const char *text) { assert_int_equal(send(fd, text, strlen(text), 0), strlen(text)); }
/* Runs the loop until a whole line has come. */
static const char *hear(int fd)
{
    static char line[4096];
    size_t used = 0;
    while (used == 0 || line[used - 1] != '\n') {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t n = recv(fd, line + used, 1, MSG_DONTWAIT);
        if (n == 0) return NULL;
        if (n > 0) used++;
    }
    line[used - 1] = '\0';
    return line;
}

static void a_line_is_answered_however_its_bytes_arrive(void **state)
{
    static const char line[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"text\":\"王\"}}\n";
    int fd = counter_sits_down();
    for (const char *p = line; *p; p++) {
        assert_int_equal(send(fd, p, 1, 0), 1);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_non_null(strstr(hear(fd), "王"));
    say(fd, "nonsense\nmore\n");
    assert_non_null(strstr(hear(fd), "-32700"));
    assert_non_null(strstr(hear(fd), "-32700"));
    close(fd);
}

static void a_line_without_an_end_ends_the_talk(void **state)
{
    int fd = counter_sits_down();
    static char much[RPC_LINE_MAX + 10];
    memset(much, 'x', sizeof much);
    size_t sent = 0;
    while (sent < sizeof much) {
        ssize_t n = send(fd, much + sent, sizeof much - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && closed) break;
        if (n > 0) sent += (size_t)n;
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    while (!closed)
        uv_run(&loop, UV_RUN_NOWAIT);
    close(fd);
}

static void a_counter_that_reads_nothing_is_cut_off(void **state)
{
    int fd = counter_sits_down();
    static char line[40000];
    char *p = line + sprintf(line, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"text\":\"");
    memset(p, 'y', 30000);
    strcpy(p + 30000, "\"}}\n");
    size_t len = strlen(line), at = 0;
    while (!closed) {
        ssize_t n = send(fd, line + at, len - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) at = (at + (size_t)n) % len;
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    close(fd);
}

static void an_answer_after_it_left_goes_nowhere(void **state)
{
    int fd = counter_sits_down();
    say(fd, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"keep\"}\n");
    while (!kept)
        uv_run(&loop, UV_RUN_ONCE);
    close(fd);
    while (!closed)
        uv_run(&loop, UV_RUN_ONCE);
    assert_null(kept->peer);
    rpc_answer(server_rpc(server), kept, NULL);
}

static void only_one_branchd_listens_and_a_dead_ones_socket_is_replaced(void **state)
{
    struct error err;
    struct stat st;
    assert_null(server_open(&loop, path, methods, 2, &events, NULL, &err));
    assert_non_null(strstr(err.why, "another branchd"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
    /* as after a kill: the file stands, nobody listens */
    char dead[90];
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(dead, sizeof dead, "%s2", path);
    strcpy(at.sun_path, dead);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    struct server *second = server_open(&loop, dead, methods, 2, &events, NULL, &err);
    assert_non_null(second);
    server_close(second);
    FILE *plain = fopen(dead, "w");
    fclose(plain);
    assert_null(server_open(&loop, dead, methods, 2, &events, NULL, &err));
    assert_non_null(strstr(err.why, "no socket"));
    unlink(dead);
}

int main(void)
{
    if (!mkdtemp(dir)) return 1;
    snprintf(path, sizeof path, "%s/counter", dir);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_line_is_answered_however_its_bytes_arrive, start, stop),
        cmocka_unit_test_setup_teardown(a_line_without_an_end_ends_the_talk, start, stop),
        cmocka_unit_test_setup_teardown(a_counter_that_reads_nothing_is_cut_off, start, stop),
        cmocka_unit_test_setup_teardown(an_answer_after_it_left_goes_nowhere, start, stop),
        cmocka_unit_test_setup_teardown(only_one_branchd_listens_and_a_dead_ones_socket_is_replaced, start, stop),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(dir);
    return failed;
}
