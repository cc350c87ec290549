// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_RULES_DIFF_H
#define CLI_RULES_DIFF_H

#include "base/buf.h"
#include "cli/policy_file.h"

/*
 * What differs between two policies, for people or as one JSON object: thresholds as they are in force for each kind of event, the other
 * settings of policy.toml by their lines, rules with their texts side by side, entries of lists. Returns how many differences there are.
 */
size_t rules_diff_write_text(const struct policy_file *from, const struct policy_file *to, struct buf *b);
size_t rules_diff_write_json(const struct policy_file *from, const struct policy_file *to, struct buf *b);
/* Room for either, of any two policies. */
#define RULES_DIFF_SIZE_MAX ((size_t)POLICY_BUNDLE_SIZE_MAX * 16)

#endif
