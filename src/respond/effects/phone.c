// SPDX-License-Identifier: Apache-2.0
/* Effect A3, "phone": the phone number on file was changed. */
#include "respond/standard.h"

static const struct effect_state states[] = {
    STANDARD_STATES("the phone number", &identity_contain_pin_contact, &identity_undo_restore_contact, &identity_read_state_restore_contact,
                    &identity_probe_restore_contact, 3 * DAY_MS),
};

const struct effect_def effect_phone = {
    .name = "phone",
    .code = "A3",
    .sentence = "the phone number on file was changed",
    .found = "by the event, or by a sweep of identity",
    .undone = "codes go to the number from before only, and still do after 72 hours",
    .too_late = "an old number that is lost: the owner proves himself another way",
    .confirmers = "system and owner",
    .kinds = {KIND_PHONE_CHANGED},
    .object_type = "contact_phone",
    .lane = LANE_CONTACT,
    STANDARD_MACHINE,
    .release = &identity_release_pin_contact,
};
