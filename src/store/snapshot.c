// SPDX-License-Identifier: Apache-2.0
/* Writes images of the cells and opens them by mapping. */
#include "store/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bounds.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "store/record.h"
#include "store/segment.h"

/*
 *   head, padded to 64 KiB | part | zeros to 64 KiB | part | ... | checksums
 *
 * Every part begins on 64 KiB, so that it can be mapped on machines with pages up to that size. Each is cut into blocks of 256 KiB (its
 * last one shorter), whose CRC-32C follow each other in the list of checksums, parts in order. The zeros between are not covered; opening
 * writes them anew where they come to lie behind a part, because cells that come later lie there.
 */
#define IMAGE_VERSION 1
#define BLOCK_SIZE    (256U * 1024)
#define PIECE_SIZE    (4U * 1024 * 1024) /* of one write */
#define IMAGES_KEPT   2
#define NAME_SIZE     (20 + 6 + 1)
#define IMAGES_MAX    64

struct head {
    char magic[8];
    uint32_t version, crc; /* crc of the head but for itself */
    uint32_t cells_layout, layout;
    uint64_t id, position;
    uint32_t check, block_count;
    uint64_t checksums_at;
    uint32_t checksums_crc, reserved;
    struct cells_state state;
    struct {
        uint64_t at, size;
    } parts[PART_COUNT];
};

static const char magic[8] = "HIKEIMAG";

/* ---- names ---- */

static bool path_in(const char *directory, const char *name, char path[DISK_PATH_SIZE_MAX]) {
    return snprintf(path, DISK_PATH_SIZE_MAX, "%s/%s", directory, name) < DISK_PATH_SIZE_MAX;
}

static void name_of(char name[NAME_SIZE], uint64_t position) {
    (void)snprintf(name, NAME_SIZE, "%020llu.image", (unsigned long long)position);
}

static bool name_parse(const char *name, uint64_t *position) {
    struct str s = str_from(name);
    return s.size == NAME_SIZE - 1 && str_ends(s, STR(".image")) && str_to_u64(str_slice(s, 0, 20), position);
}

struct images {
    uint64_t positions[IMAGES_MAX]; /* newest first */
    size_t count;
};

static void list_image(void *context, const char *name) {
    struct images *l = context;
    uint64_t position;
    if (!name_parse(name, &position)) return;
    size_t at = l->count < IMAGES_MAX ? l->count++ : IMAGES_MAX - 1;
    for (; at > 0 && l->positions[at - 1] < position; at--) l->positions[at] = l->positions[at - 1];
    l->positions[at] = position;
}

static enum err remove_image(struct disk d, const char *directory, uint64_t position, struct problem *p) {
    char name[NAME_SIZE], path[DISK_PATH_SIZE_MAX];
    name_of(name, position);
    if (!path_in(directory, name, path)) return ERR_TOO_LARGE;
    enum err err = d.ops->remove(d.self, path, p);
    return err ? err : d.ops->sync_directory(d.self, directory, p);
}

/* ---- writing ---- */

static uint64_t aligned(uint64_t at) {
    return (at + DISK_MAP_ALIGNMENT - 1) / DISK_MAP_ALIGNMENT * DISK_MAP_ALIGNMENT;
}

static uint32_t blocks_of(uint64_t size) {
    return (uint32_t)((size + BLOCK_SIZE - 1) / BLOCK_SIZE);
}

static uint32_t head_crc(struct head h) {
    h.crc = 0;
    return crc32c(0, &h, sizeof h);
}

/* Checksums are gathered here and written when it is full. */
struct sums {
    uint32_t at[BLOCK_SIZE / 4];
    size_t count;
    uint64_t offset; /* in the file */
    uint32_t crc;    /* of all of them */
};

static enum err write_sums(struct disk d, struct disk_file f, struct sums *s, struct problem *p) {
    size_t size = s->count * sizeof s->at[0];
    enum err err = d.ops->write(d.self, f, s->offset, s->at, size, p);
    s->crc = crc32c(s->crc, s->at, size);
    s->offset += size;
    s->count = 0;
    return err;
}

