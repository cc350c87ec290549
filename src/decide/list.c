// SPDX-License-Identifier: Apache-2.0
/* Compiles lists of networks, texts and numbers, and looks things up in them. */
#include "decide/list.h"

#include <string.h>

#include "base/bundle.h"
#include "base/check.h"
#include "base/sort.h"

/* A 128-bit address; IPv4 lies in ::ffff:0:0/96 (RFC 4291 section 2.5.5.2), so that one array holds both. */
struct wide {
    uint64_t high, low;
};

struct range { /* both ends belong to it */
    struct wide first, last;
};

/* Ranges are ascending and disjoint, texts and numbers ascending. */
struct list {
    struct str name;
    enum list_type type;
    size_t count;
    union {
        struct range *ranges;
        struct str *texts;
        int64_t *numbers;
    };
};

static uint64_t big_endian(const uint8_t *bytes) {
    uint64_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 8 | bytes[i];
    return value;
}

static struct wide wide_of(const struct address *a) {
    if (a->family == ADDRESS_V4) return (struct wide){0, UINT64_C(0xFFFF00000000) | big_endian(a->bytes) >> 32};
    return (struct wide){big_endian(a->bytes), big_endian(a->bytes + 8)};
}

static int compare_wide(struct wide a, struct wide b) {
    if (a.high != b.high) return a.high < b.high ? -1 : 1;
    return a.low < b.low ? -1 : a.low > b.low;
}

static int compare_ranges(const void *a, const void *b) {
    return compare_wide(((const struct range *)a)->first, ((const struct range *)b)->first);
}

static int compare_texts(const void *left, const void *right) {
    struct str a = *(const struct str *)left, b = *(const struct str *)right;
    size_t size = a.size < b.size ? a.size : b.size;
    int order = size ? memcmp(a.at, b.at, size) : 0;
    return order ? order : a.size < b.size ? -1 : a.size > b.size;
}

