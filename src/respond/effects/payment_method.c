// SPDX-License-Identifier: Apache-2.0
/* Effect B8, "payment_method": a payment method was added, edited, removed or made the default. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->payment_method;
}

static const struct effect_state states[] = {
    STANDARD_STATES("the card on file", &shop_contain_block_payment_method, &shop_undo_restore_payment_method,
                    &shop_read_state_restore_payment_method, &shop_probe_restore_payment_method, DAY_MS),
};

const struct effect_def effect_payment_method = {
    .name = "payment_method",
    .code = "B8",
    .sentence = "a payment method was added, edited, removed or made the default",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the list is the one from before, and a charge to what was removed is refused",
    .too_late = "",
    .confirmers = "system",
    .kinds = {KIND_PAYMENT_METHOD_CHANGED},
    .object_type = "payment_method",
    .object_id = id_of,
    .lane = LANE_GOODS,
    STANDARD_MACHINE,
    .release = &shop_release_block_payment_method,
};
