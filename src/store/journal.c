// SPDX-License-Identifier: Apache-2.0
/* Keeps the journal in segment files: appends in memory, commits in groups, finds and scans records. */
#include "store/journal.h"

#include <stdatomic.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "store/region.h"
#include "store/segment.h"

/*
 * Two batches take turns. The open one is filled by append. seal decides where the batch will lie (it begins a new segment where the
 * present one has no room) and hands it over by setting `sealed`; commit writes it there, syncs, moves `durable` and clears `sealed`. So
 * all that is known of places (segments, indexes) belongs to the appending thread alone, and commit does as it was told. Nothing is locked.
 *
 *   appending thread: batches but for crc and undurable of the sealed one, last, segments, indexes, read handles
 *   committing thread: crc and undurable of the sealed batch, the file being written
 *   between them: sealed (release by seal, acquire by commit, and back), durable, failed
 *
 * A sealed batch keeps its bytes until the next seal, so records are read from it whether it is already on disk or not; whatever is in
 * neither batch was committed before.
 */
#define BATCH_INDEX_COUNT (JOURNAL_BATCH_SIZE_MAX / SEGMENT_INDEX_STRIDE + 1)
#define SCAN_SIZE         (2U * 1024 * 1024)
#define READ_SIZE         (SEGMENT_INDEX_STRIDE + JOURNAL_RECORD_SIZE_MAX + 8)
#define OPEN_SEGMENTS     8

/* Small batches are slow because every sync also writes that a reserved block is now in use (measured: 210 us, and 115 us where zeros were
 * written before). So small ones find zeros written ahead; large ones gain nothing from writing everything twice. */
#define ZERO_AHEAD_SIZE  (256U * 1024)
#define ZERO_AHEAD_BATCH (32U * 1024)

struct batch {
    char *bytes;
    size_t size;
    uint64_t first; /* position */
    uint32_t count;
    uint32_t index_count;
    struct segment_entry index[BATCH_INDEX_COUNT]; /* within the batch */
    /* where it will lie, decided by seal */
    bool rolls; /* begins a new segment */
    uint64_t segment;
    uint64_t offset;
};

/* A segment that is being written, or was until a moment ago. */
struct writing {
    uint64_t first; /* 0 = none */
    uint64_t end;   /* of its records, all sealed batches counted */
    struct segment_index index;
};

/* A segment that was read lately. */
struct reading {
    uint64_t first; /* 0 = empty */
    uint64_t used;  /* when, counted in reads */
    struct disk_file file;
    struct segment_index index; /* count 0 = not read yet: of a segment being written, the index in `writing` is the one */
};

struct journal_files {
    struct disk disk;
    char directory[DISK_PATH_SIZE_MAX];
    struct segment_identity who;
    bool relaxed, read_only;
    uint32_t segment_size, records_end_max;

    struct batch batches[2];
    unsigned open; /* the batch being filled */
    uint64_t first, last;
    struct segment_list segments;
    struct writing writing[2]; /* the present one, and the one before it until the next roll */
    unsigned present;
    struct reading reading[OPEN_SEGMENTS];
    uint64_t reads;
    char *read_buffer, *scan_buffer;

    _Atomic bool sealed, failed;
    _Atomic uint64_t durable;

    struct disk_file out;
    bool out_open;
    uint64_t out_zeroed; /* zeros are written up to here */
    uint64_t out_last, out_end;
    uint64_t synced; /* position; equals durable unless relaxed */
};

/* ---- paths ---- */

static enum err path_of(const struct journal_files *j, uint64_t segment, char path[DISK_PATH_SIZE_MAX], struct problem *p) {
    char name[SEGMENT_NAME_SIZE];
    segment_name(name, segment);
    int size = snprintf(path, DISK_PATH_SIZE_MAX, "%s/%s", j->directory, name);
    return size < DISK_PATH_SIZE_MAX ? ERR_OK : problem_set(p, ERR_TOO_LARGE, j->directory, "use a shorter path", "the path is too long");
}

/* Says in which file something went wrong, and where. */
static enum err blame(struct problem *p, enum err err, uint64_t segment, uint64_t offset) {
    if (!p) return err;
    char name[SEGMENT_NAME_SIZE];
    segment_name(name, segment);
    struct buf b = buf_over(p->where, sizeof p->where - 1);
    buf_fmt(&b, "journal/%s:%llu", name, (unsigned long long)offset);
    p->where[b.size] = 0;
    p->err = err;
    return err;
}

