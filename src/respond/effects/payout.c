// SPDX-License-Identifier: Apache-2.0
/*
 * Effect A11, "payout": the details of payouts were changed.
 */
#include "respond/standard.h"

enum { HOLDING, HELD, APPROVING, RESTORING_DETAILS, CLAWING, BY_HAND, CONFIRMING, QUIET, PROVING, VERIFIED };

static bool concerns(const struct effect_facts *f) {
    return str_starts(f->field, STR("payout"));
}

static const struct effect_state states[] = {
    [HOLDING] = {.name = "holding", .phase = PHASE_CONTAINING, .says = "payouts are being held", .op = &shop_contain_hold_payout},
    [HELD] = {.name = "held", .phase = PHASE_CONTAINED, .says = "payouts are held"},
    [APPROVING] = {.name = "approving",
                   .phase = PHASE_CONTAINED,
                   .says = "two people look at the payout details",
                   .task = TASK_APPROVE,
                   .task_due_ms = DAY_MS,
                   .task_asks = "put the payout details from before back?"},
    [RESTORING_DETAILS] = {.name = "restoring_details",
                           .phase = PHASE_UNDOING,
                           .says = "the payout details are being put back",
                           .op = &shop_undo_restore_payout},
    [CLAWING] = {.name = "clawing", .phase = PHASE_TOO_LATE, .says = "what was paid is being claimed back", .op = &shop_undo_claw_back},
    [BY_HAND] = {.name = "by_hand",
                 .phase = PHASE_TOO_LATE,
                 .says = "a person claims back what was paid",
                 .task = TASK_FOLLOW,
                 .task_due_ms = 8 * HOUR_MS,
                 .task_asks = "claim the payout back by hand, and put the details right",
                 .notice = "delayed"},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the payout details are those from before; it is being looked at again",
                    .op = &shop_probe_restore_payout},
    [QUIET] = {.name = "quiet",
               .phase = PHASE_CONFIRMED,
               .says = "the payout details are those from before, and is being watched",
               .waits_ms = {3 * DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the payout details are those from before; it is looked at for a last time",
                 .op = &shop_probe_restore_payout},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the payout details are those from before; that is proven"},
};

static const struct effect_move moves[] = {
    {HOLDING, TRIGGER_DONE, ANY_FATE, HELD},
    {HOLDING, TRIGGER_PENDING, ANY_FATE, HELD},
    {HOLDING, TRIGGER_ABSENT, ANY_FATE, HELD},
    {HELD, TRIGGER_GO, ANY_FATE, APPROVING},
    {APPROVING, TRIGGER_APPROVED, ANY_FATE, RESTORING_DETAILS},
    {APPROVING, TRIGGER_DECLINED, ANY_FATE, BY_HAND},
    {RESTORING_DETAILS, TRIGGER_OBSERVED, FATE_PAID, CLAWING},
    {RESTORING_DETAILS, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {RESTORING_DETAILS, TRIGGER_ABSENT, ANY_FATE, CONFIRMING},
    {RESTORING_DETAILS, TRIGGER_CHANGED, ANY_FATE, BY_HAND},
    {RESTORING_DETAILS, TRIGGER_REFUSED, ANY_FATE, BY_HAND},
    {CLAWING, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CLAWING, TRIGGER_REFUSED, ANY_FATE, BY_HAND},
    {BY_HAND, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_payout = {
    .name = "payout",
    .code = "A11",
    .sentence = "the details of payouts were changed",
    .found = "by profile_changed of payout, or by a sweep of the shop",
    .undone = "the next payout would go to the account from before",
    .too_late = "claimed back",
    .confirmers = "system and external and two people",
    .kinds = {KIND_PROFILE_CHANGED},
    .concerns = concerns,
    .object_type = "payout",
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_hold_payout,
};
