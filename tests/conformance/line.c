#include "conformance/line.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "wire/message.h"

#define BUFFER (4 * (ISO_MESSAGE_MAX + 2))
#define KEPT_MAX 256

struct line {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    size_t used;
    uint8_t in[BUFFER];
    struct iso *kept[KEPT_MAX];
    size_t kept_count;
    char why[200];
};

static void say_why(struct line *l, const char *what)
{
    unsigned long e = ERR_peek_last_error();
    const char *reason = e ? ERR_reason_error_string(e) : errno ? strerror(errno) : "it was closed";
    snprintf(l->why, sizeof l->why, "%s: %.120s", what, reason ? reason : "");
    ERR_clear_error();
}

/* --- TCP ----------------------------------------------------------------------------- */

static int connect_to(const char *address, char *why, size_t size)
{
    char host[128];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *all = NULL;
    const char *colon = strrchr(address, ':');
    int fd = -1, one = 1;
    if (colon == NULL || (size_t)(colon - address) >= sizeof host) {
        snprintf(why, size, "\"%.80s\" is no HOST:PORT", address);
        return -1;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
    int status = getaddrinfo(host, colon + 1, &hints, &all);
    if (status != 0) {
        snprintf(why, size, "%.80s: %s", address, gai_strerror(status));
        return -1;
    }
    for (const struct addrinfo *a = all; a && fd < 0; a = a->ai_next) {
        fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
            snprintf(why, size, "%.80s: %s", address, strerror(errno));
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(all);
    if (fd >= 0) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one), fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* --- TLS ----------------------------------------------------------------------------- */

/* Waits until the socket can do what TLS wants next; false: not by `until`, or a real failure. */
static bool wait_for(struct line *l, int status, int64_t until, bool *timed_out)
{
    int want = SSL_get_error(l->ssl, status);
    struct pollfd p = {l->fd, want == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN, 0};
    if (want != SSL_ERROR_WANT_READ && want != SSL_ERROR_WANT_WRITE) return false;
    int64_t left = until - clock_monotonic_ms();
    if (left > 0 && poll(&p, 1, (int)left) > 0) return true;
    *timed_out = true;
    return false;
}

static bool context(struct line *l, const struct line_options *opt, enum line_kind kind)
{
    int version = kind == LINE_OLD_TLS ? TLS1_2_VERSION : TLS1_3_VERSION;
    l->ctx = SSL_CTX_new(TLS_client_method());
    if (l->ctx == NULL || !SSL_CTX_set_min_proto_version(l->ctx, version) || !SSL_CTX_set_max_proto_version(l->ctx, version)) return false;
    SSL_CTX_set_verify(l->ctx, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_load_verify_locations(l->ctx, opt->ca, NULL) != 1) return false;
    if (kind == LINE_NO_CERTIFICATE) return true;
    return SSL_CTX_use_certificate_file(l->ctx, opt->cert, SSL_FILETYPE_PEM) == 1 &&
           SSL_CTX_use_PrivateKey_file(l->ctx, opt->key, SSL_FILETYPE_PEM) == 1;
}

static bool is_named(struct line *l, const char *peer)
{
    char name[65] = "";
    X509 *cert = SSL_get1_peer_certificate(l->ssl);
    if (cert) X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name, sizeof name);
    X509_free(cert);
    if (strcmp(name, peer) == 0) return true;
    snprintf(l->why, sizeof l->why, "its certificate bears the name \"%s\", not \"%s\"", name, peer);
    return false;
}

static bool shake_hands(struct line *l, const struct line_options *opt, int64_t wait_ms)
{
    int64_t until = clock_monotonic_ms() + wait_ms;
    bool timed_out = false;
    int status;
    SSL_set_fd(l->ssl, l->fd);
    while ((status = SSL_connect(l->ssl)) != 1)
        if (!wait_for(l, status, until, &timed_out)) {
            if (timed_out) snprintf(l->why, sizeof l->why, "no handshake within %lld ms", (long long)wait_ms);
            else say_why(l, "handshake");
            return false;
        }
    return is_named(l, opt->peer);
}

struct line *line_open(const struct line_options *opt, enum line_kind kind, int64_t wait_ms, char *why, size_t why_size)
{
    struct line *l = calloc(1, sizeof *l);
    if (l == NULL) {
        snprintf(why, why_size, "no memory");
        return NULL;
    }
    ERR_clear_error();
    errno = 0;
    l->fd = connect_to(opt->address, l->why, sizeof l->why);
    bool good = l->fd >= 0;
    if (good && !context(l, opt, kind)) say_why(l, "certificates"), good = false;
    if (good && (l->ssl = SSL_new(l->ctx)) == NULL) say_why(l, "TLS"), good = false;
    if (good && shake_hands(l, opt, wait_ms)) return l;
    snprintf(why, why_size, "%s", l->why);
    line_close(l);
    return NULL;
}

void line_close(struct line *l)
{
    if (l == NULL) return;
    for (size_t i = 0; i < l->kept_count; i++)
        free(l->kept[i]);
    SSL_free(l->ssl);
    SSL_CTX_free(l->ctx);
    if (l->fd >= 0) close(l->fd);
    free(l);
}

const char *line_why(const struct line *l) { return l->why; }

/* --- frames ---------------------------------------------------------------------------- */

bool line_send_bytes(struct line *l, const void *bytes, size_t len)
{
    int64_t until = clock_monotonic_ms() + 5000;
    bool timed_out = false;
    int status = 0;
    while (len > 0 && (status = SSL_write(l->ssl, bytes, (int)len)) <= 0)
        if (!wait_for(l, status, until, &timed_out)) {
            say_why(l, "sending");
            return false;
        }
    return true;
}

bool line_send(struct line *l, const struct iso *m)
{
    char bytes[2 + ISO_MESSAGE_MAX];
    int len = iso_pack(m, bytes + 2, ISO_MESSAGE_MAX, NULL);
    if (len < 0) return false;
    bytes[0] = (char)(len >> 8);
    bytes[1] = (char)len;
    return line_send_bytes(l, bytes, (size_t)len + 2);
}

/* A whole frame from what was read: 1, 0 not yet, -1 it is none. */
static int next_frame(struct line *l, struct iso *m)
{
    struct error err;
    if (l->used < 2) return 0;
    size_t len = (size_t)l->in[0] << 8 | l->in[1];
    if (len == 0 || len > ISO_MESSAGE_MAX) {
        snprintf(l->why, sizeof l->why, "it sends a frame of %zu bytes", len);
        return -1;
    }
    if (l->used < len + 2) return 0;
    if (iso_unpack(m, (char *)l->in + 2, len, &err) != 0) {
        snprintf(l->why, sizeof l->why, "it sends what is no message: %.60s: %.100s", err.where, err.why);
        return -1;
    }
    l->used -= len + 2;
    memmove(l->in, l->in + len + 2, l->used);
    return 1;
}

/* More bytes: 1, 0 not in time, -1 it ended. */
static int read_more(struct line *l, int64_t until)
{
    bool timed_out = false;
    int n;
    while ((n = SSL_read(l->ssl, l->in + l->used, (int)(sizeof l->in - l->used))) <= 0)
        if (!wait_for(l, n, until, &timed_out)) {
            if (timed_out) return 0;
            say_why(l, "the connection ended");
            return -1;
        }
    l->used += (size_t)n;
    return 1;
}

static int next_message(struct line *l, struct iso *m, int64_t until)
{
    int status;
    while ((status = next_frame(l, m)) == 0)
        if ((status = read_more(l, until)) <= 0) return status;
    return status;
}

static bool take_kept(struct line *l, const char *wanted, struct iso *answer)
{
    char key[MATCH_KEY_SIZE];
    for (size_t i = 0; i < l->kept_count; i++)
        if (message_match_key(l->kept[i], key) && strcmp(key, wanted) == 0) {
            *answer = *l->kept[i];
            free(l->kept[i]);
            l->kept[i] = l->kept[--l->kept_count];
            return true;
        }
    return false;
}

static void keep(struct line *l, const struct iso *m)
{
    struct iso *copy = l->kept_count < KEPT_MAX ? malloc(sizeof *copy) : NULL;
    if (copy == NULL) return;
    *copy = *m;
    l->kept[l->kept_count++] = copy;
}

int line_answer(struct line *l, const struct iso *m, struct iso *answer, int64_t wait_ms)
{
    char wanted[MATCH_KEY_SIZE], key[MATCH_KEY_SIZE];
    int64_t until = clock_monotonic_ms() + wait_ms;
    int status;
    if (!message_match_key(m, wanted)) return 0;
    if (take_kept(l, wanted, answer)) return 1;
    while ((status = next_message(l, answer, until)) == 1) {
        if (message_match_key(answer, key) && strcmp(key, wanted) == 0 && !message_is_request(answer)) return 1;
        keep(l, answer);
    }
    return status;
}

bool line_ends(struct line *l, int64_t wait_ms)
{
    struct iso m;
    int64_t until = clock_monotonic_ms() + wait_ms;
    int status;
    while ((status = next_message(l, &m, until)) == 1)
        keep(l, &m);
    return status < 0;
}
