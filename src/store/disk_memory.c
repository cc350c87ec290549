// SPDX-License-Identifier: Apache-2.0
/* Pretends to be a disk, with faults: what the tests of the stores pull the plug of. */
#include "store/disk_memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/str.h"

/*
 * A file has two contents: `now`, what reads see, and `safe`, what is on the platter. Writes and resizes since the last sync are kept as a
 * list of changes; sync makes safe = now, a crash makes now = safe + some of the changes. Names work alike, but a crash keeps the first so
 * many changes of names: file systems write them in order, and a rename whole.
 */
#define FILES_MAX   4096
#define NAMES_MAX   4096
#define HANDLES_MAX 256
#define SECTOR      512U

struct content {
    char *bytes;
    size_t size, capacity;
};

struct change {
    bool resizes;
    uint64_t offset; /* or the new size */
    size_t size;
    char *bytes;
};

struct file {
    bool used, lost; /* lost: a sync failed, what changes from now on never reaches the platter by itself */
    bool locked;
    struct content now, safe;
    struct change *changes;
    size_t change_count, change_capacity;
};

struct name {
    char path[256];
    bool directory;
    int file, safe_file; /* -1 = no such name; a directory: 0 */
};

struct name_change {
    size_t name;
    int file;
    bool with_next; /* half of a rename */
};

struct disk_memory {
    uint64_t random, steps, fault_step;
    enum disk_fault fault;
    bool dead;
    struct file files[FILES_MAX];
    struct name names[NAMES_MAX];
    size_t name_count;
    struct name_change name_changes[NAMES_MAX];
    size_t name_change_count;
    int handles[HANDLES_MAX]; /* file + 1; 0 = free */
};

static uint64_t number(struct disk_memory *m, uint64_t below) {
    return below ? hash_mix(m->random++, 4711) % below : 0;
}

/* ---- contents ---- */

static void resize(struct content *c, size_t size) {
    if (size > c->capacity) {
        size_t capacity = size * 2;
        c->bytes = realloc(c->bytes, capacity);
        CHECK(c->bytes);
        c->capacity = capacity;
    }
    if (size > c->size) memset(c->bytes + c->size, 0, size - c->size);
    c->size = size;
}

static void put(struct content *c, uint64_t offset, const char *bytes, size_t size) {
    if (offset + size > c->size) resize(c, offset + size);
    if (size) memcpy(c->bytes + offset, bytes, size);
}

static void copy(struct content *to, const struct content *from) {
    resize(to, 0);
    put(to, 0, from->bytes, from->size);
}

static void note_change(struct file *f, struct change change) {
    if (f->change_count == f->change_capacity) {
        f->change_capacity = f->change_capacity ? f->change_capacity * 2 : 16;
        f->changes = realloc(f->changes, f->change_capacity * sizeof *f->changes);
        CHECK(f->changes);
    }
    f->changes[f->change_count++] = change;
}

static void change_bytes(struct file *f, uint64_t offset, const char *bytes, size_t size) {
    char *kept = malloc(size ? size : 1);
    CHECK(kept);
    if (size) memcpy(kept, bytes, size);
    put(&f->now, offset, bytes, size);
    note_change(f, (struct change){.offset = offset, .size = size, .bytes = kept});
}

static void change_size(struct file *f, uint64_t size) {
    resize(&f->now, size);
    note_change(f, (struct change){.resizes = true, .offset = size});
}

static void drop_changes(struct file *f) {
    for (size_t i = 0; i < f->change_count; i++) free(f->changes[i].bytes);
    f->change_count = 0;
}

static void sync_content(struct file *f) {
    if (!f->lost) {
        /* Only what changed: a preallocated segment is large, and synced often. */
        for (size_t i = 0; i < f->change_count; i++) {
            const struct change *c = &f->changes[i];
            if (c->resizes) resize(&f->safe, c->offset);
            else put(&f->safe, c->offset, c->bytes, c->size);
        }
    }
    drop_changes(f);
}

/* ---- names ---- */

static struct name *name_of(struct disk_memory *m, const char *path) {
    for (size_t i = 0; i < m->name_count; i++)
        if (strcmp(m->names[i].path, path) == 0) return &m->names[i];
    return NULL;
}

