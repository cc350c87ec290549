// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_BASELINE_TRAIN_H
#define CLI_BASELINE_TRAIN_H

#include "baseline/trees.h"

/*
 * Trains the baseline `boosted`: reads labels, walks the events as baseline_step does, and takes the relation features of those that are
 * labelled "owner" or "hijacker" and came over an access path. Events without a label, and noise, are history only. Each world begins from
 * nothing; the rows of all are learned together.
 */
#define BASELINE_WORLDS_MAX 64U

struct baseline_training {
    struct baseline_world {
        const char *events, *labels; /* files */
    } worlds[BASELINE_WORLDS_MAX];
    unsigned world_count;
    uint64_t seed;
};

/*
 * Refused, with file and line where there is one: a label that is no JSON object or no word of the contract, an id with two different
 * labels, labels of events that the file does not have, one class only. Rows of owners beyond a bound are drawn by chance. *out owns its
 * memory.
 */
enum err baseline_train(const struct baseline_training *t, struct trees *out, struct problem *p) MUST_USE;

#endif