static enum err open_segment(struct journal_files *j, uint64_t segment, enum disk_mode mode, struct disk_file *f, struct problem *p) {
    char path[DISK_PATH_SIZE_MAX];
    enum err err = path_of(j, segment, path, p);
    return err ? err : j->disk.ops->open(j->disk.self, path, mode, f, p);
}

static void close_file(struct journal_files *j, struct disk_file f) {
    j->disk.ops->close(j->disk.self, f);
}

/* ---- appending thread: batches ---- */

static enum err append(void *self, const struct journal_record *r, uint64_t *position) {
    struct journal_files *j = self;
    if (atomic_load_explicit(&j->failed, memory_order_acquire) || j->read_only) return ERR_IO;
    struct batch *b = &j->batches[j->open];
    size_t size = record_size(r);
    if (size == 0) return ERR_TOO_LARGE;
    if (b->size + size > JOURNAL_BATCH_SIZE_MAX || SEGMENT_HEAD_SIZE + b->size + size > j->records_end_max) return ERR_FULL;
    struct journal_record numbered = *r;
    numbered.position = j->last + 1;
    record_write(b->bytes + b->size, &numbered);
    if (b->count == 0) b->first = numbered.position;
    if (b->index_count == 0 || b->size - b->index[b->index_count - 1].offset >= SEGMENT_INDEX_STRIDE)
        b->index[b->index_count++] = (struct segment_entry){b->count, (uint32_t)b->size};
    b->size += size;
    b->count++;
    j->last = *position = numbered.position;
    return ERR_OK;
}

/* Decides where the batch will lie. false: no memory to note it. */
static bool place_batch(struct journal_files *j, struct batch *b) {
    struct writing *w = &j->writing[j->present];
    b->rolls = w->first == 0 || w->end + b->size > j->records_end_max;
    if (b->rolls) {
        if (!segment_list_add(&j->segments, b->first)) return false;
        j->present ^= 1;
        w = &j->writing[j->present];
        w->first = b->first;
        w->end = SEGMENT_HEAD_SIZE;
        w->index.count = 0;
    }
    b->segment = w->first;
    b->offset = w->end;
    for (uint32_t i = 0; i < b->index_count; i++)
        segment_index_note(&w->index, (uint32_t)(b->first - w->first) + b->index[i].nth, (uint32_t)w->end + b->index[i].offset);
    w->end += b->size;
    return true;
}

static bool seal(void *self) {
    struct journal_files *j = self;
    struct batch *b = &j->batches[j->open];
    if (b->count == 0 || atomic_load_explicit(&j->sealed, memory_order_acquire)) return false;
    if (atomic_load_explicit(&j->failed, memory_order_acquire) || !place_batch(j, b)) return false;
    j->open ^= 1;
    struct batch *next = &j->batches[j->open];
    next->size = next->count = next->index_count = 0;
    atomic_store_explicit(&j->sealed, true, memory_order_release);
    return true;
}

/* ---- committing thread ---- */

static enum err fail(struct journal_files *j, enum err err) {
    atomic_store_explicit(&j->failed, true, memory_order_release);
    return err;
}

static enum err sync_out(struct journal_files *j, struct problem *p) {
    enum err err = j->disk.ops->sync(j->disk.self, j->out, p);
    if (!err) j->synced = j->out_last;
    return err;
}

static enum err close_out(struct journal_files *j, const struct writing *w, struct problem *p) {
    if (!j->out_open) return ERR_OK;
    bool empty = j->out_end == SEGMENT_HEAD_SIZE;                     /* stays open: its successor would have its name */
    enum err err = j->synced < j->out_last ? sync_out(j, p) : ERR_OK; /* the tail vouches for the records, so they come first */
    if (!err && !empty) err = segment_close(j->disk, j->out, j->out_last, j->out_end, &w->index, p);
    if (!err && !empty) err = sync_out(j, p);
    close_file(j, j->out);
    j->out_open = false;
    return err;
}

/* A new segment is on disk with its name, its head and its space before a record is written to it. */
static enum err begin_segment(struct journal_files *j, uint64_t first, struct problem *p) {
    enum err err = open_segment(j, first, DISK_CREATE_NEW, &j->out, p);
    if (err) return err;
    j->out_open = true;
    err = j->disk.ops->preallocate(j->disk.self, j->out, j->segment_size, p);
    if (!err) err = segment_write_head(j->disk, j->out, j->who, first, p);
    if (!err) err = sync_out(j, p);
    if (!err) err = j->disk.ops->sync_directory(j->disk.self, j->directory, p);
    j->out_zeroed = SEGMENT_HEAD_SIZE;
    return err;
}

