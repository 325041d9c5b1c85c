/* A teller's desk for screen tests: the world of daemons, a loaded book, a printer
 * that answers, and the real counter on a terminal. */
#ifndef TESTS_LIB_DESK_H
#define TESTS_LIB_DESK_H

#include "lib/printer.h"
#include "lib/screen.h"
#include "lib/world_branch.h"

#define DESK_TERMINAL "03"
#define DESK_FIRST_NUMBER "00012345"

struct desk {
    struct world w;
    struct test_printer *printer;
    struct term *term;
    char socket[512];
};

/* Bills, bank, branch, all on line; a book and (printer) a printer for terminal 03. */
void desk_open(struct desk *desk, const char *name, bool printer);
void desk_close(struct desk *desk);
/* Another printer for the terminal, while no counter sits there; the next one uses it. */
void desk_bind(struct desk *desk, const char *name, const char *uri);
/* A printer for one kind of document ("passbook", "report") at the terminal. */
void desk_bind_for(struct desk *desk, const char *document, const char *uri, const char *profile, const char *template, const char *media);
/* Special accounts: the bank gets a key for passwords, the branch its public part. */
void desk_accounts(struct desk *desk);
/* Starts the counter, with counter.ini of the world where there is one; language "zh_CN" or "en". Waits for the sign-on screen. */
void desk_counter(struct desk *desk, const char *language, int rows, int cols);
/* The same at another terminal. */
void desk_counter_at(struct desk *desk, const char *terminal, const char *language, int rows, int cols);
/* Ends it as a lost terminal does, or as F10 does; fails when it does not end. */
void desk_counter_ends(struct desk *desk);
/* number, password and for a till that is not open the float and the next sheet. */
void desk_sign_on(struct desk *desk, const char *number);

/* Fail the test with the screen when it does not come. */
void desk_sees(struct desk *desk, const char *text);
void desk_sees_row(struct desk *desk, int row, const char *text); /* rows from 1, as people count */
void desk_keys(struct desk *desk, const char *keys);
/* Opens what the menu calls so in either language, wherever it stands there; fails when it does not. */
void desk_menu(struct desk *desk, const char *en, const char *zh);
bool menu_open(struct term *term, const char *en, const char *zh);
bool desk_shows(const struct desk *desk, const char *text);

#endif
