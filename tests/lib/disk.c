#include "lib/disk.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX 32      /* of one disk */
#define DISKS_MAX 8
#define NAME_MAX_ 128
#define SECTOR 512
#define SHM_REGIONS 16
#define SHM_REGION 32768
#define SHM_LOCKS 8

/* A change that was not synced yet. bytes NULL: the file was cut to `at`. */
struct change { size_t at, size; uint8_t *bytes; };

struct content { uint8_t *bytes; size_t size, room; };

struct file {
    char name[NAME_MAX_];
    bool exists, safe;          /* safe: it will be there after a power cut */
    struct content now, kept;   /* as programs see it; as it was synced last */
    struct change *changes;
    size_t change_count, change_room;
    int opened, shared, pending; /* handles; locks on it */
    const void *reserved, *exclusive;
    uint8_t *shm[SHM_REGIONS];
    struct { int shared; const void *exclusive; } shm_locks[SHM_LOCKS];
};

struct disk {
    char folder[NAME_MAX_];
    struct file files[FILES_MAX];
    long changes, accesses, at;
    enum disk_fault fault;
    bool reads, off, struck;
};

struct handle {                 /* what SQLite holds; its methods first */
    sqlite3_file base;
    struct disk *disk;          /* NULL: a scratch file */
    struct file *file;
    int lock;
    bool mapped;
    uint8_t shm_shared, shm_exclusive;
};

static struct disk *disks[DISKS_MAX];
static int64_t *time_ms;
static uint32_t (*draw)(void *ctx);
static void *draw_ctx;

/* --- bytes -------------------------------------------------------------------------- */

static void grow(struct content *c, size_t size)
{
    if (size <= c->room) return;
    size_t room = c->room ? c->room : 8192;
    while (room < size) room *= 2;
    c->bytes = realloc(c->bytes, room);
    assert(c->bytes);
    memset(c->bytes + c->room, 0, room - c->room);
    c->room = room;
}

static void put(struct content *c, size_t at, const uint8_t *bytes, size_t size)
{
    grow(c, at + size);
    memcpy(c->bytes + at, bytes, size);
    if (at + size > c->size) c->size = at + size;
}

static void cut(struct content *c, size_t size)
{
    if (size < c->size) memset(c->bytes + size, 0, c->size - size);
    grow(c, size);
    c->size = size;
}

static void copy(struct content *to, const struct content *from)
{
    cut(to, 0);
    if (from->size) put(to, 0, from->bytes, from->size);
}

static void note(struct file *f, size_t at, const uint8_t *bytes, size_t size)
{
    if (f->change_count == f->change_room) {
        f->change_room = f->change_room ? f->change_room * 2 : 64;
        f->changes = realloc(f->changes, f->change_room * sizeof *f->changes);
        assert(f->changes);
    }
    struct change *c = &f->changes[f->change_count++];
    *c = (struct change){.at = at, .size = size};
    if (!bytes) return;
    c->bytes = malloc(size);
    assert(c->bytes);
    memcpy(c->bytes, bytes, size);
}

static void forget(struct file *f)
{
    for (size_t i = 0; i < f->change_count; i++)
        free(f->changes[i].bytes);
    f->change_count = 0;
}

static void synced(struct file *f)
{
    for (size_t i = 0; i < f->change_count; i++)
        if (f->changes[i].bytes) put(&f->kept, f->changes[i].at, f->changes[i].bytes, f->changes[i].size);
        else cut(&f->kept, f->changes[i].at);
    forget(f);
    f->safe = true;
}

/* What a cut leaves of one write: all, nothing, or some of its sectors. */
static void some_of(struct file *f, const struct change *c)
{
    uint32_t luck = draw(draw_ctx) % 4;
    if (luck == 0) return;
    if (luck < 3) {
        put(&f->kept, c->at, c->bytes, c->size);
        return;
    }
    for (size_t at = 0; at < c->size;) {
        size_t end = ((c->at + at) / SECTOR + 1) * SECTOR - c->at;
        if (end > c->size) end = c->size;
        if (draw(draw_ctx) & 1) put(&f->kept, c->at + at, c->bytes + at, end - at);
        at = end;
    }
}