static struct name *name_for(struct disk_memory *m, const char *path) {
    struct name *n = name_of(m, path);
    if (n) return n;
    CHECK(m->name_count < NAMES_MAX && strlen(path) < sizeof n->path);
    n = &m->names[m->name_count++];
    *n = (struct name){.file = -1, .safe_file = -1};
    memcpy(n->path, path, strlen(path) + 1);
    return n;
}

static void set_name(struct disk_memory *m, struct name *n, int file, bool with_next) {
    CHECK(m->name_change_count < NAMES_MAX);
    n->file = file;
    m->name_changes[m->name_change_count++] = (struct name_change){(size_t)(n - m->names), file, with_next};
}

static bool is_within(const char *path, const char *directory) {
    size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 && path[size] == '/' && !strchr(path + size + 1, '/');
}

static int new_file(struct disk_memory *m) {
    int i = 0;
    while (i < FILES_MAX && m->files[i].used) i++;
    CHECK(i < FILES_MAX); /* too many files for a pretended disk */
    m->files[i] = (struct file){.used = true};
    return i;
}

static enum err refuse(struct problem *p, enum err err, const char *path, const char *what) {
    return problem_set(p, err, path, "", "%s", what);
}

/* ---- faults ---- */

/* Counts a step. ERR_OK, or what the fault makes of it. */
static enum err step(struct disk_memory *m, bool needs_space, bool syncs, struct problem *p) {
    uint64_t now = m->steps++;
    if (m->dead) return refuse(p, ERR_IO, "", "the plug is pulled");
    if (m->fault == DISK_FAULT_NONE || now < m->fault_step) return ERR_OK;
    if (m->fault == DISK_FAULT_POWER) {
        m->dead = true;
        return refuse(p, ERR_IO, "", "the plug is pulled");
    }
    if (m->fault == DISK_FAULT_NO_SPACE && needs_space) {
        m->fault = DISK_FAULT_NONE;
        return refuse(p, ERR_FULL, "", "no space left");
    }
    if (m->fault == DISK_FAULT_SYNC && syncs) {
        m->fault = DISK_FAULT_NONE;
        return refuse(p, ERR_IO, "", "the sync failed");
    }
    return ERR_OK;
}

static struct file *file_of(struct disk_memory *m, struct disk_file f) {
    CHECK(f.handle > 0 && f.handle < HANDLES_MAX && m->handles[f.handle]);
    return &m->files[m->handles[f.handle] - 1];
}

/* ---- port/disk.h ---- */

static enum err open_file(void *self, const char *path, enum disk_mode mode, struct disk_file *out, struct problem *p) {
    struct disk_memory *m = self;
    struct name *n = name_of(m, path);
    bool there = n && n->file >= 0 && !n->directory, creates = mode == DISK_CREATE || mode == DISK_CREATE_NEW;
    if (m->dead) return refuse(p, ERR_IO, path, "the plug is pulled");
    if (!there && !creates) return refuse(p, ERR_NOT_FOUND, path, "no such file");
    if (there && mode == DISK_CREATE_NEW) return refuse(p, ERR_CONFLICT, path, "the file exists");
    if (creates) {
        enum err err = step(m, true, false, p);
        if (err) return err;
        if (there) change_size(&m->files[n->file], 0);
        else set_name(m, name_for(m, path), new_file(m), false);
    }
    for (int h = 1; h < HANDLES_MAX; h++) {
        if (m->handles[h]) continue;
        m->handles[h] = name_of(m, path)->file + 1;
        out->handle = h;
        return ERR_OK;
    }
    return refuse(p, ERR_IO, path, "too many open files");
}

static void close_file(void *self, struct disk_file f) {
    struct disk_memory *m = self;
    file_of(m, f)->locked = false;
    m->handles[f.handle] = 0;
}

static enum err size_of(void *self, struct disk_file f, uint64_t *size, struct problem *p) {
    (void)p;
    *size = file_of(self, f)->now.size;
    return ERR_OK;
}

static enum err read_at(void *self, struct disk_file f, uint64_t offset, void *bytes, size_t size, size_t *got, struct problem *p) {
    (void)p;
    const struct content *c = &file_of(self, f)->now;
    *got = offset >= c->size ? 0 : c->size - offset < size ? c->size - offset : size;
    if (*got) memcpy(bytes, c->bytes + offset, *got);
    return ERR_OK;
}

