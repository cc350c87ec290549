// SPDX-License-Identifier: Apache-2.0
/* Effect A9, "settings": what the owner is told about was changed. */
#include "respond/standard.h"

static const struct effect_state states[] = {
    STANDARD_STATES("the notification settings", &shop_contain_override_settings, &shop_undo_restore_settings,
                    &shop_read_state_restore_settings, &shop_probe_restore_settings, DAY_MS),
};

const struct effect_def effect_settings = {
    .name = "settings",
    .code = "A9",
    .sentence = "what the owner is told about was changed",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the settings are those from before",
    .too_late = "",
    .confirmers = "system",
    .kinds = {KIND_NOTIFICATION_SETTINGS_CHANGED},
    .object_type = "settings",
    .lane = LANE_CONTACT,
    STANDARD_MACHINE,
    .release = &shop_release_override_settings,
};
