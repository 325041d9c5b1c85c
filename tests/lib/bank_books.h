/* A bank's books with many special accounts, and lists to debit them: what the
 * withholding's tests and bench begin with. Real programs do the rest.
 *
 * Account i (1..) is of customer C%08d, named 客户%08d, and holds
 * 50.00 + i % 50,000 fen; list row i asks customer i for 52.00 + i % 10,000 fen. */
#ifndef TESTS_LIB_BANK_BOOKS_H
#define TESTS_LIB_BANK_BOOKS_H

#include <sqlite3.h>

#include "bankd/account.h"
#include "lib/postgres.h"
#include "lib/world.h"
#include "wire/listfile.h"

struct bank_books {
    struct world w;
    struct postgres pg; /* DB_POSTGRES only */
    enum db_kind kind;
    char config[200], db[200]; /* where the books are */
};
/* bankd.ini and books of bank 102 (bank.db, or a PostgreSQL of the test's own), no
 * relay. extra: lines of the settings. */
void bank_books_open(struct bank_books *b, enum db_kind kind, const char *name, const char *extra);
void bank_books_close(struct bank_books *b);
/* So many accounts, in one commit, with an opening deposit each. */
void bank_books_fill(struct bank_books *b, int64_t accounts);
/* Account i's number, as text. */
const char *bank_books_account(int64_t i, char buf[ACCOUNT_TEXT_SIZE]);
/* A list of rows for customers 1..rows (step apart), as FILE of the world. */
void bank_books_list(struct bank_books *b, const char *file, const char *batch, int64_t rows);
/* A list of these rows; a row's line is not looked at. */
void bank_books_list_of(struct bank_books *b, const char *file, const char *batch, const struct list_row *rows, size_t count);
/* bankd withhold run FILE --result RESULT; its exit code; what it said in `said` (may be NULL). */
int bank_books_run(struct bank_books *b, const char *file, const char *folder, char *said, size_t size);
/* First column of the first row. */
int64_t bank_books_sql(struct bank_books *b, const char *sql);
/* A statement that changes them. */
void bank_books_change(struct bank_books *b, const char *sql);
/* A connection; the caller's to close. */
struct db *bank_books_db(struct bank_books *b);

#endif
