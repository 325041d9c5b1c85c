#include "wire/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/date.h"

#define CURVE "P-256"
#define PATH_SIZE 512
#define CN_MAX 64
#define SERIAL_BYTES 16
#define STATION_DAYS 825
#define CA_DAYS 7300
#define DAY_S 86400L
#define SKEW_S 3600L /* clocks of two stations may differ */

static int refuse(struct error *err, const char *where)
{
    char why[200] = "";
    unsigned long code = ERR_get_error();
    if (code) ERR_error_string_n(code, why, sizeof why);
    error_set(err, "cannot make a certificate");
    error_where(err, "%s", where);
    return error_why(err, "%s", code ? why : strerror(errno));
}

static bool path_of(char *path, const char *dir, const char *name, const char *end)
{
    int len = snprintf(path, PATH_SIZE, "%s/%s%s", dir, name, end);
    return len > 0 && len < PATH_SIZE;
}

static bool add_extension(X509 *cert, X509V3_CTX *ctx, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
    bool good = e && X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
    return good;
}

static bool set_serial(X509 *cert)
{
    unsigned char bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
    bytes[0] &= 0x7f;
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool good = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
    BN_free(n);
    return good;
}

static bool set_names(X509 *cert, const char *cn, const X509 *issuer)
{
    X509_NAME *name = X509_get_subject_name(cert);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)cn, -1, -1, 0) &&
           X509_set_issuer_name(cert, issuer ? X509_get_subject_name(issuer) : name);
}

