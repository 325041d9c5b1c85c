/* Disks of machines that do not exist: files in memory behind SQLite's own door
 * (a VFS), with what a real disk does to them.
 *
 * What was written is seen at once by everyone on that machine, and is safe only
 * once it was synced. A killed program leaves all that it wrote; a power cut leaves
 * what was synced and, of the rest, any part: each write whole, torn at 512 bytes,
 * or not at all, in any order. One write, sync, truncation or deletion may be chosen
 * at which the power goes, the disk is full, or it fails.
 *
 * Files whose path begins with a disk's folder are that disk's; nothing reaches the
 * real one. Not for threads that write at once. */
#ifndef TESTS_DISK_H
#define TESTS_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk;
enum disk_fault { DISK_FINE, DISK_CUT, DISK_FULL, DISK_BROKEN };

/* Becomes SQLite's default. now_ms: what it is told the time is; draws: its chance, and that of what a cut leaves. */
void disk_install(int64_t *now_ms, uint32_t (*draws)(void *ctx), void *ctx);
/* folder is copied; it need not exist. */
struct disk *disk_new(const char *folder);
void disk_free(struct disk *disk);

/* The op-th change from now on (1: the next) ends so. reads: the op-th of all accesses, for DISK_BROKEN. */
void disk_fault_at(struct disk *disk, long op, enum disk_fault fault, bool reads);
/* Changes (and accesses) since the disk was made or last loaded. */
long disk_changes(const struct disk *disk);
long disk_accesses(const struct disk *disk);
/* The fault came. A disk with its power cut answers nothing but errors until it has power again. */
bool disk_struck(const struct disk *disk);
bool disk_off(const struct disk *disk);
void disk_switch_off(struct disk *disk);
/* Every open file must be closed before. lost: a power cut, only what was safe and some of the rest stays; else
 * a program that was killed: all that was written stays. */
void disk_switch_on(struct disk *disk, bool lost);
/* What is on it, as one block to be loaded many times; free() it. */
struct disk_image *disk_save(const struct disk *disk);
void disk_load(struct disk *disk, const struct disk_image *image);
void disk_image_free(struct disk_image *image);
/* Another disk in the same machine, with one file on it: what `from`, a path of any disk, has in it now. */
void disk_replace(struct disk *disk, const char *path, const char *from);

#endif