static enum err write_part(struct disk d, struct disk_file f, uint64_t at, const struct cells_region *part, struct sums *sums,
                           struct problem *p) {
    const char *from = part->at;
    enum err err = ERR_OK;
    for (size_t done = 0; !err && done < part->size; done += PIECE_SIZE) {
        size_t piece = part->size - done < PIECE_SIZE ? part->size - done : PIECE_SIZE;
        for (size_t block = 0; !err && block < piece; block += BLOCK_SIZE) {
            if (sums->count == sizeof sums->at / sizeof sums->at[0]) err = write_sums(d, f, sums, p);
            sums->at[sums->count++] = crc32c(0, from + done + block, piece - block < BLOCK_SIZE ? piece - block : BLOCK_SIZE);
        }
        if (!err) err = d.ops->write(d.self, f, at + done, from + done, piece, p);
    }
    return err;
}

static enum err write_image(struct disk d, struct disk_file f, struct head *h, const struct cells_region parts[PART_COUNT],
                            struct problem *p) {
    static struct sums sums; /* 256 KiB are too many for a stack; a process writes one image at a time */
    uint64_t at = DISK_MAP_ALIGNMENT;
    for (unsigned i = 0; i < PART_COUNT; i++) {
        h->parts[i].at = at;
        h->parts[i].size = parts[i].size;
        h->block_count += blocks_of(parts[i].size);
        at = aligned(at + parts[i].size);
    }
    h->checksums_at = at;
    sums.count = 0;
    sums.crc = 0;
    sums.offset = at;
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < PART_COUNT; i++) err = write_part(d, f, h->parts[i].at, &parts[i], &sums, p);
    if (!err) err = write_sums(d, f, &sums, p);
    h->checksums_crc = sums.crc;
    h->crc = head_crc(*h);
    if (!err) err = d.ops->write(d.self, f, 0, h, sizeof *h, p);
    return err ? err : d.ops->sync(d.self, f, p);
}

/* Keeps the newest two; an image that cannot be removed only takes space. */
static void prune(struct disk d, const char *directory) {
    struct images l = {.count = 0};
    if (d.ops->list(d.self, directory, list_image, &l, NULL) != ERR_OK) return;
    for (size_t i = IMAGES_KEPT; i < l.count; i++)
        if (remove_image(d, directory, l.positions[i], NULL) != ERR_OK) return;
}

enum err snapshot_write(struct disk d, const char *directory, const struct snapshot_identity *who, uint64_t position, uint32_t check,
                        const struct cells_memory *m, struct problem *p) {
    char name[NAME_SIZE], path[DISK_PATH_SIZE_MAX], unnamed[DISK_PATH_SIZE_MAX];
    struct cells_region parts[PART_COUNT];
    struct head h = {.version = IMAGE_VERSION,
                     .cells_layout = CELLS_LAYOUT_VERSION,
                     .layout = who->layout,
                     .id = segment_identity(who->seed).id,
                     .position = position,
                     .check = check};
    memcpy(h.magic, magic, sizeof h.magic);
    name_of(name, position);
    if (!path_in(directory, name, path) || !path_in(directory, "new", unnamed))
        return problem_set(p, ERR_TOO_LARGE, directory, "use a shorter path", "the path is too long");
    cells_memory_save(m, &h.state, parts);
    struct disk_file f;
    enum err err = d.ops->open(d.self, unnamed, DISK_CREATE, &f, p);
    if (err) return err;
    err = write_image(d, f, &h, parts, p);
    d.ops->close(d.self, f);
    if (!err) err = d.ops->rename(d.self, unnamed, path, p);
    if (!err) err = d.ops->sync_directory(d.self, directory, p);
    if (!err) prune(d, directory);
    else (void)(d.ops->remove(d.self, unnamed, NULL) == ERR_OK); /* a full disk: give its space back */
    return err;
}

enum err snapshot_record_check(struct journal journal, uint64_t position, uint32_t *check, struct problem *p) {
    *check = 0;
    if (position == 0) return ERR_OK;
    char *memory = malloc(JOURNAL_RECORD_SIZE_MAX + 64);
    if (!memory) return problem_set(p, ERR_FULL, "snapshot", "", "no memory");
    struct arena step = arena_over(memory, JOURNAL_RECORD_SIZE_MAX + 64);
    struct journal_record r;
    enum err err = journal_read(journal, position, &step, &r);
    if (err) (void)problem_set(p, err, "snapshot", "", "the journal has no record %llu", (unsigned long long)position);
    else *check = record_check(&r);
    free(memory);
    return err;
}

