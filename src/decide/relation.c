// SPDX-License-Identifier: Apache-2.0
/* Compares numbers and texts in three-valued logic. */
#include "decide/relation.h"

#include "base/check.h"

static enum truth truth_of(bool yes) {
    return yes ? TRUTH_YES : TRUTH_NO;
}

enum truth compare_numbers(int64_t a, enum relation relation, int64_t b) {
    if (a == FEATURE_NONE || b == FEATURE_NONE) return TRUTH_UNKNOWN;
    switch (relation) {
    case IS_EQUAL: return truth_of(a == b);
    case IS_OTHER: return truth_of(a != b);
    case IS_LESS: return truth_of(a < b);
    case IS_LESS_OR_EQUAL: return truth_of(a <= b);
    case IS_MORE: return truth_of(a > b);
    case IS_MORE_OR_EQUAL: return truth_of(a >= b);
    case STARTS:
    case ENDS:
    case CONTAINS: break;
    }
    CHECK(false);
    return TRUTH_UNKNOWN;
}

enum truth compare_texts(struct str a, enum relation relation, struct str b) {
    if (a.size == 0 || b.size == 0) return TRUTH_UNKNOWN;
    switch (relation) {
    case IS_EQUAL: return truth_of(str_equal(a, b));
    case IS_OTHER: return truth_of(!str_equal(a, b));
    case STARTS: return truth_of(str_starts(a, b));
    case ENDS: return truth_of(str_ends(a, b));
    case CONTAINS: return truth_of(str_find(a, b, 0) < a.size);
    case IS_LESS:
    case IS_LESS_OR_EQUAL:
    case IS_MORE:
    case IS_MORE_OR_EQUAL: break;
    }
    CHECK(false);
    return TRUTH_UNKNOWN;
}
