/* Ten thousand bad messages from a station that is let in but means no good: each
 * is answered 30 or 58 or ends its connection; another bank pays all the while. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/secret.h"
#include "lib/utility_world.h"
#include "wire/frame.h"

#define BAD 10000
#define PAY_EVERY 40
#define SLOW_MS 100 /* 99 of 100 payments of the other bank take less */

static struct utility_world u;
static SSL_CTX *ctx;
static struct entropy_seeded seeded = {20261120, 0};
static struct entropy chance;
static int64_t next = 1;

static int start(void **state)
{
    char path[300];
    chance = entropy_seeded(&seeded);
    utility_world_open(&u, "bad", DB_SQLITE, "");
    world_station(&u.w, "branch-0311-0009");
    world_append(&u.w, "utilityd.policy", "station branch-0311-0009 bank=103 branch=0311-0009 from=127.0.0.1 messages=pay,sign\n");
    utility_import(&u, 100);
    utility_serve(&u);
    ctx = SSL_CTX_new(TLS_client_method());
    assert_int_equal(SSL_CTX_use_certificate_file(ctx, world_path(&u.w, "branch-0311-0009.crt", path, sizeof path), SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, world_path(&u.w, "branch-0311-0009.key", path, sizeof path), SSL_FILETYPE_PEM), 1);
    return 0;
}

static int stop(void **state)
{
    SSL_CTX_free(ctx);
    utility_world_close(&u);
    return 0;
}

/* --- a line without good manners ------------------------------------------------------ */

struct line { int fd; SSL *ssl; };

static bool call(struct line *l)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)u.w.utility_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 5};
    int one = 1;
    l->fd = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(l->fd, (struct sockaddr *)&at, sizeof at) != 0) return false;
    l->ssl = SSL_new(ctx);
    SSL_set_fd(l->ssl, l->fd);
    return SSL_connect(l->ssl) == 1;
}

static void hang_up(struct line *l)
{
    if (l->ssl) SSL_free(l->ssl);
    if (l->fd > 0) close(l->fd);
    memset(l, 0, sizeof *l);
}

static void say(struct line *l, const void *bytes, size_t len)
{
    if (l->ssl == NULL && !call(l)) fail_msg("the utility takes no more calls: %s", strerror(errno));
    SSL_write(l->ssl, bytes, (int)len);
}

/* One frame; 0: the line was cut. */
static size_t hear(struct line *l, char *frame)
{
    unsigned char head[2];
    size_t got = 0, len;
    for (int n; got < 2; got += (size_t)n)
        if ((n = SSL_read(l->ssl, head + got, (int)(2 - got))) <= 0) return 0;
    len = (size_t)head[0] << 8 | head[1];
    for (got = 0; got < len;) {
        int n = SSL_read(l->ssl, frame + got, (int)(len - got));
        if (n <= 0) return 0;
        got += (size_t)n;
    }
    return len;
}

static size_t draw(size_t below) { return (size_t)(entropy_u64(&chance) % below); }

/* --- what it says --------------------------------------------------------------------- */

/* A right payment of its own, as the stuff that bad ones are made of. */
static size_t right(char *bytes, const char *bank, const char *branch)
{
    struct wire_payment p;
    struct iso m;
    struct error err;
    station_payment(&p, branch, (int64_t)draw(1000000) + 1, 100);
    snprintf(p.head.key.bank, sizeof p.head.key.bank, "%s", bank);
    assert_int_equal(wire_payment_pack(&p, "0200", &m, &err), 0);
    int len = iso_pack(&m, bytes, ISO_MESSAGE_MAX, &err);
    assert_true(len > 0);
    return (size_t)len;
}

static size_t whole_frame(unsigned char *out, const char *bytes, size_t len)
{
    out[0] = (unsigned char)(len >> 8);
    out[1] = (unsigned char)len;
    memcpy(out + 2, bytes, len);
    return len + 2;
}