static void power_lost(struct file *f)
{
    bool none = draw(draw_ctx) % 3 == 0; /* the cache held it all */
    if (f->exists && !f->safe && (draw(draw_ctx) & 1)) f->exists = false;
    if (!f->exists && f->safe && f->kept.size && (draw(draw_ctx) & 1)) f->exists = true; /* its deletion was not on the disk */
    for (size_t i = 0; i < f->change_count && !none; i++)
        if (f->changes[i].bytes) some_of(f, &f->changes[i]);
        else if (draw(draw_ctx) & 1) cut(&f->kept, f->changes[i].at);
    copy(&f->now, &f->kept);
    if (!f->exists) cut(&f->now, 0), cut(&f->kept, 0);
    f->safe = f->exists;
    forget(f);
}

static void empty(struct file *f)
{
    forget(f);
    for (int i = 0; i < SHM_REGIONS; i++) {
        free(f->shm[i]);
        f->shm[i] = NULL;
    }
    f->shared = f->pending = 0;
    f->reserved = f->exclusive = NULL;
    memset(f->shm_locks, 0, sizeof f->shm_locks);
}

/* --- whose file ------------------------------------------------------------------------ */

static struct disk *disk_of(const char *path)
{
    for (int i = 0; i < DISKS_MAX; i++)
        if (disks[i] && strncmp(path, disks[i]->folder, strlen(disks[i]->folder)) == 0) return disks[i];
    return NULL;
}

static struct file *find(const struct disk *d, const char *path, bool make)
{
    struct file *room = NULL;
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *f = (struct file *)&d->files[i];
        if (strcmp(f->name, path) == 0) return f;
        if (!room && !f->name[0]) room = f;
    }
    if (!make) return NULL;
    assert(room && strlen(path) < sizeof room->name);
    snprintf(room->name, sizeof room->name, "%s", path);
    return room;
}

/* --- faults ------------------------------------------------------------------------------ */

/* Counts an access; SQLITE_OK, or what it ends with. */
static int struck(struct disk *d, bool change, int error)
{
    if (!d) return SQLITE_OK;
    if (d->off) return error;
    d->accesses++;
    if (change) d->changes++;
    if (d->at == 0 || (!change && !d->reads) || --d->at > 0) return SQLITE_OK;
    d->struck = true;
    d->off = d->fault == DISK_CUT;
    return d->fault == DISK_FULL && change ? SQLITE_FULL : error;
}

/* --- a file's methods ----------------------------------------------------------------------- */

static int m_close(sqlite3_file *sf)
{
    struct handle *h = (struct handle *)sf;
    if (!h->file) return SQLITE_OK;
    if (!h->disk) {
        free(h->file->now.bytes);
        forget(h->file);
        free(h->file->changes);
        free(h->file);
    } else {
        h->file->opened--;
    }
    h->file = NULL;
    return SQLITE_OK;
}

static int m_read(sqlite3_file *sf, void *out, int amount, sqlite3_int64 offset)
{
    struct handle *h = (struct handle *)sf;
    struct content *c = &h->file->now;
    size_t at = (size_t)offset, size = (size_t)amount;
    int rc = struck(h->disk, false, SQLITE_IOERR_READ);
    if (rc != SQLITE_OK) return rc;
    if (at + size <= c->size) {
        memcpy(out, c->bytes + at, size);
        return SQLITE_OK;
    }
    memset(out, 0, size);
    if (at < c->size) memcpy(out, c->bytes + at, c->size - at);
    return SQLITE_IOERR_SHORT_READ;
}

static int m_write(sqlite3_file *sf, const void *in, int amount, sqlite3_int64 offset)
{
    struct handle *h = (struct handle *)sf;
    int rc = struck(h->disk, true, SQLITE_IOERR_WRITE);
    if (rc != SQLITE_OK) return rc;
    put(&h->file->now, (size_t)offset, in, (size_t)amount);
    if (h->disk) note(h->file, (size_t)offset, in, (size_t)amount);
    return SQLITE_OK;
}

static int m_truncate(sqlite3_file *sf, sqlite3_int64 size)
{
    struct handle *h = (struct handle *)sf;
    int rc = struck(h->disk, true, SQLITE_IOERR_TRUNCATE);
    if (rc != SQLITE_OK) return rc;
    cut(&h->file->now, (size_t)size);
    if (h->disk) note(h->file, (size_t)size, NULL, 0);
    return SQLITE_OK;
}