static enum err write_zeros_ahead(struct journal_files *j, const struct batch *b, struct problem *p) {
    static const char zeros[ZERO_AHEAD_SIZE];
    uint64_t end = b->offset + b->size;
    if (j->relaxed || b->size > ZERO_AHEAD_BATCH || end <= j->out_zeroed) return ERR_OK;
    uint64_t size = j->segment_size - end < sizeof zeros ? j->segment_size - end : sizeof zeros;
    enum err err = j->disk.ops->write(j->disk.self, j->out, end, zeros, (size_t)size, p);
    if (!err) j->out_zeroed = end + size;
    return err;
}

static void seal_records(struct journal_files *j, struct batch *b) {
    struct journal_record r;
    for (size_t at = 0, size; at < b->size; at += size) {
        record_seal(b->bytes + at, j->who.key, j->synced);
        record_peek(b->bytes + at, &r, &size);
    }
}

static enum err write_batch(struct journal_files *j, struct batch *b, struct problem *p) {
    enum err err = ERR_OK;
    if (b->rolls) err = close_out(j, &j->writing[j->present ^ 1], p); /* its index changes no more: the next roll needs the next seal */
    if (!err && b->rolls) err = begin_segment(j, b->segment, p);
    if (err) return err;
    seal_records(j, b);
    err = write_zeros_ahead(j, b, p);
    if (!err) err = j->disk.ops->write(j->disk.self, j->out, b->offset, b->bytes, b->size, p);
    if (err) return err;
    j->out_last = b->first + b->count - 1;
    j->out_end = b->offset + b->size;
    return j->relaxed ? ERR_OK : sync_out(j, p);
}

static enum err commit(void *self, struct problem *p) {
    struct journal_files *j = self;
    if (atomic_load_explicit(&j->failed, memory_order_acquire))
        return problem_set(p, ERR_IO, "journal", "start again: what was acknowledged is kept", "an earlier commit failed");
    if (!atomic_load_explicit(&j->sealed, memory_order_acquire)) return ERR_OK;
    struct batch *b = &j->batches[j->open ^ 1];
    enum err err = write_batch(j, b, p);
    if (err) return fail(j, blame(p, err, b->segment, b->offset));
    atomic_store_explicit(&j->durable, j->out_last, memory_order_release);
    atomic_store_explicit(&j->sealed, false, memory_order_release);
    return ERR_OK;
}

enum err journal_files_sync(struct journal_files *j, struct problem *p) {
    if (atomic_load_explicit(&j->failed, memory_order_acquire))
        return problem_set(p, ERR_IO, "journal", "start again: what was acknowledged is kept", "an earlier commit failed");
    if (!j->out_open || j->synced == j->out_last) return ERR_OK;
    enum err err = sync_out(j, p);
    return err ? fail(j, blame(p, err, 0, 0)) : ERR_OK;
}

/* ---- reading one ---- */

static bool in_batch(const struct batch *b, uint64_t position) {
    return b->count > 0 && position >= b->first && position - b->first < b->count;
}

static void read_from_batch(const struct batch *b, uint64_t position, struct journal_record *out) {
    uint32_t nth = (uint32_t)(position - b->first);
    struct segment_entry near = segment_entry_find(b->index, b->index_count, nth);
    size_t at = near.offset, size = 0;
    for (uint32_t i = near.nth; i <= nth; i++, at += size) record_peek(b->bytes + at, out, &size);
}

/* Walks a segment that was never closed and is not being written: what a read-only opening meets. */
static enum err index_by_walking(struct journal_files *j, struct reading *s, struct problem *p) {
    struct segment_reader r;
    struct journal_record record;
    enum err err = segment_reader_open(&r, j->disk, s->file, j->who.key, j->read_buffer, READ_SIZE, p);
    if (err) return err;
    segment_reader_stand(&r, s->first, SEGMENT_HEAD_SIZE);
    s->index.count = 0;
    for (uint64_t at = r.offset; segment_reader_next(&r, &record, p) == RECORD_OK; at = r.offset)
        segment_index_note(&s->index, (uint32_t)(record.position - s->first), (uint32_t)at);
    return r.err;
}

