// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_RELATION_H
#define DECIDE_RELATION_H

#include "decide/operand.h"

/* How two values stand to each other. Whatever is compared with something unknown (FEATURE_NONE, the empty text) is unknown. */
enum relation { IS_EQUAL, IS_OTHER, IS_LESS, IS_LESS_OR_EQUAL, IS_MORE, IS_MORE_OR_EQUAL, STARTS, ENDS, CONTAINS };

/* CHECKs that the relation is one of numbers. */
enum truth compare_numbers(int64_t a, enum relation relation, int64_t b);
/* CHECKs that it is one of texts. Bytes are compared as they are; `contains` costs at most |a| + |b|. */
enum truth compare_texts(struct str a, enum relation relation, struct str b);

#endif
