/* Somebody on the line to bank and utility: with an old protocol, without a certificate, with one of the right
 * name and another key; and a branch whose own certificate has fallen into other hands: what it can ask. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/station.h"
#include "lib/world.h"
#include "wire/cert.h"
#include "wire/session.h"

static struct world w;
static uv_loop_t loop;
static struct station branch;
static int tickets;

static int start(void **state)
{
    uv_loop_init(&loop);
    world_open(&w, "link");
    world_station(&w, "branch-0311-0007");
    world_station(&w, "branch-0311-0008");
    world_utility(&w, 50);
    world_bank(&w);
    station_open(&branch, &w, &loop, "branch-0311-0007", w.bank_port, "bank-102");
    station_wait_up(&branch);
    return 0;
}

static int stop(void **state)
{
    station_close(&branch);
    world_close(&w);
    return uv_loop_close(&loop);
}

/* --- strangers --------------------------------------------------------------------------- */

static int on_ticket(SSL *ssl, SSL_SESSION *session)
{
    tickets++;
    return 0;
}

/* A handshake, then what comes for half a second; true: the server has not ended it by then. cn NULL: no certificate. */
static bool let_in(int port, const char *cn, int version)
{
    char path[400];
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_usec = 500000};
    char byte;
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    assert_non_null(ctx);
    SSL_CTX_set_max_proto_version(ctx, version);
    SSL_CTX_set_security_level(ctx, 0);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT);
    SSL_CTX_sess_set_new_cb(ctx, on_ticket);
    if (cn) {
        snprintf(path, sizeof path, "%s/%s.crt", w.dir, cn);
        assert_int_equal(SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM), 1);
        snprintf(path, sizeof path, "%s/%s.key", w.dir, cn);
        assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM), 1);
    }
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    bool in = SSL_connect(ssl) == 1 && SSL_read(ssl, &byte, 1) <= 0 && SSL_get_error(ssl, -1) == SSL_ERROR_WANT_READ; /* it waits for us to speak */
    ERR_clear_error();
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
    return in;
}

static void only_tls_1_3_with_a_certificate_and_without_tickets(void **state)
{
    const int ports[] = {w.bank_port, w.utility_port};
    for (size_t i = 0; i < 2; i++) {
        tickets = 0;
        assert_true(let_in(ports[i], i ? "bank-102" : "branch-0311-0008", TLS1_3_VERSION)); /* the control */
        assert_int_equal(tickets, 0);
        assert_false(let_in(ports[i], i ? "bank-102" : "branch-0311-0008", TLS1_2_VERSION));
        assert_false(let_in(ports[i], i ? "bank-102" : "branch-0311-0008", TLS1_1_VERSION));
        assert_false(let_in(ports[i], NULL, TLS1_3_VERSION));
    }
}

static void reloaded(const char *program)
{
    static const char said[] = "access policy read again";
    char log[40];
    int64_t until = clock_monotonic_ms() + 5000;
    snprintf(log, sizeof log, "%s.log", program);
    char *text = world_read(&w, log);
    size_t before = strlen(text);
    free(text);
    world_reload(&w, program);
    for (;;) {
        text = world_read(&w, log);
        bool done = strstr(text + before, said) != NULL;
        free(text);
        if (done) return;
        assert_true(clock_monotonic_ms() < until);
    }
}

/* Another key with the same name, and signed by the same CA (an insider at the CA, or an old certificate):
 * once keys are pinned it is nobody. The next one, laid ready, is let in beside the present one. */
