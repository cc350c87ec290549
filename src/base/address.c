// SPDX-License-Identifier: Apache-2.0
/* Reads, writes and masks IP addresses. */
#include "base/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/check.h"

static bool is_mapped_v4(const uint8_t *bytes) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    return memcmp(bytes, mapped, sizeof mapped) == 0;
}

bool address_parse(struct str s, struct address *out) {
    char text[INET6_ADDRSTRLEN];
    if (s.size == 0 || s.size >= sizeof text || memchr(s.at, 0, s.size)) return false;
    memcpy(text, s.at, s.size);
    text[s.size] = 0;
    struct address a = {.family = ADDRESS_V4};
    if (inet_pton(AF_INET, text, a.bytes) == 1) {
        *out = a;
        return true;
    }
    uint8_t v6[16];
    if (inet_pton(AF_INET6, text, v6) != 1) return false;
    if (is_mapped_v4(v6)) memcpy(a.bytes, v6 + 12, 4);
    else a.family = ADDRESS_V6, memcpy(a.bytes, v6, sizeof v6);
    *out = a;
    return true;
}

void address_format(struct buf *b, const struct address *a) {
    char text[INET6_ADDRSTRLEN];
    if (a->family == ADDRESS_NONE) return;
    const char *written = inet_ntop(a->family == ADDRESS_V4 ? AF_INET : AF_INET6, a->bytes, text, sizeof text);
    CHECK(written); /* the buffer fits any address */
    buf_text(b, str_from(text));
}

bool address_equal(const struct address *a, const struct address *b) {
    return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

unsigned address_size(const struct address *a) {
    switch (a->family) {
    case ADDRESS_NONE: return 0;
    case ADDRESS_V4: return 4;
    case ADDRESS_V6: return 16;
    }
    return 0;
}

struct address address_prefix(const struct address *a, unsigned bits) {
    struct address out = *a;
    unsigned size = address_size(a);
    CHECK(bits <= size * 8);
    for (unsigned i = 0; i < size; i++) {
        unsigned keep = bits >= (i + 1) * 8 ? 8 : bits > i * 8 ? bits - i * 8 : 0;
        out.bytes[i] = (uint8_t)(out.bytes[i] & (0xFF00U >> keep));
    }
    return out;
}
