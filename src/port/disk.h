// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_DISK_H
#define PORT_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The file system, as far as the stores need it. sys/disk.c is the real one; store/disk_memory.c pretends, with a plug that can be pulled
 * at any write, so that tests enumerate every crash.
 *
 * What survives a crash, and nothing else does: a file's bytes and size once sync() returned; a name, and its absence, once
 * sync_directory() of its directory returned. Between, any part of what was written may be there. After a failed sync nothing is known of
 * the file: never try again, stop and recover.
 *
 * Paths end with NUL, as the system wants them. Errors: ERR_NOT_FOUND, ERR_DENIED (permission, read-only), ERR_FULL (no space, quota),
 * ERR_BUSY (lock), ERR_IO (the rest); `p` says the path and the system's words. All functions block.
 */
enum disk_mode {
    DISK_READ,      /* must exist */
    DISK_WRITE,     /* must exist; read and write */
    DISK_CREATE,    /* empty it or create it; read and write */
    DISK_CREATE_NEW /* must not exist: ERR_CONFLICT */
};

struct disk_file {
    int handle;
};

struct disk {
    const struct disk_ops *ops;
    void *self;
};

struct disk_ops {
    enum err (*open)(void *self, const char *path, enum disk_mode mode, struct disk_file *out, struct problem *p);
    void (*close)(void *self, struct disk_file f);
    enum err (*size)(void *self, struct disk_file f, uint64_t *size, struct problem *p);
    /* *got < size only at the end of the file. */
    enum err (*read)(void *self, struct disk_file f, uint64_t offset, void *bytes, size_t size, size_t *got, struct problem *p);
    /* All of it or an error; after an error any part of it may be written. */
    enum err (*write)(void *self, struct disk_file f, uint64_t offset, const void *bytes, size_t size, struct problem *p);
    /* Bytes and size are durable (fdatasync). */
    enum err (*sync)(void *self, struct disk_file f, struct problem *p);
    /* Grows the file to `size` with zeros that have their place on the disk, so that writing there needs no new space. */
    enum err (*preallocate)(void *self, struct disk_file f, uint64_t size, struct problem *p);
    enum err (*truncate)(void *self, struct disk_file f, uint64_t size, struct problem *p);
    /* Held until close, by this process and not by its children. ERR_BUSY: another process holds it. */
    enum err (*lock)(void *self, struct disk_file f, struct problem *p);
    /*
     * Lets the file's [offset, offset + size) appear at `address`, private to the process: what is written there never reaches the file.
     * offset and address lie on 64 KiB; whole pages are replaced. The file must not change afterwards, but its name may go.
     */
    enum err (*map)(void *self, struct disk_file f, uint64_t offset, size_t size, void *address, struct problem *p);
    enum err (*rename)(void *self, const char *from, const char *to, struct problem *p); /* replaces `to` */
    enum err (*remove)(void *self, const char *path, struct problem *p);
    enum err (*make_directory)(void *self, const char *path, struct problem *p); /* readable by its owner only; ERR_CONFLICT: it exists */
    enum err (*sync_directory)(void *self, const char *path, struct problem *p);
    /* Names of plain files in a directory, in any order. */
    enum err (*list)(void *self, const char *path, void (*each)(void *context, const char *name), void *context, struct problem *p);
    enum err (*free_space)(void *self, const char *path, uint64_t *bytes, struct problem *p);
};

#define DISK_MAP_ALIGNMENT (64U * 1024)
#define DISK_PATH_SIZE_MAX 4096

#endif
