// SPDX-License-Identifier: Apache-2.0
/* Guards ingest/splitter.c: a stream is cut into the same pieces in whatever chunks it arrives. Input: form, chunk size, then the stream.
 */
#include <stdint.h>

#include "base/check.h"
#include "base/hash.h"
#include "ingest/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char held[64];

static uint64_t mix_piece(uint64_t digest, enum split_result r, struct str piece) {
    return hash_mix(digest, (uint64_t)r * 31 + (r == SPLIT_PIECE ? hash_str(piece, 7) : 0));
}

/* A digest of all that happened. */
static uint64_t story_of(enum splitter_form form, struct str stream, size_t chunk) {
    struct splitter s;
    struct problem p;
    struct str piece = STR_NONE;
    enum split_result r = SPLIT_MORE;
    uint64_t digest = 0;
    splitter_init(&s, form, held, sizeof held);
    while (stream.size && r != SPLIT_BROKEN) {
        struct str in = str_slice(stream, 0, chunk);
        stream = str_slice(stream, chunk, stream.size);
        while ((r = splitter_next(&s, &in, &piece, &p)) != SPLIT_MORE && r != SPLIT_BROKEN) {
            CHECK(r != SPLIT_PIECE || (piece.size > 0 && piece.size <= sizeof held));
            digest = mix_piece(digest, r, piece);
        }
        CHECK(in.size == 0 || r == SPLIT_BROKEN);
    }
    for (int i = 0; i < 2; i++) digest = mix_piece(digest, splitter_end(&s, &piece, &p), piece);
    return hash_mix(digest, s.index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2) return 0;
    enum splitter_form form = data[0] & 1 ? SPLIT_ARRAY : SPLIT_NDJSON;
    struct str stream = {(const char *)data + 2, size - 2};
    CHECK(story_of(form, stream, stream.size + 1) == story_of(form, stream, 1 + data[1] % 64));
    return 0;
}