/* ---- opening ---- */

/* Why an image is not used. */
static enum err unusable(struct problem *p, enum err err, const char *why) {
    return problem_set(p, err, "", "", "%s", why);
}

/* Parts lie where write_image puts them, and the file is as long as it says. */
static bool places_are_sound(const struct head *h, uint64_t file_size) {
    uint64_t at = DISK_MAP_ALIGNMENT, blocks = 0;
    for (unsigned i = 0; i < PART_COUNT; i++) {
        if (h->parts[i].at != at || h->parts[i].size > file_size) return false;
        blocks += blocks_of(h->parts[i].size);
        at = aligned(at + h->parts[i].size);
    }
    return h->checksums_at == at && h->block_count == blocks && file_size == at + blocks * 4;
}

static enum err read_head(struct disk d, struct disk_file f, const struct snapshot_identity *who, struct head *h, struct problem *p) {
    size_t got;
    uint64_t size;
    enum err err = d.ops->read(d.self, f, 0, h, sizeof *h, &got, p);
    if (!err) err = d.ops->size(d.self, f, &size, p);
    if (err) return err;
    if (got < sizeof *h || memcmp(h->magic, magic, sizeof magic) != 0 || head_crc(*h) != h->crc)
        return unusable(p, ERR_CORRUPT, "its head is damaged");
    if (h->version != IMAGE_VERSION || h->cells_layout != CELLS_LAYOUT_VERSION || h->layout != who->layout)
        return unusable(p, ERR_UNSUPPORTED, "it is of another release's layout");
    if (h->id != segment_identity(who->seed).id) return unusable(p, ERR_CONFLICT, "it belongs to another data directory");
    return places_are_sound(h, size) ? ERR_OK : unusable(p, ERR_CORRUPT, "its length is wrong");
}

/* The list of checksums, or NULL: free() it. */
static uint32_t *read_sums(struct disk d, struct disk_file f, const struct head *h, enum err *err, struct problem *p) {
    size_t size = h->block_count * sizeof(uint32_t), got;
    uint32_t *sums = malloc(size ? size : 1);
    *err = sums ? d.ops->read(d.self, f, h->checksums_at, sums, size, &got, p) : problem_set(p, ERR_FULL, "snapshot", "", "no memory");
    if (!*err && (got < size || crc32c(0, sums, size) != h->checksums_crc)) *err = unusable(p, ERR_CORRUPT, "its checksums are damaged");
    if (!*err) return sums;
    free(sums);
    return NULL;
}

static enum err check_part(struct disk d, struct disk_file f, uint64_t at, uint64_t size, const uint32_t *sums, char *block,
                           struct problem *p) {
    for (uint64_t done = 0; done < size; done += BLOCK_SIZE) {
        size_t wanted = size - done < BLOCK_SIZE ? (size_t)(size - done) : BLOCK_SIZE, got;
        enum err err = d.ops->read(d.self, f, at + done, block, wanted, &got, p);
        if (err) return err;
        if (got == wanted && crc32c(0, block, wanted) == *sums++) continue;
        (void)unusable(p, ERR_CORRUPT, "a block of it is damaged");
        if (p) (void)snprintf(p->where, sizeof p->where, "%llu", (unsigned long long)(at + done));
        return ERR_CORRUPT;
    }
    return ERR_OK;
}

static enum err check_blocks(struct disk d, struct disk_file f, const struct head *h, const uint32_t *sums, struct problem *p) {
    char *block = malloc(BLOCK_SIZE);
    enum err err = block ? ERR_OK : problem_set(p, ERR_FULL, "snapshot", "", "no memory");
    for (unsigned i = 0; !err && i < PART_COUNT; i++) {
        err = check_part(d, f, h->parts[i].at, h->parts[i].size, sums, block, p);
        sums += blocks_of(h->parts[i].size);
    }
    free(block);
    return err;
}