static enum err write_at(void *self, struct disk_file f, uint64_t offset, const void *bytes, size_t size, struct problem *p) {
    struct disk_memory *m = self;
    bool was_dead = m->dead;
    enum err err = step(m, true, false, p);
    if (!err) change_bytes(file_of(m, f), offset, bytes, size);
    else if (!was_dead) change_bytes(file_of(m, f), offset, bytes, number(m, size)); /* torn */
    return err;
}

static enum err sync_file(void *self, struct disk_file f, struct problem *p) {
    struct disk_memory *m = self;
    enum err err = step(m, false, true, p);
    if (!err) {
        sync_content(file_of(m, f));
    } else if (!m->dead) {
        drop_changes(file_of(m, f));
        file_of(m, f)->lost = true;
    }
    return err;
}

static enum err preallocate(void *self, struct disk_file f, uint64_t size, struct problem *p) {
    enum err err = step(self, true, false, p);
    if (!err && size > file_of(self, f)->now.size) change_size(file_of(self, f), size);
    return err;
}

static enum err truncate_file(void *self, struct disk_file f, uint64_t size, struct problem *p) {
    enum err err = step(self, false, false, p);
    if (!err) change_size(file_of(self, f), size);
    return err;
}

static enum err lock_file(void *self, struct disk_file f, struct problem *p) {
    struct file *file = file_of(self, f);
    if (file->locked) return refuse(p, ERR_BUSY, "", "locked by another");
    file->locked = true;
    return ERR_OK;
}

static enum err map_file(void *self, struct disk_file f, uint64_t offset, size_t size, void *address, struct problem *p) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page, got;
    CHECK(offset % DISK_MAP_ALIGNMENT == 0 && (uintptr_t)address % page == 0);
    enum err err = read_at(self, f, offset, address, whole, &got, p);
    if (!err) memset((char *)address + got, 0, whole - got); /* as beyond the end of a mapped file */
    return err;
}

static enum err rename_file(void *self, const char *from, const char *to, struct problem *p) {
    struct disk_memory *m = self;
    struct name *n = name_of(m, from);
    if (!n || n->file < 0) return refuse(p, ERR_NOT_FOUND, from, "no such file");
    enum err err = step(m, false, false, p);
    if (err) return err;
    int file = n->file;
    set_name(m, n, -1, true);
    set_name(m, name_for(m, to), file, false);
    return ERR_OK;
}

static enum err remove_file(void *self, const char *path, struct problem *p) {
    struct disk_memory *m = self;
    struct name *n = name_of(m, path);
    if (!n || n->file < 0 || n->directory) return refuse(p, ERR_NOT_FOUND, path, "no such file");
    enum err err = step(m, false, false, p);
    if (!err) set_name(m, n, -1, false);
    return err;
}

static enum err make_directory(void *self, const char *path, struct problem *p) {
    struct disk_memory *m = self;
    struct name *n = name_of(m, path);
    if (n && n->file >= 0) return refuse(p, ERR_CONFLICT, path, "it exists");
    enum err err = step(m, true, false, p);
    if (err) return err;
    n = name_for(m, path);
    n->directory = true;
    set_name(m, n, 0, false);
    return ERR_OK;
}

static enum err sync_directory(void *self, const char *path, struct problem *p) {
    struct disk_memory *m = self;
    enum err err = step(m, false, true, p);
    if (err) return err;
    size_t kept = 0;
    for (size_t i = 0; i < m->name_change_count; i++) {
        struct name *n = &m->names[m->name_changes[i].name];
        if (is_within(n->path, path)) n->safe_file = m->name_changes[i].file;
        else m->name_changes[kept++] = m->name_changes[i];
    }
    m->name_change_count = kept;
    return ERR_OK;
}

static enum err list(void *self, const char *path, void (*each)(void *context, const char *name), void *context, struct problem *p) {
    struct disk_memory *m = self;
    const struct name *directory = name_of(m, path);
    if (m->dead) return refuse(p, ERR_IO, path, "the plug is pulled");
    if (!directory || !directory->directory || directory->file < 0) return refuse(p, ERR_NOT_FOUND, path, "no such directory");
    for (size_t i = 0; i < m->name_count; i++)
        if (m->names[i].file >= 0 && !m->names[i].directory && is_within(m->names[i].path, path))
            each(context, m->names[i].path + strlen(path) + 1);
    return ERR_OK;
}