/* Signs key's certificate; issuer NULL: it signs itself and is a CA. */
static X509 *sign(EVP_PKEY *key, const char *cn, int days, X509 *issuer, EVP_PKEY *issuer_key)
{
    X509 *cert = X509_new();
    X509V3_CTX ctx;
    long from = (days < 0 ? days - 1 : 0) * DAY_S - SKEW_S;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer ? issuer : cert, cert, NULL, NULL, 0);
    bool good = cert && X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
                X509_gmtime_adj(X509_getm_notBefore(cert), from) &&
                X509_gmtime_adj(X509_getm_notAfter(cert), days * DAY_S) && X509_set_pubkey(cert, key) &&
                set_names(cert, cn, issuer) && add_extension(cert, &ctx, NID_subject_key_identifier, "hash");
    if (issuer)
        good = good && add_extension(cert, &ctx, NID_basic_constraints, "critical,CA:FALSE") &&
               add_extension(cert, &ctx, NID_key_usage, "critical,digitalSignature") &&
               add_extension(cert, &ctx, NID_ext_key_usage, "serverAuth,clientAuth") &&
               add_extension(cert, &ctx, NID_authority_key_identifier, "keyid:always");
    else
        good = good && add_extension(cert, &ctx, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
               add_extension(cert, &ctx, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (good && X509_sign(cert, issuer_key, EVP_sha256())) return cert;
    X509_free(cert);
    return NULL;
}

/* A new file of this mode; one that stands is never written over. */
static FILE *create(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (fd >= 0 && out == NULL) close(fd);
    return out;
}

static bool close_written(FILE *out)
{
    bool good = fflush(out) == 0 && fsync(fileno(out)) == 0;
    return fclose(out) == 0 && good;
}

static int write_pair(const char *dir, const char *name, EVP_PKEY *key, X509 *cert, struct error *err)
{
    char key_path[PATH_SIZE], cert_path[PATH_SIZE];
    if (!path_of(key_path, dir, name, ".key") || !path_of(cert_path, dir, name, ".crt")) {
        errno = ENAMETOOLONG;
        return refuse(err, dir);
    }
    FILE *out = create(key_path, 0600);
    if (out == NULL) return refuse(err, key_path);
    bool good = PEM_write_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (!close_written(out) || !good) return refuse(err, key_path);
    out = create(cert_path, 0644);
    if (out == NULL) return refuse(err, cert_path);
    good = PEM_write_X509(out, cert) == 1;
    return close_written(out) && good ? 0 : refuse(err, cert_path);
}

static int pin_of(X509 *cert, char pin[CERT_PIN_SIZE])
{
    unsigned char *der = NULL, hash[EVP_MAX_MD_SIZE];
    unsigned hash_len = 0;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool good = len > 0 && EVP_Digest(der, (size_t)len, hash, &hash_len, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    for (unsigned i = 0; good && i < hash_len; i++)
        snprintf(pin + 2 * i, 3, "%02x", hash[i]);
    return good ? 0 : -1;
}

int wire_ca_make(const char *dir, int days, struct error *err)
{
    EVP_PKEY *key = EVP_EC_gen(CURVE);
    X509 *cert = key ? sign(key, "Gridteller collection CA", days, NULL, key) : NULL;
    int status = -1;
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) refuse(err, dir);
    else status = cert ? write_pair(dir, "ca", key, cert, err) : refuse(err, "ca");
    X509_free(cert);
    EVP_PKEY_free(key);
    return status;
}

static X509 *read_cert(const char *path, struct error *err)
{
    FILE *in = fopen(path, "re");
    X509 *cert = in ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;
    if (cert == NULL) {
        refuse(err, path);
        error_set(err, "cannot read a certificate");
        error_where(err, "%s", path);
        error_why(err, "%s", in ? "it is no certificate in PEM form" : strerror(errno));
    }
    if (in) fclose(in);
    return cert;
}

static EVP_PKEY *read_key(const char *path, struct error *err)
{
    FILE *in = fopen(path, "re");
    EVP_PKEY *key = in ? PEM_read_PrivateKey(in, NULL, NULL, NULL) : NULL;
    if (key == NULL) {
        refuse(err, path);
        error_remedy(err, "make the CA first: certs ca DIR");
    }
    if (in) fclose(in);
    return key;
}

static bool cn_good(const char *cn)
{
    size_t len = strlen(cn);
    return len > 0 && len <= CN_MAX && cn[0] != '.' &&
           strspn(cn, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") == len;
}

int wire_cert_make(const char *dir, const char *cn, int days, char pin[CERT_PIN_SIZE], struct error *err)
{
    char path[PATH_SIZE];
    EVP_PKEY *ca_key = NULL, *key = NULL;
    X509 *ca = NULL, *cert = NULL;
    int status = -1;
    if (!cn_good(cn))
        return error_all(err, "cannot make a certificate", cn, "a station's name is letters, digits, . and -", NULL);
    if (!path_of(path, dir, "ca", ".crt") || (ca = read_cert(path, err)) == NULL) goto done;
    if (!path_of(path, dir, "ca", ".key") || (ca_key = read_key(path, err)) == NULL) goto done;
    key = EVP_EC_gen(CURVE);
    cert = key ? sign(key, cn, days, ca, ca_key) : NULL;
    if (cert == NULL || pin_of(cert, pin) != 0) refuse(err, cn);
    else status = write_pair(dir, cn, key, cert, err);
done:
    X509_free(cert);
    X509_free(ca);
    EVP_PKEY_free(key);
    EVP_PKEY_free(ca_key);
    return status;
}

int wire_cert_pin(const char *path, char pin[CERT_PIN_SIZE], struct error *err)
{
    X509 *cert = read_cert(path, err);
    int status = cert ? pin_of(cert, pin) : -1;
    X509_free(cert);
    return status;
}

int wire_cert_until(const char *path, int64_t *until_ms, struct error *err)
{
    struct tm at = {0};
    day_t day;
    X509 *cert = read_cert(path, err);
    if (cert == NULL) return -1;
    bool good = ASN1_TIME_to_tm(X509_get0_notAfter(cert), &at) == 1 && day_from_ymd(at.tm_year + 1900, at.tm_mon + 1, at.tm_mday, &day);
    X509_free(cert);
    if (!good) return error_all(err, "certificate cannot be read", path, "it has no end that is a date", NULL);
    *until_ms = ((int64_t)day * 86400 + at.tm_hour * 3600 + at.tm_min * 60 + at.tm_sec) * 1000;
    return 0;
}

int wire_certs_command(int argc, char **argv)
{
    struct error err;
    char pin[CERT_PIN_SIZE], *end = NULL;
    if (argc == 2 && strcmp(argv[0], "ca") == 0) {
        if (wire_ca_make(argv[1], CA_DAYS, &err) != 0) goto failed;
        printf("%s/ca.crt  %s/ca.key (keep this one off the line)\n", argv[1], argv[1]);
        return EX_OK;
    }
    if ((argc == 3 || argc == 4) && strcmp(argv[0], "station") == 0) {
        long days = argc == 4 ? strtol(argv[3], &end, 10) : STATION_DAYS;
        if ((end && *end) || days < 1 || days > 36500) goto usage;
        if (wire_cert_make(argv[1], argv[2], (int)days, pin, &err) != 0) goto failed;
        printf("%s/%s.crt  %s/%s.key  pin %s\n", argv[1], argv[2], argv[1], argv[2], pin);
        return EX_OK;
    }
usage:
    fprintf(stderr, "usage: certs ca DIR\n       certs station DIR NAME [DAYS]\n");
    return EX_USAGE;
failed:
    error_print("certs", &err);
    return EX_CANTCREAT;
}