static const struct segment_index *index_of(struct journal_files *j, struct reading *s, enum err *err, struct problem *p) {
    for (unsigned i = 0; i < 2; i++)
        if (j->writing[i].first == s->first) return &j->writing[i].index;
    bool closed = true;
    uint64_t last, end;
    *err = s->index.count ? ERR_OK : segment_read_tail(j->disk, s->file, &closed, &last, &end, &s->index, p);
    if (!*err && !closed) *err = index_by_walking(j, s, p);
    return &s->index;
}

static void forget(struct journal_files *j, struct reading *s) {
    if (s->first) close_file(j, s->file);
    s->first = s->used = 0;
    s->index.count = 0;
}

/* Opens a segment for reading, in the place of the one that was not needed for longest. */
static struct reading *reading_of(struct journal_files *j, uint64_t segment, enum err *err, struct problem *p) {
    struct reading *oldest = &j->reading[0];
    j->reads++;
    for (unsigned i = 0; i < OPEN_SEGMENTS; i++) {
        struct reading *s = &j->reading[i];
        if (s->first == segment) return s->used = j->reads, s;
        if (s->used < oldest->used) oldest = s;
    }
    forget(j, oldest);
    *err = open_segment(j, segment, DISK_READ, &oldest->file, p);
    if (*err) return NULL;
    oldest->first = segment;
    oldest->used = j->reads;
    return oldest;
}

/* A reader that stands at most one stride before `position`. */
static enum err stand_near(struct journal_files *j, uint64_t position, void *buffer, size_t capacity, struct segment_reader *r,
                           struct problem *p) {
    enum err err = ERR_OK;
    uint64_t segment = j->segments.firsts[segment_list_find(&j->segments, position)];
    struct reading *s = reading_of(j, segment, &err, p);
    if (err) return err;
    const struct segment_index *x = index_of(j, s, &err, p);
    if (!err && x->count == 0)
        err = problem_set(p, ERR_CORRUPT, "", "run `hikeshi journal verify`", "no record can be read from this segment");
    if (!err) err = segment_reader_open(r, j->disk, s->file, j->who.key, buffer, capacity, p);
    if (err) return blame(p, err, segment, 0);
    struct segment_entry near = segment_entry_find(x->at, x->count, (uint32_t)(position - segment));
    segment_reader_stand(r, segment + near.nth, near.offset);
    return ERR_OK;
}

static enum err damaged(struct problem *p, const struct segment_reader *r, uint64_t segment) {
    if (r->err) return blame(p, r->err, segment, r->offset);
    (void)problem_set(p, ERR_CORRUPT, "", "restore this file from a backup; `hikeshi journal verify` lists all damage",
                      "record %llu is damaged or missing", (unsigned long long)r->next);
    return blame(p, ERR_CORRUPT, segment, r->offset);
}

static enum err copy_out(const struct journal_record *from, struct arena *step, struct journal_record *out) {
    bool full = false;
    *out = *from;
    out->event = arena_copy(step, from->event, &full);
    out->decision = arena_copy(step, from->decision, &full);
    return full ? ERR_FULL : ERR_OK;
}

static enum err read_record(void *self, uint64_t position, struct arena *step, struct journal_record *out) {
    struct journal_files *j = self;
    struct journal_record found;
    if (position < j->first || position > j->last) return ERR_NOT_FOUND;
    for (unsigned i = 0; i < 2; i++) {
        if (!in_batch(&j->batches[i], position)) continue;
        read_from_batch(&j->batches[i], position, &found);
        return copy_out(&found, step, out);
    }
    struct segment_reader r;
    enum err err = stand_near(j, position, j->read_buffer, READ_SIZE, &r, NULL);
    if (err) return err;
    r.piece = SEGMENT_INDEX_STRIDE + 4096;
    while (r.next <= position)
        if (segment_reader_next(&r, &found, NULL) != RECORD_OK) return r.err ? r.err : ERR_CORRUPT;
    return copy_out(&found, step, out);
}

/* ---- scanning ---- */

/* First position that is held in memory; last + 1 where there is none. */
static uint64_t memory_first(const struct journal_files *j) {
    const struct batch *open = &j->batches[j->open], *sealed = &j->batches[j->open ^ 1];
    return sealed->count ? sealed->first : open->count ? open->first : j->last + 1;
}

