#include "utilityd/wal.h"

#include <limits.h>

static void *write_back(void *arg)
{
    struct wal *wal = arg;
    pthread_mutex_lock(&wal->lock);
    while (!wal->stop) {
        if (!wal->wanted || wal->done) {
            pthread_cond_wait(&wal->wake, &wal->lock);
            continue;
        }
        int back = -1;
        for (int pass = 0; pass < WAL_PASSES && !wal->stop && wal->pages - back > WAL_REST; pass++) {
            pthread_mutex_unlock(&wal->lock);
            if (sqlite3_wal_checkpoint_v2(wal->helper, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, &back) != SQLITE_OK) back = INT_MAX / 2;
            pthread_mutex_lock(&wal->lock);
        }
        wal->done = true;
    }
    pthread_mutex_unlock(&wal->lock);
    return NULL;
}

static int on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct wal *wal = arg;
    pthread_mutex_lock(&wal->lock);
    wal->pages = pages;
    pthread_mutex_unlock(&wal->lock);
    return SQLITE_OK;
}

int wal_start(struct wal *wal, sqlite3 *writer, const char *path, struct error *err)
{
    wal->writer = writer;
    pthread_mutex_init(&wal->lock, NULL);
    pthread_cond_init(&wal->wake, NULL);
    if (sqlite3_open_v2(path, &wal->helper, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_exec(wal->helper, "PRAGMA synchronous=FULL", NULL, NULL, NULL) != SQLITE_OK)
        return error_all(err, "the utility's books were not opened", path, sqlite3_errmsg(wal->helper), NULL);
    wal->running = pthread_create(&wal->thread, NULL, write_back, wal) == 0;
    if (!wal->running)
        return error_all(err, "the utility's books were not opened", path, "no thread can be started", NULL);
    sqlite3_wal_autocheckpoint(writer, 0);
    sqlite3_wal_hook(writer, on_commit, wal);
    return 0;
}

void wal_rest(struct wal *wal)
{
    pthread_mutex_lock(&wal->lock);
    bool finish = wal->done;
    if (!wal->wanted && wal->pages >= WAL_PAGES) {
        wal->wanted = true;
        pthread_cond_signal(&wal->wake);
    }
    if (finish) {
        wal->wanted = wal->done = false;
        wal->pages = 0;
    }
    pthread_mutex_unlock(&wal->lock);
    if (!finish) return;
    sqlite3_wal_checkpoint_v2(wal->writer, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

void wal_stop(struct wal *wal)
{
    if (wal->running) {
        pthread_mutex_lock(&wal->lock);
        wal->stop = true;
        pthread_cond_signal(&wal->wake);
        pthread_mutex_unlock(&wal->lock);
        pthread_join(wal->thread, NULL);
        wal->running = false;
    }
    sqlite3_close(wal->helper);
    wal->helper = NULL;
}
