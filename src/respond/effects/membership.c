// SPDX-License-Identifier: Apache-2.0
/* Effect B7, "membership": a paid membership was begun. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->membership;
}

static const struct effect_state states[] = {
    STANDARD_STATES("the membership", &shop_contain_stop_membership, &shop_undo_cancel_membership, &shop_read_state_cancel_membership,
                    &shop_probe_cancel_membership, 32 * DAY_MS),
};

const struct effect_def effect_membership = {
    .name = "membership",
    .code = "B7",
    .sentence = "a paid membership was begun",
    .found = "by the event, or by a sweep of the shop",
    .undone = "it is cancelled now, no invoice is open, and nothing was charged on the next renewal date",
    .too_late = "a renewal that was charged: its charge is an effect of its own",
    .confirmers = "system and external",
    .kinds = {KIND_MEMBERSHIP_STARTED, KIND_MEMBERSHIP_RENEWED},
    .object_type = "membership",
    .object_id = id_of,
    .lane = LANE_GOODS,
    STANDARD_MACHINE,
    .release = &shop_release_stop_membership,
};
