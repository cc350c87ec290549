// SPDX-License-Identifier: Apache-2.0
/* Reads and writes one file of the journal. */
#include "store/segment.h"

#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "base/hash.h"

#define SEGMENT_VERSION 1

struct head {
    char magic[8];
    uint32_t version, crc; /* of the other bytes */
    uint64_t first, id;
    char zeros[32];
};
_Static_assert(sizeof(struct head) == SEGMENT_HEAD_SIZE, "stored layout");

struct tail {
    uint64_t last, records_end;
    uint32_t count, crc; /* crc of the index entries and the other bytes of the tail */
    char magic[8];
};
_Static_assert(sizeof(struct tail) == SEGMENT_TAIL_SIZE, "stored layout");

static const char head_magic[8] = "HIKEJRNL", tail_magic[8] = "HIKEJEND";

/* ---- index ---- */

void segment_index_note(struct segment_index *x, uint32_t nth, uint32_t offset) {
    if (x->count > 0 && offset - x->at[x->count - 1].offset < SEGMENT_INDEX_STRIDE) return;
    if (x->count == SEGMENT_INDEX_COUNT) return; /* a file that we did not write; from here on it is walked */
    x->at[x->count++] = (struct segment_entry){nth, offset};
}

struct segment_entry segment_entry_find(const struct segment_entry *entries, uint32_t count, uint32_t nth) {
    uint32_t from = 0, to = count; /* at[from].nth <= nth < at[to].nth */
    while (to - from > 1) {
        uint32_t middle = from + (to - from) / 2;
        if (entries[middle].nth <= nth) from = middle;
        else to = middle;
    }
    return entries[from];
}

/* ---- list ---- */

bool segment_list_add(struct segment_list *l, uint64_t first) {
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : 64;
        uint64_t *bigger = realloc(l->firsts, capacity * sizeof *bigger);
        if (!bigger) return false;
        l->firsts = bigger;
        l->capacity = capacity;
    }
    l->firsts[l->count++] = first;
    return true;
}

struct listing {
    struct segment_list *list;
    bool full;
};

static void list_name(void *context, const char *name) {
    struct listing *l = context;
    uint64_t first;
    if (segment_name_parse(name, &first) && !segment_list_add(l->list, first)) l->full = true;
}

