// SPDX-License-Identifier: Apache-2.0
/* Compares texts in three-valued logic. */
#include "decide/relation.h"

static enum truth truth_of(bool yes) {
    return yes ? TRUTH_YES : TRUTH_NO;
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
