// SPDX-License-Identifier: Apache-2.0
/*
 * Effect B6, "points": loyalty points were spent or earned.
 */
#include "respond/standard.h"

enum { FREEZING, FROZEN, REVERSING, REISSUING, BY_HAND, CONFIRMING, QUIET, PROVING, VERIFIED };

static struct str id_of(const struct effect_facts *f) {
    return f->event;
}

static const struct effect_state states[] = {
    [FREEZING] = {.name = "freezing", .phase = PHASE_CONTAINING, .says = "the points are being frozen", .op = &shop_contain_freeze_balance},
    [FROZEN] = {.name = "frozen", .phase = PHASE_CONTAINED, .says = "the points are frozen"},
    [REVERSING] = {.name = "reversing",
                   .phase = PHASE_UNDOING,
                   .says = "the entries of points are being reversed",
                   .op = &shop_undo_reverse_points},
    [REISSUING] = {.name = "reissuing",
                   .phase = PHASE_TOO_LATE,
                   .says = "expired points are being issued anew",
                   .op = &shop_undo_reissue_points},
    [BY_HAND] = {.name = "by_hand",
                 .phase = PHASE_TOO_LATE,
                 .says = "a person puts the points right",
                 .task = TASK_FOLLOW,
                 .task_due_ms = 8 * HOUR_MS,
                 .task_asks = "put the points right by hand, by entries",
                 .notice = "delayed"},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the points are those from before; it is being looked at again",
                    .op = &shop_probe_reverse_points},
    [QUIET] = {.name = "quiet",
               .phase = PHASE_CONFIRMED,
               .says = "the points are those from before, and is being watched",
               .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the points are those from before; it is looked at for a last time",
                 .op = &shop_probe_reverse_points},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the points are those from before; that is proven"},
};

static const struct effect_move moves[] = {
    {FREEZING, TRIGGER_DONE, ANY_FATE, FROZEN},         {FREEZING, TRIGGER_PENDING, ANY_FATE, FROZEN},
    {FREEZING, TRIGGER_ABSENT, ANY_FATE, FROZEN},       {FROZEN, TRIGGER_GO, FATE_EXPIRED, REISSUING},
    {FROZEN, TRIGGER_GO, ANY_FATE, REVERSING},          {REVERSING, TRIGGER_OBSERVED, FATE_EXPIRED, REISSUING},
    {REVERSING, TRIGGER_DONE, ANY_FATE, CONFIRMING},    {REVERSING, TRIGGER_ABSENT, ANY_FATE, CONFIRMING},
    {REVERSING, TRIGGER_PENDING, ANY_FATE, CONFIRMING}, {REVERSING, TRIGGER_REFUSED, ANY_FATE, REISSUING},
    {REISSUING, TRIGGER_DONE, ANY_FATE, CONFIRMING},    {REISSUING, TRIGGER_PENDING, ANY_FATE, CONFIRMING},
    {REISSUING, TRIGGER_REFUSED, ANY_FATE, BY_HAND},    {BY_HAND, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},        {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},          {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_points = {
    .name = "points",
    .code = "B6",
    .sentence = "loyalty points were spent or earned",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the points, replayed from their entries, are those from before",
    .too_late = "expired ones are issued anew",
    .confirmers = "system",
    .kinds = {KIND_POINTS_CHANGED},
    .object_type = "points",
    .object_id = id_of,
    .once = true,
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_freeze_balance,
};
