/* Frames over TLS, both sides certified, in one loop over loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>
#include <cmocka.h>

#include "wire/cert.h"
#include "wire/channel.h"

static char dir[] = "/tmp/gridteller-channel-XXXXXX", other[80];
static uv_loop_t loop;
static struct channel_tls *server_tls, *client_tls;
static struct channel_server *server;
static struct channel_link *link_;
static struct channel *served; /* the server's side of the last connection that came up */
static struct { int ups, downs, frames, drained; char last[9000]; size_t last_len; char why[200], cn[65]; } at_server, at_client;
static bool echo, allow_all;
static int port;

static struct channel_tls *tls_of(const char *ca_dir, const char *cert_dir, const char *cn)
{
    char ca[200], cert[200], key[200];
    struct error err;
    snprintf(ca, sizeof ca, "%s/ca.crt", ca_dir);
    snprintf(cert, sizeof cert, "%s/%s.crt", cert_dir, cn);
    snprintf(key, sizeof key, "%s/%s.key", cert_dir, cn);
    struct channel_tls *t = channel_tls_open(&(struct channel_tls_files){ca, cert, key}, &err);
    if (!t) fail_msg("%s %s", err.where, err.why);
    channel_tls_set_times(t, &(struct channel_times){300, 300, 200, 400, 20, 80, 0});
    return t;
}

static bool s_allow(void *ctx, const struct channel_peer *peer, char *why, size_t size)
{
    if (allow_all || strcmp(peer->cn, "branch-0311-0007") == 0) return true;
    snprintf(why, size, "not in the table");
    return false;
}
static void s_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    at_server.ups++;
    served = c;
    strcpy(at_server.cn, peer->cn);
    assert_int_equal(strlen(peer->pin), 64);
    assert_string_equal(peer->address, "127.0.0.1");
}
static void s_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    at_server.frames++;
    at_server.last_len = len;
    memcpy(at_server.last, bytes, len);
    if (echo) channel_send(c, bytes, len);
}
static void s_down(void *ctx, struct channel *c, const char *why)
{
    at_server.downs++;
    snprintf(at_server.why, sizeof at_server.why, "%s", why);
    if (c == served) served = NULL;
}
static void s_drained(void *ctx, struct channel *c) { at_server.drained++; }
static const struct channel_events server_events = {s_allow, s_up, s_frame, s_down, NULL, s_drained};

static int next_expected;
static void c_up(void *ctx, struct channel *c, const struct channel_peer *peer)
{
    at_client.ups++;
    strcpy(at_client.cn, peer->cn);
}
static void c_frame(void *ctx, struct channel *c, const uint8_t *bytes, size_t len)
{
    at_client.frames++;
    at_client.last_len = len;
    memcpy(at_client.last, bytes, len);
    int number;
    if (len == sizeof number && next_expected >= 0) {
        memcpy(&number, bytes, sizeof number);
        assert_int_equal(number, next_expected++);
    }
}
static void c_down(void *ctx, struct channel *c, const char *why)
{
    at_client.downs++;
    snprintf(at_client.why, sizeof at_client.why, "%s", why);
}
static int idles;
static void c_idle(void *ctx, struct channel *c)
{
    idles++;
    channel_send(c, "echo?", 5);
}
static const struct channel_events client_events = {NULL, c_up, c_frame, c_down, c_idle, NULL};

static void listen_at(const char *address, const struct channel_limits *limits)
{
    struct error err;
    server = channel_listen(&loop, server_tls, address, limits, &server_events, NULL, &err);
    if (!server) fail_msg("%s %s", err.where, err.why);
    port = channel_server_port(server);
}
static void call(const char *cn)
{
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    link_ = channel_link_open(&loop, client_tls, address, cn, &client_events, NULL, NULL);
    assert_non_null(link_);
}