static int compare_positions(const void *a, const void *b) {
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

enum err segment_list_read(struct segment_list *l, struct disk d, const char *directory, struct problem *p) {
    struct listing listing = {.list = l};
    enum err err = d.ops->list(d.self, directory, list_name, &listing, p);
    if (err) return err;
    if (listing.full) return problem_set(p, ERR_FULL, directory, "", "no memory for the list of segments");
    if (l->count) qsort(l->firsts, l->count, sizeof *l->firsts, compare_positions);
    return ERR_OK;
}

void segment_list_release(struct segment_list *l) {
    free(l->firsts);
    *l = (struct segment_list){0};
}

size_t segment_list_find(const struct segment_list *l, uint64_t position) {
    size_t from = 0, to = l->count;
    while (to - from > 1) {
        size_t middle = from + (to - from) / 2;
        if (l->firsts[middle] <= position) from = middle;
        else to = middle;
    }
    return from;
}

/* ---- names, head and tail ---- */

struct segment_identity segment_identity(uint64_t seed) {
    uint64_t id = hash_mix(seed, UINT64_C(0x6a6f75726e616c)); /* the seed itself stays in the meta file */
    return (struct segment_identity){.id = id, .key = (uint32_t)id};
}

void segment_name(char name[SEGMENT_NAME_SIZE], uint64_t first) {
    (void)snprintf(name, SEGMENT_NAME_SIZE, "%020llu.journal", (unsigned long long)first);
}

bool segment_name_parse(const char *name, uint64_t *first) {
    struct str s = str_from(name);
    return s.size == SEGMENT_NAME_SIZE - 1 && str_ends(s, STR(".journal")) && str_to_u64(str_slice(s, 0, 20), first) && *first > 0;
}

static uint32_t head_crc(struct head h) {
    h.crc = 0;
    return crc32c(0, &h, sizeof h);
}

enum err segment_write_head(struct disk d, struct disk_file f, struct segment_identity who, uint64_t first, struct problem *p) {
    struct head h = {.version = SEGMENT_VERSION, .first = first, .id = who.id};
    memcpy(h.magic, head_magic, sizeof h.magic);
    h.crc = head_crc(h);
    return d.ops->write(d.self, f, 0, &h, sizeof h, p);
}

enum err segment_check_head(struct disk d, struct disk_file f, struct segment_identity who, uint64_t first, struct problem *p) {
    struct head h;
    size_t got;
    enum err err = d.ops->read(d.self, f, 0, &h, sizeof h, &got, p);
    if (err) return err;
    if (got < sizeof h || memcmp(h.magic, head_magic, sizeof h.magic) != 0 || h.crc != head_crc(h))
        return problem_set(p, ERR_NOT_FOUND, "", "restore this file from a backup", "its head is damaged");
    if (h.version != SEGMENT_VERSION)
        return problem_set(p, ERR_UNSUPPORTED, "", "use the release that wrote it", "journal format %u is not known", h.version);
    if (h.id != who.id)
        return problem_set(p, ERR_CORRUPT, "", "put back the meta file or the journal that belong together",
                           "it belongs to another data directory");
    if (h.first != first) return problem_set(p, ERR_CORRUPT, "", "give it its name back", "its name is not that of its first record");
    return ERR_OK;
}

static uint32_t tail_crc(struct tail t, const struct segment_entry *entries) {
    t.crc = 0;
    return crc32c(crc32c(0, entries, t.count * sizeof *entries), &t, sizeof t);
}

enum err segment_close(struct disk d, struct disk_file f, uint64_t last, uint64_t records_end, const struct segment_index *x,
                       struct problem *p) {
    struct tail t = {.last = last, .records_end = records_end, .count = x->count};
    memcpy(t.magic, tail_magic, sizeof t.magic);
    t.crc = tail_crc(t, x->at);
    uint64_t tail_at = records_end + x->count * sizeof x->at[0];
    enum err err = d.ops->write(d.self, f, records_end, x->at, x->count * sizeof x->at[0], p);
    if (!err) err = d.ops->write(d.self, f, tail_at, &t, sizeof t, p);
    if (!err) err = d.ops->truncate(d.self, f, tail_at + sizeof t, p);
    return err;
}

static bool index_is_sound(const struct segment_index *x, const struct tail *t) {
    for (uint32_t i = 0; i < x->count; i++) {
        if (x->at[i].offset < SEGMENT_HEAD_SIZE || x->at[i].offset >= t->records_end) return false;
        if (i > 0 && (x->at[i].offset <= x->at[i - 1].offset || x->at[i].nth <= x->at[i - 1].nth)) return false;
    }
    return x->count == 0 || x->at[0].nth == 0;
}

enum err segment_read_tail(struct disk d, struct disk_file f, bool *closed, uint64_t *last, uint64_t *records_end, struct segment_index *x,
                           struct problem *p) {
    static _Thread_local struct segment_index unwanted;
    struct segment_index *to = x ? x : &unwanted;
    struct tail t;
    uint64_t size;
    size_t got;
    *closed = false;
    enum err err = d.ops->size(d.self, f, &size, p);
    if (err || size < SEGMENT_HEAD_SIZE + sizeof t) return err;
    err = d.ops->read(d.self, f, size - sizeof t, &t, sizeof t, &got, p);
    if (err || got < sizeof t || memcmp(t.magic, tail_magic, sizeof t.magic) != 0 || t.count > SEGMENT_INDEX_COUNT) return err;
    uint64_t index_size = t.count * sizeof to->at[0];
    if (t.records_end < SEGMENT_HEAD_SIZE || t.records_end + index_size + sizeof t != size) return ERR_OK;
    err = d.ops->read(d.self, f, t.records_end, to->at, index_size, &got, p);
    if (err) return err;
    to->count = t.count;
    if (got < index_size || tail_crc(t, to->at) != t.crc || !index_is_sound(to, &t)) return ERR_OK;
    *closed = true;
    *last = t.last;
    *records_end = t.records_end;
    return ERR_OK;
}

/* ---- reading on ---- */

enum err segment_reader_open(struct segment_reader *r, struct disk d, struct disk_file f, uint32_t key, void *buffer, size_t capacity,
                             struct problem *p) {
    CHECK(capacity >= SEGMENT_BUFFER_SIZE_MIN);
    *r = (struct segment_reader){.disk = d, .file = f, .key = key, .buffer = buffer, .capacity = capacity};
    enum err err = d.ops->size(d.self, f, &r->end, p);
    if (r->end > JOURNAL_SEGMENT_SIZE_MAX) r->end = JOURNAL_SEGMENT_SIZE_MAX; /* nothing is written beyond */
    return err;
}

void segment_reader_stand(struct segment_reader *r, uint64_t next, uint64_t offset) {
    r->next = next;
    r->offset = offset;
    r->from = r->filled = 0;
}

static size_t left(const struct segment_reader *r) {
    return r->filled - r->from;
}

/* At least `wanted` bytes from `offset` on in the buffer, or all there are. */
static bool fill(struct segment_reader *r, size_t wanted, struct problem *p) {
    uint64_t at = r->offset + left(r);
    if (left(r) >= wanted || at >= r->end) return true;
    memmove(r->buffer, r->buffer + r->from, left(r));
    r->filled = left(r);
    r->from = 0;
    size_t size = r->capacity - r->filled, got;
    if (r->piece && r->piece < size) size = r->piece > wanted ? r->piece : wanted;
    if (r->end - at < size) size = (size_t)(r->end - at);
    r->err = r->disk.ops->read(r->disk.self, r->file, at, r->buffer + r->filled, size, &got, p);
    if (r->err) return false;
    r->filled += got;
    if (got < size) r->end = at + got; /* cut meanwhile */
    return true;
}

static void advance(struct segment_reader *r, size_t size) {
    r->from += size;
    r->offset += size;
}

/* The whole of what may be a record into the buffer; its size, or 0 where it cannot be one. */
static size_t fill_record(struct segment_reader *r, struct problem *p) {
    if (!fill(r, RECORD_HEAD_SIZE, p) || left(r) < RECORD_HEAD_SIZE) return 0;
    size_t size = record_size_at(r->buffer + r->from);
    if (size > left(r) && (r->offset + size > r->end || !fill(r, size, p))) return 0;
    return size > left(r) ? 0 : size;
}

enum record_state segment_reader_next(struct segment_reader *r, struct journal_record *out, struct problem *p) {
    size_t size = fill_record(r, p);
    if (r->err) return RECORD_BAD;
    enum record_state state = record_read(r->buffer + r->from, left(r), r->key, out, &size);
    if (state != RECORD_OK) return state;
    if (out->position != r->next) return RECORD_BAD;
    advance(r, size);
    r->next++;
    return RECORD_OK;
}

bool segment_reader_resync(struct segment_reader *r, uint64_t *durable, struct problem *p) {
    for (; fill(r, 8, p) && left(r) >= 8; advance(r, 8)) {
        const char *at = r->buffer + r->from;
        uint64_t word;
        memcpy(&word, at, sizeof word);
        if (word == 0) continue;
        r->written_end = r->offset + 8;
        size_t size = fill_record(r, p);
        if (r->err) return false;
        if (size == 0) continue;
        struct journal_record found;
        at = r->buffer + r->from;
        record_peek(at, &found, &size);
        if (found.position < r->next || found.position - r->next > r->end / RECORD_HEAD_SIZE) continue; /* before the costly checksum */
        if (record_read(at, left(r), r->key, &found, &size) != RECORD_OK) continue;
        r->next = found.position;
        *durable = record_durable(at);
        return true;
    }
    return false;
}

bool segment_reader_find_witness(struct segment_reader *r, uint64_t lost, struct problem *p) {
    uint64_t durable;
    struct journal_record passed;
    while (segment_reader_resync(r, &durable, p)) {
        if (durable >= lost) return true;
        if (segment_reader_next(r, &passed, p) != RECORD_OK) return false;
        r->written_end = r->offset;
    }
    return false;
}
