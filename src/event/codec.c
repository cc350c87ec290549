// SPDX-License-Identifier: Apache-2.0
/* Writes and reads the binary form of an event, as journals keep it (docs/formats/event.md). */
#include <string.h>

#include "event/event.h"

/*
 * [tag u8][size varint][bytes], tags strictly ascending, each at most once, so that one event has one form. Numbers and choices are zigzag
 * varints within `bytes`. Nothing is written for what was not sent. Tags 1-7 are the envelope, 10-254 are fields.def's, 255 is `extra`.
 * Only widen a field's bounds: what an old journal holds must stay within them.
 */
enum {
    TAG_SOURCE = 1,
    TAG_ID = 2,
    TAG_TYPE = 3, /* only where it is not the kind's own name */
    TAG_SUBJECT = 4,
    TAG_KIND = 5,
    TAG_TIME = 6,
    TAG_IP = 7,
    TAG_EXTRA = 255
};

/* --- writing ------------------------------------------------------------------------------------------------------------------------ */

static size_t varint_size(uint64_t value) {
    return value ? (size_t)(63 - __builtin_clzll(value)) / 7 + 1 : 1;
}

static void put_varint(struct buf *b, uint64_t value) { /* room was checked */
    char *at = b->at + b->size;
    for (; value >= 0x80; value >>= 7) *at++ = (char)(value | 0x80);
    *at++ = (char)value;
    b->size = (size_t)(at - b->at);
}

static bool has_room(struct buf *b, size_t size) {
    b->overflow |= size > b->capacity - b->size;
    return !b->overflow;
}

static inline void put_bytes(struct buf *b, unsigned tag, const void *bytes, size_t size) {
    if (!has_room(b, 1 + varint_size(size) + size)) return;
    b->at[b->size++] = (char)tag;
    put_varint(b, size);
    memcpy(b->at + b->size, bytes, size);
    b->size += size;
}

static inline void put_text(struct buf *b, unsigned tag, struct str s) {
    if (s.size) put_bytes(b, tag, s.at, s.size);
}

static void put_number(struct buf *b, unsigned tag, int64_t value) {
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    size_t size = varint_size(zigzag);
    if (!has_room(b, 2 + size)) return;
    b->at[b->size++] = (char)tag;
    b->at[b->size++] = (char)size;
    put_varint(b, zigzag);
}