static int m_sync(sqlite3_file *sf, int flags)
{
    struct handle *h = (struct handle *)sf;
    int rc = struck(h->disk, true, SQLITE_IOERR_FSYNC);
    if (rc == SQLITE_OK && h->disk) synced(h->file);
    return rc;
}

static int m_size(sqlite3_file *sf, sqlite3_int64 *size)
{
    struct handle *h = (struct handle *)sf;
    int rc = struck(h->disk, false, SQLITE_IOERR_FSTAT);
    *size = (sqlite3_int64)h->file->now.size;
    return rc;
}

static void unlock_to(struct handle *h, int level)
{
    struct file *f = h->file;
    if (h->lock == SQLITE_LOCK_EXCLUSIVE && level < SQLITE_LOCK_EXCLUSIVE) f->exclusive = NULL;
    if (h->lock >= SQLITE_LOCK_RESERVED && level < SQLITE_LOCK_RESERVED && f->reserved == h) f->reserved = NULL;
    if (h->lock >= SQLITE_LOCK_SHARED && level < SQLITE_LOCK_SHARED) f->shared--;
    h->lock = level;
}

static int m_lock(sqlite3_file *sf, int level)
{
    struct handle *h = (struct handle *)sf;
    struct file *f = h->file;
    if (level <= h->lock) return SQLITE_OK;
    if (f->exclusive && f->exclusive != h) return SQLITE_BUSY;
    if (h->lock == SQLITE_LOCK_NONE) {
        f->shared++;
        h->lock = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED) {
        if (f->reserved && f->reserved != h) return SQLITE_BUSY;
        f->reserved = h;
        h->lock = SQLITE_LOCK_RESERVED;
    }
    if (level == SQLITE_LOCK_EXCLUSIVE) {
        if (f->shared > 1) return SQLITE_BUSY;
        f->exclusive = h;
        h->lock = SQLITE_LOCK_EXCLUSIVE;
    }
    return SQLITE_OK;
}

static int m_unlock(sqlite3_file *sf, int level)
{
    unlock_to((struct handle *)sf, level);
    return SQLITE_OK;
}

static int m_reserved(sqlite3_file *sf, int *out)
{
    *out = ((struct handle *)sf)->file->reserved != NULL;
    return SQLITE_OK;
}

static int m_control(sqlite3_file *sf, int op, void *arg) { return SQLITE_NOTFOUND; }
static int m_sector(sqlite3_file *sf) { return 4096; }
static int m_device(sqlite3_file *sf) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

/* --- what connections share beside the WAL: in memory, never safe ------------------------------ */

static int m_shm_map(sqlite3_file *sf, int region, int size, int extend, void volatile **out)
{
    struct handle *h = (struct handle *)sf;
    *out = NULL;
    if (h->disk && h->disk->off) return SQLITE_IOERR_SHMMAP;
    if (region >= SHM_REGIONS || size > SHM_REGION) return SQLITE_IOERR_SHMMAP;
    h->mapped = true;
    if (!h->file->shm[region] && !extend) return SQLITE_OK;
    if (!h->file->shm[region]) h->file->shm[region] = calloc(1, SHM_REGION);
    *out = h->file->shm[region];
    return *out ? SQLITE_OK : SQLITE_NOMEM;
}

static int m_shm_lock(sqlite3_file *sf, int first, int count, int flags)
{
    struct handle *h = (struct handle *)sf;
    uint8_t mask = (uint8_t)((1u << (first + count)) - (1u << first));
    for (int i = first; i < first + count; i++) {
        bool mine = h->shm_shared & 1u << i;
        if (flags & SQLITE_SHM_UNLOCK) {
            if (mine) h->file->shm_locks[i].shared--;
            if (h->file->shm_locks[i].exclusive == h) h->file->shm_locks[i].exclusive = NULL;
        } else if (h->file->shm_locks[i].exclusive && h->file->shm_locks[i].exclusive != h) {
            return SQLITE_BUSY;
        } else if ((flags & SQLITE_SHM_EXCLUSIVE) && h->file->shm_locks[i].shared > (mine ? 1 : 0)) {
            return SQLITE_BUSY;
        }
    }
    if (flags & SQLITE_SHM_UNLOCK) {
        h->shm_shared &= (uint8_t)~mask;
        return SQLITE_OK;
    }
    for (int i = first; i < first + count; i++)
        if (flags & SQLITE_SHM_EXCLUSIVE) h->file->shm_locks[i].exclusive = h;
        else if (!(h->shm_shared & 1u << i)) h->file->shm_locks[i].shared++;
    if (flags & SQLITE_SHM_SHARED) h->shm_shared |= mask;
    return SQLITE_OK;
}

