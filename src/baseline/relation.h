// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_RELATION_H
#define BASELINE_RELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "baseline/table.h"
#include "event/event.h"

/*
 * Relation features: how an event stands to what came before it. They are the same for every baseline that learns, so that a difference
 * between two of them is a difference of methods. Causal: `relation_measure` reads what `relation_learn` was told of earlier events.
 *
 * What teaches: whatever was done over an access path on an account that exists and did not fail. A failed attempt counts as a failure
 * only. Unlike in the engine, a hijacker's acts teach too: nobody tells a baseline which they are.
 */
#define ABSENT (-1.0F)

enum attribute {
#define ATTRIBUTE(name, sentence) ATTRIBUTE_##name,
#define NUMBER(name, sentence)
#include "baseline/relation.def"
#undef ATTRIBUTE
#undef NUMBER
    ATTRIBUTE_COUNT
};

enum relation_name {
#define ATTRIBUTE(name, sentence) RELATION_same_##name, RELATION_share_##name, RELATION_age_##name, RELATION_rarity_##name,
#define NUMBER(name, sentence)    RELATION_##name,
#include "baseline/relation.def"
#undef ATTRIBUTE
#undef NUMBER
    RELATION_COUNT
};

/* Name of a column, e.g. "age_device". Static text. */
const char *relation_name(unsigned index);

/* What an event is, apart from how it stands to others. Hashes are 0 where the thing is absent. */
struct relation_key {
    bool has_path; /* an address, a client, a device or a session was sent */
    bool account;  /* there is such an account */
    bool failed;
    uint64_t subject, session;
    uint64_t values[ATTRIBUTE_COUNT];
};
struct relation_key relation_key_of(const struct event *e);

struct relation {
    struct table accounts, uses, values, sources, sessions;
    uint64_t kinds[KIND_COUNT], kind_sum;
};

void relation_init(struct relation *r);
void relation_release(struct relation *r);
void relation_measure(const struct relation *r, const struct event *e, const struct relation_key *key, float out[RELATION_COUNT]);
/* ERR_FULL: no memory. */
enum err relation_learn(struct relation *r, const struct event *e, const struct relation_key *key, struct problem *p) MUST_USE;

#endif
