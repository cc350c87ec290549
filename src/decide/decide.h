// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_DECIDE_H
#define DECIDE_DECIDE_H

#include "base/arena.h"
#include "decide/decision.h"
#include "enrich/features.h"

/*
 * The door: an assessment becomes a decision, by a policy: thresholds per kind of event and history depth, rules, lists.
 *
 * A policy is compiled from a bundle: one text that holds policy.toml, the rules and the lists, so that the journal can keep it whole and a
 * replay decides as it was decided. Bundle: for each file a line "=== NAME" and then its content (policy_bundle_add).
 */
struct policy; /* compiled; lives in the memory it was compiled into; immutable */

/* Errors name file:line:column and a hint. `memory` must outlive the policy; 4 MiB are enough for POLICY_RULES_MAX rules. */
enum err policy_compile(struct str bundle, struct arena *memory, const struct policy **out, struct problem *p) MUST_USE;
struct str policy_default_bundle(void); /* the one that ships with the binary: rules/ and policy.toml of this tree */
/* Appends a file to a bundle under construction. */
void policy_bundle_add(struct buf *bundle, struct str name, struct str content);
struct str policy_version(const struct policy *p); /* "name@version" */
/* Runs the examples of every rule; ERR_INVALID with the first that fails. *count = examples run. */
enum err policy_check_examples(const struct policy *p, struct arena *step, size_t *count, struct problem *problem) MUST_USE;

void decide_assessment(const struct policy *p, const struct features *f, const struct assessment *a, struct arena *step,
                       struct decision *out);

#endif
