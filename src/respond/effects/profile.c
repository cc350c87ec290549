// SPDX-License-Identifier: Apache-2.0
/* Effect D5, "profile": another field of the account was changed, or orders were hidden. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->field;
}

static bool concerns(const struct effect_facts *f) {
    return !str_starts(f->field, STR("linked_login")) && !str_starts(f->field, STR("member")) && !str_starts(f->field, STR("payout"));
}

static const struct effect_state states[] = {
    STANDARD_STATES("the profile", &shop_contain_override_settings, &shop_undo_restore_settings, &shop_read_state_restore_settings,
                    &shop_probe_restore_settings, DAY_MS),
};

const struct effect_def effect_profile = {
    .name = "profile",
    .code = "D5",
    .sentence = "another field of the account was changed, or orders were hidden",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the field has its value from before",
    .too_late = "",
    .confirmers = "system",
    .kinds = {KIND_PROFILE_CHANGED},
    .concerns = concerns,
    .object_type = "profile",
    .object_id = id_of,
    .lane = LANE_CONTACT,
    STANDARD_MACHINE,
    .release = &shop_release_override_settings,
};