static enum err free_space(void *self, const char *path, uint64_t *bytes, struct problem *p) {
    (void)self, (void)path, (void)p;
    *bytes = UINT64_C(1) << 40;
    return ERR_OK;
}

struct disk disk_memory_disk(struct disk_memory *m) {
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
    return (struct disk){.ops = &ops, .self = m};
}

/* ---- what tests do to it ---- */

struct disk_memory *disk_memory_open(uint64_t seed) {
    struct disk_memory *m = calloc(1, sizeof *m);
    if (m) m->random = hash_mix(seed, 1);
    return m;
}

void disk_memory_close(struct disk_memory *m) {
    for (int i = 0; i < FILES_MAX; i++) {
        drop_changes(&m->files[i]);
        free(m->files[i].changes);
        free(m->files[i].now.bytes);
        free(m->files[i].safe.bytes);
    }
    free(m);
}

uint64_t disk_memory_steps(const struct disk_memory *m) {
    return m->steps;
}

void disk_memory_fault(struct disk_memory *m, enum disk_fault fault, uint64_t at_step) {
    m->fault = fault;
    m->fault_step = at_step;
}

/* Sector by sector, a write is there or not; in one crash of three everything up to some byte, as an orderly disk would have it. */
static void keep_some(struct disk_memory *m, struct content *c, const struct change *change, bool orderly) {
    if (change->resizes) {
        if (orderly || number(m, 2)) resize(c, change->offset);
        return;
    }
    for (size_t at = 0, size; at < change->size; at += size) {
        size = SECTOR - (change->offset + at) % SECTOR;
        if (size > change->size - at) size = change->size - at;
        if (orderly || number(m, 2)) put(c, change->offset + at, change->bytes + at, size);
    }
}

static void crash_file(struct disk_memory *m, struct file *f) {
    bool orderly = number(m, 3) == 0;
    size_t kept = orderly ? number(m, f->change_count + 1) : f->change_count;
    for (size_t i = 0; i < kept; i++) keep_some(m, &f->safe, &f->changes[i], orderly);
    if (orderly && kept < f->change_count && !f->changes[kept].resizes) {
        struct change torn = f->changes[kept];
        torn.size = number(m, torn.size + 1);
        keep_some(m, &f->safe, &torn, true);
    }
    drop_changes(f);
    copy(&f->now, &f->safe);
    f->lost = f->locked = false;
}

void disk_memory_crash(struct disk_memory *m) {
    for (int i = 0; i < FILES_MAX; i++)
        if (m->files[i].used) crash_file(m, &m->files[i]);
    size_t kept = number(m, m->name_change_count + 1);
    if (kept > 0 && m->name_changes[kept - 1].with_next) kept++;
    for (size_t i = 0; i < kept; i++) m->names[m->name_changes[i].name].safe_file = m->name_changes[i].file;
    for (size_t i = 0; i < m->name_count; i++) m->names[i].file = m->names[i].safe_file;
    m->name_change_count = 0;
    memset(m->handles, 0, sizeof m->handles);
    m->fault = DISK_FAULT_NONE;
    m->dead = false;
}

struct disk_memory *disk_memory_copy(const struct disk_memory *m, uint64_t seed) {
    struct disk_memory *other = malloc(sizeof *other);
    CHECK(other);
    *other = *m;
    other->random = hash_mix(seed, 2);
    for (int i = 0; i < FILES_MAX; i++) {
        struct file *f = &other->files[i];
        const struct file *from = &m->files[i];
        f->now = f->safe = (struct content){0};
        f->changes = NULL;
        f->change_count = f->change_capacity = 0;
        if (!f->used) continue;
        copy(&f->now, &from->now);
        copy(&f->safe, &from->safe);
        for (size_t k = 0; k < from->change_count; k++) {
            struct change change = from->changes[k];
            if (!change.resizes) {
                change.bytes = malloc(change.size ? change.size : 1);
                CHECK(change.bytes);
                memcpy(change.bytes, from->changes[k].bytes, change.size);
            }
            note_change(f, change);
        }
    }
    return other;
}

bool disk_memory_flip(struct disk_memory *m, const char *path, uint64_t bit) {
    struct name *n = name_of(m, path);
    if (!n || n->file < 0 || n->directory || bit / 8 >= m->files[n->file].now.size) return false;
    m->files[n->file].now.bytes[bit / 8] ^= (char)(1 << bit % 8);
    return true;
}
