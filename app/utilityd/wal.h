/* SQLite's log, written back beside the commits: by a thread while payments go on,
 * then, what came meanwhile, by the writer between two commits, so that the log
 * starts again from its beginning. A commit that checkpoints takes 40 ms. */
#ifndef UTILITYD_WAL_H
#define UTILITYD_WAL_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "base/error.h"

#define WAL_PAGES 20000 /* of the log, before they are written back */
#define WAL_REST 500    /* are few enough to be left to the writer */
#define WAL_PASSES 6    /* of the thread, while more than that came meanwhile */

struct wal {
    sqlite3 *writer, *helper; /* the writer's connection is the caller's */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool running;
    bool wanted, done, stop; /* under lock */
    int pages;               /* of the log after the last commit; under lock */
};

/* Takes the writer's automatic checkpoint over. */
int wal_start(struct wal *wal, sqlite3 *writer, const char *path, struct error *err);
/* From the writer's thread, between two commits. */
void wal_rest(struct wal *wal);
/* Before the writer is closed; may be called when it never started. */
void wal_stop(struct wal *wal);

#endif
