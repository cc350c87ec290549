// SPDX-License-Identifier: Apache-2.0
/* Reads a whole journal and lists what is damaged in it, for `hikeshi journal verify`. */
#include "store/journal.h"
#include "store/segment.h"

#define BUFFER_SIZE (2U * 1024 * 1024)

struct verifying {
    struct disk disk;
    const char *directory;
    struct segment_identity who;
    void (*each)(void *context, const struct problem *damage);
    void *context;
    struct journal_summary *sum;
    char *buffer;
};

static void report(struct verifying *v, uint64_t segment, uint64_t offset, const char *fix, const char *what) {
    struct problem damage;
    char name[SEGMENT_NAME_SIZE], where[SEGMENT_NAME_SIZE + 32];
    segment_name(name, segment);
    (void)snprintf(where, sizeof where, "%s:%llu", name, (unsigned long long)offset);
    (void)problem_set(&damage, ERR_CORRUPT, where, fix, "%s", what);
    v->sum->damages++;
    v->each(v->context, &damage);
}

static void report_lost(struct verifying *v, uint64_t segment, uint64_t offset, uint64_t from, uint64_t to) {
    char what[96];
    (void)snprintf(what, sizeof what, "records %llu to %llu are damaged or missing", (unsigned long long)from, (unsigned long long)to);
    report(v, segment, offset, "restore this file from a backup", what);
}

/* A closed segment says how many records it has, so whatever is not there is lost. */
static enum err verify_closed(struct verifying *v, struct segment_reader *r, uint64_t segment, uint64_t last, struct problem *p) {
    struct journal_record record;
    for (;;) {
        while (r->next <= last && segment_reader_next(r, &record, p) == RECORD_OK) v->sum->records++;
        if (r->err || r->next > last) return r->err;
        uint64_t lost = r->next, offset = r->offset, durable;
        bool more = segment_reader_resync(r, &durable, p);
        if (r->err) return r->err;
        report_lost(v, segment, offset, lost, more ? r->next - 1 : last);
        if (!more) return ERR_OK;
    }
}

/* The segment that is being written, or was when the machine stopped: what is lost at its end was not acknowledged. */
static enum err verify_open(struct verifying *v, struct segment_reader *r, uint64_t segment, uint64_t *last, struct problem *p) {
    struct journal_record record;
    for (;;) {
        while (segment_reader_next(r, &record, p) == RECORD_OK) v->sum->records++;
        if (r->err) return r->err;
        uint64_t lost = r->next, offset = r->offset;
        bool witness = segment_reader_find_witness(r, lost, p);
        if (r->err) return r->err;
        if (!witness) {
            *last = lost - 1;
            v->sum->torn_bytes += r->written_end ? r->written_end - offset : 0;
            return ERR_OK;
        }
        report_lost(v, segment, offset, lost, r->next - 1);
    }
}

/* *last: of the segment, as it says or as it was found. */
static enum err verify_segment(struct verifying *v, struct disk_file f, uint64_t segment, bool newest, uint64_t *last, struct problem *p) {
    struct problem head = {0};
    bool closed;
    uint64_t end, size;
    enum err err = segment_check_head(v->disk, f, v->who, segment, &head);
    if (err == ERR_IO) return problem_set(p, err, head.where, head.fix, "%s", head.what);
    if (err) report(v, segment, 0, head.fix, head.what);
    err = segment_read_tail(v->disk, f, &closed, last, &end, NULL, p);
    if (!err && !closed && !newest) report(v, segment, 0, "restore this file from a backup", "its end is missing or damaged");
    if (!err) err = v->disk.ops->size(v->disk.self, f, &size, p);
    struct segment_reader r;
    if (!err) err = segment_reader_open(&r, v->disk, f, v->who.key, v->buffer, BUFFER_SIZE, p);
    if (err) return err;
    v->sum->bytes += size;
    segment_reader_stand(&r, segment, SEGMENT_HEAD_SIZE);
    return closed ? verify_closed(v, &r, segment, *last, p) : verify_open(v, &r, segment, last, p);
}

static enum err verify_all(struct verifying *v, const struct segment_list *l, struct problem *p) {
    for (size_t i = 0; i < l->count; i++) {
        char path[DISK_PATH_SIZE_MAX], name[SEGMENT_NAME_SIZE];
        uint64_t segment = l->firsts[i], last = segment - 1;
        bool newest = i + 1 == l->count;
        segment_name(name, segment);
        if (snprintf(path, sizeof path, "%s/%s", v->directory, name) >= (int)sizeof path)
            return problem_set(p, ERR_TOO_LARGE, v->directory, "use a shorter path", "the path is too long");
        struct disk_file f;
        enum err err = v->disk.ops->open(v->disk.self, path, DISK_READ, &f, p);
        if (err) return err;
        err = verify_segment(v, f, segment, newest, &last, p);
        v->disk.ops->close(v->disk.self, f);
        if (err) return err;
        if (!newest && last + 1 != l->firsts[i + 1]) report_lost(v, segment, 0, last + 1, l->firsts[i + 1] - 1);
        v->sum->last = last;
    }
    return ERR_OK;
}

enum err journal_verify(struct disk d, const char *directory, uint64_t seed, void (*each)(void *context, const struct problem *damage),
                        void *context, struct journal_summary *sum, struct problem *p) {
    struct verifying v = {.disk = d, .directory = directory, .who = segment_identity(seed), .each = each, .context = context, .sum = sum};
    struct segment_list l = {0};
    *sum = (struct journal_summary){0};
    v.buffer = malloc(BUFFER_SIZE);
    enum err err = v.buffer ? segment_list_read(&l, d, directory, p) : problem_set(p, ERR_FULL, "journal", "", "no memory");
    if (!err) {
        sum->segments = l.count;
        sum->first = l.count ? l.firsts[0] : 1;
        err = verify_all(&v, &l, p);
    }
    segment_list_release(&l);
    free(v.buffer);
    if (err || sum->damages == 0) return err;
    return problem_set(p, ERR_CORRUPT, directory, "restore the files named above from a backup", "the journal is damaged in %llu places",
                       (unsigned long long)sum->damages);
}