static void m_shm_barrier(sqlite3_file *sf) {}

static int m_shm_unmap(sqlite3_file *sf, int delete)
{
    struct handle *h = (struct handle *)sf;
    if (!h->mapped) return SQLITE_OK;
    for (int i = 0; i < SHM_LOCKS; i++)
        m_shm_lock(sf, i, 1, SQLITE_SHM_UNLOCK);
    h->mapped = false;
    for (int i = 0; delete && i < SHM_REGIONS; i++) {
        free(h->file->shm[i]);
        h->file->shm[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    2, m_close, m_read, m_write, m_truncate, m_sync, m_size, m_lock, m_unlock, m_reserved, m_control, m_sector, m_device,
    m_shm_map, m_shm_lock, m_shm_barrier, m_shm_unmap, NULL, NULL,
};

/* --- the door --------------------------------------------------------------------------------------- */

static int v_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *sf, int flags, int *out_flags)
{
    struct handle *h = (struct handle *)sf;
    memset(h, 0, sizeof *h);
    if (name) {
        h->disk = disk_of(name);
        int rc = h->disk ? struck(h->disk, false, SQLITE_CANTOPEN) : SQLITE_CANTOPEN;
        if (rc != SQLITE_OK) return rc;
        h->file = find(h->disk, name, flags & SQLITE_OPEN_CREATE || !(flags & SQLITE_OPEN_MAIN_DB));
        if (!h->file && (flags & SQLITE_OPEN_MAIN_DB)) h->file = find(h->disk, name, true); /* made empty outside */
        h->file->exists = true;
        h->file->opened++;
    } else {
        h->file = calloc(1, sizeof *h->file);
        if (!h->file) return SQLITE_NOMEM;
    }
    h->base.pMethods = &methods;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

static int v_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct disk *d = disk_of(name);
    struct file *f = d ? find(d, name, false) : NULL;
    int rc = struck(d, true, SQLITE_IOERR_DELETE);
    if (rc != SQLITE_OK) return rc;
    if (!f || !f->exists) return SQLITE_IOERR_DELETE_NOENT;
    f->exists = false;
    cut(&f->now, 0);
    note(f, 0, NULL, 0);
    if (sync_folder) {
        cut(&f->kept, 0);
        f->safe = false;
        forget(f);
    }
    return SQLITE_OK;
}

static int v_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    struct disk *d = disk_of(name);
    struct file *f = d ? find(d, name, false) : NULL;
    *out = f && f->exists && (flags != SQLITE_ACCESS_EXISTS || f->now.size > 0);
    return d && d->off ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static int v_full(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int v_random(sqlite3_vfs *vfs, int size, char *out)
{
    for (int i = 0; i < size; i++)
        out[i] = (char)draw(draw_ctx);
    return size;
}

static int v_sleep(sqlite3_vfs *vfs, int us) { return us; }

static int v_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
    *out = INT64_C(210866760000000) + *time_ms;
    return SQLITE_OK;
}

static int v_day(sqlite3_vfs *vfs, double *out)
{
    sqlite3_int64 now;
    v_time(vfs, &now);
    *out = (double)now / 86400000.0;
    return SQLITE_OK;
}

static int v_error(sqlite3_vfs *vfs, int size, char *out) { return 0; }

void disk_install(int64_t *now_ms, uint32_t (*draws)(void *ctx), void *ctx)
{
    static sqlite3_vfs vfs = {.iVersion = 2, .szOsFile = sizeof(struct handle), .mxPathname = NAME_MAX_, .zName = "storm",
                              .xOpen = v_open, .xDelete = v_delete, .xAccess = v_access, .xFullPathname = v_full,
                              .xRandomness = v_random, .xSleep = v_sleep, .xCurrentTime = v_day, .xGetLastError = v_error,
                              .xCurrentTimeInt64 = v_time};
    time_ms = now_ms;
    draw = draws;
    draw_ctx = ctx;
    sqlite3_vfs_register(&vfs, 1);
}

/* --- disks ---------------------------------------------------------------------------------------------- */

struct disk *disk_new(const char *folder)
{
    struct disk *d = calloc(1, sizeof *d);
    int i = 0;
    while (i < DISKS_MAX && disks[i]) i++;
    assert(d && i < DISKS_MAX && strlen(folder) < sizeof d->folder);
    snprintf(d->folder, sizeof d->folder, "%s", folder);
    return disks[i] = d;
}

void disk_free(struct disk *d)
{
    if (!d) return;
    for (int i = 0; i < FILES_MAX; i++) {
        empty(&d->files[i]);
        free(d->files[i].now.bytes);
        free(d->files[i].kept.bytes);
        free(d->files[i].changes);
    }
    for (int i = 0; i < DISKS_MAX; i++)
        if (disks[i] == d) disks[i] = NULL;
    free(d);
}

void disk_fault_at(struct disk *d, long op, enum disk_fault fault, bool reads)
{
    d->at = op;
    d->fault = fault;
    d->reads = reads;
}

long disk_changes(const struct disk *d) { return d->changes; }
long disk_accesses(const struct disk *d) { return d->accesses; }
bool disk_struck(const struct disk *d) { return d->struck; }
bool disk_off(const struct disk *d) { return d->off; }
void disk_switch_off(struct disk *d) { d->off = true; }

void disk_switch_on(struct disk *d, bool lost)
{
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *f = &d->files[i];
        if (!f->name[0]) continue;
        assert(f->opened == 0);
        if (lost) power_lost(f);
        struct change *kept = f->changes; /* a killed program's writes go on waiting for a sync */
        size_t count = f->change_count;
        f->changes = NULL;
        f->change_count = 0;
        empty(f);
        f->changes = kept;
        f->change_count = count;
    }
    d->off = d->struck = false;
    d->at = 0;
}