/* Runs the loop until the condition holds; a time-out is the test's failure. */
static void too_long(uv_timer_t *t) { *(bool *)t->data = true; }
#define UNTIL(condition)                                                                          \
    do {                                                                                          \
        bool late_ = false;                                                                       \
        uv_timer_t watch_;                                                                        \
        uv_timer_init(&loop, &watch_);                                                            \
        watch_.data = &late_;                                                                     \
        uv_timer_start(&watch_, too_long, 8000, 0);                                               \
        while (!(condition) && !late_) uv_run(&loop, UV_RUN_ONCE);                                \
        uv_close((uv_handle_t *)&watch_, NULL);                                                   \
        uv_run(&loop, UV_RUN_NOWAIT);                                                             \
        if (late_) fail_msg("waited in vain for " #condition " (%s / %s)", at_server.why, at_client.why); \
    } while (0)

static int start(void **state)
{
    memset(&at_server, 0, sizeof at_server);
    memset(&at_client, 0, sizeof at_client);
    served = NULL;
    server = NULL;
    link_ = NULL;
    idles = 0;
    echo = true;
    allow_all = true;
    next_expected = -1;
    uv_loop_init(&loop);
    server_tls = tls_of(dir, dir, "utility");
    client_tls = NULL;
    return 0;
}
static int stop(void **state)
{
    if (link_) channel_link_close(link_);
    if (server) channel_server_close(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    channel_tls_close(server_tls);
    channel_tls_close(client_tls);
    return uv_loop_close(&loop);
}

static void a_branch_and_the_utility_talk(void **state)
{
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1 && at_server.ups == 1);
    assert_string_equal(at_server.cn, "branch-0311-0007");
    assert_string_equal(at_client.cn, "utility");
    char big[8192];
    memset(big, 'x', sizeof big);
    assert_true(channel_send(channel_link_up(link_), big, sizeof big));
    UNTIL(at_client.frames == 1);
    assert_int_equal(at_client.last_len, sizeof big);
    assert_false(channel_send(channel_link_up(link_), big, sizeof big + 1));
    assert_false(channel_send(channel_link_up(link_), big, 0));
}

static void ten_thousand_frames_keep_their_order_and_a_full_queue_says_so(void **state)
{
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1 && at_server.ups == 1);
    next_expected = 0;
    for (int i = 0; i < 10000; i++)
        while (!channel_send(channel_link_up(link_), &i, sizeof i))
            uv_run(&loop, UV_RUN_ONCE);
    UNTIL(next_expected == 10000);
    char big[8192] = "";
    bool refused = false;
    for (int i = 0; i < 100000 && !refused; i++)
        refused = !channel_send(served, big, sizeof big);
    assert_true(refused);
    UNTIL(at_server.drained == 1);
    assert_true(channel_send(served, "more", 4));
}

static void fails_with(const char *side_why, const char *word)
{
    UNTIL(at_client.downs > 0 && at_server.downs > 0);
    assert_int_equal(at_server.ups, 0);
    assert_int_equal(at_server.frames, 0);
    if (word && !strstr(side_why, word)) fail_msg("%s", side_why);
}

static void a_certificate_of_another_ca_is_refused(void **state)
{
    client_tls = tls_of(dir, other, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    fails_with(at_server.why, "TLS");
}

static void an_expired_certificate_is_refused(void **state)
{
    client_tls = tls_of(dir, dir, "branch-old");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    fails_with(at_server.why, "TLS");
}

static void a_server_of_another_name_is_not_spoken_to(void **state)
{
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("bank-102");
    UNTIL(at_client.downs > 0);
    assert_int_equal(at_client.ups, 0);
    assert_non_null(strstr(at_client.why, "not bank-102"));
}

static void a_certificate_outside_the_table_is_turned_away(void **state)
{
    allow_all = false;
    client_tls = tls_of(dir, dir, "bank-102");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    fails_with(at_server.why, "not in the table");
}

static int plain_socket(void)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static void plain_talk_and_silence_are_ended_and_harm_nobody(void **state)
{
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1 && at_server.ups == 1);
    int plain = plain_socket(), silent = plain_socket();
    assert_int_equal(send(plain, "\0\4" "0800 and so on and on", 22, 0), 22);
    UNTIL(at_server.downs == 1);
    UNTIL(at_server.downs == 2);
    assert_non_null(strstr(at_server.why, "handshake took too long"));
    assert_true(channel_send(channel_link_up(link_), "still", 5));
    UNTIL(at_client.frames >= 1);
    close(plain);
    close(silent);
}

static void the_oldest_stranger_gives_way_when_all_places_are_taken(void **state)
{
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", &(struct channel_limits){3, 100});
    int strangers[3];
    for (int i = 0; i < 3; i++)
        strangers[i] = plain_socket();
    call("utility");
    UNTIL(at_server.ups == 1);
    for (int i = 0; i < 3; i++)
        close(strangers[i]);
    UNTIL(at_server.downs == 3);
}

static void one_address_has_so_many_places_and_no_more(void **state)
{
    listen_at("127.0.0.1:0", &(struct channel_limits){100, 2});
    int fds[3];
    for (int i = 0; i < 3; i++)
        fds[i] = plain_socket();
    UNTIL(at_server.downs == 1);
    assert_non_null(strstr(at_server.why, "too many"));
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    UNTIL(at_server.downs == 3);
}

