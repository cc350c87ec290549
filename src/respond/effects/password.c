// SPDX-License-Identifier: Apache-2.0
/*
 * Effect A1, "password": the password is known to somebody else, or was changed by him.
 *
 * The old password never comes back: the hijacker has it.
 */
#include "respond/standard.h"

enum { FREEZING, FROZEN, REQUIRING, WAITING, CALLING, CONFIRMING, QUIET, PROVING, VERIFIED, SHUT };

static const struct effect_state states[] = {
    [FREEZING] = {.name = "freezing",
                  .phase = PHASE_CONTAINING,
                  .says = "the password is being frozen",
                  .op = &identity_contain_freeze_login},
    [FROZEN] = {.name = "frozen", .phase = PHASE_CONTAINED, .says = "the password is frozen: nobody can log in with it"},
    [REQUIRING] = {.name = "requiring",
                   .phase = PHASE_UNDOING,
                   .says = "a new password is being made necessary",
                   .op = &identity_undo_require_new_password},
    [WAITING] = {.name = "waiting",
                 .phase = PHASE_PENDING,
                 .says = "the account waits for its owner: he proves himself and sets a new password",
                 .waits_ms = {DAY_MS, 2 * DAY_MS},
                 .repeats_max = 2,
                 .notice = "way_back"},
    [CALLING] = {.name = "calling",
                 .phase = PHASE_PENDING,
                 .says = "a person tries to reach the owner",
                 .task = TASK_CALL,
                 .task_due_ms = 2 * DAY_MS,
                 .task_asks = "the owner has not come back to his account: reach him by post or phone"},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the owner has a new password; it is being looked at again",
                    .op = &identity_probe_require_new_password},
    [QUIET] = {.name = "quiet",
               .phase = PHASE_CONFIRMED,
               .says = "the owner has a new password, and is being watched",
               .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the owner has a new password; it is looked at for a last time",
                 .op = &identity_probe_require_new_password},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the owner has a new password; that is proven"},
    [SHUT] = {.name = "shut", .phase = PHASE_ACKNOWLEDGED, .says = "the account stays shut until its owner comes"},
};

static const struct effect_move moves[] = {
    {FREEZING, TRIGGER_DONE, ANY_FATE, FROZEN},
    {FREEZING, TRIGGER_PENDING, ANY_FATE, FROZEN},
    {FROZEN, TRIGGER_GO, ANY_FATE, REQUIRING},
    {FROZEN, TRIGGER_OWNER_DONE, ANY_FATE, CONFIRMING},
    {REQUIRING, TRIGGER_DONE, ANY_FATE, WAITING},
    {REQUIRING, TRIGGER_PENDING, ANY_FATE, WAITING},
    {REQUIRING, TRIGGER_OWNER_DONE, ANY_FATE, CONFIRMING},
    {WAITING, TRIGGER_OWNER_DONE, ANY_FATE, CONFIRMING},
    {WAITING, TRIGGER_TIMER, ANY_FATE, WAITING},
    {WAITING, TRIGGER_OVERDUE, ANY_FATE, CALLING},
    {CALLING, TRIGGER_OWNER_DONE, ANY_FATE, CONFIRMING},
    {CALLING, TRIGGER_DONE, ANY_FATE, WAITING},
    {CALLING, TRIGGER_REFUSED, ANY_FATE, SHUT},
    {SHUT, TRIGGER_OWNER_DONE, ANY_FATE, CONFIRMING},
    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_password = {
    .name = "password",
    .code = "A1",
    .sentence = "the password is known to somebody else, or was changed by him",
    .found = "always",
    .undone = "the old password and the hijacker's are refused, and the proven owner has set a new one",
    .too_late = "none is needed: it stays shut",
    .confirmers = "system and owner",
    .kinds = {KIND_PASSWORD_CHANGED},
    .object_type = "password",
    .always = true,
    .lane = LANE_PASSWORD,
    OWN_MACHINE,
    .release = &identity_release_freeze_login,
    .release_undoes = true, /* his old password, or the new one that he has set, opens the account again */
};
