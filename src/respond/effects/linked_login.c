// SPDX-License-Identifier: Apache-2.0
/* Effect A7, "linked_login": a login of another service, or a member of the household, was linked. */
#include "respond/standard.h"

static struct str id_of(const struct effect_facts *f) {
    return f->field;
}

static bool concerns(const struct effect_facts *f) {
    return str_starts(f->field, STR("linked_login")) || str_starts(f->field, STR("member"));
}

static const struct effect_state states[] = {
    STANDARD_STATES("the linked login", &identity_contain_suspend_link, &identity_undo_remove_link, &identity_read_state_remove_link,
                    &identity_probe_remove_link, DAY_MS),
};

const struct effect_def effect_linked_login = {
    .name = "linked_login",
    .code = "A7",
    .sentence = "a login of another service, or a member of the household, was linked",
    .found = "by profile_changed of linked_login or member, or by a sweep of identity",
    .undone = "the link is gone, and the sessions that came by it are dead",
    .too_late = "",
    .confirmers = "system",
    .kinds = {KIND_PROFILE_CHANGED},
    .concerns = concerns,
    .object_type = "link",
    .object_id = id_of,
    .lane = LANE_CONTACT,
    STANDARD_MACHINE,
    .release = &identity_release_suspend_link,
};
