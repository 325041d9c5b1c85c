/* A small world for system tests: the real programs, each in a process of its
 * own, in a folder of its own, over real TLS with certificates of a CA made for
 * it. What can't be made or started fails the test at once, with the program's
 * last words.
 *
 *     struct world w;
 *     world_open(&w, "relay");             CA, certificates "utility", "bank-102"
 *     world_utility(&w, 1000);             settings, policy, books, 1,000 sample bills, utilityd
 *     world_bank(&w);                      settings, policy, books, bankd
 *     world_station(&w, "branch-0311-0007");
 *     ... lib/station.h talks to w.bank_port or w.utility_port ...
 *     world_kill(&w, "bankd");             SIGKILL, waited for
 *     world_start(&w, "bankd");            the same settings, the same port
 *     world_sql(&w, "utility.db", "SELECT count(*) FROM payment");
 *     world_close(&w);
 *
 * Files of program NAME are DIR/NAME.ini, DIR/NAME.policy, DIR/NAME.log (what it
 * wrote on stderr). Another program is added by a function like world_bank: it
 * writes NAME.ini with a port from world_free_port and calls world_start. With
 * WORLD_KEEP=1 in the environment the folder is kept and named. */
#ifndef TESTS_LIB_WORLD_H
#define TESTS_LIB_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WORLD_PROGRAMS_MAX 512
#define WORLD_READY_S 20 /* a program that is not ready by then has failed */

struct world_program {
    char name[32];
    pid_t pid; /* 0: not running */
    int out;   /* its stdout */
    char ready[160]; /* what stood behind "ready: " */
};
struct world {
    char dir[128], bin[256]; /* where it lives; where the built programs are */
    int utility_port, bank_port;
    char utility_store[200], bank_store[200]; /* postgresql://…, set behind world_open; empty: utility.db, bank.db */
    struct world_program programs[WORLD_PROGRAMS_MAX];
    size_t count;
};

void world_open(struct world *w, const char *name);
/* Kills what still runs, removes the folder. */
void world_close(struct world *w);

/* --- files ------------------------------------------------------------------------ */
const char *world_path(const struct world *w, const char *file, char *buf, size_t size);
void world_write(const struct world *w, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void world_append(const struct world *w, const char *file, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The whole file, allocated, terminated. */
char *world_read(const struct world *w, const char *file);
/* A certificate of this world's CA: DIR/CN.crt, DIR/CN.key. */
void world_station(const struct world *w, const char *cn);
/* A port on 127.0.0.1 that nobody listens at, below those that the kernel gives
 * to callers (a caller can't meet itself there while a daemon is down). */
int world_free_port(void);

/* --- programs --------------------------------------------------------------------- */
/* Starts BIN/PROGRAM --config=DIR/NAME.ini serve, where PROGRAM is NAME up to the
 * first '-', and waits for its line "ready: ...". */
struct world_program *world_start(struct world *w, const char *name);
/* The same for a program with other arguments, NULL at the end; BIN/argv[0]. */
struct world_program *world_start_args(struct world *w, const char *name, const char *const argv[]);
/* Runs BIN/PROGRAM with arguments (NULL at the end) and waits; its stdout into
 * out (may be NULL), its stderr into DIR/run.log. Returns its exit code. */
int world_run(const struct world *w, char *out, size_t size, const char *program, ...) __attribute__((sentinel));
bool world_running(const struct world *w, const char *name);
pid_t world_pid(const struct world *w, const char *name);
void world_kill(struct world *w, const char *name);   /* SIGKILL */
int world_stop(struct world *w, const char *name);    /* SIGTERM; its exit code */
int world_wait(struct world *w, const char *name);    /* it ends by itself; its exit code */
void world_reload(struct world *w, const char *name); /* SIGHUP */
void world_pause(struct world *w, const char *name);  /* SIGSTOP; returns when it stands still */
void world_resume(struct world *w, const char *name); /* SIGCONT */
long world_memory_kb(const struct world *w, const char *name); /* resident */

/* --- the stations ----------------------------------------------------------------- */
/* utilityd with sample bills of today (0: none; the special customers
 * 0499110001... are among them) at w->utility_port, books utility.db. It takes
 * bank-102 for every branch, and branch-0311-0007 directly. */
void world_utility(struct world *w, int bills);
/* bankd as bank-102 at w->bank_port, books bank.db, status socket bankd.sock. It
 * takes branch-0311-0007 and branch-0311-0008; more lines go into bankd.policy.
 * Returns when it is signed on at the utility, if that runs. */
void world_bank(struct world *w);
void world_wait_bank(struct world *w); /* until it is signed on, after a start of either */

/* --- books ------------------------------------------------------------------------ */
/* db: a SQLite file of the folder; "utility.db" and "bank.db" are the books of these
 * two, wherever they are. */
/* First column of the first row; a query that fails, fails the test. */
int64_t world_sql(const struct world *w, const char *db, const char *sql);
/* Statements that change them, one after another. */
void world_change(const struct world *w, const char *db, const char *sql);
const char *world_sql_text(const struct world *w, const char *db, const char *sql, char *buf, size_t size);
/* Asks until the answer is `wanted` or more; fails the test after that long. For
 * what another process writes in its own time. */
void world_sql_reaches(const struct world *w, const char *db, const char *sql, int64_t wanted, int ms);
/* Both queries give the same rows, compared as text in their order; else the
 * test fails with the first row that differs. Returns the number of rows. */
int64_t world_same_rows(const struct world *w, const char *db_a, const char *sql_a, const char *db_b, const char *sql_b);

#endif