static enum err scan_batch(const struct batch *b, uint64_t from, enum err (*each)(void *context, const struct journal_record *r),
                           void *context) {
    struct journal_record r;
    for (size_t at = 0, size; at < b->size; at += size) {
        record_peek(b->bytes + at, &r, &size);
        enum err err = r.position >= from ? each(context, &r) : ERR_OK;
        if (err) return err;
    }
    return ERR_OK;
}

/* With a file of its own: `each` may read other records, and that may close any file that is kept open for reading. */
static enum err scan_segment(struct journal_files *j, uint64_t from, uint64_t end, struct disk_file file, struct segment_reader *r,
                             enum err (*each)(void *context, const struct journal_record *r), void *context, struct problem *p) {
    struct journal_record record;
    r->file = file;
    while (r->next < end) {
        if (segment_reader_next(r, &record, p) != RECORD_OK)
            return damaged(p, r, j->segments.firsts[segment_list_find(&j->segments, from)]);
        enum err err = record.position >= from ? each(context, &record) : ERR_OK;
        if (err) return err;
    }
    return ERR_OK;
}

static enum err scan_disk(struct journal_files *j, uint64_t from, uint64_t to,
                          enum err (*each)(void *context, const struct journal_record *r), void *context, struct problem *p) {
    while (from < to) {
        size_t segment = segment_list_find(&j->segments, from);
        uint64_t end = segment + 1 < j->segments.count && j->segments.firsts[segment + 1] < to ? j->segments.firsts[segment + 1] : to;
        struct segment_reader r;
        struct disk_file file;
        enum err err = stand_near(j, from, j->scan_buffer, SCAN_SIZE, &r, p);
        if (!err) err = open_segment(j, j->segments.firsts[segment], DISK_READ, &file, p);
        if (err) return err;
        err = scan_segment(j, from, end, file, &r, each, context, p);
        close_file(j, file);
        if (err) return err;
        from = end;
    }
    return ERR_OK;
}

static enum err scan(void *self, uint64_t from, enum err (*each)(void *context, const struct journal_record *r), void *context,
                     struct problem *p) {
    struct journal_files *j = self;
    if (from < j->first) from = j->first;
    enum err err = scan_disk(j, from, memory_first(j), each, context, p);
    if (!err) err = scan_batch(&j->batches[j->open ^ 1], from, each, context);
    if (!err) err = scan_batch(&j->batches[j->open], from, each, context);
    return err;
}

static uint64_t durable(void *self) {
    return atomic_load_explicit(&((struct journal_files *)self)->durable, memory_order_acquire);
}

static uint64_t last(void *self) {
    return ((struct journal_files *)self)->last;
}

static uint64_t first(void *self) {
    return ((struct journal_files *)self)->first;
}

struct journal journal_files_port(struct journal_files *j) {
    static const struct journal_ops ops = {.append = append,
                                           .seal = seal,
                                           .commit = commit,
                                           .durable = durable,
                                           .last = last,
                                           .first = first,
                                           .read = read_record,
                                           .scan = scan};
    return (struct journal){.ops = &ops, .self = j};
}

/* ---- opening ---- */

static enum err take_memory(struct journal_files *j, struct problem *p) {
    j->batches[0].bytes = region_reserve(JOURNAL_BATCH_SIZE_MAX);
    j->batches[1].bytes = region_reserve(JOURNAL_BATCH_SIZE_MAX);
    j->read_buffer = region_reserve(READ_SIZE);
    j->scan_buffer = region_reserve(SCAN_SIZE);
    if (j->batches[0].bytes && j->batches[1].bytes && j->read_buffer && j->scan_buffer) return ERR_OK;
    return problem_set(p, ERR_FULL, "journal", "", "no memory for its buffers");
}

static void give_memory_back(struct journal_files *j) {
    for (unsigned i = 0; i < OPEN_SEGMENTS; i++) forget(j, &j->reading[i]);
    region_release(j->batches[0].bytes, JOURNAL_BATCH_SIZE_MAX);
    region_release(j->batches[1].bytes, JOURNAL_BATCH_SIZE_MAX);
    region_release(j->read_buffer, READ_SIZE);
    region_release(j->scan_buffer, SCAN_SIZE);
    if (j->out_open) close_file(j, j->out);
    segment_list_release(&j->segments);
    free(j);
}

