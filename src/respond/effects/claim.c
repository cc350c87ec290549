// SPDX-License-Identifier: Apache-2.0
/* Effect D3, "claim": a refund or return was claimed. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->event;
}

static const struct effect_state states[] = {
    STANDARD_STATES("the claim", &shop_contain_hold_payout, &shop_undo_void_claim, &shop_read_state_void_claim, &shop_probe_void_claim,
                    DAY_MS),
};

const struct effect_def effect_claim = {
    .name = "claim",
    .code = "D3",
    .sentence = "a refund or return was claimed",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the claim is void, and nothing was paid",
    .too_late = "paid: it is claimed back by hand",
    .confirmers = "system",
    .kinds = {KIND_REFUND_CLAIMED},
    .object_type = "claim",
    .object_id = id_of,
    .once = true,
    .lane = LANE_GOODS,
    STANDARD_MACHINE,
    .release = &shop_release_hold_payout,
};
