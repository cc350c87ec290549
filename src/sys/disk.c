// SPDX-License-Identifier: Apache-2.0
/* Speaks to the machine's own file system. */
#include "sys/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/check.h"
#include "base/str.h"

static enum err err_of(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR: return ERR_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS: return ERR_DENIED;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ERR_FULL;
    case EEXIST: return ERR_CONFLICT;
    case EWOULDBLOCK: return ERR_BUSY;
    case ENAMETOOLONG: return ERR_TOO_LARGE;
    default: return ERR_IO;
    }
}

static const char *fix_of(enum err err) {
    if (err == ERR_DENIED) return "give the user that runs hikeshi read and write permission there";
    if (err == ERR_FULL) return "free disk space, then start again: nothing that was acknowledged is lost";
    if (err == ERR_IO) return "check the disk (dmesg, smartctl) before starting again";
    return "";
}

/* `doing` is a verb: "open". errno is that of the failed call. */
static enum err failed(struct problem *p, const char *doing, const char *path) {
    int number = errno;
    if (!p) return err_of(number); /* in a forked child nobody reads it, and the C library might wait for a lock there */
    char words[96] = "";
    const char *text = strerror_r(number, words, sizeof words); /* GNU's: returns the text */
    return problem_set(p, err_of(number), path, fix_of(err_of(number)), "cannot %s: %s", doing, text);
}

static enum err open_file(void *self, const char *path, enum disk_mode mode, struct disk_file *out, struct problem *p) {
    (void)self;
    static const int flags[] = {[DISK_READ] = O_RDONLY,
                                [DISK_WRITE] = O_RDWR,
                                [DISK_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
                                [DISK_CREATE_NEW] = O_RDWR | O_CREAT | O_EXCL};
    do out->handle = open(path, flags[mode] | O_CLOEXEC, 0600);
    while (out->handle < 0 && errno == EINTR);
    return out->handle < 0 ? failed(p, mode == DISK_READ || mode == DISK_WRITE ? "open" : "create", path) : ERR_OK;
}

static void close_file(void *self, struct disk_file f) {
    (void)self;
    (void)close(f.handle); /* what had to be kept was synced before */
}

static enum err size_of(void *self, struct disk_file f, uint64_t *size, struct problem *p) {
    (void)self;
    struct stat s;
    if (fstat(f.handle, &s) != 0) return failed(p, "tell the size", "");
    *size = (uint64_t)s.st_size;
    return ERR_OK;
}

static enum err read_at(void *self, struct disk_file f, uint64_t offset, void *bytes, size_t size, size_t *got, struct problem *p) {
    (void)self;
    *got = 0;
    while (*got < size) {
        ssize_t n = pread(f.handle, (char *)bytes + *got, size - *got, (off_t)(offset + *got));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(p, "read", "");
        if (n == 0) break;
        *got += (size_t)n;
    }
    return ERR_OK;
}

static enum err write_at(void *self, struct disk_file f, uint64_t offset, const void *bytes, size_t size, struct problem *p) {
    (void)self;
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(f.handle, (const char *)bytes + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed(p, "write", "");
        done += (size_t)n;
    }
    return ERR_OK;
}

static enum err sync_file(void *self, struct disk_file f, struct problem *p) {
    (void)self;
    return fdatasync(f.handle) == 0 ? ERR_OK : failed(p, "sync", "");
}

/* Where the file system cannot allocate ahead, zeros are written: slower once, and the promise is kept. */
static enum err write_zeros(struct disk_file f, uint64_t size, struct problem *p) {
    static const char zeros[64 * 1024];
    uint64_t at;
    enum err err = size_of(NULL, f, &at, p);
    for (; !err && at < size; at += sizeof zeros)
        err = write_at(NULL, f, at, zeros, size - at < sizeof zeros ? (size_t)(size - at) : sizeof zeros, p);
    return err;
}

static enum err preallocate(void *self, struct disk_file f, uint64_t size, struct problem *p) {
    (void)self;
    int result;
    do result = fallocate(f.handle, 0, 0, (off_t)size);
    while (result != 0 && errno == EINTR);
    if (result == 0) return ERR_OK;
    if (errno == EOPNOTSUPP || errno == ENOSYS) return write_zeros(f, size, p);
    return failed(p, "reserve space", "");
}

static enum err truncate_file(void *self, struct disk_file f, uint64_t size, struct problem *p) {
    (void)self;
    return ftruncate(f.handle, (off_t)size) == 0 ? ERR_OK : failed(p, "cut", "");
}

/* Not flock: a child that writes an image would keep the lock of a killed process for a moment, and its successor could not start. */
static enum err lock_file(void *self, struct disk_file f, struct problem *p) {
    (void)self;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET}; /* of this process alone: a forked child does not hold it */
    return fcntl(f.handle, F_SETLK, &whole) == 0 ? ERR_OK : failed(p, "lock", "");
}

static enum err map_file(void *self, struct disk_file f, uint64_t offset, size_t size, void *address, struct problem *p) {
    (void)self;
    CHECK(offset % DISK_MAP_ALIGNMENT == 0 && (uintptr_t)address % (unsigned long)sysconf(_SC_PAGESIZE) == 0);
    if (size == 0) return ERR_OK;
    void *at = mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, f.handle, (off_t)offset);
    return at == MAP_FAILED ? failed(p, "map", "") : ERR_OK;
}

static enum err rename_file(void *self, const char *from, const char *to, struct problem *p) {
    (void)self;
    return rename(from, to) == 0 ? ERR_OK : failed(p, "rename", from);
}

static enum err remove_file(void *self, const char *path, struct problem *p) {
    (void)self;
    return unlink(path) == 0 ? ERR_OK : failed(p, "remove", path);
}

static enum err make_directory(void *self, const char *path, struct problem *p) {
    (void)self;
    return mkdir(path, 0700) == 0 ? ERR_OK : failed(p, "create the directory", path);
}

static enum err sync_directory(void *self, const char *path, struct problem *p) {
    (void)self;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed(p, "open the directory", path);
    enum err err = fsync(fd) == 0 ? ERR_OK : failed(p, "sync the directory", path);
    (void)close(fd);
    return err;
}

static enum err list(void *self, const char *path, void (*each)(void *context, const char *name), void *context, struct problem *p) {
    (void)self;
    DIR *directory = opendir(path);
    if (!directory) return failed(p, "list the directory", path);
    struct dirent *entry;
    while (errno = 0, (entry = readdir(directory)) != NULL)
        if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN) each(context, entry->d_name);
    enum err err = errno == 0 ? ERR_OK : failed(p, "list the directory", path);
    (void)closedir(directory);
    return err;
}

static enum err free_space(void *self, const char *path, uint64_t *bytes, struct problem *p) {
    (void)self;
    struct statvfs s;
    if (statvfs(path, &s) != 0) return failed(p, "tell the free space", path);
    *bytes = (uint64_t)s.f_bavail * s.f_frsize;
    return ERR_OK;
}

struct disk sys_disk(void) {
    static const struct disk_ops ops = {.open = open_file,
                                        .close = close_file,
                                        .size = size_of,
                                        .read = read_at,
                                        .write = write_at,
                                        .sync = sync_file,
                                        .preallocate = preallocate,
                                        .truncate = truncate_file,
                                        .lock = lock_file,
                                        .map = map_file,
                                        .rename = rename_file,
                                        .remove = remove_file,
                                        .make_directory = make_directory,
                                        .sync_directory = sync_directory,
                                        .list = list,
                                        .free_space = free_space};
    return (struct disk){.ops = &ops, .self = NULL};
}
