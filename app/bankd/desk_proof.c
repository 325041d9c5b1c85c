/* The customer's own proof: the password, sealed to the bank's public key and bound
 * to the message's key, or the book's number and last printed balance with a
 * second person. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "bankd/account.h"
#include "bankd/desk.h"
#include "base/text.h"
#include "wire/account.h"

#define PASSWORD_DIGITS 6
#define WRONG_MAX 5
#define HEX_KEY (2 * crypto_box_SECRETKEYBYTES)
#define PLAIN_MAX 100

/* --- the bank's key ----------------------------------------------------------------- */

static bool read_key(const char *path, unsigned char secret[crypto_box_SECRETKEYBYTES])
{
    char hex[HEX_KEY + 1] = "";
    int fd = *path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    bool good = fd >= 0 && read(fd, hex, HEX_KEY) == HEX_KEY && secret_from_hex(hex, secret, crypto_box_SECRETKEYBYTES);
    if (fd >= 0) close(fd);
    secret_wipe(hex, sizeof hex);
    return good;
}

int desk_make_key(const char *path)
{
    unsigned char public[crypto_box_PUBLICKEYBYTES], secret[crypto_box_SECRETKEYBYTES];
    char hex[HEX_KEY + 2];
    struct error err;
    if (sodium_init() < 0 || *path == '\0') {
        error_all(&err, "no key was made", NULL, *path ? "no chance to be had" : "the settings name no file for it", "set `key` of [accounts]");
        error_print("bankd", &err);
        return EX_CONFIG;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    crypto_box_keypair(public, secret);
    secret_hex(secret, sizeof secret, hex, sizeof hex);
    hex[HEX_KEY] = '\n';
    bool good = fd >= 0 && write(fd, hex, HEX_KEY + 1) == HEX_KEY + 1 && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    secret_wipe(secret, sizeof secret);
    if (good) printf("%s\n", secret_hex(public, sizeof public, hex, sizeof hex));
    secret_wipe(hex, sizeof hex);
    if (good) return EX_OK;
    error_all(&err, "no key was made", path, strerror(why), "one that is there is never written over: every branch has its public part");
    error_print("bankd", &err);
    return EX_CANTCREAT;
}

/* "123456|BANK/BRANCH/REF" out of the tag; false: it is not for us, or for another message. */
static bool unseal(const struct bank *b, const struct wire_account_ask *a, char password[PASSWORD_DIGITS + 1])
{
    unsigned char secret[crypto_box_SECRETKEYBYTES], public[crypto_box_PUBLICKEYBYTES], sealed[WIRE_SEALED_SIZE / 2];
    char plain[PLAIN_MAX] = "", key[KEY_TEXT_SIZE];
    size_t len = strlen(a->sealed) / 2;
    bool good = len > crypto_box_SEALBYTES + PASSWORD_DIGITS && len - crypto_box_SEALBYTES < sizeof plain && secret_from_hex(a->sealed, sealed, len) &&
                read_key(b->settings.box_key, secret) && crypto_scalarmult_base(public, secret) == 0 &&
                crypto_box_seal_open((unsigned char *)plain, sealed, len, public, secret) == 0 && plain[PASSWORD_DIGITS] == '|' &&
                strcmp(plain + PASSWORD_DIGITS + 1, key_format(&a->head.key, key, sizeof key)) == 0;
    plain[PASSWORD_DIGITS] = '\0';
    good = good && text_digits(plain) && text_copy(password, PASSWORD_DIGITS + 1, plain);
    secret_wipe(plain, sizeof plain);
    secret_wipe(secret, sizeof secret);
    return good;
}

int desk_new_password(const struct bank *b, const struct wire_account_ask *a, char hash[SECRET_PASSWORD_SIZE], char code[3], struct error *err)
{
    char password[PASSWORD_DIGITS + 1];
    struct entropy entropy = entropy_system();
    hash[0] = '\0';
    if (a->sealed[0] == '\0') return 0;
    if (!unseal(b, a, password)) return memcpy(code, "30", 3), 1;
    int status = secret_password_hash(password, secret_cost_interactive(), &entropy, hash, err);
    secret_wipe(password, sizeof password);
    return status;
}

/* --- the proof ----------------------------------------------------------------------- */

struct kept { char password[SECRET_PASSWORD_SIZE]; int64_t wrong, book, printed; };

static int read_kept(struct db *db, int64_t account, struct kept *k, struct error *err)
{
    memset(k, 0, sizeof *k);
    db_ask(db, "SELECT password, wrong, book, printed FROM holder WHERE account=$1", DB_ARGS(DB_INT(account)));
    if (db_row(db)) {
        db_copy(db, 0, k->password, sizeof k->password);
        k->wrong = db_int(db, 1);
        k->book = db_int(db, 2);
        k->printed = db_int(db, 3);
    }
    return db_end(db) < 0 ? db_failed(db, "the account cannot be read", err) : 0;
}

/* The balance behind the last printed line is known to who has the book. */
static bool book_agrees(struct db *db, int64_t account, const struct kept *k, const struct wire_account_ask *a)
{
    char said[WIRE_BOOK_SIZE];
    int64_t balance = db_number(db, "WITH RECURSIVE walk(id) AS (SELECT last FROM account WHERE number=$1 UNION ALL SELECT before FROM entry JOIN walk ON entry.id=walk.id"
                                    " WHERE line > $2) SELECT balance_fen FROM entry JOIN walk ON entry.id=walk.id WHERE line=$2",
                                DB_ARGS(DB_INT(account), DB_INT(k->printed)), 0);
    snprintf(said, sizeof said, "%" PRId64 "|%" PRId64, k->book, balance);
    return k->book > 0 && balance >= 0 && a->checker[0] && strcmp(a->checker, a->maker) != 0 && strcmp(said, a->book) == 0;
}

int desk_prove(struct db *db, const struct bank *b, int64_t account, const struct wire_account_ask *a, char code[3], struct error *err)
{
    struct kept k;
    char password[PASSWORD_DIGITS + 1] = "";
    if (read_kept(db, account, &k, err) != 0) return -1;
    bool good = a->sealed[0] ? unseal(b, a, password) && k.password[0] && secret_password_matches(password, k.password) : book_agrees(db, account, &k, a);
    secret_wipe(password, sizeof password);
    if (good && k.wrong == 0) return 0;
    if (db_run(db, good ? "UPDATE holder SET wrong=0 WHERE account=$1" : "UPDATE holder SET wrong=wrong+1 WHERE account=$1", DB_ARGS(DB_INT(account))) < 0)
        return db_failed(db, "the account cannot be written", err);
    if (good) return 0;
    bool last = k.wrong + 1 >= WRONG_MAX;
    if (last && db_run(db, "UPDATE account SET state=1 WHERE number=$1 AND state=0", DB_ARGS(DB_INT(account))) < 0)
        return db_failed(db, "the account cannot be written", err);
    memcpy(code, last ? "62" : "55", 3);
    return 1;
}
