// SPDX-License-Identifier: Apache-2.0
/* Opens a data directory: its lock, its seed, its journal and its cells. */
#include "store/data_dir.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crc32c.h"
#include "base/moment.h"
#include "store/segment.h"

/*
 * meta, four lines, each ending with a newline:
 *     hikeshi-data 1
 *     seed 0123456789abcdef
 *     created 2026-03-01T00:00:00.000Z
 *     crc32c 01234567                      of the lines before
 */
#define META_SIZE_MAX 256
#define SPACE_LOW     (UINT64_C(512) * 1024 * 1024)

enum err data_dir_path(const char *directory, const char *name, char path[DISK_PATH_SIZE_MAX], struct problem *p) {
    if (snprintf(path, DISK_PATH_SIZE_MAX, "%s/%s", directory, name) < DISK_PATH_SIZE_MAX) return ERR_OK;
    return problem_set(p, ERR_TOO_LARGE, directory, "use a shorter path", "the path of the data directory is too long");
}

/* ---- lock ---- */

static enum err in_use(const struct data_dir *dir, struct problem *p) {
    char text[24] = "";
    size_t got = 0;
    if (dir->disk.ops->read(dir->disk.self, dir->lock, 0, text, sizeof text - 1, &got, NULL) != ERR_OK) got = 0;
    struct str number = str_trim((struct str){text, got});
    return problem_set(p, ERR_BUSY, dir->path, "stop that process first, or name another data directory",
                       "the data directory is in use by process %.*s", STR_ARGS(number));
}

static enum err take_lock(struct data_dir *dir, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX], text[24];
    struct disk d = dir->disk;
    enum err err = data_dir_path(dir->path, "lock", path, p);
    if (err) return err;
    err = d.ops->open(d.self, path, DISK_WRITE, &dir->lock, p);
    if (err == ERR_NOT_FOUND) err = d.ops->open(d.self, path, DISK_CREATE_NEW, &dir->lock, p);
    if (err == ERR_CONFLICT) err = d.ops->open(d.self, path, DISK_WRITE, &dir->lock, p); /* another process was quicker */
    if (err) return err;
    err = d.ops->lock(d.self, dir->lock, p);
    if (err == ERR_BUSY) err = in_use(dir, p);
    int size = snprintf(text, sizeof text, "%lld\n", (long long)getpid());
    if (!err) err = d.ops->truncate(d.self, dir->lock, 0, p);
    if (!err) err = d.ops->write(d.self, dir->lock, 0, text, (size_t)size, p);
    if (err) d.ops->close(d.self, dir->lock);
    return err;
}

/* ---- meta ---- */

static void write_meta_text(struct buf *b, uint64_t seed, int64_t created_ms) {
    buf_fmt(b, "hikeshi-data 1\nseed %016llx\ncreated ", (unsigned long long)seed);
    moment_format(b, created_ms);
    buf_char(b, '\n');
    buf_fmt(b, "crc32c %08x\n", crc32c(0, b->at, b->size));
}

/* The rest of a line that begins with `word` and a blank, or STR_NONE. */
static struct str value_of(struct str *text, struct str word) {
    struct str line = str_cut(*text, '\n', text);
    return str_starts(line, word) && line.size > word.size ? str_slice(line, word.size, line.size) : STR_NONE;
}

static bool parse_meta(struct str text, uint64_t *seed, int64_t *created_ms) {
    char again[META_SIZE_MAX];
    struct str rest = text, version = value_of(&rest, STR("hikeshi-data ")), hex = value_of(&rest, STR("seed ")),
               created = value_of(&rest, STR("created "));
    if (!str_equal(version, STR("1")) || hex.size != 16 || !moment_parse(created, created_ms)) return false;
    char digits[17] = "", *end;
    memcpy(digits, hex.at, 16);
    *seed = strtoull(digits, &end, 16);
    struct buf b = buf_over(again, sizeof again);
    write_meta_text(&b, *seed, *created_ms);
    return !b.overflow && str_equal(buf_str(&b), text); /* checksum and all: one seed has one text */
}

enum err data_dir_read_meta(struct disk d, const char *directory, uint64_t *seed, int64_t *created_ms, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX], text[META_SIZE_MAX];
    struct disk_file f;
    size_t got;
    enum err err = data_dir_path(directory, "meta", path, p);
    if (!err) err = d.ops->open(d.self, path, DISK_READ, &f, p);
    if (err) return err;
    err = d.ops->read(d.self, f, 0, text, sizeof text, &got, p);
    d.ops->close(d.self, f);
    if (err || parse_meta((struct str){text, got}, seed, created_ms)) return err;
    bool newer = str_starts((struct str){text, got}, STR("hikeshi-data ")) && !str_starts((struct str){text, got}, STR("hikeshi-data 1\n"));
    if (newer) return problem_set(p, ERR_UNSUPPORTED, path, "use the release that wrote it", "the data directory is of a later format");
    return problem_set(p, ERR_CORRUPT, path, "restore this file from a backup: without its seed the journal cannot be read",
                       "the meta file is damaged");
}

