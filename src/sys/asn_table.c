// SPDX-License-Identifier: Apache-2.0
/* Knows which kind of network an AS number is: from the table that is compiled in, and from an operator's lines. */
#include "sys/asn_table.h"

#include <stdlib.h>

#include "base/sort.h"
#include "event/event.h"

static const struct asn_line built_in[] = {
#define NETWORK(number, kind) {.asn = number, .net = NET_##kind},
#include "sys/asn_table.def"
#undef NETWORK
};

static const struct asn_line *find(const struct asn_line *lines, size_t count, uint32_t asn) {
    size_t low = 0, high = count; /* the first line that is not before it */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lines[middle].asn < asn) low = middle + 1;
        else high = middle;
    }
    return low < count && lines[low].asn == asn ? &lines[low] : NULL;
}

/* false: not a word of `geo.net`, nor "none". */
static bool read_kind(struct str word, uint8_t *net) {
    static const enum net kinds[] = {NET_RESIDENTIAL, NET_MOBILE, NET_HOSTING, NET_VPN, NET_TOR, NET_RELAY};
    *net = NET_NONE;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (str_equal(word, net_word(kinds[i]))) *net = (uint8_t)kinds[i];
    return *net != NET_NONE || str_equal(word, STR("none"));
}

enum err asn_table_add(struct asn_table *t, struct str line) {
    struct str rest, name = str_cut(line, ' ', &rest);
    struct asn_line read = {0};
    uint64_t number;
    if (!read_kind(str_trim(rest), &read.net)) return ERR_INVALID;
    if (str_equal(name, STR("built-in"))) {
        t->built_in_off |= !read.net;
        return read.net ? ERR_INVALID : ERR_OK;
    }
    if (!str_starts(name, STR("AS")) || !str_to_u64(str_slice(name, 2, name.size), &number) || number > UINT32_MAX) return ERR_INVALID;
    read.asn = (uint32_t)number, read.at = (uint32_t)t->count;
    if (t->count == t->capacity) {
        size_t capacity = t->capacity * 2 + 256;
        struct asn_line *lines = realloc(t->lines, capacity * sizeof *lines);
        if (!lines) return ERR_FULL;
        t->lines = lines, t->capacity = capacity;
    }
    t->lines[t->count++] = read;
    return ERR_OK;
}

static int by_asn(const void *a, const void *b) {
    const struct asn_line *x = a, *y = b;
    if (x->asn != y->asn) return x->asn < y->asn ? -1 : 1;
    return x->at < y->at ? -1 : 1;
}

void asn_table_settle(struct asn_table *t) {
    if (!t->count) return;
    sort_items(t->lines, t->count, sizeof *t->lines, by_asn);
    size_t kept = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (kept && t->lines[kept - 1].asn == t->lines[i].asn) kept--; /* the later line counts */
        t->lines[kept++] = t->lines[i];
    }
    t->count = kept;
}

uint8_t asn_table_find(const struct asn_table *t, uint32_t asn) {
    const struct asn_line *line = find(t->lines, t->count, asn);
    if (!line && !t->built_in_off) line = find(built_in, sizeof built_in / sizeof *built_in, asn);
    return line ? line->net : (uint8_t)NET_NONE;
}

void asn_table_release(struct asn_table *t) {
    free(t->lines);
    *t = (struct asn_table){0};
}