static int compare_numbers(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

/* The next entry: a line without comment and blanks that is not empty. *at moves behind its line. */
static bool next_entry(struct str text, size_t *at, struct str *entry, size_t *entry_at) {
    while (*at < text.size) {
        size_t from = *at, end = str_find_char(text, '\n', from);
        *at = end + 1;
        struct str line = str_slice(text, from, end);
        *entry = str_trim(str_slice(line, 0, str_find_char(line, '#', 0)));
        if (entry->size == 0) continue;
        *entry_at = (size_t)(entry->at - text.at);
        return true;
    }
    return false;
}

static enum err count_entries(struct lists *l, const struct source *s, size_t *count, struct problem *p) {
    struct str entry;
    size_t at = 0, entry_at = 0;
    for (*count = 0; next_entry(s->text, &at, &entry, &entry_at); ++*count)
        if (!str_is_utf8(entry)) return source_problem(p, ERR_INVALID, s, entry_at, "save the file as UTF-8", "entry is not UTF-8");
    if (*count > POLICY_ENTRIES_MAX - l->entry_count)
        return source_problem(p, ERR_TOO_LARGE, s, s->text.size, "shorten a list; networks that touch can be written as one",
                              "the lists of this policy hold more than %u entries", POLICY_ENTRIES_MAX);
    l->entry_count += *count;
    return ERR_OK;
}

/* The range of "10.0.0.0/8" or "2001:db8::1". NULL, or what is wrong with it. */
static const char *read_network(struct str entry, struct range *out) {
    struct str bits_text, text = str_cut(entry, '/', &bits_text);
    struct address a;
    if (!address_parse(text, &a)) return "this is neither an address nor a network like 192.0.2.0/24";
    uint64_t bits_max = a.family == ADDRESS_V4 ? 32 : 128, bits = bits_max;
    bool has_bits = text.size < entry.size;
    if (has_bits && (!str_to_u64(bits_text, &bits) || bits > bits_max)) return "the prefix length is out of range";
    struct address network = address_prefix(&a, (unsigned)bits);
    if (!address_equal(&network, &a)) return "the address has bits beyond its prefix length";
    out->first = out->last = wide_of(&a);
    uint64_t free_bits = bits_max - bits;
    if (free_bits >= 64) out->last.low = UINT64_MAX;
    else out->last.low |= (UINT64_C(1) << free_bits) - 1;
    if (free_bits == 128) out->last.high = UINT64_MAX;
    else if (free_bits > 64) out->last.high |= (UINT64_C(1) << (free_bits - 64)) - 1;
    return NULL;
}

static const char *read_entry(struct list *l, struct str entry) {
    switch (l->type) {
    case LIST_NETWORKS: return read_network(entry, &l->ranges[l->count++]);
    case LIST_TEXTS: l->texts[l->count++] = entry; return NULL;
    case LIST_NUMBERS: return str_to_i64(entry, &l->numbers[l->count++]) ? NULL : "this is no whole number";
    }
    return NULL;
}

static size_t entry_size(enum list_type type) {
    switch (type) {
    case LIST_NETWORKS: return sizeof(struct range);
    case LIST_TEXTS: return sizeof(struct str);
    case LIST_NUMBERS: return sizeof(int64_t);
    }
    return 0;
}

/* Joins ranges that overlap: in sorted order each either lies within the last one kept, lengthens it, or begins after it. */
static void merge_ranges(struct list *l) {
    size_t kept = 0;
    for (size_t i = 0; i < l->count; i++) {
        struct range *last = kept ? &l->ranges[kept - 1] : NULL;
        if (!last || compare_wide(l->ranges[i].first, last->last) > 0) l->ranges[kept++] = l->ranges[i];
        else if (compare_wide(l->ranges[i].last, last->last) > 0) last->last = l->ranges[i].last;
    }
    l->count = kept;
}

static void sort_list(struct list *l) {
    switch (l->type) {
    case LIST_NETWORKS:
        sort_items(l->ranges, l->count, sizeof *l->ranges, compare_ranges);
        merge_ranges(l);
        break;
    case LIST_TEXTS: sort_items(l->texts, l->count, sizeof *l->texts, compare_texts); break;
    case LIST_NUMBERS: sort_items(l->numbers, l->count, sizeof *l->numbers, compare_numbers); break;
    }
}

static enum err compile(struct lists *l, const struct source *s, struct list *list, struct problem *p) {
    size_t count, at = 0, entry_at = 0;
    enum err err = count_entries(l, s, &count, p);
    if (err) return err;
    list->ranges = arena_take(l->memory, count * entry_size(list->type));
    if (!list->ranges) return source_problem(p, ERR_FULL, s, 0, "shorten a list", "no memory left for this list");
    for (struct str entry; next_entry(s->text, &at, &entry, &entry_at);) {
        const char *wrong = read_entry(list, entry);
        if (wrong) return source_problem(p, ERR_INVALID, s, entry_at, "write one entry a line, '#' begins a comment", "%s", wrong);
    }
    sort_list(list);
    return ERR_OK;
}

struct str list_name_of(struct str file) {
    if (!str_starts(file, STR("lists/")) || !str_ends(file, STR(".txt"))) return STR_NONE;
    return str_slice(file, STR("lists/").size, file.size - STR(".txt").size);
}

enum err lists_take(struct lists *l, struct str name, enum list_type type, const struct list **out, struct problem *p) {
    for (size_t i = 0; i < l->count; i++) {
        *out = l->list[i];
        if (str_equal(l->list[i]->name, name) && l->list[i]->type == type) return ERR_OK;
    }
    char memory[POLICY_NAME_SIZE_MAX + 16];
    struct buf file = buf_over(memory, sizeof memory);
    buf_fmt(&file, "lists/%.*s.txt", STR_ARGS(name));
    struct source s;
    if (file.overflow || !bundle_find(l->bundle, buf_str(&file), &s)) return ERR_NOT_FOUND;
    if (l->count == POLICY_LISTS_MAX) return source_problem(p, ERR_TOO_LARGE, &s, 0, "join lists", "more than %d lists", POLICY_LISTS_MAX);
    struct list *list = arena_take(l->memory, sizeof *list);
    if (!list) return source_problem(p, ERR_FULL, &s, 0, "shorten a list", "no memory left for this list");
    *list = (struct list){.name = list_name_of(s.name), .type = type};
    enum err err = compile(l, &s, list, p);
    if (err) return err;
    l->list[l->count++] = *out = list;
    return ERR_OK;
}

/* ---- looking up --------------------------------------------------------------------------------------------------------------------- */

/* How many items of a sorted array are not greater than `key`. */
static size_t count_up_to(const void *items, size_t count, size_t size, const void *key, compare_items *compare) {
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare((const char *)items + middle * size, key) <= 0) low = middle + 1;
        else high = middle;
    }
    return low;
}

bool list_has_address(const struct list *l, const struct address *a) {
    CHECK(l->type == LIST_NETWORKS);
    struct range key = {.first = wide_of(a)};
    size_t n = count_up_to(l->ranges, l->count, sizeof *l->ranges, &key, compare_ranges);
    return n > 0 && compare_wide(key.first, l->ranges[n - 1].last) <= 0;
}

bool list_has_text(const struct list *l, struct str text) {
    CHECK(l->type == LIST_TEXTS);
    size_t n = count_up_to(l->texts, l->count, sizeof *l->texts, &text, compare_texts);
    return n > 0 && str_equal(l->texts[n - 1], text);
}

bool list_has_number(const struct list *l, int64_t number) {
    CHECK(l->type == LIST_NUMBERS);
    size_t n = count_up_to(l->numbers, l->count, sizeof *l->numbers, &number, compare_numbers);
    return n > 0 && l->numbers[n - 1] == number;
}

size_t list_size(const struct list *l) {
    return l->count;
}