static enum err write_meta(struct data_dir *dir, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX], unnamed[DISK_PATH_SIZE_MAX], text[META_SIZE_MAX];
    struct disk d = dir->disk;
    struct disk_file f;
    struct buf b = buf_over(text, sizeof text);
    write_meta_text(&b, dir->seed, dir->created_ms);
    enum err err = data_dir_path(dir->path, "meta", path, p);
    if (!err) err = data_dir_path(dir->path, "meta.new", unnamed, p);
    if (!err) err = d.ops->open(d.self, unnamed, DISK_CREATE, &f, p);
    if (err) return err;
    err = d.ops->write(d.self, f, 0, b.at, b.size, p);
    if (!err) err = d.ops->sync(d.self, f, p);
    d.ops->close(d.self, f);
    if (!err) err = d.ops->rename(d.self, unnamed, path, p);
    return err ? err : d.ops->sync_directory(d.self, dir->path, p);
}

/* ---- making a new one ---- */

static enum err make_directory(struct disk d, const char *path, struct problem *p) {
    struct problem why;
    enum err err = d.ops->make_directory(d.self, path, &why);
    if (err == ERR_CONFLICT) return ERR_OK; /* it is there */
    return err ? problem_set(p, err, why.where, why.fix, "%s", why.what) : ERR_OK;
}

static enum err make_within(struct data_dir *dir, const char *name, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    enum err err = data_dir_path(dir->path, name, path, p);
    return err ? err : make_directory(dir->disk, path, p);
}

/* The directory that holds `path`; a failure to sync it is none where it cannot be read. */
static void sync_parent(struct disk d, const char *path) {
    char parent[DISK_PATH_SIZE_MAX];
    struct str s = str_from(path);
    while (s.size > 1 && s.at[s.size - 1] == '/') s.size--;
    while (s.size > 0 && s.at[s.size - 1] != '/') s.size--;
    if (s.size == 0) s = STR(".");
    (void)snprintf(parent, sizeof parent, "%.*s", STR_ARGS(s));
    (void)(d.ops->sync_directory(d.self, parent, NULL) == ERR_OK);
}

static enum err journal_is_empty(struct data_dir *dir, bool *empty, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    struct segment_list l = {0};
    enum err err = data_dir_path(dir->path, "journal", path, p);
    if (!err) err = segment_list_read(&l, dir->disk, path, p);
    *empty = l.count == 0;
    segment_list_release(&l);
    return err;
}

/* The meta file is written last: with it, the directory is one. */
static enum err make_new(struct data_dir *dir, const struct data_dir_options *o, struct problem *p) {
    bool empty;
    enum err err = make_within(dir, "journal", p);
    if (!err) err = make_within(dir, "snapshots", p);
    if (!err) err = journal_is_empty(dir, &empty, p);
    if (err) return err;
    if (!empty)
        return problem_set(p, ERR_CORRUPT, dir->path, "restore the meta file from a backup: without its seed the journal cannot be read",
                           "there is a journal, and no meta file");
    dir->seed = o->fresh_seed;
    dir->created_ms = o->now_ms;
    sync_parent(dir->disk, dir->path);
    return write_meta(dir, p);
}

static enum err read_or_make(struct data_dir *dir, const struct data_dir_options *o, struct problem *p) {
    enum err err = data_dir_read_meta(dir->disk, dir->path, &dir->seed, &dir->created_ms, p);
    return err == ERR_NOT_FOUND && o->create ? make_new(dir, o, p) : err;
}

/* Before anything is written into a directory that is somebody else's. */
static enum err must_be_ours(struct disk d, const char *path, struct problem *p) {
    uint64_t seed;
    int64_t created_ms;
    enum err err = data_dir_read_meta(d, path, &seed, &created_ms, p);
    if (err != ERR_NOT_FOUND) return err;
    return problem_set(p, err, path, "make one with `hikeshi init`, or name another", "there is no data directory here");
}

/* ---- opening ---- */

static void say(const struct data_dir_options *o, const char *line) {
    if (o->say) o->say(o->context, line);
}

static void say_cut(const struct data_dir_options *o, const struct journal_report *r) {
    char line[256], name[SEGMENT_NAME_SIZE];
    if (r->cut_size == 0) return;
    segment_name(name, r->cut_segment);
    (void)snprintf(line, sizeof line,
                   "journal: cut %llu bytes that a crash left behind the last whole record, at %s:%llu; none of them was acknowledged",
                   (unsigned long long)r->cut_size, name, (unsigned long long)r->cut_offset);
    say(o, line);
}