/* --- images ------------------------------------------------------------------------------------------------ */

struct disk_image { int count; struct { char name[NAME_MAX_]; uint8_t *bytes; size_t size; } files[FILES_MAX]; };

struct disk_image *disk_save(const struct disk *d)
{
    struct disk_image *image = calloc(1, sizeof *image);
    assert(image);
    for (int i = 0; i < FILES_MAX; i++) {
        const struct file *f = &d->files[i];
        if (!f->exists) continue;
        snprintf(image->files[image->count].name, NAME_MAX_, "%s", f->name);
        image->files[image->count].bytes = malloc(f->now.size + 1);
        assert(image->files[image->count].bytes);
        if (f->now.size) memcpy(image->files[image->count].bytes, f->now.bytes, f->now.size);
        image->files[image->count++].size = f->now.size;
    }
    return image;
}

static void wipe(struct disk *d)
{
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *f = &d->files[i];
        assert(f->opened == 0);
        empty(f);
        f->name[0] = '\0';
        f->exists = f->safe = false;
        cut(&f->now, 0);
        cut(&f->kept, 0);
    }
    d->changes = d->accesses = d->at = 0;
    d->off = d->struck = false;
}

void disk_replace(struct disk *d, const char *path, const char *from)
{
    const struct file *source = find(disk_of(from), from, false);
    assert(source && disk_of(from) != d);
    wipe(d);
    struct file *f = find(d, path, true);
    put(&f->now, 0, source->now.bytes, source->now.size);
    copy(&f->kept, &f->now);
    f->exists = f->safe = true;
}

void disk_load(struct disk *d, const struct disk_image *image)
{
    wipe(d);
    for (int i = 0; i < image->count; i++) {
        struct file *f = find(d, image->files[i].name, true);
        put(&f->now, 0, image->files[i].bytes, image->files[i].size);
        copy(&f->kept, &f->now);
        f->exists = f->safe = true;
    }
}

void disk_image_free(struct disk_image *image)
{
    for (int i = 0; image && i < image->count; i++)
        free(image->files[i].bytes);
    free(image);
}