static size_t no_length(unsigned char *out)
{
    memset(out, 0, 2);
    return 2;
}
static size_t too_long(unsigned char *out)
{
    out[0] = 0x20 + (unsigned char)draw(0xd0); /* 8,193 and more */
    out[1] = 1;
    memset(out + 2, '0', 300);
    return 302;
}
static size_t cut_off(unsigned char *out)
{
    char bytes[ISO_MESSAGE_MAX];
    size_t len = right(bytes, "103", "0311-0009");
    return whole_frame(out, bytes, 1 + draw(len - 1)); /* a shorter frame is no message */
}
static size_t more_behind(unsigned char *out)
{
    char bytes[ISO_MESSAGE_MAX];
    size_t len = right(bytes, "103", "0311-0009");
    return memcpy(bytes + len, "0000", 4), whole_frame(out, bytes, len + 4);
}
static size_t bad_bitmap(unsigned char *out)
{
    char bytes[ISO_MESSAGE_MAX];
    size_t len = right(bytes, "103", "0311-0009");
    bytes[4 + draw(16)] = "GZ!g z"[draw(6)];
    return whole_frame(out, bytes, len);
}
static size_t letters_in_numbers(unsigned char *out)
{
    char bytes[ISO_MESSAGE_MAX];
    size_t len = right(bytes, "103", "0311-0009");
    bytes[36 + draw(40)] = 'A'; /* DE 3, 4, 7, 11, 12 */
    return whole_frame(out, bytes, len);
}
static size_t garbage(unsigned char *out)
{
    char bytes[600];
    size_t len = 1 + draw(sizeof bytes - 1);
    entropy_fill(&chance, bytes, len);
    return whole_frame(out, bytes, len);
}
static size_t unknown_kind(unsigned char *out)
{
    char bytes[ISO_MESSAGE_MAX];
    size_t len = right(bytes, "103", "0311-0009");
    memcpy(bytes, draw(2) ? "0600" : "1200", 4);
    return whole_frame(out, bytes, len);
}
static size_t wrong_station(unsigned char *out)
{
    char bytes[ISO_MESSAGE_MAX];
    size_t len = draw(2) ? right(bytes, "103", "0311-0010") : right(bytes, "102", "0311-0007");
    return whole_frame(out, bytes, len);
}
static size_t not_its_kind(unsigned char *out)
{
    struct wire_payment p;
    struct iso m;
    struct error err;
    char bytes[ISO_MESSAGE_MAX];
    station_payment(&p, "0311-0009", (int64_t)draw(1000000) + 1, 100);
    snprintf(p.head.key.bank, sizeof p.head.key.bank, "103");
    assert_int_equal(wire_state_ask(&p.head, &m, &err), 0); /* inquiries are not in its policy */
    int len = iso_pack(&m, bytes, sizeof bytes, &err);
    return whole_frame(out, bytes, (size_t)len);
}
static size_t a_field_missing(unsigned char *out)
{
    static const int fields[] = {3, 4, 7, 11, 12, 13, 15, 41, 49, 103};
    struct wire_payment p;
    struct iso m;
    struct error err;
    char bytes[ISO_MESSAGE_MAX];
    station_payment(&p, "0311-0009", (int64_t)draw(1000000) + 1, 100);
    snprintf(p.head.key.bank, sizeof p.head.key.bank, "103");
    assert_int_equal(wire_payment_pack(&p, "0200", &m, &err), 0);
    iso_drop(&m, fields[draw(sizeof fields / sizeof *fields)]);
    int len = iso_pack(&m, bytes, sizeof bytes, &err);
    return whole_frame(out, bytes, (size_t)len);
}
static size_t no_such_day(unsigned char *out)
{
    struct wire_payment p;
    struct iso m;
    struct error err;
    char bytes[ISO_MESSAGE_MAX];
    station_payment(&p, "0311-0009", (int64_t)draw(1000000) + 1, 100);
    snprintf(p.head.key.bank, sizeof p.head.key.bank, "103");
    assert_int_equal(wire_payment_pack(&p, "0200", &m, &err), 0);
    iso_set(&m, draw(2) ? 13 : 15, draw(2) ? "0231" : "1301", 4, &err);
    int len = iso_pack(&m, bytes, sizeof bytes, &err);
    return whole_frame(out, bytes, (size_t)len);
}
static size_t sums_that_are_not(unsigned char *out)
{
    struct wire_payment p;
    struct iso m;
    struct error err;
    char bytes[ISO_MESSAGE_MAX];
    station_payment(&p, "0311-0009", (int64_t)draw(1000000) + 1, 100);
    snprintf(p.head.key.bank, sizeof p.head.key.bank, "103");
    assert_int_equal(wire_payment_pack(&p, draw(2) ? "0200" : "0220", &m, &err), 0);
    iso_set(&m, 4, "000000000101", 12, &err);
    int len = iso_pack(&m, bytes, sizeof bytes, &err);
    return whole_frame(out, bytes, (size_t)len);
}

static const struct { size_t (*make)(unsigned char *out); const char *answer; /* NULL: cut */ int share; } kinds[] = {
    {no_length, NULL, 1}, {too_long, NULL, 1}, {cut_off, NULL, 2}, {more_behind, NULL, 1}, {bad_bitmap, NULL, 2},
    {letters_in_numbers, NULL, 2}, {garbage, NULL, 2}, {unknown_kind, "*", 6}, {wrong_station, "58", 30}, {not_its_kind, "58", 15},
    {a_field_missing, "30", 20}, {no_such_day, "30", 10}, {sums_that_are_not, "30", 10},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static size_t draw_kind(void)
{
    int total = 0, at;
    for (size_t i = 0; i < KINDS; i++)
        total += kinds[i].share;
    at = (int)draw((size_t)total);
    size_t kind = 0;
    while ((at -= kinds[kind].share) >= 0)
        kind++;
    return kind;
}

/* --- the story ------------------------------------------------------------------------ */

static int slow;

static void the_other_bank_pays(void)
{
    struct iso m;
    char code[3];
    int64_t began = clock_monotonic_ms();
    station_pay(&m, "0200", "0311-0007", next++, 100);
    assert_string_equal(station_code(&u.bank, &m, code), "00");
    slow += clock_monotonic_ms() - began > SLOW_MS;
}

static void ten_thousand_bad_messages_are_refused_and_others_are_served(void **state)
{
    struct line l = {0};
    unsigned char bytes[ISO_MESSAGE_MAX + 64];
    char answer[ISO_MESSAGE_MAX];
    int cut = 0, refused = 0;
    for (int i = 0; i < BAD; i++) {
        size_t kind = draw_kind();
        say(&l, bytes, kinds[kind].make(bytes));
        size_t len = hear(&l, answer);
        struct iso m;
        struct error err;
        if (len == 0) {
            if (kinds[kind].answer && kinds[kind].answer[0] != '*') fail_msg("message %d of kind %zu was cut off", i, kind);
            hang_up(&l);
            cut++;
        } else {
            if (kinds[kind].answer == NULL) fail_msg("message %d of kind %zu was answered", i, kind);
            assert_int_equal(iso_unpack(&m, answer, len, &err), 0);
            if (!iso_is(&m, 39, kinds[kind].answer[0] == '*' ? "30" : kinds[kind].answer)) fail_msg("message %d of kind %zu has another code: %.60s", i, kind, answer);
            refused++;
        }
        if (i % PAY_EVERY == 0) the_other_bank_pays();
    }
    hang_up(&l);
    assert_true(cut > 500 && refused > 5000);
    assert_true(slow <= BAD / PAY_EVERY / 100);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM payment WHERE state=2"), next - 1);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM payment"), next - 1);
}

