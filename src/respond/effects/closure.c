// SPDX-License-Identifier: Apache-2.0
/*
 * Effect A10, "closure": the closing of the account was asked for.
 */
#include "respond/standard.h"

enum { HOLDING, HELD, CANCELLING, RESTORING_DATA, BY_HAND, CONFIRMING, QUIET, PROVING, VERIFIED };

static const struct effect_state states[] = {
    [HOLDING] = {.name = "holding",
                 .phase = PHASE_CONTAINING,
                 .says = "the closing is being stopped",
                 .op = &identity_contain_hold_closure},
    [HELD] = {.name = "held", .phase = PHASE_CONTAINED, .says = "the closing is stopped"},
    [CANCELLING] = {.name = "cancelling",
                    .phase = PHASE_UNDOING,
                    .says = "the request to close is being cancelled",
                    .op = &identity_undo_cancel_closure},
    [RESTORING_DATA] = {.name = "restoring_data",
                        .phase = PHASE_TOO_LATE,
                        .says = "what was deleted is being restored",
                        .op = &identity_undo_restore_account},
    [BY_HAND] = {.name = "by_hand",
                 .phase = PHASE_TOO_LATE,
                 .says = "what was deleted is being restored by a person",
                 .task = TASK_FOLLOW,
                 .task_due_ms = 8 * HOUR_MS,
                 .task_asks = "restore the account from a backup by hand",
                 .notice = "delayed"},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the account stays; it is being looked at again",
                    .op = &identity_probe_cancel_closure},
    [QUIET] = {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "the account stays, and is being watched", .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the account stays; it is looked at for a last time",
                 .op = &identity_probe_cancel_closure},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the account stays; that is proven"},
};

static const struct effect_move moves[] = {
    {HOLDING, TRIGGER_DONE, ANY_FATE, HELD},
    {HOLDING, TRIGGER_PENDING, ANY_FATE, HELD},
    {HOLDING, TRIGGER_ABSENT, ANY_FATE, HELD},
    {HOLDING, TRIGGER_REFUSED, ANY_FATE, HELD},
    {HELD, TRIGGER_GO, FATE_PURGED, RESTORING_DATA},
    {HELD, TRIGGER_GO, ANY_FATE, CANCELLING},
    {CANCELLING, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CANCELLING, TRIGGER_ABSENT, ANY_FATE, CONFIRMING},
    {CANCELLING, TRIGGER_REFUSED, ANY_FATE, RESTORING_DATA},
    {RESTORING_DATA, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {RESTORING_DATA, TRIGGER_REFUSED, ANY_FATE, BY_HAND},
    {BY_HAND, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_closure = {
    .name = "closure",
    .code = "A10",
    .sentence = "the closing of the account was asked for",
    .found = "by the event",
    .undone = "the request is cancelled and the data are there",
    .too_late = "restored from a backup",
    .confirmers = "system",
    .kinds = {KIND_ACCOUNT_CLOSURE_REQUESTED},
    .object_type = "closure",
    .lane = LANE_ACCESS,
    OWN_MACHINE,
    .release = &identity_release_hold_closure,
};