/*
 * What stands behind the last intact record of a segment that was not closed: nothing, or what a crash left of a batch that was never
 * acknowledged, or damage: a record further on was written when the one that is lost here was durable already.
 */
static enum err judge_rest(struct segment_reader *r, uint64_t segment, struct journal_report *report, struct problem *p) {
    uint64_t lost = r->next, offset = r->offset;
    if (segment_reader_find_witness(r, lost, p)) {
        (void)problem_set(p, ERR_CORRUPT, "", "restore this file from a backup; `hikeshi journal verify` lists all damage",
                          "record %llu is damaged, and it was acknowledged", (unsigned long long)lost);
        return blame(p, ERR_CORRUPT, segment, offset);
    }
    if (r->err) return blame(p, r->err, segment, r->offset);
    if (r->written_end == 0) return ERR_OK;
    *report = (struct journal_report){.cut_segment = segment, .cut_offset = offset, .cut_size = r->written_end - offset};
    return ERR_OK;
}

/* Cuts what was torn, durably, before anything is written there: a record of the torn batch must not come to life behind a new one. */
static enum err cut(struct journal_files *j, uint64_t segment, uint64_t offset, struct problem *p) {
    enum err err = j->disk.ops->truncate(j->disk.self, j->out, offset, p);
    if (!err) err = j->disk.ops->sync(j->disk.self, j->out, p);
    return err ? blame(p, err, segment, offset) : ERR_OK;
}

/* Goes on writing in the last segment. */
static enum err resume(struct journal_files *j, uint64_t segment, const struct journal_report *report, struct problem *p) {
    enum err err = open_segment(j, segment, DISK_WRITE, &j->out, p);
    if (err) return err;
    j->out_open = true; /* closed again with the rest where something below fails */
    j->out_zeroed = SEGMENT_HEAD_SIZE;
    j->out_last = j->last;
    j->out_end = j->writing[j->present].end;
    if (report->cut_size) err = cut(j, segment, report->cut_offset, p);
    if (!err) err = j->disk.ops->preallocate(j->disk.self, j->out, j->segment_size, p);
    return err;
}

static enum err walk_last(struct journal_files *j, struct disk_file f, uint64_t segment, struct journal_report *report, struct problem *p) {
    struct segment_reader r;
    struct journal_record record;
    struct writing *w = &j->writing[j->present];
    enum err err = segment_reader_open(&r, j->disk, f, j->who.key, j->scan_buffer, SCAN_SIZE, p);
    if (err) return err;
    segment_reader_stand(&r, segment, SEGMENT_HEAD_SIZE);
    w->first = segment;
    for (uint64_t at = r.offset; segment_reader_next(&r, &record, p) == RECORD_OK; at = r.offset)
        segment_index_note(&w->index, (uint32_t)(record.position - segment), (uint32_t)at);
    if (r.err) return blame(p, r.err, segment, r.offset);
    w->end = r.offset;
    j->last = r.next - 1;
    return judge_rest(&r, segment, report, p);
}

/* A segment whose creation was cut short by a crash: no head, and nothing was ever written behind it. */
static enum err is_stillborn(struct journal_files *j, struct disk_file f, uint64_t segment, bool *stillborn, struct problem *p) {
    struct segment_reader r;
    uint64_t durable;
    enum err err = segment_reader_open(&r, j->disk, f, j->who.key, j->scan_buffer, SCAN_SIZE, p);
    if (err) return err;
    segment_reader_stand(&r, segment, SEGMENT_HEAD_SIZE);
    *stillborn = !segment_reader_resync(&r, &durable, p) && r.written_end == 0;
    return r.err;
}

static enum err remove_stillborn(struct journal_files *j, uint64_t segment, struct problem *p) {
    j->segments.count--;
    if (j->read_only) return ERR_OK;
    char path[DISK_PATH_SIZE_MAX];
    enum err err = path_of(j, segment, path, p);
    if (!err) err = j->disk.ops->remove(j->disk.self, path, p);
    if (!err) err = j->disk.ops->sync_directory(j->disk.self, j->directory, p);
    return err;
}