static void only_the_pinned_keys_of_a_name_are_let_in(void **state)
{
    char pin[2][CERT_PIN_SIZE], path[400], to[420];
    static const char *const files[] = {"branch-0311-0008.crt", "branch-0311-0008.key"};
    struct error err;
    assert_int_equal(wire_cert_pin(world_path(&w, files[0], path, sizeof path), pin[0], &err), 0);
    for (size_t i = 0; i < 2; i++) {
        snprintf(to, sizeof to, "%s/first.%s", w.dir, i ? "key" : "crt");
        assert_int_equal(rename(world_path(&w, files[i], path, sizeof path), to), 0);
    }
    world_station(&w, "branch-0311-0008");
    assert_int_equal(wire_cert_pin(world_path(&w, files[0], path, sizeof path), pin[1], &err), 0);
    world_write(&w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all\n"
                                    "station branch-0311-0008 bank=102 branch=0311-0008 from=127.0.0.1 messages=all pin=%s\n", pin[0]);
    reloaded("bankd");
    assert_true(let_in(w.bank_port, "first", TLS1_3_VERSION));
    assert_false(let_in(w.bank_port, "branch-0311-0008", TLS1_3_VERSION));
    world_write(&w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all\n"
                                    "station branch-0311-0008 bank=102 branch=0311-0008 from=127.0.0.1 messages=all pin=%s next=%s\n", pin[0], pin[1]);
    reloaded("bankd");
    assert_true(let_in(w.bank_port, "first", TLS1_3_VERSION));
    assert_true(let_in(w.bank_port, "branch-0311-0008", TLS1_3_VERSION));
    world_write(&w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all\n");
    reloaded("bankd");
    assert_false(let_in(w.bank_port, "first", TLS1_3_VERSION)); /* what no line allows is refused */
}

/* --- a branch's certificate in other hands -------------------------------------------------- */

static const char *said(const struct iso *m)
{
    static char code[3];
    return station_code(&branch, m, code);
}

static void file_asked(struct iso *m, const char *of, char action, const char *file)
{
    struct wire_part p = {.action = action, .part = 1, .last = action == '2' ? 1 : 0};
    struct wire_payment like;
    struct error err;
    static int64_t n = 900000;
    station_payment(&like, of, ++n, 100);
    p.head = like.head;
    snprintf(p.file, sizeof p.file, "%s", file);
    if (action == '2') p.records[p.record_count++] = (struct iso_slice){"END|0|0", 7};
    if (wire_part_ask(&p, m, &err) != 0) fail_msg("%s: %s", err.where, err.why);
}

/* What is the bank's own is not for one of its branches, whatever it calls itself. */
static void it_gets_no_list_of_accounts_and_gives_no_result(void **state)
{
    static const char *const others[] = {"0311-0008", "0400-0001"};
    struct iso m;
    file_asked(&m, "0311-0007", '1', "WHL:20261101");
    assert_string_not_equal(said(&m), "00");
    file_asked(&m, "0311-0007", '2', "WHF:20261101");
    assert_string_not_equal(said(&m), "00");
    for (size_t i = 0; i < 2; i++) {
        file_asked(&m, others[i], '1', "PAY:20261124");
        assert_string_equal(said(&m), "58");
    }
    /* the same without a branch in it would be the whole bank's */
    file_asked(&m, "0311-0007", '1', "PAY:20261124");
    iso_drop(&m, 42);
    assert_string_not_equal(said(&m), "00");
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM received"), 0);
}

/* It turns back, abandons, refunds and asks about what another branch has taken. */
static void it_touches_no_other_branchs_payment(void **state)
{
    struct station other;
    struct iso m;
    char code[3];
    world_write(&w, "bankd.policy", "station branch-0311-0007 bank=102 branch=0311-0007 from=127.0.0.1 messages=all\n"
                                    "station branch-0311-0008 bank=102 branch=0311-0008 from=127.0.0.1 messages=all\n");
    reloaded("bankd");
    station_open(&other, &w, &loop, "branch-0311-0008", w.bank_port, "bank-102");
    station_wait_up(&other);
    station_pay(&m, "0200", "0311-0008", 1, 12300);
    assert_string_equal(station_code(&other, &m, code), "00");
    station_undo(&m, "0400", "0311-0008", 1, 12300);
    assert_string_equal(said(&m), "58");
    station_undo(&m, "0420", "0311-0008", 1, 12300);
    assert_string_equal(said(&m), "58");
    /* under its own name the key is another one: there is nothing to turn back */
    station_undo(&m, "0400", "0311-0007", 1, 12300);
    assert_string_not_equal(said(&m), "00");
    station_sign_on(&m, "0311-0008", 77, "00112233445566778899aabbccddeeff");
    assert_string_not_equal(said(&m), "00");
    station_close(&other);
    assert_int_equal(world_sql(&w, "utility.db", "SELECT count(*) FROM payment p JOIN station s ON s.id = p.station WHERE s.branch = '0311-0008' AND p.state = 2"
                                                 " AND p.amount_fen = 12300"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_tls_1_3_with_a_certificate_and_without_tickets),
        cmocka_unit_test(it_gets_no_list_of_accounts_and_gives_no_result),
        cmocka_unit_test(only_the_pinned_keys_of_a_name_are_let_in),
        cmocka_unit_test(it_touches_no_other_branchs_payment),
    };
    return cmocka_run_group_tests_name("on the line", tests, start, stop);
}