static void say_space(struct data_dir *dir, const struct data_dir_options *o) {
    char line[160];
    uint64_t bytes;
    if (dir->disk.ops->free_space(dir->disk.self, dir->path, &bytes, NULL) != ERR_OK || bytes >= SPACE_LOW) return;
    (void)snprintf(line, sizeof line, "only %llu MB of disk are free: when they are used up, Hikeshi stops",
                   (unsigned long long)(bytes >> 20));
    say(o, line);
}

static enum err open_journal(struct data_dir *dir, const struct data_dir_options *o, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    struct journal_options options = {.seed = dir->seed, .relaxed = o->relaxed, .segment_size = o->segment_size};
    enum err err = data_dir_path(dir->path, "journal", path, p);
    if (!err) err = journal_files_open(dir->disk, path, &options, &dir->journal_files, &dir->report, p);
    if (err) return err;
    say_cut(o, &dir->report);
    dir->journal = journal_files_port(dir->journal_files);
    return ERR_OK;
}

static enum err open_cells(struct data_dir *dir, const struct data_dir_options *o, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    dir->who = (struct snapshot_identity){.seed = dir->seed, .layout = o->layout};
    uint64_t reach = UINT64_MAX;
    enum err err = data_dir_path(dir->path, "snapshots", path, p);
    if (!err) err = make_directory(dir->disk, path, p); /* images are a shortcut: whoever removed them may */
    if (!err && o->reach) err = o->reach(o->reach_context, &reach, p);
    if (!err)
        err = snapshot_open(dir->disk, path, &dir->who, dir->journal, reach, &o->bounds, &dir->cells_memory, &dir->cells_position, o->say,
                            o->context, p);
    if (err) return err;
    dir->cells = cells_memory_cells(dir->cells_memory);
    dir->seen = cells_memory_seen(dir->cells_memory);
    return ERR_OK;
}

static void give_back(struct data_dir *dir) {
    if (dir->cells_memory) cells_memory_close(dir->cells_memory);
    dir->cells_memory = NULL;
    dir->disk.ops->close(dir->disk.self, dir->lock);
}

static enum err open_locked(struct data_dir *dir, const struct data_dir_options *o, struct problem *p) {
    enum err err = read_or_make(dir, o, p);
    if (!err) err = open_journal(dir, o, p);
    if (err) return err;
    err = open_cells(dir, o, p);
    if (err) (void)(journal_files_close(dir->journal_files, NULL) == ERR_OK); /* the error at hand is the one to tell */
    else say_space(dir, o);
    return err;
}

enum err data_dir_open(struct disk d, const char *path, const struct data_dir_options *o, struct data_dir *out, struct problem *p) {
    *out = (struct data_dir){.disk = d};
    char deepest[DISK_PATH_SIZE_MAX];
    enum err err = data_dir_path(path, "journal/00000000000000000001.journal", deepest, p); /* then all the others fit, too */
    if (!err) err = o->create ? make_directory(d, path, p) : must_be_ours(d, path, p);
    if (err) return err;
    memcpy(out->path, path, strlen(path) + 1);
    err = take_lock(out, p);
    if (err) return err;
    err = open_locked(out, o, p);
    if (err) give_back(out);
    return err;
}

enum err data_dir_close(struct data_dir *dir, struct problem *p) {
    bool done;
    enum err snapshot = data_dir_snapshot_poll(dir, true, &done, p);
    enum err err = journal_files_close(dir->journal_files, p);
    give_back(dir);
    return err ? err : snapshot;
}

/* ---- snapshots ---- */

enum err data_dir_snapshot_begin(struct data_dir *dir, uint64_t position, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    uint32_t check;
    enum err err = data_dir_path(dir->path, "snapshots", path, p);
    if (!err) err = snapshot_record_check(dir->journal, position, &check, p);
    return err ? err : snapshot_begin(dir->disk, path, &dir->who, position, check, dir->cells_memory, &dir->child, p);
}

enum err data_dir_snapshot_poll(struct data_dir *dir, bool wait, bool *done, struct problem *p) {
    return snapshot_poll(&dir->child, wait, done, p);
}

enum err data_dir_snapshot(struct data_dir *dir, uint64_t position, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    uint32_t check;
    bool done;
    enum err err = data_dir_snapshot_poll(dir, true, &done, p); /* its outcome does not matter: this image is newer */
    err = data_dir_path(dir->path, "snapshots", path, p);
    if (!err) err = snapshot_record_check(dir->journal, position, &check, p);
    return err ? err : snapshot_write(dir->disk, path, &dir->who, position, check, dir->cells_memory, p);
}
