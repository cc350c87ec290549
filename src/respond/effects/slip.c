// SPDX-License-Identifier: Apache-2.0
/*
 * Effect B9, "slip": something was bought on a slip, an invoice or the phone bill.
 */
#include "respond/standard.h"

enum { FOUND, STOPPING, BY_HAND, CONFIRMING, QUIET, PROVING, VERIFIED };

static struct str id_of(const struct effect_facts *f) {
    return f->order;
}

static bool concerns(const struct effect_facts *f) {
    return str_starts(f->payment_method, STR("slip")) || str_starts(f->payment_method, STR("invoice"));
}

static const struct effect_state states[] = {
    [FOUND] = {.name = "found", .phase = PHASE_CONTAINED, .says = "nothing was paid yet"},
    [STOPPING] = {.name = "stopping", .phase = PHASE_UNDOING, .says = "the slip is being cancelled", .op = &shop_undo_stop_slip},
    [BY_HAND] = {.name = "by_hand",
                 .phase = PHASE_TOO_LATE,
                 .says = "the slip was paid; a person finds out by whom",
                 .task = TASK_FOLLOW,
                 .task_due_ms = 8 * HOUR_MS,
                 .task_asks = "the slip was paid: find out by whom, and pay it back",
                 .notice = "delayed"},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the slip is cancelled; it is being looked at again",
                    .op = &shop_probe_stop_slip},
    [QUIET] = {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "the slip is cancelled, and is being watched", .waits_ms = {14 * DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the slip is cancelled; it is looked at for a last time",
                 .op = &shop_probe_stop_slip},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the slip is cancelled; that is proven"},
};

static const struct effect_move moves[] = {
    {FOUND, TRIGGER_GO, ANY_FATE, STOPPING},          {STOPPING, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {STOPPING, TRIGGER_ABSENT, ANY_FATE, CONFIRMING}, {STOPPING, TRIGGER_PENDING, ANY_FATE, CONFIRMING},
    {STOPPING, TRIGGER_REFUSED, ANY_FATE, BY_HAND},   {STOPPING, TRIGGER_OBSERVED, FATE_PAID, BY_HAND},
    {BY_HAND, TRIGGER_DONE, ANY_FATE, CONFIRMING},    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},      {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_slip = {
    .name = "slip",
    .code = "B9",
    .sentence = "something was bought on a slip, an invoice or the phone bill",
    .found = "by an order whose payment method is one, or by a sweep of the shop",
    .undone = "the provider has cancelled it and sends no reminders",
    .too_late = "paid: a person finds out by whom",
    .confirmers = "system and external",
    .kinds = {KIND_ORDER_PLACED},
    .concerns = concerns,
    .object_type = "slip",
    .object_id = id_of,
    .lane = LANE_GOODS,
    OWN_MACHINE,
};
