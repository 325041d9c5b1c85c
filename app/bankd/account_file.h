/* Files of accounts to open, and their results; the commands' way. */
#ifndef BANKD_ACCOUNT_FILE_H
#define BANKD_ACCOUNT_FILE_H

#include "bankd/account.h"
#include "wire/accountfile.h"

/* ACCOPEN into the books in one transaction, ACCRESULT into the folder. A batch is
 * worked once: the same file again writes the same result. A sysexits code. */
int account_import(const struct bank *b, struct db *db, const char *path, const char *folder, enum recfile_encoding encoding);
/* Every line of every agreement as an ACCRESULT. */
int account_export(const struct bank *b, struct db *db, const char *folder);

#endif