void event_encode(const struct event *e, struct buf *b) {
    put_text(b, TAG_SOURCE, e->source);
    put_text(b, TAG_ID, e->id);
    if (e->kind == KIND_UNKNOWN || !str_equal(e->type, kind_name(e->kind))) put_text(b, TAG_TYPE, e->type);
    put_text(b, TAG_SUBJECT, e->subject);
    if (e->kind != KIND_UNKNOWN) put_number(b, TAG_KIND, e->kind);
    if (e->time_ms) put_number(b, TAG_TIME, e->time_ms);
    if (e->ip.family != ADDRESS_NONE) put_bytes(b, TAG_IP, e->ip.bytes, address_size(&e->ip));
#define TEXT(tag, member, path, size_max, sentence) put_text(b, tag, e->member);
#define NUMBER(tag, member, path, min, max, sentence)                                                                                      \
    if (e->member##_present) put_number(b, tag, e->member);
#define MICRO(tag, member, path, min, max, sentence)                                                                                       \
    if (e->member##_present) put_number(b, tag, e->member##_micro);
#define CHOICE(tag, member, path, set, sentence)                                                                                           \
    if (e->member) put_number(b, tag, e->member);
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
    put_text(b, TAG_EXTRA, e->extra);
}

/* --- reading ------------------------------------------------------------------------------------------------------------------------ */

/* A varint of at most ten bytes at the start of *s, which it shortens; false where it is broken or longer than it need be. */
static inline bool take_varint(struct str *s, uint64_t *out) {
    if (s->size == 0) return false;
    uint64_t value = (unsigned char)s->at[0] & 0x7FU;
    size_t i = 0;
    while ((unsigned char)s->at[i] & 0x80U) {
        if (++i >= s->size || i > 9) return false;
        uint64_t seven = (unsigned char)s->at[i] & 0x7FU;
        if (i == 9 && seven > 1) return false;
        value |= seven << (7 * i);
    }
    if (i > 0 && s->at[i] == 0) return false;
    *s = (struct str){s->at + i + 1, s->size - i - 1};
    *out = value;
    return true;
}

/* The number that fills `bytes`, within [min, max]. */
static inline bool read_number(struct str bytes, int64_t min, int64_t max, int64_t *out) {
    uint64_t zigzag;
    if (!take_varint(&bytes, &zigzag) || bytes.size) return false;
    *out = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    return *out >= min && *out <= max;
}

static inline bool read_text(struct str bytes, size_t size_max, struct str *out) {
    *out = bytes;
    return bytes.size > 0 && bytes.size <= size_max;
}

/* A word that only a newer version knows reads as OTHER; its text is not in `extra` then. */
static inline bool read_choice(struct str bytes, unsigned count, unsigned *out) {
    int64_t value;
    if (!read_number(bytes, 1, 255, &value)) return false;
    *out = (unsigned)value < count ? (unsigned)value : 255;
    return true;
}

static bool read_address(struct str bytes, struct address *out) {
    if (bytes.size != 4 && bytes.size != 16) return false;
    out->family = bytes.size == 4 ? ADDRESS_V4 : ADDRESS_V6;
    memcpy(out->bytes, bytes.at, bytes.size);
    return true;
}

/* A kind that only a newer version knows reads as unknown. */
static bool read_kind(struct str bytes, enum kind *out) {
    int64_t value;
    if (!read_number(bytes, 1, INT32_MAX, &value)) return false;
    *out = value < KIND_COUNT ? (enum kind)value : KIND_UNKNOWN;
    return true;
}

/* outcome_count and its like: one more than the last word. */
#define V(PREFIX, NAME, word)                +1
#define SET(tag, PREFIX, strictness, values) enum { tag##_count = 1 values };
#include "event/choices.def"
#undef SET
#undef V

// clang-format off
#define CASE(tag, read) case tag: return (read);
// clang-format on

/* One element into its member; an unknown tag is skipped. */
static inline bool read_element(unsigned tag, struct str bytes, struct event *e) {
    unsigned choice;
    switch (tag) {
    case TAG_SOURCE: return read_text(bytes, EVENT_SOURCE_SIZE_MAX, &e->source);
    case TAG_ID: return read_text(bytes, EVENT_ID_SIZE_MAX, &e->id);
    case TAG_TYPE: return read_text(bytes, EVENT_TYPE_SIZE_MAX, &e->type);
    case TAG_SUBJECT: return read_text(bytes, EVENT_SUBJECT_SIZE_MAX, &e->subject);
    case TAG_KIND: return read_kind(bytes, &e->kind);
    case TAG_TIME: return read_number(bytes, INT64_MIN, INT64_MAX, &e->time_ms);
    case TAG_IP: return read_address(bytes, &e->ip);
#define TEXT(tag, member, path, size_max, sentence)   CASE(tag, read_text(bytes, size_max, &e->member))
#define NUMBER(tag, member, path, min, max, sentence) CASE(tag, e->member##_present = read_number(bytes, min, max, &e->member))
#define MICRO(tag, member, path, min, max, sentence)  CASE(tag, e->member##_present = read_number(bytes, min, max, &e->member##_micro))
#define CHOICE(tag, member, path, set, sentence)      CASE(tag, read_choice(bytes, set##_count, &choice) && (e->member = (enum set)choice))
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
    case TAG_EXTRA: return read_text(bytes, SIZE_MAX, &e->extra);
    }
    return true;
}

enum err event_decode(struct str bytes, struct event *out) {
    memset(out, 0, sizeof *out);
    unsigned last = 0;
    while (bytes.size) {
        unsigned tag = (unsigned char)bytes.at[0];
        uint64_t size;
        bytes = (struct str){bytes.at + 1, bytes.size - 1};
        if (tag <= last || !take_varint(&bytes, &size) || size > bytes.size) return ERR_CORRUPT;
        if (!read_element(tag, (struct str){bytes.at, size}, out)) return ERR_CORRUPT;
        bytes = (struct str){bytes.at + size, bytes.size - size};
        last = tag;
    }
    if (out->type.size == 0 && out->kind != KIND_UNKNOWN) out->type = kind_name(out->kind);
    return ERR_OK;
}