/* The last segment: closed, or written until a crash, or stillborn (*again: look at the one before). */
static enum err read_last(struct journal_files *j, struct disk_file f, uint64_t segment, bool *again, struct journal_report *report,
                          struct problem *p) {
    bool closed;
    uint64_t end;
    enum err err = segment_check_head(j->disk, f, j->who, segment, p);
    if (err == ERR_NOT_FOUND) {
        err = is_stillborn(j, f, segment, again, p);
        if (!err && *again) return remove_stillborn(j, segment, p);
        if (!err) err = segment_check_head(j->disk, f, j->who, segment, p) ? ERR_CORRUPT : ERR_OK;
    }
    if (!err) err = segment_read_tail(j->disk, f, &closed, &j->last, &end, NULL, p);
    if (err) return blame(p, err, segment, 0);
    return closed ? ERR_OK : walk_last(j, f, segment, report, p);
}

static enum err open_last(struct journal_files *j, struct journal_report *report, struct problem *p) {
    for (bool again = true; again && j->segments.count > 0;) {
        uint64_t segment = j->segments.firsts[j->segments.count - 1];
        struct disk_file f;
        again = false;
        enum err err = open_segment(j, segment, DISK_READ, &f, p);
        if (err) return err;
        err = read_last(j, f, segment, &again, report, p);
        close_file(j, f);
        if (err) return err;
    }
    j->first = j->segments.count ? j->segments.firsts[0] : 1;
    return ERR_OK;
}

/* A segment is closed before the next one begins, so the last but one must end right before the last. */
static enum err check_joint(struct journal_files *j, struct problem *p) {
    if (j->segments.count < 2) return ERR_OK;
    uint64_t segment = j->segments.firsts[j->segments.count - 2], next = j->segments.firsts[j->segments.count - 1], its_last = 0, end;
    struct disk_file f;
    bool closed;
    enum err err = open_segment(j, segment, DISK_READ, &f, p);
    if (err) return err;
    err = segment_read_tail(j->disk, f, &closed, &its_last, &end, NULL, p);
    close_file(j, f);
    if (err) return blame(p, err, segment, 0);
    if (closed && its_last + 1 == next) return ERR_OK;
    (void)problem_set(p, ERR_CORRUPT, "", "restore the missing files from a backup; `hikeshi journal verify` lists all damage",
                      "the journal has a gap before record %llu", (unsigned long long)next);
    return blame(p, ERR_CORRUPT, segment, 0);
}

static enum err open_into(struct journal_files *j, struct journal_report *report, struct problem *p) {
    enum err err = take_memory(j, p);
    if (!err) err = segment_list_read(&j->segments, j->disk, j->directory, p);
    if (!err) err = open_last(j, report, p);
    if (!err) err = check_joint(j, p);
    if (err) return err;
    bool goes_on = j->segments.count > 0 && j->writing[j->present].first == j->segments.firsts[j->segments.count - 1];
    if (goes_on && !j->read_only) err = resume(j, j->segments.firsts[j->segments.count - 1], report, p);
    report->segments = j->segments.count;
    report->records = j->last + 1 - j->first;
    atomic_store(&j->durable, j->last);
    j->synced = j->last;
    return err;
}

enum err journal_files_open(struct disk d, const char *directory, const struct journal_options *o, struct journal_files **out,
                            struct journal_report *report, struct problem *p) {
    *report = (struct journal_report){0};
    if (strlen(directory) + 1 + SEGMENT_NAME_SIZE > DISK_PATH_SIZE_MAX)
        return problem_set(p, ERR_TOO_LARGE, directory, "use a shorter path", "the path of the journal is too long");
    struct journal_files *j = calloc(1, sizeof *j);
    if (!j) return problem_set(p, ERR_FULL, "journal", "", "no memory");
    j->disk = d;
    j->who = segment_identity(o->seed);
    j->relaxed = o->relaxed;
    j->segment_size = o->segment_size ? o->segment_size : JOURNAL_SEGMENT_SIZE_MAX;
    j->records_end_max = SEGMENT_RECORDS_END_MAX(j->segment_size);
    j->read_only = o->read_only;
    memcpy(j->directory, directory, strlen(directory) + 1);
    enum err err = open_into(j, report, p);
    if (err) give_memory_back(j);
    else *out = j;
    return err;
}

enum err journal_files_close(struct journal_files *j, struct problem *p) {
    enum err err = ERR_OK;
    bool all_committed = !atomic_load(&j->failed) && !atomic_load(&j->sealed) && j->batches[j->open].count == 0;
    if (all_committed) err = close_out(j, &j->writing[j->present], p); /* else as after a crash: the next opening cuts what is torn */
    give_memory_back(j);
    return err;
}