static void a_link_comes_back_by_itself_and_echoes_when_idle(void **state)
{
    char address[32];
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1);
    UNTIL(idles >= 1 && at_client.frames >= 1);
    snprintf(address, sizeof address, "127.0.0.1:%d", port);
    channel_server_close(server);
    server = NULL;
    UNTIL(at_client.downs >= 1 && channel_link_up(link_) == NULL);
    UNTIL(at_client.downs >= 3); /* tried again, in vain */
    listen_at(address, NULL);
    UNTIL(at_client.ups == 2);
}

/* As after a power cut at the other end: nobody says that it has gone. */
static void a_peer_that_is_never_heard_again_keeps_no_place(void **state)
{
    channel_tls_set_times(server_tls, &(struct channel_times){5000, 5000, 60000, 60000, 20, 200, 300});
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    channel_tls_set_times(client_tls, &(struct channel_times){5000, 5000, 60000, 60000, 20, 200, 0});
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1);
    UNTIL(at_server.downs >= 1);
}

static void a_peer_that_does_not_answer_is_given_up(void **state)
{
    echo = false;
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1 && at_server.ups == 1);
    channel_send(channel_link_up(link_), "hello?", 6);
    UNTIL(at_client.downs == 1);
    assert_string_equal(at_client.why, "no answer");
}

static void certificates_change_without_a_stop(void **state)
{
    char path[200], to[200], pin[CERT_PIN_SIZE];
    struct error err;
    client_tls = tls_of(dir, dir, "branch-0311-0007");
    listen_at("127.0.0.1:0", NULL);
    call("utility");
    UNTIL(at_client.ups == 1 && at_server.ups == 1);
    snprintf(path, sizeof path, "%s/utility.crt", dir);
    snprintf(to, sizeof to, "%s/utility.old", dir);
    assert_int_equal(rename(path, to), 0);
    assert_int_equal(channel_tls_reload(server_tls, &err), -1); /* broken: the old go on */
    assert_int_equal(rename(to, path), 0);
    assert_int_equal(channel_tls_reload(server_tls, &err), 0);
    assert_int_equal(wire_cert_pin(path, pin, &err), 0);
    assert_true(channel_send(channel_link_up(link_), "x", 1));
    UNTIL(at_client.frames >= 1);
}

static void ca_and_stations_are_made_once_and_kept_from_others(void **state)
{
    struct error err;
    char pin[CERT_PIN_SIZE], command[200];
    assert_int_equal(wire_ca_make(dir, 10, &err), -1);
    assert_int_equal(wire_cert_make(dir, "utility", 10, pin, &err), -1);
    assert_int_equal(wire_cert_make(dir, "../evil", 10, pin, &err), -1);
    assert_int_equal(wire_cert_make("/nonexistent", "utility", 10, pin, &err), -1);
    snprintf(command, sizeof command, "test \"$(stat -c %%a %s/utility.key)\" = 600", dir);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    struct error err;
    char pin[CERT_PIN_SIZE], command[120];
    if (!mkdtemp(dir)) return 1;
    snprintf(other, sizeof other, "%s/other", dir);
    if (wire_ca_make(dir, 10, &err) || wire_ca_make(other, 10, &err) || wire_cert_make(dir, "utility", 10, pin, &err) ||
        wire_cert_make(dir, "branch-0311-0007", 10, pin, &err) || wire_cert_make(dir, "bank-102", 10, pin, &err) ||
        wire_cert_make(dir, "branch-old", -1, pin, &err) || wire_cert_make(other, "branch-0311-0007", 10, pin, &err)) {
        error_print("wire_channel", &err);
        return 1;
    }
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        T(a_branch_and_the_utility_talk), T(ten_thousand_frames_keep_their_order_and_a_full_queue_says_so),
        T(a_certificate_of_another_ca_is_refused), T(an_expired_certificate_is_refused),
        T(a_server_of_another_name_is_not_spoken_to), T(a_certificate_outside_the_table_is_turned_away),
        T(plain_talk_and_silence_are_ended_and_harm_nobody), T(the_oldest_stranger_gives_way_when_all_places_are_taken),
        T(one_address_has_so_many_places_and_no_more), T(a_link_comes_back_by_itself_and_echoes_when_idle),
        T(a_peer_that_does_not_answer_is_given_up), T(a_peer_that_is_never_heard_again_keeps_no_place), T(certificates_change_without_a_stop),
        cmocka_unit_test(ca_and_stations_are_made_once_and_kept_from_others),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command) ? 1 : failed;
}