static enum err check_file(struct disk d, struct disk_file f, const struct head *h, bool whole, struct problem *p) {
    enum err err;
    uint32_t *sums = read_sums(d, f, h, &err, p);
    if (!err && whole) err = check_blocks(d, f, h, sums, p);
    free(sums);
    return err;
}

static enum err check_history(struct journal journal, const struct head *h, struct problem *p) {
    uint32_t check;
    if (h->position > journal_last(journal)) return unusable(p, ERR_CONFLICT, "it is ahead of the journal");
    if (h->position && h->position < journal_first(journal)) return ERR_OK; /* the record was archived */
    enum err err = snapshot_record_check(journal, h->position, &check, p);
    if (err) return err;
    return check == h->check ? ERR_OK : unusable(p, ERR_CONFLICT, "the journal tells another history");
}

/* What lies behind a part in its last page becomes cells later: those begin with zeros. */
static void clear_behind(const struct cells_region *part) {
    size_t over = part->size % DISK_MAP_ALIGNMENT;
    long page = sysconf(_SC_PAGESIZE);
    if (over % (size_t)page) memset((char *)part->at + part->size, 0, (size_t)page - over % (size_t)page);
}

static enum err map_parts(struct disk d, struct disk_file f, const struct head *h, struct cells_memory *m, struct problem *p) {
    struct cells_region parts[PART_COUNT];
    enum err err = cells_memory_restore(m, &h->state, parts);
    if (err) return unusable(p, err, err == ERR_FULL ? "it holds more cells than the bounds allow" : "its state contradicts itself");
    for (unsigned i = 0; !err && i < PART_COUNT; i++) {
        if (parts[i].size != h->parts[i].size) return unusable(p, ERR_CORRUPT, "its state contradicts its parts");
        err = d.ops->map(d.self, f, h->parts[i].at, parts[i].size, parts[i].at, p);
        if (!err) clear_behind(&parts[i]);
    }
    return err;
}

struct opening {
    struct disk disk;
    const char *directory;
    const struct snapshot_identity *who;
    struct journal journal;
    const struct cells_bounds *bounds;
    uint64_t reach;
};

static enum err try_image(const struct opening *o, uint64_t position, struct cells_memory **out, struct problem *p) {
    struct disk d = o->disk;
    char name[NAME_SIZE], path[DISK_PATH_SIZE_MAX];
    struct disk_file f;
    struct head h;
    name_of(name, position);
    if (!path_in(o->directory, name, path)) return unusable(p, ERR_TOO_LARGE, "its path is too long");
    enum err err = d.ops->open(d.self, path, DISK_READ, &f, p);
    if (err) return err;
    err = read_head(d, f, o->who, &h, p);
    if (!err && h.position != position) err = unusable(p, ERR_CORRUPT, "its name is not that of its position");
    if (!err) err = check_history(o->journal, &h, p);
    if (!err && position > o->reach)
        err = unusable(p, ERR_CANCELED, "what is kept beside it ends before it, and is made again from the journal");
    if (!err) err = check_file(d, f, &h, h.checksums_at <= SNAPSHOT_CHECK_SIZE_MAX, p);
    if (!err) err = cells_memory_open(o->bounds, out, p);
    if (!err) {
        err = map_parts(d, f, &h, *out, p);
        if (err) cells_memory_close(*out);
    }
    d.ops->close(d.self, f);
    return err;
}

static void say_passed_over(void (*say)(void *context, const char *line), void *context, uint64_t position, const struct problem *p) {
    char line[512], name[NAME_SIZE];
    if (!say) return;
    name_of(name, position);
    (void)snprintf(line, sizeof line, "snapshot '%s' is not used: %s%s%s", name, p->what, p->where[0] ? ", at " : "", p->where);
    say(context, line);
}

