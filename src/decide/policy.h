// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_POLICY_H
#define DECIDE_POLICY_H

#include "base/bounds.h"
#include "decide/rule.h"
#include "decide/settings.h"

/* A compiled policy; immutable. */
struct policy {
    struct settings settings;
    size_t rule_count;
    struct rule rules[POLICY_RULES_MAX];  /* in the order of the bundle */
    struct rule_set for_kind[KIND_COUNT]; /* which may fire */
};

#endif
