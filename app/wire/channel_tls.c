/* Contexts and certificates: TLS 1.3 alone, both sides certified, no tickets. */
#include "wire/channel_impl.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/guard.h"
#include "base/text.h"

static int refuse(struct error *err, const char *where)
{
    char why[200];
    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    ERR_clear_error();
    error_set(err, "the certificates cannot be used");
    error_where(err, "%s", where);
    error_why(err, "%s", why);
    return error_remedy(err, "name a CA, a certificate that it signed, and the key of that certificate");
}

static SSL_CTX *make_context(const struct channel_tls *t, struct error *err)
{
    if (guard_secret("the certificates cannot be used", t->key, err) != 0) return NULL;
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    const char *where = NULL;
    ERR_clear_error();
    if (ctx == NULL || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 || SSL_CTX_set_num_tickets(ctx, 0) != 1)
        where = "TLS 1.3";
    else if (SSL_CTX_load_verify_locations(ctx, t->ca, NULL) != 1) where = t->ca;
    else if (SSL_CTX_use_certificate_file(ctx, t->cert, SSL_FILETYPE_PEM) != 1) where = t->cert;
    else if (SSL_CTX_use_PrivateKey_file(ctx, t->key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(ctx) != 1)
        where = t->key;
    if (where) {
        refuse(err, where);
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(ctx, 0);
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    /* the CA stands at both ends: sending it too would only be kept, by each for each peer */
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_verify_depth(ctx, 1);
    return ctx;
}

struct channel_tls *channel_tls_open(const struct channel_tls_files *files, struct error *err)
{
    struct channel_tls *t = calloc(1, sizeof *t);
    if (t == NULL || !text_copy(t->ca, sizeof t->ca, files->ca) || !text_copy(t->cert, sizeof t->cert, files->cert) ||
        !text_copy(t->key, sizeof t->key, files->key)) {
        error_all(err, "the certificates cannot be used", NULL, "no memory, or a path too long", NULL);
        free(t);
        return NULL;
    }
    t->times = (struct channel_times){CHANNEL_HANDSHAKE_MS, CHANNEL_FRAME_MS, CHANNEL_IDLE_MS, CHANNEL_ANSWER_MS,
                                      CHANNEL_BACKOFF_MIN_MS, CHANNEL_BACKOFF_MAX_MS, CHANNEL_SILENT_MS};
    t->ctx = make_context(t, err);
    if (t->ctx) return t;
    free(t);
    return NULL;
}

int channel_tls_reload(struct channel_tls *tls, struct error *err)
{
    SSL_CTX *fresh = make_context(tls, err);
    if (fresh == NULL) return -1;
    SSL_CTX_free(tls->ctx); /* live connections hold their own reference */
    tls->ctx = fresh;
    return 0;
}

void channel_tls_set_times(struct channel_tls *tls, const struct channel_times *times) { tls->times = *times; }

void channel_tls_close(struct channel_tls *tls)
{
    if (tls == NULL) return;
    SSL_CTX_free(tls->ctx);
    free(tls);
}

int channel_pin_of(X509 *cert, char pin[65])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool good = len > 0 && EVP_Digest(der, (size_t)len, hash, &hash_len, EVP_sha256(), NULL) == 1 && hash_len == 32;
    OPENSSL_free(der);
    pin[0] = '\0';
    if (!good) return -1;
    for (unsigned i = 0; i < hash_len; i++) {
        pin[2 * i] = hex[hash[i] >> 4];
        pin[2 * i + 1] = hex[hash[i] & 15];
    }
    pin[64] = '\0';
    return 0;
}

/* The subject's one common name, without a NUL inside it. */
static bool common_name(X509 *cert, char *dst, size_t size)
{
    X509_NAME *name = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(name, NID_commonName, at) >= 0) return false;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    int len = ASN1_STRING_length(value);
    if (len <= 0 || (size_t)len >= size || memchr(ASN1_STRING_get0_data(value), 0, (size_t)len)) return false;
    memcpy(dst, ASN1_STRING_get0_data(value), (size_t)len);
    dst[len] = '\0';
    return true;
}

static void peer_address(struct channel *c)
{
    struct sockaddr_storage address;
    int len = sizeof address;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&address, &len) != 0) return;
    if (address.ss_family == AF_INET)
        uv_ip4_name((struct sockaddr_in *)&address, c->peer.address, sizeof c->peer.address);
    else
        uv_ip6_name((struct sockaddr_in6 *)&address, c->peer.address, sizeof c->peer.address);
}

bool channel_know_peer(struct channel *c)
{
    X509 *cert = SSL_get1_peer_certificate(c->ssl);
    bool good = cert && common_name(cert, c->peer.cn, sizeof c->peer.cn) && channel_pin_of(cert, c->peer.pin) == 0;
    X509_free(cert);
    peer_address(c);
    if (!good) {
        text_copy(c->why, sizeof c->why, "the peer's certificate has no usable name");
        return false;
    }
    if (c->wanted_cn && strcmp(c->wanted_cn, c->peer.cn) != 0) {
        snprintf(c->why, sizeof c->why, "the peer is %s, not %.64s", c->peer.cn, c->wanted_cn);
        return false;
    }
    text_copy(c->why, sizeof c->why, "refused by the access policy");
    if (c->events->allow && !c->events->allow(c->ctx, &c->peer, c->why, sizeof c->why)) return false;
    c->why[0] = '\0';
    return true;
}
