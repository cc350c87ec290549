// SPDX-License-Identifier: Apache-2.0
/* Effect A4, "authenticator": an authenticator was added or removed. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->authenticator;
}

static const struct effect_state states[] = {
    STANDARD_STATES("the authenticator", &identity_contain_disable_authenticator, &identity_undo_restore_authenticator,
                    &identity_read_state_restore_authenticator, &identity_probe_restore_authenticator, DAY_MS),
};

const struct effect_def effect_authenticator = {
    .name = "authenticator",
    .code = "A4",
    .sentence = "an authenticator was added or removed",
    .found = "by the event, or by a sweep of identity",
    .undone = "the account has the authenticators from before the attack, and no other",
    .too_late = "a removed one that cannot come back: the owner enrols a new one",
    .confirmers = "system and owner",
    .kinds = {KIND_MFA_CHANGED},
    .object_type = "authenticator",
    .object_id = id_of,
    .lane = LANE_CONTACT,
    STANDARD_MACHINE,
    .release = &identity_release_disable_authenticator,
};
