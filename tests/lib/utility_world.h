/* A utility alone, on either store: real utilityd, real TLS, bank-102 on the line.
 *
 *     static struct utility_world u;
 *     utility_world_open(&u, "pay", DB_POSTGRES, "");   books made, no bills, not serving
 *     utility_import(&u, 100);                          sample bills
 *     utility_serve(&u);
 *     station u.bank is connected (bank-102, every branch)
 *     utility_sql(&u, "SELECT count(*) FROM payment");
 *     utility_world_close(&u);
 */
#ifndef TESTS_LIB_UTILITY_WORLD_H
#define TESTS_LIB_UTILITY_WORLD_H

#include "lib/postgres.h"
#include "lib/station.h"
#include "lib/world.h"
#include "utilityd/db.h"
#include "wire/bill.h"

struct utility_world {
    struct world w;
    struct postgres pg; /* DB_POSTGRES only */
    enum db_kind kind;
    char where[256], config[256]; /* the books; --config=… */
    uv_loop_t loop;
    struct station bank;
    bool connected;
};

/* extra: lines of the settings behind [rules]. */
void utility_world_open(struct utility_world *u, const char *name, enum db_kind kind, const char *extra);
void utility_world_close(struct utility_world *u);
/* utilityd ARG… with these settings; its exit code. Its stderr: world_read(&u->w, "run.log"). */
int utility_run(struct utility_world *u, char *out, size_t size, const char *a, const char *b, const char *c, const char *d);
/* So many sample bills, as `utilityd sample --bills N` makes them, imported. */
void utility_import(struct utility_world *u, int bills);
/* These bills as a file FILE of the world; and imported. */
void utility_write_bills(struct utility_world *u, const char *file, const struct bill *bills, size_t count);
void utility_import_bills(struct utility_world *u, const char *file, const struct bill *bills, size_t count);
void utility_serve(struct utility_world *u);
void utility_connect(struct utility_world *u);
/* kill -9 of utilityd; returns when the line has noticed. */
void utility_kill(struct utility_world *u);
int64_t utility_sql(struct utility_world *u, const char *sql);
/* verify holds every rule. */
void utility_holds(struct utility_world *u);

/* A bill that is right: 100 kWh, 52.00, due in so many days, window from 30 days before to 10 days behind today. */
struct bill utility_bill(const char *number, const char *customer, int due_in_days);

/* Payment number n of branch 0311-0007 for one customer; bills with their late fees are added. */
void utility_pay_start(struct wire_payment *p, const char *customer, int64_t n);
void utility_pay_bill(struct wire_payment *p, const char *bill, int64_t amount_fen, int64_t late_fen);
void utility_pay_prepaid(struct wire_payment *p, int64_t fen);
/* Sends it as `mti`, returns the code; answer may be NULL. */
const char *utility_pay(struct utility_world *u, const struct wire_payment *p, const char *mti, struct wire_answer *answer);
const char *utility_undo(struct utility_world *u, const struct wire_payment *p, const char *mti, struct wire_answer *answer);

#endif
