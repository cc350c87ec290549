// SPDX-License-Identifier: Apache-2.0
/* Effect B4, "balance_top_up": stored value was bought. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->event;
}

static const struct effect_state states[] = {
    STANDARD_STATES("the top-up", &shop_contain_freeze_balance, &shop_undo_reverse_credit, &shop_read_state_reverse_credit,
                    &shop_probe_reverse_credit, DAY_MS),
};

const struct effect_def effect_balance_top_up = {
    .name = "balance_top_up",
    .code = "B4",
    .sentence = "stored value was bought",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the balance, replayed from its entries, is the one from before; its charge is an effect of its own",
    .too_late = "partly spent: what is missing is the merchant's",
    .confirmers = "system and external",
    .kinds = {KIND_BALANCE_TOPPED_UP},
    .object_type = "top_up",
    .object_id = id_of,
    .once = true,
    .lane = LANE_GOODS,
    STANDARD_MACHINE,
    .release = &shop_release_freeze_balance,
};
