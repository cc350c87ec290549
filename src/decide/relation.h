// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_RELATION_H
#define DECIDE_RELATION_H

#include "base/check.h"
#include "decide/operand.h"

/* How two values stand to each other. Whatever is compared with something unknown (FEATURE_NONE, the empty text) is unknown. */
enum relation { IS_EQUAL, IS_OTHER, IS_LESS, IS_LESS_OR_EQUAL, IS_MORE, IS_MORE_OR_EQUAL, STARTS, ENDS, CONTAINS };

/* CHECKs that the relation is one of numbers. Here, because every rule spends its time in it. */
static inline enum truth compare_numbers(int64_t a, enum relation relation, int64_t b) {
    if (a == FEATURE_NONE || b == FEATURE_NONE) return TRUTH_UNKNOWN;
    switch (relation) {
    case IS_EQUAL: return a == b ? TRUTH_YES : TRUTH_NO;
    case IS_OTHER: return a != b ? TRUTH_YES : TRUTH_NO;
    case IS_LESS: return a < b ? TRUTH_YES : TRUTH_NO;
    case IS_LESS_OR_EQUAL: return a <= b ? TRUTH_YES : TRUTH_NO;
    case IS_MORE: return a > b ? TRUTH_YES : TRUTH_NO;
    case IS_MORE_OR_EQUAL: return a >= b ? TRUTH_YES : TRUTH_NO;
    case STARTS:
    case ENDS:
    case CONTAINS: break;
    }
    CHECK(false);
    return TRUTH_UNKNOWN;
}

/* CHECKs that it is one of texts. Bytes are compared as they are; `contains` costs at most |a| + |b|. */
enum truth compare_texts(struct str a, enum relation relation, struct str b);

#endif
