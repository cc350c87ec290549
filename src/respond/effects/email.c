// SPDX-License-Identifier: Apache-2.0
/* Effect A2, "email": the e-mail address on file was changed. */
#include "respond/standard.h"

static const struct effect_state states[] = {
    STANDARD_STATES("the e-mail address", &identity_contain_pin_contact, &identity_undo_restore_contact,
                    &identity_read_state_restore_contact, &identity_probe_restore_contact, 3 * DAY_MS),
};

const struct effect_def effect_email = {
    .name = "email",
    .code = "A2",
    .sentence = "the e-mail address on file was changed",
    .found = "by the event, or by a sweep of identity",
    .undone = "messages and proofs go to the address from before only, and still do after 72 hours",
    .too_late = "an old address that is lost: the owner proves himself another way",
    .confirmers = "system and owner",
    .kinds = {KIND_EMAIL_CHANGED},
    .object_type = "contact_email",
    .lane = LANE_CONTACT,
    STANDARD_MACHINE,
    .release = &identity_release_pin_contact,
};
