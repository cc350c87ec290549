// SPDX-License-Identifier: Apache-2.0
/* Effect D1, "address": a postal address was added, edited, removed or made the default. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->address;
}

static const struct effect_state states[] = {
    STANDARD_STATES("the postal address", &shop_contain_block_address, &shop_undo_restore_address, &shop_read_state_restore_address,
                    &shop_probe_restore_address, DAY_MS),
};

const struct effect_def effect_address = {
    .name = "address",
    .code = "D1",
    .sentence = "a postal address was added, edited, removed or made the default",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the address book is the one from before",
    .too_late = "a parcel that went there already: see the order",
    .confirmers = "system",
    .kinds = {KIND_ADDRESS_CHANGED},
    .object_type = "address",
    .object_id = id_of,
    .lane = LANE_GOODS,
    STANDARD_MACHINE,
    .release = &shop_release_block_address,
};
