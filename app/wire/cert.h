/* A private CA and station certificates: EC P-256, SHA-256; key files 0600. */
#ifndef WIRE_CERT_H
#define WIRE_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CERT_PIN_SIZE 65

/* Writes dir/ca.crt and dir/ca.key; refuses to overwrite. */
int wire_ca_make(const char *dir, int days, struct error *err);
/* Writes dir/CN.crt and dir/CN.key signed by dir/ca.*; days may be negative in
 * tests (expired already). cn: A-Z a-z 0-9 . - only. pin: its public key's. */
int wire_cert_make(const char *dir, const char *cn, int days, char pin[CERT_PIN_SIZE],
                   struct error *err);
/* Pin of a PEM certificate file. */
int wire_cert_pin(const char *path, char pin[CERT_PIN_SIZE], struct error *err);
/* The last moment at which a PEM certificate file is valid, ms UTC. */
int wire_cert_until(const char *path, int64_t *until_ms, struct error *err);
/* "certs ca DIR" and "certs station DIR CN [DAYS]": argv[0] is "ca" or
 * "station". Prints files and pin. Returns a sysexits code. */
int wire_certs_command(int argc, char **argv);

#endif
