// SPDX-License-Identifier: Apache-2.0
/*
 * Guards the HTTP reader (net/http_reader.h) against hostile bytes: no access out of bounds, no step without end, and the same requests
 * however the bytes are cut. The first byte of the input chooses the cut and whether bodies are streamed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "net/http_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static char input[HTTP_INPUT_SIZE];

static void mix_in(uint64_t *digest, struct str s) {
    *digest = hash_mix(*digest, hash_str(s, s.size));
}

/* Takes steps until more bytes are needed; false once refused. */
static bool take_steps(struct http_reader *r, bool streamed, uint64_t *digest) {
    for (;;) {
        switch (http_reader_step(r)) {
        case HTTP_MORE: return true;
        case HTTP_HEAD_READY:
            mix_in(digest, http_reader_path(r));
            mix_in(digest, http_reader_query(r));
            for (unsigned i = 0; i < r->header_count; i++) mix_in(digest, http_reader_header_value(r, i));
            http_reader_take_body(r, HTTP_BODY_SIZE_MAX, streamed);
            break;
        case HTTP_PIECE: break;
        case HTTP_COMPLETE:
            if (!streamed) mix_in(digest, http_reader_body(r));
            http_reader_next(r);
            break;
        case HTTP_REFUSED: *digest = hash_mix(*digest, r->refusal.status); return false;
        }
    }
}

static uint64_t digest_of(const uint8_t *bytes, size_t size, size_t cut, bool streamed) {
    struct http_reader r;
    uint64_t digest = 0;
    http_reader_init(&r, input);
    for (size_t at = 0; at < size;) {
        struct http_room room = http_reader_room(&r);
        if (room.size == 0) abort();
        size_t piece = size - at < room.size ? size - at : room.size;
        if (piece > cut) piece = cut;
        memcpy(room.at, bytes + at, piece);
        http_reader_filled(&r, piece);
        at += piece;
        if (!take_steps(&r, streamed, &digest)) break;
    }
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    size_t cut = 1 + (bytes[0] >> 1);
    bool streamed = bytes[0] & 1;
    if (digest_of(bytes + 1, size - 1, SIZE_MAX, streamed) != digest_of(bytes + 1, size - 1, cut, streamed)) abort();
    return 0;
}