enum err snapshot_open(struct disk d, const char *directory, const struct snapshot_identity *who, struct journal journal, uint64_t reach,
                       const struct cells_bounds *bounds, struct cells_memory **out, uint64_t *position,
                       void (*say)(void *context, const char *line), void *context, struct problem *p) {
    struct opening o = {.disk = d, .directory = directory, .who = who, .journal = journal, .bounds = bounds, .reach = reach};
    struct images l = {.count = 0};
    enum err err = d.ops->list(d.self, directory, list_image, &l, p);
    if (err) return err;
    for (size_t i = 0; i < l.count; i++) {
        struct problem why = {0};
        err = try_image(&o, l.positions[i], out, &why);
        *position = l.positions[i];
        if (!err) return ERR_OK;
        say_passed_over(say, context, l.positions[i], &why);
        /* Gone before the journal goes on: it would outlive better images, being the newest by its number. */
        if (err == ERR_CONFLICT && (err = remove_image(d, directory, l.positions[i], p)) != ERR_OK) return err;
    }
    *position = 0;
    return cells_memory_open(bounds, out, p);
}

enum err snapshot_check(struct disk d, const char *directory, const struct snapshot_identity *who, unsigned *count, struct problem *p) {
    struct images l = {.count = 0};
    *count = 0;
    enum err err = d.ops->list(d.self, directory, list_image, &l, p);
    for (size_t i = 0; !err && i < l.count; i++) {
        char name[NAME_SIZE], path[DISK_PATH_SIZE_MAX];
        struct disk_file f;
        struct head h;
        name_of(name, l.positions[i]);
        if (!path_in(directory, name, path)) return unusable(p, ERR_TOO_LARGE, "its path is too long");
        err = d.ops->open(d.self, path, DISK_READ, &f, p);
        if (err) return err;
        err = read_head(d, f, who, &h, p);
        if (!err) err = check_file(d, f, &h, true, p);
        d.ops->close(d.self, f);
        ++*count;
        if (!err || !p) continue;
        char offset[sizeof p->where];
        memcpy(offset, p->where, sizeof offset);
        (void)snprintf(p->where, sizeof p->where, "%s:%.40s", name, offset[0] ? offset : "0");
        (void)snprintf(p->fix, sizeof p->fix, "%s", "remove this file: the next start uses the image before it, or replays the journal");
    }
    return err;
}

/* ---- in a child process ---- */

/* Never returns. The exit status is the enum err. */
__attribute__((noreturn)) static void write_and_exit(pid_t parent, struct disk d, const char *directory,
                                                     const struct snapshot_identity *who, uint64_t position, uint32_t check,
                                                     const struct cells_memory *m) {
    (void)signal(SIGTERM, SIG_DFL);
    (void)signal(SIGINT, SIG_DFL);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* or it would hold memory, and write into a directory that has a new owner */
    if (getppid() != parent) _exit(ERR_CANCELED);
    (void)close_range(3, ~0U, 0); /* the lock of the directory and the sockets are not its own */
    (void)setpriority(PRIO_PROCESS, 0, 5);
    _exit((int)snapshot_write(d, directory, who, position, check, m, NULL));
}

enum err snapshot_begin(struct disk d, const char *directory, const struct snapshot_identity *who, uint64_t position, uint32_t check,
                        const struct cells_memory *m, struct snapshot_child *child, struct problem *p) {
    CHECK(child->pid == 0);
    pid_t parent = getpid(), pid = fork();
    if (pid < 0)
        return problem_set(p, ERR_FULL, "snapshot", "allow more memory (vm.overcommit_memory=1) or processes (ulimit -u)",
                           "cannot fork: error %d", errno);
    if (pid == 0) write_and_exit(parent, d, directory, who, position, check, m);
    *child = (struct snapshot_child){.pid = pid, .position = position};
    return ERR_OK;
}

enum err snapshot_poll(struct snapshot_child *child, bool wait, bool *done, struct problem *p) {
    int status = 0;
    pid_t pid;
    *done = true;
    if (child->pid == 0) return ERR_OK;
    do pid = waitpid(child->pid, &status, wait ? 0 : WNOHANG);
    while (pid < 0 && errno == EINTR);
    if (pid == 0) {
        *done = false;
        return ERR_OK;
    }
    child->pid = 0;
    if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return ERR_OK;
    enum err err = pid > 0 && WIFEXITED(status) ? (enum err)WEXITSTATUS(status) : ERR_IO;
    return problem_set(p, err, "snapshot", "free disk space or memory; until then a start replays more of the journal",
                       "the image of record %llu was not written: %s", (unsigned long long)child->position, err_word(err));
}