static void what_was_refused_is_in_the_audit_and_in_the_log(void **state)
{
    assert_true(utility_sql(&u, "SELECT count(*) FROM audit WHERE who='branch-0311-0009'") > 100);
    assert_true(utility_sql(&u, "SELECT count(*) FROM audit WHERE who='branch-0311-0009' AND what LIKE '%0311-0010%'") > 10);
    assert_int_equal(utility_sql(&u, "SELECT count(*) FROM audit WHERE who='bank-102'"), 0);
    char *log = world_read(&u.w, "utilityd.log");
    assert_non_null(strstr(log, "branch-0311-0009 at 127.0.0.1 has gone: "));
    assert_non_null(strstr(log, "more messages were refused"));
    free(log);
}

/* The daemon writes its log after it has hung up. */
static void log_comes_to_say(const char *text)
{
    char *log;
    int64_t until = clock_monotonic_ms() + 5000;
    while (log = world_read(&u.w, "utilityd.log"), !strstr(log, text) && clock_monotonic_ms() < until)
        free(log);
    assert_non_null(strstr(log, text));
    free(log);
}

static void a_certificate_that_is_not_in_the_policy_says_nothing(void **state)
{
    char path[300];
    struct line l = {0};
    SSL_CTX *others = SSL_CTX_new(TLS_client_method()), *kept = ctx;
    world_station(&u.w, "branch-0311-0011");
    assert_int_equal(SSL_CTX_use_certificate_file(others, world_path(&u.w, "branch-0311-0011.crt", path, sizeof path), SSL_FILETYPE_PEM), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(others, world_path(&u.w, "branch-0311-0011.key", path, sizeof path), SSL_FILETYPE_PEM), 1);
    ctx = others;
    char frame[ISO_MESSAGE_MAX];
    unsigned char bytes[ISO_MESSAGE_MAX];
    say(&l, bytes, wrong_station(bytes));
    assert_int_equal(hear(&l, frame), 0);
    hang_up(&l);
    ctx = kept;
    SSL_CTX_free(others);
    log_comes_to_say("branch-0311-0011 is not in the access policy");
    the_other_bank_pays();
}

#define SLOW_SOCKETS 1000
#define FLOOD 2000
#define P99_MS 100

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int call_utility(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)u.w.utility_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

/* A thousand that say nothing or only begin to, then two thousand that come and go: the bank
 * that is connected is served meanwhile. */
static void slow_sockets_and_a_flood_hold_nobody_up(void **state)
{
    static int fds[SLOW_SOCKETS];
    static int64_t took[200];
    for (int i = 0; i < SLOW_SOCKETS; i++) {
        fds[i] = call_utility();
        if (i % 2) send(fds[i], "\x16\x03\x01", 3, MSG_NOSIGNAL); /* one too many of its address is gone already */
    }
    for (int i = 0; i < 200; i++) {
        for (int k = 0; k < FLOOD / 200; k++)
            close(call_utility());
        int64_t began = clock_monotonic_ms();
        the_other_bank_pays();
        took[i] = clock_monotonic_ms() - began;
    }
    for (int i = 0; i < SLOW_SOCKETS; i++)
        close(fds[i]);
    qsort(took, 200, sizeof *took, by_size);
    assert_in_range(took[197], 0, P99_MS);
}

static void everything_holds_in_the_end(void **state)
{
    assert_int_equal(world_stop(&u.w, "utilityd"), 0);
    utility_holds(&u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_bad_messages_are_refused_and_others_are_served),
        cmocka_unit_test(what_was_refused_is_in_the_audit_and_in_the_log),
        cmocka_unit_test(a_certificate_that_is_not_in_the_policy_says_nothing),
        cmocka_unit_test(slow_sockets_and_a_flood_hold_nobody_up), cmocka_unit_test(everything_holds_in_the_end),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
