/* A PostgreSQL of the test's own, in a folder of its own, over a Unix socket: made
 * as an unprivileged user when the test is root, ended with the test. */
#ifndef TESTS_LIB_POSTGRES_H
#define TESTS_LIB_POSTGRES_H

#include <sys/types.h>

struct postgres {
    char dir[64];
    char url[160]; /* postgresql://books@/books?host=DIR */
    pid_t pid;     /* of the server; 0: not running */
};

/* Makes and starts it, with a database `books`. Fails the test when it can't. */
void postgres_open(struct postgres *p);
/* One more database of it; its url into buf. */
const char *postgres_database(struct postgres *p, const char *name, char *buf, size_t size);
/* A second server that follows the first by streaming, named `standby` there; and it
 * becomes the primary. Its url is its own. */
void postgres_follow(struct postgres *p, const struct postgres *primary);
void postgres_promote(struct postgres *p);
/* SIGKILL: a crash; and up again, which recovers. */
void postgres_crash(struct postgres *p);
void postgres_start(struct postgres *p);
void postgres_close(struct postgres *p);
/* Runs a program of PostgreSQL's (psql, pgbench) as its user; its output into out.
 * Returns its exit code. */
int postgres_run(const struct postgres *p, char *out, size_t size, const char *command);

#endif
