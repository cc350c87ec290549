// SPDX-License-Identifier: Apache-2.0
/* Knows the kinds of events by name and number. */
#include "event/event.h"

#include <string.h>

static const struct kind_info {
    struct str name, sentence;
    enum kind_group group;
} kinds[KIND_COUNT] = {
    [KIND_UNKNOWN] = {{"unknown", 7}, {"stored and counted, adds no signal", 34}, GROUP_NONE},
#define KIND(NAME, name, group, sentence) [KIND_##NAME] = {{name, sizeof(name) - 1}, {sentence, sizeof(sentence) - 1}, GROUP_##group},
#include "event/kinds.def"
#undef KIND
};

/* As in catalogue.c: with `size` constant only the names of that size are left, compared as words. */
__attribute__((always_inline)) static inline enum kind match(const char *name, size_t size) {
#define KIND(NAME, literal, group, sentence)                                                                                               \
    if (sizeof(literal) - 1 == size && memcmp(literal, name, size) == 0) return KIND_##NAME;
#include "event/kinds.def"
#undef KIND
    return KIND_UNKNOWN;
}

#define KIND(NAME, name, group, sentence) _Static_assert(sizeof(name) - 1 >= 5 && sizeof(name) - 1 <= 30, "a size that kind_from misses");
#include "event/kinds.def"
#undef KIND

// clang-format off
enum kind kind_from(struct str short_name) {
    switch (short_name.size) {
#define CASE(n) case n: return match(short_name.at, n);
        CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12) CASE(13) CASE(14) CASE(15) CASE(16) CASE(17)
        CASE(18) CASE(19) CASE(20) CASE(21) CASE(22) CASE(23) CASE(24) CASE(25) CASE(26) CASE(27) CASE(28) CASE(29) CASE(30)
#undef CASE
    }
    return KIND_UNKNOWN;
}
// clang-format on

static const struct kind_info *info_of(enum kind kind) {
    return &kinds[(unsigned)kind < KIND_COUNT ? kind : KIND_UNKNOWN];
}

struct str kind_name(enum kind kind) {
    return info_of(kind)->name;
}

struct str kind_sentence(enum kind kind) {
    return info_of(kind)->sentence;
}

enum kind_group kind_group(enum kind kind) {
    return info_of(kind)->group;
}

bool event_is_login_success(const struct event *e) {
    return e->kind == KIND_LOGIN && e->outcome == OUTCOME_SUCCESS;
}
