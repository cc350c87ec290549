// SPDX-License-Identifier: Apache-2.0
/* Writes and reads one journal record. */
#include "store/record.h"

#include <string.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/crc32c.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored integers are little-endian");

struct head {
    uint32_t size, crc;
    uint64_t position, previous;
    int64_t received_ms;
    uint32_t event_size, undurable;
};
_Static_assert(sizeof(struct head) == RECORD_HEAD_SIZE, "stored layout");

static size_t padded(size_t size) {
    return (size + 7) & ~(size_t)7;
}

size_t record_size(const struct journal_record *r) {
    if (r->event.size > JOURNAL_RECORD_SIZE_MAX || r->decision.size > JOURNAL_RECORD_SIZE_MAX) return 0;
    size_t size = RECORD_HEAD_SIZE + r->event.size + r->decision.size;
    return size > JOURNAL_RECORD_SIZE_MAX ? 0 : padded(size);
}

void record_write(void *at, const struct journal_record *r) {
    struct head h = {.size = (uint32_t)(RECORD_HEAD_SIZE + r->event.size + r->decision.size),
                     .position = r->position,
                     .previous = r->previous,
                     .received_ms = r->received_ms,
                     .event_size = (uint32_t)r->event.size};
    char *to = at;
    memcpy(to, &h, sizeof h);
    if (r->event.size) memcpy(to + sizeof h, r->event.at, r->event.size);
    if (r->decision.size) memcpy(to + sizeof h + r->event.size, r->decision.at, r->decision.size);
    memset(to + h.size, 0, padded(h.size) - h.size);
}

static uint32_t checksum(const char *at, uint32_t key) {
    uint32_t size;
    memcpy(&size, at, sizeof size);
    return crc32c(crc32c(key, at, 4), at + 8, padded(size) - 8);
}

void record_seal(void *at, uint32_t key, uint64_t durable) {
    uint64_t position;
    memcpy(&position, (char *)at + offsetof(struct head, position), sizeof position);
    CHECK(durable < position);
    uint32_t undurable = position - durable > UINT32_MAX ? UINT32_MAX : (uint32_t)(position - durable);
    memcpy((char *)at + offsetof(struct head, undurable), &undurable, sizeof undurable);
    uint32_t crc = checksum(at, key);
    memcpy((char *)at + offsetof(struct head, crc), &crc, sizeof crc);
}

/* Field by field: while a batch is being committed, another thread seals what this one peeks at. */
void record_peek(const void *at, struct journal_record *out, size_t *size) {
    const char *from = at;
    uint32_t total, event_size;
    memcpy(&total, from, sizeof total);
    memcpy(&event_size, from + offsetof(struct head, event_size), sizeof event_size);
    memcpy(&out->position, from + offsetof(struct head, position), sizeof out->position);
    memcpy(&out->previous, from + offsetof(struct head, previous), sizeof out->previous);
    memcpy(&out->received_ms, from + offsetof(struct head, received_ms), sizeof out->received_ms);
    out->event = (struct str){from + RECORD_HEAD_SIZE, event_size};
    out->decision = (struct str){from + RECORD_HEAD_SIZE + event_size, total - RECORD_HEAD_SIZE - event_size};
    *size = padded(total);
}

size_t record_size_at(const void *at) {
    uint32_t size, event_size;
    memcpy(&size, at, sizeof size);
    memcpy(&event_size, (const char *)at + offsetof(struct head, event_size), sizeof event_size);
    if (size < RECORD_HEAD_SIZE || size > JOURNAL_RECORD_SIZE_MAX || event_size > size - RECORD_HEAD_SIZE) return 0;
    return padded(size);
}

enum record_state record_read(const void *at, size_t available, uint32_t key, struct journal_record *out, size_t *size) {
    uint32_t total, crc;
    if (available < sizeof total) return RECORD_END;
    memcpy(&total, at, sizeof total);
    if (total == 0) return RECORD_END;
    if (available < RECORD_HEAD_SIZE) return RECORD_BAD;
    size_t needed = record_size_at(at);
    if (needed == 0 || needed > available) return RECORD_BAD;
    memcpy(&crc, (const char *)at + offsetof(struct head, crc), sizeof crc);
    if (checksum(at, key) != crc) return RECORD_BAD;
    record_peek(at, out, size);
    return RECORD_OK;
}

uint64_t record_durable(const void *at) {
    struct head h;
    memcpy(&h, at, sizeof h);
    return h.undurable < h.position ? h.position - h.undurable : 0;
}

uint32_t record_check(const struct journal_record *r) {
    uint32_t crc = crc32c(0, &r->position, sizeof r->position);
    crc = crc32c(crc, &r->previous, sizeof r->previous);
    crc = crc32c(crc, &r->received_ms, sizeof r->received_ms);
    crc = crc32c(crc, r->event.at, r->event.size);
    return crc32c(crc, r->decision.at, r->decision.size);
}
